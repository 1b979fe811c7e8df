"""Reference points: on sound bone along the margin, evenly spread, and nowhere else."""

import numpy as np
import pytest
from helpers_head import OUTER_MM, bone_from_depth, cone_depth, no_cut_depth, round_bone, round_pose, round_tables
from scipy.spatial.transform import Rotation

from SkullRestoreLib.defects.patch import PatchBorder
from SkullRestoreLib.defects.reference_points import place_reference_points
from SkullRestoreLib.geometry.icosphere import spherical_grid
from SkullRestoreLib.method_parameters import METHOD
from SkullRestoreLib.records import Bone

SIDE = np.array((0.9, 0.3, 0.5)) / np.linalg.norm((0.9, 0.3, 0.5))
DEGREES = 20.0
BOX = {"low": (0, -40, -15), "high": (112, 92, 92)}


def ring(degrees=DEGREES, direction=SIDE, count=200, radius=OUTER_MM):
    """The border of a round hole: (k, 3) mm."""
    d = np.asarray(direction, float) / np.linalg.norm(direction)
    side = np.cross(d, [0.0, 0.0, 1.0])
    side /= np.linalg.norm(side)
    a = np.linspace(0, 2 * np.pi, count, endpoint=False)[:, None]
    around = np.cos(a) * side + np.sin(a) * np.cross(d, side)
    half = np.radians(degrees)
    return radius * (np.cos(half) * d + np.sin(half) * around)


def place(bone, loops=None, open_=None, *, vault_tables=None, count=24):
    loops = (ring(),) if loops is None else loops
    open_ = tuple(np.zeros(len(loop), bool) for loop in loops) if open_ is None else open_
    border = PatchBorder(loops, open_, 0.0)
    return place_reference_points(border, vault_tables or round_tables(), bone, round_pose(), defect=2, count=count)


def positions(points):
    return np.array([p.position for p in points])


def degrees_from(points, direction=SIDE):
    p = positions(points)
    return np.degrees(np.arccos(p @ (direction / np.linalg.norm(direction)) / np.linalg.norm(p, axis=1)))


@pytest.fixture(scope="module")
def bone():
    return round_bone(cone_depth(SIDE, DEGREES), **BOX)


@pytest.fixture(scope="module")
def points(bone):
    return place(bone)


def test_points_are_on_the_outer_table(points):
    assert np.abs(np.linalg.norm(positions(points), axis=1) - OUTER_MM).max() < 0.1


def test_points_are_a_little_behind_the_edge(points):
    behind = np.radians(degrees_from(points) - DEGREES) * OUTER_MM
    assert np.abs(behind - METHOD.points.edge_inset_mm).max() < 0.3


@pytest.mark.parametrize("count", [8, 24, 60])
def test_there_are_as_many_points_as_asked_for_evenly_spread(bone, count):
    made = positions(place(bone, count=count))
    assert len(made) == count
    apart = np.linalg.norm(np.diff(made, axis=0, append=made[:1]), axis=1)
    assert apart.std() < 0.02 * apart.mean()


def test_points_are_as_dense_next_to_a_step_of_the_surface_as_without_it(bone):
    """A border that goes along both sides of a step, from the margin to the middle of the hole and back."""
    margin, middle = ring(count=600), ring(2.0, count=1)
    to_middle = np.linspace(margin[-1], middle[0], 150)
    border = np.concatenate([margin, to_middle, to_middle[::-1]])
    along_step = np.arange(len(border)) >= len(margin)
    whole = PatchBorder((border,), (along_step,), 0.0, step_flags=(along_step,))
    made = place_reference_points(whole, round_tables(), bone, round_pose(), defect=2, count=24)
    assert len(made) in (23, 24, 25)


def with_island(degrees):
    """Degrees from the middle of a hole to each of its points, with an island of so many degrees in the middle."""
    bone = round_bone(
        lambda x, y, z: np.minimum(cone_depth(SIDE, DEGREES)(x, y, z), -cone_depth(SIDE, degrees)(x, y, z)), **BOX
    )
    return degrees_from(place(bone, (ring(), ring(degrees)[::-1]), count=30))


