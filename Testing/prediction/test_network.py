"""The spherical network in torch and in numpy: its convolution against one written vertex by vertex, its file."""

from functools import partial

import numpy as np
import pytest
from helpers_later import Later, later, torch
from helpers_rays import intervals_from_tables, make_ray_map, small_model, smooth_field

from SkullRestoreLib._system import resources
from SkullRestoreLib.errors import WeightsError
from SkullRestoreLib.geometry.icosphere import padding_table, spherical_grid, upsample, values_at_level, vertex_count
from SkullRestoreLib.prediction import tables_on_grid
from SkullRestoreLib.prediction.features import CHANNEL_COUNT, NETWORK_LEVEL, compute_features, mirror_features
from SkullRestoreLib.prediction.grid_network import GridConvolution, weight_shapes
from SkullRestoreLib.prediction.network import load_network, predict
from SkullRestoreLib.records import VaultTables
from SkullRestoreLib.skull_model.atlas import load_atlas
from SkullRestoreLib.skull_model.shape_model import fit_shape

STEPS = [(0, 0), (0, 1), (-1, 1), (-1, 0), (0, -1), (1, -1), (1, 0)]
functional = Later("torch.nn.functional")
SphereConv, SphericalUNet, from_charts, load_unet, pad_charts, run_unet, to_charts, upsample_charts = later(
    "SkullRestoreLib.prediction.spherical_unet",
    "SphereConv SphericalUNet from_charts load_unet pad_charts run_unet to_charts upsample_charts",
)
(save_weights,) = later("SkullRestoreLib.training.train_network", "save_weights")


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    torch.set_num_threads(1)


def numbers(level, channels=3, seed=0):
    """Grid values (1, channels, n), each pole the mean of its five neighbours as the charts see it."""
    values = torch.randn(
        1, channels, vertex_count(level), generator=torch.Generator().manual_seed(seed), dtype=torch.float64
    )
    return from_charts(to_charts(values))


def by_hand(values, weight, bias, level):
    """The convolution written vertex by vertex: (outputs, n - 2) from values (inputs, n)."""
    table, n = padding_table(level), 2**level
    out = np.zeros((len(weight), vertex_count(level) - 2))
    for chart, row, column in np.ndindex(5, n, 2 * n):
        vertex = table[chart, row + 1, column + 1]
        total = bias.copy()
        for i, j in STEPS:
            total += weight[:, :, 1 + i, 1 + j] @ values[:, table[chart, row + 1 + i, column + 1 + j]]
        out[:, vertex] = total
    return out


@pytest.fixture
def trained():
    """A network whose correction is not zero."""
    torch.manual_seed(3)
    unet = SphericalUNet()
    with torch.no_grad():
        for p in unet.parameters():
            p += 0.02 * torch.randn_like(p)
    return unet.eval()


@pytest.fixture
def file(trained, tmp_path):
    return save_weights(trained, tmp_path / "network.safetensors")


@pytest.fixture
def network(file):
    return load_network(file)


# charts


@pytest.mark.parametrize("level", [0, 1, 2, 3, 5])
def test_charts_are_padded_as_the_padding_table_of_the_grid_says(level):
    values = numbers(level)
    padded = pad_charts(to_charts(values))
    np.testing.assert_array_equal(padded[0].movedim(1, 0).numpy(), values[0].numpy()[:, padding_table(level)])


@pytest.mark.parametrize("level", [0, 1, 3, 4])
def test_charts_are_upsampled_as_the_grid_is(level):
    values = numbers(level)
    result = from_charts(upsample_charts(to_charts(values)))[0].numpy()
    np.testing.assert_allclose(result[:, :-2].T, upsample(values[0].numpy().T)[:-2], atol=1e-14)


def test_grid_values_come_back_from_the_charts():
    values = torch.randn(2, 4, vertex_count(3))
    np.testing.assert_array_equal(from_charts(to_charts(values))[..., :-2], values[..., :-2])


def test_a_pole_is_the_mean_of_its_five_geometric_neighbours():
    level = 3
    p = spherical_grid(level).directions
    values = torch.randn(1, 2, vertex_count(level), dtype=torch.float64)
    result = from_charts(to_charts(values))
    for pole in (-2, -1):
        nearest = np.argsort(-(p @ p[pole]))[1:6]
        np.testing.assert_allclose(result[0, :, pole], values[0][:, nearest].mean(dim=1))


