"""What was learnt from other skulls: the network's weights, ready to predict, and the shape statistics that belong to them."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from SkullRestoreLib import krige, resources
from SkullRestoreLib.atlas import Atlas, load_atlas
from SkullRestoreLib.case import RadialMap, Settings, Shell
from SkullRestoreLib.shape import ShapeModel

Predictor = Callable[[RadialMap, ShapeModel], Shell]


def load(settings: Settings) -> tuple[Path, Atlas]:
    """Where the network's weights lie, and the shape statistics that belong to them.

    Raises
    ------
    WeightsError
        If a file is missing or damaged.
    """
    path = Path(settings.weights) if settings.weights else resources.weights("network.safetensors")
    beside = path.with_name("shape.safetensors")  # a network corrects the shape model that it was trained with, and no other
    return path, load_atlas(beside if settings.weights and beside.is_file() else resources.weights("shape.safetensors"))


def network_from(path: Path, settings: Settings) -> Predictor:
    """The network as a predictor. It is loaded here and not at the top: torch takes seconds, and a door must open at once."""
    from SkullRestoreLib import network

    return partial(network.predict, network.load(path, device=settings.device))


def network_meanwhile(path: Path, settings: Settings, model: ShapeModel) -> Predictor:
    """The network as a predictor, made ready on another thread while the bone is segmented.

    What is wrong inside the file is said when it is asked.
    """
    if not path.is_file() or find_spec("torch") is None:
        return network_from(path, settings)  # says so at once

    def ready() -> Predictor:
        predict = network_from(path, settings)
        krige.prior_of(model)
        return predict

    pool = ThreadPoolExecutor(1, thread_name_prefix="network")
    coming = pool.submit(ready)
    pool.shutdown(wait=False)
    return lambda radial, of: coming.result()(radial, of)
