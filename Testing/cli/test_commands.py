"""The command line: what it prints, what it writes, how it ends. A small pipeline stands for the real one."""

import ast
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from helpers_cli import module, one_sentence, run
from helpers_restoration import make_restoration

import SkullRestoreLib
from SkullRestoreLib.errors import InputError, WeightsError
from SkullRestoreLib.records import ImplantSettings, Settings

# --- the main job


def test_restore_writes_the_folder_and_shows_the_table(small_pipeline, tmp_path):
    result = run("restore", "head", "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    # six views, and the implant from outside, from inside, the plan of its sections and these
    assert (tmp_path / "out" / "report.html").read_text().count("<img") >= 6 + 3 + 3
    assert (tmp_path / "out" / "implant_1.stl").is_file()
    assert "38.2" in result.stdout
    assert "parietal" in result.stdout
    assert "Research use only" in " ".join(result.stdout.split())


def test_every_step_is_printed_with_its_seconds(small_pipeline, tmp_path):
    result = run("restore", "head", "--out", tmp_path / "out")
    steps = [line.rsplit(maxsplit=2)[0] for line in result.stderr.splitlines() if line.endswith(" s")]
    assert steps == [
        "read the input",
        "head frame",
        "predicted shell",
        "implants",
        "draw the pictures",
        "write the files",
    ]


def test_options_reach_the_settings(small_pipeline, tmp_path):
    options = [
        "--threshold",
        "350",
        "--min-area",
        "2.5",
        "--points",
        "32",
        "--thickness",
        "5",
        "--clearance",
        "0.5",
        "--level",
        "7",
        "--device",
        "cuda:1",
        "--weights",
        "w.safetensors",
    ]
    assert run("restore", "head", "--out", tmp_path / "out", *options).exit_code == 0
    assert small_pipeline.settings == Settings(
        threshold_hu=350,
        min_area_cm2=2.5,
        points=32,
        level=7,
        device="cuda:1",
        weights="w.safetensors",
        implant=ImplantSettings(thickness_mm=5, clearance_mm=0.5),
    )


def test_without_options_the_settings_are_the_librarys_own(small_pipeline, tmp_path):
    assert run("restore", "head", "--out", tmp_path / "out").exit_code == 0
    assert small_pipeline.settings == Settings()


def test_settings_of_the_implant_are_options_too(small_pipeline, tmp_path):
    options = [
        "--bevel",
        "15",
        "--no-trim-undercuts",
        "--perforations",
        "--fixation",
        "tabs",
        "--fixation-points",
        "1-01, 1-07",
        "--insertion",
        "0,0.5,-1",
    ]
    assert run("restore", "head", "--out", tmp_path / "out", *options).exit_code == 0
    chosen = small_pipeline.settings.implant
    assert (chosen.bevel_deg, chosen.trim_undercuts, chosen.perforations, chosen.fixation) == (15, False, True, "tabs")
    assert (chosen.fixation_points, chosen.insertion) == (("1-01", "1-07"), (0.0, 0.5, -1.0))


@pytest.mark.parametrize(
    "wrong", [["--insertion", "down"], ["--insertion", "0,0"], ["--fixation", "glue"], ["--bevel", "80"]]
)
def test_a_wrong_setting_of_the_implant_is_refused_before_anything_is_read(small_pipeline, tmp_path, wrong):
    assert run("restore", "head", "--out", tmp_path / "out", *wrong).exit_code == 2
    assert small_pipeline.source is None


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (["--clearance", "5"], "Clearance must be 0 to 3 mm; it was 5 mm."),
        (["--bevel", "80"], "Bevel must be 0 to 45 °; it was 80 °."),
        (["--min-area", "0"], "Smallest defect must be 0.1 to 200 cm²; it was 0 cm²."),
        (["--perforation", "3"], "--perforation does nothing without --perforations"),
        (["--hole-to-edge", "6"], "--hole-to-edge does nothing without --perforations or --suture-holes"),
        (["--onlay-thickness", "2"], "--onlay-thickness does nothing without --onlay"),
        (["--perforations", "--perforation", "6", "--perforation-spacing", "4"], "leave no material between them"),
        (["--fixation", "tabs", "--fixation-points", "1-25"], "There will be no reference point 1-25"),
        (["--fixation", "tabs", "--fixation-points", "1-02,1-2"], "names 1-02 more than once"),
        (["--fixation", "tabs", "--fixation-points", "1-2", "--fixation-count", "3"], "exclude each other"),
        (["--thickness", "2", "--rim-radius", "2"], "needs a thickness of at least 4 mm"),
        (["--parts", "2", "--thickness", "2", "--joint-gap", "1"], "Thickness must be at least 2.6 mm"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
@pytest.mark.parametrize("command", ["restore", "batch"])
def test_what_contradicts_is_refused_in_a_sentence_before_anything_is_read(
    small_pipeline, tmp_path, command, wrong, sentence
):
    result = run(command, "head", "--out", tmp_path / "out", *wrong)
    assert result.exit_code == 2
    words = " ".join(result.stderr.replace("│", " ").split())
    assert sentence in words
    assert small_pipeline.source is None
    assert not (tmp_path / "out").exists()


def test_tabs_are_as_thick_as_the_onlay_setting_says(small_pipeline, tmp_path):
    options = ["--fixation", "tabs", "--onlay-thickness", "2"]
    assert run("restore", "head", "--out", tmp_path / "out", *options).exit_code == 0
    assert small_pipeline.settings.implant.onlay_thickness_mm == 2


def test_further_files_are_written_when_asked(small_pipeline, tmp_path):
    assert (
        run("restore", "head", "--out", tmp_path / "out", "--also", "pdf", "--also", "3mf", "--also", "ply").exit_code
        == 0
    )
    there = {p.name for p in (tmp_path / "out").iterdir()}
    assert {"report.pdf", "implants.3mf", "implant_1.ply", "implant_1.stl"} <= there
    assert (tmp_path / "out" / "report.pdf").read_bytes().startswith(b"%PDF")


def test_dicom_objects_of_an_input_that_is_no_dicom_are_refused_and_nothing_is_left(small_pipeline, tmp_path):
    result = run("restore", "head", "--out", tmp_path / "out", "--also", "dicom")
    assert result.exit_code == 2
    assert "only be made from a DICOM input" in one_sentence(result)
    assert not (tmp_path / "out").exists()
    assert small_pipeline.source is None, "the restoration was done for nothing"


@pytest.mark.parametrize(("name", "module", "package"), [("pdf", "fpdf", "fpdf2"), ("dicom", "highdicom", "highdicom")])
def test_a_format_whose_package_is_missing_is_refused_before_anything_is_read(
    small_pipeline, tmp_path, monkeypatch, name, module, package
):
    monkeypatch.setitem(sys.modules, module, None)
    result = run("restore", "head", "--out", tmp_path / "out", "--also", name)
    assert result.exit_code == 2
    assert f"pip install {package}" in one_sentence(result)
    assert small_pipeline.source is None


def test_a_series_is_chosen_by_number_or_uid(small_pipeline, tmp_path):
    for series, reaches in (("2", "2"), ("1.2.840.5", "'1.2.840.5'")):
        assert run("restore", "head", "--out", tmp_path / series, "--series", series).exit_code == 0
        assert small_pipeline.source.uid == reaches


def test_no_defect_is_a_success_that_says_so(small_pipeline, tmp_path):
    small_pipeline.made = make_restoration(defects=0)
    result = run("restore", "head", "--out", tmp_path / "out")
    assert result.exit_code == 0
    assert "No defect of the skull vault was found" in result.stdout


# --- wrong options


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--points", "3"], "--points"),
        (["--level", "9"], "--level"),
        (["--clearance", "-1"], "--clearance"),
        (["--thickness", "0.2"], "--thickness"),
        (["--min-area", "0"], "--min-area"),
        (["--threshold", "9000"], "--threshold"),
        (["--device", "gpu"], "cuda:0"),
        (["--thickness", "4", "--follow-inner-table"], "exclude each other"),
        (["--perforation", "3"], "--perforation does nothing without --perforations"),
        (["--perforation-spacing", "10"], "--perforation-spacing does nothing without --perforations"),
        (["--min-thickness", "3"], "--min-thickness does nothing without --follow-inner-table"),
        (["--onlay-thickness", "1"], "--onlay-thickness does nothing without --onlay"),
        (["--suture-hole", "2"], "--suture-hole does nothing without --suture-holes"),
        (["--fixation-points", "1-01"], "--fixation-points does nothing without --fixation"),
        (["--lap", "4"], "--lap does nothing without --parts"),
        (["--fixation", "tabs", "--fixation-points", "first"], "reference points such as 1-03"),
        (["--fixation", "tabs", "--fixation-points", "1-25"], "There will be no reference point 1-25"),
        (["--perforations", "--perforation", "6", "--perforation-spacing", "4"], "leave no material between them"),
    ],
)
def test_a_value_out_of_range_is_refused_before_anything_is_read(small_pipeline, tmp_path, options, expected):
    result = run("restore", "head", "--out", tmp_path / "out", *options)
    assert result.exit_code == 2
    assert expected in " ".join(result.stderr.replace("│", " ").split())
    assert small_pipeline.source is None


