"""The frozen records that pass from one step to the next.

Lengths are float64 millimetres and positions are RAS (+x right, +y anterior, +z superior) unless a name says otherwise.
Volumes are indexed ``[k, j, i]``; ``ijk_to_ras`` takes ``(i, j, k, 1)``. The *head frame* has x to the right, y to the
front and z up, with its origin inside the cranial cavity.

A step never changes a record that it received: it returns a new one. Records that hold arrays are compared and hashed
by identity, because arrays have no single truth value; their ``repr`` shows types and shapes instead of numbers.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from SkullRestoreLib.affine import apply_affine, invert_affine, voxel_spacing
from SkullRestoreLib.findings import split_findings
from SkullRestoreLib.patient_identity import Identity
from SkullRestoreLib.settings import ImplantSettings, Settings

__all__ = [
    "LOW_CONFIDENCE",
    "SIDE_NOT_KNOWN",
    "Bone",
    "Defect",
    "DefectPatch",
    "FixationPlace",
    "Implant",
    "ImplantChecks",
    "ImplantSettings",
    "MeasuredRange",
    "Mesh",
    "NoImplant",
    "PieceChecks",
    "Pose",
    "RayMap",
    "ReferencePoint",
    "Restoration",
    "ScanInfo",
    "Settings",
    "SkinMap",
    "SkinSymmetry",
    "VaultTables",
    "Volume",
    "WrittenFile",
    "why_not_passed",
    "without_side",
]

LOW_CONFIDENCE = 0.5
"""A reference point with a lower confidence (0 to 1) is shown as uncertain."""

SIDE_NOT_KNOWN = "side not known"
"""Replaces left and right where the input does not say which side is which."""

NO_SPACE = "the file does not say which side of the patient is left"
"""A reason why the side is not known: the file states no patient coordinate system."""

INSIDE_OUT = "the model's faces are inside out, as those of a mirror image are"
"""A reason why the side is not known: a mirrored model looks the same as one with reversed faces."""


BELOW_ISO_HU = 150
"""The field is this much below the threshold where bone was removed, and this much above where it was added."""


def _summary(value: Any) -> str:
    """Describe a value briefly: arrays by type and shape, records by their type, tuples of them by their length."""
    if isinstance(value, np.ndarray):
        if value.ndim == 1 and value.size <= 4 and value.dtype.kind in "fiu":
            return "[" + ", ".join(f"{number:.4g}" for number in value) + "]"
        return f"<{value.dtype} {value.shape}>"
    if isinstance(value, _ArrayRecord):
        return f"<{type(value).__name__}>"
    if isinstance(value, tuple) and any(isinstance(item, np.ndarray | _ArrayRecord) for item in value):
        return f"<{len(value)} {type(value[0]).__name__}>"
    return repr(value)


@dataclass(frozen=True, eq=False, repr=False)
class _ArrayRecord:
    """A record with arrays: equal only to itself, with a ``repr`` of one line."""

    def __repr__(self) -> str:
        shown = (f"{each.name}={_summary(getattr(self, each.name))}" for each in fields(self) if each.repr)
        return f"{type(self).__name__}({', '.join(shown)})"


class _VoxelGrid(_ArrayRecord):
    """A record whose arrays are on a voxel grid with ``ijk_to_ras``."""

    ijk_to_ras: NDArray[np.float64]

    @property
    def spacing(self) -> NDArray[np.float64]:
        """Distance between voxel centres along i, j, k: (3,) float64, mm."""
        return voxel_spacing(self.ijk_to_ras)

    def to_ras(self, ijk: ArrayLike) -> NDArray[np.float64]:
        """Convert voxel positions to points.

        Parameters
        ----------
        ijk
            (..., 3) float, in the order i, j, k.

        Returns
        -------
        ndarray
            (..., 3) float64, mm RAS.
        """
        return apply_affine(self.ijk_to_ras, ijk)

    def to_ijk(self, points: ArrayLike) -> NDArray[np.float64]:
        """Convert points to voxel positions.

        Parameters
        ----------
        points
            (..., 3) float, mm RAS.

        Returns
        -------
        ndarray
            (..., 3) float64, in the order i, j, k.
        """
        return apply_affine(invert_affine(self.ijk_to_ras), points)


@dataclass(frozen=True)
class ScanInfo:
    """How and when a CT was made, as its header says; nothing here names the patient.

    Attributes
    ----------
    date
        YYYY-MM-DD; empty where it is not known.
    thickness_mm
        Of a slice; None where it is not known.
    kernel
        Convolution kernel; empty where it is not known.
    """

    date: str = ""
    thickness_mm: float | None = None
    kernel: str = ""


@dataclass(frozen=True, eq=False, repr=False)
class Volume(_VoxelGrid):
    """A regular 3-D image with its place in the patient.

    Attributes
    ----------
    array
        (nk, nj, ni) int16 HU for a CT, bool for a mask.
    ijk_to_ras
        (4, 4) float64, mm.
    kind
        What the voxels hold.
    uid
        DICOM series instance UID; never a patient's name.
    findings
        What the reader noticed, a sentence each.
    side_known
        Whether the input says which side of the patient is left.
    whose
        Marks of the patient, so that two scans can be compared; never shown.
    scan
        How and when a CT was made; None where the file does not say it.

    Examples
    --------
    >>> volume = Volume(np.zeros((4, 5, 6), np.int16), np.diag([0.5, 0.5, 1.0, 1.0]), "ct")
    >>> volume.spacing.tolist(), volume.to_ras([5, 4, 3]).tolist()
    ([0.5, 0.5, 1.0], [2.5, 2.0, 3.0])
    >>> volume
    Volume(array=<int16 (4, 5, 6)>, ijk_to_ras=<float64 (4, 4)>, kind='ct', uid=None, findings=(), side_known=True)
    """

    array: NDArray[Any]
    ijk_to_ras: NDArray[np.float64]
    kind: Literal["ct", "mask"]
    uid: str | None = None
    findings: tuple[str, ...] = ()
    side_known: bool = True
    whose: Identity | None = field(default=None, repr=False)
    scan: ScanInfo | None = field(default=None, repr=False)


@dataclass(frozen=True, eq=False, repr=False)
class Mesh(_ArrayRecord):
    """A surface of triangles.

    Attributes
    ----------
    vertices
        (n, 3) float64, mm RAS.
    faces
        (m, 3) int64, counter-clockwise seen from outside.
    findings
        What the reader noticed, a sentence each.
    side_known
        Whether the input says which side of the patient is left.

    Examples
    --------
    >>> square = Mesh(np.array([[0.0, 0, 0], [10, 0, 0], [10, 10, 0], [0, 10, 0]]), np.array([[0, 1, 2], [0, 2, 3]]))
    >>> square.vertices.shape, square.faces.shape, square.side_known
    ((4, 3), (2, 3), True)
    """

    vertices: NDArray[np.float64]
    faces: NDArray[np.int64]
    findings: tuple[str, ...] = ()
    side_known: bool = True

    @property
    def is_inside_out(self) -> bool:
        """Whether the faces run clockwise seen from outside, as they do when a model was mirrored."""
        a, b, c = (self.vertices[self.faces[:, k]] for k in range(3))
        return bool(np.einsum("mi,mi->", a - self.vertices.mean(axis=0), np.cross(b - a, c - a)) < 0)


VolumeOrMesh = TypeVar("VolumeOrMesh", Volume, Mesh)


def without_side(record: VolumeOrMesh, reason: str) -> VolumeOrMesh:
    """Mark a record's left and right as not known.

    Parameters
    ----------
    record
        Volume or mesh.
    reason
        Why the side is not known, as part of a sentence: :data:`NO_SPACE` or :data:`INSIDE_OUT`.

    Returns
    -------
    Volume or Mesh
        A copy whose first finding gives the reason and says what to do.

    Examples
    --------
    >>> without_side(Mesh(np.zeros((0, 3)), np.zeros((0, 3), np.int64)), INSIDE_OUT).side_known
    False
    """
    finding = (
        f"Side not known: {reason}. Compare left and right with the patient before the result is used; "
        "on the command line the coordinate system of the file can be stated."
    )
    return replace(record, side_known=False, findings=(finding, *record.findings))


@dataclass(frozen=True, eq=False, repr=False)
class Bone(_VoxelGrid):
    """Segmented bone: the region where ``field >= iso``.

    Between voxels the field is interpolated linearly, so that the bone's surface is placed more finely than a voxel.

    Attributes
    ----------
    field
        (nk, nj, ni) int16 or uint8. For a CT it is HU, with everything that is not skull (such as the table that the
        patient rests on) pushed below ``iso``; for a mask it is 0 or 1 with ``iso`` 0.5.
    iso
        Value of the field at the bone's surface.
    mask
        (nk, nj, ni) bool, ``field >= iso``.
    ijk_to_ras
        (4, 4) float64, mm.
    metal
        (nk, nj, ni) bool; None where there is no metal.
    threshold_hu
        Threshold of the segmentation, HU; None for a mask or a model.
    findings
        What the segmentation noticed, a sentence each.
    side_known
        As of the input.

    Examples
    --------
    >>> hu = np.full((3, 3, 3), 1200, np.int16)
    >>> bone = Bone(hu, 300.0, hu >= 300, np.diag([0.5, 0.5, 1.0, 1.0]), threshold_hu=300.0)
    >>> int(bone.mask.sum()), bone.spacing.tolist(), bone.outside_value
    (27, [0.5, 0.5, 1.0], -700)
    """

    field: NDArray[Any]
    iso: float
    mask: NDArray[np.bool_]
    ijk_to_ras: NDArray[np.float64]
    metal: NDArray[np.bool_] | None = None
    threshold_hu: float | None = None
    findings: tuple[str, ...] = ()
    side_known: bool = True

    @property
    def outside_value(self) -> int:
        """Value that stands for ``field`` beyond the image: far below ``iso``."""
        return min(0, int(self.iso) - 1000)

    @property
    def erased_value(self) -> int:
        """Value of ``field`` where the user removed bone: one less than where the segmentation did."""
        return 0 if self.field.dtype == np.uint8 else int(np.ceil(self.iso)) - BELOW_ISO_HU - 1


@dataclass(frozen=True, eq=False, repr=False)
class Pose(_ArrayRecord):
    """The head frame's place in the scan.

    Attributes
    ----------
    ras_to_head
        (4, 4) float64, rigid. The head frame's origin is inside the cranial cavity.
    residual_mm
        Trimmed mean distance between the vault and the template.
    coverage
        0..1, part of the template's vault that has bone near it.
    findings
        What was noticed, a sentence each.
    size
        Size of the head, as a multiple of those that the statistics were learnt from: 1 for most adults (see
        :func:`SkullRestoreLib.pose.head_size.counted_size`).

    Examples
    --------
    >>> pose = Pose(np.array([[1.0, 0, 0, -10], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]), 1.2, 0.9)
    >>> pose.to_head([[10.0, 5, 0]]).tolist(), pose.to_ras([[0.0, 5, 0]]).tolist()
    ([[0.0, 5.0, 0.0]], [[10.0, 5.0, 0.0]])
    """

    ras_to_head: NDArray[np.float64]
    residual_mm: float
    coverage: float
    findings: tuple[str, ...] = ()
    size: float = 1.0

    @property
    def head_to_ras(self) -> NDArray[np.float64]:
        """(4, 4) float64, the inverse of ``ras_to_head``."""
        return invert_affine(self.ras_to_head)

    def to_head(self, points: ArrayLike) -> NDArray[np.float64]:
        """Convert points of the scan to the head frame.

        Parameters
        ----------
        points
            (..., 3) float, mm RAS.

        Returns
        -------
        ndarray
            (..., 3) float64, mm, head frame.
        """
        return apply_affine(self.ras_to_head, points)

    def to_ras(self, points: ArrayLike) -> NDArray[np.float64]:
        """Convert points of the head frame to the scan.

        Parameters
        ----------
        points
            (..., 3) float, mm, head frame.

        Returns
        -------
        ndarray
            (..., 3) float64, mm RAS.
        """
        return apply_affine(self.head_to_ras, points)


@dataclass(frozen=True, eq=False, repr=False)
class RayMap(_ArrayRecord):
    """The bone that rays from every grid direction to the head's centre meet.

    Attributes
    ----------
    level
        Grid level.
    intervals
        (n, m, 2) float32, mm from the centre: [inner end, outer end] of each bone interval, outermost first, NaN where
        there is none.
    reach
        (n,) float32, mm from the centre: how far out the scan covers this ray.
    size
        Size of the head, as of its pose.

    Examples
    --------
    >>> shell = np.full((42, 1, 2), [80.0, 86.0], np.float32)
    >>> rays = RayMap(1, shell, np.full(42, 120, np.float32))
    >>> float(rays.intervals[0, 0, 1] - rays.intervals[0, 0, 0])
    6.0
    """

    level: int
    intervals: NDArray[np.float32]
    reach: NDArray[np.float32]
    size: float = 1.0


@dataclass(frozen=True, eq=False, repr=False)
class SkinMap(_ArrayRecord):
    """The skin that rays from the head's centre meet.

    Attributes
    ----------
    level
        Grid level.
    radius
        (n,) float32, mm from the centre; NaN where no skin was found, or the scan ends before it.

    Examples
    --------
    >>> float(SkinMap(1, np.full(42, 92, np.float32)).radius.mean())
    92.0
    """

    level: int
    radius: NDArray[np.float32]


@dataclass(frozen=True, eq=False, repr=False)
class VaultTables(_ArrayRecord):
    """Predicted or restored tables of the skull, one value for each grid direction.

    Attributes
    ----------
    level
        Grid level.
    outer, inner
        (n,) float64, mm from the head's centre.
    outer_sigma, inner_sigma
        (n,) float64, mm, standard error of ``outer`` and ``inner``.
    missing
        (n,) float64, 0..1, probability that the outer table is missing here.
    vault
        (n,) bool, directions in which the tables are those of the vault.

    Examples
    --------
    >>> n = 42
    >>> tables = VaultTables(1, *np.full((4, n), [[86.0], [80], [0.5], [0.5]]), np.zeros(n), np.ones(n, bool))
    >>> float((tables.outer - tables.inner).mean()), int(tables.vault.sum())
    (6.0, 42)
    """

    level: int
    outer: NDArray[np.float64]
    inner: NDArray[np.float64]
    outer_sigma: NDArray[np.float64]
    inner_sigma: NDArray[np.float64]
    missing: NDArray[np.float64]
    vault: NDArray[np.bool_]


@dataclass(frozen=True, eq=False, repr=False)
class ReferencePoint(_ArrayRecord):
    """A point on sound bone along a margin, to which the restored surface is fitted.

    Attributes
    ----------
    position
        (3,) float64, mm RAS.
    normal
        (3,) float64, unit, outwards.
    confidence
        0..1; uncertain below :data:`LOW_CONFIDENCE`.
    defect
        Number of the defect, from 1.
    moved
        Whether the user moved it.
    """

    position: NDArray[np.float64]
    normal: NDArray[np.float64]
    confidence: float
    defect: int
    moved: bool = False


EMPTY_MESH = Mesh(np.zeros((0, 3)), np.zeros((0, 3), np.int64))
"""A surface of nothing."""


@dataclass(frozen=True, eq=False, repr=False)
class VaultObject(_ArrayRecord):
    """Something in a hole that does not belong to the sound vault: an old flap, a plate, a mesh.

    Attributes
    ----------
    number
        From 1, largest first.
    kind
        In words, such as ``"bone flap"`` or ``"metal mesh or plate"``.
    area_cm2
        Of the vault that it covers.
    volume_ml
        Of its voxels.
    mean_hu
        Mean of its voxels; None where the input is no CT.
    depth_mm
        Median distance below the predicted outer table, negative where it stands out.
    tilt_deg
        Slope against the predicted outer table.
    open_edge
        0..1, part of its edge at which it does not hang together with the skull.
    vertices
        (n,) int64, grid vertices over it.
    removed
        Whether the skull was restored as if it were not there.
    side, region
        Where it is, in words.
    model
        Its surface, for pictures.
    """

    number: int
    kind: str
    area_cm2: float
    volume_ml: float
    mean_hu: float | None
    depth_mm: float
    tilt_deg: float
    open_edge: float
    vertices: NDArray[np.int64]
    removed: bool = False
    side: str = ""
    region: str = ""
    model: Mesh = EMPTY_MESH


@dataclass(frozen=True, eq=False, repr=False)
class Defect(_ArrayRecord):
    """A missing region of the vault.

    Attributes
    ----------
    number
        From 1, largest first.
    vertices
        (n,) int64, grid vertices inside the defect.
    area_cm2
        Area on the restored outer surface.
    centre
        (3,) float64, mm RAS, on the restored outer surface.
    extent_mm
        (3,) float64, largest size from side to side (x), front to back (y) and up (z), in the head frame.
    side
        "left", "right", "midline", "both sides" or :data:`SIDE_NOT_KNOWN`.
    region
        Plain anatomical words, such as "fronto-temporo-parietal".
    open_margin
        Whether part of the border is not vault bone (skull base, edge of the scan).
    margin
        Closed loops, each (k, 3) float64 mm RAS, on the outer surface.

    Examples
    --------
    >>> at, size = np.array([60.0, 10, 70]), np.array([40.0, 80, 60])
    >>> defect = Defect(1, np.arange(5), 42.0, at, size, "left", "fronto-parietal", open_margin=False)
    >>> f"{defect.side} {defect.region}, {defect.area_cm2:.1f} cm²"
    'left fronto-parietal, 42.0 cm²'
    """

    number: int
    vertices: NDArray[np.int64]
    area_cm2: float
    centre: NDArray[np.float64]
    extent_mm: NDArray[np.float64]
    side: str
    region: str
    open_margin: bool
    margin: tuple[NDArray[np.float64], ...] = ()


@dataclass(frozen=True, eq=False, repr=False)
class DefectPatch(_ArrayRecord):
    """The restored surface of one defect.

    Attributes
    ----------
    defect
        Number of the defect.
    outer
        Open outer surface; its border runs along the bone's edge.
    inner
        (n, 3) float64, mm RAS: inner table under each vertex of ``outer``.
    sigma_mm
        (n,) float64, standard error of the outer surface.
    wide_outer
        The same surface continued some millimetres over the sound bone: the implant is cut from it.
    wide_inner
        (w, 3) float64, mm RAS: inner table under each vertex of ``wide_outer``.
    """

    defect: int
    outer: Mesh
    inner: NDArray[np.float64]
    sigma_mm: NDArray[np.float64]
    wide_outer: Mesh
    wide_inner: NDArray[np.float64]


@dataclass(frozen=True)
class MeasuredRange:
    """Smallest, median and largest of a length that was measured at many places, mm."""

    least: float
    median: float
    most: float

    @classmethod
    def from_values(cls, values: NDArray[np.float64]) -> "MeasuredRange | None":
        """Summarise values (n,) in mm; None where there are none.

        Examples
        --------
        >>> MeasuredRange.from_values(np.array([1.0, 4.0, 2.0]))
        MeasuredRange(least=1.0, median=2.0, most=4.0)
        """
        return cls(float(values.min()), float(np.median(values)), float(values.max())) if len(values) else None


@dataclass(frozen=True, eq=False, repr=False)
class FaultPlaces(_ArrayRecord):
    """Where on an implant a check did not pass.

    Attributes
    ----------
    fault
        The sentence in ``failed``.
    where
        In words, such as ``"lower front"``; empty where it is all over the implant.
    positions
        (k, 3) float64, mm RAS, apart from each other.
    """

    fault: str
    where: str
    positions: NDArray[np.float64]


@dataclass(frozen=True)
class MaterialStrength:
    """What a push and the pressure from inside do to an implant in one material: an estimate.

    Attributes
    ----------
    push_deflection_mm, pressure_deflection_mm
        How far it bends at most.
    push_safety, pressure_safety
        Strength of the material divided by the largest stress.
    """

    push_deflection_mm: float
    push_safety: float
    pressure_deflection_mm: float
    pressure_safety: float

    @property
    def least_safety(self) -> float:
        """The smaller one of both safety factors."""
        return min(self.push_safety, self.pressure_safety)


@dataclass(frozen=True, eq=False, repr=False)
class StrengthEstimate(_ArrayRecord):
    """How far an implant bends and how safe it is: an estimate for research, no proof of strength.

    Attributes
    ----------
    push_n
        Force of the push.
    pressure_mmhg
        Pressure from inside.
    held_at
        Where the implant is held: at its ``"fixations"``, or along its ``"rim"``.
    weakest
        (3,) float64, mm RAS: where the push makes the largest stress.
    by_material
        Of each material.
    deflection_map
        (v,) float64, mm under the push at the weakest place, at each vertex of the mesh's outer face, NaN elsewhere.
    safety_map
        (v,) float64, safety factor of a push there, in the same places.
    """

    push_n: float
    pressure_mmhg: float
    held_at: str
    weakest: NDArray[np.float64]
    by_material: dict[str, MaterialStrength]
    deflection_map: NDArray[np.float64]
    safety_map: NDArray[np.float64]


@dataclass(frozen=True)
class SkinSymmetry:
    """How far the skin over a defect will be from the mirrored skin of the other side, mm.

    The skin is expected: the outer face of the finished body, and over it the soft tissue that the operated side has.

    Attributes
    ----------
    before_mean, before_p95
        Mean of the distances, and what 95 % of them are below, without raising the outer face.
    after_mean, after_p95
        The same with the body as it is.
    area_cm2
        Area of the defect whose counterpart was seen.
    muscle_left
        0..1, part of the muscle's thickness that is left over the bone around the defect.
    """

    before_mean: float
    before_p95: float
    after_mean: float
    after_p95: float
    area_cm2: float
    muscle_left: float


@dataclass(frozen=True, eq=False, repr=False)
class ImplantChecks(_ArrayRecord):
    """Measurements of a finished implant's triangles; nothing here is copied from the settings.

    Attributes
    ----------
    watertight
        Whether every edge is met once in each direction.
    manifold
        Whether it is watertight and the triangles at every vertex form one fan.
    outward
        Whether the triangles run counter-clockwise seen from outside.
    self_intersections
        Number of pairs of triangles that cut each other.
    bone_overlaps
        Number of places, searched every half millimetre, at which body and bone overlap.
    clearance_mm
        From the bone's edge to the body, every millimetre along the margin; None where there is no bone.
    rim_gap_mm
        From the body's edge to the nearest bone at the same places; in a notch of the bone ``clearance_mm`` is wider.
    clearance_within
        0..1, part of the margin at which ``rim_gap_mm`` is within 0.3 mm of the setting.
    thickness_mm
        Along the surface's normal, away from rim and holes.
    thickness_map
        (n,) float64, mm at each vertex of the mesh's outer face, NaN elsewhere.
    thickness_off_mm
        Where the thickness is graded: what was measured minus what was asked at its place; None where it is not.
    edge_mm
        Least thickness of the rim.
    covered
        0..1, part of the defect's area that the body covers, where the bone leaves room for the body and its clearance.
    covered_in_all
        0..1, the same with the clearance counted as not covered.
    undercut_mm2
        Area of the bone's edge that would catch the implant along the insertion direction.
    volume_ml
        Volume of the body.
    mass_g
        Mass by material.
    size_mm
        (3,) float64, sides of the smallest box that holds the body, largest first.
    triangles
        Their number.
    simplification_mm
        How far the surface moved at most when triangles were thinned out.
    uncovered_cm2
        Area of the defect that the body leaves uncovered although no bone is there: what trim lines cut off.
    web_mm
        Least material between a perforation or suture hole and the next hole or the rim; None where there are none.
    step_mm
        Height of the outer face over the bone's outer table along the rim; negative where it is lower. None where
        there is no bone next to it.
    step_map
        (n,) float64, mm: the same at each vertex of the mesh's outer face next to the rim, NaN elsewhere.
    clearance_map
        (n,) float64, mm from each vertex of the mesh to the bone, NaN where it is far.
    engraved_mm
        Depth of the label in the inner face; None where there is none, or it was not found.
    strength
        Estimate of deflection and safety; None where it is not asked for.
    raised_mm
        How far the outer face is above the restored surface, where it was raised for the skin; None where it was not.
    raised_map
        (n,) float64, mm: the same at each vertex of the mesh's outer face, NaN elsewhere.
    skin
        Symmetry of the skin, where the outer face was raised for it.
    landmarks_mm
        By name, about how far the body is from what must stay free at the base of the skull.
    failed
        A sentence for each check that did not pass.
    fault_places
        Where, for each check that fails at places and not as a whole.
    """

    watertight: bool
    manifold: bool
    outward: bool
    self_intersections: int
    bone_overlaps: int
    clearance_mm: MeasuredRange | None
    rim_gap_mm: MeasuredRange | None
    clearance_within: float | None
    thickness_mm: MeasuredRange | None
    thickness_map: NDArray[np.float64]
    edge_mm: float | None
    covered: float
    covered_in_all: float
    undercut_mm2: float
    volume_ml: float
    mass_g: dict[str, float]
    size_mm: NDArray[np.float64]
    triangles: int
    simplification_mm: float
    uncovered_cm2: float = 0.0
    thickness_off_mm: MeasuredRange | None = None
    web_mm: float | None = None
    step_mm: MeasuredRange | None = None
    step_map: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    engraved_mm: float | None = None
    clearance_map: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    strength: StrengthEstimate | None = None
    raised_mm: MeasuredRange | None = None
    raised_map: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    skin: SkinSymmetry | None = None
    landmarks_mm: dict[str, float] = field(default_factory=dict)
    failed: tuple[str, ...] = ()
    fault_places: tuple[FaultPlaces, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether every check passed."""
        return not self.failed


