"""What the world does to a run: it is killed, the disk is full or may not be written, files vanish, memory is short. Real processes, real limits."""

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from helpers_intake import affine, head, write_dicom, write_image

from SkullRestoreLib import dicom, export, memory, read, staging
from SkullRestoreLib.case import InputError, OutputError, Volume

HERE = Path(__file__).parent
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="limits, mounts and kill -9 of this kind are those of Linux and macOS")


def run(out, *options, fault="", **how):
    """The real command with a small corridor."""
    command = [sys.executable, str(HERE / "helpers_stand_in.py"), "restore", "head", "--out", str(out), *options]
    return subprocess.run(command, env={**os.environ, "FAULT": fault}, capture_output=True, text=True, timeout=120, check=False, **how)


def sentence(result, code=2):
    assert result.returncode == code, result.stderr
    assert "Traceback" not in result.stderr
    (line,) = [line for line in result.stderr.splitlines() if line.startswith("Error: ")]
    return line


def content(home):
    return {str(p.relative_to(home)): p.read_bytes() for p in home.rglob("*") if p.is_file()}


# --- killed


@pytest.mark.parametrize("case", ["new", "again"])
def test_a_run_that_is_killed_anywhere_leaves_the_earlier_state_or_the_new_one(tmp_path, case):
    """Before every change of the file system, and in the middle of files."""
    program = [sys.executable, str(HERE / "helpers_killed.py"), case, str(tmp_path)]
    told = json.loads(subprocess.run(program, capture_output=True, text=True, timeout=300, check=True).stdout)
    assert len(told) > 25
    assert sum(one["at"].startswith("size") for one in told) >= 4
    for one in told:
        assert one["strange"] == [], one  # no file was ever half of itself
        assert one["mark"] == (one["was"] == "after" or (case == "again" and one["was"] == "before")), one
        assert one["complete_after_the_next_run"], one
        if case == "new":
            assert one["was"] == "before", one


def test_while_a_process_lives_nobody_takes_its_stage_away(tmp_path):
    out = tmp_path / "out"
    with staging.staged(out, tmp_path) as stage:
        (stage / "half.stl").write_text("...")
        staging.tidy(out, export.MARK)
        assert (stage / "half.stl").is_file()
    assert list(tmp_path.iterdir()) == []


def test_a_stage_without_locks_is_nobodys_after_an_hour(tmp_path, monkeypatch):
    monkeypatch.setattr(staging, "fcntl", None)
    stage = tmp_path / f"{staging.prefix(tmp_path / 'out')}x"
    stage.mkdir()
    (stage / "half.stl").write_text("...")
    staging.tidy(tmp_path / "out", export.MARK)
    assert stage.is_dir()
    os.utime(stage, (0, time.time() - 4000))
    staging.tidy(tmp_path / "out", export.MARK)
    assert not stage.exists()


def test_a_file_is_replaced_only_by_a_complete_one(tmp_path):
    path = tmp_path / "curves.csv"
    staging.write(path, lambda part: part.write_text("epoch\n1\n"))

    def half(part):
        part.write_text("epo")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        staging.write(path, half)
    assert content(tmp_path) == {"curves.csv": b"epoch\n1\n"}


# --- disks


@pytest.fixture
def disk(tmp_path):
    """A function that mounts a small disk; needs the rights for it."""
    mounted = []

    def mount(size, *, read_only=False):
        place = tmp_path / f"disk{len(mounted)}"
        place.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={size}{',ro' if read_only else ''}", "tmpfs", str(place)]
        if shutil.which("mount") is None or subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip("no rights to mount a disk here")
        mounted.append(place)
        return place

    yield mount
    for place in mounted:
        subprocess.run(["umount", str(place)], check=False)


ROOMY = "import shutil, types; shutil.disk_usage = lambda _: types.SimpleNamespace(free=1e12)"


@pytest.mark.parametrize("size", ["40k", "120k"])
def test_a_real_disk_that_fills_up_while_writing_is_said_and_nothing_is_left(disk, size):
    place = disk(size)
    assert "is full" in sentence(run(place / "out", fault=ROOMY))
    assert list(place.iterdir()) == []


def test_too_little_room_is_said_before_writing(disk):
    place = disk("400k")
    assert "the result needs about" in sentence(run(place / "out"))
    assert list(place.iterdir()) == []


