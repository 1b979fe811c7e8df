"""What a restoration found and made, as plain facts: the content of ``restoration.json``, from which the reports for people are written.

Every key names its unit. It does not hold a patient's name, number or path: of the input only its kind, its grid and the
DICOM series UID are told.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import PurePath
from typing import Any

import numpy as np

from SkullRestoreLib import __version__
from SkullRestoreLib.case import LOW_CONFIDENCE, Checks, Defect, Implant, Restoration, Volume

SCHEMA = 3
SAFETY = "Research use only. Not cleared by any authority; a qualified clinician must approve every design."
CREDIT = (
    "The network weights and shape statistics (licence CC BY-NC-SA 4.0) were learnt from SkullFix (Kodym et al., Data in Brief 35:106902, 2021),"
    " which was made from CQ500 (Chilamkurthy et al., Lancet 2018)."
)


def summary(restoration: Restoration) -> dict[str, Any]:
    """Sum up a restoration for ``restoration.json``.

    Parameters
    ----------
    restoration
        What the pipeline returned.

    Returns
    -------
    dict
        Plain JSON values; units stand in the keys, positions are RAS, what is not known is None.
    """
    settings = asdict(restoration.settings)
    # a path may tell who and where; the file's hash tells which weights
    settings["weights"] = PurePath(settings["weights"].replace("\\", "/")).name if settings["weights"] else None
    return _plain(
        {
            "schema": SCHEMA,
            "software": "SkullRestore",
            "version": __version__,
            "safety": SAFETY,
            "input": _input(restoration),
            "head_frame": {
                "residual_mm": restoration.pose.residual_mm,
                "coverage": restoration.pose.coverage,
                "ras_to_head": restoration.pose.ras_to_head,
            },
            "defects": [_defect(d, restoration) for d in restoration.defects],
            "small_holes": [_place(d) for d in restoration.small_holes],
            "warnings": list(restoration.warnings),
            "seconds": restoration.seconds,
            "seconds_total": sum(restoration.seconds.values()),
            "peak_memory_mb": restoration.peak_memory_mb,
            "weights": {"sha256": restoration.weights_sha256, "licence": "CC BY-NC-SA 4.0", "credit": CREDIT},
            "settings": settings,
        }
    )


def _input(restoration: Restoration) -> dict[str, Any]:
    source = restoration.source
    if not isinstance(source, Volume):
        return {"kind": "model", "series_uid": None, "vertices": len(source.vertices), "triangles": len(source.faces)}
    return {
        "kind": source.kind,
        "series_uid": source.uid,
        "voxels_ijk": source.array.shape[::-1],
        "spacing_ijk_mm": source.spacing,
        "threshold_hu": restoration.bone.threshold_hu,
    }


def _place(defect: Defect) -> dict[str, Any]:
    across, deep, high = defect.extent_mm
    return {
        "number": defect.number,
        "area_cm2": defect.area_cm2,
        "side": defect.side,
        "region": defect.region,
        "centre_ras_mm": defect.centre,
        "extent_mm": {"left_right": across, "front_back": deep, "up_down": high},
    }


def _defect(defect: Defect, restoration: Restoration) -> dict[str, Any]:
    confidence = [p.confidence for p in restoration.points if p.defect == defect.number]
    implant = next((i for i in restoration.implants if i.defect == defect.number), None)
    patch = next((p for p in restoration.patches if p.defect == defect.number), None)
    return _place(defect) | {
        "open_margin": defect.open_margin,
        "reference_points": len(confidence),
        "reference_points_low_confidence": sum(c < LOW_CONFIDENCE for c in confidence),
        "reference_points_moved_by_hand": sum(p.moved for p in restoration.points if p.defect == defect.number),
        "moved_points": [
            {"label": f"{defect.number}-{k:02d}", "position_ras_mm": p.position}
            for k, p in enumerate((p for p in restoration.points if p.defect == defect.number), 1)
            if p.moved
        ],
        "surface_standard_error_mm": float(np.median(patch.sigma_mm)) if patch is not None and len(patch.sigma_mm) else None,
        "implant": None
        if implant is None
        else _implant(implant, patch.outer.vertices.mean(axis=0) if patch is not None else defect.centre),
    }


def _implant(implant: Implant, middle: np.ndarray) -> dict[str, Any]:
    found = implant.checks
    return {
        "file": f"implant_{implant.defect}.stl",
        "thickness_mm": implant.thickness_mm,
        "volume_ml": implant.volume_ml,
        "clearance_mm": implant.clearance_mm,
        "watertight": implant.watertight,
        "insertion": None if implant.insertion is None else {"towards_ras": implant.insertion, "through_ras_mm": middle},
        "parts": [{"file": f"implant_{implant.defect}_part_{k}.stl"} | asdict(one) for k, one in enumerate(implant.part_checks, 1)],
        "mould": [
            {"file": f"implant_{implant.defect}_mould_{half}.stl"} | asdict(one)
            for half, one in zip(("outer", "inner"), implant.mould_checks, strict=False)
        ],
        "settings": asdict(implant.settings),
        "findings": list(implant.findings),
        "checks": None if found is None else _checks(found, implant.settings.material),
    }


def _checks(found: Checks, material: str) -> dict[str, Any]:
    # the map is for pictures; its spread stands here
    told = {f.name: getattr(found, f.name) for f in fields(found) if f.name != "thickness_map"}
    for name in ("clearance_mm", "rim_gap_mm", "thickness_mm"):
        spread = told[name]
        told[name] = None if spread is None else asdict(spread)
    return {"passed": found.passed, **told, "material": material}


def _plain(value: Any) -> Any:
    """Turn arrays, numpy scalars and tuples into JSON values; rounds to a tenth of a micrometre; NaN becomes None."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray | list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return round(float(value), 4) if math.isfinite(value) else None
    return value
