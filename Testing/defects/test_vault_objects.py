"""What is in a hole and does not belong to the vault: found, named, and taken out or left."""

from dataclasses import replace
from functools import lru_cache, partial

import numpy as np
import pytest
from helpers_head import INNER_MM, OUTER_MM, bone_from_depth, cap_area_cm2, cone_depth
from scipy import ndimage
from scipy.spatial.transform import Rotation

from SkullRestoreLib._system.progress import StepTimer, run_to_end
from SkullRestoreLib.affine import compose_affine
from SkullRestoreLib.defects import kerfs, metal_over_hole, ray_surface, vault_objects
from SkullRestoreLib.defects.object_voxels import FoundObject, with_strips
from SkullRestoreLib.defects.plastic_plates import find_plastic_plates
from SkullRestoreLib.defects.ray_surface import RaySurface, examine_rays, with_density
from SkullRestoreLib.errors import InputError
from SkullRestoreLib.findings import Note
from SkullRestoreLib.geometry.icosphere import spherical_grid, values_at_level
from SkullRestoreLib.method_parameters import METHOD
from SkullRestoreLib.pipeline.object_removal import check_object_numbers, clear_objects
from SkullRestoreLib.pipeline.results import HeadAnalysis
from SkullRestoreLib.prediction import ray_tracing
from SkullRestoreLib.records import Pose, VaultObject, VaultTables
from SkullRestoreLib.settings import Settings

HOLE_DEG, FLAP_DEG, MESH_DEG = 26.0, 23.5, 18.0
UP = (0.0, 0.0, 1.0)
POSE = Pose(np.eye(4), 0.5, 1.0)
LEVEL = 6


def tables():
    """The tables of the spherical skull."""
    directions = spherical_grid(LEVEL).directions
    full = np.ones(len(directions))
    return VaultTables(
        LEVEL, OUTER_MM * full, INNER_MM * full, 0.3 * full, 0.3 * full, 0 * full, vault=directions[:, 2] > -0.2
    )


def shell(radius, low, high):
    """Depth inside a layer between two radii."""
    return np.minimum(high - radius, radius - low)


def add_nothing(x, y, z, radius):
    return np.full(radius.shape, -50.0)


def flap(*, sunk=0.0, tilt=0.0, bridge=0.0, pores=False, thickness=OUTER_MM - INNER_MM, reach=FLAP_DEG):
    """A flap of bone: how far it is sunk, mm, tilted, degrees, and grown together with the edge, part of it."""

    def depth(x, y, z, radius):
        down = sunk + np.tan(np.radians(tilt)) * (x + 35)
        inside = np.minimum(shell(radius, OUTER_MM - thickness - down, OUTER_MM - down), -cone_outside(x, y, z, reach))
        if bridge:
            turn = (np.arctan2(y, x) / (2 * np.pi)) % 1
            joined = np.minimum(shell(radius, INNER_MM - down, OUTER_MM - down), -cone_outside(x, y, z, HOLE_DEG + 1))
            inside = np.where((turn * 3) % 1 < bridge, np.maximum(inside, joined), inside)
        if pores:
            inside = np.minimum(inside, 0.2 - 2.6 * np.cos(x / 2.4) * np.cos(y / 2.4))
        return inside

    return depth


def narrow_kerf(x, y, z, radius, *, burr_holes=4, joined=0.0):
    """A level flap with a kerf of 1.4 mm, which a scan blurs over, and burr holes at its edge."""
    inside = flap(reach=HOLE_DEG - 1.0, bridge=joined)(x, y, z, radius)
    for turn in np.arange(burr_holes) * 2 * np.pi / max(burr_holes, 1) + 0.4:
        down = np.radians(HOLE_DEG - 4)
        towards = (np.sin(down) * np.cos(turn), np.sin(down) * np.sin(turn), np.cos(down))
        inside = np.minimum(inside, -cone_depth(towards, 4.5)(x, y, z))
    return inside


def cone_outside(x, y, z, degrees):
    """Distance outside a cone about the vertical, mm."""
    return -cone_depth(UP, degrees)(x, y, z)


def bevel(x, y, z, radius):
    """A margin that slants over 4 mm."""
    return np.minimum(shell(radius, INNER_MM, OUTER_MM), cone_outside(x, y, z, HOLE_DEG) + (OUTER_MM - radius) * 0.6)


def wide_bevel(x, y, z, radius):
    """A margin that slants over 8 mm, on one side of a hole."""
    slanting = np.minimum(shell(radius, INNER_MM, OUTER_MM), cone_outside(x, y, z, HOLE_DEG - 6) - (radius - INNER_MM))
    part = np.hypot(x - 30, y) < 16  # elsewhere the margin is steep
    return np.where(part, np.minimum(slanting, -cone_outside(x, y, z, HOLE_DEG + 1)), -50.0)


def sinus_wall(x, y, z, radius):
    """The back wall of a cavity whose front wall is the hole: bone all round, and a wall 10 mm deep."""
    thick = np.minimum(shell(radius, OUTER_MM - 13, OUTER_MM), cone_outside(x, y, z, HOLE_DEG))
    wall = np.minimum(shell(radius, OUTER_MM - 13, OUTER_MM - 10), -cone_outside(x, y, z, HOLE_DEG + 2))
    around = np.minimum(thick, -cone_outside(x, y, z, HOLE_DEG + 12))
    return np.maximum(around, wall)


def wide_sinus(x, y, z, radius):
    """The back wall of a cavity that is wider than the hole in its front wall: it goes on beneath the rest of it."""
    back_wall = np.minimum(shell(radius, OUTER_MM - 13, OUTER_MM - 10), -cone_outside(x, y, z, HOLE_DEG + 8))
    sides = np.minimum(shell(radius, OUTER_MM - 13, OUTER_MM), -cone_outside(x, y, z, HOLE_DEG + 8))
    sides = np.minimum(sides, cone_outside(x, y, z, HOLE_DEG + 6))
    return np.maximum(back_wall, sides)


