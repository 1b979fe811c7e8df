"""What a front end offers now: one table for the buttons of 3D Slicer and of the browser.

What is allowed in a state is :data:`SkullRestoreLib.session.states.ACTIONS`. A button needs more: something to work on,
such as a point that is chosen. While work runs in the background nothing is offered.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from SkullRestoreLib.session.states import SessionAction

if TYPE_CHECKING:
    from SkullRestoreLib.session.session import Session


@dataclass(frozen=True)
class Offer:
    """When a button can be pressed.

    Attributes
    ----------
    action
        Row of the table of states that must allow it.
    has_object
        Whether there is something to work on.
    """

    action: SessionAction
    has_object: Callable[["Session"], bool] = lambda _session: True


OFFERS: Mapping[str, Offer] = MappingProxyType(
    {
        "segment": Offer(SessionAction.SEGMENT),
        "edit_bone": Offer(SessionAction.SEGMENT, lambda session: session.bone_node is not None),
        "restore": Offer(SessionAction.RESTORE),
        "remove_island": Offer(SessionAction.REMOVE_ISLANDS, lambda session: bool(session.islands)),
        "remove_defect_islands": Offer(
            SessionAction.REMOVE_ISLANDS,
            lambda session: any(defect is not None for _, defect in session.islands),
        ),
        "add_defect": Offer(SessionAction.ADD_DEFECT),
        "switch_defect": Offer(SessionAction.EDIT, lambda session: bool(session.defect_rows)),
        "switch_object": Offer(SessionAction.EDIT, lambda session: bool(session.object_rows)),
        "change_fullness": Offer(SessionAction.EDIT, lambda session: bool(session.defect_rows)),
        "place_points": Offer(SessionAction.EDIT, lambda session: bool(session.defect_rows)),
        "change_point": Offer(SessionAction.EDIT, lambda session: session.selected_point_index is not None),
        "reset_points": Offer(SessionAction.EDIT, lambda session: session.has_edited_points),
        "undo": Offer(SessionAction.DRAW_LINE, lambda session: session.can_undo),
        "redo": Offer(SessionAction.DRAW_LINE, lambda session: session.can_redo),
        "draw_line": Offer(SessionAction.PLAN),
        "delete_line": Offer(SessionAction.DRAW_LINE, lambda session: len(session.planner.curve.points) > 0),
        "plan": Offer(SessionAction.PLAN, lambda session: session.planner.can_plan),
        "design_implants": Offer(SessionAction.DESIGN_IMPLANTS),
        "show_implants": Offer(SessionAction.SHOW_IMPLANTS, lambda session: session.has_implants),
        "reset_arrows": Offer(SessionAction.EDIT, lambda session: bool(session.insertion_directions)),
        "compare": Offer(SessionAction.COMPARE),
        "colour_by_error": Offer(SessionAction.EDIT, lambda session: session.has_comparison),
        "export": Offer(SessionAction.EXPORT),
        "look": Offer(SessionAction.EDIT, lambda session: any(row.is_enabled for row in session.defect_rows)),
        "drop_pictures": Offer(SessionAction.EDIT, lambda session: bool(session.aids.own_pictures)),
    }
)
"""Name of an offer to its conditions."""


def available_offers(session: "Session | None") -> dict[str, bool]:
    """Look up which buttons can be pressed now.

    Parameters
    ----------
    session
        None where there is no case.

    Returns
    -------
    dict
        Name of each of :data:`OFFERS` to whether it is available.

    Examples
    --------
    >>> available_offers(None)["restore"]
    False
    """
    if session is None or session.is_busy:
        return dict.fromkeys(OFFERS, False)
    return {name: session.can(offer.action) and bool(offer.has_object(session)) for name, offer in OFFERS.items()}
