"""The file with the shape model and the mean head, and its checksum."""

import hashlib
import json
import os
import shutil
from dataclasses import replace

import numpy as np
import pytest
from helpers_rays import OUTER_MM, small_model
from safetensors.numpy import load_file, save_file

from SkullRestoreLib._system import resources
from SkullRestoreLib.errors import DependencyError, WeightsError
from SkullRestoreLib.geometry.icosphere import spherical_grid
from SkullRestoreLib.skull_model.atlas import Atlas, HeadTemplate, load_atlas
from SkullRestoreLib.skull_model.shape_model import ShapeModel
from SkullRestoreLib.skull_model.vault_end import VaultEndModel


def small_template(level=3):
    """A spherical head."""
    d = spherical_grid(level).directions
    at = np.arange(-100.0, 101.0, 8.0)
    z, y, x = np.meshgrid(at, at, at, indexing="ij")
    r = np.sqrt(x**2 + y**2 + z**2)
    return HeadTemplate(np.full(len(d), OUTER_MM), d[:, 2] > -0.2, np.clip(1 - np.abs(r - 80) / 10, 0, 1), -100.0, 8.0)


@pytest.fixture(scope="module")
def atlas():
    return Atlas(small_model(), small_template())


@pytest.fixture
def file(atlas, tmp_path):
    path = tmp_path / "shape.safetensors"
    atlas.save(path, facts={"licence": "CC BY-NC-SA 4.0"})
    return path


def in_fortran_order(model):
    """The same model with its arrays in Fortran order."""
    fortran = [np.asfortranarray(a) for a in (model.mean, model.modes, model.sigma)]
    assert not fortran[1].flags.c_contiguous
    return ShapeModel(model.level, *fortran, model.vault)


# the file


@pytest.mark.parametrize("reorder", [lambda m: m, in_fortran_order], ids=["contiguous", "not contiguous"])
def test_a_model_is_read_back_as_it_was_whatever_its_order_in_memory(atlas, tmp_path, reorder):
    Atlas(reorder(atlas.model), atlas.template).save(tmp_path / "a.safetensors")
    read = load_atlas(tmp_path / "a.safetensors").model
    on = atlas.model.vault
    assert read.level == atlas.model.level
    np.testing.assert_array_equal(read.vault, on)
    np.testing.assert_allclose(read.mean, atlas.model.mean, atol=1e-4)
    np.testing.assert_allclose(read.sigma, atlas.model.sigma, rtol=1e-3)
    np.testing.assert_allclose(read.modes[:, on], atlas.model.modes[:, on], atol=4e-3)
    assert (read.modes[:, ~on] == 0).all()


def test_the_bone_beyond_the_vault_is_read_back_where_it_was_learnt(atlas, file, tmp_path):
    assert load_atlas(file).model.end is None
    rng = np.random.default_rng(0)
    vertices = np.flatnonzero(spherical_grid(3).directions[:, 2] < 0)
    end = VaultEndModel(3, vertices, *(rng.normal(size=(*size, len(vertices), 3)) for size in ((), (4,), ())))
    Atlas(replace(atlas.model, end=end), atlas.template).save(tmp_path / "a.safetensors")
    read = load_atlas(tmp_path / "a.safetensors").model.end
    np.testing.assert_array_equal(read.vertices, vertices)
    for name in ("mean", "modes", "sigma"):
        np.testing.assert_allclose(getattr(read, name), getattr(end, name), atol=4e-3)


def test_modes_are_as_smooth_after_the_round_trip_as_before(atlas, file):
    def rough(model):
        inside = spherical_grid(model.level).grow_region(model.vault, -1)
        ring = spherical_grid(model.level).neighbours
        return np.abs(model.modes[:, ring].mean(axis=2) - model.modes)[:, inside].mean()

    assert rough(load_atlas(file).model) == pytest.approx(rough(atlas.model), rel=0.01)


def test_a_template_comes_back_as_it_was(atlas, file):
    read = load_atlas(file).template
    np.testing.assert_allclose(read.outer, atlas.template.outer)
    np.testing.assert_array_equal(read.vault, atlas.template.vault)
    np.testing.assert_allclose(read.occupancy, atlas.template.occupancy, atol=1 / 255)
    assert (read.origin_mm, read.spacing_mm) == (-100.0, 8.0)


def test_the_file_says_what_it_was_made_of(file):
    from safetensors import safe_open

    with safe_open(str(file), "np") as opened:
        assert opened.metadata()["licence"] == "CC BY-NC-SA 4.0"


def test_a_missing_file_is_reported(tmp_path):
    with pytest.raises(WeightsError, match=r"are missing: .* does not exist"):
        load_atlas(tmp_path / "none.safetensors")


@pytest.mark.parametrize("keep", [0, 4, 100, 5000])
def test_a_truncated_file_is_reported(file, keep):
    file.write_bytes(file.read_bytes()[:keep])
    with pytest.raises(WeightsError, match="cannot be read"):
        load_atlas(file)


