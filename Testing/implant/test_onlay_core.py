"""An onlay ends where body and onlay have the same face: two faces at one place would cut each other to crumbs."""

import numpy as np
import pytest
from helpers_implant import round_patch, round_skull

from SkullRestoreLib.implant import build, onlay
from SkullRestoreLib.records import ImplantSettings, Pose


@pytest.fixture(scope="module")
def layout():
    bone = round_skull(spacing=(0.8, 0.8, 0.8))
    patch = round_patch(step=2.4, wide_mm=14.0)
    return build.build_layout(patch, bone, ImplantSettings(onlay_mm=5.0), Pose(np.eye(4), 0.5, 1.0), (), ())[0]


def test_joining_an_onlay_to_its_body_makes_no_crumbs(layout):
    body, rim = build.build_body(layout), onlay.build_onlay(layout, [])
    assert (body + rim).num_tri() < body.num_tri() + rim.num_tri()


@pytest.mark.slow
def test_the_joined_body_is_that_of_an_onlay_over_everything(layout, monkeypatch):
    body = build.build_body(layout)
    ring = body + onlay.build_onlay(layout, [])
    monkeypatch.setattr(onlay, "CORE_INSET_MM", 1000.0)
    everything = body + onlay.build_onlay(layout, [])
    assert everything.num_tri() > ring.num_tri()
    assert (ring - everything).volume() + (everything - ring).volume() < 0.05
