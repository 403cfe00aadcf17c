"""Random tables for the laws."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import strategies as st

AXES = ["sex", "age"]


@st.composite
def tables(draw: st.DrawFn, max_rows: int = 60, scores: bool = True) -> pd.DataFrame:
    """Labels, predictions and scores of units in groups, all of them with missing cells here and there."""
    n = draw(st.integers(1, max_rows))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rates = [draw(st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0])) for _ in range(2)]
    frame = pd.DataFrame(
        {
            "sex": rng.choice(np.array(["f", "m", None], dtype=object), n, p=[0.5, 0.4, 0.1]),
            "age": rng.choice(np.array(["old", "young"], dtype=object), n),
            "label": _words(rng, n, rates[0]),
            "prediction": _words(rng, n, rates[1]),
        }
    )
    if scores:
        frame["score"] = np.where(rng.random(n) < 0.05, np.nan, rng.integers(0, 21, n) / 20)
    return frame


@st.composite
def regressions(draw: st.DrawFn, max_rows: int = 60, around: float | None = None) -> pd.DataFrame:
    """Numeric labels and predictions of units in groups, with missing cells here and there."""
    n = draw(st.integers(1, max_rows))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    around = draw(st.sampled_from([0.0, 1e6])) if around is None else around
    frame = pd.DataFrame(
        {
            "sex": rng.choice(np.array(["f", "m", None], dtype=object), n, p=[0.5, 0.4, 0.1]),
            "age": rng.choice(np.array(["old", "young"], dtype=object), n),
            "label": rng.normal(around, 2, n),
        }
    )
    frame["prediction"] = np.where(rng.random(n) < 0.05, np.nan, frame["label"] + rng.normal(0.5, 1, n))
    return frame


@st.composite
def speech(draw: st.DrawFn, max_rows: int = 40, speakers: bool | None = None) -> pd.DataFrame:
    """References and hypotheses of utterances in groups, with empty ones on both sides, and ones that are not there."""
    n = draw(st.integers(1, max_rows))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    wrong = draw(st.sampled_from([0.0, 0.1, 0.5, 1.0]))
    frame = pd.DataFrame(
        {
            "sex": rng.choice(np.array(["f", "m", None], dtype=object), n, p=[0.5, 0.4, 0.1]),
            "age": rng.choice(np.array(["old", "young"], dtype=object), n),
        }
    )
    said = [rng.choice(_VOCABULARY, rng.integers(0, 7)).tolist() for _ in range(n)]
    heard = [[w for word in words for w in _mishear(rng, word, wrong)] for words in said]
    for name, utterances in (("reference", said), ("hypothesis", heard)):
        texts = np.array([" ".join(words) for words in utterances], dtype=object)
        texts[rng.random(n) < 0.05] = None
        frame[name] = pd.Series(texts, dtype=object)
    if draw(st.booleans()) if speakers is None else speakers:
        frame["cluster"] = [f"s{s}" for s in rng.integers(0, draw(st.integers(1, 15)), n)]
    return frame


_VOCABULARY = np.array(["the", "the", "cat", "sät", "on", "東京", "a"], dtype=object)


def _mishear(rng: np.random.Generator, word: str, wrong: float) -> list[str]:
    if rng.random() >= wrong:
        return [word]
    return [[], [str(rng.choice(_VOCABULARY))], [word, "uh"], ["no", "no", word]][rng.integers(4)]


def _words(rng: np.random.Generator, n: int, rate: float) -> np.ndarray:
    words = np.where(rng.random(n) < rate, "1", "0").astype(object)
    words[rng.random(n) < 0.05] = None
    words[0] = "1"  # a column of nothing but missing cells has no words
    return words
