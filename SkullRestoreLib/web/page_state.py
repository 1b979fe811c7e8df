"""The part of a session that the page shows, as plain values by the page's names."""

from typing import Any

from SkullRestoreLib.findings import split_findings
from SkullRestoreLib.pipeline.editable import point_labels
from SkullRestoreLib.records import LOW_CONFIDENCE, ReferencePoint
from SkullRestoreLib.session import Session, stale_results, table_rows
from SkullRestoreLib.session.comparison import DefectComparison
from SkullRestoreLib.session.object_choices import ObjectRow
from SkullRestoreLib.session.offers import available_offers
from SkullRestoreLib.settings import describe_fullness

EMPTY_STATE: dict[str, Any] = {
    "findings": [],
    "warnings": [],
    "failures": [],
    "withheld": "",
    "rows": [],
    "objects": [],
    "islands": [],
    "implants": [],
    "compared": [],
    "points_list": [],
    "segmented": False,
    "restored": False,
    "can": available_offers(None),
    "touched": None,
    "moved": 0,
    "fullness_words": "",
    "note": "",
    "stale": [],
    "stale_surface": False,
    "stale_implants": False,
    "implant_shown": False,
    "directions_by_hand": [],
    "note_topic": "",
    "threshold_range": [-200, 3000],
    "other_bone": "",
    "line": {"points": 0, "numbers": "", "warnings": [], "landmarks": []},
    "guides": [],
    "plan_stale": [],
    "planned": False,
    "drawing": "",
}
"""What the page shows without a case."""

NOTHING_PLACED: dict[str, Any] = {
    "placing": False,
    "outlining": False,
    "drawing": "",
    "measuring": "",
    "choosing_fixations": False,
}
"""What the page shows while clicks in the views place nothing; one of them at a time is on."""


def session_state(session: Session | None) -> dict[str, Any]:
    """Return everything that the page shows of a session.

    Parameters
    ----------
    session
        None where there is no case.

    Returns
    -------
    dict
        The names of :data:`EMPTY_STATE`.
    """
    if session is None or session.is_closed:
        return dict(EMPTY_STATE)
    stale = session.stale
    return EMPTY_STATE | {
        "findings": [*split_findings(session.findings)[0], *session.notes],
        "warnings": [w for w in session.warnings if w not in session.findings] if session.is_restored else [],
        "failures": list(session.failures),
        "withheld": session.withheld,
        "rows": [_defect_row(row) for row in session.defect_rows],
        "objects": [_object_row(row) for row in session.object_rows],
        "islands": [
            {"name": f"{island.volume_ml:.2f} mL" + (f", in defect {defect}" if defect else ""), "number": n}
            for n, (island, defect) in enumerate(session.islands)
        ],
        "implants": [table_rows.implant_values(implant) for implant in session.implants],
        "compared": [_comparison_row(c) for c in session.comparison.defect_comparisons] if session.comparison else [],
        "points_list": [
            _point_choice(n, label, point)
            for n, (label, point) in enumerate(zip(point_labels(session.points), session.points, strict=True))
        ],
        "segmented": session.is_segmented,
        "restored": session.is_restored,
        "can": session.offers,
        "touched": session.selected_point_index,
        "moved": session.moved_point_count,
        "fullness_words": "" if session.fullness is None else describe_fullness(session.fullness),
        "note": session.message,
        "note_topic": session.message_topic,
        "directions_by_hand": sorted(session.insertion_directions),
        "stale": list(stale.sentences),
        "stale_surface": bool(stale.surface),
        "stale_implants": bool(stale.implants),
        "implant_shown": session.front == "implant" and bool(session.implants),
        "other_bone": other_bone(session),
        "line": line_state(session),
        "guides": session.planner.guide_rows,
        "plan_stale": list(session.planner.stale),
        "planned": session.planner.planned is not None,
        "drawing": session.placing if session.placing in ("line", "circle") else "",
    }


def line_state(session: Session) -> dict[str, Any]:
    """Return what the page shows of the resection line; quick enough for a point that is dragged.

    Parameters
    ----------
    session
        Of the case.

    Returns
    -------
    dict
        Number of points, area and circumference as a text, warnings, and the distances to landmarks.
    """
    planner, measure = session.planner, session.planner.measure
    numbers = ""
    if measure.line is not None:
        numbers = (
            f"{measure.area_cm2:.1f} cm², {measure.circumference_mm:.0f} mm around, "
            f"least radius {measure.least_radius_mm:.0f} mm"
        )
    return {
        "points": len(planner.curve.points),
        "numbers": numbers,
        "warnings": [*([planner.refusal] if planner.refusal else []), *planner.warnings],
        "landmarks": [list(row) for row in planner.landmark_rows],
    }


def other_bone(session: Session) -> str:
    """Say with which threshold the skull in the views was segmented, where another one is chosen.

    Parameters
    ----------
    session
        Without a restoration, which says it itself.

    Returns
    -------
    str
        Such as "416 HU, now 700 HU"; empty where both are the same.
    """
    if session.is_closed or session.is_restored or session.segmented is None:
        return ""
    return stale_results.threshold_difference(session.settings.threshold_hu, session.segmented) or ""


def _comparison_row(comparison: DefectComparison) -> dict[str, Any]:
    """The numbers of a comparison, without those that could not be measured."""
    return {title: value for title, value in table_rows.comparison_values(comparison).items() if value is not None}


def _defect_row(row: table_rows.DefectRow) -> dict[str, Any]:
    return {
        "number": row.number,
        "on": row.is_enabled,
        "side": row.side,
        "region": row.region,
        "area": f"{row.area_cm2:.1f}",
        "points": row.points,
        "moved": row.moved,
        "uncertain": row.uncertain,
        "open": row.open_margin,
    }


def _object_row(row: ObjectRow) -> dict[str, Any]:
    return {
        "number": row.number,
        "off": row.is_removed,
        "changed": row.is_removed != row.was_removed,
        "kind": row.kind,
        "side": row.side,
        "region": row.region,
        "area": f"{row.area_cm2:.0f}",
        "depth": f"{row.depth_mm:.1f}",
    }


def _point_choice(number: int, label: str, point: ReferencePoint) -> dict[str, Any]:
    states = (("uncertain", point.confidence < LOW_CONFIDENCE), ("moved", point.moved))
    marks = [word for word, applies in states if applies]
    extra = f" ({', '.join(marks)})" if marks else ""
    return {"value": number, "title": f"{label}{extra}"}
