"""Linear thin shells of flat triangles: how far they bend under loads, and how large the stresses are.

Each triangle is a plate in bending, the discrete Kirchhoff triangle (Batoz, Bathe and Ho, International Journal for
Numerical Methods in Engineering 15, 1771-1812, 1980), and a membrane of constant strain. Nodes have six degrees of
freedom: three displacements, three rotations (decision 0137).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

DRILLING_STIFFNESS = 0.01
"""Stiffness against turning in the triangle's plane, in parts of modulus x thickness x area: it has none of its own."""
_MIDDLES = np.array([[0.5, 0.0], [0.5, 0.5], [0.0, 0.5]])
"""Places at which bending is integrated: exact for squares."""


@dataclass(frozen=True, eq=False)
class ShellMesh:
    """A shell and its material; moduli are in MPa, so that forces are in newtons and stresses in MPa.

    Attributes
    ----------
    nodes
        (n, 3) float64, mm, on the middle surface.
    triangles
        (t, 3) node numbers, all in the same direction.
    thickness
        (n,) float64, mm.
    young_mpa, poisson
        Of the material.
    """

    nodes: NDArray[np.float64]
    triangles: NDArray[np.int64]
    thickness: NDArray[np.float64]
    young_mpa: float
    poisson: float

    @cached_property
    def frames(self) -> NDArray[np.float64]:
        """(t, 3, 3) float64: axes of each triangle, one a row; the third is its normal."""
        a, b, c = self.nodes[self.triangles].transpose(1, 0, 2)
        first = (b - a) / np.linalg.norm(b - a, axis=1, keepdims=True)
        normal = np.cross(b - a, c - a)
        normal /= np.linalg.norm(normal, axis=1, keepdims=True)
        return np.stack([first, np.cross(normal, first), normal], axis=1)

    @cached_property
    def areas(self) -> NDArray[np.float64]:
        """(t,) float64, mm²."""
        a, b, c = self.nodes[self.triangles].transpose(1, 0, 2)
        return np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2

    @cached_property
    def node_areas(self) -> NDArray[np.float64]:
        """(n,) float64, mm²: a third of the triangles around each node."""
        summed = np.zeros(len(self.nodes))
        np.add.at(summed, self.triangles.ravel(), np.repeat(self.areas / 3, 3))
        return summed

    @cached_property
    def node_normals(self) -> NDArray[np.float64]:
        """(n, 3) float64, unit."""
        summed = np.zeros_like(self.nodes)
        np.add.at(summed, self.triangles.ravel(), np.repeat(self.frames[:, 2] * self.areas[:, None], 3, axis=0))
        return summed / np.maximum(np.linalg.norm(summed, axis=1, keepdims=True), 1e-30)

    @property
    def plane_stress(self) -> NDArray[np.float64]:
        """(3, 3) float64, MPa: stress of a unit strain (xx, yy, xy) in a plane."""
        nu = self.poisson
        unit = np.array([[1, nu, 0], [nu, 1, 0], [0, 0, (1 - nu) / 2]])
        return self.young_mpa / (1 - nu**2) * unit

    @cached_property
    def triangle_thickness(self) -> NDArray[np.float64]:
        """(t,) float64, mm."""
        return self.thickness[self.triangles].mean(axis=1)

    @cached_property
    def flat_corners(self) -> NDArray[np.float64]:
        """(t, 3, 2) float64, mm: corners in the plane of each triangle."""
        corners = self.nodes[self.triangles]
        return np.einsum("tka,tba->tkb", corners - corners[:, :1], self.frames[:, :2])

    @cached_property
    def linear_gradients(self) -> NDArray[np.float64]:
        """(t, 3, 2) float64, 1/mm: gradient in the plane of each corner's linear shape function."""
        x, y = np.moveaxis(self.flat_corners, 2, 0)
        twice = 2 * self.areas[:, None]
        following, last = [1, 2, 0], [2, 0, 1]
        across = np.stack([y[:, following] - y[:, last], x[:, last] - x[:, following]], axis=2)
        return across / twice[..., None]

    def membrane_strain(self) -> NDArray[np.float64]:
        """(t, 3, 6) float64: strain (xx, yy, xy) of displacements (u1, v1, u2, v2, u3, v3) in the plane."""
        strain = np.zeros((len(self.triangles), 3, 6))
        gx, gy = self.linear_gradients[..., 0], self.linear_gradients[..., 1]
        strain[:, 0, 0::2], strain[:, 1, 1::2] = gx, gy
        strain[:, 2, 0::2], strain[:, 2, 1::2] = gy, gx
        return strain

    def bending_strain(self, place: NDArray[np.float64]) -> NDArray[np.float64]:
        """Curvature of the discrete Kirchhoff triangle at a place.

        The slopes are quadratic. At corners they are those of the nodes; in the middle of a side the slope along it is
        that of a cubic deflection, and the slope across it the mean of both ends.

        Parameters
        ----------
        place
            (2,), weights of the second and the third corner.

        Returns
        -------
        ndarray
            (t, 3, 9), 1/mm: curvature (xx, yy, 2 xy) of (w, rotation about x, rotation about y) at each corner.
        """
        slopes = self._slopes_of_nodes
        weight = np.array([1 - place.sum(), *place])
        gradients = np.zeros((len(self.triangles), 6, 2))
        linear = self.linear_gradients
        gradients[:, :3] = (4 * weight - 1)[:, None] * linear
        for side in range(3):
            i, j = side, (side + 1) % 3
            gradients[:, 3 + side] = 4 * (weight[i] * linear[:, j] + weight[j] * linear[:, i])
        by_x, by_y = (np.einsum("tk,tkcd->tcd", gradients[..., axis], slopes) for axis in (0, 1))
        return np.stack([by_x[:, 0], by_y[:, 1], by_y[:, 0] + by_x[:, 1]], axis=1)

    @cached_property
    def _slopes_of_nodes(self) -> NDArray[np.float64]:
        """(t, 6, 2, 9): slopes (x, y) at corners and middles of sides of (w, rotation x, rotation y) at the corners."""
        slopes = np.zeros((len(self.triangles), 6, 2, 9))
        for corner in range(3):
            slopes[:, corner, 0, 3 * corner + 2] = 1.0
            slopes[:, corner, 1, 3 * corner + 1] = -1.0
        for side in range(3):
            i, j = side, (side + 1) % 3
            edge = self.flat_corners[:, j] - self.flat_corners[:, i]
            length = np.linalg.norm(edge, axis=1, keepdims=True)
            along = edge / length
            across = np.stack([-along[:, 1], along[:, 0]], axis=1)
            ends = slopes[:, i] + slopes[:, j]
            slope_along = -np.einsum("ta,tad->td", along, ends) / 4
            slope_along[:, 3 * i] += 1.5 / length[:, 0]
            slope_along[:, 3 * j] -= 1.5 / length[:, 0]
            slope_across = np.einsum("ta,tad->td", across, ends) / 2
            slopes[:, 3 + side] = along[:, :, None] * slope_along[:, None] + across[:, :, None] * slope_across[:, None]
        return slopes