def test_points_are_on_both_sides_of_the_gap_around_a_flap_that_was_put_back():
    off = with_island(16)
    flap = off < 18
    assert abs(int((~flap).sum()) - 17) <= 1
    assert abs(int(flap.sum()) - 13) <= 1
    assert (
        np.abs(np.radians(16 - off[flap]) * OUTER_MM - METHOD.points.edge_inset_mm).max() < 0.4
    )  # on the flap, not in the gap round it


def test_no_point_is_on_an_island_of_bone_in_the_hole():
    off = with_island(10)
    assert len(off) == 30
    assert off.min() > DEGREES


def test_a_normal_points_outwards_and_a_defect_has_its_number(points):
    p = positions(points)
    cosine = np.einsum("ij,ij->i", np.array([q.normal for q in points]), p / np.linalg.norm(p, axis=1, keepdims=True))
    assert cosine.min() > np.cos(np.radians(2))
    assert {q.defect for q in points} == {2}
    assert not any(q.moved for q in points)


def test_on_sound_bone_points_are_certain_and_where_the_network_is_uncertain_less_so(bone, points):
    sure = np.array([p.confidence for p in points])
    unsure = np.array([p.confidence for p in place(bone, vault_tables=round_tables(sigma=5.0))])
    assert (sure > 0.7).all()
    assert (unsure < sure).all()


def test_points_follow_bone_that_is_a_little_off_the_predicted_tables(bone):
    made = place(bone, vault_tables=round_tables(outer=OUTER_MM + 1.2))
    assert len(made) == 24
    assert np.abs(np.linalg.norm(positions(made), axis=1) - OUTER_MM).max() < 0.1


@pytest.mark.parametrize(("over", "count"), [(0.4, 24), (1.0, 0), (-1.0, 0)])
def test_no_point_stands_on_bone_that_is_well_off_the_surface_of_which_the_border_is(bone, over, count):
    made = place(bone, (ring(radius=OUTER_MM + over),), vault_tables=round_tables(outer=OUTER_MM + over))
    assert len(made) == count


def test_no_point_lies_on_an_arch_twelve_millimetres_outside_the_vault():
    low = np.array((1.0, 0.0, -0.15))
    loop = ring(direction=low)
    hole = cone_depth(low, DEGREES)

    def depth(x, y, z):
        return np.maximum(hole(x, y, z), -2 - z)  # the vault ends with the hole; below it runs only the arch

    box = {"low": (20, -55, -45), "high": (112, 55, 40)}
    skull = round_bone(depth, **box)
    k, j, i = np.indices(skull.field.shape, sparse=True)
    x, y, z = (skull.ijk_to_ras[r, r] * n + skull.ijk_to_ras[r, 3] for r, n in enumerate((i, j, k)))
    arch = 3.0 - np.hypot(np.sqrt(x**2 + y**2) - (OUTER_MM + 12), z + 25)
    with_arch = bone_from_depth(np.maximum((skull.field - 300.0) / 500, arch), skull.ijk_to_ras)
    made = place(with_arch, (loop,))
    assert 5 <= len(made) <= 16
    assert positions(made)[:, 2].min() > -3
    assert np.abs(np.linalg.norm(positions(made), axis=1) - OUTER_MM).max() < 0.15


def test_an_open_part_of_the_border_gets_no_points(bone):
    loop = ring()
    open_ = loop[:, 2] < SIDE[2] * OUTER_MM - 10
    made = place(bone, (loop,), (open_,))
    away = np.linalg.norm(positions(made)[:, None] - loop[open_], axis=2).min(axis=1)
    assert 10 < len(made) < 20
    assert away.min() > 0.5


def test_where_a_flap_was_cut_out_of_bone_that_goes_on_there_are_no_points(bone, points):
    border = PatchBorder((ring(),), (np.zeros(len(ring()), bool),), 0.0)
    directions = spherical_grid(5).directions
    cut = directions[:, 2] > SIDE[2]
    left = place_reference_points(border, round_tables(), bone, round_pose(), defect=2, count=24, cut=cut)
    assert 8 <= len(left) <= 16 < len(points)
    assert (positions(left)[:, 2] < SIDE[2] * OUTER_MM + 3).all(), "points are a little behind the border"


