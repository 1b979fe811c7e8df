"""Measure the material that holes leave next to them: triangles of a finished body in, least width out.

A wall of a hole is found on the triangles alone: it faces a wall one diameter away, and from the middle between them it
is half a diameter to either side.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from SkullRestoreLib.geometry.ray_caster import RayCaster
from SkullRestoreLib.geometry.triangles import face_normals
from SkullRestoreLib.implant.bone_fit import FinishedBody
from SkullRestoreLib.settings import ImplantSettings

MAX_WALL_SLOPE = 0.3
"""A wall of a hole leans by less than this (cosine to the outer face's normal)."""
DIAMETER_TOLERANCE = 0.1
"""A hole of 24 corners, thinned out, is narrower or wider than asked by at most this part of its diameter."""
MIN_FACING = 0.5
"""A web ends at a surface that faces the hole by more than this (cosine)."""
PATCH_REACH_MM = 1.5
"""Holes this close to the restored surface, across the insertion direction, are in the body and not in a tab."""
MIN_WALL_MM2 = 0.02
"""Smaller triangles are slivers along an edge; their normals are not certain."""
RAY_START_MM = 0.01
"""Rays start this far from the wall, so that they do not meet it."""


def measure_webs(body: FinishedBody, ray_caster: RayCaster) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Measure the width of material between a perforation or suture hole and the next hole or the rim.

    Screw holes of tabs are left out: they are beyond the rim, in the middle of their tab.

    Parameters
    ----------
    body
        The finished body.
    ray_caster
        Over its mesh.

    Returns
    -------
    width
        (n,), mm; empty where nothing is drilled.
    places
        (n, 3), mm RAS, where they begin.
    """
    diameters_mm = _hole_diameters(body.settings)
    if not len(diameters_mm):
        return np.zeros(0), np.zeros((0, 3))
    vertices, faces = body.mesh.vertices, body.mesh.faces
    normals = face_normals(vertices, faces)
    twice_area = np.linalg.norm(normals, axis=1)
    face_normal = normals / np.maximum(twice_area, 1e-30)[:, None]
    middles = vertices[faces].mean(axis=1)
    upright = body.outer_normals[body.outer_tree.query(middles)[1]]
    is_wall = (np.abs((face_normal * upright).sum(axis=1)) < MAX_WALL_SLOPE) & (twice_area > 2 * MIN_WALL_MM2)
    middles, normals, upright = middles[is_wall], face_normal[is_wall], upright[is_wall]
    in_patch = cKDTree(body.chart.to_uvw(body.patch.outer.vertices)[:, :2])
    of_hole = _are_in_holes(middles, normals, upright, ray_caster, diameters_mm)
    of_hole &= in_patch.query(body.chart.to_uvw(middles)[:, :2])[0] < PATCH_REACH_MM
    inwards = -normals[of_hole]
    web, triangle = ray_caster.first_hits(middles[of_hole] + RAY_START_MM * inwards, inwards)
    # A ray near the bottom of a hole leaves by the sloping underside: that is no web.
    is_web = (triangle >= 0) & ((face_normal[triangle] * inwards).sum(axis=1) > MIN_FACING)
    return web[is_web] + RAY_START_MM, middles[of_hole][is_web]


def _are_in_holes(
    middles: NDArray[np.float64],
    normals: NDArray[np.float64],
    upright: NDArray[np.float64],
    ray_caster: RayCaster,
    diameters_mm: NDArray[np.float64],
) -> NDArray[np.bool_]:
    """Which walls, by their middles, normals and the outer face's normals (n, 3), are of a hole of these diameters."""
    across, _ = ray_caster.first_hits(middles + RAY_START_MM * normals, normals)
    across = np.where(np.isfinite(across), across + RAY_START_MM, 0.0)
    nearest_mm = diameters_mm[np.abs(across[:, None] - diameters_mm).argmin(axis=1)]
    tolerance_mm = DIAMETER_TOLERANCE * nearest_mm
    fits = np.abs(across - nearest_mm) <= tolerance_mm
    sideways = np.cross(normals, upright)
    sideways /= np.maximum(np.linalg.norm(sideways, axis=1), 1e-12)[:, None]
    for direction in (sideways, -sideways):
        radius, _ = ray_caster.first_hits(middles + across[:, None] / 2 * normals, direction)
        fits &= np.abs(radius - nearest_mm / 2) <= tolerance_mm
    return fits


def _hole_diameters(settings: ImplantSettings) -> NDArray[np.float64]:
    """Diameters of perforations and suture holes, where they are drilled, mm."""
    drilled = (
        (settings.perforation_mm, settings.perforations),
        (settings.suture_hole_mm, settings.suture_holes > 0),
    )
    return np.array([diameter for diameter, is_drilled in drilled if is_drilled])
