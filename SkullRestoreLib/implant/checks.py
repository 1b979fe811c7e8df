"""Check a finished body: everything is measured on the triangles that are written and on the bone's own surface.

A limit is always asked as "is it kept": a value that is not a number keeps no limit.
Nothing here uses the fields, drawings or solids from which the body was made, so that a fault in making it is found.
"""

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib._system.alongside import start_alongside
from SkullRestoreLib.geometry.mesh_distance import DistanceQuery
from SkullRestoreLib.geometry.ray_caster import RayCaster
from SkullRestoreLib.geometry.self_intersection import as_read, intersecting_triangles, is_closed, is_manifold
from SkullRestoreLib.implant.bone_fit import (
    FinishedBody,
    MeasuredClearance,
    distances_to_bone,
    find_overlaps,
    measure_clearance,
)
from SkullRestoreLib.implant.clearance import MIN_CLEARANCE_MM
from SkullRestoreLib.implant.fault_places import Fault, locate_faults
from SkullRestoreLib.implant.finish_mesh import MAX_SIMPLIFICATION_MM, MAX_TRIANGLES, smallest_box, volume_mm3
from SkullRestoreLib.implant.plates import plate_profiles
from SkullRestoreLib.implant.projected_body import ProjectedBody
from SkullRestoreLib.implant.rim_step import measure_step
from SkullRestoreLib.implant.strength import estimate_strength
from SkullRestoreLib.implant.thicken import asked_thickness
from SkullRestoreLib.implant.webs import measure_webs
from SkullRestoreLib.records import ImplantChecks, ImplantSettings, MeasuredRange, Mesh
from SkullRestoreLib.settings import FEATHER_EDGE_MM, LABEL_DEPTH_MM, MATERIAL_DENSITIES, MIN_FLOOR_MM

LOCAL_TOLERANCE_MM = 0.3
"""How far clearance and thickness may be from what was asked, anywhere."""
FEATHER_TOLERANCE_MM = 0.1
"""How much thinner a feathered edge may be than it should."""
MEDIAN_TOLERANCE_MM = 0.1
"""How far their median may be from what was asked."""
RIM_PERCENTILE = 0.5
"""The rim's least thickness is this percentile: a ray along the very wall may slip past a triangle."""
MIN_COVERED_FRACTION = 0.99
"""Least fraction of the defect's area that the body covers, where bone leaves space for it."""

MIN_COVERED_WHERE_OPEN = 0.9
"""The same where the margin is open and a trim line ends the body."""


