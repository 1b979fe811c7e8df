"""The command line: what it says, what it writes, how it ends. The corridor is replaced by a small one."""

import ast
import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from helpers_restoration import oblique_grid, restoration
from typer.testing import CliRunner

import SkullRestoreLib
from SkullRestoreLib import cli, render
from SkullRestoreLib.case import ImplantSettings, InputError, Settings, Volume, WeightsError


def module(monkeypatch, name, **content):
    """Put a small module in the place of a room."""
    fake = ModuleType(f"SkullRestoreLib.{name}")
    fake.__dict__.update(content)
    monkeypatch.setitem(sys.modules, fake.__name__, fake)
    monkeypatch.setattr(SkullRestoreLib, name, fake, raising=False)
    return fake


class Corridor:
    """Stands for the pipeline: remembers what it was given, ends as told."""

    def __init__(self, made=None, problem=None):
        self.made, self.problem = made or restoration(), problem
        self.settings = self.source = None
        self.closed = False

    def restore(self, source, settings):
        self.source, self.settings = source, settings
        try:
            yield "head frame", 0.2
            yield "predicted shell", 0.6
            if self.problem is not None:
                raise self.problem
            yield "implants", 0.9
            return self.made
        finally:
            self.closed = True


@pytest.fixture
def corridor(monkeypatch):
    corridor = Corridor()
    module(monkeypatch, "pipeline", restore=lambda *args: corridor.restore(*args))
    monkeypatch.setattr(render, "pictures", partial(render.pictures, size=(60, 50)))  # large ones take seconds and show nothing more here
    module(monkeypatch, "read", read=lambda path, series=None: Volume(np.zeros((2, 2, 2), bool), oblique_grid(), "mask", uid=repr(series)))
    return corridor


def run(*arguments):
    return CliRunner().invoke(cli.app, [str(a) for a in arguments])


def one_sentence(result):
    """The error that the user reads: one line, no traceback."""
    assert "Traceback" not in result.output
    lines = [line for line in result.stderr.splitlines() if line.startswith("Error: ")]
    assert len(lines) == 1, result.stderr
    return lines[0]


# --- the main job


def test_restore_writes_the_folder_and_shows_the_table(corridor, tmp_path):
    result = run("restore", "head", "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "out" / "report.html").read_text().count(
        "<img"
    ) == 6 + 3  # six views, and the implant from outside, from inside and cut
    assert (tmp_path / "out" / "implant_1.stl").is_file()
    assert "38.2" in result.stdout
    assert "parietal" in result.stdout
    assert "Research use only" in " ".join(result.stdout.split())


def test_every_step_is_told_with_its_seconds(corridor, tmp_path):
    result = run("restore", "head", "--out", tmp_path / "out")
    told = [line.rsplit(maxsplit=2)[0] for line in result.stderr.splitlines() if line.endswith(" s")]
    assert told == ["read the input", "head frame", "predicted shell", "implants", "draw the pictures", "write the files"]


def test_options_reach_the_settings(corridor, tmp_path):
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
    assert corridor.settings == Settings(350, 2.5, 32, 7, "cuda:1", "w.safetensors", ImplantSettings(thickness_mm=5, clearance_mm=0.5))


def test_without_options_the_settings_are_the_librarys_own(corridor, tmp_path):
    assert run("restore", "head", "--out", tmp_path / "out").exit_code == 0
    assert corridor.settings == Settings()


def test_settings_of_the_implant_are_options_too(corridor, tmp_path):
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
    chosen = corridor.settings.implant
    assert (chosen.bevel_deg, chosen.trim_undercuts, chosen.perforations, chosen.fixation) == (15, False, True, "tabs")
    assert (chosen.fixation_points, chosen.insertion) == (("1-01", "1-07"), (0.0, 0.5, -1.0))


@pytest.mark.parametrize("wrong", [["--insertion", "down"], ["--insertion", "0,0"], ["--fixation", "glue"], ["--bevel", "80"]])
def test_a_wrong_setting_of_the_implant_is_refused_before_anything_is_read(corridor, tmp_path, wrong):
    assert run("restore", "head", "--out", tmp_path / "out", *wrong).exit_code == 2
    assert corridor.source is None


