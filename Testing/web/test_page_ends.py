"""What a person sees in the browser when something ends, and what is asked before work is lost."""

import os
import signal
import time

import pytest
from helpers_web import (
    ROOT,
    WAIT_MS,
    Server,
    open_browser,
    open_workspace,
    page_state,
    sign_in,
    users_file,
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
    folder = tmp_path_factory.mktemp("ends")
    running = Server(folder, "--users", str(users_file(folder)), "--places", "1")
    yield running
    running.stop()


@pytest.fixture(scope="module")
def anna(browser, server):
    """A page on which the sample is open and something was done."""
    page = sign_in(browser, server, "anna")
    page.asked_dialogs = []
    page.answer = False

    def on_dialog(dialog):
        page.asked_dialogs.append((dialog.type, dialog.message))
        dialog.accept() if page.answer else dialog.dismiss()

    page.on("dialog", on_dialog)
    page.click("#sample")
    page.wait_for_selector(".sr-case", timeout=WAIT_MS)
    wait_until_idle(page)
    return page


def pretend_edit(page):
    """What the page knows of an edit; a restoration takes too long for this test."""
    page.evaluate("trame.state.set('moved', 1)")


def test_before_work_is_lost_the_page_asks_and_stays_as_it_is_where_the_answer_is_no(anna, tmp_path):
    code = page_state(anna, "case_code")
    anna.click("#sample")  # nothing was edited: nothing is asked
    anna.wait_for_function(f"trame.state.get('case_code') !== '{code}'", timeout=WAIT_MS)
    wait_until_idle(anna)
    assert anna.asked_dialogs == []
    code = page_state(anna, "case_code")
    pretend_edit(anna)
    sent = len([url for url in anna.asked if "/upload" in url])
    (tmp_path / "next.nrrd").write_bytes(b"no CT at all")
    for what, act in (
        ("sample", lambda: anna.click("#sample")),
        ("close", lambda: anna.click("#close-case")),
        ("sign out", lambda: anna.click("#sign-out")),
        ("upload", lambda: anna.set_input_files("#pick-file", tmp_path / "next.nrrd")),
        ("leave", lambda: anna.close(run_before_unload=True)),
    ):
        before = len(anna.asked_dialogs)
        act()
        for _ in range(100):
            anna.wait_for_timeout(100)  # the driver hands over events while it waits
            if len(anna.asked_dialogs) > before:
                break
        assert len(anna.asked_dialogs) == before + 1, what
    assert [kind for kind, _ in anna.asked_dialogs] == ["confirm"] * 4 + ["beforeunload"]
    assert all("lost" in text for kind, text in anna.asked_dialogs if kind == "confirm")
    anna.wait_for_timeout(500)
    assert page_state(anna, "case_code") == code
    assert len([url for url in anna.asked if "/upload" in url]) == sent
    assert anna.locator("#sr-end").count() == 0
    # the connection is alive: a page that was asked and stays goes on working
    anna.answer = True
    anna.click("#close-case")
    anna.wait_for_function("trame.state.get('case_title') === ''", timeout=WAIT_MS)


def test_a_second_page_takes_the_case_over_and_the_first_one_can_take_it_back(anna):
    anna.click("#sample")
    anna.wait_for_selector(".sr-case", timeout=WAIT_MS)
    wait_until_idle(anna)
    code = page_state(anna, "case_code")
    second = anna.context.new_page()
    second.goto(anna.url)
    second.wait_for_selector(".sr-case", timeout=WAIT_MS)
    assert page_state(second, "case_code") == code
    first = anna.get_by_role("alertdialog")
    first.wait_for(timeout=30_000)
    assert "another tab" in first.inner_text()
    anna.get_by_role("button", name="Use it here").click()
    second.get_by_role("alertdialog").wait_for(timeout=30_000)
    anna.wait_for_selector(".sr-case", timeout=WAIT_MS)
    assert page_state(anna, "case_code") == code
    second.close()
    anna.click("#close-case")
    anna.wait_for_function("trame.state.get('case_title') === ''", timeout=WAIT_MS)


def test_a_full_server_says_so_and_tries_again_when_it_is_asked_to(anna, browser, server):
    page = browser.new_context().new_page()
    page.goto(server.home)
    page.get_by_label("Name").fill("ben")
    page.get_by_label("Password").fill("another long one")
    page.keyboard.press("Enter")
    page.get_by_text("places are taken").wait_for(timeout=WAIT_MS)
    page.get_by_role("button", name="Try again").click()
    page.get_by_text("places are taken").wait_for(timeout=WAIT_MS)
    page.get_by_role("button", name="Sign out").click()
    page.get_by_text("You are signed out.").wait_for(timeout=WAIT_MS)
    page.close()


def test_a_workspace_that_was_killed_is_reported_with_what_is_lost_and_a_button_opens_another(anna, server):
    anna.click("#sample")
    anna.wait_for_selector(".sr-case", timeout=WAIT_MS)
    wait_until_idle(anna)
    (worker,) = server.workers()
    os.kill(worker, signal.SIGKILL)
    end = anna.get_by_role("alertdialog")
    end.wait_for(timeout=20_000)
    assert "ended unexpectedly" in end.inner_text()
    assert "Files that you downloaded are not affected" in end.inner_text()
    anna.get_by_role("button", name="Start again").click()
    anna.wait_for_selector("#sample", timeout=WAIT_MS)
    assert page_state(anna, "case_title") == ""
    assert anna.locator("#notice").count() == 0, "the user knows it"


def test_a_page_that_is_loaded_after_its_workspace_was_killed_says_that_the_case_is_lost(anna, server):
    anna.click("#sample")
    anna.wait_for_selector(".sr-case", timeout=WAIT_MS)
    wait_until_idle(anna)
    anna.goto("about:blank")
    (worker,) = server.workers()
    os.kill(worker, signal.SIGKILL)
    wait_until(lambda: worker not in server.workers(), "the worker has ended", 20)
    anna.goto(server.home)
    anna.wait_for_selector("#notice", timeout=WAIT_MS)
    assert "ended unexpectedly" in anna.locator("#notice").inner_text()


def test_a_server_that_is_gone_is_reported_while_the_page_goes_on_trying(anna, server):
    os.kill(server.process.pid, signal.SIGSTOP)
    try:
        anna.context.set_offline(True)
        end = anna.get_by_role("alertdialog")
        end.wait_for(timeout=30_000)
        assert "does not answer" in end.inner_text()
        assert anna.get_by_role("button", name="Try now").is_visible()
    finally:
        os.kill(server.process.pid, signal.SIGCONT)
        anna.context.set_offline(False)
    anna.get_by_text("Your case is kept.").wait_for(timeout=30_000)
    anna.get_by_role("button", name="Go on with it").click()
    anna.wait_for_selector("#sample", timeout=WAIT_MS)


def test_a_workspace_that_cannot_start_is_tried_once_and_the_page_says_so(browser, tmp_path):
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "trame.py").write_text("raise RuntimeError('does not start')\n")
    path = os.pathsep.join((str(tmp_path / "broken"), str(ROOT)))
    running = Server(tmp_path, "--users", str(users_file(tmp_path)), environment={"PYTHONPATH": path})
    try:
        page = browser.new_context().new_page()
        page.goto(running.home)
        page.get_by_label("Name").fill("anna")
        page.get_by_label("Password").fill("correct horse battery")
        page.keyboard.press("Enter")
        page.get_by_text("could not be started").wait_for(timeout=WAIT_MS)
        time.sleep(6)
        assert running.audit.read_text().count('"failed"') == 1
        page.get_by_role("button", name="Try again").click()
        wait_until(lambda: running.audit.read_text().count('"failed"') == 2, "another try", 60)
        page.get_by_text("could not be started").wait_for(timeout=WAIT_MS)
        assert running.audit.read_text().count('"failed"') == 2
    finally:
        running.stop()


