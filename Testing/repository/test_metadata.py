"""What is written in several places must be the same in all of them, and what is needed must be shipped."""

import ast
import json
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

import SkullRestoreLib
from SkullRestoreLib._system.resources import ResourceError, resource_path

ROOT = Path(__file__).resolve().parents[2]


def text(name):
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def cmake():
    return dict(re.findall(r'^set\(EXTENSION_(\w+) "(.*)"\)$', text("CMakeLists.txt"), re.MULTILINE))


@pytest.fixture(scope="module")
def entry():
    return json.loads(text("SkullRestore.json"))


@pytest.fixture(scope="module")
def s4ext():
    lines = [line for line in text("SkullRestore.s4ext").splitlines() if line and not line.startswith("#")]
    return {key: value for key, _, value in (line.partition(" ") for line in lines)}


# --- 3D Slicer's extension files


def test_the_index_entry_has_exactly_the_keys_that_its_schema_knows(entry):
    assert "v1.0.2" in entry.pop("$schema")
    known = {
        "category",
        "scm_url",
        "scm_revision",
        "build_dependencies",
        "build_subdirectory",
        "tier",
        "enabled",
        "dicom_support_rule",
    }
    assert set(entry) == known
    assert entry["dicom_support_rule"] == "Modality == 'CT'"


def test_cmake_s4ext_and_index_entry_agree(cmake, entry, s4ext):
    assert cmake["CATEGORY"] == entry["category"] == s4ext["category"] == "Planning"
    assert entry["build_dependencies"] == []
    assert cmake["DEPENDS"] == s4ext["depends"] == "NA"  # as Slicer's template says: no other extension
    assert entry["scm_url"] == s4ext["scmurl"] == cmake["HOMEPAGE"] + ".git"
    assert entry["scm_revision"] == s4ext["scmrevision"]
    assert entry["build_subdirectory"] == s4ext["build_subdirectory"]
    assert entry["enabled"] == (s4ext["enabled"] == "1")
    for key in ("HOMEPAGE", "CONTRIBUTORS", "DESCRIPTION", "ICONURL", "SCREENSHOTURLS"):
        assert cmake[key] == s4ext[key.lower()], key


def test_the_project_is_named_as_the_index_wants_it(entry):
    assert re.search(r"^project\(SkullRestore\)$", text("CMakeLists.txt"), re.MULTILINE)
    assert entry["scm_url"].endswith("/SlicerSkullRestore.git")
    assert (ROOT / "LICENSE.txt").is_file()


def test_icon_and_screenshot_are_files_of_the_repository(cmake):
    from PIL import Image

    for key in ("ICONURL", "SCREENSHOTURLS"):
        path = ROOT / cmake[key].split("/main/", 1)[1]
        assert path.suffix == ".png"
        assert path.is_file(), path
    with Image.open(resource_path("Icons/SkullRestore.png")) as icon:
        assert icon.size == (128, 128)


def test_cmake_installs_every_file_of_the_library_and_of_resources(tmp_path):
    if shutil.which("cmake") is None:
        pytest.skip("cmake is not installed")
    (tmp_path / "CMakeLists.txt").write_text(
        f"""
        cmake_minimum_required(VERSION 3.16)
        project(Outer NONE)
        set(SkullRestore_SOURCE_DIR "{ROOT.as_posix()}")
        set(Slicer_QTSCRIPTEDMODULES_LIB_DIR "modules")
        set(Slicer_INSTALL_QTSCRIPTEDMODULES_LIB_DIR "modules")
        macro(slicerMacroBuildScriptedModule)
        endmacro()
        add_subdirectory("{(ROOT / "SkullRestore").as_posix()}" module)
        """
    )
    for command in (["-S", ".", "-B", "build"], ["--build", "build"], ["--install", "build", "--prefix", "installed"]):
        subprocess.run(["cmake", *command], cwd=tmp_path, check=True, capture_output=True)
    for place in ("build", "installed"):
        shipped = {
            p.relative_to(tmp_path / place / "modules")
            for p in (tmp_path / place / "modules").rglob("*")
            if p.is_file()
        }
        for part in ("SkullRestoreLib", "Resources"):
            needed = {
                p.relative_to(ROOT) for p in (ROOT / part).rglob("*") if p.is_file() and "__pycache__" not in p.parts
            }
            assert needed <= shipped, place


