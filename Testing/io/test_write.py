"""Written files open in other programs, at the right place, complete or not at all."""

import errno
import json
import os
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from helpers_restoration import PIECE, make_restoration, with_ct
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from SkullRestoreLib import report
from SkullRestoreLib.errors import OutputError
from SkullRestoreLib.io import markups, output_folder, write
from SkullRestoreLib.records import ReferencePoint


def written(made, out, **options):
    return write.write(
        made,
        out,
        make_reports=lambda files: {"report.html": b"<html></html>"},
        summarise=lambda files: report.summarise_restoration(made, files=files),
        **options,
    )


def names(out):
    return sorted(p.name for p in out.iterdir())


@pytest.fixture(scope="module")
def made():
    return make_restoration()


# --- coordinates


@given(arrays(np.float64, (5, 3), elements=st.floats(-1e4, 1e4)))
def test_ras_to_lps_and_back_is_where_it_was(points):
    assert np.array_equal(write.swap_ras_lps(write.swap_ras_lps(points)), points)


def test_left_and_back_change_sign_and_up_stays():
    assert write.swap_ras_lps([10.0, 20.0, 30.0]).tolist() == [-10.0, -20.0, 30.0]


@pytest.mark.parametrize("ending", ["stl", "ply", "obj"])
def test_a_mesh_opens_in_trimesh_at_its_lps_coordinates_with_the_same_outside(made, tmp_path, ending):
    import trimesh

    mesh = made.implants[0].mesh
    write.write_mesh(mesh, tmp_path / f"body.{ending}")
    opened = trimesh.load_mesh(tmp_path / f"body.{ending}")
    assert opened.is_watertight
    assert opened.volume > 0
    assert np.allclose(opened.centroid, mesh.vertices.mean(axis=0) * [-1, -1, 1], atol=1e-3)
    assert len(opened.faces) == len(mesh.faces)


@pytest.mark.parametrize("ending", ["stl", "ply", "obj"])
def test_slicers_own_reader_puts_a_mesh_back_at_its_ras_coordinates(made, tmp_path, ending):
    slicer = pytest.importorskip("slicer", reason="slicer-core is not installed")
    from vtkmodules.util.numpy_support import vtk_to_numpy

    mesh = made.implants[0].mesh
    write.write_mesh(mesh, tmp_path / f"body.{ending}")
    scene = slicer.vtkMRMLScene()
    model, storage = slicer.vtkMRMLModelNode(), slicer.vtkMRMLModelStorageNode()
    scene.AddNode(model)
    scene.AddNode(storage)
    storage.SetFileName(str(tmp_path / f"body.{ending}"))
    assert storage.ReadData(model)
    points = vtk_to_numpy(model.GetPolyData().GetPoints().GetData())
    assert np.allclose(points.min(axis=0), mesh.vertices.min(axis=0), atol=1e-3)
    assert np.allclose(points.max(axis=0), mesh.vertices.max(axis=0), atol=1e-3)


def test_what_slicers_writer_writes_and_what_we_write_is_the_same_place(made, tmp_path):
    slicer = pytest.importorskip("slicer", reason="slicer-core is not installed")
    import trimesh
    import vtk
    from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray

    mesh = made.implants[0].mesh
    points, cells, surface = vtk.vtkPoints(), vtk.vtkCellArray(), vtk.vtkPolyData()
    points.SetData(numpy_to_vtk(mesh.vertices, deep=True))
    cells.SetData(3, numpy_to_vtkIdTypeArray(mesh.faces.ravel(), deep=True))
    surface.SetPoints(points)
    surface.SetPolys(cells)
    scene, model, storage = slicer.vtkMRMLScene(), slicer.vtkMRMLModelNode(), slicer.vtkMRMLModelStorageNode()
    scene.AddNode(model)
    scene.AddNode(storage)
    model.SetAndObservePolyData(surface)
    storage.SetFileName(str(tmp_path / "theirs.stl"))
    assert storage.WriteData(model)
    write.write_mesh(mesh, tmp_path / "ours.stl")
    theirs, ours = (trimesh.load_mesh(tmp_path / f"{who}.stl") for who in ("theirs", "ours"))
    assert np.allclose(theirs.bounds, ours.bounds, atol=1e-4)


