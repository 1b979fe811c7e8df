"""A small restoration without a run: a spherical skull of 80 mm with a defect on its left."""

from dataclasses import replace

import numpy as np

from SkullRestoreLib.records import (
    Bone,
    Defect,
    DefectPatch,
    Implant,
    ImplantChecks,
    MaterialStrength,
    MeasuredRange,
    Mesh,
    NoImplant,
    PieceChecks,
    Pose,
    ReferencePoint,
    Restoration,
    Settings,
    StrengthEstimate,
    VaultTables,
    Volume,
)
from SkullRestoreLib.settings import MATERIAL_DENSITIES, MATERIALS

RADIUS_MM = 80.0
LEFT_DIRECTION = np.array([-1.0, 0.0, 0.0])


def oblique_grid(shape=(12, 14, 16)):
    """Voxel grid (4, 4) of a tilted head: no axis along RAS, three different spacings."""
    turn = np.linalg.qr(np.array([[1.0, 0.2, -0.1], [-0.15, 1.0, 0.3], [0.2, -0.25, 1.0]]))[0]
    turn *= np.sign(np.diag(turn))
    ijk_to_ras = np.eye(4)
    ijk_to_ras[:3, :3] = turn * [12.0, 13.5, 15.25]
    ijk_to_ras[:3, 3] = [-90.125, -95.3, -88.7]
    return ijk_to_ras


def unit_sphere(subdivisions=4):
    """Unit sphere: vertices (n, 3) and faces (m, 3)."""
    from trimesh.creation import icosphere

    ball = icosphere(subdivisions=subdivisions)
    return np.array(ball.vertices), np.array(ball.faces, dtype=np.int64)


def drop_unused_vertices(vertices, faces):
    """Make a mesh without the vertices that no face uses."""
    keep, index = np.unique(faces, return_inverse=True)
    return Mesh(vertices[keep], index.reshape(faces.shape))


def make_restoration(*, defects=1, model=False, warnings=()):
    """Make a restoration with a defect on the left, and for ``defects=2`` another on the right."""
    vertices, faces = unit_sphere()
    middle = vertices[faces].mean(axis=1)
    hole = [middle @ (LEFT_DIRECTION * sign) > 0.9 for sign in (1, -1)[:defects]]
    skull = drop_unused_vertices(RADIUS_MM * vertices, faces[~np.any(hole, axis=0)] if defects else faces)
    parts = [_defect(number + 1, RADIUS_MM * vertices, faces[at], at.sum()) for number, at in enumerate(hole)]
    grid, shape = oblique_grid(), (12, 14, 16)
    mask = np.zeros(shape, dtype=bool)
    mask[3:9, 3:9, 3:9] = True
    labels = np.zeros(shape, dtype=np.uint8)
    labels[3:6, 4:7, 5:8] = 1
    labels[9:11, 4:7, 5:8] = defects if defects == 2 else 0
    ones = np.ones(12)
    return Restoration(
        bone=Bone(mask.astype(np.uint8), 0.5, mask, grid),
        source=skull if model else Volume(mask, grid, "mask"),
        pose=Pose(np.eye(4), residual_mm=0.8, coverage=0.95),
        vault_tables=VaultTables(0, 80 * ones, 74 * ones, ones, ones, 0 * ones, ones > 0),
        skull=skull,
        defects=tuple(d for d, *_ in parts),
        small_defects=(),
        points=tuple(p for _, points, *_ in parts for p in points),
        patches=tuple(patch for *_, patch, _ in parts),
        implants=tuple(implant for *_, implant in parts),
        restored_bone=None if model else labels,
        implant_mask=None if model else labels,
        settings=Settings(),
        weights_sha256="0123456789abcdef" * 4,
        findings=tuple(warnings),
        seconds={"mask": 0.25, "surface": 1.5},
        peak_memory_mb=512.0,
    )


def with_ct(restoration, **fields):
    """Copy a restoration as one of a CT."""
    bone = restoration.bone
    return replace(restoration, source=Volume(bone.mask.astype(np.int16), bone.ijk_to_ras, "ct", **fields))


def _defect(number, vertices, faces, count):
    outer = drop_unused_vertices(vertices, faces)
    side = "left" if outer.vertices[:, 0].mean() < 0 else "right"
    angle = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    rim = RADIUS_MM * np.stack(
        [np.sign(outer.vertices[:, 0].mean()) * np.full(24, 0.9), 0.436 * np.cos(angle), 0.436 * np.sin(angle)], axis=1
    )
    normals = rim / np.linalg.norm(rim, axis=1, keepdims=True)
    points = [
        ReferencePoint(p, n, 0.3 if k == 6 else 0.9, number) for k, (p, n) in enumerate(zip(rim, normals, strict=True))
    ]
    extent = np.ptp(outer.vertices, axis=0)
    defect = Defect(
        number, np.arange(count), 38.2, outer.vertices.mean(axis=0), extent, side, "parietal", False, (rim,)
    )
    inner = outer.vertices * 0.93
    patch = DefectPatch(number, outer, inner, np.full(len(inner), 0.7), outer, inner)
    ball, ball_faces = unit_sphere(subdivisions=1)
    body = Mesh(defect.centre + 5 * ball, ball_faces)
    checks = measured(thickness_map=np.full(len(ball), np.nan))
    return defect, points, patch, Implant(number, body, 18.4, 4.0, True, 1.0, checks=checks)


