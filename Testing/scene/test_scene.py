"""Records and MRML nodes: the same numbers on both sides, under any transform, and after saving and loading."""

import numpy as np
import pytest
from helpers_head import (
    bone_from_depth,
    cone_depth,
    phantom_head,
    rotation_about_axes,
    round_bone,
    round_pose,
    round_tables,
)
from helpers_scene import Application, View3D, ViewSlice, markup_positions

from SkullRestoreLib.errors import InputError
from SkullRestoreLib.records import Mesh, ReferencePoint, Volume
from SkullRestoreLib.scene import bone_nodes, case_node, inputs, models, points, tables, views
from SkullRestoreLib.scene.geometry import matrix_to_vtk

slicer = pytest.importorskip("slicer")
vtk = pytest.importorskip("vtk")


@pytest.fixture
def app():
    return Application()


@pytest.fixture(scope="module")
def small():
    """A round skull, coarse."""
    return round_bone(cone_depth((1, 0, 0.3), 25), spacing=3.0)


def under(app, node, matrix, *, bend=False):
    """Put a node under a transform."""
    kind = "vtkMRMLBSplineTransformNode" if bend else "vtkMRMLLinearTransformNode"
    parent = app.scene.AddNewNodeByClass(kind, "Aligned")
    if bend:
        from vtk import vtkThinPlateSplineTransform

        parent.SetAndObserveTransformToParent(vtkThinPlateSplineTransform())
    else:
        parent.SetMatrixTransformToParent(matrix_to_vtk(matrix))
    node.SetAndObserveTransformNodeID(parent.GetID())
    return parent


# --- inputs


def test_a_volume_node_gives_its_voxels_and_its_place(app):
    head = phantom_head()
    volume = inputs.source_from_node(app.volume(head.ct, head.ijk_to_ras))
    assert isinstance(volume, Volume)
    assert volume.kind == "ct"
    np.testing.assert_array_equal(volume.array, head.ct)
    np.testing.assert_allclose(volume.ijk_to_ras, head.ijk_to_ras)
    assert any("slices" in f for f in volume.findings)


def test_the_voxels_are_a_copy_that_a_thread_may_keep(app):
    node = app.volume(phantom_head().ct, phantom_head().ijk_to_ras)
    volume = inputs.volume_from_node(node)
    app.scene.RemoveNode(node)
    np.testing.assert_array_equal(volume.array, phantom_head().ct)


def test_a_volume_inside_a_transform_is_taken_where_it_is_seen(app):
    node = app.volume(phantom_head().ct, phantom_head().ijk_to_ras)
    turn = rotation_about_axes((10, 20, -30))
    turn[:3, 3] = (5, -8, 12)
    under(app, node, turn)
    volume = inputs.volume_from_node(node)
    np.testing.assert_allclose(volume.ijk_to_ras, turn @ phantom_head().ijk_to_ras, atol=1e-9)
    assert any("transform 'Aligned'" in f for f in volume.findings)


def test_a_transform_that_bends_space_is_refused_with_advice(app):
    node = app.volume(phantom_head().ct, phantom_head().ijk_to_ras)
    under(app, node, None, bend=True)
    with pytest.raises(InputError, match="Harden the transform first"):
        inputs.volume_from_node(node)


def test_a_sheared_grid_is_reported_as_gantry_tilt(app):
    affine = phantom_head().ijk_to_ras.copy()
    affine[1, 2] = 0.3
    assert any("Gantry tilt of" in f for f in inputs.volume_from_node(app.volume(phantom_head().ct, affine)).findings)


def test_a_head_whose_top_is_cut_off_is_reported_at_once(app):
    head = phantom_head()
    complete = inputs.volume_from_node(app.volume(head.intact, head.ijk_to_ras))
    assert not any("cut off" in f for f in complete.findings)
    low = int(head.intact.shape[0] * 0.75)
    cut = inputs.volume_from_node(app.volume(head.intact[:low], head.ijk_to_ras))
    assert any("top of the head may be cut off" in f for f in cut.findings)


def test_nothing_chosen_an_empty_volume_and_a_node_of_another_kind_are_refused(app):
    with pytest.raises(InputError, match="Choose a head CT"):
        inputs.source_from_node(None)
    with pytest.raises(InputError, match="is empty"):
        inputs.source_from_node(app.scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "Nothing"))
    with pytest.raises(InputError, match="no volume, segmentation or model"):
        inputs.source_from_node(app.scene.AddNewNodeByClass("vtkMRMLTableNode", "Table"))
    with pytest.raises(InputError, match="has no segments"):
        inputs.source_from_node(app.scene.AddNewNodeByClass("vtkMRMLSegmentationNode", "Segmentation"))
    with pytest.raises(InputError, match="has no faces"):
        inputs.source_from_node(app.scene.AddNewNodeByClass("vtkMRMLModelNode", "Model"))


