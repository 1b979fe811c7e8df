"""The parts of a session while its scene is open: nodes, bone, arrows, monitor, and what was made so far."""

from dataclasses import dataclass, field
from typing import Any

from SkullRestoreLib.pipeline.results import ImplantSet
from SkullRestoreLib.scene import case_node
from SkullRestoreLib.session.bone_controller import BoneController
from SkullRestoreLib.session.comparison import SkullComparison
from SkullRestoreLib.session.edit_controller import EditController
from SkullRestoreLib.session.edit_state import EditState
from SkullRestoreLib.session.insertion_arrows import InsertionArrows
from SkullRestoreLib.session.presenter import CasePresenter
from SkullRestoreLib.session.stale_monitor import StaleMonitor
from SkullRestoreLib.session.task_records import DesignChoices, PlannedResection, PreparedHead, SegmentedSkull


@dataclass(eq=False)
class CurrentResults:
    """Results that belong to the restored surface as it is. An edit replaces them all.

    Attributes
    ----------
    implant_set
        The implants; None before a design, and after a scene was loaded.
    design
        Choices with which the implants in the scene were designed.
    comparison
        With the skull before the operation.
    in_scene
        Results that the scene holds: ``"implants"``, ``"comparison"``.
    exported_state
        The edit state that was written to files, with these results.
    """

    implant_set: ImplantSet | None = None
    design: DesignChoices | None = None
    comparison: SkullComparison | None = None
    in_scene: frozenset[str] = frozenset()
    exported_state: EditState | None = None

    @property
    def has_comparison(self) -> bool:
        """Whether the scene holds a comparison of the surface as it is."""
        return "comparison" in self.in_scene


@dataclass(eq=False)
class OpenCase:
    """Everything that a session lets go of when it is closed.

    Attributes
    ----------
    presenter
        The nodes of the case.
    bone
        Input and bone.
    arrows
        The insertion arrows.
    monitor
        Marks what is stale.
    edits
        The restoration that is edited; None before there is one.
    results
        What was made from the surface as it is.
    saved_values
        What the scene keeps of the restoration.
    prepared
        The head on which resection lines are drawn; None before it was needed.
    planned
        The planned resection whose opening is restored; None where the skull is restored as it is.
    """

    presenter: CasePresenter
    bone: BoneController
    arrows: InsertionArrows
    monitor: StaleMonitor
    edits: EditController | None = None
    results: CurrentResults = field(default_factory=CurrentResults)
    saved_values: dict[str, Any] = field(default_factory=dict)
    prepared: PreparedHead | None = None
    planned: PlannedResection | None = None

    @property
    def uncut_bone(self) -> SegmentedSkull | None:
        """The bone as it was segmented, before a planned cut; None before it is segmented."""
        return self.bone.segmented if self.planned is None else self.planned.prepared.segmentation

    @property
    def has_implants(self) -> bool:
        """Whether the implants in the scene belong to the surface as it is."""
        return "implants" in self.results.in_scene and bool(
            case_node.nodes_for_prefix(self.presenter.case_node, "implant")
        )

    def close(self) -> None:
        """Stop observing the scene."""
        self.monitor.close()
        self.bone.close()
        self.arrows.stop_observing()
        if self.edits is not None:
            self.edits.close()
