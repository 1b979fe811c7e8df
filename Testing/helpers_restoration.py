"""A small restoration made by hand: a round skull of 80 mm with a hole at its left, no network needed."""

from dataclasses import replace

import numpy as np

from SkullRestoreLib.case import (
    Bone,
    Checks,
    Defect,
    Implant,
    Mesh,
    Patch,
    Pose,
    ReferencePoint,
    Restoration,
    Settings,
    Shell,
    Spread,
    Volume,
)
from SkullRestoreLib.settings import MATERIALS

RADIUS_MM = 80.0
TO_THE_LEFT = np.array([-1.0, 0.0, 0.0])


def oblique_grid(shape=(12, 14, 16)):
    """Voxel grid of a tilted head: no axis along RAS, three different spacings; (4, 4) float64."""
    turn = np.linalg.qr(np.array([[1.0, 0.2, -0.1], [-0.15, 1.0, 0.3], [0.2, -0.25, 1.0]]))[0]
    turn *= np.sign(np.diag(turn))
    ijk_to_ras = np.eye(4)
    ijk_to_ras[:3, :3] = turn * [12.0, 13.5, 15.25]
    ijk_to_ras[:3, 3] = [-90.125, -95.3, -88.7]
    return ijk_to_ras


def sphere(subdivisions=4):
    """Unit sphere: vertices (n, 3) and faces (m, 3)."""
    from trimesh.creation import icosphere

    ball = icosphere(subdivisions=subdivisions)
    return np.array(ball.vertices), np.array(ball.faces, dtype=np.int64)


def used(vertices, faces):
    """Mesh without the vertices that no face uses."""
    keep, index = np.unique(faces, return_inverse=True)
    return Mesh(vertices[keep], index.reshape(faces.shape))


def restoration(*, defects=1, model=False, warnings=()):
    """A restoration with a hole at the left, and at the right as well for ``defects=2``."""
    vertices, faces = sphere()
    middle = vertices[faces].mean(axis=1)
    hole = [middle @ (TO_THE_LEFT * sign) > 0.9 for sign in (1, -1)[:defects]]
    skull = used(RADIUS_MM * vertices, faces[~np.any(hole, axis=0)] if defects else faces)
    made = [_defect(number + 1, RADIUS_MM * vertices, faces[at], at.sum()) for number, at in enumerate(hole)]
    grid, shape = oblique_grid(), (12, 14, 16)
    mask = np.zeros(shape, dtype=bool)
    mask[3:9, 3:9, 3:9] = True
    labels = np.zeros(shape, dtype=np.uint8)
    labels[3:6, 4:7, 5:8] = 1
    ones = np.ones(12)
    return Restoration(
        bone=Bone(mask.astype(np.uint8), 0.5, mask, grid),
        source=skull if model else Volume(mask, grid, "mask"),
        pose=Pose(np.eye(4), residual_mm=0.8, coverage=0.95),
        shell=Shell(0, 80 * ones, 74 * ones, ones, ones, 0 * ones, ones > 0),
        skull=skull,
        defects=tuple(d for d, *_ in made),
        small_holes=(),
        points=tuple(p for _, points, *_ in made for p in points),
        patches=tuple(patch for *_, patch, _ in made),
        implants=tuple(implant for *_, implant in made),
        restored_bone=None if model else labels,
        implant_mask=None if model else labels,
        settings=Settings(),
        weights_sha256="0123456789abcdef" * 4,
        warnings=tuple(warnings),
        seconds={"mask": 0.25, "surface": 1.5},
        peak_memory_mb=512.0,
    )


def with_ct(made, **about):
    """The same restoration, made from a CT."""
    return replace(made, source=Volume(made.bone.mask.astype(np.int16), made.bone.ijk_to_ras, "ct", **about))


def _defect(number, vertices, faces, count):
    outer = used(vertices, faces)
    side = "left" if outer.vertices[:, 0].mean() < 0 else "right"
    angle = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    rim = RADIUS_MM * np.stack(
        [np.sign(outer.vertices[:, 0].mean()) * np.full(24, 0.9), 0.436 * np.cos(angle), 0.436 * np.sin(angle)], axis=1
    )
    normals = rim / np.linalg.norm(rim, axis=1, keepdims=True)
    points = [ReferencePoint(p, n, 0.3 if k == 6 else 0.9, number) for k, (p, n) in enumerate(zip(rim, normals, strict=True))]
    extent = np.ptp(outer.vertices, axis=0)
    defect = Defect(number, np.arange(count), 38.2, outer.vertices.mean(axis=0), extent, side, "parietal", False, (rim,))
    inner = outer.vertices * 0.93
    patch = Patch(number, outer, inner, np.full(len(inner), 0.7), outer, inner)
    ball, ball_faces = sphere(subdivisions=1)
    body = Mesh(defect.centre + 5 * ball, ball_faces)
    return defect, points, patch, Implant(number, body, 18.4, 4.0, True, 1.0)


def with_checks(made):
    """The same restoration with implants that were measured, and a way in."""
    found = Checks(
        watertight=True,
        manifold=True,
        outward=True,
        self_intersections=0,
        bone_overlaps=0,
        clearance_mm=Spread(0.95, 1.0, 1.2),
        rim_gap_mm=Spread(0.95, 1.0, 1.1),
        clearance_within=0.99,
        thickness_mm=Spread(3.9, 4.0, 4.1),
        thickness_map=np.zeros(0),
        edge_mm=1.4,
        covered=0.998,
        covered_in_all=0.93,
        undercut_mm2=12.0,
        volume_ml=18.4,
        mass_g={name: 18.4 * density for name, density in MATERIALS.items()},
        size_mm=np.array([70.0, 50.0, 20.0]),
        triangles=30_000,
        simplification_mm=0.012,
    )
    bodies = [
        replace(body, insertion=-body.mesh.vertices.mean(axis=0) / RADIUS_MM, checks=_mapped(found, body.mesh)) for body in made.implants
    ]
    return replace(made, implants=tuple(bodies))


def _mapped(found, mesh):
    outside = np.linalg.norm(mesh.vertices, axis=1) > np.linalg.norm(mesh.vertices.mean(axis=0))
    return replace(found, thickness_map=np.where(outside, 4.0, np.nan))
