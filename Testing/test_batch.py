"""Many cases: what a list may say, that one bad case stops nothing, that a stopped batch goes on, and that nobody is named."""

import csv
import json
import re
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner

from SkullRestoreLib import batch, cli, cluster, deliver
from SkullRestoreLib.batch import runner, table
from SkullRestoreLib.case import DependencyError, InputError, NotEnoughMemoryError, SkullRestoreError
from SkullRestoreLib.clock import finish
from SkullRestoreLib.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
HERE = cluster.Place(workers=1)


# --- lists


def test_a_list_is_a_path_a_line_relative_to_it(tmp_path):
    (tmp_path / "heads.txt").write_text("# two heads\nward/a.nrrd\n\n/data/b\n")
    assert batch.read_list(tmp_path / "heads.txt") == [
        batch.Case("case_0001", 2, tmp_path / "ward/a.nrrd"),
        batch.Case("case_0002", 4, Path("/data/b")),
    ]


def test_a_list_may_name_its_cases_and_choose_series(tmp_path):
    (tmp_path / "heads.csv").write_text("name,input,series\nH-1,a,2\n,b.nii.gz,\n")
    assert batch.read_list(tmp_path / "heads.csv") == [
        batch.Case("H-1", 2, tmp_path / "a", "2"),
        batch.Case("case_0002", 3, tmp_path / "b.nii.gz"),
    ]


def test_in_a_folder_everything_that_can_be_read_is_a_case(tmp_path):
    for name in ("b.nii.gz", "a.stl", "notes.txt", ".hidden.stl"):
        (tmp_path / name).touch()
    (tmp_path / "ct").mkdir()
    assert [c.path.name for c in batch.read_list(tmp_path)] == ["a.stl", "b.nii.gz", "ct"]


def test_cases_are_named_after_their_inputs_only_when_asked(tmp_path):
    (tmp_path / "Doe^Jane").mkdir()
    (tmp_path / "doe_jane.nii.gz").touch()
    assert {c.name for c in batch.read_list(tmp_path)} == {"case_0001", "case_0002"}
    (tmp_path / "Doe^Jane").rmdir()
    assert [c.name for c in batch.read_list(tmp_path, identify=True)] == ["doe_jane"]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("no.txt", None, "no list or folder"),
        ("empty.txt", "# nothing\n", "holds no case"),
        ("heads.csv", "path\na\n", "no column 'input'"),
        ("heads.csv", "input,name\na,../up\n", "cannot be a folder's name"),
        ("heads.csv", "input,name\na,x\nb,X\n", "stands more than once"),
        ("heads.nrrd", b"NRRD\x00\xff\xfe", "not plain text"),
    ],
)
def test_a_list_that_is_none_is_refused_with_what_it_should_be(tmp_path, name, content, said):
    if content is not None:
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InputError, match=said):
        batch.read_list(tmp_path / name)


# --- the run, in this process


@pytest.fixture
def here(monkeypatch):
    """Dask's own client, with its workers in this process; what was worked on is counted."""
    import distributed

    @contextmanager
    def connected(place, *, job_bytes):
        with (
            distributed.LocalCluster(
                n_workers=1,
                threads_per_worker=1,
                processes=False,
                dashboard_address=None,
                scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},  # another worker of the tests may have the usual port
            ) as made,
            distributed.Client(made) as client,
        ):
            yield client

    class Done(list):
        def short(self, source):
            """Whether the memory is short for an input; a test says when."""
            return False

    here = Done()

    def restore(source, out, settings, *, series=None, also=(), force=False):
        here.append(source.name)
        yield "read the input", 0.0
        if "bad" in source.name:
            raise InputError(f"'{source.name}' cannot be read: it is damaged.")
        if here.short(source):
            raise NotEnoughMemoryError(f"'{source.name}' takes about 2.0 GB of memory, and 1.0 GB are free.")
        if "burst" in source.name:
            raise RuntimeError("ITK ERROR: Failed to allocate memory for image.")
        if "odd" in source.name:
            raise ZeroDivisionError("division by zero")
        out.mkdir(parents=True, exist_ok=True)
        area = float(len(source.name))
        facts = {
            "defects": [{"area_cm2": area, "implant": None}] if "whole" not in source.name else [],
            "warnings": [],
            "peak_memory_mb": 1.0,
        }
        (out / "restoration.json").write_text(json.dumps(facts))
        return facts

    monkeypatch.setattr(cluster, "connected", connected)
    monkeypatch.setattr(deliver, "deliver", restore)
    return here


@pytest.fixture
def heads(tmp_path):
    (tmp_path / "heads.txt").write_text("\n".join(f"doe/{n}.nrrd" for n in ("a", "bad", "whole", "odd", "b", "c")))
    return batch.read_list(tmp_path / "heads.txt")


def without_times(rows):
    return [{k: v for k, v in row.items() if k not in ("seconds", "peak_memory_mb")} for row in rows]


