"""What cannot be used, at the command line: one clear sentence, an exit code, no traceback and nothing half-written.

What each room says in detail is tested with the room; here every kind of bad input goes the way a user sends it.
"""

import os
import shutil
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from helpers_head import head
from helpers_intake import cube, write_dicom, write_image
from helpers_restoration import restoration
from typer.testing import CliRunner

from SkullRestoreLib import cli, folder, mesh, network, pipeline, render, resources
from SkullRestoreLib.case import Mesh
from SkullRestoreLib.export import write_mesh


def restore(source, out, *options):
    return CliRunner().invoke(cli.app, ["restore", str(source), "--out", str(out), *map(str, options)])


@pytest.fixture
def refused(tmp_path):
    """Restore something that must be refused; gives back the sentence."""

    def run(source, *options):
        home = tmp_path / "home"
        home.mkdir(exist_ok=True)
        result = restore(source, home / "out", *options)
        return said(result, home)

    return run


def said(result, home):
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
def whole():
    return head()


@pytest.fixture(scope="module")
def skull(whole):
    """A skull model, in RAS: about 60 000 faces."""
    bone = whole.mask()
    return mesh.decimate(mesh.surface(bone.array.astype(np.uint8), 0.5, bone.ijk_to_ras), max_faces=60_000)


def part(whole, **slices):
    """Some voxels of the CT, with their place."""
    at = tuple(slices.get(axis, slice(None)) for axis in "kji")
    matrix = whole.ijk_to_ras.copy()
    matrix[:3, 3] += matrix[:3, :3] @ [s.start or 0 for s in at[::-1]]
    return whole.ct[at], matrix


# --- paths and files


def test_a_path_that_does_not_exist(refused, tmp_path):
    assert "no file or folder" in refused(tmp_path / "nowhere")


def test_an_empty_path(refused, tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")  # an empty path must not be taken for what lies around
    assert refused("")


def test_an_empty_file(refused, tmp_path):
    (tmp_path / "head.nrrd").touch()
    assert "is empty" in refused(tmp_path / "head.nrrd")


def test_a_folder_without_dicom(refused, tmp_path):
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "letter.txt").write_text("Dear colleague")
    assert "no DICOM images" in refused(tmp_path / "letters")


def test_an_image_that_was_cut_off(refused, tmp_path, whole):
    path = write_image(tmp_path / "head.nrrd", whole.ct, whole.ijk_to_ras)
    path.write_bytes(path.read_bytes()[:-50_000])
    assert "head.nrrd" in refused(path)


def test_a_file_that_is_no_image(refused, tmp_path):
    path = tmp_path / "head.nii.gz"
    path.write_bytes(np.random.default_rng(0).bytes(5000))
    assert "head.nii.gz" in refused(path)


# --- DICOM


def test_another_modality(refused, tmp_path, whole):
    write_dicom(tmp_path / "mr", whole.ct, whole.ijk_to_ras, modality="MR")
    assert "MR images but no CT" in refused(tmp_path / "mr")


def test_a_single_slice(refused, tmp_path, whole):
    write_dicom(tmp_path / "ct", whole.ct[40:41], whole.ijk_to_ras)
    assert "a single slice" in refused(tmp_path / "ct")


def test_too_few_slices(refused, tmp_path, whole):
    write_dicom(tmp_path / "ct", whole.ct[30:45], whole.ijk_to_ras)
    assert "15 slices" in refused(tmp_path / "ct")


def test_slices_that_are_too_far_apart(refused, tmp_path, whole):
    matrix = whole.ijk_to_ras.copy()
    matrix[2, 2] *= 3
    write_dicom(tmp_path / "ct", whole.ct[::3], matrix)
    assert "6.0 mm apart" in refused(tmp_path / "ct")


def test_a_slice_missing_in_the_middle(refused, tmp_path, whole):
    write_dicom(tmp_path / "ct", whole.ct, whole.ijk_to_ras, skip=(37,))
    assert "1 slice is missing" in refused(tmp_path / "ct")


