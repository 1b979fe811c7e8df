"""What is known of skulls in general, its file, and the proof that the file is whole."""

import hashlib
import json
import shutil

import numpy as np
import pytest
from helpers_rays import OUTER_MM, small_model
from safetensors.numpy import load_file, save_file

from SkullRestoreLib import resources
from SkullRestoreLib.atlas import Atlas, Template, load_atlas
from SkullRestoreLib.case import DependencyError, WeightsError
from SkullRestoreLib.grid import grid
from SkullRestoreLib.shape import ShapeModel


def small_template(level=3):
    """A round head."""
    d = grid(level).directions
    at = np.arange(-100.0, 101.0, 8.0)
    z, y, x = np.meshgrid(at, at, at, indexing="ij")
    r = np.sqrt(x**2 + y**2 + z**2)
    return Template(np.full(len(d), OUTER_MM), d[:, 2] > -0.2, np.clip(1 - np.abs(r - 80) / 10, 0, 1), -100.0, 8.0)


@pytest.fixture(scope="module")
def atlas():
    return Atlas(small_model(), small_template())


@pytest.fixture
def file(atlas, tmp_path):
    path = tmp_path / "shape.safetensors"
    atlas.save(path, facts={"licence": "CC BY-NC-SA 4.0"})
    return path


def scrambled_in_memory(model):
    """The same model with every array laid out the other way round in memory."""
    fortran = [np.asfortranarray(a) for a in (model.mean, model.modes, model.sigma)]
    assert not fortran[1].flags.c_contiguous
    return ShapeModel(model.level, *fortran, model.vault)


# the file


@pytest.mark.parametrize("laid_out", [lambda m: m, scrambled_in_memory], ids=["contiguous", "not contiguous"])
def test_a_model_comes_back_as_it_was_however_it_lay_in_memory(atlas, tmp_path, laid_out):
    Atlas(laid_out(atlas.model), atlas.template).save(tmp_path / "a.safetensors")
    made = load_atlas(tmp_path / "a.safetensors").model
    on = atlas.model.vault
    assert made.level == atlas.model.level
    np.testing.assert_array_equal(made.vault, on)
    np.testing.assert_allclose(made.mean, atlas.model.mean, atol=1e-4)
    np.testing.assert_allclose(made.sigma, atlas.model.sigma, rtol=1e-3)
    np.testing.assert_allclose(made.modes[:, on], atlas.model.modes[:, on], atol=4e-3)
    assert (made.modes[:, ~on] == 0).all()


def test_modes_are_as_smooth_after_the_round_trip_as_before(atlas, file):
    def rough(model):
        inside = grid(model.level).grow(model.vault, -1)
        ring = grid(model.level).neighbours
        return np.abs(model.modes[:, ring].mean(axis=2) - model.modes)[:, inside].mean()

    assert rough(load_atlas(file).model) == pytest.approx(rough(atlas.model), rel=0.01)


def test_a_template_comes_back_as_it_was(atlas, file):
    made = load_atlas(file).template
    np.testing.assert_allclose(made.outer, atlas.template.outer)
    np.testing.assert_array_equal(made.vault, atlas.template.vault)
    np.testing.assert_allclose(made.occupancy, atlas.template.occupancy, atol=1 / 255)
    assert (made.origin_mm, made.spacing_mm) == (-100.0, 8.0)


def test_the_file_says_what_it_was_made_of(file):
    from safetensors import safe_open

    with safe_open(str(file), "np") as opened:
        assert opened.metadata()["licence"] == "CC BY-NC-SA 4.0"


def test_a_missing_file_is_said(tmp_path):
    with pytest.raises(WeightsError, match=r"are missing: .* does not exist"):
        load_atlas(tmp_path / "none.safetensors")


@pytest.mark.parametrize("keep", [0, 4, 100, 5000])
def test_a_truncated_file_is_said(file, keep):
    file.write_bytes(file.read_bytes()[:keep])
    with pytest.raises(WeightsError, match="cannot be read"):
        load_atlas(file)


def test_a_file_of_something_else_is_said(file):
    save_file({"weight": np.zeros(3)}, str(file))
    with pytest.raises(WeightsError, match="cannot be read"):
        load_atlas(file)


