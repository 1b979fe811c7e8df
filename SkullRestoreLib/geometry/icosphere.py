"""The icosahedral spherical grid: directions, charts, neighbours, triangles, areas.

The twenty triangles of an icosahedron are laid out as five charts (Cohen et al. 2019, arXiv 1902.04615). Chart ``c`` is
a parallelogram of ``2^L`` rows and ``2^(L+1)`` columns of a hexagonal lattice whose six neighbour steps are (0, ±1),
(±1, 0), (1, -1) and (-1, 1), so that a planar 3 × 3 convolution with two unused corners is a convolution on the sphere.
The five charts hold ``10 * 4^L`` vertices; the two poles belong to no chart and come last.

A *padded* chart has one more row and column on each side, filled from its neighbours; :func:`padding_table` describes
every seam of the grid.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

MAX_LEVEL = 8
"""Finest level: 655,362 vertices."""

LATTICE_STEPS = ((0, 0), (0, 1), (-1, 1), (-1, 0), (0, -1), (1, -1), (1, 0))
"""The vertex itself, and the steps (row, column) to its six neighbours on the lattice, counter-clockwise."""

_DIRECTIONS_PER_BLOCK = 2048
"""Directions that are located at a time: what is needed for them fits into the processor's cache."""


def vertex_count(level: int) -> int:
    """Compute the number of vertices of a grid.

    Parameters
    ----------
    level
        Grid level L, 0 or more.

    Returns
    -------
    int
        ``10 * 4^L + 2``.

    Examples
    --------
    >>> [vertex_count(level) for level in (0, 5, 6)]
    [12, 10242, 40962]
    """
    return 10 * 4**level + 2


def direction_from_angles(azimuth_deg: float, elevation_deg: float) -> NDArray[np.float64]:
    """Convert two angles to a direction.

    Parameters
    ----------
    azimuth_deg
        0 front, 90 right.
    elevation_deg
        0 horizontal, 90 vertex.

    Returns
    -------
    ndarray
        (3,) float64, unit vector in the head frame.

    Examples
    --------
    >>> direction_from_angles(90, 0).round(12).tolist()
    [1.0, 0.0, 0.0]
    """
    azimuth, elevation = np.radians(azimuth_deg), np.radians(elevation_deg)
    return np.array([np.sin(azimuth) * np.cos(elevation), np.cos(azimuth) * np.cos(elevation), np.sin(elevation)])


@lru_cache(maxsize=MAX_LEVEL + 1)
def padding_table(level: int) -> NDArray[np.int64]:
    """List the vertex in every cell of the padded charts.

    Parameters
    ----------
    level
        Grid level L, 0 or more.

    Returns
    -------
    ndarray
        (5, 2^L + 2, 2^(L+1) + 2) int64. Cell ``[c, i + 1, j]`` is row ``i`` and column ``j`` of chart ``c``: rows
        0 .. 2^L - 1 and columns 1 .. 2^(L+1) are its own. At the ten five-fold vertices outside the poles one neighbour
        is listed twice, because the lattice has six steps and these vertices have five neighbours.
    """
    n = 2**level
    vertices = np.arange(10 * n * n).reshape(5, n, 2 * n)
    north, south = 10 * n * n, 10 * n * n + 1

    def chart_cell(
        chart: int, row: NDArray[np.int64] | int, column: NDArray[np.int64] | int
    ) -> NDArray[np.int64] | np.int64:
        return vertices[chart % 5, row, np.asarray(column) - 1]

    table = np.zeros((5, n + 2, 2 * n + 2), dtype=np.int64)
    along, beyond = np.arange(1, n + 1), np.arange(n + 1, 2 * n + 1)
    for c in range(5):
        table[c, 1 : n + 1, 1 : 2 * n + 1] = vertices[c]
        # left edge: the meridian from the north pole, which is the next chart's top row
        table[c, 1, 0] = north
        table[c, 2 : n + 2, 0] = chart_cell(c + 1, 0, along)
        # bottom edge: the next chart's top row, then its right column, to the south pole
        table[c, n + 1, 1 : n + 1] = chart_cell(c + 1, 0, n + along)
        table[c, n + 1, n + 1 : 2 * n] = chart_cell(c + 1, beyond[:-1] - n, 2 * n)
        table[c, n + 1, 2 * n] = south
        # above the top row and right of the last column: the previous chart's first column and last row
        table[c, 0, 1 : n + 1] = chart_cell(c - 1, along - 1, 1)
        table[c, 0, n + 1 : 2 * n + 1] = chart_cell(c - 1, n - 1, beyond - n)
        table[c, 0, 2 * n + 1] = chart_cell(c - 1, n - 1, n)
        table[c, 1 : n + 1, 2 * n + 1] = chart_cell(c - 1, n - 1, n + along)
        # no vertex of this chart has these two cells as neighbours: any valid vertex will do
        table[c, 0, 0] = north
        table[c, n + 1, 2 * n + 1] = south
    return table


