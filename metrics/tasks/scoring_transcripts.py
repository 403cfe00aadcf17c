"""How utterances are scored: word and character edits, once each, and the metrics that the columns allow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metrics.errors import stop
from metrics.registry import Metric, OfClusters, Rate
from metrics.schema import Schema
from metrics.scored import Layout, declared_products
from metrics.tasks import transcription
from metrics.text.edits import Edits, count_edits
from metrics.text.normalize import Normalizer
from metrics.text.scripts import choose_unit
from metrics.text.terms import Terms, count_terms

Floats = NDArray[Any]
Bools = NDArray[np.bool_]

_KINDS = ("hits", "substitutions", "deletions", "insertions")
# Which outcome a known utterance has: one bit each, and how high its own rate is (up to a half, up to one, above).
_WORDED, _WRONG, _EMPTY, _RATE = 1, 2, 4, 8
_N_OUTCOMES = 1 + 3 * _RATE

# The value that a metric cannot do without, where that is not the edits and the reference words.
_NEEDS = {
    "character_error_rate": "character_hits",
    **dict.fromkeys(("match_error_rate", "word_information_lost", "empty_output_rate"), "hits"),
    **dict.fromkeys(("substitution_rate", "deletion_rate", "insertion_rate"), "hits"),
    **dict.fromkeys(("term_recall", "invented_term_share"), "terms_in_reference"),
}


def score_transcripts(schema: Schema, columns: Mapping[str, Any]) -> dict[str, Any]:
    """Score the utterances of one system, from its transcripts or from counts of edits.

    Reference and hypothesis are texts as they are compared, None where there is none: such an utterance counts nowhere.
    An empty hypothesis is an answer, and all of its reference words are deletions. Raises ResultsError where columns
    are wanting.
    """
    normalizer: Normalizer | None = columns.get("normalizer")
    if "hypothesis" in columns:
        if "reference" not in columns:
            raise stop("the reference column", "is missing.", "Name what was said with --reference.")
        counted = _count_texts(columns["reference"], columns["hypothesis"], columns.get("terms"))
    elif "word_error_rate" in columns and "substitutions" not in columns:
        counted = _count_rates(columns)
    else:
        counted = _count_counts(columns)
    values, known, empty = counted
    with np.errstate(divide="ignore", invalid="ignore"):
        words, edits = _words(values), _edits(values)
        rate = edits / words
    worded, wrong = known & (words > 0), known & (edits > 0)
    high = np.where(worded, (rate > 0.5) * 1 + (rate > 1) * 1, 0)
    outcome = np.where(known, 1 + worded * _WORDED + wrong * _WRONG + empty * _EMPTY + high * _RATE, 0)
    values["utterance_word_error_rate"] = np.where(worded, rate, 0.0)
    metrics = _choose_metrics(set(values), speakers="cluster" in columns)
    if "reference" in columns and choose_unit([text or "" for text in columns["reference"]]).unit == "characters":
        # The first metric is the one that pages start with.
        metrics = {name: metrics[name] for name in sorted(metrics, key=lambda name: name != "character_error_rate")}
    named = _name_counts()
    if "terms_in_reference" in values:
        outcome, named = _with_terms(outcome, named, values)
    names = tuple(values)
    layout = Layout(
        n_outcomes=len(named["utterances", None]),
        named=named,
        values=names,
        centres=(0.0,) * len(names),
        carriers=("utterances",) * len(names),
        products=declared_products(metrics, names),
    )
    normalized = {} if normalizer is None else {"normalizer": normalizer.name, "normalizer_digest": normalizer.digest}
    return {
        "layout": layout,
        "metrics": metrics,
        "outcome": outcome.astype(np.uint8),
        "values": tuple(values.values()),
        "definitions": normalized,
    }


# -- counts --------------------------------------------------------------------------------------

Counted = tuple[dict[str, Floats], Bools, Bools]  # values, which utterances are known, which outputs are empty


def _count_texts(reference: pd.Series, hypothesis: pd.Series, terms: Terms | None) -> Counted:
    known = (reference.notna() & hypothesis.notna()).to_numpy()
    said, written = (column.where(known, "").astype(object).tolist() for column in (reference, hypothesis))
    words, characters = count_edits(said, written)
    values = _spread_kinds(words, "") | _spread_kinds(characters, "character_")
    if terms is not None:
        found = count_terms(terms, said, written)
        values |= {
            "terms_in_reference": found.n_in_reference.astype(np.float64),
            "terms_came_through": found.n_came_through.astype(np.float64),
            "terms_invented": found.n_invented.astype(np.float64),
        }
    empty = known & (words.hits + words.substitutions + words.insertions == 0)
    return values, known, empty


def _spread_kinds(edits: Edits, prefix: str) -> dict[str, Floats]:
    return {f"{prefix}{kind}": getattr(edits, kind).astype(np.float64) for kind in _KINDS}


def _count_counts(columns: Mapping[str, Any]) -> Counted:
    """Take counts as the file gives them: reference words, and what of them was edited how."""
    wanted = ("reference_words", "substitutions", "deletions", "insertions")
    lacking = [role for role in wanted if role not in columns]
    if lacking:
        flags = ", ".join(f"--{role.replace('_', '-')}" for role in lacking)
        raise stop("the counts of edits", "are incomplete.", f"Name the columns that are wanting with {flags}.")
    words, *edits = (columns[role].to_numpy(dtype=np.float64) for role in wanted)
    known = ~np.isnan(np.stack([words, *edits])).any(axis=0)
    substitutions, deletions, insertions = (np.where(known, e, 0.0) for e in edits)
    hits = np.where(known, words, 0.0) - substitutions - deletions
    values = {"hits": hits, "substitutions": substitutions, "deletions": deletions, "insertions": insertions}
    return values, known, known & (hits + substitutions + insertions == 0)


def _count_rates(columns: Mapping[str, Any]) -> Counted:
    """Take word error rates with their reference words: the edits are their product, their kinds unknown."""
    if "reference_words" not in columns:
        raise stop("the reference words", "are missing.", "A rate weighs by them: name them with --reference-words.")
    rate, words = (columns[role].to_numpy(dtype=np.float64) for role in ("word_error_rate", "reference_words"))
    known = ~(np.isnan(rate) | np.isnan(words))
    edits = np.where(known, rate * words, 0.0)
    # Rates in files are rounded; edits are whole.
    edits = np.where(np.abs(edits - np.rint(edits)) <= 0.005 * np.maximum(words, 1), np.rint(edits), edits)
    values = {"word_edits": edits, "reference_words": np.where(known, words, 0.0)}
    return values, known, np.zeros(len(known), dtype=bool)


def _words(values: Mapping[str, Floats]) -> Floats:
    if "reference_words" in values:
        return values["reference_words"]
    return values["hits"] + values["substitutions"] + values["deletions"]


def _edits(values: Mapping[str, Floats]) -> Floats:
    if "word_edits" in values:
        return values["word_edits"]
    return values["substitutions"] + values["deletions"] + values["insertions"]


# -- outcomes and metrics ------------------------------------------------------------------------


def _name_counts() -> dict[tuple[str, str | None], Floats]:
    """Return which outcomes each named count adds up."""
    codes = np.arange(_N_OUTCOMES) - 1
    known = codes >= 0
    worded, wrong, empty = (known & (codes & bit > 0) for bit in (_WORDED, _WRONG, _EMPTY))
    high = np.where(known, codes // _RATE, 0)
    counts = {
        "units": known,
        "utterances": known,
        "utterances_with_words": worded,
        "utterances_with_edits_or_words": worded | wrong,
        "sentence_errors": wrong,
        "empty_outputs": empty,
        "above_half": high > 0,
        "above_one": high > 1,
    }
    return {(name, None): which * 1.0 for name, which in counts.items()}


def _with_terms(
    outcome: NDArray[Any], named: Mapping[tuple[str, str | None], Floats], values: Mapping[str, Floats]
) -> tuple[NDArray[Any], dict[tuple[str, str | None], Floats]]:
    """Tell outcomes apart by whether listed terms were said, and whether any were written: four times as many."""
    said = values["terms_in_reference"] > 0
    written = values["terms_came_through"] + values["terms_invented"] > 0
    wider = {name: np.tile(which, 4) for name, which in named.items()}
    quarter = np.repeat(np.arange(4), _N_OUTCOMES)
    wider["utterances_with_terms", None] = (quarter & 1 > 0) * 1.0
    wider["utterances_with_written_terms", None] = (quarter & 2 > 0) * 1.0
    return outcome + _N_OUTCOMES * (said * 1 + written * 2), wider


def _choose_metrics(values: set[str], *, speakers: bool) -> dict[str, Metric]:
    """Return the metrics that these values allow; of bare rates the edits and words go by one name each."""
    found = {}
    for metric in transcription.METRICS:
        if _NEEDS.get(metric.name, "utterance_word_error_rate") not in values:
            continue
        if "cluster" in metric.needs and not speakers:
            continue
        formula = metric.formula
        if "hits" not in values and isinstance(formula, Rate | OfClusters) and formula.top == transcription.EDITS:
            metric = replace(metric, formula=replace(formula, top="word_edits", below="reference_words"))
        found[metric.name] = metric
    return found
