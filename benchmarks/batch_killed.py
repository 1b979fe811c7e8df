"""A batch of 200 small heads that is killed in the middle and goes on: ``python benchmarks/batch_killed.py [--cases 200]``.

Eight different heads, two of them whole, a file that is cut off and an empty one, over and over. First these ten alone, undisturbed: what
they give is the truth. Then all, with kill -9 to the command and its workers when half is done, and the same command again. Every row must
be that of its head, and every restored surface the same to the byte. Exits with 1 where not.
"""

import argparse
import collections
import csv
import hashlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "Testing"))

from helpers_head import head  # noqa: E402
from helpers_intake import write_image  # noqa: E402

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


def command(listed: Path, out: Path) -> list[str]:
    """The batch as a user gives it."""
    program = "import sys; from SkullRestoreLib.cli import main; main()"
    return [sys.executable, "-c", program, "batch", str(listed), "--out", str(out), "--level", "5"]


def started(listed: Path, out: Path, log: Path) -> subprocess.Popen:
    """The command and its workers, in a process group of their own."""
    with log.open("wb") as file:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
        return subprocess.Popen(command(listed, out), env=environment, stdout=file, stderr=file, start_new_session=True)


def rows(out: Path) -> list[dict[str, str]]:
    """The table, without what differs from run to run."""
    with (out / "batch.csv").open(newline="", encoding="utf-8") as file:
        return [{k: v for k, v in row.items() if k in (*KEPT, "case")} for row in csv.DictReader(file)]


def surface(out: Path, case: str) -> str:
    """What the restored surface and the missing bone are, to the byte."""
    there = [p for name in ("restored_surface.stl", "restored_bone.nrrd", "implant_1.stl") if (p := out / "cases" / case / name).is_file()]
    return hashlib.sha256(b"".join(p.read_bytes() for p in there)).hexdigest() if there else ""


def done(out: Path) -> int:
    """How many results there are."""
    return len(list((out / "cases").glob("case_*/restoration.json")))


def main() -> None:
    """Kill, go on, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=200)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        heads = make_heads(home)
        few, many = home / "few.txt", home / "many.txt"
        few.write_text("\n".join(map(str, heads)))
        many.write_text("\n".join(str(heads[n % len(heads)]) for n in range(options.cases)))
        since = time.monotonic()
        if started(few, home / "truth", home / "log").wait():
            raise RuntimeError((home / "log").read_text())
        truth = rows(home / "truth")
        truth_surfaces = [surface(home / "truth", row["case"]) for row in truth]
        print(f"{len(truth)} cases undisturbed: {time.monotonic() - since:.0f} s")

        since = time.monotonic()
        process = started(many, home / "out", home / "log")
        goal = sum(row["outcome"] != "failed" for row in truth) * options.cases // len(truth) // 2
        while done(home / "out") < goal and process.poll() is None:
            time.sleep(0.2)
        if process.poll() is not None:
            raise RuntimeError("The batch ended before it could be killed: " + (home / "log").read_text()[-2000:])
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        before = {p: p.stat().st_mtime_ns for p in (home / "out" / "cases").glob("case_*/restoration.json")}
        print(f"{options.cases} cases, kill -9 with {len(before)} results after {time.monotonic() - since:.0f} s")

        since = time.monotonic()
        code = started(many, home / "out", home / "log").wait()
        print(f"the same command again: {time.monotonic() - since:.0f} s, exit code {code}")
        made = rows(home / "out")
        again = sum(path.stat().st_mtime_ns != at for path, at in before.items())
        print(f"rows {len(made)}: {dict(collections.Counter(row['outcome'] for row in made))}; results made a second time: {again}")
        wrong = [
            row["case"]
            for n, row in enumerate(made)
            if {**row, "case": ""} != {**truth[n % len(truth)], "case": ""}
            or surface(home / "out", row["case"]) != truth_surfaces[n % len(truth)]
        ]
        for row in made:
            if row["case"] in wrong:
                print(f"  {row['case']}: {row['outcome']}: {row['reason']}")
        left = [p.name for p in (home / "out").rglob("*") if p.name.startswith(".") and p.is_dir()]
        print(f"rows or surfaces other than undisturbed: {len(wrong)} {wrong[:5]}; unfinished folders left: {len(left)}")
        sys.exit(bool(code or wrong or left or len(made) != options.cases))


if __name__ == "__main__":
    main()
