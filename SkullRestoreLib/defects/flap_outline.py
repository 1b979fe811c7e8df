"""Find the outline of a flap where it has grown together with the skull: the easiest cut between both.

Bone goes on from a flap into the skull where it is neither low in density nor at another height. The outline is the
closed line with the least of such bone along it: it follows kerfs and steps, and crosses bridges of bone where they are
short. As surgeons cut outlines without deep notches, what is within the convex hull of the flap and its kerf belongs to
the flap rather than to the skull.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph
from scipy.spatial import ConvexHull, Delaunay, QhullError

from SkullRestoreLib.geometry.icosphere import SphericalGrid
from SkullRestoreLib.method_parameters import ObjectParameters

CAPACITY_UNITS = 1000
"""Flows are computed in whole numbers."""


def bone_held(
    continuity: NDArray[np.float64],
    height_mm: NDArray[np.float64],
    steps: NDArray[np.bool_],
    grid: SphericalGrid,
    parameters: ObjectParameters,
) -> NDArray[np.float64]:
    """Measure how much bone goes on along each edge of the grid: little across what is low, or over a step.

    Parameters
    ----------
    continuity
        (n,), 0 where there is no bone, 1 where it is as dense as around it.
    height_mm
        (n,) over the predicted vault; of any value where there is no bone.
    steps
        (n,) bool, from :func:`SkullRestoreLib.defects.kerfs.height_steps`: bone ends at these too, which the scan has
        blurred into a slope.
    grid
        Of the directions.
    parameters
        What a step is.

    Returns
    -------
    ndarray
        (e,), 0 to 1.
    """
    first, second = grid.edges
    held = np.minimum(continuity[first], continuity[second])
    low, high = parameters.outline_step_mm
    height_mm = np.where(continuity > 0, height_mm, np.nan)
    step = np.abs(height_mm[first] - height_mm[second])
    held = held * np.nan_to_num(np.clip((high - step) / (high - low), 0, 1))
    held[steps[first] & steps[second]] = 0.0
    return np.maximum(held, parameters.least_held)


def cut_through_bone(
    place: NDArray[np.bool_], held: NDArray[np.float64], grid: SphericalGrid, parameters: ObjectParameters
) -> NDArray[np.bool_]:
    """Find where the edge of an object is a cut through bone that goes on: no kerf or step is near.

    Parameters
    ----------
    place
        (n,) bool, directions of the object with its kerf.
    held, grid, parameters
        As for :func:`complete_flap`.

    Returns
    -------
    ndarray
        (n,) bool.
    """
    first, second = grid.edges
    ends = held < parameters.min_held
    edge = np.zeros(len(grid), dtype=bool)
    edge[first[ends]] = edge[second[ends]] = True
    boundary = grid.grow_region(place, 1) & ~grid.grow_region(place, -1)
    return grid.grow_region(boundary & ~grid.grow_region(edge, 1), 1)


def bone_in_notches(
    core: NDArray[np.bool_], place: NDArray[np.bool_], grid: SphericalGrid, parameters: ObjectParameters
) -> NDArray[np.bool_]:
    """Find bone that may be a piece of a flap although nothing parts it from the skull.

    It is in a deep notch of the flap's outline, and the flap does not follow it: a lobe that has healed to the rim
    while the flap next to it was resorbed, or a crescent between a burr hole and a healed kerf. Where a flap has an
    edge along a notch, as wide as a kerf away, the skull ends there.

    Parameters
    ----------
    core
        (n,) bool, directions of the complete flap.
    place
        (n,) bool, the same with its kerf and burr holes.
    grid, parameters
        As for :func:`complete_flap`.

    Returns
    -------
    ndarray
        (n,) bool, the edge of such bone and one ring around it.
    """
    hull = _within_hull(place, core, grid, parameters)
    if hull is None:
        return np.zeros(len(grid), dtype=bool)
    edge = grid.grow_region(hull, -parameters.notch_rings) & grid.grow_region(place, 1) & ~place
    return grid.grow_region(edge & ~grid.grow_region(core, parameters.kerf_reach_rings), 1)


def complete_flap(
    core: NDArray[np.bool_],
    place: NDArray[np.bool_],
    held: NDArray[np.float64],
    allowed: NDArray[np.bool_],
    grid: SphericalGrid,
    parameters: ObjectParameters,
) -> NDArray[np.bool_]:
    """Find the parts of a flap that hang together with the skull: level corners, and what is behind a healed kerf.

    Parameters
    ----------
    core
        (n,) bool, directions of the flap that is known.
    place
        (n,) bool, the same with its kerf and burr holes.
    held
        (e,), from :func:`bone_held`.
    allowed
        (n,) bool, directions where a flap may be.
    grid
        Of the directions.
    parameters
        What a notch and a step are.

    Returns
    -------
    ndarray
        (n,) bool, the directions that are new.
    """
    nothing = np.zeros(len(grid), dtype=bool)
    hull = _within_hull(place, core, grid, parameters)
    if hull is None:
        return nothing
    rings = parameters.outline_rings
    domain = grid.grow_region(hull | core, rings + 1)
    skull = domain & ~grid.grow_region(hull | core, rings) | domain & ~(allowed | place)
    side = _cheapest_cut(core, skull, hull, domain, held, grid, parameters)
    joined = _joined_to(core, side & allowed, held >= parameters.min_held, grid)
    new: NDArray[np.bool_] = joined & ~core
    return new


def enclose(
    seed: NDArray[np.bool_],
    held: NDArray[np.float64],
    allowed: NDArray[np.bool_],
    reach_rings: int,
    grid: SphericalGrid,
    parameters: ObjectParameters,
) -> tuple[NDArray[np.bool_], float]:
    """Find the closed line with the least bone along it around a part of a flap, however far away it is.

    A large flap is off the vault on one side only if it is tilted, or in a few places if the prediction follows it; its
    kerf and its step go all around. How much is held where the vault ends is not known: a part that is assumed there
    keeps the bone between a flap and the vault's end out.

    Parameters
    ----------
    seed
        (n,) bool, directions that are the flap's.
    held
        (e,), from :func:`bone_held`.
    allowed
        (n,) bool, directions where a flap may be.
    reach_rings
        What is farther than this from the seed is the skull's.
    grid, parameters
        As for :func:`complete_flap`.

    Returns
    -------
    side : ndarray
        (n,) bool, the directions within the line.
    share : float
        How much bone is held along the line on average, 0 to 1; not counted where the vault ends.
    """
    first, second = grid.edges
    within, known = grid.grow_region(seed, reach_rings - 1), allowed | seed
    at_end = known[first] != known[second]
    skull = ~within | ~known
    domain = grid.grow_region(within, 1)
    side = _cheapest_cut(seed, skull, None, domain, np.where(at_end, parameters.end_held, held), grid, parameters)
    crosses = (side[first] != side[second]) & ~at_end
    return side, float(held[crosses].mean()) if crosses.any() else 1.0


def _joined_to(
    core: NDArray[np.bool_], side: NDArray[np.bool_], is_held: NDArray[np.bool_], grid: SphericalGrid
) -> NDArray[np.bool_]:
    """What of a ``side`` (n,) bone joins to the core (n,), along edges (e,) that hold: not across kerfs and steps."""
    within = side | core
    first, second = grid.edges
    kept = is_held & within[first] & within[second] | core[first] & core[second]
    count = len(grid)
    graph = sparse.coo_matrix((np.ones(int(kept.sum())), (first[kept], second[kept])), shape=(count, count))
    part = csgraph.connected_components(graph, directed=False)[1]
    return within & np.isin(part, part[core])


def _within_hull(
    place: NDArray[np.bool_], core: NDArray[np.bool_], grid: SphericalGrid, parameters: ObjectParameters
) -> NDArray[np.bool_] | None:
    """Directions (n,) within the convex hull of a flap's place; None for one so large that it has no outline."""
    middle = (grid.directions * grid.vertex_areas[:, None])[core].sum(axis=0)
    middle /= max(float(np.linalg.norm(middle)), 1e-9)
    ahead = grid.directions @ middle
    if (ahead[place] < parameters.min_ahead).any():
        return None
    axes = np.linalg.svd(middle[None])[2][1:]
    plane = grid.directions @ axes.T / np.maximum(ahead, parameters.min_ahead)[:, None]
    try:
        corners = plane[place][ConvexHull(plane[place]).vertices]
        inside = Delaunay(corners).find_simplex(plane) >= 0
    except QhullError:
        return None
    hull: NDArray[np.bool_] = inside & (ahead > parameters.min_ahead)
    return hull


