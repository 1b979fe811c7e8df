"""The browser front end in a real browser: one user from the sample to the STL, a second user, and intruders."""

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
    find_drawn_points,
    open_browser,
    page_state,
    restore_sample,
    sign_in,
    users_file,
    wait_for_still_view,
    wait_until,
    wait_until_idle,
)

pytestmark = pytest.mark.slow  # in a real browser


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("web")
    running = Server(folder, "--users", str(users_file(folder)), "--max-upload", "2", "--linger", "5")
    yield running
    running.stop()


@pytest.fixture(scope="module")
def browser(server):
    with open_browser() as chromium:
        yield chromium


@pytest.fixture(scope="module")
def anna(browser, server):
    """A page on which the sample is restored."""
    page = sign_in(browser, server, "anna")
    restore_sample(page)
    return page


@pytest.fixture(scope="module")
def ben(anna, browser, server):
    """Another user's page, while anna works."""
    return sign_in(browser, server, "ben")


# --- one user, from the sample to the STL


def test_the_sample_is_restored_and_its_defect_is_listed_with_its_area(anna):
    (row,) = page_state(anna, "rows")
    assert 50 < float(row["area"]) < 80
    assert row["points"] == 24
    assert anna.get_by_text("Area, cm²").is_visible()
    assert anna.locator(".sr-legend").inner_text().startswith("Standard error (mm)")
    assert len(find_drawn_points(anna, "solid")) >= 8


def test_a_point_dragged_with_the_mouse_moves_the_surface_and_undo_moves_it_back(anna):
    before = wait_for_still_view(anna, "solid")
    x, y = min(find_drawn_points(anna, "solid"), key=lambda place: place[1])
    anna.mouse.move(x, y)
    anna.mouse.down()
    for k in range(1, 7):
        anna.mouse.move(x, y - 5 * k)
        anna.wait_for_timeout(60)
    anna.mouse.up()
    anna.wait_for_function("trame.state.get('moved') === 1", timeout=WAIT_MS)
    assert anna.get_by_text("1 of 24 points moved or placed by hand").count() == 1
    assert page_state(anna, "touched") is not None
    anna.mouse.move(x, y + 200)
    after = wait_for_still_view(anna, "solid")
    moved = (np.abs(after - before).max(axis=2) > 25).sum()
    assert moved > 300, "the surface moved"
    anna.click("#undo")
    anna.wait_for_function("trame.state.get('moved') === 0", timeout=WAIT_MS)
    anna.keyboard.press("Control+y")
    anna.wait_for_function("trame.state.get('moved') === 1", timeout=WAIT_MS)
    anna.keyboard.press("Control+z")
    anna.wait_for_function("trame.state.get('moved') === 0", timeout=WAIT_MS)
    anna.mouse.move(x, y + 201)
    back = wait_for_still_view(anna, "solid")
    left = (np.abs(back - before).max(axis=2) > 25).sum()  # the star at the point that was touched last
    assert left < min(450, moved), "the surface is where it was"


def test_a_point_can_be_chosen_moved_and_deleted_by_the_keyboard_alone(anna):
    anna.focus("#touched")
    anna.keyboard.press("ArrowDown")
    anna.wait_for_function("trame.state.get('touched') !== null", timeout=WAIT_MS)
    for label, state in (
        ("Move the chosen point 0.5 mm outwards", "moved"),
        ("Delete the chosen point", "points_list.length"),
    ):
        anna.get_by_label(label).focus()
        anna.keyboard.press("Enter")
        name, _, part = state.partition(".")
        wanted = f"trame.state.get('{name}').{part} === 23" if part else f"trame.state.get('{name}') === 1"
        anna.wait_for_function(wanted, timeout=WAIT_MS)
    for _ in range(2):
        anna.click("#undo:enabled")
        anna.wait_for_timeout(200)
    anna.wait_for_function(
        "trame.state.get('points_list').length === 24 && trame.state.get('moved') === 0", timeout=WAIT_MS
    )


def test_selecting_a_row_centres_the_slices_on_the_defect(anna):
    slider = anna.get_by_label("Position of the axial slice in mm")

    def place():
        return float(anna.locator(".sr-view-axial .sr-mm").inner_text().split()[0])

    found = []
    for key, end in (("Home", "aria-valuemin"), ("End", "aria-valuemax")):
        slider.focus()
        anna.keyboard.press(key)
        outermost = float(slider.get_attribute(end))
        wait_until(lambda outermost=outermost: abs(place() - outermost) < 1, "the outermost slice")
        anna.wait_for_timeout(500)
        anna.click("[data-defect='1']")
        wait_until(lambda outermost=outermost: abs(place() - outermost) > 20, "the slice through the defect")
        found.append(place())
    assert abs(found[0] - found[1]) < 1


