"""Forwards requests and WebSocket connections from the gateway to a worker, and the answers back."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
from aiohttp import web

from SkullRestoreLib.web.login_sessions import LoginSession
from SkullRestoreLib.web.worker import GATEWAY_HEADER
from SkullRestoreLib.web.worker_pool import WorkerProcess

_HOP_HEADERS = {
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailers",
    "transfer-encoding",
    "upgrade",
    "host",
}
"""Headers that belong to one connection and are not forwarded (RFC 9110, 7.6.1)."""
_SECRET_HEADERS = {"cookie", "authorization", GATEWAY_HEADER.lower()}
"""Headers that a worker must not see."""
_CHUNK_BYTES = 1 << 18
MAX_MESSAGE_BYTES = 1 << 20
"""Largest message that a browser may send on its connection. Files come as uploads."""
_HEARTBEAT_S = 30
_STALL_S = 60.0
"""How long an upload may stand still."""


async def forward_http(
    request: web.Request, worker: WorkerProcess, client: aiohttp.ClientSession, on_activity: Callable[[], None]
) -> web.StreamResponse:
    """Forward one request; bodies are streamed in both directions.

    Parameters
    ----------
    request
        From the browser.
    worker
        Of the request's user.
    client
        With which the worker is asked.
    on_activity
        Called for each part of the body that arrives: an upload keeps its user signed in.

    Returns
    -------
    aiohttp.web.StreamResponse
        The worker's answer, sent already.

    Raises
    ------
    aiohttp.ClientError
        If the worker does not answer.
    """
    headers = {k: v for k, v in request.headers.items() if k.lower() not in _HOP_HEADERS | _SECRET_HEADERS}
    url = f"http://127.0.0.1:{worker.port}{request.rel_url.raw_path}"
    body = _stream_with_activity(request.content, on_activity) if request.body_exists else None
    query = request.rel_url.raw_query_string
    with worker.count_request():
        async with client.request(
            request.method,
            f"{url}?{query}" if query else url,
            headers=headers | {GATEWAY_HEADER: worker.secret},
            data=body,
            allow_redirects=False,
        ) as answer:
            response = web.StreamResponse(status=answer.status)
            for name, value in answer.headers.items():
                if name.lower() not in _HOP_HEADERS | {"set-cookie", "server", "date"}:
                    response.headers[name] = value
            await response.prepare(request)
            async for chunk in answer.content.iter_chunked(_CHUNK_BYTES):
                await response.write(chunk)
            await response.write_eof()
            return response


async def _stream_with_activity(stream: aiohttp.StreamReader, on_activity: Callable[[], None]) -> AsyncIterator[bytes]:
    while True:
        async with asyncio.timeout(_STALL_S):
            chunk = await stream.readany()
        if not chunk:
            return
        on_activity()
        yield chunk


async def forward_websocket(
    request: web.Request,
    worker: WorkerProcess,
    client: aiohttp.ClientSession,
    login: LoginSession,
    may_go_on: Callable[[], bool],
) -> web.WebSocketResponse:
    """Forward one WebSocket connection, until either end closes it or the login ends.

    Parameters
    ----------
    request
        From the browser.
    worker
        Of the request's user.
    client
        With which the worker is connected.
    login
        Of the request; it holds the connection while it is open.
    may_go_on
        Asked before each message: whether the login still holds.

    Returns
    -------
    aiohttp.web.WebSocketResponse
        Closed.
    """
    browser_socket = web.WebSocketResponse(heartbeat=_HEARTBEAT_S, max_msg_size=MAX_MESSAGE_BYTES, compress=False)
    await browser_socket.prepare(request)
    login.sockets.add(browser_socket)
    try:
        with worker.count_request():
            url = f"http://127.0.0.1:{worker.port}{request.rel_url.raw_path}"
            async with client.ws_connect(
                url, headers={GATEWAY_HEADER: worker.secret}, max_msg_size=0, compress=0
            ) as worker_socket:
                directions = [
                    asyncio.create_task(_forward_messages(browser_socket, worker_socket, may_go_on)),
                    asyncio.create_task(_forward_messages(worker_socket, browser_socket, may_go_on)),
                ]
                _, still_open = await asyncio.wait(directions, return_when=asyncio.FIRST_COMPLETED)
                for direction in still_open:
                    direction.cancel()
                await asyncio.gather(*directions, return_exceptions=True)
    except aiohttp.ClientError:
        pass  # the worker ended; the page notices that the connection closes
    finally:
        login.sockets.discard(browser_socket)
        with contextlib.suppress(Exception):
            await browser_socket.close()
    return browser_socket


async def _forward_messages(source: Any, target: Any, may_go_on: Callable[[], bool]) -> None:
    async for message in source:
        if not may_go_on():
            break
        if message.type is aiohttp.WSMsgType.BINARY:
            await target.send_bytes(message.data)
        elif message.type is aiohttp.WSMsgType.TEXT:
            await target.send_str(message.data)
