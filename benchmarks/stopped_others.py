"""Ctrl-C all through the commands that work with other processes: ``python benchmarks/stopped_others.py [batch evaluate train web] [--stops 10]``.

The signal goes to the command and to all its processes, as a terminal sends it, at evenly spread moments (Linux). What is measured is the time until
the last of them is gone. Prints a table and exits with 1 where a process or an unfinished folder is left, or where an exit code is another than 130
(or 0 for `web`, once it serves).
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

from stopped import PROGRAM
from train_processes import ROOT, make_heads

LAST_S = {"batch": 25.0, "evaluate": 40.0, "train": 40.0, "web": 8.0}  # until then the stops are spread
PATIENCE_S = 60.0


def command(name: str, home: Path) -> list[str]:
    """What a user would type."""
    skulls, out = str(home / "skulls"), str(home / name)
    return {
        "batch": ["batch", skulls, "--out", out, "--workers", "2", "--level", "5"],
        "evaluate": ["evaluate", "cohort", "--skulls", skulls, "--cases", "200", "--workers", "2", "--no-floor", "--out", out],
        "train": ["train", "--skulls", skulls, "--out", out, "--device", "cpu", "--workers", "2", "--poses", "1"],
        "web": ["web", "--port", "0", "--no-browser"],
    }[name]


def stop(arguments: list[str], after_s: float, log: Path) -> tuple[float, int, str]:
    """Seconds from Ctrl-C until all processes are gone, the exit code, and the last line said."""
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-u", "-c", PROGRAM.format(root=str(ROOT)), *arguments], stdout=file, stderr=file, start_new_session=True
        )
        try:
            time.sleep(after_s)
            os.killpg(process.pid, signal.SIGINT)
            since = time.perf_counter()
            while _is_alive(process.pid) and time.perf_counter() - since < PATIENCE_S:
                time.sleep(0.01)
            late = time.perf_counter() - since
        finally:  # whatever ends this ends it too
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        code = process.wait()
    return late, code, (log.read_text(errors="replace").split("\n") or [""])[-2:][0]


def _is_alive(group: int) -> bool:
    """Whether a process of a group still runs; one that is dead and only not yet taken off the system's list does not."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, _parent, its_group = path.read_text().rpartition(")")[2].split()[:3]
            if int(its_group) == group and state not in "ZX":
                return True
    return False


def main() -> None:
    """Stop again and again, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", default=list(LAST_S), metavar="command")
    parser.add_argument("--stops", type=int, default=10)
    options = parser.parse_args()
    strange = []
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "skulls").mkdir()
        make_heads(home / "skulls")
        print("| command | stops | median s | worst s | worst after, s |\n| --- | ---: | ---: | ---: | ---: |", flush=True)
        for name in options.names:
            took = []
            for number in range(options.stops):
                after = LAST_S[name] * (number + 0.5) / options.stops
                late, code, said = stop(command(name, home), after, home / "log")
                took.append((late, after))
                if late >= PATIENCE_S or code not in ((0, 130) if name == "web" else (130,)):
                    strange.append((name, round(after, 1), round(late, 2), code, said))
            worst, after = max(took)
            median = sorted(late for late, _ in took)[len(took) // 2]
            print(f"| {name} | {len(took)} | {median:.2f} | {worst:.2f} | {after:.1f} |", flush=True)
            left = [p.name for p in home.rglob("*") if ".partial-" in p.name or p.name.startswith("part_")]
            strange += [(name, "left", left)] if left else []
    print(f"\nstrange: {strange}")
    sys.exit(bool(strange))


if __name__ == "__main__":
    main()