def test_the_stl_header_says_which_coordinates_it_holds(made, tmp_path):
    write.write_mesh(made.skull, tmp_path / "skull.stl")
    assert b"SPACE=LPS" in (tmp_path / "skull.stl").read_bytes()[:80]


def test_a_3mf_holds_every_body_with_its_name_and_the_unit(tmp_path):
    import xml.etree.ElementTree as ElementTree
    import zipfile

    made = make_restoration(defects=2)
    pieces = {"parts": (made.implants[0].mesh,), "part_checks": (PIECE,), "mould_checks": (PIECE, PIECE)}
    pieces |= {"ring": (made.implants[0].mesh,), "ring_checks": (PIECE,)}
    first = replace(made.implants[0], **pieces, mould=(made.implants[0].mesh, made.implants[1].mesh))
    out = written(replace(made, implants=(first, made.implants[1])), tmp_path / "out", extra_formats=("3mf", "obj"))
    with zipfile.ZipFile(out / "implants.3mf") as archive:
        assert archive.testzip() is None
        model = ElementTree.fromstring(archive.read("3D/3dmodel.model"))
    space = "{http://schemas.microsoft.com/3dmanufacturing/core/2015/02}"
    assert model.get("unit") == "millimeter"
    bodies = model.findall(f".//{space}object")
    assert [b.get("name") for b in bodies] == [
        "implant_1",
        "implant_1_part_1",
        "implant_1_mould_outer",
        "implant_1_mould_inner",
        "implant_1_ring",
        "implant_2",
    ]
    assert len(model.findall(f"{space}build/{space}item")) == 6
    x = [float(v.get("x")) for v in bodies[0].iter(f"{space}vertex")]
    assert x == pytest.approx(-made.implants[0].mesh.vertices[:, 0], abs=1e-4)
    assert {"implant_1.obj", "implant_1_part_1.stl", "implant_1_mould_inner.obj", "implant_1_ring.stl"} <= set(
        names(out)
    )
    assert all(write.is_result_file(name) for name in names(out))


def test_the_restored_skull_is_the_bone_with_what_was_missing(tmp_path):
    import SimpleITK as sitk

    made = make_restoration()
    out = written(made, tmp_path / "out")
    labels = sitk.GetArrayFromImage(sitk.ReadImage(str(out / "restored_skull.nrrd")))
    assert np.array_equal(labels > 0, made.bone.mask | (made.restored_bone > 0))


def test_extra_files_are_written_with_the_others(tmp_path):
    out = written(make_restoration(), tmp_path / "out", extra_files={"report.pdf": b"%PDF", "implant_1.dcm": b"DICM"})
    assert (out / "implant_1.dcm").read_bytes() == b"DICM"
    assert write.is_result_file("implant_1.dcm")
    assert not write.is_result_file("holiday.dcm")


def test_a_mesh_format_that_is_not_known_is_refused_with_the_known_ones(made, tmp_path):
    with pytest.raises(OutputError, match=r"\.stl, \.ply, \.obj"):
        write.write_mesh(made.skull, tmp_path / "skull.fbx")


def test_a_label_volume_is_on_exactly_the_grid_of_the_input(made, tmp_path):
    import SimpleITK as sitk

    write.write_labels(made.restored_bone, made.bone.ijk_to_ras, tmp_path / "labels.nrrd")
    image = sitk.ReadImage(str(tmp_path / "labels.nrrd"))
    assert np.array_equal(sitk.GetArrayFromImage(image), made.restored_bone)
    for ijk in ([0, 0, 0], [15, 0, 0], [0, 13, 0], [0, 0, 11]):
        ras = made.bone.ijk_to_ras @ [*ijk, 1]
        assert np.allclose(image.TransformIndexToPhysicalPoint(ijk), ras[:3] * [-1, -1, 1], atol=1e-6)


def test_an_input_header_with_tilted_gantry_comes_back_unchanged(made, tmp_path):
    import SimpleITK as sitk

    sheared = made.bone.ijk_to_ras.copy()
    sheared[:3, 2] += [0.0, 2.5, 0.0]
    write.write_labels(made.restored_bone, sheared, tmp_path / "labels.nrrd")
    image = sitk.ReadImage(str(tmp_path / "labels.nrrd"))
    assert np.allclose(
        np.array(image.GetDirection()).reshape(3, 3) * image.GetSpacing(),
        sheared[:3, :3] * [[-1], [-1], [1]],
        atol=1e-9,
    )


