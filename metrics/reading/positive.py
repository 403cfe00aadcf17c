"""Which words of labels and predictions are positive: taken from those that everyone knows, else asked."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from metrics.errors import Finding, Severity, nearest
from metrics.levels import find_word, plain_word, sort_levels
from metrics.schema import Schema

# Pairs of words of which everyone knows the positive one.
_PAIRS = (
    ("1", "0"),
    ("1", "-1"),
    ("yes", "no"),
    ("true", "false"),
    ("positive", "negative"),
    ("y", "n"),
    ("t", "f"),
    ("pos", "neg"),
    ("ja", "nein"),
    ("ja", "nee"),
    ("ja", "nej"),
    ("oui", "non"),
    ("si", "no"),
    ("sí", "no"),
    ("sim", "não"),
    ("tak", "nie"),
)
# Words that are likelier to be the positive one than another: the default of a question, never more.
_LIKELY = re.compile(
    "accept(ed)?|admit(ted)?|approved?|good|grant(ed)?|hired?|high|hit|ill|paid|pass(ed)?|selected|sick|spam|success"
)
# Binary metrics that stay the same when the two words change places.
_SYMMETRIC = {"accuracy", "error_rate", "balanced_accuracy", "matthews_correlation"}


def is_known_pair(words: Collection[str]) -> bool:
    """Whether two words, in lower case, are a pair of which everyone knows the positive one.

    >>> is_known_pair({"yes", "no"}), is_known_pair({"f", "m"})
    (True, False)
    """
    return any(set(words) == set(pair) for pair in _PAIRS)


def choose_positive(
    schema: Schema,
    labels: Sequence[str] | None,
    predictions: Sequence[Sequence[str]],
    *,
    metrics: Sequence[str] = (),
) -> tuple[Schema, list[Finding]]:
    """Return the schema with its positive words as the file writes them, and the question if there is one.

    `labels` are the words of the label (None: no label), `predictions` those of each system's
    predictions. No positive words in the schema returned means several classes, as a schema may say that has "positive"
    among what it goes without: two of them may be all that a part of the data has. `metrics` are the
    metrics asked for (none: all): where none of them depends on the positive word, nothing is asked.
    """
    answers = list(dict.fromkeys(word for words in predictions for word in words))
    present = list(dict.fromkeys([*(labels or ()), *answers]))
    if schema.positive:
        return _match_positive(schema, labels or (), answers)
    several = "positive" in schema.without or len(set(answers if labels is None else labels)) > 2
    if several and predictions:
        note = Finding(
            "note",
            "the classes",
            f"are {len(set(present))}: {_some(present)}; each is measured against the others.",
            "Name the positive ones with --positive to measure two sides.",
            option="--positive",
        )
        return schema, [note]
    if not present:
        return replace(schema, positive=("1",)), []
    obvious = _obvious(labels, answers)
    if obvious is not None:
        said = " and ".join(map(repr, obvious))
        note = Finding(
            "note",
            "the positive class",
            f"was taken as {said}.",
            "Choose another with --positive.",
            option="--positive",
        )
        return replace(schema, positive=obvious), [note]
    guess = _likely_positive(labels, answers)
    took = " and ".join(map(repr, guess)) + (" was taken" if len(guess) == 1 else " were taken")
    found = f"is not certain: labels and predictions say {_some(present)}; {took}, the rest as negative."
    if labels and set(answers) - set(labels):
        found = (
            f"is not certain: the labels say {_some(labels)}, the predictions {_some(answers)}; "
            f"{took}, the rest as negative."
        )
    cure = "Name every positive word with --positive; words that mean no answer with --missing."
    # Accuracy is the same whichever of two words is positive.
    enters = not metrics or not set(metrics) <= _SYMMETRIC or len(present) > 2
    words = tuple(dict.fromkeys([*guess, *sort_levels(present)]))
    severity: Severity = "warn" if enters else "note"
    question = Finding(severity, "the positive class", found, cure, option="--positive", answers=words)
    return replace(schema, positive=guess), [question]


def _match_positive(schema: Schema, labels: Sequence[str], answers: Sequence[str]) -> tuple[Schema, list[Finding]]:
    """Find the given words among those of the file, each side of which should have one."""
    findings = []
    present = list(dict.fromkeys([*labels, *answers]))
    matched = {word: find_word(word, present) for word in schema.positive}
    negatives = {n for p, n in _PAIRS if p in {w.casefold() for w in schema.positive}}
    if present and not any(matched.values()) and not {w.casefold() for w in present} <= negatives:
        given = " or ".join(map(repr, schema.positive))
        findings.append(
            Finding(
                "stop",
                "the positive class",
                f"{given} is neither among the labels nor among the predictions ({_some(present)}).",
                nearest(schema.positive[0], present) or "Name a word that occurs with --positive.",
                option="--positive",
                answers=tuple(sort_levels(present)),
            )
        )
    found_words = set(matched.values())
    for side, words, others in (("labels", labels, answers), ("predictions", answers, labels)):
        if not words or not any(matched.values()) or found_words & set(words):
            continue
        # A side whose words are all known as negatives (of this pair, or from the other side) is what it says.
        if {w.casefold() for w in words} <= negatives or set(words) <= set(others):
            continue
        likely = _likely_positive(words, ())[0]
        findings.append(
            Finding(
                "warn",
                "the positive class",
                f"is given by none of the {side} ({_some(words)}): all of them would count as negative.",
                f"Name it too, such as --positive {likely}.",
                option="--positive",
                answers=(*schema.positive, likely),
            )
        )
    if None in matched.values() and any(matched.values()):
        lost = [w for w, found in matched.items() if found is None]
        findings.append(
            Finding(
                "note",
                "the positive class",
                f"{', '.join(map(repr, lost))} does not occur in labels or predictions ({_some(present)}).",
                nearest(lost[0], present),
            )
        )
    words = tuple(dict.fromkeys(found or plain_word(word) for word, found in matched.items()))
    return replace(schema, positive=words), findings


def _obvious(labels: Sequence[str] | None, answers: Sequence[str]) -> tuple[str, ...] | None:
    """Return the positive words where labels and predictions each come from a pair that everyone knows."""
    found: list[str] = []
    for words in (labels, answers):
        if not words:
            continue
        folded = {w.casefold(): w for w in words}
        # One letter alone, such as "f", may be anything; "0" alone is the negative of "1".
        pairs = [(p, n) for p, n in _PAIRS if set(folded) <= {p, n} and (len(folded) == 2 or p not in "yt")]
        if not pairs:
            return None
        found.append(folded.get(pairs[0][0], pairs[0][0]))
    return tuple(dict.fromkeys(found))


def _likely_positive(labels: Sequence[str] | None, answers: Sequence[str]) -> tuple[str, ...]:
    """Return a first guess to ask about: the well-known word of each vocabulary, else its last."""
    guess: list[str] = []
    for words in (labels, answers):
        if not words:
            continue
        known = [w for w in words if w.casefold() in dict(_PAIRS)] or [
            w for w in words if _LIKELY.fullmatch(w.casefold())
        ]
        shared = [w for w in guess if w in words]
        guess += shared or known[:1] or sort_levels(words)[-1:]
    return tuple(dict.fromkeys(guess))


def _some(words: Iterable[str], most: int = 6) -> str:
    words = sort_levels(list(words))
    return ", ".join(map(repr, words[:most])) + (f" and {len(words) - most} more" if len(words) > most else "")
