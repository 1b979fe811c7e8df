"""Fitting the shape model and the network on any folder of skulls."""

from importlib.util import find_spec

from SkullRestoreLib.case import DependencyError


def check_packages() -> None:
    """Raise DependencyError, before hours of work, if a package that training needs is not installed."""
    missing = [name for name in ("torch", "lightning", "matplotlib", "safetensors") if find_spec(name) is None]
    if missing:
        raise DependencyError(
            f"Training needs packages that are not installed: {', '.join(missing)}. Install them with `pip install {' '.join(missing)}`."
        )
