"""Transcription: the truth is what was said, the answer what a system wrote down.

Rates are pooled over a group: all its word edits over all its reference words. An utterance without
reference words adds its insertions to the pooled numerator and has no rate of its own.
"""

from __future__ import annotations

from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.registry import Column, Criterion, Metric, OfClusters, Rate, Share, Smooth

Floats = NDArray[Any]

EDITS = "substitutions + deletions + insertions"
WORDS = "hits + substitutions + deletions"
CHARACTER_EDITS = "character_substitutions + character_deletions + character_insertions"
CHARACTERS = "character_hits + character_substitutions + character_deletions"

_BOTH: frozenset[Column] = frozenset({"reference", "hypothesis"})
_SPEAKERS: frozenset[Column] = frozenset({"reference", "hypothesis", "cluster"})
_POOLED = {"units": "utterances", "sampled": "utterances_with_edits_or_words", "enough": "utterances_with_words"}
_SHARE_OF_WORDED = "utterances_with_words"
_PER_WORD = (
    "A group of long utterances and one of short ones weigh by their words: beside it stands the mean of speakers."
)
_MORRIS = "Morris, Maier & Green 2004, From WER and RIL to MER and WIL"


def _pooled(top: str, below: str) -> Rate:
    return Rate(top, below, **_POOLED, of_counts=True)  # type: ignore[arg-type]


