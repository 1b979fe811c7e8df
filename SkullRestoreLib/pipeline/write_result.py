"""Write a restoration: pictures, report and files. The command line, the library and the session share it."""

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from SkullRestoreLib._system.alongside import start_alongside
from SkullRestoreLib._system.progress import Progress
from SkullRestoreLib.errors import DependencyError, InputError, SkullRestoreError
from SkullRestoreLib.pipeline.editable import EditableRestoration
from SkullRestoreLib.records import Mesh, Restoration, Volume, WrittenFile

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from SkullRestoreLib.io.dicom_source import DicomSource

MAX_REFERENCE_DISTANCE_MM = 2.0
"""A reference whose bone is further than this from the reference points (median) is another skull, or elsewhere."""
FORMATS = ("stl", "ply", "obj", "3mf", "pdf", "dicom")
"""What a result can be written as; STL and the report as HTML are always written."""
FORMAT_PACKAGES = {"pdf": ("fpdf", "fpdf2"), "dicom": ("highdicom", "highdicom")}
"""What a format needs besides the installed packages: module, and name for pip."""
_TITLES = {"pdf": "PDF report", "dicom": "DICOM objects"}


def check_formats(formats: Sequence[str]) -> tuple[str, ...]:
    """Check the formats of a result before any computing.

    Parameters
    ----------
    formats
        Of :data:`FORMATS`, in any case, with or without a dot.

    Returns
    -------
    tuple of str
        In lower case, each once.

    Raises
    ------
    InputError
        For any other.
    DependencyError
        If a package for a format is not installed.

    Examples
    --------
    >>> check_formats(["STL", ".pdf"])
    ('stl', 'pdf')
    """
    names = [formats] if isinstance(formats, str) else list(formats)
    chosen = tuple(dict.fromkeys(str(name).lower().removeprefix(".") for name in names))
    for name in chosen:
        if name not in FORMATS:
            raise InputError(f"A result cannot be written as {name!r}. Choose among {', '.join(FORMATS)}.")
        module, package = FORMAT_PACKAGES.get(name, ("", ""))
        if module and find_spec(module) is None:
            raise DependencyError(f"A result as {name} needs the package {package}: pip install {package}.")
    return chosen


def read_dicom_source(formats: Sequence[str], path: Path | None, source: Volume | Mesh) -> "DicomSource | None":
    """Read and check what DICOM objects take over from the input, before any computing.

    Parameters
    ----------
    formats
        Of the result.
    path
        Of the DICOM series.
    source
        What was read from there.

    Returns
    -------
    DicomSource or None
        None where no DICOM objects are wanted.

    Raises
    ------
    InputError
        If they are wanted, and the input is no DICOM series.
    """
    if "dicom" not in formats:
        return None
    from SkullRestoreLib.io import dicom_source

    if path is None:
        raise InputError("DICOM objects need the series that was restored: give its folder as source.")
    return dicom_source.read_source(path, source)


@dataclass(frozen=True, eq=False)
class AddedContent:
    """What is written with a result besides what is made of it.

    Attributes
    ----------
    files
        Content of files, by their names.
    pictures
        (height, width, 3) uint8 each, of views that the user chose: they stand in the report after the others.
    """

    files: Mapping[str, bytes] = field(default_factory=dict)
    pictures: "Sequence[NDArray[np.uint8]]" = ()


NOTHING_ADDED = AddedContent()


def write_steps(
    restoration: Restoration,
    folder: Path,
    *,
    formats: Sequence[str] = (),
    dicom: "DicomSource | None" = None,
    reference: Mesh | None = None,
    force: bool = False,
    keep_failed: bool = False,
    added: AddedContent = NOTHING_ADDED,
) -> Generator[Progress, None, dict[str, Any]]:
    """Draw the report's pictures and write everything, except implants that did not pass their checks.

    A PDF or DICOM objects that cannot be made stop nothing: everything else is written, and the result says so.

    Parameters
    ----------
    restoration
        With its implants.
    folder
        See :func:`SkullRestoreLib.io.write.write`.
    formats
        Of :data:`FORMATS`.
    dicom
        What DICOM objects take over from the CT, from :func:`read_dicom_source`; needed for ``"dicom"``.
    reference
        Surface of the same skull intact, where it is known. It is left out, with a warning, if it does not fit.
    force
        Whether an earlier result may be replaced.
    keep_failed
        Write implants that did not pass their checks too, under names that say so.
    added
        What belongs to the result besides.

    Yields
    ------
    tuple of str and float
        Name of the step that starts, and the part of the writing that is done (0..1).

    Returns
    -------
    dict
        Content of ``restoration.json``; ``not_written`` says what could not be made, and why.

    Raises
    ------
    SkullRestoreError
        If the folder cannot be written; nothing is written then.
    """
    from SkullRestoreLib.io import write

    if reference is not None:
        restoration, reference = _check_reference(restoration, reference)
    extras = _ExtraFiles()
    extras.files |= added.files
    if "dicom" in formats:
        yield "make the DICOM objects", 0.0
        restoration = _add_dicom(restoration, dicom, extras)
    yield "draw the pictures", 0.1
    restoration = replace(restoration, made_on=restoration.made_on or date.today().isoformat())
    take_case = start_alongside(partial(_case_files, restoration))
    sheet = _Sheet(restoration, reference, extras, with_pdf="pdf" in formats, keep_failed=keep_failed)
    sheet.add_pictures(added.pictures)
    extras.files |= take_case()
    yield "write the files", 0.6
    write.write(
        restoration,
        folder,
        make_reports=sheet.make_reports,
        summarise=sheet.summarise,
        force=force,
        extra_formats=[name for name in formats if name in write.EXTRA_FORMATS],
        extra_files=extras.files,
        keep_failed=keep_failed,
    )
    return sheet.facts