@dataclass(frozen=True, eq=False, repr=False)
class FixationPlace(_ArrayRecord):
    """A place at which an implant is fixed.

    Attributes
    ----------
    kind
        In words, such as ``"screw hole in a tab"``.
    position
        (3,) float64, mm RAS, on the outer face.
    towards
        (3,) float64, unit, RAS: from outside inwards, along the screw.
    """

    kind: str
    position: NDArray[np.float64]
    towards: NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class PieceChecks(_ArrayRecord):
    """Measurements of one part of an implant, of one half of its mould, or of its margin ring.

    Attributes
    ----------
    clean
        Whether it is closed, manifold and turned outwards, without triangles that cut each other.
    volume_ml
        Volume.
    size_mm
        (3,) float64, sides of the smallest box that holds it, largest first.
    triangles
        Their number.
    gap_mm
        Of a part: least distance to the other parts, 0 where they overlap. Of a ring: to the implant.
    off_mm
        Of a mould: largest distance between its cavity and the implant's surface.
    caught_mm2
        Of a mould: area of the implant that keeps the half from being taken off.
    channels
        Of a mould: number of sprues and vents that are open from the cavity to the outside; None where none are asked.
    failed
        A sentence for each check that did not pass.
    """

    clean: bool
    volume_ml: float
    size_mm: NDArray[np.float64]
    triangles: int
    gap_mm: float | None = None
    off_mm: float | None = None
    caught_mm2: float | None = None
    channels: int | None = None
    failed: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False, repr=False)