# --- ways to fail


@pytest.mark.parametrize(
    ("problem", "code", "expected"),
    [
        (InputError("This is an MR series; give a CT."), 2, "This is an MR series; give a CT."),
        (WeightsError("The weights are damaged."), 2, "The weights are damaged."),
        (ModuleNotFoundError("No module named 'torch'", name="torch"), 2, "pip install torch"),
        (MemoryError(), 2, "not enough memory"),
        (ZeroDivisionError("division by zero"), 1, "--debug"),
    ],
)
def test_a_run_that_fails_says_why_in_one_sentence_and_leaves_nothing(
    small_pipeline, tmp_path, problem, code, expected
):
    small_pipeline.problem = problem
    result = run("restore", "head", "--out", tmp_path / "out")
    assert result.exit_code == code
    assert expected in one_sentence(result)
    assert list(tmp_path.iterdir()) == []


def test_with_debug_the_unexpected_keeps_its_traceback(small_pipeline, tmp_path):
    small_pipeline.problem = ZeroDivisionError("division by zero")
    result = run("--debug", "restore", "head", "--out", tmp_path / "out")
    assert isinstance(result.exception, ZeroDivisionError)


def test_ctrl_c_stops_the_pipeline_exits_130_and_leaves_nothing(small_pipeline, tmp_path):
    small_pipeline.problem = KeyboardInterrupt()
    result = run("restore", "head", "--out", tmp_path / "out")
    assert result.exit_code == 130
    assert "Nothing was written" in result.stderr
    assert small_pipeline.closed
    assert list(tmp_path.iterdir()) == []


