"""Show the worst cases of a cohort on one page, with pictures and probable causes."""

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from SkullRestoreLib._system.run_log import Rows
from SkullRestoreLib.affine import apply_affine, invert_affine
from SkullRestoreLib.evaluation.cases import random_cases
from SkullRestoreLib.evaluation.cases.ground_truth import GroundTruth
from SkullRestoreLib.evaluation.experiments.case_measurement import CaseJob
from SkullRestoreLib.evaluation.measures.failure_analysis import failure_causes, failure_severity
from SkullRestoreLib.evaluation.methods.compared_methods import MethodContext, atlas_path, build_context
from SkullRestoreLib.pipeline import head_steps, steps
from SkullRestoreLib.pipeline.results import ImplantSet
from SkullRestoreLib.records import Restoration, Volume
from SkullRestoreLib.report import render

PICTURE_PIXELS = 480
_SECTION_WIDTH_MM = 110.0
_OUTSIDE_SHARE = 0.25
"""The middle of the hole is this share of the picture above the centre of a section: the outside is at the top."""
_WHITE, _MISSING_COLOUR, _BONE_COLOUR = 255, (206, 226, 240), (150, 148, 140)
_TRUTH_COLOUR, _SURFACE_COLOUR, _POINT_COLOUR, _SCALE_COLOUR = (20, 20, 20), (10, 140, 150), (200, 30, 35), (60, 70, 80)


def worst_defects(rows: Rows, method: str, count: int) -> Rows:
    """Select the worst holes of a method, one per case.

    Parameters
    ----------
    rows
        Of a cohort.
    method
        Its name.
    count
        How many at most.

    Returns
    -------
    list of dict
        The worst first.
    """
    of_method = sorted((r for r in rows if r["method"] == method), key=failure_severity, reverse=True)
    worst_of_case: dict[str, dict[str, Any]] = {}
    for row in of_method:
        worst_of_case.setdefault(row["case"], row)
    return list(worst_of_case.values())[:count]


def draw_case(numbered_job: tuple[CaseJob, int]) -> Rows:
    """Restore a case again and draw one of its holes: one job of the gallery.

    Parameters
    ----------
    numbered_job
        The case, and the number of the hole, from 1.

    Returns
    -------
    list of dict
        ``title``, ``alt`` and ``data`` (PNG, base64) of each picture; none if the case cannot be made.
    """
    job, hole = numbered_job
    try:
        case = random_cases.build_case(job.case, atlas_path(job.settings))
        restoration = _build_restoration(case.source, build_context(case.source, job.settings))
    except Exception:  # the row has the reason, and the page shows it
        return []
    truth = case.truths[hole - 1]
    middle = truth.table_points[truth.defect_mask].mean(axis=0)
    to_head = restoration.pose.ras_to_head
    scene = render.with_marker_dots(render.build_scene(restoration), truth.margin[::2], to_head)
    camera = render.camera_facing(apply_affine(to_head, middle), "straight")
    size = (PICTURE_PIXELS, PICTURE_PIXELS)
    pictures = [
        ("Straight at the hole", render.draw_scene(scene, camera, size=size)),
        (
            "Section from front to back or side to side",
            draw_section(case, truth, restoration, upright=False),
        ),
        ("Section from above downwards", draw_section(case, truth, restoration, upright=True)),
    ]
    return [
        {"title": title, "alt": f"{title}: case {job.case.name}", "data": _encode_png(image)}
        for title, image in pictures
    ]


def _build_restoration(source: Volume, context: MethodContext) -> Restoration:
    """The context's restoration as a record to draw, without margins and implants."""
    reconstruction = context.own_reconstruction
    reconstruction = replace(reconstruction, defects=tuple(replace(d, margin=()) for d in reconstruction.defects))
    skull = head_steps.display_model(context.analysis.bone)
    no_implants = ImplantSet((), (), None, None)
    return steps.assemble_restoration(
        source,
        context.analysis,
        reconstruction,
        no_implants,
        skull,
        settings=context.settings,
        weights_sha256="",
        seconds={},
    )


def draw_section(
    case: random_cases.EvaluationCase, truth: GroundTruth, restoration: Restoration, *, upright: bool
) -> NDArray[np.uint8]:
    """Draw a section through the middle of a hole, at right angles to the skull.

    Parameters
    ----------
    case
        The case.
    truth
        The hole.
    restoration
        What is compared with the truth.
    upright
        Whether the section runs from above downwards; otherwise it is level.

    Returns
    -------
    ndarray
        (480, 480, 3) uint8.
    """
    from PIL import Image

    rows, columns = np.nonzero(truth.defect_mask)
    deepest = int(truth.margin_distance_mm[rows, columns].argmax())
    middle, normal = truth.table_points[rows[deepest], columns[deepest]], truth.normals[rows[deepest], columns[deepest]]
    up = truth.pose.head_to_ras[:3, 2]
    along = up - (up @ normal) * normal if upright else np.cross(normal, up)
    along /= max(np.linalg.norm(along), 1e-9)
    pixel_mm = _SECTION_WIDTH_MM / PICTURE_PIXELS
    offsets = (np.arange(PICTURE_PIXELS) - PICTURE_PIXELS / 2) * pixel_mm
    down = offsets[:, None, None] + _OUTSIDE_SHARE * _SECTION_WIDTH_MM
    plane = middle + offsets[None, :, None] * along - down * normal
    picture = np.full((PICTURE_PIXELS, PICTURE_PIXELS, 3), _WHITE, dtype=np.uint8)
    kji = _voxel_coordinates(case.skull.ijk_to_ras, plane)
    missing = ndimage.map_coordinates(truth.missing_piece.view(np.uint8), kji, order=1, mode="constant") > 0
    picture[missing] = _MISSING_COLOUR
    picture[_bone_on_plane(restoration, plane)] = _BONE_COLOUR
    image = Image.fromarray(picture)
    _draw_section_marks(image, truth, restoration, (middle, along, normal), pixel_mm=pixel_mm)
    return np.asarray(image)