class Implant(_ArrayRecord):
    """The closed body that replaces the missing bone of one defect.

    Attributes
    ----------
    defect
        Number of the defect.
    mesh
        Closed, outward normals.
    volume_ml
        Volume.
    thickness_mm
        Median thickness.
    watertight
        Whether the mesh is closed.
    clearance_mm
        As set.
    insertion_direction
        (3,) float64, unit, mm RAS, from outside inwards.
    settings
        The design's settings.
    checks
        Measurements of the finished body; None where it was not checked.
    parts
        Two or three closed bodies with a lap joint, where the implant was split.
    part_checks
        One for each part.
    mould
        The outer and the inner half, where a mould was asked for.
    mould_checks
        One for each half.
    ring
        The margin ring, where it was asked for.
    ring_checks
        One for each ring.
    findings
        Notes on the design, a sentence each; what is wrong with the body is in ``failed``.
    trim_lines
        Where the margin is open: lines on the outer face, each (k, 3) float64, mm RAS, that end the body.
    fixations
        Where it is fixed, in the order along the rim.

    Examples
    --------
    >>> body = Mesh(np.eye(4)[:, :3] * 10, np.array([[0, 2, 1], [0, 1, 3], [1, 2, 3], [0, 3, 2]]))
    >>> implant = Implant(1, body, volume_ml=0.2, thickness_mm=4.0, watertight=True, clearance_mm=1.0)
    >>> implant.settings.thickness_mm, implant.checks is None
    (4.0, True)
    """

    defect: int
    mesh: Mesh
    volume_ml: float
    thickness_mm: float
    watertight: bool
    clearance_mm: float
    insertion_direction: NDArray[np.float64] | None = None
    settings: ImplantSettings = field(default_factory=ImplantSettings)
    checks: ImplantChecks | None = None
    parts: tuple[Mesh, ...] = ()
    part_checks: tuple[PieceChecks, ...] = ()
    mould: tuple[Mesh, ...] = ()
    mould_checks: tuple[PieceChecks, ...] = ()
    ring: tuple[Mesh, ...] = ()
    ring_checks: tuple[PieceChecks, ...] = ()
    findings: tuple[str, ...] = ()
    trim_lines: tuple[NDArray[np.float64], ...] = ()
    fixations: tuple[FixationPlace, ...] = ()

    @property
    def assembly_order(self) -> tuple[int, ...]:
        """Numbers of the parts in the order in which they are put in.

        At each joint the outer half of the earlier part covers the inner half of the next one, so the last part is
        first. Empty where the implant is one body.
        """
        return tuple(range(len(self.parts), 0, -1))

    @property
    def failed(self) -> tuple[str, ...]:
        """A sentence for each failed check of body, parts, mould and ring; a body without checks has not passed."""
        if self.checks is None:
            return ("The body was not checked.",)
        unchecked = [
            f"{len(meshes) - len(checks)} of {len(meshes)} {name} were not checked."
            for name, meshes, checks in (
                ("parts", self.parts, self.part_checks),
                ("mould halves", self.mould, self.mould_checks),
                ("margin rings", self.ring, self.ring_checks),
            )
            if len(checks) < len(meshes)
        ]
        pieces = (*self.part_checks, *self.mould_checks, *self.ring_checks)
        of_pieces = (sentence for piece in pieces for sentence in piece.failed)
        return (*self.checks.failed, *of_pieces, *unchecked)

    @property
    def passed(self) -> bool:
        """Whether every check of body, parts, mould and ring passed: this alone decides what is delivered."""
        return not self.failed

    def file_stem(self, piece: str = "", *, keep_failed: bool = False) -> str | None:
        """Name the file of the body, or of a piece such as ``"part_2"``, without its ending.

        Parameters
        ----------
        piece
            Which part or half of the mould; empty for the body.
        keep_failed
            Whether an implant that did not pass is written too, under a name that says so.

        Returns
        -------
        str or None
            None where the file is withheld.
        """
        stem = f"implant_{self.defect}" + (f"_{piece}" if piece else "")
        if self.passed:
            return stem
        return f"{stem}_NOT_PASSED" if keep_failed else None


