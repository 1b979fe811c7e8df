"""The browser door in a real browser: one surgeon from the sample to the downloaded STL, another one beside, and everybody who must stay outside."""

import asyncio
import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from helpers_web import (
    PASSWORDS,
    WAIT_MS,
    Server,
    Visitor,
    browsing,
    points_in,
    sample_restored,
    sign_in,
    still_picture,
    until,
    users_file,
    value,
)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("web")
    made = Server(folder, "--users", str(users_file(folder)), "--max-upload", "2", "--linger", "5")
    yield made
    made.stop()


@pytest.fixture(scope="module")
def browser(server):
    with browsing() as made:
        yield made


@pytest.fixture(scope="module")
def anna(browser, server):
    """A page on which the sample is restored."""
    page = sign_in(browser, server, "anna")
    sample_restored(page)
    return page


@pytest.fixture(scope="module")
def ben(anna, browser, server):
    """Another user's page, while anna works."""
    return sign_in(browser, server, "ben")


# --- one surgeon, from the sample to the STL


def test_the_sample_is_restored_and_its_defect_is_listed_with_its_area(anna):
    (row,) = value(anna, "rows")
    assert 50 < float(row["area"]) < 80
    assert row["points"] == 24
    assert anna.get_by_text("Area, cm²").is_visible()
    assert anna.locator(".sr-legend").inner_text().startswith("± mm")
    assert len(points_in(anna, "solid")) >= 8


def test_a_point_dragged_with_the_mouse_takes_the_surface_along_and_undo_brings_it_back(anna):
    before = still_picture(anna, "solid")
    x, y = min(points_in(anna, "solid"), key=lambda place: place[1])
    anna.mouse.move(x, y)
    anna.mouse.down()
    for k in range(1, 7):
        anna.mouse.move(x, y - 5 * k)
        anna.wait_for_timeout(60)
    anna.mouse.up()
    anna.wait_for_function("trame.state.get('moved') === 1", timeout=WAIT_MS)
    assert anna.get_by_text("1 of 24 points moved or placed by hand").count() == 1
    assert value(anna, "touched") is not None
    anna.mouse.move(x, y + 200)
    after = still_picture(anna, "solid")
    assert (np.abs(after - before).max(axis=2) > 25).sum() > 300, "the surface moved"
    anna.click("#undo")
    anna.wait_for_function("trame.state.get('moved') === 0", timeout=WAIT_MS)
    anna.keyboard.press("Control+y")
    anna.wait_for_function("trame.state.get('moved') === 1", timeout=WAIT_MS)
    anna.keyboard.press("Control+z")
    anna.wait_for_function("trame.state.get('moved') === 0", timeout=WAIT_MS)
    anna.mouse.move(x, y + 201)
    back = still_picture(anna, "solid")
    assert (np.abs(back - before).max(axis=2) > 25).sum() < 250, "the surface is where it was"


def test_a_point_can_be_chosen_moved_and_deleted_by_the_keyboard_alone(anna):
    anna.focus("#touched")
    anna.keyboard.press("ArrowDown")
    anna.wait_for_function("trame.state.get('touched') !== null", timeout=WAIT_MS)
    for label, state in (("Move the chosen point 0.5 mm outwards", "moved"), ("Delete the chosen point", "points_list.length")):
        anna.get_by_label(label).focus()
        anna.keyboard.press("Enter")
        name, _, part = state.partition(".")
        wanted = f"trame.state.get('{name}').{part} === 23" if part else f"trame.state.get('{name}') === 1"
        anna.wait_for_function(wanted, timeout=WAIT_MS)
    for _ in range(2):
        anna.click("#undo:enabled")
        anna.wait_for_timeout(200)
    anna.wait_for_function("trame.state.get('points_list').length === 24 && trame.state.get('moved') === 0", timeout=WAIT_MS)


def test_a_press_on_the_row_centres_the_slices_on_the_defect(anna):
    slider = anna.get_by_label("Position of the axial slice in mm")

    def place():
        return float(anna.locator(".sr-view-axial .sr-mm").inner_text().split()[0])

    found = []
    for key, end in (("Home", "aria-valuemin"), ("End", "aria-valuemax")):
        slider.focus()
        anna.keyboard.press(key)
        outermost = float(slider.get_attribute(end))
        until(lambda outermost=outermost: abs(place() - outermost) < 1, "the outermost slice")
        anna.wait_for_timeout(500)
        anna.click("[data-defect='1']")
        until(lambda outermost=outermost: abs(place() - outermost) > 20, "the slice through the defect")
        found.append(place())
    assert abs(found[0] - found[1]) < 1