@lru_cache(maxsize=2)
def lattice(spacing=0.8):
    low, high = np.array([-66.0, -66, 18]), np.array([66.0, 66, 92])
    x, y, z = (np.arange(a, b, spacing, dtype=np.float32) for a, b in zip(low, high, strict=True))
    ijk_to_ras = np.diag([spacing, spacing, spacing, 1.0])
    ijk_to_ras[:3, 3] = low
    z, y, x = np.meshgrid(z, y, x, indexing="ij", sparse=True)
    return x, y, z, np.sqrt(x**2 + y**2 + z**2), ijk_to_ras


def skull_with(added, *, hole=HOLE_DEG, hu=None, spongy_hu=None, blur_mm=0.0):
    """The upper half of a spherical skull with a hole and something in it; its bone and rays.

    With ``spongy_hu`` the vault has less density between its tables, as diploe has; ``blur_mm`` is how much the scan
    blurs.
    """
    x, y, z, radius, ijk_to_ras = lattice()
    vault = np.minimum(shell(radius, INNER_MM, OUTER_MM), cone_outside(x, y, z, hole))
    inside = added(x, y, z, radius)
    bone = bone_from_depth(np.maximum(vault, inside), ijk_to_ras)
    if spongy_hu is not None:
        bone.field[vault > 2.0] = spongy_hu
    if hu is not None:
        bone.field[inside > 0] = hu
        bone = replace(bone, mask=bone.field >= bone.iso)
    if blur_mm:
        field = ndimage.gaussian_filter(bone.field.astype(np.float32), blur_mm / 0.8).astype(bone.field.dtype)
        bone = replace(bone, field=field, mask=field >= bone.iso)
    rays = ray_tracing.trace_rays(bone, POSE, level=LEVEL)
    return bone, replace(rays, reach=np.full_like(rays.reach, 130.0))


def find(added, *, known=(), **options):
    bone, rays = skull_with(added, **options)
    vault = tables()
    seen = spherical_grid(LEVEL).directions[:, 2] > 0.72  # the lattice ends below
    vault = replace(vault, vault=vault.vault & seen)
    return vault_objects.find_vault_objects(bone, POSE, rays, vault, known=known), bone


@pytest.mark.parametrize("joined", [0.0, 0.15])
def test_a_flap_is_found_complete_by_its_burr_holes_and_a_kerf_that_the_scan_has_blurred_over(joined):
    added = partial(narrow_kerf, joined=joined)
    (found,), bone = find(added, blur_mm=0.9)
    kerf = spherical_grid(LEVEL).directions[:, 2] > np.cos(np.radians(HOLE_DEG))
    assert found.facts.kind == "bone flap"
    assert found.facts.depth_mm == pytest.approx(0.0, abs=0.5)
    x, y, z, radius, _ = lattice()
    put_in = (added(x, y, z, radius) > 0.4) & (cone_outside(x, y, z, HOLE_DEG - 1) < 0)
    taken = np.zeros(bone.mask.shape, dtype=bool)
    taken[found.box] = found.voxels
    assert (taken & put_in & bone.mask).sum() > 0.95 * (put_in & bone.mask).sum()
    assert found.place[kerf].mean() > 0.9
    rim = np.minimum(shell(radius, INNER_MM, OUTER_MM), cone_outside(x, y, z, HOLE_DEG) - 1.0) > 0
    assert (taken & rim).sum() < 30, "the rim of the hole stays"


def test_only_a_long_dark_line_through_the_outer_table_is_a_kerf_and_gaps_of_the_diploe_are_none():
    grid, vault, parameters = spherical_grid(LEVEL), tables(), METHOD.objects
    vault = replace(vault, vault=grid.directions[:, 2] > 0.72)
    x, y, _, radius, _ = lattice()
    bone, rays = skull_with(add_nothing, hole=0.0)
    density = bone.field.astype(np.float32)
    diploe = shell(radius, INNER_MM, OUTER_MM) > 2.0
    density[diploe] *= 0.4
    gaps = (np.sin(x / 1.4) * np.sin(y / 1.4) > 0.6) & (y > 4)
    density[diploe & gaps] = 0
    density[gaps & (x > 20) & (x < 28) & (radius > INNER_MM)] = 0  # some of them through the outer table
    density[(np.abs(y + 12) < 0.9) & (np.abs(x) < 25) & (radius > INNER_MM)] = 0
    bone = replace(bone, field=ndimage.gaussian_filter(density, 0.9 / 0.8))
    surface = ray_surface.examine_rays(rays, vault, parameters)
    kerf, _ = kerfs.blurred_kerfs(grid, surface, bone, POSE, vault, parameters=parameters)
    across = grid.directions * OUTER_MM
    along_saw = vault.vault & (np.abs(across[:, 1] + 12) < 0.8) & (np.abs(across[:, 0]) < 22)
    assert kerf[along_saw].mean() > 0.9
    assert not kerf[vault.vault & (across[:, 1] > 4)].any()


def test_a_thin_dark_line_alone_makes_no_flap_as_sutures_look_so():
    found, _ = find(partial(narrow_kerf, burr_holes=0), blur_mm=0.9)
    assert found == []


