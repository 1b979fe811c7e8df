"""The method without one of its parts, and the upper bounds, against the complete method on the phantom's head."""

from dataclasses import fields

import numpy as np
import pytest
from helpers_evaluation import phantom_case, table_row
from helpers_intake import write_image
from typer.testing import CliRunner

from SkullRestoreLib._system.progress import run_to_end
from SkullRestoreLib.affine import apply_affine
from SkullRestoreLib.cli import main
from SkullRestoreLib.defects.patch import mesh_area_cm2
from SkullRestoreLib.errors import InputError
from SkullRestoreLib.evaluation.experiments import ablation
from SkullRestoreLib.evaluation.measures.scoring import score_defect
from SkullRestoreLib.evaluation.methods import upper_bounds
from SkullRestoreLib.evaluation.methods.ablated_parts import ABLATED_METHODS, METHOD_PARTS, context_without_part
from SkullRestoreLib.evaluation.methods.compared_methods import (
    OWN_METHOD,
    EvaluationOptions,
    build_context,
    reported_defects,
)
from SkullRestoreLib.evaluation.tables import summary
from SkullRestoreLib.geometry.icosphere import spherical_grid, values_at_level
from SkullRestoreLib.method_parameters import METHOD, MethodParameters
from SkullRestoreLib.prediction import kriging, network
from SkullRestoreLib.settings import Settings

BY_NAME = {part.label: part for part in METHOD_PARTS}


@pytest.fixture(scope="module")
def context():
    return build_context(phantom_case().source, Settings())


def without(context, label):
    (defect,) = ABLATED_METHODS[f"without {label}"](context)
    return defect


# --- taking a part away


@pytest.mark.parametrize("part", METHOD_PARTS, ids=lambda p: p.label)
def test_a_part_that_is_away_changes_numbers_of_its_own_steps_and_leaves_the_method_as_it_is(part):
    changed = METHOD.with_changes(**part.changes)
    steps = {f.name for f in fields(METHOD) if getattr(changed, f.name) != getattr(METHOD, f.name)}
    assert steps == set(part.changes)
    assert steps or part.predictor is not None
    assert MethodParameters() == METHOD


def test_what_is_repeated_without_a_part_begins_where_the_part_first_has_a_say():
    assert {label: part.restart_from for label, part in BY_NAME.items() if part.restart_from != "tables"} == {
        "the refined head frame": "head",
        "separating new from sound bone": "head",
        "the network": "prediction",
        "network and kriging": "prediction",
        "the mirrored head": "prediction",
        "smoothing the correction": "prediction",
        "the distrust of the cut's wall": "prediction",
    }


def test_every_part_has_a_name_of_its_own_and_says_what_replaces_it():
    assert len(ABLATED_METHODS) == len(METHOD_PARTS)
    assert all(part.replacement_text for part in METHOD_PARTS)


@pytest.mark.slow
def test_the_complete_method_is_the_same_before_and_after_a_part_was_away(context):
    (before,) = reported_defects(context.own_reconstruction)
    changed = [
        without(context, label)
        for label in ("the border in voxels", "the reference points", "smoothing the correction")
    ]
    (after,) = reported_defects(context.reconstruct_with(lambda *_: context.predicted_tables))
    assert np.array_equal(before.surface.vertices, after.surface.vertices)
    assert np.array_equal(before.points, after.points)
    assert all(
        defect.surface.vertices.shape != before.surface.vertices.shape
        or (defect.surface.vertices != before.surface.vertices).any()
        for defect in changed
    )


@pytest.mark.slow
def test_without_the_network_the_vault_is_what_kriging_predicts(context):
    tables = BY_NAME["the network"].predictor(context.analysis.rays, context.atlas.model)
    predicted, sigma = kriging.predict_by_kriging(context.analysis.rays, context.atlas.model)
    assert np.allclose(tables.outer, values_at_level(predicted, tables.level)[:, 0])
    assert np.allclose(tables.outer_sigma, values_at_level(sigma, tables.level)[:, 0])
    points = spherical_grid(tables.level).directions * tables.outer[:, None]
    hole = phantom_case().truths[0].over_defect(apply_affine(context.analysis.pose.head_to_ras, points))
    assert tables.missing[hole].mean() > 0.9
    assert tables.missing[tables.vault & ~hole].mean() < 0.1


@pytest.mark.slow
def test_without_the_mirrored_head_the_answer_for_it_does_not_count(context):
    def correct_one_side(features):
        """Correct the outer table by 1 mm on the head itself and by 3 mm on its mirror image."""
        out = np.zeros((len(features), 5, features.shape[-1]))
        out[:, 0] = np.array([[1.0], [3.0]])[: len(features)]
        return out

    def corrected(part):
        parameters = METHOD.with_changes(**part.changes) if part else METHOD
        outer = network.predict(
            correct_one_side, context.analysis.rays, context.atlas.model, parameters=parameters
        ).outer
        return (
            outer
            - values_at_level(
                kriging.predict_by_kriging(context.analysis.rays, context.atlas.model)[0], network.NETWORK_LEVEL
            )[:, 0]
        )

    assert corrected(None) == pytest.approx(2.0)
    assert corrected(BY_NAME["the mirrored head"]) == pytest.approx(1.0)


