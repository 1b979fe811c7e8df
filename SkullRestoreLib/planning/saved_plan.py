"""A plan as plain values, and a plan from them again: line, settings and guides of a scene or a case file.

The bone before the cut and its tables are kept next to them. Nothing in the values is executed when they are read, and
nothing in them names the patient (decision 0161).
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.planning.drawing import DrawnCurve, LineOrigin
from SkullRestoreLib.planning.guides import GUIDE_KINDS, GuideKind
from SkullRestoreLib.settings import PlanSettings

MIN_POINTS = 3
"""A closed line has at least so many points."""


@dataclass(frozen=True, eq=False)
class SavedPlan:
    """What is kept of a plan, in addition to the head before the cut."""

    curve: DrawnCurve
    settings: PlanSettings
    guides: tuple[GuideKind, ...]
    line: NDArray[np.float64] | None = None
    """(n, 3) mm RAS: points of the line itself, where it is not the spline through the control points."""

    def to_values(self) -> dict[str, Any]:
        """Turn it into what JSON can hold.

        Examples
        --------
        >>> plan = SavedPlan(DrawnCurve(np.eye(3)), PlanSettings(kerf_mm=2.0), ("frame",))
        >>> SavedPlan.from_values(plan.to_values()).settings.kerf_mm
        2.0
        """
        centre = self.curve.centre
        return {
            "curve": self.curve.points.tolist(),
            "origin": self.curve.origin,
            "centre": None if centre is None else np.asarray(centre).tolist(),
            "settings": asdict(self.settings),
            "guides": list(self.guides),
            "line": None if self.line is None else self.line.tolist(),
        }

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> "SavedPlan":
        """Read it.

        Parameters
        ----------
        values
            From :meth:`to_values`; settings that are not known are left out.

        Returns
        -------
        SavedPlan

        Raises
        ------
        KeyError, TypeError, ValueError
            If a value is missing or not what it should be.
        """
        origin, centre, line = values["origin"], values["centre"], values["line"]
        guides = tuple(kind for kind in GUIDE_KINDS if kind in values["guides"])
        if origin not in get_args(LineOrigin):
            raise ValueError("no origin of a line")
        known = {spec.name for spec in fields(PlanSettings)}
        return cls(
            DrawnCurve(_points(values["curve"]), origin, None if centre is None else _points([centre], 1)[0]),
            PlanSettings(**{name: value for name, value in values["settings"].items() if name in known}),
            guides,
            None if line is None else _points(line),
        )


def _points(values: Any, least: int = MIN_POINTS) -> NDArray[np.float64]:
    """Points (n, 3), if they are finite and enough; ValueError otherwise."""
    points = np.array(values, dtype=np.float64)
    if points.ndim != 2 or points.shape[1] != 3 or len(points) < least or not np.isfinite(points).all():
        raise ValueError("no points")
    return points
