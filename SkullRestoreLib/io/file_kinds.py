"""Find out what a file is by its content; its name only counts where the content does not show it."""

import os
import re
import zipfile
import zlib
from pathlib import Path
from typing import NamedTuple

from SkullRestoreLib.errors import InputError
from SkullRestoreLib.input_faults import fault_error

IMAGE_SUFFIXES = (".nrrd", ".nhdr", ".nii", ".nii.gz", ".mha", ".mhd")
"""Endings of images that are read."""
MODEL_SUFFIXES = (".stl", ".ply", ".obj", ".vtp", ".3mf", ".glb")
"""Endings of skull models that are read."""
IMAGE_KINDS = ("nrrd", "nifti", "metaimage")
MODEL_KINDS = ("stl", "ply", "obj", "vtp", "3mf", "glb")
ARCHIVE_KINDS = ("zip", "gzip")
_KIND_OF_SUFFIX = {
    ".nrrd": "nrrd",
    ".nhdr": "nrrd",
    ".nii": "nifti",
    ".nii.gz": "nifti",
    ".mha": "metaimage",
    ".mhd": "metaimage",
    ".zip": "zip",
} | {f".{kind}": kind for kind in MODEL_KINDS}
_KINDS_WITH_MAGIC = (*IMAGE_KINDS, "ply", "glb")
"""Kinds whose files all begin in the same way."""
_START_BYTES = 4096
"""What is looked at of a file."""
_PACKED_BYTES = 65536
"""What is unpacked of a gzip file to find out what is inside."""


class ForeignForm(NamedTuple):
    """A kind of file that users take for one that can be read."""

    offset: int
    start: bytes
    """Bytes at the offset."""
    form: str
    advice: str


