"""Who may sign in to the browser front end, and what the audit log notes."""

import asyncio
import json
import os
import stat
from contextlib import nullcontext
from types import SimpleNamespace

import pytest
from helpers_web import PASSWORDS
from helpers_web import users_file as make_users_file

from SkullRestoreLib.errors import InputError, SkullRestoreError
from SkullRestoreLib.web import gateway, sign_in_throttle, users_file
from SkullRestoreLib.web.audit_log import AuditLog
from SkullRestoreLib.web.authentication import (
    HeaderAuthentication,
    KeyAuthentication,
    PasswordAuthentication,
)
from SkullRestoreLib.web.login_sessions import LoginSessions
from SkullRestoreLib.web.sign_in_throttle import SignInThrottle
from SkullRestoreLib.web.users_file import LOCAL_USER


@pytest.fixture(scope="module")
def users(tmp_path_factory):
    return make_users_file(tmp_path_factory.mktemp("users"))


# --- users and passwords


def test_a_password_is_kept_as_an_argon2_hash_that_its_owner_alone_can_read(users):
    text = users.read_text()
    assert all(password not in text for password in PASSWORDS.values())
    assert text.count("$argon2id$") == len(PASSWORDS)
    assert stat.S_IMODE(os.stat(users).st_mode) == 0o600


def test_the_right_password_signs_in_and_no_other_does(users):
    auth = PasswordAuthentication(users)
    assert auth.verify_password("anna", PASSWORDS["anna"])
    assert not auth.verify_password("anna", PASSWORDS["ben"])
    assert not auth.verify_password("nobody", PASSWORDS["anna"])
    assert not auth.verify_password("anna", "")


def test_a_user_who_was_removed_is_not_known_any_more(tmp_path):
    path = make_users_file(tmp_path)
    auth = PasswordAuthentication(path)
    users_file.write_user(path, "ben", None)
    assert auth.credential("ben") is None
    assert not auth.verify_password("ben", PASSWORDS["ben"])
    assert auth.verify_password("anna", PASSWORDS["anna"])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "names no users"),
        ("[users]\nanna = 'plain password'", "no argon2 hash"),
        ("[users\n", "not valid TOML"),
        (None, "cannot be read"),
    ],
)
def test_a_users_file_that_cannot_be_used_is_refused_at_the_start(tmp_path, text, says):
    path = tmp_path / "users.toml"
    if text is not None:
        path.write_text(text)
        path.chmod(0o600)
    with pytest.raises(InputError, match=says):
        PasswordAuthentication(path)


@pytest.mark.parametrize(
    ("name", "password", "says"),
    [
        ("an na", "long enough it is", "user's name"),
        (LOCAL_USER, "long enough it is", "user's name"),
        ("anna", "short", "at least"),
    ],
)
def test_odd_names_and_short_passwords_are_refused(tmp_path, name, password, says):
    with pytest.raises(InputError, match=says):
        users_file.write_user(tmp_path / "users.toml", name, password)
    assert not list(tmp_path.iterdir())


# --- keys, headers


def test_each_start_has_another_key_and_the_frameworks_own_is_none():
    first, other = KeyAuthentication(), KeyAuthentication()
    assert first.key != other.key
    assert len(first.key) >= 40
    for wrong in (other.key, "wslink-secret", "", "é"):
        assert first.user_for_key(wrong) is None
    assert first.user_for_key(first.key) == LOCAL_USER


def test_a_header_is_trusted_from_the_proxy_only():
    auth = HeaderAuthentication("X-Remote-User", ["10.0.0.0/28"])
    assert auth.user_from_header({"X-Remote-User": "anna"}, "10.0.0.5") == "anna"
    assert auth.user_from_header({"X-Remote-User": "anna"}, "10.0.1.5") is None
    assert auth.user_from_header({"X-Remote-User": "an na"}, "10.0.0.5") is None
    assert auth.user_from_header({}, "10.0.0.5") is None
    assert auth.user_from_header({"X-Remote-User": "anna"}, None) is None


def test_a_header_without_a_trusted_proxy_is_refused():
    with pytest.raises(InputError, match="sso-proxy"):
        HeaderAuthentication("X-Remote-User", [])
    with pytest.raises(InputError, match="no address"):
        HeaderAuthentication("X-Remote-User", ["the proxy"])


# --- guessing, idling


def test_after_some_wrong_tries_each_further_one_waits_longer_and_never_longer_than_half_a_minute(monkeypatch):
    now = 1000.0
    monkeypatch.setattr(sign_in_throttle, "monotonic", lambda: now)
    throttle = SignInThrottle()
    assert [throttle.begin_try("anna", "10.0.0.1") for _ in range(5)] == [0] * 5
    waits = []
    for _ in range(8):
        waits.append(throttle.begin_try("anna", "10.0.0.1"))
        now += waits[-1]
        assert throttle.begin_try("anna", "10.0.0.1") == 0
    assert waits == [1, 2, 4, 8, 16, 30, 30, 30]
    throttle.end_successful_try("anna", "10.0.0.1")
    assert throttle.begin_try("anna", "10.0.0.1") == 0


