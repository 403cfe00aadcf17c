"""`transcripts`: word and character edits of utterances of twelve words, beside jiwer's `process_words` alone.

Both run on one core; the counts are compared before anything is measured.
"""

from __future__ import annotations

from collections.abc import Iterator

import jiwer
import numpy as np
import pandas as pd

from benchmarks.data import SEED
from benchmarks.measuring import Outcome, alternate, faster
from benchmarks.report import run_alone
from metrics import count_cells, estimate, read_results, score
from metrics.text.edits import count_edits

N_WORDS = 12
# Word error rates: of a good recogniser, and of one on speech it knows little of.
RATES = (0.08, 0.25)


def outcomes() -> Iterator[Outcome]:
    """Measure the promises."""
    n = 40_000
    for rate in RATES:
        references, hypotheses = make_utterances(n, rate)
        words, characters = count_edits(references, hypotheses)
        for ours, theirs in (
            (words, jiwer.process_words(references, hypotheses)),
            (characters, jiwer.process_characters(references, hypotheses)),
        ):
            for part in ("hits", "substitutions", "deletions", "insertions"):
                assert getattr(ours, part).sum() == getattr(theirs, part)
            del theirs
        us, them = alternate(
            [lambda r=references, h=hypotheses: count_edits(r, h), lambda r=references, h=hypotheses: process(r, h)], 5
        )
        wer = words.edits.sum() / words.reference_length.sum()
        yield faster(
            f"words and characters of {n:,} utterances at {wer:.0%} word error rate, beside jiwer's words alone",
            us,
            them,
            at_least=5,
            note=f"{n / us.cpu_seconds:,.0f} utterances a second of processor time",
        )

    yield intervals_in_a_second()


def intervals_in_a_second() -> Outcome:
    """Estimate 50 slices of 100,000 utterances of 5,000 speakers, scored and counted anew each time."""
    n, n_speakers = 100_000, 5_000
    references, hypotheses = make_utterances(n, RATES[0])
    generator = np.random.default_rng([SEED, 1])
    speaker = generator.integers(0, n_speakers, n)
    frame = pd.DataFrame(
        {
            "speaker": np.char.add("s", speaker.astype(str)),
            "accent": np.char.add("a", generator.integers(0, 10, n_speakers)[speaker].astype(str)),
            "noise": generator.choice(["quiet", "office", "street", "hum"], n),
            "reference": references,
            "hypothesis": hypotheses,
        }
    )
    scored = score(read_results(frame, by=["accent", "noise"]))

    def ask() -> None:
        found = estimate(count_cells(scored), ["accent", ("accent", "noise")], ["word_error_rate"])
        assert len(found) == 51 and found["low"].notna().all()

    us = alternate([ask], 5)[0]
    promise = "intervals of 50 slices, 100,000 utterances of 5,000 speakers, counting included"
    return Outcome(promise, us.seconds, at_most=1, unit=" s")


def process(references: list[str], hypotheses: list[str]) -> None:
    """Run jiwer, and let go of what it found."""
    jiwer.process_words(references, hypotheses)


def make_utterances(n: int, rate: float) -> tuple[list[str], list[str]]:
    """Return references of twelve words of a language's unequal frequencies, and what was heard of them.

    Of the mistakes, three in five are another word (half of them one letter off), one in five is left out,
    and one in five is put in; some utterances have many and many none, as utterances have.
    """
    generator = np.random.default_rng([SEED, n])
    letters = np.array(list("etaoinshrdlucmfw"))
    vocabulary = ["".join(generator.choice(letters, length)) for length in generator.integers(2, 9, 5_000)]
    frequency = 1 / np.arange(1, len(vocabulary) + 1)
    said = generator.choice(len(vocabulary), (n, N_WORDS), p=frequency / frequency.sum())
    wrong = generator.random((n, N_WORDS)) < generator.gamma(1, rate, (n, 1))
    kind = generator.choice(4, (n, N_WORDS), p=[0.3, 0.3, 0.2, 0.2])
    other = generator.integers(0, len(vocabulary), (n, N_WORDS))
    references, hypotheses = [], []
    for row in range(n):
        words = [vocabulary[word] for word in said[row]]
        heard: list[str] = []
        for word, mistaken, how, another in zip(words, wrong[row], kind[row], other[row], strict=True):
            instead = ([vocabulary[another]], [word[:-1] + "y"], [], [word, vocabulary[another]])
            heard += instead[how] if mistaken else [word]
        references.append(" ".join(words))
        hypotheses.append(" ".join(heard))
    return references, hypotheses


if __name__ == "__main__":
    run_alone(outcomes())
