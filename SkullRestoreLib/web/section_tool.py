"""The section through an implant on the page: which one, and where it is."""

from collections.abc import Callable
from typing import Any

from SkullRestoreLib.errors import SkullRestoreError
from SkullRestoreLib.scene.section import SECTIONS
from SkullRestoreLib.session import Session

NO_SECTION: dict[str, Any] = {
    "section": "",
    "section_view": "",
    "section_choices": [],
    "section_mm": 0.0,
    "section_range": [0.0, 0.0],
}
"""What the page shows without a section."""
_MARGIN_MM = 5.0
"""By how much the section can be moved beyond the ends of the implant."""
_SAME_PLACE_MM = 0.05


class SectionTool:
    """The controls of the section; the session shows it (:class:`SkullRestoreLib.session.view_aids.ViewAids`).

    Parameters
    ----------
    state
        trame's state.
    viewer
        Scene and views.
    session
        Gives the session; None where there is no case.
    """

    def __init__(self, state: Any, viewer: Any, session: Callable[[], Session | None]) -> None:
        self._state, self._viewer, self._session = state, viewer, session
        state.update(NO_SECTION)

    def choose(self, section: str) -> None:
        """Cut an implant, or show everything complete again.

        Parameters
        ----------
        section
            Number of the defect and one of :data:`SkullRestoreLib.scene.section.SECTIONS`, such as ``"1 lengthwise"``;
            empty ends it.

        Raises
        ------
        SkullRestoreError
            If there is no such implant.
        """
        self.end()
        session = self._open_session()
        if not section or session is None:
            return
        number, _, name = section.partition(" ")
        if number not in self._numbers() or name not in SECTIONS:
            raise SkullRestoreError("There is no implant that could be cut. Design it first.")
        session.aids.show_section(int(number), turn_deg=SECTIONS[name])
        plane, view = session.aids.section.plane, self._view_of_section(session)
        if plane is None:
            return
        self._viewer.fit_slice(view)
        self._viewer.look_at(plane.middle, plane.normal, plane.up)
        self._state.update({"section": section, "section_view": view})
        self.update()

    def move(self, offset_mm: float) -> None:
        """Move the section.

        Parameters
        ----------
        offset_mm
            From the middle of the defect towards the viewer.
        """
        session = self._session_with_section()
        if session is not None and abs(session.aids.section.offset_mm - offset_mm) > _SAME_PLACE_MM:
            session.aids.move_section(offset_mm)
            self._viewer.redraw_views()

    def show_offset(self) -> None:
        """Show on the page where the slice is: it may have been moved in its view."""
        session = self._session_with_section()
        if session is not None:
            offset_mm = round(session.aids.section.offset_mm, 1)
            if offset_mm != self._state.section_mm:
                self._state.section_mm = offset_mm

    def update(self) -> None:
        """Offer the sections that there are, and show where the one is that is shown; that of a removed defect ends."""
        session, numbers = self._session_with_section(), self._numbers()
        shown = self._state.section.partition(" ")[0] if session is not None else ""
        if shown and shown not in numbers:
            numbers = sorted([*numbers, shown], key=int)  # it stays while the surface is edited
        self._state.section_choices = [
            {"value": f"{number} {name}", "title": f"Implant {number}, {name}" if len(numbers) > 1 else name}
            for number in numbers
            for name in SECTIONS
        ]
        if not self._state.section:
            return
        if session is None:
            self.end()
            return
        plane = session.aids.section.plane
        low, high = plane.low_mm - _MARGIN_MM, plane.high_mm + _MARGIN_MM
        self._state.section_range = [round(low, 1), round(high, 1)]
        self.show_offset()

    def end(self) -> None:
        """Show everything complete again, and turn the slice back."""
        self._state.update({name: NO_SECTION[name] for name in ("section", "section_view", "section_mm")})
        session = self._session_with_section()
        if session is not None:
            session.aids.hide_section()
            self._viewer.redraw_views()

    def _open_session(self) -> Session | None:
        session = self._session()
        return None if session is None or session.is_closed else session

    def _session_with_section(self) -> Session | None:
        session = self._open_session()
        return session if session is not None and session.aids.shows_section else None

    def _numbers(self) -> list[str]:
        """Numbers of the implants of the surface as it is."""
        session = self._open_session()
        return [] if session is None or not session.is_restored else [str(one.defect) for one in session.implants]

    def _view_of_section(self, session: Session) -> str:
        node = session.aids.section.node
        return next((name for name, view in self._viewer.views.items() if view.get_view_node() is node), "")
