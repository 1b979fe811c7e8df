"""Output of the command line: progress, tables, and errors in one sentence.

Progress and errors go to stderr, results to stdout.
"""

import io
import json
import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TextIO

import typer

if TYPE_CHECKING:
    from rich.progress import Progress as ProgressBar
    from rich.progress import ProgressColumn

    from SkullRestoreLib.pipeline.check_input import InputCheck

_LOG_INTERVAL_S = 60.0
"""How often a long step writes a line where the output is no terminal."""
_KIND_NAMES = {"ct": "CT", "mask": "Bone mask", "model": "Skull model"}
KNOWN_SCHEMAS = (1, 2, 3, 4, 5, 6, 7)
"""Versions of ``restoration.json`` that can be shown."""
NOT_PASSED = 3
"""Exit code: everything was written except implants that did not pass their checks, or could not be made."""
NOT_WRITTEN = 4
"""Exit code: everything was written except a format that was asked for and could not be made."""


@contextmanager
def exit_on_error(context: typer.Context) -> Iterator[None]:
    """Turn an error of a command into one sentence and an exit code.

    Parameters
    ----------
    context
        Of the command; with ``--debug`` an unexpected error keeps its traceback.

    Raises
    ------
    typer.Exit
        With code 2 for an error that the user can correct, 130 after Ctrl-C, 1 for an unexpected error.
    """
    try:
        yield
    except KeyboardInterrupt:
        typer.echo("Stopped. Nothing was written.", err=True)
        raise typer.Exit(130) from None
    except Exception as error:
        from SkullRestoreLib.errors import SkullRestoreError

        if isinstance(error, typer.Exit | typer.Abort | typer.BadParameter) or context.obj["debug"]:
            raise
        if isinstance(error, SkullRestoreError):
            _print_error(str(error))
            raise typer.Exit(2) from None
        if isinstance(error, ModuleNotFoundError) and not (error.name or "").startswith("SkullRestoreLib"):
            _print_error(f"The Python package '{error.name}' is missing; install it with: pip install {error.name}")
            raise typer.Exit(2) from None
        from SkullRestoreLib._system import memory

        if memory.is_out_of_memory(error):
            _print_error("There is not enough memory; close other programs, or use a CT cropped to the head.")
            raise typer.Exit(2) from None
        detail = f"{type(error).__name__}: {error}".splitlines()[0]
        _print_error(
            f"An unexpected error occurred ({detail}). "
            "Put --debug right after `skullrestore` to see where, and please report it."
        )
        raise typer.Exit(1) from None


def _print_error(message: str) -> None:
    typer.secho("Error: ", fg="red", bold=True, nl=False, err=True)
    typer.echo(message, err=True)


def make_progress_bar(*columns: "ProgressColumn") -> "ProgressBar":
    """Make a bar that is drawn on stderr, so that results can be piped, and that is gone when it is done.

    Parameters
    ----------
    columns
        Of rich.
    """
    from rich.console import Console
    from rich.progress import Progress

    return Progress(*columns, console=Console(stderr=True), transient=True)


class StepDisplay:
    """Progress of a run: one line per step with its time, and a bar where the output is a terminal."""

    def __init__(self) -> None:
        from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn

        self._bar = make_progress_bar(
            SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
        )
        self._task = self._bar.add_task("", total=None)
        self._step: str | None = None
        self._step_started = 0.0

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, kind: type | None, *_: object) -> None:
        if kind is None:
            self._finish_step()
        self._bar.stop()

    def start_step(self, step: str) -> None:
        """Start a step; the one before is finished.

        Parameters
        ----------
        step
            Its name in plain words.
        """
        self._finish_step()
        self._step, self._step_started = step, time.perf_counter()
        self._bar.update(self._task, description=step)

    def _finish_step(self) -> None:
        if self._step is not None:
            self._bar.console.print(
                f"{self._step:<28}{time.perf_counter() - self._step_started:8.2f} s", highlight=False
            )
            self._step = None

    def follow_steps(self, steps: Generator[tuple[str, float], None, Any]) -> Any:
        """Run a generator to its end and show its progress.

        Parameters
        ----------
        steps
            Yields the name of the current step and the fraction done, 0..1.

        Returns
        -------
        object
            What the generator returns.
        """
        logged_at = time.perf_counter()
        try:
            while True:
                step, fraction = next(steps)
                if step != self._step:
                    self.start_step(step)
                self._bar.update(self._task, total=1.0, completed=fraction)
                # a log shows no bar
                if not self._bar.console.is_terminal and time.perf_counter() - logged_at > _LOG_INTERVAL_S:
                    logged_at = time.perf_counter()
                    self._bar.console.print(f"{step:<28}{fraction:8.0%}", highlight=False)
        except StopIteration as end:
            return end.value
        finally:
            steps.close()


