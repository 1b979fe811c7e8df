"""One user's process: page, scene and session. It answers the gate alone, and ends when the gate does.

Started by the gate as ``python -m SkullRestoreLib.web.worker``. Its orders come as one line of JSON on standard input; on standard output it tells its port and
then, a line each, what was done. Standard input that ends means that the gate has gone, or wants it to end.
"""

import asyncio
import contextlib
import hmac
import json
import logging
import os
import shutil
import sys
import tempfile
from pathlib import Path

from aiohttp import web

PASS = "X-SkullRestore-Pass"
"""Header with which the gate shows that it is the gate."""


def main() -> None:
    """Run one worker."""
    told = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # whatever else prints, prints where errors go
    orders = json.loads(sys.stdin.readline())
    sys.argv = sys.argv[:1]
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    folder = Path(tempfile.mkdtemp(prefix="skullrestore_"))
    try:
        _serve(orders, folder, lambda **facts: print(json.dumps(facts), file=told, flush=True))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os._exit(0)  # VTK's objects are not taken apart: their order is not Python's to choose


def _serve(orders: dict, folder: Path, tell) -> None:
    os.environ["WSLINK_READY_MSG"] = ""
    os.environ["WSLINK_WS_COMPRESS"] = "0"  # pictures are compressed already
    from trame.app import get_server

    from SkullRestoreLib.web import page, routes
    from SkullRestoreLib.web.door import Door
    from SkullRestoreLib.web.upload import Limits
    from SkullRestoreLib.web.viewer import Viewer

    server = get_server("skullrestore", client_type="vue3")
    server.cli.set_defaults(authKey=orders["key"])
    door = Door(
        server.state, Viewer(server), lambda action, outcome: tell(action=action, outcome=outcome), folder, Limits(**orders["limits"])
    )
    server.state.user = orders["user"]
    server.state.can_sign_out = orders["can_sign_out"]
    page.build(server, door)

    @server.controller.add("on_server_bind")
    def bind(wslink) -> None:
        wslink.app.middlewares.append(_only_the_gate(orders["pass"]))
        routes.add(wslink.app, server, door)

    @server.controller.add("on_server_ready")
    def ready(**_) -> None:
        asyncio.get_running_loop().create_task(_end_with(sys.stdin))
        tell(port=server.port)

    server.start(port=0, host="127.0.0.1", timeout=0, open_browser=False, show_connection_info=False, exec_mode="main")


def _only_the_gate(secret: str):
    @web.middleware
    async def check(request: web.Request, handler):
        if not hmac.compare_digest(request.headers.get(PASS, "").encode(), secret.encode()):
            raise web.HTTPForbidden(text="This address answers SkullRestore's gate only.")
        return await handler(request)

    return check


async def _end_with(stream) -> None:
    """End the process when a stream ends."""
    loop = asyncio.get_running_loop()
    with contextlib.suppress(OSError):
        await loop.run_in_executor(None, stream.read)
    loop.stop()


if __name__ == "__main__":
    main()
