"""Implants as DICOM: the STL encapsulated, the voxels as a segmentation; patient and study are carried over from the CT.

These are the only files that we write which name the patient: a PACS takes them for the patient's or not at all. Their own names do not.
"""

import io
import warnings
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from SkullRestoreLib import __version__, dicom, meshfile
from SkullRestoreLib.case import DependencyError, InputError, Restoration, Volume

STL_STORAGE = "1.2.840.10008.5.1.4.1.1.104.3"
MAKER = "SkullRestore contributors"
_PATIENT = ("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "PatientAge")
_STUDY = ("StudyInstanceUID", "StudyDate", "StudyTime", "StudyID", "AccessionNumber", "ReferringPhysicianName", "StudyDescription")


def objects(restoration: Restoration, folder: Path) -> dict[str, bytes]:
    """Make all DICOM objects of a restoration.

    Parameters
    ----------
    restoration
        With a DICOM series as its source.
    folder
        Where that series lies.

    Returns
    -------
    dict of str to bytes
        File name -> DICOM file: an STL for each implant, and one segmentation of all; none without an implant.

    Raises
    ------
    InputError
        If the input was no DICOM series.
    DependencyError
        If highdicom is not installed.
    """
    from pydicom.uid import generate_uid

    volume = restoration.source
    if not isinstance(volume, Volume) or volume.uid is None:
        raise InputError("DICOM objects can only be made from a DICOM input: patient and study come from there. Leave --also dicom out.")
    if not restoration.implants:
        return {}
    series, bodies, voxels = source_series(folder, volume.uid), generate_uid(), generate_uid()
    made = {}
    for number, implant in enumerate(restoration.implants, 1):
        stl = meshfile.stl({"implant": (implant.mesh.vertices * (-1, -1, 1), implant.mesh.faces)})
        title = f"Implant for defect {implant.defect}"
        made[f"implant_{implant.defect}.dcm"] = encapsulated_stl(stl, series, title=title, number=number, series_uid=bodies)
    if restoration.implant_mask is not None and restoration.implant_mask.any():
        names = {i.defect: f"Implant for defect {i.defect}" for i in restoration.implants if (restoration.implant_mask == i.defect).any()}
        made["implants_seg.dcm"] = segmentation(restoration.implant_mask, series, names=names, series_uid=voxels)
    return made


def source_series(folder: Path, uid: str) -> dicom.Series:
    """Find the series that a restoration was made from.

    Raises
    ------
    InputError
        If the folder does not hold it.
    """
    found = next((s for s in dicom.scan(folder) if s.uid == uid), None) if folder.is_dir() else None
    if found is None:
        raise InputError(f"{folder} does not hold the DICOM series that was restored; DICOM objects can only be made from a DICOM input.")
    return found


def encapsulated_stl(stl: bytes, series: dicom.Series, *, title: str, number: int, series_uid: str) -> bytes:
    """Make an Encapsulated STL object (DICOM PS3.3 A.85.1).

    Parameters
    ----------
    stl
        Binary STL, LPS millimetres: DICOM's own coordinates, in the frame of reference of the CT.
    series
        The CT; patient, study and frame of reference are taken from its first image.
    title
        Of the document, such as "Implant for defect 1".
    number
        Instance number.
    series_uid
        UID of the new series, the same for all objects of one result.

    Returns
    -------
    bytes
        A DICOM file.
    """
    from pydicom.dataset import Dataset
    from pydicom.sr.codedict import codes
    from pydicom.uid import generate_uid

    header = _header(series)
    now = datetime.now()
    made = Dataset()
    _carry_over(made, header)
    made.SOPClassUID, made.SOPInstanceUID = STL_STORAGE, generate_uid()
    made.SpecificCharacterSet = header.get("SpecificCharacterSet", "ISO_IR 192")
    made.Modality, made.SeriesInstanceUID, made.SeriesNumber = "M3D", series_uid, 9001
    made.SeriesDescription = "SkullRestore implants"
    made.FrameOfReferenceUID = header.FrameOfReferenceUID
    made.PositionReferenceIndicator = header.get("PositionReferenceIndicator", "")
    made.Manufacturer, made.ManufacturerModelName = MAKER, "SkullRestore"
    made.DeviceSerialNumber, made.SoftwareVersions = "none", __version__
    made.InstanceNumber = number
    made.ContentDate, made.ContentTime = now.strftime("%Y%m%d"), now.strftime("%H%M%S")
    made.AcquisitionDateTime = now.strftime("%Y%m%d%H%M%S")
    made.BurnedInAnnotation, made.RecognizableVisualFeatures = "NO", "NO"
    made.DocumentTitle = title
    made.ConceptNameCodeSequence = [_coded(codes.DCM.ModelFor3DManufacturing)]
    made.MIMETypeOfEncapsulatedDocument = "model/stl"
    made.EncapsulatedDocumentLength = len(stl)
    made.EncapsulatedDocument = stl + b"\0" * (len(stl) % 2)
    made.MeasurementUnitsCodeSequence = [_coded(codes.cid7063.Millimeter)]
    made.ModelModification, made.ModelMirroring = "YES", "NO"
    made.ModelUsageCodeSequence = [_coded(codes.cid7064.ImplantFabrication)]
    made.ContentDescription = "Research use only"
    made.SourceInstanceSequence = [_reference(header)]
    listed = Dataset()
    listed.SeriesInstanceUID, listed.ReferencedInstanceSequence = header.SeriesInstanceUID, [_reference(header)]
    made.ReferencedSeriesSequence = [listed]
    return _file(made)


def segmentation(labels: np.ndarray, series: dicom.Series, *, names: Mapping[int, str], series_uid: str) -> bytes:
    """Make a Segmentation object of labels on the CT's grid.

    Parameters
    ----------
    labels
        (nk, nj, ni) uint8, slice k lies on image k of the series.
    series
        The CT's series.
    names
        Label -> name, of all labels that occur.
    series_uid
        UID of the new series.

    Returns
    -------
    bytes
        A DICOM file.

    Raises
    ------
    DependencyError
        If highdicom is not installed.
    InputError
        If the series is one multi-frame file, or other than what was read.
    """
    try:
        import highdicom as hd
        from highdicom.seg import Segmentation, SegmentDescription
    except ImportError as error:
        raise DependencyError("A DICOM segmentation needs the package highdicom: pip install highdicom.") from error
    from pydicom import dcmread
    from pydicom.sr.codedict import codes
    from pydicom.uid import ExplicitVRLittleEndian, generate_uid

    planes = series.planes
    if len(planes) != len(labels) or any(plane.frame is not None for plane in planes):
        raise InputError("A DICOM segmentation needs the series that was read, one image a file; export the implant as NRRD instead.")
    images = [_complete(dcmread(plane.path, stop_before_pixels=False), series) for plane in planes]
    algorithm = hd.AlgorithmIdentificationSequence(
        name="SkullRestore", version=__version__, family=codes.cid7162.ArtificialIntelligence, source=MAKER
    )
    parts = [
        SegmentDescription(
            segment_number=n,
            segment_label=name,
            segmented_property_category=codes.SCT.PhysicalObject,
            segmented_property_type=hd.sr.CodedConcept("40388003", "SCT", "Implant"),
            algorithm_type=hd.seg.SegmentAlgorithmTypeValues.SEMIAUTOMATIC,
            algorithm_identification=algorithm,
        )
        for n, name in enumerate(names.values(), 1)
    ]
    pixels = np.stack([labels == label for label in names], axis=-1).astype(np.uint8)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="highdicom")  # names as hospitals write them are no concern of ours
        made = Segmentation(
            source_images=images,
            pixel_array=pixels,
            segmentation_type=hd.seg.SegmentationTypeValues.BINARY,
            segment_descriptions=parts,
            series_instance_uid=series_uid,
            series_number=9002,
            sop_instance_uid=generate_uid(),
            instance_number=1,
            manufacturer=MAKER,
            manufacturer_model_name="SkullRestore",
            software_versions=__version__,
            device_serial_number="none",
            content_description="Research use only",
            content_label="IMPLANTS",
            series_description="SkullRestore implants as voxels",
            transfer_syntax_uid=ExplicitVRLittleEndian,
            omit_empty_frames=True,
        )
    buffer = io.BytesIO()
    made.save_as(buffer)
    return buffer.getvalue()


