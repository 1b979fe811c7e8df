"""What helps to look at a result: a section along the insertion direction, a box, the other side mirrored, a fade.

Nothing of it changes a result. Pictures of the user's own views are kept here for the report.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.errors import InputError
from SkullRestoreLib.planning.mirrored_side import SHOWN_MM, MirroredSide, compare_places_with_mirrored_side
from SkullRestoreLib.records import Mesh
from SkullRestoreLib.scene import case_folder, case_node, models, section_view
from SkullRestoreLib.session.context import SessionContext
from SkullRestoreLib.session.edit_controller import EditController

MAX_OWN_PICTURES = 6
"""As many pictures of own views as fit on one page of a report."""
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
        self._section = section_view.SectionView(context.scene)
        self._mirrored_state: object = None
        self._mirrored: list[MirrorNumbers] = []
        self._part = 1.0
        self.shows_mirror = False
        self.own_pictures: list[NDArray[np.uint8]] = []
        context.on_close.append(self._section.hide)
        context.on_shown.append(self._refresh)

    # --- section

    @property
    def shows_section(self) -> bool:
        """Whether a slice view shows the section."""
        return self._section.is_shown

    def show_section(self, defect: int, *, turn_deg: float = 0.0, offset_mm: float = 0.0) -> None:
        """Show in one slice view the plane along the insertion direction of a defect.

        Parameters
        ----------
        defect
            Its number.
        turn_deg
            Turn of the plane about the direction.
        offset_mm
            Distance of the plane from the middle of the defect.
        """
        _, edits = self._context.require_edits()
        centre, inwards = self._axis(defect, edits)
        head_to_ras = edits.state.detected.analysis.pose.head_to_ras
        normal, along = section_view.section_axes(inwards, head_to_ras, turn_deg)
        self._section.show(centre + offset_mm * normal, normal, along)

    def hide_section(self) -> None:
        """Show again what the slice view showed before."""
        self._section.hide()

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
        section_view.show_clip_box(case.presenter.case_node, (vertices.min(axis=0) + vertices.max(axis=0)) / 2, size)

    @property
    def shows_clip_box(self) -> bool:
        """Whether the case is drawn only inside of the box."""
        case = self._context.case
        return case is not None and section_view.is_clip_box_shown(case.presenter.case_node)

    def hide_clip_box(self) -> None:
        """Draw everything again."""
        if self._context.case is not None:
            section_view.hide_clip_box(self._context.case.presenter.case_node)

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
        if section_view.is_clip_box_shown(case.presenter.case_node):
            section_view.clip_by_box(case.presenter.case_node)

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

    def keep_picture(self, picture: NDArray[np.uint8]) -> None:
        """Keep a picture of a view, which an export puts into the report.

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

    def drop_pictures(self) -> None:
        """Forget the pictures."""
        self.own_pictures = []

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
        case = self._context.case
        given = case.arrows.user_directions().get(defect) if case is not None else None
        implant_set = self._context.results.implant_set
        designed = {} if implant_set is None else {one.defect: one.insertion_direction for one in implant_set.implants}
        direction = given if given is not None else designed.get(defect)
        if direction is None:
            direction = edits.state.detected.analysis.pose.head_to_ras[:3, 3] - centre
        return centre, np.asarray(direction, dtype=float)


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
