"""Read an NRRD, NIfTI or MetaImage file: its values and their place in the patient out.

The formats are read here and not by ITK (decision 0079). Without a warning, ITK 5.4 opens whatever file a header names,
replaces a sheared affine (a gantry tilt) by the nearest rotation, fills what was cut off with zeros, and takes 1 mm
where no voxel size is given.
"""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.affine import compose_affine
from SkullRestoreLib.errors import InputError
from SkullRestoreLib.findings import Note
from SkullRestoreLib.io.image_header import SAME_SPACING, HeaderOptions, ImageGeometry, axes_to_ras
from SkullRestoreLib.io.mask_margins import ScanGrid
from SkullRestoreLib.io.metaimage import load_metaimage
from SkullRestoreLib.io.nifti import load_nifti
from SkullRestoreLib.io.nrrd import load_nrrd


class Image(NamedTuple):
    """Values with their place in the patient."""

    values: NDArray[Any]
    """(nk, nj, ni), as stored; not to be written to."""
    ijk_to_ras: NDArray[np.float64]
    """(4, 4) float64, mm; sheared where the scan was."""
    side_known: bool
    """Whether the header or the user says which side of the patient is left."""
    findings: tuple[str, ...]
    """For the user."""
    scan_grid: ScanGrid | None = None
    """Where the scan was from which a segmentation was made."""


def load_image(path: Path, kind: str, options: HeaderOptions) -> Image:
    """Read one image file.

    Parameters
    ----------
    path
        The file; its name does not matter.
    kind
        One of :data:`SkullRestoreLib.io.file_kinds.IMAGE_KINDS`.
    options
        What the user says of the header.

    Returns
    -------
    Image
        Values as stored.

    Raises
    ------
    InputError
        For a damaged file, one that is not three-dimensional, whose axes are not valid, or whose header gives no voxel
        size, contradicts itself, or names data that are not next to it.
    """
    if kind == "nifti":
        values, geometry = load_nifti(path, trusted_affine=options.nifti_affine)
    elif options.nifti_affine is not None:
        raise InputError(f"'{path.name}' is no NIfTI file, and has neither sform nor qform. Leave --nifti-affine out.")
    elif kind == "nrrd":
        values, geometry = load_nrrd(path)
    else:
        values, geometry = load_metaimage(path)
    ijk_to_ras, findings = _image_affine(geometry, options, path)
    if not np.isfinite(ijk_to_ras).all() or abs(np.linalg.det(ijk_to_ras[:3, :3])) < 1e-12:
        raise InputError(f"The axes in the header of '{path.name}' are not valid. Export it again.")
    side_known = geometry.side_known or options.space is not None
    # what the user corrects is no longer the grid that the header speaks of
    scan_grid = geometry.scan_grid if options.spacing_mm is None and options.space is None else None
    return Image(values, ijk_to_ras, side_known, (*geometry.findings, *findings), scan_grid)


def _image_affine(geometry: ImageGeometry, options: HeaderOptions, path: Path) -> tuple[NDArray[np.float64], list[str]]:
    """``ijk_to_ras`` (4, 4) by the header and the user, and findings where the two differ."""
    findings: list[str] = []
    spacing = geometry.spacing
    if options.spacing_mm is not None:
        spacing = np.array(options.spacing_mm)
        in_header = geometry.spacing
        if in_header is not None and (np.abs(spacing - in_header) > SAME_SPACING * in_header).any():
            sizes = [" × ".join(f"{s:.2f}" for s in size) for size in (in_header, spacing)]
            findings.append(
                Note(f"The header says voxels of {sizes[0]} mm; {sizes[1]} mm were taken, as set with --spacing.")
            )
    if spacing is None:
        raise InputError(
            f"The header of '{path.name}' gives no voxel size. "
            "Set it with --spacing, in mm along the three axes, such as 0.45,0.45,1."
        )
    space = options.space or geometry.space
    if options.space is not None and geometry.side_known and space != geometry.space:
        findings.append(f"The header says coordinates in {geometry.space}; {space} was taken, as set with --space.")
    to_ras = axes_to_ras(space)
    return compose_affine(to_ras @ (geometry.axes * spacing), to_ras @ geometry.origin), findings
