"""Every line of Python that the documentation shows runs: README, docstrings, tutorials."""

import doctest
import inspect
import re
import runpy
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

import SkullRestoreLib as sr
from SkullRestoreLib import phantom
from SkullRestoreLib._system import resources
from SkullRestoreLib.pipeline.write_result import FORMAT_PACKAGES

ROOT = Path(__file__).resolve().parents[2]
FUNCTIONS = [name for name in sr.__all__ if inspect.isfunction(getattr(sr, name))]
PAGES = ["README.md", "docs/get-started/python.md"]
EXAMPLES = sorted(path.name for path in (ROOT / "examples").glob("0*.py"))


NAMES_AFTER = {}
"""Names that a block of lines left behind, by the block: pages that begin in the same way run it once."""


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_the_python_lines_of_a_page_run_as_they_are_written(page, home, face):
    blocks = re.findall(r"^```python\n(.*?)^```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    names = {}
    for block in blocks:
        if block not in NAMES_AFTER:
            shutil.rmtree(home / "out" / "restored", ignore_errors=True)
            exec(compile(block, page, "exec"), names)
            NAMES_AFTER[block] = dict(names)
        names |= NAMES_AFTER[block]
    assert names["implant"].passed
    assert [defect.region for defect in names["result"].defects] == ["parietal"]


@pytest.mark.parametrize("page", [*PAGES, *(f"examples/{example}" for example in EXAMPLES)])
def test_the_formats_that_the_first_lines_ask_for_need_no_extra(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    formats = re.findall(r'"(\w+)"', "".join(re.findall(r"formats=\(([^)]*)\)", text)))
    assert not set(formats) & set(FORMAT_PACKAGES), "whoever has followed the page so far gets an error here"


@pytest.mark.slow
@pytest.mark.parametrize("name", [*FUNCTIONS, "Restoration.with_points", "Restoration.with_mask", "the package"])
def test_the_examples_of_a_docstring_run(name, home, face):
    value = sr
    for part in () if name == "the package" else name.split("."):
        value = getattr(value, part)
    globs = vars(face) | {"sr": sr, "read": sr.read, "list_series": sr.list_series}
    found = doctest.DocTestFinder(recurse=False).find(value, name, globs=globs)
    assert sum(len(test.examples) for test in found), "it has no example"
    runner = doctest.DocTestRunner()
    said = []
    for test in found:
        runner.run(test, out=said.append)
    assert runner.failures == 0, "".join(said)


EXPECTED = {
    "01_restore.py": "defect 1: right parietal, ",
    "02_edit_a_point.py": "moved by the user: True",
    "03_implant.py": "mL, passed all checks",
    "04_many_cases.py": "case 2: 1 defects, ",
    "05_compare.py": "RMS ",
    "06_train.py": "1 defects",
}


def pretend_to_train(command, *, check):
    """What training leaves: weights in the folder that was asked for."""
    assert command[:4] == [sys.executable, "-m", "SkullRestoreLib.cli", "train"]
    assert len(list(Path(command[command.index("--skulls") + 1]).iterdir())) == 12
    assert check
    out = Path(command[command.index("--out") + 1])
    out.mkdir(parents=True)
    for name in ("network.safetensors", "shape.safetensors"):
        shutil.copy(resources.weights_path(name), out / name)


def copy_sample(sample, folder, **_):
    """Other heads would take a minute; the scripts need only their files."""
    shutil.copytree(sample, folder, dirs_exist_ok=True)


@pytest.mark.slow
@pytest.mark.parametrize("example", EXAMPLES)
def test_a_script_of_the_tutorials_runs_and_prints_what_it_promises(example, home, face, capsys, monkeypatch):
    monkeypatch.setattr(subprocess, "run", pretend_to_train)
    monkeypatch.setattr(phantom, "write_phantom", partial(copy_sample, home / "sample"))
    monkeypatch.syspath_prepend(ROOT / "examples")
    runpy.run_path(str(ROOT / "examples" / example))
    printed = capsys.readouterr()
    assert EXPECTED[example] in printed.out
    if example == "04_many_cases.py":
        assert "case 3: There are no DICOM images" in printed.out
    if example == "01_restore.py":
        assert " 5 %  segment the bone" in printed.err
