"""The language of the panel, and of what the library says and names in it.

The texts of the panel are translated by Qt, from the .qm files in Resources/Translations. The library speaks English;
what it says is recognised by the sentences of the .ts files, see SkullRestoreLib._system.translation.
"""

import re

import slicer

from SkullRestoreLib.settings import LANGUAGES

__all__ = ["chosenLanguage", "install", "knownLanguage", "translate"]

_state = {"translator": None}


def chosenLanguage():
    """Return the language that the user chose in Slicer, such as ``"fr"``; ``"en"`` where none was chosen."""
    if not slicer.util.settingsValue("Internationalization/Enabled", False, converter=slicer.util.toBool):
        return "en"
    return re.split("[-_]", str(slicer.util.settingsValue("language", "en") or "en"))[0].lower()


def knownLanguage():
    """Return the language of the panel: the chosen one where there is a catalogue, else ``"en"``."""
    language = chosenLanguage()
    return language if language in LANGUAGES else "en"


def install(findFile):
    """Translate the module into the language of Slicer, where there is a catalogue.

    Parameters
    ----------
    findFile : callable
        Finds a file by its name in the folder Resources; None where it is missing.
    """
    import qt

    language = knownLanguage()
    path = findFile(f"Translations/SkullRestore_{language}.qm")
    if path is not None and _state["translator"] is None:
        translator = qt.QTranslator()
        if translator.load(path):
            qt.QCoreApplication.installTranslator(translator)
            _state["translator"] = translator
    if language != "en":
        from SkullRestoreLib._system.translation import use_language

        use_language(language)


def translate(text):
    """Put what the library says into the language of the panel.

    Parameters
    ----------
    text : str
        Words, a sentence, or several sentences and lines.

    Returns
    -------
    str
        What is not recognised stays English.
    """
    from SkullRestoreLib._system import translation

    return translation.translate(text)
