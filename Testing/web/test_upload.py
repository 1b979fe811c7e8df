"""What a browser may send: real cases are read, everything else is refused in a sentence and deleted."""

import asyncio
import io
import stat
import zipfile

import numpy as np
import pytest

pytest.importorskip("aiohttp", reason="the browser front end's packages are not installed (extra web)")
pytest.importorskip("slicer", reason="slicer-core is not installed")

from hypothesis import given
from hypothesis import strategies as st

from SkullRestoreLib.errors import InputError
from SkullRestoreLib.records import Mesh, Volume
from SkullRestoreLib.web import import_upload, settings_form, upload
from SkullRestoreLib.web.upload import ReceivedFiles, UploadLimits


def arrived(folder, files, limits=None):
    """An upload of these files, by name."""
    received = ReceivedFiles(folder, limits or UploadLimits())
    for name, content in files.items():
        received.start_file(name).write_bytes(content)
        received.count_bytes(len(content))
    return received


def packed(files, **options):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content, **options)
    return stream.getvalue()


def done(steps):
    """What a generator of steps returns."""
    try:
        while True:
            next(steps)
    except StopIteration as end:
        return end.value


# --- names


@pytest.mark.parametrize(
    "name",
    [
        "../x",
        "a/../../x",
        "/etc/passwd",
        "C:\\x",
        "..\\x",
        "a\\..\\..\\x",
        "",
        ".",
    ],
)
def test_a_name_that_leads_out_is_refused(tmp_path, name):
    with pytest.raises(InputError, match="leads out"):
        upload.path_inside(tmp_path, name)


@pytest.mark.parametrize("name", ["a\0b", "a/\nb", "x" * 300, "a/" * 40 + "x"])
def test_a_name_that_is_too_long_or_odd_is_refused_for_that_reason(tmp_path, name):
    with pytest.raises(InputError, match="too long"):
        upload.path_inside(tmp_path, name)


def test_a_colon_in_a_name_is_no_reason_to_refuse_it(tmp_path):
    assert upload.path_inside(tmp_path, "head: thin/1.dcm") == tmp_path / "head_ thin" / "1.dcm"


@given(st.text(max_size=80))
def test_no_name_leads_out(tmp_path_factory, name):
    folder = tmp_path_factory.getbasetemp() / "place"
    try:
        place = upload.path_inside(folder, name)
    except InputError:
        return
    assert place.resolve().is_relative_to(folder.resolve())
    assert place.resolve() != folder.resolve()


def test_a_folder_keeps_its_shape(tmp_path):
    received = arrived(tmp_path, {"study/series/1.dcm": b"1", "study/series/2.dcm": b"2"})
    assert (tmp_path / "study/series/2.dcm").read_bytes() == b"2"
    assert upload.uploaded_input_path(received, UploadLimits()) == tmp_path


# --- floods and bombs


def test_more_than_is_allowed_is_refused_while_it_arrives(tmp_path):
    received = ReceivedFiles(tmp_path, UploadLimits(megabytes=1))
    received.count_bytes(1 << 20)
    with pytest.raises(InputError, match="larger than the 1 MB"):
        received.count_bytes(1)


def test_more_files_than_are_allowed_are_refused(tmp_path):
    received = ReceivedFiles(tmp_path, UploadLimits(files=2))
    received.start_file("1").touch()
    received.start_file("2").touch()
    with pytest.raises(InputError, match="more than 2 files"):
        received.start_file("3")


def test_two_files_of_one_name_are_refused(tmp_path):
    received = ReceivedFiles(tmp_path, UploadLimits())
    received.start_file("a/1.dcm").touch()
    with pytest.raises(InputError, match="same name"):
        received.start_file("a/1.dcm")


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path):
    received = arrived(tmp_path, {"bomb.zip": packed({"zeros": bytes(60 << 20)})}, UploadLimits(megabytes=100))
    with pytest.raises(InputError, match="unpacks to 60 MB"):
        upload.uploaded_input_path(received, UploadLimits(megabytes=100))
    assert not (tmp_path / "unpacked").exists()


