"""Many cases: lists, failures that stop no other case, batches that continue, and names that are not repeated."""

import csv
import json
import re
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner

from SkullRestoreLib import batch
from SkullRestoreLib._system import dask_jobs
from SkullRestoreLib._system.progress import run_to_end
from SkullRestoreLib.batch import table
from SkullRestoreLib.cli import main
from SkullRestoreLib.errors import DependencyError, InputError, NotEnoughMemoryError, SkullRestoreError
from SkullRestoreLib.pipeline import process_case
from SkullRestoreLib.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
HERE = dask_jobs.ComputeTarget(workers=1)


# --- lists


def test_a_list_is_a_path_a_line_relative_to_it(tmp_path):
    (tmp_path / "heads.txt").write_text("# two heads\nward/a.nrrd\n\n/data/b\n")
    assert batch.read_case_list(tmp_path / "heads.txt") == [
        batch.BatchCase("case_0001", 2, tmp_path / "ward/a.nrrd"),
        batch.BatchCase("case_0002", 4, Path("/data/b")),
    ]


def test_a_list_may_name_its_cases_and_choose_series(tmp_path):
    (tmp_path / "heads.csv").write_text("name,input,series\nH-1,a,2\n,b.nii.gz,\n")
    assert batch.read_case_list(tmp_path / "heads.csv") == [
        batch.BatchCase("H-1", 2, tmp_path / "a", "2"),
        batch.BatchCase("case_0002", 3, tmp_path / "b.nii.gz"),
    ]


def test_a_list_may_say_what_headers_do_not(tmp_path):
    (tmp_path / "heads.csv").write_text(
        "input,spacing,space,nifti_affine\na.nrrd,0.45;0.45;1,lps,\nb.nii,,,qform\nc,,,\n"
    )
    given = [case.header.read_arguments for case in batch.read_case_list(tmp_path / "heads.csv")]
    assert given == [{"spacing": (0.45, 0.45, 1.0), "space": "LPS"}, {"nifti_affine": "qform"}, {}]
    (tmp_path / "heads.csv").write_text("input,space\na.nrrd,LPX\n")
    with pytest.raises(InputError, match=r"Line 2: 'LPX' is no space"):
        batch.read_case_list(tmp_path / "heads.csv")


def test_in_a_folder_everything_that_can_be_read_is_a_case(tmp_path):
    for name in ("b.nii.gz", "a.stl", "notes.txt", ".hidden.stl"):
        (tmp_path / name).touch()
    (tmp_path / "ct").mkdir()
    assert [c.path.name for c in batch.read_case_list(tmp_path)] == ["a.stl", "b.nii.gz", "ct"]


def test_cases_are_named_after_their_inputs_only_when_asked(tmp_path):
    (tmp_path / "Doe^Jane").mkdir()
    (tmp_path / "doe_jane.nii.gz").touch()
    assert {c.name for c in batch.read_case_list(tmp_path)} == {"case_0001", "case_0002"}
    (tmp_path / "Doe^Jane").rmdir()
    assert [c.name for c in batch.read_case_list(tmp_path, identify=True)] == ["doe_jane"]


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("no.txt", None, "no list or folder"),
        ("empty.txt", "# nothing\n", "holds no case"),
        ("heads.csv", "path\na\n", "no column 'input'"),
        ("heads.csv", "input,name\na,../up\n", "cannot be a folder's name"),
        ("heads.csv", "input,name\na,x\nb,X\n", "used more than once"),
        ("heads.nrrd", b"NRRD\x00\xff\xfe", "not plain text"),
    ],
)
def test_an_unusable_list_is_refused_with_what_it_should_be(tmp_path, name, content, expected):
    if content is not None:
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InputError, match=expected):
        batch.read_case_list(tmp_path / name)


# --- the run, in this process


@pytest.fixture
def here(monkeypatch):
    """Dask's own client with its workers in this process; a list of the inputs that were worked on."""
    import distributed

    @contextmanager
    def connected(place, *, job_bytes):
        with (
            distributed.LocalCluster(
                n_workers=1,
                threads_per_worker=1,
                processes=False,
                dashboard_address=None,
                # another worker of the tests may have the usual port
                scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},
            ) as cluster,
            distributed.Client(cluster) as client,
        ):
            yield client

    class Done(list):
        def short(self, source):
            """Whether an input lacks memory; a test replaces this."""
            return False

    here = Done()

    def restore(source, out, settings, *, reading, also=(), force=False, keep_failed=False):
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
            "defects": [{"area_cm2": area, "implant": {"passed": "cut" not in source.name}}]
            if "whole" not in source.name
            else [],
            "withheld": [{"defect": 1, "made": True, "file": None, "failed": ["Triangles cut each other."]}]
            if "cut" in source.name
            else [],
            "not_written": [{"format": "dicom", "reason": "The DICOM objects could not be made: a fault."}]
            if "undicom" in source.name
            else [],
            "warnings": [],
            "peak_memory_mb": 1.0,
        }
        (out / "restoration.json").write_text(json.dumps(facts))
        return facts

    monkeypatch.setattr(dask_jobs, "dask_client", connected)
    monkeypatch.setattr(process_case, "process_case", restore)
    return here


