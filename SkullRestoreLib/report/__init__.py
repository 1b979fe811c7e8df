"""Report a restoration: facts for programs (JSON), and reports for people (HTML, PDF)."""

from SkullRestoreLib.report.fact_records import COMPLETE, SCHEMA_VERSION, WITHHELD
from SkullRestoreLib.report.facts import DATA_CREDIT, SAFETY_NOTE, summarise_restoration
from SkullRestoreLib.report.html import report_html
from SkullRestoreLib.report.pdf import report_pdf
from SkullRestoreLib.report.words import failures_in_words, outcome_in_words

__all__ = [
    "COMPLETE",
    "DATA_CREDIT",
    "SAFETY_NOTE",
    "SCHEMA_VERSION",
    "WITHHELD",
    "failures_in_words",
    "outcome_in_words",
    "report_html",
    "report_pdf",
    "summarise_restoration",
]
