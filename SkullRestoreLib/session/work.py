"""What runs in the background: the corridor's chapters, each on records alone and each yielding its steps. Nothing here touches the scene."""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from SkullRestoreLib import knowledge, mask, mesh, pipeline, resources
from SkullRestoreLib.case import Bone, InputError, Mesh, Pose, ReferencePoint, Shell, Volume
from SkullRestoreLib.chapters import Bodies, Found
from SkullRestoreLib.clock import Clock, Progress
from SkullRestoreLib.grid import grid
from SkullRestoreLib.patch import Rays
from SkullRestoreLib.session.design import Design
from SkullRestoreLib.settings import Direction, Settings

_FACES_PER_CM2 = 250
"""Triangles of the surface that is drawn: 0.4 mm2 each, a hundredth of a millimetre from the full one."""

Steps = Generator[Progress, None, Any]


@dataclass(frozen=True)
class Segmented:
    """The bone, ready to be looked at and edited."""

    source: Volume | Mesh
    volume: Volume  # the source as voxels
    bone: Bone
    surface: Mesh  # for display
    metal: Mesh | None  # for display; None where there is none
    islands: tuple[mask.Island, ...]


@dataclass(frozen=True)
class Drawn:
    """The restored surface of one defect as it is drawn: fewer triangles than the surface that is exported, on the same tables."""

    defect: int
    faces: np.ndarray  # (m, 3) int64
    rays: Rays

    def vertices(self, shell: Shell) -> np.ndarray:
        """(n, 3) float64, mm RAS, on these tables."""
        return self.rays.at(shell.outer)


@dataclass(frozen=True)
class Restored:
    """What a restoration found, ready to be drawn and edited."""

    segmented: Segmented
    design: Design
    drawn: tuple[Drawn, ...]
    settings: Settings
    weights_sha256: str
    seconds: dict[str, float]


def segment(source: Volume | Mesh, settings: Settings) -> Steps:
    """Segment the bone, and make the surface that is drawn."""
    clock = Clock()
    yield clock.starts("segment the bone", 0.0)
    volume, bone = pipeline.segment(source, settings)
    return (yield from _looked_at(source, volume, bone, clock))


def _looked_at(source: Volume | Mesh, volume: Volume, bone: Bone, clock: Clock) -> Steps:
    yield clock.starts("list the bone islands", 0.6)
    islands = mask.bone_islands(bone)
    yield clock.starts("make the display model", 0.7)
    metal = mesh.surface(bone.metal.astype(np.uint8), 0.5, bone.ijk_to_ras) if bone.metal is not None and bone.metal.any() else None
    return Segmented(source, volume, bone, pipeline.display_model(bone), metal, tuple(islands))


def edited(before: Segmented, bone_mask: np.ndarray, clock: Clock) -> Steps:
    """The bone after the segment was edited; the same where it was not."""
    yield clock.starts("take over the edited bone", 0.02)
    bone = mask.with_mask(before.bone, bone_mask)
    return before if bone is before.bone else (yield from _looked_at(before.source, before.volume, bone, clock))


def without_islands(before: Segmented, bone_mask: np.ndarray | None, chosen: list[mask.Island]) -> Steps:
    """The bone without some islands."""
    clock = Clock()
    if bone_mask is not None and not np.array_equal(bone_mask, before.bone.mask):
        raise InputError(
            "The bone was edited since its islands were listed. Restore again to list them anew, or erase the island in Segment Editor."
        )
    yield clock.starts("remove the bone islands", 0.0)
    bone = mask.without_islands(before.bone, chosen)
    return (yield from _looked_at(before.source, before.volume, bone, clock))


def restore(
    source: Volume | Mesh | None,
    before: Segmented | None,
    bone_mask: np.ndarray | None,
    settings: Settings,
    predict: knowledge.Predictor | None = None,
) -> Steps:
    """From the input, or from bone that is segmented already, to the restored surface.

    Parameters
    ----------
    source
        The input, where nothing is segmented yet.
    before, bone_mask
        What was segmented, and its mask as it is now.
    """
    clock = Clock()
    yield clock.starts("load the weights", 0.0)
    path, atlas = knowledge.load(settings)
    predict = predict or knowledge.network_meanwhile(path, settings, atlas.model)
    if before is None:
        yield clock.starts("segment the bone", 0.05)
        volume, bone = pipeline.segment(source, settings)
        before = yield from _looked_at(source, volume, bone, clock)
    elif bone_mask is not None:
        before = yield from edited(before, bone_mask, clock)
    seen = yield from pipeline.look_at(before.bone, settings, atlas, clock, noticed=before.volume.findings)
    yield clock.starts("predict the whole vault", 0.45)
    predicted = pipeline.predict_vault(seen, predict, atlas.model)
    found = yield from pipeline.find_defects(seen, predicted, settings, clock)
    yield clock.starts("draw the surface", 0.9)
    drawn = tuple(draw(o.patch, seen.pose, found.tied.shell.level) for o in found.openings)
    clock.stops()
    return Restored(before, Design.of(found), drawn, settings, resources.sha256(path), clock.seconds)


