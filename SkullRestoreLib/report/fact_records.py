"""The content of ``restoration.json`` as records: a class for each kind of object, a field for each key.

The facts are made from these classes, and so is the published JSON Schema with the meaning of each key.
Units stand in the keys; positions and directions are RAS in mm; what is not known is None.
"""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from SkullRestoreLib.report.schema_keywords import (
    Count,
    Counts,
    DefectNumber,
    Fraction,
    FrameMatrix,
    MassByMaterial,
    MaterialName,
    NonNegative,
    Pair,
    SchemaKeywords,
    Sha256,
    Triple,
    settings_keywords,
)
from SkullRestoreLib.settings import ImplantSettings, Settings

SCHEMA_VERSION = 7
"""Number of the format; it changes with every change of a key."""
COMPLETE, WITHHELD = "complete", "implants withheld"
"""Outcomes: every defect has an implant that passed all its checks, or at least one has none."""


class _FactRecord:
    """What all classes here share: the schema allows no other keys, and the text below a field is its meaning."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid", "use_attribute_docstrings": True}


@dataclass(frozen=True)
class RangeFacts(_FactRecord):
    """A length that was measured at many places."""

    least: float
    """Smallest value, mm."""
    median: float
    """Median, mm."""
    most: float
    """Largest value, mm."""


@dataclass(frozen=True)
class MaterialStrengthFacts(_FactRecord):
    """An estimate of what a push and pressure from inside do to an implant in one material."""

    material: MaterialName
    """The material."""
    push_deflection_mm: NonNegative
    """How far it bends at most under the push at its weakest place."""
    push_safety: NonNegative
    """Strength of the material divided by the largest stress under that push."""
    pressure_deflection_mm: NonNegative
    """How far it bends at most under the pressure."""
    pressure_safety: NonNegative
    """Strength of the material divided by the largest stress under the pressure."""


@dataclass(frozen=True)
class StrengthFacts(_FactRecord):
    """An estimate of the strength of an implant: for research, no proof."""

    push_n: NonNegative
    """Force of the push."""
    pressure_mmhg: NonNegative
    """Pressure from inside."""
    held_at: Literal["fixations", "rim"]
    """Where the implant is held."""
    weakest_ras_mm: Triple
    """Where the push makes the largest stress."""
    materials: list[MaterialStrengthFacts]
    """Each material."""


@dataclass(frozen=True)
class SkinFacts(_FactRecord):
    """How far the skin over a defect is expected to be from the mirrored skin of the other side, mm."""

    before_mean: NonNegative
    """Mean of the distances without raising the outer face."""
    before_p95: NonNegative
    """What 95 % of them are below."""
    after_mean: NonNegative
    """Mean of the distances over the finished body."""
    after_p95: NonNegative
    """What 95 % of them are below."""
    area_cm2: NonNegative
    """Area of the defect whose counterpart was seen."""
    muscle_left: Fraction
    """Part of the muscle's thickness that is left over the bone around the defect."""


