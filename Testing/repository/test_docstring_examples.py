"""Every example in a docstring of the library runs and gives what it shows."""

import doctest
import importlib
import pkgutil

import numpy as np
import pytest

import SkullRestoreLib

NEED_A_HEAD = {
    "SkullRestoreLib.io.read",
    "SkullRestoreLib.pipeline.api",
    "SkullRestoreLib.pipeline.check_input",
    "SkullRestoreLib.pipeline.editable",
    "SkullRestoreLib.pipeline.step_functions",
}
"""Their examples begin with a restored head: the tests of the public face run them."""
MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(SkullRestoreLib.__path__, "SkullRestoreLib.")
    if module.name not in NEED_A_HEAD and not module.name.endswith("__main__")
)


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_give_what_they_show(name):
    module = importlib.import_module(name)
    said = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    for test in doctest.DocTestFinder(exclude_empty=True).find(module, name, extraglobs={"np": np}):
        runner.run(test, out=said.append)
    assert runner.failures == 0, "".join(said)
