"""Intact heads under scan conditions: the simulated scans, and the experiment from a folder to its tables."""

from dataclasses import asdict
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
from helpers_head import phantom_head
from helpers_intake import write_image

from SkullRestoreLib._system.progress import run_to_end
from SkullRestoreLib.errors import InputError
from SkullRestoreLib.evaluation.cases.intact_scans import plan_real_scans, plan_simulated_scans
from SkullRestoreLib.evaluation.cases.scan_conditions import (
    THICKNESSES_MM,
    ScanConditions,
    draw_conditions,
    scan_ct_again,
    scan_mask,
)
from SkullRestoreLib.evaluation.cases.synthetic_ct import carve_defect
from SkullRestoreLib.evaluation.experiments.intact import ROW_COLUMNS, IntactRow, plan_scans, run_intact
from SkullRestoreLib.evaluation.methods.compared_methods import EvaluationOptions
from SkullRestoreLib.evaluation.tables.intact_tables import format_tables
from SkullRestoreLib.records import Volume

PLAIN = ScanConditions(2.0, "sharp", noise_hu=0.0)


@lru_cache(maxsize=8)
def scanned(conditions):
    mask = phantom_head().mask(intact=True)
    return scan_mask(mask, conditions, intact=mask.array, seed=0)


def bone_centre(volume):
    """Middle of the bone, mm RAS."""
    return volume.to_ras(np.argwhere(volume.array > 450)[:, ::-1].mean(axis=0))


def bone_grams(volume):
    """What all bone weighs, in HU above tissue times mL."""
    above = np.clip(volume.array - 150.0, 0, None).sum()
    return float(above * np.prod(volume.spacing) / 1000)


@pytest.mark.parametrize("thickness_mm", [4.0, 6.0])
def test_thick_slices_keep_the_place_and_the_amount_of_bone(thickness_mm):
    thick = scanned(ScanConditions(thickness_mm, "sharp", noise_hu=0.0))
    assert thick.spacing[2] == pytest.approx(thickness_mm)
    assert np.linalg.norm(bone_centre(thick) - bone_centre(scanned(PLAIN))) < 1.0
    assert bone_grams(thick) == pytest.approx(bone_grams(scanned(PLAIN)), rel=0.1)


def test_tilted_slices_keep_the_place_of_the_bone():
    tilted = scanned(ScanConditions(2.0, "sharp", tilt_deg=15.0, noise_hu=0.0))
    up = tilted.ijk_to_ras[:3, 2] / tilted.spacing[2]
    assert np.degrees(np.arccos(abs(up[2]))) == pytest.approx(15.0, abs=0.1)
    top = [volume.to_ras(np.argwhere(volume.array > 450)[:, ::-1]).max(axis=0) for volume in (tilted, scanned(PLAIN))]
    # in front a tilted scan ends at another height of the face
    np.testing.assert_allclose(top[0][[0, 2]], top[1][[0, 2]], atol=2.5)


def test_a_head_of_another_size_is_scaled():
    small = scanned(ScanConditions(2.0, "sharp", noise_hu=0.0, size=0.9))
    assert small.spacing == pytest.approx(0.9 * scanned(PLAIN).spacing)


def test_osteoporotic_bone_is_fainter_and_thinner_and_has_no_new_holes():
    loss = scanned(ScanConditions(2.0, "sharp", noise_hu=0.0, bone_hu=600.0, bone_loss_mm=0.5))
    assert bone_grams(loss) < 0.65 * bone_grams(scanned(PLAIN))
    usual, thin = scanned(PLAIN).array > 450, loss.array > 300
    assert (usual.any(axis=0) & ~thin.any(axis=0)).sum() < 0.05 * usual.any(axis=0).sum()


def test_a_real_ct_that_is_made_again_in_its_own_slices_is_itself():
    ct = phantom_head().volume(intact=True)
    again = scan_ct_again(ct, ScanConditions(float(ct.spacing[2]), "sharp"))
    np.testing.assert_array_equal(again.array, ct.array)
    np.testing.assert_allclose(again.ijk_to_ras, ct.ijk_to_ras)


def test_every_thickness_gets_its_share_and_the_seed_decides():
    drawn = draw_conditions(36, np.random.default_rng(1))
    assert {mm: [c.thickness_mm for c in drawn].count(mm) for mm in THICKNESSES_MM} == dict.fromkeys(THICKNESSES_MM, 6)
    assert drawn == draw_conditions(36, np.random.default_rng(1))
    paths = [Path("a.nrrd"), Path("b.nrrd")]
    assert plan_simulated_scans(paths, 8, seed=2) != plan_simulated_scans(paths, 8, seed=3)
    assert len({scan.name for scan in plan_simulated_scans(paths, 8) + plan_real_scans(Path("c"), "real")}) == 16


def test_sizes_in_the_wrong_order_are_refused(tmp_path):
    with pytest.raises(InputError, match="give the smaller number first"):
        plan_scans(tmp_path, 1, sizes=(1.2, 0.8))


def row(**values):
    conditions = asdict(ScanConditions(values.pop("thickness_mm", 5.0)))
    return asdict(IntactRow("a-00", "SkullFix", "a", **conditions, **values))


def test_the_table_counts_heads_with_false_defects_and_holes_found():
    text = format_tables(
        [
            row(false_defects=2, false_cm2=7.5, false_places="left temporal 7.5", frame_doubted=True),
            row(hole_cm2=4.0, found=True, touched=True),
            row(),
            row(hole_cm2=3.0, said_doubtful=True),
        ]
    )
    assert "| 5 | 2 | 50.0 | 1.00 | 7.5 (7.5) | 0.0 | 2 | 50.0 | 100.0 | 0 |" in text
    assert "left temporal 7.5 | yes |" in text
    assert "| 3.0 | no | yes |" in text


@pytest.mark.slow
@pytest.mark.usefixtures("quick_steps_and_pictures")
def test_an_intact_head_in_thick_slices_and_its_copy_with_a_hole_are_measured(tmp_path):
    head = phantom_head()
    (tmp_path / "skulls").mkdir()
    write_image(tmp_path / "skulls" / "000.nrrd", head.mask(intact=True).array.astype(np.uint8), head.ijk_to_ras)
    scans = plan_scans(tmp_path / "skulls", 1, seed=3)
    text = run_to_end(run_intact(scans, EvaluationOptions(("SkullRestore",)), out=tmp_path / "result"))
    lines = (tmp_path / "result" / "intact.csv").read_text().splitlines()
    assert lines[0].split(",") == list(ROW_COLUMNS)
    assert len(lines) == 3
    assert text.startswith("1 scans of intact heads: SkullFix (1 head); seed 0")
    intact, holed = (dict(zip(ROW_COLUMNS, line.split(","), strict=True)) for line in lines[1:])
    assert (intact["false_defects"], holed["found"]) == ("0", "True")


@pytest.mark.parametrize(("inside_hu", "filling"), [(35, 40), (-960, -960)])
def test_a_hole_is_filled_with_tissue_and_in_a_hollow_phantom_with_air(inside_hu, filling):
    k, j, i = np.indices((40, 40, 40)) - 19.5
    radius = np.sqrt(k**2 + j**2 + i**2)
    hu = np.where(radius < 16, np.where(radius < 12, inside_hu, 900), -960).astype(np.int16)
    hole = (k > 8) & (radius < 18) & (np.hypot(j, i) < 6)
    carved = carve_defect(Volume(hu, np.eye(4), "ct"), hole)
    assert set(np.unique(carved.array[hole & (radius >= 12) & (radius < 16)])) == {filling}
    assert np.array_equal(carved.array[~hole], hu[~hole])
