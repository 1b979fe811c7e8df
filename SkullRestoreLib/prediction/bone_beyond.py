"""Predict the bone beyond the learnt vault next to a hole: predicted tables and rays in, bone beyond them out.

The vault's predicted tables, the bone that this head still has beyond its vault, and the places where that bone ends
at an opening are what is measured; other skulls (:mod:`SkullRestoreLib.skull_model.vault_end`) say how the rest follows
from it (decision 0179). A cut through this bone ends it as the foramen magnum does. So an end counts only where
other skulls let one expect it.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.geometry.icosphere import SphericalGrid, spherical_grid, values_at_level
from SkullRestoreLib.method_parameters import METHOD, EndParameters, MethodParameters
from SkullRestoreLib.records import RayMap, VaultTables
from SkullRestoreLib.skull_model.shape_model import ShapeModel
from SkullRestoreLib.skull_model.vault_end import (
    EXTENT,
    OUTER,
    VaultEndModel,
    follow_bone,
    measure_extent,
    nearest_end,
    ring_width_mm,
)

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class BoneBeyond:
    """Bone next to a hole, on the vault's last rings and beyond it; NaN where it was not predicted."""

    outer: Floats
    """(n,) mm from the head's centre."""
    inner: Floats
    """(n,) mm."""
    extent: Floats
    """(n,) mm along the surface to where the bone ends; negative where there is none."""
    sigma: Floats
    """(n,) mm, standard error of ``outer``."""
    own: Floats
    """(n,) mm, outer table of the bone that this head still has beyond the vault."""
    other_side: NDArray[np.bool_]
    """(n,) where the mirrored place is away from the hole, so that its bone can be believed."""
    is_opening: NDArray[np.bool_]
    """(n,) where no bone is expected: a hole there has run into an opening."""


class _Seen(NamedTuple):
    """What is known of the head."""

    tables: VaultTables
    rays: RayMap
    hole: NDArray[np.bool_]
    own: Floats
    ring_mm: float


def predict_bone_beyond(
    tables: VaultTables,
    rays: RayMap,
    hole: NDArray[np.bool_],
    model: ShapeModel,
    *,
    parameters: MethodParameters = METHOD,
) -> BoneBeyond | None:
    """Predict the bone beyond the vault next to a hole that runs to its end.

    Parameters
    ----------
    tables
        Predicted tables.
    rays
        Bone intervals on the same grid.
    hole
        (n,) bool, the holes of the vault.
    model
        The shape model.
    parameters
        Of the method.

    Returns
    -------
    BoneBeyond or None
        None where no hole runs to the vault's end, or the model knows nothing of the bone there, or by the parameters.
    """
    if parameters.extension.extension_mm <= 0:  # the vault ends where it was learnt to
        return None
    grid, end = spherical_grid(tables.level), model.end
    if end is None or tables.level < model.level:
        return None
    learnt = np.zeros(len(model.vault), dtype=bool)
    learnt[end.vertices] = True
    beyond = ~tables.vault & (values_at_level(learnt.astype(float), tables.level) > 0.5)
    reaching = _holes_that_reach(beyond, hole, tables, parameters.vault_end.min_hole_cm2)
    if not reaching.any():
        return None
    own = _follow_own_bone(tables, rays, hole, parameters)
    ring_mm = ring_width_mm(grid, tables.outer[tables.vault])
    near = grid.grow_region(reaching, round(parameters.vault_end.predicted_mm / ring_mm))
    inside_rings = round(parameters.vault_end.blended_mm / ring_mm) + 2
    wanted = values_at_level(near & ~grid.grow_region(tables.vault, -inside_rings), model.level)[end.vertices]
    if not wanted.any():
        return None
    seen = _Seen(tables, rays, hole, own, ring_mm)
    fields, error = _predict_in_rounds(seen, wanted, model, end, parameters)
    values = np.full((len(model.vault), 4), np.nan)
    values[end.vertices[wanted]] = np.column_stack([fields, error])
    outer, inner, extent, sigma = _finer(values, tables.level).T
    gone = hole | (~tables.vault & np.isnan(own) & (extent > 0))
    wall_rings = round(parameters.vault_end.wall_mm / ring_mm)
    other_side = ~grid.grow_region(gone, wall_rings)[grid.mirror_vertices]
    with np.errstate(invalid="ignore"):
        is_opening = extent < parameters.vault_end.sure_opening_mm
    return BoneBeyond(outer, inner, extent, sigma, own=own, other_side=other_side, is_opening=is_opening)


