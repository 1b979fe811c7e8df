"""Segmented bone as a segmentation node: bone and metal with their terminology, shown in 3D; and back after somebody edited it."""

import numpy as np
from vtkmodules.util.numpy_support import numpy_to_vtk

from SkullRestoreLib.case import Bone, Mesh
from SkullRestoreLib.scene import inputs
from SkullRestoreLib.scene.geometry import poly_data, vtk_matrix, with_normals

BONE, METAL = "Bone", "Metal"
_LIST = "Segmentation category and type - 3D Slicer General Anatomy list"
_TERMS = {
    BONE: f"{_LIST}~SCT^123037004^Anatomical Structure~SCT^272673000^Bone~^^~Anatomic codes - DICOM master list~^^~^^",
    METAL: f"{_LIST}~SCT^260787004^Physical object~SCT^40388003^Implant~^^~Anatomic codes - DICOM master list~^^~^^",
}
_COLOURS = {BONE: (0.95, 0.90, 0.78), METAL: (0.35, 0.45, 0.65)}


def show_bone(node, bone: Bone, *, surface: Mesh | None = None, metal: Mesh | None = None, reference=None) -> None:
    """Put the bone, and the metal if there is any, into a segmentation node; what was in it is replaced.

    Parameters
    ----------
    node
        ``vtkMRMLSegmentationNode``.
    bone
        On a grid in the world.
    surface
        What is drawn in 3D; finer than the voxels, and ready. Without it nothing is shown in 3D.
    metal
        What is drawn of the metal, if there is any.
    reference
        The volume whose grid it is, for Segment Editor.
    """
    segmentation = node.GetSegmentation()
    segmentation.RemoveAllSegments()
    if reference is not None:
        node.SetReferenceImageGeometryParameterFromVolumeNode(reference)
        node.SetNodeReferenceID("referenceImageGeometryRef", reference.GetID())
    parts = [(BONE, bone.mask)] + ([(METAL, bone.metal)] if bone.metal is not None and bone.metal.any() else [])
    for name, mask in parts:
        segmentation.AddSegment(_segment(name, mask, bone.ijk_to_ras), name)
    node.CreateDefaultDisplayNodes()
    display = node.GetDisplayNode()
    display.SetOpacity2DFill(0.35)
    display.SetOpacity2DOutline(0.8)
    if metal is not None:
        _draw(node, METAL, metal)
    show_surface(node, surface)


def show_surface(node, surface: Mesh | None) -> None:
    """Draw this surface for the bone in 3D; None draws nothing."""
    if surface is not None:
        _draw(node, BONE, surface)
    elif (segment := node.GetSegmentation().GetSegment(BONE)) is not None:
        segment.RemoveRepresentation("Closed surface")
    node.GetDisplayNode().SetVisibility3D(surface is not None)


def _draw(node, name: str, surface: Mesh) -> None:
    display = node.GetDisplayNode()
    node.GetSegmentation().GetSegment(name).AddRepresentation("Closed surface", with_normals(poly_data(surface)))
    display.SetPreferredDisplayRepresentationName3D("Closed surface")
    display.SetSegmentVisibility3D(name, True)


def _segment(name: str, mask: np.ndarray, ijk_to_ras: np.ndarray):
    """One segment; only the box of what is in it is stored, as Segment Editor does."""
    import slicer

    lines = [np.flatnonzero(mask.any(axis=other)) for other in ((1, 2), (0, 2), (0, 1))]
    box = tuple(slice(int(n[0]), int(n[-1]) + 1) for n in lines)
    image = slicer.vtkOrientedImageData()
    image.SetExtent(*(v for s in box[::-1] for v in (s.start, s.stop - 1)))
    values = numpy_to_vtk(np.ascontiguousarray(mask[box], dtype=np.uint8).ravel(), deep=True)
    values.SetName("ImageScalars")
    image.GetPointData().SetScalars(values)
    image.SetImageToWorldMatrix(vtk_matrix(ijk_to_ras))
    segment = slicer.vtkSegment()
    segment.SetName(name)
    segment.SetColor(*_COLOURS[name])
    if name in _TERMS:
        segment.SetTag("TerminologyEntry", _TERMS[name])
    segment.AddRepresentation("Binary labelmap", image)
    return segment


def bone_mask(node, shape: tuple[int, int, int], ijk_to_ras: np.ndarray) -> np.ndarray | None:
    """The bone as the node holds it now, edited or not: (nk, nj, ni) bool; None when the segment was deleted."""
    if node is None or node.GetSegmentation().GetSegment(BONE) is None:
        return None
    return inputs.segment_on_grid(node, BONE, shape, ijk_to_ras)
