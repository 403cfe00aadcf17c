"""A report's numbers in one piece: what was asked of which file, what came out, and what a policy says of it.

It is written as JSON inside every report, so that a report can be opened again, and recomputed from the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from metrics.errors import Finding
from metrics.policy import Policy
from metrics.question import Question
from metrics.registry import Metric
from metrics.results import Receipt
from metrics.schema import Schema

__all__ = ["Document"]


@dataclass(frozen=True, eq=False)
class Document:
    """The tables have the columns of `metrics.estimate`, `compare`, `spread`, `criteria` and `judge`.

    `receipts` name the files (sha256, rows); `schema` and `question` are everything that the numbers hang on.
    `made` is the day as YYYY-MM-DD, `versions` maps the product and the libraries it computes with to versions.
    `verdicts` is empty without a policy. `title` and `words` (a section's name to a text) are the author's own.
    """

    title: str
    made: str
    versions: Mapping[str, str]
    receipts: tuple[Receipt, ...]
    schema: Schema
    findings: tuple[Finding, ...]
    question: Question
    policy: Policy | None
    estimates: pd.DataFrame
    disparities: pd.DataFrame
    spreads: pd.DataFrame
    criteria: pd.DataFrame
    verdicts: pd.DataFrame
    metrics: Mapping[str, Metric]
    words: Mapping[str, str]
