"""Say in a type what JSON Schema should say of a value: its range, its length, its choices.

A keyword is put next to a type by ``Annotated``; :mod:`SkullRestoreLib.report.schema` reads it.
"""

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from typing import Annotated, Any, get_type_hints

from SkullRestoreLib.settings import MATERIAL_DENSITIES, SettingSpec, list_settings

JsonObject = dict[str, Any]
"""A JSON object, such as a schema."""


class SchemaKeywords:
    """Keywords that are added to the schema of an annotated type.

    Parameters
    ----------
    keywords
        JSON Schema keywords with their values.

    Examples
    --------
    >>> Annotated[float, SchemaKeywords(minimum=0)].__metadata__[0].keywords
    {'minimum': 0}
    """

    def __init__(self, **keywords: Any) -> None:
        self.keywords = keywords

    def __get_pydantic_json_schema__(self, core_schema: Any, handler: Callable[[Any], JsonObject]) -> JsonObject:
        """Add the keywords; pydantic calls this by its name."""
        return handler(core_schema) | self.keywords


def settings_keywords(settings_class: type) -> SchemaKeywords:
    """Describe a record of settings by what its fields say: label, unit, range and help.

    Parameters
    ----------
    settings_class
        :class:`SkullRestoreLib.settings.Settings` or another record of settings.

    Returns
    -------
    SchemaKeywords
        For a dict with a key for each setting.
    """
    return SchemaKeywords(**_settings_schema(settings_class))


def _settings_schema(settings_class: type) -> JsonObject:
    """Schema of a record of settings; a record inside of it becomes an object inside of it."""
    hints = get_type_hints(settings_class)
    properties = {setting.name: _setting_schema(setting) for setting in list_settings(settings_class)}
    properties |= {
        field.name: {"type": "object", "description": f"Settings of the {field.name}."}
        | _settings_schema(hints[field.name])
        for field in fields(settings_class)
        if is_dataclass(hints[field.name])
    }
    return {"properties": properties, "required": list(properties), "additionalProperties": False}


def _setting_schema(setting: SettingSpec) -> JsonObject:
    """One setting, with its label, unit, range and help."""
    text: JsonObject = {"type": "string"}
    schemas: dict[str, JsonObject] = {
        "number": {"type": "number", "minimum": setting.low, "maximum": setting.high},
        "count": {"type": "integer", "minimum": setting.low, "maximum": setting.high},
        "switch": {"type": "boolean"},
        "choice": {"enum": list(setting.choices)},
        "text": text,
        "direction": {"type": "array", "items": {"type": "number"}, "minItems": 3, "maxItems": 3},
        "labels": {"type": "array", "items": text},
        "numbers": {"type": "array", "items": {"type": "integer", "minimum": 1}},
    }
    schema = schemas[setting.kind]
    unit = f" [{setting.unit}]" if setting.unit else ""
    return {
        **({"anyOf": [schema, {"type": "null"}]} if setting.optional else schema),
        "title": setting.label + unit,
        "description": setting.help,
    }


Count = Annotated[int, SchemaKeywords(minimum=0)]
DefectNumber = Annotated[int, SchemaKeywords(minimum=1)]
NonNegative = Annotated[float, SchemaKeywords(minimum=0)]
Fraction = Annotated[float, SchemaKeywords(minimum=0, maximum=1)]
Pair = Annotated[list[float], SchemaKeywords(minItems=2, maxItems=2)]
"""Two numbers, such as the sides of a rectangle."""
Triple = Annotated[list[float], SchemaKeywords(minItems=3, maxItems=3)]
"""Three numbers: a position, a direction, or sizes along three axes."""
Counts = Annotated[list[Count], SchemaKeywords(minItems=3, maxItems=3)]
FrameRow = Annotated[list[float], SchemaKeywords(minItems=4, maxItems=4)]
FrameMatrix = Annotated[list[FrameRow], SchemaKeywords(minItems=4, maxItems=4)]
"""A 4 × 4 matrix, row by row."""
Sha256 = Annotated[str, SchemaKeywords(pattern="^[0-9a-f]{64}$")]
MaterialName = Annotated[str, SchemaKeywords(enum=list(MATERIAL_DENSITIES))]
MassByMaterial = Annotated[
    dict[str, float],
    SchemaKeywords(
        properties={name: {"type": "number", "description": f"Mass in {name}, g."} for name in MATERIAL_DENSITIES},
        required=list(MATERIAL_DENSITIES),
        additionalProperties=False,
    ),
]
