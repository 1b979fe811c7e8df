"""The settings as a form: controls of the page from the library's list of settings, and settings from their values."""

from typing import Any

from SkullRestoreLib.settings import (
    OFFERED_SETTINGS,
    ImplantSettings,
    PlanSettings,
    ResectionChoices,
    Settings,
    SettingSpec,
    list_settings,
)

_OMITTED_SETTINGS = ("insertion", "fixation_points")
"""Settings that need more than one control; the command line and 3D Slicer have them."""


def settings_controls(record: type) -> list[dict[str, Any]]:
    """Describe the controls for the settings of a record, in order.

    Parameters
    ----------
    record
        Settings, ImplantSettings, PlanSettings or ResectionChoices.

    Returns
    -------
    list of dict
        One control each, as ``page.html`` reads it.
    """
    return [_control_description(spec) for spec in _offered_settings(record)]


def default_values(record: type) -> dict[str, Any]:
    """Return what the controls show at first.

    Parameters
    ----------
    record
        Settings or ImplantSettings.

    Returns
    -------
    dict
        Default by the setting's name.

    Examples
    --------
    >>> default_values(Settings)["points"]
    24
    """
    return {spec.name: spec.default for spec in _offered_settings(record)}


def shown_values(settings: Settings | ImplantSettings | PlanSettings | ResectionChoices) -> dict[str, Any]:
    """Return what the controls show of settings that were chosen elsewhere.

    Parameters
    ----------
    settings
        As a result was made with them.

    Returns
    -------
    dict
        Value by the setting's name.

    Examples
    --------
    >>> shown_values(Settings(points=12))["points"]
    12
    """
    return {spec.name: getattr(settings, spec.name) for spec in _offered_settings(type(settings))}


def settings_from_page(
    values: dict[str, Any], implant: dict[str, Any], threshold_hu: float | None, base: Settings | None = None
) -> Settings:
    """Make settings from the values on the page.

    Parameters
    ----------
    values
        Of the restoration's controls, by the setting's name.
    implant
        Of the implant's controls.
    threshold_hu
        None: from the histogram.
    base
        Settings that the page does not show; default: the library's.

    Returns
    -------
    Settings

    Raises
    ------
    ValueError
        With a sentence for the user, if a value is missing or out of range.
    """
    base = base or Settings()
    return base.with_changes(
        threshold_hu=threshold_hu,
        implant=implant_settings_from_page(implant, base.implant),
        **_read_values(Settings, values),
    )


def implant_settings_from_page(values: dict[str, Any], base: ImplantSettings | None = None) -> ImplantSettings:
    """Make an implant's settings from the values on the page.

    Parameters
    ----------
    values
        Of the implant's controls, by the setting's name.
    base
        Settings that the page does not show; default: the library's.

    Returns
    -------
    ImplantSettings

    Raises
    ------
    ValueError
        With a sentence for the user, if a value is missing or out of range.

    Examples
    --------
    >>> implant_settings_from_page({"thickness_mm": "5"}).thickness_mm
    5.0
    """
    return (base or ImplantSettings()).with_changes(**_read_values(ImplantSettings, values))


def plan_from_page(values: dict[str, Any], choices: dict[str, Any]) -> tuple[PlanSettings, ResectionChoices]:
    """Make the settings of a plan from the values on the page.

    Parameters
    ----------
    values
        Of the plan's controls, by the setting's name.
    choices
        Of the controls for circle and guides.

    Returns
    -------
    settings : PlanSettings
    choices : ResectionChoices

    Raises
    ------
    ValueError
        With a sentence for the user, if a value is missing or out of range.

    Examples
    --------
    >>> settings, choices = plan_from_page({"kerf_mm": "2", "tool_mm": ""}, {"make_ring": True})
    >>> settings.kerf_mm, settings.tool_mm, choices.guides
    (2.0, None, ('template', 'frame', 'ring'))
    """
    return (
        PlanSettings(**_read_values(PlanSettings, values)),
        ResectionChoices(**_read_values(ResectionChoices, choices)),
    )


def threshold(value: Any, automatic: bool) -> float | None:
    """Return the threshold that is chosen on the page.

    Parameters
    ----------
    value
        Of the control, HU.
    automatic
        Whether the histogram decides.

    Returns
    -------
    float or None
        HU; None where the histogram decides.

    Raises
    ------
    ValueError
        With a sentence for the user, if it is not a number.

    Examples
    --------
    >>> threshold("350", automatic=False)
    350.0
    >>> threshold("350", automatic=True) is None
    True
    """
    if automatic or value is None:
        return None
    number: float = next(spec for spec in list_settings(Settings) if spec.name == "threshold_hu").parse_value(value)
    return number


def _offered_settings(record: type) -> list[SettingSpec]:
    return [
        spec
        for spec in list_settings(record)
        if (spec.name in OFFERED_SETTINGS if record is Settings else spec.name not in _OMITTED_SETTINGS)
    ]


def _control_description(spec: SettingSpec) -> dict[str, Any]:
    title, _, group = spec.group.partition(": ")
    span = spec.high - spec.low if spec.high is not None and spec.low is not None else 0
    return {
        "name": spec.name,
        "kind": spec.kind,
        "label": spec.label,
        "unit": spec.unit,
        "help": spec.help,
        "group": (group or title).capitalize(),
        "low": spec.low,
        "high": spec.high,
        "step": 1 if spec.kind == "count" or span > 30 else 0.1 if span <= 6 else 0.5,
        "choices": list(spec.choices),
        "needs": spec.needs,
        "off": getattr(ImplantSettings, spec.needs) if spec.needs else None,
    }


def _read_values(record: type, values: dict[str, Any]) -> dict[str, Any]:
    offered = {spec.name: spec for spec in _offered_settings(record)}
    return {name: _parse(offered[name], value) for name, value in values.items() if name in offered}


def _parse(spec: SettingSpec, value: Any) -> Any:
    """A value of a control; an empty number that is optional is found by the program."""
    return None if spec.optional and value == "" else spec.parse_value(value)
