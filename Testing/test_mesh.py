import numpy as np
import pytest
from helpers_intake import OUTER, THICKNESS, cube, shell, signed_ml, sphere
from hypothesis import given, settings
from hypothesis import strategies as st

from SkullRestoreLib.case import InputError, Mesh
from SkullRestoreLib.mesh import decimate, surface, voxelise

TRUE_ML = 4 / 3 * np.pi * (np.prod(OUTER) - np.prod(OUTER - THICKNESS)) / 1000
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
    place = np.eye(4)
    place[:3, :3], place[:3, 3] = linear, origin
    mesh = surface(ball_field(), 300, place)
    ijk = (mesh.vertices - origin) @ np.linalg.inv(linear).T
    np.testing.assert_allclose(np.linalg.norm(ijk - [19.5, 18.5, 20.5], axis=1), 12, atol=0.03)
    # Seen from the middle of the body, for far from it the signed volume loses digits.
    inside = signed_ml(mesh.vertices - mesh.vertices.mean(0), mesh.faces)
    assert inside == pytest.approx(4 / 3 * np.pi * 12**3 / 1000 * abs(np.linalg.det(linear)), rel=0.02)
    assert open_edges(mesh) == 0


def test_the_surface_is_finer_than_a_voxel():
    a, b = (surface(ball_field(r), 300, np.eye(4)) for r in (12.0, 12.1))
    grown = (signed_ml(b.vertices, b.faces) - signed_ml(a.vertices, a.faces)) * 1000 / (4 * np.pi * 12.05**2)
    assert grown == pytest.approx(0.1, abs=0.01)


@pytest.mark.parametrize(
    ("field", "iso"), [(ball_field(12.0, (19.5, 18.5, 4.0)), 300), ((ball_field(12.0, (19.5, 18.5, 4.0)) >= 300).astype(np.uint8), 0.5)]
)
def test_bone_that_runs_out_of_the_scan_is_closed_within_a_voxel_of_its_edge(field, iso):
    mesh = surface(field, iso, np.eye(4))
    assert open_edges(mesh) == 0
    assert -1 <= mesh.vertices[:, 2].min() <= -0.2


def test_nothing_above_iso_is_refused():
    with pytest.raises(InputError, match="no bone"):
        surface(np.zeros((20, 20, 20), np.uint8), 0.5, np.eye(4))


# decimate


def test_a_small_mesh_is_returned_as_it_is():
    mesh = Mesh(*sphere(90.0, 3))
    assert decimate(mesh) is mesh


@pytest.mark.parametrize("limit", [4000, 12_000])
def test_a_light_copy_stays_closed_and_close(limit):
    mesh = Mesh(*sphere(90.0, 5), ("noted",))
    moved = Mesh(mesh.vertices + np.array([0, 0, 2000]), mesh.faces, mesh.findings)
    light = decimate(moved, max_faces=limit)
    assert 0.4 * limit < len(light.faces) <= 1.05 * limit
    assert open_edges(light) == 0
    assert light.findings == ("noted",)
    np.testing.assert_allclose(np.linalg.norm(light.vertices - [0, 0, 2000], axis=1), 90, atol=0.6)


# voxelise


def solid_ml(volume):
    return volume.array.sum() * np.prod(volume.spacing) / 1000


def inside_truth(volume):
    k, j, i = np.meshgrid(*(np.arange(n) for n in volume.array.shape), indexing="ij")
    p = np.stack([i, j, k], -1) * volume.spacing + volume.ijk_to_ras[:3, 3]
    return (np.linalg.norm(p / OUTER, axis=-1) < 1) & (np.linalg.norm(p / (OUTER - THICKNESS), axis=-1) > 1)


def wrong(volume):
    """Part of the bone, 0..1, that is wrong, either way."""
    truth = inside_truth(volume)
    return (truth ^ volume.array).sum() / truth.sum()


def test_a_closed_model_is_filled_between_its_walls():
    volume = voxelise(Mesh(*shell(), ("read",)), spacing_mm=1.0)
    assert (volume.kind, volume.array.dtype, volume.findings) == ("mask", bool, ("read",))
    assert solid_ml(volume) == pytest.approx(TRUE_ML, rel=0.01)
    assert wrong(volume) < 0.03
    assert not volume.array[0].any()
    assert not volume.array[-1].any()


def test_a_cube_whose_walls_lie_on_the_grid_is_filled_without_gaps_or_streaks():
    volume = voxelise(Mesh(*cube(180.0)), spacing_mm=1.5)
    assert solid_ml(volume) == pytest.approx(5832, rel=0.02)
    box = volume.array[np.ix_(*(np.flatnonzero(volume.array.any(axis=other)) for other in ((1, 2), (0, 2), (0, 1))))]
    assert box.shape == (120, 120, 120)
    assert box[1:-1, 1:-1, 1:-1].all()
    assert box.mean() > 0.999


