"""The documentation site builds without a network or a warning, and what it says about the code is true."""

import ast
import dataclasses
import html
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

import SkullRestoreLib as sr
from SkullRestoreLib import settings
from SkullRestoreLib.session.session import Session

ROOT = next(folder for folder in Path(__file__).resolve().parents if (folder / "mkdocs.yml").is_file())
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))

NO_NETWORK = """
import socket, sys

def refuse(*_arguments, **_options):
    raise OSError("no network here")

socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = socket.create_connection = refuse
# the formatter of signatures is started for each of a thousand: half of the time, and nothing here looks at their lines
sys.modules["ruff"] = sys.modules["black"] = None
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site, built as `make docs` does, by a Python that cannot connect to anything."""
    place = tmp_path_factory.mktemp("docs")
    (place / "sitecustomize.py").write_text(NO_NETWORK, encoding="utf-8")
    paths = [str(place), str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "NO_MKDOCS_2_WARNING": "1", "COLUMNS": "200"}
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(place / "site")]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, encoding="utf-8", timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert not done.stderr.strip(), done.stderr
    return place / "site"


@pytest.fixture(scope="module")
def pages(site):
    return {path.relative_to(site).as_posix(): path.read_text(encoding="utf-8") for path in site.rglob("*.html")}


