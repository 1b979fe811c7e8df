"""The states of a session, and what may be done in each: one table for 3D Slicer, the browser and the tests.

A state is not stored: :func:`find_state` derives it from what the session holds, so that it cannot disagree with it.
Actions are strings, so that a panel that has not loaded the library yet can name them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from types import MappingProxyType

__all__ = ["ACTIONS", "ActionRule", "SessionAction", "SessionState", "find_state", "is_allowed", "refusal"]


class SessionState(IntEnum):
    """How far a case is.

    A later state allows everything that an earlier one allows, except to resume a saved restoration.
    """

    CLOSED = 0
    """The scene or the session was closed: nothing can be done any more."""
    NO_BONE = 1
    """There is an input, nothing else."""
    SEGMENTED = 2
    """There is bone."""
    RESTORED = 3
    """There is a restored surface that can be edited."""
    DESIGNED = 4
    """There are implants of the surface as it is."""
    EXPORTED = 5
    """Surface and implants as they are were written to files."""


class SessionAction(StrEnum):
    """What a user can do with a case."""

    SEGMENT = "segment"
    RESTORE = "restore"
    RESUME = "resume"
    REMOVE_ISLANDS = "remove islands"
    DRAW_LINE = "draw a resection line"
    PLAN = "plan a resection"
    ADD_DEFECT = "add defect"
    EDIT = "edit"
    OUTLINE = "outline"
    DESIGN_IMPLANTS = "design implants"
    COMPARE = "compare"
    EXPORT = "export"
    SHOW_IMPLANTS = "show implants"


@dataclass(frozen=True)
class ActionRule:
    """When an action is allowed, and where it leads.

    Attributes
    ----------
    first_state
        The earliest state in which it is allowed.
    last_state
        The latest one.
    next_state
        The state when it has succeeded; None where it changes none. An edit leads from DESIGNED back to RESTORED.
    waits
        Whether it is refused while work runs in the background. An edit is not: a result that it overtakes is dropped.
    refusal
        Sentence for the user where it is not allowed.
    """

    first_state: SessionState
    last_state: SessionState
    next_state: SessionState | None
    waits: bool
    refusal: str


_RESTORE_FIRST = "There is no restoration yet. Restore the skull first."
_NO_BONE, _SEGMENTED, _RESTORED = SessionState.NO_BONE, SessionState.SEGMENTED, SessionState.RESTORED
_DESIGNED, _EXPORTED = SessionState.DESIGNED, SessionState.EXPORTED

ACTIONS: Mapping[SessionAction, ActionRule] = MappingProxyType(
    {
        # action: from, to, leads to, waits for background work, refusal
        SessionAction.SEGMENT: ActionRule(_NO_BONE, _EXPORTED, _SEGMENTED, True, ""),
        SessionAction.RESTORE: ActionRule(_NO_BONE, _EXPORTED, _RESTORED, True, ""),
        SessionAction.RESUME: ActionRule(_NO_BONE, _SEGMENTED, _RESTORED, True, "There is a restoration already."),
        SessionAction.REMOVE_ISLANDS: ActionRule(
            _SEGMENTED, _EXPORTED, _SEGMENTED, True, "There is no bone yet. Segment the bone first."
        ),
        SessionAction.DRAW_LINE: ActionRule(_NO_BONE, _EXPORTED, None, False, ""),
        SessionAction.PLAN: ActionRule(_NO_BONE, _EXPORTED, _DESIGNED, True, ""),
        SessionAction.ADD_DEFECT: ActionRule(_RESTORED, _EXPORTED, _RESTORED, True, _RESTORE_FIRST),
        SessionAction.EDIT: ActionRule(_RESTORED, _EXPORTED, _RESTORED, False, _RESTORE_FIRST),
        SessionAction.OUTLINE: ActionRule(_NO_BONE, _EXPORTED, None, False, ""),
        SessionAction.DESIGN_IMPLANTS: ActionRule(_RESTORED, _EXPORTED, _DESIGNED, True, _RESTORE_FIRST),
        SessionAction.COMPARE: ActionRule(_RESTORED, _EXPORTED, None, True, _RESTORE_FIRST),
        SessionAction.EXPORT: ActionRule(_RESTORED, _EXPORTED, _EXPORTED, True, _RESTORE_FIRST),
        SessionAction.SHOW_IMPLANTS: ActionRule(
            _DESIGNED, _EXPORTED, None, False, "There are no implants of this surface yet. Design them first."
        ),
    }
)
"""The table."""


def find_state(
    *, is_closed: bool, is_segmented: bool, is_restored: bool, has_implants: bool, is_exported: bool
) -> SessionState:
    """Derive the state of a case from what there is.

    Parameters
    ----------
    is_closed
        Whether the scene or the session was closed.
    is_segmented
        Whether there is bone.
    is_restored
        Whether there is a restored surface that can be edited.
    has_implants
        Whether there are implants of the surface as it is.
    is_exported
        Whether surface and implants as they are were written.

    Returns
    -------
    SessionState
        The furthest one that is reached.

    Examples
    --------
    >>> find_state(is_closed=False, is_segmented=True, is_restored=False, has_implants=False, is_exported=False).name
    'SEGMENTED'
    """
    if is_closed:
        return SessionState.CLOSED
    if not is_restored:
        return SessionState.SEGMENTED if is_segmented else SessionState.NO_BONE
    if is_exported:
        return SessionState.EXPORTED
    return SessionState.DESIGNED if has_implants else SessionState.RESTORED


def is_allowed(action: SessionAction | str, state: SessionState, *, is_busy: bool = False) -> bool:
    """Look up whether an action is allowed.

    Parameters
    ----------
    action
        A row of :data:`ACTIONS`, or its name.
    state
        The state of the case.
    is_busy
        Whether work runs in the background.

    Returns
    -------
    bool
        True where the table allows it.

    Raises
    ------
    ValueError
        For an unknown action.

    Examples
    --------
    >>> is_allowed("export", SessionState.SEGMENTED), is_allowed("export", SessionState.DESIGNED)
    (False, True)
    """
    rule = ACTIONS[SessionAction(action)]
    return rule.first_state <= state <= rule.last_state and not (is_busy and rule.waits)


def refusal(action: SessionAction | str, state: SessionState, *, running: str | None = None) -> str | None:
    """Say why an action is not allowed.

    Parameters
    ----------
    action
        A row of :data:`ACTIONS`, or its name.
    state
        The state of the case.
    running
        Name of the work that runs in the background; None where nothing runs.

    Returns
    -------
    str or None
        A sentence for the user; None where the action is allowed.

    Examples
    --------
    >>> refusal("export", SessionState.SEGMENTED)
    'There is no restoration yet. Restore the skull first.'
    >>> refusal("edit", SessionState.RESTORED, running="Design the implants")
    """
    rule = ACTIONS[SessionAction(action)]
    if state == SessionState.CLOSED:
        return "The scene was closed. Choose an input again."
    if running is not None and rule.waits:
        return f"'{running}' is still running. Wait for it, or cancel it first."
    return None if rule.first_state <= state <= rule.last_state else rule.refusal
