"""Scan a head: the field of view, the slices' thickness, blur, streaks and noise; slices in HU out."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, sparse

from SkullRestoreLib._system.alongside import compute_in_order
from SkullRestoreLib.affine import compose_affine
from SkullRestoreLib.phantom import tissue
from SkullRestoreLib.phantom.anatomy import LATTICE_STEP_MM, SCAN_BOTTOM_MM, SyntheticHead, lattice_axes, lattice_points
from SkullRestoreLib.phantom.craniectomy import CUT_BELOW_VAULT_MM, CUT_INSIDE_MM, CUT_OUTSIDE_MM, CraniectomyCut
from SkullRestoreLib.phantom.metalwork import TITANIUM_HU, MetalPiece

FIELD_OF_VIEW_MM = 246.0
LOWEST_HU, HIGHEST_HU = -1024, 3071
"""Twelve bits, as scanners store them."""
MAX_SUBSLICE_MM = 1.25
"""Thicker slices are the mean of several that are this thick at most."""
MIN_BLUR_MM, BLUR_PER_PIXEL = 0.6, 0.45
"""Standard deviation of the point spread: at least this, or this fraction of a pixel."""
SKIN_SINK_MM, SKIN_SINK_WIDTH_MM = 7.0, 16.0
"""How deep the skin sinks into a hole, and over what distance from its edge."""
MISSING_FRACTION = 0.5
"""A voxel is missing bone where more than this fraction of it is."""
HEAD_REST_RADIUS_MM, HEAD_REST_HEIGHT_MM, HEAD_REST_HU = 115.0, 35, 1080
"""Radius and height of the head rest's bowl, and its HU above air."""
_FUNCTION_NAMES = ("outer", "inner", "off_vault", "base", "petrous", "arch", "air", "skin", "soft", "texture")

_Planes = tuple[NDArray[np.int16], NDArray[np.int16], NDArray[np.uint8]]
SliceIterator = Iterator[_Planes]
"""Slices (y, x) from below: CT with its holes, intact CT, number of the hole whose bone a voxel lacks."""


@dataclass(frozen=True, eq=False)
class ScanGeometry:
    """Where the voxels are.

    Scanner coordinates are RAS with the head's centre as origin; ``ras_offset`` takes them to the patient's RAS.
    """

    lowest_voxel: NDArray[np.float64]  # (3,), mm, scanner coordinates of the lowest voxel along x, y, z
    spacing: NDArray[np.float64]  # (3,), mm, along x, y, z
    size: tuple[int, int, int]  # voxels along x, y, z
    head_to_scanner: NDArray[np.float64]  # (3, 3), from the head frame to the scanner's axes
    ras_offset: NDArray[np.float64]  # (3,), mm
    head_rest_mm: float  # lowest point of the head rest's curve along y, scanner coordinates

    @property
    def head_to_ras(self) -> NDArray[np.float64]:
        """(4, 4) float64, mm."""
        return compose_affine(self.head_to_scanner, self.ras_offset)

    def axis_coordinates(self, axis: int) -> NDArray[np.float64]:
        """Scanner coordinates of the voxels' centres along an axis, mm.

        Parameters
        ----------
        axis
            0, 1 or 2 for x, y or z.
        """
        return self.lowest_voxel[axis] + self.spacing[axis] * np.arange(self.size[axis])


