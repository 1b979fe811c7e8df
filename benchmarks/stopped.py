"""Ctrl-C and kill -9 all through a real restoration: ``python benchmarks/stopped.py [--stops 40] [--size 512]``.

The real command restores the phantom of the benchmark. It is interrupted at evenly spread moments, each time in a process of its own; what is measured
is the time from the signal to the end of the process, and what it leaves behind. Prints a table by step and exits with 1 where something is left.
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

from bench import ROOT, ct_of

PROGRAM = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); import sys; sys.path.insert(0, {root!r}); "
    "from SkullRestoreLib.cli import main; main()"
)


def write_ct(size: str, path: Path) -> None:
    """The CT as a file."""
    import SimpleITK

    ct = ct_of(size)
    image = SimpleITK.GetImageFromArray(ct.array)
    image.SetSpacing([float(s) for s in ct.spacing])
    SimpleITK.WriteImage(image, str(path))


class Run:
    """One restoration in a process of its own, and the steps that it has said."""

    def __init__(self, ct: Path, out: Path) -> None:
        self.since, self.done = time.perf_counter(), []
        command = [sys.executable, "-u", "-c", PROGRAM.format(root=str(ROOT)), "restore", str(ct), "--out", str(out)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        for line in self.process.stderr:
            self.done.append((time.perf_counter() - self.since, line.rsplit("  ", 1)[0].strip()))

    def ends(self) -> float:
        """Seconds until the process and its output end."""
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
        whole = Run(ct, home / "whole")
        seconds = whole.ends()
        if whole.process.returncode:
            raise RuntimeError(str(whole.done))
        print(f"undisturbed: {seconds:.1f} s")
        strange = []
        for name in options.signals:
            took = defaultdict(list)
            for number in range(options.stops):
                run = Run(ct, home / "out")
                time.sleep(seconds * (number + 0.5) / options.stops)
                if run.process.poll() is not None:
                    run.ends()
                    continue  # it was faster this time
                steps = len(run.done)
                os.kill(run.process.pid, getattr(signal, f"SIG{name}"))
                late = run.ends()
                step = run.done[steps - 1][1] if steps else "start"
                took[f"after: {step}"].append(late)
                left = sorted(p.name for p in home.iterdir() if p.name not in ("ct.nrrd", "whole") and not p.name.startswith("."))
                hidden = [p.name for p in home.iterdir() if p.name.startswith(".")]
                complete = (home / "out" / "restoration.json").is_file()
                if (left and not complete) or (hidden and name != "KILL"):
                    strange.append((name, step, left, hidden))
                subprocess.run(["rm", "-rf", str(home / "out")], check=True)
                if hidden and name == "KILL" and Run(ct, home / "out").ends() and [p for p in home.iterdir() if p.name.startswith(".")]:
                    strange.append((name, step, "not tidied by the next run", hidden))
            print(f"\n| SIG{name} | stops | median s | worst s |\n| --- | ---: | ---: | ---: |")
            for step, times in took.items():
                print(f"| {step} | {len(times)} | {sorted(times)[len(times) // 2]:.2f} | {max(times):.2f} |")
            every = [t for times in took.values() for t in times]
            print(f"| **all** | {len(every)} | {sorted(every)[len(every) // 2]:.2f} | {max(every):.2f} |", flush=True)
        print(f"\nleft behind: {strange}")
        sys.exit(bool(strange))


if __name__ == "__main__":
    main()
