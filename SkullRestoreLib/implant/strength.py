"""Estimate how far an implant bends, and how safe it is, when somebody presses on it and under pressure from inside.

The finished body is looked at as a thin shell: the middle between its faces, as thick as it was measured. It is held at
its fixations, or all along its rim where it has none. A push is tried at places all over it; the one with the largest
stress is the weakest place. An estimate for research, no proof of strength (decision 0137).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from SkullRestoreLib.implant.chart import CHART_STEP_MM, InsertionChart, fill_nearest
from SkullRestoreLib.implant.projected_body import ProjectedBody
from SkullRestoreLib.implant.shell_model import ShellMesh, ShellSolver
from SkullRestoreLib.records import FixationPlace, ImplantSettings, MaterialStrength, StrengthEstimate
from SkullRestoreLib.settings import MATERIALS, Material

PUSH_N = 50.0
"""Force of the push."""
PUSH_RADIUS_MM = 5.0
"""It is spread over a disc of this radius: the tip of a thumb."""
PRESSURE_MMHG = 15.0
"""Pressure from inside."""
MPA_PER_MMHG = 133.322e-6
MAX_NODES = 1100
"""About so many nodes the shell has at most."""
LEAST_NODE_STEPS = 5
"""Nodes are at least this many steps of the chart apart."""
PUSH_NODE_DISTANCE = 2.2
"""Pushes are tried this many distances of nodes apart, and again at all nodes around the weakest of them."""
HELD_RADIUS_MM = 4.0
"""What is this near to a screw or a plate is held."""
MIN_THICKNESS_MM = 0.3
"""Thinner places count as this thick: at the rounding of the rim nothing is left between the faces."""
BLENDED_PLACES = 6
"""Between places that were tried, this many of them say how weak it is."""
USUAL_SAFETY = 2.0
"""Below this safety factor there is a warning."""
MAX_DEFLECTION_SHARE = 0.5
"""A shell that bends by more than this part of its thickness is not linear any more."""
LOADS_AT_ONCE = 48
"""Pushes that are computed together."""


@dataclass(frozen=True, eq=False)
class _ShellParts:
    """The body as a shell, without its material."""

    nodes: NDArray[np.float64]  # (n, 3), mm RAS
    triangles: NDArray[np.int64]
    thickness: NDArray[np.float64]  # (n,), mm
    is_edge: NDArray[np.bool_]  # (n,)
    node_mm: float  # distance between nodes


def estimate_strength(projected: ProjectedBody) -> StrengthEstimate | None:
    """Estimate deflection and safety of a finished body in every material.

    Parameters
    ----------
    projected
        The finished body, seen along the insertion direction; it is held at its fixations, or along its rim without
        any.

    Returns
    -------
    StrengthEstimate or None
        None where the body is too small for a shell, or a piece of it is held nowhere.
    """
    body = projected.body
    parts = _shell_of(projected, body.chart)
    if parts is None:
        return None
    held = _held_nodes(parts, body.fixations)
    clamped, pinned = (held, held[:0]) if len(held) else (held, np.flatnonzero(parts.is_edge))
    if _is_loose(parts, np.concatenate([clamped, pinned])):
        return None
    left = _left_of_holes(body.settings)
    model = _StrengthModel(parts, clamped, pinned, left, -body.chart.outward_axis)
    weakest, safety = model.find_weakest(MATERIALS[body.settings.material])
    by_material, deflection = {}, np.zeros(len(parts.nodes))
    for name, material in MATERIALS.items():
        by_material[name], moved = model.measure(material, weakest)
        if name == body.settings.material:
            deflection = moved
    return StrengthEstimate(
        push_n=PUSH_N,
        pressure_mmhg=PRESSURE_MMHG,
        held_at="fixations" if len(held) else "rim",
        weakest=parts.nodes[weakest],
        by_material=by_material,
        deflection_map=_values_of_vertices(projected, parts, deflection),
        safety_map=_values_of_vertices(projected, parts, safety),
    )


def strength_findings(defect: int, strength: StrengthEstimate | None, settings: ImplantSettings) -> list[str]:
    """Warn where the estimate was asked for and there is none, or it is low, or does not hold.

    Parameters
    ----------
    defect
        Number of the defect.
    strength
        From :func:`estimate_strength`.
    settings
        Of the implant.

    Returns
    -------
    list of str
        Empty where no estimate was asked for.
    """
    if not settings.strength:
        return []
    if strength is None:
        return [f"Implant {defect}: its strength was not estimated; it is too small, or a piece of it is held nowhere."]
    findings, estimate = [], strength.by_material[settings.material]
    if estimate.least_safety < USUAL_SAFETY:
        findings.append(
            f"Implant {defect} may break: the estimate gives a safety factor of {estimate.least_safety:.1f} in "
            f"{settings.material}, usual are at least {USUAL_SAFETY:g}. Make it thicker, choose another material, or "
            "fix it at more places."
        )
    bent_mm = max(estimate.push_deflection_mm, estimate.pressure_deflection_mm)
    if bent_mm > MAX_DEFLECTION_SHARE * settings.least_thickness_mm:
        findings.append(
            f"Implant {defect} bends by {bent_mm:.1f} mm in {settings.material}, too far for the estimate of its "
            "strength, which is for small deflections."
        )
    return findings


def _shell_of(projected: ProjectedBody, chart: InsertionChart) -> _ShellParts | None:
    """The middle surface of a body, on every few nodes of its chart; None where it is too small."""
    # what is drilled is counted by the material that it leaves, not as gaps of the shell
    covered, seen = projected.covered_nodes(), projected.seen_nodes()
    step = max(int(np.sqrt(covered.sum() / MAX_NODES)), LEAST_NODE_STEPS)
    inside = ndimage.distance_transform_edt(covered) - ndimage.distance_transform_edt(~covered)
    # on average the shell is as large as the body
    used = (inside > -step / 2)[::step, ::step]
    top, bottom = (
        fill_nearest(np.where(seen, height, np.nan)) for height in (projected.top_height, projected.bottom_height)
    )
    thickness = np.maximum((top - bottom) * chart.normals[..., 2], MIN_THICKNESS_MM)[::step, ::step]
    number = np.full(used.shape, -1)
    triangles = _triangles_of(used)
    is_met = np.zeros(used.size, dtype=bool)
    is_met[triangles] = True
    if is_met.sum() < 9:
        return None
    number = np.cumsum(is_met) - 1
    uv = chart.node_uv()[::step, ::step].reshape(-1, 2)[is_met]
    middle = ((top + bottom) / 2)[::step, ::step].ravel()[is_met]
    triangles = number[triangles]
    edges = np.sort(np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]]), axis=1)
    border, count = np.unique(edges, axis=0, return_counts=True)
    is_edge = np.zeros(len(uv), dtype=bool)
    is_edge[border[count == 1]] = True
    nodes = chart.origin + np.column_stack([uv, middle]) @ chart.axes
    return _ShellParts(nodes, triangles, thickness.ravel()[is_met], is_edge, step * CHART_STEP_MM)


def _triangles_of(used: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Triangles (t, 3) of a grid, as numbers of its nodes: two in each cell with four used corners, one with three."""
    k = np.arange(used.size).reshape(used.shape)
    corners = np.stack([k[:-1, :-1], k[1:, :-1], k[1:, 1:], k[:-1, 1:]], axis=-1)
    is_used = used.ravel()[corners]
    odd = (np.indices(corners.shape[:2]).sum(axis=0) % 2).astype(bool)
    full, found = is_used.all(axis=-1), []
    for cells, order in ((full & odd, ((0, 1, 2), (0, 2, 3))), (full & ~odd, ((0, 1, 3), (1, 2, 3)))):
        found += [corners[cells][:, list(triangle)] for triangle in order]
    for missing in range(4):
        others = [corner for corner in range(4) if corner != missing]
        found.append(corners[~is_used[..., missing] & is_used[..., others].all(axis=-1)][:, others])
    return np.concatenate(found)


