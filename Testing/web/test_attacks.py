"""Attacks on a running server over real connections: who is out stays out, and nobody can exhaust it."""

import asyncio
import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import socket
import ssl
import stat
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
from helpers_remember import process_environment
from helpers_web import PASSWORDS, ROOT, START_S, Server, users_file, wait_until

from SkullRestoreLib.errors import InputError
from SkullRestoreLib.web import sign_in_throttle
from SkullRestoreLib.web.sign_in_throttle import SignInThrottle
from SkullRestoreLib.web.users_file import read_users, write_user

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="the attackers' addresses are those of Linux's loopback"
)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("attacked")
    users = users_file(folder)
    write_user(users, "carl", "a third long one")
    write_user(users, "dora", "a fourth long one")
    running = Server(folder, "--users", str(users), "--max-upload", "4", "--trusted-proxy", "127.0.0.99", plain=True)
    running.users = users
    yield running
    running.stop()


def request(server, method, path, body=None, headers=None, *, address="127.0.0.1", timeout=60):
    """Send one request from an address of this computer: status, text, and the response's headers."""
    connection = http.client.HTTPConnection("127.0.0.1", urlsplit(server.home).port, timeout, (address, 0))
    with contextlib.closing(connection):
        connection.request(method, "/" + path, body, headers or {})
        response = connection.getresponse()
        return response.status, response.read().decode("utf-8", "replace"), response.headers


def try_password(server, name, password, **options):
    """Status of one try to sign in."""
    form = {"Content-Type": "application/x-www-form-urlencoded"} | options.pop("headers", {})
    return request(server, "POST", "sign-in", urlencode({"name": name, "password": password}), form, **options)


def signed_in(server, name, password=None, **options):
    """The cookie of a user."""
    status, text, headers = try_password(server, name, password or PASSWORDS[name], **options)
    assert status == 200, text
    return {"Cookie": headers["Set-Cookie"].split(";")[0]}


def open_workspace(server, cookie):
    """Wait until the user's page is there, doing something all the time."""

    def is_open():
        request(server, "POST", "active", headers=cookie)
        status, text, _ = request(server, "GET", "", headers=cookie)
        return status == 200 and "being opened" not in text

    wait_until(is_open, "the workspace", START_S)


async def messages_until_closed(server, cookie, seconds, meanwhile=lambda: None):
    """Send messages on a connection without a pause, as a page does by itself: seconds until the server closes it."""
    import aiohttp
    import msgpack
    from wslink.chunking import generate_chunks

    ended = (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.CLOSING)
    hello = {"wslink": "1.0", "id": "system:c0:0", "method": "wslink.hello", "args": [{"secret": "x"}], "kwargs": {}}
    (page_message,) = generate_chunks(msgpack.packb(hello), 1 << 20)
    async with aiohttp.ClientSession(headers=cookie) as client, client.ws_connect(server.home + "ws") as connection:
        await connection.send_bytes(page_message)
        assert b"Authentication failed" in (await connection.receive(timeout=30)).data
        start = time.monotonic()
        await asyncio.to_thread(meanwhile)
        while time.monotonic() - start < seconds:
            with contextlib.suppress(ConnectionError):
                await connection.send_bytes(page_message)
            await asyncio.sleep(0.1)
            with contextlib.suppress(TimeoutError):
                if (await connection.receive(timeout=0.2)).type in ended:
                    return time.monotonic() - start
    return None


# --- idle


@pytest.mark.slow
def test_a_page_that_sends_by_itself_is_signed_out_when_nobody_does_anything(tmp_path):
    idle = Server(tmp_path, "--users", str(users_file(tmp_path)), "--idle", "0.1", plain=True)
    try:
        cookie = signed_in(idle, "anna")
        open_workspace(idle, cookie)
        took = asyncio.run(messages_until_closed(idle, cookie, 20))
        assert took is not None, "the connection stayed open"
        assert 3 < took < 6 + 5
        assert request(idle, "GET", "alive", headers=cookie)[0] == 401
        # nor do other requests, and another site's page, but what a person does
        asking, active, alien = (signed_in(idle, "anna") for _ in range(3))
        alien |= {"Origin": "https://evil.example"}
        end = time.monotonic() + 8
        while time.monotonic() < end:
            request(idle, "GET", "", headers=asking)
            request(idle, "GET", "files/report.html", headers=asking)
            request(idle, "POST", "active", headers=alien)
            assert request(idle, "POST", "active", headers=active)[0] == 200
            time.sleep(0.3)
        answers = [request(idle, "GET", "alive", headers=cookie)[0] for cookie in (asking, active, alien)]
        assert answers == [401, 200, 401]
    finally:
        idle.stop()


