"""Make DICOM objects of implants: meshes and voxels in, Encapsulated STL and Segmentation out.

Patient and study are those of the CT, as :mod:`SkullRestoreLib.io.dicom_source` has checked them before the work.

Of all files that are written only these name the patient, since a PACS would not take them otherwise (decision 0037).
Their file names do not.
"""

import io
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib import __version__
from SkullRestoreLib.affine import flip_ras_lps
from SkullRestoreLib.errors import DependencyError
from SkullRestoreLib.geometry.working_grid import labels_on_input_grid
from SkullRestoreLib.io import mesh_files
from SkullRestoreLib.io.dicom_source import DicomSource
from SkullRestoreLib.records import Mesh, Restoration

if TYPE_CHECKING:
    from pydicom import Dataset

STL_STORAGE_UID = "1.2.840.10008.5.1.4.1.1.104.3"
"""SOP class of an Encapsulated STL."""
CT_STORAGE_UID = "1.2.840.10008.5.1.4.1.1.2"
"""SOP class of a CT image, one a file."""
MANUFACTURER = "SkullRestore contributors"
CHARACTER_SET = "ISO_IR 192"
"""UTF-8: whatever the CT's character set is, its text can be written in this one."""
BODY_PART = "SKULL"
_LATERALITY = {
    "left": ("L", "7771000", "Left"),
    "right": ("R", "24028007", "Right"),
    "midline": ("B", "51440002", "Right and left"),
    "both sides": ("B", "51440002", "Right and left"),
}
"""Image Laterality, and the code of the anatomic region's modifier, by the side of a defect."""


@dataclass(frozen=True)
class _TrackedImplant:
    """One implant, as all objects of a result describe it."""

    defect: int
    title: str
    tracking_uid: str
    side: str


@dataclass(frozen=True)
class _ResultIdentity:
    """What all objects of one result have in common."""

    source: DicomSource
    implants: tuple[_TrackedImplant, ...]
    made: datetime = field(default_factory=datetime.now)

    @property
    def side(self) -> str:
        """The side of all implants; "both sides" where they differ."""
        sides = {implant.side for implant in self.implants}
        return sides.pop() if len(sides) == 1 else "both sides"


def check_packages() -> None:
    """Check that DICOM objects can be made with the packages that are installed.

    Raises
    ------
    DependencyError
        If highdicom is missing.
    """
    try:
        import highdicom  # noqa: F401
    except ImportError as error:
        raise DependencyError("A DICOM segmentation needs the package highdicom: pip install highdicom.") from error


def make_dicom_objects(restoration: Restoration, source: DicomSource) -> dict[str, bytes]:
    """Make all DICOM objects of a restoration.

    Parameters
    ----------
    restoration
        With a DICOM series as its source.
    source
        What was taken over from this series before the work began.

    Returns
    -------
    dict of str to bytes
        File name -> DICOM file: an STL for each implant that passed its checks, and one segmentation of these. Empty
        without such an implant. An implant that did not pass is never written: in an archive only its name would
        distinguish it from one that passed.
    """
    from pydicom.uid import generate_uid

    passed, labels = restoration.passed_implants, restoration.passed_mask
    if not passed:
        return {}
    sides = {defect.number: defect.side for defect in restoration.defects}
    tracked = [
        _TrackedImplant(body.defect, f"Implant for defect {body.defect}", generate_uid(), sides.get(body.defect, ""))
        for body in passed
    ]
    result, series_uid = _ResultIdentity(source, tuple(tracked)), generate_uid()
    objects = {}
    for number, (body, implant) in enumerate(zip(passed, tracked, strict=True), 1):
        # + 0.0: no negative zeros, see write.swap_ras_lps
        stl = mesh_files.encode_stl({"implant": (flip_ras_lps(body.mesh.vertices) + 0.0, body.mesh.faces)})
        objects[f"implant_{body.defect}.dcm"] = _encapsulate_stl(stl, result, implant, number, series_uid)
    if labels is not None and labels.any():
        labels, _ = labels_on_input_grid(labels, restoration.bone.ijk_to_ras, restoration.source)
        objects["implants_seg.dcm"] = _make_segmentation(labels, result)
    return objects