def test_a_login_without_activity_ends(monkeypatch):
    from SkullRestoreLib.web import login_sessions

    now = 0.0
    monkeypatch.setattr(login_sessions, "monotonic", lambda: now)
    logins = LoginSessions(idle_s=60)
    token = logins.sign_in("anna")
    login = logins.find_login(token)
    login.last_active, now = 0.0, 59.0
    assert logins.find_login(token) is login
    assert logins.seconds_left(login) == pytest.approx(1)
    now = 60.0
    assert logins.find_login(token) is None
    assert logins.remove_ended_logins(lambda _: "") == [login]
    assert login.why_ended == logins.reason_for_end(token) == "idle"
    assert not logins.has_user("anna")


def test_a_made_up_token_is_no_login():
    assert LoginSessions(None).find_login("made up") is None
    assert LoginSessions(None).find_login(None) is None


# --- the audit


def test_the_audit_is_a_line_of_json_for_each_action(tmp_path):
    audit = AuditLog(tmp_path / "audit.jsonl")
    audit("anna", "restore")
    audit("nobody", "sign in", "refused", address="10.0.0.1")
    audit.close()
    lines = [json.loads(line) for line in (tmp_path / "audit.jsonl").read_text().splitlines()]
    assert [(x["user"], x["action"], x["outcome"]) for x in lines] == [
        ("anna", "restore", "done"),
        ("nobody", "sign in", "refused"),
    ]
    assert all(x["time"].endswith("+00:00") for x in lines)


# --- the gateway, without workers


class NoWorkers:
    """Stands for the worker pool: no worker ever starts."""

    def __init__(self):
        self.requests = []

    def open(self):
        pass

    async def close(self):
        pass

    def ready_worker(self, user):
        self.requests.append(user)

    async def confirm_worker(self, user):
        return None

    def start_failed(self, user):
        return False

    def forget_end(self, user):
        pass

    def sentence_about_end(self, user):
        return ""

    def start_worker(self, user):
        raise SkullRestoreError("All 0 places are taken.")

    async def stop_unused_workers(self):
        pass

    async def stop_worker(self, user):
        pass

    async def stop_all(self):
        pass


def visit(auth, talk, **options):
    """Send requests to a gateway without workers."""
    from aiohttp.test_utils import TestClient, TestServer

    async def run():
        web_gateway = gateway.WebGateway(gateway.GatewayOptions(authentication=auth, **options))
        web_gateway.worker_pool = NoWorkers()
        async with TestClient(TestServer(web_gateway.app)) as client:
            return await talk(SimpleNamespace(client=client, gateway=web_gateway))

    return asyncio.run(run())


PATHS = (
    "/",
    "/index.html",
    "/alive",
    "/files/report.html",
    "/upload",
    "/assets/index.js",
    "/__skullrestore/page.js",
    "/paraview/",
    "/ws",
    "/../etc/passwd",
)


@pytest.mark.parametrize("kind", ["key", "password", "header"])
def test_nothing_is_answered_to_somebody_who_is_not_signed_in(kind, users, tmp_path):
    auth = {
        "key": KeyAuthentication,
        "password": lambda: PasswordAuthentication(users),
        "header": lambda: HeaderAuthentication("X-Remote-User", ["10.9.9.9"]),
    }[kind]()

    async def talk(server):
        for path in PATHS:
            for method in ("get", "post"):
                for headers in (
                    {},
                    {"Cookie": "skullrestore_8080=wslink-secret"},
                    {"X-Remote-User": "anna", "X-SkullRestore-Pass": "wslink-secret"},
                ):
                    answer = await getattr(server.client, method)(path, headers=headers, allow_redirects=False)
                    text = await answer.text()
                    assert answer.status in (401, 403, 404, 405), (path, method)
                    assert "secret" not in text
                    assert "trame" not in text
        assert server.gateway.worker_pool.requests == []

    visit(auth, talk, audit_path=tmp_path / "audit.jsonl")


def test_the_key_in_the_link_opens_the_page_and_leaves_the_address(tmp_path):
    auth = KeyAuthentication()
    key = auth.key

    async def talk(server):
        for wrong in ("wslink-secret", "", key[:-1]):
            assert (await server.client.get("/", params={"key": wrong})).status == 403
        answer = await server.client.get("/", params={"key": key})
        assert answer.status == 200
        assert key not in await answer.text()
        cookie = answer.headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
        assert key not in cookie

    visit(auth, talk, audit_path=tmp_path / "audit.jsonl")


def test_a_connection_from_another_sites_page_is_refused(tmp_path):
    auth = KeyAuthentication()

    async def talk(server):
        await server.client.get("/", params={"key": auth.key})
        for path in ("/upload", "/sign-out", "/paraview/"):
            answer = await server.client.post(path, headers={"Origin": "https://evil.example"})
            assert answer.status in (401, 403), path
        assert (await server.client.get("/ws", headers={"Origin": "https://evil.example"})).status == 403

    visit(auth, talk, audit_path=tmp_path / "audit.jsonl")


