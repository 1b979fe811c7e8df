"""A synthetic head CT with a hole in the skull, in DICOM, and the same head intact as truth.

The vault is a random head of the shape statistics, skull base and face are the mean head bent to meet it, and the hole is cut in space as a
surgeon's saw does. Nothing in it comes from one patient. Meant for trying the program out and for tests; it is no substitute for real heads.
"""

import json
from collections.abc import Generator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np

from SkullRestoreLib.case import InputError, Volume
from SkullRestoreLib.clock import Progress
from SkullRestoreLib.phantom import anatomy, craniectomy, files, metalwork, scanner

Place = Literal[
    "frontal", "parietal", "temporal", "low-temporal", "occipital", "fronto-orbital", "bifrontal", "frontotemporoparietal"
]  # fmt: skip
PLACES: tuple[str, ...] = get_args(Place)
MARK = "phantom.json"

__all__ = ["MARK", "PLACES", "Options", "Place", "in_memory", "is_ours", "write_case"]


@dataclass(frozen=True)
class Options:
    """What kind of head and hole is wanted."""

    seed: int = 0
    size_cm: float = 8.0  # width of a round hole of the same area
    place: str = "frontotemporoparietal"
    bilateral: bool = False
    metal: bool = False
    slice_mm: float = 1.0
    noise_hu: float = 15.0  # standard deviation
    matrix: int = 512  # pixels of a slice along each side


def is_ours(name: str) -> bool:
    """Whether a phantom's folder may hold a file or folder of this name."""
    return name in (MARK, "ct", "truth")


def write_case(folder: str | Path, **options: object) -> dict:
    """Make a head and write it.

    Parameters
    ----------
    folder
        An empty folder. Gets ``ct/*.dcm`` (the head with its hole), ``truth/intact.nrrd`` (HU), ``truth/missing_bone.nrrd``
        (voxel = number of the hole, 0 elsewhere) and ``phantom.json``.
    **options
        Fields of :class:`Options`. The same options make the same bytes.

    Returns
    -------
    dict
        What ``phantom.json`` says: options, and of each hole its number, place, side, area on the outer table in cm2 and centre in mm RAS.

    Raises
    ------
    InputError
        For options outside their range, a hole too large for its place, or two holes that would meet.
    """
    wanted, head, holes, scan, pieces = _planned(options)
    facts = _facts(wanted, holes, scan, len(pieces))
    folder = Path(folder)
    with files.Writer(folder, scan, wanted.seed, facts["series_uid"]) as writer:
        for planes in scanner.slices(head, holes, pieces, scan, noise_hu=wanted.noise_hu, seed=wanted.seed):
            writer.add(*planes)
    (folder / MARK).write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    return facts


def in_memory(**options: object) -> Generator[Progress, None, tuple[Volume, Volume]]:
    """Make a head and keep it in memory.

    Parameters
    ----------
    **options
        Fields of :class:`Options`.

    Yields
    ------
    tuple of str and float
        What is being made, and how much of the work is behind (0..1).

    Returns
    -------
    tuple of Volume and Volume
        CT of the head with its hole, and of the same head intact.

    Raises
    ------
    InputError
        As :func:`write_case`.
    """
    yield "grow a head", 0.0
    wanted, head, holes, scan, pieces = _planned(options)
    planes = []
    for plane in scanner.slices(head, holes, pieces, scan, noise_hu=wanted.noise_hu, seed=wanted.seed):
        yield "scan it", 0.3 + 0.7 * len(planes) / scan.size[2]
        planes.append(plane[:2])
    ct, intact = (np.stack(part) for part in zip(*planes, strict=True))
    ijk_to_ras = np.diag([*scan.spacing, 1.0])
    ijk_to_ras[:3, 3] = scan.low + scan.shift
    return Volume(ct, ijk_to_ras, "ct"), Volume(intact, ijk_to_ras, "ct")


def _planned(options: dict[str, object]) -> tuple:
    """The wishes, the head, its holes, the scan, and the pieces of metal."""
    wanted = Options(**options)
    _check(wanted)
    head = anatomy.grow(np.random.default_rng([wanted.seed, 1]))
    holes = craniectomy.plan(head, wanted.place, wanted.size_cm, bilateral=wanted.bilateral, rng=np.random.default_rng([wanted.seed, 2]))
    scan = scanner.place(head, slice_mm=wanted.slice_mm, matrix=wanted.matrix, rng=np.random.default_rng([wanted.seed, 3]))
    pieces = metalwork.plan(head, holes, np.random.default_rng([wanted.seed, 4])) if wanted.metal else ()
    return wanted, head, holes, scan, pieces


def _check(wanted: Options) -> None:
    for name, what, low, high in (
        ("seed", "The seed", 0, 2**31 - 1),
        ("size_cm", "The hole's width in cm", 2, 16),
        ("slice_mm", "The distance between slices in mm", 0.5, 5),
        ("noise_hu", "The noise in HU", 0, 100),
        ("matrix", "The number of pixels along a slice", 64, 1024),
    ):
        if not low <= getattr(wanted, name) <= high:
            raise InputError(f"{what} is {getattr(wanted, name):g}; it must lie between {low:g} and {high:g}.")
    craniectomy.check(wanted.place, wanted.size_cm, bilateral=wanted.bilateral)


def _facts(wanted: Options, holes: tuple[craniectomy.Hole, ...], scan: scanner.Scan, pieces: int) -> dict:
    """Everything ``phantom.json`` tells."""
    to_ras = scan.head_to_ras
    listed = [
        {
            "number": n,
            "place": wanted.place,
            "side": hole.side,
            "area_cm2": round(hole.area_cm2, 2),
            "centre_mm_ras": np.round(to_ras[:3, :3] @ hole.centre + to_ras[:3, 3], 2).tolist(),
        }
        for n, hole in enumerate(holes, 1)
    ]
    return {
        "schema": 1,
        "synthetic": True,
        "options": asdict(wanted),
        "defects": listed,
        "metal_pieces": pieces,
        "head_to_ras": np.round(to_ras, 6).tolist(),
        "spacing_mm": np.round(scan.spacing, 6).tolist(),
        "series_uid": files.uid("series", json.dumps(asdict(wanted))),
    }