@dataclass(frozen=True)
class CheckFacts(_FactRecord):
    """Measurements of a finished implant's triangles; nothing here is copied from the settings."""

    passed: bool
    """Whether every check of the body passed."""
    watertight: bool
    """Whether every edge is met once in each direction."""
    manifold: bool
    """Whether it is watertight and the triangles at every vertex form one fan."""
    outward: bool
    """Whether the triangles run counter-clockwise seen from outside."""
    self_intersections: Count
    """Number of pairs of triangles that cut each other."""
    bone_overlaps: Count
    """Number of places, searched every half millimetre, at which body and bone overlap."""
    clearance_mm: RangeFacts | None
    """From the bone's edge to the body, every millimetre along the margin; null where there is no bone."""
    rim_gap_mm: RangeFacts | None
    """From the body's edge to the nearest bone at the same places."""
    clearance_within: Fraction | None
    """Part of the margin at which `rim_gap_mm` is within 0.3 mm of the setting."""
    thickness_mm: RangeFacts | None
    """Thickness along the surface's normal, away from rim and holes."""
    thickness_off_mm: RangeFacts | None
    """The same minus what was asked at its place; null where the thickness is not graded."""
    edge_mm: NonNegative | None
    """Least thickness of the rim."""
    covered: Fraction
    """Part of the defect's area that the body covers, where the bone leaves room for the body and its clearance."""
    covered_in_all: Fraction
    """The same with the clearance counted as not covered."""
    undercut_mm2: NonNegative
    """Area of the bone's edge that would catch the implant along the insertion direction."""
    volume_ml: float
    """Volume of the body."""
    mass_g: MassByMaterial
    """Mass of the body in each material, without pores."""
    size_mm: Triple
    """Sides of the smallest box that holds the body, largest first."""
    triangles: Count
    """Number of triangles."""
    simplification_mm: NonNegative
    """How far the surface moved at most when triangles were thinned out."""
    uncovered_cm2: NonNegative
    """Area of the defect that the body leaves uncovered although no bone is there: what trim lines cut off."""
    web_mm: NonNegative | None
    """Least material between a perforation or suture hole and the next hole or the rim."""
    step_mm: RangeFacts | None
    """Height of the outer face over the bone's outer table along the rim; null where there is no bone next to it."""
    engraved_mm: NonNegative | None
    """Depth of the label in the inner face; null where there is none."""
    strength: StrengthFacts | None
    """Estimate of deflection and safety; null where it is not asked for."""
    raised_mm: RangeFacts | None
    """Height of the outer face over the restored surface; null where it is not raised for the skin."""
    skin: SkinFacts | None
    """Symmetry of the skin; null where the outer face is not raised for it."""
    landmarks_mm: dict[str, float]
    """About how far the body is from what must stay free at the base of the skull, by name."""
    failed: list[str]
    """A sentence for each check that did not pass."""
    material: MaterialName
    """Material that was chosen in the settings."""


@dataclass(frozen=True)
class PieceFacts(_FactRecord):
    """A part of an implant, one half of its mould, or its margin ring."""

    name: str
    """Name for people."""
    file: str | None
    """Name of the file; null where the piece is withheld."""
    clean: bool
    """Whether it is closed, manifold and turned outwards, without triangles that cut each other."""
    volume_ml: float
    """Volume."""
    size_mm: Triple
    """Sides of the smallest box that holds it, largest first."""
    triangles: Count
    """Number of triangles."""
    gap_mm: float | None
    """Of a part: least distance to the other parts, 0 where they overlap. Of a ring: to the implant."""
    off_mm: NonNegative | None
    """Of a mould: largest distance between its cavity and the implant's surface."""
    caught_mm2: NonNegative | None
    """Of a mould: area of the implant that keeps the half from being taken off."""
    channels: Count | None
    """Of a mould: number of sprues and vents that are open; null where none are asked for."""
    failed: list[str]
    """A sentence for each check that did not pass."""


@dataclass(frozen=True)
class InsertionFacts(_FactRecord):
    """How an implant is put in."""

    towards_ras: Triple
    """Direction of the movement."""
    through_ras_mm: Triple
    """A point of the path."""


@dataclass(frozen=True)
class FixationFacts(_FactRecord):
    """A place at which an implant is fixed."""

    label: str
    """Number of the defect, and a letter."""
    kind: str
    """What is there, in words."""
    position_ras_mm: Triple
    """Where it is, on the outer face."""
    towards_ras: Triple
    """Direction of the screw, from outside inwards."""


@dataclass(frozen=True)
class PrintFacts(_FactRecord):
    """How an implant is printed."""

    up_lps: Triple
    """Direction in the files (LPS) that is up: the outer face then looks up, and needs no support."""
    height_mm: NonNegative
    """Height of the body in this orientation."""
    footprint_mm: Pair
    """Sides of the box around it on the plate, longer first."""
    tolerance_mm: NonNegative
    """Largest deviation of the print at which clearance and joints still work."""


@dataclass(frozen=True)
class ImplantFacts(_FactRecord):
    """An implant with its pieces, settings and checks."""

    passed: bool
    """Whether every check of the body, its parts, its mould and its ring passed."""
    failed: list[str]
    """A sentence for each check that did not pass."""
    file: str | None
    """Name of the file; null where the implant is withheld because it did not pass."""
    thickness_mm: NonNegative
    """Thickness that was set."""
    volume_ml: float
    """Volume of the body."""
    clearance_mm: NonNegative
    """Clearance that was set."""
    watertight: bool
    """Whether the body is closed."""
    insertion: InsertionFacts | None
    """How it is put in; null where no direction was found."""
    parts: list[PieceFacts]
    """Its parts; none where it is one body."""
    assembly: list[str]
    """Names of its parts in the order in which they are put in; none where it is one body."""
    mould: list[PieceFacts]
    """The halves of its mould; none without a mould."""
    ring: list[PieceFacts]
    """Its margin ring; none where none is asked for."""
    fixations: list[FixationFacts]
    """Where it is fixed."""
    printing: PrintFacts | None
    """How it is printed; null where no insertion direction was found."""
    settings: Annotated[dict[str, Any], settings_keywords(ImplantSettings)]
    """Settings that it was made with."""
    findings: list[str]
    """Notes for the user about this implant."""
    checks: CheckFacts | None
    """What was measured on the finished body."""


