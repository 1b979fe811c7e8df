"""The settings that a user may choose, each described once: default, range, unit, label and help text.

Command line, panel and browser build their controls from these descriptions.

>>> [spec.name for spec in list_settings(ImplantSettings) if spec.group == "Implant: seating"]
['insertion', 'trim_undercuts', 'onlay_mm', 'onlay_thickness_mm', 'onlay_feather']
"""

import math
import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import Field, dataclass, field, fields, replace
from numbers import Real
from os import PathLike, fspath
from types import NoneType, UnionType
from typing import Any, Literal, Self, get_args, get_origin, get_type_hints

Direction = tuple[float, float, float]

OFFERED_SETTINGS = ("min_area_cm2", "objects", "points", "fullness", "pose")
"""Settings of a restoration that panel and page offer besides the threshold, which has controls of its own."""
SURFACE_SETTINGS = ("fullness",)
"""Settings of a restoration that can be changed in a finished result: they need no new prediction."""

SettingKind = Literal["number", "count", "switch", "choice", "text", "direction", "labels", "numbers"]
"""What a setting holds, and with it the control that front ends show."""

Language = Literal["en", "de", "ru"]
"""Language of reports, panel and page."""
LANGUAGES: tuple[Language, ...] = get_args(Language)

# fmt: off
HeadPosition = Literal[
    "found", "AS", "PS", "RS", "LS", "AI", "PI", "RI", "LI",
    "AR", "PR", "SR", "IR", "AL", "PL", "SL", "IL",
    "RA", "LA", "SA", "IA", "RP", "LP", "SP", "IP",
]
# fmt: on
FOUND_POSE: Literal["found"] = "found"
"""The head's position is found from the bone."""
HEAD_POSITIONS: tuple[str, ...] = get_args(HeadPosition)[1:]
"""How a head can lie in a scan: where the face looks and where the vertex is, to the scan's right (R), left (L), front
(A), back (P), upper (S) or lower (I) side. ``AS`` is a patient scanned in the usual way."""


@dataclass(frozen=True)
class Material:
    """What is known of a material of implants, without pores.

    Attributes
    ----------
    density_g_ml
        Density.
    young_gpa, poisson
        Young's modulus and Poisson's ratio.
    strength_mpa
        Stress at which it yields or breaks.
    min_thickness_mm, min_edge_mm, min_web_mm
        Usual least thickness of a body, of its rim, and of what is left next to a hole; no maker's limits.
    """

    density_g_ml: float
    young_gpa: float
    poisson: float
    strength_mpa: float
    min_thickness_mm: float
    min_edge_mm: float
    min_web_mm: float


MATERIALS = {
    "PEEK": Material(1.30, 3.0, 0.38, 90.0, 2.0, 1.0, 1.0),
    "PMMA": Material(1.18, 1.8, 0.35, 50.0, 3.0, 2.0, 2.0),
    "titanium": Material(4.43, 114.0, 0.34, 795.0, 1.0, 0.5, 1.0),
    "UHMWPE": Material(0.94, 0.69, 0.46, 19.0, 3.0, 1.5, 1.5),
    "hydroxyapatite": Material(3.05, 80.0, 0.27, 38.0, 4.0, 3.0, 3.0),
}
"""PEEK and PMMA as moulded, titanium as Ti-6Al-4V, dense hydroxyapatite. Sources of the figures: decision 0133."""
MATERIAL_DENSITIES = {name: material.density_g_ml for name, material in MATERIALS.items()}
"""Density of the materials, g/mL."""

MAX_CODE_LETTERS = 20
"""Longest code name of a case: it has to fit on an implant."""
CASE_CODE_PATTERN = rf"[A-Za-z0-9][A-Za-z0-9 ._-]{{0,{MAX_CODE_LETTERS - 1}}}"

MIN_WEB_MM = 1.0
"""Least material between two holes, and between a hole and the rim; less breaks out when the body is handled."""
COUNTERSINK_DEPTH_MM, MIN_SEAT_MM = 0.8, 0.4
"""Depth of the deepest cone for a screw's head, and least material of a tab below it."""
LABEL_DEPTH_MM = 0.3
"""Depth of an engraved label."""
FEATHER_EDGE_MM = 0.3
"""Thickness of a feathered onlay rim at its edge."""
MIN_TEMPORAL_MM = 1.0
"""Least thickness over the temporal muscle."""
MAX_GRADING_RATIO = 3.0
"""A change of thickness takes at least this many times its height."""
MIN_MOULD_WALL_MM = 1.5
"""Thinner walls of a mould bend when it is pressed."""
MIN_FLOOR_MM = 1.0
"""Least material that a recess for a plate leaves below it."""
MIN_TONGUE_MM = 0.8
"""Least thickness of either half of a lap joint."""
RECESS_DEPTH_MM = 1.0
"""Depth of the deepest recess: the height of the highest plate."""
TAB_LENGTH_MM = 9.0
"""Length of a tab beyond the rim."""


MAX_FULLNESS = 2.0
"""Fullest surface that is offered, and with a minus sign the flattest: 2 heads of 100 are beyond either."""


def flatter_share(fullness: float) -> float:
    """Tell how many heads are flatter over the defect than a surface.

    Parameters
    ----------
    fullness
        Of the surface, as in :class:`Settings`: its mean height over the defect in standard deviations of what the
        sound bone leaves open. The scale is calibrated on heads with known holes (decision 0084).

    Returns
    -------
    float
        0..1, the normal distribution's share.

    Examples
    --------
    >>> [round(100 * flatter_share(fullness)) for fullness in (-1.0, 0.0, 1.0)]
    [16, 50, 84]
    """
    return (1 + math.erf(fullness / math.sqrt(2))) / 2


def describe_fullness(fullness: float) -> str:
    """Say how probable a surface is.

    Parameters
    ----------
    fullness
        As for :func:`flatter_share`.

    Returns
    -------
    str
        A sentence for the user.

    Examples
    --------
    >>> describe_fullness(0.0)
    'Most likely surface: half of all heads are flatter here.'
    >>> describe_fullness(-1.0)
    'Flatter surface: 84 % of heads are fuller here.'
    """
    if fullness == 0:
        return "Most likely surface: half of all heads are flatter here."
    percent = f"{100 * flatter_share(abs(fullness)):.0f} %"
    if fullness > 0:
        return f"Fuller surface: {percent} of heads are flatter here."
    return f"Flatter surface: {percent} of heads are fuller here."