def test_a_number_out_of_range_is_reported_in_a_sentence(anna):
    anna.fill("input[name=min_area_cm2]", "9999")
    anna.click("#restore")
    anna.wait_for_function("document.getElementById('error')?.innerText.includes('0.1 to 200 cm²')", timeout=WAIT_MS)
    anna.fill("input[name=min_area_cm2]", "1")
    anna.wait_for_function("!trame.state.get('error')", timeout=WAIT_MS)  # mended, and so gone


def drop(page, where, name):
    """Drop a file that cannot be read on a place of the page."""
    page.evaluate(
        """([where, name]) => {
            const data = new DataTransfer();
            data.items.add(new File(['no CT at all'], name));
            const options = { dataTransfer: data, bubbles: true, cancelable: true };
            document.querySelector(where).dispatchEvent(new DragEvent('drop', options));
        }""",
        [where, name],
    )


def test_the_button_or_the_place_decides_what_files_are_for_and_nothing_is_remembered(anna):
    def sent():
        return [url.rsplit("/", 1)[1] for url in anna.asked if "/upload" in url]

    def refused(count):
        anna.wait_for_function(
            "document.getElementById('error')?.innerText.includes('cannot be read')", timeout=WAIT_MS
        )
        assert len(sent()) == count
        wait_until_idle(anna)
        anna.get_by_role("button", name="Close", exact=True).click()

    before = len(sent())
    anna.click(".v-expansion-panel-title:has-text('Compare')")
    with anna.expect_file_chooser(timeout=WAIT_MS):
        anna.click("#before-file:enabled")  # the dialog is cancelled
    drop(anna, ".sr-views", "next_patient.txt")
    refused(before + 1)
    assert sent()[-1] == "upload"
    with anna.expect_file_chooser(timeout=WAIT_MS) as chooser:
        anna.click("#before-file:enabled")
    chooser.value.set_files({"name": "before.txt", "mimeType": "text/plain", "buffer": b"no CT at all"})
    refused(before + 2)
    assert sent()[-1].startswith("upload?as=before&of=")
    drop(anna, "#before-target", "before.txt")
    refused(before + 3)
    assert sent()[-1].startswith("upload?as=before&of=")
    assert page_state(anna, "case_title") == "Sample head"
    assert anna.locator("#case").inner_text().startswith(page_state(anna, "case_code"))
    anna.click(".v-expansion-panel-title:has-text('Compare')")


def test_the_3d_view_says_what_is_out_of_date(anna):
    assert anna.locator("#stale").count() == 0
    anna.fill("input[name=min_area_cm2]", "3")
    anna.get_by_text("Smallest defect: restored with 1 cm², now 3 cm².").first.wait_for(timeout=WAIT_MS)
    assert anna.locator("#stale").is_visible()
    anna.fill("input[name=min_area_cm2]", "1")
    anna.locator("#stale").wait_for(state="detached", timeout=WAIT_MS)


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
    names = {file["name"] for file in page_state(anna, "files")}
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


# --- another user


def test_another_user_sees_nothing_of_it(anna, ben, server):
    assert page_state(ben, "case_title") == ""
    assert page_state(ben, "rows") == []
    assert ben.request.get(server.home + "files/report.html").status == 404
    assert len(server.workers()) == 2


def test_garbage_is_refused_in_a_sentence_and_nothing_of_it_stays(ben, server):
    for name, content, says in (
        ("notes.txt", b"no CT at all", "cannot be read"),
        ("head.zip", b"PK no zip", "damaged"),
        ("big.nrrd", bytes(3 << 20), "2 MB"),
    ):
        ben.set_input_files("#pick-file", {"name": name, "mimeType": "application/octet-stream", "buffer": content})
        ben.wait_for_function(
            f"document.getElementById('error')?.innerText.includes({json.dumps(says)})", timeout=WAIT_MS
        )
    wait_until(
        lambda: not list(server.folder.glob("skullrestore_gate_*/worker_*/upload_*")), "the uploads are deleted", 20
    )
    assert page_state(ben, "case_title") == ""