def test_a_number_out_of_range_is_told_in_a_sentence(anna):
    anna.fill("input[name=min_area_cm2]", "9999")
    anna.click("#restore")
    anna.wait_for_function("document.getElementById('error')?.innerText.includes('0.1 to 200 cm²')", timeout=WAIT_MS)
    anna.fill("input[name=min_area_cm2]", "1")
    anna.get_by_role("button", name="Close", exact=True).click()


def test_the_files_are_downloaded_and_the_stl_is_the_implant(anna, tmp_path):
    import trimesh

    anna.click(".v-expansion-panel-title:has-text('Report and files')")
    anna.click("#export")
    anna.wait_for_selector(".sr-files", timeout=WAIT_MS)
    with anna.expect_download(timeout=WAIT_MS) as coming:
        anna.click("a[download='implant_1.stl']")
    coming.value.save_as(tmp_path / "implant.stl")
    implant = trimesh.load_mesh(tmp_path / "implant.stl")
    assert implant.is_watertight
    assert 10 < implant.volume / 1000 < 50
    names = {one["name"] for one in value(anna, "files")}
    assert {"skullrestore_result.zip", "report.html", "restored_surface.stl", "reference_points.mrk.json"} <= names


def test_the_report_opens_and_can_run_nothing(anna, server):
    with anna.expect_popup() as popup:
        anna.click("#look")
    report = popup.value
    report.wait_for_load_state()
    assert "Skull restoration" in report.content()
    assert report.evaluate("document.images.length") > 0
    answer = anna.request.get(server.home + "files/report.html?look")
    assert "sandbox" in answer.headers["content-security-policy"]
    report.close()


# --- somebody else beside


def test_another_user_sees_nothing_of_it(anna, ben, server):
    assert value(ben, "case_title") == ""
    assert value(ben, "rows") == []
    assert ben.request.get(server.home + "files/report.html").status == 404
    assert len(server.workers()) == 2


def test_garbage_is_refused_in_a_sentence_and_nothing_of_it_stays(ben, server):
    for name, content, says in (
        ("notes.txt", b"no CT at all", "cannot be read"),
        ("head.zip", b"PK no zip", "damaged"),
        ("big.nrrd", bytes(3 << 20), "2 MB"),
    ):
        ben.set_input_files("#pick-file", {"name": name, "mimeType": "application/octet-stream", "buffer": content})
        ben.wait_for_function(f"document.getElementById('error')?.innerText.includes({json.dumps(says)})", timeout=WAIT_MS)
    until(lambda: not list(server.folder.glob("skullrestore_*/upload_*")), "the uploads are deleted", 20)
    assert value(ben, "case_title") == ""


def test_an_upload_past_the_pages_own_check_is_refused_by_the_server(ben, server):
    for path, content, says in (("../../../climbed.nrrd", b"x", "leads out"), ("big.nrrd", bytes(3 << 20), "2 MB")):
        form = {"path": path, "file": {"name": "file", "mimeType": "application/octet-stream", "buffer": content}}
        answer = ben.request.post(server.home + "upload", multipart=form)
        assert answer.status in (413, 422)
        assert says in answer.text()
    assert not list(server.folder.parent.rglob("climbed*"))


def test_nothing_was_asked_of_any_other_host_and_no_script_failed(anna, ben, server):
    for page in (anna, ben):
        assert page.faults == []
        assert {re.sub(r"^(blob:)?\w+://([^/]+)/.*", r"\2", url) for url in page.asked if not url.startswith("data:")} == {
            server.home.split("/")[2]
        }


def test_every_control_has_a_name_and_the_note_is_always_there(anna):
    nameless = anna.evaluate(
        """[...document.querySelectorAll('button, input, select, a')].filter(e => e.offsetParent && !e.disabled).filter(e => !(
            e.innerText.trim() || e.getAttribute('aria-label') || e.title || (e.labels && e.labels.length))).map(e => e.outerHTML)"""
    )
    assert nameless == []
    for width, height in ((1366, 768), (1024, 768), (768, 1024)):
        anna.set_viewport_size({"width": width, "height": height})
        note = anna.get_by_text("Research use only.")
        assert note.is_visible()
        box = note.bounding_box()
        assert 0 <= box["y"] <= height - box["height"] + 1
        assert anna.evaluate("document.documentElement.scrollWidth") <= width
    anna.set_viewport_size({"width": 1366, "height": 768})


# --- who must stay outside


