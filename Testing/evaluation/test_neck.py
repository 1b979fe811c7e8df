"""Vertebrae below the occiput: they are found, and no hole at the foramen magnum is cut into or measured on them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from helpers_evaluation import sphere_skull
from helpers_head import INNER_MM, OUTER_MM

from SkullRestoreLib.evaluation.cases import random_cases
from SkullRestoreLib.evaluation.cases.neck import find_vertebrae, without_vertebrae
from SkullRestoreLib.evaluation.cases.random_cases import CasePlan, build_case

DOWN = np.array([0.0, -0.42, -np.sqrt(1 - 0.42**2)])
"""From the head's centre to the middle of the foramen magnum."""
SPACING = 1.5


@pytest.fixture(scope="module")
def skull():
    """A hollow sphere with a foramen magnum."""
    empty = sphere_skull(spacing=SPACING, box=((-92.0, -92.0, -112.0), (92.0, 92.0, 92.0)))
    points = all_points(empty)
    radius = np.linalg.norm(points, axis=-1)
    wall = (radius > INNER_MM) & (radius < OUTER_MM)
    return replace(empty, bone=wall & (points @ DOWN < np.cos(np.radians(13)) * radius))


def all_points(skull):
    k, j, i = np.meshgrid(*(np.arange(n) for n in skull.bone.shape), indexing="ij")
    return np.stack([i, j, k], axis=-1) @ skull.ijk_to_ras[:3, :3].T + skull.ijk_to_ras[:3, 3]


def make_arch(skull, gap_mm):
    """A half ring round the foramen, below the bone, and the two pillars in front that it rests on."""
    points = all_points(skull)
    along = points @ DOWN
    forward = np.cross(DOWN, [1.0, 0.0, 0.0])
    forward *= np.sign(forward[1])
    x, y = points[..., 0], points @ forward
    below = along - (np.sqrt(OUTER_MM**2 - 24.0**2) + gap_mm + 4)
    ring = (np.hypot(np.hypot(x, y) - 24.0, below) < 4) & (y < 4)
    pillars = (np.hypot(np.abs(x) - 24.0, y - 6) < 6) & (below < 4) & (np.linalg.norm(points, axis=-1) > OUTER_MM - 3)
    return ring & ~skull.bone, pillars & (along > 0) & ~skull.bone


def with_vertebra(skull, gap_mm=4.0):
    arch, pillars = make_arch(skull, gap_mm)
    return replace(skull, bone=skull.bone | arch | pillars), arch & (all_points(skull)[..., 1] < -45)


def test_an_arch_that_rests_on_the_condyles_in_front_is_found_and_nothing_of_the_occiput(skull):
    necked, behind = with_vertebra(skull)
    found = find_vertebrae(necked)
    assert found[behind].mean() > 0.98
    of_occiput = found & skull.bone
    assert of_occiput.sum() < 0.03 * found.sum()  # where the pillars meet it
    assert all_points(skull)[of_occiput][:, 1].min() > -45


def test_a_skull_whose_scan_ends_at_the_foramen_stays_as_it_is(skull):
    assert not find_vertebrae(skull).any()
    assert without_vertebrae(skull) is skull


def test_an_arch_that_is_one_with_the_rim_of_the_foramen_stays(skull):
    necked, behind = with_vertebra(skull, gap_mm=-4.0)
    assert not (find_vertebrae(necked) & behind).any()


def test_a_suboccipital_hole_neither_takes_the_arch_along_nor_is_measured_on_it(skull, monkeypatch):
    necked, behind = with_vertebra(skull)
    built = {}
    for name, scanned in (("without", skull), ("with", necked)):
        monkeypatch.setattr(random_cases, "load_intact_skull", lambda *_, scanned=scanned: scanned)
        built[name] = build_case(CasePlan(name, Path(f"{name}.nrrd"), "suboccipital", (0, 3)), Path("shape"))
    assert built["with"].source.array[behind].all()
    assert built["with"].truths[0].area_cm2 == pytest.approx(built["without"].truths[0].area_cm2, rel=0.02)
    assert not (built["with"].truths[0].missing_piece & behind).any()
