"""What the tasks of a session return: the segmented skull, the restoration ready for editing, and the written files."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.defects.patch import VertexRays
from SkullRestoreLib.pipeline.head_steps import MAX_DISPLAY_FACES, start_display_model
from SkullRestoreLib.pipeline.results import DetectedDefects, HeadAnalysis, ImplantSet
from SkullRestoreLib.planning.drawing import DrawnCurve, LineDrawing
from SkullRestoreLib.planning.guides import GuideKind
from SkullRestoreLib.planning.plan import ResectionPlan
from SkullRestoreLib.planning.saved_plan import SavedPlan
from SkullRestoreLib.records import Bone, Mesh, Pose, VaultTables, Volume
from SkullRestoreLib.segmentation.bone_segmentation import BoneIsland
from SkullRestoreLib.session.edit_state import EditState
from SkullRestoreLib.session.head_start import HeadStart
from SkullRestoreLib.settings import Direction, ImplantSettings, PlanSettings, Settings


@dataclass(frozen=True)
class DisplayOptions:
    """What a front end wants to show of the bone.

    Attributes
    ----------
    max_skull_faces
        Triangles of the skull that is drawn. The file that is written has as many as ever.
    surface_faces_per_cm2
        Triangles of the restored surface that is drawn: with 250 of 0.4 mm² each it is a hundredth of a millimetre from
        the exported one.
    look_ahead
        Whether the vault is predicted while the user still looks at the bone. Only where other threads get their turn
        while nothing runs: not in 3D Slicer.
    """

    max_skull_faces: int = MAX_DISPLAY_FACES
    surface_faces_per_cm2: int = 250
    look_ahead: bool = False


FULL_DISPLAY = DisplayOptions()
"""As a graphics card draws it."""


@dataclass(frozen=True, eq=False)
class SegmentedSkull:
    """The bone, ready to be shown and edited.

    Attributes
    ----------
    source
        The input.
    volume
        The input as voxels.
    bone
        As it is restored.
    surface
        For display, mm RAS.
    metal
        For display, mm RAS; None where there is none.
    islands
        Small pieces of bone apart from the skull.
    chosen_hu
        The threshold that the user chose; None where the histogram gave it.
    is_edited
        Whether the user edited the bone since it was segmented.
    display
        How it is shown.
    head_start
        What is computed from it ahead of a restoration; None where nothing is.
    """

    source: Volume | Mesh
    volume: Volume
    bone: Bone
    surface: Mesh
    metal: Mesh | None
    islands: tuple[BoneIsland, ...]
    chosen_hu: float | None = None
    is_edited: bool = False
    display: DisplayOptions = FULL_DISPLAY
    head_start: HeadStart | None = None

    def start_skull_to_write(self) -> Callable[[], Mesh]:
        """Start making the surface that files and pictures take, and go on meanwhile.

        Returns
        -------
        callable
            Waits for it; it is the drawn one where that has as many triangles.
        """
        if self.display.max_skull_faces >= MAX_DISPLAY_FACES:
            return lambda: self.surface
        return start_display_model(self.bone)

    def cancel_head_start(self) -> None:
        """Stop what is computed ahead: another bone takes the place of this one."""
        if self.head_start is not None:
            self.head_start.cancel()


@dataclass(frozen=True, eq=False)
class DisplaySurface:
    """The restored surface of one defect as it is drawn: fewer triangles than the exported one, on the same tables.

    Attributes
    ----------
    defect
        Number of the defect.
    faces
        (m, 3) int64.
    vertex_rays
        Where its vertices are on the grid.
    """

    defect: int
    faces: NDArray[np.int64]
    vertex_rays: VertexRays

    def vertices_on_tables(self, tables: VaultTables) -> NDArray[np.float64]:
        """Place the vertices on the outer table.

        Parameters
        ----------
        tables
            Radii in mm from the head's centre.

        Returns
        -------
        ndarray
            (n, 3) float64, mm RAS.
        """
        return self.vertex_rays.points_at(tables.outer)


@dataclass(frozen=True, eq=False)
class EditableRestoration:
    """The result of a restoration, ready to be shown and edited.

    Attributes
    ----------
    segmentation
        The bone that was restored.
    initial_state
        Before the user changed anything.
    display_surfaces
        One for each defect.
    settings
        With which it was made.
    weights_sha256
        Of the network's weights.
    seconds
        Duration of each step.
    """

    segmentation: SegmentedSkull
    initial_state: EditState
    display_surfaces: tuple[DisplaySurface, ...]
    settings: Settings
    weights_sha256: str
    seconds: dict[str, float]


@dataclass(frozen=True, eq=False)
class SavedRestoration:
    """What a scene file keeps of a restoration, so that it can be edited again without the network.

    Attributes
    ----------
    pose
        The head frame.
    predicted
        The network's prediction.
    settings
        With which the results were made.
    threshold_hu
        The threshold that was found or chosen, HU; None for a mask or a model.
    added_regions
        Grid vertices of each defect that the user added.
    edit_state_for
        Gives the saved edit state for the defects that were detected again.
    weights_sha256
        Of the network's weights.
    plan
        Where the opening is a planned one.
    """

    pose: Pose
    predicted: VaultTables
    settings: Settings
    threshold_hu: float | None
    added_regions: list[NDArray[np.int64]]
    edit_state_for: Callable[[DetectedDefects], EditState]
    weights_sha256: str
    plan: "SavedSessionPlan | None" = None


@dataclass(frozen=True, eq=False)
class SavedSessionPlan:
    """What a scene file keeps of the plan whose opening is restored.

    Attributes
    ----------
    plan
        Line, settings, guides.
    uncut_tables
        The network's prediction for the head before the cut.
    cut_piece
        Voxels (n,) of the bone's grid that the cut took out; empty where the bone was not edited before, so that it is
        segmented again as it was.
    """

    plan: SavedPlan
    uncut_tables: VaultTables
    cut_piece: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class PreparedHead:
    """The head as it is, on which resections are planned.

    Attributes
    ----------
    segmentation
        Its bone, before any cut.
    analysis
        Without objects in the holes that are taken out.
    tables
        Predicted for it.
    drawing
        Lays lines onto it.
    settings
        With which it was made.
    weights_sha256
        Of the network's weights.
    """

    segmentation: SegmentedSkull
    analysis: HeadAnalysis
    tables: VaultTables
    drawing: LineDrawing
    settings: Settings
    weights_sha256: str


@dataclass(frozen=True, eq=False)
class PlannedResection:
    """A resection as it was planned, and the choices that it was planned with.

    Attributes
    ----------
    plan
        Line, wall, guides, landmarks.
    restoration
        Of the skull with the virtual opening, ready to be edited.
    implant_set
        Its implants; None where they are those that the scene holds.
    prepared
        The head as it is.
    curve
        The control points of the line.
    settings
        How bone is cut and guides are made.
    guides
        Those that were asked for.
    cut_piece
        Which voxels the cut took out, from ``plain_values.pack_numbers``; empty where the bone was not edited before.
    """

    plan: ResectionPlan
    restoration: EditableRestoration
    implant_set: ImplantSet | None
    prepared: PreparedHead
    curve: DrawnCurve
    settings: PlanSettings
    guides: tuple[GuideKind, ...]
    cut_piece: str = ""


@dataclass(frozen=True)
class DesignChoices:
    """The choices with which implants were designed.

    Attributes
    ----------
    settings
        Of every implant.
    insertion_directions
        Those that the user gave, by defect.
    """

    settings: ImplantSettings
    insertion_directions: dict[int, Direction]


@dataclass(frozen=True, eq=False)
class ExportResult:
    """What an export wrote.

    Attributes
    ----------
    folder
        Where it is.
    withheld
        Which implants were not written, and why, in a sentence; empty where all were.
    implant_set
        The implants in it.
    dicom_objects
        Paths of the DICOM objects in it.
    """

    folder: Path
    withheld: str
    implant_set: ImplantSet
    dicom_objects: tuple[Path, ...] = ()
