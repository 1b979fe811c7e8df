"""Level plates: as dense as bone, known by the diploe that they do not have, and less dense, by the tables."""

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest
from helpers_head import INNER_MM, OUTER_MM, cap_area_cm2, cone_depth
from scipy import ndimage

from SkullRestoreLib._system.progress import StepTimer, run_to_end
from SkullRestoreLib.defects.closed_plates import find_closed_plates, join_closed_plates
from SkullRestoreLib.defects.faint_plates import find_faint_plates, join_faint_plates
from SkullRestoreLib.geometry.icosphere import spherical_grid
from SkullRestoreLib.pipeline.object_removal import clear_objects
from SkullRestoreLib.pipeline.results import HeadAnalysis
from SkullRestoreLib.prediction import ray_tracing
from SkullRestoreLib.records import Bone, Pose, VaultTables
from SkullRestoreLib.settings import Settings

PLATE_DEG, LEVEL, SPACING_MM = 22.0, 6, 0.8
TISSUE_HU, TABLE_HU, DIPLOE_HU, COMPACT_MM, BLUR_MM = 40.0, 1500.0, 800.0, 1.75, 0.5
UP = (0.0, 0.0, 1.0)
POSE = Pose(np.eye(4), 0.5, 1.0)


@lru_cache(maxsize=1)
def lattice():
    """Coordinates of the voxels of a cap, their distances from the centre and from the cone of the plate, mm."""
    low, high = np.array([-66.0, -66, 18]), np.array([66.0, 66, 92])
    x, y, z = (np.arange(a, b, SPACING_MM, dtype=np.float32) for a, b in zip(low, high, strict=True))
    ijk_to_ras = np.diag([SPACING_MM, SPACING_MM, SPACING_MM, 1.0])
    ijk_to_ras[:3, 3] = low
    z, y, x = np.meshgrid(z, y, x, indexing="ij", sparse=True)
    return np.sqrt(x**2 + y**2 + z**2), -cone_depth(UP, PLATE_DEG)(x, y, z), ijk_to_ras


def vault_tables():
    directions = spherical_grid(LEVEL).directions
    full = np.ones(len(directions))
    return VaultTables(
        LEVEL, OUTER_MM * full, INNER_MM * full, 0.3 * full, 0.3 * full, 0 * full, vault=directions[:, 2] > 0.72
    )


def scan(hu):
    """Bone and rays of a skull's top with these densities before the blur, 0 where there is no bone."""
    blurred = ndimage.gaussian_filter(np.maximum(hu, TISSUE_HU).astype(np.float32), BLUR_MM / SPACING_MM)
    noisy = blurred + np.random.default_rng(0).normal(0, 20, blurred.shape)
    iso = (TISSUE_HU + DIPLOE_HU) / 2
    bone = Bone(noisy.astype(np.int16), iso, noisy >= iso, lattice()[2], threshold_hu=iso)
    rays = ray_tracing.trace_rays(bone, POSE, level=LEVEL)
    return bone, replace(rays, reach=np.full_like(rays.reach, 130.0))


def vault_hu(*, inner_mm=INNER_MM, compact=0.0):
    """Tables with diploe between them; ``compact`` is the part in which the diploe is as dense as they are."""
    radius = lattice()[0]
    depth = np.minimum(OUTER_MM - radius, radius - inner_mm)
    diploe = DIPLOE_HU + compact * (TABLE_HU - DIPLOE_HU)
    return np.where(depth > 0, np.where(depth < COMPACT_MM, TABLE_HU, diploe), 0.0)


def with_plate(*, plate_hu=1450.0, thickness_mm=OUTER_MM - INNER_MM, smaller_by_mm=0.0):
    radius, outside = lattice()[0], lattice()[1] + smaller_by_mm
    plate = (radius < OUTER_MM) & (radius > OUTER_MM - thickness_mm)
    return np.where(outside > 0, vault_hu(), np.where(plate, plate_hu, 0.0))


def sclerosis(width_mm=10.0):
    """Bone without diploe in the middle, which begins gradually."""
    return vault_hu(compact=np.clip(0.5 - lattice()[1] / width_mm, 0, 1))


