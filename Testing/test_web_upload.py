"""What a browser may send: real cases are read, everything else is refused in a sentence, and nothing is left."""

import asyncio
import io
import stat
import zipfile

import numpy as np
import pytest

pytest.importorskip("aiohttp", reason="the browser door's packages are not installed (extra web)")
pytest.importorskip("slicer", reason="slicer-core is not installed")

from hypothesis import given
from hypothesis import strategies as st

from SkullRestoreLib.case import InputError, Mesh, Volume
from SkullRestoreLib.web import choices, intake, upload
from SkullRestoreLib.web.upload import Limits, Received


def arrived(folder, files, limits=None):
    made = Received(folder, limits or Limits())
    for name, content in files.items():
        made.start(name).write_bytes(content)
        made.count(len(content))
    return made


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
    "name", ["../x", "a/../../x", "/etc/passwd", "C:\\x", "..\\x", "a\\..\\..\\x", "", ".", "a\0b", "a/\nb", "x" * 300, "a/" * 40 + "x"]
)
def test_a_name_that_leads_out_is_refused(tmp_path, name):
    with pytest.raises(InputError, match="leads out"):
        upload.inside(tmp_path, name)


@given(st.text(max_size=80))
def test_no_name_leads_out(tmp_path_factory, name):
    folder = tmp_path_factory.getbasetemp() / "place"
    try:
        place = upload.inside(folder, name)
    except InputError:
        return
    assert place.resolve().is_relative_to(folder.resolve())
    assert place.resolve() != folder.resolve()


def test_a_folder_keeps_its_shape(tmp_path):
    made = arrived(tmp_path, {"study/series/1.dcm": b"1", "study/series/2.dcm": b"2"})
    assert (tmp_path / "study/series/2.dcm").read_bytes() == b"2"
    assert upload.what_to_read(made, Limits()) == tmp_path


# --- floods and bombs


def test_more_than_is_allowed_is_refused_while_it_arrives(tmp_path):
    made = Received(tmp_path, Limits(megabytes=1))
    made.count(1 << 20)
    with pytest.raises(InputError, match="larger than the 1 MB"):
        made.count(1)


def test_more_files_than_are_allowed_are_refused(tmp_path):
    made = Received(tmp_path, Limits(files=2))
    made.start("1").touch()
    made.start("2").touch()
    with pytest.raises(InputError, match="more than 2 files"):
        made.start("3")


def test_two_files_of_one_name_are_refused(tmp_path):
    made = Received(tmp_path, Limits())
    made.start("a/1.dcm").touch()
    with pytest.raises(InputError, match="same name"):
        made.start("a/1.dcm")


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path):
    made = arrived(tmp_path, {"bomb.zip": packed({"zeros": bytes(60 << 20)})}, Limits(megabytes=100))
    with pytest.raises(InputError, match="unpacks to 60 MB"):
        upload.what_to_read(made, Limits(megabytes=100))
    assert not (tmp_path / "unpacked").exists()


def test_an_archive_that_lies_about_its_size_is_stopped_where_it_lies(tmp_path):
    content = bytearray(packed({"zeros": bytes(4 << 20)}))
    for mark, at in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):  # the sizes in both headers
        where = content.index(mark) + at
        content[where : where + 4] = (1000).to_bytes(4, "little")
    made = arrived(tmp_path, {"bomb.zip": bytes(content)})
    with pytest.raises(InputError, match=r"damaged|larger than"):
        upload.what_to_read(made, Limits(megabytes=1))
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
    made = arrived(tmp_path / "in", {"some.zip": content})
    with pytest.raises(InputError, match=says):
        upload.what_to_read(made, Limits())
    assert {p.name for p in tmp_path.rglob("*")} == {"in", "some.zip"}


def test_links_in_an_archive_are_refused(tmp_path):
    entry = zipfile.ZipInfo("link")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    made = arrived(tmp_path, {"some.zip": packed({entry: b"/etc/passwd"})})
    with pytest.raises(InputError, match="links"):
        upload.what_to_read(made, Limits())