def test_a_disk_that_fills_up_loses_nothing_of_an_earlier_result(disk):
    place = disk("800k")
    assert run(place / "out", fault=ROOMY).returncode == 0
    before = content(place)
    free = shutil.disk_usage(place).free
    (place / "letters").write_bytes(bytes(free - 60_000))
    assert "is full" in sentence(run(place / "out", "--force", fault=ROOMY))
    (place / "letters").unlink()
    assert content(place) == before


def test_labels_on_a_full_disk_are_an_error_and_no_half_file(disk):
    """ITK writes them, and its writers do not always say that they failed."""
    place = disk("40k")
    noise = np.random.default_rng(0).integers(0, 3, (60, 60, 60), dtype=np.uint8)
    with pytest.raises((OutputError, OSError)):
        export.write_labels(noise, np.eye(4), place / "labels.nrrd")
    assert list(place.iterdir()) == []


def test_a_limit_on_the_size_of_files_is_said_and_nothing_is_left(tmp_path):
    limited = run(tmp_path / "out", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000)))
    assert "could not be written" in sentence(limited)
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_may_only_be_read_is_said_before_anything_is_computed(disk):
    place = disk("1m", read_only=True)
    result = run(place / "out")
    assert "no permission to write" in sentence(result)
    assert "restore the surface" not in result.stderr


# --- inputs that vanish


def test_a_slice_that_vanishes_while_the_series_is_read_is_named(tmp_path):
    write_dicom(tmp_path / "ct", head(), affine())
    (series,) = dicom.scan(tmp_path / "ct")
    gone = Path(series.planes[30].path)
    gone.unlink()
    with pytest.raises(InputError, match=f"'{gone.name}' .*is no longer there"):
        dicom.load(series)


@pytest.mark.parametrize("name", ["head.nrrd", "head.nii", "head.nii.gz", "head.mha"])
def test_an_image_that_vanishes_while_it_is_read_is_named(tmp_path, name, monkeypatch):
    path = write_image(tmp_path / name, head(), affine())
    checked = memory.check

    def vanish(*args, **more):
        path.unlink()
        path.mkdir()  # an open file would still be read: it has to fail as a lost drive does
        path.rmdir()
        checked(*args, **more)

    monkeypatch.setattr(memory, "check", vanish)
    if name.endswith((".nii", ".nii.gz")):
        assert isinstance(read.read(path), Volume)  # it was open already: the system keeps it
    else:
        with pytest.raises(InputError, match="no longer there"):
            read.read(path)


# --- memory


def test_a_volume_that_needs_more_memory_than_there_is_is_refused_with_a_voxel_size_that_fits():
    with pytest.raises(InputError, match=r"2517 million voxels.*takes about 22\.5 GB of memory, and 8\.0 GB are free.*voxels of 0\.3 mm"):
        memory.check(1024 * 1024 * 2400, np.array([0.2, 0.2, 0.2]), there=8e9)
    memory.check(1024 * 1024 * 600, np.array([0.2, 0.2, 0.2]), there=8e9)


def test_the_voxel_size_that_is_advised_does_fit():
    spacing, voxels = np.array([0.1, 0.1, 0.2]), 4_000_000_000
    with pytest.raises(InputError) as error:
        memory.check(voxels, spacing, there=9e9)
    edge = float(str(error.value).split("voxels of ")[1].split(" mm")[0])
    memory.check(int(voxels * np.prod(spacing) / edge**3), np.full(3, edge), there=9e9)


def test_what_the_volume_holds_already_is_not_asked_for_twice():
    memory.check(500_000_000, np.full(3, 0.3), held_bytes=1e9, there=4.4e9)
    with pytest.raises(InputError):
        memory.check(500_000_000, np.full(3, 0.3), there=4.4e9)