def thin_squama(width_mm=15.0):
    """Bone that is thin in the middle, and compact therefore."""
    return vault_hu(inner_mm=INNER_MM + 3.8 * np.clip(0.5 - lattice()[1] / width_mm, 0, 1))


def compact_flap():
    """A skull without diploe with a flap of it, round which there is a kerf."""
    return np.where(np.abs(lattice()[1]) < 0.6, 0.0, vault_hu(compact=1.0))


def sclerosis_at_a_hole():
    """Sclerotic bone whose border is the edge of an empty hole for the most part."""
    return np.where(lattice()[1] > 1.0, 0.0, vault_hu(compact=1.0))


def find(hu):
    bone, rays = scan(hu)
    return find_closed_plates(bone, POSE, rays, vault_tables()), bone


@pytest.mark.parametrize(("plate_hu", "thickness_mm"), [(1400.0, 7.0), (1900.0, 7.0), (1450.0, 4.0), (1700.0, 5.0)])
def test_a_level_plate_without_a_gap_is_named_by_the_diploe_that_it_does_not_have(plate_hu, thickness_mm):
    (found,), bone = find(with_plate(plate_hu=plate_hu, thickness_mm=thickness_mm))
    assert found.facts.kind == "plate"
    assert found.facts.area_cm2 == pytest.approx(cap_area_cm2(PLATE_DEG), rel=0.12)
    assert found.facts.depth_mm == pytest.approx(0.0, abs=0.6)
    assert found.facts.open_edge == 0.0
    taken = np.zeros(bone.mask.shape, dtype=bool)
    taken[found.box] = found.voxels
    outside = lattice()[1]
    assert taken[bone.mask & (outside < -1.5)].mean() > 0.99
    assert not taken[outside > 2.0].any()


@pytest.mark.parametrize(
    "hu",
    [
        vault_hu(),
        vault_hu(compact=1.0),
        sclerosis(),
        thin_squama(),
        compact_flap(),
        sclerosis_at_a_hole(),
        np.where(lattice()[1] > 0, vault_hu(), 0.0),
    ],
    ids=[
        "diploe everywhere",
        "bone of one density",
        "sclerosis",
        "a thin squama",
        "a flap of compact bone",
        "compact bone within a hole",
        "an empty hole",
    ],
)
def test_sound_bone_without_diploe_is_no_plate(hu):
    assert find(hu)[0] == []


@pytest.mark.parametrize("plate_hu", [300.0, 430.0, 700.0, 1000.0])
@pytest.mark.parametrize("gap_mm", [0.0, 1.2])
def test_a_level_plate_that_is_less_dense_than_the_tables_is_named_up_to_its_border(plate_hu, gap_mm):
    bone, rays = scan(with_plate(plate_hu=plate_hu, smaller_by_mm=gap_mm))
    (found,) = find_faint_plates(bone, POSE, rays, vault_tables())
    assert (found.facts.kind, found.facts.removed) == ("plate", True)
    assert found.facts.area_cm2 == pytest.approx(cap_area_cm2(PLATE_DEG), rel=0.12)
    assert found.facts.mean_hu == pytest.approx(plate_hu, rel=0.05)
    assert found.facts.depth_mm == pytest.approx(0.0, abs=0.8)
    taken = np.zeros(bone.mask.shape, dtype=bool)
    taken[found.box] = found.voxels
    outside = lattice()[1]
    in_plate = (outside < -1.5 - gap_mm) & (np.abs(lattice()[0] - (INNER_MM + OUTER_MM) / 2) < 2.5)
    assert taken[in_plate].mean() > 0.99
    assert not taken[outside > 2.0].any()


