"""What the user may choose. Every setting stands here once, with its default, range, unit and help text; all doors build their controls from it.

>>> [o.name for o in options(ImplantSettings) if o.group == "Implant: seating"]
['insertion', 'trim_undercuts', 'onlay_mm', 'onlay_thickness_mm']
"""

from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields, replace
from types import NoneType, UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

Direction = tuple[float, float, float]

MATERIALS = {"PEEK": 1.30, "PMMA": 1.18, "titanium": 4.43, "UHMWPE": 0.94, "hydroxyapatite": 3.05}
"""Density of what implants are made of, g/ml, without pores: PEEK and PMMA as moulded, Ti-6Al-4V."""


@dataclass(frozen=True)
class Option:
    """One setting, described for a control."""

    name: str  # of the field; its ending tells the unit
    kind: Literal["number", "count", "switch", "choice", "text", "direction", "labels"]
    default: Any
    label: str  # for the control
    help: str  # one or two sentences
    group: str  # heading
    unit: str = ""
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    optional: bool = False  # None means: found by the program
    needs: str = ""  # name of another setting without which this one does nothing

    @property
    def flag(self) -> str:
        """The option's name on the command line."""
        stem = self.name
        for ending in ("_mm", "_deg", "_cm2", "_hu"):
            stem = stem.removesuffix(ending)
        return "--" + stem.replace("_", "-")

    def complaint(self, value: Any) -> str | None:
        """Say what is wrong with a value, in a sentence; None where nothing is."""
        if value is None:
            return None if self.optional else f"{self.label} must be given."
        # written so that NaN is out of range
        if self.kind in ("number", "count") and not (self.low <= value <= self.high):
            unit = f" {self.unit}" if self.unit else ""
            return f"{self.label} must be {self.low:g} to {self.high:g}{unit}; it was {value:g}."
        if self.kind == "choice" and value not in self.choices:
            return f"{self.label} must be one of {', '.join(self.choices)}; it was {value!r}."
        if self.kind == "direction" and not (len(value) == 3 and 0 < sum(v * v for v in value) < 1e12):
            return f"{self.label} must be three numbers that are not all 0; it was {value!r}."
        return None


def is_used(one: Option, values: Mapping[str, Any]) -> bool:
    """Tell whether an implant's setting does anything beside the others' values: what it needs is not at its default, which is off."""
    return not one.needs or values[one.needs] != getattr(ImplantSettings, one.needs)


def setting(
    default: Any,
    label: str,
    help: str,
    *,
    group: str,
    unit: str = "",
    low: float | None = None,
    high: float | None = None,
    kind: str | None = None,
    needs: str = "",
) -> Any:
    """Describe a dataclass field that a user may set."""
    return field(
        default=default,
        metadata={"label": label, "help": help, "group": group, "unit": unit, "low": low, "high": high, "kind": kind, "needs": needs},
    )


def options(record: type) -> tuple[Option, ...]:
    """List the settings of a record, in the order in which they are shown.

    Parameters
    ----------
    record
        :class:`Settings` or :class:`ImplantSettings`.
    """
    hints = get_type_hints(record)
    return tuple(_option(one, hints[one.name]) for one in fields(record) if "label" in one.metadata)


def _option(one: Field, hint: Any) -> Option:
    given = dict(one.metadata)
    parts = [part for part in get_args(hint) if part is not NoneType] if get_origin(hint) is UnionType else [hint]
    kind, choices = given.pop("kind"), ()
    if get_origin(parts[0]) is Literal:
        kind, choices = "choice", get_args(parts[0])
    kind = kind or {bool: "switch", int: "count", float: "number", str: "text"}[parts[0]]
    return Option(name=one.name, kind=kind, default=one.default, choices=choices, optional=NoneType in get_args(hint), **given)


class _Checked:
    """Refuses values out of range."""

    def __post_init__(self) -> None:
        for one in options(type(self)):
            if (wrong := one.complaint(getattr(self, one.name))) is not None:
                raise ValueError(wrong)

    def with_(self, **changes: Any) -> Any:
        """Give the same settings with some changed.

        Raises
        ------
        ValueError
            With a sentence for the user, if a value is out of range.
        """
        return replace(self, **changes)