def test_two_series_in_one_folder_are_listed_with_how_to_choose_one(refused, tmp_path, whole):
    for uid in ("1.2.3.5", "1.2.3.6"):
        write_dicom(tmp_path / "ct", whole.ct, whole.ijk_to_ras, suffix=f"_{uid[-1]}.dcm", uid=uid)
    listed = refused(tmp_path / "ct")
    for word in ("--series", "[1] CT, 79 slices", "[2] CT, 79 slices", "UID 1.2.3.6"):
        assert word in listed
    assert "Series '7' is not in this folder" in refused(tmp_path / "ct", "--series", "7")


def test_a_dicom_file_that_was_cut_off(refused, tmp_path, whole):
    write_dicom(tmp_path / "ct", whole.ct, whole.ijk_to_ras)
    damaged = sorted((tmp_path / "ct").iterdir())[20]
    damaged.write_bytes(damaged.read_bytes()[:-4000])
    assert damaged.name in refused(tmp_path / "ct")


# --- voxels


def test_a_ct_without_bone(refused, tmp_path, whole):
    path = write_image(tmp_path / "head.nrrd", np.minimum(whole.ct, 60), whole.ijk_to_ras)
    assert "no bone" in refused(path)


@pytest.mark.parametrize("dtype", [np.int16, np.uint8])
def test_nothing_but_zeros(refused, tmp_path, whole, dtype):
    path = write_image(tmp_path / "head.nrrd", np.zeros(whole.ct.shape, dtype), whole.ijk_to_ras)
    assert "same value" in refused(path)


def test_values_that_are_no_numbers(refused, tmp_path, whole):
    hu = whole.ct.astype(np.float32)
    hu[40, 60, 60] = np.nan
    assert "no numbers" in refused(write_image(tmp_path / "head.nrrd", hu, whole.ijk_to_ras))


def test_a_vertex_that_is_cut_off(refused, tmp_path, whole):
    hu, matrix = part(whole, k=slice(0, 56))
    sentence = refused(write_image(tmp_path / "head.nrrd", hu, matrix))
    assert "top of the head is cut off" in sentence


@pytest.mark.parametrize(
    ("axis", "half", "name"), [("i", slice(62, None), "left"), ("j", slice(0, 60), "front")], ids=["left half", "front half"]
)
def test_a_head_that_is_cut_in_half(refused, tmp_path, whole, axis, half, name):
    hu, matrix = part(whole, **{axis: half})
    assert f"cut off at the {name}" in refused(write_image(tmp_path / "head.nrrd", hu, matrix))


def test_a_head_of_which_only_the_lower_half_is_there(refused, tmp_path, whole):
    hu, matrix = part(whole, k=slice(0, 35))
    assert "cut off" in refused(write_image(tmp_path / "head.nrrd", hu, matrix))


def shape(name):
    """A mask of something that is no skull, 2 mm voxels, with as much bone as a skull has."""
    a = np.arange(-110.0, 111.0, 2.0)
    z, y, x = np.meshgrid(a, a, a, indexing="ij", sparse=True)
    if name == "a box":
        outside = np.maximum(np.maximum(abs(x) - 70, abs(y) - 90), abs(z) - 65)
        inside = (outside <= 0) & (outside > -7)
    elif name == "a block":
        inside = np.maximum(np.maximum(abs(x), abs(y)), abs(z)) < 55
    else:
        inside = (np.hypot(x, y) < 45) & (abs(z) < 80)
    return inside.astype(np.uint8), np.array([[2.0, 0, 0, -110], [0, 2, 0, -110], [0, 0, 2, -110], [0, 0, 0, 1]])


@pytest.mark.parametrize("name", ["a box", "a block", "a log"])
def test_a_mask_of_something_that_is_no_skull(refused, tmp_path, name):
    sentence = refused(write_image(tmp_path / "mask.nrrd", *shape(name)))
    assert "head" in sentence or "skull" in sentence


def test_a_mask_of_the_whole_head_instead_of_the_bone(refused, tmp_path, whole):
    from scipy.ndimage import binary_erosion

    inside = binary_erosion(whole.intact > -200, iterations=4)  # without scalp: as much of it as a skull measures
    sentence = refused(write_image(tmp_path / "mask.nrrd", inside.astype(np.uint8), whole.ijk_to_ras))
    assert "mL of bone" in sentence or "filled" in sentence


