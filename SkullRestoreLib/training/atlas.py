"""The mean head: surface points of many skulls in, the template that poses are measured against out.

No skull is the reference. Starting from the scanner's orientation, every vault is fitted to the median of all, a few times over
(generalised Procrustes with trimmed fits); at the end the mean is made symmetric by averaging it with its mirror image.
"""

from collections.abc import Sequence

import numpy as np

from SkullRestoreLib.atlas import Template
from SkullRestoreLib.grid import grid
from SkullRestoreLib.pose import outermost, refine

MIRROR = np.array([-1.0, 1.0, 1.0])
BOX_MM, SPACING_MM = 126.0, 4.0


def build_template(clouds: Sequence[np.ndarray], *, rounds: int = 5) -> Template:
    """Fit the mean head to many skulls.

    Parameters
    ----------
    clouds
        One (p, 3) float array for each skull: points on its bone, mm RAS, all heads roughly upright.
    rounds
        How often every skull is fitted to the median of all.
    """
    frames = [_upright(points) for points in clouds]
    template = _template(clouds, frames)
    for _ in range(rounds):
        poses = [refine(points, template, *frame) for points, frame in zip(clouds, frames, strict=True)]
        frames = [(p.ras_to_head[:3, :3], p.ras_to_head[:3, 3]) for p in poses]
        template = _template(clouds, frames)
    return template


def _upright(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A first frame: the scanner's axes, the centre 78 mm below the vertex and in the middle of what lies above it."""
    top = np.percentile(points[:, 2], 99.9)
    cap = points[points[:, 2] > top - 80]
    low, high = np.percentile(cap, [1, 99], axis=0)
    centre = np.append((low[:2] + high[:2]) / 2, top - 78.0)
    return np.eye(3), -centre


def _template(clouds: Sequence[np.ndarray], frames: Sequence[tuple[np.ndarray, np.ndarray]]) -> Template:
    directions = grid(4).directions
    radii = np.full((2 * len(clouds), len(directions)), np.nan)
    bins = int(2 * BOX_MM / SPACING_MM)
    occupancy = np.zeros((bins, bins, bins))
    for k, (points, (rotation, shift)) in enumerate(zip(clouds, frames, strict=True)):
        head = points @ rotation.T + shift
        for half, flip in enumerate((np.ones(3), MIRROR)):
            shell = outermost(head * flip)
            length = np.linalg.norm(shell, axis=1)
            cell = grid(4).nearest(shell / length[:, None])
            radii[2 * k + half, cell] = length
            count, _ = np.histogramdd((head * flip)[:, ::-1], bins=bins, range=[(-BOX_MM, BOX_MM)] * 3)
            occupancy += count > 0
    present = np.isfinite(radii).mean(axis=0)
    with np.errstate(all="ignore"):
        outer = np.where(present > 0, np.nan_to_num(np.nanmedian(np.where(present > 0, radii, 1.0), axis=0)), 80.0)
    vault = (present > 0.8) & (directions[:, 2] > -0.25)
    return Template(outer, vault, occupancy / (2 * len(clouds)), -BOX_MM + SPACING_MM / 2, SPACING_MM)


def symmetric(values: np.ndarray, level: int) -> np.ndarray:
    """Grid values (n, ...) averaged with their mirror image across x = 0."""
    return (values + values[grid(level).mirror]) / 2
