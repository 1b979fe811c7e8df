"""Every text of the library that is translated: sentences, pieces that are put into them, and templates of reports.

``make_translations.py`` writes them into the catalogues, next to those of the panel. A new text of the library is found
here without anybody's doing, and a test fails until it is translated or named in :data:`NOT_SHOWN`.
"""

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIBRARY = ROOT / "SkullRestoreLib"
ENGLISH_PARTS = ("cli", "evaluation", "training", "phantom", "batch", "web")
"""The command line and what is run from it stays English; the page has a context of its own."""
ENGLISH_FILES = (
    "__init__.py",
    "_system/dask_jobs.py",
    "_system/nrrd_writer.py",
    "_system/own_process.py",
    "_system/sparse_factor.py",
    "_system/translation.py",
    "geometry/icosphere.py",
    "geometry/metrics.py",
    "report/fact_records.py",
    "report/schema.py",
    "report/schema_keywords.py",
    "pipeline/api.py",
    "pipeline/step_functions.py",
)
"""Only programmers meet what these say."""
REPORT_TEMPLATES = ("report.html.j2", "plan.html.j2")
REPORT_FILES = (
    *(f"report/{name}.py" for name in ("words", "sheet_words", "plan_sheet", "pdf", "pdf_paper", "html", "figures")),
    *(f"report/{name}.py" for name in ("render", "cross_section", "facts")),
    "planning/write_plan.py",
)
"""Files whose templates, filled by ``say``, have a context of their own: nothing is recognised by them."""
_NOT_FOR_PEOPLE = ("TypeError", "KeyError", "RuntimeError", "AssertionError", "NotImplementedError")
_FIRST_IS_A_KEY = ("fault_error", "fault_sentence", "setting_field", "get", "partition", "split", "debug")
ALL = "*"
NOT_SHOWN: dict[str, tuple[str, ...]] = {
    "_system/memory.py": ("bad allocation", "Failed to allocate memory", "not enough memory", "out of memory"),
    "defects/detect.py": ("low {}", "{}, low to the base"),  # every region is kept by hand
    "geometry/surface_mesh.py": ("in metres", "in centimetres", "in inches", "in micrometres"),
    "implant/checks.py": ("rim gap",),
    "io/case_file.py": (ALL,),
    "io/dicom_export.py": (ALL,),
    "io/dicom_pixels.py": ("the compressed image has another size than its header says",),
    "io/dicom_source.py": ("Not stated in the CT",),
    "io/head_size.py": (ALL,),
    "io/image_data.py": (ALL,),
    "io/image_header.py": (ALL,),
    "io/markups.py": (ALL,),
    "io/mask_margins.py": (ALL,),
    "io/mesh_files.py": (ALL,),
    "io/metaimage.py": (ALL,),
    "io/nrrd.py": (ALL,),
    "io/scene_models.py": (ALL,),
    "io/stl.py": ("a corner without its three numbers",),
    "io/write.py": ("Trim line {} of implant {}",),
    "pipeline/plain_values.py": (ALL,),
    "pipeline/saved_case.py": (ALL,),
    "pipeline/write_result.py": ("own {}",),
    "planning/navigation.py": (ALL,),
    "planning/plan_pictures.py": ("The {}", "The {}, cut"),  # each is kept by hand
    "planning/saved_plan.py": (ALL,),
    "planning/write_plan.py": ("Resection line", "SkullRestore resection plan"),
    "prediction/models.py": ("warm up",),
    "report/facts.py": (),
    "report/pdf_paper.py": ("SkullRestore {}",),
    "report/plan_sheet.py": ("SkullRestore {}",),
    "report/render.py": ("defect {}", "object {}"),
    "scene/bone_nodes.py": (ALL,),
    "scene/section.py": (ALL,),
    "settings.py": ("Implant: parts and mould",),
    "scene/change_watch.py": (ALL,),
    "scene/inputs.py": ("Binary labelmap",),
    "scene/models.py": ("SkullRestore one-sided", "SkullRestore two-sided"),
    "session/states.py": (ALL,),
}
"""Pieces of strings, by file, that nobody reads on a screen or a report: keys, names in files, notes to programmers."""


