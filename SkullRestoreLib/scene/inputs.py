"""What a surgeon chose in the scene (a volume, a segmentation or a model) in, the library's record out."""

from dataclasses import replace

import numpy as np
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonMath import vtkMatrix4x4
from vtkmodules.vtkFiltersCore import vtkTriangleFilter

from SkullRestoreLib import read
from SkullRestoreLib.case import InputError, Mesh, Volume
from SkullRestoreLib.plausible import up
from SkullRestoreLib.scene.geometry import matrix_of, world_from

_BONE_HU = 300
_PAD = 4
"""Empty voxels round a segment without a volume: it is stored as the box of what is in it, and bone at a box's edge would look cut off."""


def source_from_node(node, segment_id: str | None = None) -> Volume | Mesh:
    """What a node holds, where it is seen.

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
        If the node is empty, of another kind, or lies under a transform that bends space.
    """
    if node is None:
        raise InputError("Choose a head CT, a bone segmentation or a skull model first.")
    if node.IsA("vtkMRMLSegmentationNode"):
        return mask_from_segment(node, segment_id or first_segment(node))
    if node.IsA("vtkMRMLScalarVolumeNode"):
        return volume_from_node(node)
    if node.IsA("vtkMRMLModelNode"):
        return mesh_from_model(node)
    raise InputError(f"'{node.GetName()}' is no volume, segmentation or model. Choose a head CT, a bone segmentation or a skull model.")


def volume_from_node(node) -> Volume:
    """A CT or a bone mask: voxels are copied, so that a thread may read them while the scene changes.

    Raises
    ------
    InputError
        As :func:`SkullRestoreLib.read.volume_from_values`, and for an empty node or one under a transform that bends space.
    """
    image = node.GetImageData()
    if image is None or image.GetPointData().GetScalars() is None:
        raise InputError(f"The volume '{node.GetName()}' is empty. Load a head CT, or choose another volume.")
    if image.GetNumberOfScalarComponents() != 1:
        raise InputError(f"The volume '{node.GetName()}' holds colours, not HU. Choose a head CT.")
    values = vtk_to_numpy(image.GetPointData().GetScalars()).reshape(image.GetDimensions()[::-1])
    grid = vtkMatrix4x4()
    node.GetIJKToRASMatrix(grid)
    to_world, moved = world_from(node)
    affine = to_world @ matrix_of(grid)
    volume = read.volume_from_values(values, affine, name=f"'{node.GetName()}'", findings=(*moved, *_tilt(affine)))
    volume = replace(volume, findings=(*volume.findings, *_cut_vertex(volume)))
    return Volume(volume.array, volume.ijk_to_ras, volume.kind, _series_uid(node), volume.findings)


def _cut_vertex(volume: Volume) -> tuple[str, ...]:
    """Whether bone reaches the scan's upper edge: what segmentation refuses is told at once."""
    axis, sign = up(volume.ijk_to_ras)
    plane = np.take(volume.array, -1 if sign > 0 else 0, axis=axis)
    bone = plane if volume.kind == "mask" else plane >= _BONE_HU
    pixel = np.prod(np.delete(volume.spacing[::-1], axis)) / 100
    area = float(np.count_nonzero(bone)) * pixel
    return (f"Bone reaches the upper edge of the scan over {area:.0f} cm²: the top of the head may be cut off.",) if area > 1 else ()


def _tilt(affine: np.ndarray) -> tuple[str, ...]:
    axes = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    lean = float(np.degrees(np.arccos(np.clip(abs(axes[:, 2] @ np.cross(axes[:, 0], axes[:, 1])), 0, 1))))
    return (f"Gantry tilt of {lean:.1f} degrees taken into account.",) if lean > 0.5 else ()


def _series_uid(node) -> str | None:
    """DICOM series UID, from the subject hierarchy."""
    hierarchy = node.GetScene().GetSubjectHierarchyNode() if node.GetScene() else None
    item = hierarchy.GetItemByDataNode(node) if hierarchy else 0
    return (hierarchy.GetItemUID(item, "DICOM") or None) if item else None


def first_segment(node) -> str:
    """The segment that is most likely bone: named so, else the first.

    Raises
    ------
    InputError
        If the segmentation is empty.
    """
    segmentation = node.GetSegmentation()
    ids = [segmentation.GetNthSegmentID(n) for n in range(segmentation.GetNumberOfSegments())]
    if not ids:
        raise InputError(f"The segmentation '{node.GetName()}' has no segments. Segment the bone first, or choose a CT.")
    names = {one: segmentation.GetSegment(one).GetName().lower() for one in ids}
    return next((one for one in ids if "bone" in names[one] or "skull" in names[one]), ids[0])