def test_a_skull_model_gives_its_triangles_where_it_is_seen(app):
    node = app.scene.AddNewNodeByClass("vtkMRMLModelNode", "Skull")
    mesh = Mesh(
        np.array([[0, 0, 0], [90.0, 0, 0], [0, 80, 0], [0, 0, 70]]),
        np.array([[0, 2, 1], [0, 1, 3], [1, 2, 3], [0, 3, 2]]),
    )
    models.show_mesh(node, mesh)
    shift = np.eye(4)
    shift[:3, 3] = (1, 2, 3)
    under(app, node, shift)
    read = inputs.source_from_node(node)
    np.testing.assert_allclose(read.vertices, mesh.vertices + np.array((1, 2, 3)))
    np.testing.assert_array_equal(read.faces, mesh.faces)


# --- the bone as a segmentation


def test_bone_goes_into_a_segmentation_and_comes_back_voxel_by_voxel(app, small):
    volume = app.volume(small.field, small.ijk_to_ras)
    node = app.scene.AddNewNodeByClass("vtkMRMLSegmentationNode", "Skull")
    bone_nodes.show_bone(node, small, reference=volume)
    np.testing.assert_array_equal(bone_nodes.bone_mask_from_node(node, small.mask.shape, small.ijk_to_ras), small.mask)


def test_the_bone_segment_says_bone_in_the_terminology(app, small):
    from vtk import reference

    node = app.scene.AddNewNodeByClass("vtkMRMLSegmentationNode", "Skull")
    bone_nodes.show_bone(node, small)
    tag = reference("")
    assert node.GetSegmentation().GetSegment("Bone").GetTag("TerminologyEntry", tag)
    assert "SCT^272673000^Bone" in str(tag)


def test_metal_is_a_segment_of_its_own(app, small):
    from dataclasses import replace

    metal = np.zeros_like(small.mask)
    metal[30:33, 30:33, 30:33] = True
    node = app.scene.AddNewNodeByClass("vtkMRMLSegmentationNode", "Skull")
    bone_nodes.show_bone(node, replace(small, metal=metal))
    names = [node.GetSegmentation().GetNthSegmentID(n) for n in range(node.GetSegmentation().GetNumberOfSegments())]
    assert names == ["Bone", "Metal"]
    np.testing.assert_array_equal(inputs.segment_on_grid(node, "Metal", metal.shape, small.ijk_to_ras), metal)


def test_a_segmentation_without_a_volume_is_a_mask_with_air_around_it(app, small):
    node = app.scene.AddNewNodeByClass("vtkMRMLSegmentationNode", "Skull")
    bone_nodes.show_bone(node, small)
    mask = inputs.source_from_node(node)
    assert mask.kind == "mask"
    assert mask.array.sum() == small.mask.sum()
    assert not any(np.take(mask.array, end, axis).any() for axis in range(3) for end in (0, -1))
    where = np.argwhere(mask.array)[0][::-1]
    there = (mask.ijk_to_ras @ [*where, 1])[:3]
    index = np.linalg.inv(small.ijk_to_ras) @ [*there, 1]
    assert small.mask[tuple(np.rint(index[:3]).astype(int)[::-1])]


def test_a_segmentation_of_a_volume_under_a_transform_lies_on_its_grid(app, small):
    volume = app.volume(small.field, small.ijk_to_ras)
    node = app.scene.AddNewNodeByClass("vtkMRMLSegmentationNode", "Skull")
    bone_nodes.show_bone(node, small, reference=volume)
    turn = rotation_about_axes((0, 0, 25))
    parent = under(app, volume, turn)
    node.SetAndObserveTransformNodeID(parent.GetID())
    mask = inputs.source_from_node(node)
    np.testing.assert_array_equal(mask.array, small.mask)
    np.testing.assert_allclose(mask.ijk_to_ras, turn @ small.ijk_to_ras, atol=1e-9)


def test_a_segment_on_another_grid_is_taken_from_the_nearest_voxel(app, small):
    node = app.scene.AddNewNodeByClass("vtkMRMLSegmentationNode", "Skull")
    bone_nodes.show_bone(node, small)
    finer = small.ijk_to_ras @ np.diag([0.5, 0.5, 0.5, 1.0])
    finer[:3, 3] -= 0.25 * 3.0  # eight small voxels in each large one
    shape = tuple(2 * n for n in small.mask.shape)
    taken = inputs.segment_on_grid(node, "Bone", shape, finer)
    assert taken.sum() == pytest.approx(8 * small.mask.sum(), rel=0.02)


