"""Headers as real ones are: whatever they hold, the DICOM objects are valid, and the result says what was left out."""

import io
import shutil
import subprocess
import warnings
from dataclasses import replace

import numpy as np
import pydicom
import pytest
from helpers_dicom import write_raw_values, write_series
from helpers_restoration import make_restoration
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from SkullRestoreLib.errors import InputError
from SkullRestoreLib.io import dicom_export, dicom_source, dicom_values, read

DCIODVFY = shutil.which("dciodvfy")
STUDY = {
    "PatientName": b"Doe^Jane",
    "PatientID": b"4711",
    "IssuerOfPatientID": b"WARD",
    "PatientBirthDate": b"19600101",
    "PatientSex": b"F ",
    "PatientAge": b"066Y",
    "StudyInstanceUID": b"1.2.840.1",
    "FrameOfReferenceUID": b"1.2.840.2",
    "StudyDate": b"20260101",
    "StudyTime": b"101500",
    "StudyID": b"1 ",
    "AccessionNumber": b"7 ",
    "ReferringPhysicianName": b"Roe^Rick",
    "StudyDescription": b"CT head ",
}


@pytest.fixture(scope="module")
def plain_folder(tmp_path_factory):
    return write_raw_values(write_series(tmp_path_factory.mktemp("ct") / "series"), STUDY)


@pytest.fixture(scope="module")
def volume(plain_folder):
    return read.read(plain_folder)


@pytest.fixture
def taken_over(plain_folder, volume, tmp_path):
    """What is taken over from a CT with these raw values in its headers."""

    def read_odd(values):
        folder = shutil.copytree(plain_folder, tmp_path / "odd")
        source = dicom_source.read_source(write_raw_values(folder, values), volume)
        shutil.rmtree(folder)
        return source

    return read_odd


def make_objects(source, volume):
    """All DICOM files of a restoration with two implants."""
    labels = np.zeros(volume.array.shape, dtype=np.uint8)
    labels[5:9, 3:8, 2:6], labels[5:9, 13:18, 10:14] = 1, 2
    contents = dicom_export.make_dicom_objects(
        replace(make_restoration(defects=2), source=volume, implant_mask=labels), source
    )
    assert sorted(contents) == ["implant_1.dcm", "implant_2.dcm", "implants_seg.dcm"]
    return contents


def errors_of(content, folder):
    """What dciodvfy finds wrong with an object; nothing where it is not installed.

    Of a name it counts the bytes of all groups together; the standard counts the characters of each group.
    """
    if DCIODVFY is None:
        return []
    path = folder / "object.dcm"
    path.write_bytes(content)
    printed = subprocess.run([DCIODVFY, "-new", path], capture_output=True, check=False).stderr
    lines = [line for line in printed.decode("utf-8", "replace").splitlines() if line.startswith("Error")]
    return [line for line in lines if "PatientName" not in line or "Length invalid" not in line]


# --- text


