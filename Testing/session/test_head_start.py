"""A page predicts the vault while the user still looks at the bone; a restoration takes it over, or does without."""

from dataclasses import replace

import numpy as np
import pytest
from helpers_session import FAST, open_session, phantom_head, surface_vertices

from SkullRestoreLib.errors import InputError, SkullRestoreError
from SkullRestoreLib.io import read
from SkullRestoreLib.prediction import kriging
from SkullRestoreLib.scene import bone_nodes
from SkullRestoreLib.session import tasks
from SkullRestoreLib.session.task_records import DisplayOptions

AHEAD = DisplayOptions(max_skull_faces=20_000, look_ahead=True)


@pytest.fixture
def predicted(monkeypatch):
    """The bones whose vault was predicted."""
    bones = []
    original = tasks.predict_from_bone

    def predict_from_bone(bone, *args, **kwargs):
        bones.append(bone)
        return original(bone, *args, **kwargs)

    monkeypatch.setattr(tasks, "predict_from_bone", predict_from_bone)
    return bones


def segmented_session(app, settings=FAST, name="Ahead"):
    session = open_session(app, phantom_head(), name=name, display=AHEAD)
    session.settings = settings
    session.start_segmentation()
    session.wait_until_done()
    return session


def restored(session, settings=FAST):
    session.start_restoration(settings)
    session.wait_until_done()
    return session


def test_a_restoration_takes_over_what_was_predicted_while_the_bone_was_looked_at(app, predicted):
    plain = restored(open_session(app, phantom_head(), name="Plain"))
    assert len(predicted) == 1
    ahead = restored(segmented_session(app))
    assert len(predicted) == 2
    assert ahead.segmented.bone is predicted[1]
    np.testing.assert_array_equal(surface_vertices(plain), surface_vertices(ahead))
    plain.close()
    ahead.close()


def test_other_settings_of_the_prediction_are_computed_again_and_other_points_are_not(app, predicted):
    session = restored(segmented_session(app), FAST.with_changes(points=11, fullness=0.5))
    assert len(predicted) == 1
    restored(session, FAST.with_changes(objects="keep"))
    assert len(predicted) == 2
    session.close()


def test_bone_that_was_edited_is_not_restored_from_what_was_predicted_before(app, predicted):
    session = segmented_session(app)
    bone = session.segmented.bone
    mask = bone.mask.copy()
    mask[tuple(np.argwhere(mask)[::50].T)] = False
    bone_nodes.show_bone(session.bone_node, replace(bone, mask=mask), reference=session.source_node)
    restored(session)
    assert predicted[-1] is session.segmented.bone
    assert session.segmented.bone is not bone
    session.close()


def test_what_goes_wrong_ahead_is_said_when_somebody_restores_and_not_before(app, monkeypatch):
    def refuse(*_args, **_kwargs):
        yield "find the head", 0.2
        raise InputError("This is no head.")

    monkeypatch.setattr(tasks, "predict_from_bone", refuse)
    session = segmented_session(app)
    assert session.segmented is not None
    for _ in range(2):
        with pytest.raises(SkullRestoreError, match="This is no head"):
            restored(session)
    session.close()


def test_closing_a_case_stops_what_is_computed_ahead(app):
    session = segmented_session(app)
    head_start = session.segmented.head_start
    session.close()
    assert head_start.is_cancelled


def test_the_files_hold_a_skull_as_fine_as_that_of_the_command_line_though_fewer_triangles_are_drawn(app, tmp_path):
    session = restored(segmented_session(app))
    assert len(session.skull_surface.faces) <= 22_000
    session.start_export(tmp_path / "out")
    session.wait_until_done()
    assert len(read.read(tmp_path / "out" / "skull.stl").faces) > 3 * len(session.skull_surface.faces)
    session.close()


def test_a_case_that_is_closed_leaves_no_prior_in_memory(app):
    session = restored(open_session(app, phantom_head(), name="Closed"))
    session.close()
    assert kriging.prior_for_model.cache_info().currsize == 0
