"""Every metric of transcripts equals jiwer, or a plain loop, on seeded random speech of three systems."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from math import nan
from statistics import mean, median, stdev

import jiwer
import numpy as np
import pandas as pd
import pytest

from metrics.cube import Cubes
from metrics.estimate import estimate
from metrics.slices import Slice
from metrics.tasks.transcription import METRICS
from tests.metrics.build import transcripts
from tests.metrics.text.pairs import make_pairs

SYSTEMS = ("one", "two", "three")
TERMS = ("cat", "on the", "東京", "привет мир")

# One utterance: what was said, what was written, by whom.
Spoken = tuple[str, str, str]


def speech(seed: int, n: int = 300) -> pd.DataFrame:
    """Utterances of three systems: empty ones on both sides, many scripts, repeated words, transcripts not there."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"accent": rng.choice(["a", "b", "c"], n, p=[0.7, 0.25, 0.05])}, dtype=object)
    frame["noise"] = rng.choice(np.array(["low", "high", None], dtype=object), n)
    frame["cluster"] = frame["accent"] + rng.integers(0, 9, n).astype(str)
    # A frame holds no half characters.
    frame["reference"], frame["one"] = ([t.replace("\ud83d", "?") for t in texts] for texts in make_pairs(n, seed))
    frame["two"] = frame["one"].sample(frac=1, random_state=seed).to_list()
    frame["three"] = np.where(rng.random(n) < 0.5, frame["reference"], "")
    for system in SYSTEMS:
        frame.loc[rng.random(n) < 0.05, system] = None
    frame.loc[rng.random(n) < 0.02, "reference"] = None
    return frame.astype(object).where(frame.notna(), None)


def _known(rows: pd.DataFrame, system: str) -> list[Spoken]:
    spoken = zip(rows["reference"], rows[system], rows["cluster"], strict=True)
    return [(said, written, who) for said, written, who in spoken if said is not None and written is not None]


def _words(spoken: Sequence[Spoken]) -> jiwer.WordOutput:
    return jiwer.process_words([s for s, _, _ in spoken], [w for _, w, _ in spoken])


def _per_word(kind: str) -> Callable[[Sequence[Spoken]], float]:
    def rate(spoken: Sequence[Spoken]) -> float:
        found = _words(spoken)
        words = found.hits + found.substitutions + found.deletions
        return getattr(found, kind) / words if words else nan

    return rate


def _characters(spoken: Sequence[Spoken]) -> float:
    if not any(said.strip() for said, _, _ in spoken):
        return nan
    return float(jiwer.process_characters([s for s, _, _ in spoken], [w for _, w, _ in spoken]).cer)


def _of_utterances(spoken: Sequence[Spoken]) -> list[float]:
    return [_words([one]).wer for one in spoken if one[0].split()]


def _of_speakers(spoken: Sequence[Spoken]) -> list[float]:
    """Each speaker's own pooled rate; a speaker without reference words has none."""
    theirs = defaultdict(list)
    for one in spoken:
        theirs[one[2]].append(one)
    return [_words(mine).wer for mine in theirs.values() if any(said.split() for said, _, _ in mine)]


def _share(found: Sequence[bool]) -> float:
    return sum(found) / len(found) if found else nan


def _occurrences(text: str) -> dict[str, int]:
    """How often each term stands among the words; no two of these terms can overlap."""
    words = text.split()
    wanted = [term.split() for term in TERMS]
    return {
        " ".join(term): sum(words[i : i + len(term)] == term for i in range(len(words) - len(term) + 1))
        for term in wanted
    }


def _terms(spoken: Sequence[Spoken]) -> tuple[int, int, int]:
    """How many terms were said, how many of them written, and how many written beside them."""
    said_at_all = through = written_at_all = 0
    for said, written, _ in spoken:
        one, two = _occurrences(said), _occurrences(written)
        said_at_all += sum(one.values())
        written_at_all += sum(two.values())
        through += sum(min(one[term], two[term]) for term in one)
    return said_at_all, through, written_at_all - through