def test_an_archive_with_one_file_is_that_file(tmp_path):
    made = arrived(tmp_path, {"some.zip": packed({"inner/head.nrrd": b"x"})})
    assert upload.what_to_read(made, Limits()).name == "head.nrrd"


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
        done(intake.steps(arrived(tmp_path / "up", files), Limits()))
    assert str(tmp_path) not in str(refused.value)


def test_a_ct_and_a_model_are_read(tmp_path):
    import SimpleITK as sitk
    import trimesh

    values = np.zeros((20, 30, 40), np.int16)
    values[5:15, 10:20, 10:30] = 900
    values[0, 0, :3] = (-1000, 50, 100)
    sitk.WriteImage(sitk.GetImageFromArray(values), str(tmp_path / "ct.nrrd"))
    ct = done(intake.steps(arrived(tmp_path / "a", {"ct.nrrd": (tmp_path / "ct.nrrd").read_bytes()}), Limits()))
    assert isinstance(ct, Volume)
    assert intake.describe(ct) == "Head CT, 20 slices of 40 x 30"
    ball = trimesh.creation.icosphere(subdivisions=3, radius=80).export(file_type="stl")
    model = done(intake.steps(arrived(tmp_path / "b", {"skull.stl": ball}), Limits()))
    assert isinstance(model, Mesh)
    assert "1,280 triangles" in intake.describe(model)


def test_of_several_series_one_has_to_be_chosen(tmp_path):
    from SkullRestoreLib import phantom

    for seed in (1, 2):
        (tmp_path / str(seed)).mkdir()
        phantom.write_case(tmp_path / str(seed), seed=seed, slice_mm=5.0, matrix=64)
    files = {f"{p.parent.parent.name}/{p.name}": p.read_bytes() for p in tmp_path.glob("*/ct/*.dcm")}
    choice = done(intake.steps(arrived(tmp_path / "up", files), Limits()))
    assert isinstance(choice, intake.Choice)
    assert len(choice.series) == 2
    assert "slices" in intake.series_text(choice.series[0])
    assert isinstance(done(intake.read_steps(choice.path, choice.series[1])), Volume)


# --- the request


def test_a_request_that_breaks_off_or_holds_nothing_is_refused(tmp_path):
    from aiohttp import FormData, web
    from aiohttp.test_utils import TestClient, TestServer

    async def take(request):
        try:
            made = await upload.receive(request, tmp_path, Limits(megabytes=1))
        except InputError as error:
            return web.Response(status=422, text=str(error))
        return web.Response(text=str(len(made.files)))

    def form(*files):
        made = FormData({"path": "a path alone"}, default_to_multipart=True)
        for path, content in files:
            made.add_field("path", path)
            made.add_field("file", io.BytesIO(content), filename="file")
        return made

    async def run():
        app = web.Application()
        app.router.add_post("/", take)
        async with TestClient(TestServer(app)) as client:
            told = [await client.post("/", data=form(*files)) for files in TRIED]
            return [(answer.status, await answer.text()) for answer in told]

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

    shown = choices.controls(ImplantSettings)
    assert {one["name"] for one in shown} <= set(ImplantSettings.__dataclass_fields__)
    assert all(one["low"] is not None and one["high"] is not None for one in shown if one["kind"] in ("number", "count"))
    assert choices.implant_settings(choices.defaults(ImplantSettings)) == ImplantSettings()
    assert choices.settings(choices.defaults(Settings), choices.defaults(ImplantSettings), None) == Settings()


@pytest.mark.parametrize(
    ("value", "says"), [("", "must be a number"), (None, "must be a number"), (99, "must be 2 to 10 mm"), ("nan", "must be 2 to 10")]
)
def test_a_number_that_cannot_be_is_refused_in_a_sentence(value, says):
    with pytest.raises(ValueError, match=says):
        choices.implant_settings({"thickness_mm": value})


def test_half_a_point_is_refused():
    with pytest.raises(ValueError, match="whole number"):
        choices.settings({"points": 24.5}, {}, None)
