"""What the page shows is true: the controller with a real session on a real scene, used as the browser uses it."""

import json
import re
import zipfile

import pytest

pytest.importorskip("trame_slicer", reason="the browser front end's packages are not installed (extra web)")

from helpers_dicom import write_series
from helpers_head import phantom_head
from helpers_intake import write_dicom
from helpers_page import Page, on_a_page

from SkullRestoreLib import patient_identity
from SkullRestoreLib._system import resources
from SkullRestoreLib.errors import SkullRestoreError
from SkullRestoreLib.scene import models
from SkullRestoreLib.session.offers import OFFERS
from SkullRestoreLib.web import import_upload, result_files
from SkullRestoreLib.web.upload import ReceivedFiles, UploadLimits

pytestmark = pytest.mark.usefixtures("quick_steps_and_pictures")


@pytest.mark.slow
def test_the_files_prepared_after_settings_were_changed_are_what_the_page_shows(tmp_path):
    async def use(page_):
        page_.open(phantom_head("parietal", 7.0))
        page_.press("restore")
        await page_.done()
        assert not page_.state.error
        assert page_.state.restored
        page_.press("design")
        await page_.done()
        assert page_.state.implant_shown
        assert page_.state.stale == []
        # with 0.3 mm the implant of this coarse head (2 mm voxels) would touch bone at 4 places, and be withheld
        page_.implant(thickness_mm=6, clearance_mm=0.8)
        assert page_.state.stale_implants
        assert any("4 mm, now 6 mm" in sentence for sentence in page_.state.stale)
        page_.press("export")
        await page_.done()
        assert not page_.state.error
        assert page_.state.stale == []
        facts = json.loads(page_.controller.results.file_path("restoration.json").read_text())
        assert facts["settings"]["implant"]["thickness_mm"] == 6
        assert facts["settings"]["implant"]["clearance_mm"] == 0.8
        assert page_.state.implants[0]["Clearance (mm)"] == 0.8
        assert {file["name"] for file in page_.state.files} >= {result_files.ARCHIVE_NAME, "implant_1.stl"}
        # files that do not match the page any more are not offered, and come back with the value
        page_.implant(thickness_mm=4)
        assert page_.state.files == []
        assert page_.controller.results.file_path("implant_1.stl") is None
        page_.implant(thickness_mm=6)
        assert page_.controller.results.file_path("implant_1.stl") is not None
        assert page_.state.files
        # a value that cannot be used is reported, and nothing is prepared with another value
        page_.implant(thickness_mm=40)
        assert "Thickness must be 2 to 10 mm" in page_.state.stale[0]
        assert page_.state.files == []
        page_.press("export")
        assert "Thickness must be 2 to 10 mm" in page_.state.error
        page_.press("design")
        assert "Thickness must be 2 to 10 mm" in page_.state.error
        page_.implant(thickness_mm=6)
        # upstream of the surface: refused until it is restored again
        page_.set(run=page_.state.run | {"min_area_cm2": 3})
        assert page_.state.stale_surface
        page_.press("export")
        assert "Restore again, or change it back" in page_.state.error
        page_.set(run=page_.state.run | {"min_area_cm2": 1})
        assert page_.state.stale == []
        # another number of points is applied at once, and undo changes the number on the page too
        page_.set(run=page_.state.run | {"points": 12})
        page_.press("points_changed")
        assert page_.state.stale == []
        page_.press("undo")
        assert page_.state.run["points"] == 24
        assert page_.state.stale == []
        page_.set(run=page_.state.run | {"fullness": -1})
        page_.press("fullness_changed")
        assert page_.controller.session.fullness == -1
        assert page_.state.fullness_words == "Flatter surface: 84 % of heads are fuller here."
        assert page_.state.stale == []
        page_.press("undo")
        assert page_.state.run["fullness"] == 0
        assert page_.state.stale == []

    on_a_page(tmp_path, use)


@pytest.mark.slow
def test_the_threshold_that_is_previewed_is_the_one_that_is_used(tmp_path):
    async def use(page_):
        page_.open(phantom_head("parietal", 7.0))
        found = page_.state.threshold
        assert page_.state.threshold_auto
        page_.set(preview=True)
        assert page_.state.threshold_auto, "the automatic threshold is previewed"
        page_.set(threshold=700)
        assert not page_.state.threshold_auto
        page_.press("restore")
        await page_.done()
        assert page_.controller.session.suggested_threshold() == 700
        assert page_.state.threshold == 700
        assert page_.state.stale == []
        page_.set(threshold_auto=True)
        assert page_.state.threshold == found
        assert "restored with 700 HU, now automatic" in page_.state.stale[0]
        page_.press("restore")
        await page_.done()
        assert page_.state.stale == []
        assert page_.state.threshold == found == round(page_.controller.session.suggested_threshold())
        page_.set(threshold=600)
        assert f"restored with {found} HU, now 600 HU" in page_.state.stale[0]
        # the next patient begins with the automatic one
        page_.open(phantom_head("parietal", 7.0))
        assert page_.state.threshold_auto

    on_a_page(tmp_path, use)


# --- whose skull is compared


