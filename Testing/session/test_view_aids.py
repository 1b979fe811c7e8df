"""What helps to look at a result: section, box, mirrored side, fade, pictures for the report."""

import numpy as np
import pytest
from helpers_head import phantom_head
from helpers_scene import View3D, ViewSlice
from helpers_session import FAST, open_session, surface_middle, surface_vertices

from SkullRestoreLib.errors import InputError
from SkullRestoreLib.scene import models
from SkullRestoreLib.scene.case_folder import find_colour_bar
from SkullRestoreLib.scene.geometry import matrix_from_vtk
from SkullRestoreLib.settings import ImplantSettings


@pytest.fixture(scope="module")
def restored():
    """A head with one hole, restored, and two views of it."""
    from helpers_scene import Application

    app = Application()
    session = open_session(app, phantom_head("parietal", 7.0))
    session.start_restoration(FAST)
    session.wait_until_done()
    app.logic.GetSelectionNode().SetActiveVolumeID(session.source_node.GetID())
    app.logic.PropagateVolumeSelection()
    session.three_d, session.slice = View3D(app, (160, 140)), ViewSlice(app, (200, 180), "Yellow", "Sagittal")
    session.centre_on_defect(1)
    return session


def node_of(session):
    """The mirrored side."""
    return session.case_node.GetNodeReference("mirror1")


def changed(first, second):
    """Part of two pictures that differs."""
    return float((np.abs(first.astype(int) - second).max(axis=2) > 25).mean())


def cut_displays(session):
    """Display nodes of skull, surface and implant."""
    nodes = [session.bone_node, *(session.case_node.GetNodeReference(role) for role in ("surface1", "implant1"))]
    return [node.GetDisplayNode() for node in nodes]


def plane(session):
    """Normal, rightwards, upwards and middle of the slice view, RAS."""
    return matrix_from_vtk(session.slice.node.GetSliceToRAS())


def test_a_faded_model_keeps_its_usual_opacity_through_restyling(app):
    from helpers_intake import cube_mesh

    from SkullRestoreLib.records import Mesh

    node = app.scene.AddNewNodeByClass("vtkMRMLModelNode", "Implant 1")
    models.show_mesh(node, Mesh(*cube_mesh()))
    models.style_as_implant(node, passed=True)
    models.show_part(node, 0.0)
    assert node.GetDisplayNode().GetOpacity() < 0.01
    models.style_as_implant(node, stale=True)
    assert node.GetDisplayNode().GetOpacity() < 0.01, "still faded"
    models.show_part(node, 0.5)
    assert node.GetDisplayNode().GetOpacity() == pytest.approx(models.STALE_OPACITY / 2)
    models.show_part(node, 1.0)
    assert node.GetDisplayNode().GetOpacity() == pytest.approx(models.STALE_OPACITY)


@pytest.mark.slow
def test_the_section_goes_through_the_defect_along_the_insertion_direction(restored):
    aids, (centre, out) = restored.aids, surface_middle(restored)
    restored.bring_to_front("surface")
    complete = restored.three_d.picture()
    aids.show_section(1)
    assert np.allclose(plane(restored)[:3, 3], centre)
    assert changed(complete, restored.three_d.picture()) > 0.05, "skull and surface are cut in 3D"
    assert plane(restored)[:3, 1] @ out > 0.98, "before a design straight into the head"
    restored.start_implant_design(ImplantSettings())
    restored.wait_until_done()
    aids.show_section(1, offset_mm=8.0, turn_deg=20.0)
    inwards = np.array(restored.implants[0].insertion_direction)
    assert np.allclose(plane(restored)[:3, 1], -inwards, atol=1e-6)
    assert plane(restored)[:3, 2] @ (plane(restored)[:3, 3] - centre) == pytest.approx(8.0)
    with pytest.raises(InputError, match="no restored surface of defect 7"):
        aids.show_section(7)
    assert all(display.GetClipping() for display in cut_displays(restored)), "the new implant too"
    turned = plane(restored)
    restored.set_snapping(False)
    restored.add_point(centre + 4 * out)
    assert np.array_equal(plane(restored), turned), "it stays while the surface is edited"
    aids.show_section(1, offset_mm=8.0, turn_deg=30.0)
    assert np.allclose(plane(restored)[:3, 1], -inwards, atol=1e-6), "turned about the direction of the last design"
    restored.start_implant_design(ImplantSettings())
    restored.wait_until_done()
    assert plane(restored)[:3, 2] @ (plane(restored)[:3, 3] - surface_middle(restored)[0]) == pytest.approx(8.0)
    restored.undo()
    restored.set_snapping(True)
    aids.hide_section()
    assert not aids.shows_section
    assert restored.slice.node.GetOrientation() == "Sagittal"
    assert not any(display.GetClipping() for display in cut_displays(restored))
    restored.bring_to_front("surface")


@pytest.mark.slow
def test_a_section_cuts_what_the_box_leaves_and_the_box_stays_when_it_ends(restored):
    aids = restored.aids
    restored.bring_to_front("surface")
    aids.show_clip_box(1)
    inside = restored.three_d.picture()
    aids.show_section(1)
    both = restored.three_d.picture()
    assert changed(inside, both) > 0.01
    aids.hide_clip_box()
    assert changed(both, restored.three_d.picture()) > 0.03, "the section alone"
    aids.show_clip_box(1)
    assert changed(both, restored.three_d.picture()) == 0
    aids.hide_section()
    assert changed(inside, restored.three_d.picture()) < 0.01
    aids.hide_clip_box()


