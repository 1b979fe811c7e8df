"""What a session makes: implants, the comparison with the skull before, files; two cases in one scene."""

import zipfile
from dataclasses import replace

import numpy as np
import pytest
from helpers_head import phantom_head, rotation_about_axes
from helpers_scene import markup_positions
from helpers_session import FAST, bilateral_head, open_session, surface_middle, surface_vertices

from SkullRestoreLib._system.progress import run_to_end
from SkullRestoreLib.errors import InputError, OutputError
from SkullRestoreLib.geometry.mesh_distance import DistanceQuery
from SkullRestoreLib.pipeline import implants, saved_case
from SkullRestoreLib.scene import case_node, insertion_lines, models
from SkullRestoreLib.settings import ImplantSettings
from SkullRestoreLib.web import page_state
from SkullRestoreLib.web.result_files import ResultFiles


@pytest.mark.slow
def test_implants_are_closed_bodies_with_their_numbers_and_go_stale_after_an_edit(session):
    session.set_defect_enabled(2, False)
    session.start_implant_design(ImplantSettings(thickness_mm=5.0))
    session.wait_until_done()
    (body,) = session.implants
    assert body.watertight
    table = session.case_node.GetNodeReference("implants")
    titles = [table.GetColumnName(n) for n in range(table.GetNumberOfColumns())]
    assert {
        "Volume (mL)",
        "Mass in PEEK (g)",
        "Mass in titanium (g)",
        "Mass in PMMA (g)",
        "Thickness (mm)",
        "Watertight",
    } <= set(titles)
    mass = float(table.GetCellText(0, titles.index("Mass in titanium (g)")))
    assert mass == pytest.approx(body.volume_ml * 4.43, rel=0.02)
    assert session.case_node.GetNodeReference("implant1").GetDisplayNode().GetVisibility3D()
    assert not session.case_node.GetNodeReference("surface1").GetDisplayNode().GetVisibility3D()
    session.undo()
    assert session.implants == ()
    assert session.case_node.GetNodeReference("surface1").GetDisplayNode().GetVisibility3D()


@pytest.mark.slow
def test_the_insertion_direction_is_an_arrow_that_the_user_may_turn_for_the_next_design(session):
    session.set_defect_enabled(2, False)
    session.start_implant_design(ImplantSettings())
    session.wait_until_done()
    line, arrow = (session.case_node.GetNodeReference(role) for role in ("way1", "arrow1"))
    found = session.implants[0].insertion_direction
    assert insertion_lines.line_direction(line) == pytest.approx(found, abs=1e-4)
    assert insertion_lines.user_direction(line) is None
    assert arrow.GetDisplayNode().GetVisibility()
    before = models.model_vertices(arrow).copy()
    blunt, tip = markup_positions(line)
    side = np.cross(found, np.eye(3)[np.argmin(np.abs(found))])
    line.SetNthControlPointPositionWorld(0, *(blunt + 10 * side))
    assert np.abs(models.model_vertices(arrow) - before).max() > 5, "the arrow follows the line"
    session.start_implant_design(ImplantSettings(parts=2))
    session.wait_until_done()
    (body,) = session.implants
    assert body.insertion_direction == pytest.approx(
        (tip - blunt - 10 * side) / np.linalg.norm(tip - blunt - 10 * side), abs=1e-3
    )
    assert {n: node.GetName() for n, node in case_node.nodes_for_prefix(session.case_node, "piece").items()} == {
        10: "Implant 1, part 1",
        11: "Implant 1, part 2",
    }
    session.bring_to_front("surface")
    assert not arrow.GetDisplayNode().GetVisibility()
    session.reset_insertion_arrows()
    assert session.insertion_directions == {}
    session.start_implant_design(ImplantSettings())
    session.wait_until_done()
    assert session.implants[0].insertion_direction == pytest.approx(found, abs=1e-6)


@pytest.mark.slow
def test_comparison_with_the_skull_before_gives_distances_and_the_papers_two_numbers(session, shared):
    before = shared.volume(bilateral_head().intact, bilateral_head().ijk_to_ras, "Before")
    session.start_comparison(before)
    session.wait_until_done()
    assert session.comparison.alignment_error_mm < 0.3
    for one in session.comparison.defect_comparisons:
        assert abs(one.area_error_cm2) < 1.5
        assert one.deviation.largest_mm < 4
        assert one.grade in ("good", "acceptable")
    display = session.case_node.GetNodeReference("surface1").GetDisplayNode()
    assert display.GetActiveScalarName() == models.DISTANCE_SCALARS
    table = session.case_node.GetNodeReference("comparison")
    titles = [table.GetColumnName(n) for n in range(table.GetNumberOfColumns())]
    assert {"Area error (cm²)", "Largest deviation (mm)"} <= set(titles)
    session.colour_by_standard_error()
    assert display.GetActiveScalarName() == models.STANDARD_ERROR_SCALARS


