"""Closed triangles to solids of manifold3d: from triangles, and from height fields."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.errors import ImplantError

if TYPE_CHECKING:
    from manifold3d import Manifold


def make_solid(vertices: NDArray[np.float64], faces: NDArray[np.int64], source: str) -> "Manifold":
    """Make a solid of closed triangles, turned outwards.

    Parameters
    ----------
    vertices
        (n, 3), mm.
    faces
        (m, 3) vertex numbers, all in the same direction.
    source
        What the triangles are made from, for the error.

    Raises
    ------
    ImplantError
        If the triangles do not close.
    """
    from manifold3d import Error, Manifold, Mesh64

    a, b, c = (vertices - vertices.mean(axis=0))[faces].transpose(1, 0, 2)
    faces = faces if (a * np.cross(b, c)).sum() >= 0 else faces[:, ::-1]
    body = Manifold(
        Mesh64(np.ascontiguousarray(vertices, dtype=np.float64), np.ascontiguousarray(faces, dtype=np.uint64))
    )
    if body.status() != Error.NoError:
        raise ImplantError(
            f"No closed body can be made from {source} ({body.status().name}); "
            "move its reference points and restore it again."
        )
    return body


def height_field_solid(
    uv: NDArray[np.float64], height: NDArray[np.float64], end: float | NDArray[np.float64], source: str
) -> "Manifold":
    """Make a block between a height field and a plane, or between two height fields.

    Two height fields over the same nodes cannot fold and cannot cross: such a block never cuts itself.

    Parameters
    ----------
    uv
        (nu, nv, 2), mm, the nodes.
    height
        (nu, nv), mm, at the nodes.
    end
        Height of the plane, or (nu, nv) of the second field, mm; the first does not cross it.
    source
        What the block is, for the error.

    Raises
    ------
    ImplantError
        If the triangles do not close.
    """
    nu, nv = height.shape
    field = np.concatenate([uv, height[..., None]], axis=2).reshape(-1, 3)
    other = np.column_stack([field[:, :2], np.broadcast_to(end, height.shape).ravel()])
    k = np.arange(nu * nv).reshape(nu, nv)
    a, b, c, d = (k[i : i + nu - 1, j : j + nv - 1].ravel() for i, j in ((0, 0), (1, 0), (1, 1), (0, 1)))
    sheet = np.concatenate([np.column_stack([a, b, c]), np.column_stack([a, c, d])])
    around = np.concatenate([k[:, 0], k[-1, 1:], k[-2::-1, -1], k[0, -2:0:-1]])
    p, q = around, np.roll(around, -1)
    n = len(field)
    wall = np.concatenate([np.column_stack([p, p + n, q + n]), np.column_stack([p, q + n, q])])
    return make_solid(np.concatenate([field, other]), np.concatenate([sheet, sheet[:, ::-1] + n, wall]), source)
