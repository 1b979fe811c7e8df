"""Many cases over several processes: what a case costs is paid once, what fails is noted, what was stopped goes on.

Results are kept line by line in a hidden file beside the output folder until the folder is published; the same command finds them there.
"""

import hashlib
import json
import os
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import FIRST_COMPLETED, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from SkullRestoreLib import cluster, processes, staging
from SkullRestoreLib.case import SkullRestoreError
from SkullRestoreLib.clock import Progress

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Journal:
    """Rows of finished jobs, kept until the result is published.

    Parameters
    ----------
    path
        A file; its first line tells what the run was asked for.
    asked
        What decides the rows: seed, skulls, methods, weights. Rows of another question are not taken over.
    """

    path: Path | None
    asked: Mapping[str, Any]

    @classmethod
    def beside(cls, out: Path | None, asked: Mapping[str, Any]) -> "Journal":
        """The journal of an output folder; one that keeps nothing where there is none."""
        path = None if out is None else out.expanduser().with_name(f".{out.name}.unfinished.jsonl")
        return cls(path, {**asked, "code": _code()})

    def read(self) -> dict[str, Rows]:
        """Rows of the jobs that are done, by name."""
        if self.path is None or not self.path.is_file():
            return {}
        lines = self.path.read_text(encoding="utf-8").splitlines()
        try:
            head, *done = (json.loads(line) for line in lines if line.endswith("}"))
        except ValueError:
            return {}
        return {d["job"]: d["rows"] for d in done} if head == json.loads(json.dumps(self.asked)) else {}

    def start(self, done: Mapping[str, Rows]) -> None:
        """Begin, or go on after what is done."""
        if self.path is None:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        lines = [self.asked, *({"job": job, "rows": rows} for job, rows in done.items())]
        staging.write(self.path, lambda part: part.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8"))

    def add(self, job: str, rows: Rows) -> None:
        """Keep a job's rows."""
        if self.path is not None:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"job": job, "rows": rows}) + "\n")

    def close(self) -> None:
        """The result is published; nothing need be kept."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)


def _code() -> str:
    """Hash of the library's own source: rows of another version are not taken over."""
    home = Path(__file__).resolve().parent.parent
    total = hashlib.sha256()
    for path in sorted(home.rglob("*.py")):
        total.update(path.read_bytes())
    return total.hexdigest()[:16]


def run(
    jobs: Mapping[str, Any], work: Callable[[Any], Rows], *, what: str, workers: int = 1, scheduler: str | None = None, journal: Journal
) -> Generator[Progress, None, dict[str, Rows]]:
    """Do every job.

    Parameters
    ----------
    jobs
        What ``work`` gets, by the job's name; in this order.
    work
        Makes the rows of one job; a function that other processes can import. It should note failures in its rows and not raise.
    what
        Said while it runs.
    workers
        Processes; with one, everything happens in this one.
    scheduler
        Address of a Dask scheduler, whose workers do it instead.
    journal
        Keeps what is done.

    Yields
    ------
    tuple of str and float
        ``what`` and the part that is done. Who stops iterating stops the run; what is done is kept.

    Returns
    -------
    dict
        Rows of every job, in the order of the jobs.
    """
    done = {job: rows for job, rows in journal.read().items() if job in jobs}
    journal.start(done)
    open_ = {job: given for job, given in jobs.items() if job not in done}
    yield what, len(done) / max(len(jobs), 1)
    if scheduler is not None:
        finished = _on_cluster(open_, work, scheduler)
    else:
        finished = _here(open_, work) if workers <= 1 else _there(open_, work, min(workers, len(open_) or 1))
    for job, rows in finished:
        done[job] = rows
        journal.add(job, rows)
        yield what, len(done) / len(jobs)
    return {job: done[job] for job in jobs}


def _here(jobs: Mapping[str, Any], work: Callable[[Any], Rows]) -> Generator[tuple[str, Rows], None, None]:
    for job, given in jobs.items():
        yield job, work(given)


def _on_cluster(jobs: Mapping[str, Any], work: Callable[[Any], Rows], scheduler: str) -> Generator[tuple[str, Rows], None, None]:
    with cluster.connected(cluster.Place(scheduler)) as client:
        for job, rows in cluster.each(jobs, work, client):
            if isinstance(rows, cluster.Lost):
                raise SkullRestoreError(f"{job}: {rows.reason} The same command goes on where it stopped.")
            yield job, rows


def _there(jobs: Mapping[str, Any], work: Callable[[Any], Rows], workers: int) -> Generator[tuple[str, Rows], None, None]:
    """In processes, one thread each."""
    before = {name: os.environ.get(name) for name in cluster.ONE_THREAD}
    os.environ.update(dict.fromkeys(cluster.ONE_THREAD, "1"))
    try:
        with processes.pool(workers) as pool:
            waiting = list(jobs.items())
            running = {}
            while waiting or running:
                while waiting and len(running) < 2 * workers:  # only a few ahead: each job given is held in memory
                    job, given = waiting.pop(0)
                    running[pool.submit(work, given)] = job
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    yield running.pop(future), future.result()
    except BrokenProcessPool:
        raise SkullRestoreError(
            "One of the processes was ended from outside, as systems do when memory runs out. Use fewer --workers; the same command goes on where it stopped."
        ) from None
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
