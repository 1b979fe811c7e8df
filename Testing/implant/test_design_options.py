"""Step under the scalp, feathered onlay edge and engraved label: measured on the finished body."""

from dataclasses import replace

import numpy as np
import pytest
from helpers_implant import OUTER_MM, as_trimesh, round_patch, round_skull, sample_triangles

from SkullRestoreLib.implant import build_implant
from SkullRestoreLib.implant import checks as checks_module
from SkullRestoreLib.implant.skin_contour import DesignInputs
from SkullRestoreLib.implant.thicken import asked_thickness
from SkullRestoreLib.records import ImplantSettings, Pose
from SkullRestoreLib.settings import FEATHER_EDGE_MM, LABEL_DEPTH_MM

FRONT_UP = np.array([[1.0, 0, 0, 0], [0, 0, 1, 0], [0, -1, 0, 0], [0, 0, 0, 1]])
"""Head frame whose way up is -y of the skull, so that the hole around z is at the front."""


@pytest.fixture(scope="module")
def bone():
    return round_skull(spacing=(0.8, 0.8, 0.8))


def build(bone, *, lift=0.0, wide_mm=8.0, label_text="", **settings):
    patch = round_patch(step=2.4, lift=lift, wide_mm=wide_mm)
    pose, inputs = Pose(FRONT_UP, 0.5, 1.0), DesignInputs(label_text)
    return build_implant(patch, bone, ImplantSettings(**settings), pose=pose, inputs=inputs)


@pytest.mark.slow
@pytest.mark.parametrize("lift", [-0.6, 0.0, 0.7])
def test_the_step_is_the_height_of_the_outer_face_over_the_outer_table(bone, lift):
    checks = build(bone, lift=lift).checks
    assert checks.step_mm.median == pytest.approx(lift, abs=0.06)
    assert checks.step_mm.most - checks.step_mm.least < 0.15
    at_rim = np.isfinite(checks.step_map)
    assert checks.step_map[at_rim] == pytest.approx(lift, abs=0.1)


def test_the_clearance_map_gives_each_vertex_its_distance_to_the_bone(bone):
    body = build(bone)
    assert body.checks.thickness_off_mm is None
    near = np.isfinite(body.checks.clearance_map)
    assert body.checks.clearance_map[near].min() == pytest.approx(1.0, abs=0.1)
    # where the skull is intact, the bone is between 78 and 85 mm from its middle
    assert len(body.checks.clearance_map) == len(body.mesh.vertices)
    assert not near[np.linalg.norm(body.mesh.vertices[:, :2], axis=1) < 5].any()


@pytest.mark.slow
def test_a_feathered_onlay_has_hardly_a_step_at_its_edge_and_its_full_thickness_at_the_gap(bone):
    plain, feathered = (build(bone, onlay_mm=5.0, wide_mm=14, onlay_feather=on) for on in (False, True))
    assert plain.checks.step_mm.median == pytest.approx(1.4, abs=0.1)  # 1.2 mm, 0.2 mm over the bone
    assert feathered.checks.step_mm.median == pytest.approx(FEATHER_EDGE_MM + 0.2, abs=0.12)
    for body in (plain, feathered):
        assert body.checks.failed == ()
        assert as_trimesh(body.mesh).is_volume
    inner = [
        np.linalg.norm(points, axis=1).max()
        for points in (body.mesh.vertices[on_gap(body.mesh.vertices)] for body in (plain, feathered))
    ]
    assert inner[1] == pytest.approx(inner[0], abs=0.12)


def on_gap(points):
    """Which points are within a millimetre of the hole's edge."""
    from helpers_implant import oval_edge

    x, y, z = points.T
    return np.abs(OUTER_MM * (np.arccos(z / np.linalg.norm(points, axis=1)) - oval_edge(np.arctan2(y, x)))) < 1.0


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"fixation": "tabs"}, "A feathered onlay edge and tabs exclude each other"),
        ({"material": "hydroxyapatite"}, "breaks in hydroxyapatite"),
    ],
)
def test_a_feathered_edge_that_would_break_is_refused(wrong, sentence):
    with pytest.raises(ValueError, match=sentence):
        ImplantSettings(onlay_mm=5.0, onlay_feather=True, **wrong)


@pytest.mark.slow
def test_a_countersunk_hole_is_as_wide_as_the_head_at_the_top_and_as_the_screw_below(bone):
    body = build(bone, fixation="tabs", countersink=True, plate="neuro 1.5")
    assert body.checks.failed == ()
    assert as_trimesh(body.mesh).is_volume
    assert len(body.fixations) == 4
    points = sample_triangles(body.mesh.vertices, body.mesh.faces, 0.3)
    for place in body.fixations:
        assert np.linalg.norm(place.position) == pytest.approx(OUTER_MM, abs=0.3)
        along = (points - place.position) @ -place.towards
        across = np.linalg.norm(points - place.position - along[:, None] * -place.towards, axis=1)
        face = np.median(along[(across > 1.8) & (across < 2.6) & (along > 1.0)])
        assert across[np.abs(along - face) < 0.1].min() == pytest.approx(2.8 / 2, abs=0.2)
        assert across[along < face - 0.75].min() == pytest.approx(1.5 / 2, abs=0.1)


