"""The values of the panel's controls, saved with the scene.

Those that are settings are made from the library's list of settings: range, default, choices, and the name. The module
``SkullRestoreLib.settings`` needs nothing but Python, so that it can be read before anything is installed.
"""

from pathlib import Path
from typing import Annotated, Union

import slicer
from slicer.parameterNodeWrapper import Choice, Default, WithinRange, parameterNodeWrapper

from SkullRestoreLib.settings import (
    OFFERED_SETTINGS,
    ImplantSettings,
    PlanSettings,
    ResectionChoices,
    Settings,
    list_settings,
)

# Union because the wrapper knows no other form. A labelmap is a volume too, but selectors list only these classes.
InputNode = Union[  # noqa: UP007
    slicer.vtkMRMLScalarVolumeNode,
    slicer.vtkMRMLLabelMapVolumeNode,
    slicer.vtkMRMLSegmentationNode,
    slicer.vtkMRMLModelNode,
    None,
]

ARROW_SETTINGS = ("insertion",)
"""Settings that have no control, because the user gives them by an arrow in the views."""
FORMAT_FIELDS = {"exportPly": "ply", "exportObj": "obj", "export3mf": "3mf", "exportPdf": "pdf", "exportDicom": "dicom"}


def field_name(setting):
    """Name the field of a setting as Slicer names fields: ``minArea`` for ``min_area_cm2``.

    Parameters
    ----------
    setting : SkullRestoreLib.settings.SettingSpec
    """
    first, *others = setting.stem.split("_")
    return first + "".join(word.capitalize() for word in others)


def _field_type(setting):
    """Make the annotation that the wrapper reads: type, range or choices, default."""
    if setting.kind == "switch":
        return Annotated[bool, Default(setting.default)]
    if setting.kind == "choice":
        return Annotated[str, Choice(list(setting.choices)), Default(setting.default)]
    if setting.kind in ("number", "count"):
        number = int if setting.kind == "count" else float
        limits = WithinRange(setting.low, setting.high)
        # a number that the program can find itself is 0 then
        return Annotated[number, limits, Default(number(setting.default or 0))]
    return Annotated[str, Default("")]


GENERAL_SETTINGS = {field_name(one): one for one in list_settings(Settings) if one.name in OFFERED_SETTINGS}
IMPLANT_SETTINGS = {field_name(one): one for one in list_settings(ImplantSettings) if one.name not in ARROW_SETTINGS}
PLAN_SETTINGS = {field_name(one): one for one in list_settings(PlanSettings)}
CHOICE_SETTINGS = {field_name(one): one for one in list_settings(ResectionChoices)}
ALL_SETTINGS = GENERAL_SETTINGS | IMPLANT_SETTINGS | PLAN_SETTINGS | CHOICE_SETTINGS
"""Field of the panel -> setting of the library."""

_FIELDS = {
    "inputNode": InputNode,
    "autoThreshold": Annotated[bool, Default(True)],
    "threshold": Annotated[float, WithinRange(50, 1500), Default(300.0)],
    "snapping": Annotated[bool, Default(True)],
    **{name: _field_type(setting) for name, setting in ALL_SETTINGS.items()},
    "beforeNode": InputNode,
    "exportFolder": Path,
    **dict.fromkeys(("overwrite", "exportScene", *FORMAT_FIELDS), Annotated[bool, Default(False)]),
}

SkullRestoreParameterNode = parameterNodeWrapper(
    type(
        "SkullRestoreParameterNode",
        (),
        {"__annotations__": _FIELDS, "__module__": __name__, "__doc__": "Values of the controls."},
    )
)


def chosen_settings(node, settings):
    """Read some settings from the controls.

    Parameters
    ----------
    node : SkullRestoreParameterNode
    settings : dict
        Field of the panel -> setting of the library.

    Returns
    -------
    dict
        Name of the setting -> value.

    Raises
    ------
    ValueError
        With a sentence for the user, if a text cannot be read.
    """
    return {setting.name: _value_of(setting, getattr(node, field)) for field, setting in settings.items()}


def _value_of(setting, shown):
    """Read a control; an optional number at 0 is one that the program finds."""
    found = setting.optional and setting.kind in ("number", "count") and shown == 0
    return None if found else setting.parse_value(shown)
