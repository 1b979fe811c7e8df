"""What is shown is what is written.

Results that were made with other choices than those that are shown are marked, and never exported as if current.
"""

import json

import numpy as np
import pytest
from helpers_head import phantom_head, rotation_about_axes
from helpers_scene import Application
from helpers_session import FAST, bilateral_head, open_session, surface_middle, with_block_in_the_hole

from SkullRestoreLib.errors import InputError, SkullRestoreError
from SkullRestoreLib.scene import bone_nodes, case_node, models
from SkullRestoreLib.scene.geometry import matrix_to_vtk
from SkullRestoreLib.session import Session
from SkullRestoreLib.settings import ImplantSettings, list_settings


@pytest.fixture(scope="module")
def restored_session():
    """A session on a head with one hole, restored, for all tests of this file: take ``case`` instead."""
    session = open_session(Application(), phantom_head("parietal", 7.0))
    session.start_restoration(FAST)
    session.wait_until_done()
    return session


@pytest.fixture
def case(restored_session):
    """The restored session as the program left it, with an implant of default settings."""
    restored_session.choose(FAST)
    if not restored_session.has_implants or restored_session.stale.implants:
        restored_session.reset_insertion_arrows()
        restored_session.start_implant_design(ImplantSettings())
        restored_session.wait_until_done()
    assert restored_session.stale.sentences == ()
    yield restored_session
    restored_session.choose(FAST)
    while restored_session.history.can_undo:
        restored_session.undo()
    restored_session.history.clear()
    restored_session.set_snapping(True)


def written(session, folder):
    """What the files of an export say."""
    session.start_export(folder)
    session.wait_until_done()
    return json.loads((folder / "restoration.json").read_text())


def move_input(session, matrix):
    """Put the input into a transform, or change the transform."""
    node = session.source_node
    parent = node.GetParentTransformNode()
    if parent is None:
        parent = node.GetScene().AddNewNodeByClass("vtkMRMLLinearTransformNode", "Moved by hand")
        node.SetAndObserveTransformNodeID(parent.GetID())
    parent.SetMatrixTransformToParent(matrix_to_vtk(matrix))


def opacity(session, role):
    return session.case_node.GetNodeReference(role).GetDisplayNode().GetOpacity()


# --- an implant's settings


@pytest.mark.slow
def test_an_export_after_settings_were_changed_holds_the_implant_that_is_shown(case, tmp_path):
    before = case.implants[0]
    chosen = ImplantSettings(thickness_mm=6.0, clearance_mm=0.3)
    case.choose(FAST.with_changes(implant=chosen))
    assert [s.split(":")[0] for s in case.stale.implants] == ["Thickness", "Clearance"]
    assert "4 mm, now 6 mm" in case.stale.implants[0]
    assert opacity(case, "implant1") < 0.5
    steps = []
    case.start_export(tmp_path / "out")
    while case.poll(0.01):
        steps.append(case.job.step)
    assert any("with the settings shown" in step for step in steps)
    facts = json.loads((tmp_path / "out" / "restoration.json").read_text())
    (implant,) = [d["implant"] for d in facts["defects"] if d["implant"]]
    for values in (facts["settings"]["implant"], implant["settings"]):
        assert (values["thickness_mm"], values["clearance_mm"]) == (6.0, 0.3)
    assert case.implants[0].settings == chosen, "the implant in the views is the one in the files"
    assert case.implants[0].volume_ml > before.volume_ml
    assert case.stale.sentences == ()
    assert opacity(case, "implant1") == 1.0


def other(option):
    """Another value of a setting than its default."""
    if option.kind == "switch":
        return not option.default
    if option.kind == "choice":
        return next(c for c in option.choices if c != option.default)
    if option.kind == "direction":
        return (0.0, 0.0, -1.0)
    if option.kind == "labels":
        return ("1-01", "1-05")
    return type(option.default)(option.high if option.default != option.high else option.low)


@pytest.mark.slow
@pytest.mark.parametrize("option", list_settings(ImplantSettings), ids=lambda o: o.name)
def test_every_setting_of_an_implant_makes_it_stale_and_back_again(case, option):
    base = ImplantSettings(perforations=option.name == "hole_to_edge_mm")
    if option.needs:
        needed = next(o for o in list_settings(ImplantSettings) if o.name == option.needs)
        case.choose(FAST.with_changes(implant=base.with_changes(**{option.name: other(option)})))
        assert not case.stale.files, "a setting without effect is not reported"
        base = base.with_changes(**{option.needs: other(needed)})
    case.choose(FAST.with_changes(implant=base.with_changes(**{option.name: other(option)})))
    assert any(sentence.startswith(f"{option.label}: designed with") for sentence in case.stale.implants)
    assert case.stale.surface == ()
    case.choose(FAST)
    assert case.stale.sentences == ()
    assert opacity(case, "implant1") == 1.0


