"""The restored surface: the bone's height and slope at the margin, the prediction inside, through moved points."""

import numpy as np
import pytest
from helpers_head import INNER_MM, OUTER_MM, round_tables, vertices_in_cone

from SkullRestoreLib.defects.thin_plate import fit_to_bone
from SkullRestoreLib.geometry.icosphere import interpolate, spherical_grid, vertex_count
from SkullRestoreLib.method_parameters import METHOD
from SkullRestoreLib.records import RayMap, ReferencePoint

LEVEL = 6
SIDE = np.array((0.9, 0.3, 0.5)) / np.linalg.norm((0.9, 0.3, 0.5))
DEGREES = 22.0
TO_HEAD = np.eye(4)


def tables(directions):
    """A skull that is no sphere: outer and inner table (n, 2), mm."""
    outer = OUTER_MM + 6 * directions[:, 0] ** 2 - 4 * directions[:, 1] * directions[:, 2]
    return np.stack([outer, outer - 7 - directions[:, 0]], axis=1)


def smooth_error(directions, size=2.0):
    """What a network may be off by: smooth over some centimetres."""
    return size * np.cos(2.5 * directions[:, 1] + 0.3) * np.cos(2 * directions[:, 2])


def case(*, error=smooth_error, sigma=1.0, degrees=DEGREES, level=LEVEL, noise=0.0):
    """A hole in that skull: the prediction, the rays, and the hole."""
    directions = spherical_grid(level).directions
    true = tables(directions)
    hole = vertices_in_cone(level, SIDE, degrees)
    intervals = np.full((vertex_count(level), 2, 2), np.nan, np.float32)
    intervals[:, 0] = true[:, ::-1] + noise * np.random.default_rng(0).standard_normal(true.shape)
    intervals[hole] = np.nan
    off = error(directions)
    vault_tables = round_tables(level, outer=true[:, 0] + off, inner=true[:, 1] + 0.5 * off, sigma=sigma)
    return vault_tables, RayMap(level, intervals, np.full(len(intervals), 130.0, np.float32)), hole


@pytest.fixture(scope="module")
def made():
    vault_tables, rays, hole = case()
    return fit_to_bone(vault_tables, rays, [hole])


def around(low, high, level=LEVEL):
    """Grid vertices whose distance from the hole's edge is in a range, mm; negative inside."""
    beyond = (np.arccos(np.clip(spherical_grid(level).directions @ SIDE, -1, 1)) - np.radians(DEGREES)) * OUTER_MM
    return np.flatnonzero((beyond > low) & (beyond < high))


def test_on_the_ring_the_surface_is_the_bone(made):
    at = around(3, 10)
    true = tables(spherical_grid(LEVEL).directions[at])
    assert np.abs(made.vault_tables.outer[at] - true[:, 0]).max() < 0.1
    assert np.abs(made.vault_tables.inner[at] - true[:, 1]).max() < 0.1


def test_a_smooth_error_of_the_prediction_is_corrected_in_the_hole(made):
    at = around(-100, 0)
    true = tables(spherical_grid(LEVEL).directions[at])[:, 0]
    assert np.abs(made.predicted_tables.outer[at] - true).max() > 1.5
    assert np.abs(made.vault_tables.outer[at] - true).max() < 0.9
    assert np.sqrt(np.mean((made.vault_tables.outer[at] - true) ** 2)) < 0.4


def test_the_surface_leaves_the_bone_with_the_bones_own_slope(made):
    directions = spherical_grid(LEVEL).directions
    off = made.vault_tables.outer - tables(directions)[:, 0]
    # the error grows from the edge as a curve does, not as a kink: little over the first millimetres
    assert np.abs(off[around(-3, 0)]).max() < 0.12
    assert np.abs(off[around(-6, 0)]).max() < 0.3


def test_where_the_prediction_is_sure_it_counts_more_in_the_middle():
    at = vertices_in_cone(LEVEL, SIDE, 5)
    kept = []
    for sigma in (0.3, 5.0):
        vault_tables, rays, hole = case(sigma=sigma, error=lambda d: 1.5 * np.ones(len(d)), degrees=30)
        kept.append(
            np.mean(
                fit_to_bone(vault_tables, rays, [hole]).vault_tables.outer[at]
                - tables(spherical_grid(LEVEL).directions[at])[:, 0]
            )
        )
    assert kept[0] > kept[1] + 0.3


