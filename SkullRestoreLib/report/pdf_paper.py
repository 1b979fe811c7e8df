"""Pages for fpdf2, A4 or Letter: headings, paragraphs, tables, values in two columns, and rows of pictures.

The fonts are embedded, so that every reader and every printer shows the same signs (decision 0126).
"""

import io
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib._system.resources import resource_path
from SkullRestoreLib._system.translation import say
from SkullRestoreLib.errors import DependencyError

TEXT_COLOUR, MUTED_COLOUR, ACCENT_COLOUR, ALERT_COLOUR = (32, 38, 46), (96, 106, 118), (14, 94, 108), (150, 30, 20)
TABLE_LINE_COLOUR = (190, 198, 206)
LEFT_MM, TOP_MM, BOTTOM_MM = 15, 14, 18
RESERVED_FOOT_MM = 20
"""Tables and pictures begin a new page rather than reach into this."""
PICTURE_GAP_MM = 3.0
CAPTION_HEIGHT_MM, CAPTION_LINE_MM = 7, 3.2
"""Space for two lines; a longer caption takes more."""
HEADING_FOLLOWED_MM = 12
"""A heading stands on a page with at least so much below it."""
COLUMN_NAME_MM = 52
"""Width of the names in the value columns."""
VALUE_LINE_MM, VALUE_GAP_MM = 3.6, 0.8
"""Height of a line in the value columns, and distance between rows."""
VALUE_POINTS, SECTION_HEADING_POINTS = 7.5, 11
JPEG_QUALITY = 90
FONT, FONT_FILES = "DejaVu", {"": "DejaVuSansCondensed.ttf", "B": "DejaVuSansCondensed-Bold.ttf"}
"""Family, and the file of each style in Resources/Fonts."""


def new_paper(title: str, version: str, footer_lines: Sequence[str], paper_size: str = "A4") -> Any:
    """Start a document.

    Parameters
    ----------
    title
        Of the document.
    version
        Of the program.
    footer_lines
        Two lines at the foot of each page; the second ends with the page number.
    paper_size
        "A4" or "Letter".

    Returns
    -------
    fpdf.FPDF
        Without pages yet.

    Raises
    ------
    DependencyError
        If fpdf2 is not installed.
    """
    try:
        from fpdf import FPDF
    except ImportError as error:
        raise DependencyError(
            "The PDF report needs the package fpdf2: pip install fpdf2. The HTML report has the same content."
        ) from error

    class ReportDocument(FPDF):
        def footer(self) -> None:
            self.set_y(4 - BOTTOM_MM)
            self.set_font(FONT, size=7)
            self.set_text_color(*MUTED_COLOUR)
            self.cell(self.epw, 3.6, footer_lines[0], new_x="LMARGIN", new_y="NEXT")
            self.cell(self.epw - 30, 3.6, footer_lines[1])
            self.cell(30, 3.6, say("page {1} of {2}", self.page_no(), "{nb}"), align="R")

    paper = ReportDocument(format=paper_size)
    for style, file in FONT_FILES.items():
        paper.add_font(FONT, style, resource_path(f"Fonts/{file}"))
    paper.set_margins(LEFT_MM, TOP_MM, LEFT_MM)
    paper.set_auto_page_break(True, margin=BOTTOM_MM)
    paper.set_title(title)
    paper.set_creator(f"SkullRestore {version}")
    return paper


def finished_file(paper: Any) -> bytes:
    """End a document.

    Parameters
    ----------
    paper
        From :func:`new_paper`.

    Returns
    -------
    bytes
        The file. The files of the fonts, which fpdf2 leaves open, are closed.
    """
    content = bytes(paper.output())
    for font in paper.fonts.values():
        font.ttfont.close()
    return content


def begin_page_if_less(paper: Any, height_mm: float) -> None:
    """Begin a new page where less than a height is left on this one.

    Parameters
    ----------
    paper
        The document.
    height_mm
        Of what must stay together.
    """
    if paper.get_y() + height_mm > paper.h - RESERVED_FOOT_MM:
        paper.add_page()


def add_heading(paper: Any, text: str, size: float) -> None:
    """Write a heading.

    Parameters
    ----------
    paper
        The document.
    text
        One line or more.
    size
        Of the font, points.
    """
    paper.ln(1.5)
    begin_page_if_less(paper, size * 0.5 + HEADING_FOLLOWED_MM)
    paper.set_font(FONT, style="B", size=size)
    paper.set_text_color(*ACCENT_COLOUR)
    paper.multi_cell(paper.epw, size * 0.5, text, new_x="LMARGIN", new_y="NEXT")
    paper.ln(0.8)


def add_text(
    paper: Any, text: str, *, colour: tuple[int, int, int] = TEXT_COLOUR, bold: bool = False, size: float = 8.5
) -> None:
    """Write a paragraph.

    Parameters
    ----------
    paper
        The document.
    text
        Of the paragraph.
    colour
        Red, green, blue, 0 to 255.
    bold
        Whether the font is bold.
    size
        Of the font, points.
    """
    paper.set_font(FONT, style="B" if bold else "", size=size)
    paper.set_text_color(*colour)
    paper.multi_cell(paper.epw, size * 0.48, text, align="L", new_x="LMARGIN", new_y="NEXT")


def add_table(paper: Any, rows: Sequence[tuple[str, ...]], shares: tuple[float, ...], *, size: float = 8) -> None:
    """Write a table.

    Parameters
    ----------
    paper
        The document.
    rows
        The heads of the columns first; they are repeated on each page.
    shares
        Widths of the columns, in relation to each other.
    size
        Of the font, points.
    """
    paper.set_font(FONT, size=size)
    paper.set_text_color(*TEXT_COLOUR)
    paper.set_fill_color(255)
    paper.set_draw_color(*TABLE_LINE_COLOUR)
    paper.ln(1)
    with paper.table(
        col_widths=shares, line_height=0.58 * size, borders_layout="HORIZONTAL_LINES", text_align="LEFT"
    ) as table:
        for row in rows:
            table.row(list(row))


