"""After the operation: how far the bone's edge is from where it was planned, measured in a CT.

The plan is laid over the new scan by sound vault. At every millimetre of the line the bone is searched for from inside
outwards, at several depths between the tables.
"""

import json
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates
from scipy.spatial import cKDTree

from SkullRestoreLib._system.progress import Progress
from SkullRestoreLib.affine import apply_affine, invert_affine
from SkullRestoreLib.errors import InputError
from SkullRestoreLib.geometry.refined_mesh import vertex_normals
from SkullRestoreLib.pipeline import saved_case, steps
from SkullRestoreLib.pipeline.comparison import align_skulls
from SkullRestoreLib.pipeline.editable import EditableRestoration
from SkullRestoreLib.planning.write_plan import PLAN_FILE
from SkullRestoreLib.prediction import models
from SkullRestoreLib.records import Bone, Mesh, Volume
from SkullRestoreLib.settings import Settings

SEARCH_MM = 10.0
"""The edge is searched for this far inside and outside of where it was planned: on a vault of 85 mm radius the tangent
leaves the surface by 0.6 mm over this length."""
STEP_MM = 0.1
"""Step of the search along the surface."""
DEPTHS_MM = (1.5, 2.5, 3.5)
"""Depths below the outer table at which the edge is searched for; the edge is the median."""
MIN_BONE_MM = 1.0
"""Less bone than this is a splinter or bone dust, and no edge."""
MIN_MEASURED = 0.5
"""With an edge at less of the line than this, the scan does not show the planned opening."""


