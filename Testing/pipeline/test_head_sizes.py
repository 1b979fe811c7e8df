"""Heads of any size: an intact small head has no defects, and a hole in one is measured in true millimetres."""

from dataclasses import replace

import numpy as np
import pytest
from helpers_head import phantom_head

from SkullRestoreLib._system.progress import run_to_end
from SkullRestoreLib.pipeline.steps import restore_steps
from SkullRestoreLib.settings import Settings

pytestmark = pytest.mark.usefixtures("quick_steps_and_pictures")


def restored(*, size, intact):
    """Restore the phantom as a smaller or larger head, without implants."""
    head = phantom_head().volume(intact=intact)
    sized = replace(head, ijk_to_ras=np.diag([size, size, size, 1.0]) @ head.ijk_to_ras)
    return run_to_end(restore_steps(sized, Settings(), with_implants=False))


@pytest.mark.slow
def test_an_intact_small_head_has_no_defects():
    result = restored(size=0.8, intact=True)
    assert result.defects == ()
    assert result.warnings == ()


@pytest.mark.slow
def test_the_hole_of_a_small_head_is_as_large_as_the_head_is_small():
    (small,), (ordinary,) = (restored(size=size, intact=False).defects for size in (0.7, 1.0))
    assert small.area_cm2 == pytest.approx(0.7**2 * ordinary.area_cm2, rel=0.03)
    assert np.allclose(small.extent_mm, 0.7 * ordinary.extent_mm, atol=2.0)
