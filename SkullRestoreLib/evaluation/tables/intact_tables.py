"""Tables and figure of the experiment on intact heads."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from SkullRestoreLib._system.run_log import Rows
from SkullRestoreLib.evaluation.tables.plots import Axes, Figure
from SkullRestoreLib.evaluation.tables.summary import markdown_table, percent_true

_HEAD = (
    "heads",
    "with a false defect, %",
    "false defects per head",
    "their area, cm², mean of those heads (largest)",
    "doubtful, % of heads",
    "holes over 2 cm²",
    "found, %",
    "reported or said to be doubtful, %",
    "not done",
)
_COLOURS = ("#12808a", "#e9a23b", "#c6362f", "#5a6b7b")


def format_tables(rows: Rows) -> str:
    """Format the tables: all heads by source and slice thickness, then the simulated ones by kernel and by bone.

    Parameters
    ----------
    rows
        Two for each scan: intact, and with a hole.

    Returns
    -------
    str
        Markdown.
    """
    parts = []
    for source in dict.fromkeys(r["source"] for r in rows):
        of_source = [r for r in rows if r["source"] == source]
        parts.append(f"### {source}, by slice thickness\n\n{_table(of_source, 'slices, mm', _thickness)}")
    simulated = [r for r in rows if r["source"] == rows[0]["source"]] if rows else []
    for title, key in (("kernel", _kernel), ("bone", _bone), ("tilt", _tilt)):
        parts.append(f"### {rows[0]['source']}, by {title}\n\n{_table(simulated, title, key)}" if rows else "")
    worst = sorted((r for r in rows if r["false_defects"]), key=lambda r: -r["false_cm2"])[:12]
    if worst:
        parts.append(f"### Largest false defects\n\n{_worst_table(worst)}")
    lost = [r for r in rows if r["hole_cm2"] and not r["found"] and not r["note"]]
    if lost:
        parts.append(f"### Holes not found\n\n{_lost_table(lost)}")
    return "\n\n".join(parts)


def _thickness(row: dict[str, Any]) -> str:
    return f"{row['thickness_mm']:g}"


def _kernel(row: dict[str, Any]) -> str:
    return str(row["kernel"])


def _bone(row: dict[str, Any]) -> str:
    return "osteoporotic" if row["bone_loss_mm"] else "usual"


def _tilt(row: dict[str, Any]) -> str:
    low = 5 * int(row["tilt_deg"] // 5)
    return f"{low} to {low + 5}°"


def _table(rows: Rows, title: str, key: Callable[[dict[str, Any]], str]) -> str:
    groups: dict[str, Rows] = {}
    for row in sorted(rows, key=lambda r: (r["thickness_mm"], r["tilt_deg"]) if key in (_thickness, _tilt) else 0):
        groups.setdefault(key(row), []).append(row)
    if key is _tilt:
        groups = dict(sorted(groups.items(), key=lambda item: float(item[0].split()[0])))
    lines = [[name, *_cells(group)] for name, group in groups.items()]
    return markdown_table([title, *_HEAD], [*lines, ["all", *_cells(rows)]])


def _cells(rows: Rows) -> list[str]:
    done = [r for r in rows if not r["note"]]
    intact, holed = [r for r in done if not r["hole_cm2"]], [r for r in done if r["hole_cm2"]]
    areas = [r["false_cm2"] for r in intact if r["false_defects"]]
    return [
        str(len(intact)),
        percent_true(r["false_defects"] > 0 for r in intact),
        f"{np.mean([r['false_defects'] for r in intact]):.2f}" if intact else "–",
        f"{np.mean(areas):.1f} ({max(areas):.1f})" if areas else "–",
        percent_true(r["said_doubtful"] for r in intact),
        str(len(holed)),
        percent_true(r["found"] for r in holed),
        percent_true(r["touched"] or r["said_doubtful"] for r in holed),
        str(len(rows) - len(done)),
    ]


def _conditions(row: dict[str, Any]) -> str:
    bone = f", bone {row['bone_hu']:.0f} HU" if row["source"] == "SkullFix" else ""
    return f"{row['thickness_mm']:g} mm, {row['kernel']}, {row['tilt_deg']:g}°{bone}"


def _worst_table(rows: Rows) -> str:
    return markdown_table(
        ["case", "conditions", "hole, cm²", "false defects, cm²", "place of the head doubted"],
        [
            [
                r["case"],
                _conditions(r),
                f"{r['hole_cm2']:.1f}",
                r["false_places"],
                "yes" if r["frame_doubted"] else "no",
            ]
            for r in rows
        ],
    )


def _lost_table(rows: Rows) -> str:
    return markdown_table(
        ["case", "conditions", "hole, cm²", "reported there", "said to be doubtful"],
        [
            [
                r["case"],
                _conditions(r),
                f"{r['hole_cm2']:.1f}",
                "in part" if r["touched"] else "no",
                "yes" if r["said_doubtful"] else "no",
            ]
            for r in rows
        ],
    )


def plot_intact(rows: Rows) -> Figure:
    """Plot, over slice thickness, the heads with false defects, their area, and the holes found.

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

    figure = Figure(figsize=(13, 3.6), layout="constrained")
    first, second, third = figure.subplots(1, 3)
    sources = list(dict.fromkeys(r["source"] for r in rows))
    for colour, source in zip(_COLOURS, sources, strict=False):
        of_source = [r for r in rows if r["source"] == source and not r["note"]]
        intact, holed = [r for r in of_source if not r["hole_cm2"]], [r for r in of_source if r["hole_cm2"]]
        _draw_share(first, intact, "false_defects", colour, source)
        _draw_share(third, holed, "found", colour, source)
        second.plot(
            [r["thickness_mm"] for r in intact],
            [max(r["false_cm2"], 0.1) for r in intact],
            "o",
            color=colour,
            alpha=0.6,
            markersize=4,
        )
    first.set(title="heads with a false defect, %", xlabel="slices, mm", ylim=(-3, 103))
    first.legend(frameon=False, fontsize=8)
    second.set(title="false defects of a head, cm² (0.1: none)", xlabel="slices, mm", yscale="log")
    third.set(title="holes over 2 cm² found, %", xlabel="slices, mm", ylim=(-3, 103))
    for axes in (first, second, third):
        axes.grid(alpha=0.3)
    return figure


def _draw_share(axes: Axes, rows: Sequence[dict[str, Any]], column: str, colour: str, label: str) -> None:
    thicknesses = sorted({r["thickness_mm"] for r in rows})
    share = [100 * np.mean([bool(r[column]) for r in rows if r["thickness_mm"] == mm]) for mm in thicknesses]
    axes.plot(thicknesses, share, "o-", color=colour, label=label, markersize=4)