def words(page):
    """A page as a reader sees it: without tags, entities and line breaks."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


LOADING_TAG = re.compile(
    r"""<(?:script|img|iframe|source|video|audio|embed|link)\b(?:"[^"]*"|'[^']*'|[^'">])*>""", re.I
)


class Loaded(HTMLParser):
    """Collects what a browser loads by itself when it opens a page."""

    def __init__(self):
        super().__init__()
        self.addresses = []

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag in ("script", "img", "iframe", "source", "video", "audio", "embed"):
            self.addresses.append(given.get("src") or "")
        if tag == "link" and given.get("rel") != "canonical":
            self.addresses.append(given.get("href") or "")


@pytest.mark.slow
def test_the_site_builds_without_a_network_and_without_a_warning(pages):
    assert {"index.html", "glossary/index.html", "explanation/method/index.html", "reference/python/index.html"} <= set(
        pages
    )


def addresses_loaded(page):
    """What a browser loads by itself: only its tags are parsed, since the parser is slow on a complete page."""
    loaded = []
    for tag in set(LOADING_TAG.findall(page)):
        parser = Loaded()
        parser.feed(tag)
        loaded += parser.addresses
    return loaded


@pytest.mark.slow
def test_no_page_loads_anything_from_another_host(pages, site):
    for name, page in pages.items():
        assert not [address for address in addresses_loaded(page) if re.match(r"(\w+:)?//", address)], name
    for style in site.rglob("*.css"):
        assert not re.search(r"""(url\(|@import)\s*["']?(https?:)?//""", style.read_text(encoding="utf-8")), style.name


def test_every_way_to_load_something_would_be_found():
    page = """<p title="<"><script async
        src="//a"></script><LINK href='//b' rel=icon><link rel="canonical" href="//c"><img alt="a > b" src="//d"/>"""
    assert sorted(filter(None, addresses_loaded(page))) == ["//a", "//b", "//d"]


@pytest.mark.slow
def test_every_page_has_the_safety_note_and_a_link_to_the_glossary(pages):
    for name, page in pages.items():
        assert (
            "Research use only. Not cleared by any authority; a qualified clinician must approve every design."
            in words(page)
        ), name
        if name not in ("404.html", "glossary/index.html"):
            assert re.search(r'href="[^"]*glossary/?"[^>]*>\s*Glossary\s*</a>: what the words', page), name


@pytest.mark.slow
def test_no_mark_for_a_generated_part_is_left_on_a_page(pages):
    assert not [name for name, page in pages.items() if "<!-- generate: " in page]


@pytest.mark.slow
def test_every_setting_is_on_the_page_of_settings_with_its_help_and_range(pages):
    page = words(pages["reference/settings/index.html"])
    for record in (settings.Settings, settings.ImplantSettings, settings.PlanSettings):
        for field in dataclasses.fields(record):
            if "label" not in field.metadata:
                continue
            about = field.metadata
            assert f"{about['label']} : {' '.join(about['help'].split())}" in page, field.name
            assert field.name in page
            if about["low"] is not None:
                assert f"{about['low']:g} to {about['high']:g} {about['unit']}".strip() in page, field.name


@pytest.mark.slow
@pytest.mark.parametrize(
    "command", ["restore", "phantom", "train", "batch", "web", "web-user", "info", "plan", "evaluate cohort"]
)
def test_every_command_is_on_the_page_of_commands(pages, command):
    page = pages["reference/command-line/index.html"]
    assert f'id="skullrestore-{command.replace(" ", "-")}"' in page
    assert "[cyan]" not in page
    assert "<span style=" not in page.split("md-content")[1]


@pytest.mark.slow
def test_every_key_of_the_report_for_programs_is_described(pages):
    page = words(pages["reference/schema/index.html"])
    for key in ("software", "version", "safety", "input.series_uid", "defects[].area_cm2", "defects[].implant.checks"):
        assert key in page, key


@pytest.mark.slow
def test_the_reference_of_python_begins_with_a_list_of_all_names_in_the_order_of_use(pages):
    page = words(pages["reference/python/index.html"]).partition("What it does or holds")[2]
    places = [page.index(f"sr.{name}") for name in ("read", "restore", "write", "segment", "Bone", "errors")]
    assert places == sorted(places)
    assert all(f"sr.{name}" in page[: page.index("Parameters")] for name in sr.__all__)


@pytest.mark.slow
def test_every_module_for_researchers_has_its_place_in_the_reference(pages):
    reference = "".join(page for name, page in pages.items() if name.startswith("reference/modules/"))
    for name in ("records", "settings"):
        if (ROOT / "SkullRestoreLib" / f"{name}.py").is_file():
            assert f'id="SkullRestoreLib.{name}"' in reference
    assert ":class:<code>" not in reference


@pytest.mark.slow
def test_every_example_is_shown_in_a_tutorial(pages):
    shown = words("".join(page for name, page in pages.items() if name.startswith("tutorials/")))
    assert len(EXAMPLES) == 7, "six scripts, and the heads for two of them"
    for path in EXAMPLES:
        text = path.read_text(encoding="utf-8")
        compile(text, path.name, "exec")
        assert text.split('"""')[1].split("\n")[0] in shown, path.name


@pytest.mark.slow
def test_every_module_of_the_library_is_on_the_page_of_the_architecture(pages):
    page = words(pages["explanation/architecture/index.html"])
    for path in (ROOT / "SkullRestoreLib").rglob("*.py"):
        if path.stem != "__init__":
            assert path.stem in page, path.name


@pytest.mark.slow
def test_every_package_for_researchers_has_a_page_in_the_reference(pages):
    for folder in (path.parent for path in (ROOT / "SkullRestoreLib").glob("[a-z]*/__init__.py")):
        if folder.name not in ("cli", "web"):
            page = pages[f"reference/modules/{folder.name}/index.html"]
            for path in folder.rglob("*.py"):
                if path.stem != "__init__" and "class " in path.read_text(encoding="utf-8"):
                    module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
                    assert f'id="{module}"' in page, module


# --- what the pages say of the code exists

SOURCES = [
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "Resources").glob("*.md")),
]
PLACES = [ROOT, *(ROOT / name for name in ("SkullRestoreLib", "Testing", "docs", "Resources", "SkullRestore"))]
MADE_WHILE_RUNNING = re.compile(r"^(out|runs|results|restored|sample)/|^\.venv/|^(ct|truth|cases)/")
A_PATH = re.compile(r"(?<![\w/.<-])((?:[\w.-]+/)+[\w-]+\.(?:py|md|json|toml|yml|html|j2|safetensors|css|js|txt))(?!\w)")
A_DOTTED_NAME = re.compile(r"\bSkullRestoreLib(?:\.\w+)+")


def exists(dotted):
    """Whether a dotted name of the library is a module, or something that a module defines."""
    parts = dotted.split(".")
    for count in range(len(parts), 0, -1):
        place = ROOT.joinpath(*parts[:count])
        for path in (place.with_suffix(".py"), place / "__init__.py"):
            if path.is_file():
                text = path.read_text(encoding="utf-8")
                return all(
                    re.search(rf"\b(def|class) {name}\b|^\s*{name}\b.*[:=]", text, re.M) for name in parts[count:]
                )
    return False


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_file_and_name_of_the_library_that_a_page_mentions_exists(path):
    text = path.read_text(encoding="utf-8")
    missing = [
        name
        for name in A_PATH.findall(re.sub(r"https?://\S+", "", text))
        if not MADE_WHILE_RUNNING.search(name) and not any((place / name).exists() for place in [*PLACES, path.parent])
    ]
    missing += [name for name in A_DOTTED_NAME.findall(text) if not name.endswith(".py") and not exists(name)]
    assert not missing, f"{path.name} mentions what does not exist: {', '.join(missing)}"


