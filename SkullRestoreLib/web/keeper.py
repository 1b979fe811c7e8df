"""The workers, from the gate's side: started when a user comes, ended when he has gone."""

import asyncio
import contextlib
import json
import os
import secrets
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from SkullRestoreLib.case import SkullRestoreError

_START_S = 120.0
_LIBRARY = Path(__file__).resolve().parents[2]


@dataclass
class Worker:
    """One user's process."""

    user: str
    process: asyncio.subprocess.Process
    secret: str  # with which the gate shows itself
    key: str  # with which the page opens the framework's connection
    port: int = 0
    open: int = 0  # requests and connections that are going on
    idle_since: float = field(default_factory=monotonic)

    @contextlib.contextmanager
    def used(self):
        """Count something that is going on."""
        self.open += 1
        try:
            yield
        finally:
            self.open -= 1
            self.idle_since = monotonic()

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self.process.returncode is None


class Keeper:
    """Keeps one worker for each user.

    Parameters
    ----------
    limits
        Of uploads, for the workers.
    most
        How many workers at a time.
    linger_s
        How long a worker outlives its last tab: a page that is loaded again finds its case.
    audit
        Called with user, action and outcome.
    """

    def __init__(self, limits: dict, *, most: int, linger_s: float, can_sign_out: bool, audit: Callable[..., None]):
        self._limits, self._most, self._linger_s, self._can_sign_out, self._audit = limits, most, linger_s, can_sign_out, audit
        self._workers: dict[str, Worker] = {}
        self._starting: dict[str, asyncio.Task] = {}
        self._listening: set[asyncio.Task] = set()

    def ready(self, user: str) -> Worker | None:
        """The user's worker, if it is there."""
        found = self._workers.get(user)
        return found if found is not None and found.alive else None

    def start(self, user: str) -> asyncio.Task:
        """Begin to start a worker, or tell of the start that is going on.

        Raises
        ------
        SkullRestoreError
            If there are as many as are allowed.
        """
        going = self._starting.get(user)
        if going is not None and not going.done():
            return going
        busy = {name for name, one in self._workers.items() if one.alive} | {
            name for name, task in self._starting.items() if not task.done()
        }
        if len(busy - {user}) >= self._most:
            self._audit(user, "start", "refused (full)")
            raise SkullRestoreError(f"All {self._most} places are taken. Try again when somebody has signed out.")
        self._starting[user] = asyncio.create_task(self._start(user))
        return self._starting[user]

    async def _start(self, user: str) -> Worker:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "SkullRestoreLib.web.worker",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": os.pathsep.join([str(_LIBRARY), *filter(None, [os.environ.get("PYTHONPATH")])])},
        )
        worker = Worker(user, process, secrets.token_urlsafe(32), secrets.token_urlsafe(32))
        orders = {"pass": worker.secret, "key": worker.key, "user": user, "limits": self._limits, "can_sign_out": self._can_sign_out}
        process.stdin.write(json.dumps(orders).encode() + b"\n")
        try:
            async with asyncio.timeout(_START_S):
                await process.stdin.drain()
                worker.port = json.loads(await process.stdout.readline())["port"]
        except (TimeoutError, ValueError, KeyError, OSError) as error:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            self._audit(user, "start", "failed")
            raise SkullRestoreError("The workspace could not be started. The server's log tells more.") from error
        worker.idle_since = monotonic()
        self._workers[user] = worker
        self._audit(user, "start")
        listening = asyncio.create_task(self._listen(worker))
        self._listening.add(listening)
        listening.add_done_callback(self._listening.discard)
        return worker

    async def _listen(self, worker: Worker) -> None:
        """Note what a worker did, until it ends."""
        while line := await worker.process.stdout.readline():
            with contextlib.suppress(ValueError, KeyError):
                told = json.loads(line)
                self._audit(worker.user, told["action"], told["outcome"])
        await worker.process.wait()
        if self._workers.get(worker.user) is worker:
            del self._workers[worker.user]
            self._audit(worker.user, "end")

    async def stop(self, user: str) -> None:
        """End a user's worker, with everything that it holds."""
        worker = self._workers.get(user)
        if worker is None or not worker.alive:
            return
        worker.process.stdin.close()  # it ends by itself and clears its folder
        try:
            async with asyncio.timeout(5):
                await worker.process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                worker.process.kill()

    async def stop_all(self) -> None:
        """End every worker."""
        await asyncio.gather(*(self.stop(user) for user in list(self._workers)))

    async def sweep(self) -> None:
        """End the workers whose tabs are all closed."""
        gone = [w.user for w in self._workers.values() if not w.open and monotonic() - w.idle_since > self._linger_s]
        for user in gone:
            self._audit(user, "tab closed")
            await self.stop(user)
