"""Bone fields become surfaces, and models of any quality become masks."""

import numpy as np
import pytest
from helpers_intake import SKULL_HALF_AXES_MM, SKULL_THICKNESS_MM, cube_mesh, ellipsoid_mesh, signed_ml, skull_mesh
from hypothesis import given, settings
from hypothesis import strategies as st

from SkullRestoreLib.affine import compose_affine
from SkullRestoreLib.errors import InputError
from SkullRestoreLib.geometry.surface_mesh import extract_surface, voxelise_model
from SkullRestoreLib.records import Mesh

TRUE_ML = 4 / 3 * np.pi * (np.prod(SKULL_HALF_AXES_MM) - np.prod(SKULL_HALF_AXES_MM - SKULL_THICKNESS_MM)) / 1000
N = 40


def ball_field(radius=12.0, centre=(19.5, 18.5, 20.5), scale=50.0):
    """Field that falls with the distance from a point and is 300 at ``radius``, int16; centre in i, j, k."""
    k, j, i = np.meshgrid(*[np.arange(N)] * 3, indexing="ij")
    return np.rint(300 + scale * (radius - np.linalg.norm(np.stack([i, j, k], -1) - centre, axis=-1))).astype(np.int16)


def open_edges(mesh):
    """Edges without exactly one partner of the other direction."""
    directed = mesh.faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)
    code = directed[:, 0] * len(mesh.vertices) + directed[:, 1]
    back = directed[:, 1] * len(mesh.vertices) + directed[:, 0]
    return int((~np.isin(code, back)).sum())


# surface


@settings(max_examples=15, deadline=None, derandomize=True)
@given(st.lists(st.floats(-1, 1), min_size=9, max_size=9), st.lists(st.floats(-500, 500), min_size=3, max_size=3))
def test_every_affine_mirrored_or_sheared_places_the_surface_and_keeps_it_outward(entries, origin):
    linear = np.diag([0.5, 0.7, 0.9]) + 0.3 * np.reshape(entries, (3, 3))
    linear[:, 0] *= np.sign(entries[0]) or 1
    if abs(np.linalg.det(linear)) < 0.02:
        return
    mesh = extract_surface(ball_field(), 300, compose_affine(linear, origin))
    ijk = (mesh.vertices - origin) @ np.linalg.inv(linear).T
    np.testing.assert_allclose(np.linalg.norm(ijk - [19.5, 18.5, 20.5], axis=1), 12, atol=0.03)
    # relative to the body's centre, because far from the origin the signed volume loses digits
    inside = signed_ml(mesh.vertices - mesh.vertices.mean(0), mesh.faces)
    assert inside == pytest.approx(4 / 3 * np.pi * 12**3 / 1000 * abs(np.linalg.det(linear)), rel=0.02)
    assert open_edges(mesh) == 0


def test_the_surface_is_finer_than_a_voxel():
    a, b = (extract_surface(ball_field(r), 300, np.eye(4)) for r in (12.0, 12.1))
    grown = (signed_ml(b.vertices, b.faces) - signed_ml(a.vertices, a.faces)) * 1000 / (4 * np.pi * 12.05**2)
    assert grown == pytest.approx(0.1, abs=0.01)


@pytest.mark.parametrize(
    ("field", "iso"),
    [(ball_field(12.0, (19.5, 18.5, 4.0)), 300), ((ball_field(12.0, (19.5, 18.5, 4.0)) >= 300).astype(np.uint8), 0.5)],
)
def test_bone_that_runs_out_of_the_scan_is_closed_within_a_voxel_of_its_edge(field, iso):
    mesh = extract_surface(field, iso, np.eye(4))
    assert open_edges(mesh) == 0
    assert -1 <= mesh.vertices[:, 2].min() <= -0.2


def test_nothing_above_iso_is_refused():
    with pytest.raises(InputError, match="no bone"):
        extract_surface(np.zeros((20, 20, 20), np.uint8), 0.5, np.eye(4))


# voxelise


def solid_ml(volume):
    return volume.array.sum() * np.prod(volume.spacing) / 1000


def inside_truth(volume):
    k, j, i = np.meshgrid(*(np.arange(n) for n in volume.array.shape), indexing="ij")
    p = np.stack([i, j, k], -1) * volume.spacing + volume.ijk_to_ras[:3, 3]
    return (np.linalg.norm(p / SKULL_HALF_AXES_MM, axis=-1) < 1) & (
        np.linalg.norm(p / (SKULL_HALF_AXES_MM - SKULL_THICKNESS_MM), axis=-1) > 1
    )


def wrong_share(volume):
    """Voxels that are wrong in either direction, as a share of the bone, 0..1."""
    truth = inside_truth(volume)
    return (truth ^ volume.array).sum() / truth.sum()


def test_a_closed_model_is_filled_between_its_walls():
    volume = voxelise_model(Mesh(*skull_mesh(), ("read",)), spacing_mm=1.0)
    assert (volume.kind, volume.array.dtype, volume.findings) == ("mask", bool, ("read",))
    assert solid_ml(volume) == pytest.approx(TRUE_ML, rel=0.01)
    assert wrong_share(volume) < 0.03
    assert not volume.array[0].any()
    assert not volume.array[-1].any()


def test_a_cube_whose_walls_lie_on_the_grid_is_filled_without_gaps_or_streaks():
    volume = voxelise_model(Mesh(*cube_mesh(180.0)), spacing_mm=1.5)
    assert solid_ml(volume) == pytest.approx(5832, rel=0.02)
    box = volume.array[np.ix_(*(np.flatnonzero(volume.array.any(axis=other)) for other in ((1, 2), (0, 2), (0, 1))))]
    assert box.shape == (120, 120, 120)
    assert box[1:-1, 1:-1, 1:-1].all()
    assert box.mean() > 0.999


