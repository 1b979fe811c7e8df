"""Read an input node: a volume, a segmentation or a model in, the library's record out."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonMath import vtkMatrix4x4
from vtkmodules.vtkFiltersCore import vtkTriangleFilter

from SkullRestoreLib import patient_identity
from SkullRestoreLib._system.translation import translate
from SkullRestoreLib.affine import apply_affine, axis_directions, invert_affine
from SkullRestoreLib.errors import InputError
from SkullRestoreLib.findings import Note
from SkullRestoreLib.io import read
from SkullRestoreLib.patient_identity import Identity
from SkullRestoreLib.records import INSIDE_OUT, NO_SPACE, Mesh, ScanInfo, Volume, without_side
from SkullRestoreLib.scene.geometry import (
    is_side_known,
    matrix_from_vtk,
    node_ijk_to_ras,
    scan_mark,
    transform_to_world,
)
from SkullRestoreLib.scene.mrml_types import MrmlNode
from SkullRestoreLib.segmentation.plausibility import vertical_axis

_BONE_HU = 300
"""At or above this, a voxel of the top slice counts as bone."""
_MAX_BONE_AT_TOP_CM2 = 1.0
"""With more bone than this in the top slice, the top of the head may be cut off."""
_MIN_GANTRY_TILT_DEG = 0.5
_PADDING_VOXELS = 4
"""Empty voxels around a segment without a volume.