def check_implant(body: FinishedBody) -> ImplantChecks:
    """Measure a finished body.

    Parameters
    ----------
    body
        The body, and what it has to fit.

    Returns
    -------
    ImplantChecks
        With a sentence in ``failed`` for each check that did not pass.
    """
    vertices, faces = as_read(body.mesh.vertices, body.mesh.faces)
    body = _as_written(body)
    manifold = is_manifold(faces)
    volume_ml = volume_mm3(body.mesh) / 1000
    distance_query, ray_caster = body.distances or DistanceQuery(body.mesh), RayCaster(body.mesh)
    take_fit = start_alongside(partial(_measure_bone_fit, body, distance_query, ray_caster))
    projected, settings = ProjectedBody(body, ray_caster), body.settings
    asked_mm = max(settings.clearance_mm, MIN_CLEARANCE_MM)
    thickness, thickness_places, thickness_map = projected.measure_thickness()
    thickness_off = thickness - asked_thickness(thickness_places, settings, body.ras_to_head)
    rim, rim_places = projected.measure_rim_thickness()
    web, web_places = measure_webs(body, ray_caster)
    covered, covered_in_all, uncovered_cm2, uncovered_places = projected.covered_fractions()
    outer_face = _outer_face_measurements(projected)
    clearance, overlaps, clearance_map = take_fit()
    off_mm = np.abs(clearance.from_body - asked_mm)
    checks = ImplantChecks(
        watertight=manifold or is_closed(faces),
        manifold=manifold,
        outward=volume_ml > 0,
        self_intersections=body.self_intersections,
        bone_overlaps=len(overlaps),
        clearance_mm=MeasuredRange.from_values(clearance.from_bone),
        rim_gap_mm=MeasuredRange.from_values(clearance.from_body),
        clearance_within=float((off_mm <= LOCAL_TOLERANCE_MM).mean()) if len(off_mm) else None,
        thickness_mm=MeasuredRange.from_values(thickness),
        thickness_map=thickness_map,
        thickness_off_mm=MeasuredRange.from_values(thickness_off) if _is_graded(body) else None,
        edge_mm=float(np.percentile(rim, RIM_PERCENTILE)) if len(rim) else None,
        covered=covered,
        covered_in_all=covered_in_all,
        undercut_mm2=body.undercut_mm2,
        volume_ml=volume_ml,
        mass_g={name: volume_ml * density for name, density in MATERIAL_DENSITIES.items()},
        size_mm=smallest_box(vertices, body.chart),
        triangles=len(faces),
        simplification_mm=body.simplification_mm,
        uncovered_cm2=uncovered_cm2,
        web_mm=float(web.min()) if len(web) else None,
        clearance_map=clearance_map,
        engraved_mm=projected.measure_engraving() if body.is_labelled else None,
        strength=estimate_strength(projected) if settings.strength else None,
        **outer_face,
    )
    faults = [*_mesh_faults(checks), *_fit_faults(checks, body), *_coverage_faults(checks, body)]
    faults += _raised_thickness_faults(thickness_off, body)
    if not faults:
        return checks
    measured = {
        "overlap": (np.ones(len(overlaps)), overlaps),
        "clearance": (asked_mm - LOCAL_TOLERANCE_MM - clearance.from_bone, clearance.bone_points),
        "rim gap": (off_mm - MEDIAN_TOLERANCE_MM, clearance.body_points),
        "thickness": (np.abs(thickness_off) - LOCAL_TOLERANCE_MM, thickness_places),
        "edge": (settings.least_edge_mm - LOCAL_TOLERANCE_MM - rim, rim_places),
        "web": (settings.least_web_mm - LOCAL_TOLERANCE_MM - web, web_places),
        "uncovered": (np.ones(len(uncovered_places)), uncovered_places),
        "crossing": _crossing_places(body),
    }
    return replace(checks, **locate_faults(faults, measured, body))


def _measure_bone_fit(
    body: FinishedBody, distance_query: DistanceQuery, ray_caster: RayCaster
) -> tuple[MeasuredClearance, NDArray[np.float64], NDArray[np.float64]]:
    """Clearance, places of overlap and distance of each vertex from bone, while the body's faces are measured."""
    clearance = measure_clearance(body, distance_query)
    return clearance, find_overlaps(body, distance_query, ray_caster), distances_to_bone(body)


def _is_graded(body: FinishedBody) -> bool:
    """Whether the thickness is asked for place by place; what is raised for the skin has a check of its own."""
    return bool(body.settings.thickness_temporal_mm) and body.contour is None


def _outer_face_measurements(projected: ProjectedBody) -> dict[str, Any]:
    """The step along the rim and, where the outer face was raised for the skin, what is measured of that, by name."""
    contour = projected.body.contour
    step, step_map = measure_step(projected.body, projected)
    measured: dict[str, Any] = {"step_mm": MeasuredRange.from_values(step), "step_map": step_map}
    if contour is None:
        return measured
    raised, of_vertex = projected.measure_raise()
    return measured | {
        "raised_mm": MeasuredRange.from_values(raised),
        "raised_map": of_vertex,
        "skin": contour.measure(projected.ray_caster),
    }


def _crossing_places(body: FinishedBody) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """One for each triangle that cuts another, (n,), and their middles (n, 3), mm RAS."""
    if not body.self_intersections:
        return np.zeros(0), np.zeros((0, 3))
    mesh = body.mesh
    middles = mesh.vertices[mesh.faces[intersecting_triangles(mesh.vertices, mesh.faces)]].mean(axis=1)
    return np.ones(len(middles)), middles


