"""Settings are described once, and every front end can build its controls from that."""

import contextlib
import json
import re
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from SkullRestoreLib import settings as limits
from SkullRestoreLib.implant import onlay
from SkullRestoreLib.implant.plates import plate_profiles
from SkullRestoreLib.settings import ImplantSettings, PlanSettings, Settings, find_contradiction, list_settings

ALL = [(record, setting) for record in (Settings, ImplantSettings, PlanSettings) for setting in list_settings(record)]


@pytest.mark.parametrize(("record", "setting"), ALL, ids=[setting.name for _, setting in ALL])
def test_every_setting_has_a_label_a_help_text_and_a_default_that_is_allowed(record, setting):
    assert setting.label
    assert setting.help.endswith(".")
    assert setting.group
    assert setting.error_message(setting.default) is None
    assert setting.default == getattr(record(), setting.name)


@pytest.mark.parametrize(
    ("record", "setting"),
    [(r, s) for r, s in ALL if s.kind in ("number", "count")],
    ids=lambda v: getattr(v, "name", ""),
)
def test_numbers_have_a_range_and_lengths_a_unit(record, setting):
    assert setting.low < setting.high
    assert setting.unit or setting.kind == "count"
    for beyond in (setting.low - 1, setting.high + 1, float("nan")):
        with pytest.raises(ValueError, match=f"{setting.label} must be"):
            record(**{setting.name: beyond})


def test_every_field_of_the_records_is_a_setting():
    assert [spec.name for spec in list_settings(ImplantSettings)] == list(ImplantSettings.__dataclass_fields__)
    assert [spec.name for spec in list_settings(Settings)] == [
        n for n in Settings.__dataclass_fields__ if n != "implant"
    ]


def test_no_two_settings_have_one_flag():
    flags = [setting.cli_flag for _, setting in ALL]
    assert len(set(flags)) == len(flags)


@pytest.mark.parametrize(
    "wrong", [{"fixation": "glue"}, {"insertion": (0.0, 0.0, 0.0)}, {"insertion": (1.0, 0.0)}, {"thickness_mm": None}]
)
def test_what_is_no_choice_and_no_direction_is_refused(wrong):
    with pytest.raises(ValueError, match="must be"):
        ImplantSettings(**wrong)


@pytest.mark.parametrize(
    ("record", "setting"), [(r, s) for r, s in ALL if s.kind == "number"], ids=lambda v: getattr(v, "name", "")
)
def test_a_whole_number_is_kept_as_the_number_that_the_setting_is(record, setting):
    low, high = int(setting.low) + 1, int(setting.high)
    for whole in {low, high} - ({low} if low > setting.high else set()):
        value = getattr(record(**{setting.name: whole}), setting.name)
        assert type(value) is float
        assert value == whole


def test_a_count_is_whole_and_a_number_is_a_number():
    assert type(ImplantSettings(suture_holes=6.0).suture_holes) is int
    for wrong in ({"suture_holes": 6.5}, {"clearance_mm": "1"}, {"clearance_mm": True}, {"parts": "2"}):
        with pytest.raises(ValueError, match="must be a"):
            ImplantSettings(**wrong)


@pytest.mark.parametrize("label", ["7", "1-", "1-0", "0-3", "a-b", "1-03-2", ""])
def test_what_can_be_no_reference_point_is_refused(label):
    with pytest.raises(ValueError, match="labels of reference points such as 1-03"):
        ImplantSettings(fixation="tabs", fixation_points=("1-01", label))


