"""Where the outer face is to be raised so that the skin over it will be as on the other side (decision 0172).

The skin over a restored hole is expected where the restored bone and the soft tissue of the operated side put it. How
much of its muscle is left is measured over the bone around the hole. The goal is the skin of the sound side, mirrored.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist

from SkullRestoreLib.affine import apply_affine
from SkullRestoreLib.geometry.icosphere import interpolate, spherical_grid, values_at_level
from SkullRestoreLib.geometry.ray_caster import RayCaster
from SkullRestoreLib.implant.loops import border_edges
from SkullRestoreLib.implant.temporal import PATCH_MATCH_MM, blur_along, smoothstep, temporal_weight
from SkullRestoreLib.method_parameters import METHOD, SoftTissueParameters
from SkullRestoreLib.records import DefectPatch, ImplantSettings, Pose, RayMap, SkinMap, SkinSymmetry, VaultTables

COUNTERPART_ROUNDS = 4
"""So often the mirrored skin is looked for again along a ray; it moves by less than 0.01 mm then."""
ALL_BONE = 0.99
"""Between directions: all three corners of the grid's triangle have bone."""
NO_SOFT_TISSUE = "the input is a bone mask or a model, which has no soft tissue; restore the CT itself"
"""Why nothing can be raised where no skin was traced."""
EVERY = 4
"""Every so manieth place decides on the mid-plane: enough for three numbers."""
TINY = 1e-9
"""Keeps a mean over no muscle from dividing by 0."""
OUTSIDE_MM = 200.0
"""Farther from the head's centre than any implant."""


@dataclass(frozen=True, eq=False)
class SoftTissue:
    """What is known of a head's soft tissue: skin, outer table, and where the bone is sound."""

    skin: SkinMap | None  # None where the input has no soft tissue
    tables: VaultTables  # restored
    rays: RayMap  # at the tables' level
    lost: NDArray[np.bool_]  # (n,), directions of the tables over a hole, of any size
    pose: Pose


@dataclass(frozen=True, eq=False)
class SkinContour:
    """By how much the outer face of an implant is raised, and the skin that this is meant for."""

    raised_mm: NDArray[np.float64]  # (w,), at the vertices of the patch's wide surface, along its normals
    directions: NDArray[np.float64]  # (v, 3), unit, head frame: of the places that are compared
    outer_mm: NDArray[np.float64]  # (v,), from the centre: the restored surface there
    tissue_mm: NDArray[np.float64]  # (v,), soft tissue that is expected there
    goal_mm: NDArray[np.float64]  # (v,), from the centre: the mirrored skin
    area_cm2: float  # of the places
    muscle_left: float  # 0..1
    pose: Pose

    @property
    def most_mm(self) -> float:
        """How far the outer face is raised at most, mm."""
        return float(self.raised_mm.max(initial=0.0))

    def measure(self, body: RayCaster) -> SkinSymmetry:
        """Compare the skin over a finished body, and over the restored surface alone, with the mirrored skin.

        Parameters
        ----------
        body
            Over the body's mesh, mm RAS. Where no body is met the restored surface counts.

        Returns
        -------
        SkinSymmetry
        """
        outwards = self.directions @ self.pose.head_to_ras[:3, :3].T
        start = self.pose.head_to_ras[:3, 3] + OUTSIDE_MM * outwards
        away, _ = body.first_hits(start, -outwards)
        built_mm = np.where(np.isfinite(away), OUTSIDE_MM - away, self.outer_mm)
        before, after = (np.abs(outer + self.tissue_mm - self.goal_mm) for outer in (self.outer_mm, built_mm))
        return SkinSymmetry(
            before_mean=float(before.mean()),
            before_p95=float(np.percentile(before, 95)),
            after_mean=float(after.mean()),
            after_p95=float(np.percentile(after, 95)),
            area_cm2=self.area_cm2,
            muscle_left=self.muscle_left,
        )


@dataclass(frozen=True)
class DesignInputs:
    """What a design takes from the patient besides surface, bone and points."""

    label_text: str = ""
    """What is engraved before the arrow, where a label is asked for: case code and side."""
    contour: SkinContour | None = None
    """By how much the outer face is raised for the skin; None where it is not."""
    findings: tuple[str, ...] = ()
    """What the user should know of them, a sentence each."""


class _Sides(NamedTuple):
    """Both sides of a head on the skin's grid."""

    directions: NDArray[np.float64]  # (n, 3)
    outer: NDArray[np.float64]  # (n,), mm
    tissue: NDArray[np.float64]  # (n,), mm of soft tissue over bone, NaN where there is none
    normal: NDArray[np.float64]  # (3,), of the mid-plane, head frame
    offset: float  # of the mid-plane, mm


class _Around(NamedTuple):
    """Sound bone around a hole, whose counterpart is sound too."""

    places: NDArray[np.float64]  # (a, 3), mm, head frame
    tissue: NDArray[np.float64]  # (a,), mm of soft tissue
    counterpart: NDArray[np.float64]  # (a,), mm of soft tissue at the mirrored place
    area_mm2: NDArray[np.float64]  # (a,)


