"""Cut defects into a skull as surgeons and injuries make them: intact skull and plan in, missing piece out.

A plan is an outline drawn on the skull's outer surface. Each bone voxel is projected to the surface along the surface's
own normal, and is removed where the projected point is inside the outline. Walls are therefore about perpendicular to
the surface, as a saw makes them, and not along rays from any centre. A bevel tilts them. Only bone from a few
millimetres outside the outer to a few inside the inner table is cut: the zygomatic arch and the petrous bone stay, as
in real patients.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from SkullRestoreLib.defects.missing_bone import AzimuthalProjection
from SkullRestoreLib.evaluation.cases.intact_skull import IntactSkull
from SkullRestoreLib.geometry.icosphere import direction_from_angles, interpolate, spherical_grid
from SkullRestoreLib.records import RayMap
from SkullRestoreLib.segmentation.bone_pieces import bounding_box
from SkullRestoreLib.training.synthetic_defects import SkullRays, cut_intervals, local_axes

CUT_OUTSIDE_MM, CUT_INSIDE_MM = 4.0, 5.0
"""Bone this far outside the outer and inside the inner table is removed with the flap."""
_OUTLINE_ANGLES = 720
_MIN_SINUS_DEPTH_MM = 4.0
"""A cavity this deep between the two plates of the frontal bone is a sinus."""
_MIN_SINUS_CM2 = 3.0
_RINGS_BEYOND_VAULT = 3
"""Defects end this many grid vertices (5 mm) beyond the end of the vault: face, orbit and petrous bone stay."""

REGIONS = ("frontal", "parietal", "temporal", "low temporal", "occipital", "fronto-orbital", "bilateral")


@dataclass(frozen=True, eq=False)
class CraniectomyPlan:
    """One planned defect."""

    centre_direction: NDArray[np.float64]  # (3,), unit, head frame, to the defect's middle
    turn_rad: float  # of its length against the horizontal
    outline: NDArray[np.float64]  # (_OUTLINE_ANGLES,), mm from the middle, along the surface
    burr_holes: tuple[tuple[float, float, float], ...] = ()  # place along and across the length, radius, mm
    bevel: float = 0.0  # the wall moves inwards by this much of the depth
    front_wall_only: bool = False  # only the front plate of the frontal sinus
    label: str = ""  # kind of defect


class NoSuitableSiteError(ValueError):
    """A skull has no place for such a defect."""


# --- plans


def plan_craniectomies(region: str, rng: np.random.Generator, skull: IntactSkull) -> tuple[CraniectomyPlan, ...]:
    """Plan the defect, or the two defects, of a case.

    Parameters
    ----------
    region
        One of ``REGIONS``.
    rng
        Source of all randomness.
    skull
        For its frontal sinus.

    Returns
    -------
    tuple of CraniectomyPlan
        Two for "bilateral".

    Raises
    ------
    ValueError
        If the region is not known.
    """
    if region not in _REGION_PLANNERS:
        raise ValueError(f"{region} is no region; use one of {', '.join(REGIONS)}.")
    side = float(rng.choice([-1.0, 1.0]))
    if region == "bilateral":
        kinds = rng.choice(["parietal", "temporal", "hemisphere", "low temporal"], 2)
        return tuple(_REGION_PLANNERS[kind](rng, s, skull) for kind, s in zip(kinds, (side, -side), strict=True))
    return (_REGION_PLANNERS[region](rng, side, skull),)


def _plan_flap(
    rng: np.random.Generator,
    direction: NDArray[np.float64],
    half_axes_mm: tuple[float, float],
    *,
    turn: float = 0.0,
    label: str,
    with_burr_holes: bool = True,
) -> CraniectomyPlan:
    """Plan a craniotomy with rounded corners and a wavy edge; some with burr holes, some ragged, some resorbed."""
    angle = np.linspace(0, 2 * np.pi, _OUTLINE_ANGLES, endpoint=False)
    power = rng.uniform(2.0, 3.6)
    u, v = np.abs(np.cos(angle)) / half_axes_mm[0], np.abs(np.sin(angle)) / half_axes_mm[1]
    outline = (u**power + v**power) ** (-1 / power)
    waves = 0.05 * rng.normal(size=5) / np.arange(1, 6) ** 0.5
    outline = outline * np.maximum(
        0.5, 1 + sum(w * np.cos((k + 2) * angle + rng.uniform(0, 6.28)) for k, w in enumerate(waves))
    )
    edge = rng.choice(["sawn", "burr holes", "ragged", "resorbed"], p=[0.35, 0.3, 0.2, 0.15])
    bevel = rng.uniform(-0.15, 0.35)
    burr_holes: list[tuple[float, float, float]] = []
    if edge == "burr holes" and with_burr_holes:
        for turn_rad in rng.uniform(0, 2 * np.pi) + np.arange(4) * np.pi / 2 + rng.uniform(-0.3, 0.3, 4):
            reach = outline[int(turn_rad / (2 * np.pi) * _OUTLINE_ANGLES) % _OUTLINE_ANGLES]
            burr_holes.append((reach * np.cos(turn_rad), reach * np.sin(turn_rad), rng.uniform(5.5, 7.5)))
    if edge in ("ragged", "resorbed"):
        rough = ndimage.gaussian_filter1d(
            rng.normal(size=_OUTLINE_ANGLES), _OUTLINE_ANGLES * 2.5 / (2 * np.pi * np.mean(half_axes_mm)), mode="wrap"
        )
        outline = outline + rng.uniform(1.0, 2.5) * rough / rough.std()
    if edge == "resorbed":
        bevel = rng.choice([-1.0, 1.0]) * rng.uniform(0.4, 0.9)  # the edge is resorbed, from inside or from outside
    return CraniectomyPlan(
        direction / np.linalg.norm(direction),
        turn,
        outline,
        tuple(burr_holes),
        bevel=float(bevel),
        label=f"{label}, {edge}",
    )


def _plan_frontal(rng: np.random.Generator, side: float, _: IntactSkull) -> CraniectomyPlan:
    if rng.random() < 0.35:
        return _plan_flap(
            rng,
            direction_from_angles(rng.uniform(-8, 8), rng.uniform(30, 48)),
            (rng.uniform(42, 60), rng.uniform(22, 36)),
            label="bifrontal",
        )
    direction = direction_from_angles(side * rng.uniform(12, 45), rng.uniform(25, 50))
    return _plan_flap(
        rng, direction, (rng.uniform(18, 42), rng.uniform(18, 36)), turn=rng.uniform(-0.4, 0.4), label="frontal"
    )


def _plan_parietal(rng: np.random.Generator, side: float, _: IntactSkull) -> CraniectomyPlan:
    direction = direction_from_angles(side * rng.uniform(85, 150), rng.uniform(35, 68))
    return _plan_flap(
        rng, direction, (rng.uniform(18, 50), rng.uniform(18, 45)), turn=rng.uniform(-0.5, 0.5), label="parietal"
    )


def _plan_temporal(rng: np.random.Generator, side: float, _: IntactSkull) -> CraniectomyPlan:
    direction = direction_from_angles(side * rng.uniform(75, 105), rng.uniform(2, 12))
    return _plan_flap(
        rng, direction, (rng.uniform(20, 36), rng.uniform(18, 28)), turn=rng.uniform(-0.3, 0.3), label="temporal"
    )


def _plan_hemicraniectomy(rng: np.random.Generator, side: float, _: IntactSkull) -> CraniectomyPlan:
    """Plan the fronto-temporo-parietal flap of a decompression, its lower edge at the temporal line."""
    direction = direction_from_angles(side * rng.uniform(72, 95), rng.uniform(28, 36))
    return _plan_flap(
        rng,
        direction,
        (rng.uniform(45, 66), rng.uniform(38, 50)),
        turn=side * rng.uniform(-0.25, 0.1),
        label="hemicraniectomy",
    )


def _plan_low_temporal(rng: np.random.Generator, side: float, skull: IntactSkull) -> CraniectomyPlan:
    """Plan a defect removed with the rongeur down to the floor of the middle fossa.

    It is a small subtemporal defect, or a trauma flap whose temporal part was extended to the base.
    """
    large = rng.random() < 0.5
    direction = direction_from_angles(side * rng.uniform(72, 92), rng.uniform(14, 22) if large else rng.uniform(-8, 2))
    half_axes_mm = (rng.uniform(45, 64), rng.uniform(38, 48)) if large else (rng.uniform(18, 30), rng.uniform(18, 26))
    label = "trauma flap to the base" if large else "subtemporal"
    return _extend_to_base(_plan_flap(rng, direction, half_axes_mm, label=label), skull, rng, side)


def _extend_to_base(
    plan: CraniectomyPlan, skull: IntactSkull, rng: np.random.Generator, side: float
) -> CraniectomyPlan:
    """Extend the outline's lower part to the end of the vault, over a width of 3 to 5 cm above the ear."""
    base_deg = lowest_vault_elevation(skull, side * rng.uniform(74, 88))
    radius = float(interpolate(skull.tables[:, :1], plan.centre_direction[None])[0, 0])
    middle = np.arcsin(plan.centre_direction[2])
    depth = (middle - np.radians(base_deg)) * radius + rng.uniform(-2.0, 4.0)
    width = rng.uniform(15, 26)
    angle = np.linspace(0, 2 * np.pi, _OUTLINE_ANGLES, endpoint=False)
    along, down = np.cos(angle), -np.sin(angle)
    with np.errstate(divide="ignore"):
        tongue = np.where(
            down > 0, np.minimum(width / np.maximum(np.abs(along), 1e-6), depth / np.maximum(down, 1e-6)), 0.0
        )
    tongue = ndimage.gaussian_filter1d(np.minimum(tongue, np.hypot(width, depth)), 6, mode="wrap")
    return replace(plan, outline=np.maximum(plan.outline, tongue))