CONTRADICTIONS = [
    (
        {"perforations": True, "perforation_mm": 6, "perforation_spacing_mm": 4},
        "Perforations of 6 mm every 4 mm leave no mat",
    ),
    ({"perforations": True, "perforation_mm": 3.5, "perforation_spacing_mm": 4}, "leave only 0.5 mm of material"),
    (
        {"perforations": True, "perforation_mm": 6, "hole_to_edge_mm": 3},
        "Holes to rim must be at least 4 mm for perforations",
    ),
    ({"suture_holes": 8, "suture_hole_mm": 4, "hole_to_edge_mm": 2.5}, "at least 3 mm for suture holes of 4 mm"),
    (
        {"fixation": "recesses", "follow_inner_table": True, "min_thickness_mm": 1.5},
        "Minimum thickness must be at least 2 mm",
    ),
    (
        {"parts": 2, "thickness_mm": 2, "joint_gap_mm": 1},
        "Thickness must be at least 2.6 mm for parts with a play of 1 mm",
    ),
    ({"parts": 3, "follow_inner_table": True, "min_thickness_mm": 1}, "Minimum thickness must be at least 1.75 mm"),
    (
        {"min_edge_mm": 4, "thickness_mm": 3},
        "minimum rim thickness, 4 mm, is more than the thickness of the implant, 3 mm",
    ),
    ({"rim_radius_mm": 2, "thickness_mm": 3}, "needs a thickness of at least 4 mm; it was 3 mm"),
    ({"onlay_mm": 10, "fixation": "tabs"}, "An onlay rim of 10 mm hides the tabs"),
    ({"onlay_mm": 4, "onlay_thickness_mm": 1.0, "min_edge_mm": 1.5}, "thickness of the onlay rim, 1 mm, is less than"),
    ({"fixation": "tabs", "onlay_thickness_mm": 0.8}, "thickness of the tabs, 0.8 mm, is less than"),
    ({"fixation": "tabs", "fixation_points": ("1-03", "1-3")}, "names 1-03 more than once"),
]


@pytest.mark.parametrize(("chosen", "sentence"), CONTRADICTIONS, ids=[sentence for _, sentence in CONTRADICTIONS])
def test_settings_that_contradict_each_other_are_refused_in_one_sentence(chosen, sentence):
    with pytest.raises(ValueError, match=re.escape(sentence)) as refused:
        ImplantSettings(**chosen)
    assert "mm" in str(refused.value) or "1-03" in str(refused.value)
    with pytest.raises(ValueError, match=re.escape(sentence)):
        ImplantSettings().with_changes(**chosen)


@pytest.mark.parametrize(
    "chosen",
    [
        {"perforation_mm": 6, "perforation_spacing_mm": 4},  # nothing is drilled
        {"perforations": True, "perforation_mm": 3.1, "perforation_spacing_mm": 4.1},
        {"suture_hole_mm": 4, "hole_to_edge_mm": 2},
        {"fixation": "recesses", "thickness_mm": 2},
        {"joint_gap_mm": 1, "thickness_mm": 2},
        {"follow_inner_table": True, "min_edge_mm": 4, "min_thickness_mm": 2},
        {"onlay_thickness_mm": 0.6},
        {"onlay_mm": 12},
        {"fixation": "tabs", "fixation_points": ("1-03", "2-03")},
    ],
    ids=str,
)
def test_what_has_no_effect_or_is_at_its_limit_contradicts_nothing(chosen):
    assert ImplantSettings(**chosen)


def test_the_limits_before_the_design_are_those_of_the_design():
    plates = plate_profiles().values()
    assert max(plate.thickness_mm for plate in plates) == limits.RECESS_DEPTH_MM
    assert max(plate.countersink_mm for plate in plates) == pytest.approx(limits.COUNTERSINK_DEPTH_MM)
    assert limits.TAB_LENGTH_MM == onlay.TAB_LENGTH_MM


def test_every_plate_of_the_file_can_be_chosen():
    (spec,) = [spec for spec in list_settings(ImplantSettings) if spec.name == "plate"]
    assert spec.choices == tuple(plate_profiles())


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"fixation": "recesses"}, "Countersunk screw holes are in tabs"),
        ({"fixation": "tabs", "onlay_thickness_mm": 1.0, "min_edge_mm": 1.0}, "need tabs of at least 1.2 mm"),
    ],
)
def test_countersunk_holes_that_cannot_be_made_are_refused(wrong, sentence):
    with pytest.raises(ValueError, match=sentence):
        ImplantSettings(countersink=True, **wrong)


@pytest.mark.parametrize("code", ["", " Elm", "Müller", "a" * 21, "Elm\n27", "<b>"])
def test_a_case_code_is_short_and_plain(code):
    with pytest.raises(ValueError, match="Case code must be"):
        Settings(case_code=code)
    assert Settings(case_code="Study-07_b.2").case_code == "Study-07_b.2"


# --- values of every type

ANY_VALUE = st.one_of(
    *(st.none(), st.booleans(), st.integers(-5, 300), st.floats(), st.text(max_size=5), st.binary(max_size=3)),
    *(st.just(np.float32(3)), st.just(np.int64(3)), st.just(np.bool_(True)), st.just(np.array(3.0)), st.just({1: 2})),
    st.lists(st.one_of(st.integers(-2, 2), st.text(max_size=3), st.none()), max_size=4),
    st.just(np.array([0.0, 0.0, -1.0])),
    st.complex_numbers(),
)


