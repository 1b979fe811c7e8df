"""What ``import SkullRestoreLib as sr`` offers, and that it does what it says."""

import ast
import inspect
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import SkullRestoreLib as sr
from SkullRestoreLib._system.progress import run_to_end
from SkullRestoreLib.affine import apply_affine
from SkullRestoreLib.geometry.icosphere import interpolate
from SkullRestoreLib.pipeline.process_case import process_case
from SkullRestoreLib.prediction import models
from SkullRestoreLib.settings import Settings

SOURCE = Path(sr.__file__).read_text(encoding="utf-8")


def test_importing_the_library_takes_no_more_than_50_ms_and_loads_nothing_else():
    program = (
        "import sys, time; before, began = set(sys.modules), time.perf_counter(); import SkullRestoreLib;"
        "took = time.perf_counter() - began; print(took, *(set(sys.modules) - before))"
    )
    seconds = []
    for _ in range(5):
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        took, *loaded = done.stdout.split()
        seconds.append(float(took))
        third_party = {"numpy", "scipy", "torch", "vtk", "SimpleITK"}
        assert not [name for name in loaded if name.split(".")[0] in third_party or "SkullRestoreLib." in name]
    assert min(seconds) <= 0.05


def test_every_public_name_can_be_used_and_is_listed_and_they_are_few():
    assert len(sr.__all__) <= 25
    assert set(sr.__all__) <= set(dir(sr))
    assert all(getattr(sr, name) is not None for name in sr.__all__)
    with pytest.raises(AttributeError, match="no attribute 'restored'"):
        sr.restored  # noqa: B018


def test_a_type_checker_sees_the_same_names_from_the_same_places():
    block = next(node for node in ast.parse(SOURCE).body if isinstance(node, ast.If))
    seen = {}
    for line in block.body:
        for alias in line.names:
            seen[alias.asname or alias.name] = line.module, alias.name
    assert sorted(seen) == sorted(sr.__all__)
    for name, (module, inner) in seen.items():
        value = getattr(sr, name)
        if inspect.ismodule(value):
            assert value.__name__ == f"{module}.{inner}"
        else:
            assert value is getattr(sys.modules[module], inner)


@pytest.mark.parametrize("name", [n for n in sr.__all__ if inspect.isfunction(getattr(sr, n))])
def test_a_public_function_says_what_goes_in_and_out_and_shows_it(name):
    text = inspect.getdoc(getattr(sr, name))
    wanted = ["Parameters", "Examples"] + ["Returns"] * (name != "print_progress")
    assert [section for section in wanted if f"\n{section}\n---" not in text] == []


@pytest.mark.parametrize("name", [n for n in sr.__all__ if inspect.isclass(getattr(sr, n))])
def test_a_public_record_says_what_it_holds_and_shows_it(name):
    text = inspect.getdoc(getattr(sr, name))
    assert "\nExamples\n---" in text
    assert "\nAttributes\n---" in text or "list_settings" in text


# --- restore


@pytest.mark.slow
def test_settings_of_restoration_and_implant_are_keywords_and_a_wrong_one_is_explained(face, monkeypatch):
    result = sr.restore(face.ct, points=12, thickness_mm=5.0)
    assert (result.settings.points, result.settings.implant.thickness_mm) == (12, 5.0)
    assert len(result.points) == 12
    for changes, sentence in (
        ({"thicknes_mm": 4}, "There is no setting 'thicknes_mm'. Did you mean 'thickness_mm'?"),
        ({"points": 3}, "Reference points must be 8 to 200; it was 3."),
        ({"thickness_mm": "thick"}, "Thickness must be a number; it was 'thick'."),
        ({"insertion": 3}, "Insertion direction must be three numbers that are not all 0; it was 3."),
        ({"perforation_mm": 3}, "perforation_mm does nothing without perforations; add perforations"),
        ({"follow_inner_table": True, "thickness_mm": 5}, "thickness_mm and follow_inner_table exclude each other"),
        ({"min_edge_mm": 4, "thickness_mm": 3}, "is more than the thickness of the implant, 3 mm"),
    ):
        with pytest.raises(sr.errors.InputError, match=sentence.replace("?", r"\?")):
            sr.restore(face.ct, **changes)
    with pytest.raises(sr.errors.InputError, match=r"Give a volume or a mesh from read\(\), not str"):
        sr.restore("head.nrrd")


def test_progress_is_called_for_each_step_and_stops_the_work_by_raising(face):
    calls = []
    sr.restore(face.ct, progress=lambda step, fraction: calls.append((step, fraction)))
    fractions = [fraction for _, fraction in calls]
    assert calls[0] == ("load the weights", 0.0)
    assert calls[-1] == ("done", 1.0)
    assert fractions == sorted(fractions)

    class StopNowError(Exception):
        pass

    def stop(step, fraction):
        if step == "find the defects":
            raise StopNowError

    with pytest.raises(StopNowError):
        sr.restore(face.ct, progress=stop)