# --- reference points


def test_slicer_reads_the_reference_points_with_place_normal_label_and_confidence(made, tmp_path):
    slicer = pytest.importorskip("slicer", reason="slicer-core is not installed")
    write.write_reference_points(made.points, tmp_path / "reference_points.mrk.json")
    scene, node, storage = (
        slicer.vtkMRMLScene(),
        slicer.vtkMRMLMarkupsFiducialNode(),
        slicer.vtkMRMLMarkupsJsonStorageNode(),
    )
    scene.AddNode(node)
    scene.AddNode(storage)
    storage.SetFileName(str(tmp_path / "reference_points.mrk.json"))
    assert storage.ReadData(node)
    assert node.GetNumberOfControlPoints() == len(made.points)
    for k, point in enumerate(made.points):
        assert np.allclose(node.GetNthControlPointPositionWorld(k), point.position, atol=1e-4)
        assert np.allclose(node.GetNthControlPointNormalWorld(k), point.normal, atol=1e-6)
    assert node.GetNthControlPointLabel(6) == "1-07"
    assert node.GetNthControlPointDescription(6) == "confidence 0.30"
    assert [node.GetNthMeasurement(0).GetControlPointValues().GetValue(k) for k in (0, 6)] == [0.9, 0.3]


def test_labels_count_within_each_defect(tmp_path):
    points = [
        ReferencePoint(np.zeros(3), np.array([0, 0, 1.0]), 1.0, defect, moved=defect == 2) for defect in (1, 1, 2)
    ]
    write.write_reference_points(points, tmp_path / "p.mrk.json")
    written = json.loads((tmp_path / "p.mrk.json").read_text())["markups"][0]["controlPoints"]
    assert [p["label"] for p in written] == ["1-01", "1-02", "2-01"]
    assert written[2]["description"].endswith("moved by hand")


@given(arrays(np.float64, 3, elements=st.floats(-1, 1)).filter(lambda n: np.linalg.norm(n) > 1e-3))
def test_every_normal_has_a_right_handed_frame(normal):
    frame = markups.axes_from_normal(normal)
    assert np.allclose(frame.T @ frame, np.eye(3), atol=1e-9)
    assert np.linalg.det(frame) > 0
    assert np.allclose(frame[:, 2], normal / np.linalg.norm(normal))


# --- the folder


def test_a_restoration_of_an_image_writes_every_file(tmp_path):
    out = written(make_restoration(defects=2), tmp_path / "deep" / "out")
    # case.npz holds what an editable restoration has in addition
    asked_for = {"report.pdf", "implants.3mf", "implants_seg.dcm", "scene.mrb", "case.npz"}
    assert names(out) == sorted([*write.RESULT_FILES - asked_for, "implant_1.stl", "implant_2.stl"])
    assert names(tmp_path) == ["deep"]
    assert names(tmp_path / "deep") == ["out"]


def test_a_restoration_of_a_model_writes_no_volumes(tmp_path):
    assert not [n for n in names(written(make_restoration(model=True), tmp_path / "out")) if n.endswith(".nrrd")]


def test_no_defect_still_gives_skull_and_report_but_no_implant(tmp_path):
    assert names(written(make_restoration(defects=0), tmp_path / "out")) == [
        "report.html",
        "restoration.json",
        "skull.stl",
    ]


def test_the_restored_surface_holds_every_patch(tmp_path):
    import trimesh

    made = make_restoration(defects=2)
    opened = trimesh.load_mesh(written(made, tmp_path / "out") / "restored_surface.stl")
    assert len(opened.faces) == sum(len(p.outer.faces) for p in made.patches)
    assert len(opened.split(only_watertight=False)) == 2


def test_an_empty_folder_is_filled(made, tmp_path):
    assert "skull.stl" in names(written(made, tmp_path))


