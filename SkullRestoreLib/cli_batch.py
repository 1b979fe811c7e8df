"""The command for many cases."""

import time
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from SkullRestoreLib import cli_show as show
from SkullRestoreLib.cli_options import Also, Device, scheduler_option, with_settings
from SkullRestoreLib.settings import Settings


@partial(with_settings, own={"device": Device})
def batch(
    context: typer.Context,
    cases: Annotated[
        Path,
        typer.Argument(
            metavar="LIST",
            help="A text file with a path a line, a CSV file with a column input (and name, series), or a folder in which everything is a case.",
        ),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the results and the table; a batch that was stopped goes on there.")],
    settings: Settings,
    workers: Annotated[
        int | None,
        typer.Option(
            min=1, max=1024, help="Processes on this computer. Default: as many as cores and free memory allow.", show_default=False
        ),
    ] = None,
    scheduler: Annotated[str | None, scheduler_option(". Its workers must see list, inputs and output under the same paths.")] = None,
    also: Annotated[list[Also], typer.Option(help="Further files of each case, as for restore.")] = [],  # noqa: B006 - Typer wants a list
    retry: Annotated[
        bool, typer.Option("--retry", help="Try again the cases that have failed. Those that only lacked memory are tried again anyway.")
    ] = False,
    identify: Annotated[
        bool, typer.Option("--identify", help="Name the cases after their inputs. Only where these name no patient, or may.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Throw away an earlier batch in the output folder and start afresh.")] = False,
) -> None:
    """Restore many cases, on all cores or on a cluster; a case that fails never stops the others.

    Example: [cyan]skullrestore batch heads.txt --out results[/cyan]

    Writes cases/NAME as `restore` does, and batch.csv and batch.md with a line for each case and the reason where one failed. Ctrl-C stops it; the same
    command goes on where it stopped. A case for which the memory is short waits until the others are done. Exits with 0 when every case has been worked on,
    failed ones included, and with 1 when some were not for lack of memory. Needs Dask, the package's extra *batch*.
    """
    with show.errors(context):
        from SkullRestoreLib import batch as many
        from SkullRestoreLib import cluster

        listed = many.read_list(cases, identify=identify)
        place = cluster.Place(scheduler, workers)
        steps = many.run(listed, out, settings, also=[kind.value for kind in also], place=place, retry=retry, force=force)
        try:
            rows = _follow(steps)
        except KeyboardInterrupt:
            typer.echo("Stopped. What was done is kept; the same command goes on from there.", err=True)
            raise typer.Exit(130) from None
        typer.echo(many.counts(rows, len(listed)))
        typer.echo(f"Written to {out}; the table is {out / 'batch.md'}.")
        if any(row["outcome"] == many.NO_MEMORY for row in rows):
            typer.echo("What was not done for lack of memory is tried again by the same command: close other programs first.", err=True)
            raise typer.Exit(1)


def _follow(steps: Any) -> Any:
    """Run a batch to its end: a line for each case, and a bar with the time that is left where the output is a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    with Progress(
        TextColumn("cases"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
        console=Console(stderr=True),
        transient=True,
    ) as bar:
        task = bar.add_task("", total=None)
        try:
            while True:
                told = next(steps)
                left = "" if told.seconds_left is None else f"about {_span(told.seconds_left)} left"
                bar.update(task, total=told.total, completed=told.done, description=left)
                if told.row is None and told.done:
                    bar.console.print(f"{told.done} of {told.total} cases are done already.", highlight=False)
                if told.row is not None:
                    bar.console.print(_line(told, left), highlight=False, markup=False, soft_wrap=True)
        except StopIteration as end:
            return end.value
        finally:
            steps.close()


def _line(told: Any, left: str) -> str:
    row = told.row
    if told.waits:
        return f"[{told.done}/{told.total}] {row['case']}: waits until the others are done, for lack of memory; {left}"
    what = row["reason"] or (f"{row['area_cm2']:.1f} cm²" if row["defects"] else "")
    said = f"[{told.done}/{told.total}] {row['case']}: {row['outcome']}" + (f", {what}" if what else "")
    return f"{said}; {row['seconds']:.1f} s; {left}"


def _span(seconds: float) -> str:
    """A length of time for people: 40 s, 12 min, 3 h 20 min."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else time.strftime(f"{minutes // 60} h %M min", time.gmtime(60 * minutes))
