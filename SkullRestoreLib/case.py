"""The records that travel between the rooms, and the errors that any room may raise.

Everything is float64 millimetres in RAS unless a name says otherwise:
RAS means +x right, +y anterior, +z superior. Volumes are indexed ``[k, j, i]``; ``ijk_to_ras`` takes ``(i, j, k, 1)``.
The *head frame* is RAS-like too (x right, y front, z up), with its origin inside the cranial cavity.
Records are frozen: a room never changes what it was given.
"""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from SkullRestoreLib.settings import ImplantSettings, Settings

__all__ = [
    "LOW_CONFIDENCE",
    "Bone",
    "Checks",
    "Defect",
    "DependencyError",
    "Implant",
    "ImplantError",
    "ImplantSettings",
    "InputError",
    "Mesh",
    "OutputError",
    "Patch",
    "Pose",
    "RadialMap",
    "ReferencePoint",
    "Restoration",
    "Settings",
    "Shell",
    "SkullRestoreError",
    "Spread",
    "Volume",
    "WeightsError",
]


class SkullRestoreError(Exception):
    """Something the user can act on. The message says what is wrong with the input and what to do."""


class InputError(SkullRestoreError):
    """The input cannot be used."""


class NotEnoughMemoryError(InputError):
    """The input needs more memory than is free; with more of it, or at another time, it may be used."""


class WeightsError(SkullRestoreError):
    """The network or shape-model file is missing or damaged."""


class ImplantError(SkullRestoreError):
    """No implant can be made for a defect; the others are not touched by that."""


class OutputError(SkullRestoreError):
    """The result cannot be written."""


class DependencyError(SkullRestoreError):
    """A package that the step needs is not installed."""


@dataclass(frozen=True)
class Volume:
    """A regular 3-D image with its place in the patient."""

    array: np.ndarray  # (nk, nj, ni) int16 HU for a CT, bool for a mask
    ijk_to_ras: np.ndarray  # (4, 4) float64, mm
    kind: Literal["ct", "mask"]
    uid: str | None = None  # DICOM series instance UID; never a patient's name
    findings: tuple[str, ...] = ()  # what the intake noticed, in plain words

    @property
    def spacing(self) -> np.ndarray:
        """Distance between voxel centres along i, j, k: (3,) float, mm."""
        return np.linalg.norm(self.ijk_to_ras[:3, :3], axis=0)


@dataclass(frozen=True)
class Mesh:
    """Triangles."""

    vertices: np.ndarray  # (n, 3) float64, mm RAS
    faces: np.ndarray  # (m, 3) int64, counter-clockwise seen from outside
    findings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Bone:
    """Segmented bone. Bone is where ``field >= iso``; between voxels the field is interpolated linearly, so its surface is finer than a voxel.

    For a CT the field is HU (everything that is not skull, such as the table, pushed below ``iso``); for a mask it is 0 or 1 with ``iso`` 0.5.
    """

    field: np.ndarray  # (nk, nj, ni) int16 or uint8
    iso: float
    mask: np.ndarray  # (nk, nj, ni) bool, field >= iso
    ijk_to_ras: np.ndarray  # (4, 4) float64, mm
    metal: np.ndarray | None = None  # (nk, nj, ni) bool, or None where there is none
    threshold_hu: float | None = None  # None when the input was a mask or a model
    findings: tuple[str, ...] = ()

    @property
    def outside(self) -> int:
        """What ``field`` counts as beyond the image: far below ``iso``."""
        return min(0, int(self.iso) - 1000)


@dataclass(frozen=True)
class Pose:
    """Where the head is: a rigid frame with its origin inside the cranial cavity."""

    ras_to_head: np.ndarray  # (4, 4) float64, rigid
    residual_mm: float  # trimmed mean distance between the vault and the template
    coverage: float  # 0..1, part of the template's vault that has bone near it
    findings: tuple[str, ...] = ()

    @property
    def head_to_ras(self) -> np.ndarray:
        """(4, 4) float64, the inverse of ``ras_to_head``."""
        return np.linalg.inv(self.ras_to_head)


@dataclass(frozen=True)
class RadialMap:
    """What rays from every grid direction to the head's centre met."""

    level: int
    intervals: (
        np.ndarray
    )  # (n, m, 2) float32, mm from the centre: [inner end, outer end] of each bone interval, outermost first, NaN where there is none
    reach: np.ndarray  # (n,) float32, mm from the centre: how far out the scan covers this ray


@dataclass(frozen=True)
class Shell:
    """Predicted or restored tables of the skull, one value for each grid direction."""

    level: int
    outer: np.ndarray  # (n,) float64, mm from the head's centre
    inner: np.ndarray  # (n,) float64, mm from the head's centre
    outer_sigma: np.ndarray  # (n,) float64, mm, standard error of ``outer``
    inner_sigma: np.ndarray  # (n,) float64, mm
    missing: np.ndarray  # (n,) float64, 0..1, probability that the outer table is missing here
    vault: np.ndarray  # (n,) bool, directions in which the shell is the skull's vault


LOW_CONFIDENCE = 0.5  # a reference point below it is shown as uncertain


@dataclass(frozen=True)
class ReferencePoint:
    """A point on sound bone along a margin, to which the restored surface is tied."""

    position: np.ndarray  # (3,) float64, mm RAS
    normal: np.ndarray  # (3,) float64, unit, outwards
    confidence: float  # 0..1
    defect: int  # number of the defect, from 1
    moved: bool = False  # by hand


