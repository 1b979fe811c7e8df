"""Accepts connections for the gateway, and bounds them: in number, by address, and in how long they may say nothing.

aiohttp's own site accepts without limit, and its TLS handshakes wait for a minute, uncounted.
"""

import asyncio
import contextlib
import errno
import logging
import socket
import ssl
from collections import Counter
from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any
from weakref import WeakSet

from aiohttp import web

from SkullRestoreLib.web.sign_in_throttle import network_of

with contextlib.suppress(ImportError):  # Windows has neither the module nor the limit
    import resource

log = logging.getLogger(__name__)

SILENCE_S = 10.0
"""How long a connection may take for its TLS handshake and its first request, and for its end."""
_MAX_CONNECTIONS, _MAX_PER_ADDRESS = 1000, 100
"""Open connections: all together, and from one address that is no trusted proxy. A browser opens up to seven."""
_RESERVED_DESCRIPTORS = 100
_WANTED_DESCRIPTORS = 4096
_BACKLOG = 128
_SWEEP_INTERVAL_S = 0.5


@dataclass
class _Connection:
    """One that was accepted."""

    network: str
    socket: socket.socket
    accepted: float = field(default_factory=monotonic)
    transport: asyncio.Transport | None = None  # None: the TLS handshake is not done
    owner: Any = None  # the transport's view of the socket; a transport that is closed does not give it any more
    closing_since: float | None = None

    @property
    def is_closed(self) -> bool:
        """Whether its file descriptor was given back."""
        return (self.owner or self.socket).fileno() == -1


class ConnectionGuard:
    """Listens in the place of aiohttp's site.

    Parameters
    ----------
    server
        aiohttp's server, which makes a protocol for each connection.
    context
        For TLS; None for http.
    proxies
        Addresses that may open as many connections as all clients together.
    """

    def __init__(
        self, server: web.Server, context: ssl.SSLContext | None, proxies: Sequence[Container[str | None]]
    ) -> None:
        self._server, self._context, self._proxies = server, context, proxies
        self._connections: list[_Connection] = []
        self._heard: WeakSet[asyncio.Transport] = WeakSet()  # those that brought a request
        self._listeners: list[socket.socket] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._max_connections = min(_MAX_CONNECTIONS, (_raise_descriptor_limit() - _RESERVED_DESCRIPTORS) // 2)

    async def listen(self, host: str, port: int) -> int:
        """Accept connections from now on.

        Parameters
        ----------
        host
            Name or address on which to listen.
        port
            0 takes a free one.

        Returns
        -------
        int
            The port.

        Raises
        ------
        OSError
            If it cannot be used.
        """
        found = await asyncio.get_running_loop().getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        addresses = list(dict.fromkeys((family, where[0]) for family, *_, where in found))
        for family, address in addresses:
            listener = socket.create_server((str(address), port), family=family, backlog=_BACKLOG)
            listener.setblocking(False)
            port = listener.getsockname()[1]
            self._listeners.append(listener)
        for listener in self._listeners:
            self._keep(self._accept(listener))
        self._keep(self._sweep())
        return port

    def note_request(self, request: web.BaseRequest) -> None:
        """Note that a connection is not silent.

        Parameters
        ----------
        request
            That arrived on it.
        """
        if request.transport is not None:
            self._heard.add(request.transport)

    def close(self) -> None:
        """Accept no more connections; those that are open are the server's to close."""
        for task in self._tasks:
            task.cancel()
        for listener in self._listeners:
            listener.close()

    def _keep(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _accept(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                accepted, address = await loop.sock_accept(listener)
            except OSError as error:
                if error.errno not in (errno.ECONNABORTED, errno.EAGAIN):
                    await asyncio.sleep(_SWEEP_INTERVAL_S)  # no file descriptors left
                continue
            if self._may_enter(address[0]):
                accepted.setblocking(False)
                connection = _Connection(network_of(address[0]), accepted)
                self._connections.append(connection)
                self._keep(self._serve(connection))
            else:
                accepted.close()

    def _may_enter(self, address: str) -> bool:
        if len(self._connections) >= self._max_connections:
            self._drop_closed()
        if len(self._connections) >= self._max_connections:
            return False
        if any(address in proxies for proxies in self._proxies):
            return True
        return self._count_of(network_of(address)) < _MAX_PER_ADDRESS

    def _count_of(self, network: str) -> int:
        if sum(c.network == network for c in self._connections) >= _MAX_PER_ADDRESS:
            self._drop_closed()
        return Counter(c.network for c in self._connections)[network]

    async def _serve(self, connection: _Connection) -> None:
        try:
            connection.transport, _ = await asyncio.get_running_loop().connect_accepted_socket(
                self._server,
                connection.socket,
                ssl=self._context,
                ssl_handshake_timeout=None if self._context is None else SILENCE_S,
            )
            connection.owner = connection.transport.get_extra_info("socket")
        except (OSError, ssl.SSLError):  # TimeoutError is an OSError
            connection.socket.close()

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(_SWEEP_INTERVAL_S)
            try:
                self._drop_closed()
                for connection in self._connections:
                    self._abort_if_stuck(connection)
            except Exception:
                log.exception("The sweep over the connections failed; it goes on")

    def _drop_closed(self) -> None:
        self._connections = [c for c in self._connections if not c.is_closed]

    def _abort_if_stuck(self, connection: _Connection) -> None:
        """End a connection that brought no request, or whose other end does not take what is left to send."""
        transport, now = connection.transport, monotonic()
        if transport is None:
            return  # the handshake has its own timeout
        if transport.is_closing():
            connection.closing_since = connection.closing_since or now
        is_silent = transport not in self._heard and now - connection.accepted > SILENCE_S
        is_stuck = connection.closing_since is not None and now - connection.closing_since > SILENCE_S
        if is_silent or is_stuck:
            transport.abort()


def _raise_descriptor_limit() -> int:
    """Raise the number of files and connections that this process may open; return it."""
    try:
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    except NameError:
        return _WANTED_DESCRIPTORS
    if soft == resource.RLIM_INFINITY:
        return _WANTED_DESCRIPTORS
    wanted = _WANTED_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(_WANTED_DESCRIPTORS, hard)
    if soft < wanted:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            soft = wanted
    return soft
