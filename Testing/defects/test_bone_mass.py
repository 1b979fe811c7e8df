"""Thin bone that a scan blurs is weighed: it is no defect, and a hole in the same scan is one."""

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest
from helpers_head import OUTER_MM, cap_area_cm2, cone_depth, round_pose, round_tables
from scipy import ndimage

from SkullRestoreLib._system.progress import StepTimer, run_to_end
from SkullRestoreLib.defects import bone_mass
from SkullRestoreLib.defects.bone_mass import find_blurred_bone, measure_blur, weigh_bone
from SkullRestoreLib.defects.detect import distance_to_outer_table
from SkullRestoreLib.evaluation.cases.disturbances import average_slices
from SkullRestoreLib.geometry.icosphere import spherical_grid
from SkullRestoreLib.method_parameters import METHOD
from SkullRestoreLib.pipeline import head_steps
from SkullRestoreLib.pipeline.blurred_bone import find_blurred_bone as find_blurred_bone_of
from SkullRestoreLib.pipeline.blurred_bone import meet_same_bone, rays_with_blurred_bone
from SkullRestoreLib.pipeline.results import HeadAnalysis
from SkullRestoreLib.prediction.ray_tracing import trace_rays
from SkullRestoreLib.records import Bone, Volume
from SkullRestoreLib.segmentation.bone_segmentation import with_edited_mask
from SkullRestoreLib.settings import Settings

LEVEL, SPACING, THICK_MM, THIN_MM = 5, 1.25, 6.0, 1.4
THIN, HOLE, TOP = (0.9, 0.1, 0.4), (-0.8, 0.1, 0.6), (0.0, 0.1, 1.0)
THIN_DEG, HOLE_DEG = 18.0, 7.5


@lru_cache(maxsize=8)
def scan(*, blur_mm=1.4, slices_mm=0.0, thin=THIN, hole=True, bone_hu=1000.0, outside_hu=40.0, plate_mm=None):
    """A round skull in soft tissue, thin around one direction, with a hole elsewhere, as a scan shows it.

    ``plate_mm`` is the depth of new bone inside the hole, 1.5 mm thick.
    """
    axis = np.arange(-93, 94, SPACING, dtype=np.float32)
    z = np.arange(-45, 94, SPACING / 2 if slices_mm else SPACING, dtype=np.float32)
    z, y, x = np.meshgrid(z, axis, axis, indexing="ij", sparse=True)
    radius = np.sqrt(x**2 + y**2 + z**2)
    thickness = np.where(cone_depth(thin, THIN_DEG)(x, y, z) > 0, THIN_MM, THICK_MM)
    depth = np.minimum(OUTER_MM - radius, radius - OUTER_MM + thickness)
    if hole:
        in_hole = cone_depth(HOLE, HOLE_DEG)(x, y, z)
        depth = np.minimum(depth, -in_hole)
        if plate_mm is not None:
            below = OUTER_MM - radius - plate_mm
            depth = np.maximum(depth, np.minimum(np.minimum(below, 1.5 - below), in_hole))
    filled = np.clip(depth / SPACING + 0.5, 0, 1)  # as much of the voxel as is bone
    hu = outside_hu + (bone_hu - outside_hu) * filled
    step = np.array([z[1, 0, 0] - z[0, 0, 0], SPACING, SPACING])
    hu = ndimage.gaussian_filter(hu, blur_mm / step)
    ijk_to_ras = np.diag([*step[::-1], 1.0])
    ijk_to_ras[:3, 3] = [axis[0], axis[0], z[0, 0, 0]]
    ct = Volume(np.rint(hu).astype(np.int16), ijk_to_ras, "ct")
    ct = average_slices(ct, slices_mm) if slices_mm else ct
    iso = round((40.0 + bone_hu) / 2)  # of a dry skull too: some soft tissue or plastic is in the scan
    return Bone(ct.array, float(iso), ct.array >= iso, ct.ijk_to_ras, threshold_hu=float(iso))


def tables_for(rays, thin=THIN):
    """The tables that a perfect prediction has: thin where bone is thin, "missing" where the threshold shows none."""
    toward = spherical_grid(rays.level).directions @ (np.array(thin) / np.linalg.norm(thin))
    tables = round_tables(rays.level, outer=OUTER_MM, inner=OUTER_MM - THICK_MM, sigma=0.5)
    inner = np.where(toward > np.cos(np.radians(THIN_DEG)), OUTER_MM - THIN_MM, tables.inner)
    gap = np.abs(np.nan_to_num(rays.intervals[..., 1], nan=0.0) - OUTER_MM).min(axis=1)
    return replace(tables, inner=inner, missing=(gap > 2.5).astype(float))