@dataclass(frozen=True, eq=False)
class DicomModel:
    """A body that is no implant, such as a guide."""

    name: str  # of its file, without ending
    title: str
    mesh: Mesh  # mm RAS
    usage: Literal["PlanningIntent", "ToolFabrication"]  # of DICOM's context group 7064
    side: str  # of the head


def make_model_objects(models: Sequence[DicomModel], source: DicomSource, *, series: str) -> dict[str, bytes]:
    """Make DICOM objects of bodies that belong to the CT.

    Parameters
    ----------
    models
        The bodies.
    source
        What was taken over from the CT, its frame of reference among it.
    series
        Description of their series.

    Returns
    -------
    dict of str to bytes
        File name -> Encapsulated STL.
    """
    from pydicom.uid import generate_uid

    tracked = [_TrackedImplant(0, model.title, generate_uid(), model.side) for model in models]
    result, series_uid, objects = _ResultIdentity(source, tuple(tracked)), generate_uid(), {}
    for number, (model, body) in enumerate(zip(models, tracked, strict=True), 1):
        # + 0.0: no negative zeros, see write.swap_ras_lps
        stl = mesh_files.encode_stl({model.name: (flip_ras_lps(model.mesh.vertices) + 0.0, model.mesh.faces)})
        objects[f"{model.name}.dcm"] = _encapsulate_stl(
            stl, result, body, number, series_uid, series=series, usage=model.usage
        )
    return objects


def _encapsulate_stl(
    stl: bytes,
    result: _ResultIdentity,
    implant: _TrackedImplant,
    number: int,
    uid: str,
    *,
    series: str = "SkullRestore implants",
    usage: str = "ImplantFabrication",
) -> bytes:
    """An Encapsulated STL object (DICOM PS3.3 A.85.1) as a file; ``uid`` is that of its series, ``number`` its own."""
    from pydicom.dataset import Dataset
    from pydicom.sr.codedict import codes
    from pydicom.uid import generate_uid

    dataset = Dataset()
    dataset.SOPClassUID, dataset.SOPInstanceUID = STL_STORAGE_UID, generate_uid()
    dataset.Modality, dataset.SeriesInstanceUID, dataset.SeriesNumber = "M3D", uid, 9001
    dataset.SeriesDescription = series
    dataset.Manufacturer, dataset.ManufacturerModelName = MANUFACTURER, "SkullRestore"
    dataset.DeviceSerialNumber, dataset.SoftwareVersions = "none", __version__
    dataset.InstanceNumber = number
    dataset.AcquisitionDateTime = result.made.strftime("%Y%m%d%H%M%S")
    dataset.BurnedInAnnotation, dataset.RecognizableVisualFeatures = "NO", "NO"
    dataset.DocumentTitle = implant.title
    dataset.ConceptNameCodeSequence = [_code_item(codes.DCM.ModelFor3DManufacturing)]
    dataset.MIMETypeOfEncapsulatedDocument = "model/stl"
    dataset.EncapsulatedDocumentLength = len(stl)
    dataset.EncapsulatedDocument = stl + b"\0" * (len(stl) % 2)
    dataset.MeasurementUnitsCodeSequence = [_code_item(codes.cid7063.Millimeter)]
    dataset.ModelModification, dataset.ModelMirroring = "YES", "NO"
    dataset.ModelUsageCodeSequence = [_code_item(getattr(codes.cid7064, usage))]
    dataset.ContentDescription = "Research use only"
    dataset.TrackingID, dataset.TrackingUID = implant.title, implant.tracking_uid
    _add_common(dataset, result, implant.side)
    _add_references(dataset, result.source)
    return _encode_file(dataset)


