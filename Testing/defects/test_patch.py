"""The restored surface of one hole: its border is where the bone ends, whatever the grid."""

from dataclasses import replace

import numpy as np
import pytest
from helpers_head import (
    INNER_MM,
    OUTER_MM,
    cap_area_cm2,
    cone_depth,
    rotation_about_axes,
    round_bone,
    round_pose,
    round_tables,
    vertices_in_cone,
)

from SkullRestoreLib.defects.patch import (
    PatchBorder,
    boundary_loops,
    cut_patch,
    mesh_area_cm2,
    move_to_tables,
    patch_rays,
    with_number,
)
from SkullRestoreLib.geometry.icosphere import spherical_grid, vertex_count
from SkullRestoreLib.records import RayMap

SIDE = (0.9, 0.3, 0.5)
DEGREES = 20.0
AT_SIDE, ABOVE = {"low": (0, -60, -40)}, {"low": (-55, -55, 40), "high": (55, 55, 90)}
"""Boxes of voxels that hold a hole at the side or at the top."""


def rays(level, reach=130.0):
    """For how far the scan reaches; the border does not look at the rays' bone."""
    return RayMap(
        level, np.full((vertex_count(level), 1, 2), np.nan, np.float32), np.full(vertex_count(level), reach, np.float32)
    )


def cut(bone, *, level=6, hole=None, turn=None, reach=130.0, vault_tables=None):
    hole = vertices_in_cone(level, SIDE, DEGREES) if hole is None else hole
    return cut_patch(3, hole, vault_tables or round_tables(level), rays(level, reach), bone, round_pose(turn))


@pytest.fixture(scope="module")
def bone():
    return round_bone(cone_depth(SIDE, DEGREES), **AT_SIDE)


@pytest.fixture(scope="module")
def made(bone):
    return cut(bone)


@pytest.mark.parametrize("level", [5, 6, 7])
def test_the_area_of_a_round_hole_is_right_at_every_level_of_the_grid(bone, level):
    _, border = cut(bone, level=level)
    assert border.area_cm2 == pytest.approx(cap_area_cm2(DEGREES), rel=0.015)


@pytest.mark.parametrize("degrees", [(31, -17, 63), (-80, 25, 140)])
def test_the_area_does_not_change_when_the_head_is_turned(made, degrees):
    turn = rotation_about_axes(degrees)[:3, :3]
    # the head is turned in the same scanner: its voxels cut it another way
    bone = round_bone(cone_depth(turn.T @ SIDE, DEGREES), floor=-200.0)
    _, border = cut(bone, turn=turn)
    assert border.area_cm2 == pytest.approx(made[1].area_cm2, rel=0.01)


@pytest.mark.parametrize(("degrees", "spacing"), [(5.0, 1.0), (9.0, 0.7), (40.0, 1.5)])
def test_small_and_large_holes_are_measured_equally_well(degrees, spacing):
    _, border = cut(
        round_bone(cone_depth(SIDE, degrees), spacing=spacing, **AT_SIDE), hole=vertices_in_cone(6, SIDE, degrees)
    )
    assert border.area_cm2 == pytest.approx(cap_area_cm2(degrees), rel=0.02, abs=0.08)


def test_a_mask_of_voxel_steps_gives_nearly_the_same_area():
    _, border = cut(round_bone(cone_depth(SIDE, DEGREES), ct=False, **AT_SIDE))
    assert border.area_cm2 == pytest.approx(cap_area_cm2(DEGREES), rel=0.02)


def test_the_border_is_on_the_bones_edge(made):
    patch, border = made
    (loop,) = border.loops
    d = np.array(SIDE) / np.linalg.norm(SIDE)
    angle = np.degrees(np.arccos(loop @ d / np.linalg.norm(loop, axis=1)))
    assert np.abs(np.radians(angle - DEGREES) * OUTER_MM).max() < 0.6
    assert not border.open_flags[0].any()
    assert mesh_area_cm2(patch.outer) == pytest.approx(border.area_cm2)


