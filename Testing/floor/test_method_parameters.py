"""The numbers of the method: one immutable record, documented and used, and no number of the method elsewhere."""

import ast
import re
from dataclasses import FrozenInstanceError, fields, replace
from pathlib import Path

import pytest

from SkullRestoreLib import method_parameters
from SkullRestoreLib.method_parameters import METHOD, MethodParameters

LIBRARY = Path(method_parameters.__file__).parent
DECISIONS = {path.name[:4] for path in (LIBRARY.parent / "docs" / "decisions").glob("[0-9]*.md")}
STEPS = [step.name for step in fields(METHOD)]

TECHNICAL = {
    "COARSE_GRID_MM", "_FIELD_OF_VIEW_GRID_MM", "_BELOW_ISO_HU", "_SEARCH_POINTS", "_REFINED_POSES", "_PARALLEL_FITS",
    "_SAME_ROTATION_TRACE", "NETWORK_LEVEL", "CHANNEL_COUNT", "MM_SCALE", "RIGHT_CHANNEL", "UNET_WIDTHS",
    "MIN_RADIUS_MM", "MAX_RADIUS_MM", "SAMPLE_STEP_MM", "MAX_INTERVALS", "_RAYS_PER_BLOCK", "_RUN_LENGTH",
    "_PIXEL_DEG", "_BOX_MARGIN_MM", "_MAX_SOUND_SAMPLES", "_NEAREST_SAMPLES", "_SUBSAMPLES", "_SURROUNDING_RINGS",
    "_FORCED_HEIGHT", "_SEARCH_STEP_MM", "_ALTERNATIVE_OFFSETS", "_OFFSET_PENALTY", "_TANGENT_HALF_LENGTH_MM",
    "_NORMAL_STEP", "CERTAIN", "COMMON_BONE_SHARE", "_MOST_FOLLOWED", "NORM_EPSILON", "_MIN_ERASED_SAMPLES",
    "_RANKED_WITH_EVERY", "HIDDEN_COUNT", "_MIN_SOUND_RAYS", "_SAME_POSITION_TRACE", "_ROUNDS", "OUTPUT_COUNT",
    "_STEP_MM", "MIN_BURR_HOLES", "DENSITY_SAMPLES", "KERF_SAMPLES", "_CORNER_VOXELS", "_LAYER_STEP",
    "_MEAN_HEAD_LEVEL", "_VAULT_LEVEL", "_NEAREST_MM", "_FURTHEST_MM", "_BINS_ACROSS", "_ROUNDS_WITH_ALL",
    "_VAULT_RADIUS_MM", "_LEAST_LEFT", "_MOST_LEFT", "_LONGEST_STEP", "_MOST_HELD_BACK", "_KEPT_FACTORS",
    "_NEAREST_CORNER", "_HALF_WAY_MM", "_LEAST_WEIGHT", "_LEVELS_BETWEEN_REFERENCES",
    "MIDDLE_SAMPLES", "OUTER_SAMPLES", "TABLE_SAMPLES", "CAPACITY_UNITS",
    "_OUTLINE_STEP_MM", "BEYOND_IMAGE_HU", "START_RADIUS_MM", "_ROWS_PER_BLOCK",
    "_AT_REST_MM", "_MOST_STEPS", "_SAME_START_DEG", "_LEAST_POINTS", "_FITTED_POINTS",
}  # fmt: skip
"""How finely something is sampled, searched or drawn, and the architecture of what was trained: these decide how exact
and how fast a step is, not what it finds."""
ANATOMY = {"_CORONAL_SUTURE_DEG", "_LAMBDOID_SUTURE_DEG", "_SQUAMOUS_SUTURE_DEG", "_ORBITAL_ROOF_DEG"}
"""Where bones meet on the mean skull."""
INPUT_CHECKS = {
    "AIR_RANGE_HU", "SOFT_RANGE_HU", "TISSUE_CONTRAST_HU", "_MIN_SPAN", "_SAMPLE_VOXELS", "_BLOCK_MM", "_MASSIVE_MM",
    "_PEAK_PART", "_PEAK_DISTANCE", "_MIN_PEAK_SHARE", "_NEAR", "_WRAP_12_BITS", "_BONE_HU", "_CLIPPED_SHARE",
    "_FULL_SCALE_HU", "_EMPTY_HU", "_EMPTY_SHARE", "_CUT_AIR_SHARE", "_LIMIT_HU", "_NEAR_LIMIT_HU", "_MOST_OF_IMAGE",
    "_CALIBRATED_AIR_HU", "_CALIBRATED_SOFT_HU",
}  # fmt: skip
"""Numbers with which the values of an input are questioned: they refuse it or add a note, and change no surface."""


