"""Make a phantom from its options: in memory, or as files with ``phantom.json``."""

import json
from collections.abc import Generator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib._system.progress import Progress
from SkullRestoreLib.affine import apply_affine, compose_affine
from SkullRestoreLib.errors import InputError
from SkullRestoreLib.phantom import anatomy, craniectomy, files, metalwork, scanner
from SkullRestoreLib.records import Volume

SiteName = Literal[
    "frontal",
    "parietal",
    "temporal",
    "low-temporal",
    "occipital",
    "fronto-orbital",
    "bifrontal",
    "frontotemporoparietal",
]
SITE_NAMES: tuple[str, ...] = get_args(SiteName)
FACTS_FILE = "phantom.json"
FACTS_SCHEMA = 1
"""Number of the format of ``phantom.json``."""
OPTION_RANGES = (
    ("seed", "The seed", 0, 2**31 - 1),
    ("size_cm", "The hole's width in cm", 2, 16),
    ("slice_mm", "The distance between slices in mm", 0.5, 5),
    ("noise_hu", "The noise in HU", 0, 100),
    ("matrix", "The number of pixels along a slice", 64, 1024),
)
"""Name of an option, what it is, and the least and most that it may be."""


@dataclass(frozen=True)
class PhantomOptions:
    """Which head and which hole are wanted."""

    seed: int = 0
    size_cm: float = 8.0  # width of a round hole with the same area
    place: str = "frontotemporoparietal"
    bilateral: bool = False
    metal: bool = False
    slice_mm: float = 1.0
    noise_hu: float = 15.0  # standard deviation
    matrix: int = 512  # pixels of a slice along each side


@dataclass(frozen=True)
class _PhantomPlan:
    """Everything that is decided before the first slice is made."""

    options: PhantomOptions
    head: anatomy.SyntheticHead
    cuts: tuple[craniectomy.CraniectomyCut, ...]
    scan: scanner.ScanGeometry
    metal: tuple[metalwork.MetalPiece, ...]

    def scan_slices(self) -> scanner.SliceIterator:
        """Slices from below: CT, intact CT, and labels of the missing bone."""
        return scanner.scan_slices(
            self.head, self.cuts, self.metal, self.scan, noise_hu=self.options.noise_hu, seed=self.options.seed
        )


def is_phantom_file(name: str) -> bool:
    """Whether a phantom's folder may hold a file or folder of this name.

    Parameters
    ----------
    name
        Without a path.

    Examples
    --------
    >>> is_phantom_file("ct"), is_phantom_file("holiday.jpg")
    (True, False)
    """
    return name in (FACTS_FILE, "ct", "truth")


def write_phantom(folder: str | Path, **options: Any) -> dict[str, Any]:
    """Make a head and write it.

    Parameters
    ----------
    folder
        An empty folder. Gets ``ct/*.dcm`` (the head with its hole), ``truth/intact.nrrd`` (HU),
        ``truth/missing_bone.nrrd`` (voxel = number of the hole, 0 elsewhere) and ``phantom.json``.
    **options
        Fields of :class:`PhantomOptions`. The same options make the same bytes.

    Returns
    -------
    dict
        The content of ``phantom.json``: options, and of each hole its number, place, side, area on the outer table in
        cm² and centre in mm RAS.

    Raises
    ------
    InputError
        For options outside their range, a hole too large for its place, or two holes that would meet.
    """
    plan = _plan_phantom(options)
    facts = _collect_facts(plan)
    folder = Path(folder)
    with files.PhantomWriter(folder, plan.scan, plan.options.seed, facts["series_uid"]) as writer:
        for planes in plan.scan_slices():
            writer.add_slice(*planes)
    (folder / FACTS_FILE).write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    return facts


def make_phantom(**options: Any) -> Generator[Progress, None, tuple[Volume, Volume]]:
    """Make a head and keep it in memory.

    Parameters
    ----------
    **options
        Fields of :class:`PhantomOptions`.

    Yields
    ------
    tuple of str and float
        What is being made, and how much of the work is done (0 to 1).

    Returns
    -------
    tuple of Volume
        CT of the head with its hole, and of the same head intact.

    Raises
    ------
    InputError
        As :func:`write_phantom`.
    """
    yield "grow a head", 0.0
    plan = _plan_phantom(options)
    planes: list[tuple[NDArray[np.int16], NDArray[np.int16]]] = []
    for ct_plane, intact_plane, _ in plan.scan_slices():
        yield "scan it", 0.3 + 0.7 * len(planes) / plan.scan.size[2]
        planes.append((ct_plane, intact_plane))
    ct, intact = (np.stack(part) for part in zip(*planes, strict=True))
    ijk_to_ras = compose_affine(np.diag(plan.scan.spacing), plan.scan.lowest_voxel + plan.scan.ras_offset)
    return Volume(ct, ijk_to_ras, "ct"), Volume(intact, ijk_to_ras, "ct")


def _plan_phantom(given: dict[str, Any]) -> _PhantomPlan:
    """Check the options; grow the head, and plan its holes, the scan and the pieces of metal."""
    options = PhantomOptions(**given)
    _check_options(options)
    head = anatomy.grow_head(np.random.default_rng([options.seed, 1]))
    cuts = craniectomy.plan_craniectomies(
        head, options.place, options.size_cm, bilateral=options.bilateral, rng=np.random.default_rng([options.seed, 2])
    )
    scan = scanner.place_scan(
        head, slice_mm=options.slice_mm, matrix=options.matrix, rng=np.random.default_rng([options.seed, 3])
    )
    metal = metalwork.plan_metal(head, cuts, np.random.default_rng([options.seed, 4])) if options.metal else ()
    return _PhantomPlan(options, head, cuts, scan, metal)


def _check_options(options: PhantomOptions) -> None:
    for name, label, low, high in OPTION_RANGES:
        if not low <= getattr(options, name) <= high:
            raise InputError(f"{label} is {getattr(options, name):g}; it must be between {low:g} and {high:g}.")
    craniectomy.check_site(options.place, options.size_cm, bilateral=options.bilateral)


def _collect_facts(plan: _PhantomPlan) -> dict[str, Any]:
    """The content of ``phantom.json``."""
    to_ras = plan.scan.head_to_ras
    defects = [
        {
            "number": n,
            "place": plan.options.place,
            "side": cut.side,
            "area_cm2": round(cut.area_cm2, 2),
            "centre_mm_ras": np.round(apply_affine(to_ras, cut.centre), 2).tolist(),
        }
        for n, cut in enumerate(plan.cuts, 1)
    ]
    return {
        "schema": FACTS_SCHEMA,
        "synthetic": True,
        "options": asdict(plan.options),
        "defects": defects,
        "metal_pieces": len(plan.metal),
        "head_to_ras": np.round(to_ras, 6).tolist(),
        "spacing_mm": np.round(plan.scan.spacing, 6).tolist(),
        "series_uid": files.derived_uid("series", json.dumps(asdict(plan.options))),
    }
