"""The published schema of restoration.json, and what it lets through."""

import json
from copy import deepcopy
from dataclasses import dataclass, fields, replace

import jsonschema
import numpy as np
import pytest
from helpers_restoration import make_restoration, with_checks, with_ct

from SkullRestoreLib import report
from SkullRestoreLib._system.resources import resource_path
from SkullRestoreLib.records import Settings
from SkullRestoreLib.report import fact_records
from SkullRestoreLib.report.schema import schema_of, schema_text


@pytest.fixture(scope="module")
def published():
    return json.loads(resource_path("restoration.schema.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def facts():
    return report.summarise_restoration(with_checks(make_restoration()))


def test_the_published_file_is_what_the_program_writes_now():
    assert resource_path("restoration.schema.json").read_text(encoding="utf-8") == schema_text(), (
        "run python -m SkullRestoreLib.report.schema"
    )


@dataclass(frozen=True)
class ScrewFacts(fact_records.LocationFacts):
    """A key that a later version may add."""

    screws: fact_records.Count
    """Number of screws."""


def test_a_field_that_a_record_gains_is_in_its_schema_with_its_meaning_and_range():
    schema = schema_of(ScrewFacts)
    assert schema["properties"]["screws"] == {"type": "integer", "minimum": 0, "description": "Number of screws."}
    assert schema["required"] == [field.name for field in fields(ScrewFacts)]
    assert schema["additionalProperties"] is False


def test_the_schema_has_the_keys_of_the_records_and_no_others(published):
    for name, definition in published["$defs"].items():
        assert list(definition["properties"]) == [field.name for field in fields(getattr(fact_records, name))], name
    assert list(published["properties"]) == [field.name for field in fields(fact_records.RestorationFacts)]


def test_every_key_says_what_it_means(published):
    def silent(node, path):
        for name, child in node.get("properties", {}).items():
            if not child.get("description"):
                yield f"{path}.{name}"
            yield from silent(child, f"{path}.{name}")

    nodes = {"": published, **published["$defs"]}
    assert not [key for name, node in nodes.items() for key in silent(node, name)]


def test_the_schema_is_a_schema(published):
    jsonschema.Draft202012Validator.check_schema(published)


@pytest.mark.parametrize(
    "made",
    [
        make_restoration(),
        make_restoration(defects=0),
        make_restoration(defects=2, warnings=["Something."]),
        make_restoration(model=True),
        with_checks(make_restoration(defects=2)),
        with_ct(make_restoration(), uid="1.2.840.1"),
        replace(make_restoration(), implants=()),
        replace(
            make_restoration(),
            peak_memory_mb=float("nan"),
            settings=Settings(weights="mine.safetensors", threshold_hu=350),
        ),
    ],
    ids=["plain", "intact skull", "two", "model", "with checks", "CT", "no implant", "unknown numbers"],
)
def test_every_summary_is_valid(published, made):
    jsonschema.validate(json.loads(json.dumps(report.summarise_restoration(made), allow_nan=False)), published)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("schema",), 1),
        (("defects", 0, "area_cm2"), "38"),
        (("defects", 0, "implant", "checks", "covered"), 1.2),
        (("defects", 0, "implant", "settings", "clearance_mm"), 40),
        (("settings", "implant", "fixation"), "glue"),
        (("patient",), "Somebody"),
    ],
)
def test_what_is_out_of_range_or_does_not_belong_there_is_refused(published, facts, path, value):
    wrong = deepcopy(facts)
    at = wrong
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, published)


def test_checks_of_an_implant_are_given_without_the_map(facts):
    checks = facts["defects"][0]["implant"]["checks"]
    assert checks["passed"] is True
    assert checks["clearance_mm"] == {"least": 0.95, "median": 1.0, "most": 1.2}
    assert "thickness_map" not in checks
    assert np.isclose(checks["mass_g"]["PEEK"], 23.92)
