"""Detect defects of the vault: predicted tables and rays in, defect regions and their location in words out.

A defect is a connected part of the grid on which the outer table is missing *at the predicted surface*. That is wider
than "the ray hit nothing" (Mishinov 2023): a lost front wall of the frontal sinus counts, although its back wall stops
the ray. It is also narrower: the zygomatic arch outside a defect, or new bone inside it, does not hide it.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.geometry.icosphere import spherical_grid
from SkullRestoreLib.method_parameters import METHOD, DetectionParameters
from SkullRestoreLib.records import RayMap, VaultTables

_CORONAL_SUTURE_DEG = ((0.0, 68.0), (30.0, 55.0), (55.0, 20.0), (62.0, -8.0), (64.0, -90.0))
"""Azimuth (0 front, 90 right, 180 back) and elevation in the head frame, read off the mean skull, as all three."""
_LAMBDOID_SUTURE_DEG = ((180.0, 28.0), (150.0, 12.0), (128.0, -14.0), (122.0, -90.0))
_SQUAMOUS_SUTURE_DEG = ((60.0, -8.0), (75.0, 8.0), (95.0, 10.0), (122.0, -10.0), (130.0, -16.0))
_ORBITAL_ROOF_DEG = (55.0, 2.0)
"""The frontal bone in front of this azimuth and below this elevation is the roof of the orbit."""


@dataclass(frozen=True, eq=False)
class DefectRegion:
    """A connected part of the vault without an outer table, at the grid's resolution."""

    vertices: NDArray[np.int64]
    """(n,) grid vertices."""
    area_cm2: float
    """By counting vertices; the final area is measured on the restored surface."""
    touches_vault_edge: bool
    """Whether it runs to where the vault ends: base, orbit, or the edge of the scan."""


@dataclass(frozen=True, eq=False)
class BlurredBone:
    """Where bone is that a threshold does not show, because the scan blurs it (decision 0104)."""

    present: NDArray[np.bool_]
    """(n,) as much bone as a thin vault has."""
    doubtful: NDArray[np.bool_]
    """(n,) more than a hole shows, less than a thin vault has."""
    reach_mm: NDArray[np.float64]
    """(n,) how far the edge of a hole, blurred and oblique, looks like thin bone."""

    @property
    def hidden(self) -> NDArray[np.bool_]:
        """(n,) where no crossing of the threshold does not mean that there is no bone."""
        return self.present | self.doubtful


def find_defect_regions(
    vault_tables: VaultTables,
    rays: RayMap,
    *,
    blurred: BlurredBone | None = None,
    parameters: DetectionParameters = METHOD.detection,
) -> list[DefectRegion]:
    """Find the defects of the vault on the grid, largest first.

    Parameters
    ----------
    vault_tables
        Predicted tables, mm from the head's centre.
    rays
        Bone intervals on the same grid.
    blurred
        Bone that the threshold does not show: it is no part of a defect, except next to where bone is truly missing.
    parameters
        What counts as missing, and as a gap.

    Returns
    -------
    list of DefectRegion
        Empty when the vault is intact.

    Raises
    ------
    ValueError
        If tables and rays are on different grids.
    """
    missing = _missing_vertices(vault_tables, rays, parameters)
    if blurred is not None and (missing & blurred.hidden).any():
        missing = _near_certain_gap(missing, blurred, vault_tables, parameters)
    regions = _connected_regions(missing, vault_tables, rays, parameters)
    return [r for r in regions if r.area_cm2 >= parameters.min_area_cm2]


def find_doubtful_regions(
    vault_tables: VaultTables,
    rays: RayMap,
    regions: list[DefectRegion],
    blurred: BlurredBone,
    *,
    min_area_cm2: float,
    parameters: DetectionParameters = METHOD.detection,
) -> list[DefectRegion]:
    """Find the parts of the vault in which thin bone cannot be distinguished from a gap, largest first.

    Parameters
    ----------
    vault_tables, rays, blurred, parameters
        As for :func:`find_defect_regions`.
    regions
        What that found.
    min_area_cm2
        Smaller parts are left out.

    Returns
    -------
    list of DefectRegion
        No part of ``regions``, and mostly without the bone of a thin vault.
    """
    left = _missing_vertices(vault_tables, rays, parameters)
    for region in regions:
        left[region.vertices] = False
    return [
        region
        for region in _connected_regions(left, vault_tables, rays, parameters)
        if region.area_cm2 >= min_area_cm2 and blurred.present[region.vertices].mean() < parameters.min_present_share
    ]


def blurred_beyond(region: DefectRegion, blurred: BlurredBone, *, level: int) -> NDArray[np.bool_]:
    """Tell where blurred bone ends a defect: not at its own edge, which is blurred too.

    Parameters
    ----------
    region
        The defect.
    blurred
        Bone that the threshold does not show.
    level
        Of the grid.

    Returns
    -------
    ndarray
        (n,) bool.
    """
    inside = np.zeros(len(blurred.present), dtype=bool)
    inside[region.vertices] = True
    return blurred.hidden & ~spherical_grid(level).grow_region(inside, 1)