def test_the_steps_one_by_one_find_the_defects_that_restore_finds(face):
    defects = sr.find_defects(face.tables, face.rays, face.bone, face.pose)
    # a restoration also weighs the bone that the scan blurs, which moves the border by less than a voxel
    assert [d.area_cm2 for d in defects] == pytest.approx([d.area_cm2 for d in face.result.defects], rel=0.03)
    assert np.array_equal(face.pose.ras_to_head, face.result.pose.ras_to_head)


def test_steps_on_different_grids_are_refused(face):
    with pytest.raises(sr.errors.InputError, match="The network needs rays at level 6 or finer"):
        sr.predict(replace(face.rays, level=5))
    with pytest.raises(sr.errors.InputError, match="The tables are at level 6 and the rays at level 5"):
        sr.find_defects(face.tables, replace(face.rays, level=5), face.bone, face.pose)


# --- with_points


def outwards(result, index, mm):
    return result.points[index].position + mm * result.points[index].normal


def test_the_surface_passes_exactly_through_moved_points_and_nothing_is_predicted_again(face, monkeypatch):
    monkeypatch.setattr(models, "load_predictor", lambda *_: pytest.fail("no new inference"))
    result = face.result
    before = result.vault_tables.outer.copy()
    edited = result.with_points({3: outwards(result, 3, 2.0), 10: outwards(result, 10, -1.5).tolist()})
    for index in (3, 10):
        in_head = apply_affine(edited.pose.ras_to_head, edited.points[index].position[None])
        assert np.linalg.norm(in_head) == pytest.approx(interpolate(edited.vault_tables.outer, in_head)[0], abs=1e-4)
        assert edited.points[index].moved
    assert sum(point.moved for point in edited.points) == 2
    assert edited.defects[0].area_cm2 != result.defects[0].area_cm2
    assert np.array_equal(result.vault_tables.outer, before), "the restoration itself is not changed"


def test_a_point_moved_back_gives_the_surface_that_the_program_made(face):
    result = face.result
    edited = result.with_points({3: outwards(result, 3, 2.0)})
    back = edited.with_points({3: result.points[3].position})
    assert np.array_equal(back.patches[0].outer.vertices, result.patches[0].outer.vertices)
    assert np.array_equal(back.restored_bone, result.restored_bone)
    assert not any(point.moved for point in back.points)


@pytest.mark.parametrize(
    ("positions", "sentence"),
    [
        ({99: [0, 0, 0]}, "There is no reference point 99; they are numbered 0 to"),
        ({-1: [0, 0, 0]}, "There is no reference point -1"),
        ({0: [0, 0]}, "must be three numbers in mm RAS"),
        ({0: [0, 0, float("nan")]}, "must be three numbers in mm RAS"),
        ({0: "left"}, "must be three numbers in mm RAS"),
        ({0: [500.0, 0.0, 0.0]}, "is not at a defect|above the restored surface"),
    ],
)
def test_a_point_that_cannot_be_moved_there_is_refused_in_a_sentence(face, positions, sentence):
    with pytest.raises(sr.errors.InputError, match=sentence):
        face.result.with_points(positions)


def test_a_point_given_in_lps_or_far_above_the_skull_is_refused(face):
    result = face.result
    with pytest.raises(sr.errors.InputError, match="positions are in mm RAS"):
        result.with_points({0: result.points[0].position * (-1, -1, 1)})
    with pytest.raises(sr.errors.InputError, match="mm above the restored surface"):
        result.with_points({0: outwards(result, 0, 45.0)})


def test_flatter_and_fuller_surfaces_pass_through_a_moved_point_and_0_is_the_same_to_the_last_bit(face):
    result = face.result.with_points({3: outwards(face.result, 3, 1.0)})
    fuller = result.with_fullness(1.0)
    raised = fuller.vault_tables.outer - result.vault_tables.outer
    assert raised.max() > 0.1
    in_head = apply_affine(result.pose.ras_to_head, result.points[3].position[None])
    assert abs(np.linalg.norm(in_head[0]) - interpolate(fuller.vault_tables.outer, in_head)[0]) < 0.05
    assert fuller.settings.fullness == 1.0
    assert "Fuller surface: 84 % of heads are flatter here." in fuller.findings
    np.testing.assert_array_equal(fuller.with_fullness(0.0).vault_tables.outer, result.vault_tables.outer)


def test_plausible_shapes_are_equally_probable_and_run_from_flat_to_full(face):
    shapes = face.result.plausible_shapes(20)
    assert [round(shape.flatter_share, 3) for shape in shapes] == [round((k + 0.5) / 20, 3) for k in range(20)]
    centre = face.pose.head_to_ras[:3, 3]
    heights = [np.linalg.norm(shape.patches[0].outer.vertices - centre, axis=1) for shape in shapes]
    middle = int((heights[-1] - heights[0]).argmax())
    assert (np.diff([height[middle] for height in heights]) > 0).all()
    flatter, likely, fuller = face.result.plausible_shapes()
    assert (flatter.fullness, likely.fullness) == (-fuller.fullness, 0.0)
    np.testing.assert_array_equal(likely.vault_tables.outer, face.result.vault_tables.outer)


