"""The folder of a case: several cases in one scene, each seen alone. The rows are those seen in 3D Slicer."""

import numpy as np
import pytest
from helpers_scene import Application, View3D, vtk_messages

from SkullRestoreLib.records import Mesh
from SkullRestoreLib.scene import case_folder, case_node, models


def cube():
    """A cube of 80 mm."""
    from trimesh.creation import box

    made = box((80, 80, 80))
    return Mesh(np.array(made.vertices), np.array(made.faces, np.int64))


@pytest.fixture(scope="module")
def app():
    return Application()


@pytest.fixture(scope="module")
def view(app):
    return View3D(app, (160, 140))


def head(app, name):
    return app.volume(np.zeros((2, 2, 2), np.int16), np.eye(4), name)


def surface(case):
    node = case_node.node_for_role(case, "surface1", "vtkMRMLModelNode", "Restored surface 1")
    models.show_mesh(node, cube(), {models.STANDARD_ERROR_SCALARS: np.linspace(0, 3, 8)})
    models.colour_by_scalars(node, models.STANDARD_ERROR_SCALARS, 0, 3, legend="Standard error (mm)")
    return node


def bar_of(node):
    displays = [node.GetNthDisplayNode(n) for n in range(node.GetNumberOfDisplayNodes())]
    return next(d for d in displays if d.IsA("vtkMRMLColorLegendDisplayNode"))


def seen(view):
    """Share of the picture that is not background; a scene that was closed has reset the view."""
    view.node.SetBoxVisible(False)
    view.node.SetAxisLabelsVisible(False)
    view.node.SetBackgroundColor(0, 0, 0)
    view.node.SetBackgroundColor2(0, 0, 0)
    view.camera.SetPosition(0, -500, 200)
    view.camera.SetFocalPoint(0, 0, 0)
    view.camera.ResetClippingRange()
    picture = view.picture().astype(int)
    return float((np.abs(picture - picture[0, 0]).max(axis=2) > 40).mean())


def test_of_two_cases_in_one_scene_the_chosen_one_is_seen_alone_and_the_other_comes_back_as_it_was(app, view):
    """Row "two or three cases in one scene": all skulls, surfaces and colour bars stayed in view over each other."""
    app.scene.Clear(False)
    first, second = (case_node.create_case_node(app.scene, head(app, name)) for name in ("A", "B"))
    one = surface(first)
    case_node.show_only_case(first)
    alone = seen(view)
    assert alone > 0.02
    case_node.show_only_case(second)  # it has no result yet
    assert seen(view) < 0.001
    assert not bar_of(one).GetVisibility()
    assert one.GetDisplayNode().GetVisibility(), "hidden, not lost"
    case_node.show_only_case(first)
    assert seen(view) == pytest.approx(alone, abs=1e-3)
    assert bar_of(one).GetVisibility()


def test_a_result_that_is_made_while_its_case_is_hidden_is_not_seen_until_it_is_chosen(app, view):
    """Row "two or three cases in one scene": work in the background ends after another input was chosen."""
    app.scene.Clear(False)
    first, second = (case_node.create_case_node(app.scene, head(app, name)) for name in ("A", "B"))
    case_node.show_only_case(second)
    node = surface(first)
    assert seen(view) < 0.001
    assert not bar_of(node).GetVisibility()
    case_node.show_only_case(first)
    assert seen(view) > 0.02
    assert bar_of(node).GetVisibility()


def test_a_hidden_case_is_still_hidden_in_a_saved_scene_and_its_folder_is_found_by_what_it_is(
    app, view, tmp_path, caplog
):
    """Rows "two cases" and "console": the folder was looked up by an item number of the scene before."""
    app.scene.Clear(False)
    first, second = (case_node.create_case_node(app.scene, head(app, name)) for name in ("A", "B"))
    surface(first)
    case_node.show_only_case(second)
    hierarchy = app.scene.GetSubjectHierarchyNode()
    folder = hierarchy.GetItemParent(hierarchy.GetItemByDataNode(first.GetNodeReference("surface1")))
    hierarchy.SetItemName(folder, "Patient of Monday")
    assert app.scene.WriteToMRB(str(tmp_path / "two.mrb"))
    app.load(tmp_path / "two.mrb")
    first, second = case_node.case_nodes(app.scene)
    assert not case_folder.is_case_shown(first)
    case_node.show_only_case(second)  # as the panel does when a scene was loaded
    assert seen(view) < 0.001
    case_node.show_only_case(first)
    assert seen(view) > 0.02
    hierarchy = app.scene.GetSubjectHierarchyNode()
    with vtk_messages() as said:
        again = case_node.node_for_role(first, "implant1", "vtkMRMLModelNode", "Implant 1")
    assert said() == ""
    assert hierarchy.GetItemName(hierarchy.GetItemParent(hierarchy.GetItemByDataNode(again))) == "Patient of Monday"


def test_a_result_that_is_made_again_keeps_its_name(app):
    """Row "Restore a second time": the nodes were called "Restored surface 1_1"."""
    app.scene.Clear(False)
    case = case_node.create_case_node(app.scene, head(app, "A"))
    names = []
    for _ in range(3):
        names.append(surface(case).GetName())
        case_node.remove_prefix_nodes(case, ("surface",))
    assert names == ["Restored surface 1"] * 3
    other = case_node.create_case_node(app.scene, head(app, "B"))
    surface(case)
    assert surface(other).GetName() == "Restored surface 1 (2)"


def test_selectors_can_tell_the_modules_own_nodes_from_inputs(app):
    """Row "selectors": they list the module's own results."""
    app.scene.Clear(False)
    volume = head(app, "A")
    case = case_node.create_case_node(app.scene, volume)
    own = surface(case)
    assert [node.GetID() for node in case_node.own_nodes(app.scene)] == [own.GetID()]
    assert not case_node.is_own_node(volume)


@pytest.mark.parametrize(
    ("low", "high", "labels"), [(0, 3, 4), (-2, 2, 5), (-3, 3, 7), (-4, 4, 5), (-5, 5, 3), (-9, 9, 7), (-11, 11, 3)]
)
def test_the_labels_of_a_colour_bar_are_whole_numbers(app, low, high, labels):
    """Row "colour bar": labels 2.2 and 0.8."""
    app.scene.Clear(False)
    node = surface(case_node.create_case_node(app.scene, head(app, "A")))
    models.colour_by_scalars(node, models.STANDARD_ERROR_SCALARS, low, high, two_sided=low < 0, legend="Distance (mm)")
    bar = bar_of(node)
    assert bar.GetNumberOfLabels() == labels
    steps = np.linspace(low, high, labels)
    assert [bar.GetLabelFormat() % value for value in steps] == [str(round(value)) for value in steps]
    assert np.abs(steps - steps.round()).max() < 1e-9
