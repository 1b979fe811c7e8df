"""The viewer in a real browser: sections, arrows, fixation points, areas, fingers and languages."""

import re

import numpy as np
import pytest
from helpers_web import (
    WAIT_MS,
    Server,
    find_drawn_points,
    note_picture_qualities,
    open_browser,
    page_state,
    restore_sample,
    sign_in,
    users_file,
    view_pixels,
    wait_for_still_view,
    wait_until,
    wait_until_idle,
)

pytestmark = pytest.mark.slow  # in a real browser


@pytest.fixture(scope="module")
def browser():
    with open_browser() as chromium:
        yield chromium


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("viewer")
    running = Server(folder, "--users", str(users_file(folder)))
    yield running
    running.stop()


@pytest.fixture(scope="module")
def anna(browser, server):
    """A page on which the implant of the sample is designed; only its step of the panel is open."""
    page = sign_in(browser, server, "anna")
    restore_sample(page)
    for title in ("Restore", "Reference points", "Implant"):
        page.click(f".v-expansion-panel-title:has-text('{title}')")
    page.click("#design:enabled")
    page.wait_for_function("trame.state.get('implants').length && !trame.state.get('busy')", timeout=WAIT_MS)
    return page


def require_implant(page):
    """Design the implant again, if an edit has removed it, and open its step of the panel."""
    title = page.locator(".v-expansion-panel-title:has-text('Implant')").first
    if title.get_attribute("aria-expanded") != "true":
        title.click()
    if not page_state(page, "implants"):
        page.click("#design:enabled")
        page.wait_for_function("trame.state.get('implants').length && !trame.state.get('busy')", timeout=WAIT_MS)


def wait_for(page, condition):
    page.wait_for_function(condition, timeout=60_000)


def changed(page, view, before):
    """How many pixels of a view are different from an earlier picture."""
    return int((np.abs(view_pixels(page, view) - before).max(axis=2) > 25).sum())


def centre_of(page, view, x=0.5, y=0.5):
    box = page.locator(f".sr-view-{view}").bounding_box()
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


def click_still(page, view, x, y):
    """Click where the pointer has rested, as a person does."""
    for act in (page.mouse.move, page.mouse.click):
        act(x, y)
        page.wait_for_timeout(500)  # until the server has begun to draw, when something else is running there
        wait_for_still_view(page, view)


def look_right(page):
    """Look at the defect from the right, all of it in the view; other work of the computer may make that slow."""
    page.get_by_label("Show all of the 3D view").click()
    page.click("#look-right")
    page.wait_for_timeout(1500)

    def points():
        found = find_drawn_points(page, "solid")
        return found if len(found) >= 15 else None

    return wait_until(points, "the points of the margin", 60)


def test_a_section_cuts_skull_and_implant_in_3d_and_one_slice_shows_it_and_moves_it(anna):
    before = wait_for_still_view(anna, "solid")
    anna.select_option("#section", "1 crosswise")
    wait_for(anna, "trame.state.get('section') === '1 crosswise'")
    cut = wait_for_still_view(anna, "solid")
    assert (np.abs(cut - before).max(axis=2) > 25).sum() > 20_000
    view = page_state(anna, "section_view")
    assert anna.locator(f".sr-view-{view} .sr-title").inner_text() == "Section"
    r, g, b = np.moveaxis(wait_for_still_view(anna, view), 2, 0)
    assert ((b > 150) & (b > 1.3 * r) & (g < b)).sum() > 20, "the edge of the implant is drawn in the slice"
    low, high = page_state(anna, "section_range")
    assert low < -20
    assert high > 20
    slice_before = wait_for_still_view(anna, view)
    anna.fill("#section-mm", "15")
    wait_until(lambda: changed(anna, "solid", cut) > 500, "the cut in 3D moves", 30)
    wait_until(lambda: changed(anna, view, slice_before) > 500, "the slice moves", 30)
    anna.mouse.move(*centre_of(anna, view))
    anna.mouse.wheel(0, 100)
    wait_for(anna, "Math.abs(trame.state.get('section_mm') - 15) > 0.3")
    anna.select_option("#section", "")
    wait_for(anna, "trame.state.get('section') === ''")
    assert anna.locator(f".sr-view-{view} .sr-title").inner_text() == view.capitalize()


