"""The panel in German and Russian: catalogues complete, the library's sentences recognised, nothing too long."""

import re
import sys
from types import SimpleNamespace

import pytest
from helpers_desktop import ROOT, Desktop

sys.path.insert(0, str(ROOT / "docs"))

import make_translations as catalogues

from SkullRestoreLib._system.translation import use_language

LANGUAGES = tuple(catalogues.LANGUAGES)
MAX_BUTTON_LETTERS, MAX_STEP_LETTERS = 28, 30
"""Two buttons share the 360 pixels of the panel in some rows; the row with Cancel has room for so much."""
HALF_ROWS = ("segmentRow", "missedRow", "placeRow", "undoRow", "resetRow", "compareRow", "drawRow", "pictureRow")


@pytest.fixture(params=LANGUAGES)
def catalogue(request):
    return catalogues.read_catalogue(catalogues.FOLDER / f"SkullRestore_{request.param}.ts")


@pytest.fixture(params=LANGUAGES)
def foreign(request, monkeypatch):
    """The module in another language."""
    desktop = Desktop(monkeypatch, language=request.param)
    desktop.module.SkullRestore(SimpleNamespace())
    yield desktop
    use_language("en")


def test_every_text_of_the_panel_and_every_sentence_that_it_can_show_is_translated(catalogue):
    kept = [text for context, text in catalogue if context == catalogues.WORDS]
    wanted = {(context, text) for context, texts in catalogues.all_texts(kept).items() for text in texts}
    assert sorted(wanted - set(catalogue)) == [], "make translations, and translate them"
    assert sorted(set(catalogue) - wanted) == [], "make translations drops what is gone"


def test_what_is_put_into_a_sentence_is_in_its_translation_too(catalogue):
    for (_context, source), translation in catalogue.items():
        places = set(re.findall(r"{(\w+)[}|]", translation))
        assert places <= set(re.findall(r"{(\w+)[}|]", source)), source
        if "_" not in source and "--" not in source:
            assert places or not re.search(r"{[a-z]+}", source), source
        assert source.count("\n") == translation.count("\n") or "\n" not in source, source


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_catalogue_holds_the_translations(language):
    path = catalogues.FOLDER / f"SkullRestore_{language}.qm"
    compiled, known = path.read_bytes(), catalogues.read_catalogue(path.with_suffix(".ts"))
    texts = [known[catalogues.PANEL, text] for text in catalogues.panel_contexts()]
    missing = [text for text in texts if text.encode("utf-16-be") not in compiled]
    assert missing == [], "run make translations"


def test_every_sentence_of_the_library_is_recognised_with_whatever_was_put_in(foreign):
    from SkullRestorePanelLib.language import translate

    language = foreign.settings["language"][:2]
    known = catalogues.read_catalogue(catalogues.FOLDER / f"SkullRestore_{language}.ts")
    for (context, source), translation in known.items():
        if context != catalogues.LIBRARY or source.startswith("{1}{2}"):
            continue
        values = {place: f"{7 + k}.5x" for k, place in enumerate(re.findall(r"{\d}", source))}
        said, wanted = source, translation
        for place, value in values.items():
            said, wanted = said.replace(place, value), wanted.replace(place, value)
        wanted = re.sub(
            r"{\d+\|[^{}]*}", lambda forms: forms[0][1:-1].split("|")[-1 if language == "de" else 2], wanted
        )
        assert translate(said) == wanted, source
        assert translate(f"{said} {said}") == f"{wanted} {wanted}" or len(values) > 0


def test_an_unknown_sentence_and_a_name_stay_as_they_are(foreign):
    from SkullRestorePanelLib.language import translate

    assert translate("Nobody has ever said this. Really.") == "Nobody has ever said this. Really."
    assert "Head CT of Monday" in translate(
        "The volume 'Head CT of Monday' is empty. Load a head CT, or choose another volume."
    )


def test_the_panel_speaks_the_language_of_slicer_and_so_does_what_the_library_says(foreign):
    panel = foreign.open()
    assert panel.ui.restoreButton.text not in ("Restore", "")
    node = foreign.application.scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "Empty")
    panel.parameters.inputNode = node
    assert "Empty" in panel.ui.findingsLabel.text
    assert "is empty" not in panel.ui.findingsLabel.text
    panel.cleanup()


def test_nothing_on_a_button_or_in_the_fixed_row_is_longer_than_its_place(foreign):
    import xml.etree.ElementTree as ET

    panel = foreign.open()
    tree = ET.parse(ROOT / "Resources" / "UI" / "SkullRestore.ui").getroot()
    for row in HALF_ROWS:
        names = [w.get("name") for w in tree.find(f".//layout[@name='{row}']").iter("widget")]
        total = sum(len(getattr(panel.ui, name).text) for name in names if hasattr(panel.ui, name))
        assert total <= 2 * MAX_BUTTON_LETTERS - 8, (row, total)
    for name, widget in vars(panel.ui).items():
        if widget.kind == "QPushButton":
            assert len(widget.text) <= MAX_BUTTON_LETTERS, (name, widget.text)
    assert len(panel.ui.progressBar.text) <= MAX_STEP_LETTERS
    known = catalogues.read_catalogue(catalogues.FOLDER / f"SkullRestore_{foreign.settings['language'][:2]}.ts")
    panels = {key: text for key, text in known.items() if key[0] != catalogues.WEB}
    steps = [text for (_, source), text in panels.items() if source.startswith(("Next: ", "Out of date: "))]
    assert len(steps) >= 5
    assert max(map(len, steps)) <= MAX_STEP_LETTERS
    panel.cleanup()
