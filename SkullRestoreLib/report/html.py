"""Write the report that a clinician reads in a browser: one self-contained page."""

import base64
import io
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib._system.translation import say, speaking, translate
from SkullRestoreLib.records import Restoration, WrittenFile
from SkullRestoreLib.report import sheet_words
from SkullRestoreLib.report.facts import DATA_CREDIT, SAFETY_NOTE, summarise_restoration
from SkullRestoreLib.report.words import (
    check_rows,
    picture_caption,
    piece_rows,
    place_in_words,
    revision_in_words,
    rings,
    said,
    setting_rows,
    side_in_words,
    unsigned,
    view_alt_text,
    view_title,
)

if TYPE_CHECKING:
    from jinja2 import Template

JPEG_QUALITY = 90
PicturesByName = Mapping[str, NDArray[np.uint8]]
"""Name of a picture -> (height, width, 3)."""


def report_html(
    restoration: Restoration,
    pictures: PicturesByName,
    closeups: Mapping[int, PicturesByName] | None = None,
    *,
    keep_failed: bool = False,
    files: Sequence[WrittenFile] = (),
) -> str:
    """Write the report that a clinician reads: one self-contained HTML page.

    Parameters
    ----------
    restoration
        What the pipeline returned.
    pictures
        Name of a view -> (height, width, 3) uint8, from :func:`SkullRestoreLib.report.render.draw_views`.
    closeups
        Number of a defect -> name -> picture, from :func:`SkullRestoreLib.report.figures.draw_closeups`.
    keep_failed, files
        As for :func:`SkullRestoreLib.report.summarise_restoration`.

    Returns
    -------
    str
        HTML with style and pictures inside; it loads nothing from anywhere.
    """
    facts = summarise_restoration(restoration, keep_failed=keep_failed, files=files)
    with speaking(restoration.settings.language):
        return _report_page(facts, pictures, closeups or {}, restoration.settings.language)


def _report_page(
    facts: Mapping[str, Any], pictures: PicturesByName, closeups: Mapping[int, PicturesByName], language: str
) -> str:
    """As :func:`report_html`, in the language that is spoken."""
    return _report_template().render(
        facts=facts,
        language=language,
        side=side_in_words(facts),
        revision=revision_in_words(facts),
        pictures=[
            _picture_entry(view_title(name, facts), view_alt_text(name, facts), image)
            for name, image in pictures.items()
        ],
        closeups={
            number: [
                _picture_entry(picture_caption(name), f"{picture_caption(name)} {say('Implant {1}.', number)}", image)
                for name, image in images.items()
            ]
            for number, images in closeups.items()
        },
        checks={
            d["number"]: check_rows(d["implant"]) + piece_rows(d["implant"]) for d in facts["defects"] if d["implant"]
        },
        mark=sheet_words.mark_of(facts),
        making={
            d["number"]: {
                "fixations": sheet_words.fixation_rows(d["implant"]),
                "assembly": sheet_words.assembly_in_words(d["implant"]),
                "printing": sheet_words.print_rows(d["implant"]),
            }
            for d in facts["defects"]
            if d["implant"]
        },
        sheet=sheet_words,
        place=place_in_words,
        safety=say(SAFETY_NOTE),
        not_passed=say("NOT PASSED"),
        unsigned=unsigned(facts),
        rings=rings(facts),
        own={d["number"]: setting_rows(d["implant"]["settings"]) for d in facts["defects"] if d["implant"]},
        credit=say(DATA_CREDIT),
    )


@cache
def _report_template() -> "Template":
    """The report's template, compiled once."""
    from jinja2 import Environment, StrictUndefined

    from SkullRestoreLib._system.resources import resource_path

    # StrictUndefined: a misspelt value must not become an empty cell in a clinical table.
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.globals.update(say=say, said=said, translate=translate)
    return environment.from_string(resource_path("report.html.j2").read_text(encoding="utf-8"))


def _picture_entry(title: str, alt_text: str, image: NDArray[np.uint8]) -> dict[str, Any]:
    """What the template needs of a picture."""
    return {"title": title, "alt": alt_text, "data": _jpeg_data_url(image), "size": image.shape[1::-1]}


def _jpeg_data_url(image: NDArray[np.uint8]) -> str:
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, format="JPEG", quality=JPEG_QUALITY, subsampling=0)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
