"""Which words went wrong, how often in a slice and elsewhere, and which utterance moves a slice's rate most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from metrics.multiplicity import benjamini_hochberg
from metrics.progress import Progress, Tell
from metrics.text.alignments import align

__all__ = [
    "KINDS",
    "LEAST_COUNT",
    "LEAST_SPEAKERS",
    "Confusions",
    "Influence",
    "compare_confusions",
    "find_confusions",
    "find_influence",
]

KINDS = ("substitution", "deletion", "insertion")
LEAST_COUNT = 5  # here and elsewhere together: of fewer, no split between the two says anything
LEAST_SPEAKERS = 3  # of fewer, it may be one person's way of speaking

_TOLD_EVERY = 1024  # utterances

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Confusions:
    """Every wrong word of some utterances: three arrays of one length, an entry per wrong word in order of the text.

    `unit` is the position of the utterance, `said` and `heard` are codes into `words`; the code 0 is no
    word, so that heard 0 is a deletion and said 0 an insertion. `n_words` has the reference words of
    every utterance, 0 where there is no transcript.
    """

    words: tuple[str, ...]
    unit: NDArray[np.int64]
    said: NDArray[np.int64]
    heard: NDArray[np.int64]
    n_words: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.unit)


@dataclass(frozen=True)
class Influence:
    """The utterance without which the pooled rate of a slice changes most: its position, the rate with and without."""

    place: int
    rate: float
    without: float


def find_confusions(
    said: Sequence[str | None], heard: Sequence[str | None], progress: Tell | None = None
) -> Confusions:
    """Align references and hypotheses, utterance by utterance, and return every wrong word.

    None is a text that is not there: such an utterance counts nowhere. Nothing is normalised here.
    `progress` is told every thousand utterances and may raise to cancel.

    >>> found = find_confusions(["a cat", "the cat"], ["a bat", "cat"])
    >>> [(found.words[s], found.words[h]) for s, h in zip(found.said, found.heard)], found.n_words.tolist()
    ([('cat', 'bat'), ('the', '')], [2, 2])
    """
    tell = Progress(progress)
    codes: dict[str, int] = {"": 0}
    wrong: list[tuple[int, int, int]] = []
    n_words = np.zeros(len(said), np.int64)
    for unit, (reference, hypothesis) in enumerate(zip(said, heard, strict=True)):
        if unit % _TOLD_EVERY == 0:
            tell("Aligning words", unit / len(said))
        if reference is None or hypothesis is None:
            continue
        n_words[unit] = len(reference.split())
        if reference != hypothesis:
            wrong += [
                (unit, codes.setdefault(step.reference, len(codes)), codes.setdefault(step.hypothesis, len(codes)))
                for step in align(reference, hypothesis)
                if step.op != "hit"
            ]
    tell("Aligning words", 1)
    units, references, hypotheses = np.array(wrong, np.int64).reshape(-1, 3).T
    return Confusions(tuple(codes), units, references, hypotheses, n_words)


def compare_confusions(
    found: Confusions,
    inside: NDArray[np.bool_],
    speakers: NDArray[np.int64] | None = None,
    confidence: float = 0.95,
    least: int = LEAST_COUNT,
) -> pd.DataFrame:
    """Count each confusion in a slice and elsewhere, and tell how much more frequent it is in the slice.

    `inside` says which utterances are in the slice, `speakers` who speaks them (codes), both one per utterance.
    One row per confusion that occurs, the most frequent of the slice first; columns:

    - kind (substitution, deletion, insertion), said, heard;
    - here, elsewhere: how often; rate_here, rate_elsewhere: per 1,000 reference words, NaN where there are none;
    - speakers_here: how many people of the slice it happened to, NaN where speakers are not known;
    - ratio of the two rates with low and high, infinite where it never happens elsewhere, NaN where nothing
      can be compared; p and p_adjusted (Benjamini and Hochberg's, over all rows with a p);
    - status: "ok"; "few speakers" (under 3 in the slice); "too few" (under `least` in all) and "no data" have no p.

    Given how often a confusion occurs in all, its count here is binomial where its rate is the same everywhere
    (Przyborowski & Wilenski 1940): limits and p are Clopper and Pearson's of that share, put on the scale of the
    ratio. Whether a confusion is tested hangs on that total alone, so choosing them favours no side. One
    speaker may repeat one confusion: counts are first divided by the design effect, the sum over speakers of
    (count - expected)^2 over the count, of the side where it is larger, and at least 1.

    Raises ValueError unless 0 < confidence < 1.
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence is a share between 0 and 1, such as 0.95; got {confidence}.")
    size = len(found.words)
    pairs, which = np.unique(found.said * size + found.heard, return_inverse=True)
    sides = [_Side.count(found, which, len(pairs), side, speakers) for side in (inside, ~inside)]
    here, elsewhere = sides
    table = pd.DataFrame(
        {
            "kind": [_kind(pair // size, pair % size) for pair in pairs.tolist()],
            "said": [found.words[pair // size] for pair in pairs.tolist()],
            "heard": [found.words[pair % size] for pair in pairs.tolist()],
            "here": here.counts,
            "elsewhere": elsewhere.counts,
            "speakers_here": here.speakers,
            "rate_here": 1000 * here.rates,
            "rate_elsewhere": 1000 * elsewhere.rates,
        }
    )
    total = here.counts + elsewhere.counts
    comparable = bool(here.words and elsewhere.words)
    crowding = np.maximum(1.0, np.fmax(here.crowding, elsewhere.crowding))
    ratio, low, high, p = _compare_rates(
        here.counts / crowding, elsewhere.counts / crowding, here.words, elsewhere.words, confidence
    )
    tested = comparable & (total >= least)
    few = (here.speakers < LEAST_SPEAKERS) & (here.counts > 0)
    table["ratio"] = np.where(comparable, ratio, np.nan)
    for name, numbers in (("low", low), ("high", high), ("p", p)):
        table[name] = np.where(tested, numbers, np.nan)
    table["p_adjusted"] = benjamini_hochberg(table["p"])
    reasons = [np.full(len(pairs), not comparable), total < least, few]
    table["status"] = np.select(reasons, ["no data", "too few", "few speakers"], "ok")
    order = np.lexsort((pairs, -elsewhere.counts, -here.counts))
    return table.iloc[order].reset_index(drop=True)


def find_influence(
    edits: ArrayLike, words: ArrayLike, places: NDArray[np.int64], weights: ArrayLike | None = None
) -> Influence | None:
    """Return the utterance of a slice that its pooled error rate, edits over reference words, hangs on most.

    `edits`, `words` and `weights` have one number per utterance, `places` are those of the slice. Each is left
    out in turn; of equal ones the first is returned. None where none moves it, or no other with words is left.

    >>> find_influence([1, 9, 0], [10, 10, 10], np.arange(3))
    Influence(place=1, rate=0.3333333333333333, without=0.05)
    """
    weight = np.ones(len(places)) if weights is None else np.asarray(weights, float)[places]
    top, below = (weight * np.asarray(numbers, float)[places] for numbers in (edits, words))
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = top.sum() / below.sum()
        # What is left of sums may be a trace of rounding where weights are no whole numbers.
        left = np.where(below.sum() - below > 1e-9 * below.sum(), below.sum() - below, 0.0)
        without = np.where(left > 0, (top.sum() - top) / left, np.nan)
    moves = np.abs(without - rate)
    if not (moves > 0).any():
        return None
    most = int(np.nanargmax(moves))
    return Influence(int(places[most]), float(rate), float(without[most]))


@dataclass(frozen=True, eq=False)
class _Side:
    """The confusions of one side: how often each, of how many people, and how much speakers repeat themselves."""

    counts: NDArray[np.int64]
    speakers: Floats
    crowding: Floats
    words: int

    @property
    def rates(self) -> Floats:
        return self.counts / self.words if self.words else np.full(len(self.counts), np.nan)

    @classmethod
    def count(
        cls,
        found: Confusions,
        which: NDArray[np.intp],
        n: int,
        units: NDArray[np.bool_],
        speakers: NDArray[np.int64] | None,
    ) -> _Side:
        mine = units[found.unit]
        counts = np.bincount(which[mine], minlength=n)
        words = int(found.n_words[units].sum())
        if speakers is None or not words:
            return cls(counts, np.full(n, np.nan), np.ones(n), words)
        n_speakers = int(speakers.max(initial=-1)) + 1
        spoken = np.bincount(speakers[units], weights=found.n_words[units], minlength=n_speakers)
        pairs, times = np.unique(which[mine] * n_speakers + speakers[found.unit[mine]], return_counts=True)
        confusion, speaker = np.divmod(pairs, max(n_speakers, 1))
        rate = counts / words
        sums = [np.bincount(confusion, weights=w, minlength=n) for w in (times**2, times * spoken[speaker])]
        with np.errstate(divide="ignore", invalid="ignore"):
            spread = sums[0] - 2 * rate * sums[1] + rate**2 * (spoken**2).sum()
            crowding = np.where(counts > 0, spread / counts, 1.0)
        return cls(counts, np.bincount(confusion, minlength=n).astype(float), crowding, words)


def _kind(said: int, heard: int) -> str:
    return KINDS[2 if not said else 1 if not heard else 0]


def _compare_rates(
    here: Floats, elsewhere: Floats, words_here: int, words_elsewhere: int, confidence: float
) -> tuple[Floats, Floats, Floats, Floats]:
    """Return the ratio of two rates, its limits and the two-sided p of equal rates, from the share of events here."""
    from scipy.special import betainc, betaincinv

    alpha, total = 1 - confidence, here + elsewhere
    share = words_here / max(words_here + words_elsewhere, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        low = np.where(here > 0, betaincinv(here, elsewhere + 1, alpha / 2), 0.0)
        high = np.where(elsewhere > 0, betaincinv(here + 1, elsewhere, 1 - alpha / 2), 1.0)
        at_least = np.where(here > 0, betainc(here, elsewhere + 1, share), 1.0)
        at_most = np.where(elsewhere > 0, 1 - betainc(here + 1, elsewhere, share), 1.0)
        scale = np.float64(words_elsewhere) / words_here
        ratios = [scale * s / (1 - s) for s in (here / total, low, high)]
    return ratios[0], ratios[1], ratios[2], np.minimum(1.0, 2 * np.minimum(at_least, at_most))
