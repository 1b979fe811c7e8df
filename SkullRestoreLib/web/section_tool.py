"""The section through an implant: which one, where it is, and what it cuts."""

from collections.abc import Callable
from typing import Any

from SkullRestoreLib.errors import SkullRestoreError
from SkullRestoreLib.records import Implant
from SkullRestoreLib.scene import case_node
from SkullRestoreLib.scene.section import (
    SECTIONS,
    SectionPlane,
    cut_models,
    find_section,
    section_offset_mm,
    turn_slice,
)
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
    """The section of one page.

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
        self._implant: Implant | None = None
        self._plane: SectionPlane | None = None
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
        if not section:
            return
        number, _, name = section.partition(" ")
        implant = next((one for one in self._implants() if str(one.defect) == number), None)
        if implant is None or name not in SECTIONS:
            raise SkullRestoreError("There is no implant that could be cut. Design it first.")
        plane = find_section(implant, name)
        self._implant, self._plane = implant, plane
        turn_slice(self._slice_node(plane), plane)
        self._viewer.views[plane.slice_name].fit_view_to_content()
        turn_slice(self._slice_node(plane), plane)  # to fit moves the slice to the middle of the volume
        self._viewer.look_at(plane.middle, plane.normal, plane.slice_to_ras[:3, 1])
        low, high = plane.low_mm - _MARGIN_MM, plane.high_mm + _MARGIN_MM
        self._state.update(
            {
                "section": section,
                "section_view": plane.slice_name,
                "section_mm": 0.0,
                "section_range": [round(low, 1), round(high, 1)],
            }
        )
        self.update()

    def move(self, offset_mm: float) -> None:
        """Move the section.

        Parameters
        ----------
        offset_mm
            From the implant's middle towards the viewer.
        """
        if self._plane is None:
            return
        node = self._slice_node(self._plane)
        if abs(section_offset_mm(node, self._plane) - offset_mm) > _SAME_PLACE_MM:
            turn_slice(node, self._plane, offset_mm=offset_mm)
            self._viewer.redraw_views()

    def show_offset(self) -> None:
        """Show on the page where the slice is: it may have been moved in its view."""
        if self._plane is not None:
            offset_mm = round(section_offset_mm(self._slice_node(self._plane), self._plane), 1)
            if offset_mm != self._state.section_mm:
                self._state.section_mm = offset_mm

    def update(self) -> None:
        """Offer the sections that there are, and cut what is shown; a section of an implant that is gone ends."""
        implants = self._implants()
        self._state.section_choices = [
            {"value": f"{one.defect} {name}", "title": f"Implant {one.defect}, {name}" if len(implants) > 1 else name}
            for one in implants
            for name in SECTIONS
        ]
        if self._plane is None:
            return
        if not any(one is self._implant for one in implants):
            self._follow_design(implants)
            return
        cut_models(self._viewer.scene, self._displays(), self._slice_node(self._plane))

    def _follow_design(self, implants: tuple[Implant, ...]) -> None:
        """Cut the new implant where there is one of the same defect, at the same place."""
        old, section, offset_mm = self._implant, self._state.section, self._state.section_mm
        implant = next((one for one in implants if old is not None and one.defect == old.defect), None)
        if implant is None:
            self.end()
            return
        self._implant, self._plane = implant, find_section(implant, section.partition(" ")[2])
        turn_slice(self._slice_node(self._plane), self._plane, offset_mm=offset_mm)
        self.update()

    def end(self) -> None:
        """Show everything complete again, and turn the slice back."""
        plane, self._plane, self._implant = self._plane, None, None
        if plane is None:
            return
        self._state.update({name: NO_SECTION[name] for name in ("section", "section_view", "section_mm")})
        node = self._slice_node(plane)
        node.SetOrientation(plane.slice_name.capitalize())
        node.JumpSliceByCentering(*map(float, plane.middle))
        cut_models(self._viewer.scene, self._displays(), None)
        self._viewer.redraw_views()

    def _implants(self) -> tuple[Implant, ...]:
        session = self._session()
        return () if session is None or session.is_closed or not session.is_restored else session.implants

    def _slice_node(self, plane: SectionPlane) -> Any:
        return self._viewer.views[plane.slice_name].get_view_node()

    def _displays(self) -> list[Any]:
        """Display nodes of everything that is cut: skull, surfaces, implants."""
        session = self._session()
        if session is None or session.is_closed:
            return []
        nodes = [session.bone_node] if session.bone_node is not None else []
        for layer in ("surface", "implant"):
            nodes += case_node.nodes_for_prefix(session.case_node, layer).values()
        return [node.GetDisplayNode() for node in nodes if node.GetDisplayNode() is not None]
