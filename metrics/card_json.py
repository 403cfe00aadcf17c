"""A card as JSON in the form of the Model Card Toolkit (its schema 0.0.2), so that other tools read it.

That form knows no other keys than its own, and its numbers are texts. What its readers would take for sound stands
there alone: groups without data or with too few units are named under the limitations.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any

from metrics.answers import name_baseline
from metrics.card import Card, choose_headlines, name_system
from metrics.document import Document
from metrics.formatting import format_count

__all__ = ["card_tree", "write_card_json"]

SCHEMA_VERSION = "0.0.2"


def write_card_json(card: Card, document: Document) -> str:
    """Return the card of a document as JSON text."""
    return json.dumps(card_tree(card, document), ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def card_tree(card: Card, document: Document) -> dict[str, Any]:
    """Return the card of a document as the tree of the JSON, without what there is nothing to say of."""
    details: dict[str, Any] = {
        "name": card.title,
        "overview": card["overview"].text,
        "documentation": _documentation(card),
        "owners": [_filled({"name": card.owner, "contact": card.contact})] if card.owner or card.contact else [],
        "version": _filled({"name": card.version, "date": card.made}),
        "licenses": [_license(card.license)] if card.license else [],
    }
    design = card["design"]
    parameters = {"model_architecture": design.text if design.is_written else "", "data": list(_data(card, document))}
    analysis = {"performance_metrics": [*_values(document), *_disparities(document)]}
    use, governance = card["intended_use"], card["governance"]
    limits = [*use.facts[1:], *_paragraphs(card, "robustness")]
    risks = [{"name": fact} for fact in card["fairness"].facts]
    if governance.is_written:
        risks = [{**risk, "mitigation_strategy": governance.text} for risk in risks]
    considerations = {
        "use_cases": _described(_paragraphs(card, "intended_use")),
        "limitations": _described(limits),
        "tradeoffs": _described(_paragraphs(card, "fairness")),
        "ethical_considerations": risks,
    }
    return {
        "schema_version": SCHEMA_VERSION,
        "model_details": _filled(details),
        "model_parameters": _filled(parameters),
        "quantitative_analysis": analysis,
        "considerations": _filled(considerations),
    }


def _values(document: Document) -> Iterator[dict[str, Any]]:
    """The estimates that hold, everyone's under the slice "everyone"."""
    columns = ("slice", "system", "metric", "value", "low", "high", "status")
    shown = {n for n, m in document.metrics.items() if m.listed}
    for cell, system, metric, *numbers, status in zip(*(document.estimates[c] for c in columns), strict=True):
        if status == "ok" and metric in shown:
            yield from _metric(_type(metric, system), str(cell), *numbers)


def _disparities(document: Document) -> Iterator[dict[str, Any]]:
    """The distances from the baseline that hold; their type says which distance it is."""
    columns = ("slice", "system", "metric", "kind", "baseline", "value", "low", "high", "status")
    shown = {m.name for m in choose_headlines(document)} if document.question.metrics is None else set(document.metrics)
    frame = document.disparities
    for cell, system, metric, kind, baseline, *numbers, status in zip(*(frame[c] for c in columns), strict=True):
        if status == "ok" and metric in shown:
            joined = "difference from" if kind == "difference" else "ratio to"
            yield from _metric(f"{_type(metric, system)}, {joined} {name_baseline(str(baseline))}", str(cell), *numbers)


def _metric(kind: str, cell: str, value: float, low: float, high: float) -> Iterator[dict[str, Any]]:
    if not math.isfinite(value):
        return
    bounds = {"lower_bound": _number(low), "upper_bound": _number(high)}
    found: dict[str, Any] = {"type": kind, "value": _number(value), "slice": cell}
    bounds = _filled(bounds)
    yield {**found, "confidence_interval": bounds} if bounds else found


def _type(metric: str, system: Any) -> str:
    return f"{metric}, {name}" if (name := name_system(system)) else metric


def _number(value: float) -> str:
    return repr(float(value)) if math.isfinite(value) else ""


def _data(card: Card, document: Document) -> Iterator[dict[str, Any]]:
    sensitive = list(dict.fromkeys(axis for cell in document.estimates["slice"] for axis in cell.axes))
    for number, receipt in enumerate(card.receipts):
        used = f"Test data: {format_count(receipt.rows_used)} of {format_count(receipt.rows_read)} rows"
        told: dict[str, Any] = {"name": receipt.name, "description": f"{used}, SHA-256 {receipt.sha256}."}
        if number == 0 and sensitive:
            told["sensitive"] = {"sensitive_data": sensitive}
        yield told


def _documentation(card: Card) -> str:
    """The sections that the form has no place for, under their titles."""
    names = ("testing", "transparency", "governance", "best_practice")
    written = [card[name] for name in names if card[name].is_written]
    return "\n\n".join(f"{section.title}\n{section.text}" for section in written)


def _paragraphs(card: Card, name: str) -> list[str]:
    section = card[name]
    return [part.strip() for part in re.split(r"\n\s*\n", section.text) if part.strip()] if section.is_written else []


def _described(texts: list[str]) -> list[dict[str, str]]:
    return [{"description": text} for text in texts]


def _license(text: str) -> dict[str, str]:
    """An SPDX identifier is one word of letters, digits, points and dashes; anything else is a text."""
    return {"identifier" if re.fullmatch(r"[A-Za-z0-9.+-]+", text) else "custom_text": text}


def _filled(tree: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in tree.items() if value}
