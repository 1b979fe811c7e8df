"""The bone of a session: its threshold and preview, the segment in the scene, and the islands in it."""

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.records import Mesh, Volume
from SkullRestoreLib.scene import bone_nodes, inputs, views
from SkullRestoreLib.scene.mrml_types import MrmlNode, MrmlScene
from SkullRestoreLib.segmentation.bone_segmentation import BoneIsland
from SkullRestoreLib.session.presenter import CasePresenter
from SkullRestoreLib.session.task_records import SegmentedSkull


class BoneController:
    """Input and bone of one case.

    Parameters
    ----------
    scene
        ``vtkMRMLScene``.
    presenter
        The nodes of the case.
    source
        The input as it was read.
    segment_id
        Which segment of a segmentation is bone.

    Attributes
    ----------
    source : Volume or Mesh
        The input as it was read last.
    segmented : SegmentedSkull or None
        None before the bone is segmented.
    """

    def __init__(
        self, scene: MrmlScene, presenter: CasePresenter, source: Volume | Mesh, segment_id: str | None
    ) -> None:
        self.source: Volume | Mesh = source
        self.segmented: SegmentedSkull | None = None
        self.segment_id = segment_id
        self._presenter = presenter
        self._preview = views.ThresholdPreview(scene)
        self._histogram_threshold_hu: float | None = None

    @property
    def source_node(self) -> MrmlNode | None:
        """The input node; None after it was deleted."""
        return self._presenter.case_node.GetNodeReference("input")

    def reload_source(self) -> Volume | Mesh:
        """Read the input again, where it is now.

        Returns
        -------
        Volume or Mesh
            Also kept as :attr:`source`.

        Raises
        ------
        InputError
            If it cannot be used any more.
        """
        self.source = inputs.source_from_node(self.source_node, self.segment_id)
        return self.source

    def show(self, segmented: SegmentedSkull) -> None:
        """Keep segmented bone, and show it.

        Parameters
        ----------
        segmented
            From a task.
        """
        before, self.segmented = self.segmented, segmented
        if before is not None and before.head_start is not segmented.head_start:
            before.cancel_head_start()
        self._presenter.show_bone(segmented)

    def close(self) -> None:
        """Stop what is computed ahead."""
        if self.segmented is not None:
            self.segmented.cancel_head_start()

    def mask_from_scene(self) -> NDArray[np.bool_] | None:
        """Read the bone segment as it is in the scene now.

        Returns
        -------
        ndarray or None
            (nk, nj, ni) bool; None before the bone is segmented, and after its segment was deleted.
        """
        if self.segmented is None:
            return None
        bone = self.segmented.bone
        return bone_nodes.bone_mask_from_node(self._presenter.bone_node, bone.mask.shape, bone.ijk_to_ras)

    def suggested_threshold(self) -> float | None:
        """Return the threshold that was used, or that the histogram suggests.

        Returns
        -------
        float or None
            HU; None where the input has no HU.
        """
        return self.automatic_threshold() if self.segmented is None else self.segmented.bone.threshold_hu

    def automatic_threshold(self) -> float | None:
        """Return the threshold that the histogram suggests, whatever was used.

        Returns
        -------
        float or None
            HU; None where the input has no HU.
        """
        from SkullRestoreLib.geometry import working_grid
        from SkullRestoreLib.segmentation import bone_segmentation

        if self.segmented is not None and self.segmented.chosen_hu is None:
            return self.segmented.bone.threshold_hu
        if self._histogram_threshold_hu is None and isinstance(self.source, Volume) and self.source.kind == "ct":
            worked_on = working_grid.average_fine_voxels(self.source)
            self._histogram_threshold_hu = bone_segmentation.find_threshold(worked_on)
        return self._histogram_threshold_hu

    def show_preview(self, threshold_hu: float) -> None:
        """Colour in the slices what a threshold takes; an input without HU has no preview.

        Parameters
        ----------
        threshold_hu
            HU.
        """
        node = self.source_node
        if node is not None and node.IsA("vtkMRMLScalarVolumeNode"):
            self._preview.show(node, threshold_hu)

    def hide_preview(self) -> None:
        """Remove the preview."""
        self._preview.hide()

    def centre_on_island(self, island: BoneIsland) -> None:
        """Centre every view on a bone island.

        Parameters
        ----------
        island
            One of the segmented bone.
        """
        if self.segmented is not None:
            skull_centre = self.segmented.surface.vertices.mean(axis=0)
            self._presenter.centre_on_position(island.centre, island.centre - skull_centre)
