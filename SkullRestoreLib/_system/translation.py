"""What panel, views and reports say, in the language that is spoken: the catalogues of Resources/Translations.

The library speaks English. What is written for people goes through :func:`say`, with a template and its values.
Sentences that come from elsewhere as they are, such as findings and errors, go through :func:`translate`, which
recognises them by the catalogue's sentences. What the catalogue does not know stays English.

A place in a text is ``{1}``; ``{1|defect|defects}`` is the form of a word that goes with the number there: two forms in
English and German, three in Russian (1, 2 to 4, 5 and more).
"""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, lru_cache
from pathlib import Path

from SkullRestoreLib._system.resources import ResourceError, resource_path

__all__ = ["Catalogue", "read_catalogue", "say", "speaking", "translate", "use_language"]

SENTENCE_CONTEXTS = ("SkullRestoreLib", "SkullRestoreWords")
"""Contexts of the catalogues in which {1}, {2} stand for what is put in, and by which sentences are recognised."""
TEMPLATE_CONTEXT = "SkullRestoreReport"
"""Context of the templates of reports, which are looked up and never recognised."""
SHORT_PIECE = 8
"""Pieces with fewer fixed letters are recognised only where no sentence ends."""
_PLACE = re.compile(r"{(\d+)((?:\|[^{}|]*)+)?}")


class Catalogue:
    """Translations into one language.

    Parameters
    ----------
    path
        A .ts file; None leaves everything in English.
    language
        Such as ``"de"``: says which form of a word goes with a number.
    """

    def __init__(self, path: Path | None = None, language: str = "en") -> None:
        self.language = language
        self._templates: dict[str, str] = {}
        self._words: dict[str, str] = {}
        sentences: list[tuple[int, _Sentence]] = []
        for context in () if path is None else ET.parse(path).getroot().iter("context"):
            name = context.findtext("name")
            for message in context.iter("message"):
                source, translation = message.findtext("source") or "", message.findtext("translation")
                if not translation:
                    continue
                if name == TEMPLATE_CONTEXT:
                    self._templates[source] = translation
                elif name not in SENTENCE_CONTEXTS:
                    self._words[source.removesuffix(":")] = translation.removesuffix(":")  # labels of settings
                elif "{" in source:
                    self._templates.setdefault(source, translation)
                    sentences.append((len(_PLACE.sub("", source)), _Sentence(source, translation)))
                else:
                    self._words[source] = translation
        self._sentences = [
            one for _, one in sorted(sentences, key=lambda one: -one[0])
        ]  # the more is literal, the surer
        self.translate = lru_cache(maxsize=2000)(self._translate)

    def say(self, template: str, *values: object) -> str:
        """Fill a template in this language; the values are put in as they are."""
        known = self._templates.get(template) or self._words.get(template, template)
        return self._fill(known, {str(k): str(value) for k, value in enumerate(values, 1)})

    def _translate(self, text: str) -> str:
        if not text or not (self._sentences or self._words):
            return text
        if "\n" in text:
            return "\n".join(self.translate(line) for line in text.split("\n"))
        known = self._look_up(text)
        if known is not None:
            return known
        for end in re.finditer(r"[.?!] (?=\S)", text):  # what stands before the end of a sentence, and then the rest
            first = self._look_up(text[: end.start() + 1])
            if first is not None:
                return f"{first} {self.translate(text[end.end() :])}"
        return text

    def _look_up(self, text: str) -> str | None:
        """Translate words or one sentence; None where they are not known."""
        if text in self._words:
            return self._words[text]
        for sentence in self._sentences:
            values = sentence.recognise(text)
            if values is not None:
                inside = {
                    place: value if place in sentence.names else self._translate_value(value)
                    for place, value in values.items()
                }
                return self._fill(sentence.translation, inside)
        return None

    def _translate_value(self, value: str) -> str:
        """Translate what was put into a sentence where it is words, a sentence, or a list; never a name in quotes."""
        if value.startswith("'") and value.endswith("'"):
            return value
        if (bare := value.strip()) != value and bare:
            return value.replace(bare, self._translate_value(bare), 1)
        translation = self.translate(value)
        if translation == value and not value.endswith(".") and (ended := self._look_up(f"{value}.")):
            return ended.removesuffix(".")  # a sentence inside another one
        for separator in ("; ", ", ") if translation == value else ():
            if separator in value:
                return separator.join(self._translate_value(part) for part in value.split(separator))
        return translation

    def _fill(self, text: str, values: dict[str, str]) -> str:
        def put_in(place: re.Match[str]) -> str:
            value = values.get(place[1], "")
            return self._form(value, place[2][1:].split("|")) if place[2] else value

        return _PLACE.sub(put_in, text)

    def _form(self, number: str, forms: list[str]) -> str:
        """Choose the form of a word that goes with a number."""
        if not number.isdigit():
            return forms[-1] if self.language != "ru" else forms[min(1, len(forms) - 1)]  # 1.5 is genitive singular
        last, hundredth = int(number) % 10, int(number) % 100
        if self.language != "ru":
            return forms[0] if int(number) == 1 else forms[-1]
        if 11 <= hundredth <= 14:
            return forms[-1]
        return forms[0] if last == 1 else forms[min(1, len(forms) - 1)] if 2 <= last <= 4 else forms[-1]