def test_a_section_stays_while_the_surface_is_edited_and_its_slice_is_fitted_in_its_plane(anna):
    anna.select_option("#section", "1 lengthwise")
    wait_for(anna, "trame.state.get('section') === '1 lengthwise'")
    view = page_state(anna, "section_view")
    anna.fill("#section-mm", "12")
    wait_for(anna, "Math.abs(trame.state.get('section_mm') - 12) < 0.3")
    anna.get_by_label(f"Show all of the {view} view").click()
    wait_for_still_view(anna, view)
    assert abs(page_state(anna, "section_mm") - 12) < 0.3
    anna.evaluate("trame.trigger('touch', [1]); trame.trigger('nudge', [2])")
    wait_for(anna, "!trame.state.get('implants').length")
    assert anna.locator("#section").input_value() == "1 lengthwise"
    wait_until_idle(anna)
    at_point_mm = page_state(anna, "section_mm")  # all slices go to a point that is chosen
    anna.click("#design:enabled")
    anna.wait_for_function("trame.state.get('implants').length && !trame.state.get('busy')", timeout=WAIT_MS)
    assert abs(page_state(anna, "section_mm") - at_point_mm) < 0.3, "the new implant is cut there"
    anna.select_option("#section", "")
    wait_for(anna, "trame.state.get('section') === ''")


SLICES = ("axial", "coronal", "sagittal")


def fit_slices(page):
    """Press *Show all* of each slice: the pictures."""
    for view in SLICES:
        if page.locator(f".sr-view-{view}").is_visible():
            page.get_by_label(f"Show all of the {view} view").click()
    page.mouse.move(5, 5)  # what is under the pointer is written into a slice
    return {view: wait_for_still_view(page, view) for view in SLICES if page.locator(f".sr-view-{view}").is_visible()}


def difference(first, second):
    """Part of two pictures that differs; 1 where their sizes do."""
    if first.shape != second.shape:
        return 1.0
    return float((np.abs(first - second).max(axis=2) > 25).mean())


def wait_for_pictures(page, pictures, why):
    wait_until(lambda: all(difference(view_pixels(page, v), p) < 0.02 for v, p in pictures.items()), why, 30)


def test_slices_show_the_same_when_the_window_or_the_layout_gets_another_size(anna):
    first = fit_slices(anna)
    for width, height in ((1024, 768), (768, 1024)):
        anna.set_viewport_size({"width": width, "height": height})
        anna.wait_for_timeout(3000)
        shown = {view: wait_for_still_view(anna, view) for view in SLICES}
        assert any(shown[view].shape != first[view].shape for view in SLICES)
        fitted = fit_slices(anna)
        found = {view: difference(shown[view], fitted[view]) for view in SLICES}
        assert max(found.values()) < 0.02, f"all is shown at {width} x {height}, as after its button: {found}"
    anna.set_viewport_size({"width": 1366, "height": 768})
    wait_for_pictures(anna, first, "the first pictures")
    anna.get_by_label("Enlarge the axial view").click()
    anna.mouse.move(5, 5)
    anna.wait_for_timeout(3000)
    shown = wait_for_still_view(anna, "axial")
    anna.get_by_label("Show all of the axial view").click()
    anna.mouse.move(5, 5)
    assert difference(wait_for_still_view(anna, "axial"), shown) < 0.02
    anna.get_by_label("Show all four views").click()
    anna.mouse.move(5, 5)
    wait_for_pictures(anna, first, "the first pictures")


def find_arrow_end(page):
    """The blunt end of the orange arrow, seen from the front: outermost of it."""
    r, g, b = np.moveaxis(wait_for_still_view(page, "solid"), 2, 0)
    y, x = np.nonzero((r > 150) & (g < 0.75 * r) & (g > 0.35 * r) & (b < 0.35 * r))
    box = page.locator(".sr-view-solid").bounding_box()
    return float(box["x"] + x.min() + 5), float(box["y"] + y[x < x.min() + 8].mean())


def drag(page, x, y, dx, dy, *, steps=10):
    page.mouse.move(x, y)
    wait_for_still_view(page, "solid")
    page.mouse.down()
    for k in range(1, steps + 1):
        page.mouse.move(x + dx * k / steps, y + dy * k / steps)
        page.wait_for_timeout(60)
    page.mouse.up()


