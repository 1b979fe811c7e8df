"""The catalogues of translations as the page reads them: those of the panel of 3D Slicer, and the page's own texts."""

import re
import xml.etree.ElementTree as ET
from functools import cache
from typing import Any

from SkullRestoreLib._system import resources

LANGUAGES = ("de", "ru")
"""Those that there is a catalogue of, besides English."""

REPORT_CONTEXT = "SkullRestoreReport"
"""Templates of reports: nothing on the page is recognised by them."""
PAGE_WORDS = (
    *("axial", "coronal", "sagittal", "Own", "implant", "left", "right", "uncertain", "moved", "uncertain, moved"),
    *("Head CT, {1} slices of {2} × {3}", "Bone mask, {1} slices of {2} × {3}", "Skull model, {1} triangles"),
    *("Sample head", "Sample head before the operation", "Case of an earlier result", "series {1}", "{1} and {2}"),
    *(
        "{1} cm², {2} mm around, least radius {3} mm",
        "{1} HU, now {2} HU",
        "{1} (moved)",
        "{1} (uncertain)",
        "{1} (uncertain, moved)",
        "{1} mL",
        "{1} mL, in defect {2}",
    ),
    *("Distance {1}: {2} mm", "Angle {1}: {2} °", "Area {1}: {2} cm²", "Area {1}: too far around the head"),
    *("Implant {1}, {2}", "Implant {1} ({2})", "Fixation at points", "Make a sample head", "Read the upload"),
    *("read the images", "unpack the upload", "look for the CT series", "check the headers", "STL in DICOM"),
    *("Restoration", "Body", "Edge", "Seating", "Holes", "Fixation", "Parts and mould", "Cut", "Guides", "Line"),
    *("found", "auto", "remove", "keep", "tabs", "recesses", "universal", "titanium", "hydroxyapatite", "mould"),
    *("outside", "middle", "inside", "perpendicular", "parallel", "voxels of {1} × {2} × {3}"),
    *("automatic", "one", "two", "three", "four", "{1}, part {2} of {3}", "{1}, part {2} (STL)", "none"),
    "{1}, up to {2} mm from the line",
    *("Implant", "Volume (mL)", "Mass in {1} (g)", "Thickness (mm)", "{1} to {2} (median {3})", "Clearance (mm)"),
    *("Watertight", "Checks", "Defect", "Compared (%)", "Area restored (cm²)", "Area before (cm²)", "Area error (cm²)"),
    *("Largest deviation (mm)", "RMS deviation (mm)", "Grade", "Standard error (mm)", "Distance (mm)"),
    *("Design the implants", "Restore again", "Restore", "Add points", "Outline a missed defect", "Add it"),
)
"""Texts that the server puts together, with {1}, {2} for what is put in."""


@cache
def catalogue(language: str) -> dict[str, Any]:
    """Return the translations into a language.

    Parameters
    ----------
    language
        Of :data:`LANGUAGES`.

    Returns
    -------
    dict
        ``words``: text to translation, for texts that are always the same. ``sentences``: pairs of those into which
        something is put (``{1}``, ``{2}``), the longer ones first: the more of them is fixed, the surer they are.

    Examples
    --------
    >>> catalogue("de")["words"]["Cancel"]
    'Abbrechen'
    """
    words: dict[str, str] = {}
    sentences: list[tuple[int, str, str]] = []
    path = resources.resource_path(f"Translations/SkullRestore_{language}.ts")
    contexts = [
        one for one in ET.fromstring(path.read_bytes()).iter("context") if one.findtext("name") != REPORT_CONTEXT
    ]
    for message in (message for context in contexts for message in context.iter("message")):
        source, translation = (message.findtext(name) or "" for name in ("source", "translation"))
        if not translation:
            continue
        if re.search(r"{\d+}", source):
            sentences.append((len(re.sub(r"{\d+}", "", source)), source, translation))
        else:
            words |= {source: translation, source.removesuffix(":"): translation.removesuffix(":")}
    sentences.sort(key=lambda one: -one[0])
    return {"words": words, "sentences": [[source, translation] for _, source, translation in sentences]}