@pytest.mark.parametrize(
    ("added", "hu", "kind", "depth_mm", "tilt_deg"),
    [
        (flap(), None, "bone flap", 0.0, 0.0),
        (flap(sunk=3.0), None, "bone flap", 3.0, 0.0),
        (flap(sunk=3.0, bridge=0.2), None, "bone flap", 3.0, 0.0),
        (flap(bridge=0.25), None, "bone flap", 0.0, 0.0),
        (flap(tilt=6.0), None, "bone flap", 3.7, 6.0),
        (flap(pores=True), None, "resorbed bone flap", 0.0, 0.0),
        (flap(reach=16.0), None, "resorbed bone flap", 0.0, 0.0),
        (flap(), 2300, "plate", 0.0, 0.0),
        (flap(thickness=1.6, reach=27.5), 1900, "metal mesh or plate", 0.0, 0.0),
        (flap(sunk=9.0, thickness=2.0, reach=16.0), None, "bone on the dura", 9.0, 0.0),
    ],
    ids=[
        "level",
        "sunk",
        "sunk and bridged",
        "level and bridged",
        "tilted",
        "porous",
        "shrunk",
        "plate",
        "mesh",
        "thin and deep",
    ],
)
def test_an_object_is_found_named_and_measured(added, hu, kind, depth_mm, tilt_deg):
    (found,), bone = find(added, hu=hu)
    assert found.facts.kind == kind
    assert found.facts.depth_mm == pytest.approx(depth_mm, abs=0.8)
    assert found.facts.tilt_deg == pytest.approx(tilt_deg, abs=1.5)
    assert 0.5 * cap_area_cm2(16.0) < found.facts.area_cm2 < 1.1 * cap_area_cm2(HOLE_DEG + 2)
    assert found.facts.open_edge > 0.5 or kind == "metal mesh or plate"  # which rests on the bone around it
    x, y, z, radius, _ = lattice()
    put_in = (added(x, y, z, radius) > 0.4) & (cone_outside(x, y, z, HOLE_DEG - 1) < 0)
    taken = np.zeros(bone.mask.shape, dtype=bool)
    taken[found.box] = found.voxels
    assert (taken & put_in & bone.mask).sum() > 0.9 * (put_in & bone.mask).sum()
    sound = bone.mask & (cone_outside(x, y, z, HOLE_DEG + 4) > 0)
    assert not (taken & sound).any()


@pytest.mark.parametrize(("gap_mm", "count"), [(0.7, 1), (-1.6, 1), (0.0, 0)], ids=["sawn", "grown together", "worn"])
def test_thick_sunk_bone_that_touches_the_edge_of_its_hole_is_a_flap_if_both_of_its_tables_are_lower(gap_mm, count):
    thick_mm, sunk_mm = 15.0, 1.8
    reach = HOLE_DEG - np.degrees(gap_mm / OUTER_MM)

    def thick_skull(x, y, z, radius):
        around = np.minimum(shell(radius, OUTER_MM - thick_mm, OUTER_MM), cone_outside(x, y, z, HOLE_DEG))
        if not gap_mm:  # the outer table of sound bone is worn away
            return np.maximum(around, shell(radius, OUTER_MM - thick_mm, OUTER_MM - sunk_mm))
        return np.maximum(around, flap(sunk=sunk_mm, thickness=thick_mm, reach=reach)(x, y, z, radius))

    bone, rays = skull_with(thick_skull, blur_mm=0.9)
    seen = spherical_grid(LEVEL).directions[:, 2] > 0.72
    vault = replace(tables(), vault=seen, inner=tables().outer - thick_mm)
    found = vault_objects.find_vault_objects(bone, POSE, rays, vault)
    assert [each.facts.kind for each in found] == ["bone flap"] * count
    for each in found:
        assert each.facts.depth_mm == pytest.approx(sunk_mm, abs=0.5)
        assert each.facts.area_cm2 > 0.8 * cap_area_cm2(HOLE_DEG)
        assert each.facts.open_edge > 0.8


def worn(x, y, z, radius):
    """Sound bone whose outer table is worn away by 2.5 mm within the hole."""
    return np.minimum(shell(radius, INNER_MM, OUTER_MM - 2.5), -cone_outside(x, y, z, HOLE_DEG + 1))


def mesh_on_bone(x, y, z, radius):
    """Sound bone with a sheet of 1.6 mm on it."""
    vault = np.minimum(shell(radius, INNER_MM, OUTER_MM), -cone_outside(x, y, z, HOLE_DEG + 1))
    return np.maximum(vault, np.minimum(shell(radius, OUTER_MM, OUTER_MM + 1.6), -cone_outside(x, y, z, HOLE_DEG)))


@pytest.mark.parametrize(
    ("added", "hole", "is_step"),
    [(flap(sunk=2.5, reach=HOLE_DEG - 0.5), HOLE_DEG, True), (worn, HOLE_DEG, False), (mesh_on_bone, HOLE_DEG, False)],
    ids=["sunk flap", "worn table", "mesh on bone"],
)
def test_only_a_flap_that_has_moved_has_a_step_in_both_of_its_faces(added, hole, is_step):
    _, rays = skull_with(added, hole=hole, blur_mm=0.6)
    grid, vault = spherical_grid(LEVEL), tables()
    vault = replace(vault, vault=grid.directions[:, 2] > 0.72)
    surface = examine_rays(rays, vault, METHOD.objects)
    steps, in_thick = (kerfs.height_steps(grid, surface, vault, mm, parameters=METHOD.objects) for mm in (0.8, 2.5))
    assert not in_thick.any(), "bone in slices has steps of their height"
    down = np.degrees(np.arccos(np.clip(grid.directions[:, 2], -1, 1)))
    assert not steps[(np.abs(down - HOLE_DEG) > 4) & (down < 40)].any()
    edge = np.abs(down - HOLE_DEG) < 1.2
    assert steps[edge].mean() > 0.6 if is_step else not steps.any()


@pytest.mark.parametrize("followed", [0.6, 1.0], ids=["in part", "fully"])
def test_a_sunk_flap_is_found_by_the_step_around_it_where_the_prediction_follows_it(followed):
    sunk_mm = 2.5
    bone, rays = skull_with(flap(sunk=sunk_mm, reach=HOLE_DEG - 0.5), blur_mm=0.6)
    seen = spherical_grid(LEVEL).directions[:, 2]
    down = np.degrees(np.arccos(np.clip(seen, -1, 1)))
    lower = followed * sunk_mm * np.clip((HOLE_DEG + 6 - down) / 12, 0, 1)
    vault = replace(tables(), vault=seen > 0.72, outer=tables().outer - lower, inner=tables().inner - lower)
    (found,) = vault_objects.find_vault_objects(bone, POSE, rays, vault)
    assert found.facts.kind == "bone flap"
    assert found.facts.area_cm2 > 0.85 * cap_area_cm2(HOLE_DEG - 0.5)