def _information_lost(hits: Floats, said: Floats, written: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        # Nothing written, or nothing said, keeps nothing; without either there is nothing to lose.
        kept = np.where(said * written > 0, hits / said * (hits / written), 0.0)
        return np.where(said + written > 0, 1 - kept, np.nan)


def _information_lost_gradient(hits: Floats, said: Floats, written: Floats) -> tuple[Floats, ...]:
    with np.errstate(divide="ignore", invalid="ignore"):
        return (-2 * hits / (said * written), hits**2 / (said**2 * written), hits**2 / (said * written**2))


METRICS: tuple[Metric, ...] = (
    Metric(
        name="word_error_rate",
        title="Word error rate",
        formula=_pooled(EDITS, WORDS),
        better="lower",
        meaning="Word edits that turn the transcript into the reference, per reference word.",
        source=_MORRIS,
        needs=_BOTH,
        per="words",
        bounds=(0, inf),
        also=("WER", "pooled WER", "corpus WER"),
        misleads=f"It can exceed 100 % where words are invented. {_PER_WORD}",
    ),
    Metric(
        name="character_error_rate",
        title="Character error rate",
        formula=_pooled(CHARACTER_EDITS, CHARACTERS),
        better="lower",
        meaning="Character edits that turn the transcript into the reference, per reference character.",
        source=_MORRIS,
        needs=_BOTH,
        per="characters",
        bounds=(0, inf),
        also=("CER", "letter error rate"),
        misleads="A wrong word that is spelled almost like the right one costs little.",
    ),
    Metric(
        name="match_error_rate",
        title="Match error rate",
        formula=_pooled(EDITS, f"hits + {EDITS}"),
        better="lower",
        meaning="Share of the aligned pairs of words that are wrong; never above 100 %.",
        source=_MORRIS,
        needs=_BOTH,
        per="pairs of words",
        also=("MER",),
        misleads="Invented words weigh less in it than in the word error rate.",
    ),
    Metric(
        name="word_information_lost",
        title="Word information lost",
        formula=Smooth(
            wording="1 - hits / reference words x hits / transcribed words",
            sums=("hits", WORDS, "hits + substitutions + insertions"),
            units="utterances_with_edits_or_words",
            function=_information_lost,
            gradient=_information_lost_gradient,
            scale="share",
        ),
        better="lower",
        meaning="Share of the words' information that is lost between speaker and transcript, from 0 to 100 %.",
        source=_MORRIS,
        needs=_BOTH,
        also=("WIL", "1 - WIP"),
        misleads="It is no count of errors: nobody can point at the words it loses.",
    ),
    Metric(
        name="substitution_rate",
        title="Substitution rate",
        formula=_pooled("substitutions", WORDS),
        better="lower",
        meaning="Reference words that came out as another word, per reference word.",
        source=_MORRIS,
        needs=_BOTH,
        per="words",
        misleads="Which errors are substitutions depends on how the words are aligned; the total does not.",
    ),
    Metric(
        name="deletion_rate",
        title="Deletion rate",
        formula=_pooled("deletions", WORDS),
        better="lower",
        meaning="Reference words that did not come out, per reference word: where it is high, people go unheard.",
        source=_MORRIS,
        needs=_BOTH,
        per="words",
        misleads="Which errors are deletions depends on how the words are aligned; the total does not.",
    ),
    Metric(
        name="insertion_rate",
        title="Insertion rate",
        formula=_pooled("insertions", WORDS),
        better="lower",
        meaning="Words that nobody said, per reference word: where it is high, words are put into people's mouths.",
        source=_MORRIS,
        needs=_BOTH,
        per="words",
        bounds=(0, inf),
        misleads="Which errors are insertions depends on how the words are aligned; the total does not.",
    ),
    Metric(
        name="sentence_error_rate",
        title="Sentence error rate",
        formula=Share("sentence_errors", below="utterances"),
        better="lower",
        meaning="Share of utterances with at least one wrong word.",
        source="NIST, SCTK: sclite",
        needs=_BOTH,
        also=("SER", "utterance error rate"),
        misleads="Long utterances have more room for an error: it grows with their length.",
    ),
    Metric(
        name="empty_output_rate",
        title="Empty output rate",
        formula=Share("empty_outputs", below="utterances"),
        better="lower",
        meaning="Share of utterances for which the system wrote nothing.",
        source="counted as it stands",
        needs=_BOTH,
        misleads="Nothing is right where nothing was said: silent recordings count as well.",
    ),
    Metric(
        name="mean_utterance_word_error_rate",
        title="Mean word error rate of utterances",
        formula=Rate("utterance_word_error_rate", below=_SHARE_OF_WORDED, units=_SHARE_OF_WORDED),
        better="lower",
        meaning="Mean of the utterances' own word error rates; each utterance weighs the same, however long.",
        source=_MORRIS,
        needs=_BOTH,
        bounds=(0, inf),
        misleads="One invented sentence after a single word can count more than a page of errors.",
    ),
    Metric(
        name="mean_speaker_word_error_rate",
        title="Mean word error rate of speakers",
        formula=OfClusters("mean", EDITS, WORDS, "utterances", "utterances_with_words"),
        better="lower",
        meaning="Mean of the speakers' own word error rates; each person weighs the same, however much they said.",
        source="Cochran 1977, Sampling Techniques, ch. 9: the mean of the clusters' own ratios",
        needs=_SPEAKERS,
        bounds=(0, inf),
        misleads="Speakers with few words have rates that chance throws about.",
    ),
    Metric(
        name="median_speaker_word_error_rate",
        title="Median word error rate of speakers",
        formula=OfClusters("median", EDITS, WORDS, "utterances", "utterances_with_words"),
        better="lower",
        meaning="The word error rate that half of the speakers stay under.",
        source="Hettmansperger & Sheather 1986, Statistics & Probability Letters 4(2), for its limits",
        needs=_SPEAKERS,
        bounds=(0, inf),
        misleads="It is silent about those for whom the system hardly works.",
    ),
    Metric(
        name="sd_speaker_word_error_rate",
        title="Spread of speakers' word error rates",
        formula=OfClusters("sd", EDITS, WORDS, "utterances", "utterances_with_words"),
        better="lower",
        meaning="Standard deviation of the speakers' own word error rates: how unequally people of one group fare.",
        source="Bonett 2006, Computational Statistics & Data Analysis 50(3)",
        needs=_SPEAKERS,
        bounds=(0, inf),
        misleads="It grows as speakers say fewer words, by chance alone: compare it only with its noise floor.",
    ),
    Metric(
        name="share_above_half_word_error_rate",
        title="Share of utterances over 50 % word error rate",
        formula=Share("above_half", below=_SHARE_OF_WORDED),
        better="lower",
        meaning="Share of utterances with more than one word edit for every two reference words: hardly usable.",
        source="Koenecke et al. 2020, Racial disparities in automated speech recognition",
        needs=_BOTH,
        misleads="A short utterance passes the mark by one or two errors.",
    ),
    Metric(
        name="share_above_one_word_error_rate",
        title="Share of utterances over 100 % word error rate",
        formula=Share("above_one", below=_SHARE_OF_WORDED),
        better="lower",
        meaning="Share of utterances with more word edits than reference words: mostly invented text.",
        source="counted as it stands; invented text: Koenecke et al. 2024, Careless Whisper",
        needs=_BOTH,
        misleads="A short utterance passes the mark by one or two errors.",
    ),
    Metric(
        name="term_recall",
        title="Recall of listed terms",
        formula=Share("terms_came_through", below="terms_in_reference", units="utterances_with_terms"),
        better="higher",
        meaning="Of the listed terms that were said, the share that the transcript has.",
        source="Del Rio et al. 2021, Earnings-21 (entity recall); the list is the schema's",
        needs=_BOTH,
        per="terms",
        also=("keyword recall", "biased word recall"),
        misleads="A term counts as come through wherever in the utterance it stands.",
    ),
    Metric(
        name="invented_term_share",
        title="Share of invented terms",
        formula=Share(
            "terms_invented", below="terms_invented + terms_came_through", units="utterances_with_written_terms"
        ),
        better="lower",
        meaning="Of the listed terms that the transcript has, the share that nobody said.",
        source="counted as it stands; invented text: Koenecke et al. 2024, Careless Whisper",
        needs=_BOTH,
        per="terms",
        misleads="A listed word that is part of an ordinary sentence counts as well.",
    ),
)

CRITERIA: tuple[Criterion, ...] = (
    Criterion(
        name="equal_word_error_rate",
        title="Equal word error rate",
        meaning="Speech of every group is transcribed with the same word error rate.",
        source="Koenecke et al. 2020, Racial disparities in automated speech recognition",
        metrics=("word_error_rate",),
    ),
)
