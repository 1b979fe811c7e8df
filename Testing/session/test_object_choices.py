"""Each object in a hole stays or goes by a switch of its own."""

from dataclasses import replace

import numpy as np
import pytest
from helpers_head import phantom_head
from helpers_session import FAST, open_session

from SkullRestoreLib.errors import InputError
from SkullRestoreLib.scene import case_node
from SkullRestoreLib.scene.models import OBJECT_COLOUR, model_vertices
from SkullRestoreLib.session import Session


@pytest.fixture(scope="module")
def plated():
    """A head whose hole is filled with metal."""
    made = phantom_head("parietal", 7.0)
    return replace(made, ct=np.where(made.missing > 0, 3000, made.ct).astype(made.ct.dtype))


def restore_again(session):
    session.start_restoration()
    session.wait_until_done()


@pytest.fixture
def restored(app, plated):
    session = open_session(app, plated)
    session.settings = FAST
    restore_again(session)
    yield session
    session.close()


def test_a_switch_lets_an_object_stay_and_the_surface_is_out_of_date_until_restored_again(restored):
    (row,) = restored.object_rows
    assert (row.number, row.kind, row.is_removed, row.was_removed) == (1, "metal mesh or plate", True, True)
    assert len(restored.defect_rows) == 1
    assert not restored.stale.surface
    restored.set_object_removed(1, False)
    (row,) = restored.object_rows
    assert (row.is_removed, row.was_removed) == (False, True)
    assert restored.stale.surface == ("Objects that stay: restored with none, now 1.",)
    restore_again(restored)
    (row,) = restored.object_rows
    assert (row.is_removed, row.was_removed) == (False, False)
    assert restored.defect_rows == []
    assert not restored.stale.surface


def test_a_switch_that_is_turned_back_leaves_nothing_out_of_date(restored):
    settings = restored.settings
    restored.set_object_removed(1, False)
    restored.set_object_removed(1, True)
    assert restored.settings == settings
    assert not restored.stale.surface


def test_the_switches_follow_what_is_chosen_for_all_objects(restored):
    restored.choose(restored.settings.with_changes(objects="keep"))
    assert [row.is_removed for row in restored.object_rows] == [False]
    restored.set_object_removed(1, True)
    assert restored.settings.remove_objects == (1,)


def test_an_unknown_object_is_refused(restored):
    with pytest.raises(InputError, match="no object 7"):
        restored.set_object_removed(7, False)


def test_an_object_is_drawn_in_a_colour_of_its_own_and_the_views_are_centred_on_it(restored):
    node = restored.case_node.GetNodeReference("object1")
    assert node.GetName() == "Object 1: metal mesh or plate"
    assert node.GetDisplayNode().GetColor() == OBJECT_COLOUR
    hole = restored.edits.reconstruction.defects[0]
    assert np.linalg.norm(model_vertices(node).mean(axis=0) - hole.centre) < 10
    restored.centre_on_object(1)
    restored.choose(restored.settings.with_changes(threshold_hu=250.0))
    restore_again(restored)
    assert len(case_node.nodes_for_prefix(restored.case_node, "object")) == 1


def test_in_other_bone_no_object_is_named_by_its_old_number(restored):
    restored.set_object_removed(1, False)
    restored.choose(restored.settings.with_changes(threshold_hu=260.0))
    restore_again(restored)
    assert restored.settings.keep_objects == ()
    assert [row.was_removed for row in restored.object_rows] == [True]


def test_a_case_that_is_taken_up_again_keeps_the_choice(app, plated):
    session = open_session(app, plated, name="Later")
    session.settings = FAST
    restore_again(session)
    session.set_object_removed(1, False)
    restore_again(session)
    source = session.source_node
    session.close()
    again = Session(app.scene, source)
    again.start_resume()
    again.wait_until_done()
    assert [row.is_removed for row in again.object_rows] == [False]
    assert not again.stale.surface
    again.close()
