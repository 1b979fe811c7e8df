"""The method without one of its parts, and what somebody who knows the truth would reach: on the phantom's head, beside the whole method."""

import numpy as np
import pytest
from helpers_evaluation import outcome, phantom_case
from helpers_intake import write_image
from typer.testing import CliRunner

from SkullRestoreLib import cli, krige, network
from SkullRestoreLib.case import InputError
from SkullRestoreLib.clock import finish
from SkullRestoreLib.evaluation import ablation, oracle, tables
from SkullRestoreLib.evaluation.judge import judge
from SkullRestoreLib.evaluation.methods import OURS, Options, answers, examine
from SkullRestoreLib.evaluation.parts import PARTS, WITHOUT, taken_away
from SkullRestoreLib.grid import grid, to_level
from SkullRestoreLib.patch import mesh_area_cm2
from SkullRestoreLib.settings import Settings

BY_NAME = {part.what: part for part in PARTS}


@pytest.fixture(scope="module")
def bench():
    return examine(phantom_case().source, Settings())


def without(bench, what):
    (one,) = WITHOUT[f"without {what}"](bench)
    return one


# --- taking a part away


@pytest.mark.parametrize("part", PARTS, ids=lambda p: p.what)
def test_a_part_is_away_inside_the_block_and_back_after_it_even_after_an_error(part):
    def there():
        return [getattr(owner, name) for owner, name, _ in part.switches]

    def failing():
        with taken_away(part):
            inside.extend(there())
            raise ZeroDivisionError

    before, inside = there(), []
    with pytest.raises(ZeroDivisionError):
        failing()
    assert inside == [instead for _, _, instead in part.switches]
    assert inside != before
    assert there() == before


def test_every_part_has_a_name_of_its_own_and_says_what_stands_instead():
    assert len(WITHOUT) == len(PARTS)
    assert all(part.instead and part.switches for part in PARTS)


def test_the_whole_method_is_the_same_before_and_after_a_part_was_away(bench):
    (before,) = answers(bench.ours)
    changed = [without(bench, what) for what in ("the border in voxels", "the reference points", "smoothing the correction")]
    (after,) = answers(bench.reconstruct(lambda *_: bench.shell))
    assert np.array_equal(before.surface.vertices, after.surface.vertices)
    assert np.array_equal(before.points, after.points)
    assert all(
        one.surface.vertices.shape != before.surface.vertices.shape or (one.surface.vertices != before.surface.vertices).any()
        for one in changed
    )


def test_without_the_network_the_vault_is_what_kriging_foretells(bench):
    with taken_away(BY_NAME["the network"]):
        shell = bench.predict(bench.seen.radial, bench.atlas.model)
    foretold, sigma = krige.foretell(bench.seen.radial, bench.atlas.model)
    assert np.allclose(shell.outer, to_level(foretold, shell.level)[:, 0])
    assert np.allclose(shell.outer_sigma, to_level(sigma, shell.level)[:, 0])
    hole = (
        phantom_case()
        .truths[0]
        .holds(
            grid(shell.level).directions * shell.outer[:, None] @ bench.seen.pose.head_to_ras[:3, :3].T + bench.seen.pose.head_to_ras[:3, 3]
        )
    )
    assert shell.missing[hole].mean() > 0.9
    assert shell.missing[shell.vault & ~hole].mean() < 0.1


def test_without_the_mirrored_head_the_answer_for_it_does_not_count(bench):
    torch = pytest.importorskip("torch")

    class Asked(torch.nn.Module):
        """Corrects the outer table by 1 mm on the head itself and by 3 mm on its mirror image."""

        def __init__(self):
            super().__init__()
            self.one = torch.nn.Parameter(torch.ones(1))

        def forward(self, both):
            out = torch.zeros(len(both), 5, both.shape[-1])
            out[:, 0] = torch.tensor([[1.0], [3.0]])[: len(both)]
            return out

    def corrected():
        outer = network.predict(Asked(), bench.seen.radial, bench.atlas.model).outer
        return outer - to_level(krige.foretell(bench.seen.radial, bench.atlas.model)[0], network.LEVEL)[:, 0]

    assert corrected() == pytest.approx(2.0)
    with taken_away(BY_NAME["the mirrored head"]):
        assert corrected() == pytest.approx(1.0)


