"""Close-ups of single implants: what they show, and that the deviation is the one to the outer table."""

from dataclasses import replace

import numpy as np
import pytest
from helpers_restoration import RADIUS_MM, make_restoration, unit_sphere, with_checks, with_strength

from SkullRestoreLib.records import Mesh
from SkullRestoreLib.report import figures

SIZE = (140, 120)
ALWAYS = ["outside", "inside", "section", "plan", "section A", "section B", "section C"]
"""What is drawn of every implant."""


def complete_skull(radius=RADIUS_MM):
    """A complete skull with an outer and an inner table."""
    vertices, faces = unit_sphere(5)
    return Mesh(
        np.concatenate([radius * vertices, 0.92 * radius * vertices]),
        np.concatenate([faces, faces[:, ::-1] + len(vertices)]),
    )


@pytest.fixture(scope="module")
def pictures():
    return figures.draw_closeups(with_checks(make_restoration(defects=2)), reference=complete_skull(), size=SIZE)


def share(picture, colour):
    r, g, b = (picture[..., k].astype(int) for k in range(3))
    found = {
        "body": (g > r + 25) & (b > r + 25),
        "arrow": (r > g + 60) & (r > b + 60),
        "white": (r > 250) & (g > 250) & (b > 250),
    }
    return found[colour].mean()


def test_every_implant_has_its_pictures_at_the_size_asked_for(pictures):
    assert sorted(pictures) == [1, 2]
    for closeups in pictures.values():
        assert list(closeups) == [*ALWAYS, "thickness", "deviation"]
        low = {name for name in closeups if name.startswith("section ")}
        assert all(p.dtype == np.uint8 for p in closeups.values())
        assert all(p.shape == ((72 if name in low else 120), 140, 3) for name, p in closeups.items())


def test_without_reference_and_checks_the_maps_are_left_out():
    assert list(figures.draw_closeups(make_restoration(), size=SIZE)[1]) == ALWAYS
    assert figures.draw_closeups(make_restoration(defects=0), size=SIZE) == {}
    assert figures.draw_closeups(replace(make_restoration(), implants=()), size=SIZE) == {}


def test_the_insertion_direction_is_an_arrow_on_the_outside_only(pictures):
    assert share(pictures[1]["outside"], "arrow") > 0.005
    assert share(pictures[1]["inside"], "arrow") == 0
    assert share(pictures[1]["inside"], "body") > 0.02


def test_the_cut_shows_the_body_filled(pictures):
    assert share(pictures[1]["section"], "body") > 0.02


@pytest.mark.parametrize("off", [-1.5, 0.0, 2.0])
def test_the_deviation_is_the_distance_from_the_outer_table_with_its_sign(off):
    vertices, _ = unit_sphere(4)
    points = (RADIUS_MM + off) * vertices[vertices[:, 0] < -0.9]
    assert figures.signed_deviation(points, complete_skull()) == pytest.approx(off, abs=0.1)


def test_the_bar_of_colours_is_next_to_the_map_and_not_on_it(pictures):
    for name in ("thickness", "deviation"):
        picture = pictures[1][name]
        right = picture[: int(0.55 * len(picture)), -36:]
        assert (right == 255).all(), name


def test_a_reference_that_is_another_skull_is_noticed():
    restoration, same = make_restoration(), complete_skull()
    assert figures.median_reference_distance(restoration, same) < 2.0
    assert figures.median_reference_distance(restoration, Mesh(same.vertices + 5.0, same.faces)) > 2.0


def test_a_reference_that_is_elsewhere_gives_no_deviation():
    vertices, _ = unit_sphere(3)
    far = complete_skull()
    assert np.isnan(figures.signed_deviation(RADIUS_MM * vertices[:9], Mesh(far.vertices + 500, far.faces))).all()


def test_the_estimate_of_the_strength_is_two_maps_on_the_body():
    restoration = with_checks(with_strength(make_restoration()))
    closeups = figures.draw_closeups(restoration, size=SIZE)[1]
    assert list(closeups)[-2:] == ["safety", "deflection"]
    assert (closeups["safety"] != closeups["deflection"]).any()
