"""Restoring needs no torch: every front end loads, and the network predicts, where torch cannot be imported at all."""

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve()
BLOCK = """
import importlib.abc, sys
class Blocked(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.split(".")[0] in ("torch", "lightning", "triton", "nvidia"):
            raise ModuleNotFoundError(f"{name} is not installed", name=name)
sys.meta_path.insert(0, Blocked())
"""
PREDICT = """
import numpy as np
from helpers_rays import make_ray_map
import SkullRestoreLib as sr
from SkullRestoreLib._system import resources
from SkullRestoreLib.geometry.icosphere import spherical_grid, values_at_level
from SkullRestoreLib.skull_model.atlas import load_atlas
tables = values_at_level(load_atlas(resources.weights_path("shape.safetensors")).model.mean, 6)
tables[spherical_grid(6).directions[:, 2] > 0.9] = np.nan
print(sr.predict(make_ray_map(tables, 6)).missing[spherical_grid(6).directions[:, 2] > 0.95].mean())
"""


def run_blocked(program):
    paths = [str(HERE.parents[2]), str(HERE.parents[1])]
    done = subprocess.run(
        [sys.executable, "-c", f"{BLOCK}\nsys.path[:0] = {paths!r}\n{program}"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_the_network_predicts_where_torch_cannot_be_imported():
    assert float(run_blocked(PREDICT)) > 0.5


@pytest.mark.slow
@pytest.mark.parametrize(
    "modules",
    [
        "SkullRestoreLib.cli.restore SkullRestoreLib.cli.evaluate SkullRestoreLib.cli.batch SkullRestoreLib.cli.main",
        "SkullRestoreLib.pipeline.api SkullRestoreLib.pipeline.step_functions SkullRestoreLib.prediction.network "
        "SkullRestoreLib.evaluation.methods.compared_methods",
        "SkullRestoreLib.session SkullRestoreLib.web.worker",
    ],
    ids=["command line", "library", "web worker and 3D Slicer"],
)
def test_a_front_end_loads_where_torch_cannot_be_imported(modules):
    if "web" in modules:
        pytest.importorskip("trame_slicer")
    names = modules.split()
    run_blocked("".join(f"import {name}\n" for name in names))
