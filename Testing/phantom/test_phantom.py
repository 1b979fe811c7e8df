"""The synthetic head: small and coarse here, for its shape does not depend on the size of its voxels."""

import json
from typing import get_args

import numpy as np
import pytest
import SimpleITK

from SkullRestoreLib import phantom
from SkullRestoreLib.cli import phantom as phantom_command
from SkullRestoreLib.errors import InputError
from SkullRestoreLib.geometry.icosphere import spherical_grid
from SkullRestoreLib.io.read import read
from SkullRestoreLib.phantom import anatomy, craniectomy, scanner

COARSE = {"matrix": 128, "slice_mm": 5.0}
BILATERAL = {"seed": 1, "bilateral": True, "metal": True}


def make(folder, **options):
    folder.mkdir()
    return phantom.write_phantom(folder, **{**COARSE, "size_cm": 7.0, **options})


def truth(folder, name):
    return SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(folder / "truth" / f"{name}.nrrd")))


def head_points(volume, facts, mask):
    """Voxels of a mask in the head frame: (n, 3) mm."""
    k, j, i = np.nonzero(mask)
    ras = np.stack([i, j, k], axis=1) @ volume.ijk_to_ras[:3, :3].T + volume.ijk_to_ras[:3, 3]
    to_head = np.linalg.inv(np.array(facts["head_to_ras"]))
    return ras @ to_head[:3, :3].T + to_head[:3, 3]


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """A head without noise: its folder and facts."""
    folder = tmp_path_factory.mktemp("plain") / "head"
    return folder, make(folder, seed=3, place="parietal", noise_hu=0.0, matrix=192, slice_mm=2.5)


@pytest.fixture(scope="module")
def head():
    return anatomy.grow_head(np.random.default_rng(11))


@pytest.fixture(scope="module")
def bilateral(tmp_path_factory):
    """A head with two holes and metal: its folder and facts."""
    folder = tmp_path_factory.mktemp("bilateral") / "head"
    return folder, make(folder, **BILATERAL)


@pytest.mark.slow
@pytest.mark.usefixtures("nothing_is_remembered")
def test_the_same_options_make_the_same_bytes_and_another_seed_another_head(tmp_path, bilateral, plain):
    folder, facts = bilateral
    make(tmp_path / "again", **BILATERAL)
    files = sorted(p.relative_to(folder) for p in folder.rglob("*") if p.is_file())
    assert len(files) > 25
    assert all((folder / f).read_bytes() == (tmp_path / "again" / f).read_bytes() for f in files)
    assert facts["head_to_ras"] != plain[1]["head_to_ras"]


@pytest.mark.slow
def test_the_dicom_files_read_back_with_the_truths_geometry_and_hu(plain):
    folder, facts = plain
    reader = SimpleITK.ImageSeriesReader()
    names = reader.GetGDCMSeriesFileNames(str(folder / "ct"), facts["series_uid"])
    assert len(names) == len(list((folder / "ct").iterdir()))
    reader.SetFileNames(names)
    ct, intact = reader.Execute(), SimpleITK.ReadImage(str(folder / "truth" / "intact.nrrd"))
    assert ct.GetSize() == intact.GetSize()
    for of_ct, of_truth in (
        (ct.GetSpacing(), intact.GetSpacing()),
        (ct.GetOrigin(), intact.GetOrigin()),
        (ct.GetDirection(), intact.GetDirection()),
    ):
        np.testing.assert_allclose(of_ct, of_truth, atol=1e-4)
    np.testing.assert_allclose(ct.GetSpacing()[2], 2.5)
    hu = SimpleITK.GetArrayFromImage(ct)
    assert hu.min() >= -1024
    assert (hu == truth(folder, "intact")).mean() > 0.95  # the holes are a small part


def test_the_program_reads_the_folder_as_one_ct(plain):
    folder, facts = plain
    volume = read(folder)
    assert volume.uid == facts["series_uid"]
    low, high = (volume.ijk_to_ras @ [*corner, 1] for corner in ((0, 0, 0), volume.array.shape[::-1]))
    centre = np.array(facts["head_to_ras"])[:3, 3]
    assert (np.minimum(low, high)[:3] < centre).all()
    assert (centre < np.maximum(low, high)[:3]).all()


def test_each_dicom_file_says_that_it_is_synthetic_and_how_the_patient_lies(plain):
    from pydicom import dcmread

    folder, _ = plain
    for path in sorted((folder / "ct").iterdir())[:2]:
        header = dcmread(path)
        assert "ynthetic" in header.PatientComments
        assert str(header.PatientName) == "SkullRestore^Phantom"
        assert header.PatientID == "PHANTOM-3"
        assert header.PatientPosition == "HFS"
        assert header.SOPClassUID.name == "CT Image Storage"


def test_missing_bone_is_bone_in_the_intact_head_and_none_in_the_other(plain):
    folder, _ = plain
    missing, intact, ct = truth(folder, "missing_bone") > 0, truth(folder, "intact"), read(folder).array
    assert missing.sum() > 500
    assert intact[missing].min() > 250
    assert np.percentile(intact[missing], 10) > 450
    assert np.percentile(ct[missing], 95) < 500
    lost = (intact > 900) & (ct < 300)
    assert (lost & ~missing).sum() < 0.02 * lost.sum()