def test_the_patch_is_on_the_restored_tables_and_faces_outwards(made):
    patch, _ = made
    np.testing.assert_allclose(np.linalg.norm(patch.outer.vertices, axis=1), OUTER_MM, atol=0.1)
    np.testing.assert_allclose(np.linalg.norm(patch.inner, axis=1), INNER_MM, atol=0.1)
    a, b, c = (patch.outer.vertices[patch.outer.faces[:, k]] for k in range(3))
    assert (np.einsum("ij,ij->i", np.cross(b - a, c - a), a) > 0).all()
    assert len(patch.inner) == len(patch.outer.vertices) == len(patch.sigma_mm)


def test_a_border_through_corners_of_the_mesh_leaves_no_two_points_in_one_place(bone):
    """At the end of the vault the border runs exactly half-way between the vertices of the grid."""
    tables = round_tables(6)
    tables = replace(tables, vault=spherical_grid(6).directions @ SIDE / np.linalg.norm(SIDE) > np.cos(np.radians(15)))
    mesh = cut(bone, vault_tables=tables)[0].outer
    assert len(np.unique(mesh.vertices.round(9), axis=0)) == len(mesh.vertices)
    a, b, c = np.moveaxis(mesh.vertices[mesh.faces], 1, 0)
    assert np.linalg.norm(np.cross(b - a, c - a), axis=1).min() > 0
    assert np.array_equal(np.unique(mesh.faces), np.arange(len(mesh.vertices)))
    assert len(boundary_loops(mesh.faces)) == 1


def with_step(depth_mm, *, degrees=12.0):
    """The round skull's tables, so much deeper in the middle of the hole at the side."""
    tables, deep = round_tables(6), np.zeros(vertex_count(6))
    deep[vertices_in_cone(6, SIDE, degrees)] = depth_mm
    return replace(tables, outer=tables.outer - deep, inner=tables.inner - deep)


def test_between_two_depths_of_the_surface_that_no_bone_joins_there_is_no_patch(bone):
    """As between the margin of an orbit and its roof, which the rays meet far behind it."""
    patch, border = cut(bone, vault_tables=with_step(25.0))
    depth = OUTER_MM - np.linalg.norm(patch.outer.vertices, axis=1)
    assert np.minimum(np.abs(depth), np.abs(depth - 25.0)).max() < 1
    smaller = 1 - ((OUTER_MM - 25.0) / OUTER_MM) ** 2
    assert border.area_cm2 == pytest.approx(cap_area_cm2(DEGREES) - smaller * cap_area_cm2(12.0), rel=0.1)
    assert mesh_area_cm2(patch.outer) == pytest.approx(border.area_cm2)


def test_where_a_patch_ends_at_such_a_step_its_border_is_open(bone):
    _, border = cut(bone, vault_tables=with_step(25.0))
    loops, open_flags = border.loops, border.open_flags
    direction = np.array(SIDE) / np.linalg.norm(SIDE)
    degrees = [np.degrees(np.arccos(loop @ direction / np.linalg.norm(loop, axis=1))).mean() for loop in loops]
    at_bone = np.abs(np.array(degrees) - DEGREES) < 1
    assert at_bone.sum() == 1
    assert [is_open.any() for is_open in open_flags] == [not bone_ends_it for bone_ends_it in at_bone]
    assert all(is_open.all() for is_open, bone_ends_it in zip(open_flags, at_bone, strict=True) if not bone_ends_it)


def test_the_border_along_a_step_is_no_open_margin(bone):
    _, border = cut(bone, vault_tables=with_step(25.0))
    assert border.open_fraction == 0
    assert [flags.all() for flags in border.step_flags] == [is_open.all() for is_open in border.open_flags]


def test_a_patch_with_a_step_stays_in_two_pieces_when_its_tables_are_moved(bone):
    tables = with_step(25.0)
    patch, _ = cut(bone, vault_tables=tables)
    rays_of_patch = patch_rays(patch, tables, round_pose())
    moved = move_to_tables(patch, replace(tables, outer=tables.outer + 1.5), rays_of_patch)
    grown = np.linalg.norm(moved.outer.vertices, axis=1) - np.linalg.norm(patch.outer.vertices, axis=1)
    np.testing.assert_allclose(grown, 1.5, atol=0.05)


