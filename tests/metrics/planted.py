"""Files with and without a slice that fares worse, made up with known chances."""

from __future__ import annotations

import numpy as np
import pandas as pd

from metrics.cube import Cube
from tests.metrics.build import cube_of, rates

ATTRIBUTES = ("a", "b", "c", "d")
_LEVELS = np.array(list("uvwxy"))


def deal_attributes(rng: np.random.Generator, n: int) -> dict[str, np.ndarray]:
    """Return four attributes of two to five levels, of n units."""
    return {a: _LEVELS[rng.integers(0, k, n)] for a, k in zip(ATTRIBUTES, (2, 3, 4, 5), strict=True)}


def errors(chance: np.ndarray, attributes: dict[str, np.ndarray], rng: np.random.Generator, **more: np.ndarray) -> Cube:
    """Return a cube of labels and predictions that are wrong with these chances."""
    wrong, label = rng.random(len(chance)) < chance, rng.random(len(chance)) < 0.5
    words = {"label": label.astype(int).astype(str), "prediction": (label ^ wrong).astype(int).astype(str)}
    return cube_of(pd.DataFrame({**attributes, **words, **more}), list(ATTRIBUTES))[0]


def fair_rows(seed: int, n: int = 1500) -> Cube:
    """Return units who all err with the same chance."""
    rng = np.random.default_rng(seed)
    return errors(np.full(n, 0.15), deal_attributes(rng, n), rng)


def planted_rows(seed: int, n: int = 4000) -> Cube:
    """Return units of whom those with a = u and b = v err three times as often."""
    rng = np.random.default_rng(seed)
    attributes = deal_attributes(rng, n)
    inside = (attributes["a"] == "u") & (attributes["b"] == "v")
    return errors(np.where(inside, 0.36, 0.12), attributes, rng)


def fair_speakers(seed: int, spanning: bool = False, n: int = 60) -> Cube:
    """Return rows of speakers whose chances differ from each other, whatever their attributes.

    A speaker has 2 to 39 rows. Where they are `spanning`, the attributes c and d belong to the rows.
    """
    rng = np.random.default_rng(seed)
    speaker = np.repeat(np.arange(n), rng.integers(2, 40, n))
    attributes = {a: level[speaker] for a, level in deal_attributes(rng, n).items()}
    if spanning:
        of_rows = deal_attributes(rng, len(speaker))
        attributes |= {"c": of_rows["c"], "d": of_rows["d"]}
    return errors(rng.beta(1.5, 8.5, n)[speaker], attributes, rng, cluster=speaker.astype(str))


def fair_speech(seed: int, n: int = 800) -> Cube:
    """Return utterances with the same chance of a wrong word, those of a = u four times as long as the others."""
    rng = np.random.default_rng(seed)
    attributes = deal_attributes(rng, n)
    words = np.where(attributes["a"] == "u", rng.integers(15, 40, n), rng.integers(3, 8, n))
    edits = rng.binomial(words, np.minimum(rng.gamma(2, 0.1, n), 0.9))
    return rates(pd.DataFrame({**attributes, "words": words, "edits": edits}), list(ATTRIBUTES))[0]
