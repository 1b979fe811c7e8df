"""The browser front end as users have it: a server process, and a real browser."""

import http.client
import io
import os
import re
import shutil
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from http.cookiejar import CookieJar
from pathlib import Path

import numpy as np
import pytest
from helpers_remember import process_environment
from PIL import Image

for _name in ("trame_slicer", "argon2"):
    pytest.importorskip(_name, reason="the packages of the browser front end are not installed (extra web)")

ROOT = Path(__file__).resolve().parent.parent
PASSWORDS = {"anna": "correct horse battery", "ben": "another long one"}
START_S = 240
"""Longest wait, for a busy computer; normally it takes some seconds."""


class Server:
    """`skullrestore web` on a free port of this computer.

    ``plain``: its workspaces have no scene, for tests of the server itself; they start in a fifth of the time.
    """

    def __init__(self, folder: Path, *options: str, plain: bool = False, environment: dict[str, str] | None = None):
        self.audit = folder / "audit.jsonl"
        command = [
            sys.executable,
            "-c",
            "from SkullRestoreLib.cli.main import main; main()",
            "web",
            "--no-browser",
            "--port",
            "0",
            "--audit",
            str(self.audit),
        ]
        env = (
            os.environ
            | process_environment(small=True, plain=plain)
            | {"TMPDIR": str(folder), "PYTHONWARNINGS": "ignore"}
        )
        env |= environment or {}
        self.folder = folder
        self._errors = (folder / "errors.txt").open("w")
        self.process = subprocess.Popen(
            [*command, *options], env=env, cwd=ROOT, stdout=subprocess.PIPE, stderr=self._errors, text=True
        )
        self.link = ""
        for line in self.process.stdout:
            if found := re.search(r"https?://\S+", line):
                self.link = found.group(0)
                break
        assert self.link, (folder / "errors.txt").read_text()
        self.home = self.link.split("?")[0]
        self._reader = threading.Thread(target=self.process.stdout.read, daemon=True)
        self._reader.start()

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)
        self._reader.join(10)
        self.process.stdout.close()
        self._errors.close()

    def errors(self) -> str:
        return (self.folder / "errors.txt").read_text()

    def workers(self) -> list[int]:
        """Process numbers of the users' workers."""
        found = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(self.process.pid)], capture_output=True, text=True
        ).stdout.split()
        return [int(pid) for pid in found]

    def visitor(self) -> "Visitor":
        return Visitor(self.home)


class Visitor:
    """A client without a browser: sends any request and keeps its cookies."""

    def __init__(self, home: str):
        self.home, self.cookies = home, CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))

    def get(
        self,
        path: str = "",
        *,
        data: bytes | None = None,
        headers: dict | None = None,
        method: str | None = None,
        timeout: float = 60,
    ) -> tuple[int, str]:
        """Status and text of the response; status 0 where there is none."""
        request = urllib.request.Request(self.home + path, data, headers or {}, method=method)
        try:
            with self._opener.open(request, timeout=timeout) as response:
                return response.status, response.read().decode("utf-8", "replace")
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode("utf-8", "replace")
        except (OSError, http.client.HTTPException) as error:
            return 0, str(error)

    def sign_in(self, name: str, password: str | None = None) -> tuple[int, str]:
        from urllib.parse import urlencode

        return self.get("sign-in", data=urlencode({"name": name, "password": password or PASSWORDS[name]}).encode())

    @property
    def cookie(self) -> str:
        return "; ".join(f"{c.name}={c.value}" for c in self.cookies)


def users_file(folder: Path) -> Path:
    """Write the file of users; their passwords, which are slow to hash, are hashed once in a process."""
    from SkullRestoreLib.web.users_file import write_user

    path = folder / "users.toml"
    if not _written_users:
        for name, password in PASSWORDS.items():
            write_user(path, name, password)
        _written_users.append(path.read_bytes())
    path.touch(mode=0o600)
    path.write_bytes(_written_users[0])
    return path


_written_users: list[bytes] = []


def chromium() -> str:
    """Path of a Chromium; skips where there is none."""
    pytest.importorskip("playwright", reason="playwright is not installed")
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    pytest.skip("no Chromium is installed; on Debian: apt-get install chromium")


FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def open_browser():
    """Open a browser without a window."""
    path = chromium()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


