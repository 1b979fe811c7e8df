"""What a program calls: restore an input, design an implant, write a result, compare it with the skull before.

In the examples ``ct`` is ``sr.read("sample")`` of a head that ``skullrestore phantom --out sample`` made, and
``result`` is ``sr.restore(ct)``.
"""

import difflib
import sys
from collections.abc import Callable, Generator, Sequence
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from SkullRestoreLib._system.progress import Progress
from SkullRestoreLib.errors import InputError
from SkullRestoreLib.pipeline import implants as implant_design
from SkullRestoreLib.pipeline import steps
from SkullRestoreLib.pipeline.comparison import PatchSurface, SkullComparison, compare_surfaces
from SkullRestoreLib.pipeline.editable import EditableRestoration
from SkullRestoreLib.pipeline.plain_values import findings_from
from SkullRestoreLib.pipeline.write_result import check_formats, read_dicom_source, write_steps
from SkullRestoreLib.records import Implant, ImplantSettings, Mesh, Restoration, Settings, Volume
from SkullRestoreLib.settings import find_contradiction

ReturnValue = TypeVar("ReturnValue")
ProgressCallback = Callable[[str, float], object]


def restore(
    source: Volume | Mesh,
    *,
    settings: Settings | None = None,
    progress: ProgressCallback | None = None,
    **changes: Any,
) -> EditableRestoration:
    """Restore the lost surface of a skull.

    Blocks until it is done: half a minute for a CT. Implants are not designed: see :func:`design_implant` and
    :func:`write`.

    Parameters
    ----------
    source
        A CT, a bone mask or a skull model, from :func:`read`.
    settings
        What to start from; None are the defaults.
    progress
        Called with the name of each step that starts and the part of the work that is done (0..1), such as
        :func:`print_progress`. An exception that it raises stops the work.
    **changes
        Single settings: fields of :class:`Settings`, such as ``points=24`` or ``threshold_hu=300``, and of
        :class:`ImplantSettings`, such as ``thickness_mm=4.0``.

    Returns
    -------
    EditableRestoration
        Without defects when the vault is intact.

    Raises
    ------
    InputError
        If the input has no skull that can be restored, a setting does not exist, or its value is out of range.
    WeightsError
        If the network's weights are missing or damaged.

    Examples
    --------
    >>> result = sr.restore(ct, points=24)
    >>> [(defect.number, defect.region) for defect in result.defects]
    [(1, 'parietal')]
    """
    if not isinstance(source, Volume | Mesh):
        raise InputError(f"Give a volume or a mesh from read(), not {type(source).__name__}.")
    chosen = _changed_settings(settings or Settings(), changes)
    return _run(steps.restore_steps(source, chosen, with_implants=False), progress)


def load(folder: str | Path, *, progress: ProgressCallback | None = None) -> EditableRestoration:
    """Load a finished result, to edit it and design its implants again.

    Takes seconds: nothing is predicted or segmented again.

    Parameters
    ----------
    folder
        Folder that :func:`write` or ``skullrestore restore`` has written, or a revision in it.
    progress
        As for :func:`restore`.

    Returns
    -------
    EditableRestoration
        As it was written, without implants: see :func:`design_implant` and :func:`write`.

    Raises
    ------
    InputError
        If the folder holds no result, or one that is damaged or of another version.

    Examples
    --------
    >>> written = sr.write(result, "out/saved", force=True)
    >>> again = sr.load("out/saved")
    >>> bool((again.vault_tables.outer == result.vault_tables.outer).all())
    True
    """
    from SkullRestoreLib.pipeline import saved_case

    return _run(saved_case.load_steps(Path(folder)), progress)


