"""The run of a batch: jobs go to the workers, rows come back, and the table is written at the end.

A case for which there was not enough memory while others ran, or whose worker the system killed, is postponed and then
run alone after the others (decision 0065).
"""

import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from SkullRestoreLib._system import atomic_write, dask_jobs, memory
from SkullRestoreLib._system.run_log import RunLog
from SkullRestoreLib.batch import table
from SkullRestoreLib.batch.case_list import BatchCase
from SkullRestoreLib.batch.table import COLUMN_TITLES, FAILED, NO_MEMORY, NOT_WRITTEN, CaseRow
from SkullRestoreLib.errors import InputError, NotEnoughMemoryError, SkullRestoreError
from SkullRestoreLib.io import output_folder
from SkullRestoreLib.settings import Settings

LOG_NAME = "batch.jsonl"
"""Name of the log in the batch's folder."""
CASES_FOLDER, TABLE_STEM = "cases", "batch"
"""Names in the batch's folder: the folder of the cases, and the tables without their endings."""
_TYPICAL_VOXELS = 512 * 512 * 350
"""Size of a head CT of 0.5 mm voxels, for the number of workers that the memory allows."""
_OUT_OF_MEMORY_REASON = (
    "The memory ran out while it was worked on. Use fewer --workers, close other programs, or crop the CT to the head."
)
_TABLE_NAMES = (f"{TABLE_STEM}.csv", f"{TABLE_STEM}.md")


@dataclass(frozen=True)
class BatchJob:
    """One case, as it is sent to a worker."""

    case: BatchCase
    out: Path  # folder of the batch
    settings: Settings
    also: tuple[str, ...] = ()
    keep_failed: bool = False


class BatchProgress(NamedTuple):
    """State of the batch after a case."""

    row: CaseRow | None  # of the case; None at the start
    done: int
    total: int
    seconds_left: float | None  # None where it cannot be estimated yet
    is_postponed: bool = False  # the row is not final: the case is run again, alone, after the others


def restore_case(job: BatchJob) -> CaseRow:
    """Restore one case, in any process. Errors become a row; only what ends the process is raised.

    Parameters
    ----------
    job
        The case.

    Returns
    -------
    dict
        Its row.
    """
    from SkullRestoreLib._system.progress import run_to_end
    from SkullRestoreLib.pipeline.process_case import InputOptions, process_case

    started = time.perf_counter()

    def failure(reason: str, outcome: str = FAILED) -> CaseRow:
        return table.failure_row(job.case, reason, time.perf_counter() - started, outcome=outcome)

    try:
        steps = process_case(
            job.case.path,
            job.out / CASES_FOLDER / job.case.name,
            job.settings,
            reading=InputOptions(job.case.series, job.case.header),
            also=job.also,
            force=True,
            keep_failed=job.keep_failed,
        )
        facts = run_to_end(steps)
    except NotEnoughMemoryError as error:
        return failure(str(error), NO_MEMORY)
    except SkullRestoreError as error:
        return failure(str(error))
    except Exception as error:  # the other cases continue, whatever it is
        if memory.is_out_of_memory(error):
            return failure(_OUT_OF_MEMORY_REASON, NO_MEMORY)
        return failure(f"An unexpected error occurred ({type(error).__name__}: {error}).")
    return table.result_row(job.case, facts, time.perf_counter() - started)


def run_batch(
    cases: Sequence[BatchCase],
    out: Path,
    settings: Settings,
    *,
    also: Sequence[str] = (),
    place: dask_jobs.ComputeTarget,
    retry: bool = False,
    force: bool = False,
    keep_failed: bool = False,
) -> Generator[BatchProgress, None, list[CaseRow]]:
    """Restore every case.

    Parameters
    ----------
    cases
        From :func:`read_case_list`.
    out
        Folder of the batch: ``cases/NAME`` as `restore` writes them, ``batch.csv`` and ``batch.md``. Workers on other
        computers must see it, and the inputs, under the same path.
    settings, also, keep_failed
        As for `restore`.
    place
        Processes of this computer, or a cluster.
    retry
        Run the failed cases again, and those of which a format could not be made. Those that lacked memory are always
        run again.
    force
        Delete an earlier batch in the folder.

    Yields
    ------
    BatchProgress
        At the start and after each case. Closing the generator stops the batch; the same call continues it.

    Returns
    -------
    list of dict
        One row per case, in the list's order; also written as tables.

    Raises
    ------
    SkullRestoreError
        If the folder cannot be used, or Dask or its scheduler is missing.
    """
    out = _prepare_folder(out, force=force)
    log = RunLog(out / LOG_NAME, _result_options(settings, also, keep_failed))
    _refuse_other_options(log, out)
    rows = _kept_rows(log, cases, out, retry=retry)
    log.write_finished({name: [row] for name, row in rows.items()})
    pending = [case for case in cases if case.name not in rows]
    jobs = {case.name: BatchJob(case, out, settings, tuple(also), keep_failed) for case in pending}
    yield BatchProgress(None, len(rows), len(cases), None)
    try:
        for progress in _run_jobs(jobs, place, len(rows), len(cases)):
            if progress.row is not None and not progress.is_postponed:
                rows[progress.row["case"]] = progress.row
                log.append_rows(progress.row["case"], [progress.row])
            yield progress
    finally:
        _write_tables(_in_order(rows, cases), out, total=len(cases))
    return _in_order(rows, cases)


