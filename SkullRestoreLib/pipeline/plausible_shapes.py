"""Flatter and fuller surfaces that are as plausible as the most likely one: defects and points in, surfaces out.

They need no new prediction: each is the surface of another fullness through the same reference points (decision 0084).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from SkullRestoreLib.defects.patch import move_to_tables
from SkullRestoreLib.errors import InputError
from SkullRestoreLib.pipeline.results import DetectedDefects
from SkullRestoreLib.records import DefectPatch, ReferencePoint, VaultTables
from SkullRestoreLib.settings import flatter_share

MAX_SHAPES = 20
"""More equally probable shapes would be fuller or flatter than what can be chosen."""


@dataclass(frozen=True, eq=False)
class PlausibleShape:
    """One surface that the sound bone allows."""

    fullness: float
    """0 is the most likely surface."""
    flatter_share: float
    """0..1, share of heads that are flatter."""
    vault_tables: VaultTables
    patches: tuple[DefectPatch, ...]
    """One for each defect."""

    def __repr__(self) -> str:
        return f"<PlausibleShape: fullness {self.fullness:+.2f}, {100 * self.flatter_share:.0f} % of heads are flatter>"


def make_plausible_shapes(
    detected: DetectedDefects, points: Sequence[ReferencePoint], count: int
) -> tuple[PlausibleShape, ...]:
    """Make surfaces that are equally probable.

    Parameters
    ----------
    detected
        The defects, and the surface fitted to the bone.
    points
        Reference points of all defects: every surface passes through them.
    count
        How many: each stands for that part of all heads.

    Returns
    -------
    tuple of PlausibleShape
        The flattest first.

    Raises
    ------
    InputError
        If ``count`` is not from 1 to 20.
    """
    if not (isinstance(count, int | np.integer) and 1 <= count <= MAX_SHAPES):
        raise InputError(f"From 1 to {MAX_SHAPES} shapes can be made; {count!r} were asked for.")
    shapes = []
    for number in range(count):
        fullness = float(ndtri((number + 0.5) / count))
        tables = detected.fitted_surface.tables_through(
            list(points), detected.analysis.pose.ras_to_head, fullness=fullness
        )
        patches = tuple(move_to_tables(o.patch, tables, o.vertex_rays) for o in detected.openings)
        shapes.append(PlausibleShape(fullness, flatter_share(fullness), tables, patches))
    return tuple(shapes)