# --- users who are no users any more


@pytest.mark.slow
def test_open_connections_of_users_who_were_removed_or_have_another_password_end_within_five_seconds(server):
    """Two users, whose workers start at the same time."""
    passwords = {"carl": "a third long one", "dora": "a fourth long one"}
    cookies = {name: signed_in(server, name, password) for name, password in passwords.items()}
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda cookie: open_workspace(server, cookie), cookies.values()))

    async def attack():
        return await asyncio.gather(
            messages_until_closed(server, cookies["carl"], 15, change_users),
            messages_until_closed(server, cookies["dora"], 15),
        )

    def change_users():
        write_user(server.users, "carl", None)
        write_user(server.users, "dora", "quite another one")

    took = asyncio.run(attack())
    assert None not in took, "a connection stayed open"
    assert max(took) < 5
    for cookie in cookies.values():
        status, text, _ = request(server, "GET", "alive", headers=cookie)
        assert status == 401
        assert json.loads(text)["why"] == "changed"


@pytest.mark.slow
def test_another_name_from_the_sign_on_ends_the_open_connection_and_the_page_does_not_sign_in_by_itself(tmp_path):
    behind = Server(tmp_path, "--sso-header", "X-Remote-User", "--sso-proxy", "127.0.0.1", plain=True)
    try:
        anna = {"X-Remote-User": "anna"}
        cookie = {"Cookie": request(behind, "GET", "", headers=anna)[2]["Set-Cookie"].split(";")[0]}
        open_workspace(behind, cookie | anna)

        def change_user():
            assert request(behind, "GET", "alive", headers=cookie | {"X-Remote-User": "ben"})[0] == 401

        took = asyncio.run(messages_until_closed(behind, cookie | anna, 15, change_user))
        assert took is not None, "the connection stayed open"
        assert took < 5
        # a page that was signed out opens itself with the reason
        status, text, headers = request(behind, "GET", "?why=idle", headers=anna)
        assert "Set-Cookie" not in headers
        assert status == 200
        assert "nothing was done" in text
        assert "Open SkullRestore again" in text
    finally:
        behind.stop()


def test_a_second_sign_in_from_one_browser_ends_the_first_login(server):
    first = signed_in(server, "anna", address="127.0.0.21")
    second = signed_in(server, "anna", address="127.0.0.21", headers=first)
    assert request(server, "GET", "alive", headers=first)[0] == 401
    assert request(server, "GET", "alive", headers=second)[0] == 200


# --- guessing


def test_guesses_sent_at_once_are_counted_before_they_are_checked(server):
    def guess(n):
        return try_password(server, "anna", f"guess number {n}", address="127.0.0.31")[0]

    with ThreadPoolExecutor(40) as pool:
        answers = list(pool.map(guess, range(60)))
    assert 1 <= answers.count(401) <= 6
    assert set(answers) == {401, 429}


@pytest.mark.slow
def test_whoever_guesses_at_one_address_keeps_nobody_out_at_another(server):
    for n in range(8):
        try_password(server, "ben", f"guess number {n}", address="127.0.0.32")
    assert try_password(server, "ben", PASSWORDS["ben"], address="127.0.0.32")[0] == 429
    assert try_password(server, "ben", PASSWORDS["ben"], address="127.0.0.33")[0] == 200


@pytest.mark.slow
def test_behind_a_trusted_proxy_one_person_does_not_lock_out_the_others(server):
    guesser, colleague = ({"X-Forwarded-For": f"made up, 10.1.1.{n}"} for n in (1, 2))
    for n in range(8):
        try_password(server, "ben", f"guess number {n}", address="127.0.0.99", headers=guesser)
    assert try_password(server, "ben", PASSWORDS["ben"], address="127.0.0.99", headers=guesser)[0] == 429
    assert try_password(server, "ben", PASSWORDS["ben"], address="127.0.0.99", headers=colleague)[0] == 200
    # whoever is no proxy cannot choose an address
    answers = [
        try_password(server, "ben", "guess", address="127.0.0.34", headers={"X-Forwarded-For": f"10.2.2.{n}"})[0]
        for n in range(8)
    ]
    assert 429 in answers
    assert '"from": "10.1.1.1"' in server.audit.read_text()