def test_the_hole_has_the_area_that_was_asked_for(plain):
    folder, facts = plain
    wanted = np.pi / 4 * 7.0**2
    assert facts["defects"][0]["area_cm2"] == pytest.approx(wanted, rel=0.03)
    # Measured another way: rays from the head's centre that meet missing bone, and how far out.
    volume, missing = read(folder), truth(folder, "missing_bone") > 0
    radii = np.arange(45, 110, 0.75)
    rays = np.array(facts["head_to_ras"]) @ np.concatenate(
        [spherical_grid(5).directions.T, np.zeros((1, len(spherical_grid(5))))]
    )
    ras = rays[:3, :, None] * radii + np.array(facts["head_to_ras"])[:3, 3, None, None]
    ijk = (
        np.einsum("ab,bnr->anr", np.linalg.inv(volume.ijk_to_ras[:3, :3]), ras - volume.ijk_to_ras[:3, 3, None, None])
        .round()
        .astype(int)
    )
    inside = (ijk >= 0).all(axis=0) & (ijk < np.array(missing.shape[::-1])[:, None, None]).all(axis=0)
    i, j, k = np.where(inside, ijk, 0)
    outermost = (radii * (inside & missing[k, j, i])).max(axis=1)
    assert spherical_grid(5).areas_mm2(outermost).sum() / 100 == pytest.approx(wanted, rel=0.15)


@pytest.mark.slow
def test_two_holes_are_on_two_sides_and_are_numbered_with_the_larger_first(bilateral):
    folder, facts = bilateral
    first, second = facts["defects"]
    assert {first["side"], second["side"]} == {"left", "right"}
    assert first["area_cm2"] > second["area_cm2"]
    label, volume = truth(folder, "missing_bone"), read(folder)
    assert set(np.unique(label)) == {0, 1, 2}
    for hole in (first, second):
        side = np.sign(head_points(volume, facts, label == hole["number"])[:, 0])
        assert (side == (1 if hole["side"] == "right" else -1)).all()


def test_metal_is_denser_than_any_bone_and_only_there_when_asked_for(bilateral, plain):
    assert bilateral[1]["metal_pieces"] > 4
    assert (read(bilateral[0]).array > 2500).sum() >= 4
    assert truth(bilateral[0], "intact").max() < 2300
    assert read(plain[0]).array.max() < 2300


@pytest.mark.slow
@pytest.mark.parametrize("slice_mm", [0.7, 2.5, 5.0])
def test_slices_are_as_thick_as_asked_and_reach_from_the_jaw_to_above_the_vertex(head, slice_mm):
    scan = scanner.place_scan(head, slice_mm=slice_mm, matrix=64, rng=np.random.default_rng(0))
    assert scan.spacing[2] == slice_mm
    assert 130 < np.ptp(scan.axis_coordinates(2)) < 190
    ct, _, _ = next(
        scanner.scan_slices(
            head,
            craniectomy.plan_craniectomies(head, "frontal", 5, bilateral=False, rng=np.random.default_rng(0)),
            (),
            scan,
            noise_hu=5,
            seed=0,
        )
    )
    assert ct.max() > 500


@pytest.mark.slow
@pytest.mark.parametrize("place", phantom.SITE_NAMES)
def test_a_hole_can_be_made_in_every_place_and_spares_the_arch(head, place):
    (hole,) = craniectomy.plan_craniectomies(head, place, 7.0, bilateral=False, rng=np.random.default_rng(4))
    assert hole.area_cm2 == pytest.approx(np.pi / 4 * 7.0**2, rel=0.03)
    scan = scanner.place_scan(head, slice_mm=4.0, matrix=64, rng=np.random.default_rng(4))
    planes = list(scanner.scan_slices(head, (hole,), (), scan, noise_hu=0, seed=0))
    k, j, i = np.nonzero([missing for _, _, missing in planes])
    at = (
        np.stack([scan.axis_coordinates(0)[i], scan.axis_coordinates(1)[j], scan.axis_coordinates(2)[k]], axis=1)
        @ scan.head_to_scanner
    )  # head frame
    assert len(at) > 100
    assert not ((np.abs(at[:, 0]) > 57) & (at[:, 1] > 10) & (at[:, 1] < 40) & (at[:, 2] < -39)).any()
    assert np.linalg.norm(at, axis=1).min() > 35


def test_the_command_and_the_library_know_the_same_places():
    assert get_args(phantom_command.DefectPlace) == phantom.SITE_NAMES


def test_only_the_phantoms_own_names_count_as_its_files(plain):
    folder, facts = plain
    assert all(phantom.is_phantom_file(p.name) for p in folder.iterdir())
    assert not phantom.is_phantom_file("holiday.jpg")
    assert json.loads((folder / phantom.FACTS_FILE).read_text()) == facts


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"place": "chin"}, "parietal"),
        ({"place": "occipital", "size_cm": 15.0}, "largest is"),
        ({"size_cm": 40.0}, "between 2 and 16"),
        ({"place": "parietal", "size_cm": 11.0, "bilateral": True}, "between them"),
        ({"place": "bifrontal", "bilateral": True}, "midline"),
        ({"slice_mm": 9.0}, "distance between slices"),
        ({"seed": -1}, "seed"),
    ],
)
def test_an_impossible_option_is_refused_with_a_reason(tmp_path, options, word):
    with pytest.raises(InputError, match=word):
        phantom.write_phantom(tmp_path, **options)
    assert list(tmp_path.iterdir()) == []
