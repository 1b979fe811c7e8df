"""Normalise single values of a DICOM header: raw bytes in, a value that the standard allows out, or a reason why not.

Headers of real archives break the standard in every way. pydicom reads most of it, but refuses to write some of it
(decision 0088).
"""

import codecs
import re
import warnings
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

_UNREADABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ufeff\ufffd]")
_LINE_BREAKS = re.compile(r"[\t\r\n\f]+")
_GB_ESCAPE = "\x1b$)A"
"""pydicom 3.0 leaves this escape sequence in the decoded text."""
_MISSING_RETURN = re.compile(rb"\x1b\$(?:B|\(D)(?:[\x21-\x7e]{2})+?(?=[\^=]\x1b|[\^=]?$)")
_NAME_DELIMITERS = {0x5E, 0x3D}
"""``^`` and ``=`` end the effect of an escape sequence in a name."""
_TERM_NUMBER = re.compile(r"ISO[ _-]?(?:2022[ _-]?)?IR[ _-]?(\d+)")
_SINGLE_BYTE_NUMBERS = ("100", "101", "109", "110", "126", "127", "138", "144", "148", "166", "13", "6")
_CODEC_NAME = re.compile(r"(cp|windows|iso8859|latin|euc|shift|sjis|ms932|big5|koi8|tis620|johab)[a-z0-9]*")
_MAX_GROUP_CHARACTERS = 64
"""Of one of the three groups of a name."""


class NormalisedValue(NamedTuple):
    """One value, as it may be written.

    Attributes
    ----------
    value
        Empty where it is left out.
    note
        Why it was left out or what was lost, to follow a colon; empty where nothing was lost.
    rewritten
        Whether it has another form than in the header, with the same content.
    """

    value: str = ""
    note: str = ""
    rewritten: bool = False

    @property
    def is_left_out(self) -> bool:
        """Whether the header has something that cannot be written."""
        return bool(self.note) and not self.value


def find_encodings(character_sets: Sequence[str]) -> list[str] | None:
    """Find the Python encodings of a header's Specific Character Set.

    Parameters
    ----------
    character_sets
        Its values, spelt in any way.

    Returns
    -------
    list of str or None
        The first one is that of text without escape sequences. None where the character set does not exist.

    Examples
    --------
    >>> find_encodings(["UTF-8"]), find_encodings(["ISO_IR 100"])[0], find_encodings(["KLINGON"])
    (['utf_8'], 'latin_1', None)
    """
    first = next(iter(character_sets), "").strip().upper()
    if not first:
        encoding: str | None = "ascii"
    elif "192" in first or re.fullmatch(r"UTF[ _-]?8", first):
        return ["utf_8"]
    elif re.search(r"GB[ _-]?(18030|K|2312)", first):
        return ["gb18030"]
    elif number := _TERM_NUMBER.fullmatch(first):
        encoding = _encoding_of_number(number[1])
    else:
        encoding = _encoding_of_codec(first)
    # an escape sequence names its own character set: no need to ask whether the header declares it
    return None if encoding is None else [encoding, *_extension_encodings()]


def _extension_encodings() -> list[str]:
    """Encodings to which an escape sequence can switch."""
    from pydicom.charset import CODES_TO_ENCODINGS

    return list(dict.fromkeys(CODES_TO_ENCODINGS.values()))


def _encoding_of_number(number: str) -> str | None:
    """Python's encoding of an ISO-IR number; ASCII where it only extends ASCII by escape sequences."""
    from pydicom.charset import python_encoding

    if number in ("6", "87", "159", "149", "58"):
        return "ascii"
    return python_encoding.get(f"ISO_IR {number}") if number in _SINGLE_BYTE_NUMBERS else None


def _encoding_of_codec(name: str) -> str | None:
    """Python's encoding of this name, if it is one that a header could mean and that extends ASCII."""
    plain = re.sub(r"[ _-]", "", name).lower()
    if plain in ("ascii", "usascii", "iso646"):
        return "ascii"
    if plain in ("iso88591", "latin1", "ansi"):
        return "latin_1"
    if _CODEC_NAME.fullmatch(plain) is None:
        return None
    for spelling in (name, plain):
        try:
            codec = codecs.lookup(spelling)
            return codec.name if codec.encode("Az^=09")[0] == b"Az^=09" else None
        except (LookupError, UnicodeError):
            continue
    return None


