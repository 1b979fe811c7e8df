"""The cohort and the reference skulls, from a folder of skulls to the published tables; on one small synthetic head."""

import json

import numpy as np
import pytest
from helpers_evaluation import table_row
from helpers_head import phantom_head
from helpers_intake import write_image
from typer.testing import CliRunner

from SkullRestoreLib._system.progress import run_to_end
from SkullRestoreLib.cli import main
from SkullRestoreLib.errors import DependencyError, InputError, OutputError
from SkullRestoreLib.evaluation.cases.craniectomies import REGIONS
from SkullRestoreLib.evaluation.cases.disturbances import DISTURBANCES
from SkullRestoreLib.evaluation.cases.geometric_defects import SOLID_NAMES
from SkullRestoreLib.evaluation.cases.random_cases import HOLE_OBJECTS, build_case, draw_cases, list_skulls
from SkullRestoreLib.evaluation.experiments import case_measurement, cohort, reference_skull, runner
from SkullRestoreLib.evaluation.experiments.case_measurement import ROW_COLUMNS
from SkullRestoreLib.evaluation.methods.compared_methods import METHODS, EvaluationOptions, atlas_path
from SkullRestoreLib.evaluation.methods.upper_bounds import UPPER_BOUND_NAMES
from SkullRestoreLib.evaluation.tables import result_files, summary
from SkullRestoreLib.settings import Settings

OURS = ("SkullRestore",)
pytestmark = pytest.mark.usefixtures("quick_steps_and_pictures")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """One synthetic skull and a piece of it, as SkullFix is laid out."""
    root = tmp_path_factory.mktemp("skulls")
    head = phantom_head()
    intact = head.mask(intact=True).array
    for kind, array in (("complete", intact), ("implant", intact & ~head.mask().array)):
        (root / kind).mkdir()
        write_image(root / kind / "000.nrrd", array.astype(np.uint8), head.ijk_to_ras)
    return root


# --- drawing cases


def test_the_regions_and_the_disturbances_take_turns(folder):
    cases = draw_cases(list_skulls(folder), 64)
    assert {c.region for c in cases} == set(REGIONS)
    assert sum(c.region == "low temporal" for c in cases) == 16
    assert 24 <= sum(c.disturbance in DISTURBANCES for c in cases) <= 28
    assert sum(c.disturbance in HOLE_OBJECTS for c in cases) == 6
    assert len({c.name for c in cases}) == 64


def test_plain_solids_take_turns_where_they_are_asked_for(folder):
    cases = draw_cases(list_skulls(folder), 2 * len(SOLID_NAMES), holes="solids")
    assert sorted(c.region for c in cases) == sorted(2 * SOLID_NAMES)
    assert any(c.disturbance for c in cases)


def test_the_same_seed_draws_the_same_cases_and_another_draws_others(folder):
    skulls = list_skulls(folder)
    assert draw_cases(skulls, 12, seed=1) == draw_cases(skulls, 12, seed=1)
    assert draw_cases(skulls, 12, seed=1) != draw_cases(skulls, 12, seed=2)


@pytest.mark.slow
@pytest.mark.usefixtures("nothing_is_remembered")
def test_a_case_is_the_same_when_it_is_built_again(folder):
    case = next(c for c in draw_cases(list_skulls(folder), 16) if c.disturbance == "noise")
    first, again = (build_case(case, atlas_path(Settings())) for _ in range(2))
    assert np.array_equal(first.source.array, again.source.array)
    assert [t.area_cm2 for t in first.truths] == [t.area_cm2 for t in again.truths]


def test_only_skulls_of_the_split_are_taken(folder, tmp_path):
    split = tmp_path / "split.json"
    split.write_text(json.dumps({"test": ["001"], "valid": ["000"]}))
    assert [p.name for p in list_skulls(folder, split=split, part="valid")] == ["000.nrrd"]
    with pytest.raises(InputError, match="under the names asked for"):
        list_skulls(folder, split=split)
    with pytest.raises(InputError, match="is no folder"):
        list_skulls(tmp_path / "none")


# --- from skulls to tables