def pole_neighbours(level: int) -> NDArray[np.int64]:
    """List the neighbours of the two poles.

    Parameters
    ----------
    level
        Grid level, 0 or more.

    Returns
    -------
    ndarray
        (2, 5) int64, vertices around the north and the south pole.

    Examples
    --------
    >>> pole_neighbours(0).tolist()
    [[0, 2, 4, 6, 8], [1, 3, 5, 7, 9]]
    """
    n = 2**level
    vertices = np.arange(10 * n * n).reshape(5, n, 2 * n)
    return np.stack([vertices[:, 0, 0], vertices[:, n - 1, 2 * n - 1]])


def upsample(values: NDArray[Any]) -> NDArray[Any]:
    """Interpolate values to the next finer grid: a new vertex gets the mean of the two ends of its edge.

    Parameters
    ----------
    values
        (10 * 4^L + 2, ...) float on level L.

    Returns
    -------
    ndarray
        (10 * 4^(L+1) + 2, ...) float.

    Raises
    ------
    ValueError
        If no level has this number of vertices.

    Examples
    --------
    >>> upsample(np.full(12, 3.0)).shape
    (42,)
    """
    level = level_from_count(len(values))
    n = 2**level
    padded = values[padding_table(level)]
    centre = padded[:, 1:-1, 1:-1]
    left, below, below_left = padded[:, 1:-1, :-2], padded[:, 2:, 1:-1], padded[:, 2:, :-2]
    fine = np.zeros((5, 2 * n, 4 * n, *values.shape[1:]), dtype=np.result_type(values, np.float32))
    # the chart's column j (from 1) becomes fine column 2j; fine column 2j - 1 is half-way to the left
    fine[:, 0::2, 1::2] = centre
    fine[:, 0::2, 0::2] = (left + centre) / 2
    fine[:, 1::2, 1::2] = (centre + below) / 2
    fine[:, 1::2, 0::2] = (centre + below_left) / 2
    return np.concatenate([fine.reshape(-1, *values.shape[1:]), values[-2:]])


def parent_vertices(level: int) -> NDArray[np.int64]:
    """List between which vertices :func:`upsample` interpolates, for arrays that are not numpy's.

    Parameters
    ----------
    level
        Of the coarser grid, 0 or more.

    Returns
    -------
    ndarray
        (2, 10 * 4^(level+1) + 2) int64, the two ends of the edge that each vertex of the finer grid is on; the same
        vertex twice where it is on the coarser grid too.

    Examples
    --------
    >>> values = np.random.default_rng(0).normal(size=12)
    >>> bool((values[parent_vertices(0)].mean(axis=0) == upsample(values)).all())
    True
    """
    n, padded = 2**level, padding_table(level)
    centre = padded[:, 1:-1, 1:-1]
    ends = np.zeros((2, 5, 2 * n, 4 * n), dtype=np.int64)
    ends[:] = np.repeat(np.repeat(centre, 2, axis=1), 2, axis=2)
    ends[1, :, 0::2, 0::2] = padded[:, 1:-1, :-2]
    ends[1, :, 1::2, 1::2] = padded[:, 2:, 1:-1]
    ends[1, :, 1::2, 0::2] = padded[:, 2:, :-2]
    poles = np.array([10 * n * n, 10 * n * n + 1])
    return np.concatenate([ends.reshape(2, -1), np.stack([poles, poles])], axis=1)