def test_further_files_are_written_when_asked(corridor, tmp_path):
    assert run("restore", "head", "--out", tmp_path / "out", "--also", "pdf", "--also", "3mf", "--also", "ply").exit_code == 0
    there = {p.name for p in (tmp_path / "out").iterdir()}
    assert {"report.pdf", "implants.3mf", "implant_1.ply", "implant_1.stl"} <= there
    assert (tmp_path / "out" / "report.pdf").read_bytes().startswith(b"%PDF")


def test_dicom_objects_of_an_input_that_is_no_dicom_are_refused_and_nothing_is_left(corridor, tmp_path):
    result = run("restore", "head", "--out", tmp_path / "out", "--also", "dicom")
    assert result.exit_code == 2
    assert "only be made from a DICOM input" in one_sentence(result)
    assert not (tmp_path / "out").exists()


def test_a_series_is_chosen_by_number_or_uid(corridor, tmp_path):
    for given, reaches in (("2", "2"), ("1.2.840.5", "'1.2.840.5'")):
        assert run("restore", "head", "--out", tmp_path / given, "--series", given).exit_code == 0
        assert corridor.source.uid == reaches


def test_no_defect_is_a_success_that_says_so(corridor, tmp_path):
    corridor.made = restoration(defects=0)
    result = run("restore", "head", "--out", tmp_path / "out")
    assert result.exit_code == 0
    assert "No defect of the skull vault was found" in result.stdout


# --- wrong options


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--points", "3"], "--points"),
        (["--level", "9"], "--level"),
        (["--clearance", "-1"], "--clearance"),
        (["--thickness", "0.2"], "--thickness"),
        (["--min-area", "0"], "--min-area"),
        (["--threshold", "9000"], "--threshold"),
        (["--device", "gpu"], "cuda:0"),
        (["--thickness", "4", "--follow-inner-table"], "exclude each other"),
    ],
)
def test_a_value_out_of_range_is_refused_before_anything_is_read(corridor, tmp_path, options, said):
    result = run("restore", "head", "--out", tmp_path / "out", *options)
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.replace("│", " ").split())
    assert corridor.source is None


# --- ways to fail


@pytest.mark.parametrize(
    ("problem", "code", "said"),
    [
        (InputError("This is an MR series; give a CT."), 2, "This is an MR series; give a CT."),
        (WeightsError("The weights are damaged."), 2, "The weights are damaged."),
        (ModuleNotFoundError("No module named 'torch'", name="torch"), 2, "pip install torch"),
        (MemoryError(), 2, "not enough memory"),
        (ZeroDivisionError("division by zero"), 1, "--debug"),
    ],
)
def test_a_run_that_fails_says_why_in_one_sentence_and_leaves_nothing(corridor, tmp_path, problem, code, said):
    corridor.problem = problem
    result = run("restore", "head", "--out", tmp_path / "out")
    assert result.exit_code == code
    assert said in one_sentence(result)
    assert list(tmp_path.iterdir()) == []


def test_with_debug_the_unexpected_keeps_its_traceback(corridor, tmp_path):
    corridor.problem = ZeroDivisionError("division by zero")
    result = run("--debug", "restore", "head", "--out", tmp_path / "out")
    assert isinstance(result.exception, ZeroDivisionError)


def test_ctrl_c_stops_the_corridor_exits_130_and_leaves_nothing(corridor, tmp_path):
    corridor.problem = KeyboardInterrupt()
    result = run("restore", "head", "--out", tmp_path / "out")
    assert result.exit_code == 130
    assert "Nothing was written" in result.stderr
    assert corridor.closed
    assert list(tmp_path.iterdir()) == []


def test_an_output_folder_that_exists_is_refused_before_anything_is_read(corridor, tmp_path):
    (tmp_path / "letter.txt").write_text("x")
    result = run("restore", "head", "--out", tmp_path)
    assert result.exit_code == 2
    assert "letter.txt" in one_sentence(result)
    assert corridor.source is None