SEED = 4
"""Of the cases that are measured, so that their heads are examined once."""


@pytest.fixture(scope="module")
def published(folder, tmp_path_factory):
    out = tmp_path_factory.mktemp("results") / "cohort"
    methods = ("SkullRestore", "thin plate")
    text = run_to_end(cohort.run_cohort(folder, 2, EvaluationOptions(methods, seed=SEED), out=out))
    return out, text


@pytest.mark.slow
def test_a_cohort_is_measured_and_published_completely(published):
    out, text = published
    assert sorted(p.name for p in out.iterdir()) == ["cohort.csv", "cohort.md", "cohort.png", "gallery.html"]
    assert (out / "cohort.md").read_text() == text + "\n"
    for part in ("All methods", "by region", "By size", "By disturbance", "Good, %"):
        assert part in text
    assert list(out.parent.iterdir()) == [out]  # the journal is gone


@pytest.mark.slow
def test_every_method_and_every_upper_bound_has_a_row_for_each_hole(published):
    lines = (published[0] / "cohort.csv").read_text().splitlines()
    assert lines[0].split(",") == list(ROW_COLUMNS)
    methods = [line.split(",")[2] for line in lines[1:]]
    assert set(methods) == {"SkullRestore", "thin plate", *(m for m in methods if m.startswith("floor: "))}
    assert len({methods.count(m) for m in methods}) == 1
    assert len(set(methods)) == 2 + len(UPPER_BOUND_NAMES)


@pytest.mark.slow
def test_the_gallery_shows_each_case_with_three_pictures_and_loads_nothing(published):
    page = (published[0] / "gallery.html").read_text()
    assert page.count("<section>") == 2
    assert page.count("data:image/png;base64,") == 6
    assert "://" not in page  # the base64 text of a picture may contain any word


@pytest.mark.slow
def test_a_result_is_never_replaced_unasked(folder, published):
    with pytest.raises(OutputError, match="--force"):
        run_to_end(cohort.run_cohort(folder, 2, EvaluationOptions(OURS), out=published[0]))


@pytest.mark.slow
def test_a_run_that_is_stopped_leaves_no_result_and_continues_later(folder, tmp_path):
    out = tmp_path / "cohort"
    steps = cohort.run_cohort(folder, 2, EvaluationOptions(OURS, seed=SEED, floor=False), out=out)
    for _ in range(2):
        next(steps)
    steps.close()
    assert [p.name for p in tmp_path.iterdir()] == [".cohort.unfinished.jsonl"]
    assert len((tmp_path / ".cohort.unfinished.jsonl").read_text().splitlines()) == 2  # the key and one case


@pytest.fixture
def quick(monkeypatch):
    """Measure no case: rows and headings follow from the plan."""
    monkeypatch.setattr(
        runner,
        "measure_case",
        lambda job: case_measurement.failed_case_rows(job, "not measured"),
    )


def test_rows_of_other_holes_are_not_reused(folder, tmp_path, quick):
    def started(holes):
        steps = cohort.run_cohort(folder, 1, EvaluationOptions(OURS, floor=False), holes=holes, out=tmp_path / "cohort")
        done = [next(steps)[1], next(steps)[1]]
        steps.close()
        return done

    assert started("clinical") == [0.0, 1.0]
    assert started("clinical")[0] == 1.0
    assert started("solids")[0] == 0.0


def test_a_table_of_solids_says_what_kinds_of_hole_there_are(folder, quick):
    text = run_to_end(cohort.run_cohort(folder, 1, EvaluationOptions(OURS, floor=False), holes="solids"))
    assert "### SkullRestore by kind of hole" in text
    assert any(f"\n| {kind} | 1 |" in text for kind in SOLID_NAMES)


def test_without_matplotlib_an_error_says_what_to_install_before_any_work(folder, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)
    with pytest.raises(DependencyError, match=r"skullrestore\[evaluate\]"):
        result_files.check_output(tmp_path / "out", "cohort", force=False)


