"""Time and memory of every step by the size of the CT, and of other tools for the same tasks: ``make bench``.

Every size and every other tool runs in a process of its own, one after the other; sizes and the complete command five
times, of which the medians count. ``--sizes 256 512`` leaves out the largest. Wall time is what a user waits; processor
time is the sum over all threads and hardly changes while something else runs on the computer. Memory is the most that
the process held during the step, with its libraries (VmHWM, reset at the start of each step: Linux only). The CT is the
phantom.
"""

import argparse
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from bench_baselines import BASELINES

if TYPE_CHECKING:
    from SkullRestoreLib.records import Volume

ROOT = Path(__file__).resolve().parent.parent
SIZES = {"256": (256, 256, 256), "512": (300, 512, 512), "1024": (600, 1024, 1024)}  # k, j, i
CACHE = ROOT / "out" / "bench"
PAGE = ROOT / "docs" / "results" / "performance.md"


# --- the CT


def load_ct(size: str) -> "Volume":
    """Load the phantom at one of the sizes; it is made once."""
    from SkullRestoreLib.records import Volume

    path = CACHE / f"{size}.npz"
    if not path.is_file():
        CACHE.mkdir(parents=True, exist_ok=True)
        array, matrix = _resample_phantom(SIZES[size])
        np.savez(path, array=array, ijk_to_ras=matrix)
    with np.load(path) as saved:
        return Volume(saved["array"], saved["ijk_to_ras"], "ct")


def phantom_folder() -> Path:
    """Write the phantom as a DICOM series, once: its folder."""
    from SkullRestoreLib import phantom

    folder = CACHE / "phantom"
    if not (folder / "ct").is_dir():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as scratch:
            unfinished = Path(scratch) / "phantom"
            unfinished.mkdir()
            phantom.write_phantom(
                unfinished,
                seed=0,
                size_cm=10.0,
                place="frontotemporoparietal",
                bilateral=False,
                metal=False,
                slice_mm=0.6,
            )
            unfinished.rename(folder)
    return folder / "ct"


def _make_phantom_ct() -> "Volume":
    """Make a phantom CT of 512 × 512 × 300 voxels."""
    from SkullRestoreLib.io import read
    from SkullRestoreLib.records import Volume

    ct = read.read(phantom_folder())
    missing = max(0, 300 - len(ct.array))
    array = np.pad(ct.array, ((missing, 0), (0, 0), (0, 0)), constant_values=-1000)[-300:]
    shifted = ct.ijk_to_ras.copy()
    shifted[:3, 3] += (len(ct.array) - len(array)) * shifted[:3, 2]
    return Volume(array, shifted, "ct")


