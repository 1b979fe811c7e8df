"""Overlap with the true missing piece over a folder of pairs: finding pairs, measuring and reporting them."""

import json
from dataclasses import asdict, replace

import numpy as np
import pytest
from helpers_head import phantom_head
from helpers_intake import write_image
from typer.testing import CliRunner

from SkullRestoreLib._system.progress import run_to_end
from SkullRestoreLib.cli import main
from SkullRestoreLib.errors import InputError
from SkullRestoreLib.evaluation.experiments import overlap
from SkullRestoreLib.evaluation.experiments.overlap import (
    OverlapJob,
    OverlapRow,
    find_pairs,
    measure_pair,
    overlap_tables,
)
from SkullRestoreLib.evaluation.methods.compared_methods import EvaluationOptions
from SkullRestoreLib.records import Settings


def touch(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def test_pairs_are_found_as_skullfix_lays_them_out(tmp_path):
    touch(
        tmp_path, "implant/001.nrrd", "implant/000.nrrd", "complete/000.nrrd", "complete/001.nrrd", "complete/002.nrrd"
    )
    first, second = find_pairs(tmp_path)
    assert (first.name, second.name) == ("000", "001")
    assert first.intact_path == tmp_path / "complete" / "000.nrrd"
    assert first.defective_path is None


def test_pairs_are_found_as_skullbreak_lays_them_out(tmp_path):
    touch(
        tmp_path,
        "implant/bilateral/007.nrrd",
        "implant/random_1/007.nrrd",
        "defective_skull/bilateral/007.nrrd",
        "defective_skull/random_1/007.nrrd",
        "complete_skull/007.nrrd",
    )
    pairs = find_pairs(tmp_path)
    assert [p.name for p in pairs] == ["bilateral/007", "random_1/007"]
    assert pairs[0].defective_path == tmp_path / "defective_skull" / "bilateral" / "007.nrrd"
    assert pairs[0].intact_path == tmp_path / "complete_skull" / "007.nrrd"


def test_other_formats_and_folder_names_are_known(tmp_path):
    touch(tmp_path, "implants/a.nii.gz", "skulls/a.nii.gz", "implants/notes.txt", "skulls/notes.txt")
    (pair,) = find_pairs(tmp_path)
    assert (pair.name, pair.defective_path.name, pair.intact_path) == ("a", "a.nii.gz", None)


def test_only_the_names_asked_for_are_measured(tmp_path):
    touch(tmp_path, *(f"{kind}/{n}.nrrd" for kind in ("implant", "complete") for n in ("000", "001", "002")))
    assert [p.name for p in find_pairs(tmp_path, names=["002", "000"])] == ["000", "002"]
    with pytest.raises(InputError, match="under the names asked for"):
        find_pairs(tmp_path, names=["077"])


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ((), "holds no folder of missing pieces"),
        (("implant/000.nrrd",), "holds no pair"),
        (("complete/000.nrrd",), "no folder of missing"),
    ],
)
def test_a_folder_without_pairs_is_refused_with_what_is_expected(tmp_path, files, said):
    touch(tmp_path, *files)
    with pytest.raises(InputError, match=said):
        find_pairs(tmp_path)


ROWS = [
    OverlapRow("000", "SkullRestore", 0.95, 0.96, 1.0, 0.3, 1, 8.0),
    OverlapRow("001", "SkullRestore", 0.91, 0.93, 2.0, 0.5, 1, 9.0),
    OverlapRow("002", "SkullRestore", 0.0, 0.0, np.inf, np.inf, 0, 0.0, "The top of the head is cut off."),
    OverlapRow("000", "shape model", 0.80, 0.82, 3.0, 0.9, 1, 5.0),
]


def test_the_table_tells_median_and_mean_of_each_method_and_every_case():
    lines = overlap_tables(ROWS).splitlines()
    assert lines[2].startswith("| SkullRestore | 3 | 0.910 (0.620) | 0.930 (0.630) | 2.00 (1.50) | 0.50 (0.40) | 1 |")
    assert lines[3].startswith("| shape model | 1 | 0.800 (0.800) |")
    assert len([line for line in lines if line.startswith("| 00")]) == 4
    assert "The top of the head is cut off." in overlap_tables(ROWS)


def test_every_row_of_a_table_has_as_many_cells_as_its_head():
    blocks = overlap_tables(ROWS).split("\n\n")
    for block in blocks:
        assert len({line.count("|") for line in block.splitlines()}) == 1


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """One pair: a synthetic head and the piece that is missing from it."""
    root = tmp_path_factory.mktemp("pairs")
    head = phantom_head()
    intact, holed = head.mask(intact=True).array, head.mask().array
    for kind, array in (("complete", intact), ("implant", intact & ~holed)):
        (root / kind).mkdir()
        write_image(root / kind / "000.nrrd", array.astype(np.uint8), head.ijk_to_ras)
        write_image(root / kind / "001.nrrd", array.astype(np.uint8), head.ijk_to_ras)
    return root


