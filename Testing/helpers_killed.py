"""A program that writes one result again and again, each time in a process of its own that dies at another place; prints what was there afterwards.

``python helpers_killed.py CASE FOLDER`` with CASE ``new`` (no folder), ``empty`` or ``again`` (an earlier result). The places are the file system's
own events, seen through Python's audit hooks, and sizes at which the system ends the process in the middle of a write: nothing in the library
knows of it. No torch and no threads, so that the process can fork.
"""

import json
import os
import resource
import shutil
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from helpers_restoration import restoration

from SkullRestoreLib import export

CHANGES = {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.chmod"}
FIRST, SECOND = restoration(defects=0, warnings=["the earlier one"]), restoration(defects=1, warnings=["the new one"])
SIZES = (0, 100, 3_000, 50_000, 120_000)


def write(made, out, *, force):
    facts = {"schema": 2, "warnings": list(made.warnings)}
    export.write(made, out, summary=facts, report_html="<html></html>", force=force, more={"report.pdf": b"%PDF" * 20_000})


class AtEvent:
    """Dies at the n-th change of the file system, just before it happens."""

    def __init__(self, number):
        self.left = number

    def arm(self):
        sys.addaudithook(self)

    def __call__(self, event, arguments):
        if event not in CHANGES or (event == "open" and not _writes(arguments)):
            return
        self.left -= 1
        if self.left < 0:
            os.kill(os.getpid(), signal.SIGKILL)


def _writes(arguments):
    _path, mode, flags = arguments
    return bool(set(mode or "") & set("wax+")) if isinstance(mode, str) else bool((flags or 0) & (os.O_WRONLY | os.O_RDWR))


class AtSize:
    """Dies in the middle of the first file that grows beyond a size."""

    def __init__(self, size):
        self.size = size

    def arm(self):
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (self.size, self.size))


def killed(out, death):
    """Whether a process that writes the result was killed on the way."""
    child = os.fork()
    if child == 0:
        death.arm()
        write(SECOND, out, force=True)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) < 0


def state(home):
    """Every file that can be seen, and how many hidden folders with something in them there are."""
    seen = {str(p.relative_to(home)): p.read_bytes() for p in home.rglob("*") if p.is_file() and not _hidden(p, home)}
    return seen, len([p for p in home.rglob(".*.partial-*") if p.is_dir() and any(p.iterdir())])


def _hidden(path, home):
    return any(part.startswith(".") for part in path.relative_to(home).parts)


def prepare(case, home):
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir()
    out = home / "out"
    if case == "empty":
        out.mkdir()
    if case == "again":
        write(FIRST, out, force=False)
    return out


def main():
    case, home = sys.argv[1], Path(sys.argv[2]) / "home"
    before = state(home)[0] if prepare(case, home) and home.is_dir() else {}
    after = _written(home)
    told = []
    places = [("event", n, AtEvent(n)) for n in range(500)] + [("size", n, AtSize(n)) for n in SIZES]
    ended = False
    for kind, number, death in places:
        if kind == "event" and ended:
            continue
        out = prepare(case, home)
        if not killed(out, death):
            ended = True
            continue
        seen, hidden = state(home)
        write(SECOND, out, force=True)
        again, left = state(home)
        told.append(
            {
                "at": f"{kind} {number}",
                "was": "before" if seen == before else "after" if seen == after else "between",
                "mark": "out/restoration.json" in seen,
                "strange": sorted(name for name, content in seen.items() if content not in (before.get(name), after.get(name))),
                "hidden": hidden,
                "complete_after_the_next_run": again == after and left == 0,
            }
        )
    json.dump(told, sys.stdout)


def _written(home):
    write(SECOND, home / "out", force=True)
    return state(home)[0]


if __name__ == "__main__":
    main()
