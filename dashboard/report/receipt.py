"""The receipt: everything that the numbers hang on, so that others can have the same."""

from __future__ import annotations

from dashboard.report.blocks import Block, Code, Column, Facts, Part, Section, Table, Text
from dashboard.report.chosen import Chosen
from dashboard.report.names import clean_text
from dashboard.words import join
from metrics.answers import name_baseline
from metrics.document import Document
from metrics.formatting import format_count

__all__ = ["write_receipt"]


def write_receipt(chosen: Chosen) -> Section:
    """Show the files, what was asked, the schema, the policy, the versions and the day."""
    d = chosen.document
    rows = tuple(
        (clean_text(r.name, 200), r.sha256, format_count(r.rows_read), format_count(r.rows_used)) for r in d.receipts
    )
    columns = (Column("File"), Column("SHA-256"), Column("Rows read", number=True), Column("Rows used", number=True))
    first: list[Block] = [
        Text("Whoever has the file can have these numbers: the same file, schema and question give the same answer."),
        Table("The files", columns, rows),
    ]
    parts = [
        Part("", tuple(first)),
        Part("The question", (Facts(tuple(_list_question(d))),)),
        Part("Made with", (Facts((("Day", d.made), *((clean_text(n, 80), v) for n, v in d.versions.items()))),)),
        Part("The schema", (Code("Schema, as TOML", d.schema.dumps()),)),
    ]
    if d.policy is not None:
        parts.append(Part("The policy", (Code("Policy, as TOML", d.policy.dumps()),)))
    return Section("receipt", "Receipt", tuple(parts))


def _list_question(d: Document) -> list[tuple[str, str]]:
    q = d.question
    by = "each attribute alone" if q.by is None else join([_name_by(b) for b in q.by]) if q.by else "everyone only"
    corrections = {"holm": "Holm", "bh": "Benjamini and Hochberg", "none": "none"}
    return [
        ("Groups by", clean_text(by)),
        ("Metrics", clean_text(", ".join(q.metrics)) if q.metrics else "all that the columns allow"),
        ("Compared by", join(q.kinds)),
        ("Compared with", clean_text(name_baseline(q.baseline), 200)),
        ("Confidence", f"{100 * q.confidence:g} %"),
        ("Correction for many groups", corrections[q.correction]),
        ("Least units to judge", str(q.min_units)),
        ("Seed", str(q.seed)),
    ]


def _name_by(by: str | tuple[str, ...]) -> str:
    return by if isinstance(by, str) else " with ".join(by)
