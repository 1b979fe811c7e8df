"""What cannot be used, at the command line: one clear sentence, an exit code, no traceback and nothing half-written.

What each package says in detail is tested with it; here every kind of bad input goes the way a user sends it.
"""

import json
import os
import shutil
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from helpers_head import phantom_head
from helpers_intake import cube_mesh, write_dicom, write_image
from helpers_restoration import make_restoration
from typer.testing import CliRunner

from SkullRestoreLib._system import resources
from SkullRestoreLib.cli import main
from SkullRestoreLib.geometry import surface_mesh
from SkullRestoreLib.geometry.decimation import decimate
from SkullRestoreLib.io import output_folder
from SkullRestoreLib.io.write import write_mesh
from SkullRestoreLib.pipeline import steps
from SkullRestoreLib.records import Mesh
from SkullRestoreLib.report import render

pytestmark = pytest.mark.usefixtures("quick_steps_and_pictures")


def restore(source, out, *options):
    return CliRunner().invoke(main.app, ["restore", str(source), "--out", str(out), *map(str, options)])


@pytest.fixture
def refused(tmp_path):
    """Restore something that must be refused; gives back the sentence."""

    def run(source, *options):
        home = tmp_path / "home"
        home.mkdir(exist_ok=True)
        result = restore(source, home / "out", *options)
        return error_message(result, home)

    return run


def error_message(result, home):
    assert result.exit_code == 2, result.output
    assert "Traceback" not in result.output
    assert list(home.iterdir()) == []
    errors = result.stderr[result.stderr.index("Error: ") + 7 :].strip()
    assert result.stderr.count("Error: ") == 1
    first = errors.splitlines()[0]
    assert first.rstrip()[-1] in ".:?"
    assert 20 < len(first) < 320
    return errors


@pytest.fixture(scope="module")
def phantom():
    return phantom_head()


@pytest.fixture(scope="module")
def skull(phantom):
    """A skull model, in RAS: about 60 000 faces."""
    bone = phantom.mask()
    return decimate(surface_mesh.extract_surface(bone.array.astype(np.uint8), 0.5, bone.ijk_to_ras), max_faces=60_000)


def part(phantom, **slices):
    """Some voxels of the CT, with their place."""
    at = tuple(slices.get(axis, slice(None)) for axis in "kji")
    matrix = phantom.ijk_to_ras.copy()
    matrix[:3, 3] += matrix[:3, :3] @ [s.start or 0 for s in at[::-1]]
    return phantom.ct[at], matrix


# --- paths and files


def test_a_path_that_does_not_exist(refused, tmp_path):
    assert "no file or folder" in refused(tmp_path / "nowhere")


def test_an_empty_path(refused, tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")  # an empty path must not stand for the current folder
    assert refused("")


def test_an_empty_file(refused, tmp_path):
    (tmp_path / "head.nrrd").touch()
    assert "is empty" in refused(tmp_path / "head.nrrd")


def test_a_folder_without_dicom(refused, tmp_path):
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "letter.txt").write_text("Dear colleague")
    assert "no DICOM images" in refused(tmp_path / "letters")


def test_an_image_that_was_cut_off(refused, tmp_path, phantom):
    path = write_image(tmp_path / "head.nrrd", phantom.ct, phantom.ijk_to_ras)
    path.write_bytes(path.read_bytes()[:-50_000])
    assert "head.nrrd" in refused(path)


def test_a_file_that_is_no_image(refused, tmp_path):
    path = tmp_path / "head.nii.gz"
    path.write_bytes(np.random.default_rng(0).bytes(5000))
    assert "head.nii.gz" in refused(path)


# --- DICOM


def test_another_modality(refused, tmp_path, phantom):
    write_dicom(tmp_path / "mr", phantom.ct, phantom.ijk_to_ras, modality="MR")
    assert "MR images but no CT" in refused(tmp_path / "mr")


def test_a_single_slice(refused, tmp_path, phantom):
    write_dicom(tmp_path / "ct", phantom.ct[40:41], phantom.ijk_to_ras)
    assert "a single slice" in refused(tmp_path / "ct")


