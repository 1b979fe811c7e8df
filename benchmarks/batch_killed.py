"""Kill a batch of 200 small heads half-way and continue it.

``python benchmarks/batch_killed.py [--cases 200] [--docs]``. Eight different heads, two of them intact, a file that is
cut off and an empty one, over and over. First these ten alone, undisturbed: their results are the truth. Then all, with
kill -9 to the command and its workers when half is done, and the same command again. Every row must be that of its
head, and every restored surface the same to the byte. The exit code is 1 if not, and each wrong row is printed with its
reason.

Everything is kept in ``out/batch_killed`` (or ``--home``), reasons and logs included. If the benchmark itself was
stopped, the same command continues it; ``--force`` starts again. ``--docs`` writes the outcome into
docs/results/reliability.md.
"""

import argparse
import collections
import csv
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "Testing"))

from helpers_head import phantom_head  # noqa: E402
from helpers_intake import write_image  # noqa: E402

PAGE = ROOT / "docs" / "results" / "reliability.md"
COMPARED_COLUMNS = ("outcome", "reason", "defects", "area_cm2")


def make_heads(folder: Path) -> list[Path]:
    """Make ten small inputs."""
    heads = []
    for seed in range(8):
        head = phantom_head(("parietal", "temporal", "frontal")[seed % 3], 5.0 + seed / 2, seed=seed, spacing=2.5)
        heads.append(
            write_image(
                folder / f"{seed}.nrrd", head.mask(intact=seed % 4 == 3).array.astype(np.uint8), head.ijk_to_ras
            )
        )
    cut, empty = folder / "cut.nrrd", folder / "empty.nrrd"
    cut.write_bytes(heads[0].read_bytes()[:5000])
    empty.touch()
    return [*heads, cut, empty]


def batch_command(listed: Path, out: Path, level: int = 5) -> list[str]:
    """The batch command as a user types it."""
    program = "import sys; from SkullRestoreLib.cli.main import main; main()"
    return [sys.executable, "-c", program, "batch", str(listed), "--out", str(out), "--level", str(level)]


def start_batch(listed: Path, out: Path, log: Path) -> subprocess.Popen:
    """Start the command and its workers in a process group of their own."""
    with log.open("ab") as file:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
        return subprocess.Popen(
            batch_command(listed, out), env=environment, stdout=file, stderr=file, start_new_session=True
        )


def run_batch(listed: Path, out: Path, log: Path) -> int:
    """Run the command to its end; stopping this script stops it too."""
    process = start_batch(listed, out, log)
    try:
        return process.wait()
    finally:
        kill_batch(process)


