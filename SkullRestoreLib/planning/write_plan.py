"""Write a plan: the ordinary result of its restoration, and the files of the plan next to it, all or nothing."""

import json
from base64 import b64encode
from collections.abc import Generator, Sequence
from contextlib import suppress
from dataclasses import asdict
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib._system.progress import Progress
from SkullRestoreLib._system.translation import say, speaking, translate
from SkullRestoreLib.errors import DependencyError
from SkullRestoreLib.pipeline.write_result import AddedContent, write_steps
from SkullRestoreLib.planning.plan import PlannedGuide, ResectionPlan
from SkullRestoreLib.planning.print_list import GUIDE_MATERIAL, PrintPart, plan_print
from SkullRestoreLib.planning.resection import line_sample
from SkullRestoreLib.planning.wall import smallest_radius_mm
from SkullRestoreLib.report import plan_sheet
from SkullRestoreLib.report.facts import SAFETY_NOTE
from SkullRestoreLib.report.words import said

if TYPE_CHECKING:
    from SkullRestoreLib.io.dicom_source import DicomSource

PLAN_FILE, PAGE_FILE, PDF_FILE = "plan.json", "plan.html", "plan.pdf"
LINE_FILE, TUBE_FILE = "resection_line.mrk.json", "resection_line.stl"
PLAN_SCHEMA = 4
"""Number of the format of ``plan.json``."""
_CURVE_STEP_MM = 4.0
"""Control points of the line that is written as a curve of 3D Slicer."""
_POINT_STEP_MM = 1.0
"""Points of the line in ``plan.json``."""
_DECIMALS = 4


def write_plan_steps(
    plan: ResectionPlan,
    folder: Path,
    *,
    formats: Sequence[str] = (),
    dicom: "DicomSource | None" = None,
    force: bool = False,
    keep_failed: bool = False,
) -> Generator[Progress, None, dict[str, Any]]:
    """Write a plan, except implant and guides that did not pass their checks.

    Parameters
    ----------
    plan
        From :func:`SkullRestoreLib.planning.plan.plan_steps`.
    folder, formats, dicom, force, keep_failed
        As for :func:`SkullRestoreLib.pipeline.write_result.write_steps`; ``keep_failed`` counts for guides too.

    Yields
    ------
    tuple of str and float
        Name of the step that starts, and the part of the work that is done (0..1).

    Returns
    -------
    dict
        Content of ``plan.json``, and under ``restoration`` that of ``restoration.json``.

    Raises
    ------
    SkullRestoreError
        If the folder cannot be written; nothing is written then.
    """
    facts, files = yield from plan_files_steps(plan, keep_failed=keep_failed, dicom=dicom, with_pdf="pdf" in formats)
    written = yield from write_steps(
        plan.restoration,
        folder,
        formats=formats,
        dicom=dicom,
        force=force,
        keep_failed=keep_failed,
        added=AddedContent(files),
    )
    return facts | {"restoration": written}


