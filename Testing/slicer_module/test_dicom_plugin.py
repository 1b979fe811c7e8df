"""The plugin of Slicer's DICOM module: what it offers before loading, what it loads, and what goes back."""

import importlib.util
from pathlib import Path
from types import SimpleNamespace

import helpers_dicom_module
import numpy as np
import pytest
from helpers_desktop import ROOT, Desktop, Timer
from helpers_dicom import edit_series
from helpers_head import phantom_head
from helpers_intake import ellipsoid_head, scan_affine, write_dicom
from pydicom import dcmread

from SkullRestoreLib.scene.inputs import source_from_node

slicer = helpers_dicom_module.slicer

STUDY = {"PatientID": "4711", "PatientName": "Doe^Jane", "StudyInstanceUID": "1.2.3.4", "FrameOfReferenceUID": "1.2.5"}


@pytest.fixture
def desktop(monkeypatch, tmp_path):
    made = Desktop(monkeypatch)
    made.database = helpers_dicom_module.install(monkeypatch, tmp_path / "database")
    made.selected = []
    monkeypatch.setattr(slicer.util, "selectModule", made.selected.append)
    monkeypatch.setattr(slicer.util, "warningDisplay", made.shown.append, raising=False)
    return made


@pytest.fixture
def plugin(desktop):
    """The plugin, as the DICOM module makes it from the table of plugins."""
    path = ROOT / "SkullRestore" / "SkullRestoreDICOMPlugin.py"
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    parent = SimpleNamespace()
    module.SkullRestoreDICOMPlugin(parent)
    assert parent.hidden
    return slicer.modules.dicomPlugins["SkullRestoreDICOMPlugin"]()


def import_ct(desktop, folder, hu=None, affine=None, **tags):
    """Write a series, and add it to the database; its files in the order of their names, not of their slices."""
    affine = np.diag([-2.0, -2.0, 2.0, 1.0]) if affine is None else affine
    write_dicom(folder, np.zeros((60, 20, 16), np.int16) if hu is None else hu, affine, **(STUDY | tags))
    helpers_dicom_module.import_dicom(folder)
    return sorted(map(str, folder.iterdir()))


def test_a_head_is_offered_with_its_verdict_and_a_plain_load_stays_what_it_was(desktop, plugin, tmp_path):
    files = import_ct(desktop, tmp_path / "ct", SeriesDescription="Head bone DOE", ConvolutionKernel="H30s")
    (offered,) = plugin.examineForImport([files])
    assert offered.name == "Head bone H30s (head CT for restoration)", "without the patient's name"
    assert offered.tooltip.splitlines()[0] == "By its headers this CT can be restored."
    assert "60 slices, voxels of 2.00 × 2.00 × 2.00 mm." in offered.tooltip
    assert "values and bone are checked when the series is opened" in offered.tooltip
    assert "kernel H30s is a soft one" in offered.tooltip
    assert offered.warning == ""
    assert set(offered.files) == set(files)
    heights = [dcmread(path).ImagePositionPatient[2] for path in offered.files]
    assert heights == sorted(heights)
    plain = helpers_dicom_module.DICOMLoadable()
    helpers_dicom_module.select_surest([plain, offered])
    assert (plain.selected, offered.selected) == (True, False)


def test_a_series_that_cannot_be_restored_says_why_before_it_is_loaded(desktop, plugin, tmp_path):
    folder = tmp_path / "ct"
    write_dicom(folder, np.zeros((60, 20, 16), np.int16), np.diag([-2.0, -2.0, 2.0, 1.0]), skip=(20,), **STUDY)
    helpers_dicom_module.import_dicom(folder)
    (offered,) = plugin.examineForImport([sorted(map(str, folder.iterdir()))])
    assert "1 slice is missing between" in offered.warning
    assert offered.tooltip.startswith("This CT cannot be restored:\n1 slice is missing")
    assert offered.confidence < 0.2, "Slicer's own plugin is at least as sure"


