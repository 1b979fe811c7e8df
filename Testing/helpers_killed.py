"""A program that writes a result many times, each time in a process that dies at another point; prints what was left.

``python helpers_killed.py CASE FOLDER`` with CASE ``new`` (no folder), ``empty`` or ``again`` (an earlier result). A
process dies before a change of the file system, which Python's audit hooks report, or in the middle of a write, at a
limit of the file size: nothing in the library knows about it. No torch and no threads, so that the process can fork.
"""

import json
import os
import resource
import shutil
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from helpers_restoration import make_restoration

from SkullRestoreLib.io import write as export

CHANGES = {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.chmod"}
FIRST, SECOND = (
    make_restoration(defects=0, warnings=["the earlier one"]),
    make_restoration(defects=1, warnings=["the new one"]),
)
SIZES = (0, 100, 3_000, 50_000, 120_000)


def write_result(made, out, *, force):
    facts = {"schema": 2, "warnings": list(made.warnings)}
    export.write(
        made,
        out,
        make_reports=lambda _: {"report.html": b"<html></html>", "report.pdf": b"%PDF" * 20_000},
        summarise=lambda _: facts,
        force=force,
    )


class DieAtEvent:
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
    return (
        bool(set(mode or "") & set("wax+")) if isinstance(mode, str) else bool((flags or 0) & (os.O_WRONLY | os.O_RDWR))
    )


class DieAtSize:
    """Dies in the middle of the first file that grows beyond a size."""

    def __init__(self, size):
        self.size = size

    def arm(self):
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (self.size, self.size))


def dies_while_writing(out, death):
    """Whether a process that writes the result is killed before it ends."""
    child = os.fork()
    if child == 0:
        death.arm()
        write_result(SECOND, out, force=True)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) < 0


def folder_state(home):
    """Content of every visible file, and the number of hidden folders that are not empty."""
    seen = {str(p.relative_to(home)): p.read_bytes() for p in home.rglob("*") if p.is_file() and not _hidden(p, home)}
    return seen, len([p for p in home.rglob(".*.partial-*") if p.is_dir() and any(p.iterdir())])


def _hidden(path, home):
    return any(part.startswith(".") for part in path.relative_to(home).parts)


def prepare_folder(case, home):
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir()
    out = home / "out"
    if case == "empty":
        out.mkdir()
    if case == "again":
        write_result(FIRST, out, force=False)
    return out


def main():
    case, home = sys.argv[1], Path(sys.argv[2]) / "home"
    before = folder_state(home)[0] if prepare_folder(case, home) and home.is_dir() else {}
    after = _written(home)
    deaths = []
    attempts = [("event", n, DieAtEvent(n)) for n in range(500)] + [("size", n, DieAtSize(n)) for n in SIZES]
    ended = False
    for kind, number, death in attempts:
        if kind == "event" and ended:
            continue
        out = prepare_folder(case, home)
        if not dies_while_writing(out, death):
            ended = True
            continue
        found, hidden = folder_state(home)
        write_result(SECOND, out, force=True)
        again, left = folder_state(home)
        deaths.append(
            {
                "at": f"{kind} {number}",
                "was": "before" if found == before else "after" if found == after else "between",
                "mark": "out/restoration.json" in found,
                "strange": sorted(
                    name for name, content in found.items() if content not in (before.get(name), after.get(name))
                ),
                "hidden": hidden,
                "complete_after_the_next_run": again == after and left == 0,
            }
        )
    json.dump(deaths, sys.stdout)


def _written(home):
    write_result(SECOND, home / "out", force=True)
    return folder_state(home)[0]


if __name__ == "__main__":
    main()
