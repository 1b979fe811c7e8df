"""What the desktop door costs beside computing: opening the module, holding the application up, and memory kept after a scene is closed.

``python benchmarks/desktop.py`` measures all three on the sample head, each in a process of its own; ``python benchmarks/desktop.py memory`` one of them.
"""

import contextlib
import ctypes
import gc
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "Testing")]


def opening() -> None:
    """Read the module's file, then open its panel on a CT of 512 x 512 x 300 voxels, as if Slicer did."""
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


def responsive() -> None:
    """Restore the sample, design and compare, and time how long the main thread was held between two turns of its event loop."""
    from helpers_scene import Application

    from SkullRestoreLib.scene.volumes import add_volume
    from SkullRestoreLib.session import Session

    app = Application()
    ct, before = sample(3)
    session = Session(app.scene, add_volume(app.scene, ct, "Head"))
    intact = add_volume(app.scene, before, "Before")
    for name, start in (
        ("restore", session.start_restoration),
        ("design the implants", session.start_implants),
        ("compare", lambda: session.start_comparison(intact)),
    ):
        held, since = [], time.perf_counter()
        start()
        turn = time.perf_counter()
        while True:
            goes_on = session.poll(0.03)
            held.append(time.perf_counter() - turn)
            turn = time.perf_counter()
            if not goes_on:
                break
        held.sort()
        print(
            f"{name}: {time.perf_counter() - since:.1f} s; turns of the event loop: median {1000 * statistics.median(held):.0f} ms, "
            f"99 of 100 within {1000 * held[int(0.99 * (len(held) - 1))]:.0f} ms, longest {1000 * held[-1]:.0f} ms"
        )
    session.close()


def memory(cases: int = 4) -> None:
    """One case after the other: made, restored, its implants designed, its scene closed."""
    from helpers_scene import Application

    from SkullRestoreLib.scene.volumes import add_volume
    from SkullRestoreLib.session import Session

    app = Application()
    print(f"libraries loaded: {resident():.0f} MiB")
    for n in range(cases):
        ct, _ = sample(3 + n)
        session = Session(app.scene, add_volume(app.scene, ct, "Head"))
        del ct
        for start in (session.start_restoration, session.start_implants):
            start()
            session.finish()
        open_ = resident()
        app.scene.Clear(False)
        del session
        print(f"case {n + 1}: {open_:.0f} MiB with its results, {resident():.0f} MiB after its scene was closed")


def sample(seed: int) -> tuple:
    """A head with a hole and the same head before, 256 x 256 voxels a slice of 1 mm."""
    from SkullRestoreLib import phantom
    from SkullRestoreLib.clock import finish

    return finish(phantom.in_memory(seed=seed, size_cm=9.0, matrix=256, slice_mm=1.0))


def resident() -> float:
    """Memory of this process, MiB, after what is free was given back."""
    gc.collect()
    with contextlib.suppress(OSError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * 4096 / 2**20


MEASURES = {"opening": opening, "responsive": responsive, "memory": memory}


def main() -> None:
    """Run the measures that are named, or all of them, each in its own process."""
    if len(sys.argv) == 2:
        MEASURES[sys.argv[1]]()
        return
    for name in MEASURES:
        print(f"\n{name}")
        subprocess.run([sys.executable, __file__, name], check=True)


if __name__ == "__main__":
    main()
