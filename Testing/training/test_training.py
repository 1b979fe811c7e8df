"""Training: the split, the folder of skulls, and a complete small run."""

import csv
import gc
import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from helpers_intake import SKULL_THICKNESS_MM, ellipsoid_fraction, scan_affine, voxel_positions, write_image
from helpers_later import Later, later, torch
from helpers_quick import remembered
from helpers_rays import make_ray_map
from helpers_training_grid import use_coarse_grid
from hypothesis import given
from hypothesis import strategies as st

from SkullRestoreLib import training
from SkullRestoreLib._system import resources
from SkullRestoreLib.errors import DependencyError, InputError, OutputError, WeightsError
from SkullRestoreLib.geometry.icosphere import values_at_level
from SkullRestoreLib.method_parameters import METHOD
from SkullRestoreLib.prediction import features
from SkullRestoreLib.prediction.network import load_network, predict
from SkullRestoreLib.skull_model.atlas import load_atlas
from SkullRestoreLib.training import run_folder
from SkullRestoreLib.training.options import TrainingOptions
from SkullRestoreLib.training.skull_sources import list_skull_sources
from SkullRestoreLib.training.split import assign_folds, make_split, number_patients

run, train_network, trainer = (
    Later(f"SkullRestoreLib.training.{name}") for name in ("run", "train_network", "trainer")
)
(DamagedSkulls,) = later("SkullRestoreLib.training.dataset", "DamagedSkulls")
(SampleFinisher,) = later("SkullRestoreLib.training.sample_finisher", "SampleFinisher")
(load_unet,) = later("SkullRestoreLib.prediction.spherical_unet", "load_unet")


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    torch.set_num_threads(1)


# --- split


NAMES = [f"{k:03d}" for k in range(40)]
HOLED = [f"holed/{k:03d}" for k in range(20)]
groups = st.lists(st.lists(st.sampled_from(NAMES + HOLED), min_size=2, max_size=5, unique=True), max_size=6)


@given(groups, st.lists(st.sampled_from(NAMES), max_size=6, unique=True))
def test_one_patient_is_never_on_two_sides(same_patient, held_out):
    split = make_split(NAMES, HOLED, held_out=held_out, same_patient=same_patient)
    assert sorted(n for side in split.values() for n in side) == sorted(NAMES + HOLED)
    side = {n: s for s, members in split.items() for n in members}
    for group in same_patient:
        assert len({side[n] for n in group}) == 1
    assert set(held_out) <= set(split["test"])


@given(groups)
def test_patients_share_a_fold(same_patient):
    fold = assign_folds(NAMES + HOLED, same_patient, 4)
    assert set(fold.values()) == {0, 1, 2, 3}
    for group in same_patient:
        assert len({fold[n] for n in group}) == 1


def test_by_default_a_fifth_is_kept_for_testing_and_a_ninth_of_the_rest_for_validation():
    split = make_split(NAMES, HOLED)
    assert split["test"] == NAMES[2::5]
    assert len(split["valid"]) == 4
    assert set(HOLED) <= set(split["train"])


def test_groups_that_share_a_skull_are_one_patient():
    number = number_patients(["a", "b", "c", "d"], [("a", "b"), ("b", "c")])
    assert number == {"a": 0, "b": 0, "c": 0, "d": 1}


def test_a_group_may_name_a_skull_that_was_left_out():
    assert number_patients(["a", "c"], [("a", "b", "c")]) == {"a": 0, "c": 0}


def test_a_skull_with_a_hole_may_be_held_out_too():
    assert make_split(NAMES, HOLED, held_out=["holed/003"])["test"] == ["holed/003"]


@pytest.mark.parametrize("names", [{"held_out": ["040"]}, {"same_patient": [("001", "x")]}])
def test_a_name_that_no_skull_has_is_refused(names):
    with pytest.raises(
        InputError, match=r"names (040|x), but no skull is called so; the skulls are called 000, 001, 002"
    ):
        make_split(NAMES, HOLED, **names)


# --- the folder of skulls


def test_skulls_are_listed_by_name_with_dicom_folders_and_without_litter(tmp_path):
    for name in ("b.nii.gz", "a.1.nrrd", "c.stl", "readme.txt", ".hidden.nrrd"):
        (tmp_path / name).write_text("x")
    (tmp_path / "series.1").mkdir()
    (tmp_path / ".git").mkdir()
    assert [s.name for s in list_skull_sources(tmp_path)] == ["a.1", "b", "c", "series.1"]


