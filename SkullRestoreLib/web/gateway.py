"""The gateway: the only process that the network sees. It signs users in and forwards their requests to their workers.

A request of somebody who is not signed in is refused here, and never reaches a worker (decision 0042).
"""

import asyncio
import contextlib
import logging
import math
import signal
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from time import monotonic
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web
from jinja2 import Environment

from SkullRestoreLib._system import resources
from SkullRestoreLib.errors import SkullRestoreError
from SkullRestoreLib.web import languages, reverse_proxy
from SkullRestoreLib.web.audit_log import NOBODY, AuditLog
from SkullRestoreLib.web.authentication import (
    Authentication,
    HeaderAuthentication,
    KeyAuthentication,
    PasswordAuthentication,
)
from SkullRestoreLib.web.client_address import TrustedProxies
from SkullRestoreLib.web.connection_guard import ConnectionGuard
from SkullRestoreLib.web.login_sessions import LoginSession, LoginSessions
from SkullRestoreLib.web.sign_in_throttle import PasswordCheckQueue, SignInThrottle
from SkullRestoreLib.web.users_file import LOCAL_USER
from SkullRestoreLib.web.worker_pool import WorkerPool

_SWEEP_INTERVAL_S = 1.0
"""How often logins that ended and workers that nobody uses are looked for."""
_MAX_UNCONFIRMED_S = 90.0
"""How long a login lasts without a request that the single sign-on let through. An open page asks every three seconds,
but a browser lets a hidden one ask once a minute only."""
_KEEPALIVE_S = 30.0
_FORM_TIMEOUT_S = 10.0
_MAX_REQUESTS = 32
"""Requests in progress of one login. It has one open connection."""
log = logging.getLogger(__name__)

_SHUTDOWN_TIMEOUT_S = 3.0
"""How long a shutdown waits for answers that are being sent."""
_MAX_FORM_BYTES = 1 << 16
"""Largest body that the gateway itself reads: the sign-in form. Uploads are streamed to the worker."""
_MAX_NAME_LENGTH, _MAX_PASSWORD_LENGTH = 64, 1024
_SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    # the framework compiles its templates in the browser, which needs 'unsafe-eval'; nothing comes from another host
    "Content-Security-Policy": "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'",
}
_PAGE_MESSAGES = {
    "idle": "You were signed out because nothing was done for a while.",
    "changed": "You were signed out because your account or your password was changed.",
    "unconfirmed": "You were signed out because your hospital's sign-on did not confirm any more who you are.",
    "restarted": "The server was started again. Cases are not stored: open yours again from its files.",
    "many": "You were signed out here because you signed in on too many other browsers.",
    "out": "You are signed out.",
    "wrong": "Name or password is wrong.",
}
_WORKSPACE_CLOSED = "The workspace was closed. Load the page again."


@dataclass(frozen=True)
class GatewayOptions:
    """How the gateway is set up."""

    host: str = "127.0.0.1"
    port: int = 8080
    authentication: Authentication = field(default_factory=KeyAuthentication)
    audit_path: Path | None = None  # None: standard error
    idle_min: float = 30.0  # 0: never
    linger_s: float = 60.0
    users_at_once: int = 4
    limits: dict[str, int] = field(default_factory=dict)  # of uploads
    certificate: Path | None = None
    private_key: Path | None = None
    behind_tls: bool = False  # a proxy in front speaks https with the browser
    trusted_proxies: TrustedProxies = field(default_factory=lambda: TrustedProxies([], "--trusted-proxy"))


