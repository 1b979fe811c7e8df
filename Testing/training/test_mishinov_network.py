"""The network and the system of Mishinov 2023: its input, its training, and the defects that it cannot see."""

import json

import numpy as np
import pytest
from helpers_head import INNER_MM, OUTER_MM, cap_area_cm2, round_pose, vertices_in_cone
from helpers_later import later, torch
from helpers_rays import make_ray_map

from SkullRestoreLib.errors import WeightsError
from SkullRestoreLib.evaluation.methods import mishinov_system as system
from SkullRestoreLib.geometry.icosphere import spherical_grid, vertex_count
from SkullRestoreLib.pipeline.results import HeadAnalysis
from SkullRestoreLib.prediction.features import NETWORK_LEVEL as RAYS_LEVEL
from SkullRestoreLib.training.options import TrainingOptions

PreparedSkulls, create_row_files = later("SkullRestoreLib.training.dataset", "PreparedSkulls create_row_files")
MishinovNetwork, SphereDefectSkulls, first_hit_distance, fit_mishinov_network, load_mishinov_network = later(
    "SkullRestoreLib.training.mishinov_network",
    "MishinovNetwork SphereDefectSkulls first_hit_distance fit_mishinov_network load_mishinov_network",
)
(predict_intact_distance,) = later("SkullRestoreLib.training.mishinov_network", "predict_intact_distance")


def network_constant(name):
    """A number of the network's module."""
    from SkullRestoreLib.training import mishinov_network

    return getattr(mishinov_network, name)


def intact_distance():
    """What a ray to the round skull's outer table is for the network."""
    return 1 - OUTER_MM / network_constant("GRID_RADIUS_MM")


def rays(level, hole=(), *, depth=None):
    """Rays of a round skull with a hole; bone in it begins ``depth`` mm under the outer table, if at all."""
    tables = np.tile([OUTER_MM, INNER_MM], (vertex_count(level), 1))
    tables[np.asarray(hole, dtype=int), 0] = np.nan if depth is None else OUTER_MM - depth
    ray_map = make_ray_map(tables, level)
    ray_map.intervals[np.isnan(ray_map.intervals[..., 1])] = np.nan
    return ray_map


# --- what the network sees


def test_a_ray_that_meets_bone_gives_the_distance_to_it():
    assert first_hit_distance(rays(3).intervals) == pytest.approx(intact_distance())


def test_a_ray_through_a_hole_goes_on_to_the_inner_side_of_the_opposite_wall():
    hole = vertices_in_cone(3, (0, 0, 1), 20)
    distance = first_hit_distance(rays(3, hole).intervals)
    assert distance[hole] == pytest.approx(1 + INNER_MM / network_constant("GRID_RADIUS_MM"))
    assert np.delete(distance, hole) == pytest.approx(intact_distance())


def test_a_ray_that_meets_no_bone_at_all_leaves_the_grid_on_the_other_side():
    nothing = rays(3).intervals * np.nan
    assert first_hit_distance(nothing) == pytest.approx(2.0)


def test_bone_behind_a_lost_outer_table_hides_the_hole():
    assert first_hit_distance(rays(3, vertices_in_cone(3, (0, 0, 1), 20), depth=4.0).intervals).max() < 1


# --- learning


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """Three round skulls, one of them with a hole of its own."""
    folder = tmp_path_factory.mktemp("prepared")
    arrays = create_row_files(3, folder)
    for row in range(3):
        skull = rays(RAYS_LEVEL)
        skull.intervals[:] *= 1 + 0.02 * row
        for array, values in zip(arrays, (skull.intervals, skull.reach, skull.intervals[:, 0, ::-1]), strict=True):
            array[row] = values
    for array in arrays:
        array.flush()
    (folder / "skulls.json").write_text(json.dumps({"rows": ["a", "b", "holed/c"]}))
    return PreparedSkulls(folder)