# the convolution


@pytest.mark.parametrize("level", [0, 1, 2, 3])
def test_a_convolution_on_the_charts_is_the_one_written_vertex_by_vertex(level):
    torch.manual_seed(level)
    conv = SphereConv(3, 4).double()
    torch.nn.init.normal_(conv.bias)
    values = numbers(level)
    result = from_charts(conv(to_charts(values)))[0].detach().numpy()
    plain = by_hand(values[0].numpy(), conv.weight.detach().numpy(), conv.bias.detach().numpy(), level)
    np.testing.assert_allclose(result[:, :-2], plain, atol=1e-12)


@pytest.mark.parametrize("level", [1, 2, 4])
def test_an_even_kernel_sums_exactly_the_geometric_neighbours_of_every_vertex(level):
    conv = SphereConv(1, 1).double()
    torch.nn.init.ones_(conv.weight)
    values = numbers(level, channels=1)
    result = from_charts(conv(to_charts(values)))[0, 0].detach().numpy()
    v, p = values[0, 0].numpy(), spherical_grid(level).directions
    cosine = p @ p.T
    np.fill_diagonal(cosine, -2)
    nearest = np.argsort(-cosine, axis=1)[:, :6]
    corners = set(np.argmax(spherical_grid(0).directions @ p.T, axis=1))
    for vertex in range(len(p) - 2):
        if vertex in corners:  # five neighbours, one of which the six-fold lattice meets twice
            once = v[vertex] + v[nearest[vertex, :5]].sum()
            assert np.abs(result[vertex] - once - v[nearest[vertex, :5]]).min() < 1e-12
        else:
            assert result[vertex] == pytest.approx(v[vertex] + v[nearest[vertex]].sum(), abs=1e-12)


def test_the_two_dead_corners_of_the_kernel_do_nothing():
    conv = SphereConv(2, 2).double()
    before = conv(to_charts(numbers(2, channels=2)))
    with torch.no_grad():
        conv.weight[:, :, 0, 0] += 9
        conv.weight[:, :, 2, 2] -= 9
    np.testing.assert_array_equal(conv(to_charts(numbers(2, channels=2))).detach(), before.detach())


@pytest.mark.parametrize("level", [1, 2, 3])
def test_a_convolution_with_stride_two_lands_on_the_coarser_grids_vertices(level):
    torch.manual_seed(0)
    conv, coarse = SphereConv(3, 2).double(), SphereConv(3, 2, stride=2).double()
    coarse.load_state_dict(conv.state_dict())
    charts = to_charts(numbers(level))
    fine = from_charts(conv(charts))[0].detach().numpy()
    result = coarse(charts)
    assert result.shape[-2:] == (2 ** (level - 1), 2**level)
    np.testing.assert_allclose(
        from_charts(result)[0].detach().numpy()[:, :-2], values_at_level(fine.T, level - 1).T[:, :-2], atol=1e-12
    )


def test_heads_of_one_batch_do_not_mix():
    torch.manual_seed(0)
    conv = SphereConv(3, 2).double()
    first, second = numbers(3, seed=1), numbers(3, seed=2)
    both = conv(to_charts(torch.cat([first, second])))
    np.testing.assert_allclose(both[1].detach(), conv(to_charts(second))[0].detach(), atol=1e-12)


def test_gradients_pass_every_seam():
    conv = SphereConv(1, 1).double()
    torch.nn.init.ones_(conv.weight)
    values = torch.ones(1, 1, vertex_count(2), dtype=torch.float64, requires_grad=True)
    conv(to_charts(values)).sum().backward()
    assert (values.grad[..., :-2] > 5).all()


# the network


def test_an_untrained_network_corrects_nothing():
    torch.manual_seed(0)
    result = SphericalUNet().eval()(torch.randn(1, CHANNEL_COUNT, vertex_count(NETWORK_LEVEL)))
    assert result.shape == (1, 5, vertex_count(NETWORK_LEVEL))
    assert (result == 0).all()