def test_an_object_of_an_earlier_prediction_is_not_lost_because_a_little_less_of_its_edge_is_free():
    def thin_flap(held):
        def depth(x, y, z, radius):
            is_held = (np.arctan2(y, x) / (2 * np.pi)) % 1 < held
            reach = np.where(is_held, -cone_outside(x, y, z, HOLE_DEG + 1), -cone_outside(x, y, z, FLAP_DEG))
            return np.minimum(shell(radius, INNER_MM, OUTER_MM - 3.0), reach)

        return depth

    known, _ = find(thin_flap(0.3))
    more_held, mostly_held = thin_flap(0.52), thin_flap(0.75)
    assert [each.facts.kind for each in known] == ["resorbed bone flap"]
    assert find(more_held)[0] == []
    assert [each.facts.kind for each in find(more_held, known=known)[0]] == ["resorbed bone flap"]
    assert find(mostly_held, known=known)[0] == []


def test_a_strip_that_a_kerf_parts_from_the_skull_goes_with_its_flap_and_a_bridged_one_stays():
    solid = np.ones((4, 10, 30), dtype=bool)
    column = np.broadcast_to(np.arange(30), solid.shape)
    flap_voxels, kerf, skull = column < 10, (column >= 14) & (column < 18), column >= 25
    strip = (column >= 10) & (column < 14)
    taken = with_strips(flap_voxels, solid, kerf, skull)
    assert taken[flap_voxels | strip].all()
    assert not taken[column >= 16].any(), "the skull keeps its side of the kerf"
    bridged = kerf & (np.arange(10)[:, None] > 2)
    assert np.array_equal(with_strips(flap_voxels, solid, bridged, skull), flap_voxels)


def test_a_thin_level_tongue_of_sound_bone_stays_where_new_bone_on_the_dura_goes():
    def tongue_over_dural_bone(x, y, z, radius):
        tongue = np.minimum(shell(radius, OUTER_MM - 2.4, OUTER_MM), np.minimum(4.0 - np.abs(y), x - 24))
        tongue = np.minimum(tongue, -cone_outside(x, y, z, HOLE_DEG + 1))
        return np.maximum(flap(sunk=9.0, thickness=2.0, reach=12.0)(x, y, z, radius), tongue)

    (found,), bone = find(tongue_over_dural_bone)
    radius = lattice()[3]
    taken = np.zeros(bone.mask.shape, dtype=bool)
    taken[found.box] = found.voxels
    assert found.facts.kind == "bone on the dura"
    assert not (taken & (radius > OUTER_MM - 3)).any()


@pytest.mark.parametrize(("cell_deg", "front_mm"), [(7.0, 1.8), (8.0, 2.2)])
def test_sound_bone_between_a_hole_and_the_thin_front_wall_of_a_sinus_is_no_flap(cell_deg, front_mm):
    thick_mm, hole_deg, sound_deg = 12.0, 18.0, 23.0

    def skull_with_sinus(x, y, z, radius):
        turn, down = np.degrees(np.arctan2(y, x)), np.degrees(np.arccos(np.clip(z / radius, -1, 1)))
        is_sinus = (np.abs(turn) < 73) & (down > hole_deg) & (down < 33) & ((np.abs(turn) > 60) | (down > sound_deg))
        is_cell = np.abs((down - sound_deg) % cell_deg - cell_deg) > 1.2  # between septa
        walls = np.maximum(radius - (OUTER_MM - front_mm), OUTER_MM - thick_mm + 2 - radius)
        bone = np.minimum(shell(radius, OUTER_MM - thick_mm, OUTER_MM), cone_outside(x, y, z, hole_deg))
        return np.where(is_sinus & is_cell, np.minimum(bone, walls), bone)

    bone, rays = skull_with(skull_with_sinus, hole=60.0, blur_mm=0.9)
    seen = spherical_grid(LEVEL).directions[:, 2] > 0.72
    vault = replace(tables(), vault=seen, inner=tables().outer - thick_mm)
    assert vault_objects.find_vault_objects(bone, POSE, rays, vault) == []


@pytest.mark.parametrize(("thick_mm", "kinds"), [(12.0, []), (7.0, ["bone on the dura"])])
def test_the_cut_back_wall_of_a_sinus_is_no_object_unless_it_is_below_the_inner_table_as_new_bone_is(thick_mm, kinds):
    def skull_with_cut_sinus(x, y, z, radius):
        turn, down = np.degrees(np.arctan2(y, x)), np.degrees(np.arccos(np.clip(z / radius, -1, 1)))
        outside = cone_outside(x, y, z, HOLE_DEG)
        front = np.minimum(shell(radius, OUTER_MM - 2.5, OUTER_MM), outside)
        back = shell(radius, OUTER_MM - 12, OUTER_MM - 9.5)  # from 9° within the hole to 9° beneath the front wall
        is_sinus = (np.abs(turn) < 60) & (np.abs(down - HOLE_DEG) < 9)
        return np.where(is_sinus, np.maximum(back, front), np.minimum(shell(radius, OUTER_MM - 12, OUTER_MM), outside))

    bone, rays = skull_with(skull_with_cut_sinus, hole=60.0)
    seen = spherical_grid(LEVEL).directions[:, 2] > 0.72
    vault = replace(tables(), vault=seen, inner=tables().outer - thick_mm)
    found = vault_objects.find_vault_objects(bone, POSE, rays, vault)
    assert [each.facts.kind for each in found] == kinds