def _add_common(dataset: "Dataset", result: _ResultIdentity, side: str) -> None:
    """Patient, study, frame of reference, dates, body part and side: the same in all objects of one result."""
    dataset.SpecificCharacterSet = CHARACTER_SET  # first: names are encoded with it
    for keyword, value in result.source.values.items():
        setattr(dataset, keyword, value)
    dataset.StudyInstanceUID = result.source.study_uid
    dataset.FrameOfReferenceUID = result.source.frame_of_reference_uid
    date, time = result.made.strftime("%Y%m%d"), result.made.strftime("%H%M%S")
    dataset.SeriesDate, dataset.ContentDate, dataset.InstanceCreationDate = date, date, date
    dataset.SeriesTime, dataset.ContentTime, dataset.InstanceCreationTime = time, time, time
    dataset.BodyPartExamined, dataset.AnatomicRegionSequence = BODY_PART, [_anatomic_region(side)]
    if side in _LATERALITY:
        dataset.ImageLaterality = _LATERALITY[side][0]


def _anatomic_region(side: str) -> Any:
    """The skull as an item of Anatomic Region Sequence, with its side where that is known."""
    region = _code_item(("89546000", "SCT", "Skull"))
    if side in _LATERALITY:
        _, value, meaning = _LATERALITY[side]
        region.AnatomicRegionModifierSequence = [_code_item((value, "SCT", meaning))]
    return region


def _make_segmentation(labels: NDArray[np.uint8], result: _ResultIdentity) -> bytes:
    """A Segmentation object of labels (nk, nj, ni) on the CT's grid as a file; slice k is at slice k of the source."""
    from highdicom.seg import Segmentation, SegmentationTypeValues
    from pydicom.uid import ExplicitVRLittleEndian, generate_uid

    shown = [implant for implant in result.implants if (labels == implant.defect).any()]
    pixels = np.stack([labels == implant.defect for implant in shown], axis=-1).astype(np.uint8)
    images = [_plain_image(result.source, k) for k in range(len(labels))]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="highdicom")
        segmentation = Segmentation(
            source_images=images,
            pixel_array=pixels,
            segmentation_type=SegmentationTypeValues.BINARY,
            segment_descriptions=_segment_descriptions(shown),
            series_instance_uid=generate_uid(),
            series_number=9002,
            sop_instance_uid=generate_uid(),
            instance_number=1,
            manufacturer=MANUFACTURER,
            manufacturer_model_name="SkullRestore",
            software_versions=__version__,
            device_serial_number="none",
            content_description="Research use only",
            content_label="IMPLANTS",
            series_description="SkullRestore implants as voxels",
            transfer_syntax_uid=ExplicitVRLittleEndian,
            omit_empty_frames=True,
        )
    _add_common(segmentation, result, result.side)
    segmentation.BurnedInAnnotation = "NO"
    _correct_references(segmentation, result.source, [image.SOPInstanceUID for image in images])
    return _encode_file(segmentation)