def test_the_insertion_arrow_is_turned_by_dragging_held_back_where_it_must_be_and_undone(anna):
    anna.click("#look-front")
    assert anna.locator("#direction").inner_text() == "Found by the program."
    x, y = find_arrow_end(anna)
    drag(anna, x, y, 20, -40)
    wait_for(anna, "trame.state.get('directions_by_hand').length === 1")
    wait_for(anna, "trame.state.get('stale_implants')")
    assert "turned after the design" in page_state(anna, "stale")[0]
    assert anna.locator("#direction").inner_text() == "Set by hand for implant 1."
    anna.click("#undo:enabled")
    wait_for(anna, "!trame.state.get('directions_by_hand').length && !trame.state.get('stale').length")
    x, y = find_arrow_end(anna)
    drag(anna, x, y, 150, -230, steps=20)
    anna.get_by_text("The arrow was held back: along a flatter direction no implant can be put in.").wait_for(
        timeout=WAIT_MS
    )
    anna.click("#reset-arrows")
    wait_for(anna, "!trame.state.get('directions_by_hand').length")


def test_an_undo_that_overtakes_the_end_of_a_drag_undoes_that_drag_and_nothing_before_it(anna):
    require_implant(anna)
    moved = page_state(anna, "moved")
    anna.click("#look-front")
    x, y = find_arrow_end(anna)
    anna.mouse.move(x, y)
    wait_for_still_view(anna, "solid")
    anna.mouse.down()
    for k in range(1, 7):
        anna.mouse.move(x + 3 * k, y - 6 * k)
        anna.wait_for_timeout(60)
    wait_for(anna, "trame.state.get('directions_by_hand').length === 1")
    anna.evaluate("trame.trigger('undo')")
    anna.mouse.up()
    wait_for(anna, "!trame.state.get('directions_by_hand').length && trame.state.get('can').redo")
    assert page_state(anna, "moved") == moved
    assert page_state(anna, "implants")


def test_fixation_points_are_clicked_in_3d_and_listed_and_undone(anna):
    anna.locator("select[name=fixation]").select_option("recesses")
    anna.click("#choose-fixations")
    wait_for(anna, "trame.state.get('choosing_fixations')")
    points = look_right(anna)
    for k, (x, y) in enumerate((min(points), max(points)), 1):
        click_still(anna, "solid", float(x), float(y))
        wait_for(anna, f"trame.state.get('fixation_points').length === {k}")
    click_still(anna, "solid", *centre_of(anna, "solid"))
    wait_for(anna, "document.getElementById('error')?.innerText.includes('no reference point near')")
    chosen = page_state(anna, "fixation_points")
    assert anna.locator(".sr-chips .v-btn").all_inner_texts()[:2] == chosen
    anna.click("#undo:enabled")
    wait_for(anna, "trame.state.get('fixation_points').length === 1")
    anna.click("#choose-fixations")
    wait_for(anna, "!trame.state.get('choosing_fixations')")
    anna.locator("select[name=fixation]").select_option("none")
    wait_for(anna, "!trame.state.get('stale').length")


def test_an_area_on_the_head_is_that_of_the_defect_and_one_in_a_slice_is_true(anna):
    points = np.array(look_right(anna))
    middle = points.mean(axis=0)
    points = points[np.argsort(np.arctan2(*(points - middle).T[::-1]))][::3]
    anna.click("#measure-area")
    wait_for(anna, "trame.state.get('measuring') === 'area'")
    for x, y in points:
        click_still(anna, "solid", float(x), float(y))
    anna.click("#measure-area")
    wait_for(anna, "trame.state.get('measuring') === '' && trame.state.get('measures').length === 1")
    measured = float(page_state(anna, "measures")[0].split()[2])
    assert measured == pytest.approx(float(page_state(anna, "rows")[0]["area"]), rel=0.12)
    anna.click("#clear-measures")
    anna.click("#measure-area")
    wait_for(anna, "trame.state.get('measuring') === 'area'")
    anna.mouse.move(*centre_of(anna, "axial"))
    for part in ((0.4, 0.3), (0.6, 0.3), (0.6, 0.7), (0.4, 0.7)):
        click_still(anna, "axial", *centre_of(anna, "axial", *part))
    anna.click("#measure-area")
    wait_for(anna, "trame.state.get('measures').length === 1")
    mark, box = page_state(anna, "marks")["axial"], anna.locator(".sr-view-axial").bounding_box()
    mm_per_pixel = 100 * mark["bar_mm"] / mark["bar_percent"] / box["width"]
    expected = 0.2 * box["width"] * 0.4 * box["height"] * mm_per_pixel**2 / 100
    assert float(page_state(anna, "measures")[0].split()[2]) == pytest.approx(expected, rel=0.03)
    anna.click("#clear-measures")


