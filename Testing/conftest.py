"""What every test has: the shared data where there is some, and tests that run the same everywhere."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# no deadline: a busy machine is no failure; derandomised: the same cases in every run
settings.register_profile("house", deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of the real data, from SKULLRESTORE_DATA; a fresh clone has none and skips."""
    root = Path(__file__).resolve().parent.parent
    data = Path(os.environ.get("SKULLRESTORE_DATA", root.parent / "shared" / "data"))
    if not data.is_dir():
        pytest.skip(f"there is no real data at {data}; set SKULLRESTORE_DATA to its folder")
    return data


# --- a session on a real scene: tests that take one of these need slicer-core


@pytest.fixture
def app():
    """An application of one's own."""
    from helpers_scene import Application

    return Application()


@pytest.fixture(scope="module")
def shared():
    """The application in which the restored session lives."""
    from helpers_scene import Application

    return Application()


@pytest.fixture(scope="module")
def view(shared):
    """Its 3D view."""
    from helpers_scene import View3D

    return View3D(shared)


@pytest.fixture(scope="module")
def restored(shared, view):
    """A restored head with two holes, one for the whole file: take ``session`` instead."""
    from helpers_session import FAST, opened, two

    session = opened(shared, two())
    session.start_restoration(FAST)
    session.finish()
    return session


@pytest.fixture
def session(restored):
    """The restored session as the program left it."""
    yield restored
    while restored.history.can_undo:
        restored.undo()
    restored.history.clear()
    restored.set_snapping(True)