def _held_nodes(parts: _ShellParts, fixations: Sequence[FixationPlace]) -> NDArray[np.int64]:
    """Nodes that screws or plates hold; none where fewer than two fixations are on the shell."""
    if len(fixations) < 2:
        return np.zeros(0, dtype=np.int64)
    radius = max(HELD_RADIUS_MM, 0.8 * parts.node_mm) + parts.thickness.max() / 2  # a screw is on the outer face
    near = cKDTree(parts.nodes).query_ball_point([place.position for place in fixations], radius)
    on_shell = [nodes for nodes in near if nodes]
    return np.unique(np.concatenate(on_shell)).astype(np.int64) if len(on_shell) > 1 else np.zeros(0, dtype=np.int64)


def _is_loose(parts: _ShellParts, held: NDArray[np.int64]) -> bool:
    """Whether a piece of the shell is held at fewer than three nodes."""
    a, b = parts.triangles[:, [0, 1, 2]].ravel(), parts.triangles[:, [1, 2, 0]].ravel()
    size = len(parts.nodes)
    pieces, label = connected_components(coo_matrix((np.ones(len(a)), (a, b)), shape=(size, size)), directed=False)
    return bool((np.bincount(label[held], minlength=pieces) < 3).any())


def _left_of_holes(settings: ImplantSettings) -> float:
    """Part of the material that perforations leave between them: by so much stiffness falls, and stress rises."""
    if not settings.perforations:
        return 1.0
    return 1.0 - settings.perforation_mm / settings.perforation_spacing_mm