def test_dicom_objects_are_offered_for_a_dicom_input_only_and_the_page_says_why(anna):
    anna.click(".v-expansion-panel-title:has-text('Report and files')")
    assert anna.locator("#format-dicom").is_disabled()
    assert "need a DICOM series" in anna.locator("#no-dicom").inner_text()
    anna.click(".v-expansion-panel-title:has-text('Report and files')")


# --- fingers


@pytest.fixture
def tablet(anna, browser, server):
    """The same case on a device with a touch screen."""
    context = browser.new_context(
        viewport={"width": 1024, "height": 768}, has_touch=True, storage_state=anna.context.storage_state()
    )
    note_picture_qualities(context)
    page = context.new_page()
    page.goto(server.home)
    page.wait_for_selector(".sr-case", timeout=WAIT_MS)
    page.evaluate("trame.trigger('show_implant', [false])")
    page.touches = context.new_cdp_session(page)
    yield page
    context.close()
    anna.reload()
    anna.wait_for_selector(".sr-case", timeout=WAIT_MS)
    anna.faults.clear()  # what was on its way when the tablet took the case over


def touch(page, kind, *places):
    points = [{"x": float(x), "y": float(y), "id": n} for n, (x, y) in enumerate(places)]
    page.touches.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    page.wait_for_timeout(60)


def test_a_finger_drags_a_point_without_having_moved_over_it_and_two_fingers_enlarge(tablet):
    tablet.evaluate("trame.trigger('reset_points')")  # the point may be one that a test before has moved
    wait_for(tablet, "trame.state.get('moved') === 0 && !trame.state.get('busy')")
    for _ in range(2):
        x, y = min(look_right(tablet), key=lambda place: place[1])
        touch(tablet, "touchStart", (x + 5, y - 5))
        for k in range(1, 9):
            touch(tablet, "touchMove", (x + 5, y - 5 - 5 * k))
        touch(tablet, "touchEnd")
        wait_for(tablet, "trame.state.get('moved') === 1")
        tablet.tap("#undo:enabled")
        wait_for(tablet, "trame.state.get('moved') === 0")
    before = np.array(look_right(tablet))
    x, y = centre_of(tablet, "solid")
    touch(tablet, "touchStart", (x - 50, y))
    touch(tablet, "touchStart", (x - 50, y), (x + 50, y))
    for half in range(50, 61):
        touch(tablet, "touchMove", (x - half, y), (x + half, y))
    touch(tablet, "touchEnd", (x - 60, y))
    touch(tablet, "touchEnd")
    after = np.array(find_drawn_points(tablet, "solid"))
    assert np.ptp(after[:, 0]) == pytest.approx(1.2 * np.ptp(before[:, 0]), rel=0.12)


def test_what_is_taken_by_a_finger_is_24_pixels_large(tablet):
    wait_for(  # a thumb grows when its page is loaded
        tablet,
        """(sizes => sizes.length >= 3 && Math.min(...sizes) >= 24)(
            [...document.querySelectorAll('.v-slider-thumb__surface')].filter(e => e.offsetParent)
                .map(e => e.getBoundingClientRect().width))""",
    )
    tablet.tap("#layers")
    slider = tablet.locator("#opacity-skull")
    slider.wait_for(timeout=WAIT_MS)
    wait_until(lambda: slider.bounding_box()["height"] >= 24, "a menu that has opened, with a slider of 24 pixels", 10)


# --- languages


LETTERS_OF_THE_FRAMEWORK = ("trame", "Kitware")
CUT_TEXTS = """[...document.querySelectorAll('.sr-panel *, .sr-bar *')]
    .filter(e => e.offsetParent && !e.children.length && e.innerText?.trim() && !e.closest('.sr-hidden'))
    .filter(e => e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflow !== 'visible'
        || e.getBoundingClientRect().right > e.closest('.sr-panel, .sr-bar').getBoundingClientRect().right + 1)
    .map(e => e.innerText)"""


