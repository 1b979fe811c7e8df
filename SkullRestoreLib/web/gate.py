"""What the network sees: signs people in, keeps their seats, and passes on what they may see. Everything that is not signed in is refused here."""

import asyncio
import contextlib
import signal
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web
from jinja2 import Environment

from SkullRestoreLib import resources
from SkullRestoreLib.case import SkullRestoreError
from SkullRestoreLib.web import relay
from SkullRestoreLib.web.access import LOCAL, ByHeader, ByKey, ByPassword, Throttle
from SkullRestoreLib.web.audit import Audit
from SkullRestoreLib.web.keeper import Keeper
from SkullRestoreLib.web.seats import Seat, Seats

_SWEEP_S = 2.0
_LAST_WORD_S = 3.0
"""How long an end waits for answers that are being sent."""
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    # the framework compiles its templates in the browser, which needs 'unsafe-eval'; nothing is loaded from anywhere else
    "Content-Security-Policy": "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; "
    "frame-ancestors 'none'",
}
_WHY = {
    "idle": "You were signed out because nothing was done for a while.",
    "out": "You are signed out.",
    "wrong": "Name or password is wrong.",
    "gone": "The workspace was closed.",
}


@dataclass(frozen=True)
class Options:
    """How the gate is set up."""

    host: str = "127.0.0.1"
    port: int = 8080
    access: ByKey | ByPassword | ByHeader = field(default_factory=ByKey)
    audit: Path | None = None
    idle_min: float = 30.0  # 0: never
    linger_s: float = 60.0
    users_at_once: int = 4
    limits: dict = field(default_factory=dict)  # of uploads
    certificate: Path | None = None
    private_key: Path | None = None
    behind_tls: bool = False  # a proxy in front speaks https with the browser