def decode_text(raw: bytes, encodings: Sequence[str] | None) -> str | None:
    r"""Decode text of a header.

    Parameters
    ----------
    raw
        As it is in the file.
    encodings
        From :func:`find_encodings`; None where the character set is not known.

    Returns
    -------
    str or None
        None where the bytes are not in this character set, and not in UTF-8 either: nothing is guessed then.

    Examples
    --------
    >>> decode_text(b"M\xfcller", ["latin_1"]), decode_text(b"M\xfcller", None), decode_text(b"Miller", None)
    ('Müller', None, 'Miller')
    """
    from pydicom.charset import decode_bytes

    # Japanese names without the escape sequence back to ASCII before a delimiter: pydicom itself writes them so
    raw = _MISSING_RETURN.sub(lambda found: found[0] + b"\x1b(B", raw)
    declared = list(encodings) if encodings else ["ascii", *_extension_encodings()]
    # "ISO_IR 100" stands in many headers whose text is UTF-8; Latin 1 is as good as never valid UTF-8 by chance
    for candidate in (["utf_8"], declared) if declared[0] == "latin_1" else (declared, ["utf_8"]):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a replacement character says the same
            text = decode_bytes(raw, candidate, _NAME_DELIMITERS).replace(_GB_ESCAPE, "")
        if _UNREADABLE.search(_LINE_BREAKS.sub(" ", text)) is None:
            return text
    return None


def _first_value(raw: bytes, encodings: Sequence[str] | None) -> tuple[str, str]:
    """The first value as text without padding, and a note where it cannot be read or is not the only one."""
    text = decode_text(raw.strip(b" \0"), encodings)
    if text is None:
        return "", "characters that cannot be read with the character set that the header names"
    filled = [value for value in map(str.strip, text.split("\\")) if value]
    return (filled[0] if filled else ""), ("several values, the first was taken" if len(filled) > 1 else "")


def _only_value(raw: bytes, encodings: Sequence[str] | None = None) -> tuple[str, str]:
    """The only value; empty, with a note, where there are several."""
    text, note = _first_value(raw, encodings)
    return ("", "several values in the place of one") if text and note else (text, note)


def normalise_text(raw: bytes, encodings: Sequence[str] | None, *, limit: int) -> NormalisedValue:
    """Normalise a description: one value without control characters, shortened where it is too long.

    Parameters
    ----------
    raw
        As it is in the file.
    encodings
        From :func:`find_encodings`.
    limit
        Most bytes in UTF-8: the standard counts characters, but archives and validators count bytes.

    Examples
    --------
    >>> normalise_text(b"HEAD CT ", ["ascii"], limit=64).value
    'HEAD CT'
    """
    text, note = _first_value(raw, encodings)
    text = _LINE_BREAKS.sub(" ", text)
    return _shortened(text, note, limit)


def _shortened(text: str, note: str, limit: int) -> NormalisedValue:
    """The text within a limit of bytes in UTF-8."""
    if len(text.encode()) > limit:
        text, note = text.encode()[:limit].decode(errors="ignore").rstrip(" ^="), note or "too long, it was shortened"
    return NormalisedValue(text, note)


def normalise_identifier(raw: bytes, encodings: Sequence[str] | None, *, limit: int) -> NormalisedValue:
    r"""Normalise an identifier: complete and the only one, or left out. A part of it could be somebody else's.

    Parameters
    ----------
    raw, encodings
        As for :func:`normalise_text`.
    limit
        Most characters.

    Examples
    --------
    >>> [normalise_identifier(raw, ["ascii"], limit=64).value for raw in (b"4711 ", b"A\\B")]
    ['4711', '']
    """
    text, note = _only_value(raw, encodings)
    if _LINE_BREAKS.search(text):
        return NormalisedValue("", "more than one line")
    if len(text) > limit:
        return NormalisedValue("", f"longer than {limit} characters")
    return NormalisedValue(text, note)


def normalise_name(raw: bytes, encodings: Sequence[str] | None, *, limit: int | None = None) -> NormalisedValue:
    """Normalise a person's name: up to three groups (alphabetic, ideographic, phonetic) of up to five parts.

    Parameters
    ----------
    raw
        As it is in the file.
    encodings
        From :func:`find_encodings`.
    limit
        Most bytes of all groups in UTF-8; None where only the standard's limit of 64 characters a group holds.

    Examples
    --------
    >>> normalise_name(b"Doe^Jane^^^ ", ["ascii"]).value
    'Doe^Jane'
    """
    text, note = _first_value(raw, encodings)
    groups = []
    for group in _LINE_BREAKS.sub(" ", text).split("=")[:3]:
        parts = [part.strip() for part in group.split("^")]
        parts = [*parts[:4], " ".join(filter(None, parts[4:]))] if len(parts) > 4 else parts
        joined = "^".join(parts).rstrip("^")
        if len(joined) > _MAX_GROUP_CHARACTERS:
            joined, note = joined[:_MAX_GROUP_CHARACTERS].rstrip("^ "), note or "too long, it was shortened"
        groups.append(joined)
    if text.count("=") > 2:
        note = note or "more than three groups, the first three were taken"
    name = "=".join(groups).rstrip("=")
    return NormalisedValue(name, note) if limit is None else _shortened(name, note, limit)