def _cheapest_cut(
    flap: NDArray[np.bool_],
    skull: NDArray[np.bool_],
    hull: NDArray[np.bool_] | None,
    domain: NDArray[np.bool_],
    held: NDArray[np.float64],
    grid: SphericalGrid,
    parameters: ObjectParameters,
) -> NDArray[np.bool_]:
    """Directions (n,) on the flap's side of the cut through the least bone: a minimum cut of the grid's graph.

    ``held`` (e,) is the bone along each edge. Within the ``hull`` each direction of the ``domain`` is bound to the flap
    a little, outside of it to the skull; without one none is.
    """
    vertices = np.flatnonzero(domain)
    count, number = len(vertices), np.full(len(grid), -1)
    number[vertices] = np.arange(count)
    first, second = (number[each] for each in grid.edges)
    is_in = (first >= 0) & (second >= 0)
    first, second, held = first[is_in], second[is_in], held[is_in]
    never = 100.0 * float(count)  # more than everything else together
    to_flap = np.zeros(len(grid)) if hull is None else np.where(hull, parameters.hull_weight, 0.0)
    to_rest = np.zeros(len(grid)) if hull is None else parameters.hull_weight - to_flap
    from_flap = np.where(flap, never, to_flap)[vertices]
    to_skull = np.where(skull & ~flap, never, to_rest)[vertices]
    from_flap[to_skull >= never] = 0.0
    each, source, sink = np.arange(count), np.full(count, count), np.full(count, count + 1)
    rows = np.concatenate([first, second, source, each])
    columns = np.concatenate([second, first, each, sink])
    capacity = np.minimum(np.concatenate([held, held, from_flap, to_skull]) * CAPACITY_UNITS, 2.0**30)
    graph = sparse.csr_matrix((capacity.astype(np.int32), (rows, columns)), shape=(count + 2, count + 2))
    flow = csgraph.maximum_flow(graph, count, count + 1).flow
    left = graph - flow
    left.data[left.data < 0] = 0
    left.eliminate_zeros()
    reached = csgraph.breadth_first_order(left, count, return_predecessors=False)
    side = np.zeros(len(grid), dtype=bool)
    side[vertices[reached[reached < count]]] = True
    return side
