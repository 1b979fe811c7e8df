"""The browser door over TLS, and the steps beside the main road: the threshold's preview, the comparison, a missed defect outlined by clicks."""

import http.client
import shutil
import ssl
import subprocess
import urllib.parse
from contextlib import closing

import numpy as np
import pytest
from helpers_web import WAIT_MS, Server, browsing, idle, points_in, sign_in, still_picture, users_file, value


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate of this computer's own, and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl, which makes a certificate for the test, is not installed")
    folder = tmp_path_factory.mktemp("tls")
    chain, key = folder / "chain.pem", folder / "key.pem"
    asked = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    subprocess.run([*asked, *names, "-keyout", str(key), "-out", str(chain)], check=True, capture_output=True)
    return chain, key


@pytest.fixture(scope="module")
def server(tmp_path_factory, certificate):
    folder = tmp_path_factory.mktemp("web")
    chain, key = certificate
    made = Server(folder, "--users", str(users_file(folder)), "--certificate", str(chain), "--private-key", str(key))
    yield made
    made.stop()


@pytest.fixture(scope="module")
def anna(server):
    with browsing() as browser:
        page = sign_in(browser, server, "anna")
        page.click("#sample")
        page.wait_for_selector(".sr-case", timeout=WAIT_MS)
        idle(page)
        yield page


def unfold(page, title):
    """Open a part of the panel, if it is not open."""
    head = page.locator(f".v-expansion-panel-title:has-text('{title}')")
    if head.get_attribute("aria-expanded") != "true":
        head.click()
        page.wait_for_timeout(500)


def yellow(page):
    """How many pixels of the axial view have the preview's colour."""
    r, g, b = np.moveaxis(still_picture(page, "axial"), 2, 0)
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
    still_picture(page, "solid")


def test_the_page_is_served_over_tls_with_the_given_certificate_and_not_without(server, certificate):
    assert server.home.startswith("https://")
    at = urllib.parse.urlsplit(server.home)
    with closing(http.client.HTTPSConnection(at.hostname, at.port, context=trusting(certificate[0]), timeout=30)) as trusted:
        trusted.request("GET", "/")
        assert trusted.getresponse().read()
    strict = closing(http.client.HTTPSConnection(at.hostname, at.port, context=trusting(None), timeout=30))
    with strict as asking, pytest.raises(ssl.SSLCertVerificationError):
        asking.request("GET", "/")
    with closing(http.client.HTTPConnection(at.hostname, at.port, timeout=30)) as plain:
        plain.request("GET", "/")
        with pytest.raises((http.client.HTTPException, OSError)):
            plain.getresponse()


def trusting(chain):
    """Trust this certificate beside the computer's own."""
    return ssl.create_default_context(cafile=None if chain is None else str(chain))


def test_the_cookie_is_for_secure_connections_alone(anna):
    (cookie,) = [c for c in anna.context.cookies() if c["httpOnly"]]
    assert cookie["secure"]
    assert cookie["sameSite"] == "Strict"


def test_a_threshold_is_previewed_in_the_slices_while_it_is_chosen(anna):
    unfold(anna, "Bone")
    before = yellow(anna)
    anna.get_by_label("Preview in the slices").check()
    anna.wait_for_timeout(300)
    low = yellow(anna)
    assert low > before + 1000
    anna.locator("input[type=number][aria-label='Bone threshold in HU']").fill("1400")
    anna.wait_for_timeout(600)
    assert yellow(anna) < 0.7 * low
    anna.get_by_label("Preview in the slices").uncheck()
    anna.wait_for_timeout(300)
    assert yellow(anna) < before + 200


def test_the_comparison_with_the_skull_before_colours_the_surface_and_tells_the_papers_two_numbers(anna):
    anna.click("#restore:enabled", timeout=WAIT_MS)
    anna.wait_for_selector("#defects", timeout=WAIT_MS)
    idle(anna)
    unfold(anna, "Compare")
    anna.click("#compare:enabled")
    anna.get_by_text("Largest deviation (mm)").wait_for(timeout=WAIT_MS)
    (numbers,) = value(anna, "compared")
    assert abs(numbers["Area error (cm²)"]) < 3
    assert 0 < numbers["RMS deviation (mm)"] <= numbers["Largest deviation (mm)"] < 4
    assert anna.locator(".sr-legend").inner_text().startswith("Off by, mm")


def test_a_defect_that_was_missed_is_outlined_by_clicks_and_added(anna):
    area = float(value(anna, "rows")[0]["area"])
    anna.get_by_label("Show all of the 3D view").click()
    anna.wait_for_timeout(500)
    turn_to_the_right_side(anna)
    margin = np.array(points_in(anna, "solid"))
    assert len(margin) >= 18
    unfold(anna, "Restore")
    anna.fill("input[name=min_area_cm2]", "150")
    anna.click("#restore:enabled")
    anna.wait_for_function("trame.state.get('restored') && !trame.state.get('busy') && !trame.state.get('rows').length", timeout=WAIT_MS)
    anna.wait_for_timeout(500)
    turn_to_the_right_side(anna)
    unfold(anna, "Restore")
    anna.get_by_role("button", name="Outline a missed defect").click()
    anna.wait_for_function("trame.state.get('outlining')", timeout=WAIT_MS)
    for x, y in margin[::3]:
        anna.mouse.move(x, y)
        still_picture(anna, "solid")
        anna.mouse.click(x, y)
        still_picture(anna, "solid")
    anna.get_by_role("button", name="Add it").click()
    anna.wait_for_function("trame.state.get('rows').length === 1 && !trame.state.get('busy') || trame.state.get('error')", timeout=WAIT_MS)
    assert not value(anna, "error")
    assert float(value(anna, "rows")[0]["area"]) == pytest.approx(area, rel=0.2)
