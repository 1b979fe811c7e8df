"""The icosahedral spherical grid: directions, charts, neighbours, triangles, areas.

Twenty triangles of an icosahedron are laid out as five charts (Cohen et al. 2019, arXiv 1902.04615). Chart ``c`` is a parallelogram of
``2^L`` rows and ``2^(L+1)`` columns of a hexagonal lattice whose six neighbour steps are (0, ±1), (±1, 0), (1, -1) and (-1, 1), so that one
planar 3 x 3 convolution with two dead corners is a convolution on the sphere. The five charts hold ``10 * 4^L`` vertices; the two poles
belong to none and come last.

A *padded* chart carries one more row and column on each side, filled from its neighbours; every seam of the grid lives in that table.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from scipy import sparse

# Steps to the six neighbours on the lattice (row, column), counter-clockwise, and the vertex itself first.
TAPS = ((0, 0), (0, 1), (-1, 1), (-1, 0), (0, -1), (1, -1), (1, 0))


def vertex_count(level: int) -> int:
    """Number of grid vertices, ``10 * 4^L + 2``."""
    return 10 * 4**level + 2


def direction(azimuth_deg: float, elevation_deg: float) -> np.ndarray:
    """Unit vector (3,) in the head frame for an azimuth (0 front, 90 right) and an elevation (90 vertex)."""
    a, e = np.radians(azimuth_deg), np.radians(elevation_deg)
    return np.array([np.sin(a) * np.cos(e), np.cos(a) * np.cos(e), np.sin(e)])


@lru_cache(maxsize=9)
def padding_table(level: int) -> np.ndarray:
    """Vertex index in every cell of the padded charts.

    Parameters
    ----------
    level
        Grid level L, 0 or more.

    Returns
    -------
    (5, 2^L + 2, 2^(L+1) + 2) int64
        Cell ``[c, i + 1, j]`` is row ``i`` and column ``j`` of chart ``c``: rows 0 .. 2^L - 1 and columns 1 .. 2^(L+1) are its own.
        At the ten five-fold vertices outside the poles one neighbour stands twice, because the lattice has six steps and they have five neighbours.
    """
    n = 2**level
    own = np.arange(10 * n * n).reshape(5, n, 2 * n)
    north, south = 10 * n * n, 10 * n * n + 1

    def cell(chart: int, row: np.ndarray | int, column: np.ndarray | int) -> np.ndarray:
        return own[chart % 5, row, np.asarray(column) - 1]

    table = np.zeros((5, n + 2, 2 * n + 2), dtype=np.int64)
    along, beyond = np.arange(1, n + 1), np.arange(n + 1, 2 * n + 1)
    for c in range(5):
        table[c, 1 : n + 1, 1 : 2 * n + 1] = own[c]
        # left edge: the meridian from the north pole, owned by the next chart's top row
        table[c, 1, 0] = north
        table[c, 2 : n + 2, 0] = cell(c + 1, 0, along)
        # bottom edge: the next chart's top row, then its right column, to the south pole
        table[c, n + 1, 1 : n + 1] = cell(c + 1, 0, n + along)
        table[c, n + 1, n + 1 : 2 * n] = cell(c + 1, beyond[:-1] - n, 2 * n)
        table[c, n + 1, 2 * n] = south
        # above the top row and right of the last column: the previous chart's first column and last row
        table[c, 0, 1 : n + 1] = cell(c - 1, along - 1, 1)
        table[c, 0, n + 1 : 2 * n + 1] = cell(c - 1, n - 1, beyond - n)
        table[c, 0, 2 * n + 1] = cell(c - 1, n - 1, n)
        table[c, 1 : n + 1, 2 * n + 1] = cell(c - 1, n - 1, n + along)
        # two cells that no own vertex ever reaches; any valid vertex will do
        table[c, 0, 0] = north
        table[c, n + 1, 2 * n + 1] = south
    return table


def pole_neighbours(level: int) -> np.ndarray:
    """Neighbours of the north and the south pole: (2, 5) int64 vertex indices."""
    n = 2**level
    own = np.arange(10 * n * n).reshape(5, n, 2 * n)
    return np.stack([own[:, 0, 0], own[:, n - 1, 2 * n - 1]])


def upsample(values: np.ndarray) -> np.ndarray:
    """Values on the next finer grid, each new vertex the mean of the two ends of its edge.

    Parameters
    ----------
    values
        (10 * 4^L + 2, ...) float on level L.

    Returns
    -------
    (10 * 4^(L+1) + 2, ...) float
    """
    level = level_of(len(values))
    n = 2**level
    padded = values[padding_table(level)]
    centre = padded[:, 1:-1, 1:-1]
    left, below, below_left = padded[:, 1:-1, :-2], padded[:, 2:, 1:-1], padded[:, 2:, :-2]
    fine = np.zeros((5, 2 * n, 4 * n, *values.shape[1:]), dtype=np.result_type(values, np.float32))
    # own column j (from 1) becomes fine column 2j; fine column 2j - 1 lies half-way to the left
    fine[:, 0::2, 1::2] = centre
    fine[:, 0::2, 0::2] = (left + centre) / 2
    fine[:, 1::2, 1::2] = (centre + below) / 2
    fine[:, 1::2, 0::2] = (centre + below_left) / 2
    return np.concatenate([fine.reshape(-1, *values.shape[1:]), values[-2:]])


def downsample(values: np.ndarray) -> np.ndarray:
    """Values on the next coarser grid, whose vertices are a subset of this one's: (10 * 4^L + 2, ...) to (10 * 4^(L-1) + 2, ...)."""
    n = 2 ** level_of(len(values))
    charts = values[:-2].reshape(5, n, 2 * n, *values.shape[1:])
    return np.concatenate([charts[:, 0::2, 1::2].reshape(-1, *values.shape[1:]), values[-2:]])


