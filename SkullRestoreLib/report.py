"""What a restoration found and made, for people (HTML) and for programs (JSON).

Every key of the JSON names its unit. Neither form holds a patient's name, number or path: of the input only its kind, its grid and the
DICOM series UID are told.
"""

import base64
import io
import math
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import PurePath
from typing import Any

import numpy as np

from SkullRestoreLib import __version__
from SkullRestoreLib.case import LOW_CONFIDENCE, Defect, Restoration, Volume

SCHEMA = 2
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
        "surface_standard_error_mm": float(np.median(patch.sigma_mm)) if patch is not None and len(patch.sigma_mm) else None,
        "implant": None
        if implant is None
        else {
            "file": f"implant_{implant.defect}.stl",
            "thickness_mm": implant.thickness_mm,
            "volume_ml": implant.volume_ml,
            "clearance_mm": implant.clearance_mm,
            "watertight": implant.watertight,
        },
    }


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


def report_html(restoration: Restoration, pictures: Mapping[str, np.ndarray]) -> str:
    """Write the report that a clinician reads: one self-contained HTML page.

    Parameters
    ----------
    restoration
        What the pipeline returned.
    pictures
        Name of a view -> (height, width, 3) uint8, as :func:`SkullRestoreLib.render.pictures` gives them.

    Returns
    -------
    str
        HTML with style and pictures inside; it loads nothing from anywhere.
    """
    from jinja2 import Environment, StrictUndefined

    from SkullRestoreLib.resources import resource

    # StrictUndefined: a misspelt value must not become an empty cell in a clinical table
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["number"] = _number
    template = environment.from_string(resource("report.html.j2").read_text(encoding="utf-8"))
    facts = summary(restoration)
    shown = [
        {"title": _title(name), "alt": _alt(name, facts), "data": _embedded(image), "size": image.shape[1::-1]}
        for name, image in pictures.items()
    ]
    return template.render(facts=facts, pictures=shown, credit=CREDIT, low_confidence=LOW_CONFIDENCE)


def _number(value: float | None, digits: int = 1) -> str:
    return "unknown" if value is None else f"{value:.{digits}f}"


def _title(name: str) -> str:
    return f"Straight at {name}" if name.startswith("defect") else f"From the {name}" if name != "top" else "From above"


def _alt(name: str, facts: Mapping[str, Any]) -> str:
    """Say in words what a picture shows, for those who cannot see it."""
    view = _title(name)[0].lower() + _title(name)[1:]
    what = "; ".join(f"defect {d['number']} ({d['side']} {d['region']}, {d['area_cm2']:.1f} cm²)" for d in facts["defects"])
    return f"Skull seen {view}" + (
        f", with the restored surface of {what} in blue-green." if what else "; no defect of the vault was found."
    )


def _embedded(image: np.ndarray) -> str:
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, format="JPEG", quality=90, subsampling=0)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
