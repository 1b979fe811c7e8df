"""How full true surfaces are among the plausible ones: holes cut into rays, and the tables."""

from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from helpers_evaluation import phantom_skull
from scipy.special import ndtri

from SkullRestoreLib.evaluation.cases.craniectomies import cut_rays, cut_voxels, plan_craniectomies
from SkullRestoreLib.evaluation.cases.random_cases import CasePlan
from SkullRestoreLib.evaluation.experiments import plausible_shapes
from SkullRestoreLib.evaluation.experiments.plausible_shapes import ROW_COLUMNS, ShapeJob, ShapeRow, measure_shapes
from SkullRestoreLib.evaluation.tables import shape_tables
from SkullRestoreLib.geometry.icosphere import spherical_grid
from SkullRestoreLib.prediction.ray_tracing import trace_rays
from SkullRestoreLib.records import Bone
from SkullRestoreLib.settings import Settings

EMPTY = ShapeRow("000-00", 1, "000", "parietal", "")
EVEN = ndtri((np.arange(2000) + 0.5) / 2000)


def rows_with(fullness):
    row = replace(EMPTY, area_cm2=40.0, covered=1.0, height_mm=0.1, step_mm=0.3, rms_mm=0.4, rms_as_full_mm=0.3)
    return [asdict(replace(row, fullness=float(f))) for f in fullness]


def test_of_well_calibrated_shapes_as_many_true_surfaces_are_below_as_is_said():
    text = shape_tables.format_tables(rows_with(EVEN))
    line = next(line for line in text.splitlines() if line.startswith("| all | 2000"))
    assert [cell.split()[0] for cell in line.split(" | ")[2:]] == ["10", "25", "50", "75", "90"]
    assert "if it were 1.00 times what it is" in text


def test_a_scale_that_is_too_small_is_seen_although_a_few_holes_are_far_off():
    text = shape_tables.format_tables(rows_with([*(2 * EVEN), 90.0, -90.0]))
    assert "if it were 2.0" in text


def test_a_case_that_fails_is_a_row_that_says_why(tmp_path):
    job = ShapeJob(CasePlan("000-00", tmp_path / "none.nrrd", "parietal", (0, 0)), Settings())
    (row,) = measure_shapes(job)
    assert tuple(row) == ROW_COLUMNS
    assert row["note"]
    assert "### Not measured" in shape_tables.format_tables([row])


@pytest.fixture(scope="module")
def skull():
    return phantom_skull()


@pytest.mark.slow
def test_a_hole_cut_into_rays_is_the_hole_that_is_cut_into_voxels(skull):
    (plan,) = plan_craniectomies("parietal", np.random.default_rng(3), skull)
    left = skull.bone & ~cut_voxels(skull, plan)
    traced = trace_rays(Bone(left.view(np.uint8), 0.5, left, skull.ijk_to_ras), skull.pose, level=skull.rays.level)
    cut = cut_rays(skull, plan)
    gone, expected = (np.isnan(rays.intervals[:, 0, 0]) & skull.vault for rays in (cut, traced))
    area = spherical_grid(skull.rays.level).vertex_areas
    assert area[gone != expected].sum() < 0.05 * area[expected].sum()
    assert np.isfinite(skull.rays.intervals[gone, 0, 0]).any()


@pytest.mark.slow
def test_the_true_surface_of_a_hole_has_a_fullness(skull, monkeypatch):
    monkeypatch.setattr(plausible_shapes, "load_intact_skull", lambda *_: skull)
    (row,) = measure_shapes(ShapeJob(CasePlan("000-00", Path("000.nrrd"), "parietal", (0, 3)), Settings()))
    assert row["note"] == ""
    assert row["covered"] > 0.9
    assert row["step_mm"] > 0.05
    assert row["height_mm"] == pytest.approx(row["fullness"] * row["step_mm"])
    assert row["rms_as_full_mm"] < row["rms_mm"] + 0.02
