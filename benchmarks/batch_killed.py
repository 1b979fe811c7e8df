"""A batch of 200 small heads that is killed in the middle and goes on: ``python benchmarks/batch_killed.py [--cases 200] [--docs]``.

Eight different heads, two of them whole, a file that is cut off and an empty one, over and over. First these ten alone, undisturbed: what
they give is the truth. Then all, with kill -9 to the command and its workers when half is done, and the same command again. Every row must
be that of its head, and every restored surface the same to the byte. Exits with 1 where not, and says each such row with its reason.

Everything is kept in ``out/batch_killed`` (or ``--home``), reasons and logs included; the benchmark itself, when it was stopped, goes on from there with
the same command and throws it away with ``--force``. ``--docs`` writes the outcome into docs/reliability.md.
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

from helpers_head import head  # noqa: E402
from helpers_intake import write_image  # noqa: E402

PAGE = ROOT / "docs" / "reliability.md"
KEPT = ("outcome", "reason", "defects", "area_cm2")


def make_heads(folder: Path) -> list[Path]:
    """Ten small inputs."""
    made = []
    for seed in range(8):
        one = head(("parietal", "temporal", "frontal")[seed % 3], 5.0 + seed / 2, seed=seed, spacing=2.5)
        made.append(write_image(folder / f"{seed}.nrrd", one.mask(intact=seed % 4 == 3).array.astype(np.uint8), one.ijk_to_ras))
    cut, empty = folder / "cut.nrrd", folder / "empty.nrrd"
    cut.write_bytes(made[0].read_bytes()[:5000])
    empty.touch()
    return [*made, cut, empty]


def command(listed: Path, out: Path, level: int = 5) -> list[str]:
    """The batch as a user gives it."""
    program = "import sys; from SkullRestoreLib.cli import main; main()"
    return [sys.executable, "-c", program, "batch", str(listed), "--out", str(out), "--level", str(level)]


def started(listed: Path, out: Path, log: Path) -> subprocess.Popen:
    """The command and its workers, in a process group of their own."""
    with log.open("ab") as file:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
        return subprocess.Popen(command(listed, out), env=environment, stdout=file, stderr=file, start_new_session=True)


def finished(listed: Path, out: Path, log: Path) -> int:
    """Run the command to its end; whoever stops this stops it too."""
    process = started(listed, out, log)
    try:
        return process.wait()
    finally:
        end(process)


def end(process: subprocess.Popen) -> None:
    """Kill -9 to the command and its workers."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def rows(out: Path) -> list[dict[str, str]]:
    """The table, without what differs from run to run."""
    with (out / "batch.csv").open(newline="", encoding="utf-8") as file:
        return [{k: v for k, v in row.items() if k in (*KEPT, "case")} for row in csv.DictReader(file)]


def surface(out: Path, case: str) -> str:
    """What the restored surface and the missing bone are, to the byte."""
    there = [p for name in ("restored_surface.stl", "restored_bone.nrrd", "implant_1.stl") if (p := out / "cases" / case / name).is_file()]
    return hashlib.sha256(b"".join(p.read_bytes() for p in there)).hexdigest() if there else ""


def done(out: Path) -> dict[str, int]:
    """The results that there are, and when they were made."""
    return {str(p): p.stat().st_mtime_ns for p in (out / "cases").glob("case_*/restoration.json")}


def undisturbed(home: Path) -> tuple[list[dict[str, str]], list[str]]:
    """Rows and surfaces of the ten alone."""
    since, new = time.monotonic(), not (home / "truth").is_dir()
    if finished(home / "few.txt", home / "truth", home / "truth.log"):
        raise RuntimeError((home / "truth.log").read_text())
    made = rows(home / "truth")
    if new:
        say(home, f"{len(made)} cases undisturbed: {time.monotonic() - since:.0f} s")
    return made, [surface(home / "truth", row["case"]) for row in made]


