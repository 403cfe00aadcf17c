"""Two invented sets of transcribed speech, with the errors of two systems planted word by word.

A rate is a share of the reference words, in expectation, over all speakers of an accent. Speakers differ: each has a
factor of their own, whose mean over the speakers of an accent is 1. Words are changed, dropped and invented so that the
fewest edits that turn the transcript into the reference are as many as were planted, but for rare coincidences.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
import pandas as pd

from sample_data.draws import choose, deal, pick, start, write_decimals
from sample_data.sentences import CALL_CENTRE, HARD, INVENTED, WARD, list_terms, mishear, say

SYSTEMS = ("release_1", "release_2")
FIRST_LANGUAGES = {
    "English": {"English": 0.95, "": 0.05},
    "Scottish": {"English": 0.92, "Gaelic": 0.04, "": 0.04},
    "Welsh": {"English": 0.5, "Welsh": 0.5},
    "Indian": {"Hindi": 0.45, "Tamil": 0.25, "English": 0.25, "": 0.05},
    "Nigerian": {"Yoruba": 0.5, "English": 0.45, "": 0.05},
    "Polish": {"Polish": 1.0},
    "Filipino": {"Tagalog": 0.85, "English": 0.15},
}
GENDERS = {"female": 0.52, "male": 0.41, "": 0.07}
AGES = {"18-29": 0.22, "30-44": 0.30, "45-59": 0.24, "60+": 0.14, "": 0.10}
DEVICES = {"headset": 0.45, "mobile": 0.35, "speakerphone": 0.20}

HARD_MISHEARD = 0.5  # of the occurrences of a hard word
SPREAD_OF_SPEAKERS = 0.3  # standard deviation of the log of a speaker's factor
UTTERANCES = (12, 38)  # of a speaker, at least and at most


class Errors(NamedTuple):
    """Shares of the reference words that are changed and dropped."""

    changed: float = 0.0
    dropped: float = 0.0


# By device, in both sets and both systems: words that nobody said.
INVENTED_BY = {"headset": 0.01, "mobile": 0.01, "speakerphone": 0.11}
# By accent, and within the dropped words: transcripts that are empty.
EMPTY, EMPTY_NIGERIAN = 0.003, 0.03


@dataclass(frozen=True)
class Place:
    """Where speech was recorded: how many speakers each accent has, how noisy it is, and what goes wrong."""

    letter: str
    seed: int
    sentences: Sequence[str]
    speakers: dict[str, int]
    noises: dict[str, float]
    noises_of: dict[str, dict[str, float]]  # of accents that are in other noise than everyone
    errors: dict[str, Errors]  # by noise
    more: dict[tuple[str, str, str], Errors]  # on top of them, by system, accent and noise; "" is any


CALL = Place(
    letter="C",
    seed=66,
    sentences=CALL_CENTRE,
    speakers={"English": 38, "Scottish": 24, "Indian": 24, "Nigerian": 16, "Polish": 14, "Welsh": 4},
    noises={"quiet": 0.45, "office": 0.30, "street": 0.25},
    noises_of={"Polish": {"quiet": 0.10, "office": 0.10, "street": 0.80}},
    errors={"quiet": Errors(0.035, 0.015), "office": Errors(0.05, 0.02), "street": Errors(0.095, 0.035)},
    more={
        ("", "Scottish", "street"): Errors(0.13, 0.03),
        ("", "Nigerian", ""): Errors(0, 0.12),
        ("release_1", "Indian", ""): Errors(0.11, 0.03),
        ("release_2", "Polish", ""): Errors(0.04, 0.01),
    },
)
HOSPITAL = Place(
    letter="W",
    seed=71,
    sentences=WARD,
    speakers={"English": 18, "Indian": 18, "Filipino": 16, "Nigerian": 12, "Scottish": 6},
    noises={"quiet": 0.4, "hum": 0.6},
    noises_of={},
    errors={"quiet": Errors(0.035, 0.015), "hum": Errors(0.065, 0.025)},
    more={
        ("", "Nigerian", ""): Errors(0, 0.12),
        ("", "Indian", "hum"): Errors(0.10, 0.04),
        ("", "Filipino", "hum"): Errors(0.10, 0.04),
        ("release_1", "Indian", "quiet"): Errors(0.11, 0.03),
    },
)


def make_call_centre() -> pd.DataFrame:
    """Calls to a pharmacy that sends medicines by post, and what two releases of a recogniser made of them."""
    return _record(CALL)


def make_ward() -> pd.DataFrame:
    """Notes that nurses spoke on hospital wards, and what the same two releases made of them."""
    return _record(HOSPITAL)


def list_call_centre_terms() -> list[str]:
    """The words that a customer of the call centre would miss most."""
    return list_terms(CALL_CENTRE)


def list_ward_terms() -> list[str]:
    """The words that a ward would miss most."""
    return list_terms(WARD)


def expected_errors(place: Place, system: str, accent: str, noise: str) -> Errors:
    """Return the planted rates of changed and dropped words; invented ones come with the device."""
    rows = [place.errors[noise]]
    for (of_system, of_accent, of_noise), errors in place.more.items():
        if of_system in ("", system) and of_accent == accent and of_noise in ("", noise):
            rows.append(errors)
    return Errors(sum(row.changed for row in rows), sum(row.dropped for row in rows))


def _record(place: Place) -> pd.DataFrame:
    draw = start(place.seed)
    spoken = _draw_utterances(draw, place, _draw_speakers(draw, place))
    words = [_words_of(text) for text in spoken["reference"]]
    # Hard words take their share of the errors, the others what is left, so that the planted rates hold over both.
    hard = np.mean([word in HARD for told in words for word in told])
    for system in SYSTEMS:
        heard = []
        for row, told in zip(spoken.itertuples(), words, strict=True):
            errors = expected_errors(place, system, row.accent, row.noise)
            empty = EMPTY_NIGERIAN if row.accent == "Nigerian" else EMPTY
            heard.append(_hear(draw, told, errors, INVENTED_BY[row.device], empty, hard, row.factor))
        spoken[system] = [_write(text) if system == "release_2" else " ".join(text) for text in heard]
    return spoken.drop(columns="factor")


def _draw_speakers(draw: np.random.RandomState, place: Place) -> pd.DataFrame:
    """Draw one row a speaker: everything that belongs to the person."""
    parts = []
    for accent, n in place.speakers.items():
        levels = (np.arange(n) + 0.5) / n
        factors = np.exp(SPREAD_OF_SPEAKERS * np.array([NormalDist().inv_cdf(level) for level in levels]))
        parts.append(
            pd.DataFrame(
                {
                    "accent": accent,
                    "first_language": deal(draw, n, FIRST_LANGUAGES[accent]),
                    "gender": deal(draw, n, GENDERS),
                    "age": deal(draw, n, AGES),
                    "factor": (factors / factors.mean())[np.argsort(draw.random_sample(n), kind="stable")],
                    "pace": 0.38 * np.exp(0.15 * draw.standard_normal(n)),  # seconds a word
                }
            )
        )
    speakers = pd.concat(parts, ignore_index=True)
    speakers = speakers.iloc[np.argsort(draw.random_sample(len(speakers)), kind="stable")].reset_index(drop=True)
    speakers.insert(0, "speaker", [f"{place.letter}{number:03d}" for number in range(1, len(speakers) + 1)])
    return speakers


def _draw_utterances(draw: np.random.RandomState, place: Place, speakers: pd.DataFrame) -> pd.DataFrame:
    """Draw what each speaker says, where and into what."""
    least, most = UTTERANCES
    sizes = least + np.floor(draw.random_sample(len(speakers)) * (most - least + 1)).astype(int)
    spoken = speakers.loc[np.repeat(speakers.index, sizes)].reset_index(drop=True)
    n = len(spoken)
    noise = choose(draw, n, place.noises)
    for accent, shares in place.noises_of.items():
        noise = np.where(spoken["accent"] == accent, choose(draw, n, shares), noise)
    reference = [say(draw, list(place.sentences)) for _ in range(n)]
    seconds = 0.4 + spoken["pace"] * [len(text.split()) for text in reference]
    return pd.DataFrame(
        {
            "utterance": [f"{place.letter}{number:05d}" for number in range(1, n + 1)],
            "speaker": spoken["speaker"],
            "accent": spoken["accent"],
            "first_language": spoken["first_language"],
            "gender": spoken["gender"],
            "age": spoken["age"],
            "noise": noise,
            "device": choose(draw, n, DEVICES),
            "seconds": write_decimals(seconds.to_numpy(), 1),
            "reference": reference,
            "factor": spoken["factor"],
        }
    )


def _hear(
    draw: np.random.RandomState,
    words: list[str],
    errors: Errors,
    invented: float,
    empty: float,
    hard: float,
    factor: float,
) -> list[str]:
    """Return the words of a transcript. An empty one drops all; the rest then errs less, so that the rates hold."""
    if draw.random_sample() < empty:
        return []
    rest = 1 - empty
    dropped = max(errors.dropped * factor - empty, 0) / rest
    changed = errors.changed * factor / rest
    others = (changed - hard * HARD_MISHEARD) / (1 - hard)
    heard: list[list[str]] = []
    for word in words:
        chance = draw.random_sample()
        if chance < dropped:
            heard.append([])
        else:
            heard.append([mishear(word) if chance < dropped + (HARD_MISHEARD if word in HARD else others) else word])
    for _ in range(int((draw.random_sample(len(words)) < invented * factor / rest).sum())):
        _invent(draw, words, heard)
    return [word for told in heard for word in told]


def _invent(draw: np.random.RandomState, words: list[str], heard: list[list[str]]) -> None:
    """Put an invented word between two that were heard rightly: beside a dropped one, both would be one change."""
    right = [True, *(told[:1] == [word] for told, word in zip(heard, words, strict=True)), True]
    gaps = [i for i in range(len(words)) if right[i + 1] and right[i + 2]]
    gaps = gaps or [i for i, told in enumerate(heard) if told]
    if gaps:
        gap = gaps[int(draw.random_sample() * len(gaps))]
        heard[gap] = [*heard[gap], pick(draw, [word for word in INVENTED if word not in heard[gap]])]


def _words_of(text: str) -> list[str]:
    return [word.strip(".,?").lower() for word in text.split()]


def _write(words: list[str]) -> str:
    """Release 2 writes sentences; release 1 writes words."""
    return " ".join(words).capitalize() + "." if words else ""
