"""The browser front end over TLS, and the optional steps: threshold preview, comparison, a missed defect."""

import http.client
import re
import shutil
import ssl
import subprocess
import urllib.parse
from contextlib import closing

import numpy as np
import pytest
from helpers_web import (
    WAIT_MS,
    Server,
    find_drawn_points,
    open_browser,
    page_state,
    sign_in,
    users_file,
    view_pixels,
    wait_for_still_view,
    wait_until,
    wait_until_idle,
)
from PIL import Image

pytestmark = pytest.mark.slow  # in a real browser


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A self-signed certificate, and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl, which makes a certificate for the test, is not installed")
    folder = tmp_path_factory.mktemp("tls")
    chain, key = folder / "chain.pem", folder / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    subprocess.run([*command, *names, "-keyout", str(key), "-out", str(chain)], check=True, capture_output=True)
    return chain, key


@pytest.fixture(scope="module")
def server(tmp_path_factory, certificate):
    folder = tmp_path_factory.mktemp("web")
    chain, key = certificate
    running = Server(folder, "--users", str(users_file(folder)), "--certificate", str(chain), "--private-key", str(key))
    yield running
    running.stop()


@pytest.fixture(scope="module")
def anna(server):
    with open_browser() as browser:
        page = sign_in(browser, server, "anna")
        page.click("#sample")
        page.wait_for_selector(".sr-case", timeout=WAIT_MS)
        wait_until_idle(page)
        yield page


def unfold(page, title):
    """Open a part of the panel, if it is not open."""
    head = page.locator(".v-expansion-panel-title").filter(has_text=re.compile(rf"^\W*\d?\W*{title}\b"))
    if head.get_attribute("aria-expanded") != "true":
        head.click()
        page.wait_for_timeout(500)


def yellow(page):
    """How many pixels of the axial view have the preview's colour."""
    r, g, b = np.moveaxis(wait_for_still_view(page, "axial"), 2, 0)
    return int(((r > 120) & (g > 120) & (b < 0.6 * r)).sum())


def turn_to_the_right_side(page):
    """Turn the head in the 3D view by the mouse, as far each time."""
    box = page.locator(".sr-view-solid").bounding_box()
    x, y = box["x"] + 0.1 * box["width"], box["y"] + 0.85 * box["height"]
    page.mouse.move(x, y)
    page.mouse.down()
    for k in range(1, 11):
        page.mouse.move(x + 0.036 * k * box["width"], y)
        page.wait_for_timeout(60)
    page.mouse.up()
    wait_for_still_view(page, "solid")


def test_the_page_is_served_over_tls_with_the_given_certificate_and_not_without(server, certificate):
    assert server.home.startswith("https://")
    address = urllib.parse.urlsplit(server.home)
    with closing(
        http.client.HTTPSConnection(address.hostname, address.port, context=trusting(certificate[0]), timeout=30)
    ) as trusted:
        trusted.request("GET", "/")
        assert trusted.getresponse().read()
    strict = closing(http.client.HTTPSConnection(address.hostname, address.port, context=trusting(None), timeout=30))
    with strict as asking, pytest.raises(ssl.SSLCertVerificationError):
        asking.request("GET", "/")
    with closing(http.client.HTTPConnection(address.hostname, address.port, timeout=30)) as plain:
        plain.request("GET", "/")
        with pytest.raises((http.client.HTTPException, OSError)):
            plain.getresponse()


def trusting(chain):
    """Trust this certificate besides the computer's own."""
    return ssl.create_default_context(cafile=None if chain is None else str(chain))


def test_the_cookie_is_for_secure_connections_only(anna):
    (cookie,) = [c for c in anna.context.cookies() if c["httpOnly"]]
    assert cookie["secure"]
    assert cookie["sameSite"] == "Strict"


def test_a_threshold_is_previewed_in_the_slices_while_it_is_chosen(anna):
    unfold(anna, "Bone")
    before = yellow(anna)
    anna.get_by_label("Preview in the slices").check()
    wait_until(lambda: yellow(anna) > before + 500, "the preview", 30)
    anna.wait_for_timeout(300)  # until both slices have it
    low = yellow(anna)
    anna.locator("input[type=number][aria-label='Bone threshold in HU']").fill("1400")
    wait_until(lambda: yellow(anna) < 0.7 * low, "the preview with another threshold", 30)
    anna.get_by_label("Preview in the slices").uncheck()
    wait_until(lambda: yellow(anna) < before + 200, "the end of the preview", 30)
    # a threshold that was moved is the one that is used; the next tests need the automatic one
    automatic = anna.get_by_label("Threshold from the histogram")
    assert not automatic.is_checked()
    automatic.check()
    anna.wait_for_function("trame.state.get('threshold_auto') && trame.state.get('threshold') < 700", timeout=WAIT_MS)