_UNPACK = "Unpack it first, and give the folder."
_GIVE_CT = "Export the CT itself, as DICOM."
FOREIGN_FORMS = (
    ForeignForm(0, b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", _UNPACK),
    ForeignForm(0, b"Rar!\x1a\x07", "a RAR archive", _UNPACK),
    ForeignForm(257, b"ustar", "a tar archive", _UNPACK),
    ForeignForm(0, b"BZh", "a bzip2 file", "Unpack it first."),
    ForeignForm(0, b"\xfd7zXZ\x00", "an xz file", "Unpack it first."),
    ForeignForm(0, b"\x28\xb5\x2f\xfd", "a Zstandard file", "Unpack it first."),
    ForeignForm(0, b"\x89PNG\r\n", "a PNG picture", _GIVE_CT),
    ForeignForm(0, b"\xff\xd8\xff", "a JPEG picture", _GIVE_CT),
    ForeignForm(0, b"II*\x00", "a TIFF picture", _GIVE_CT),
    ForeignForm(0, b"MM\x00*", "a TIFF picture", _GIVE_CT),
    ForeignForm(0, b"GIF8", "a GIF picture", _GIVE_CT),
    ForeignForm(0, b"%PDF-", "a PDF document", _GIVE_CT),
    ForeignForm(0, b"\xd0\xcf\x11\xe0\xa1\xb1", "an Office document", _GIVE_CT),
    ForeignForm(0, b"\x89HDF\r\n", "an HDF5 file, such as MINC 2", "Convert it to NIfTI or NRRD."),
    ForeignForm(0, b"CDF\x01", "a NetCDF file, such as MINC 1", "Convert it to NIfTI or NRRD."),
    ForeignForm(0, b"# vtk DataFile", "a legacy VTK file", "Save the model as VTP or STL, an image as NRRD."),
    ForeignForm(0, b"Kaydara FBX", "an FBX scene", "Save the model as STL, PLY or OBJ."),
    ForeignForm(0, b"solidworks", "a CAD part", "Save the model as STL."),
    ForeignForm(0, b"ISO-10303-21", "a STEP file", "Save the model as STL."),
    ForeignForm(0, b"<!doctype html", "a web page", "The download failed: load the file again."),
    ForeignForm(0, b"<html", "a web page", "The download failed: load the file again."),
)
"""Recognised by their first bytes, in any case of letters."""
_VTK_ADVICE = "Save a model as VTP with surface polygons or as STL, an image as NRRD."


def is_clutter(path: str | Path) -> bool:
    """Tell whether an operating system, not the user, put a file into a folder.

    Parameters
    ----------
    path
        Relative to the folder.

    Examples
    --------
    >>> is_clutter("__MACOSX/ct/._1.dcm"), is_clutter("ct/1.dcm")
    (True, False)
    """
    parts = Path(path).parts
    return any(
        part.startswith("._") or part.lower() in ("__macosx", ".ds_store", "thumbs.db", "desktop.ini", "@eadir")
        for part in parts
    )


def detect_kind(path: Path) -> str | None:
    """Find out what a file is.

    Parameters
    ----------
    path
        Any file.

    Returns
    -------
    str or None
        ``"dicom"``, one of :data:`IMAGE_KINDS`, :data:`MODEL_KINDS` or :data:`ARCHIVE_KINDS`; None where neither
        content nor name show it. A NIfTI file that is packed with gzip is ``"nifti"``.

    Raises
    ------
    InputError
        For a known kind of file that is not read here.
    """
    with path.open("rb") as file:
        start = file.read(_START_BYTES)
        if start[:2] == b"\x1f\x8b":
            start += file.read(_PACKED_BYTES)
    if start[:2] == b"\x1f\x8b":
        inside = _kind_of_bytes(_inflate_start(start), path, size=None)
        return "nifti" if inside == "nifti" else "gzip"
    if start[:4] == b"PK\x03\x04":
        return "3mf" if _is_3mf(path) else "zip"
    kind = _kind_of_bytes(start, path, size=path.stat().st_size)
    by_name = kind_of_name(path)
    if kind is None and by_name in _KINDS_WITH_MAGIC:
        raise fault_error("other content", name=f"'{path.name}'")
    return kind or by_name


def find_kind(path: Path) -> str | None:
    """Find out what a file is, as :func:`detect_kind`; None for what is not read here, too.

    Parameters
    ----------
    path
        Any file.

    Returns
    -------
    str or None
        The kind.
    """
    try:
        return detect_kind(path)
    except (InputError, OSError):
        return None


def _kind_of_bytes(start: bytes, path: Path, *, size: int | None) -> str | None:
    """Kind by the first bytes of a file, or of what a gzip file holds; the size is not known then."""
    text = start[:_START_BYTES]
    if text[128:132] == b"DICM" or text[:2] in (b"\x08\x00", b"\x02\x00"):
        return "dicom"
    if re.match(rb"NRRD\d{4}|NRRD00\.01", text):
        return "nrrd"
    if text[344:347] in (b"n+1", b"ni1") or text[4:7] in (b"n+2", b"ni2"):
        return "nifti"
    if re.match(rb"(?i)\s*(ObjectType|ObjectSubType|NDims|Comment)\s*[=:]", text):
        return "metaimage"
    if text[:4] == b"glTF":
        return "glb"
    if re.match(rb"ply\s", text):
        return "ply"
    if b"<VTKFile" in text:
        return _kind_of_vtk(text, path)
    _refuse_foreign(text, path)
    is_text_stl = text[:5].lower() == b"solid" and b"facet" in text.lower()
    is_binary_stl = size is not None and size >= 84 and size == 84 + 50 * int.from_bytes(text[80:84], "little")
    if is_text_stl or is_binary_stl:
        return "stl"
    return "obj" if re.search(rb"(?m)^v [-+.\deE ]+\r?$", text) and b"\0" not in text else None


def _kind_of_vtk(text: bytes, path: Path) -> str:
    found = re.search(rb"<VTKFile[^>]*?type\s*=\s*[\"'](\w+)", text)
    if found is not None and found[1] not in (b"PolyData", b"PPolyData"):
        form = f"a VTK file of the type {found[1].decode('ascii', 'replace')[:40]}"
        raise fault_error("foreign form", name=f"'{path.name}'", form=form, advice=_VTK_ADVICE)
    return "vtp"


def _refuse_foreign(text: bytes, path: Path) -> None:
    for each in FOREIGN_FORMS:
        if text[each.offset : each.offset + len(each.start)].lower() == each.start.lower():
            raise fault_error("foreign form", name=f"'{path.name}'", form=each.form, advice=each.advice)
    if text[:4] in (b"\x5c\x01\x00\x00", b"\x00\x00\x01\x5c") and len(text) >= 348:
        raise fault_error(
            "foreign form",
            name=f"'{path.name}'",
            form="an Analyze 7.5 header, which does not say which side of the patient is left",
            advice="Convert the original images to NIfTI or NRRD.",
        )


def kind_of_name(path: Path) -> str | None:
    """Return the kind that a file's name promises; None where it promises none.

    Parameters
    ----------
    path
        Any path.

    Examples
    --------
    >>> kind_of_name(Path("head.nii.gz")), kind_of_name(Path("letter.txt"))
    ('nifti', None)
    """
    name = path.name.lower()
    return next((kind for suffix, kind in _KIND_OF_SUFFIX.items() if name.endswith(suffix)), None)


def _is_3mf(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name.lower() for name in archive.namelist()]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return path.suffix.lower() == ".3mf"
    return "[content_types].xml" in names and any(name.endswith(".model") for name in names)


def _inflate_start(packed: bytes) -> bytes:
    try:
        return zlib.decompressobj(47).decompress(packed, _START_BYTES)
    except zlib.error:
        return b""


def list_files(folder: Path) -> list[Path]:
    """List the files in a folder and below it that the user put there, in order of their names.

    Parameters
    ----------
    folder
        The folder.
    """
    found = []
    for root, folders, names in os.walk(folder):
        folders.sort()
        paths = [Path(root, name) for name in sorted(names)]
        found += [path for path in paths if path.is_file() and not is_clutter(path.relative_to(folder))]
    return found