def resume(
    source: Volume | Mesh,
    bone_mask: np.ndarray | None,
    head: Pose,
    predicted: Shell,
    settings: Settings,
    added: list[np.ndarray],
    knots: Callable[[Found], Design],
    weights_sha256: str,
) -> Steps:
    """A restoration that was saved with its scene, ready for editing again: neither the pose is sought again nor the network asked.

    Parameters
    ----------
    predicted
        As it was stored.
    added
        Grid vertices of each hole that somebody added by hand.
    knots
        Gives the design with the points as they were saved.
    """
    clock = Clock()
    yield clock.starts("segment the bone", 0.05)
    volume, bone = pipeline.segment(source, settings)
    before = yield from _looked_at(source, volume, bone, clock)
    if bone_mask is not None:
        before = yield from edited(before, bone_mask, clock)
    seen = yield from pipeline.look_at(before.bone, settings, None, clock, noticed=volume.findings, head=head)
    found = yield from pipeline.find_defects(seen, predicted, settings, clock)
    for vertices in added:
        found, _ = yield from add_hole(found, vertices, settings)
    yield clock.starts("draw the surface", 0.9)
    drawn = tuple(draw(o.patch, head, found.tied.shell.level) for o in found.openings)
    clock.stops()
    return Restored(before, knots(found), drawn, settings, weights_sha256, clock.seconds)


def draw(one, head: Pose, level: int) -> Drawn:
    """The surface of a patch with as many triangles as a screen needs."""
    a, b, c = (one.outer.vertices[one.outer.faces[:, k]] for k in range(3))
    cm2 = float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum()) / 200
    light = mesh.decimate(one.outer, max_faces=max(2000, int(cm2 * _FACES_PER_CM2)))
    return Drawn(one.defect, light.faces, Rays.through(light.vertices, level, head))


# --- a missed hole


def vertices_at(places: np.ndarray, found: Found) -> np.ndarray:
    """Grid vertices under painted places (n, 3), mm RAS, without gaps: (v,) int64."""
    g = grid(found.tied.shell.level)
    head = places @ found.seen.pose.ras_to_head[:3, :3].T + found.seen.pose.ras_to_head[:3, 3]
    hit = np.zeros(len(g), dtype=bool)
    hit[np.unique(g.nearest(head / np.linalg.norm(head, axis=1, keepdims=True)))] = True
    return np.flatnonzero(g.grow(g.grow(hit, 1), -1))


def vertices_within(corners: np.ndarray, found: Found) -> np.ndarray:
    """Grid vertices inside a polygon of places (n, 3) on the skull, mm RAS, in any order: (v,) int64.

    Raises
    ------
    InputError
        For fewer than three places.
    """
    if len(corners) < 3:
        raise InputError(f"A hole is outlined by at least 3 points round it; there are {len(corners)}.")
    g = grid(found.tied.shell.level)
    head = corners @ found.seen.pose.ras_to_head[:3, :3].T + found.seen.pose.ras_to_head[:3, 3]
    middle = (head / np.linalg.norm(head, axis=1, keepdims=True)).mean(axis=0)
    middle /= np.linalg.norm(middle)
    side = np.cross(middle, np.eye(3)[np.abs(middle).argmin()])
    side /= np.linalg.norm(side)
    axes = np.stack([side, np.cross(middle, side), middle])

    def flat(directions: np.ndarray) -> np.ndarray:
        u, v, w = axes @ directions.T
        angle = np.arctan2(np.hypot(u, v), w)
        return np.stack([u, v], axis=1) * (angle / np.maximum(np.hypot(u, v), 1e-12))[:, None]

    outline = flat(head)
    outline = outline[np.argsort(np.arctan2(outline[:, 1], outline[:, 0]))]
    near = np.flatnonzero(g.directions @ middle > np.cos(min(np.linalg.norm(outline, axis=1).max() + 0.05, 3.0)))
    return near[_in_polygon(flat(g.directions[near]), outline)]


def _in_polygon(points: np.ndarray, outline: np.ndarray) -> np.ndarray:
    """Even-odd rule: (n,) bool."""
    x, y = points.T
    inside = np.zeros(len(points), dtype=bool)
    for (xa, ya), (xb, yb) in zip(outline, np.roll(outline, -1, axis=0), strict=True):
        if ya != yb:
            inside ^= ((ya > y) != (yb > y)) & (x < (xb - xa) * (y - ya) / (yb - ya) + xa)
    return inside


