"""Training the network and the shape model: the samples, the loss, and the fitted shape model."""

import json
from functools import lru_cache

import numpy as np
import pytest
from helpers_later import Later, later, torch
from helpers_rays import intervals_from_tables, small_model, vault_mask
from helpers_training import equal_with_nan, make_intact_skull

from SkullRestoreLib.geometry.icosphere import spherical_grid, vertex_count
from SkullRestoreLib.prediction.features import CHANNEL_COUNT, MM_SCALE, NETWORK_LEVEL, RIGHT_CHANNEL
from SkullRestoreLib.prediction.kriging import GaussianProcessPrior
from SkullRestoreLib.training.fit_shape_model import complete_tables
from SkullRestoreLib.training.shape_blending import ShapeBlender

train_network = Later("SkullRestoreLib.training.train_network")
(loss_terms,) = later("SkullRestoreLib.training.train_network", "loss_terms")
DamagedSkulls, FoldPriors, PreparedSkulls, create_row_files = later(
    "SkullRestoreLib.training.dataset", "DamagedSkulls FoldPriors PreparedSkulls create_row_files"
)


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    torch.set_num_threads(1)


# --- samples


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """Three skulls on the network's grid, one of them in two poses."""
    folder = tmp_path_factory.mktemp("prepared")
    names = ["a", "a", "b", "c"]
    arrays = create_row_files(len(names), folder)
    for row in range(len(names)):
        skull = make_intact_skull(NETWORK_LEVEL, seed=row)
        for array, values in zip(arrays, (skull.intervals, skull.reach, skull.tables), strict=True):
            array[row] = values
    for array in arrays:
        array.flush()
    (folder / "skulls.json").write_text(json.dumps({"rows": names}))
    return PreparedSkulls(folder)


@lru_cache(maxsize=1)
def prior():
    """Takes half a second, and no sample changes it."""
    return GaussianProcessPrior(small_model(4))


def samples(prepared, **options):
    options = {"length": 6, "seed": 5, **options}
    return DamagedSkulls(
        prepared,
        [0, 1, 2],
        FoldPriors([prior(), prior()], [0, 0, 1, 1]),
        **options,
    )


@pytest.mark.slow
def test_a_sample_is_finite_and_has_the_shapes_that_the_network_wants(prepared):
    n = vertex_count(NETWORK_LEVEL)
    for index in range(4):
        sample = samples(prepared)[index]
        assert {k: tuple(v.shape) for k, v in sample.items()} == {
            "x": (CHANNEL_COUNT, n), "start": (2, n), "truth": (2, n), "valid": (2, n), "missing": (n,),
        }  # fmt: skip
        assert all(torch.isfinite(v.float()).all() for v in sample.values())
        assert {sample[k].dtype for k in ("valid", "missing")} == {torch.bool}
        assert {sample[k].dtype for k in ("x", "start", "truth")} == {torch.float32}
        assert sample["valid"].float().mean() > 0.4


@pytest.mark.slow
def test_a_sample_is_decided_by_seed_epoch_and_number(prepared):
    data = samples(prepared)
    first = data[2]
    data[3]
    assert all(torch.equal(first[k], data[2][k]) for k in first)
    assert not torch.equal(first["x"], data[3]["x"])
    assert not torch.equal(first["x"], samples(prepared, seed=6)[2]["x"])
    data.epoch = 1
    assert not torch.equal(first["x"], data[2]["x"])


@pytest.mark.slow
def test_validation_samples_take_the_skulls_in_turn_and_keep_their_truth(prepared):
    data = samples(prepared, augment=False)
    for index in range(3):
        truth, valid = data[index]["truth"].numpy(), data[index]["valid"].numpy()
        expected = prepared.read_row(index % 3).tables.T
        np.testing.assert_array_equal(truth[valid], expected[valid])


@pytest.mark.slow
def test_a_blended_sample_has_another_shape_and_bone_that_fits_its_truth(prepared):
    intact = np.stack([prepared.read_row(row).tables for row in (0, 2)]).astype(float)
    data, plain = (
        samples(prepared, blender=blender, length=8)
        for blender in (ShapeBlender(intact, ["a", "b"], {"a": 0, "b": 0}), None)
    )
    for index in range(4):
        assert not torch.equal(data[index]["truth"], plain[index]["truth"])
        sample = data[index]
        sound = sample["valid"][0] & ~sample["missing"]
        observed = sample["x"][0] * MM_SCALE + sample["start"][0]  # outer table on the rays
        off = (observed - sample["truth"][0])[sound & (sample["x"][2] > 0)].abs()
        assert off.quantile(0.95) < 1.2


@pytest.mark.slow
def test_drawing_a_sample_never_changes_what_is_on_disk(prepared):
    before = [np.array(a) for a in prepared.arrays]
    samples(prepared)[0]
    assert all(equal_with_nan(a, b) for a, b in zip(before, prepared.arrays, strict=True))


# --- loss


def a_batch(seed=0, count=2, n=200):
    rng = np.random.default_rng(seed)
    valid = torch.from_numpy(rng.random((count, 2, n)) < 0.7)
    return {
        "start": torch.from_numpy(rng.normal(80, 3, (count, 2, n))).float(),
        "truth": torch.from_numpy(rng.normal(80, 3, (count, 2, n))).float(),
        "valid": valid,
        "missing": torch.from_numpy(rng.random((count, n)) < 0.3),
    }


