"""Asking what is shared: the four tables of `measure`, of numbers that came without their rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from metrics.errors import Finding, unknown
from metrics.progress import SILENT, Progress
from metrics.question import Answer, Question, answer
from metrics.results import Results
from metrics.sharing.examples import Examples, say_draw
from metrics.sharing.shared_cube import Shared
from metrics.writing import describe_results, dump_json, records

__all__ = ["SHARED_FORMAT", "SHARED_VERSION", "ask_shared", "write_shared_json"]

SHARED_FORMAT = "fairness-dashboard shared"
SHARED_VERSION = 1


def ask_shared(shared: Shared, question: Question, progress: Progress = SILENT) -> Answer:
    """Answer a question by what is shared. Raises QuestionError for what is not.

    Without groupings, all that are shared are asked; the order of the attributes of one does not matter.
    """
    metrics = {m.name: m for cube in shared.cubes for m in cube.metrics.values()}
    for name in question.metrics or ():
        if name not in metrics:
            raise unknown(name, "metric that was shared called", metrics)
    known = {frozenset(names): names for names in shared.terms.groupings}
    asked = shared.terms.groupings if question.by is None else question.by
    by = tuple(known.get(frozenset((b,) if isinstance(b, str) else b), b) for b in asked)
    return answer(_without_rows(shared), shared.cubes, replace(question, by=by), progress)


def write_shared_json(shared: Shared, found: Answer) -> str:
    """Return an answer as JSON: the lists of `measure`, after what was said of what is shared and the examples."""
    about = {
        "title": shared.terms.title,
        "note": shared.terms.note,
        "made": shared.made,
        "min_cell": shared.terms.min_cell,
        "sources": [{"name": source.name, "sha256": source.sha256} for source in shared.sources],
        "examples": None if shared.examples is None else _describe_examples(shared.examples, shared.cubes.systems),
    }
    head = describe_results(found.results, form=SHARED_FORMAT, version=SHARED_VERSION)
    return dump_json({**head, **about, **{name: records(table) for name, table in found.tables.items()}})


def _describe_examples(examples: Examples, systems: Sequence[str | None]) -> dict[str, Any]:
    """Return the transcripts that went along, and how they were chosen."""
    return {
        "drawn": examples.drawn,
        "seed": examples.seed,
        "asked": examples.asked,
        "unit": examples.unit,
        "said": say_draw(examples, systems),
        "transcripts": [
            {
                "slice": examples.slice_of(example).to_dict(),
                "reference": example.said,
                "hypotheses": [
                    {"system": system, "text": text} for system, text in zip(systems, example.heard, strict=True)
                ],
            }
            for example in examples.told
        ],
    }


def _without_rows(shared: Shared) -> Results:
    """Return results that say how the columns were read, and have no rows."""
    return Results(
        schema=shared.schema,
        attributes=pd.DataFrame(),
        columns={},
        answers=tuple({} for _ in shared.schema.systems),
        receipts=(),
        findings=tuple(_findings(shared)),
    )


def _findings(shared: Shared) -> list[Finding]:
    told = []
    if shared.left_out:
        named = ", ".join(repr(name) for name in shared.left_out)
        found = "lacks a value in a few rows, which are too few to be shown and part of nothing that is shared."
        told.append(Finding("note", f"attribute {named}", found, ""))
    return told