def test_the_comparison_with_the_skull_before_colours_the_surface_and_shows_the_papers_two_numbers(anna):
    anna.click("#restore:enabled", timeout=WAIT_MS)
    anna.wait_for_selector("#defects", timeout=WAIT_MS)
    wait_until_idle(anna)
    unfold(anna, "Compare")
    anna.click("#compare:enabled")
    anna.get_by_text("Largest deviation (mm)").wait_for(timeout=WAIT_MS)
    (numbers,) = page_state(anna, "compared")
    assert abs(numbers["Area error (cm²)"]) < 3
    assert 0 < numbers["RMS deviation (mm)"] <= numbers["Largest deviation (mm)"] < 4
    assert anna.locator(".sr-legend").inner_text().startswith("Distance (mm)")


def test_a_defect_that_was_missed_is_outlined_by_clicks_and_added(anna):
    area = float(page_state(anna, "rows")[0]["area"])
    anna.get_by_label("Show all of the 3D view").click()
    anna.wait_for_timeout(500)
    turn_to_the_right_side(anna)
    margin = np.array(find_drawn_points(anna, "solid"))
    assert len(margin) >= 18
    unfold(anna, "Restore")
    anna.fill("input[name=min_area_cm2]", "150")
    anna.click("#restore:enabled")
    anna.wait_for_function(
        "trame.state.get('restored') && !trame.state.get('busy') && !trame.state.get('rows').length", timeout=WAIT_MS
    )
    anna.wait_for_timeout(500)
    turn_to_the_right_side(anna)
    unfold(anna, "Restore")
    anna.get_by_role("button", name="Outline a missed defect").click()
    anna.wait_for_function("trame.state.get('outlining')", timeout=WAIT_MS)
    for x, y in margin[::3]:
        anna.mouse.move(x, y)
        wait_for_still_view(anna, "solid")
        anna.mouse.click(x, y)
        wait_for_still_view(anna, "solid")
    anna.get_by_role("button", name="Add it").click()
    anna.wait_for_function(
        "trame.state.get('rows').length === 1 && !trame.state.get('busy') || trame.state.get('error')", timeout=WAIT_MS
    )
    assert not page_state(anna, "error")
    assert float(page_state(anna, "rows")[0]["area"]) == pytest.approx(area, rel=0.2)


# --- what a viewer of medical images has


def centre_of(page, view, x=0.5, y=0.5):
    """A place in a view, as parts of its width and height from the upper left corner."""
    box = page.locator(f".sr-view-{view}").bounding_box()
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


def expect_change(page, view, act, *, pixels):
    """Do something, and wait until at least so many pixels of a view are different."""
    before = wait_for_still_view(page, view)
    act()
    wait_until(
        lambda: (np.abs(view_pixels(page, view) - before).max(axis=2) > 25).sum() >= pixels, f"a change of {view}", 60
    )


def test_a_slice_says_which_side_is_where_how_long_a_length_is_and_what_is_under_the_pointer(anna):
    for view, letters in (("axial", "RLAP"), ("coronal", "RLSI"), ("sagittal", "APSI")):
        found = anna.locator(f".sr-view-{view} .sr-letter").all_inner_texts()
        assert "".join(found) == letters
        bar, mark = anna.locator(f".sr-view-{view} .sr-scale"), page_state(anna, "marks")[view]
        width = anna.locator(f".sr-view-{view}").bounding_box()["width"]
        assert bar.inner_text() == f"{mark['bar_mm']} mm"
        assert bar.bounding_box()["width"] == pytest.approx(width * mark["bar_percent"] / 100, abs=2)
    anna.mouse.move(*centre_of(anna, "axial"))
    anna.mouse.move(*centre_of(anna, "axial", 0.5, 0.52))
    probe = anna.locator(".sr-view-axial .sr-probe")
    probe.wait_for(timeout=WAIT_MS)
    value, _ = probe.inner_text().split(" HU")
    assert -200 < int(value) < 300, "soft tissue in the middle of the head"
    assert probe.inner_text().endswith("mm")
    anna.mouse.move(*centre_of(anna, "solid"))
    probe.wait_for(state="detached", timeout=WAIT_MS)


def test_the_window_is_chosen_by_name_or_by_mouse_and_the_page_says_which_it_is(anna):
    expect_change(anna, "axial", lambda: anna.select_option("#window", "Brain"), pixels=5000)
    assert anna.locator("#window-text").inner_text() == "W 80 L 40 HU"
    anna.click("#window-by-mouse")
    anna.wait_for_function("trame.state.get('window_by_mouse')", timeout=WAIT_MS)
    x, y = centre_of(anna, "axial")
    anna.mouse.move(x, y)
    anna.mouse.down()
    for k in range(1, 9):
        anna.mouse.move(x + 5 * k, y + 4 * k)
        anna.wait_for_timeout(40)
    anna.mouse.up()
    anna.wait_for_function("trame.state.get('window') === 'Own'", timeout=WAIT_MS)
    anna.click("#window-by-mouse")
    anna.select_option("#window", "Bone")
    anna.wait_for_function("trame.state.get('window_text') === 'W 1800 L 450 HU'", timeout=WAIT_MS)


