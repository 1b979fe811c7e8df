"""The table of other tools: what is not installed is left out and named, what fails is shown."""

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

import bench
from bench_baselines import BASELINES, BaselineTool

MEASURED = {"wall": 2.0, "cpu": 2.0, "mb": 500.0, "scale": 1, "remark": "as usual"}


def test_a_tool_that_is_not_installed_is_no_row_and_is_named_below_the_table():
    text = bench.baselines_table({"drawn": MEASURED, "drawn pyvista": {"missing": "pyvista"}})
    table, below = text.split("\n\n")
    assert table.count("| drawn skull |") == 1
    assert "PyVista (`pip install pyvista`; no module pyvista)" in below


def test_with_every_tool_installed_nothing_follows_the_table():
    text = bench.baselines_table({"drawn": MEASURED, "drawn pyvista": {**MEASURED, "cpu": 20.0}})
    assert text.splitlines()[-1].startswith("| drawn skull | PyVista | 2 | 20 | 500 | 10 |")


@pytest.mark.parametrize("install", ["some-tool", ""])
def test_only_a_tool_that_nobody_requires_may_be_missing(install, monkeypatch):
    def work(_ready):
        raise ModuleNotFoundError("No module named 'some_tool'", name="some_tool")

    monkeypatch.setitem(BASELINES, "some", BaselineTool("task", "some", lambda ct: ct, work, install))
    monkeypatch.setattr(bench, "load_ct", lambda _size: None)
    if install:
        assert bench.measure_tool("some") == {"missing": "some_tool"}
    else:
        with pytest.raises(ImportError):
            bench.measure_tool("some")


def test_the_project_is_measured_before_the_tools_that_are_compared_with_it():
    first = {}
    for tool in BASELINES.values():
        first.setdefault(tool.task, tool.by)
    assert set(first.values()) == {"SkullRestore"}


def test_folders_on_the_python_path_reach_the_measuring_processes(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "some-folder")
    assert bench.measuring_environment()["PYTHONPATH"].split(os.pathsep)[-1] == "some-folder"


def test_of_several_runs_the_median_of_each_number_counts():
    runs = [[{"step": "find the head", "wall": wall, "cpu": 1.0, "mb": 400.0}] for wall in (3.0, 1.0, 1.5)]
    assert bench.median_rows(runs) == [{"step": "find the head", "wall": 1.5, "cpu": 1.0, "mb": 400.0}]


def test_the_complete_command_is_stated_with_its_slices_and_units():
    sentence = bench.command_sentence({"slices": 300, "wall": 9.04, "cpu": 15.0, "mb": 1000.4, "repeats": 5})
    assert "300 slices" in sentence
    assert "**9.0 s** of 5, 15.0 s of processor time" in sentence
    assert "at most 1000 MB" in sentence
