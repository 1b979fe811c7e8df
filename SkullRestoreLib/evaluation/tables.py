"""Rows in, tables out: the paper's table 1 (areas and deviations) and table 2 (what share of cases went well), as Markdown."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from SkullRestoreLib.evaluation.engine import Rows

FLOORS = (
    "Floors are our own patches, vertex by vertex, on the tables of somebody who knows the truth: over the part of each hole that ours covers, with our border."
    " A hole that ours does not find counts against them too. Their area is that of these tables within our border:"
    " what is off in the last of them is border and cover, not prediction."
)
"""Said where floors are in a table."""
SIZES = (("under 25 cm²", 0.0, 25.0), ("25 to 80 cm²", 25.0, 80.0), ("over 80 cm²", 80.0, np.inf))


@dataclass(frozen=True)
class Outcome:
    """What one method reached on one case: all its holes together, the worst of them counts."""

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
    area_error_cm2: float
    in_band: float
    seconds: float
    has_points: bool = True


def outcomes(rows: Rows) -> list[Outcome]:
    """One outcome for each case and method, in order."""
    groups: dict[tuple[str, str], Rows] = {}
    for row in rows:
        groups.setdefault((row["method"], row["case"]), []).append(row)
    return [_outcome(holes) for holes in groups.values()]


def _outcome(holes: Rows) -> Outcome:
    first = holes[0]
    grades = {h["grade"] for h in holes}
    errors = [abs(h["area_cm2"] - h["true_area_cm2"]) for h in holes]
    return Outcome(
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
        area_error_cm2=max(errors) if all(h["found"] for h in holes) else np.nan,
        in_band=float(np.mean([h["in_band"] for h in holes])),
        seconds=first["seconds"] + first["shared_seconds"],
        has_points=any(h["points"] > 0 for h in holes),
    )


# --- Markdown


def markdown(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    rows = [list(head), ["---"] * len(head), *lines]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "/").replace("\n", " ") for cell in row) + " |" for row in rows)


def percent(values: Iterable[bool]) -> str:
    """Share of true ones."""
    values = list(values)
    return f"{100 * sum(values) / len(values):.1f}" if values else "–"


def middle(values: Iterable[float], digits: int = 2) -> str:
    """Median, and the greatest in brackets; what is not known is left out."""
    known = _known(values)
    return f"{np.median(known):.{digits}f} ({known.max():.{digits}f})" if len(known) else "–"


def spread(values: Iterable[float], digits: int = 2) -> str:
    """Median [quartiles], smallest to greatest."""
    known = _known(values)
    if not len(known):
        return "–"
    low, half, high = np.percentile(known, [25, 50, 75])
    return f"{half:.{digits}f} [{low:.{digits}f}; {high:.{digits}f}], {known.min():.{digits}f} to {known.max():.{digits}f}"


def _known(values: Iterable[float]) -> np.ndarray:
    all_ = np.array(list(values), dtype=float)
    return all_[np.isfinite(all_)]


# --- the cohort


COHORT_HEAD = (
    "", "cases", "found %", "nothing else %", "points right %", "good %", "acceptable %",
    "area error cm², median (max)", "largest mm, median (max)", "in 90 % band %", "s",
)  # fmt: skip


def cohort(rows: Rows, *, by: str = "region") -> str:
    """The paper's table 2: every method; then the first one by region (or what ``by`` calls it), size and disturbance; then *good* of every method."""
    all_ = outcomes(rows)
    methods = list(dict.fromkeys(o.method for o in all_))
    first = [o for o in all_ if o.method == methods[0]] if methods else []
    regions = list(dict.fromkeys(o.region for o in sorted(first, key=lambda o: o.region)))
    parts = [
        "### All methods on the same cases",
        markdown(COHORT_HEAD, [_line(m, [o for o in all_ if o.method == m]) for m in methods]),
        _on_floors(methods),
        f"### {methods[0]} by {by}" if methods else "",
        markdown((by, *COHORT_HEAD[1:]), [_line(r, [o for o in first if o.region == r]) for r in regions]),
        "### By size (all holes of a case together)",
        markdown(("size", *COHORT_HEAD[1:]), [_line(n, [o for o in first if a <= o.true_area_cm2 < b]) for n, a, b in SIZES]),
        "### By disturbance (masks are clean; all others are simulated CT volumes that were segmented)",
        markdown(("input", *COHORT_HEAD[1:]), _by_disturbance(first)),
        f"### Good, %, by {by}",
        markdown(
            (by, *methods),
            [[r, *(percent(o.good for o in all_ if o.method == m and o.region == r) for m in methods)] for r in [*regions]],
        ),
    ]
    return "\n\n".join(p for p in parts if p)


def _on_floors(methods: Iterable[str]) -> str:
    return FLOORS if any(m.startswith("floor: ") for m in methods) else ""


