"""Complete a flap that has grown together with the skull: what its outline encloses where no kerf shows."""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull, Delaunay, QhullError

from SkullRestoreLib.geometry.icosphere import SphericalGrid
from SkullRestoreLib.method_parameters import ObjectParameters


def complete_flap(
    core: NDArray[np.bool_],
    place: NDArray[np.bool_],
    free: NDArray[np.bool_],
    allowed: NDArray[np.bool_],
    grid: SphericalGrid,
    parameters: ObjectParameters,
) -> NDArray[np.bool_]:
    """Find the parts of a flap that hang together with the skull: level corners, and what is behind a healed kerf.

    Surgeons cut outlines without notches: within the convex hull of the flap and of its kerf, what borders
    on the flap and on no kerf belongs to the flap. Strips along the outside of the kerf do not.

    Parameters
    ----------
    core
        (n,) bool, directions of the flap that is known.
    place
        (n,) bool, the same with its kerf and burr holes.
    free
        (n,) bool, directions without bone at the height of the vault, and kerfs.
    allowed
        (n,) bool, directions where a flap may be.
    grid
        Of the directions.
    parameters
        How narrow strips are.

    Returns
    -------
    ndarray
        (n,) bool, the directions that are new.
    """
    nothing = np.zeros(len(grid), dtype=bool)
    middle = (grid.directions * grid.vertex_areas[:, None])[core].sum(axis=0)
    middle /= max(float(np.linalg.norm(middle)), 1e-9)
    ahead = grid.directions @ middle
    if (ahead[place] < parameters.min_ahead).any():
        return nothing  # so large that it has no outline in a plane
    axes = np.linalg.svd(middle[None])[2][1:]
    plane = grid.directions @ axes.T / np.maximum(ahead, parameters.min_ahead)[:, None]
    try:
        corners = plane[place][ConvexHull(plane[place]).vertices]
        inside = Delaunay(corners).find_simplex(plane) >= 0
    except QhullError:
        return nothing
    pocket = inside & (ahead > parameters.min_ahead) & allowed & ~free & ~core
    rings = parameters.opening_rings
    pocket &= grid.grow_region(grid.grow_region(pocket | core, -rings), rings)
    new = nothing.copy()
    vertices, part = grid.connected_parts(pocket)
    sound = ~(pocket | core | free)
    for number in range(part.max(initial=-1) + 1):
        one = nothing.copy()
        one[vertices[part == number]] = True
        edge = grid.grow_region(one, 1) & ~one
        of_flap, of_skull = (edge & core).sum(), (edge & sound).sum()
        is_enclosed = of_flap >= parameters.flap_contact * of_skull
        is_deep = of_flap > 0 and one.sum() >= parameters.pocket_depth_rings * of_flap
        new |= one & (is_enclosed | is_deep)
    return new
