"""Slices in, DICOM and NRRD files out. Everything in a file follows from the options, so that the same options make the same bytes."""

from pathlib import Path

import numpy as np

from SkullRestoreLib import __version__
from SkullRestoreLib.phantom.scanner import LOWEST_HU, Scan

_LPS = np.array([-1.0, -1.0, 1.0])


def uid(*sources: str) -> str:
    """A DICOM UID that follows from the sources."""
    from pydicom.uid import generate_uid

    return str(generate_uid(entropy_srcs=["SkullRestore phantom", *sources]))


class Writer:
    """Writes slices as they come, from below; the truth is written when the ``with`` block ends well."""

    def __init__(self, folder: Path, scan: Scan, seed: int, series_uid: str):
        self.folder, self.scan = folder, scan
        self.head = _header(scan, seed, series_uid)
        x, y, z = scan.size
        self.intact, self.missing = np.zeros((z, y, x), np.int16), np.zeros((z, y, x), np.uint8)
        self.count = 0

    def __enter__(self) -> "Writer":
        for name in ("ct", "truth"):
            (self.folder / name).mkdir()
        return self

    def __exit__(self, kind: type | None, *_: object) -> None:
        if kind is None:
            _write_nrrd(self.folder / "truth" / "intact.nrrd", self.intact, self.scan, compress=False)
            _write_nrrd(self.folder / "truth" / "missing_bone.nrrd", self.missing, self.scan, compress=True)

    def add(self, ct: np.ndarray, intact: np.ndarray, missing: np.ndarray) -> None:
        """Write the next slice, each (y, x) with x to the right and y to the front."""
        k = self.count
        # DICOM and NRRD go the other way: columns to the patient's left, rows to the back
        self.intact[k], self.missing[k] = intact[::-1, ::-1], missing[::-1, ::-1]
        _write_slice(self.folder / "ct" / f"{k + 1:04d}.dcm", self.head, ct[::-1, ::-1], self.scan, k)
        self.count += 1


def _first_voxel(scan: Scan) -> np.ndarray:
    """Centre of the first stored voxel, (3,) float64, mm LPS: most to the right and to the front, lowest."""
    high = scan.low + scan.spacing * (np.array(scan.size) - 1)
    return (np.array([high[0], high[1], scan.low[2]]) + scan.shift) * _LPS


def _header(scan: Scan, seed: int, series_uid: str):
    """What all slices have in common, a pydicom dataset."""
    from pydicom.dataset import Dataset
    from pydicom.uid import CTImageStorage

    d = Dataset()
    d.SOPClassUID, d.SeriesInstanceUID = CTImageStorage, series_uid
    d.StudyInstanceUID, d.FrameOfReferenceUID = uid("study", series_uid), uid("frame", series_uid)
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
    d.PixelSpacing = [_text(scan.spacing[1]), _text(scan.spacing[0])]
    d.SliceThickness, d.SpacingBetweenSlices = _text(scan.spacing[2]), _text(scan.spacing[2])
    d.Rows, d.Columns, d.SamplesPerPixel, d.PhotometricInterpretation = scan.size[1], scan.size[0], 1, "MONOCHROME2"
    d.BitsAllocated, d.BitsStored, d.HighBit, d.PixelRepresentation = 16, 12, 11, 0
    d.RescaleIntercept, d.RescaleSlope, d.RescaleType = str(LOWEST_HU), "1", "HU"
    d.WindowCenter, d.WindowWidth = "500", "2500"
    return d


def _text(value: float) -> str:
    """A number as DICOM wants it: at most 16 characters."""
    return f"{value:.6f}"


def _write_slice(path: Path, common, hu: np.ndarray, scan: Scan, k: int) -> None:
    from pydicom.dataset import FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian

    common.file_meta = FileMetaDataset()
    common.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    common.SOPInstanceUID, common.InstanceNumber = uid("slice", str(common.SeriesInstanceUID), str(k)), k + 1
    common.file_meta.MediaStorageSOPClassUID, common.file_meta.MediaStorageSOPInstanceUID = common.SOPClassUID, common.SOPInstanceUID
    x, y, z = _first_voxel(scan) + np.array([0, 0, k * scan.spacing[2]])
    common.ImagePositionPatient, common.SliceLocation = [_text(x), _text(y), _text(z)], _text(z)
    common.PixelData = (hu - LOWEST_HU).astype("<u2").tobytes()
    common.save_as(path, enforce_file_format=True)


def _write_nrrd(path: Path, array: np.ndarray, scan: Scan, *, compress: bool) -> None:
    """Write (z, y, x) voxels on the CT's grid."""
    import SimpleITK

    image = SimpleITK.GetImageFromArray(array)
    image.SetSpacing([float(s) for s in scan.spacing])
    image.SetOrigin([float(v) for v in _first_voxel(scan)])
    SimpleITK.WriteImage(image, str(path), useCompression=compress)
