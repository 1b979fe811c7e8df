"""Batch, evaluation and training on a Dask cluster: a scheduler and two workers as processes on this computer."""

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
from helpers_head import phantom_head
from helpers_intake import write_dicom, write_image
from helpers_later import Later
from typer.testing import CliRunner

from SkullRestoreLib._system import dask_jobs
from SkullRestoreLib._system.dask_jobs import ComputeTarget, LostJob
from SkullRestoreLib._system.progress import run_to_end
from SkullRestoreLib.cli import main
from SkullRestoreLib.errors import SkullRestoreError
from SkullRestoreLib.evaluation.experiments import reference_skull
from SkullRestoreLib.evaluation.methods.compared_methods import EvaluationOptions
from SkullRestoreLib.training import skull_sources

ROOT = Path(__file__).resolve().parents[2]
run = Later("SkullRestoreLib.training.run")


def start_dask(*arguments):
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "Testing")]),
        "OMP_NUM_THREADS": "1",
        "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False",  # it takes a share of a busy computer
    }
    return subprocess.Popen(
        [sys.executable, "-m", "distributed.cli." + arguments[0], *arguments[1:]],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory):
    """Address of a scheduler with two workers, each a process on this computer."""
    tmp_path = tmp_path_factory.mktemp("dask")
    started = [
        start_dask(
            "dask_scheduler",
            "--host",
            "127.0.0.1",
            "--port",
            "0",
            "--no-dashboard",
            "--scheduler-file",
            str(tmp_path / "scheduler.json"),
        )
    ]
    try:
        while not (tmp_path / "scheduler.json").is_file():
            assert started[0].poll() is None, started[0].stderr.read()
            time.sleep(0.1)
        address = json.loads((tmp_path / "scheduler.json").read_text())["address"]
        started += [
            start_dask(
                "dask_worker",
                address,
                "--nthreads",
                "1",
                "--no-nanny",
                "--no-dashboard",
                "--local-directory",
                str(tmp_path),
            )
            for _ in range(2)
        ]
        yield address
    finally:
        for process in started:
            process.send_signal(signal.SIGKILL)
            process.communicate()


@pytest.mark.slow
def test_a_scheduler_and_two_workers_restore_real_heads_and_survive_bad_ones(scheduler, tmp_path):
    head = phantom_head(spacing=3.0)
    (tmp_path / "in").mkdir()
    write_image(tmp_path / "in" / "a.nrrd", head.mask(intact=True).array.astype(np.uint8), head.ijk_to_ras)
    write_dicom(tmp_path / "in" / "b", head.ct[:10], head.ijk_to_ras)
    (tmp_path / "in" / "c.nrrd").write_bytes(b"NRRD0004\n")
    command = ["batch", str(tmp_path / "in"), "--out", str(tmp_path / "out"), "--scheduler", scheduler, "--level", "5"]
    result = CliRunner().invoke(main.app, command)
    assert result.exit_code == 0, result.stderr
    assert "3 cases: 0 restored, 1 without a defect, 2 failed." in result.stdout
    assert (tmp_path / "out" / "cases" / "case_0001" / "report.html").is_file()
    assert "only 10 slices" in (tmp_path / "out" / "batch.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two heads in the folders of SkullFix, and a broken file."""
    root = tmp_path_factory.mktemp("skulls")
    (root / "complete").mkdir()
    for seed in (3, 4):
        head = phantom_head(seed=seed, spacing=3.0)
        write_image(
            root / "complete" / f"00{seed}.nrrd", head.mask(intact=True).array.astype(np.uint8), head.ijk_to_ras
        )
    (root / "complete" / "009.nrrd").write_bytes(b"NRRD0004\n")
    return root


@pytest.mark.slow
def test_an_evaluation_on_a_cluster_gives_the_results_of_one_process(scheduler, folder, tmp_path):
    tables, split = [], tmp_path / "split.json"
    split.write_text(json.dumps({"test": ["004", "009"]}))  # one head is enough
    for name, address in (("here", None), ("there", scheduler)):
        options = EvaluationOptions(("thin plate",), seed=2, floor=False, scheduler=address)
        run_to_end(reference_skull.run_reference_skull(folder, options, shapes=1, split=split, out=tmp_path / name))
        tables.append(list(csv.DictReader((tmp_path / name / "reference_skull.csv").read_text().splitlines())))
    local_rows, cluster_rows = tables
    assert [row["skull"] for row in local_rows] == ["004", "009"]  # the broken one too, with its reason
    for local_row, cluster_row in zip(local_rows, cluster_rows, strict=True):
        for column, value in local_row.items():
            if column.endswith("seconds"):
                continue
            if value != cluster_row[column]:  # threads add in another order
                assert float(cluster_row[column]) == pytest.approx(float(value), abs=1e-6, nan_ok=True), column


@pytest.mark.slow
def test_skulls_are_traced_for_training_on_a_cluster_in_the_same_order_as_in_one_process(scheduler, folder, caplog):
    caplog.set_level(logging.WARNING)
    sources = skull_sources.list_skull_sources(folder / "complete")
    poses = {s.name: np.eye(4) for s in sources}
    local, cluster = (
        list(skull_sources.process_skulls(sources, "tracing", partial(run.trace_coarse_intervals, poses), target))
        for target in (skull_sources.SINGLE_PROCESS, ComputeTarget(scheduler))
    )
    assert [s.name for s, _ in cluster] == [s.name for s, _ in local] == ["003", "004"]
    for (_, local_intervals), (_, cluster_intervals) in zip(local, cluster, strict=True):
        np.testing.assert_array_equal(local_intervals, cluster_intervals)
    assert caplog.text.count("009 is left out") == 2


def test_a_skull_whose_work_is_lost_ends_the_preparation(monkeypatch):
    """A training without it would silently be another one."""
    monkeypatch.setattr(dask_jobs, "run_jobs", lambda jobs, *_: iter([("0", LostJob("the worker died"))]))
    client = type("Client", (), {"scatter": lambda self, work, broadcast: work})()
    with pytest.raises(SkullRestoreError, match=r"lost its work on 001 \(the worker died\). The same command goes on"):
        list(skull_sources.cluster_results([skull_sources.SkullSource("001", Path("001.nrrd"))], None, client))


@pytest.mark.slow
def test_train_reports_that_no_scheduler_answers(tmp_path, monkeypatch):
    monkeypatch.setattr(dask_jobs, "SCHEDULER_TIMEOUT_S", 1)
    (tmp_path / "in").mkdir()
    for number in range(12):
        (tmp_path / "in" / f"{number}.nrrd").touch()
    result = CliRunner().invoke(
        main.app,
        ["train", "--skulls", str(tmp_path / "in"), "--out", str(tmp_path / "out"), "--scheduler", "tcp://127.0.0.1:9"],
    )
    assert result.exit_code == 2
    assert "No Dask scheduler answers at tcp://127.0.0.1:9" in result.stderr