def _resample_phantom(shape: tuple[int, int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Resample the 512 × 512 × 300 phantom linearly to another number of voxels over the same head."""
    import SimpleITK

    if shape != SIZES["512"]:
        ct = load_ct("512")
        factor = np.array(ct.array.shape[::-1]) / shape[::-1]
        image = SimpleITK.GetImageFromArray(ct.array)
        grid = [int(n) for n in shape[::-1]], SimpleITK.Transform(), SimpleITK.sitkLinear
        resampled = SimpleITK.Resample(image, *grid, (factor - 1) / 2, factor, image.GetDirection(), -1000.0)
        matrix = ct.ijk_to_ras @ np.diag([*factor, 1.0])
        matrix[:3, 3] = (ct.ijk_to_ras @ [*(factor - 1) / 2, 1.0])[:3]
        return SimpleITK.GetArrayFromImage(resampled), matrix
    ct = _make_phantom_ct()
    return ct.array, ct.ijk_to_ras


# --- measuring, in a process of its own


class StepMeter:
    """Measures wall seconds, processor seconds and peak memory between two calls."""

    def __init__(self) -> None:
        self.rows: list[dict] = []
        self._begin()

    def _begin(self) -> None:
        Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")  # forget the most memory so far
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def end_step(self, step: str) -> None:
        """End the step of this name."""
        status = Path("/proc/self/status").read_text(encoding="utf-8").split("VmHWM:")[1]
        row = {"step": step, "wall": time.perf_counter() - self._wall, "cpu": time.process_time() - self._cpu}
        self.rows.append({**row, "mb": int(status.split()[0]) / 1000})
        self._begin()


def measure_restoration(size: str) -> list[dict]:
    """Measure the steps of one restoration."""
    from SkullRestoreLib.settings import Settings

    ct = load_ct(size)
    meter = StepMeter()
    from SkullRestoreLib.pipeline import steps as pipeline

    steps, step = pipeline.restore_steps(ct, Settings()), "load the libraries"
    for following, _fraction in steps:
        meter.end_step(step)
        step = following
    meter.end_step(step)
    return meter.rows


def measure_command(repeats: int) -> dict[str, float]:
    """Measure the complete command, from the DICOM folder to the result with its report: medians.

    Processor time and memory include the processes that the command starts.
    """
    ct = phantom_folder()
    runs = []
    for _ in range(repeats):
        with tempfile.TemporaryDirectory(dir=CACHE) as scratch:
            arguments = ["restore", str(ct), "--out", f"{scratch}/restored"]
            program = "from SkullRestoreLib.cli import main as cli; cli.main()"
            since = time.perf_counter()
            running = subprocess.Popen(
                [sys.executable, "-c", program, *arguments],
                cwd=ROOT,
                env=measuring_environment(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            _, status, used = os.wait4(running.pid, 0)
            running.returncode = os.waitstatus_to_exitcode(status)
            if running.returncode != 0:
                raise RuntimeError(f"The command ended with {running.returncode}.")
            seconds = time.perf_counter() - since
            runs.append((seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1000))
    wall, cpu, mb = np.median(runs, axis=0).tolist()
    return {"slices": len(list(ct.iterdir())), "wall": wall, "cpu": cpu, "mb": mb, "repeats": repeats}


def copy_bandwidth() -> float:
    """Measure the bytes per second that one core reads and writes when it copies; the best of three."""
    source, sink = np.ones(500_000_000, np.uint8), np.zeros(500_000_000, np.uint8)
    seconds = []
    for _ in range(3):
        since = time.perf_counter()
        np.copyto(sink, source)
        seconds.append(time.perf_counter() - since)
    return 2 * source.nbytes / min(seconds)


def startup_seconds(repeats: int = 5) -> list[float]:
    """Measure the seconds from the start of the command's process until it begins to read its input."""
    program = (
        "import os, sys; from SkullRestoreLib.cli import main as cli; from SkullRestoreLib.io import read; "
        "read.read = lambda *a, **k: os._exit(7); "
        f"sys.argv = ['skullrestore', 'restore', {str(ROOT / 'README.md')!r}, "
        f"'--out', {str(CACHE / 'nothing')!r}]; cli.main()"
    )
    seconds = []
    for _ in range(repeats):
        since = time.perf_counter()
        code = subprocess.run(
            [sys.executable, "-c", program], cwd=ROOT, env=measuring_environment(), capture_output=True, check=False
        ).returncode
        seconds.append(time.perf_counter() - since)
        if code != 7:
            raise RuntimeError("The command did not reach its first work.")
    return seconds


def measuring_environment() -> dict[str, str]:
    """The environment of a measuring process; folders on ``PYTHONPATH`` may hold tools to compare with."""
    folders = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(folders)}


def measure_tool(key: str) -> object:
    """Measure one of the other tools; a dictionary with the missing module where it is not installed."""
    tool = BASELINES[key]
    if not tool.install:
        return tool.measure(load_ct("512"), StepMeter)
    try:
        return tool.measure(load_ct("512"), StepMeter)
    except ImportError as error:
        return {"missing": error.name or str(error)}


def run_in_process(*arguments: str) -> object:
    """Call this script with these arguments, and parse the JSON that it prints; a string if it failed."""
    result = subprocess.run(
        [sys.executable, __file__, *arguments],
        cwd=ROOT,
        env=measuring_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode == 0:
        return json.loads(result.stdout.splitlines()[-1])
    last = result.stderr.strip().splitlines()[-1:] or ["killed"]
    return f"failed ({last[0][:100]})"


# --- tables


def step_lower_bounds(size: str, bytes_per_second: float) -> dict[str, float]:
    """Lower bounds in seconds for the steps that go through the volume, at the speed of copying on one core."""
    voxels = float(np.prod(SIZES[size]))
    return {
        "segment the bone": 3 * voxels / bytes_per_second,  # int16 is read, a mask written
        "trace the rays": 2 * voxels / bytes_per_second,  # at most every voxel once
        "fill the missing bone": 2 * voxels / bytes_per_second,  # two label volumes are written
        "make the display model": 2 * voxels / bytes_per_second,
    }


def steps_table(found: dict[str, list[dict]], speed: float) -> str:
    """Format the steps as Markdown: one row per step, four columns per size."""
    names = {size: " × ".join(map(str, SIZES[size][::-1])) for size in found}
    columns = " | ".join(f"{n}: wall s | processor s | floor s | peak MB" for n in names.values())
    lines = [f"| step | {columns} |"]
    lines.append("| --- |" + " ---: |" * 4 * len(found))
    for number, row in enumerate(next(iter(found.values()))):
        cells = []
        for size, rows in found.items():
            measured, floor = rows[number], step_lower_bounds(size, speed).get(row["step"])
            cells += [
                f"{measured['wall']:.2f}",
                f"{measured['cpu']:.2f}",
                "" if floor is None else f"{floor:.3f}",
                f"{measured['mb']:.0f}",
            ]
        lines.append(f"| {row['step']} | {' | '.join(cells)} |")
    for name, last in (("**to the restored surface**", "restore the surface"), ("**all**", None)):
        cells = []
        for rows in found.values():
            end = len(rows) if last is None else [r["step"] for r in rows].index(last) + 1
            part = rows[:end]
            cells += [
                f"{sum(r['wall'] for r in part):.2f}",
                f"{sum(r['cpu'] for r in part):.2f}",
                "",
                f"{max(r['mb'] for r in part):.0f}",
            ]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def median_rows(runs: Sequence[list[dict]]) -> list[dict]:
    """The median of each number of each step over several runs."""
    return [
        {
            key: value if key == "step" else float(np.median([rows[number][key] for rows in runs]))
            for key, value in row.items()
        }
        for number, row in enumerate(runs[0])
    ]


def command_sentence(command: dict[str, float]) -> str:
    """State what the complete command takes."""
    return (
        f"The complete command, from a DICOM folder of {command['slices']:.0f} slices on disk to the result with its "
        f"report: median **{command['wall']:.1f} s** of {command['repeats']:.0f}, {command['cpu']:.1f} s of processor "
        f"time with the processes that it starts, at most {command['mb']:.0f} MB in one of them."
    )


def growth_sentence(found: dict[str, list[dict]]) -> str:
    """State by which power of the number of voxels time and memory grow from the smallest size to the largest."""
    if len(found) < 2:
        return ""
    first, *_, last = found
    voxels = np.log(np.prod(SIZES[last]) / np.prod(SIZES[first]))
    cpu, mb = (
        np.log(unite(r[key] for r in found[last]) / unite(r[key] for r in found[first])) / voxels
        for unite, key in ((sum, "cpu"), (max, "mb"))
    )
    return (
        f"From {first} to {last}, processor time grows with the {cpu:.2f}th power of the number of voxels, "
        f"memory with the {mb:.2f}th."
    )


def baselines_table(found: dict[str, object]) -> str:
    """Format the other tools as Markdown, with the ratio of their processor time to ours."""
    lines = [
        "| task | by | wall s | processor s | peak MB | processor time / ours | remarks |",
        "| --- | --- | ---: | ---: | ---: | ---: | --- |",
    ]
    own: dict[str, float] = {}
    missing = []
    for key, measured in found.items():
        tool = BASELINES[key]
        if isinstance(measured, dict) and "missing" in measured:
            missing.append(f"{tool.by} (`pip install {tool.install}`; no module {measured['missing']})")
            continue
        if isinstance(measured, str):
            lines.append(f"| {tool.task} | {tool.by} | | | | | {measured} |")
            continue
        scale = measured["scale"]
        cpu, wall = measured["cpu"] * scale, measured["wall"] * scale
        own.setdefault(tool.task, cpu)  # ours comes first
        lines.append(
            f"| {tool.task} | {tool.by} | {wall:.3g} | {cpu:.3g} | {measured['mb']:.0f} | {cpu / own[tool.task]:.2g} "
            f"| {measured['remark']} |"
        )
    if missing:
        lines += ["", f"Not installed here, and left out: {', '.join(missing)}."]
    return "\n".join(lines)


def plot_steps(found: dict[str, list[dict]], path: Path) -> None:
    """Plot the stacked seconds of each step, and memory, against the size."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, (left, right) = pyplot.subplots(1, 2, figsize=(11, 4.5), layout="constrained", width_ratios=[3, 2])
    labels = ["\N{MULTIPLICATION SIGN}".join(map(str, SIZES[size][::-1])) for size in found]
    bottom = np.zeros(len(found))
    steps = [row["step"] for row in next(iter(found.values()))]
    for number, (step, colour) in enumerate(zip(steps, pyplot.get_cmap("tab20").colors, strict=False)):
        seconds = np.array([rows[number]["wall"] for rows in found.values()])
        left.bar(labels, seconds, bottom=bottom, label=step, color=colour, width=0.6)
        bottom += seconds
    for column, total in enumerate(bottom):
        left.annotate(f"{total:.1f} s", (column, total), ha="center", va="bottom")
    left.set(ylabel="wall time, s", title="Time of each step")
    handles, names = left.get_legend_handles_labels()
    left.legend(handles[::-1], names[::-1], fontsize=8, frameon=False)
    voxels = [float(np.prod(SIZES[size])) / 1e6 for size in found]
    right.plot(voxels, [max(r["mb"] for r in rows) / 1000 for rows in found.values()], "o-")
    right.axhline(2.5, color="grey", ls=":", label="aim for 512\N{MULTIPLICATION SIGN}512\N{MULTIPLICATION SIGN}300")
    right.set(xlabel="million voxels", ylabel="peak memory, GB", title="Memory", xlim=0, ylim=0)
    right.legend(frameon=False)
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=110)


def measure_all(sizes: list[str], repeats: int, report: Callable[[str], None]) -> dict:
    """Measure everything, one process after the other: sizes and the command several times."""
    for size in sizes:
        report(f"make the CT {size}")
        run_in_process("--make", size)
    report("memory bandwidth, first work")
    speed, first = copy_bandwidth(), startup_seconds()
    found = {}
    for size in sizes:
        report(f"restore {size}")
        runs = [run_in_process("--size", size) for _ in range(repeats)]
        if failed := [rows for rows in runs if isinstance(rows, str)]:
            report(f"  {failed[0]}")
            continue
        found[size] = median_rows(runs)
    report("the complete command")
    command = measure_command(repeats)
    others = {}
    for key in BASELINES:
        report(f"compare: {key}")
        others[key] = run_in_process("--rival", key)
    measured = {"steps": found, "command": command, "rivals": others, "bandwidth": speed, "first_work": first}
    return measured | {"load": os.getloadavg()[0], "repeats": repeats}


def print_progress(text: str) -> None:
    """Print what is measured now, apart from the result."""
    print(text, file=sys.stderr, flush=True)


def render_page(measured: dict) -> str:
    """Format the complete result as a page."""
    processor = next(
        (
            line.split(":")[1].strip()
            for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
            if "model name" in line
        ),
        platform.machine(),
    )
    first = measured["first_work"]
    return "\n\n".join(
        [
            f"{os.cpu_count()} cores ({processor}), Python {platform.python_version()}, "
            f"copying {measured['bandwidth'] / 1e9:.1f} GB/s on one core; "
            f"load average at the end {measured['load']:.1f}. Medians of {measured['repeats']} runs.",
            steps_table(measured["steps"], measured["bandwidth"]),
            growth_sentence(measured["steps"]),
            command_sentence(measured["command"]),
            f"From the start of the command to its first work: median {np.median(first):.2f} s, "
            f"worst {max(first):.2f} s of {len(first)}.",
            baselines_table(measured["rivals"]),
        ]
    )


def main() -> None:
    """Measure, print the tables, write them and a plot to ``--out``."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=list(SIZES))
    parser.add_argument("--out", type=Path, default=CACHE)
    parser.add_argument("--docs", action="store_true", help="put tables and plot into docs/results/performance.md too")
    parser.add_argument("--drawn", action="store_true", help="measure nothing; draw and write again what --out holds")
    parser.add_argument("--repeats", type=int, default=5, help="runs of each size and of the command (default: 5)")
    parser.add_argument("--make", choices=SIZES, help=argparse.SUPPRESS)
    parser.add_argument("--size", choices=SIZES, help=argparse.SUPPRESS)
    parser.add_argument("--rival", choices=BASELINES, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.make:
        load_ct(options.make)
        print("null")
    elif options.size:
        print(json.dumps(measure_restoration(options.size)))
    elif options.rival:
        print(json.dumps(measure_tool(options.rival)))
    else:
        options.out.mkdir(parents=True, exist_ok=True)
        kept = options.out / "bench.json"
        if not options.drawn:
            measured = measure_all(
                options.sizes, options.repeats, lambda text: print(text, file=sys.stderr, flush=True)
            )
            kept.write_text(json.dumps(measured, indent=1))
        measured = json.loads(kept.read_text())
        page = render_page(measured)
        (options.out / "bench.md").write_text(page + "\n", encoding="utf-8")
        plot_steps(measured["steps"], options.out / "performance.png")
        if options.docs:
            text = PAGE.read_text(encoding="utf-8")
            PAGE.write_text(
                re.sub(r"(?s)(<!-- bench -->\n).*(<!-- /bench -->)", lambda m: f"{m[1]}{page}\n{m[2]}", text),
                encoding="utf-8",
            )
            shutil.copy(options.out / "performance.png", PAGE.parent.parent / "img" / "performance.png")
        print(page)


if __name__ == "__main__":
    main()
