"""What the header of an image file says of its geometry, and what the user says where the header is wrong or silent."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.errors import InputError
from SkullRestoreLib.io.mask_margins import ScanGrid

SAME_SPACING = 0.01
"""Two voxel sizes that differ by no more, relative to each other, are the same: headers round."""
_SPACING_EXPECTED = "The spacing must be three numbers above 0, in mm, such as 0.45,0.45,1."


@dataclass(frozen=True, eq=False)
class ImageGeometry:
    """Geometry of an image in the coordinates of its file."""

    axes: NDArray[np.float64]
    """(3, 3) float64, the directions of i, j and k as unit vectors, one a column."""
    spacing: NDArray[np.float64] | None
    """(3,) float64, mm along i, j, k; None where the header gives none."""
    origin: NDArray[np.float64]
    """(3,) float64, mm, centre of the first voxel."""
    space: str
    """Sides of the patient to which the coordinates increase, such as ``"LPS"``; a guess unless ``side_known``."""
    side_known: bool
    """Whether the header itself says which side of the patient is left."""
    findings: tuple[str, ...] = ()
    scan_grid: ScanGrid | None = None
    """Where the header of a segmentation says that the scan was."""


@dataclass(frozen=True)
class HeaderOptions:
    """What the user says of a file whose header does not say it, contradicts itself, or is wrong.

    Raises
    ------
    InputError
        For an invalid value.
    """

    spacing_mm: tuple[float, ...] | None = None
    """Three numbers, along i, j, k."""
    space: str | None = None
    """Sides of the patient to which the file's coordinates increase, such as ``"LPS"``."""
    nifti_affine: str | None = None
    """``"sform"`` or ``"qform"``."""

    def __post_init__(self) -> None:
        spacing = self.spacing_mm
        if spacing is not None and not (len(spacing) == 3 and all(math.isfinite(s) and s > 0 for s in spacing)):
            raise InputError(_SPACING_EXPECTED)
        if self.space is not None and not is_space(self.space):
            raise InputError(
                f"'{self.space}' is no space. "
                "Give the side to which each coordinate increases, such as LPS, RAS or LAS."
            )
        if self.nifti_affine not in (None, "sform", "qform"):
            raise InputError(f"'{self.nifti_affine}' is no part of a NIfTI header. Choose sform or qform.")

    @property
    def read_arguments(self) -> dict[str, Any]:
        """The options that are set, as arguments of :func:`SkullRestoreLib.io.read.read`."""
        arguments = {"spacing": self.spacing_mm, "space": self.space, "nifti_affine": self.nifti_affine}
        return {name: value for name, value in arguments.items() if value is not None}


NO_OPTIONS = HeaderOptions()
"""The header counts."""


def parse_spacing(text: str | None) -> tuple[float, ...] | None:
    """Read a spacing that the user wrote.

    Parameters
    ----------
    text
        Numbers with commas or semicolons between them.

    Returns
    -------
    tuple of float or None
        None for None.

    Raises
    ------
    InputError
        Where a part is no number.

    Examples
    --------
    >>> parse_spacing("0.45,0.45,1")
    (0.45, 0.45, 1.0)
    """
    try:
        return None if text is None else tuple(float(part) for part in text.replace(";", ",").split(","))
    except ValueError:
        raise InputError(_SPACING_EXPECTED) from None


def geometry_from_columns(
    columns: NDArray[np.float64],
    origin: Sequence[float] | NDArray[np.float64],
    space: str,
    *,
    side_known: bool,
    findings: Sequence[str] = (),
) -> ImageGeometry:
    """Split vectors from voxel to voxel into directions and spacing.

    Parameters
    ----------
    columns
        (3, 3) float64, mm, the vectors along i, j and k, one a column.
    origin
        (3,) float, mm.
    space
        Sides to which the coordinates increase.
    side_known
        Whether the header says so itself.
    findings
        For the user.

    Returns
    -------
    ImageGeometry
        Without spacing and with directions along the coordinates where a vector has no length.
    """
    length = np.linalg.norm(columns, axis=0)
    is_valid = bool(np.isfinite(length).all() and (length > 0).all())
    return ImageGeometry(
        axes=columns / length if is_valid else np.eye(3),
        spacing=length if is_valid else None,
        origin=np.array(origin, float),
        space=space,
        side_known=side_known and is_valid,
        findings=tuple(findings),
    )


def is_space(space: str) -> bool:
    """Tell whether letters name three sides of the patient.

    Parameters
    ----------
    space
        Such as ``"LPS"``.

    Examples
    --------
    >>> is_space("LPS"), is_space("LRS")
    (True, False)
    """
    return sorted(_ras_rows(space)) == [0, 1, 2]


def axes_to_ras(space: str) -> NDArray[np.float64]:
    """Make the matrix from coordinates that increase to these sides to RAS.

    Parameters
    ----------
    space
        Three sides of the patient, such as ``"LPS"``.

    Returns
    -------
    (3, 3) float64
        A permutation with signs.

    Raises
    ------
    ValueError
        If these are no three sides.

    Examples
    --------
    >>> axes_to_ras("LPS").tolist()
    [[-1.0, 0.0, 0.0], [0.0, -1.0, 0.0], [0.0, 0.0, 1.0]]
    """
    if not is_space(space):
        raise ValueError(f"'{space}' does not name three sides of the patient")
    matrix = np.zeros((3, 3))
    matrix[_ras_rows(space), range(3)] = [1.0 if side in "RAS" else -1.0 for side in space]
    return matrix


def _ras_rows(space: str) -> list[int]:
    """For each letter the axis of RAS along which it is; -1 for another letter."""
    return [next((n for n, pair in enumerate(("RL", "AP", "SI")) if side in pair), -1) for side in space]