def add_hole(found: Found, vertices: np.ndarray, settings: Settings) -> Steps:
    """One more hole; the others keep their numbers.

    Returns
    -------
    tuple of Found and Opening

    Raises
    ------
    InputError
        If no bone is missing there.
    """
    from SkullRestoreLib.defect import Hole
    from SkullRestoreLib.surface import tie_to_bone

    yield "tie the surface to the bone", 0.2
    g, shell = grid(found.tied.shell.level), found.tied.predicted
    vertices = vertices[shell.vault[vertices]]
    if not len(vertices):
        raise InputError("There is no vault at that place: it belongs to the face or the base, or lies outside the scan.")
    inside = np.zeros(len(g), dtype=bool)
    inside[vertices] = True
    edge = g.grow(~(shell.vault & (found.radial.reach > shell.outer)), 2)
    hole = Hole(vertices, float((g.areas * shell.outer**2)[vertices].sum() / 100), bool(edge[vertices].any()))
    known = [o.hole.vertices for o in (*found.openings, *found.small)]
    tied = tie_to_bone(shell, found.radial, [*known, vertices])
    yield "cut the surface", 0.5
    number = max((o.patch.defect for o in (*found.openings, *found.small)), default=0) + 1
    opening = pipeline.cut_opening(found.seen, found.radial, tied, hole, number=number)
    if opening is None:
        raise InputError(
            "No bone is missing at that place: the outer table lies where it should. Erase what shall be replaced from the bone segment, and restore again."
        )
    yield "place the reference points", 0.8
    points = pipeline.place_points(found.seen, tied, opening, settings)
    return replace(found, tied=tied, openings=(*found.openings, opening), points=(*found.points, *points)), opening


def missed(design: Design, vertices: np.ndarray, settings: Settings) -> Steps:
    """A design with one more defect, and its surface as it is drawn."""
    found, opening = yield from add_hole(design.found, vertices, settings)
    points = [p for p in found.points if p.defect == opening.patch.defect]
    from SkullRestoreLib.session.design import Knot

    made = replace(design, found=found, knots=(*design.knots, *(Knot(p, p) for p in points)))
    return made, draw(opening.patch, found.seen.pose, found.tied.shell.level)


# --- after the editing


def implants(source: Volume | Mesh, design: Design, settings: Settings, ways: Mapping[int, Direction]) -> Steps:
    """The bodies of the defects that are switched on; ``ways`` are insertion directions that a hand has given, by defect."""
    clock = Clock()
    made = pipeline.restore_surface(design.active, design.active_points)
    bodies = yield from pipeline.make_bodies(source, design.found.seen, made, settings, clock, ways=ways)
    clock.stops()
    return bodies


def export(
    restored: Restored,
    bodies: Bodies | None,
    design: Design,
    settings: Settings,
    folder: Path,
    *,
    ways: Mapping[int, Direction],
    also: tuple[str, ...] = (),
    force: bool = False,
) -> Steps:
    """Sum everything up, draw the report's pictures, and write; implants that are not made yet are made.

    Parameters
    ----------
    ways
        Insertion directions that a hand has given, by defect.
    also
        Further formats: ``"ply"``, ``"obj"``, ``"3mf"``, ``"pdf"``.
    """
    from SkullRestoreLib import closeup, render, report
    from SkullRestoreLib import export as files

    source = restored.segmented.source
    if bodies is None:
        bodies = yield from implants(source, design, settings, ways)
    yield "draw the pictures", 0.5
    made = pipeline.restore_surface(design.active, design.active_points)
    surface, seconds = restored.segmented.surface, restored.seconds
    whole = pipeline.summed_up(
        source, design.found.seen, made, bodies, surface, settings, weights_sha256=restored.weights_sha256, seconds=seconds
    )
    pictures, close = render.pictures(whole), closeup.closeups(whole)
    page = report.report_html(whole, pictures, close)
    more = {"report.pdf": report.report_pdf(whole, pictures, close)} if "pdf" in also else {}
    yield "write the files", 0.8
    meshes = [kind for kind in also if kind in files.ALSO]
    return files.write(whole, folder, summary=report.summary(whole), report_html=page, force=force, also=meshes, more=more)


def point_from(values: dict[str, Any]) -> ReferencePoint:
    """A reference point from plain values."""
    return ReferencePoint(np.array(values["position"]), np.array(values["normal"]), values["confidence"], values["defect"], values["moved"])


def plain_point(point: ReferencePoint) -> dict[str, Any]:
    """A reference point as plain values."""
    return {
        "position": point.position.tolist(),
        "normal": point.normal.tolist(),
        "confidence": point.confidence,
        "defect": point.defect,
        "moved": point.moved,
    }
