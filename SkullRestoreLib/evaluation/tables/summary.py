"""Summarise rows as Markdown tables: areas and deviations (Mishinov 2023, table 1), and shares of success (table 2)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib._system.run_log import Rows

UPPER_BOUND_NOTE = (
    "Floors are our own patches, vertex by vertex, on tables that were made with the truth: "
    "over the part of each hole that ours covers, with our border."
    " A hole that ours does not find counts against them too. Their area is that of these tables within our border:"
    " the error in the last of them comes from border and cover, not from prediction."
)
"""Printed with tables that hold upper bounds."""
SIZE_CLASSES = (("under 25 cm²", 0.0, 25.0), ("25 to 80 cm²", 25.0, 80.0), ("over 80 cm²", 80.0, np.inf))


@dataclass(frozen=True)
class CaseOutcome:
    """Result of one method on one case: all its holes together, the worst of them counts."""

    method: str
    region: str
    disturbance: str
    true_area_cm2: float
    found: bool
    nothing_else: bool
    right: bool
    good: bool
    acceptable: bool
    largest_mm: float
    missed_largest_mm: float
    mean_mm: float
    area_error_cm2: float
    in_band: float
    seconds: float
    has_points: bool = True


def case_outcomes(rows: Rows) -> list[CaseOutcome]:
    """Summarise rows by case and method.

    Parameters
    ----------
    rows
        One per hole and method.

    Returns
    -------
    list of CaseOutcome
        In order of the rows.
    """
    groups: dict[tuple[str, str], Rows] = {}
    for row in rows:
        groups.setdefault((row["method"], row["case"]), []).append(row)
    return [_case_outcome(holes) for holes in groups.values()]


def _case_outcome(holes: Rows) -> CaseOutcome:
    first = holes[0]
    grades = {h["grade"] for h in holes}
    errors = [abs(h["area_cm2"] - h["true_area_cm2"]) for h in holes]
    return CaseOutcome(
        method=first["method"],
        region=first["region"],
        disturbance=first["disturbance"],
        true_area_cm2=sum(h["true_area_cm2"] for h in holes),
        found=all(h["found"] for h in holes),
        nothing_else=first["false_holes"] == 0,
        right=all(h["right"] for h in holes),
        good=grades == {"good"},
        acceptable="unacceptable" not in grades,
        largest_mm=max(h["largest_mm"] for h in holes),
        missed_largest_mm=max(h["missed_largest_mm"] for h in holes),
        mean_mm=float(np.mean([h["mean_mm"] for h in holes])),
        area_error_cm2=max(errors) if all(h["found"] for h in holes) else np.nan,
        in_band=float(np.mean([h["in_band"] for h in holes])),
        seconds=first["seconds"] + first["shared_seconds"],
        has_points=any(h["points"] > 0 for h in holes),
    )


# --- Markdown


def markdown_table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """Format a Markdown table.

    Parameters
    ----------
    head
        Column titles.
    lines
        Cells of each row.

    Examples
    --------
    >>> print(markdown_table(["method", "cases"], [["thin plate", "3"]]))
    | method | cases |
    | --- | --- |
    | thin plate | 3 |
    """
    rows = [list(head), ["---"] * len(head), *lines]
    return "\n".join(
        "| " + " | ".join(str(cell).replace("|", "/").replace("\n", " ") for cell in row) + " |" for row in rows
    )


def percent_true(values: Iterable[bool]) -> str:
    """Format the share of true values, in percent.

    Parameters
    ----------
    values
        Booleans.

    Examples
    --------
    >>> percent_true([True, True, False])
    '66.7'
    """
    values = list(values)
    return f"{100 * sum(values) / len(values):.1f}" if values else "–"


def format_median(values: Iterable[float], digits: int = 2) -> str:
    """Format the median, and the largest in brackets; NaN is left out.

    Parameters
    ----------
    values
        Numbers.
    digits
        After the point.

    Examples
    --------
    >>> format_median([1.0, 2.0, 4.0])
    '2.00 (4.00)'
    """
    known = _finite_values(values)
    return f"{np.median(known):.{digits}f} ({known.max():.{digits}f})" if len(known) else "–"


def format_quartiles(values: Iterable[float], digits: int = 2) -> str:
    """Format median, quartiles and range; NaN is left out.

    Parameters
    ----------
    values
        Numbers.
    digits
        After the point.

    Examples
    --------
    >>> format_quartiles([0.0, 1.0, 2.0, 3.0, 4.0], 1)
    '2.0 [1.0; 3.0], 0.0 to 4.0'
    """
    known = _finite_values(values)
    if not len(known):
        return "–"
    low, median, high = np.percentile(known, [25, 50, 75])
    quartiles = f"{median:.{digits}f} [{low:.{digits}f}; {high:.{digits}f}]"
    return f"{quartiles}, {known.min():.{digits}f} to {known.max():.{digits}f}"


def _finite_values(values: Iterable[float]) -> NDArray[np.float64]:
    numbers = np.array(list(values), dtype=float)
    return numbers[np.isfinite(numbers)]


# --- the cohort


COHORT_COLUMNS = (
    "", "cases", "found %", "nothing else %", "points right %", "good %", "acceptable %",
    "area error cm², median (max)", "largest mm, median (max)", "true to restored, largest mm, median (max)",
    "mean surface distance mm, median (max)", "in 90 % band %", "s",
)  # fmt: skip


def cohort_tables(rows: Rows, *, by: str = "region") -> str:
    """Summarise a cohort as in the paper's table 2.

    Every method; then the first one by region, size and disturbance; then the share of *good* of every method by
    region.

    Parameters
    ----------
    rows
        Of the cohort.
    by
        What the column ``region`` holds.

    Returns
    -------
    str
        Markdown.
    """
    outcomes = case_outcomes(rows)
    methods = list(dict.fromkeys(o.method for o in outcomes))
    first = [o for o in outcomes if o.method == methods[0]] if methods else []
    regions = list(dict.fromkeys(o.region for o in sorted(first, key=lambda o: o.region)))
    parts = [
        "### All methods on the same cases",
        markdown_table(COHORT_COLUMNS, [_outcome_cells(m, [o for o in outcomes if o.method == m]) for m in methods]),
        _upper_bound_note(methods),
        f"### {methods[0]} by {by}" if methods else "",
        markdown_table(
            (by, *COHORT_COLUMNS[1:]), [_outcome_cells(r, [o for o in first if o.region == r]) for r in regions]
        ),
        "### By size (all holes of a case together)",
        markdown_table(
            ("size", *COHORT_COLUMNS[1:]),
            [_outcome_cells(n, [o for o in first if a <= o.true_area_cm2 < b]) for n, a, b in SIZE_CLASSES],
        ),
        "### By disturbance (masks are clean; all others are simulated CT volumes that were segmented)",
        markdown_table(("input", *COHORT_COLUMNS[1:]), _rows_by_disturbance(first)),
        f"### Good, %, by {by}",
        markdown_table(
            (by, *methods),
            [
                [r, *(percent_true(o.good for o in outcomes if o.method == m and o.region == r) for m in methods)]
                for r in regions
            ],
        ),
    ]
    return "\n\n".join(p for p in parts if p)


def _upper_bound_note(methods: Iterable[str]) -> str:
    return UPPER_BOUND_NOTE if any(m.startswith("floor: ") for m in methods) else ""


def _outcome_cells(name: str, outcomes: Sequence[CaseOutcome]) -> list[str]:
    def share(key: str) -> str:
        return percent_true(getattr(o, key) for o in outcomes)

    right = share("right") if any(o.has_points for o in outcomes) else "–"
    band, seconds = _finite_values(o.in_band for o in outcomes), _finite_values(o.seconds for o in outcomes)
    return [
        name, str(len(outcomes)), share("found"), share("nothing_else"), right, share("good"), share("acceptable"),
        format_median(o.area_error_cm2 for o in outcomes), format_median(o.largest_mm for o in outcomes),
        format_median(o.missed_largest_mm for o in outcomes), format_median(o.mean_mm for o in outcomes),
        f"{100 * band.mean():.1f}" if len(band) else "–", f"{np.median(seconds):.1f}" if len(seconds) else "–",
    ]  # fmt: skip


def _rows_by_disturbance(outcomes: Sequence[CaseOutcome]) -> list[list[str]]:
    kinds = sorted({o.disturbance for o in outcomes} - {""})
    lines = [_outcome_cells("clean mask", [o for o in outcomes if not o.disturbance])]
    lines += [_outcome_cells(f"CT, {kind}", [o for o in outcomes if o.disturbance == kind]) for kind in kinds]
    return [*lines, _outcome_cells("all CT", [o for o in outcomes if o.disturbance])]


# --- the worth of each part

NOTABLE_CHANGE_MM = 0.2
"""A largest deviation that changes by less counts as the same."""
ABLATION_COLUMNS = (
    *COHORT_COLUMNS[:-1],
    f"largest, cases worse / better by {NOTABLE_CHANGE_MM} mm",
    "points, cases lost / won",
)


def ablation_table(rows: Rows, replacements: Mapping[str, str]) -> str:
    """Compare the complete method with the method without each part, case by case.

    Parameters
    ----------
    rows
        Of all methods, the complete one first.
    replacements
        What replaces the part that each method lacks.

    Returns
    -------
    str
        Markdown.
    """
    groups = outcomes_by_method(rows)
    complete, *_ = groups.values()
    lines = [
        [
            *_outcome_cells(name, outcomes)[:-1],
            *(("–", "–") if outcomes is complete else _compare_outcomes(complete, outcomes)),
        ]
        for name, outcomes in groups.items()
    ]
    return "\n\n".join(
        [
            markdown_table(ABLATION_COLUMNS, lines),
            "In place of what is taken away:",
            "\n".join(f"- *{name}*: {words}." for name, words in replacements.items()),
        ]
    )


def outcomes_by_method(rows: Rows) -> dict[str, list[CaseOutcome]]:
    """Group the outcomes by method.

    Parameters
    ----------
    rows
        One per hole and method.

    Returns
    -------
    dict
        Name of each method, in order, to its outcomes.
    """
    groups: dict[str, list[CaseOutcome]] = {}
    for outcome in case_outcomes(rows):
        groups.setdefault(outcome.method, []).append(outcome)
    return groups


def _compare_outcomes(complete: Sequence[CaseOutcome], outcomes: Sequence[CaseOutcome]) -> tuple[str, str]:
    """Count the cases whose largest deviation is worse or better, and those whose points become wrong or right."""
    change = paired_changes(complete, outcomes, "largest_mm")
    pairs = list(zip(complete, outcomes, strict=True))
    lost, won = sum(a.right and not b.right for a, b in pairs), sum(b.right and not a.right for a, b in pairs)
    points = f"{lost} / {won}" if any(o.has_points for o in outcomes) else "–"
    return f"{int((change > NOTABLE_CHANGE_MM).sum())} / {int((change < -NOTABLE_CHANGE_MM).sum())}", points


def paired_changes(complete: Sequence[CaseOutcome], outcomes: Sequence[CaseOutcome], key: str) -> NDArray[np.float64]:
    """Measure by how much a number grows in each case.

    Parameters
    ----------
    complete, outcomes
        Of two methods on the same cases.
    key
        Field of the outcomes.

    Returns
    -------
    ndarray
        (c,) float64; cases in which one of the two is NaN are left out.
    """
    return _finite_values(getattr(b, key) - getattr(a, key) for a, b in zip(complete, outcomes, strict=True))


# --- the reference skulls

MISHINOV_TABLE_1 = (
    "The paper, on 12 patients of its own: true area 69.35 [37.25; 88.80] cm², measured 68.05 [37.20; 89.25] cm²,"
    " difference 0.90 [0.35; 1.35] cm², at most 2.3; largest deviation 1.82 [1.01; 3.01] mm, at most 3.89,"
    " and one failure of 19.77 mm left out."
)


def reference_table(rows: Rows) -> str:
    """Summarise areas and deviations of every method as in the paper's table 1; every hole is one case there.

    Parameters
    ----------
    rows
        One per hole and method.

    Returns
    -------
    str
        Markdown.
    """
    methods = list(dict.fromkeys(r["method"] for r in rows))
    head = ("median [quartiles], least to greatest", *methods)
    measured: tuple[tuple[str, Callable[[Mapping[str, Any]], float], int], ...] = (
        ("true area, cm²", lambda r: r["true_area_cm2"], 1),
        ("measured area, cm²", lambda r: r["area_cm2"], 1),
        ("difference, cm²", lambda r: abs(r["area_cm2"] - r["true_area_cm2"]), 2),
        ("difference, %", lambda r: 100 * abs(r["area_cm2"] - r["true_area_cm2"]) / r["true_area_cm2"], 2),
        ("largest deviation, mm", lambda r: r["largest_mm"], 2),
        ("RMS deviation, mm", lambda r: r["rms_mm"], 2),
        ("largest deviation of the true surface, mm", lambda r: r["missed_largest_mm"], 2),
        ("mean surface distance, mm", lambda r: r["mean_mm"], 2),
    )
    lines = []
    for name, value, digits in measured:
        cells = []
        for method in methods:
            chosen = [r for r in rows if r["method"] == method and (r["found"] or name.startswith("true"))]
            known = [r for r in chosen if r["area_cm2"] > 0 or "area" not in name or name.startswith("true")]
            cells.append(format_quartiles((value(r) for r in known), digits))
        lines.append([name, *cells])
    lines.append(["holes", *(str(sum(r["method"] == m for r in rows)) for m in methods)])
    lines.append(["not found", *(str(sum(r["method"] == m and not r["found"] for r in rows)) for m in methods)])
    return "\n\n".join(p for p in (markdown_table(head, lines), _upper_bound_note(methods)) if p)
