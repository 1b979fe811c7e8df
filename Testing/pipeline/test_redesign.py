"""A finished result is edited and its implants designed again: in seconds, without network, window or segmentation."""

import io
import json
import re
import subprocess
import sys
import zipfile
from dataclasses import replace
from functools import partial

import numpy as np
import pydicom
import pytest
import SimpleITK
import trimesh
from scipy import ndimage
from typer.testing import CliRunner

import SkullRestoreLib as sr
from SkullRestoreLib import phantom
from SkullRestoreLib._system.progress import StepTimer, run_to_end
from SkullRestoreLib.affine import apply_affine
from SkullRestoreLib.cli import main
from SkullRestoreLib.geometry.icosphere import interpolate
from SkullRestoreLib.io import case_file, markups
from SkullRestoreLib.pipeline import head_steps, redesign, saved_case
from SkullRestoreLib.pipeline.editable import EditableRestoration, point_labels
from SkullRestoreLib.prediction import models
from SkullRestoreLib.records import VaultObject, Volume
from SkullRestoreLib.report import figures, render
from SkullRestoreLib.segmentation import bone_segmentation


@pytest.fixture(scope="module", autouse=True)
def small_pictures():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(render, "draw_views", partial(render.draw_views, size=(60, 50)))
        patch.setattr(figures, "draw_closeups", partial(figures.draw_closeups, size=(60, 50)))
        yield


@pytest.fixture(scope="module")
def head(tmp_path_factory):
    """A small head with a small defect, as DICOM."""
    folder = tmp_path_factory.mktemp("head")
    phantom.write_phantom(folder, seed=3, size_cm=4.5, place="parietal", slice_mm=3.0, matrix=96)
    return folder


@pytest.fixture(scope="module")
def restored(head):
    return sr.restore(sr.read(head))


@pytest.fixture(scope="module")
def finished(restored, tmp_path_factory):
    """The folder of its result; no test changes it."""
    folder = tmp_path_factory.mktemp("finished") / "restored"
    sr.write(restored, folder)
    return folder


@pytest.fixture
def result(finished, tmp_path):
    """A copy of the result, with nothing but what a redesign needs."""
    folder = tmp_path / "restored"
    folder.mkdir()
    for name in ("case.npz", "restoration.json", "reference_points.mrk.json"):
        (folder / name).write_bytes((finished / name).read_bytes())
    return folder


@pytest.fixture
def no_network(monkeypatch):
    """Nothing may be predicted or segmented."""

    def refuse(*_, **__):
        raise AssertionError("the network or the segmentation was run")

    for name in ("load_predictor", "load_predictor_in_background"):
        monkeypatch.setattr(models, name, refuse)
    monkeypatch.setattr(bone_segmentation, "segment", refuse)


def load_bytes(content, folder):
    folder.mkdir(exist_ok=True)
    (folder / "case.npz").write_bytes(content)
    return sr.load(folder)


def command(*arguments):
    return CliRunner().invoke(main.app, [str(a) for a in arguments])


def error_of(result):
    assert result.exit_code == 2, result.output
    assert "Traceback" not in result.output
    (line,) = [line for line in result.stderr.splitlines() if line.startswith("Error: ")]
    return line


def same_surface(one, other):
    assert one.vault_tables.outer == pytest.approx(other.vault_tables.outer, abs=1e-3)
    assert [p.outer.vertices.shape for p in one.patches] == [p.outer.vertices.shape for p in other.patches]
    for a, b in zip(one.patches, other.patches, strict=True):
        assert np.abs(a.outer.vertices - b.outer.vertices).max() <= 1e-3
        assert np.abs(a.inner - b.inner).max() <= 1e-3


# --- the case comes back as it was


