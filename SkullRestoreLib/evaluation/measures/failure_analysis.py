"""Name why a restoration failed, by rules on its scores."""

from collections.abc import Mapping
from typing import Any

from SkullRestoreLib.evaluation.measures.scoring import (
    MAX_STRAY_SHARE,
    MIN_COVERED_SHARE,
    POINT_LIMIT_MM,
    POINT_TOLERANCE_MM,
)
from SkullRestoreLib.geometry.metrics import GOOD_LIMITS_MM

_MIDDLE_LIMIT_MM, _RIM_LIMIT_MM, _POSE_LIMIT_DEG, _AREA_LIMIT_CM2 = 1.3, 1.0, 6.0, 1.5
"""Deviations above these are named as a cause."""
_NOT_FOUND_SEVERITY = 100.0


def failure_causes(row: Mapping[str, Any]) -> list[str]:
    """Name what went wrong with one hole.

    Parameters
    ----------
    row
        A row of the cohort's table.

    Returns
    -------
    list of str
        In plain words, the most serious first; empty if nothing stands out.
    """
    causes = [row["note"]] if row["note"] else []
    causes += _detection_causes(row) + _point_causes(row) + _surface_causes(row)
    if row["disturbance"] and (not row["found"] or row["grade"] != "good" or not row["right"]):
        causes.append(f"the input is disturbed: {row['disturbance']}")
    if row["pose_error_deg"] > _POSE_LIMIT_DEG:
        causes.append(
            f"the head frame is turned by {row['pose_error_deg']:.0f} degrees "
            f"(residual {row['pose_residual_mm']:.1f} mm)"
        )
    return causes


def _detection_causes(row: Mapping[str, Any]) -> list[str]:
    causes = []
    if row["pieces"] == 0 and not row["note"]:
        causes.append("defect not found")
    if row["pieces"] > 1:
        causes.append(f"defect split into {row['pieces']}")
    if row["pieces"] and row["covered"] < MIN_COVERED_SHARE:
        causes.append(f"only {row['covered']:.0%} of the hole is covered{_uncovered_side(row)}")
    elif row["pieces"] and abs(row["area_cm2"] - row["true_area_cm2"]) > _AREA_LIMIT_CM2:
        causes.append(f"border off by {row['area_cm2'] - row['true_area_cm2']:+.1f} cm²{_uncovered_side(row)}")
    if row["stray"] > MAX_STRAY_SHARE:
        causes.append(f"{row['stray']:.0%} of the restored surface is over sound bone")
    if row["false_holes"]:
        causes.append(f"{row['false_holes']} reported where nothing is missing")
    return causes


def _uncovered_side(row: Mapping[str, Any]) -> str:
    return f", uncovered {row['uncovered']}" if row["uncovered"] else ""


def _point_causes(row: Mapping[str, Any]) -> list[str]:
    if not row["points"]:
        return ["no reference point"] if row["pieces"] else []
    if not row["worst_point_mm"] > (POINT_LIMIT_MM if row["points_right"] >= 0.95 else POINT_TOLERANCE_MM):
        return []
    wrong = round((1 - row["points_right"]) * row["points"])
    height_mm = row["points_over_mm"]
    if height_mm > POINT_TOLERANCE_MM:
        place = "outside the outer table, as on an arch"
    elif height_mm < -POINT_TOLERANCE_MM:
        place = "deep inside the outer table, as on petrous or new bone or a wall"
    else:
        place = "on the outer table, but away from the border"
    return [f"{wrong} of {row['points']} points wrong, the worst {row['worst_point_mm']:.1f} mm off, {place}"]


def _surface_causes(row: Mapping[str, Any]) -> list[str]:
    causes = []
    if abs(row["middle_mm"]) > _MIDDLE_LIMIT_MM:
        height = "high" if row["middle_mm"] > 0 else "low"
        causes.append(f"surface {abs(row['middle_mm']):.1f} mm too {height} in the middle")
    if row["rim_mm"] > _RIM_LIMIT_MM:
        causes.append(f"surface {row['rim_mm']:.1f} mm off along the border")
    if row["missed_largest_mm"] > max(GOOD_LIMITS_MM[0], row["largest_mm"]):
        causes.append(f"true surface up to {row['missed_largest_mm']:.1f} mm from what was restored")
    if row["grade"] == "unacceptable" and row["found"] and not causes:
        causes.append(f"largest deviation {row['largest_mm']:.1f} mm in one place")
    return causes


def failure_severity(row: Mapping[str, Any]) -> float:
    """Rank how bad the restoration of a hole is.

    Parameters
    ----------
    row
        A row of the cohort's table.

    Returns
    -------
    float
        Above 1 the restoration is not good; holes that were not found come first, the larger the worse.
    """
    if not row["found"]:
        return _NOT_FOUND_SEVERITY + float(row["true_area_cm2"])
    largest_mm, rms_mm = (max(row[key], row[f"missed_{key}"]) for key in ("largest_mm", "rms_mm"))
    deviation = max(largest_mm / GOOD_LIMITS_MM[0], rms_mm / GOOD_LIMITS_MM[1])
    wrong_points = 0.0 if row["right"] else 1.0 + (row["worst_point_mm"] / POINT_LIMIT_MM if row["points"] else 1.0)
    return float(deviation + wrong_points + row["false_holes"])
