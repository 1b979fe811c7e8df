"""A defect that the user paints on the bone in an editor of segments: its area at once, its restoration in seconds.

The paint is a segment of its own next to the bone. What is painted is no bone: an editor that overwrites other segments
takes it out of the bone while it is painted, as a cut does; over a hole nothing is taken out. The skull is then
restored as always, so that the surface is the one that a restoration gives, and a place where no defect is found is
added as a missed one.
"""

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.errors import InputError, SkullRestoreError
from SkullRestoreLib.geometry.icosphere import spherical_grid
from SkullRestoreLib.pipeline.results import DetectedDefects
from SkullRestoreLib.scene import bone_nodes
from SkullRestoreLib.scene.mrml_types import MrmlNode
from SkullRestoreLib.session import missed_defects
from SkullRestoreLib.session.context import SessionContext
from SkullRestoreLib.session.restoration_work import RestorationWork
from SkullRestoreLib.session.states import SessionAction
from SkullRestoreLib.session.table_rows import DefectRow

POINTS_WOULD_BE_LOST = "Reference points were moved, and a restoration places them anew. Restore when that is meant."


class PaintedDefect:
    """What the user paints in the bone's segmentation of one case.

    Parameters
    ----------
    context
        Shared by the parts of the session.
    restoration_work
        Restores what was painted.
    """

    def __init__(self, context: SessionContext, restoration_work: RestorationWork) -> None:
        self._context, self._restoration_work = context, restoration_work
        self._known: tuple[tuple[int, ...], NDArray[np.float64] | None] | None = None

    @property
    def node(self) -> MrmlNode | None:
        """``vtkMRMLSegmentationNode`` with the bone and the paint; None before the bone is segmented."""
        case = self._context.case
        return None if case is None else case.presenter.bone_node

    def segment_id(self) -> str:
        """Return the segment for the paint; it is made where there is none.

        Raises
        ------
        SkullRestoreError
            If there is no bone yet.
        """
        self._context.require(SessionAction.REMOVE_ISLANDS)
        node = self.node
        if node is None:
            raise SkullRestoreError("The bone was deleted from the scene. Segment it again.")
        return bone_nodes.require_paint_segment(node)

    def fingerprint(self) -> int | None:
        """Return a number that changes with what is painted; None where nothing is."""
        positions = self._positions()
        return None if positions is None else hash(positions.tobytes())

    def area_cm2(self) -> float | None:
        """Measure what is painted, on the predicted outer table.

        Returns
        -------
        float or None
            None before a restoration, and where nothing is painted.
        """
        vertices, detected = self._vertices(), self._detected
        if vertices is None or detected is None:
            return None
        tables = detected.fitted_surface.predicted_tables
        vertices = vertices[tables.vault[vertices]]
        areas = spherical_grid(tables.level).areas_mm2(tables.outer)[vertices]
        return float(areas.sum() / 100)

    def defect(self) -> DefectRow | None:
        """Return the row of the defect in the middle of what is painted; None where none is restored there."""
        vertices, detected, edits = self._vertices(), self._detected, self._context.edits
        if vertices is None or detected is None or edits is None:
            return None
        middle = self._middle(vertices, detected)
        found = [o.patch.defect for o in detected.openings if middle in o.defect_region.vertices]
        return next((row for row in edits.defect_rows if row.number in found), None)

    def start(self, *, even_if_points_are_lost: bool = False) -> None:
        """Restore the skull without the bone under the paint; a place without a defect is added as a missed one.

        Parameters
        ----------
        even_if_points_are_lost
            Whether that is done although points were moved, which are placed anew.

        Raises
        ------
        InputError
            If nothing is painted.
        SkullRestoreError
            If points were moved, or a resection is planned.
        """
        self._context.require(SessionAction.RESTORE)
        edits = self._context.edits
        if edits is not None and edits.state.has_edited_points and not even_if_points_are_lost:
            raise SkullRestoreError(POINTS_WOULD_BE_LOST)
        if self._positions() is None:
            raise InputError("Nothing is painted. Paint where bone is missing, or where it is to be removed.")
        self._restoration_work.start_restoration(then=self._add_if_missed)

    def clear(self) -> None:
        """Remove the paint; the bone stays as it is."""
        if self.node is not None:
            bone_nodes.remove_paint_segment(self.node)

    def _add_if_missed(self) -> None:
        vertices = self._vertices()
        if vertices is not None and self.defect() is None:
            self._restoration_work.start_adding_missed_defect(self.node, bone_nodes.PAINT_SEGMENT)

    @property
    def _detected(self) -> DetectedDefects | None:
        edits = self._context.edits
        return None if edits is None else edits.state.detected

    def _positions(self) -> NDArray[np.float64] | None:
        """Places of the painted voxels; looked for once after each change, since a head has many voxels."""
        node = self.node
        if node is None:
            return None
        state = bone_nodes.paint_state(node)
        if self._known is None or self._known[0] != state:
            self._known = (state, bone_nodes.paint_positions(node))
        return self._known[1]

    def _vertices(self) -> NDArray[np.int64] | None:
        positions, detected = self._positions(), self._detected
        if positions is None or detected is None:
            return None
        return missed_defects.grid_vertices_at(positions, detected)

    def _middle(self, vertices: NDArray[np.int64], detected: DetectedDefects) -> int:
        """The grid vertex in the middle of painted ones."""
        directions = spherical_grid(detected.fitted_surface.vault_tables.level).directions[vertices]
        return int(vertices[np.argmax(directions @ directions.mean(axis=0))])