def _as_written(body: FinishedBody) -> FinishedBody:
    """The body with the coordinates that its file holds, its vertices in the same order: maps belong to them."""
    written = body.mesh.vertices.astype(np.float32).astype(np.float64)
    if np.array_equal(written, body.mesh.vertices):
        return body
    return replace(body, mesh=Mesh(written, body.mesh.faces), distances=None)


def _mesh_faults(checks: ImplantChecks) -> list[Fault]:
    """A sentence for each fault of the mesh."""
    faults = []
    if not checks.watertight:
        faults.append(Fault("The body is not closed."))
    elif not checks.manifold:
        faults.append(Fault("The body is pinched together at a vertex."))
    if not checks.outward:
        faults.append(Fault("The body is turned inside out."))
    if checks.self_intersections:
        faults.append(Fault(f"{checks.self_intersections} pairs of triangles cut each other.", "crossing"))
    if checks.triangles > MAX_TRIANGLES:
        faults.append(Fault(f"The body has {checks.triangles} triangles, more than {MAX_TRIANGLES}."))
    if not checks.simplification_mm <= MAX_SIMPLIFICATION_MM:
        faults.append(Fault(f"Thinning out the triangles moved the surface by {checks.simplification_mm:.3f} mm."))
    return faults


def _fit_faults(checks: ImplantChecks, body: FinishedBody) -> list[Fault]:
    """A sentence for each fault of the body's fit."""
    settings, faults = body.settings, []
    if checks.bone_overlaps:
        faults.append(Fault(f"The body reaches into the bone at {checks.bone_overlaps} places.", "overlap"))
    if checks.clearance_mm is not None and not body.rests_on_bone:
        faults += _clearance_faults(checks.clearance_mm, checks.rim_gap_mm, settings)
    if checks.thickness_off_mm is not None and not body.rests_on_bone:
        faults += _graded_thickness_faults(checks.thickness_off_mm, settings)
    elif (
        body.contour is None
        and checks.thickness_mm is not None
        and not body.rests_on_bone
        and not settings.follow_inner_table
    ):
        faults += _thickness_faults(checks.thickness_mm, settings)
    # An onlay is thinner where the bone stands higher than the restored surface.
    thinnest_mm = (
        min(settings.least_edge_mm, settings.onlay_thickness_mm - LOCAL_TOLERANCE_MM)
        if body.rests_on_bone
        else settings.least_edge_mm
    )
    if settings.onlay_mm and settings.onlay_feather:
        thinnest_mm = FEATHER_EDGE_MM + LOCAL_TOLERANCE_MM - FEATHER_TOLERANCE_MM
    if checks.edge_mm is not None and not checks.edge_mm >= thinnest_mm - LOCAL_TOLERANCE_MM:
        faults.append(Fault(f"The edge is only {checks.edge_mm:.2f} mm thick at its thinnest.", "edge"))
    return faults + drilling_faults(checks, body)


def drilling_faults(checks: ImplantChecks, body: FinishedBody) -> list[Fault]:
    """A sentence where holes or recesses leave too little material, or a label is not as it should be."""
    settings, faults = body.settings, []
    if checks.web_mm is not None and not checks.web_mm >= settings.least_web_mm - LOCAL_TOLERANCE_MM:
        faults.append(Fault(f"Only {checks.web_mm:.2f} mm of material is left next to a hole.", "web"))
    if body.is_labelled and not abs((checks.engraved_mm or 0.0) - LABEL_DEPTH_MM) <= MEDIAN_TOLERANCE_MM:
        depth = "cannot be found" if checks.engraved_mm is None else f"is {checks.engraved_mm:.2f} mm deep"
        faults.append(Fault(f"The label {depth}, {LABEL_DEPTH_MM:g} mm were asked for."))
    thickness = checks.thickness_mm if settings.fixation == "recesses" else None
    if thickness is not None and not thickness.least >= MIN_FLOOR_MM - LOCAL_TOLERANCE_MM:
        faults.append(Fault(f"Only {thickness.least:.2f} mm of material is left under a recess.", "thickness"))
    return faults