def test_level_bone_that_a_blurred_line_encloses_stays_where_new_bone_on_the_dura_goes():
    def enclosed_over_dural_bone(x, y, z, radius):
        level = np.minimum(shell(radius, INNER_MM, OUTER_MM), np.minimum(6.0 - np.abs(y), x - 22))
        groove = np.minimum(radius - INNER_MM - 1.5, shell(cone_outside(x, y, z, HOLE_DEG), -1.6, 0.2))
        level = np.minimum(level, np.minimum(-cone_outside(x, y, z, HOLE_DEG + 1), -groove))
        return np.maximum(flap(sunk=9.0, thickness=2.0, reach=12.0)(x, y, z, radius), level)

    (found,), bone = find(enclosed_over_dural_bone, blur_mm=0.9)
    radius = lattice()[3]
    taken = np.zeros(bone.mask.shape, dtype=bool)
    taken[found.box] = found.voxels
    assert found.facts.kind == "bone on the dura"
    assert (taken & (radius > OUTER_MM - 3)).sum() < 40, "a few voxels of its edge at most"


@pytest.mark.parametrize(("hu", "count"), [(110, 1), (250, 1), (60, 0)], ids=["cement", "PEEK", "blood"])
def test_a_plate_of_plastic_is_named_though_the_threshold_does_not_show_it(hu, count):
    bone, rays = skull_with(add_nothing)
    x, y, z, radius, _ = lattice()
    plate = flap(reach=HOLE_DEG - 1)(x, y, z, radius) > 0
    bone.field[plate & ~bone.mask] = hu
    vault = replace(tables(), vault=spherical_grid(LEVEL).directions[:, 2] > 0.72)
    found = find_plastic_plates(bone, POSE, rays, vault)
    assert len(found) == count
    for each in found:
        assert each.facts.kind == "plate"
        assert each.facts.removed
        assert each.facts.mean_hu == pytest.approx(hu, abs=5)
        assert each.facts.depth_mm == pytest.approx(0.0, abs=1.0)
        assert each.facts.area_cm2 == pytest.approx(cap_area_cm2(HOLE_DEG - 2), rel=0.2)
    assert find_plastic_plates(replace(bone, threshold_hu=None), POSE, rays, vault) == []


def test_a_mesh_hardly_denser_than_bone_is_found_across_its_openings():
    tables_hu = float(np.percentile(skull_with(add_nothing)[0].field, 99.9))
    (found,), _ = find(mesh_with_openings, hole=MESH_DEG, hu=1.1 * tables_hu)
    assert found.facts.area_cm2 > 0.5 * cap_area_cm2(MESH_DEG)


def sheet_over_back_wall(x, y, z, radius):
    """A thin front wall of a sinus, in place of the mesh, with its back wall beneath."""
    back_wall = np.minimum(shell(radius, INNER_MM - 3, INNER_MM - 1), -cone_outside(x, y, z, MESH_DEG + 1.5))
    return np.maximum(flap(thickness=1.6, reach=MESH_DEG + 1.5)(x, y, z, radius), back_wall)


def test_a_mesh_less_dense_than_bone_is_found_where_the_vault_is_thick_and_a_wall_with_another_beneath_it_stays():
    tables_hu = float(np.percentile(skull_with(add_nothing)[0].field, 99.9))
    (found,), _ = find(mesh_with_openings, hole=MESH_DEG, hu=0.8 * tables_hu)
    assert found.facts.kind == "metal mesh or plate"
    assert found.facts.area_cm2 > 0.5 * cap_area_cm2(MESH_DEG)
    assert find(sheet_over_back_wall, hole=MESH_DEG)[0] == []


def test_what_of_a_faint_mesh_is_on_the_bone_around_its_hole_goes_with_it_and_that_bone_is_hidden():
    tables_hu = float(np.percentile(skull_with(add_nothing)[0].field, 99.9))
    (found,), bone = find(flap(sunk=-0.8, thickness=1.6, reach=MESH_DEG + 6), hole=MESH_DEG, hu=0.8 * tables_hu)
    x, y, z, radius, _ = lattice()
    outside = cone_outside(x, y, z, MESH_DEG)
    on_bone = bone.mask & (outside > 2.5) & (cone_outside(x, y, z, MESH_DEG + 5) < 0) & (radius > OUTER_MM + 0.2)
    taken = np.zeros(bone.mask.shape, dtype=bool)
    taken[found.box] = found.voxels
    assert taken[on_bone].mean() > 0.9
    assert not taken[(outside > 1.5) & (radius < OUTER_MM - 0.4)].any()
    down = np.degrees(np.arccos(np.clip(spherical_grid(LEVEL).directions[:, 2], -1, 1)))
    assert found.place[down < MESH_DEG + 5].all()


def test_next_to_the_margin_a_mesh_goes_down_to_its_lower_face_and_the_bone_beneath_it_stays():
    bone, rays = skull_with(flap(sunk=0.4, thickness=1.2, reach=MESH_DEG + 4), hole=MESH_DEG, hu=2900)
    grid, (x, y, z, radius, _) = spherical_grid(LEVEL), lattice()
    down = np.degrees(np.arccos(np.clip(grid.directions[:, 2], -1, 1)))
    vault = replace(tables(), vault=down < 44)
    surface = with_density(examine_rays(rays, vault, METHOD.objects), grid, bone, POSE)
    (known,) = vault_objects.find_vault_objects(bone, POSE, rays, vault)
    core = down < MESH_DEG - 6
    part = replace(known, voxels=known.voxels & (cone_outside(x, y, z, MESH_DEG - 6) < 0)[known.box])
    found = metal_over_hole.with_metal_beside(part, core, surface, bone, POSE, vault, parameters=METHOD.objects)
    taken = np.zeros(bone.mask.shape, dtype=bool)
    taken[found.box] = found.voxels
    outside = cone_outside(x, y, z, MESH_DEG)
    assert taken[bone.mask & (outside < -3)].mean() > 0.85
    assert not taken[(outside > 1.5) & (radius < OUTER_MM - 0.5)].any()