def _header(series: dicom.Series) -> Any:
    from pydicom import dcmread

    return _complete(dcmread(series.planes[0].path, stop_before_pixels=True), series)


def _complete(header: Any, series: dicom.Series) -> Any:
    """The same header; what anonymising has taken away is empty, or an identifier made anew, alike in every object of one series."""
    from pydicom.uid import generate_uid

    for name in ("StudyInstanceUID", "FrameOfReferenceUID"):
        if not header.get(name):
            setattr(header, name, generate_uid(entropy_srcs=[series.uid, name]))
    for name in ("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "PositionReferenceIndicator", "Manufacturer", *_STUDY[1:6]):
        if name not in header:
            setattr(header, name, "")
    if not header.get("SliceThickness"):
        header.SliceThickness = round(series.spacing[2], 4)
    return header


def _carry_over(made: Any, header: Any) -> None:
    """Patient and study as in the CT."""
    for name in (*_PATIENT, *_STUDY):
        if name in header:
            setattr(made, name, header[name].value)


def _coded(concept: Any) -> Any:
    """A concept of pydicom's dictionary as an item of a code sequence."""
    from pydicom.dataset import Dataset

    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = concept.value, concept.scheme_designator, concept.meaning
    return item


def _reference(header: Any) -> Any:
    from pydicom.dataset import Dataset

    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = header.SOPClassUID, header.SOPInstanceUID
    return item


def _file(made: Any) -> bytes:
    from pydicom.dataset import FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian

    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made.file_meta.MediaStorageSOPClassUID, made.file_meta.MediaStorageSOPInstanceUID = made.SOPClassUID, made.SOPInstanceUID
    buffer = io.BytesIO()
    made.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()