def test_an_archive_with_wrong_sizes_is_stopped_while_it_is_unpacked(tmp_path):
    content = bytearray(packed({"zeros": bytes(4 << 20)}))
    for mark, at in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):  # the sizes in both headers
        where = content.index(mark) + at
        content[where : where + 4] = (1000).to_bytes(4, "little")
    received = arrived(tmp_path, {"bomb.zip": bytes(content)})
    with pytest.raises(InputError, match=r"damaged|larger than"):
        upload.uploaded_input_path(received, UploadLimits(megabytes=1))
    assert not (tmp_path / "unpacked").exists()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (packed({"../../out": b"x"}), "leads out"),
        (packed({"/etc/out": b"x"}), "leads out"),
        (packed({}), "empty"),
        (b"PK this is none", "damaged"),
        (packed({"a": b"x" * 1000})[:-30], "damaged"),
    ],
    # the bytes hold the time of day, and two workers must agree on a test's name
    ids=["climbs out", "absolute", "empty", "no archive", "cut short"],
)
def test_an_archive_that_climbs_out_or_is_broken_is_refused_and_leaves_nothing(tmp_path, content, says):
    received = arrived(tmp_path / "in", {"some.zip": content})
    with pytest.raises(InputError, match=says):
        upload.uploaded_input_path(received, UploadLimits())
    assert {p.name for p in tmp_path.rglob("*")} == {"in", "some.zip"}


def test_links_in_an_archive_are_refused(tmp_path):
    entry = zipfile.ZipInfo("link")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    received = arrived(tmp_path, {"some.zip": packed({entry: b"/etc/passwd"})})
    with pytest.raises(InputError, match="links"):
        upload.uploaded_input_path(received, UploadLimits())


def test_an_archive_with_one_file_is_that_file(tmp_path):
    received = arrived(tmp_path, {"some.zip": packed({"inner/head.nrrd": b"x"})})
    assert upload.uploaded_input_path(received, UploadLimits()).name == "head.nrrd"


def test_what_macos_and_windows_add_to_a_folder_is_not_read(tmp_path):
    added = {"__MACOSX/._head.nrrd": b"m", "__MACOSX/case/._x": b"m", ".DS_Store": b"d", "case/Thumbs.db": b"t"}
    received = arrived(tmp_path / "zip", {"some.zip": packed({"head.nrrd": b"x"} | added)})
    assert upload.uploaded_input_path(received, UploadLimits()).name == "head.nrrd"
    received = arrived(tmp_path / "folder", {"case/head.nrrd": b"x", "case/.DS_Store": b"d", "case/._head.nrrd": b"m"})
    assert upload.uploaded_input_path(received, UploadLimits()).name == "head.nrrd"
    received = arrived(tmp_path / "both", {"some.zip": packed({"head.nrrd": b"x"}), ".DS_Store": b"d"})
    assert upload.uploaded_input_path(received, UploadLimits()).name == "head.nrrd"


# --- what is in it


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"notes.txt": b"hello"}, "cannot be read"),
        ({"head.nrrd": b"garbage"}, r"."),
        ({"one.txt": b"a", "two.txt": b"b"}, "no DICOM images"),
        ({"head.stl": b"solid nothing"}, r"."),
    ],
)
def test_what_is_no_ct_is_refused_in_a_sentence_without_a_path_of_the_server(tmp_path, files, says):
    with pytest.raises(InputError, match=says) as refused:
        done(import_upload.import_steps(arrived(tmp_path / "up", files), UploadLimits()))
    assert str(tmp_path) not in str(refused.value)


def test_a_ct_and_a_model_are_read(tmp_path):
    import SimpleITK as sitk
    import trimesh

    values = np.zeros((20, 30, 40), np.int16)
    values[5:15, 10:20, 10:30] = 900
    values[0, 0, :3] = (-1000, 50, 100)
    sitk.WriteImage(sitk.GetImageFromArray(values), str(tmp_path / "ct.nrrd"))
    ct = done(
        import_upload.import_steps(
            arrived(tmp_path / "a", {"ct.nrrd": (tmp_path / "ct.nrrd").read_bytes()}), UploadLimits()
        )
    )
    assert isinstance(ct, Volume)
    assert import_upload.input_description(ct) == "Head CT, 20 slices of 40 × 30"
    ball = trimesh.creation.icosphere(subdivisions=3, radius=80).export(file_type="stl")
    model = done(import_upload.import_steps(arrived(tmp_path / "b", {"skull.stl": ball}), UploadLimits()))
    assert isinstance(model, Mesh)
    assert "1,280 triangles" in import_upload.input_description(model)