def test_other_series_are_not_offered_and_their_files_are_not_opened(desktop, plugin, tmp_path, monkeypatch):
    from SkullRestoreLib.io import dicom_series

    mr = import_ct(desktop, tmp_path / "mr", modality="MR")
    monkeypatch.setattr(dicom_series, "read_slice_headers", lambda _path: pytest.fail("a file was opened"))
    assert plugin.examineForImport([mr, []]) == []
    assert plugin.examineForImport([["unknown to the database.dcm"]]) == []


def test_a_second_look_at_a_series_opens_no_file(desktop, plugin, tmp_path, monkeypatch):
    from SkullRestoreLib.io import dicom_series

    files = import_ct(desktop, tmp_path / "ct")
    first = plugin.examineForImport([files])
    monkeypatch.setattr(dicom_series, "read_slice_headers", lambda _path: pytest.fail("a file was opened"))
    assert plugin.examineForImport([files]) == first


def test_without_pydicom_nothing_is_offered_and_nothing_fails(desktop, plugin, tmp_path, monkeypatch):
    import sys

    files = import_ct(desktop, tmp_path / "ct")
    monkeypatch.setitem(sys.modules, "pydicom", None)
    assert plugin.examineForImport([files]) == []


def test_loading_opens_the_panel_with_this_head_in_its_place_and_under_its_patient(desktop, plugin, tmp_path):
    tilted = scan_affine((3.0, 3.0, 3.0), (64, 74, 52))
    tilted[1, 2] = 0.3  # as of a tilted gantry
    hu = ellipsoid_head(tilted, (64, 74, 52))
    files = import_ct(desktop, tmp_path / "ct", hu, tilted, SeriesDescription="Head bone")
    panel = desktop.open()
    (offered,) = plugin.examineForImport([files])
    shown_in_dialog = helpers_dicom_module.DICOMLoadable(offered)  # the dialog hands over a copy
    (node,) = helpers_dicom_module.load_loadables(plugin, [shown_in_dialog])
    assert desktop.selected == [], "the DICOM module is still at work"
    while Timer.due:
        Timer.due.pop(0)()
    assert desktop.selected == ["SkullRestore"]
    assert node.GetName() == "Head bone"
    assert panel.parameters.inputNode is node
    assert panel.session.source_node is node
    assert any("Gantry tilt of" in finding for finding in panel.session.findings)
    record = source_from_node(node)
    assert np.array_equal(record.array, hu)
    assert np.allclose(record.ijk_to_ras, tilted, atol=1e-5), "the tilt is in the place of the voxels"
    assert record.uid == str(dcmread(files[0]).SeriesInstanceUID)
    from SkullRestorePanelLib import dicom_database

    assert list(dicom_database.files_of(node)) == offered.files
    panel.cleanup()


def test_without_a_window_a_series_is_loaded_and_no_module_is_opened(desktop, plugin, tmp_path, monkeypatch):
    affine = scan_affine((3.0, 3.0, 3.0), (64, 74, 52))
    files = import_ct(desktop, tmp_path / "ct", ellipsoid_head(affine, (64, 74, 52)), affine)
    monkeypatch.setattr(slicer.util, "mainWindow", lambda: None)
    assert helpers_dicom_module.load_loadables(plugin, plugin.examineForImport([files]))[0].GetName() == "Head CT"
    assert Timer.due == []


def test_what_only_the_images_show_is_said_when_they_are_read(desktop, plugin, tmp_path):
    """``DICOMUtils.loadLoadables`` shows nothing of what a plugin raises: the plugin says it itself."""
    empty = import_ct(desktop, tmp_path / "empty")
    (offered,) = plugin.examineForImport([empty])
    assert helpers_dicom_module.load_loadables(plugin, [offered]) == [None]
    assert "All voxels of the CT series have the same value" in desktop.shown[-1]
    for path in empty:
        Path(path).unlink()
    assert helpers_dicom_module.load_loadables(plugin, [offered]) == [None]
    assert "There are no DICOM images" in desktop.shown[-1]


