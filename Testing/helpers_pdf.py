"""What a PDF of fpdf2 says, page by page: its embedded fonts map the numbers of glyphs back to letters."""

import re
import zlib


def _streams(content):
    """Object number -> content of its stream, unpacked."""
    found = {}
    for number, body in re.findall(rb"(\d+) 0 obj\s*(.*?)endobj", content, flags=re.S):
        if match := re.search(rb"stream\n(.*?)\nendstream", body, flags=re.S):
            packed = match[1]
            found[int(number)] = zlib.decompress(packed) if b"/FlateDecode" in body[: match.start()] else packed
    return found


def _letters_of_fonts(content, streams):
    """Name of a font in a page -> number of a glyph -> letter."""
    objects = dict(re.findall(rb"(\d+) 0 obj\s*(.*?)endobj", content, flags=re.S))
    fonts = {}
    for name, number in re.findall(rb"/(F\d+) (\d+) 0 R", content):
        to_unicode = re.search(rb"/ToUnicode (\d+) 0 R", objects[number])
        if to_unicode:
            pairs = re.findall(rb"<([0-9A-Fa-f]{4})> <([0-9A-Fa-f]+)>\s", streams[int(to_unicode[1])])
            fonts[name.decode()] = {int(a, 16): bytes.fromhex(b.decode()).decode("utf-16-be") for a, b in pairs}
    return fonts


def _unescaped(text):
    """Content of a string of a PDF."""
    return re.sub(rb"\\(.)", lambda m: {b"n": b"\n", b"r": b"\r", b"t": b"\t"}.get(m[1], m[1]), text, flags=re.S)


def pdf_pages(content):
    """Words of each page, joined by blanks."""
    streams = _streams(content)
    fonts = _letters_of_fonts(content, streams)
    texts = []
    for number in re.findall(rb"/Type /Page\b(?!s).*?/Contents (\d+) 0 R|/Contents (\d+) 0 R", content, flags=re.S):
        font, words = {}, []
        for name, shown in re.findall(
            rb"/(F\d+) [\d.]+ Tf|\(((?:\\.|[^\\()])*)\) Tj", streams[int(number[0] or number[1])], flags=re.S
        ):
            if name:
                font = fonts[name.decode()]
                continue
            codes = _unescaped(shown)
            words.append("".join(font[codes[k] * 256 + codes[k + 1]] for k in range(0, len(codes), 2)))
        texts.append(" ".join(words))
    return texts
