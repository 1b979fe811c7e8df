"""A redesign keeps the insertion direction of the design before it, unless another one is asked for."""

import json
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from typer.testing import CliRunner

import SkullRestoreLib as sr
from SkullRestoreLib import phantom
from SkullRestoreLib.affine import basis_across
from SkullRestoreLib.cli import main
from SkullRestoreLib.errors import OutputError
from SkullRestoreLib.io.write import check_output
from SkullRestoreLib.report import figures, render

TURNED_DEG = 12.0


@pytest.fixture(scope="module", autouse=True)
def small_pictures():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(render, "draw_views", partial(render.draw_views, size=(60, 50)))
        patch.setattr(figures, "draw_closeups", partial(figures.draw_closeups, size=(60, 50)))
        yield


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """A small head with a small defect, restored."""
    folder = tmp_path_factory.mktemp("head")
    phantom.write_phantom(folder, seed=3, size_cm=4.5, place="parietal", slice_mm=3.0, matrix=96)
    return sr.restore(sr.read(folder))


@pytest.fixture(scope="module")
def turned(found):
    """A direction that the program would not find."""
    direction = sr.design_implant(found).insertion_direction
    angle = np.radians(TURNED_DEG)
    return np.cos(angle) * direction + np.sin(angle) * basis_across(direction)[0]


@pytest.fixture(scope="module")
def result(found, turned, tmp_path_factory):
    """The folder of a result whose implant goes in along that direction."""
    folder = tmp_path_factory.mktemp("finished") / "restored"
    sr.write(replace(found, insertion_directions={1: tuple(turned.tolist())}), folder)
    return folder


def facts_of(folder):
    return json.loads((folder / "restoration.json").read_text(encoding="utf-8"))


def direction_of(folder):
    return np.array(facts_of(folder)["defects"][0]["implant"]["insertion"]["towards_ras"])


def redesign(result, *arguments):
    return CliRunner().invoke(main.app, ["implant", str(result), *(str(a) for a in arguments)])


@pytest.mark.slow
def test_other_settings_and_moved_points_leave_the_insertion_direction(result, turned):
    loaded = sr.load(result)
    moved = loaded.with_points({3: loaded.points[3].position + 1.5 * loaded.points[3].normal})
    for restoration in (loaded, moved):
        body = sr.design_implant(restoration, thickness_mm=6.0)
        assert body.insertion_direction == pytest.approx(turned, abs=1e-6)
        assert body.settings.insertion is None  # nobody asked for it
    asked = np.array([*turned])
    asked[2] += 0.1
    body = sr.design_implant(loaded, insertion=tuple(asked.tolist()))
    assert body.insertion_direction == pytest.approx(asked / np.linalg.norm(asked), abs=1e-6)


@pytest.mark.slow
def test_a_kept_direction_that_no_longer_leads_into_the_hole_is_turned_as_far_as_needed(result, turned):
    sideways = tuple(basis_across(turned)[0].tolist())
    body = sr.design_implant(replace(sr.load(result), insertion_directions={1: sideways}))
    assert body.insertion_direction @ turned > 0.2


@pytest.mark.slow
def test_the_command_keeps_the_direction_and_finds_it_again_when_asked(result, turned):
    assert direction_of(result) == pytest.approx(turned, abs=1e-3)
    assert redesign(result, "--thickness", 6, "--revision").exit_code == 0
    revision = result / "revision_2"
    assert direction_of(revision) == pytest.approx(turned, abs=1e-3)
    assert facts_of(revision)["changed"] == ["Thickness: 4 mm, now 6 mm"]
    assert redesign(revision, "--automatic-insertion", "--revision").exit_code == 0
    again = result / "revision_3"
    assert direction_of(again) @ turned < np.cos(np.radians(TURNED_DEG / 2))
    assert facts_of(again)["changed"] == ["insertion direction found by the program again"]
    refused = redesign(result, "--insertion", "0,0,-1", "--automatic-insertion", "--revision")
    assert refused.exit_code == 2
    assert "exclude each other" in refused.output


@pytest.mark.slow
@pytest.mark.parametrize("force", [False, True])
def test_a_result_with_later_designs_is_not_replaced_and_they_are_named(result, force, tmp_path):
    folder = tmp_path / "restored"
    folder.mkdir()
    for name in ("case.npz", "restoration.json"):
        (folder / name).write_bytes((result / name).read_bytes())
    for number in (2, 10, 3):
        (folder / f"revision_{number}").mkdir()
    with pytest.raises(OutputError, match=r"later designs \(revision_2, revision_3, revision_10\)"):
        check_output(folder, force=force)
    for number in (2, 10, 3):
        (folder / f"revision_{number}").rmdir()
    assert check_output(folder, force=True) == folder
