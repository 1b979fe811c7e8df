"""What is said in another language: templates with values, plural forms, and sentences that are recognised."""

import pytest

from SkullRestoreLib._system.translation import Catalogue, read_catalogue, say, speaking, translate, use_language

CATALOGUE = """<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="ru_RU"><context><name>SkullRestoreLib</name>
<message><source>{1} triangles.</source><translation>Треугольников: {1}.</translation></message>
<message><source>The model has no faces.</source><translation>В модели нет граней.</translation></message>
<message><source>'{1}' is at the {2} edge: {3}.</source><translation>«{1}» у края ({2}): {3}.</translation></message>
<message><source>{1} must be {2}</source><translation>{1}: нужно {2}</translation></message>
</context><context><name>SkullRestoreWords</name>
<message><source>left</source><translation>слева</translation></message>
<message><source>{1} mm</source><translation>{1} мм</translation></message>
<message><source>{1} or {2}</source><translation>{1} или {2}</translation></message>
</context><context><name>SkullRestoreReport</name>
<message><source>{1} {1|hole|holes}</source><translation>{1} {1|дефект|дефекта|дефектов}</translation></message>
</context></TS>
"""


@pytest.fixture
def russian(tmp_path):
    path = tmp_path / "catalogue.ts"
    path.write_text(CATALOGUE, encoding="utf-8")
    return Catalogue(path, "ru")


@pytest.mark.parametrize(
    ("count", "words"),
    [(1, "дефект"), (2, "дефекта"), (5, "дефектов"), (11, "дефектов"), (21, "дефект"), (1.5, "дефекта")],
)
def test_a_word_has_the_form_that_goes_with_its_number(russian, count, words):
    assert russian.say("{1} {1|hole|holes}", count) == f"{count} {words}"


@pytest.mark.parametrize(("count", "words"), [(0, "holes"), (1, "hole"), (2, "holes")])
def test_english_has_two_forms(count, words):
    assert say("{1} {1|hole|holes}", count) == f"{count} {words}"


def test_what_is_put_in_is_translated_but_names_in_quotes_are_not(russian):
    said = "'left' is at the left edge: left, 3 mm."
    assert russian.translate(said) == "«left» у края (слева): слева, 3 мм."


def test_several_sentences_are_translated_one_after_the_other(russian):
    assert russian.translate("The model has no faces. 12 triangles.") == "В модели нет граней. Треугольников: 12."


def test_a_piece_of_a_sentence_recognises_no_sentence(russian):
    unknown = "The CT or the model is too large. It must be smaller."
    assert russian.translate(unknown) == unknown


def test_blanks_around_what_is_put_in_are_kept(russian):
    assert russian.translate("'a' is at the left edge: left .") == "«a» у края (слева): слева ."


def test_values_of_a_template_are_put_in_as_they_are(russian):
    assert russian.say("{1} mm", "left") == "left мм"


def test_a_language_is_spoken_for_a_while_and_english_where_none_is():
    assert say("Defects") == "Defects"
    with speaking("de"):
        assert say("Defects") == "Defekte"
        with speaking("en"):
            assert say("Defects") == "Defects"
        assert translate("left") == "links"
    assert translate("left") == "left"


def test_a_panel_speaks_its_language_and_a_report_its_own():
    use_language("de")
    try:
        assert translate("left") == "links"
        with speaking("ru"):
            assert translate("left") == "слева"
        with speaking("en"):
            assert translate("left") == "left"
    finally:
        use_language("en")


def test_where_there_is_no_catalogue_everything_stays_english():
    assert read_catalogue("fr").translate("left") == "left"
