"""Broken files for every reader: ``python Testing/fuzz.py --minutes 5``. Deterministic by ``--seed``.

Small good files are broken by chance: bytes turned, parts cut out, doubled or filled up, numbers of headers made huge,
negative or empty. A reader may give something back or refuse with a ``SkullRestoreError``. Anything else is a find:
another exception, a crash, more than 40 s, more than 3 GB, a file written, a process or a connection started, pickled
code looked for. Files that made a find are kept in ``--keep``.
"""

import argparse
import collections
import json
import os
import re
import resource
import shutil
import signal
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

from SkullRestoreLib.errors import SkullRestoreError

MEMORY_BYTES, SECONDS, IN_A_ROW = 3_000_000_000, 40, 100
VTK, IN_OWN_PROCESS = (".obj", ".vtp"), 15  # each of these files takes a process of its own, and so longer
NUMBERS = [
    b"0",
    b"-1",
    b"1",
    b"65536",
    b"2147483647",
    b"4294967296",
    b"99999999999999999999",
    b"1e308",
    b"nan",
    b"",
    b"/etc/hosts",
    b"../..",
]
FORBIDDEN = {
    "subprocess.Popen",
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "socket.connect",
    "pickle.find_class",
    "ctypes.dlopen",
}
_scratch = ""


# --- readers


def _read(path: Path) -> None:
    from SkullRestoreLib.io import read

    read.read(path)


def _info(path: Path) -> None:
    from SkullRestoreLib.cli import console

    folder = path.parent / "result"
    folder.mkdir(exist_ok=True)
    shutil.copy(path, folder / "restoration.json")
    console.print_restoration(console.load_facts(folder))


def _network(path: Path) -> None:
    from SkullRestoreLib.prediction import network

    network.load_network(path)


def _shape(path: Path) -> None:
    from SkullRestoreLib.skull_model.atlas import load_atlas

    load_atlas(path)


def _list(path: Path) -> None:
    from SkullRestoreLib import batch

    batch.read_case_list(path)


def _split(path: Path) -> None:
    from SkullRestoreLib.evaluation.cases.random_cases import read_split

    read_split(path, "test")


# --- good files


def _seeds(home: Path) -> dict[str, tuple[Path, Callable[[Path], None]]]:
    """Name -> a small good file and its reader."""
    from helpers_dicom import SERIES_AFFINE, compress_with_gdcm, hu_block, write_enhanced_ct, write_series
    from helpers_intake import ellipsoid_mesh, write_image
    from helpers_restoration import make_restoration

    from SkullRestoreLib import report
    from SkullRestoreLib._system import resources
    from SkullRestoreLib.io.write import write_mesh
    from SkullRestoreLib.records import Mesh

    hu, found = hu_block(), {}
    for name in ("ct.nrrd", "ct.nii", "ct.nii.gz", "ct.mha"):
        found[name] = (write_image(home / name, np.tile(hu, (1, 2, 2)), SERIES_AFFINE), _read)
    ball, ascii_ply = Mesh(*ellipsoid_mesh(80.0, 2)), home / "ascii.ply"
    for name in ("skull.stl", "skull.ply", "skull.obj", "skull.3mf"):
        write_mesh(ball, home / name)
        found[name] = (home / name, _read)
    import trimesh

    shape = trimesh.Trimesh(ball.vertices, ball.faces, process=False)
    ascii_ply.write_bytes(shape.export(file_type="ply", encoding="ascii"))
    (home / "ascii.stl").write_text(shape.export(file_type="stl_ascii"))
    (home / "skull.glb").write_bytes(trimesh.Scene(shape).export(file_type="glb"))
    found["skull.glb"] = (home / "skull.glb", _read)
    with zipfile.ZipFile(home / "ct.zip", "w") as archive:
        archive.write(home / "ct.nrrd", "head/ct.nrrd")
    found["ct.zip"] = (home / "ct.zip", _read)
    found |= {
        "ascii.ply": (ascii_ply, _read),
        "ascii.stl": (home / "ascii.stl", _read),
        "skull.vtp": (_vtp(ball, home / "skull.vtp"), _read),
    }
    for name, folder in (
        ("plain.dcm", write_series(home / "a")),
        ("jpeg.dcm", compress_with_gdcm(write_series(home / "b"), "JPEG")),
        ("frames.dcm", write_enhanced_ct(home / "c")),
    ):
        found[name] = (sorted(folder.iterdir())[0], _read)
    facts = home / "restoration.json"
    facts.write_text(json.dumps(report.summarise_restoration(make_restoration(warnings=["one"]))))
    found["restoration.json"] = (facts, _info)
    found["network.safetensors"] = (resources.resource_path("network.safetensors"), _network)
    found["shape.safetensors"] = (resources.resource_path("shape.safetensors"), _shape)
    (home / "list.csv").write_text("name,input,series\na,x/y.nrrd,1\nb,z,\n")
    found["list.csv"] = (home / "list.csv", _list)
    found["split.json"] = (resources.resource_path("split.json"), _split)
    return found


