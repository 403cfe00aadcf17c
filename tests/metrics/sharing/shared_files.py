"""What is shared of the samples and of small files of every form, for tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from metrics.cube import count_cells
from metrics.results import Receipt, Results, read_results
from metrics.schema import Schema, System
from metrics.scored import score
from metrics.sharing.share import share, shareable
from metrics.sharing.shared_cube import Shared
from metrics.sharing.terms import Terms, groupings_up_to
from tests.metrics.build import results_of
from tests.paths import SAMPLES

RECEIPT = Receipt("people.csv", "0" * 64, 400, 400)


def share_results(results: Results, axes: Sequence[str] = (), **terms: Any) -> Shared:
    """Return everything that can be shared of results, up to two attributes at once."""
    scored = score(results)
    cubes = count_cells(scored)
    groupings = groupings_up_to(list(axes) or [a.name for a in cubes.axes][:3], 2)
    told: dict[str, Any] = {"title": "Shown", "groupings": groupings, "metrics": tuple(shareable(cubes)), **terms}
    return share(results, scored, Terms(**told), made="2026-01-31")


def read_sample(name: str) -> Results:
    return read_results(SAMPLES / f"{name}.csv", Schema.load(SAMPLES / f"{name}.toml"))


def people(seed: int = 0, n: int = 400) -> pd.DataFrame:
    """Return rows with two attributes, some values missing, in groups of very different sizes."""
    draw = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "sex": draw.choice(["f", "m", "x", None], n, p=[0.45, 0.45, 0.02, 0.08]),
            "age": draw.choice(["old", "young"], n, p=[0.3, 0.7]),
            "label": draw.integers(0, 2, n),
            "score": draw.random(n).round(2),
        }
    )
    return frame.assign(prediction=(frame["score"] > 0.5).astype(int))


def _results(frame: pd.DataFrame, answers: Mapping[str, str], **schema: Any) -> Results:
    made = results_of(frame, ["sex", "age"], answers, **schema)
    return replace(made, receipts=(RECEIPT,))


def plain() -> Results:
    return _results(people(), {"prediction": "prediction", "score": "score"}, favourable="positive")


def weighted() -> Results:
    frame = people(1)
    return _results(
        frame.assign(weight=np.random.default_rng(1).random(len(frame)) + 0.1), {"prediction": "prediction"}
    )


def counted() -> Results:
    frame = people(2)
    return _results(frame.assign(count=np.random.default_rng(2).integers(0, 5, len(frame))), {"score": "score"})


def clustered() -> Results:
    frame = people(3)
    frame = frame.assign(cluster=np.random.default_rng(3).integers(0, 60, len(frame)).astype(str))
    return _results(frame, {"prediction": "prediction", "score": "score"})


def several_systems() -> Results:
    frame = people(4)
    first = _results(frame, {"prediction": "prediction", "score": "score"})
    other = frame["label"].astype("string").astype("category")
    systems = (System("one", {"prediction": "prediction", "score": "score"}), System("two", {"prediction": "other"}))
    schema = replace(first.schema, systems=systems)
    return replace(first, schema=schema, answers=(*first.answers, {"prediction": other}))


def classes() -> Results:
    frame = people(5)
    words = np.array(["cat", "dog", "owl"])
    draw = np.random.default_rng(5)
    frame = frame.assign(
        label=words[draw.integers(0, 3, len(frame))], prediction=words[draw.integers(0, 3, len(frame))]
    )
    return _results(frame, {"prediction": "prediction"}, positive=())


def numbers() -> Results:
    frame = people(6)
    draw = np.random.default_rng(6)
    frame = frame.assign(label=draw.normal(size=len(frame)), prediction=draw.normal(size=len(frame)))
    return _results(frame, {"prediction": "prediction"}, task="regression", tolerance=0.5)


FORMS: dict[str, Callable[[], Results]] = {
    form.__name__: form for form in (plain, weighted, counted, clustered, several_systems, classes, numbers)
}