@pytest.mark.slow
def test_without_fit_and_points_the_surface_is_the_predicted_one(context):
    defect = without(context, "fit and reference points")
    predicted = context.own_reconstruction.fitted_surface.predicted_tables
    head = apply_affine(context.analysis.pose.ras_to_head, defect.surface.vertices)
    corners, weights = spherical_grid(predicted.level).locate_triangles(head)
    assert np.linalg.norm(head, axis=1) == pytest.approx((predicted.outer[corners] * weights).sum(axis=1), abs=0.02)
    assert not len(defect.points)
    assert len(without(context, "the fit to the bone").points)


@pytest.mark.slow
def test_without_its_shrinking_the_standard_error_is_larger(context):
    (complete,) = reported_defects(context.own_reconstruction)
    assert without(context, "the shrinking of the error").sigma_mm.min() > 1.5 * complete.sigma_mm.min()


@pytest.mark.slow
def test_without_the_refinement_the_head_frame_is_the_fitted_one(context):
    changed = context_without_part(BY_NAME["the refined head frame"], context)
    assert not np.array_equal(changed.analysis.pose.ras_to_head, context.analysis.pose.ras_to_head)
    again = context.with_new_analysis(METHOD)
    assert np.array_equal(again.analysis.pose.ras_to_head, context.analysis.pose.ras_to_head)


# --- the upper bounds


@pytest.fixture(scope="module")
def upper_bound_defects(context):
    return upper_bounds.compute_upper_bounds(phantom_case(), context)


@pytest.mark.slow
def test_an_upper_bound_covers_what_our_own_restoration_covers(context, upper_bound_defects):
    (patch,) = context.own_reconstruction.patches
    centre = context.analysis.pose.head_to_ras[:3, 3]
    ours = patch.outer.vertices - centre
    for name in upper_bounds.UPPER_BOUND_NAMES:
        (defect,) = upper_bound_defects[name]
        away = defect.surface.vertices - centre
        assert np.array_equal(defect.surface.faces, patch.outer.faces)
        assert np.cross(ours, away) == pytest.approx(0.0, abs=1e-6)  # on the same rays


@pytest.mark.slow
def test_the_true_table_smoothed_is_nearer_to_the_truth_than_any_restoration(context, upper_bound_defects):
    (truth,) = phantom_case().truths
    reached = {name: score_defect(truth, upper_bound_defects[name]) for name in upper_bounds.UPPER_BOUND_NAMES}
    ours = score_defect(truth, reported_defects(context.own_reconstruction))
    best = reached[upper_bounds.BEST_SMOOTH_PATCH]
    assert best.largest_mm < min(
        ours.largest_mm, reached[upper_bounds.KNOWN_RIM].largest_mm, reached[upper_bounds.BEST_SHAPE_FIT].largest_mm
    )
    assert best.rms_mm < 0.2
    assert best.covered == pytest.approx(ours.covered, abs=0.02)


@pytest.mark.slow
def test_the_area_of_an_upper_bound_is_that_of_its_own_tables_within_our_border(context, upper_bound_defects):
    for name in upper_bounds.UPPER_BOUND_NAMES:
        (defect,) = upper_bound_defects[name]
        assert defect.area_cm2 == pytest.approx(mesh_area_cm2(defect.surface))
    (truth,) = phantom_case().truths
    assert upper_bound_defects[upper_bounds.BEST_SMOOTH_PATCH][0].area_cm2 == pytest.approx(truth.area_cm2, rel=0.03)


# --- the experiment


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("skulls")
    skull = phantom_case().skull
    write_image(root / "000.nrrd", skull.bone.astype(np.uint8), skull.ijk_to_ras)
    return root


@pytest.mark.slow
def test_an_ablation_is_measured_published_and_says_what_replaces_each_part(folder, tmp_path):
    out = tmp_path / "ablation"
    methods = ("without the reference points", "without the extension of the vault")
    text = run_to_end(ablation.run_ablation(folder, 1, EvaluationOptions(methods), out=out))
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["ablation", "ablation.csv", "ablation.md", "ablation.png"]
    assert [line.split(" | ")[0].strip("| ") for line in text.splitlines() if line.startswith("| ")][2:] == [
        OWN_METHOD,
        *methods,
    ]
    assert f"- *{methods[1]}*: {BY_NAME['the extension of the vault'].replacement_text}." in text


@pytest.mark.slow
def test_a_part_that_there_is_not_is_refused_with_those_there_are(folder):
    result = CliRunner().invoke(
        main.app, ["evaluate", "ablation", "--skulls", str(folder), "--methods", "without luck"]
    )
    assert result.exit_code == 2
    assert "without luck is no method" in result.stderr
    assert "without the network" in result.stderr
    with pytest.raises(InputError, match="Nothing is no method"):
        run_to_end(ablation.run_ablation(folder, 1, EvaluationOptions(())))


def test_the_table_counts_cases_that_are_worse_and_better_and_points_lost_and_won():
    complete = [table_row(method=OWN_METHOD, case=c, largest_mm=1.0, points=24) for c in "abcd"]
    less = [
        table_row(method="less", case="a", largest_mm=1.5, points=24),
        table_row(method="less", case="b", largest_mm=1.1, right=False, points=24),
        table_row(method="less", case="c", largest_mm=0.5, points=24),
        table_row(
            method="less", case="d", largest_mm=float("nan"), found=False, right=False, points=24, grade="unacceptable"
        ),
    ]
    first, second = summary.ablation_table([*complete, *less], {"less": "nothing"}).splitlines()[2:4]
    assert first.endswith("| – | – |")
    assert second.endswith("| 1 / 1 | 2 / 0 |")
    assert "75.0" in second