@pytest.mark.parametrize(
    ("files", "message"),
    [((), "holds no skull"), (("a.txt",), "holds no skull"), (("a.stl", "a.nrrd"), "several skulls called a")],
)
def test_a_folder_that_cannot_be_learnt_from_is_refused(tmp_path, files, message):
    for name in files:
        (tmp_path / name).write_text("x")
    with pytest.raises(InputError, match=message):
        list_skull_sources(tmp_path)


def test_a_folder_that_does_not_exist_is_refused(tmp_path):
    with pytest.raises(InputError, match="is no folder"):
        list_skull_sources(tmp_path / "none")


# --- a complete run


def small_head(seed):
    """Bone mask of an ellipsoid head with a block for a face; every seed is another patient."""
    rng = np.random.default_rng(seed)
    size, spacing = (64, 76, 58), (3.0, 3.0, 3.0)
    place = scan_affine(spacing, size)
    p = voxel_positions(place, size)
    axes = np.array([72.0, 90.0, 78.0]) * (1 + 0.03 * rng.normal(size=3))
    bone = (
        (ellipsoid_fraction(p, axes) > 0.5)
        & (ellipsoid_fraction(p, axes - SKULL_THICKNESS_MM - rng.uniform(0, 2)) < 0.5)
        & (p[..., 2] > -40)
    )
    face = (np.abs(p[..., 0]) < 40) & (np.abs(p[..., 1] - 62) < 14) & (p[..., 2] < -28) & (p[..., 2] > -62)
    return bone | face, place


TINY = TrainingOptions(samples=8, batch=4, epochs=2, poses=1, workers=0, device="cpu", devices=1)


@pytest.fixture(scope="module")
def skulls(tmp_path_factory):
    """A folder of eleven heads and a file that is cut off."""
    folder = tmp_path_factory.mktemp("skulls")
    for seed in range(11):
        mask, place = small_head(seed)
        write_image(folder / f"{seed:03d}.nrrd", mask.astype(np.uint8), place)
    (folder / "broken.nrrd").write_bytes((folder / "000.nrrd").read_bytes()[:900])
    return folder


@pytest.fixture(scope="module", autouse=True)
def coarse_grid():
    """The network's grid and the shape model's are a level coarser than in use: a quarter of the work."""
    with pytest.MonkeyPatch.context() as patch:
        use_coarse_grid(patch.setattr)
        yield


