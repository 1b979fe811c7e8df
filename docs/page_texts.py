"""Every text of the browser page that is translated: of its templates, its scripts, and the server's tables.

``make_translations.py`` writes them into the catalogues, next to those of the panel.
"""

import ast
import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from itertools import pairwise, product
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = ("page.html", "gateway.html.j2", "loading.html")
SCRIPTS = ("page.js",)
TEMPLATE_CONSTANTS = ("_VIEW_TOOLS_HTML", "_SLICE_MARKS_HTML", "_SLICE_SLIDER_HTML")
"""Templates in Python files, with doubled braces."""
TABLES = ("HELP_ROWS", "_FILE_DESCRIPTIONS", "WINDOWS_HU", "VIEW_TITLES", "SECTIONS", "PAGE_WORDS", "_PAGE_MESSAGES")
"""Tables in Python files of which every text is shown."""
TABLES_OF_KEYS = ("WINDOWS_HU",)
SHOWN_ATTRIBUTES = ("aria-label", "title", "placeholder", "alt", "label", "data-asks")
ANSWERING = (
    *("controller", "fixation_points", "gateway", "import_upload", "page", "page_state", "routes", "section_tool"),
    *("sign_in_throttle", "upload", "view_tools", "worker_folders", "worker_pool"),
)
"""Python files of which every sentence may be shown on the page."""
FOR_THE_CONSOLE = ("Port ", "The certificate ")
"""Beginnings of sentences in these files that only who starts the server reads."""
_NO_TEXTS = {"solid", "axial", "coronal", "sagittal", "pdf", "ply", "obj", "3mf", "distance", "angle", "area"}


def page_texts(sentences: Callable[[Path], Iterator[str]]) -> list[str]:
    """Every text, with {1}, {2} for what is put in; ``sentences`` finds those of a Python file."""
    folder = ROOT / "Resources" / "web"
    found: list[str] = []
    for name in TEMPLATES:
        found += _template_texts((folder / name).read_text(encoding="utf-8"))
    for name in SCRIPTS:
        found += _script_texts((folder / name).read_text(encoding="utf-8"))
    for path in (*sorted((ROOT / "SkullRestoreLib" / "web").glob("*.py")), ROOT / "SkullRestoreLib/scene/section.py"):
        found += _table_texts(ast.parse(path.read_text(encoding="utf-8")))
        if path.stem in ANSWERING:
            found += [one for one in sentences(path) if not one.startswith(FOR_THE_CONSOLE)]
    return list(dict.fromkeys(filter(_is_text, found)))


def _is_text(text: str) -> bool:
    bare = re.sub(r"{\d+}", "", text)
    return bool(re.search(r"[A-Za-z]{2}", bare)) and not re.fullmatch(r"[\d\s.]*(mm|cm²|HU|MB)[\s.]*", bare)


# --- templates


class _Template(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._pieces: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.end_text()
        self._skipped = tag in ("style", "script")
        for name, value in attrs:
            if name in SHOWN_ATTRIBUTES:
                self.texts.append(_one_line(value or ""))
            elif name.removeprefix(":") in SHOWN_ATTRIBUTES:
                self.texts += _numbered(_alternatives(value or ""))
            elif name == "v-for":
                literals = re.findall(r"'([^']*)'", value or "")
                self.texts += [one for one in literals if not one.startswith("mdi-") and one not in _NO_TEXTS]

    def handle_endtag(self, tag: str) -> None:
        self.end_text()
        self._skipped = False

    def handle_data(self, data: str) -> None:
        if not getattr(self, "_skipped", False):
            self._pieces.append(data)

    def end_text(self) -> None:
        text, self._pieces = _one_line("".join(self._pieces)), []
        parts = re.split(r"({{.*?}})", text)
        inside = [_alternatives(part[2:-2]) for part in parts if part.startswith("{{")]
        literal = "".join("{}" if part.startswith("{{") else part for part in parts)
        if literal.replace("{}", "").strip():
            self.texts += _numbered([literal])
        for one in inside:
            self.texts += _numbered(one)


def _template_texts(template: str) -> list[str]:
    parser = _Template()
    parser.feed(re.sub(r"{%.*?%}", "<br>", template))
    parser.close()
    parser.end_text()
    return parser.texts


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def _numbered(patterns: list[str]) -> list[str]:
    numbered = []
    for pattern in patterns:
        numbers = iter(range(1, 10))
        numbered.append(_one_line(re.sub("{}", lambda _, numbers=numbers: f"{{{next(numbers)}}}", pattern)))
    return numbered


def _alternatives(expression: str) -> list[str]:
    """What an expression of the template can be, with {} for values."""
    expression = _one_line(expression)
    while expression.startswith("(") and _closing(expression) == len(expression) - 1:
        expression = expression[1:-1].strip()
    question = _top_level(expression, "?")
    if question:
        at = question[0]
        colon = next(k for k in _top_level(expression, ":") if k > at)
        return _alternatives(expression[at + 1 : colon]) + _alternatives(expression[colon + 1 :])
    plus = _top_level(expression, "+")
    if plus:
        ends = [-1, *plus, len(expression)]
        parts = [_alternatives(expression[a + 1 : b]) for a, b in pairwise(ends)]
        return ["".join(one) for one in product(*parts)]
    literal = re.fullmatch(r"'([^']*)'", expression)
    return [literal[1] if literal else "{}"]


def _closing(expression: str) -> int:
    depth, quoted = 0, False
    for k, letter in enumerate(expression):
        quoted ^= letter == "'"
        depth += 0 if quoted else (letter in "([{") - (letter in ")]}")
        if depth == 0 and k:
            return k
    return len(expression)


def _top_level(expression: str, wanted: str) -> list[int]:
    depth, quoted, found = 0, False, []
    for k, letter in enumerate(expression):
        quoted ^= letter == "'"
        if not quoted:
            depth += (letter in "([{") - (letter in ")]}")
            if depth == 0 and letter == wanted and expression[k : k + 2] not in ("?.", "??"):
                found.append(k)
    return found


# --- scripts


def _script_texts(script: str) -> list[str]:
    script = re.sub(r"^\s*//.*$", "", script, flags=re.MULTILINE)
    script = re.sub(r'" \+\s*"', "", script)
    plain = re.findall(r'"((?:[A-Z]|3D)[^"\n]* [^"\n]*)"', script)
    shown = [one for one in re.findall(r"`([^`]*)`", script) if re.match(r"[A-Z]|\$\{(title|view)", one)]
    return [*plain, *_numbered([re.sub(r"\$\{[^}]*\}", "{}", one) for one in shown])]


# --- tables of the server


def _table_texts(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        name = target.id if isinstance(target, ast.Name) else ""
        if name in TEMPLATE_CONSTANTS and isinstance(node.value, ast.Constant):
            filled = node.value.value.replace("{{", "\1").replace("}}", "\2")
            titles = ("axial", "coronal", "sagittal", *(("3D",) if name == "_VIEW_TOOLS_HTML" else ()))
            for title in titles:
                text = filled.replace("{lower}", title).replace("{name}", title).replace("{title}", "Axial")
                yield from _template_texts(text.replace("\1", "{").replace("\2", "}"))
        elif name in TABLES:
            table = node.value
            shown = table.values if isinstance(table, ast.Dict) else [table]
            for part in table.keys if name in TABLES_OF_KEYS else shown:
                yield from (one.value for one in ast.walk(part) if isinstance(getattr(one, "value", None), str))