class Gate:
    """The web application."""

    def __init__(self, options: Options):
        self.options, self.access = options, options.access
        self.audit = Audit(options.audit)
        self.seats = Seats(options.idle_min * 60 if options.idle_min else None)
        self.keeper = Keeper(
            options.limits,
            most=options.users_at_once,
            linger_s=options.linger_s,
            can_sign_out=not isinstance(self.access, ByHeader),
            audit=self.audit,
        )
        self._throttle = Throttle()
        self._secure = options.certificate is not None or options.behind_tls
        self._cookie = f"skullrestore_{options.port}"
        self._template = Environment(autoescape=True).from_string(resources.resource("web/door.html.j2").read_text(encoding="utf-8"))
        self._client: aiohttp.ClientSession | None = None
        self.app = web.Application(client_max_size=1 << 16)
        self.app.on_response_prepare.append(_with_headers(self._secure))
        self.app.router.add_post("/sign-in", self._sign_in)
        self.app.router.add_post("/sign-out", self._sign_out)
        self.app.router.add_post("/paraview/", self._launch)
        self.app.router.add_get("/alive", self._alive)
        self.app.router.add_get("/ws", self._socket)
        self.app.router.add_route("*", "/{path:.*}", self._anything)
        self.app.cleanup_ctx.append(self._running)
        self.app.on_shutdown.append(self._close)

    # --- life

    async def _running(self, _app: web.Application):
        self._client = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=None), auto_decompress=False, cookie_jar=aiohttp.DummyCookieJar()
        )
        sweeping = asyncio.create_task(self._sweep())
        yield
        sweeping.cancel()
        await self._client.close()
        self.audit.close()

    async def _close(self, _app: web.Application) -> None:
        """End every connection and worker, before the server waits for what is still open."""
        for one in self.seats.sockets():
            with contextlib.suppress(Exception):
                await one.close(code=1001, message=b"the server ends")
        await self.keeper.stop_all()

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(_SWEEP_S)
            for seat in self.seats.end_idle():
                self.audit(seat.user, "sign out", "idle")
                await self._leave(seat)
            await self.keeper.sweep()

    async def _leave(self, seat: Seat) -> None:
        for one in list(seat.sockets):
            with contextlib.suppress(Exception):
                await one.close(code=4001, message=b"signed out")
        if not self.seats.has(seat.user):
            await self.keeper.stop(seat.user)

    # --- who is it

    def _seat(self, request: web.Request) -> Seat | None:
        """The seat of a request; None where nobody is signed in."""
        seat = self.seats.of(request.cookies.get(self._cookie))
        if seat is None:
            return None
        if isinstance(self.access, ByHeader) and self.access.admit_header(request.headers, request.remote) != seat.user:
            return None  # the sign-on in front has another user now, or none
        if isinstance(self.access, ByPassword) and not self.access.is_known(seat.user):
            return None
        return seat

    def _refuse(self, request: web.Request, what: str) -> None:
        self.audit("nobody", what, "refused", address=request.remote)

    def _same_site(self, request: web.Request) -> bool:
        """Whether a request comes from our own page: another site's page may send one with our cookie's browser, but says where it is from."""
        origin = request.headers.get("Origin")
        return origin is None or urlsplit(origin).netloc == request.host

    def _enter(self, user: str, request: web.Request) -> web.Response:
        self.audit(user, "sign in", address=request.remote)
        # the page goes on by itself: a redirection from another site's link would not bring a strict cookie back
        answer = self._page("open", status=200)
        answer.set_cookie(self._cookie, self.seats.take(user), httponly=True, samesite="Strict", secure=self._secure, path="/")
        return answer

    # --- what is answered

    async def _sign_in(self, request: web.Request) -> web.Response:
        if not isinstance(self.access, ByPassword) or not self._same_site(request):
            self._refuse(request, "sign in")
            return self._page("refused", status=403)
        given = await request.post()
        name, password = str(given.get("name", ""))[:64], str(given.get("password", ""))[:1024]
        whos = (f"name {name}", f"address {request.remote}")
        if (wait := max(map(self._throttle.left, whos))) > 0:
            self._refuse(request, "sign in (too many tries)")
            return self._page("login", status=429, why=f"Too many wrong tries. Wait {wait:.0f} seconds.")
        if not await asyncio.to_thread(self.access.admit, name, password):
            for who in whos:
                self._throttle.failed(who)
            self._refuse(request, "sign in (wrong password)")
            return self._page("login", status=401, why=_WHY["wrong"])
        for who in whos:
            self._throttle.passed(who)
        return self._enter(name, request)

    async def _sign_out(self, request: web.Request) -> web.Response:
        token = request.cookies.get(self._cookie)
        if not self._same_site(request):
            self._refuse(request, "sign out")
            return self._page("refused", status=403)
        seat = self.seats.give_up(token) if token else None
        if seat is not None:
            self.audit(seat.user, "sign out")
            await self._leave(seat)
        answer = self._page("login" if self.access.form else "closed", status=200, why=_WHY["out"])
        answer.del_cookie(self._cookie, path="/")
        return answer

    async def _launch(self, request: web.Request) -> web.Response:
        """The framework's launcher: tells a page that is signed in where its connection is, and the key of it."""
        seat = self._seat(request)
        if seat is None or not self._same_site(request):
            self._refuse(request, "launch")
            return web.json_response({"error": "Sign in first."}, status=401)
        seat.touch()
        worker = self.keeper.ready(seat.user)
        if worker is None:
            return web.json_response({"error": "The workspace was closed. Load the page again."}, status=503)
        return web.json_response({"sessionURL": "ws://USE_HOST/ws", "secret": worker.key})

    async def _alive(self, request: web.Request) -> web.Response:
        """How long one stays signed in; asking does not prolong it."""
        seat = self._seat(request)
        if seat is None:
            return web.json_response({"error": "Sign in first."}, status=401)
        return web.json_response({"left": self.seats.left(seat)})

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        seat = self._seat(request)
        worker = None if seat is None else self.keeper.ready(seat.user)
        if worker is None or not self._same_site(request):
            self._refuse(request, "connect")
            return web.Response(status=403, text="Sign in first.")
        seat.touch()
        return await relay.socket(request, worker, self._client, seat)

    async def _anything(self, request: web.Request) -> web.StreamResponse:
        seat, is_page = self._seat(request), request.path in ("/", "/index.html")
        if seat is None:
            return self._outside(request, is_page)
        if request.method not in ("GET", "HEAD") and not self._same_site(request):
            self._refuse(request, request.method.lower())
            return self._page("refused", status=403)
        seat.touch()
        worker = self.keeper.ready(seat.user)
        if worker is None:
            return self._wait(seat.user, is_page)
        try:
            return await relay.http(request, worker, self._client, seat.touch)
        except aiohttp.ClientError:
            return (
                self._page("wait", status=503)
                if is_page
                else web.Response(status=503, text="The workspace was closed. Load the page again.")
            )

    def _outside(self, request: web.Request, is_page: bool) -> web.Response:
        """What somebody gets who is not signed in."""
        if is_page and request.method == "GET":
            user = None
            if isinstance(self.access, ByKey) and (key := request.query.get("key")):
                user = self.access.admit_key(key)
            if isinstance(self.access, ByHeader):
                user = self.access.admit_header(request.headers, request.remote)
            if user is not None:
                return self._enter(user, request)
        why = _WHY.get(request.query.get("why", ""), "")
        if is_page and self.access.form:
            return self._page("login", status=401 if not why else 200, why=why)
        self._refuse(request, "open")
        return self._page("refused", status=403, why=why) if is_page else web.Response(status=403, text="Sign in first.")

    def _wait(self, user: str, is_page: bool) -> web.Response:
        try:
            start = self.keeper.start(user)
        except SkullRestoreError as error:
            return self._page("full", status=503, why=str(error))
        start.add_done_callback(lambda task: task.cancelled() or task.exception())
        return (
            self._page("wait", status=200) if is_page else web.Response(status=503, text="The workspace was closed. Load the page again.")
        )

    def _page(self, which: str, *, status: int, why: str = "") -> web.Response:
        by = "key" if isinstance(self.access, ByKey) else "password" if isinstance(self.access, ByPassword) else "header"
        return web.Response(
            status=status, text=self._template.render(page=which, why=why, by=by), content_type="text/html", charset="utf-8"
        )


