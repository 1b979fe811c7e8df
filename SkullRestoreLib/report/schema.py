"""Generate the JSON Schema of ``restoration.json`` from the records that become the file.

``python -m SkullRestoreLib.report.schema`` writes the published file ``Resources/restoration.schema.json`` anew.
Only this needs pydantic; a restoration does not.
"""

import json
from dataclasses import is_dataclass
from typing import Any

from SkullRestoreLib.report.fact_records import RestorationFacts
from SkullRestoreLib.report.schema_keywords import JsonObject


def schema_of(record: type) -> JsonObject:
    """Generate the schema of a record.

    Parameters
    ----------
    record
        Dataclass whose fields are annotated with JSON's types; the text below a field becomes its description.

    Returns
    -------
    dict
        Plain JSON values (JSON Schema 2020-12).

    Examples
    --------
    >>> from SkullRestoreLib.report.fact_records import ExtentFacts
    >>> schema_of(ExtentFacts)["properties"]["left_right"]
    {'description': 'From left to right.', 'minimum': 0, 'type': 'number'}
    """
    from pydantic import TypeAdapter
    from pydantic.json_schema import GenerateJsonSchema

    class RecordSchema(GenerateJsonSchema):
        """Keys without titles, and with the meaning that a base class gives them."""

        def field_title_should_be_set(self, schema: Any) -> bool:
            return False

        def dataclass_schema(self, schema: Any) -> JsonObject:
            made = super().dataclass_schema(schema)
            bases: list[type] = schema["cls"].__mro__[1:]
            for base in bases:
                if not is_dataclass(base):
                    continue
                for name, inherited in schema_of(base)["properties"].items():
                    made["properties"][name].setdefault("description", inherited["description"])
            return made

    return TypeAdapter(record).json_schema(schema_generator=RecordSchema)


def build_schema() -> JsonObject:
    """Generate the schema of the file.

    Returns
    -------
    dict
        Plain JSON values (JSON Schema 2020-12).

    Examples
    --------
    >>> build_schema()["properties"]["outcome"]["enum"]
    ['complete', 'implants withheld']
    """
    return schema_of(RestorationFacts) | {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "restoration.json of SkullRestore",
        "description": "Units stand in the keys; positions and directions are RAS (right, front, up); "
        "what is not known is null; fractions run from 0 to 1.",
    }


def schema_text() -> str:
    """Give the content of the published file."""
    return json.dumps(build_schema(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    from SkullRestoreLib._system.resources import resource_path

    resource_path("report.html.j2").with_name("restoration.schema.json").write_text(schema_text(), encoding="utf-8")