@pytest.fixture
def heads(tmp_path):
    (tmp_path / "heads.txt").write_text("\n".join(f"doe/{n}.nrrd" for n in ("a", "bad", "whole", "odd", "b", "c")))
    return batch.read_case_list(tmp_path / "heads.txt")


def without_times(rows):
    return [{k: v for k, v in row.items() if k not in ("seconds", "peak_memory_mb")} for row in rows]


def logged_rows(out):
    """Rows of the log, after its first line with the options."""
    lines = (out / batch.LOG_NAME).read_text().splitlines()[1:]
    return [row for line in lines for row in json.loads(line)["rows"]]


def test_a_bad_case_is_a_row_with_its_reason_and_stops_no_other(here, heads, tmp_path):
    rows = run_to_end(batch.run_batch(heads, tmp_path / "out", Settings(), place=HERE))
    assert [row["outcome"] for row in rows] == ["restored", "failed", "no defect", "failed", "restored", "restored"]
    assert rows[1]["reason"] == "the input cannot be read: it is damaged."
    assert "ZeroDivisionError" in rows[3]["reason"]
    with (tmp_path / "out" / "batch.csv").open(newline="", encoding="utf-8") as file:
        written = list(csv.DictReader(file))
    assert [row["case"] for row in written] == [f"case_{n:04d}" for n in range(1, 7)]
    page = (tmp_path / "out" / "batch.md").read_text(encoding="utf-8")
    assert page.startswith("6 cases: 3 restored, 1 without a defect, 2 failed.")
    assert page.count("\n| case_") == 6


def test_progress_has_what_is_done_and_how_long_the_rest_will_take(here, heads, tmp_path):
    progress = list(batch.run_batch(heads, tmp_path / "out", Settings(), place=HERE))
    assert [p.done for p in progress] == list(range(7))
    assert progress[0].seconds_left is None
    assert progress[-1].seconds_left == 0
    assert all(p.seconds_left >= 0 for p in progress[1:])


def test_a_batch_that_was_stopped_continues_and_ends_with_the_same_table(here, heads, tmp_path):
    complete = run_to_end(batch.run_batch(heads, tmp_path / "whole", Settings(), place=HERE))
    here.clear()
    steps = batch.run_batch(heads, tmp_path / "out", Settings(), place=HERE)
    for _ in range(4):
        next(steps)
    steps.close()
    assert "3 not done yet" in (tmp_path / "out" / "batch.md").read_text(encoding="utf-8")
    kept = {row["case"] for row in logged_rows(tmp_path / "out")}
    with (tmp_path / "out" / batch.LOG_NAME).open("a") as file:
        file.write('{"case": "case_00')  # as a process that is killed leaves it
    here.clear()
    assert without_times(run_to_end(batch.run_batch(heads, tmp_path / "out", Settings(), place=HERE))) == without_times(
        complete
    )
    assert len(here) == 6 - len(kept)


def test_a_result_that_somebody_removed_is_made_again(here, heads, tmp_path):
    run_to_end(batch.run_batch(heads, tmp_path / "out", Settings(), place=HERE))
    here.clear()
    (tmp_path / "out" / "cases" / "case_0005" / "restoration.json").unlink()
    (tmp_path / "out" / "cases" / "case_0005").rmdir()
    run_to_end(batch.run_batch(heads, tmp_path / "out", Settings(), place=HERE))
    assert here == ["b.nrrd"]


def test_a_failed_case_is_tried_again_only_when_asked(here, heads, tmp_path):
    run_to_end(batch.run_batch(heads, tmp_path / "out", Settings(), place=HERE))
    here.clear()
    run_to_end(batch.run_batch(heads, tmp_path / "out", Settings(), place=HERE))
    assert here == []
    run_to_end(batch.run_batch(heads, tmp_path / "out", Settings(), place=HERE, retry=True))
    assert sorted(here) == ["bad.nrrd", "odd.nrrd"]


def test_a_case_that_lacks_memory_waits_until_the_others_are_done(here, heads, tmp_path):
    here.short = lambda source: source.name in ("a.nrrd", "b.nrrd") and here.count(source.name) == 1
    progress = list(batch.run_batch(heads, tmp_path / "out", Settings(), place=HERE))
    assert sorted(here[-2:]) == ["a.nrrd", "b.nrrd"]  # again, after all others
    assert [p.row["outcome"] for p in progress if p.is_postponed] == ["no memory", "no memory"]
    assert [p.done for p in progress if not p.is_postponed] == list(range(7))
    assert all(p.seconds_left >= 0 for p in progress[1:])
    assert sorted(row["outcome"] for row in logged_rows(tmp_path / "out")) == [
        "failed",
        "failed",
        "no defect",
        "restored",
        "restored",
        "restored",
    ]


