"""Many cases: a list in, a folder for each case and a table out. What was done is kept, what fails is a row with its reason.

A case's folder appears complete or not at all, and its row is written after it; so a batch that is killed loses only what was being worked on.
Names of inputs may name patients: without being asked to, neither folders nor tables repeat them.
"""

import csv
import json
import re
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from SkullRestoreLib import cluster, folder, memory, staging
from SkullRestoreLib.case import InputError, SkullRestoreError
from SkullRestoreLib.settings import Settings

MARK, CASES, TABLE = "batch.jsonl", "cases", "batch"
RESTORED, WHOLE, FAILED = "restored", "no defect", "failed"
COLUMNS = {
    "case": "case",
    "line": "line",
    "outcome": "outcome",
    "defects": "defects",
    "area_cm2": "area, cm²",
    "implants": "implants",
    "implants_that_failed_a_check": "failed a check",
    "warnings": "warnings",
    "seconds": "s",
    "peak_memory_mb": "peak, MB",
    "reason": "reason",
}
_ENDINGS = (".nrrd", ".nhdr", ".nii", ".nii.gz", ".mha", ".mhd", ".stl", ".ply", ".obj", ".vtp")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,79}")
_TYPICAL_VOXELS = 512 * 512 * 350

Row = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """One line of the list."""

    name: str  # of its folder
    line: int  # in the list, from 1
    path: Path
    series: str | None = None


@dataclass(frozen=True)
class Job:
    """What a worker gets."""

    case: Case
    out: Path
    settings: Settings
    also: tuple[str, ...] = ()


class Told(NamedTuple):
    """What has just been done."""

    row: Row | None  # None at the start
    done: int
    total: int
    seconds_left: float | None  # None where nothing is known yet


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


def work(job: Job) -> Row:
    """Restore one case, in whatever process; never raises but for what ends the process."""
    from SkullRestoreLib.clock import finish
    from SkullRestoreLib.deliver import deliver

    began = time.perf_counter()
    try:
        facts = finish(
            deliver(job.case.path, job.out / CASES / job.case.name, job.settings, series=job.case.series, also=job.also, force=True)
        )
    except SkullRestoreError as error:
        return _failure(job.case, str(error), time.perf_counter() - began)
    except MemoryError:
        return _failure(
            job.case, "There was not enough memory. Use fewer workers, or a CT cropped to the head.", time.perf_counter() - began
        )
    except Exception as error:  # whatever it is, the other cases shall go on
        return _failure(job.case, f"Something unexpected went wrong ({type(error).__name__}: {error}).", time.perf_counter() - began)
    return _row(job.case, facts, time.perf_counter() - began)


def _row(case: Case, facts: Mapping[str, Any], seconds: float) -> Row:
    implants = [d["implant"] for d in facts["defects"] if d["implant"]]
    return {
        "case": case.name,
        "line": case.line,
        "outcome": RESTORED if facts["defects"] else WHOLE,
        "defects": len(facts["defects"]),
        "area_cm2": round(sum(d["area_cm2"] for d in facts["defects"]), 2),
        "implants": len(implants),
        "implants_that_failed_a_check": sum(not i["checks"]["passed"] for i in implants if i["checks"]),
        "warnings": len(facts["warnings"]),
        "seconds": round(seconds, 1),
        "peak_memory_mb": round(facts["peak_memory_mb"]),
        "reason": "",
    }


def _failure(case: Case, reason: str, seconds: float) -> Row:
    """A row without a result; what the reason tells of the input's name is left out."""
    for private in sorted({str(case.path), case.path.name, *case.path.parent.parts[1:]}, key=len, reverse=True):
        if len(private) > 2:
            reason = reason.replace(f"'{private}'", private).replace(
                private, "the input" if private in (str(case.path), case.path.name) else "..."
            )
    empty = dict.fromkeys(COLUMNS, "")
    return empty | {
        "case": case.name,
        "line": case.line,
        "outcome": FAILED,
        "seconds": round(seconds, 1),
        "reason": " ".join(reason.split()),
    }


