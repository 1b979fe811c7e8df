"""Design the implants and write the files, in the background: edit state in, folder out."""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib._system.progress import Progress, StepTimer
from SkullRestoreLib.implant.patch_geometry import KeptGeometry
from SkullRestoreLib.pipeline import steps
from SkullRestoreLib.pipeline.results import ImplantSet
from SkullRestoreLib.pipeline.surface import restore_surface
from SkullRestoreLib.planning.guides import GUIDE_NAMES
from SkullRestoreLib.planning.plan import ResectionPlan
from SkullRestoreLib.planning.write_plan import plan_files_steps
from SkullRestoreLib.records import Mesh, Volume
from SkullRestoreLib.session.edit_state import EditState
from SkullRestoreLib.session.task_records import DesignChoices, EditableRestoration, ExportResult, PlannedResection
from SkullRestoreLib.settings import Direction, Language, Settings

if TYPE_CHECKING:
    from SkullRestoreLib.io.dicom_source import DicomSource

Result = TypeVar("Result")


@dataclass(frozen=True, eq=False)
class ExportOptions:
    """What to write, and how.

    Attributes
    ----------
    formats
        Formats in addition to STL and HTML: ``"ply"``, ``"obj"``, ``"3mf"``, ``"pdf"``, ``"dicom"``.
    force
        Whether an earlier result in the folder may be replaced.
    keep_failed
        Whether implants that did not pass their checks are written too, under names that say so.
    dicom_files
        Paths of the CT's files, for ``"dicom"``: patient and study come from there, since a scene does not hold them.
    dicom
        What DICOM objects take over from the CT, where it was read already; else it is read from ``dicom_files``.
    own_pictures
        (height, width, 3) uint8 each, of the user's own views, for the report.
    language
        Of the reports: that of the front end; None takes that of the settings.
    """

    formats: tuple[str, ...] = ()
    force: bool = False
    keep_failed: bool = False
    dicom_files: tuple[str, ...] = ()
    dicom: "DicomSource | None" = None
    own_pictures: tuple[NDArray[np.uint8], ...] = ()
    language: Language | None = None


def design_implants(
    source: Volume | Mesh,
    state: EditState,
    settings: Settings,
    insertion_directions: Mapping[int, Direction],
    *,
    kept: KeptGeometry | None = None,
) -> Generator[Progress, None, ImplantSet]:
    """Design the implants of the defects that are switched on.

    Parameters
    ----------
    source
        The input.
    state
        Defects and points.
    settings
        With which everything is made.
    insertion_directions
        Those that the user gave, by defect: from outside inwards, unit, RAS.
    kept
        What earlier designs found on the same surfaces.

    Yields
    ------
    tuple of str and float
        Step and fraction.

    Returns
    -------
    ImplantSet
        The bodies, and the defects for which none could be made.
    """
    clock = StepTimer()
    reconstruction = restore_surface(state.active_defects, state.active_points, fullness=state.fullness)
    implant_set = yield from steps.design_implants(
        source,
        state.detected.analysis,
        reconstruction,
        settings,
        clock,
        insertion_directions=insertion_directions,
        kept=kept,
    )
    clock.stop_step()
    return implant_set


def export_restoration(
    restoration: EditableRestoration,
    implant_set: ImplantSet | None,
    state: EditState,
    settings: Settings,
    choices: DesignChoices,
    *,
    folder: Path,
    options: ExportOptions,
    planned: PlannedResection | None = None,
) -> Generator[Progress, None, ExportResult]:
    """Assemble the restoration, draw the pictures of the report, and write.

    Parameters
    ----------
    restoration
        What was restored.
    implant_set
        Designed with these choices; None designs them now.
    state
        Defects and points as they are.
    settings
        With which everything was made.
    choices
        Settings and insertion directions of the implants.
    folder
        Where to write.
    options
        What to write.
    planned
        Where the opening is a planned one: line and guides are written too.

    Yields
    ------
    tuple of str and float
        Step and fraction.

    Returns
    -------
    ExportResult
        The folder, and what is in it.
    """
    from SkullRestoreLib import report
    from SkullRestoreLib.io import dicom_source
    from SkullRestoreLib.pipeline import write_result

    source = restoration.segmentation.source
    take_skull = restoration.segmentation.start_skull_to_write()
    dicom = options.dicom if "dicom" in options.formats else None
    settings = replace(settings, implant=choices.settings, language=options.language or settings.language)
    if "dicom" in options.formats and dicom is None:
        yield "read the headers of the CT", 0.0
        dicom = dicom_source.read_source_of_files(options.dicom_files, source)
    if implant_set is None:
        design = design_implants(source, state, settings, choices.insertion_directions)
        implant_set = yield from _name_as_export_steps(design)
    yield "make the display model", 0.5
    assembled = steps.assemble_restoration(
        source,
        state.detected.analysis,
        restore_surface(state.detected_as_placed, state.active_points, fullness=state.fullness),
        implant_set,
        take_skull(),
        settings=settings,
        weights_sha256=restoration.weights_sha256,
        seconds=restoration.seconds,
    )
    files: dict[str, bytes] = {}
    withheld: list[str] = []
    if planned is not None:
        assembled = replace(assembled, before_cut=planned.plan.restoration.before_cut)
        plan = replace(planned.plan, restoration=assembled)
        withheld = guides_in_words(plan)
        _, files = yield from _as_second_half(
            plan_files_steps(plan, keep_failed=options.keep_failed, dicom=dicom, with_pdf="pdf" in options.formats)
        )
    writing = write_result.write_steps(
        assembled,
        folder,
        formats=options.formats,
        dicom=dicom,
        force=options.force,
        keep_failed=options.keep_failed,
        added=write_result.AddedContent(files, options.own_pictures),
    )
    facts = yield from _as_second_half(writing)
    outcome = " ".join([report.outcome_in_words(facts), *withheld]).strip()
    return ExportResult(folder, outcome, implant_set, tuple(sorted(folder.glob("*.dcm"))))


def guides_in_words(plan: ResectionPlan) -> list[str]:
    """Say which guides are withheld, and why.

    Parameters
    ----------
    plan
        With its guides.

    Returns
    -------
    list of str
        A sentence for each; empty where all passed.
    """
    return [f"The {GUIDE_NAMES[kind]} is withheld: {reasons[0]}" for kind, reasons in plan.withheld_guides.items()]


def _as_second_half(writing: Generator[Progress, None, Result]) -> Generator[Progress, None, Result]:
    """Write inside an export, of which it is the second half."""
    try:
        while True:
            name, fraction = next(writing)
            yield name, 0.5 + fraction / 2
    except StopIteration as end:
        return end.value


def _name_as_export_steps(design: Generator[Progress, None, ImplantSet]) -> Generator[Progress, None, ImplantSet]:
    """Run a design inside an export: the names of its steps say so, and it is the first half of the work."""
    try:
        while True:
            name, fraction = next(design)
            yield f"{name}, with the settings shown", fraction / 2
    except StopIteration as end:
        return end.value
