"""Where patients' files are while a server runs: in the gateway's own folder, which is gone when the gateway ends."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from helpers_web import ROOT, Server, wait_until

from SkullRestoreLib.errors import OutputError
from SkullRestoreLib.web import worker_folders
from SkullRestoreLib.web.worker_folders import FOLDER_PREFIX, GatewayFolder

posix = pytest.mark.skipif(os.name != "posix", reason="signals and modes are those of POSIX")


@pytest.fixture
def server(tmp_path):
    running = Server(tmp_path, plain=True)
    yield running
    running.stop()


def list_worker_folders(folder):
    return [path for root in folder.glob(f"{FOLDER_PREFIX}*") for path in root.glob("worker_*")]


def with_a_case(server):
    """Sign in with the link, and put files that name a patient where a worker and its libraries put theirs."""
    visitor = server.visitor()
    assert visitor.get(server.link.removeprefix(server.home))[0] == 200
    wait_until(lambda: server.workers() and list_worker_folders(server.folder), "the worker's folder")
    wait_until(lambda: "skullrestore" in visitor.get("")[1] and "being opened" not in visitor.get("")[1], "the page")
    (folder,) = list_worker_folders(server.folder)
    upload = folder / "upload_abc"
    upload.mkdir()
    (upload / "slice.dcm").write_bytes(b"DOE^JANE" * 1000)
    (folder / "result_abc").mkdir()
    return folder


@posix
def test_the_folder_of_a_worker_that_is_killed_is_gone_within_seconds(server):
    folder = with_a_case(server)
    assert folder.stat().st_mode & 0o777 == folder.parent.stat().st_mode & 0o777 == 0o700
    (worker,) = server.workers()
    environment = dict(
        entry.split(b"=", 1) for entry in Path(f"/proc/{worker}/environ").read_bytes().split(b"\0") if b"=" in entry
    )
    assert {environment[name] for name in (b"TMPDIR", b"TEMP", b"TMP")} == {str(folder).encode()}
    os.kill(worker, signal.SIGKILL)
    wait_until(lambda: not folder.exists(), "the folder is gone", 10)
    assert server.process.poll() is None
    assert not list_worker_folders(server.folder)


@pytest.mark.slow
@posix
def test_the_folder_of_a_killed_gateway_is_deleted_by_the_next_one_and_that_of_a_running_one_is_not(server, tmp_path):
    folder = with_a_case(server)
    living = GatewayFolder(tmp_path)  # another gateway in the same temporary folder
    kept = living.new_worker_folder()
    for process in (*server.workers(), server.process.pid):
        os.kill(process, signal.SIGKILL)
    server.process.wait(30)
    assert folder.exists(), "nothing was there to delete it"
    after = Server(tmp_path, plain=True)
    try:
        assert not folder.exists()
        assert not folder.parent.exists()
        assert kept.exists()
    finally:
        after.stop()
        living.close()
    assert not list(tmp_path.glob(f"{FOLDER_PREFIX}*"))


@pytest.mark.slow
@posix
def test_a_server_that_ends_leaves_nothing(server):
    with_a_case(server)
    server.stop()
    assert not list(server.folder.glob(f"{FOLDER_PREFIX}*"))


def test_only_folders_of_gateways_are_deleted(tmp_path):
    mine = tmp_path / f"{FOLDER_PREFIX}mine"  # somebody's folder of that name, without the lock file
    mine.mkdir(mode=0o700)
    (mine / "thesis.txt").write_text("years of work")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    (elsewhere / "skullrestore-gate").touch()
    (tmp_path / f"{FOLDER_PREFIX}link").symlink_to(elsewhere)
    worker_folders.delete_abandoned_folders(tmp_path)
    assert (mine / "thesis.txt").exists()
    assert (elsewhere / "skullrestore-gate").exists()


@posix
def test_the_folder_of_a_running_gateway_is_locked_until_it_is_closed(tmp_path):
    held = GatewayFolder(tmp_path)
    program = (
        "import sys; from pathlib import Path; from SkullRestoreLib.web import worker_folders; "
        "worker_folders.delete_abandoned_folders(Path(sys.argv[1]))"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True)
    assert held.root.is_dir()
    held.release_lock()  # as the system does when the process ends
    subprocess.run(command, cwd=ROOT, check=True)
    assert not held.root.exists()


# --- a disk that is full, a folder that is not there


@pytest.mark.parametrize("how", ["missing", "file", "full"])
def test_a_temporary_folder_that_cannot_be_used_is_refused_and_no_other_is_used(tmp_path, monkeypatch, how):
    home = tmp_path / "temporary"
    if how == "file":
        home.write_text("no folder")
    if how == "full":
        home.mkdir()
        monkeypatch.setattr(worker_folders.shutil, "disk_usage", lambda _: type("", (), {"free": 1000})())
    monkeypatch.setenv("TMPDIR", str(home))
    before = set(os.listdir())
    with pytest.raises(OutputError, match=r"temporary folder .* cannot be used: .*TMPDIR"):
        GatewayFolder()
    assert set(os.listdir()) == before
    assert not home.is_dir() or not list(home.iterdir())


@posix
def test_a_server_without_a_temporary_folder_ends_with_a_sentence(tmp_path):
    command = [
        sys.executable,
        "-c",
        "from SkullRestoreLib.cli.main import main; main()",
        "web",
        "--no-browser",
        "--port",
        "0",
    ]
    env = os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path / "nowhere")}
    done = subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode != 0
    assert "temporary folder" in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir()), "nothing was put into the current folder instead"


def test_what_a_user_reads_of_a_full_disk_names_no_folder():
    with pytest.raises(OutputError, match="disk is full") as refused, worker_folders.explain_disk_errors():
        raise OSError(28, "No space left on device", "/srv/secret/path")
    assert "/srv" not in str(refused.value)


@posix
def test_temporary_files_of_a_workers_libraries_are_in_its_folder(tmp_path):
    """Python's tempfile would try /tmp, /var/tmp and the current folder."""
    folder = tmp_path / "worker"
    folder.mkdir()
    program = (
        "import json, sys, tempfile, io\n"
        "from SkullRestoreLib.web import worker\n"
        "worker._serve_page = lambda orders, folder, send: send(where=tempfile.gettempdir(), made=tempfile.mkdtemp())\n"
        "worker.main()\n"
    )
    orders = json.dumps({"folder": str(folder)}) + "\n"
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", program], input=orders, env=env, capture_output=True, text=True, timeout=120, check=True
    )
    sent = json.loads(done.stdout)
    assert sent["where"] == str(folder)
    assert sent["made"].startswith(str(folder))


