"""What helps to look at a result: a section along the insertion direction, a box, the other side mirrored, a fade.

Nothing of it changes a result. Pictures of the user's own views are kept here for the report, and saved with the case.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.errors import InputError
from SkullRestoreLib.planning.mirrored_side import SHOWN_MM, MirroredSide, compare_places_with_mirrored_side
from SkullRestoreLib.records import Implant, Mesh
from SkullRestoreLib.scene import case_folder, case_node, clip_box, models
from SkullRestoreLib.scene.section import Section, SectionPlane, find_section
from SkullRestoreLib.session.context import SessionContext
from SkullRestoreLib.session.edit_controller import EditController
from SkullRestoreLib.session.persistence import MAX_OWN_PICTURES, picture_values, pictures_from
from SkullRestoreLib.settings import Direction

_BOX_TO_DEFECT = 1.3
"""Edges of a new box, as a multiple of the extent of the defect's surface."""


class MirrorNumbers(NamedTuple):
    """How the restored surface of a defect differs from the mirrored other side."""

    defect: int
    median_mm: float
    """Positive where the restored surface is farther out."""
    within_95_mm: float
    compared_percent: float


class ViewAids:
    """The aids of one case.

    Parameters
    ----------
    context
        Shared by the parts of the session.
    """

    def __init__(self, context: SessionContext) -> None:
        self._context = context
        self._section = Section(context.scene)
        self._section_case: _SectionCase | None = None
        self._case_node_cut: case_node.MrmlNode | None = None
        self._mirrored_state: object = None
        self._mirrored: list[MirrorNumbers] = []
        self._part = 1.0
        self.shows_mirror = False
        self.own_pictures: list[NDArray[np.uint8]] = []
        self._load_pictures()
        context.on_close.append(self.hide_section)
        context.on_shown.append(self._refresh)

    # --- section

    @property
    def shows_section(self) -> bool:
        """Whether a slice view shows the section."""
        return self._section.node is not None

    @property
    def section(self) -> Section:
        """The section: which slice shows it, and where it is."""
        return self._section

    def show_section(self, defect: int, *, turn_deg: float = 0.0, offset_mm: float = 0.0) -> None:
        """Turn one slice into a plane along the insertion direction of a defect, and cut the models in 3D there.

        Parameters
        ----------
        defect
            Its number.
        turn_deg
            Turn of the plane about the direction: 0 is along the longest extent of the implant or surface, 90 across
            it.
        offset_mm
            Distance of the plane from the middle of the defect.

        Raises
        ------
        InputError
            If the defect has no restored surface.
        """
        case, edits = self._context.require_edits()
        self._section_case = self._find_section_case(defect, turn_deg, edits)
        self._section.show(self._section_case.plane, offset_mm=offset_mm)
        self._case_node_cut = case.presenter.case_node  # which a session that is being closed no longer has
        clip_box.cut_case(self._case_node_cut, self._section.node)

    def move_section(self, offset_mm: float) -> None:
        """Move the section that is shown.

        Parameters
        ----------
        offset_mm
            Distance of the plane from the middle of the defect.
        """
        if self._section.plane is not None:
            self._section.show(self._section.plane, offset_mm=offset_mm)

    def hide_section(self) -> None:
        """Show again what the slice view showed before, and the models complete."""
        case_node_cut, self._case_node_cut, self._section_case = self._case_node_cut, None, None
        self._section.hide()
        if case_node_cut is not None and not self._context.scene.IsClosing():
            clip_box.cut_case(case_node_cut, None)

    def _find_section_case(self, defect: int, turn_deg: float, edits: EditController) -> "_SectionCase":
        """Find the plane; while a point is dragged and there is no new implant, it is still about the old direction."""
        vertices = self._surface_vertices(defect, edits)
        centre, inwards = self._axis(defect, edits)
        implant, shown = self._implant(defect), self._section_case
        arrow = self._arrow(defect)
        if implant is not None:
            vertices = implant.mesh.vertices
        elif shown is not None and shown.defect == defect and shown.arrow == arrow and shown.implant is not None:
            implant, vertices, inwards, centre = shown.implant, shown.vertices, shown.inwards, shown.plane.middle
        plane = find_section(vertices, inwards, centre, turn_deg=turn_deg)
        return _SectionCase(defect, turn_deg, arrow, implant, vertices, inwards, plane)

    def _follow_section(self, edits: EditController) -> None:
        """Cut what was drawn anew; a new implant is cut at the same distance from its middle."""
        shown, case = self._section_case, self._context.case
        if shown is None or case is None or not self.shows_section:
            return
        if all(one.defect != shown.defect for one in edits.display_surfaces):
            self.hide_section()
            return
        implant = self._implant(shown.defect)
        if (implant is not None and implant is not shown.implant) or self._arrow(shown.defect) != shown.arrow:
            self.show_section(shown.defect, turn_deg=shown.turn_deg, offset_mm=self._section.offset_mm)

    # --- box

    def show_clip_box(self, defect: int) -> None:
        """Draw the case in 3D only inside of a box, which is around a defect at first.

        Parameters
        ----------
        defect
            Its number.
        """
        case, edits = self._context.require_edits()
        vertices = self._surface_vertices(defect, edits)
        size = _BOX_TO_DEFECT * float(np.ptp(vertices, axis=0).max())
        clip_box.show_clip_box(case.presenter.case_node, (vertices.min(axis=0) + vertices.max(axis=0)) / 2, size)
        clip_box.cut_case(case.presenter.case_node, self._section.node)

    @property
    def shows_clip_box(self) -> bool:
        """Whether the case is drawn only inside of the box."""
        case = self._context.case
        return case is not None and clip_box.is_clip_box_shown(case.presenter.case_node)

    def hide_clip_box(self) -> None:
        """Draw everything again."""
        if self._context.case is not None:
            clip_box.hide_clip_box(self._context.case.presenter.case_node)
            clip_box.cut_case(self._context.case.presenter.case_node, self._section.node)

    # --- the other side

    @property
    def mirror_numbers(self) -> tuple[MirrorNumbers, ...]:
        """The numbers of the overlay that is shown."""
        return tuple(self._mirrored) if self.shows_mirror else ()

    def show_mirror(self) -> None:
        """Show the mirrored other side in the place of each restored surface, coloured by its distance.

        In 3D one would colour the other: the restored surface is seen as a line in the slices meanwhile.

        Raises
        ------
        InputError
            If no defect has a sound other side.
        """
        case, edits = self._context.require_edits()
        self._remove_mirror()
        for number in sorted(set(edits.state.defect_numbers) - edits.state.disabled_defects):
            self._show_mirror_of(number, edits, case.presenter.case_node)
        self._mirrored_state, self.shows_mirror = edits.state, bool(self._mirrored)
        self._hide_surfaces()
        if not self._mirrored:
            raise InputError(
                "The other side of the head has no sound bone opposite to a defect: there is nothing to compare with."
            )

    def hide_mirror(self) -> None:
        """Remove the other side, and show the restored surfaces again."""
        self.shows_mirror = False
        self._remove_mirror()
        self._context.bring_to_front(self._context.front)

    def _hide_surfaces(self) -> None:
        """Hide the surfaces under the other side in 3D, and their colour bars."""
        case = self._context.case
        if case is None:
            return
        for one in self._mirrored:
            node = case.presenter.case_node.GetNodeReference(f"surface{one.defect}")
            if node is None or node.GetDisplayNode() is None:
                continue
            node.GetDisplayNode().SetVisibility3D(False)
            bar = case_folder.find_colour_bar(node)
            if bar is not None:
                bar.SetVisibility(False)

    def _refresh(self) -> None:
        """Follow an edit or a design: other surfaces and implants are shown like those before."""
        edits, case = self._context.edits, self._context.case
        if edits is None or case is None:
            return
        if self.shows_mirror and edits.state is not self._mirrored_state:
            try:
                self.show_mirror()
            except InputError:
                self.hide_mirror()
        if self.shows_mirror:
            self._hide_surfaces()
        if self._part < 1:
            self.show_part_of_result(self._part)
        self._follow_section(edits)
        if self.shows_section or self.shows_clip_box:
            clip_box.cut_case(case.presenter.case_node, self._section.node)

    def _show_mirror_of(self, number: int, edits: EditController, case: case_node.MrmlNode) -> None:
        detected = edits.state.detected
        surface = next(one for one in edits.display_surfaces if one.defect == number)
        vertices = surface.vertices_on_tables(edits.reconstruction.vault_tables)
        tables = detected.fitted_surface.predicted_tables
        unseen = np.zeros(len(tables.outer), dtype=bool)
        for opening in (*detected.openings, *detected.small_openings):
            unseen[opening.defect_region.vertices] = True
        pose = detected.analysis.pose
        found = compare_places_with_mirrored_side(vertices, pose, detected.rays, tables, unseen)
        mesh, difference = _mirrored_mesh(vertices, surface.faces, found, pose.head_to_ras[:3, 3])
        if found.median_mm is None or found.within_95_mm is None or not len(mesh.faces):
            return
        node = case_node.node_for_role(case, f"mirror{number}", "vtkMRMLModelNode", f"Other side, mirrored {number}")
        models.show_mesh(node, mesh, {models.MIRROR_SCALARS: difference})
        title = None if self._mirrored else models.MIRROR_SCALARS  # one bar for all
        models.style_as_mirrored_side(node, SHOWN_MM, title)
        self._mirrored.append(MirrorNumbers(number, found.median_mm, found.within_95_mm, found.compared_percent))

    def _remove_mirror(self) -> None:
        self._mirrored, self._mirrored_state = [], None
        case = self._context.case
        if case is not None:
            case_node.remove_prefix_nodes(case.presenter.case_node, ("mirror",))
            case_folder.show_wanted_bars(case.presenter.case_node)

    # --- before and after

    def show_part_of_result(self, part: float) -> None:
        """Let surfaces and implants fade: 0 shows the skull before, 1 as it is restored.

        Parameters
        ----------
        part
            0 to 1.
        """
        self._part, case = part, self._context.case
        if case is None:
            return
        for prefix in ("surface", "implant"):
            for node in case_node.nodes_for_prefix(case.presenter.case_node, prefix).values():
                if node.GetDisplayNode() is not None:
                    models.show_part(node, part)

    @property
    def shown_part(self) -> float:
        """How much of surfaces and implants is shown, 0 to 1."""
        return self._part

    # --- pictures for the report

    def _load_pictures(self) -> None:
        case = self._context.case
        saved = case_node.load_values(case.presenter.case_node, case_node.PICTURES_KEY) if case is not None else {}
        if case is None or not saved:
            return
        self.own_pictures, lost = pictures_from(saved, case.bone.source)
        if lost:
            self._context.say(
                "views",
                f"{lost} of the saved pictures of your views cannot be used: they are damaged, or the input was "
                "changed. Take them again.",
            )

    def _save_pictures(self) -> None:
        case = self._context.case
        if case is not None:
            values = picture_values(self.own_pictures, case.bone.source)
            case_node.save_values(case.presenter.case_node, values, case_node.PICTURES_KEY)

    def keep_picture(self, picture: NDArray[np.uint8]) -> None:
        """Keep a picture of a view, which an export puts into the report, with the case and its scene.

        Parameters
        ----------
        picture
            (height, width, 3).

        Raises
        ------
        InputError
            If there are as many already as a page holds.
        """
        if len(self.own_pictures) >= MAX_OWN_PICTURES:
            raise InputError(f"A report holds up to {MAX_OWN_PICTURES} pictures of your views. Drop them first.")
        self.own_pictures.append(np.array(picture[..., :3], dtype=np.uint8))
        self._save_pictures()

    def drop_pictures(self) -> None:
        """Forget the pictures, also those that are saved with the scene."""
        self.own_pictures = []
        self._save_pictures()

    # --- where a defect is

    def _surface_vertices(self, defect: int, edits: EditController) -> NDArray[np.float64]:
        surface = next((one for one in edits.display_surfaces if one.defect == defect), None)
        if surface is None:
            raise InputError(f"There is no restored surface of defect {defect}.")
        return surface.vertices_on_tables(edits.reconstruction.vault_tables)

    def _axis(self, defect: int, edits: EditController) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Middle of a defect, and its insertion direction; before a design, straight into the head."""
        vertices = self._surface_vertices(defect, edits)
        centre = vertices[np.linalg.norm(vertices - vertices.mean(axis=0), axis=1).argmin()]
        arrow, implant = self._arrow(defect), self._implant(defect)
        direction = arrow if arrow is not None else implant.insertion_direction if implant is not None else None
        if direction is None:
            direction = edits.state.detected.analysis.pose.head_to_ras[:3, 3] - centre
        return centre, np.asarray(direction, dtype=float)

    def _arrow(self, defect: int) -> Direction | None:
        """Direction of an insertion arrow that the user turned."""
        return self._context.case.arrows.user_directions().get(defect) if self._context.case is not None else None

    def _implant(self, defect: int) -> Implant | None:
        """The implant of a defect that is designed on the surface as it is."""
        designed = self._context.results.implant_set
        return next((one for one in designed.implants if one.defect == defect), None) if designed is not None else None


class _SectionCase(NamedTuple):
    """What a section was found from; the implant is an earlier one while the surface is edited."""

    defect: int
    turn_deg: float
    arrow: Direction | None
    implant: Implant | None
    vertices: NDArray[np.float64]
    inwards: NDArray[np.float64]
    plane: SectionPlane


def _mirrored_mesh(
    vertices: NDArray[np.float64], faces: NDArray[np.int64], found: MirroredSide, head_centre: NDArray[np.float64]
) -> tuple[Mesh, NDArray[np.float64]]:
    """The other side where it was compared, as triangles, and the differences at their vertices."""
    known = np.isfinite(found.difference_mm)
    kept = faces[known[faces].all(axis=1)]
    used, inverse = np.unique(kept, return_inverse=True)
    outwards = vertices[used] - head_centre
    outwards /= np.linalg.norm(outwards, axis=1, keepdims=True)
    difference = found.difference_mm[used]
    return Mesh(vertices[used] - difference[:, None] * outwards, inverse.reshape(-1, 3)), difference