@pytest.mark.slow
def test_settings_changed_while_the_design_runs_leave_a_stale_implant(case):
    case.start_implant_design(ImplantSettings(thickness_mm=5.0))
    case.choose(FAST.with_changes(implant=ImplantSettings(thickness_mm=3.0)))
    case.wait_until_done()
    assert case.implants[0].settings.thickness_mm == 5.0
    assert "5 mm, now 3 mm" in case.stale.implants[0]
    case.start_implant_design(ImplantSettings())
    case.wait_until_done()


@pytest.mark.slow
def test_an_implant_of_a_surface_that_was_edited_meanwhile_is_dropped_and_that_is_reported(case):
    case.set_snapping(False)
    case.start_implant_design(ImplantSettings())
    case.move_point(0, case.points[0].position + 3.0)
    case.wait_until_done()
    assert case.implants == ()
    assert not case.has_implants
    assert "was changed while" in case.message


@pytest.mark.slow
def test_an_export_after_an_edit_undo_and_a_switch_writes_the_surface_as_it_is(case, tmp_path):
    case.set_snapping(False)
    centre, out = surface_middle(case)
    case.add_point(centre + 3 * out)
    facts = written(case, tmp_path / "edited")
    assert [d["reference_points_moved_by_hand"] for d in facts["defects"]] == [1]
    edited = case.implants[0].mesh.vertices.copy()
    case.undo()
    assert case.implants == ()
    facts = written(case, tmp_path / "undone")
    assert [d["reference_points_moved_by_hand"] for d in facts["defects"]] == [0]
    assert (
        case.implants[0].mesh.vertices.shape != edited.shape
        or np.abs(case.implants[0].mesh.vertices - edited).max() > 0.5
    )


@pytest.mark.slow
def test_a_turned_arrow_makes_the_implant_stale_and_the_files_follow_it(case, tmp_path):
    line = case.case_node.GetNodeReference("way1")
    place = line.GetNthControlPointPositionWorld(0)
    way = np.array(case.implants[0].insertion_direction)
    side = np.cross(way, np.eye(3)[np.argmin(np.abs(way))])
    line.SetNthControlPointPositionWorld(0, *(np.array(place) + 6 * side))
    assert "arrow was turned" in case.stale.implants[0]
    turned = case.insertion_directions[1]
    facts = written(case, tmp_path / "out")
    (implant,) = [d["implant"] for d in facts["defects"] if d["implant"]]
    assert implant["settings"]["insertion"] == pytest.approx(turned, abs=1e-3)
    assert case.stale.sentences == ()
    case.reset_insertion_arrows()
    assert "arrow was turned" in case.stale.implants[0], "given back to the program"
    case.start_implant_design(ImplantSettings())
    case.wait_until_done()


@pytest.mark.slow
def test_an_implant_that_was_deleted_or_moved_in_the_scene_is_not_written_as_if_it_were_there(case):
    node = case.case_node.GetNodeReference("implant1")
    parent = node.GetScene().AddNewNodeByClass("vtkMRMLLinearTransformNode", "Aside")
    node.SetAndObserveTransformNodeID(parent.GetID())
    assert "put into a transform" in case.stale.implants[0]
    node.SetAndObserveTransformNodeID(None)
    assert case.stale.implants == ()
    node.GetScene().RemoveNode(node)
    assert "deleted" in case.stale.implants[0]
    case.start_implant_design(ImplantSettings())
    case.wait_until_done()


# --- a restoration's settings


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"threshold_hu": 700.0}, "Bone threshold: restored with"),
        ({"min_area_cm2": 3.0}, "Smallest defect: restored with 1 cm², now 3 cm²."),
        ({"level": 6}, "Grid level: restored with 5, now 6."),
        ({"points": 30}, "Reference points: restored with 24, now 30."),
        ({"weights": "others.safetensors"}, "Weights: restored with automatic, now others.safetensors."),
    ],
)
def test_what_was_changed_before_the_surface_is_refused_in_one_sentence_until_it_is_restored_again(
    case, tmp_path, change, says
):
    case.choose(FAST.with_changes(**change))
    assert case.stale.surface[0].startswith(says)
    assert opacity(case, "surface1") < 0.5
    with pytest.raises(SkullRestoreError, match="Restore again, or change it back"):
        case.start_export(tmp_path / "out")
    assert not (tmp_path / "out").exists()
    case.choose(FAST)
    assert case.stale.sentences == ()
    assert opacity(case, "surface1") == models.SURFACE_OPACITY
    case.choose(FAST.with_changes(device="cuda"))
    assert case.stale.sentences == (), "where the network runs decides nothing"


