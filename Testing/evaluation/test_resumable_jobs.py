"""Many jobs in processes: order, progress, continuing a stopped run, and not reusing rows of another run."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from helpers_jobs import double_number, double_slowly

from SkullRestoreLib._system.progress import run_to_end
from SkullRestoreLib._system.run_log import RunLog
from SkullRestoreLib.errors import SkullRestoreError
from SkullRestoreLib.evaluation.resumable_jobs import log_for_output, run_jobs

JOBS = {f"job {k}": k for k in range(6)}
ROWS = {f"job {k}": [{"value": 2 * k}] for k in range(6)}
NONE = RunLog(None, {})


def test_every_job_is_done_in_order_with_progress():
    steps = list(run_jobs(JOBS, double_number, what="count", log=NONE))
    assert run_to_end(run_jobs(JOBS, double_number, what="count", log=NONE)) == ROWS
    assert steps[0] == ("count", 0.0)
    assert steps[-1] == ("count", 1.0)
    assert [f for _, f in steps] == sorted(f for _, f in steps)


def test_several_processes_give_the_same_rows_in_the_same_order_and_leave_the_environment_alone():
    before = dict(os.environ)
    assert run_to_end(run_jobs(JOBS, double_slowly, what="count", workers=2, log=NONE)) == ROWS
    assert dict(os.environ) == before


def test_a_stopped_run_continues_where_it_stopped(tmp_path):
    log = log_for_output(tmp_path / "out", {"seed": 1})
    steps = run_jobs(JOBS, double_number, what="count", log=log)
    for _ in range(4):
        next(steps)
    steps.close()
    done = []

    def once(number):
        done.append(number)
        return double_number(number)

    assert run_to_end(run_jobs(JOBS, once, what="count", log=log_for_output(tmp_path / "out", {"seed": 1}))) == ROWS
    assert done == [3, 4, 5]


def test_rows_of_a_run_with_another_key_are_not_reused(tmp_path):
    run_to_end(run_jobs(JOBS, double_number, what="count", log=log_for_output(tmp_path / "out", {"seed": 1})))
    assert len(log_for_output(tmp_path / "out", {"seed": 1}).read_finished()) == 6
    assert log_for_output(tmp_path / "out", {"seed": 2}).read_finished() == {}


def test_a_process_that_dies_is_not_waited_for_and_the_error_says_what_to_do():
    with pytest.raises(SkullRestoreError, match="fewer --workers"):
        run_to_end(run_jobs({"only": 3}, os._exit, what="count", workers=2, log=NONE))


STOPPED = """
import sys, time
from pathlib import Path
from SkullRestoreLib._system.progress import run_to_end
from SkullRestoreLib._system.run_log import RunLog
from SkullRestoreLib.evaluation.resumable_jobs import run_jobs

if __name__ == "__main__":
    jobs = {str(k): 0.2 for k in range(500)}
    try:
        run_to_end(run_jobs(jobs, time.sleep, what="wait", workers=2, log=RunLog(Path(sys.argv[1]), {})))
    except KeyboardInterrupt:
        print("stopped")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signal of this kind for another process")
def test_ctrl_c_ends_all_processes_soon_and_what_was_done_is_kept(tmp_path):
    script, kept = tmp_path / "long.py", tmp_path / "journal.jsonl"
    script.write_text(STOPPED)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    process = subprocess.Popen(
        [sys.executable, script, kept],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    while process.poll() is None and (not kept.is_file() or len(kept.read_text().splitlines()) < 4):
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to parent and children
    out, _ = process.communicate(timeout=60)  # returns when no process holds its output any more
    assert (process.returncode, out) == (0, "stopped\n")
    assert 4 <= len(kept.read_text().splitlines()) < 400
