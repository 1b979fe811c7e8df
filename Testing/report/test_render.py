"""Pictures: right side, right colour, right size."""

from dataclasses import replace

import numpy as np
import pytest
from helpers_restoration import RADIUS_MM, make_restoration

from SkullRestoreLib.records import Mesh, Pose, VaultObject
from SkullRestoreLib.report import render
from SkullRestoreLib.report.words import view_title

SIZE = (120, 100)


def amount(picture, colour):
    """Share of the pixels in which a colour stands out: "teal", "red", "amber", "violet" or "bone"."""
    r, g, b = (picture[..., k].astype(int) for k in range(3))
    found = {
        "teal": (g > r + 40) & (b > r + 40),
        "red": (r > g + 60) & (r > b + 60) & (g < 90),
        "amber": (r > b + 70) & (g > b + 35) & (r > g + 20),
        "violet": (b > g + 35) & (r > g + 20),
        "bone": (r > b + 5) & (abs(r - g) < 25) & (r < 253),
    }
    return found[colour].mean()


@pytest.fixture(scope="module")
def scene():
    return render.build_scene(make_restoration())


@pytest.fixture(scope="module")
def pictures(scene):
    return {camera.name: render.draw_scene(scene, camera, size=SIZE) for camera in scene.cameras}


def test_there_are_five_standard_views_and_one_straight_at_each_defect():
    assert list(render.draw_views(make_restoration(defects=2), size=(24, 20))) == [
        "front",
        "left",
        "right",
        "back",
        "top",
        "defect 1",
        "defect 2",
    ]


def test_an_object_that_was_in_a_hole_has_a_view_in_which_nothing_is_over_it():
    restoration = make_restoration()
    (patch,) = restoration.patches
    sunk = Mesh(patch.outer.vertices * 0.96, patch.outer.faces)
    plate = VaultObject(1, "plate", 40.0, 20.0, None, 3.1, 0.5, 0.8, np.zeros(0, int), removed=True, model=sunk)
    views = render.draw_views(replace(restoration, objects=(plate,)), size=SIZE)
    assert list(views)[-1] == "object 1"
    assert amount(views["object 1"], "violet") > 0.03
    assert amount(views["object 1"], "teal") == 0
    assert amount(views["defect 1"], "teal") > 0.03, "what was restored hides it"
    facts = {"input": {"side_known": True}, "objects": [{"number": 1, "kind": "plate"}]}
    assert view_title("object 1", facts) == "Straight at object 1, plate; nothing restored is over it"


def test_a_picture_has_the_size_asked_for(pictures):
    assert all(p.shape == (100, 120, 3) and p.dtype == np.uint8 for p in pictures.values())


def test_a_defect_at_the_left_is_seen_from_the_left_and_not_from_the_right(pictures):
    assert amount(pictures["left"], "teal") > 0.05
    assert amount(pictures["right"], "teal") == 0
    assert amount(pictures["right"], "bone") > 0.2


def test_from_the_front_the_patients_left_is_on_the_right_of_the_picture(pictures):
    teal = amount(pictures["front"][:, 60:], "teal")
    assert teal > 0
    assert amount(pictures["front"][:, :60], "teal") == 0


def test_reference_points_are_red_and_uncertain_ones_amber(pictures):
    assert amount(pictures["left"], "red") > 0.002
    assert 0 < amount(pictures["left"], "amber") < amount(pictures["left"], "red")


def test_the_skull_fills_the_picture_and_the_background_is_white(pictures):
    for picture in pictures.values():
        assert (picture[:4, :30] == 255).all()
        assert 0.3 < (picture < 250).any(axis=2).mean() < 0.9


def test_the_skull_is_shaded_not_flat(pictures):
    face = pictures["right"][30:70, 40:80].astype(int)
    assert np.ptp(face.sum(axis=2)) > 60


def test_a_picture_is_as_smooth_as_with_four_rays_in_every_pixel(scene, pictures, monkeypatch):
    monkeypatch.setattr(render, "MAX_EVEN_STEP", -1.0)
    for camera in scene.cameras:
        difference = np.abs(render.draw_scene(scene, camera, size=SIZE).astype(int) - pictures[camera.name])
        assert difference.mean() < 0.6, "of 255 levels"
        assert (difference.max(axis=2) > 24).mean() < 0.005


def test_a_head_that_is_turned_in_the_scanner_is_drawn_upright(pictures):
    made = make_restoration()
    turn = np.array([[0, 0, 1.0], [1, 0, 0], [0, 1, 0]])

    def turned(mesh):
        return Mesh(mesh.vertices @ turn.T, mesh.faces)

    ras_to_head = np.eye(4)
    ras_to_head[:3, :3] = turn.T
    turned_head = replace(
        made,
        skull=turned(made.skull),
        patches=tuple(replace(p, outer=turned(p.outer)) for p in made.patches),
        points=tuple(replace(p, position=turn @ p.position) for p in made.points),
        defects=tuple(
            replace(d, centre=turn @ d.centre, margin=tuple(m @ turn.T for m in d.margin)) for d in made.defects
        ),
        pose=Pose(ras_to_head, 0.8, 0.95),
    )
    picture = render.draw_views(turned_head, size=SIZE)["left"]
    assert (abs(picture.astype(int) - pictures["left"]) > 40).mean() < 0.02


@pytest.mark.parametrize(
    ("view", "right", "up"),
    [("front", "L", "S"), ("left", "P", "S"), ("right", "A", "S"), ("back", "R", "S"), ("top", "R", "A")],
)
def test_letters_name_the_sides_of_the_patient(scene, view, right, up):
    letters = next(c for c in scene.cameras if c.name == view).edge_letters()
    assert (letters["right"], letters["top"]) == (right, up)


def test_where_the_side_is_not_known_letters_say_only_front_back_up_and_down(scene):
    for camera in scene.cameras:
        assert set(camera.edge_letters(side_known=False).values()) <= set("APSI?")
    front = next(c for c in scene.cameras if c.name == "front")
    pictures = [render.draw_scene(replace(scene, side_known=known), front, size=(120, 120)) for known in (True, False)]
    assert (pictures[0] != pictures[1]).any()


def test_the_bar_is_as_long_as_fifty_millimetres_of_the_skull(scene):
    picture = render.draw_scene(scene, scene.cameras[2], size=(300, 300))
    skull = picture[:270, 20:280]
    width = np.flatnonzero((skull < 250).any(axis=2)[135 - 20 : 135 + 20].any(axis=0))
    foot = (picture[-7 - 2 : -7 + 2, :130] < 120).all(axis=2).any(axis=0)
    assert foot.sum() / (width[-1] - width[0]) == pytest.approx(50 / (2 * RADIUS_MM), rel=0.06)


def test_a_defect_at_the_vertex_can_be_looked_at_from_above():
    made = make_restoration()
    above = replace(made, defects=(replace(made.defects[0], centre=np.array([0, 0, 80.0])),))
    camera = render.build_scene(above).cameras[-1]
    assert np.allclose(camera.axes @ camera.axes.T, np.eye(3))
    assert camera.axes[1] @ [0, 1, 0] > 0.9


def test_no_defect_is_drawn_too():
    assert amount(render.draw_views(make_restoration(defects=0), size=SIZE)["left"], "bone") > 0.2