@dataclass(frozen=True)
class NoImplant:
    """Why no body could be made for a defect.

    Attributes
    ----------
    defect
        Number of the defect.
    reason
        A sentence for the user.
    """

    defect: int
    reason: str


@dataclass(frozen=True)
class WrittenFile:
    """A file of a result.

    Attributes
    ----------
    name
        Without its folder.
    bytes
        Its size.
    sha256
        Of its content.
    """

    name: str
    bytes: int
    sha256: str


def why_not_passed(
    numbers: Iterable[int], implants: Sequence[Implant], not_made: Sequence[NoImplant]
) -> dict[int, tuple[str, ...]]:
    """Find the defects without an implant that passed its checks.

    Parameters
    ----------
    numbers
        Numbers of the defects; those of ``implants`` and ``not_made`` are added.
    implants
        The bodies that were made.
    not_made
        The defects for which no body could be made.

    Returns
    -------
    dict of int to tuple of str
        A sentence for each reason, by the defect's number, ascending.

    Examples
    --------
    >>> why_not_passed([1, 2], [], [NoImplant(2, "The margin is open.")])
    {1: ('No implant was made.',), 2: ('The margin is open.',)}
    """
    of_bodies = {implant.defect: implant.failed for implant in implants}
    of_others = {none.defect: (none.reason,) for none in not_made}
    reasons: Mapping[int, tuple[str, ...]] = {
        number: of_bodies.get(number, of_others.get(number, ("No implant was made.",)))
        for number in dict.fromkeys((*numbers, *of_bodies, *of_others))
    }
    return {number: failed for number, failed in sorted(reasons.items()) if failed}


