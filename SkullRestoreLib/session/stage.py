"""What a session shows in the scene: it puts records into the nodes of one case, and reads nothing back. Only the main thread may call it."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from SkullRestoreLib.case import Implant, Shell
from SkullRestoreLib.chapters import Bodies
from SkullRestoreLib.scene import case_node, models, points, skull, tables, views
from SkullRestoreLib.session import figures
from SkullRestoreLib.session.compare import Comparison
from SkullRestoreLib.session.design import Design
from SkullRestoreLib.session.work import Drawn, Restored, Segmented

_SIGMA_RANGE_MM = (0.0, 3.0)


class Stage:
    """The nodes of one case."""

    def __init__(self, case):
        self.case = case

    @property
    def points_node(self):
        """The reference points; None before the first restoration."""
        return self.case.GetNodeReference("points")

    @property
    def bone_node(self):
        """The segmented bone; None before it is segmented."""
        return self.case.GetNodeReference("bone")

    @property
    def defects_node(self):
        """The table of defects; None before the first restoration."""
        return self.case.GetNodeReference("defects")

    def show_bone(self, made: Segmented) -> None:
        """The bone as a segmentation, on the input's grid."""
        reference = self.case.GetNodeReference("input")
        reference = reference if reference is not None and reference.IsA("vtkMRMLVolumeNode") else None
        node = case_node.part(self.case, "bone", "vtkMRMLSegmentationNode", "Skull")
        skull.show_bone(node, made.bone, surface=made.surface, metal=made.metal, reference=reference)

    def show_restored(self, made: Restored) -> None:
        """Everything that one run found; surfaces of an earlier run go."""
        case_node.drop_all(self.case, ("surface", "implant", "piece", "distance"))
        vault = case_node.part(self.case, "vault", "vtkMRMLModelNode", "Predicted vault")
        models.show_vault(vault, made.design.found.tied.predicted, made.design.found.seen.pose)
        marks = case_node.part(self.case, "points", "vtkMRMLMarkupsFiducialNode", "Reference points")
        points.prepare(marks)
        for one in made.drawn:
            self.add_surface(one, made.design.found.tied.shell)

    def add_surface(self, one: Drawn, shell: Shell) -> None:
        """The restored surface of one defect: half-transparent, coloured by how sure it is."""
        node = case_node.part(self.case, f"surface{one.defect}", "vtkMRMLModelNode", f"Restored surface {one.defect}")
        sigma = (shell.outer_sigma[one.rays.corners] * one.rays.weights).sum(axis=1)
        models.show_mesh(node, models.Mesh(one.vertices(shell), one.faces), {models.SIGMA: sigma})
        models.look_like_a_surface(node)
        first = one.defect == min(case_node.parts(self.case, "surface"))
        models.colour_by(node, models.SIGMA, *_SIGMA_RANGE_MM, legend="± mm" if first else None)

    def surfaces_again(self, drawn: Sequence[Drawn], shell: Shell) -> bool:
        """After a scene was loaded: surfaces of other triangles than these are drawn anew. Whether all were the same."""
        others = [one for one in drawn if not models.has_faces(self.case.GetNodeReference(f"surface{one.defect}"), one.faces)]
        for one in others:
            self.add_surface(one, shell)
        return not others

    def implant_rows(self) -> list[dict[str, Any]]:
        """The table of implants as it is in the scene."""
        return tables.rows_of(self.case.GetNodeReference("implants"))

    def comparison_rows(self) -> list[dict[str, Any]]:
        """The table of the comparison as it is in the scene."""
        return tables.rows_of(self.case.GetNodeReference("comparison"))

    def show_points(self, design: Design) -> list[str]:
        """The reference points of a design; returns the identifiers of the control points, in order."""
        return points.show_points(self.points_node, design.points, hidden=design.off)

    def move_surfaces(self, drawn: Sequence[Drawn], shell: Shell, *, exactly: bool, only: frozenset[int] | None = None) -> None:
        """Surfaces on other tables. While a point is dragged their shading waits (``exactly`` is false)."""
        for one in drawn:
            node = self.case.GetNodeReference(f"surface{one.defect}")
            if node is None or node.GetPolyData() is None or (only is not None and one.defect not in only):
                continue
            models.move_vertices(node, one.vertices(shell))
            if exactly:
                models.renew_normals(node)

    def foreground(self, what: str, design: Design) -> None:
        """Show the restored surfaces or the implants: their outer faces are the same, and only one of them can be seen.

        Parameters
        ----------
        what
            ``"surface"`` or ``"implant"``.
        design
            Tells which defects are switched on; what belongs to the others, or was taken back, is hidden.
        """
        shown = set(design.numbers) - design.off
        for prefix in ("surface", "implant"):
            for number, node in case_node.parts(self.case, prefix).items():
                display = node.GetDisplayNode()
                if display is not None:
                    display.SetVisibility(number in shown and (prefix == "surface" or what == "implant"))
                    display.SetVisibility3D(prefix == what)

    def show_table(self, rows: list[figures.Row]) -> None:
        """One row for each defect."""
        node = case_node.part(self.case, "defects", "vtkMRMLTableNode", "Defects")
        tables.show_rows(node, [figures.plain_row(r) for r in rows], figures.COLUMNS)

    def show_implants(self, bodies: Bodies) -> None:
        """Closed bodies as models, and their numbers as a table."""
        case_node.drop_all(self.case, ("implant", "piece"))
        for one in bodies.implants:
            node = case_node.part(self.case, f"implant{one.defect}", "vtkMRMLModelNode", f"Implant {one.defect}")
            models.show_mesh(node, one.mesh)
            models.look_like_an_implant(node)
            self._add_pieces(one)
        self.show_implant_table(bodies.implants)

    def _add_pieces(self, one: Implant) -> None:
        """The parts of a body and the halves of its mould, at hand but hidden: they lie where the body is seen."""
        named = [(f"part {k}", mesh) for k, mesh in enumerate(one.parts, 1)]
        named += [(f"mould, {half} half", mesh) for half, mesh in zip(("outer", "inner"), one.mould, strict=False)]
        for k, (name, mesh) in enumerate(named):
            node = case_node.part(self.case, f"piece{10 * one.defect + k}", "vtkMRMLModelNode", f"Implant {one.defect}, {name}")
            models.show_mesh(node, mesh)
            models.look_like_an_implant(node)
            node.GetDisplayNode().SetVisibility(False)

    def show_implant_table(self, implants: Sequence[Implant]) -> None:
        """One row for each implant."""
        node = case_node.part(self.case, "implants", "vtkMRMLTableNode", "Implants")
        rows = [figures.plain_implant(i) for i in implants]
        tables.show_rows(node, rows, list(rows[0]) if rows else list(figures.IMPLANT_COLUMNS))

    def show_comparison(self, made: Comparison, drawn: Sequence[Drawn]) -> None:
        """The distance to the skull before, as colours on the restored surfaces, and the numbers as a table."""
        for one in made.differences:
            node = self.case.GetNodeReference(f"surface{one.defect}")
            if node is None:
                continue
            models.add_scalars(node.GetPolyData(), models.DISTANCE, np.nan_to_num(one.distance))
            reach = max(2.0, float(np.ceil(one.deviation.largest)))
            first = one.defect == made.differences[0].defect
            models.colour_by(node, models.DISTANCE, -reach, reach, two_sided=True, legend="Off by, mm" if first else None)
            node.GetDisplayNode().SetOpacity(1.0)
        node = case_node.part(self.case, "comparison", "vtkMRMLTableNode", "Comparison")
        rows = [figures.plain_difference(d) for d in made.differences]
        tables.show_rows(node, rows, list(rows[0]) if rows else [])

    def colour_by_sigma(self) -> None:
        """The colours of how sure the surface is, again."""
        nodes = case_node.parts(self.case, "surface")
        for number, node in nodes.items():
            models.look_like_a_surface(node)
            models.colour_by(node, models.SIGMA, *_SIGMA_RANGE_MM, legend="± mm" if number == min(nodes) else None)

    def centre_on(self, place: np.ndarray, outwards: np.ndarray) -> None:
        """Centre every view on a place."""
        views.centre_on(self.case.GetScene(), place, outwards)
