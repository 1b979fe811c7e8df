"""What is to be restored: a list or a folder in, cases out."""

import csv
import re
from dataclasses import dataclass
from pathlib import Path

from SkullRestoreLib.case import InputError

_ENDINGS = (".nrrd", ".nhdr", ".nii", ".nii.gz", ".mha", ".mhd", ".stl", ".ply", ".obj", ".vtp")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,79}")


@dataclass(frozen=True)
class Case:
    """One line of the list."""

    name: str  # of its folder
    line: int  # in the list, from 1
    path: Path
    series: str | None = None


def read_list(path: Path, *, identify: bool = False) -> list[Case]:
    """The cases of a list or of a folder.

    Parameters
    ----------
    path
        A folder, in which every image, model and sub-folder is a case; a text file with a path a line; or a CSV file with a column ``input``
        and, if wanted, ``name`` and ``series``. Paths are relative to the list.
    identify
        Name the cases after their inputs; else they are ``case_0001`` and so on, unless the list names them.

    Raises
    ------
    InputError
        If there is no list, nothing in it, or a name that is no name or stands twice.
    """
    path = path.expanduser()
    if not path.exists():
        raise InputError(
            f"There is no list or folder '{path}'. Give a text file with a path a line, a CSV file with a column 'input', or a folder."
        )
    lines = _in_folder(path) if path.is_dir() else _in_file(path)
    if not lines:
        raise InputError(
            f"'{path}' holds no case. Give a text file with a path a line, a CSV file with a column 'input', or a folder of inputs."
        )
    home = path if path.is_dir() else path.parent
    cases = []
    for number, (line, entry) in enumerate(lines, 1):
        source = home / Path(entry["input"].strip()).expanduser()
        name = (entry.get("name") or "").strip() or (_stem(source) if identify else f"case_{number:04d}")
        if _NAME.fullmatch(name) is None:
            raise InputError(f"Line {line}: '{name}' cannot be a folder's name; use letters, digits, '-', '_' and '.'.")
        cases.append(Case(name, line, source.absolute(), (entry.get("series") or "").strip() or None))
    names = [case.name.lower() for case in cases]
    if twice := next((case for case in cases if names.count(case.name.lower()) > 1), None):
        raise InputError(
            f"Line {twice.line}: the name '{twice.name}' stands more than once in the list. Give every case a name of its own."
        )
    return cases


def _in_folder(path: Path) -> list[tuple[int, dict[str, str]]]:
    seen = [p for p in sorted(path.iterdir()) if not p.name.startswith(".") and (p.is_dir() or p.name.lower().endswith(_ENDINGS))]
    return [(line, {"input": p.name}) for line, p in enumerate(seen, 1)]


def _in_file(path: Path) -> list[tuple[int, dict[str, str]]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (UnicodeDecodeError, OSError):
        raise InputError(f"'{path.name}' is no list: it is not plain text. Give a text file with a path a line, or a folder.") from None
    if "\0" in text:
        raise InputError(f"'{path.name}' is no list: it is not plain text. Give a text file with a path a line, or a folder.")
    if path.suffix.lower() in (".csv", ".tsv"):
        reader = csv.DictReader(text.splitlines(), delimiter="\t" if path.suffix.lower() == ".tsv" else ",")
        if "input" not in (reader.fieldnames or ()):
            raise InputError(
                f"'{path.name}' has no column 'input'. Its first line must name the columns: input, and if wanted name and series."
            )
        return [(reader.line_num, row) for row in reader if (row["input"] or "").strip()]
    return [(n, {"input": line}) for n, line in enumerate(text.splitlines(), 1) if line.strip() and not line.lstrip().startswith("#")]


def _stem(path: Path) -> str:
    ending = next((e for e in sorted(_ENDINGS, key=len, reverse=True) if path.name.lower().endswith(e)), "")
    return path.name[: len(path.name) - len(ending)]
