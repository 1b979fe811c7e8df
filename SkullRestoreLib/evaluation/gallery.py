"""The worst cases of a cohort on one page, with pictures and with the cause named."""

import base64
import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy import ndimage

from SkullRestoreLib import mesh, pipeline, render
from SkullRestoreLib.case import Restoration
from SkullRestoreLib.chapters import Bodies
from SkullRestoreLib.evaluation import cases
from SkullRestoreLib.evaluation.causes import badness, causes
from SkullRestoreLib.evaluation.engine import Rows
from SkullRestoreLib.evaluation.experiment import Job
from SkullRestoreLib.evaluation.methods import Bench, atlas_path, examine
from SkullRestoreLib.evaluation.truth import Truth

SIZE = 480
_SECTION_MM = 110.0


def worst(rows: Rows, method: str, count: int) -> Rows:
    """The worst holes of a method, one a case, the worst first."""
    mine = sorted((r for r in rows if r["method"] == method), key=badness, reverse=True)
    first: dict[str, dict] = {}
    for row in mine:
        first.setdefault(row["case"], row)
    return list(first.values())[:count]


def draw(given: tuple[Job, int]) -> Rows:
    """Restore a case again and draw one of its holes: the job that the engine hands out.

    Parameters
    ----------
    given
        The case, and the number of the hole.

    Returns
    -------
    list of dict
        ``title``, ``alt`` and ``data`` (PNG, base64) of each picture; none where the case cannot be made.
    """
    job, hole = given
    try:
        made = cases.make(job.case, atlas_path(job.settings))
        bench = examine(made.source, job.settings)
        shown = _restoration(made.source, bench)
    except Exception:  # the row has the reason, and the page shows it
        return []
    truth = made.truths[hole - 1]
    middle = truth.points[truth.hole].mean(axis=0)
    to_head = shown.pose.ras_to_head
    scene = render.with_dots(render.scene(shown), truth.margin[::2], to_head)
    straight = render.facing(to_head[:3, :3] @ middle + to_head[:3, 3], "straight")
    pictures = [("Straight at the hole", render.draw(scene, straight, size=(SIZE, SIZE)))]
    for title, across in (("Section from front to back or side to side", False), ("Section from above downwards", True)):
        pictures.append((title, section(made, truth, shown, upright=across)))
    return [{"title": title, "alt": f"{title}: case {job.case.name}", "data": _png(image)} for title, image in pictures]


def _restoration(source, bench: Bench) -> Restoration:
    """The bench's restoration as a record to draw, without margins and implants."""
    from dataclasses import replace

    made = bench.ours
    made = replace(made, defects=tuple(replace(d, margin=()) for d in made.defects))
    bone = bench.seen.bone
    skull = mesh.decimate(mesh.surface(bone.field, bone.iso, bone.ijk_to_ras), max_faces=pipeline.DISPLAY_FACES)
    nothing = Bodies((), (), None, None)
    return pipeline.summed_up(source, bench.seen, made, nothing, skull, bench.settings, weights_sha256="", seconds={})


