"""Build an implant: from the restored surface of one defect to a closed body with its checks.

The body is what real boolean work leaves of three closed solids:

    thickened surface (outer and inner face)  AND  prism (the outline, a little wide)  MINUS  cutting tool

The cutting tool is the bone, the clearance, and everything below them along the insertion direction, so that nothing is
left below a ledge of bone and the body can be put in. The outline is drawn in the patch's chart, where the bone leaves
space for the rim and the patch reaches.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.errors import ImplantError
from SkullRestoreLib.findings import Note
from SkullRestoreLib.implant import insertion
from SkullRestoreLib.implant.base_landmarks import landmark_findings, measure_landmarks
from SkullRestoreLib.implant.bone_fit import FinishedBody
from SkullRestoreLib.implant.bone_surface import bone_surface_around
from SkullRestoreLib.implant.chart import InsertionChart, fill_nearest
from SkullRestoreLib.implant.checks import LOCAL_TOLERANCE_MM, check_implant
from SkullRestoreLib.implant.clearance import MIN_CLEARANCE_MM, measure_free_space
from SkullRestoreLib.implant.cutting_tool import build_cutting_tool, extrude_outline, nodes_near_prism
from SkullRestoreLib.implant.finish_mesh import SimplifiedMesh, finish_mesh
from SkullRestoreLib.implant.holes import build_holes, build_recesses, suture_findings
from SkullRestoreLib.implant.label import build_label, draw_label
from SkullRestoreLib.implant.lap_joint import MIN_JOINT_GAP_MM, split_body
from SkullRestoreLib.implant.layout import ImplantLayout
from SkullRestoreLib.implant.margin_ring import build_margin_ring, ring_settings
from SkullRestoreLib.implant.mould import build_mould
from SkullRestoreLib.implant.onlay import TAB_LENGTH_MM, build_onlay
from SkullRestoreLib.implant.outline import MIN_OUTLINE_COSINE, draw_outline
from SkullRestoreLib.implant.patch_geometry import PatchGeometry
from SkullRestoreLib.implant.piece_checks import check_mould, check_parts, check_ring
from SkullRestoreLib.implant.rim_spots import RimSpot, fixation_places, fixation_spots
from SkullRestoreLib.implant.sinus import MIN_ENTERED_CM2, entered_air_cells
from SkullRestoreLib.implant.skin_contour import DesignInputs, SkinContour
from SkullRestoreLib.implant.strength import strength_findings
from SkullRestoreLib.implant.thicken import (
    inner_face_height,
    inner_table_height,
    outer_face,
    rough_inner_face,
    without_raise,
)
from SkullRestoreLib.records import (
    Bone,
    DefectPatch,
    FixationPlace,
    Implant,
    ImplantChecks,
    ImplantSettings,
    Mesh,
    PieceChecks,
    Pose,
    ReferencePoint,
)
from SkullRestoreLib.settings import MATERIALS

if TYPE_CHECKING:
    from manifold3d import Manifold

MIN_REPORTED_UNDERCUT_MM2 = 60.0
"""Undercut bone of less area than this is not worth a note."""
BONE_SEARCH_MM = 2.5
"""Bone is looked at this much farther from the body than distances to it are needed."""
DISTANCE_BAND_MM = 0.8
"""Distances to bone are needed within this, and the radius of the rim, of the clearance."""


def build_implant(
    patch: DefectPatch,
    bone: Bone,
    settings: ImplantSettings | None = None,
    *,
    pose: Pose,
    points: Sequence[ReferencePoint] = (),
    trim_lines: Sequence[NDArray[np.float64]] | None = None,
    inputs: DesignInputs | None = None,
    geometry: PatchGeometry | None = None,
) -> Implant:
    """Build the closed body that fills one defect.

    The outer face is the restored surface itself. The rim keeps the clearance to the bone's true surface, is not above
    or below sound bone, and ends at the patch's border where the margin is open. A defect divided by a bridge of bone
    gives several bodies in one mesh, as long as each has at least a tenth of the largest one's volume.

    Parameters
    ----------
    patch
        The restored surface; ``wide_outer`` reaches over the sound bone around it.
    bone
        The bone that the body must clear.
    settings
        How the implant is designed; the defaults where none are given.
    pose
        Pose of the head.
    points
        Reference points of this defect, in their order along the margin: fixations may be at them.
    trim_lines
        Lines at which the body is to end, each (k, 3) mm RAS, drawn across the defect; the larger part stays. None
        draws lines only where the margin is open.
    inputs
        What a label says, and by how much the outer face is raised for the skin.
    geometry
        Of this patch, kept from an earlier design: the same body is made in less time. That of another surface is not
        used.

    Returns
    -------
    Implant
        Closed, outward normals, mm RAS.

    Raises
    ------
    ImplantError
        If the clearance leaves nothing, or no closed body can be made from the surface.
    InputError
        If a given trim line does not cross the body's outline.
    """
    settings, inputs = settings or ImplantSettings(), inputs or DesignInputs()
    geometry = geometry if geometry is not None and geometry.is_of(patch) else PatchGeometry(patch)
    lines = tuple(trim_lines or ())
    layout, undercut_mm2 = build_layout(
        patch, bone, settings, pose, tuple(points), lines, geometry=geometry, contour=inputs.contour
    )
    fixations, findings = fixation_spots(layout)
    findings += suture_findings(layout, fixations)
    if settings.label:
        layout = replace(layout, label=draw_label(layout, inputs.label_text, pose.ras_to_head))
        findings += _label_findings(layout)
    complete, finished, rests_on_bone = _build_complete_body(layout, fixations)
    places = fixation_places(layout, fixations)
    checks = _check_body(finished, layout, undercut_mm2, pose.ras_to_head, places, rests_on_bone=rests_on_bone)
    checks = replace(checks, landmarks_mm=measure_landmarks(finished.mesh.vertices, pose))
    parts, part_checks = _build_parts(complete, layout, fixations)
    halves, mould_checks, mould_findings = _build_mould_halves(complete, layout)
    rings, ring_checks = _build_ring(finished.mesh, layout, pose, lines)
    return Implant(
        defect=patch.defect,
        mesh=finished.mesh,
        volume_ml=checks.volume_ml,
        thickness_mm=checks.thickness_mm.median if checks.thickness_mm else settings.thickness_mm,
        watertight=checks.watertight,
        clearance_mm=settings.clearance_mm,
        insertion_direction=-layout.chart.outward_axis,
        settings=settings,
        checks=checks,
        parts=tuple(part.mesh for part in parts),
        part_checks=part_checks,
        mould=tuple(half.mesh for half in halves),
        mould_checks=mould_checks,
        ring=tuple(ring.mesh for ring in rings),
        ring_checks=ring_checks,
        findings=(
            *_implant_findings(patch.defect, checks, layout),
            *_sinus_findings(patch.defect, finished.mesh, layout, pose),
            *landmark_findings(patch.defect, layout.trim_lines, pose, settings.landmark_mm),
            *findings,
            *inputs.findings,
            *mould_findings,
        ),
        trim_lines=layout.trim_lines,
        fixations=places,
    )


def _build_complete_body(layout: ImplantLayout, fixations: list[RimSpot]) -> "tuple[Manifold, SimplifiedMesh, bool]":
    """The body with its onlay before it is drilled, its finished mesh with holes, and whether there is an onlay."""
    onlay = finished = None
    if not layout.outline.cross_section.is_empty():
        body = build_body(layout)
        onlay = build_onlay(layout, fixations if layout.settings.fixation == "tabs" else [])
        body = body if onlay is None else body + onlay
        finished = finish_mesh(_drill_body(body, layout, fixations))
    if finished is None:
        raise ImplantError(
            f"Defect {layout.patch.defect} is too narrow for an implant with {layout.settings.clearance_mm:g} mm "
            "clearance to the bone; ask for a smaller clearance, or leave this defect without an implant."
        )
    return body, finished, onlay is not None


def _check_body(
    finished: SimplifiedMesh,
    layout: ImplantLayout,
    undercut_mm2: float,
    ras_to_head: NDArray[np.float64],
    fixations: tuple[FixationPlace, ...],
    *,
    rests_on_bone: bool,
) -> ImplantChecks:
    """Measure the finished body."""
    return check_implant(
        FinishedBody(
            mesh=finished.mesh,
            geometry=layout.geometry,
            outer=layout.outer,
            bone=layout.bone,
            bone_surface=layout.bone_surface,
            chart=layout.chart,
            settings=layout.settings,
            simplification_mm=finished.simplification_mm,
            self_intersections=finished.self_intersections,
            undercut_mm2=undercut_mm2,
            rests_on_bone=rests_on_bone,
            trim_lines=layout.trim_lines,
            kept_fraction=layout.outline.kept_fraction,
            ras_to_head=ras_to_head,
            is_labelled=layout.label is not None,
            fixations=fixations,
            distances=finished.distances,
            contour=layout.contour,
        )
    )


def _build_parts(
    complete: "Manifold", layout: ImplantLayout, fixations: list[RimSpot]
) -> tuple[list[SimplifiedMesh], tuple[PieceChecks, ...]]:
    """The parts of a body that is split, and their checks; none where it is made in one piece."""
    settings = layout.settings
    if settings.parts <= 1:
        return [], ()
    parts = [_finish_piece(part) for part in split_body(_drill_body(complete, layout, fixations), layout)]
    return parts, check_parts(parts, max(settings.joint_gap_mm, MIN_JOINT_GAP_MM), layout.chart)


def _build_mould_halves(
    complete: "Manifold", layout: ImplantLayout
) -> tuple[list[SimplifiedMesh], tuple[PieceChecks, ...], list[str]]:
    """The halves of a mould for the body without its holes, their checks, and notes; none where no mould is wanted."""
    if not layout.settings.mould:
        return [], (), []
    body = _finish_piece(complete).mesh
    mould = build_mould(body, complete, layout)
    halves = [_finish_piece(half) for half in (mould.outer, mould.inner)]
    findings = []
    if layout.settings.mould_channels and not mould.channels:
        findings.append(f"Implant {layout.patch.defect} is too narrow for a sprue and vents; its mould has none.")
    return halves, check_mould(halves, body, layout.chart, mould.channels), findings


def _build_ring(
    body: Mesh, layout: ImplantLayout, pose: Pose, trim_lines: tuple[NDArray[np.float64], ...]
) -> tuple[list[SimplifiedMesh], tuple[PieceChecks, ...]]:
    """The margin ring of a defect and its checks; none where it is not wanted."""
    settings, chart, patch = layout.settings, layout.chart, layout.patch
    if not settings.margin_ring:
        return [], ()
    right, front, up = (-chart.outward_axis).tolist()
    asked = ring_settings(settings, (right, front, up))
    touching, _ = build_layout(
        patch, layout.bone, asked, pose, (), trim_lines, geometry=layout.geometry, contour=layout.contour
    )
    ring = finish_mesh(build_margin_ring(touching, layout))
    if ring is None:
        raise ImplantError(f"Around defect {patch.defect} there is no bone for a margin ring; make none.")
    rests_on_bone = bool(settings.onlay_mm or settings.fixation == "tabs")
    return [ring], (check_ring(ring, body, chart, None if rests_on_bone else layout.clearance_mm),)


def _finish_piece(solid: "Manifold") -> SimplifiedMesh:
    """Finish a solid that is known to have a volume."""
    finished = finish_mesh(solid)
    if finished is None:
        raise ImplantError("A piece of the implant has no volume; ask for fewer parts, or for no mould.")
    return finished


def build_layout(
    patch: DefectPatch,
    bone: Bone,
    settings: ImplantSettings,
    pose: Pose,
    points: tuple[ReferencePoint, ...],
    trim_lines: tuple[NDArray[np.float64], ...],
    *,
    geometry: PatchGeometry | None = None,
    contour: SkinContour | None = None,
) -> tuple[ImplantLayout, float]:
    """Decide faces, insertion direction and outline: the layout, and the area of undercut bone, mm²."""
    centre, to_head = pose.head_to_ras[:3, 3], pose.ras_to_head
    geometry = geometry or PatchGeometry(patch)
    patch = geometry.patch
    base = outer_face(patch, settings, pose)
    outer, unraised = (base, None) if contour is None else (outer_face(patch, settings, pose, contour.raised_mm), base)
    inner = rough_inner_face(geometry, base, settings, pose)
    clearance_mm = max(settings.clearance_mm, MIN_CLEARANCE_MM)
    distance_band_mm = DISTANCE_BAND_MM + settings.rim_radius_mm
    over_bone_mm = max(settings.onlay_mm, TAB_LENGTH_MM if settings.fixation == "tabs" else 0.0)
    bone_surface = bone_surface_around(
        patch.outer.vertices,
        inner[geometry.wide_vertex],
        bone,
        clearance_mm + distance_band_mm + BONE_SEARCH_MM + over_bone_mm,
    )
    mean_normal = insertion.mean_outward_normal(patch, centre, normals=geometry.normals)
    margin = insertion.find_bone_margin(geometry, inner, bone_surface, mean_normal)
    chart = _lay_chart(geometry, outer, margin, mean_normal, settings)
    table_height = inner_table_height(patch, chart) if settings.follow_inner_table else None
    measure = partial(
        measure_free_space,
        patch_points=geometry.points,
        bone_surface=bone_surface,
        bone=bone,
        clearance_mm=clearance_mm,
        distance_band_mm=distance_band_mm,
    )
    expected_mm = _expected_depth(chart, without_raise(chart, unraised), settings, table_height, to_head)
    space = measure(chart, depth_mm=expected_mm)
    outline = draw_outline(chart, _outer_face_border(geometry, outer), space, settings, trim_lines=trim_lines)
    # Past an open margin the restored surface may fall anywhere: what is there must not bend the faces before it.
    chart = chart.continued_beyond(outline.bounded_by_bone | (outline.inside_mm > 0))
    inner_height = inner_face_height(without_raise(chart, unraised), settings, table_height, to_head)
    depth_mm = np.where(nodes_near_prism(chart, outline), chart.height - inner_height, 0.0)
    if depth_mm.max() > -space.layer_heights[0]:
        space = measure(chart, depth_mm=depth_mm)
    layout = ImplantLayout(
        geometry=geometry,
        settings=settings,
        bone=bone,
        points=points,
        outer=outer,
        chart=chart,
        inner_height=inner_height,
        outline=outline,
        free_space=space,
        contour=contour,
    )
    return layout, margin.undercut_area(chart.outward_axis)


def _lay_chart(
    geometry: PatchGeometry,
    outer: Mesh,
    margin: insertion.BoneMargin,
    mean_normal: NDArray[np.float64],
    settings: ImplantSettings,
) -> InsertionChart:
    """The chart over the outer face, along the insertion direction that is given or found."""
    outward = (
        insertion.find_outward_axis(geometry, margin, mean_normal)
        if settings.insertion is None
        else insertion.check_given_insertion(settings.insertion, geometry.patch, mean_normal)
    )
    is_kept = outer is geometry.patch.wide_outer
    return geometry.chart(outward) if is_kept else InsertionChart.over_face(outer, outward)


def _expected_depth(
    chart: InsertionChart,
    below: InsertionChart,
    settings: ImplantSettings,
    table_height: NDArray[np.float64] | None,
    ras_to_head: NDArray[np.float64],
) -> NDArray[np.float64]:
    """How deep a body may be at the chart's nodes, before its outline is known: (nu, nv), mm."""
    depth_mm = chart.height - inner_face_height(below, settings, table_height, ras_to_head)
    if table_height is None:
        greatest_mm = settings.greatest_thickness_mm + float((chart.height - below.height).max())
        # Only next to a cliff, where no body is made, the inner face is deeper than under the steepest slope.
        depth_mm = np.minimum(depth_mm, greatest_mm / MIN_OUTLINE_COSINE)
    # No body is made where the face is seen too flat: how deep it would be there does not matter.
    is_seen = chart.normals[..., 2] > MIN_OUTLINE_COSINE
    return fill_nearest(np.where(is_seen, depth_mm, np.nan)) if is_seen.any() else depth_mm