def test_a_step_is_half_way_between_the_vertices_of_the_grid(bone):
    patch, _ = cut(bone, vault_tables=with_step(25.0))
    is_deep = np.linalg.norm(patch.outer.vertices, axis=1) < OUTER_MM - 20
    from_middle = patch.outer.vertices @ np.array(SIDE) / np.linalg.norm(SIDE)
    degrees = np.degrees(np.arccos(from_middle / np.linalg.norm(patch.outer.vertices, axis=1)))
    edge_deg = np.degrees(np.sqrt(np.median(spherical_grid(6).vertex_areas)))
    assert degrees[~is_deep].min() - degrees[is_deep].max() < 0.5 * edge_deg


def test_a_surface_that_only_slopes_is_one_piece(bone):
    patch, _ = cut(bone, vault_tables=with_step(6.0))
    assert len(boundary_loops(patch.outer.faces)) == 1


def test_the_wide_surface_goes_on_some_millimetres_over_the_bone(made):
    patch, _ = made
    d = np.array(SIDE) / np.linalg.norm(SIDE)
    reach = np.arccos(
        np.clip(patch.wide_outer.vertices @ d / np.linalg.norm(patch.wide_outer.vertices, axis=1), -1, 1)
    ).max()
    assert (reach - np.radians(DEGREES)) * OUTER_MM > 8
    assert len(patch.wide_inner) == len(patch.wide_outer.vertices)


def test_a_crack_narrower_than_its_limit_is_no_part_of_the_hole():
    round_hole = cone_depth((0, 0, 1), DEGREES)

    def with_crack(x, y, z, width=2.0):
        return np.maximum(round_hole(x, y, z), np.minimum(width / 2 - np.abs(y), np.minimum(x, z)))

    uncracked, cracked = (
        cut(round_bone(depth, spacing=0.8, **ABOVE), hole=vertices_in_cone(6, (0, 0, 1), DEGREES))[1].area_cm2
        for depth in (round_hole, with_crack)
    )
    assert cracked == pytest.approx(uncracked, rel=0.019)


def test_a_wide_bay_is_part_of_the_hole():
    round_hole = cone_depth((0, 0, 1), DEGREES)

    def with_bay(x, y, z):
        return np.maximum(round_hole(x, y, z), np.minimum(np.minimum(4.0 - np.abs(y), np.minimum(x, 38 - x)), z))

    without_bay, wide = (
        cut(round_bone(depth, spacing=1.0, **ABOVE), hole=vertices_in_cone(6, (0, 0, 1), DEGREES))[1].area_cm2
        for depth in (round_hole, with_bay)
    )
    assert wide > without_bay + 0.5


def test_a_speck_of_bone_in_the_hole_is_filled_and_an_island_is_left():
    def speckled(radius):
        cone, speck = cone_depth((0, 0, 1), DEGREES), cone_depth((0.05, 0.05, 1), np.degrees(radius / OUTER_MM))
        return lambda x, y, z: np.minimum(cone(x, y, z), -speck(x, y, z))

    at = vertices_in_cone(6, (0, 0, 1), DEGREES)
    _, speck = cut(round_bone(speckled(1.5), spacing=0.8, **ABOVE), hole=at)
    _, island = cut(round_bone(speckled(8.0), spacing=0.8, **ABOVE), hole=at)
    assert len(speck.loops) == 1
    assert speck.area_cm2 == pytest.approx(cap_area_cm2(DEGREES), rel=0.02)
    assert len(island.loops) == 2
    assert island.area_cm2 == pytest.approx(cap_area_cm2(DEGREES) - np.pi * 0.8**2, rel=0.019)


def sunken(height_mm, across_mm=7.0, *, at_degrees=25.0):
    """A surface that rises over sound bone next to a hole at the top, and the vertices that seem to miss bone there."""
    place = (np.sin(np.radians(at_degrees)), 0.0, np.cos(np.radians(at_degrees)))
    away_mm = OUTER_MM * np.arccos(np.clip(spherical_grid(6).directions @ np.array(place), -1, 1))
    raised = np.where(away_mm < 2 * across_mm, height_mm * np.cos(np.pi / 4 * away_mm / across_mm) ** 2, 0.0)
    surface = round_tables()
    seems_missing = np.union1d(vertices_in_cone(6, (0, 0, 1), DEGREES), np.flatnonzero(raised > 1.5))
    return replace(surface, outer=surface.outer + raised, inner=surface.inner + raised), seems_missing


