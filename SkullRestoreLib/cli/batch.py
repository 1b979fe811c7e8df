"""The command `batch`: restore many cases."""

import time
from collections.abc import Generator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from SkullRestoreLib.cli import console
from SkullRestoreLib.cli.options import DeviceOption, ExtraFormat, KeepFailed, scheduler_option, with_settings
from SkullRestoreLib.settings import Settings

if TYPE_CHECKING:
    from SkullRestoreLib.batch import BatchProgress, CaseRow

AlsoOption = Annotated[list[ExtraFormat], typer.Option(help="Further files of each case, as for restore.")]
CasesArgument = Annotated[
    Path,
    typer.Argument(
        metavar="LIST",
        help="A text file with one path per line, a CSV file with a column input (and optionally name, series, "
        "spacing, space, nifti_affine), or a folder in which everything is a case.",
    ),
]
OutOption = Annotated[
    Path,
    typer.Option("--out", "-o", help="Folder for the results and the table. A batch that was stopped continues."),
]
WorkersOption = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=1024,
        help="Processes on this computer. Default: as many as cores and free memory allow.",
        show_default=False,
    ),
]
SchedulerOption = Annotated[
    str | None, scheduler_option(". Its workers must see list, inputs and output under the same paths.")
]
RetryOption = Annotated[
    bool,
    typer.Option(
        "--retry",
        help="Try the failed cases again, and those with a format missing. Those that only lacked memory are always "
        "tried again.",
    ),
]
IdentifyOption = Annotated[
    bool,
    typer.Option(
        "--identify", help="Name the cases after their inputs. Use it only where these names identify no patient."
    ),
]
ForceOption = Annotated[
    bool, typer.Option("--force", help="Delete an earlier batch in the output folder and start afresh.")
]


@partial(with_settings, annotations={"device": DeviceOption})
def batch(
    context: typer.Context,
    cases: CasesArgument,
    out: OutOption,
    settings: Settings,
    workers: WorkersOption = None,
    scheduler: SchedulerOption = None,
    also: AlsoOption = [],  # noqa: B006 - Typer wants a list
    retry: RetryOption = False,
    identify: IdentifyOption = False,
    keep_failed: KeepFailed = False,
    force: ForceOption = False,
) -> None:
    """Restore many cases, on all cores or on a cluster. A case that fails does not stop the others.

    Example: [cyan]skullrestore batch heads.txt --out results[/cyan]

    Writes cases/NAME as `restore` does, and batch.csv and batch.md with one line per case and the reason where a case
    failed. Ctrl-C stops it; the same command continues where it stopped. A case for which there is not enough memory
    waits until the others are done.

    Exit codes: 0 when every case was processed, including failed ones; 1 when some were not, for lack of memory;
    otherwise 3 when an implant did not pass its checks or could not be made: it is withheld, and its row gives the
    reason; otherwise 4 when only a PDF or DICOM objects could not be made. Needs Dask, the package's extra *batch*.
    """
    if settings.case_code is not None:
        raise typer.BadParameter("--case-code names one case, and a batch has many; leave it out.")
    with console.exit_on_error(context):
        from SkullRestoreLib import batch as many
        from SkullRestoreLib._system import dask_jobs

        listed = many.read_case_list(cases, identify=identify)
        steps = many.run_batch(
            listed,
            out,
            settings,
            also=[kind.value for kind in also],
            place=dask_jobs.ComputeTarget(scheduler, workers),
            retry=retry,
            force=force,
            keep_failed=keep_failed,
        )
        try:
            rows = _follow_batch(steps)
        except KeyboardInterrupt:
            typer.echo("Stopped. What was done is kept; the same command continues from there.", err=True)
            raise typer.Exit(130) from None
        typer.echo(many.count_sentence(rows, len(listed)))
        typer.echo(f"Written to {out}; the table is {out / 'batch.md'}.")
        _exit_by_outcome(rows)


def _exit_by_outcome(rows: "list[CaseRow]") -> None:
    """End with a sentence and an exit code where cases lacked memory or have a withheld implant."""
    from SkullRestoreLib.batch import NO_MEMORY, NOT_WRITTEN, WITHHELD

    if any(row["outcome"] == NO_MEMORY for row in rows):
        typer.echo(
            "The same command tries the cases that lacked memory again: close other programs first.",
            err=True,
        )
        raise typer.Exit(1)
    if count := sum(row["outcome"] == WITHHELD for row in rows):
        which = "In 1 case an implant" if count == 1 else f"In {count} cases an implant"
        typer.echo(
            f"{which} did not pass its checks or could not be made; the table gives the implant and the reason.",
            err=True,
        )
        raise typer.Exit(console.NOT_PASSED)
    if count := sum(row["outcome"] == NOT_WRITTEN for row in rows):
        where = "In 1 case" if count == 1 else f"In {count} cases"
        typer.echo(f"{where} a format could not be made; the table gives the reason.", err=True)
        raise typer.Exit(console.NOT_WRITTEN)


def _follow_batch(steps: "Generator[BatchProgress, None, list[CaseRow]]") -> "list[CaseRow]":
    """Run a batch to its end: one line per case, and a bar with the remaining time where the output is a terminal."""
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn

    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with console.make_progress_bar(TextColumn("cases"), *columns) as bar:
        task = bar.add_task("", total=None)
        try:
            while True:
                progress = next(steps)
                left = "" if progress.seconds_left is None else f"about {_duration_text(progress.seconds_left)} left"
                bar.update(task, total=progress.total, completed=progress.done, description=left)
                if progress.row is not None:
                    line = _progress_line(progress, progress.row, left)
                    bar.console.print(line, highlight=False, markup=False, soft_wrap=True)
                elif progress.done:
                    bar.console.print(f"{progress.done} of {progress.total} cases are done already.", highlight=False)
        except StopIteration as end:
            rows: list[CaseRow] = end.value
            return rows
        finally:
            steps.close()


def _progress_line(progress: "BatchProgress", row: "CaseRow", left: str) -> str:
    count = f"[{progress.done}/{progress.total}] {row['case']}"
    if progress.is_postponed:
        return f"{count}: waits until the others are done, for lack of memory; {left}"
    detail = row["reason"] or (f"{row['area_cm2']:.1f} cm²" if row["defects"] else "")
    outcome = f"{row['outcome']}, {detail}" if detail else row["outcome"]
    return f"{count}: {outcome}; {row['seconds']:.1f} s; {left}"


def _duration_text(seconds: float) -> str:
    """Write a duration for people: 40 s, 12 min, 3 h 20 min."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else time.strftime(f"{minutes // 60} h %M min", time.gmtime(60 * minutes))