def lowest_vault_elevation(skull: IntactSkull, azimuth_deg: float) -> float:
    """Find the elevation at which the vault ends under an azimuth.

    Parameters
    ----------
    skull
        The intact skull.
    azimuth_deg
        From the nose, positive to the right.

    Returns
    -------
    float
        Degrees; -60 where the vault does not end before.
    """
    elevation = np.arange(0.0, -60.0, -1.0)
    directions = np.stack([direction_from_angles(azimuth_deg, e) for e in elevation])
    in_vault = interpolate(skull.vault.astype(float), directions) > 0.5
    return float(elevation[np.argmin(in_vault)]) if not in_vault.all() else -60.0


def _plan_occipital(rng: np.random.Generator, side: float, _: IntactSkull) -> CraniectomyPlan:
    direction = direction_from_angles(side * rng.uniform(148, 180), rng.uniform(-8, 22))
    return _plan_flap(
        rng, direction, (rng.uniform(18, 42), rng.uniform(18, 34)), turn=rng.uniform(-0.4, 0.4), label="occipital"
    )


def _plan_fronto_orbital(rng: np.random.Generator, side: float, skull: IntactSkull) -> CraniectomyPlan:
    if rng.random() < 0.4:
        try:
            return _plan_front_wall(rng, side, skull)
        except NoSuitableSiteError:
            pass
    direction = direction_from_angles(side * rng.uniform(8, 40), rng.uniform(-4, 9))
    return _plan_flap(
        rng,
        direction,
        (rng.uniform(16, 34), rng.uniform(14, 26)),
        turn=rng.uniform(-0.3, 0.3),
        label="fronto-orbital",
        with_burr_holes=False,
    )