def wait_until(condition, what: str, seconds: float = 120.0):
    """Wait until a condition returns something true, and return that."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := condition():
            return value
        time.sleep(0.1)
    raise AssertionError(f"waited {seconds:.0f} s for: {what}")


def open_workspace(visitor: Visitor, name: str) -> None:
    """Sign in, and wait until the user's page is there, doing something all the time."""
    assert visitor.sign_in(name)[0] == 200

    def is_open():
        visitor.get("active", method="POST")
        status, text = visitor.get()
        return status == 200 and "being opened" not in text

    wait_until(is_open, "the workspace", START_S)


# --- a browser


WAIT_MS = 1000 * START_S


def sign_in(browser, server: Server, name: str, size=(1366, 768)):
    """Open a page and sign in as a user does."""
    viewport = {"width": size[0], "height": size[1]}
    # HTTPS errors are ignored because the tests make their own certificate
    context = browser.new_context(
        viewport=viewport, accept_downloads=True, ignore_https_errors=server.home.startswith("https")
    )
    note_picture_qualities(context)
    page = context.new_page()
    page.asked, page.faults = [], []
    page.on("request", lambda request: page.asked.append(request.url))
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.goto(server.home)
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORDS[name])
    page.keyboard.press("Enter")
    page.wait_for_selector("#sample", timeout=WAIT_MS)
    return page


def wait_until_idle(page) -> None:
    """Wait until nothing runs in the background."""
    page.wait_for_function("!trame.state.get('busy') && !trame.state.get('uploading')", timeout=WAIT_MS)


def restore_sample(page) -> None:
    """Press *Sample case* and *Restore*, and wait for the table of defects."""
    page.click("#sample")
    page.wait_for_selector(".sr-case", timeout=WAIT_MS)
    page.click("#restore:enabled", timeout=WAIT_MS)
    page.wait_for_selector("#defects", timeout=WAIT_MS)
    wait_until_idle(page)


def page_state(page, name: str):
    """A value of the page's state."""
    return page.evaluate(f"trame.state.get('{name}')")


_STILL_QUALITY = 90
"""JPEG quality of the last picture of a view. The first after a change is a rough one: the last follows within 1 s."""
_NOTE_QUALITIES = """
    window.pictureQuality = {};
    const waiting = setInterval(() => {
        const session = window.trame?.client?.getConnection()?.getSession();
        if (!session) return;
        clearInterval(waiting);
        session.subscribe("trame.rca.topic.stream", ([{name, meta}]) => { pictureQuality[name] = meta.quality; });
    }, 10);
"""


def note_picture_qualities(context) -> None:
    """Let the pages of a browser context note the quality of each view's last picture, before any is opened."""
    context.add_init_script(_NOTE_QUALITIES)


def view_pixels(page, view: str) -> np.ndarray:
    """Pixels (height, width, 3) of a view as the browser shows it."""
    shot = page.locator(f".sr-view-{view}").screenshot(animations="disabled")
    return np.asarray(Image.open(io.BytesIO(shot)).convert("RGB")).astype(int)


def wait_for_still_view(page, view: str) -> np.ndarray:
    """Pixels of a view once nothing moves any more and its picture is no rough one."""
    last = view_pixels(page, view)

    def settled():
        nonlocal last
        quality = page.evaluate(f"window.pictureQuality?.{view} ?? {_STILL_QUALITY}")
        page.wait_for_timeout(400)
        before, last = last, view_pixels(page, view)
        return quality >= _STILL_QUALITY and np.abs(before - last).max() < 4

    wait_until(settled, "a picture that stays")
    return last


def find_drawn_points(page, view: str, *, min_pixels: int = 15) -> list[tuple[float, float]]:
    """Centres of the green reference points in a view, in coordinates of the page; smaller spots are left out."""
    from scipy import ndimage

    r, g, b = np.moveaxis(wait_for_still_view(page, view), 2, 0)
    label, count = ndimage.label((g > 90) & (g > 1.7 * r) & (g > 1.7 * b))
    sizes = ndimage.sum_labels(np.ones_like(label), label, range(1, count + 1))
    found = [ndimage.center_of_mass(label == n + 1) for n in np.flatnonzero(sizes > min_pixels)]
    box = page.locator(f".sr-view-{view}").bounding_box()
    return [(box["x"] + x, box["y"] + y) for y, x in found]
