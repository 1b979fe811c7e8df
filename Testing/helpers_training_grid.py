"""Training on a coarser grid: the same steps on a quarter of the rays."""

import importlib
from collections.abc import Callable

COARSE_NETWORK_LEVEL, COARSE_MODEL_LEVEL = 5, 4


def use_coarse_grid(set_attribute: Callable[[object, str, int], None]) -> None:
    """Change the levels in every module that trains or predicts; the network's weights fit any level."""
    for name in ("prediction.features", "prediction.network", "training.dataset", "training.train_network"):
        set_attribute(importlib.import_module(f"SkullRestoreLib.{name}"), "NETWORK_LEVEL", COARSE_NETWORK_LEVEL)
    run = importlib.import_module("SkullRestoreLib.training.run")
    set_attribute(run, "NETWORK_LEVEL", COARSE_NETWORK_LEVEL)
    set_attribute(run, "MODEL_LEVEL", COARSE_MODEL_LEVEL)
