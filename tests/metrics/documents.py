"""A small file with every kind of cell a document can hold, and the document that is made from it."""

from __future__ import annotations

import io

import metrics
from metrics.document import Document, make_document
from metrics.policy import Policy
from metrics.question import Question

ROWS = "id,sex,age,label,pred,note\n" + "".join(
    f"{i},{'fm'[i % 2]},{'young' if i % 3 else 'old'},{int(i % 4 == 0)},{int(i % 8 == 0)},n{i}\n" for i in range(240)
)
# Only x has false positives: over everyone else's rate theirs is infinite. It has no positives; one group is missing.
ROWS += "".join(f"{300 + i},x,old,0,{i % 2},n\n" for i in range(40)) + "400,,old,0,0,n\n"

SCHEMA = metrics.Schema(
    "classification",
    columns={"id": "id", "label": "label"},
    systems=(metrics.System("model", {"prediction": "pred"}),),
    attributes=(metrics.Attribute("sex"), metrics.Attribute("age")),
    positive=("1",),
    favourable="positive",
)
POLICY = Policy.loads(
    """
name = "Fair"
[[rule]]
name = "misses"
metric = "false_negative_rate"
at_most = 0.05
exclude = ["sex is missing"]
[[rule]]
name = "pairs"
criterion = "equalized_odds"
at_most = 0.1
[[rule]]
name = "shown"
metric = "selection_rate"
compare = "ratio"
publish = true
[[rule]]
name = "inequality"
criterion = "theil_index"
publish = true
"""
)
QUESTION = Question(by=("sex", ("sex", "age")), kinds=("ratio", "difference"), seed=3)


def read(text: str = ROWS) -> metrics.Results:
    return metrics.read_results(io.BytesIO(text.encode()), SCHEMA, name="people.csv")


def make(text: str = ROWS, question: Question = QUESTION, policy: Policy | None = POLICY, **told: str) -> Document:
    results = read(text)
    cubes = metrics.count_cells(metrics.score(results))
    return make_document(results, cubes, question, policy=policy, **{"made": "2026-01-31", **told})
