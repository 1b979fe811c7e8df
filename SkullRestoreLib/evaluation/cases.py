"""The cases of an evaluation: which skulls, which holes, which disturbances; everything follows from the seed."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from SkullRestoreLib.case import InputError, Volume
from SkullRestoreLib.evaluation.disturb import DISTURBANCES, disturbed
from SkullRestoreLib.evaluation.shapes import REGIONS, cut, plan
from SkullRestoreLib.evaluation.solids import SOLIDS, pieces
from SkullRestoreLib.evaluation.truth import Truth, find_truth
from SkullRestoreLib.evaluation.whole import WholeSkull, load_whole

SUFFIXES = (".nrrd", ".nhdr", ".nii.gz", ".nii", ".mha", ".mhd", ".stl", ".ply", ".obj", ".vtp")
_WEIGHTS = {"frontal": 2, "parietal": 2, "temporal": 2, "low temporal": 4, "occipital": 2, "fronto-orbital": 2, "bilateral": 2}
"""How often a region is drawn, in sixteenths: low temporal holes are the hard ones, and the most frequent in the clinic."""
HOLES = {"clinical": tuple(r for r in REGIONS for _ in range(_WEIGHTS[r])), "solids": SOLIDS}
"""What takes turns among the cases: regions with holes as surgeons and injuries make them, or kinds of plain solids."""
_DISTURBED = 0.4


@dataclass(frozen=True)
class Case:
    """One case, before it is made."""

    name: str  # such as "005-03"
    path: Path  # of the intact skull
    region: str  # or the kind of solid
    seed: tuple[int, ...]
    disturbance: str = ""  # "" is a clean mask; else one of DISTURBANCES, as a CT
    piece: Path | None = None  # a given missing piece in place of a planned hole

    @property
    def skull(self) -> str:
        """Name of the skull."""
        return self.path.name.split(".")[0]


@dataclass(frozen=True)
class Made:
    """A case as it is shown to the methods, and what is true of it."""

    case: Case
    source: Volume
    skull: WholeSkull
    truths: tuple[Truth, ...]  # one for each hole
    words: tuple[str, ...]  # what kind of hole each is


def list_skulls(folder: Path, *, split: Path | None = None, part: str = "test") -> list[Path]:
    """The intact skulls of a folder, by name.

    Parameters
    ----------
    folder
        Of skulls (masks, CT or models); a folder ``complete/`` or ``complete_skull/`` in it is taken where there is one.
    split
        ``split.json`` that training wrote: only the skulls of its ``part`` are taken.
    part
        "test" or "valid".

    Raises
    ------
    InputError
        If there is no skull.
    """
    home = home_of(folder)
    if not home.is_dir():
        raise InputError(f"{folder} is no folder; give a folder of intact skulls.")
    names = None if split is None else read_split(split, part)
    found = [p for p in sorted(home.iterdir()) if p.name.lower().endswith(SUFFIXES) and (names is None or p.name.split(".")[0] in names)]
    if not found:
        raise InputError(f"{home} holds no intact skull{' under the names asked for' if names else ''}; give masks, CT volumes or models.")
    return found


def home_of(folder: Path) -> Path:
    """Where the intact skulls of a folder lie."""
    return next((folder / n for n in ("complete", "complete_skull") if (folder / n).is_dir()), folder)


def read_split(path: Path, part: str = "test") -> list[str]:
    """Names under a part of the split file that training wrote.

    Raises
    ------
    InputError
        If it is none.
    """
    try:
        return list(json.loads(path.read_text(encoding="utf-8"))[part])
    except (OSError, ValueError, KeyError, TypeError):
        raise InputError(f"{path} is no split file; give the split.json that training wrote.") from None


def draw_cases(skulls: Sequence[Path], count: int, *, seed: int = 0, holes: str = "clinical") -> list[Case]:
    """Draw the cases of a cohort: the regions, or the kinds of solids, take turns, every skull gets its share, two of five cases are disturbed CT volumes.

    Parameters
    ----------
    skulls
        Intact skulls.
    count
        Cases.
    seed
        The same seed gives the same cases.
    holes
        One of ``HOLES``.

    Returns
    -------
    list of Case
        In order of the skulls, so that one that was read serves all its cases.
    """
    rng = np.random.default_rng([seed, 1])
    regions = _in_turn(list(HOLES[holes]), count, rng)
    disturbances = _in_turn(list(DISTURBANCES), count, rng)
    as_ct = _in_turn([True] * round(10 * _DISTURBED) + [False] * round(10 - 10 * _DISTURBED), count, rng)
    made = []
    for k in range(count):
        path = skulls[k % len(skulls)]
        name = f"{path.name.split('.')[0]}-{k // len(skulls):02d}"
        made.append(Case(name, path, regions[k], (seed, k), disturbances[k] if as_ct[k] else ""))
    return sorted(made, key=lambda c: c.name)


def _in_turn(values: list, count: int, rng: np.random.Generator) -> list:
    """Every value as often as any other, in a shuffled order: (count,) list."""
    out: list = []
    while len(out) < count:
        out += [values[k] for k in rng.permutation(len(values))]
    return out[:count]


def make(case: Case, atlas_path: Path) -> Made:
    """Read the skull, cut the holes, and disturb what is left.

    Parameters
    ----------
    case
        From :func:`draw_cases`.
    atlas_path
        Shape statistics by which vault and arch are told apart.

    Raises
    ------
    SkullRestoreError
        If the skull cannot be used.
    """
    skull = load_whole(case.path, atlas_path)
    rng = np.random.default_rng(case.seed)
    missing, words = _missing(case, rng, skull)
    truths = tuple(find_truth(skull, piece) for piece in missing)
    holed = skull.without(np.logical_or.reduce(missing))
    source = disturbed(skull, holed, truths, case.disturbance, rng) if case.disturbance else holed
    return Made(case, source, skull, truths, words)


def _missing(case: Case, rng: np.random.Generator, skull: WholeSkull) -> tuple[tuple[np.ndarray, ...], tuple[str, ...]]:
    """The missing pieces of a case, each (nk, nj, ni) bool, and what kind of hole each is."""
    if case.piece:
        return (skull.on_grid(case.piece),), ("given piece",)
    if case.region in SOLIDS:
        made = pieces(case.region, rng, skull)
        return made, (case.region,) * len(made)
    cuts = plan(case.region, rng, skull)
    return tuple(cut(skull, c) for c in cuts), tuple(c.word for c in cuts)