def test_every_file_of_the_module_is_listed_for_slicer():
    listed = text("SkullRestore/CMakeLists.txt").split("set(MODULE_PYTHON_SCRIPTS", 1)[1].split(")", 1)[0]
    lines = [line.strip() for line in listed.splitlines() if line.strip() and not line.strip().startswith("#")]
    named = {line.replace("${MODULE_NAME}", "SkullRestore") for line in lines}
    there = {p.relative_to(ROOT / "SkullRestore").as_posix() for p in (ROOT / "SkullRestore").rglob("*.py")}
    assert named == there
    assert "SCRIPTS ${MODULE_PYTHON_SCRIPTS}" in text("SkullRestore/CMakeLists.txt")


def test_every_file_that_slicer_takes_for_a_module_is_one_and_only_the_panel_is_seen():
    """Slicer loads each file next to the module's own, looks for the class of its name, and lists it in its menu."""
    files = sorted((ROOT / "SkullRestore").glob("*.py"))
    assert [p.stem for p in files] == ["SkullRestore", "SkullRestoreDICOMPlugin"]
    for path in files:
        (hook,) = (n for n in ast.parse(path.read_text(encoding="utf-8")).body if getattr(n, "name", "") == path.stem)
        assert isinstance(hook, ast.ClassDef)
        assert ("parent.hidden = True" in ast.unparse(hook)) == (path.stem != "SkullRestore")


# --- the Python package


def test_a_wheel_holds_the_library_with_its_resources_and_no_tests():
    from setuptools import find_packages

    found = find_packages(str(ROOT), include=["SkullRestoreLib", "SkullRestoreLib.*"])
    folders = {
        p.parent.relative_to(ROOT).as_posix().replace("/", ".") for p in (ROOT / "SkullRestoreLib").rglob("*.py")
    }
    assert set(found) == folders, "a folder of the library lacks __init__.py"
    depth = max(len(p.relative_to(ROOT / "Resources").parts) for p in (ROOT / "Resources").rglob("*"))
    assert depth <= 2, "setup.py takes Resources/* and Resources/*/*"


def test_every_dependency_is_pinned_within_its_range():
    from packaging.requirements import Requirement

    project = tomllib.loads(text("pyproject.toml"))["project"]
    extras = project["optional-dependencies"]
    for wanted, files in (
        (project["dependencies"], ["requirements.txt"]),
        (extras["train"] + extras["dev"], ["requirements.txt", "requirements-dev.txt"]),
    ):
        lines = [line for name in files for line in text(name).splitlines() if line and line[0] not in "#-"]
        pins = {r.name.lower(): next(iter(r.specifier)) for r in map(Requirement, lines)}
        for requirement in map(Requirement, wanted):
            pin = pins[requirement.name.lower()]
            assert pin.operator == "=="
            assert requirement.specifier.contains(pin.version), requirement


def test_torch_is_the_version_that_the_tests_ran_with():
    assert "torch==2.13.0" in text("requirements-dev.txt").splitlines()


def test_version_licence_and_title_agree_everywhere():
    citation = text("CITATION.cff")
    assert f"version: {SkullRestoreLib.__version__}" in citation
    assert "license: Apache-2.0" in citation
    assert f"## {SkullRestoreLib.__version__}" in text("CHANGELOG.md")
    assert "Apache License" in text("LICENSE.txt")
    assert tomllib.loads(text("pyproject.toml"))["project"]["license"] == "Apache-2.0"


@pytest.mark.parametrize(
    "name", ["README.md", "SkullRestore/SkullRestore.py", "Resources/report.html.j2", "SkullRestoreLib/report/facts.py"]
)
def test_the_safety_note_stands_where_users_look(name):
    if name.endswith(".j2"):
        assert "{{ safety }}" in text(name)
        assert "safety=say(SAFETY_NOTE)" in text("SkullRestoreLib/report/html.py")
    else:
        said = " ".join(re.sub(r'["*]|</?b>', "", text(name)).split())
        assert (
            "Research use only. Not cleared by any authority; a qualified clinician must approve every design." in said
        )


def test_every_picture_and_file_that_the_readme_links_to_is_there():
    for name in ("README.md", "CONTRIBUTING.md"):
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)\)", text(name)):
            assert (ROOT / target).exists(), f"{name}: {target}"


# --- resources


def test_a_resource_is_found():
    assert resource_path("report.html.j2").is_file()


@pytest.mark.parametrize("name", ["no/such.file", "../pyproject.toml", "Icons"])
def test_a_resource_that_is_missing_or_outside_is_refused_with_advice(name):
    with pytest.raises(ResourceError, match="install SkullRestore again"):
        resource_path(name)
