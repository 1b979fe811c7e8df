"""The published schema of restoration.json, and what it lets through."""

import json
from copy import deepcopy
from dataclasses import replace

import jsonschema
import numpy as np
import pytest
from helpers_restoration import restoration, with_checks, with_ct

from SkullRestoreLib import report
from SkullRestoreLib.case import Settings
from SkullRestoreLib.report.schema import text
from SkullRestoreLib.resources import resource


@pytest.fixture(scope="module")
def published():
    return json.loads(resource("restoration.schema.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def facts():
    return report.summary(with_checks(restoration()))


def test_the_published_file_is_what_the_program_writes_now():
    assert resource("restoration.schema.json").read_text(encoding="utf-8") == text(), "run python -m SkullRestoreLib.report.schema"


def test_the_schema_is_a_schema(published):
    jsonschema.Draft202012Validator.check_schema(published)


@pytest.mark.parametrize(
    "made",
    [
        restoration(),
        restoration(defects=0),
        restoration(defects=2, warnings=["Something."]),
        restoration(model=True),
        with_checks(restoration(defects=2)),
        with_ct(restoration(), uid="1.2.840.1"),
        replace(restoration(), implants=()),
        replace(restoration(), peak_memory_mb=float("nan"), settings=Settings(weights="mine.safetensors", threshold_hu=350)),
    ],
    ids=["plain", "whole skull", "two", "model", "with checks", "CT", "no implant", "unknown numbers"],
)
def test_every_summary_is_valid(published, made):
    jsonschema.validate(json.loads(json.dumps(report.summary(made), allow_nan=False)), published)


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


def test_checks_of_an_implant_are_told_without_the_map(facts):
    checks = facts["defects"][0]["implant"]["checks"]
    assert checks["passed"] is True
    assert checks["clearance_mm"] == {"least": 0.95, "median": 1.0, "most": 1.2}
    assert "thickness_map" not in checks
    assert np.isclose(checks["mass_g"]["PEEK"], 23.92)
