"""How long a restoration does not hear Ctrl-C, and inside of what: ``python benchmarks/deaf.py [--size 512]``.

A signal comes every 20 ms. Python answers it when the library call at hand comes back, so that the time between two answers is the longest
that Ctrl-C would have to wait there. Prints the longest such times with the line of ours that made the call; one run shows every moment, where
``stopped.py`` stops at some.
"""

import argparse
import signal
import sys
import tempfile
import time
import traceback
from pathlib import Path

from bench import ROOT
from stopped import write_ct

EVERY_S, TOLD_S = 0.02, 0.25
sys.path.insert(0, str(ROOT))


class Ear:
    """Notes when Python answers, and where it was then."""

    def __init__(self) -> None:
        self.last, self.step, self.gaps = time.perf_counter(), "start", []

    def hear(self, _signal, frame) -> None:
        """Answer a signal."""
        now = time.perf_counter()
        if now - self.last > TOLD_S:
            ours = [f for f in traceback.extract_stack(frame) if "SkullRestoreLib" in f.filename]
            inner = traceback.extract_stack(frame)[-1]
            at = f"{Path(ours[-1].filename).relative_to(ROOT)}:{ours[-1].lineno} {ours[-1].line}" if ours else "?"
            self.gaps.append((now - self.last, self.step, at, f"{Path(inner.filename).name}:{inner.lineno}"))
        self.last = now


def main() -> None:
    """Restore once and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", default="512")
    parser.add_argument("--also", nargs="*", default=[], help="further files, as for restore")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        ct = Path(folder) / "ct.nrrd"
        write_ct(options.size, ct)
        ear = Ear()
        signal.signal(signal.SIGALRM, ear.hear)
        signal.setitimer(signal.ITIMER_REAL, EVERY_S, EVERY_S)
        ear.last = began = time.perf_counter()
        from SkullRestoreLib.deliver import deliver
        from SkullRestoreLib.settings import Settings

        for step, _ in deliver(ct, Path(folder) / "out", Settings(), also=options.also):
            ear.step = step
        signal.setitimer(signal.ITIMER_REAL, 0)
        print(f"{time.perf_counter() - began:.1f} s in all\n\n| s | step | line | inside |\n| ---: | --- | --- | --- |")
        for seconds, *where in sorted(ear.gaps, reverse=True)[:40]:
            print(f"| {seconds:.2f} | {' | '.join(where)} |")


if __name__ == "__main__":
    main()
