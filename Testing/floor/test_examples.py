"""The examples in the docstrings of the floor and of what stands on it directly."""

import doctest
import importlib
import pkgutil

import numpy as np
import pytest

import SkullRestoreLib._system
import SkullRestoreLib.geometry
import SkullRestoreLib.skull_model

FLOOR = [f"SkullRestoreLib.{name}" for name in ("affine", "errors", "patient_identity", "records", "settings")]
PACKAGES = (SkullRestoreLib.geometry, SkullRestoreLib.skull_model, SkullRestoreLib._system)
MODULES = [
    *FLOOR,
    *(f"{package.__name__}.{module.name}" for package in PACKAGES for module in pkgutil.iter_modules(package.__path__)),
]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_the_docstrings_are_right(name):
    module = importlib.import_module(name)
    assert doctest.testmod(module, extraglobs={"np": np}).failed == 0
