"""Small cubes for tests, built without a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from metrics.cube import Cubes, count_cells
from metrics.registry import Metric, Rate
from metrics.results import Results
from metrics.schema import Attribute, Schema, System
from metrics.scored import Axis, Layout, Scored, declared_products, score


def results_of(frame: pd.DataFrame, axes: Sequence[str], answers: Mapping[str, str], **schema: Any) -> Results:
    """Return results of one system from a frame; `answers` maps prediction and score to columns.

    Columns named label, cluster, weight, count and system take their roles.
    """
    roles = [r for r in ("label", "cluster", "weight", "count", "system") if r in frame]
    numeric = schema.get("task") == "regression"
    kept = {"weight", "count"} | ({"label"} if numeric else set())

    def read(column: str, role: str) -> pd.Series:
        if role in kept or role == "score" or (numeric and role == "prediction"):
            return frame[column]
        return frame[column].astype("string").astype("category")

    whole = Schema(
        **{"task": "classification", "positive": ("1",), **schema},
        columns={r: r for r in roles},
        systems=(System(None, dict(answers)),),
        attributes=tuple(Attribute(a) for a in axes),
    )
    if numeric:
        whole = Schema(**{**whole.__dict__, "positive": ()})
    return Results(
        schema=whole,
        attributes=pd.DataFrame({a: frame[a].astype("string").astype("category") for a in axes}, index=frame.index),
        columns={r: read(r, r) for r in roles},
        answers=({role: read(column, role) for role, column in answers.items()},),
        receipts=(),
        findings=(),
    )


def cube_of(frame: pd.DataFrame, axes: Sequence[str], answers: Mapping[str, str] | None = None, **schema: Any) -> Cubes:
    """Return the cubes of a frame with the columns label and prediction (or those of `answers`)."""
    return count_cells(score(results_of(frame, axes, answers or {"prediction": "prediction"}, **schema)))


def selections(groups: Mapping[str, tuple[int, int]], axis: str = "group") -> Cubes:
    """Return a cube in which `top` of `below` units of each group are selected, labels being absent.

    A group without any has one unit without a prediction.
    """
    rows = [(g, str(int(i < top))) for g, (top, below) in groups.items() for i in range(below)]
    rows += [(g, None) for g, (_, below) in groups.items() if not below]
    return cube_of(pd.DataFrame(rows, columns=[axis, "prediction"]), [axis])


WORD_ERROR_RATE = Metric(
    name="word_error_rate",
    title="Word error rate",
    formula=Rate("edits", below="words", units="utterances", of_counts=True),
    better="lower",
    meaning="Edits per word.",
    source="tests",
    needs=frozenset({"reference", "hypothesis"}),
    bounds=(0, np.inf),
)


def rates(frame: pd.DataFrame, axes: Sequence[str], cluster: str | None = None) -> Cubes:
    """Return a cube of word error rates from a frame with the columns edits and words."""
    values = ("edits", "words")
    metrics = {"word_error_rate": WORD_ERROR_RATE}
    columns = [frame[a].astype("category") for a in axes]
    clusters = names = None
    if cluster is not None:
        clusters, names = pd.factorize(frame[cluster])
    scored = Scored(
        task="transcription",
        system=None,
        layout=Layout(
            n_outcomes=1,
            named={("utterances", None): np.ones(1), ("units", None): np.ones(1)},
            values=values,
            centres=(0.0, 0.0),
            carriers=("utterances",) * 2,
            products=declared_products(metrics, values),
        ),
        metrics=metrics,
        axes=tuple(Axis(a, tuple(map(str, c.cat.categories))) for a, c in zip(axes, columns, strict=True)),
        codes=tuple(c.cat.codes.to_numpy().astype(np.uint8) for c in columns),
        outcome=np.zeros(len(frame), np.uint8),
        rows=np.arange(len(frame)),
        values=tuple(frame[v].to_numpy(float) for v in values),
        clusters=None if clusters is None else clusters.astype(np.int64),
        cluster_names=() if names is None else tuple(map(str, names)),
    )
    return count_cells([scored])
