"""The paper's own recipe and system: what its network sees, how it learns, and where it is blind."""

import json

import numpy as np
import pytest
import torch
from helpers_head import INNER_MM, OUTER_MM, cap_area_cm2, round_pose, vertices_in
from helpers_rays import radial_map

from SkullRestoreLib.case import WeightsError
from SkullRestoreLib.chapters import Examined
from SkullRestoreLib.evaluation import paper_system as system
from SkullRestoreLib.grid import grid, vertex_count
from SkullRestoreLib.network import LEVEL as RAYS_LEVEL
from SkullRestoreLib.training.dataset import Prepared, empty_rows
from SkullRestoreLib.training.paper import GRID_MM, LEVEL, PaperNet, Spheres, first_hit, fit_paper, load_paper, whole_distance

WHOLE = 1 - OUTER_MM / GRID_MM


def rays(level, hole=(), *, depth=None):
    """Rays of a round skull; in the hole there is nothing, or only what lies ``depth`` mm and more under the outer table."""
    tables = np.tile([OUTER_MM, INNER_MM], (vertex_count(level), 1))
    tables[np.asarray(hole, dtype=int), 0] = np.nan if depth is None else OUTER_MM - depth
    made = radial_map(tables, level)
    made.intervals[np.isnan(made.intervals[..., 1])] = np.nan
    return made


# --- what the network sees


def test_a_ray_that_meets_bone_tells_the_distance_to_it():
    assert first_hit(rays(3).intervals) == pytest.approx(WHOLE)


def test_a_ray_through_a_hole_goes_on_to_the_inner_side_of_the_opposite_wall():
    hole = vertices_in(3, (0, 0, 1), 20)
    seen = first_hit(rays(3, hole).intervals)
    assert seen[hole] == pytest.approx(1 + INNER_MM / GRID_MM)
    assert np.delete(seen, hole) == pytest.approx(WHOLE)


def test_a_ray_that_meets_no_bone_at_all_leaves_the_grid_on_the_other_side():
    nothing = rays(3).intervals * np.nan
    assert first_hit(nothing) == pytest.approx(2.0)


def test_bone_behind_a_lost_outer_table_hides_the_hole():
    assert first_hit(rays(3, vertices_in(3, (0, 0, 1), 20), depth=4.0).intervals).max() < 1


# --- learning


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """Three round skulls, one of them with a hole of its own."""
    folder = tmp_path_factory.mktemp("prepared")
    arrays = empty_rows(3, folder)
    for row in range(3):
        made = rays(RAYS_LEVEL)
        made.intervals[:] *= 1 + 0.02 * row
        for array, values in zip(arrays, (made.intervals, made.reach, made.intervals[:, 0, ::-1]), strict=True):
            array[row] = values
    for array in arrays:
        array.flush()
    (folder / "skulls.json").write_text(json.dumps({"rows": ["a", "b", "holed/c"]}))
    return Prepared(folder)


def test_a_sample_is_the_same_for_the_same_seed_and_its_sphere_only_takes_bone_away(prepared):
    first, again, other = (Spheres(prepared, [0, 1], length=9, seed=s)[4] for s in (1, 1, 2))
    assert torch.equal(first["x"], again["x"])
    assert not torch.equal(first["x"], other["x"])
    assert (first["x"] >= first["truth"] - 1e-6).all()


@pytest.mark.filterwarnings("ignore")  # Lightning's advice to its users
def test_it_learns_from_intact_skulls_alone_and_writes_weights_that_load(prepared, tmp_path):
    split = {"train": ["a", "holed/c"], "valid": ["b"], "test": []}
    weights = fit_paper(prepared, split, tmp_path, samples=8, batch=4, epochs=2, workers=0, device="cpu")
    assert weights.stat().st_size < 1e6
    made = whole_distance(load_paper(weights), rays(RAYS_LEVEL).intervals)
    assert made.shape == (vertex_count(RAYS_LEVEL),)
    assert np.isfinite(made).all()
    assert (tmp_path / "curves.csv").read_text().count("\n") == 3


def test_the_network_gives_back_one_distance_for_each_ray():
    assert PaperNet().eval()(torch.rand(2, vertex_count(LEVEL))).shape == (2, vertex_count(LEVEL))


@pytest.mark.parametrize("content", [None, b"no weights"])
def test_weights_that_are_missing_or_damaged_are_said_with_how_to_make_them(tmp_path, content):
    path = tmp_path / "paper.safetensors"
    if content:
        path.write_bytes(content)
    with pytest.raises(WeightsError, match="--recipe paper"):
        load_paper(path)


# --- the system


@pytest.fixture
def answers(monkeypatch):
    """The system's answers, with a network that knows the whole skull."""
    monkeypatch.setattr(system, "_network", lambda _: lambda seen: torch.full_like(seen, WHOLE))
    return lambda radial: system.paper_system(Examined(None, round_pose(), radial, ()), None)


def test_a_hole_is_found_with_its_area_its_surface_and_points_on_its_border(answers):
    hole = vertices_in(6, (0, 0, 1), 20)
    (one,) = answers(rays(6, hole))
    assert one.area_cm2 == pytest.approx(cap_area_cm2(20), rel=0.04)
    assert np.linalg.norm(one.surface.vertices, axis=1) == pytest.approx(OUTER_MM, abs=0.2)
    angle = np.degrees(np.arccos(one.points[:, 2] / np.linalg.norm(one.points, axis=1)))
    assert len(one.points) == 24
    assert np.radians(np.abs(angle - 20)).max() * OUTER_MM < 2.5


def test_two_holes_are_told_apart_and_small_breaks_are_none(answers):
    two = np.concatenate([vertices_in(6, (1, 0, 0.5), 18), vertices_in(6, (-1, 0, 0.5), 12)])
    first, second = answers(rays(6, two))
    assert first.area_cm2 > second.area_cm2
    assert answers(rays(6, vertices_in(6, (0, 0, 1), 4))) == []
    assert answers(rays(6)) == []


def test_it_is_blind_where_only_the_outer_table_is_lost(answers):
    assert answers(rays(6, vertices_in(6, (0, 1, 0.2), 15), depth=4.0)) == []


def test_points_do_not_sit_on_the_wall_of_the_cut(answers):
    g = grid(6)
    hole = np.zeros(len(g), dtype=bool)
    hole[vertices_in(6, (0, 0, 1), 20)] = True
    made = rays(6, np.flatnonzero(hole))
    wall = np.flatnonzero(g.grow(hole, 1) & ~hole)[::3]
    made.intervals[wall, 0, 1] -= 4.0
    (one,) = answers(made)
    assert np.linalg.norm(one.points, axis=1) == pytest.approx(OUTER_MM, abs=0.01)