@dataclass(frozen=True)
class ExtentFacts(_FactRecord):
    """Largest size of a defect along the axes of the head frame, mm."""

    left_right: NonNegative
    """From left to right."""
    front_back: NonNegative
    """From front to back."""
    up_down: NonNegative
    """From top to bottom."""


@dataclass(frozen=True)
class LocationFacts(_FactRecord):
    """Place and size of a defect."""

    number: DefectNumber
    """Number of the defect, the largest first."""
    area_cm2: NonNegative
    """Area on the restored outer surface."""
    side: str
    """Side of the patient: left, right, midline, both sides, or that it is not known."""
    region: str
    """Where on the vault, in anatomical words."""
    centre_ras_mm: Triple
    """Its centre, on the restored outer surface."""
    extent_mm: ExtentFacts
    """Its size along the axes of the head frame."""


@dataclass(frozen=True)
class MovedPointFacts(_FactRecord):
    """A reference point that the user moved."""

    label: str
    """Defect and number of the point."""
    position_ras_mm: Triple
    """Where it is now."""


@dataclass(frozen=True)
class DefectFacts(LocationFacts):
    """A defect that was restored."""

    open_margin: bool
    """Whether part of its border is not vault bone: skull base, or the edge of the scan."""
    reference_points: Count
    """Number of reference points."""
    reference_points_low_confidence: Count
    """How many of them have a low confidence."""
    reference_points_moved_by_hand: Count
    """How many of them the user moved."""
    moved_points: list[MovedPointFacts]
    """The points that the user moved."""
    surface_standard_error_mm: NonNegative | None
    """Median of the standard error of the restored outer surface; null where there is none."""
    implant: ImplantFacts | None
    """Its implant; null where none was made."""


@dataclass(frozen=True)
class ObjectFacts(_FactRecord):
    """Something in a hole that does not belong to the sound vault."""

    number: Count
    """Number of the object, the largest first."""
    kind: str
    """What it is, such as "bone flap", "resorbed bone flap", "plate" or "metal mesh or plate"."""
    removed: bool
    """Whether the skull was restored as if it were not there."""
    side: str
    """Side of the patient, as for a defect."""
    region: str
    """Where on the vault, in anatomical words."""
    area_cm2: NonNegative
    """Area of the vault that it covers."""
    volume_ml: NonNegative
    """Volume of its voxels."""
    mean_hu: float | None
    """Mean of its voxels; null where the input is no CT, and for metal."""
    depth_mm: float
    """Median distance below the predicted outer table, negative where it stands out."""
    tilt_deg: NonNegative
    """Slope against the predicted outer table."""
    open_edge: Fraction
    """Part of its edge at which it does not hang together with the skull."""


@dataclass(frozen=True)
class NotWrittenFacts(_FactRecord):
    """A format that was asked for and could not be made."""

    format: str
    """Its name, as in the option ``--also``."""
    reason: str
    """Why, in a sentence."""


@dataclass(frozen=True)
class FaultPlacesFacts(_FactRecord):
    """Where on an implant a check did not pass; ringed in the pictures."""

    fault: str
    """The sentence in `failed`."""
    where: str
    """The part of the implant in words; empty where it is all over it."""
    positions_ras_mm: list[Triple]
    """A few places that stand for all, the worst first."""


@dataclass(frozen=True)
class WithheldFacts(_FactRecord):
    """A defect without an implant that passed."""

    defect: DefectNumber
    """Number of the defect."""
    made: bool
    """Whether an implant was made."""
    file: str | None
    """With `--keep-failed` the name of its file, which says NOT_PASSED; otherwise null."""
    failed: list[str]
    """A sentence for each check that did not pass, or why no implant was made."""
    fault_places: list[FaultPlacesFacts]
    """Where, for each check that fails at places and not as a whole."""