def test_sound_bone_between_a_hole_and_the_end_of_the_vault_is_no_flap():
    grid = spherical_grid(LEVEL)
    high = np.degrees(np.arcsin(np.clip(grid.directions[:, 2], -1, 1)))
    turn = np.degrees(np.arctan2(grid.directions[:, 1], grid.directions[:, 0]))
    hole = (high > 14) & (high < 50) & (np.abs(turn) < 60) | (high > 0) & (high <= 14) & (turn > -30) & (turn < 0)
    dark_line = (high > 0) & (high <= 14) & (turn > 8) & (turn < 10)
    full = np.ones(len(grid))
    vault = VaultTables(
        LEVEL, OUTER_MM * full, INNER_MM * full, 0.3 * full, 0.3 * full, 0 * full, vault=grid.directions[:, 2] > 0
    )
    offset = np.where(hole, -np.inf, 0.0)
    bare = np.full((len(grid), 2), np.nan)
    surface = RaySurface(vault.vault, offset, 8 * full, INNER_MM * full, OUTER_MM * full, bare, full, full)
    nothing = np.zeros(len(grid), dtype=bool)
    assert not kerfs.enclosed_parts(grid, surface, hole, dark_line, vault, nothing, METHOD.objects).any()


@pytest.mark.parametrize("is_known", [True, False], ids=["a piece", "a hole"])
def test_a_level_piece_of_a_broken_flap_at_the_end_of_the_vault_is_enclosed_once_the_other_piece_is_known(is_known):
    grid = spherical_grid(LEVEL)
    high = np.degrees(np.arcsin(np.clip(grid.directions[:, 2], -1, 1)))
    turn = np.abs(np.degrees(np.arctan2(grid.directions[:, 1], grid.directions[:, 0])))
    other_piece, piece = (high > 32) & (high < 70) & (turn < 40), (high > 0) & (high < 30) & (turn < 38)
    crack = (high >= 30) & (high <= 32) & (turn < 40)
    free = other_piece | crack | (high > 0) & (high <= 30) & (turn >= 38) & (turn < 40)
    full, nothing = np.ones(len(grid)), np.zeros(len(grid), dtype=bool)
    vault = VaultTables(
        LEVEL, OUTER_MM * full, INNER_MM * full, 0.3 * full, 0.3 * full, 0 * full, vault=grid.directions[:, 2] > 0
    )
    bare = np.full((len(grid), 2), np.nan)
    offset = np.where(free, -np.inf, 0.0)
    surface = RaySurface(vault.vault, offset, 8 * full, INNER_MM * full, OUTER_MM * full, bare, full, full)
    known = other_piece if is_known else nothing
    enclosed = kerfs.enclosed_parts(grid, surface, free, nothing, vault, known, METHOD.objects)
    assert enclosed[piece].mean() == pytest.approx(float(is_known), abs=0.05)
    assert not enclosed[~(piece | free)].any()


@pytest.mark.slow
@pytest.mark.parametrize(("density", "kind"), [(1.0, "bone flap"), (2.0, "plate")])
def test_compact_bone_in_a_spongy_vault_is_no_plate_unless_it_is_denser_than_the_tables(density, kind):
    tables_hu = float(np.percentile(skull_with(add_nothing)[0].field, 99.9))
    (found,), _ = find(flap(), hu=density * tables_hu, spongy_hu=0.6 * tables_hu)
    assert found.facts.kind == kind


def test_a_mesh_that_was_set_apart_as_metal_is_named_too():
    bone, rays = skull_with(add_nothing)
    x, y, z, radius, _ = lattice()
    mesh = flap(thickness=1.0, reach=24)(x, y, z, radius) > 0
    mesh &= (x % 4 > 1.5) | (y % 4 > 1.5)
    vault = replace(tables(), vault=spherical_grid(LEVEL).directions[:, 2] > 0.72)
    (found,) = metal_over_hole.find_metal(replace(bone, metal=mesh), POSE, rays, vault)
    assert found.facts.kind == "metal mesh or plate"
    assert found.facts.area_cm2 == pytest.approx(cap_area_cm2(24), rel=0.15)
    assert found.facts.removed
    assert (found.voxels & mesh[found.box]).sum() == found.voxels.sum() > 0.9 * mesh.sum()
    screws = mesh & (np.hypot(x - 20, y) < 3)
    assert metal_over_hole.find_metal(replace(bone, metal=screws), POSE, rays, vault) == []


def mesh_with_openings(x, y, z, radius):
    """A thin mesh over a smaller hole, with openings of 3 mm."""
    sheet = flap(thickness=1.6, reach=MESH_DEG + 1.5)(x, y, z, radius)
    return np.minimum(sheet, np.hypot((x + 500) % 6 - 3, (y + 500) % 6 - 3) - 1.5)


@pytest.mark.parametrize("thickness_mm", [3.0, OUTER_MM - INNER_MM], ids=["thin vault", "thick vault"])
def test_a_mesh_that_the_scan_has_blurred_is_metal_over_thin_bone_too_and_across_its_openings(thickness_mm):
    bone, rays = skull_with(mesh_with_openings, hole=MESH_DEG, hu=2900)
    seen = spherical_grid(LEVEL).directions[:, 2] > 0.72
    vault = replace(tables(), vault=seen, inner=tables().outer - thickness_mm)
    (found,) = vault_objects.find_vault_objects(bone, POSE, rays, vault)
    assert found.facts.kind == "metal mesh or plate"
    assert found.facts.area_cm2 > 0.6 * cap_area_cm2(MESH_DEG)


@pytest.mark.parametrize(
    ("added", "hu", "part"),
    [
        (mesh_with_openings, 2300, 0.95),
        (flap(reach=17), 2300, 0.0),
        (flap(reach=17), None, 0.0),
        (add_nothing, None, 0.0),
    ],
    ids=["mesh", "plate of cement", "flap of bone", "nothing"],
)
def test_only_thin_metal_is_set_apart_by_the_density_of_the_patients_own_bone(added, hu, part):
    bone, rays = skull_with(added, hole=MESH_DEG, hu=hu)
    vault = replace(tables(), vault=spherical_grid(LEVEL).directions[:, 2] > 0.72)
    metal = metal_over_hole.find_blurred_metal(bone, POSE, rays, vault)
    assert (metal is not None) == (part > 0)
    if metal is not None:
        put_in = added(*lattice()[:4]) > 0
        assert (metal & put_in).sum() >= part * put_in.sum()
        assert not (metal & ~put_in).any()


