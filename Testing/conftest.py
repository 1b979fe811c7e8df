"""Fixtures of all tests, and settings that make them run the same everywhere."""

import gc
import os
from pathlib import Path

import helpers_quick
import helpers_remember
import pytest
from hypothesis import HealthCheck, settings

# no deadline: a busy computer is not a failure; derandomised: the same cases in every run, so that more of them would
# show nothing new from the second run on. For new ones: make test ARGS=--hypothesis-profile=thorough
settings.register_profile(
    "house",
    deadline=None,
    derandomize=True,
    database=None,
    max_examples=30,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("thorough", settings.get_profile("house"), derandomize=False, max_examples=500)
settings.load_profile("house")


LONGEST_FIRST = (
    "web/test_page_ends.py",
    "implant/test_build.py",
    "web/test_attacks.py",
    "session/test_stale_results.py",
    "slicer_module/test_seen_in_slicer.py",
    "web/test_browser.py",
    "session/test_arrows.py",
    "session/test_silence.py",
    "pipeline/test_steps.py",
    "web/test_steps.py",
    "pipeline/test_end_to_end.py",
    "_system/test_faults.py",
    "training/test_training.py",
    "slicer_module/test_panel.py",
    "pose/test_head_frame.py",
    "session/test_results.py",
    "io/test_bad_input.py",
    "_system/test_dask_jobs.py",
    "pipeline/test_redesign.py",
    "public_face/test_examples.py",
    "evaluation/test_cohort.py",
    "phantom/test_phantom.py",
    "pipeline/test_privacy.py",
    "evaluation/test_ablated_parts_and_upper_bounds.py",
    "session/test_persistence.py",
    "repository/test_docs.py",
    "repository/test_same_result.py",
    "segmentation/test_bone_segmentation.py",
    "web/test_worker_folders.py",
    "session/test_bone.py",
    "public_face/test_public_face.py",
    "implant/test_open_margin.py",
    "io/test_damaged_files.py",
)
"""Files of tests that take longest, longest first: with the short ones last, all processes end at about one time.

Those that wait (for servers, browsers and processes) alternate with those that compute.
"""


BYTES_PER_PROCESS = 4e9
"""Memory that a process of the tests and what it starts may take."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config):
    """Two processes of tests on each processor, where the memory is enough: while one waits, another works.

    Without the slow tests few wait, and each process takes time to import all files of tests.
    """
    if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ or "SC_PHYS_PAGES" not in getattr(os, "sysconf_names", ()):
        return None  # as pytest-xdist decides
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if config.option.markexpr == "not slow":
        return processors
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return max(processors, min(2 * processors, int(memory / BYTES_PER_PROCESS)))


@pytest.hookimpl(wrapper=True)
def pytest_collection(session):
    """Import the tests without looking for garbage meanwhile: modules are kept, and it took a third of the time.

    What is there afterwards stays to the end, so that later searches leave it out.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(items):
    """Begin with the files that take longest."""
    here = Path(__file__).resolve().parent
    rank = {here / name: number for number, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: rank.get(item.path, len(rank)))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of the real data, from SKULLRESTORE_DATA; a fresh clone has none and skips."""
    root = Path(__file__).resolve().parent.parent
    data = Path(os.environ.get("SKULLRESTORE_DATA", root.parent / "shared" / "data"))
    if not data.is_dir():
        pytest.skip(f"there is no real data at {data}; set SKULLRESTORE_DATA to its folder")
    return data


@pytest.fixture(scope="session", autouse=True)
def folder_of_what_is_remembered(tmp_path_factory):
    """The folder in which the processes of this run of the tests share results: see helpers_quick.py."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "remembered"
    folder.mkdir(exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(helpers_quick.FOLDER_VARIABLE, str(folder))
        with helpers_remember.steps_remembered(helpers_remember.PHANTOM_STEPS):
            yield


@pytest.fixture(scope="module")
def quick_steps_and_pictures():
    """The long steps of a restoration run once for each head; pictures are small, and voxels of skull models large."""
    with helpers_quick.long_steps_remembered(), helpers_quick.small_pictures(), helpers_quick.coarse_models():
        yield


@pytest.fixture
def nothing_is_remembered():
    """Every step of a restoration takes its time, as in use: for tests of what happens meanwhile."""
    with helpers_quick.nothing_remembered():
        yield


@pytest.fixture
def small_pipeline(monkeypatch):
    """A pipeline that finishes at once, for tests of the command line."""
    from helpers_cli import put_small_pipeline

    return put_small_pipeline(monkeypatch)


# --- a session on a real scene: tests with one of these fixtures need slicer-core


@pytest.fixture
def app():
    """A new application for one test."""
    from helpers_scene import Application

    return Application()


@pytest.fixture(scope="module")
def shared():
    """The application of the restored session, one for the module."""
    from helpers_scene import Application

    return Application()


@pytest.fixture(scope="module")
def view(shared):
    """Its 3D view."""
    from helpers_scene import View3D

    return View3D(shared)


@pytest.fixture(scope="module")
def restored(shared, view):
    """A session with a restored head with two defects, one for the module: use ``session`` instead."""
    from helpers_session import FAST, bilateral_head, open_session

    session = open_session(shared, bilateral_head())
    session.start_restoration(FAST)
    session.wait_until_done()
    return session


@pytest.fixture
def session(restored):
    """The restored session; what a test edits is undone."""
    yield restored
    while restored.history.can_undo:
        restored.undo()
    restored.history.clear()
    restored.set_snapping(True)
