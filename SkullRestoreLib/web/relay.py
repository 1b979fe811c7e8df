"""Passes requests and connections on to a worker, and its answers back."""

import asyncio
import contextlib
from collections.abc import Callable

import aiohttp
from aiohttp import web

from SkullRestoreLib.web.keeper import Worker
from SkullRestoreLib.web.worker import PASS

_HOP = {"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailers", "transfer-encoding", "upgrade", "host"}
_SECRET = {"cookie", "authorization", PASS.lower()}
_CHUNK = 1 << 18


async def http(request: web.Request, worker: Worker, client: aiohttp.ClientSession, touch: Callable[[], None]) -> web.StreamResponse:
    """Pass one request on; bodies are streamed both ways."""
    kept = {k: v for k, v in request.headers.items() if k.lower() not in _HOP | _SECRET}
    url = f"http://127.0.0.1:{worker.port}{request.rel_url.raw_path}"
    body = _touching(request.content, touch) if request.body_exists else None
    query = request.rel_url.raw_query_string
    with worker.used():
        async with client.request(
            request.method, f"{url}?{query}" if query else url, headers=kept | {PASS: worker.secret}, data=body, allow_redirects=False
        ) as answer:
            out = web.StreamResponse(status=answer.status)
            for name, value in answer.headers.items():
                if name.lower() not in _HOP | {"set-cookie", "server", "date"}:
                    out.headers[name] = value
            await out.prepare(request)
            async for chunk in answer.content.iter_chunked(_CHUNK):
                await out.write(chunk)
            await out.write_eof()
            return out


async def _touching(stream: aiohttp.StreamReader, touch: Callable[[], None]):
    async for chunk in stream.iter_chunked(_CHUNK):
        touch()
        yield chunk


async def socket(request: web.Request, worker: Worker, client: aiohttp.ClientSession, seat) -> web.WebSocketResponse:
    """Pass one WebSocket connection on, until either end closes it or the seat is given up."""
    ours = web.WebSocketResponse(heartbeat=30, max_msg_size=0, compress=False)
    await ours.prepare(request)
    seat.sockets.add(ours)
    try:
        with worker.used():
            url = f"http://127.0.0.1:{worker.port}{request.rel_url.raw_path}"
            async with client.ws_connect(url, headers={PASS: worker.secret}, max_msg_size=0, compress=0) as theirs:
                ways = [asyncio.create_task(_pass_on(ours, theirs, seat.touch)), asyncio.create_task(_pass_on(theirs, ours, lambda: None))]
                _, left = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
                for one in left:
                    one.cancel()
                await asyncio.gather(*ways, return_exceptions=True)
    except aiohttp.ClientError:
        pass  # the worker ended: the page is told by the closing
    finally:
        seat.sockets.discard(ours)
        with contextlib.suppress(Exception):
            await ours.close()
    return ours


async def _pass_on(source, target, touch: Callable[[], None]) -> None:
    async for message in source:
        touch()
        if message.type is aiohttp.WSMsgType.BINARY:
            await target.send_bytes(message.data)
        elif message.type is aiohttp.WSMsgType.TEXT:
            await target.send_str(message.data)
