"""What the method is made of, part by part, and how each is taken away to see what it is worth.

A part is taken away by putting something plainer in place of one function or one constant of the library, for the length of one measurement and in
this process alone; nothing in the product knows of it. What can only be taken away by training again (channels, kinds of damage, the kriged start of
the network, the height at which the learnt vault ends) is not here.
"""

from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal
from unittest import mock

import numpy as np

from SkullRestoreLib import apron, beneath, krige, margin, network, patch, rigid, shape, surface
from SkullRestoreLib.case import Bone, Pose, RadialMap, Shell
from SkullRestoreLib.evaluation import rivals
from SkullRestoreLib.evaluation.answer import Answer
from SkullRestoreLib.evaluation.methods import Bench, Method, answers
from SkullRestoreLib.fine import Fine
from SkullRestoreLib.grid import grid
from SkullRestoreLib.shape import ShapeModel

Switch = tuple[Any, str, Any]
"""Module or class, the name in it, and what stands there instead."""


@dataclass(frozen=True)
class Part:
    """One part of the method."""

    what: str
    instead: str  # in words
    switches: tuple[Switch, ...]
    since: Literal["head", "prediction", "shell"] = "shell"
    """From where the work is done again: the search for the head frame, the prediction, or what comes after the network. What lies before is shared."""

    @property
    def name(self) -> str:
        """Of the method that goes without it."""
        return f"without {self.what}"


@contextmanager
def taken_away(part: Part) -> Generator[None, None, None]:
    """Do without a part inside the block; afterwards everything is as it was, whatever happened.

    Raises
    ------
    AttributeError
        If the library has no such function or constant any more.
    """
    with ExitStack() as stack:
        for owner, name, instead in part.switches:
            stack.enter_context(mock.patch.object(owner, name, instead))
        yield


def without(part: Part, bench: Bench) -> list[Answer]:
    """Answers of the method without one part, on a head that was examined with it."""
    shell = bench.shell if part.since == "shell" else None
    with taken_away(part):
        if part.since == "head":
            return answers(bench.again().ours)
        return answers(bench.reconstruct(bench.predict if shell is None else lambda *_: shell))


# --- what stands there instead


def _kriging(_network: object, radial: RadialMap, model: ShapeModel) -> Shell:
    return rivals.kriging(radial, model)


def _shape_model(_network: object, radial: RadialMap, model: ShapeModel) -> Shell:
    return rivals.shape_model(radial, model)


@dataclass(frozen=True)
class _OneSided:
    """A network that is asked of the head alone: the mirror image of its answer stands for the answer to the mirror image, so the mean of both is the first."""

    of: Any

    def parameters(self) -> Any:
        return self.of.parameters()

    def __call__(self, both: Any) -> Any:
        one = self.of(both[:1])
        twice = one.repeat(2, 1, 1)
        twice[1] = one[0][:, grid(network.LEVEL).mirror]
        return twice


def _one_sided(of: Any, radial: RadialMap, model: ShapeModel, *, predict: Callable = network.predict) -> Shell:
    return predict(_OneSided(of), radial, model)


def _untied(shell: Shell, radial: RadialMap, holes: list[np.ndarray], *, tie: Callable = surface.tie_to_bone) -> surface.Tied:
    """A tie that sees no bone: only the reference points move the surface."""
    return tie(shell, replace(radial, intervals=np.full_like(radial.intervals, np.nan)), holes)


def _as_predicted(shell: Shell, _missing: np.ndarray) -> np.ndarray:
    return np.ones(len(shell.outer))


def _no_points(*_: Any, **__: Any) -> list:
    return []


def _on_the_grid(piece: Fine, _bone: Bone, _pose: Pose) -> np.ndarray:
    """Bone wherever the grid's own hole is not."""
    return 1 - 2 * piece.values[:, 4]


def _all_sound(observed: np.ndarray, _tables: np.ndarray, _vault: np.ndarray) -> np.ndarray:
    return np.isfinite(observed).any(axis=1)


_NO_TIE: tuple[Switch, ...] = ((surface, "tie_to_bone", _untied), (surface, "_beside_bone", _as_predicted))
_NO_POINTS: tuple[Switch, ...] = ((margin, "reference_points", _no_points),)

PARTS = (
    Part("the settled head frame", "the frame as fitted to the bone that is left", ((rigid, "settle", lambda head, *_: head),), "head"),
    Part(
        "telling new bone from sound",
        "all bone near the expected tables is taken for the vault's",
        ((shape, "sound", _all_sound), (krige, "sound", _all_sound)),
        "head",
    ),
    Part("the network", "kriging alone, which the network starts from", ((network, "predict", _kriging),), "prediction"),
    Part("network and kriging", "the fitted shape model, its rim error carried in", ((network, "predict", _shape_model),), "prediction"),
    Part(
        "the mirrored head",
        "the network is asked once, not for the mirror image as well",
        ((network, "predict", _one_sided),),
        "prediction",
    ),
    Part("smoothing the correction", "the network's correction vertex by vertex", ((network, "_SMOOTHING", 0),), "prediction"),
    Part(
        "doubting the cut's wall",
        "kriging and tie believe bone up to the very rim",
        ((krige, "_WALL_RINGS", (0, 0)), (krige, "_DOUBTED_RINGS", (0, 0)), (surface, "_WALL_RINGS", (0, 0))),
        "prediction",
    ),
    Part("the apron", "the vault ends where the learnt vault ends", ((apron, "extended", lambda shell, *_: shell),)),
    Part("the tie to the bone", "only the reference points draw the predicted surface to the bone", _NO_TIE),
    Part("the reference points", "the tie to the bone alone", _NO_POINTS),
    Part("tie and reference points", "the predicted surface as it is", (*_NO_TIE, *_NO_POINTS)),
    Part("the border in voxels", "the border of the hole's vertices on the grid", ((patch, "bone_beneath", _on_the_grid),)),
    Part(
        "the second layer of bone",
        "bone counts from 0.6 to 1.8 mm beneath the surface only",
        ((beneath, "_DEPTHS_MM", beneath._DEPTHS_MM[1:] * 2),),
    ),
    Part("the rule for narrow gaps", "a hole runs on into clefts beside the vault's end", ((patch, "_END_MM", 0.0),)),
    Part("the rule for the vault's end", "points stand up to the vault's end", ((margin, "_END_RINGS", 0),)),
    Part(
        "the network's word on points",
        "points stand beside gaps that the network does not take for lost bone too",
        ((margin, "_LOST", 0.0),),
    ),
    Part(
        "natural openings",
        "every gap at the vault's end counts as lost bone",
        ((patch.Border, "is_natural_opening", lambda *_, **__: False),),
    ),
    Part("the error's shrinking", "the standard error stays the network's own up to the rim", ((surface, "_beside_bone", _as_predicted),)),
)
"""In the order of the work."""

WITHOUT: dict[str, Method] = {part.name: partial(without, part) for part in PARTS}
"""Name to method, as in :data:`SkullRestoreLib.evaluation.methods.METHODS`."""