@settings(max_examples=8, deadline=None, derandomize=True)
@given(st.integers(0, 2**32 - 1), st.floats(0, 1))
def test_faces_that_point_the_wrong_way_change_nothing(seed, share):
    vertices, faces = shell()
    flip = np.random.default_rng(seed).random(len(faces)) < share
    turned = np.where(flip[:, None], faces[:, ::-1], faces)
    np.testing.assert_array_equal(
        voxelise(Mesh(vertices, turned), spacing_mm=2.0).array, voxelise(Mesh(vertices, faces), spacing_mm=2.0).array
    )


def test_a_model_turned_inside_out_says_so():
    vertices, faces = shell()
    volume = voxelise(Mesh(vertices, faces[:, ::-1]), spacing_mm=2.0)
    assert any("inside out" in f for f in volume.findings)
    assert wrong(volume) < 0.06


def test_doubled_faces_do_not_cancel_each_other():
    vertices, faces = shell()
    whole = voxelise(Mesh(vertices, faces), spacing_mm=2.0)
    some = faces[::5][:, [1, 2, 0]]
    for doubled in (some, faces, faces[:, ::-1]):  # some faces again, all again, all again from the other side
        volume = voxelise(Mesh(vertices, np.vstack([faces, doubled])), spacing_mm=2.0)
        np.testing.assert_array_equal(volume.array, whole.array)
        assert any(f"{len(doubled):,} doubled faces" in f for f in volume.findings)


def test_unmerged_corners_as_in_an_stl_make_no_difference():
    vertices, faces = shell()
    soup = Mesh(vertices[faces].reshape(-1, 3), np.arange(faces.size).reshape(-1, 3))
    np.testing.assert_array_equal(voxelise(soup, spacing_mm=2.0).array, voxelise(Mesh(vertices, faces), spacing_mm=2.0).array)


def test_small_holes_are_filled_from_the_other_sides():
    vertices, faces = shell()
    keep = np.random.default_rng(0).random(len(faces)) > 0.005
    volume = voxelise(Mesh(vertices, faces[keep]), spacing_mm=1.0)
    assert wrong(volume) < 0.035
    assert any("holes" in f for f in volume.findings)


def test_a_model_that_is_open_below_is_filled_but_for_its_rim():
    vertices, faces = shell()
    keep = vertices[faces].mean(1)[:, 2] > -45
    volume = voxelise(Mesh(vertices, faces[keep]), spacing_mm=1.0)
    k, _, _ = np.nonzero(volume.array)
    assert solid_ml(volume) == pytest.approx(
        inside_truth(volume)[volume.ijk_to_ras[2, 3] + np.arange(volume.array.shape[0]) > -45].sum() / 1000, rel=0.03
    )
    assert volume.ijk_to_ras[2, 3] + k.min() > -50


def test_an_open_sheet_is_refused():
    vertices, faces = sphere(90.0, 4)
    keep = (vertices[faces].mean(1)[:, 2] > 40) & (vertices[faces].mean(1)[:, 0] > -20)
    with pytest.raises(InputError, match="not closed"):
        voxelise(Mesh(vertices, faces[keep]), spacing_mm=2.0)


@pytest.mark.parametrize(("scale", "word"), [(0.001, "metres"), (0.1, "centimetres")])
def test_a_model_in_another_unit_is_refused_with_the_factor(scale, word):
    vertices, faces = shell()
    with pytest.raises(InputError, match=rf"seems to be in {word}: scale it by {round(1 / scale)} "):
        voxelise(Mesh(vertices * scale, faces))


@pytest.mark.parametrize("scale", [0.3, 10.0])
def test_a_model_that_is_no_head_in_size_is_refused(scale):
    vertices, faces = shell()
    with pytest.raises(InputError, match="largest side"):
        voxelise(Mesh(vertices * scale, faces))


def test_empty_flat_and_broken_models_are_refused():
    vertices, faces = shell()
    with pytest.raises(InputError, match="no faces"):
        voxelise(Mesh(vertices, faces[:0]))
    with pytest.raises(InputError, match="flat faces"):
        voxelise(Mesh(vertices, np.column_stack([faces[:, 0], faces[:, 1], faces[:, 1]])))
    bad = vertices.copy()
    bad[3] = np.nan
    with pytest.raises(InputError, match="no numbers"):
        voxelise(Mesh(bad, faces))


def test_a_model_of_a_segmented_skull_fills_to_the_same_skull():
    volume = voxelise(Mesh(*shell()), spacing_mm=1.0)
    again = voxelise(surface(volume.array.astype(np.uint8), 0.5, volume.ijk_to_ras), spacing_mm=1.0)
    assert solid_ml(again) == pytest.approx(solid_ml(volume), rel=0.02)
