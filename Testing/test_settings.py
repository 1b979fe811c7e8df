"""Settings are described once, and every door can build its controls from that."""

import doctest

import pytest

from SkullRestoreLib import settings
from SkullRestoreLib.settings import ImplantSettings, Settings, options

ALL = [(record, one) for record in (Settings, ImplantSettings) for one in options(record)]


@pytest.mark.parametrize(("record", "one"), ALL, ids=[one.name for _, one in ALL])
def test_every_setting_has_a_label_a_help_text_and_a_default_that_is_allowed(record, one):
    assert one.label
    assert one.help.endswith(".")
    assert one.group
    assert one.complaint(one.default) is None
    assert one.default == getattr(record(), one.name)


@pytest.mark.parametrize(("record", "one"), [(r, o) for r, o in ALL if o.kind in ("number", "count")], ids=lambda v: getattr(v, "name", ""))
def test_numbers_have_a_range_and_lengths_a_unit(record, one):
    assert one.low < one.high
    assert one.unit or one.kind == "count"
    for beyond in (one.low - 1, one.high + 1, float("nan")):
        with pytest.raises(ValueError, match=f"{one.label} must be"):
            record(**{one.name: beyond})


def test_every_field_of_the_records_is_a_setting():
    assert [o.name for o in options(ImplantSettings)] == list(ImplantSettings.__dataclass_fields__)
    assert [o.name for o in options(Settings)] == [n for n in Settings.__dataclass_fields__ if n != "implant"]


def test_no_two_settings_have_one_flag():
    flags = [one.flag for _, one in ALL]
    assert len(set(flags)) == len(flags)


@pytest.mark.parametrize("wrong", [{"fixation": "glue"}, {"insertion": (0.0, 0.0, 0.0)}, {"insertion": (1.0, 0.0)}, {"thickness_mm": None}])
def test_what_is_no_choice_and_no_direction_is_refused(wrong):
    with pytest.raises(ValueError, match="must be"):
        ImplantSettings(**wrong)


def test_changed_settings_are_checked_too():
    assert ImplantSettings().with_(clearance_mm=0.5).clearance_mm == 0.5
    with pytest.raises(ValueError, match=r"Clearance must be 0 to 3 mm; it was 5\."):
        ImplantSettings().with_(clearance_mm=5)


def test_the_examples_in_the_text_are_right():
    assert doctest.testmod(settings).failed == 0
