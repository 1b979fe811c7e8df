"""The section through an implant: its plane, and the slice that is turned into it."""

import numpy as np
import pytest

pytest.importorskip("slicer", reason="slicer-core is not installed")

from helpers_scene import Application

from SkullRestoreLib.records import Implant, Mesh
from SkullRestoreLib.scene.geometry import matrix_from_vtk
from SkullRestoreLib.scene.section import SECTIONS, cut_models, find_section, section_offset_mm, turn_slice


def plate(inwards, *, long=(0.0, 1.0, 0.0), size_mm=(80.0, 50.0, 4.0)):
    """A flat implant with an insertion direction, longest along ``long``."""
    inwards, long = (np.asarray(v, float) / np.linalg.norm(v) for v in (inwards, long))
    axes = np.array([long, np.cross(inwards, long), inwards])
    corners = np.array([[x, y, z] for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (-0.5, 0.5)]) * size_mm
    mesh = Mesh(corners @ axes + [60.0, 10.0, 40.0], np.zeros((0, 3), int))
    return Implant(1, mesh, 16.0, 4.0, watertight=True, clearance_mm=1.0, insertion_direction=inwards)


@pytest.mark.parametrize("inwards", [(-1.0, 0.0, 0.0), (-0.8, -0.1, -0.5), (0.1, -1.0, 0.2)])
@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_contains_the_insertion_direction_and_goes_through_the_middle(inwards, section):
    long = np.cross(inwards, (0.3, 0.2, 1.0))
    implant = plate(inwards, long=long)
    plane = find_section(implant, section)
    assert abs(plane.normal @ implant.insertion_direction) < 1e-9
    np.testing.assert_allclose(plane.middle, [60.0, 10.0, 40.0], atol=1e-9)
    extent = 50.0 if section == "lengthwise" else 80.0
    np.testing.assert_allclose([plane.low_mm, plane.high_mm], [-extent / 2, extent / 2], atol=1e-6)
    np.testing.assert_allclose(np.linalg.det(plane.slice_to_ras[:3, :3]), 1.0)


def test_a_section_is_turned_as_the_nearest_slice_is():
    # on the left side of the head, longest from front to back: one section is axial, the other one coronal
    implant = plate((1.0, 0.05, 0.0))
    lengthwise, crosswise = (find_section(implant, name) for name in SECTIONS)
    assert (lengthwise.slice_name, crosswise.slice_name) == ("axial", "coronal")
    right, up = lengthwise.slice_to_ras[:3, 0], lengthwise.slice_to_ras[:3, 1]
    assert right @ [-1.0, 0.0, 0.0] > 0.9, "the patient's left is on the right"
    assert up @ [0.0, 1.0, 0.0] > 0.9, "the front is up"
    assert crosswise.slice_to_ras[:3, 1] @ [0.0, 0.0, 1.0] > 0.9, "the top of the head is up"


def test_a_slice_is_turned_into_the_plane_and_says_how_far_it_was_moved():
    scene = Application().scene
    node = scene.AddNewNodeByClass("vtkMRMLSliceNode", "Axial")
    plane = find_section(plate((1.0, 0.05, 0.0)), "lengthwise")
    turn_slice(node, plane, offset_mm=7.5)
    assert section_offset_mm(node, plane) == pytest.approx(7.5)
    np.testing.assert_allclose(
        matrix_from_vtk(node.GetSliceToRAS())[:3, 3], plane.middle + 7.5 * plane.normal, atol=1e-9
    )


def test_models_are_cut_by_the_slice_and_shown_complete_again():
    scene = Application().scene
    slice_node = scene.AddNewNodeByClass("vtkMRMLSliceNode", "Axial")
    display = scene.AddNewNodeByClass("vtkMRMLModelDisplayNode")
    cut_models(scene, [display], slice_node)
    assert display.GetClipping()
    assert display.GetClippingCapSurface()
    assert display.GetClipNode().GetClippingNodeID() == slice_node.GetID()
    cut_models(scene, [display], slice_node)
    assert scene.GetNumberOfNodesByClass("vtkMRMLClipNode") == 1, "one plane for all"
    cut_models(scene, [display], None)
    assert not display.GetClipping()
