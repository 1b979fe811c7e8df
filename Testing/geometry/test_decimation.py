"""A skull is drawn with fewer triangles: closed, and with no triangle that cuts another one."""

import numpy as np
import pytest
from helpers_intake import ellipsoid_mesh
from scipy.spatial import cKDTree

from SkullRestoreLib.errors import InputError
from SkullRestoreLib.geometry.coarse_field import average_field
from SkullRestoreLib.geometry.decimation import decimate
from SkullRestoreLib.geometry.self_intersection import count_intersections, is_closed, is_manifold
from SkullRestoreLib.geometry.surface_mesh import extract_surface
from SkullRestoreLib.pipeline.head_steps import display_model
from SkullRestoreLib.records import Bone, Mesh

N = 60


def distance_to(point, shape=(N, N, N)):
    k, j, i = np.meshgrid(*(np.arange(n) for n in shape), indexing="ij")
    return np.linalg.norm(np.stack([i, j, k], -1) - point, axis=-1)


def bone_of(field, iso=300.0, spacing=(0.5, 0.5, 0.5)):
    to_ras = np.diag([*spacing, 1.0])
    to_ras[:3, 3] = 7.0, -3.0, 11.0
    return Bone(field, iso, field >= iso, to_ras)


# decimate


def test_a_small_mesh_is_returned_as_it_is():
    mesh = Mesh(*ellipsoid_mesh(90.0, 3))
    assert decimate(mesh) is mesh


@pytest.mark.parametrize("limit", [4000, 12_000])
def test_a_simplified_copy_stays_closed_and_close(limit):
    mesh = Mesh(*ellipsoid_mesh(90.0, 5), ("noted",))
    moved = Mesh(mesh.vertices + np.array([0, 0, 2000]), mesh.faces, mesh.findings)
    simplified = decimate(moved, max_faces=limit)
    assert 0.3 * limit < len(simplified.faces) <= 1.05 * limit
    assert is_closed(simplified.faces)
    assert simplified.findings == ("noted",)
    np.testing.assert_allclose(np.linalg.norm(simplified.vertices - [0, 0, 2000], axis=1), 90, atol=0.6)


def test_two_sheets_a_hair_apart_do_not_cut_each_other_in_the_copy():
    outer, inner = (Mesh(*ellipsoid_mesh(radius, 5)) for radius in (40.0, 39.9))
    sheets = Mesh(
        np.concatenate([outer.vertices, inner.vertices]),
        np.concatenate([outer.faces, inner.faces[:, ::-1] + len(outer.vertices)]),
    )
    simplified = decimate(sheets, max_faces=8000)
    assert is_manifold(simplified.faces)
    assert count_intersections(simplified.vertices, simplified.faces) == 0


@pytest.mark.slow
@pytest.mark.parametrize(("limit", "most"), [(12_000, 12_600), (3000, 6000)])  # so few would fold this skull
def test_a_copy_of_a_skull_is_closed_and_unfolded_at_any_size(limit, most):
    from helpers_head import phantom_head

    head = phantom_head()
    mesh = extract_surface(head.ct, 300, head.ijk_to_ras)
    assert len(mesh.faces) > 2 * limit
    simplified = decimate(mesh, max_faces=limit)
    assert len(simplified.faces) <= most
    assert is_manifold(simplified.faces)
    assert count_intersections(simplified.vertices, simplified.faces) == 0


# average and draw


@pytest.mark.parametrize("dense", [700.0, 3000.0])
def test_averaging_leaves_the_surface_in_its_place_however_dense_the_bone_is(dense):
    radius = distance_to((29.3, 30.1, 28.8))
    field = np.clip(300 + 600 * (20.0 - radius), -1000, dense).astype(np.int16)
    model = display_model(bone_of(field))
    centre = np.array([29.3, 30.1, 28.8]) * 0.5 + [7, -3, 11]
    off_mm = np.abs(np.linalg.norm(model.vertices - centre, axis=1) - 10.0)
    assert np.median(off_mm) < 0.05
    assert off_mm.max() < 0.3  # a third of a block


@pytest.mark.parametrize("place", [(0, 0, 0), (1, 2, 1), (57, 58, 59)])
def test_bone_at_the_end_of_the_scan_is_closed(place):
    field = (distance_to(place) < 15).astype(np.uint8)
    model = display_model(bone_of(field, iso=0.5))
    assert is_manifold(model.faces)
    full = extract_surface(field, 0.5, bone_of(field, iso=0.5).ijk_to_ras)
    assert cKDTree(full.vertices).query(model.vertices)[0].max() < 0.75


@pytest.mark.parametrize("axis", range(3))
@pytest.mark.parametrize("first", [20, 21])
def test_a_sheet_of_one_voxel_does_not_vanish(axis, first):
    mask = np.zeros((N, N, N), np.uint8)
    np.moveaxis(mask, axis, 0)[first, 10:50, 10:50] = 1
    coarse = average_field(mask, 0.5, np.diag([0.4, 0.4, 0.4, 1.0]), block_mm=1.2)
    sheet = (coarse.field >= 0).sum()
    assert sheet >= 12 * 12  # 40 voxels fill 12 blocks of 3, and a part of two more


def test_a_mask_whose_averages_meet_the_surface_is_not_folded():
    mask = np.zeros((N, N, N), np.uint8)
    mask[10:40, 10:40, 10:41] = 1
    mask[20:30, 41:50, 20:30] = 1
    mask[25, 25, 41:50] = 1
    model = display_model(bone_of(mask, iso=0.5))
    assert is_manifold(model.faces)
    assert count_intersections(model.vertices, model.faces) == 0


def test_an_empty_field_is_refused():
    with pytest.raises(InputError, match="no bone"):
        average_field(np.zeros((9, 9, 9), np.uint8), 0.5, np.eye(4), block_mm=2.0)


def test_a_display_model_of_few_faces_has_few():
    field = (distance_to((30, 30, 30)) < 25).astype(np.uint8)
    assert len(display_model(bone_of(field, iso=0.5), max_faces=1000).faces) <= 1000
