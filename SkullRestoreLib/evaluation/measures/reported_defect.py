"""One defect as a method reports it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.records import Mesh


@dataclass(frozen=True, eq=False)
class ReportedDefect:
    """One defect as a method reports it."""

    surface: Mesh  # restored outer surface
    area_cm2: float
    points: NDArray[np.float64]  # (p, 3), mm RAS, reference points; none if the method has none
    sigma_mm: NDArray[np.float64] | None = None  # (n,), the method's own standard error at the surface's vertices
