"""Jobs on Dask: on this computer by default, on a cluster by the address of its scheduler. The only file that knows Dask.

A job is a function that other processes can import and one argument. What a process prints, logs or dies of is no concern of the other jobs.
"""

import itertools
import logging
import os
import tempfile
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from SkullRestoreLib import memory
from SkullRestoreLib.case import DependencyError, SkullRestoreError

_ANSWER_S, _WAIT_S = 10, 60  # for a scheduler, and for the first worker of a cluster
_numbers = itertools.count()  # a key of its own for each submission: what is tried again is another job to Dask
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS")
"""Environment variables: many threads in many processes are slower than one in each."""


@dataclass(frozen=True)
class Place:
    """Where jobs run."""

    scheduler: str | None = None  # address of a Dask scheduler; None for processes on this computer
    workers: int | None = None  # processes on this computer; None for as many as cores and memory allow


@dataclass(frozen=True)
class Lost:
    """A job that brought nothing back."""

    reason: str
    killed: bool = False  # its process was ended from outside


def processes_that_fit(job_bytes: float) -> int:
    """How many jobs of this size this computer can do at once: one a core, and no more than the free memory holds; at least one."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return int(max(1, min(cores, memory.available_bytes() // job_bytes)))


@contextmanager
def connected(place: Place, *, job_bytes: float = 2e9) -> Iterator[Any]:
    """A Dask client, gone with all its local processes afterwards.

    Parameters
    ----------
    place
        Where.
    job_bytes
        Memory that one job takes.

    Raises
    ------
    DependencyError
        If Dask is not installed.
    SkullRestoreError
        If the scheduler does not answer, or has no worker.
    """
    try:
        import distributed
    except ImportError:
        raise DependencyError("This needs Dask, which is not installed. Install it with: pip install 'skullrestore[batch]'.") from None
    # what it says of itself is for its makers; what goes wrong with a job is in the job's row
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    if place.scheduler is not None:
        with _scheduler(distributed, place.scheduler) as client:
            yield client
        return
    count = place.workers or processes_that_fit(job_bytes)
    with (
        tempfile.TemporaryDirectory(prefix="skullrestore-") as scratch,
        distributed.LocalCluster(
            n_workers=count,
            threads_per_worker=1,
            memory_limit=None,  # a case says itself, and beforehand, when memory is short; stopping one at a limit would be a riddle
            dashboard_address=None,
            scheduler_kwargs={
                "dashboard_address": "127.0.0.1:0"
            },  # Dask's page of health, which it always has: else a port that others may want
            local_directory=scratch,
            silence_logs=logging.CRITICAL,
            env=dict.fromkeys(ONE_THREAD, "1"),
        ) as made,
    ):
        try:
            with distributed.Client(made) as client:
                yield client
        except BaseException:
            _end(made)
            raise


def _end(made: Any) -> None:
    """End local processes at once: asking politely waits for the jobs."""
    for nanny in made.workers.values():
        with suppress(Exception):
            nanny.process.process.kill()


@contextmanager
def _scheduler(distributed: Any, address: str) -> Iterator[Any]:
    try:
        client = distributed.Client(address, timeout=_ANSWER_S)
    except (OSError, TimeoutError, ValueError) as error:
        raise SkullRestoreError(
            f"No Dask scheduler answers at {address} ({type(error).__name__}). Check the address, as `dask scheduler` prints it: tcp://host:8786."
        ) from None
    with client:
        try:
            client.wait_for_workers(1, timeout=_WAIT_S)
        except TimeoutError:
            raise SkullRestoreError(
                f"The scheduler at {address} has no worker. Start some with: dask worker {address} --nthreads 1 --nworkers N."
            ) from None
        yield client


def each(jobs: Mapping[str, Any], work: Callable[[Any], Any], client: Any) -> Generator[tuple[str, Any], None, None]:
    """Do every job, in whatever order they are done.

    Parameters
    ----------
    jobs
        Name -> what ``work`` gets.
    work
        A function that other processes can import.
    client
        From :func:`connected`.

    Yields
    ------
    tuple of str and object
        The job's name, and what ``work`` returned or :class:`Lost`.

    Raises
    ------
    SkullRestoreError
        If the scheduler is lost.
    """
    import distributed

    futures = {
        client.submit(work, given, key=f"{name}-{os.getpid()}-{next(_numbers)}", pure=False, retries=0): name
        for name, given in jobs.items()
    }
    for future in distributed.as_completed(list(futures)):
        name = futures.pop(future)
        if future.status == "cancelled":
            raise SkullRestoreError("The Dask scheduler was lost. The same command goes on where it stopped.")
        try:
            made = future.result()
        except distributed.KilledWorker:
            made = Lost(
                "The process that worked on it was ended from outside several times, as systems do when memory runs out.", killed=True
            )
        except Exception as error:
            made = Lost(f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no reason given'}")
        future.release()
        yield name, made
