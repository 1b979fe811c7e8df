"""Run many jobs in several processes; failures become rows, and a run that was stopped continues where it stopped.

Rows are kept line by line in a hidden file next to the output folder until the folder is published; the same command
finds them there.
"""

import hashlib
import os
from collections.abc import Callable, Generator, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from SkullRestoreLib._system import dask_jobs, process_pool
from SkullRestoreLib._system.progress import Progress
from SkullRestoreLib._system.run_log import Rows, RunLog
from SkullRestoreLib.errors import SkullRestoreError


def log_for_output(out: Path | None, run_key: Mapping[str, Any]) -> RunLog:
    """Make the log of an output folder: a hidden file next to it.

    Parameters
    ----------
    out
        The folder; None for a log that keeps nothing.
    run_key
        What decides the rows: seed, skulls, methods, weights. The version of the code is added.

    Returns
    -------
    RunLog
        Rows with another key are not reused.
    """
    path = None if out is None else out.expanduser().with_name(f".{out.name}.unfinished.jsonl")
    return RunLog(path, {**run_key, "code": _source_hash()})


def _source_hash() -> str:
    """Hash of the library's source: rows of another version are not reused."""
    home = Path(__file__).resolve().parent.parent
    total = hashlib.sha256()
    for path in sorted(home.rglob("*.py")):
        total.update(path.read_bytes())
    return total.hexdigest()[:16]


def run_jobs(
    jobs: Mapping[str, Any],
    work: Callable[[Any], Rows],
    *,
    what: str,
    workers: int = 1,
    scheduler: str | None = None,
    log: RunLog,
) -> Generator[Progress, None, dict[str, Rows]]:
    """Run every job.

    Parameters
    ----------
    jobs
        Input of ``work`` by the job's name; in this order.
    work
        Makes the rows of one job; a function that other processes can import. It should note failures in its rows and
        not raise.
    what
        Name of the step, for the progress.
    workers
        Processes; with one, everything runs in this process.
    scheduler
        Address of a Dask scheduler, whose workers do it instead.
    log
        Keeps the rows of finished jobs.

    Yields
    ------
    tuple of str and float
        ``what`` and the share that is done. Stopping the iteration stops the run; finished jobs are kept.

    Returns
    -------
    dict
        Rows of every job, in the order of the jobs.

    Raises
    ------
    SkullRestoreError
        If the cluster or a process is lost.
    """
    done = {job: rows for job, rows in log.read_finished().items() if job in jobs}
    log.write_finished(done)
    remaining = {job: job_input for job, job_input in jobs.items() if job not in done}
    yield what, len(done) / max(len(jobs), 1)
    if scheduler is not None:
        finished = _run_on_cluster(remaining, work, scheduler)
    elif workers <= 1:
        finished = _run_serially(remaining, work)
    else:
        finished = _run_in_processes(remaining, work, min(workers, len(remaining) or 1))
    for job, rows in finished:
        done[job] = rows
        log.append_rows(job, rows)
        yield what, len(done) / len(jobs)
    return {job: done[job] for job in jobs}


JobResults = Generator[tuple[str, Rows], None, None]
"""Name and rows of each job, as they finish."""


def _run_serially(jobs: Mapping[str, Any], work: Callable[[Any], Rows]) -> JobResults:
    for job, job_input in jobs.items():
        yield job, work(job_input)


def _run_on_cluster(jobs: Mapping[str, Any], work: Callable[[Any], Rows], scheduler: str) -> JobResults:
    with dask_jobs.dask_client(dask_jobs.ComputeTarget(scheduler)) as client:
        for job, rows in dask_jobs.run_jobs(jobs, work, client):
            if isinstance(rows, dask_jobs.LostJob):
                raise SkullRestoreError(f"{job}: {rows.reason} The same command goes on where it stopped.")
            yield job, rows


def _run_in_processes(jobs: Mapping[str, Any], work: Callable[[Any], Rows], workers: int) -> JobResults:
    """Run the jobs in processes, one thread each."""
    try:
        with _single_threaded_children(), process_pool.spawn_pool(workers) as pool:
            waiting = list(jobs.items())
            running: dict[Future[Rows], str] = {}
            while waiting or running:
                while waiting and len(running) < 2 * workers:  # only a few ahead: each submitted job is held in memory
                    job, job_input = waiting.pop(0)
                    running[pool.submit(work, job_input)] = job
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    yield running.pop(future), future.result()
    except BrokenProcessPool:
        raise SkullRestoreError(
            "One of the processes was ended from outside, as systems do when memory runs out. "
            "Use fewer --workers; the same command goes on where it stopped."
        ) from None


@contextmanager
def _single_threaded_children() -> Iterator[None]:
    """Set the environment so that new processes use one thread each; restore it afterwards."""
    before = {name: os.environ.get(name) for name in dask_jobs.THREAD_VARIABLES}
    os.environ.update(dict.fromkeys(dask_jobs.THREAD_VARIABLES, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name)
            else:
                os.environ[name] = value
