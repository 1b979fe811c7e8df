"""The language of the panel, and the library's sentences in it.

The texts of the panel are translated by Qt, from the .qm files in Resources/Translations. The library speaks English;
what it says is recognised by the catalogue's sentences, in which {1}, {2} stand for what was put in. What is not
recognised stays English.
"""

import re
import xml.etree.ElementTree as ET
from functools import lru_cache

import slicer

LIBRARY_CONTEXTS = ("SkullRestoreLib", "SkullRestoreWords")
_state = {"language": "en", "translator": None}


def chosenLanguage():
    """Return the language that the user chose in Slicer, such as ``"de"``; ``"en"`` where none was chosen."""
    if not slicer.util.settingsValue("Internationalization/Enabled", False, converter=slicer.util.toBool):
        return "en"
    return re.split("[-_]", str(slicer.util.settingsValue("language", "en") or "en"))[0].lower()


def install(findFile):
    """Translate the module into the language of Slicer, where there is a catalogue.

    Parameters
    ----------
    findFile : callable
        Finds a file by its name in the folder Resources; None where it is missing.
    """
    import qt

    _state["language"] = language = chosenLanguage()
    path = findFile(f"Translations/SkullRestore_{language}.qm")
    if path is not None and _state["translator"] is None:
        translator = qt.QTranslator()
        if translator.load(path):
            qt.QCoreApplication.installTranslator(translator)
            _state["translator"] = translator
    load_sentences(findFile(f"Translations/SkullRestore_{language}.ts"))


def load_sentences(path):
    """Read the library's sentences of a catalogue.

    Parameters
    ----------
    path : str or None
        A .ts file; None leaves everything in English.
    """
    _SENTENCES.clear()
    _WORDS.clear()
    translate.cache_clear()
    if path is None:
        return
    for context in ET.parse(path).getroot().iter("context"):
        for message in context.iter("message"):
            source, translation = message.findtext("source"), message.findtext("translation")
            if not translation:
                continue
            if context.findtext("name") not in LIBRARY_CONTEXTS:
                _WORDS[source.removesuffix(":")] = translation.removesuffix(":")  # labels of settings
            elif "{" in source:
                _SENTENCES.append((len(re.sub(r"{\d+}", "", source)), _pattern(source), translation))
            else:
                _WORDS[source] = translation
    _SENTENCES.sort(key=lambda one: -one[0])  # the more is literal, the surer


_SENTENCES, _WORDS = [], {}


def _pattern(source):
    """Make the expression that recognises a sentence, and that takes out what was put in."""
    parts = re.split(r"({\d+})", source)
    inside = "".join(f"(?P<n{part[1:-1]}>.*?)" if re.fullmatch(r"{\d+}", part) else re.escape(part) for part in parts)
    return re.compile(inside, re.DOTALL)


@lru_cache(maxsize=2000)
def translate(text):
    """Put what the library says into the language of the panel.

    Parameters
    ----------
    text : str
        Words, a sentence, or several sentences and lines.

    Returns
    -------
    str
    """
    if not text or not (_SENTENCES or _WORDS):
        return text
    if "\n" in text:
        return "\n".join(translate(line) for line in text.split("\n"))
    if text in _WORDS:
        return _WORDS[text]
    for _length, pattern, translation in _SENTENCES:
        found = pattern.fullmatch(text)
        if found is not None:
            return _fill(translation, found)
    return _translate_first_sentence(text)


def _translate_first_sentence(text):
    """Translate what stands before the end of a sentence, and then the rest."""
    for end in re.finditer(r"[.?!] (?=\S)", text):
        first, rest = text[: end.start() + 1], text[end.end() :]
        known = _WORDS.get(first)
        if known is None:
            found = next((p.fullmatch(first) for _n, p, _t in _SENTENCES if p.fullmatch(first)), None)
            known = translate(first) if found is not None else None
        if known is not None:
            return f"{known} {translate(rest)}"
    return text


def _fill(translation, found):
    """Put into a translation what was taken out of the sentence, itself translated where it is a word or a sentence."""
    values = {name[1:]: translate(value) for name, value in found.groupdict().items()}
    return re.sub(r"{(\d+)}", lambda place: values.get(place.group(1), ""), translation)