@pytest.mark.parametrize("lost", ["mean", "modes", "vault", "occupancy"])
def test_a_file_without_one_of_its_arrays_is_said(atlas, file, lost):
    arrays = load_file(str(file))
    del arrays[lost]
    save_file(arrays, str(file), metadata={"atlas": json.dumps({"level": 3, "origin_mm": -100.0, "spacing_mm": 8.0})})
    with pytest.raises(WeightsError, match="cannot be read"):
        load_atlas(file)


def test_a_header_of_another_level_is_said(file):
    save_file(load_file(str(file)), str(file), metadata={"atlas": json.dumps({"level": 4, "origin_mm": -100.0, "spacing_mm": 8.0})})
    with pytest.raises(WeightsError, match="cannot be read"):
        load_atlas(file)


def test_without_safetensors_it_says_how_to_install_it(file, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "safetensors", None)
    with pytest.raises(DependencyError, match="pip install safetensors"):
        load_atlas(file)


# the template's distances


def test_a_template_measures_how_far_bone_is():
    template = small_template()
    # voxels of 8 mm: a distance is right within the half diagonals of two
    for radius, expected in ((80.0, 0.0), (50.0, 25.0), (96.0, 9.0)):
        distance, _ = template.look_up(radius * grid(2).directions)
        assert np.abs(distance - expected).max() < 14.0
        assert np.abs(distance.mean() - expected) < 5.0


def test_the_slope_points_away_from_the_bone():
    template = small_template()
    d = grid(2).directions
    for radius, sign in ((55.0, -1.0), (130.0, 1.0)):
        _, slope = template.look_up(radius * d)
        assert (sign * np.einsum("pi,pi->p", slope, d) > 0.3).all()


def test_beyond_the_box_the_way_to_it_is_added():
    template = small_template()
    near, _ = template.look_up(np.array([[100.0, 0.0, 0.0]]))
    far, _ = template.look_up(np.array([[140.0, 0.0, 0.0]]))
    assert far - near == pytest.approx(40.0)


# what ships


@pytest.fixture
def installed(file, tmp_path, monkeypatch):
    """An installation whose Resources hold one file of weights."""
    place = tmp_path / "Resources"
    place.mkdir()
    shutil.move(file, place / "shape.safetensors")
    known = hashlib.sha256((place / "shape.safetensors").read_bytes()).hexdigest()
    (place / "weights.json").write_text(json.dumps({"shape.safetensors": known}))
    monkeypatch.setattr(resources, "_PLACES", (place.resolve(),))
    return place


def test_weights_that_are_whole_are_found(installed):
    assert resources.weights("shape.safetensors") == (installed / "shape.safetensors").resolve()


def test_weights_with_one_changed_byte_are_refused(installed):
    content = bytearray((installed / "shape.safetensors").read_bytes())
    content[-1] ^= 1
    (installed / "shape.safetensors").write_bytes(content)
    with pytest.raises(WeightsError, match=r"is damaged: its checksum .* Install SkullRestore again"):
        resources.weights("shape.safetensors")


@pytest.mark.parametrize("lost", ["shape.safetensors", "weights.json"])
def test_an_installation_without_weights_or_their_checksums_is_said(installed, lost):
    (installed / lost).unlink()
    with pytest.raises(WeightsError, match=f"{lost} is missing"):
        resources.weights("shape.safetensors")


def test_weights_without_a_known_checksum_are_refused(installed):
    (installed / "other.safetensors").write_bytes(b"x")
    with pytest.raises(WeightsError, match="damaged"):
        resources.weights("other.safetensors")


def test_the_shape_statistics_that_ship_are_whole_small_and_of_a_head():
    path = resources.weights("shape.safetensors")
    assert path.stat().st_size < 4e6
    made = load_atlas(path)
    on = made.model.vault
    up = made.model.mean[np.argmax(grid(made.model.level).directions[:, 2])]
    assert 60 < up[0] < 100
    assert 0.6 < on.mean() < 0.8  # down to the nape and the floor of the middle fossa
    assert (made.model.mean[on, 0] > made.model.mean[on, 1]).all()
    ring = grid(made.model.level).neighbours
    inside = grid(made.model.level).grow(on, -1)
    rough = np.abs(made.model.modes[:5][:, ring].mean(axis=2) - made.model.modes[:5])[:, inside].mean()
    assert rough < 0.1 * np.abs(made.model.modes[:5])[:, inside].mean()
