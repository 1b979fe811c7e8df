"""Design implants, compare with the skull before the operation, export: start the task, and take its result over."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from SkullRestoreLib import patient_identity
from SkullRestoreLib.errors import InputError, SkullRestoreError
from SkullRestoreLib.io.output_folder import probe
from SkullRestoreLib.pipeline.results import ImplantSet
from SkullRestoreLib.pipeline.write_result import check_formats
from SkullRestoreLib.scene import inputs
from SkullRestoreLib.scene.mrml_types import MrmlNode
from SkullRestoreLib.session import comparison, export_task
from SkullRestoreLib.session.comparison import SkullComparison
from SkullRestoreLib.session.context import SessionContext
from SkullRestoreLib.session.edit_state import EditState
from SkullRestoreLib.session.export_task import ExportOptions
from SkullRestoreLib.session.open_case import OpenCase
from SkullRestoreLib.session.states import SessionAction
from SkullRestoreLib.session.task_records import DesignChoices, ExportResult
from SkullRestoreLib.settings import ImplantSettings

if TYPE_CHECKING:
    from SkullRestoreLib.io.dicom_source import DicomSource

OnWritten = Callable[[ExportResult], str]
"""Called with what an export wrote; returns a sentence for the user, or an empty text."""


def _complete_options(options: ExportOptions, dicom: "DicomSource | None") -> ExportOptions:
    """Options of an export with what the session knows of the CT, checked before any computing."""
    chosen = check_formats(options.formats)
    if "dicom" in chosen and not options.dicom_files and dicom is None:
        raise InputError(
            "DICOM objects cannot be exported from here, because the scene does not hold the CT's headers: "
            "restore the series on the command line."
        )
    return replace(options, formats=chosen, dicom=dicom)


class ResultWork:
    """Makes what follows from the restored surface of a case.

    Parameters
    ----------
    context
        Shared by the parts of the session.
    """

    def __init__(self, context: SessionContext) -> None:
        self._context = context

    def start_implant_design(self, settings: ImplantSettings | None = None) -> None:
        """Design the implants of the defects that are switched on. See ``Session``."""
        case, edits = self._context.require_edits(SessionAction.DESIGN_IMPLANTS)
        self._context.settings = replace(self._context.settings, implant=settings or self._context.settings.implant)
        design, state = DesignChoices(self._context.settings.implant, case.arrows.user_directions()), edits.state
        task = export_task.design_implants(
            edits.restoration.segmentation.source,
            state,
            replace(self._context.require_used(), implant=design.settings),
            design.insertion_directions,
            kept=edits.kept_geometry,
        )
        self._context.start_job(
            "Design the implants", task, lambda implant_set: self._on_implants_designed(implant_set, state, design)
        )

    def doubt_about(self, before_node: MrmlNode | None) -> str | None:
        """Say why a skull before the operation seems to be another patient's, or the same scan. See ``Session``."""
        if before_node is None:
            return None
        return patient_identity.difference(inputs.whose(self._context.source_node), inputs.whose(before_node))

    def start_comparison(
        self, before_node: MrmlNode, segment_id: str | None = None, *, confirmed: bool = False
    ) -> None:
        """Compare with the skull before the operation. See ``Session``."""
        _, edits = self._context.require_edits(SessionAction.COMPARE)
        if not confirmed and (why := self.doubt_about(before_node)) is not None:
            raise InputError(f"{why} Choose the same patient's skull before the operation.")
        state, before = edits.state, inputs.source_from_node(before_node, segment_id)
        task = comparison.compare_skulls(before, state, edits.display_surfaces, self._context.require_used())
        self._context.start_job("Compare", task, lambda made: self._on_compared(made, state, before_node.GetID()))

    def start_export(
        self, folder: Path, options: ExportOptions, *, scene_file: bool, on_written: OnWritten = lambda _exported: ""
    ) -> None:
        """Write what is shown into a folder. See ``Session``.

        Parameters
        ----------
        folder
            Where to write.
        options
            What to write, and how.
        scene_file
            Whether the complete scene is written as well.
        on_written
            Called with what was written, when it is there.
        """
        from SkullRestoreLib.io import write

        options = _complete_options(options, self._context.dicom_source)
        case, edits = self._context.require_edits(SessionAction.EXPORT)
        self._context.require_current()
        folder = write.check_output(folder, force=options.force)
        probe(folder)
        implant_set, design = case.results.implant_set, case.results.design
        if implant_set is None or design is None or self._context.find_stale().implants:
            implant_set, design = None, DesignChoices(self._context.settings.implant, case.arrows.user_directions())
        task = export_task.export_restoration(
            edits.restoration,
            implant_set,
            edits.state,
            self._context.require_used(),
            design,
            folder=folder,
            options=options,
            planned=case.planned,
        )
        state, choices = edits.state, design

        def on_exported(exported: ExportResult) -> None:
            self._on_exported(exported, state, choices, scene_file)
            if self._context.case is not None and (more := on_written(exported)):
                self._context.say("export", f"{self._context.message} {more}")

        self._context.start_job("Export", task, on_exported)

    # --- results

    def _on_implants_designed(self, implant_set: ImplantSet, state: EditState, design: DesignChoices) -> None:
        if self._context.case is not None and self._context.is_current(state, "the implants were designed", "implant"):
            self._show_implants(self._context.case, implant_set, design)

    def show_implants(self, implant_set: ImplantSet, design: DesignChoices) -> None:
        """Show implants of the surface as it is.

        Parameters
        ----------
        implant_set
            The bodies, and the defects for which none could be made.
        design
            Choices with which they were designed.
        """
        if self._context.case is not None:
            self._show_implants(self._context.case, implant_set, design)

    def _show_implants(self, case: OpenCase, implant_set: ImplantSet, design: DesignChoices) -> None:
        refused = {reason.defect for reason in implant_set.not_made} if case.has_implants else set()
        case.results.implant_set, case.results.design = implant_set, design
        case.results.exported_state = None
        case.presenter.show_implants(implant_set, kept=frozenset(refused))
        case.arrows.show_arrows(implant_set.implants)
        self._context.add_current_result(case, "implants")
        self._context.bring_to_front("implant" if case.has_implants else "surface")

    def _on_compared(self, made: SkullComparison, state: EditState, before_id: str) -> None:
        case = self._context.case
        if case is None or not self._context.is_current(state, "the skulls were compared", "compare"):
            return
        case.results.comparison = made
        case.presenter.case_node.SetNodeReferenceID("compared", before_id)
        case.presenter.show_comparison(made)
        self._context.add_current_result(case, "comparison")
        self._context.bring_to_front("surface")

    def _on_exported(self, exported: ExportResult, state: EditState, design: DesignChoices, scene_file: bool) -> None:
        case = self._context.case
        if case is None:
            return
        self._context.withheld = exported.withheld
        current = case.edits is not None and state is case.edits.state
        if current and exported.implant_set is not case.results.implant_set:
            self._show_implants(case, exported.implant_set, design)
        if scene_file and not self._context.scene.WriteToMRB(str(exported.folder / "scene.mrb")):
            raise SkullRestoreError(f"The scene could not be written to {exported.folder}; the other files are there.")
        if current:
            case.results.exported_state = state
        later = "" if current else " The surface was changed since the export began; that is not in the files."
        written = f"Written to {exported.folder}.{later}"
        self._context.say("export", f"{exported.withheld} {written}" if exported.withheld else written)