def to_level(values: np.ndarray, level: int) -> np.ndarray:
    """Values on another level of the grid, by repeated :func:`upsample` or :func:`downsample`."""
    while level_of(len(values)) < level:
        values = upsample(values)
    while level_of(len(values)) > level:
        values = downsample(values)
    return values


def level_of(count: int) -> int:
    """Level of the grid that has this many vertices; ValueError where none has."""
    level = max(0, round(np.log((count - 2) / 10) / np.log(4))) if count > 2 else -1
    if level < 0 or vertex_count(level) != count:
        raise ValueError(f"{count} values do not fit any icosahedral grid; a level L has 10 * 4^L + 2 vertices.")
    return level


def _base_directions() -> np.ndarray:
    """(12, 3) float: the icosahedron's corners in the order of the level-0 charts, poles last."""
    z, r = 1 / np.sqrt(5), 2 / np.sqrt(5)
    # a corner straight in front (+y) makes the grid its own mirror image across x = 0
    upper = np.deg2rad(72.0 * np.arange(5) + 18.0)
    lower = np.deg2rad(72.0 * np.arange(5) - 18.0)
    ring = np.zeros((5, 2, 3))
    ring[:, 0] = np.stack([r * np.cos(upper), r * np.sin(upper), np.full(5, z)], axis=1)
    # the second corner of chart c is the lower one between upper corners c - 1 and c
    ring[:, 1] = np.stack([r * np.cos(lower), r * np.sin(lower), np.full(5, -z)], axis=1)
    return np.concatenate([ring.reshape(10, 3), [[0, 0, 1], [0, 0, -1]]])