def test_without_the_tie_and_the_points_the_surface_is_the_predicted_one(bench):
    one = without(bench, "tie and reference points")
    to_head = bench.seen.pose.ras_to_head
    at = one.surface.vertices @ to_head[:3, :3].T + to_head[:3, 3]
    corners, weights = grid(bench.shell.level).locate(at)
    assert np.linalg.norm(at, axis=1) == pytest.approx((bench.shell.outer[corners] * weights).sum(axis=1), abs=0.02)
    assert not len(one.points)
    assert len(without(bench, "the tie to the bone").points)


def test_without_its_shrinking_the_standard_error_is_larger(bench):
    (whole,) = answers(bench.ours)
    assert without(bench, "the error's shrinking").sigma_mm.min() > 1.5 * whole.sigma_mm.min()


def test_without_the_settling_the_head_frame_is_the_fitted_one(bench):
    with taken_away(BY_NAME["the settled head frame"]):
        again = bench.again()
    assert not np.array_equal(again.seen.pose.ras_to_head, bench.seen.pose.ras_to_head)
    assert np.array_equal(bench.again().seen.pose.ras_to_head, bench.seen.pose.ras_to_head)


# --- the floors


@pytest.fixture(scope="module")
def floors(bench):
    return oracle.floors(phantom_case(), bench)


def test_a_floor_covers_what_our_own_restoration_covers(bench, floors):
    (patch,) = bench.ours.patches
    centre = bench.seen.pose.head_to_ras[:3, 3]
    ours = patch.outer.vertices - centre
    for name in oracle.NAMES:
        (floor,) = floors[name]
        away = floor.surface.vertices - centre
        assert np.array_equal(floor.surface.faces, patch.outer.faces)
        assert np.cross(ours, away) == pytest.approx(0.0, abs=1e-6)  # on the same rays


def test_the_true_table_smoothed_is_nearer_to_the_truth_than_any_restoration(bench, floors):
    (truth,) = phantom_case().truths
    reached = {name: judge(truth, floors[name]) for name in oracle.NAMES}
    ours = judge(truth, answers(bench.ours))
    best = reached[oracle.SMOOTH]
    assert best.largest_mm < min(ours.largest_mm, reached[oracle.RIM].largest_mm, reached[oracle.PCA].largest_mm)
    assert best.rms_mm < 0.2
    assert best.covered == pytest.approx(ours.covered, abs=0.02)


def test_the_area_of_a_floor_is_that_of_its_own_tables_within_our_border(bench, floors):
    for name in oracle.NAMES:
        (floor,) = floors[name]
        assert floor.area_cm2 == pytest.approx(mesh_area_cm2(floor.surface))
    (truth,) = phantom_case().truths
    assert floors[oracle.SMOOTH][0].area_cm2 == pytest.approx(truth.area_cm2, rel=0.03)


# --- the experiment


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("skulls")
    skull = phantom_case().skull
    write_image(root / "000.nrrd", skull.bone.astype(np.uint8), skull.ijk_to_ras)
    return root


def test_an_ablation_is_measured_published_and_says_what_stands_instead(folder, tmp_path):
    out = tmp_path / "ablation"
    asked = ("without the reference points", "without the apron")
    text = finish(ablation.run(folder, 1, Options(asked), out=out))
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["ablation", "ablation.csv", "ablation.md", "ablation.png"]
    assert [line.split(" | ")[0].strip("| ") for line in text.splitlines() if line.startswith("| ")][2:] == [OURS, *asked]
    assert f"- *without the apron*: {BY_NAME['the apron'].instead}." in text


def test_a_part_that_there_is_not_is_refused_with_those_there_are(folder):
    made = CliRunner().invoke(cli.app, ["evaluate", "ablation", "--skulls", str(folder), "--methods", "without luck"])
    assert made.exit_code == 2
    assert "without luck is no method" in made.stderr
    assert "without the network" in made.stderr
    with pytest.raises(InputError, match="Nothing is no method"):
        finish(ablation.run(folder, 1, Options(())))


def test_the_table_counts_cases_that_are_worse_and_better_and_points_lost_and_won():
    whole = [outcome(method=OURS, case=c, largest_mm=1.0, points=24) for c in "abcd"]
    less = [
        outcome(method="less", case="a", largest_mm=1.5, points=24),
        outcome(method="less", case="b", largest_mm=1.1, right=False, points=24),
        outcome(method="less", case="c", largest_mm=0.5, points=24),
        outcome(method="less", case="d", largest_mm=float("nan"), found=False, right=False, points=24, grade="unacceptable"),
    ]
    first, second = tables.ablation([*whole, *less], {"less": "nothing"}).splitlines()[2:4]
    assert first.endswith("| – | – |")
    assert second.endswith("| 1 / 1 | 2 / 0 |")
    assert "75.0" in second
