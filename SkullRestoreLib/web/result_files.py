"""The files of a finished design, for download; deleted as soon as the design changes."""

import mimetypes
import re
import shutil
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from SkullRestoreLib.session import Session
from SkullRestoreLib.web import worker_folders

ARCHIVE_NAME = "skullrestore_result.zip"
_FIRST_NAMES = [ARCHIVE_NAME, "report.html", "report.pdf", "plan.html", "plan.pdf"]
"""Files at the head of the list."""
_FILE_DESCRIPTIONS = {
    ARCHIVE_NAME: "All files (zip)",
    "report.html": "Report",
    "report.pdf": "Report (PDF)",
    "plan.html": "Plan of the resection",
    "plan.pdf": "Plan of the resection (PDF)",
    "plan.json": "Plan, for programs",
    "resection_line.mrk.json": "Resection line (3D Slicer)",
    "resection_line.stl": "Resection line as a tube (STL)",
    "guide_template.stl": "Drawing template (STL)",
    "guide_frame.stl": "Cutting guide (STL)",
    "guide_ring.stl": "Margin ring (STL)",
    "restored_surface.stl": "Restored surface (STL)",
    "skull.stl": "Skull (STL)",
    "restored_bone.nrrd": "Missing bone (voxels)",
    "restored_skull.nrrd": "Restored skull (voxels)",
    "implant.nrrd": "Implants (voxels)",
    "reference_points.mrk.json": "Reference points (3D Slicer)",
    "restoration.json": "Figures, for programs",
    "implants_seg.dcm": "Implants as a segmentation (DICOM)",
    "case.npz": "Case file: send it to this page to go on",
}


class ResultFiles:
    """The files of one design.

    Parameters
    ----------
    folder
        In which the folder of the files is made.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._result_folder: Path | None = None
        self._fingerprint: tuple[Any, ...] = ()
        self.offered = True  # whether the files are what the page shows; where not they are kept, but not served

    def new_folder(self) -> Path:
        """Make an empty folder for an export.

        Returns
        -------
        Path

        Raises
        ------
        OutputError
            If the disk is full or cannot be written.
        """
        with worker_folders.explain_disk_errors():
            return Path(tempfile.mkdtemp(prefix="result_", dir=self._folder))

    def offer_files(self, written: Path, fingerprint: tuple[Any, ...]) -> None:
        """Offer the files of a design, and an archive of them; earlier files are deleted.

        Parameters
        ----------
        written
            Folder of the export; deleted where this fails.
        fingerprint
            Of the design, from :func:`design_fingerprint`.

        Raises
        ------
        OutputError
            If the disk is full or cannot be written.
        """
        self.clear()
        try:
            with (
                worker_folders.explain_disk_errors(),
                zipfile.ZipFile(written / ARCHIVE_NAME, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
            ):
                for path in sorted(written.iterdir()):
                    if path.name != ARCHIVE_NAME:
                        archive.write(path, f"skullrestore_result/{path.name}")
        except BaseException:
            shutil.rmtree(written, ignore_errors=True)
            raise
        self._result_folder, self._fingerprint = written, fingerprint

    def match_session(self, session: Session) -> bool:
        """Check whether the files are those of the design as it is now.

        Parameters
        ----------
        session
            Of the case.

        Returns
        -------
        bool
            Also true where there are no files.
        """
        current = design_fingerprint(session)
        return self._result_folder is None or (
            len(current) == len(self._fingerprint)
            and all(a is b for a, b in zip(current, self._fingerprint, strict=True))
        )

    def clear(self) -> None:
        """Delete the files."""
        if self._result_folder is not None:
            shutil.rmtree(self._result_folder, ignore_errors=True)
        self._result_folder, self._fingerprint = None, ()

    def file_path(self, name: str) -> Path | None:
        """Find a file by its name.

        Parameters
        ----------
        name
            As the browser asks for it.

        Returns
        -------
        Path or None
            None for a name that is not offered.
        """
        return next((path for path in self._offered_files() if path.name == name), None)

    @property
    def file_list(self) -> list[dict[str, Any]]:
        """Name, description and size of every file, the archive and the reports first."""
        ordered = sorted(
            self._offered_files(),
            key=lambda p: (_FIRST_NAMES.index(p.name) if p.name in _FIRST_NAMES else len(_FIRST_NAMES), p.name),
        )
        return [
            {"name": p.name, "text": _file_description(p.name), "size": _size_text(p.stat().st_size)} for p in ordered
        ]

    def _offered_files(self) -> list[Path]:
        if self._result_folder is None or not self.offered:
            return []
        return [path for path in self._result_folder.iterdir() if path.is_file()]


def mime_type(name: str) -> str:
    """Guess a file's MIME type from its name.

    Parameters
    ----------
    name
        With its ending.

    Returns
    -------
    str

    Examples
    --------
    >>> mime_type("report.html")
    'text/html'
    >>> mime_type("implant")
    'application/octet-stream'
    """
    return mimetypes.guess_type(name)[0] or "application/octet-stream"


def _file_description(name: str) -> str:
    if name.startswith("implant_"):
        stem, _, ending = name.removeprefix("implant_").partition(".")
        kind = "STL in DICOM" if ending == "dcm" else ending.upper()
        return f"Implant {stem.replace('_', ' ')} ({kind})"
    part = re.fullmatch(r"guide_(template|frame)_part_(\d)\.stl", name)
    if part is not None:
        kind = "Drawing template" if part[1] == "template" else "Cutting guide"
        return f"{kind}, part {part[2]} (STL)"
    return _FILE_DESCRIPTIONS.get(name, name)


def _size_text(byte_count: int) -> str:
    return f"{byte_count / 2**20:.1f} MB" if byte_count >= 2**20 else f"{max(1, round(byte_count / 1024))} kB"


def design_fingerprint(session: Session) -> tuple[Any, ...]:
    """Return what a design consists of, to compare by identity: its records are frozen.

    Parameters
    ----------
    session
        Of the case.

    Returns
    -------
    tuple
        Reference points, which defects are switched on, and the planned resection.
    """
    planned = session.planner.planned
    return (
        *session.points,
        *(row.is_enabled for row in session.defect_rows),
        *(() if planned is None else (planned,)),
    )