@pytest.mark.slow
def test_many_names_from_one_address_are_slowed_down_and_whoever_signed_in_there_before_is_not(server):
    assert try_password(server, "anna", PASSWORDS["anna"], address="127.0.0.35")[0] == 200

    def guess(n):
        return try_password(server, f"somebody{n}", "the same password", address="127.0.0.35")[0]

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(guess, range(90)))
    assert answers.count(401) <= 60
    assert 429 in answers or 503 in answers
    assert try_password(server, "anna", PASSWORDS["anna"], address="127.0.0.35")[0] == 200


def test_a_flood_of_names_frees_nobody_who_is_slowed_down(monkeypatch):
    monkeypatch.setattr(sign_in_throttle, "monotonic", lambda: 1000.0)
    throttle = SignInThrottle()
    for _ in range(6):
        throttle.begin_try("anna", "192.0.2.1")
    for n in range(30_000):
        throttle.begin_try(f"name {n}", f"10.{n // 65536}.{n // 256 % 256}.{n % 256}")
    assert throttle.begin_try("anna", "192.0.2.1") > 0
    assert throttle.begin_try("anna", "192.0.2.2") == 0


# --- the file of users


@pytest.mark.slow
def test_a_users_file_that_breaks_while_the_server_runs_leaves_everybody_as_they_were_and_is_reported(server):
    cookie = signed_in(server, "anna", address="127.0.0.41")
    good = server.users.read_text()
    weak = "[users]\nanna = '$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHRzYWx0$" + "A" * 43 + "'\n"
    try:
        for how in ("broken", "missing", "weak", "open to others"):
            server.users.write_text({"broken": "[users\n", "weak": weak}.get(how, good))
            if how == "missing":
                server.users.unlink()
            if how == "open to others":
                server.users.chmod(0o666)
            assert request(server, "GET", "alive", headers=cookie)[0] == 200, how
            assert try_password(server, "anna", PASSWORDS["anna"], address="127.0.0.41")[0] == 200, how
            time.sleep(1.5)  # the sweep over the logins asks as well
            assert request(server, "GET", "alive", headers=cookie)[0] == 200, how
            server.users.touch()
            server.users.chmod(0o600)
    finally:
        server.users.write_text(good)
        server.users.chmod(0o600)
    assert try_password(server, "anna", PASSWORDS["anna"], address="127.0.0.42")[0] == 200
    told = [json.loads(line) for line in server.audit.read_text().splitlines()]
    told = " ".join(line["outcome"] for line in told if line["action"] == "read the users file")
    for sentence in ("not valid TOML", "cannot be read", "weak argon2 hash", "written by others", "stay in force"):
        assert sentence in told
    assert "can be used again" in told


def hash_of(kind="argon2id", memory=65536, result="A" * 43):
    """The line of a hash with this cost."""
    return f"${kind}$v=19$m={memory},t=3,p=4$c29tZXNhbHRzYWx0${result}"


@pytest.mark.parametrize(
    ("mode", "hash_", "says"),
    [
        (0o622, hash_of(), "written by others"),
        (0o660, hash_of(), "written by others"),
        (0o600, hash_of(memory=64), "weak"),
        (0o600, hash_of(result="AAAA"), "weak"),
        (0o600, hash_of(kind="argon2i"), "another kind"),
        (0o600, hash_of(memory=99_999_999), "too much"),
        (0o600, "$argon2 of the password", "no argon2 hash"),
    ],
    ids=["others", "group", "little memory", "short", "kind", "much memory", "no hash"],
)
def test_a_users_file_that_others_may_write_or_with_a_weak_hash_is_refused(tmp_path, mode, hash_, says):
    path = tmp_path / "users.toml"
    path.write_text(f"[users]\nanna = '{hash_}'\n")
    path.chmod(0o600)
    if says == "written by others":
        assert read_users(path)
    path.chmod(mode)
    with pytest.raises(InputError, match=says):
        read_users(path)


