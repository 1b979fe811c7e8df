"""What a method says of one hole."""

from dataclasses import dataclass

import numpy as np

from SkullRestoreLib.case import Mesh


@dataclass(frozen=True)
class Answer:
    """One hole, as a method sees it."""

    surface: Mesh  # restored outer surface
    area_cm2: float
    points: np.ndarray  # (p, 3) float64, mm RAS, reference points; none where the method knows none
    sigma_mm: np.ndarray | None = None  # (n,) float64, the method's own standard error at the surface's vertices