def test_the_search_for_names_finds_those_that_do_not_exist():
    assert exists("SkullRestoreLib.records.Implant.passed")
    assert exists("SkullRestoreLib.io.image_header")
    assert not exists("SkullRestoreLib.io.imagefile")
    assert not exists("SkullRestoreLib.records.Shell")
    assert A_PATH.findall("`training/heads.py` and ([x](docs/web.md))") == ["training/heads.py", "docs/web.md"]


def test_every_method_of_a_session_that_the_tutorial_calls_exists():
    called = set(
        re.findall(r"\bsession\.(\w+)", (ROOT / "docs" / "tutorials" / "slicer.md").read_text(encoding="utf-8"))
    )
    folder = ROOT / "SkullRestoreLib" / "session"
    defined = set(re.findall(r"def (\w+)\(", "".join(path.read_text(encoding="utf-8") for path in folder.glob("*.py"))))
    assert "undo" in called
    assert called <= defined


def test_every_public_name_that_pages_and_examples_use_exists():
    import SkullRestoreLib as sr

    used = {
        name
        for path in [*SOURCES, *EXAMPLES]
        for name in re.findall(r"\bsr\.([a-z]\w+)", path.read_text(encoding="utf-8"))
    }
    assert {"read", "restore", "write"} <= used <= set(sr.__all__)


SCRIPTS = sorted(path for folder in ("docs", "benchmarks") for path in (ROOT / folder).glob("*.py"))


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_that_draws_or_measures_asks_a_session_only_for_what_it_has(path):
    """They take minutes and no test runs them, so that a renamed property would be noticed by nobody."""
    used = {
        node.attr
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and ast.unparse(node.value).rpartition(".")[2] == "session"
    }
    assert not {name for name in used if not hasattr(Session, name)}


# --- decisions


def test_no_two_decisions_have_the_same_number():
    """A gap is no fault: branches that are written at the same time take numbers of their own."""
    numbers = [int(path.name[:4]) for path in DECISIONS]
    assert len(numbers) == len(set(numbers)) > 0


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_has_its_number_a_date_a_status_and_its_three_parts(path):
    text = path.read_text(encoding="utf-8")
    assert text.startswith(f"# {path.name[:4]}. ")
    assert re.search(r"^\| \d{4}-\d\d-\d\d \| (accepted|superseded)[^|]* \| `", text, re.MULTILINE)
    parts = re.split(r"^## ", text, flags=re.MULTILINE)[1:]
    assert [part.split("\n")[0] for part in parts] == ["Context", "Decision", "Consequences"]
    assert all(len(part.split()) > 4 for part in parts)


def test_the_list_of_decisions_names_each_with_its_title_and_date():
    listed = re.findall(
        r"^\| \[(.*?)\]\((.*?)\) \| (.*?) \|$",
        (ROOT / "docs" / "decisions" / "index.md").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    expected = []
    for path in DECISIONS:
        text = path.read_text(encoding="utf-8")
        expected.append(
            (
                text.split("\n")[0].removeprefix("# "),
                path.name,
                re.search(r"^\| (\d{4}-\d\d-\d\d) ", text, re.MULTILINE)[1],
            )
        )
    assert listed == expected


# --- README and workflows


def test_the_readme_fits_on_a_screen_and_a_half():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 75
    assert len(text.encode()) <= 5000


def test_the_python_lines_of_the_readme_are_those_of_the_first_page_for_python():
    def block(name):
        return re.search(
            r"```python\n(import SkullRestoreLib as sr\n.*?)```", (ROOT / name).read_text(encoding="utf-8"), re.DOTALL
        )[1]

    lines = block("README.md")
    assert lines == block("docs/get-started/python.md")
    compile(lines, "README.md", "exec")
    assert len([line for line in lines.splitlines() if line.strip()]) == 6, "the import and five lines"


def test_the_workflows_call_only_targets_that_the_makefile_has():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([\w-]+):", makefile, re.MULTILINE))
    text = "".join(path.read_text(encoding="utf-8") for path in (ROOT / ".github" / "workflows").glob("*.yml"))
    called = set(re.findall(r"\bmake ([a-z][\w-]*)", re.sub(r"#.*", "", text)))
    called |= set(re.search(r"target: \[(.*?)\]", text)[1].split(", "))
    assert {"test-all", "test-oldest", "lint", "docs", "wheel"} <= called
    assert called - {"for"} <= targets


def test_the_workflows_cover_the_systems_and_versions_that_are_promised():
    text = (ROOT / ".github" / "workflows" / "tests.yml").read_text(encoding="utf-8")
    assert all(system in text for system in ("ubuntu-latest", "windows-latest", "macos-latest"))
    assert all(f'"{version}"' in text for version in ("3.11", "3.12", "3.13"))