# --- surfaces


def test_a_restored_surface_is_shown_in_space_and_in_slices_with_its_numbers_and_a_colour_bar(app):
    node = app.scene.AddNewNodeByClass("vtkMRMLModelNode", "Restored surface 1")
    mesh = Mesh(np.array([[0.0, 0, 0], [10, 0, 0], [0, 10, 0]]), np.array([[0, 1, 2]]))
    models.show_mesh(node, mesh, {models.STANDARD_ERROR_SCALARS: np.array([0.1, 0.5, 1.5])})
    models.style_as_restored_surface(node)
    models.colour_by_scalars(node, models.STANDARD_ERROR_SCALARS, 0, 2, legend="Standard error (mm)")
    display = node.GetDisplayNode()
    assert 0 < display.GetOpacity() < 1
    assert display.GetVisibility2D()
    assert display.GetActiveScalarName() == models.STANDARD_ERROR_SCALARS
    assert display.GetScalarRange() == (0.0, 2.0)
    bars = [node.GetNthDisplayNode(n) for n in range(node.GetNumberOfDisplayNodes())]
    (bar,) = [b for b in bars if b.IsA("vtkMRMLColorLegendDisplayNode")]
    assert bar.GetTitleText() == "Standard error (mm)"


def test_vertices_move_in_place_and_the_model_says_so(app):
    node = app.scene.AddNewNodeByClass("vtkMRMLModelNode", "Surface")
    mesh = Mesh(np.array([[0.0, 0, 0], [10, 0, 0], [0, 10, 0]]), np.array([[0, 1, 2]]))
    models.show_mesh(node, mesh)
    events = []
    node.AddObserver(slicer.vtkMRMLModelNode.PolyDataModifiedEvent, lambda *_: events.append(1))
    models.move_vertices(node, mesh.vertices + 1)
    np.testing.assert_allclose(models.model_vertices(node), mesh.vertices + 1)
    assert events


def test_the_prediction_is_kept_with_the_scene_number_by_number(app):
    pose = round_pose(rotation_about_axes((5, 10, 15))[:3, :3])
    shell = round_tables(4, sigma=0.7)
    node = app.scene.AddNewNodeByClass("vtkMRMLModelNode", "Predicted vault")
    models.show_predicted_vault(node, shell, pose)
    back = models.vault_tables_from_model(node, pose)
    assert back.level == 4
    for name in ("outer", "inner", "outer_sigma", "inner_sigma", "missing"):
        np.testing.assert_allclose(getattr(back, name), getattr(shell, name), rtol=1e-6, atol=1e-6)
    np.testing.assert_array_equal(back.vault, shell.vault)
    node.GetPolyData().GetPointData().RemoveArray("inner")
    with pytest.raises(ValueError, match="no prediction"):
        models.vault_tables_from_model(node, pose)


# --- points, tables, cases


def three():
    up = np.array([0.0, 0.0, 1.0])
    return [
        ReferencePoint(np.array([80.0, 0, 0]), np.array([1.0, 0, 0]), 0.9, 1),
        ReferencePoint(np.array([0.0, 80, 0]), np.array([0.0, 1, 0]), 0.4, 1),
        ReferencePoint(np.array([0.0, 0, 80]), up, 0.95, 2, moved=True),
    ]


def test_points_show_what_is_uncertain_moved_and_switched_off(app):
    node = app.scene.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode", "Reference points")
    points.style_points_list(node)
    names = points.show_points(node, three(), hidden=frozenset({2}))
    np.testing.assert_allclose(points.positions(node), [p.position for p in three()])
    assert [node.GetNthControlPointSelected(n) for n in range(3)] == [True, False, True]
    assert [node.GetNthControlPointLabel(n) for n in range(3)] == ["", "", "moved"]
    assert [node.GetNthControlPointVisibility(n) for n in range(3)] == [True, True, False]
    assert "confidence 0.40" in node.GetNthControlPointDescription(1)
    np.testing.assert_allclose(
        np.reshape(node.GetNthControlPointOrientationMatrix(1), (3, 3))[:, 2], [0, 1, 0], atol=1e-9
    )
    assert len(set(names)) == 3


