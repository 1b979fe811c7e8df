"""Show the records of a session in the scene: records in, nodes of one case out.

Only tables and node references are read back. Only the main thread may call this.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.pipeline.results import ImplantSet
from SkullRestoreLib.records import Implant, Mesh, VaultObject, VaultTables
from SkullRestoreLib.scene import bone_nodes, case_node, models, points, tables, views, volumes
from SkullRestoreLib.scene.mrml_types import MrmlNode
from SkullRestoreLib.session import table_rows
from SkullRestoreLib.session.comparison import SkullComparison
from SkullRestoreLib.session.edit_state import EditablePoint, EditState
from SkullRestoreLib.session.task_records import DisplaySurface, EditableRestoration, PreparedHead, SegmentedSkull

_STANDARD_ERROR_RANGE_MM = (0.0, 3.0)
_MIN_DISTANCE_RANGE_MM = 2.0
"""The colours of a comparison reach at least this far to both sides."""
_STANDARD_ERROR_TITLE = "Standard error (mm)"
ABSENT = "grey: not compared"
_PIECES_PER_IMPLANT = 10
"""Parts and mould of implant 3 have the roles piece30, piece31 and so on."""


class CasePresenter:
    """The nodes of one case.

    Parameters
    ----------
    case
        The case node.
    """

    def __init__(self, case: MrmlNode) -> None:
        self.case_node = case

    @property
    def points_node(self) -> MrmlNode | None:
        """The reference points; None before the first restoration."""
        return self.case_node.GetNodeReference("points")

    @property
    def bone_node(self) -> MrmlNode | None:
        """The segmented bone; None before it is segmented."""
        return self.case_node.GetNodeReference("bone")

    def show_bone(self, segmented: SegmentedSkull) -> None:
        """Show the bone as a segmentation, on the grid of the input.

        Parameters
        ----------
        segmented
            Bone, metal and their surfaces.
        """
        reference = self.case_node.GetNodeReference("input")
        reference = reference if reference is not None and reference.IsA("vtkMRMLVolumeNode") else None
        node = case_node.node_for_role(self.case_node, "bone", "vtkMRMLSegmentationNode", "Skull")
        bone_nodes.show_bone(
            node, segmented.bone, surface=segmented.surface, metal=segmented.metal, reference=reference
        )
        self.show_voxels(segmented)

    def show_voxels(self, segmented: SegmentedSkull) -> None:
        """Show a skull model as the voxels that are worked on, and hide the model: its surface is where the bone's is.

        Parameters
        ----------
        segmented
            Of a model; any other input is shown as it is.
        """
        model = self.case_node.GetNodeReference("input")
        if model is None or not model.IsA("vtkMRMLModelNode"):
            return
        node = case_node.node_for_role(self.case_node, "voxels", "vtkMRMLScalarVolumeNode", "Voxels of the model")
        node.SetSaveWithScene(False)  # they are made of the model again
        volumes.show_volume(node, segmented.volume)
        views.show_in_empty_slices(self.case_node.GetScene(), node)
        if model.GetDisplayNode() is not None:
            model.GetDisplayNode().SetVisibility(False)

    def show_restoration(self, restoration: EditableRestoration) -> None:
        """Show predicted vault, points and surfaces of a restoration; the results of an earlier one are removed.

        Parameters
        ----------
        restoration
            As it was made.
        """
        case_node.remove_prefix_nodes(self.case_node, ("surface", "implant", "piece", "distance", "mirror", "object"))
        detected = restoration.initial_state.detected
        self._show_objects(detected.analysis.objects)
        vault = case_node.node_for_role(self.case_node, "vault", "vtkMRMLModelNode", "Predicted vault")
        models.show_predicted_vault(vault, detected.fitted_surface.predicted_tables, detected.analysis.pose)
        points_list = case_node.node_for_role(
            self.case_node, "points", "vtkMRMLMarkupsFiducialNode", "Reference points"
        )
        points.style_points_list(points_list)
        for surface in restoration.display_surfaces:
            self.add_restored_surface(surface, detected.fitted_surface.vault_tables)

    def _show_objects(self, objects: Sequence[VaultObject]) -> None:
        """Show what was found in the holes, in a colour of its own over the bone of which it is a part."""
        for found in objects:
            if len(found.model.faces):
                name = f"Object {found.number}: {found.kind}"
                node = case_node.node_for_role(self.case_node, f"object{found.number}", "vtkMRMLModelNode", name)
                models.show_mesh(node, found.model)
                models.style_as_object(node)

    def store_uncut_vault(self, prepared: PreparedHead) -> None:
        """Store the prediction for the head before a planned cut, hidden, so that the plan can be taken up again.

        Parameters
        ----------
        prepared
            The head before the cut.
        """
        node = case_node.node_for_role(
            self.case_node, "uncut_vault", "vtkMRMLModelNode", "Predicted vault before the cut"
        )
        models.show_predicted_vault(node, prepared.tables, prepared.analysis.pose)

    def add_restored_surface(self, surface: DisplaySurface, vault_tables: VaultTables) -> None:
        """Show the restored surface of one defect, half-transparent and coloured by its standard error.

        Parameters
        ----------
        surface
            Triangles and rays.
        vault_tables
            Restored tables, mm from the head's centre.
        """
        number = surface.defect
        node = case_node.node_for_role(
            self.case_node, f"surface{number}", "vtkMRMLModelNode", f"Restored surface {number}"
        )
        sigma = (vault_tables.outer_sigma[surface.vertex_rays.corners] * surface.vertex_rays.weights).sum(axis=1)
        models.show_mesh(
            node,
            Mesh(surface.vertices_on_tables(vault_tables), surface.faces),
            {models.STANDARD_ERROR_SCALARS: sigma},
        )
        models.style_as_restored_surface(node)
        is_first = number == min(case_node.nodes_for_prefix(self.case_node, "surface"))
        self._colour_by_standard_error(node, with_legend=is_first)

    def redraw_changed_surfaces(self, surfaces: Sequence[DisplaySurface], vault_tables: VaultTables) -> bool:
        """Draw the surfaces again whose nodes, after a scene was loaded, consist of other triangles.

        Parameters
        ----------
        surfaces
            As they must be.
        vault_tables
            Restored tables, mm from the head's centre.

        Returns
        -------
        bool
            Whether all nodes were right.
        """
        changed = [
            surface
            for surface in surfaces
            if not models.has_faces(self.case_node.GetNodeReference(f"surface{surface.defect}"), surface.faces)
        ]
        for surface in changed:
            self.add_restored_surface(surface, vault_tables)
        return not changed

    def implant_rows(self) -> list[dict[str, Any]]:
        """Read the table of implants as it is in the scene."""
        return tables.read_rows(self.case_node.GetNodeReference("implants"))

    def comparison_rows(self) -> list[dict[str, Any]]:
        """Read the table of the comparison as it is in the scene."""
        return tables.read_rows(self.case_node.GetNodeReference("comparison"))

    def show_points(self, state: EditState) -> list[str]:
        """Show the reference points of an edit state.

        Parameters
        ----------
        state
            Points of defects that are switched off are hidden.

        Returns
        -------
        list of str
            Identifiers of the control points, in the order of the points.
        """
        return points.show_points(self.points_node, state.points, hidden=state.disabled_defects)

    def show_selected_point(self, editable: EditablePoint | None) -> None:
        """Mark the point that *Delete* and *Reset* apply to.

        Parameters
        ----------
        editable
            The point; None marks none.
        """
        node = case_node.find_role_node(self.case_node, "selected")
        if node is None and editable is None:
            return
        if node is None:
            node = case_node.node_for_role(
                self.case_node, "selected", "vtkMRMLMarkupsFiducialNode", "Selected reference point"
            )
            points.style_selection(node)
        points.show_selection(node, None if editable is None else editable.point.position)

    def update_surfaces(
        self,
        surfaces: Sequence[DisplaySurface],
        vault_tables: VaultTables,
        *,
        with_normals: bool,
        only: frozenset[int] | None = None,
    ) -> None:
        """Move the surfaces onto other tables.

        Parameters
        ----------
        surfaces
            Those of the case; one without a node is left out.
        vault_tables
            Restored tables, mm from the head's centre.
        with_normals
            Whether their shading is computed as well; it can wait while a point is dragged.
        only
            Numbers of the defects that are moved; all by default.
        """
        for surface in surfaces:
            node = self.case_node.GetNodeReference(f"surface{surface.defect}")
            if node is None or node.GetPolyData() is None or (only is not None and surface.defect not in only):
                continue
            models.move_vertices(node, surface.vertices_on_tables(vault_tables))
            if with_normals:
                models.recompute_normals(node)

    def bring_to_front(self, layer: str, state: EditState) -> None:
        """Show the restored surfaces or the implants: their outer faces coincide, so that only one can be seen.

        Parameters
        ----------
        layer
            ``"surface"`` or ``"implant"``.
        state
            What belongs to defects that are switched off, or that were undone, is hidden.
        """
        shown = set(state.defect_numbers) - state.disabled_defects
        with_implant = set(case_node.nodes_for_prefix(self.case_node, "implant")) if layer == "implant" else set()
        for prefix in ("surface", "implant"):
            for number, node in case_node.nodes_for_prefix(self.case_node, prefix).items():
                display = node.GetDisplayNode()
                if display is not None:
                    display.SetVisibility(number in shown and (prefix == "surface" or layer == "implant"))
                    display.SetVisibility3D(prefix == layer or (prefix == "surface" and number not in with_implant))

    def show_defect_table(self, rows: list[table_rows.DefectRow]) -> None:
        """Show one row for each defect.

        Parameters
        ----------
        rows
            In the order of the defects.
        """
        node = case_node.node_for_role(self.case_node, "defects", "vtkMRMLTableNode", "Defects")
        tables.show_rows(node, [table_rows.defect_row_values(r) for r in rows], table_rows.DEFECT_COLUMNS)

    def show_implants(self, implant_set: ImplantSet, *, kept: frozenset[int] = frozenset()) -> None:
        """Show implants as models, and their numbers as a table; earlier implants are removed.

        Parameters
        ----------
        implant_set
            Their parts and moulds are added to the scene, hidden.
        kept
            Defects whose earlier implant stays, marked as such, because no new one could be made.
        """
        earlier_rows = [
            row | {"Checks": table_rows.EARLIER_DESIGN} for row in self.implant_rows() if row["Implant"] in kept
        ]
        for prefix, per_defect in (("implant", 1), ("piece", _PIECES_PER_IMPLANT)):
            for number, node in case_node.nodes_for_prefix(self.case_node, prefix).items():
                if number // per_defect in kept:
                    models.mark_earlier_design(node)
                else:
                    case_node.remove_role_node(self.case_node, f"{prefix}{number}")
        for implant in implant_set.implants:
            number = implant.defect
            name = _name_of(implant, f"Implant {number}")
            node = case_node.node_for_role(self.case_node, f"implant{number}", "vtkMRMLModelNode", name)
            models.show_mesh(node, implant.mesh)
            models.style_as_implant(node, passed=implant.passed)
            self._add_parts_and_mould(implant)
        self.show_implant_table(implant_set.implants, earlier_rows)

    def _add_parts_and_mould(self, implant: Implant) -> None:
        """Add an implant's parts, the halves of its mould and its ring, hidden: they are where the implant is."""
        number = implant.defect
        pieces = [(f"part {k}", mesh) for k, mesh in enumerate(implant.parts, 1)]
        pieces += [(f"mould, {half} half", mesh) for half, mesh in zip(("outer", "inner"), implant.mould, strict=False)]
        pieces += [("margin ring", mesh) for mesh in implant.ring]
        for k, (piece, mesh) in enumerate(pieces):
            name = _name_of(implant, f"Implant {number}, {piece}")
            node = case_node.node_for_role(
                self.case_node, f"piece{_PIECES_PER_IMPLANT * number + k}", "vtkMRMLModelNode", name
            )
            models.show_mesh(node, mesh)
            models.style_as_implant(node, passed=implant.passed)
            node.GetDisplayNode().SetVisibility(False)

    def show_implant_table(self, implants: Sequence[Implant], earlier_rows: Sequence[dict[str, Any]] = ()) -> None:
        """Show one row for each implant.

        Parameters
        ----------
        implants
            In the order of their defects.
        earlier_rows
            Of the implants of an earlier design that are kept.
        """
        node = case_node.node_for_role(self.case_node, "implants", "vtkMRMLTableNode", "Implants")
        rows = sorted(
            [*(table_rows.implant_values(i) for i in implants), *earlier_rows], key=lambda row: int(row["Implant"])
        )
        tables.show_rows(node, rows, list(rows[0]) if rows else list(table_rows.IMPLANT_COLUMNS))

    def show_comparison(self, comparison: SkullComparison) -> None:
        """Colour the restored surfaces by their distance to the earlier skull, and show the numbers as a table.

        What could not be compared is grey. All surfaces share one range, since there is one colour bar.

        Parameters
        ----------
        comparison
            Of the surfaces that are drawn.
        """
        defects = comparison.defect_comparisons
        largest = [float(np.ceil(d.deviation.largest_mm)) for d in defects if d.deviation is not None]
        range_mm = max([_MIN_DISTANCE_RANGE_MM, *largest])
        is_partial = any(np.isnan(d.signed_distance_mm).any() for d in defects)
        title = "Distance (mm)" + (f"\n{ABSENT}" if is_partial else "")
        for defect in defects:
            node = self.case_node.GetNodeReference(f"surface{defect.defect}")
            if node is None:
                continue
            models.set_vertex_scalars(node.GetPolyData(), models.DISTANCE_SCALARS, defect.signed_distance_mm)
            is_first = defect.defect == defects[0].defect
            models.colour_by_scalars(
                node,
                models.DISTANCE_SCALARS,
                -range_mm,
                range_mm,
                two_sided=True,
                legend=title if is_first else None,
            )
            node.GetDisplayNode().SetOpacity(1.0)
        node = case_node.node_for_role(self.case_node, "comparison", "vtkMRMLTableNode", "Comparison")
        rows = [table_rows.comparison_values(d) for d in defects]
        tables.show_rows(node, rows, list(rows[0]) if rows else [])

    def transformed_result(self, prefix: str) -> str | None:
        """Find a result that was put into a transform, and so is not where the files have it.

        Parameters
        ----------
        prefix
            ``"surface"`` or ``"implant"``.

        Returns
        -------
        str or None
            A sentence for the user; None where there is none.
        """
        for number, node in case_node.nodes_for_prefix(self.case_node, prefix).items():
            if node.GetParentTransformNode() is not None:
                result = "restored surface" if prefix == "surface" else "implant"
                return f"The {result} {number} was put into a transform."
        return None

    def mark_stale(self, *, surface: bool, implants: bool) -> None:
        """Fade results that were made with other choices than those that are shown; implants get a warning colour too.

        Parameters
        ----------
        surface
            Whether the restored surfaces are out of date.
        implants
            Whether the implants are.
        """
        for node in case_node.nodes_for_prefix(self.case_node, "surface").values():
            if node.GetDisplayNode() is not None:
                models.fade_surface(node, surface)
        for prefix in ("implant", "piece"):
            for node in case_node.nodes_for_prefix(self.case_node, prefix).values():
                if node.GetDisplayNode() is not None:
                    models.style_as_implant(node, stale=implants)

    def colour_by_standard_error(self) -> None:
        """Colour the restored surfaces by their standard error again."""
        nodes = case_node.nodes_for_prefix(self.case_node, "surface")
        for number, node in nodes.items():
            models.style_as_restored_surface(node)
            self._colour_by_standard_error(node, with_legend=number == min(nodes))

    def _colour_by_standard_error(self, node: MrmlNode, *, with_legend: bool) -> None:
        models.colour_by_scalars(
            node,
            models.STANDARD_ERROR_SCALARS,
            *_STANDARD_ERROR_RANGE_MM,
            legend=_STANDARD_ERROR_TITLE if with_legend else None,
        )

    def centre_on_position(self, position: NDArray[np.float64], outwards: NDArray[np.float64]) -> None:
        """Centre every view on a position.

        Parameters
        ----------
        position
            (3,) mm RAS.
        outwards
            (3,) direction to the 3D cameras.
        """
        views.centre_views_on(self.case_node.GetScene(), position, outwards)


def _name_of(implant: Implant, name: str) -> str:
    """Return the name of a model, which says where its checks were not passed; a scene file keeps it."""
    return name if implant.passed else f"{name} (not passed)"
