"""The skulls that training learns from: which there are in a folder, and work on each of them, here, in several processes or on a cluster."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from SkullRestoreLib import cluster, mask, mesh, processes, read
from SkullRestoreLib.case import Bone, InputError, Mesh, SkullRestoreError
from SkullRestoreLib.cluster import Place

ALONE = Place(workers=1)
_SUFFIXES = (".nrrd", ".nhdr", ".nii.gz", ".nii", ".mha", ".mhd", ".stl", ".ply", ".obj", ".vtp")
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Source:
    """One skull to learn from."""

    name: str
    path: Path
    holed: bool = False  # it has one hole whose truth is unknown; the loss is masked there


def list_sources(folder: Path) -> list[Source]:
    """Every image or model file in a folder, and every sub-folder (as a DICOM series), by name.

    Raises
    ------
    InputError
        If the folder does not exist, holds nothing, or holds two skulls of one name.
    """
    if not folder.is_dir():
        raise InputError(f"{folder} is no folder; give a folder of skulls.")
    seen = [p for p in sorted(folder.iterdir()) if not p.name.startswith(".")]
    found = [Source(_name(p), p) for p in seen if p.is_dir() or p.name.lower().endswith(_SUFFIXES)]
    if not found:
        raise InputError(f"{folder} holds no skull; give a folder of masks, CT volumes or models.")
    names = [s.name for s in found]
    if twice := sorted({n for n in names if names.count(n) > 1}):
        raise InputError(f"{folder} holds several skulls called {', '.join(twice[:5])}; keep one of each, or give them names of their own.")
    return found


def _name(path: Path) -> str:
    """A skull's name: that of its folder, or of its file without the suffix."""
    suffix = next((s for s in _SUFFIXES if path.name.lower().endswith(s)), "")
    return path.name.removesuffix(path.name[len(path.name) - len(suffix) :]) if suffix and path.is_file() else path.name


def each(sources: Sequence[Source], what: str, work: Callable[[Bone, str], Any], place: Place = ALONE) -> Iterator[tuple[Source, Any]]:
    """Read and segment skulls and work on them; what cannot be used is said and skipped.

    Parameters
    ----------
    sources
        The skulls.
    what
        What is done, for the log.
    work
        A function that other processes can import: of the bone and the skull's name.
    place
        Where it is done.

    Yields
    ------
    tuple of Source and object
        In the order of ``sources``.

    Raises
    ------
    SkullRestoreError
        If the cluster does not answer, or loses a skull or itself.
    """
    with _answers(sources, partial(_work_on, work), place) as answers:
        for number, (source, (made, error)) in enumerate(zip(sources, answers, strict=True), start=1):
            log.info("%s: %s (%d of %d)", what, source.name, number, len(sources))
            if error:
                log.warning("%s is left out: %s", source.name, error)
            else:
                yield source, made


@contextmanager
def _answers(sources: Sequence[Source], one: Callable[[Source], tuple[Any, str]], place: Place) -> Iterator[Iterator[tuple[Any, str]]]:
    """What ``one`` says of each source, in their order: on a cluster's workers, in processes of this computer, or here."""
    if place.scheduler is not None and sources:
        with cluster.connected(place) as client:
            yield _from_cluster(sources, one, client)
    elif (place.workers or 1) > 1 and len(sources) > 1:
        with processes.pool(place.workers) as pool:
            yield pool.map(one, sources)
    else:
        yield map(one, sources)


def _from_cluster(sources: Sequence[Source], one: Callable[[Source], tuple[Any, str]], client: Any) -> Iterator[tuple[Any, str]]:
    """The answers of a cluster's workers; those that come before their turn are kept until then."""
    work = client.scatter(one, broadcast=True)  # it may hold the shape model: once to each worker, not with each job
    jobs = {str(number): (work, replace(source, path=source.path.resolve())) for number, source in enumerate(sources)}
    done, early = cluster.each(jobs, _called, client), {}
    for number, source in zip(jobs, sources, strict=True):
        while number not in early:
            name, answer = next(done)
            early[name] = answer
        answer = early.pop(number)
        if isinstance(answer, cluster.Lost):
            raise SkullRestoreError(
                f"The cluster lost its work on {source.name} ({answer.reason}). The same command goes on where it stopped."
            )
        yield answer


def _called(job: tuple[Callable[[Source], tuple[Any, str]], Source]) -> tuple[Any, str]:
    work, source = job
    return work(source)


def _work_on(work: Callable[[Bone, str], Any], source: Source) -> tuple[Any, str]:
    """What ``work`` makes of a skull's bone, or why it cannot."""
    try:
        volume = read.read(source.path)
        return work(mask.segment(mesh.voxelise(volume) if isinstance(volume, Mesh) else volume), source.name), ""
    except SkullRestoreError as error:
        return None, str(error)
