"""From the restored surface to the closed body.

The body is what real boolean work leaves of three closed solids:

    slab (outer face and inner face)  AND  prism (the outline, a little wide)  MINUS  tool (bone, clearance, all behind them on the way in)

The outline is decided in the patch's chart: where the bone leaves the rim room, and the patch reaches.
Nothing is left below a ledge of bone, so that the body can be put in along the insertion direction.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

from SkullRestoreLib.case import Bone, Checks, Implant, ImplantError, ImplantSettings, Mesh, Patch, PieceChecks, Pose, ReferencePoint
from SkullRestoreLib.implant import seating
from SkullRestoreLib.implant.chart import Chart
from SkullRestoreLib.implant.checks import check
from SkullRestoreLib.implant.cut import outline, prism, tool
from SkullRestoreLib.implant.design import Design, Spot, fixation_spots
from SkullRestoreLib.implant.fit import Made
from SkullRestoreLib.implant.gap import LEAST_GAP_MM, Space, bone_around, free_space
from SkullRestoreLib.implant.holes import holes, recesses
from SkullRestoreLib.implant.lap import TAB_MM, lap
from SkullRestoreLib.implant.mould import mould
from SkullRestoreLib.implant.pieces import check_mould, check_parts
from SkullRestoreLib.implant.rays import Rays
from SkullRestoreLib.implant.slab import border_edges, chains, inner_face, outer_face, slab
from SkullRestoreLib.implant.split import JOINT_LEAST_GAP_MM, split
from SkullRestoreLib.implant.tidy import Tidied, tidy

if TYPE_CHECKING:
    from manifold3d import Manifold

UNDERCUT_MM2 = 60.0  # less than this is not worth a word
BESIDE_MM = 2.5  # bone this far from the body is looked at


def make_implant(
    patch: Patch,
    bone: Bone,
    settings: ImplantSettings | None = None,
    *,
    pose: Pose,
    points: Sequence[ReferencePoint] = (),
) -> Implant:
    """Make the closed body that fills one defect.

    The outer face is the restored surface itself. The edge keeps the clearance to the bone's true surface, does not lie over or under sound bone,
    and ends at the patch's border where the margin is open. A defect divided by a bridge of bone gives several bodies in one mesh, as long as
    each has at least a tenth of the largest one's volume.

    Parameters
    ----------
    patch
        The restored surface; ``wide_outer`` reaches over the sound bone around it.
    bone
        The bone that the body must clear.
    settings
        How it is designed; the defaults where none are given.
    pose
        The head's frame.
    points
        Reference points of this defect, in their order along the margin: fixations may lie at them.

    Returns
    -------
    Implant
        Closed, outward normals, mm RAS.

    Raises
    ------
    ImplantError
        If the clearance leaves nothing, or no closed body can be made from the surface.
    """
    settings = settings or ImplantSettings()
    design, edge, space, band = _lay_out(patch, bone, settings, pose, tuple(points))
    outward = design.chart.outward
    fixations, noticed = fixation_spots(design)
    plain = _body(design, space, band) if not design.plan.drawing.is_empty() else None
    rim = lap(design, fixations if settings.fixation == "tabs" else [], band) if plain is not None else None
    whole = plain if rim is None else plain + rim
    made = None if whole is None else tidy(_drilled(whole, design, fixations))
    if made is None:
        raise ImplantError(
            f"Defect {patch.defect} is too narrow for an implant with {settings.clearance_mm:g} mm clearance to the bone; "
            "ask for a smaller clearance, or leave this defect without an implant."
        )
    found = check(
        Made(
            made.mesh,
            patch,
            design.outer,
            bone,
            design.surface,
            design.chart,
            settings,
            made.moved_mm,
            made.crossings,
            edge.undercut_mm2(outward),
            rim is not None,
        )
    )
    parts = [tidy(part) for part in split(_drilled(whole, design, fixations), design)] if settings.parts > 1 else []
    part_checks = check_parts(parts, max(settings.joint_gap_mm, JOINT_LEAST_GAP_MM), design.chart)
    halves, mould_checks = _cast(whole, design) if settings.mould else ([], ())
    wrong = (*found.failed, *(said for piece in (*part_checks, *mould_checks) for said in piece.failed))
    return Implant(
        defect=patch.defect,
        mesh=made.mesh,
        volume_ml=found.volume_ml,
        thickness_mm=found.thickness_mm.median if found.thickness_mm else settings.thickness_mm,
        watertight=found.watertight,
        clearance_mm=settings.clearance_mm,
        insertion=-outward,
        settings=settings,
        checks=found,
        parts=tuple(part.mesh for part in parts),
        part_checks=part_checks,
        mould=tuple(half.mesh for half in halves),
        mould_checks=mould_checks,
        findings=(*_noticed(patch.defect, wrong, found, settings), *noticed),
    )


def _cast(whole: "Manifold", design: Design) -> "tuple[list[Tidied], tuple[PieceChecks, ...]]":
    """The halves of a mould for the body without its holes, and what they are like."""
    body = tidy(whole).mesh
    halves = [tidy(half) for half in mould(body, whole, design)]
    return halves, check_mould(halves, body, design.chart)


def _lay_out(
    patch: Patch, bone: Bone, settings: ImplantSettings, pose: Pose, points: tuple[ReferencePoint, ...]
) -> tuple[Design, seating.Edge, Space, float]:
    """Settle the faces, the way in, the outline, and the room that the bone leaves."""
    centre = pose.head_to_ras[:3, 3]
    outer = outer_face(patch, settings, pose)
    inner = inner_face(patch, outer, settings, centre)
    gap, band = max(settings.clearance_mm, LEAST_GAP_MM), 0.8 + settings.rim_radius_mm
    over_bone = max(settings.onlay_mm, TAB_MM if settings.fixation == "tabs" else 0.0)
    surface = bone_around(patch, inner, bone, gap + band + BESIDE_MM + over_bone)
    mean = seating.mean_outward(patch, centre)
    edge = seating.bone_edge(patch, inner, surface, mean)
    given = settings.insertion
    outward = seating.find_outward(patch, edge, mean) if given is None else seating.given_outward(given, patch, mean)

    chart = Chart.over(outer, outward)
    floor = _filled(chart.look(Rays(Mesh(inner, outer.faces)), from_outside=False))
    over = chart.look(Rays(patch.outer), from_outside=True)
    depth = float((chart.height - floor)[np.isfinite(over)].max())
    space = free_space(chart, patch, surface, bone, gap, depth, band)
    plan = outline(chart, _border(patch, outer), space, settings.min_edge_mm, settings.rim_radius_mm)
    return Design(patch, settings, bone, surface, points, outer, inner, chart, floor, plan, gap), edge, space, band


def _border(patch: Patch, outer: Mesh) -> list[np.ndarray]:
    """The patch's border on the outer face, which may be sunk or raised: closed lines, each (k, 3) float, mm RAS."""
    border = [patch.outer.vertices[loop] for loop in chains(border_edges(patch.outer.faces))]
    moved = outer.vertices - patch.wide_outer.vertices
    tree = cKDTree(patch.wide_outer.vertices)
    return [line + moved[tree.query(line)[1]] for line in border]