@pytest.mark.parametrize("height_mm", [2.0, 3.5])
def test_the_border_does_not_run_round_sound_bone_that_sinks_below_the_surface(height_mm):
    surface, seems_missing = sunken(height_mm)
    sound = round_bone(cone_depth((0, 0, 1), DEGREES), **ABOVE)
    patch, border = cut(sound, vault_tables=surface, hole=seems_missing)
    line = np.concatenate(border.loops)
    angle = np.degrees(np.arctan2(np.hypot(line[:, 0], line[:, 1]), line[:, 2]))
    assert np.abs(angle - DEGREES).max() * np.radians(OUTER_MM) < 1.0
    assert not np.concatenate(border.open_flags).any()
    # the line is on the bone, the patch on the surface above it
    assert np.linalg.norm(line, axis=1) == pytest.approx(OUTER_MM, abs=1.2)
    assert np.linalg.norm(patch.outer.vertices, axis=1).max() > OUTER_MM + height_mm / 3


def test_a_ledge_that_is_a_step_below_the_surface_is_part_of_the_hole():
    round_hole, ledge = (cone_depth((0, 0, 1), degrees) for degrees in (DEGREES, DEGREES + 6))

    def with_ledge(x, y, z):  # of the bone around the hole the outer 2.5 mm are lost
        return np.maximum(round_hole(x, y, z), np.minimum(ledge(x, y, z), np.sqrt(x**2 + y**2 + z**2) - OUTER_MM + 2.5))

    _, border = cut(round_bone(with_ledge, spacing=0.8, **ABOVE), hole=vertices_in_cone(6, (0, 0, 1), DEGREES + 6))
    assert border.area_cm2 == pytest.approx(cap_area_cm2(DEGREES + 6), rel=0.02)


def test_where_the_scan_ends_the_border_is_open(bone):
    reach = np.full(vertex_count(6), 130.0)
    reach[vertices_in_cone(6, (1.0, 0.3, -0.1), 30)] = 40.0
    d = np.array(SIDE) / np.linalg.norm(SIDE)
    _, border = cut(bone, reach=reach)
    open_ = np.concatenate(border.open_flags)
    assert 0.15 < open_.mean() < 0.6
    assert border.area_cm2 < cap_area_cm2(DEGREES)
    # the open part is inside the hole, the rest on its edge
    angle = np.degrees(np.arccos(np.concatenate(border.loops) @ d / OUTER_MM))
    assert angle[open_].mean() < DEGREES - 3
    assert np.abs(angle[~open_] - DEGREES).max() < 2


def test_a_hole_that_runs_below_the_vault_ends_where_the_vault_does():
    low = (1.0, 0.0, -0.45)
    _, border = cut(
        round_bone(cone_depth(low, 25)),
        hole=np.intersect1d(vertices_in_cone(6, low, 25), np.flatnonzero(round_tables().vault)),
    )
    assert np.concatenate(border.open_flags).mean() > 0.1


def test_a_cleft_along_the_end_of_the_vault_is_no_part_of_a_hole_next_to_it():
    low = (1.0, 0.0, -0.2)
    hole, end = cone_depth(low, 15), -0.4 * OUTER_MM

    def with_cleft(x, y, z):  # 4 mm of the vault all along its end
        return np.maximum(hole(x, y, z), end + 4.0 - z)

    at = np.intersect1d(vertices_in_cone(6, low, 15), np.flatnonzero(round_tables().vault))
    alone, with_cleft_ = (
        cut(round_bone(depth, floor=-60.0, low=(0, -80, -60), high=(92, 80, 20)), hole=at)[1]
        for depth in (hole, with_cleft)
    )
    assert with_cleft_.area_cm2 == pytest.approx(alone.area_cm2, abs=0.25)


