"""A head of ellipsoids as a CT, as DICOM and image files, and as a mesh."""

import os
from pathlib import Path

import numpy as np

DATA = Path(os.environ.get("SKULLRESTORE_DATA", Path(__file__).parents[2] / "shared" / "data"))
NO_DATA = "the shared data are absent; set SKULLRESTORE_DATA to their folder"

SKULL_HALF_AXES_MM = np.array([72.0, 92.0, 76.0])  # half axes: side to side, front to back, up
SKULL_THICKNESS_MM = 7.0
SKULL_BASE_MM = -45.0  # height of the skull base


def scan_affine(spacing=(2.0, 2.0, 2.0), size=(96, 110, 78), *, rotation=None) -> np.ndarray:
    """``ijk_to_ras`` of a scan in LPS order like most CT, centred slightly above the skull's centre."""
    linear = np.diag([-1.0, -1.0, 1.0]) * spacing
    if rotation is not None:
        linear = rotation @ linear
    out = np.eye(4)
    out[:3, :3] = linear
    out[:3, 3] = np.array([0.0, 0.0, 14.0]) - linear @ ((np.array(size) - 1) / 2)
    return out


def voxel_positions(ijk_to_ras: np.ndarray, size) -> np.ndarray:
    """Position of every voxel, (nk, nj, ni, 3), mm RAS."""
    k, j, i = np.meshgrid(*(np.arange(n) for n in size[::-1]), indexing="ij")
    return np.stack([i, j, k], axis=-1) @ ijk_to_ras[:3, :3].T + ijk_to_ras[:3, 3]


def ellipsoid_fraction(p: np.ndarray, axes, blur: float = 2.0) -> np.ndarray:
    """Part of each voxel inside an ellipsoid, 0..1, blurred as by a scanner."""
    r = np.linalg.norm(p / axes, axis=-1)
    return np.clip(0.5 + (1 - r) * np.linalg.norm(p, axis=-1) / np.maximum(r, 1e-6) / blur, 0, 1)


def ellipsoid_head(ijk_to_ras=None, size=(96, 110, 78), *, bone_hu=1000.0, soft=True, holes=(), balls=()) -> np.ndarray:
    """Make the CT of a skull in soft tissue, int16 HU ``[k, j, i]``.

    Parameters
    ----------
    holes
        Spheres (x, y, z, radius) without bone.
    balls
        Spheres (x, y, z, radius, hu) that are added last.
    """
    p = voxel_positions(scan_affine(size=size) if ijk_to_ras is None else ijk_to_ras, size)
    scalp, outer, inner = (
        ellipsoid_fraction(p, SKULL_HALF_AXES_MM + 7),
        ellipsoid_fraction(p, SKULL_HALF_AXES_MM),
        ellipsoid_fraction(p, SKULL_HALF_AXES_MM - SKULL_THICKNESS_MM),
    )
    bone = outer * (1 - inner) * (p[..., 2] > SKULL_BASE_MM)
    for *centre, radius in holes:
        bone = bone * (np.linalg.norm(p - centre, axis=-1) > radius)
    hu = np.where(scalp > 0, 40 * scalp - 1000 * (1 - scalp), -1000.0) if soft else np.full(bone.shape, -1000.0)
    hu = hu * (1 - bone) + bone_hu * bone
    for *centre, radius, value in balls:
        hu[np.linalg.norm(p - centre, axis=-1) <= radius] = value
    return np.rint(hu).astype(np.int16)


