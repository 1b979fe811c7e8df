"""Fill the generated parts of the site while MkDocs builds it: reference pages, and the list of decisions.

A page asks for a generated part by a mark on a line of its own, such as ``<!-- generate: settings -->``.
Everything is made from the working tree; nothing is downloaded.
"""

import ast
import dataclasses
import importlib
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from markdown import Extension, Markdown
from markdown.preprocessors import Preprocessor
from mkdocs.plugins import event_priority
from mkdocs.structure.files import File

ROOT = Path(__file__).resolve().parent.parent
LIBRARY = ROOT / "SkullRestoreLib"
FRONT_ENDS = {"cli", "web"}
"""Packages without a page: nobody calls their code; the command line has a page of its own."""
MARK = re.compile(r"^<!-- generate: ([\w-]+) -->$", re.MULTILINE)


@event_priority(100)  # before mkdocstrings takes over the Markdown extensions
def on_config(config):
    """Put the decisions and the modules of the library into the navigation; show doctests as code."""
    config.markdown_extensions.append(DoctestExtension())
    pages = {
        "decisions": sorted(f"decisions/{path.name}" for path in (ROOT / "docs" / "decisions").glob("[0-9]*.md")),
        "modules": [f"reference/modules/{name}.md" for name in packages()],
    }
    config.nav = _filled(config.nav, pages)
    return config


def _filled(nav: list, pages: dict[str, list[str]]) -> list:
    """Replace each entry that is the name of generated pages, such as ``modules``, by those pages."""
    filled = []
    for entry in nav:
        if isinstance(entry, str) and entry in pages:
            filled += pages[entry]
        elif isinstance(entry, dict):
            filled.append(
                {title: _filled(value, pages) if isinstance(value, list) else value for title, value in entry.items()}
            )
        else:
            filled.append(entry)
    return filled


def on_files(files, config):
    """Add one page for each package of the library, and the icon."""
    for name, modules in packages().items():
        files.append(File.generated(config, f"reference/modules/{name}.md", content=_module_page(name, modules)))
    files.append(
        File.generated(config, "img/icon.png", abs_src_path=str(ROOT / "Resources" / "Icons" / "SkullRestore.png"))
    )
    return files


def on_page_markdown(markdown, page, config, files):
    """Replace the marks of a page by what is generated for them."""
    return MARK.sub(lambda mark: GENERATORS[mark[1]](), markdown)


def on_page_content(html, page, config, files):
    """Drop the Sphinx roles that docstrings use, such as ``:class:``; the name after them remains."""
    return re.sub(r":(?:class|func|mod|meth|attr|data|exc):(?=<code>)", "", html)


class DoctestExtension(Extension):
    """Shows a doctest as code anywhere; mkdocstrings does so in a section *Examples* only."""

    def extendMarkdown(self, md: Markdown) -> None:
        """Register the preprocessor before that of fenced code."""
        md.preprocessors.register(DoctestFences(md), "doctest-fences", 30)


class DoctestFences(Preprocessor):
    """Puts fences around each doctest, from its first prompt to the next empty line."""

    def run(self, lines: list[str]) -> list[str]:
        """Return the lines with fences; what is inside of a fence already is left alone."""
        out, doctest, fenced = [], False, False
        for line in lines:
            fenced ^= line.lstrip().startswith("```")
            if line.startswith(">>> ") and not fenced and not doctest:
                out.append("```pycon")
                doctest = True
            elif doctest and not line.strip():
                out.append("```")
                doctest = False
            out.append(line)
        return [*out, "```"] if doctest else out


# --- the library's modules


def packages() -> dict[str, list[str]]:
    """Dotted modules of the library by package; those that belong to no package come first, under ``SkullRestoreLib``.

    Without front ends and private packages.
    """
    found: dict[str, list[str]] = {"SkullRestoreLib": []}
    for path in sorted(LIBRARY.rglob("*.py")):
        parts = path.relative_to(LIBRARY).with_suffix("").parts
        if parts == ("__init__",) or parts[0] in FRONT_ENDS or (len(parts) > 1 and parts[0].startswith("_")):
            continue
        name = ".".join(("SkullRestoreLib", *(part for part in parts if part != "__init__")))
        found.setdefault(parts[0] if len(parts) > 1 else "SkullRestoreLib", []).append(name)
    return found


def _module_page(name: str, modules: list[str]) -> str:
    """Make the page of one package, one section for each of its modules that says something."""
    lines = [f"# {name}", ""]
    for module in modules:
        if _has_text(module):
            lines += [f"::: {module}", ""]
    return "\n".join(lines)


def _has_text(module: str) -> bool:
    path = ROOT.joinpath(*module.split("."))
    source = path.with_suffix(".py") if path.with_suffix(".py").is_file() else path / "__init__.py"
    return bool(source.read_text(encoding="utf-8").strip())