def _missing_vertices(vault_tables: VaultTables, rays: RayMap, parameters: DetectionParameters) -> NDArray[np.bool_]:
    """Where no interval of bone ends at the outer table, (n,)."""
    if rays.level != vault_tables.level:
        raise ValueError(
            f"Rays are at level {rays.level}, the predicted tables at level {vault_tables.level}; use one grid."
        )
    scanned = rays.reach > vault_tables.outer
    far = distance_to_outer_table(vault_tables, rays) > np.maximum(
        parameters.tolerance_mm, np.minimum(2 * vault_tables.outer_sigma, 2 * parameters.tolerance_mm)
    )
    probability = vault_tables.missing
    return (
        vault_tables.vault
        & scanned
        & ((far & (probability > parameters.possibly_missing)) | (probability > parameters.surely_missing))
    )


def _near_certain_gap(
    missing: NDArray[np.bool_], blurred: BlurredBone, vault_tables: VaultTables, parameters: DetectionParameters
) -> NDArray[np.bool_]:
    """What of ``missing`` (n,) is without any bone, or as near to that as the edge of a hole reaches: (n,)."""
    grid = spherical_grid(vault_tables.level)
    rings = parameters.opening_rings
    empty = missing & ~blurred.hidden
    core = grid.grow_region(grid.grow_region(empty, -rings), rings) & empty
    edge_mm = float(np.sqrt(np.median(grid.vertex_areas)) * np.median(vault_tables.outer))
    kept = np.zeros_like(missing)
    vertices, label = grid.connected_parts(core)
    for k in range(label.max(initial=-1) + 1):
        part = np.zeros_like(missing)
        part[vertices[label == k]] = True
        reach_mm = float(np.median(blurred.reach_mm[part]))
        grown = part
        for _ in range(max(1, round(reach_mm / edge_mm))):
            grown = part | (grid.grow_region(grown, 1) & missing)
        if np.count_nonzero(part) >= parameters.min_empty_share * np.count_nonzero(grown):
            kept |= grown
    return kept


def _connected_regions(
    missing: NDArray[np.bool_], vault_tables: VaultTables, rays: RayMap, parameters: DetectionParameters
) -> list[DefectRegion]:
    """The connected parts of ``missing`` (n,) without what is narrow as a suture, largest first."""
    grid = spherical_grid(vault_tables.level)
    opened = grid.grow_region(grid.grow_region(missing, -parameters.opening_rings), parameters.opening_rings) & missing
    vertices, label = grid.connected_parts(opened)
    area_cm2 = grid.areas_mm2(vault_tables.outer) / 100
    scanned = rays.reach > vault_tables.outer
    edge = grid.grow_region(~(vault_tables.vault & scanned), parameters.vault_edge_rings)
    parts = [vertices[label == k] for k in range(label.max(initial=-1) + 1)]
    regions = [DefectRegion(v, float(area_cm2[v].sum()), bool(edge[v].any())) for v in parts]
    return sorted(regions, key=lambda r: -r.area_cm2)


def are_near_tables(
    rays: RayMap, vault_tables: VaultTables, *, inside_mm: float, outside_mm: float
) -> NDArray[np.bool_]:
    """Find the bone intervals that reach into the space between the tables, or near it.

    Parameters
    ----------
    rays, vault_tables
        On the same grid.
    inside_mm, outside_mm
        How far inside the inner and outside the outer table bone is near.

    Returns
    -------
    ndarray
        (n, m) bool; False where there is no interval.
    """
    with np.errstate(invalid="ignore"):
        near: NDArray[np.bool_] = (rays.intervals[..., 1] > (vault_tables.inner - inside_mm)[:, None]) & (
            rays.intervals[..., 0] < (vault_tables.outer + outside_mm)[:, None]
        )
    return near


def hide_tables(
    rays: RayMap,
    vault_tables: VaultTables,
    unseen: NDArray[np.bool_],
    *,
    parameters: DetectionParameters = METHOD.detection,
) -> RayMap:
    """Take the bone at the predicted vault out of some rays, as if it were lost; arch and base stay.

    Parameters
    ----------
    rays, vault_tables
        On the same grid.
    unseen
        (n,), the rays that are changed.
    parameters
        How near to the tables bone is vault.

    Returns
    -------
    RayMap
    """
    intervals = rays.intervals.copy()
    beyond_mm = parameters.hidden_beyond_mm
    at_vault = are_near_tables(rays, vault_tables, inside_mm=beyond_mm, outside_mm=beyond_mm)
    intervals[at_vault & unseen[:, None]] = np.nan
    return replace(rays, intervals=intervals)