def _plan_front_wall(rng: np.random.Generator, side: float, skull: IntactSkull) -> CraniectomyPlan:
    """Plan the loss of the front wall of the frontal sinus only, which the system of Mishinov 2023 cannot see."""
    sinus = frontal_sinus_depth(skull) > _MIN_SINUS_DEPTH_MM
    grid = spherical_grid(skull.rays.level)
    on_side = sinus & (grid.directions[:, 0] * side > -0.1)
    area = float(grid.areas_mm2(skull.tables[:, 0])[on_side].sum()) / 100
    if area < _MIN_SINUS_CM2:
        raise NoSuitableSiteError(f"The frontal sinus of {skull.name} has only {area:.1f} cm².")
    direction = (grid.directions * grid.vertex_areas[:, None])[on_side].sum(axis=0)
    reach = np.sqrt(area * 100 / np.pi)
    label = "front wall of the frontal sinus"
    plan = _plan_flap(rng, direction, (1.15 * reach, 0.85 * reach), label=label, with_burr_holes=False)
    return CraniectomyPlan(plan.centre_direction, 0.0, plan.outline, front_wall_only=True, label=label)


def frontal_sinus_depth(skull: IntactSkull) -> NDArray[np.float64]:
    """Measure the depth of the air between the two plates of the frontal bone over nose and orbits.

    Parameters
    ----------
    skull
        The intact skull.

    Returns
    -------
    ndarray
        (n,) float64 on the skull's grid, mm, 0 where there is no sinus.
    """
    ends = skull.rays.intervals
    directions = spherical_grid(skull.rays.level).directions
    with np.errstate(invalid="ignore"):
        first = np.abs(ends[:, 0, 1] - skull.tables[:, 0]) < 3.0
        air = np.where(first, ends[:, 0, 0] - ends[:, 1, 1], 0.0)
    azimuth = np.degrees(np.arctan2(np.abs(directions[:, 0]), directions[:, 1]))
    elevation = np.degrees(np.arcsin(directions[:, 2]))
    here = (azimuth < 45) & (elevation > -6) & (elevation < 35) & skull.vault
    return np.where(here & (air < 30), np.nan_to_num(air), 0.0)