def add_value_columns(paper: Any, rows: Sequence[tuple[str, str]], *, heading: str = "") -> None:
    """Write names and values in two columns, on one page.

    Parameters
    ----------
    paper
        The document.
    rows
        Name and value.
    heading
        Over them; empty for none.
    """
    half = (len(rows) + 1) // 2
    columns = rows[:half], rows[half:]
    heights = [sum(_value_row_height(paper, name, value) for name, value in column) for column in columns]
    begin_page_if_less(paper, max(heights) + (HEADING_FOLLOWED_MM if heading else 0.0))
    if heading:
        add_heading(paper, heading, SECTION_HEADING_POINTS)
    top = paper.get_y()
    paper.set_font(FONT, size=VALUE_POINTS)  # after the heading's
    for number, column in enumerate(columns):
        left, y = LEFT_MM + number * (paper.epw / 2 + 2), top
        for name, value in column:
            paper.set_xy(left, y)
            paper.set_text_color(*MUTED_COLOUR)
            paper.multi_cell(COLUMN_NAME_MM, VALUE_LINE_MM, name, align="L")
            paper.set_xy(left + COLUMN_NAME_MM + 1, y)
            paper.set_text_color(*TEXT_COLOUR)
            paper.multi_cell(_value_width(paper), VALUE_LINE_MM, value, align="R", wrapmode=_wrap_mode(value))
            y += _value_row_height(paper, name, value)
    paper.set_xy(LEFT_MM, top + max(heights) + 1)


def _value_row_height(paper: Any, name: str, value: str) -> float:
    """Height of a name and its value side by side, mm."""
    paper.set_font(FONT, size=VALUE_POINTS)
    lines = [
        paper.multi_cell(width, VALUE_LINE_MM, text, dry_run=True, output="LINES", wrapmode=_wrap_mode(text))
        for width, text in ((COLUMN_NAME_MM, name), (_value_width(paper), value))
    ]
    return max(len(each) for each in lines) * VALUE_LINE_MM + VALUE_GAP_MM


def _value_width(paper: Any) -> float:
    return paper.epw / 2 - COLUMN_NAME_MM - 3


def _wrap_mode(text: str) -> str:
    """Break where there are blanks; a UID has none."""
    return "WORD" if " " in text else "CHAR"


def add_pictures(
    paper: Any,
    pictures: Sequence[tuple[str, NDArray[np.uint8]]],
    *,
    columns: int,
    max_width_mm: float = math.inf,
) -> None:
    """Put pictures in rows, each with its caption.

    Parameters
    ----------
    paper
        The document.
    pictures
        Caption and (height, width, 3).
    columns
        Pictures in a row.
    max_width_mm
        Of a picture.
    """
    from PIL import Image

    if not pictures:
        return
    width = min((paper.epw - PICTURE_GAP_MM * (columns - 1)) / columns, max_width_mm)
    for first in range(0, len(pictures), columns):
        row = pictures[first : first + columns]
        height = max(width * image.shape[0] / image.shape[1] for _, image in row)
        captions_mm = max(_caption_height(paper, caption, width, image, height) for caption, image in row)
        begin_page_if_less(paper, height + captions_mm + 1)
        top = paper.get_y() + 1
        for column, (caption, image) in enumerate(row):
            left = LEFT_MM + column * (width + PICTURE_GAP_MM)
            buffer = io.BytesIO()
            Image.fromarray(image).save(buffer, format="JPEG", quality=JPEG_QUALITY, subsampling=0)
            paper.image(buffer, x=left, y=top, w=width)
            paper.set_xy(left, top + width * image.shape[0] / image.shape[1] + 0.5)
            paper.set_font(FONT, size=7)
            paper.set_text_color(*MUTED_COLOUR)
            paper.multi_cell(width, CAPTION_LINE_MM, caption, align="L")
        paper.set_xy(LEFT_MM, top + height + captions_mm)


def _caption_height(paper: Any, caption: str, width: float, image: NDArray[np.uint8], row_height: float) -> float:
    """Space for a caption below the highest picture of its row, mm: a caption stands directly under its own picture."""
    paper.set_font(FONT, size=7)
    lines = paper.multi_cell(width, CAPTION_LINE_MM, caption, dry_run=True, output="LINES")
    above = row_height - width * image.shape[0] / image.shape[1]
    return max(float(CAPTION_HEIGHT_MM), len(lines) * CAPTION_LINE_MM + 0.6 - above)


def add_legend(paper: Any, rows: Sequence[tuple[str, str]]) -> None:
    """Explain the colours of pictures on a few lines.

    Parameters
    ----------
    paper
        The document.
    rows
        Colour, such as ``"#e9dfc8"`` or empty, and what it shows.
    """
    paper.set_font(FONT, size=7)
    paper.set_text_color(*MUTED_COLOUR)
    for colour, text in rows:
        width = paper.get_string_width(text) + 9
        if paper.get_x() + width > LEFT_MM + paper.epw:
            paper.ln(4)
        if colour:
            paper.set_fill_color(*bytes.fromhex(colour.removeprefix("#")))
            paper.ellipse(paper.get_x(), paper.get_y() + 0.6, 2.4, 2.4, style="F")
            paper.set_x(paper.get_x() + 3)
        paper.cell(width - 3, 3.6, text)
    paper.ln(5)
