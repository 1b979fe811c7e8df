"""The gateway's pool of workers: a worker starts when its user comes, and ends when its user has left."""

import asyncio
import contextlib
import json
import logging
import os
import secrets
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from SkullRestoreLib.errors import SkullRestoreError
from SkullRestoreLib.web import worker_folders
from SkullRestoreLib.web.worker_folders import GatewayFolder

_START_TIMEOUT_S = 120.0
_STOP_TIMEOUT_S = 5.0
"""How long a worker may take to end by itself before it is killed."""
_NOTE_END_TIMEOUT_S = 5.0  # until an end is noted that a connection has already shown
_LAST_LINES, _LAST_BYTES = 12, 4096
"""How much of what a worker wrote to standard error is logged where it does not start."""
_OPENS_CASE = ("sample", "read upload", "choose series")
"""Actions, as a worker reports them, after which a case is open."""
_LIBRARY_PARENT = Path(__file__).resolve().parents[2]

log = logging.getLogger(__name__)


@dataclass
class WorkerProcess:
    """One user's process."""

    user: str
    process: asyncio.subprocess.Process
    secret: str  # proves to the worker that a request comes from the gateway
    key: str  # with which the page opens the framework's connection
    folder: Path  # of its own; deleted when the process ends
    number: str = field(
        default_factory=lambda: secrets.token_hex(8)
    )  # by which a page knows whether its worker is still there
    has_case: bool = False
    why_stopped: str = ""  # empty where it ends by itself
    port: int = 0
    open_requests: int = 0  # requests and connections in progress
    idle_since: float = field(default_factory=monotonic)
    end_noted: asyncio.Event = field(default_factory=asyncio.Event)  # it ended, and the pool knows how

    @contextlib.contextmanager
    def count_request(self) -> Iterator[None]:
        """Count a request or connection while it is in progress."""
        self.open_requests += 1
        try:
            yield
        finally:
            self.open_requests -= 1
            self.idle_since = monotonic()

    @property
    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self.process.returncode is None

    @property
    def stdin(self) -> asyncio.StreamWriter:
        """Its standard input: the worker ends when this is closed."""
        assert self.process.stdin is not None, "workers are started with pipes"
        return self.process.stdin

    @property
    def stdout(self) -> asyncio.StreamReader:
        """Its standard output: the port, and what was done."""
        assert self.process.stdout is not None, "workers are started with pipes"
        return self.process.stdout


class StandardError:
    """What a worker writes to standard error: it goes on to that of the gateway, and its end is remembered.

    Parameters
    ----------
    process
        Of the worker, with a pipe for its standard error.
    """

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process, self._last = process, b""
        self._reading = asyncio.create_task(self._pass_on())

    async def _pass_on(self) -> None:
        assert self._process.stderr is not None, "workers are started with pipes"
        while some := await self._process.stderr.read(_LAST_BYTES):
            self._last = (self._last + some)[-_LAST_BYTES:]
            sys.stderr.write(some.decode("utf-8", "replace"))
            sys.stderr.flush()

    async def reason(self, error: BaseException, folder: Path) -> str:
        """Say why a worker has not started. It has read nothing of any patient by then.

        Parameters
        ----------
        error
            What the gateway noticed.
        folder
            Of the worker; its place is left out.

        Returns
        -------
        str
            One line: how it ended, and the last lines that it wrote.
        """
        await asyncio.wait({self._reading}, timeout=_NOTE_END_TIMEOUT_S)
        code = self._process.returncode
        ended = f"it did not answer within {_START_TIMEOUT_S:.0f} s" if isinstance(error, TimeoutError) else ""
        ended = ended or (f"it ended with status {code}" if code is not None else f"{type(error).__name__}")
        text = self._last.decode("utf-8", "replace").replace(str(folder), "its folder")
        lines = [line.strip() for line in text.splitlines() if line.strip()][-_LAST_LINES:]
        return f"{ended}. {'Its last lines: ' + ' | '.join(lines) if lines else 'It wrote nothing'}"


