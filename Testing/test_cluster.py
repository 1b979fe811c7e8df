"""A Dask scheduler and two workers as processes of their own on loopback: batch, evaluation and the samples of training."""

import csv
import json
import logging
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from helpers_head import head
from helpers_intake import write_dicom, write_image
from typer.testing import CliRunner

from SkullRestoreLib import cli, cluster
from SkullRestoreLib.case import SkullRestoreError
from SkullRestoreLib.clock import finish
from SkullRestoreLib.cluster import Lost, Place
from SkullRestoreLib.evaluation import reference_skull
from SkullRestoreLib.evaluation.methods import Options
from SkullRestoreLib.training import run, skulls

ROOT = Path(__file__).resolve().parent.parent


def dask(*arguments):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "Testing")]), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [sys.executable, "-m", "distributed.cli." + arguments[0], *arguments[1:]], env=environment, stderr=subprocess.PIPE, text=True
    )


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory):
    """A scheduler and two workers, each a process of its own, on this computer."""
    tmp_path = tmp_path_factory.mktemp("dask")
    started = [
        dask("dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(tmp_path / "scheduler.json"))
    ]
    try:
        while not (tmp_path / "scheduler.json").is_file():
            assert started[0].poll() is None, started[0].stderr.read()
            time.sleep(0.1)
        address = json.loads((tmp_path / "scheduler.json").read_text())["address"]
        started += [
            dask("dask_worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard", "--local-directory", str(tmp_path))
            for _ in range(2)
        ]
        yield address
    finally:
        for process in started:
            process.send_signal(signal.SIGKILL)
            process.communicate()


def test_a_scheduler_and_two_workers_restore_real_heads_and_survive_bad_ones(scheduler, tmp_path):
    whole = head()
    (tmp_path / "in").mkdir()
    write_image(tmp_path / "in" / "a.nrrd", whole.mask(intact=True).array.astype(np.uint8), whole.ijk_to_ras)
    write_dicom(tmp_path / "in" / "b", whole.ct[:10], whole.ijk_to_ras)
    (tmp_path / "in" / "c.nrrd").write_bytes(b"NRRD0004\n")
    program = "import sys; from SkullRestoreLib.cli import main; main()"
    command = ["batch", str(tmp_path / "in"), "--out", str(tmp_path / "out"), "--scheduler", scheduler, "--level", "5"]
    result = subprocess.run([sys.executable, "-c", program, *command], cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
    assert result.returncode == 0, result.stderr
    assert "3 cases: 0 restored, 1 without a defect, 2 failed." in result.stdout
    assert (tmp_path / "out" / "cases" / "case_0001" / "report.html").is_file()
    assert "only 10 slices" in (tmp_path / "out" / "batch.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two heads as SkullFix is laid out, and a broken file."""
    root = tmp_path_factory.mktemp("skulls")
    (root / "complete").mkdir()
    for seed in (3, 4):
        one = head(seed=seed, spacing=3.0)
        write_image(root / "complete" / f"00{seed}.nrrd", one.mask(intact=True).array.astype(np.uint8), one.ijk_to_ras)
    (root / "complete" / "009.nrrd").write_bytes(b"NRRD0004\n")
    return root


def test_an_evaluation_on_a_cluster_is_that_of_one_process(scheduler, folder, tmp_path):
    made = []
    for name, address in (("here", None), ("there", scheduler)):
        options = Options(("thin plate",), seed=2, floor=False, scheduler=address)
        finish(reference_skull.run(folder, options, shapes=1, out=tmp_path / name))
        made.append(list(csv.DictReader((tmp_path / name / "reference_skull.csv").read_text().splitlines())))
    here, there = made
    assert [row["skull"] for row in here] == ["003", "004", "009"]  # the broken one too, with its reason
    for one, other in zip(here, there, strict=True):
        for column, value in one.items():
            if column.endswith("seconds"):
                continue
            if value != other[column]:  # threads add in another order
                assert float(other[column]) == pytest.approx(float(value), abs=1e-6, nan_ok=True), column


def test_skulls_are_traced_for_training_on_a_cluster_in_their_order_as_in_one_process(scheduler, folder, caplog):
    caplog.set_level(logging.WARNING)
    sources = skulls.list_sources(folder / "complete")
    poses = {s.name: np.eye(4) for s in sources}
    here, there = (
        list(skulls.each(sources, "tracing", partial(run._coarse_map, poses), place)) for place in (skulls.ALONE, Place(scheduler))
    )
    assert [s.name for s, _ in there] == [s.name for s, _ in here] == ["003", "004"]
    for (_, one), (_, other) in zip(here, there, strict=True):
        np.testing.assert_array_equal(one, other)
    assert caplog.text.count("009 is left out") == 2


def test_a_skull_whose_work_is_lost_ends_the_preparation(monkeypatch):
    """Left out in silence it would make the training another one."""
    monkeypatch.setattr(cluster, "each", lambda jobs, *_: iter([("0", Lost("the worker died"))]))
    client = type("Client", (), {"scatter": lambda self, work, broadcast: work})()
    with pytest.raises(SkullRestoreError, match=r"lost its work on 001 \(the worker died\). The same command goes on"):
        list(skulls._from_cluster([skulls.Source("001", Path("001.nrrd"))], None, client))


def test_train_says_that_no_scheduler_answers(tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "_ANSWER_S", 1)
    (tmp_path / "in").mkdir()
    for number in range(12):
        (tmp_path / "in" / f"{number}.nrrd").touch()
    said = CliRunner().invoke(
        cli.app, ["train", "--skulls", str(tmp_path / "in"), "--out", str(tmp_path / "out"), "--scheduler", "tcp://127.0.0.1:9"]
    )
    assert said.exit_code == 2
    assert "No Dask scheduler answers at tcp://127.0.0.1:9" in said.stderr
