"""Divide a guide for a wide line into parts, each of which goes on along a direction of its own (decision 0170).

A body that does not bend goes on along one direction only. Around a wide line the bone turns by more than 60 degrees,
and seen along any one direction some of it is too flat, or under other bone. The parts meet at planes through the
middle of the line that run along its outward axis. Each part goes on away from its joints, so that it does not matter
which one is put on first.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.affine import basis_across
from SkullRestoreLib.planning.feet import MAP_MARGIN_MM
from SkullRestoreLib.planning.guides import GuideKind
from SkullRestoreLib.planning.outer_table import BEYOND_LINE_MM, map_outer_table
from SkullRestoreLib.planning.resection import Head, ResectionLine
from SkullRestoreLib.planning.wall import CutWall

if TYPE_CHECKING:
    from manifold3d import Manifold

MAX_PARTS = 4
"""A guide is divided into no more parts than this: each one has to be placed on its own."""
JOINT_GAP_MM = 0.4
"""Gap between two parts: what printing needs, and narrower than a saw blade."""
TURN_STEP_DEG = 15.0
"""Joints are tried in steps of this angle about the outward axis."""
ENDS_MM = 12.0
"""The map of a part holds the line this far beyond its joints."""
BAND_MM = (-16.0, 4.0)
"""Bone from here to here inside the line decides from where a cutting guide goes on."""
LEAST_SEEN = 0.1
"""Bone that is seen at a flatter angle than this (cosine) from the line's own direction has no say in it: the map knows
its normals no more."""
SCORED_NODES = 1500
"""So many places of the map decide about the directions."""
CAP_STEPS = 60
"""Steps with which the direction is found from which all of a part is seen best."""
WORST_PERCENT = 1.0
"""Bone that is seen at a flatter angle than all but this part of it has no say in where the joints are."""


@dataclass(frozen=True, eq=False)
class Joint:
    """A plane at which a part ends."""

    point: NDArray[np.float64]  # (3,) mm RAS
    inwards: NDArray[np.float64]  # (3,), unit, RAS: into the part

    def depth_mm(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """How far points (n, 3), mm RAS, are inside the part's end, mm."""
        return (points - self.point) @ self.inwards - JOINT_GAP_MM / 2


@dataclass(frozen=True, eq=False)
class PartWall(CutWall):
    """The wall of the cut for one part of a guide: on a map that is seen along the part's own direction.

    Its edge is that of the plan's wall, so that all parts have the same one.
    """

    planned: CutWall
    number: int  # from 1
    count: int
    joints: tuple[Joint, ...]

    @property
    def edge(self) -> CutWall:
        """The wall of the plan."""
        return self.planned

    @property
    def part(self) -> tuple[int, int]:
        """Number of the part, and how many there are."""
        return self.number, self.count

    def keeps(self, points: NDArray[np.float64], margin_mm: float = 0.0) -> NDArray[np.bool_]:
        """Tell which points (n, 3), mm RAS, are in the part, this far from its joints; (n,) bool."""
        return np.all([joint.depth_mm(points) >= margin_mm for joint in self.joints], axis=0)

    def trim(self, solid: "Manifold") -> "Manifold":
        """Cut a solid, mm RAS, off at the joints."""
        for joint in self.joints:
            offset = float(joint.point @ joint.inwards) + JOINT_GAP_MM / 2
            solid = solid.trim_by_plane(joint.inwards.tolist(), offset)
        return solid

    def solid_inside(self, inside_mm: float, low_mm: float, high_mm: float) -> "Manifold":
        """That of the plan's wall; see :meth:`CutWall.solid_inside`."""
        return self.planned.solid_inside(inside_mm, low_mm, high_mm)


