"""What is odd about transcripts: found on load, said at once, nothing changed."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence

import pandas as pd

from metrics.errors import Finding
from metrics.results import Results
from metrics.text.scripts import choose_unit

_SAMPLE = 2_000  # texts that are looked at; more would tell the same
_APART = 0.2  # difference between two shares of texts from which on the sides are written differently
_REPEATED = 0.02  # share of utterances with the same long answer from which on it is no answer
_LONG = 12  # letters


def check_transcripts(results: Results) -> Iterator[Finding]:
    """Yield what somebody should know before believing error rates of these transcripts."""
    if results.schema.task != "transcription":
        return
    yield from _check_speakers(results)
    reference = results.columns.get("reference")
    if reference is None:
        return
    yield from _check_empty_references(results, reference)
    choice = choose_unit([text for text in reference if text])
    if choice.unit == "characters":
        yield Finding("note", "the references", "are written without spaces.", f"{choice.reason} Choose as you like.")
    for system, answers in zip(results.schema.systems, results.answers, strict=True):
        if "hypothesis" in answers:
            column = f"column {system.columns['hypothesis']!r}"
            yield from _check_repeated(results, column, answers["hypothesis"])
    if results.normalizer is None or not results.normalizer.steps:
        yield from _check_writing(results, reference)
    else:
        rules = results.normalizer
        said = f"were made alike by the normalizer {rules.name!r} (version {rules.version}, SHA-256 {rules.digest})"
        yield Finding("note", "the texts", f"{said} before words were compared.", rules.describe())


def _check_speakers(results: Results) -> Iterator[Finding]:
    if "cluster" not in results.columns:
        yield Finding(
            "warn",
            "the speakers",
            "are not known: every utterance counts as if it came from somebody else, so that intervals are too narrow "
            "wherever one person said several.",
            "Name the column of the speakers with --cluster.",
        )


def _check_empty_references(results: Results, reference: pd.Series) -> Iterator[Finding]:
    silent = reference.map(lambda text: text is not None and not text.strip()).astype(bool)
    if empty := int(silent.sum()):
        yield Finding(
            "note",
            f"column {results.schema.columns['reference']!r}",
            f"holds no words in {empty:,} of {len(reference):,} rows: what a system wrote there counts as inserted, "
            "and these utterances have no error rate of their own.",
            "",
            rows=empty,
            places=results.places_of(silent),
        )


def _check_repeated(results: Results, column: str, hypothesis: pd.Series) -> Iterator[Finding]:
    """Say of one long answer to many different utterances: a placeholder of tools that have nothing to say."""
    reference = results.columns["reference"]
    pairs = {(said, text) for said, text in zip(reference, hypothesis, strict=True) if text}
    likely = {text for text, n in Counter(text for _, text in pairs).items() if n > 1 and len(text) >= _LONG}
    texts = [text for text in hypothesis if text in likely]
    if not texts:
        return
    text, n = Counter(texts).most_common(1)[0]
    if n >= max(5, _REPEATED * len(hypothesis)):
        yield Finding(
            "warn",
            column,
            f"says {text[:80]!r} in {n:,} of {len(hypothesis):,} rows.",
            "If that stands for no answer, say so with --missing; if for an empty one, make it empty.",
            rows=n,
            places=results.places_of(hypothesis == text),
        )


def _check_writing(results: Results, reference: pd.Series) -> Iterator[Finding]:
    """Compare how both sides are written: capitals, punctuation and digits that one side lacks all count as errors."""
    said = _looks(reference)
    for system, answers in zip(results.schema.systems, results.answers, strict=True):
        if "hypothesis" not in answers:
            continue
        written = _looks(answers["hypothesis"])
        apart = [name for name in said if abs(said[name] - written[name]) >= _APART]
        if apart:
            sides = "; ".join(f"{name} in {said[name]:.0%} against {written[name]:.0%}" for name in apart)
            yield Finding(
                "warn",
                f"system {system.title!r}",
                f"is written differently from the reference ({sides} of the texts): each such difference counts as "
                "an error.",
                "Make both sides alike with --normalizer, such as --normalizer lower.",
                option="",
            )


def _looks(column: pd.Series) -> dict[str, float]:
    """Return the share of texts that have capitals, punctuation and digits."""
    texts = _some([text for text in column.dropna() if text])
    n = max(len(texts), 1)
    return {
        "capitals": sum(text != text.lower() for text in texts) / n,
        "punctuation": sum(any(unicodedata.category(c)[0] == "P" for c in text) for text in texts) / n,
        "digits": sum(any(c.isdigit() for c in text) for text in texts) / n,
    }


def _some(texts: Sequence[str]) -> Sequence[str]:
    return texts[:: max(1, len(texts) // _SAMPLE)]
