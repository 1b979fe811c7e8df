"""What the command line shows: progress, tables and errors in one sentence. Progress and errors go to stderr, results to stdout."""

import io
import json
import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self, TextIO

import typer

_SILENT_S = 60.0
SCHEMAS = (1, 2, 3)


@contextmanager
def errors(context: typer.Context) -> Iterator[None]:
    """Turn every way in which a command may end into one sentence and an exit code.

    Parameters
    ----------
    context
        Of the command; with ``--debug`` what nobody expected keeps its traceback.

    Raises
    ------
    typer.Exit
        With code 2 for what the user can act on, 130 when stopped by Ctrl-C, 1 for what nobody expected.
    """
    try:
        yield
    except KeyboardInterrupt:
        typer.echo("Stopped. Nothing was written.", err=True)
        raise typer.Exit(130) from None
    except Exception as error:
        from SkullRestoreLib.case import SkullRestoreError

        if isinstance(error, typer.Exit | typer.Abort | typer.BadParameter) or context.obj["debug"]:
            raise
        if isinstance(error, SkullRestoreError):
            _complain(str(error))
            raise typer.Exit(2) from None
        if isinstance(error, ModuleNotFoundError) and not (error.name or "").startswith("SkullRestoreLib"):
            _complain(f"The Python package '{error.name}' is missing; install it with: pip install {error.name}")
            raise typer.Exit(2) from None
        from SkullRestoreLib import memory

        if memory.ran_out(error):
            _complain("There is not enough memory; close other programs, or use a CT cropped to the head.")
            raise typer.Exit(2) from None
        what = f"{type(error).__name__}: {error}".splitlines()[0]
        _complain(f"Something unexpected went wrong ({what}). Put --debug right after `skullrestore` to see where, and please report it.")
        raise typer.Exit(1) from None


def _complain(message: str) -> None:
    typer.secho("Error: ", fg="red", bold=True, nl=False, err=True)
    typer.echo(message, err=True)


class Steps:
    """Progress of a run: a line for each step with its time, and a bar where the output is a terminal."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self._bar.add_task("", total=None)
        self._step: str | None = None
        self._since = 0.0

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, kind: type | None, *_: object) -> None:
        if kind is None:
            self._finish()
        self._bar.stop()

    def start(self, step: str) -> None:
        """Begin a step; the one before is done.

        Parameters
        ----------
        step
            Its name in plain words.
        """
        self._finish()
        self._step, self._since = step, time.perf_counter()
        self._bar.update(self._task, description=step)

    def _finish(self) -> None:
        if self._step is not None:
            self._bar.console.print(f"{self._step:<28}{time.perf_counter() - self._since:8.2f} s", highlight=False)
            self._step = None

    def follow(self, steps: Generator[tuple[str, float], None, Any]) -> Any:
        """Run a generator to its end and show where it is.

        Parameters
        ----------
        steps
            Yields the name of the step at hand and the fraction done, 0..1.

        Returns
        -------
        object
            What the generator returned.
        """
        told = time.perf_counter()
        try:
            while True:
                step, fraction = next(steps)
                if step != self._step:
                    self.start(step)
                self._bar.update(self._task, total=1.0, completed=fraction)
                if not self._bar.console.is_terminal and time.perf_counter() - told > _SILENT_S:  # no bar is seen in a log
                    told = time.perf_counter()
                    self._bar.console.print(f"{step:<28}{fraction:8.0%}", highlight=False)
        except StopIteration as end:
            return end.value
        finally:
            steps.close()


def load(folder: Path) -> dict[str, Any]:
    """Read ``restoration.json`` of a finished restoration.

    Parameters
    ----------
    folder
        What ``skullrestore restore`` wrote.

    Returns
    -------
    dict
        Its content.

    Raises
    ------
    InputError
        If there is none, or it is damaged or of a version that this SkullRestore does not know.
    """
    from SkullRestoreLib.case import InputError

    path = folder / "restoration.json"
    if not path.is_file():
        raise InputError(f"{folder} holds no restoration; give a folder that `skullrestore restore` has written.")
    damaged = InputError(f"{path} is damaged; restore again.")
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        schema = facts["schema"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise damaged from error
    if schema not in SCHEMAS:
        raise InputError(f"{path} was written by another version of SkullRestore (schema {schema}); use that version or restore again.")
    try:
        restoration(facts, file=io.StringIO())
    except (KeyError, TypeError, ValueError, AttributeError) as error:  # something in it is missing, or is something else
        raise damaged from error
    return facts


def restoration(facts: Mapping[str, Any], *, file: TextIO | None = None) -> None:
    """Print a restoration as tables.

    Parameters
    ----------
    facts
        Content of ``restoration.json``.
    file
        Where to; None for stdout.
    """
    from rich.console import Console
    from rich.markup import escape

    console = Console(file=file)
    if facts["defects"]:
        console.print(_defects(facts["defects"]))
    else:
        console.print("[bold]No defect of the skull vault was found.[/bold] There is nothing to restore.")
    for hole in facts["small_holes"]:
        console.print(
            f"Not restored, below {facts['settings']['min_area_cm2']:g} cm²: {hole['side']}, {hole['region']}, {hole['area_cm2']:.2f} cm²"
        )
    for warning in facts["warnings"]:
        console.print(f"[yellow]Noticed:[/yellow] {escape(warning)}")
    seconds = "  ".join(f"{step} {value:.2f}" for step, value in facts["seconds"].items())
    console.print(
        f"Seconds: {seconds}  [bold]all {facts['seconds_total']:.2f}[/bold]; peak memory {facts['peak_memory_mb']:.0f} MB", highlight=False
    )
    console.print(
        f"[dim]SkullRestore {facts['version']}, weights {facts['weights']['sha256'][:12]}. {facts['safety']}[/dim]", highlight=False
    )


def _defects(defects: list[Mapping[str, Any]]) -> Any:
    from rich.box import SIMPLE
    from rich.table import Table

    # side above region, size and amount of the implant in one column: it fits into a terminal of 80 columns, where Rich would drop the last one
    table = Table("No.", title="Defects", title_justify="left", box=SIMPLE, padding=0)
    table.add_column("Place", min_width=23)
    for head in ("cm²", "W × D × H, mm", "Points", "Margin", "Implant"):
        table.add_column(head, justify="right", no_wrap=True)
    for d in defects:
        size = " × ".join(f"{d['extent_mm'][k]:.0f}" for k in ("left_right", "front_back", "up_down"))
        implant = d["implant"] or {}
        table.add_row(
            str(d["number"]),
            f"{d['side']},\n{d['region']}",
            f"{d['area_cm2']:.1f}",
            size,
            str(d["reference_points"]),
            "open" if d["open_margin"] else "closed",
            f"{implant['thickness_mm']:.1f} mm, {implant['volume_ml']:.1f} ml" if implant else "none",
        )
    return table