def job(pair, *methods):
    return OverlapJob(pair, methods, Settings())


@pytest.mark.slow
def test_a_skull_is_restored_and_compared_with_its_true_piece(folder):
    row, floor = measure_pair(job(find_pairs(folder)[0], "shape model"))
    assert floor["method"] == "floor: best smooth patch"
    assert floor["dsc"] > row["dsc"]
    assert floor["mean_mm"] < row["mean_mm"] < row["hd95_mm"]
    assert (row["name"], row["method"], row["note"]) == ("000", "shape model", "")
    assert row["dsc"] > 0.8
    assert row["bdsc"] > 0.8
    assert row["hd95_mm"] <= 4.1  # two voxels of this coarse head
    assert row["defects"] >= 1
    assert row["seconds"] > 0


def test_a_skull_that_cannot_be_restored_counts_as_no_overlap_and_says_why(folder, tmp_path):
    nothing = write_image(
        tmp_path / "000.nrrd", np.pad(np.ones((4, 4, 4), np.uint8), 30), np.diag([2.0, 2.0, 2.0, 1.0])
    )
    for row in measure_pair(
        job(replace(find_pairs(folder)[0], intact_path=nothing, piece_path=nothing), "SkullRestore", "shape model")
    ):
        assert (row["dsc"], row["hd95_mm"], row["defects"]) == (0.0, np.inf, 0)
        assert row["note"]


def perfect(job):
    return [asdict(OverlapRow(job.pair.name, method, 0.9, 0.9, 1.0, 0.4, 1, 2.0)) for method in job.methods]


def test_the_split_chooses_the_test_skulls_and_the_results_are_written(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(overlap, "measure_pair", perfect)
    split = tmp_path / "split.json"
    split.write_text(json.dumps({"train": ["000"], "test": ["001"]}))
    text = run_to_end(
        overlap.run_overlap(folder, EvaluationOptions(overlap.OVERLAP_METHODS), split=split, out=tmp_path / "results")
    )
    assert "| 001 |" in text
    assert "| 000 |" not in text
    assert (tmp_path / "results" / "overlap.md").read_text() == text + "\n"
    lines = (tmp_path / "results" / "overlap.csv").read_text().splitlines()
    assert lines[0] == "name,method,dsc,bdsc,hd95_mm,mean_mm,defects,seconds,note"
    assert len(lines) == 1 + len(overlap.OVERLAP_METHODS)
    assert (tmp_path / "results" / "overlap.png").stat().st_size > 5000


def test_a_name_in_the_split_brings_all_its_kinds_of_hole(tmp_path):
    touch(tmp_path, *(f"implant/{kind}/{n}.nrrd" for kind in ("bilateral", "random_1") for n in ("007", "008")))
    touch(tmp_path, "complete_skull/007.nrrd", "complete_skull/008.nrrd")
    assert [p.name for p in find_pairs(tmp_path, names=["007"])] == ["bilateral/007", "random_1/007"]


@pytest.mark.parametrize("content", [None, "no json", "{}", "[]"])
def test_a_split_that_is_none_is_refused(folder, tmp_path, content):
    path = tmp_path / "split.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(InputError, match="is no split file"):
        run_to_end(overlap.run_overlap(folder, EvaluationOptions(overlap.OVERLAP_METHODS), split=path))


def test_a_method_that_is_not_known_is_refused_with_the_known_ones(folder):
    with pytest.raises(InputError, match=r"guessing is no method .* SkullRestore, shape model"):
        run_to_end(overlap.run_overlap(folder, EvaluationOptions(("guessing",))))


# --- the command


def evaluate(*arguments):
    return CliRunner().invoke(main.app, ["evaluate", "overlap", *map(str, arguments)])


def test_the_command_prints_the_table_and_writes_it(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(overlap, "measure_pair", perfect)
    result = evaluate("--pairs", folder, "--out", tmp_path / "results")
    assert result.exit_code == 0, result.output
    assert "| SkullRestore | 2 | 0.900 (0.900)" in result.stdout
    assert (tmp_path / "results" / "overlap.csv").is_file()


def test_the_command_refuses_a_folder_without_pairs_in_one_sentence(tmp_path):
    result = evaluate("--pairs", tmp_path)
    assert result.exit_code == 2
    assert "holds no folder of missing pieces" in result.stderr
    assert "Traceback" not in result.output