def _plain_image(source: DicomSource, index: int) -> "Dataset":
    """One slice of the CT as highdicom needs it: nothing of a real header, and a UID of its own."""
    from pydicom.dataset import Dataset
    from pydicom.uid import generate_uid
    from pydicom.valuerep import DSfloat

    geometry = source.slices[index].geometry
    image = Dataset()
    image.SOPClassUID, image.SOPInstanceUID, image.Modality = CT_STORAGE_UID, generate_uid(), "CT"
    image.StudyInstanceUID, image.SeriesInstanceUID = source.study_uid, source.series_uid or source.study_uid
    image.FrameOfReferenceUID = source.frame_of_reference_uid
    for keyword in ("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "PositionReferenceIndicator"):
        setattr(image, keyword, "")
    for keyword in ("StudyDate", "StudyTime", "StudyID", "AccessionNumber", "ReferringPhysicianName"):
        setattr(image, keyword, "")
    image.Rows, image.Columns = source.shape
    image.ImagePositionPatient = [DSfloat(value, auto_format=True) for value in geometry.position]
    image.ImageOrientationPatient = [DSfloat(value, auto_format=True) for value in geometry.cosines]
    image.PixelSpacing = [DSfloat(value, auto_format=True) for value in geometry.spacing]
    image.SliceThickness = DSfloat(source.slice_spacing_mm, auto_format=True)
    image.LossyImageCompression = "01" if source.is_lossy else "00"
    return image


def _correct_references(segmentation: "Dataset", source: DicomSource, stand_ins: Sequence[str]) -> None:
    """Let a segmentation refer to the CT's images in the place of the plain ones, or to none."""
    frames = segmentation.PerFrameFunctionalGroupsSequence
    if not source.series_uid:
        for keyword in ("SourceImageSequence", "ReferencedSeriesSequence"):
            delattr(segmentation, keyword)
        for frame in frames:
            del frame.DerivationImageSequence
        return
    slice_of = dict(zip(stand_ins, source.slices, strict=True))
    items = [item for frame in frames for item in frame.DerivationImageSequence[0].SourceImageSequence]
    for item in {id(item): item for item in items}.values():  # the frames of several segments share them
        found = slice_of[item.ReferencedSOPInstanceUID]
        item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = found.class_uid, found.instance_uid
        if found.frame is not None:
            item.ReferencedFrameNumber = found.frame
    _add_references(segmentation, source)
    segmentation.SourceImageSequence = _instance_references(source)


def _add_references(dataset: "Dataset", source: DicomSource) -> None:
    """Let an object refer to the images of the CT's series."""
    from pydicom.dataset import Dataset

    if not source.series_uid:
        return
    if dataset.SOPClassUID == STL_STORAGE_UID:
        dataset.SourceInstanceSequence = _instance_references(source)
    series = Dataset()
    series.SeriesInstanceUID, series.ReferencedInstanceSequence = source.series_uid, _instance_references(source)
    dataset.ReferencedSeriesSequence = [series]


def _instance_references(source: DicomSource) -> list["Dataset"]:
    """One item for each file of the CT."""
    from pydicom.dataset import Dataset

    items = []
    for class_uid, instance_uid in dict.fromkeys((each.class_uid, each.instance_uid) for each in source.slices):
        item = Dataset()
        item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = class_uid, instance_uid
        items.append(item)
    return items


def _segment_descriptions(implants: Sequence[_TrackedImplant]) -> list[Any]:
    """What a viewer shows of each segment."""
    import highdicom as hd
    from highdicom.seg import SegmentAlgorithmTypeValues, SegmentDescription
    from pydicom.sr.codedict import codes

    algorithm = hd.AlgorithmIdentificationSequence(
        name="SkullRestore", version=__version__, family=codes.cid7162.ArtificialIntelligence, source=MANUFACTURER
    )
    descriptions = [
        SegmentDescription(
            segment_number=n,
            segment_label=implant.title,
            segmented_property_category=codes.SCT.PhysicalObject,
            segmented_property_type=hd.sr.CodedConcept("40388003", "SCT", "Implant"),
            algorithm_type=SegmentAlgorithmTypeValues.SEMIAUTOMATIC,
            algorithm_identification=algorithm,
            tracking_id=implant.title,
            tracking_uid=implant.tracking_uid,
        )
        for n, implant in enumerate(implants, 1)
    ]
    for description, implant in zip(descriptions, implants, strict=True):
        description.AnatomicRegionSequence = [_anatomic_region(implant.side)]
    return descriptions


def _code_item(concept: Any) -> "Dataset":
    """A concept of pydicom's dictionary, or its value, scheme and meaning, as an item of a code sequence."""
    from pydicom.dataset import Dataset

    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = concept[:3]
    return item


def _encode_file(dataset: "Dataset") -> bytes:
    """Bytes of a DICOM file, explicit VR little endian."""
    from pydicom.dataset import FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian

    if not hasattr(dataset, "file_meta"):
        dataset.file_meta = FileMetaDataset()
        dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
        dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()
