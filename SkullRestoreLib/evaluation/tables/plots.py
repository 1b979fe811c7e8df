"""Plots that go with the tables."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from SkullRestoreLib._system.run_log import Rows
from SkullRestoreLib.evaluation.tables.summary import CaseOutcome, case_outcomes, outcomes_by_method, paired_changes

_CHANGE_TICKS = (-10, -3, -1, -0.5, 0, 0.5, 1, 3, 10)
Figure = Any
"""matplotlib's Figure, and its Axes: the package is optional, so that its types are not imported here."""
Axes = Any
_GOOD_COLOUR, _ACCEPTABLE_COLOUR, _UNACCEPTABLE_COLOUR = "#12808a", "#e9a23b", "#c6362f"


def plot_cohort(rows: Rows, *, by: str = "region") -> Figure:
    """Plot the shares of good, acceptable and unacceptable cases, of every method, and of the first one by region.

    Parameters
    ----------
    rows
        Of the cohort.
    by
        What the column ``region`` holds.

    Returns
    -------
    Figure
        Of matplotlib.
    """
    from matplotlib.figure import Figure

    outcomes = case_outcomes(rows)
    methods = list(dict.fromkeys(o.method for o in outcomes))
    first = [o for o in outcomes if o.method == methods[0]]
    regions = sorted({o.region for o in first})
    figure = Figure(figsize=(12, 1.1 + 0.42 * max(len(methods), len(regions))), layout="constrained")
    left, right = figure.subplots(1, 2)
    _draw_grade_bars(left, [(m, [o for o in outcomes if o.method == m]) for m in methods], "all methods, % of cases")
    _draw_grade_bars(
        right, [(r, [o for o in first if o.region == r]) for r in regions], f"{methods[0]} by {by}, % of cases"
    )
    return figure


def _draw_grade_bars(axes: Axes, groups: Sequence[tuple[str, Sequence[CaseOutcome]]], title: str) -> None:
    names = [f"{name} ({len(group)})" for name, group in groups]
    good = np.array([100 * np.mean([o.good for o in group]) if group else 0 for _, group in groups])
    only_acceptable = (
        np.array([100 * np.mean([o.acceptable for o in group]) if group else 0 for _, group in groups]) - good
    )
    height = np.arange(len(groups))[::-1]
    axes.barh(height, good, color=_GOOD_COLOUR, label="good")
    axes.barh(height, only_acceptable, left=good, color=_ACCEPTABLE_COLOUR, label="acceptable")
    axes.barh(
        height,
        100 - good - only_acceptable,
        left=good + only_acceptable,
        color=_UNACCEPTABLE_COLOUR,
        label="unacceptable",
    )
    axes.set_yticks(height, names)
    axes.set(xlim=(0, 100), title=title)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.07), ncols=3, fontsize=8, frameon=False)


def plot_ablation(rows: Rows) -> Figure:
    """Plot, without each part, the share of cases with right points, and how area error and largest deviation change.

    Parameters
    ----------
    rows
        Of the complete method, which comes first, and of the method without each part.

    Returns
    -------
    Figure
        Of matplotlib.
    """
    from matplotlib.figure import Figure

    groups = outcomes_by_method(rows)
    complete, *_ = groups.values()
    height = np.arange(len(groups))[::-1]
    figure = Figure(figsize=(13, 1.1 + 0.3 * len(groups)), layout="constrained")
    first, *others = figure.subplots(1, 3, sharey=True)
    right = [
        100 * np.mean([o.right for o in group]) if any(o.has_points for o in group) else 0.0
        for group in groups.values()
    ]
    first.barh(height, right, color=_GOOD_COLOUR)
    first.set_yticks(height, groups)
    first.set(title="points right, % of cases", xlim=(0, 100))
    keys = (("area_error_cm2", "area error, cm² more"), ("largest_mm", "largest deviation, mm more"))
    for axes, (key, title) in zip(others, keys, strict=True):
        change = [paired_changes(complete, group, key) for group in groups.values()]
        axes.boxplot(
            change,
            positions=height,
            orientation="horizontal",
            whis=(0, 100),
            medianprops={"color": _GOOD_COLOUR},
            manage_ticks=False,
        )
        axes.set_xscale("symlog", linthresh=1.0)
        axes.set_xticks(_CHANGE_TICKS, [f"{x:g}" for x in _CHANGE_TICKS])
        axes.axvline(0.0, color="0.6", linewidth=0.8)
        axes.set(title=title)
        axes.grid(axis="x", alpha=0.3)
    return figure


def plot_boxes(rows: Rows, keys: Sequence[tuple[str, str]]) -> Figure:
    """Draw a box plot of every method for each column.

    Parameters
    ----------
    rows
        With ``method`` and the columns.
    keys
        Column and title of each plot.

    Returns
    -------
    Figure
        Of matplotlib.
    """
    from matplotlib.figure import Figure

    methods = list(dict.fromkeys(r["method"] for r in rows))
    figure = Figure(figsize=(1.8 + 4.2 * len(keys), 0.9 + 0.42 * len(methods)), layout="constrained")
    for axes, (key, title) in zip(figure.subplots(1, len(keys), squeeze=False)[0], keys, strict=True):
        values = [np.array([r[key] for r in rows if r["method"] == m], dtype=float) for m in methods]
        axes.boxplot(
            [v[np.isfinite(v)] for v in values][::-1],
            orientation="horizontal",
            whis=(0, 100),
            medianprops={"color": _GOOD_COLOUR},
        )
        axes.set_yticks(
            range(1, len(methods) + 1), methods[::-1] if axes.get_subplotspec().is_first_col() else [""] * len(methods)
        )
        axes.set(title=title)
        axes.grid(axis="x", alpha=0.3)
    return figure