@pytest.mark.parametrize(("code", "word", "step"), [("de", "Abmelden", "Implantat"), ("ru", "Выйти", "Имплант")])
def test_the_page_is_in_the_language_that_is_chosen_complete_and_not_cut_off(anna, code, word, step):
    anna.set_viewport_size({"width": 1024, "height": 768})
    anna.select_option("#language", code)
    anna.get_by_text(word).wait_for(timeout=WAIT_MS)
    assert anna.evaluate("document.documentElement.lang") == code
    for title in anna.locator(".v-expansion-panel-title").all():
        if title.get_attribute("aria-expanded") != "true":
            title.click()
    anna.click("#help")
    anna.click("#close-help")
    anna.wait_for_timeout(600)
    unknown = [
        text
        for text in anna.evaluate("window.skullrestoreLanguage.unknown()")
        if any(letter.islower() for letter in text.replace("mm", "").replace("cm²", ""))
        and not any(name in text for name in LETTERS_OF_THE_FRAMEWORK)
        and text != page_state(anna, "case_code")
        and not re.fullmatch(r"\w+ \d\.\d", text)  # names of plates
    ]
    assert unknown == [], "texts that are not in the catalogue"
    assert anna.evaluate(CUT_TEXTS) == []
    assert anna.locator(".v-expansion-panel-title").filter(has_text=step).count() == 1
    anna.fill("input[name=min_area_cm2]", "9999")
    anna.wait_for_timeout(300)
    anna.fill("input[name=min_area_cm2]", "1")
    anna.reload()
    anna.get_by_text(word).wait_for(timeout=WAIT_MS)
    anna.select_option("#language", "en")
    anna.get_by_text("Sign out").wait_for(timeout=WAIT_MS)
    anna.set_viewport_size({"width": 1366, "height": 768})


def test_a_setting_that_is_chosen_in_another_language_is_the_same_setting(anna):
    require_implant(anna)
    anna.select_option("#language", "de")
    anna.get_by_text("Abmelden").wait_for(timeout=WAIT_MS)
    choice = anna.locator("select[name=fixation]")
    choice.select_option(label="Laschen")
    wait_for(anna, "trame.state.get('implant').fixation === 'tabs'")
    wait_for(anna, "document.getElementById('stale')?.innerText.includes('Veraltet')")
    choice.select_option(label="ohne")
    wait_for(anna, "trame.state.get('implant').fixation === 'none'")
    anna.select_option("#language", "en")
    wait_until_idle(anna)


def test_the_page_to_sign_in_is_in_the_language_of_the_browser_and_answers_nothing_else(browser, server):
    page = browser.new_context(locale="de-DE").new_page()
    page.goto(server.home)
    page.get_by_role("button", name="Anmelden").wait_for(timeout=WAIT_MS)
    page.get_by_label("Name").fill("anna")
    page.get_by_label("Passwort").fill("wrong password")
    page.keyboard.press("Enter")
    page.get_by_text("Name oder Passwort ist falsch.").wait_for(timeout=WAIT_MS)
    stranger = server.visitor()
    assert stranger.get("languages/de.json")[0] == 200
    for path in ("languages/../files/report.html", "languages/xx.json", "__skullrestore/page.js"):
        assert stranger.get(path)[0] in (401, 403, 404), path
    page.close()


def test_nothing_of_a_designed_implant_is_closed_to_people_who_do_not_see_it(anna):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    for title in anna.locator(".v-expansion-panel-title").all():
        if title.get_attribute("aria-expanded") != "true":
            title.click()
    require_implant(anna)
    anna.locator("select[name=fixation]").select_option("recesses")
    anna.select_option("#section", "1 lengthwise")
    wait_for(anna, "trame.state.get('section') === '1 lengthwise'")
    anna.select_option("#fixation-point", "1-03")
    wait_for(anna, "trame.state.get('fixation_points').length > 0")
    anna.wait_for_timeout(600)
    found = axe.Axe().run(anna).response["violations"]
    assert [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in found] == []


def test_no_script_of_the_page_failed(anna):
    assert anna.faults == []