def _body(design: Design, space: Space, band: float) -> "Manifold":
    """The body itself, without anything that laps over, is drilled or cut."""
    between = slab(design.outer, design.inner, f"the restored surface of defect {design.patch.defect}")
    depth = float((design.chart.height - design.floor).max())
    return (between ^ prism(design.chart, design.plan, depth)) - tool(design.chart, design.plan, space, design.floor, design.settings, band)


def _drilled(body: "Manifold", design: Design, fixations: list[Spot]) -> "Manifold":
    """The body less holes and recesses."""
    for taken in (holes(design, fixations), recesses(design, fixations)):
        if taken is not None:
            body = body - taken
    return body


def _noticed(defect: int, wrong: Sequence[str], found: Checks, settings: ImplantSettings) -> list[str]:
    """What the user should know of a body, a sentence each: what is wrong with it, and bone that hangs over the way in."""
    said = [f"Implant {defect}: {one[0].lower()}{one[1:]}" for one in wrong]
    if found.undercut_mm2 > UNDERCUT_MM2:
        done = "the implant was trimmed there" if settings.trim_undercuts else "it blocks the implant, which was not trimmed"
        said.append(f"Implant {defect}: {found.undercut_mm2:.0f} mm² of the bone's edge hang over the way in; {done}.")
    return said


def _filled(picture: np.ndarray) -> np.ndarray:
    """The picture (nu, nv) with NaN replaced by the nearest value."""
    nearest = ndimage.distance_transform_edt(np.isnan(picture), return_distances=False, return_indices=True)
    return picture[tuple(nearest)]
