"""What a worker answers beside the framework's own: the first page, uploads, and the files of a result."""

import shutil
import tempfile
from pathlib import Path

from aiohttp import web

from SkullRestoreLib.case import SkullRestoreError
from SkullRestoreLib.web import results
from SkullRestoreLib.web.door import Door
from SkullRestoreLib.web.upload import receive

_REPORT_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; sandbox allow-popups allow-modals"


def add(app: web.Application, server, door: Door) -> None:
    """Add the routes; those that are added first win."""
    index = _index(Path(server._www))

    async def first_page(_request: web.Request) -> web.Response:
        return web.Response(text=index, content_type="text/html", charset="utf-8")

    async def upload(request: web.Request) -> web.Response:
        return await _upload(request, door)

    async def file(request: web.Request) -> web.StreamResponse:
        return _file(request, door)

    app.router.add_get("/", first_page)
    app.router.add_get("/index.html", first_page)
    app.router.add_post("/upload", upload)
    app.router.add_get("/files/{name}", file)


def _index(www: Path) -> str:
    """The framework's first page with our name on it, and without what forbids zooming."""
    text = (www / "index.html").read_text(encoding="utf-8")
    for old, new in (
        (",maximum-scale=1,minimum-scale=1", ""),
        ("trame is built by Kitware", "SkullRestore"),
        ("Application built with trame, a product from Kitware", "Restores the lost surface of the skull. Research use only."),
        ('href="logo.png"', 'href="__skullrestore_icons/SkullRestore.png"'),
        ('data-app-name="trame"', 'data-app-name="skullrestore"'),
        ("./loading.tpl", "./__skullrestore/loading.html"),
    ):
        text = text.replace(old, new)
    return text


async def _upload(request: web.Request, door: Door) -> web.Response:
    folder = Path(tempfile.mkdtemp(prefix="upload_", dir=door.folder))
    try:
        if request.content_length is not None and request.content_length > door.limits.bytes + (1 << 20):
            raise SkullRestoreError(f"The upload is larger than the {door.limits.megabytes} MB that this server takes.")
        received = await receive(request, folder, door.limits)
        door.audit("upload", f"{len(received.files)} files, {received.size / 2**20:.0f} MB")
        with door.state:
            door.take(received, before=request.query.get("as") == "before")
    except (SkullRestoreError, ValueError) as error:
        shutil.rmtree(folder, ignore_errors=True)
        text = str(error) if isinstance(error, SkullRestoreError) else "The upload broke off, or is no upload. Send it again."
        door.audit("upload", "refused")
        return web.json_response({"error": text}, status=422)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return web.json_response({"files": len(received.files)})


def _file(request: web.Request, door: Door) -> web.StreamResponse:
    name = request.match_info["name"]
    path = door.results.path(name)
    if path is None:
        raise web.HTTPNotFound(text="There is no such file any more. Prepare the files again.")
    looked_at = name == "report.html" and "look" in request.query
    door.audit("look at report" if looked_at else "download", path.suffix.lstrip("."))
    headers = {"Content-Type": results.kind_of(name), "Cache-Control": "no-store"}
    if looked_at:
        headers["Content-Security-Policy"] = _REPORT_POLICY
    else:
        headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return web.FileResponse(path, headers=headers)