def knock(url, key, cookie=""):
    """What the connection answers to a call, made with a key."""
    import aiohttp
    import msgpack

    async def call():
        async with aiohttp.ClientSession() as client:
            try:
                async with client.ws_connect(url, headers={"Cookie": cookie} if cookie else {}) as socket:
                    from wslink.chunking import UnChunker, generate_chunks

                    hello = {"wslink": "1.0", "id": "system:c0:0", "method": "wslink.hello", "args": [{"secret": key}], "kwargs": {}}
                    for chunk in generate_chunks(msgpack.packb(hello), 1 << 20):
                        await socket.send_bytes(chunk)
                    message = await socket.receive(timeout=30)
                    return str(UnChunker().process_chunk(message.data))
            except aiohttp.WSServerHandshakeError as error:
                return error.status

    with ThreadPoolExecutor(1) as other:  # the browser's driver has a loop in this thread
        return other.submit(lambda: asyncio.run(call())).result()


def test_a_stolen_link_opens_nothing(anna, server):
    stranger = server.visitor()
    for path in (
        "",
        "index.html",
        "files/implant_1.stl",
        "files/skullrestore_result.zip",
        "files/report.html?look",
        "__skullrestore/page.js",
        "alive",
    ):
        status, text = stranger.get(path)
        assert status in (401, 403), path
        assert "Skull restoration" not in text
    assert stranger.get("paraview/", data=b"{}")[0] == 401
    assert "secret" not in anna.url
    assert "key" not in anna.url


def test_the_connection_is_refused_without_a_seat_and_with_the_frameworks_own_key(anna, server):
    address = server.home.replace("http", "ws") + "ws"
    assert knock(address, "wslink-secret") == 403
    kept = anna.context.cookies()
    cookie = "; ".join(f"{c['name']}={c['value']}" for c in kept)
    assert "Authentication failed" in knock(address, "wslink-secret", cookie)
    given = anna.request.post(server.home + "paraview/", data={}).json()
    assert "clientID" in knock(address, given["secret"], cookie)


def test_a_worker_answers_nobody_but_the_gate(anna, server):
    listening = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    ports = {int(where.split(":")[1], 16) for _, where, _, state, *_ in listening if state == "0A" and where.startswith("0100007F")}
    told = [Visitor(f"http://127.0.0.1:{port}/").get("index.html", timeout=5) for port in ports]
    assert told.count((403, "This address answers SkullRestore's gate only.")) >= 1


def test_a_wrong_password_is_told_and_opens_nothing(browser, server):
    page = browser.new_context().new_page()
    page.goto(server.home)
    page.get_by_label("Name").fill("anna")
    page.get_by_label("Password").fill("wrong password")
    page.get_by_role("button", name="Sign in").click()
    assert page.get_by_role("alert").inner_text() == "Name or password is wrong."
    assert page.get_by_text("Research use only.").is_visible()
    page.close()


# --- the end


def test_the_audit_tells_what_was_done_and_nothing_of_the_patient(anna, ben, server):
    lines = [json.loads(line) for line in server.audit.read_text().splitlines()]
    done = {(line["user"], line["action"]) for line in lines}
    assert {
        ("anna", "sign in"),
        ("anna", "sample"),
        ("anna", "restore"),
        ("anna", "edit points"),
        ("anna", "undo"),
        ("anna", "export"),
        ("anna", "download"),
    } <= done
    assert ("nobody", "connect") in done
    assert any(line["user"] == "ben" and line["outcome"].startswith("refused") for line in lines)
    assert all(set(line) <= {"time", "user", "action", "outcome", "from"} for line in lines)
    text = server.audit.read_text() + server.errors()
    assert not any(word in text for word in ("notes.txt", "head.zip", "Traceback", *PASSWORDS.values()))


def test_a_closed_tab_frees_its_memory(ben, server):
    before = len(server.workers())
    ben.context.close()
    until(lambda: len(server.workers()) == before - 1, "the worker has ended", 60)


def test_signing_out_deletes_the_case_and_ends_the_process(anna, server):
    assert list(server.folder.glob("skullrestore_*"))
    anna.click("#sign-out")
    anna.get_by_text("You are signed out.").wait_for()
    until(lambda: not server.workers() and not list(server.folder.glob("skullrestore_*")), "nothing is left", 60)
    anna.goto(server.home)
    assert anna.get_by_label("Password").is_visible()


def test_a_server_that_is_told_to_end_does_so_with_pages_open_and_leaves_nothing(browser, server):
    sign_in(browser, server, "ben")
    assert server.workers()
    server.process.terminate()
    assert server.process.wait(30) == 0
    assert not list(server.folder.glob("skullrestore_*"))