@pytest.fixture(scope="module")
def masked(restored):
    """The same head as a mask, with the same frame and prediction."""
    volume = Volume(restored.bone.mask, restored.bone.ijk_to_ras, "mask")
    bone = bone_segmentation.segment(volume)
    settings, clock = restored.settings, StepTimer()
    analysis = run_to_end(head_steps.analyse_head(bone, settings, None, clock, pose=restored.pose))
    predicted = restored.detected.fitted_surface.predicted_tables
    detected = run_to_end(head_steps.detect_defects(analysis, predicted, settings, clock))
    return EditableRestoration.from_parts(
        volume,
        detected,
        detected.points,
        skull=restored.skull,
        settings=settings,
        weights_sha256=restored.weights_sha256,
        seconds={},
    )


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["ct", "mask", "model"])
def test_a_loaded_case_has_the_same_surface_without_the_network(kind, restored, masked, no_network, tmp_path):
    made = {"ct": restored, "mask": masked, "model": replace(restored, source=restored.skull)}[kind]
    moved = made.with_points({3: made.points[3].position + 1.5 * made.points[3].normal})
    for before in (made, moved):
        again = load_bytes(saved_case.encode_restoration(before), tmp_path / "case")
        same_surface(before, again)
        assert [p.moved for p in again.points] == [p.moved for p in before.points]
        assert again.settings == before.settings
        if kind != "model":
            np.testing.assert_array_equal(again.restored_bone, before.restored_bone)
            np.testing.assert_array_equal(again.bone.mask, before.bone.mask)
        undone = again.with_points({3: restored.points[3].position}) if kind == "ct" else made
        same_surface(undone, made)


@pytest.mark.slow
def test_a_loaded_case_still_has_the_objects_that_were_in_its_holes(restored, tmp_path):
    flap = VaultObject(
        1, "bone flap", 40.0, 20.0, 926.0, 3.1, 0.5, 0.8, np.array([3, 4]), True, "right", "parietal", restored.skull
    )
    analysis = replace(restored.detected.analysis, objects=(flap,))
    made = replace(restored, detected=replace(restored.detected, analysis=analysis))
    (again,) = load_bytes(saved_case.encode_restoration(made), tmp_path / "case").objects
    assert (again.number, again.kind, again.removed, again.mean_hu) == (1, "bone flap", True, 926.0)
    np.testing.assert_array_equal(again.vertices, flap.vertices)
    np.testing.assert_allclose(again.model.vertices, flap.model.vertices, atol=1e-3)


@pytest.mark.slow
def test_a_redesign_does_not_even_load_torch(result):
    program = f"import sys, SkullRestoreLib as sr; sr.load({str(result)!r}); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.slow
def test_the_case_file_names_nobody_and_is_a_part_of_the_volume(head, restored, finished):
    header = pydicom.dcmread(next(head.glob("ct/*.dcm")), stop_before_pixels=True)
    identity = [
        str(header.PatientName),
        str(header.PatientID),
        str(header.StudyDate),
        header.StudyInstanceUID,
        str(head),
    ]
    content = b"".join(archive_of((finished / "case.npz").read_bytes()).values())
    assert [text for text in identity if text and text.encode() in content] == []
    _, arrays = case_file.read_case(finished / "case.npz")
    assert arrays["field"].size < restored.bone.field.size


@pytest.mark.slow
def test_what_is_rounded_in_the_case_is_far_from_bone_and_below_its_threshold(restored, finished):
    again, bone = sr.load(finished).bone, restored.bone
    differs = again.field != bone.field
    assert differs.any()
    assert (again.field[differs] < bone.iso).all()
    assert not (differs & ndimage.binary_dilation(bone.mask, np.ones((7, 7, 7)))).any()


# --- three edits on the command line


def write_moved_point(result, path, label="1-07", millimetres=1.5, space="LPS"):
    """A copy of the result's points as 3D Slicer saves it, with one moved along its normal."""
    content = json.loads((result / "reference_points.mrk.json").read_text())
    (markup,) = content["markups"]
    flip = np.array([-1.0, -1.0, 1.0])
    for point in markup["controlPoints"]:
        position = np.array(point["position"])
        if point["label"] == label:
            position = position + millimetres * np.array(point["orientation"]).reshape(3, 3)[:, 2]
        point["position"] = (position * flip if space == "RAS" else position).tolist()
    markup["coordinateSystem"] = space
    path.write_text(json.dumps(content))
    return path