def documented_fields():
    """Yield record, field and the text below it, as written in the source."""
    for record in ast.parse(Path(method_parameters.__file__).read_text(encoding="utf-8")).body:
        if isinstance(record, ast.ClassDef) and record.name != "MethodParameters":
            for number, statement in zip(record.body, record.body[1:], strict=False):
                if isinstance(number, ast.AnnAssign):
                    is_text = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
                    yield record.name, number.target.id, str(statement.value.value) if is_text else ""


FIELDS = list(documented_fields())


def test_every_number_of_every_step_is_seen_by_these_tests():
    records = [type(getattr(METHOD, step)).__name__ for step in STEPS]
    assert {(record, name) for record, name, _ in FIELDS} == {
        (record, one.name) for record, step in zip(records, STEPS, strict=True) for one in fields(getattr(METHOD, step))
    }
    assert len(FIELDS) > 100


@pytest.mark.parametrize(("record", "name", "text"), FIELDS, ids=[f"{record}.{name}" for record, name, _ in FIELDS])
def test_a_number_says_what_it_decides_and_names_decisions_that_there_are(record, name, text):
    assert len(text.split()) >= 4, f"{record}.{name} needs a sentence below it"
    assert set(re.findall(r"decision\s+(\d{4})", text)) <= DECISIONS


def test_every_number_is_used():
    sources = "".join(
        path.read_text(encoding="utf-8") for path in LIBRARY.rglob("*.py") if path.name != "method_parameters.py"
    )
    unused = [f"{record}.{name}" for record, name, _ in FIELDS if not re.search(rf"\.{name}\b", sources)]
    assert not unused


def test_the_clinical_steps_have_no_other_numbers_that_decide_something():
    found = {}
    for package in ("segmentation", "pose", "prediction", "defects", "skull_model"):
        for path in (LIBRARY / package).glob("*.py"):
            for statement in ast.parse(path.read_text(encoding="utf-8")).body:
                numbers = re.sub(r"'[^']*'", "", ast.unparse(statement.value)) if is_constant(statement) else ""
                if re.search(r"\d", numbers):
                    names = {one.id for one in ast.walk(statement) if isinstance(one, ast.Name)}
                    if new := names - TECHNICAL - ANATOMY - INPUT_CHECKS - {"np"}:
                        found[path.name] = new
    assert not found, f"put them into method_parameters.py: {found}"


def is_constant(statement):
    """Whether a statement gives a name of the module to numbers."""
    if not isinstance(statement, ast.Assign):
        return False
    try:
        ast.literal_eval(statement.value)
    except ValueError:
        return False
    return True


def test_the_method_cannot_be_changed_only_copied():
    with pytest.raises(FrozenInstanceError):
        METHOD.fit.fit_rings = 3
    changed = METHOD.with_changes(fit={"fit_rings": 3}, points={"min_confidence": 0.5})
    assert (changed.fit.fit_rings, changed.points.min_confidence) == (3, 0.5)
    assert METHOD == MethodParameters() != changed
    assert replace(changed, fit=METHOD.fit, points=METHOD.points) == METHOD
    assert len({METHOD, MethodParameters(), changed}) == 2  # caches tell them apart


def test_a_number_or_a_step_that_there_is_not_is_refused():
    with pytest.raises(TypeError, match="fit_ring"):
        METHOD.with_changes(fit={"fit_ring": 3})
    with pytest.raises(AttributeError, match="fitting"):
        METHOD.with_changes(fitting={"fit_rings": 3})