def test_a_skull_that_cannot_be_used_is_noted_and_does_not_stop_the_rest(folder, tmp_path):
    write_image(tmp_path / "000.nrrd", np.pad(np.ones((4, 4, 4), np.uint8), 30), np.diag([2.0, 2.0, 2.0, 1.0]))
    text = run_to_end(cohort.run_cohort(tmp_path, 1, EvaluationOptions(OURS)))
    assert "| SkullRestore | 1 | 0.0 |" in text


@pytest.mark.slow
def test_reference_skulls_use_the_official_piece_and_clinical_shapes(folder, tmp_path):
    cases = reference_skull.reference_cases(folder, list_skulls(folder), shapes=2)
    assert [c.name for c in cases] == ["000-00", "000-01", "000-official"]
    assert all(c.disturbance == "" for c in cases)
    text = run_to_end(
        reference_skull.run_reference_skull(
            folder, EvaluationOptions(OURS, floor=False), shapes=0, out=tmp_path / "reference"
        )
    )
    assert "Official implants" in text
    assert "| true area, cm² |" in text
    assert sorted(p.suffix for p in (tmp_path / "reference").iterdir()) == [".csv", ".md", ".png"]


# --- tables


def test_a_case_with_two_holes_counts_by_the_worse_of_them():
    (outcome,) = summary.case_outcomes(
        [table_row(), table_row(hole=2, grade="acceptable", right=False, largest_mm=4.0)]
    )
    assert (outcome.good, outcome.acceptable, outcome.right, outcome.found) == (False, True, False, True)
    assert outcome.largest_mm == 4.0
    assert outcome.true_area_cm2 == 60.0


def test_the_paper_s_table_gives_median_quartiles_and_range():
    rows = [table_row(case=str(k), area_cm2=30.0 + k, largest_mm=float(k)) for k in range(5)]
    text = summary.reference_table(rows)
    assert "| difference, cm² | 2.00 [1.00; 3.00], 0.00 to 4.00 |" in text
    assert "| largest deviation, mm | 2.00 [1.00; 3.00], 0.00 to 4.00 |" in text


def test_holes_that_were_not_found_are_counted_and_not_averaged():
    rows = [table_row(), table_row(case="b", found=False, grade="unacceptable", area_cm2=0.0, largest_mm=float("nan"))]
    assert "| not found | 1 |" in summary.reference_table(rows)
    assert "| m | 2 | 50.0 | 100.0 |" in summary.cohort_tables(rows)


@pytest.mark.slow
def test_every_line_of_a_table_has_as_many_cells_as_its_head(published):
    for block in published[1].split("\n\n"):
        if block.startswith("|"):
            assert len({line.count("|") for line in block.splitlines()}) == 1


# --- the commands


def run(*arguments):
    return CliRunner().invoke(main.app, ["evaluate", *map(str, arguments)])


@pytest.mark.slow
def test_the_commands_print_their_tables(folder):
    options = ("--cases", 2, "--seed", SEED, "--methods", "SkullRestore", "--no-floor")
    result = run("cohort", "--skulls", folder, *options)
    assert result.exit_code == 0, result.output
    assert "| SkullRestore | 2 |" in result.stdout


@pytest.mark.parametrize("command", ["cohort", "reference-skull"])
def test_a_method_that_is_not_known_is_refused_with_the_known_ones(folder, command):
    result = run(command, "--skulls", folder, "--methods", "guessing")
    assert result.exit_code == 2
    assert "guessing is no method" in result.stderr
    assert next(iter(METHODS)) in result.stderr


def test_a_run_that_the_user_stops_says_that_it_continues_later(folder, tmp_path, monkeypatch):
    def stopped(job):
        raise KeyboardInterrupt

    monkeypatch.setattr(runner, "measure_case", stopped)
    result = run("cohort", "--skulls", folder, "--cases", 1, "--methods", "SkullRestore", "--out", tmp_path / "out")
    assert result.exit_code == 130
    assert "continues from there" in result.stderr
    assert not (tmp_path / "out").exists()
    assert "Nothing was written" in run("cohort", "--skulls", folder, "--cases", 1, "--methods", "SkullRestore").stderr
