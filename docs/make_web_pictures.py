"""Make the pictures of the browser pages in a real browser: `make web-pictures`."""

import re
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "Testing")]

from helpers_web import (  # noqa: E402
    WAIT_MS,
    Server,
    find_drawn_points,
    open_browser,
    restore_sample,
    sign_in,
    users_file,
    wait_for_still_view,
)
from PIL import Image  # noqa: E402

OUT = ROOT / "docs" / "img"


def main() -> None:
    """Write the pictures: login, empty page, restored, dragged, implant, section, report, plan, tablet."""
    with tempfile.TemporaryDirectory() as place, open_browser() as browser:
        server = Server(Path(place), "--users", str(users_file(Path(place))))
        try:
            login_page = browser.new_page(viewport={"width": 1366, "height": 768})
            login_page.goto(server.home)
            keep(login_page, "login")
            page = sign_in(browser, server, "anna")
            page.wait_for_timeout(1000)
            keep(page, "empty")
            restore_sample(page)
            wait_for_still_view(page, "solid")
            keep(page, "restored")
            drag(page)
            page.click("#undo")
            page.wait_for_function("trame.state.get('moved') === 0", timeout=WAIT_MS)
            for title in ("Restore", "Reference points", "Implant"):
                titles = page.locator(".v-expansion-panel-title")
                titles.filter(has_text=re.compile(rf"^\W*\d?\W*{title}\b")).click()
            page.click("#design")
            page.wait_for_function("trame.state.get('implants').length && !trame.state.get('busy')", timeout=WAIT_MS)
            page.locator(".sr-facts").first.scroll_into_view_if_needed()
            wait_for_still_view(page, "solid")
            keep(page, "implant")
            section(page)
            page.click(".v-expansion-panel-title:has-text('Report and files')")
            page.click("#export")
            page.wait_for_selector(".sr-files", timeout=WAIT_MS)
            with page.expect_popup() as popup:
                page.click("#look")
            popup.value.set_viewport_size({"width": 1366, "height": 900})
            popup.value.wait_for_load_state()
            keep(popup.value, "report")
            plan(page)
            page.set_viewport_size({"width": 768, "height": 1024})
            page.wait_for_timeout(1500)
            wait_for_still_view(page, "solid")
            keep(page, "tablet")
        finally:
            server.stop()


def drag(page) -> None:
    """Drag the highest point upwards, and keep the picture while it is held."""
    x, y = min(find_drawn_points(page, "solid"), key=lambda place: place[1])
    page.mouse.move(x, y)
    page.mouse.down()
    for k in range(1, 9):
        page.mouse.move(x, y - 6 * k)
        page.wait_for_timeout(150)
    page.mouse.up()
    page.wait_for_function("trame.state.get('moved') === 1", timeout=WAIT_MS)
    wait_for_still_view(page, "solid")
    keep(page, "dragged")


def section(page) -> None:
    """Cut the implant crosswise, and keep the picture."""
    page.locator("#section").scroll_into_view_if_needed()
    page.select_option("#section", "1 crosswise")
    page.wait_for_function("trame.state.get('section') === '1 crosswise'", timeout=WAIT_MS)
    page.wait_for_timeout(1500)
    wait_for_still_view(page, "solid")
    keep(page, "section")
    page.select_option("#section", "")
    page.wait_for_function("trame.state.get('section') === ''", timeout=WAIT_MS)


def plan(page) -> None:
    """Draw a circle on the sound side of the skull, and keep the picture."""
    page.click(".v-expansion-panel-title:has-text('Report and files')")
    page.click(".v-expansion-panel-title:has-text('Plan a resection')")
    page.click("#look-left")
    wait_for_still_view(page, "solid")
    page.fill("input[name=circle_mm]", "60")
    page.click("#draw-circle:enabled")
    page.wait_for_function("trame.state.get('drawing') === 'circle' && !trame.state.get('busy')", timeout=WAIT_MS)
    box = page.locator(".sr-view-solid").bounding_box()
    place = box["x"] + 0.42 * box["width"], box["y"] + 0.33 * box["height"]
    page.mouse.move(*place)
    wait_for_still_view(page, "solid")
    page.mouse.click(*place)
    page.wait_for_function("trame.state.get('line').points === 12", timeout=WAIT_MS)
    wait_for_still_view(page, "solid")
    keep(page, "plan")


def keep(page, name: str) -> None:
    """Write what the page shows as a small PNG."""
    path = OUT / f"web_{name}.png"
    page.screenshot(path=path)
    # small, but with the colours that are rare: the usual palette would turn a red point brown
    Image.open(path).convert("RGB").quantize(256, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(
        path, optimize=True
    )
    print(path.relative_to(ROOT), path.stat().st_size // 1024, "kB")


if __name__ == "__main__":
    main()
