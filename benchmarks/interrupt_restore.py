"""Interrupt a real restoration by Ctrl-C and kill -9.

``python benchmarks/interrupt_restore.py [--stops 40] [--size 512]``. The command restores the benchmark's phantom. It
is interrupted at evenly spaced moments, each time in a process of its own. Measured are the time from the signal to the
end of the process, and what it leaves behind. Prints a table by step; the exit code is 1 if something is left.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from pathlib import Path

from bench import ROOT, load_ct

PROGRAM = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "import sys; sys.path.insert(0, {root!r}); "
    "from SkullRestoreLib.cli.main import main; main()"
)


def write_ct(size: str, path: Path) -> None:
    """Write the CT into a file."""
    import SimpleITK

    ct = load_ct(size)
    image = SimpleITK.GetImageFromArray(ct.array)
    image.SetSpacing([float(s) for s in ct.spacing])
    SimpleITK.WriteImage(image, str(path))


class RestorationRun:
    """One restoration in a process of its own, and the steps that it has reported."""

    def __init__(self, ct: Path, out: Path) -> None:
        self.since = time.perf_counter()
        self.done: list[tuple[float, str]] = []
        command = [sys.executable, "-u", "-c", PROGRAM.format(root=str(ROOT)), "restore", str(ct), "--out", str(out)]
        self.process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        for line in self.process.stderr:
            self.done.append((time.perf_counter() - self.since, line.rsplit("  ", 1)[0].strip()))

    def wait_for_end(self) -> float:
        """Wait for the process and its output to end, and return the seconds."""
        since = time.perf_counter()
        self.process.wait(timeout=120)
        self._reader.join()
        return time.perf_counter() - since


def main() -> None:
    """Run once undisturbed, then stop again and again."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stops", type=int, default=40)
    parser.add_argument("--size", default="512")
    parser.add_argument("--signals", nargs="+", default=["INT", "KILL"], choices=["INT", "TERM", "KILL"])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        ct = home / "ct.nrrd"
        write_ct(options.size, ct)
        undisturbed = RestorationRun(ct, home / "undisturbed")
        seconds = undisturbed.wait_for_end()
        if undisturbed.process.returncode:
            raise RuntimeError(str(undisturbed.done))
        print(f"undisturbed: {seconds:.1f} s")
        leftovers: list[tuple] = []
        for name in options.signals:
            took: dict[str, list[float]] = defaultdict(list)
            for number in range(options.stops):
                run = RestorationRun(ct, home / "out")
                time.sleep(seconds * (number + 0.5) / options.stops)
                if run.process.poll() is not None:
                    run.wait_for_end()
                    continue  # it was faster this time
                steps = len(run.done)
                os.kill(run.process.pid, getattr(signal, f"SIG{name}"))
                late = run.wait_for_end()
                step = run.done[steps - 1][1] if steps else "start"
                took[f"after: {step}"].append(late)
                left = sorted(
                    p.name
                    for p in home.iterdir()
                    if p.name not in ("ct.nrrd", "undisturbed") and not p.name.startswith(".")
                )
                hidden = [p.name for p in home.iterdir() if p.name.startswith(".")]
                complete = (home / "out" / "restoration.json").is_file()
                if (left and not complete) or (hidden and name != "KILL"):
                    leftovers.append((name, step, left, hidden))
                subprocess.run(["rm", "-rf", str(home / "out")], check=True)
                if (
                    hidden
                    and name == "KILL"
                    and RestorationRun(ct, home / "out").wait_for_end()
                    and [p for p in home.iterdir() if p.name.startswith(".")]
                ):
                    leftovers.append((name, step, "not tidied by the next run", hidden))
            print(f"\n| SIG{name} | stops | median s | worst s |\n| --- | ---: | ---: | ---: |")
            for step, times in took.items():
                print(f"| {step} | {len(times)} | {sorted(times)[len(times) // 2]:.2f} | {max(times):.2f} |")
            every = [t for times in took.values() for t in times]
            print(f"| **all** | {len(every)} | {sorted(every)[len(every) // 2]:.2f} | {max(every):.2f} |", flush=True)
        print(f"\nleft behind: {leftovers}")
        sys.exit(bool(leftovers))


if __name__ == "__main__":
    main()