@pytest.mark.slow
def test_the_number_of_points_follows_undo_and_is_in_the_files(case, tmp_path):
    case.set_point_count(12)
    assert (case.settings.points, case.point_count) == (12, 12)
    assert case.stale.surface == ()
    case.undo()
    assert (case.settings.points, case.point_count) == (24, 24)
    case.redo()
    assert written(case, tmp_path / "out")["settings"]["points"] == 12


@pytest.mark.slow
def test_the_fullness_drops_the_implants_and_is_in_the_files(case, tmp_path):
    case.set_fullness(-1.0)
    assert not case.implants
    facts = written(case, tmp_path / "out")
    assert facts["settings"]["fullness"] == -1.0
    assert "Flatter surface: 84 % of heads are fuller here." in facts["warnings"]


@pytest.mark.slow
def test_a_cancelled_restoration_leaves_the_old_one_stale_and_its_settings_in_the_report(case, tmp_path):
    used = case.used
    case.start_restoration(FAST.with_changes(threshold_hu=700.0))
    case.cancel()
    assert "now 700 HU" in case.stale.surface[0]
    assert case.used.threshold_hu == used.threshold_hu
    case.choose(FAST)
    assert written(case, tmp_path / "out")["settings"]["threshold_hu"] is None


@pytest.mark.slow
def test_a_threshold_that_is_chosen_after_the_bone_was_segmented_is_the_one_that_is_restored_with(app):
    session = open_session(app, phantom_head("parietal", 7.0))
    session.start_segmentation()
    session.wait_until_done()
    found = session.suggested_threshold()
    session.start_restoration(FAST.with_changes(threshold_hu=600.0))
    session.wait_until_done()
    assert found != 600
    assert session.restoration.segmentation.bone.threshold_hu == 600.0
    assert session.suggested_threshold() == 600.0
    assert session.automatic_threshold() == pytest.approx(found)
    session.choose(FAST)
    assert "restored with 600 HU, now automatic" in session.stale.surface[0]
    session.close()


@pytest.mark.slow
def test_another_threshold_does_not_silently_drop_what_the_user_edited(app):
    made = phantom_head("parietal", 7.0)
    ct, _ = with_block_in_the_hole(made, 900)
    session = Session(app.scene, app.volume(ct, made.ijk_to_ras, "New bone"))
    session.start_segmentation()
    session.wait_until_done()
    session.start_island_removal([session.islands[0][0]])
    session.wait_until_done()
    with pytest.raises(SkullRestoreError, match="edited by hand"):
        session.start_restoration(FAST.with_changes(threshold_hu=600.0))
    session.start_segmentation(600.0)
    session.wait_until_done()
    session.start_restoration(FAST.with_changes(threshold_hu=600.0))
    session.wait_until_done()
    assert session.is_restored
    session.close()


# --- the scene


@pytest.mark.slow
def test_an_input_that_was_moved_is_reported_and_refused_until_it_is_put_back(case, tmp_path):
    matrix = np.eye(4)
    matrix[0, 3] = 5.0
    move_input(case, matrix)
    assert case.stale.surface == ("The input was moved after the restoration.",)
    assert opacity(case, "surface1") < 0.5
    with pytest.raises(SkullRestoreError, match="moved after the restoration"):
        case.start_export(tmp_path / "out")
    move_input(case, np.eye(4))
    assert case.stale.sentences == ()
    case.source_node.SetAndObserveTransformNodeID(None)
    assert case.stale.sentences == ()