def test_too_few_slices(refused, tmp_path, phantom):
    write_dicom(tmp_path / "ct", phantom.ct[30:45], phantom.ijk_to_ras)
    assert "15 slices" in refused(tmp_path / "ct")


def test_slices_that_are_too_far_apart(refused, tmp_path, phantom):
    matrix = phantom.ijk_to_ras.copy()
    matrix[2, 2] *= 3
    write_dicom(tmp_path / "ct", phantom.ct[::3], matrix)
    assert "6.0 mm apart" in refused(tmp_path / "ct")


def test_a_slice_missing_in_the_middle(refused, tmp_path, phantom):
    write_dicom(tmp_path / "ct", phantom.ct, phantom.ijk_to_ras, skip=(37,))
    assert "1 slice is missing" in refused(tmp_path / "ct")


def test_two_series_in_one_folder_are_listed_with_how_to_choose_one(refused, tmp_path, phantom):
    for uid in ("1.2.3.5", "1.2.3.6"):
        write_dicom(tmp_path / "ct", phantom.ct, phantom.ijk_to_ras, suffix=f"_{uid[-1]}.dcm", uid=uid)
    listed = refused(tmp_path / "ct")
    for word in ("--series", "[1] CT, 79 slices", "[2] CT, 79 slices", "UID 1.2.3.6"):
        assert word in listed
    assert "Series '7' is not in this folder" in refused(tmp_path / "ct", "--series", "7")


def test_a_dicom_file_that_was_cut_off(refused, tmp_path, phantom):
    write_dicom(tmp_path / "ct", phantom.ct, phantom.ijk_to_ras)
    damaged = sorted((tmp_path / "ct").iterdir())[20]
    damaged.write_bytes(damaged.read_bytes()[:-4000])
    assert damaged.name in refused(tmp_path / "ct")


# --- voxels


def test_a_ct_without_bone(refused, tmp_path, phantom):
    path = write_image(tmp_path / "head.nrrd", np.minimum(phantom.ct, 60), phantom.ijk_to_ras)
    assert "no bone" in refused(path)


@pytest.mark.parametrize("dtype", [np.int16, np.uint8])
def test_nothing_but_zeros(refused, tmp_path, phantom, dtype):
    path = write_image(tmp_path / "head.nrrd", np.zeros(phantom.ct.shape, dtype), phantom.ijk_to_ras)
    assert "same value" in refused(path)


def test_values_that_are_no_numbers(refused, tmp_path, phantom):
    hu = phantom.ct.astype(np.float32)
    hu[40, 60, 60] = np.nan
    assert "no numbers" in refused(write_image(tmp_path / "head.nrrd", hu, phantom.ijk_to_ras))


def test_a_vertex_that_is_cut_off(refused, tmp_path, phantom):
    hu, matrix = part(phantom, k=slice(0, 56))
    sentence = refused(write_image(tmp_path / "head.nrrd", hu, matrix))
    assert "top of the head is cut off" in sentence


@pytest.mark.parametrize(
    ("axis", "half", "name"),
    [("i", slice(62, None), "left"), ("j", slice(0, 60), "front")],
    ids=["left half", "front half"],
)
def test_a_head_that_is_cut_in_half(refused, tmp_path, phantom, axis, half, name):
    hu, matrix = part(phantom, **{axis: half})
    assert f"cut off at the {name}" in refused(write_image(tmp_path / "head.nrrd", hu, matrix))


def test_a_head_without_its_upper_half(refused, tmp_path, phantom):
    hu, matrix = part(phantom, k=slice(0, 35))
    assert "cut off" in refused(write_image(tmp_path / "head.nrrd", hu, matrix))


