"""Bending and stresses of shells against closed formulas, and the strength of an implant."""

import numpy as np
import pytest
from helpers_implant import round_patch, round_skull

from SkullRestoreLib.implant import build_implant
from SkullRestoreLib.implant.shell_model import ShellMesh, ShellSolver
from SkullRestoreLib.implant.strength import strength_findings
from SkullRestoreLib.records import ImplantSettings, MaterialStrength, Pose, StrengthEstimate
from SkullRestoreLib.settings import MATERIALS

YOUNG_MPA, POISSON = 3000.0, 0.38
NONE = np.zeros(0, dtype=np.int64)


def grid(count, half_mm):
    """Nodes (n, 2) and triangles of a square, with diagonals in turn."""
    axis = np.linspace(-half_mm, half_mm, count)
    nodes = np.stack(np.meshgrid(axis, axis, indexing="ij"), -1).reshape(-1, 2)
    k = np.arange(count * count).reshape(count, count)
    triangles = []
    for i in range(count - 1):
        for j in range(count - 1):
            a, b, c, d = k[i, j], k[i + 1, j], k[i + 1, j + 1], k[i, j + 1]
            triangles += [(a, b, c), (a, c, d)] if (i + j) % 2 else [(a, b, d), (b, c, d)]
    return nodes, np.array(triangles)


def shell(points, triangles, thickness_mm):
    return ShellMesh(points, triangles, np.full(len(points), thickness_mm), YOUNG_MPA, POISSON)


def disc(count, radius_mm):
    """A square grid drawn to a circle."""
    nodes, triangles = grid(count, 1.0)
    length = np.linalg.norm(nodes, axis=1)
    scale = np.abs(nodes).max(axis=1) / np.maximum(length, 1e-12)
    flat = radius_mm * nodes * scale[:, None]
    return np.column_stack([flat, np.zeros(len(flat))]), triangles, np.abs(nodes).max(axis=1) > 1 - 1e-9


def pressed(mesh, pressure_mpa):
    """Forces of a pressure along the normals, (n, 3, 1)."""
    return (pressure_mpa * mesh.node_areas[:, None] * mesh.node_normals)[..., None]


def turned(points, degrees=(20.0, 35.0, -50.0)):
    from scipy.spatial.transform import Rotation

    return points @ Rotation.from_euler("xyz", degrees, degrees=True).as_matrix().T


def plate_stiffness(thickness_mm):
    return YOUNG_MPA * thickness_mm**3 / (12 * (1 - POISSON**2))


@pytest.mark.parametrize("is_turned", [False, True])
def test_a_clamped_round_plate_bends_as_the_closed_formula_says(is_turned):
    """w = p a^4 / 64 D in the middle, and the stress at the edge 3 p a² / 4 t² radially."""
    radius, thickness, pressure = 50.0, 2.0, 0.002
    points, triangles, edge = disc(25, radius)
    mesh = shell(turned(points) if is_turned else points, triangles, thickness)
    solver = ShellSolver(mesh, clamped=np.flatnonzero(edge), pinned=NONE)
    moved = solver.solve(pressed(mesh, pressure))
    middle = np.linalg.norm(points, axis=1).argmin()
    deflection = np.linalg.norm(moved[middle, :3, 0])
    assert deflection == pytest.approx(pressure * radius**4 / (64 * plate_stiffness(thickness)), rel=0.02)
    centre_stress = 3 * (1 + POISSON) * pressure * radius**2 / (8 * thickness**2)
    at_middle = (mesh.triangles == middle).any(axis=1)
    assert solver.stresses(moved)[at_middle, 0].mean() == pytest.approx(centre_stress, rel=0.05)


def test_a_simply_supported_square_plate_bends_as_naviers_series_says():
    side, thickness, pressure = 80.0, 3.0, 0.002
    nodes, triangles = grid(21, side / 2)
    mesh = shell(np.column_stack([nodes, np.zeros(len(nodes))]), triangles, thickness)
    edge = np.flatnonzero(np.abs(nodes).max(axis=1) > side / 2 - 1e-9)
    moved = ShellSolver(mesh, clamped=NONE, pinned=edge).solve(pressed(mesh, pressure))
    assert moved[:, 2, 0].max() == pytest.approx(0.00406 * pressure * side**4 / plate_stiffness(thickness), rel=0.02)