def _values_of_vertices(
    projected: ProjectedBody, parts: _ShellParts, values: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Values (n,) of the shell's nodes at the vertices of the mesh's outer face, NaN elsewhere: (v,)."""
    chart = projected.body.chart
    seen = projected.seen_nodes()
    node = np.argwhere(seen)
    away, near = cKDTree(chart.to_uv(parts.nodes)).query(chart.corner + CHART_STEP_MM * node, k=3)
    weight = 1 / np.maximum(away, 1e-6) ** 2
    picture = np.full(seen.shape, np.nan)
    picture[seen] = (weight * values[near]).sum(axis=1) / weight.sum(axis=1)
    return projected.values_of_vertices(picture)


class _StrengthModel:
    """A held shell under pushes and pressure.

    Parameters
    ----------
    parts
        The shell.
    clamped, pinned
        Nodes that are held.
    left
        Part of the material that holes leave.
    inwards
        (3,) unit, mm RAS.
    """

    def __init__(
        self,
        parts: _ShellParts,
        clamped: NDArray[np.int64],
        pinned: NDArray[np.int64],
        left: float,
        inwards: NDArray[np.float64],
    ) -> None:
        self.parts, self.clamped, self.pinned, self.left = parts, clamped, pinned, left
        mesh = self._mesh_of(MATERIALS["PEEK"])
        facing = np.sign((mesh.node_normals @ inwards).sum()) or 1.0
        self.inwards, self.node_areas = facing * mesh.node_normals, mesh.node_areas
        self.tree = cKDTree(parts.nodes)

    def _mesh_of(self, material: Material) -> ShellMesh:
        """The shell in a material."""
        parts = self.parts
        young_mpa = 1000 * material.young_gpa * self.left
        return ShellMesh(parts.nodes, parts.triangles, parts.thickness, young_mpa, material.poisson)

    def _solver_of(self, material: Material) -> ShellSolver:
        """The held shell in a material."""
        return ShellSolver(self._mesh_of(material), clamped=self.clamped, pinned=self.pinned)

    def _push_at(self, places: NDArray[np.int64]) -> NDArray[np.float64]:
        """Forces (n, 3, k) of a push at each of the nodes (k,)."""
        forces = np.zeros((len(self.parts.nodes), 3, len(places)))
        radius = max(PUSH_RADIUS_MM, self.parts.node_mm)
        for load, near in enumerate(self.tree.query_ball_point(self.parts.nodes[places], radius)):
            share = self.node_areas[near] / self.node_areas[near].sum()
            forces[near, :, load] = PUSH_N * share[:, None] * self.inwards[places[load]]
        return forces

    def find_weakest(self, material: Material) -> tuple[int, NDArray[np.float64]]:
        """The node at which a push makes the largest stress, and the safety factor of a push at each node (n,)."""
        solver, nodes = self._solver_of(material), self.parts.nodes
        # greedy: every node is near a place that is tried
        tried: list[int] = []
        is_open = np.ones(len(nodes), dtype=bool)
        for node in range(len(nodes)):
            if is_open[node]:
                tried.append(node)
                is_open[self.tree.query_ball_point(nodes[node], PUSH_NODE_DISTANCE * self.parts.node_mm)] = False
        places = np.array(tried)
        largest = self._largest_stresses(solver, places)
        around = self.tree.query_ball_point(nodes[places[largest.argmax()]], PUSH_NODE_DISTANCE * self.parts.node_mm)
        others = np.setdiff1d(np.array(around), places)
        if len(others):
            places = np.concatenate([places, others])
            largest = np.concatenate([largest, self._largest_stresses(solver, others)])
        away, near = cKDTree(nodes[places]).query(nodes, k=min(BLENDED_PLACES, len(places)))
        weight = 1 / (np.reshape(away, (len(nodes), -1)) ** 2 + (self.parts.node_mm / 2) ** 2)
        stress = (weight * largest[np.reshape(near, weight.shape)]).sum(axis=1) / weight.sum(axis=1)
        return int(places[largest.argmax()]), material.strength_mpa / np.maximum(stress, 1e-9)

    def _largest_stresses(self, solver: ShellSolver, places: NDArray[np.int64]) -> NDArray[np.float64]:
        """Largest stress that a push at each of the nodes (k,) makes anywhere, MPa."""
        largest = [
            solver.stresses(solver.solve(self._push_at(places[k : k + LOADS_AT_ONCE]))).max(axis=0) / self.left
            for k in range(0, len(places), LOADS_AT_ONCE)
        ]
        return np.concatenate(largest)

    def measure(self, material: Material, weakest: int) -> tuple[MaterialStrength, NDArray[np.float64]]:
        """Deflection and safety in a material, and the deflection of each node (n,) under the push, mm."""
        solver = self._solver_of(material)
        pressure_mpa = PRESSURE_MMHG * MPA_PER_MMHG
        outwards = -pressure_mpa * (self.node_areas[:, None] * self.inwards)[..., None]
        moved = solver.solve(np.concatenate([self._push_at(np.array([weakest])), outwards], axis=2))
        stress = solver.stresses(moved).max(axis=0) / self.left
        deflection = np.linalg.norm(moved[:, :3], axis=1)
        push, pressure = deflection.max(axis=0)
        strength = MaterialStrength(
            push_deflection_mm=float(push),
            push_safety=float(material.strength_mpa / stress[0]),
            pressure_deflection_mm=float(pressure),
            pressure_safety=float(material.strength_mpa / stress[1]),
        )
        return strength, deflection[:, 0]
