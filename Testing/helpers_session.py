"""What the tests of a session share: quick settings, a head with two holes, and places on a restored surface.

The fixtures are in conftest.py.
"""

import numpy as np
from helpers_head import phantom_head

from SkullRestoreLib.scene import models
from SkullRestoreLib.session import Session
from SkullRestoreLib.settings import Settings

FAST = Settings(level=5)


def bilateral_head():
    """A head with a hole on each side."""
    return phantom_head("temporal", 6.0, bilateral=True, seed=1)


def open_session(app, made, *, name="Head CT", **options):
    """A session on a head in an application's scene."""
    return Session(app.scene, app.volume(made.ct, made.ijk_to_ras, name), **options)


def surface_vertices(session, number=1):
    """(n, 3) vertices of a restored surface as it is drawn."""
    return models.model_vertices(session.case_node.GetNodeReference(f"surface{number}"))


def surface_middle(session, number=1):
    """A place in the middle of a hole, on the surface, and the way outwards."""
    vertices = surface_vertices(session, number)
    centre = vertices[np.linalg.norm(vertices - vertices.mean(axis=0), axis=1).argmin()]
    out = centre - session.pose.head_to_ras[:3, 3]
    return centre, out / np.linalg.norm(out)


def with_block_in_the_hole(made, hu):
    """The head's CT with a block of 3 x 3 x 3 voxels in the middle of its hole."""
    hole = np.argwhere(made.missing > 0)
    at = hole[np.linalg.norm(hole - hole.mean(axis=0), axis=1).argmin()]
    ct = made.ct.copy()
    ct[at[0] - 1 : at[0] + 2, at[1] - 1 : at[1] + 2, at[2] - 1 : at[2] + 2] = hu
    return ct, made.ijk_to_ras[:3, :3] @ at[::-1] + made.ijk_to_ras[:3, 3]
