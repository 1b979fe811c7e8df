"""What the tests of a session share: quick settings, a head with two holes, and places on a restored surface. The fixtures stand in conftest.py."""

import numpy as np
from helpers_head import head

from SkullRestoreLib.scene import models
from SkullRestoreLib.session import Session
from SkullRestoreLib.settings import Settings

FAST = Settings(level=5)


def two():
    """A head with a hole on each side."""
    return head("temporal", 6.0, bilateral=True, seed=1)


def opened(app, made, *, name="Head CT", **options):
    """A session on a head in an application's scene."""
    return Session(app.scene, app.volume(made.ct, made.ijk_to_ras, name), **options)


def surface(session, number=1):
    """(n, 3) vertices of a restored surface as it is drawn."""
    return models.vertices_of(session.case.GetNodeReference(f"surface{number}"))


def middle(session, number=1):
    """A place in the middle of a hole, on the surface, and the way outwards."""
    vertices = surface(session, number)
    centre = vertices[np.linalg.norm(vertices - vertices.mean(axis=0), axis=1).argmin()]
    out = centre - session._design.found.seen.pose.head_to_ras[:3, 3]
    return centre, out / np.linalg.norm(out)