def test_blurred_metal_goes_on_up_to_its_part_that_was_set_apart_and_bone_around_a_screw_is_none():
    sheet = flap(thickness=1.6, reach=MESH_DEG + 1.5)
    bone, rays = skull_with(sheet, hole=MESH_DEG, hu=2300)
    x, y, _, radius, _ = lattice()
    put_in = sheet(*lattice()[:4]) > 0
    vault = replace(tables(), vault=spherical_grid(LEVEL).directions[:, 2] > 0.72)
    set_apart = put_in & (y > 5)
    screw = (np.hypot(x, y + 34) < 1.5) & (shell(radius, INNER_MM, OUTER_MM) > 0)
    field = bone.field.copy()
    field[set_apart | screw] = 0
    field[(np.hypot(x, y + 34) < 2.5) & (shell(radius, INNER_MM, OUTER_MM) > 0) & ~screw] = 2300  # its blurred rim
    bone = replace(bone, field=field, mask=field >= bone.iso, metal=set_apart | screw)
    metal = metal_over_hole.find_blurred_metal(bone, POSE, rays, vault)
    assert (metal & put_in & ~set_apart).sum() == (put_in & ~set_apart).sum()
    assert not (metal & ~put_in).any()


def test_parts_of_one_mesh_are_one_object_and_what_is_apart_is_another():
    grid = spherical_grid(LEVEL)
    area_cm2 = grid.areas_mm2(tables().outer) / 100

    def part(degrees, towards, kind=metal_over_hole.METAL, removed=False):
        place = grid.directions @ (np.array(towards) / np.linalg.norm(towards)) > np.cos(np.radians(degrees))
        facts = VaultObject(
            1, kind, float(area_cm2[place].sum()), 2.0, 1500.0, 0.5, 0.0, 1.0, np.flatnonzero(place), removed
        )
        first = int(10 * towards[0]) + 20
        return FoundObject(facts, place, (slice(first, first + 2), slice(0, 2), slice(0, 2)), np.ones((2, 2, 2), bool))

    left, right = part(12, (0.2, 0, 1), removed=True), part(10, (-0.1, 0, 1))
    far, flap_under, crumb = part(5, (1, 0, 0.2)), part(14, (0, 0.1, 1), kind="bone flap"), part(2, (0, 0, 1), "plate")
    found = metal_over_hole.join_metal([left, far, flap_under, crumb, right])
    both = left.place | right.place
    assert [(each.facts.number, each.facts.kind) for each in found] == [
        (1, "metal mesh or plate"),
        (2, "bone flap"),
        (3, "metal mesh or plate"),
    ]
    joined = found[0]
    assert joined.facts.area_cm2 == pytest.approx(area_cm2[both].sum(), rel=0.05)
    assert joined.facts.volume_ml == 6.0
    assert joined.facts.removed
    assert joined.voxels.sum() == 20  # three times 8, of which 4 are in two of them


@pytest.mark.slow
@pytest.mark.parametrize(
    ("added", "hole"),
    [
        (add_nothing, HOLE_DEG),
        (add_nothing, 0.0),
        (bevel, HOLE_DEG - 6),
        (wide_bevel, HOLE_DEG),
        (sinus_wall, HOLE_DEG),
        (wide_sinus, HOLE_DEG),
    ],
    ids=[
        "an empty hole",
        "no hole",
        "a slanting margin",
        "one that slants over 8 mm on one side",
        "the back wall of an opened sinus",
        "and of a wider one",
    ],
)
def test_what_belongs_to_the_skull_is_no_object(added, hole):
    found, _ = find(added, hole=hole)
    assert found == []


@pytest.mark.slow
@pytest.mark.parametrize(("count", "expected"), [(4, True), (3, True), (2, False)])
def test_between_three_burr_holes_or_more_a_flap_is_looked_for(count, expected):
    x, y, z, radius, ijk_to_ras = lattice()
    turns = np.arange(count) * 2 * np.pi / count
    middles = [(np.sin(0.35) * np.cos(t), np.sin(0.35) * np.sin(t), np.cos(0.35)) for t in turns]
    outside = np.min([-cone_depth(middle, 5.0)(x, y, z) for middle in middles], axis=0)
    bone = bone_from_depth(np.minimum(shell(radius, INNER_MM, OUTER_MM), outside), ijk_to_ras)
    rays = ray_tracing.trace_rays(bone, POSE, level=LEVEL)
    directions = spherical_grid(LEVEL).directions
    vault = replace(tables(), vault=directions[:, 2] > 0.72)
    place = kerfs.place_between_burr_holes(rays, vault)
    assert (place is not None) == expected
    if place is not None:
        assert place[directions[:, 2] > 0.995].all()
        assert not place[directions[:, 2] < np.cos(0.55)].any()


def run(added, objects, *, keep=(), remove=(), metal=None, **options):
    bone, rays = skull_with(added, **options)
    bone = replace(bone, threshold_hu=None, metal=metal)  # its HU rise over 5 mm, as in no scan that is weighed
    vault = tables()
    vault = replace(vault, vault=spherical_grid(LEVEL).directions[:, 2] > 0.72)
    analysis = HeadAnalysis(bone, POSE, rays, ("before",))
    asked = []

    def predict(cleared):
        asked.append(cleared)
        return vault

    chosen = Settings(objects=objects, keep_objects=keep, remove_objects=remove)
    steps = clear_objects(analysis, vault, chosen, StepTimer(), predict_from=predict)
    cleared, _ = run_to_end(steps)
    return analysis, cleared, asked


