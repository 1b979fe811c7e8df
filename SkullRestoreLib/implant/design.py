"""What the parts of a design share: the faces, the chart over them, the outline, and the bone around."""

from dataclasses import dataclass

import numpy as np

from SkullRestoreLib.case import Bone, ImplantSettings, Mesh, Patch, ReferencePoint
from SkullRestoreLib.fine import vertex_normals
from SkullRestoreLib.implant.chart import Chart
from SkullRestoreLib.implant.cut import Plan
from SkullRestoreLib.implant.gap import BoneSurface

FIXATION_MM = 8.0  # width of a tab or of a recess for a plate
INWARDS_MM = 9.0  # how far a tab's root or a recess reaches in from the edge


@dataclass(frozen=True)
class Design:
    """Everything that is settled before the body is cut."""

    patch: Patch
    settings: ImplantSettings
    bone: Bone
    surface: BoneSurface
    points: tuple[ReferencePoint, ...]  # of this defect
    outer: Mesh  # outer face, wide
    inner: np.ndarray  # (w, 3) float, mm RAS, inner face under the vertices of ``outer``
    chart: Chart
    floor: np.ndarray  # (nu, nv) float, mm along the outward axis to the inner face, on the chart's nodes
    plan: Plan
    gap: float  # mm to the bone

    @property
    def normals(self) -> np.ndarray:
        """(w, 3) float, unit, outward normals of the outer face."""
        normals = vertex_normals(self.outer.vertices, self.outer.faces)
        return normals * (np.sign((normals @ self.chart.outward).sum()) or 1.0)

    def shifted(self, by: np.ndarray | float) -> np.ndarray:
        """(w, 3) float, mm RAS: the outer face moved outwards along its normals by (w,) mm."""
        return self.outer.vertices + np.broadcast_to(by, len(self.outer.vertices))[:, None] * self.normals

    def uv(self, points: np.ndarray) -> np.ndarray:
        """(n, 2) float, mm: points (n, 3) RAS in the drawing."""
        return (points - self.chart.origin) @ self.chart.axes[:2].T


@dataclass(frozen=True)
class Spot:
    """A place along the edge, in the drawing."""

    at: np.ndarray  # (2,) float, mm, on the outline
    out: np.ndarray  # (2,) float, unit, away from the body


def along_edge(plan: Plan, count: int) -> list[Spot]:
    """Spots at even distances along the longest outline."""
    if not plan.loops:
        return []
    loop = max(plan.loops, key=lambda line: _along(line)[-1])
    along = _along(loop)
    closed = np.concatenate([loop, loop[:1]])
    at = (np.arange(count) + 0.5) / count * along[-1]
    return [spot_at(plan, np.array([np.interp(a, along, closed[:, k]) for k in (0, 1)])) for a in at]


def spot_at(plan: Plan, uv: np.ndarray) -> Spot:
    """The spot of the outline that is nearest to a point (2,)."""
    best = None
    for loop in plan.loops:
        a, b = loop, np.roll(loop, -1, axis=0)
        part = np.clip(((uv - a) * (b - a)).sum(axis=1) / np.maximum(((b - a) ** 2).sum(axis=1), 1e-12), 0, 1)
        foot = a + part[:, None] * (b - a)
        away = np.linalg.norm(foot - uv, axis=1)
        k = int(away.argmin())
        if best is None or away[k] < best[0]:
            # the direction is that of a piece of some millimetres: a single edge of the outline may look anywhere
            near = np.flatnonzero(np.linalg.norm(loop - foot[k], axis=1) < FIXATION_MM / 2)
            chord = (b - a)[np.union1d(near, [k])].sum(axis=0)
            best = (away[k], foot[k], chord / max(np.linalg.norm(chord), 1e-12))
    _, foot, chord = best
    return Spot(foot, np.array([chord[1], -chord[0]]))  # the inside is on the outline's left


def fixation_spots(design: Design) -> tuple[list[Spot], list[str]]:
    """Where tabs or recesses lie, and what was left out, in plain words."""
    settings = design.settings
    if settings.fixation == "none":
        return [], []
    named = [label for label in settings.fixation_points if label.split("-")[0] == str(design.patch.defect)]
    if not named:
        return along_edge(design.plan, settings.fixation_count), []
    spots, left_out = [], []
    for label in named:
        number = label.partition("-")[2]
        if number.isdecimal() and 0 < int(number) <= len(design.points):
            spots.append(spot_at(design.plan, design.uv(design.points[int(number) - 1].position[None])[0]))
        else:
            left_out.append(f"Implant {design.patch.defect}: there is no reference point {label}; its fixation was left out.")
    return spots, left_out


def _along(loop: np.ndarray) -> np.ndarray:
    closed = np.concatenate([loop, loop[:1]])
    return np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(closed, axis=0), axis=1))])
