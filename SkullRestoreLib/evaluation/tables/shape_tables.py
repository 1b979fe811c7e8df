"""Tables and figure of the experiment on plausible shapes."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri
from scipy.stats import binomtest

from SkullRestoreLib._system.run_log import Rows
from SkullRestoreLib.evaluation.tables.plots import Figure
from SkullRestoreLib.evaluation.tables.summary import SIZE_CLASSES, markdown_table
from SkullRestoreLib.settings import flatter_share

SAID_SHARES = (0.10, 0.25, 0.50, 0.75, 0.90)
"""Shares of heads that are said to be flatter than a surface."""


def format_tables(rows: Rows) -> str:
    """Format the tables: how often the true surface is below each quantile, by size, and what did not work.

    Parameters
    ----------
    rows
        One per hole, of the experiment on plausible shapes.

    Returns
    -------
    str
        Markdown.
    """
    measured = [row for row in rows if not row["note"]]
    parts = []
    if measured:
        parts.append(f"### True surfaces below the quantiles\n\n{_quantile_table(measured)}")
        parts.append(f"### Height and fit\n\n{_height_table(measured)}")
        fullness = _column(measured, "fullness")
        parts.append(
            f"The scale of the fullness would be right for these holes if it were {estimate_scale(fullness):.2f} times "
            "what it is."
        )
        seconds = _column(measured, "seconds_for_20")
        if np.isfinite(seconds).any():
            parts.append(
                f"20 shapes of a case took {np.nanmedian(seconds):.2f} s of one core in the median, "
                f"{np.nanmax(seconds):.2f} s at most."
            )
    if failed := [row for row in rows if row["note"]]:
        lines = [[row["case"], row["region"], row["disturbance"], row["note"]] for row in failed]
        parts.append("### Not measured\n\n" + markdown_table(["case", "region", "disturbance", "why"], lines))
    return "\n\n".join(parts)


def estimate_scale(fullness: NDArray[np.float64]) -> float:
    """Estimate by which factor a fullness of 1 should be larger.

    Parameters
    ----------
    fullness
        (n,), of true surfaces.

    Returns
    -------
    float
        Mean over the quantiles at 10 to 90 % of how far the true surfaces are spread, as against a normal
        distribution of standard deviation 1. A few surfaces far off do not count.

    Examples
    --------
    >>> round(estimate_scale(2.0 * ndtri((np.arange(1000) + 0.5) / 1000)), 2)
    2.0
    """
    spreads = []
    for low, high in ((0.10, 0.90), (0.25, 0.75)):
        found = np.quantile(fullness, high) - np.quantile(fullness, low)
        spreads.append(found / (ndtri(high) - ndtri(low)))
    return float(np.mean(spreads))


def _column(rows: Rows, name: str) -> NDArray[np.float64]:
    return np.array([row[name] for row in rows], dtype=np.float64)


def _groups(rows: Rows) -> list[tuple[str, Rows]]:
    """All holes, and those of each size."""
    sizes = [(name, [r for r in rows if low <= r["area_cm2"] < high]) for name, low, high in SIZE_CLASSES]
    return [("all", rows), *((name, group) for name, group in sizes if group)]


def _quantile_table(rows: Rows) -> str:
    head = ["holes", "number", *(f"{100 * share:.0f} % said" for share in SAID_SHARES)]
    lines = []
    for name, group in _groups(rows):
        shares = np.array([flatter_share(f) for f in _column(group, "fullness")])
        cells = [name, str(len(group))]
        for said in SAID_SHARES:
            below = int((shares < said).sum())
            interval = binomtest(below, max(len(group), 1)).proportion_ci()
            cells.append(
                f"{100 * below / max(len(group), 1):.0f} ({100 * interval.low:.0f} to {100 * interval.high:.0f})"
            )
        lines.append(cells)
    return markdown_table(head, lines)


def _height_table(rows: Rows) -> str:
    head = [
        "holes",
        "true surface over the most likely one, mean, mm",
        "its standard deviation, mm",
        "raised by a fullness of 1, mm, median",
        "RMS, mm, median",
        "RMS when as full as the true one, mm, median",
    ]
    lines = []
    for name, group in _groups(rows):
        height = _column(group, "height_mm")
        medians = [np.median(_column(group, key)) for key in ("step_mm", "rms_mm", "rms_as_full_mm")]
        numbers = [height.mean(), height.std(), *medians]
        lines.append([name, *(f"{number:.2f}" for number in numbers)])
    return markdown_table(head, lines)


def plot_shapes(rows: Rows) -> Figure:
    """Plot said against found shares, and each hole's mean height against what is said of it.

    Parameters
    ----------
    rows
        As for :func:`format_tables`.

    Returns
    -------
    Figure
        Of matplotlib.
    """
    from matplotlib.figure import Figure

    measured: list[dict[str, Any]] = [row for row in rows if not row["note"]]
    shares = np.sort([flatter_share(f) for f in _column(measured, "fullness")])
    figure = Figure(figsize=(9, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.plot([0, 100], [0, 100], color="0.6", linewidth=0.8)
    left.step(100 * shares, 100 * (np.arange(len(shares)) + 1) / len(shares), color="#12808a")
    left.set(title="true surfaces below, %", xlabel="heads that are said to be flatter, %", aspect="equal")
    right.plot(_column(measured, "step_mm"), _column(measured, "height_mm"), "o", color="#12808a", markersize=4)
    largest = float(_column(measured, "step_mm").max(initial=0.1))
    for fullness in (-1, 0, 1):
        right.plot([0, largest], [0, fullness * largest], color="0.6", linewidth=0.8)
    right.set(title="true over most likely surface, mm", xlabel="raised by a fullness of 1, mm")
    for axes in (left, right):
        axes.grid(alpha=0.3)
    return figure
