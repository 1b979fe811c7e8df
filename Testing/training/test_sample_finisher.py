"""Samples finished in batches, as on a graphics card, against those that a processor makes one at a time."""

import json
from dataclasses import replace

import numpy as np
import pytest
from helpers_later import later, torch
from helpers_rays import small_model, smooth_field, vault_mask
from helpers_training import make_intact_skull
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from SkullRestoreLib.geometry.icosphere import spherical_grid
from SkullRestoreLib.prediction.features import MM_SCALE, NETWORK_LEVEL
from SkullRestoreLib.prediction.kriging import GaussianProcessPrior

DamagedSkulls, FoldPriors, PreparedSkulls, create_row_files = later(
    "SkullRestoreLib.training.dataset", "DamagedSkulls FoldPriors PreparedSkulls create_row_files"
)
(SampleFinisher,) = later("SkullRestoreLib.training.sample_finisher", "SampleFinisher")
neighbour_table, number_parts = later("SkullRestoreLib.training.torch_grid", "neighbour_table number_parts")
CPU = "cpu"
SAME_MM = 0.001
"""What the network is given may differ by this."""


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Three skulls of two folds, whose models differ in vault and number of modes; a third fold has no skull."""
    folder = tmp_path_factory.mktemp("prepared")
    names = ["a", "b", "c"]
    arrays = create_row_files(len(names), folder)
    for row in range(len(names)):
        skull = make_intact_skull(NETWORK_LEVEL, seed=row)
        for array, values in zip(arrays, (skull.intervals, skull.reach, skull.tables), strict=True):
            array[row] = values
    for array in arrays:
        array.flush()
    (folder / "skulls.json").write_text(json.dumps({"rows": names}))
    first, second = small_model(5), small_model(5, modes=4)
    second = replace(second, vault=second.vault & (spherical_grid(5).directions[:, 2] > -0.2))
    priors = [GaussianProcessPrior(first, exact=False), None, GaussianProcessPrior(second, exact=False)]
    return DamagedSkulls(PreparedSkulls(folder), [0, 1, 2], FoldPriors(priors, [0, 2, 2]), length=12, seed=3)


def drawn(data, indices, *, unfinished):
    data.unfinished = unfinished
    return torch.utils.data.default_collate([data[k] for k in indices])


@pytest.mark.slow
def test_a_batch_is_finished_as_a_processor_makes_its_samples_one_at_a_time(data):
    finisher = SampleFinisher(data.priors.priors, torch.device(CPU))
    for first in (0, 6):
        indices = range(first, first + 6)
        batched, single = finisher.finish(drawn(data, indices, unfinished=True)), drawn(data, indices, unfinished=False)
        assert list(batched) == list(single)
        for name, values in single.items():
            assert batched[name].dtype == values.dtype
            assert batched[name].shape == values.shape
        for name in ("truth", "valid", "missing"):
            assert torch.equal(batched[name], single[name])
        assert (batched["start"] - single["start"]).abs().max() < SAME_MM
        assert (batched["x"] - single["x"]).abs().max() * MM_SCALE < SAME_MM


@pytest.mark.slow
def test_a_sample_does_not_depend_on_the_others_of_its_batch(data):
    finisher = SampleFinisher(data.priors.priors, torch.device(CPU))
    alone, together = (finisher.finish(drawn(data, k, unfinished=True)) for k in ([2], [0, 2, 5]))
    assert (alone["x"][0] - together["x"][1]).abs().max() * MM_SCALE < SAME_MM


@pytest.mark.slow
def test_nothing_but_the_sizes_of_the_matrices_is_read_back_from_the_device(data):
    """Everything else is queued, and the device never waits for the processor."""
    from torch.utils._python_dispatch import TorchDispatchMode

    class Recorder(TorchDispatchMode):
        def __torch_dispatch__(self, function, types, args=(), kwargs=None):
            used.append(function.overloadpacket.__name__)
            return function(*args, **(kwargs or {}))

    finisher, batch, used = (
        SampleFinisher(data.priors.priors, torch.device(CPU)),
        drawn(data, [0, 1], unfinished=True),
        [],
    )
    finisher.finish(batch)
    with Recorder():
        finisher.finish(batch)
    assert len(used) > 100
    assert not {"_local_scalar_dense", "nonzero", "masked_select", "_unique2", "equal"} & set(used)


@pytest.mark.slow
def test_a_matrix_without_a_factor_is_reported_at_the_next_batch(data):
    priors = data.priors.priors
    covariance = priors[0].conditioning.covariance
    finisher, batch = SampleFinisher(priors, torch.device(CPU)), drawn(data, [0, 1, 2, 3], unfinished=True)
    batch["fold"] = torch.zeros_like(batch["fold"])
    finisher.finish(batch)
    finisher.finish(batch)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(priors[0].conditioning, "covariance", covariance + 10 * np.eye(len(covariance), dtype=np.float32))
        spoilt = SampleFinisher(priors, torch.device(CPU))
    spoilt.finish(batch)
    with pytest.raises(torch.linalg.LinAlgError, match="not positive definite"):
        spoilt.finish(batch)


@pytest.mark.slow
def test_priors_of_single_heads_are_refused():
    with pytest.raises(ValueError, match="exact=False"):
        SampleFinisher([GaussianProcessPrior(small_model(3))], torch.device(CPU))


@pytest.mark.parametrize("share", [0.2, 0.5, 0.6, 0.8, 1.0])
def test_parts_are_those_of_a_search_from_vertex_to_vertex(share):
    grid = spherical_grid(4)
    inside = np.stack([np.random.default_rng(seed).random(len(grid)) < share for seed in range(3)])
    inside[2] = smooth_field(4, 1, coarse=2) > 0.3
    there = torch.from_numpy(inside)
    joined = there[:, None] & there[:, neighbour_table(4, torch.device(CPU))]
    for region, parts in zip(inside, number_parts(joined).numpy(), strict=True):
        first, second = (ends[region[grid.edges[0]] & region[grid.edges[1]]] for ends in grid.edges)
        expected = connected_components(
            coo_matrix((np.ones(len(first)), (first, second)), shape=(len(grid),) * 2), directed=False
        )[1]
        assert len(np.unique(parts)) == expected.max() + 1
        assert len(np.unique(np.stack([parts, expected], axis=1), axis=0)) == expected.max() + 1


def test_a_part_like_a_long_thread_is_one_part():
    """A spiral from pole to pole: as many steps from end to end as a part can have."""
    d = spherical_grid(5).directions
    turn = np.arctan2(d[:, 1], d[:, 0]) / (2 * np.pi) + 8 * np.arccos(d[:, 2]) / np.pi
    inside = (turn % 1) < 0.45
    there = torch.from_numpy(inside)[None]
    parts = number_parts(there[:, None] & there[:, neighbour_table(5, torch.device(CPU))])[0].numpy()
    assert len(np.unique(parts[inside & vault_mask(5)])) == len(
        np.unique(spherical_grid(5).connected_parts(inside)[1][vault_mask(5)[inside]])
    )