@pytest.mark.slow
def test_implants_go_back_into_the_study_of_their_ct(desktop, plugin, tmp_path):
    made = phantom_head("parietal", 7.0)
    files = import_ct(desktop, tmp_path / "ct", made.ct, made.ijk_to_ras)
    panel = desktop.open()
    all_settings = type(panel).chosenSettings
    desktop.monkeypatch.setattr(type(panel), "chosenSettings", lambda self: all_settings(self).with_changes(level=5))
    helpers_dicom_module.load_loadables(plugin, plugin.examineForImport([files]))
    panel.ui.restoreButton.click()
    desktop.run(panel)
    panel.parameters.exportFolder = tmp_path / "out"
    panel.parameters.exportDicom = True
    panel.ui.exportButton.click()
    desktop.run(panel)
    said = panel.ui.exportMessage.text
    assert "in the study of the CT: implant_1.dcm, implants_seg.dcm." in said
    results = [series for series in desktop.database.series() if series[0] not in files]
    objects = [dcmread(path) for series in results for path in series]
    assert {one.Modality for one in objects} == {"M3D", "SEG"}
    assert {(one.PatientID, one.StudyInstanceUID) for one in objects} == {("4711", "1.2.3.4")}
    assert len(results) == 2, "a series each"
    assert all(Path(series[0]).parent == desktop.database.folder for series in results), "copies of the database's own"
    assert plugin.examineForImport(results) == [], "results are no heads"
    ct_series = {str(dcmread(files[0]).SeriesInstanceUID)}
    assert {one.ReferencedSeriesSequence[0].SeriesInstanceUID for one in objects} == ct_series

    node = panel.session.source_node
    node.SetAttribute("DICOM.instanceUIDs", None)
    panel.parameters.overwrite = True
    panel.ui.exportButton.click()
    assert "not loaded from the DICOM database that is open" in panel.ui.exportMessage.text
    assert not panel.session.is_busy, "refused before any work"
    panel.cleanup()


def test_a_ct_that_was_moved_in_the_scene_gives_no_objects_in_the_wrong_place(tmp_path):
    from SkullRestoreLib.errors import InputError
    from SkullRestoreLib.io import dicom_source, read
    from SkullRestoreLib.records import Volume

    hu = np.random.default_rng(0).integers(-100, 900, (30, 20, 16)).astype(np.int16)
    write_dicom(tmp_path, hu, np.diag([-2.0, -2.0, 3.0, 1.0]), **STUDY)
    files = list(map(str, tmp_path.iterdir()))
    volume = read.read(tmp_path)
    assert dicom_source.read_source_of_files(files, volume).study_uid == "1.2.3.4"
    flipped = volume.ijk_to_ras @ np.diag([1.0, 1.0, -1.0, 1.0])
    moved = volume.ijk_to_ras + np.array([[0, 0, 0, 0.2], *[[0] * 4] * 3])
    for affine in (flipped, moved):
        with pytest.raises(InputError, match="is not where its images are"):
            dicom_source.read_source_of_files(files, Volume(volume.array, affine, "ct", volume.uid))
    edit_series(tmp_path, lambda data, number: setattr(data, "SeriesInstanceUID", "9.9"))
    with pytest.raises(InputError, match="The DICOM database does not hold"):
        dicom_source.read_source_of_files(files, volume)


def test_objects_that_the_database_did_not_take_are_reported(desktop, plugin, tmp_path, monkeypatch):
    from SkullRestorePanelLib import dicom_database

    from SkullRestoreLib.errors import OutputError

    write_dicom(tmp_path / "out", np.zeros((1, 4, 4), np.int16), np.eye(4), **STUDY)
    exported = SimpleNamespace(dicom_objects=tuple((tmp_path / "out").iterdir()))
    desktop.database.isOpen = False
    with pytest.raises(OutputError, match="They are in the folder of the export"):
        dicom_database.add_objects(exported)
    desktop.database.isOpen = True
    assert dicom_database.add_objects(exported).endswith(f"in the study of the CT: {exported.dicom_objects[0].name}.")
    assert "nothing was added" in dicom_database.add_objects(SimpleNamespace(dicom_objects=()))
