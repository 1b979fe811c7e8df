"""Add a defect that the program did not find: grid vertices in, one more opening with its points out."""

from collections.abc import Generator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib._system.progress import Progress
from SkullRestoreLib.defects.detect import DefectRegion
from SkullRestoreLib.defects.thin_plate import fit_to_bone
from SkullRestoreLib.errors import InputError
from SkullRestoreLib.geometry.icosphere import spherical_grid
from SkullRestoreLib.pipeline import head_steps
from SkullRestoreLib.pipeline.results import DefectOpening, DetectedDefects
from SkullRestoreLib.settings import Settings


def add_defect(
    detected: DetectedDefects, vertices: NDArray[np.int64], settings: Settings
) -> Generator[Progress, None, tuple[DetectedDefects, DefectOpening]]:
    """Add one defect; the others keep their numbers.

    Parameters
    ----------
    detected
        What was found so far.
    vertices
        (v,) grid vertices of the new defect.
    settings
        Hold the number of points per defect.

    Yields
    ------
    tuple of str and float
        Step and fraction.

    Returns
    -------
    detected : DetectedDefects
        With the new opening and its points.
    opening : DefectOpening
        The new one.

    Raises
    ------
    InputError
        If no bone is missing there.
    """
    yield "fit the surface to the bone", 0.2
    tables = detected.fitted_surface.predicted_tables
    vertices = vertices[tables.vault[vertices]]
    if not len(vertices):
        raise InputError("There is no vault at that place: it belongs to the face or the base, or is outside the scan.")
    region = _defect_region(detected, vertices)
    openings = (*detected.openings, *detected.small_openings)
    regions = [*(o.defect_region.vertices for o in openings), vertices]
    fitted = fit_to_bone(tables, detected.rays, regions, parameters=detected.analysis.parameters.fit)
    yield "cut the surface", 0.5
    number = max((o.patch.defect for o in openings), default=0) + 1
    opening = head_steps.cut_opening(detected.analysis, detected.rays, fitted, region, number=number)
    if opening is None:
        raise InputError(
            "No bone is missing at that place: the outer table is where it should be. "
            "Erase from the bone segment what is to be replaced, and restore again."
        )
    yield "place the reference points", 0.8
    points = head_steps.place_opening_points(detected.analysis, fitted, opening, settings)
    extended = replace(
        detected,
        fitted_surface=fitted,
        openings=(*detected.openings, opening),
        points=(*detected.points, *points),
    )
    return extended, opening


def _defect_region(detected: DetectedDefects, vertices: NDArray[np.int64]) -> DefectRegion:
    """Measure the region of (v,) grid vertices on the predicted outer table."""
    tables = detected.fitted_surface.predicted_tables
    grid = spherical_grid(detected.fitted_surface.vault_tables.level)
    near_vault_edge = grid.grow_region(~(tables.vault & (detected.rays.reach > tables.outer)), 2)
    return DefectRegion(
        vertices,
        float(grid.areas_mm2(tables.outer)[vertices].sum() / 100),
        bool(near_vault_edge[vertices].any()),
    )