def place_scan(head: SyntheticHead, *, slice_mm: float, matrix: int, rng: np.random.Generator) -> ScanGeometry:
    """Place the field of view: from the upper jaw to above the vertex, with the head rest in it.

    Parameters
    ----------
    head
        Its skin is used.
    slice_mm
        Distance between slices.
    matrix
        Pixels of a slice along each side.
    rng
        Decides where the patient's origin is.
    """
    x, y, z = lattice_axes()
    inside = head.skin < 0
    inside[z < SCAN_BOTTOM_MM] = False
    x_ends, y_ends, z_ends = (
        axis[np.flatnonzero(inside.any(axis=others))[[0, -1]]]
        for axis, others in ((x, (0, 1)), (y, (0, 2)), (z, (1, 2)))
    )
    rest_mm = y_ends[0] - 5.0
    middle = np.array([x_ends.mean(), (rest_mm - 5 + y_ends[1]) / 2])
    field_mm = max(FIELD_OF_VIEW_MM, y_ends[1] - rest_mm + 18)
    count = int(np.ceil((z_ends[1] + 9 - SCAN_BOTTOM_MM) / slice_mm)) + 1
    pixel_mm = field_mm / matrix
    return ScanGeometry(
        lowest_voxel=np.array([*(middle - field_mm / 2 + pixel_mm / 2), SCAN_BOTTOM_MM]),
        spacing=np.array([pixel_mm, pixel_mm, slice_mm]),
        size=(matrix, matrix, count),
        head_to_scanner=head.head_to_scanner,
        ras_offset=np.round(rng.uniform(-12, 12, 3), 1),
        head_rest_mm=rest_mm,
    )


def scan_slices(
    head: SyntheticHead,
    cuts: tuple[CraniectomyCut, ...],
    metal: tuple[MetalPiece, ...],
    scan: ScanGeometry,
    *,
    noise_hu: float,
    seed: int,
) -> SliceIterator:
    """Scan a head, slice by slice from below.

    Parameters
    ----------
    head
        Intact.
    cuts
        Its holes, one or two.
    metal
        Pieces in the CT.
    scan
        Where the voxels are.
    noise_hu
        Standard deviation of the noise.
    seed
        Decides the noise.

    Yields
    ------
    ct : (y, x) int16, HU, the head with its holes
    intact : (y, x) int16, HU, the same head intact
    missing : (y, x) uint8, number of the hole whose bone the voxel lacks
    """
    names, functions = _lattice_functions(head, cuts)
    blur_mm = max(MIN_BLUR_MM, BLUR_PER_PIXEL * scan.spacing[0])
    across = [_spline_weights(scan.axis_coordinates(axis), axis) for axis in (0, 1)]
    count = max(1, int(np.ceil(scan.spacing[2] / MAX_SUBSLICE_MM - 1e-9)))
    offsets = ((np.arange(count) + 0.5) / count - 0.5) * scan.spacing[2]
    rest_hu = _head_rest(scan, blur_mm)
    heights = scan.axis_coordinates(2)

    def scan_slice(k: int) -> _Planes:
        z = heights[k]
        subslices = [
            _render_plane(
                dict(zip(names, _interpolate_plane(functions, z + offset, across), strict=True)), rest_hu, blur_mm
            )
            for offset in offsets
        ]
        ct, intact, missing = (np.mean([subslice[n] for subslice in subslices], axis=0) for n in range(3))
        if metal:
            _add_metal(ct, metal, scan, z, blur_mm)
        noise = noise_hu * _slice_noise(seed, k, ct.shape)
        label = (missing >= MISSING_FRACTION).astype(np.uint8)
        if len(cuts) > 1:
            label[_nearer_second_cut(scan, z, cuts) & (label > 0)] = 2
        return _to_stored_hu(ct + noise), _to_stored_hu(intact + noise), label

    yield from compute_in_order(scan_slice, range(len(heights)))  # slices know nothing of each other


def _lattice_functions(head: SyntheticHead, cuts: tuple[CraniectomyCut, ...]) -> tuple[list[str], NDArray[np.float32]]:
    """The lattice's functions with those of the holes: names, and values (z, c, y, x)."""
    points = lattice_points(head.head_to_scanner)
    depth = np.max([cut.depth_inside(points) for cut in cuts], axis=0)
    to_cut = np.maximum.reduce(
        [-depth, -CUT_INSIDE_MM - head.inner, head.outer - CUT_OUTSIDE_MM, head.off_vault - CUT_BELOW_VAULT_MM]
    )
    ease = np.clip(depth / SKIN_SINK_WIDTH_MM, 0, 1)
    sink = SKIN_SINK_MM * ease * ease * (3 - 2 * ease) * (head.outer > -20) * (head.off_vault < 6)
    stack = [
        *(getattr(head, name) for name in _FUNCTION_NAMES),
        np.clip(to_cut, -20, 20),
        ndimage.gaussian_filter(sink, 0.8),
    ]
    return [*_FUNCTION_NAMES, "cut", "sink"], np.stack(stack, axis=1, dtype=np.float32, casting="same_kind")


