"""Add a defect that the program missed: a painted or outlined place in, one more opening with its points out."""

from collections.abc import Generator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib._system.progress import Progress
from SkullRestoreLib.affine import apply_affine
from SkullRestoreLib.errors import InputError
from SkullRestoreLib.geometry.icosphere import spherical_grid
from SkullRestoreLib.geometry.polygon import points_in_polygon
from SkullRestoreLib.pipeline import added_defect
from SkullRestoreLib.pipeline.results import DetectedDefects
from SkullRestoreLib.session.display_surfaces import make_display_surface
from SkullRestoreLib.session.edit_state import EditablePoint, EditState
from SkullRestoreLib.session.task_records import DisplayOptions, DisplaySurface
from SkullRestoreLib.settings import Settings

_MIN_OUTLINE_POINTS = 3
_OUTLINE_MARGIN_RAD, _MAX_OUTLINE_RADIUS_RAD = 0.05, 3.0
"""Grid directions this much beyond the outline are looked at; an outline cannot reach around the head."""


def grid_vertices_at(positions: NDArray[np.float64], detected: DetectedDefects) -> NDArray[np.int64]:
    """Find the grid vertices under painted positions; small gaps between them are closed.

    Parameters
    ----------
    positions
        (n, 3) mm RAS.
    detected
        Gives grid and head frame.

    Returns
    -------
    ndarray
        (v,) int64.
    """
    grid = spherical_grid(detected.fitted_surface.vault_tables.level)
    in_head = apply_affine(detected.analysis.pose.ras_to_head, positions)
    painted = np.zeros(len(grid), dtype=bool)
    painted[np.unique(grid.nearest_vertices(in_head / np.linalg.norm(in_head, axis=1, keepdims=True)))] = True
    return np.flatnonzero(grid.grow_region(grid.grow_region(painted, 1), -1))


def grid_vertices_within(corners: NDArray[np.float64], detected: DetectedDefects) -> NDArray[np.int64]:
    """Find the grid vertices inside an outline on the skull.

    Parameters
    ----------
    corners
        (n, 3) mm RAS, in any order.
    detected
        Gives grid and head frame.

    Returns
    -------
    ndarray
        (v,) int64.

    Raises
    ------
    InputError
        For fewer than three corners.
    """
    if len(corners) < _MIN_OUTLINE_POINTS:
        raise InputError(f"A hole is outlined by at least 3 points round it; there are {len(corners)}.")
    grid = spherical_grid(detected.fitted_surface.vault_tables.level)
    in_head = apply_affine(detected.analysis.pose.ras_to_head, corners)
    middle = (in_head / np.linalg.norm(in_head, axis=1, keepdims=True)).mean(axis=0)
    middle /= np.linalg.norm(middle)
    side = np.cross(middle, np.eye(3)[np.abs(middle).argmin()])
    side /= np.linalg.norm(side)
    axes = np.stack([side, np.cross(middle, side), middle])

    def project_to_plane(directions: NDArray[np.float64]) -> NDArray[np.float64]:
        """Azimuthal equidistant projection around the middle: (n, 2) radians."""
        u, v, w = axes @ directions.T
        angle = np.arctan2(np.hypot(u, v), w)
        return np.stack([u, v], axis=1) * (angle / np.maximum(np.hypot(u, v), 1e-12))[:, None]

    outline = project_to_plane(in_head)
    outline = outline[np.argsort(np.arctan2(outline[:, 1], outline[:, 0]))]
    reach = min(np.linalg.norm(outline, axis=1).max() + _OUTLINE_MARGIN_RAD, _MAX_OUTLINE_RADIUS_RAD)
    near = np.flatnonzero(grid.directions @ middle > np.cos(reach))
    return near[points_in_polygon(project_to_plane(grid.directions[near]), outline)]


def add_missed_defect(
    state: EditState, vertices: NDArray[np.int64], settings: Settings, display: DisplayOptions
) -> Generator[Progress, None, tuple[EditState, DisplaySurface]]:
    """Add one defect to an edit state.

    Parameters
    ----------
    state
        As it is.
    vertices
        (v,) grid vertices of the new defect.
    settings
        Hold the number of points per defect.
    display
        How many triangles are drawn.

    Yields
    ------
    tuple of str and float
        Step and fraction.

    Returns
    -------
    state : EditState
        With the new defect and its points.
    surface : DisplaySurface
        Of the new defect.

    Raises
    ------
    InputError
        If no bone is missing there.
    """
    detected, opening = yield from added_defect.add_defect(state.detected, vertices, settings)
    added = tuple(EditablePoint(p, p) for p in detected.points if p.defect == opening.patch.defect)
    extended = replace(state, detected=detected, editable_points=(*state.editable_points, *added))
    return extended, make_display_surface(opening.patch, detected, display)
