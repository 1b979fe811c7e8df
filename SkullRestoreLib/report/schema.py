"""The JSON Schema of ``restoration.json``: ``python -m SkullRestoreLib.report.schema`` writes the published file anew.

It is published as ``Resources/restoration.schema.json``; the settings' ranges in it are those of :mod:`SkullRestoreLib.settings`.
"""

import json
from typing import Any

from SkullRestoreLib.report.facts import SCHEMA
from SkullRestoreLib.settings import MATERIALS, ImplantSettings, Option, Settings, options

_NUMBER, _COUNT, _YES_NO, _TEXT = {"type": "number"}, {"type": "integer", "minimum": 0}, {"type": "boolean"}, {"type": "string"}
_LENGTH, _SHARE = {"type": "number", "minimum": 0}, {"type": "number", "minimum": 0, "maximum": 1}
_POINT = {"type": "array", "items": _NUMBER, "minItems": 3, "maxItems": 3}
_NAMES = {"type": "array", "items": _TEXT}


def _maybe(kind: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [kind, {"type": "null"}]}


def _record(fields: dict[str, Any], **about: Any) -> dict[str, Any]:
    return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False, **about}


def _setting(one: Option) -> dict[str, Any]:
    kinds = {
        "number": {"type": "number", "minimum": one.low, "maximum": one.high},
        "count": {"type": "integer", "minimum": one.low, "maximum": one.high},
        "switch": _YES_NO,
        "choice": {"enum": list(one.choices)},
        "text": _TEXT,
        "direction": _POINT,
        "labels": _NAMES,
    }
    kind = _maybe(kinds[one.kind]) if one.optional else kinds[one.kind]
    unit = f" [{one.unit}]" if one.unit else ""
    return {**kind, "title": one.label + unit, "description": one.help}


def schema() -> dict[str, Any]:
    """Give the schema as plain JSON values (JSON Schema 2020-12)."""
    spread = {"$ref": "#/$defs/spread"}
    place = {
        "number": {"type": "integer", "minimum": 1},
        "area_cm2": _LENGTH,
        "side": _TEXT,
        "region": _TEXT,
        "centre_ras_mm": _POINT,
        "extent_mm": _record({"left_right": _LENGTH, "front_back": _LENGTH, "up_down": _LENGTH}),
    }
    checks = {
        "passed": _YES_NO,
        "watertight": _YES_NO,
        "manifold": _YES_NO,
        "outward": _YES_NO,
        "self_intersections": _COUNT,
        "bone_overlaps": _COUNT,
        "clearance_mm": _maybe(spread),
        "rim_gap_mm": _maybe(spread),
        "clearance_within": _maybe(_SHARE),
        "thickness_mm": _maybe(spread),
        "edge_mm": _maybe(_LENGTH),
        "covered": _SHARE,
        "covered_in_all": _SHARE,
        "undercut_mm2": _LENGTH,
        "volume_ml": _NUMBER,
        "mass_g": _record(dict.fromkeys(MATERIALS, _NUMBER)),
        "size_mm": _POINT,
        "triangles": _COUNT,
        "simplification_mm": _LENGTH,
        "failed": _NAMES,
        "material": {"enum": list(MATERIALS)},
    }
    piece = {
        "file": _TEXT,
        "clean": _YES_NO,
        "volume_ml": _NUMBER,
        "size_mm": _POINT,
        "triangles": _COUNT,
        "gap_mm": _maybe(_NUMBER),
        "off_mm": _maybe(_LENGTH),
        "caught_mm2": _maybe(_LENGTH),
        "failed": _NAMES,
    }
    pieces = {"type": "array", "items": _record(piece)}
    implant = {
        "file": _TEXT,
        "thickness_mm": _LENGTH,
        "volume_ml": _NUMBER,
        "clearance_mm": _LENGTH,
        "watertight": _YES_NO,
        "insertion": _maybe(_record({"towards_ras": _POINT, "through_ras_mm": _POINT})),
        "parts": pieces,
        "mould": pieces,
        "settings": {"$ref": "#/$defs/implant_settings"},
        "findings": _NAMES,
        "checks": _maybe({"$ref": "#/$defs/checks"}),
    }
    defect = place | {
        "open_margin": _YES_NO,
        "reference_points": _COUNT,
        "reference_points_low_confidence": _COUNT,
        "reference_points_moved_by_hand": _COUNT,
        "moved_points": {"type": "array", "items": _record({"label": _TEXT, "position_ras_mm": _POINT})},
        "surface_standard_error_mm": _maybe(_LENGTH),
        "implant": _maybe({"$ref": "#/$defs/implant"}),
    }
    model = _record({"kind": {"const": "model"}, "series_uid": {"type": "null"}, "vertices": _COUNT, "triangles": _COUNT})
    volume = _record(
        {
            "kind": {"enum": ["ct", "mask"]},
            "series_uid": _maybe(_TEXT),
            "voxels_ijk": {"type": "array", "items": _COUNT, "minItems": 3, "maxItems": 3},
            "spacing_ijk_mm": _POINT,
            "threshold_hu": _maybe(_NUMBER),
        }
    )
    settings = {one.name: _setting(one) for one in options(Settings)} | {"implant": {"$ref": "#/$defs/implant_settings"}}
    matrix = {"type": "array", "items": {"type": "array", "items": _NUMBER, "minItems": 4, "maxItems": 4}, "minItems": 4, "maxItems": 4}
    whole = {
        "schema": {"const": SCHEMA},
        "software": {"const": "SkullRestore"},
        "version": _TEXT,
        "safety": _TEXT,
        "input": {"anyOf": [volume, model]},
        "head_frame": _record({"residual_mm": _maybe(_LENGTH), "coverage": _maybe(_SHARE), "ras_to_head": matrix}),
        "defects": {"type": "array", "items": {"$ref": "#/$defs/defect"}},
        "small_holes": {"type": "array", "items": _record(place)},
        "warnings": _NAMES,
        "seconds": {"type": "object", "additionalProperties": _LENGTH},
        "seconds_total": _LENGTH,
        "peak_memory_mb": _maybe(_LENGTH),
        "weights": _record({"sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"}, "licence": _TEXT, "credit": _TEXT}),
        "settings": _record(settings),
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "restoration.json of SkullRestore",
        "description": "Units stand in the keys; positions and directions are RAS (right, front, up); what is not known is null; shares run from 0 to 1.",
        **_record(whole),
        "$defs": {
            "spread": _record({"least": _NUMBER, "median": _NUMBER, "most": _NUMBER}),
            "checks": _record(checks),
            "implant_settings": _record({one.name: _setting(one) for one in options(ImplantSettings)}),
            "implant": _record(implant),
            "defect": _record(defect),
        },
    }


def text() -> str:
    """Give the published file's content."""
    return json.dumps(schema(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    from SkullRestoreLib.resources import resource

    resource("report.html.j2").with_name("restoration.schema.json").write_text(text(), encoding="utf-8")
