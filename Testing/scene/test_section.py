"""The section through a defect: its plane, the slice that is turned into it, and the models that are cut there."""

import numpy as np
import pytest

pytest.importorskip("slicer", reason="slicer-core is not installed")

from helpers_scene import Application, ViewSlice

from SkullRestoreLib.scene.geometry import matrix_from_vtk
from SkullRestoreLib.scene.section import SECTIONS, Section, cut_models, find_section, section_clip_node

MIDDLE = np.array([60.0, 10.0, 40.0])


def plate(inwards, *, long=(0.0, 1.0, 0.0), size_mm=(80.0, 50.0, 4.0)):
    """Corners of a flat implant with an insertion direction, longest along ``long``; and the direction."""
    inwards, long = (np.asarray(v, float) / np.linalg.norm(v) for v in (inwards, long))
    axes = np.array([long, np.cross(inwards, long), inwards])
    corners = np.array([[x, y, z] for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (-0.5, 0.5)]) * size_mm
    return corners @ axes + MIDDLE, inwards


def section_of(*args, turn_deg=0.0, **kwargs):
    return find_section(*plate(*args, **kwargs), MIDDLE, turn_deg=turn_deg)


@pytest.fixture
def slices():
    """Axial, coronal and sagittal slice views of a new scene."""
    app = Application()
    names = {"axial": "Red", "coronal": "Green", "sagittal": "Yellow"}
    views = {one: ViewSlice(app, (60, 60), name, one.capitalize()) for one, name in names.items()}
    return app.scene, {one: view.node for one, view in views.items()}


@pytest.mark.parametrize("inwards", [(-1.0, 0.0, 0.0), (-0.8, -0.1, -0.5), (0.1, -1.0, 0.2)])
@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_contains_the_insertion_direction_and_goes_through_the_middle(inwards, section):
    long = np.cross(inwards, (0.3, 0.2, 1.0))
    plane = section_of(inwards, long=long, turn_deg=SECTIONS[section])
    assert abs(plane.normal @ inwards) < 1e-9
    np.testing.assert_allclose(plane.middle, MIDDLE, atol=1e-9)
    extent = 50.0 if section == "lengthwise" else 80.0
    np.testing.assert_allclose([plane.low_mm, plane.high_mm], [-extent / 2, extent / 2], atol=1e-6)
    np.testing.assert_allclose(np.linalg.det(plane.slice_to_ras[:3, :3]), 1.0)


@pytest.mark.parametrize("turn_deg", [0.0, 45.0, 180.0])
@pytest.mark.parametrize("inwards", [(0, 0, -1), (1, 0.2, -0.3), (0.1, -1, 0.9)])
def test_the_plane_of_a_section_holds_the_direction_which_goes_down_in_the_picture(inwards, turn_deg):
    long = np.cross(inwards, (0.3, 0.2, 1.0))
    plane = section_of(inwards, long=long, turn_deg=turn_deg)
    axes = plane.slice_to_ras[:3, :3]
    np.testing.assert_allclose(axes.T @ axes, np.eye(3), atol=1e-12)
    np.testing.assert_allclose(plane.up, -np.array(inwards) / np.linalg.norm(inwards), atol=1e-12)
    angle = np.degrees(np.arccos(np.clip(plane.normal @ section_of(inwards, long=long).normal, -1, 1)))
    assert angle == pytest.approx(turn_deg)


def test_lengthwise_and_crosswise_are_seen_from_where_the_nearest_slice_is_seen():
    # on the left side of the head, longest from front to back: one section is nearly axial, the other one coronal
    lengthwise, crosswise = (section_of((1.0, 0.05, 0.0), turn_deg=turn) for turn in SECTIONS.values())
    assert lengthwise.normal @ [0.0, 0.0, -1.0] > 0.9, "from below"
    assert crosswise.normal @ [0.0, 1.0, 0.0] > 0.9, "from the front"
    sagittal = section_of((0.0, 0.05, -1.0), turn_deg=SECTIONS["lengthwise"])
    assert sagittal.normal @ [-1.0, 0.0, 0.0] > 0.9, "from the left"


def test_the_nearest_slice_is_turned_into_the_section_and_is_given_back(slices):
    scene, nodes = slices
    before = {name: matrix_from_vtk(node.GetSliceToRAS()) for name, node in nodes.items()}
    section = Section(scene)
    for turn_deg, name in ((0.0, "axial"), (90.0, "coronal")):
        plane = section_of((1.0, 0.05, 0.0), turn_deg=turn_deg)
        section.show(plane)
        assert section.node is nodes[name]
        np.testing.assert_allclose(matrix_from_vtk(section.node.GetSliceToRAS()), plane.slice_to_ras, atol=1e-12)
        others = [one for one in nodes if one != name]
        assert all((matrix_from_vtk(nodes[one].GetSliceToRAS()) == before[one]).all() for one in others)
        section.hide()
        assert section.node is None
        np.testing.assert_allclose(matrix_from_vtk(nodes[name].GetSliceToRAS()), before[name])
        assert nodes[name].GetOrientation() == name.capitalize()
    section.hide()  # twice is nothing


def test_a_section_that_is_turned_stays_in_its_slice(slices):
    scene, nodes = slices
    section = Section(scene)
    for turn_deg in (0.0, 50.0, 90.0):
        section.show(section_of((1.0, 0.05, 0.0), turn_deg=turn_deg))
        assert section.node is nodes["axial"]


def test_a_slice_that_the_layout_does_not_show_is_not_turned(slices):
    scene, nodes = slices
    nodes["sagittal"].SetMappedInLayout(1)
    section = Section(scene)
    section.show(section_of((1.0, 0.05, 0.0)))
    assert section.node is nodes["sagittal"]


def test_a_section_says_how_far_it_was_moved_also_by_scrolling_in_its_view(slices):
    scene, _ = slices
    plane, section = section_of((1.0, 0.05, 0.0)), Section(scene)
    assert section.offset_mm == 0
    section.show(plane, offset_mm=7.5)
    assert section.offset_mm == pytest.approx(7.5)
    np.testing.assert_allclose(
        matrix_from_vtk(section.node.GetSliceToRAS())[:3, 3], plane.middle + 7.5 * plane.normal, atol=1e-9
    )
    section.node.SetSliceOffset(section.node.GetSliceOffset() + 4.0)
    assert section.offset_mm == pytest.approx(11.5)


def test_without_slice_views_a_section_is_nothing():
    section = Section(Application().scene)
    section.show(section_of((1.0, 0.0, 0.0)))
    assert section.node is None
    assert section.plane is None


def test_models_are_cut_by_the_slice_and_shown_complete_again(slices):
    scene, nodes = slices
    display = scene.AddNewNodeByClass("vtkMRMLModelDisplayNode")
    for name in ("axial", "coronal"):
        cut_models([display], section_clip_node(scene, nodes[name]))
        assert display.GetClipping()
        assert display.GetClippingCapSurface()
        assert display.GetClipNode().GetNumberOfClippingNodes() == 1
        assert display.GetClipNode().GetClippingNodeID() == nodes[name].GetID()
    assert scene.GetNumberOfNodesByClass("vtkMRMLClipNode") == 1, "one plane for all"
    cut_models([display], None)
    assert not display.GetClipping()
