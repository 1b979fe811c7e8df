"""The parts of the method, and how each is taken away to measure its worth.

A part is taken away by changing some numbers of the method (:mod:`SkullRestoreLib.method_parameters`), or by predicting
the vault with something plainer than the network, for one measurement (decision 0082). What can only be taken away by
training again is not here: input channels, kinds of damage, kriging as the network's start, and the height at which the
learnt vault ends.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from math import inf
from typing import Any, Literal

from SkullRestoreLib.evaluation.measures.reported_defect import ReportedDefect
from SkullRestoreLib.evaluation.methods import baselines
from SkullRestoreLib.evaluation.methods.compared_methods import Method, MethodContext, reported_defects
from SkullRestoreLib.method_parameters import METHOD
from SkullRestoreLib.prediction.models import Predictor

Changes = Mapping[str, Mapping[str, Any]]
"""Step of the method to new values of its numbers, by name."""

_HEAD_STEPS = {"segmentation", "plausibility", "pose", "refinement", "shape"}
_PREDICTION_STEPS = {"kriging", "network"}


@dataclass(frozen=True)
class MethodPart:
    """One part of the method."""

    label: str
    replacement_text: str  # what replaces it, in words
    changes: Changes = field(default_factory=dict)
    predictor: Predictor | None = None  # in place of the network

    @property
    def method_name(self) -> str:
        """Name of the method without this part."""
        return f"without {self.label}"

    @property
    def restart_from(self) -> Literal["head", "prediction", "tables"]:
        """First step that is repeated: the head frame, the prediction, or what follows the predicted tables.

        Earlier steps are shared with the complete method.
        """
        if _HEAD_STEPS & set(self.changes):
            return "head"
        return "prediction" if self.predictor is not None or _PREDICTION_STEPS & set(self.changes) else "tables"


def context_without_part(part: MethodPart, context: MethodContext) -> MethodContext:
    """Analyse a head without one part, as far as the part has a say in it.

    Parameters
    ----------
    part
        The part.
    context
        The head, analysed with it.

    Returns
    -------
    MethodContext
        ``context`` is not changed.
    """
    parameters = METHOD.with_changes(**part.changes)
    if part.restart_from == "head":
        return context.with_new_analysis(parameters)
    return context.with_parameters(parameters)


def run_without_part(part: MethodPart, context: MethodContext) -> list[ReportedDefect]:
    """Run the method without one part, on a head that was analysed with it.

    Parameters
    ----------
    part
        The part.
    context
        The analysed head.

    Returns
    -------
    list of ReportedDefect
        Largest first.
    """
    changed = context_without_part(part, context)
    if part.restart_from == "tables":
        tables = context.predicted_tables
        return reported_defects(changed.reconstruct_with(lambda *_: tables))
    return reported_defects(changed.reconstruct_with(part.predictor or changed.predict_tables))


_NO_FIT_TO_BONE = {"match_distance_mm": 0.0, "rim_error_fraction": 1.0}
"""No bone is near enough to be fitted, and the standard error is that of the prediction."""
_NO_POINTS = {"min_confidence": inf}
_DEEP_LAYER = METHOD.presence.layer_depths_mm[1]

METHOD_PARTS = (
    MethodPart(
        "the refined head frame",
        "the frame as fitted to the bone that is left",
        {"refinement": {"max_rounds": 0}},
    ),
    MethodPart(
        "separating new from sound bone",
        "all bone near the expected tables is taken for the vault's",
        {"shape": {"min_sound_share": 0}},
    ),
    MethodPart("the network", "kriging alone, which the network starts from", predictor=baselines.kriging_baseline),
    MethodPart(
        "network and kriging",
        "the fitted shape model, its error at the edge continued inwards",
        predictor=baselines.shape_model_baseline,
    ),
    MethodPart(
        "the mirrored head",
        "the network is evaluated once, not on the mirror image as well",
        {"network": {"average_mirror_image": False}},
    ),
    MethodPart(
        "smoothing the correction",
        "the network's correction vertex by vertex",
        {"network": {"smoothing_passes": 0}},
    ),
    MethodPart(
        "the distrust of the cut's wall",
        "kriging and fit use bone up to the very edge",
        {"kriging": {"wall_rings": (0, 0), "doubtful_rings": (0, 0)}, "fit": {"cut_wall_rings": (0, 0)}},
    ),
    MethodPart(
        "the extension of the vault", "the vault ends where the learnt vault ends", {"extension": {"extension_mm": 0.0}}
    ),
    MethodPart("the detail of the other side", "the predicted tables alone", {"detail": {"share": 0.0}}),
    MethodPart(
        "the fit to the bone",
        "only the reference points draw the predicted surface to the bone",
        {"fit": _NO_FIT_TO_BONE},
    ),
    MethodPart("the reference points", "the fit to the bone alone", {"points": _NO_POINTS}),
    MethodPart(
        "fit and reference points", "the predicted surface as it is", {"fit": _NO_FIT_TO_BONE, "points": _NO_POINTS}
    ),
    MethodPart(
        "the border in voxels",
        "the border of the hole's vertices on the grid",
        {"presence": {"layer_depths_mm": ()}},
    ),
    MethodPart(
        "the second layer of bone",
        "bone counts from 0.6 to 1.8 mm beneath the surface only",
        {"presence": {"layer_depths_mm": (_DEEP_LAYER, _DEEP_LAYER)}},
    ),
    MethodPart(
        "the rule for narrow gaps",
        "a hole continues into clefts next to the vault's end",
        {"border": {"vault_end_zone_mm": 0.0}},
    ),
    MethodPart(
        "the rule for the vault's end", "points are placed up to the vault's end", {"points": {"vault_end_rings": 0}}
    ),
    MethodPart(
        "the network's check of points",
        "points are also placed next to gaps that the network does not take for lost bone",
        {"points": {"min_missing_ratio": 0.0}},
    ),
    MethodPart(
        "natural openings",
        "every gap at the vault's end counts as lost bone",
        {"border": {"max_natural_opening_cm2": 0.0}},
    ),
    MethodPart(
        "the shrinking of the error",
        "the standard error stays the network's own up to the edge",
        {"fit": {"rim_error_fraction": 1.0}},
    ),
)
"""In the order of the steps."""

ABLATED_METHODS: dict[str, Method] = {part.method_name: partial(run_without_part, part) for part in METHOD_PARTS}
"""Name to method, as in :data:`SkullRestoreLib.evaluation.methods.compared_methods.METHODS`."""
