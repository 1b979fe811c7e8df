"""The settings as controls of the page, made from the library's own list, and back."""

from typing import Any

from SkullRestoreLib.settings import ImplantSettings, Option, Settings, options

RUN = ("points", "min_area_cm2")
"""What of a restoration's settings the page offers beside the threshold."""

_LEFT_OUT = ("insertion", "fixation_points")
"""Settings that need more than one control; the command line and 3D Slicer have them."""


def controls(record: type) -> list[dict[str, Any]]:
    """Describe the settings of a record for the page, in order."""
    return [_control(one) for one in options(record) if _is_offered(record, one)]


def defaults(record: type) -> dict[str, Any]:
    """What the controls show at first."""
    return {one.name: one.default for one in options(record) if _is_offered(record, one)}


def settings(values: dict[str, Any], implant: dict[str, Any], threshold_hu: float | None) -> Settings:
    """Make settings of what the page holds.

    Raises
    ------
    ValueError
        With a sentence for the user, if a value is missing or out of range.
    """
    return Settings(threshold_hu=threshold_hu, implant=implant_settings(implant), **_read(Settings, values))


def implant_settings(values: dict[str, Any]) -> ImplantSettings:
    """Make an implant's settings of what the page holds; raises ValueError as :func:`settings`."""
    return ImplantSettings(**_read(ImplantSettings, values))


def _is_offered(record: type, one: Option) -> bool:
    return one.name in RUN if record is Settings else one.name not in _LEFT_OUT


def _control(one: Option) -> dict[str, Any]:
    title, _, group = one.group.partition(": ")
    span = (one.high - one.low) if one.kind in ("number", "count") else 0
    return {
        "name": one.name,
        "kind": one.kind,
        "label": one.label,
        "unit": one.unit,
        "help": one.help,
        "group": (group or title).capitalize(),
        "low": one.low,
        "high": one.high,
        "step": 1 if one.kind == "count" or span > 30 else 0.1 if span <= 6 else 0.5,
        "choices": list(one.choices),
        "needs": one.needs,
        "off": getattr(ImplantSettings, one.needs) if one.needs else None,
    }


def _read(record: type, values: dict[str, Any]) -> dict[str, Any]:
    known = {one.name: one for one in options(record) if _is_offered(record, one)}
    return {name: _value(known[name], value) for name, value in values.items() if name in known}


def _value(one: Option, value: Any) -> Any:
    if one.kind not in ("number", "count"):
        return value
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise ValueError(f"{one.label} must be a number.") from None
    if one.kind == "number":
        return number
    if not number.is_integer():
        raise ValueError(f"{one.label} must be a whole number; it was {number:g}.")
    return int(number)