def with_known_region(
    regions: list[DefectRegion],
    vault_tables: VaultTables,
    rays: RayMap,
    known: NDArray[np.bool_],
    *,
    parameters: DetectionParameters = METHOD.detection,
) -> list[DefectRegion]:
    """Add a defect that is known, in place of the regions that overlap it.

    Parameters
    ----------
    regions
        From :func:`find_defect_regions`.
    vault_tables, rays, parameters
        As for :func:`find_defect_regions`.
    known
        (n,), the vertices of the defect; what is not vault is left out.

    Returns
    -------
    list of DefectRegion
        Largest first.
    """
    grid = spherical_grid(vault_tables.level)
    covered = known & vault_tables.vault
    if not covered.any():
        return regions
    apart = []
    for region in regions:
        if covered[region.vertices].any():
            covered[region.vertices] = True
        else:
            apart.append(region)
    edge = grid.grow_region(~(vault_tables.vault & (rays.reach > vault_tables.outer)), parameters.vault_edge_rings)
    area_cm2 = float(grid.areas_mm2(vault_tables.outer)[covered].sum() / 100)
    joined = DefectRegion(np.flatnonzero(covered), area_cm2, bool(edge[covered].any()))
    return sorted([*apart, joined], key=lambda region: -region.area_cm2)


def distance_to_outer_table(vault_tables: VaultTables, rays: RayMap) -> NDArray[np.float64]:
    """Measure how far the nearest outer end of a bone interval is from the predicted outer table.

    Parameters
    ----------
    vault_tables, rays
        On the same grid.

    Returns
    -------
    ndarray
        (n,) mm, infinite where the ray meets no bone.
    """
    gap = np.abs(rays.intervals[..., 1] - vault_tables.outer[:, None])
    return np.where(np.isfinite(gap), gap, np.inf).min(axis=1)


def describe_location(
    directions: NDArray[np.float64],
    areas: NDArray[np.float64],
    *,
    low: bool,
    parameters: DetectionParameters = METHOD.detection,
) -> tuple[str, str]:
    """Name the side and the region of a defect in plain anatomical words.

    Parameters
    ----------
    directions
        (n, 3) unit vectors of the defect's vertices in the head frame.
    areas
        (n,) of the vertices, in any unit.
    low
        Whether the defect runs to the base.
    parameters
        From which part of the area on a bone is named.

    Returns
    -------
    side : str
        "left", "right", "midline" (across the midline) or "both sides" (mostly far from it, on two sides).
    region : str
        Such as "fronto-temporo-parietal" or "low temporal".

    Examples
    --------
    >>> describe_location(np.array([[0.9, 0.1, 0.4]]), np.ones(1), low=False)
    ('right', 'parietal')
    """
    weight = areas / areas.sum()
    right = float(weight[directions[:, 0] > 0].sum())
    side = "right" if right >= 1 - parameters.max_fraction_across else "left"
    if parameters.max_fraction_across < right < 1 - parameters.max_fraction_across:
        far = float(weight[np.abs(directions[:, 0]) > parameters.far_from_midline_x].sum())
        side = "both sides" if far > 0.5 else "midline"
    azimuth = np.degrees(np.arctan2(np.abs(directions[:, 0]), directions[:, 1]))
    elevation = np.degrees(np.arcsin(np.clip(directions[:, 2], -1, 1)))
    # the coronal and the lambdoid suture are steep, so they are azimuth over elevation; the squamous suture is not
    coronal = np.interp(elevation, *_suture_by_elevation(_CORONAL_SUTURE_DEG), right=0.0)
    lambdoid = np.interp(elevation, *_suture_by_elevation(_LAMBDOID_SUTURE_DEG), right=181.0)
    squamous_azimuth, squamous_elevation = np.array(_SQUAMOUS_SUTURE_DEG).T
    squamous = np.interp(azimuth, squamous_azimuth, squamous_elevation, left=-90, right=-90)
    frontal, occipital = azimuth < coronal, azimuth > lambdoid
    temporal = ~frontal & ~occipital & (elevation < squamous)
    parietal = ~frontal & ~occipital & ~temporal
    bones = {"front": frontal, "tempor": temporal, "pariet": parietal, "occipit": occipital}
    stems = [stem for stem, part in bones.items() if weight[part].sum() >= parameters.min_region_fraction]
    region = "-".join(f"{stem}o" for stem in stems[:-1]) + ("-" if len(stems) > 1 else "") + stems[-1] + "al"
    roof_azimuth, roof_elevation = _ORBITAL_ROOF_DEG
    orbital = frontal & (elevation < roof_elevation) & (azimuth < roof_azimuth)
    if stems == ["front"] and weight[orbital].sum() > parameters.min_orbital_fraction:
        region = "fronto-orbital"
    if low and "tempor" in stems:
        region = f"low {region}" if len(stems) == 1 else f"{region}, low to the base"
    return side, region


def _suture_by_elevation(
    suture_deg: tuple[tuple[float, float], ...],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    azimuth, elevation = np.array(sorted(suture_deg, key=lambda corner: corner[1])).T
    return elevation, azimuth
