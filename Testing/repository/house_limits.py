"""Count how the code keeps the rules of the house, and write the limits that ``test_house.py`` holds.

    python Testing/repository/house_limits.py            # what is counted today, next to what is allowed
    python Testing/repository/house_limits.py --write    # lower the limits in house_limits.toml to what is counted

``--write`` moves allowances between files, but refuses where the sum of a rule has grown; ``--grow`` accepts that too.
"""

import argparse
import ast
import functools
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIMITS = Path(__file__).with_suffix(".toml")

LINES_OF_A_FUNCTION = 60  # without its docstring
PARAMETERS = 8
WIDTH = 120
ENTRIES_OF_THE_LIBRARY = 30
ONE_WORD_NAMES = 0.35
DOCUMENTED = 0.70
TYPE_IGNORES = 20
PUBLIC_NAMES = 25
IMPORT_S = 0.050

RETIRED = {
    r"foret(?:ell(?:s|ing)?|old)": "predict",
    r"t(?:old|ells)": "report, say, show",
    r"ways? in(?! (?:which|the|a|that|an)\b)": "insertion direction",
    r"a hand": "the user",
    r"lies": "is",
    r"(?<!as a )(?<!on the )whole(?! numbers?\b)": "intact, complete, all of",
    r"beside": "next to, besides",
    r"but for": "except for",
    r"alike": "similar, both",
    r"sought": "looked for, found",
    r"what\b[^.;:|]{0,40}\b(?:is|are) of": "the noun itself",
    r"corridors?": "pipeline",
    r"(?:a|the|each|every|which|no|other|clinical|implant|report|scene) room"
    r"(?! (?:for|to|on|in|left|that|between|is)\b)|rooms": "package",
    r"doors?": "front end",
    r"chapters?": "stage, step",
}
"""Words that texts no longer use, as patterns of complete words, each with the plain one (docs/developer/style.md)."""
RETIRED_PATTERN = re.compile("|".join(rf"\b(?:{pattern})\b" for pattern in RETIRED), re.IGNORECASE)

UNITS = {
    r"(?<!`)\b[cm]m[23]\b(?!`)": "cm², mm², mm³",
    r"\bg/ml\b|(?<=\d )ml\b|(?<=} )ml\b|, ml\b|\(ml\)|\bccm\b": "mL",
    r"\d x \d": "×",
    r"(?<=\d)(?:mm|cm|mL|GB|MB)\b": "a space before the unit",
}
"""Spellings of units and products that texts do not use, as patterns, each with the one that they use."""
_UNITS = re.compile("|".join(UNITS))

PYTHON_FOLDERS = ("SkullRestoreLib", "SkullRestore", "Testing", "benchmarks", "docs", "examples", "tools")
PRODUCT_FOLDERS = ("SkullRestoreLib", "SkullRestore")
BUILD_FILES = ("Makefile", "Dockerfile", "CMakeLists.txt", "requirements.txt", "requirements-dev.txt")


@dataclass(frozen=True)
class Function:
    """One function or method, as the rules see it."""

    where: str  # "file::Class.name"
    name: str
    node: ast.FunctionDef | ast.AsyncFunctionDef
    is_public: bool
    is_nested: bool

    @property
    def line_count(self) -> int:
        """Lines from ``def`` to the end, without the docstring; of a command without its options too."""
        first = self.node.body[0]
        if ast.get_docstring(self.node, clean=False) is None:
            begin, skipped = first.lineno, 0
        else:
            begin, skipped = first.end_lineno + 1, first.end_lineno - first.lineno + 1
        if self.is_command:
            return self.node.end_lineno - begin + 1
        return self.node.end_lineno - self.node.lineno + 1 - skipped

    @property
    def parameters(self) -> list[str]:
        """Names of the parameters, without ``self`` and ``cls``."""
        arguments = self.node.args
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        every += [one for one in (arguments.vararg, arguments.kwarg) if one is not None]
        return [one.arg for one in every if one.arg not in ("self", "cls")]

    @property
    def is_command(self) -> bool:
        """Whether it is a command of Typer's, whose parameters are the options."""
        return "/cli/" in self.where and "typer." in ast.unparse(self.node.args)

    @property
    def is_property(self) -> bool:
        """Whether it is read like an attribute."""
        decorators = [ast.unparse(one) for one in self.node.decorator_list]
        return any(one.endswith(("property", ".setter")) for one in decorators)

    @property
    def has_sections(self) -> bool:
        """Whether its docstring has a section of numpydoc."""
        text = ast.get_docstring(self.node) or ""
        return re.search(r"^(Parameters|Returns|Yields|Raises)\n-{5,}$", text, re.MULTILINE) is not None


# --- reading


@functools.cache
def python_files(*folders: str) -> tuple[Path, ...]:
    """All Python files in some folders of the repository."""
    return tuple(path for folder in folders for path in sorted((ROOT / folder).rglob("*.py")))


