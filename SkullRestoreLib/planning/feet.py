"""Choose where a cutting guide touches the bone: pads under its wall, and feet on arms around it (decision 0139).

A plate that touches everywhere turns and slides on the vault, which is nearly a sphere. A few feet hold it better,
where the bone is not round and far from the middle. They are chosen by the play that is left.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, sparse
from scipy.optimize import linprog

from SkullRestoreLib.implant.chart import CHART_STEP_MM
from SkullRestoreLib.planning.lane import lane_at
from SkullRestoreLib.planning.outer_table import BEYOND_LINE_MM, map_outer_table
from SkullRestoreLib.planning.resection import Head, ResectionLine
from SkullRestoreLib.planning.seat_play import (
    DIRECTIONS,
    HELD_MM,
    MAX_PLAY_DEG,
    MAX_PLAY_MM,
    SPARE_MM,
    Contacts,
    farthest_motions,
    play_of,
)
from SkullRestoreLib.planning.wall import CutWall

FOOT_RADIUS_MM, PAD_RADIUS_MM = 4.0, 2.0
"""Radius of a foot at the end of an arm, and of a pad under the guiding wall."""
PADS = 12
"""Pads under the guiding wall: it touches the bone all round."""
PAD_INSET_MM = 2.5
"""Their middles are this far from the edge of the wall."""
CANDIDATE_STEP_MM = 4.0
"""Feet are looked for on a grid of this step."""
ROOM_MM = 1.5
"""Bone around a foot, and on both sides of its arm."""
FEET_APART_MM = 9.0
"""Middles of two feet are no nearer than this."""
STEEPEST_COSINE = 0.5
"""On bone that is seen at a flatter angle than this (cosine) no foot and no arm stands: what is pressed over there
would be under bone along the axis."""
FIRST_FEET = 0.75
"""This part of the feet is taken from the pressures that hold best; the others are added one by one."""
PAD_PRESSURE = 0.15
"""Least part of the pressure on the pads, for those pressures."""
TRIED = 2
"""So many of the farthest motions are tried to be stopped with a new foot."""
BETTER = 1e-3
"""A foot is moved where the play becomes less by this part of what it may be."""
MAP_MARGIN_MM = 3.0
"""The map reaches this far beyond the feet."""
ROUNDS = 2
"""Each foot is moved at most so often."""


@dataclass(frozen=True, eq=False)
class GuideFeet:
    """Where a cutting guide touches the bone, in mm of the drawing."""

    feet: NDArray[np.float64]  # (n, 2): middles of the feet
    roots: NDArray[np.float64]  # (n, 2): where their arms meet the line
    pads: NDArray[np.float64]  # (m, 2): middles of the pads under the guiding wall

    def distance_to_contacts(self, uv: NDArray[np.float64]) -> NDArray[np.float64]:
        """How far places (n, 2) of the drawing are from the edge of the nearest foot or pad, mm; negative on it."""
        away = np.full(len(uv), np.inf)
        for middles, radius in ((self.feet, FOOT_RADIUS_MM), (self.pads, PAD_RADIUS_MM)):
            for middle in middles:
                np.minimum(away, np.linalg.norm(uv - middle, axis=1) - radius, out=away)
        return away

    def distance_to_arms(self, uv: NDArray[np.float64]) -> NDArray[np.float64]:
        """How far places (n, 2) of the drawing are from the middle line of the nearest arm, mm."""
        away = np.full(len(uv), np.inf)
        for foot, root in zip(self.feet, self.roots, strict=True):
            along = root - foot
            part = np.clip(((uv - foot) @ along) / max(float(along @ along), 1e-9), 0.0, 1.0)
            np.minimum(away, np.linalg.norm(uv - foot - part[:, None] * along, axis=1), out=away)
        return away


@dataclass(frozen=True, eq=False)
class _Places:
    """Places for feet, and the pads that are there in any case."""

    uv: NDArray[np.float64]  # (n, 2)
    roots: NDArray[np.float64]  # (n, 2)
    contacts: Contacts  # of the places
    pads: Contacts

    def with_feet(self, chosen: list[int]) -> tuple[float, NDArray[np.float64]]:
        """The play as a part of what it may be with feet at these places, and the farthest motions (6, 6)."""
        rows = np.vstack([self.contacts.rows[chosen], self.pads.rows])
        area = np.repeat([FOOT_RADIUS_MM**2, PAD_RADIUS_MM**2], [len(chosen), len(self.pads.rows)])
        held = Contacts(rows, self.contacts.size_mm)
        motions = farthest_motions(held, np.full(len(rows), SPARE_MM), area @ rows / area.sum())
        return play_of(motions, held.size_mm).of_the_limit, motions

    def that_stop(self, motions: NDArray[np.float64], chosen: list[int]) -> list[int]:
        """Places that lose most height in the farthest motions, the farthest one first."""
        free = np.ones(len(self.uv), dtype=bool)
        for taken in chosen:
            free &= np.linalg.norm(self.uv - self.uv[taken], axis=1) > FEET_APART_MM
        if not free.any():
            return []
        limits = np.array([MAX_PLAY_MM] * 4 + [np.radians(MAX_PLAY_DEG) * self.contacts.size_mm] * 2)
        reached = np.abs(motions[np.arange(6), [unknown for unknown, _ in DIRECTIONS]]) / limits
        worst = np.argsort(-reached)[:TRIED]
        return [int(np.where(free, self.contacts.rows @ motions[k], np.inf).argmin()) for k in worst]


def widen_map(wall: CutWall, head: Head) -> CutWall:
    """Lay a wall onto a map that reaches as far as the feet may.

    Parameters
    ----------
    wall
        Of the cut.
    head
        On which it is planned.

    Returns
    -------
    CutWall
        The same one where its map is wide enough.

    Raises
    ------
    InputError
        If there is no bone.
    """
    line, settings = wall.line, wall.settings
    beyond_mm = settings.guide_reach_mm + MAP_MARGIN_MM
    if not settings.guide_feet or beyond_mm <= BEYOND_LINE_MM:
        return wall
    # a tumour is inside the line; what stands out beyond it is the zygomatic arch
    radius = float(np.linalg.norm(line.points - line.points.mean(axis=0), axis=1).max())
    table = map_outer_table(
        head.bone,
        head.pose,
        head.tables,
        line.points,
        line.table.outward_axis,
        tumour_radius_mm=radius,
        tumour_middle=line.points.mean(axis=0),
        beyond_mm=beyond_mm,
    )
    return CutWall(ResectionLine(table, table.to_uv(line.points)), settings)


def choose_feet(wall: CutWall, wall_offset_mm: float) -> GuideFeet:
    """Choose where a cutting guide touches the bone so that it has as little play as can be found.

    Parameters
    ----------
    wall
        Of the cut; its map has to reach as far as the feet may.
    wall_offset_mm
        How far inside the line the guiding wall is, mm; negative outside.

    Returns
    -------
    GuideFeet
        With no more feet than asked, fewer where no place is left.
    """
    places = _find_places(wall, wall_offset_mm)
    chosen = _choose(places, wall.settings.guide_feet) if len(places.uv) else []
    pads = _pad_places(wall, wall_offset_mm)
    return GuideFeet(places.uv[chosen], places.roots[chosen], pads)


def _pad_places(wall: CutWall, wall_offset_mm: float) -> NDArray[np.float64]:
    """Places (n, 2) evenly along the guiding wall."""
    lane = lane_at(wall, wall_offset_mm - PAD_INSET_MM, PAD_RADIUS_MM)
    places = lane.spread(PADS, phase=0.0)[0]
    return places[wall.line.table.is_known_at(places)]


def _find_places(wall: CutWall, wall_offset_mm: float) -> _Places:
    """Where a foot can stand: on known bone, not too steep, in reach, with bone under its arm."""
    line, table, settings = wall.line, wall.line.table, wall.settings
    step = max(round(CANDIDATE_STEP_MM / CHART_STEP_MM), 1)
    good = table.known & ~table.covered & (table.normals[..., 2] > STEEPEST_COSINE)
    good &= wall.keeps(table.surface_points.reshape(-1, 3)).reshape(good.shape)
    room = ndimage.distance_transform_edt(np.pad(good, 1))[1:-1, 1:-1] * CHART_STEP_MM > FOOT_RADIUS_MM + ROOM_MM
    nearest = wall_offset_mm - settings.frame_width_mm + 1.0
    in_reach = (line.inside_mm < nearest) & (line.inside_mm > FOOT_RADIUS_MM - settings.guide_reach_mm)
    wanted = (room & in_reach)[::step, ::step]
    uv = table.chart.node_uv()[::step, ::step][wanted]
    roots = line.uv[np.linalg.norm(uv[:, None] - line.uv[None], axis=2).argmin(axis=1)] if len(uv) else uv
    along = np.linspace(0.0, 1.0, 24)[:, None, None]
    path = ((1 - along) * uv + along * roots).reshape(-1, 2)
    passable = (room | (line.inside_mm > wall_offset_mm)).astype(np.float64)
    carried = (table.chart.sample_at(passable, path) > 0.99).reshape(len(along), -1).all(axis=0)
    uv, roots = uv[carried], roots[carried]
    middle = line.points[wall.keeps(line.points)].mean(axis=0)
    size = max(float(np.linalg.norm(table.on_surface(uv) - middle, axis=1).mean()), 1.0) if len(uv) else 1.0

    def contacts_at(at: NDArray[np.float64]) -> Contacts:
        normals = table.normals_at(at) @ table.chart.axes
        return Contacts.at(table.on_surface(at), normals, table.chart.axes, middle=middle, size_mm=size)

    return _Places(uv, roots, contacts_at(uv), contacts_at(_pad_places(wall, wall_offset_mm)))


def _choose(places: _Places, count: int) -> list[int]:
    """Numbers of the places on which feet stand."""
    chosen: list[int] = []
    for place in _by_pressure(places):
        if len(chosen) < round(FIRST_FEET * count) and _is_apart(places, place, chosen):
            chosen.append(place)
    play, motions = places.with_feet(chosen)
    while len(chosen) < count:
        tried = [(places.with_feet([*chosen, new]), new) for new in places.that_stop(motions, chosen)]
        if not tried:
            return chosen
        (play, motions), new = min(tried, key=lambda one: one[0][0])
        chosen.append(new)
    for _ in range(ROUNDS):
        before = play
        for number in range(len(chosen)):
            others = chosen[:number] + chosen[number + 1 :]
            for new in places.that_stop(places.with_feet(others)[1], others):
                moved = [*chosen[:number], new, *chosen[number + 1 :]]
                less = places.with_feet(moved)[0]
                if less < play - BETTER:
                    chosen, play = moved, less
                    break
        if play == before:
            break
    return chosen


def _is_apart(places: _Places, place: int, chosen: list[int]) -> bool:
    """Whether a place is far enough from those that are taken."""
    return bool((np.linalg.norm(places.uv[chosen] - places.uv[place], axis=1) > FEET_APART_MM).all())


def _by_pressure(places: _Places) -> list[int]:
    """The places by how much they help to hold a guide that may press on all of them, each as hard as it likes.

    By the duality of linear programs, the play in a direction is the least sum of pressures and of what contacts
    withstand whose forces and moments together are that direction's unit; here the pressures are the same for all
    directions.
    """
    rows, pads = places.contacts.rows, places.pads.rows
    count, total = len(rows), len(rows) + len(pads)
    of_pads = 1 if len(pads) else 0
    pressures = count + of_pads
    width = pressures + len(DIRECTIONS) * total + 1  # pressures, what contacts withstand, and the largest play
    limits = np.array([MAX_PLAY_MM] * 4 + [np.radians(MAX_PLAY_DEG) * places.contacts.size_mm] * 2)
    equal, unit = np.zeros((6 * len(DIRECTIONS), width)), np.zeros(6 * len(DIRECTIONS))
    bound, most = np.zeros((len(DIRECTIONS) + of_pads, width)), np.zeros(len(DIRECTIONS) + of_pads)
    bound[:, -1] = -1.0
    for number, (unknown, sign) in enumerate(DIRECTIONS):
        block, own = (
            slice(6 * number, 6 * number + 6),
            slice(pressures + number * total, pressures + number * total + total),
        )
        equal[block, :count] = rows.T
        equal[block, count:pressures] = pads.mean(axis=0)[:, None] if of_pads else 0.0
        equal[block, own] = -np.vstack([rows, pads]).T
        unit[6 * number + unknown] = sign / limits[number]
        bound[number, :pressures], bound[number, own] = HELD_MM, SPARE_MM
    if of_pads:
        bound[-1, :count], bound[-1, count], bound[-1, -1] = PAD_PRESSURE, PAD_PRESSURE - 1.0, 0.0
    cost = np.zeros(width)
    cost[-1] = 1.0
    found = linprog(
        cost,
        A_ub=sparse.csr_array(bound),
        b_ub=most,
        A_eq=sparse.csr_array(equal),
        b_eq=unit,
        bounds=(0, None),
        method="highs",
    )
    if not found.success:
        return []
    pressure = found.x[:count]
    withstood = found.x[pressures:-1].reshape(len(DIRECTIONS), total)[:, :count].max(axis=0)
    help_ = pressure / max(pressure.max(), 1e-12) + 0.3 * withstood / max(withstood.max(), 1e-12)
    order = np.argsort(-help_, kind="stable")
    return [int(place) for place in order if help_[place] > 1e-9]
