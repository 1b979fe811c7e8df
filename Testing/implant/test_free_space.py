"""The free space for a body is measured no deeper and no finer than the body needs, and gives the same body."""

from dataclasses import replace

import numpy as np
import pytest
from helpers_implant import round_patch, round_skull

from SkullRestoreLib.implant import build, clearance, cutting_tool
from SkullRestoreLib.implant.bone_surface import distance_to_bone, sample_field, scatter_points
from SkullRestoreLib.implant.chart import CHART_STEP_MM
from SkullRestoreLib.records import ImplantSettings, Mesh, Pose

UPRIGHT = Pose(np.eye(4), 0.5, 1.0)


def spike(x, y, z):
    """A spike of bone below the hole, which cuts a dent into the inner face."""
    return np.minimum(1.5 - np.hypot(x - 6, y), 82.0 - z)


@pytest.fixture(scope="module")
def bone():
    return round_skull(spacing=(0.8, 0.8, 0.8), add=spike)


def layout_of(bone, **settings):
    layout, _ = build.build_layout(round_patch(step=2.4), bone, ImplantSettings(**settings), UPRIGHT, (), ())
    return layout


@pytest.mark.parametrize("thickness_mm", [3.0, 6.0])
def test_the_space_ends_below_the_body(bone, thickness_mm):
    layout = layout_of(bone, thickness_mm=thickness_mm)
    space, chart = layout.free_space, layout.chart
    deepest_mm = float((chart.height - layout.inner_height)[layout.outline.inside_mm > 0].max())
    assert deepest_mm < -space.layer_heights[0] < deepest_mm + 3.0


def test_a_cliff_past_the_margin_makes_the_space_no_deeper(bone):
    patch = round_patch(step=2.4)
    vertices = patch.wide_outer.vertices.copy()
    vertices[np.degrees(np.arctan2(vertices[:, 0], vertices[:, 2])) > 17.0] -= [0.0, 0.0, 30.0]
    fallen = replace(patch, wide_outer=Mesh(vertices, patch.wide_outer.faces))
    layout, _ = build.build_layout(fallen, bone, ImplantSettings(thickness_mm=4.0), UPRIGHT, (), ())
    assert -layout.free_space.layer_heights[0] < 16.0


@pytest.mark.parametrize("clearance_mm", [0.3, 1.0])
def test_close_to_the_clearance_every_node_has_its_measured_distance_and_elsewhere_nearly(bone, clearance_mm):
    layout = layout_of(bone, clearance_mm=clearance_mm)
    space, chart = layout.free_space, layout.chart
    node = np.argwhere(np.abs(space.free_distance) < space.distance_band_mm - 0.1)
    free = space.free_distance[tuple(node.T)]
    places = chart.to_ras(space.corner + node * CHART_STEP_MM)
    away = distance_to_bone(places, layout.bone_surface, 9.0)
    true = np.where(sample_field(bone, places) >= bone.iso, -away, away) - clearance_mm
    close = np.abs(free) < 0.5
    assert close.sum() > 2000
    assert free[close] == pytest.approx(true[close], abs=1e-5)
    assert np.percentile(np.abs(free - true)[~close], 95) < 0.3  # the band is clipped


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"bevel_deg": 20.0, "thickness_mm": 6.0},
        {"rim_radius_mm": 1.0, "clearance_mm": 0.5},
        {"trim_undercuts": False},
    ],
)
def test_the_tool_is_the_same_as_if_every_column_were_worked_on(bone, settings, monkeypatch):
    layout = layout_of(bone, **settings)
    given = (layout.chart, layout.outline, layout.free_space, layout.inner_height, layout.settings)
    quick = cutting_tool.free_distance_of_tool(*given)
    monkeypatch.setattr(cutting_tool, "least_wall_distance", lambda inside, *_: np.full(inside.shape, -np.inf))
    slow = cutting_tool.free_distance_of_tool(*given)
    assert np.array_equal(quick, slow)
    band_mm = layout.free_space.distance_band_mm
    assert (quick < band_mm).any(axis=2).mean() < 0.6


@pytest.mark.parametrize("lean_deg", [30.0, 42.0, 50.0])
def test_nothing_stays_in_the_bone_past_the_rim_where_the_face_is_steep_to_the_insertion(bone, lean_deg):
    # 42 degrees and the hole's own 17 are more than 60: there 0.8 mm in the drawing are more than 1.6 mm on the face.
    lean = np.radians(lean_deg)
    layout = layout_of(bone, insertion=(-np.sin(lean), 0.0, -np.cos(lean)), thickness_mm=4.0)
    body = build.build_body(layout).to_mesh64()
    points, _ = scatter_points(np.asarray(body.vert_properties)[:, :3], np.asarray(body.tri_verts))
    assert not (sample_field(bone, points) >= bone.iso).any()


@pytest.mark.parametrize("shape", [(5, 6, 7), (2, 3, 2)])
def test_values_between_every_other_node_are_interpolated(shape):
    coarse = [np.arange(n // 2 + 1) * 2.0 for n in shape]
    flat = np.add.outer(np.add.outer(coarse[0], 10 * coarse[1]), 100 * coarse[2]).astype(np.float32)
    fine = [np.arange(n, dtype=float) for n in shape]
    wanted = np.add.outer(np.add.outer(fine[0], 10 * fine[1]), 100 * fine[2])
    assert clearance.interpolate_between(flat, shape) == pytest.approx(wanted)
    assert clearance.every_other_node(np.ones(shape, dtype=bool)).shape == flat.shape