def load_facts(folder: Path) -> dict[str, Any]:
    """Read ``restoration.json`` of a finished restoration.

    Parameters
    ----------
    folder
        Written by ``skullrestore restore``.

    Returns
    -------
    dict
        Its content.

    Raises
    ------
    InputError
        If the file is missing or damaged, or of a version that this SkullRestore does not know.
    """
    from SkullRestoreLib.errors import InputError

    path = folder / "restoration.json"
    if not path.is_file():
        raise InputError(f"{folder} holds no restoration; give a folder that `skullrestore restore` has written.")
    damaged = InputError(f"{path} is damaged; restore again.")
    try:
        facts: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        schema = facts["schema"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise damaged from error
    if schema not in KNOWN_SCHEMAS:
        raise InputError(
            f"{path} was written by another version of SkullRestore (schema {schema}); "
            "use that version or restore again."
        )
    try:
        print_restoration(facts, file=io.StringIO())
    except (KeyError, TypeError, ValueError, AttributeError) as error:  # a value is missing, or of another type
        raise damaged from error
    return facts


def print_restoration(facts: Mapping[str, Any], *, file: TextIO | None = None) -> None:
    """Print a restoration as tables.

    Parameters
    ----------
    facts
        Content of ``restoration.json``.
    file
        Default: stdout.
    """
    from rich.console import Console
    from rich.markup import escape

    from SkullRestoreLib.report.words import revision_in_words, side_in_words

    console = Console(file=file)
    if side := side_in_words(facts):
        console.print(f"[bold red]{side}[/bold red]")
    if revision := revision_in_words(facts):
        console.print(escape(revision), highlight=False)
    if facts["defects"]:
        console.print(_defects_table(facts["defects"]))
    else:
        console.print("[bold]No defect of the skull vault was found.[/bold] There is nothing to restore.")
    for hole in facts["small_holes"]:
        console.print(
            f"Not restored, below {facts['settings']['min_area_cm2']:g} cm²: "
            f"{hole['side']}, {hole['region']}, {hole['area_cm2']:.2f} cm²"
        )
    for line in _failures(facts):
        console.print(f"[bold red]Not passed:[/bold red] {escape(line)}", highlight=False)
    for warning in facts["warnings"]:  # up to schema 5, notes are among them
        console.print(f"[yellow]Warning:[/yellow] {escape(warning)}")
    for note in facts.get("notes", ()):
        console.print(f"[dim]Note: {escape(note)}[/dim]", highlight=False)
    seconds = "  ".join(f"{step} {value:.2f}" for step, value in facts["seconds"].items())
    console.print(
        f"Seconds: {seconds}  [bold]all {facts['seconds_total']:.2f}[/bold]; "
        f"peak memory {facts['peak_memory_mb']:.0f} MB",
        highlight=False,
    )
    console.print(
        f"[dim]SkullRestore {facts['version']}, weights {facts['weights']['sha256'][:12]}. {facts['safety']}[/dim]",
        highlight=False,
    )


def print_check(found: "InputCheck") -> None:
    """Print what the check of an input found.

    Parameters
    ----------
    found
        The check.
    """
    from rich.console import Console
    from rich.markup import escape

    console = Console()
    if len(found.series) > 1:
        console.print(_series_table(found))
    if found.series_reason:
        console.print(f"Checked: series {found.series_number}, most likely the best ({escape(found.series_reason)}).")
    if found.kind is not None:
        voxels = "" if found.size is None else f", {' × '.join(str(n) for n in found.size)} voxels"
        bone = "" if found.bone_ml is None else f", {found.bone_ml:.0f} mL of bone"
        console.print(f"{_KIND_NAMES[found.kind]}{voxels}{bone}", highlight=False)
    for warning in found.warnings:
        console.print(f"[yellow]Warning:[/yellow] {escape(warning)}", highlight=False)
    for note in found.notes:
        console.print(f"[dim]Note: {escape(note)}[/dim]", highlight=False)
    if found.side_known is False:
        console.print("[bold red]The side is not known.[/bold red]")
    if found.is_usable:
        console.print(f"[bold green]Can be restored.[/bold green] ({found.seconds:.1f} s)", highlight=False)
    else:
        console.print(f"[bold red]Cannot be restored:[/bold red] {escape(found.reason or '')}", highlight=False)


def _series_table(found: "InputCheck") -> Any:
    from rich.box import SIMPLE
    from rich.table import Table

    table = Table("No.", title="Series", title_justify="left", box=SIMPLE, padding=0)
    table.add_column("Description", min_width=12)
    for head in ("Images", "Apart, mm", "Thick, mm", "Kernel", "Date"):
        table.add_column(head, justify="right")
    for each in found.series:
        table.add_row(
            f"{each.number}{'*' if each.number == found.series_number else ''}",
            f"{each.description or each.modality}{', lossy' if each.lossy else ''}",
            str(each.slices),
            f"{each.spacing_mm[2]:.2f}",
            "" if each.thickness_mm is None else f"{each.thickness_mm:g}",
            each.kernel,
            each.date,
        )
    return table


def exit_if_incomplete(facts: Mapping[str, Any]) -> None:
    """End the command with a sentence and an exit code where an implant or a format is missing.

    Parameters
    ----------
    facts
        Content of ``restoration.json``.

    Raises
    ------
    typer.Exit
        With code 3 where an implant did not pass its checks or could not be made, else 4 where a format could not.
    """
    from SkullRestoreLib.report import outcome_in_words

    if sentence := outcome_in_words(facts):
        typer.secho("Not passed: " if facts["withheld"] else "Not written: ", fg="red", bold=True, nl=False, err=True)
        typer.echo(sentence, err=True)
        raise typer.Exit(NOT_PASSED if facts["withheld"] else NOT_WRITTEN)


def _failures(facts: Mapping[str, Any]) -> list[str]:
    """Return a line for each check that was not passed, from results of any version."""
    if facts["schema"] < 4:  # failed checks are among the warnings, and the implant was delivered nevertheless
        return [
            f"Implant {d['number']}, delivered by an earlier version: do not print it."
            for d in facts["defects"]
            if not _passed(d["implant"])
        ]
    if (facts["outcome"] == "complete") != (not facts["withheld"]):
        raise ValueError("outcome and list contradict each other")
    from SkullRestoreLib.report.words import failures_in_words

    return failures_in_words(
        {entry["defect"]: entry["failed"] for entry in facts["withheld"]},
        {entry["defect"] for entry in facts["withheld"] if entry["made"]},
    )


def _passed(implant: Mapping[str, Any] | None) -> bool:
    """Return whether an implant passed its checks; checks that an early version did not make count as passed."""
    if implant is None:
        return True
    if "passed" in implant:
        return bool(implant["passed"])
    pieces = [piece for kind in ("parts", "mould", "ring") for piece in implant.get(kind, ())]
    failed = [
        *((implant.get("checks") or {}).get("failed", ())),
        *(sentence for piece in pieces for sentence in piece["failed"]),
    ]
    return not failed


def _implant_text(implant: Mapping[str, Any] | None) -> str:
    """Return the table's cell for an implant."""
    if not implant:
        return "none"
    if not _passed(implant):
        return "not passed" if implant["file"] else "withheld"
    return f"{implant['thickness_mm']:.1f} mm, {implant['volume_ml']:.1f} mL"


def _defects_table(defects: list[Mapping[str, Any]]) -> Any:
    from rich.box import SIMPLE
    from rich.table import Table

    # region below side, and the implant's thickness and volume in one column, fit into a terminal of 80 columns,
    # where Rich would drop the last column
    table = Table("No.", title="Defects", title_justify="left", box=SIMPLE, padding=0)
    table.add_column("Place", min_width=23)
    for head in ("cm²", "W × D × H, mm", "Points", "Margin", "Implant"):
        table.add_column(head, justify="right", no_wrap=True)
    for d in defects:
        size = " × ".join(f"{d['extent_mm'][k]:.0f}" for k in ("left_right", "front_back", "up_down"))
        table.add_row(
            str(d["number"]),
            f"{d['side']},\n{d['region']}",
            f"{d['area_cm2']:.1f}",
            size,
            str(d["reference_points"]),
            "open" if d["open_margin"] else "closed",
            _implant_text(d["implant"]),
        )
    return table
