"""These tests are about what is made of a restoration's steps: the long ones run once for each head."""

import pytest


@pytest.fixture(scope="module", autouse=True)
def quick(quick_steps_and_pictures):
    """Remember the long steps, and draw small pictures."""
