"""Find the nearest design that passes, where the one that was asked for does not."""

from collections.abc import Callable, Iterator
from typing import Any

from SkullRestoreLib.errors import ImplantError, InputError
from SkullRestoreLib.records import Implant, ImplantSettings
from SkullRestoreLib.settings import list_settings

THINNER_MM, THINNEST_MM = (1.0, 1.5), 2.0
"""Bodies thinner by so much are tried, down to the least thickness."""
WIDER_GAP_MM = 0.5
"""A clearance wider by this much is tried: it keeps the body farther from bone that it reaches into."""
MAX_TRIED = 4
"""So many designs are made before the search ends: each takes some seconds."""


def find_passing_changes(design: Callable[[ImplantSettings], Implant], settings: ImplantSettings) -> dict[str, Any]:
    """Find the smallest change of settings with which an implant passes its checks.

    Parameters
    ----------
    design
        Designs the implant with given settings.
    settings
        With which it did not pass, or could not be made.

    Returns
    -------
    dict
        Settings by name with the values that pass; empty where none of those that were tried does.

    Examples
    --------
    >>> def design(settings):
    ...     raise ImplantError("no bone leaves space")
    >>> find_passing_changes(design, ImplantSettings())
    {}
    """
    tried = 0
    for changes in _candidate_changes(settings):
        try:
            changed = settings.with_changes(**changes)
        except InputError:  # these settings contradict each other: the next ones may not
            continue
        if tried == MAX_TRIED:
            break
        tried += 1
        try:
            if design(changed).passed:
                return changes
        except ImplantError:
            continue
    return {}


def _candidate_changes(settings: ImplantSettings) -> Iterator[dict[str, Any]]:
    """Changes to try: what is drilled or fixed first, which costs no shape, then the body itself."""
    extras: dict[str, Any] = {}
    if settings.perforations:
        extras["perforations"] = False
    if settings.suture_holes:
        extras["suture_holes"] = 0
    if settings.fixation != "none":
        extras |= {"fixation": "none", "fixation_points": ()}
    if settings.onlay_mm:
        extras["onlay_mm"] = 0.0
    if extras:
        yield extras
    if settings.mould:
        yield {"mould": False}
    if settings.margin_ring:
        yield {"margin_ring": False}
    if settings.parts > 1:
        yield {"parts": 1}
    yield {"clearance_mm": settings.clearance_mm + WIDER_GAP_MM}
    if not settings.follow_inner_table:
        for thinner_mm in THINNER_MM:
            if settings.thickness_mm - thinner_mm >= THINNEST_MM:
                yield {"thickness_mm": settings.thickness_mm - thinner_mm}
    if settings.parts == 1:
        yield {"parts": 2}


def describe_changes(changes: dict[str, Any], settings: ImplantSettings) -> str:
    """Put changes into words.

    Parameters
    ----------
    changes
        From :func:`find_passing_changes`.
    settings
        Before them.

    Examples
    --------
    >>> describe_changes({"thickness_mm": 3.0, "perforations": False}, ImplantSettings(perforations=True))
    'Thickness: 3 mm in place of 4 mm, Perforations: off'
    """
    specs = {spec.name: spec for spec in list_settings(ImplantSettings)}
    words = []
    for name, value in changes.items():
        if name == "fixation_points":  # said with the fixation
            continue
        spec, before = specs[name], getattr(settings, name)
        unit = f" {spec.unit}" if spec.unit else ""
        if isinstance(value, bool):
            words.append(f"{spec.label}: {'on' if value else 'off'}")
        elif value in ("none", (), 0):
            words.append(f"{spec.label}: none")
        else:
            words.append(f"{spec.label}: {_plain(value)}{unit} in place of {_plain(before)}{unit}")
    return ", ".join(dict.fromkeys(words))


def _plain(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