def kill_batch(process: subprocess.Popen) -> None:
    """Send kill -9 to the command and its workers."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def read_rows(out: Path) -> list[dict[str, str]]:
    """Read the table without what differs from run to run."""
    with (out / "batch.csv").open(newline="", encoding="utf-8") as file:
        return [{k: v for k, v in row.items() if k in (*COMPARED_COLUMNS, "case")} for row in csv.DictReader(file)]


def surface_hash(out: Path, case: str) -> str:
    """Hash the files of restored surface, missing bone and implant."""
    paths = [
        p
        for name in ("restored_surface.stl", "restored_bone.nrrd", "implant_1.stl")
        if (p := out / "cases" / case / name).is_file()
    ]
    return hashlib.sha256(b"".join(p.read_bytes() for p in paths)).hexdigest() if paths else ""


def result_times(out: Path) -> dict[str, int]:
    """List the existing results with their times."""
    return {str(p): p.stat().st_mtime_ns for p in (out / "cases").glob("case_*/restoration.json")}


def run_reference(home: Path) -> tuple[list[dict[str, str]], list[str]]:
    """Run the ten alone: their rows, and the hashes of their surfaces."""
    since, new = time.monotonic(), not (home / "truth").is_dir()
    if run_batch(home / "few.txt", home / "truth", home / "truth.log"):
        raise RuntimeError((home / "truth.log").read_text())
    rows = read_rows(home / "truth")
    if new:
        log_line(home, f"{len(rows)} cases undisturbed: {time.monotonic() - since:.0f} s")
    return rows, [surface_hash(home / "truth", row["case"]) for row in rows]


def run_killed(home: Path, goal: int) -> dict[str, int]:
    """Start the complete batch and kill it when it has ``goal`` results; return the results it had then."""
    path = home / "killed.json"
    if not path.is_file():
        since = time.monotonic()
        process = start_batch(home / "many.txt", home / "out", home / "first.log")
        try:
            while len(result_times(home / "out")) < goal and process.poll() is None:
                time.sleep(0.2)
        finally:
            kill_batch(process)
        before = result_times(home / "out")
        if len(before) < goal:
            raise RuntimeError("The batch ended before it could be killed: " + (home / "first.log").read_text()[-2000:])
        path.write_text(json.dumps(before))
        log_line(
            home,
            f"{len((home / 'many.txt').read_text().split())} cases, kill -9 with {len(before)} results "
            f"after {time.monotonic() - since:.0f} s",
        )
    return json.loads(path.read_text())


def resume_batch(home: Path) -> int:
    """Repeat the command while cases lack memory, as a user would; return the last exit code."""
    code = 1
    for _ in range(5):
        since = time.monotonic()
        code = run_batch(home / "many.txt", home / "out", home / "second.log")
        lacking = [row for row in read_rows(home / "out") if row["outcome"] == "no memory"]
        log_line(
            home,
            f"the same command again: {time.monotonic() - since:.0f} s, exit code {code}, "
            f"cases that lacked memory: {len(lacking)}",
        )
        for row in lacking:
            log_line(home, f"  {row['case']}: {row['reason']}")
        if not lacking:
            break
        time.sleep(30)
    return code


def log_line(home: Path, line: str) -> None:
    """Print a line and keep it."""
    print(line, flush=True)
    with (home / "said.txt").open("a", encoding="utf-8") as file:
        file.write(line + "\n")


def compare_runs(home: Path, before: dict[str, int], truth: list[dict[str, str]], surfaces: list[str]) -> bool:
    """Log how rows and surfaces differ from those of the ten alone, and tell whether none does."""
    rows, after = read_rows(home / "out"), result_times(home / "out")
    twice = sum(after.get(path) != time_ns for path, time_ns in before.items())
    log_line(
        home,
        f"rows {len(rows)}: {dict(collections.Counter(row['outcome'] for row in rows))}; "
        f"results made a second time: {twice}",
    )
    wrong = 0
    for n, row in enumerate(rows):
        head = n % len(truth)
        if {**row, "case": ""} != {**truth[head], "case": ""} or surface_hash(home / "out", row["case"]) != surfaces[
            head
        ]:
            wrong += 1
            log_line(
                home,
                f"  {row['case']} differs: {row['outcome']}, {row['area_cm2'] or 'no area'}; "
                f"{row['reason'] or 'no reason'}",
            )
    waited = sum(
        line.count("waits until the others are done")
        for log in ("first.log", "second.log")
        for line in (home / log).open()
    )
    left = [p.name for p in (home / "out").rglob("*") if p.name.startswith(".") and p.is_dir()]
    log_line(
        home,
        f"rows or surfaces other than undisturbed: {wrong}; unfinished folders left: {len(left)}; "
        f"waited for memory: {waited}",
    )
    return not wrong and not left and len(rows) == len((home / "many.txt").read_text().split())


def main() -> None:
    """Kill, continue, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=200)
    parser.add_argument("--home", type=Path, default=ROOT / "out" / "batch_killed", help="where everything is kept")
    parser.add_argument("--force", action="store_true", help="start afresh")
    parser.add_argument("--docs", action="store_true", help="write the outcome into docs/results/reliability.md")
    options = parser.parse_args()
    home = options.home.resolve()
    if options.force and (home / "many.txt").is_file():
        shutil.rmtree(home)
    home.mkdir(parents=True, exist_ok=True)
    if not (home / "many.txt").is_file():
        heads = make_heads(home)
        (home / "few.txt").write_text("\n".join(map(str, heads)))
        (home / "many.txt").write_text("\n".join(str(heads[n % len(heads)]) for n in range(options.cases)))
    elif len((home / "many.txt").read_text().split()) != options.cases:
        parser.error(f"{home} holds a run of another number of cases; use --force to start afresh")

    truth, surfaces = run_reference(home)
    goal = sum(row["outcome"] != "failed" for row in truth) * options.cases // len(truth) // 2
    before = run_killed(home, goal)
    code = resume_batch(home)
    same = compare_runs(home, before, truth, surfaces)
    if options.docs:
        text = PAGE.read_text(encoding="utf-8")
        head, rest = text.split("<!-- batch -->")[0], text.split("<!-- /batch -->")[1]
        PAGE.write_text(
            f"{head}<!-- batch -->\n```\n{(home / 'said.txt').read_text()}```\n<!-- /batch -->{rest}", encoding="utf-8"
        )
    sys.exit(bool(code) or not same)


if __name__ == "__main__":
    main()
