"""Sprue, vents, overflow and hollow halves of a mould, and the margin ring: measured on the finished triangles."""

import numpy as np
import pytest
from helpers_implant import OUTER_MM, as_trimesh, oval_edge, round_patch, round_skull

from SkullRestoreLib.geometry.ray_caster import RayCaster
from SkullRestoreLib.implant import build_implant
from SkullRestoreLib.implant.chart import CHART_STEP_MM, InsertionChart
from SkullRestoreLib.implant.finish_mesh import SimplifiedMesh
from SkullRestoreLib.implant.mould_channels import place_channels
from SkullRestoreLib.implant.piece_checks import check_mould
from SkullRestoreLib.records import ImplantSettings, Pose

WALL_MM = 3.0


def dome(*, slope=0.0, half_mm=30.0):
    """Chart of a round cavity whose upper side is a dome that rises to one side by a slope."""
    nodes = np.arange(-half_mm - 2, half_mm + 2, CHART_STEP_MM)
    u, v = np.meshgrid(nodes, nodes, indexing="ij")
    height = np.sqrt(85.0**2 - u**2 - v**2) - 85.0 + slope * u
    chart = InsertionChart(np.zeros(3), np.eye(3), nodes[[0, 0]], height)
    return chart, np.where(np.hypot(u, v) < half_mm, height, np.nan)


@pytest.mark.parametrize("slope", [0.0, 0.25])
def test_a_vent_is_where_the_cavity_is_highest_and_the_sprue_at_its_lowest_place(slope):
    chart, top = dome(slope=slope)
    *vents, sprue = place_channels(chart, top)
    peak = 85 * slope / np.hypot(1, slope)  # where the dome is level
    assert [vent.kind for vent in vents] == ["vent"]
    assert vents[0].uv == pytest.approx([peak, 0], abs=0.5)
    assert sprue.kind == "sprue"
    assert np.linalg.norm(sprue.uv) == pytest.approx(25.0, abs=0.6)  # 5 mm from the rim
    assert sprue.height < np.nanmedian(top)


def test_two_summits_have_two_vents():
    chart, top = dome(half_mm=40.0)
    u, v = np.moveaxis(chart.node_uv(), 2, 0)
    two = top + 6 * np.exp(-((np.abs(u) - 20) ** 2 + v**2) / 60)
    vents = [one for one in place_channels(chart, two) if one.kind == "vent"]
    assert sorted(round(vent.uv[0] / 20) for vent in vents) == [-1, 1]


def test_a_body_that_is_too_narrow_has_no_channels():
    assert place_channels(*dome(half_mm=5.0)) == ()


@pytest.fixture(scope="module")
def made():
    """Implants with a solid mould, and with everything that a mould can have."""
    bone = round_skull(spacing=(0.8, 0.8, 0.8))
    everything = {"mould_channels": True, "mould_wall_mm": WALL_MM, "margin_ring": True}
    return [
        build_implant(
            round_patch(step=2.4), bone, ImplantSettings(mould=True, **chosen), pose=Pose(np.eye(4), 0.5, 1.0)
        )
        for chosen in ({}, everything)
    ]


@pytest.mark.slow
def test_a_hollow_mould_with_channels_gives_the_same_cast_from_less_material(made):
    solid, hollow = made
    assert hollow.failed == ()
    assert np.array_equal(solid.mesh.vertices, hollow.mesh.vertices)
    assert all(as_trimesh(half).is_volume for half in hollow.mould)
    for before, after in zip(solid.mould_checks, hollow.mould_checks, strict=True):
        assert after.volume_ml < 0.65 * before.volume_ml
        assert after.off_mm < 0.05


@pytest.mark.slow
def test_no_wall_of_a_hollow_mould_is_thinner_than_asked(made):
    hollow = made[1]
    outward, points = -hollow.insertion_direction, hollow.mesh.vertices
    radius, x, y = np.linalg.norm(points, axis=1), points[:, 0], points[:, 1]
    inside = OUTER_MM * (oval_edge(np.arctan2(y, x)) - np.hypot(x, y) / OUTER_MM) > 4.0
    chart = InsertionChart.over_face(hollow.mesh, outward)
    channels = place_channels(chart, chart.project_mesh(RayCaster(hollow.mesh), from_outside=True))
    for channel in channels:
        inside &= np.linalg.norm(chart.to_uv(points) - channel.uv, axis=1) > channel.top_radius_mm
    faces = (radius > OUTER_MM - 0.1, radius < OUTER_MM - 3.9)
    for half, along, on_face in zip(hollow.mould, (outward, -outward), faces, strict=True):
        away, _ = RayCaster(half).first_hits(points[on_face & inside] + 0.2 * along, along)
        assert np.isfinite(away).any()
        assert away[np.isfinite(away)].min() > WALL_MM - 0.5


@pytest.mark.slow
def test_air_at_the_highest_place_of_the_cavity_leaves_through_a_vent(made):
    hollow = made[1]
    outward = -hollow.insertion_direction
    assert hollow.mould_checks[0].channels == 2
    vertices = hollow.mesh.vertices
    highest = vertices[(vertices @ outward).argmax()]
    rays = RayCaster(hollow.mould[0])
    side = np.cross(outward, [1.0, 0, 0])
    around = [highest - outward + a * side + b * np.cross(outward, side) for a in (-1, 0, 1) for b in (-1, 0, 1)]
    assert np.isinf(rays.first_hits(np.array(around), outward)[0]).any()


@pytest.mark.slow
def test_a_closed_channel_is_reported(made):
    hollow = made[1]
    chart = InsertionChart.over_face(hollow.mesh, -hollow.insertion_direction)
    top = chart.project_mesh(RayCaster(hollow.mesh), from_outside=True)
    solid = [SimplifiedMesh(half, 0.0, 0) for half in made[0].mould]
    outer, _ = check_mould(solid, hollow.mesh, chart, place_channels(chart, top))
    assert outer.failed == ("The outer half of the mould has 0 open channels, 2 were asked for.",)


@pytest.mark.slow
def test_the_margin_ring_repeats_the_edge_of_the_bone(made):
    (ring,), (checks,) = made[1].ring, made[1].ring_checks
    assert as_trimesh(ring).is_volume
    assert as_trimesh(ring).body_count == 1
    x, y, z = ring.vertices[np.linalg.norm(ring.vertices, axis=1) > OUTER_MM - 0.3].T
    beyond = OUTER_MM * (np.arccos(z / np.sqrt(x**2 + y**2 + z**2)) - oval_edge(np.arctan2(y, x)))
    assert beyond.min() > -0.4
    assert beyond.max() == pytest.approx(8.0, abs=1.0)
    assert checks.gap_mm == pytest.approx(0.88, abs=0.2)  # the clearance, less what the ring is wider than the bone
    assert made[0].ring == ()


def test_walls_that_would_bend_are_refused():
    with pytest.raises(ValueError, match="Wall of the mould must be at least"):
        ImplantSettings(mould=True, mould_wall_mm=1.0)
