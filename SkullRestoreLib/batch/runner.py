"""The run of a batch: jobs out to the workers, rows in, the table at the end.

A case for which the memory is short while others are at work, or whose worker the system ended, is put aside and done alone when the others are done.
"""

import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from SkullRestoreLib import cluster, folder, memory, staging
from SkullRestoreLib.batch import table
from SkullRestoreLib.batch.journal import MARK, Journal
from SkullRestoreLib.batch.listing import Case
from SkullRestoreLib.batch.table import FAILED, NO_MEMORY, Row
from SkullRestoreLib.case import NotEnoughMemoryError, SkullRestoreError
from SkullRestoreLib.settings import Settings

CASES, TABLE = "cases", "batch"
_TYPICAL_VOXELS = 512 * 512 * 350
_RAN_OUT = "The memory ran out while it was worked on. Use fewer --workers, close other programs, or crop the CT to the head."


@dataclass(frozen=True)
class Job:
    """What a worker gets."""

    case: Case
    out: Path
    settings: Settings
    also: tuple[str, ...] = ()


class Told(NamedTuple):
    """What has just been done."""

    row: Row | None  # None at the start
    done: int
    total: int
    seconds_left: float | None  # None where nothing is known yet
    waits: bool = False  # the row is not final: the case is tried again, alone, when the others are done


def work(job: Job) -> Row:
    """Restore one case, in whatever process; never raises but for what ends the process."""
    from SkullRestoreLib.clock import finish
    from SkullRestoreLib.deliver import deliver

    began = time.perf_counter()

    def failure(reason: str, outcome: str = FAILED) -> Row:
        return table.failure(job.case, reason, time.perf_counter() - began, outcome=outcome)

    try:
        facts = finish(
            deliver(job.case.path, job.out / CASES / job.case.name, job.settings, series=job.case.series, also=job.also, force=True)
        )
    except NotEnoughMemoryError as error:
        return failure(str(error), NO_MEMORY)
    except SkullRestoreError as error:
        return failure(str(error))
    except Exception as error:  # whatever it is, the other cases shall go on
        if memory.ran_out(error):
            return failure(_RAN_OUT, NO_MEMORY)
        return failure(f"Something unexpected went wrong ({type(error).__name__}: {error}).")
    return table.result(job.case, facts, time.perf_counter() - began)


def run(
    cases: Sequence[Case],
    out: Path,
    settings: Settings,
    *,
    also: Sequence[str] = (),
    place: cluster.Place,
    retry: bool = False,
    force: bool = False,
) -> Generator[Told, None, list[Row]]:
    """Restore every case.

    Parameters
    ----------
    cases
        From :func:`read_list`.
    out
        Folder of the batch: ``cases/NAME`` as `restore` writes them, ``batch.csv`` and ``batch.md``. Workers on other computers must see it, and the
        inputs, under the same path.
    settings, also
        As for `restore`.
    place
        Where the work is done.
    retry
        Try again what has failed. What was not done for lack of memory is tried again anyway.
    force
        Throw an earlier batch in the folder away.

    Yields
    ------
    Told
        After each case. Who stops iterating stops the batch; the same call goes on from there.

    Returns
    -------
    list of dict
        A row for each case, in the list's order; also written as tables.

    Raises
    ------
    SkullRestoreError
        If the folder cannot be used, or Dask or its scheduler is missing.
    """
    out = _claimed(out, force=force)
    journal = Journal(out, _asked(settings, also))
    listed = {case.name: case for case in cases}
    rows = {name: row for name, row in journal.read().items() if name in listed and _is_kept(row, out, retry=retry)}
    journal.start(rows)
    jobs = {name: Job(case, out, settings, tuple(also)) for name, case in listed.items() if name not in rows}
    yield Told(None, len(rows), len(cases), None)
    try:
        for told in _each(jobs, place, len(rows), len(cases)):
            if not told.waits:
                rows[told.row["case"]] = told.row
                journal.add(told.row)
            yield told
    finally:
        ordered = [rows[name] for name in listed if name in rows]
        for ending, write in ((".csv", table.write_csv), (".md", partial(table.write_markdown, total=len(cases)))):
            staging.write(out / f"{TABLE}{ending}", partial(write, ordered))
    return ordered


def _each(jobs: Mapping[str, Job], place: cluster.Place, done: int, total: int) -> Generator[Told, None, None]:
    """Do every job; those for which the memory was short once more, one after the other and with nothing beside them."""
    if not jobs:
        return
    began, before = time.monotonic(), done
    need = memory.FIXED_BYTES + memory.BYTES_A_VOXEL * _TYPICAL_VOXELS
    with cluster.connected(place, job_bytes=need) as client:
        aside = {}
        for row in _rows(jobs, client):
            waits = row["outcome"] == NO_MEMORY and len(jobs) > 1
            if waits:
                aside[row["case"]] = jobs[row["case"]]
            else:
                done += 1
            left = (time.monotonic() - began) / max(done - before, 1) * (len(jobs) - (done - before))
            yield Told(row, done, total, left, waits)
        for name, job in aside.items():
            for row in _rows({name: job}, client):
                done += 1
                yield Told(row, done, total, (time.monotonic() - began) / (done - before) * (total - done))


def _rows(jobs: Mapping[str, Job], client: Any) -> Iterator[Row]:
    """A row for each job, in the order in which they are done."""
    for name, made in cluster.each(jobs, work, client):
        if isinstance(made, cluster.Lost):
            made = table.failure(jobs[name].case, made.reason, 0.0, outcome=NO_MEMORY if made.killed else FAILED)
        yield made


def _claimed(out: Path, *, force: bool) -> Path:
    """The batch's folder, made if it was not there."""
    ours: Callable[[str], bool] = lambda name: name.removeprefix(staging.PART) in (MARK, CASES, f"{TABLE}.csv", f"{TABLE}.md")  # noqa: E731
    out = folder.check(out, mark=MARK, ours=ours, force=True)
    if force and (out / MARK).is_file():
        for name in (f"{TABLE}.csv", f"{TABLE}.md", CASES, MARK):  # the mark last: a run that is killed here can be told to go on
            staging.remove(out / name)
    (out / CASES).mkdir(parents=True, exist_ok=True)
    return out.resolve()


def _asked(settings: Settings, also: Sequence[str]) -> dict[str, Any]:
    """What decides the results; the weights by their content."""
    from dataclasses import asdict

    from SkullRestoreLib import __version__, resources

    asked = asdict(settings) | {"also": sorted(also), "version": __version__}
    path = Path(settings.weights) if settings.weights else resources.resource("network.safetensors")
    asked["weights"] = resources.sha256(path) if path.is_file() else settings.weights
    return asked


def _is_kept(row: Row, out: Path, *, retry: bool) -> bool:
    """Whether a row is taken over: its result is still there, or it failed by its input and shall not be tried again."""
    if row["outcome"] == NO_MEMORY:
        return False
    return not retry if row["outcome"] == FAILED else (out / CASES / row["case"] / "restoration.json").is_file()