def test_an_output_folder_that_exists_is_refused_before_anything_is_read(small_pipeline, tmp_path):
    (tmp_path / "letter.txt").write_text("x")
    result = run("restore", "head", "--out", tmp_path)
    assert result.exit_code == 2
    assert "letter.txt" in one_sentence(result)
    assert small_pipeline.source is None


def test_an_earlier_result_is_replaced_only_with_force_and_only_by_a_complete_one(small_pipeline, tmp_path):
    out = tmp_path / "out"
    assert run("restore", "head", "--out", out).exit_code == 0
    assert "--force" in one_sentence(run("restore", "head", "--out", out))
    small_pipeline.problem = InputError("no bone")
    assert run("restore", "head", "--out", out, "--force").exit_code == 2
    assert (out / "implant_1.stl").is_file()
    small_pipeline.problem, small_pipeline.made = None, make_restoration(defects=0)
    assert run("restore", "head", "--out", out, "--force").exit_code == 0
    assert not (out / "implant_1.stl").exists()


def test_a_full_disk_is_reported(small_pipeline, tmp_path, monkeypatch):
    from SkullRestoreLib.io import write

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(write, "write_mesh", full)
    result = run("restore", "head", "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert "is full" in one_sentence(result)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to catch")
@pytest.mark.parametrize(("sent", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_real_process_that_is_stopped_leaves_nothing(tmp_path, sent, code):
    slow_writing = """
import signal, time
# a test run in the background of a shell passes on that Ctrl-C is ignored
signal.signal(signal.SIGINT, signal.default_int_handler)
from SkullRestoreLib.io import write
def slow(*_):
    print("writing", flush=True); time.sleep(60)
write.write_reference_points = slow
"""
    command = [sys.executable, Path(__file__).parents[1] / "helpers_stand_in.py", "restore", "head"]
    process = subprocess.Popen(
        [*command, "--out", tmp_path / "out"],
        env={**os.environ, "FAULT": slow_writing},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "writing\n"
    assert next(iter(tmp_path.iterdir())).name.startswith(".out.partial-")
    os.kill(process.pid, sent)
    _, stderr = process.communicate(timeout=30)
    assert process.returncode == code
    assert "Traceback" not in stderr
    assert list(tmp_path.iterdir()) == []


# --- info


def test_info_shows_a_finished_restoration(small_pipeline, tmp_path):
    run("restore", "head", "--out", tmp_path / "out")
    result = run("info", tmp_path / "out")
    assert result.exit_code == 0
    assert "38.2" in result.stdout


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (None, "holds no restoration"),
        ("{", "is damaged"),
        ("[]", "is damaged"),
        ("[" * 100_000, "is damaged"),  # deeper than the parser goes
        ('{"schema": 2}', "is damaged"),
        ('{"schema": 2, "defects": 5}', "is damaged"),
        ('{"schema": 99}', "another version"),
    ],
    ids=["nothing", "half", "list", "deep", "empty", "number", "later"],
)
def test_info_refuses_what_is_no_restoration(tmp_path, content, expected):
    if content is not None:
        (tmp_path / "restoration.json").write_text(content)
    result = run("info", tmp_path)
    assert result.exit_code == 2
    assert expected in one_sentence(result)


def test_the_schema_that_is_written_is_one_that_info_knows():
    from SkullRestoreLib import report
    from SkullRestoreLib.cli import console

    assert report.SCHEMA_VERSION in console.KNOWN_SCHEMAS


# --- help


def test_the_command_line_is_a_module_too():
    command = [sys.executable, "-m", "SkullRestoreLib.cli", "--version"]
    printed = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == f"SkullRestore {SkullRestoreLib.__version__}"


def test_help_teaches_with_examples_units_and_the_safety_note():
    first = " ".join(run("--help").stdout.split())
    assert "Research use only" in first
    assert "skullrestore phantom --out sample" in first
    text = " ".join(run("restore", "--help").stdout.replace("│", " ").split())
    for word in ("HU", "cm²", "mm", "DICOM", "Example:"):
        assert word in text


def test_the_version_is_printed():
    assert run("--version").stdout.strip() == f"SkullRestore {SkullRestoreLib.__version__}"


# --- the other commands


def write_head(folder, **options):
    (folder / "phantom.json").write_text(repr(options))


def test_phantom_passes_its_options_on_and_says_how_to_continue(monkeypatch, tmp_path):
    module(monkeypatch, "phantom", write_phantom=write_head, is_phantom_file=lambda name: name == "phantom.json")
    result = run(
        "phantom", "--out", tmp_path / "out", "--seed", "7", "--place", "parietal", "--bilateral", "--slice", "2.5"
    )
    assert result.exit_code == 0, result.output
    options = ast.literal_eval((tmp_path / "out" / "phantom.json").read_text())
    assert options == {
        "seed": 7,
        "size_cm": 8.0,
        "place": "parietal",
        "bilateral": True,
        "metal": False,
        "slice_mm": 2.5,
        "noise_hu": 15.0,
    }
    assert "skullrestore restore" in " ".join(result.stdout.split())


def test_a_phantom_that_fails_leaves_no_half_written_folder(monkeypatch, tmp_path):
    def fail(folder, **options):
        write_head(folder, **options)
        raise OSError(28, "No space left on device")

    module(monkeypatch, "phantom", write_phantom=fail, is_phantom_file=lambda name: name == "phantom.json")
    result = run("phantom", "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert "is full" in one_sentence(result)
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_is_not_known_is_refused_with_the_known_ones(tmp_path):
    result = run("phantom", "--out", tmp_path / "out", "--place", "chin")
    assert result.exit_code == 2
    assert "parietal" in " ".join(result.stderr.replace("│", " ").split())


# --- training


class Training:
    """Stands for the training: remembers its arguments, and raises ``problem``."""

    def __init__(self):
        self.arguments, self.problem = None, None

    def train(self, skulls, out, options, *, holed=None, force=False):
        import logging

        self.arguments = (skulls, out, options, holed, force)
        logging.getLogger("SkullRestoreLib.training.run").info("tracing in 4 poses: 007 (3 of 9)")
        if self.problem is not None:
            raise self.problem
        return out / "network.safetensors"


@pytest.fixture
def training(monkeypatch):
    from SkullRestoreLib.training import run as real

    made = Training()
    monkeypatch.setattr(real, "train", made.train)
    return made


def test_train_passes_its_options_on_and_says_where_the_weights_are(training, tmp_path):
    from SkullRestoreLib.training.run import TrainingOptions

    options = "--held-out 003,017 --same-patient 011,042,holed/040 --same-patient 018,holed/003 --samples 500"
    more = "--epochs 5 --batch 4 --poses 2 --workers 3 --seed 7 --device cpu --devices 2 --nodes 2 --holed more --force"
    result = run("train", "--skulls", "skulls", "--out", tmp_path, *options.split(), *more.split())
    assert result.exit_code == 0, result.output
    groups = (("011", "042", "holed/040"), ("018", "holed/003"))
    numbers = {"samples": 500, "batch": 4, "epochs": 5, "poses": 2, "workers": 3, "seed": 7, "devices": 2, "nodes": 2}
    wanted = TrainingOptions(**numbers, device="cpu", held_out=("003", "017"), same_patient=groups)
    assert training.arguments == (Path("skulls"), tmp_path, wanted, Path("more"), True)
    assert "network.safetensors" in result.stdout
    assert "split.json" in result.stdout


def test_train_without_options_uses_the_librarys_own(training, tmp_path):
    from SkullRestoreLib.training.run import TrainingOptions

    assert run("train", "--skulls", "skulls", "--out", tmp_path).exit_code == 0
    assert training.arguments == (Path("skulls"), tmp_path, TrainingOptions(), None, False)


def test_names_may_stand_in_text_files(training, tmp_path):
    (tmp_path / "test.txt").write_text("003\n017, 020\n")
    (tmp_path / "patients.txt").write_text("011 042\n\n018,holed/003\n")
    names = ("--held-out", tmp_path / "test.txt", "--same-patient", tmp_path / "patients.txt")
    assert run("train", "--skulls", "skulls", "--out", tmp_path, *names).exit_code == 0
    options = training.arguments[2]
    assert options.held_out == ("003", "017", "020")
    assert options.same_patient == (("011", "042"), ("018", "holed/003"))


def test_training_prints_what_it_is_doing(training, tmp_path):
    result = run("train", "--skulls", "skulls", "--out", tmp_path)
    assert "tracing in 4 poses: 007 (3 of 9)" in " ".join(result.stderr.split())


@pytest.mark.parametrize("stopped", [KeyboardInterrupt(), SystemExit(1)], ids=["by hand", "by Lightning"])
def test_training_that_is_stopped_says_how_to_continue(training, tmp_path, stopped):
    training.problem = stopped
    result = run("train", "--skulls", "skulls", "--out", tmp_path)
    assert result.exit_code == 130
    assert "continues from there" in result.stderr


def test_training_that_fails_says_why_in_one_sentence(training, tmp_path):
    training.problem = InputError("Only 3 skulls can be learnt from.")
    result = run("train", "--skulls", "skulls", "--out", tmp_path)
    assert result.exit_code == 2
    assert "Only 3 skulls" in one_sentence(result)


def test_a_missing_folder_of_skulls_is_reported(tmp_path):
    result = run("train", "--skulls", tmp_path / "none", "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert "is no folder" in one_sentence(result)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("lost", ["lightning", "matplotlib"])
def test_training_without_its_packages_says_how_to_install_them(monkeypatch, tmp_path, lost):
    monkeypatch.setitem(sys.modules, lost, None)
    result = run("train", "--skulls", tmp_path, "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert f"pip install {lost}" in one_sentence(result)


@pytest.mark.parametrize(
    "wrong", [("--devices", "0"), ("--devices", "many"), ("--epochs", "0"), ("--device", "gpu"), ("--batch", "-1")]
)
def test_a_training_option_out_of_range_is_refused(training, tmp_path, wrong):
    result = run("train", "--skulls", "skulls", "--out", tmp_path, *wrong)
    assert result.exit_code == 2
    assert wrong[0] in " ".join(result.stderr.replace("│", " ").split())
    assert training.arguments is None


def test_the_help_of_training_teaches():
    text = " ".join(run("train", "--help").stdout.replace("│", " ").split())
    for word in ("Example:", "at least 8 skulls", "continues where it stopped", "split.json", "--held-out"):
        assert word in text
