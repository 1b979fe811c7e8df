"""What makes tests quick: the long steps are worked out once in a run, see helpers_remember.py; pictures are small."""

from contextlib import contextmanager
from functools import partial

import pytest
from helpers_remember import (
    FOLDER_VARIABLE,
    HEAD_STEPS,
    LONG_STEPS,
    nothing_remembered,
    process_environment,
    remembered,
    steps_remembered,
)

__all__ = [
    "FOLDER_VARIABLE",
    "coarse_models",
    "examined_heads_remembered",
    "long_steps_remembered",
    "nothing_remembered",
    "process_environment",
    "remembered",
    "small_pictures",
]


def examined_heads_remembered():
    """Remember bone, pose and rays: each head is examined once, and what follows takes its time."""
    return steps_remembered(HEAD_STEPS)


def long_steps_remembered():
    """Remember the steps of a restoration that take seconds: they run once for each head and choice of settings."""
    return steps_remembered(LONG_STEPS)


@contextmanager
def small_pictures():
    """Draw the pictures of a report small: large ones take seconds, and tests that do not look at them need none."""
    from SkullRestoreLib.report import figures, render

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(render, "draw_views", partial(render.draw_views, size=(60, 50)))
        patch.setattr(figures, "draw_closeups", partial(figures.draw_closeups, size=(60, 50)))
        yield


@contextmanager
def coarse_models(spacing_mm=1.5):
    """Turn skull models into voxels of 1.5 mm: in use they are 27 times as many, and what follows takes as long."""
    from SkullRestoreLib.geometry import surface_mesh

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(surface_mesh, "voxelise_model", partial(surface_mesh.voxelise_model, spacing_mm=spacing_mm))
        yield
