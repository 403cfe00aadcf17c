"""What was not measured, and what the numbers cannot say."""

from __future__ import annotations

from collections.abc import Iterator

from dashboard.report.blocks import Bullets, Part, Section
from dashboard.report.chosen import Chosen, is_missing
from dashboard.report.coverage import count_units
from dashboard.report.names import clean_text
from dashboard.words import join
from metrics.formatting import format_count, format_percent
from metrics.sentences import say_cannot_tell

__all__ = ["show_limits"]

_OBTAINED = {
    "inferred": "Inferred, not asked: {}. Mistakes in that hide gaps and invent others.",
    "unknown": "How these were obtained is not said: {}.",
    "annotated": "Annotated by others: {}.",
    "self-reported": "Self-reported: {}.",
}


def show_limits(chosen: Chosen) -> Section:
    """Show what these data cannot tell, which rows and groups were left aside, and what to know of the file."""
    parts = [
        Part("What the numbers cannot tell", (Bullets(tuple(_list_limits(chosen))),)),
        Part("The groups", (Bullets(tuple(_list_attributes(chosen))),)),
        Part("The file", (Bullets(tuple(_list_findings(chosen))),)),
    ]
    told = tuple(p for p in parts if any(isinstance(b, Bullets) and b.items for b in p.blocks))
    return Section("limits", "What was not measured", told)


def _list_limits(chosen: Chosen) -> Iterator[str]:
    schema = chosen.document.schema
    yield "What a system did on these rows is measured, not why, and not what it would do elsewhere."
    if schema.where:
        yield f"Only the rows where {clean_text(schema.where, 300)} were measured."
    if not schema.columns.get("label") and schema.task == "classification":
        yield "The file does not say what was true, so that no error was measured, only what was predicted."
    if not chosen.has_clusters and chosen.slices:
        yield (
            "The rows are taken as independent of one another. If several belong to one person, branch or device, "
            "intervals are too narrow."
        )
    if schema.task == "classification" and schema.favourable is None:
        yield "Which prediction is good for the person was not said: rates of selection have no better side here."
    if chosen.slices and all(len(s.axes) == 1 for s in chosen.slices) and len({s.axes for s in chosen.slices}) > 1:
        yield "Attributes were looked at one by one. A gap may hide where two of them meet."
    for metric in chosen.main:
        for system in chosen.systems:
            said = say_cannot_tell(chosen.estimates(system), metric)
            if said:
                yield f"{f'{system}, ' if system else ''}{metric.title}: {said}"


def _list_attributes(chosen: Chosen) -> Iterator[str]:
    units = count_units(chosen)
    everyone = max(units.values(), default=0)
    for s in chosen.slices:
        if is_missing(s) and len(s.axes) == 1 and everyone:
            n = units[s]
            rows = f"{format_count(n)} {'row' if n == 1 else 'rows'} ({format_percent(n / everyone)})"
            yield f"{s.axes[0]} is missing in {rows}: shown as a group of its own, part of no gap."
    asked = {axis for s in chosen.slices for axis in s.axes}
    by_way: dict[str, list[str]] = {}
    for attribute in chosen.document.schema.attributes:
        name = clean_text(attribute.column, 80)
        if name in asked:
            by_way.setdefault(attribute.obtained, []).append(name)
    for way, sentence in _OBTAINED.items():
        if way in by_way:
            yield sentence.format(join(by_way[way]))


def _list_findings(chosen: Chosen) -> Iterator[str]:
    for finding in chosen.document.findings:
        text = clean_text(f"{finding.where} {finding.found}", 400)
        yield text[:1].upper() + text[1:]