def test_a_refusal_is_in_the_language_of_the_page_with_nothing_left_in_english(browser, server):
    page = sign_in(browser, server, "ben")
    page.select_option("#language", "ru")
    page.get_by_text("Выйти").wait_for(timeout=WAIT_MS)
    for name, content, says in (
        ("notes.txt", b"no CT at all", "Дайте папку DICOM"),
        ("head.nrrd", b"NRRD0009\ntype: short\n", "указывает версию 9"),
        ("head.zip", b"PK no zip", "Файл zip повреждён"),
    ):
        page.set_input_files("#pick-file", {"name": name, "mimeType": "application/octet-stream", "buffer": content})
        page.wait_for_function(
            f"document.getElementById('error')?.innerText.includes({json.dumps(says)})", timeout=WAIT_MS
        )
        said = page.locator("#error").inner_text()
        kinds = re.sub(r"\.\w+", "", said).replace("DICOM", "")
        assert set(re.findall(r"[A-Za-z]{3,}", kinds)) <= {"notes", "head", "zip"}, said
    page.select_option("#language", "en")
    page.close()


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
        assert {
            re.sub(r"^(blob:)?\w+://([^/]+)/.*", r"\2", url) for url in page.asked if not url.startswith("data:")
        } == {server.home.split("/")[2]}


def test_every_control_has_a_name_and_the_note_is_always_there(anna):
    nameless = anna.evaluate(
        """[...document.querySelectorAll('button, input, select, a')]
            .filter(e => e.offsetParent && !e.disabled)
            .filter(e => !(e.innerText.trim() || e.getAttribute('aria-label') || e.title || e.labels?.length))
            .map(e => e.outerHTML)"""
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


# --- intruders


def connection_answer(url, key, cookie=""):
    """Call the connection with a key, and return its answer."""
    import aiohttp
    import msgpack

    async def call():
        async with aiohttp.ClientSession() as client:
            try:
                async with client.ws_connect(url, headers={"Cookie": cookie} if cookie else {}) as socket:
                    from wslink.chunking import UnChunker, generate_chunks

                    hello = {
                        "wslink": "1.0",
                        "id": "system:c0:0",
                        "method": "wslink.hello",
                        "args": [{"secret": key}],
                        "kwargs": {},
                    }
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


def test_the_connection_is_refused_without_a_login(anna, server):
    assert connection_answer(server.home.replace("http", "ws") + "ws", "wslink-secret") == 403


def test_a_worker_answers_the_gateway_only(anna, server):
    listening = [line.split() for line in Path("/proc/net/tcp").read_text(encoding="utf-8").splitlines()[1:]]
    ports = {
        int(where.split(":")[1], 16)
        for _, where, _, state, *_ in listening
        if state == "0A" and where.startswith("0100007F")
    }
    answers = [Visitor(f"http://127.0.0.1:{port}/").get("index.html", timeout=5) for port in ports]
    assert answers.count((403, "This address answers SkullRestore's gateway only.")) >= 1


def test_a_wrong_password_is_reported_and_opens_nothing(browser, server):
    page = browser.new_context().new_page()
    page.goto(server.home)
    page.get_by_label("Name").fill("anna")
    page.get_by_label("Password").fill("wrong password")
    page.get_by_role("button", name="Sign in").click()
    assert page.get_by_role("alert").inner_text() == "Name or password is wrong."
    assert page.get_by_text("Research use only.").is_visible()
    page.close()


# --- the end


def test_the_audit_has_what_was_done_and_nothing_about_the_patient(anna, ben, server):
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
    wait_until(lambda: len(server.workers()) == before - 1, "the worker has ended", 60)


def test_signing_out_deletes_the_case_and_ends_the_process(anna, server):
    assert list(server.folder.glob("skullrestore_gate_*/worker_*"))
    anna.click("#sign-out")
    anna.get_by_text("You are signed out.").wait_for()
    wait_until(
        lambda: not server.workers() and not list(server.folder.glob("skullrestore_gate_*/worker_*")),
        "nothing is left",
        60,
    )
    anna.goto(server.home)
    assert anna.get_by_label("Password").is_visible()


def test_the_frameworks_own_key_opens_no_connection(browser, server):
    """With a page of its own: another connection of the same user takes its place."""
    page = sign_in(browser, server, "ben")
    address = server.home.replace("http", "ws") + "ws"
    cookie = "; ".join(f"{c['name']}={c['value']}" for c in page.context.cookies())
    assert "Authentication failed" in connection_answer(address, "wslink-secret", cookie)
    given = page.request.post(server.home + "paraview/", data={}).json()
    assert "clientID" in connection_answer(address, given["secret"], cookie)


def test_a_server_that_is_terminated_ends_with_pages_open_and_leaves_nothing(browser, server):
    sign_in(browser, server, "ben")
    assert server.workers()
    server.process.terminate()
    assert server.process.wait(30) == 0
    assert not list(server.folder.glob("skullrestore_*"))
