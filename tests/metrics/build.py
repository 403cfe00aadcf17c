"""Small cubes for tests, built without a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from metrics.cube import Cubes, count_cells
from metrics.results import Results
from metrics.schema import Attribute, Schema, System
from metrics.scored import score
from metrics.text.normalize import load_normalizer
from metrics.text.terms import read_terms


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


def transcripts(
    frame: pd.DataFrame,
    axes: Sequence[str],
    systems: Sequence[str] = ("hypothesis",),
    normalizer: str | None = None,
    terms: str | None = None,
) -> Cubes:
    """Return the cubes of transcripts: the columns reference, those of `systems`, and cluster, weight and count.

    None is no text; `terms` is a word list, one a line.
    """
    return count_cells(score(transcript_results(frame, axes, systems, normalizer, terms)))


def transcript_results(
    frame: pd.DataFrame,
    axes: Sequence[str],
    systems: Sequence[str] = ("hypothesis",),
    normalizer: str | None = None,
    terms: str | None = None,
) -> Results:
    """Return the results of transcripts: see `transcripts`. Of several systems, each is called by its column."""
    roles = [r for r in ("cluster", "weight", "count") if r in frame]
    clusters = {"cluster": frame["cluster"].astype("string").astype("category")} if "cluster" in frame else {}
    steps = load_normalizer(normalizer or "none")
    return Results(
        schema=Schema(
            task="transcription",
            columns={r: r for r in ("reference", *roles)},
            systems=tuple(System(name if len(systems) > 1 else None, {"hypothesis": name}) for name in systems),
            attributes=tuple(Attribute(a) for a in axes),
        ),
        attributes=pd.DataFrame({a: frame[a].astype("string").astype("category") for a in axes}, index=frame.index),
        columns={"reference": frame["reference"], **{r: frame[r] for r in roles}, **clusters},
        answers=tuple({"hypothesis": frame[name]} for name in systems),
        receipts=(),
        findings=(),
        normalizer=steps,
        terms=None if terms is None else read_terms(terms, "terms", steps),
    )


def speak(edits: int, words: int) -> tuple[str, str]:
    """Return a reference of so many words and a hypothesis with so many edits: substitutions, then insertions."""
    said = [f"word{i}" for i in range(words)]
    heard = [f"other{i}" if i < edits else word for i, word in enumerate(said)]
    return " ".join(said), " ".join(heard + [f"more{i}" for i in range(edits - words)])


def rates(frame: pd.DataFrame, axes: Sequence[str], cluster: str | None = None) -> Cubes:
    """Return a cube of word error rates of made-up texts with the edits and words of the frame's columns."""
    pairs = [speak(edits, words) for edits, words in zip(frame["edits"], frame["words"], strict=True)]
    texts = pd.DataFrame(pairs, columns=["reference", "hypothesis"], index=frame.index, dtype=object)
    said = pd.concat([frame[list(axes)], texts], axis=1)
    (cube,) = transcripts(said if cluster is None else said.assign(cluster=frame[cluster]), axes)
    return Cubes([replace(cube, metrics={"word_error_rate": cube.metrics["word_error_rate"]})])