@pytest.mark.slow
def test_a_skull_before_in_another_place_is_aligned_first_and_another_patient_is_refused(session, shared):
    turn = rotation_about_axes((8, -6, 20))
    turn[:3, 3] = (30, -20, 15)
    session.start_comparison(
        shared.volume(bilateral_head().intact, turn @ bilateral_head().ijk_to_ras, "Other scanner")
    )
    session.wait_until_done()
    assert session.comparison.alignment_error_mm < 0.4
    assert all(d.deviation.largest_mm < 4 for d in session.comparison.defect_comparisons)
    other = phantom_head("parietal", 7.0, seed=9)
    session.start_comparison(shared.volume(other.intact, other.ijk_to_ras, "Stranger"))
    with pytest.raises(InputError, match="same patient"):
        session.wait_until_done()


@pytest.mark.slow
def test_export_writes_everything_once_and_overwrites_nothing_unasked(session, tmp_path):
    session.set_defect_enabled(2, False)
    out = tmp_path / "result"
    session.start_export(out, scene_file=True)
    session.wait_until_done()
    names = {p.name for p in out.iterdir()}
    assert {
        "skull.stl",
        "restored_surface.stl",
        "implant_1.stl",
        "restored_bone.nrrd",
        "report.html",
        "restoration.json",
        "scene.mrb",
        "case.npz",
    } <= names
    assert "implant_2.stl" not in names
    edited = run_to_end(saved_case.load_steps(out))  # can be designed again without a window
    assert [opening.patch.defect for opening in edited.detected.openings] == [1]
    exported = np.array([point.position for point in session.points if point.defect == 1])
    assert np.allclose([point.position for point in edited.points], exported, atol=1e-6)
    off = DistanceQuery(edited.patches[0].outer).signed_distances(surface_vertices(session, 1))
    assert np.abs(off).max() < 0.05
    assert str(out) in session.message
    with pytest.raises(OutputError, match="already holds a result"):
        session.start_export(out)
    session.start_export(out, force=True)
    session.wait_until_done()


@pytest.mark.slow
def test_an_implant_that_did_not_pass_is_named_so_in_the_scene_and_is_not_exported(session, tmp_path, monkeypatch):
    real = implants.implant.build_implant

    def make(patch, *given, **options):
        body = real(patch, *given, **options)
        return (
            replace(body, checks=replace(body.checks, failed=("The body is not closed.",)))
            if patch.defect == 1
            else body
        )

    monkeypatch.setattr(implants.implant, "build_implant", make)
    session.start_implant_design(ImplantSettings(parts=2))
    session.wait_until_done()
    assert session.failures == ("Implant 1: The body is not closed.",)
    assert not [said for said in session.warnings if "not closed" in said], "failures stand apart from notes"
    assert [row[-1] for row in session.implant_rows] == ["NOT PASSED", "passed"]
    names = {
        n: node.GetName()
        for prefix in ("implant", "piece")
        for n, node in case_node.nodes_for_prefix(session.case_node, prefix).items()
    }
    assert names[1].startswith("Implant 1 (not passed)")
    assert names[10].startswith("Implant 1, part 1 (not passed)")
    assert "not passed" not in names[2]
    assert page_state.session_state(session)["failures"] == ["Implant 1: The body is not closed."]
    out = tmp_path / "result"
    session.start_export(out, scene_file=True, also=("3mf",))
    session.wait_until_done()
    written = {p.name for p in out.iterdir()}
    assert not {name for name in written if name.startswith("implant_1")}
    assert {"implant_2.stl", "implant_2_part_1.stl", "restored_surface.stl", "scene.mrb"} <= written
    assert session.message.startswith("Implant 1 did not pass its checks and is withheld: The body is not closed;")
    assert page_state.session_state(session)["withheld"] in session.message
    offered = ResultFiles(tmp_path)
    offered.offer_files(out, ())
    assert not [one["name"] for one in offered.file_list if one["name"].startswith("implant_1")], (
        "the page offers none of it"
    )
    assert "implant_2.stl" in [one["name"] for one in offered.file_list]
    models_of = [
        name for name in zipfile.ZipFile(out / "scene.mrb").namelist() if "/Implant 1" in name or "/Implant%201" in name
    ]
    assert models_of
    assert all("not passed" in name.replace("%20", " ") for name in models_of)
    session.start_export(tmp_path / "kept", keep_failed=True)
    session.wait_until_done()
    kept = {p.name for p in (tmp_path / "kept").iterdir() if p.name.startswith("implant_1")}
    assert kept == {"implant_1_NOT_PASSED.stl", "implant_1_part_1_NOT_PASSED.stl", "implant_1_part_2_NOT_PASSED.stl"}
    session.set_point_count(20)
    assert session.failures == (), "an edit makes them those of another surface"


@pytest.mark.slow
def test_two_cases_in_one_scene_do_not_touch_each_other(session, shared):
    other = open_session(shared, phantom_head(), name="Second case")
    other.start_restoration(FAST)
    other.wait_until_done()
    before = surface_vertices(session)
    other.set_snapping(False)
    centre, out = surface_middle(other)
    other.add_point(centre + 5 * out)
    np.testing.assert_array_equal(surface_vertices(session), before)
    assert session.moved_point_count == 0
    assert {c.GetName() for c in case_node.case_nodes(shared.scene)} >= {
        "Head CT restoration",
        "Second case restoration",
    }
    other.close()
