"""The section *Plan a resection* of the page, in a real browser: a circle at a click, its plan, and the files."""

import numpy as np
import pytest
from helpers_web import (
    WAIT_MS,
    Server,
    open_browser,
    page_state,
    sign_in,
    users_file,
    wait_for_still_view,
    wait_until_idle,
)

from SkullRestoreLib.io import write

pytestmark = pytest.mark.slow  # in a real browser


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("web")
    running = Server(folder, "--users", str(users_file(folder)))
    yield running
    running.stop()


@pytest.fixture(scope="module")
def page(server):
    """The sample head, seen from the side without a hole; its section is open."""
    with open_browser() as browser:
        opened = sign_in(browser, server, "anna")
        opened.click("#sample")
        opened.wait_for_selector(".sr-case", timeout=WAIT_MS)
        wait_until_idle(opened)
        for title in ("Input", "Restore"):
            opened.click(f".v-expansion-panel-title:has-text('{title}')")
        opened.click(".v-expansion-panel-title:has-text('Plan a resection')")
        opened.click("#look-left")
        wait_for_still_view(opened, "solid")
        yield opened


def click_skull(page, x=0.5, y=0.36):
    """Click in the 3D view, at a part of its width and height."""
    box = page.locator(".sr-view-solid").bounding_box()
    place = box["x"] + x * box["width"], box["y"] + y * box["height"]
    page.mouse.move(*place)
    wait_for_still_view(page, "solid")
    page.mouse.click(*place)


def test_a_circle_at_a_click_is_measured_and_its_diameter_changes_it(page):
    page.fill("input[name=circle_mm]", "40")
    page.click("#draw-circle:enabled")
    page.wait_for_function(
        "trame.state.get('drawing') === 'circle' && !trame.state.get('busy') || trame.state.get('error')",
        timeout=WAIT_MS,
    )
    assert not page_state(page, "error")
    click_skull(page)
    page.wait_for_function("trame.state.get('line').points === 12", timeout=WAIT_MS)
    assert page_state(page, "drawing") == ""
    area = float(page_state(page, "line")["numbers"].split()[0])
    assert area == pytest.approx(12.6, rel=0.06)
    assert page.locator("#landmarks").get_by_text("orbit").is_visible()
    page.fill("input[name=circle_mm]", "50")
    page.wait_for_function("parseFloat(trame.state.get('line').numbers) > 18", timeout=WAIT_MS)
    page.click("#undo")
    page.wait_for_function("parseFloat(trame.state.get('line').numbers) < 14", timeout=WAIT_MS)


def test_the_opening_is_planned_with_implant_and_guides_and_the_files_hold_the_plan(page):
    page.click("#plan:enabled")
    page.wait_for_function(
        "trame.state.get('guides').length && !trame.state.get('busy') || trame.state.get('error')", timeout=WAIT_MS
    )
    assert not page_state(page, "error")
    assert [guide["checks"] for guide in page_state(page, "guides")] == ["passed", "passed"]
    assert page_state(page, "rows")
    page.click("#export:enabled")
    page.wait_for_selector(".sr-files", timeout=WAIT_MS)
    names = {one["name"] for one in page_state(page, "files")}
    assert {"plan.html", "resection_line.mrk.json", "guide_frame.stl", "guide_template.stl", "report.html"} <= names
    with page.expect_popup() as popup:
        page.click("#look-plan")
    popup.value.wait_for_load_state()
    assert "Resection" in popup.value.inner_text("body")


def test_the_mask_of_a_tumour_gives_a_line_and_the_files_of_the_plan_before_are_not_offered_any_more(page, tmp_path):
    line = page.evaluate("fetch('files/resection_line.mrk.json').then((answer) => answer.json())")
    points = np.array([point["position"] for point in line["markups"][0]["controlPoints"]])
    assert line["markups"][0]["coordinateSystem"] == "LPS"
    grid = np.eye(4)
    grid[:3, 3] = points.mean(axis=0) * [-1, -1, 1] - 12
    values = np.zeros((24, 24, 24), np.uint8)
    values[7:17, 7:17, 7:17] = 1
    write.write_labels(values, grid, tmp_path / "tumour.nrrd")
    with page.expect_file_chooser(timeout=WAIT_MS) as chooser:
        page.click("#tumour-file:enabled")
    chooser.value.set_files(str(tmp_path / "tumour.nrrd"))
    page.wait_for_function(
        "trame.state.get('line').points > 12 && !trame.state.get('busy') || trame.state.get('error')", timeout=WAIT_MS
    )
    assert not page_state(page, "error")
    assert 5 < float(page_state(page, "line")["numbers"].split()[0]) < 12
    page.wait_for_selector("#plan-stale", timeout=WAIT_MS)
    assert page_state(page, "files") == []
    assert page.faults == []