def _line(name: str, some: Sequence[Outcome]) -> list[str]:
    share: Callable[[str], str] = lambda key: percent(getattr(o, key) for o in some)  # noqa: E731 - five of one kind
    right = share("right") if any(o.has_points for o in some) else "–"
    band, seconds = _known(o.in_band for o in some), _known(o.seconds for o in some)
    return [
        name, str(len(some)), share("found"), share("nothing_else"), right, share("good"), share("acceptable"),
        middle(o.area_error_cm2 for o in some), middle(o.largest_mm for o in some),
        f"{100 * band.mean():.1f}" if len(band) else "–", f"{np.median(seconds):.1f}" if len(seconds) else "–",
    ]  # fmt: skip


def _by_disturbance(some: Sequence[Outcome]) -> list[list[str]]:
    kinds = sorted({o.disturbance for o in some} - {""})
    lines = [_line("clean mask", [o for o in some if not o.disturbance])]
    lines += [_line(f"CT, {kind}", [o for o in some if o.disturbance == kind]) for kind in kinds]
    return [*lines, _line("all CT", [o for o in some if o.disturbance])]


# --- what each part is worth

NOTED_MM = 0.2
"""A largest deviation that changes by less counts as the same."""
ABLATION_HEAD = (*COHORT_HEAD[:-1], f"largest, cases worse / better by {NOTED_MM} mm", "points, cases lost / won")


def ablation(rows: Rows, instead: Mapping[str, str]) -> str:
    """The whole method, which comes first, and the method without each part, compared case by case.

    Parameters
    ----------
    rows
        Of all methods.
    instead
        What stands in place of what each method goes without.
    """
    groups = by_method(rows)
    whole, *_ = groups.values()
    lines = [[*_line(name, some)[:-1], *(("–", "–") if some is whole else _against(whole, some))] for name, some in groups.items()]
    return "\n\n".join(
        [
            markdown(ABLATION_HEAD, lines),
            "In place of what is taken away:",
            "\n".join(f"- *{name}*: {words}." for name, words in instead.items()),
        ]
    )


def by_method(rows: Rows) -> dict[str, list[Outcome]]:
    """The outcomes of each method, in order."""
    groups: dict[str, list[Outcome]] = {}
    for one in outcomes(rows):
        groups.setdefault(one.method, []).append(one)
    return groups


def _against(whole: Sequence[Outcome], some: Sequence[Outcome]) -> tuple[str, str]:
    """In how many cases the largest deviation is worse and better than the whole method's, and in how many points are wrong and right instead."""
    change = changes(whole, some, "largest_mm")
    pairs = list(zip(whole, some, strict=True))
    lost, won = sum(a.right and not b.right for a, b in pairs), sum(b.right and not a.right for a, b in pairs)
    points = f"{lost} / {won}" if any(o.has_points for o in some) else "–"
    return f"{int((change > NOTED_MM).sum())} / {int((change < -NOTED_MM).sum())}", points


def changes(whole: Sequence[Outcome], some: Sequence[Outcome], key: str) -> np.ndarray:
    """By how much a figure of each case grows; what only one of them can tell is left out."""
    return _known(getattr(b, key) - getattr(a, key) for a, b in zip(whole, some, strict=True))


# --- the reference skulls

PAPER_1 = (
    "The paper, on 12 patients of its own: true area 69.35 [37.25; 88.80] cm², measured 68.05 [37.20; 89.25] cm², difference 0.90 [0.35; 1.35] cm²,"
    " at most 2.3; largest deviation 1.82 [1.01; 3.01] mm, at most 3.89, and one failure of 19.77 mm left out."
)


def reference(rows: Rows) -> str:
    """The paper's table 1 for every method; every hole is one case there."""
    methods = list(dict.fromkeys(r["method"] for r in rows))
    head = ("median [quartiles], least to greatest", *methods)
    measured: tuple[tuple[str, Callable[[dict], float], int], ...] = (
        ("true area, cm²", lambda r: r["true_area_cm2"], 1),
        ("measured area, cm²", lambda r: r["area_cm2"], 1),
        ("difference, cm²", lambda r: abs(r["area_cm2"] - r["true_area_cm2"]), 2),
        ("difference, %", lambda r: 100 * abs(r["area_cm2"] - r["true_area_cm2"]) / r["true_area_cm2"], 2),
        ("largest deviation, mm", lambda r: r["largest_mm"], 2),
        ("RMS deviation, mm", lambda r: r["rms_mm"], 2),
    )
    lines = []
    for name, value, digits in measured:
        cells = []
        for method in methods:
            mine = [r for r in rows if r["method"] == method and (r["found"] or name.startswith("true"))]
            known = [r for r in mine if r["area_cm2"] > 0 or "area" not in name or name.startswith("true")]
            cells.append(spread((value(r) for r in known), digits))
        lines.append([name, *cells])
    lines.append(["holes", *(str(sum(r["method"] == m for r in rows)) for m in methods)])
    lines.append(["not found", *(str(sum(r["method"] == m and not r["found"] for r in rows)) for m in methods)])
    return "\n\n".join(p for p in (markdown(head, lines), _on_floors(methods)) if p)
