"""The cases of an evaluation: skulls, defects and disturbances, all decided by the seed."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.errors import InputError
from SkullRestoreLib.evaluation.cases.base_defects import BASE_DEFECT_NAMES, cut_base_defect
from SkullRestoreLib.evaluation.cases.craniectomies import REGIONS, cut_voxels, plan_craniectomies
from SkullRestoreLib.evaluation.cases.disturbances import DISTURBANCES, simulate_disturbed_ct
from SkullRestoreLib.evaluation.cases.geometric_defects import SOLID_NAMES, cut_solids
from SkullRestoreLib.evaluation.cases.ground_truth import GroundTruth, measure_ground_truth
from SkullRestoreLib.evaluation.cases.intact_skull import IntactSkull, load_intact_skull
from SkullRestoreLib.evaluation.cases.neck import without_vertebrae
from SkullRestoreLib.evaluation.cases.objects_in_holes import CLOSED_PLATE_HU, LEVEL_KINDS, OBJECT_KINDS, put_object
from SkullRestoreLib.records import Volume
from SkullRestoreLib.training.skull_sources import SKULL_SUFFIXES

_REGION_WEIGHTS = {
    "frontal": 2,
    "parietal": 2,
    "temporal": 2,
    "low temporal": 4,
    "occipital": 2,
    "fronto-orbital": 2,
    "bilateral": 2,
}
"""How often a region is drawn, in sixteenths: low temporal defects are the hard ones, and the most frequent in the
clinic."""
DEFECT_SETS = {
    "clinical": tuple(r for r in REGIONS for _ in range(_REGION_WEIGHTS[r])),
    "base": BASE_DEFECT_NAMES,
    "solids": SOLID_NAMES,
}
"""Kinds of defects that take turns among the cases: regions with clinical defects, defects that leave the vault, or
plain solids."""
_Value = TypeVar("_Value")
_DISTURBED_SHARE = 0.4
"""Share of the cases that are disturbed CT volumes; the others are clean masks."""
_OBJECT_SHARE = 0.1
"""Share of the clinical cases that are CT volumes with something in the hole."""
_REGIONS_WITH_OBJECTS = ("frontal", "parietal", "temporal", "low temporal", "occipital")
HOLE_OBJECTS = tuple(kind for kind in OBJECT_KINDS if kind not in (*LEVEL_KINDS, *CLOSED_PLATE_HU, *DISTURBANCES))
"""What is put into holes. A level flap stays, and leaves no hole to restore; a plate without a gap is looked for in
bone with diploe, which these cases do not have."""


@dataclass(frozen=True)
class CasePlan:
    """One case before it is built."""

    name: str  # such as "005-03"
    skull_path: Path  # of the intact skull
    region: str  # or the kind of solid
    seed: tuple[int, ...]
    disturbance: str = ""  # "" for a clean mask; else one of DISTURBANCES or HOLE_OBJECTS, as a CT
    piece_path: Path | None = None  # a given missing piece instead of a planned defect

    @property
    def skull_name(self) -> str:
        """Name of the skull."""
        return self.skull_path.name.split(".")[0]


@dataclass(frozen=True)
class EvaluationCase:
    """A case as the methods receive it, and its truth."""

    case: CasePlan
    source: Volume
    skull: IntactSkull  # of a hole that leaves the vault without vertebrae, which stay in the source
    truths: tuple[GroundTruth, ...]  # one per defect
    defect_labels: tuple[str, ...]  # kind of each defect


def list_skulls(folder: Path, *, split: Path | None = None, part: str = "test") -> list[Path]:
    """List the intact skulls of a folder, by name.

    Parameters
    ----------
    folder
        Skulls (masks, CT or models). If it holds a folder ``complete/`` or ``complete_skull/``, the skulls are taken
        from there.
    split
        ``split.json`` that training wrote: only the skulls of its ``part`` are listed.
    part
        "test" or "valid".

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    InputError
        If there is no skull.
    """
    home = find_skull_folder(folder)
    if not home.is_dir():
        raise InputError(f"{folder} is no folder; give a folder of intact skulls.")
    names = None if split is None else read_split(split, part)
    found = [
        p
        for p in sorted(home.iterdir())
        if p.name.lower().endswith(SKULL_SUFFIXES) and (names is None or p.name.split(".")[0] in names)
    ]
    if not found:
        raise InputError(
            f"{home} holds no intact skull{' under the names asked for' if names else ''}; "
            "give masks, CT volumes or models."
        )
    return found


def find_skull_folder(folder: Path) -> Path:
    """Find the folder of the intact skulls.

    Parameters
    ----------
    folder
        As the user gave it.

    Returns
    -------
    Path
        Its sub-folder ``complete/`` or ``complete_skull/``, or itself.
    """
    return next((folder / n for n in ("complete", "complete_skull") if (folder / n).is_dir()), folder)


def read_split(path: Path, part: str = "test") -> list[str]:
    """Read the names of one part of a split file that training wrote.

    Parameters
    ----------
    path
        ``split.json``.
    part
        "train", "valid" or "test".

    Returns
    -------
    list of str
        Names of skulls.

    Raises
    ------
    InputError
        If it is no such file.
    """
    try:
        return list(json.loads(path.read_text(encoding="utf-8"))[part])
    except (OSError, ValueError, KeyError, TypeError):
        raise InputError(f"{path} is no split file; give the split.json that training wrote.") from None


def draw_cases(skulls: Sequence[Path], count: int, *, seed: int = 0, holes: str = "clinical") -> list[CasePlan]:
    """Draw the cases of a cohort.

    Regions, or kinds of solids, take turns; every skull gets its share; two of five cases are disturbed CT volumes. One
    of ten clinical cases has something in its hole.

    Parameters
    ----------
    skulls
        Intact skulls.
    count
        Number of cases.
    seed
        The same seed gives the same cases.
    holes
        One of ``DEFECT_SETS``.

    Returns
    -------
    list of CasePlan
        In order of the skulls, so that a skull is read once for all its cases.
    """
    rng = np.random.default_rng([seed, 1])
    regions = _draw_balanced(list(DEFECT_SETS[holes]), count, rng)
    disturbances = _draw_balanced(list(DISTURBANCES), count, rng)
    ct_of_ten = round(10 * _DISTURBED_SHARE)
    as_ct = _draw_balanced([True] * ct_of_ten + [False] * (10 - ct_of_ten), count, rng)
    cases = []
    for k in range(count):
        path = skulls[k % len(skulls)]
        name = f"{path.name.split('.')[0]}-{k // len(skulls):02d}"
        cases.append(CasePlan(name, path, regions[k], (seed, k), disturbance=disturbances[k] if as_ct[k] else ""))
    if holes == "clinical":
        cases = _put_objects(cases, np.random.default_rng([seed, 2]))
    return sorted(cases, key=lambda case: case.name)


def _put_objects(cases: Sequence[CasePlan], rng: np.random.Generator) -> list[CasePlan]:
    """Put something into some of the holes of clean masks; all other cases stay as they were drawn."""
    fit = [n for n, case in enumerate(cases) if not case.disturbance and case.region in _REGIONS_WITH_OBJECTS]
    chosen = [fit[n] for n in rng.permutation(len(fit))[: round(_OBJECT_SHARE * len(cases))]]
    kinds = _draw_balanced(HOLE_OBJECTS, len(chosen), rng)
    changed = dict(zip(chosen, kinds, strict=True))
    return [replace(case, disturbance=changed.get(n, case.disturbance)) for n, case in enumerate(cases)]


def _draw_balanced(values: Sequence[_Value], count: int, rng: np.random.Generator) -> list[_Value]:
    """Draw values in a shuffled order, each as often as any other: a list of length ``count``."""
    drawn: list[_Value] = []
    while len(drawn) < count:
        drawn += [values[k] for k in rng.permutation(len(values))]
    return drawn[:count]


def build_case(case: CasePlan, atlas_path: Path) -> EvaluationCase:
    """Read the skull, cut the holes, and disturb what is left.

    Parameters
    ----------
    case
        From :func:`draw_cases`.
    atlas_path
        Mean head and shape model, which find the vault.

    Returns
    -------
    EvaluationCase
        The input for the methods, and its truth.

    Raises
    ------
    SkullRestoreError
        If the skull cannot be used.
    """
    scanned = load_intact_skull(case.skull_path, atlas_path)
    rng = np.random.default_rng(case.seed)
    leaves_vault = case.region in BASE_DEFECT_NAMES
    skull = without_vertebrae(scanned) if leaves_vault else scanned
    pieces, labels = _missing_pieces(case, rng, skull)
    truths = tuple(measure_ground_truth(skull, piece, leaves_vault=leaves_vault) for piece in pieces)
    holed = scanned.remove_piece(np.logical_or.reduce(pieces))
    if case.disturbance in HOLE_OBJECTS:
        source = put_object(skull, pieces[0], case.disturbance, rng).ct
    elif case.disturbance:
        source = simulate_disturbed_ct(scanned, holed, truths, case.disturbance, rng)
    else:
        source = holed
    return EvaluationCase(case, source, skull, truths, labels)


def _missing_pieces(
    case: CasePlan, rng: np.random.Generator, skull: IntactSkull
) -> tuple[tuple[NDArray[np.bool_], ...], tuple[str, ...]]:
    """The missing pieces of a case, each (nk, nj, ni) bool, and the kind of each."""
    if case.piece_path:
        return (skull.read_piece(case.piece_path),), ("given piece",)
    if case.region in SOLID_NAMES:
        pieces = cut_solids(case.region, rng, skull)
        return pieces, (case.region,) * len(pieces)
    if case.region in BASE_DEFECT_NAMES:
        return (cut_base_defect(case.region, rng, skull),), (case.region,)
    plans = plan_craniectomies(case.region, rng, skull)
    return tuple(cut_voxels(skull, plan) for plan in plans), tuple(plan.label for plan in plans)