class Journal:
    """Rows of what is done, in the batch's own folder."""

    def __init__(self, out: Path, asked: Mapping[str, Any]) -> None:
        self.path, self.asked = out / MARK, json.loads(json.dumps(asked))

    def read(self) -> dict[str, Row]:
        """Rows by case.

        Raises
        ------
        InputError
            If they are of a batch with other settings.
        """
        if not self.path.is_file():
            return {}
        lines = []
        for line in self.path.read_text(encoding="utf-8").splitlines():
            try:
                lines.append(json.loads(line))
            except ValueError:  # the process was killed while it wrote this line
                continue
        head, *rows = lines or [{}]
        if other := sorted(name for name in {*head, *self.asked} if head.get(name) != self.asked.get(name)):
            raise InputError(
                f"{self.path.parent} holds a batch of another kind ({', '.join(other)} differ). "
                "Repeat its options to go on with it, choose another folder, or start afresh with --force."
            )
        return {row["case"]: row for row in rows if set(row) == set(COLUMNS)}

    def start(self, rows: Mapping[str, Row]) -> None:
        """Begin, or go on after what is done."""
        lines = [self.asked, *rows.values()]
        staging.write(self.path, lambda part: part.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8"))

    def add(self, row: Row) -> None:
        """Keep a row."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")


def run(
    cases: Sequence[Case],
    out: Path,
    settings: Settings,
    *,
    also: Sequence[str] = (),
    place: cluster.Place,
    retry: bool = False,
    force: bool = False,
) -> Generator[Told, None, list[Row]]:
    """Restore every case.

    Parameters
    ----------
    cases
        From :func:`read_list`.
    out
        Folder of the batch: ``cases/NAME`` as `restore` writes them, ``batch.csv`` and ``batch.md``. Workers on other computers must see it, and the
        inputs, under the same path.
    settings, also
        As for `restore`.
    place
        Where the work is done.
    retry
        Try again what has failed.
    force
        Throw an earlier batch in the folder away.

    Yields
    ------
    Told
        After each case. Who stops iterating stops the batch; the same call goes on from there.

    Returns
    -------
    list of dict
        A row for each case, in the list's order; also written as tables.

    Raises
    ------
    SkullRestoreError
        If the folder cannot be used, or Dask or its scheduler is missing.
    """
    out = _claimed(out, force=force)
    journal = Journal(out, _asked(settings, also))
    listed = {case.name: case for case in cases}
    rows = {name: row for name, row in journal.read().items() if name in listed and _is_kept(row, out, retry=retry)}
    journal.start(rows)
    jobs = {name: Job(case, out, settings, tuple(also)) for name, case in listed.items() if name not in rows}
    yield Told(None, len(rows), len(cases), None)
    try:
        if jobs:
            need = memory.FIXED_BYTES + memory.BYTES_A_VOXEL * _TYPICAL_VOXELS
            with cluster.connected(place, job_bytes=need) as client:
                began = time.monotonic()
                for number, (name, made) in enumerate(cluster.each(jobs, work, client), 1):
                    rows[name] = _failure(listed[name], made.reason, 0.0) if isinstance(made, cluster.Lost) else made
                    journal.add(rows[name])
                    left = (time.monotonic() - began) / number * (len(jobs) - number)
                    yield Told(rows[name], len(rows), len(cases), left)
    finally:
        ordered = [rows[name] for name in listed if name in rows]
        for ending, write in ((".csv", write_csv), (".md", partial(write_markdown, total=len(cases)))):
            staging.write(out / f"{TABLE}{ending}", partial(write, ordered))
    return ordered


def _claimed(out: Path, *, force: bool) -> Path:
    """The batch's folder, made if it was not there."""
    ours: Callable[[str], bool] = lambda name: name.removeprefix(staging.PART) in (MARK, CASES, f"{TABLE}.csv", f"{TABLE}.md")  # noqa: E731
    out = folder.check(out, mark=MARK, ours=ours, force=True)
    if force and (out / MARK).is_file():
        for name in (f"{TABLE}.csv", f"{TABLE}.md", CASES, MARK):  # the mark last: a run that is killed here can be told to go on
            staging.remove(out / name)
    (out / CASES).mkdir(parents=True, exist_ok=True)
    return out.resolve()


def _asked(settings: Settings, also: Sequence[str]) -> dict[str, Any]:
    """What decides the results; the weights by their content."""
    from dataclasses import asdict

    from SkullRestoreLib import __version__, resources

    asked = asdict(settings) | {"also": sorted(also), "version": __version__}
    path = Path(settings.weights) if settings.weights else resources.resource("network.safetensors")
    asked["weights"] = resources.sha256(path) if path.is_file() else settings.weights
    return asked


def _is_kept(row: Row, out: Path, *, retry: bool) -> bool:
    """Whether a row is taken over: its result is still there, or it failed and shall not be tried again."""
    return not retry if row["outcome"] == FAILED else (out / CASES / row["case"] / "restoration.json").is_file()


def write_csv(rows: Sequence[Row], path: Path) -> None:
    """A line a case."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(COLUMNS))
        writer.writeheader()
        writer.writerows(rows)


def write_markdown(rows: Sequence[Row], path: Path, *, total: int) -> None:
    """The counts, and a line a case."""
    path.write_text("\n\n".join([counts(rows, total), table(rows)]) + "\n", encoding="utf-8")


def counts(rows: Sequence[Row], total: int) -> str:
    """A sentence."""
    of = {outcome: sum(row["outcome"] == outcome for row in rows) for outcome in (RESTORED, WHOLE, FAILED)}
    open_ = f", {total - len(rows)} not done yet" if len(rows) < total else ""
    return f"{total} cases: {of[RESTORED]} restored, {of[WHOLE]} without a defect, {of[FAILED]} failed{open_}."


def table(rows: Sequence[Row]) -> str:
    """Markdown."""
    lines = [" | ".join(COLUMNS.values()), " | ".join("---" for _ in COLUMNS)]
    lines += [" | ".join(str(row[name]).replace("|", "\\|") for name in COLUMNS) for row in rows]
    return "\n".join(f"| {line} |" for line in lines)