@pytest.mark.slow
def test_a_restoration_after_the_input_was_moved_is_where_it_is_seen_now(app, tmp_path):
    session = open_session(app, phantom_head("parietal", 7.0))
    session.start_segmentation()
    session.wait_until_done()
    before = session.skull_surface.vertices.mean(axis=0)
    matrix = rotation_about_axes((0, 0, 10))
    matrix[:3, 3] = (40.0, 0.0, 0.0)
    move_input(session, matrix)
    session.start_restoration(FAST)
    session.wait_until_done()
    assert session.stale.sentences == ()
    now = session.skull_surface.vertices.mean(axis=0)
    assert np.linalg.norm(now - (matrix[:3, :3] @ before + matrix[:3, 3])) < 2
    file = tmp_path / "case.mrb"
    assert app.scene.WriteToMRB(str(file))
    app.load(file)
    (kept,) = case_node.case_nodes(app.scene)
    again = Session(app.scene, kept.GetNodeReference("input"))
    again.source_node.SetAndObserveTransformNodeID(None)
    with pytest.raises(SkullRestoreError, match="moved or changed since this restoration was saved"):
        again.start_resume()
    again.close()


@pytest.mark.slow
@pytest.mark.parametrize("how", ["voxels", "spacing", "another image"])
def test_an_input_whose_image_was_changed_is_refused(case, tmp_path, how):
    from vtkmodules.util.numpy_support import vtk_to_numpy
    from vtkmodules.vtkCommonDataModel import vtkImageData

    node = case.source_node
    image, spacing = node.GetImageData(), node.GetSpacing()
    values = vtk_to_numpy(image.GetPointData().GetScalars())
    kept = values[:500].copy()
    if how == "voxels":
        values[:500] += 100
        image.GetPointData().GetScalars().Modified()
        node.Modified()
    elif how == "spacing":
        node.SetSpacing(*(1.01 * s for s in spacing))
    else:
        made = vtkImageData()
        made.DeepCopy(image)
        vtk_to_numpy(made.GetPointData().GetScalars())[:500] += 100
        node.SetAndObserveImageData(made)
    assert len(case.stale.surface) == 1
    with pytest.raises(SkullRestoreError, match="The input was"):
        case.start_export(tmp_path / "out")
    values[:500] = kept
    node.SetSpacing(*spacing)
    node.SetAndObserveImageData(image)
    image.GetPointData().GetScalars().Modified()
    node.Modified()
    assert case.stale.surface == ()


@pytest.mark.slow
def test_voxels_changed_behind_vtks_back_are_still_found_at_the_export(case, tmp_path):
    from vtkmodules.util.numpy_support import vtk_to_numpy

    values = vtk_to_numpy(case.source_node.GetImageData().GetPointData().GetScalars())
    kept = values[:500].copy()
    values[:500] += 100
    with pytest.raises(SkullRestoreError, match="The input was changed"):
        case.start_export(tmp_path / "out")
    values[:500] = kept
    case.start_export(tmp_path / "out")
    case.cancel()


@pytest.mark.slow
def test_bone_that_was_edited_after_the_restoration_is_refused(case, tmp_path):
    from dataclasses import replace

    bone = case.restoration.segmentation.bone
    mask = bone.mask.copy()
    mask[tuple(np.argwhere(mask)[:400].T)] = False
    bone_nodes.show_bone(case.bone_node, replace(bone, mask=mask), reference=case.source_node)
    assert case.stale.surface == ("The bone was edited after the restoration.",)
    with pytest.raises(SkullRestoreError, match="bone was edited"):
        case.start_export(tmp_path / "out")
    bone_nodes.show_bone(case.bone_node, bone, surface=case.skull_surface, reference=case.source_node)
    assert case.stale.sentences == ()


@pytest.mark.slow
def test_bone_that_was_deleted_is_reported_and_made_again_by_the_next_restoration(app):
    session = open_session(app, phantom_head("parietal", 7.0))
    session.start_restoration(FAST)
    session.wait_until_done()
    session.bone_node.GetSegmentation().RemoveSegment(bone_nodes.BONE_SEGMENT)
    assert "bone was deleted" in session.stale.surface[0]
    session.start_restoration(FAST)
    session.wait_until_done()
    assert session.stale.sentences == ()
    app.scene.RemoveNode(session.bone_node)
    assert "bone was deleted" in session.stale.surface[0]
    session.start_restoration(FAST)
    session.wait_until_done()
    assert session.bone_node is not None
    assert session.bone_node.GetSegmentation().GetSegment(bone_nodes.BONE_SEGMENT) is not None
    assert session.stale.sentences == ()
    session.close()


@pytest.mark.slow
def test_bone_that_was_segmented_again_without_a_restoration_is_reported(app):
    session = open_session(app, phantom_head("parietal", 7.0))
    session.start_restoration(FAST)
    session.wait_until_done()
    session.start_segmentation(700.0)
    while not session.segmented.chosen_hu:
        session.poll(0.03)
    session.cancel()  # the restoration that follows by itself
    assert session.stale.surface
    session.choose(FAST)
    assert session.stale.surface == ("The bone was edited after the restoration.",)
    session.close()