def divide_wall(wall: CutWall, head: Head, kind: GuideKind, count: int) -> tuple[PartWall, ...]:
    """Divide a guide into parts, with the joints where each part is seen best along its own direction.

    Parameters
    ----------
    wall
        Of the cut.
    head
        On which it is planned.
    kind
        Of the guide: a drawing template is inside the line, a cutting guide outside it.
    count
        How many parts; at least 2.

    Returns
    -------
    tuple of PartWall
        In their order around the line.

    Raises
    ------
    InputError
        If there is no bone under a part.
    """
    points, normals = _bone_of_guide(wall, kind)
    axis, middle = wall.line.table.outward_axis, wall.line.points.mean(axis=0)
    turns = np.arange(0.0, 360.0 / count, TURN_STEP_DEG)
    tried = []
    for turn in turns:
        wedges = _wedges(axis, middle, count, np.radians(turn))
        directions = [_direction(points, normals, joints, axis) for joints in wedges]
        tried.append((min(seen for _, seen in directions), wedges, [direction for direction, _ in directions]))
    _, wedges, outwards = max(tried, key=lambda one: one[0])
    return tuple(
        _part_wall(wall, head, kind, (number, count), joints, outward)
        for number, (joints, outward) in enumerate(zip(wedges, outwards, strict=True), 1)
    )


def _bone_of_guide(wall: CutWall, kind: GuideKind) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Places (n, 3), mm RAS, of the bone that a guide is on, and normals (n, 3), RAS."""
    line, table = wall.line, wall.line.table
    low, high = (BAND_MM[1] * -1, np.inf) if kind == "template" else BAND_MM
    wanted = (line.inside_mm > low) & (line.inside_mm < high)
    wanted &= table.known & ~table.covered & (table.normals[..., 2] > LEAST_SEEN)
    chosen = np.flatnonzero(wanted)
    chosen = chosen[:: max(len(chosen) // SCORED_NODES, 1)]
    points, normals = table.surface_points.reshape(-1, 3)[chosen], table.normals.reshape(-1, 3)[chosen]
    return np.concatenate([points, line.points]), np.concatenate(
        [normals @ table.chart.axes, table.normals_at(line.uv) @ table.chart.axes]
    )


def _wedges(axis: NDArray[np.float64], middle: NDArray[np.float64], count: int, turn: float) -> list[tuple[Joint, ...]]:
    """The joints of each part: wedges of the same angle about an axis through the middle."""
    first, second = basis_across(axis)
    angles = turn + 2 * np.pi * np.arange(count) / count
    ahead = [Joint(middle, np.sin(a) * first - np.cos(a) * second) for a in angles]
    if count == 2:
        return [(joint,) for joint in ahead]
    return [(joint, Joint(middle, -ahead[(k + 1) % count].inwards)) for k, joint in enumerate(ahead)]


def _direction(
    points: NDArray[np.float64], normals: NDArray[np.float64], joints: tuple[Joint, ...], axis: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float]:
    """The outward direction (3,) of a part, away from its joints, and how flat its bone is seen (cosine)."""
    mine = normals[np.all([joint.depth_mm(points) > 0 for joint in joints], axis=0)]
    if not len(mine):
        return axis, -1.0
    outward = mine.mean(axis=0)
    outward /= np.linalg.norm(outward)
    for step in range(CAP_STEPS):  # towards the worst normal, by less and less: the middle of the least cap of them
        outward = outward + (mine[int((mine @ outward).argmin())] - outward) / (step + 2)
        outward /= np.linalg.norm(outward)
    for joint in joints:  # away from the joint, else the part would run into its neighbour
        outward = outward - min(float(outward @ joint.inwards), 0.0) * joint.inwards
    outward /= np.linalg.norm(outward)
    return outward, float(np.percentile(mine @ outward, WORST_PERCENT))


def _part_wall(
    wall: CutWall,
    head: Head,
    kind: GuideKind,
    part: tuple[int, int],
    joints: tuple[Joint, ...],
    outward: NDArray[np.float64],
) -> PartWall:
    """The wall on the map of one part."""
    line, settings = wall.line, wall.settings
    middle = line.points.mean(axis=0)
    held = np.all([joint.depth_mm(line.points) > -ENDS_MM for joint in joints], axis=0)
    points = line.points[held] if kind == "frame" else np.concatenate([line.points[held], middle[None]])
    table = map_outer_table(
        head.bone,
        head.pose,
        head.tables,
        points,
        outward,
        tumour_radius_mm=float(np.linalg.norm(line.points - middle, axis=1).max()),
        tumour_middle=middle,
        beyond_mm=max(BEYOND_LINE_MM, settings.guide_reach_mm + MAP_MARGIN_MM) if kind == "frame" else BEYOND_LINE_MM,
    )
    return PartWall(ResectionLine(table, table.to_uv(line.points)), settings, wall, *part, joints)