def test_a_server_with_a_users_file_that_others_may_write_does_not_start(tmp_path):
    path = users_file(tmp_path)
    path.chmod(0o666)
    command = [sys.executable, "-c", "from SkullRestoreLib.cli.main import main; main()", "web", "--no-browser"]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)}
    with (tmp_path / "errors.txt").open("w") as errors:
        process = subprocess.Popen([*command, "--port", "0", "--users", str(path)], env=environment, stderr=errors)
    try:
        assert process.wait(60) != 0
    finally:
        process.kill()
        process.wait()
    assert "written by others" in " ".join((tmp_path / "errors.txt").read_text().split())


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaa", "abcdefghijkl", "annaannaanna1", "password123456"])
def test_a_password_that_is_easily_guessed_is_refused(tmp_path, password):
    with pytest.raises(InputError):
        write_user(tmp_path / "users.toml", "anna", password)


# --- exhaustion


def memory_mb(pid):
    """Memory that a process has now."""
    return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text("ascii")).group(1)) / 1024


@pytest.mark.slow
def test_a_large_message_on_the_connection_is_refused_and_takes_no_memory(server):
    import aiohttp

    cookie = signed_in(server, "anna", address="127.0.0.51")
    open_workspace(server, cookie)
    before = memory_mb(server.process.pid)

    async def flood():
        async with aiohttp.ClientSession(headers=cookie) as client, client.ws_connect(server.home + "ws") as connection:
            with contextlib.suppress(ConnectionError):
                await connection.send_bytes(bytes(150 << 20))
            message = await connection.receive(timeout=60)
            return message.type, connection.close_code

    kind, code = asyncio.run(flood())
    assert kind in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED)
    assert code in (1009, 1006)
    assert memory_mb(server.process.pid) - before < 60


def test_one_page_of_a_user_is_connected_at_a_time(server):
    import aiohttp

    cookie = signed_in(server, "anna", address="127.0.0.52")
    open_workspace(server, cookie)

    async def open_many():
        async with aiohttp.ClientSession(headers=cookie) as client:
            opened = [await client.ws_connect(server.home + "ws") for _ in range(12)]
            states = [await connection.receive(timeout=10) for connection in opened[:-1]]
            assert {(state.type, state.data) for state in states} == {(aiohttp.WSMsgType.CLOSE, 4002)}
            with pytest.raises(TimeoutError):
                await opened[-1].receive(timeout=1)
            async with client.get(server.home + "alive") as answer:
                assert (await answer.json())["connected"]
            await opened[-1].close()

    asyncio.run(open_many())


def start_upload(server, cookie, name, content, *, declared):
    """Begin an upload of one file, and send as much of it as is given."""
    head = f'--edge\r\nContent-Disposition: form-data; name="{name}"; filename="ct.nrrd"\r\n\r\n'.encode() + content
    connection = socket.create_connection(("127.0.0.1", urlsplit(server.home).port), 30)
    lines = f"POST /upload HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie['Cookie']}\r\n"
    lines += f"Content-Type: multipart/form-data; boundary=edge\r\nContent-Length: {declared}\r\n\r\n"
    connection.sendall(lines.encode() + head)
    return connection


def test_a_user_sends_one_upload_at_a_time(server):
    cookie = signed_in(server, "anna", address="127.0.0.53")
    open_workspace(server, cookie)
    first = start_upload(server, cookie, "file", bytes(1 << 20), declared=3 << 20)
    folder = server.folder
    wait_until(lambda: list(folder.glob("skullrestore_gate_*/worker_*/upload_*")), "the first upload", 20)
    others = [start_upload(server, cookie, "file", bytes(1 << 16), declared=3 << 20) for _ in range(6)]
    for connection in others:
        assert b" 409 " in connection.recv(200).split(b"\r\n")[0]
        connection.close()
    assert len(list(folder.glob("skullrestore_gate_*/worker_*/upload_*"))) == 1
    first.close()
    wait_until(lambda: not list(folder.glob("skullrestore_gate_*/worker_*/upload_*")), "the upload is deleted", 30)