@pytest.mark.parametrize(("wall_mm", "missing"), [(1.0, False), (0.0, True)])
def test_a_thin_front_wall_over_a_sinus_is_bone(wall_mm, missing):
    half = cone_depth(SIDE, DEGREES)

    def sinus(x, y, z):
        radius = np.sqrt(x**2 + y**2 + z**2)
        return np.minimum(
            half(x, y, z), np.minimum(OUTER_MM - wall_mm - radius, radius - INNER_MM - 1.5) if wall_mm else 50.0
        )

    made = cut(round_bone(sinus, spacing=0.5, ct=False, low=(30, -40, -5), high=(92, 70, 85)))
    assert (made is not None) == missing


@pytest.mark.slow
def test_walls_that_slant_inwards_and_outwards_leave_the_area_as_it_is_on_the_mean():
    """With the better of two layers taken for bone, every slanted wall drew the border into the hole."""
    half = cone_depth(SIDE, DEGREES)

    def area(lean):
        def wall(x, y, z):
            return half(x, y, z) + lean * (OUTER_MM - np.sqrt(x**2 + y**2 + z**2))

        return cut(round_bone(wall, spacing=0.5, ct=False, low=(30, -40, -5), high=(92, 70, 85)))[1].area_cm2

    assert (area(0.6) + area(-0.6)) / 2 == pytest.approx(area(0.0), abs=0.1)


def with_plate(bone):
    """A metal plate across the margin. Segmentation removed it, and the outer 0.8 mm of the bone that it touches."""
    kji = np.indices(bone.field.shape).reshape(3, -1)
    at = bone.ijk_to_ras[:3, :3] @ kji[::-1] + bone.ijk_to_ras[:3, 3:]
    radius = np.maximum(np.linalg.norm(at, axis=0), 1.0)
    edge = np.asarray(SIDE) / np.linalg.norm(SIDE) @ at / radius
    here = (np.abs(np.degrees(np.arccos(np.clip(edge, -1, 1))) - DEGREES) < 4) & (at[1] > 40)
    metal = (here & (np.abs(radius - OUTER_MM - 0.6) < 0.6)).reshape(bone.field.shape)
    touched = (here & (radius > OUTER_MM - 0.8)).reshape(bone.field.shape)
    return replace(bone, field=np.where(touched, np.int16(-200), bone.field), metal=metal)


@pytest.mark.slow
def test_the_border_stays_where_it_is_under_metal_that_was_taken_out_with_what_it_touched():
    bone = round_bone(cone_depth(SIDE, DEGREES), spacing=0.5, low=(0, -40, -15), high=(92, 80, 85))
    plated = with_plate(bone)
    area, known, unknown = (cut(b)[1].area_cm2 for b in (bone, plated, replace(plated, metal=None)))
    assert (known, unknown) == pytest.approx((area, area), abs=0.2)  # without either rule it is 0.6 more


def with_screws(bone):
    """Two screws in the bone next to the hole. Segmentation removed them, and a millimetre of bone around each."""
    kji = np.indices(bone.field.shape).reshape(3, -1)
    at = bone.ijk_to_ras[:3, :3] @ kji[::-1] + bone.ijk_to_ras[:3, 3:]
    radius = np.maximum(np.linalg.norm(at, axis=0), 1.0)
    middle = np.asarray(SIDE) / np.linalg.norm(SIDE)
    across = np.cross(middle, [0.0, 0.0, 1.0])
    across /= np.linalg.norm(across)
    off = np.full(radius.shape, np.inf)
    for degrees in (DEGREES + 1.3, DEGREES + 3.5):  # 1.9 and 5.2 mm from the margin
        axis = np.cos(np.radians(degrees)) * middle + np.sin(np.radians(degrees)) * across
        off = np.minimum(off, np.where(axis @ at > 0, np.linalg.norm(at - np.outer(axis, axis @ at), axis=0), np.inf))
    deep = (radius > OUTER_MM - 4) & (radius < OUTER_MM + 1.5)
    metal, touched = ((deep & (off < reach)).reshape(bone.field.shape) for reach in (0.9, 1.9))
    return replace(bone, field=np.where(touched, np.int16(150), bone.field), mask=bone.mask & ~touched, metal=metal)


