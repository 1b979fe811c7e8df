"""Who may come in at the browser door, and what is noted of it."""

import asyncio
import json
import os
import stat
from types import SimpleNamespace

import pytest
from helpers_web import PASSWORDS, users_file

from SkullRestoreLib.case import InputError, SkullRestoreError
from SkullRestoreLib.web import access, gate
from SkullRestoreLib.web.access import LOCAL, ByHeader, ByKey, ByPassword, Throttle
from SkullRestoreLib.web.audit import Audit
from SkullRestoreLib.web.seats import Seats


@pytest.fixture(scope="module")
def users(tmp_path_factory):
    return users_file(tmp_path_factory.mktemp("users"))


# --- users and passwords


def test_a_password_is_kept_as_an_argon2_hash_that_its_owner_alone_can_read(users):
    text = users.read_text()
    assert all(password not in text for password in PASSWORDS.values())
    assert text.count("$argon2id$") == len(PASSWORDS)
    assert stat.S_IMODE(os.stat(users).st_mode) == 0o600


def test_the_right_password_opens_and_no_other(users):
    door = ByPassword(users)
    assert door.admit("anna", PASSWORDS["anna"])
    assert not door.admit("anna", PASSWORDS["ben"])
    assert not door.admit("nobody", PASSWORDS["anna"])
    assert not door.admit("anna", "")


def test_somebody_who_was_taken_out_is_not_known_any_more(tmp_path):
    path = users_file(tmp_path)
    door = ByPassword(path)
    access.write_user(path, "ben", None)
    assert not door.is_known("ben")
    assert not door.admit("ben", PASSWORDS["ben"])
    assert door.admit("anna", PASSWORDS["anna"])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "names no users"),
        ("[users]\nanna = 'plain password'", "argon2 hash"),
        ("[users\n", "no TOML"),
        (None, "cannot be read"),
    ],
)
def test_a_users_file_that_cannot_be_used_is_refused_at_the_start(tmp_path, text, says):
    path = tmp_path / "users.toml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(InputError, match=says):
        ByPassword(path)


@pytest.mark.parametrize(
    ("name", "password", "says"),
    [("an na", "long enough it is", "user's name"), (LOCAL, "long enough it is", "user's name"), ("anna", "short", "at least")],
)
def test_odd_names_and_short_passwords_are_refused(tmp_path, name, password, says):
    with pytest.raises(InputError, match=says):
        access.write_user(tmp_path / "users.toml", name, password)
    assert not list(tmp_path.iterdir())


# --- keys, headers


def test_each_start_has_another_key_and_the_frameworks_own_is_none():
    one, other = ByKey(), ByKey()
    assert one.key != other.key
    assert len(one.key) >= 40
    assert one.admit_key(one.key) == LOCAL
    for wrong in (other.key, "wslink-secret", "", "é"):
        assert one.admit_key(wrong) is None


def test_a_header_is_believed_from_the_proxy_alone():
    door = ByHeader("X-Remote-User", ["10.0.0.0/28"])
    assert door.admit_header({"X-Remote-User": "anna"}, "10.0.0.5") == "anna"
    assert door.admit_header({"X-Remote-User": "anna"}, "10.0.1.5") is None
    assert door.admit_header({"X-Remote-User": "an na"}, "10.0.0.5") is None
    assert door.admit_header({}, "10.0.0.5") is None
    assert door.admit_header({"X-Remote-User": "anna"}, None) is None


def test_a_header_without_a_proxy_to_believe_is_refused():
    with pytest.raises(InputError, match="sso-proxy"):
        ByHeader("X-Remote-User", [])
    with pytest.raises(InputError, match="no address"):
        ByHeader("X-Remote-User", ["the proxy"])


# --- guessing, idling


def test_guessing_has_to_wait_after_some_tries(monkeypatch):
    now = 0.0
    monkeypatch.setattr(access, "monotonic", lambda: now)
    throttle = Throttle(tries=3, wait_s=30)
    for _ in range(3):
        assert throttle.left("anna") == 0
        throttle.failed("anna")
    assert throttle.left("anna") == pytest.approx(30)
    assert throttle.left("ben") == 0
    now = 31.0
    assert throttle.left("anna") == 0


def test_a_seat_on_which_nothing_is_done_is_given_up(monkeypatch):
    from SkullRestoreLib.web import seats

    now = 0.0
    monkeypatch.setattr(seats, "monotonic", lambda: now)
    all_seats = Seats(idle_s=60)
    token = all_seats.take("anna")
    seat = all_seats.of(token)
    seat.seen, now = 0.0, 59.0
    assert all_seats.of(token) is seat
    assert all_seats.left(seat) == pytest.approx(1)
    now = 60.0
    assert all_seats.of(token) is None
    assert all_seats.end_idle() == [seat]
    assert not all_seats.has("anna")


def test_a_made_up_token_is_no_seat():
    assert Seats(None).of("made up") is None
    assert Seats(None).of(None) is None


# --- the audit


def test_the_audit_is_a_line_of_json_for_each_action(tmp_path):
    audit = Audit(tmp_path / "audit.jsonl")
    audit("anna", "restore")
    audit("nobody", "sign in", "refused", address="10.0.0.1")
    audit.close()
    lines = [json.loads(line) for line in (tmp_path / "audit.jsonl").read_text().splitlines()]
    assert [(x["user"], x["action"], x["outcome"]) for x in lines] == [("anna", "restore", "done"), ("nobody", "sign in", "refused")]
    assert all(x["time"].endswith("+00:00") for x in lines)


# --- the gate, without a worker


