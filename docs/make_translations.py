"""Bring the catalogues of translations up to date with panel, library and browser page. `make translations`.

Reads every text of the .ui, every ``_("...")`` of the module, and every text of the library that somebody reads; keeps
the translations that are there, marks new texts as unfinished, and drops those that are gone. The files are Qt's (.ts,
for Qt Linguist and Weblate). Where PySide6 is installed, the .qm files are made from them.
"""

import ast
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "Resources" / "Translations"
LANGUAGES = {"de": "de_DE", "ru": "ru_RU"}
PANEL, LIBRARY, WORDS = "SkullRestore", "SkullRestoreLib", "SkullRestoreWords"
REPORT, WEB = "SkullRestoreReport", "SkullRestoreWeb"
"""Contexts: texts of the panel; sentences of the library with {1}, {2} for what is put in; its words and pieces of
sentences, and those that are kept by hand; templates of reports; texts of the browser page that are in no other
context."""
MODULE = (
    *sorted((ROOT / "SkullRestore").glob("*.py")),
    *sorted((ROOT / "SkullRestore" / "SkullDefectEffectLib").glob("*.py")),
    *sorted((ROOT / "SkullRestore" / "SkullRestorePanelLib").glob("*.py")),
)


def panel_contexts() -> dict[str, list[str]]:
    """Every text of the panel, with the contexts under which Slicer may look for it.

    A text of the .ui is in the context of its form. For one of a Python file versions of Slicer take the file's name or
    that of its package.
    """
    root = ET.parse(ROOT / "Resources" / "UI" / "SkullRestore.ui").getroot()
    lists = {id(one) for names in root.iter("stringlist") for one in names}
    strings = [one for one in root.iter("string") if id(one) not in lists and one.get("notr") != "true"]
    contexts = {one.text: [PANEL] for one in strings if one.text and one.text.strip()}
    for path in MODULE:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_":
                contexts.setdefault(node.args[0].value, []).extend([path.stem, path.parent.name])
    return {text: list(dict.fromkeys(names)) for text, names in contexts.items()}


def library_texts() -> list[str]:
    """Every sentence of the library that a front end can show; help texts of settings are tooltips of the panel."""
    sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]
    from library_texts import library_sentences

    from SkullRestoreLib.settings import ImplantSettings, PlanSettings, ResectionChoices, Settings, list_settings

    records = (Settings, ImplantSettings, PlanSettings, ResectionChoices)
    known_as_help = {spec.help for record in records for spec in list_settings(record)}
    return [text for text in library_sentences() if text not in known_as_help]


def piece_texts() -> list[str]:
    """Every piece of a sentence of the library, and names of settings and choices that only a report shows."""
    sys.path.insert(0, str(Path(__file__).parent))
    from library_texts import fragments, setting_words

    known = {text.removesuffix(":") for text in panel_contexts()}
    return [text for text in dict.fromkeys((*fragments(), *setting_words())) if text not in known]


def web_texts(words: list[str]) -> list[str]:
    """Every text of the browser page that neither panel nor library has; ``words`` are those that are kept by hand."""
    sys.path.insert(0, str(Path(__file__).parent))
    from library_texts import sentences
    from page_texts import page_texts

    known = {*panel_contexts(), *library_texts(), *words}
    known |= {text.removesuffix(":") for text in known}
    return [text for text in page_texts(sentences) if text not in known]


def read_catalogue(path: Path) -> dict[tuple[str, str], str]:
    """Translations of a file, by context and text; unfinished ones are left out."""
    if not path.is_file():
        return {}
    return {
        (context.findtext("name"), message.findtext("source")): message.findtext("translation")
        for context in ET.parse(path).getroot().iter("context")
        for message in context.iter("message")
        if message.findtext("translation")
    }


def write_catalogue(path: Path, language: str, texts: dict[str, list[str]], known: dict[tuple[str, str], str]) -> None:
    """Write a catalogue in Qt's format."""
    root = ET.Element("TS", version="2.1", language=language, sourcelanguage="en")
    for name, sources in texts.items():
        context = ET.SubElement(root, "context")
        ET.SubElement(context, "name").text = name
        for source in sources:
            message = ET.SubElement(context, "message")
            ET.SubElement(message, "source").text = source
            translation = ET.SubElement(message, "translation")
            translation.text = known.get((name, source))
            if translation.text is None:
                translation.set("type", "unfinished")
    ET.indent(root, " ")
    body = ET.tostring(root, encoding="unicode")
    path.write_text(f'<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE TS>\n{body}\n', encoding="utf-8")


def compile_catalogue(path: Path) -> None:
    """Make the .qm file: the panel's texts, in every context under which Slicer may look for them."""
    import PySide6

    known = {source: text for (context, source), text in read_catalogue(path).items() if context == PANEL}
    texts: dict[str, list[str]] = {}
    for source, contexts in panel_contexts().items():
        for name in contexts if source in known else ():
            texts.setdefault(name, []).append(source)
    with tempfile.TemporaryDirectory() as folder:
        wide = Path(folder) / path.name
        write_catalogue(wide, "en", texts, {(name, source): known[source] for name in texts for source in texts[name]})
        program = Path(PySide6.__file__).parent / "lrelease"
        subprocess.run([program, "-silent", wide, "-qm", path.with_suffix(".qm")], check=True)


def all_texts(kept: list[str]) -> dict[str, list[str]]:
    """Every text of a catalogue by context; ``kept`` are the words that are in it already."""
    sys.path.insert(0, str(Path(__file__).parent))
    from library_texts import report_texts

    panel, library = list(panel_contexts()), library_texts()
    words = [text for text in dict.fromkeys((*kept, *piece_texts())) if text not in library]
    return {PANEL: panel, LIBRARY: library, WORDS: words, REPORT: report_texts(), WEB: web_texts(words)}


def main() -> None:
    """Update every catalogue."""
    for short, language in LANGUAGES.items():
        path = FOLDER / f"SkullRestore_{short}.ts"
        known = read_catalogue(path)
        texts = all_texts([source for context, source in known if context == WORDS])
        write_catalogue(path, language, texts, known)
        missing = [source for name, sources in texts.items() for source in sources if (name, source) not in known]
        print(f"{path.name}: {sum(map(len, texts.values()))} texts, {len(missing)} without a translation")
        if "-v" in sys.argv:
            print("\n".join(repr(source) for source in missing))
        try:
            compile_catalogue(path)
        except ImportError:
            print("PySide6 is not installed; the .qm file was left as it is.")


if __name__ == "__main__":
    main()