def downsample(values: NDArray[Any]) -> NDArray[Any]:
    """Select the values on the next coarser grid, whose vertices are a subset of this one's.

    Parameters
    ----------
    values
        (10 * 4^L + 2, ...) on level L, 1 or more.

    Returns
    -------
    ndarray
        (10 * 4^(L-1) + 2, ...).

    Raises
    ------
    ValueError
        If no level has this number of vertices.

    Examples
    --------
    >>> bool((downsample(upsample(np.arange(12.0))) == np.arange(12)).all())
    True
    """
    n = 2 ** level_from_count(len(values))
    charts = values[:-2].reshape(5, n, 2 * n, *values.shape[1:])
    return np.concatenate([charts[:, 0::2, 1::2].reshape(-1, *values.shape[1:]), values[-2:]])


def values_at_level(values: NDArray[Any], level: int) -> NDArray[Any]:
    """Convert values to another level of the grid, by repeated :func:`upsample` or :func:`downsample`.

    Parameters
    ----------
    values
        (n, ...), one for each vertex of some level.
    level
        The level wanted.

    Returns
    -------
    ndarray
        (10 * 4^level + 2, ...); the array itself where it is on that level already.

    Raises
    ------
    ValueError
        If no level has ``n`` vertices.
    """
    while level_from_count(len(values)) < level:
        values = upsample(values)
    while level_from_count(len(values)) > level:
        values = downsample(values)
    return values


def level_from_count(count: int) -> int:
    """Find the level of the grid that has a number of vertices.

    Parameters
    ----------
    count
        Number of vertices.

    Returns
    -------
    int
        The level.

    Raises
    ------
    ValueError
        If no level has this number.

    Examples
    --------
    >>> level_from_count(40962)
    6
    """
    level = max(0, round(np.log((count - 2) / 10) / np.log(4))) if count > 2 else -1
    if level < 0 or vertex_count(level) != count:
        raise ValueError(f"{count} values do not fit any icosahedral grid; a level L has 10 * 4^L + 2 vertices.")
    return level


def _base_directions() -> NDArray[np.float64]:
    """Corners of the icosahedron, (12, 3), in the order of the level-0 charts, poles last."""
    z, r = 1 / np.sqrt(5), 2 / np.sqrt(5)
    # a corner straight in front (+y) makes the grid its own mirror image across x = 0
    upper = np.deg2rad(72.0 * np.arange(5) + 18.0)
    lower = np.deg2rad(72.0 * np.arange(5) - 18.0)
    ring = np.zeros((5, 2, 3))
    ring[:, 0] = np.stack([r * np.cos(upper), r * np.sin(upper), np.full(5, z)], axis=1)
    # the second corner of chart c is the lower corner between the upper corners c - 1 and c
    ring[:, 1] = np.stack([r * np.cos(lower), r * np.sin(lower), np.full(5, -z)], axis=1)
    return np.concatenate([ring.reshape(10, 3), [[0, 0, 1], [0, 0, -1]]])


