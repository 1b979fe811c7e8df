"""From the restored surface to the closed body.

The body is what real boolean work leaves of three closed solids:

    slab (outer face and inner face)  AND  prism (the outline, a little wide)  MINUS  tool (bone, clearance, all behind them on the way in)

The outline is decided in the patch's chart: where the bone leaves the rim room, and the patch reaches.
Nothing is left below a ledge of bone, so that the body can be put in along the insertion direction.
"""

from collections.abc import Sequence

import numpy as np
from scipy import ndimage

from SkullRestoreLib.case import Bone, Checks, Implant, ImplantError, ImplantSettings, Mesh, Patch, Pose, ReferencePoint
from SkullRestoreLib.implant import seating
from SkullRestoreLib.implant.checks import Made, check
from SkullRestoreLib.implant.chart import Chart
from SkullRestoreLib.implant.cut import outline, prism, tool
from SkullRestoreLib.implant.gap import LEAST_GAP_MM, bone_around, free_space
from SkullRestoreLib.implant.rays import Rays
from SkullRestoreLib.implant.slab import inner_face, outer_face, slab
from SkullRestoreLib.implant.tidy import tidy

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
    centre = pose.head_to_ras[:3, 3]
    name = f"the restored surface of defect {patch.defect}"
    outer = outer_face(patch, settings, pose)
    inner = inner_face(patch, outer, settings, centre)
    gap, band = max(settings.clearance_mm, LEAST_GAP_MM), 0.8 + settings.rim_radius_mm
    surface = bone_around(patch, inner, bone, gap + band + BESIDE_MM)
    mean = seating.mean_outward(patch, centre)
    edge = seating.bone_edge(patch, inner, surface, mean)
    if settings.insertion is None:
        outward = seating.find_outward(patch, edge, mean)
    else:
        outward = seating.given_outward(settings.insertion, patch, mean)

    chart = Chart.over(outer, outward)
    floor = _filled(chart.look(Rays(Mesh(inner, outer.faces)), from_outside=False))
    over = chart.look(Rays(patch.outer), from_outside=True)
    depth = float((chart.height - floor)[np.isfinite(over)].max())
    space = free_space(chart, patch, surface, bone, gap, depth, band)
    plan = outline(chart, patch, space, settings.min_edge_mm)
    mesh = None
    if not plan.drawing.is_empty():
        body = (slab(outer, inner, name) ^ prism(chart, plan, depth)) - tool(chart, plan, space, floor, settings, band)
        mesh, moved = tidy(body)
    if mesh is None:
        raise ImplantError(
            f"Defect {patch.defect} is too narrow for an implant with {settings.clearance_mm:g} mm clearance to the bone; "
            "ask for a smaller clearance, or leave this defect without an implant."
        )
    found = check(Made(mesh, patch, outer, bone, surface, chart, settings, moved, edge.undercut_mm2(outward), contact=False))
    return Implant(
        defect=patch.defect,
        mesh=mesh,
        volume_ml=found.volume_ml,
        thickness_mm=found.thickness_mm.median if found.thickness_mm else settings.thickness_mm,
        watertight=found.watertight,
        clearance_mm=settings.clearance_mm,
        insertion=-outward,
        settings=settings,
        checks=found,
        findings=tuple(_noticed(patch.defect, found, settings)),
    )


def _noticed(defect: int, found: Checks, settings: ImplantSettings) -> list[str]:
    """What the user should know of a body, a sentence each."""
    said = [f"Implant {defect}: {wrong[0].lower()}{wrong[1:]}" for wrong in found.failed]
    if found.undercut_mm2 > UNDERCUT_MM2:
        done = "the implant was trimmed there" if settings.trim_undercuts else "it blocks the implant, which was not trimmed"
        said.append(f"Implant {defect}: {found.undercut_mm2:.0f} mm² of the bone's edge hang over the way in; {done}.")
    return said


def _filled(picture: np.ndarray) -> np.ndarray:
    """The picture (nu, nv) with NaN replaced by the nearest value."""
    nearest = ndimage.distance_transform_edt(np.isnan(picture), return_distances=False, return_indices=True)
    return picture[tuple(nearest)]