def _outer_face_border(geometry: PatchGeometry, outer: Mesh) -> list[NDArray[np.float64]]:
    """The patch's border on the outer face, which may be sunk or raised: closed lines, each (k, 3), mm RAS."""
    if outer is geometry.patch.wide_outer:
        return geometry.border
    moved = outer.vertices - geometry.patch.wide_outer.vertices
    return [line + moved[geometry.wide_tree.query(line)[1]] for line in geometry.border]


def build_body(layout: ImplantLayout) -> "Manifold":
    """The body itself, without onlay, holes or cuts."""
    chart, outline = layout.chart, layout.outline
    between = layout.solid_between(
        layout.inner_height,
        chart.height,
        outline.cross_section,
        f"the restored surface of defect {layout.patch.defect}",
    )
    prism = extrude_outline(chart, outline, float((chart.height - layout.inner_height).max()))
    return (between ^ prism) - build_cutting_tool(
        chart, outline, layout.free_space, layout.inner_height, layout.settings
    )


def _drill_body(body: "Manifold", layout: ImplantLayout, fixations: list[RimSpot]) -> "Manifold":
    """The body without what holes and recesses take out of it."""
    engraved = None if layout.label is None else build_label(layout, layout.label)
    for removed in (build_holes(layout, fixations), build_recesses(layout, fixations), engraved):
        if removed is not None:
            body = body - removed
    return body