It is stored as the bounding box of its voxels, and bone at the edge of the box would look cut off.
"""
_MAX_LATTICE_ROTATION, _MAX_LATTICE_SHIFT_VOXELS = 1e-4, 0.02
"""Two grids that differ by less than this have the same lattice, so that voxels are copied and not resampled."""


def source_from_node(node: MrmlNode | None, segment_id: str | None = None) -> Volume | Mesh:
    """Read what a node holds, where it is seen.

    Parameters
    ----------
    node
        ``vtkMRMLScalarVolumeNode`` (CT or bone mask), ``vtkMRMLSegmentationNode`` or ``vtkMRMLModelNode``.
    segment_id
        Which segment of a segmentation is bone; its only or first one by default.

    Returns
    -------
    Volume or Mesh
        With findings in plain words.

    Raises
    ------
    InputError
        If the node is empty, of another kind, or under a transform that bends space.
    """
    if node is None:
        raise InputError("Choose a head CT, a bone segmentation or a skull model first.")
    if node.IsA("vtkMRMLSegmentationNode"):
        return mask_from_segment(node, segment_id or likely_bone_segment(node))
    if node.IsA("vtkMRMLScalarVolumeNode"):
        return volume_from_node(node)
    if node.IsA("vtkMRMLModelNode"):
        return mesh_from_model(node)
    raise InputError(
        f"'{node.GetName()}' is no volume, segmentation or model. "
        "Choose a head CT, a bone segmentation or a skull model."
    )


def volume_from_node(node: MrmlNode) -> Volume:
    """Read a CT or a bone mask. Voxels are copied, so that a thread may read them while the scene changes.

    Parameters
    ----------
    node
        ``vtkMRMLScalarVolumeNode``.

    Returns
    -------
    Volume
        Voxels ``[k, j, i]`` with their place in the world and with findings.

    Raises
    ------
    InputError
        As :func:`SkullRestoreLib.io.read.volume_from_values`; also for an empty node, and for one under a transform
        that bends space.
    """
    image = node.GetImageData()
    if image is None or image.GetPointData().GetScalars() is None:
        raise InputError(f"The volume '{node.GetName()}' is empty. Load a head CT, or choose another volume.")
    if image.GetNumberOfScalarComponents() != 1:
        raise InputError(f"The volume '{node.GetName()}' holds colours, not HU. Choose a head CT.")
    values = vtk_to_numpy(image.GetPointData().GetScalars()).reshape(image.GetDimensions()[::-1])
    to_world, findings = transform_to_world(node)
    affine = to_world @ node_ijk_to_ras(node)
    volume = read.volume_from_values(
        values, affine, name=f"'{node.GetName()}'", findings=(*findings, *_gantry_tilt_findings(affine))
    )
    volume = replace(volume, findings=(*volume.findings, *_top_cut_off_findings(volume)))
    volume = replace(volume, uid=_series_uid(node), whose=whose(node), scan=_scan_info(node))
    return volume if is_side_known(node) else without_side(volume, NO_SPACE)


def whose(node: MrmlNode) -> Identity | None:
    """Read the marks of the patient from the subject hierarchy.

    Parameters
    ----------
    node
        Any node of a scene.

    Returns
    -------
    Identity or None
        None where the node was not loaded from DICOM.
    """
    hierarchy = node.GetScene().GetSubjectHierarchyNode() if node.GetScene() else None
    item = hierarchy.GetItemByDataNode(node) if hierarchy else 0
    if hierarchy is None or not item:
        return None
    patient, birth, date = (
        hierarchy.GetAttributeFromItemAncestor(item, f"DICOM.{name}")
        for name in ("PatientID", "PatientBirthDate", "StudyDate")
    )
    return patient_identity.from_values(patient or "", birth or "", _series_uid(node) or "", date or "")


def _scan_info(node: MrmlNode) -> ScanInfo | None:
    """How and when a CT was made: what the node was marked with, or the date that the subject hierarchy has."""
    if (marked := scan_mark(node)) is not None:
        return marked
    identity = whose(node)
    return ScanInfo(identity.date) if identity is not None and identity.date else None


def _top_cut_off_findings(volume: Volume) -> tuple[str, ...]:
    """Report bone at the upper edge of the scan: segmentation would refuse it later."""
    axis, sign = vertical_axis(volume.ijk_to_ras)
    plane = np.take(volume.array, -1 if sign > 0 else 0, axis=axis)
    bone = plane if volume.kind == "mask" else plane >= _BONE_HU
    pixel = np.prod(np.delete(volume.spacing[::-1], axis)) / 100
    area = float(np.count_nonzero(bone)) * pixel
    return (
        (f"Bone reaches the upper edge of the scan over {area:.0f} cm²: the top of the head may be cut off.",)
        if area > _MAX_BONE_AT_TOP_CM2
        else ()
    )


def _gantry_tilt_findings(ijk_to_ras: NDArray[np.float64]) -> tuple[str, ...]:
    axes = axis_directions(ijk_to_ras)
    tilt_deg = float(np.degrees(np.arccos(np.clip(abs(axes[:, 2] @ np.cross(axes[:, 0], axes[:, 1])), 0, 1))))
    if tilt_deg <= _MIN_GANTRY_TILT_DEG:
        return ()
    return (Note(f"Gantry tilt of {tilt_deg:.1f} degrees taken into account."),)


def _series_uid(node: MrmlNode) -> str | None:
    """Read the DICOM series UID from the subject hierarchy."""
    hierarchy = node.GetScene().GetSubjectHierarchyNode() if node.GetScene() else None
    item = hierarchy.GetItemByDataNode(node) if hierarchy else 0
    return (hierarchy.GetItemUID(item, "DICOM") or None) if hierarchy is not None and item else None


def likely_bone_segment(node: MrmlNode) -> str:
    """Find the segment that is most likely bone: the first with "bone" or "skull" in its name, else the first.

    Parameters
    ----------
    node
        ``vtkMRMLSegmentationNode``.

    Returns
    -------
    str
        Identifier of the segment.

    Raises
    ------
    InputError
        If the segmentation is empty.
    """
    segmentation = node.GetSegmentation()
    ids = [segmentation.GetNthSegmentID(n) for n in range(segmentation.GetNumberOfSegments())]
    if not ids:
        raise InputError(
            f"The segmentation '{node.GetName()}' has no segments. Segment the bone first, or choose a CT."
        )
    names = {segment_id: segmentation.GetSegment(segment_id).GetName().lower() for segment_id in ids}
    wanted = {"bone", "skull", translate("Bone").lower(), translate("Skull").lower()}
    return next((i for i in ids if any(word in names[i] for word in wanted)), ids[0])


def mask_from_segment(node: MrmlNode, segment_id: str) -> Volume:
    """Read one segment as a bone mask.

    Parameters
    ----------
    node
        ``vtkMRMLSegmentationNode``.
    segment_id
        Which segment.

    Returns
    -------
    Volume
        A mask: on the grid of its reference volume where it has one, else with air around it.

    Raises
    ------
    InputError
        If the segment is missing, empty, or under a transform that bends space.
    """
    reference = node.GetNodeReference("referenceImageGeometryRef")
    if reference is not None and reference.GetImageData() is not None:
        shape = reference.GetImageData().GetDimensions()[::-1]
        to_world, findings = transform_to_world(reference)
        affine = to_world @ node_ijk_to_ras(reference)
        values = segment_on_grid(node, segment_id, shape, affine)
        mask = Volume(values, affine, "mask", _series_uid(reference), findings)
        return mask if is_side_known(reference) else without_side(mask, NO_SPACE)
    values, affine, findings = _segment_labelmap(node, segment_id)
    values = np.pad(values, _PADDING_VOXELS)
    affine = affine.copy()
    affine[:3, 3] -= affine[:3, :3] @ np.full(3, _PADDING_VOXELS)
    volume = read.volume_from_values(values, affine, name=f"'{node.GetName()}'", findings=findings)
    return Volume(volume.array, volume.ijk_to_ras, "mask", None, volume.findings)


def marked_positions(node: MrmlNode, segment_id: str | None = None) -> NDArray[np.float64]:
    """Find where the voxels of a mask are.

    Parameters
    ----------
    node
        ``vtkMRMLSegmentationNode``, or a mask as ``vtkMRMLScalarVolumeNode``.
    segment_id
        Which segment; its only or first one by default.

    Returns
    -------
    ndarray
        (n, 3) float64, mm RAS: the centres of its voxels.

    Raises
    ------
    InputError
        If nothing is marked.
    """
    if node.IsA("vtkMRMLSegmentationNode"):
        return painted_positions(node, segment_id or likely_bone_segment(node))
    volume = volume_from_node(node)
    if volume.kind != "mask":
        raise InputError(f"'{node.GetName()}' is no mask: it holds more than two values. Choose a segmentation.")
    ijk = np.argwhere(np.asarray(volume.array) > 0)[:, ::-1]
    if not len(ijk):
        raise InputError(f"Nothing is marked in '{node.GetName()}'.")
    return apply_affine(volume.ijk_to_ras, ijk.astype(np.float64))


def painted_positions(node: MrmlNode, segment_id: str) -> NDArray[np.float64]:
    """Find where the voxels of a segment are.

    Parameters
    ----------
    node
        ``vtkMRMLSegmentationNode``.
    segment_id
        Which segment.

    Returns
    -------
    ndarray
        (n, 3) float64, mm RAS: the centres of its voxels.

    Raises
    ------
    InputError
        If nothing is painted.
    """
    values, affine, _ = _segment_labelmap(node, segment_id)
    ijk = np.argwhere(values)[:, ::-1]
    if not len(ijk):
        raise InputError(f"Nothing is painted in the segmentation '{node.GetName()}'. Paint over the hole first.")
    return apply_affine(affine, ijk)


def segment_on_grid(
    node: MrmlNode, segment_id: str, shape: tuple[int, ...], ijk_to_ras: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Read the voxels of a segment on a given grid.

    They are copied where both grids have the same lattice, and taken from the nearest voxel where not.

    Parameters
    ----------
    node
        ``vtkMRMLSegmentationNode``.
    segment_id
        Which segment.
    shape
        (nk, nj, ni) of the grid.
    ijk_to_ras
        (4, 4) of the grid, in the world.

    Returns
    -------
    ndarray
        (nk, nj, ni) bool.

    Raises
    ------
    InputError
        If the segment is missing, empty, or under a transform that bends space.
    """
    values, affine, _ = _segment_labelmap(node, segment_id)
    out = np.zeros(shape, dtype=bool)
    if not values.any():
        return out
    to_segment = invert_affine(affine) @ ijk_to_ras  # index of the grid -> index in ``values``
    shift = np.rint(to_segment[:3, 3])
    if (
        np.abs(to_segment[:3, :3] - np.eye(3)).max() < _MAX_LATTICE_ROTATION
        and np.abs(to_segment[:3, 3] - shift).max() < _MAX_LATTICE_SHIFT_VOXELS
    ):
        start = -shift.astype(int)[::-1]
        target = tuple(slice(max(0, a), min(n, a + m)) for a, n, m in zip(start, shape, values.shape, strict=True))
        origin = tuple(slice(s.start - a, s.stop - a) for s, a in zip(target, start, strict=True))
        if all(s.stop > s.start for s in target):
            out[target] = values[origin]
        return out
    from scipy.ndimage import affine_transform

    # one voxel of air around it: scipy counts the outer half of an edge voxel as outside
    linear_kji = to_segment[:3, :3][::-1, ::-1]
    return affine_transform(
        np.pad(values, 1).astype(np.uint8), linear_kji, to_segment[:3, 3][::-1] + 1, output_shape=shape, order=0
    ).astype(bool)