def shown_files() -> list[Path]:
    """Files of the library of which a front end may show texts."""
    paths = sorted(LIBRARY.rglob("*.py"))
    names = {path: path.relative_to(LIBRARY).as_posix() for path in paths}
    return [p for p in paths if names[p].split("/")[0] not in ENGLISH_PARTS and names[p] not in ENGLISH_FILES]


def library_sentences() -> list[str]:
    """Every sentence of the library, with {1}, {2} for what is put in; help texts of the panel's settings too."""
    found: dict[str, None] = dict.fromkeys(fault_sentences())
    for path in shown_files():
        name = path.relative_to(LIBRARY).as_posix()
        if name == "input_faults.py":
            continue
        templates = set(said_texts(path))
        found |= dict.fromkeys(text for text in sentences(path) if text not in templates)
        if name not in REPORT_FILES:
            found |= dict.fromkeys(text for text in said_texts(path) if "|" not in text)
    return list(found)


def fault_sentences() -> Iterator[str]:
    """Sentences of the table of input faults."""
    sys.path.insert(0, str(ROOT))
    from SkullRestoreLib.input_faults import INPUT_FAULTS

    for fault in INPUT_FAULTS.values():
        yield _numbered(re.sub(r"{\w+}", "{}", f"{fault.seen}: most likely {fault.likely}."))
        if fault.advice != "{advice}":
            yield _numbered(re.sub(r"{\w+}", "{}", fault.advice))


def report_texts() -> list[str]:
    """Every template of the reports."""
    found = [text for name in REPORT_FILES for text in said_texts(LIBRARY / name)]
    for name in REPORT_TEMPLATES:
        found += re.findall(r'say\("([^"]*)"', (ROOT / "Resources" / name).read_text(encoding="utf-8"))
    return list(dict.fromkeys(found))


@cache
def said_texts(path: Path) -> tuple[str, ...]:
    """Templates that a file gives to ``say`` and ``said``: written there, or in a constant or variable."""
    content = path.read_text(encoding="utf-8")
    if not re.search(r"\bsa(y|id)\(", content):
        return ()
    tree, found = _tree(path), []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("say", "said"):
            for part in ast.walk(node.args[0]):
                if isinstance(part, ast.Constant) and isinstance(part.value, str) and not _is_key(part, node.args[0]):
                    found.append(part.value)
                name = getattr(part, "id", getattr(part, "attr", ""))
                if name.isupper():
                    found += _constants()[name]
                elif isinstance(part, ast.Name):
                    found += _assigned(tree, name)
    return tuple(dict.fromkeys(found))


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _is_key(part: ast.Constant, argument: ast.expr) -> bool:
    """Whether a string is the key of a table of texts, or compared with something."""
    users = (node for node in ast.walk(argument) if isinstance(node, ast.Subscript | ast.Compare))
    return any(part in ast.walk(user) for user in users)


@cache
def _constants() -> dict[str, list[str]]:
    """Texts of the tables at the top of the files that reports are written by, by name."""
    known: dict[str, list[str]] = {}
    for path in (LIBRARY / name for name in REPORT_FILES):
        for node in _tree(path).body:
            target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
            if isinstance(target, ast.Name) and isinstance(node, ast.Assign | ast.AnnAssign) and node.value:
                parts = node.value.values if isinstance(node.value, ast.Dict) else [node.value]
                known.setdefault(target.id, []).extend(text for part in parts for text in _strings(part))
    return known