@pytest.mark.slow
def test_an_input_that_was_deleted_is_reported(app):
    session = open_session(app, phantom_head("parietal", 7.0))
    session.start_restoration(FAST)
    session.wait_until_done()
    told = []
    session.on_change.append(lambda: told.append(session.stale.surface))
    app.scene.RemoveNode(session.source_node)
    assert told
    assert told[-1] == ("The input was deleted from the scene.",)
    session.close()


# --- a scene that was saved


@pytest.mark.slow
def test_a_loaded_scene_knows_with_what_its_implants_were_designed(tmp_path):
    app = Application()
    session = open_session(app, phantom_head("parietal", 7.0))
    session.start_restoration(FAST)
    session.wait_until_done()
    session.start_implant_design(ImplantSettings(thickness_mm=5.0))
    session.wait_until_done()
    session.choose(FAST.with_changes(implant=ImplantSettings(thickness_mm=3.0)))
    assert app.scene.WriteToMRB(str(tmp_path / "case.mrb"))
    app.load(tmp_path / "case.mrb")
    (case,) = case_node.case_nodes(app.scene)
    again = Session(app.scene, case.GetNodeReference("input"))
    again.start_resume()
    again.wait_until_done()
    assert again.settings.implant.thickness_mm == 5.0
    assert again.stale.sentences == ()
    again.choose(again.settings.with_changes(implant=ImplantSettings(thickness_mm=3.0)))
    assert "5 mm, now 3 mm" in again.stale.implants[0]
    facts = written(again, tmp_path / "out")
    assert facts["settings"]["implant"]["thickness_mm"] == 3.0
    again.close()


# --- the comparison


@pytest.mark.slow
def test_distances_go_with_the_surface_of_which_they_were_measured(session, shared):
    session.start_comparison(shared.volume(bilateral_head().intact, bilateral_head().ijk_to_ras, "Before"))
    session.wait_until_done()
    display = session.case_node.GetNodeReference("surface1").GetDisplayNode()
    assert display.GetActiveScalarName() == models.DISTANCE_SCALARS
    assert session.compared_with.GetName() == "Before"
    session.set_snapping(False)
    session.move_point(0, session.points[0].position + 4.0)
    assert display.GetActiveScalarName() == models.STANDARD_ERROR_SCALARS
    assert not session.has_comparison
    assert session.compared_with is None


@pytest.mark.slow
def test_nothing_that_was_not_compared_has_a_colour_or_a_number(shared, session, view):
    made = bilateral_head()
    half = made.intact.copy()  # the skull before has bone at the first hole, and none at the second
    half[made.missing == 2] = made.ct[made.missing == 2]
    session.start_comparison(shared.volume(half, made.ijk_to_ras, "Half"))
    session.wait_until_done()
    first, second = session.comparison.defect_comparisons
    assert first.deviation is not None
    assert (second.deviation, second.area_cm2, second.grade) == (None, None, "not compared: no bone there")
    assert second.share < 0.3
    assert np.isnan(second.signed_distance_mm).mean() > 0.5
    rows = session.comparison_rows
    assert "nan" not in json.dumps(rows).lower()
    assert rows[1]["RMS deviation (mm)"] == ""
    session.centre_on_defect(2)
    height, width, _ = (picture := view.picture().astype(int)).shape
    middle_part = picture[height // 2 - 20 : height // 2 + 20, width // 2 - 20 : width // 2 + 20].reshape(-1, 3)
    assert np.median(middle_part.max(axis=1)) < 150, "zero is nearly white"
    assert np.median(np.ptp(middle_part, axis=1)) < 30, "grey"
    titles = {n.GetTitleText() for n in shared.scene.GetNodesByClass("vtkMRMLColorLegendDisplayNode")}
    assert any("grey: not compared" in one for one in titles)
    session.colour_by_standard_error()


@pytest.mark.slow
def test_a_skull_before_with_the_same_holes_is_refused_in_a_sentence(session, shared):
    session.forget_comparison()
    session.start_comparison(shared.volume(bilateral_head().ct, bilateral_head().ijk_to_ras, "Same holes"))
    with pytest.raises(InputError, match="nothing can be compared"):
        session.wait_until_done()
    assert session.comparison is None
    assert (
        session.case_node.GetNodeReference("surface1").GetDisplayNode().GetActiveScalarName()
        == models.STANDARD_ERROR_SCALARS
    )
