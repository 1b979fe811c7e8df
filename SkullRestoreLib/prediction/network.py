"""The network's prediction: rays and the tables predicted from the sound bone in, corrected tables out.

On the processor the network computes in numpy (:mod:`SkullRestoreLib.prediction.grid_network`), and torch is not even
loaded; on a graphics card it computes in torch.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.errors import DependencyError
from SkullRestoreLib.geometry.icosphere import spherical_grid, values_at_level
from SkullRestoreLib.method_parameters import METHOD, MethodParameters, NetworkParameters
from SkullRestoreLib.prediction import tables_on_grid
from SkullRestoreLib.prediction.features import NETWORK_LEVEL, compute_features, mirror_features
from SkullRestoreLib.prediction.grid_network import GridNetwork, read_weights
from SkullRestoreLib.prediction.kriging import predict_by_kriging
from SkullRestoreLib.records import RayMap, VaultTables
from SkullRestoreLib.skull_model.shape_model import ShapeModel

Network = Callable[[NDArray[np.float32]], NDArray[np.float64]]
"""Computes (b, 5, n) corrections from (b, CHANNEL_COUNT, n) features, as :class:`GridNetwork` does."""


def load_network(path: Path, *, device: str = "cpu") -> Network:
    """Read the network from a safetensors file.

    Parameters
    ----------
    path
        The file.
    device
        Where the network computes: ``"cpu"``, or a graphics card as torch names it, ``"cuda"``, ``"mps"``.

    Returns
    -------
    Network
        Ready to predict.

    Raises
    ------
    DependencyError
        If safetensors is not installed, or torch for a graphics card.
    WeightsError
        If the file is missing, damaged, or of another network, or the device does not exist.
    """
    if device == "cpu":
        return GridNetwork.from_weights(read_weights(path))
    try:
        from SkullRestoreLib.prediction import spherical_unet
    except ImportError:
        raise DependencyError(
            f"The device '{device}' needs PyTorch, which is not installed. Use --device cpu, which needs nothing more, "
            "or install it with `pip install torch` (in 3D Slicer: the PyTorch extension)."
        ) from None
    return partial(spherical_unet.run_unet, spherical_unet.load_unet(path, device=device))


def predict(network: Network, rays: RayMap, model: ShapeModel, *, parameters: MethodParameters = METHOD) -> VaultTables:
    """Predict the tables of the complete vault.

    Parameters
    ----------
    network
        From :func:`load_network`.
    rays
        Bone intervals at level 6 or finer.
    model
        The shape model that the network was trained with.
    parameters
        Of the method.

    Returns
    -------
    VaultTables
        On the level of ``rays``. The standard errors are those of a Laplace distribution.

    Raises
    ------
    ValueError
        If the rays are on a coarser level than the model.

    See Also
    --------
    run_network : the network without the steps before and after it.
    """
    kriged = predict_by_kriging(rays, model, parameters=parameters)
    intervals, tables, sigma, inside, reach = (
        values_at_level(a, NETWORK_LEVEL) for a in (rays.intervals, *kriged, model.vault.astype(float), rays.reach)
    )
    vault = inside > 0.5
    features = compute_features(intervals, tables, sigma, vault=vault, reach=reach, level=NETWORK_LEVEL)
    output = run_network(network, features, parameters=parameters.network)
    laplace = np.sqrt(2) * np.exp(np.clip(output[2:4], -4, 3))
    fields = np.column_stack([tables + output[:2].T, laplace.T, 1 / (1 + np.exp(-output[4]))])
    fields = np.column_stack([values_at_level(fields, rays.level), values_at_level(vault.astype(float), rays.level)])
    return tables_on_grid.tables_from_fields(fields, rays.level)


def run_network(
    network: Network, features: NDArray[np.float32], *, parameters: NetworkParameters = METHOD.network
) -> NDArray[np.float64]:
    """Run the network on a head and on its mirror image, and average.

    Parameters
    ----------
    network
        From :func:`load_network`.
    features
        (CHANNEL_COUNT, n) float32, from :func:`SkullRestoreLib.prediction.features.compute_features` on level 6.
    parameters
        Of this step.

    Returns
    -------
    (5, n) float64
        As the network's, with the two corrections smoothed.
    """
    heads = [features, mirror_features(features)] if parameters.average_mirror_image else [features]
    outputs = network(np.stack(heads))
    output = outputs[0]
    if parameters.average_mirror_image:
        output = (output + outputs[1][:, spherical_grid(NETWORK_LEVEL).mirror_vertices]) / 2
    output[:2] = _smooth_correction(output[:2].T, parameters.smoothing_passes).T
    return output


def _smooth_correction(correction: NDArray[np.float64], passes: int) -> NDArray[np.float64]:
    """Remove from a correction (n, 2) of the tables what is narrower than about a centimetre (decision 0013).

    Along a hole's margin the network follows the wall of the cut by some tenths of a millimetre, up outside and down
    inside. The fit to the bone would carry that ripple into the hole. Where the network is better than kriging, its
    correction is wider than that.
    """
    coarse = values_at_level(correction, NETWORK_LEVEL - 1)
    grid = spherical_grid(NETWORK_LEVEL - 1)
    for _ in range(passes):
        coarse = (coarse + grid.neighbour_sums(coarse)) / 7
    return values_at_level(coarse, NETWORK_LEVEL)
