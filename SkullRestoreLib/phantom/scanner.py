"""A head in, slices in HU out: the field of view, the slices' thickness, blur, streaks and noise."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import ndimage, sparse

from SkullRestoreLib.phantom import tissue
from SkullRestoreLib.phantom.anatomy import FLOOR_MM, STEP_MM, Head, axes, lattice
from SkullRestoreLib.phantom.craniectomy import BELOW_MM, DEEP_MM, SHALLOW_MM, Hole
from SkullRestoreLib.phantom.metalwork import TITANIUM_HU, Piece

FIELD_MM = 246.0
LOWEST_HU, HIGHEST_HU = -1024, 3071  # twelve bits, as scanners store them
FINE_MM = 1.25  # thicker slices are the mean of several this thick at most
SINK_MM, SINK_WIDTH_MM = 7.0, 16.0
_NAMES = ("outer", "inner", "off_vault", "base", "petrous", "arch", "air", "skin", "soft", "texture")


@dataclass(frozen=True)
class Scan:
    """Where the voxels are. Scanner coordinates are RAS with the head's centre as origin; ``shift`` takes them to the patient's RAS."""

    low: np.ndarray  # (3,) float64, mm, scanner coordinates of the lowest voxel along x, y, z
    spacing: np.ndarray  # (3,) float64, mm, along x, y, z
    size: tuple[int, int, int]  # voxels along x, y, z
    turn: np.ndarray  # (3, 3) float64, from the head frame to the scanner's axes
    shift: np.ndarray  # (3,) float64, mm
    rest_mm: float  # lowest point of the head rest's curve along y, scanner coordinates

    @property
    def head_to_ras(self) -> np.ndarray:
        """(4, 4) float64, mm."""
        matrix = np.eye(4)
        matrix[:3, :3], matrix[:3, 3] = self.turn, self.shift
        return matrix

    def along(self, n: int) -> np.ndarray:
        """Scanner coordinates of the voxels' centres along x, y or z (0, 1, 2): float64, mm."""
        return self.low[n] + self.spacing[n] * np.arange(self.size[n])


def place(head: Head, *, slice_mm: float, matrix: int, rng: np.random.Generator) -> Scan:
    """Lay the field of view over a head: from the upper jaw to above the vertex, with the head rest in it."""
    x, y, z = axes()
    inside = head.skin < 0
    inside[z < FLOOR_MM] = False
    xs, ys, zs = (a[np.flatnonzero(inside.any(axis=others))[[0, -1]]] for a, others in ((x, (0, 1)), (y, (0, 2)), (z, (1, 2))))
    rest = ys[0] - 5.0
    middle = np.array([xs.mean(), (rest - 5 + ys[1]) / 2])
    field = max(FIELD_MM, ys[1] - rest + 18)
    count = int(np.ceil((zs[1] + 9 - FLOOR_MM) / slice_mm)) + 1
    pixel = field / matrix
    low = np.array([*(middle - field / 2 + pixel / 2), FLOOR_MM])
    return Scan(low, np.array([pixel, pixel, slice_mm]), (matrix, matrix, count), head.turn, np.round(rng.uniform(-12, 12, 3), 1), rest)


