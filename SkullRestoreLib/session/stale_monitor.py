"""Find out which results of a case are stale, and mark them in the scene.

Asked whenever the choices or the scene change: what was restored, with what, and what is chosen now in; sentences and
colours out.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from SkullRestoreLib.scene import case_node
from SkullRestoreLib.scene.change_watch import ChangeWatch
from SkullRestoreLib.session import stale_results
from SkullRestoreLib.session.bone_controller import BoneController
from SkullRestoreLib.session.comparison import SkullComparison
from SkullRestoreLib.session.insertion_arrows import InsertionArrows
from SkullRestoreLib.session.point_observer import Schedule
from SkullRestoreLib.session.presenter import CasePresenter
from SkullRestoreLib.session.stale_results import StaleResults
from SkullRestoreLib.session.task_records import DesignChoices, SegmentedSkull
from SkullRestoreLib.settings import Settings


@dataclass(frozen=True, eq=False)
class ShownResults:
    """What a case shows, and with what it was made.

    Attributes
    ----------
    chosen
        Settings that the controls show.
    used
        Settings of the restoration.
    segmented
        The bone that was restored.
    design
        Choices of the implants that belong to the surface as it is; None where there are none.
    implant_numbers
        Defects that have an implant.
    """

    chosen: Settings
    used: Settings
    segmented: SegmentedSkull
    design: DesignChoices | None
    implant_numbers: frozenset[int]


class StaleMonitor:
    """Watches the results of one case.

    Parameters
    ----------
    presenter
        The nodes of the case.
    bone
        Input and bone.
    arrows
        The insertion arrows.
    schedule
        Runs a check soon on the main thread, so that many changes make one check.
    on_due
        Called when a check is due after the scene was changed.
    """

    def __init__(
        self,
        presenter: CasePresenter,
        bone: BoneController,
        arrows: InsertionArrows,
        *,
        schedule: Schedule,
        on_due: Callable[[], None],
    ) -> None:
        self._presenter, self._bone, self._arrows = presenter, bone, arrows
        self._schedule, self._on_due = schedule, on_due
        self._watch = ChangeWatch(self.check_soon)
        self._is_check_pending = self._is_paused = self._is_closed = False
        self._marked: tuple[StaleResults, tuple[str, ...], tuple[Any, ...]] | None = None

    def close(self) -> None:
        """Stop watching."""
        self._is_closed = True
        self._watch.close()
        self._marked = None

    def observe(self) -> None:
        """Watch the input and the bone as they are in the scene now."""
        self._watch.observe(self._bone.source_node, self._presenter.bone_node)

    def input_change(self) -> str | None:
        """Say why the input is not the one that was segmented any more; its voxels are compared.

        Returns
        -------
        str or None
            A sentence; None where it is the same, and before the bone is segmented.
        """
        segmented = self._bone.segmented
        if segmented is None:
            return None
        return self._watch.input_change(self._bone.source_node, self._bone.segment_id, segmented.source, thorough=True)

    def find(self, shown: ShownResults | None, *, thorough: bool = False) -> StaleResults:
        """Find out what is stale.

        Parameters
        ----------
        shown
            What the case shows; None before a restoration.
        thorough
            Compare voxels even where VTK's times say that nothing was touched.

        Returns
        -------
        StaleResults
            Sentences for the user.
        """
        if shown is None:
            return StaleResults()
        bone = shown.segmented.bone
        changes = (
            self._watch.input_change(
                self._bone.source_node, self._bone.segment_id, shown.segmented.source, thorough=thorough
            ),
            self._watch.bone_change(self._presenter.bone_node, bone.mask, bone.ijk_to_ras, thorough=thorough),
            self._presenter.transformed_result("surface"),
        )
        surface = (
            *_without_none(*changes),
            *stale_results.restoration_differences(shown.chosen, shown.used, shown.segmented),
        )
        return StaleResults(surface, self._stale_implants(shown))

    def _stale_implants(self, shown: ShownResults) -> tuple[str, ...]:
        if shown.design is None:
            return ()
        return (
            *stale_results.implant_differences(shown.chosen.implant, shown.design.settings),
            *stale_results.direction_differences(self._arrows.user_directions(), shown.design.insertion_directions),
            *_without_none(self._presenter.transformed_result("implant"), self._deleted_implant(shown.implant_numbers)),
        )

    def _deleted_implant(self, numbers: frozenset[int]) -> str | None:
        deleted = sorted(numbers - set(case_node.nodes_for_prefix(self._presenter.case_node, "implant")))
        return f"Implant {deleted[0]} was deleted from the scene." if deleted else None

    def mark(self, stale: StaleResults, comparison: SkullComparison | None, implant_set: object) -> bool:
        """Show in the scene what is stale.

        Parameters
        ----------
        stale
            From :meth:`find`.
        comparison, implant_set
            Results that are shown: a new one has to be marked again.

        Returns
        -------
        bool
            Whether anything is different from the last call.
        """
        nodes = tuple(
            node.GetID()
            for prefix in ("surface", "implant")
            for node in case_node.nodes_for_prefix(self._presenter.case_node, prefix).values()
        )
        results, known = (comparison, implant_set), self._marked
        if (
            known is not None
            and (stale, nodes) == known[:2]
            and all(a is b for a, b in zip(results, known[2], strict=True))
        ):
            return False
        self._marked = (stale, nodes, results)
        with self.paused():
            self._presenter.mark_stale(surface=bool(stale.surface), implants=stale.files)
        return True

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Ignore changes of the scene, because the session makes them itself.

        Yields
        ------
        None
            Within the block no check is scheduled.
        """
        was_paused, self._is_paused = self._is_paused, True
        try:
            yield
        finally:
            self._is_paused = was_paused

    def check_soon(self) -> None:
        """Schedule one check; further calls before it runs are ignored."""
        scene = self._presenter.case_node.GetScene() if not self._is_closed else None
        if scene is None or self._is_check_pending or self._is_paused or scene.IsBatchProcessing():
            return
        self._is_check_pending = True
        self._schedule(self._run_check)

    def _run_check(self) -> None:
        self._is_check_pending = False
        if not self._is_closed:
            self._on_due()


def _without_none(*sentences: str | None) -> tuple[str, ...]:
    return tuple(sentence for sentence in sentences if sentence is not None)