@dataclass(frozen=True)
class SettingSpec:
    """The description of one setting, from which a control is built.

    Attributes
    ----------
    name
        Name of the field; its ending is the unit.
    kind
        What it holds.
    default
        Value where the user chooses nothing.
    label
        Name for the user.
    help
        Explanation of one or two sentences.
    group
        Heading under which it is shown.
    unit
        Unit of a number.
    low, high
        Range of a number.
    choices
        Allowed values of a choice.
    optional
        Whether None is allowed: the program finds the value then.
    needs
        Name of another setting without which this one has no effect.
    """

    name: str
    kind: SettingKind
    default: Any
    label: str
    help: str
    group: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    optional: bool = False
    needs: str = ""

    @property
    def stem(self) -> str:
        """The name without its unit: ``lap`` of ``lap_mm``."""
        stem = self.name
        for ending in ("_mm", "_deg", "_cm2", "_hu"):
            stem = stem.removesuffix(ending)
        return stem

    @property
    def cli_flag(self) -> str:
        """The option's name on the command line."""
        return "--" + self.stem.replace("_", "-")

    def parse_value(self, value: Any) -> Any:
        """Convert what a control or an option holds to a value of this setting.

        Parameters
        ----------
        value
            A value of the setting, or a text: ``"2.5"``, ``"0,0,-1"``, ``"1-03, 1-15"``.

        Returns
        -------
        Any
            The value; its range is checked by :meth:`error_message`.

        Raises
        ------
        ValueError
            With a sentence for the user, if a text cannot be read.

        Examples
        --------
        >>> [spec.parse_value("1-03, 1-15") for spec in list_settings(ImplantSettings) if spec.kind == "labels"]
        [('1-03', '1-15')]
        """
        if value is None and self.optional:
            return None
        if self.kind in ("number", "count"):
            return self._parse_number(value)
        if self.kind == "labels" and isinstance(value, str):
            return tuple(value.replace(",", " ").split())
        if self.kind == "numbers" and isinstance(value, str):
            parts = value.replace(",", " ").split()
            return tuple(int(part) if part.isdecimal() else part for part in parts)
        if self.kind == "direction" and isinstance(value, str):
            try:
                return tuple(float(part) for part in value.split(","))
            except ValueError:
                raise ValueError(f"{value!r} is no direction; write three numbers such as 0,0,-1.") from None
        return value

    def _parse_number(self, value: Any) -> float | int:
        try:
            number = float(value)
        except (TypeError, ValueError):
            raise ValueError(f"{self.label} must be a number.") from None
        if self.kind == "number":
            return number
        if not number.is_integer():
            raise ValueError(f"{self.label} must be a whole number; it was {number:g}.")
        return int(number)

    def error_message(self, value: Any) -> str | None:
        """Say what is wrong with a value.

        Parameters
        ----------
        value
            Any value.

        Returns
        -------
        str or None
            A sentence for the user; None where the value is allowed.
        """
        if value is None:
            return None if self.optional else f"{self.label} must be given."
        wrong = _ERROR_OF_KIND[self.kind](self, value)
        return None if wrong is None else f"{self.label} must be {wrong}"

    def converted(self, value: Any) -> Any:
        """Convert an allowed value to the type of the field: numpy's numbers and JSON's lists too.

        Parameters
        ----------
        value
            For which :meth:`error_message` has no objection.

        Returns
        -------
        float, int, bool, str, tuple or None
        """
        return None if value is None else _CONVERSION_OF_KIND[self.kind](value)


def _is_number(value: Any) -> bool:
    """Whether a value is a number; True and False are not."""
    return isinstance(value, Real) and not _is_switch(value)


def _is_switch(value: Any) -> bool:
    """Whether a value is True or False, of Python or numpy."""
    return isinstance(value, bool) or type(value).__name__ in ("bool_", "bool")


def _as_items(value: Any) -> list[Any] | None:
    """The items of a list, tuple or array; None for anything else."""
    if isinstance(value, str | bytes | Mapping) or not hasattr(value, "__iter__"):
        return None
    try:
        return list(value)
    except TypeError:  # an array without dimensions
        return None


def _number_error(setting: SettingSpec, value: Any) -> str | None:
    unit = f" {setting.unit}" if setting.unit else ""
    if not _is_number(value):
        return f"a number; it was {value!r}."
    # written so that NaN is out of range
    if setting.low is not None and setting.high is not None and not (setting.low <= value <= setting.high):
        return f"{setting.low:g} to {setting.high:g}{unit}; it was {float(value):g}{unit}."
    if setting.kind == "count" and value != int(value):
        return f"a whole number; it was {float(value):g}."
    return None


def _direction_error(_setting: SettingSpec, value: Any) -> str | None:
    items = _as_items(value)
    if items is not None and len(items) == 3 and all(map(_is_number, items)) and 0 < sum(v * v for v in items) < 1e12:
        return None
    return f"three numbers that are not all 0; it was {value!r}."


def _labels_error(_setting: SettingSpec, value: Any) -> str | None:
    items = _as_items(value)
    wrong = [value] if items is None else [i for i in items if re.fullmatch(r"[1-9]\d*-0*[1-9]\d*", str(i)) is None]
    if not wrong:
        return None
    return f"labels of reference points such as 1-03 (defect and point); one was {wrong[0]!r}."


def _numbers_error(_setting: SettingSpec, value: Any) -> str | None:
    items = _as_items(value)
    wrong = [value] if items is None else [i for i in items if not (_is_number(i) and i == int(i) and i >= 1)]
    return f"whole numbers from 1 on, such as 1, 3; one was {wrong[0]!r}." if wrong else None


def _choice_error(setting: SettingSpec, value: Any) -> str | None:
    if isinstance(value, str) and value in setting.choices:
        return None
    return f"one of {', '.join(setting.choices)}; it was {value!r}."


_ERROR_OF_KIND: dict[SettingKind, Callable[[SettingSpec, Any], str | None]] = {
    "number": _number_error,
    "count": _number_error,
    "direction": _direction_error,
    "labels": _labels_error,
    "numbers": _numbers_error,
    "choice": _choice_error,
    "switch": lambda _, value: None if _is_switch(value) else f"True or False; it was {value!r}.",
    "text": lambda _, value: None if isinstance(value, str | PathLike) else f"a text; it was {value!r}.",
}
"""What a value must be, to follow "must be"; None where it is that."""
_CONVERSION_OF_KIND: dict[SettingKind, Callable[[Any], Any]] = {
    "number": float,
    "count": int,
    "direction": lambda value: tuple(float(x) for x in value),
    "labels": lambda value: tuple(str(label) for label in value),
    "numbers": lambda value: tuple(int(number) for number in value),
    "choice": str,
    "switch": bool,
    "text": fspath,
}


