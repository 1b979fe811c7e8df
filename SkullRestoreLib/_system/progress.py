"""Progress of a run: duration of its steps, running it to its end, and the memory that it needed."""

import sys
import time
from collections.abc import Generator
from typing import TypeVar

ReturnValue = TypeVar("ReturnValue")
Progress = tuple[str, float]
"""Name of the step that begins, and the part of the run, 0..1, that is done."""


class StepTimer:
    """Measures the seconds that each step takes."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._step, self._since = "", time.perf_counter()

    def start_step(self, step: str, fraction: float) -> Progress:
        """End the current step and begin the next one.

        Parameters
        ----------
        step
            Name of the step.
        fraction
            0..1, part of the run that is done.

        Returns
        -------
        tuple of str and float
            Both, as a generator of steps yields them.

        Examples
        --------
        >>> timer = StepTimer()
        >>> timer.start_step("segment bone", 0.1)
        ('segment bone', 0.1)
        """
        self.stop_step()
        self._step, self._since = step, time.perf_counter()
        return step, fraction

    def stop_step(self) -> None:
        """End the current step."""
        if self._step:
            self.seconds[self._step] = time.perf_counter() - self._since
            self._step = ""


def run_to_end(steps: Generator[object, None, ReturnValue]) -> ReturnValue:
    """Run a generator to its end without showing progress.

    Parameters
    ----------
    steps
        A generator of steps.

    Returns
    -------
    object
        What the generator returned.

    Examples
    --------
    >>> def count():
    ...     yield "one", 0.5
    ...     return 1
    >>> run_to_end(count())
    1
    """
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def peak_memory_mb() -> float:
    """Largest memory that this process has held, MB; 0 where the system does not report it (Windows)."""
    try:
        import resource
    except ImportError:
        return 0.0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak / 1e3
