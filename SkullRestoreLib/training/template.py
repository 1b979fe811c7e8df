"""Build the mean head: surface points of many skulls in, the template to which poses are fitted out.

No skull is the reference. Starting from the scanner's axes, every vault is fitted to the median of all, several times
over (generalised Procrustes analysis with trimmed fits); at the end the mean is made symmetric by averaging it with its
mirror image.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.geometry.icosphere import spherical_grid
from SkullRestoreLib.pose.head_frame import fit_to_template, outermost_points
from SkullRestoreLib.skull_model.atlas import HeadTemplate

MIRROR_X = np.array([-1.0, 1.0, 1.0])
HALF_BOX_MM, VOXEL_SPACING_MM = 126.0, 4.0
"""Half the edge of the template's occupancy grid, and its spacing."""
_CENTRE_BELOW_VERTEX_MM = 78.0
_CAP_DEPTH_MM = 80.0
_TEMPLATE_LEVEL = 4
Frame = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Rotation (3, 3) and shift (3,), mm, from RAS to the head."""


def build_template(clouds: Sequence[NDArray[np.float64]], *, rounds: int = 5) -> HeadTemplate:
    """Fit the mean head to many skulls.

    Parameters
    ----------
    clouds
        (p, 3) points on the bone of each skull, mm RAS, all heads roughly upright.
    rounds
        How often every skull is fitted to the median of all.

    Returns
    -------
    HeadTemplate
        The mean head.
    """
    frames = [_initial_frame(points) for points in clouds]
    template = _average_heads(clouds, frames)
    for _ in range(rounds):
        poses = [fit_to_template(points, template, *frame) for points, frame in zip(clouds, frames, strict=True)]
        frames = [(p.ras_to_head[:3, :3], p.ras_to_head[:3, 3]) for p in poses]
        template = _average_heads(clouds, frames)
    return template


def _initial_frame(points: NDArray[np.float64]) -> Frame:
    """First frame of a skull: the scanner's axes, the centre 78 mm below the vertex and in the middle of the cap."""
    top = np.percentile(points[:, 2], 99.9)
    cap = points[points[:, 2] > top - _CAP_DEPTH_MM]
    low, high = np.percentile(cap, [1, 99], axis=0)
    centre = np.append((low[:2] + high[:2]) / 2, top - _CENTRE_BELOW_VERTEX_MM)
    return np.eye(3), -centre


def _average_heads(clouds: Sequence[NDArray[np.float64]], frames: Sequence[Frame]) -> HeadTemplate:
    """Average the skulls (p, 3) and their mirror images in their frames."""
    grid = spherical_grid(_TEMPLATE_LEVEL)
    directions = grid.directions
    radii = np.full((2 * len(clouds), len(directions)), np.nan)
    bins = int(2 * HALF_BOX_MM / VOXEL_SPACING_MM)
    occupancy = np.zeros((bins, bins, bins))
    for k, (points, (rotation, shift)) in enumerate(zip(clouds, frames, strict=True)):
        head = points @ rotation.T + shift
        for half, signs in enumerate((np.ones(3), MIRROR_X)):
            surface = outermost_points(head * signs)
            length = np.linalg.norm(surface, axis=1)
            cell = grid.nearest_vertices(surface / length[:, None])
            radii[2 * k + half, cell] = length
            count, _ = np.histogramdd((head * signs)[:, ::-1], bins=bins, range=[(-HALF_BOX_MM, HALF_BOX_MM)] * 3)
            occupancy += count > 0
    present = np.isfinite(radii).mean(axis=0)
    with np.errstate(all="ignore"):
        outer = np.where(present > 0, np.nan_to_num(np.nanmedian(np.where(present > 0, radii, 1.0), axis=0)), 80.0)
    vault = (present > 0.8) & (directions[:, 2] > -0.25)
    return HeadTemplate(
        outer, vault, occupancy / (2 * len(clouds)), -HALF_BOX_MM + VOXEL_SPACING_MM / 2, VOXEL_SPACING_MM
    )


def make_symmetric(values: NDArray[np.float64], level: int) -> NDArray[np.float64]:
    """Average grid values with their mirror image across the mid-plane.

    Parameters
    ----------
    values
        (n, ...).
    level
        Grid level.

    Returns
    -------
    ndarray
        (n, ...) float64.

    Examples
    --------
    >>> values = spherical_grid(2).directions[:, 0]
    >>> bool(np.allclose(make_symmetric(values, 2), 0))
    True
    """
    return (values + values[spherical_grid(level).mirror_vertices]) / 2
