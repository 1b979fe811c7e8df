"""A row for each case, and the table of them."""

import csv
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from SkullRestoreLib.batch.listing import Case

RESTORED, WHOLE, FAILED, NO_MEMORY = "restored", "no defect", "failed", "no memory"
"""Outcomes. The last is a failure of the computer and not of the input: it is never final, going on with the batch tries it again."""
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

Row = dict[str, Any]


def result(case: Case, facts: Mapping[str, Any], seconds: float) -> Row:
    """The row of a case that was worked on to its end; ``facts`` are those of its restoration.json."""
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


def failure(case: Case, reason: str, seconds: float, *, outcome: str = FAILED) -> Row:
    """A row without a result; what the reason tells of the input's name is left out."""
    whole = (str(case.path), case.path.name)
    for private in sorted({*whole, *case.path.parent.parts[1:]}, key=len, reverse=True):
        if len(private) > 2:
            reason = re.sub(_as_told(private), "the input" if private in whole else "...", reason)
    empty = dict.fromkeys(COLUMNS, "")
    return empty | {
        "case": case.name,
        "line": case.line,
        "outcome": outcome,
        "seconds": round(seconds, 1),
        "reason": " ".join(reason.split()),
    }


def _as_told(private: str) -> str:
    """Pattern of a name with the quotation marks round it; short ones in small letters, such as "out", also stand inside of words that tell nothing."""
    name = re.escape(private)
    if len(private) < 5 and private.islower():
        name = rf"(?<![^\W\d_]){name}(?![^\W\d_])"
    return f"'{name}'|{name}"


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
    of = {outcome: sum(row["outcome"] == outcome for row in rows) for outcome in (RESTORED, WHOLE, FAILED, NO_MEMORY)}
    short = f", {of[NO_MEMORY]} not done for lack of memory" if of[NO_MEMORY] else ""
    open_ = f", {total - len(rows)} not done yet" if len(rows) < total else ""
    return f"{total} cases: {of[RESTORED]} restored, {of[WHOLE]} without a defect, {of[FAILED]} failed{short}{open_}."


def table(rows: Sequence[Row]) -> str:
    """Markdown."""
    lines = [" | ".join(COLUMNS.values()), " | ".join("---" for _ in COLUMNS)]
    lines += [" | ".join(str(row[name]).replace("|", "\\|") for name in COLUMNS) for row in rows]
    return "\n".join(f"| {line} |" for line in lines)
