"""Why a restoration went wrong, by rules on its figures."""

from collections.abc import Mapping
from typing import Any

from SkullRestoreLib.evaluation.judge import FOUND_PART, RIGHT_MM, STRAY_PART, WRONG_MM

_HIGH_MM, _STEP_MM, _TURN_DEG, _AREA_CM2 = 1.3, 1.0, 6.0, 1.5


def causes(row: Mapping[str, Any]) -> list[str]:
    """Name what went wrong with one hole.

    Parameters
    ----------
    row
        A row of the cohort's table.

    Returns
    -------
    list of str
        Plain words, the gravest first; empty where nothing stands out.
    """
    said = [row["note"]] if row["note"] else []
    said += _defect(row) + _points(row) + _surface(row)
    if row["disturbance"] and (not row["found"] or row["grade"] != "good" or not row["right"]):
        said.append(f"the input is disturbed: {row['disturbance']}")
    if row["pose_error_deg"] > _TURN_DEG:
        said.append(f"the head frame is turned by {row['pose_error_deg']:.0f} degrees (residual {row['pose_residual_mm']:.1f} mm)")
    return said


def _defect(row: Mapping[str, Any]) -> list[str]:
    said = []
    if row["pieces"] == 0 and not row["note"]:
        said.append("defect not found")
    if row["pieces"] > 1:
        said.append(f"defect split into {row['pieces']}")
    if row["pieces"] and row["covered"] < FOUND_PART:
        said.append(f"only {row['covered']:.0%} of the hole is covered{_side(row)}")
    elif row["pieces"] and abs(row["area_cm2"] - row["true_area_cm2"]) > _AREA_CM2:
        said.append(f"border off by {row['area_cm2'] - row['true_area_cm2']:+.1f} cm²{_side(row)}")
    if row["stray"] > STRAY_PART:
        said.append(f"{row['stray']:.0%} of the restored surface lies over sound bone")
    if row["false_holes"]:
        said.append(f"{row['false_holes']} reported where nothing is missing")
    return said


def _side(row: Mapping[str, Any]) -> str:
    return f", bare {row['uncovered']}" if row["uncovered"] else ""


def _points(row: Mapping[str, Any]) -> list[str]:
    if not row["points"]:
        return ["no reference point"] if row["pieces"] else []
    if not row["worst_point_mm"] > (WRONG_MM if row["points_right"] >= 0.95 else RIGHT_MM):
        return []
    wrong = round((1 - row["points_right"]) * row["points"])
    over = row["points_over_mm"]
    where = (
        "over the outer table, as on an arch" if over > RIGHT_MM
        else "deep under the outer table, as on petrous or new bone or a wall" if over < -RIGHT_MM
        else "on the outer table, but away from the border"
    )  # fmt: skip
    return [f"{wrong} of {row['points']} points wrong, the worst {row['worst_point_mm']:.1f} mm off, {where}"]


def _surface(row: Mapping[str, Any]) -> list[str]:
    said = []
    if abs(row["middle_mm"]) > _HIGH_MM:
        said.append(f"surface {abs(row['middle_mm']):.1f} mm too {'high' if row['middle_mm'] > 0 else 'low'} in the middle")
    if row["rim_mm"] > _STEP_MM:
        said.append(f"surface {row['rim_mm']:.1f} mm off along the rim")
    if row["grade"] == "unacceptable" and row["found"] and not said:
        said.append(f"largest deviation {row['largest_mm']:.1f} mm in one place")
    return said


def badness(row: Mapping[str, Any]) -> float:
    """How bad a hole's restoration is: above 1 it is not good; holes that were not found come first, the larger the worse."""
    if not row["found"]:
        return 100.0 + row["true_area_cm2"]
    deviation = max(row["largest_mm"] / 3.9, row["rms_mm"] / 1.3)
    wrong_points = 0.0 if row["right"] else 1.0 + (row["worst_point_mm"] / WRONG_MM if row["points"] else 1.0)
    return float(deviation + wrong_points + row["false_holes"])
