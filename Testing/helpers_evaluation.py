"""Skulls with known truth: part of a sphere, the phantom's head."""

from functools import lru_cache
from pathlib import Path

import numpy as np
from helpers_head import INNER_MM, OUTER_MM, cone_depth, no_cut_depth, phantom_head, round_bone, round_pose
from helpers_quick import remembered
from helpers_rays import make_ray_map

from SkullRestoreLib._system import resources
from SkullRestoreLib.evaluation.cases.ground_truth import measure_ground_truth
from SkullRestoreLib.evaluation.cases.intact_skull import IntactSkull, analyse_intact_skull
from SkullRestoreLib.evaluation.cases.random_cases import CasePlan, EvaluationCase
from SkullRestoreLib.evaluation.experiments.case_measurement import ROW_COLUMNS
from SkullRestoreLib.geometry.icosphere import spherical_grid, vertex_count
from SkullRestoreLib.records import Mesh
from SkullRestoreLib.skull_model.atlas import load_atlas


def sphere_skull(*, spacing=0.5, box=((-62.0, -62.0, 40.0), (62.0, 62.0, 91.0))) -> IntactSkull:
    """Make the top of a spherical skull as voxels."""
    bone = round_bone(no_cut_depth, spacing=spacing, low=box[0], high=box[1], ct=False)
    n = vertex_count(6)
    tables = np.tile([OUTER_MM, INNER_MM], (n, 1))
    everything = (slice(None),) * 3
    return IntactSkull(
        "sphere",
        bone.mask,
        bone.ijk_to_ras,
        everything,
        round_pose(),
        make_ray_map(tables, 6),
        tables,
        spherical_grid(6).directions[:, 2] > 0.4,
    )


def sphere_piece(skull: IntactSkull, degrees: float, direction=(0.0, 0.0, 1.0)) -> np.ndarray:
    """The bone inside a cone: the piece that a round hole lacks."""
    k, j, i = (np.arange(n, dtype=np.float32) for n in skull.bone.shape)
    m = skull.ijk_to_ras
    x, y, z = i * m[0, 0] + m[0, 3], j * m[1, 1] + m[1, 3], k * m[2, 2] + m[2, 3]
    inside = cone_depth(direction, degrees)(x[None, None, :], y[None, :, None], z[:, None, None]) > 0
    return skull.bone & inside


def dome_mesh(degrees: float, *, radius=OUTER_MM, shift=(0.0, 0.0, 0.0)) -> Mesh:
    """Make a round patch of a sphere around the top."""
    g = spherical_grid(7)
    inside = g.directions[:, 2] > np.cos(np.radians(degrees))
    faces = g.faces[inside[g.faces].all(axis=1)]
    used, flat = np.unique(faces, return_inverse=True)
    return Mesh(radius * g.directions[used] + shift, flat.reshape(-1, 3))


def circle_points(degrees: float, count: int = 24, *, radius=OUTER_MM) -> np.ndarray:
    """Points (count, 3) on a circle of the sphere."""
    turn, down = np.linspace(0, 2 * np.pi, count, endpoint=False), np.radians(degrees)
    return radius * np.stack(
        [np.sin(down) * np.cos(turn), np.sin(down) * np.sin(turn), np.full(count, np.cos(down))], axis=1
    )


@lru_cache(maxsize=1)
def phantom_skull() -> IntactSkull:
    """The phantom's head without its hole."""
    return analyse_phantom()


@remembered
def analyse_phantom() -> IntactSkull:
    """Analyse the head that :func:`phantom_skull` returns."""
    return analyse_intact_skull(
        "phantom", phantom_head().mask(intact=True), load_atlas(resources.weights_path("shape.safetensors"))
    )


@lru_cache(maxsize=1)
def phantom_case() -> EvaluationCase:
    """The phantom's head with its one hole."""
    skull = phantom_skull()
    intact = phantom_head().mask(intact=True)
    k, j, i = skull.box
    piece = (intact.array & ~phantom_head().mask().array)[k, j, i].astype(bool) & skull.bone
    case = CasePlan("phantom", Path("phantom.nrrd"), "parietal", (0, 0))
    return EvaluationCase(case, skull.remove_piece(piece), skull, (measure_ground_truth(skull, piece),), ("one hole",))


def table_row(**values) -> dict:
    """Make a row of a table: a good result, except for ``values``."""
    row = dict.fromkeys(ROW_COLUMNS, 0.0) | {
        "method": "m",
        "case": "a",
        "hole": 1,
        "region": "frontal",
        "disturbance": "",
        "grade": "good",
    }
    return row | {"found": True, "right": True, "true_area_cm2": 30.0, "area_cm2": 30.0, "note": ""} | values
