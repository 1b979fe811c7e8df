"""What the page has around an implant: fixation points chosen by hand, and DICOM objects among the files."""

import pytest

pytest.importorskip("trame_slicer", reason="the browser front end's packages are not installed (extra web)")

from helpers_head import phantom_head
from helpers_intake import write_dicom
from helpers_page import on_a_page

from SkullRestoreLib.errors import SkullRestoreError
from SkullRestoreLib.web import fixation_points
from SkullRestoreLib.web.upload import ReceivedFiles, UploadLimits

pytestmark = [pytest.mark.usefixtures("quick_steps_and_pictures"), pytest.mark.slow]


def upload(folder, head, **tags):
    """An upload of a head as a DICOM series."""
    write_dicom(folder, head.ct, head.ijk_to_ras, **tags)
    received = ReceivedFiles(folder, UploadLimits())
    received.files = sorted(folder.iterdir())
    return received


def test_the_files_of_a_dicom_input_hold_dicom_objects_of_the_same_patient_and_study(tmp_path):
    from pydicom import dcmread

    pytest.importorskip("highdicom")

    async def use(page_):
        head = phantom_head("parietal", 7.0)
        series = upload(tmp_path / "ct", head, PatientID="P-1", PatientName="DOE^JANE", StudyInstanceUID="1.2.3.4")
        page_.controller.start_reading_upload(series)
        await page_.done()
        assert not page_.state.error
        assert page_.state.no_dicom == ""
        page_.controller.session.settings = page_.controller.session.settings.with_changes(level=5)
        page_.press("restore")
        await page_.done()
        page_.set(formats=["dicom"])
        page_.press("export")
        await page_.done()
        assert not page_.state.error
        texts = {one["name"]: one["text"] for one in page_.state.files}
        assert texts["implant_1.dcm"] == "Implant 1 (STL in DICOM)"
        assert texts["implants_seg.dcm"] == "Implants as a segmentation (DICOM)"
        written = dcmread(page_.controller.results.file_path("implant_1.dcm"))
        assert (written.PatientID, written.PatientName, written.StudyInstanceUID) == ("P-1", "DOE^JANE", "1.2.3.4")
        assert "DOE" not in str(dict(page_.state))

    on_a_page(tmp_path, use)


def test_without_a_dicom_input_the_page_says_so_before_the_work_and_the_choice_is_taken_back(tmp_path):
    async def use(page_):
        page_.set(formats=["pdf", "dicom"])
        page_.open(phantom_head("parietal", 7.0))
        assert "need a DICOM series" in page_.state.no_dicom
        assert page_.state.formats == ["pdf"]
        page_.press("restore")
        await page_.done()
        page_.set(formats=["dicom"])
        page_.press("export")
        await page_.done()
        assert "DICOM objects cannot be exported" in page_.state.error

    on_a_page(tmp_path, use)


def test_fixation_points_are_chosen_by_clicks_taken_back_by_undo_and_make_the_design_stale(tmp_path):
    async def use(page_):
        page_.open(phantom_head("parietal", 7.0))
        page_.press("restore")
        await page_.done()
        page_.implant(fixation="recesses")
        page_.press("design")
        await page_.done()
        assert page_.state.stale == []
        points, fixations = page_.controller.session.points, page_.controller.fixations
        for index, chosen in ((4, ["1-05"]), (9, ["1-05", "1-10"]), (4, ["1-10"])):
            fixations.choose_nearest(points[index].position + 3.0)
            assert page_.state.fixation_points == chosen
        assert page_.state.stale_implants
        assert any("Fixation at points" in sentence for sentence in page_.state.stale)
        for expected in (["1-05", "1-10"], ["1-05"], []):
            assert page_.state.can["undo"]
            page_.press("undo")
            assert page_.state.fixation_points == expected
        assert page_.state.stale == []
        page_.press("redo")
        assert page_.state.fixation_points == ["1-05"]
        page_.press("design")
        await page_.done()
        (implant,) = page_.controller.session.implants
        assert len(implant.fixations) == 1
        assert page_.state.stale == []

    on_a_page(tmp_path, use)


def test_an_edit_after_a_fixation_was_chosen_is_undone_first(tmp_path):
    async def use(page_):
        page_.open(phantom_head("parietal", 7.0))
        page_.press("restore")
        await page_.done()
        page_.implant(fixation="tabs")
        page_.press("fixation", "1-03")
        page_.controller.session.remove_point(11)
        page_.state.flush()
        page_.press("undo")
        assert len(page_.state.points_list) == 24
        assert page_.state.fixation_points == ["1-03"]
        page_.press("undo")
        assert page_.state.fixation_points == []

    on_a_page(tmp_path, use)


def test_a_click_far_from_every_point_is_refused_in_a_sentence_that_goes_with_the_next_good_one(tmp_path):
    async def use(page_):
        page_.open(phantom_head("parietal", 7.0))
        page_.press("restore")
        await page_.done()
        session, fixations = page_.controller.session, page_.controller.fixations
        middle = sum(point.position for point in session.points) / len(session.points)
        with pytest.raises(SkullRestoreError, match="no reference point near"):
            fixations.choose_nearest(middle)
        page_.state.error = fixation_points.TOO_FAR
        fixations.choose_nearest(session.points[0].position)
        assert page_.state.error == ""
        assert page_.state.fixation_points == ["1-01"]

    on_a_page(tmp_path, use)
