"""Process one case from an input to a folder of results, as ``skullrestore restore`` and ``batch`` do."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from SkullRestoreLib._system.progress import Progress
from SkullRestoreLib.io.image_header import NO_OPTIONS, HeaderOptions
from SkullRestoreLib.pipeline.write_result import check_formats, read_dicom_source, write_steps
from SkullRestoreLib.settings import Settings

_WRITING_STARTS = 0.92
"""Part of the work that is done when the pictures are drawn."""


@dataclass(frozen=True)
class InputOptions:
    """What the user says of an input that does not say it itself."""

    series: str | None = None
    """Number or UID of the DICOM series, where there are several."""
    header: HeaderOptions = NO_OPTIONS
    """Corrections to the header of an image file."""

    @property
    def read_arguments(self) -> dict[str, Any]:
        """The options as arguments of :func:`SkullRestoreLib.io.read.read`."""
        series = int(self.series) if self.series and self.series.isdecimal() else self.series
        return {"series": series, **self.header.read_arguments}


DEFAULT_READING = InputOptions()
"""The input says everything itself."""


def process_case(
    source: Path,
    out: Path,
    settings: Settings,
    *,
    reading: InputOptions = DEFAULT_READING,
    also: Sequence[str] = (),
    reference: Path | None = None,
    force: bool = False,
    keep_failed: bool = False,
) -> Generator[Progress, None, dict[str, Any]]:
    """Restore one input and write everything about it, except implants that did not pass their checks.

    Parameters
    ----------
    source
        What :func:`SkullRestoreLib.io.read.read` reads.
    out
        Folder for the result, see :func:`SkullRestoreLib.io.write.write`.
    settings
        What the user chose.
    reading
        What the user says of the input.
    also
        Further formats, of :data:`SkullRestoreLib.pipeline.write_result.FORMATS`.
    reference
        The same skull intact, where it is known.
    force
        Whether an earlier result may be replaced.
    keep_failed
        Write implants that did not pass their checks too, under names that say so.

    Yields
    ------
    tuple of str and float
        Name of the step that starts, and the part of the work that is done (0..1).

    Returns
    -------
    dict
        Content of ``restoration.json``; its ``outcome`` says whether every defect has an implant that passed, and
        ``not_written`` which format could not be made.

    Raises
    ------
    SkullRestoreError
        With a message that says what is wrong and what to do; nothing is written then.
    """
    from SkullRestoreLib.io import archives, dicom_source, read, write
    from SkullRestoreLib.pipeline import steps

    write.check_output(out, force=force)
    formats = check_formats(also)
    if "dicom" in formats:
        dicom_source.check_input_kind(source)
    yield "read the input", 0.0
    # DICOM objects of a result need the images again: an archive stays unpacked until they are written
    with archives.unpacked(source) as place:
        image = read.read(place, **reading.read_arguments)
        dicom = read_dicom_source(formats, place, image)
        surface = None if reference is None else steps.reference_surface(read.read(reference), settings)
        restoration = yield from steps.restore_steps(image, settings)
        writing = write_steps(
            restoration,
            out,
            formats=formats,
            dicom=dicom,
            reference=surface,
            force=force,
            keep_failed=keep_failed,
        )
        return (yield from _scale_progress(writing, _WRITING_STARTS))


def _scale_progress(
    steps: Generator[Progress, None, dict[str, Any]], start: float
) -> Generator[Progress, None, dict[str, Any]]:
    """The same steps, their fractions between ``start`` and 1."""
    try:
        while True:
            step, fraction = next(steps)
            yield step, start + (1 - start) * fraction
    except StopIteration as end:
        return end.value
    finally:
        steps.close()