def test_points_keep_their_identity_while_they_move(app):
    node = app.scene.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode", "Reference points")
    points.style_points_list(node)
    before = points.show_points(node, three())
    assert points.show_points(node, three()) == before
    assert points.identifiers(node) == before


def test_rows_become_a_table_with_units_and_empty_cells(app):
    node = app.scene.AddNewNodeByClass("vtkMRMLTableNode", "Defects")
    tables.show_rows(
        node,
        [{"Defect": 1, "Area (cm²)": 12.5, "Open": True}, {"Defect": 2, "Area (cm²)": None, "Open": False}],
        ["Defect", "Area (cm²)", "Open"],
    )
    assert node.GetNumberOfRows() == 2
    assert [node.GetCellText(r, 0) for r in range(2)] == ["1", "2"]
    assert node.GetCellText(0, 1) == "12.5"
    assert node.GetCellText(1, 1) == ""
    assert [node.GetCellText(r, 2) for r in range(2)] == ["yes", "no"]


def test_everything_of_a_case_lies_in_one_folder_with_its_input(app):
    volume = app.volume(phantom_head().ct, phantom_head().ijk_to_ras)
    case = case_node.create_case_node(app.scene, volume)
    hierarchy = app.scene.GetSubjectHierarchyNode()
    item = hierarchy.CreateItem(hierarchy.GetSceneItemID(), volume)
    case_node.find_role_node(case, "points")  # looked up, not made
    assert hierarchy.GetItemParent(item) == hierarchy.GetSceneItemID(), (
        "an input that is only looked at stays where it was"
    )
    model = case_node.node_for_role(case, "surface1", "vtkMRMLModelNode", "Restored surface 1")
    folders = {hierarchy.GetItemName(hierarchy.GetItemParent(hierarchy.GetItemByDataNode(n))) for n in (volume, model)}
    assert folders == {"Head CT restoration"}
    assert case_node.case_for_input(app.scene, volume).GetID() == case.GetID()
    assert case_node.nodes_for_prefix(case, "surface") == {1: model}
    case_node.remove_role_node(case, "surface1")
    assert case_node.nodes_for_prefix(case, "surface") == {}
    assert app.scene.GetNumberOfNodesByClass("vtkMRMLModelNode") == 0


def test_a_case_remembers_and_damage_is_forgotten(app):
    case = case_node.create_case_node(app.scene, app.volume(phantom_head().ct, phantom_head().ijk_to_ras))
    assert case_node.load_values(case) == {}
    case_node.save_values(case, {"off": [2], "pose": np.eye(4).tolist()})
    assert case_node.load_values(case)["off"] == [2]
    case.SetParameter("memory", "{damaged")
    assert case_node.load_values(case) == {}


def test_a_saved_scene_gives_everything_back(app, small, tmp_path):
    volume = app.volume(small.field, small.ijk_to_ras)
    case = case_node.create_case_node(app.scene, volume)
    bone = case_node.node_for_role(case, "bone", "vtkMRMLSegmentationNode", "Skull")
    bone_nodes.show_bone(bone, small, reference=volume)
    marks = case_node.node_for_role(case, "points", "vtkMRMLMarkupsFiducialNode", "Reference points")
    points.style_points_list(marks)
    names = points.show_points(marks, three())
    vault = case_node.node_for_role(case, "vault", "vtkMRMLModelNode", "Predicted vault")
    models.show_predicted_vault(vault, round_tables(4), round_pose())
    case_node.save_values(case, {"threshold_hu": 300.0})
    file = tmp_path / "case.mrb"
    assert app.scene.WriteToMRB(str(file))
    app.load(file)
    (case,) = case_node.case_nodes(app.scene)
    assert case_node.load_values(case) == {"threshold_hu": 300.0}
    np.testing.assert_array_equal(
        bone_nodes.bone_mask_from_node(case.GetNodeReference("bone"), small.mask.shape, small.ijk_to_ras), small.mask
    )
    assert points.identifiers(case.GetNodeReference("points")) == names
    np.testing.assert_allclose(
        points.positions(case.GetNodeReference("points")), [p.position for p in three()], atol=1e-5
    )
    assert (
        np.abs(
            models.vault_tables_from_model(case.GetNodeReference("vault"), round_pose()).outer - round_tables(4).outer
        ).max()
        < 1e-4
    )
    hierarchy = app.scene.GetSubjectHierarchyNode()
    again = case_node.node_for_role(case, "table", "vtkMRMLTableNode", "Defects")
    assert hierarchy.GetItemName(hierarchy.GetItemParent(hierarchy.GetItemByDataNode(again))) == "Head CT restoration"


