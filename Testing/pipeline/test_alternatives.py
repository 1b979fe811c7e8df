"""Where a design does not pass, the nearest one that does is found and named."""

from dataclasses import dataclass
from types import SimpleNamespace

import pytest

from SkullRestoreLib.errors import ImplantError
from SkullRestoreLib.pipeline import implants
from SkullRestoreLib.pipeline.alternatives import MAX_TRIED, describe_changes, find_passing_changes
from SkullRestoreLib.records import ImplantSettings


def passing_if(condition):
    """A designer whose bodies pass where the condition holds; it keeps what it was asked for."""
    asked = []

    def design(settings):
        asked.append(settings)
        return SimpleNamespace(passed=condition(settings))

    design.asked = asked
    return design


def test_what_is_drilled_into_a_body_is_given_up_before_its_shape():
    settings = ImplantSettings(perforations=True, suture_holes=8)
    design = passing_if(lambda s: not s.perforations)
    assert find_passing_changes(design, settings) == {"perforations": False, "suture_holes": 0}
    assert len(design.asked) == 1


def test_a_thinner_body_is_offered_where_that_passes():
    settings = ImplantSettings(thickness_mm=5.0)
    changes = find_passing_changes(passing_if(lambda s: s.thickness_mm <= 4.0), settings)
    assert changes == {"thickness_mm": 4.0}
    assert describe_changes(changes, settings) == "Thickness: 4 mm in place of 5 mm"


def test_a_design_that_cannot_be_made_counts_as_one_that_does_not_pass():
    def design(settings):
        if settings.clearance_mm < 1.4:
            raise ImplantError("too narrow")
        return SimpleNamespace(passed=True)

    assert find_passing_changes(design, ImplantSettings()) == {"clearance_mm": 1.5}


def test_the_search_ends_after_a_few_designs():
    design = passing_if(lambda s: False)
    settings = ImplantSettings(perforations=True, fixation="tabs", mould=True, parts=2)
    assert find_passing_changes(design, settings) == {}
    assert len(design.asked) <= MAX_TRIED


def test_a_body_is_never_offered_thinner_than_two_millimetres():
    design = passing_if(lambda s: False)
    find_passing_changes(design, ImplantSettings(thickness_mm=2.5))
    assert min(s.thickness_mm for s in design.asked) >= 2.0


@pytest.mark.parametrize(
    ("changes", "before", "words"),
    [
        ({"suture_holes": 0}, {"suture_holes": 8}, "suture holes: none"),
        ({"fixation": "none", "fixation_points": ()}, {"fixation": "tabs"}, "fixation: none"),
        ({"parts": 2}, {}, "Parts: 2 in place of 1"),
    ],
)
def test_changes_are_said_in_the_words_of_the_settings(changes, before, words):
    assert describe_changes(changes, ImplantSettings(**before)).lower() == words.lower()


@dataclass(frozen=True)
class Body:
    """As much of an implant as the designs of a run need."""

    passed: bool
    findings: tuple[str, ...] = ()


def design_all(monkeypatch, design):
    monkeypatch.setattr(implants, "design_on_patch", lambda _patch, _bone, settings, **_: design(settings))
    patch = SimpleNamespace(defect=1)
    return implants.design_each([patch], None, ImplantSettings(perforations=True), pose=None, points=())


def test_an_implant_that_did_not_pass_says_first_what_would(monkeypatch):
    (body,), not_made = design_all(monkeypatch, lambda settings: Body(not settings.perforations, ("Another note.",)))
    assert not body.passed
    assert body.findings == ("Implant 1 would pass all checks with: Perforations: off.", "Another note.")
    assert not_made == ()


def test_a_defect_for_which_none_could_be_made_says_what_would(monkeypatch):
    def design(settings):
        if settings.perforations:
            raise ImplantError("There is no room.")
        return Body(passed=True)

    _, (none,) = design_all(monkeypatch, design)
    assert none.reason == "There is no room. Implant 1 would pass all checks with: Perforations: off."


def test_an_implant_that_passes_is_designed_once(monkeypatch):
    asked = []
    (body,), _ = design_all(monkeypatch, lambda settings: asked.append(settings) or Body(passed=True))
    assert body.findings == ()
    assert len(asked) == 1