def write_widened_mask(restored, path):
    """All bone but a centimetre around the defect's centre line, on a cropped grid with another origin."""
    mask = restored.bone.mask.copy()
    centre = restored.defects[0].margin[0][0]
    kji = np.stack(np.nonzero(mask), axis=1)
    mask[tuple(kji[np.linalg.norm(restored.bone.to_ras(kji[:, ::-1]) - centre, axis=1) < 12.0].T)] = False
    image = SimpleITK.GetImageFromArray(mask.astype(np.uint8))
    flip = np.diag([-1.0, -1.0, 1.0])
    image.SetSpacing(restored.bone.spacing.tolist())
    image.SetDirection((flip @ restored.bone.ijk_to_ras[:3, :3] / restored.bone.spacing).ravel().tolist())
    image.SetOrigin((flip @ restored.bone.ijk_to_ras[:3, 3]).tolist())
    SimpleITK.WriteImage(image, str(path))
    return path


def line_across(restored):
    """A line across the defect, from margin to margin, off its middle."""
    own = np.array([p.position for p in restored.points if p.defect == 1])
    a, b = own[2], own[len(own) // 2]
    return np.linspace(a + 0.1 * (a - b), b + 0.1 * (b - a), 7)


@pytest.mark.slow
def test_three_edits_on_the_command_line_are_three_revisions(restored, result, no_network, tmp_path):
    before = {path.name: path.read_bytes() for path in result.iterdir()}
    points = write_moved_point(result, tmp_path / "edited.mrk.json", space="RAS")
    first = command("implant", result, "--points", points, "--thickness", 5, "--revision")
    assert first.exit_code == 0, first.output
    mask = write_widened_mask(restored, tmp_path / "edited.nrrd")
    second = command("implant", result / "revision_2", "--mask", mask, "--revision")
    assert second.exit_code in (0, 3), second.output
    markups.write_curve(line_across(restored), "Trim line", tmp_path / "line.mrk.json")
    third = command("implant", result / "revision_2", "--trim", tmp_path / "line.mrk.json", "--revision")
    assert third.exit_code == 0, third.output

    facts = {n: json.loads((result / f"revision_{n}" / "restoration.json").read_text()) for n in (2, 3, 4)}
    assert facts[2]["changed"] == ["Thickness: 4 mm, now 5 mm", "point 1-07 moved by 1.5 mm"]
    assert re.fullmatch(r"mask: 0\.0 cm³ of bone added, [1-9]\d*\.\d cm³ removed", facts[3]["changed"][0])
    assert facts[4]["changed"] == ["trim line of implant 1 as drawn"]
    assert [(f["revision"], f["revised_from"]) for f in facts.values()] == [(2, 1), (3, 2), (4, 2)]
    (moved,) = facts[2]["defects"][0]["moved_points"]
    assert moved["label"] == "1-07"
    assert facts[3]["defects"][0]["area_cm2"] > facts[2]["defects"][0]["area_cm2"] + 0.5
    assert facts[3]["defects"][0]["reference_points_moved_by_hand"] == 1
    full, cut = (f["defects"][0]["implant"]["volume_ml"] for f in (facts[2], facts[4]))
    assert 0.4 * full < cut < 0.95 * full
    report = (result / "revision_2" / "report.html").read_text()
    assert "Revision 2. Changed against revision 1: Thickness: 4 mm, now 5 mm; point 1-07 moved by 1.5 mm." in report
    assert "Revision 2. Changed against revision 1" in " ".join(first.output.split())
    assert trimesh.load(result / "revision_4" / "implant_1.stl").is_volume
    assert {path.name: path.read_bytes() for path in result.iterdir() if path.is_file()} == before
    assert sorted(path.name for path in result.iterdir() if path.is_dir()) == ["revision_2", "revision_3", "revision_4"]


@pytest.mark.slow
def test_the_surface_passes_through_a_point_that_was_moved_off_the_bone(restored, result, tmp_path):
    path = write_moved_point(result, tmp_path / "edited.mrk.json", millimetres=1.5)
    edits = redesign.read_edits(points=path, mask=None, trim=None)
    edited = redesign.apply_edits(restored, edits)
    index = point_labels(restored.points).index("1-07")
    wanted = restored.points[index].position + 1.5 * restored.points[index].normal
    assert edited.points[index].position == pytest.approx(wanted, abs=1e-4)
    in_head = apply_affine(edited.pose.ras_to_head, edited.points[index].position[None])
    assert np.linalg.norm(in_head) == pytest.approx(interpolate(edited.vault_tables.outer, in_head)[0], abs=1e-2)
    assert [p.moved for p in edited.points].count(True) == 1


@pytest.mark.slow
def test_the_surface_of_a_result_is_made_fuller_on_the_command_line(restored, result, no_network, tmp_path):
    done = command("implant", result, "--fullness", "1", "--out", tmp_path / "fuller")
    assert done.exit_code in (0, 3), done.output
    facts = json.loads((tmp_path / "fuller" / "restoration.json").read_text())
    assert facts["settings"]["fullness"] == 1.0
    assert "Fullness: 0 SD, now 1 SD" in facts["changed"]
    again = sr.load(tmp_path / "fuller")
    assert (again.vault_tables.outer - restored.vault_tables.outer).max() > 0.1
    same_surface(again.with_fullness(0.0), restored)


def test_a_fullness_out_of_range_is_refused_before_any_work(tmp_path):
    done = command("implant", tmp_path / "no result", "--fullness", "3", "--revision")
    assert done.exit_code == 2
    assert "must be -2 to 2" in " ".join(done.output.split())


@pytest.mark.slow
def test_points_that_were_not_moved_are_not_edits(restored, result):
    edits = redesign.read_edits(points=result / "reference_points.mrk.json", mask=None, trim=None)
    edited = redesign.apply_edits(restored, edits)
    assert edited.changed == ("nothing",)
    assert not any(point.moved for point in edited.points)
    same_surface(edited, restored)


# --- an edited mask in Python


@pytest.mark.slow
def test_an_unchanged_mask_changes_nothing_on_its_own_grid_and_on_a_cropped_one(restored):
    bone = restored.bone
    edited = restored.with_mask(Volume(bone.mask.copy(), bone.ijk_to_ras, "mask"))
    same_surface(edited, restored)
    cropped = bone.ijk_to_ras.copy()
    cropped[:3, 3] = bone.to_ras([10, 12, 8])
    edited = restored.with_mask(Volume(bone.mask[8:, 12:, 10:].copy(), cropped, "mask"))
    same_surface(edited, restored)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mask", "sentence"),
    [
        (lambda bone: Volume(bone.field, bone.ijk_to_ras, "ct"), "must be a mask"),
        (
            lambda bone: Volume(bone.mask, bone.ijk_to_ras, "mask", side_known=False),
            "which side of the patient is left",
        ),
        (lambda bone: Volume(np.roll(bone.mask, 30, axis=1), bone.ijk_to_ras, "mask"), "is not the bone of this head"),
        (lambda bone: Volume(np.zeros_like(bone.mask), bone.ijk_to_ras, "mask"), "is not the bone of this head"),
    ],
)
def test_a_mask_that_cannot_be_the_edited_bone_is_refused(mask, sentence, restored):
    with pytest.raises(sr.errors.InputError, match=sentence):
        restored.with_mask(mask(restored.bone))