def _spline_weights(coordinates: NDArray[np.float64], axis: int) -> sparse.csr_matrix:
    """Catmull-Rom weights from the lattice's axis to coordinates (p,), mm: (p, m) sparse float32.

    Beyond the lattice the value of its edge continues.
    """
    lattice = lattice_axes()[axis]
    position = (coordinates - lattice[0]) / LATTICE_STEP_MM
    left = np.floor(position).astype(int)
    t = position - left
    weights = [-t + 2 * t**2 - t**3, 2 - 5 * t**2 + 3 * t**3, t + 4 * t**2 - 3 * t**3, -(t**2) + t**3]
    columns = np.clip(left[:, None] + np.arange(-1, 3), 0, len(lattice) - 1)
    rows = np.repeat(np.arange(len(position)), 4)
    values = (np.stack(weights, axis=1) / 2).astype(np.float32)
    return sparse.csr_matrix((values.ravel(), (rows, columns.ravel())), shape=(len(position), len(lattice)))


def _interpolate_plane(
    functions: NDArray[np.float32], z: float, across: list[sparse.csr_matrix]
) -> NDArray[np.float32]:
    """The functions (z, c, y, x) on one thin plane: (c, y, x)."""
    weights = _spline_weights(np.array([z]), 2)
    plane = sum(np.float32(w) * functions[k] for k, w in zip(weights.indices, weights.data, strict=True))
    count, rows, columns = plane.shape
    x, y = across
    plane = (x @ plane.reshape(-1, columns).T).reshape(-1, count, rows)
    return np.moveaxis((y @ plane.transpose(2, 1, 0).reshape(rows, -1)).reshape(y.shape[0], count, -1), 1, 0)


def _render_plane(
    functions: dict[str, NDArray[np.float32]], rest_hu: NDArray[np.float32], blur_mm: float
) -> tuple[NDArray[np.floating], NDArray[np.floating], NDArray[np.floating]]:
    """HU with the holes, HU intact (both without noise), and amount of missing bone, each (y, x), of one thin plane."""
    head = tissue.box_of_head(functions, blur_mm)
    in_head = {name: values[head] for name, values in functions.items()}
    bone = tissue.all_bone(in_head, blur_mm)
    intact, amount = np.full(rest_hu.shape, tissue.AIR_HU, np.float32), np.zeros(rest_hu.shape, np.float32)
    intact[head], amount[head] = tissue.to_hu(in_head, blur_mm, bone), bone[0]
    np.maximum(intact, rest_hu, out=intact)
    ct, missing = intact.copy(), np.zeros_like(intact)
    touched = (functions["cut"] < 3) | (functions["sink"] > 0.01)
    if touched.any():
        box = tuple(slice(s.start, s.stop) for s in ndimage.find_objects(touched.astype(np.uint8))[0])
        in_box = {name: values[box] for name, values in functions.items()}
        bone_left = tissue.all_bone(in_box, blur_mm, cut=in_box["cut"])
        ct[box] = np.maximum(tissue.to_hu(in_box, blur_mm, bone_left, sink=in_box["sink"]), rest_hu[box])
        missing[box] = (amount[box] >= MISSING_FRACTION) & (bone_left[0] < MISSING_FRACTION)
    return ct, intact, missing


