"""Stand-ins for Slicer's DICOM module: its database, the base class of its plugins, and how it loads.

Written after the sources of Slicer 5 (``DICOMLib/DICOMPlugin.py``, ``DICOMLib/DICOMUtils.py``, ``ctkDICOMDatabase``):
each says which of their behaviours it reproduces.
"""

import logging
import shutil
import sys
import traceback
import types
from pathlib import Path

import pytest
from pydicom import dcmread

slicer = pytest.importorskip("slicer", reason="slicer-core is not installed")


class Database:
    """``ctkDICOMDatabase``: values of files as text by tag, files by instance; nothing is known of a file outside."""

    def __init__(self, folder):
        self.isOpen, self.folder, self.files, self.headers = True, Path(folder), {}, {}
        self.folder.mkdir(parents=True, exist_ok=True)

    def add(self, path):
        header = dcmread(path, stop_before_pixels=True)
        self.files[str(header.SOPInstanceUID)], self.headers[str(path)] = str(path), header

    def fileValue(self, path, tag):
        """Empty where the file is not in the database, and where it has no such value."""
        group, element = (int(part, 16) for part in tag.split(","))
        header = self.headers.get(str(path))
        return str(header[group, element].value) if header is not None and (group, element) in header else ""

    def fileForInstance(self, uid):
        return self.files.get(uid, "")

    def instanceForFile(self, path):
        return next((uid for uid, known in self.files.items() if known == str(path)), "")

    def series(self):
        """Paths of each series, in the order in which they were added."""
        found = {}
        for path, header in self.headers.items():
            found.setdefault(str(header.SeriesInstanceUID), []).append(path)
        return list(found.values())


class DICOMLoadable:
    """``DICOMLoadable``: a copy through the list of the dialog keeps these six values, and no other."""

    def __init__(self, shown=None):
        if shown is None:
            self.files, self.name, self.tooltip = [], "Unknown", "No further information available"
            self.warning, self.selected, self.confidence = "", False, 0.5
        else:
            for key in ("files", "name", "tooltip", "warning", "selected", "confidence"):
                setattr(self, key, getattr(shown, key))
            self.files = list(shown.files)


class DICOMPlugin:
    """``DICOMPlugin``: the cache of a plugin, and the place of a loaded series in the subject hierarchy."""

    def __init__(self):
        self.loadType = "Generic DICOM"
        self.loadableCache, self.tags = {}, {"seriesDescription": "0008,103E", "seriesNumber": "0020,0011"}

    def getCachedLoadables(self, files):
        return self.loadableCache.get(tuple(files))

    def cacheLoadables(self, files, loadables):
        self.loadableCache[tuple(files)] = loadables

    def examineForImport(self, _fileLists):
        return []

    def addSeriesInSubjectHierarchy(self, loadable, node):
        hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
        value = {
            name: slicer.dicomDatabase.fileValue(loadable.files[0], tag)
            for name, tag in (("series", "0020,000E"), ("study", "0020,000D"), ("patient", "0010,0020"))
        }
        item = hierarchy.CreateItem(hierarchy.GetSceneItemID(), node)
        hierarchy.SetItemUID(item, "DICOM", value["series"])
        patient = value["patient"] or f"Patient-{value['study']}"
        logic = slicer.vtkSlicerSubjectHierarchyModuleLogic
        logic.InsertDicomSeriesInHierarchy(hierarchy, patient, value["study"], value["series"])


def load_loadables(plugin, loadables):
    """``DICOMUtils.loadLoadables``: what a plugin raises is written to the log, and the user reads nothing of it."""
    loaded = []
    for loadable in loadables:
        try:
            loaded.append(plugin.load(loadable))
        except Exception:
            logging.error("DICOM plugin failed to load: %s", traceback.format_exc())
            loaded.append(None)
    return loaded


def select_surest(loadables):
    """``DICOMUtils.selectHighestConfidenceLoadables`` for one series: ``selected`` of a plugin is overruled."""
    highest = max(loadable.confidence for loadable in loadables)
    for loadable in loadables:
        loadable.selected = loadable.confidence == highest


def import_dicom(folder, database=None, copyFiles=False):
    """``DICOMUtils.importDicom``: a complete folder; without copies the files must stay where they are."""
    database = database or slicer.dicomDatabase
    for path in sorted(Path(folder).rglob("*")):
        if path.is_file():
            database.add(shutil.copy(path, database.folder / f"{len(database.files)}.dcm") if copyFiles else path)
    return True


def install(monkeypatch, folder):
    """Put the DICOM module into an application; its database is in this folder."""
    library = types.ModuleType("DICOMLib")
    library.DICOMPlugin, library.DICOMLoadable = DICOMPlugin, DICOMLoadable
    library.DICOMUtils = types.SimpleNamespace(importDicom=import_dicom)
    monkeypatch.setitem(sys.modules, "DICOMLib", library)
    monkeypatch.setattr(slicer, "dicomDatabase", Database(folder), raising=False)
    monkeypatch.setattr(slicer, "modules", types.SimpleNamespace(), raising=False)
    return slicer.dicomDatabase
