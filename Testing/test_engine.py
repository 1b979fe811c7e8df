"""Many jobs over processes: order, progress, what was stopped goes on, what others asked is not taken over."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from helpers_evaluation import double, slow

from SkullRestoreLib.case import SkullRestoreError
from SkullRestoreLib.clock import finish
from SkullRestoreLib.evaluation.engine import Journal, run

JOBS = {f"job {k}": k for k in range(6)}
ROWS = {f"job {k}": [{"value": 2 * k}] for k in range(6)}
NONE = Journal(None, {})


def test_every_job_is_done_in_order_with_progress():
    told = list(run(JOBS, double, what="count", journal=NONE))
    assert finish(run(JOBS, double, what="count", journal=NONE)) == ROWS
    assert told[0] == ("count", 0.0)
    assert told[-1] == ("count", 1.0)
    assert [f for _, f in told] == sorted(f for _, f in told)


def test_several_processes_give_the_same_rows_in_the_same_order_and_leave_the_environment_alone():
    before = dict(os.environ)
    assert finish(run(JOBS, slow, what="count", workers=2, journal=NONE)) == ROWS
    assert dict(os.environ) == before


def test_a_stopped_run_goes_on_where_it_stopped(tmp_path):
    journal = Journal.beside(tmp_path / "out", {"seed": 1})
    steps = run(JOBS, double, what="count", journal=journal)
    for _ in range(4):
        next(steps)
    steps.close()
    done = []

    def once(number):
        done.append(number)
        return double(number)

    assert finish(run(JOBS, once, what="count", journal=Journal.beside(tmp_path / "out", {"seed": 1}))) == ROWS
    assert done == [3, 4, 5]


def test_rows_of_another_question_are_not_taken_over(tmp_path):
    finish(run(JOBS, double, what="count", journal=Journal.beside(tmp_path / "out", {"seed": 1})))
    assert len(Journal.beside(tmp_path / "out", {"seed": 1}).read()) == 6
    assert Journal.beside(tmp_path / "out", {"seed": 2}).read() == {}


def test_a_line_that_was_cut_off_costs_only_its_own_job(tmp_path):
    journal = Journal.beside(tmp_path / "out", {"seed": 1})
    finish(run(JOBS, double, what="count", journal=journal))
    text = journal.path.read_text()
    journal.path.write_text(text[: len(text) - 9])
    assert len(journal.read()) == 5


def test_a_closed_journal_leaves_nothing(tmp_path):
    journal = Journal.beside(tmp_path / "out", {"seed": 1})
    finish(run(JOBS, double, what="count", journal=journal))
    journal.close()
    assert list(tmp_path.iterdir()) == []
    assert json.loads(json.dumps(journal.read())) == {}


def test_a_process_that_dies_is_not_waited_for_and_the_way_out_is_said():
    with pytest.raises(SkullRestoreError, match="fewer --workers"):
        finish(run({"only": 3}, os._exit, what="count", workers=2, journal=NONE))


STOPPED = """
import sys, time
from pathlib import Path
from SkullRestoreLib.clock import finish
from SkullRestoreLib.evaluation.engine import Journal, run

if __name__ == "__main__":
    jobs = {str(k): 0.2 for k in range(500)}
    try:
        finish(run(jobs, time.sleep, what="wait", workers=2, journal=Journal(Path(sys.argv[1]), {})))
    except KeyboardInterrupt:
        print("stopped")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signal of this kind for another process")
def test_ctrl_c_ends_all_processes_soon_and_what_was_done_is_kept(tmp_path):
    script, kept = tmp_path / "long.py", tmp_path / "journal.jsonl"
    script.write_text(STOPPED)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parent.parent)}
    made = subprocess.Popen(
        [sys.executable, script, kept],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    while made.poll() is None and (not kept.is_file() or len(kept.read_text().splitlines()) < 4):
        time.sleep(0.05)
    os.killpg(made.pid, signal.SIGINT)  # as a terminal does: to parent and children alike
    out, _ = made.communicate(timeout=60)  # returns when nobody holds its output any more, the other processes neither
    assert (made.returncode, out) == (0, "stopped\n")
    assert 4 <= len(kept.read_text().splitlines()) < 400