# --- lines


@pytest.mark.slow
def test_a_trim_line_ends_the_implant_and_the_larger_part_stays(restored):
    line = line_across(restored)
    whole = sr.design_implant(restored)
    cut = sr.design_implant(restored, trim=[line])
    turned = sr.design_implant(restored, trim=[line[::-1]])
    assert whole.passed
    assert cut.passed
    assert 0.45 * whole.volume_ml < cut.volume_ml < 0.98 * whole.volume_ml
    assert turned.volume_ml == pytest.approx(cut.volume_ml, rel=1e-3)
    assert len(cut.trim_lines) == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("shift", "sentence"),
    [
        (lambda line: line + 5 * (line - line.mean(axis=0)).mean(axis=0) + [0, 60, 0], "trim line"),
        (lambda line: line[:1].repeat(3, axis=0), "at least two different points"),
        (lambda line: line[:, :2], "at least two different points"),
        (lambda line: line * np.nan, "at least two different points"),
    ],
)
def test_a_line_beside_the_defect_or_no_line_is_refused(shift, sentence, restored):
    with pytest.raises(sr.errors.InputError, match=sentence):
        sr.design_implant(restored, trim=[shift(line_across(restored))])


# --- what is refused on the command line, before anything is written


def markup_with(label, position, **changes):
    point = {"label": label, "position": position}
    return json.dumps(
        {"markups": [{"type": "Fiducial", "coordinateSystem": "LPS", "controlPoints": [point], **changes}]}
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (markup_with("1-99", [0, 0, 0]), "There is no reference point '1-99' in the result"),
        (markup_with("new", [0, 0, 0]), "There is no reference point 'new'"),
        (markup_with("1-03", [0, 0, 0]), r"point 2 \(1-03\) is (not at a defect|\d+ mm below the restored surface)"),
        (markup_with("1-03", [0, "far", 0]), "is no markups file"),
        (markup_with("1-03", [0, 0, float("nan")]), "is no markups file"),
        (markup_with("1-03", [0, 0, 0], coordinateSystem="IJK"), "is not in LPS or RAS millimetres"),
        (markup_with("1-03", [0, 0, 0], coordinateUnits="m"), "is not in LPS or RAS millimetres"),
        ("[]", "is no markups file"),
        ('{"markups": ', "is no markups file"),
        ("[" * 100_000, "is no markups file"),
    ],
)
def test_points_that_cannot_be_used_are_refused_and_nothing_is_written(content, sentence, result, tmp_path):
    (tmp_path / "edited.mrk.json").write_text(content)
    refused = command("implant", result, "--points", tmp_path / "edited.mrk.json", "--revision")
    assert re.search(sentence, error_of(refused))
    assert not [path for path in result.iterdir() if path.is_dir()]


