"""Design the implants of a finished result again: points, mask, lines and settings in, a new revision out.

What was changed is put into plain sentences, for the report and ``restoration.json``.
"""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib._system.progress import Progress
from SkullRestoreLib.affine import voxel_volume_ml
from SkullRestoreLib.errors import InputError
from SkullRestoreLib.pipeline.editable import EditableRestoration, point_labels
from SkullRestoreLib.pipeline.implants import assign_trim_lines, check_fixation_points, complete_implants
from SkullRestoreLib.pipeline.write_result import check_formats, write_steps
from SkullRestoreLib.records import Volume
from SkullRestoreLib.settings import SURFACE_SETTINGS, ImplantSettings, Settings, SettingSpec, list_settings

SAME_PLACE_MM = 0.01
"""A point that is this near to where it was has not been moved: files are rounded."""


@dataclass(frozen=True, eq=False)
class DesignEdits:
    """What is to be changed; None leaves it as it is."""

    points: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)  # label to (3,) mm RAS
    mask: Volume | None = None
    trim_lines: tuple[NDArray[np.float64], ...] | None = None  # each (k, 3) mm RAS; empty: the program draws them
    settings: ImplantSettings | None = None
    finds_insertion: bool = False  # whether the program finds the insertion directions again
    fullness: float | None = None  # of the surface


@dataclass(frozen=True)
class RevisionTarget:
    """Where a new design is written, and its number; None is one more than the design that it is made from."""

    folder: Path
    number: int | None = None


def check_redesign_formats(formats: Sequence[str]) -> tuple[str, ...]:
    """Check the formats of a redesign.

    Parameters
    ----------
    formats
        As for :func:`SkullRestoreLib.pipeline.write_result.check_formats`.

    Returns
    -------
    tuple of str
        In lower case, each once.

    Raises
    ------
    InputError
        If there is no such format, or for ``"dicom"``: a result does not hold the series with the patient's name.

    Examples
    --------
    >>> check_redesign_formats(["3MF"])
    ('3mf',)
    """
    chosen = check_formats(formats)
    if "dicom" in chosen:
        raise InputError(
            "A redesign cannot be written as DICOM: the result does not hold the patient's name and number, which "
            "DICOM objects need. Restore the series again with --also dicom."
        )
    return chosen


def choose_target(result: Path, out: Path | None, *, force: bool = False) -> RevisionTarget:
    """Choose the folder of a new design, and check that it can be written.

    Parameters
    ----------
    result
        Folder of the result, or of a revision in it.
    out
        Folder for the new design; None takes the next free revision in the result.
    force
        Whether an earlier result in ``out`` may be replaced.

    Returns
    -------
    RevisionTarget

    Raises
    ------
    InputError
        If ``result`` is no folder, or ``out`` is the result itself.
    OutputError
        If the folder cannot be used.
    """
    from SkullRestoreLib.io import write

    result = result.expanduser()
    if not result.is_dir():
        raise InputError(f"There is no folder '{result}'; give a folder that `skullrestore restore` has written.")
    if out is not None:
        folder = write.check_output(out, force=force)
        if folder.resolve() == result.resolve():
            raise InputError("The new design cannot replace the result that it is made from; choose another folder.")
        return RevisionTarget(folder)
    home = result.resolve()
    if write.REVISION_NAME.fullmatch(home.name) and (home.parent / write.MARKER_FILE).is_file():
        home, result = home.parent, result.parent if result.name == home.name else home.parent
    taken = [int(found[1]) for path in home.iterdir() if (found := write.REVISION_NAME.fullmatch(path.name))]
    number = max([1, *taken]) + 1
    return RevisionTarget(write.check_output(result / f"revision_{number}"), number)


def read_edits(*, points: Path | None, mask: Path | None, trim: Sequence[Path] | None) -> DesignEdits:
    """Read the files of edits.

    Parameters
    ----------
    points
        Markups file with moved reference points.
    mask
        Edited bone as an image file.
    trim
        Markups files with a line each; empty for lines drawn by the program, None leaves them as they are.

    Returns
    -------
    DesignEdits
        Without settings.

    Raises
    ------
    InputError
        If a file cannot be used.
    """
    from SkullRestoreLib.io import markups, read

    bone = None if mask is None else read.read(mask)
    if bone is not None and not (isinstance(bone, Volume) and bone.kind == "mask"):
        raise InputError(
            f"'{mask.name if mask else ''}' is no bone mask; give an image that is 1 in bone and 0 elsewhere."
        )
    return DesignEdits(
        points={} if points is None else markups.read_points(points),
        mask=bone if isinstance(bone, Volume) else None,
        trim_lines=None if trim is None else tuple(markups.read_line(path) for path in trim),
    )