def _in_order(rows: Mapping[str, CaseRow], cases: Sequence[BatchCase]) -> list[CaseRow]:
    return [rows[case.name] for case in cases if case.name in rows]


def _write_tables(rows: Sequence[CaseRow], out: Path, *, total: int) -> None:
    csv_name, markdown_name = _TABLE_NAMES
    atomic_write.write_atomically(out / csv_name, partial(table.write_csv, rows))
    atomic_write.write_atomically(out / markdown_name, partial(table.write_markdown, rows, total=total))


def _run_jobs(
    jobs: Mapping[str, BatchJob], place: dask_jobs.ComputeTarget, done: int, total: int
) -> Generator[BatchProgress, None, None]:
    """Run every job, and then those that lacked memory once more, each alone."""
    if not jobs:
        return
    started, done_before = time.monotonic(), done
    job_bytes = memory.BASE_BYTES + memory.BYTES_PER_VOXEL * _TYPICAL_VOXELS
    with dask_jobs.dask_client(place, job_bytes=job_bytes) as client:
        postponed = {}
        for row in _job_rows(jobs, client):
            is_postponed = row["outcome"] == NO_MEMORY and len(jobs) > 1
            if is_postponed:
                postponed[row["case"]] = jobs[row["case"]]
            else:
                done += 1
            left = (time.monotonic() - started) / max(done - done_before, 1) * (len(jobs) - (done - done_before))
            yield BatchProgress(row, done, total, left, is_postponed)
        for name, job in postponed.items():
            for row in _job_rows({name: job}, client):
                done += 1
                left = (time.monotonic() - started) / (done - done_before) * (total - done)
                yield BatchProgress(row, done, total, left)


def _job_rows(jobs: Mapping[str, BatchJob], client: Any) -> Iterator[CaseRow]:
    """Yield a row per job, in the order in which they finish."""
    for name, result in dask_jobs.run_jobs(jobs, restore_case, client):
        if isinstance(result, dask_jobs.LostJob):
            outcome = NO_MEMORY if result.killed else FAILED
            yield table.failure_row(jobs[name].case, result.reason, 0.0, outcome=outcome)
        else:
            yield result


def _prepare_folder(out: Path, *, force: bool) -> Path:
    """Check the batch's folder and make it where it is missing."""

    def is_ours(name: str) -> bool:
        return name.removeprefix(atomic_write.PART_PREFIX) in (LOG_NAME, CASES_FOLDER, *_TABLE_NAMES)

    out = output_folder.check_folder(out, marker=LOG_NAME, is_result_file=is_ours, force=True)
    if force and (out / LOG_NAME).is_file():
        # the log last: it marks the folder as a batch's, also where the deletion is interrupted
        for name in (*_TABLE_NAMES, CASES_FOLDER, LOG_NAME):
            atomic_write.remove_path(out / name)
    (out / CASES_FOLDER).mkdir(parents=True, exist_ok=True)
    return out.resolve()


def _result_options(settings: Settings, also: Sequence[str], keep_failed: bool) -> dict[str, Any]:
    """Return what decides the results; the weights by the checksum of their content."""
    from dataclasses import asdict

    from SkullRestoreLib import __version__
    from SkullRestoreLib._system import resources

    options = asdict(settings) | {"also": sorted(also), "keep_failed": keep_failed, "version": __version__}
    path = Path(settings.weights) if settings.weights else resources.resource_path("network.safetensors")
    options["weights"] = resources.file_sha256(path) if path.is_file() else settings.weights
    return options


def _refuse_other_options(log: RunLog, out: Path) -> None:
    """Refuse to continue a batch with other options: half of its results would be made in another way."""
    if changed := log.changed_options():
        raise InputError(
            f"{out} holds a batch with other options ({', '.join(changed)} differ). "
            "Repeat its options to continue it, choose another folder, or start afresh with --force."
        )


def _kept_rows(log: RunLog, cases: Sequence[BatchCase], out: Path, *, retry: bool) -> dict[str, CaseRow]:
    """Rows of the listed cases that are not run again, by the case's name."""
    listed = {case.name for case in cases}
    rows = {name: row for name, job_rows in log.read_finished().items() for row in job_rows}
    return {
        name: row
        for name, row in rows.items()
        if name in listed and set(row) == set(COLUMN_TITLES) and _is_row_kept(row, out, retry=retry)
    }


def _is_row_kept(row: CaseRow, out: Path, *, retry: bool) -> bool:
    """Check whether a case is not run again: its result exists, or it failed because of its input."""
    if row["outcome"] == NO_MEMORY:
        return False
    if row["outcome"] == FAILED or (row["outcome"] == NOT_WRITTEN and retry):
        return not retry
    return (out / CASES_FOLDER / row["case"] / "restoration.json").is_file()