def test_an_idle_page_is_signed_out_by_itself_and_a_pointer_that_moves_over_it_keeps_it(browser, tmp_path):
    running = Server(tmp_path, "--users", str(users_file(tmp_path)), "--idle", "0.4")
    try:
        open_workspace(running.visitor(), "anna")  # while it starts, nobody must be idle
        page = browser.new_context(viewport={"width": 1366, "height": 768}).new_page()
        page.goto(running.home)
        page.get_by_label("Name").fill("anna")
        page.get_by_label("Password").fill("correct horse battery")
        page.keyboard.press("Enter")
        page.wait_for_selector("#sample", timeout=WAIT_MS)
        seconds_left = [page.request.get(running.home + "alive").json()["left"]]
        for x in (60, 180):
            page.wait_for_timeout(4000)
            page.mouse.move(x, 400)  # over the panel; the first place says nothing about a movement
        page.wait_for_timeout(3000)
        seconds_left.append(page.request.get(running.home + "alive").json()["left"])
        assert seconds_left[1] > seconds_left[0] - 6, "8 s passed, but the pointer moved"
        pretend_edit(page)  # no question may keep the patient on the screen
        start = time.monotonic()
        page.get_by_text("nothing was done for a while").wait_for(timeout=60_000)
        assert time.monotonic() - start < seconds_left[1] + 15
        assert page.get_by_label("Password").is_visible()
        wait_until(lambda: not running.workers(), "the worker has ended", 20)
    finally:
        running.stop()