def apply_edits(before: EditableRestoration, edits: DesignEdits, *, revision: int | None = None) -> EditableRestoration:
    """Edit a restoration, and say what was changed.

    Parameters
    ----------
    before
        From :func:`SkullRestoreLib.pipeline.saved_case.load_steps`.
    edits
        What is to be changed.
    revision
        Number of the new design; None is one more than that of ``before``.

    Returns
    -------
    EditableRestoration
        Without implants, with ``revision``, ``revised_from`` and ``changed``.

    Raises
    ------
    InputError
        If a label does not exist, a point or a mask cannot be used, the fullness is out of range, or a line is not at a
        defect.
    """
    settings = before.settings.with_changes(implant=edits.settings or before.settings.implant)
    moved = _moved_positions(before, edits.points)
    edited = replace(before, settings=settings)
    if edits.fullness is not None and edits.fullness != settings.fullness:
        edited = edited.with_fullness(edits.fullness)
    if edits.finds_insertion:
        edited = replace(edited, insertion_directions={})
    if moved:
        edited = edited.with_points(moved)
    if edits.mask is not None:
        edited = edited.with_mask(edits.mask)
    lines = before.trim_lines if edits.trim_lines is None else edits.trim_lines
    assign_trim_lines(lines, edited.patches)  # refuses a line that is at no defect
    edited = replace(edited, trim_lines=lines)
    check_fixation_points(settings.implant, edited.points)
    return replace(
        edited,
        revision=before.revision + 1 if revision is None else revision,
        revised_from=before.revision,
        changed=tuple(_describe_changes(before, edited, moved)),
    )


def redesign_steps(
    before: EditableRestoration,
    edits: DesignEdits,
    target: RevisionTarget,
    *,
    formats: Sequence[str] = (),
    force: bool = False,
    keep_failed: bool = False,
) -> Generator[Progress, None, dict[str, Any]]:
    """Design the implants of a restoration again, and write everything.

    Parameters
    ----------
    before, edits
        As for :func:`apply_edits`.
    target
        From :func:`choose_target`.
    formats, force, keep_failed
        As for :func:`SkullRestoreLib.pipeline.write_result.write_steps`.

    Yields
    ------
    tuple of str and float
        Step, and part of the work that is done.

    Returns
    -------
    dict
        Content of ``restoration.json``.

    Raises
    ------
    SkullRestoreError
        If an edit cannot be used, or the folder not be written; nothing is written then.
    """
    yield "apply the edits", 0.0
    edited = apply_edits(before, edits, revision=target.number)
    yield "design the implants", 0.2
    complete = complete_implants(edited)
    return (yield from write_steps(complete, target.folder, formats=formats, force=force, keep_failed=keep_failed))


def _moved_positions(
    before: EditableRestoration, positions: Mapping[str, NDArray[np.float64]]
) -> dict[int, NDArray[np.float64]]:
    """Index and new position of the points that were moved."""
    labels = point_labels(before.points)
    unknown = [label for label in positions if label not in labels]
    if unknown:
        existing = f"they run from {labels[0]} to {labels[-1]}" if labels else "it has none"
        raise InputError(
            f"There is no reference point {unknown[0]!r} in the result ({existing}); points can be moved, not added."
        )
    return {
        index: positions[label]
        for index, (label, point) in enumerate(zip(labels, before.points, strict=True))
        if label in positions and np.linalg.norm(positions[label] - point.position) > SAME_PLACE_MM
    }


def _describe_changes(
    before: EditableRestoration, after: EditableRestoration, moved: Mapping[int, NDArray[np.float64]]
) -> list[str]:
    """A sentence for each change."""
    sentences = []
    old, new = before.settings.implant, after.settings.implant
    for spec in list_settings(ImplantSettings):
        values = getattr(old, spec.name), getattr(new, spec.name)
        if values[0] != values[1]:
            sentences.append(f"{spec.label}: {_in_words(spec, values[0])}, now {_in_words(spec, values[1])}")
    for spec in list_settings(Settings):
        values = getattr(before.settings, spec.name), getattr(after.settings, spec.name)
        if spec.name in SURFACE_SETTINGS and values[0] != values[1]:
            sentences.append(f"{spec.label}: {_in_words(spec, values[0])}, now {_in_words(spec, values[1])}")
    labels = point_labels(before.points)
    for index, position in moved.items():
        away = float(np.linalg.norm(position - before.points[index].position))
        sentences.append(f"point {labels[index]} moved by {away:.1f} mm")
    if after.bone is not before.bone:
        millilitres = voxel_volume_ml(after.bone.ijk_to_ras)
        added, removed = (
            np.count_nonzero(a & ~b) * millilitres
            for a, b in ((after.bone.mask, before.bone.mask), (before.bone.mask, after.bone.mask))
        )
        sentences.append(f"mask: {added:.1f} cm³ of bone added, {removed:.1f} cm³ removed")
        if len(after.defects) != len(before.defects):
            sentences.append(f"{len(before.defects)} defects, now {len(after.defects)}")
    same_lines = len(before.trim_lines) == len(after.trim_lines) and all(
        np.array_equal(a, b) for a, b in zip(before.trim_lines, after.trim_lines, strict=True)
    )
    if not same_lines:
        drawn = sorted(assign_trim_lines(after.trim_lines, after.patches))
        sentences += [f"trim line of implant {defect} as drawn" for defect in drawn] or ["trim line found again"]
    lost = set(before.insertion_directions) - set(after.insertion_directions)
    if new.insertion is None and lost:
        sentences.append("insertion direction found by the program again")
    return sentences or ["nothing"]


def _in_words(spec: SettingSpec, value: Any) -> str:
    """A setting's value with its unit."""
    if value is None:
        return "found by the program"
    if spec.kind == "switch":
        return "on" if value else "off"
    if spec.kind in ("direction", "labels", "numbers"):
        return " ".join(f"{part:g}" if isinstance(part, float) else str(part) for part in value) or "none"
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return f"{text} {spec.unit}" if spec.unit else text