@pytest.fixture(scope="module", autouse=True)
def priors_are_made_once(coarse_grid):
    """What follows from the prepared skulls alone is worked out in the first run; the later ones are about training."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "fold_models", remembered(run.fold_models))
        from SkullRestoreLib.training.dataset import FoldPriors

        patch.setattr(FoldPriors, "from_models", remembered(FoldPriors.from_models))
        yield


@pytest.fixture(scope="module")
def trained(skulls, tmp_path_factory):
    """The folder of a finished run."""
    out = tmp_path_factory.mktemp("runs") / "tiny"
    # these heads lie straight: nothing but small tilts has to be tried
    easily = replace(METHOD.pose, good_fit_mm=np.inf, enough_coverage=0.0, usual_surprisal=np.inf)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run.head_frame, "find_pose", partial(run.head_frame.find_pose, parameters=easily))
        patch.setattr(run, "build_template", partial(run.build_template, rounds=2))  # ellipsoids fit at once
        run.train(skulls, out, TINY)
    return out


@pytest.mark.filterwarnings("ignore")  # Lightning's advice to its users
class TestACompleteRun:
    @pytest.fixture(autouse=True)
    def free_memory(self):
        """Free the memory of a run: Lightning's trainers refer to themselves and hold a gigabyte until collected."""
        yield
        gc.collect()

    @pytest.mark.slow
    def test_it_writes_weights_statistics_split_and_curves(self, trained):
        files = {p.name for p in trained.iterdir()}
        assert {
            "network.safetensors",
            "shape.safetensors",
            "split.json",
            "curves.csv",
            "curves.png",
            "settings.json",
        } <= files
        assert not any(name.startswith("part_") for name in files)
        rows = list(csv.DictReader((trained / "curves.csv").read_text().splitlines()))
        assert [int(r["epoch"]) for r in rows] == [0, 1]
        assert all(
            np.isfinite(float(r[k]))
            for r in rows
            for k in ("train_loss", "valid_loss", "valid_outer_mm", "start_outer_mm")
        )
        assert (trained / "curves.png").read_bytes()[:4] == b"\x89PNG"

    @pytest.mark.slow
    def test_its_weights_and_statistics_load_and_predict_a_head(self, trained):
        model, level = load_atlas(trained / "shape.safetensors").model, features.NETWORK_LEVEL
        tables = predict(
            load_network(trained / "network.safetensors"),
            make_ray_map(values_at_level(model.mean, level), level),
            model,
        )
        assert np.abs(tables.outer - values_at_level(model.mean, level)[:, 0])[tables.vault].mean() < 3

    @pytest.mark.slow
    def test_a_skull_that_cannot_be_read_is_on_no_side(self, trained):
        split = json.loads((trained / "split.json").read_text())
        assert "broken" not in split["train"] + split["valid"]
        assert len(split["train"]) >= 7
        assert len(split["valid"]) == 1
        assert not set(split["train"]) & set(split["test"])

    @pytest.mark.slow
    def test_the_shape_model_knows_no_skull_of_the_test_side(self, trained):
        split = json.loads((trained / "split.json").read_text())
        with np.load(trained / "completed.npz") as z:
            assert set(z["names"]) == set(split["train"])

    @pytest.mark.slow
    def test_a_second_call_keeps_the_result_and_works_no_more(self, trained, skulls, monkeypatch):
        before = {
            name: (trained / name).read_bytes()
            for name in ("network.safetensors", "shape.safetensors", "split.json", "curves.csv")
        }
        monkeypatch.setattr(run, "process_skulls", None)
        run.train(skulls, trained, replace(TINY, workers=1))
        assert {name: (trained / name).read_bytes() for name in before} == before

    @pytest.mark.slow
    def test_a_run_stopped_between_epochs_ends_like_one_that_was_not(self, trained, skulls, tmp_path, monkeypatch):
        half = tmp_path / "half"
        shutil.copytree(trained, half, ignore=shutil.ignore_patterns("checkpoints", "network.safetensors", "curves*"))

        class Stopped(Exception):
            pass

        def stop(self, loop, _):
            if loop.current_epoch == 1:
                raise Stopped

        monkeypatch.setattr(trainer.EpochCallback, "on_train_epoch_end", stop)
        with pytest.raises(Stopped):
            run.train(skulls, half, TINY)
        monkeypatch.undo()
        assert not (half / "network.safetensors").exists()
        drawn, draw = tmp_path / "drawn.txt", DamagedSkulls.__getitem__

        def remembered(self, index):  # in the worker's own process
            with drawn.open("a") as file:
                file.write(f"{self.augment} {self.epoch}\n")
            return draw(self, index)

        monkeypatch.setattr(DamagedSkulls, "__getitem__", remembered)
        run.train(skulls, half, replace(TINY, workers=1))
        assert {line for line in drawn.read_text().splitlines() if line.startswith("True")} == {"True 1"}
        one, other = (
            load_unet(trained / "network.safetensors").state_dict(),
            load_unet(half / "network.safetensors").state_dict(),
        )
        for name, value in one.items():
            torch.testing.assert_close(other[name], value, atol=2e-3, rtol=1e-2, check_dtype=False)

    @pytest.mark.slow
    def test_a_run_whose_samples_are_finished_in_batches_has_the_same_curve(
        self, trained, skulls, tmp_path, monkeypatch
    ):
        """As on a graphics card, here on the processor."""
        finished = []
        finish = SampleFinisher.finish
        monkeypatch.setattr(
            SampleFinisher, "finish", lambda self, batch: finished.append(len(batch["fold"])) or finish(self, batch)
        )
        monkeypatch.setattr(train_network, "trains_on_graphics_card", lambda _: True)
        out = tmp_path / "batches"
        shutil.copytree(trained, out, ignore=shutil.ignore_patterns("checkpoints", "network.safetensors", "curves*"))
        run.train(skulls, out, replace(TINY, workers=1))
        assert sum(finished) >= TINY.samples
        one, other = (list(csv.DictReader((f / "curves.csv").read_text().splitlines())) for f in (trained, out))
        for a, b in zip(one, other, strict=True):
            for name in ("train_loss", "valid_loss", "valid_outer_mm", "start_outer_mm"):
                assert float(b[name]) == pytest.approx(float(a[name]), rel=0.01)
        checkpoint = torch.load(out / "checkpoints" / "last.ckpt", weights_only=False)
        assert not any("finisher" in name for name in checkpoint["state_dict"])  # it would be megabytes

    @pytest.mark.slow
    def test_two_processes_take_the_steps_that_one_takes_and_have_its_curve(self, trained, skulls, tmp_path):
        """The gradient is the mean over both shares of a step; only batch normalisation differs a little."""
        both = tmp_path / "both"
        shutil.copytree(trained, both, ignore=shutil.ignore_patterns("checkpoints", "network.safetensors", "curves*"))
        script = tmp_path / "both.py"  # Lightning starts the second process by the script's own command line
        script.write_text(
            "from pathlib import Path\nimport torch\n"
            "from helpers_training_grid import use_coarse_grid\n"
            "from SkullRestoreLib.training.run import TrainingOptions, train\ntorch.set_num_threads(1)\n"
            "use_coarse_grid(setattr)\n"
            f"train(Path({str(skulls)!r}), Path({str(both)!r}), {replace(TINY, devices=2)!r})\n"
        )
        root = Path(run.__file__).parents[2]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(root), str(root / "Testing")])}
        done = subprocess.run(
            [sys.executable, str(script)], env=environment, capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == 0, done.stderr[-2000:]
        one, two = (
            list(csv.DictReader((folder / "curves.csv").read_text().splitlines())) for folder in (trained, both)
        )
        assert [r["step"] for r in two] == [r["step"] for r in one]
        for a, b in zip(one, two, strict=True):
            assert float(b["train_loss"]) == pytest.approx(float(a["train_loss"]), rel=0.15)
            assert float(b["valid_loss"]) == pytest.approx(float(a["valid_loss"]), rel=0.02)
        assert load_network(both / "network.safetensors")

    @pytest.mark.slow
    def test_other_choices_in_the_same_folder_are_refused(self, trained, skulls):
        with pytest.raises(InputError, match=r"epochs 2, now 3.*--force"):
            run.train(skulls, trained, replace(TINY, epochs=3))
        with pytest.raises(InputError, match="held out"):
            run.train(skulls, trained, replace(TINY, held_out=("000",)))

    @pytest.mark.slow
    def test_it_continues_from_other_weights(self, trained, skulls, tmp_path, monkeypatch):
        begun = []
        monkeypatch.setattr(
            train_network.NetworkTrainingModule,
            "on_train_start",
            lambda self: begun.append(self.network.coarse.weight.detach().clone()),
            raising=False,
        )
        out = tmp_path / "on"
        shutil.copytree(trained, out, ignore=shutil.ignore_patterns("checkpoints", "network.safetensors", "curves*"))
        options = replace(TINY, samples=4, epochs=1, start=trained / "network.safetensors")
        choices = json.loads((out / "run.json").read_text())
        choices |= {"samples": 4, "epochs": 1, "start": resources.file_sha256(options.start)}
        (out / "run.json").write_text(json.dumps(choices))
        run.train(skulls, out, options)
        torch.testing.assert_close(begun[0], load_unet(trained / "network.safetensors").coarse.weight)


def test_processes_that_cannot_share_a_batch_evenly_are_refused_before_any_work(tmp_path):
    with pytest.raises(InputError, match=r"A batch of 4 cannot be shared evenly by 3 processes\. Give --batch 6"):
        run.train(tmp_path, tmp_path / "out", replace(TINY, devices=3))
    assert not (tmp_path / "out").exists()


def test_weights_that_cannot_be_continued_are_refused_before_any_work(tmp_path):
    with pytest.raises(WeightsError, match="does not exist"):
        run.train(tmp_path, tmp_path / "out", replace(TINY, start=tmp_path / "none.safetensors"))
    with pytest.raises(InputError, match="always starts from nothing"):
        run.train(tmp_path, tmp_path / "out", replace(TINY, recipe="paper", start=tmp_path / "none.safetensors"))


def test_too_few_skulls_are_refused_before_any_work(tmp_path):
    for seed in range(9):
        (tmp_path / f"{seed}.nrrd").write_text("x")
    with pytest.raises(InputError, match=r"Only 7 skulls can be learnt from in .*; at least 8 are needed"):
        run.train(tmp_path, tmp_path / "out", TINY)
    assert not (tmp_path / "out").exists()


def test_files_that_are_no_skulls_do_not_count(tmp_path):
    for seed in range(20):
        (tmp_path / f"{seed}.nrrd").write_text("x")
    with pytest.raises(InputError, match="Only 0 skulls can be learnt from"):
        run.train(tmp_path, tmp_path / "out", TINY)


def test_a_folder_with_somebodys_files_is_refused(skulls, tmp_path):
    (tmp_path / "letter.txt").write_text("x")
    with pytest.raises(OutputError, match=r"did not write \(letter.txt\)"):
        run.train(skulls, tmp_path, TINY)
    assert [p.name for p in tmp_path.iterdir()] == ["letter.txt"]


def test_force_throws_an_earlier_run_away_and_nothing_else(tmp_path):
    run_folder.claim_folder(tmp_path / "out", {"epochs": 2})
    (tmp_path / "out" / "prepared").mkdir()
    (tmp_path / "out" / "part_completed.npz").write_text("x")
    run_folder.claim_folder(tmp_path / "out", {"epochs": 3}, force=True)
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["run.json"]
    (tmp_path / "out" / "letter.txt").write_text("x")
    with pytest.raises(OutputError, match=r"letter\.txt"):
        run_folder.claim_folder(tmp_path / "out", {"epochs": 3}, force=True)
    assert (tmp_path / "out" / "run.json").exists()


def test_a_step_that_is_stopped_leaves_no_file_of_its_name(tmp_path):
    def fail(path):
        path.write_text("half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_folder.write_atomically(tmp_path / "poses.json", fail)
    assert not (tmp_path / "poses.json").exists()
    run_folder.write_atomically(tmp_path / "poses.json", lambda path: path.write_text("complete"))
    assert [p.read_text() for p in tmp_path.iterdir()] == ["complete"]


@pytest.mark.parametrize(
    ("place", "first"),
    [
        ({}, True),
        ({"RANK": "0"}, True),
        ({"LOCAL_RANK": "1"}, False),
        ({"SLURM_PROCID": "3"}, False),
        ({"NODE_RANK": "1"}, False),
    ],
)
def test_only_the_first_of_several_processes_prepares(monkeypatch, place, first):
    for name in ("RANK", "LOCAL_RANK", "SLURM_PROCID", "JSM_NAMESPACE_RANK", "NODE_RANK"):
        monkeypatch.delenv(name, raising=False)
    for name, value in place.items():
        monkeypatch.setenv(name, value)
    assert run_folder.is_first_process() is first


def test_the_others_wait_and_say_when_the_first_never_comes(tmp_path):
    with pytest.raises(OutputError, match="has not written"):
        run_folder.wait_for_file(tmp_path / "ready.json", hours=0)


def test_a_full_disk_is_reported_with_what_to_do(tmp_path):
    with pytest.raises(OutputError, match="goes on where it stopped"), run_folder.explain_disk_errors(tmp_path):
        raise OSError(28, "No space left on device")


def test_a_device_that_is_not_there_is_refused(skulls, tmp_path):
    if torch.cuda.is_available():
        pytest.skip("there is such a device here")
    with pytest.raises(InputError, match="finds no device 'cuda'"):
        run.train(skulls, tmp_path / "out", replace(TINY, device="cuda"))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("lost", ["lightning", "matplotlib"])
def test_a_missing_package_is_reported_before_any_work(monkeypatch, lost):
    import sys

    monkeypatch.setitem(sys.modules, lost, None)
    with pytest.raises(DependencyError, match=f"pip install {lost}"):
        training.check_packages()


@pytest.mark.parametrize(("device", "makes_samples"), [("cuda:1", True), ("cpu", False), ("mps", False)])
def test_samples_are_made_where_they_are_learnt_only_on_a_card_with_double_precision(device, makes_samples):
    chosen = SimpleNamespace(strategy=SimpleNamespace(root_device=torch.device(device)))
    assert trainer.trains_on_graphics_card(chosen) is makes_samples


@pytest.mark.parametrize(
    ("bfloat16_speed", "taken"), [(0.1, "32-true"), (0.6, "32-true"), (1.2, "32-true"), (4.0, "bf16-mixed")]
)
def test_a_processor_takes_bfloat16_only_where_it_multiplies_much_faster_in_it(monkeypatch, bfloat16_speed, taken):
    if torch.cuda.is_available() or torch.backends.mps.is_available():
        pytest.skip("a better device would be asked")
    speeds = {torch.bfloat16: bfloat16_speed, torch.float32: 1.0}
    monkeypatch.setattr(trainer, "operations_per_second", speeds.__getitem__)
    assert trainer.choose_precision("cpu") == trainer.choose_precision("auto") == taken