def killed(home: Path, goal: int) -> dict[str, int]:
    """Start the whole batch and kill it when so many results are there; what there was then."""
    path = home / "killed.json"
    if not path.is_file():
        since = time.monotonic()
        process = started(home / "many.txt", home / "out", home / "first.log")
        try:
            while len(done(home / "out")) < goal and process.poll() is None:
                time.sleep(0.2)
        finally:
            end(process)
        before = done(home / "out")
        if len(before) < goal:
            raise RuntimeError("The batch ended before it could be killed: " + (home / "first.log").read_text()[-2000:])
        path.write_text(json.dumps(before))
        say(
            home,
            f"{len((home / 'many.txt').read_text().split())} cases, kill -9 with {len(before)} results after {time.monotonic() - since:.0f} s",
        )
    return json.loads(path.read_text())


def again(home: Path) -> int:
    """The same command, and once more as long as it says that memory was lacking, as a user would; the last exit code."""
    code = 1
    for _ in range(5):
        since = time.monotonic()
        code = finished(home / "many.txt", home / "out", home / "second.log")
        lacking = [row for row in rows(home / "out") if row["outcome"] == "no memory"]
        say(home, f"the same command again: {time.monotonic() - since:.0f} s, exit code {code}, cases that lacked memory: {len(lacking)}")
        for row in lacking:
            say(home, f"  {row['case']}: {row['reason']}")
        if not lacking:
            break
        time.sleep(30)
    return code


def say(home: Path, line: str) -> None:
    """Print a line and keep it."""
    print(line, flush=True)
    with (home / "said.txt").open("a", encoding="utf-8") as file:
        file.write(line + "\n")


def compared(home: Path, before: dict[str, int], truth: list[dict[str, str]], surfaces: list[str]) -> bool:
    """Say how rows and surfaces differ from those of the ten alone; whether none does."""
    made, after = rows(home / "out"), done(home / "out")
    twice = sum(after.get(path) != at for path, at in before.items())
    say(home, f"rows {len(made)}: {dict(collections.Counter(row['outcome'] for row in made))}; results made a second time: {twice}")
    wrong = 0
    for n, row in enumerate(made):
        head = n % len(truth)
        if {**row, "case": ""} != {**truth[head], "case": ""} or surface(home / "out", row["case"]) != surfaces[head]:
            wrong += 1
            say(home, f"  {row['case']} is another: {row['outcome']}, {row['area_cm2'] or 'no area'}; {row['reason'] or 'no reason'}")
    waited = sum(line.count("waits until the others are done") for log in ("first.log", "second.log") for line in (home / log).open())
    left = [p.name for p in (home / "out").rglob("*") if p.name.startswith(".") and p.is_dir()]
    say(home, f"rows or surfaces other than undisturbed: {wrong}; unfinished folders left: {len(left)}; waited for memory: {waited}")
    return not wrong and not left and len(made) == len((home / "many.txt").read_text().split())


def main() -> None:
    """Kill, go on, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=200)
    parser.add_argument("--home", type=Path, default=ROOT / "out" / "batch_killed", help="where everything is kept")
    parser.add_argument("--force", action="store_true", help="start afresh")
    parser.add_argument("--docs", action="store_true", help="write the outcome into docs/reliability.md")
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

    truth, surfaces = undisturbed(home)
    goal = sum(row["outcome"] != "failed" for row in truth) * options.cases // len(truth) // 2
    before = killed(home, goal)
    code = again(home)
    same = compared(home, before, truth, surfaces)
    if options.docs:
        text = PAGE.read_text(encoding="utf-8")
        head, rest = text.split("<!-- batch -->")[0], text.split("<!-- /batch -->")[1]
        PAGE.write_text(f"{head}<!-- batch -->\n```\n{(home / 'said.txt').read_text()}```\n<!-- /batch -->{rest}", encoding="utf-8")
    sys.exit(bool(code) or not same)


if __name__ == "__main__":
    main()