@dataclass(frozen=True, eq=False)
class AchievedLine:
    """The cut against the plan."""

    points: NDArray[np.float64]  # (k, 3) mm RAS of the plan: the planned edge of the bone
    deviation_mm: NDArray[np.float64]  # (k,), positive where more bone is gone than planned; NaN without an edge
    alignment_error_mm: float  # nine tenths of the two sound vaults are nearer than this

    @property
    def _found(self) -> NDArray[np.float64]:
        return self.deviation_mm[np.isfinite(self.deviation_mm)]

    @property
    def measured_percent(self) -> float:
        """Part of the line at which an edge was found."""
        return 100 * len(self._found) / max(len(self.deviation_mm), 1)

    @property
    def median_mm(self) -> float:
        """Median, with its sign."""
        return float(np.median(self._found))

    @property
    def within_95_mm(self) -> float:
        """95 % of the line is nearer to the plan than this."""
        return float(np.percentile(np.abs(self._found), 95))

    @property
    def largest_mm(self) -> float:
        """Largest deviation."""
        return float(np.abs(self._found).max())

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for programs: lengths in mm, positions in mm RAS of the plan."""
        values = {name: round(getattr(self, name), 3) for name in ("measured_percent", "median_mm", "within_95_mm")}
        return values | {
            "largest_mm": round(self.largest_mm, 3),
            "alignment_error_mm": round(self.alignment_error_mm, 3),
            "points": np.round(self.points, 3).tolist(),
            "deviation_mm": [round(float(x), 3) if np.isfinite(x) else None for x in self.deviation_mm],
        }


def measure_achieved_steps(plan_folder: Path, after: Volume | Mesh) -> Generator[Progress, None, AchievedLine]:
    """Measure the achieved line of a plan.

    Parameters
    ----------
    plan_folder
        Result of ``skullrestore plan``, or of an export of a planned resection.
    after
        The same patient after the operation; implants that are no bone do not disturb.

    Yields
    ------
    tuple of str and float
        Name of the step that starts, and the part of the work that is done (0..1).

    Returns
    -------
    AchievedLine

    Raises
    ------
    InputError
        If the folder holds no plan, the scan is of another skull, or it shows no opening there.
    """
    facts = _read_plan(plan_folder)
    planned = yield from saved_case.load_steps(plan_folder)
    yield "segment the skull after the operation", 0.3
    _, bone = steps.segment_input(after, Settings())
    _, atlas = models.find_weights_and_atlas(planned.settings)
    yield "lay the skulls over each other", 0.5
    motion, error_mm = align_skulls(planned.detected, bone, atlas.template)
    yield "measure the line", 0.9
    line = np.array(facts["line"]["points"], dtype=np.float64)
    normals = _normals_at(line, planned, facts["opening"]["defect"])
    beyond_mm = float(facts["opening"]["beyond_line_mm"])
    achieved = measure_line(line, normals, beyond_mm, bone, motion, alignment_error_mm=error_mm)
    if achieved.measured_percent < 100 * MIN_MEASURED:
        raise InputError(
            f"The scan shows the planned opening at only {achieved.measured_percent:.0f} % of the line. "
            "Is it the scan after this operation?"
        )
    return achieved


def _read_plan(folder: Path) -> dict[str, Any]:
    path = folder.expanduser() / PLAN_FILE
    try:
        facts: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        _ = facts["line"]["points"], facts["opening"]["defect"], facts["opening"]["beyond_line_mm"]
    except (OSError, ValueError, KeyError, TypeError):
        raise InputError(f"'{folder.name}' holds no plan: {PLAN_FILE} is missing or damaged.") from None
    return facts


def _normals_at(line: NDArray[np.float64], planned: EditableRestoration, defect: int) -> NDArray[np.float64]:
    """Outward normals (k, 3) of the restored surface at a line (k, 3)."""
    opening = next((one for one in planned.detected.openings if one.patch.defect == defect), None)
    if opening is None:
        raise InputError("The plan and its restoration do not belong together: the planned defect is missing.")
    surface = opening.patch.wide_outer
    normals = vertex_normals(surface.vertices, surface.faces)
    found = normals[cKDTree(surface.vertices).query(line)[1]]
    outwards = line - planned.pose.head_to_ras[:3, 3]
    facing: NDArray[np.float64] = found * np.where((found * outwards).sum(axis=1, keepdims=True) > 0, 1.0, -1.0)
    return facing


def measure_line(
    line: NDArray[np.float64],
    normals: NDArray[np.float64],
    beyond_mm: float,
    bone: Bone,
    motion: NDArray[np.float64],
    *,
    alignment_error_mm: float = 0.0,
) -> AchievedLine:
    """Find the edge of bone next to a planned line.

    Parameters
    ----------
    line
        (k, 3) mm RAS, closed, on the outer table.
    normals
        (k, 3) unit, outwards.
    beyond_mm
        How far outside the line the bone should begin.
    bone
        After the operation.
    motion
        (4, 4), from the plan to the scan of ``bone``.
    alignment_error_mm
        Of the motion.

    Returns
    -------
    AchievedLine
    """
    along = np.roll(line, -1, axis=0) - np.roll(line, 1, axis=0)
    outward = np.cross(along, normals)
    outward /= np.maximum(np.linalg.norm(outward, axis=1, keepdims=True), 1e-12)
    away = ((line - line.mean(axis=0)) * outward).sum()
    outward = outward if away > 0 else -outward
    edge = line + beyond_mm * outward
    offsets = np.arange(-SEARCH_MM, SEARCH_MM + STEP_MM / 2, STEP_MM)
    to_ijk = invert_affine(bone.ijk_to_ras) @ motion
    found = []
    for depth in DEPTHS_MM:
        places = edge[:, None] + offsets[None, :, None] * outward[:, None] - depth * normals[:, None]
        kji = apply_affine(to_ijk, places.reshape(-1, 3))[:, ::-1].T
        values = map_coordinates(bone.field, kji, order=1, output=np.float32, mode="nearest")
        found.append(_first_bone(values.reshape(len(line), -1) >= bone.iso, offsets))
    with np.errstate(invalid="ignore"):
        together = np.array(found)
        enough = np.isfinite(together).sum(axis=0) >= 2
        deviation = np.full(len(line), np.nan)
        deviation[enough] = np.nanmedian(together[:, enough], axis=0)
    return AchievedLine(edge, deviation, alignment_error_mm)


def _first_bone(is_bone: NDArray[np.bool_], offsets: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where bone of some length begins along each row (k, n); NaN where there is none, or no gap before it."""
    length = max(round(MIN_BONE_MM / STEP_MM), 1)
    run = sliding_window_view(is_bone, length, axis=1).all(axis=-1)
    first = run.argmax(axis=-1)
    begins = run.any(axis=-1) & (first > 0)
    return np.where(begins, offsets[first] - STEP_MM / 2, np.nan)
