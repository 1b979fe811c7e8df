"""What is imported is declared: an environment made from pyproject.toml alone has everything that the code asks for."""

import ast
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]

# Where a package is imported by another name than it is installed by.
INSTALLED_AS = {
    "PIL": "pillow",
    "argon2": "argon2-cffi",
    "cc3d": "connected-components-3d",
    "distributed": "dask",
    "fast_simplification": "fast-simplification",
    "fpdf": "fpdf2",
    "importlinter": "import-linter",
    "skimage": "scikit-image",
    "slicer": "slicer-core",
    "vtkmodules": "vtk",
}
WITH_TRAME_SLICER = (
    "trame",
    "wslink",
    "aiohttp",
    "msgpack",
    "undo_stack",
)  # its own dependencies, at the versions that it pins
# Brought by 3D Slicer itself; nothing that pip could be asked for.
BY_THE_APPLICATION = {
    "SkullRestoreLib": {"slicer"},
    "SkullRestore": {
        "DICOMLib",
        "SampleData",
        "SegmentEditorEffects",
        "ctk",
        "qSlicerSegmentationsEditorEffectsPythonQt",
        "qt",
        "slicer",
    },
}
# PySide6: a quarter of a gigabyte for one picture, which `make panel-picture` installs. PyMeshLab: a second opinion on
# bodies, under the GPL, where somebody has installed it. The others: what is compared, where it is installed (decision
# 0176).
COMPARED = {"igl", "monai", "nibabel", "nnunetv2", "pyamg", "pyvista", "sksparse", "totalsegmentator"}
BY_ITS_TARGET = {"docs": {"PySide6"}, "benchmarks": {"pymeshlab", *COMPARED}}
OWN = {"SkullRestoreLib", "SkullRestorePanelLib"}


def names(requirements):
    return {canonicalize_name(Requirement(r).name) for r in requirements}


def imported(folder, *, at_load=False):
    """Third-party packages that a folder imports, when its files are loaded or anywhere: name -> files."""
    found = {}
    for path in sorted((ROOT / folder).rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in tree.body if at_load else ast.walk(tree):
            if isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                modules = [node.module]
            else:
                continue
            for module in modules:
                top = module.split(".")[0]
                if top not in sys.stdlib_module_names and top not in OWN and not _is_ours(top):
                    found.setdefault(top, set()).add(path.relative_to(ROOT).as_posix())
    return found


def _is_ours(module):
    """Whether it is a file of this repository that its neighbours import, or the folder of this test."""
    return module == Path(__file__).parent.name or any(
        (ROOT / folder / f"{module}.py").is_file() for folder in ("Testing", "benchmarks", "docs", "examples")
    )


def undeclared(found, declared, known=frozenset()):
    return {top: files for top, files in found.items() if top not in known and installed_as(top) not in declared}


def installed_as(top):
    return "trame-slicer" if top.startswith(WITH_TRAME_SLICER) else canonicalize_name(INSTALLED_AS.get(top, top))


@pytest.mark.parametrize("folder", ["SkullRestoreLib", "SkullRestore"])
def test_what_the_library_imports_is_a_declared_dependency(folder):
    declared = names(PROJECT["dependencies"]).union(*(names(extra) for extra in EXTRAS.values()))
    assert not undeclared(imported(folder), declared, BY_THE_APPLICATION[folder])


def test_what_is_imported_when_a_file_is_loaded_needs_no_extra():
    """An extra may be absent; a file that needs it must load and say so."""
    behind_a_check = (
        "SkullRestoreLib/training/",
        "SkullRestoreLib/web/",
        "SkullRestoreLib/prediction/spherical_unet.py",
    )
    missing = undeclared(
        imported("SkullRestoreLib", at_load=True), names(PROJECT["dependencies"]), BY_THE_APPLICATION["SkullRestoreLib"]
    )
    assert not {file for files in missing.values() for file in files if not file.startswith(behind_a_check)}


@pytest.mark.parametrize("folder", ["Testing", "benchmarks", "docs"])
def test_what_tests_and_benchmarks_import_is_what_make_test_installs(folder):
    declared = names(PROJECT["dependencies"]) | names(EXTRAS["dev"])
    assert set(undeclared(imported(folder), declared)) <= BY_ITS_TARGET.get(folder, set())


def test_the_guard_sees_an_import_that_nobody_declared(tmp_path, monkeypatch):
    (tmp_path / "SkullRestoreLib").mkdir()
    (tmp_path / "SkullRestoreLib" / "some.py").write_text("def f():\n    import click\n    import numpy.linalg\n")
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    assert set(undeclared(imported("SkullRestoreLib"), names(PROJECT["dependencies"]))) == {"click"}


# --- what restoring needs is small


ONLY_FOR_TRAINING = ("torch", "lightning", "pytorch", "nvidia", "cuda", "triton")
LARGEST_INSTALLATION_MB = 950
"""Of everything that `make restore` installs: less than a gigabyte on the disk, with what Python compiles later."""
VTK_MB = 443
"""Of the VTK in requirements.txt; slicer-core has the tests run with another one."""


def pins(file):
    lines = [line for line in (ROOT / file).read_text(encoding="utf-8").splitlines() if line and line[0] not in "#-"]
    return {canonicalize_name(r.name): str(r.specifier) for r in map(Requirement, lines)}


def brought_by(wanted):
    """Everything that is installed with some packages, as the metadata of the installed ones say."""
    found, left = set(), [Requirement(name) for name in wanted]
    while left:
        requirement = left.pop()
        name = canonicalize_name(requirement.name)
        if name in found:
            continue
        found.add(name)
        for one in map(Requirement, metadata.requires(name) or ()):
            extras = requirement.extras or {""}
            if one.marker is None or any(one.marker.evaluate({"extra": extra}) for extra in extras):
                left.append(one)
    return found


def size_mb(name):
    return sum(file.size or 0 for file in metadata.files(name)) / 1e6


@pytest.mark.parametrize("source", ["pyproject.toml", "requirements.txt"])
def test_restoring_brings_neither_torch_nor_anything_for_graphics_cards(source):
    wanted = PROJECT["dependencies"] if source == "pyproject.toml" else pins(source)
    assert not [name for name in brought_by(wanted) if name.startswith(ONLY_FOR_TRAINING)]


def test_the_guard_against_torch_sees_what_a_package_brings_along():
    assert {"torch", "numpy"} <= brought_by(["lightning"])


def test_what_restoring_needs_takes_less_than_a_gigabyte():
    sizes = {
        name: VTK_MB if name == "vtk" else size_mb(name) for name in brought_by([*pins("requirements.txt"), "pip"])
    }
    largest = sorted(sizes.items(), key=lambda item: -item[1])[:8]
    assert sum(sizes.values()) < LARGEST_INSTALLATION_MB, largest


def test_the_tests_run_with_the_packages_that_restoring_is_installed_with():
    run, dev = pins("requirements.txt"), pins("requirements-dev.txt")
    assert {name for name, version in run.items() if dev.get(name) != version} == {"vtk"}


def test_the_wheel_is_small():
    files = [path for folder in ("SkullRestoreLib", "Resources") for path in (ROOT / folder).rglob("*")]
    taken = [p.stat().st_size for p in files if p.is_file() and "__pycache__" not in p.parts]
    assert sum(taken) < 10e6  # before it is compressed
