"""The bone's surface in a box: where it is, how it is turned, and that it is closed where the scan ends."""

import numpy as np
import pytest

from SkullRestoreLib.affine import apply_affine
from SkullRestoreLib.geometry.isosurface import bone_surface_in_box
from SkullRestoreLib.geometry.triangles import face_normals
from SkullRestoreLib.records import Bone

RADIUS = 6.0


def ball(shape=(20, 22, 24), middle=(11.5, 10.5, 9.5), ijk_to_ras=None):
    """Bone in the form of a ball; ``middle`` in i, j, k."""
    k, j, i = np.meshgrid(*(np.arange(n) for n in shape), indexing="ij")
    depth = RADIUS - np.sqrt((i - middle[0]) ** 2 + (j - middle[1]) ** 2 + (k - middle[2]) ** 2)
    hu = np.clip(300 + 500 * depth, -1000, 1500).astype(np.int16)
    return Bone(hu, 300.0, hu >= 300, np.eye(4) if ijk_to_ras is None else ijk_to_ras)


def volume(surface):
    a, b, c = (surface.vertices[surface.faces[:, n]] for n in range(3))
    return float(np.einsum("ni,ni->", a, np.cross(b, c)) / 6)


def open_edges(surface):
    edges = np.sort(np.concatenate([surface.faces[:, [0, 1]], surface.faces[:, [1, 2]], surface.faces[:, [2, 0]]]))
    return int((np.unique(edges, axis=0, return_counts=True)[1] == 1).sum())


@pytest.mark.parametrize("mirrored", [False, True])
def test_faces_are_turned_out_of_the_bone_in_a_mirrored_grid_too(mirrored):
    ijk_to_ras = np.diag([-0.5 if mirrored else 0.5, 0.6, 0.7, 1.0])
    surface = bone_surface_in_box(ball(ijk_to_ras=ijk_to_ras), np.zeros(3), np.full(3, 99.0))
    assert open_edges(surface) == 0
    assert volume(surface) == pytest.approx(4 / 3 * np.pi * RADIUS**3 * 0.5 * 0.6 * 0.7, rel=0.02)
    centres = surface.vertices[surface.faces].mean(axis=1) - apply_affine(ijk_to_ras, [11.5, 10.5, 9.5])
    assert (np.einsum("ni,ni->n", centres, face_normals(surface.vertices, surface.faces)) > 0).all()


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("at_end", [False, True])
def test_bone_that_the_scan_cuts_off_is_closed_there(axis, at_end):
    middle = np.array([11.5, 10.5, 9.5])
    middle[axis] = (24, 22, 20)[axis] - 1 if at_end else 0
    surface = bone_surface_in_box(ball(middle=middle), np.zeros(3), np.full(3, 99.0))
    assert open_edges(surface) == 0
    assert volume(surface) == pytest.approx(2 / 3 * np.pi * RADIUS**3, rel=0.1), "half of the ball"


def test_a_box_is_open_where_the_bone_goes_on_in_the_scan():
    surface = bone_surface_in_box(ball(), np.array([0.0, 0, 0]), np.array([11.5, 99, 99]))
    assert open_edges(surface) > 10
    assert surface.vertices[:, 0].max() == pytest.approx(12, abs=0.01)


def test_a_box_outside_of_the_scan_or_without_bone_holds_no_surface():
    for low, high in ((-30.0, -20.0), (99.0, 120.0), (0.0, 2.0)):
        assert not len(bone_surface_in_box(ball(), np.full(3, low), np.full(3, high)).faces)