@dataclass(frozen=True)
class WorkerEnd:
    """How a user's last worker ended."""

    why: str  # "crashed", or why it was stopped
    had_case: bool


class WorkerPool:
    """One worker per user.

    Parameters
    ----------
    limits
        Of uploads, for the workers.
    max_workers
        How many workers may run at a time.
    linger_s
        Seconds for which a worker outlives its last tab: a page that is loaded again finds its case.
    can_sign_out
        Whether the page has a button to sign out.
    audit
        Called with user, action and outcome.
    """

    def __init__(
        self,
        limits: dict[str, int],
        *,
        max_workers: int,
        linger_s: float,
        can_sign_out: bool,
        audit: Callable[..., None],
    ) -> None:
        self._limits, self._max_workers, self._linger_s = limits, max_workers, linger_s
        self._can_sign_out, self._audit = can_sign_out, audit
        self._gateway_folder: GatewayFolder | None = None
        self._workers: dict[str, WorkerProcess] = {}
        self._starting: dict[str, asyncio.Task[WorkerProcess]] = {}
        self._ends: dict[str, WorkerEnd] = {}
        self._failed_starts: set[str] = set()
        self._audit_tasks: set[asyncio.Task[None]] = set()
        self._cleanup_tasks: set[asyncio.Task[None]] = set()

    def open(self) -> None:
        """Make the folder for the workers' files, and delete what a gateway that was killed has left.

        Raises
        ------
        OutputError
            If the temporary folder cannot be used.
        """
        self._gateway_folder = GatewayFolder()

    @property
    def folder(self) -> Path:
        """Of this gateway; only its account can read it, and it is deleted at the end."""
        if self._gateway_folder is None:
            raise RuntimeError("the pool is not open")
        return self._gateway_folder.root

    async def close(self) -> None:
        """End every worker, and delete every file."""
        await self.stop_all()
        for task in self._starting.values():
            task.cancel()
        await asyncio.gather(*self._starting.values(), *self._cleanup_tasks, return_exceptions=True)
        if self._gateway_folder is not None:
            await asyncio.to_thread(self._gateway_folder.close)
            self._gateway_folder = None

    def ready_worker(self, user: str) -> WorkerProcess | None:
        """Return a user's worker.

        Parameters
        ----------
        user
            Who is signed in.

        Returns
        -------
        WorkerProcess or None
            None where it is not running yet, or not any more.
        """
        worker = self._workers.get(user)
        return worker if worker is not None and worker.is_alive else None

    async def confirm_worker(self, user: str) -> WorkerProcess | None:
        """Return a user's worker if it really runs.

        A connection breaks before the operating system reports to this process that its other end was killed: whoever
        asked in between would hear that the case is kept.

        Parameters
        ----------
        user
            Who is signed in.

        Returns
        -------
        WorkerProcess or None
            None where it has ended; how, is known by then.
        """
        worker = self._workers.get(user)
        if worker is None:
            return None
        answer, end = asyncio.create_task(_answers(worker.port)), asyncio.create_task(worker.end_noted.wait())
        try:
            await asyncio.wait({answer, end}, return_when=asyncio.FIRST_COMPLETED)
            if not end.done() and not answer.result():
                await asyncio.wait({end}, timeout=_NOTE_END_TIMEOUT_S)
        finally:
            answer.cancel()
            end.cancel()
        return self.ready_worker(user)

    def last_end(self, user: str) -> WorkerEnd | None:
        """Return how a user's last worker ended.

        Parameters
        ----------
        user
            Who is signed in.

        Returns
        -------
        WorkerEnd or None
            None where none has ended, or the user knows of it.
        """
        return self._ends.get(user)

    def start_failed(self, user: str) -> bool:
        """Check whether a user's last worker did not start. It is not started again before the user asks.

        Parameters
        ----------
        user
            Who is signed in.

        Returns
        -------
        bool
        """
        return user in self._failed_starts

    def forget_end(self, user: str) -> None:
        """Forget how a user's last worker ended or failed: the user knows, or signs in anew.

        Parameters
        ----------
        user
            Who is signed in.
        """
        self._ends.pop(user, None)
        self._failed_starts.discard(user)

    def start_worker(self, user: str) -> "asyncio.Task[WorkerProcess]":
        """Start a user's worker; a start in progress is returned instead of starting a second one.

        Parameters
        ----------
        user
            Who is signed in.

        Returns
        -------
        asyncio.Task
            Done when the worker answers; fails with SkullRestoreError where it does not start.

        Raises
        ------
        SkullRestoreError
            If as many workers run as are allowed, or the disk is full.
        """
        starting = self._starting.get(user)
        if starting is not None and not starting.done():
            return starting
        busy = {name for name, worker in self._workers.items() if worker.is_alive} | {
            name for name, task in self._starting.items() if not task.done()
        }
        if len(busy - {user}) >= self._max_workers:
            self._audit(user, "start", "refused (full)")
            raise SkullRestoreError(
                f"All places are taken ({self._max_workers}). Try again when somebody has signed out."
            )
        if self._gateway_folder is None:
            raise RuntimeError("the pool is not open")
        try:
            folder = self._gateway_folder.new_worker_folder()
        except SkullRestoreError:
            self._audit(user, "start", "refused (disk)")
            raise
        self._starting[user] = asyncio.create_task(self._start_process(user, folder))
        return self._starting[user]

    async def _start_process(self, user: str, folder: Path) -> WorkerProcess:
        try:
            process = await self._spawn(folder)
        except BaseException:
            worker_folders.delete_folder(folder)
            raise
        self._delete_folder_at_end_of(process, folder)
        errors = StandardError(process)
        worker = WorkerProcess(user, process, secrets.token_urlsafe(32), secrets.token_urlsafe(32), folder)
        try:
            await self._send_orders(worker)
        except BaseException as error:
            if isinstance(error, ValueError):  # its output ended: it is about to end by itself, and says how
                await asyncio.wait({asyncio.ensure_future(process.wait())}, timeout=1)
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            self._failed_starts.add(user)
            self._audit(user, "start", "failed")
            log.error("A workspace could not be started: %s", await errors.reason(error, folder))
            if not isinstance(error, TimeoutError | ValueError | KeyError | OSError):
                raise
            raise SkullRestoreError("The workspace could not be started. Details are in the server's log.") from error
        worker.idle_since = monotonic()
        self.forget_end(user)
        self._workers[user] = worker
        self._audit(user, "start")
        _keep_task(asyncio.create_task(self._audit_worker_actions(worker)), self._audit_tasks)
        return worker

    async def _spawn(self, folder: Path) -> asyncio.subprocess.Process:
        path = os.pathsep.join([str(_LIBRARY_PARENT), *filter(None, [os.environ.get("PYTHONPATH")])])
        # temporary files of the worker and of its libraries are in its folder, and are deleted with it
        temporary = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(folder))
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "SkullRestoreLib.web.worker",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=os.environ | temporary | {"PYTHONPATH": path},
        )

    async def _send_orders(self, worker: WorkerProcess) -> None:
        """Send a worker its orders, and read the port on which it listens."""
        orders = {
            "pass": worker.secret,
            "key": worker.key,
            "user": worker.user,
            "workspace": worker.number,
            "notice": self._notice(worker.user),
            "limits": self._limits,
            "can_sign_out": self._can_sign_out,
            "folder": str(worker.folder),
        }
        worker.stdin.write(json.dumps(orders).encode() + b"\n")
        async with asyncio.timeout(_START_TIMEOUT_S):
            await worker.stdin.drain()
            worker.port = json.loads(await worker.stdout.readline())["port"]

    def _notice(self, user: str) -> str:
        """What a page has to say first: that the last case is lost, where nobody said so yet."""
        end = self._ends.get(user)
        return sentence_about_end(end.why, self._linger_s) if end is not None and end.had_case else ""

    def sentence_about_end(self, user: str) -> str:
        """Say how a user's last worker ended.

        Parameters
        ----------
        user
            Who is signed in.

        Returns
        -------
        str
            One sentence for the page.
        """
        end = self._ends.get(user)
        return sentence_about_end("" if end is None else end.why, self._linger_s)

    def _delete_folder_at_end_of(self, process: asyncio.subprocess.Process, folder: Path) -> None:
        """Delete a worker's folder when its process has ended, also where it was killed."""

        async def clean_up() -> None:
            await process.wait()
            await asyncio.to_thread(worker_folders.delete_folder, folder)

        _keep_task(asyncio.create_task(clean_up()), self._cleanup_tasks)

    async def _audit_worker_actions(self, worker: WorkerProcess) -> None:
        """Note what a worker did, until it ends."""
        while line := await worker.stdout.readline():
            with contextlib.suppress(ValueError, KeyError):
                message = json.loads(line)
                self._audit(worker.user, message["action"], message["outcome"])
                if message["action"] in _OPENS_CASE and message["outcome"] == "done":
                    worker.has_case = True
                if message["action"] == "close case":
                    worker.has_case = False
        await worker.process.wait()
        if self._workers.get(worker.user) is worker:
            del self._workers[worker.user]
            self._ends[worker.user] = WorkerEnd(worker.why_stopped or "crashed", worker.has_case)
            self._audit(worker.user, "end", worker.why_stopped or "crashed")
        worker.end_noted.set()

    async def stop_worker(self, user: str, why: str = "signed out") -> None:
        """End a user's worker, with all its data.

        Parameters
        ----------
        user
            Whose worker it is; nothing happens where there is none.
        why
            For the audit, and for the user.
        """
        worker = self._workers.get(user)
        if worker is None or not worker.is_alive:
            return
        worker.why_stopped = worker.why_stopped or why
        worker.stdin.close()  # the worker ends by itself
        try:
            async with asyncio.timeout(_STOP_TIMEOUT_S):
                await worker.process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                worker.process.kill()
            await worker.process.wait()

    async def stop_all(self) -> None:
        """End every worker."""
        await asyncio.gather(*(self.stop_worker(user) for user in list(self._workers)))

    async def stop_unused_workers(self) -> None:
        """End the workers whose tabs are all closed."""
        unused = [
            worker.user
            for worker in self._workers.values()
            if not worker.open_requests and monotonic() - worker.idle_since > self._linger_s
        ]
        for user in unused:
            await self.stop_worker(user, "tab closed")


