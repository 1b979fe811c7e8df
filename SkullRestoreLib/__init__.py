"""SkullRestore: from a head CT to the lost surface of the skull and a printable implant.

Research use only. Not cleared by any authority; a qualified clinician must approve every design.

>>> import SkullRestoreLib as sr
>>> ct = sr.read("sample")
>>> result = sr.restore(ct)
>>> len(result.defects)
1

The names below are loaded when they are first used, so that ``import SkullRestoreLib`` takes milliseconds.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from SkullRestoreLib import errors
    from SkullRestoreLib.io.read import list_series, read
    from SkullRestoreLib.pipeline.api import compare, design_implant, load, print_progress, restore, write
    from SkullRestoreLib.pipeline.editable import EditableRestoration as Restoration
    from SkullRestoreLib.pipeline.step_functions import find_defects, find_pose, predict, segment, trace_rays
    from SkullRestoreLib.records import Bone, Defect, Implant, Mesh, Pose, RayMap, VaultTables, Volume
    from SkullRestoreLib.settings import ImplantSettings, Settings

__version__ = "0.1.0"

_HOMES = {
    "list_series": "io.read",
    "read": "io.read",
    "restore": "pipeline.api",
    "design_implant": "pipeline.api",
    "load": "pipeline.api",
    "write": "pipeline.api",
    "compare": "pipeline.api",
    "print_progress": "pipeline.api",
    "segment": "pipeline.step_functions",
    "find_pose": "pipeline.step_functions",
    "trace_rays": "pipeline.step_functions",
    "predict": "pipeline.step_functions",
    "find_defects": "pipeline.step_functions",
    "Restoration": "pipeline.editable:EditableRestoration",
    "Bone": "records",
    "Defect": "records",
    "Implant": "records",
    "Mesh": "records",
    "Pose": "records",
    "RayMap": "records",
    "VaultTables": "records",
    "Volume": "records",
    "ImplantSettings": "settings",
    "Settings": "settings",
    "errors": "errors:",
}
"""Public name to the module that has it, and its name there where that differs; nothing after the colon: the module."""

__all__ = [
    "Bone",
    "Defect",
    "Implant",
    "ImplantSettings",
    "Mesh",
    "Pose",
    "RayMap",
    "Restoration",
    "Settings",
    "VaultTables",
    "Volume",
    "compare",
    "design_implant",
    "errors",
    "find_defects",
    "find_pose",
    "list_series",
    "load",
    "predict",
    "print_progress",
    "read",
    "restore",
    "segment",
    "trace_rays",
    "write",
]


def __getattr__(name: str) -> object:
    """Load a public name when it is first used (PEP 562, SPEC 1)."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module_name, colon, inner_name = _HOMES[name].partition(":")
    module = import_module(f"{__name__}.{module_name}")
    value = module if colon and not inner_name else getattr(module, inner_name or name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names, loaded or not."""
    return sorted({*globals(), *__all__})