@pytest.mark.slow
def test_screws_next_to_a_hole_are_no_part_of_it():
    """The border ran round the screws of a plate, 10 mm from the margin, and reference points stood there."""
    bone = round_bone(cone_depth(SIDE, DEGREES), spacing=0.5, low=(0, -80, -15), high=(92, 80, 85))
    middle = np.asarray(SIDE) / np.linalg.norm(SIDE)

    def farthest_mm(screwed):
        loop = cut(screwed)[1].loops[0]
        return OUTER_MM * (np.arccos(loop @ middle / np.linalg.norm(loop, axis=1)).max() - np.radians(DEGREES))

    screwed = with_screws(bone)
    assert farthest_mm(replace(screwed, metal=None)) > 4.0
    assert farthest_mm(screwed) < 0.8


@pytest.mark.slow
def test_in_thick_slices_the_layer_that_they_blur_away_does_not_count():
    thick = round_bone(cone_depth(SIDE, DEGREES), spacing=0.5, low=(0, -40, -15), high=(92, 80, 85))
    slices = (
        thick.field[: len(thick.field) // 6 * 6].reshape(-1, 6, *thick.field.shape[1:]).mean(axis=1).astype(np.int16)
    )
    to_ras = thick.ijk_to_ras.copy()
    to_ras[:3, 3] += to_ras[:3, 2] * 2.5
    to_ras[:3, 2] *= 6
    _, border = cut(replace(thick, field=slices, mask=slices >= thick.iso, ijk_to_ras=to_ras))
    assert border.area_cm2 == pytest.approx(cap_area_cm2(DEGREES), rel=0.019)


@pytest.mark.parametrize(
    ("open_part", "at_edge", "natural"),
    [(0.25, True, True), (0.25, False, False), (0.4, False, True), (0.1, True, False)],
)
def test_a_hole_off_the_vaults_end_may_have_more_of_an_open_border_before_it_is_taken_for_a_natural_opening(
    open_part, at_edge, natural
):
    border = PatchBorder((np.zeros((100, 3)),), (np.arange(100) < 100 * open_part,), 7.2)
    assert border.is_natural_opening(at_edge=at_edge) == natural


def test_where_nothing_is_missing_at_voxel_precision_there_is_no_patch():
    assert cut(round_bone(cone_depth((-1, 0, 0.5), 10))) is None


def test_new_tables_move_the_patch_along_its_rays(made):
    patch, _ = made
    raised = move_to_tables(
        patch, round_tables(outer=OUTER_MM + 1.5, inner=INNER_MM - 0.5), patch_rays(patch, round_tables(), round_pose())
    )
    np.testing.assert_allclose(np.linalg.norm(raised.outer.vertices, axis=1), OUTER_MM + 1.5, atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(raised.wide_inner, axis=1), INNER_MM - 0.5, atol=1e-6)
    np.testing.assert_array_equal(raised.outer.faces, patch.outer.faces)


def test_a_patch_gets_its_final_number(made):
    assert with_number(made[0], 7).defect == 7


def test_lines_around_a_surface_close_and_are_listed_with_the_longest_first():
    n = 8
    at = np.arange((n + 1) ** 2).reshape(n + 1, n + 1)
    cells = [(i, j) for i in range(n) for j in range(n) if not (3 <= i < 5 and 3 <= j < 6)]
    faces = np.array(
        [
            t
            for i, j in cells
            for t in ((at[i, j], at[i + 1, j], at[i, j + 1]), (at[i + 1, j], at[i + 1, j + 1], at[i, j + 1]))
        ]
    )
    outside, inside = boundary_loops(faces)
    assert (len(outside), len(inside)) == (4 * n, 10)
    for loop in (outside, inside):
        i, j = np.divmod(loop, n + 1)
        assert (np.abs(np.diff(i, append=i[0])) + np.abs(np.diff(j, append=j[0])) == 1).all()


def test_a_closed_surface_has_no_border_and_an_empty_one_neither():
    assert boundary_loops(np.array([[0, 1, 2], [0, 2, 3], [0, 3, 1], [1, 3, 2]])) == []
    assert boundary_loops(np.zeros((0, 3), np.int64)) == []