def test_a_bad_case_is_a_row_with_its_reason_and_stops_no_other(here, heads, tmp_path):
    rows = finish(batch.run(heads, tmp_path / "out", Settings(), place=HERE))
    assert [row["outcome"] for row in rows] == ["restored", "failed", "no defect", "failed", "restored", "restored"]
    assert rows[1]["reason"] == "the input cannot be read: it is damaged."
    assert "ZeroDivisionError" in rows[3]["reason"]
    with (tmp_path / "out" / "batch.csv").open(newline="", encoding="utf-8") as file:
        written = list(csv.DictReader(file))
    assert [row["case"] for row in written] == [f"case_{n:04d}" for n in range(1, 7)]
    page = (tmp_path / "out" / "batch.md").read_text(encoding="utf-8")
    assert page.startswith("6 cases: 3 restored, 1 without a defect, 2 failed.")
    assert page.count("\n| case_") == 6


def test_progress_tells_what_is_done_and_how_long_the_rest_will_take(here, heads, tmp_path):
    told = list(batch.run(heads, tmp_path / "out", Settings(), place=HERE))
    assert [t.done for t in told] == list(range(7))
    assert told[0].seconds_left is None
    assert told[-1].seconds_left == 0
    assert all(t.seconds_left >= 0 for t in told[1:])


def test_a_batch_that_was_stopped_goes_on_and_ends_with_the_same_table(here, heads, tmp_path):
    whole = finish(batch.run(heads, tmp_path / "whole", Settings(), place=HERE))
    here.clear()
    steps = batch.run(heads, tmp_path / "out", Settings(), place=HERE)
    for _ in range(4):
        next(steps)
    steps.close()
    assert "3 not done yet" in (tmp_path / "out" / "batch.md").read_text(encoding="utf-8")
    kept = {row["case"] for row in batch.Journal(tmp_path / "out", runner._asked(Settings(), ())).read().values()}
    with (tmp_path / "out" / batch.MARK).open("a") as file:
        file.write('{"case": "case_00')  # as a process that is killed leaves it
    here.clear()
    assert without_times(finish(batch.run(heads, tmp_path / "out", Settings(), place=HERE))) == without_times(whole)
    assert len(here) == 6 - len(kept)


def test_a_result_that_somebody_removed_is_made_again(here, heads, tmp_path):
    finish(batch.run(heads, tmp_path / "out", Settings(), place=HERE))
    here.clear()
    (tmp_path / "out" / "cases" / "case_0005" / "restoration.json").unlink()
    (tmp_path / "out" / "cases" / "case_0005").rmdir()
    finish(batch.run(heads, tmp_path / "out", Settings(), place=HERE))
    assert here == ["b.nrrd"]


def test_what_failed_is_tried_again_only_when_asked(here, heads, tmp_path):
    finish(batch.run(heads, tmp_path / "out", Settings(), place=HERE))
    here.clear()
    finish(batch.run(heads, tmp_path / "out", Settings(), place=HERE))
    assert here == []
    finish(batch.run(heads, tmp_path / "out", Settings(), place=HERE, retry=True))
    assert sorted(here) == ["bad.nrrd", "odd.nrrd"]


def test_a_case_for_which_the_memory_is_short_waits_until_the_others_are_done(here, heads, tmp_path):
    here.short = lambda source: source.name in ("a.nrrd", "b.nrrd") and here.count(source.name) == 1
    told = list(batch.run(heads, tmp_path / "out", Settings(), place=HERE))
    assert sorted(here[-2:]) == ["a.nrrd", "b.nrrd"]  # again, after all others
    assert [t.row["outcome"] for t in told if t.waits] == ["no memory", "no memory"]
    assert [t.done for t in told if not t.waits] == list(range(7))
    assert all(t.seconds_left >= 0 for t in told[1:])
    rows = batch.Journal(tmp_path / "out", runner._asked(Settings(), ())).read()
    assert sorted(row["outcome"] for row in rows.values()) == ["failed", "failed", "no defect", "restored", "restored", "restored"]


def test_what_lacked_memory_even_alone_is_told_as_such_and_tried_again_when_the_batch_goes_on(here, heads, tmp_path):
    here.short = lambda source: source.name == "a.nrrd"
    rows = finish(batch.run(heads, tmp_path / "out", Settings(), place=HERE))
    assert here.count("a.nrrd") == 2
    assert rows[0]["outcome"] == "no memory"
    assert rows[0]["reason"] == "the input takes about 2.0 GB of memory, and 1.0 GB are free."
    page = (tmp_path / "out" / "batch.md").read_text(encoding="utf-8")
    assert page.startswith("6 cases: 2 restored, 1 without a defect, 2 failed, 1 not done for lack of memory.")
    here.clear()
    here.short = lambda source: False
    rows = finish(batch.run(heads, tmp_path / "out", Settings(), place=HERE))
    assert here == ["a.nrrd"]
    assert rows[0]["outcome"] == "restored"