def test_a_recess_is_as_deep_as_its_plate(bone):
    body = build(bone, fixation="recesses", plate="micro 1.2")
    assert body.checks.failed == ()
    assert body.checks.thickness_mm.least == pytest.approx(3.5, abs=0.1)


def grooves(body):
    """Places of the engraving seen from inside, (n, 2): right and up in the picture; and how deep they are, (n,)."""
    points = sample_triangles(body.mesh.vertices, body.mesh.faces, 0.25)
    radius = np.linalg.norm(points, axis=1)
    depth = radius - (OUTER_MM - body.settings.thickness_mm)
    chosen = (depth > 0.15) & (depth < 1.0)
    up, to_viewer = np.array([0.0, -1, 0]), np.array([0.0, 0, -1])
    return np.column_stack([points[chosen] @ np.cross(up, to_viewer), points[chosen] @ up]), depth[chosen]


@pytest.fixture(scope="module")
def labelled(bone):
    return build(bone, label=True, label_text="L", perforations=True)


def test_a_label_is_as_deep_as_it_should_be_and_changes_nothing_else(labelled):
    assert labelled.checks.failed == ()
    assert labelled.checks.engraved_mm == pytest.approx(LABEL_DEPTH_MM, abs=0.05)
    assert labelled.checks.thickness_mm.median == pytest.approx(4.0, abs=0.05)
    assert as_trimesh(labelled.mesh).is_volume


def test_a_label_is_read_from_inside_upright_and_the_arrow_after_it_points_up(bone):
    places, depth = grooves(build(bone, label=True, label_text="L"))
    places = places[depth < 0.4]
    inner = places[np.linalg.norm(places - np.median(places, axis=0), axis=1) < 9]
    order = np.sort(inner[:, 0])
    gap = int(np.diff(order).argmax())
    split = (order[gap] + order[gap + 1]) / 2
    letter, arrow = inner[inner[:, 0] < split], inner[inner[:, 0] > split]

    def width(points, top):
        middle = (points[:, 1].min() + points[:, 1].max()) / 2
        half = points[points[:, 1] > middle] if top else points[points[:, 1] < middle]
        return np.ptp(half[:, 0])

    assert width(letter, top=False) > 1.5 * width(letter, top=True)  # the foot of the L
    upper, lower = (letter[sign * (letter[:, 1] - np.median(letter[:, 1])) > 0] for sign in (1, -1))
    assert lower[:, 0].mean() > upper[:, 0].mean()  # and to the right of its stem: not mirrored
    assert width(arrow, top=True) > 1.5 * width(arrow, top=False)


def test_no_perforation_meets_the_label(labelled, bone):
    assert labelled.checks.web_mm is not None
    bare = build(bone, perforations=True)
    assert as_trimesh(labelled.mesh).euler_number > as_trimesh(bare.mesh).euler_number  # fewer holes


def test_a_label_that_is_missing_or_too_deep_does_not_pass(labelled, monkeypatch):
    for depth in (None, 0.6):
        faults = checks_module.drilling_faults(
            replace(labelled.checks, engraved_mm=depth),
            type("Body", (), {"settings": labelled.settings, "is_labelled": True}),
        )
        assert any("label" in fault.sentence for fault in faults)


def test_a_label_that_does_not_fit_is_left_out_with_a_word(bone):
    body = build(bone, label=True, label_text="A name as long as 20")
    assert body.checks.failed == ()
    assert any("no space for a label" in finding for finding in body.findings)


# --- graded thickness, and limits of the material


TEMPLE = np.array([[0.0, 0, 1, 0], [0, 1, 0, 0], [-1, 0, 0, 0], [0, 0, 0, 1]])
"""Head frame whose right is z of the skull, so that the hole around z is at the temple."""


def at_temple(bone, **settings):
    """Implant of a hole whose middle is 29 degrees above the head's middle: on the temporal line."""
    up = np.radians(29.0)
    tilt = np.eye(4)
    tilt[[0, 0, 2, 2], [0, 2, 0, 2]] = np.cos(up), -np.sin(up), np.sin(up), np.cos(up)
    turn = np.eye(4)
    turn[:2, :2] = np.array([[0.0, 1.0], [-1.0, 0.0]]) if settings.pop("across", False) else np.eye(2)
    patch = round_patch(step=2.4)
    return build_implant(patch, bone, ImplantSettings(**settings), pose=Pose(tilt @ TEMPLE @ turn, 0.5, 1.0))


