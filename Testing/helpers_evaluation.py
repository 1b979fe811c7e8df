"""Skulls whose holes have a known truth: a piece of a sphere, and the phantom's head; and jobs for the engine."""

import time
from functools import lru_cache
from pathlib import Path

import numpy as np
from helpers_head import INNER_MM, OUTER_MM, cap, head, no_hole, round_bone, round_pose
from helpers_rays import radial_map

from SkullRestoreLib import resources
from SkullRestoreLib.atlas import load_atlas
from SkullRestoreLib.case import Mesh
from SkullRestoreLib.evaluation.cases import Case, Made
from SkullRestoreLib.evaluation.experiment import COLUMNS
from SkullRestoreLib.evaluation.truth import find_truth
from SkullRestoreLib.evaluation.whole import WholeSkull, examine_whole
from SkullRestoreLib.grid import grid, vertex_count


def sphere_skull(*, spacing=0.5, box=((-62.0, -62.0, 40.0), (62.0, 62.0, 91.0))) -> WholeSkull:
    """The top of a round skull as voxels."""
    whole = round_bone(no_hole, spacing=spacing, low=box[0], high=box[1], ct=False)
    n = vertex_count(6)
    tables = np.tile([OUTER_MM, INNER_MM], (n, 1))
    everything = (slice(None),) * 3
    return WholeSkull(
        "sphere", whole.mask, whole.ijk_to_ras, everything, round_pose(), radial_map(tables, 6), tables, grid(6).directions[:, 2] > 0.4
    )


def sphere_piece(skull: WholeSkull, degrees: float, direction=(0.0, 0.0, 1.0)) -> np.ndarray:
    """The bone in a cone: a round hole."""
    k, j, i = (np.arange(n, dtype=np.float32) for n in skull.bone.shape)
    m = skull.ijk_to_ras
    x, y, z = i * m[0, 0] + m[0, 3], j * m[1, 1] + m[1, 3], k * m[2, 2] + m[2, 3]
    inside = cap(direction, degrees)(x[None, None, :], y[None, :, None], z[:, None, None]) > 0
    return skull.bone & inside


def dome(degrees: float, *, radius=OUTER_MM, shift=(0.0, 0.0, 0.0)) -> Mesh:
    """A round patch of a sphere over the top."""
    g = grid(7)
    inside = g.directions[:, 2] > np.cos(np.radians(degrees))
    faces = g.faces[inside[g.faces].all(axis=1)]
    used, flat = np.unique(faces, return_inverse=True)
    return Mesh(radius * g.directions[used] + shift, flat.reshape(-1, 3))


def ring(degrees: float, count: int = 24, *, radius=OUTER_MM) -> np.ndarray:
    """Points (count, 3) on a circle of the sphere."""
    turn, down = np.linspace(0, 2 * np.pi, count, endpoint=False), np.radians(degrees)
    return radius * np.stack([np.sin(down) * np.cos(turn), np.sin(down) * np.sin(turn), np.full(count, np.cos(down))], axis=1)


@lru_cache(maxsize=1)
def phantom_skull() -> WholeSkull:
    """The phantom's head without its hole."""
    return examine_whole("phantom", head().mask(intact=True), load_atlas(resources.weights("shape.safetensors")))


@lru_cache(maxsize=1)
def phantom_case() -> Made:
    """The phantom's head with its one hole."""
    skull = phantom_skull()
    whole = head().mask(intact=True)
    k, j, i = skull.box
    piece = (whole.array & ~head().mask().array)[k, j, i].astype(bool) & skull.bone
    case = Case("phantom", Path("phantom.nrrd"), "parietal", (0, 0))
    return Made(case, skull.without(piece), skull, (find_truth(skull, piece),), ("one hole",))


def outcome(**values) -> dict:
    """A row of a table: all went well, but for ``values``."""
    row = dict.fromkeys(COLUMNS, 0.0) | {"method": "m", "case": "a", "hole": 1, "region": "frontal", "disturbance": "", "grade": "good"}
    return row | {"found": True, "right": True, "true_area_cm2": 30.0, "area_cm2": 30.0, "note": ""} | values


# --- work for the engine; other processes import it from here


def double(number: int) -> list[dict]:
    """One row."""
    return [{"value": 2 * number}]


def slow(number: int) -> list[dict]:
    """One row, late."""
    time.sleep(0.02)
    return double(number)