@posix
def test_a_worker_that_cannot_start_leaves_no_folder(tmp_path, monkeypatch):
    import asyncio

    from SkullRestoreLib.errors import SkullRestoreError
    from SkullRestoreLib.web import worker_pool

    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(worker_pool.sys, "executable", "/bin/false")

    async def run():
        pool = worker_pool.WorkerPool({}, max_workers=1, linger_s=5, can_sign_out=True, audit=lambda *_a, **_k: None)
        pool.open()
        with pytest.raises(SkullRestoreError, match="could not be started"):
            await pool.start_worker("anna")
        end = time.monotonic() + 10
        while list_worker_folders(tmp_path) and time.monotonic() < end:
            await asyncio.sleep(0.05)
        assert not list_worker_folders(tmp_path)
        await pool.close()

    asyncio.run(run())
    assert not list(tmp_path.iterdir())


@posix
def test_why_a_worker_cannot_start_is_in_the_servers_log_without_the_place_of_its_files(tmp_path, monkeypatch, caplog):
    import asyncio

    from SkullRestoreLib.errors import SkullRestoreError
    from SkullRestoreLib.web import worker_pool

    program = tmp_path / "worker"
    program.write_text(
        f"#!{sys.executable}\n"
        "import os, sys\n"
        "for k in range(400):\n"
        "    print('line', k, file=sys.stderr)\n"
        "print('libEGL cannot be loaded in', os.environ['TMPDIR'], file=sys.stderr)\n"
        "sys.exit(3)\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(worker_pool.sys, "executable", str(program))

    async def run():
        pool = worker_pool.WorkerPool({}, max_workers=1, linger_s=5, can_sign_out=True, audit=lambda *_a, **_k: None)
        pool.open()
        with pytest.raises(SkullRestoreError, match="could not be started"):
            await pool.start_worker("anna")
        await pool.close()

    asyncio.run(run())
    (logged,) = [one.getMessage() for one in caplog.records if "could not be started" in one.getMessage()]
    assert "status 3" in logged
    assert "libEGL cannot be loaded in its folder" in logged
    assert "line 399" in logged
    assert "line 300" not in logged, "the last lines only"
    assert str(tmp_path) not in logged


@posix
@pytest.mark.parametrize("port_is_kept", [False, True], ids=["its port is closed", "its port is held by its child"])
def test_a_worker_that_was_killed_this_moment_is_not_taken_for_one_that_runs(tmp_path, monkeypatch, port_is_kept):
    import asyncio

    from SkullRestoreLib.web import worker_pool

    program = tmp_path / "worker"
    program.write_text(
        f"#!{sys.executable}\n"
        "import socket, subprocess, sys\n"
        "server = socket.create_server(('127.0.0.1', 0))\n"
        f"server.set_inheritable({port_is_kept})\n"
        "# holds the output open: the end is noted late\n"
        f"subprocess.Popen(['sleep', '1'], close_fds={not port_is_kept})\n"
        "print('{\"port\": %d}' % server.getsockname()[1], flush=True)\n"
        "connection, _ = server.accept()\n"
        "connection.recv(99), connection.send(b'HTTP/1.0 403\\r\\n\\r\\n'), connection.close()\n"
        "connection, _ = server.accept()\n"
        "connection.send(b'x')\n"
        "sys.stdin.read()\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(worker_pool.sys, "executable", str(program))

    async def run():
        pool = worker_pool.WorkerPool({}, max_workers=1, linger_s=5, can_sign_out=True, audit=lambda *_a, **_k: None)
        pool.open()
        worker = await pool.start_worker("anna")
        assert await pool.confirm_worker("anna") is worker
        page = socket.create_connection(("127.0.0.1", worker.port), timeout=10)
        assert page.recv(1) == b"x"
        os.kill(worker.process.pid, signal.SIGKILL)
        with contextlib.suppress(OSError):
            page.recv(1)  # a page asks when its connection has broken
        page.close()
        assert await pool.confirm_worker("anna") is None
        assert "ended unexpectedly" in pool.sentence_about_end("anna")
        await pool.close()

    asyncio.run(run())
