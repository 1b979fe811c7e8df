"""Restore many cases with one worker and with several: ``python benchmarks/batch_speed.py [--cases 8] [--workers 2]``.

Synthetic heads as DICOM folders, restored by ``skullrestore batch`` with their implants and reports: by one worker on
one core, by one worker on all cores, by several workers, and each alone by ``skullrestore restore``. Printed are cases
a minute, the part of linear growth that is reached (workers times the cases of one worker on one core; a worker alone
uses more than one), and the largest memory of a process. Run it on an idle machine: it takes every core.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
COMMAND = [sys.executable, "-c", "from SkullRestoreLib.cli.main import main; main()"]


def write_heads(folder: Path, count: int) -> list[Path]:
    """Write heads with a hole each, slices of 512 × 512 voxels."""
    from SkullRestoreLib import phantom

    for seed in range(count):
        place = folder / f"head{seed}"
        place.mkdir()
        phantom.write_phantom(place, seed=seed, size_cm=8.0, slice_mm=1.2)
    return [folder / f"head{seed}" / "ct" for seed in range(count)]


class MemoryWatch:
    """Follows the memory of all processes below this one; Linux only."""

    def __init__(self) -> None:
        self.largest_mb = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> "MemoryWatch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(0.2):
            for pid in below(os.getpid()):
                try:
                    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
                except OSError:  # it has ended
                    continue
                self.largest_mb = max(self.largest_mb, pages * os.sysconf("SC_PAGE_SIZE") / 1e6)


def below(pid: int) -> list[int]:
    """Processes that a process started, and those that they started."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = [int(child) for child in task.read_text(encoding="ascii").split()]
        except OSError:
            continue
        for child in children:
            found += [child, *below(child)]
    return found


def run(*arguments: str, cores: int | None = None) -> tuple[float, float]:
    """Run a command on some of the cores: seconds, and the largest memory of one of its processes, MB."""
    started = time.perf_counter()
    mine = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(mine)[:cores])  # the command inherits it
    try:
        with MemoryWatch() as memory:
            subprocess.run([*COMMAND, *arguments], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    finally:
        os.sched_setaffinity(0, mine)
    return time.perf_counter() - started, memory.largest_mb


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=8)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        heads = write_heads(folder, options.cases)
        (folder / "heads.txt").write_text("\n".join(map(str, heads)), encoding="utf-8")
        alone = [run("restore", str(head), "--out", str(folder / f"alone{n}"))[0] for n, head in enumerate(heads[:3])]
        print(f"one case alone, median of {len(alone)}: {sorted(alone)[len(alone) // 2]:.1f} s\n")
        print("| workers | cores | cases a minute | of linear growth | largest memory of a process, MB |")
        print("| ---: | ---: | ---: | ---: | ---: |")
        all_cores, first = len(os.sched_getaffinity(0)), 0.0
        for workers, cores in ((1, 1), (1, all_cores), (options.workers, all_cores)):
            out = folder / f"by{workers}on{cores}"
            took, memory_mb = run(
                "batch", str(folder / "heads.txt"), "--out", str(out), "--workers", str(workers), cores=cores
            )
            per_minute = 60 * options.cases / took
            first = first or per_minute
            reached = per_minute / first / workers
            print(f"| {workers} | {cores} | {per_minute:.1f} | {reached:.2f} | {memory_mb:.0f} |", flush=True)


if __name__ == "__main__":
    main()