# --- models: what can be mended is mended, the rest is refused


@pytest.mark.parametrize("fault", ["holes", "inverted", "doubled"])
def test_a_flawed_model_is_mended_and_restored(tmp_path, skull, fault, monkeypatch):
    monkeypatch.setattr(render, "pictures", lambda made: {})
    faces = {
        "holes": np.delete(skull.faces, np.arange(0, len(skull.faces), 400), axis=0),
        "inverted": skull.faces[:, ::-1],
        "doubled": np.concatenate([skull.faces, skull.faces]),
    }[fault]
    write_mesh(Mesh(skull.vertices, np.ascontiguousarray(faces)), tmp_path / "skull.stl")
    result = restore(tmp_path / "skull.stl", tmp_path / "out", "--level", 5)
    assert result.exit_code == 0, result.output
    assert (tmp_path / "out" / "implant_1.stl").is_file()


def test_a_model_in_metres(refused, tmp_path, skull):
    write_mesh(Mesh(skull.vertices / 1000, skull.faces), tmp_path / "skull.stl")
    assert "metres" in refused(tmp_path / "skull.stl")


def test_a_model_of_a_cube(refused, tmp_path):
    write_mesh(Mesh(*cube(150.0)), tmp_path / "cube.stl")
    assert refused(tmp_path / "cube.stl")


# --- where to write


def small(monkeypatch):
    """A corridor that is done at once: what is tested comes after it."""

    def done(source, settings):
        yield "restore the surface", 0.5
        return restoration()

    monkeypatch.setattr(pipeline, "restore", done)
    monkeypatch.setattr(render, "pictures", lambda made: {})


@pytest.fixture(scope="module")
def good(tmp_path_factory, whole):
    return write_image(tmp_path_factory.mktemp("good") / "head.nrrd", whole.ct, whole.ijk_to_ras)


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


def test_no_permission_to_write_is_said_before_anything_is_read(good, refused, monkeypatch):
    monkeypatch.setattr(folder, "os", SimpleNamespace(**{**vars(os), "access": lambda *_: False}))  # root may write everywhere
    monkeypatch.setattr(pipeline, "restore", lambda *_: pytest.fail("the run must not begin"))
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
    path.write_bytes(resources.weights("network.safetensors").read_bytes()[:100_000])
    assert "mine.safetensors cannot be used" in refused(good, "--weights", path)


@pytest.mark.parametrize("name", ["network.safetensors", "shape.safetensors"])
def test_shipped_numbers_that_are_damaged_are_known_by_their_checksum(good, refused, tmp_path, monkeypatch, name):
    copy = tmp_path / "Resources"
    copy.mkdir()
    for one in ("network.safetensors", "shape.safetensors", "weights.json"):
        shutil.copy(resources.resource(one), copy / one)
    content = bytearray((copy / name).read_bytes())
    content[-1000] ^= 1
    (copy / name).write_bytes(content)
    monkeypatch.setattr(resources, "_PLACES", (copy,))
    assert "its checksum is not the one that was shipped" in refused(good)


def test_shipped_numbers_that_are_missing(good, refused, tmp_path, monkeypatch):
    monkeypatch.setattr(resources, "_PLACES", (tmp_path,))
    assert "is missing from this installation" in refused(good)


def test_a_device_that_is_not_there(good, refused):
    if network.torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    assert "Use --device cpu" in refused(good, "--device", "cuda")


def test_without_torch_the_command_says_what_to_install(good, tmp_path):
    program = "import sys; sys.modules['torch'] = None; from SkullRestoreLib import cli; cli.main()"
    arguments = ["restore", str(good), "--out", str(tmp_path / "home" / "out")]
    (tmp_path / "home").mkdir()
    result = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, timeout=120, check=False)
    assert result.returncode == 2
    assert "pip install torch" in result.stderr
    assert "Traceback" not in result.stderr
    assert list((tmp_path / "home").iterdir()) == []
