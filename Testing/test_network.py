"""The spherical network: its convolution against a plain one, its start, its file."""

import numpy as np
import pytest
import torch
from helpers_rays import intervals_of, radial_map, small_model, smooth
from torch.nn import functional

from SkullRestoreLib import network
from SkullRestoreLib.case import DependencyError, Shell, WeightsError
from SkullRestoreLib.grid import grid, padding_table, to_level, upsample, vertex_count
from SkullRestoreLib.network import CHANNELS, LEVEL, SphereConv, SphericalUNet, features, from_charts, load, pad_charts, predict, to_charts
from SkullRestoreLib.shape import fit_shape
from SkullRestoreLib.training.fit import save_weights

STEPS = [(0, 0), (0, 1), (-1, 1), (-1, 0), (0, -1), (1, -1), (1, 0)]
torch.set_num_threads(1)


def numbers(level, channels=3, seed=0):
    """Grid values (1, channels, n), each pole the mean of its five neighbours as the charts see it."""
    values = torch.randn(1, channels, vertex_count(level), generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
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
    """A network whose answer is not zero."""
    torch.manual_seed(3)
    made = SphericalUNet()
    with torch.no_grad():
        for p in made.parameters():
            p += 0.02 * torch.randn_like(p)
    return made.eval()


@pytest.fixture
def file(trained, tmp_path):
    return save_weights(trained, tmp_path / "network.safetensors")


# charts


@pytest.mark.parametrize("level", [0, 1, 2, 3, 5])
def test_charts_are_padded_as_the_grids_table_says(level):
    values = numbers(level)
    padded = pad_charts(to_charts(values))
    np.testing.assert_array_equal(padded[0].movedim(1, 0).numpy(), values[0].numpy()[:, padding_table(level)])


@pytest.mark.parametrize("level", [0, 1, 3, 4])
def test_charts_go_up_a_level_as_the_grid_does(level):
    values = numbers(level)
    made = from_charts(network.upsample_charts(to_charts(values)))[0].numpy()
    np.testing.assert_allclose(made[:, :-2].T, upsample(values[0].numpy().T)[:-2], atol=1e-14)


def test_grid_values_come_back_from_the_charts():
    values = torch.randn(2, 4, vertex_count(3))
    np.testing.assert_array_equal(from_charts(to_charts(values))[..., :-2], values[..., :-2])


def test_a_pole_is_the_mean_of_its_five_geometric_neighbours():
    level = 3
    p = grid(level).directions
    values = torch.randn(1, 2, vertex_count(level), dtype=torch.float64)
    made = from_charts(to_charts(values))
    for pole in (-2, -1):
        nearest = np.argsort(-(p @ p[pole]))[1:6]
        np.testing.assert_allclose(made[0, :, pole], values[0][:, nearest].mean(dim=1))


# the convolution


@pytest.mark.parametrize("level", [0, 1, 2, 3])
def test_a_convolution_on_the_charts_is_the_one_written_vertex_by_vertex(level):
    torch.manual_seed(level)
    conv = SphereConv(3, 4).double()
    torch.nn.init.normal_(conv.bias)
    values = numbers(level)
    made = from_charts(conv(to_charts(values)))[0].detach().numpy()
    plain = by_hand(values[0].numpy(), conv.weight.detach().numpy(), conv.bias.detach().numpy(), level)
    np.testing.assert_allclose(made[:, :-2], plain, atol=1e-12)


@pytest.mark.parametrize("level", [1, 2, 4])
def test_an_even_kernel_sums_exactly_the_geometric_neighbours_of_every_vertex(level):
    conv = SphereConv(1, 1).double()
    torch.nn.init.ones_(conv.weight)
    values = numbers(level, channels=1)
    made = from_charts(conv(to_charts(values)))[0, 0].detach().numpy()
    v, p = values[0, 0].numpy(), grid(level).directions
    cosine = p @ p.T
    np.fill_diagonal(cosine, -2)
    nearest = np.argsort(-cosine, axis=1)[:, :6]
    corners = set(np.argmax(grid(0).directions @ p.T, axis=1))
    for vertex in range(len(p) - 2):
        if vertex in corners:  # five neighbours, one of which the six-fold lattice meets twice
            once = v[vertex] + v[nearest[vertex, :5]].sum()
            assert np.abs(made[vertex] - once - v[nearest[vertex, :5]]).min() < 1e-12
        else:
            assert made[vertex] == pytest.approx(v[vertex] + v[nearest[vertex]].sum(), abs=1e-12)


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
    made = coarse(charts)
    assert made.shape[-2:] == (2 ** (level - 1), 2**level)
    np.testing.assert_allclose(from_charts(made)[0].detach().numpy()[:, :-2], to_level(fine.T, level - 1).T[:, :-2], atol=1e-12)


def test_each_head_of_a_batch_is_seen_on_its_own():
    torch.manual_seed(0)
    conv = SphereConv(3, 2).double()
    one, two = numbers(3, seed=1), numbers(3, seed=2)
    both = conv(to_charts(torch.cat([one, two])))
    np.testing.assert_allclose(both[1].detach(), conv(to_charts(two))[0].detach(), atol=1e-12)


def test_gradients_pass_every_seam():
    conv = SphereConv(1, 1).double()
    torch.nn.init.ones_(conv.weight)
    values = torch.ones(1, 1, vertex_count(2), dtype=torch.float64, requires_grad=True)
    conv(to_charts(values)).sum().backward()
    assert (values.grad[..., :-2] > 5).all()


# the network


def test_an_untrained_network_changes_nothing_of_the_shape_models_answer():
    torch.manual_seed(0)
    made = SphericalUNet().eval()(torch.randn(1, CHANNELS, vertex_count(LEVEL)))
    assert made.shape == (1, 5, vertex_count(LEVEL))
    assert (made == 0).all()


def test_it_has_about_a_million_parameters_and_its_file_is_small(trained, file):
    assert 0.8e6 < sum(p.numel() for p in trained.parameters()) < 1.3e6
    assert file.stat().st_size <= 4e6


def test_predict_starts_from_the_fitted_shape_model_moved_by_the_sound_bone():
    model = small_model()
    true = to_level(model.tables(np.array([1.0, -1, 0.5, 0, 0, 0])), LEVEL)
    shell = predict(SphericalUNet().eval(), radial_map(true, LEVEL), model)
    on = shell.vault & (grid(LEVEL).directions[:, 2] > -0.2)
    assert np.abs(shell.outer - true[:, 0])[on].max() < 0.15
    assert np.abs(shell.inner - true[:, 1])[on].max() < 0.15


@pytest.mark.parametrize("level", [6, 7])
def test_a_prediction_lies_on_the_radial_maps_own_level(trained, level):
    model = small_model()
    shell = predict(trained, radial_map(to_level(model.mean, level), level), model)
    assert isinstance(shell, Shell)
    assert shell.level == level
    for name in ("outer", "inner", "outer_sigma", "inner_sigma", "missing"):
        values = getattr(shell, name)
        assert values.shape == (vertex_count(level),)
        assert values.dtype == np.float64
        assert np.isfinite(values).all(), name
    assert shell.vault.dtype == bool
    assert (shell.outer_sigma > 0).all()
    assert ((shell.missing >= 0) & (shell.missing <= 1)).all()


def test_the_same_head_gives_the_same_prediction(trained):
    model = small_model()
    rays = radial_map(to_level(model.mean, LEVEL), LEVEL)
    np.testing.assert_array_equal(predict(trained, rays, model).outer, predict(trained, rays, model).outer)


def test_a_radial_map_that_is_too_coarse_is_refused(trained):
    model = small_model(level=4)
    with pytest.raises(ValueError, match="level 4 or finer"):
        predict(trained, radial_map(to_level(model.mean, 3), 3), model)


def test_a_shell_comes_down_a_level_and_stays_a_shell(trained):
    model = small_model()
    fine = predict(trained, radial_map(to_level(model.mean, 7), 7), model)
    coarse = network.to_level_of(fine, 6)
    np.testing.assert_array_equal(coarse.outer, to_level(fine.outer, 6))
    assert coarse.vault.dtype == bool
    assert network.to_level_of(fine, 7) is fine


# what the network sees


def seen(intervals, tables):
    n = vertex_count(LEVEL)
    return features(intervals, tables, np.ones((n, 2)), np.ones(n, bool), np.full(n, 100.0), LEVEL)


def test_features_are_finite_also_without_any_bone():
    x = seen(np.full((vertex_count(LEVEL), 6, 2), np.nan, np.float32), to_level(small_model().mean, LEVEL))
    assert x.shape == (CHANNELS, vertex_count(LEVEL))
    assert x.dtype == np.float32
    assert np.isfinite(x).all()


def test_a_mirrored_head_shows_mirrored_features():
    flip = grid(LEVEL).mirror
    tables = to_level(small_model().mean, LEVEL) + smooth(LEVEL, 3)[:, None]
    intervals = intervals_of(tables + smooth(LEVEL, 5)[:, None])
    mirrored = seen(intervals, tables)[:, flip]
    mirrored[network._RIGHT] *= -1
    np.testing.assert_allclose(seen(intervals[flip], tables[flip]), mirrored, atol=1e-6)


def test_the_mirror_channels_show_the_other_side():
    tables = to_level(small_model().mean, LEVEL)
    x = seen(intervals_of(tables + smooth(LEVEL, 5)[:, None]), tables)
    np.testing.assert_array_equal(x[6], x[0][grid(LEVEL).mirror])
    np.testing.assert_array_equal(x[7], x[2][grid(LEVEL).mirror])


# the file


def test_weights_come_back_from_their_file(trained, file):
    made = load(file)
    assert not made.training
    for name, value in trained.state_dict().items():
        torch.testing.assert_close(made.state_dict()[name], value, atol=1e-3, rtol=1e-3, check_dtype=False)
    x = torch.randn(1, CHANNELS, vertex_count(LEVEL), generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        torch.testing.assert_close(made(x), trained(x), atol=0.05, rtol=0.02)


def test_a_missing_file_is_said(tmp_path):
    with pytest.raises(WeightsError, match=r"are missing: .* does not exist.*--weights"):
        load(tmp_path / "none.safetensors")


@pytest.mark.parametrize("keep", [0, 5, 200, 100_000])
def test_a_truncated_file_is_said(file, keep):
    file.write_bytes(file.read_bytes()[:keep])
    with pytest.raises(WeightsError, match="cannot be used"):
        load(file)


def test_a_file_that_is_no_safetensors_is_said(file):
    file.write_bytes(b"\x80\x04pickle" * 1000)
    with pytest.raises(WeightsError, match="cannot be used"):
        load(file)


def test_weights_of_another_network_are_said(file):
    from safetensors.torch import save_file

    save_file({"conv.weight": torch.zeros(3, 3)}, str(file))
    with pytest.raises(WeightsError, match="cannot be used"):
        load(file)


def test_weights_that_were_trained_on_other_features_are_said(trained, tmp_path):
    from safetensors.torch import save_file

    state = {k: v for k, v in trained.state_dict().items() if not k.endswith("num_batches_tracked")}
    save_file(state, str(tmp_path / "old.safetensors"))
    with pytest.raises(WeightsError, match="another version of SkullRestore"):
        load(tmp_path / "old.safetensors")


def test_weights_of_another_width_are_said(tmp_path):
    path = save_weights(SphericalUNet(widths=(8, 8, 8, 8, 8)), tmp_path / "small.safetensors")
    with pytest.raises(WeightsError, match="cannot be used"):
        load(path)


def test_without_torch_the_network_says_how_to_install_it(file, monkeypatch):
    monkeypatch.setattr(network, "torch", None)
    with pytest.raises(DependencyError, match="pip install torch"):
        load(file)


def test_what_is_given_to_the_network_is_never_changed(trained):
    model = small_model()
    rays = radial_map(to_level(model.mean, LEVEL), LEVEL)
    before = rays.intervals.copy()
    predict(trained, rays, model)
    fit_shape(rays, model)
    np.testing.assert_array_equal(rays.intervals, before)


def test_the_gradient_through_the_seams_is_that_of_the_values():
    charts = torch.randn(1, 5, 1, 4, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(0), requires_grad=True)
    assert torch.autograd.gradcheck(pad_charts, (charts,))


def test_dropping_the_kernels_corners_is_a_hexagon_on_the_plane():
    # a reference on the plane, far from every seam
    level = 4
    conv = SphereConv(1, 1, bias=False).double()
    charts = to_charts(numbers(level, channels=1))
    plain = functional.conv2d(charts[0], conv.weight * conv.live)
    np.testing.assert_allclose(conv(charts)[0, :, :, 1:-1, 1:-1].detach(), plain.detach(), atol=1e-12)