def normalise_date(raw: bytes) -> NormalisedValue:
    """Normalise a date to YYYYMMDD; an incomplete one is left out, and none is guessed.

    Parameters
    ----------
    raw
        As it is in the file.

    Examples
    --------
    >>> normalise_date(b"2020-01-31").value, normalise_date(b"20200131").value, normalise_date(b"1954")
    ('20200131', '20200131', NormalisedValue(value='', note='not a complete date', rewritten=False))
    """
    text, note = _only_value(raw)
    if not text:
        return NormalisedValue("", note)
    found = re.fullmatch(r"(\d{4})([-./]?)(\d{2})\2(\d{2})(?:[T ]?\d{2}:?\d{2}(?::?\d{2})?(?:\.\d+)?)?", text, re.ASCII)
    if found is None:
        return NormalisedValue("", "not a complete date")
    try:
        date(int(found[1]), int(found[3]), int(found[4]))
    except ValueError:
        return NormalisedValue("", "not a date of the calendar")
    value = found[1] + found[3] + found[4]
    return NormalisedValue(value, note, rewritten=value != text)


def normalise_time(raw: bytes) -> NormalisedValue:
    """Normalise a time of day to HHMMSS.FFFFFF, or a shorter form of it.

    Parameters
    ----------
    raw
        As it is in the file.

    Examples
    --------
    >>> [normalise_time(raw).value for raw in (b"12:00:00", b"1200", b"120000.5", b"noon")]
    ['120000', '1200', '120000.5', '']
    """
    text, note = _only_value(raw)
    if not text:
        return NormalisedValue("", note)
    found = re.fullmatch(r"(\d{2})(?::?(\d{2})(?::?(\d{2})(?:\.(\d+))?)?)?", text, re.ASCII)
    if found is None or int(found[1]) > 23 or int(found[2] or 0) > 59 or int(found[3] or 0) > 59:
        return NormalisedValue("", "not a time of day")
    value = "".join(part or "" for part in found.groups()[:3]) + (f".{found[4][:6]}" if found[4] else "")
    return NormalisedValue(value, note, rewritten=value != text)


def normalise_age(raw: bytes) -> NormalisedValue:
    """Normalise an age to three digits and D, W, M or Y.

    Parameters
    ----------
    raw
        As it is in the file.

    Examples
    --------
    >>> normalise_age(b"45y").value, normalise_age(b"45").note
    ('045Y', 'not an age in days, weeks, months or years')
    """
    text, note = _only_value(raw)
    if not text:
        return NormalisedValue("", note)
    found = re.fullmatch(r"0*(\d{1,3}) ?([DWMY])", text.upper(), re.ASCII)
    if found is None:
        return NormalisedValue("", "not an age in days, weeks, months or years")
    value = f"{int(found[1]):03d}{found[2]}"
    return NormalisedValue(value, note, rewritten=value != text)


def normalise_sex(raw: bytes) -> NormalisedValue:
    """Normalise a sex to M, F or O.

    Parameters
    ----------
    raw
        As it is in the file.

    Examples
    --------
    >>> normalise_sex(b"female").value, normalise_sex(b"U").note
    ('F', 'neither M, F nor O')
    """
    text, note = _only_value(raw)
    if not text:
        return NormalisedValue("", note)
    value = text[0].upper() if text.upper() in ("M", "MALE", "F", "FEMALE", "O", "OTHER") else ""
    return NormalisedValue(value, note, rewritten=value != text) if value else NormalisedValue("", "neither M, F nor O")


def normalise_uid(raw: bytes) -> NormalisedValue:
    r"""Normalise a unique identifier: without padding, and only if it is valid.

    Parameters
    ----------
    raw
        As it is in the file.

    Examples
    --------
    >>> normalise_uid(b"1.2.840\0").value, normalise_uid(b"1.02").note
    ('1.2.840', 'not a valid UID')
    """
    text = raw.strip(b" \0").decode("latin_1")
    if not text:
        return NormalisedValue()
    component = r"(?:0|[1-9][0-9]*)"
    is_valid = len(text) <= 64 and re.fullmatch(rf"{component}(?:\.{component})+", text) is not None
    return NormalisedValue(text) if is_valid else NormalisedValue("", "not a valid UID")
