"""The report room: a restoration in; facts for programs (JSON) and reports for people (HTML, PDF) out."""

from SkullRestoreLib.report.facts import CREDIT, SAFETY, SCHEMA, summary
from SkullRestoreLib.report.html import report_html
from SkullRestoreLib.report.pdf import report_pdf

__all__ = ["CREDIT", "SAFETY", "SCHEMA", "report_html", "report_pdf", "summary"]
