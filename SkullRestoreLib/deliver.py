"""From an input to a folder of results: read, restore, draw, write. What `restore` does for one case and `batch` for many."""

from collections.abc import Generator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from SkullRestoreLib.clock import Progress
from SkullRestoreLib.settings import Settings

SAME_SKULL_MM = 2.0  # a reference farther than this from the bone beside the hole belongs to another


def deliver(
    source: Path,
    out: Path,
    settings: Settings,
    *,
    series: str | None = None,
    also: Sequence[str] = (),
    reference: Path | None = None,
    force: bool = False,
) -> Generator[Progress, None, dict[str, Any]]:
    """Restore one input and write everything about it.

    Parameters
    ----------
    source
        What :func:`SkullRestoreLib.read.read` reads.
    out
        Folder for the result, see :func:`SkullRestoreLib.export.write`.
    settings
        What the user chose.
    series
        Number or UID of the DICOM series, where there are several.
    also
        Further files: ``"pdf"``, ``"dicom"``, and those of :data:`SkullRestoreLib.export.ALSO`.
    reference
        The same skull whole, where it is known.
    force
        Whether an earlier result may be replaced.

    Yields
    ------
    tuple of str and float
        Name of the step that starts, and how much of the work is behind (0..1).

    Returns
    -------
    dict
        Content of ``restoration.json``.

    Raises
    ------
    SkullRestoreError
        With a message that says what is wrong and what to do; nothing is written then.
    """
    from SkullRestoreLib import closeup, export, pipeline, read, render, report

    export.check_output(out, force=force)
    yield "read the input", 0.0
    image = read.read(source, series=int(series) if series and series.isdecimal() else series)
    whole = None if reference is None else pipeline.surface_of(read.read(reference), settings)
    restoration = yield from pipeline.restore(image, settings)
    if whole is not None and (off := closeup.off_the_skull(restoration, whole)) > SAME_SKULL_MM:
        said = f"The reference is not this skull, or lies elsewhere: at the hole's margin it is {off:.1f} mm off the bone. It was left out."
        restoration, whole = replace(restoration, warnings=(*restoration.warnings, said)), None
    yield "draw the pictures", 0.92
    pictures, close = render.pictures(restoration), closeup.closeups(restoration, reference=whole)
    page = report.report_html(restoration, pictures, close)
    more = {}
    if "pdf" in also:
        more["report.pdf"] = report.report_pdf(restoration, pictures, close)
    if "dicom" in also:
        from SkullRestoreLib import dicom_export

        more |= dicom_export.objects(restoration, source)
    yield "write the files", 0.97
    facts = report.summary(restoration)
    meshes = [kind for kind in also if kind in export.ALSO]
    export.write(restoration, out, summary=facts, report_html=page, force=force, also=meshes, more=more)
    return facts