def test_it_has_about_a_million_parameters_and_its_file_is_small(trained, file):
    assert 0.8e6 < sum(p.numel() for p in trained.parameters()) < 1.3e6
    assert file.stat().st_size <= 4e6


def test_predict_starts_from_the_fitted_shape_model_moved_by_the_sound_bone():
    model = small_model()
    true = values_at_level(model.reconstruct_tables(np.array([1.0, -1, 0.5, 0, 0, 0])), NETWORK_LEVEL)
    tables = predict(partial(run_unet, SphericalUNet().eval()), make_ray_map(true, NETWORK_LEVEL), model)
    on_vault = tables.vault & (spherical_grid(NETWORK_LEVEL).directions[:, 2] > -0.2)
    assert np.abs(tables.outer - true[:, 0])[on_vault].max() < 0.15
    assert np.abs(tables.inner - true[:, 1])[on_vault].max() < 0.15


@pytest.mark.parametrize("level", [6, 7])
def test_a_prediction_is_on_the_level_of_the_rays(network, level):
    model = small_model()
    tables = predict(network, make_ray_map(values_at_level(model.mean, level), level), model)
    assert isinstance(tables, VaultTables)
    assert tables.level == level
    for name in ("outer", "inner", "outer_sigma", "inner_sigma", "missing"):
        values = getattr(tables, name)
        assert values.shape == (vertex_count(level),)
        assert values.dtype == np.float64
        assert np.isfinite(values).all(), name
    assert tables.vault.dtype == bool
    assert (tables.outer_sigma > 0).all()
    assert ((tables.missing >= 0) & (tables.missing <= 1)).all()


def test_the_same_head_gives_the_same_prediction(network):
    model = small_model()
    rays = make_ray_map(values_at_level(model.mean, NETWORK_LEVEL), NETWORK_LEVEL)
    np.testing.assert_array_equal(predict(network, rays, model).outer, predict(network, rays, model).outer)


def test_rays_on_too_coarse_a_level_are_refused(network):
    model = small_model(level=4)
    with pytest.raises(ValueError, match="level 4 or finer"):
        predict(network, make_ray_map(values_at_level(model.mean, 3), 3), model)


def test_tables_on_a_coarser_level_keep_their_values_and_their_vault(network):
    model = small_model()
    fine = predict(network, make_ray_map(values_at_level(model.mean, 7), 7), model)
    coarse = tables_on_grid.tables_at_level(fine, 6)
    np.testing.assert_array_equal(coarse.outer, values_at_level(fine.outer, 6))
    assert coarse.vault.dtype == bool
    assert tables_on_grid.tables_at_level(fine, 7) is fine


# the same network in numpy


@pytest.mark.parametrize(("inputs", "outputs"), [(3, 4), (6, 2)])
@pytest.mark.parametrize("level", [0, 1, 2, 3])
def test_a_convolution_in_numpy_is_the_one_written_vertex_by_vertex(level, inputs, outputs):
    draw = np.random.default_rng(level)
    weight, bias = draw.normal(size=(outputs, inputs, 3, 3)), draw.normal(size=outputs)
    values = numbers(level, channels=inputs)[0].numpy()
    result = GridConvolution.from_weights(weight, bias)(values.T.astype(np.float32))
    np.testing.assert_allclose(result.T, by_hand(values, weight, bias, level), atol=1e-4)
    if level:
        coarse = GridConvolution.from_weights(weight, bias, stride=2)(values.T.astype(np.float32))
        with_poles = np.concatenate([result, np.zeros((2, outputs), np.float32)])
        np.testing.assert_allclose(coarse, values_at_level(with_poles, level - 1)[:-2], atol=1e-5)


@pytest.mark.parametrize("shipped", [True, False])
def test_numpy_and_torch_compute_the_same_corrections_from_one_file(file, shipped):
    path = resources.weights_path("network.safetensors") if shipped else file
    draw = np.random.default_rng(5)
    heads = draw.normal(size=(2, CHANNEL_COUNT, vertex_count(NETWORK_LEVEL))).astype(np.float32)
    result, expected = load_network(path)(heads), run_unet(load_unet(path), heads)
    assert result.shape == expected.shape
    assert np.abs(expected[:, :2]).max() > 0.1
    assert np.abs(result - expected).max() < 1e-4


