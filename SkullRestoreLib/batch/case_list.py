"""The list of a batch: a text file, a CSV file or a folder in, cases out."""

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from SkullRestoreLib.errors import InputError
from SkullRestoreLib.io.file_kinds import IMAGE_SUFFIXES, MODEL_SUFFIXES
from SkullRestoreLib.io.image_header import NO_OPTIONS, HeaderOptions, parse_spacing

_INPUT_ENDINGS = (*IMAGE_SUFFIXES, *MODEL_SUFFIXES, ".zip")
_CASE_NAME_PATTERN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,79}")
_WHAT_TO_GIVE = "Give a text file with one path per line, a CSV file with a column 'input', or a folder"


@dataclass(frozen=True)
class BatchCase:
    """One line of the list."""

    name: str  # of its folder
    line: int  # in the list, from 1
    path: Path
    series: str | None = None
    header: HeaderOptions = NO_OPTIONS  # corrections to the input's header that the list gives


def read_case_list(path: Path, *, identify: bool = False) -> list[BatchCase]:
    """Read the cases of a list or of a folder.

    Parameters
    ----------
    path
        A folder, in which every image, model and sub-folder is a case; a text file with one path per line; or a CSV
        file with a column ``input`` and optionally ``name``, ``series``, ``spacing``, ``space`` and ``nifti_affine``.
        Paths are relative to the list.
    identify
        Name the cases after their inputs; else they are ``case_0001`` and so on, unless the list names them.

    Returns
    -------
    list of BatchCase
        In the order of the list.

    Raises
    ------
    InputError
        If the list is missing or empty, or a name is invalid or used twice.
    """
    path = path.expanduser()
    if not path.exists():
        raise InputError(f"There is no list or folder '{path}'. {_WHAT_TO_GIVE}.")
    lines = _entries_in_folder(path) if path.is_dir() else _entries_in_file(path)
    if not lines:
        raise InputError(f"'{path}' holds no case. {_WHAT_TO_GIVE} of inputs.")
    home = path if path.is_dir() else path.parent
    cases = []
    for number, (line, entry) in enumerate(lines, 1):
        source = home / Path(entry["input"].strip()).expanduser()
        name = (entry.get("name") or "").strip() or (_name_without_ending(source) if identify else f"case_{number:04d}")
        if _CASE_NAME_PATTERN.fullmatch(name) is None:
            raise InputError(f"Line {line}: '{name}' cannot be a folder's name; use letters, digits, '-', '_' and '.'.")
        series = (entry.get("series") or "").strip() or None
        cases.append(BatchCase(name, line, source.absolute(), series, _header_options(line, entry)))
    names = [case.name.lower() for case in cases]
    if repeated := next((case for case in cases if names.count(case.name.lower()) > 1), None):
        raise InputError(
            f"Line {repeated.line}: the name '{repeated.name}' is used more than once in the list. "
            "Give every case a name of its own."
        )
    return cases


def _header_options(line: int, entry: Mapping[str, str]) -> HeaderOptions:
    """Read the corrections to the input's header that a line gives."""
    spacing, space, affine = ((entry.get(name) or "").strip() or None for name in ("spacing", "space", "nifti_affine"))
    try:
        return HeaderOptions(parse_spacing(spacing), space and space.upper(), affine)
    except InputError as error:
        raise InputError(f"Line {line}: {error}") from error


def _entries_in_folder(path: Path) -> list[tuple[int, dict[str, str]]]:
    inputs = [
        p
        for p in sorted(path.iterdir())
        if not p.name.startswith(".") and (p.is_dir() or p.name.lower().endswith(_INPUT_ENDINGS))
    ]
    return [(line, {"input": p.name}) for line, p in enumerate(inputs, 1)]


def _entries_in_file(path: Path) -> list[tuple[int, dict[str, str]]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (UnicodeDecodeError, OSError):
        text = "\0"
    if "\0" in text:
        raise InputError(
            f"'{path.name}' is no list: it is not plain text. Give a text file with one path per line, or a folder."
        )
    if path.suffix.lower() in (".csv", ".tsv"):
        reader = csv.DictReader(text.splitlines(), delimiter="\t" if path.suffix.lower() == ".tsv" else ",")
        if "input" not in (reader.fieldnames or ()):
            raise InputError(
                f"'{path.name}' has no column 'input'. "
                "Its first line must name the columns: input, and optionally name and series."
            )
        return [(reader.line_num, row) for row in reader if (row["input"] or "").strip()]
    return [
        (number, {"input": line})
        for number, line in enumerate(text.splitlines(), 1)
        if line.strip() and not line.lstrip().startswith("#")
    ]


def _name_without_ending(path: Path) -> str:
    ending = next((e for e in sorted(_INPUT_ENDINGS, key=len, reverse=True) if path.name.lower().endswith(e)), "")
    return path.name[: len(path.name) - len(ending)]