class _Sentence:
    """A sentence that is recognised with whatever was put in."""

    def __init__(self, source: str, translation: str) -> None:
        self.translation = translation
        self.names = re.findall(r"'{(\d+)}'", source)  # what is in quotes stays as it is
        self._parts = re.split(r"{(\d+)}", source)
        ends = source.endswith((".", "?"))
        # such as "{1} or {2}": pieces, by which no sentence may be recognised
        self._is_short = not ends and sum(map(len, self._parts[::2])) < SHORT_PIECE
        # "{1} triangles." is one sentence, "{1} It stays." are two; "{1} must be {2}" is a part of one
        is_open = re.search(r": {\d+}$", source)
        inside = self._parts[1::2] if not ends else ["1"] if re.match(r"\{1\}(?! [A-Z])", source) else []
        self._one_sentence = [place for place in inside if not (is_open and place == self._parts[-2])]
        self._pattern: re.Pattern[str] | None = None

    def recognise(self, text: str) -> dict[str, str] | None:
        """Return what was put in by its number; None where this is another sentence."""
        if not self._may_be(text):
            return None
        if self._pattern is None:
            places = (f"(?P<n{part}>.*?)" if k % 2 else re.escape(part) for k, part in enumerate(self._parts))
            self._pattern = re.compile("".join(places), re.DOTALL)
        found = self._pattern.fullmatch(text)
        if found is None:
            return None
        values = {name[1:]: value for name, value in found.groupdict().items()}
        parts = (values[place] for place in self._one_sentence)
        return None if any(re.search(r"[.?!] (?=\S)", part) and part[0] != "'" for part in parts) else values

    def _may_be(self, text: str) -> bool:
        """Whether the fixed parts are there in order, which is quicker to see than by an expression."""
        fixed = self._parts[::2]
        if not text.startswith(fixed[0]) or not text.endswith(fixed[-1]) or (self._is_short and text[-1] in ".?"):
            return False
        at = 0
        for part in fixed:
            at = text.find(part, at)
            if at < 0:
                return False
            at += len(part)
        return True


@cache
def read_catalogue(language: str) -> Catalogue:
    """Read the translations into a language.

    Parameters
    ----------
    language
        Such as ``"de"``; where there is no catalogue everything stays English.

    Returns
    -------
    Catalogue
        Read once for all.

    Examples
    --------
    >>> read_catalogue("de").translate("Cancel")
    'Abbrechen'
    """
    try:
        return Catalogue(resource_path(f"Translations/SkullRestore_{language}.ts"), language)
    except ResourceError:
        return Catalogue()


_spoken: ContextVar[str | None] = ContextVar("spoken language", default=None)
_process = {"language": "en"}


def use_language(language: str) -> None:
    """Choose the language of this process, as the panel does.

    Parameters
    ----------
    language
        Such as ``"de"``.
    """
    _process["language"] = language


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Speak a language for a while, as a report does.

    Parameters
    ----------
    language
        Such as ``"de"``.

    Examples
    --------
    >>> with speaking("ru"):
    ...     say("{1} {1|defect|defects} restored, {2} cm² in all.", 3, "120.5")
    'Восстановлено: 3 дефекта, всего 120.5 см².'
    """
    before = _spoken.set(language)
    try:
        yield
    finally:
        _spoken.reset(before)


def say(template: str, *values: object) -> str:
    """Fill a template in the language that is spoken.

    Parameters
    ----------
    template
        English, with {1}, {2} for the values; the catalogues have it as it stands here.
    *values
        Put in as they are: numbers, names, or texts that were translated before.

    Examples
    --------
    >>> say("Case {1}, revision {2} of {3}", "Elm 27", 2, "2026-11-29")
    'Case Elm 27, revision 2 of 2026-11-29'
    """
    return _current().say(template, *values)


def translate(text: str) -> str:
    """Put what the library says into the language that is spoken.

    Parameters
    ----------
    text
        Words, a sentence, or several sentences and lines.

    Returns
    -------
    str
        What is not recognised stays English.
    """
    return _current().translate(text)


def _current() -> Catalogue:
    language = _spoken.get() or _process["language"]
    return _ENGLISH if language == "en" else read_catalogue(language)


_ENGLISH = Catalogue()