def _clearance_faults(
    clearance: MeasuredRange, rim_gap: MeasuredRange | None, settings: ImplantSettings
) -> list[Fault]:
    """A sentence for each fault of the clearance."""
    asked_mm, faults = max(settings.clearance_mm, MIN_CLEARANCE_MM), []
    if not clearance.least >= asked_mm - LOCAL_TOLERANCE_MM:
        faults.append(Fault(f"The clearance is only {clearance.least:.2f} mm at its least.", "clearance"))
    if rim_gap is not None and not abs(rim_gap.median - asked_mm) <= MEDIAN_TOLERANCE_MM:
        sentence = (
            f"The clearance is {rim_gap.median:.2f} mm in the middle, {settings.clearance_mm:g} mm were asked for."
        )
        faults.append(Fault(sentence, "rim gap"))
    return faults


def _thickness_faults(thickness: MeasuredRange, settings: ImplantSettings) -> list[Fault]:
    """A sentence where the thickness is not what was asked."""
    asked_mm = settings.thickness_mm
    if not abs(thickness.median - asked_mm) <= MEDIAN_TOLERANCE_MM:
        sentence = f"The thickness is {thickness.median:.2f} mm in the middle, {asked_mm:g} mm were asked for."
        return [Fault(sentence, "thickness")]
    least_mm = thickness.least + _taken_on_purpose(settings)
    if not max(asked_mm - least_mm, thickness.most - asked_mm) <= LOCAL_TOLERANCE_MM:
        runs = f"runs from {thickness.least:.2f} to {thickness.most:.2f} mm"
        return [Fault(f"The thickness {runs}, {asked_mm:g} mm were asked for.", "thickness")]
    return []


def _raised_thickness_faults(off: NDArray[np.float64], body: FinishedBody) -> list[Fault]:
    """A sentence where a body that is raised for the skin is thinner or thicker than it may be.

    ``off`` (n,) is its thickness minus what was asked of a body that is not raised.
    """
    settings, raised_mm = body.settings, body.raised_mm
    if body.contour is None or body.rests_on_bone or settings.follow_inner_table:
        return []
    least_mm, most_mm = off.min(initial=0.0) + _taken_on_purpose(settings), off.max(initial=0.0) - raised_mm
    if max(-least_mm, most_mm) <= LOCAL_TOLERANCE_MM:
        return []
    sentence = (
        f"The thickness is from {off.min():+.2f} to {off.max():+.2f} mm off what was asked, and up to "
        f"{raised_mm:.2f} mm were added for the skin."
    )
    return [Fault(sentence, "thickness")]


def _graded_thickness_faults(off: MeasuredRange, settings: ImplantSettings) -> list[Fault]:
    """A sentence where the thickness is not what was asked at its place."""
    if not abs(off.median) <= MEDIAN_TOLERANCE_MM:
        return [Fault(f"The thickness is {off.median:+.2f} mm off what was asked, in the middle.", "thickness")]
    if not max(-(off.least + _taken_on_purpose(settings)), off.most) <= LOCAL_TOLERANCE_MM:
        sentence = f"The thickness is from {off.least:+.2f} to {off.most:+.2f} mm off what was asked at its place."
        return [Fault(sentence, "thickness")]
    return []


def _taken_on_purpose(settings: ImplantSettings) -> float:
    """By how much recesses for plates, and a label, make the body thinner, mm."""
    recess_mm = plate_profiles()[settings.plate].thickness_mm if settings.fixation == "recesses" else 0.0
    return recess_mm + (LABEL_DEPTH_MM if settings.label else 0.0)


def _coverage_faults(checks: ImplantChecks, body: FinishedBody) -> list[Fault]:
    """A sentence where the body does not cover the defect."""
    # What a given line cuts off was meant to stay uncovered.
    least = (MIN_COVERED_WHERE_OPEN if body.trim_lines else MIN_COVERED_FRACTION) * body.kept_fraction
    if checks.covered >= least:
        return []
    return [Fault(f"The body covers only {100 * checks.covered:.1f} % of the defect.", "uncovered")]