def _sinus_findings(defect: int, mesh: Mesh, layout: ImplantLayout, pose: Pose) -> list[str]:
    """A warning where the inner face enters air cells: an implant that reaches into them may be infected."""
    area_cm2, is_frontal = entered_air_cells(mesh, layout.bone, layout.chart.outward_axis, pose.ras_to_head)
    if area_cm2 < MIN_ENTERED_CM2:
        return []
    place = "the frontal sinus" if is_frontal else "air cells of the skull"
    return [
        f"Implant {defect}: its inner face enters {place} over {area_cm2:.1f} cm². "
        f"Consider a thinner implant there, and how {'the sinus' if is_frontal else 'they'} will be closed."
    ]


def _label_findings(layout: ImplantLayout) -> list[str]:
    """A warning where there is no space for the label."""
    if layout.label is not None:
        return []
    return [f"Implant {layout.patch.defect}: its inner face has no space for a label; it was left out."]


def _material_findings(defect: int, checks: ImplantChecks, settings: ImplantSettings) -> list[str]:
    """A note where the material is thinner than it is usually made, and nobody asked to keep its limits."""
    if settings.material_limits:
        return []
    name, needed, findings = settings.material, MATERIALS[settings.material], []
    edge_mm, web_mm = checks.edge_mm, checks.web_mm
    body_mm = None if checks.thickness_mm is None else checks.thickness_mm.least
    if edge_mm is not None and edge_mm < needed.min_edge_mm - LOCAL_TOLERANCE_MM:
        findings.append(
            f"Implant {defect} has a thin edge for {name}: {edge_mm:.1f} mm, usual are at least "
            f"{needed.min_edge_mm:g} mm."
        )
    if web_mm is not None and web_mm < needed.min_web_mm - LOCAL_TOLERANCE_MM:
        findings.append(
            f"Implant {defect} has little material next to a hole for {name}: {web_mm:.1f} mm, usual are at least "
            f"{needed.min_web_mm:g} mm."
        )
    if body_mm is not None and body_mm < needed.min_thickness_mm - LOCAL_TOLERANCE_MM:
        findings.append(
            f"Implant {defect} is thin for {name}: {body_mm:.1f} mm, usual are at least {needed.min_thickness_mm:g} mm."
        )
    return findings