def _assigned(tree: ast.Module, name: str) -> Iterator[str]:
    """Texts that a variable may have."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == name:
            yield from _strings(node.value)


def _strings(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.IfExp):
        yield from (*_strings(node.body), *_strings(node.orelse))
    elif isinstance(node, ast.Tuple | ast.List):
        yield from (text for part in node.elts for text in _strings(part))
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value


def sentences(path: Path) -> Iterator[str]:
    """Sentences in a file's strings, docstrings left out; options become what is put in, too."""
    for text in _texts(path):
        if text.endswith("{}"):  # a sentence, after which another one is put in
            text = re.sub(r"(?<=[a-z')}][.?]) ({} ?)+$", "", text)
        if _is_sentence(text):
            yield _numbered(text)


def _is_sentence(text: str) -> bool:
    return bool(
        re.match(r"({}|[A-Z'])", text) and re.search(r"[a-z]{2} [a-z]|{} [a-z]{3}", text) and re.search(r"[.?]$", text)
    )


def fragments() -> list[str]:
    """Pieces of two words or more that are no sentences: what is put into sentences, and names of what is shown."""
    return [text for texts in fragments_by_file().values() for text in texts]


def fragments_by_file() -> dict[str, list[str]]:
    """As :func:`fragments`, by file."""
    found: dict[str, list[str]] = {}
    said = {text for path in shown_files() for text in said_texts(path)}
    for path in shown_files():
        name = path.relative_to(LIBRARY).as_posix()
        for text in _texts(path):
            is_phrase = re.search(r"[a-z]{2} [a-z{]|} [a-z]{2}|[a-z]{2} {", text)
            if not is_phrase or any(_is_sentence(one) for one in (text, re.sub(r" ({} ?)+$", "", text))):
                continue
            if name == "input_faults.py" or text in said:
                continue
            left_out = NOT_SHOWN.get(name, ())
            if ALL not in left_out and text not in left_out:
                found.setdefault(name, []).append(_numbered(text))
    return {name: list(dict.fromkeys(texts)) for name, texts in found.items()}


def setting_words() -> Iterator[str]:
    """Labels, choices and units of all settings."""
    sys.path.insert(0, str(ROOT))
    from SkullRestoreLib.settings import ImplantSettings, PlanSettings, ResectionChoices, Settings, list_settings

    for record in (Settings, ImplantSettings, PlanSettings, ResectionChoices):
        for spec in list_settings(record):
            choices = () if spec.name in ("pose", "language", "device") else spec.choices
            yield from (text for text in (spec.label, spec.unit, *choices) if re.search("[A-Za-z]{2}", text or ""))


@cache
def _texts(path: Path) -> tuple[str, ...]:
    """Every string of a file that may be shown; {} for what is put in."""
    nodes, found = tuple(ast.walk(_tree(path))), []
    left_out = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    for node in nodes:
        if isinstance(node, ast.JoinedStr):
            left_out |= {id(part) for part in node.values}
        elif isinstance(node, ast.Call):
            called = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if called in _NOT_FOR_PEOPLE:
                left_out |= {id(part) for argument in node.args for part in ast.walk(argument)}
            elif called in _FIRST_IS_A_KEY and node.args:
                left_out |= {id(part) for part in ast.walk(node.args[0])}
        elif isinstance(node, ast.Subscript):
            left_out |= {id(part) for part in ast.walk(node.slice)}
        elif isinstance(node, ast.FunctionDef) and node.name == "__repr__":
            left_out |= {id(part) for part in ast.walk(node)}
    for node in nodes:
        if id(node) in left_out:
            continue
        if isinstance(node, ast.JoinedStr):
            text = "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
        else:
            continue
        for line in re.sub(r"--[a-z][a-z-]*", "{}", text).split("\n"):  # lines are translated one by one
            found.append(line.strip())
    return tuple(found)


def _numbered(text: str) -> str:
    """Number the places of a text: {1}, {2}."""
    numbers = iter(range(1, 30))
    return re.sub("{}", lambda _found: f"{{{next(numbers)}}}", text)
