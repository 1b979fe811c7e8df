"""Ctrl-C is heard wherever a run is, inside of a library call too, and takes the processes with it that work for it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from SkullRestoreLib import processes, stopping

HERE = Path(__file__).parent
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signal of this kind for another process")

# One call of a library that takes minutes, in the middle of a restoration; Python hears nothing until it is back.
DEAF = """
import hashlib
def restore(source, settings):
    yield "restore the surface", 0.5
    print("now", file=sys.stderr, flush=True)
    hashlib.pbkdf2_hmac("sha256", b"", b"", 500_000_000)
    print("the call came back", file=sys.stderr, flush=True)
sys.modules["SkullRestoreLib.pipeline"].restore = restore
"""


@pytest.mark.parametrize(("how", "code"), [("INT", 130), ("TERM", 143)])
def test_a_run_is_stopped_in_the_middle_of_a_long_library_call(tmp_path, how, code):
    command = [sys.executable, str(HERE / "helpers_stand_in.py"), "restore", "head", "--out", str(tmp_path / "out")]
    environment = {**os.environ, "FAULT": DEAF}
    process = subprocess.Popen(
        command,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    while process.stderr.readline() not in ("now\n", ""):
        pass
    time.sleep(1)  # into the call; on a busy computer the signal may come before it still, which is answered as everywhere
    process.send_signal(getattr(signal, f"SIG{how}"))
    rest = process.communicate(timeout=60)[1]
    assert process.returncode == code
    assert "the call came back" not in rest
    assert list(tmp_path.iterdir()) == []


def test_a_signal_that_python_answers_ends_nothing(capfd):
    """Else what is being put away would be cut off."""
    heard, told = os.pipe()
    os.write(told, bytes([signal.SIGINT, signal.SIGCHLD]))
    os.close(told)
    answered = stopping.threading.Event()
    answered.set()
    stopping._wait(heard, answered, "Stopped.", end=lambda code: pytest.fail(f"ended with {code}"))
    assert capfd.readouterr().err == ""


def test_processes_are_gone_at_once_when_their_work_is_stopped():
    pids = []

    def work():
        with processes.pool(1) as pool:
            pids.append(pool.submit(os.getpid).result())
            pool.submit(time.sleep, 600)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work()
    with pytest.raises(ProcessLookupError):
        os.kill(pids[0], 0)


def test_processes_do_their_work_to_the_end_when_nothing_happens():
    with processes.pool(2) as pool:
        assert list(pool.map(abs, (-1, -2, -3))) == [1, 2, 3]