@dataclass(frozen=True)
class Grid:
    """One level of the icosahedral spherical grid."""

    level: int

    def __len__(self) -> int:
        return vertex_count(self.level)

    @cached_property
    def directions(self) -> np.ndarray:
        """(n, 3) float64 unit vectors in the head frame."""
        points = _base_directions()
        for _ in range(self.level):
            points = upsample(points)
            points /= np.linalg.norm(points, axis=1, keepdims=True)
        return points

    @cached_property
    def faces(self) -> np.ndarray:
        """(20 * 4^L, 3) int64 triangles, counter-clockwise seen from outside."""
        t = padding_table(self.level)
        a, b = t[:, 1:-1, :-2], t[:, 1:-1, 1:-1]
        c, d = t[:, 2:, :-2], t[:, 2:, 1:-1]
        up = np.stack([a, b, c], axis=-1).reshape(-1, 3)
        down = np.stack([b, d, c], axis=-1).reshape(-1, 3)
        return np.concatenate([up, down])

    @cached_property
    def neighbours(self) -> np.ndarray:
        """(n, 6) int64, the six lattice neighbours; a five-fold vertex has one of its five twice."""
        n = 2**self.level
        t = padding_table(self.level)
        steps = [t[:, 1 + i : 1 + i + n, 1 + j : 1 + j + 2 * n].reshape(-1) for i, j in TAPS[1:]]
        poles = pole_neighbours(self.level)
        return np.concatenate([np.stack(steps, axis=1), poles[:, [0, 1, 2, 3, 4, 0]]])

    @cached_property
    def _rings(self) -> np.ndarray:
        """(6, n) the neighbours of all vertices, first the first of each: numpy joins long rows many times faster than short columns."""
        return np.ascontiguousarray(self.neighbours.T)

    @cached_property
    def adjacency(self) -> sparse.csr_matrix:
        """(n, n) bool sparse, true between neighbours."""
        f = self.faces
        i, j = f.ravel(), f[:, [1, 2, 0]].ravel()
        matrix = sparse.coo_matrix((np.ones(len(i), dtype=bool), (i, j)), shape=(len(self), len(self)))
        return (matrix + matrix.T).astype(bool).tocsr()

    @cached_property
    def areas(self) -> np.ndarray:
        """(n,) float64, area on the unit sphere that belongs to each vertex; sums to that of the polyhedron."""
        p = self.directions[self.faces]
        third = np.linalg.norm(np.cross(p[:, 1] - p[:, 0], p[:, 2] - p[:, 0]), axis=1) / 6
        return np.bincount(self.faces.ravel(), weights=np.repeat(third, 3), minlength=len(self))

    @cached_property
    def laplacian(self) -> sparse.csr_matrix:
        """(n, n) sparse cotangent Laplacian on the unit sphere (positive semi-definite; Pinkall and Polthier 1993)."""
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

    def grow(self, region: np.ndarray, rings: int) -> np.ndarray:
        """``region`` (n,) bool with ``rings`` more rings of neighbours (fewer, when negative)."""
        region = np.asarray(region, dtype=bool)
        if rings < 0:
            return ~self.grow(~region, -rings)
        for _ in range(rings):
            region = region | region[self._rings].any(axis=0)
        return region

    def parts(self, region: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The connected parts of ``region`` (n,) bool: its vertices (k,) int64, ascending, and the number of each one's part (k,) int, from 0."""
        at = np.flatnonzero(region)
        return at, sparse.csgraph.connected_components(self.adjacency[at][:, at], directed=False)[1]

    def locate(self, directions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Where directions pierce the grid.

        Parameters
        ----------
        directions
            (p, 3) float, any length but zero.

        Returns
        -------
        corners : (p, 3) int64
            Grid vertices of the triangle.
        weights : (p, 3) float64
            Barycentric weights, not negative, sum 1.
        """
        d = np.asarray(directions, dtype=float)
        d = d / np.linalg.norm(d, axis=1, keepdims=True)
        nearest = self.nearest(d)
        candidates = self._star[nearest]  # (p, 6) faces round the nearest vertex
        inverse = self._inverse[candidates]  # (p, 6, 3, 3)
        weights = np.einsum("pfij,pj->pfi", inverse, d)
        best = np.argmax(weights.min(axis=2), axis=1)
        w = np.maximum(weights[np.arange(len(d)), best], 0)
        return self.faces[candidates[np.arange(len(d)), best]], w / w.sum(axis=1, keepdims=True)

    @cached_property
    def mirror(self) -> np.ndarray:
        """(n,) int64: the vertex that is each vertex's mirror image across x = 0, exactly."""
        return self.nearest(self.directions * np.array([-1.0, 1.0, 1.0]))

    def nearest(self, directions: np.ndarray) -> np.ndarray:
        """(p,) int64: the vertex nearest to each unit vector (p, 3)."""
        return self._tree.query(directions)[1]

    @cached_property
    def _tree(self):
        from scipy.spatial import cKDTree

        return cKDTree(self.directions)

    @cached_property
    def _star(self) -> np.ndarray:
        """(n, 6) int64 faces round each vertex; a five-fold vertex has one twice."""
        order = np.argsort(self.faces.ravel(), kind="stable")
        face = order // 3
        count = np.bincount(self.faces.ravel(), minlength=len(self))
        start = np.concatenate([[0], np.cumsum(count)[:-1]])
        return face[start[:, None] + np.minimum(np.arange(6)[None, :], count[:, None] - 1)]

    @cached_property
    def _inverse(self) -> np.ndarray:
        """(f, 3, 3) float64: takes a direction to its weights on the face's corners."""
        return np.linalg.inv(np.swapaxes(self.directions[self.faces], 1, 2))


@lru_cache(maxsize=8)
def grid(level: int) -> Grid:
    """The grid of a level, made once per process.

    Raises
    ------
    ValueError
        If the level is not between 0 and 8.
    """
    if not 0 <= level <= 8:
        raise ValueError(f"Grid level {level} is not between 0 and 8.")
    return Grid(level)


def interpolate(values: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """Values of a grid function in any directions.

    Parameters
    ----------
    values
        (n, ...) float, one for each vertex of some level.
    directions
        (p, 3) float, any length but zero.

    Returns
    -------
    (p, ...) float
        Linear inside each triangle.
    """
    corners, weights = grid(level_of(len(values))).locate(directions)
    return np.einsum("pk,pk...->p...", weights, np.asarray(values)[corners])
