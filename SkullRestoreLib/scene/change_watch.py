"""Find out whether the input and the bone of a case are still what was restored, and call back when they may not be.

Voxels are compared only where VTK's modification times say that they were touched, because the question is asked at
every change of the scene.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from vtkmodules.vtkCommonMath import vtkMatrix4x4

from SkullRestoreLib.errors import SkullRestoreError
from SkullRestoreLib.records import Mesh, Volume
from SkullRestoreLib.scene import bone_nodes, inputs
from SkullRestoreLib.scene.mrml_types import MrmlNode

_SAME_POSITION_MM = 1e-3
"""A corner of the input that moved by less than this is rounding."""

MOVED = "The input was moved after the restoration."
CHANGED = "The input was changed after the restoration."
DELETED = "The input was deleted from the scene."
BONE_EDITED = "The bone was edited after the restoration."
BONE_DELETED = "The bone was deleted from the scene after the restoration."

_NODE_EVENTS = ("TransformModifiedEvent", "ImageDataModifiedEvent", "MeshModifiedEvent")
_SEGMENTATION_EVENTS = ("SegmentModified", "SegmentRemoved", "SegmentAdded", "SourceRepresentationModified")


class ChangeWatch:
    """Watches the input of a case and its bone.

    Parameters
    ----------
    on_change
        Called whenever an observed node was changed in any way; :meth:`input_change` and :meth:`bone_change` then say
        whether it matters.
    """

    def __init__(self, on_change: Callable[[], None]) -> None:
        self._on_change = on_change
        self._observations: list[tuple[Any, int]] = []
        self._answers: dict[str, tuple[tuple[Any, ...], str | None]] = {}

    def observe(self, *nodes: MrmlNode | None) -> None:
        """Observe these nodes, and no others any more.

        Parameters
        ----------
        *nodes
            Input and bone; None is left out.
        """
        self.close()
        for node in nodes:
            if node is None:
                continue
            events = ["ModifiedEvent", *(getattr(node, name) for name in _NODE_EVENTS if hasattr(node, name))]
            self._observations += [(node, node.AddObserver(event, self._on_event)) for event in events]
            if node.IsA("vtkMRMLSegmentationNode"):
                segmentation = node.GetSegmentation()
                for name in _SEGMENTATION_EVENTS:
                    if hasattr(segmentation, name):
                        tag = segmentation.AddObserver(getattr(segmentation, name), self._on_event)
                        self._observations.append((segmentation, tag))

    def close(self) -> None:
        """Stop observing."""
        for observed, tag in self._observations:
            observed.RemoveObserver(tag)
        self._observations = []

    def input_change(
        self, node: MrmlNode | None, segment_id: str | None, source: Volume | Mesh, *, thorough: bool = False
    ) -> str | None:
        """Say why a node is not the input that was restored any more.

        Parameters
        ----------
        node
            The input node as it is now.
        segment_id
            Which segment of a segmentation is bone.
        source
            What was restored.
        thorough
            Compare the voxels even where VTK's times say that nothing was touched: a script may write behind its back.

        Returns
        -------
        str or None
            A sentence for the user; None where nothing changed.
        """
        if node is None or node.GetScene() is None:
            return DELETED
        stamp = (id(source), *_modification_stamp(node))
        return self._answer("input", stamp, lambda: _input_difference(node, segment_id, source), CHANGED, thorough)

    def bone_change(
        self,
        node: MrmlNode | None,
        mask: NDArray[np.bool_],
        ijk_to_ras: NDArray[np.float64],
        *,
        thorough: bool = False,
    ) -> str | None:
        """Say why a segmentation is not the bone that was restored any more.

        Parameters
        ----------
        node
            ``vtkMRMLSegmentationNode`` as it is now.
        mask
            (nk, nj, ni) bool: the bone that was restored.
        ijk_to_ras
            (4, 4) grid of the mask.
        thorough
            As in :meth:`input_change`.

        Returns
        -------
        str or None
            A sentence for the user; None where nothing changed.
        """
        if (
            node is None
            or node.GetScene() is None
            or node.GetSegmentation().GetSegment(bone_nodes.BONE_SEGMENT) is None
        ):
            return BONE_DELETED

        def compare() -> str | None:
            mask_now = bone_nodes.bone_mask_from_node(node, mask.shape, ijk_to_ras)
            return None if mask_now is not None and np.array_equal(mask_now, mask) else BONE_EDITED

        return self._answer("bone", (id(mask), *_modification_stamp(node)), compare, BONE_EDITED, thorough)

    def _on_event(self, *_: Any) -> None:
        self._on_change()

    def _answer(
        self,
        question: str,
        stamp: tuple[Any, ...],
        compare: Callable[[], str | None],
        unreadable: str,
        thorough: bool,
    ) -> str | None:
        """Return the last answer while the stamp stays the same; compare otherwise."""
        known = self._answers.get(question)
        if known is None or thorough or known[0] != stamp:
            try:
                known = (stamp, compare())
            except SkullRestoreError:  # emptied, or under a transform that bends space
                known = (stamp, unreadable)
            self._answers[question] = known
        return known[1]


def _input_difference(node: MrmlNode, segment_id: str | None, source: Volume | Mesh) -> str | None:
    current = inputs.source_from_node(node, segment_id)
    if isinstance(current, Mesh) and isinstance(source, Mesh):
        if not np.array_equal(current.faces, source.faces) or current.vertices.shape != source.vertices.shape:
            return CHANGED
        return None if np.allclose(current.vertices, source.vertices, rtol=0, atol=_SAME_POSITION_MM) else MOVED
    if not isinstance(current, Volume) or not isinstance(source, Volume):
        return CHANGED
    if current.array.shape != source.array.shape or not np.array_equal(current.array, source.array):
        return CHANGED
    last_corner = np.array([*current.array.shape[::-1], 1.0])
    shift_mm = np.abs(current.ijk_to_ras - source.ijk_to_ras) @ last_corner
    return None if shift_mm.max() < _SAME_POSITION_MM else MOVED


def _modification_stamp(node: MrmlNode) -> tuple[Any, ...]:
    """Collect values of which at least one changes whenever the node's content or place may have changed."""
    parts = [node.GetID(), *_world_transform_values(node)]
    if node.IsA("vtkMRMLVolumeNode"):
        matrix = vtkMatrix4x4()
        node.GetIJKToRASMatrix(matrix)
        parts += [matrix.GetElement(i, j) for i in range(3) for j in range(4)]
        parts += _modification_times(node.GetImageData())
    elif node.IsA("vtkMRMLModelNode"):
        parts += _modification_times(node.GetPolyData())
    elif node.IsA("vtkMRMLSegmentationNode"):
        segmentation = node.GetSegmentation()
        for name in (segmentation.GetNthSegmentID(n) for n in range(segmentation.GetNumberOfSegments())):
            segment = segmentation.GetSegment(name)
            parts += [name, segment.GetMTime(), *_modification_times(segment.GetRepresentation("Binary labelmap"))]
        reference = node.GetNodeReference("referenceImageGeometryRef")
        parts += [] if reference is None else [reference.GetID(), *_world_transform_values(reference)]
    return tuple(parts)


def _world_transform_values(node: MrmlNode) -> list[Any]:
    parent = node.GetParentTransformNode()
    if parent is None:
        return [None]
    matrix = vtkMatrix4x4()
    if not parent.IsTransformToWorldLinear():
        return [parent.GetID(), parent.GetTransformToWorldMTime()]
    parent.GetMatrixTransformToWorld(matrix)
    return [matrix.GetElement(i, j) for i in range(3) for j in range(4)]


def _modification_times(data: Any) -> list[Any]:
    """Return the identity of a VTK data object, and the times of what it holds."""
    if data is None:
        return [None]
    times = [data.GetAddressAsString("") if hasattr(data, "GetAddressAsString") else id(data), data.GetMTime()]
    scalars = data.GetPointData().GetScalars()
    if scalars is not None:
        times.append(scalars.GetMTime())
    if data.IsA("vtkPolyData") and data.GetPoints() is not None:
        times += [data.GetPoints().GetMTime(), data.GetPoints().GetData().GetMTime()]
    return times