def mask_from_segment(node, segment_id: str) -> Volume:
    """One segment as a bone mask: on its reference volume's grid where it has one."""
    reference = node.GetNodeReference("referenceImageGeometryRef")
    if reference is not None and reference.GetImageData() is not None:
        shape = reference.GetImageData().GetDimensions()[::-1]
        grid = vtkMatrix4x4()
        reference.GetIJKToRASMatrix(grid)
        to_world, moved = world_from(reference)
        affine = to_world @ matrix_of(grid)
        return Volume(segment_on_grid(node, segment_id, shape, affine), affine, "mask", _series_uid(reference), moved)
    values, affine, moved = _labelmap(node, segment_id)
    values = np.pad(values, _PAD)
    affine = affine.copy()
    affine[:3, 3] -= affine[:3, :3] @ np.full(3, _PAD)
    volume = read.volume_from_values(values, affine, name=f"'{node.GetName()}'", findings=moved)
    return Volume(volume.array, volume.ijk_to_ras, "mask", None, volume.findings)


def painted_places(node, segment_id: str) -> np.ndarray:
    """Where the voxels of a segment are: (n, 3) float64, mm RAS.

    Raises
    ------
    InputError
        If nothing is painted.
    """
    values, affine, _ = _labelmap(node, segment_id)
    where = np.argwhere(values)[:, ::-1]
    if not len(where):
        raise InputError(f"Nothing is painted in the segmentation '{node.GetName()}'. Paint over the hole first.")
    return where @ affine[:3, :3].T + affine[:3, 3]


def segment_on_grid(node, segment_id: str, shape: tuple[int, int, int], ijk_to_ras: np.ndarray) -> np.ndarray:
    """A segment's voxels on a given grid in the world: (nk, nj, ni) bool.

    Copied voxel by voxel where both grids have the same lattice, taken from the nearest voxel where not.
    """
    values, affine, _ = _labelmap(node, segment_id)
    out = np.zeros(shape, dtype=bool)
    if not values.any():
        return out
    between = np.linalg.inv(affine) @ ijk_to_ras  # target index -> index in ``values``
    shift = np.rint(between[:3, 3])
    if np.abs(between[:3, :3] - np.eye(3)).max() < 1e-4 and np.abs(between[:3, 3] - shift).max() < 0.02:
        start = -shift.astype(int)[::-1]
        into = tuple(slice(max(0, a), min(n, a + m)) for a, n, m in zip(start, shape, values.shape, strict=True))
        come = tuple(slice(s.start - a, s.stop - a) for s, a in zip(into, start, strict=True))
        if all(s.stop > s.start for s in into):
            out[into] = values[come]
        return out
    from scipy.ndimage import affine_transform

    # one voxel of nothing round it: scipy counts the outer half of an edge voxel as outside
    turn = between[:3, :3][::-1, ::-1]
    return affine_transform(np.pad(values, 1).astype(np.uint8), turn, between[:3, 3][::-1] + 1, output_shape=shape, order=0).astype(bool)


def _labelmap(node, segment_id: str) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """A segment's own box of voxels (bool), its place in the world, and findings."""
    import slicer

    segment = node.GetSegmentation().GetSegment(segment_id)
    if segment is None:
        raise InputError(f"The segmentation '{node.GetName()}' has no segment '{segment_id}' any more. Choose another one.")
    image = slicer.vtkOrientedImageData()
    if not segment.GetRepresentation("Binary labelmap") and not node.CreateBinaryLabelmapRepresentation():
        raise InputError(f"The segment '{segment.GetName()}' cannot be turned into voxels.")
    node.GetBinaryLabelmapRepresentation(segment_id, image)
    to_world, moved = world_from(node)
    grid = vtkMatrix4x4()
    image.GetImageToWorldMatrix(grid)
    affine = to_world @ matrix_of(grid)
    extent = image.GetExtent()
    affine[:3, 3] += affine[:3, :3] @ extent[::2]
    scalars = image.GetPointData().GetScalars()
    if scalars is None or extent[1] < extent[0]:
        raise InputError(f"The segment '{segment.GetName()}' is empty. Segment the bone first.")
    return vtk_to_numpy(scalars).reshape(image.GetDimensions()[::-1]) > 0, affine, moved


def mesh_from_model(node) -> Mesh:
    """A skull model's triangles.

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
    made = triangles.GetOutput()
    to_world, moved = world_from(node)
    vertices = vtk_to_numpy(made.GetPoints().GetData()).astype(np.float64) @ to_world[:3, :3].T + to_world[:3, 3]
    faces = vtk_to_numpy(made.GetPolys().GetConnectivityArray()).astype(np.int64).reshape(-1, 3)
    return Mesh(vertices, faces, (f"{len(faces):,} triangles.", *moved))
