"""Train the shape model and the network on any folder of skulls."""

from importlib.util import find_spec

from SkullRestoreLib.errors import DependencyError


def check_packages() -> None:
    """Check, before hours of work, that the packages that training needs are installed.

    Raises
    ------
    DependencyError
        If one is missing.
    """
    missing = [name for name in ("torch", "lightning", "matplotlib", "safetensors") if find_spec(name) is None]
    if missing:
        raise DependencyError(
            f"Training needs packages that are not installed: {', '.join(missing)}. "
            f"Install them with `pip install {' '.join(missing)}`."
        )
