"""What in the scene was made with other choices than those that are shown now: each difference as a sentence.

Choices and results in, sentences for the user out; nothing here reads the scene.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from SkullRestoreLib.session.task_records import SegmentedSkull
from SkullRestoreLib.settings import (
    Direction,
    ImplantSettings,
    PlanSettings,
    Settings,
    SettingSpec,
    is_used,
    list_settings,
)

_LINE_SETTINGS = ("margin_mm", "line_radius_mm")
"""Settings of a plan that only draw the line around a tumour; the line itself is compared."""
_SETTINGS_NOT_COMPARED = ("device", "threshold_hu", "case_code", "scan_date", "paper", "language")
"""Device and report decide nothing about the result; the threshold is compared with that of the bone."""
_SAME_THRESHOLD_HU = 0.5
"""A threshold that the histogram gave is shown as a whole number."""
_SAME_DIRECTION_COS = np.cos(np.radians(0.1))
"""Two directions within 0.1 degrees are the same: a scene file rounds them."""


@dataclass(frozen=True)
class StaleResults:
    """Why results do not belong to what is shown now.

    Attributes
    ----------
    surface
        Of the restored surface, and with it of everything that was made from it; empty where it is current.
    implants
        Of the implants alone; empty where they are current.
    """

    surface: tuple[str, ...] = ()
    implants: tuple[str, ...] = ()

    @property
    def files(self) -> bool:
        """Whether files that were written of the results are out of date."""
        return bool(self.surface or self.implants)

    @property
    def sentences(self) -> tuple[str, ...]:
        """Every reason."""
        return (*self.surface, *self.implants)


def threshold_difference(chosen_hu: float | None, segmented: SegmentedSkull) -> str | None:
    """Compare the threshold that is chosen now with the one that segmented the bone.

    Parameters
    ----------
    chosen_hu
        HU; None where the histogram gives it.
    segmented
        The bone.

    Returns
    -------
    str or None
        "300 HU, now 450 HU"; None where they are the same, and for a mask or a model, which have no HU.
    """
    used_hu, chosen_then_hu = segmented.bone.threshold_hu, segmented.chosen_hu
    if used_hu is None:
        return None
    if chosen_hu is None:
        return None if chosen_then_hu is None else f"{used_hu:.0f} HU, now automatic"
    same = abs(chosen_hu - used_hu) <= _SAME_THRESHOLD_HU if chosen_then_hu is None else chosen_hu == chosen_then_hu
    return None if same else f"{used_hu:.0f} HU, now {chosen_hu:.0f} HU"


def restoration_differences(chosen: Settings, used: Settings, segmented: SegmentedSkull) -> tuple[str, ...]:
    """Compare the settings that are chosen now with those of the restoration.

    Parameters
    ----------
    chosen
        What the controls show.
    used
        With which the skull was restored.
    segmented
        The bone that was restored.

    Returns
    -------
    tuple of str
        A sentence for each difference, the threshold first.
    """
    sentences = tuple(
        f"{spec.label}: restored with {_value_in_words(spec, getattr(used, spec.name))}, "
        f"now {_value_in_words(spec, getattr(chosen, spec.name))}."
        for spec in list_settings(Settings)
        if spec.name not in _SETTINGS_NOT_COMPARED and getattr(chosen, spec.name) != getattr(used, spec.name)
    )
    threshold = threshold_difference(chosen.threshold_hu, segmented)
    return sentences if threshold is None else (f"Bone threshold: restored with {threshold}.", *sentences)


def implant_differences(chosen: ImplantSettings, used: ImplantSettings) -> tuple[str, ...]:
    """Compare the implant settings that are chosen now with those of the design.

    Parameters
    ----------
    chosen
        What the controls show.
    used
        With which the implants were designed.

    Returns
    -------
    tuple of str
        A sentence for each difference; settings that have no effect on either side are left out.

    Examples
    --------
    >>> implant_differences(ImplantSettings(thickness_mm=6.0), ImplantSettings())
    ('Thickness: designed with 4 mm, now 6 mm.',)
    """
    chosen_values, used_values = asdict(chosen), asdict(used)
    return tuple(
        f"{spec.label}: designed with {_value_in_words(spec, getattr(used, spec.name))}, "
        f"now {_value_in_words(spec, getattr(chosen, spec.name))}."
        for spec in list_settings(ImplantSettings)
        if getattr(chosen, spec.name) != getattr(used, spec.name)
        and (is_used(spec, chosen_values) or is_used(spec, used_values))
    )


def plan_differences(chosen: PlanSettings, used: PlanSettings) -> tuple[str, ...]:
    """Compare how bone is cut and guides are made now with a plan.

    Parameters
    ----------
    chosen
        What the controls show.
    used
        With which the resection was planned.

    Returns
    -------
    tuple of str
        A sentence for each difference; what only draws a line around a tumour is left out.

    Examples
    --------
    >>> plan_differences(PlanSettings(kerf_mm=2.0), PlanSettings())
    ('Kerf: planned with 1.5 mm, now 2 mm.',)
    """
    return tuple(
        f"{spec.label}: planned with {_value_in_words(spec, getattr(used, spec.name))}, "
        f"now {_value_in_words(spec, getattr(chosen, spec.name))}."
        for spec in list_settings(PlanSettings)
        if spec.name not in _LINE_SETTINGS and getattr(chosen, spec.name) != getattr(used, spec.name)
    )


def direction_differences(chosen: Mapping[int, Direction], used: Mapping[int, Direction]) -> tuple[str, ...]:
    """Compare the insertion directions that the user gives now with those of the design.

    Parameters
    ----------
    chosen, used
        Number of the defect to unit vector, RAS.

    Returns
    -------
    tuple of str
        A sentence for each arrow that was turned or reset since.

    Examples
    --------
    >>> direction_differences({1: (0.0, 0.0, -1.0)}, {})
    ('Implant 1: its insertion arrow was turned after the design.',)
    """
    turned = [
        n
        for n in sorted({*chosen, *used})
        if n not in chosen or n not in used or np.dot(chosen[n], used[n]) < _SAME_DIRECTION_COS
    ]
    return tuple(f"Implant {n}: its insertion arrow was turned after the design." for n in turned)


def _value_in_words(spec: SettingSpec, value: Any) -> str:
    if value is None or value == ():
        return "automatic" if spec.optional else "none"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return " ".join(f"{v:.2f}" if isinstance(v, float) else str(v) for v in value)
    number = f"{value:g}" if isinstance(value, (int, float)) else str(value)
    return f"{number} {spec.unit}".strip() if spec.unit else number
