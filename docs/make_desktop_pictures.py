"""Make the pictures of the tutorial from the real nodes of the sample head, off the screen. `make desktop-pictures`."""

import sys
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "Testing")]

from helpers_scene import Application, View3D, ViewSlice  # noqa: E402

from SkullRestoreLib import phantom  # noqa: E402
from SkullRestoreLib.scene.volumes import add_volume_node  # noqa: E402
from SkullRestoreLib.session import Session  # noqa: E402
from SkullRestoreLib.settings import Settings  # noqa: E402

OUT = ROOT / "docs" / "img"
SIZE = (560, 460)


def main() -> None:
    """Write the pictures, one for each step of the tutorial."""
    app = Application()
    ct, before = finished(phantom.make_phantom(seed=3, size_cm=9.0, matrix=256, slice_mm=1.0))
    head, intact = (
        add_volume_node(app.scene, ct, "Sample head"),
        add_volume_node(app.scene, before, "Sample head before the operation"),
    )
    view, cut = View3D(app, SIZE), ViewSlice(app, SIZE)
    cut.logic.GetSliceCompositeNode().SetBackgroundVolumeID(head.GetID())
    session = Session(app.scene, head)
    step = Steps(session, view, cut)

    session.show_threshold_preview(session.suggested_threshold())
    cut.logic.FitSliceToAll()
    preview = cut.picture()
    session.start_segmentation()
    session.wait_until_done()
    bone = session.skull_surface.vertices
    look(view, bone.mean(axis=0), np.array([0.9, 0.5, 0.25]), 480)
    save("desktop_bone", np.concatenate([preview, view.picture()], axis=1))
    session.start_restoration(Settings())
    session.wait_until_done()
    session.centre_on_defect(1)
    cut.logic.FitSliceToAll()
    number = session.defect_rows[0]
    print(f"{number.side} {number.region}, {number.area_cm2:.1f} cm², {number.points} points")
    step.beside("desktop_restored")

    session.set_snapping(False)
    centre, out = middle(session)
    session.add_point(centre)
    look(view, centre, 0.35 * out - np.cross(out, [0.0, 0.0, 1.0]))
    at_rest, during = view.picture(), []
    view.drag(
        view.display(centre), view.display(centre + 14 * out), steps=3, between=lambda: during.append(view.picture())
    )
    save("desktop_dragged", np.concatenate([at_rest, during[-1]], axis=1))
    session.undo()
    session.undo()
    save("desktop_undone", view.picture())

    session.start_implant_design()
    session.wait_until_done()
    session.centre_on_defect(1)
    step.beside("desktop_implant")
    body = session.implants[0]
    print(f"implant {body.volume_ml:.1f} mL, watertight {body.watertight}")
    session.start_comparison(intact)
    session.wait_until_done()
    one = session.comparison.defect_comparisons[0]
    print(
        f"area error {one.area_error_cm2:+.2f} cm², largest {one.deviation.largest_mm:.2f} mm, "
        f"RMS {one.deviation.rms_mm:.2f} mm: {one.grade}"
    )
    step.beside("desktop_compared")


class Steps:
    """Pictures of the 3D view with the slice next to it."""

    def __init__(self, session, view, cut):
        self._session, self._view, self._cut = session, view, cut

    def beside(self, name: str) -> None:
        """3D and slice in one picture."""
        save(name, np.concatenate([self._view.picture(), self._cut.picture()], axis=1))


def save(name: str, picture: np.ndarray) -> None:
    """Write a picture."""
    OUT.mkdir(exist_ok=True)
    path = OUT / f"{name}.png"
    Image.fromarray(picture).save(path, optimize=True)
    print(f"Written: {path.name} ({path.stat().st_size / 1000:.0f} kB)")


def middle(session) -> tuple[np.ndarray, np.ndarray]:
    """A place in the middle of the first defect, and the way outwards."""
    from SkullRestoreLib.scene import models

    vertices = models.model_vertices(session.case_node.GetNodeReference("surface1"))
    centre = vertices[np.linalg.norm(vertices - vertices.mean(axis=0), axis=1).argmin()]
    bone = session.points_node
    ring = np.array([bone.GetNthControlPointPositionWorld(n) for n in range(bone.GetNumberOfControlPoints())])
    out = centre - ring.mean(axis=0)
    return centre, out / np.linalg.norm(out)


def look(view: View3D, at: np.ndarray, direction: np.ndarray, mm: float = 340) -> None:
    """Look at a place from a direction."""
    camera = view.camera
    camera.SetFocalPoint(*at)
    camera.SetPosition(*(at + mm * direction / np.linalg.norm(direction)))
    camera.SetViewUp(0, 0, 1)
    camera.ResetClippingRange()


def finished(steps):
    """Run a generator to its end and return its value."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


if __name__ == "__main__":
    main()