def _with_headers(secure: bool) -> Callable:
    """A signal's receiver that adds what every answer needs."""

    async def add(request: web.Request, answer: web.StreamResponse) -> None:
        for name, value in _HEADERS.items():
            answer.headers.setdefault(name, value)
        if not request.path.startswith("/__"):
            answer.headers.setdefault("Cache-Control", "no-store")
        if secure:
            answer.headers.setdefault("Strict-Transport-Security", "max-age=31536000")

    return add


def run(options: Options, on_ready: Callable[[int], None]) -> None:
    """Serve until it is interrupted or told to end (SIGTERM).

    Parameters
    ----------
    on_ready
        Called with the port when the gate listens.

    Raises
    ------
    SkullRestoreError
        If the address cannot be used, or the certificate cannot be read.
    """
    asyncio.run(_serve(options, on_ready))


async def _serve(options: Options, on_ready: Callable[[int], None]) -> None:
    gate = Gate(options)
    runner = web.AppRunner(gate.app, access_log=None, shutdown_timeout=_LAST_WORD_S)
    ended = asyncio.Event()
    with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):  # Windows has none, another thread neither
        # a service manager and a container end it so; the first process of a container would not even hear it
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    try:
        await runner.setup()
        site = web.TCPSite(runner, options.host, options.port, ssl_context=_tls(options))
        await site.start()
        if isinstance(options.access, ByKey):
            gate.keeper.start(LOCAL)  # it will be wanted: the link is printed now
        on_ready(runner.addresses[0][1])
        await ended.wait()
    except OSError as error:
        raise SkullRestoreError(
            f"Port {options.port} of {options.host} cannot be used: {error.strerror}. Choose another one with --port."
        ) from None
    finally:
        await runner.cleanup()


def _tls(options: Options) -> ssl.SSLContext | None:
    if options.certificate is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(options.certificate, options.private_key)
    except (OSError, ssl.SSLError) as error:
        raise SkullRestoreError(
            f"The certificate cannot be used: {error}. Give a certificate chain and its private key as PEM files."
        ) from None
    return context
