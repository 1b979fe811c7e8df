"""A surface is simplified in a process of its own, with the same result."""

import numpy as np
from helpers_intake import ellipsoid_mesh

from SkullRestoreLib._system import own_process
from SkullRestoreLib.geometry.decimation import decimate
from SkullRestoreLib.pipeline.decimate_alongside import start_to_decimate
from SkullRestoreLib.records import Mesh


def test_a_copy_made_in_a_process_of_its_own_is_the_same():
    mesh = Mesh(*ellipsoid_mesh(90.0, 4), ("noted",))
    take = start_to_decimate(mesh, max_faces=2000)
    here, there = decimate(mesh, max_faces=2000), take()
    np.testing.assert_array_equal(there.vertices, here.vertices)
    np.testing.assert_array_equal(there.faces, here.faces)
    assert there.findings == ("noted",)


def test_where_no_process_can_be_started_the_copy_is_made_here(monkeypatch):
    monkeypatch.setattr(own_process.sys, "executable", "/nowhere/python")
    mesh = Mesh(*ellipsoid_mesh(90.0, 4))
    assert len(start_to_decimate(mesh, max_faces=2000)().faces) <= 2100


def test_a_small_mesh_starts_no_process(monkeypatch):
    monkeypatch.setattr(own_process.subprocess, "run", None)
    mesh = Mesh(*ellipsoid_mesh(90.0, 3))
    assert start_to_decimate(mesh, max_faces=2000)() is mesh
