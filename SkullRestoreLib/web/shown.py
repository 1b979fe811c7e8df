"""What the page shows of a session, as plain values."""

from typing import Any

from SkullRestoreLib.case import LOW_CONFIDENCE
from SkullRestoreLib.session import Session, figures

NOTHING: dict[str, Any] = {
    "findings": [],
    "warnings": [],
    "rows": [],
    "islands": [],
    "implants": [],
    "compared": [],
    "points_list": [],
    "segmented": False,
    "restored": False,
    "can_undo": False,
    "can_redo": False,
    "touched": None,
    "moved": 0,
    "note": "",
    "threshold_range": [-200, 3000],
}


def state_of(session: Session | None) -> dict[str, Any]:
    """Everything that the page shows of a session, by the page's names."""
    if session is None or session.closed:
        return dict(NOTHING)
    return NOTHING | {
        "findings": list(session.findings),
        "warnings": [w for w in session.warnings if w not in session.findings] if session.is_restored else [],
        "rows": [_row(r) for r in session.rows],
        "islands": [
            {"name": f"{one.volume_ml:.2f} mL" + (f", in defect {defect}" if defect else ""), "number": n}
            for n, (one, defect) in enumerate(session.islands)
        ],
        "implants": [figures.plain_implant(one) for one in session.implants],
        "compared": [figures.plain_difference(one) for one in session.comparison.differences] if session.comparison else [],
        "points_list": [_point(n, p) for n, p in enumerate(session.points)],
        "segmented": session.is_segmented,
        "restored": session.is_restored,
        "can_undo": session.history.can_undo,
        "can_redo": session.history.can_redo,
        "touched": session.touched,
        "moved": session.moved_points,
        "note": session.message,
    }


def _row(row: figures.Row) -> dict[str, Any]:
    return {
        "number": row.number,
        "on": row.on,
        "where": f"{row.side} {row.region}".strip(),
        "area": f"{row.area_cm2:.1f}",
        "points": row.points,
        "moved": row.moved,
        "uncertain": row.uncertain,
        "open": row.open_margin,
    }


def _point(number: int, point) -> dict[str, Any]:
    marks = [word for word, is_so in (("uncertain", point.confidence < LOW_CONFIDENCE), ("moved", point.moved)) if is_so]
    extra = f" ({', '.join(marks)})" if marks else ""
    return {"value": number, "title": f"{point.defect}-{number + 1:02d}{extra}"}