class Nobody:
    """In a worker's place."""

    def __init__(self):
        self.asked = []

    def ready(self, user):
        self.asked.append(user)

    def start(self, user):
        raise SkullRestoreError("All 0 places are taken.")

    async def sweep(self):
        pass

    async def stop(self, user):
        pass

    async def stop_all(self):
        pass


def visit(way, talk, **options):
    """Talk with a gate."""
    from aiohttp.test_utils import TestClient, TestServer

    async def run():
        one = gate.Gate(gate.Options(access=way, **options))
        one.keeper = Nobody()
        async with TestClient(TestServer(one.app)) as client:
            return await talk(SimpleNamespace(client=client, gate=one))

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


@pytest.mark.parametrize("way", ["key", "password", "header"])
def test_nothing_is_answered_to_somebody_who_is_not_signed_in(way, users, tmp_path):
    made = {"key": ByKey, "password": lambda: ByPassword(users), "header": lambda: ByHeader("X-Remote-User", ["10.9.9.9"])}[way]()

    async def talk(with_):
        for path in PATHS:
            for method in ("get", "post"):
                for headers in (
                    {},
                    {"Cookie": "skullrestore_8080=wslink-secret"},
                    {"X-Remote-User": "anna", "X-SkullRestore-Pass": "wslink-secret"},
                ):
                    answer = await getattr(with_.client, method)(path, headers=headers, allow_redirects=False)
                    text = await answer.text()
                    assert answer.status in (401, 403, 404, 405), (path, method)
                    assert "secret" not in text
                    assert "trame" not in text
        assert with_.gate.keeper.asked == []

    visit(made, talk, audit=tmp_path / "audit.jsonl")


def test_the_key_in_the_link_opens_the_page_and_leaves_the_address(tmp_path):
    way = ByKey()

    async def talk(with_):
        for wrong in ("wslink-secret", "", way.key[:-1]):
            assert (await with_.client.get("/", params={"key": wrong})).status == 403
        answer = await with_.client.get("/", params={"key": way.key})
        assert answer.status == 200
        assert way.key not in await answer.text()
        cookie = answer.headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
        assert way.key not in cookie

    visit(way, talk, audit=tmp_path / "audit.jsonl")


def test_a_connection_from_another_sites_page_is_refused(tmp_path):
    way = ByKey()

    async def talk(with_):
        await with_.client.get("/", params={"key": way.key})
        for path in ("/upload", "/sign-out", "/paraview/"):
            answer = await with_.client.post(path, headers={"Origin": "https://evil.example"})
            assert answer.status in (401, 403), path
        assert (await with_.client.get("/ws", headers={"Origin": "https://evil.example"})).status == 403

    visit(way, talk, audit=tmp_path / "audit.jsonl")


def test_a_wrong_password_is_refused_and_after_five_one_has_to_wait(users, tmp_path):
    async def talk(with_):
        for _ in range(5):
            answer = await with_.client.post("/sign-in", data={"name": "anna", "password": "wrong"})
            assert answer.status == 401
            assert "wrong" in await answer.text()
        answer = await with_.client.post("/sign-in", data={"name": "anna", "password": PASSWORDS["anna"]})
        assert answer.status == 429
        assert "Set-Cookie" not in answer.headers

    visit(ByPassword(users), talk, audit=tmp_path / "audit.jsonl")
    text = (tmp_path / "audit.jsonl").read_text()
    assert text.count("wrong password") == 5
    assert PASSWORDS["anna"] not in text


def test_signing_out_ends_the_seat(users, tmp_path):
    async def talk(with_):
        await with_.client.post("/sign-in", data={"name": "anna", "password": PASSWORDS["anna"]})
        assert (await with_.client.get("/alive")).status == 200
        kept = with_.client.session.cookie_jar.filter_cookies(with_.client.make_url("/"))
        stolen = {k: v.value for k, v in kept.items()}
        assert (await with_.client.post("/sign-out")).status == 200
        assert (await with_.client.get("/alive", cookies=stolen)).status == 401

    visit(ByPassword(users), talk, audit=tmp_path / "audit.jsonl")


def test_the_cookie_of_a_secure_page_never_travels_in_the_clear(users, tmp_path):
    async def talk(with_):
        answer = await with_.client.post("/sign-in", data={"name": "anna", "password": PASSWORDS["anna"]})
        assert "Secure" in answer.headers["Set-Cookie"]
        assert "max-age" in answer.headers["Strict-Transport-Security"]

    visit(ByPassword(users), talk, behind_tls=True, audit=tmp_path / "audit.jsonl")


def test_who_comes_through_the_sign_on_in_front_is_let_in_and_out_with_it(tmp_path):
    async def talk(with_):
        answer = await with_.client.get("/", headers={"X-Remote-User": "anna"})
        assert answer.status == 200
        assert (await with_.client.get("/alive", headers={"X-Remote-User": "anna"})).status == 200
        assert (await with_.client.get("/alive", headers={"X-Remote-User": "ben"})).status == 401
        assert (await with_.client.get("/alive")).status == 401

    visit(ByHeader("X-Remote-User", ["127.0.0.1"]), talk, audit=tmp_path / "audit.jsonl")


def test_a_full_server_says_so(tmp_path):
    way = ByKey()

    async def talk(with_):
        await with_.client.get("/", params={"key": way.key})
        answer = await with_.client.get("/")
        assert answer.status == 503
        assert "places are taken" in await answer.text()

    visit(way, talk, audit=tmp_path / "audit.jsonl")


def test_every_answer_tells_the_browser_to_trust_nobody_else(users, tmp_path):
    async def talk(with_):
        answer = await with_.client.get("/")
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Research use only" in await answer.text()

    visit(ByPassword(users), talk, audit=tmp_path / "audit.jsonl")
