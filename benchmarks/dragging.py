"""Time how fast the surface follows a dragged point, on a hole of 150 cm²: ``python benchmarks/dragging.py``.

The four views of the application are there, as in 3D Slicer, but nothing is drawn: this is the part of the session.
"""

import sys
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "Testing")]

from helpers_scene import Application, View3D, ViewSlice  # noqa: E402

from SkullRestoreLib import phantom  # noqa: E402
from SkullRestoreLib._system.progress import run_to_end  # noqa: E402
from SkullRestoreLib.scene import models  # noqa: E402
from SkullRestoreLib.scene.volumes import add_volume_node  # noqa: E402
from SkullRestoreLib.session import Session  # noqa: E402


def main() -> None:
    """Drag a point over the hole thirty times, let go, and print the times."""
    app = Application()
    ct, _ = run_to_end(phantom.make_phantom(seed=3, size_cm=14.0, matrix=256, slice_mm=1.0))
    head = add_volume_node(app.scene, ct, "Head")
    View3D(app)
    for name, orientation in (("Red", "Axial"), ("Green", "Coronal"), ("Yellow", "Sagittal")):
        ViewSlice(app, name=name, orientation=orientation).logic.GetSliceCompositeNode().SetBackgroundVolumeID(
            head.GetID()
        )
    session = Session(app.scene, head)
    session.start_restoration()
    session.wait_until_done()
    session.set_snapping("snap" in sys.argv)
    surface = models.model_vertices(session.case_node.GetNodeReference("surface1"))
    centre = surface[np.linalg.norm(surface - surface.mean(axis=0), axis=1).argmin()]
    session.add_point(centre)
    node, index = session.points_node, len(session.points) - 1
    print(
        f"defect {session.defect_rows[0].area_cm2:.0f} cm², {len(session.points)} points, {len(surface)} vertices drawn"
    )
    node.InvokeEvent(node.PointStartInteractionEvent)
    wall, cpu = [], []
    for n in range(30):
        place = centre * (1 + 0.002 * n)
        since, busy = time.perf_counter(), time.process_time()
        node.SetNthControlPointPositionWorld(index, *place)
        wall.append(1000 * (time.perf_counter() - since))
        cpu.append(1000 * (time.process_time() - busy))
    since = time.perf_counter()
    node.InvokeEvent(node.PointEndInteractionEvent)
    let_go = 1000 * (time.perf_counter() - since)
    moved = float(
        np.linalg.norm(models.model_vertices(session.case_node.GetNodeReference("surface1")) - surface, axis=1).max()
    )
    print(
        f"point moved to surface updated: median {np.median(wall):.1f} ms, worst {max(wall):.1f} ms "
        f"(processor time {np.median(cpu):.1f} ms)"
    )
    print(f"exact solution on release: {let_go:.0f} ms; the surface moved by {moved:.1f} mm")


if __name__ == "__main__":
    main()