# --- views


def test_all_views_are_centred_on_a_place(app):
    view, cut = View3D(app), ViewSlice(app)
    views.centre_views_on(app.scene, np.array([30.0, -20.0, 50.0]), np.array([0.0, -1.0, 0.3]))
    assert cut.node.GetSliceOffset() == pytest.approx(50.0)
    np.testing.assert_allclose(view.camera.GetFocalPoint(), (30, -20, 50))
    towards = np.array(view.camera.GetPosition()) - (30, -20, 50)
    assert towards[1] < 0 < towards[2]


@pytest.mark.parametrize("shown_mm", [(150, 200, 180), (150, 200, 40)], ids=["head", "flat"])
def test_a_place_is_centred_at_one_size_whatever_was_fitted_into_the_view_before(app, shown_mm):
    view = View3D(app)
    cube = vtk.vtkCubeSource()
    cube.SetXLength(shown_mm[0])
    cube.SetYLength(shown_mm[1])
    cube.SetZLength(shown_mm[2])
    actor = vtk.vtkActor()
    actor.SetMapper(vtk.vtkPolyDataMapper())
    actor.GetMapper().SetInputConnection(cube.GetOutputPort())
    view.renderer.AddActor(actor)
    view.renderer.ResetCameraScreenSpace()  # "Show all" changes the camera's angle
    views.centre_views_on(app.scene, np.array([30.0, -20.0, 50.0]), np.array([0.0, -1.0, 0.3]))
    camera = view.renderer.GetActiveCamera()
    height_mm = 2 * camera.GetDistance() * np.tan(np.radians(camera.GetViewAngle() / 2))
    assert height_mm == pytest.approx(168, abs=1), "room for the largest defects"


def test_the_threshold_preview_shows_over_the_slice_what_is_bone_and_goes_away_again(app):
    head = phantom_head()
    volume = app.volume(head.ct, head.ijk_to_ras)
    view = ViewSlice(app)
    composite = view.logic.GetSliceCompositeNode()
    composite.SetBackgroundVolumeID(volume.GetID())
    view.logic.FitSliceToAll()
    plain = view.picture()
    preview = views.ThresholdPreview(app.scene)
    shown = []
    for threshold in (300, 900):
        preview.show(volume, threshold)
        picture = view.picture()
        shown.append(int((np.abs(picture.astype(int) - plain).max(axis=2) > 20).sum()))
    assert shown[0] > shown[1] > 100
    preview.hide()
    np.testing.assert_array_equal(view.picture(), plain)
    assert composite.GetForegroundVolumeID() is None
    assert app.scene.GetNumberOfNodesByClass("vtkMRMLScalarVolumeNode") == 1


def test_a_point_dragged_with_the_mouse_moves_in_the_list(app):
    view = View3D(app)
    node = app.scene.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode", "Reference points")
    points.style_points_list(node)
    points.show_points(node, three())
    view.camera.SetPosition(400, 0, 30)
    view.camera.SetFocalPoint(0, 0, 0)
    view.camera.SetViewUp(0, 0, 1)
    view.camera.ResetClippingRange()
    view.picture()
    start = view.display((80, 0, 0))
    view.drag(start, start + np.array((50, 0)))
    moved = markup_positions(node)[0] - (80, 0, 0)
    assert 5 < np.linalg.norm(moved) < 60
    np.testing.assert_allclose(markup_positions(node)[1:], [p.position for p in three()][1:])


def test_bone_drawn_as_a_surface_is_seen(app, small):
    from SkullRestoreLib.geometry import surface_mesh

    node = app.scene.AddNewNodeByClass("vtkMRMLSegmentationNode", "Skull")
    view = View3D(app)
    empty = view.picture()
    bone_nodes.show_bone(node, small, surface=surface_mesh.extract_surface(small.field, small.iso, small.ijk_to_ras))
    view.camera.SetPosition(400, 0, 30)
    view.camera.SetFocalPoint(0, 0, 0)
    view.camera.ResetClippingRange()
    assert (np.abs(view.picture().astype(int) - empty).max(axis=2) > 10).mean() > 0.1


def test_a_bone_without_metal_needs_no_metal_segment(app):
    box = np.full((8, 8, 8), -5.0)
    box[2:6, 2:6, 2:6] = 1.0
    node = app.scene.AddNewNodeByClass("vtkMRMLSegmentationNode", "Skull")
    bone_nodes.show_bone(node, bone_from_depth(box, np.eye(4), ct=False))
    assert node.GetSegmentation().GetNumberOfSegments() == 1