@functools.cache
def read(path: Path) -> str:
    """The text of a file."""
    return path.read_text(encoding="utf-8")


@functools.cache
def tree(path: Path) -> ast.Module:
    """A file's syntax tree."""
    return ast.parse(read(path))


def short(path: Path) -> str:
    """A path as messages show it."""
    return path.relative_to(ROOT).as_posix()


@functools.cache
def functions() -> tuple[Function, ...]:
    """Every function of the library and the module for 3D Slicer."""

    def walk(path: Path, node: ast.AST, names: tuple[str, ...], nested: bool) -> Iterator[Function]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                inside = (*names, child.name)
                public = not nested and not any(name.startswith("_") for name in inside)
                yield Function(f"{short(path)}::{'.'.join(inside)}", child.name, child, public, nested)
                yield from walk(path, child, inside, True)
            elif isinstance(child, ast.ClassDef):
                yield from walk(path, child, (*names, child.name), nested)
            else:
                yield from walk(path, child, names, nested)

    return tuple(one for path in python_files(*PRODUCT_FOLDERS) for one in walk(path, tree(path), (), False))


def class_names() -> list[tuple[str, str]]:
    """Where each class is, and its name."""
    return [
        (short(path), node.name)
        for path in python_files(*PRODUCT_FOLDERS)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ClassDef)
    ]


def word_count(name: str) -> int:
    """Words in an identifier, by underscores and capitals."""
    return len([word for word in re.split(r"_|(?<=[a-z])(?=[A-Z])", name.strip("_")) if word])


# --- texts


def texts(path: Path) -> Iterator[tuple[int, str]]:
    """What people read in a file: line number and text."""
    if path.suffix == ".py":
        yield from _python_texts(path)
    elif path.suffix == ".md":
        yield from _markdown_texts(read(path))
    elif path.name in BUILD_FILES or path.suffix in (".js", ".css", ".yml", ".toml"):
        yield from _comment_texts(read(path))
    else:
        yield from _template_texts(read(path))


def _python_texts(path: Path) -> Iterator[tuple[int, str]]:
    """Comments, docstrings, and in the product strings that are sentences."""
    for number, line in enumerate(read(path).split("\n"), 1):
        if comment := re.search(r"(?:^|\s)#\s.*", line):  # tokenize would take seconds
            yield number, comment[0]
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield from _numbered(node.lineno, node.value.value)
        elif (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and "\n" not in node.value
            and len(node.value.split()) >= 4
            and short(path).startswith(PRODUCT_FOLDERS)
        ):
            yield node.lineno, node.value


def _numbered(start: int, text: str) -> Iterator[tuple[int, str]]:
    return ((start + number, line) for number, line in enumerate(text.split("\n")))


def _markdown_texts(text: str) -> Iterator[tuple[int, str]]:
    """Lines without code and without what scripts write between their marks."""
    hidden = re.compile(r"^```.*?^```|<!-- (?:generated|bench)\b.*?<!-- (?:end|/bench) -->", re.MULTILINE | re.DOTALL)
    text = hidden.sub(lambda found: "\n" * found[0].count("\n"), text)
    return _numbered(1, re.sub(r"`[^`\n]*`|\]\([^)]*\)|<[^>\n]*>", " ", text))


def _template_texts(text: str) -> Iterator[tuple[int, str]]:
    """Lines without tags, styles, scripts and the template's own code."""
    hidden = re.compile(r"<(style|script)\b.*?</\1>|<[^>]*>|\{[{%#].*?[}%#]\}", re.DOTALL)
    return _numbered(1, hidden.sub(lambda found: "\n" * found[0].count("\n"), text))


def _comment_texts(text: str) -> Iterator[tuple[int, str]]:
    """Comments after # or //, between /* and */, and what a recipe prints."""
    comment = re.compile(r"(?:^|\s)(?:#|//)\s?(.*)|/\*(.*?)(?:\*/|$)|\becho\b(.*)")
    for number, line in enumerate(text.split("\n"), 1):
        if found := comment.search(line):
            yield number, next(part for part in found.groups() if part is not None)


def text_files() -> list[Path]:
    """All files whose words are for people."""
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "Resources").rglob("*.md")]
    templates = [path for ending in ("*.j2", "*.html", "*.ui") for path in (ROOT / "Resources").rglob(ending)]
    builds = [
        *(ROOT / name for name in BUILD_FILES if (ROOT / name).is_file()),
        *ROOT.glob("*.toml"),
        *ROOT.glob("*.yml"),
    ]
    builds += [path for ending in ("*.js", "*.css") for path in (ROOT / "Resources").rglob(ending)]
    builds += (ROOT / ".github").rglob("*.yml")
    return [*python_files(*PYTHON_FOLDERS), *sorted(pages), *sorted(templates), *sorted(builds)]


