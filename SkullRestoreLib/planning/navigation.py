"""Bodies of a plan for navigation: the line as a thin tube, the restored surface, and the guides."""

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.io.dicom_export import DicomModel
from SkullRestoreLib.planning.plan import ResectionPlan
from SkullRestoreLib.planning.resection import ResectionLine, line_sample
from SkullRestoreLib.records import Mesh

TUBE_RADIUS_MM = 0.5
"""Thick enough to be seen in a slice, thin enough to be a line."""
TUBE_STEP_MM = 1.0
"""Distance between the rings of the tube."""
TUBE_SIDES = 8


def line_tube(line: ResectionLine) -> Mesh:
    """Make a closed tube along a line.

    Parameters
    ----------
    line
        On the outer table.

    Returns
    -------
    Mesh
        mm RAS, with a genus of one as a ring has.
    """
    middle = line_sample(line, line.circumference_mm / max(round(line.circumference_mm / TUBE_STEP_MM), 12))
    along = np.roll(middle, -1, axis=0) - np.roll(middle, 1, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    across = np.cross(along, line.table.outward_axis)
    across /= np.linalg.norm(across, axis=1, keepdims=True)
    up = np.cross(across, along)
    angle = np.linspace(0, 2 * np.pi, TUBE_SIDES, endpoint=False)
    ring = np.cos(angle)[None, :, None] * across[:, None] + np.sin(angle)[None, :, None] * up[:, None]
    vertices = (middle[:, None] + TUBE_RADIUS_MM * ring).reshape(-1, 3)
    return Mesh(vertices, _tube_faces(len(middle)))


def _tube_faces(rings: int) -> NDArray[np.int64]:
    """Triangles (m, 3) of a tube of rings that closes into itself, turned outwards."""
    number = np.arange(rings * TUBE_SIDES).reshape(rings, TUBE_SIDES)
    a, b = number, np.roll(number, -1, axis=1)
    c, d = np.roll(a, -1, axis=0), np.roll(b, -1, axis=0)
    faces = np.concatenate([np.stack([a, d, b], axis=-1), np.stack([a, c, d], axis=-1)])
    return faces.reshape(-1, 3).astype(np.int64)


def navigation_models(plan: ResectionPlan) -> list[DicomModel]:
    """List the bodies of a plan as they go into an archive or a navigation system.

    Parameters
    ----------
    plan
        With its guides; those that did not pass are left out.

    Returns
    -------
    list of DicomModel
        The line, the restored surface of the opening, and the guides.
    """
    restored = next(patch for patch in plan.restoration.patches if patch.defect == plan.defect)
    side = next((defect.side for defect in plan.restoration.defects if defect.number == plan.defect), "")
    models = [
        DicomModel("resection_line", "Resection line", line_tube(plan.line), "PlanningIntent", side),
        DicomModel(
            "planned_surface", "Restored surface of the planned opening", restored.outer, "PlanningIntent", side
        ),
    ]
    for planned in plan.guides:
        if planned.checks.passed:
            title = planned.name.capitalize()
            models.append(DicomModel(f"guide_{planned.stem}", title, planned.mesh, "ToolFabrication", side))
    return models
