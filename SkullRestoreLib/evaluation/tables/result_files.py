"""Write results as Markdown, CSV and picture into a folder that appears only when it is complete."""

import csv
from collections.abc import Callable, Mapping
from pathlib import Path

from SkullRestoreLib._system.run_log import Rows
from SkullRestoreLib.errors import DependencyError
from SkullRestoreLib.evaluation.tables.plots import Figure
from SkullRestoreLib.io import output_folder


def check_output(out: Path, name: str, *, force: bool) -> None:
    """Check before the work begins that its result can be written.

    Parameters
    ----------
    out
        The folder.
    name
        Of the experiment.
    force
        Whether an earlier result may be replaced.

    Raises
    ------
    OutputError
        If the folder cannot be used.
    DependencyError
        If matplotlib is missing.
    """
    output_folder.check_folder(out, marker=f"{name}.md", is_result_file=_result_file_test(name), force=force)
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        raise DependencyError(
            "The figures need matplotlib, which is not installed. "
            "Install it with: pip install 'skullrestore[evaluate]'; or leave --out away to see the tables only."
        ) from None


def publish_results(
    out: Path,
    name: str,
    text: str,
    rows: Rows,
    draw: Callable[[], Figure],
    *,
    force: bool,
    pages: Mapping[str, str] | None = None,
) -> Path:
    """Write NAME.md, NAME.csv, NAME.png and further pages.

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
        Draws the figure.
    force
        Replace an earlier result.
    pages
        Content of further files by name.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    OutputError
        If the folder cannot be used.
    """

    def fill_folder(stage: Path) -> None:
        (stage / f"{name}.md").write_text(text + "\n", encoding="utf-8")
        with (stage / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(rows[0]) if rows else [])
            writer.writeheader()
            writer.writerows(rows)
        draw().savefig(stage / f"{name}.png", dpi=120)
        for page, content in (pages or {}).items():
            (stage / page).write_text(content, encoding="utf-8")

    return output_folder.publish_folder(
        out, fill_folder, marker=f"{name}.md", is_result_file=_result_file_test(name), force=force
    )


def _result_file_test(name: str) -> Callable[[str], bool]:
    return {f"{name}.md", f"{name}.csv", f"{name}.png", "gallery.html"}.__contains__
