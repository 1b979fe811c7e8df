"""Figures for people: rows of the tables, with a unit in every title."""

from dataclasses import dataclass
from typing import Any

from SkullRestoreLib.case import LOW_CONFIDENCE, Defect, Implant
from SkullRestoreLib.session.compare import Difference
from SkullRestoreLib.session.design import Design
from SkullRestoreLib.settings import MATERIALS

COLUMNS = ("Defect", "Restored", "Side", "Region", "Area (cm²)", "Points", "Moved", "Uncertain", "Open margin")
IMPLANT_COLUMNS = ("Implant", "Volume (mL)", "Thickness (mm)", "Clearance (mm)", "Watertight")
SHOWN_MATERIALS = ("PEEK", "titanium", "PMMA")


@dataclass(frozen=True)
class Row:
    """One defect in the table."""

    number: int
    on: bool
    side: str
    region: str
    area_cm2: float
    points: int
    moved: int
    uncertain: int
    open_margin: bool


def rows(design: Design, defects: tuple[Defect, ...], known: dict[int, Defect]) -> list[Row]:
    """One row for each defect; of those that are switched off what was known last.

    Parameters
    ----------
    defects
        Those that are switched on, on the surface as it is.
    known
        All defects as they were seen last.
    """
    now = known | {d.number: d for d in defects}
    return [_row(now[number], design) for number in design.numbers if number in now]


def _row(one: Defect, design: Design) -> Row:
    mine = [p for p in design.points if p.defect == one.number]
    return Row(
        number=one.number,
        on=one.number not in design.off,
        side=one.side,
        region=one.region,
        area_cm2=one.area_cm2,
        points=len(mine),
        moved=sum(p.moved for p in mine),
        uncertain=sum(p.confidence < LOW_CONFIDENCE for p in mine),
        open_margin=one.open_margin,
    )


def plain_row(row: Row) -> dict[str, Any]:
    """A row under its titles."""
    values = (row.number, row.on, row.side, row.region, round(row.area_cm2, 2), row.points, row.moved, row.uncertain, row.open_margin)
    return dict(zip(COLUMNS, values, strict=True))


def mass_g(implant: Implant, material: str) -> float:
    """Mass of an implant in a material, g."""
    measured = implant.checks.mass_g.get(material) if implant.checks is not None else None
    return implant.volume_ml * MATERIALS[material] if measured is None else measured


def plain_implant(one: Implant) -> dict[str, Any]:
    """An implant's numbers under titles with units."""
    spread = one.checks.thickness_mm if one.checks is not None else None
    thickness = f"{one.thickness_mm:.1f}" if spread is None else f"{spread.least:.1f} to {spread.most:.1f} (median {spread.median:.1f})"
    return {
        "Implant": one.defect,
        "Volume (mL)": round(one.volume_ml, 2),
        **{f"Mass in {name} (g)": round(mass_g(one, name), 1) for name in SHOWN_MATERIALS},
        "Thickness (mm)": thickness,
        "Clearance (mm)": one.clearance_mm,
        "Watertight": one.watertight,
    }


def implant_row(plain: dict[str, Any]) -> tuple:
    """An implant's numbers without titles: number, volume, masses, thickness, watertight; from :func:`plain_implant` or a table's row of it."""
    masses = [plain[f"Mass in {name} (g)"] for name in SHOWN_MATERIALS]
    return (
        plain["Implant"],
        plain["Volume (mL)"],
        *masses,
        plain["Thickness (mm)"],
        "yes" if plain["Watertight"] in (True, "yes") else "no",
    )


def plain_difference(one: Difference) -> dict[str, Any]:
    """A comparison's numbers under titles with units."""
    return {
        "Defect": one.defect,
        "Area restored (cm²)": round(one.area_cm2, 2),
        "Area before (cm²)": round(one.true_area_cm2, 2),
        "Area error (cm²)": round(one.area_error_cm2, 2),
        "Largest deviation (mm)": round(one.deviation.largest, 2),
        "RMS deviation (mm)": round(one.deviation.rms, 2),
        "Grade": one.grade,
    }
