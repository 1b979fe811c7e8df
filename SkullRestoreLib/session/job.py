"""Work in the background: a generator that yields its steps runs in a thread, and the main thread asks how far it is."""

import threading
from collections.abc import Generator
from typing import Any


class Job:
    """One piece of work in a thread of its own.

    The thread touches nothing but what the generator holds; only the main thread may then use the result. Cancelling does not wait: the thread stops
    before its next step, and whatever it makes until then is dropped.
    """

    def __init__(self, name: str, steps: Generator[tuple[str, float], None, Any]):
        self.name = name
        self.step, self.fraction = name, 0.0
        self.result: Any = None
        self.error: BaseException | None = None
        self._steps = steps
        self._cancelled = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"SkullRestore: {name}", daemon=True)
        self._thread.start()

    @property
    def done(self) -> bool:
        """Whether the thread has ended."""
        return not self._thread.is_alive()

    def wait(self, seconds: float) -> bool:
        """Let the thread work for a while; whether it has ended.

        Inside an application with an event loop this is also what gives the thread its turn: Python code of one thread runs at a time.
        """
        self._thread.join(seconds)
        return self.done

    def cancel(self) -> None:
        """Stop before the next step; the result is dropped."""
        self._cancelled.set()

    def _run(self) -> None:
        try:
            while not self._cancelled.is_set():
                self.step, self.fraction = next(self._steps)
            self._steps.close()
        except StopIteration as end:
            if not self._cancelled.is_set():
                self.result = end.value
        except BaseException as error:  # told to the user by the main thread
            self.error = error
        finally:
            self._steps = None
