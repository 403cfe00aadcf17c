"""Whether two sets are two samples: what their files, ids and clusters have in common."""

from __future__ import annotations

from metrics.errors import Finding
from metrics.reading.match import show_count, show_examples
from metrics.results import Results

__all__ = ["check_samples"]


def check_samples(reference: Results, customer: Results) -> list[Finding]:
    """Return what speaks against two independent samples: the same file, the same units, the same clusters."""
    digests = {r.sha256 for r in reference.receipts}
    same = [r.name for r in customer.receipts if r.sha256 in digests]
    if same:
        cure = "Choose another file. Systems of one file are compared on the page of systems."
        return [Finding("warn", f"file {same[0]!r}", "is part of both sets, which are no two samples then.", cure)]
    findings = []
    ids = _in_both(reference, customer, "id")
    if ids:
        findings.append(
            Finding(
                "warn",
                f"{show_count(len(ids), 'id')}, such as {show_examples(ids)},",
                "is in both sets." if len(ids) == 1 else "are in both sets.",
                "The comparison takes the two sets as different units. If they are the same units, answered anew, join "
                "the files by id: the comparison is then paired, and sharper.",
                rows=len(ids),
            )
        )
    clusters = _in_both(reference, customer, "cluster")
    if clusters:
        column = reference.schema.columns["cluster"]
        findings.append(
            Finding(
                "note",
                f"column {column!r}",
                f"names {show_count(len(clusters), 'cluster')} of both sets, such as {show_examples(clusters)}.",
                "They are taken as different ones. If they are the same, intervals of the change are somewhat too wide "
                "or too narrow.",
            )
        )
    return findings


def _in_both(reference: Results, customer: Results, role: str) -> list[str]:
    if role not in reference.columns or role not in customer.columns:
        return []
    here, there = (set(map(str, r.columns[role].dropna().unique())) for r in (reference, customer))
    return sorted(here & there)