def _vtp(ball, path: Path) -> Path:
    import vtk
    from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray

    data, points, cells, writer = vtk.vtkPolyData(), vtk.vtkPoints(), vtk.vtkCellArray(), vtk.vtkXMLPolyDataWriter()
    points.SetData(numpy_to_vtk(ball.vertices, deep=True))
    offsets = np.arange(0, 3 * len(ball.faces) + 1, 3)
    cells.SetData(numpy_to_vtkIdTypeArray(offsets, deep=True), numpy_to_vtkIdTypeArray(ball.faces.ravel(), deep=True))
    data.SetPoints(points)
    data.SetPolys(cells)
    writer.SetFileName(str(path))
    writer.SetInputData(data)
    writer.SetDataModeToAscii()
    writer.Write()
    return path


# --- breaking them


def broken(content: bytes, rng: np.random.Generator) -> bytes:
    """The same file, damaged once to four times."""
    made = bytearray(content)
    for _ in range(rng.integers(1, 4)):
        size = max(len(made), 1)
        # headers are at the front, and matter more
        at = int(rng.integers(0, size) if rng.random() < 0.4 else rng.integers(0, min(size, 800)))
        kind = rng.integers(0, 7)
        if kind == 0 and made:
            made[at] ^= 1 << int(rng.integers(0, 8))
        elif kind == 1 and made:
            made[at : at + 4] = rng.choice(
                [b"\xff\xff\xff\xff", b"\x00\x00\x00\x00", b"\xff\xff\xff\x7f", b"\x00\x00\x00\x80"]
            )
        elif kind == 2:
            del made[at:]
        elif kind == 3:
            del made[at : at + int(rng.integers(1, 64))]
        elif kind == 4:
            made[at:at] = made[at : at + int(rng.integers(1, 64))]
        elif kind == 5:
            made[at:at] = rng.bytes(int(rng.integers(1, 32)))
        else:
            numbers = list(re.finditer(rb"-?\d+(\.\d+)?", bytes(made[:4000])))
            if numbers:
                one = numbers[rng.integers(0, len(numbers))]
                made[one.start() : one.end()] = NUMBERS[rng.integers(0, len(NUMBERS))]
    return bytes(made)


def _guard(event: str, arguments: tuple) -> None:
    # models are read by VTK in a process of its own, which may crash
    is_own = event == "subprocess.Popen" and arguments[0] == sys.executable and "own_process" in str(arguments[1])
    if event in FORBIDDEN - {"ctypes.dlopen"} and not is_own:
        raise AssertionError(f"forbidden: {event}")
    if (
        event == "open"
        and isinstance(arguments[1], str)
        and set(arguments[1]) & set("wax+")
        and not str(arguments[0]).startswith((_scratch, "/dev/null"))
    ):
        raise AssertionError(f"writes {arguments[0]}")


def _child(reader, path: Path, contents: list[bytes], pipe: int) -> None:
    """Read one broken file after the other; tell the outcome of each."""
    global _scratch
    _scratch = tempfile.tempdir = str(path.parent)
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    reader_ready = False
    for content in contents:
        path.write_bytes(content)
        if reader_ready:
            resource.setrlimit(resource.RLIMIT_AS, (_used() + MEMORY_BYTES, resource.RLIM_INFINITY))
        try:
            reader(path)
            told = "read"
        except SkullRestoreError:
            told = "refused"
        except BaseException as error:
            told = f"{type(error).__name__}: {str(error).splitlines()[0][:120] if str(error) else ''}"
        os.write(pipe, (told.replace("\n", " ") + "\n").encode())
        if not reader_ready:  # libraries are loaded now
            sys.addaudithook(_guard)
            reader_ready = True
    os._exit(0)


