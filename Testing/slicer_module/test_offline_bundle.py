"""The offline bundle for 3D Slicer, and installing from a folder of wheel files in the panel."""

import importlib.util
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from helpers_desktop import Desktop
from slicer import util

from SkullRestoreLib.errors import DependencyError

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def tool():
    spec = importlib.util.spec_from_file_location("make_slicer_bundle", ROOT / "tools" / "make_slicer_bundle.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def requirement_names():
    lines = (ROOT / "Resources" / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return [line.split(">=")[0] for line in lines if not line.startswith("#")]


def wheels_for(folder, names):
    """Files with the names of wheels; what is in them is pip's affair."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{name.replace('-', '_').lower()}-9.9-py3-none-any.whl" for name in names]
    for path in paths:
        path.write_bytes(b"wheel")
    return paths


@pytest.fixture(scope="module")
def unpacked(tool, tmp_path_factory):
    """A bundle, unpacked."""
    folder = tmp_path_factory.mktemp("bundle")
    path = tool.write_bundle("linux", wheels_for(folder / "w", [*requirement_names(), "fonttools"]), folder / "out")
    with zipfile.ZipFile(path) as packed:
        packed.extractall(folder / "unpacked")
    assert [each.name for each in (folder / "out").iterdir()] == [path.name]  # nothing half-written is left
    return folder / "unpacked" / path.stem


def remove(monkeypatch, *modules):
    """Let modules look as if they were not installed: a set from which pip may take them."""
    left, found = set(modules), importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name in left else found(name, *rest))
    return left


def test_the_bundle_holds_every_file_that_a_run_needs(unpacked, tool):
    tracked = subprocess.run(["git", "ls-files", *tool.PARTS], cwd=ROOT, capture_output=True, text=True, check=False)
    if tracked.returncode:
        pytest.skip("this is no clone of the repository")
    here = [name for name in tracked.stdout.splitlines() if (ROOT / name).is_file()]
    assert len(here) > 200
    assert [name for name in here if not (unpacked / name).is_file()] == []
    assert not list(unpacked.rglob("__pycache__"))
    assert "Install from folder" in (unpacked / "INSTALL.txt").read_text(encoding="utf-8")
    assert (unpacked / "LICENSE.txt").is_file()


def test_a_package_without_a_wheel_makes_no_bundle(tool, tmp_path):
    with pytest.raises(SystemExit, match=r"No wheel for macos-arm and Python 3\.12 of: embreex$"):
        tool.write_bundle(
            "macos-arm", wheels_for(tmp_path / "w", set(requirement_names()) - {"embreex"}), tmp_path / "out"
        )
    assert not list(tmp_path.glob("out/*"))


def test_what_is_of_slicer_is_not_in_a_bundle(tool, monkeypatch, tmp_path):
    def download(command, check):
        assert check
        assert command[command.index("--python-version") + 1] == "3.12"
        wheels_for(Path(command[command.index("--dest") + 1]), ["numpy", "SciPy", "vtk", "trimesh"])

    monkeypatch.setattr(tool.subprocess, "run", download)
    assert [tool.package_of(path) for path in tool.download_wheels("windows", tmp_path)] == ["trimesh"]


def test_the_panel_of_a_bundle_installs_its_wheels_and_asks_for_no_network(unpacked, monkeypatch):
    calls, missing = [], remove(monkeypatch, "manifold3d", "fpdf")
    desktop = Desktop(monkeypatch, module_dir=unpacked / "SkullRestore")
    monkeypatch.setattr(util, "pip_install", lambda words: (calls.append(words), missing.clear()), raising=False)
    panel = desktop.open()
    assert panel.ui.installButton.visible
    panel.ui.installButton.click()
    (words,) = calls
    assert words[:3] == ["--no-index", "--find-links", str(unpacked / "wheels")]
    assert set(words[3:]) == {"manifold3d>=3.2", "fpdf2>=2.7.9"}
    assert not panel.ui.installButton.visible
    assert desktop.installed == []  # not Slicer's own way, which downloads


def test_when_a_step_needs_packages_those_of_the_bundle_are_offered(unpacked, monkeypatch):
    calls, missing = [], remove(monkeypatch, "manifold3d")
    desktop = Desktop(monkeypatch, module_dir=unpacked / "SkullRestore")
    monkeypatch.setattr(util, "pip_install", lambda words: (calls.append(words), missing.clear()), raising=False)
    monkeypatch.setattr(util, "confirmOkCancelDisplay", lambda *_, **__: True)
    desktop.module.SkullRestoreLogic().requirePackages("implant")
    assert calls[0][2:] == [str(unpacked / "wheels"), "manifold3d>=3.2"]
    assert desktop.installed == []


@pytest.mark.parametrize(
    ("wheels", "installs", "says"),
    [
        ([], False, r"The folder 'chosen' holds no wheel files of: manifold3d\."),
        (["trimesh"], False, r"holds no wheel files of: manifold3d\."),
        (["manifold3d"], False, r"The wheel files of manifold3d are not for this computer"),
        (["manifold3d"], True, None),
    ],
)
def test_a_chosen_folder_is_used_or_refused_with_the_reason(monkeypatch, tmp_path, wheels, installs, says):
    missing = remove(monkeypatch, "manifold3d")

    def pip_install(_words):
        if not installs:
            raise subprocess.CalledProcessError(1, [sys.executable])
        missing.clear()

    desktop = Desktop(monkeypatch)
    monkeypatch.setattr(util, "pip_install", pip_install, raising=False)
    wheels_for(tmp_path / "chosen", wheels)
    logic = desktop.module.SkullRestoreLogic()
    if says is None:
        assert logic.installFromFolder(tmp_path / "chosen") == ["manifold3d"]
    else:
        with pytest.raises(DependencyError, match=says):
            logic.installFromFolder(tmp_path / "chosen")


def test_a_folder_without_wheels_is_refused_where_the_button_is_and_cancelling_says_nothing(monkeypatch, tmp_path):
    remove(monkeypatch, "manifold3d")
    desktop = Desktop(monkeypatch)
    panel = desktop.open()
    panel.ui.installButton.click()
    assert panel.ui.inputMessage.text == ""
    desktop.chosen_folder = str(tmp_path)
    panel.ui.installButton.click()
    assert "holds no wheel files of: manifold3d" in panel.ui.inputMessage.text
