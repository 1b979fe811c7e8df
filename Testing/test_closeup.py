"""Pictures of single implants: what is to be seen on them, and that the deviation is the one to the outer table."""

from dataclasses import replace

import numpy as np
import pytest
from helpers_restoration import RADIUS_MM, restoration, sphere, with_checks

from SkullRestoreLib import closeup
from SkullRestoreLib.case import Mesh

SIZE = (140, 120)


def whole(radius=RADIUS_MM):
    """A whole skull with an outer and an inner table."""
    vertices, faces = sphere(5)
    return Mesh(np.concatenate([radius * vertices, 0.92 * radius * vertices]), np.concatenate([faces, faces[:, ::-1] + len(vertices)]))


@pytest.fixture(scope="module")
def pictures():
    return closeup.closeups(with_checks(restoration(defects=2)), reference=whole(), size=SIZE)


def share(picture, colour):
    r, g, b = (picture[..., k].astype(int) for k in range(3))
    found = {"body": (g > r + 25) & (b > r + 25), "arrow": (r > g + 60) & (r > b + 60), "white": (r > 250) & (g > 250) & (b > 250)}
    return found[colour].mean()


def test_every_implant_has_its_pictures_at_the_size_asked_for(pictures):
    assert sorted(pictures) == [1, 2]
    for of_one in pictures.values():
        assert list(of_one) == ["outside", "inside", "section", "thickness", "deviation"]
        assert all(p.shape == (120, 140, 3) and p.dtype == np.uint8 for p in of_one.values())


def test_without_reference_and_checks_the_maps_are_left_out():
    assert list(closeup.closeups(restoration(), size=SIZE)[1]) == ["outside", "inside", "section"]
    assert closeup.closeups(restoration(defects=0), size=SIZE) == {}
    assert closeup.closeups(replace(restoration(), implants=()), size=SIZE) == {}


def test_the_way_in_is_an_arrow_on_the_outside_only(pictures):
    assert share(pictures[1]["outside"], "arrow") > 0.005
    assert share(pictures[1]["inside"], "arrow") == 0
    assert share(pictures[1]["inside"], "body") > 0.02


def test_the_cut_shows_the_body_filled(pictures):
    assert share(pictures[1]["section"], "body") > 0.02


@pytest.mark.parametrize("off", [-1.5, 0.0, 2.0])
def test_the_deviation_is_the_distance_from_the_outer_table_with_its_sign(off):
    vertices, _ = sphere(4)
    points = (RADIUS_MM + off) * vertices[vertices[:, 0] < -0.9]
    assert closeup.deviation(points, whole()) == pytest.approx(off, abs=0.1)


def test_the_bar_of_colours_stands_beside_the_map_and_not_on_it(pictures):
    for name in ("thickness", "deviation"):
        picture = pictures[1][name]
        right = picture[: int(0.55 * len(picture)), -36:]
        assert (right == 255).all(), name


def test_a_reference_that_is_another_skull_is_noticed():
    made, same = restoration(), whole()
    assert closeup.off_the_skull(made, same) < 2.0
    assert closeup.off_the_skull(made, Mesh(same.vertices + 5.0, same.faces)) > 2.0


def test_a_reference_that_is_elsewhere_gives_no_deviation():
    vertices, _ = sphere(3)
    far = whole()
    assert np.isnan(closeup.deviation(RADIUS_MM * vertices[:9], Mesh(far.vertices + 500, far.faces))).all()