def _segment_labelmap(
    node: MrmlNode, segment_id: str
) -> tuple[NDArray[np.bool_], NDArray[np.float64], tuple[str, ...]]:
    """Read the bounding box of a segment: voxels (bool), (4, 4) place in the world, and findings."""
    import slicer

    segment = node.GetSegmentation().GetSegment(segment_id)
    if segment is None:
        raise InputError(
            f"The segmentation '{node.GetName()}' has no segment '{segment_id}' any more. Choose another one."
        )
    image = slicer.vtkOrientedImageData()
    if not segment.GetRepresentation("Binary labelmap") and not node.CreateBinaryLabelmapRepresentation():
        raise InputError(f"The segment '{segment.GetName()}' cannot be turned into voxels.")
    node.GetBinaryLabelmapRepresentation(segment_id, image)
    to_world, findings = transform_to_world(node)
    grid = vtkMatrix4x4()
    image.GetImageToWorldMatrix(grid)
    affine = to_world @ matrix_from_vtk(grid)
    extent = image.GetExtent()
    affine[:3, 3] += affine[:3, :3] @ extent[::2]
    scalars = image.GetPointData().GetScalars()
    if scalars is None or extent[1] < extent[0]:
        raise InputError(f"The segment '{segment.GetName()}' is empty. Segment the bone first.")
    return vtk_to_numpy(scalars).reshape(image.GetDimensions()[::-1]) > 0, affine, findings


