"""Reports: a `metrics.document.Document` as one HTML file, as Markdown, or as PDF.

    write_html(document, sections=None, interactive=False) -> str
    write_markdown(document, sections=None) -> str
    write_pdf(html, path) -> None

A document is drawn the same whether it was just made or read back from a report. `sections` names those to write, of
`SECTIONS`; None is all that have content. Text goes one way: `chosen` picks what is told in which length, a function
per section makes blocks of plain text and numbers (`sections`, `blocks`), and each form writes the blocks in its own
way. A new section is one function, named in `sections.SECTIONS`. Nothing here knows of Streamlit.
"""

from __future__ import annotations

from dashboard.report.html import write_html
from dashboard.report.markdown import write_markdown
from dashboard.report.pdf import PrintError, find_printer, write_pdf
from dashboard.report.sections import SECTIONS

__all__ = ["SECTIONS", "PrintError", "find_printer", "write_html", "write_markdown", "write_pdf"]