def plan_contour(
    patch: DefectPatch,
    tissue: SoftTissue,
    settings: ImplantSettings,
    *,
    parameters: SoftTissueParameters = METHOD.soft_tissue,
) -> SkinContour | str:
    """Say by how much the outer face over a defect is to be raised.

    Parameters
    ----------
    patch
        The restored surface.
    tissue
        Of the head.
    settings
        ``skin_contour`` and ``skin_contour_max_mm`` are used.
    parameters
        Of this step.

    Returns
    -------
    SkinContour or str
        Why it cannot be raised, or need not be: the end of a sentence.
    """
    if tissue.skin is None:
        return NO_SOFT_TISSUE
    sides = _compare_sides(tissue, tissue.skin, parameters)
    if sides is None:
        return "the skin was not found; the scan may end at it"
    wide = apply_affine(tissue.pose.ras_to_head, patch.wide_outer.vertices)
    inner = apply_affine(tissue.pose.ras_to_head, patch.outer.vertices)
    weight = temporal_weight(wide) if settings.skin_contour == "temporal" else np.ones(len(wide))
    in_patch = cKDTree(inner).query(wide)[0] < PATCH_MATCH_MM
    asked = in_patch & (weight > 0)
    if not asked.any():
        return "the defect is not over the temporal muscle"
    goal, thick = _counterpart(wide, sides, tissue.skin)
    if np.isfinite(goal[asked]).mean() < parameters.min_seen:
        return "the other side is not sound, or its skin is not in the scan, opposite the defect"
    around = _places_around(inner, sides, tissue.skin, parameters)
    scalp = float(np.nanpercentile(np.concatenate([thick, around.counterpart]), parameters.scalp_percentile))
    muscle = np.maximum(thick - scalp, 0)
    left = _muscle_left(wide, around, scalp, parameters)
    if left is None and (muscle[asked] > parameters.muscle_mm).any():
        return "next to the defect there is too little bone under muscle to measure how much of it is left"
    left = np.ones(len(wide)) if left is None else left
    own = np.minimum(thick, scalp) + left * muscle
    lower = np.clip(goal - np.linalg.norm(wide, axis=1) - own, 0, settings.skin_contour_max_mm)
    if settings.skin_contour == "temporal":
        weight = weight * smoothstep((1 - left) * muscle / parameters.lost_mm)
    border = patch.outer.vertices[np.unique(border_edges(patch.outer.faces))]
    away_mm = np.where(in_patch, cKDTree(border).query(patch.wide_outer.vertices)[0], 0.0)
    raised = blur_along(np.nan_to_num(lower * weight) * in_patch, patch.wide_outer, parameters.smooth_mm)
    raised = blur_along(np.minimum(raised, _room(away_mm, parameters)), patch.wide_outer, parameters.smooth_mm)
    raised *= smoothstep((away_mm - parameters.fade_from_mm) / parameters.bend_mm)  # the mean has spread beyond
    if raised.max() < parameters.least_raise_mm:
        return f"nowhere would it be lower than on the other side by more than {parameters.least_raise_mm:g} mm"
    compared = np.flatnonzero((away_mm > parameters.fade_from_mm) & np.isfinite(goal))
    outer = np.linalg.norm(wide[compared], axis=1)
    return SkinContour(
        raised_mm=raised,
        directions=wide[compared] / outer[:, None],
        outer_mm=outer,
        tissue_mm=own[compared],
        goal_mm=goal[compared],
        area_cm2=_area_cm2(patch) * len(compared) / int(in_patch.sum()),
        muscle_left=float(np.average(left[asked], weights=np.nan_to_num(muscle[asked]) + TINY)),
        pose=tissue.pose,
    )


def _compare_sides(tissue: SoftTissue, skin: SkinMap, parameters: SoftTissueParameters) -> _Sides | None:
    """Soft tissue over all sound bone, and the mid-plane that mirrors this head's own outer table best."""
    level = skin.level
    grid = spherical_grid(level)
    outer, ends = values_at_level(tissue.tables.outer, level), values_at_level(tissue.rays.intervals, level)[..., 1]
    lost = grid.grow_region(values_at_level(tissue.lost, level), 1)
    off = np.nan_to_num(np.abs(ends - outer[:, None]), nan=np.inf).min(axis=1)
    has_bone = values_at_level(tissue.tables.vault, level) & ~lost & (off < parameters.same_table_mm)
    thick = np.where(has_bone, skin.radius - outer, np.nan)
    least, most = parameters.tissue_range_mm
    with np.errstate(invalid="ignore"):
        thick[~((thick >= least) & (thick <= most))] = np.nan
    if not np.isfinite(thick).any():
        return None
    return _Sides(grid.directions, outer, thick, *_mid_plane(grid.directions, outer, has_bone))