def arrived(folder, tags):
    """An upload of a DICOM series."""
    series = write_series(folder, **tags)
    received = ReceivedFiles(folder, UploadLimits())
    received.files = sorted(series.iterdir())
    return received


@pytest.mark.parametrize(
    ("other", "says"),
    [
        ({"PatientID": "P-4711"}, None),
        ({"PatientID": " p-4711 "}, None),
        ({"PatientID": "P-4712"}, "patient's ID"),
        ({"PatientID": "P-4711", "PatientBirthDate": "19700102"}, "date of birth"),
        ({"PatientID": "", "PatientBirthDate": ""}, None),
    ],
)
def test_scans_of_different_patients_are_distinguished_without_naming_anybody(tmp_path, other, says):
    # A series UID is random digits, any four of them by chance: what is looked for cannot stand in one.
    mine = {"PatientID": "P-4711", "PatientBirthDate": "19700101", "PatientName": "DOE^JANE", "StudyDate": "20240229"}
    scans = [_read(tmp_path / name, tags) for name, tags in (("a", mine), ("b", mine | other))]
    found = patient_identity.difference(*(scan.whose for scan in scans))
    assert (found is None) if says is None else (says in found)
    text = " ".join(repr(scan) + str(scan.whose) for scan in scans)
    assert not any(secret in text for secret in ("P-471", "DOE", "19700101", "1970-01"))
    assert scans[0].whose.date == "2024-02-29"
    assert "same scan" in patient_identity.difference(scans[0].whose, scans[0].whose)


def _read(folder, tags):
    steps = import_upload.import_steps(arrived(folder, tags), UploadLimits())
    try:
        while True:
            next(steps)
    except StopIteration as end:
        return end.value


@pytest.mark.slow
def test_a_scan_of_another_patient_waits_for_the_users_decision_and_a_late_one_is_refused(tmp_path):
    async def use(page_):
        head = phantom_head("parietal", 7.0)
        for name, patient, voxels in (("case", "1", head.ct), ("stranger", "2", head.intact)):
            (tmp_path / name).mkdir()
            write_dicom(
                tmp_path / name,
                voxels,
                head.ijk_to_ras,
                PatientID=patient,
                PatientName="DOE^JANE",
                StudyDate="20240229",
                SeriesNumber=7,
            )

        def upload(name):
            received = ReceivedFiles(tmp_path / name, UploadLimits())
            received.files = sorted((tmp_path / name).iterdir())
            return received

        page_.controller.start_reading_upload(upload("case"))
        await page_.done()
        assert not page_.state.error
        code = page_.state.case_code
        assert code
        assert page_.state.case_facts == ["series 7", "2024-02-29"]
        assert "DOE" not in json.dumps({k: v for k, v in page_.state.items() if isinstance(v, str | list)})
        with pytest.raises(SkullRestoreError, match="not open any more"):
            page_.controller.start_reading_preoperative(upload("stranger"), "Elm 00")
        page_.controller.start_reading_preoperative(upload("stranger"), code)
        await page_.done()
        assert "another patient's" in page_.state.unsure
        assert page_.state.before == ""
        page_.press("compare")
        assert "Say first" in page_.state.error
        page_.press("drop_before")
        assert page_.state.unsure == ""
        page_.press("compare")
        assert "Upload the skull before the operation first" in page_.state.error
        page_.press("keep_before")
        assert "no scan to decide about" in page_.state.error

    on_a_page(tmp_path, use)


@pytest.mark.slow
def test_another_preoperative_skull_removes_the_comparison_with_the_first_one(tmp_path):
    async def use(page_):
        from SkullRestoreLib.records import Volume

        head = phantom_head("parietal", 7.0)
        page_.open(head)
        page_.press("restore")
        await page_.done()
        intact = Volume(head.intact, head.ijk_to_ras, "ct")
        page_.controller.use_preoperative(intact)
        page_.press("compare")
        await page_.done()
        assert page_.state.compared[0]["Compared (%)"] > 90
        display = page_.controller.session.case_node.GetNodeReference("surface1").GetDisplayNode()
        assert display.GetActiveScalarName() == models.DISTANCE_SCALARS
        page_.controller.use_preoperative(intact)
        page_.state.flush()
        assert page_.state.compared == []
        assert display.GetActiveScalarName() == models.STANDARD_ERROR_SCALARS

    on_a_page(tmp_path, use)


# --- which buttons can be pressed

FREE = {"cancel", "sample", "choose_series", "close_case", "keep_before", "drop_before", "fit"}
"""Buttons that need no case, or belong to the page itself."""
VIEWS = {"look", "window_by_mouse", "crosshair", "measure", "clear_measures"}
"""Buttons that change what is seen, and no case."""