@pytest.mark.slow
def test_a_wrong_line_mask_format_or_folder_is_refused_in_a_sentence(restored, result, tmp_path):
    markups.write_curve(line_across(restored) + 90.0, "Line", tmp_path / "far.mrk.json")
    for arguments, sentence in (
        ((result, "--trim", tmp_path / "far.mrk.json", "--revision"), "trim line is not at a defect"),
        ((result, "--trim", tmp_path / "none.mrk.json", "--revision"), "There is no file"),
        ((result, "--mask", result / "restoration.json", "--revision"), "restoration.json"),
        ((result, "--also", "dicom", "--revision"), "cannot be written as DICOM"),
        ((result, "--out", result), "holds files|already holds a result"),
        ((tmp_path, "--revision"), "holds no case.npz"),
        ((tmp_path / "nowhere", "--revision"), "There is no folder"),
        ((result, "--fixation", "tabs", "--fixation-points", "1-99", "--revision"), "no reference point 1-99"),
    ):
        assert re.search(sentence, error_of(command("implant", *arguments))), arguments
    for arguments in (
        (result,),
        (result, "--revision", "--out", tmp_path / "new"),
        (result, "--revision", "--trim", tmp_path / "far.mrk.json", "--automatic-trim"),
        (result, "--revision", "--perforation", 3),
        (result, "--revision", "--thickness", 50),
    ):
        refused = command("implant", *arguments)
        assert refused.exit_code == 2, refused.output
        assert "Traceback" not in refused.output
    assert not [path for path in result.iterdir() if path.is_dir()]
    assert not (tmp_path / "new").exists()


# --- a case file from anywhere