def test_a_case_that_lacked_memory_even_alone_is_marked_so_and_tried_again_when_the_batch_continues(
    here, heads, tmp_path
):
    here.short = lambda source: source.name == "a.nrrd"
    rows = run_to_end(batch.run_batch(heads, tmp_path / "out", Settings(), place=HERE))
    assert here.count("a.nrrd") == 2
    assert rows[0]["outcome"] == "no memory"
    assert rows[0]["reason"] == "the input takes about 2.0 GB of memory, and 1.0 GB are free."
    page = (tmp_path / "out" / "batch.md").read_text(encoding="utf-8")
    assert page.startswith("6 cases: 2 restored, 1 without a defect, 2 failed, 1 not done for lack of memory.")
    here.clear()
    here.short = lambda source: False
    rows = run_to_end(batch.run_batch(heads, tmp_path / "out", Settings(), place=HERE))
    assert here == ["a.nrrd"]
    assert rows[0]["outcome"] == "restored"


def test_an_allocation_that_fails_inside_a_library_is_a_lack_of_memory_too(here, tmp_path):
    (tmp_path / "heads.txt").write_text("burst.nrrd\n")
    (row,) = run_to_end(
        batch.run_batch(batch.read_case_list(tmp_path / "heads.txt"), tmp_path / "out", Settings(), place=HERE)
    )
    assert row["outcome"] == "no memory"
    assert row["reason"].startswith("The memory ran out while it was worked on.")


def test_a_case_whose_process_the_system_kills_is_done_alone(here, heads, tmp_path, monkeypatch):
    real, started = dask_jobs.run_jobs, []
    lost = dask_jobs.LostJob("It was ended from outside.", killed=True)

    def lose_one(jobs, work, client):
        started.append(list(jobs))
        for name, result in real(jobs, work, client):
            yield name, lost if name == "case_0005" and len(jobs) > 1 else result

    monkeypatch.setattr(dask_jobs, "run_jobs", lose_one)
    rows = run_to_end(batch.run_batch(heads, tmp_path / "out", Settings(), place=HERE))
    assert started[1:] == [["case_0005"]]
    assert rows[4]["outcome"] == "restored"


def test_the_command_prints_what_waits_and_ends_with_1_where_the_memory_was_never_enough(here, tmp_path):
    (tmp_path / "heads.txt").write_text("a.nrrd\nb.nrrd\n")
    here.short = lambda source: source.name == "a.nrrd"
    command = ["batch", str(tmp_path / "heads.txt"), "--out", str(tmp_path / "out")]
    result = CliRunner().invoke(main.app, command)
    assert result.exit_code == 1, result.output
    assert "case_0001: waits until the others are done, for lack of memory" in result.stderr
    assert "[2/2] case_0001: no memory, the input takes about 2.0 GB" in result.stderr
    assert "2 cases: 1 restored, 0 without a defect, 0 failed, 1 not done for lack of memory." in result.stdout
    here.short = lambda source: False
    assert CliRunner().invoke(main.app, command).exit_code == 0


def test_other_settings_are_another_batch(here, heads, tmp_path):
    run_to_end(batch.run_batch(heads, tmp_path / "out", Settings(), place=HERE))
    with pytest.raises(InputError, match=r"other options \(level differ\).*--force"):
        run_to_end(batch.run_batch(heads, tmp_path / "out", Settings(level=5), place=HERE))
    here.clear()
    run_to_end(batch.run_batch(heads, tmp_path / "out", Settings(level=5), place=HERE, force=True))
    assert len(here) == 6


def test_a_folder_with_somebody_elses_files_is_refused(heads, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "letter.txt").touch()
    with pytest.raises(SkullRestoreError, match=r"letter\.txt"):
        run_to_end(batch.run_batch(heads, tmp_path / "out", Settings(), place=HERE, force=True))


def test_neither_table_nor_log_nor_folder_repeats_a_name_of_the_inputs(here, heads, tmp_path):
    run_to_end(batch.run_batch(heads, tmp_path / "out", Settings(), place=HERE))
    for path in (tmp_path / "out").rglob("*"):
        assert "doe" not in path.name
        assert path.is_dir() or (b"doe" not in path.read_bytes() and b"bad.nrrd" not in path.read_bytes())