def test_the_voxels_of_a_model_are_half_a_millimetre_unless_another_size_is_asked_for():
    volume = voxelise_model(Mesh(*cube_mesh(121.0)))
    np.testing.assert_allclose(volume.spacing, 0.5)
    assert solid_ml(volume) == pytest.approx(12.1**3, rel=0.02)


@settings(max_examples=8, deadline=None, derandomize=True)
@given(st.integers(0, 2**32 - 1), st.floats(0, 1))
def test_faces_that_point_the_wrong_way_change_nothing(seed, share):
    vertices, faces = skull_mesh()
    flip = np.random.default_rng(seed).random(len(faces)) < share
    turned = np.where(flip[:, None], faces[:, ::-1], faces)
    np.testing.assert_array_equal(
        voxelise_model(Mesh(vertices, turned), spacing_mm=2.0).array,
        voxelise_model(Mesh(vertices, faces), spacing_mm=2.0).array,
    )


def test_a_model_that_is_inside_out_is_filled_and_reported():
    vertices, faces = skull_mesh()
    volume = voxelise_model(Mesh(vertices, faces[:, ::-1]), spacing_mm=2.0)
    assert any("inside out" in f for f in volume.findings)
    assert wrong_share(volume) < 0.06


def test_doubled_faces_do_not_cancel_each_other():
    vertices, faces = skull_mesh()
    reference = voxelise_model(Mesh(vertices, faces), spacing_mm=2.0)
    some = faces[::5][:, [1, 2, 0]]
    for doubled in (some, faces, faces[:, ::-1]):  # some faces again, all again, all again from the other side
        volume = voxelise_model(Mesh(vertices, np.vstack([faces, doubled])), spacing_mm=2.0)
        np.testing.assert_array_equal(volume.array, reference.array)
        assert any(f"{len(doubled):,} doubled faces" in f for f in volume.findings)


def test_unmerged_corners_as_in_an_stl_make_no_difference():
    vertices, faces = skull_mesh()
    soup = Mesh(vertices[faces].reshape(-1, 3), np.arange(faces.size).reshape(-1, 3))
    np.testing.assert_array_equal(
        voxelise_model(soup, spacing_mm=2.0).array, voxelise_model(Mesh(vertices, faces), spacing_mm=2.0).array
    )


@pytest.mark.slow
def test_small_holes_are_filled_by_the_other_directions():
    vertices, faces = skull_mesh()
    keep = np.random.default_rng(0).random(len(faces)) > 0.005
    volume = voxelise_model(Mesh(vertices, faces[keep]), spacing_mm=1.0)
    assert wrong_share(volume) < 0.035
    assert any("holes" in f for f in volume.findings)


def test_a_model_that_is_open_below_is_filled_except_at_its_rim():
    vertices, faces = skull_mesh()
    keep = vertices[faces].mean(1)[:, 2] > -45
    volume = voxelise_model(Mesh(vertices, faces[keep]), spacing_mm=1.0)
    k, _, _ = np.nonzero(volume.array)
    assert solid_ml(volume) == pytest.approx(
        inside_truth(volume)[volume.ijk_to_ras[2, 3] + np.arange(volume.array.shape[0]) > -45].sum() / 1000, rel=0.03
    )
    assert volume.ijk_to_ras[2, 3] + k.min() > -50


def test_an_open_sheet_is_refused():
    vertices, faces = ellipsoid_mesh(90.0, 4)
    keep = (vertices[faces].mean(1)[:, 2] > 40) & (vertices[faces].mean(1)[:, 0] > -20)
    with pytest.raises(InputError, match="not closed"):
        voxelise_model(Mesh(vertices, faces[keep]), spacing_mm=2.0)


@pytest.mark.parametrize(("scale", "word"), [(0.001, "metres"), (0.1, "centimetres"), (1 / 25.4, "inches")])
def test_a_model_in_another_unit_is_refused_with_the_factor(scale, word):
    vertices, faces = skull_mesh()
    with pytest.raises(InputError, match=rf"a head in {word}.*scale it by {1 / scale:g}\."):
        voxelise_model(Mesh(vertices * scale, faces))


@pytest.mark.parametrize("scale", [0.3, 10.0])
def test_a_model_without_the_size_of_a_skull_is_refused(scale):
    vertices, faces = skull_mesh()
    with pytest.raises(InputError, match=r"measures .* not a human head"):
        voxelise_model(Mesh(vertices * scale, faces))


def test_empty_flat_and_broken_models_are_refused():
    vertices, faces = skull_mesh()
    with pytest.raises(InputError, match="no faces"):
        voxelise_model(Mesh(vertices, faces[:0]))
    with pytest.raises(InputError, match="flat faces"):
        voxelise_model(Mesh(vertices, np.column_stack([faces[:, 0], faces[:, 1], faces[:, 1]])))
    damaged = vertices.copy()
    damaged[3] = np.nan
    with pytest.raises(InputError, match="not numbers"):
        voxelise_model(Mesh(damaged, faces))


@pytest.mark.slow
def test_a_model_of_a_segmented_skull_fills_to_the_same_skull():
    volume = voxelise_model(Mesh(*skull_mesh()), spacing_mm=1.0)
    again = voxelise_model(extract_surface(volume.array.astype(np.uint8), 0.5, volume.ijk_to_ras), spacing_mm=1.0)
    assert solid_ml(again) == pytest.approx(solid_ml(volume), rel=0.02)
