"""One row per case, and the table of them as CSV and Markdown."""

import csv
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from SkullRestoreLib.batch.case_list import BatchCase
from SkullRestoreLib.report import outcome_in_words

RESTORED, WITHHELD, NO_DEFECT, FAILED, NO_MEMORY = "restored", "implant withheld", "no defect", "failed", "no memory"
NOT_WRITTEN = "format missing"
"""Outcomes. *implant withheld*: an implant did not pass its checks or could not be made; everything else was written.
*format missing*: the PDF or the DICOM objects could not be made; everything else was written. *no memory* is a failure
of the computer, not of the input: it is never final, and is tried again whenever the batch is continued (decision
0065).
"""

COLUMN_TITLES = {
    "case": "case",
    "line": "line",
    "outcome": "outcome",
    "defects": "defects",
    "area_cm2": "area, cm²",
    "implants": "implants",
    "implants_that_failed_a_check": "not passed",
    "warnings": "warnings",
    "seconds": "s",
    "peak_memory_mb": "peak, MB",
    "reason": "reason",
}
"""Titles of the Markdown table, by the keys of a row."""

CaseRow = dict[str, Any]
"""One row of the table, with the keys of :data:`COLUMN_TITLES`."""


def result_row(case: BatchCase, facts: Mapping[str, Any], seconds: float) -> CaseRow:
    """Make the row of a case that was processed to its end.

    Parameters
    ----------
    case
        One line of the list.
    facts
        Content of its ``restoration.json``.
    seconds
        How long it took.

    Returns
    -------
    dict
    """
    implants = [d["implant"] for d in facts["defects"] if d["implant"]]
    return {
        "case": case.name,
        "line": case.line,
        "outcome": _result_outcome(facts),
        "defects": len(facts["defects"]),
        "area_cm2": round(sum(d["area_cm2"] for d in facts["defects"]), 2),
        "implants": len(implants),
        "implants_that_failed_a_check": sum(not i["passed"] for i in implants),
        "warnings": len(facts["warnings"]),
        "seconds": round(seconds, 1),
        "peak_memory_mb": round(facts["peak_memory_mb"]),
        "reason": outcome_in_words(facts),
    }


def _result_outcome(facts: Mapping[str, Any]) -> str:
    if facts["withheld"]:
        return WITHHELD
    if facts["not_written"]:
        return NOT_WRITTEN
    return RESTORED if facts["defects"] else NO_DEFECT


def failure_row(case: BatchCase, reason: str, seconds: float, *, outcome: str = FAILED) -> CaseRow:
    """Make the row of a case without a result.

    Parameters
    ----------
    case
        One line of the list.
    reason
        Error message; names of the input and its folders are removed from it.
    seconds
        How long it took.
    outcome
        FAILED or NO_MEMORY.

    Returns
    -------
    dict

    Examples
    --------
    >>> case = BatchCase("case_0001", 1, Path("/ward/doe/ct.nrrd"))
    >>> failure_row(case, "'/ward/doe/ct.nrrd' is damaged.", 0.5)["reason"]
    'the input is damaged.'
    """
    input_names = (str(case.path), case.path.name)
    for name in sorted({*input_names, *case.path.parent.parts[1:]}, key=len, reverse=True):
        if len(name) > 2:
            reason = re.sub(_private_name_pattern(name), "the input" if name in input_names else "...", reason)
    empty = dict.fromkeys(COLUMN_TITLES, "")
    return empty | {
        "case": case.name,
        "line": case.line,
        "outcome": outcome,
        "seconds": round(seconds, 1),
        "reason": " ".join(reason.split()),
    }


def _private_name_pattern(name: str) -> str:
    """Make a pattern that finds a name, with the quotation marks around it.

    A short name in small letters, such as "out", is found only where no letter touches it: it also occurs inside of
    words that identify nobody.
    """
    pattern = re.escape(name)
    if len(name) < 5 and name.islower():
        pattern = rf"(?<![^\W\d_]){pattern}(?![^\W\d_])"
    return f"'{pattern}'|{pattern}"


def write_csv(rows: Sequence[CaseRow], path: Path) -> None:
    """Write the table as CSV, one line per case.

    Parameters
    ----------
    rows
        In the order of the list.
    path
        Of the file.
    """
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(COLUMN_TITLES))
        writer.writeheader()
        writer.writerows(rows)


def write_markdown(rows: Sequence[CaseRow], path: Path, *, total: int) -> None:
    """Write the counts and the table as Markdown.

    Parameters
    ----------
    rows
        In the order of the list.
    path
        Of the file.
    total
        Number of cases in the list.
    """
    path.write_text("\n\n".join([count_sentence(rows, total), markdown_table(rows)]) + "\n", encoding="utf-8")


def count_sentence(rows: Sequence[CaseRow], total: int) -> str:
    """Count the outcomes in a sentence.

    Parameters
    ----------
    rows
        Of the cases that are done.
    total
        Number of cases in the list.

    Returns
    -------
    str

    Examples
    --------
    >>> count_sentence([{"outcome": RESTORED}, {"outcome": FAILED}], total=3)
    '3 cases: 1 restored, 0 without a defect, 1 failed, 1 not done yet.'
    """
    outcomes = [row["outcome"] for row in rows]
    parts = [
        f"{outcomes.count(RESTORED)} restored",
        f"{outcomes.count(WITHHELD)} restored with an implant withheld" if WITHHELD in outcomes else "",
        f"{outcomes.count(NOT_WRITTEN)} restored with a format missing" if NOT_WRITTEN in outcomes else "",
        f"{outcomes.count(NO_DEFECT)} without a defect",
        f"{outcomes.count(FAILED)} failed",
        f"{outcomes.count(NO_MEMORY)} not done for lack of memory" if NO_MEMORY in outcomes else "",
        f"{total - len(rows)} not done yet" if len(rows) < total else "",
    ]
    return f"{total} cases: {', '.join(filter(None, parts))}."


def markdown_table(rows: Sequence[CaseRow]) -> str:
    """Make the table as Markdown.

    Parameters
    ----------
    rows
        In the order of the list.

    Returns
    -------
    str
    """
    lines = [" | ".join(COLUMN_TITLES.values()), " | ".join("---" for _ in COLUMN_TITLES)]
    lines += [" | ".join(str(row[name]).replace("|", "\\|") for name in COLUMN_TITLES) for row in rows]
    return "\n".join(f"| {line} |" for line in lines)