def slices(
    head: Head, holes: tuple[Hole, ...], pieces: tuple[Piece, ...], scan: Scan, *, noise_hu: float, seed: int
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Scan a head, slice by slice from below.

    Yields
    ------
    ct : (y, x) int16, HU, the head with its holes
    intact : (y, x) int16, HU, the same head intact
    missing : (y, x) uint8, number of the hole whose bone the voxel lacks
    """
    names, functions = _functions(head, holes)
    blur = max(0.6, 0.45 * scan.spacing[0])
    across = [_spline(scan.along(n), n) for n in (0, 1)]
    parts = max(1, int(np.ceil(scan.spacing[2] / FINE_MM - 1e-9)))
    offsets = ((np.arange(parts) + 0.5) / parts - 0.5) * scan.spacing[2]
    rest = _head_rest(scan, blur)
    for k, z in enumerate(scan.along(2)):
        thin = [_plane(dict(zip(names, _at(functions, z + o, across), strict=True)), rest, blur) for o in offsets]
        ct, intact, missing = (np.mean([part[n] for part in thin], axis=0) for n in range(3))
        if pieces:
            _add_metal(ct, pieces, scan, z, blur)
        noise = noise_hu * _noise(seed, k, ct.shape)
        label = (missing >= 0.5).astype(np.uint8)
        if len(holes) > 1:
            label[_second(scan, z, holes) & (label > 0)] = 2
        yield _stored(ct + noise), _stored(intact + noise), label


def _functions(head: Head, holes: tuple[Hole, ...]) -> tuple[list[str], np.ndarray]:
    """The lattice's functions with those of the holes: names, and (z, c, y, x) float32."""
    points = lattice(head.turn)
    depth = np.max([hole.depth(points) for hole in holes], axis=0)
    cut = np.maximum.reduce([-depth, -DEEP_MM - head.inner, head.outer - SHALLOW_MM, head.off_vault - BELOW_MM])
    ease = np.clip(depth / SINK_WIDTH_MM, 0, 1)
    sink = SINK_MM * ease * ease * (3 - 2 * ease) * (head.outer > -20) * (head.off_vault < 6)
    stack = [*(getattr(head, name) for name in _NAMES), np.clip(cut, -20, 20), ndimage.gaussian_filter(sink, 0.8)]
    return [*_NAMES, "cut", "sink"], np.stack(stack, axis=1, dtype=np.float32, casting="same_kind")


def _spline(at: np.ndarray, n: int) -> sparse.csr_matrix:
    """Catmull-Rom weights from the lattice's axis ``n`` to coordinates ``at`` (p,), mm: (p, m) sparse float32. Beyond the lattice its edge goes on."""
    count = len(axes()[n])
    where = (at - axes()[n][0]) / STEP_MM
    left = np.floor(where).astype(int)
    t = where - left
    weights = [-t + 2 * t**2 - t**3, 2 - 5 * t**2 + 3 * t**3, t + 4 * t**2 - 3 * t**3, -(t**2) + t**3]
    columns = np.clip(left[:, None] + np.arange(-1, 3), 0, count - 1)
    rows = np.repeat(np.arange(len(where)), 4)
    values = (np.stack(weights, axis=1) / 2).astype(np.float32)
    return sparse.csr_matrix((values.ravel(), (rows, columns.ravel())), shape=(len(where), count))


def _at(functions: np.ndarray, z: float, across: list[sparse.csr_matrix]) -> np.ndarray:
    """The functions on one thin plane: (c, y, x) float32."""
    weights = _spline(np.array([z]), 2)
    plane = sum(np.float32(w) * functions[k] for k, w in zip(weights.indices, weights.data, strict=True))
    count, rows, columns = plane.shape
    x, y = across
    plane = (x @ plane.reshape(-1, columns).T).reshape(-1, count, rows)
    return np.moveaxis((y @ plane.transpose(2, 1, 0).reshape(rows, -1)).reshape(y.shape[0], count, -1), 1, 0)


def _plane(f: dict[str, np.ndarray], rest: np.ndarray, blur: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """HU with the holes, HU intact (without noise), and amount of missing bone, each (y, x) float32, of one thin plane."""
    whole = tissue.bone(f, blur)
    intact = np.maximum(tissue.to_hu(f, blur, whole), rest)
    ct, missing = intact.copy(), np.zeros_like(intact)
    touched = (f["cut"] < 3) | (f["sink"] > 0.01)
    if touched.any():
        box = tuple(slice(s.start, s.stop) for s in ndimage.find_objects(touched.astype(np.uint8))[0])
        part = {name: values[box] for name, values in f.items()}
        left = tissue.bone(part, blur, cut=part["cut"])
        ct[box] = np.maximum(tissue.to_hu(part, blur, left, sink=part["sink"]), rest[box])
        missing[box] = (whole[0][box] >= 0.5) & (left[0] < 0.5)
    return ct, intact, missing


def _second(scan: Scan, z: float, holes: tuple[Hole, ...]) -> np.ndarray:
    """Where the second hole is nearer than the first: (y, x) bool."""
    first, second = (scan.turn @ hole.centre for hole in holes)
    normal = second - first
    middle = (first + second) / 2 @ normal
    return (scan.along(0)[None, :] * normal[0] + scan.along(1)[:, None] * normal[1] + z * normal[2]) > middle


def _head_rest(scan: Scan, blur: float) -> np.ndarray:
    """HU of the head rest, the same in each slice: a thin bowl under the head, (y, x) float32, air elsewhere."""
    radius = 115.0
    x, y = scan.along(0)[None, :], scan.along(1)[:, None]
    middle = scan.along(0).mean()
    d = np.abs(np.hypot(x - middle, y - (scan.rest_mm + radius)) - radius) - 1.0
    low = np.maximum(d, y - (scan.rest_mm + 35))
    return (tissue.AIR_HU + 1080 * tissue.inside(low, blur)).astype(np.float32)


def _add_metal(ct: np.ndarray, pieces: tuple[Piece, ...], scan: Scan, z: float, blur: float) -> None:
    """Add metal and its streaks to a slice, in place."""
    thick = scan.spacing[2]
    x, y = scan.along(0), scan.along(1)
    for piece in pieces:
        centre = scan.turn @ piece.centre
        reach = np.abs(scan.turn @ piece.axes.T) @ piece.half + 3
        if abs(z - centre[2]) > reach[2] + thick / 2:
            continue
        i, j = (slice(*np.searchsorted(a, [c - r, c + r])) for a, c, r in ((x, centre[0], reach[0]), (y, centre[1], reach[1])))
        heights = z + (np.arange(5) - 2) / 5 * thick
        points = np.stack(np.broadcast_arrays(x[i], y[j][:, None], heights[:, None, None]), axis=-1) @ scan.turn
        amount = tissue.inside(piece.distance(points).astype(np.float32), blur).mean(axis=0)
        _streak(ct, x - centre[0], y - centre[1], float(amount.sum()) * scan.spacing[0] ** 2)
        ct[j, i] += amount * (TITANIUM_HU - ct[j, i])


def _streak(ct: np.ndarray, x: np.ndarray, y: np.ndarray, area_mm2: float) -> None:
    """Bright and dark rays from a piece of metal at (0, 0) with a section of ``area_mm2``, added in place."""
    rho = np.hypot(x[None, :], y[:, None])
    phi = np.arctan2(y[:, None], x[None, :])
    rays = np.cos(2 * phi + area_mm2) + 0.7 * np.cos(9 * phi) + 0.5 * np.cos(17 * phi + 1)
    ct += np.float32(30 * np.sqrt(min(area_mm2, 60))) * rays * np.exp(-rho / 28) * np.clip(rho / 4, 0, 1)


def _noise(seed: int, k: int, shape: tuple[int, int]) -> np.ndarray:
    """Noise of a sharp kernel, standard deviation 1: (y, x) float32, its own in each slice."""
    white = np.random.default_rng([seed, 5, k]).standard_normal(shape, np.float32)
    kernel = np.array([-0.1, 0.45, 1.0, 0.45, -0.1], np.float32)
    kernel /= np.linalg.norm(kernel)
    return ndimage.correlate1d(ndimage.correlate1d(white, kernel, axis=0, mode="wrap"), kernel, axis=1, mode="wrap")


def _stored(hu: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(hu), LOWEST_HU, HIGHEST_HU).astype(np.int16)
