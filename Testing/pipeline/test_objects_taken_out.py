"""What is taken out of a hole leaves a hole: it is restored, or that it is not is said."""

from dataclasses import replace

import numpy as np
import pytest
from helpers_head import phantom_head

from SkullRestoreLib._system.progress import run_to_end
from SkullRestoreLib.geometry.icosphere import spherical_grid
from SkullRestoreLib.pipeline import steps
from SkullRestoreLib.pipeline.object_removal import describe_unrestored_objects
from SkullRestoreLib.records import RayMap, VaultObject, VaultTables, Volume
from SkullRestoreLib.settings import Settings

LEVEL = 4


@pytest.mark.slow
@pytest.mark.parametrize(
    ("hu", "kind"),
    [(200, "plate"), (400, "plate"), (1200, "plate"), (2400, "plate"), (3000, "metal mesh or plate")],
    ids=["bone cement", "cement with barium", "ceramic", "dense ceramic", "metal"],
)
def test_a_plate_that_fills_its_hole_without_a_gap_is_named_and_the_hole_is_restored(hu, kind):
    made = phantom_head("parietal", 7.0)
    ct = np.where(made.missing > 0, hu, made.ct).astype(made.ct.dtype)
    empty, filled = (
        run_to_end(steps.restore_steps(Volume(each, made.ijk_to_ras, "ct"), Settings(level=5), with_implants=False))
        for each in (made.ct, ct)
    )
    assert [found.kind for found in filled.objects] == [kind]
    assert [d.area_cm2 for d in filled.defects] == pytest.approx([d.area_cm2 for d in empty.defects], rel=0.06)


def open_vault():
    """Rays that meet nothing within 30 degrees of the vertex, tables of a sphere, and these directions."""
    grid = spherical_grid(LEVEL)
    full = np.ones(len(grid))
    tables = VaultTables(LEVEL, 90 * full, 84 * full, full, full, 0 * full, vault=grid.directions[:, 2] > 0)
    hole = grid.directions[:, 2] > np.cos(np.radians(30))
    intervals = np.where(hole[:, None, None], np.nan, np.array([84.0, 90.0])).astype(np.float32)
    return RayMap(LEVEL, intervals, np.full(len(grid), 120.0)), tables, hole


@pytest.mark.parametrize(("removed", "restored", "said"), [(True, 0, True), (True, 1, False), (False, 0, False)])
def test_an_object_that_was_taken_out_where_no_defect_was_found_is_said(removed, restored, said):
    rays, tables, hole = open_vault()
    area_cm2 = float((spherical_grid(LEVEL).areas_mm2(tables.outer) / 100)[hole].sum())
    plate = VaultObject(3, "plate", area_cm2, 20.0, 200.0, 0.0, 0.0, 1.0, np.flatnonzero(hole), removed=removed)
    sentences = describe_unrestored_objects([plate], rays, tables, hole & (restored > 0), min_area_cm2=1.0)
    assert [f"object 3 was taken out, {area_cm2:.0f} cm² of bone" in each for each in sentences] == [True] * said
    smaller = replace(plate, vertices=np.flatnonzero(~hole & (spherical_grid(LEVEL).directions[:, 2] > 0.7)))
    assert describe_unrestored_objects([smaller], rays, tables, ~hole, min_area_cm2=1.0) == (), "bone is there"


def in_slices_of(made, ct, count):
    """The head in slices that are so many times as thick."""
    slices = len(ct) // count * count
    thick = ct[:slices].reshape(-1, count, *ct.shape[1:]).astype(np.float32).mean(axis=1).astype(np.int16)
    ijk_to_ras = made.ijk_to_ras.copy()
    ijk_to_ras[:3, 3] += ijk_to_ras[:3, 2] * (count - 1) / 2
    ijk_to_ras[:3, 2] *= count
    return Volume(thick, ijk_to_ras, "ct")


@pytest.mark.slow
@pytest.mark.parametrize(("hu", "part"), [(200, 0.95), (3000, 0.45)], ids=["bone cement", "metal"])
def test_a_plate_is_found_in_thick_slices_too_and_that_they_may_not_show_all_is_said(hu, part):
    made = phantom_head("parietal", 7.0)
    count = round(4.0 / float(np.linalg.norm(made.ijk_to_ras[:3, 2])))
    ct = np.where(made.missing > 0, hu, made.ct).astype(made.ct.dtype)
    empty, filled = (
        run_to_end(steps.restore_steps(in_slices_of(made, each, count), Settings(level=5), with_implants=False))
        for each in (made.ct, ct)
    )
    assert empty.objects == ()
    assert [found.removed for found in filled.objects] == [True]
    restored_cm2, hole_cm2 = (sum(d.area_cm2 for d in made.defects) for made in (filled, empty))
    assert part * hole_cm2 < restored_cm2 < 1.15 * hole_cm2  # metal is blurred over more than a slice
    said = f"Slices of {filled.source.spacing[2]:.1f} mm show old flaps, plates and meshes in the holes only in part"
    assert any(finding.startswith(said) for finding in filled.findings)
