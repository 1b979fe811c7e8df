"""Simplify a surface in a process of its own while something else is computed: it holds Python's lock for seconds."""

import os
from collections.abc import Callable
from functools import partial

import numpy as np

from SkullRestoreLib._system.own_process import CallFailedError, start_in_own_process
from SkullRestoreLib.geometry.decimation import decimate, decimate_arrays
from SkullRestoreLib.records import Mesh

SECONDS_BASE, SECONDS_PER_FACE, MEMORY_BYTES = 30.0, 2e-4, 8e9
"""How long a process of its own may take, many times what it needs, and how much address space."""


def start_to_decimate(mesh: Mesh, *, max_faces: int) -> Callable[[], Mesh]:
    """Start simplifying a mesh in a process of its own, and go on meanwhile.

    Parameters
    ----------
    mesh, max_faces
        As for :func:`decimate`.

    Returns
    -------
    callable
        Waits for the simplified mesh and returns it, the same as :func:`decimate`. A small mesh, or one on a computer
        with a single core, is simplified only then.
    """
    if len(mesh.faces) <= max_faces or (os.cpu_count() or 1) < 2:
        return partial(decimate, mesh, max_faces=max_faces)
    arrays = {"vertices": mesh.vertices, "faces": mesh.faces, "max_faces": np.array(max_faces)}
    limits = {"seconds": SECONDS_BASE + len(mesh.faces) * SECONDS_PER_FACE, "memory_bytes": MEMORY_BYTES}
    wait = start_in_own_process(decimate_arrays.__module__, decimate_arrays.__name__, arrays=arrays, **limits)

    def wait_for_mesh() -> Mesh:
        try:
            answer = wait()
        except CallFailedError:  # where no process can be started, or it was ended
            return decimate(mesh, max_faces=max_faces)
        return Mesh(answer["vertices"], answer["faces"], mesh.findings, mesh.side_known)

    return wait_for_mesh
