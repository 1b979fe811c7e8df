"""What the tests remember for one run is never another result, and never one that a test could change for the next."""

import hashlib
import os
import pickle
import subprocess
import sys
from dataclasses import dataclass
from functools import partial
from types import ModuleType

import helpers_remember
import numpy as np
import pytest
from helpers_later import Later
from helpers_remember import nothing_remembered, remembered


@dataclass
class Head:
    """Something that a step gets."""

    voxels: np.ndarray
    spacing: float = 1.0


@pytest.fixture
def step(tmp_path, monkeypatch):
    """A step that is remembered, and how often it was really done."""
    monkeypatch.setenv(helpers_remember.FOLDER_VARIABLE, str(tmp_path))
    done = []

    @partial(remembered, without=("clock",))
    def examine(head, *, level=5, clock=None):
        done.append(level)
        return {"sum": head.voxels.sum() * level * np.ones(3)}

    return examine, done


def test_the_same_input_is_worked_out_once_and_each_use_gets_its_own_copy(step):
    examine, done = step
    examine(Head(np.arange(4)))["sum"][:] = -1
    again = examine(Head(np.arange(4)), clock=object())
    np.testing.assert_array_equal(again["sum"], 30)
    assert again is not examine(Head(np.arange(4)))
    assert len(done) == 1


@pytest.mark.parametrize(
    ("head", "options"),
    [
        (Head(np.array([0, 1, 2, 4])), {}),
        (Head(np.arange(4, dtype=np.int16)), {}),
        (Head(np.arange(4).reshape(2, 2)), {}),
        (Head(np.arange(4), spacing=2.0), {}),
        (Head(np.arange(4)), {"level": 6}),
    ],
    ids=["a voxel", "the type", "the shape", "a field", "an option"],
)
def test_whatever_differs_is_worked_out_anew(step, head, options):
    examine, done = step
    examine(Head(np.arange(4)))
    examine(head, **options)
    assert len(done) == 2


def test_another_source_is_another_result(step, monkeypatch):
    examine, done = step
    examine(Head(np.arange(4)))
    monkeypatch.setattr(helpers_remember, "source_hash", lambda: b"changed")
    examine(Head(np.arange(4)))
    assert len(done) == 2


def test_a_test_of_what_happens_meanwhile_gets_the_real_step(step):
    examine, done = step
    for _ in range(2):
        with nothing_remembered():
            examine(Head(np.arange(4)))
    examine(Head(np.arange(4)))
    assert len(done) == 3


def test_an_error_is_not_remembered(tmp_path, monkeypatch):
    monkeypatch.setenv(helpers_remember.FOLDER_VARIABLE, str(tmp_path))
    tried = []

    @remembered
    def fail(number):
        tried.append(number)
        raise ValueError("no head")

    for _ in range(2):
        with pytest.raises(ValueError, match="no head"):
            fail(1)
    assert tried == [1, 1]
    assert list(tmp_path.iterdir()) == []


def test_every_module_that_holds_a_step_gets_the_remembered_one_and_then_the_real_one_back(monkeypatch):
    from SkullRestoreLib.phantom import anatomy

    real, holder = anatomy.grow_head, ModuleType("SkullRestoreLib.holder")
    holder.grow_head = real  # as "from anatomy import grow_head" leaves it
    monkeypatch.setitem(sys.modules, holder.__name__, holder)
    with helpers_remember.steps_remembered(helpers_remember.PHANTOM_STEPS):
        assert holder.grow_head is anatomy.grow_head
        assert anatomy.grow_head is not real
    assert holder.grow_head is anatomy.grow_head is real


def test_what_is_imported_later_is_the_module_itself_and_a_patch_of_it_is_undone(tmp_path, monkeypatch):
    (tmp_path / "heavy_module.py").write_text("class Net:\n    def go(self):\n        return 1\n\n\nSIZE = 2\n")
    monkeypatch.syspath_prepend(tmp_path)
    heavy, net = Later("heavy_module"), Later("heavy_module", "Net")
    assert "heavy_module" not in sys.modules
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(heavy, "SIZE", 3)
        patch.setattr(net, "go", lambda self: 4)
        assert (sys.modules["heavy_module"].SIZE, net().go()) == (3, 4)
    assert (heavy.SIZE, net().go()) == (2, 1)
    monkeypatch.delitem(sys.modules, "heavy_module")


@pytest.mark.parametrize("takes_part", [True, False])
def test_a_process_that_takes_part_finds_what_another_one_worked_out_and_no_other_does(tmp_path, takes_part):
    """The result in the folder is a wrong one, which the process cannot have worked out itself."""
    program = "from SkullRestoreLib.prediction import ray_tracing\nprint(ray_tracing.trace_rays(None, None, level=1))\n"
    key = hashlib.sha256(helpers_remember.source_hash())
    for part in helpers_remember.contents(
        ("SkullRestoreLib.prediction.ray_tracing", "trace_rays", (None, None), {"level": 1})
    ):
        key.update(part)
    (tmp_path / key.hexdigest()).write_bytes(pickle.dumps("remembered"))
    environment = os.environ | {helpers_remember.FOLDER_VARIABLE: str(tmp_path)}
    environment |= helpers_remember.process_environment() if takes_part else {"PYTHONPATH": str(helpers_remember.ROOT)}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)
    assert (done.stdout == "remembered\n") == takes_part, done.stderr