def archive_of(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {member.filename: archive.read(member) for member in archive.infolist()}


def archived(members):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return packed.getvalue()


def npy(array, **options):
    stream = io.BytesIO()
    np.save(stream, array, **options)
    return stream.getvalue()


def with_values(content, **changes):
    members = archive_of(content)
    values = json.loads(np.load(io.BytesIO(members["values.npy"])).tobytes()) | changes
    return archived(members | {"values.npy": npy(np.frombuffer(json.dumps(values).encode(), np.uint8))})


def with_array(content, **arrays):
    return archived(archive_of(content) | {f"{name}.npy": npy(array) for name, array in arrays.items()})


def claim_huge(content):
    """A member whose header claims more numbers than there is memory for."""
    header = npy(np.zeros(1)).replace(b"(1,), }", b"(99999999999999,), }")[: len(npy(np.zeros(1)))]
    return archived(archive_of(content) | {"outer.npy": header})


@pytest.mark.slow
@pytest.mark.parametrize(
    "spoil",
    [
        lambda c: c[: len(c) // 2],
        lambda c: b"",
        lambda c: b"PK\x03\x04" + c[4:200],
        lambda c: c[:3000] + bytes(200) + c[3200:],
        lambda c: archived({"a/../../b.npy": b""}),
        lambda c: archived({**archive_of(c), "more.npy": npy(np.array([object()]), allow_pickle=True)}),
        claim_huge,
        lambda c: with_values(c, shape=[10**6, 10**6, 10**6]),
        lambda c: with_values(c, shape=[2, 2]),
        lambda c: with_values(c, corner=[-1, 0, 0]),
        lambda c: with_values(c, fill=30000),
        lambda c: with_values(c, level=40),
        lambda c: with_values(c, kind="photograph"),
        lambda c: with_values(c, points=[{"position": [0, 0]}]),
        lambda c: with_values(c, settings={"points": -3}),
        lambda c: with_values(c, iso="high"),
        lambda c: with_values(c, format="something else"),
        lambda c: with_array(c, ijk_to_ras=np.zeros((4, 4))),
        lambda c: with_array(c, ijk_to_ras=np.full((4, 4), np.nan)),
        lambda c: with_array(c, outer=np.zeros(7)),
        lambda c: with_array(c, outer=np.full(40962, np.inf)),
        lambda c: with_array(c, field=np.zeros((2, 2, 2), np.int64)),
        lambda c: with_array(c, skull_faces=np.full((1, 3), 10**8, np.int32)),
    ],
)
def test_a_damaged_or_foreign_case_is_refused_in_a_sentence(spoil, result, tmp_path):
    spoilt = spoil((result / "case.npz").read_bytes())
    with pytest.raises(sr.errors.SkullRestoreError, match="restore the skull again"):
        load_bytes(spoilt, tmp_path / "spoilt")


@pytest.mark.slow
def test_a_case_of_another_version_says_so(result, tmp_path):
    with pytest.raises(sr.errors.InputError, match="written by another version"):
        load_bytes(with_values((result / "case.npz").read_bytes(), version=99), tmp_path / "other")


def test_the_skin_is_kept_with_the_case_so_that_a_redesign_can_raise_the_face_for_it(restored, finished, tmp_path):
    skin, again = restored.detected.analysis.skin, sr.load(finished).detected.analysis.skin
    np.testing.assert_array_equal(skin.radius, again.radius)
    assert np.isfinite(skin.radius).mean() > 0.5
    done = command("implant", finished, "--skin-contour", "temporal", "--out", tmp_path / "raised")
    assert done.exit_code == 0, done.output
    facts = json.loads((tmp_path / "raised" / "restoration.json").read_text(encoding="utf-8"))
    (sentence,) = [found for found in facts["warnings"] if "raised for the skin" in found]
    assert sentence.startswith("Implant 1: the outer face was not raised for the skin, because nowhere would it be")


def test_a_mask_has_no_skin_to_raise_the_face_for(restored):
    mask = sr.restore(Volume(restored.bone.mask, restored.bone.ijk_to_ras, "mask"))
    assert mask.detected.analysis.skin is None
    body = sr.design_implant(mask, skin_contour="everywhere")
    assert any("because the input is a bone mask or a model" in found for found in body.findings)
    assert body.checks.skin is None
