"""`report_pages`: a report of 200 groups in all metrics of a binary task with scores, from a document to text.

The promise is under two seconds of one processor, whatever else the machine does; the same document is written as HTML
and as Markdown, beside the size of the HTML of 50 groups, which stays under 500 kB with every number inside.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from benchmarks.measuring import Cost, Outcome, alternate
from benchmarks.report import run_alone
from dashboard.report import write_html, write_markdown
from metrics import Attribute, Schema, System, count_cells, read_results, score
from metrics.document import Document, make_document
from metrics.question import Question

MANY, FEW = 200, 50
ATTRIBUTES = 5
MOST_SECONDS = 2.0
MOST_KILOBYTES = 500


def outcomes() -> Iterator[Outcome]:
    """Measure the promises."""
    many, few = make(MANY), make(FEW)
    assert many.estimates["slice"].nunique() == MANY + 1, "Everyone is one more."
    html, markdown = alternate([lambda: write_html(many), lambda: write_markdown(many)], 5)
    yield _waited(f"HTML of {MANY} groups", html)
    yield _waited(f"Markdown of {MANY} groups", markdown)
    size = len(write_html(few).encode()) / 1000
    yield Outcome(f"size of the HTML of {FEW} groups", size, at_most=MOST_KILOBYTES, unit=" kB")


def make(groups: int) -> Document:
    """Return the document of a made file with so many groups in five attributes."""
    rng, rows, levels = np.random.default_rng(0), 50 * groups, groups // ATTRIBUTES
    names = [f"attribute {k}" for k in range(ATTRIBUTES)]
    frame = pd.DataFrame({name: [f"level {i}" for i in rng.integers(0, levels, rows)] for name in names})
    frame["label"] = rng.integers(0, 2, rows)
    frame["score"] = (0.4 * frame["label"] + 0.6 * rng.random(rows)).round(4)
    frame["predicted"] = (frame["score"] > 0.5).astype(int)
    schema = Schema(
        task="classification",
        positive=("1",),
        favourable="positive",
        columns={"label": "label"},
        systems=(System(None, {"prediction": "predicted", "score": "score"}),),
        attributes=tuple(Attribute(name) for name in names),
    )
    results = read_results(frame, schema, name="made.csv")
    return make_document(results, count_cells(score(results)), Question(), made="2026-01-31")


def _waited(what: str, cost: Cost) -> Outcome:
    note = f"of the processor; {cost.seconds:.2g} s by the clock"
    return Outcome(what, cost.cpu_seconds, at_most=MOST_SECONDS, unit=" s", note=note)


if __name__ == "__main__":
    run_alone(outcomes())
