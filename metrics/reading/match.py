"""Rows of two files matched by id: exactly first, then without folders and the extensions of recordings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from metrics.errors import Finding, ResultsError, places_of, stop
from metrics.reading.cells import Cells

_EXAMPLES = 3
_FEW_EXAMPLES = 2  # of pairs
# Recordings and what is written about them: a.mp3 and a.wav.json are about one recording.
_SOUNDS = {"mp3", "wav", "wave", "flac", "ogg", "oga", "opus", "m4a", "aac", "wma", "aif", "aiff", "amr", "sph", "webm"}
_EXTENSIONS = _SOUNDS | {"mp4", "mka", "json", "txt", "text", "trn", "ctm", "stm", "srt", "vtt", "lab"}


def bare_name(identifier: str) -> str:
    """Return an id without folders and without the extensions of recordings and transcripts.

    >>> bare_name("clips/a.1.mp3"), bare_name("a.1.wav.json"), bare_name("v1.0"), bare_name(".wav")
    ('a.1', 'a.1', 'v1.0', '.wav')
    """
    return without_extension(identifier).replace("\\", "/").rstrip("/").rpartition("/")[2]


def without_extension(identifier: str) -> str:
    """Return an id without the extensions of recordings and transcripts.

    >>> without_extension("clips/a.WAV.json")
    'clips/a'
    """
    while True:
        short, _, extension = identifier.rpartition(".")
        if extension.casefold() not in _EXTENSIONS or not short or short[-1] in "/\\":
            return identifier
        identifier = short


def match_ids(base: Cells, ids: Cells, file: str, findings: list[Finding]) -> NDArray[np.int64]:
    """Return, for each row of the first file, the row of the other with its id, or -1.

    Adds to `findings` how ids were matched and which were not. Raises ResultsError where no id is
    in common, or where ids differ in folders or extensions so that two would be one.
    """
    where = f"'{file}', matched by {ids.name!r},"
    found = pc.index_in(pa.array(base.words, pa.string()), value_set=pa.array(ids.words, pa.string()))
    word_there = found.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    word_there[word_there >= 0] = np.where(ids.counts[word_there[word_there >= 0]] > 0, word_there[word_there >= 0], -1)
    here_only, there_only = _unmatched(base, ids, word_there)
    if here_only.any() and there_only.any():
        n_exact = int(((base.counts > 0) & (word_there >= 0)).sum())
        loose = _match_loosely(base.words, np.flatnonzero(here_only), ids.words, np.flatnonzero(there_only), where)
        word_there[list(loose)] = list(loose.values())
        if loose:
            findings.append(_tell_loose(loose, base, ids, n_exact, where))
            here_only, there_only = _unmatched(base, ids, word_there)
    first_row = np.full(len(ids.words) + 1, -1, dtype=np.int64)
    first_row[ids.codes[::-1]] = np.arange(len(ids.codes))[::-1]  # the first row of each id is written last
    first_row[-1] = -1  # empty ids match nothing
    rows: NDArray[np.int64] = np.append(first_row[word_there], -1)[base.codes]
    _tell_unmatched(base, ids, here_only, there_only, where, findings, any_match=bool((rows >= 0).any()))
    return rows


def _unmatched(base: Cells, ids: Cells, word_there: NDArray[np.int64]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which words occur on one side only: here, and there."""
    here_only = (base.counts > 0) & (word_there < 0)
    met = np.zeros(len(ids.words), dtype=bool)
    met[word_there[(base.counts > 0) & (word_there >= 0)]] = True
    return here_only, (ids.counts > 0) & ~met


# -- folders and extensions ----------------------------------------------------------------------


def _match_loosely(
    here: Sequence[str], here_at: NDArray[np.int64], there: Sequence[str], there_at: NDArray[np.int64], where: str
) -> dict[int, int]:
    """Return the numbers of words here and there that are one without extensions, else without folders, too."""
    matched: dict[int, int] = {}
    for shorten in (without_extension, bare_name):
        mine = _Short(here, [i for i in here_at.tolist() if i not in matched], shorten)
        taken = set(matched.values())
        theirs = _Short(there, [i for i in there_at.tolist() if i not in taken], shorten)
        both = [name for name in mine.times if name in theirs.times]
        clear = [name for name in both if mine.times[name] == theirs.times[name] == 1]
        matched |= {mine.last[name]: theirs.last[name] for name in clear}
    if len(both) > len(clear):
        name = next(name for name in both if mine.times[name] > 1 or theirs.times[name] > 1)
        raise stop(
            where,
            f"cannot be matched without folders and extensions: {show_count(len(both) - len(clear), 'name')} would "
            f"stand for several ids, such as {name!r} for {show_examples(mine.words_of(name))} here and "
            f"{show_examples(theirs.words_of(name))} there.",
            "Write the ids alike in both files.",
        )
    return matched