def shape(name):
    """A mask of something that is no skull, 3 mm voxels, with as much bone as a skull has."""
    a = np.arange(-111.0, 112.0, 3.0)
    z, y, x = np.meshgrid(a, a, a, indexing="ij", sparse=True)
    if name == "a box":
        outside = np.maximum(np.maximum(abs(x) - 70, abs(y) - 90), abs(z) - 65)
        inside = (outside <= 0) & (outside > -7)
    elif name == "a block":
        inside = np.maximum(np.maximum(abs(x), abs(y)), abs(z)) < 55
    else:
        inside = (np.hypot(x, y) < 45) & (abs(z) < 80)
    return inside.astype(np.uint8), np.array([[3.0, 0, 0, -111], [0, 3, 0, -111], [0, 0, 3, -111], [0, 0, 0, 1]])


@pytest.mark.slow
@pytest.mark.parametrize("name", ["a box", "a block", "a log"])
def test_a_mask_of_something_that_is_no_skull(refused, tmp_path, name):
    sentence = refused(write_image(tmp_path / "mask.nrrd", *shape(name)))
    assert "head" in sentence or "skull" in sentence


def test_a_mask_of_the_solid_head_instead_of_the_bone(refused, tmp_path, phantom):
    from scipy.ndimage import binary_erosion

    inside = binary_erosion(phantom.intact > -200, iterations=4)  # without scalp: as much of it as a skull measures
    sentence = refused(write_image(tmp_path / "mask.nrrd", inside.astype(np.uint8), phantom.ijk_to_ras))
    assert "mL of bone" in sentence or "filled" in sentence


# --- models: what can be mended is mended, the rest is refused


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["holes", "inverted", "doubled"])
def test_a_flawed_model_is_repaired_and_restored(tmp_path, skull, fault):
    faces = {
        "holes": np.delete(skull.faces, np.arange(0, len(skull.faces), 400), axis=0),
        "inverted": skull.faces[:, ::-1],
        "doubled": np.concatenate([skull.faces, skull.faces]),
    }[fault]
    write_mesh(Mesh(skull.vertices, np.ascontiguousarray(faces)), tmp_path / "skull.stl")
    result = restore(tmp_path / "skull.stl", tmp_path / "out", "--level", 5)
    assert result.exit_code == 0, result.output
    assert (tmp_path / "out" / "implant_1.stl").is_file()
    facts = json.loads((tmp_path / "out" / "restoration.json").read_text())
    known = fault != "inverted"  # a mirror image is inside out
    assert facts["input"]["side_known"] == known
    assert " ".join(facts["warnings"]).startswith("Side not known") != known
    assert (facts["defects"][0]["side"] == "side not known") != known
    assert ("SIDE NOT KNOWN" in result.output) != known


def test_an_image_that_contradicts_itself_or_has_no_size_or_names_another_file(refused, tmp_path, phantom):
    path = write_image(tmp_path / "head.nii", phantom.ct, phantom.ijk_to_ras)
    data = bytearray(path.read_bytes())
    data[280:328] = np.diag([-1.0, -1, 1, 1])[:3].astype("<f4").tobytes()
    path.write_bytes(data)
    assert "--nifti-affine sform or --nifti-affine qform" in refused(path)
    image = write_image(tmp_path / "head.nrrd", phantom.ct, phantom.ijk_to_ras).read_bytes()
    lines = [line for line in image.partition(b"\n\n")[0].splitlines() if not line.startswith((b"space", b"kinds"))]
    (tmp_path / "size.nrrd").write_bytes(b"\n".join(lines) + b"\n\n" + image.partition(b"\n\n")[2])
    assert "--spacing" in refused(tmp_path / "size.nrrd")
    assert "three numbers above 0" in refused(tmp_path / "size.nrrd", "--spacing", "1,1")
    assert "is no space" in refused(tmp_path / "size.nrrd", "--space", "up")
    (tmp_path / "far.nhdr").write_bytes(image.partition(b"\n\n")[0] + b"\ndata file: " + bytes(path) + b"\n\n")
    assert "only one file in the same folder" in refused(tmp_path / "far.nhdr")


@pytest.mark.slow
def test_a_model_in_metres(refused, tmp_path, skull):
    write_mesh(Mesh(skull.vertices / 1000, skull.faces), tmp_path / "skull.stl")
    assert "metres" in refused(tmp_path / "skull.stl")


