"""The work of the Report page: documents are made, drawn, read back and computed again. Nothing here is on screen."""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from dashboard import report as drawing
from dashboard.report.chosen import choose
from dashboard.report.sections import make_sections
from metrics.cube import Cubes
from metrics.document import Document, make_document
from metrics.document_json import ID, read_document, write_document
from metrics.errors import QuestionError, ResultsError, stop
from metrics.policy import Policy
from metrics.progress import Progress, Tell
from metrics.question import Question
from metrics.reading.limits import Limits
from metrics.reading.table import Table
from metrics.results import Results
from metrics.verify import Difference, compare_documents, compute_again, read_again

__all__ = [
    "FORMS",
    "Compared",
    "Made",
    "Opened",
    "compare_again",
    "draw_html",
    "leave_out_numbers",
    "make",
    "open_report",
    "print_pdf",
    "table_differences",
]

_NUMBERS = re.compile(rf'<script type="application/json" id="{ID}">.*?</script>', re.DOTALL)
MOST_RECORDS = 100_000  # of a report that is opened: those who draw it cannot be stopped half-way
MOST_SHOWN = 1000  # differences

# What contradicts itself in a document of a stranger makes those who draw it stumble, each in its own way.
_STUMBLES = (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError)


@dataclass(frozen=True, eq=False)
class Made:
    """A document, and the titles of its sections that have content, by name."""

    document: Document
    sections: Mapping[str, str]


@dataclass(frozen=True, eq=False)
class Opened:
    """A report that was made earlier, drawn anew from its numbers: nothing of its own HTML is shown."""

    document: Document
    html: str
    sha256: str  # of the report itself


@dataclass(frozen=True, eq=False)
class Compared:
    """What a report says against what its data say: the number of records compared, and where they differ."""

    records: int
    differences: tuple[Difference, ...]

    @property
    def is_other_file(self) -> bool:
        return any(d.part == "sources" and d.field == "sha256" for d in self.differences)

    @property
    def numbers(self) -> list[Difference]:
        """The differences besides the files' own digests."""
        return [d for d in self.differences if d.field != "sha256"]


def make(
    results: Results, cubes: Cubes, question: Question, policy: Policy | None, tell: Tell
) -> Made | QuestionError | ResultsError:
    """Make a document. What cannot be asked of the data is an answer, too."""
    try:
        document = make_document(results, cubes, question, policy=policy, progress=Progress(tell).part(0, 0.8))
    except (QuestionError, ResultsError) as error:
        return error
    tell("Finding out what there is to tell", 0.8)
    return Made(document, {section.name: section.title for section in make_sections(choose(document))})


def draw_html(document: Document, sections: Sequence[str] | None, tell: Tell) -> str:
    """Draw a document as the HTML that is shown and downloaded."""
    tell("Writing the report", 0.1)
    return drawing.write_html(document, sections=sections)


def leave_out_numbers(html: str) -> str:
    """Return the HTML of a report that was drawn here without the document in it."""
    return _NUMBERS.sub("", html, count=1)


def print_pdf(document: Document, sections: Sequence[str], tell: Tell) -> bytes | drawing.PrintError:
    """Print a document by the browser that is installed; why that cannot be done is an answer, too."""
    tell("Printing", 0.2)
    with tempfile.TemporaryDirectory(prefix="fairness-dashboard-") as folder:
        path = Path(folder) / "report.pdf"
        try:
            drawing.write_pdf(drawing.write_html(document, sections=sections), path)
        except drawing.PrintError as error:
            return error
        return path.read_bytes()


def open_report(data: bytes, name: str, tell: Tell) -> Opened:
    """Read a report and draw it anew. Raises ResultsError where it is none, or contradicts itself."""
    where = f"report {name!r}"
    tell("Reading the report", 0.1)
    document = read_document(data, where)
    n_records = sum(len(table) for table in document.tables.values())
    if n_records > MOST_RECORDS:
        found = f"has {n_records:,} records; a page shows up to {MOST_RECORDS:,}."
        raise stop(where, found, "The command `fairness-dashboard verify` compares larger ones.")
    tell("Drawing it anew", 0.4)
    try:
        return Opened(document, drawing.write_html(document), hashlib.sha256(data).hexdigest())
    except _STUMBLES as error:
        raise stop(where, "holds numbers that contradict each other.", "Take the report as it was written.") from error


def compare_again(
    document: Document, tables: Callable[[Progress], list[Table]], limits: Limits, tell: Tell
) -> Compared | QuestionError | ResultsError:
    """Compute a report's numbers again from files, and compare. Why that cannot be done is an answer, too."""
    whole = Progress(tell)
    try:
        first, *others = tables(whole.part(0, 0.3))
        joined = [(None, table) for table in others]
        results = read_again(document, first, joined, limits=limits, progress=whole.part(0.3, 0.6))
        again = compute_again(document, results, whole.part(0.6, 1))
    except (QuestionError, ResultsError) as error:
        return error
    n_records = sum(len(table) for table in document.tables.values())
    return Compared(n_records, tuple(compare_documents(document, again)))


def table_differences(differences: Sequence[Difference]) -> pd.DataFrame:
    """Return the first differences as texts, one a row."""
    return pd.DataFrame(
        {
            "list": [d.part for d in differences[:MOST_SHOWN]],
            "of": [d.record for d in differences[:MOST_SHOWN]],
            "field": [d.field or "the whole record" for d in differences[:MOST_SHOWN]],
            "in the report": [_write(d.given) for d in differences[:MOST_SHOWN]],
            "from the data": [_write(d.again) for d in differences[:MOST_SHOWN]],
        }
    )


def _write(value: Any) -> str:
    return "-" if value is None else str(value)


def _draw_interactive(document: Document, sections: Sequence[str]) -> str:
    return drawing.write_html(document, sections=sections, interactive=True)


# The forms that need no printing: title, ending, kind of file, and what writes it of a document and some sections.
FORMS: Mapping[str, tuple[str, str, Callable[[Document, Sequence[str]], str]]] = {
    "Markdown": (".md", "text/markdown", drawing.write_markdown),
    "JSON": (".json", "application/json", lambda document, names: write_document(document)),
    "Interactive HTML": (".html", "text/html", _draw_interactive),
}