def test_a_graded_implant_is_as_thick_as_asked_on_both_sides_of_the_temporal_line(bone):
    body = at_temple(bone, thickness_mm=5.0, thickness_temporal_mm=2.5, temporal_transition_mm=10.0)
    assert body.checks.failed == ()
    assert as_trimesh(body.mesh).is_volume
    assert body.checks.thickness_mm.least == pytest.approx(2.5, abs=0.2)
    assert body.checks.thickness_mm.most == pytest.approx(5.0, abs=0.2)
    assert max(-body.checks.thickness_off_mm.least, body.checks.thickness_off_mm.most) < 0.15
    # the shell between two spheres, below the line thin and above it thick
    thickness = OUTER_MM - np.linalg.norm(body.mesh.vertices, axis=1)
    assert thickness.max() == pytest.approx(5.0, abs=0.1)


@pytest.mark.slow
def test_a_body_that_is_not_as_thick_as_asked_at_its_place_fails(bone, monkeypatch):
    from SkullRestoreLib.implant import thicken

    as_asked = thicken.graded_offset_height
    monkeypatch.setattr(thicken, "graded_offset_height", lambda height, mm, step: as_asked(height, mm - 0.5, step))
    body = at_temple(bone, thickness_mm=5.0, thickness_temporal_mm=2.5, temporal_transition_mm=10.0)
    assert any("off what was asked" in sentence for sentence in body.checks.failed)


def test_one_thickness_everywhere_is_asked_at_every_place():
    places = np.random.default_rng(0).normal(size=(50, 3)) * 80
    assert (asked_thickness(places, ImplantSettings(thickness_mm=3.0), np.eye(4)) == 3.0).all()


@pytest.mark.parametrize(
    ("chosen", "sentence"),
    [
        ({"thickness_temporal_mm": 2.0, "follow_inner_table": True}, "exclude each other"),
        ({"thickness_temporal_mm": 0.5}, "must be at least 1 mm, or 0"),
        ({"thickness_mm": 8, "thickness_temporal_mm": 2, "temporal_transition_mm": 10}, "at least 18 mm long"),
        ({"thickness_temporal_mm": 1.5, "fixation": "recesses"}, "Thickness must be at least 2 mm with recesses"),
        ({"material": "hydroxyapatite", "material_limits": True, "thickness_mm": 3}, "needs a thickness of at least 4"),
        (
            {
                "material": "PMMA",
                "material_limits": True,
                "perforations": True,
                "perforation_mm": 4,
                "perforation_spacing_mm": 5,
            },
            "leave only 1 mm of material between them, at least 2 mm",
        ),
        ({"material": "PMMA", "material_limits": True, "onlay_mm": 4.0}, "less than the minimum rim thickness, 2 mm"),
    ],
)
def test_a_grading_or_a_material_that_cannot_be_had_is_refused(chosen, sentence):
    with pytest.raises(ValueError, match=sentence):
        ImplantSettings(**chosen)


@pytest.mark.slow
def test_the_limits_of_the_material_hold_for_rim_and_holes(bone):
    settings = {"material": "PMMA", "perforations": True, "perforation_mm": 3.0, "bevel_deg": 45.0}
    thin = build(bone, perforation_spacing_mm=4.0, **settings)
    thick = build(bone, perforation_spacing_mm=5.0, material_limits=True, **settings)
    assert thin.checks.failed == thick.checks.failed == ()
    assert thick.checks.edge_mm > thin.checks.edge_mm + 0.5  # the bevel begins a millimetre deeper
    assert thin.checks.web_mm == pytest.approx(1.0, abs=0.3)
    assert thick.checks.web_mm == pytest.approx(2.0, abs=0.3)
    assert [sentence for sentence in thin.findings if "little material next to a hole for PMMA" in sentence]
    assert not any("PMMA" in sentence for sentence in thick.findings)


@pytest.mark.parametrize("rim_radius_mm", [0.0, 1.0])
def test_a_thick_body_in_an_oblique_direction_is_not_thin_next_to_recesses_and_drilled_holes(bone, rim_radius_mm):
    tilt = np.radians(25)
    body = build(
        bone,
        thickness_mm=5.8,
        rim_radius_mm=rim_radius_mm,
        clearance_mm=1.5,
        fixation="recesses",
        fixation_count=3,
        perforations=True,
        insertion=(np.sin(tilt), 0.0, -np.cos(tilt)),
    )
    assert body.checks.failed == ()
    assert body.checks.edge_mm > 1.5
    assert body.checks.thickness_mm.least == pytest.approx(4.8, abs=0.1)


@pytest.mark.parametrize("fixation", ["recesses", "tabs"])
def test_suture_holes_leave_a_web_to_recesses_and_tabs(bone, fixation):
    body = build(bone, fixation=fixation, fixation_count=3, suture_holes=8)
    assert body.checks.failed == ()
    assert body.checks.web_mm >= body.settings.least_web_mm - 0.3
    assert as_trimesh(body.mesh).is_volume


def test_a_label_without_a_code_and_a_side_is_left_out_aloud(bone):
    body = build(bone, label=True)
    assert body.checks.failed == ()
    assert any("it was left out" in finding for finding in body.findings)
