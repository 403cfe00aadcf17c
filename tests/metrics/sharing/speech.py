"""Transcripts of small groups, for tests of what is shared of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from metrics.results import Results
from tests.metrics.build import transcript_results
from tests.metrics.sharing.shared_files import RECEIPT

WORDS = np.array(["please", "send", "the", "parcel", "to", "my", "sister", "in", "york"])


def utterances(seed: int = 0, n: int = 300, sizes: tuple[int, ...] = (3, 3), speakers: int = 0) -> pd.DataFrame:
    """Return utterances with attributes a0, a1, ... in groups of very different sizes, none of them empty of words.

    Two systems hear them, `one` and `two`; words are left out and changed. With `speakers`, each utters several.
    """
    draw = np.random.default_rng(seed)
    frame = pd.DataFrame(index=range(n))
    for number, size in enumerate(sizes):
        weights = 0.45 ** np.arange(size)
        frame[f"a{number}"] = draw.choice(size, n, p=weights / weights.sum()).astype(str)
    if speakers:
        frame["cluster"] = [f"speaker-{number}" for number in draw.integers(0, speakers, n)]
    said = [draw.choice(WORDS, draw.integers(1, 6)).tolist() for _ in range(n)]
    frame["reference"] = [" ".join(words) for words in said]
    for system in ("one", "two"):
        heard = [[w if draw.random() < 0.85 else f"{w}s" for w in words if draw.random() < 0.95] for words in said]
        frame[system] = [" ".join(words) for words in heard]
    return frame


def speech(frame: pd.DataFrame, systems: tuple[str, ...] = ("one", "two"), **more: str) -> Results:
    axes = [str(column) for column in frame if str(column).startswith("a")]
    return replace(transcript_results(frame, axes, systems, **more), receipts=(RECEIPT,))