@pytest.mark.slow
def test_the_truth_where_it_is_not_valid_does_not_matter():
    batch = a_batch()
    y = torch.randn(2, 5, 200, generator=torch.Generator().manual_seed(0))
    wild = batch | {"truth": torch.where(batch["valid"], batch["truth"], torch.tensor(1e4))}
    for name, value in loss_terms(y, batch).items():
        torch.testing.assert_close(loss_terms(y, wild)[name], value)


@pytest.mark.slow
def test_missing_is_not_learnt_where_the_outer_table_is_unknown():
    batch = a_batch()
    y = torch.randn(2, 5, 200, generator=torch.Generator().manual_seed(0))
    unknown = ~batch["valid"][:, 0]
    other = y.clone()
    other[:, 4][unknown] += 5
    torch.testing.assert_close(loss_terms(other, batch)["missing"], loss_terms(y, batch)["missing"])


@pytest.mark.slow
def test_a_right_answer_costs_less_than_a_wrong_one():
    batch = a_batch()
    right = torch.zeros(2, 5, 200)
    right[:, :2] = batch["truth"] - batch["start"]
    right[:, 4] = torch.where(batch["missing"], 8.0, -8.0)
    terms = loss_terms(right, batch)
    assert terms["outer_mm"] < 1e-4
    assert terms["missing"] < 1e-3
    for channel in (0, 1, 4):
        wrong = right.clone()
        wrong[:, channel] = -wrong[:, channel] + 3
        assert loss_terms(wrong, batch)["loss"] > terms["loss"]


@pytest.mark.slow
def test_errors_are_in_millimetres_and_count_only_the_defect():
    batch = a_batch()
    y = torch.zeros(2, 5, 200)
    y[:, :2] = batch["truth"] - batch["start"]
    y[:, 0] += torch.where(batch["missing"], 2.0, 9.0)
    terms = loss_terms(y, batch)
    assert terms["outer_mm"] == pytest.approx(2.0, abs=1e-4)
    assert terms["inner_mm"] == pytest.approx(0.0, abs=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("lost", ["valid", "missing"])
def test_a_batch_without_any_defect_or_any_truth_has_a_finite_loss(lost):
    batch = a_batch()
    batch[lost] = torch.zeros_like(batch[lost])
    y = torch.zeros(2, 5, 200, requires_grad=True)
    terms = loss_terms(y, batch)
    terms["loss"].backward()
    assert all(torch.isfinite(v) for v in terms.values())
    assert torch.isfinite(y.grad).all()


@pytest.mark.slow
def test_a_variant_is_learnt_with_its_mirror_image(prepared):
    batch = torch.utils.data.default_collate([samples(prepared)[0]])
    both = train_network.add_mirror_images(batch)
    mirror = spherical_grid(NETWORK_LEVEL).mirror_vertices
    right = both["x"][:, RIGHT_CHANNEL]
    torch.testing.assert_close(right[0], right[1])  # what points to the right does so in the image too
    for name, values in both.items():
        assert torch.equal(values[0], batch[name][0])
        changed = [k for k in range(CHANNEL_COUNT) if k != RIGHT_CHANNEL] if name == "x" else slice(None)
        assert torch.equal(values[1][changed][..., mirror], batch[name][0][changed])


# --- statistics


@pytest.mark.slow
def test_a_shape_model_learnt_from_heads_fits_a_new_one_better_than_the_mean_does():
    source = small_model(3)
    draw = np.random.default_rng(0).normal(size=(31, 6))
    maps = [intervals_from_tables(np.where(vault_mask(3)[:, None], source.reconstruct_tables(c), np.nan)) for c in draw]
    learnt = complete_tables(maps[:30], 3, modes=12, rounds=3).build_model(12)
    coefficients, _, _ = learnt.fit(maps[30])
    true, on = source.reconstruct_tables(draw[30]), learnt.vault & source.vault
    assert on.sum() > 0.8 * source.vault.sum()
    gap = np.abs(learnt.reconstruct_tables(coefficients) - true)[on].mean()
    assert gap < 0.3 * np.abs(learnt.mean - true)[on].mean()


@pytest.mark.slow
def test_the_defect_of_a_training_skull_is_not_learnt():
    source = small_model(3)
    draw = np.random.default_rng(0).normal(size=(20, 6))
    maps = [intervals_from_tables(np.where(vault_mask(3)[:, None], source.reconstruct_tables(c), np.nan)) for c in draw]
    hole = spherical_grid(3).directions @ [0.6, 0.0, 0.8] > 0.9
    spoilt = maps[0].copy()
    spoilt[hole, 0] -= 20.0  # new bone on the dura, say
    known = [np.ones(len(hole), bool)] * 20
    known[0] = ~hole
    completed = complete_tables([spoilt, *maps[1:]], 3, modes=8, rounds=3, known=known)
    assert np.abs(completed.tables[0][hole] - source.reconstruct_tables(draw[0])[hole]).max() < 2.5