@dataclass(frozen=True)
class ImplantSettings(_Checked):
    """How an implant is designed."""

    thickness_mm: float = setting(
        4.0,
        "Thickness",
        "Thickness of the implant. Not used where the inner table is followed.",
        group="Implant: body",
        unit="mm",
        low=2,
        high=10,
    )
    follow_inner_table: bool = setting(
        False, "Follow the inner table", "As thick as the bone was, instead of a constant thickness.", group="Implant: body"
    )
    min_thickness_mm: float = setting(
        2.0,
        "Least thickness",
        "Where the inner table is followed, the body is at least this thick.",
        needs="follow_inner_table",
        group="Implant: body",
        unit="mm",
        low=1,
        high=6,
    )
    sink_mm: float = setting(
        0.0, "Sunk by", "The outer face lies this far below the restored surface.", group="Implant: body", unit="mm", low=0, high=2
    )
    temporal_fill_mm: float = setting(
        0.0,
        "Temporal filling",
        "Raises the outer face over the temporal fossa, fading out towards the bone, against hollowing where the muscle has wasted.",
        group="Implant: body",
        unit="mm",
        low=0,
        high=6,
    )
    clearance_mm: float = setting(
        1.0, "Clearance", "Gap between implant and bone, all along the bone's edge.", group="Implant: edge", unit="mm", low=0, high=3
    )
    bevel_deg: float = setting(
        0.0, "Bevel", "Below the rim the edge leans in by this angle.", group="Implant: edge", unit="°", low=0, high=45
    )
    rim_radius_mm: float = setting(
        0.5, "Rim radius", "Radius with which the edge is rounded, outside and inside.", group="Implant: edge", unit="mm", low=0, high=2
    )
    min_edge_mm: float = setting(
        1.0,
        "Least edge",
        "The edge is nowhere thinner than this; a feather edge breaks.",
        group="Implant: edge",
        unit="mm",
        low=0.5,
        high=4,
    )
    insertion: Direction | None = setting(
        None,
        "Insertion direction",
        "Direction from outside inwards, in patient coordinates (right, front, up), in which the implant is put in. Found where none is given.",
        group="Implant: seating",
        kind="direction",
    )
    trim_undercuts: bool = setting(
        True,
        "Trim undercuts",
        "Leave out what bone would catch on the way in; otherwise it is only told in the report.",
        group="Implant: seating",
    )
    onlay_mm: float = setting(
        0.0,
        "Onlay rim",
        "A thin rim laps over the outer table by this much; 0 for an inlay.",
        group="Implant: seating",
        unit="mm",
        low=0,
        high=12,
    )
    onlay_thickness_mm: float = setting(
        1.2,
        "Thickness of the onlay rim",
        "How far the rim stands above the bone.",
        needs="onlay_mm",
        group="Implant: seating",
        unit="mm",
        low=0.6,
        high=3,
    )
    perforations: bool = setting(False, "Perforations", "Drainage holes all over the body, away from its edge.", group="Implant: holes")
    perforation_mm: float = setting(
        2.0,
        "Diameter of perforations",
        "Diameter of each drainage hole.",
        needs="perforations",
        group="Implant: holes",
        unit="mm",
        low=1,
        high=6,
    )
    perforation_spacing_mm: float = setting(
        10.0,
        "Distance of perforations",
        "From one drainage hole's middle to the next one's.",
        needs="perforations",
        group="Implant: holes",
        unit="mm",
        low=4,
        high=40,
    )
    suture_holes: int = setting(
        0, "Suture holes", "Number of holes for sutures, evenly along the edge.", group="Implant: holes", low=0, high=60
    )
    suture_hole_mm: float = setting(
        1.5,
        "Diameter of suture holes",
        "Diameter of each suture hole.",
        needs="suture_holes",
        group="Implant: holes",
        unit="mm",
        low=0.8,
        high=4,
    )
    hole_to_edge_mm: float = setting(
        5.0, "Holes to edge", "Least distance from a hole's middle to the edge.", group="Implant: holes", unit="mm", low=2, high=20
    )
    fixation: Literal["none", "tabs", "recesses"] = setting(
        "none",
        "Fixation",
        "Tabs that lap over the bone with a screw hole, or flat recesses in the outer face for plates.",
        group="Implant: fixation",
    )
    fixation_count: int = setting(
        4,
        "Number of fixations",
        "Evenly along the edge, where no points are named.",
        needs="fixation",
        group="Implant: fixation",
        low=2,
        high=12,
    )
    fixation_points: tuple[str, ...] = setting(
        (),
        "Fixation at points",
        "Reference points at which the fixations lie, such as 1-03 and 1-15 (defect and point, as the points are labelled).",
        needs="fixation",
        group="Implant: fixation",
        kind="labels",
    )
    parts: int = setting(1, "Parts", "Split into two or three parts with a lap joint.", group="Implant: parts and mould", low=1, high=3)
    lap_mm: float = setting(
        4.0,
        "Overlap of the joint",
        "How far the parts lap over each other.",
        needs="parts",
        group="Implant: parts and mould",
        unit="mm",
        low=2,
        high=12,
    )
    joint_gap_mm: float = setting(
        0.15, "Play of the joint", "Gap between the parts.", needs="parts", group="Implant: parts and mould", unit="mm", low=0, high=1
    )
    mould: bool = setting(False, "Mould", "Two halves of a mould for casting the implant in PMMA.", group="Implant: parts and mould")
    material: Literal["PEEK", "PMMA", "titanium", "UHMWPE", "hydroxyapatite"] = setting(
        "PEEK", "Material", "Of which the mass is told.", group="Implant: body"
    )


@dataclass(frozen=True)
class Settings(_Checked):
    """What the user may choose for a whole restoration."""

    threshold_hu: float | None = setting(
        None, "Bone threshold", "Bone threshold. Default: found from the histogram.", group="Restoration", unit="HU", low=-200, high=3000
    )
    min_area_cm2: float = setting(
        1.0,
        "Smallest defect",
        "Smallest defect that is restored; smaller ones are only reported.",
        group="Restoration",
        unit="cm²",
        low=0.1,
        high=200,
    )
    points: int = setting(24, "Reference points", "Reference points per defect.", group="Restoration", low=8, high=200)
    level: int = setting(
        6, "Grid level", "Fineness of the spherical grid: 5 quick, 6 standard, 7 finest.", group="Restoration", low=5, high=7
    )
    device: str = setting("cpu", "Device", "Where the network runs: cpu, cuda, cuda:1 or mps.", group="Restoration")
    weights: str | None = setting(
        None, "Weights", "Other network weights (safetensors). Default: those that ship with SkullRestore.", group="Restoration"
    )
    implant: ImplantSettings = field(default_factory=ImplantSettings)
