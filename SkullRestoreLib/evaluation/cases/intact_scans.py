"""Intact heads under many scan conditions, and the same scans with one small hole: what must and must not be found."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from SkullRestoreLib.errors import InputError
from SkullRestoreLib.evaluation.cases.craniectomies import CraniectomyPlan, cut_voxels
from SkullRestoreLib.evaluation.cases.ground_truth import GroundTruth, measure_ground_truth
from SkullRestoreLib.evaluation.cases.intact_skull import IntactSkull, load_intact_skull
from SkullRestoreLib.evaluation.cases.scan_conditions import ScanConditions, draw_conditions, scan_ct_again, scan_mask
from SkullRestoreLib.evaluation.cases.synthetic_ct import carve_defect
from SkullRestoreLib.geometry.icosphere import direction_from_angles
from SkullRestoreLib.io import read
from SkullRestoreLib.records import Mesh, Volume

MIN_HOLE_CM2 = 2.0
"""Smaller holes are not looked for."""
_RADIUS_MM = (9.5, 26.0)
_ELEVATION_DEG = (0.0, 85.0)
_OUTLINE_ANGLES = 720
_MAX_TRIES = 12
_CARVED_RIM_MM = 1.5
"""In a real CT bone is blurred this far beyond its surface."""
REAL_CONDITIONS = (
    ScanConditions(1.0, "sharp"),
    ScanConditions(1.0, "soft"),
    ScanConditions(2.0, "sharp"),
    ScanConditions(3.0, "sharp"),
    ScanConditions(3.0, "soft"),
    ScanConditions(3.0, "sharp", tilt_deg=12.0),
    ScanConditions(5.0, "sharp"),
    ScanConditions(5.0, "soft"),
)
"""Conditions under which a real CT is made again; "sharp" leaves its own kernel."""


@dataclass(frozen=True)
class IntactScan:
    """One intact head under one set of conditions."""

    name: str
    path: Path
    source: str
    """Where the head is from."""
    conditions: ScanConditions
    seed: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class ScannedHead:
    """The scan of an intact head, and the same scan with a hole."""

    intact: Volume
    holed: Volume
    truth: GroundTruth
    """Of the hole, at size 1."""


def plan_simulated_scans(
    skulls: Sequence[Path], count: int, *, seed: int = 0, sizes: tuple[float, float] = (1.0, 1.0)
) -> list[IntactScan]:
    """Plan scans of skulls that are bone masks; every skull and every slice thickness gets its share.

    Parameters
    ----------
    skulls
        Intact skulls.
    count
        Number of scans.
    seed
        The same seed gives the same scans.
    sizes
        Smallest and largest head.

    Returns
    -------
    list of IntactScan
        In order of the skulls, so that a skull is read once for all its scans.
    """
    conditions = draw_conditions(count, np.random.default_rng([seed, 7]), sizes=sizes)
    scans = [
        IntactScan(f"{_stem(path)}-{k // len(skulls):02d}", path, "SkullFix", conditions[k], (seed, k))
        for k in range(count)
        for path in [skulls[k % len(skulls)]]
    ]
    return sorted(scans, key=lambda scan: scan.name)


def plan_real_scans(path: Path, source: str, *, seed: int = 0) -> list[IntactScan]:
    """Plan scans of a real CT, made again under ``REAL_CONDITIONS``.

    Parameters
    ----------
    path
        The CT of an intact head.
    source
        Its name in the tables.
    seed
        Of the holes.
    """
    return [
        IntactScan(f"{_stem(path)}-{k:02d}", path, source, conditions, (seed, 1000 + k))
        for k, conditions in enumerate(REAL_CONDITIONS)
    ]


def _stem(path: Path) -> str:
    return path.name.split(".")[0]


def build_scan(scan: IntactScan, atlas_path: Path) -> ScannedHead:
    """Read the head, cut a hole into a copy, and scan both.

    Parameters
    ----------
    scan
        From :func:`plan_simulated_scans` or :func:`plan_real_scans`.
    atlas_path
        Mean head and shape model.

    Returns
    -------
    ScannedHead

    Raises
    ------
    SkullRestoreError
        If the head cannot be used.
    """
    skull = load_intact_skull(scan.path, atlas_path)
    piece, truth = cut_hole(skull, np.random.default_rng(scan.seed))
    source = read.read(scan.path)
    if isinstance(source, Mesh):
        raise InputError(f"{scan.path.name} is a model; intact heads are scanned from masks and CT volumes.")
    if source.kind == "mask":
        whole, seed = Volume(skull.bone, skull.ijk_to_ras, "mask"), int(scan.seed[-1])
        intact, holed = (
            scan_mask(volume, scan.conditions, intact=skull.bone, seed=seed)
            for volume in (whole, skull.remove_piece(piece))
        )
        return ScannedHead(intact, holed, truth)
    near_piece = ndimage.distance_transform_edt(~piece, sampling=source.spacing[::-1]) <= _CARVED_RIM_MM
    around = np.zeros(source.array.shape, dtype=bool)
    around[skull.box] = near_piece & ~(skull.bone & ~piece)
    carved = carve_defect(source, around)
    intact, holed = (scan_ct_again(ct, scan.conditions) for ct in (source, carved))
    return ScannedHead(intact, holed, truth)


def cut_hole(skull: IntactSkull, rng: np.random.Generator) -> tuple[NDArray[np.bool_], GroundTruth]:
    """Cut one rounded hole of 2 cm² or more somewhere on the vault.

    Parameters
    ----------
    skull
        The intact skull.
    rng
        Source of all randomness.

    Returns
    -------
    piece : (nk, nj, ni) bool
        The missing bone.
    truth : GroundTruth

    Raises
    ------
    InputError
        If the skull has no place for one.
    """
    for _ in range(_MAX_TRIES):
        piece = cut_voxels(skull, _plan_hole(rng))
        try:
            truth = measure_ground_truth(skull, piece)
        except ValueError:  # the piece is empty, or only inside the skull
            continue
        if truth.area_cm2 >= MIN_HOLE_CM2:
            return piece, truth
    raise InputError(f"{skull.name} has no vault into which a hole of {MIN_HOLE_CM2:g} cm² could be cut.")


def _plan_hole(rng: np.random.Generator) -> CraniectomyPlan:
    direction = direction_from_angles(rng.uniform(-180, 180), rng.uniform(*_ELEVATION_DEG))
    angle = np.linspace(0, 2 * np.pi, _OUTLINE_ANGLES, endpoint=False)
    radius = np.exp(rng.uniform(*np.log(_RADIUS_MM)))  # as many small holes as large ones
    stretch = rng.uniform(0.8, 1.0)
    outline = radius / np.hypot(np.cos(angle) * stretch, np.sin(angle) / stretch)
    for n in (3, 4, 5):
        outline = outline * (1 + rng.normal(0, 0.04) * np.cos(n * angle + rng.uniform(0, 2 * np.pi)))
    return CraniectomyPlan(direction, float(rng.uniform(0, np.pi)), outline, label="hole")
