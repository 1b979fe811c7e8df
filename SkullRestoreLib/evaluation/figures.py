"""The figures that go with the tables."""

from collections.abc import Sequence

import numpy as np

from SkullRestoreLib.evaluation.engine import Rows
from SkullRestoreLib.evaluation.tables import by_method, changes, outcomes

_CHANGES = (-10, -3, -1, -0.5, 0, 0.5, 1, 3, 10)
_GOOD, _FAIR, _BAD = "#12808a", "#e9a23b", "#c6362f"


def cohort(rows: Rows, *, by: str = "region"):
    """Good, acceptable and unacceptable of every method, and of the first one by region (or what ``by`` calls it)."""
    from matplotlib.figure import Figure

    all_ = outcomes(rows)
    methods = list(dict.fromkeys(o.method for o in all_))
    first = [o for o in all_ if o.method == methods[0]]
    regions = sorted({o.region for o in first})
    figure = Figure(figsize=(12, 1.1 + 0.42 * max(len(methods), len(regions))), layout="constrained")
    left, right = figure.subplots(1, 2)
    _bars(left, [(m, [o for o in all_ if o.method == m]) for m in methods], "all methods, % of cases")
    _bars(right, [(r, [o for o in first if o.region == r]) for r in regions], f"{methods[0]} by {by}, % of cases")
    return figure


def _bars(axes, groups, title: str) -> None:
    names = [f"{name} ({len(some)})" for name, some in groups]
    good = np.array([100 * np.mean([o.good for o in some]) if some else 0 for _, some in groups])
    fair = np.array([100 * np.mean([o.acceptable for o in some]) if some else 0 for _, some in groups]) - good
    at = np.arange(len(groups))[::-1]
    axes.barh(at, good, color=_GOOD, label="good")
    axes.barh(at, fair, left=good, color=_FAIR, label="acceptable")
    axes.barh(at, 100 - good - fair, left=good + fair, color=_BAD, label="unacceptable")
    axes.set_yticks(at, names)
    axes.set(xlim=(0, 100), title=title)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.07), ncols=3, fontsize=8, frameon=False)


def ablation(rows: Rows):
    """Without each part: in what share of cases the points are right, and by how much area error and largest deviation of a case change."""
    from matplotlib.figure import Figure

    groups = by_method(rows)
    whole, *_ = groups.values()
    at = np.arange(len(groups))[::-1]
    figure = Figure(figsize=(13, 1.1 + 0.3 * len(groups)), layout="constrained")
    first, *others = figure.subplots(1, 3, sharey=True)
    right = [100 * np.mean([o.right for o in some]) if any(o.has_points for o in some) else 0.0 for some in groups.values()]
    first.barh(at, right, color=_GOOD)
    first.set_yticks(at, groups)
    first.set(title="points right, % of cases", xlim=(0, 100))
    keys = (("area_error_cm2", "area error, cm² more"), ("largest_mm", "largest deviation, mm more"))
    for axes, (key, title) in zip(others, keys, strict=True):
        change = [changes(whole, some, key) for some in groups.values()]
        axes.boxplot(change, positions=at, orientation="horizontal", whis=(0, 100), medianprops={"color": _GOOD}, manage_ticks=False)
        axes.set_xscale("symlog", linthresh=1.0)
        axes.set_xticks(_CHANGES, [f"{x:g}" for x in _CHANGES])
        axes.axvline(0.0, color="0.6", linewidth=0.8)
        axes.set(title=title)
        axes.grid(axis="x", alpha=0.3)
    return figure


def boxes(rows: Rows, keys: Sequence[tuple[str, str]]):
    """A box plot of every method for each column.

    Parameters
    ----------
    rows
        With ``method`` and the columns.
    keys
        Column and its title.
    """
    from matplotlib.figure import Figure

    methods = list(dict.fromkeys(r["method"] for r in rows))
    figure = Figure(figsize=(1.8 + 4.2 * len(keys), 0.9 + 0.42 * len(methods)), layout="constrained")
    for axes, (key, title) in zip(figure.subplots(1, len(keys), squeeze=False)[0], keys, strict=True):
        values = [np.array([r[key] for r in rows if r["method"] == m], dtype=float) for m in methods]
        axes.boxplot([v[np.isfinite(v)] for v in values][::-1], orientation="horizontal", whis=(0, 100), medianprops={"color": _GOOD})
        axes.set_yticks(range(1, len(methods) + 1), methods[::-1] if axes.get_subplotspec().is_first_col() else [""] * len(methods))
        axes.set(title=title)
        axes.grid(axis="x", alpha=0.3)
    return figure
