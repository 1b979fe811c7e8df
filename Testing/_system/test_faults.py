"""Faults of the environment: a run is killed, the disk is full or read-only, files vanish, memory is short.

Real processes, real disks, real limits.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from helpers_intake import ellipsoid_head, scan_affine, write_dicom, write_image

from SkullRestoreLib._system import atomic_write, memory
from SkullRestoreLib.errors import InputError
from SkullRestoreLib.io import dicom_series, read, write
from SkullRestoreLib.records import Volume

resource = pytest.importorskip("resource", reason="Windows has no such limits")

HERE = Path(__file__).parents[1]
pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="limits, mounts and kill -9 of this kind are those of Linux and macOS"
)


def run(out, *options, fault="", **process_options):
    """Run the real command with a restoration that is done at once."""
    command = [sys.executable, str(HERE / "helpers_stand_in.py"), "restore", "head", "--out", str(out), *options]
    return subprocess.run(
        command,
        env={**os.environ, "FAULT": fault},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        **process_options,
    )


def error_line(result, code=2):
    """The one line with the error, of a command that ended with an exit code and without a traceback."""
    assert result.returncode == code, result.stderr
    assert "Traceback" not in result.stderr
    (line,) = [line for line in result.stderr.splitlines() if line.startswith("Error: ")]
    return line


def files_below(home):
    """Content of every file below a folder, by its relative path."""
    return {str(p.relative_to(home)): p.read_bytes() for p in home.rglob("*") if p.is_file()}


# --- killed


@pytest.mark.slow
@pytest.mark.parametrize("case", ["new", "again"])
def test_a_run_that_is_killed_anywhere_leaves_the_earlier_state_or_the_new_one(tmp_path, case):
    """Before every change of the file system, and in the middle of files."""
    program = [sys.executable, str(HERE / "helpers_killed.py"), case, str(tmp_path)]
    deaths = json.loads(subprocess.run(program, capture_output=True, text=True, timeout=300, check=True).stdout)
    assert len(deaths) > 25
    assert sum(death["at"].startswith("size") for death in deaths) >= 4
    for death in deaths:
        assert death["strange"] == [], death  # no file was ever incomplete
        assert death["mark"] == (death["was"] == "after" or (case == "again" and death["was"] == "before")), death
        assert death["complete_after_the_next_run"], death
        if case == "new":
            assert death["was"] == "before", death


def test_the_stage_of_a_running_process_is_not_removed(tmp_path):
    out = tmp_path / "out"
    with atomic_write.staging_folder(out, tmp_path) as stage:
        (stage / "half.stl").write_text("...")
        atomic_write.recover_leftovers(out, write.MARKER_FILE)
        assert (stage / "half.stl").is_file()
    assert list(tmp_path.iterdir()) == []


def test_without_locks_a_stage_is_abandoned_after_an_hour(tmp_path, monkeypatch):
    monkeypatch.setattr(atomic_write, "fcntl", None)
    stage = tmp_path / f"{atomic_write.staging_prefix(tmp_path / 'out')}x"
    stage.mkdir()
    (stage / "half.stl").write_text("...")
    atomic_write.recover_leftovers(tmp_path / "out", write.MARKER_FILE)
    assert stage.is_dir()
    os.utime(stage, (0, time.time() - 4000))
    atomic_write.recover_leftovers(tmp_path / "out", write.MARKER_FILE)
    assert not stage.exists()


def test_a_file_is_replaced_only_by_a_complete_one(tmp_path):
    path = tmp_path / "curves.csv"
    atomic_write.write_atomically(path, lambda part: part.write_text("epoch\n1\n"))

    def write_half(part):
        part.write_text("epo")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        atomic_write.write_atomically(path, write_half)
    assert files_below(tmp_path) == {"curves.csv": b"epoch\n1\n"}


# --- disks


@pytest.fixture
def disk(tmp_path):
    """A function that mounts a small disk; skips without the rights for it."""
    mounted = []

    def mount(size, *, read_only=False):
        mount_point = tmp_path / f"disk{len(mounted)}"
        mount_point.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={size}{',ro' if read_only else ''}", "tmpfs", str(mount_point)]
        if shutil.which("mount") is None or subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip("no rights to mount a disk here")
        mounted.append(mount_point)
        return mount_point

    yield mount
    for mount_point in mounted:
        subprocess.run(["umount", str(mount_point)], check=False)


UNLIMITED_DISK = "import shutil, types; shutil.disk_usage = lambda _: types.SimpleNamespace(free=1e12)"


@pytest.mark.slow
@pytest.mark.parametrize("size", ["40k", "120k"])
def test_a_disk_that_fills_up_while_writing_is_reported_and_nothing_is_left(disk, size):
    small_disk = disk(size)
    assert "is full" in error_line(run(small_disk / "out", fault=UNLIMITED_DISK))
    assert list(small_disk.iterdir()) == []


@pytest.mark.slow
def test_too_little_disk_space_is_reported_before_writing(disk):
    small_disk = disk("400k")
    assert "the result needs about" in error_line(run(small_disk / "out"))
    assert list(small_disk.iterdir()) == []


@pytest.mark.slow
def test_a_disk_that_fills_up_loses_nothing_of_an_earlier_result(disk):
    small_disk = disk("800k")
    assert run(small_disk / "out", fault=UNLIMITED_DISK).returncode == 0
    before = files_below(small_disk)
    free = shutil.disk_usage(small_disk).free
    (small_disk / "filler").write_bytes(bytes(free - 60_000))
    assert "is full" in error_line(run(small_disk / "out", "--force", fault=UNLIMITED_DISK))
    (small_disk / "filler").unlink()
    assert files_below(small_disk) == before


def test_labels_on_a_full_disk_are_an_error_and_leave_no_file(disk):
    small_disk = disk("40k")
    noise = np.random.default_rng(0).integers(0, 3, (60, 60, 60), dtype=np.uint8)
    with pytest.raises(OSError, match="No space left"):
        write.write_labels(noise, np.eye(4), small_disk / "labels.nrrd")
    assert list(small_disk.iterdir()) == []


@pytest.mark.slow
def test_a_limit_on_the_size_of_files_is_reported_and_nothing_is_left(tmp_path):
    limited = run(tmp_path / "out", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000)))
    assert "could not be written" in error_line(limited)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_read_only_disk_is_reported_before_anything_is_computed(disk):
    small_disk = disk("1m", read_only=True)
    result = run(small_disk / "out")
    assert "no permission to write" in error_line(result)
    assert "restore the surface" not in result.stderr


# --- inputs that vanish


def test_a_slice_that_vanishes_while_the_series_is_read_is_named(tmp_path):
    write_dicom(tmp_path / "ct", ellipsoid_head(), scan_affine())
    (series,) = dicom_series.find_series(tmp_path / "ct")
    gone = Path(series.slice_headers[30].path)
    gone.unlink()
    with pytest.raises(InputError, match=f"'{gone.name}' .*is no longer there"):
        dicom_series.load_series(series)


@pytest.mark.parametrize("name", ["head.nrrd", "head.nii", "head.nii.gz", "head.mha"])
def test_an_image_that_vanishes_while_it_is_read_is_still_read(tmp_path, name, monkeypatch):
    path = write_image(tmp_path / name, ellipsoid_head(), scan_affine())
    checked = memory.check_memory

    def vanish(*args, **more):
        path.unlink()
        path.mkdir()  # the path is gone, as with a lost drive
        path.rmdir()
        checked(*args, **more)

    monkeypatch.setattr(memory, "check_memory", vanish)
    assert isinstance(read.read(path), Volume)  # it was open already: the system keeps its content


# --- memory


def test_a_volume_that_needs_more_memory_than_is_free_is_refused_with_a_voxel_size_that_fits():
    with pytest.raises(
        InputError,
        match=r"2517 million voxels.*takes about 22\.5 GB of memory, and 8\.0 GB are free.*voxels of 0\.3 mm",
    ):
        memory.check_memory(1024 * 1024 * 2400, np.array([0.2, 0.2, 0.2]), free_bytes=8e9)
    memory.check_memory(1024 * 1024 * 600, np.array([0.2, 0.2, 0.2]), free_bytes=8e9)


def test_the_suggested_voxel_size_fits():
    spacing, voxels = np.array([0.1, 0.1, 0.2]), 4_000_000_000
    with pytest.raises(InputError) as error:
        memory.check_memory(voxels, spacing, free_bytes=9e9)
    edge = float(str(error.value).split("voxels of ")[1].split(" mm")[0])
    memory.check_memory(int(voxels * np.prod(spacing) / edge**3), np.full(3, edge), free_bytes=9e9)


def test_memory_that_the_volume_holds_already_is_not_counted_twice():
    memory.check_memory(500_000_000, np.full(3, 0.3), held_bytes=1e9, free_bytes=4.4e9)
    with pytest.raises(InputError):
        memory.check_memory(500_000_000, np.full(3, 0.3), free_bytes=4.4e9)


@pytest.mark.slow
def test_a_huge_image_is_refused_by_its_header_in_a_process_with_little_memory(tmp_path):
    """The file is sparse and small on the disk. Reading it would take 16 GB."""
    path = tmp_path / "huge.nrrd"
    header = "NRRD0004\ntype: short\ndimension: 3\nspace: left-posterior-superior\nsizes: 2000 2000 2000\n"
    header += "kinds: domain domain domain\n"
    header += (
        "space directions: (0.1,0,0) (0,0.1,0) (0,0,0.1)\nspace origin: (0,0,0)\nendian: little\nencoding: raw\n\n"
    )
    with path.open("wb") as file:
        file.write(header.encode())
        file.truncate(len(header) + 2 * 2000**3)
    program = "import sys; from SkullRestoreLib.cli.main import main; main()"
    command = [sys.executable, "-c", program, "restore", str(path), "--out", str(tmp_path / "out")]
    limits = {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_AS, (6_000_000_000, 6_000_000_000))}
    result = subprocess.run(
        command, capture_output=True, text=True, timeout=120, check=False, cwd=HERE.parent, **limits
    )
    assert "GB of memory" in error_line(result)
    assert "resample it to voxels of" in result.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["huge.nrrd"]


@pytest.mark.parametrize("name", ["bomb.nrrd", "bomb.nii.gz"])
def test_a_header_that_promises_more_than_the_file_can_hold_is_refused_at_once(tmp_path, name):
    path = write_image(tmp_path / name, np.zeros((30, 30, 30), np.int16), scan_affine())
    content = bytearray(path.read_bytes())
    if name.endswith(".nrrd"):
        content = content.replace(b"sizes: 30 30 30", b"sizes: 1500 1500 1500")
    else:
        import gzip

        plain = bytearray(gzip.decompress(content))
        plain[42:48] = np.array([1500, 1500, 1500], "<i2").tobytes()
        content = gzip.compress(plain)
    path.write_bytes(content)
    with pytest.raises(InputError, match="damaged"):
        read.read(path)


def test_the_memory_that_a_container_may_take_is_read_from_its_limits(tmp_path):
    (tmp_path / "memory.max").write_text("4000000000\n")
    (tmp_path / "memory.current").write_text("3000000000\n")
    (tmp_path / "memory.stat").write_text("anon 1\ninactive_file 500000000\n")
    assert memory.cgroup_free_bytes(tmp_path) == 1.5e9
    (tmp_path / "memory.max").write_text("max\n")
    assert memory.cgroup_free_bytes(tmp_path) == np.inf


def test_the_free_memory_of_this_computer_is_plausible():
    assert 1e8 < memory.available_bytes() < 1e14 or memory.available_bytes() == np.inf


# --- stopped or killed while it computes


@pytest.fixture(scope="module")
def head_file(tmp_path_factory):
    """A coarse head with a defect, as a file."""
    from helpers_head import phantom_head

    head = phantom_head(spacing=3.0)
    return write_image(
        tmp_path_factory.mktemp("input") / "head.nrrd", head.mask().array.astype(np.uint8), head.ijk_to_ras
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    "after", ["read the input", "segment the bone", "predict the intact vault", "restore the surface"]
)
@pytest.mark.parametrize("signal_name", ["INT", "KILL"])
def test_a_real_restoration_that_is_stopped_or_killed_at_a_step_ends_and_leaves_nothing(
    head_file, tmp_path, after, signal_name
):
    program = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        f"sys.path.insert(0, {str(HERE)!r})\n"
        "from helpers_quick import examined_heads_remembered\n"  # by the runs before, which were stopped later
        "from SkullRestoreLib.cli.main import main\n"
        "with examined_heads_remembered():\n    main()"
    )
    command = [
        sys.executable,
        "-u",
        "-c",
        program,
        "restore",
        str(head_file),
        "--out",
        str(tmp_path / "out"),
        "--level",
        "5",
    ]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, cwd=HERE.parent)
    lines = [process.stderr.readline()]
    while lines[-1] and not lines[-1].startswith(after):
        lines.append(process.stderr.readline())
    process.send_signal(getattr(signal, f"SIG{signal_name}"))
    sent = time.monotonic()
    rest = process.communicate(timeout=60)[1]
    assert time.monotonic() - sent < 15  # a second on an idle computer, see docs/reliability.md
    assert process.returncode == (130 if signal_name == "INT" else -signal.SIGKILL), "".join(lines) + rest
    assert "Stopped. Nothing was written." in rest or signal_name == "KILL"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_nothing_is_written_before_everything_is_computed(head_file, tmp_path):
    """So that a kill during the computation cannot damage a file: audit events and the folder's content show it."""
    program = f"""
import json, sys
sys.path.insert(0, {str(HERE)!r})
from pathlib import Path
from helpers_killed import CHANGES, _writes
from helpers_quick import long_steps_remembered, small_pictures
from SkullRestoreLib.pipeline.process_case import process_case
from SkullRestoreLib.settings import Settings
home, changes, step = Path({str(tmp_path)!r}), [], "start"
def note(event, arguments):
    if event in CHANGES and str(home) in str(arguments[0]) and (event != "open" or _writes(arguments)):
        changes.append((step, event))
sys.addaudithook(note)
steps, there = [], []
with long_steps_remembered(), small_pictures():
    for step, _ in process_case(Path({str(head_file)!r}), home / "out", Settings(level=5)):
        steps.append(step)
        there += [(step, p.name) for p in home.iterdir()]
print(json.dumps([steps, [c for c in changes if c[0] != "write the files"], there, len(changes)]))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=200, check=False, cwd=HERE.parent
    )
    assert done.returncode == 0, done.stderr
    steps, changes, there, written = json.loads(done.stdout.splitlines()[-1])
    assert len(steps) > 10
    assert steps[-1] == "write the files"
    assert changes == there == []
    assert written > 10
    assert (tmp_path / "out" / "restoration.json").is_file()
