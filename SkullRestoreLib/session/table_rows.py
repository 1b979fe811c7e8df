"""Rows of the tables that people read, with a unit in every title."""

from dataclasses import dataclass
from typing import Any

from SkullRestoreLib.records import LOW_CONFIDENCE, Defect, Implant
from SkullRestoreLib.session.comparison import DefectComparison
from SkullRestoreLib.session.edit_state import EditState
from SkullRestoreLib.settings import MATERIAL_DENSITIES

DEFECT_COLUMNS = ("Defect", "Restored", "Side", "Region", "Area (cm²)", "Points", "Moved", "Uncertain", "Open margin")
IMPLANT_COLUMNS = ("Implant", "Volume (mL)", "Thickness (mm)", "Clearance (mm)", "Watertight", "Checks")
EARLIER_DESIGN = "EARLIER DESIGN"
"""In place of the checks of an implant that is kept because its next design was refused."""
MASS_MATERIALS = ("PEEK", "titanium", "PMMA")


@dataclass(frozen=True)
class DefectRow:
    """One defect in the table.

    Attributes
    ----------
    number
        Of the defect.
    is_enabled
        Whether it is restored.
    side, region
        Where it is.
    area_cm2
        Of the restored surface.
    points, moved, uncertain
        How many reference points it has; how many of them the user moved; how many have a low confidence.
    open_margin
        Whether a part of its margin is not bone.
    """

    number: int
    is_enabled: bool
    side: str
    region: str
    area_cm2: float
    points: int
    moved: int
    uncertain: int
    open_margin: bool


def defect_rows(
    state: EditState, active_defects: tuple[Defect, ...], known_defects: dict[int, Defect]
) -> list[DefectRow]:
    """Make one row for each defect.

    Parameters
    ----------
    state
        Defects and points.
    active_defects
        Those that are switched on, on the surface as it is.
    known_defects
        Every defect as it was last, by number: what is shown of those that are switched off.

    Returns
    -------
    list of DefectRow
        In the order of the defects.
    """
    defects = known_defects | {d.number: d for d in active_defects}
    return [_defect_row(defects[number], state) for number in state.defect_numbers if number in defects]


def _defect_row(defect: Defect, state: EditState) -> DefectRow:
    points = [p for p in state.points if p.defect == defect.number]
    return DefectRow(
        number=defect.number,
        is_enabled=defect.number not in state.disabled_defects,
        side=defect.side,
        region=defect.region,
        area_cm2=defect.area_cm2,
        points=len(points),
        moved=sum(p.moved for p in points),
        uncertain=sum(p.confidence < LOW_CONFIDENCE for p in points),
        open_margin=defect.open_margin,
    )


def defect_row_values(row: DefectRow) -> dict[str, Any]:
    """Put a row under its titles.

    Parameters
    ----------
    row
        Of the table of defects.

    Returns
    -------
    dict
        Title to value, in the order of :data:`DEFECT_COLUMNS`.

    Examples
    --------
    >>> row = DefectRow(1, True, "left", "parietal", 41.237, 24, 0, 2, False)
    >>> defect_row_values(row)["Area (cm²)"]
    41.24
    """
    values = (
        row.number,
        row.is_enabled,
        row.side,
        row.region,
        round(row.area_cm2, 2),
        row.points,
        row.moved,
        row.uncertain,
        row.open_margin,
    )
    return dict(zip(DEFECT_COLUMNS, values, strict=True))


def implant_mass_g(implant: Implant, material: str) -> float:
    """Find the mass of an implant.

    Parameters
    ----------
    implant
        With or without its checks.
    material
        A name of ``MATERIAL_DENSITIES``.

    Returns
    -------
    float
        Grams: as its checks measured it, else volume times density.
    """
    measured = implant.checks.mass_g.get(material) if implant.checks is not None else None
    return implant.volume_ml * MATERIAL_DENSITIES[material] if measured is None else measured


def implant_values(implant: Implant) -> dict[str, Any]:
    """Put the numbers of an implant under titles with units.

    Parameters
    ----------
    implant
        A body.

    Returns
    -------
    dict
        Title to value.
    """
    spread = implant.checks.thickness_mm if implant.checks is not None else None
    thickness = (
        f"{implant.thickness_mm:.1f}"
        if spread is None
        else f"{spread.least:.1f} to {spread.most:.1f} (median {spread.median:.1f})"
    )
    return {
        "Implant": implant.defect,
        "Volume (mL)": round(implant.volume_ml, 2),
        **{f"Mass in {name} (g)": round(implant_mass_g(implant, name), 1) for name in MASS_MATERIALS},
        "Thickness (mm)": thickness,
        "Clearance (mm)": implant.clearance_mm,
        "Watertight": implant.watertight,
        "Checks": "passed" if implant.passed else "NOT PASSED",
    }


def implant_cells(values: dict[str, Any]) -> tuple[Any, ...]:
    """List the numbers of an implant without titles.

    Parameters
    ----------
    values
        From :func:`implant_values`, or a row of its table in the scene.

    Returns
    -------
    tuple
        Number, volume, masses, thickness, watertight ("yes" or "no"), checks ("unknown" in scenes of earlier versions).
    """
    masses = [values[f"Mass in {name} (g)"] for name in MASS_MATERIALS]
    return (
        values["Implant"],
        values["Volume (mL)"],
        *masses,
        values["Thickness (mm)"],
        "yes" if values["Watertight"] in (True, "yes") else "no",
        values.get("Checks", "unknown"),
    )


def comparison_values(comparison: DefectComparison) -> dict[str, Any]:
    """Put the numbers of a comparison under titles with units.

    Parameters
    ----------
    comparison
        Of one defect.

    Returns
    -------
    dict
        Title to value; None for what could not be compared.
    """
    deviation = comparison.deviation
    return {
        "Defect": comparison.defect,
        "Compared (%)": round(100 * comparison.share),
        "Area restored (cm²)": _rounded(comparison.area_cm2),
        "Area before (cm²)": _rounded(comparison.reference_area_cm2),
        "Area error (cm²)": _rounded(comparison.area_error_cm2),
        "Largest deviation (mm)": _rounded(None if deviation is None else deviation.largest_mm),
        "RMS deviation (mm)": _rounded(None if deviation is None else deviation.rms_mm),
        "Grade": comparison.grade,
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
