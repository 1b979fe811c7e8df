"""Write slices as DICOM and NRRD files; everything in a file follows from the options: same options, same bytes."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib import __version__
from SkullRestoreLib._system.nrrd_writer import write_nrrd
from SkullRestoreLib.affine import compose_affine, flip_ras_lps
from SkullRestoreLib.phantom.scanner import LOWEST_HU, ScanGeometry

if TYPE_CHECKING:
    from pydicom.dataset import Dataset


def derived_uid(*sources: str) -> str:
    """Give a DICOM UID that follows from texts.

    Parameters
    ----------
    *sources
        The same texts give the same UID.

    Examples
    --------
    >>> derived_uid("a") == derived_uid("a"), derived_uid("a") == derived_uid("b")
    (True, False)
    """
    from pydicom.uid import generate_uid

    return str(generate_uid(entropy_srcs=["SkullRestore phantom", *sources]))


class PhantomWriter:
    """Write slices as they come, from below; the truth is written when the ``with`` block ends without an error.

    Parameters
    ----------
    folder
        An empty folder; gets ``ct`` and ``truth``.
    scan
        Where the voxels are.
    seed
        Of the head: part of the patient's ID.
    series_uid
        DICOM series instance UID.
    """

    def __init__(self, folder: Path, scan: ScanGeometry, seed: int, series_uid: str) -> None:
        self.folder, self.scan = folder, scan
        self.header = _dicom_header(scan, seed, series_uid)
        x, y, z = scan.size
        self.intact, self.missing = np.zeros((z, y, x), np.int16), np.zeros((z, y, x), np.uint8)
        self.slice_count = 0

    def __enter__(self) -> "PhantomWriter":
        for name in ("ct", "truth"):
            (self.folder / name).mkdir()
        return self

    def __exit__(self, kind: type | None, *_: object) -> None:
        if kind is None:
            _write_nrrd(self.folder / "truth" / "intact.nrrd", self.intact, self.scan, compress=False)
            _write_nrrd(self.folder / "truth" / "missing_bone.nrrd", self.missing, self.scan, compress=True)

    def add_slice(self, ct: NDArray[np.int16], intact: NDArray[np.int16], missing: NDArray[np.uint8]) -> None:
        """Write the next slice.

        Parameters
        ----------
        ct, intact
            (y, x), HU, x to the right and y to the front.
        missing
            (y, x), number of the hole whose bone a voxel lacks.
        """
        k = self.slice_count
        # DICOM and NRRD run the other way: columns to the patient's left, rows to the back.
        self.intact[k], self.missing[k] = intact[::-1, ::-1], missing[::-1, ::-1]
        _write_slice(self.folder / "ct" / f"{k + 1:04d}.dcm", self.header, ct[::-1, ::-1], self.scan, k)
        self.slice_count += 1


def _first_voxel(scan: ScanGeometry) -> NDArray[np.float64]:
    """Centre of the first stored voxel, (3,), mm LPS: most to the right and to the front, lowest."""
    high = scan.lowest_voxel + scan.spacing * (np.array(scan.size) - 1)
    return flip_ras_lps(np.array([high[0], high[1], scan.lowest_voxel[2]]) + scan.ras_offset)


def _dicom_header(scan: ScanGeometry, seed: int, series_uid: str) -> "Dataset":
    """What all slices have in common."""
    from pydicom.dataset import Dataset
    from pydicom.uid import CTImageStorage

    d = Dataset()
    d.SOPClassUID, d.SeriesInstanceUID = CTImageStorage, series_uid
    d.StudyInstanceUID, d.FrameOfReferenceUID = derived_uid("study", series_uid), derived_uid("frame", series_uid)
    d.SpecificCharacterSet, d.ImageType, d.Modality = "ISO_IR 192", ["ORIGINAL", "PRIMARY", "AXIAL"], "CT"
    d.StudyDate = d.SeriesDate = d.ContentDate = "20200101"
    d.StudyTime = d.SeriesTime = d.ContentTime = "120000"
    d.Manufacturer, d.ManufacturerModelName, d.SoftwareVersions = "SkullRestore", "Phantom", __version__
    d.PatientName, d.PatientID, d.PatientBirthDate, d.PatientSex = "SkullRestore^Phantom", f"PHANTOM-{seed}", "", "O"
    d.PatientComments = "Synthetic: grown from shape statistics, not a patient."
    d.StudyID, d.AccessionNumber, d.ReferringPhysicianName, d.SeriesNumber, d.AcquisitionNumber = "1", "", "", 1, 1
    d.StudyDescription, d.SeriesDescription, d.BodyPartExamined = "Synthetic head CT", "Head, bone, synthetic", "HEAD"
    d.PatientPosition, d.PositionReferenceIndicator, d.KVP, d.ConvolutionKernel = "HFS", "", "120", "BONE"
    d.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    d.PixelSpacing = [_decimal_string(scan.spacing[1]), _decimal_string(scan.spacing[0])]
    d.SliceThickness, d.SpacingBetweenSlices = _decimal_string(scan.spacing[2]), _decimal_string(scan.spacing[2])
    d.Rows, d.Columns, d.SamplesPerPixel, d.PhotometricInterpretation = scan.size[1], scan.size[0], 1, "MONOCHROME2"
    d.BitsAllocated, d.BitsStored, d.HighBit, d.PixelRepresentation = 16, 12, 11, 0
    d.RescaleIntercept, d.RescaleSlope, d.RescaleType = str(LOWEST_HU), "1", "HU"
    d.WindowCenter, d.WindowWidth = "500", "2500"
    return d


def _decimal_string(value: float) -> str:
    """A number as DICOM wants it: at most 16 characters."""
    return f"{value:.6f}"


def _write_slice(path: Path, header: "Dataset", hu: NDArray[np.int16], scan: ScanGeometry, k: int) -> None:
    """Write the k-th slice; the header takes what is its own."""
    from pydicom.dataset import FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian

    header.file_meta = FileMetaDataset()
    header.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    header.SOPInstanceUID, header.InstanceNumber = derived_uid("slice", str(header.SeriesInstanceUID), str(k)), k + 1
    header.file_meta.MediaStorageSOPClassUID, header.file_meta.MediaStorageSOPInstanceUID = (
        header.SOPClassUID,
        header.SOPInstanceUID,
    )
    x, y, z = _first_voxel(scan) + np.array([0, 0, k * scan.spacing[2]])
    header.ImagePositionPatient, header.SliceLocation = (
        [_decimal_string(x), _decimal_string(y), _decimal_string(z)],
        _decimal_string(z),
    )
    header.PixelData = (hu - LOWEST_HU).astype("<u2").tobytes()
    header.save_as(path, enforce_file_format=True)


def _write_nrrd(path: Path, array: NDArray[np.generic], scan: ScanGeometry, *, compress: bool) -> None:
    """Write (z, y, x) voxels on the CT's grid."""
    ijk_to_lps = compose_affine(np.diag(scan.spacing), _first_voxel(scan))
    write_nrrd(path, array, ijk_to_lps, compress=compress)