# --- generated parts of pages


PUBLIC_GROUPS = {
    "From a CT to files": ("io.read", "pipeline.api"),
    "One step at a time": ("pipeline.step_functions",),
    "Records": ("pipeline.editable", "records"),
    "Settings": ("settings",),
    "Errors": ("errors",),
}
"""Heading on the page of the public names -> modules that hold the names beneath it."""


def public_names() -> str:
    """List the public names in the order in which a program uses them, then document each with its own docstring."""
    library = importlib.import_module("SkullRestoreLib")
    homes = {name: home.partition(":")[0] for name, home in library._HOMES.items()}
    lines, parts = ["| Name | What it does or holds |", "| --- | --- |"], []
    for heading, modules in PUBLIC_GROUPS.items():
        parts += [f"## {heading}", ""]
        for name in (name for module in modules for name, home in homes.items() if home == module):
            value = getattr(library, name)
            place = value.__name__ if isinstance(value, ModuleType) else f"{value.__module__}.{value.__qualname__}"
            summary = (value.__doc__ or "").strip().split("\n\n")[0].replace("\n", " ").replace("|", "\\|")
            summary = re.sub(r":\w+:`~?(?:\w+\.)*(\w+)`", r"`\1`", summary).replace("``", "`")
            lines.append(f"| [`sr.{name}`](#{place}) | {summary} |")
            parts += [f"### `sr.{name}`", "", *_reference_block(place), ""]
    return "\n".join([*lines, "", *parts])


def _reference_block(place: str) -> list[str]:
    """The block from which mkdocstrings documents a name beneath a heading that is there already."""
    options = {"show_root_heading": "false", "show_root_toc_entry": "false", "show_bases": "false", "heading_level": 4}
    return [f"::: {place}", "    options:", *(f"      {name}: {value}" for name, value in options.items())]