@pytest.mark.slow
@given(which=st.sampled_from(ALL), value=ANY_VALUE)
@settings(max_examples=400, deadline=None, derandomize=True)
def test_a_value_of_any_type_is_taken_or_refused_in_a_sentence_that_names_the_setting(which, value):
    record, setting = which
    if (sentence := setting.error_message(value)) is not None:
        assert sentence.startswith(f"{setting.label} must be")
        assert sentence.endswith(".")
        with pytest.raises(ValueError, match=re.escape(sentence)):
            record(**{setting.name: value})
        return
    with contextlib.suppress(ValueError):  # it may contradict another setting
        record(**{setting.name: value})
    taken = setting.converted(value)
    plain = {"number": float, "count": int, "switch": bool, "choice": str, "text": str, "direction": tuple}
    assert taken is None or type(taken) is plain.get(setting.kind, tuple)
    assert hash(taken) is not None, "a record of settings can be compared and be a key"


def test_lists_of_a_file_and_scalars_of_numpy_become_what_the_setting_is():
    read = json.loads('{"thickness_mm": 5, "fixation": "tabs", "fixation_points": ["1-03"], "insertion": [0, 0, -1]}')
    assert ImplantSettings(**read) == ImplantSettings(
        thickness_mm=5.0, fixation="tabs", fixation_points=("1-03",), insertion=(0.0, 0.0, -1.0)
    )
    chosen = ImplantSettings(
        thickness_mm=np.float32(5), suture_holes=np.int64(8), perforations=np.True_, insertion=np.array([0, 0, -1])
    )
    assert chosen == ImplantSettings(thickness_mm=5.0, suture_holes=8, perforations=True, insertion=(0.0, 0.0, -1.0))
    assert [type(getattr(chosen, name)) for name in ("thickness_mm", "suture_holes", "perforations")] == [
        float,
        int,
        bool,
    ]
    assert Settings(threshold_hu=300, min_area_cm2=2, points=np.int32(30)) == Settings(300.0, 2.0, 30)


@pytest.mark.parametrize(
    ("record", "setting"), [(r, s) for r, s in ALL if s.unit], ids=lambda v: getattr(v, "name", "")
)
def test_a_value_out_of_range_is_refused_with_its_unit(record, setting):
    with pytest.raises(ValueError, match=re.escape(f"{setting.high:g} {setting.unit}; it was")) as refused:
        record(**{setting.name: setting.high + 1})
    assert str(refused.value).endswith(f" {setting.unit}.")


# --- what the user gave


def given_and_useless(names, **chosen):
    return find_contradiction(asdict(ImplantSettings(**chosen)), names, lambda setting: setting.label)


@pytest.mark.parametrize("setting", [s for s in list_settings(ImplantSettings) if s.needs], ids=lambda s: s.name)
def test_a_setting_that_does_nothing_without_another_is_named_with_it(setting):
    sentence = given_and_useless({setting.name})
    needed = next(s.label for s in list_settings(ImplantSettings) if s.name == setting.needs)
    assert sentence == f"{setting.label} does nothing without {needed}; add {needed}, or leave {setting.label} out."


def test_a_setting_that_is_used_is_no_contradiction():
    assert given_and_useless({"onlay_thickness_mm"}, fixation="tabs") is None, "tabs are as thick as an onlay rim"
    assert given_and_useless({"hole_to_edge_mm"}, suture_holes=4) is None
    assert given_and_useless({"fixation_points"}, fixation="tabs", fixation_points=("1-01",)) is None


@pytest.mark.parametrize(
    ("names", "chosen", "sentence"),
    [
        ({"hole_to_edge_mm"}, {}, "Holes to rim does nothing without Perforations or Suture holes"),
        ({"thickness_mm"}, {"follow_inner_table": True}, "Thickness and Follow the inner table exclude each other"),
        (
            {"fixation_count", "fixation_points"},
            {"fixation": "tabs", "fixation_points": ("1-01",)},
            "Number of fixations and Fixation at points exclude each other",
        ),
    ],
)
def test_two_settings_of_which_one_has_no_effect_are_refused(names, chosen, sentence):
    assert sentence in given_and_useless(names, **chosen)


def test_changed_settings_are_checked_too():
    assert ImplantSettings().with_changes(clearance_mm=0.5).clearance_mm == 0.5
    with pytest.raises(ValueError, match=r"Clearance must be 0 to 3 mm; it was 5 mm\."):
        ImplantSettings().with_changes(clearance_mm=5)