MALFORMED = {
    "no boundary": ("multipart/form-data", b"x"),
    "no multipart": ("text/plain", b"x"),
    "cut short": ("multipart/form-data; boundary=edge", b'--edge\r\nContent-Disposition: form-data; name="file"\r\n'),
    "other edge": ("multipart/form-data; boundary=edge", b"--other\r\n\r\nx\r\n--other--\r\n"),
    "no header": ("multipart/form-data; boundary=edge", b"--edge\r\n\r\nx\r\n--edge--\r\n"),
    "nested": (
        "multipart/form-data; boundary=edge",
        b"--edge\r\nContent-Type: multipart/mixed; boundary=in\r\n\r\n--in\r\n\r\nx\r\n--in--\r\n--edge--\r\n",
    ),
    "bad length": (
        "multipart/form-data; boundary=edge",
        b'--edge\r\nContent-Length: minus one\r\nContent-Disposition: form-data; name="path"\r\n\r\nx\r\n--edge--\r\n',
    ),
    "long header": (
        "multipart/form-data; boundary=edge",
        b"--edge\r\nX: " + b"x" * 20000 + b"\r\n\r\nx\r\n--edge--\r\n",
    ),
    "many headers": (
        "multipart/form-data; boundary=edge",
        b"--edge\r\n" + b"X: y\r\n" * 900 + b"\r\nx\r\n--edge--\r\n",
    ),
    "long path": (
        "multipart/form-data; boundary=edge",
        b'--edge\r\nContent-Disposition: form-data; name="path"\r\n\r\n' + b"x" * (3 << 20) + b"\r\n--edge--\r\n",
    ),
    "long edge": ("multipart/form-data; boundary=" + "e" * 100, b"x"),
    "empty": ("multipart/form-data; boundary=edge", b""),
}


def test_a_malformed_upload_is_refused_in_a_sentence(server):
    cookie = signed_in(server, "anna", address="127.0.0.54")
    open_workspace(server, cookie)
    for what, (kind, body) in MALFORMED.items():
        status, text, _ = request(server, "POST", "upload", body, cookie | {"Content-Type": kind})
        assert status == 422, (what, status, text)
        assert json.loads(text)["error"].endswith("."), what
    assert "Traceback" not in server.errors()


def count_open(connections):
    """How many connections the other end has not closed."""
    count = 0
    for connection in connections:
        connection.setblocking(False)
        try:
            while connection.recv(1 << 16):
                pass
        except BlockingIOError:
            count += 1
        except OSError:
            pass
    return count


@pytest.mark.slow
def test_silent_and_slow_connections_are_bounded_and_closed_while_others_work(server):
    port = urlsplit(server.home).port
    silent = [socket.create_connection(("127.0.0.1", port), 10, ("127.0.0.61", 0)) for _ in range(300)]
    try:
        time.sleep(1)
        assert 1 <= count_open(silent) <= 120
        slow = silent[0]
        end = time.monotonic() + 25
        while time.monotonic() < end and count_open(silent):
            with contextlib.suppress(OSError):
                slow.send(b"G" if end - time.monotonic() > 24 else b"E")  # a request line that never ends
            assert request(server, "GET", "alive", address="127.0.0.62", timeout=10)[0] == 401
            time.sleep(0.5)
        assert count_open(silent) == 0
    finally:
        for connection in silent:
            connection.close()
    assert request(server, "GET", "", address="127.0.0.61", timeout=10)[0] == 401


@pytest.mark.slow
def test_tls_handshakes_that_never_end_are_bounded_and_closed_while_others_work(tmp_path):
    if shutil.which("openssl") is None:
        pytest.skip("openssl, which makes a certificate for the test, is not installed")
    chain, key = tmp_path / "chain.pem", tmp_path / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    subprocess.run([*command, "-keyout", str(key), "-out", str(chain)], check=True, capture_output=True)
    users = users_file(tmp_path)
    running = Server(
        tmp_path, "--users", str(users), "--certificate", str(chain), "--private-key", str(key), plain=True
    )
    port = urlsplit(running.home).port
    silent = [socket.create_connection(("127.0.0.1", port), 10, ("127.0.0.63", 0)) for _ in range(200)]
    try:
        time.sleep(1)
        assert 1 <= count_open(silent) <= 120
        context = ssl.create_default_context(cafile=str(chain))
        context.check_hostname = False
        end = time.monotonic() + 25
        while time.monotonic() < end and count_open(silent):
            connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=10, context=context)
            with contextlib.closing(connection):
                connection.request("GET", "/alive")
                assert connection.getresponse().status == 401
            time.sleep(0.5)
        assert count_open(silent) == 0
    finally:
        for connection in silent:
            connection.close()
        running.stop()
    assert "Traceback" not in running.errors()