def _holes_that_reach(
    beyond: NDArray[np.bool_], hole: NDArray[np.bool_], tables: VaultTables, min_cm2: float
) -> NDArray[np.bool_]:
    """Holes of some size that reach the learnt bone ``beyond`` the vault: (n,) bool.

    Smaller ones are places at which the prediction is off, and would spoil sound bone around them.
    """
    grid = spherical_grid(tables.level)
    vertices, part = grid.connected_parts(hole)
    area_cm2 = np.bincount(part, weights=(grid.areas_mm2(tables.outer) / 100)[vertices])
    reaches = np.bincount(part, weights=grid.grow_region(beyond, 1)[vertices]) > 0
    reaching = np.zeros(len(grid), dtype=bool)
    reaching[vertices] = ((area_cm2 >= min_cm2) & reaches)[part]
    return reaching


def blend_at_end(
    tables: VaultTables, beyond: BoneBeyond, *, parameters: EndParameters = METHOD.vault_end
) -> VaultTables:
    """Take over the bone beyond the vault into the tables of its last rings, fading out inwards.

    The network has learnt nothing beyond the vault, and what it predicts in a hole is less exact the nearer its end is.

    Parameters
    ----------
    tables
        Predicted tables.
    beyond
        From :func:`predict_bone_beyond`.
    parameters
        Of this step.

    Returns
    -------
    VaultTables
        Changed next to the hole, in the last rings of the vault.
    """
    grid = spherical_grid(tables.level)
    rings = round(parameters.blended_mm / ring_width_mm(grid, tables.outer[tables.vault]))
    share, remaining = np.zeros(len(grid)), tables.vault
    for ring in range(rings):
        inner_part = grid.grow_region(remaining, -1)
        share[remaining & ~inner_part] = (rings - ring) / rings
        remaining = inner_part
    known = np.isfinite(beyond.outer)
    share[~known | ~tables.vault] = 0.0
    sides = known | grid.grow_region(tables.vault, -rings)  # no fading towards the middle of the vault, once more
    for ring in range(parameters.side_rings):
        inner_part = grid.grow_region(sides, -1)
        share[sides & ~inner_part] *= ring / parameters.side_rings
        sides = inner_part
    changed = {
        name: (1 - share) * getattr(tables, name) + share * np.nan_to_num(new)
        for name, new in (("outer", beyond.outer), ("inner", beyond.inner), ("outer_sigma", beyond.sigma))
    }
    return replace(tables, **changed)


def _follow_own_bone(
    tables: VaultTables, rays: RayMap, hole: NDArray[np.bool_], parameters: MethodParameters
) -> Floats:
    """The outer table of this head's bone, from its sound vault onwards: (n,) mm, NaN over the vault and without."""
    grid, end = spherical_grid(tables.level), parameters.vault_end
    ring_mm = ring_width_mm(grid, tables.outer[tables.vault])
    sound = tables.vault & ~grid.grow_region(hole, 1)
    start = nearest_end(rays.intervals, np.where(sound, tables.outer, np.nan), parameters.extension.same_table_mm)
    bone = follow_bone(
        start,
        ~tables.vault,
        rays.intervals,
        grid,
        rings=round(end.followed_round_mm / ring_mm),
        step_mm=end.step_mm,
        min_neighbours=end.min_followed_neighbours,
    )
    return np.where(tables.vault, np.nan, bone)


def _predict_in_rounds(
    seen: _Seen, wanted: NDArray[np.bool_], model: ShapeModel, end: VaultEndModel, parameters: MethodParameters
) -> tuple[Floats, Floats]:
    """Predict the fields (w, 3), mm, and the error of the outer table, mm.

    Each time with the ends of bone that the last time let expect, and without bone that is another than was predicted.
    """
    chosen, beyond = parameters.vault_end, ~model.vault[end.vertices[wanted]]
    measured, noise = _measure_tables(seen, model, end, parameters)
    fields, error = end.predict(measured, noise, wanted, parameters=chosen)
    for _ in range(chosen.rounds):
        counted = measured.copy()
        off = np.abs(measured[wanted, OUTER] - fields[:, OUTER]) > chosen.max_disagreement_sigmas * error
        counted[np.flatnonzero(wanted)[off & beyond], OUTER] = np.nan
        predicted = np.full((len(model.vault), 3), np.nan)
        predicted[end.vertices[wanted]] = fields
        extent = _measure_extent_near_ends(seen, _finer(predicted, seen.tables.level), parameters)
        counted[:, EXTENT] = values_at_level(extent, model.level)[end.vertices]
        fields, error = end.predict(counted, noise, wanted, parameters=chosen)
    return fields, error


