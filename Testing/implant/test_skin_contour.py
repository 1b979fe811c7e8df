"""The outer face is raised where muscle was lost, so that the skin over the implant will be as on the other side."""

from dataclasses import replace

import numpy as np
import pytest
from helpers_head import round_tables
from helpers_implant import INNER_MM, OUTER_MM, round_patch, round_skull

from SkullRestoreLib.errors import InputError
from SkullRestoreLib.geometry.icosphere import direction_from_angles, spherical_grid
from SkullRestoreLib.implant import build_implant
from SkullRestoreLib.implant.skin_contour import DesignInputs, SkinContour, SoftTissue, plan_contour
from SkullRestoreLib.implant.temporal import temporal_weight
from SkullRestoreLib.pipeline.implants import design_inputs
from SkullRestoreLib.records import ImplantSettings, Pose, RayMap, SkinMap
from SkullRestoreLib.settings import Settings

SCALP_MM, MUSCLE_MM, HALF_ANGLE = 5.0, 8.0, 0.27
TEMPLE = direction_from_angles(72, 12)
"""The middle of the hole; +x is right."""
RAISED = ImplantSettings(skin_contour="temporal", skin_contour_max_mm=10.0)


def turned_to(direction):
    """(3, 3) rotation that takes z to a direction."""
    side = np.cross([0.0, 0, 1], direction)
    side /= np.linalg.norm(side)
    return np.column_stack([side, np.cross(direction, side), direction])


def edge(angle):
    return HALF_ANGLE + 0 * angle


def over_hole(directions, towards=TEMPLE, radius=HALF_ANGLE):
    return np.arccos(np.clip(directions @ towards, -1, 1)) < radius


@pytest.fixture(scope="module")
def patch():
    return round_patch(edge=edge, pose=turned_to(TEMPLE), step=1.9, wide_mm=6.0)


@pytest.fixture(scope="module")
def bone():
    return round_skull(edge=edge, pose=turned_to(TEMPLE), spacing=(0.8, 0.8, 0.8))


def head(*, left=0.4, shift_mm=0.0):
    """A round head whose right temporal muscle is thinner, ``left`` of what it was."""
    level = 5
    directions = spherical_grid(level).directions
    muscle = MUSCLE_MM * temporal_weight(directions)
    muscle = np.where(directions[:, 0] > 0, left, 1.0) * muscle
    shells = np.full((len(directions), 1, 2), [INNER_MM, OUTER_MM], np.float32)
    lost = over_hole(directions)
    shells[lost] = np.nan
    skin = OUTER_MM + SCALP_MM + muscle
    skin = np.where(lost, skin - 6, skin)  # the flap has sunk into the hole; it is not measured there
    rays = RayMap(level, shells, np.full(len(directions), 130, np.float32))
    pose = Pose(np.eye(4), 0.5, 1.0)
    return SoftTissue(SkinMap(level, skin.astype(np.float32)), round_tables(level), rays, lost, pose)


def at_middle(patch):
    """The vertices of the wide surface within 4 mm of the middle of the hole."""
    return np.linalg.norm(patch.wide_outer.vertices - OUTER_MM * TEMPLE, axis=1) < 4


def test_the_face_is_raised_by_the_muscle_that_is_lost_and_not_at_all_next_to_the_bone(patch):
    plan = plan_contour(patch, head(), RAISED)
    assert isinstance(plan, SkinContour)
    assert plan.muscle_left == pytest.approx(0.4, abs=0.03)
    assert plan.raised_mm[at_middle(patch)].mean() == pytest.approx(0.6 * MUSCLE_MM, abs=0.5)
    from_middle = np.arccos(np.clip(patch.wide_outer.vertices @ TEMPLE / OUTER_MM, -1, 1)) * OUTER_MM
    assert plan.raised_mm[from_middle > OUTER_MM * HALF_ANGLE - 3].max() == 0
    assert plan.raised_mm[from_middle > OUTER_MM * HALF_ANGLE - 5].max() < 0.2


def test_the_setting_limits_how_far_the_face_is_raised(patch):
    plan = plan_contour(patch, head(), RAISED.with_changes(skin_contour_max_mm=2.0))
    assert plan.raised_mm.max() == pytest.approx(2.0, abs=0.05)


def test_the_head_may_be_turned_and_shifted_against_its_frame(patch):
    tissue = head()
    skewed = np.eye(4)
    skewed[0, 3] = 1.5  # the frame's mid-plane is off the head's
    moved = replace(tissue, pose=Pose(skewed, 0.5, 1.0))
    vertices = patch.wide_outer.vertices - [1.5, 0, 0]
    there = replace(
        patch,
        outer=replace(patch.outer, vertices=patch.outer.vertices - [1.5, 0, 0]),
        wide_outer=replace(patch.wide_outer, vertices=vertices),
    )
    np.testing.assert_allclose(
        plan_contour(there, moved, RAISED).raised_mm, plan_contour(patch, tissue, RAISED).raised_mm, atol=1e-6
    )