def test_a_sphere_under_pressure_has_the_stress_of_a_membrane():
    """p r / 2 t, far from where it is held."""
    radius, thickness, pressure = 80.0, 2.0, 0.01
    points, triangles, edge = disc(31, 60.0)
    angle = np.linalg.norm(points, axis=1) / radius
    flat = points[:, :2] / np.maximum(np.linalg.norm(points[:, :2], axis=1, keepdims=True), 1e-12)
    ball = np.column_stack([radius * np.sin(angle)[:, None] * flat, radius * np.cos(angle)])
    mesh = shell(ball, triangles, thickness)
    solver = ShellSolver(mesh, clamped=np.flatnonzero(edge), pinned=NONE)
    stress = solver.stresses(solver.solve(pressed(mesh, pressure)))[:, 0]
    inner = angle[triangles].mean(axis=1) < 0.25
    assert np.median(stress[inner]) == pytest.approx(pressure * radius / (2 * thickness), rel=0.05)


def test_a_shell_that_is_moved_and_turned_as_a_body_has_no_stress():
    points, triangles, edge = disc(9, 30.0)
    points[:, 2] = 0.01 * points[:, 0] ** 2
    mesh = shell(points, triangles, 2.0)
    solver = ShellSolver(mesh, clamped=np.flatnonzero(edge), pinned=NONE)
    turn = np.array([1e-3, -2e-3, 3e-3])
    shift = np.array([0.1, 0.2, 0.3])
    moved = np.column_stack([np.cross(turn, points) + shift, np.tile(turn, (len(points), 1))])[..., None]
    assert np.abs(solver.stresses(moved)).max() < 1e-9


# --- an implant


@pytest.fixture(scope="module")
def bone():
    return round_skull(spacing=(0.8, 0.8, 0.8))


def build(bone, **settings):
    return build_implant(
        round_patch(step=2.4), bone, ImplantSettings(strength=True, **settings), pose=Pose(np.eye(4), 0.5, 1.0)
    )


@pytest.fixture(scope="module")
def plain(bone):
    return build(bone)


def test_an_implant_gets_its_strength_in_every_material(plain):
    strength = plain.checks.strength
    assert set(strength.by_material) == set(MATERIALS)
    assert strength.held_at == "rim"
    peek, titanium = (strength.by_material[name] for name in ("PEEK", "titanium"))
    # the same shape bends as much less as the material is stiffer, Poisson's ratio apart
    assert peek.push_deflection_mm / titanium.push_deflection_mm == pytest.approx(114 / 3.0, rel=0.1)
    assert titanium.push_safety / peek.push_safety == pytest.approx(795 / 90, rel=0.1)
    assert plain.findings == ()


def test_the_weakest_place_is_where_a_push_makes_the_largest_stress(plain):
    strength = plain.checks.strength
    known = np.isfinite(strength.safety_map)
    assert np.nanmin(strength.safety_map) >= strength.by_material["PEEK"].push_safety * 0.99
    nearest = np.linalg.norm(plain.mesh.vertices - strength.weakest, axis=1).argsort()
    near = next(vertex for vertex in nearest if known[vertex])
    assert strength.safety_map[near] < np.nanpercentile(strength.safety_map, 20)
    assert np.nanmax(strength.deflection_map) <= strength.by_material["PEEK"].push_deflection_mm * 1.01


@pytest.mark.slow
def test_a_thin_implant_is_weaker_and_one_of_a_weak_material_is_doubted_aloud(bone, plain):
    thin = build(bone, thickness_mm=2.0, material="UHMWPE", perforations=True, perforation_spacing_mm=5.0)
    assert thin.checks.failed == ()
    safety = [body.checks.strength.by_material["PEEK"].push_safety for body in (thin, plain)]
    assert safety[0] < 0.4 * safety[1]
    assert any("may break: the estimate gives a safety factor of" in sentence for sentence in thin.findings)


@pytest.mark.slow
def test_an_implant_with_tabs_is_held_at_its_screws(bone):
    tabs = build(bone, fixation="tabs")
    assert tabs.checks.strength.held_at == "fixations"
    assert tabs.checks.failed == ()


@pytest.mark.parametrize(
    ("deflection_mm", "safety", "sentences"),
    [(0.2, 6.0, []), (0.2, 1.4, ["a safety factor of 1.4 in PEEK"]), (2.5, 6.0, ["bends by 2.5 mm in PEEK, too far"])],
)
def test_an_estimate_that_is_low_or_does_not_hold_is_said_aloud(deflection_mm, safety, sentences):
    by_material = {"PEEK": MaterialStrength(deflection_mm, safety, 0.01, 300.0)}
    strength = StrengthEstimate(50.0, 15.0, "rim", np.zeros(3), by_material, np.zeros(0), np.zeros(0))
    found = strength_findings(1, strength, ImplantSettings(strength=True))
    assert [part in sentence for part, sentence in zip(sentences, found, strict=True)] == [True] * len(sentences)
    assert strength_findings(1, strength, ImplantSettings()) == []


def test_a_body_whose_strength_cannot_be_estimated_is_said_aloud():
    assert "was not estimated" in strength_findings(2, None, ImplantSettings(strength=True))[0]
