"""The table of states: what is allowed when, the same in the library, in the session and in the panel."""

import pytest
from helpers_head import phantom_head
from helpers_session import open_session

from SkullRestoreLib.errors import SkullRestoreError
from SkullRestoreLib.session.offers import OFFERS
from SkullRestoreLib.session.states import ACTIONS, SessionAction, SessionState, find_state, is_allowed, refusal

_STARTS = {
    SessionAction.RESUME: lambda session: session.start_resume(),
    SessionAction.REMOVE_ISLANDS: lambda session: session.start_island_removal([]),
    SessionAction.ADD_DEFECT: lambda session: session.start_adding_missed_defect(),
    SessionAction.EDIT: lambda session: session.reset_points(),
    SessionAction.DESIGN_IMPLANTS: lambda session: session.start_implant_design(),
    SessionAction.COMPARE: lambda session: session.start_comparison(session.source_node),
    SessionAction.EXPORT: lambda session: session.start_export("nowhere"),
    SessionAction.SEGMENT: lambda session: session.start_segmentation(),
    SessionAction.RESTORE: lambda session: session.start_restoration(),
    SessionAction.DRAW_LINE: lambda session: session.planner.delete_line(),
    SessionAction.PLAN: lambda session: session.planner.start_drawing("curve"),
}
"""How each action is begun; showing implants is only looked up."""


def test_every_action_has_a_rule_with_an_order_of_states_and_a_reason_where_it_can_be_refused():
    assert set(ACTIONS) == set(SessionAction)
    for action, rule in ACTIONS.items():
        assert rule.first_state <= rule.last_state, action
        open_states = [state for state in SessionState if state != SessionState.CLOSED]
        refused = [state for state in open_states if not is_allowed(action, state)]
        assert bool(refused) == bool(rule.refusal), action


def test_nothing_is_allowed_once_the_scene_is_closed():
    for action in SessionAction:
        assert not is_allowed(action, SessionState.CLOSED)
        assert "scene was closed" in refusal(action, SessionState.CLOSED)


def test_a_refusal_is_given_exactly_where_the_action_is_not_allowed():
    for action in SessionAction:
        for state in SessionState:
            for running in (None, "Restore"):
                allowed = is_allowed(action, state, is_busy=running is not None)
                assert allowed == (refusal(action, state, running=running) is None), (action, state, running)


def test_an_action_leads_to_a_state_in_which_it_can_be_repeated():
    for action, rule in ACTIONS.items():
        if rule.next_state is not None and action != SessionAction.RESUME:
            assert is_allowed(action, rule.next_state), action


def test_edits_are_allowed_while_work_runs_and_nothing_else_that_changes_the_case():
    changing = {action for action, rule in ACTIONS.items() if rule.next_state is not None}
    assert {action for action in changing if not ACTIONS[action].waits} == {SessionAction.EDIT}


def test_an_unknown_action_is_an_error():
    with pytest.raises(ValueError, match="fly"):
        is_allowed("fly", SessionState.RESTORED)


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        ((True, True, True, True, True), SessionState.CLOSED),
        ((False, False, False, False, False), SessionState.NO_BONE),
        ((False, True, False, False, False), SessionState.SEGMENTED),
        ((False, True, True, False, False), SessionState.RESTORED),
        ((False, True, True, True, False), SessionState.DESIGNED),
        ((False, True, True, True, True), SessionState.EXPORTED),
    ],
)
def test_the_state_is_the_furthest_that_is_reached(facts, state):
    names = ("is_closed", "is_segmented", "is_restored", "has_implants", "is_exported")
    assert find_state(**dict(zip(names, facts, strict=True))) == state


def test_a_session_refuses_what_the_table_refuses_in_its_words(app):
    session = open_session(app, phantom_head(), name="States")
    assert session.state == SessionState.NO_BONE
    for action, start in _STARTS.items():
        if not session.can(action):
            with pytest.raises(SkullRestoreError) as error:
                start(session)
            assert str(error.value) == refusal(action, SessionState.NO_BONE)
    assert {name for name, offered in session.offers.items() if offered} == {"segment", "restore", "draw_line"}
    session.start_segmentation()
    assert set(session.offers) == set(OFFERS)
    assert not any(session.offers.values())
    for action, start in _STARTS.items():
        if ACTIONS[action].waits:
            assert not session.can(action)
            with pytest.raises(SkullRestoreError, match="'Segment' is still running"):
                start(session)
    session.wait_until_done()
    assert session.state == SessionState.SEGMENTED
    assert session.can("remove islands")
    assert session.offers["edit_bone"]
    session.close()
    assert not any(session.offers.values())
    for action, start in _STARTS.items():
        assert not session.can(action)
        with pytest.raises(SkullRestoreError, match="scene was closed"):
            start(session)


@pytest.mark.slow
def test_a_restored_case_is_designed_then_exported_and_an_edit_takes_both_back(session, tmp_path):
    assert session.state == SessionState.RESTORED
    session.set_defect_enabled(2, False)
    session.start_implant_design()
    session.wait_until_done()
    assert session.state == SessionState.DESIGNED
    session.start_export(tmp_path / "out")
    session.wait_until_done()
    assert session.state == SessionState.EXPORTED
    assert session.can("show implants")
    session.undo()
    assert session.state == SessionState.RESTORED
    assert not session.can("show implants")


def test_a_button_is_offered_where_there_is_something_to_work_on(session):
    def offered():
        return {name for name, is_offered in session.offers.items() if is_offered}

    always = {"segment", "edit_bone", "restore", "add_defect", "switch_defect", "place_points", "design_implants"}
    assert always | {"compare", "export"} <= offered()
    assert not offered() & {"change_point", "reset_points", "undo", "redo", "show_implants", "colour_by_error"}
    session.remove_point(0)  # not moved, but there is something to reset
    assert session.moved_point_count == 0
    assert {"reset_points", "undo"} <= offered()
    session.undo()
    assert "redo" in offered()
    assert not {"reset_points", "undo"} & offered()
    session.selected_point_index = 0
    assert "change_point" in offered()
    assert "reset_points" not in offered()