@pytest.fixture(scope="module")
def bodies(patch, bone):
    pose = Pose(np.eye(4), 0.5, 1.0)
    plain = build_implant(patch, bone, ImplantSettings(), pose=pose)
    inputs = design_inputs(patch, head(), "", RAISED)
    return plain, build_implant(patch, bone, RAISED, pose=pose, inputs=inputs)


def test_a_raised_body_passes_all_checks_and_keeps_its_inner_face_and_its_rim(bodies):
    plain, raised = bodies
    assert plain.checks.failed == raised.checks.failed == ()
    assert (plain.checks.skin, plain.checks.raised_mm) == (None, None)
    lowest = [np.linalg.norm(body.mesh.vertices, axis=1).min() for body in bodies]
    assert lowest[1] == pytest.approx(lowest[0], abs=0.3)
    highest = [np.linalg.norm(body.mesh.vertices, axis=1).max() for body in bodies]
    assert highest[1] - highest[0] == pytest.approx(raised.checks.raised_mm.most, abs=0.2)
    assert raised.checks.step_mm.most == pytest.approx(plain.checks.step_mm.most, abs=0.05)
    assert raised.checks.thickness_mm.least > 4.0
    assert raised.checks.thickness_mm.most == pytest.approx(4.0 + raised.checks.raised_mm.most, abs=0.3)


def test_the_skin_over_a_raised_body_is_nearer_to_the_mirrored_skin(bodies):
    skin = bodies[1].checks.skin
    assert skin.before_p95 == pytest.approx(0.6 * MUSCLE_MM, abs=0.4)
    assert skin.after_mean < 0.5 * skin.before_mean
    assert skin.after_p95 < skin.before_p95
    found = [sentence for sentence in bodies[1].findings if "skin" in sentence]
    assert len(found) == 1
    assert "mirrored" in found[0]


def test_where_it_is_off_nothing_of_the_soft_tissue_matters(patch):
    assert design_inputs(patch, head(), "Elm 27 R", ImplantSettings()) == DesignInputs("Elm 27 R")


def without_skin(tissue):
    return replace(tissue, skin=None)


def with_hole_on_the_other_side(tissue):
    mirrored = TEMPLE * [-1, 1, 1]
    return replace(tissue, lost=tissue.lost | over_hole(spherical_grid(5).directions, mirrored))


def cut_off_at_the_other_side(tissue):
    skin = tissue.skin.radius.copy()
    skin[spherical_grid(5).directions[:, 0] < -0.5] = np.nan
    return replace(tissue, skin=SkinMap(5, skin))


def without_any_skin_found(tissue):
    return replace(tissue, skin=SkinMap(5, np.full_like(tissue.skin.radius, np.nan)))


def without_bone_under_the_muscle(tissue):
    low = (spherical_grid(5).directions[:, 0] > 0) & (temporal_weight(spherical_grid(5).directions) > 0)
    return replace(tissue, lost=tissue.lost | low)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (without_skin, "the input is a bone mask or a model"),
        (with_hole_on_the_other_side, "the other side is not sound"),
        (cut_off_at_the_other_side, "the other side is not sound, or its skin is not in the scan"),
        (without_any_skin_found, "the skin was not found"),
        (without_bone_under_the_muscle, "too little bone under muscle"),
    ],
)
def test_one_sentence_says_why_nothing_is_raised(patch, change, reason):
    inputs = design_inputs(patch, change(head()), "", RAISED)
    assert inputs.contour is None
    (sentence,) = inputs.findings
    assert sentence.startswith("Implant 1: the outer face was not raised for the skin, because ")
    assert reason in sentence


def test_nothing_is_raised_where_both_sides_are_alike(patch):
    (sentence,) = design_inputs(patch, head(left=1.0), "", RAISED).findings
    assert "nowhere would it be lower than on the other side by more than 0.5 mm" in sentence


def test_a_hole_elsewhere_is_not_raised_unless_everywhere_is_asked_for():
    top = round_patch(edge=edge, step=1.9, wide_mm=6.0)
    assert plan_contour(top, head(), RAISED) == "the defect is not over the temporal muscle"


def test_a_filling_of_one_height_and_the_skin_exclude_each_other():
    with pytest.raises((InputError, ValueError), match="Temporal filling and Raise for the skin exclude each other"):
        Settings().implant.with_changes(temporal_fill_mm=3.0, skin_contour="temporal")