def plan_files_steps(
    plan: ResectionPlan,
    *,
    keep_failed: bool = False,
    dicom: "DicomSource | None" = None,
    with_pdf: bool = False,
) -> Generator[Progress, None, tuple[dict[str, Any], dict[str, bytes]]]:
    """Make the files of a plan that are written next to those of its restoration.

    Parameters
    ----------
    plan, keep_failed
        As for :func:`write_plan_steps`.
    dicom
        What DICOM objects take over from the CT; None makes none.
    with_pdf
        Whether the plan is written as PDF too. Where fpdf2 is missing it is left out: the report says so.

    Yields
    ------
    tuple of str and float
        Name of the step that starts, and the part of the work that is done (0..1).

    Returns
    -------
    facts : dict
        Content of ``plan.json``.
    files : dict
        Name -> content.
    """
    from SkullRestoreLib.io import markups, write
    from SkullRestoreLib.io.dicom_export import make_model_objects
    from SkullRestoreLib.planning.navigation import line_tube, navigation_models
    from SkullRestoreLib.planning.plan_pictures import draw_plan

    yield "draw the plan", 0.91
    facts = summarise_plan(plan, keep_failed=keep_failed)
    curve, language = line_sample(plan.line, _CURVE_STEP_MM), plan.restoration.settings.language
    with speaking(language):
        pictures = draw_plan(plan)
    files = {
        PLAN_FILE: (json.dumps(facts, indent=1, allow_nan=False, ensure_ascii=False) + "\n").encode(),
        PAGE_FILE: plan_page(facts, pictures, language).encode(),
        LINE_FILE: markups.encode_closed_curve(curve, "Resection line"),
        TUBE_FILE: write.encode_stl(line_tube(plan.line), "resection_line"),
    }
    if with_pdf:
        with suppress(DependencyError):
            files[PDF_FILE] = plan_sheet.plan_pdf(facts, pictures, plan.restoration.settings.paper, language)
    if dicom is not None:
        files |= make_model_objects(navigation_models(plan), dicom, series="SkullRestore resection plan")
    for planned in plan.guides:
        if name := guide_file(planned, keep_failed=keep_failed):
            files[name] = write.encode_stl(planned.mesh, Path(name).stem)
    return facts, files


def guide_file(planned: PlannedGuide, *, keep_failed: bool = False) -> str | None:
    """Name the file of a guide.

    Parameters
    ----------
    planned
        With its checks.
    keep_failed
        Whether one that did not pass is written too, under a name that says so.

    Returns
    -------
    str or None
        None where it is withheld.
    """
    if planned.checks.passed:
        return f"guide_{planned.stem}.stl"
    return f"guide_{planned.stem}_NOT_PASSED.stl" if keep_failed else None


def summarise_plan(plan: ResectionPlan, *, keep_failed: bool = False) -> dict[str, Any]:
    """Put a plan into plain values: the content of ``plan.json``.

    Parameters
    ----------
    plan
        With its guides.
    keep_failed
        As for :func:`guide_file`.

    Returns
    -------
    dict
        Lengths in mm, positions in mm RAS.
    """
    from SkullRestoreLib import __version__

    line = plan.line
    return _plain(
        {
            "schema": PLAN_SCHEMA,
            "software": "SkullRestore",
            "version": __version__,
            "safety": SAFETY_NOTE,
            "line": {
                "given_as": plan.way,
                "area_cm2": line.area_cm2,
                "circumference_mm": line.circumference_mm,
                "least_radius_mm": smallest_radius_mm(line),
                "outward_axis": line.table.outward_axis,
                "points": line_sample(line, _POINT_STEP_MM),
            },
            "settings": asdict(plan.wall.settings),
            "opening": {"defect": plan.defect, "beyond_line_mm": plan.wall.settings.outward_kerf_mm},
            "landmarks": [asdict(landmark) for landmark in plan.landmarks],
            "mirrored_side": {
                "compared_percent": plan.mirrored.compared_percent,
                "median_mm": plan.mirrored.median_mm,
                "within_95_mm": plan.mirrored.within_95_mm,
                "largest_mm": plan.mirrored.largest_mm,
            },
            "print_list": [asdict(part) for part in list_prints(plan, keep_failed=keep_failed)],
            "guides": [_guide_facts(planned, keep_failed) for planned in plan.guides],
            "withheld": {kind: list(reasons) for kind, reasons in plan.withheld_guides.items()},
            "warnings": list(plan.warnings),
        }
    )