def _mid_plane(
    directions: NDArray[np.float64], outer: NDArray[np.float64], has_bone: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], float]:
    """The plane, as unit normal (3,) and offset in mm, by which the outer table is most like its mirror image."""
    from scipy.optimize import least_squares  # takes long to load, and few implants are raised

    points = (directions[has_bone] * outer[has_bone, None])[::EVERY]

    def misfit(plane: NDArray[np.float64]) -> NDArray[np.float64]:
        mirrored = _reflect(points, _unit_normal(plane), plane[2])
        sound = interpolate(has_bone.astype(float), mirrored) > ALL_BONE
        return np.where(sound, np.linalg.norm(mirrored, axis=1) - interpolate(outer, mirrored), 0.0)

    found = least_squares(misfit, np.zeros(3), loss="soft_l1", x_scale=(0.01, 0.01, 1.0), diff_step=1e-3)
    return _unit_normal(found.x), float(found.x[2])


def _unit_normal(plane: NDArray[np.float64]) -> NDArray[np.float64]:
    """Normal (3,) of a plane near the head frame's own mid-plane."""
    normal = np.array([1.0, plane[0], plane[1]])
    return normal / np.linalg.norm(normal)


def _reflect(points: NDArray[np.float64], normal: NDArray[np.float64], offset: float) -> NDArray[np.float64]:
    """Points (n, 3) on the other side of a plane."""
    return points - 2 * (points @ normal - offset)[:, None] * normal


def _counterpart(
    points: NDArray[np.float64], sides: _Sides, skin: SkinMap
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Of the mirrored head along the rays of points (n, 3): radius of its skin, and soft tissue over its bone, mm.

    NaN where the counterpart has no sound bone, or its skin was not seen.
    """
    radius = np.linalg.norm(points, axis=1)
    direction = points / radius[:, None]
    # tissue is NaN where the bone is not sound: so is the skin there
    sound_skin = np.where(np.isfinite(sides.tissue), skin.radius, np.nan).astype(np.float64)
    surfaces = []
    for surface in (sound_skin, np.where(np.isfinite(sides.tissue), sides.outer, np.nan)):
        at = radius.copy()
        for _ in range(COUNTERPART_ROUNDS):
            mirrored = _reflect(direction * np.nan_to_num(at, nan=1.0)[:, None], sides.normal, sides.offset)
            at = at + interpolate(surface, mirrored) - np.linalg.norm(mirrored, axis=1)
        surfaces.append(at)
    return surfaces[0], surfaces[0] - surfaces[1]


def _places_around(
    patch: NDArray[np.float64], sides: _Sides, skin: SkinMap, parameters: SoftTissueParameters
) -> _Around:
    """Soft tissue over the sound bone around a patch (v, 3), head frame, and over its counterpart."""
    bone = sides.directions * sides.outer[:, None]
    near = np.flatnonzero(np.isfinite(sides.tissue))
    near = near[cKDTree(patch).query(bone[near], distance_upper_bound=parameters.around_mm)[0] < np.inf]
    _, counterpart = _counterpart(bone[near], sides, skin)
    seen = near[np.isfinite(counterpart)]
    area_mm2 = spherical_grid(skin.level).vertex_areas[seen] * sides.outer[seen] ** 2
    return _Around(bone[seen], sides.tissue[seen], counterpart[np.isfinite(counterpart)], area_mm2)


def _muscle_left(
    wanted: NDArray[np.float64], around: _Around, scalp: float, parameters: SoftTissueParameters
) -> NDArray[np.float64] | None:
    """Part of the muscle's thickness, 0..1, that is left at wanted places (w, 3); None where too little was measured.

    ``scalp`` is the thickness without muscle, mm.
    """
    with_muscle = around.counterpart - scalp > parameters.muscle_mm
    if around.area_mm2[with_muscle].sum() < 100 * parameters.min_measured_cm2:
        return None
    muscle = around.counterpart[with_muscle] - scalp
    own = np.maximum(around.tissue[with_muscle] - scalp, 0)
    away = cdist(wanted, around.places[with_muscle])
    weight = 1 / (away**2 + parameters.near_mm**2) ** 2
    left: NDArray[np.float64] = np.clip(weight @ (muscle * own) / (weight @ muscle**2), 0, 1)
    return left


def _room(away_mm: NDArray[np.float64], parameters: SoftTissueParameters) -> NDArray[np.float64]:
    """How far the face may be raised at a distance (n,) from the border, so that it rises smoothly: (n,), mm."""
    bend_mm = parameters.bend_mm
    away_mm = np.maximum(away_mm - parameters.fade_from_mm, 0)
    bent = np.minimum(away_mm, bend_mm)
    return parameters.max_slope * (bent**2 / (2 * bend_mm) + away_mm - bent)


def _area_cm2(patch: DefectPatch) -> float:
    """Area of a patch."""
    a, b, c = patch.outer.vertices[patch.outer.faces].transpose(1, 0, 2)
    return float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 200)