def _nearer_second_cut(scan: ScanGeometry, z: float, cuts: tuple[CraniectomyCut, ...]) -> NDArray[np.bool_]:
    """Where the second hole is nearer than the first: (y, x)."""
    first, second = (scan.head_to_scanner @ cut.centre for cut in cuts)
    normal = second - first
    middle = (first + second) / 2 @ normal
    return (
        scan.axis_coordinates(0)[None, :] * normal[0] + scan.axis_coordinates(1)[:, None] * normal[1] + z * normal[2]
    ) > middle


def _head_rest(scan: ScanGeometry, blur_mm: float) -> NDArray[np.float32]:
    """HU of the head rest, the same in each slice: a thin bowl under the head, air elsewhere; (y, x)."""
    x, y = scan.axis_coordinates(0)[None, :], scan.axis_coordinates(1)[:, None]
    middle = scan.axis_coordinates(0).mean()
    from_axis = np.hypot(x - middle, y - (scan.head_rest_mm + HEAD_REST_RADIUS_MM))
    distance = np.abs(from_axis - HEAD_REST_RADIUS_MM) - 1.0
    distance = np.maximum(distance, y - (scan.head_rest_mm + HEAD_REST_HEIGHT_MM))
    return (tissue.AIR_HU + HEAD_REST_HU * tissue.fraction_inside(distance, blur_mm)).astype(np.float32)


def _add_metal(
    ct: NDArray[np.floating], metal: tuple[MetalPiece, ...], scan: ScanGeometry, z: float, blur_mm: float
) -> None:
    """Add metal and its streaks to a slice, in place."""
    thickness_mm = scan.spacing[2]
    x, y = scan.axis_coordinates(0), scan.axis_coordinates(1)
    for piece in metal:
        centre = scan.head_to_scanner @ piece.centre
        reach = np.abs(scan.head_to_scanner @ piece.axes.T) @ piece.half_size + 3
        if abs(z - centre[2]) > reach[2] + thickness_mm / 2:
            continue
        i, j = (
            slice(*np.searchsorted(a, [c - r, c + r]))
            for a, c, r in ((x, centre[0], reach[0]), (y, centre[1], reach[1]))
        )
        heights = z + (np.arange(5) - 2) / 5 * thickness_mm
        points = (
            np.stack(np.broadcast_arrays(x[i], y[j][:, None], heights[:, None, None]), axis=-1) @ scan.head_to_scanner
        )
        amount = tissue.fraction_inside(piece.signed_distance(points).astype(np.float32), blur_mm).mean(axis=0)
        _add_streaks(ct, x - centre[0], y - centre[1], float(amount.sum()) * scan.spacing[0] ** 2)
        ct[j, i] += amount * (TITANIUM_HU - ct[j, i])


def _add_streaks(ct: NDArray[np.floating], x: NDArray[np.float64], y: NDArray[np.float64], area_mm2: float) -> None:
    """Add bright and dark rays from a piece of metal at (0, 0) with a section of ``area_mm2``, in place."""
    rho = np.hypot(x[None, :], y[:, None])
    phi = np.arctan2(y[:, None], x[None, :])
    rays = np.cos(2 * phi + area_mm2) + 0.7 * np.cos(9 * phi) + 0.5 * np.cos(17 * phi + 1)
    ct += np.float32(30 * np.sqrt(min(area_mm2, 60))) * rays * np.exp(-rho / 28) * np.clip(rho / 4, 0, 1)


def _slice_noise(seed: int, k: int, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Noise of a sharp kernel with standard deviation 1, (y, x), different in each slice."""
    white = np.random.default_rng([seed, 5, k]).standard_normal(shape, np.float32)
    kernel = np.array([-0.1, 0.45, 1.0, 0.45, -0.1], np.float32)
    kernel /= np.linalg.norm(kernel)
    return ndimage.correlate1d(ndimage.correlate1d(white, kernel, axis=0, mode="wrap"), kernel, axis=1, mode="wrap")


def _to_stored_hu(hu: NDArray[np.floating]) -> NDArray[np.int16]:
    return np.clip(np.rint(hu), LOWEST_HU, HIGHEST_HU).astype(np.int16)
