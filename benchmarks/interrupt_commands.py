"""Interrupt the commands that use several processes by Ctrl-C.

``python benchmarks/interrupt_commands.py [--stops 10]``. The signal goes to the command and to all its processes, as a
terminal sends it, at evenly spaced moments (Linux). Measured is the time until the last of them has ended. Prints a
table; the exit code is 1 if a process or an unfinished folder is left, or if a command's exit code is not 130 (or 0 for
`web`, once it serves). The names of commands (batch, evaluate, train, web) may be given.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from interrupt_restore import PROGRAM
from train_processes import ROOT, make_heads

STOP_RANGE_S = {"batch": 25.0, "evaluate": 40.0, "train": 40.0, "web": 8.0}  # the stops are spread over this time
MAX_WAIT_S = 60.0


def build_command(name: str, home: Path) -> list[str]:
    """The command as a user types it."""
    skulls, out = str(home / "skulls"), str(home / name)
    return {
        "batch": ["batch", skulls, "--out", out, "--workers", "2", "--level", "5"],
        "evaluate": [
            "evaluate",
            "cohort",
            "--skulls",
            skulls,
            "--cases",
            "200",
            "--workers",
            "2",
            "--no-floor",
            "--out",
            out,
        ],
        "train": ["train", "--skulls", skulls, "--out", out, "--device", "cpu", "--workers", "2", "--poses", "1"],
        "web": ["web", "--port", "0", "--no-browser"],
    }[name]


def run_and_stop(arguments: list[str], after_s: float, log: Path) -> tuple[float, int, str]:
    """Run a command and interrupt it: seconds until all processes have ended, exit code, and last line printed."""
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-u", "-c", PROGRAM.format(root=str(ROOT)), *arguments],
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
        try:
            time.sleep(after_s)
            os.killpg(process.pid, signal.SIGINT)
            since = time.perf_counter()
            while _is_alive(process.pid) and time.perf_counter() - since < MAX_WAIT_S:
                time.sleep(0.01)
            late = time.perf_counter() - since
        finally:  # whatever ends this script ends the command too
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        code = process.wait()
    return late, code, (log.read_text(encoding="utf-8", errors="replace").split("\n") or [""])[-2:][0]


def _is_alive(group: int) -> bool:
    """Tell whether a process of a group still runs; a zombie does not."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, _parent, its_group = path.read_text().rpartition(")")[2].split()[:3]
            if int(its_group) == group and state not in "ZX":
                return True
    return False


def main() -> None:
    """Stop again and again, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", default=list(STOP_RANGE_S), metavar="command")
    parser.add_argument("--stops", type=int, default=10)
    options = parser.parse_args()
    failures: list[tuple] = []
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "skulls").mkdir()
        make_heads(home / "skulls")
        print(
            "| command | stops | median s | worst s | worst after, s |\n| --- | ---: | ---: | ---: | ---: |", flush=True
        )
        for name in options.names:
            took = []
            for number in range(options.stops):
                after = STOP_RANGE_S[name] * (number + 0.5) / options.stops
                late, code, last_line = run_and_stop(build_command(name, home), after, home / "log")
                took.append((late, after))
                if late >= MAX_WAIT_S or code not in ((0, 130) if name == "web" else (130,)):
                    failures.append((name, round(after, 1), round(late, 2), code, last_line))
            worst, after = max(took)
            median = sorted(late for late, _ in took)[len(took) // 2]
            print(f"| {name} | {len(took)} | {median:.2f} | {worst:.2f} | {after:.1f} |", flush=True)
            left = [p.name for p in home.rglob("*") if ".partial-" in p.name or p.name.startswith("part_")]
            failures += [(name, "left", left)] if left else []
    print(f"\nstrange: {failures}")
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
