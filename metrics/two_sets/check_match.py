"""Whether what a match names is there: a name that exists nowhere must not pass in silence."""

from __future__ import annotations

from collections.abc import Iterable

from metrics.errors import Finding, Severity, nearest
from metrics.results import Results
from metrics.schema import Schema
from metrics.two_sets.match import Match

__all__ = ["check_match"]


def check_match(match: Match, reference: Results, customer: Results, severity: Severity = "warn") -> list[Finding]:
    """Return what a match names that neither file has, of this severity; words that are merely idle are notes.

    A level of the reference that does not exist renames nothing.
    """
    findings: list[Finding] = []

    def say(place: str, name: str, what: str, known: Iterable[str], how: Severity = severity) -> None:
        known = list(known)
        listed = ", ".join(map(repr, known[:8])) + (", ..." if len(known) > 8 else "")
        cure = nearest(name, known) or f"There are: {listed or 'none'}."
        findings.append(Finding(how, f"the match, {place} {name!r}", what, cure))

    columns = _columns_of(reference.schema)
    for column in match.columns:
        if column not in columns:
            say("[columns]", column, "is no column that the reference is read by.", columns)
    systems, theirs = ([s.title for s in r.schema.systems] for r in (reference, customer))
    systems, theirs = (
        [*names, *map(str, r.columns["system"].dropna().unique())] if "system" in r.columns else names
        for names, r in ((systems, reference), (theirs, customer))
    )
    for here, there in match.systems.items():
        if here not in systems:
            say("[systems]", here, "is no system of the reference.", systems)
        elif there not in theirs and here not in theirs:
            say("[systems]", there, "is no system of the customer's set.", theirs)
    for attribute, pairs in match.levels.items():
        if attribute not in reference.attributes:
            say("[levels]", attribute, "is no attribute of the reference.", map(str, reference.attributes.columns))
            continue
        levels = list(map(str, reference.attributes[attribute].cat.categories))
        mine = _levels_of(customer, match, attribute)
        for here, several in pairs.items():
            if here not in levels:
                say(f"[levels.{attribute}]", here, "is no level of the reference, so that it renames nothing.", levels)
            for there in several:
                if mine and there not in mine:
                    say(f"[levels.{attribute}]", there, "does not occur in the customer's set.", mine, "note")
    return findings


def _columns_of(schema: Schema) -> list[str]:
    per_system = [column for system in schema.systems for column in system.columns.values()]
    return list(dict.fromkeys([*schema.columns.values(), *per_system, *(a.column for a in schema.attributes)]))


def _levels_of(customer: Results, match: Match, attribute: str) -> list[str]:
    names = list(map(str, customer.attributes.columns))
    mine = next((n for n in names if match.attribute_of(n, [attribute]) == attribute), None)
    return [] if mine is None else list(map(str, customer.attributes[mine].cat.categories))