def test_below_the_vault_there_are_no_points(bone):
    from dataclasses import replace

    assert place(bone, vault_tables=replace(round_tables(), vault=np.zeros_like(round_tables().vault))) == []


def test_next_to_the_end_of_the_vault_there_are_no_points_though_there_is_bone(bone):
    from dataclasses import replace

    end = SIDE[2] - 0.2  # sine of the elevation
    vault = spherical_grid(6).directions[:, 2] > end
    made = positions(place(bone, vault_tables=replace(round_tables(), vault=vault)))
    height = made[:, 2] / np.linalg.norm(made, axis=1)
    assert 10 < len(made) < 24
    assert (height - end).min() * OUTER_MM > 2.5


def test_next_to_a_cleft_that_the_network_does_not_take_for_lost_bone_there_are_no_points(bone):
    from dataclasses import replace

    d = spherical_grid(6).directions
    in_hole = np.degrees(np.arccos(np.clip(d @ SIDE, -1, 1))) < DEGREES
    cleft = in_hole & (d[:, 2] < SIDE[2] - 0.2)
    made = positions(place(bone, vault_tables=replace(round_tables(), missing=np.where(in_hole & ~cleft, 1.0, 0.0))))
    assert 10 < len(made) < 24
    assert (made[:, 2] / np.linalg.norm(made, axis=1)).min() > SIDE[2] - 0.22


def test_a_hole_that_the_network_does_not_believe_in_has_its_points_all_the_same(bone, points):
    from dataclasses import replace

    doubted = place(bone, vault_tables=replace(round_tables(), missing=np.full_like(round_tables().missing, 0.1)))
    np.testing.assert_allclose(positions(doubted), positions(points))


def test_where_there_is_no_bone_there_are_no_points():
    nothing = round_bone(lambda x, y, z: -no_cut_depth(x, y, z), **BOX)
    assert place(nothing) == []


@pytest.mark.parametrize(("width_mm", "count"), [(2.0, 0), (12.0, 24)])
def test_a_rim_of_bone_with_no_bone_behind_it_gets_no_points(width_mm, count):
    hole, gap = cone_depth(SIDE, DEGREES), cone_depth(SIDE, DEGREES + 25)
    rim = cone_depth(SIDE, DEGREES + np.degrees(width_mm / OUTER_MM))

    def around_rim(x, y, z):
        return np.maximum(hole(x, y, z), np.minimum(gap(x, y, z), -rim(x, y, z)))

    assert len(place(round_bone(around_rim, spacing=0.8, **BOX))) == count


def test_a_sliver_of_border_gets_no_points_of_its_own(bone):
    assert len(place(bone, (ring(), ring(0.6)))) in (23, 24)


@pytest.mark.parametrize("count", [2, 0, -1])
def test_fewer_than_three_points_are_refused(bone, count):
    with pytest.raises(ValueError, match=f"at least 3 reference points; {count} were asked for"):
        place(bone, count=count)


def test_points_do_not_depend_on_how_the_voxels_lie(points):
    turn = np.eye(4)
    turn[:3, :3] = Rotation.from_euler("xyz", (20, -35, 50), degrees=True).as_matrix()
    n = 100
    ijk_to_ras = turn @ np.array([[0.8, 0, 0, -40], [0, 0.8, 0, -40], [0, 0, 0.8, -40], [0, 0, 0, 1]])
    ijk_to_ras[:3, 3] += SIDE * 72
    k, j, i = np.meshgrid(*[np.arange(n)] * 3, indexing="ij", sparse=True)
    x, y, z = (ijk_to_ras[r, 0] * i + ijk_to_ras[r, 1] * j + ijk_to_ras[r, 2] * k + ijk_to_ras[r, 3] for r in range(3))
    radius = np.sqrt(x**2 + y**2 + z**2)
    oblique = bone_from_depth(
        np.minimum(np.minimum(OUTER_MM - radius, radius - 78), -cone_depth(SIDE, DEGREES)(x, y, z)), ijk_to_ras
    )
    assert isinstance(oblique, Bone)
    np.testing.assert_allclose(positions(place(oblique)), positions(points), atol=0.1)