@dataclass(frozen=True, eq=False, repr=False)
class Restoration(_ArrayRecord):
    """Everything that one run found and made.

    Attributes
    ----------
    bone
        The segmented bone.
    source
        The input.
    pose
        The head frame's place in the scan.
    vault_tables
        Predicted outer and inner table.
    skull
        The bone's surface at display resolution.
    defects
        The restored defects, largest first.
    small_defects
        Below the area limit: reported, not restored.
    points
        Reference points of all defects.
    patches
        Restored surfaces.
    implants
        All bodies that were made, whether they passed their checks or not.
    restored_bone
        (nk, nj, ni) uint8 on the input's grid, voxel = number of the defect; None for a model.
    implant_mask
        The same for the implants that passed their checks.
    settings
        The settings of the run.
    weights_sha256
        Checksum of the network's weights.
    findings
        What the user should know, a sentence each; ``warnings`` and ``notes`` are its two kinds. Failed checks are in
        ``not_passed``.
    seconds
        Duration of each step, s.
    peak_memory_mb
        Most memory that the process held.
    not_made
        Defects for which no body could be made.
    objects
        What was in the holes and does not belong to the sound vault; what was removed is not in ``bone``.
    revision
        Number of the design: 1 as it was restored, one more with each redesign of a finished result.
    revised_from
        Number of the revision that this one was made from; None where it is the first.
    changed
        What this revision changed against the one that it was made from, a sentence each.
    made_on
        Day of the design, YYYY-MM-DD; empty before it is written.
    """

    bone: Bone
    source: Volume | Mesh
    pose: Pose
    vault_tables: VaultTables
    skull: Mesh
    defects: tuple[Defect, ...]
    small_defects: tuple[Defect, ...]
    points: tuple[ReferencePoint, ...]
    patches: tuple[DefectPatch, ...]
    implants: tuple[Implant, ...]
    restored_bone: NDArray[np.uint8] | None
    implant_mask: NDArray[np.uint8] | None
    settings: Settings
    weights_sha256: str
    findings: tuple[str, ...] = ()
    seconds: dict[str, float] = field(default_factory=dict)
    peak_memory_mb: float = 0.0
    not_made: tuple[NoImplant, ...] = ()
    objects: tuple[VaultObject, ...] = ()
    revision: int = 1
    revised_from: int | None = None
    changed: tuple[str, ...] = ()
    made_on: str = ""

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the user has to look at."""
        return split_findings(self.findings)[0]

    @property
    def notes(self) -> tuple[str, ...]:
        """What is good to know and asks for nothing, such as the number of slices."""
        return split_findings(self.findings)[1]

    @property
    def passed_implants(self) -> tuple[Implant, ...]:
        """The implants that may be delivered."""
        return tuple(implant for implant in self.implants if implant.passed)

    @property
    def not_passed(self) -> dict[int, tuple[str, ...]]:
        """Defects without an implant that passed its checks, by number, with a sentence for each reason."""
        return why_not_passed([defect.number for defect in self.defects], self.implants, self.not_made)

    @property
    def passed_mask(self) -> NDArray[np.uint8] | None:
        """The implants that passed as labels; None where there are none, or for a model."""
        if self.implant_mask is None or not self.passed_implants:
            return None
        kept_number = np.zeros(256, np.uint8)
        for implant in self.passed_implants:
            kept_number[implant.defect] = implant.defect
        passed = np.zeros(self.implant_mask.shape, np.uint8)
        for k, plane in enumerate(self.implant_mask):  # slice by slice: no second volume of larger numbers
            if plane.any():
                passed[k] = kept_number[plane]
        return passed

    @property
    def side_known(self) -> bool:
        """Whether the input says which side of the patient is left; where not, nothing may say left or right."""
        return self.bone.side_known
