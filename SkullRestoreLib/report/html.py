"""The report that a clinician reads in a browser: one self-contained page."""

import base64
import io
from collections.abc import Mapping
from typing import Any

import numpy as np

from SkullRestoreLib.case import LOW_CONFIDENCE, Restoration
from SkullRestoreLib.report.facts import CREDIT, summary
from SkullRestoreLib.report.words import alt_of, caption, checks_in_words, number, pieces_in_words, settings_in_words, title_of

Pictures = Mapping[str, np.ndarray]


def report_html(restoration: Restoration, pictures: Pictures, closeups: Mapping[int, Pictures] | None = None) -> str:
    """Write the report that a clinician reads: one self-contained HTML page.

    Parameters
    ----------
    restoration
        What the pipeline returned.
    pictures
        Name of a view -> (height, width, 3) uint8, as :func:`SkullRestoreLib.render.pictures` gives them.
    closeups
        Number of a defect -> name -> picture, as :func:`SkullRestoreLib.closeup.closeups` gives them.

    Returns
    -------
    str
        HTML with style and pictures inside; it loads nothing from anywhere.
    """
    from jinja2 import Environment, StrictUndefined

    from SkullRestoreLib.resources import resource

    # StrictUndefined: a misspelt value must not become an empty cell in a clinical table
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["number"] = number
    template = environment.from_string(resource("report.html.j2").read_text(encoding="utf-8"))
    facts = summary(restoration)
    shown = [_shown(title_of(name), alt_of(name, facts), image) for name, image in pictures.items()]
    close = {
        which: [_shown(caption(name), f"{caption(name)} Implant {which}.", image) for name, image in images.items()]
        for which, images in (closeups or {}).items()
    }
    checks = {d["number"]: checks_in_words(d["implant"]) + pieces_in_words(d["implant"]) for d in facts["defects"] if d["implant"]}
    return template.render(
        facts=facts,
        pictures=shown,
        closeups=close,
        checks=checks,
        chosen=settings_in_words(facts["settings"]["implant"]),
        credit=CREDIT,
        low_confidence=LOW_CONFIDENCE,
    )


def _shown(title: str, alt: str, image: np.ndarray) -> dict[str, Any]:
    return {"title": title, "alt": alt, "data": _embedded(image), "size": image.shape[1::-1]}


def _embedded(image: np.ndarray) -> str:
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, format="JPEG", quality=90, subsampling=0)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