def test_away_from_defects_the_tables_are_the_prediction(made):
    away = around(3.0 * METHOD.fit.fit_rings, 500)
    np.testing.assert_array_equal(made.vault_tables.outer[away], made.predicted_tables.outer[away])
    np.testing.assert_array_equal(made.vault_tables.inner[away], made.predicted_tables.inner[away])


def test_noise_of_the_bone_is_smoothed_and_not_carried_into_the_hole():
    vault_tables, rays, hole = case(noise=0.2)
    tied = fit_to_bone(vault_tables, rays, [hole]).vault_tables
    at = around(-4, 10)
    assert np.abs(tied.outer[at] - tables(spherical_grid(LEVEL).directions[at])[:, 0]).std() < 0.15


def test_a_broken_piece_at_the_edge_does_not_pull_the_surface():
    vault_tables, rays, hole = case(error=lambda d: np.zeros(len(d)))
    rim = np.intersect1d(around(3, 8), vertices_in_cone(LEVEL, spherical_grid(LEVEL).directions[around(4, 5)[0]], 4))
    rays.intervals[rim, 0, 1] -= 2.5  # chipped off
    tied = fit_to_bone(vault_tables, rays, [hole]).vault_tables
    at = around(-100, 0)
    assert np.abs(tied.outer[at] - tables(spherical_grid(LEVEL).directions[at])[:, 0]).max() < 0.8


def groove(directions, *, depth, width_mm, beyond_mm=8.0):
    """A shallow hollow of the sound bone next to the hole, mm deep."""
    middle = directions[around(beyond_mm - 1, beyond_mm + 1)[0]]
    away_mm = np.arccos(np.clip(directions @ middle, -1, 1)) * OUTER_MM
    return depth * np.exp(-((away_mm / width_mm) ** 2))


@pytest.mark.parametrize("depth", [1.6, -1.6], ids=["lower", "higher"])
def test_sound_bone_that_departs_gradually_from_the_prediction_is_followed(depth):
    vault_tables, rays, hole = case(error=lambda d: np.zeros(len(d)))
    off = groove(spherical_grid(LEVEL).directions, depth=depth, width_mm=5.5)
    rays.intervals[:, 0, 1] -= off
    tied = fit_to_bone(vault_tables, rays, [hole]).vault_tables
    at = around(4, 12)
    true = tables(spherical_grid(LEVEL).directions[at])[:, 0] - off[at]
    assert np.abs(tied.outer[at] - true).max() < 0.75


def test_two_holes_are_tied_at_once_and_without_holes_nothing_moves():
    vault_tables, rays, hole = case()
    other = vertices_in_cone(LEVEL, -SIDE * [1, 1, -1], 12)
    rays.intervals[other] = np.nan
    both = fit_to_bone(vault_tables, rays, [hole, other]).vault_tables
    alone = fit_to_bone(vault_tables, rays, [hole]).vault_tables
    np.testing.assert_allclose(both.outer[hole], alone.outer[hole], atol=0.02)
    none = fit_to_bone(vault_tables, rays, [])
    np.testing.assert_array_equal(none.vault_tables.outer, vault_tables.outer)


def test_the_inner_table_stays_inside_the_outer_one():
    vault_tables, rays, hole = case(error=lambda d: np.zeros(len(d)))
    vault_tables.inner[hole] = vault_tables.outer[hole] + 2
    tied = fit_to_bone(vault_tables, rays, [hole])
    assert (tied.vault_tables.outer - tied.vault_tables.inner >= 1.0 - 1e-9).all()


# --- reference points


def points(lift=0.0, count=24, degrees=DEGREES + 0.6):
    """Points on the true outer table around the hole, the third one lifted by the user."""
    side = np.cross(SIDE, [0, 0, 1.0])
    side /= np.linalg.norm(side)
    a = np.linspace(0, 2 * np.pi, count, endpoint=False)[:, None]
    d = np.cos(np.radians(degrees)) * SIDE + np.sin(np.radians(degrees)) * (
        np.cos(a) * side + np.sin(a) * np.cross(SIDE, side)
    )
    radius = tables(d)[:, 0]
    radius[2] += lift
    return [
        ReferencePoint(r * u, u, 1.0, 1, moved=k == 2 and lift != 0)
        for k, (r, u) in enumerate(zip(radius, d, strict=True))
    ]


