"""Where results go: Markdown, CSV and a picture, in a folder that appears only when it is complete."""

import csv
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from SkullRestoreLib import folder
from SkullRestoreLib.case import DependencyError
from SkullRestoreLib.evaluation.engine import Rows

Figure = Any
"""matplotlib's Figure; the package is optional, so its name is not imported here."""


def check(out: Path, name: str, *, force: bool) -> None:
    """Say before the work begins whether its result can be written.

    Raises
    ------
    OutputError
        If the folder cannot be used.
    DependencyError
        If matplotlib is missing.
    """
    folder.check(out, mark=f"{name}.md", ours=_ours(name), force=force)
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        raise DependencyError(
            "The figures need matplotlib, which is not installed. Install it with: pip install 'skullrestore[evaluate]';"
            " or leave --out away to see the tables only."
        ) from None


def publish(
    out: Path, name: str, text: str, rows: Rows, draw: Callable[[], Figure], *, force: bool, pages: Mapping[str, str] | None = None
) -> Path:
    """Write NAME.md, NAME.csv and NAME.png, and further pages.

    Parameters
    ----------
    out
        The folder.
    name
        Of the experiment.
    text
        Markdown.
    rows
        For the CSV; all have the same keys.
    draw
        Makes the figure.
    force
        Replace an earlier result.
    pages
        File name to content.
    """

    def fill(stage: Path) -> None:
        (stage / f"{name}.md").write_text(text + "\n", encoding="utf-8")
        with (stage / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(rows[0]) if rows else [])
            writer.writeheader()
            writer.writerows(rows)
        draw().savefig(stage / f"{name}.png", dpi=120)
        for page, content in (pages or {}).items():
            (stage / page).write_text(content, encoding="utf-8")

    return folder.publish(out, fill, mark=f"{name}.md", ours=_ours(name), force=force)


def _ours(name: str) -> Callable[[str], bool]:
    return {f"{name}.md", f"{name}.csv", f"{name}.png", "gallery.html"}.__contains__
