"""The log of a run that can be continued: what it keeps, what a cut-off line costs, and what other options change."""

import json

import pytest

from SkullRestoreLib._system.run_log import RunLog

FINISHED = {"first": [{"value": 1}], "second": [{"value": 2}, {"value": 3}], "third": []}


@pytest.fixture
def log(tmp_path):
    log = RunLog(tmp_path / "new" / "run.jsonl", {"seed": 1, "size": (2, 3)})
    log.write_finished({})
    for job, rows in FINISHED.items():
        log.append_rows(job, rows)
    return log


def with_options(log, **options):
    return RunLog(log.path, options)


def test_each_job_is_kept_with_its_rows_whether_one_several_or_none(log):
    assert log.read_finished() == FINISHED
    assert log.changed_options() == ()
    assert len(log.path.read_text().splitlines()) == 1 + len(FINISHED)


def test_a_run_that_continues_starts_the_file_anew_with_the_jobs_that_it_keeps(log):
    kept = {"second": FINISHED["second"]}
    log.write_finished(kept)
    assert log.read_finished() == kept
    assert [path.name for path in log.path.parent.iterdir()] == ["run.jsonl"]


@pytest.mark.parametrize("cut", [1, 9, 20])
def test_a_line_that_was_cut_off_costs_only_its_own_job(log, cut):
    text = log.path.read_text()
    log.path.write_text(text[: len(text) - 1 - cut])
    assert set(log.read_finished()) == {"first", "second"}


def test_a_line_of_something_else_is_skipped(log):
    lines = log.path.read_text().splitlines()
    lines[2:2] = ["[1, 2]", '{"case": "old form"}', "null", ""]
    log.path.write_text("\n".join(lines) + "\n")
    assert log.read_finished() == FINISHED


def test_rows_of_other_options_are_not_reused_and_the_options_that_differ_are_named(log):
    other = with_options(log, seed=2, size=[2, 3], new=True)
    assert other.changed_options() == ("new", "seed")
    assert other.read_finished() == {}
    assert with_options(log, seed=1, size=[2, 3]).read_finished() == FINISHED  # a tuple is a list in the file


@pytest.mark.parametrize("first_line", ['{"seed": 1, "si', "", "17"])
def test_a_file_that_has_lost_its_options_belongs_to_no_run(log, first_line):
    lines = log.path.read_text().splitlines()
    log.path.write_text("\n".join([first_line, *lines[1:]]))
    assert log.read_finished() == {}
    assert log.changed_options() == ("seed", "size")
    log.path.write_text("")
    assert log.changed_options() == ("seed", "size")


def test_without_a_file_there_is_nothing_to_continue_and_nothing_is_kept(tmp_path):
    for log in (RunLog(tmp_path / "none.jsonl", {"seed": 1}), RunLog(None, {"seed": 1})):
        assert (log.read_finished(), log.changed_options()) == ({}, ())
    log.write_finished(FINISHED)
    log.append_rows("fourth", [])
    log.delete_file()
    assert list(tmp_path.iterdir()) == []


def test_a_deleted_log_leaves_nothing(log):
    log.delete_file()
    log.delete_file()
    assert list(log.path.parent.iterdir()) == []
    assert json.loads(json.dumps(log.read_finished())) == {}