@pytest.fixture(scope="module")
def shape_model():
    return load_atlas(resources.weights_path("shape.safetensors")).model


@pytest.mark.slow
@pytest.mark.parametrize("axis", [(0.6, 0.2, 0.77), (-0.8, -0.3, 0.52), (0.0, 0.9, 0.44)])
def test_numpy_and_torch_predict_the_same_tables_to_a_thousandth_of_a_millimetre(shape_model, axis):
    path = resources.weights_path("network.safetensors")
    scores = np.random.default_rng(int(100 * axis[2])).normal(size=len(shape_model.modes))
    damaged = values_at_level(shape_model.reconstruct_tables(scores), NETWORK_LEVEL)
    hole = spherical_grid(NETWORK_LEVEL).directions @ axis > 0.9
    damaged[hole] = np.nan
    rays = make_ray_map(damaged, NETWORK_LEVEL)
    one = predict(load_network(path), rays, shape_model)
    other = predict(partial(run_unet, load_unet(path)), rays, shape_model)
    for name in ("outer", "inner", "outer_sigma", "inner_sigma", "missing"):
        assert np.abs(getattr(one, name) - getattr(other, name)).max() < 1e-3, name
    assert one.missing[hole & one.vault].mean() > 0.5


def test_the_list_of_weights_is_that_of_the_network_in_torch(trained):
    state = {k: tuple(v.shape) for k, v in trained.state_dict().items() if not k.endswith("num_batches_tracked")}
    assert weight_shapes() == state


# features


def features(intervals, tables):
    n = vertex_count(NETWORK_LEVEL)
    return compute_features(intervals, tables, np.ones((n, 2)), np.ones(n, bool), np.full(n, 100.0), NETWORK_LEVEL)


def test_features_are_finite_also_without_any_bone():
    x = features(
        np.full((vertex_count(NETWORK_LEVEL), 6, 2), np.nan, np.float32),
        values_at_level(small_model().mean, NETWORK_LEVEL),
    )
    assert x.shape == (CHANNEL_COUNT, vertex_count(NETWORK_LEVEL))
    assert x.dtype == np.float32
    assert np.isfinite(x).all()


def test_a_mirrored_head_has_mirrored_features():
    flip = spherical_grid(NETWORK_LEVEL).mirror_vertices
    tables = values_at_level(small_model().mean, NETWORK_LEVEL) + smooth_field(NETWORK_LEVEL, 3)[:, None]
    intervals = intervals_from_tables(tables + smooth_field(NETWORK_LEVEL, 5)[:, None])
    mirrored = mirror_features(features(intervals, tables))
    np.testing.assert_allclose(features(intervals[flip], tables[flip]), mirrored, atol=1e-6)


def test_the_mirror_channels_show_the_other_side():
    tables = values_at_level(small_model().mean, NETWORK_LEVEL)
    x = features(intervals_from_tables(tables + smooth_field(NETWORK_LEVEL, 5)[:, None]), tables)
    np.testing.assert_array_equal(x[6], x[0][spherical_grid(NETWORK_LEVEL).mirror_vertices])
    np.testing.assert_array_equal(x[7], x[2][spherical_grid(NETWORK_LEVEL).mirror_vertices])


# the file


