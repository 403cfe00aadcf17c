"""Fairness metrics of what a model did: slices, intervals, disparities. Knows no screen.

>>> import pandas as pd, metrics
>>> rows = pd.DataFrame({"sex": ["f", "f", "m", "m"], "label": [1, 0, 1, 0], "pred": [1, 0, 0, 0]})
>>> results = metrics.read_results(rows, by=["sex"])
>>> cubes = metrics.count_cells(metrics.score(results))
>>> table = metrics.estimate(cubes, by=["sex"], metrics=["true_positive_rate"])
>>> dict(zip(table["slice"].map(str), table["value"]))
{'everyone': 0.5, 'sex = f': 1.0, 'sex = m': 0.0}
"""

from __future__ import annotations

from metrics.changes import compare_gaps, compare_systems
from metrics.compare import compare
from metrics.criteria import criteria
from metrics.cube import Cube, Cubes, count_cells
from metrics.errors import Finding, QuestionError, ResultsError
from metrics.estimate import estimate
from metrics.judge import judge, judge_rules
from metrics.pairing import pair
from metrics.policy import Policy, Rule
from metrics.registry import Metric
from metrics.results import Receipt, Results, read_results
from metrics.schema import Attribute, FileOptions, NamedSlice, Schema, System
from metrics.scored import Axis, Scored, score
from metrics.serves import judge_systems
from metrics.slices import MISSING, Slice
from metrics.spread import spread
from metrics.trade_offs import trade_offs

__all__ = [
    "MISSING",
    "Attribute",
    "Axis",
    "Cube",
    "Cubes",
    "FileOptions",
    "Finding",
    "Metric",
    "NamedSlice",
    "Policy",
    "QuestionError",
    "Receipt",
    "Results",
    "ResultsError",
    "Rule",
    "Schema",
    "Scored",
    "Slice",
    "System",
    "compare",
    "compare_gaps",
    "compare_systems",
    "count_cells",
    "criteria",
    "estimate",
    "judge",
    "judge_rules",
    "judge_systems",
    "pair",
    "read_results",
    "score",
    "spread",
    "trade_offs",
]
