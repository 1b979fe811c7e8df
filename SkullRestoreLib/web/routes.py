"""Routes of a worker besides the framework's own: the first page, uploads, and the files of a result."""

import asyncio
import shutil
import tempfile
from pathlib import Path
from typing import Any

from aiohttp import web

from SkullRestoreLib.errors import SkullRestoreError
from SkullRestoreLib.web import result_files, worker_folders
from SkullRestoreLib.web.controller import PageController
from SkullRestoreLib.web.upload import receive

_REPORT_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; sandbox allow-popups allow-modals"
"""Content Security Policy of a report that is opened: it can run no script."""
_ANOTHER_UPLOAD = "Another upload is arriving. Wait for it, or cancel it, and send this one again."
_MULTIPART_OVERHEAD_BYTES = 1 << 20
"""By how much a request may be larger than the files in it."""


def add_routes(app: web.Application, server: Any, controller: PageController) -> None:
    """Add the routes; of two routes for one path aiohttp takes the first.

    Parameters
    ----------
    app
        The worker's application, before the framework adds its routes.
    server
        trame's server.
    controller
        Takes the uploads, and has the files.
    """
    index = _index_html(Path(server._www))
    receiving = asyncio.Lock()

    async def handle_first_page(_request: web.Request) -> web.Response:
        return web.Response(text=index, content_type="text/html", charset="utf-8")

    async def handle_upload(request: web.Request) -> web.Response:
        if receiving.locked():
            controller.audit("upload", "refused (another one)")
            return web.json_response({"error": _ANOTHER_UPLOAD}, status=409)
        async with receiving:  # one at a time: together they could be larger than the limit
            return await _receive_upload(request, controller)

    async def handle_file(request: web.Request) -> web.StreamResponse:
        return _file_response(request, controller)

    app.router.add_get("/", handle_first_page)
    app.router.add_get("/index.html", handle_first_page)
    app.router.add_post("/upload", handle_upload)
    app.router.add_get("/files/{name}", handle_file)


def _index_html(www: Path) -> str:
    """Return the framework's first page under our name, and without the setting that forbids zooming."""
    text = (www / "index.html").read_text(encoding="utf-8")
    for old, new in (
        (",maximum-scale=1,minimum-scale=1", ""),
        ("trame is built by Kitware", "SkullRestore"),
        (
            "Application built with trame, a product from Kitware",
            "Restores the lost surface of the skull. Research use only.",
        ),
        ('href="logo.png"', 'href="__skullrestore_icons/SkullRestore.png"'),
        ('data-app-name="trame"', 'data-app-name="skullrestore"'),
        ("./loading.tpl", "./__skullrestore/loading.html"),
    ):
        text = text.replace(old, new)
    return text


async def _receive_upload(request: web.Request, controller: PageController) -> web.Response:
    folder, limits = None, controller.limits
    try:
        controller.require_idle()  # before the files arrive, and again when they have
        with worker_folders.explain_disk_errors():
            folder = Path(tempfile.mkdtemp(prefix="upload_", dir=controller.folder))
        if request.content_length is not None and request.content_length > limits.max_bytes + _MULTIPART_OVERHEAD_BYTES:
            raise SkullRestoreError(f"The upload is larger than the {limits.megabytes} MB that this server accepts.")
        with worker_folders.explain_disk_errors():
            received = await receive(request, folder, limits)
        controller.audit("upload", f"{len(received.files)} files, {received.size / 2**20:.0f} MB")
        with controller.state:
            if request.query.get("as") == "before":
                controller.start_reading_preoperative(received, request.query.get("of", ""))
            elif request.query.get("as") == "tumour":
                controller.start_reading_tumour(received, request.query.get("of", ""))
            else:
                controller.start_reading_upload(received)
    except SkullRestoreError as error:
        _delete(folder)
        controller.audit("upload", "refused")
        return web.json_response({"error": str(error)}, status=422)
    except BaseException:
        _delete(folder)
        raise
    return web.json_response({"files": len(received.files)})


def _delete(folder: Path | None) -> None:
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)


def _file_response(request: web.Request, controller: PageController) -> web.StreamResponse:
    name = request.match_info["name"]
    path = controller.results.file_path(name)
    if path is None:
        raise web.HTTPNotFound(text="This file does not exist any more. Prepare the files again.")
    is_viewed = name in ("report.html", "plan.html") and "look" in request.query
    controller.audit("look at report" if is_viewed else "download", path.suffix.lstrip("."))
    headers = {"Content-Type": result_files.mime_type(name), "Cache-Control": "no-store"}
    if is_viewed:
        headers["Content-Security-Policy"] = _REPORT_POLICY
    else:
        headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return web.FileResponse(path, headers=headers)
