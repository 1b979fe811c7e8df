"""Sum up a restoration as plain facts: the content of ``restoration.json``, from which the reports are written.

Every key names its unit. The facts hold no name, number or path of the patient: of the input only its kind, its grid
and the DICOM series UID.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from datetime import date
from pathlib import PurePath
from string import ascii_uppercase
from typing import Any

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib import __version__
from SkullRestoreLib.affine import RAS_TO_LPS
from SkullRestoreLib.records import (
    LOW_CONFIDENCE,
    Defect,
    Implant,
    ImplantChecks,
    Restoration,
    ScanInfo,
    StrengthEstimate,
    VaultObject,
    Volume,
    WrittenFile,
)
from SkullRestoreLib.report.fact_records import (
    COMPLETE,
    SCHEMA_VERSION,
    WITHHELD,
    CheckFacts,
    DefectFacts,
    ExtentFacts,
    FaultPlacesFacts,
    FileFacts,
    FixationFacts,
    FrameFacts,
    ImplantFacts,
    InsertionFacts,
    LocationFacts,
    MaterialStrengthFacts,
    ModelFacts,
    MovedPointFacts,
    NotWrittenFacts,
    ObjectFacts,
    PieceFacts,
    PrintFacts,
    RangeFacts,
    RestorationFacts,
    SkinFacts,
    StrengthFacts,
    VolumeFacts,
    WeightsFacts,
    WithheldFacts,
)

SAFETY_NOTE = "Research use only. Not cleared by any authority; a qualified clinician must approve every design."
DATA_CREDIT = (
    "The network weights and shape statistics (licence CC BY-NC-SA 4.0) were learnt from SkullFix "
    "(Kodym et al., Data in Brief 35:106902, 2021), which was made from CQ500 (Chilamkurthy et al., Lancet 2018)."
)
MAX_PRINT_TOLERANCE_MM = 0.3
"""The checks ask for no more of clearance and thickness."""
_NOT_FACTS = ("thickness_map", "step_map", "clearance_map", "raised_map", "fault_places")
"""Measurements for pictures, or given elsewhere."""
JSON_DIGITS = 4
"""Digits after the decimal point: a tenth of a micrometre."""


def summarise_restoration(
    restoration: Restoration,
    *,
    keep_failed: bool = False,
    not_written: Mapping[str, str] | None = None,
    files: Sequence[WrittenFile] = (),
) -> dict[str, Any]:
    """Sum up a restoration for ``restoration.json``.

    Parameters
    ----------
    restoration
        What the pipeline returned.
    keep_failed
        Whether implants that did not pass their checks are written, under names that say so; otherwise they have no
        file.
    not_written
        Formats that were asked for and could not be made -> a sentence why.
    files
        The other files of the result.

    Returns
    -------
    dict
        Plain JSON values; units stand in the keys, positions are RAS, what is not known is None.
    """
    settings = asdict(restoration.settings)
    # A path may identify somebody; the file's hash identifies the weights.
    settings["weights"] = PurePath(settings["weights"].replace("\\", "/")).name if settings["weights"] else None
    facts = RestorationFacts(
        schema=SCHEMA_VERSION,
        software="SkullRestore",
        version=__version__,
        safety=SAFETY_NOTE,
        outcome=WITHHELD if restoration.not_passed else COMPLETE,
        withheld=[_withheld_facts(number, restoration, keep_failed) for number in restoration.not_passed],
        not_written=[NotWrittenFacts(kind, reason) for kind, reason in (not_written or {}).items()],
        case_code=restoration.settings.case_code or "none",
        made_on=restoration.made_on or date.today().isoformat(),
        revision=restoration.revision,
        revised_from=restoration.revised_from,
        changed=list(restoration.changed),
        input=_input_facts(restoration),
        head_frame=FrameFacts(
            restoration.pose.residual_mm, restoration.pose.coverage, restoration.pose.ras_to_head.tolist()
        ),
        objects=[_object_facts(each) for each in restoration.objects],
        defects=[_defect_facts(d, restoration, keep_failed) for d in restoration.defects],
        small_holes=[LocationFacts(**_location(d)) for d in restoration.small_defects],
        warnings=list(restoration.warnings),
        notes=list(restoration.notes),
        seconds=restoration.seconds,
        seconds_total=sum(restoration.seconds.values()),
        peak_memory_mb=restoration.peak_memory_mb,
        weights=WeightsFacts(restoration.weights_sha256, "CC BY-NC-SA 4.0", DATA_CREDIT),
        files=[FileFacts(**asdict(file)) for file in sorted(files, key=lambda file: file.name)],
        settings=settings,
    )
    return _to_json_value(asdict(facts))


def _object_facts(found: VaultObject) -> ObjectFacts:
    """What is said of an object in a hole."""
    return ObjectFacts(**{f.name: getattr(found, f.name) for f in fields(ObjectFacts)})


def _withheld_facts(number: int, restoration: Restoration, keep_failed: bool) -> WithheldFacts:
    """Why a defect has no implant that passed."""
    implant = next((i for i in restoration.implants if i.defect == number), None)
    stem = None if implant is None else implant.file_stem(keep_failed=keep_failed)
    places = implant.checks.fault_places if implant is not None and implant.checks is not None else ()
    return WithheldFacts(
        defect=number,
        made=implant is not None,
        file=None if stem is None else f"{stem}.stl",
        failed=list(restoration.not_passed[number]),
        fault_places=[
            FaultPlacesFacts(place.fault, place.where, [position.tolist() for position in place.positions])
            for place in places
        ],
    )


def _input_facts(restoration: Restoration) -> VolumeFacts | ModelFacts:
    """Kind and grid of the input."""
    source = restoration.source
    if not isinstance(source, Volume):
        return ModelFacts(
            kind="model",
            series_uid=None,
            side_known=restoration.side_known,
            vertices=len(source.vertices),
            triangles=len(source.faces),
        )
    scan = source.scan or ScanInfo()
    return VolumeFacts(
        kind=source.kind,
        series_uid=source.uid,
        side_known=restoration.side_known,
        voxels_ijk=list(source.array.shape[::-1]),
        spacing_ijk_mm=list(source.spacing),
        threshold_hu=restoration.bone.threshold_hu,
        scan_date=(scan.date or None) if restoration.settings.scan_date else None,
        slice_thickness_mm=scan.thickness_mm,
        kernel=scan.kernel or None,
    )


def _location(defect: Defect) -> dict[str, Any]:
    """Place and size of a defect: the fields of :class:`LocationFacts`."""
    return {
        "number": defect.number,
        "area_cm2": defect.area_cm2,
        "side": defect.side,
        "region": defect.region,
        "centre_ras_mm": defect.centre.tolist(),
        "extent_mm": ExtentFacts(*defect.extent_mm.tolist()),
    }


def _defect_facts(defect: Defect, restoration: Restoration, keep_failed: bool) -> DefectFacts:
    """Place, reference points, surface and implant of a defect."""
    points = [p for p in restoration.points if p.defect == defect.number]
    implant = next((i for i in restoration.implants if i.defect == defect.number), None)
    patch = next((p for p in restoration.patches if p.defect == defect.number), None)
    has_sigma = patch is not None and len(patch.sigma_mm)
    middle = patch.outer.vertices.mean(axis=0) if patch is not None else defect.centre
    return DefectFacts(
        **_location(defect),
        open_margin=defect.open_margin,
        reference_points=len(points),
        reference_points_low_confidence=sum(p.confidence < LOW_CONFIDENCE for p in points),
        reference_points_moved_by_hand=sum(p.moved for p in points),
        moved_points=[
            MovedPointFacts(f"{defect.number}-{k:02d}", p.position.tolist()) for k, p in enumerate(points, 1) if p.moved
        ],
        surface_standard_error_mm=float(np.median(patch.sigma_mm)) if patch is not None and has_sigma else None,
        implant=None if implant is None else _implant_facts(implant, middle, keep_failed),
    )


def _implant_facts(implant: Implant, middle: NDArray[np.float64], keep_failed: bool) -> ImplantFacts:
    """Files, pieces, settings and checks of an implant; it is put in through ``middle``, (3,) mm RAS."""

    def file_name(piece: str = "") -> str | None:
        stem = implant.file_stem(piece, keep_failed=keep_failed)
        return None if stem is None else f"{stem}.stl"

    direction = implant.insertion_direction
    return ImplantFacts(
        passed=implant.passed,
        failed=list(implant.failed),
        file=file_name(),
        thickness_mm=implant.thickness_mm,
        volume_ml=implant.volume_ml,
        clearance_mm=implant.clearance_mm,
        watertight=implant.watertight,
        insertion=None if direction is None else InsertionFacts(list(direction), middle.tolist()),
        parts=[
            PieceFacts(name=f"part {k}", file=file_name(f"part_{k}"), **asdict(checks))
            for k, checks in enumerate(implant.part_checks, 1)
        ],
        assembly=[f"part {number}" for number in implant.assembly_order],
        mould=[
            PieceFacts(name=f"{half} half of the mould", file=file_name(f"mould_{half}"), **asdict(checks))
            for half, checks in zip(("outer", "inner"), implant.mould_checks, strict=False)
        ],
        ring=[
            PieceFacts(name="margin ring", file=file_name("ring"), **asdict(checks)) for checks in implant.ring_checks
        ],
        fixations=[
            FixationFacts(f"{implant.defect}-{letter}", place.kind, place.position.tolist(), place.towards.tolist())
            for letter, place in zip(ascii_uppercase, implant.fixations, strict=False)
        ],
        printing=_print_facts(implant),
        settings=asdict(implant.settings),
        findings=list(implant.findings),
        checks=None if implant.checks is None else _check_facts(implant.checks, implant.settings.material),
    )


def _print_facts(implant: Implant) -> PrintFacts | None:
    """How to print an implant: its outer face up, so that supports are only under the inner face."""
    if implant.insertion_direction is None:
        return None
    up = -implant.insertion_direction
    along = implant.mesh.vertices @ up
    flat = implant.mesh.vertices - along[:, None] * up
    across = np.linalg.eigh(np.cov(flat.T))[1][:, 1:]
    sides = np.ptp(flat @ across, axis=0)
    play_mm = [implant.clearance_mm / 2] + ([implant.settings.joint_gap_mm / 2] if implant.parts else [])
    return PrintFacts(
        up_lps=(RAS_TO_LPS * up).tolist(),
        height_mm=float(np.ptp(along)),
        footprint_mm=sorted(sides.tolist(), reverse=True),
        tolerance_mm=min(MAX_PRINT_TOLERANCE_MM, *play_mm),
    )


def _check_facts(checks: ImplantChecks, material: str) -> CheckFacts:
    """What was measured on an implant; without the maps, which are for pictures."""
    measured = {f.name: getattr(checks, f.name) for f in fields(checks) if f.name not in _NOT_FACTS}
    for name in ("clearance_mm", "rim_gap_mm", "thickness_mm", "thickness_off_mm", "step_mm", "raised_mm"):
        measured[name] = None if measured[name] is None else RangeFacts(**asdict(measured[name]))
    measured["skin"] = None if checks.skin is None else SkinFacts(**asdict(checks.skin))
    measured["strength"] = None if checks.strength is None else _strength_facts(checks.strength)
    return CheckFacts(passed=checks.passed, material=material, **measured)


def _strength_facts(strength: StrengthEstimate) -> StrengthFacts:
    """The estimate of an implant's strength, without its maps."""
    return StrengthFacts(
        push_n=strength.push_n,
        pressure_mmhg=strength.pressure_mmhg,
        held_at="fixations" if strength.held_at == "fixations" else "rim",
        weakest_ras_mm=strength.weakest.tolist(),
        materials=[MaterialStrengthFacts(name, **asdict(one)) for name, one in strength.by_material.items()],
    )


def _to_json_value(value: Any) -> Any:
    """Turn arrays, numpy scalars and tuples into rounded JSON values; NaN and infinity become None."""
    if isinstance(value, Mapping):
        return {str(key): _to_json_value(item) for key, item in value.items()}
    if isinstance(value, np.ndarray | list | tuple):
        return [_to_json_value(item) for item in value]
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return round(float(value), JSON_DIGITS) if math.isfinite(value) else None
    return value