def detect(bone, thin=THIN):
    """What is found in a scan: openings, and what is said to be doubtful."""
    rays = trace_rays(bone, round_pose(), level=LEVEL)
    analysis = HeadAnalysis(bone, round_pose(), rays, ())
    detected = run_to_end(
        head_steps.detect_defects(analysis, tables_for(rays, thin), Settings(level=LEVEL), StepTimer())
    )
    return (*detected.openings, *detected.small_openings), detected.analysis.findings


def assert_only_the_hole(openings, *, within_cm2=0.6):
    (opening,) = openings
    middle = opening.patch.outer.vertices.mean(axis=0)
    assert middle @ np.array(HOLE) / np.linalg.norm(middle) / np.linalg.norm(HOLE) > 0.995
    assert opening.border.area_cm2 == pytest.approx(cap_area_cm2(HOLE_DEG), abs=within_cm2)


def test_thin_bone_that_a_soft_kernel_blurs_is_no_defect_and_a_hole_of_4_cm2_beside_it_is():
    openings, findings = detect(scan())
    assert_only_the_hole(openings)
    assert findings == ()


@pytest.mark.parametrize("slices_mm", [2.5, 5.0])
def test_thin_bone_along_thick_slices_is_no_defect_and_a_hole_in_them_is(slices_mm):
    openings, _ = detect(scan(blur_mm=0.8, slices_mm=slices_mm, thin=TOP), TOP)
    assert_only_the_hole(openings)


def test_osteoporotic_bone_is_compared_with_this_patients_own():
    openings, _ = detect(scan(bone_hu=500.0))
    assert_only_the_hole(openings)


def test_a_dry_skull_is_weighed_against_air():
    openings, _ = detect(scan(outside_hu=-1000.0))
    assert_only_the_hole(openings, within_cm2=1.2)  # the threshold is far above half-way, so holes are wide


def test_new_bone_on_the_dura_does_not_fill_a_hole():
    openings, _ = detect(scan(blur_mm=0.8, plate_mm=THICK_MM + 1.0))
    assert_only_the_hole(openings)


def in_cone(bone, degrees):
    """Which voxels are within a cone around the hole, and the distance of each from the head's centre."""
    k, j, i = np.ogrid[tuple(slice(n) for n in bone.mask.shape)]
    x, y, z = (np.float32(bone.ijk_to_ras[r, r]) * n + bone.ijk_to_ras[r, 3] for r, n in enumerate((i, j, k)))
    return cone_depth(HOLE, degrees)(x, y, z) > 0, np.sqrt(x**2 + y**2 + z**2)


def test_a_titanium_mesh_over_a_hole_is_not_taken_for_bone():
    bone = scan(blur_mm=0.8)
    around, radius = in_cone(bone, HOLE_DEG + 1)
    mesh = around & (np.abs(radius - OUTER_MM - 1.0) < 0.9)
    field = bone.field.copy()
    field[mesh] = bone.erased_value + 60  # as its blurred rim is
    openings, _ = detect(replace(bone, field=field, mask=field >= bone.iso, metal=mesh))
    assert max(opening.border.area_cm2 for opening in openings) > 0.7 * cap_area_cm2(HOLE_DEG)


def test_what_the_user_removed_is_no_bone():
    bone = scan(hole=False, blur_mm=0.8)
    around, _ = in_cone(bone, HOLE_DEG)
    openings, _ = detect(with_edited_mask(bone, bone.mask & ~around))
    assert_only_the_hole(openings)


def test_what_cannot_be_told_from_a_gap_is_said_and_not_restored():
    bone = scan(hole=False, bone_hu=1000.0)
    field = np.where(bone.field < bone.iso, 40 + (bone.field - 40.0) * 0.3, bone.field).astype(np.int16)
    openings, findings = detect(replace(bone, field=field))
    assert openings == ()
    (note,) = findings
    assert note.startswith("Thin bone or a gap: this scan does not show which (right, ")


def test_the_weight_of_thin_bone_does_not_depend_on_the_blur():
    toward = spherical_grid(LEVEL).directions @ (np.array(THIN) / np.linalg.norm(THIN))
    middle = toward > np.cos(np.radians(THIN_DEG - 6))
    weights = []
    for blur_mm in (0.8, 1.4, 1.8):
        bone = scan(blur_mm=blur_mm)
        rays = trace_rays(bone, round_pose(), level=LEVEL)
        weights.append(np.nanmedian(weigh_bone(tables_for(rays), rays, bone, round_pose()).bone_mm[middle]))
    assert weights == pytest.approx([THIN_MM] * 3, rel=0.2)


def test_only_rays_on_which_bone_may_be_hidden_are_weighed():
    bone = scan(blur_mm=1.4)
    rays = trace_rays(bone, round_pose(), level=LEVEL)
    tables = tables_for(rays)
    weighed = np.isfinite(weigh_bone(tables, rays, bone, round_pose()).bone_mm)
    gap = distance_to_outer_table(tables, rays)
    shown = tables.vault & (rays.reach > OUTER_MM + METHOD.bone_mass.above_mm)
    assert weighed[np.isinf(gap) & shown].mean() > 0.95
    assert not weighed[gap < METHOD.bone_mass.present_mm[0]].any()