def _measure_tables(
    seen: _Seen, model: ShapeModel, end: VaultEndModel, parameters: MethodParameters
) -> tuple[Floats, Floats]:
    """The tables that are known (v, 3), NaN where they are not, and their noise, mm.

    Near what is predicted, and on every fourth vertex of the vault: neighbours there have the same error.
    """
    tables, grid, chosen = seen.tables, spherical_grid(seen.tables.level), parameters.vault_end
    beside = grid.grow_region(~tables.vault & np.isnan(seen.own), 1)
    outer = np.where(tables.vault, tables.outer, np.where(beside, np.nan, seen.own))
    inner = np.where(tables.vault, tables.inner, np.nan)
    near = grid.grow_region(seen.hole, round(chosen.near_mm / seen.ring_mm))
    near &= ~(seen.hole & ~grid.grow_region(tables.vault, -round(chosen.unreliable_mm / seen.ring_mm)))
    both = np.where(near[:, None], np.column_stack([outer, inner]), np.nan)
    sigma = np.column_stack([tables.outer_sigma, tables.inner_sigma])
    noise = chosen.bone_noise_mm + chosen.vault_noise_factor * np.where(tables.vault[:, None], sigma, 0.0)
    both, noise = (values_at_level(each, model.level)[end.vertices] for each in (both, noise))
    every_fourth = np.zeros(len(model.vault), dtype=bool)
    every_fourth[values_at_level(np.arange(len(model.vault)), model.level - 1)] = True
    both[model.vault[end.vertices] & ~every_fourth[end.vertices]] = np.nan
    measured = np.column_stack([both, np.full(len(both), np.nan)])
    return measured, np.column_stack([noise, np.full(len(both), chosen.extent_noise_mm)])


def _measure_extent_near_ends(seen: _Seen, predicted: Floats, parameters: MethodParameters) -> Floats:
    """Extent (n,), mm, next to the ends of this head's bone that are no cut; NaN elsewhere.

    At an end of the bone the expected extent falls from the bone outwards, at a cut it does not. Bone where none is
    expected any more goes on at least to here.
    ``predicted`` (n, 3) are the fields, NaN where they were not predicted.
    """
    tables, grid, chosen = seen.tables, spherical_grid(seen.tables.level), parameters.vault_end
    outer, expected = predicted[:, OUTER], predicted[:, EXTENT]
    present = (tables.vault | np.isfinite(seen.own)) & np.isfinite(expected)
    gone = ~tables.vault & np.isnan(seen.own) & np.isfinite(expected) & (seen.rays.reach > outer + chosen.scanned_mm)
    falls_mm = _mean_nearby(expected, present, grid, chosen) - _mean_nearby(expected, gone, grid, chosen)
    ends_soon = np.nan_to_num(expected, nan=np.inf) < chosen.trusted_extent_mm
    opening = gone & ends_soon & (np.nan_to_num(falls_mm) > chosen.min_fall * chosen.nearby_rings * seen.ring_mm)
    bone = present & ~grid.grow_region(seen.hole, round(chosen.wall_mm / seen.ring_mm))
    most_mm = chosen.near_end_rings * seen.ring_mm
    extent = measure_extent(bone, opening, grid, ring_mm=seen.ring_mm, most_mm=most_mm + 2 * seen.ring_mm)
    extent = np.where(ends_soon & (np.abs(extent) < most_mm), extent, np.nan)
    past_end = np.isnan(extent) & ~tables.vault & bone & (expected < seen.ring_mm)
    return np.where(past_end, seen.ring_mm, extent)


def _mean_nearby(values: Floats, region: NDArray[np.bool_], grid: SphericalGrid, parameters: EndParameters) -> Floats:
    """Mean (n,) of the values of a region within some rings of each vertex; NaN without any."""
    total, weight = np.where(region, values, 0.0), region.astype(float)
    for _ in range(parameters.nearby_rings):
        total = total + grid.neighbour_sums(total)
        weight = weight + grid.neighbour_sums(weight)
    return np.where(weight > 0, total / np.maximum(weight, 1.0), np.nan)


def _finer(values: Floats, level: int) -> Floats:
    """Values (n, c) with gaps on a finer level; NaN where a neighbour is."""
    known = np.isfinite(values)
    finer = values_at_level(np.where(known, values, 0.0), level)
    return np.where(values_at_level(known.astype(float), level) > 1 - 1e-9, finer, np.nan)