def test_a_sample_is_the_same_for_the_same_seed_and_its_sphere_only_takes_bone_away(prepared):
    first, again, other = (SphereDefectSkulls(prepared, [0, 1], length=9, seed=s)[4] for s in (1, 1, 2))
    assert torch.equal(first["x"], again["x"])
    assert not torch.equal(first["x"], other["x"])
    assert (first["x"] >= first["truth"] - 1e-6).all()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # Lightning's advice to its users
def test_it_learns_from_intact_skulls_alone_and_writes_weights_that_load(prepared, tmp_path):
    split = {"train": ["a", "holed/c"], "valid": ["b"], "test": []}
    weights = fit_mishinov_network(
        prepared, split, tmp_path, TrainingOptions(samples=8, batch=4, epochs=2, workers=0, device="cpu")
    )
    assert weights.stat().st_size < 1e6
    distance = predict_intact_distance(load_mishinov_network(weights), rays(RAYS_LEVEL).intervals)
    assert distance.shape == (vertex_count(RAYS_LEVEL),)
    assert np.isfinite(distance).all()
    assert (tmp_path / "curves.csv").read_text().count("\n") == 3


def test_the_network_gives_back_one_distance_for_each_ray():
    count = vertex_count(network_constant("LEVEL"))
    assert MishinovNetwork().eval()(torch.rand(2, count)).shape == (2, count)


@pytest.mark.parametrize("content", [None, b"no weights"])
def test_missing_or_damaged_weights_are_reported_with_how_to_make_them(tmp_path, content):
    path = tmp_path / "paper.safetensors"
    if content:
        path.write_bytes(content)
    with pytest.raises(WeightsError, match="--recipe paper"):
        load_mishinov_network(path)


# --- the system


@pytest.fixture
def report_defects(monkeypatch):
    """Run the system with a network that knows the intact skull."""
    monkeypatch.setattr(
        system, "cached_network", lambda _: lambda distance: torch.full_like(distance, intact_distance())
    )
    return lambda ray_map: system.run_mishinov_system(HeadAnalysis(None, round_pose(), ray_map, ()), None)


def test_a_hole_is_found_with_its_area_its_surface_and_points_on_its_border(report_defects):
    hole = vertices_in_cone(6, (0, 0, 1), 20)
    (defect,) = report_defects(rays(6, hole))
    assert defect.area_cm2 == pytest.approx(cap_area_cm2(20), rel=0.04)
    assert np.linalg.norm(defect.surface.vertices, axis=1) == pytest.approx(OUTER_MM, abs=0.2)
    angle = np.degrees(np.arccos(defect.points[:, 2] / np.linalg.norm(defect.points, axis=1)))
    assert len(defect.points) == 24
    assert np.radians(np.abs(angle - 20)).max() * OUTER_MM < 2.5


def test_two_holes_are_two_defects_and_small_breaks_are_none(report_defects):
    two = np.concatenate([vertices_in_cone(6, (1, 0, 0.5), 18), vertices_in_cone(6, (-1, 0, 0.5), 12)])
    first, second = report_defects(rays(6, two))
    assert first.area_cm2 > second.area_cm2
    assert report_defects(rays(6, vertices_in_cone(6, (0, 0, 1), 4))) == []
    assert report_defects(rays(6)) == []


def test_it_is_blind_where_only_the_outer_table_is_lost(report_defects):
    assert report_defects(rays(6, vertices_in_cone(6, (0, 1, 0.2), 15), depth=4.0)) == []


def test_points_do_not_sit_on_the_wall_of_the_cut(report_defects):
    g = spherical_grid(6)
    hole = np.zeros(len(g), dtype=bool)
    hole[vertices_in_cone(6, (0, 0, 1), 20)] = True
    ray_map = rays(6, np.flatnonzero(hole))
    wall = np.flatnonzero(g.grow_region(hole, 1) & ~hole)[::3]
    ray_map.intervals[wall, 0, 1] -= 4.0
    (defect,) = report_defects(ray_map)
    assert np.linalg.norm(defect.points, axis=1) == pytest.approx(OUTER_MM, abs=0.01)