def test_a_wrong_password_is_refused_and_after_five_the_user_has_to_wait(users, tmp_path, monkeypatch):
    monkeypatch.setattr(sign_in_throttle, "monotonic", lambda: 1000.0)

    async def talk(server):
        for _ in range(5):
            answer = await server.client.post("/sign-in", data={"name": "anna", "password": "wrong"})
            assert answer.status == 401
            assert "wrong" in await answer.text()
        answer = await server.client.post("/sign-in", data={"name": "anna", "password": PASSWORDS["anna"]})
        assert answer.status == 429
        assert "Set-Cookie" not in answer.headers

    visit(PasswordAuthentication(users), talk, audit_path=tmp_path / "audit.jsonl")
    text = (tmp_path / "audit.jsonl").read_text()
    assert text.count("wrong password") == 5
    assert PASSWORDS["anna"] not in text


def test_signing_out_ends_the_login(users, tmp_path):
    async def talk(server):
        await server.client.post("/sign-in", data={"name": "anna", "password": PASSWORDS["anna"]})
        assert (await server.client.get("/alive")).status == 200
        kept = server.client.session.cookie_jar.filter_cookies(server.client.make_url("/"))
        stolen = {k: v.value for k, v in kept.items()}
        assert (await server.client.post("/sign-out")).status == 200
        assert (await server.client.get("/alive", cookies=stolen)).status == 401

    visit(PasswordAuthentication(users), talk, audit_path=tmp_path / "audit.jsonl")


class QuietWorker(NoWorkers):
    """One worker for everybody: it accepts connections and says nothing."""

    def __init__(self, port):
        super().__init__()
        self.worker = SimpleNamespace(port=port, secret="between gateway and worker", count_request=nullcontext)

    def ready_worker(self, user):
        return self.worker


def test_signing_out_in_one_browser_closes_its_connection_while_the_user_stays_signed_in_in_another(users, tmp_path):
    """The worker goes on for the other browser, and nothing is sent: the end of the login alone closes it."""
    from aiohttp import ClientSession, DummyCookieJar, WSMsgType, web
    from aiohttp.test_utils import TestServer

    async def answer(request):
        connection = web.WebSocketResponse()
        await connection.prepare(request)
        async for _ in connection:
            pass
        return connection

    async def talk(server):
        worker = web.Application()
        worker.router.add_get("/ws", answer)
        async with TestServer(worker) as running, ClientSession(cookie_jar=DummyCookieJar()) as browsers:
            server.gateway.worker_pool = QuietWorker(running.port)
            logins = []
            for _ in range(2):
                signed_in = await browsers.post(
                    server.client.make_url("/sign-in"), data={"name": "anna", "password": PASSWORDS["anna"]}
                )
                logins.append({"Cookie": signed_in.headers["Set-Cookie"].split(";")[0]})
            async with browsers.ws_connect(server.client.make_url("/ws"), headers=logins[0]) as connection:
                await browsers.post(server.client.make_url("/sign-out"), headers=logins[0])
                message = await connection.receive(timeout=10)
                assert (message.type, message.data, message.extra) == (WSMsgType.CLOSE, 4001, "signed out")
            assert (await browsers.get(server.client.make_url("/alive"), headers=logins[1])).status == 200

    visit(PasswordAuthentication(users), talk, audit_path=tmp_path / "audit.jsonl")


def test_the_cookie_of_a_secure_page_is_never_sent_unencrypted(users, tmp_path):
    async def talk(server):
        answer = await server.client.post("/sign-in", data={"name": "anna", "password": PASSWORDS["anna"]})
        assert "Secure" in answer.headers["Set-Cookie"]
        assert "max-age" in answer.headers["Strict-Transport-Security"]

    visit(PasswordAuthentication(users), talk, behind_tls=True, audit_path=tmp_path / "audit.jsonl")


def test_who_comes_through_the_sign_on_in_front_is_let_in_and_out_serverit(tmp_path):
    async def talk(server):
        answer = await server.client.get("/", headers={"X-Remote-User": "anna"})
        assert answer.status == 200
        assert (await server.client.get("/alive", headers={"X-Remote-User": "anna"})).status == 200
        assert (await server.client.get("/alive", headers={"X-Remote-User": "ben"})).status == 401
        assert (await server.client.get("/alive")).status == 401

    visit(HeaderAuthentication("X-Remote-User", ["127.0.0.1"]), talk, audit_path=tmp_path / "audit.jsonl")


def test_a_full_server_says_so(tmp_path):
    auth = KeyAuthentication()

    async def talk(server):
        await server.client.get("/", params={"key": auth.key})
        answer = await server.client.get("/")
        assert answer.status == 503
        assert "places are taken" in await answer.text()

    visit(auth, talk, audit_path=tmp_path / "audit.jsonl")


def test_every_answer_has_the_security_headers(users, tmp_path):
    async def talk(server):
        answer = await server.client.get("/")
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Research use only" in await answer.text()

    visit(PasswordAuthentication(users), talk, audit_path=tmp_path / "audit.jsonl")
