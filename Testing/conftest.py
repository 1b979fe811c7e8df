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