def test_the_3d_view_is_turned_to_standard_views_and_by_keys(anna):
    expect_change(anna, "solid", lambda: anna.click("#look-top"), pixels=5000)
    anna.locator(".sr-view-solid [role=application]").focus()
    for key in ("ArrowLeft", "ArrowUp", "-"):
        expect_change(anna, "solid", lambda key=key: anna.keyboard.press(key), pixels=2000)
    anna.click("#look-front")


def test_skull_surface_and_points_are_hidden_and_shown_and_made_transparent(anna):
    anna.click("#layers")
    skull = anna.locator("#layer-skull")
    skull.wait_for(timeout=WAIT_MS)
    expect_change(anna, "solid", skull.uncheck, pixels=20_000)
    expect_change(anna, "solid", skull.check, pixels=20_000)
    expect_change(anna, "solid", lambda: anna.fill("#opacity-skull", "30"), pixels=10_000)
    expect_change(anna, "solid", anna.locator("#layer-points").uncheck, pixels=100)
    anna.locator("#layer-points").check()
    anna.fill("#opacity-skull", "100")
    anna.keyboard.press("Escape")


def test_a_distance_is_measured_by_two_clicks_and_is_true(anna):
    anna.click("#measure-distance")
    anna.wait_for_function("trame.state.get('measuring') === 'distance'", timeout=WAIT_MS)
    for x in (0.3, 0.7):
        anna.mouse.move(*centre_of(anna, "axial", x))
        wait_for_still_view(anna, "axial")
        anna.mouse.click(*centre_of(anna, "axial", x))
        wait_for_still_view(anna, "axial")
    anna.wait_for_function("trame.state.get('measures').length === 1", timeout=WAIT_MS)
    mark = page_state(anna, "marks")["axial"]
    expected = 40 * mark["bar_mm"] / mark["bar_percent"]
    measured = float(page_state(anna, "measures")[0].split()[2])
    assert measured == pytest.approx(expected, rel=0.02)
    assert page_state(anna, "measuring") == ""
    anna.click("#clear-measures")
    anna.wait_for_function("trame.state.get('measures').length === 0", timeout=WAIT_MS)


def test_four_equal_views_lines_between_them_a_picture_and_help(anna, tmp_path):
    expect_change(anna, "axial", lambda: anna.click("#crosshair"), pixels=100)
    anna.click("#crosshair")
    anna.click("#equal-views")
    boxes = [anna.locator(f".sr-view-{view}").bounding_box() for view in ("solid", "axial", "coronal", "sagittal")]
    assert max(b["width"] for b in boxes) - min(b["width"] for b in boxes) < 3
    assert max(b["height"] for b in boxes) - min(b["height"] for b in boxes) < 3
    anna.click("#equal-views")
    with anna.expect_download(timeout=WAIT_MS) as coming:
        anna.click("#picture")
    coming.value.save_as(tmp_path / "views.png")
    picture = np.asarray(Image.open(tmp_path / "views.png").convert("L"))
    assert picture.std() > 20
    assert coming.value.suggested_filename == page_state(anna, "case_code").replace(" ", "_") + ".png"
    anna.click("#help")
    anna.get_by_text("Go through the slices").wait_for(timeout=WAIT_MS)
    anna.click("#close-help")


def span_of_points(page, width):
    """Width of the first defect by its points in pixels, and width and height of the 3D view in a window so wide."""
    page.set_viewport_size({"width": width, "height": 768})
    box = page.locator(".sr-view-solid").bounding_box()
    page.wait_for_function(
        "size => document.querySelector('.sr-view-solid img').naturalWidth === size",
        arg=int(box["width"]),
        timeout=WAIT_MS,
    )
    page.click("#look-top")
    expect_change(page, "solid", page.locator("[data-defect]").first.click, pixels=2000)
    across = [x for x, _ in find_drawn_points(page, "solid")]
    assert len(across) == page_state(page, "rows")[0]["points"]
    return max(across) - min(across), box["width"], box["height"]


def test_a_defect_fits_into_a_view_that_is_higher_than_wide_as_into_others(anna):
    unfold(anna, "Restore")
    wide, width, height = span_of_points(anna, 1366)
    assert width > height
    narrow, width, narrow_height = span_of_points(anna, 1024)
    assert width < narrow_height
    assert narrow / width == pytest.approx(wide / height, rel=0.15)
    assert narrow < 0.8 * width
    anna.set_viewport_size({"width": 1366, "height": 768})


def test_nothing_on_the_page_is_closed_to_people_who_do_not_see_it(anna):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    for part in ("Input", "Bone", "Restore", "Reference points", "Plan", "Implant", "Compare", "Report and files"):
        unfold(anna, part)
    found = axe.Axe().run(anna).response["violations"]
    assert [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in found] == []
