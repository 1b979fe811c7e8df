"""A spherical skull with a hole of known shape, the patch that fills it, and measurements of a finished implant."""

import io

import numpy as np
from scipy.spatial import cKDTree

from SkullRestoreLib.records import Bone, DefectPatch, Mesh

OUTER_MM, INNER_MM = 85.0, 78.0


def oval_edge(angle):
    """Half opening angle of the hole, radians, in each direction around its centre."""
    return 0.19 + 0.035 * np.cos(2 * angle) + 0.015 * np.sin(3 * angle)


def rotation_matrix(degrees=(25.0, -40.0, 70.0)):
    """(3, 3) rotation about x, y and z."""
    from scipy.spatial.transform import Rotation

    return Rotation.from_euler("xyz", degrees, degrees=True).as_matrix()


def round_skull(
    *,
    edge=oval_edge,
    slope=0.0,
    inner_mm=INNER_MM,
    spacing=(0.6, 0.6, 0.7),
    ct=True,
    pose=None,
    centre=(0.0, 0.0, 0.0),
    shear=0.0,
    add=None,
):
    """Make a part of a spherical skull around ``centre``, with a hole around the pose's z axis.

    A ``slope`` above 0 narrows the hole inwards, below 0 it widens it. ``add(x, y, z)`` describes more bone: the depth
    inside it, mm, negative outside.
    """
    pose = np.eye(3) if pose is None else pose
    axes = pose @ np.array([[1, 0, shear], [0, 1, 0], [0, 0, 1]]) @ np.diag(spacing)
    half, low, high = 32.0, 70.0, 90.0
    corners = np.array([[x, y, z] for x in (-half, half) for y in (-half, half) for z in (low, high)]) @ pose.T
    ijk = corners @ np.linalg.inv(axes).T
    start, size = np.floor(ijk.min(axis=0)), np.ceil(np.ptp(ijk, axis=0)).astype(int) + 1
    ijk_to_ras = np.eye(4)
    ijk_to_ras[:3, :3], ijk_to_ras[:3, 3] = axes, axes @ start + centre
    k, j, i = np.meshgrid(*(np.arange(n) for n in size[::-1]), indexing="ij", sparse=True)
    x, y, z = (
        local[0] * (i + start[0]) + local[1] * (j + start[1]) + local[2] * (k + start[2]) for local in pose.T @ axes
    )
    radius = np.sqrt(x**2 + y**2 + z**2)
    hole = radius * (edge(np.arctan2(y, x)) - np.arccos(z / radius)) - slope * (OUTER_MM - radius)
    depth = np.minimum(np.minimum(OUTER_MM - radius, radius - inner_mm), -hole)
    if add is not None:
        depth = np.maximum(depth, add(x, y, z))
    # the value of a CT rises over about a voxel; at the surface it is the threshold
    field = np.clip(300 + 500 * depth, -1000, 1500).astype(np.int16) if ct else (depth >= 0).astype(np.uint8)
    iso = 300.0 if ct else 0.5
    return Bone(field=field, iso=iso, mask=field >= iso, ijk_to_ras=ijk_to_ras)


def round_patch(
    *, edge=oval_edge, lift=0.0, inner_mm=INNER_MM, wide_mm=8.0, pose=None, centre=(0.0, 0.0, 0.0), step=1.7, scale=1.0
):
    """Make the restored surface of the hole, ``lift`` mm off the true one, continued ``wide_mm`` over the bone."""
    pose = np.eye(3) if pose is None else pose
    around = np.arange(0, 2 * np.pi, step / 18)
    inside = [(ring, 0.0) for ring in np.linspace(0, 1, 11)[1:]]
    beyond = [(1.0, mm / OUTER_MM) for mm in np.arange(step, wide_mm + 0.1, step)]

    def surface(rings):
        opening = np.concatenate([[0.0]] + [edge(around) * part + more for part, more in rings])
        angle = np.concatenate([[0.0]] + [around] * len(rings))
        ray = (
            np.column_stack([np.sin(opening) * np.cos(angle), np.sin(opening) * np.sin(angle), np.cos(opening)])
            @ pose.T
        )
        a = np.arange(len(around))
        b = np.roll(a, -1)
        faces = [np.column_stack([0 * a, 1 + a, 1 + b])]
        for ring in range(len(rings) - 1):
            low, high = 1 + ring * len(a), 1 + (ring + 1) * len(a)
            faces += [np.column_stack([low + a, high + a, high + b]), np.column_stack([low + a, high + b, low + b])]
        outer, inner = ((radius * scale + lift) * ray + centre for radius in (OUTER_MM, inner_mm))
        return Mesh(outer, np.concatenate(faces).astype(np.int64)), inner

    (outer, inner), (wide_outer, wide_inner) = surface(inside), surface(inside + beyond)
    return DefectPatch(
        defect=1, outer=outer, inner=inner, sigma_mm=np.ones(len(inner)), wide_outer=wide_outer, wide_inner=wide_inner
    )


def sample_triangles(vertices, faces, apart=0.4):
    """Sample points (n, 3) on triangles by halving their edges, independently of the library's own measurements."""
    from trimesh.remesh import subdivide_to_size

    return subdivide_to_size(vertices, faces, max_edge=apart)[0]


def bone_points(bone, near):
    """Points on the bone's surface within 4 mm of the box around ``near``."""
    from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
    from vtkmodules.vtkCommonDataModel import vtkImageData
    from vtkmodules.vtkFiltersCore import vtkMarchingCubes

    image = vtkImageData()
    image.SetDimensions(*bone.field.shape[::-1])
    image.GetPointData().SetScalars(numpy_to_vtk(bone.field.ravel()))
    contour = vtkMarchingCubes()
    contour.SetInputData(image)
    contour.SetValue(0, bone.iso)
    contour.Update()
    surface = contour.GetOutput()
    vertices = (
        vtk_to_numpy(surface.GetPoints().GetData()).astype(np.float64) @ bone.ijk_to_ras[:3, :3].T
        + bone.ijk_to_ras[:3, 3]
    )
    faces = vtk_to_numpy(surface.GetPolys().GetConnectivityArray()).reshape(-1, 3)
    here = ((vertices > near.min(axis=0) - 4) & (vertices < near.max(axis=0) + 4)).all(axis=1)
    return sample_triangles(vertices, faces[here[faces].all(axis=1)])


def bone_gaps(implant, bone, centre=(0.0, 0.0, 0.0), axis=(0.0, 0.0, 1.0)):
    """Smallest gap to the bone, mm: of the complete body, and (60,) for each six degrees of its rim."""
    points = sample_triangles(implant.mesh.vertices, implant.mesh.faces, 0.6)
    away = cKDTree(bone_points(bone, points)).query(points)[0]
    side = np.cross(axis, np.eye(3)[np.argmin(np.abs(axis))])
    arm = points - np.asarray(centre)
    angle = np.arctan2(arm @ np.cross(axis, side), arm @ side)
    edge = np.full(60, np.inf)
    np.minimum.at(edge, ((angle + np.pi) / (2 * np.pi) * 60).astype(int) % 60, away)
    return float(away.min()), edge


def as_trimesh(mesh):
    """Convert a mesh unchanged to trimesh."""
    import trimesh

    return trimesh.Trimesh(mesh.vertices, mesh.faces, process=False)


def reload_stl(mesh):
    """Write a mesh to STL and read it back."""
    import trimesh

    return trimesh.load(io.BytesIO(as_trimesh(mesh).export(file_type="stl")), file_type="stl")