def _part(top: float, below: float) -> float:
    return top / below if below else nan


ORACLES: dict[str, Callable[[Sequence[Spoken]], float]] = {
    "word_error_rate": lambda spoken: _words(spoken).wer if any(s.split() for s, _, _ in spoken) else nan,
    "character_error_rate": _characters,
    "match_error_rate": lambda spoken: _words(spoken).mer,
    "word_information_lost": lambda spoken: _words(spoken).wil,
    "substitution_rate": _per_word("substitutions"),
    "deletion_rate": _per_word("deletions"),
    "insertion_rate": _per_word("insertions"),
    "sentence_error_rate": lambda spoken: _share([s.split() != w.split() for s, w, _ in spoken]),
    "empty_output_rate": lambda spoken: _share([not w.split() for _, w, _ in spoken]),
    "mean_utterance_word_error_rate": lambda spoken: mean(_of_utterances(spoken) or [nan]),
    "mean_speaker_word_error_rate": lambda spoken: mean(_of_speakers(spoken) or [nan]),
    "median_speaker_word_error_rate": lambda spoken: median(_of_speakers(spoken) or [nan]),
    "sd_speaker_word_error_rate": lambda spoken: stdev(found) if len(found := _of_speakers(spoken)) > 1 else nan,
    "share_above_half_word_error_rate": lambda spoken: _share([rate > 0.5 for rate in _of_utterances(spoken)]),
    "share_above_one_word_error_rate": lambda spoken: _share([rate > 1 for rate in _of_utterances(spoken)]),
    "term_recall": lambda spoken: _part(_terms(spoken)[1], _terms(spoken)[0]),
    "invented_term_share": lambda spoken: _part(_terms(spoken)[2], sum(_terms(spoken)[1:])),
}


@pytest.fixture(scope="module", params=[0, 1])
def measured(request: pytest.FixtureRequest) -> tuple[pd.DataFrame, Cubes]:
    frame = speech(request.param)
    return frame, transcripts(frame, ["accent", "noise"], SYSTEMS, terms="\n".join(TERMS))


def test_every_metric_has_an_oracle():
    assert set(ORACLES) == {metric.name for metric in METRICS}


@pytest.mark.parametrize("name", ORACLES)
def test_a_metric_of_transcripts_equals_its_oracle_on_every_slice_of_every_system(name, measured):
    frame, cubes = measured
    found = estimate(cubes, ["accent", "noise", ("accent", "noise")], [name])
    assert len(found) == 3 * (1 + 3 + 3 + 9)
    for row in found.itertuples():
        rows = frame
        for axis, level in row.slice.items():
            rows = rows[rows[axis].fillna("(missing)") == level]
        expected = ORACLES[name](_known(rows, row.system))
        assert row.value == pytest.approx(expected, rel=1e-9, abs=1e-12, nan_ok=True), (row.slice, row.system)


def test_units_are_the_utterances_with_both_texts_or_with_words_where_each_has_a_rate_of_its_own(measured):
    frame, cubes = measured
    found = estimate(cubes, [], min_units=1).set_index(["system", "metric"])["units"]
    for system in SYSTEMS:
        known = _known(frame, system)
        assert found[system, "word_error_rate"] == found[system, "empty_output_rate"] == len(known)
        assert found[system, "mean_utterance_word_error_rate"] == sum(bool(s.split()) for s, _, _ in known)


def test_normalised_texts_equal_the_oracle_on_texts_normalised_before(measured):
    frame, _ = measured
    found = estimate(transcripts(frame, ["accent"], SYSTEMS, "lower"), ["accent"], ["word_error_rate"])
    for row in found.itertuples():
        rows = frame if row.slice == Slice() else frame[frame["accent"] == row.slice.levels[0][1]]
        plain = [(_lower(said), _lower(written), who) for said, written, who in _known(rows, row.system)]
        assert row.value == pytest.approx(_words(plain).wer), (row.slice, row.system)


def _lower(text: str) -> str:
    # All the punctuation that these texts have.
    return text.lower().translate(dict.fromkeys(map(ord, "'.-?")))
