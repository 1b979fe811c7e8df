"""The rules of the house, held by tools."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LIBRARY = sorted((ROOT / "SkullRestoreLib").rglob("*.py"))

# The only files that may import more than the standard library, numpy and scipy when they are loaded.
ALSO = {name: {"typer"} for name in ("cli.py", "cli_batch.py", "cli_evaluate.py", "cli_options.py", "cli_show.py", "cli_web.py")}
TORCH = {"network", "training"}
SCENE = {"scene", "session"}
"""Rooms that only ever run where there is a MRML scene: VTK is loaded already."""
WEB = {"web"}
"""The browser door is loaded by its own command and its own processes only."""


def test_the_import_contracts_hold():
    program = "from importlinter.cli import lint_imports_command; lint_imports_command()"  # a process of its own: it turns all loggers off
    command = [sys.executable, "-c", program, "--config", str(ROOT / "pyproject.toml"), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", LIBRARY, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_a_file_of_the_library_loads_nothing_heavy(path):
    allowed = {"numpy", "scipy", "SkullRestoreLib", *sys.stdlib_module_names, *ALSO.get(path.name, ())}
    if TORCH & {*path.parts, path.stem}:
        allowed |= {"torch", "lightning"}
    if SCENE & {*path.parts, path.stem}:
        allowed |= {"vtkmodules"}
    if WEB & {*path.parts, path.stem}:
        allowed |= {"aiohttp", "jinja2", "slicer", "trame", "trame_slicer", "vtkmodules"}
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        names = (
            [a.name for a in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
        for name in names:
            assert name.split(".")[0] in allowed, f"line {node.lineno}: import {name} inside the function that needs it"


HEAVY = {
    "torch",
    "lightning",
    "vtk",
    "vtkmodules",
    "SimpleITK",
    "trimesh",
    "embreex",
    "PIL",
    "jinja2",
    "pydicom",
    "matplotlib",
    "dask",
    "distributed",
}


def loaded_by(code):
    told = f"import sys; {code}; print(*sorted({{m.split('.')[0] for m in sys.modules}}))"
    return set(subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True).stdout.split())


def test_the_command_line_starts_without_anything_heavy():
    assert not (HEAVY | {"numpy", "scipy"}) & loaded_by("import SkullRestoreLib.cli")


def test_the_first_work_of_a_restoration_waits_for_nothing_heavy():
    """What a room needs is loaded when its step begins: torch alone takes longer than reading a CT."""
    assert not HEAVY & loaded_by("from SkullRestoreLib import closeup, export, pipeline, read, render, report")