def mesh_from_model(node: MrmlNode) -> Mesh:
    """Read the triangles of a skull model, where it is seen.

    Parameters
    ----------
    node
        ``vtkMRMLModelNode``.

    Returns
    -------
    Mesh
        mm RAS; strips and polygons are cut into triangles.

    Raises
    ------
    InputError
        If the model has no faces.
    """
    data = node.GetPolyData()
    if data is None or data.GetNumberOfPolys() + data.GetNumberOfStrips() == 0:
        raise InputError(f"The model '{node.GetName()}' has no faces. Choose a skull as a surface of triangles.")
    triangles = vtkTriangleFilter()
    triangles.SetInputData(data)
    triangles.PassVertsOff()
    triangles.PassLinesOff()
    triangles.Update()
    triangulated = triangles.GetOutput()
    to_world, findings = transform_to_world(node)
    vertices = apply_affine(to_world, vtk_to_numpy(triangulated.GetPoints().GetData()).astype(np.float64))
    faces = vtk_to_numpy(triangulated.GetPolys().GetConnectivityArray()).astype(np.int64).reshape(-1, 3)
    if np.linalg.det(to_world[:3, :3]) < 0:  # mirrored by its transform: the outside stays outside
        faces = faces[:, ::-1].copy()
    mesh = Mesh(vertices, faces, (Note(f"{len(faces):,} triangles."), *findings))
    return mesh if is_side_known(node) and not mesh.is_inside_out else without_side(mesh, INSIDE_OUT)
