"""What only transcripts have: kinds of mistakes, how utterances are weighed, what made the texts alike."""

from __future__ import annotations

import pandas as pd

from dashboard.charts.format import is_everyone
from dashboard.charts.intervals import sort_slices
from dashboard.report.blocks import Block, Bullets, Cell, Column, Facts, Part, Section, Table, Text
from dashboard.report.chosen import MOST_SYSTEMS, Chosen, records
from dashboard.report.names import clean_text
from metrics.answers import name_slice
from metrics.error_kinds import KINDS, say_kinds
from metrics.formatting import NOTHING, format_value
from metrics.weightings import WEIGHTINGS

__all__ = ["show_speech"]

_SILENCE = ("empty_output_rate", "share_above_half_word_error_rate", "term_recall", "invented_term_share")


def show_speech(chosen: Chosen) -> Section | None:
    """Show what mistakes are made of and how they are weighed; None where the task is no transcription."""
    schema = chosen.document.schema
    if schema.task != "transcription":
        return None
    normalizer = clean_text(schema.normalizer or "none", 200)
    facts = [("Texts are made alike by", normalizer), ("Units", "utterances, resampled by speaker")]
    if not chosen.has_clusters:
        facts[1] = ("Units", "utterances, as if all were by different speakers")
    if schema.terms:
        facts.append(("Terms that are followed", clean_text(schema.terms, 200)))
    blocks: list[Block] = [
        Facts(tuple(facts)),
        Text(
            "Capitals, punctuation and spelling count as mistakes unless the texts are made alike first; another "
            "choice gives other rates, and may give other gaps.",
            "note",
        ),
    ]
    parts = [Part("", tuple(blocks))]
    if len(chosen.systems) <= MOST_SYSTEMS:
        for system in chosen.systems:
            parts += _show_kinds(chosen, system)
            parts += _show_values(chosen, system, tuple(WEIGHTINGS), "How utterances are weighed", _WEIGHED)
            parts += _show_values(chosen, system, _SILENCE, "Silence, wreckage and terms", "")
    return Section("speech", "What the mistakes are", tuple(parts))


_WEIGHED = (
    "The same errors, weighed by words, by utterances or by speakers. A group whose gap depends on the weighting is "
    "no clear case."
)


def _show_kinds(chosen: Chosen, system: str) -> list[Part]:
    found = _show_values(chosen, system, tuple(KINDS), "Kinds of mistakes", "")
    said = tuple(say_kinds(chosen.estimates(system)))
    return [Part(p.title, (Bullets(said), *p.blocks) if said else p.blocks) for p in found]


def _show_values(chosen: Chosen, system: str, names: tuple[str, ...], title: str, note: str) -> list[Part]:
    """Return a table of several metrics by group, the columns those that were measured; nothing for under two."""
    metrics = [chosen.metrics[n] for n in names if n in chosen.metrics]
    if not metrics or (note and len(metrics) < 2):
        return []
    tables = {m.name: {r["slice"]: r for r in records(chosen.estimates(system, m))} for m in metrics}
    first: pd.DataFrame = chosen.estimates(system, metrics[0])
    order = [s for s in tables[metrics[0].name] if is_everyone(s)] + sort_slices(first, metrics[0])
    rows: list[tuple[Cell, ...]] = []
    for s in order:
        told: list[Cell] = [name_slice(s)]
        for m in metrics:
            row = tables[m.name].get(s)
            few = " (too few)" if row is not None and row["status"] == "too few" else ""
            told.append(NOTHING if row is None else f"{format_value(m, row['value'])}{few}")
        rows.append(tuple(told))
    columns = (Column("Group"), *(Column(m.title, number=True) for m in metrics))
    named = f" of {system}" if system else ""
    blocks: tuple[Block, ...] = (Table(f"{title}{named}, by group", columns, tuple(rows)),)
    return [Part(f"{title}{named}", (Text(note), *blocks) if note else blocks)]