def design_implant(
    result: Restoration, defect: int = 1, *, trim: Sequence[ArrayLike] | None = None, **changes: Any
) -> Implant:
    """Design the implant for one defect, and check the finished body.

    The restoration is not changed: give the implant to :func:`write` to have it written.

    Parameters
    ----------
    result
        From :func:`restore`.
    defect
        Number of the defect, from 1.
    trim
        Lines at which the implant is to end, each (k, 3) mm RAS, drawn across the defect; the larger part stays. None:
        those of the result, or else the program draws one where the margin is open.
    **changes
        Fields of :class:`ImplantSettings`, such as ``thickness_mm=4.0`` or ``clearance_mm=1.0``; the others are as in
        ``result.settings.implant``.

    Returns
    -------
    Implant
        ``passed`` says whether every check passed, ``failed`` why not; ``checks`` holds what was measured.

    Raises
    ------
    InputError
        If there is no such defect, a setting does not exist, its value is out of range, or a trim line does not cross
        the implant.
    ImplantError
        If no closed body can be made, for instance because the defect is too narrow for the clearance.

    Examples
    --------
    >>> implant = sr.design_implant(result, defect=1, thickness_mm=4.0, clearance_mm=1.0)
    >>> implant.passed, implant.settings.thickness_mm
    (True, 4.0)
    """
    patch = next((p for p in result.patches if p.defect == defect), None)
    if patch is None:
        existing = ", ".join(str(p.defect) for p in result.patches)
        raise InputError(
            f"There is no defect {defect!r}; " + (f"choose among {existing}." if existing else "the vault is intact.")
        )
    _check_names(changes, ImplantSettings)
    settings = _with_changes(result.settings.implant, changes)
    implant_design.check_fixation_points(settings, result.points)
    if trim is None:
        drawn = result.trim_lines if isinstance(result, EditableRestoration) else ()
        lines = implant_design.assign_trim_lines(drawn, result.patches).get(patch.defect, [])
    else:
        lines = [_checked_line(line) for line in trim]
    kept = implant_design.kept_directions(result, settings).get(defect)
    soft_tissue = implant_design.soft_tissue_of(result)
    label_texts = implant_design.label_texts(result.settings.case_code, result.defects)
    body = implant_design.design_on_patch(
        patch,
        result.bone,
        settings if kept is None else settings.with_changes(insertion=kept),
        pose=result.pose,
        points=result.points,
        trim_lines=lines,
        inputs=implant_design.design_inputs(patch, soft_tissue, label_texts[defect], settings),
        geometry=result.kept_geometry.geometry_of(patch) if isinstance(result, EditableRestoration) else None,
    )
    return replace(body, settings=settings)


def _checked_line(line: ArrayLike) -> NDArray[np.float64]:
    """The line as (k, 3) float64 mm RAS, if it has at least two different points."""
    try:
        points = np.array(line, dtype=np.float64)
    except (TypeError, ValueError):
        points = np.zeros(0)
    if (
        points.ndim != 2
        or points.shape[1:] != (3,)
        or not np.isfinite(points).all()
        or not np.ptp(points, axis=0).any()
    ):
        raise InputError("A trim line must be at least two different points, each three numbers in mm RAS.")
    return points


def write(
    result: Restoration,
    folder: str | Path,
    *,
    formats: Sequence[str] = ("stl",),
    implants: Sequence[Implant] = (),
    source: str | Path | None = None,
    force: bool = False,
    keep_failed: bool = False,
    progress: ProgressCallback | None = None,
) -> Restoration:
    """Write a restoration as ``skullrestore restore`` does: surfaces, implants, voxels, points, report and facts.

    Defects without an implant get one, designed with ``result.settings.implant``. The folder appears complete or not
    at all.

    Parameters
    ----------
    result
        From :func:`restore`.
    folder
        New, empty, or with ``force`` one that holds an earlier result and nothing else.
    formats
        ``"stl"``, ``"ply"``, ``"obj"`` and ``"3mf"`` for the implants, ``"pdf"`` for the report, ``"dicom"`` for DICOM
        objects. STL, the report as HTML and ``restoration.json`` are always written.
    implants
        From :func:`design_implant`, on this result's surface; they are written in place of others for their defects.
    source
        Folder of the DICOM series that was restored; needed for ``"dicom"``.
    force
        Whether an earlier result may be replaced.
    keep_failed
        Write implants that did not pass their checks too, under names that say so. Otherwise they are withheld.
    progress
        As for :func:`restore`.

    Returns
    -------
    Restoration
        What was written, with its implants: ``not_passed`` names the defects without one, and why. Its ``warnings``
        say what of a CT's header is not in the DICOM objects, and whether a PDF or DICOM objects could not be made;
        everything else is written then.

    Raises
    ------
    InputError
        If a format does not exist, an implant was designed on another surface, or there is no DICOM series to make
        DICOM objects from; before anything is computed.
    OutputError
        If the folder cannot be used, the disk is full or writing fails.
    DependencyError
        If a package for a format is not installed.

    Examples
    --------
    >>> written = sr.write(result, "out/restored", formats=("stl", "3mf"), force=True)
    >>> written.not_passed
    {}
    """
    from SkullRestoreLib.io import write as result_files

    chosen = check_formats(formats)
    path = result_files.check_output(folder, force=force)
    dicom = read_dicom_source(chosen, None if source is None else Path(source), result.source)
    with_given = implant_design.with_implants(result, implants)

    def design_and_write() -> Generator[Progress, None, Restoration]:
        yield "design the implants", 0.0
        complete = implant_design.complete_implants(with_given)
        writing = write_steps(
            complete,
            path,
            formats=chosen,
            dicom=dicom,
            force=force,
            keep_failed=keep_failed,
        )
        try:
            while True:
                step, fraction = next(writing)
                yield step, 0.5 + 0.5 * fraction
        except StopIteration as end:
            return replace(complete, findings=findings_from(end.value))
        finally:
            writing.close()

    return _run(design_and_write(), progress)


