"""Time and memory of the browser front end, in a real browser: ``python benchmarks/web.py``.

A synthetic head CT of 140 slices of 512 × 512 voxels is uploaded by one user, restored, and a reference point is
dragged; then two users do so at once. Needs Chromium and the extras web and dev. All processes share the cores, also
the browser, which draws without a graphics card: run it on an idle machine. ``--ct`` takes another DICOM folder.
"""

import argparse
import os
import re
import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "Testing")]

from helpers_web import (  # noqa: E402
    WAIT_MS,
    Server,
    find_drawn_points,
    open_browser,
    page_state,
    sign_in,
    users_file,
    wait_until_idle,
)

_LISTEN = """() => {
  window.pictures = [];
  const keep = ([picture]) => window.pictures.push([performance.now(), picture.name]);
  trame.client.getConnection().getSession().subscribe("trame.rca.topic.stream", keep);
}"""
_NEXT = """async ([from, after]) => {
  for (let n = 0; n < 2000; n++) {
    const found = window.pictures.slice(from).find(([, name]) => name === "solid");
    if (found) return found[0] - after;
    await new Promise((done) => setTimeout(done, 2));
  }
  return null;
}"""


def write_phantom_ct(folder: Path) -> Path:
    """Write a head CT of 140 slices as a DICOM folder."""
    from SkullRestoreLib import phantom

    phantom.write_phantom(folder, seed=3, size_cm=9.0, slice_mm=1.12)
    print(f"{len(list((folder / 'ct').iterdir()))} slices")
    return folder / "ct"


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ct", type=Path, help="DICOM folder; a synthetic head of 140 slices by default")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place, open_browser() as browser:
        folder = Path(place)
        (folder / "head").mkdir()
        ct = options.ct or write_phantom_ct(folder / "head")
        server = Server(folder, "--users", str(users_file(folder)))
        try:
            print(f"{os.cpu_count()} cores")
            began = time.perf_counter()
            anna = sign_in(browser, server, "anna")
            print(f"signed in, and the workspace open:   {time.perf_counter() - began:5.1f} s")
            print_memory(server, "empty workspace")
            print(f"one user, uploaded to surface shown: {time_to_surface([anna], ct):5.1f} s")
            median, most = time_drag(anna)
            print(f"dragged to new picture, median:      {median:5.0f} ms, {most:.0f} ms at 90 %")
            print_memory(server, "restored")
            ben = sign_in(browser, server, "ben")
            anna.on("dialog", lambda dialog: dialog.accept())  # the moved point is lost, as the page says
            anna.click(".v-expansion-panel-title:has-text('Input')")
            anna.click("#close-case")
            print(f"two users at once, each to surface:  {time_to_surface([anna, ben], ct):5.1f} s (the later one)")
            for page in (anna, ben):
                page.click(".v-expansion-panel-title:has-text('Report and files')")
                page.click("#export")
            for page in (anna, ben):
                page.wait_for_selector(".sr-files", timeout=WAIT_MS)
            print_memory(server, "restored, implant designed, files prepared")
        finally:
            server.stop()


def time_to_surface(pages: list, ct: Path) -> float:
    """Restore on all pages: seconds from the end of the last upload until the last surface is shown."""
    for page in pages:
        page.set_input_files("#pick-folder", ct)
    for page in pages:
        page.wait_for_function("!trame.state.get('uploading')", timeout=WAIT_MS)
    began = time.perf_counter()
    for page in pages:
        page.click("#restore:enabled", timeout=WAIT_MS)
    for page in pages:
        page.wait_for_selector("#defects", timeout=WAIT_MS)
        points_shown = page.wait_for_function(
            "trame.state.get('restored') && !trame.state.get('busy')", timeout=WAIT_MS
        )
        assert points_shown
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    took = time.perf_counter() - began
    for page in pages:
        assert page_state(page, "rows"), page_state(page, "error")
        assert find_drawn_points(page, "solid")
    return took


def time_drag(page) -> tuple[float, float]:
    """Drag a point: milliseconds from a move of the mouse to the next picture of the 3D view, median and at 90 %."""
    page.evaluate(_LISTEN)
    x, y = min(find_drawn_points(page, "solid"), key=lambda place: place[1])
    page.mouse.move(x, y)
    page.mouse.down()
    took = []
    for k in range(1, 31):
        known, now = page.evaluate("[window.pictures.length, performance.now()]")
        page.mouse.move(x, y - k)
        waited = page.evaluate(_NEXT, [known, now])
        if waited is not None:
            took.append(waited)
        page.wait_for_timeout(150)
    page.mouse.up()
    page.wait_for_function("trame.state.get('moved') === 1", timeout=WAIT_MS)
    wait_until_idle(page)
    assert len(took) >= 25, "pictures were lost"
    return statistics.median(took), statistics.quantiles(took, n=10)[-1]


def print_memory(server: Server, what: str) -> None:
    """Print each worker's memory: now, what of it is its own, and at most. All workers share the libraries."""
    for pid in server.workers():
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8")
        own = sum(int(kb) for kb in re.findall(r"Private_\w+:\s+(\d+) kB", rollup)) / 2**20
        text = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
        most, now = (int(re.search(rf"{name}:\s+(\d+) kB", text).group(1)) / 2**20 for name in ("VmHWM", "VmRSS"))
        print(f"memory of a user, {what}: {now:.2f} GB, {own:.2f} GB of it its own, at most {most:.2f} GB")


if __name__ == "__main__":
    main()