def _used() -> int:
    return int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[0]) * os.sysconf("SC_PAGE_SIZE")


def _in_a_child(reader, path: Path, contents: list[bytes]) -> list[str]:
    """Outcomes; shorter than the contents where the process ended, with how it did."""
    source, sink = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(source)
        try:
            _child(reader, path, contents, sink)
        except BaseException as error:
            os.write(sink, f"the fuzzer fails: {error!r}\n".encode())
        finally:  # never back into the parent's code
            os._exit(0)
    os.close(sink)
    told, waited, open_ = b"", time.monotonic(), True
    import select

    while open_:
        if select.select([source], [], [], 1.0)[0]:
            part = os.read(source, 65536)
            told, waited, open_ = told + part, time.monotonic(), bool(part)
        elif time.monotonic() - waited > SECONDS + 10 * (not told):
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            os.close(source)
            return [*told.decode().splitlines(), f"hangs for more than {SECONDS} s"]
    os.close(source)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    outcomes = told.decode().splitlines()
    return outcomes if code == 0 else [*outcomes, f"crashes ({signal.Signals(-code).name if code < 0 else code})"]


def fuzz(
    *, seconds: float, seed: int, only: str | None = None, rounds: int | None = None, keep: Path | None = None
) -> dict[str, collections.Counter]:
    """Break and read until the time or the rounds are over; outcome counts by file."""
    counts: dict[str, collections.Counter] = {}
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch) / "seeds"
        home.mkdir()
        seeds = _seeds(home)
        seeds = {name: one for name, one in seeds.items() if only is None or only in name}
        end, number = time.monotonic() + seconds, 0
        while time.monotonic() < end and (rounds is None or number < rounds):
            for name, (good, reader) in seeds.items():
                if time.monotonic() > end and number:
                    break
                rng = np.random.default_rng([seed, number, *name.encode()])
                content = good.read_bytes()
                contents = [
                    content,
                    *(
                        broken(content, rng)
                        for _ in range((IN_OWN_PROCESS if name.endswith(VTK) else IN_A_ROW) if rounds is None else 12)
                    ),
                ]  # the good one loads the libraries
                place = Path(scratch) / "now"
                shutil.rmtree(place, ignore_errors=True)
                place.mkdir()
                if good.parent.name in "abc":  # DICOM: among its neighbours
                    shutil.copytree(good.parent, place, dirs_exist_ok=True)
                first = True
                while contents:
                    outcomes = _in_a_child(reader, place / good.name, contents)
                    if first and outcomes[0] != "read":
                        raise RuntimeError(f"the good {name} is not read: {outcomes[0]}")
                    for content, outcome in list(zip(contents, outcomes, strict=False))[first:]:
                        counts.setdefault(name, collections.Counter())[outcome] += 1
                        if outcome not in ("read", "refused") and keep is not None:
                            keep.mkdir(parents=True, exist_ok=True)
                            reason = re.sub(r"[^A-Za-z]+", "_", outcome)[:40]
                            found_name = f"{number}_{counts[name][outcome]}_{reason}_{good.name}"
                            (keep / found_name).write_bytes(content)
                    contents, first = contents[len(outcomes) :], False
            number += 1
    return counts


def main() -> None:
    """Fuzz and print a table; exits with 1 where something was found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", help="files whose name holds this")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    counts = fuzz(
        seconds=60 * options.minutes, seed=options.seed, only=options.only, rounds=options.rounds, keep=options.keep
    )
    print("| file | broken | read | refused | finds |\n| --- | --- | --- | --- | --- |")
    for name, count in counts.items():
        finds = {k: v for k, v in count.items() if k not in ("read", "refused")}
        found = "; ".join(f"{times} x {outcome}" for outcome, times in finds.items()) or "none"
        print(f"| {name} | {count.total()} | {count['read']} | {count['refused']} | {found} |")
    sys.exit(any(set(count) - {"read", "refused"} for count in counts.values()))


if __name__ == "__main__":
    main()