def measured(**other):
    """Make the checks of a good body, with ``other`` values that a test asks for."""
    good = {
        "watertight": True,
        "manifold": True,
        "outward": True,
        "self_intersections": 0,
        "bone_overlaps": 0,
        "clearance_mm": MeasuredRange(0.95, 1.0, 1.2),
        "rim_gap_mm": MeasuredRange(0.95, 1.0, 1.1),
        "clearance_within": 0.99,
        "thickness_mm": MeasuredRange(3.9, 4.0, 4.1),
        "thickness_map": np.zeros(0),
        "edge_mm": 1.4,
        "covered": 0.998,
        "covered_in_all": 0.93,
        "undercut_mm2": 12.0,
        "volume_ml": 18.4,
        "mass_g": {name: 18.4 * density for name, density in MATERIAL_DENSITIES.items()},
        "size_mm": np.array([70.0, 50.0, 20.0]),
        "triangles": 30_000,
        "simplification_mm": 0.012,
    }
    return ImplantChecks(**good | other)


def with_checks(restoration):
    """Copy a restoration with an insertion direction and a thickness map for each implant."""
    bodies = [
        replace(
            body,
            insertion_direction=-body.mesh.vertices.mean(axis=0) / RADIUS_MM,
            checks=_mapped(body.checks, body.mesh),
        )
        for body in restoration.implants
    ]
    return replace(restoration, implants=tuple(bodies))


CUT, REACHES = "146 pairs of triangles cut each other.", "The body reaches into the bone at 353 places."


def with_failed(restoration, defect=1, failed=(CUT, REACHES)):
    """Copy a restoration so that the body of one defect did not pass its checks."""
    bodies = [
        replace(body, checks=replace(body.checks, self_intersections=146, bone_overlaps=353, failed=tuple(failed)))
        if body.defect == defect
        else body
        for body in restoration.implants
    ]
    return replace(restoration, implants=tuple(bodies))


def without_body(restoration, defect=1, reason="Defect 1 is too narrow for an implant."):
    """Copy a restoration so that no body could be made for one defect."""
    return replace(
        restoration,
        implants=tuple(body for body in restoration.implants if body.defect != defect),
        not_made=(NoImplant(defect, reason),),
    )


PIECE = PieceChecks(clean=True, volume_ml=9.0, size_mm=np.array([40.0, 30.0, 20.0]), triangles=9000)


def with_pieces(restoration, defect=1, part=(), half=()):
    """Copy a restoration with one implant in two parts and with a mould; ``part`` and ``half`` are failed checks."""
    bodies = [
        replace(
            body,
            parts=(body.mesh,) * 2,
            part_checks=(replace(PIECE, gap_mm=0.2), replace(PIECE, gap_mm=0.2, failed=tuple(part))),
            mould=(body.mesh,) * 2,
            mould_checks=(
                replace(PIECE, off_mm=0.02, caught_mm2=0.0),
                replace(PIECE, off_mm=0.02, caught_mm2=0.0, failed=tuple(half)),
            ),
        )
        if body.defect == defect
        else body
        for body in restoration.implants
    ]
    return replace(restoration, implants=tuple(bodies))


def with_strength(restoration):
    """Copy a restoration with an estimate of the strength of each implant."""
    bodies = []
    for body in restoration.implants:
        count = len(body.mesh.vertices)
        estimate = StrengthEstimate(
            push_n=50.0,
            pressure_mmhg=15.0,
            held_at="fixations",
            weakest=body.mesh.vertices[0],
            by_material={name: MaterialStrength(0.2, 6.5, 0.01, 300.0) for name in MATERIALS},
            deflection_map=np.linspace(0, 0.2, count),
            safety_map=np.linspace(20, 6.5, count),
        )
        bodies.append(replace(body, checks=replace(body.checks, strength=estimate)))
    return replace(restoration, implants=tuple(bodies))


def _mapped(checks, mesh):
    outside = np.linalg.norm(mesh.vertices, axis=1) > np.linalg.norm(mesh.vertices.mean(axis=0))
    return replace(checks, thickness_map=np.where(outside, 4.0, np.nan))