def _draw_section_marks(
    image: Any,
    truth: GroundTruth,
    restoration: Restoration,
    frame: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]],
    *,
    pixel_mm: float,
) -> None:
    """Draw true table, restored surface, points and scale bar; ``frame`` is the middle, along and outwards."""
    from PIL import ImageDraw

    middle, along, normal = frame
    pen = ImageDraw.Draw(image)
    across = np.cross(along, normal)

    def draw_dots(points: NDArray[np.float64], colour: tuple[int, int, int], size: float) -> None:
        near = points[np.abs((points - middle) @ across) < 0.5]
        x = ((near - middle) @ along) / pixel_mm + PICTURE_PIXELS / 2
        y = PICTURE_PIXELS / 2 - ((near - middle) @ normal) / pixel_mm - _OUTSIDE_SHARE * PICTURE_PIXELS
        for a, b in zip(x, y, strict=True):
            pen.ellipse([a - size, b - size, a + size, b + size], fill=colour)

    draw_dots(truth.table_points[truth.defect_mask], _TRUTH_COLOUR, 1.0)
    for patch in restoration.patches:
        corners = patch.outer.vertices[patch.outer.faces]
        draw_dots(np.concatenate([corners.mean(axis=1), patch.outer.vertices]), _SURFACE_COLOUR, 1.6)
    draw_dots(np.array([p.position for p in restoration.points]).reshape(-1, 3), _POINT_COLOUR, 5.0)
    pen.line([(12, PICTURE_PIXELS - 14), (12 + 20 / pixel_mm, PICTURE_PIXELS - 14)], _SCALE_COLOUR, width=3)
    pen.text((12, PICTURE_PIXELS - 34), "20 mm", _SCALE_COLOUR)


def _voxel_coordinates(ijk_to_ras: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Coordinates k, j, i, (3, ...), of points (..., 3), mm RAS."""
    return np.moveaxis(apply_affine(invert_affine(ijk_to_ras), points), -1, 0)[::-1]


def _bone_on_plane(restoration: Restoration, plane: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Where the segmented bone is on a plane (h, w, 3), mm RAS."""
    bone = restoration.bone
    kji = _voxel_coordinates(bone.ijk_to_ras, plane)
    values = ndimage.map_coordinates(
        bone.field, kji, order=1, output=np.float32, mode="constant", cval=bone.outside_value
    )
    on_bone: NDArray[np.bool_] = values >= bone.iso
    return on_bone


def _encode_png(image: NDArray[np.uint8]) -> str:
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(image).quantize(64).save(file, "PNG", optimize=True)
    return base64.b64encode(file.getvalue()).decode("ascii")


def render_gallery(shown: Sequence[tuple[Mapping[str, Any], Rows]], total: int, about: str) -> str:
    """Render the page.

    Parameters
    ----------
    shown
        Row and pictures of each case, the worst first.
    total
        Number of cases in the cohort.
    about
        What was measured.

    Returns
    -------
    str
        HTML that loads nothing.
    """
    from jinja2 import Environment, StrictUndefined

    from SkullRestoreLib._system.resources import resource_path

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(resource_path("gallery.html.j2").read_text(encoding="utf-8"))
    listed = [
        {"title": _case_title(row), "causes": failure_causes(row), "figures": _case_figures(row), "pictures": pictures}
        for row, pictures in shown
    ]
    return template.render(cases=listed, total=total, about=about)


def _case_title(row: Mapping[str, Any]) -> str:
    source = f"CT with {row['disturbance']}" if row["disturbance"] else "clean mask"
    place = f"Case {row['case']}, hole {row['hole']}: {row['region']} ({row['word']})"
    return f"{place}, {row['true_area_cm2']:.1f} cm², {source}"


def _case_figures(row: Mapping[str, Any]) -> str:
    parts = [
        row["grade"],
        f"largest {row['largest_mm']:.1f} mm, RMS {row['rms_mm']:.1f} mm; from the true surface "
        f"{row['missed_largest_mm']:.1f} and {row['missed_rms_mm']:.1f} mm, mean distance {row['mean_mm']:.2f} mm",
        f"{row['middle_mm']:+.1f} mm in the middle, {row['rim_mm']:.1f} mm along the border",
        f"measured area {row['area_cm2']:.1f} cm², {row['covered']:.0%} of the hole covered",
        f"{row['points_right']:.0%} of {row['points']} points right",
        f"head frame {row['pose_error_deg']:.1f} degrees and {row['pose_error_mm']:.1f} mm off, "
        f"residual {row['pose_residual_mm']:.1f} mm",
    ]
    return "; ".join(parts)
