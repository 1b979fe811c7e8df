"""Files that made a reader crash, hang or stumble: kept from fuzzing, and refused in a sentence now."""

import time

import numpy as np
import pytest
from helpers_dicom import compress_with_gdcm, edit_series, recode_series, write_series
from helpers_intake import ellipsoid_mesh
from pydicom.uid import RLELossless

from SkullRestoreLib._system import own_process
from SkullRestoreLib._system.own_process import CallFailedError, call_in_own_process
from SkullRestoreLib.errors import InputError
from SkullRestoreLib.io import model_files
from SkullRestoreLib.io.read import read

VTP = (
    '<?xml version="1.0"?><VTKFile type="PolyData" version="1.0" byte_order="LittleEndian"><PolyData>'
    '<Piece NumberOfPoints="{points}" NumberOfPolys="{polys}"><Points>'
    '<DataArray type="Float32" NumberOfComponents="{parts}" format="ascii">0 0 0 1 0 0 0 1 0</DataArray></Points>'
    '<Polys><DataArray type="Int64" Name="connectivity" format="ascii">{corners}</DataArray>'
    '<DataArray type="Int64" Name="offsets" format="ascii">{offsets}</DataArray></Polys></Piece></PolyData></VTKFile>'
)
GOOD = {"points": 3, "polys": 1, "parts": 3, "corners": "0 1 2", "offsets": 3}


@pytest.mark.slow
@pytest.mark.parametrize(
    "damage",
    [
        {"points": 99999999999999999},  # VTK aborts
        {"polys": 9999999999999999},
        {"points": -1},
        {"corners": "0 1 99999999999"},
        {"corners": "0 1 -5"},
        {"offsets": -3},
        {"offsets": 9999999999},
    ],
    ids=str,
)
def test_a_vtp_on_which_vtk_aborts_is_refused_and_the_program_goes_on(tmp_path, damage):
    path = tmp_path / "skull.vtp"
    path.write_text(VTP.format(**GOOD))
    assert read(path).faces.tolist() == [[0, 1, 2]]
    path.write_text(VTP.format(**(GOOD | damage)))
    with pytest.raises(InputError, match=r"damaged|no faces"):
        read(path)


@pytest.mark.slow
def test_a_vtp_on_which_vtk_never_ends_is_refused_after_a_while(tmp_path, monkeypatch):
    monkeypatch.setattr(model_files, "SECONDS_BASE", 8.0)
    (tmp_path / "skull.vtp").write_text(VTP.format(**(GOOD | {"parts": 999999999999})))
    started = time.monotonic()
    with pytest.raises(InputError, match="damaged"):
        read(tmp_path / "skull.vtp")
    assert time.monotonic() - started < 60


def test_a_model_is_read_where_python_cannot_be_started_a_second_time(tmp_path, monkeypatch):
    import trimesh

    vertices, faces = ellipsoid_mesh(80.0, 2)
    trimesh.Trimesh(vertices, faces).export(tmp_path / "skull.obj")
    expected = read(tmp_path / "skull.obj")
    monkeypatch.setattr(own_process.sys, "executable", "")
    np.testing.assert_array_equal(read(tmp_path / "skull.obj").faces, expected.faces)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "function", "arguments"),
    [("os", "abort", []), ("signal", "pause", []), ("SkullRestoreLib", "no_such_name", [])],
)
def test_a_function_that_crashes_fails_or_hangs_in_its_own_process_is_an_error_here(module, function, arguments):
    with pytest.raises(CallFailedError, match=function):
        call_in_own_process(module, function, arguments, seconds=5, memory_bytes=4e9)


def test_a_compressed_slice_with_several_transfer_syntaxes_in_its_header_is_refused(tmp_path):
    def double(data, _number):
        data.file_meta.TransferSyntaxUID = ["1.2.840.10008.1.2.5", "1.2.3"]

    folder = recode_series(write_series(tmp_path / "ct"), RLELossless)
    with pytest.raises(InputError, match=r"cannot be decoded|is damaged"):
        read(edit_raw(folder, double))


def edit_raw(folder, edit):
    """Change the header of every file in place, without the checks of a writer."""
    for path in folder.iterdir():
        content = path.read_bytes()
        assert content.count(b"1.2.840.10008.1.2.5\0") == 1
        path.write_bytes(content.replace(b"1.2.840.10008.1.2.5\0", b"1.2.840.10008\\1.2.5\0"))
    return folder


@pytest.mark.parametrize("compressor", ["JPEG", "JPEG2000"])
def test_a_stream_that_asks_for_another_size_than_its_header_takes_no_memory(tmp_path, compressor):
    """One damaged byte made GDCM take 3 GB."""

    def enlarge(data, _number):
        content = bytearray(data.PixelData)
        rows = content.index((20).to_bytes(2, "big") + (16).to_bytes(2, "big")) if compressor == "JPEG" else None
        if rows is not None:
            content[rows : rows + 4] = b"\xf0\x14\x70\x10"
        else:
            start = content.index(b"\xff\x4f\xff\x51") + 8
            content[start : start + 8] = (40000).to_bytes(4, "big") * 2
        data.PixelData = bytes(content)

    folder = edit_series(compress_with_gdcm(write_series(tmp_path / "ct"), compressor), enlarge)
    started = time.process_time()
    with pytest.raises(InputError, match="compressed as"):
        read(folder)
    assert time.process_time() - started < 2