def test_a_file_of_something_else_is_reported(file):
    save_file({"weight": np.zeros(3)}, str(file))
    with pytest.raises(WeightsError, match="cannot be read"):
        load_atlas(file)


@pytest.mark.parametrize("lost", ["mean", "modes", "vault", "occupancy"])
def test_a_file_without_one_of_its_arrays_is_reported(atlas, file, lost):
    arrays = load_file(str(file))
    del arrays[lost]
    save_file(arrays, str(file), metadata={"atlas": json.dumps({"level": 3, "origin_mm": -100.0, "spacing_mm": 8.0})})
    with pytest.raises(WeightsError, match="cannot be read"):
        load_atlas(file)


def test_a_header_of_another_level_is_reported(file):
    save_file(
        load_file(str(file)),
        str(file),
        metadata={"atlas": json.dumps({"level": 4, "origin_mm": -100.0, "spacing_mm": 8.0})},
    )
    with pytest.raises(WeightsError, match="cannot be read"):
        load_atlas(file)


def test_without_safetensors_it_says_how_to_install_it(file, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "safetensors", None)
    with pytest.raises(DependencyError, match="pip install safetensors"):
        load_atlas(file)


# the template's distances


def test_a_template_measures_the_distance_to_bone():
    template = small_template()
    # voxels of 8 mm: a distance is right within the half diagonals of two
    for radius, expected in ((80.0, 0.0), (50.0, 25.0), (96.0, 9.0)):
        distance, _ = template.sample_distance(radius * spherical_grid(2).directions)
        assert np.abs(distance - expected).max() < 14.0
        assert np.abs(distance.mean() - expected) < 5.0


def test_the_gradient_points_away_from_the_bone():
    template = small_template()
    d = spherical_grid(2).directions
    for radius, sign in ((55.0, -1.0), (130.0, 1.0)):
        _, slope = template.sample_distance(radius * d)
        assert (sign * np.einsum("pi,pi->p", slope, d) > 0.3).all()


def test_outside_the_box_the_distance_to_it_is_added():
    template = small_template()
    near, _ = template.sample_distance(np.array([[100.0, 0.0, 0.0]]))
    far, _ = template.sample_distance(np.array([[140.0, 0.0, 0.0]]))
    assert far - near == pytest.approx(40.0)


# what ships


@pytest.fixture
def installed(file, tmp_path, monkeypatch):
    """An installation whose Resources hold one file of weights."""
    folder = tmp_path / "Resources"
    folder.mkdir()
    shutil.move(file, folder / "shape.safetensors")
    known = hashlib.sha256((folder / "shape.safetensors").read_bytes()).hexdigest()
    (folder / "weights.json").write_text(json.dumps({"shape.safetensors": known}))
    monkeypatch.setattr(resources, "RESOURCE_DIRS", (folder.resolve(),))
    return folder


def test_undamaged_weights_are_found(installed):
    assert resources.weights_path("shape.safetensors") == (installed / "shape.safetensors").resolve()


def test_weights_with_one_changed_byte_are_refused(installed):
    content = bytearray((installed / "shape.safetensors").read_bytes())
    content[-1] ^= 1
    (installed / "shape.safetensors").write_bytes(content)
    with pytest.raises(WeightsError, match=r"is damaged: its checksum .* Install SkullRestore again"):
        resources.weights_path("shape.safetensors")


@pytest.mark.parametrize("lost", ["shape.safetensors", "weights.json"])
def test_an_installation_without_weights_or_their_checksums_is_reported(installed, lost):
    (installed / lost).unlink()
    with pytest.raises(WeightsError, match=f"{lost} is missing"):
        resources.weights_path("shape.safetensors")


def test_weights_without_a_known_checksum_are_refused(installed):
    (installed / "other.safetensors").write_bytes(b"x")
    with pytest.raises(WeightsError, match="damaged"):
        resources.weights_path("other.safetensors")


def test_the_shape_statistics_that_ship_are_undamaged_small_and_of_a_head():
    path = resources.weights_path("shape.safetensors")
    assert path.stat().st_size < 4e6
    model = load_atlas(path).model
    on = model.vault
    up = model.mean[np.argmax(spherical_grid(model.level).directions[:, 2])]
    assert 60 < up[0] < 100
    assert 0.6 < on.mean() < 0.8  # down to the nape and the floor of the middle fossa
    assert (model.mean[on, 0] > model.mean[on, 1]).all()
    ring = spherical_grid(model.level).neighbours
    inside = spherical_grid(model.level).grow_region(on, -1)
    rough = np.abs(model.modes[:5][:, ring].mean(axis=2) - model.modes[:5])[:, inside].mean()
    assert rough < 0.1 * np.abs(model.modes[:5])[:, inside].mean()


def test_a_file_is_read_once_and_again_where_it_was_written_anew(atlas, file, tmp_path):
    path = tmp_path / "a.safetensors"
    path.write_bytes(file.read_bytes())
    first = load_atlas(path)
    assert load_atlas(path) is first
    atlas.save(path)
    os.utime(path, ns=(1, 1))
    assert load_atlas(path) is not first