@pytest.mark.slow
@pytest.mark.parametrize(
    ("added", "objects", "removed"),
    [
        (flap(), "auto", False),
        (flap(sunk=3.0), "auto", True),
        (flap(tilt=6.0), "auto", True),
        (flap(), "remove", True),
        (flap(sunk=3.0), "keep", False),
    ],
)
def test_a_flap_stays_where_it_is_level_unless_the_settings_say_otherwise_and_that_is_said(added, objects, removed):
    before, cleared, asked = run(added, objects)
    (found,) = cleared.objects
    assert found.removed == removed
    x, y, z, _, _ = lattice()
    in_hole = cone_outside(x, y, z, HOLE_DEG - 1) < 0
    assert (cleared.bone.mask & in_hole).any() != removed
    assert np.array_equal(cleared.bone.mask[~in_hole], before.bone.mask[~in_hole]) or removed
    first, sentence = cleared.findings
    assert first == "before"
    assert "Object 1, bone flap in the hole" in sentence
    extent = np.ptp(found.model.vertices, axis=0)
    assert extent[:2] == pytest.approx(2 * OUTER_MM * np.sin(np.radians(FLAP_DEG)), abs=5)
    assert ("as if it were not there" in sentence) == removed
    assert isinstance(sentence, Note) == (not removed and objects == "auto"), "a flap that is not level is a warning"
    if removed:
        assert asked[-1] is not None
        hidden = np.isnan(asked[-1].rays.intervals[:, 0, 0]) & (spherical_grid(LEVEL).directions[:, 2] > 0.95)
        assert hidden.sum() > 100, "the vault is predicted without it"


@pytest.mark.slow
def test_one_object_is_kept_or_removed_by_its_number_whatever_is_done_with_the_others():
    _, cleared, _ = run(flap(sunk=3.0), "auto", keep=(1,))
    assert [found.removed for found in cleared.objects] == [False]
    _, cleared, _ = run(flap(), "keep", remove=(1,))
    assert [found.removed for found in cleared.objects] == [True]


@pytest.mark.parametrize(("objects", "stays"), [("auto", False), ("keep", True)])
def test_a_plate_of_metal_that_stays_counts_as_the_bone_in_whose_place_it_is(objects, stays):
    x, y, z, radius, _ = lattice()
    plate = flap(thickness=2.0, reach=HOLE_DEG)(x, y, z, radius) > 0
    _, cleared, _ = run(add_nothing, objects, metal=plate)
    assert [found.removed for found in cleared.objects] == [not stays]
    assert ("It stays" in cleared.findings[-1]) == stays
    in_hole = cone_outside(x, y, z, HOLE_DEG - 2) < 0
    assert (cleared.bone.mask & in_hole & plate).sum() == (stays * (in_hole & plate).sum())
    overhead = spherical_grid(LEVEL).directions[:, 2] > 0.97
    met = np.isfinite(cleared.rays.intervals[overhead, 0, 0])
    assert met.all() if stays else not met.any(), "the rays meet it"


def test_a_number_of_no_object_is_refused_with_those_that_there_are():
    _, cleared, _ = run(flap(), "auto")
    with pytest.raises(InputError, match=r"no object 2 in the holes. Objects that were found: 1 \(bone flap\)"):
        check_object_numbers(cleared.objects, Settings(remove_objects=(1, 2)))
    with pytest.raises(InputError, match=r"no object 1 in the holes. Objects that were found: none"):
        check_object_numbers((), Settings(keep_objects=(1,)))


def test_an_object_cannot_both_stay_and_go():
    with pytest.raises(ValueError, match="Object 3 cannot both stay and go"):
        Settings(keep_objects=(3,), remove_objects=(1, 3))


def test_without_an_object_nothing_is_predicted_again_and_nothing_is_said():
    before, cleared, asked = run(add_nothing, "auto")
    assert cleared is before
    assert asked == []


def test_a_scene_whose_tables_are_coarser_than_the_rays_has_its_object_removed_again():
    bone, rays = skull_with(flap(sunk=3.0))
    bone = replace(bone, threshold_hu=300.0)
    fine = replace(tables(), vault=spherical_grid(LEVEL).directions[:, 2] > 0.72)
    names = ("outer", "inner", "outer_sigma", "inner_sigma", "missing", "vault")
    coarse = replace(fine, level=5, **{name: values_at_level(getattr(fine, name), 5) for name in names})
    analysis = HeadAnalysis(bone, POSE, rays, ())
    cleared, kept = run_to_end(clear_objects(analysis, coarse, Settings(), StepTimer()))
    assert kept is coarse
    assert [found.removed for found in cleared.objects] == [True]
    assert cleared.rays.level == LEVEL


@pytest.mark.parametrize(("reach", "moves"), [(FLAP_DEG, True), (10.0, False)], ids=["large", "small"])
def test_the_head_frame_is_found_again_without_a_large_object_and_what_was_found_keeps_its_place(reach, moves):
    bone, rays = skull_with(flap(sunk=3.0, reach=reach), hole=reach + 2)
    grid, vault = spherical_grid(LEVEL), replace(tables(), vault=spherical_grid(LEVEL).directions[:, 2] > 0.72)
    turned = Rotation.from_euler("x", 3, degrees=True).as_matrix()
    given, better = [], replace(POSE, ras_to_head=compose_affine(turned, np.zeros(3)), findings=("a doubt",))

    def find_frame(emptied, pose):
        given.append((emptied, pose))
        return better

    analysis = HeadAnalysis(replace(bone, threshold_hu=None), POSE, rays, ("before",))
    steps = clear_objects(analysis, vault, Settings(), StepTimer(), predict_from=lambda _: vault, find_frame=find_frame)
    cleared, _ = run_to_end(steps)
    (found,) = cleared.objects
    middle = cleared.pose.to_ras(grid.directions[found.vertices] * OUTER_MM).mean(axis=0)
    assert np.hypot(*middle[:2]) < 2.0, "the flap is overhead in the scan"
    assert found.area_cm2 == pytest.approx(cap_area_cm2(reach), rel=0.15)
    assert (cleared.pose is better) == moves
    assert ("a doubt" in cleared.findings) == moves
    assert len(given) == moves
    for emptied, pose in given:
        assert pose is POSE
        x, y, z, _, _ = lattice()
        assert not emptied.mask[cone_outside(x, y, z, 8.0) < 0].any()
