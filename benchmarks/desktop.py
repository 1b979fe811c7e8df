"""Measure 3D Slicer's front end: opening the module, blocking the application, and memory kept after a scene is closed.

``python benchmarks/desktop.py`` measures all three on the sample head, each in a process of its own; ``python
benchmarks/desktop.py memory`` one of them, ``python benchmarks/desktop.py memory 10`` with ten cases.
"""

import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "Testing")]


def measure_opening() -> None:
    """Read the module's file, then open its panel on a CT of 512 × 512 × 300 voxels, as Slicer does."""
    import numpy as np
    import pytest
    from helpers_desktop import Desktop

    patched = pytest.MonkeyPatch()
    since = time.perf_counter()
    desktop = Desktop(patched)
    print(f"module file read: {1000 * (time.perf_counter() - since):.0f} ms")
    ct = np.random.default_rng(0).integers(-1000, 1500, (300, 512, 512)).astype(np.int16)
    desktop.application.volume(ct, np.diag([0.45, 0.45, 0.6, 1.0]))
    since, busy = time.perf_counter(), time.process_time()
    panel = desktop.open()
    wall, cpu = 1000 * (time.perf_counter() - since), 1000 * (time.process_time() - busy)
    print(f"panel opened for the first time, library and input read: {wall:.0f} ms ({cpu:.0f} ms of a processor)")
    panel.exit()
    since = time.perf_counter()
    panel.enter()
    print(f"panel opened again: {1000 * (time.perf_counter() - since):.1f} ms")
    panel.cleanup()


def measure_responsiveness() -> None:
    """Restore the sample, design and compare, and time the turns of the main thread's event loop."""
    from helpers_scene import Application

    from SkullRestoreLib.scene.volumes import add_volume_node
    from SkullRestoreLib.session import Session

    app = Application()
    ct, before = make_sample(3)
    session = Session(app.scene, add_volume_node(app.scene, ct, "Head"))
    intact = add_volume_node(app.scene, before, "Before")
    for name, start in (
        ("restore", session.start_restoration),
        ("design the implants", session.start_implant_design),
        ("compare", lambda: session.start_comparison(intact)),
    ):
        turns, since = [], time.perf_counter()
        start()
        turn = time.perf_counter()
        while True:
            goes_on = session.poll(0.03)
            turns.append(time.perf_counter() - turn)
            turn = time.perf_counter()
            if not goes_on:
                break
        turns.sort()
        print(
            f"{name}: {time.perf_counter() - since:.1f} s; turns of the event loop: "
            f"median {1000 * statistics.median(turns):.0f} ms, "
            f"99 of 100 within {1000 * turns[int(0.99 * (len(turns) - 1))]:.0f} ms, longest {1000 * turns[-1]:.0f} ms"
        )
    session.close()


def measure_memory(cases: int = 4) -> None:
    """Restore one case after the other, design its implants, and close its scene."""
    from helpers_scene import Application

    from SkullRestoreLib.scene.volumes import add_volume_node
    from SkullRestoreLib.session import Session

    app = Application()
    print(f"libraries loaded: {resident_mib():.0f} MiB")
    for n in range(cases):
        ct, _ = make_sample(3 + n)
        session = Session(app.scene, add_volume_node(app.scene, ct, "Head"))
        del ct
        for start in (session.start_restoration, session.start_implant_design):
            start()
            session.wait_until_done()
        open_ = resident_mib()
        app.scene.Clear(False)
        del session
        print(f"case {n + 1}: {open_:.0f} MiB with its results, {resident_mib():.0f} MiB after its scene was closed")


def make_sample(seed: int) -> tuple:
    """Make a head with a hole and the same head before, with slices of 256 × 256 voxels and 1 mm."""
    from SkullRestoreLib import phantom
    from SkullRestoreLib._system.progress import run_to_end

    return run_to_end(phantom.make_phantom(seed=seed, size_cm=9.0, matrix=256, slice_mm=1.0))


def resident_mib() -> float:
    """Memory of this process, MiB; nothing is trimmed here, since the session has to do it."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * 4096 / 2**20


MEASURES = {"opening": measure_opening, "responsive": measure_responsiveness, "memory": measure_memory}


def main() -> None:
    """Run the measure that is named, or all of them, each in its own process."""
    if len(sys.argv) > 1:
        MEASURES[sys.argv[1]](*map(int, sys.argv[2:]))
        return
    for name in MEASURES:
        print(f"\n{name}")
        subprocess.run([sys.executable, __file__, name], check=True)


if __name__ == "__main__":
    main()