@dataclass(frozen=True)
class VolumeFacts(_FactRecord):
    """An input of voxels."""

    kind: Literal["ct", "mask"]
    """A CT, or a mask of the bone."""
    series_uid: str | None
    """UID of the DICOM series; null for other files."""
    side_known: bool
    """Whether the file says which side is left."""
    voxels_ijk: Counts
    """Number of voxels along the axes of the grid."""
    spacing_ijk_mm: Triple
    """Size of a voxel along the axes of the grid."""
    threshold_hu: float | None
    """Threshold of bone that was used; null for a mask."""
    scan_date: str | None
    """Date of the CT, YYYY-MM-DD; null where it is not known or not to be written."""
    slice_thickness_mm: NonNegative | None
    """Thickness of a slice as the CT's header says; null where it is not known."""
    kernel: str | None
    """Convolution kernel of the CT; null where it is not known."""


@dataclass(frozen=True)
class ModelFacts(_FactRecord):
    """An input of triangles."""

    kind: Literal["model"]
    """A surface model."""
    series_uid: None
    """Always null."""
    side_known: bool
    """Whether the file says which side is left."""
    vertices: Count
    """Number of vertices."""
    triangles: Count
    """Number of triangles."""


@dataclass(frozen=True)
class FrameFacts(_FactRecord):
    """The head frame's place in the scan."""

    residual_mm: NonNegative | None
    """Trimmed mean distance between the vault and the template."""
    coverage: Fraction | None
    """Part of the template's vault that has bone near it."""
    ras_to_head: FrameMatrix
    """Rigid matrix from RAS to the head frame, mm, row by row."""


@dataclass(frozen=True)
class WeightsFacts(_FactRecord):
    """The network weights that were used."""

    sha256: Sha256
    """SHA-256 of the file."""
    licence: str
    """Licence of the weights."""
    credit: str
    """Data from which they were learnt."""


@dataclass(frozen=True)
class FileFacts(_FactRecord):
    """A file of the result."""

    name: str
    """Its name."""
    bytes: Count
    """Its size."""
    sha256: Sha256
    """SHA-256 of its content."""


@dataclass(frozen=True)
class RestorationFacts(_FactRecord):
    """Everything at the top level of the file."""

    schema: Annotated[int, SchemaKeywords(const=SCHEMA_VERSION)]
    """Number of the format."""
    software: Literal["SkullRestore"]
    """Name of the program."""
    version: str
    """Version of the program."""
    safety: str
    """What the result may be used for."""
    outcome: Annotated[str, SchemaKeywords(enum=[COMPLETE, WITHHELD])]
    """Complete: every defect has an implant that passed all its checks."""
    withheld: list[WithheldFacts]
    """Defects without an implant that passed."""
    not_written: list[NotWrittenFacts]
    """Formats that were asked for and could not be made."""
    case_code: str
    """Code name of the case, the same in every revision; derived from nothing of the patient."""
    made_on: str
    """Day of the design, YYYY-MM-DD."""
    revision: DefectNumber
    """Number of the design; 1 as it was restored."""
    revised_from: DefectNumber | None
    """The revision that this one was made from; null for the first."""
    changed: list[str]
    """What was changed against the revision that this one was made from."""
    input: VolumeFacts | ModelFacts
    """Kind and grid of the input, without a patient's name."""
    head_frame: FrameFacts
    """The head frame."""
    defects: list[DefectFacts]
    """Defects that were restored, largest first."""
    objects: list[ObjectFacts]
    """What was in the holes and does not belong to the sound vault."""
    small_holes: list[LocationFacts]
    """Openings that are too small to be restored, such as burr holes."""
    warnings: list[str]
    """What the user has to look at in this case."""
    notes: list[str]
    """What is good to know and asks for nothing."""
    seconds: dict[str, NonNegative]
    """Time of each step."""
    seconds_total: NonNegative
    """Time of all steps."""
    peak_memory_mb: NonNegative | None
    """Most memory that the program used; null where the system does not say."""
    weights: WeightsFacts
    """The network weights."""
    files: list[FileFacts]
    """Every other file of the result, by name; this file cannot hold its own checksum."""
    settings: Annotated[dict[str, Any], settings_keywords(Settings)]
    """Settings of the restoration; those of an implant that was made on its own are in `defects`."""