def section(made: cases.Made, truth: Truth, shown: Restoration, *, upright: bool) -> np.ndarray:
    """A cut through the middle of a hole, at right angles to the skull.

    Returns
    -------
    (SIZE, SIZE, 3) uint8
    """
    from PIL import Image, ImageDraw

    rows, columns = np.nonzero(truth.hole)
    at = int(truth.off_border_mm[rows, columns].argmax())
    middle, normal = truth.points[rows[at], columns[at]], truth.normals[rows[at], columns[at]]
    up = truth.pose.head_to_ras[:3, 2]
    along = up - (up @ normal) * normal if upright else np.cross(normal, up)
    along /= max(np.linalg.norm(along), 1e-9)
    mm = _SECTION_MM / SIZE
    s = (np.arange(SIZE) - SIZE / 2) * mm
    plane = middle + s[None, :, None] * along - (s[:, None, None] + 0.25 * _SECTION_MM) * normal  # the outside is at the top
    to_ijk = np.linalg.inv(made.skull.ijk_to_ras)
    kji = np.moveaxis(plane @ to_ijk[:3, :3].T + to_ijk[:3, 3], -1, 0)[::-1]
    picture = np.full((SIZE, SIZE, 3), 255, dtype=np.uint8)
    seen = _bone_at(shown, plane)
    gone = ndimage.map_coordinates(truth.missing.view(np.uint8), kji, order=1, mode="constant") > 0
    picture[gone] = (206, 226, 240)
    picture[seen] = (150, 148, 140)
    image = Image.fromarray(picture)
    pen = ImageDraw.Draw(image)
    across = np.cross(along, normal)

    def dots(points: np.ndarray, colour: tuple[int, int, int], size: float) -> None:
        near = points[np.abs((points - middle) @ across) < 0.5]
        x = ((near - middle) @ along) / mm + SIZE / 2
        y = SIZE / 2 - ((near - middle) @ normal) / mm - 0.25 * SIZE
        for a, b in zip(x, y, strict=True):
            pen.ellipse([a - size, b - size, a + size, b + size], fill=colour)

    dots(truth.points[truth.hole], (20, 20, 20), 1.0)
    for patch in shown.patches:
        corners = patch.outer.vertices[patch.outer.faces]
        dots(np.concatenate([corners.mean(axis=1), patch.outer.vertices]), (10, 140, 150), 1.6)
    dots(np.array([p.position for p in shown.points]).reshape(-1, 3), (200, 30, 35), 5.0)
    pen.line([(12, SIZE - 14), (12 + 20 / mm, SIZE - 14)], (60, 70, 80), width=3)
    pen.text((12, SIZE - 34), "20 mm", (60, 70, 80))
    return np.asarray(image)


def _bone_at(shown: Restoration, plane: np.ndarray) -> np.ndarray:
    """Where the segmented bone is, in a plane (h, w, 3), mm RAS."""
    bone = shown.bone
    to_ijk = np.linalg.inv(bone.ijk_to_ras)
    kji = np.moveaxis(plane @ to_ijk[:3, :3].T + to_ijk[:3, 3], -1, 0)[::-1]
    return ndimage.map_coordinates(bone.field, kji, order=1, output=np.float32, mode="constant", cval=bone.outside) >= bone.iso


def _png(image: np.ndarray) -> str:
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(image).quantize(64).save(file, "PNG", optimize=True)
    return base64.b64encode(file.getvalue()).decode("ascii")


def page(shown: Sequence[tuple[Mapping[str, Any], Rows]], total: int, about: str) -> str:
    """Write the page.

    Parameters
    ----------
    shown
        Row and pictures of each case, the worst first.
    total
        How many cases there were.
    about
        What was measured.

    Returns
    -------
    str
        HTML that loads nothing from anywhere.
    """
    from jinja2 import Environment, StrictUndefined

    from SkullRestoreLib.resources import resource

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(resource("gallery.html.j2").read_text(encoding="utf-8"))
    listed = [{"title": _title(row), "causes": causes(row), "figures": _figures(row), "pictures": pictures} for row, pictures in shown]
    return template.render(cases=listed, total=total, about=about)


def _title(row: Mapping[str, Any]) -> str:
    given = f"CT with {row['disturbance']}" if row["disturbance"] else "clean mask"
    return f"Case {row['case']}, hole {row['hole']}: {row['region']} ({row['word']}), {row['true_area_cm2']:.1f} cm², {given}"


def _figures(row: Mapping[str, Any]) -> str:
    parts = [
        row["grade"],
        f"largest {row['largest_mm']:.1f} mm, RMS {row['rms_mm']:.1f} mm",
        f"{row['middle_mm']:+.1f} mm in the middle, {row['rim_mm']:.1f} mm along the rim",
        f"measured area {row['area_cm2']:.1f} cm², {row['covered']:.0%} of the hole covered",
        f"{row['points_right']:.0%} of {row['points']} points right",
        f"head frame {row['pose_error_deg']:.1f} degrees and {row['pose_error_mm']:.1f} mm off, residual {row['pose_residual_mm']:.1f} mm",
    ]
    return "; ".join(parts)