def _case_files(restoration: Restoration) -> dict[str, bytes]:
    """The file from which an editable restoration is loaded again; none for another one."""
    if not isinstance(restoration, EditableRestoration):
        return {}
    from SkullRestoreLib.pipeline import saved_case

    return {saved_case.CASE_FILE: saved_case.encode_restoration(restoration)}


class _ExtraFiles:
    """Files that may fail without stopping the rest.

    Attributes
    ----------
    files
        Name -> content.
    not_written
        Format -> a sentence for the user, without anything that an unexpected error says: it may quote the header.
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.not_written: dict[str, str] = {}

    def make(self, kind: str, make: Callable[[], Mapping[str, bytes]]) -> Mapping[str, bytes]:
        """Make the files of one format, name -> content, or note why that is not possible."""
        try:
            return make()
        except Exception as error:  # whatever a library raises: what was computed must not be lost for it
            known = isinstance(error, SkullRestoreError)
            reason = str(error) if known else f"an unexpected error occurred ({type(error).__name__})."
            self.not_written[kind] = f"The {_TITLES[kind]} could not be made: {reason}"
            return {}


def _with_findings(restoration: Restoration, sentences: Iterable[str]) -> Restoration:
    """The restoration with more findings, each once."""
    return replace(restoration, findings=tuple(dict.fromkeys((*restoration.findings, *sentences))))


def _add_dicom(restoration: Restoration, source: "DicomSource | None", extras: _ExtraFiles) -> Restoration:
    """Make the DICOM objects; return the restoration with what there is to say about them."""
    from SkullRestoreLib.io import dicom_export

    def make_objects() -> dict[str, bytes]:
        if source is None:
            raise InputError("The series that was restored was not given.")
        return dicom_export.make_dicom_objects(restoration, source)

    extras.files |= extras.make("dicom", make_objects)
    return _with_findings(restoration, (*(source.findings if source else ()), *extras.not_written.values()))


def _check_reference(restoration: Restoration, reference: Mesh) -> tuple[Restoration, Mesh | None]:
    """The reference if it fits; otherwise the restoration with a warning, and None."""
    from SkullRestoreLib.report import figures

    distance = figures.median_reference_distance(restoration, reference)
    if distance <= MAX_REFERENCE_DISTANCE_MM:
        return restoration, reference
    warning = (
        "The reference is not this skull, or is in another place: "
        f"at the hole's margin it is {distance:.1f} mm off the bone. It was left out."
    )
    return replace(restoration, findings=(*restoration.findings, warning)), None


class _Sheet:
    """The reports of a restoration and its summary, which name the files that are written with them.

    Parameters
    ----------
    restoration
        With its implants.
    reference
        The same skull intact, where it is known.
    extras
        Notes what could not be made.
    with_pdf
        Whether the report is made as PDF too.
    keep_failed
        As for :func:`write_steps`.

    Attributes
    ----------
    facts
        Content of ``restoration.json``, once it is made.
    """

    def __init__(
        self,
        restoration: Restoration,
        reference: Mesh | None,
        extras: _ExtraFiles,
        *,
        with_pdf: bool,
        keep_failed: bool,
    ) -> None:
        from SkullRestoreLib.report import figures, render

        self._restoration, self._extras = restoration, extras
        self._with_pdf, self._keep_failed = with_pdf, keep_failed
        take_closeups = start_alongside(partial(figures.draw_closeups, restoration, reference=reference))
        self._pictures = render.draw_views(restoration)
        self._closeups = take_closeups()
        self.facts: dict[str, Any] = {}

    def add_pictures(self, pictures: "Sequence[NDArray[np.uint8]]") -> None:
        """Add pictures of views that the user chose."""
        self._pictures |= {f"own {number}": picture for number, picture in enumerate(pictures, 1)}

    def make_reports(self, files: Sequence[WrittenFile]) -> dict[str, bytes]:
        """Make the report as a page, and as PDF where it was asked for and can be made."""
        from SkullRestoreLib import report

        made: dict[str, bytes] = {}
        drawn = (self._pictures, self._closeups)
        options: dict[str, Any] = {"keep_failed": self._keep_failed, "files": files}

        def make_pdf() -> dict[str, bytes]:
            return {"report.pdf": report.report_pdf(self._restoration, *drawn, **options)}

        if self._with_pdf:
            made |= self._extras.make("pdf", make_pdf)
        page = report.report_html(self._as_written(), *drawn, **options)
        return made | {"report.html": page.encode("utf-8")}

    def summarise(self, files: Sequence[WrittenFile]) -> dict[str, Any]:
        """Make the content of ``restoration.json``."""
        from SkullRestoreLib import report

        self.facts = report.summarise_restoration(
            self._as_written(), keep_failed=self._keep_failed, not_written=self._extras.not_written, files=files
        )
        return self.facts

    def _as_written(self) -> Restoration:
        """The restoration with a warning for each format that could not be made."""
        return _with_findings(self._restoration, self._extras.not_written.values())