def compare(
    result: EditableRestoration, before: Volume | Mesh, *, progress: ProgressCallback | None = None
) -> SkullComparison:
    """Compare the restored surface with the same skull before it was damaged.

    The skull before is first laid over the restored one, so it may come from another scan.

    Parameters
    ----------
    result
        From :func:`restore`.
    before
        A CT, a bone mask or a skull model of the same patient.
    progress
        As for :func:`restore`.

    Returns
    -------
    SkullComparison
        ``deviation`` over all defects, and one comparison for each defect.

    Raises
    ------
    InputError
        If there is no defect, or ``before`` is no skull, another patient's, or without bone at the defects.

    Examples
    --------
    >>> comparison = sr.compare(result, sr.read("sample/truth/intact.nrrd"))
    >>> comparison.deviation.rms_mm < 2.0
    True
    """
    if not isinstance(result, EditableRestoration):
        raise InputError(f"Give what restore() returned, not {type(result).__name__}.")
    if not result.patches:
        raise InputError("The restored vault is intact, so there is nothing to compare.")
    surfaces = [
        PatchSurface(opening.patch.defect, opening.patch.outer.faces, opening.vertex_rays[0])
        for opening in result.detected.openings
    ]
    outer = result.vault_tables.outer
    return _run(compare_surfaces(before, result.detected, outer, surfaces, settings=result.settings), progress)


def print_progress(step: str, fraction: float) -> None:
    """Print one step of the work to the standard error stream.

    Parameters
    ----------
    step
        What starts.
    fraction
        Part of the work that is done, 0 to 1.

    Examples
    --------
    >>> sr.print_progress("find the head", 0.2)  # " 20 %  find the head"
    """
    print(f"{100 * fraction:3.0f} %  {step}", file=sys.stderr, flush=True)


def _run(work: Generator[Progress, None, ReturnValue], progress: ProgressCallback | None) -> ReturnValue:
    """Run work to its end, and report each step; an exception of ``progress`` closes the work."""
    try:
        while True:
            step, fraction = next(work)
            if progress is not None:
                progress(step, fraction)
    except StopIteration as end:
        result: ReturnValue = end.value
        if progress is not None:
            progress("done", 1.0)
        return result
    finally:
        work.close()


def _changed_settings(settings: Settings, changes: dict[str, Any]) -> Settings:
    """The settings with single fields of them, or of the implant's, changed."""
    _check_names(changes, Settings, ImplantSettings)
    own_names = {f.name for f in fields(Settings)}
    own = {name: value for name, value in changes.items() if name in own_names}
    of_implant = {name: value for name, value in changes.items() if name not in own_names}
    changed = _with_changes(settings, own)
    return replace(changed, implant=_with_changes(changed.implant, of_implant)) if of_implant else changed


AnySettings = TypeVar("AnySettings", Settings, ImplantSettings)


def _with_changes(settings: AnySettings, changes: dict[str, Any]) -> AnySettings:
    """Changed settings; what is wrong with a value, or has no effect with the others, is an InputError."""
    try:
        changed = replace(settings, **changes)
    except (ValueError, TypeError) as error:
        raise InputError(str(error)) from error
    if isinstance(changed, ImplantSettings):
        given = {name for name in changes if getattr(changed, name) != getattr(settings, name)}
        if (message := find_contradiction(asdict(changed), given, lambda spec: spec.name)) is not None:
            raise InputError(message)
    return changed


def _check_names(changes: dict[str, Any], *records: type[Settings] | type[ImplantSettings]) -> None:
    """Refuse settings that do not exist, and name the one that was probably meant."""
    known = [f.name for record in records for f in fields(record)]
    for name in changes:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            meant = f" Did you mean {close[0]!r}?" if close else f" Settings are: {', '.join(known)}."
            raise InputError(f"There is no setting {name!r}.{meant}")