def list_prints(plan: ResectionPlan, *, keep_failed: bool = False) -> list[PrintPart]:
    """List what is to be printed: guides and implants that are written, with the best orientation of each.

    Parameters
    ----------
    plan
        With its guides.
    keep_failed
        As for :func:`guide_file`.

    Returns
    -------
    list of PrintPart
        Guides first; an implant in parts is listed by its parts, a mould by its halves.
    """
    from SkullRestoreLib.io.write import implant_meshes

    outward = plan.line.table.outward_axis
    listed = []
    for planned in plan.guides:
        if file := guide_file(planned, keep_failed=keep_failed):
            listed.append(plan_print(planned.name, file, planned.mesh, planned.guide.outward_axis, GUIDE_MATERIAL))
    bodies = implant_meshes(plan.restoration, keep_failed=keep_failed)
    for implant in plan.restoration.implants:
        own = implant.file_stem("", keep_failed=keep_failed)
        direction = implant.insertion_direction
        outwards = outward if direction is None else -np.asarray(direction, dtype=float)
        for name, mesh in bodies.items():
            is_its = own is not None and (name == own or name.startswith(f"implant_{implant.defect}_"))
            if is_its and not (implant.parts and name == own):
                is_tool = "mould" in name or name.endswith("_ring")
                material = GUIDE_MATERIAL if is_tool else implant.settings.material
                listed.append(plan_print(name.replace("_", " "), f"{name}.stl", mesh, outwards, material))
    return listed


def _guide_facts(planned: PlannedGuide, keep_failed: bool) -> dict[str, Any]:
    """A guide and its checks."""
    checks = planned.checks
    facts = {
        "kind": planned.kind,
        "name": planned.name,
        "part": planned.guide.part,
        "parts": planned.guide.parts,
        "file": guide_file(planned, keep_failed=keep_failed),
        "passed": checks.passed,
        "outward_axis": planned.guide.outward_axis,
        "edge_inside_line_mm": planned.guide.wall_offset_mm,
        "screw_holes": planned.guide.holes,
        "feet": planned.guide.feet,
        "feet_reach_mm": planned.guide.reach_mm,
    }
    return facts | asdict(checks)


def _plain(value: Any) -> Any:
    """A value of what JSON holds; numbers are rounded."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, float):
        return round(value, _DECIMALS) + 0.0 if np.isfinite(value) else None
    return value


def plan_page(facts: dict[str, Any], pictures: dict[str, NDArray[np.uint8]], language: str = "en") -> str:
    """Write the page that a surgeon reads: one self-contained HTML file.

    Parameters
    ----------
    facts
        From :func:`summarise_plan`.
    pictures
        Title -> (height, width, 3) uint8.
    language
        "en", "de" or "ru".

    Returns
    -------
    str
        It loads nothing from anywhere.
    """
    from jinja2 import Environment, StrictUndefined

    from SkullRestoreLib._system.resources import resource_path

    environment = Environment(autoescape=True, undefined=StrictUndefined)
    environment.globals.update(say=say, translate=translate)
    template = environment.from_string(resource_path("plan.html.j2").read_text(encoding="utf-8"))
    guides, prints = plan_sheet.GUIDE_HEADS, plan_sheet.PRINT_HEADS
    with speaking(language):
        return template.render(
            facts=facts,
            language=language,
            safety=say(SAFETY_NOTE),
            line_rows=plan_sheet.line_rows(facts),
            landmark_rows=plan_sheet.landmark_rows(facts),
            landmark_note=say(plan_sheet.LANDMARK_NOTE),
            tables=[
                (say("Guides"), said(guides), plan_sheet.guide_rows(facts), ""),
                (say("To be printed"), said(prints), plan_sheet.print_rows(facts), say(plan_sheet.PRINT_NOTE)),
            ],
            mirrored=plan_sheet.mirrored_in_words(facts),
            pictures={translate(title): _data_address(p) for title, p in pictures.items()},
        )


def _data_address(picture: NDArray[np.uint8]) -> str:
    """A picture as an address that holds it."""
    from PIL import Image

    content = BytesIO()
    Image.fromarray(picture).save(content, "JPEG", quality=90)
    return f"data:image/jpeg;base64,{b64encode(content.getvalue()).decode()}"
