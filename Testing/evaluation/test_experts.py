"""Comparison with experts' implants over a folder: finding them, measuring and reporting."""

from dataclasses import replace

import numpy as np
import pytest
import trimesh
from helpers_head import phantom_head
from helpers_intake import write_image
from typer.testing import CliRunner

from SkullRestoreLib.affine import apply_affine
from SkullRestoreLib.cli import main
from SkullRestoreLib.errors import InputError
from SkullRestoreLib.evaluation.experiments.experts import (
    ExpertJob,
    expert_tables,
    find_expert_cases,
    measure_expert_case,
)
from SkullRestoreLib.geometry.surface_mesh import extract_surface
from SkullRestoreLib.settings import Settings

LPS = [-1.0, -1.0, 1.0]


def touch(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


@pytest.mark.slow
def test_cases_are_found_in_a_folder_for_each_skull(tmp_path):
    touch(tmp_path, "B0001/B0001.nrrd", "B0001/B0001.stl", "B0001/B0001_Implant.stl", "B0002/skull.stl")
    touch(tmp_path, "B0003/B0003_clear.stl", "B0003/implant_1.stl", "B0003/implant_2.stl", "B0003/readme.txt")
    one, two = find_expert_cases(tmp_path)
    assert (one.name, one.skull.name, [path.name for path in one.implants]) == (
        "B0001",
        "B0001.nrrd",
        ["B0001_Implant.stl"],
    )
    assert (two.name, two.skull.name, len(two.implants)) == ("B0003", "B0003_clear.stl", 2)


@pytest.mark.slow
def test_cases_are_found_in_one_folder_by_their_names(tmp_path):
    touch(tmp_path, "a.nrrd", "a_implant.stl", "b.nrrd", "b-implants.stl", "c.nrrd")
    assert [(case.skull.name, case.implants[0].name) for case in find_expert_cases(tmp_path)] == [
        ("a.nrrd", "a_implant.stl"),
        ("b.nrrd", "b-implants.stl"),
    ]


@pytest.mark.slow
def test_a_folder_without_implants_is_refused_with_what_is_expected(tmp_path):
    touch(tmp_path, "a.nrrd", "b.nrrd")
    with pytest.raises(InputError, match='have "implant" in their names'):
        find_expert_cases(tmp_path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A synthetic head whose true piece, moved outwards by 1 mm, is an expert's implant."""
    root = tmp_path_factory.mktemp("experts")
    head = phantom_head()
    intact, holed = head.mask(intact=True).array, head.mask().array
    write_image(root / "skull.nrrd", holed.astype(np.uint8), head.ijk_to_ras)
    piece = extract_surface((intact & ~holed).astype(np.uint8), 0.5, head.ijk_to_ras)
    outwards = piece.vertices.mean(axis=0) - apply_affine(head.head_to_ras, np.zeros((1, 3)))[0]
    moved = piece.vertices + outwards / np.linalg.norm(outwards)
    trimesh.Trimesh(moved * LPS, piece.faces, process=False).export(root / "implant.stl")
    trimesh.Trimesh(moved, piece.faces, process=False).export(root / "implant_in_ras.stl")
    trimesh.Trimesh(moved * LPS + [0, 0, 150], piece.faces, process=False).export(root / "implant_far_away.stl")
    return root


@pytest.fixture(scope="module")
def rows(folder):
    (case,) = find_expert_cases(folder)
    return {row["implant"]: row for row in measure_expert_case(ExpertJob(case, Settings(level=5)))}


@pytest.mark.slow
def test_an_implant_is_compared_in_both_directions(rows):
    row = rows["implant.stl"]
    assert row["found"]
    assert row["covered"] > 0.85
    assert row["height_mm"] == pytest.approx(1.0, abs=0.5)
    assert 0.5 < row["mean_mm"] < 2.0
    assert 0.5 < row["back_mean_mm"] < 2.5
    assert row["mean_mm"] < row["p95_mm"]
    assert 3 < row["thickness_mm"] < 12
    assert row["note"] == ""


@pytest.mark.slow
def test_an_implant_in_the_other_coordinates_is_turned_and_that_is_said(rows):
    row = rows["implant_in_ras.stl"]
    assert row["note"] == "the implant's x and y were reversed"
    assert row["mean_mm"] == pytest.approx(rows["implant.stl"]["mean_mm"], abs=0.05)


@pytest.mark.slow
def test_an_implant_that_belongs_elsewhere_is_not_measured(rows):
    assert rows["implant_far_away.stl"]["note"] == "the implant is far from every hole that was found"
    assert not rows["implant_far_away.stl"]["found"]


@pytest.mark.slow
def test_a_skull_that_cannot_be_restored_says_why(folder, tmp_path):
    (case,) = find_expert_cases(folder)
    nothing = write_image(tmp_path / "skull.nrrd", np.pad(np.ones((4, 4, 4), np.uint8), 30), np.diag([2.0, 2, 2, 1]))
    made = measure_expert_case(ExpertJob(replace(case, skull=nothing), Settings(level=5)))
    assert [row["found"] for row in made] == [False, False, False]
    assert all(row["note"] for row in made)


@pytest.mark.slow
def test_the_table_has_medians_and_every_implant(rows):
    text = expert_tables(list(rows.values()))
    assert text.startswith("3 implants, 2 of them over a hole that was found.")
    assert "| implant_far_away.stl |" in text
    for block in text.split("\n\n")[1:]:
        assert len({line.count("|") for line in block.splitlines()}) == 1


@pytest.mark.slow
@pytest.mark.parametrize("command", ["experts", "external"])
def test_a_folder_of_nothing_ends_the_command_in_a_sentence(command, tmp_path):
    done = CliRunner().invoke(main.app, ["evaluate", command, str(tmp_path)])
    assert done.exit_code == 2
    assert "Traceback" not in done.output
