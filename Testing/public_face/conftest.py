"""One small synthetic head for all tests of the public face, in a folder like the one that the documentation uses."""

from types import SimpleNamespace

import pytest
from helpers_quick import long_steps_remembered

import SkullRestoreLib as sr
from SkullRestoreLib import phantom


@pytest.fixture(scope="session")
def sample_folder(tmp_path_factory):
    """A folder with ``sample``, and with the same head as ``out/sample_ct``."""
    folder = tmp_path_factory.mktemp("home")
    (folder / "sample").mkdir()
    phantom.write_phantom(folder / "sample", seed=3, size_cm=7.0, place="parietal", slice_mm=3.0, matrix=96)
    (folder / "out").mkdir()
    (folder / "out" / "sample_ct").symlink_to(folder / "sample", target_is_directory=True)
    return folder


@pytest.fixture
def home(sample_folder, monkeypatch):
    """The folder as the working directory."""
    monkeypatch.chdir(sample_folder)
    return sample_folder


@pytest.fixture(scope="module", autouse=True)
def quick(quick_steps_and_pictures):
    """The same head is analysed once, and the same implant designed once; pictures are small."""


@pytest.fixture(scope="session")
def face(sample_folder):
    """What each step of the public face returned for the head; tests and examples read it and change nothing."""
    with long_steps_remembered():
        ct = sr.read(sample_folder / "sample")
        bone = sr.segment(ct)
        pose = sr.find_pose(bone)
        rays = sr.trace_rays(bone, pose)
        tables = sr.predict(rays)
        return SimpleNamespace(ct=ct, bone=bone, pose=pose, rays=rays, tables=tables, result=sr.restore(ct))