def test_a_model_of_a_cube(refused, tmp_path):
    write_mesh(Mesh(*cube_mesh(150.0)), tmp_path / "cube.stl")
    assert refused(tmp_path / "cube.stl")


# --- where to write


def small(monkeypatch):
    """A pipeline that is done at once: what is tested comes after it."""

    def done(source, settings):
        yield "restore the surface", 0.5
        return make_restoration()

    monkeypatch.setattr(steps, "restore_steps", done)
    monkeypatch.setattr(render, "draw_views", lambda made: {})


@pytest.fixture(scope="module")
def good(tmp_path_factory, phantom):
    return write_image(tmp_path_factory.mktemp("good") / "head.nrrd", phantom.ct, phantom.ijk_to_ras)


def test_an_output_folder_that_holds_something_else(good, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "letter.txt").write_text("Dear colleague")
    result = restore(good, tmp_path / "out", "--force")
    assert result.exit_code == 2
    assert "letter.txt" in result.stderr
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["letter.txt"]


def test_an_output_folder_that_is_a_file(good, tmp_path):
    (tmp_path / "out").write_text("Dear colleague")
    result = restore(good, tmp_path / "out")
    assert result.exit_code == 2
    assert "is a file" in result.stderr
    assert (tmp_path / "out").read_text() == "Dear colleague"


def test_a_missing_permission_to_write_is_reported_before_anything_is_read(good, refused, monkeypatch):
    monkeypatch.setattr(
        output_folder, "os", SimpleNamespace(**{**vars(os), "access": lambda *_: False})
    )  # root may write everywhere
    monkeypatch.setattr(steps, "restore_steps", lambda *_: pytest.fail("the run must not begin"))
    assert "no permission" in refused(good)


def test_a_disk_that_is_full(good, refused, monkeypatch):
    small(monkeypatch)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1000))
    assert "0 MB free" in refused(good)


# --- weights and packages


def test_weights_that_are_missing(good, refused):
    assert "nowhere.safetensors does not exist" in refused(good, "--weights", "nowhere.safetensors")


def test_weights_that_are_damaged(good, refused, tmp_path):
    path = tmp_path / "mine.safetensors"
    path.write_bytes(resources.weights_path("network.safetensors").read_bytes()[:100_000])
    assert "mine.safetensors cannot be used" in refused(good, "--weights", path)


@pytest.mark.parametrize("name", ["network.safetensors", "shape.safetensors"])
def test_shipped_numbers_that_are_damaged_are_known_by_their_checksum(good, refused, tmp_path, monkeypatch, name):
    copy = tmp_path / "Resources"
    copy.mkdir()
    for one in ("network.safetensors", "shape.safetensors", "weights.json"):
        shutil.copy(resources.resource_path(one), copy / one)
    content = bytearray((copy / name).read_bytes())
    content[-1000] ^= 1
    (copy / name).write_bytes(content)
    monkeypatch.setattr(resources, "RESOURCE_DIRS", (copy,))
    assert "its checksum is not the one that was shipped" in refused(good)


def test_shipped_numbers_that_are_missing(good, refused, tmp_path, monkeypatch):
    monkeypatch.setattr(resources, "RESOURCE_DIRS", (tmp_path,))
    assert "is missing from this installation" in refused(good)


def test_a_device_that_does_not_exist(good, refused):
    if pytest.importorskip("torch").cuda.is_available():
        pytest.skip("this machine has a GPU")
    assert "Use --device cpu" in refused(good, "--device", "cuda")


def test_a_device_that_needs_torch_says_what_to_install(good, refused, monkeypatch):
    from SkullRestoreLib import prediction

    monkeypatch.delattr(prediction, "spherical_unet", raising=False)
    monkeypatch.setitem(sys.modules, "SkullRestoreLib.prediction.spherical_unet", None)
    assert "pip install torch" in refused(good, "--device", "cuda")