def misses(vault_tables, made_points):
    p = np.array([q.position for q in made_points])
    return np.linalg.norm(p, axis=1) - interpolate(vault_tables.outer, p)


def test_the_surface_passes_through_the_reference_points(made):
    assert np.abs(misses(made.tables_through(points(), TO_HEAD), points())).max() < 0.15


@pytest.mark.parametrize("lift", [2.0, -1.5])
def test_the_surface_passes_through_a_point_that_was_moved_by_hand(made, lift):
    wanted = points(lift)
    missed = np.abs(misses(made.tables_through(wanted, TO_HEAD), wanted))
    assert missed[2] < 0.05
    assert missed[[0, 4, 5, 6]].max() < 0.4  # its neighbours' neighbours stay on the bone


def test_all_points_may_be_moved_and_the_surface_does_not_swing(made):
    lifts = np.random.default_rng(1).uniform(-1, 1, 24)
    wanted = [
        ReferencePoint(p.position + lift * p.normal, p.normal, 1.0, 1, moved=True)
        for p, lift in zip(points(), lifts, strict=True)
    ]
    lifted = made.tables_through(wanted, TO_HEAD)
    assert np.abs(misses(lifted, wanted)).max() < 0.05
    assert np.abs(lifted.outer - made.vault_tables.outer).max() < 2.5


def test_a_point_in_the_middle_of_the_hole_lifts_the_surface_there(made):
    middle = ReferencePoint(SIDE * (tables(SIDE[None])[0, 0] + 3), SIDE, 1.0, 1, moved=True)
    lifted = made.tables_through([*points(), middle], TO_HEAD)
    assert abs(misses(lifted, [middle])[0]) < 0.05
    rim = around(3, 10)
    np.testing.assert_allclose(lifted.outer[rim], made.vault_tables.outer[rim], atol=0.15)


def test_points_that_were_not_moved_change_nothing(made):
    at_rest = made.tables_through(points(), TO_HEAD)
    assert np.abs(at_rest.outer - made.vault_tables.outer).max() < 0.15
    here = np.array([p.position for p in points()])
    unmoved = [
        ReferencePoint(d * interpolate(made.vault_tables.outer, d[None])[0], d, 1.0, 1)
        for d in here / np.linalg.norm(here, axis=1, keepdims=True)
    ]
    np.testing.assert_allclose(made.tables_through(unmoved, TO_HEAD).outer, made.vault_tables.outer, atol=1e-6)


def test_without_points_the_surface_is_the_tied_one(made):
    np.testing.assert_array_equal(made.tables_through([], TO_HEAD).outer, made.vault_tables.outer)


def test_an_edit_can_be_taken_back_and_moves_only_what_is_near(made):
    before, lifted, after = (made.tables_through(points(lift), TO_HEAD) for lift in (0.0, 2.0, 0.0))
    np.testing.assert_array_equal(before.outer, after.outer)
    far = vertices_in_cone(LEVEL, -SIDE, 60)
    np.testing.assert_array_equal(lifted.outer[far], before.outer[far])


def test_the_inner_table_follows_the_outer_one_by_half(made):
    lift = made.tables_through(points(2.0), TO_HEAD)
    moved = lift.outer - made.vault_tables.outer
    np.testing.assert_allclose(lift.inner - made.vault_tables.inner, moved / 2, atol=1e-9)


def test_an_edit_is_a_back_substitution_with_the_same_factor(made, monkeypatch):
    from SkullRestoreLib._system import sparse_factor

    def forbidden(*_, **__):
        raise AssertionError("an edit must not factorise again")

    factors = [tie.factor for tie in made.systems]
    monkeypatch.setattr(sparse_factor.SparseFactor, "__init__", forbidden)
    made.tables_through(points(1.0), TO_HEAD)
    assert [tie.factor for tie in made.systems] == factors


def test_a_dragged_point_costs_one_back_substitution_and_the_solutions_of_the_past_are_dropped(made, monkeypatch):
    """While one of the points is dragged the others stay where they are."""
    from SkullRestoreLib._system.sparse_factor import SparseFactor

    solve, solved = SparseFactor.solve, []
    monkeypatch.setattr(SparseFactor, "solve", lambda factor, right: solved.append(right) or solve(factor, right))
    wanted = points()
    made.tables_through(wanted, TO_HEAD)
    for step in (1.0, 2.0, 3.0, 0.0):
        solved.clear()
        dragged = ReferencePoint(wanted[0].position + np.array((0.0, step, 0.0)), wanted[0].normal, 1.0, 1, moved=True)
        made.tables_through([dragged, *wanted[1:]], TO_HEAD)
        assert [right.shape[1] for right in solved] == [1]
    solved.clear()
    made.tables_through([dragged, *wanted[1:]], TO_HEAD)
    assert not solved


