"""The outer table as a map: what is seen of the bone along one direction."""

import numpy as np
import pytest

from SkullRestoreLib.affine import compose_affine
from SkullRestoreLib.geometry.icosphere import spherical_grid
from SkullRestoreLib.planning.outer_table import map_outer_table
from SkullRestoreLib.records import Bone, Pose, VaultTables

RADIUS_MM, THICKNESS_MM, TOP_MM = 60.0, 8.0, 57.0
"""The scan ends under the top of the ball: the hollow ball is open there."""


@pytest.mark.parametrize("hounsfield", [False, True])
def test_bone_that_the_scan_cuts_off_is_not_looked_into(hounsfield):
    axis = np.arange(-64.0, 64.0, 1.0)
    up = np.arange(-20.0, TOP_MM, 1.0)
    radius = np.sqrt(axis[None, None, :] ** 2 + axis[None, :, None] ** 2 + up[:, None, None] ** 2)
    shell = (radius <= RADIUS_MM) & (radius >= RADIUS_MM - THICKNESS_MM)
    field = np.where(shell, 1000, -50).astype(np.int16) if hounsfield else shell.astype(np.uint8)
    bone = Bone(field, 300.0 if hounsfield else 0.5, shell, compose_affine(np.eye(3), [axis[0], axis[0], up[0]]))
    full = np.full(len(spherical_grid(4).directions), 1.0)
    tables = VaultTables(4, RADIUS_MM * full, (RADIUS_MM - THICKNESS_MM) * full, full, full, full, full)
    around = np.array([[20.0, 0, 54], [-20, 0, 54], [0, 20, 54], [0, -20, 54]])
    table = map_outer_table(bone, Pose(np.eye(4), 1.0, 1.0), tables, around, np.array([0.0, 0, 1]), beyond_mm=5.0)
    heights = table.on_surface(np.array([[0.0, 0.0], [5.0, 5.0]]))[:, 2]
    np.testing.assert_allclose(heights, up[-1], atol=1.0)