@dataclass(frozen=True)
class Defect:
    """One hole of the vault."""

    number: int  # from 1, largest first
    vertices: np.ndarray  # (n,) int64, grid vertices inside the hole
    area_cm2: float  # on the restored outer surface
    centre: np.ndarray  # (3,) float64, mm RAS, on the restored outer surface
    extent_mm: np.ndarray  # (3,) float64, largest size to the side (x), front to back (y) and up (z), in the head frame
    side: str  # "left", "right", "midline" or "both sides"
    region: str  # plain anatomical words, such as "fronto-temporo-parietal"
    open_margin: bool  # part of the border is not vault bone (base, scan edge)
    margin: tuple[np.ndarray, ...] = ()  # closed loops, each (k, 3) float64 mm RAS, on the outer surface


@dataclass(frozen=True)
class Patch:
    """The restored surface of one defect: an open outer surface, and the inner table under each of its vertices."""

    defect: int
    outer: Mesh  # open patch, its border runs along the bone's edge
    inner: np.ndarray  # (n, 3) float64, mm RAS: inner table under each vertex of ``outer``
    sigma_mm: np.ndarray  # (n,) float64, standard error of the outer surface
    wide_outer: Mesh  # the same surface continued some millimetres over the sound bone: the implant is cut from it
    wide_inner: np.ndarray  # (w, 3) float64, mm RAS: inner table under each vertex of ``wide_outer``


@dataclass(frozen=True)
class Spread:
    """Smallest, middle and largest of something that was measured at many places, mm."""

    least: float
    median: float
    most: float

    @classmethod
    def of(cls, values: np.ndarray) -> "Spread | None":
        """Sum up values (n,); None where there are none."""
        return cls(float(values.min()), float(np.median(values)), float(values.max())) if len(values) else None


@dataclass(frozen=True)
class Checks:
    """What was measured on a finished implant; nothing here is taken over from the settings."""

    watertight: bool  # every edge is met once in each direction
    manifold: bool  # and at every vertex the triangles form one fan
    outward: bool  # the triangles run counter-clockwise seen from outside
    self_intersections: int  # pairs of triangles that cut each other
    bone_overlaps: int  # places, looked for every half millimetre, at which body and bone overlap
    clearance_mm: Spread | None  # from the bone's edge to the body, every millimetre along the margin; None where there is no bone
    rim_gap_mm: Spread | None  # from the body's edge there to the nearest bone; in a notch of the bone the other is wider
    clearance_within: float | None  # 0..1, part of the margin at which ``rim_gap_mm`` is within 0.3 mm of what was asked
    thickness_mm: Spread | None  # along the surface's normal, away from rim and holes
    thickness_map: np.ndarray  # (n,) float64, mm at each vertex of the mesh's outer face, NaN elsewhere
    edge_mm: float | None  # least thickness of the rim
    covered: float  # 0..1, part of the defect's area that the body covers, where bone leaves room for it and its gap
    covered_in_all: float  # 0..1, the same with the gap counted as not covered
    undercut_mm2: float  # area of the bone's edge that hangs over the way in
    volume_ml: float
    mass_g: dict[str, float]  # material -> g
    size_mm: np.ndarray  # (3,) float64, of the smallest box that holds it, largest first
    triangles: int
    simplification_mm: float  # how far thinning out the triangles moved the surface at most
    failed: tuple[str, ...] = ()  # a sentence for each check that did not pass

    @property
    def passed(self) -> bool:
        """Whether every check passed."""
        return not self.failed


@dataclass(frozen=True)
class PieceChecks:
    """What was measured on a part of an implant, or on half of its mould."""

    clean: bool  # closed, manifold, turned outwards, no triangles that cut each other
    volume_ml: float
    size_mm: np.ndarray  # (3,) float64, of the smallest box that holds it, largest first
    triangles: int
    gap_mm: float | None = None  # of a part: least distance to the others, 0 where they overlap
    off_mm: float | None = None  # of a mould: how far it lies from the implant's surface at most
    caught_mm2: float | None = None  # of a mould: area of the implant that keeps it from being taken off
    failed: tuple[str, ...] = ()  # a sentence for each check that did not pass


@dataclass(frozen=True)
class Implant:
    """A closed body for one defect."""

    defect: int
    mesh: Mesh  # closed, outward normals
    volume_ml: float
    thickness_mm: float  # median
    watertight: bool
    clearance_mm: float  # as asked
    insertion: np.ndarray | None = None  # (3,) float64, unit, mm RAS: the way in, from outside inwards
    settings: ImplantSettings = field(default_factory=ImplantSettings)
    checks: Checks | None = None
    parts: tuple[Mesh, ...] = ()  # two or three closed bodies with a joint, where the implant was split
    part_checks: tuple[PieceChecks, ...] = ()  # one for each part
    mould: tuple[Mesh, ...] = ()  # the outer and the inner half, where a mould was asked for
    mould_checks: tuple[PieceChecks, ...] = ()  # one for each half
    findings: tuple[str, ...] = ()  # what was noticed while it was designed, in plain words


@dataclass(frozen=True)
class Restoration:
    """Everything that one run found and made."""

    bone: Bone
    source: Volume | Mesh
    pose: Pose
    shell: Shell
    skull: Mesh  # display resolution
    defects: tuple[Defect, ...]
    small_holes: tuple[Defect, ...]  # below the area limit: reported, not restored
    points: tuple[ReferencePoint, ...]
    patches: tuple[Patch, ...]
    implants: tuple[Implant, ...]
    restored_bone: np.ndarray | None  # (nk, nj, ni) uint8 on the input's grid, voxel = number of the defect; None for a model
    implant_mask: np.ndarray | None  # the same for the implants' bodies
    settings: Settings
    weights_sha256: str
    warnings: tuple[str, ...] = ()
    seconds: dict[str, float] = field(default_factory=dict)  # step name -> s
    peak_memory_mb: float = 0.0