@dataclass(frozen=True)
class SphericalGrid:
    """One level of the icosahedral spherical grid; get it from :func:`spherical_grid`, which makes each level once.

    Attributes
    ----------
    level
        From 0 (12 vertices) to 8.
    """

    level: int

    def __len__(self) -> int:
        return vertex_count(self.level)

    @cached_property
    def directions(self) -> NDArray[np.float64]:
        """(n, 3) float64, unit vectors to the vertices in the head frame."""
        points = _base_directions()
        for _ in range(self.level):
            points = upsample(points)
            points /= np.linalg.norm(points, axis=1, keepdims=True)
        return points

    @cached_property
    def faces(self) -> NDArray[np.int64]:
        """(20 * 4^L, 3) int64, triangles, counter-clockwise seen from outside."""
        t = padding_table(self.level)
        a, b = t[:, 1:-1, :-2], t[:, 1:-1, 1:-1]
        c, d = t[:, 2:, :-2], t[:, 2:, 1:-1]
        up = np.stack([a, b, c], axis=-1).reshape(-1, 3)
        down = np.stack([b, d, c], axis=-1).reshape(-1, 3)
        return np.concatenate([up, down])

    @cached_property
    def neighbours(self) -> NDArray[np.int64]:
        """(n, 6) int64, the six lattice neighbours; a five-fold vertex lists one of its five twice."""
        n = 2**self.level
        t = padding_table(self.level)
        steps = [t[:, 1 + i : 1 + i + n, 1 + j : 1 + j + 2 * n].reshape(-1) for i, j in LATTICE_STEPS[1:]]
        poles = pole_neighbours(self.level)
        return np.concatenate([np.stack(steps, axis=1), poles[:, [0, 1, 2, 3, 4, 0]]])

    @cached_property
    def _neighbour_rows(self) -> NDArray[np.int64]:
        """(6, n) int64, ``neighbours`` transposed: numpy reduces long rows many times faster than short columns."""
        return np.ascontiguousarray(self.neighbours.T)

    @cached_property
    def edges(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The two ends of every edge, each (30 * 4^L,) int64; every edge once, the lower number first."""
        upper = sparse.triu(self.adjacency_matrix, format="coo")
        return upper.row.astype(np.int64), upper.col.astype(np.int64)

    @cached_property
    def adjacency_matrix(self) -> sparse.csr_matrix:
        """(n, n) sparse bool, true between neighbours."""
        f = self.faces
        i, j = f.ravel(), f[:, [1, 2, 0]].ravel()
        matrix = sparse.coo_matrix((np.ones(len(i), dtype=bool), (i, j)), shape=(len(self), len(self)))
        return (matrix + matrix.T).astype(bool).tocsr()

    @cached_property
    def vertex_areas(self) -> NDArray[np.float64]:
        """(n,) float64, area on the unit sphere that belongs to each vertex; the sum is the area of the polyhedron."""
        p = self.directions[self.faces]
        third = np.linalg.norm(np.cross(p[:, 1] - p[:, 0], p[:, 2] - p[:, 0]), axis=1) / 6
        areas = np.bincount(self.faces.ravel(), weights=np.repeat(third, 3), minlength=len(self))
        return areas.astype(np.float64, copy=False)

    @cached_property
    def edge_length(self) -> float:
        """Edge of an equilateral triangle of the usual size, on the unit sphere."""
        return float(np.sqrt(np.median(self.vertex_areas) * 2 / np.sqrt(3)))

    def prepare(self) -> None:
        """Make the tables of the grid that a restoration needs, so that it does not wait for them later."""
        for table in (
            self._neighbour_rows,
            self.edges,
            self.laplacian,
            self.mirror_vertices,
            self._faces_at_vertex,
            self._barycentric_matrices,
        ):
            del table  # each is made once, with what it is made of

    def areas_mm2(self, radius_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        """Compute the area that belongs to each vertex on a surface around the grid's centre.

        Parameters
        ----------
        radius_mm
            (n,) distance of the surface from the centre along each direction, such as the outer table.

        Returns
        -------
        ndarray
            (n,) float64, mm², as if the surface was seen straight on everywhere; 100 mm² are 1 cm².

        Examples
        --------
        >>> grid = spherical_grid(3)
        >>> float(grid.areas_mm2(np.full(len(grid), 10.0)).sum() / (100 * grid.vertex_areas.sum()))
        1.0
        """
        return self.vertex_areas * radius_mm**2

    @cached_property
    def laplacian(self) -> sparse.csr_matrix:
        """(n, n) sparse float64, cotangent Laplacian, positive semi-definite (Pinkall and Polthier 1993)."""
        p = self.directions[self.faces]
        rows, cols, weights = [], [], []
        for k in range(3):
            a, b, c = p[:, k], p[:, (k + 1) % 3], p[:, (k + 2) % 3]
            u, v = b - a, c - a
            cot = np.einsum("ij,ij->i", u, v) / np.linalg.norm(np.cross(u, v), axis=1)
            rows.append(self.faces[:, (k + 1) % 3])
            cols.append(self.faces[:, (k + 2) % 3])
            weights.append(cot / 2)
        i, j, w = np.concatenate(rows), np.concatenate(cols), np.concatenate(weights)
        off = sparse.coo_matrix((w, (i, j)), shape=(len(self), len(self)))
        off = off + off.T
        return (sparse.diags(np.asarray(off.sum(axis=1)).ravel()) - off).tocsr()

    def grow_region(self, region: NDArray[np.bool_], rings: int) -> NDArray[np.bool_]:
        """Grow a region by rings of neighbours, or shrink it.

        Parameters
        ----------
        region
            (n,) bool.
        rings
            Number of rings that are added; removed where negative.

        Returns
        -------
        ndarray
            (n,) bool.
        """
        region = np.asarray(region, dtype=bool)
        if rings < 0:
            return ~self.grow_region(~region, -rings)
        grown, newest = region, region
        for _ in range(rings):
            around = self.neighbours[np.flatnonzero(newest)]  # only from the last ring a step leads further
            grown = grown.copy()
            grown[around] = True
            newest = grown & ~region
            region = grown
        return grown

    def neighbour_sums(self, values: NDArray[Any], vertices: NDArray[np.int64] | None = None) -> NDArray[Any]:
        """Sum the values of the six neighbours of vertices.

        Parameters
        ----------
        values
            (n,) or (n, c), a value for each vertex of the grid.
        vertices
            (k,) of which the sums are wanted; all where not given.

        Returns
        -------
        ndarray
            (k,) or (k, c); a five-fold vertex has one neighbour twice.

        Examples
        --------
        >>> spherical_grid(1).neighbour_sums(np.ones(42), np.array([3, 5])).tolist()
        [6.0, 6.0]
        """
        rows = self._neighbour_rows if vertices is None else self._neighbour_rows[:, vertices]
        total: NDArray[Any] = np.take(values, rows[0], axis=0)
        for row in rows[1:]:  # several times faster than the sum over a gathered axis
            total += np.take(values, row, axis=0)
        return total

    def connected_parts(self, region: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """Divide a region into its connected parts.

        Parameters
        ----------
        region
            (n,) bool.

        Returns
        -------
        vertices : ndarray
            (k,) int64, the region's vertices, ascending.
        parts : ndarray
            (k,) int32, number of the part that each belongs to, from 0.
        """
        vertices = np.flatnonzero(region)
        adjacency = self.adjacency_matrix[vertices][:, vertices]
        return vertices, sparse.csgraph.connected_components(adjacency, directed=False)[1]

    def extreme_around(self, values: NDArray[np.float64], extreme: np.ufunc, rings: int) -> NDArray[np.float64]:
        """Find the greatest or the least value within some rings of each vertex.

        Parameters
        ----------
        values
            (n,) float.
        extreme
            ``numpy.fmax`` or ``numpy.fmin``, which leave NaN out.
        rings
            How far is looked.

        Returns
        -------
        ndarray
            (n,) float.

        Examples
        --------
        >>> grid = spherical_grid(2)
        >>> at_top = np.where(grid.directions[:, 2] > 0.99, 1.0, 0.0)
        >>> [int(grid.extreme_around(at_top, np.fmax, rings).sum()) for rings in (0, 1)]
        [1, 6]
        """
        for _ in range(rings):
            before = values
            for neighbour in self._neighbour_rows:  # several times faster than the extreme over a gathered axis
                values = extreme(values, before[neighbour])
        return values

    def large_parts(self, region: NDArray[np.bool_], areas: NDArray[np.float64], least: float) -> NDArray[np.bool_]:
        """Keep the connected parts of a region that have some area.

        Parameters
        ----------
        region
            (n,) bool.
        areas
            (n,), of each vertex.
        least
            Area that a part must have to be kept, in the unit of ``areas``.

        Returns
        -------
        ndarray
            (n,) bool.

        Examples
        --------
        >>> grid = spherical_grid(2)
        >>> region = grid.directions[:, 2] > 0.9
        >>> [int(grid.large_parts(region, np.ones(len(grid)), least).sum()) for least in (3, 30)]
        [6, 0]
        """
        vertices, part = self.connected_parts(region)
        kept = np.zeros(len(self), dtype=bool)
        kept[vertices] = np.bincount(part, weights=areas[vertices], minlength=1)[part] >= least
        return kept

    def parts_with(self, region: NDArray[np.bool_], seeds: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Keep the connected parts of a region in which there is a seed.

        Parameters
        ----------
        region
            (n,) bool.
        seeds
            (n,) bool; those outside the region change nothing.

        Returns
        -------
        ndarray
            (n,) bool.

        Examples
        --------
        >>> grid = spherical_grid(2)
        >>> region = np.abs(grid.directions[:, 2]) > 0.9
        >>> kept = grid.parts_with(region, grid.directions[:, 2] > 0.99)
        >>> int(kept.sum()), bool((kept == (grid.directions[:, 2] > 0.9)).all())
        (6, True)
        """
        vertices, part = self.connected_parts(region)
        kept = np.zeros(len(self), dtype=bool)
        kept[vertices] = np.isin(part, part[seeds[vertices]])
        return kept

    def locate_triangles(self, directions: ArrayLike) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Find the triangle that each direction passes through.

        Parameters
        ----------
        directions
            (p, 3) float, of any length except zero.

        Returns
        -------
        corners : ndarray
            (p, 3) int64, grid vertices of the triangle.
        weights : ndarray
            (p, 3) float64, barycentric weights, not negative, sum 1.
        """
        d = np.asarray(directions, dtype=float)
        d = d / np.linalg.norm(d, axis=1, keepdims=True)
        candidates = self._faces_at_vertex[self.nearest_vertices(d)]  # (p, 6) faces around the nearest vertex
        face, best = np.zeros(len(d), dtype=np.int64), np.zeros((len(d), 3))
        for first in range(0, len(d), _DIRECTIONS_PER_BLOCK):
            part = slice(first, first + _DIRECTIONS_PER_BLOCK)
            inverse = self._barycentric_matrices[candidates[part]]  # (p, 6, 3, 3)
            weights = np.einsum("pfij,pj->pfi", inverse, d[part])
            least = np.minimum(np.minimum(weights[..., 0], weights[..., 1]), weights[..., 2])
            chosen = np.arange(len(weights)), least.argmax(axis=1)
            face[part], best[part] = candidates[part][chosen], weights[chosen]
        best = np.maximum(best, 0)
        return self.faces[face], best / best.sum(axis=1, keepdims=True)

    @cached_property
    def mirror_vertices(self) -> NDArray[np.int64]:
        """(n,) int64, the vertex that is the exact mirror image of each vertex across x = 0."""
        return self.nearest_vertices(self.directions * np.array([-1.0, 1.0, 1.0]))

    def nearest_vertices(self, directions: ArrayLike) -> NDArray[np.int64]:
        """Find the vertex nearest to each direction.

        Parameters
        ----------
        directions
            (p, 3) float, unit vectors.

        Returns
        -------
        ndarray
            (p,) int64.
        """
        # none is further away than the edge of a triangle, which saves a fifth of the search
        return self._direction_tree.query(directions, distance_upper_bound=self.edge_length)[1]

    @cached_property
    def _direction_tree(self) -> Any:
        from scipy.spatial import cKDTree

        return cKDTree(self.directions)

    @cached_property
    def _faces_at_vertex(self) -> NDArray[np.int64]:
        """(n, 6) int64, faces around each vertex; a five-fold vertex lists one twice."""
        order = np.argsort(self.faces.ravel(), kind="stable")
        face = order // 3
        count = np.bincount(self.faces.ravel(), minlength=len(self))
        start = np.concatenate([[0], np.cumsum(count)[:-1]])
        return face[start[:, None] + np.minimum(np.arange(6)[None, :], count[:, None] - 1)]

    @cached_property
    def _barycentric_matrices(self) -> NDArray[np.float64]:
        """(f, 3, 3) float64, matrices that convert a direction to its weights on the face's corners."""
        return np.linalg.inv(np.swapaxes(self.directions[self.faces], 1, 2)).astype(np.float64, copy=False)


@lru_cache(maxsize=8)
def spherical_grid(level: int) -> SphericalGrid:
    """Get the grid of a level; it is made once per process.

    Parameters
    ----------
    level
        From 0 to 8.

    Returns
    -------
    SphericalGrid
        The grid; do not change its arrays.

    Raises
    ------
    ValueError
        If there is no such level.

    Examples
    --------
    >>> grid = spherical_grid(2)
    >>> len(grid), grid.faces.shape, bool(grid.grow_region(np.arange(len(grid)) == 0, 1).sum() == 7)
    (162, (320, 3), True)
    """
    if not 0 <= level <= MAX_LEVEL:
        raise ValueError(f"Grid level {level} is not between 0 and {MAX_LEVEL}.")
    return SphericalGrid(level)


def interpolate(values: NDArray[Any], directions: ArrayLike) -> NDArray[Any]:
    """Interpolate values on the grid in any directions.

    Parameters
    ----------
    values
        (n, ...) float, one for each vertex of some level.
    directions
        (p, 3) float, of any length except zero.

    Returns
    -------
    ndarray
        (p, ...) float, linear inside each triangle.

    Raises
    ------
    ValueError
        If no level has ``n`` vertices.

    Examples
    --------
    >>> interpolate(np.full(12, 5.0), [[0.0, 1.0, 0.0]]).round(12).tolist()
    [5.0]
    """
    corners, weights = spherical_grid(level_from_count(len(values))).locate_triangles(directions)
    return np.einsum("pk,pk...->p...", weights, np.asarray(values)[corners])
