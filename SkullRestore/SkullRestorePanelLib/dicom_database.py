"""Slicer's DICOM database: the files from which a CT was loaded, and results that go back into its study."""

import shutil
import tempfile
from pathlib import Path

import slicer
from slicer.i18n import tr as _

INSTANCES_ATTRIBUTE = "DICOM.instanceUIDs"
"""Where Slicer notes from which images a volume was loaded."""


def files_of(node):
    """Find the files from which an input was loaded.

    Parameters
    ----------
    node : vtkMRMLNode
        A volume, or a segmentation on one.

    Returns
    -------
    tuple of str
        Paths, in the order of the slices.

    Raises
    ------
    SkullRestoreLib.errors.InputError
        If it was not loaded from the database that is open, or its files are gone.
    """
    from SkullRestoreLib.errors import InputError

    volume = node.GetNodeReference("referenceImageGeometryRef") if node.IsA("vtkMRMLSegmentationNode") else node
    uids = (volume.GetAttribute(INSTANCES_ATTRIBUTE) or "").split() if volume is not None else []
    files = tuple(dict.fromkeys(slicer.dicomDatabase.fileForInstance(uid) for uid in uids)) if _is_open() else ()
    if not files or not all(path and Path(path).is_file() for path in files):
        raise InputError(
            _(
                "The head was not loaded from the DICOM database that is open, or its files are gone: patient and "
                "study are not known. Load it in the module DICOM, or leave 'Add to the DICOM database' out."
            )
        )
    return files


def add_objects(exported):
    """Add the DICOM objects of an export to the database; it keeps copies of its own.

    Parameters
    ----------
    exported : SkullRestoreLib.session.task_records.ExportResult

    Returns
    -------
    str
        What was added, in a sentence.

    Raises
    ------
    SkullRestoreLib.errors.OutputError
        If the database did not take them; the files of the export are there.
    """
    from DICOMLib import DICOMUtils

    from SkullRestoreLib.errors import OutputError

    if not exported.dicom_objects:
        return _("There is no implant that passed its checks: nothing was added to the DICOM database.")
    added = False
    if _is_open():
        with tempfile.TemporaryDirectory(prefix="SkullRestore") as folder:  # the database takes folders
            for path in exported.dicom_objects:
                shutil.copy(path, folder)
            added = DICOMUtils.importDicom(folder, slicer.dicomDatabase, copyFiles=True)
    uids = [_instance_uid(path) for path in exported.dicom_objects]
    if not added or not all(slicer.dicomDatabase.fileForInstance(uid) for uid in uids):
        raise OutputError(
            _("The DICOM database did not take the objects. They are in the folder of the export: import them there.")
        )
    names = ", ".join(path.name for path in exported.dicom_objects)
    return _("Added to the DICOM database, in the study of the CT: {names}.").format(names=names)


def _is_open():
    database = getattr(slicer, "dicomDatabase", None)
    return database is not None and bool(database.isOpen)


def _instance_uid(path):
    from pydicom import dcmread

    return str(dcmread(path, stop_before_pixels=True, specific_tags=["SOPInstanceUID"]).SOPInstanceUID)