def test_weights_come_back_from_their_file(trained, file):
    result = load_unet(file)
    assert not result.training
    for name, value in trained.state_dict().items():
        torch.testing.assert_close(result.state_dict()[name], value, atol=1e-3, rtol=1e-3, check_dtype=False)
    x = torch.randn(1, CHANNEL_COUNT, vertex_count(NETWORK_LEVEL), generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        torch.testing.assert_close(result(x), trained(x), atol=0.05, rtol=0.02)


def test_a_missing_file_is_reported(tmp_path):
    with pytest.raises(WeightsError, match=r"are missing: .* does not exist.*--weights"):
        load_network(tmp_path / "none.safetensors")


@pytest.mark.parametrize("keep", [0, 5, 200, 100_000])
def test_a_truncated_file_is_reported(file, keep):
    file.write_bytes(file.read_bytes()[:keep])
    with pytest.raises(WeightsError, match="cannot be used"):
        load_network(file)


def test_a_file_that_is_no_safetensors_is_reported(file):
    file.write_bytes(b"\x80\x04pickle" * 1000)
    with pytest.raises(WeightsError, match="cannot be used"):
        load_network(file)


def test_weights_of_another_network_are_reported(file):
    from safetensors.torch import save_file

    save_file({"conv.weight": torch.zeros(3, 3)}, str(file))
    with pytest.raises(WeightsError, match="cannot be used"):
        load_network(file)


def test_weights_that_were_trained_on_other_features_are_reported(trained, tmp_path):
    from safetensors.torch import save_file

    state = {k: v for k, v in trained.state_dict().items() if not k.endswith("num_batches_tracked")}
    save_file(state, str(tmp_path / "old.safetensors"))
    with pytest.raises(WeightsError, match="another version of SkullRestore"):
        load_network(tmp_path / "old.safetensors")


def test_weights_of_another_width_are_reported(tmp_path):
    path = save_weights(SphericalUNet(widths=(8, 8, 8, 8, 8)), tmp_path / "small.safetensors")
    with pytest.raises(WeightsError, match="cannot be used"):
        load_network(path)


def test_the_input_of_the_network_is_never_changed(network):
    model = small_model()
    rays = make_ray_map(values_at_level(model.mean, NETWORK_LEVEL), NETWORK_LEVEL)
    before = rays.intervals.copy()
    predict(network, rays, model)
    fit_shape(rays, model)
    np.testing.assert_array_equal(rays.intervals, before)


def test_the_gradient_through_the_seams_is_that_of_the_values():
    charts = torch.randn(
        1, 5, 1, 4, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(0), requires_grad=True
    )
    assert torch.autograd.gradcheck(pad_charts, (charts,))


def test_the_gradient_of_interpolated_charts_is_that_of_the_values():
    charts = to_charts(numbers(2, channels=2)).requires_grad_()
    assert torch.autograd.gradcheck(upsample_charts, (charts,))


def test_charts_are_joined_by_their_channels():
    torch.manual_seed(0)
    conv = SphereConv(5, 2).double()
    first, second = to_charts(numbers(2, channels=3)), to_charts(numbers(2, channels=2, seed=1))
    assert torch.autograd.gradcheck(pad_charts, (first.requires_grad_(), second.requires_grad_()))
    np.testing.assert_array_equal(conv(first, second).detach(), conv(torch.cat([first, second], dim=2)).detach())


def pad_plainly(*parts):
    """The padding as one gather through the grid's table, with torch's own gradient."""
    values = from_charts(torch.cat(parts, dim=2))
    level = int(np.log2(parts[0].shape[-2]))
    return values[..., torch.from_numpy(padding_table(level))].movedim(2, 1)


def test_the_network_learns_as_one_that_is_written_plainly(monkeypatch):
    """The written-out gradients and the order of the numbers in memory change nothing but the rounding."""
    torch.manual_seed(0)
    unet = SphericalUNet((4, 3, 3, 3, 3)).double().train()
    torch.nn.init.normal_(unet.fine.weight)
    features = torch.randn(2, CHANNEL_COUNT, vertex_count(5), dtype=torch.float64)

    def loss_and_gradient():
        unet.zero_grad()
        loss = (unet(features) ** 2).mean()
        loss.backward()
        return [loss.detach(), *(p.grad.clone() for p in unet.parameters())]

    quick = loss_and_gradient()
    monkeypatch.setattr("SkullRestoreLib.prediction.spherical_unet.pad_charts", pad_plainly)
    for here, there in zip(quick, loss_and_gradient(), strict=True):
        np.testing.assert_allclose(here, there, rtol=1e-7, atol=1e-11)


def test_dropping_the_kernels_corners_is_a_hexagon_on_the_plane():
    # a reference on the plane, far from every seam
    level = 4
    conv = SphereConv(1, 1, bias=False).double()
    charts = to_charts(numbers(level, channels=1))
    plain = functional.conv2d(charts[0], conv.weight * conv.live)
    np.testing.assert_allclose(conv(charts)[0, :, :, 1:-1, 1:-1].detach(), plain.detach(), atol=1e-12)