_REGION_PLANNERS: dict[str, Callable[..., CraniectomyPlan]] = {
    "frontal": _plan_frontal,
    "parietal": _plan_parietal,
    "temporal": _plan_temporal,
    "low temporal": _plan_low_temporal,
    "occipital": _plan_occipital,
    "fronto-orbital": _plan_fronto_orbital,
    "hemisphere": _plan_hemicraniectomy,
    "bilateral": _plan_hemicraniectomy,
}


# --- cutting


def cut_voxels(skull: IntactSkull, plan: CraniectomyPlan) -> NDArray[np.bool_]:
    """Find the voxels that a plan removes.

    Parameters
    ----------
    skull
        The intact skull.
    plan
        The defect.

    Returns
    -------
    ndarray
        (nk, nj, ni) bool, the missing piece; part of the skull's bone.
    """
    widest = max(float(plan.outline.max()), *(np.hypot(a, b) + r for a, b, r in plan.burr_holes), 0.0)
    centre_mm = float(interpolate(skull.tables[:, :1], plan.centre_direction[None])[0, 0])
    half_angle = min((widest + 14) / (0.8 * centre_mm), 2.6)
    near = np.flatnonzero(
        (skull.voxel_points @ plan.centre_direction.astype(np.float32) > np.cos(half_angle) * skull.voxel_radii)
        & (skull.voxel_radii > 30)
    )
    projection = AzimuthalProjection(_plan_axes(plan), half_angle, int(2 * half_angle / np.radians(0.6)) + 1)
    outer, inner, normals = _project_tables(skull, projection)
    pixels = projection.to_pixels(skull.voxel_points[near] / skull.voxel_radii[near, None])
    below_outer = _sample_projection(outer, pixels) - skull.voxel_radii[near]
    normal = np.stack([_sample_projection(normals[..., c], pixels) for c in range(3)], axis=1)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    depth = below_outer * (normal * skull.voxel_points[near]).sum(axis=1) / skull.voxel_radii[near]
    thickness = _sample_projection(outer - inner, pixels)
    cuttable = (depth > -CUT_OUTSIDE_MM) & (below_outer < thickness + CUT_INSIDE_MM)
    cuttable &= _sample_projection(_project_grid(projection, cuttable_region(skull)), pixels) > 0.5
    if plan.front_wall_only:
        cuttable &= below_outer < _sample_projection(_front_plate_depth(skull, projection), pixels)
    near, depth, normal = near[cuttable], depth[cuttable], normal[cuttable]
    surface_points = skull.voxel_points[near] + depth[:, None] * normal
    gone = _inside_outline(plan, surface_points, depth, centre_mm)
    return _remove_fragments(skull.piece_mask(near[gone]), keep_share=0.05 if plan.front_wall_only else 0.02)


def cut_rays(skull: IntactSkull, plan: CraniectomyPlan) -> RayMap:
    """Remove what a plan removes on the rays of the skull: some hundredths of a second, where voxels take seconds.

    Parameters
    ----------
    skull
        The intact skull.
    plan
        The defect.

    Returns
    -------
    RayMap
        The rays of the skull with this defect.
    """
    centre_mm = float(interpolate(skull.tables[:, :1], plan.centre_direction[None])[0, 0])
    fields = np.column_stack([skull.tables, cuttable_region(skull)])

    def is_removed(points: NDArray[np.floating]) -> NDArray[np.bool_]:
        radii = np.linalg.norm(points, axis=1)
        outer, inner, cuttable = interpolate(fields, points).T
        depth = outer - radii
        inside = _inside_outline(plan, points / radii[:, None] * outer[:, None], depth, centre_mm)
        return inside & (depth > -CUT_OUTSIDE_MM) & (radii > inner - CUT_INSIDE_MM) & (cuttable > 0.5)

    rays = skull.rays
    intact = SkullRays(rays.level, rays.intervals, skull.tables.astype(np.float32), rays.reach)
    return replace(rays, intervals=cut_intervals(intact, is_removed))


