"""Compare the session's restored surfaces with the same skull before the operation; see ``pipeline/comparison.py``."""

from collections.abc import Generator

from SkullRestoreLib._system.progress import Progress
from SkullRestoreLib.pipeline.comparison import (
    NOT_COMPARED,
    DefectComparison,
    SkullComparison,
    compare_surfaces,
)
from SkullRestoreLib.pipeline.surface import restore_surface
from SkullRestoreLib.records import Mesh, Volume
from SkullRestoreLib.session.edit_state import EditState
from SkullRestoreLib.session.task_records import DisplaySurface
from SkullRestoreLib.settings import Settings

__all__ = ["NOT_COMPARED", "DefectComparison", "SkullComparison", "compare_skulls"]


def compare_skulls(
    before: Volume | Mesh, state: EditState, surfaces: tuple[DisplaySurface, ...], settings: Settings
) -> Generator[Progress, None, SkullComparison]:
    """Compare the surfaces that are drawn with a skull before the operation.

    Parameters
    ----------
    before
        The earlier skull, anywhere in space.
    state
        Defects and points as they are.
    surfaces
        As they are drawn; those of defects that are switched off are left out.
    settings
        Name the weights, whose mean head finds the pose.

    Yields
    ------
    tuple of str and float
        Step and fraction.

    Returns
    -------
    SkullComparison
        Distances and numbers.

    Raises
    ------
    InputError
        If it is no skull, not this patient's, or has no bone at any of the defects.
    """
    restored = restore_surface(state.active_defects, state.active_points, fullness=state.fullness)
    active = [
        surface
        for surface in surfaces
        if surface.defect in state.defect_numbers and surface.defect not in state.disabled_defects
    ]
    outer = restored.vault_tables.outer
    return (yield from compare_surfaces(before, state.detected, outer, active, settings=settings))
