"""Find the head and predict its vault while the user still looks at the bone: a restoration takes it over."""

from collections.abc import Callable, Generator
from pathlib import Path

from SkullRestoreLib._system.progress import Progress, StepTimer
from SkullRestoreLib.pipeline.results import HeadAnalysis
from SkullRestoreLib.records import VaultTables
from SkullRestoreLib.session.background import BackgroundJob
from SkullRestoreLib.settings import Settings

PredictedHead = tuple[HeadAnalysis, VaultTables, Path]
"""The head without objects that are taken out, its predicted vault, and the file of the network's weights."""
PredictionSteps = Generator[Progress, None, PredictedHead]

_POLL_S = 0.05


class HeadStart:
    """Predicts the vault of segmented bone in the background, before anybody asks for it.

    Nothing is shown of it, and an error is raised only to who takes the result.

    Parameters
    ----------
    predict_steps
        Predicts from settings, and gives the seconds of its steps to a timer.
    settings
        That the controls show now.
    """

    def __init__(self, predict_steps: Callable[[Settings, StepTimer], PredictionSteps], settings: Settings) -> None:
        self._settings = _of_prediction(settings)
        self._clock = StepTimer()
        self._job = BackgroundJob("Look ahead", predict_steps(settings, self._clock))

    def serves(self, settings: Settings) -> bool:
        """Say whether settings lead to the same prediction.

        Parameters
        ----------
        settings
            Of a restoration of the same bone.
        """
        stopped = self._job.is_cancelled and self._job.result is None and self._job.error is None
        return not stopped and _of_prediction(settings) == self._settings

    def take_steps(self, clock: StepTimer) -> PredictionSteps:
        """Wait for the prediction.

        Parameters
        ----------
        clock
            Takes over the seconds of its steps, also of those that ran before.

        Yields
        ------
        tuple of str and float
            Step and fraction.

        Returns
        -------
        PredictedHead

        Raises
        ------
        SkullRestoreError
            What the prediction raised.
        """
        shown = ""
        while not self._job.wait(_POLL_S):
            if self._job.step != shown:
                shown = self._job.step
                yield shown, self._job.fraction
        if self._job.error is not None:
            raise self._job.error
        clock.stop_step()
        clock.seconds.update(self._clock.seconds)
        result: PredictedHead = self._job.result
        return result

    @property
    def is_cancelled(self) -> bool:
        """Whether nobody needs it any more."""
        return self._job.is_cancelled

    def cancel(self) -> None:
        """Stop before the next step: the bone is not needed any more."""
        self._job.cancel()


def _of_prediction(settings: Settings) -> Settings:
    """Settings without what a prediction from given bone does not depend on."""
    plain = Settings()
    return settings.with_changes(
        threshold_hu=plain.threshold_hu,
        points=plain.points,
        fullness=plain.fullness,
        case_code=plain.case_code,
        implant=plain.implant,
    )