class _Short:
    """Some words by their short names: how often each name occurs, and the number of the last word that has it."""

    def __init__(self, words: Sequence[str], at: Sequence[int], shorten: Callable[[str], str]) -> None:
        self.words, self.at = words, at
        self.names = [shorten(words[number]) for number in at]
        self.times, self.last = Counter(self.names), dict(zip(self.names, at, strict=True))

    def words_of(self, name: str) -> list[str]:
        return [self.words[number] for number, short in zip(self.at, self.names, strict=True) if short == name]


def _tell_loose(loose: dict[int, int], base: Cells, ids: Cells, n_exact: int, where: str) -> Finding:
    shown = [f"{base.words[here]!r} and {ids.words[there]!r}" for here, there in list(loose.items())[:_FEW_EXAMPLES]]
    exactly = f"{show_count(n_exact, 'id')} exactly and {len(loose):,}" if n_exact else show_count(len(loose), "id")
    more = ", ..." if len(loose) > _FEW_EXAMPLES else ""
    found = f"matched {exactly} after leaving out folders and extensions, such as {', '.join(shown)}{more}."
    rows = int(base.counts[list(loose)].sum())
    return Finding("note", where, found, "Check that these are the same recordings.", rows=rows)


# -- what was not matched ------------------------------------------------------------------------


def _tell_unmatched(
    base: Cells,
    ids: Cells,
    here_only: NDArray[np.bool_],
    there_only: NDArray[np.bool_],
    where: str,
    findings: list[Finding],
    any_match: bool,
) -> None:
    here, there = _where(base.words, here_only), _where(ids.words, there_only)
    spelled = _other_spellings(here, there)
    if not any_match:
        alike = f" Some differ in spelling only: {show_examples(spelled)}." if spelled else ""
        found = f"has no id in common with the first file ({show_examples(ids.present)} there, "
        found += f"{show_examples(base.present)} here).{alike}"
        cure = "Name the column that both files share with --id, and write the ids alike in both."
        raise ResultsError([Finding("stop", where, found, cure, option="--id")])
    if spelled:
        found = f"has {show_count(len(spelled), 'id')} in another spelling: {show_examples(spelled)}. "
        found += "They were not matched."
        findings.append(Finding("warn", where, found, "Write the ids alike in both files.", rows=len(spelled)))
    cure = "Check that the files belong together."
    if here:
        found = f"lacks {show_count(len(here), 'id')} of the first file, such as {show_examples(here)}; "
        rows = int(base.counts[here_only].sum())
        places = places_of(np.append(here_only, False)[base.codes])
        findings.append(Finding("warn", where, f"{found}their answers are missing.", cure, rows=rows, places=places))
    if there:
        found = f"has {show_count(len(there), 'id')} that the first file lacks, such as {show_examples(there)}; "
        rows = int(ids.counts[there_only].sum())
        findings.append(Finding("warn", where, f"{found}these rows are left out.", cure, rows=rows))
    twice = ids.counts > 1
    if twice.any():
        repeated = _where(ids.words, twice)
        found = f"has {show_count(len(repeated), 'id')} more than once, such as {show_examples(repeated)}, "
        found += "each time with the same answer, which counts once."
        rows = int((ids.counts[twice] - 1).sum())
        findings.append(Finding("warn", where, found, "Remove the repeated rows.", rows=rows))


def _other_spellings(here: Sequence[str], there: Sequence[str]) -> list[str]:
    """Return the ids that would match if case, spaces, signs and leading zeros were nothing."""

    def plain(word: str) -> str:
        kept = "".join(c for c in word.casefold() if c.isalnum())
        return kept.removesuffix("0" if kept.isdigit() and word.endswith(".0") else "").lstrip("0")

    known = {plain(word): word for word in there}
    return [f"{word!r} and {known[plain(word)]!r}" for word in here if plain(word) in known]


def _where(words: Sequence[str], mask: NDArray[Any]) -> list[str]:
    return [words[int(i)] for i in np.flatnonzero(mask)]


def show_examples(words: Sequence[str]) -> str:
    """Return the first few words, quoted."""
    shown = [word if word.startswith("'") else repr(word) for word in words[:_EXAMPLES]]
    return ", ".join(shown) + (", ..." if len(words) > _EXAMPLES else "")


def show_count(n: int, what: str) -> str:
    """Return a number with what it counts, in the plural where it is not 1.

    >>> show_count(1, "id"), show_count(2000, "id")
    ('1 id', '2,000 ids')
    """
    return f"{n:,} {what}" if n == 1 else f"{n:,} {what}s"