def commands() -> str:
    """Describe every command with Typer's own generator."""
    module = _project()["scripts"]["skullrestore"].partition(":")[0]
    command = [sys.executable, "-m", "typer", module, "utils", "docs", "--name", "skullrestore"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", timeout=60, check=False)
    if done.returncode:
        raise RuntimeError(f"Typer could not describe the command line:\n{done.stderr}")
    text = re.sub(r'<span style="font-weight: bold">(.*?)</span>', r"**\1**", done.stdout)
    text = re.sub(r'<span style="color[^>]*>(.*?)</span>', r"`\1`", text)
    return re.sub(r"^# .*\n", "", text, count=1)


def settings() -> str:
    """Describe every setting, by group."""
    module = importlib.import_module("SkullRestoreLib.settings")
    groups: dict[str, list[str]] = {}
    for prefix, record in (("", module.Settings), ("implant.", module.ImplantSettings), ("", module.PlanSettings)):
        for one in module.list_settings(record):
            cells = (
                f"**{one.label}**: {one.help}",
                f"`{one.cli_flag}`",
                f"`{prefix}{one.name}`",
                _default(one),
                _range(one),
            )
            groups.setdefault(one.group, []).append("| " + " | ".join(cells) + " |")
    head = "| Setting | Command line | Python | Default | Range |\n| --- | --- | --- | --- | --- |\n"
    return "\n\n".join(f"## {group}\n\n{head}" + "\n".join(rows) for group, rows in groups.items())


def method_parameters() -> str:
    """Describe every number of the method, step by step, with the texts that are below them in the source."""
    module = importlib.import_module("SkullRestoreLib.method_parameters")
    records = {one.name: one for one in ast.parse(_source(module)).body if isinstance(one, ast.ClassDef)}
    lines = []
    for step in dataclasses.fields(module.MethodParameters):
        values = getattr(module.METHOD, step.name)
        record = records[type(values).__name__]
        title, *_ = (ast.get_docstring(record) or "").split("\n")
        title = re.sub(r":mod:`([\w.]+)`", r"`\1`", title)
        lines += [f"## `{step.name}`", "", title, "", "| Number | Value | What it decides |", "| --- | --- | --- |"]
        for number, text in zip(record.body, record.body[1:], strict=False):
            if isinstance(number, ast.AnnAssign):
                name, said = number.target.id, " ".join(text.value.value.split()).replace("|", "\\|")
                lines.append(f"| `{name}` | {getattr(values, name)} | {_decision_links(said)} |")
        lines.append("")
    return "\n".join(lines)


def _source(module: ModuleType) -> str:
    return Path(module.__file__).read_text(encoding="utf-8")


def _decision_links(text: str) -> str:
    """Link the decisions that a text names from a page of the reference."""
    paths = {path.name[:4]: path.name for path in (ROOT / "docs" / "decisions").glob("[0-9]*.md")}
    return re.sub(r"decision (\d{4})", lambda found: f"[{found[0]}](../decisions/{paths[found[1]]})", text)


def _default(one) -> str:
    """A setting's default with its unit."""
    if one.default is None:
        return "found by the program" if one.kind in ("number", "direction") else "none"
    if one.kind == "switch":
        return "on" if one.default else "off"
    if one.default == ():
        return "none"
    return f"{one.default} {one.unit}".strip()


def _range(one) -> str:
    """Which values a setting may have."""
    if one.choices:
        return ", ".join(f"`{choice}`" for choice in one.choices)
    if one.low is not None:
        return f"{one.low:g} to {one.high:g} {one.unit}".strip()
    return {
        "switch": "on, off",
        "direction": "three numbers R,A,S",
        "labels": "labels such as 1-03",
        "numbers": "numbers such as 1,3",
    }.get(one.kind, "text")


def schema() -> str:
    """Describe every key of ``restoration.json``."""
    document = json.loads((ROOT / "Resources" / "restoration.schema.json").read_text(encoding="utf-8"))
    rows = [f"| `{path}` | {kind} | {text} |" for path, kind, text in _keys(document, document, "")]
    return "\n".join(["| Key | Type | Meaning |", "| --- | --- | --- |", *rows])


def _keys(document: dict, node: dict, path: str) -> Iterator[tuple[str, str, str]]:
    """Yield path, type and description of every key beneath a node of a JSON Schema."""
    for name, child in node.get("properties", {}).items():
        here = f"{path}.{name}" if path else name
        child = _resolved(document, child)
        branches = [_resolved(document, branch) for branch in child.get("anyOf", [child])]
        inner = next((branch for branch in branches if branch.get("type") != "null"), {})
        optional = any(branch.get("type") == "null" for branch in branches)
        items = _resolved(document, inner["items"]) if isinstance(inner.get("items"), dict) else {}
        text = (child.get("description") or inner.get("description") or "").replace("|", "\\|")
        yield here, _type(inner, items) + (" or null" if optional else ""), text
        yield from _keys(document, inner, here)
        yield from _keys(document, items, f"{here}[]")
        if isinstance(extra := inner.get("additionalProperties"), dict):
            yield from _keys(document, _resolved(document, extra), f"{here}.*")


def _resolved(document: dict, node: dict) -> dict:
    """Follow a node's reference into the definitions of its document."""
    if "$ref" in node:
        return document["$defs"][node["$ref"].removeprefix("#/$defs/")]
    return node


def _type(node: dict, items: dict) -> str:
    """A node's type in words."""
    if "const" in node:
        return f"always `{node['const']}`"
    if "enum" in node:
        return "one of " + ", ".join(f"`{value}`" for value in node["enum"])
    kind = node.get("type", "any")
    if kind == "array" and "type" in items:
        return f"list of {items['type']}"
    return kind if isinstance(kind, str) else " or ".join(kind)


def layers() -> str:
    """Show the import contract of ``pyproject.toml``, one row for each layer, with what each package is for."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        contracts = tomllib.load(file)["tool"]["importlinter"]["contracts"]
    contract = next(one for one in contracts if one["type"] == "layers")
    rows = ["| Layer | Packages and modules |", "| ---: | --- |"]
    for number, layer in enumerate(reversed(contract["layers"])):
        names = re.findall(r"\w+", layer)
        rows.append(f"| {number} | " + "<br>".join(f"`{name}`: {_summary(name)}" for name in names) + " |")
    return "\n".join(rows)


def package_table() -> str:
    """List the modules of every package of the library, subpackages included."""
    rows = ["| Package | Modules |", "| --- | --- |"]
    for folder in sorted(path.parent for path in LIBRARY.rglob("__init__.py")):
        names = sorted(path.stem for path in folder.glob("*.py") if path.stem != "__init__")
        if names and folder != LIBRARY:
            package = folder.relative_to(LIBRARY).as_posix()
            rows.append(f"| `{package}` | " + ", ".join(f"`{name}`" for name in names) + " |")
    return "\n".join(rows)


def _summary(name: str) -> str:
    """First sentence of a module's or package's docstring."""
    path = LIBRARY / f"{name}.py" if (LIBRARY / f"{name}.py").is_file() else LIBRARY / name / "__init__.py"
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) if path.is_file() else None
    return (text or "").split("\n\n")[0].replace("\n", " ").replace("|", "\\|")


def _project() -> dict:
    with (ROOT / "pyproject.toml").open("rb") as file:
        return tomllib.load(file)["project"]


GENERATORS = {
    "public-names": public_names,
    "commands": commands,
    "settings": settings,
    "method-parameters": method_parameters,
    "schema": schema,
    "layers": layers,
    "packages": package_table,
}
