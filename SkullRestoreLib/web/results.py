"""What a finished design was written into, for download; gone as soon as the design is another one."""

import mimetypes
import shutil
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from SkullRestoreLib.session import Session

ARCHIVE = "skullrestore_result.zip"
_MEANINGS = {
    "report.html": "Report",
    "report.pdf": "Report (PDF)",
    "restored_surface.stl": "Restored surface (STL)",
    "skull.stl": "Skull (STL)",
    "restored_bone.nrrd": "Missing bone (voxels)",
    "restored_skull.nrrd": "Restored skull (voxels)",
    "implant.nrrd": "Implants (voxels)",
    "reference_points.mrk.json": "Reference points (3D Slicer)",
    "restoration.json": "Figures, for programs",
}


class Results:
    """The files of one design.

    Parameters
    ----------
    folder
        Where the folder of the files is made.
    """

    def __init__(self, folder: Path):
        self._folder = folder
        self._made: Path | None = None
        self._of: tuple = ()

    def new_folder(self) -> Path:
        """A new and empty folder for an export."""
        return Path(tempfile.mkdtemp(prefix="result_", dir=self._folder))

    def take(self, written: Path, design: tuple) -> None:
        """Offer what was written of a design; what was offered before goes."""
        self.clear()
        with zipfile.ZipFile(written / ARCHIVE, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for path in sorted(written.iterdir()):
                if path.name != ARCHIVE:
                    archive.write(path, f"skullrestore_result/{path.name}")
        self._made, self._of = written, design

    def belong_to(self, session: Session) -> bool:
        """Whether the files show the design as it is."""
        now = design_of(session)
        return self._made is None or (len(now) == len(self._of) and all(a is b for a, b in zip(now, self._of, strict=True)))

    def clear(self) -> None:
        """Delete the files."""
        if self._made is not None:
            shutil.rmtree(self._made, ignore_errors=True)
        self._made, self._of = None, ()

    def path(self, name: str) -> Path | None:
        """A file by its name; None for a name that is not offered."""
        names = [] if self._made is None else [p.name for p in self._made.iterdir() if p.is_file()]
        return self._made / name if name in names else None

    @property
    def listed(self) -> list[dict[str, Any]]:
        """Name, meaning, size and kind of every file, the archive and the report first."""
        if self._made is None:
            return []
        first = [ARCHIVE, "report.html", "report.pdf"]
        found = sorted(
            (p for p in self._made.iterdir() if p.is_file()), key=lambda p: (first.index(p.name) if p.name in first else 9, p.name)
        )
        return [{"name": p.name, "text": _meaning(p.name), "size": _size(p.stat().st_size)} for p in found]


def kind_of(name: str) -> str:
    """MIME type."""
    return mimetypes.guess_type(name)[0] or "application/octet-stream"


def _meaning(name: str) -> str:
    if name == ARCHIVE:
        return "All files (zip)"
    if name.startswith("implant_"):
        stem, _, ending = name.removeprefix("implant_").partition(".")
        return f"Implant {stem.replace('_', ' ')} ({ending.upper()})"
    return _MEANINGS.get(name, name)


def _size(count: int) -> str:
    return f"{count / 2**20:.1f} MB" if count >= 2**20 else f"{max(1, round(count / 1024))} kB"


def design_of(session: Session) -> tuple:
    """What a design is made of; its records are frozen, so that they are told apart by identity."""
    return (*session.points, *(row.on for row in session.rows), *session.implants)