@pytest.mark.parametrize(
    "hu",
    [
        *(vault_hu(), vault_hu(compact=1.0), sclerosis(), thin_squama(), compact_flap(), sclerosis_at_a_hole()),
        np.where(lattice()[1] > 0, vault_hu(), 0.0),
        0.6 * vault_hu(),
        vault_hu(inner_mm=INNER_MM + 4.5 * (lattice()[1] < 0)),
    ],
    ids=[
        *("diploe everywhere", "bone of one density", "sclerosis", "a thin squama", "a flap of compact bone"),
        *("compact bone within a hole", "an empty hole", "porous bone everywhere", "a thin place with sharp borders"),
    ],
)
def test_sound_bone_is_as_dense_as_the_tables_somewhere(hu):
    bone, rays = scan(hu)
    assert find_faint_plates(bone, POSE, rays, vault_tables()) == []


def test_what_is_mostly_in_a_faint_plate_is_a_part_of_it_and_metal_or_what_covers_the_plate_is_not():
    bone, rays = scan(with_plate(plate_hu=700.0))
    (plate,) = find_faint_plates(bone, POSE, rays, vault_tables())
    grid = spherical_grid(LEVEL)
    part = replace(plate, facts=replace(plate.facts, kind="bone flap"), place=grid.grow_region(plate.place, -8))
    metal = replace(part, facts=replace(part.facts, kind="metal mesh or plate"))
    known = replace(plate, facts=replace(plate.facts, kind="bone flap"))
    elsewhere = replace(part, place=~grid.grow_region(plate.place, 3))
    assert join_faint_plates([part, elsewhere], [plate]) == [elsewhere, plate]
    assert join_faint_plates([metal], [plate]) == [metal]
    assert join_faint_plates([known], [plate]) == [known]
    assert join_faint_plates([part], []) == [part]


def test_without_densities_nothing_is_looked_for():
    bone, rays = scan(with_plate())
    assert find_closed_plates(replace(bone, threshold_hu=None), POSE, rays, vault_tables()) == []
    assert find_faint_plates(replace(bone, threshold_hu=None), POSE, rays, vault_tables()) == []


def test_a_flap_in_the_place_of_a_plate_is_that_plate_and_what_is_elsewhere_stays_as_it_was():
    (plate,), _ = find(with_plate())
    flap = replace(plate, facts=replace(plate.facts, kind="bone flap"))
    dural = replace(plate, facts=replace(plate.facts, kind="bone on the dura"))
    elsewhere = replace(flap, place=~spherical_grid(LEVEL).grow_region(plate.place, 3))
    assert [each.facts.kind for each in join_closed_plates([flap], [plate])] == ["plate"]
    assert [each.facts.kind for each in join_closed_plates([dural], [plate])] == ["bone on the dura"]
    assert [each.facts.kind for each in join_closed_plates([elsewhere], [plate])] == ["bone flap", "plate"]
    assert join_closed_plates([flap], []) == [flap]
    known = replace(plate, place=spherical_grid(LEVEL).grow_region(plate.place, -1))
    assert join_closed_plates([known], [plate]) == [known], "its gap is where it ends"


def test_the_skull_is_restored_as_if_the_plate_were_not_there_and_that_is_said():
    bone, rays = scan(with_plate())
    analysis = HeadAnalysis(bone, POSE, rays, ())
    steps = clear_objects(analysis, vault_tables(), Settings(), StepTimer(), predict_from=lambda _: vault_tables())
    cleared, _ = run_to_end(steps)
    (found,) = cleared.objects
    assert (found.kind, found.removed, found.number) == ("plate", True, 1)
    assert not (cleared.bone.mask & (lattice()[1] < -2)).any()
    assert "plate in the hole" in cleared.findings[-1]


def test_the_middle_of_a_plate_far_denser_than_bone_is_not_set_apart_as_metal_that_the_scan_has_blurred():
    bone, rays = scan(with_plate(plate_hu=1950.0, thickness_mm=3.4, smaller_by_mm=8.0))
    analysis = HeadAnalysis(bone, POSE, rays, ())
    steps = clear_objects(analysis, vault_tables(), Settings(), StepTimer(), predict_from=lambda _: vault_tables())
    cleared, _ = run_to_end(steps)
    assert [(each.kind, each.removed) for each in cleared.objects] == [("plate", True)]
    assert not (cleared.bone.mask & (lattice()[1] < -10)).any()
