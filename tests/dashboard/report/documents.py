"""Documents to draw: of the sample files, of names that mean harm, of as many groups as one likes."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from metrics import Schema, System, count_cells, read_results, score
from metrics.document import Document, make_document
from metrics.policy import Policy
from metrics.question import Question
from metrics.schema import Attribute
from tests.paths import SAMPLES

HOSTILE = (
    "<script>document.title='gone'</script>",
    "</script><!--<script>",
    "=1+1",
    "](http://evil.example/x) ![p](http://evil.example/p.png)",
    "\u202eright to left \u05d0\u05d1 <b>",
    "x" * 300,
    "a|b `c` @someone #12 www.evil.example e@evil.example",
    "two\nlines\t$x^2$ {{ 7*7 }} {% raw %}",
)

POLICY = Policy.loads(
    """
name = "Lending"
description = "Agreed with the branch."
source = "An example."
[[rule]]
name = "false rejections"
metric = "false_rejection_rate"
at_most = 0.05
[[rule]]
name = "gaps"
metric = "false_rejection_rate"
compare = "spread"
by = ["sex", "age"]
at_most = 0.5
[[rule]]
name = "rates"
metric = "selection_rate"
compare = "ratio"
baseline = "best"
publish = true
"""
)


@cache
def sample(name: str, *, policy: Policy | None = None, by: tuple[Any, ...] | None = None) -> Document:
    """Return the document of a sample file."""
    results = read_results(SAMPLES / f"{name}.csv", Schema.load(SAMPLES / f"{name}.toml"))
    return make_document(results, count_cells(score(results)), Question(by=by), policy=policy, made="2026-01-31")


@cache
def one_model(policy: Policy | None = POLICY) -> Document:
    """Return the document of the first model of the lending file, judged by a policy."""
    schema = Schema.load(SAMPLES / "lending.toml")
    schema = Schema(**{**vars(schema), "systems": schema.systems[:1]})
    results = read_results(SAMPLES / "lending.csv", schema)
    words = {"summary": "Read the limits first.", "limits": "We know of more."}
    return make_document(
        results, count_cells(score(results)), Question(), policy=policy, title="Loans", words=words, made="2026-01-31"
    )


@cache
def hostile() -> Document:
    """Return a document whose file, columns, groups, models, classes, policy and words all mean harm."""
    rng, n = np.random.default_rng(0), 2000
    columns = (HOSTILE[0], HOSTILE[3])
    frame = pd.DataFrame({name: [HOSTILE[(i // k) % 8] for i in range(n)] for k, name in enumerate(columns, 1)})
    label = rng.integers(0, 2, n)
    frame["label"] = label
    models = (HOSTILE[1], HOSTILE[6])
    for number, _ in enumerate(models):
        frame[f"p{number}"] = np.where(rng.random(n) < 0.8, label, 1 - label)
    schema = Schema(
        task="classification",
        columns={"label": "label"},
        systems=tuple(System(name, {"prediction": f"p{number}"}) for number, name in enumerate(models)),
        positive=("1",),
        favourable="positive",
        attributes=tuple(Attribute(name) for name in columns),
    )
    rule = {"name": HOSTILE[6], "metric": "false_rejection_rate", "at_most": 0.1, "note": HOSTILE[0]}
    rules = [rule, {**rule, "name": HOSTILE[1], "compare": "spread"}]
    policy = Policy.from_dict({"name": HOSTILE[1], "description": HOSTILE[3], "source": HOSTILE[7], "rule": rules})
    results = read_results(frame, schema, name=HOSTILE[1] + ".csv")
    words = {"summary": "\n".join(HOSTILE), "receipt": HOSTILE[1]}
    return make_document(
        results,
        count_cells(score(results)),
        Question(),
        policy=policy,
        title=HOSTILE[1],
        words=words,
        made="2026-01-31",
    )


@cache
def many_groups(n: int, *, scores: bool = True) -> Document:
    """Return a document of `n` groups in four attributes, of a binary task with scores."""
    rng, rows = np.random.default_rng(1), 40 * n
    frame = pd.DataFrame({f"attribute {k}": [f"g{i}" for i in rng.integers(0, n // 4, rows)] for k in range(4)})
    frame["label"] = rng.integers(0, 2, rows)
    frame["score"] = (0.5 * frame["label"] + 0.5 * rng.random(rows)).round(4)
    frame["predicted"] = (frame["score"] > 0.5).astype(int)
    columns = {"prediction": "predicted"} | ({"score": "score"} if scores else {})
    schema = Schema(
        task="classification",
        columns={"label": "label"},
        systems=(System(None, columns),),
        positive=("1",),
        favourable="positive",
        attributes=tuple(Attribute(f"attribute {k}") for k in range(4)),
    )
    results = read_results(frame, schema, name="groups.csv")
    return make_document(results, count_cells(score(results)), Question(), made="2026-01-31")