def test_an_earlier_result_is_replaced_only_with_force_and_only_by_a_complete_one(corridor, tmp_path):
    out = tmp_path / "out"
    assert run("restore", "head", "--out", out).exit_code == 0
    assert "--force" in one_sentence(run("restore", "head", "--out", out))
    corridor.problem = InputError("no bone")
    assert run("restore", "head", "--out", out, "--force").exit_code == 2
    assert (out / "implant_1.stl").is_file()
    corridor.problem, corridor.made = None, restoration(defects=0)
    assert run("restore", "head", "--out", out, "--force").exit_code == 0
    assert not (out / "implant_1.stl").exists()


def test_a_disk_that_is_full_is_said(corridor, tmp_path, monkeypatch):
    from SkullRestoreLib import export

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(export, "write_mesh", full)
    result = run("restore", "head", "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert "is full" in one_sentence(result)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to catch")
@pytest.mark.parametrize(("sent", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_real_process_that_is_stopped_leaves_nothing(tmp_path, sent, code):
    program = f"""
import signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # a test run in the background of a shell hands down that Ctrl-C is ignored
sys.path.insert(0, {str(Path(__file__).parent)!r})
import helpers_restoration, types, SkullRestoreLib
from SkullRestoreLib import cli, export
def fake(name, **content):
    module = types.ModuleType("SkullRestoreLib." + name); module.__dict__.update(content)
    sys.modules[module.__name__] = module; setattr(SkullRestoreLib, name, module)
def restore(source, settings):
    yield "surface", 0.5
    return helpers_restoration.restoration()
def slow(*_):
    print("writing", flush=True); time.sleep(60)
fake("pipeline", restore=restore); fake("read", read=lambda *a, **k: None)
export.write_reference_points = slow
sys.argv = ["skullrestore", "restore", "head", "--out", {str(tmp_path / "out")!r}]
cli.main()
"""
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "writing\n"
    assert next(iter(tmp_path.iterdir())).name.startswith(".out.partial-")
    os.kill(process.pid, sent)
    _, stderr = process.communicate(timeout=30)
    assert process.returncode == code
    assert "Traceback" not in stderr
    assert list(tmp_path.iterdir()) == []


# --- info


def test_info_shows_a_finished_restoration(corridor, tmp_path):
    run("restore", "head", "--out", tmp_path / "out")
    result = run("info", tmp_path / "out")
    assert result.exit_code == 0
    assert "38.2" in result.stdout


@pytest.mark.parametrize(
    ("content", "said"),
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
def test_info_refuses_what_is_no_restoration(tmp_path, content, said):
    if content is not None:
        (tmp_path / "restoration.json").write_text(content)
    result = run("info", tmp_path)
    assert result.exit_code == 2
    assert said in one_sentence(result)


def test_the_schema_that_is_written_is_one_that_info_knows():
    from SkullRestoreLib import cli_show, report

    assert report.SCHEMA in cli_show.SCHEMAS


# --- help


def test_help_teaches_with_examples_units_and_the_safety_note():
    first = " ".join(run("--help").stdout.split())
    assert "Research use only" in first
    assert "skullrestore phantom --out sample" in first
    said = " ".join(run("restore", "--help").stdout.replace("│", " ").split())
    for word in ("HU", "cm²", "mm", "DICOM", "Example:"):
        assert word in said


def test_the_version_is_told():
    assert run("--version").stdout.strip() == f"SkullRestore {SkullRestoreLib.__version__}"


# --- the other commands hand their options on


def write_head(folder, **options):
    (folder / "phantom.json").write_text(repr(options))


def test_phantom_hands_its_options_on_and_says_how_to_go_on(monkeypatch, tmp_path):
    module(monkeypatch, "phantom", write_case=write_head, is_ours=lambda name: name == "phantom.json")
    result = run("phantom", "--out", tmp_path / "out", "--seed", "7", "--place", "parietal", "--bilateral", "--slice", "2.5")
    assert result.exit_code == 0, result.output
    options = ast.literal_eval((tmp_path / "out" / "phantom.json").read_text())
    assert options == {"seed": 7, "size_cm": 8.0, "place": "parietal", "bilateral": True, "metal": False, "slice_mm": 2.5, "noise_hu": 15.0}
    assert "skullrestore restore" in " ".join(result.stdout.split())


def test_a_phantom_that_fails_leaves_no_half_written_folder(monkeypatch, tmp_path):
    def fail(folder, **options):
        write_head(folder, **options)
        raise OSError(28, "No space left on device")

    module(monkeypatch, "phantom", write_case=fail, is_ours=lambda name: name == "phantom.json")
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
    """Stands for the training: remembers what it was given, ends as told."""

    def __init__(self):
        self.given, self.problem = None, None

    def train(self, skulls, out, options, *, holed=None, force=False):
        import logging

        self.given = (skulls, out, options, holed, force)
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


def test_train_hands_its_options_on_and_says_where_the_weights_are(training, tmp_path):
    from SkullRestoreLib.training.run import Options

    options = "--held-out 003,017 --same-patient 011,042,holed/040 --same-patient 018,holed/003 --samples 500 --epochs 5 --batch 4 --poses 2 --workers 3"
    more = "--seed 7 --device cpu --devices 2 --nodes 2 --holed more --force"
    result = run("train", "--skulls", "skulls", "--out", tmp_path, *options.split(), *more.split())
    assert result.exit_code == 0, result.output
    groups = (("011", "042", "holed/040"), ("018", "holed/003"))
    numbers = {"samples": 500, "batch": 4, "epochs": 5, "poses": 2, "workers": 3, "seed": 7, "devices": 2, "nodes": 2}
    wanted = Options(**numbers, device="cpu", held_out=("003", "017"), same_patient=groups)
    assert training.given == (Path("skulls"), tmp_path, wanted, Path("more"), True)
    assert "network.safetensors" in result.stdout
    assert "split.json" in result.stdout


def test_train_without_options_uses_the_librarys_own(training, tmp_path):
    from SkullRestoreLib.training.run import Options

    assert run("train", "--skulls", "skulls", "--out", tmp_path).exit_code == 0
    assert training.given == (Path("skulls"), tmp_path, Options(), None, False)


def test_names_may_stand_in_text_files(training, tmp_path):
    (tmp_path / "test.txt").write_text("003\n017, 020\n")
    (tmp_path / "patients.txt").write_text("011 042\n\n018,holed/003\n")
    names = ("--held-out", tmp_path / "test.txt", "--same-patient", tmp_path / "patients.txt")
    assert run("train", "--skulls", "skulls", "--out", tmp_path, *names).exit_code == 0
    options = training.given[2]
    assert options.held_out == ("003", "017", "020")
    assert options.same_patient == (("011", "042"), ("018", "holed/003"))


def test_training_tells_what_it_is_doing(training, tmp_path):
    result = run("train", "--skulls", "skulls", "--out", tmp_path)
    assert "tracing in 4 poses: 007 (3 of 9)" in " ".join(result.stderr.split())


@pytest.mark.parametrize("stopped", [KeyboardInterrupt(), SystemExit(1)], ids=["by hand", "by Lightning"])
def test_training_that_is_stopped_says_how_to_go_on(training, tmp_path, stopped):
    training.problem = stopped
    result = run("train", "--skulls", "skulls", "--out", tmp_path)
    assert result.exit_code == 130
    assert "goes on from there" in result.stderr


def test_training_that_fails_says_why_in_one_sentence(training, tmp_path):
    training.problem = InputError("Only 3 skulls can be learnt from.")
    result = run("train", "--skulls", "skulls", "--out", tmp_path)
    assert result.exit_code == 2
    assert "Only 3 skulls" in one_sentence(result)


def test_a_folder_of_skulls_that_is_missing_is_said(tmp_path):
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


@pytest.mark.parametrize("wrong", [("--devices", "0"), ("--devices", "many"), ("--epochs", "0"), ("--device", "gpu"), ("--batch", "-1")])
def test_a_training_option_out_of_range_is_refused(training, tmp_path, wrong):
    result = run("train", "--skulls", "skulls", "--out", tmp_path, *wrong)
    assert result.exit_code == 2
    assert wrong[0] in " ".join(result.stderr.replace("│", " ").split())
    assert training.given is None


def test_the_help_of_training_teaches():
    said = " ".join(run("train", "--help").stdout.replace("│", " ").split())
    for word in ("Example:", "at least 8 skulls", "goes on where it stopped", "split.json", "--held-out"):
        assert word in said
