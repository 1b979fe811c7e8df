"""Ctrl-C stops a run wherever it is, inside a library call too, and ends its worker processes."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from SkullRestoreLib._system import interrupts, process_pool

HERE = Path(__file__).parents[1]
pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has no signal of this kind for another process"
)

# One library call that takes minutes, in the middle of a restoration; Python handles no signal until it returns.
LONG_CALL = """
import hashlib
def restore(source, settings):
    yield "restore the surface", 0.5
    print("now", file=sys.stderr, flush=True)
    hashlib.pbkdf2_hmac("sha256", b"", b"", 500_000_000)
    print("the call came back", file=sys.stderr, flush=True)
sys.modules["SkullRestoreLib.pipeline.steps"].restore_steps = restore
"""


@pytest.mark.slow
@pytest.mark.parametrize(("signal_name", "code"), [("INT", 130), ("TERM", 143)])
def test_a_run_is_stopped_in_the_middle_of_a_long_library_call(tmp_path, signal_name, code):
    command = [sys.executable, str(HERE / "helpers_stand_in.py"), "restore", "head", "--out", str(tmp_path / "out")]
    environment = {**os.environ, "FAULT": LONG_CALL}
    process = subprocess.Popen(
        command,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    while process.stderr.readline() not in ("now\n", ""):
        pass
    time.sleep(1)  # so that the call is in progress; on a busy computer the signal may come before it
    process.send_signal(getattr(signal, f"SIG{signal_name}"))
    rest = process.communicate(timeout=60)[1]
    assert process.returncode == code
    assert "the call came back" not in rest
    assert list(tmp_path.iterdir()) == []


def test_a_signal_that_python_handles_does_not_end_the_process(capfd):
    """Otherwise the removal of half-written files would be cut off."""
    read_end, write_end = os.pipe()
    os.write(write_end, bytes([signal.SIGINT, signal.SIGCHLD]))
    os.close(write_end)
    handled = interrupts.threading.Event()
    handled.set()
    interrupts.end_after_signal(read_end, handled, "Stopped.", end=lambda code: pytest.fail(f"ended with {code}"))
    assert capfd.readouterr().err == ""


def test_worker_processes_end_at_once_when_the_run_is_stopped():
    pids = []

    def work():
        with process_pool.spawn_pool(1) as pool:
            pids.append(pool.submit(os.getpid).result())
            pool.submit(time.sleep, 600)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work()
    with pytest.raises(ProcessLookupError):
        os.kill(pids[0], 0)


def test_worker_processes_finish_their_work_when_nothing_happens():
    with process_pool.spawn_pool(2) as pool:
        assert list(pool.map(abs, (-1, -2, -3))) == [1, 2, 3]
