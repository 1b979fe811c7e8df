"""What was found in the holes, as rows of a table with a switch each, and settings with a switch turned."""

from dataclasses import dataclass

from SkullRestoreLib.method_parameters import ObjectParameters
from SkullRestoreLib.pipeline.object_removal import is_removed
from SkullRestoreLib.pipeline.results import HeadAnalysis
from SkullRestoreLib.records import VaultObject
from SkullRestoreLib.settings import Settings


@dataclass(frozen=True)
class ObjectRow:
    """One object in the table.

    Attributes
    ----------
    number
        Of the object, as in the report.
    is_removed
        Whether it goes with the settings as they are chosen now.
    was_removed
        Whether the skull was restored as if it were not there.
    kind
        In words, such as ``"bone flap"``.
    side, region
        Where it is.
    area_cm2
        Of the vault that it covers.
    depth_mm
        How far it is below the vault; negative where it stands out.
    """

    number: int
    is_removed: bool
    was_removed: bool
    kind: str
    side: str
    region: str
    area_cm2: float
    depth_mm: float


def object_rows(analysis: HeadAnalysis, settings: Settings) -> list[ObjectRow]:
    """Make one row for each object.

    Parameters
    ----------
    analysis
        Of the head that was restored.
    settings
        As they are chosen now.

    Returns
    -------
    list of ObjectRow
        Largest first.
    """
    return [
        ObjectRow(
            number=found.number,
            is_removed=is_removed(found, settings, analysis.parameters.objects),
            was_removed=found.removed,
            kind=found.kind,
            side=found.side,
            region=found.region,
            area_cm2=found.area_cm2,
            depth_mm=found.depth_mm,
        )
        for found in analysis.objects
    ]


def with_object_switched(
    settings: Settings, found: VaultObject, removed: bool, parameters: ObjectParameters
) -> Settings:
    """Let one object stay or go, whatever is done with the others.

    Parameters
    ----------
    settings
        As they are chosen now.
    found
        The object.
    removed
        Whether it goes.
    parameters
        What counts as sunk and as tilted.

    Returns
    -------
    Settings
        They name the object only where it would not be so by itself.

    Examples
    --------
    >>> import numpy as np
    >>> from SkullRestoreLib.method_parameters import METHOD
    >>> sunk = VaultObject(2, "bone flap", 40.0, 20.0, 900.0, 3.0, 0.5, 0.8, np.zeros(0, int), removed=True)
    >>> kept = with_object_switched(Settings(), sunk, False, METHOD.objects)
    >>> kept.keep_objects, with_object_switched(kept, sunk, True, METHOD.objects) == Settings()
    ((2,), True)
    """
    keep, remove = ({*numbers} - {found.number} for numbers in (settings.keep_objects, settings.remove_objects))
    plain = settings.with_changes(keep_objects=tuple(sorted(keep)), remove_objects=tuple(sorted(remove)))
    if is_removed(found, plain, parameters) == removed:
        return plain
    if removed:
        return plain.with_changes(remove_objects=tuple(sorted({*remove, found.number})))
    return plain.with_changes(keep_objects=tuple(sorted({*keep, found.number})))


def without_object_choices(settings: Settings) -> Settings:
    """Name no object any more: in other bone the same number can be another object.

    Parameters
    ----------
    settings
        As they are chosen now.

    Returns
    -------
    Settings

    Examples
    --------
    >>> without_object_choices(Settings(keep_objects=(1,))) == Settings()
    True
    """
    return settings.with_changes(keep_objects=(), remove_objects=())