def test_points_off_the_tied_region_are_left_alone(made):
    far = ReferencePoint(-SIDE * 95, -SIDE, 1.0, 1, moved=True)
    np.testing.assert_array_equal(made.tables_through([far], TO_HEAD).outer, made.vault_tables.outer)


def test_points_are_read_in_the_patients_own_frame(made):
    from helpers_head import rotation_about_axes

    turn = rotation_about_axes((30, 20, -50))
    turn[:3, 3] = 5, -40, 12
    moved = [
        ReferencePoint(
            turn[:3, :3] @ p.position + turn[:3, 3], turn[:3, :3] @ p.normal, p.confidence, p.defect, p.moved
        )
        for p in points(1.0)
    ]
    np.testing.assert_allclose(
        made.tables_through(moved, np.linalg.inv(turn)).outer,
        made.tables_through(points(1.0), TO_HEAD).outer,
        atol=1e-6,
    )


def test_tables_thinner_than_the_correction_keep_a_millimetre(made):
    deep = made.tables_through(points(-20.0), TO_HEAD)
    assert (deep.outer - deep.inner >= 1.0 - 1e-9).all()
    assert INNER_MM < OUTER_MM


# --- fuller and flatter surfaces


def test_a_fuller_surface_is_higher_over_the_hole_and_equal_on_the_bone(made):
    likely, fuller, flatter = (made.tables_through(points(), TO_HEAD, fullness=f) for f in (0.0, 1.0, -1.0))
    middle, rim = around(-100, -6), around(3, 10)
    raised = fuller.outer - likely.outer
    assert raised[middle].min() > 0.05
    assert raised[middle].max() > 0.3
    assert np.abs(raised[rim]).max() < 0.1 * raised[middle].max()
    np.testing.assert_allclose(likely.outer - flatter.outer, raised, atol=1e-9)
    assert np.abs(misses(fuller, points())).max() < 0.15


def test_fullness_0_changes_no_bit(made):
    likely, same = made.tables_through(points(1.0), TO_HEAD), made.tables_through(points(1.0), TO_HEAD, fullness=0.0)
    np.testing.assert_array_equal(likely.outer, same.outer)
    np.testing.assert_array_equal(likely.inner, same.inner)


@pytest.mark.parametrize("degrees", [5.0, 12.0, DEGREES])
def test_a_fullness_of_1_raises_small_and_large_holes_by_the_same_part_of_the_standard_error(degrees):
    vault_tables, rays, _ = case()
    hole = vertices_in_cone(LEVEL, SIDE, degrees)
    rays.intervals[hole] = np.nan
    rays.intervals[np.setdiff1d(vertices_in_cone(LEVEL, SIDE, DEGREES), hole)] = [[OUTER_MM, INNER_MM]]
    fitted = fit_to_bone(vault_tables, rays, [hole])
    area = spherical_grid(LEVEL).vertex_areas[hole]
    raised = fitted.tables_through([], TO_HEAD, fullness=1.0).outer - fitted.vault_tables.outer
    sigma = np.average(vault_tables.outer_sigma[hole], weights=area)
    assert np.average(raised[hole], weights=area) == pytest.approx(fitted.parameters.fullness_scale * sigma, rel=0.03)


@pytest.mark.parametrize("fullness", [-2.0, 2.0])
def test_all_plausible_surfaces_pass_through_a_point_that_was_moved_over_the_hole(made, fullness):
    middle = ReferencePoint(SIDE * (tables(SIDE[None])[0, 0] + 3), SIDE, 1.0, 1, moved=True)
    surface = made.tables_through([*points(), middle], TO_HEAD, fullness=fullness)
    assert abs(misses(surface, [middle])[0]) < 0.05
    likely = made.tables_through([*points(), middle], TO_HEAD)
    near = vertices_in_cone(LEVEL, SIDE, 2)
    unmoved = (made.tables_through(points(), TO_HEAD, fullness=f).outer[near] for f in (fullness, 0.0))
    assert np.abs(surface.outer - likely.outer)[near].max() < 0.3 * np.abs(np.subtract(*unmoved)).max()
