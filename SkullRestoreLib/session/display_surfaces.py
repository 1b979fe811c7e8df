"""The restored surfaces as they are drawn: with fewer triangles than those that are exported."""

import numpy as np

from SkullRestoreLib.defects.patch import VertexRays
from SkullRestoreLib.geometry.decimation import decimate
from SkullRestoreLib.pipeline.results import DetectedDefects
from SkullRestoreLib.records import DefectPatch
from SkullRestoreLib.session.task_records import DisplayOptions, DisplaySurface

_MIN_DISPLAY_FACES, _MAX_DISPLAY_FACES = 2000, 20_000
"""A large surface has larger triangles, so that it follows a dragged point."""


def make_display_surfaces(detected: DetectedDefects, display: DisplayOptions) -> tuple[DisplaySurface, ...]:
    """Make the surfaces that are drawn.

    Parameters
    ----------
    detected
        Defects with their patches.
    display
        How many triangles are drawn.

    Returns
    -------
    tuple of DisplaySurface
        One for each defect.
    """
    return tuple(make_display_surface(o.patch, detected, display) for o in detected.openings)


def make_display_surface(patch: DefectPatch, detected: DetectedDefects, display: DisplayOptions) -> DisplaySurface:
    """Make the surface of one patch with as many triangles as a screen needs.

    Parameters
    ----------
    patch
        mm RAS.
    detected
        The defects, of which it is one.
    display
        How many triangles are drawn.

    Returns
    -------
    DisplaySurface
        At least 2000 triangles, if the patch has so many.
    """
    a, b, c = (patch.outer.vertices[patch.outer.faces[:, k]] for k in range(3))
    area_cm2 = float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum()) / 200
    faces = int(np.clip(area_cm2 * display.surface_faces_per_cm2, _MIN_DISPLAY_FACES, _MAX_DISPLAY_FACES))
    mesh = decimate(patch.outer, max_faces=faces)
    analysis, tables = detected.analysis, detected.fitted_surface.vault_tables
    vertex_rays = VertexRays.from_points(
        mesh.vertices, tables.level, analysis.pose, outer=tables.outer, parameters=analysis.parameters.border
    )
    return DisplaySurface(patch.defect, mesh.faces, vertex_rays)