def test_a_huge_image_is_refused_by_its_header_in_a_process_with_little_memory(tmp_path):
    """The file is small on the disk: it is nearly all one value. Reading it would take 16 GB."""
    path = tmp_path / "huge.nrrd"
    header = "NRRD0004\ntype: short\ndimension: 3\nspace: left-posterior-superior\nsizes: 2000 2000 2000\nkinds: domain domain domain\n"
    header += "space directions: (0.1,0,0) (0,0.1,0) (0,0,0.1)\nspace origin: (0,0,0)\nendian: little\nencoding: raw\n\n"
    with path.open("wb") as file:
        file.write(header.encode())
        file.truncate(len(header) + 2 * 2000**3)  # a sparse file: no room is taken
    program = "import sys; from SkullRestoreLib.cli import main; main()"
    command = [sys.executable, "-c", program, "restore", str(path), "--out", str(tmp_path / "out")]
    limits = {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_AS, (6_000_000_000, 6_000_000_000))}
    result = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, cwd=HERE.parent, **limits)
    assert "GB of memory" in sentence(result)
    assert "resample it to voxels of" in result.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["huge.nrrd"]


@pytest.mark.parametrize("name", ["bomb.nrrd", "bomb.nii.gz"])
def test_a_header_that_promises_more_than_the_file_can_hold_is_refused_at_once(tmp_path, name):
    path = write_image(tmp_path / name, np.zeros((30, 30, 30), np.int16), affine())
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


def test_memory_that_a_container_may_take_is_known(tmp_path):
    (tmp_path / "memory.max").write_text("4000000000\n")
    (tmp_path / "memory.current").write_text("3000000000\n")
    (tmp_path / "memory.stat").write_text("anon 1\ninactive_file 500000000\n")
    assert memory._cgroup(tmp_path) == 1.5e9
    (tmp_path / "memory.max").write_text("max\n")
    assert memory._cgroup(tmp_path) == np.inf


def test_the_memory_that_is_free_is_told():
    assert 1e8 < memory.available_bytes() < 1e14 or memory.available_bytes() == np.inf


# --- stopped or killed while it computes


@pytest.fixture(scope="module")
def holed(tmp_path_factory):
    """A coarse head with a hole, as a file."""
    from helpers_head import head as phantom

    one = phantom(spacing=2.5)
    return write_image(tmp_path_factory.mktemp("input") / "head.nrrd", one.mask().array.astype(np.uint8), one.ijk_to_ras)


@pytest.mark.parametrize("after", ["read the input", "segment the bone", "predict the whole vault", "restore the surface"])
@pytest.mark.parametrize("how", ["INT", "KILL"])
def test_a_real_restoration_that_is_stopped_or_killed_at_a_step_ends_and_leaves_nothing(holed, tmp_path, after, how):
    program = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from SkullRestoreLib.cli import main; main()"
    command = [sys.executable, "-u", "-c", program, "restore", str(holed), "--out", str(tmp_path / "out"), "--level", "5"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, cwd=HERE.parent)
    seen = [process.stderr.readline()]
    while seen[-1] and not seen[-1].startswith(after):
        seen.append(process.stderr.readline())
    process.send_signal(getattr(signal, f"SIG{how}"))
    since = time.monotonic()
    rest = process.communicate(timeout=60)[1]
    assert time.monotonic() - since < 15  # a second on an idle computer, see docs/reliability.md
    assert process.returncode == (130 if how == "INT" else -signal.SIGKILL), "".join(seen) + rest
    assert "Stopped. Nothing was written." in rest or how == "KILL"
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_written_before_all_is_computed(holed, tmp_path):
    """So a kill at any moment of any step of the computation finds no file to break: Python's own events, and what is there at each step."""
    program = f"""
import json, sys
sys.path.insert(0, {str(HERE)!r})
from pathlib import Path
from helpers_killed import CHANGES, _writes
from SkullRestoreLib.deliver import deliver
from SkullRestoreLib.settings import Settings
home, changes, step = Path({str(tmp_path)!r}), [], "start"
def note(event, arguments):
    if event in CHANGES and str(home) in str(arguments[0]) and (event != "open" or _writes(arguments)):
        changes.append((step, event))
sys.addaudithook(note)
steps, there = [], []
for step, _ in deliver(Path({str(holed)!r}), home / "out", Settings(level=5)):
    steps.append(step)
    there += [(step, p.name) for p in home.iterdir()]
print(json.dumps([steps, [c for c in changes if c[0] != "write the files"], there, len(changes)]))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=200, check=False, cwd=HERE.parent)
    assert done.returncode == 0, done.stderr
    steps, changes, there, written = json.loads(done.stdout.splitlines()[-1])
    assert len(steps) > 10
    assert steps[-1] == "write the files"
    assert changes == there == []
    assert written > 10
    assert (tmp_path / "out" / "restoration.json").is_file()