def test_every_button_that_changes_a_case_reads_what_the_session_offers():
    template = resources.resource_path("web/page.html").read_text(encoding="utf-8")
    buttons = re.findall(r"<v-btn\b[^<]*?trigger\('(\w+)'[^<]*?>", template, re.DOTALL)
    assert len(buttons) > 15
    for tag in re.findall(r"<v-btn\b.*?>(?!=)", template, re.DOTALL):
        name = re.search(r"trigger\('(\w+)'", tag)
        if name is not None and name[1] not in FREE | VIEWS:
            condition = re.search(r':disabled="([^"]*)"', tag)
            assert condition is not None, name[1]
            offers = set(re.findall(r"can\.(\w+)", condition[1]))
            assert len(offers) == 1, name[1]
            assert offers <= set(OFFERS), name[1]
            assert not re.search(r"\b(?:restored|touched|moved|can_undo)\b", condition[1]), name[1]


def test_the_page_without_a_case_offers_nothing(tmp_path):
    shown = Page(tmp_path).state["can"]
    assert set(shown) == set(OFFERS)
    assert not any(shown.values())


# --- errors


def test_an_error_about_a_value_goes_when_the_value_is_mended(tmp_path):
    async def use(page_):
        page_.open(phantom_head("parietal", 7.0))
        page_.set(run=page_.state.run | {"min_area_cm2": 9999})
        page_.press("restore")
        assert "0.1 to 200 cm²" in page_.state.error
        page_.set(run=page_.state.run | {"min_area_cm2": 2})
        assert page_.state.error == ""
        page_.press("compare")
        page_.set(run=page_.state.run | {"min_area_cm2": 3})
        assert "before the operation" in page_.state.error, "an error about something else stays"

    on_a_page(tmp_path, use)


def test_a_disk_that_is_full_while_an_upload_is_unpacked_is_reported_without_a_path(tmp_path):
    resource = pytest.importorskip("resource", reason="this system has no limits for the size of a file")
    folder = tmp_path / "upload"
    folder.mkdir()
    with zipfile.ZipFile(folder / "head.zip", "w") as archive:
        archive.writestr("head.nrrd", b"\0" * (1 << 20))
    received = ReceivedFiles(folder, UploadLimits())
    received.files = [folder / "head.zip"]

    async def use(page_):
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, limits[1]))
        try:
            page_.controller.start_reading_upload(received)
            await page_.done()
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert "disk is full" in page_.state.error
        assert str(tmp_path) not in page_.state.error
        assert not folder.exists()

    on_a_page(tmp_path, use)


# --- the skull is drawn from the upload on


@pytest.mark.slow
def test_the_skull_is_drawn_as_soon_as_a_case_is_open_and_the_page_says_where_another_threshold_is_chosen(tmp_path):
    async def use(page_):
        head = phantom_head("parietal", 7.0)
        (tmp_path / "case").mkdir()
        write_dicom(tmp_path / "case", head.ct, head.ijk_to_ras)
        received = ReceivedFiles(tmp_path / "case", UploadLimits())
        received.files = sorted((tmp_path / "case").iterdir())
        page_.controller.start_reading_upload(received)
        await page_.done()
        assert not page_.state.error
        assert page_.state.segmented
        assert not page_.state.restored
        session = page_.controller.session
        assert session.bone_node.GetDisplayNode().GetVisibility3D()
        found = page_.state.threshold
        assert page_.state.threshold_auto
        assert page_.state.other_bone == ""
        page_.set(threshold=700)
        assert page_.state.other_bone == f"{found} HU, now 700 HU"
        page_.set(threshold_auto=True)
        assert page_.state.other_bone == ""
        assert ("read upload", "done") in page_.audited

    on_a_page(tmp_path, use)


# --- a case is saved and opened again


@pytest.mark.slow
def test_a_case_file_opens_the_restoration_again_with_points_and_settings_and_a_damaged_one_is_refused(tmp_path):
    async def use(page_):
        page_.open(phantom_head("parietal", 7.0))
        page_.press("restore")
        await page_.done()
        session = page_.controller.session
        session.set_snapping(False)
        session.move_point(3, session.points[3].position + 2.0 * session.points[3].normal)
        page_.implant(thickness_mm=5)
        page_.press("export")
        await page_.done()
        assert not page_.state.error
        before = [point.position for point in session.points]
        area = page_.state.rows[0]["area"]
        kept = page_.controller.results.file_path("case.npz").read_bytes()

        def send(name, content):
            (tmp_path / "sent").mkdir(exist_ok=True)
            received = ReceivedFiles(tmp_path / "sent", UploadLimits())
            received.files = [tmp_path / "sent" / name]
            received.files[0].write_bytes(content)
            page_.controller.start_reading_upload(received)

        page_.implant(thickness_mm=4)
        send("case (1).npz", kept)
        await page_.done()
        assert not page_.state.error
        again = page_.controller.session
        assert again is not session
        assert page_.state.restored
        assert page_.state.moved == 1
        assert page_.state.implant["thickness_mm"] == 5
        assert page_.state.stale == []
        assert page_.state.rows[0]["area"] == area
        for was, point in zip(before, again.points, strict=True):
            assert point.position == pytest.approx(was, abs=1e-6)
        again.reset_points()
        assert page_.state.moved == 0
        code = page_.state.case_code
        send("case.npz", kept[: len(kept) // 2])
        await page_.done()
        assert "damaged" in page_.state.error
        assert str(tmp_path) not in page_.state.error
        assert page_.state.case_code == code, "the open case stays"

    on_a_page(tmp_path, use)
