"""Utterances of one system: what was said and what was heard, as it is compared, and what went wrong in which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metrics.errors import unknown
from metrics.progress import Progress, Tell
from metrics.results import Results
from metrics.scored import Scored
from metrics.text.scripts import Unit

__all__ = [
    "ERRORS",
    "Utterances",
    "count_errors",
    "find_phrase",
    "find_utterances",
    "has_transcripts",
    "normalize_utterances",
    "pair_utterances",
    "take_utterances",
    "unit_of",
]

Text = str | None

# What utterances can be looked for by, with titles; "any" comes first.
ERRORS = {
    "any": "Any error",
    "substitutions": "Other words (substitutions)",
    "deletions": "Words left out (deletions)",
    "insertions": "Words put in (insertions)",
    "empty": "Nothing written (empty output)",
}
_SPACE = "\N{OPEN BOX}"


@dataclass(frozen=True, eq=False)
class Utterances:
    """References and hypotheses of the units of one `Scored`, in its order; None where a text is not there.

    Of a script without spaces `unit` is "characters": what is aligned is then a character at a time.
    """

    said: Sequence[Text]
    heard: Sequence[Text]
    unit: Unit = "words"

    def __len__(self) -> int:
        return len(self.said)


def has_transcripts(results: Results) -> bool:
    """Whether there are texts of what was said and of what every system heard."""
    return "reference" in results.columns and all("hypothesis" in answers for answers in results.answers)


def unit_of(scored: Scored) -> Unit:
    """Return what utterances are aligned by: characters where their script has no spaces, as they were scored."""
    return "characters" if next(iter(scored.metrics), "") == "character_error_rate" else "words"


def take_utterances(results: Results, scored: Scored, places: NDArray[np.int64] | None = None) -> Utterances:
    """Return texts of a system as they are written in the file, those of all its units or at some positions.

    Raises QuestionError where there are none.
    """
    answers = results.answers[_place_of(results, scored)]
    if "reference" not in results.columns or "hypothesis" not in answers:
        raise unknown("transcripts", "column of", [*results.columns, *answers])
    where = results.attributes.index.get_indexer(pd.Index(scored.rows if places is None else scored.rows[places]))
    said, heard = (_texts(column, where) for column in (results.columns["reference"], answers["hypothesis"]))
    return Utterances(said, heard, unit_of(scored))


def normalize_utterances(results: Results, written: Utterances, progress: Tell | None = None) -> Utterances:
    """Return the texts as they are compared: normalised as the results say, tokens one space apart.

    Of a script without spaces every character is a token; a space within a text is the sign for it then.
    """
    work = Progress(progress)
    sides = []
    for number, texts in enumerate((written.said, written.heard)):
        strings = [text or "" for text in texts]
        if results.normalizer is not None:
            strings = results.normalizer(strings, work.nth(number, 2))
        cut = _cut_characters if written.unit == "characters" else _cut_words
        sides.append([None if text is None else cut(s) for text, s in zip(texts, strings, strict=True)])
    return Utterances(sides[0], sides[1], written.unit)


def count_errors(scored: Scored) -> pd.DataFrame:
    """Return the counts of each utterance: hits, substitutions, deletions, insertions, words, edits, rate, known.

    `known` is False where one of the two texts is not there, and all counts are 0 then; `words` are those of the
    reference (or characters, as `unit_of` says), `rate` is edits per word, NaN without any.
    """
    prefix = "character_" if unit_of(scored) == "characters" else ""
    names = ("hits", "substitutions", "deletions", "insertions")
    frame = pd.DataFrame({n: scored.values[scored.layout.values.index(prefix + n)] for n in names})
    frame["words"] = frame["hits"] + frame["substitutions"] + frame["deletions"]
    frame["edits"] = frame["substitutions"] + frame["deletions"] + frame["insertions"]
    frame["known"] = (scored.layout.outcomes("utterances", None) > 0)[scored.outcome]
    frame["rate"] = (frame["edits"] / frame["words"].where(frame["words"] > 0)).astype(float)
    return frame


def find_utterances(counts: pd.DataFrame, inside: NDArray[np.bool_], error: str = "any") -> NDArray[np.int64]:
    """Return the positions of the utterances inside that have an error of this kind (of `ERRORS`), worst first.

    Worst is the highest rate; of equal ones the one with more edits, then the first in the file. Those without a
    rate, of which all is put in, come last. Raises QuestionError for a kind that is none.
    """
    if error not in ERRORS:
        raise unknown(error, "kind of error called", list(ERRORS))
    if error == "empty":
        wrong = (counts["hits"] + counts["substitutions"] + counts["insertions"] == 0) & (counts["words"] > 0)
    else:
        wrong = counts["edits" if error == "any" else error] > 0
    found = np.flatnonzero(wrong.to_numpy() & inside)
    rate, edits = (counts[name].to_numpy()[found] for name in ("rate", "edits"))
    return found[np.lexsort((-edits, -np.where(np.isnan(rate), -1.0, rate)))].astype(np.int64)


def find_phrase(utterances: Utterances, places: NDArray[np.int64], phrase: str) -> NDArray[np.int64]:
    """Return those of some positions where the phrase was said or heard: whole words that follow one another.

    `utterances` are normalised, and `phrase` in the same way. An empty phrase is everywhere.

    >>> find_phrase(Utterances(["a party", "art"], ["", "b"]), np.array([0, 1]), "art").tolist()
    [1]
    """
    wanted = f" {' '.join(phrase.split())} "
    if not wanted.strip():
        return places
    found = [
        place
        for place in places.tolist()
        if wanted in f" {utterances.said[place] or ''} " or wanted in f" {utterances.heard[place] or ''} "
    ]
    return np.array(found, np.int64)


def pair_utterances(results: Results, one: Scored, other: Scored) -> NDArray[np.int64]:
    """Return for each unit of one system where the other has the same utterance, -1 where it has not.

    Systems in columns share the rows of the file; systems in rows are matched by id, an id that occurs
    twice matching nothing. Without ids none match.
    """
    if "system" not in results.columns:
        return pd.Index(other.rows).get_indexer(pd.Index(one.rows)).astype(np.int64)
    if "id" not in results.columns:
        return np.full(len(one), -1, np.int64)
    mine, others = (results.columns["id"].reindex(scored.rows).astype("string") for scored in (one, other))
    clear = (others.notna() & ~others.duplicated(keep=False)).to_numpy()
    at = pd.Series(np.flatnonzero(clear), index=others[clear].array)
    return mine.map(at).fillna(-1).to_numpy(dtype=np.int64)


def _place_of(results: Results, scored: Scored) -> int:
    """Which of the declared systems these units are of; systems in rows share one declaration."""
    titles = [system.title or None for system in results.schema.systems]
    several = "system" not in results.columns and scored.system in titles
    return titles.index(scored.system) if several else 0


def _texts(column: pd.Series, where: NDArray[Any]) -> list[Text]:
    taken = column.iloc[where]
    return [None if missing else str(t) for t, missing in zip(taken.tolist(), taken.isna().tolist(), strict=True)]


def _cut_words(text: str) -> str:
    return " ".join(text.split())


def _cut_characters(text: str) -> str:
    return " ".join(_SPACE if character.isspace() else character for character in text.strip())
