"""Segmented bone as a segmentation node, and back after somebody edited it.

Bone and metal are segments with their terminology; the surface that is drawn in 3D is given, not computed here.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
from vtkmodules.vtkCommonMath import vtkMatrix4x4

from SkullRestoreLib._system.translation import translate
from SkullRestoreLib.affine import apply_affine
from SkullRestoreLib.errors import InputError
from SkullRestoreLib.records import Bone, Mesh
from SkullRestoreLib.scene import inputs
from SkullRestoreLib.scene.geometry import (
    matrix_from_vtk,
    matrix_to_vtk,
    mesh_to_poly_data,
    transform_to_world,
    with_vertex_normals,
)
from SkullRestoreLib.scene.mrml_types import MrmlNode

BONE_SEGMENT, METAL_SEGMENT = "Bone", "Metal"
PAINT_SEGMENT = "SkullDefect"
"""A defect that the user paints."""
_PAINT_NAME = "Skull defect"
_TERMINOLOGY_CONTEXT = "Segmentation category and type - 3D Slicer General Anatomy list"
_NO_ANATOMIC_REGION = "~^^~Anatomic codes - DICOM master list~^^~^^"
_TERMINOLOGY_ENTRIES = {
    BONE_SEGMENT: f"{_TERMINOLOGY_CONTEXT}~SCT^123037004^Anatomical Structure~SCT^272673000^Bone{_NO_ANATOMIC_REGION}",
    METAL_SEGMENT: f"{_TERMINOLOGY_CONTEXT}~SCT^260787004^Physical object~SCT^40388003^Implant{_NO_ANATOMIC_REGION}",
}
_SEGMENT_COLOURS = {BONE_SEGMENT: (0.95, 0.90, 0.78), METAL_SEGMENT: (0.35, 0.45, 0.65)}
_PAINT_COLOUR = (0.80, 0.35, 0.60)
_FILL_OPACITY, _OUTLINE_OPACITY = 0.35, 0.8
"""Of the segments in the slices: the CT must stay readable below them."""


def show_bone(
    node: MrmlNode,
    bone: Bone,
    *,
    surface: Mesh | None = None,
    metal: Mesh | None = None,
    reference: MrmlNode | None = None,
) -> None:
    """Put the bone, and the metal if there is any, into a segmentation node.

    Other segments stay, and so does one that holds these voxels already: an editor in which it is chosen goes on.

    Parameters
    ----------
    node
        ``vtkMRMLSegmentationNode``.
    bone
        Masks ``[k, j, i]`` on a grid in the world.
    surface
        What is drawn of the bone in 3D, mm RAS: finer than the voxels. None draws nothing in 3D.
    metal
        What is drawn of the metal, mm RAS.
    reference
        The volume node whose grid it is, for Segment Editor.
    """
    segmentation = node.GetSegmentation()
    if reference is not None:
        node.SetReferenceImageGeometryParameterFromVolumeNode(reference)
        node.SetNodeReferenceID("referenceImageGeometryRef", reference.GetID())
    has_metal = bone.metal is not None and bone.metal.any()
    parts = {BONE_SEGMENT: bone.mask, METAL_SEGMENT: bone.metal if has_metal else None}
    for name, mask in parts.items():
        if mask is not None and _holds(node, name, mask, bone.ijk_to_ras):
            continue
        if segmentation.GetSegment(name) is not None:
            segmentation.RemoveSegment(name)
        if mask is not None:
            segmentation.AddSegment(_binary_segment(name, mask, bone.ijk_to_ras), name)
    node.CreateDefaultDisplayNodes()
    display = node.GetDisplayNode()
    display.SetOpacity2DFill(_FILL_OPACITY)
    display.SetOpacity2DOutline(_OUTLINE_OPACITY)
    if metal is not None:
        _set_closed_surface(node, METAL_SEGMENT, metal)
    show_bone_surface(node, surface)


def require_paint_segment(node: MrmlNode) -> str:
    """Return the segment in which a defect is painted; it is made, empty, where there is none.

    Parameters
    ----------
    node
        ``vtkMRMLSegmentationNode``.

    Returns
    -------
    str
        Identifier of the segment.
    """
    segmentation = node.GetSegmentation()
    if segmentation.GetSegment(PAINT_SEGMENT) is None:
        segmentation.AddEmptySegment(PAINT_SEGMENT, translate(_PAINT_NAME), _PAINT_COLOUR)
    return PAINT_SEGMENT


def paint_positions(node: MrmlNode) -> NDArray[np.float64] | None:
    """Find where a defect is painted.

    The image of the segment may be that of all segments of the head: it is looked through once, and not copied.

    Parameters
    ----------
    node
        ``vtkMRMLSegmentationNode``.

    Returns
    -------
    ndarray or None
        (n, 3) mm RAS, the centres of the painted voxels; None where nothing is painted.

    Raises
    ------
    InputError
        If the node is under a transform that bends space.
    """
    segment = node.GetSegmentation().GetSegment(PAINT_SEGMENT)
    image = segment.GetRepresentation("Binary labelmap") if segment is not None else None
    if image is None or image.IsEmpty():
        return None
    labels = vtk_to_numpy(image.GetPointData().GetScalars())
    painted = np.flatnonzero(labels == segment.GetLabelValue())  # several segments may share one image
    if not len(painted):
        return None
    grid = vtkMatrix4x4()
    image.GetImageToWorldMatrix(grid)
    to_world, _ = transform_to_world(node)
    kji = np.stack(np.unravel_index(painted, image.GetDimensions()[::-1]), axis=-1)
    ijk = kji[:, ::-1] + np.array(image.GetExtent()[::2], dtype=float)
    return apply_affine(to_world @ matrix_from_vtk(grid), ijk)


def paint_state(node: MrmlNode) -> tuple[int, ...]:
    """Return numbers that change whenever the paint may have changed, without looking at a voxel.

    Parameters
    ----------
    node
        ``vtkMRMLSegmentationNode``.

    Returns
    -------
    tuple of int
        Empty where there is no segment for paint.
    """
    segment = node.GetSegmentation().GetSegment(PAINT_SEGMENT)
    image = segment.GetRepresentation("Binary labelmap") if segment is not None else None
    if image is None:
        return ()
    parent = node.GetParentTransformNode()
    return (image.GetMTime(), segment.GetLabelValue(), 0 if parent is None else parent.GetMTime())


def remove_paint_segment(node: MrmlNode) -> None:
    """Remove the segment in which a defect is painted.

    Parameters
    ----------
    node
        ``vtkMRMLSegmentationNode``.
    """
    if node.GetSegmentation().GetSegment(PAINT_SEGMENT) is not None:
        node.GetSegmentation().RemoveSegment(PAINT_SEGMENT)


def _holds(node: MrmlNode, name: str, mask: NDArray[np.bool_], ijk_to_ras: NDArray[np.float64]) -> bool:
    """Whether a segment has exactly these voxels already."""
    if node.GetSegmentation().GetSegment(name) is None:
        return False
    try:
        held = inputs.segment_on_grid(node, name, mask.shape, ijk_to_ras)
    except InputError:  # it is empty, or was bent
        return False
    return np.array_equal(held, mask)


def show_bone_surface(node: MrmlNode, surface: Mesh | None) -> None:
    """Draw this surface for the bone in 3D.

    Parameters
    ----------
    node
        ``vtkMRMLSegmentationNode``.
    surface
        mm RAS; None draws nothing.
    """
    if surface is not None:
        _set_closed_surface(node, BONE_SEGMENT, surface)
    elif (segment := node.GetSegmentation().GetSegment(BONE_SEGMENT)) is not None:
        segment.RemoveRepresentation("Closed surface")
    node.GetDisplayNode().SetVisibility3D(surface is not None)


def bone_mask_from_node(
    node: MrmlNode | None, shape: tuple[int, ...], ijk_to_ras: NDArray[np.float64]
) -> NDArray[np.bool_] | None:
    """Read the bone as the node holds it now, edited or not.

    Parameters
    ----------
    node
        ``vtkMRMLSegmentationNode``.
    shape
        (nk, nj, ni) of the grid that is wanted.
    ijk_to_ras
        (4, 4) of that grid in the world.

    Returns
    -------
    ndarray or None
        (nk, nj, ni) bool; None when the node or its bone segment was deleted.
    """
    if node is None or node.GetSegmentation().GetSegment(BONE_SEGMENT) is None:
        return None
    return inputs.segment_on_grid(node, BONE_SEGMENT, shape, ijk_to_ras)


def _set_closed_surface(node: MrmlNode, name: str, surface: Mesh) -> None:
    display = node.GetDisplayNode()
    node.GetSegmentation().GetSegment(name).AddRepresentation(
        "Closed surface", with_vertex_normals(mesh_to_poly_data(surface))
    )
    display.SetPreferredDisplayRepresentationName3D("Closed surface")
    display.SetSegmentVisibility3D(name, True)


def _binary_segment(name: str, mask: NDArray[np.bool_], ijk_to_ras: NDArray[np.float64]) -> Any:
    """Make one ``vtkSegment``; only the bounding box of its voxels is stored, as Segment Editor does."""
    import slicer

    occupied = [np.flatnonzero(mask.any(axis=others)) for others in ((1, 2), (0, 2), (0, 1))]
    box = tuple(slice(int(n[0]), int(n[-1]) + 1) for n in occupied)
    image = slicer.vtkOrientedImageData()
    image.SetExtent(*(v for s in box[::-1] for v in (s.start, s.stop - 1)))
    voxels = numpy_to_vtk(np.ascontiguousarray(mask[box], dtype=np.uint8).ravel(), deep=True)
    voxels.SetName("ImageScalars")
    image.GetPointData().SetScalars(voxels)
    image.SetImageToWorldMatrix(matrix_to_vtk(ijk_to_ras))
    segment = slicer.vtkSegment()
    segment.SetName(translate(name))
    segment.SetColor(*_SEGMENT_COLOURS[name])
    if name in _TERMINOLOGY_ENTRIES:
        segment.SetTag("TerminologyEntry", _TERMINOLOGY_ENTRIES[name])
    segment.AddRepresentation("Binary labelmap", image)
    return segment
