"""Measure how long a restoration does not react to Ctrl-C, and in which call.

``python benchmarks/interrupt_latency.py [--size 512]``. A signal comes every 20 ms. Python handles it when the current
library call returns, so the time between two signals handled is the longest that Ctrl-C would have to wait there.
Prints the longest such times with our line that made the call. One run covers every moment, where
``interrupt_restore.py`` stops at some.
"""

import argparse
import signal
import sys
import tempfile
import time
import traceback
from pathlib import Path
from types import FrameType

from bench import ROOT
from interrupt_restore import write_ct

EVERY_S, REPORTED_S = 0.02, 0.25
sys.path.insert(0, str(ROOT))


class SignalProbe:
    """Records when Python handles a signal, and where it is then."""

    def __init__(self) -> None:
        self.last, self.step = time.perf_counter(), "start"
        self.gaps: list[tuple[float, str, str, str]] = []

    def record_gap(self, _signal: int, frame: FrameType | None) -> None:
        """Handle a signal."""
        now = time.perf_counter()
        if now - self.last > REPORTED_S:
            own = [f for f in traceback.extract_stack(frame) if "SkullRestoreLib" in f.filename]
            inner = traceback.extract_stack(frame)[-1]
            line = f"{Path(own[-1].filename).relative_to(ROOT)}:{own[-1].lineno} {own[-1].line}" if own else "?"
            self.gaps.append((now - self.last, self.step, line, f"{Path(inner.filename).name}:{inner.lineno}"))
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
        probe = SignalProbe()
        signal.signal(signal.SIGALRM, probe.record_gap)
        signal.setitimer(signal.ITIMER_REAL, EVERY_S, EVERY_S)
        probe.last = start = time.perf_counter()
        from SkullRestoreLib.pipeline.process_case import process_case
        from SkullRestoreLib.settings import Settings

        for step, _ in process_case(ct, Path(folder) / "out", Settings(), also=options.also):
            probe.step = step
        signal.setitimer(signal.ITIMER_REAL, 0)
        print(f"{time.perf_counter() - start:.1f} s in all\n\n| s | step | line | inside |\n| ---: | --- | --- | --- |")
        for seconds, *where in sorted(probe.gaps, reverse=True)[:40]:
            print(f"| {seconds:.2f} | {' | '.join(where)} |")


if __name__ == "__main__":
    main()