def sentence_about_end(why: str, linger_s: float) -> str:
    """Say in a sentence how a worker ended.

    Parameters
    ----------
    why
        As :class:`WorkerEnd` has it.
    linger_s
        Seconds for which a worker outlives its last connection.

    Returns
    -------
    str

    Examples
    --------
    >>> sentence_about_end("tab closed", 60)
    'The case was closed because its page had no connection to the server for 60 seconds.'
    """
    if why == "crashed":
        return "The workspace ended unexpectedly; it may have run out of memory."
    if why == "tab closed":
        return f"The case was closed because its page had no connection to the server for {linger_s:.0f} seconds."
    return "The workspace was closed."


async def _answers(port: int) -> bool:
    """Check whether what listens at a port of this machine answers; who is only busy keeps the connection open.

    That a connection is made proves nothing: the system makes it for a process, also for one that is being ended.
    """
    try:
        async with asyncio.timeout(_NOTE_END_TIMEOUT_S):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except (OSError, TimeoutError):
        return False
    try:
        async with asyncio.timeout(_NOTE_END_TIMEOUT_S):
            writer.write(b"HEAD / HTTP/1.0\r\n\r\n")
            return bool(await reader.read(1))
    except TimeoutError:
        return True  # whose process has ended would have lost the connection by now
    except OSError:
        return False
    finally:
        writer.close()


def _keep_task(task: "asyncio.Task[None]", tasks: "set[asyncio.Task[None]]") -> None:
    """Hold a reference to a task until it is done: asyncio itself holds a weak one only."""
    tasks.add(task)
    task.add_done_callback(tasks.discard)