class WebGateway:
    """The gateway as an aiohttp application, ``app``.

    Parameters
    ----------
    options
        How it is set up.
    """

    def __init__(self, options: GatewayOptions) -> None:
        self.options, self.authentication = options, options.authentication
        self.audit_log = AuditLog(options.audit_path)
        self.login_sessions = LoginSessions(options.idle_min * 60 if options.idle_min else None)
        self.worker_pool = WorkerPool(
            options.limits,
            max_workers=options.users_at_once,
            linger_s=options.linger_s,
            can_sign_out=not isinstance(self.authentication, HeaderAuthentication),
            audit=self.audit_log,
        )
        if isinstance(self.authentication, PasswordAuthentication):
            self.authentication.users_file.report = partial(self.audit_log, "server", "read the users file")
        self._throttle, self._password_queue = SignInThrottle(), PasswordCheckQueue()
        self._secure = options.certificate is not None or options.behind_tls
        self.port = options.port
        self._template = Environment(autoescape=True).from_string(
            resources.resource_path("web/gateway.html.j2").read_text(encoding="utf-8")
        )
        self._open_client: aiohttp.ClientSession | None = None
        self.guard: ConnectionGuard | None = None
        self.app = web.Application(client_max_size=_MAX_FORM_BYTES, middlewares=[self._note_request])
        self.app.on_response_prepare.append(_security_headers_hook(self._secure))
        self.app.router.add_post("/sign-in", self._handle_sign_in)
        self.app.router.add_post("/sign-out", self._handle_sign_out)
        self.app.router.add_post("/paraview/", self._handle_launch)
        self.app.router.add_get("/alive", self._handle_alive)
        self.app.router.add_post("/active", self._handle_activity)
        self.app.router.add_get("/ws", self._handle_websocket)
        self.app.router.add_get("/language.js", _handle_language_script)
        self.app.router.add_get("/languages/{language}.json", _handle_catalogue)
        self.app.router.add_route("*", "/{path:.*}", self._handle_request)
        self.app.cleanup_ctx.append(self._client_lifetime)
        self.app.on_shutdown.append(self._close_connections)

    @property
    def proxies(self) -> tuple[TrustedProxies, ...]:
        """Those in front of this gateway."""
        own = (self.authentication.proxies,) if isinstance(self.authentication, HeaderAuthentication) else ()
        return (self.options.trusted_proxies, *own)

    # --- start and end

    async def _client_lifetime(self, _app: web.Application) -> AsyncIterator[None]:
        self.worker_pool.open()
        self._open_client = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=None), auto_decompress=False, cookie_jar=aiohttp.DummyCookieJar()
        )
        sweeping = asyncio.create_task(self._sweep_idle())
        yield
        sweeping.cancel()
        self._password_queue.close()
        await self.worker_pool.close()
        await self._client.close()
        self.audit_log.close()

    @property
    def _client(self) -> aiohttp.ClientSession:
        if self._open_client is None:
            raise RuntimeError("the gateway is not running")
        return self._open_client

    async def _close_connections(self, _app: web.Application) -> None:
        """End every connection and worker, before the server waits for what is still open."""
        sockets = self.login_sessions.open_sockets()
        await asyncio.gather(*(_close_socket(socket, 1001, b"the server ends") for socket in sockets))
        await self.worker_pool.stop_all()

    async def _sweep_idle(self) -> None:
        while True:
            await asyncio.sleep(_SWEEP_INTERVAL_S)
            try:
                ended = self.login_sessions.remove_ended_logins(self._reason_to_end)
                for login in ended:
                    self.audit_log(login.user, "sign out", login.why_ended)
                # all at once: a browser that does not answer must not keep the others signed in
                await asyncio.gather(*map(self._end_login, ended))
                await self.worker_pool.stop_unused_workers()
                self.audit_log.summarise_unlisted()
            except Exception:
                log.exception("The sweep over the logins failed; it goes on")

    async def _end_login(self, login: LoginSession) -> None:
        await asyncio.gather(*(_close_socket(socket, 4001, b"signed out") for socket in list(login.sockets)))
        if not self.login_sessions.has_user(login.user):
            await self.worker_pool.stop_worker(login.user)

    # --- who sent a request

    @web.middleware
    async def _note_request(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        if self.guard is not None:
            self.guard.note_request(request)
        return await handler(request)

    @property
    def _cookie_name(self) -> str:
        """Of this gateway alone: browsers do not keep the cookies of two ports apart."""
        return f"{'__Host-' if self._secure else ''}skullrestore_{self.port}"

    def _client_address(self, request: web.Request) -> str | None:
        return self.options.trusted_proxies.client_behind(request.remote, request.headers.getall("X-Forwarded-For", ()))

    def _login_for_request(self, request: web.Request) -> LoginSession | None:
        """Find the login of a request; None where nobody is signed in."""
        login = self.login_sessions.find_login(request.cookies.get(self._cookie_name))
        if login is None:
            return None
        if why := self._reason_to_end(login):
            login.why_ended = why
            return None
        if isinstance(self.authentication, HeaderAuthentication):
            if request.remote not in self.authentication.proxies:
                return None
            if self.authentication.user_from_header(request.headers, request.remote) != login.user:
                login.why_ended = "changed"  # the single sign-on has another user now, or none
                return None
            login.record_confirmation()
        return login

    def _reason_to_end(self, login: LoginSession) -> str:
        """Say why the user of a login would not be let in any more; empty where nothing changed."""
        if isinstance(self.authentication, PasswordAuthentication):
            return "" if self.authentication.credential(login.user) == login.credential else "changed"
        if isinstance(self.authentication, HeaderAuthentication):
            return "" if monotonic() - login.last_confirmed < _MAX_UNCONFIRMED_S else "unconfirmed"
        return ""

    def _may_go_on(self, login: LoginSession) -> bool:
        """Check a login on its open connections, where no request is made any more."""
        return self.login_sessions.is_open(login) and not self._reason_to_end(login)

    def _audit_refusal(self, request: web.Request, action: str) -> None:
        self.audit_log(NOBODY, action, "refused", address=self._client_address(request))

    def _is_same_site(self, request: web.Request) -> bool:
        """Check that a request comes from our own page.

        A page of another site can make the browser send a request with our cookie, but the browser then names that
        site in the header Origin.
        """
        origin = request.headers.get("Origin")
        return origin is None or urlsplit(origin).netloc == request.host

    def _sign_user_in(self, user: str, request: web.Request) -> web.Response:
        self.audit_log(user, "sign in", address=self._client_address(request))
        if (earlier := self.login_sessions.find_login(request.cookies.get(self._cookie_name))) is not None:
            earlier.why_ended = "out"  # this browser's cookie is replaced
        self.worker_pool.forget_end(user)
        credential = (
            self.authentication.credential(user) if isinstance(self.authentication, PasswordAuthentication) else None
        )
        # the page reloads itself: after a redirection from another site's link no strict cookie would be sent
        response = self._render_page("open", status=200)
        response.set_cookie(
            self._cookie_name,
            self.login_sessions.sign_in(user, credential),
            httponly=True,
            samesite="Strict",
            secure=self._secure,
            path="/",
        )
        return response

    # --- responses

    async def _handle_sign_in(self, request: web.Request) -> web.Response:
        if not isinstance(self.authentication, PasswordAuthentication) or not self._is_same_site(request):
            self._audit_refusal(request, "sign in")
            return self._render_page("refused", status=403)
        try:
            async with asyncio.timeout(_FORM_TIMEOUT_S):
                form = await request.post()
        except (TimeoutError, ValueError):
            self._audit_refusal(request, "sign in (no form)")
            return self._render_page("login", status=400)
        name = str(form.get("name", ""))[:_MAX_NAME_LENGTH]
        password = str(form.get("password", ""))[:_MAX_PASSWORD_LENGTH]
        address = self._client_address(request)
        if self._password_queue.is_full:
            self._audit_refusal(request, "sign in (busy)")
            return self._render_page("login", status=503, why="Many people sign in just now. Try again in a moment.")
        if (wait_s := self._throttle.begin_try(name, address)) > 0:
            self._audit_refusal(request, "sign in (too many tries)")
            wait_text = f"Too many wrong tries. Try again in {math.ceil(wait_s)} s."
            return self._render_page("login", status=429, why=wait_text)
        if not await self._password_queue.check(self.authentication.verify_password, name, password):
            self._audit_refusal(request, "sign in (wrong password)")
            return self._render_page("login", status=401, why=_PAGE_MESSAGES["wrong"])
        self._throttle.end_successful_try(name, address)
        return self._sign_user_in(name, request)

    async def _handle_sign_out(self, request: web.Request) -> web.Response:
        token = request.cookies.get(self._cookie_name)
        if not self._is_same_site(request):
            self._audit_refusal(request, "sign out")
            return self._render_page("refused", status=403)
        login = self.login_sessions.sign_out(token) if token else None
        if login is not None:
            self.audit_log(login.user, "sign out")
            await self._end_login(login)
        response = self._render_page(
            "login" if self.authentication.uses_form else "closed", status=200, why=_PAGE_MESSAGES["out"]
        )
        response.del_cookie(self._cookie_name, path="/")
        return response

    async def _handle_launch(self, request: web.Request) -> web.Response:
        """The framework's launcher: give a page that is signed in the address and the key of its connection."""
        login = self._login_for_request(request)
        if login is None or not self._is_same_site(request):
            self._audit_refusal(request, "launch")
            return web.json_response({"error": "Sign in first."}, status=401)
        worker = self.worker_pool.ready_worker(login.user)
        if worker is None:
            return web.json_response({"error": _WORKSPACE_CLOSED}, status=503)
        return web.json_response({"sessionURL": "ws://USE_HOST/ws", "secret": worker.key})

    async def _handle_alive(self, request: web.Request) -> web.Response:
        """Report for how long the user stays signed in; asking does not prolong it."""
        login = self._login_for_request(request)
        if login is None:
            why = self.login_sessions.reason_for_end(request.cookies.get(self._cookie_name))
            return web.json_response({"error": "Sign in first.", "why": why}, status=401)
        connected = bool(self.login_sessions.open_sockets(login.user))
        pool = self.worker_pool
        worker = pool.ready_worker(login.user) if connected else await pool.confirm_worker(login.user)
        return web.json_response(
            {
                "left": self.login_sessions.seconds_left(login),
                "workspace": None if worker is None else worker.number,
                "connected": connected,
                "ended": self.worker_pool.sentence_about_end(login.user),
            }
        )

    async def _handle_activity(self, request: web.Request) -> web.Response:
        """The page says that the person in front of it did something.

        Nothing else that a page sends keeps its user signed in, uploads excepted: it also sends by itself.
        """
        login = self._login_for_request(request)
        if login is not None and self._is_same_site(request):
            login.record_activity()
        return await self._handle_alive(request)

    async def _handle_websocket(self, request: web.Request) -> web.StreamResponse:
        login = self._login_for_request(request)
        worker = None if login is None else self.worker_pool.ready_worker(login.user)
        if login is None or worker is None or not self._is_same_site(request):
            self._audit_refusal(request, "connect")
            return web.Response(status=403, text="Sign in first.")
        # one page at a time: two of different sizes would spoil each other's pictures
        earlier = self.login_sessions.open_sockets(login.user)
        await asyncio.gather(*(_close_socket(socket, 4002, b"opened elsewhere") for socket in earlier))
        return await reverse_proxy.forward_websocket(
            request, worker, self._client, login, lambda: self._may_go_on(login)
        )

    async def _handle_request(self, request: web.Request) -> web.StreamResponse:
        login, is_page = self._login_for_request(request), request.path in ("/", "/index.html")
        if login is None:
            return self._respond_signed_out(request, is_page)
        if request.method not in ("GET", "HEAD") and not self._is_same_site(request):
            self._audit_refusal(request, request.method.lower())
            return self._render_page("refused", status=403)
        worker = self.worker_pool.ready_worker(login.user)
        if worker is None:
            return self._respond_while_starting(login, request, is_page)
        if login.open_requests >= _MAX_REQUESTS:
            return web.Response(status=429, text="Too many requests at once. Try again in a moment.")
        is_upload = request.method == "POST" and request.path == "/upload"
        try:
            with login.count_request():
                return await reverse_proxy.forward_http(
                    request, worker, self._client, login.record_activity if is_upload else _do_nothing
                )
        except aiohttp.ClientError:
            return (
                self._render_page("wait", status=503) if is_page else web.Response(status=503, text=_WORKSPACE_CLOSED)
            )

    def _respond_signed_out(self, request: web.Request, is_page: bool) -> web.Response:
        """Answer somebody who is not signed in: sign in by key or header, else the form or a refusal."""
        why = _PAGE_MESSAGES.get(request.query.get("why", ""), "")
        if is_page and request.method == "GET":
            user = None
            if isinstance(self.authentication, KeyAuthentication) and (key := request.query.get("key")):
                user = self.authentication.user_for_key(key)
            if isinstance(self.authentication, HeaderAuthentication) and not why:
                # a page that was signed out opens itself with the reason, and must not sign in again by itself
                user = self.authentication.user_from_header(request.headers, request.remote)
            if user is not None:
                return self._sign_user_in(user, request)
            if isinstance(self.authentication, HeaderAuthentication) and why:
                return self._render_page("closed", status=200, why=why)
        if is_page and self.authentication.uses_form:
            return self._render_page("login", status=401 if not why else 200, why=why)
        self._audit_refusal(request, "open")
        return (
            self._render_page("refused", status=403, why=why)
            if is_page
            else web.Response(status=403, text="Sign in first.")
        )

    def _respond_while_starting(self, login: LoginSession, request: web.Request, is_page: bool) -> web.Response:
        if not is_page or request.method != "GET":
            return web.Response(status=503, text=_WORKSPACE_CLOSED)
        if "again" in request.query:  # the user knows how the last workspace ended
            self.worker_pool.forget_end(login.user)
        if self.worker_pool.start_failed(login.user):
            return self._render_page("failed", status=503)
        try:
            start = self.worker_pool.start_worker(login.user)
        except SkullRestoreError as error:
            return self._render_page("full", status=503, why=str(error))
        start.add_done_callback(_retrieve_exception)
        start.add_done_callback(lambda _: login.record_activity())  # its user was waiting for it
        # "open" leads to the address without the wish, which is fulfilled once
        return self._render_page("open" if "again" in request.query else "wait", status=200)

    def _render_page(self, page: str, *, status: int, why: str = "") -> web.Response:
        sign_in_by = (
            "key"
            if isinstance(self.authentication, KeyAuthentication)
            else "password"
            if isinstance(self.authentication, PasswordAuthentication)
            else "header"
        )
        return web.Response(
            status=status,
            text=self._template.render(page=page, why=why, by=sign_in_by, can_sign_out=sign_in_by != "header"),
            content_type="text/html",
            charset="utf-8",
        )


async def _close_socket(socket: web.WebSocketResponse, code: int, message: bytes) -> None:
    """Close a connection; a browser that does not answer is not waited for."""
    with contextlib.suppress(Exception):
        async with asyncio.timeout(_SHUTDOWN_TIMEOUT_S):
            await socket.close(code=code, message=message)


def _do_nothing() -> None:
    pass


def _retrieve_exception(task: "asyncio.Task[object]") -> None:
    """Take an error of a start, which is in the audit already, so that asyncio does not report it as never seen."""
    if not task.cancelled():
        task.exception()


def _security_headers_hook(secure: bool) -> Callable[[web.Request, web.StreamResponse], Awaitable[None]]:
    """Make a hook that adds the security headers to every response."""

    async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
        for name, value in _SECURITY_HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers["Server"] = "SkullRestore"  # and not the version of what it is built on
        if not request.path.startswith("/__"):
            response.headers.setdefault("Cache-Control", "no-store")
        if secure:
            response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")

    return add_headers


def run_gateway(options: GatewayOptions, on_ready: Callable[[int, Path], None]) -> None:
    """Serve until interrupted or terminated (SIGTERM).

    Parameters
    ----------
    options
        How the gateway is set up.
    on_ready
        Called with the port once the gateway accepts connections, and with a folder that only this account can read and
        that is deleted at the end.

    Raises
    ------
    SkullRestoreError
        If the address cannot be used, or the certificate cannot be read.
    """
    asyncio.run(_serve_until_stopped(options, on_ready))


async def _serve_until_stopped(options: GatewayOptions, on_ready: Callable[[int, Path], None]) -> None:
    gateway = WebGateway(options)
    runner = web.AppRunner(
        gateway.app, access_log=None, shutdown_timeout=_SHUTDOWN_TIMEOUT_S, keepalive_timeout=_KEEPALIVE_S
    )
    stopped = asyncio.Event()
    # Windows has no signal handlers in its loop, nor has any thread but the main one
    with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
        # service managers and containers send SIGTERM; the first process of a container ignores it without a handler
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    try:
        await runner.setup()
        assert runner.server is not None, "the runner is set up"
        gateway.guard = ConnectionGuard(runner.server, _tls_context(options), gateway.proxies)
        gateway.port = await gateway.guard.listen(options.host, options.port)
        if isinstance(options.authentication, KeyAuthentication):
            start = gateway.worker_pool.start_worker(LOCAL_USER)  # ready sooner: the link is printed now
            start.add_done_callback(_retrieve_exception)
        on_ready(gateway.port, gateway.worker_pool.folder)
        await stopped.wait()
    except OSError as error:
        raise SkullRestoreError(
            f"Port {options.port} of {options.host} cannot be used: {error.strerror}. Choose another one with --port."
        ) from None
    finally:
        if gateway.guard is not None:
            gateway.guard.close()
        await runner.cleanup()


def _tls_context(options: GatewayOptions) -> ssl.SSLContext | None:
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


async def _handle_language_script(_request: web.Request) -> web.Response:
    """What translates the pages: the page to sign in is read by people who are not signed in."""
    script = resources.resource_path("web/language.js").read_text(encoding="utf-8")
    return web.Response(text=script, content_type="text/javascript", charset="utf-8")


async def _handle_catalogue(request: web.Request) -> web.Response:
    language = request.match_info["language"]
    if language not in languages.LANGUAGES:
        raise web.HTTPNotFound(text="There is no such language.")
    return web.json_response(languages.catalogue(language))