def test_an_allocation_that_fails_inside_a_library_is_a_lack_of_memory_too(here, tmp_path):
    (tmp_path / "heads.txt").write_text("burst.nrrd\n")
    (row,) = finish(batch.run(batch.read_list(tmp_path / "heads.txt"), tmp_path / "out", Settings(), place=HERE))
    assert row["outcome"] == "no memory"
    assert row["reason"].startswith("The memory ran out while it was worked on.")


def test_a_case_whose_process_the_system_ends_beside_others_is_done_alone(here, heads, tmp_path, monkeypatch):
    real, asked = cluster.each, []

    def each(jobs, work, client):
        asked.append(list(jobs))
        for name, made in real(jobs, work, client):
            yield name, cluster.Lost("It was ended from outside.", killed=True) if name == "case_0005" and len(jobs) > 1 else made

    monkeypatch.setattr(cluster, "each", each)
    rows = finish(batch.run(heads, tmp_path / "out", Settings(), place=HERE))
    assert asked[1:] == [["case_0005"]]
    assert rows[4]["outcome"] == "restored"


def test_the_command_says_what_waits_and_ends_with_1_where_the_memory_was_never_enough(here, tmp_path):
    (tmp_path / "heads.txt").write_text("a.nrrd\nb.nrrd\n")
    here.short = lambda source: source.name == "a.nrrd"
    command = ["batch", str(tmp_path / "heads.txt"), "--out", str(tmp_path / "out")]
    result = CliRunner().invoke(cli.app, command)
    assert result.exit_code == 1, result.output
    assert "case_0001: waits until the others are done, for lack of memory" in result.stderr
    assert "[2/2] case_0001: no memory, the input takes about 2.0 GB" in result.stderr
    assert "2 cases: 1 restored, 0 without a defect, 0 failed, 1 not done for lack of memory." in result.stdout
    here.short = lambda source: False
    assert CliRunner().invoke(cli.app, command).exit_code == 0


def test_other_settings_are_another_batch(here, heads, tmp_path):
    finish(batch.run(heads, tmp_path / "out", Settings(), place=HERE))
    with pytest.raises(InputError, match=r"another kind \(level differ\).*--force"):
        finish(batch.run(heads, tmp_path / "out", Settings(level=5), place=HERE))
    here.clear()
    finish(batch.run(heads, tmp_path / "out", Settings(level=5), place=HERE, force=True))
    assert len(here) == 6


def test_a_folder_with_somebody_elses_files_is_refused(heads, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "letter.txt").touch()
    with pytest.raises(SkullRestoreError, match=r"letter\.txt"):
        finish(batch.run(heads, tmp_path / "out", Settings(), place=HERE, force=True))


def test_neither_table_nor_journal_nor_folder_repeats_a_name_of_the_inputs(here, heads, tmp_path):
    finish(batch.run(heads, tmp_path / "out", Settings(), place=HERE))
    for path in (tmp_path / "out").rglob("*"):
        assert "doe" not in path.name
        assert path.is_dir() or (b"doe" not in path.read_bytes() and b"bad.nrrd" not in path.read_bytes())


@pytest.mark.parametrize(
    ("path", "reason", "told"),
    [
        ("/home/out/a.nrrd", "It takes about 2 GB; /home/out/a.nrrd is cut off.", "It takes about 2 GB; the input is cut off."),
        ("/ward/doe/ct", "'IM_doe1.dcm' in 'doe' is no image.", "'IM_...1.dcm' in ... is no image."),
        ("/ward/Doe/ct", "DoeJane.dcm is no image.", "...Jane.dcm is no image."),
    ],
)
def test_a_reason_names_no_folder_and_keeps_its_words(path, reason, told):
    assert table.failure(batch.Case("case_0001", 1, Path(path)), reason, 0.0)["reason"] == told


def test_what_the_command_says(here, tmp_path):
    (tmp_path / "heads.txt").write_text("a.nrrd\nbad.nrrd\n")
    result = CliRunner().invoke(cli.app, ["batch", str(tmp_path / "heads.txt"), "--out", str(tmp_path / "out")])
    assert result.exit_code == 0, result.output
    assert "2 cases: 1 restored, 0 without a defect, 1 failed." in result.stdout
    assert re.search(r"\[\d/2\] case_0002: failed, the input cannot be read: it is damaged\.; .* s; about \d+ s left", result.stderr)


def test_without_dask_the_command_says_what_to_install(heads, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(DependencyError, match=r"skullrestore\[batch\]"):
        finish(batch.run(heads, tmp_path / "out", Settings(), place=HERE))


def test_a_scheduler_that_does_not_answer_is_said(heads, tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "_ANSWER_S", 1)
    with pytest.raises(SkullRestoreError, match="No Dask scheduler answers"):
        finish(batch.run(heads, tmp_path / "out", Settings(), place=cluster.Place("tcp://127.0.0.1:9")))


def test_as_many_processes_as_the_memory_holds_and_never_none(monkeypatch):
    monkeypatch.setattr(cluster.os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    for free, count in ((100e9, 8), (7e9, 3), (1e9, 1)):
        monkeypatch.setattr(cluster.memory, "available_bytes", lambda free=free: free)
        assert cluster.processes_that_fit(2e9) == count
