"""The print list and the comparison with the mirrored side, on bodies and heads whose answers are known."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import trimesh
from helpers_head import OUTER_MM, no_cut_depth, round_bone, round_pose, round_tables

from SkullRestoreLib.planning.mirrored_side import compare_with_mirrored_side
from SkullRestoreLib.planning.print_list import plan_print
from SkullRestoreLib.prediction import ray_tracing
from SkullRestoreLib.records import Mesh

UP = np.array([0.0, 0.0, 1.0])


def as_mesh(body):
    return Mesh(np.array(body.vertices, dtype=float), np.array(body.faces, dtype=np.int64))


def test_a_dome_is_printed_so_that_its_hollow_face_needs_no_support():
    outside, inside = (trimesh.creation.icosphere(4, radius) for radius in (40.0, 36.0))
    shell = trimesh.boolean.difference([outside, inside], engine="manifold")
    cap = _upper(shell)
    part = plan_print("dome", "dome.stl", as_mesh(cap), UP)
    assert part.volume_ml == pytest.approx(cap.volume / 1000, rel=1e-6)
    assert part.inner_overhang_cm2 < 0.3
    assert part.outer_face_from_up_deg > 60, "upright or upside down: the hollow face looks up or to the side"
    assert np.linalg.det(part.ras_to_printer) == pytest.approx(1.0)
    placed = cap.vertices @ part.ras_to_printer.T
    assert np.ptp(placed[:, 2]) == pytest.approx(part.height_mm)
    assert sorted(part.footprint_mm, reverse=True) == pytest.approx(sorted(np.ptp(placed[:, :2], axis=0), reverse=True))


def _upper(shell):
    """The part of a body above 28 mm."""
    box = trimesh.creation.box((100, 100, 40), transform=trimesh.transformations.translation_matrix([0, 0, 48]))
    return trimesh.boolean.intersection([shell, box], engine="manifold")


def test_a_flat_plate_lies_on_the_bed_without_any_overhang():
    part = plan_print("plate", None, as_mesh(trimesh.creation.box((30, 20, 3))), UP)
    assert part.overhang_cm2 == pytest.approx(0.0, abs=1e-9)


@pytest.fixture(scope="module")
def round_head():
    """The upper part of the round skull with its rays and tables."""
    bone = round_bone(no_cut_depth, spacing=1.5, low=(-92.0, -92.0, 0.0), high=(92.0, 92.0, 92.0))
    rays = ray_tracing.trace_rays(bone, round_pose(), level=5)
    return SimpleNamespace(pose=round_pose(), rays=rays, tables=round_tables(level=5))


def patch_at(x_deg, radius=OUTER_MM):
    """A small restored surface at an angle to the right of the top, on a sphere of this radius."""
    angle = np.radians(x_deg) + np.linspace(-0.1, 0.1, 5)
    points = np.array([[np.sin(a) * np.cos(b), np.sin(b), np.cos(a) * np.cos(b)] for a in angle for b in angle * 0.2])
    return SimpleNamespace(outer=Mesh(radius * points, np.zeros((0, 3), np.int64)))


def test_a_surface_2_mm_farther_out_than_a_symmetric_head_is_2_mm_off_its_mirrored_side(round_head):
    nothing = np.zeros(len(round_head.tables.outer), bool)
    found = compare_with_mirrored_side(
        patch_at(40.0, OUTER_MM + 2), round_head.pose, round_head.rays, round_head.tables, nothing
    )
    assert found.compared_percent == 100
    assert found.median_mm == pytest.approx(2.0, abs=0.15)
    assert found.within_95_mm == pytest.approx(2.0, abs=0.3)


def test_a_side_that_is_resected_too_is_not_compared(round_head):
    everything = np.ones(len(round_head.tables.outer), bool)
    found = compare_with_mirrored_side(patch_at(40.0), round_head.pose, round_head.rays, round_head.tables, everything)
    assert (found.compared_percent, found.median_mm, found.largest_mm) == (0, None, None)
    with pytest.raises(ValueError, match="different grids"):
        compare_with_mirrored_side(
            patch_at(40.0), round_head.pose, replace(round_head.rays, level=6), round_head.tables, everything
        )
