"""Run jobs with Dask: on this computer by default, on a cluster where its scheduler's address is given.

A job is a function that other processes can import, and one argument. A job that fails or loses its process does not
affect the other jobs. No other module imports Dask.
"""

import itertools
import logging
import os
import tempfile
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from SkullRestoreLib._system import memory
from SkullRestoreLib.errors import DependencyError, SkullRestoreError

SCHEDULER_TIMEOUT_S, _WORKER_TIMEOUT_S = 10, 60  # for a scheduler, and for the first worker of a cluster
_submission_numbers = itertools.count()
"""Part of each submission's key: to Dask, a job that is tried again is another job."""
THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS",
)
"""Environment variables that are set to 1: many threads in many processes are slower than one in each."""


@dataclass(frozen=True)
class ComputeTarget:
    """Where jobs run.

    Attributes
    ----------
    scheduler
        Address of a Dask scheduler; None for processes on this computer.
    workers
        Processes on this computer; None for as many as cores and memory allow.
    """

    scheduler: str | None = None
    workers: int | None = None


@dataclass(frozen=True)
class LostJob:
    """A job that returned nothing.

    Attributes
    ----------
    reason
        A sentence for the user.
    killed
        Whether its process was ended from outside.
    """

    reason: str
    killed: bool = False


def max_parallel_jobs(job_bytes: float) -> int:
    """Compute how many jobs this computer can do at the same time.

    Parameters
    ----------
    job_bytes
        Memory that one job takes.

    Returns
    -------
    int
        One per core, not more than the free memory holds, and at least one.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return int(max(1, min(cores, memory.available_bytes() // job_bytes)))


@contextmanager
def dask_client(target: ComputeTarget, *, job_bytes: float = 2e9) -> Iterator[Any]:
    """Open a Dask client; its local processes end on leaving the context.

    Parameters
    ----------
    target
        Where the jobs run.
    job_bytes
        Memory that one job takes.

    Yields
    ------
    distributed.Client
        The client.

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
        raise DependencyError(
            "This needs Dask, which is not installed. Install it with: pip install 'skullrestore[batch]'."
        ) from None
    # its own messages are for its developers; the error of a job is in the job's row
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    if target.scheduler is not None:
        with _scheduler_client(distributed, target.scheduler) as client:
            yield client
        return
    count = target.workers or max_parallel_jobs(job_bytes)
    with (
        tempfile.TemporaryDirectory(prefix="skullrestore-") as scratch,
        distributed.LocalCluster(
            n_workers=count,
            threads_per_worker=1,
            memory_limit=None,  # a case reports itself, in advance, when memory is short; a limit would end it silently
            dashboard_address=None,
            # Dask always serves a status page: any free port, so that it takes none that others need
            scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},
            local_directory=scratch,
            silence_logs=logging.CRITICAL,
            env=dict.fromkeys(THREAD_VARIABLES, "1"),
        ) as cluster,
    ):
        try:
            with distributed.Client(cluster) as client:
                yield client
        except BaseException:
            _kill_workers(cluster)
            raise


def _kill_workers(cluster: Any) -> None:
    """End the local processes at once: closing the cluster would wait for their jobs."""
    for nanny in cluster.workers.values():
        with suppress(Exception):
            nanny.process.process.kill()


@contextmanager
def _scheduler_client(distributed: Any, address: str) -> Iterator[Any]:
    try:
        client = distributed.Client(address, timeout=SCHEDULER_TIMEOUT_S)
    except (OSError, TimeoutError, ValueError) as error:
        raise SkullRestoreError(
            f"No Dask scheduler answers at {address} ({type(error).__name__}). "
            "Check the address, as `dask scheduler` prints it: tcp://host:8786."
        ) from None
    with client:
        try:
            client.wait_for_workers(1, timeout=_WORKER_TIMEOUT_S)
        except TimeoutError:
            raise SkullRestoreError(
                f"The scheduler at {address} has no worker. "
                f"Start some with: dask worker {address} --nthreads 1 --nworkers N."
            ) from None
        yield client


def run_jobs(
    jobs: Mapping[str, Any], work: Callable[[Any], Any], client: Any
) -> Generator[tuple[str, Any], None, None]:
    """Do every job, and yield each result as soon as it is there.

    Parameters
    ----------
    jobs
        Argument of ``work`` by the job's name.
    work
        A function that other processes can import.
    client
        From :func:`dask_client`.

    Yields
    ------
    tuple of str and object
        The job's name, and what ``work`` returned or :class:`LostJob`.

    Raises
    ------
    SkullRestoreError
        If the scheduler is lost.
    """
    import distributed

    futures = {
        client.submit(work, job, key=f"{name}-{os.getpid()}-{next(_submission_numbers)}", pure=False, retries=0): name
        for name, job in jobs.items()
    }
    for future in distributed.as_completed(list(futures)):
        name = futures.pop(future)
        if future.status == "cancelled":
            raise SkullRestoreError("The Dask scheduler was lost. The same command goes on where it stopped.")
        try:
            result = future.result()
        except distributed.KilledWorker:
            result = LostJob(
                "Its process was ended from outside several times, as systems do when memory runs out.",
                killed=True,
            )
        except Exception as error:
            first_line = str(error).splitlines()[0] if str(error) else "no reason given"
            result = LostJob(f"{type(error).__name__}: {first_line}")
        future.release()
        yield name, result