def _plan_axes(plan: CraniectomyPlan) -> NDArray[np.float64]:
    """(3, 3) rows: along the length, across it (both on the surface), and outwards."""
    return local_axes(plan.centre_direction, plan.turn_rad)


def _project_tables(
    skull: IntactSkull, projection: AzimuthalProjection
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Outer and inner table (s, s), mm, smoothed, and the outer one's normals (s, s, 3), over a projection."""
    directions, shape = projection.pixel_directions(), (projection.size, projection.size)
    tables = interpolate(skull.tables, directions).reshape(*shape, 2)
    outer, inner = (ndimage.gaussian_filter(tables[..., c], 3.0, mode="nearest") for c in (0, 1))
    points = outer[..., None] * directions.reshape(*shape, 3)
    normals = np.cross(np.gradient(points, axis=0), np.gradient(points, axis=1))
    normals *= np.sign((normals * points).sum(axis=-1, keepdims=True))
    return outer, inner, normals / np.maximum(np.linalg.norm(normals, axis=-1, keepdims=True), 1e-12)


def cuttable_region(skull: IntactSkull) -> NDArray[np.float64]:
    """Mark where a surgeon may cut: the vault and a little beyond its end.

    Parameters
    ----------
    skull
        The intact skull.

    Returns
    -------
    ndarray
        (n,) float64 on the skull's grid, 1 or 0.
    """
    return spherical_grid(skull.rays.level).grow_region(skull.vault, _RINGS_BEYOND_VAULT).astype(float)


def _project_grid(projection: AzimuthalProjection, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Values (n,) on the grid over a projection: (s, s) float64."""
    return interpolate(values, projection.pixel_directions()).reshape(projection.size, projection.size)


def _front_plate_depth(skull: IntactSkull, projection: AzimuthalProjection) -> NDArray[np.float64]:
    """Depth of the front plate of the sinus, (s, s), mm; negative where there is no sinus."""
    air = frontal_sinus_depth(skull)
    with np.errstate(invalid="ignore"):
        depth = np.where(air > 1.5, skull.tables[:, 0] - skull.rays.intervals[:, 0, 0] + 1.0, -9.0)
    return _project_grid(projection, np.nan_to_num(depth, nan=-9.0))


def _sample_projection(picture: NDArray[np.float64], pixels: NDArray[np.float64]) -> NDArray[np.float32]:
    values: NDArray[np.float32] = ndimage.map_coordinates(picture.astype(np.float32), pixels, order=1, mode="nearest")
    return values


def _inside_outline(
    plan: CraniectomyPlan, surface_points: NDArray[np.float32], depth: NDArray[np.float32], centre_mm: float
) -> NDArray[np.bool_]:
    """Whether points (p, 3) on the surface, with voxels ``depth`` (p,) mm under them, are inside the outline."""
    a, b, c = _plan_axes(plan).astype(np.float32) @ surface_points.T
    across = np.hypot(a, b)
    scale = centre_mm * np.arctan2(across, c) / np.maximum(across, 1e-6)
    a, b = a * scale, b * scale
    turn = np.arctan2(b, a) / (2 * np.pi) * _OUTLINE_ANGLES
    closed_outline = np.append(plan.outline, plan.outline[0])
    reach = np.interp(turn % _OUTLINE_ANGLES, np.arange(_OUTLINE_ANGLES + 1), closed_outline)
    tilt = plan.bevel * np.maximum(depth, 0)
    inside: NDArray[np.bool_] = np.hypot(a, b) + tilt < reach
    for x, y, radius in plan.burr_holes:
        inside |= np.hypot(a - x, b - y) < radius
    return inside


def _remove_fragments(piece: NDArray[np.bool_], *, keep_share: float) -> NDArray[np.bool_]:
    """Drop connected parts smaller than a share of the largest."""
    if not piece.any():
        return piece
    box = bounding_box(piece)
    label, count = ndimage.label(piece[box], np.ones((3, 3, 3)))
    if count > 1:
        size = np.bincount(label.ravel())
        size[0] = 0
        piece[box] = (size > keep_share * size.max())[label]
    return piece