def write_dicom(
    folder: Path,
    array: np.ndarray,
    ijk_to_ras: np.ndarray,
    *,
    skip=(),
    first=0,
    suffix=".dcm",
    uid=None,
    modality="CT",
    intercept=-1024,
    **tags,
) -> str:
    """Write one file per slice, as a scanner does; return the series instance UID."""
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

    folder.mkdir(parents=True, exist_ok=True)
    uid = uid or generate_uid(entropy_srcs=[str(folder), modality])
    lps = np.diag([-1.0, -1.0, 1.0, 1.0]) @ ijk_to_ras
    spacing = np.linalg.norm(lps[:3, :3], axis=0)
    for k, plane in enumerate(array):
        if k in skip:
            continue
        meta = FileMetaDataset()
        meta.MediaStorageSOPClassUID, meta.TransferSyntaxUID = CTImageStorage, ExplicitVRLittleEndian
        meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=[uid, str(first + k)])
        name = folder / f"I{(k * 7919) % 10007}{suffix}"  # the names are in no useful order
        d = FileDataset(str(name), {}, file_meta=meta, preamble=b"\0" * 128)
        d.SOPClassUID, d.SOPInstanceUID, d.SeriesInstanceUID = CTImageStorage, meta.MediaStorageSOPInstanceUID, uid
        d.Modality, d.ImageType, d.InstanceNumber, d.PatientName = (
            modality,
            ["ORIGINAL", "PRIMARY", "AXIAL"],
            first + k + 1,
            "Doe^Jane",
        )
        d.Rows, d.Columns, d.SamplesPerPixel, d.PhotometricInterpretation = *plane.shape, 1, "MONOCHROME2"
        d.BitsAllocated, d.BitsStored, d.HighBit, d.PixelRepresentation = 16, 16, 15, 0
        d.RescaleSlope, d.RescaleIntercept = 1, intercept
        d.PixelSpacing = [float(spacing[1]), float(spacing[0])]
        d.ImageOrientationPatient = [round(float(x), 9) for x in (*lps[:3, 0] / spacing[0], *lps[:3, 1] / spacing[1])]
        d.ImagePositionPatient = [round(float(x), 6) for x in lps[:3, 3] + k * lps[:3, 2]]
        for tag, value in tags.items():
            setattr(d, tag, value)
        d.PixelData = (plane.astype(np.int32) - intercept).astype(np.uint16).tobytes()
        d.save_as(name)
    return uid


def write_image(path: Path, array: np.ndarray, ijk_to_ras: np.ndarray) -> Path:
    """Write NRRD, NIfTI or MetaImage."""
    import SimpleITK

    image = SimpleITK.GetImageFromArray(array)
    lps = np.diag([-1.0, -1.0, 1.0, 1.0]) @ ijk_to_ras
    spacing = np.linalg.norm(lps[:3, :3], axis=0)
    image.SetSpacing(spacing.tolist())
    image.SetOrigin(lps[:3, 3].tolist())
    image.SetDirection((lps[:3, :3] / spacing).ravel().tolist())
    SimpleITK.WriteImage(image, str(path))
    return path


def cube_mesh(size: float = 180.0, centre=(0.0, 0.0, 0.0)) -> tuple[np.ndarray, np.ndarray]:
    """Vertices (8, 3) and outward faces (12, 3) of a cube."""
    v = np.array([[x, y, z] for z in (0, 1) for y in (0, 1) for x in (0, 1)], float)
    f = [
        [0, 2, 1],
        [1, 2, 3],
        [4, 5, 6],
        [5, 7, 6],
        [0, 1, 4],
        [1, 5, 4],
        [2, 6, 3],
        [3, 6, 7],
        [0, 4, 2],
        [2, 4, 6],
        [1, 3, 5],
        [3, 7, 5],
    ]
    return (v - 0.5) * size + centre, np.array(f)


def ellipsoid_mesh(radius: float, level: int = 4, axes=(1.0, 1.0, 1.0)) -> tuple[np.ndarray, np.ndarray]:
    """Vertices and outward faces of an ellipsoid."""
    import trimesh

    ball = trimesh.creation.icosphere(subdivisions=level)
    return np.array(ball.vertices) * radius * axes, np.array(ball.faces, np.int64)


def skull_mesh() -> tuple[np.ndarray, np.ndarray]:
    """Closed model of a skull: an outer ellipsoid, and an inner one that faces the cavity."""
    outer, faces = ellipsoid_mesh(1.0, 4, SKULL_HALF_AXES_MM)
    inner, _ = ellipsoid_mesh(1.0, 4, SKULL_HALF_AXES_MM - SKULL_THICKNESS_MM)
    return np.vstack([outer, inner]), np.vstack([faces, faces[:, ::-1] + len(outer)])


def signed_ml(vertices: np.ndarray, faces: np.ndarray) -> float:
    """Volume enclosed by outward faces, mL."""
    a, b, c = (vertices[faces[:, n]] for n in range(3))
    return float(np.einsum("ij,ij->", a, np.cross(b, c)) / 6000)