@pytest.mark.parametrize("count", [0, 21, 2.5])
def test_more_shapes_than_can_be_told_apart_are_refused(face, count):
    with pytest.raises(sr.errors.InputError, match="From 1 to 20 shapes"):
        face.result.plausible_shapes(count)


# --- implants and files


@pytest.fixture(scope="module")
def coarse(face):
    """A restoration on a coarser grid: implants are designed in half the time."""
    return sr.restore(face.ct, level=5)


@pytest.fixture(scope="module")
def implant(coarse):
    return sr.design_implant(coarse, defect=1, thickness_mm=5.0)


@pytest.mark.slow
def test_an_implant_has_the_settings_that_were_given_and_its_checks(coarse, implant):
    assert implant.settings == replace(coarse.settings.implant, thickness_mm=5.0)
    assert implant.checks.passed
    assert implant.passed
    assert implant.checks.thickness_mm.median == pytest.approx(5.0, abs=0.3)
    assert coarse.implants == ()


def test_an_implant_for_a_defect_or_a_setting_that_does_not_exist_is_refused(coarse):
    with pytest.raises(sr.errors.InputError, match="There is no defect 2; choose among 1"):
        sr.design_implant(coarse, defect=2)
    with pytest.raises(sr.errors.InputError, match="There is no setting 'points'"):
        sr.design_implant(coarse, points=12)
    with pytest.raises(sr.errors.InputError, match="There is no reference point 1-99 for a fixation"):
        sr.design_implant(coarse, fixation="tabs", fixation_points=("1-99",))


def test_the_implant_that_was_designed_is_the_one_that_is_written(coarse, implant, tmp_path):
    written = sr.write(coarse, tmp_path / "out", implants=[implant])
    facts = json.loads((tmp_path / "out" / "restoration.json").read_text(encoding="utf-8"))
    assert facts["settings"]["implant"]["thickness_mm"] == 5.0
    assert facts["defects"][0]["implant"]["volume_ml"] == pytest.approx(implant.volume_ml, abs=1e-3)
    assert written.implants == (implant,)
    assert written.not_passed == {}


def test_an_implant_designed_before_a_point_was_moved_is_not_written(coarse, implant, tmp_path):
    edited = coarse.with_points({3: outwards(coarse, 3, 2.0)})
    with pytest.raises(sr.errors.InputError, match="The implant for defect 1 was designed on another surface"):
        sr.write(edited, tmp_path / "out", implants=[implant])
    assert not (tmp_path / "out").exists()


def test_moving_a_point_drops_the_implants(coarse, implant, tmp_path):
    written = sr.write(coarse, tmp_path / "out", implants=[implant])
    edited = written.with_points({3: outwards(coarse, 3, 2.0)})
    assert (edited.implants, edited.implant_mask) == ((), None)


def test_a_format_that_does_not_exist_or_a_folder_that_is_in_use_is_refused_before_any_work(coarse, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(sr.errors.InputError, match="A result cannot be written as 'step'"):
        sr.write(coarse, tmp_path / "out", formats=("stl", "step"))
    with pytest.raises(sr.errors.OutputError):
        sr.write(coarse, tmp_path, progress=lambda *_: pytest.fail("no work"))


def test_write_writes_what_the_command_line_writes(home, coarse, tmp_path):
    sr.write(coarse, tmp_path / "face")
    settings = Settings(level=5, case_code=coarse.settings.case_code)
    run_to_end(process_case(home / "sample", tmp_path / "line", settings))
    names = sorted(path.name for path in (tmp_path / "line").iterdir())
    assert sorted(path.name for path in (tmp_path / "face").iterdir()) == names
    for name in names:
        if name not in ("report.html", "restoration.json"):
            assert (tmp_path / "face" / name).read_bytes() == (tmp_path / "line" / name).read_bytes(), name
    ours, theirs = (
        json.loads((tmp_path / folder / "restoration.json").read_text(encoding="utf-8")) for folder in ("face", "line")
    )
    for timing in ("seconds", "seconds_total", "peak_memory_mb", "files"):  # the reports hold the times too
        ours.pop(timing), theirs.pop(timing)
    assert ours == theirs


# --- compare


@pytest.mark.slow
def test_the_comparison_with_the_skull_before_measures_each_defect_and_all_together(home, face):
    comparison = sr.compare(face.result, sr.read("sample/truth/intact.nrrd"))
    (defect,) = comparison.defect_comparisons
    assert comparison.deviation == defect.deviation, "there is one defect"
    assert 0.0 < comparison.deviation.rms_mm < 1.5
    assert defect.share > 0.9
    assert abs(defect.area_error_cm2) < 0.1 * defect.area_cm2


@pytest.mark.slow
def test_a_comparison_needs_a_skull_of_the_same_patient(home, face):
    with pytest.raises(sr.errors.InputError, match="no bone at any of the defects"):
        sr.compare(face.result, face.ct)
