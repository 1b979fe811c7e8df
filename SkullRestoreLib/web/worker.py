"""One user's process: page, scene and session. It answers the gateway only, and ends when the gateway does.

The gateway starts it as ``python -m SkullRestoreLib.web.worker``. Its orders arrive as one line of JSON on standard
input. It writes its port to standard output, and then one line for each action. It ends when standard input ends: the
gateway closed it, or is gone.
"""

import asyncio
import contextlib
import hmac
import json
import logging
import os
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TextIO

from aiohttp import web

GATEWAY_HEADER = "X-SkullRestore-Pass"
"""Header with which the gateway proves that a request comes from it."""

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def main() -> None:
    """Run one worker."""
    messages = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # whatever else is printed goes to standard error
    orders = json.loads(sys.stdin.readline())
    sys.argv = sys.argv[:1]
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    folder = Path(orders["folder"])  # made by the gateway, which deletes it when this process has ended
    tempfile.tempdir = str(folder)  # set explicitly: Python would fall back to other disks where this one is full
    try:
        _serve_page(orders, folder, lambda **facts: print(json.dumps(facts), file=messages, flush=True))
    finally:
        os._exit(0)  # at a normal exit Python may destroy VTK's objects in a wrong order


def _serve_page(orders: dict[str, Any], folder: Path, send: Callable[..., None]) -> None:
    os.environ["WSLINK_READY_MSG"] = ""
    os.environ["WSLINK_WS_COMPRESS"] = "0"  # pictures are compressed already
    from trame.app import get_server

    from SkullRestoreLib.web import page, routes
    from SkullRestoreLib.web.controller import PageController
    from SkullRestoreLib.web.upload import UploadLimits
    from SkullRestoreLib.web.viewer import SceneViewer

    server = get_server("skullrestore", client_type="vue3")
    server.cli.set_defaults(authKey=orders["key"])
    controller = PageController(
        server.state,
        SceneViewer(server),
        lambda action, outcome: send(action=action, outcome=outcome),
        folder,
        UploadLimits(**orders["limits"]),
    )
    server.state.user = orders["user"]
    server.state.workspace = orders["workspace"]
    server.state.notice = orders["notice"]
    server.state.can_sign_out = orders["can_sign_out"]
    page.build(server, controller)

    @server.controller.add("on_server_bind")
    def on_server_bind(wslink: Any) -> None:
        wslink.app.middlewares.append(_gateway_only_middleware(orders["pass"]))
        routes.add_routes(wslink.app, server, controller)

    @server.controller.add("on_server_ready")
    def on_server_ready(**_: Any) -> None:
        asyncio.get_running_loop().create_task(_stop_at_end_of(sys.stdin))
        send(port=server.port)

    server.start(port=0, host="127.0.0.1", timeout=0, open_browser=False, show_connection_info=False, exec_mode="main")


def _gateway_only_middleware(secret: str) -> Callable[[web.Request, _Handler], Awaitable[web.StreamResponse]]:
    @web.middleware
    async def check_secret(request: web.Request, handler: _Handler) -> web.StreamResponse:
        if not hmac.compare_digest(request.headers.get(GATEWAY_HEADER, "").encode(), secret.encode()):
            raise web.HTTPForbidden(text="This address answers SkullRestore's gateway only.")
        return await handler(request)

    return check_secret


async def _stop_at_end_of(stream: TextIO) -> None:
    """Stop the event loop when a stream ends."""
    loop = asyncio.get_running_loop()
    with contextlib.suppress(OSError):
        await loop.run_in_executor(None, stream.read)
    loop.stop()


if __name__ == "__main__":
    main()
