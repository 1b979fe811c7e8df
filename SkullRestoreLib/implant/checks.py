"""What a finished body is like: everything is measured on the triangles that are written and on the bone's own surface.

None of it uses the fields, drawings or solids that the body was made from, so that a fault in the making shows here.
"""

from dataclasses import replace

import numpy as np

from SkullRestoreLib.case import Checks, ImplantSettings, Spread
from SkullRestoreLib.implant.crossing import is_closed, is_manifold
from SkullRestoreLib.implant.distance import Ruler
from SkullRestoreLib.implant.fit import Made, gaps, overlaps
from SkullRestoreLib.implant.gap import LEAST_GAP_MM
from SkullRestoreLib.implant.holes import RECESS_MM
from SkullRestoreLib.implant.rays import Rays
from SkullRestoreLib.implant.sight import Sight
from SkullRestoreLib.implant.tidy import MOST_TRIANGLES, smallest_box, volume_mm3
from SkullRestoreLib.settings import MATERIALS

TOLERANCE_MM = 0.3  # what clearance and thickness may be off anywhere
MEDIAN_MM = 0.1  # and in the middle
MOST_SIMPLIFIED_MM = 0.05
LEAST_COVERED = 0.99


def check(made: Made) -> Checks:
    """Measure a finished body.

    Parameters
    ----------
    made
        The body, and what it has to fit.

    Returns
    -------
    Checks
        With a sentence in ``failed`` for each check that did not pass.
    """
    vertices, faces = made.mesh.vertices, made.mesh.faces
    closed = is_closed(faces)
    volume = volume_mm3(made.mesh) / 1000
    ruler, rays = Ruler(made.mesh), Rays(made.mesh)
    sight = Sight(made, rays)
    from_bone, from_body = gaps(made, ruler)
    asked = max(made.settings.clearance_mm, LEAST_GAP_MM)
    thickness, of_vertex = sight.thickness()
    covered, in_all = sight.covered()
    found = Checks(
        watertight=closed,
        manifold=closed and is_manifold(faces),
        outward=volume > 0,
        self_intersections=made.crossings,
        bone_overlaps=overlaps(made, ruler, rays),
        clearance_mm=Spread.of(from_bone),
        rim_gap_mm=Spread.of(from_body),
        clearance_within=float((np.abs(from_body - asked) <= TOLERANCE_MM).mean()) if len(from_body) else None,
        thickness_mm=Spread.of(thickness),
        thickness_map=of_vertex,
        edge_mm=sight.edge(),
        covered=covered,
        covered_in_all=in_all,
        undercut_mm2=made.undercut_mm2,
        volume_ml=volume,
        mass_g={name: volume * density for name, density in MATERIALS.items()},
        size_mm=smallest_box(vertices, made.chart),
        triangles=len(faces),
        simplification_mm=made.simplification_mm,
    )
    return replace(found, failed=(*_unclean(found), *_unfit(found, made), *_uncovered(found)))


def _unclean(found: Checks) -> list[str]:
    """A sentence for each fault of the mesh."""
    failed = []
    if not found.watertight:
        failed.append("The body is not closed.")
    elif not found.manifold:
        failed.append("The body is pinched together at a vertex.")
    if not found.outward:
        failed.append("The body is turned inside out.")
    if found.self_intersections:
        failed.append(f"{found.self_intersections} pairs of triangles cut each other.")
    if found.triangles > MOST_TRIANGLES:
        failed.append(f"The body has {found.triangles} triangles, more than {MOST_TRIANGLES}.")
    if found.simplification_mm > MOST_SIMPLIFIED_MM:
        failed.append(f"Thinning out the triangles moved the surface by {found.simplification_mm:.3f} mm.")
    return failed


def _unfit(found: Checks, made: Made) -> list[str]:
    """A sentence for each way in which the body does not sit as was asked."""
    settings, failed = made.settings, []
    if found.bone_overlaps:
        failed.append(f"The body reaches into the bone at {found.bone_overlaps} places.")
    if found.clearance_mm is not None and not made.contact:
        failed += _wrong_gap(found, settings)
    if found.thickness_mm is not None and not made.contact and not settings.follow_inner_table:
        failed += _wrong_thickness(found.thickness_mm, settings)
    # what laps over the bone is thinner where the bone stands higher than the restored surface
    thinnest = min(settings.min_edge_mm, settings.onlay_thickness_mm - TOLERANCE_MM) if made.contact else settings.min_edge_mm
    if found.edge_mm is not None and found.edge_mm < thinnest - TOLERANCE_MM:
        failed.append(f"The edge is only {found.edge_mm:.2f} mm thick at its thinnest.")
    return failed


def _wrong_gap(found: Checks, settings: ImplantSettings) -> list[str]:
    asked, failed = max(settings.clearance_mm, LEAST_GAP_MM), []
    if found.clearance_mm.least < asked - TOLERANCE_MM:
        failed.append(f"The clearance is only {found.clearance_mm.least:.2f} mm at its least.")
    if found.rim_gap_mm is not None and abs(found.rim_gap_mm.median - asked) > MEDIAN_MM:
        failed.append(f"The clearance is {found.rim_gap_mm.median:.2f} mm in the middle, {settings.clearance_mm:g} mm were asked for.")
    return failed


def _wrong_thickness(thickness: Spread, settings: ImplantSettings) -> list[str]:
    asked = settings.thickness_mm
    if abs(thickness.median - asked) > MEDIAN_MM:
        return [f"The thickness is {thickness.median:.2f} mm in the middle, {asked:g} mm were asked for."]
    # a recess for a plate takes a millimetre on purpose
    least = thickness.least + (RECESS_MM if settings.fixation == "recesses" else 0.0)
    if max(asked - least, thickness.most - asked) > TOLERANCE_MM:
        return [f"The thickness runs from {thickness.least:.2f} to {thickness.most:.2f} mm, {asked:g} mm were asked for."]
    return []


def _uncovered(found: Checks) -> list[str]:
    return [f"The body covers only {100 * found.covered:.1f} % of the defect."] if found.covered < LEAST_COVERED else []