def test_an_earlier_result_is_kept_without_force(made, tmp_path):
    written(made, tmp_path / "out")
    with pytest.raises(OutputError, match="--force"):
        write.check_output(tmp_path / "out")
    written(make_restoration(defects=0), tmp_path / "out", force=True)
    assert names(tmp_path / "out") == ["report.html", "restoration.json", "skull.stl"]


def test_files_of_others_are_never_replaced(made, tmp_path):
    (tmp_path / "thesis.doc").write_text("years of work")
    with pytest.raises(OutputError, match=r"thesis\.doc"):
        written(made, tmp_path, force=True)
    assert names(tmp_path) == ["thesis.doc"]


def test_a_note_in_the_folder_of_an_earlier_result_is_never_replaced(made, tmp_path):
    written(made, tmp_path / "out")
    (tmp_path / "out" / "note.txt").write_text("approved by")
    with pytest.raises(OutputError, match=r"note\.txt"):
        written(made, tmp_path / "out", force=True)
    assert (tmp_path / "out" / "note.txt").read_text() == "approved by"


def test_what_a_killed_run_left_does_not_block_the_folder(made, tmp_path):
    (tmp_path / "out" / ".out.partial-x1").mkdir(parents=True)
    assert "skull.stl" in names(written(made, tmp_path / "out"))


def test_a_file_in_the_way_is_refused(made, tmp_path):
    (tmp_path / "file").write_text("x")
    for out in (tmp_path / "file", tmp_path / "file" / "out"):
        with pytest.raises(OutputError, match="is a file"):
            write.check_output(out)


def test_a_missing_permission_is_reported_before_anything_is_computed(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *_: False)  # chmod does not stop root, and tests may run as root
    with pytest.raises(OutputError, match="no permission"):
        write.check_output(tmp_path / "out")


def test_too_little_space_on_the_disk_is_reported_with_numbers(made, tmp_path, monkeypatch):
    monkeypatch.setattr(output_folder.shutil, "disk_usage", lambda _: SimpleNamespace(free=1000))
    with pytest.raises(OutputError, match="needs about"):
        written(made, tmp_path / "out")
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    ("problem", "message"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "is full"),
        (PermissionError(errno.EACCES, "Permission denied"), "no permission"),
        (OSError(errno.EROFS, "Read-only file system"), "no permission"),
        (OSError(errno.EIO, "Input/output error"), "Input/output error"),
        (KeyboardInterrupt(), None),
        (SystemExit(143), None),
    ],
)
@pytest.mark.parametrize("earlier", [False, True])
def test_a_run_that_fails_while_writing_leaves_everything_as_it_was(
    made, tmp_path, monkeypatch, problem, message, earlier
):
    out = tmp_path / "new" / "out"
    if earlier:
        written(made, out)
        (out / "skull.stl").write_bytes(b"the earlier one")
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}

    def fail(*_args, **_options):
        raise problem

    monkeypatch.setattr(write, "write_reference_points", fail)
    with pytest.raises(OutputError if message else type(problem), match=message):
        written(made, out, force=True)
    assert {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()} == before
    assert out.exists() == earlier
    assert (tmp_path / "new").exists() == earlier


def test_a_failure_in_the_very_last_move_brings_the_earlier_result_back(made, tmp_path, monkeypatch):
    out = written(made, tmp_path / "out")
    before = {p.name: p.read_bytes() for p in out.iterdir()}
    rename = Path.rename

    def stumble(self, target):
        if self.name == "skull.stl" and ".partial-" in str(self.parent) and ".replaced" not in str(self.parent):
            raise OSError(errno.EIO, "Input/output error")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", stumble)
    with pytest.raises(OutputError):
        written(make_restoration(defects=2), out, force=True)
    assert {p.name: p.read_bytes() for p in out.iterdir()} == before


def test_no_file_names_the_patient_or_the_place_of_the_input(tmp_path):
    made = with_ct(make_restoration(), uid="1.2.3.4")
    made = replace(made, settings=replace(made.settings, weights="/home/dr_who/patients/DOE^JOHN/w.safetensors"))
    out = written(made, tmp_path / "out")
    for path in out.iterdir():
        assert b"DOE" not in path.read_bytes()
        assert b"dr_who" not in path.read_bytes()
    assert json.loads((out / "restoration.json").read_text())["input"]["series_uid"] == "1.2.3.4"