@pytest.mark.parametrize(
    ("path", "reason", "expected"),
    [
        (
            "/home/out/a.nrrd",
            "It takes about 2 GB; /home/out/a.nrrd is cut off.",
            "It takes about 2 GB; the input is cut off.",
        ),
        ("/ward/doe/ct", "'IM_doe1.dcm' in 'doe' is no image.", "'IM_...1.dcm' in ... is no image."),
        ("/ward/Doe/ct", "DoeJane.dcm is no image.", "...Jane.dcm is no image."),
    ],
)
def test_a_reason_names_no_folder_and_keeps_its_words(path, reason, expected):
    assert table.failure_row(batch.BatchCase("case_0001", 1, Path(path)), reason, 0.0)["reason"] == expected


def test_what_the_command_says(here, tmp_path):
    (tmp_path / "heads.txt").write_text("a.nrrd\nbad.nrrd\n")
    result = CliRunner().invoke(main.app, ["batch", str(tmp_path / "heads.txt"), "--out", str(tmp_path / "out")])
    assert result.exit_code == 0, result.output
    assert "2 cases: 1 restored, 0 without a defect, 1 failed." in result.stdout
    assert re.search(
        r"\[\d/2\] case_0002: failed, the input cannot be read: it is damaged\.; .* s; about \d+ s left", result.stderr
    )


def test_without_dask_the_command_says_what_to_install(heads, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(DependencyError, match=r"skullrestore\[batch\]"):
        run_to_end(batch.run_batch(heads, tmp_path / "out", Settings(), place=HERE))


def test_a_scheduler_that_does_not_answer_is_reported(heads, tmp_path, monkeypatch):
    monkeypatch.setattr(dask_jobs, "SCHEDULER_TIMEOUT_S", 1)
    with pytest.raises(SkullRestoreError, match="No Dask scheduler answers"):
        run_to_end(
            batch.run_batch(heads, tmp_path / "out", Settings(), place=dask_jobs.ComputeTarget("tcp://127.0.0.1:9"))
        )


def test_as_many_processes_as_the_memory_holds_and_never_none(monkeypatch):
    monkeypatch.setattr(dask_jobs.os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    for free, count in ((100e9, 8), (7e9, 3), (1e9, 1)):
        monkeypatch.setattr(dask_jobs.memory, "available_bytes", lambda free=free: free)
        assert dask_jobs.max_parallel_jobs(2e9) == count


# --- implants that did not pass, and formats that could not be made


def test_a_case_with_a_format_missing_is_counted_apart_and_done_again_only_when_asked(here, tmp_path):
    (tmp_path / "heads.txt").write_text("a.nrrd\nundicom.nrrd\n")
    command = ["batch", str(tmp_path / "heads.txt"), "--out", str(tmp_path / "out")]
    result = CliRunner().invoke(main.app, command)
    assert result.exit_code == 4, result.output
    assert "2 cases: 1 restored, 1 restored with a format missing, 0 without a defect, 0 failed." in result.stdout
    assert "In 1 case a format could not be made" in result.stderr
    here.clear()
    assert CliRunner().invoke(main.app, command).exit_code == 4
    assert here == []
    assert CliRunner().invoke(main.app, [*command, "--retry"]).exit_code == 4
    assert here == ["undicom.nrrd"]


def test_a_case_whose_implant_did_not_pass_is_counted_apart_says_why_and_is_not_done_again(here, tmp_path):
    (tmp_path / "heads.txt").write_text("a.nrrd\ncut.nrrd\nbad.nrrd\n")
    command = ["batch", str(tmp_path / "heads.txt"), "--out", str(tmp_path / "out")]
    result = CliRunner().invoke(main.app, command)
    assert result.exit_code == 3, result.output
    assert "3 cases: 1 restored, 1 restored with an implant withheld, 0 without a defect, 1 failed." in result.stdout
    assert "In 1 case an implant did not pass its checks or could not be made" in result.stderr
    with (tmp_path / "out" / "batch.csv").open(newline="", encoding="utf-8") as file:
        row = list(csv.DictReader(file))[1]
    assert (row["outcome"], row["implants_that_failed_a_check"]) == ("implant withheld", "1")
    assert row["reason"].startswith("Implant 1 did not pass its checks and is withheld: Triangles cut each other;")
    here.clear()
    again = CliRunner().invoke(main.app, command)
    assert again.exit_code == 3
    assert here == []
    assert CliRunner().invoke(main.app, [*command, "--retry"]).exit_code == 3
    assert here == ["bad.nrrd"], "the same settings would fail the same checks"


def test_a_batch_that_keeps_failed_bodies_is_another_batch(here, heads, tmp_path):
    run_to_end(batch.run_batch(heads, tmp_path / "out", Settings(), place=HERE))
    with pytest.raises(InputError, match=r"keep_failed differ"):
        run_to_end(batch.run_batch(heads, tmp_path / "out", Settings(), place=HERE, keep_failed=True))