_BENDING = np.array([2, 3, 4, 8, 9, 10, 14, 15, 16])
_MEMBRANE = np.array([0, 1, 6, 7, 12, 13])
_DRILLING = np.array([5, 11, 17])
"""Of the 18 degrees of freedom of a triangle in its own frame."""


class ShellSolver:
    """The stiffness of a shell that is held somewhere, ready for any number of loads.

    Parameters
    ----------
    mesh
        The shell.
    clamped
        (k,) numbers of nodes that neither move nor turn.
    pinned
        (m,) numbers of nodes that do not move.
    """

    def __init__(self, mesh: ShellMesh, *, clamped: NDArray[np.int64], pinned: NDArray[np.int64]) -> None:
        from scipy.sparse import coo_matrix
        from scipy.sparse.linalg import splu

        self.mesh = mesh
        self._dofs = (6 * mesh.triangles[:, :, None] + np.arange(6)).reshape(len(mesh.triangles), 18)
        stiffness = self._turned(self._local_stiffness())
        row, column = np.repeat(self._dofs, 18, axis=1).ravel(), np.tile(self._dofs, (1, 18)).ravel()
        size = 6 * len(mesh.nodes)
        complete = coo_matrix((stiffness.ravel(), (row, column)), shape=(size, size)).tocsc()
        is_free = np.ones((len(mesh.nodes), 6), dtype=bool)
        is_free[pinned, :3] = False
        is_free[clamped] = False
        self._free = np.flatnonzero(is_free)
        free_part = complete[self._free][:, self._free]
        self._factor = splu(free_part, permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True})

    def _local_stiffness(self) -> NDArray[np.float64]:
        """(t, 18, 18): of each triangle in its own frame."""
        mesh = self.mesh
        count, thickness, elastic = len(mesh.triangles), mesh.triangle_thickness, mesh.plane_stress
        stiffness = np.zeros((count, 18, 18))
        strain = mesh.membrane_strain()
        stretched = (thickness * mesh.areas)[:, None, None]
        stiffness[:, _MEMBRANE[:, None], _MEMBRANE] = stretched * np.einsum("tia,ij,tjb->tab", strain, elastic, strain)
        bent = (thickness**3 / 12 * mesh.areas / len(_MIDDLES))[:, None, None]
        for place in _MIDDLES:
            bending = mesh.bending_strain(place)
            stiffness[:, _BENDING[:, None], _BENDING] += bent * np.einsum("tia,ij,tjb->tab", bending, elastic, bending)
        drilling = DRILLING_STIFFNESS * mesh.young_mpa * thickness * mesh.areas
        stiffness[:, _DRILLING[:, None], _DRILLING] = drilling[:, None, None] * (1.5 * np.eye(3) - 0.5)
        return stiffness

    def _turned(self, local: NDArray[np.float64]) -> NDArray[np.float64]:
        """Stiffness (t, 18, 18) in the axes of the nodes."""
        blocks = local.reshape(-1, 6, 3, 6, 3)
        turned = np.einsum("tab,tibjd,tdc->tiajc", self.mesh.frames.transpose(0, 2, 1), blocks, self.mesh.frames)
        return turned.reshape(local.shape)

    def solve(self, forces: NDArray[np.float64]) -> NDArray[np.float64]:
        """Displace the shell by forces.

        Parameters
        ----------
        forces
            (n, 3, k), N at the nodes, for k loads.

        Returns
        -------
        ndarray
            (n, 6, k): displacements, mm, and rotations, radians.
        """
        count, _, loads = forces.shape
        loaded = np.zeros((count, 6, loads))
        loaded[:, :3] = forces
        right = loaded.reshape(6 * count, loads)
        moved = np.zeros_like(right)
        moved[self._free] = self._factor.solve(np.ascontiguousarray(right[self._free]))
        return moved.reshape(count, 6, loads)

    def stresses(self, moved: NDArray[np.float64]) -> NDArray[np.float64]:
        """Compute the equivalent stress (von Mises) in the middle of each triangle.

        Parameters
        ----------
        moved
            (n, 6, k), from :meth:`solve`.

        Returns
        -------
        ndarray
            (t, k), MPa: the larger one of both faces.
        """
        mesh, loads = self.mesh, moved.shape[2]
        own = moved.reshape(-1, loads)[self._dofs].reshape(-1, 6, 3, loads)
        own = np.einsum("tab,tibk->tiak", mesh.frames, own).reshape(-1, 18, loads)
        elastic = mesh.plane_stress
        membrane = np.einsum("ij,tja,tak->tik", elastic, mesh.membrane_strain(), own[:, _MEMBRANE], optimize=True)
        curvature = np.einsum("tja,tak->tjk", mesh.bending_strain(np.full(2, 1 / 3)), own[:, _BENDING], optimize=True)
        bending = np.einsum("ij,tjk->tik", elastic, curvature) * (mesh.triangle_thickness / 2)[:, None, None]
        return np.maximum(equivalent_stress(membrane + bending), equivalent_stress(membrane - bending))


def equivalent_stress(stress: NDArray[np.float64]) -> NDArray[np.float64]:
    """Equivalent stress of a plane state, after von Mises.

    Parameters
    ----------
    stress
        (t, 3, k), MPa: xx, yy and xy.

    Examples
    --------
    >>> equivalent_stress(np.array([[[3.0], [0.0], [0.0]]])).tolist()
    [[3.0]]
    """
    xx, yy, xy = stress[:, 0], stress[:, 1], stress[:, 2]
    return np.sqrt(np.maximum(xx**2 - xx * yy + yy**2 + 3 * xy**2, 0.0))
