"""The console while a session works with its views. The row is that of what was seen in 3D Slicer."""

import numpy as np
import pytest
from helpers_head import phantom_head
from helpers_scene import Application, View3D, ViewSlice, vtk_messages
from helpers_session import FAST, open_session


@pytest.mark.slow
def test_nothing_is_written_to_the_console_in_ordinary_work(tmp_path):
    """Row "console": "No color node is set", "No display node", "Failed to find subject hierarchy item"."""
    app = Application()
    view, cut = View3D(app, (120, 100)), ViewSlice(app, (100, 100))
    made = phantom_head("parietal", 7.0)
    with vtk_messages() as said:
        session = open_session(app, made)
        before = app.volume(made.intact, made.ijk_to_ras, "Before")
        cut.logic.GetSliceCompositeNode().SetBackgroundVolumeID(session.source_node.GetID())
        for start in (
            lambda: session.start_restoration(FAST),
            session.start_implant_design,
            lambda: session.start_comparison(before),
            lambda: session.start_restoration(FAST),
        ):
            start()
            session.wait_until_done()
            for one in (view, cut):
                one.picture()
        session.set_snapping(False)
        session.move_point(0, session.points[0].position + np.array([1.0, 1.0, 1.0]))
        view.picture()
        other = open_session(app, made, name="Other")
        other.show_alone()
        view.picture()
        session.show_alone()
        assert app.scene.WriteToMRB(str(tmp_path / "case.mrb"))
        app.load(tmp_path / "case.mrb")
        view.picture()
        app.scene.Clear(False)
        view.picture()
    assert said() == ""