def test_people_who_are_not_signed_in_cannot_fill_the_audit(server):
    before = len(server.audit.read_text().splitlines())

    def knock(n):
        return request(server, "GET", f"files/{n}", address=f"127.0.0.{70 + n % 2}")[0]

    with ThreadPoolExecutor(10) as pool:
        assert set(pool.map(knock, range(400))) == {403}
    assert len(server.audit.read_text().splitlines()) - before <= 100


def test_answers_do_not_tell_what_the_server_is_built_on(server):
    for method, path in (("GET", ""), ("GET", "alive"), ("POST", "upload"), ("PUT", "nothing")):
        text = str(request(server, method, path)[2]).lower()
        assert "python" not in text
        assert "aiohttp" not in text


# --- the start key


BROWSER = """#!{python}
import os, re, subprocess, sys, time, urllib.request
from pathlib import Path
place = Path(r"{place}")
listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True).stdout
page = urllib.request.urlopen(sys.argv[1]).read().decode() if sys.argv[1].startswith("file:") else sys.argv[1]
(place / "listed.txt").write_text(listed)
(place / "pid.txt").write_text(str(os.getpid()))
(place / "found.new").write_text(page)
(place / "found.new").rename(place / "found.txt")
time.sleep(30)
"""


@pytest.mark.slow
def test_the_start_key_is_in_no_command_line_opens_once_and_a_slow_browser_stops_nothing(tmp_path):
    browser = tmp_path / "browser"
    browser.write_text(BROWSER.format(python=sys.executable, place=tmp_path))
    browser.chmod(0o700)
    command = [sys.executable, "-c", "from SkullRestoreLib.cli.main import main; main()", "web", "--port", "0"]
    env = os.environ | process_environment(plain=True) | {"TMPDIR": str(tmp_path), "BROWSER": f"{browser} %s"}
    with (tmp_path / "errors.txt").open("w") as errors:
        process = subprocess.Popen(command, env=env, cwd=ROOT, stdout=subprocess.PIPE, stderr=errors, text=True)
    lines = []
    reader = threading.Thread(target=lambda: lines.extend(iter(process.stdout.readline, "")), daemon=True)
    reader.start()

    def links():
        return re.findall(r"https?://\S+", "".join(lines))

    try:
        wait_until((tmp_path / "found.txt").exists, "the browser", START_S)
        wait_until(links, "the link", 10)
        found = re.search(r"https?://[^\"'\s>]+", (tmp_path / "found.txt").read_text()).group(0)
        keys = [link.split("key=")[1] for link in (found, links()[0])]
        assert not any(key in (tmp_path / "listed.txt").read_text() for key in keys)

        class Started:
            home = found.split("?")[0]

        # while the browser starts, others are answered
        start = time.monotonic()
        assert request(Started, "GET", "", timeout=20)[0] == 403
        assert time.monotonic() - start < 5
        for key in keys:
            status, _, headers = request(Started, "GET", f"?key={key}")
            assert status == 200
            assert "Set-Cookie" in headers
            status, _, headers = request(Started, "GET", f"?key={key}")
            assert status == 403, "a key opens once"
            assert "Set-Cookie" not in headers
        # the printed one is followed by another
        wait_until(lambda: len(links()) == 2, "the next link", 10)
        assert request(Started, "GET", f"?key={links()[1].split('key=')[1]}")[0] == 200
        start = time.monotonic()
        process.send_signal(signal.SIGINT)
        process.wait(20)
        assert time.monotonic() - start < 15
        assert not [path for path in tmp_path.rglob("*") if "skullrestore_gate" in path.name]
    finally:
        process.kill()
        process.wait()
        with contextlib.suppress(OSError):  # the browser holds the output open
            os.kill(int((tmp_path / "pid.txt").read_text()), signal.SIGKILL)
        reader.join(10)
        process.stdout.close()


@pytest.mark.slow
def test_what_the_browser_is_given_can_be_read_by_this_account_only(tmp_path):
    from SkullRestoreLib.cli import web

    opened = []
    with pytest.MonkeyPatch.context() as patch:
        import webbrowser

        patch.setattr(webbrowser, "open", opened.append)
        web.open_start_page('http://localhost:1/?key=a"b', tmp_path)
        wait_until(lambda: opened, "the browser", 5)
    (page,) = tmp_path.iterdir()
    assert opened == [page.as_uri()]
    assert stat.S_IMODE(page.stat().st_mode) == 0o600
    assert 'key=a"b' not in page.read_text()
    assert "key=a&quot;b" in page.read_text()