def _implant_findings(defect: int, checks: ImplantChecks, layout: ImplantLayout) -> list[str]:
    """Notes on a body: bone that overhangs it, and what a trim line leaves uncovered."""
    findings = []
    if checks.undercut_mm2 > MIN_REPORTED_UNDERCUT_MM2:
        consequence = (
            "the implant was trimmed there"
            if layout.settings.trim_undercuts
            else "it blocks the implant, which was not trimmed"
        )
        findings.append(
            f"Implant {defect}: {checks.undercut_mm2:.0f} mm² of the bone's edge overhang along the insertion "
            f"direction; {consequence}."
        )
    findings += _material_findings(defect, checks, layout.settings)
    findings += strength_findings(defect, checks.strength, layout.settings)
    if (skin := checks.skin) is not None and checks.raised_mm is not None:
        sentence = (
            f"Implant {defect}: the outer face is raised by up to {checks.raised_mm.most:.1f} mm for the skin, which "
            f"is expected {skin.after_mean:.1f} mm from the mirrored skin of the other side, in the mean (95 %: "
            f"{skin.after_p95:.1f} mm); without it {skin.before_mean:.1f} mm (95 %: {skin.before_p95:.1f} mm)."
        )
        findings.append(Note(sentence))
    if layout.trim_lines:
        findings.append(
            f"Implant {defect} ends on a trim line"
            f"{' as drawn' if layout.outline.kept_fraction < 1 else ' where no bone ends the defect'}; "
            f"{checks.uncovered_cm2:.1f} cm² of the defect stay uncovered."
        )
    return findings
