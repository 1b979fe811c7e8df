"""What a session gives: implants, the comparison with the skull before, files; two cases beside each other."""

import numpy as np
import pytest
from helpers_head import head, turn_of
from helpers_scene import ras_of
from helpers_session import FAST, middle, opened, surface, two

from SkullRestoreLib.case import InputError, OutputError
from SkullRestoreLib.scene import case_node, models, ways
from SkullRestoreLib.settings import ImplantSettings


def test_implants_are_closed_bodies_with_their_numbers_and_go_stale_after_an_edit(session):
    session.switch(2, False)
    session.start_implants(ImplantSettings(thickness_mm=5.0))
    session.finish()
    (body,) = session.implants
    assert body.watertight
    table = session.case.GetNodeReference("implants")
    titles = [table.GetColumnName(n) for n in range(table.GetNumberOfColumns())]
    assert {"Volume (mL)", "Mass in PEEK (g)", "Mass in titanium (g)", "Mass in PMMA (g)", "Thickness (mm)", "Watertight"} <= set(titles)
    mass = float(table.GetCellText(0, titles.index("Mass in titanium (g)")))
    assert mass == pytest.approx(body.volume_ml * 4.43, rel=0.02)
    assert session.case.GetNodeReference("implant1").GetDisplayNode().GetVisibility3D()
    assert not session.case.GetNodeReference("surface1").GetDisplayNode().GetVisibility3D()
    session.undo()
    assert session.implants == ()
    assert session.case.GetNodeReference("surface1").GetDisplayNode().GetVisibility3D()


def test_the_way_in_is_an_arrow_that_a_hand_may_turn_for_the_next_design(session):
    session.switch(2, False)
    session.start_implants(ImplantSettings())
    session.finish()
    line, arrow = (session.case.GetNodeReference(role) for role in ("way1", "arrow1"))
    found = session.implants[0].insertion
    assert ways.direction(line) == pytest.approx(found, abs=1e-4)
    assert ways.turned_by_hand(line) is None
    assert arrow.GetDisplayNode().GetVisibility()
    before = models.vertices_of(arrow).copy()
    blunt, tip = ras_of(line)
    side = np.cross(found, np.eye(3)[np.argmin(np.abs(found))])
    line.SetNthControlPointPositionWorld(0, *(blunt + 10 * side))
    assert np.abs(models.vertices_of(arrow) - before).max() > 5, "the arrow follows the hand"
    session.start_implants(ImplantSettings(parts=2))
    session.finish()
    (body,) = session.implants
    assert body.insertion == pytest.approx((tip - blunt - 10 * side) / np.linalg.norm(tip - blunt - 10 * side), abs=1e-3)
    assert {n: node.GetName() for n, node in case_node.parts(session.case, "piece").items()} == {
        10: "Implant 1, part 1",
        11: "Implant 1, part 2",
    }
    session.foreground("surface")
    assert not arrow.GetDisplayNode().GetVisibility()
    session.find_ways()
    assert not session.has_ways
    session.start_implants(ImplantSettings())
    session.finish()
    assert session.implants[0].insertion == pytest.approx(found, abs=1e-6)


def test_comparison_with_the_skull_before_gives_distances_and_the_papers_two_numbers(session, shared):
    before = shared.volume(two().intact, two().ijk_to_ras, "Before")
    session.start_comparison(before)
    session.finish()
    assert session.comparison.fit_mm < 0.3
    for one in session.comparison.differences:
        assert abs(one.area_error_cm2) < 1.5
        assert one.deviation.largest < 4
        assert one.grade in ("good", "acceptable")
    display = session.case.GetNodeReference("surface1").GetDisplayNode()
    assert display.GetActiveScalarName() == models.DISTANCE
    table = session.case.GetNodeReference("comparison")
    titles = [table.GetColumnName(n) for n in range(table.GetNumberOfColumns())]
    assert {"Area error (cm²)", "Largest deviation (mm)"} <= set(titles)
    session.colour_by_sigma()
    assert display.GetActiveScalarName() == models.SIGMA


def test_a_skull_before_that_lies_elsewhere_is_laid_over_first_and_another_patient_is_refused(session, shared):
    turn = turn_of((8, -6, 20))
    turn[:3, 3] = (30, -20, 15)
    session.start_comparison(shared.volume(two().intact, turn @ two().ijk_to_ras, "Other scanner"))
    session.finish()
    assert session.comparison.fit_mm < 0.4
    assert all(d.deviation.largest < 4 for d in session.comparison.differences)
    other = head("parietal", 7.0, seed=9)
    session.start_comparison(shared.volume(other.intact, other.ijk_to_ras, "Stranger"))
    with pytest.raises(InputError, match="same patient"):
        session.finish()


def test_export_writes_everything_once_and_overwrites_nothing_unasked(session, tmp_path):
    session.switch(2, False)
    out = tmp_path / "result"
    session.start_export(out, scene_file=True)
    session.finish()
    names = {p.name for p in out.iterdir()}
    assert {
        "skull.stl",
        "restored_surface.stl",
        "implant_1.stl",
        "restored_bone.nrrd",
        "report.html",
        "restoration.json",
        "scene.mrb",
    } <= names
    assert "implant_2.stl" not in names
    assert str(out) in session.message
    with pytest.raises(OutputError, match="already holds a result"):
        session.start_export(out)
    session.start_export(out, force=True)
    session.finish()


def test_two_cases_in_one_scene_do_not_touch_each_other(session, shared):
    other = opened(shared, head(), name="Second case")
    other.start_restoration(FAST)
    other.finish()
    before = surface(session)
    other.set_snapping(False)
    centre, out = middle(other)
    other.add_point(centre + 5 * out)
    np.testing.assert_array_equal(surface(session), before)
    assert session.moved_points == 0
    assert {c.GetName() for c in case_node.cases(shared.scene)} >= {"Head CT restoration", "Second case restoration"}
    other.close()
