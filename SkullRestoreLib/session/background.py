"""Work in the background: a generator that yields its steps runs in a thread, and the main thread polls it.

:class:`BackgroundJob` is one piece of work. :class:`TaskRunner` holds at most one, and hands its result to the main
thread.
"""

import threading
from collections.abc import Callable, Generator
from typing import Any

from SkullRestoreLib._system.allocator import limit_arenas
from SkullRestoreLib._system.progress import Progress

ResultHandler = Callable[[Any], None]
"""Takes the result of a job over, on the main thread."""


class BackgroundJob:
    """One piece of work in a thread of its own.

    The thread touches only what the generator holds; its result is used on the main thread alone.
    Cancelling does not wait: the thread stops before its next step, and what it makes until then is dropped.

    Parameters
    ----------
    name
        What runs, for the user: "Design the implants".
    steps
        Yields the name of a step and the fraction that is done, 0 to 1; returns the result.

    Attributes
    ----------
    step : str
        Name of the step that runs.
    fraction : float
        How much is done, 0 to 1.
    result : object
        What the generator returned; None until then, and after it was cancelled.
    error : BaseException or None
        What it raised.
    """

    def __init__(self, name: str, steps: Generator[Progress, None, Any]) -> None:
        self.name = name
        self.step, self.fraction = name, 0.0
        self.result: Any = None
        self.error: BaseException | None = None
        limit_arenas(is_session=True)
        self._cancelled = threading.Event()
        self._thread = threading.Thread(
            target=self._run_steps, args=(steps,), name=f"SkullRestore: {name}", daemon=True
        )
        self._thread.start()

    @property
    def is_done(self) -> bool:
        """Whether the thread has ended."""
        return not self._thread.is_alive()

    @property
    def is_cancelled(self) -> bool:
        """Whether it was cancelled."""
        return self._cancelled.is_set()

    def wait(self, seconds: float) -> bool:
        """Let the thread work for a while.

        An application with an event loop must call this: Python runs one thread at a time, and the main thread gives
        the other one its turn by waiting.

        Parameters
        ----------
        seconds
            How long to wait at most.

        Returns
        -------
        bool
            Whether the thread has ended.
        """
        self._thread.join(seconds)
        return self.is_done

    def cancel(self) -> None:
        """Stop before the next step; the result is dropped."""
        self._cancelled.set()

    def _run_steps(self, steps: Generator[Progress, None, Any]) -> None:
        try:
            while not self._cancelled.is_set():
                self.step, self.fraction = next(steps)
            steps.close()
        except StopIteration as end:
            if not self._cancelled.is_set():
                self.result = end.value
        except BaseException as error:  # the main thread shows it to the user
            self.error = error


class TaskRunner:
    """Runs one job at a time, and takes its result over on the main thread.

    Attributes
    ----------
    job : BackgroundJob or None
        What runs; None where nothing does.
    """

    def __init__(self) -> None:
        self.job: BackgroundJob | None = None
        self._on_result: ResultHandler | None = None

    @property
    def running(self) -> str | None:
        """Name of the job that runs; None where none does."""
        return None if self.job is None else self.job.name

    def start(self, name: str, steps: Generator[Progress, None, Any], on_result: ResultHandler) -> None:
        """Start a job.

        Parameters
        ----------
        name, steps
            As for :class:`BackgroundJob`.
        on_result
            Called by :meth:`take_result` with what the job returned.
        """
        self.job, self._on_result = BackgroundJob(name, steps), on_result

    def take_result(self, *, deliver: bool = True) -> None:
        """Take over the result of a job that has ended, or raise its error.

        Parameters
        ----------
        deliver
            False drops the result.

        Raises
        ------
        BaseException
            What the job raised, or its result handler.
        """
        job, on_result = self.job, self._on_result
        self.job = self._on_result = None
        if job is None or on_result is None:
            return
        if job.error is not None:
            raise job.error
        if job.result is not None and deliver:
            on_result(job.result)

    def cancel(self) -> bool:
        """Stop the job at once.

        Returns
        -------
        bool
            Whether there was one.
        """
        job, self.job, self._on_result = self.job, None, None
        if job is not None:
            job.cancel()
        return job is not None
