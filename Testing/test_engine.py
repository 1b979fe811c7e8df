"""Many jobs over processes: order, progress, what was stopped goes on, what others asked is not taken over."""

import json
import os

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
