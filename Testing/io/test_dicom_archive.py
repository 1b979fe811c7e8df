"""DICOM objects in a real archive: an Orthanc that this test starts for itself on the loopback address."""

import io
import json
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import replace

import numpy as np
import pydicom
import pytest
from helpers_dicom import write_raw_values, write_series
from helpers_restoration import make_restoration

from SkullRestoreLib.io import dicom_export, dicom_source, read

ORTHANC = shutil.which("Orthanc") or shutil.which("orthanc")
pytestmark = pytest.mark.skipif(ORTHANC is None, reason="Orthanc (Debian: orthanc) is not installed")
START_S = 60


class Archive:
    """A running Orthanc."""

    def __init__(self, port):
        self.address = f"http://127.0.0.1:{port}"

    def request(self, path, content=None):
        with urllib.request.urlopen(self.address + path, data=content, timeout=30) as reply:
            return reply.read()

    def get(self, path):
        return json.loads(self.request(path))

    def store(self, content):
        return json.loads(self.request("/instances", content))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    folder = tmp_path_factory.mktemp("orthanc")
    port = free_port()
    settings = {
        "StorageDirectory": str(folder / "storage"),
        "IndexDirectory": str(folder / "storage"),
        "HttpPort": port,
        "HttpBindAddresses": ["127.0.0.1"],
        "DicomServerEnabled": False,
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False,
        "Plugins": [],
    }
    (folder / "orthanc.json").write_text(json.dumps(settings))
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([ORTHANC, str(folder / "orthanc.json")], stdout=log, stderr=log)
    running = Archive(port)
    try:
        for _ in range(10 * START_S):
            if process.poll() is not None:
                pytest.skip(f"Orthanc does not start here: {(folder / 'log').read_text()[-500:]}")
            try:
                running.get("/system")
                break
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.1)
        else:
            pytest.skip(f"Orthanc does not answer within {START_S} s")
        yield running
    finally:
        process.terminate()
        process.wait(timeout=30)


@pytest.fixture(scope="module")
def stored(archive, tmp_path_factory):
    """A Japanese CT and the objects of its restoration: content by name, and what the archive said to each."""
    name = b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B"
    folder = write_raw_values(
        write_series(tmp_path_factory.mktemp("ct") / "ct"),
        {"SpecificCharacterSet": rb"\ISO 2022 IR 87", "PatientName": name, "PatientID": b"4711"}
        | {"PatientBirthDate": b"1954", "StudyDate": b"2020-01-31", "StudyInstanceUID": b"1.2.840.99"},
    )
    volume = read.read(folder)
    labels = np.zeros(volume.array.shape, dtype=np.uint8)
    labels[5:9, 3:8, 2:6], labels[5:9, 13:18, 10:14] = 1, 2
    contents = dicom_export.make_dicom_objects(
        replace(make_restoration(defects=2), source=volume, implant_mask=labels),
        dicom_source.read_source(folder, volume),
    )
    for path in folder.iterdir():
        archive.store(path.read_bytes())
    return contents, {name: archive.store(content) for name, content in contents.items()}


def test_every_object_is_accepted(stored):
    assert {reply["Status"] for reply in stored[1].values()} == {"Success"}


def test_the_objects_are_filed_in_the_study_of_the_ct_under_its_patient(archive, stored):
    (patient,) = archive.get("/patients")
    (study,) = archive.get("/studies")
    assert {reply["ParentStudy"] for reply in stored[1].values()} == {study}
    assert archive.get(f"/studies/{study}")["MainDicomTags"]["StudyInstanceUID"] == "1.2.840.99"
    modalities = [series["MainDicomTags"]["Modality"] for series in archive.get(f"/studies/{study}/series")]
    assert sorted(modalities) == ["CT", "M3D", "SEG"]
    assert archive.get(f"/patients/{patient}")["MainDicomTags"]["PatientID"] == "4711"


def test_what_comes_back_is_what_was_stored(archive, stored):
    contents, replies = stored
    for name, content in contents.items():
        assert archive.request(f"/instances/{replies[name]['ID']}/file") == content
        tags = archive.get(f"/instances/{replies[name]['ID']}/simplified-tags")
        assert tags["PatientName"] == "Yamada^Tarou=山田^太郎", "read by the archive itself"
        assert (tags["StudyDate"], tags["PatientBirthDate"], tags["BodyPartExamined"]) == ("20200131", "", "SKULL")


def test_the_mesh_and_the_voxels_survive(archive, stored):
    _, replies = stored
    back = {
        name: pydicom.dcmread(io.BytesIO(archive.request(f"/instances/{reply['ID']}/file")))
        for name, reply in replies.items()
    }
    assert back["implants_seg.dcm"].pixel_array.sum() == 2 * 4 * 5 * 4
    stl = back["implant_1.dcm"]
    triangles = (stl.EncapsulatedDocumentLength - 84) // 50
    assert triangles == len(make_restoration().implants[0].mesh.faces)