def is_used(setting: SettingSpec, values: Mapping[str, Any]) -> bool:
    """Check whether an implant's setting has an effect: the setting that it needs is not at its default, which is off.

    Parameters
    ----------
    setting
        A setting of :class:`ImplantSettings`.
    values
        Values of all its settings by name.

    Returns
    -------
    bool
        True where the setting needs no other one.
    """
    if setting.name == "onlay_thickness_mm" and values["fixation"] == "tabs":
        return True  # a tab is as thick as an onlay rim
    if setting.name == "hole_to_edge_mm":
        return bool(values["perforations"] or values["suture_holes"])
    return not setting.needs or values[setting.needs] != getattr(ImplantSettings, setting.needs)


def setting_field(
    default: Any,
    label: str,
    help_text: str,
    *,
    group: str,
    unit: str = "",
    limits: tuple[float | None, float | None] = (None, None),
    kind: SettingKind | None = None,
    needs: str = "",
) -> Any:
    """Describe a dataclass field that a user may set.

    Parameters
    ----------
    default
        Value where the user chooses nothing.
    label
        Name for the user.
    help_text
        Explanation of one or two sentences.
    group
        Heading under which it is shown.
    unit
        Unit of a number.
    limits
        Smallest and largest value of a number.
    kind
        What it holds, where the field's type does not say it.
    needs
        Name of another setting without which this one has no effect.

    Returns
    -------
    Any
        The field; list it with :func:`list_settings`.
    """
    return field(
        default=default,
        metadata={
            "label": label,
            "help": help_text,
            "group": group,
            "unit": unit,
            "low": limits[0],
            "high": limits[1],
            "kind": kind,
            "needs": needs,
        },
    )


def list_settings(record: type) -> tuple[SettingSpec, ...]:
    """List the settings of a record, in the order in which they are shown.

    Parameters
    ----------
    record
        :class:`Settings` or :class:`ImplantSettings`.

    Returns
    -------
    tuple of SettingSpec
        One for each field that a user may set.
    """
    hints = get_type_hints(record)
    return tuple(_spec_from_field(each, hints[each.name]) for each in fields(record) if "label" in each.metadata)


_KINDS_OF_TYPES: dict[type, SettingKind] = {bool: "switch", int: "count", float: "number", str: "text"}


def _spec_from_field(record_field: Field[Any], hint: Any) -> SettingSpec:
    """Complete a field's description by what its name, type and default say."""
    metadata = dict(record_field.metadata)
    types = [part for part in get_args(hint) if part is not NoneType] if get_origin(hint) is UnionType else [hint]
    is_choice = get_origin(types[0]) is Literal
    stated: SettingKind | None = metadata.pop("kind")
    return SettingSpec(
        name=record_field.name,
        kind="choice" if is_choice else stated or _KINDS_OF_TYPES[types[0]],
        default=record_field.default,
        choices=get_args(types[0]) if is_choice else (),
        optional=NoneType in get_args(hint),
        **metadata,
    )


@dataclass(frozen=True)
class _ValidatedSettings:
    """Settings that refuse values out of range, and convert each number to its field's type."""

    def __post_init__(self) -> None:
        for setting in list_settings(type(self)):
            value = getattr(self, setting.name)
            if (message := setting.error_message(value)) is not None:
                raise ValueError(message)
            object.__setattr__(self, setting.name, setting.converted(value))

    def with_changes(self, **changes: Any) -> Self:
        """Return a copy with some settings changed.

        Parameters
        ----------
        changes
            New values by name.

        Returns
        -------
        Settings or ImplantSettings
            The copy, checked.

        Raises
        ------
        ValueError
            With a sentence for the user, if a value is out of range.

        Examples
        --------
        >>> ImplantSettings().with_changes(clearance_mm=0.5).clearance_mm
        0.5
        """
        return replace(self, **changes)