def test_bone_that_the_network_misses_is_weighed_even_where_the_threshold_shows_an_outer_table():
    bone = scan(blur_mm=1.4)
    rays = trace_rays(bone, round_pose(), level=LEVEL)
    tables = replace(tables_for(rays), missing=np.ones(len(rays.reach)))
    assert (
        np.isfinite(weigh_bone(tables, rays, bone, round_pose()).bone_mm[tables.vault & (rays.reach > 90)]).mean() > 0.9
    )


def test_the_weight_is_the_same_on_a_finer_grid_where_fewer_of_the_sound_rays_are_compared_with():
    toward = np.array(THIN) / np.linalg.norm(THIN)
    weights = []
    for level in (LEVEL, LEVEL + 1):
        bone = scan(blur_mm=1.4)
        rays = trace_rays(bone, round_pose(), level=level)
        middle = spherical_grid(level).directions @ toward > np.cos(np.radians(THIN_DEG - 6))
        mass = weigh_bone(tables_for(rays), rays, bone, round_pose())
        weights.append((np.nanmedian(mass.bone_mm[middle]), mass.density_hu, mass.background_hu))
    assert weights[1] == pytest.approx(weights[0], rel=0.02)


def test_a_mask_is_not_weighed():
    bone = scan()
    mask = Bone(bone.mask.astype(np.uint8), 0.5, bone.mask, bone.ijk_to_ras)
    rays = trace_rays(mask, round_pose(), level=LEVEL)
    assert weigh_bone(tables_for(rays), rays, mask, round_pose()) is None


def test_the_blur_is_measured_in_the_image():
    bone = scan(blur_mm=1.4)
    rays = trace_rays(bone, round_pose(), level=LEVEL)
    tables = tables_for(rays)
    mass = weigh_bone(tables, rays, bone, round_pose())
    assert float(np.nanmedian(mass.blur_mm)) == pytest.approx(1.45, abs=0.25)
    assert find_blurred_bone(mass, tables, bone).present.any()


def test_the_blur_can_be_known_without_weighing():
    bone = scan(blur_mm=1.4)
    rays = trace_rays(bone, round_pose(), level=LEVEL)
    tables = tables_for(rays)
    mass = weigh_bone(tables, rays, bone, round_pose())
    np.testing.assert_array_equal(measure_blur(tables, rays, bone, round_pose()), mass.blur_mm)


def test_the_vault_is_not_predicted_again_from_the_same_bone():
    bone = scan(blur_mm=1.4)
    rays = trace_rays(bone, round_pose(), level=LEVEL)
    as_predicted = METHOD.with_changes(extension={"extension_mm": 0.0}, detail={"share": 0.0})
    analysis = HeadAnalysis(bone, round_pose(), rays, (), as_predicted)
    seen = []

    def predict(seen_rays, _):
        seen.append(seen_rays)
        return tables_for(rays)

    head_steps.predict_vault(analysis, predict, None)
    assert METHOD.bone_mass.prediction_rounds > 2
    assert len(seen) == 2
    assert seen[0] is rays
    assert np.isfinite(seen[1].intervals).sum() > np.isfinite(rays.intervals).sum()


def test_bone_is_the_same_within_a_tolerance_only_where_every_ray_meets_it():
    rays = trace_rays(scan(), round_pose(), level=LEVEL)
    shifted, fewer = rays.intervals + np.float32(0.04), rays.intervals.copy()
    fewer[np.flatnonzero(np.isfinite(fewer[:, 0, 0]))[0], 0] = np.nan
    assert meet_same_bone(rays, replace(rays, intervals=shifted), within_mm=0.05)
    assert not meet_same_bone(rays, replace(rays, intervals=shifted), within_mm=0.01)
    assert not meet_same_bone(rays, replace(rays, intervals=fewer), within_mm=0.05)


def test_with_one_prediction_the_bone_is_weighed_once(monkeypatch):
    weighed = []
    monkeypatch.setattr(bone_mass, "weigh_bone", lambda *a, **k: weighed.append(a[0]) or weigh_bone(*a, **k))
    bone = scan(blur_mm=0.8, hole=True)
    rays = trace_rays(bone, round_pose(), level=LEVEL)
    analysis, tables = HeadAnalysis(bone, round_pose(), rays, ()), tables_for(rays)
    rays_with_blurred_bone(analysis, tables)
    first = find_blurred_bone_of(analysis, tables, rays)
    assert weighed == [tables]
    edited = replace(analysis, bone=replace(bone, field=bone.field.copy()))
    again = find_blurred_bone_of(edited, tables, rays)
    assert weighed == [tables, tables]
    np.testing.assert_array_equal(first.present, again.present)
