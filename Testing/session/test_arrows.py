"""The insertion arrow under a real mouse, and a design that is refused. The rows are those seen in 3D Slicer."""

import numpy as np
import pytest
from helpers_scene import markup_positions

from SkullRestoreLib.errors import ImplantError
from SkullRestoreLib.implant.insertion import MIN_FACE_COSINE
from SkullRestoreLib.scene import case_node, insertion_lines, models
from SkullRestoreLib.settings import ImplantSettings


@pytest.fixture
def designed(session):
    """The session with an implant for the first defect."""
    session.set_defect_enabled(2, False)
    session.start_implant_design(ImplantSettings())
    session.wait_until_done()
    return session


def line_of(session):
    return session.case_node.GetNodeReference("way1")


def look_along_the_implant(session, view, lean_deg=35):
    """Look at the implant so that it is behind the blunt end of its arrow."""
    blunt, tip = markup_positions(line_of(session))
    way = (tip - blunt) / np.linalg.norm(tip - blunt)
    side = np.cross(way, [0.0, 0.0, 1.0])
    side /= np.linalg.norm(side)
    angle = np.radians(lean_deg)
    view.camera.SetFocalPoint(*tip)
    view.camera.SetPosition(*(tip - 380 * (np.cos(angle) * way + np.sin(angle) * side)))
    view.camera.SetViewUp(0, 0, 1)
    view.camera.ResetClippingRange()
    view.picture()
    return view.display(blunt)


def turned_deg(session, before):
    return np.degrees(np.arccos(np.clip(insertion_lines.line_direction(line_of(session)) @ before, -1, 1)))


@pytest.mark.slow
def test_the_end_of_an_arrow_that_is_dragged_over_the_implant_moves_freely_and_undo_takes_it_back(designed, view):
    """Row "end of the insertion arrow dragged by 40 px": it snapped onto the implant and turned by 98 degrees."""
    session, before = designed, insertion_lines.line_direction(line_of(designed))
    start = look_along_the_implant(session, view)
    steps = []
    view.drag(start, start + np.array((-40, 0)), between=lambda: steps.append(turned_deg(session, before)))
    turned = turned_deg(session, before)
    assert 5 < turned < 45
    assert steps == sorted(steps), "it follows the mouse, and jumps nowhere"
    assert session.insertion_directions[1] == pytest.approx(insertion_lines.line_direction(line_of(session)), abs=1e-9)
    assert session.has_implants, "the earlier implant stays"
    assert "arrow was turned" in session.stale.implants[0]
    session.undo()
    assert turned_deg(session, before) < 0.01
    assert session.insertion_directions == {}
    assert session.stale.implants == ()
    assert session.has_implants
    session.redo()
    assert turned_deg(session, before) == pytest.approx(turned, abs=0.01)
    session.reset_insertion_arrows()
    assert session.insertion_directions == {}
    session.undo()
    assert turned_deg(session, before) == pytest.approx(turned, abs=0.01)


@pytest.mark.slow
def test_a_direction_along_which_no_implant_can_be_put_in_is_refused_while_the_arrow_is_dragged(designed, view):
    """Row "end of the insertion arrow dragged": directions outside the cone, after which a design left no implant."""
    session, axis = designed, designed.edits.outward_axis(1)
    start = look_along_the_implant(session, view)
    cosines = []
    view.drag(
        start,
        start + np.array((-330, 0)),
        steps=8,
        between=lambda: cosines.append(-insertion_lines.line_direction(line_of(session)) @ axis),
    )
    assert min(cosines) == pytest.approx(MIN_FACE_COSINE, abs=0.02)
    assert min(cosines) >= MIN_FACE_COSINE
    assert "held back" in session.message
    assert session.message_topic == "implant"
    line_of(session).SetNthControlPointPositionWorld(0, *session.pose.head_to_ras[:3, 3])  # a script, from inside
    assert -insertion_lines.line_direction(line_of(session)) @ axis >= MIN_FACE_COSINE


@pytest.mark.slow
def test_an_arrow_that_is_turned_while_a_design_runs_drops_nothing(designed):
    session, line = designed, line_of(designed)
    session.start_implant_design(ImplantSettings(clearance_mm=1.2))
    blunt = np.array(line.GetNthControlPointPositionWorld(0))
    line.SetNthControlPointPositionWorld(0, *(blunt + np.array([6.0, 6.0, 0.0])))
    session.wait_until_done()
    assert session.implants[0].settings.clearance_mm == 1.2
    assert "arrow was turned" in session.stale.implants[0]


@pytest.mark.slow
def test_a_refused_design_keeps_the_earlier_implant_and_says_why(designed, monkeypatch, tmp_path):
    """Row "design refused": the table emptied, and the reason stood in another section."""
    from SkullRestoreLib import implant

    session = designed
    node, volume = session.case_node.GetNodeReference("implant1"), session.implants[0].volume_ml
    real = implant.build_implant

    def refuse(*_, **__):
        raise ImplantError("Defect 1 is too narrow for this thickness.")

    monkeypatch.setattr(implant, "build_implant", refuse)
    session.start_implant_design(ImplantSettings(thickness_mm=9.0))
    session.wait_until_done()
    assert node.GetScene() is not None
    assert node.GetDisplayNode().GetVisibility3D()
    assert node.GetDisplayNode().GetOpacity() == models.STALE_OPACITY, "it is out of date"
    assert "earlier design" in node.GetName()
    (row,) = session.implant_rows
    assert (row[0], row[1], row[-1]) == (1, pytest.approx(volume, abs=0.01), "EARLIER DESIGN")
    assert "too narrow for this thickness" in session.failures[0]
    assert "earlier design" in session.failures[1]
    session.start_export(tmp_path / "out")
    session.wait_until_done()
    assert not (tmp_path / "out" / "implant_1.stl").exists(), "and it is not written as if it were the new one"
    monkeypatch.setattr(implant, "build_implant", real)
    session.start_implant_design(ImplantSettings())
    session.wait_until_done()
    assert [row[-1] for row in session.implant_rows] == ["passed"]
    assert [n.GetName() for n in case_node.nodes_for_prefix(session.case_node, "implant").values()] == ["Implant 1"]


@pytest.mark.slow
def test_where_no_implant_could_be_made_the_surface_stays_in_sight(session, monkeypatch):
    from SkullRestoreLib import implant

    def refuse(*_, **__):
        raise ImplantError("Too narrow.")

    monkeypatch.setattr(implant, "build_implant", refuse)
    session.start_implant_design(ImplantSettings(thickness_mm=9.0))
    session.wait_until_done()
    assert session.case_node.GetNodeReference("surface1").GetDisplayNode().GetVisibility3D()
    assert not session.has_implants
