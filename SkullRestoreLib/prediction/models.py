"""Load what was learnt from other skulls: the network, ready to predict, and the shape statistics that belong to it."""

import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from SkullRestoreLib._system import resources
from SkullRestoreLib._system.alongside import start_alongside
from SkullRestoreLib.errors import SkullRestoreError
from SkullRestoreLib.geometry.icosphere import spherical_grid
from SkullRestoreLib.method_parameters import METHOD, MethodParameters
from SkullRestoreLib.prediction import kriging, network
from SkullRestoreLib.prediction.features import NETWORK_LEVEL
from SkullRestoreLib.records import RayMap, Settings, VaultTables
from SkullRestoreLib.skull_model.atlas import Atlas, load_atlas
from SkullRestoreLib.skull_model.shape_model import ShapeModel

Predictor = Callable[[RayMap, ShapeModel], VaultTables]
"""Predicts the tables of the complete vault from its rays."""


def find_weights_and_atlas(settings: Settings) -> tuple[Path, Atlas]:
    """Find the network's weights and load the shape statistics that belong to them.

    Parameters
    ----------
    settings
        With ``weights`` set, that file, and ``shape.safetensors`` from its folder where there is one; else the files
        that are shipped.

    Returns
    -------
    weights : Path
        File of the network's weights; not opened here.
    atlas : Atlas
        Shape model and template.

    Raises
    ------
    WeightsError
        If a file is missing or damaged.
    """
    path = Path(settings.weights) if settings.weights else resources.weights_path("network.safetensors")
    # a network corrects the shape model that it was trained with, and no other
    own_shape = path.with_name("shape.safetensors")
    if settings.weights and own_shape.is_file():
        return path, load_atlas(own_shape)
    return path, load_atlas(resources.weights_path("shape.safetensors"))


def load_predictor(path: Path, settings: Settings, *, parameters: MethodParameters = METHOD) -> Predictor:
    """Load the network as a predictor.

    Parameters
    ----------
    path
        File of the network's weights.
    settings
        ``device`` is where it computes.
    parameters
        Of the method.

    Raises
    ------
    DependencyError
        If safetensors is not installed, or PyTorch for a graphics card.
    WeightsError
        If the file cannot be used, or the device does not exist.
    """
    return partial(network.predict, network.load_network(path, device=settings.device), parameters=parameters)


def warm_up_in_background() -> None:
    """Load the standard weights, and prepare their prior, on another thread, before a case needs them.

    What goes wrong is said to the first case that needs them.
    """

    def warm_up() -> None:
        with suppress(SkullRestoreError):
            path, atlas = find_weights_and_atlas(Settings())
            load_predictor_in_background(path, Settings(), atlas.model)

    threading.Thread(target=warm_up, name="warm up", daemon=True).start()


def release_prior() -> None:
    """Forget the prior that the last prediction used, 170 MB; the next one makes it while its bone is segmented."""
    kriging.prior_for_model.cache_clear()


def load_predictor_in_background(
    path: Path, settings: Settings, model: ShapeModel, *, parameters: MethodParameters = METHOD
) -> Predictor:
    """Load the network, and make the tables of the grid, on another thread while the bone is segmented.

    Parameters
    ----------
    path
        File of the network's weights.
    settings
        ``device`` is where it computes.
    model
        The shape model, whose prior is prepared too.
    parameters
        Of the method.

    Returns
    -------
    Predictor
        Its first call waits for the network, and raises :class:`WeightsError` if the content of the file cannot be
        used. For a graphics card the network is loaded at once: scipy takes a torch that another thread is still
        loading for a complete one.

    Raises
    ------
    DependencyError
        If PyTorch is asked for and not installed.
    WeightsError
        If there is no such file.
    """
    if not path.is_file() or settings.device != "cpu":
        return load_predictor(path, settings, parameters=parameters)  # raises at once

    def load_and_warm_up() -> Predictor:
        predict = load_predictor(path, settings, parameters=parameters)
        for level in {model.level, max(settings.level, NETWORK_LEVEL)}:
            spherical_grid(level).prepare()
        kriging.prior_for_model(model, parameters)
        return predict

    take = start_alongside(load_and_warm_up)
    return lambda rays, shape_model: take()(rays, shape_model)