@dataclass(frozen=True)
class ImplantSettings(_ValidatedSettings):
    """How an implant is designed. Unit, range and default of each field: :func:`list_settings`.

    Examples
    --------
    >>> ImplantSettings(thickness_mm=5).with_changes(clearance_mm=0.5).thickness_mm
    5.0
    >>> ImplantSettings(thickness_mm=50)
    Traceback (most recent call last):
    ...
    ValueError: Thickness must be 2 to 10 mm; it was 50 mm.
    """

    thickness_mm: float = setting_field(
        4.0,
        "Thickness",
        "Thickness of the implant. Has no effect where the inner table is followed.",
        group="Implant: body",
        unit="mm",
        limits=(2, 10),
    )
    follow_inner_table: bool = setting_field(
        False,
        "Follow the inner table",
        "Make the implant as thick as the bone was, instead of equally thick everywhere.",
        group="Implant: body",
    )
    min_thickness_mm: float = setting_field(
        2.0,
        "Minimum thickness",
        "Where the inner table is followed, the implant is at least this thick.",
        needs="follow_inner_table",
        group="Implant: body",
        unit="mm",
        limits=(1, 6),
    )
    thickness_temporal_mm: float = setting_field(
        0.0,
        "Thickness over the temporal muscle",
        "Another thickness below the temporal line, where the muscle needs space; 0 for the same everywhere.",
        group="Implant: body",
        unit="mm",
        limits=(0, 10),
    )
    temporal_transition_mm: float = setting_field(
        20.0,
        "Transition at the temporal line",
        "Over this length along the surface the thickness changes smoothly to that over the temporal muscle.",
        needs="thickness_temporal_mm",
        group="Implant: body",
        unit="mm",
        limits=(5, 60),
    )
    sink_mm: float = setting_field(
        0.0,
        "Depth below the surface",
        "The outer face is this far below the restored surface.",
        group="Implant: body",
        unit="mm",
        limits=(0, 2),
    )
    temporal_fill_mm: float = setting_field(
        0.0,
        "Temporal filling",
        "Raise the outer face over the temporal fossa, fading out towards the bone, "
        "to prevent hollowing where the muscle has wasted.",
        group="Implant: body",
        unit="mm",
        limits=(0, 6),
    )
    skin_contour: Literal["none", "temporal", "everywhere"] = setting_field(
        "none",
        "Raise for the skin",
        "Raise the outer face where muscle was lost, so that the skin will be as on the other side: over the temporal "
        "fossa, or everywhere. Needs a CT in which the other side is sound.",
        group="Implant: body",
    )
    skin_contour_max_mm: float = setting_field(
        6.0,
        "Raise at most",
        "The outer face is raised for the skin by no more than this.",
        needs="skin_contour",
        group="Implant: body",
        unit="mm",
        limits=(1, 12),
    )
    clearance_mm: float = setting_field(
        1.0,
        "Clearance",
        "Gap between implant and bone, all along the bone's edge.",
        group="Implant: edge",
        unit="mm",
        limits=(0, 3),
    )
    bevel_deg: float = setting_field(
        0.0,
        "Bevel",
        "Below its upper edge, the rim leans inwards by this angle.",
        group="Implant: edge",
        unit="°",
        limits=(0, 45),
    )
    rim_radius_mm: float = setting_field(
        0.5,
        "Rim radius",
        "Radius of the rounding of the rim, outside and inside.",
        group="Implant: edge",
        unit="mm",
        limits=(0, 2),
    )
    min_edge_mm: float = setting_field(
        1.0,
        "Minimum rim thickness",
        "The rim is nowhere thinner than this; a feather edge breaks.",
        group="Implant: edge",
        unit="mm",
        limits=(0.5, 4),
    )
    trim_radius_mm: float = setting_field(
        10.0,
        "Radius of the trim line",
        "Where no bone ends the implant, at the base or the brow, one smooth line does; it is nowhere bent more "
        "sharply than this radius.",
        group="Implant: edge",
        unit="mm",
        limits=(5, 40),
    )
    trim_width_mm: float = setting_field(
        6.0,
        "Least width at the trim line",
        "Next to the trim line, nothing of the implant is narrower than this.",
        group="Implant: edge",
        unit="mm",
        limits=(2, 20),
    )
    landmark_mm: float = setting_field(
        5.0,
        "Distance from orbit, jaw and foramina",
        "A trim line that is nearer than this to the orbital margin, the joint of the jaw, the ear canal or a foramen "
        "of the base is warned of; 0 for no warning.",
        group="Implant: edge",
        unit="mm",
        limits=(0, 20),
    )
    insertion: Direction | None = setting_field(
        None,
        "Insertion direction",
        "Direction in which the implant is put in, from outside inwards, in patient coordinates (right, front, up). "
        "Default: found by the program.",
        group="Implant: seating",
        kind="direction",
    )
    trim_undercuts: bool = setting_field(
        True,
        "Trim undercuts",
        "Trim the implant where bone would catch it during insertion; otherwise undercuts are only reported.",
        group="Implant: seating",
    )
    onlay_mm: float = setting_field(
        0.0,
        "Onlay rim",
        "Width of a thin rim on top of the surrounding bone; 0 for an inlay.",
        group="Implant: seating",
        unit="mm",
        limits=(0, 12),
    )
    onlay_thickness_mm: float = setting_field(
        1.2,
        "Thickness of the onlay rim",
        "How far the rim rises above the bone.",
        needs="onlay_mm",
        group="Implant: seating",
        unit="mm",
        limits=(0.6, 3),
    )
    onlay_feather: bool = setting_field(
        False,
        "Feathered onlay edge",
        f"The onlay rim thins out to {FEATHER_EDGE_MM:g} mm at its edge, so that the scalp has hardly a step. "
        "Only for materials that bend: a thin edge of PEEK or titanium holds, one of ceramics breaks.",
        needs="onlay_mm",
        group="Implant: seating",
    )
    perforations: bool = setting_field(
        False, "Perforations", "Drainage holes all over the implant, away from its rim.", group="Implant: holes"
    )
    perforation_mm: float = setting_field(
        2.0,
        "Diameter of perforations",
        "Diameter of each drainage hole.",
        needs="perforations",
        group="Implant: holes",
        unit="mm",
        limits=(1, 6),
    )
    perforation_spacing_mm: float = setting_field(
        10.0,
        "Distance between perforations",
        "Distance between the centres of neighbouring drainage holes.",
        needs="perforations",
        group="Implant: holes",
        unit="mm",
        limits=(4, 40),
    )
    suture_holes: int = setting_field(
        0,
        "Suture holes",
        "Number of holes for sutures, evenly spaced along the rim.",
        group="Implant: holes",
        limits=(0, 60),
    )
    suture_hole_mm: float = setting_field(
        1.5,
        "Diameter of suture holes",
        "Diameter of each suture hole.",
        needs="suture_holes",
        group="Implant: holes",
        unit="mm",
        limits=(0.8, 4),
    )
    hole_to_edge_mm: float = setting_field(
        5.0,
        "Holes to rim",
        "Minimum distance from the centre of a hole to the rim.",
        group="Implant: holes",
        unit="mm",
        limits=(2, 20),
    )
    fixation: Literal["none", "tabs", "recesses"] = setting_field(
        "none",
        "Fixation",
        "Tabs with a screw hole on top of the surrounding bone, or flat recesses for plates in the outer face.",
        group="Implant: fixation",
    )
    plate: Literal["universal", "micro 1.2", "neuro 1.5", "mini 2.0"] = setting_field(
        "universal",
        "Plate",
        "Profile of plates and screws: depth and width of the recesses, and diameter of the screw holes in tabs "
        "(Resources/plates.json).",
        needs="fixation",
        group="Implant: fixation",
    )
    countersink: bool = setting_field(
        False,
        "Countersunk screw holes",
        "The screw holes in tabs are widened to a cone, so that the screws' heads are level with the tabs.",
        needs="fixation",
        group="Implant: fixation",
    )
    fixation_count: int = setting_field(
        4,
        "Number of fixations",
        "Number of tabs or recesses, evenly spaced along the rim. Has no effect where points are named.",
        needs="fixation",
        group="Implant: fixation",
        limits=(2, 12),
    )
    fixation_points: tuple[str, ...] = setting_field(
        (),
        "Fixation at points",
        "Reference points at which the tabs or recesses are placed, such as 1-03 and 1-15 "
        "(defect and point, as in the points' labels).",
        needs="fixation",
        group="Implant: fixation",
        kind="labels",
    )
    parts: int = setting_field(
        1,
        "Parts",
        "Make the implant in two or three parts with a lap joint.",
        group="Implant: parts and mould",
        limits=(1, 3),
    )
    lap_mm: float = setting_field(
        4.0,
        "Overlap of the joint",
        "How far the parts overlap at the joint.",
        needs="parts",
        group="Implant: parts and mould",
        unit="mm",
        limits=(2, 12),
    )
    joint_gap_mm: float = setting_field(
        0.15,
        "Gap at the joint",
        "Gap between the parts at the joint.",
        needs="parts",
        group="Implant: parts and mould",
        unit="mm",
        limits=(0, 1),
    )
    mould: bool = setting_field(
        False,
        "Mould",
        "Also make the two halves of a mould for casting the implant in PMMA.",
        group="Implant: parts and mould",
    )
    mould_channels: bool = setting_field(
        False,
        "Sprue, vents and overflow",
        "The outer half of the mould has a sprue and vents at the highest places of the cavity, the inner half a "
        "groove round the implant for what overflows.",
        needs="mould",
        group="Implant: parts and mould",
    )
    mould_wall_mm: float = setting_field(
        0.0,
        "Wall of the mould",
        "The halves are hollow from outside: a wall of this thickness with ribs; 0 for solid blocks.",
        needs="mould",
        group="Implant: parts and mould",
        unit="mm",
        limits=(0, 8),
    )
    margin_ring: bool = setting_field(
        False,
        "Margin ring",
        "Also make a ring that repeats the bone's edge around the hole, to try and trim a cast implant in.",
        group="Implant: parts and mould",
    )
    label: bool = setting_field(
        False,
        "Engraved label",
        f"Engrave the case code, the side and an arrow that points up into the inner face, {LABEL_DEPTH_MM:g} mm deep, "
        "away from holes. A mould has no label.",
        group="Implant: body",
    )
    material: Literal["PEEK", "PMMA", "titanium", "UHMWPE", "hydroxyapatite"] = setting_field(
        "PEEK",
        "Material",
        "Material for which mass and strength are calculated, and whose limits are kept where that is asked.",
        group="Implant: body",
    )
    material_limits: bool = setting_field(
        False,
        "Keep the limits of the material",
        "Rim, and what is left next to holes, are at least as thick as the material needs; a thinner body is refused.",
        group="Implant: body",
    )

    strength: bool = setting_field(
        False,
        "Estimate of the strength",
        "Estimate how far the implant bends and how safe it is under 50 N at its weakest place and under 15 mmHg from "
        "inside, in every material. An estimate for research, no proof of strength.",
        group="Implant: body",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        for find_fault in (
            _grading_fault,
            _hole_fault,
            _thickness_fault,
            _onlay_fault,
            _fixation_fault,
            _mould_fault,
        ):
            if (message := find_fault(self)) is not None:
                raise ValueError(message)

    @property
    def least_thickness_mm(self) -> float:
        """The body is nowhere thinner than this by design, holes, recesses and the rounding of the rim apart."""
        if self.follow_inner_table:
            return self.min_thickness_mm
        return min(self.thickness_mm, self.thickness_temporal_mm or self.thickness_mm)

    @property
    def greatest_thickness_mm(self) -> float:
        """The body is nowhere thicker than this, where the inner table is not followed."""
        return max(self.thickness_mm, self.thickness_temporal_mm)

    @property
    def least_edge_mm(self) -> float:
        """The rim is nowhere thinner than this."""
        return max(self.min_edge_mm, MATERIALS[self.material].min_edge_mm) if self.material_limits else self.min_edge_mm

    @property
    def least_web_mm(self) -> float:
        """Least material between two holes, and between a hole and the rim."""
        return max(MIN_WEB_MM, MATERIALS[self.material].min_web_mm) if self.material_limits else MIN_WEB_MM


def _grading_fault(chosen: ImplantSettings) -> str | None:
    """Why the thickness over the temporal muscle, or a thickness in this material, cannot be had; None where it can."""
    temporal_mm, needed_mm = chosen.thickness_temporal_mm, MATERIALS[chosen.material].min_thickness_mm
    if temporal_mm and chosen.follow_inner_table:
        return (
            "Thickness over the temporal muscle and Follow the inner table exclude each other; a thickness of "
            f"{temporal_mm:g} mm there, or that of the bone."
        )
    if chosen.temporal_fill_mm and chosen.skin_contour != "none":
        return (
            "Temporal filling and Raise for the skin exclude each other; choose a height, or let the skin of the other "
            "side give it."
        )
    if 0 < temporal_mm < MIN_TEMPORAL_MM:
        return (
            f"Thickness over the temporal muscle must be at least {MIN_TEMPORAL_MM:g} mm, or 0 for the same "
            f"everywhere; it was {temporal_mm:g} mm."
        )
    least_mm = MAX_GRADING_RATIO * abs(temporal_mm - chosen.thickness_mm)
    if temporal_mm and round(least_mm - chosen.temporal_transition_mm, 9) > 0:
        return (
            f"From {chosen.thickness_mm:g} to {temporal_mm:g} mm the transition at the temporal line must be at least "
            f"{least_mm:g} mm long, so that the inner face stays smooth; it was {chosen.temporal_transition_mm:g} mm."
        )
    if chosen.material_limits and chosen.least_thickness_mm < needed_mm:
        return (
            f"{chosen.material} needs a thickness of at least {needed_mm:g} mm; it was "
            f"{chosen.least_thickness_mm:g} mm. Make the implant thicker, or do not keep the limits of the material."
        )
    return None


def _hole_fault(chosen: ImplantSettings) -> str | None:
    """Why the holes leave too little material; None where they leave enough."""
    # rounded: 4.1 - 3.1 is a little less than 1
    web_mm = round(chosen.perforation_spacing_mm - chosen.perforation_mm, 9)
    if chosen.perforations and web_mm < chosen.least_web_mm:
        left = "no material" if web_mm <= 0 else f"only {web_mm:g} mm of material"
        return (
            f"Perforations of {chosen.perforation_mm:g} mm every {chosen.perforation_spacing_mm:g} mm leave {left} "
            f"between them, at least {chosen.least_web_mm:g} mm are needed; make them smaller, or farther apart."
        )
    holes = {"perforations": chosen.perforation_mm if chosen.perforations else 0.0}
    holes["suture holes"] = chosen.suture_hole_mm if chosen.suture_holes else 0.0
    name, widest_mm = max(holes.items(), key=lambda hole: hole[1])
    needed_mm = widest_mm / 2 + chosen.least_web_mm
    if widest_mm and round(needed_mm - chosen.hole_to_edge_mm, 9) > 0:
        return (
            f"Holes to rim must be at least {needed_mm:g} mm for {name} of {widest_mm:g} mm, so that "
            f"{chosen.least_web_mm:g} mm of material is left at the rim; it was {chosen.hole_to_edge_mm:g} mm."
        )
    return None


def _thickness_fault(chosen: ImplantSettings) -> str | None:
    """Why the body is too thin for what is asked of it; None where it is thick enough."""
    least_mm = chosen.least_thickness_mm
    name = "Minimum thickness" if chosen.follow_inner_table else "Thickness"
    label_mm = LABEL_DEPTH_MM if chosen.label else 0.0
    if chosen.fixation == "recesses" and least_mm < RECESS_DEPTH_MM + MIN_FLOOR_MM + label_mm:
        label = f", and a label of {label_mm:g} mm" if chosen.label else ""
        return (
            f"{name} must be at least {RECESS_DEPTH_MM + MIN_FLOOR_MM + label_mm:g} mm with recesses, which are "
            f"{RECESS_DEPTH_MM:g} mm deep{label}; it was {least_mm:g} mm."
        )
    needed_mm = 2 * MIN_TONGUE_MM + chosen.joint_gap_mm
    if chosen.parts > 1 and round(needed_mm - least_mm, 9) > 0:
        return (
            f"{name} must be at least {needed_mm:g} mm for parts with a play of "
            f"{chosen.joint_gap_mm:g} mm, because each part has half of it at the joint; it was {least_mm:g} mm."
        )
    if chosen.follow_inner_table:  # the rim is as thick as the bone
        return None
    if chosen.least_edge_mm > least_mm:
        return (
            f"The minimum rim thickness, {chosen.least_edge_mm:g} mm, is more than the thickness of the implant, "
            f"{least_mm:g} mm; make the implant thicker, or the rim thinner."
        )
    if 2 * chosen.rim_radius_mm > least_mm:
        return (
            f"A rim radius of {chosen.rim_radius_mm:g} mm outside and inside needs a thickness of at least "
            f"{2 * chosen.rim_radius_mm:g} mm; it was {least_mm:g} mm."
        )
    return None


def _onlay_fault(chosen: ImplantSettings) -> str | None:
    """Why the rim over the bone, or the tabs, contradict other settings; None where they do not."""
    has_tabs = chosen.fixation == "tabs"
    if has_tabs and chosen.onlay_mm and chosen.onlay_feather:
        return (
            "A feathered onlay edge and tabs exclude each other, because a tab as thin as the edge would break; choose "
            "recesses for plates, or an edge that is not feathered."
        )
    if chosen.onlay_mm and chosen.onlay_feather and chosen.material == "hydroxyapatite":
        return (
            f"A feathered onlay edge of {FEATHER_EDGE_MM:g} mm breaks in hydroxyapatite; choose another material, or "
            "an edge that is not feathered."
        )
    if has_tabs and chosen.onlay_mm >= TAB_LENGTH_MM:
        return (
            f"An onlay rim of {chosen.onlay_mm:g} mm hides the tabs, which are {TAB_LENGTH_MM:g} mm long; "
            "make the rim narrower, or choose no tabs."
        )
    if (has_tabs or chosen.onlay_mm) and chosen.onlay_thickness_mm < chosen.least_edge_mm:
        what = "the onlay rim" if chosen.onlay_mm else "the tabs"
        return (
            f"The thickness of {what}, {chosen.onlay_thickness_mm:g} mm, is less than the minimum rim thickness, "
            f"{chosen.least_edge_mm:g} mm; make {what} thicker, or the minimum smaller."
        )
    return None


def _fixation_fault(chosen: ImplantSettings) -> str | None:
    """Which reference point has two fixations, or why screws' heads cannot be sunk; None where all is well."""
    if chosen.countersink and chosen.fixation == "recesses":
        return "Countersunk screw holes are in tabs, and recesses have none; choose tabs, or no countersunk holes."
    needed_mm = COUNTERSINK_DEPTH_MM + MIN_SEAT_MM
    if chosen.countersink and chosen.fixation == "tabs" and round(needed_mm - chosen.onlay_thickness_mm, 9) > 0:
        return (
            f"Countersunk screw holes need tabs of at least {needed_mm:g} mm, so that {MIN_SEAT_MM:g} mm are left "
            f"below the head; the thickness of the onlay rim, and of tabs, was {chosen.onlay_thickness_mm:g} mm."
        )
    points = Counter(tuple(map(int, label.split("-"))) for label in chosen.fixation_points)
    repeated = [f"{defect}-{number:02d}" for (defect, number), count in points.items() if count > 1]
    return f"Fixation at points names {repeated[0]} more than once; name each point once." if repeated else None


def _mould_fault(chosen: ImplantSettings) -> str | None:
    """Why the walls of a mould are too thin; None where they are not."""
    if chosen.mould and 0 < chosen.mould_wall_mm < MIN_MOULD_WALL_MM:
        return (
            f"Wall of the mould must be at least {MIN_MOULD_WALL_MM:g} mm, or 0 for solid blocks; it was "
            f"{chosen.mould_wall_mm:g} mm."
        )
    return None


def find_contradiction(
    values: Mapping[str, Any], given: Collection[str], name_of: Callable[[SettingSpec], str]
) -> str | None:
    """Find a setting of an implant that the user gave and that has no effect together with the others.

    What contradicts in itself, whoever gave it, is refused by :class:`ImplantSettings`.

    Parameters
    ----------
    values
        Of all settings of the implant, by name.
    given
        Names of those that the user gave.
    name_of
        How a front end calls a setting, such as its flag.

    Returns
    -------
    str or None
        A sentence for the user; None where everything has an effect.

    Examples
    --------
    >>> from dataclasses import asdict
    >>> values = asdict(ImplantSettings(perforation_mm=3.0))
    >>> find_contradiction(values, {"perforation_mm"}, lambda setting: setting.cli_flag)
    '--perforation does nothing without --perforations; add --perforations, or leave --perforation out.'
    >>> find_contradiction(values, set(), lambda setting: setting.cli_flag) is None
    True
    """
    specs = {spec.name: spec for spec in list_settings(ImplantSettings)}
    names = {name: name_of(spec) for name, spec in specs.items()}
    for first, second, contradicts in (
        ("thickness_mm", "follow_inner_table", bool(values["follow_inner_table"])),
        ("fixation_count", "fixation_points", bool(values["fixation_points"])),
    ):
        if first in given and contradicts:
            return f"{names[first]} and {names[second]} exclude each other; use one of them."
    for name, spec in specs.items():
        if name in given and not is_used(spec, values):
            needed = names[spec.needs] if spec.needs else f"{names['perforations']} or {names['suture_holes']}"
            return f"{names[name]} does nothing without {needed}; add {needed}, or leave {names[name]} out."
    return None


def find_unknown_point(labels: Sequence[str], count: int) -> str | None:
    """Find a reference point that there will not be.

    Parameters
    ----------
    labels
        Of reference points, such as "1-03".
    count
        Reference points per defect.

    Returns
    -------
    str or None
        The label; None where all may exist.

    Examples
    --------
    >>> find_unknown_point(("1-03", "2-25"), 24)
    '2-25'
    """
    return next((label for label in labels if int(label.split("-")[1]) > count), None)


@dataclass(frozen=True)
class Settings(_ValidatedSettings):
    """How a case is restored; the implant's design is in ``implant``. All fields: :func:`list_settings`.

    Examples
    --------
    >>> settings = Settings(min_area_cm2=2, implant=ImplantSettings(thickness_mm=5))
    >>> settings.min_area_cm2, settings.implant.thickness_mm
    (2.0, 5.0)
    """

    threshold_hu: float | None = setting_field(
        None,
        "Bone threshold",
        "Voxels at or above this value are bone. Default: found from the histogram.",
        group="Restoration",
        unit="HU",
        limits=(-200, 3000),
    )
    min_area_cm2: float = setting_field(
        1.0,
        "Smallest defect",
        "Area of the smallest defect that is restored; smaller ones are only reported.",
        group="Restoration",
        unit="cm²",
        limits=(0.1, 200),
    )
    points: int = setting_field(
        24, "Reference points", "Number of reference points per defect.", group="Restoration", limits=(8, 200)
    )
    fullness: float = setting_field(
        0.0,
        "Fullness",
        "How full the surface is among those that the sound bone allows: 0 is the most likely, at +1 84 of 100 heads "
        "are flatter, at -1 84 of 100 are fuller. It passes through the reference points all the same.",
        group="Restoration",
        unit="SD",
        limits=(-MAX_FULLNESS, MAX_FULLNESS),
    )
    level: int = setting_field(
        6,
        "Grid level",
        "Resolution of the spherical grid: 5 is fast, 6 the standard, 7 the finest.",
        group="Restoration",
        limits=(5, 7),
    )
    pose: HeadPosition = setting_field(
        FOUND_POSE,
        "Position of the head",
        "Where in the scan the face looks and where the vertex is, to set right a head that was recognised wrongly: "
        "A front, P back, R right, L left, S top, I bottom of the scan. AS is a patient scanned in the usual way, "
        "PS the same back to front. Default: found from the bone.",
        group="Restoration",
    )
    device: str = setting_field(
        "cpu", "Device", "Where the network runs: cpu, cuda, cuda:1 or mps.", group="Restoration"
    )
    weights: str | None = setting_field(
        None,
        "Weights",
        "File with other network weights (safetensors). Default: those that ship with SkullRestore.",
        group="Restoration",
    )
    objects: Literal["auto", "remove", "keep"] = setting_field(
        "auto",
        "Objects in the holes",
        "Old flaps, plates and meshes in a hole: remove them and restore the hole, keep them and restore only the "
        "gaps, or automatically keep bone flaps that are level and remove everything else. Always reported.",
        group="Restoration",
    )
    keep_objects: tuple[int, ...] = setting_field(
        (),
        "Objects that stay",
        "Numbers, as in the report, of objects in the holes that stay, whatever is done with the others.",
        group="Restoration",
        kind="numbers",
    )
    remove_objects: tuple[int, ...] = setting_field(
        (),
        "Objects that go",
        "Numbers, as in the report, of objects in the holes that are removed, whatever is done with the others.",
        group="Restoration",
        kind="numbers",
    )
    case_code: str | None = setting_field(
        None,
        "Case code",
        "Name of the case on the report and on an engraved label, such as a pseudonym; never the patient's name. "
        "Default: a tree and a number, drawn at random.",
        group="Report",
    )
    scan_date: bool = setting_field(
        True,
        "Date of the scan",
        "Write the date of the CT on the report, to compare it with the archive.",
        group="Report",
    )
    paper: Literal["A4", "Letter"] = setting_field("A4", "Paper", "Size of the report's pages.", group="Report")
    language: Language = setting_field(
        "en", "Language", "Language of the report: English, German (de) or Russian (ru).", group="Report"
    )
    implant: ImplantSettings = field(default_factory=ImplantSettings)

    def __post_init__(self) -> None:
        super().__post_init__()
        if both := sorted({*self.keep_objects} & {*self.remove_objects}):
            raise ValueError(f"Object {both[0]} cannot both stay and go; name it once.")
        if self.case_code is not None and re.fullmatch(CASE_CODE_PATTERN, self.case_code) is None:
            raise ValueError(
                f"Case code must be 1 to {MAX_CODE_LETTERS} letters (A to Z), digits, blanks, hyphens, points or "
                f"underscores, and begin with a letter or a digit; it was {self.case_code!r}."
            )


@dataclass(frozen=True)
class PlanSettings(_ValidatedSettings):
    """How a resection is planned before the bone is cut, and how its guides are made."""

    kerf_mm: float = setting_field(
        1.5,
        "Kerf",
        "Width of the groove that saw or burr leaves.",
        group="Plan: cut",
        unit="mm",
        limits=(0, 6),
    )
    kerf_side: Literal["outside", "middle", "inside"] = setting_field(
        "outside",
        "Side of the kerf",
        "Where the groove is: outside the line, so that the removed piece ends on it; inside, so that the bone does; "
        "or half on each side.",
        group="Plan: cut",
    )
    wall: Literal["perpendicular", "parallel"] = setting_field(
        "perpendicular",
        "Wall",
        "The cut is perpendicular to the bone's surface everywhere, or parallel to one direction.",
        group="Plan: cut",
    )
    wall_bevel_deg: float = setting_field(
        0.0,
        "Bevel of the wall",
        "The opening narrows inwards by this angle, so that the implant cannot sink.",
        group="Plan: cut",
        unit="°",
        limits=(0, 45),
    )
    margin_mm: float = setting_field(
        10.0,
        "Margin around the tumour",
        "The line runs this far outside a tumour.",
        group="Plan: cut",
        unit="mm",
        limits=(0, 40),
    )
    line_radius_mm: float = setting_field(
        10.0,
        "Least radius of the line",
        "A line around a tumour bends no more sharply than this, so that a saw can follow it; outwards no more sharply "
        "than the margin.",
        group="Plan: cut",
        unit="mm",
        limits=(2, 30),
    )
    unseen_mm: float = setting_field(
        5.0,
        "Bone not trusted",
        "Bone this far beyond the cut has no say in the restored surface: the tumour may have thickened it.",
        group="Plan: cut",
        unit="mm",
        limits=(0, 20),
    )
    guide_gap_mm: float = setting_field(
        0.1,
        "Gap under the guides",
        "Distance between a guide and the bone under it; feet touch it.",
        group="Plan: guides",
        unit="mm",
        limits=(0, 0.5),
    )
    template_mm: float = setting_field(
        2.5,
        "Thickness of the template",
        "Thickness of the plate whose edge is the line.",
        group="Plan: guides",
        unit="mm",
        limits=(1.5, 5),
    )
    frame_width_mm: float = setting_field(
        14.0,
        "Width of the cutting guide",
        "The guide reaches this far over the bone outside the cut.",
        group="Plan: guides",
        unit="mm",
        limits=(8, 20),
    )
    wall_height_mm: float = setting_field(
        6.0,
        "Height of the guiding wall",
        "The wall along which saw or burr is led stands this high over the bone.",
        group="Plan: guides",
        unit="mm",
        limits=(3, 15),
    )
    tool_mm: float | None = setting_field(
        None,
        "Width of the tool at the wall",
        "Width of what runs along the wall: blade, or shaft of a burr. Default: the kerf.",
        group="Plan: guides",
        unit="mm",
        limits=(0, 10),
    )
    guide_feet: int = setting_field(
        8,
        "Feet of the cutting guide",
        "Number of feet on arms around the guide, or each of its parts, placed where they leave it the least play; 0 "
        "makes it touch the bone all over.",
        group="Plan: guides",
        limits=(0, 16),
    )
    guide_reach_mm: float = setting_field(
        35.0,
        "Reach of the feet",
        "Feet stand no farther than this from the line, on bone that is exposed anyway.",
        group="Plan: guides",
        unit="mm",
        limits=(20, 70),
    )
    guide_parts: Literal["automatic", "one", "two", "three", "four"] = setting_field(
        "automatic",
        "Parts of a guide",
        "Template and cutting guide are made of so many parts, each of which goes on along a direction of its own; "
        "automatic: of one, and of as few more as pass the checks where one does not.",
        group="Plan: guides",
    )
    windows: int = setting_field(
        6,
        "Windows",
        "Number of windows in the cutting guide, or each of its parts, through which the bone is seen.",
        group="Plan: guides",
        limits=(0, 24),
    )
    guide_screws: int = setting_field(
        4,
        "Screws of a guide",
        "Number of holes for screws in each guide, or each of its parts.",
        group="Plan: guides",
        limits=(0, 12),
    )
    guide_screw_mm: float = setting_field(
        2.0,
        "Screw holes of a guide",
        "Diameter of the holes for screws.",
        group="Plan: guides",
        unit="mm",
        limits=(1, 4),
    )
    ring_width_mm: float = setting_field(
        8.0,
        "Width of the margin ring",
        "Width of the ring that repeats the edge of the bone, to try a cast implant in.",
        group="Plan: guides",
        unit="mm",
        limits=(4, 15),
    )

    @property
    def outward_kerf_mm(self) -> float:
        """How far outside the line the bone that stays begins, mm."""
        return self.kerf_mm * {"outside": 1.0, "middle": 0.5, "inside": 0.0}[self.kerf_side]

    @property
    def guided_wall_mm(self) -> float:
        """How far outside the line the guiding wall is, mm: the tool runs along it and cuts in its own middle."""
        return self.outward_kerf_mm + (self.slot_mm - self.kerf_mm) / 2

    @property
    def slot_mm(self) -> float:
        """Width of what runs along the guiding wall, mm."""
        return self.kerf_mm if self.tool_mm is None else self.tool_mm


@dataclass(frozen=True)
class ResectionChoices(_ValidatedSettings):
    """What panel and page ask for a plan in addition to :class:`PlanSettings`: a circle, and which guides are made.

    The command line has the options ``--circle`` and ``--guide`` for it.
    """

    circle_mm: float = setting_field(
        50.0,
        "Diameter of the circle",
        "A click on the skull draws a circle of this diameter along the surface; of an ellipse it is the length.",
        group="Plan: line",
        unit="mm",
        limits=(16, 160),
    )
    ellipse_percent: float = setting_field(
        100.0,
        "Width of the ellipse",
        "Less than 100 % of its length makes the circle an ellipse.",
        group="Plan: line",
        unit="%",
        limits=(20, 100),
    )
    ellipse_turn_deg: float = setting_field(
        0.0,
        "Turn of the ellipse",
        "Its length against the horizontal, counter-clockwise seen from outside.",
        group="Plan: line",
        unit="°",
        limits=(-90, 90),
    )
    make_template: bool = setting_field(
        True,
        "Drawing template",
        "Make a plate on the bone whose outer edge is the line.",
        group="Plan: guides",
    )
    make_frame: bool = setting_field(
        True,
        "Cutting guide",
        "Make a frame outside the line whose inner wall leads saw or burr.",
        group="Plan: guides",
    )
    make_ring: bool = setting_field(
        False,
        "Margin ring",
        "Make a ring that repeats the edge of the bone that stays, to try and trim a cast implant on the table.",
        group="Plan: guides",
    )

    @property
    def diameters_mm(self) -> tuple[float, float]:
        """Length and width of the ellipse, mm."""
        return self.circle_mm, self.circle_mm * self.ellipse_percent / 100

    @property
    def guides(self) -> tuple[Literal["template", "frame", "ring"], ...]:
        """The guides that are made."""
        kinds: tuple[Literal["template", "frame", "ring"], ...] = ("template", "frame", "ring")
        return tuple(kind for kind in kinds if getattr(self, f"make_{kind}"))

    def with_guides(self, kinds: Collection[str]) -> "ResectionChoices":
        """Choose which guides are made.

        Parameters
        ----------
        kinds
            Of the guides.

        Examples
        --------
        >>> ResectionChoices().with_guides(("ring",)).guides
        ('ring',)
        """
        return replace(self, **{f"make_{kind}": kind in kinds for kind in ("template", "frame", "ring")})