@functools.cache
def retired_words() -> dict[str, tuple[str, ...]]:
    """Retired words by file, each as "line: word -> plainly"."""
    found: dict[str, tuple[str, ...]] = {}
    for path in text_files():
        if not RETIRED_PATTERN.search(read(path)):  # most files, which need not be parsed then
            continue
        matches = {(line, match[0]) for line, text in texts(path) for match in RETIRED_PATTERN.finditer(text)}
        places = [f"{line}: {word} -> {_plainly(word)}" for line, word in sorted(matches)]
        if places:
            found[short(path)] = tuple(places)
    return found


def other_units() -> list[str]:
    """Units that are spelt in another way than everywhere else, as "file:line: text"; tests may quote anything."""
    found = {
        f"{short(path)}:{line}: {unit[0]}"
        for path in text_files()
        if not short(path).startswith("Testing/") and _UNITS.search(read(path))
        for line, text in [*texts(path), *_formatted_values(path)]
        for unit in _UNITS.finditer(text)
    }
    return sorted(found)


def _formatted_values(path: Path) -> Iterator[tuple[int, str]]:
    """What follows the values in strings such as ``f"{volume:.1f} mL"``; texts() leaves short strings out."""
    if path.suffix == ".py":
        for number, line in enumerate(read(path).split("\n"), 1):
            yield from ((number, found[0]) for found in re.finditer(r"\} ?\w+", line))


def _plainly(word: str) -> str:
    return next(plain for pattern, plain in RETIRED.items() if re.match(rf"(?:{pattern})\b", word, re.IGNORECASE))


# --- what is counted, and by what it is allowed


def long_functions() -> Counter[str]:
    """Functions with too many lines."""
    return Counter({one.where: one.line_count for one in functions() if one.line_count > LINES_OF_A_FUNCTION})


def many_parameters() -> Counter[str]:
    """Functions with too many parameters; the options of a command do not count."""
    return Counter(
        {
            one.where: len(one.parameters)
            for one in functions()
            if len(one.parameters) > PARAMETERS and not one.is_command
        }
    )


def package_of(path: Path) -> str:
    """A file's package, or the module of the library itself."""
    return "/".join(path.relative_to(ROOT).with_suffix("").parts[:2])


def wide_lines() -> Counter[str]:
    """Lines over the width, by package."""
    counted: Counter[str] = Counter()
    for path in python_files(*PYTHON_FOLDERS):
        counted[package_of(path)] += sum(len(line) > WIDTH for line in read(path).split("\n"))
    return +counted


def retired_word_counts() -> Counter[str]:
    """Retired words by file."""
    return Counter({path: len(places) for path, places in retired_words().items()})


def documented_share() -> float:
    """Which part of the public functions that take parameters has sections of numpydoc in its docstring."""
    public = [
        one
        for one in functions()
        if one.is_public and one.parameters and not one.is_property and one.where.startswith("SkullRestoreLib")
    ]
    return sum(one.has_sections for one in public) / len(public)


RULES: dict[str, Callable[[], Counter[str]]] = {
    "long_functions": long_functions,
    "many_parameters": many_parameters,
    "wide_lines": wide_lines,
    "retired_words": retired_word_counts,
}


def limits() -> dict:
    """What is allowed today."""
    return tomllib.loads(read(LIMITS)) if LIMITS.is_file() else {}


def written(counted: dict[str, Counter[str]], documented: int) -> str:
    """The limits as a file."""
    lines = [
        "# Written by house_limits.py --write, never by hand. Each table lists what does not keep a rule yet;",
        "# test_house.py fails where there is more than listed, and where there is less. At the end all are empty.",
        "",
        "# Per cent of the public functions with parameters that have sections of numpydoc; it may only rise.",
        f"documented_percent = {documented}",
    ]
    for rule, counts in counted.items():
        lines += ["", f"[{rule}]", *(f'"{place}" = {count}' for place, count in sorted(counts.items()))]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Show what is counted, and write it."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--write", action="store_true", help="lower the limits to what is counted")
    parser.add_argument("--grow", action="store_true", help="with --write: accept more as well")
    options = parser.parse_args()
    allowed = limits()
    counted = {rule: count() for rule, count in RULES.items()}
    documented = int(100 * documented_share())
    worse = []
    for rule, counts in counted.items():
        before = sum(allowed.get(rule, {}).values())
        print(f"{rule}: {counts.total()} in {len(counts)} places (allowed: {before})")
        if rule in allowed and counts.total() > before:
            worse.append(rule)
    print(f"documented: {documented} % (at least {allowed.get('documented_percent', 0)} %)")
    if documented < allowed.get("documented_percent", 0):
        worse.append("documented")
    if options.write and worse and not options.grow:
        print(f"Not written: there is more than before of {', '.join(worse)}.", file=sys.stderr)
        return 1
    if options.write:
        LIMITS.write_text(written(counted, documented), encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