@pytest.mark.slow
def test_only_what_is_inside_the_box_is_drawn_and_a_later_implant_too(restored):
    aids = restored.aids
    restored.bring_to_front("surface")
    without = restored.three_d.picture()
    aids.show_clip_box(1)
    box = restored.case_node.GetNodeReference("clip_box")
    low, high = np.zeros(6), surface_vertices(restored)
    box.GetRASBounds(low)
    assert (low[::2] < high.min(axis=0)).all(), "the defect is inside"
    assert (low[1::2] > high.max(axis=0)).all()
    clipped = restored.three_d.picture()
    bone = [
        (picture[..., 0].astype(int) - picture[..., 2] > 15) & (picture[..., 0] > 90) for picture in (without, clipped)
    ]
    assert 0 < bone[1].sum() < 0.4 * bone[0].sum(), "most of the skull is gone"
    restored.start_implant_design(ImplantSettings(thickness_mm=5.0))
    restored.wait_until_done()
    assert restored.case_node.GetNodeReference("implant1").GetDisplayNode().GetClipping()
    aids.hide_clip_box()
    assert not aids.shows_clip_box
    restored.bring_to_front("surface")
    assert (restored.three_d.picture() == without).mean() > 0.95


@pytest.mark.slow
def test_the_mirrored_side_lies_over_the_surface_with_its_distance_and_follows_an_edit(restored):
    aids = restored.aids
    aids.show_mirror()
    (numbers,) = aids.mirror_numbers
    assert numbers.defect == 1
    assert numbers.compared_percent > 80
    assert abs(numbers.median_mm) < 4
    assert numbers.within_95_mm < 8
    node = restored.case_node.GetNodeReference("mirror1")
    other = models.model_vertices(node)
    from SkullRestoreLib.affine import apply_affine

    pose = restored.pose
    mirrored = apply_affine(pose.head_to_ras, apply_affine(pose.ras_to_head, other) * [-1, 1, 1])
    skull = restored.skull_surface.vertices
    near = [np.linalg.norm(skull - place, axis=1).min() for place in mirrored[:: len(mirrored) // 20]]
    assert np.median(near) < 1.5, "mirrored back it is bone of the other side"
    assert node.GetDisplayNode().GetActiveScalarName() == models.MIRROR_SCALARS
    surface = restored.case_node.GetNodeReference("surface1")
    bars = [find_colour_bar(one) for one in (surface, node)]
    assert [bool(bar.GetVisibility()) for bar in bars] == [False, True], "two bars would stand over each other"
    assert not surface.GetDisplayNode().GetVisibility3D(), "one would colour the other"
    assert surface.GetDisplayNode().GetVisibility2D()
    restored.set_snapping(False)
    middle, out = surface_middle(restored)
    restored.add_point(middle + 6 * out)
    assert aids.mirror_numbers[0].median_mm > numbers.median_mm + 0.5
    for again in (restored.show_alone, restored.colour_by_standard_error):
        again()
        assert [bool(find_colour_bar(one).GetVisibility()) for one in (surface, node_of(restored))] == [False, True]
    assert not surface.GetDisplayNode().GetVisibility3D()
    restored.undo()
    assert aids.mirror_numbers[0].median_mm == pytest.approx(numbers.median_mm, abs=1e-6)
    aids.hide_mirror()
    assert restored.case_node.GetNodeReference("mirror1") is None
    assert aids.mirror_numbers == ()
    assert find_colour_bar(surface).GetVisibility()
    assert surface.GetDisplayNode().GetVisibility3D()
    restored.set_snapping(True)


@pytest.mark.slow
def test_surfaces_and_later_implants_fade_together(restored):
    aids, surface = restored.aids, restored.case_node.GetNodeReference("surface1").GetDisplayNode()
    restored.bring_to_front("surface")
    usual = surface.GetOpacity()
    aids.show_part_of_result(0.25)
    assert surface.GetOpacity() == pytest.approx(usual / 4)
    restored.start_implant_design(ImplantSettings(thickness_mm=6.0))
    restored.wait_until_done()
    assert restored.case_node.GetNodeReference("implant1").GetDisplayNode().GetOpacity() == pytest.approx(0.25)
    aids.show_part_of_result(1.0)
    assert surface.GetOpacity() == pytest.approx(usual)


@pytest.mark.slow
def test_pictures_of_own_views_are_in_the_report(restored, tmp_path):
    aids = restored.aids
    for _ in range(6):
        aids.keep_picture(restored.three_d.picture())
    with pytest.raises(InputError, match="up to 6 pictures"):
        aids.keep_picture(restored.three_d.picture())
    aids.drop_pictures()
    aids.keep_picture(np.full((40, 70, 4), 200, np.uint8))
    restored.start_export(tmp_path / "out", also=("pdf",))
    restored.wait_until_done()
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "1. view chosen by the user" in page
    assert "2. view chosen by the user" not in page
    assert (tmp_path / "out" / "report.pdf").stat().st_size > 10_000
    aids.drop_pictures()


@pytest.mark.slow
def test_the_line_in_the_slices_has_the_colours_of_the_standard_error(restored):
    restored.bring_to_front("surface")
    restored.colour_by_standard_error()
    display = restored.case_node.GetNodeReference("surface1").GetDisplayNode()
    restored.centre_on_defect(1)
    pictures = []
    for high in (3.0, 0.3):
        display.SetScalarRange(0.0, high)
        pictures.append(restored.slice.picture().astype(int))
    display.SetScalarRange(0.0, 3.0)
    coloured = [np.ptp(picture, axis=2) > 60 for picture in pictures]
    assert coloured[0].any()
    reddish = [(p[..., 0] > p[..., 2] + 60) & c for p, c in zip(pictures, coloured, strict=True)]
    assert reddish[1].sum() > reddish[0].sum(), "more of the line is at the upper end of the scale"