@pytest.mark.parametrize(
    ("character_set", "raw", "name"),
    [
        (rb"\ISO 2022 IR 87", b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B", "Yamada^Tarou=山田^太郎"),
        (rb"ISO_IR 13\ISO 2022 IR 87", b"\xd4\xcf\xc0\xde^\xc0\xdb\xb3=\x1b$B;3ED\x1b(J", "ﾔﾏﾀﾞ^ﾀﾛｳ=山田"),
        (rb"\ISO 2022 IR 149", b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7", "Hong^Gildong=洪^吉洞"),
        (rb"\ISO 2022 IR 58", b"Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab", "Zhang^XiaoDong=张^小东"),
        (b"UTF-8", "Wang^XiaoDong=王^小东".encode(), "Wang^XiaoDong=王^小东"),
        (b"ISO_IR 192", "Müller^Jörg".encode(), "Müller^Jörg"),
        (b"GB18030", "Wang^XiaoDong=王^小东".encode("gb18030"), "Wang^XiaoDong=王^小东"),
        (b"ISO_IR 100", b"M\xfcller^J\xf6rg", "Müller^Jörg"),
        (b"ISO-IR 144", "Люкceмбypг".encode("iso8859_5"), "Люкceмбypг"),
        (b"windows-1252", "Müller^Žofie".encode("cp1252"), "Müller^Žofie"),
        (b"KLINGON", b"Doe^Jane", "Doe^Jane"),
        (b"KLINGON", "Müller".encode(), "Müller"),
        (b"ISO_IR 100", "Müller".encode(), "Müller"),
        (None, b"Doe^Jane", "Doe^Jane"),
    ],
)
def test_names_of_every_character_set_keep_their_characters(taken_over, character_set, raw, name):
    source = taken_over({"SpecificCharacterSet": character_set, "PatientName": raw})
    assert source.values["PatientName"] == name
    assert source.findings == ()


@pytest.mark.parametrize(
    ("character_set", "raw"), [(b"ISO_IR 192", b"M\xfcller"), (b"KLINGON", b"M\xfcller"), (None, b"M\xfcl\x01ler")]
)
def test_a_name_whose_characters_are_unknown_is_left_out_and_the_result_says_so(taken_over, character_set, raw):
    source = taken_over({"SpecificCharacterSet": character_set, "PatientName": raw})
    assert source.values["PatientName"] == ""
    assert source.values["PatientID"] == "4711"
    assert len(source.findings) == 1
    assert "patient's name (characters that cannot be read" in source.findings[0]


@pytest.mark.parametrize(
    ("keyword", "raw", "value"),
    [
        ("StudyDate", b"2020-01-31", "20200131"),
        ("StudyDate", b"2020.01.31", "20200131"),
        ("PatientBirthDate", b"1954/12/01", "19541201"),
        ("StudyDate", b"20200131120000", "20200131"),
        ("StudyTime", b"12:00:00", "120000"),
        ("StudyTime", b"12:00:00.25", "120000.25"),
        ("StudyTime", b"120000.1234567", "120000.123456"),
        ("PatientAge", b"66Y", "066Y"),
        ("PatientSex", b"female", "F"),
    ],
)
def test_another_form_of_the_same_value_is_rewritten_and_the_result_says_so(taken_over, keyword, raw, value):
    source = taken_over({keyword: raw})
    assert source.values[keyword] == value
    assert len(source.findings) == 1
    assert "form of the standard" in source.findings[0]


@pytest.mark.parametrize(
    ("keyword", "raw", "label"),
    [
        ("PatientBirthDate", b"1954", "date of birth"),
        ("PatientBirthDate", b"19540000", "date of birth"),
        ("PatientBirthDate", b"19540230", "date of birth"),
        ("StudyDate", b"01/02/2020", "study date"),
        ("StudyDate", b"20200101\\20200102", "study date"),
        ("StudyTime", b"25:00", "study time"),
        ("StudyTime", b"noon", "study time"),
        ("PatientSex", b"U", "patient's sex"),
        ("PatientAge", b"66", "patient's age"),
        ("PatientID", b"4711\\4712", "patient ID"),
        ("PatientID", b"4" * 65, "patient ID"),
        ("AccessionNumber", b"12345678901234567", "accession number"),
        ("StudyID", b"1\n2", "study ID"),
    ],
)
def test_what_has_no_certain_meaning_is_left_out_and_never_guessed(taken_over, keyword, raw, label):
    source = taken_over({keyword: raw})
    assert source.values.get(keyword, "") == ""
    assert any(sentence.startswith("Left out") and label in sentence for sentence in source.findings)
    assert raw.decode() not in " ".join(source.findings), "a finding names the value's kind, not the value"


@pytest.mark.parametrize("raw", [None, b"", b"  \0 "])
def test_empty_and_missing_values_are_no_reason_to_fail(taken_over, raw):
    keywords = [*STUDY, "SpecificCharacterSet", "PositionReferenceIndicator"]
    source = taken_over(dict.fromkeys(keywords, raw))
    assert set(source.values.values()) == {""}, "what the standard requires is there, and empty"
    assert pydicom.uid.UID(source.study_uid).is_valid
    assert pydicom.uid.UID(source.frame_of_reference_uid).is_valid
    assert [sentence.split(":")[0] for sentence in source.findings] == [
        "The CT's header has no study UID",
        "The CT's header has no frame of reference UID",
    ]


def test_an_issuer_without_an_id_is_left_out(taken_over):
    source = taken_over({"PatientID": None})
    assert "IssuerOfPatientID" not in source.values
    assert "issuer of the patient ID" in " ".join(source.findings)


def test_a_description_that_is_too_long_is_shortened_and_the_result_says_so(taken_over):
    source = taken_over({"StudyDescription": b"CT of the head " * 20})
    assert source.values["StudyDescription"] == ("CT of the head " * 20)[:64].strip()
    assert "study description (too long" in " ".join(source.findings)


def test_a_ct_that_was_made_anonymous_stays_marked_as_such(taken_over):
    source = taken_over({"PatientIdentityRemoved": b"YES ", "DeidentificationMethod": None})
    assert source.values["PatientIdentityRemoved"] == "YES"
    assert source.values["DeidentificationMethod"] == "Not stated in the CT"


# --- UIDs


@pytest.mark.parametrize("raw", [b"1.2.03", b"1.2.x", b"1." + b"2" * 64, b"1.2\\1.3", b".1.2", b"Jane Doe"])
def test_a_uid_that_is_not_valid_is_replaced_by_the_same_one_in_every_result(taken_over, raw):
    first, again = (taken_over({"StudyInstanceUID": raw, "FrameOfReferenceUID": raw}) for _ in range(2))
    for uid, second in (
        (first.study_uid, again.study_uid),
        (first.frame_of_reference_uid, again.frame_of_reference_uid),
    ):
        assert pydicom.uid.UID(uid).is_valid
        assert uid == second
    assert len(first.findings) == 2
    assert all("not a valid UID" in sentence and raw.decode() not in sentence for sentence in first.findings)


@pytest.mark.parametrize(
    "values", [{"SeriesInstanceUID": b"1.2.03"}, {"SOPClassUID": b"CT"}, {"SOPClassUID": None}], ids=str
)
def test_objects_of_images_without_valid_uids_refer_to_none_of_them(plain_folder, tmp_path, values):
    folder = write_raw_values(shutil.copytree(plain_folder, tmp_path / "ct"), values)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydicom's, while the images are read
        volume = read.read(folder)
    source = dicom_source.read_source(folder, volume)
    assert "do not refer to the CT's images" in " ".join(source.findings)
    for name, content in make_objects(source, volume).items():
        header = pydicom.dcmread(io.BytesIO(content))
        assert "ReferencedSOPInstanceUID" not in {element.keyword for element in header.iterall()}
        assert errors_of(content, tmp_path) == [], name


def test_images_of_several_patients_are_refused_before_the_work(plain_folder, volume, tmp_path):
    folder = shutil.copytree(plain_folder, tmp_path / "ct")
    path = sorted(folder.iterdir())[3]
    data = pydicom.dcmread(path)
    data.PatientID = "4712"
    data.save_as(path)
    with pytest.raises(InputError, match=r"several patients.*leave --also dicom out"):
        dicom_source.read_source(folder, volume)


def test_images_of_one_patient_may_pad_their_ids_differently(plain_folder, volume, tmp_path):
    folder = shutil.copytree(plain_folder, tmp_path / "ct")
    path = sorted(folder.iterdir())[3]
    path.rename(tmp_path / path.name)
    write_raw_values(folder, {"PatientID": b"4711\0\0"})
    (tmp_path / path.name).rename(path)
    assert dicom_source.read_source(folder, volume).values["PatientID"] == "4711"


def test_a_file_of_the_series_stands_for_its_folder(plain_folder):
    path = sorted(plain_folder.iterdir())[0]
    assert len(dicom_source.read_source(path, read.read(path)).slices) == 24


# --- everything at once

ODD_TEXT = st.one_of(
    st.binary(max_size=90),
    st.text(max_size=40).map(lambda text: text.encode("utf-8", "ignore")),
    st.sampled_from(
        [b"1954", b"2020-01-01", b"12:00:00", b"1.2.03", b"a\\b", b"\x1b$B;3ED", b"^^^^^^", b"====", b"1e999"]
    ),
)


@pytest.mark.slow
@given(
    values=st.dictionaries(st.sampled_from([*STUDY, "PositionReferenceIndicator"]), ODD_TEXT, max_size=15),
    character_set=st.one_of(
        st.none(),
        st.sampled_from([b"", rb"\ISO 2022 IR 87", b"UTF-8", b"GB18030", b"ISO_IR 100", b"\xff\xfe"]),
        st.binary(max_size=20),
    ),
)
@settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_no_header_whatsoever_makes_objects_fail_or_disagree(plain_folder, volume, tmp_path, values, character_set):
    folder = tmp_path / "odd"
    shutil.rmtree(folder, ignore_errors=True)
    write_raw_values(shutil.copytree(plain_folder, folder), values | {"SpecificCharacterSet": character_set})
    source = dicom_source.read_source(folder, volume)
    shutil.rmtree(folder)  # nothing of it may be needed from here on
    contents = make_objects(source, volume)
    assert all(sentence.isprintable() and sentence.endswith(".") for sentence in source.findings)
    for keyword in (*STUDY, "PositionReferenceIndicator", "SpecificCharacterSet"):
        assert len({str(pydicom.dcmread(io.BytesIO(c)).get(keyword)) for c in contents.values()}) == 1, keyword
    for name, content in contents.items():
        assert errors_of(content, tmp_path) == [], name


@given(raw=st.one_of(st.binary(max_size=80), ODD_TEXT))
@settings(max_examples=300, deadline=None, derandomize=True)
def test_every_normalised_value_is_one_that_the_standard_allows(raw):
    for encodings in (
        ["ascii"],
        ["latin_1"],
        ["utf_8"],
        ["gb18030"],
        dicom_values.find_encodings(["ISO 2022 IR 87"]),
        None,
    ):
        name = dicom_values.normalise_name(raw, encodings).value
        assert len(name.split("=")) <= 3
        assert all(len(group) <= 64 and group.count("^") <= 4 for group in name.split("="))
        text = dicom_values.normalise_text(raw, encodings, limit=64).value
        assert len(text.encode()) <= 64
        assert "\\" not in text + name
        assert not any(ord(c) < 32 or 127 <= ord(c) < 160 for c in text + name)
    for normalise, vr in (
        (dicom_values.normalise_date, "DA"),
        (dicom_values.normalise_time, "TM"),
        (dicom_values.normalise_age, "AS"),
        (dicom_values.normalise_uid, "UI"),
    ):
        pydicom.dataelem.DataElement(
            {"DA": "StudyDate", "TM": "StudyTime", "AS": "PatientAge", "UI": "StudyInstanceUID"}[vr],
            vr,
            normalise(raw).value,
            validation_mode=pydicom.config.RAISE,
        )
