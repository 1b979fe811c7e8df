"""The skulls to learn from: list a folder, and process each skull here, in several processes or on a cluster."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from SkullRestoreLib._system import dask_jobs, process_pool
from SkullRestoreLib._system.dask_jobs import ComputeTarget
from SkullRestoreLib.errors import InputError, SkullRestoreError
from SkullRestoreLib.geometry import surface_mesh
from SkullRestoreLib.io import read
from SkullRestoreLib.records import Bone, Mesh
from SkullRestoreLib.segmentation import bone_segmentation

SINGLE_PROCESS = ComputeTarget(workers=1)
SKULL_SUFFIXES = (".nrrd", ".nhdr", ".nii.gz", ".nii", ".mha", ".mhd", ".stl", ".ply", ".obj", ".vtp")
"""Files that may hold a skull: masks, CT volumes and models."""
_Result = tuple[Any, str]
"""The result of the work and no error, or None and why a skull cannot be used."""
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SkullSource:
    """One skull to learn from."""

    name: str
    path: Path
    has_defect: bool = False  # one defect whose truth is unknown; the loss is masked there


def list_skull_sources(folder: Path) -> list[SkullSource]:
    """List every image or model file of a folder and every sub-folder (as a DICOM series), by name.

    Parameters
    ----------
    folder
        Hidden files are left out.

    Returns
    -------
    list of SkullSource
        Sorted by file name.

    Raises
    ------
    InputError
        If the folder does not exist, holds no skull, or holds two skulls of one name.
    """
    if not folder.is_dir():
        raise InputError(f"{folder} is no folder; give a folder of skulls.")
    paths = [p for p in sorted(folder.iterdir()) if not p.name.startswith(".")]
    found = [SkullSource(_skull_name(p), p) for p in paths if p.is_dir() or p.name.lower().endswith(SKULL_SUFFIXES)]
    if not found:
        raise InputError(f"{folder} holds no skull; give a folder of masks, CT volumes or models.")
    names = [s.name for s in found]
    if twice := sorted({n for n in names if names.count(n) > 1}):
        raise InputError(
            f"{folder} holds several skulls called {', '.join(twice[:5])}; "
            "keep one of each, or give them names of their own."
        )
    return found


def _skull_name(path: Path) -> str:
    """Name of the folder, or of the file without its suffix."""
    if not path.is_file():
        return path.name
    suffix = next((s for s in SKULL_SUFFIXES if path.name.lower().endswith(s)), "")
    return path.name[: len(path.name) - len(suffix)]


def process_skulls(
    sources: Sequence[SkullSource],
    task: str,
    work: Callable[[Bone, str], Any],
    target: ComputeTarget = SINGLE_PROCESS,
) -> Iterator[tuple[SkullSource, Any]]:
    """Read, segment and process skulls; a skull that cannot be used is logged and skipped.

    Parameters
    ----------
    sources
        The skulls.
    task
        Name of the work, for the log.
    work
        A function that other processes can import; takes the bone and the skull's name.
    target
        Where it runs.

    Yields
    ------
    tuple of SkullSource and object
        The skull and the result of ``work``, in the order of ``sources``.

    Raises
    ------
    SkullRestoreError
        If the cluster does not answer, or loses a skull or itself.
    """
    with _iterate_results(sources, partial(_process_source, work), target) as results:
        for number, (source, (result, error)) in enumerate(zip(sources, results, strict=True), start=1):
            log.info("%s: %s (%d of %d)", task, source.name, number, len(sources))
            if error:
                log.warning("%s is left out: %s", source.name, error)
            else:
                yield source, result


@contextmanager
def _iterate_results(
    sources: Sequence[SkullSource], process: Callable[[SkullSource], _Result], target: ComputeTarget
) -> Iterator[Iterator[_Result]]:
    """Results for each source, in order: from a cluster's workers, processes of this computer, or this process."""
    workers = target.workers or 1
    if target.scheduler is not None and sources:
        with dask_jobs.dask_client(target) as client:
            yield cluster_results(sources, process, client)
    elif workers > 1 and len(sources) > 1:
        with process_pool.spawn_pool(workers) as pool:
            yield pool.map(process, sources)
    else:
        yield map(process, sources)


def cluster_results(
    sources: Sequence[SkullSource], process: Callable[[SkullSource], _Result], client: Any
) -> Iterator[_Result]:
    """Results from a cluster's workers, in the order of the sources; early ones are kept until their turn."""
    # the work may hold the shape model: sent once to each worker, not with each job
    work = client.scatter(process, broadcast=True)
    jobs = {str(number): (work, replace(source, path=source.path.resolve())) for number, source in enumerate(sources)}
    finished = dask_jobs.run_jobs(jobs, _call_job, client)
    early: dict[str, Any] = {}
    for number, source in zip(jobs, sources, strict=True):
        while number not in early:
            name, result = next(finished)
            early[name] = result
        result = early.pop(number)
        if isinstance(result, dask_jobs.LostJob):
            raise SkullRestoreError(
                f"The cluster lost its work on {source.name} ({result.reason}). "
                "The same command goes on where it stopped."
            )
        yield result


def _call_job(job: tuple[Callable[[SkullSource], _Result], SkullSource]) -> _Result:
    process, source = job
    return process(source)


def _process_source(work: Callable[[Bone, str], Any], source: SkullSource) -> _Result:
    """Read and segment one skull and call ``work`` on it."""
    try:
        skull = read.read(source.path)
        volume = surface_mesh.voxelise_model(skull) if isinstance(skull, Mesh) else skull
        return work(bone_segmentation.segment(volume), source.name), ""
    except SkullRestoreError as error:
        return None, str(error)
