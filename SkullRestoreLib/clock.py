"""How far a run is, how long its steps took, and how much memory it needed."""

import sys
import time
from collections.abc import Generator
from typing import TypeVar

Returned = TypeVar("Returned")
Progress = tuple[str, float]


class Clock:
    """Seconds of each step."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._step, self._since = "", time.perf_counter()

    def starts(self, step: str, fraction: float) -> Progress:
        """End the step before and begin this one."""
        self.stops()
        self._step, self._since = step, time.perf_counter()
        return step, fraction

    def stops(self) -> None:
        """End the step."""
        if self._step:
            self.seconds[self._step] = time.perf_counter() - self._since
            self._step = ""


def finish(steps: Generator[object, None, Returned]) -> Returned:
    """Run a generator to its end, without telling anybody, and give back what it returned."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def peak_memory_mb() -> float:
    """The most memory this process has held, MB; 0 where the system does not tell (Windows)."""
    try:
        import resource as system
    except ImportError:
        return 0.0
    peak = system.getrusage(system.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak / 1e3