@pytest.mark.slow
def test_of_several_series_one_has_to_be_chosen(tmp_path):
    from SkullRestoreLib import phantom

    for seed in (1, 2):
        (tmp_path / str(seed)).mkdir()
        phantom.write_phantom(tmp_path / str(seed), seed=seed, slice_mm=5.0, matrix=64)
    files = {f"{p.parent.parent.name}/{p.name}": p.read_bytes() for p in tmp_path.glob("*/ct/*.dcm")}
    choice = done(import_upload.import_steps(arrived(tmp_path / "up", files), UploadLimits()))
    assert isinstance(choice, import_upload.SeriesChoice)
    assert len(choice.series) == 2
    assert "slices" in import_upload.series_description(choice.series[0])
    read = done(import_upload.read_series_steps(choice, 1))
    assert isinstance(read.volume, Volume)
    assert read.dicom is not None


def raw_ct(folder):
    """A header without its last line, and the values of a CT."""
    values = np.random.default_rng(0).integers(-1000, 1500, (20, 24, 22)).astype("<i2")
    head = (
        "NRRD0004\ntype: short\ndimension: 3\nspace: left-posterior-superior\nsizes: 22 24 20\n"
        "space directions: (2,0,0) (0,2,0) (0,0,2)\n"
        "endian: little\nencoding: raw\n"
    )
    meta = (
        "ObjectType = Image\nNDims = 3\nTransformMatrix = 1 0 0 0 1 0 0 0 1\nElementSpacing = 2 2 2\n"
        "DimSize = 22 24 20\nElementType = MET_SHORT\n"
    )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "secret.raw").write_bytes(values.tobytes())
    return head, meta, values


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("name", ["ct.nrrd", "ct.nhdr", "ct.mha", "ct.mhd"])
@pytest.mark.parametrize("where", ["{}", "../secret.raw", "LIST\n{}", "../../server/secret.raw", "..\\secret.raw"])
def test_an_uploaded_header_reads_no_file_of_the_server(tmp_path, name, where, zipped):
    head, meta, _ = raw_ct(tmp_path / "server")
    line = (
        ("data file: " if name[3] == "n" else "ElementDataFile = ")
        + where.format(tmp_path / "server" / "secret.raw")
        + "\n\n"
    )
    content = {name: ((head if name[3] == "n" else meta) + line).encode()}
    received = arrived(tmp_path / "up", {"all.zip": packed(content)} if zipped else content)
    with pytest.raises(InputError, match="only one file in the same folder is read") as refused:
        done(import_upload.import_steps(received, UploadLimits()))
    assert str(tmp_path) not in str(refused.value)


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("name", ["ct.nhdr", "ct.mhd"])
def test_an_uploaded_header_reads_the_data_file_that_was_uploaded_with_it(tmp_path, name, zipped):
    head, meta, values = raw_ct(tmp_path / "server")
    header = head + "data file: ct.raw\n\n" if name == "ct.nhdr" else meta + "ElementDataFile = ct.raw\n"
    files = {f"case/{name}": header.encode(), "case/ct.raw": values.tobytes()}
    received = arrived(tmp_path / "up", {"all.zip": packed(files)} if zipped else files)
    np.testing.assert_array_equal(done(import_upload.import_steps(received, UploadLimits())).array, values)


def test_a_link_in_an_upload_is_refused(tmp_path):
    received = arrived(tmp_path / "up", {"ct.nrrd": b"x", "other.nrrd": b"x"})
    (tmp_path / "secret").write_bytes(b"secret")
    received.files[0].unlink()
    received.files[0].symlink_to(tmp_path / "secret")
    with pytest.raises(InputError, match="links"):
        done(import_upload.import_steps(received, UploadLimits()))


def test_an_unknown_side_stays_unknown_in_the_scene_and_is_reported_first(tmp_path):
    from helpers_scene import Application

    from SkullRestoreLib.scene import inputs

    head, _, values = raw_ct(tmp_path / "server")
    unknown = head.replace("left-posterior-superior", "scanner-xyz") + "\n"
    app = Application()
    for header, known in ((unknown, False), (head + "\n", True)):
        received = arrived(tmp_path / str(known), {"ct.nrrd": header.encode() + values.tobytes()})
        record = done(import_upload.import_steps(received, UploadLimits()))
        source = inputs.source_from_node(import_upload.add_input_node(app.scene, record, "Head"))
        assert record.side_known == source.side_known == known
        assert source.findings[0].startswith("Side not known") != known


# --- the request


def test_a_request_that_is_interrupted_or_empty_is_refused(tmp_path):
    from aiohttp import FormData, web
    from aiohttp.test_utils import TestClient, TestServer

    async def take(request):
        try:
            received = await upload.receive(request, tmp_path, UploadLimits(megabytes=1))
        except InputError as error:
            return web.Response(status=422, text=str(error))
        return web.Response(text=str(len(received.files)))

    def form(*files):
        data = FormData({"path": "a path alone"}, default_to_multipart=True)
        for path, content in files:
            data.add_field("path", path)
            data.add_field("file", io.BytesIO(content), filename="file")
        return data

    async def run():
        app = web.Application()
        app.router.add_post("/", take)
        async with TestClient(TestServer(app)) as client:
            answers = [await client.post("/", data=form(*files)) for files in TRIED]
            return [(answer.status, await answer.text()) for answer in answers]

    nothing, out, flood, good = asyncio.run(run())
    assert nothing[0] == 422
    assert out[0] == 422
    assert "leads out" in out[1]
    assert flood[0] == 422
    assert "larger than" in flood[1]
    assert good == (200, "2")


TRIED = (
    [],
    [("../../out.dcm", b"x")],
    [("big.dcm", bytes(2 << 20))],
    [("scan/1.dcm", b"1"), ("scan/2.dcm", b"2")],
)


# --- settings of the page


def test_every_control_of_the_page_is_a_setting_with_its_range_and_unit():
    from SkullRestoreLib.settings import ImplantSettings, Settings

    shown = settings_form.settings_controls(ImplantSettings)
    assert {control["name"] for control in shown} <= set(ImplantSettings.__dataclass_fields__)
    assert all(
        control["low"] is not None and control["high"] is not None
        for control in shown
        if control["kind"] in ("number", "count")
    )
    assert settings_form.implant_settings_from_page(settings_form.default_values(ImplantSettings)) == ImplantSettings()
    assert (
        settings_form.settings_from_page(
            settings_form.default_values(Settings), settings_form.default_values(ImplantSettings), None
        )
        == Settings()
    )


@pytest.mark.parametrize(
    ("value", "says"),
    [("", "must be a number"), (None, "must be a number"), (99, "must be 2 to 10 mm"), ("nan", "must be 2 to 10")],
)
def test_a_number_out_of_range_is_refused_in_a_sentence(value, says):
    with pytest.raises(ValueError, match=says):
        settings_form.implant_settings_from_page({"thickness_mm": value})


def test_half_a_point_is_refused():
    with pytest.raises(ValueError, match="whole number"):
        settings_form.settings_from_page({"points": 24.5}, {}, None)


def test_settings_of_the_page_that_contradict_each_other_are_refused_in_the_sentence_of_the_library():
    with pytest.raises(ValueError, match="Perforations of 6 mm every 4 mm leave no material"):
        settings_form.implant_settings_from_page(
            {"perforations": True, "perforation_mm": "6", "perforation_spacing_mm": "4"}
        )
    left_over = {"perforations": False, "perforation_mm": "6", "perforation_spacing_mm": "4"}
    assert settings_form.implant_settings_from_page(left_over), "a control that is off contradicts nothing"
