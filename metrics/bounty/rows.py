"""The rows of a bounty: ids, features, labels, the baseline's predictions and the split, each read once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from metrics.bounty.id_table import (
    UNKNOWN,
    Ids,
    check_ids,
    count_cells_of,
    count_of,
    digest_of,
    find_column,
    listed,
    read_columns,
    read_file,
    small_limits,
)
from metrics.bounty.terms import EXPLORE, FILE_NAME, SPLITS, VALIDATION, Shares, Terms, read_terms, write_terms
from metrics.errors import Finding, ResultsError, nearest, stop
from metrics.levels import plain_word
from metrics.predicates import Values
from metrics.reading import Table, read_table
from metrics.reading.cells import Cells, cells_of
from metrics.toml import read_toml

__all__ = ["Bounty", "open_bounty", "split_by_hash"]

# Losses are added up as whole numbers of these, so that no decision hangs on the order of a sum.
LOSS_UNITS = 10**10
MOST_BYTES = 500 * 2**20  # of the labels, the dictionary, a file of a submission


@dataclass(frozen=True, eq=False)
class Bounty:
    """A bounty as it is played; arrays of one length, a row each, in the order of the file of rows.

    `features` are the columns that groups may name, as conditions see them (`metrics.predicates.Values`), `meanings`
    what the data dictionary says of them. With the loss `error`, `label` and `baseline` are codes (int16) into
    `classes`; else they are floats in [0, 1] and `classes` is empty. `split` holds EXPLORE, VALIDATION or SEALED of
    `terms`, `clusters` a code a row where a cluster is named. `digest` is a sha256 of the terms, rows and labels.
    """

    folder: Path
    terms: Terms
    ids: tuple[str, ...]
    features: Mapping[str, Values]
    label: NDArray[Any]
    baseline: NDArray[Any]
    split: NDArray[np.int8]
    classes: tuple[str, ...] = ()
    clusters: NDArray[np.int64] | None = None
    meanings: Mapping[str, str] | None = None
    findings: tuple[Finding, ...] = ()
    digest: str = ""

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def by_id(self) -> Ids:
        """The ids, to find rows by."""
        return Ids(pa.array(self.ids, pa.string()))

    def rows_of(self, split: int) -> NDArray[np.int64]:
        """Return the places of the rows of a split, in order."""
        if split not in self._rows_of:
            self._rows_of[split] = np.flatnonzero(self.split == split)
        return self._rows_of[split]

    @cached_property
    def _rows_of(self) -> dict[int, NDArray[np.int64]]:
        return {}

    @property
    def loss_scale(self) -> int:
        """The largest loss of a row in whole units: 1 of an error, else LOSS_UNITS."""
        return 1 if self.classes else LOSS_UNITS

    def losses(self, predictions: NDArray[Any], rows: NDArray[np.int64] | None = None) -> NDArray[np.float64]:
        """Return the loss of each row's prediction, in [0, 1]: error, squared or absolute, as the terms say.

        `rows` are the places of the rows that are asked for; without them, all.
        """
        losses: NDArray[np.float64] = self.unit_losses(predictions, rows) / np.float64(self.loss_scale)
        return losses

    def unit_losses(self, predictions: NDArray[Any], rows: NDArray[np.int64] | None = None) -> NDArray[Any]:
        """Return the losses as whole numbers (uint8 or int64), `loss_scale` of them to a loss of 1.

        Whole numbers add up to the same sum in any order. Squared and absolute losses are rounded to 10 decimals.
        """
        label = self.label
        if rows is not None:
            predictions, label = predictions[rows], label[rows]
        if self.classes:
            return np.asarray(predictions != label, dtype=np.uint8)
        off = np.abs(predictions - label)
        return np.asarray(np.rint((off * off if self.terms.loss == "squared" else off) * LOSS_UNITS), dtype=np.int64)

    def read_values(self, cells: Cells) -> tuple[NDArray[Any], list[str]]:
        """Return predictions as `label` holds them, a cell each, and the words that are none of them, each once.

        Empty cells and such words have the code -1, or NaN.
        """
        if not self.classes:
            return _read_numbers(cells)
        return _read_classes(cells, self.classes)

    def read_value(self, value: str | float) -> Any:
        """Return one prediction as `label` holds it. Raises ResultsError for other words, and numbers beyond [0, 1]."""
        cells = Cells("value", pa.chunked_array([pa.array([str(value)])]))
        found, odd = self.read_values(cells)
        if odd or not len(found) or found[0] < 0 or found[0] != found[0]:
            raise stop(f"value {value!r}", self._not_a_value, self.say_values())
        return found[0]

    @property
    def _not_a_value(self) -> str:
        return "is none of the words of the label." if self.classes else "is no number from 0 to 1."

    def say_values(self, odd: str = "") -> str:
        """Say what may be predicted, the nearest of it first; the cure for other words."""
        if not self.classes:
            return "Predict numbers from 0 to 1: take off the least value, divide by the range."
        return (nearest(odd, self.classes) + f" Predictions are: {', '.join(map(repr, self.classes[:20]))}.").strip()


def open_bounty(folder: Path) -> Bounty:
    """Read a bounty's folder. Raises ResultsError for what is wrong with the terms, the rows or the labels."""
    folder = Path(folder)
    return _Opening(folder, read_terms(folder)).read()


def split_by_hash(words: Sequence[str], shares: Shares) -> NDArray[np.int8]:
    """Return the split of each id or cluster, from the words alone: equal words, equal split, in any file.

    The first 8 bytes of sha256("seed:word") in UTF-8, read as a big-endian number and divided by 2^64, are a
    share u in [0, 1): u < explore is EXPLORE, u < explore + validation VALIDATION, the rest SEALED.

    >>> split_by_hash(["r1", "r2", "r1", "r3"], Shares(7, 0.4, 0.4, 0.2)).tolist()
    [0, 1, 0, 2]
    """
    drawn = [hashlib.sha256(f"{shares.seed}:{word}".encode()).digest()[:8] for word in words]
    u = np.array([int.from_bytes(d, "big") / 2**64 for d in drawn])
    # With nothing sealed, rounding must not seal a row.
    ends = [shares.explore, shares.explore + shares.validation if shares.sealed else np.inf]
    return np.searchsorted(ends, u, side="right").astype(np.int8)


# -- opening -------------------------------------------------------------------------------------


class _Opening:
    """Reads a folder and collects every problem on the way."""

    def __init__(self, folder: Path, terms: Terms) -> None:
        self.folder, self.terms = folder, terms
        self.problems: list[Finding] = []
        self.findings: list[Finding] = []

    def read(self) -> Bounty:
        terms = self.terms
        table = read_table(self._path(terms.rows), wanted=[terms.id, terms.baseline])
        self._check_columns(table)
        ids = cells_of(table, terms.id)
        self.problems += check_ids(ids, f"column {terms.id!r} of {table.name!r}")
        self._give_up()
        places = Ids(pa.array(np.array(ids.words, dtype=object)[ids.codes], pa.string()))
        label_cells, labels_digest = self._labels(table, places)
        classes, label, baseline = self._values(label_cells, cells_of(table, terms.baseline))
        clusters = self._clusters(table)
        split = self._split(table, places, clusters)
        self._give_up()
        if not (split == VALIDATION).any():
            cure = "Give it a larger share; nothing can be judged without it."
            raise stop("split 'validation'", "has no rows.", cure)
        names = self._features(table)
        return Bounty(
            folder=self.folder,
            terms=terms,
            ids=tuple(places.words.to_pylist()),
            features={name: cells_of(table, name) for name in names},
            label=label,
            baseline=baseline,
            split=split,
            classes=classes,
            clusters=clusters,
            meanings=self._meanings(table, names),
            findings=(*(f for f in table.findings if f.severity == "warn"), *self.findings),
            digest=self._digest(table.sha256, labels_digest),
        )

    def _path(self, name: str) -> Path:
        path = self.folder / name
        if not path.is_file():
            cure = f"Put it there, or name another in {FILE_NAME}."
            raise stop(f"file {name!r}", f"is not in the folder '{self.folder}'.", cure)
        return path

    def _check_columns(self, table: Table) -> None:
        terms, names = self.terms, table.data.column_names
        asked = {"id": terms.id, "baseline": terms.baseline, "cluster": terms.cluster}
        asked["label"] = None if terms.labels else terms.label
        asked["split"] = terms.split if isinstance(terms.split, str) else None
        wanted = [(key, column) for key, column in asked.items() if column is not None]
        wanted += [("features", column) for column in terms.features or ()]
        for key, column in wanted:
            if column not in names:
                cure = nearest(column, names) or f"Name another in {FILE_NAME}."
                found = f"is not in the file {table.name!r} (it has: {', '.join(names[:20])})."
                self.problems.append(Finding("stop", f"column {column!r} of {key!r}", found, cure))
        self._give_up()

    def _labels(self, table: Table, places: Ids) -> tuple[Cells, str]:
        """Return the label of each row, from the rows or from the organiser's file, and that file's digest."""
        terms = self.terms
        if terms.labels is None:
            return cells_of(table, terms.label), ""
        if terms.label in table.data.column_names:
            found = f"stands in {table.name!r} too, beside the organiser's file of labels, which alone counts."
            cure = "Take it out before teams get the rows: they would have the labels of every split."
            self.findings.append(Finding("warn", f"column {terms.label!r}", found, cure))
        data = read_file(self._path(terms.labels), MOST_BYTES)
        name = Path(terms.labels).name
        ids, labels = read_columns(data, name, [terms.id, terms.label], small_limits(2 * len(places), MOST_BYTES))
        where = f"column {terms.id!r} of {name!r}"
        self.problems += check_ids(ids, where)
        at = places.find(ids)
        extra = [ids.words[code] for code in ids.codes[(at == UNKNOWN) & (ids.codes >= 0)][:1_000]]
        if extra:
            n = int(((at == UNKNOWN) & (ids.codes >= 0)).sum())
            found = f"has {count_of(n, 'id')} that {table.name!r} does not have: {listed(extra)}."
            self.problems.append(Finding("stop", where, found, "Take the labels of these rows and no others.", n))
        known = np.zeros(len(places), dtype=bool)
        known[at[at != UNKNOWN]] = True
        if not known.all():
            n, first = int((~known).sum()), [places.words[int(row)].as_py() for row in np.flatnonzero(~known)[:1_000]]
            found = f"lacks {count_of(n, 'id')} of {table.name!r}: {listed(first)}."
            self.problems.append(Finding("stop", where, found, "Every row needs its label.", n))
        self._give_up()
        order = np.empty(len(places), dtype=np.int64)
        order[at] = np.arange(len(at))
        return labels.take(order), digest_of(data)

    def _values(self, labels: Cells, baseline: Cells) -> tuple[tuple[str, ...], NDArray[Any], NDArray[Any]]:
        """Return the classes, labels and baseline; where the loss compares numbers, there are no classes."""
        terms = self.terms
        where, where_baseline = f"column {terms.label!r}", f"column {terms.baseline!r}"
        self._no_empty(labels, where, "Every row needs its label.")
        self._no_empty(baseline, where_baseline, "The model that is to be improved has to answer for every row.")
        if terms.loss != "error":
            found = []
            for cells, place in ((labels, where), (baseline, where_baseline)):
                numbers, odd = _read_numbers(cells)
                self._no_odd(odd, place, cells)
                found.append(numbers)
            return (), found[0], found[1]
        classes = _name_classes(labels)
        if len(classes) > _MOST_CLASSES:
            cure = f'Name the column of the classes, or write loss = "squared" in {FILE_NAME} for numbers.'
            raise stop(where, f"has {len(classes):,} different words.", cure)
        values, odd = _read_classes(baseline, classes)
        if odd:
            n = int(((values < 0) & (baseline.codes >= 0)).sum())
            said = f"says {listed(odd)} in {count_of(n, 'row')}, which the label {terms.label!r} never does."
            cure = f"Use the words of the label: {', '.join(map(repr, classes[:20]))}."
            if (values >= 0).any():  # a class that is rare may be predicted and never be true
                self.findings.append(Finding("warn", where_baseline, said, cure, n))
                new = {plain_word(word).casefold(): plain_word(word) for word in odd}
                classes = tuple(sorted([*classes, *new.values()]))
            else:
                self.problems.append(Finding("stop", where_baseline, said, cure, n))
        return classes, _read_classes(labels, classes)[0], _read_classes(baseline, classes)[0]

    def _no_empty(self, cells: Cells, where: str, cure: str) -> None:
        empty = int((cells.codes < 0).sum())
        if empty:
            self.problems.append(Finding("stop", where, f"is empty in {count_of(empty, 'row')}.", cure, empty))

    def _no_odd(self, odd: list[str], where: str, cells: Cells) -> None:
        if odd:
            n = count_cells_of(cells, odd)
            found = f"holds {listed(odd)}, in {count_of(n, 'row')}, which is no number from 0 to 1."
            cure = "Bring the values into [0, 1]: take off the least possible value and divide by the range."
            self.problems.append(Finding("stop", where, found, cure, n))

    def _clusters(self, table: Table) -> NDArray[np.int64] | None:
        if self.terms.cluster is None:
            return None
        cells = cells_of(table, self.terms.cluster)
        self._no_empty(cells, f"column {self.terms.cluster!r}", "Every row needs its cluster.")
        return cells.codes.astype(np.int64)

    def _split(self, table: Table, places: Ids, clusters: NDArray[np.int64] | None) -> NDArray[np.int8]:
        terms = self.terms
        if isinstance(terms.split, Shares):
            if terms.cluster is None:
                return split_by_hash(places.words.to_pylist(), terms.split)
            cells = cells_of(table, terms.cluster)
            return np.append(split_by_hash(cells.words, terms.split), np.int8(EXPLORE))[cells.codes]
        cells, where = cells_of(table, terms.split), f"column {terms.split!r}"
        self._no_empty(cells, where, f"Each row belongs to one of: {', '.join(SPLITS)}.")
        code_of = {word: code for code, word in enumerate(SPLITS)}
        codes = np.array([code_of.get(word.casefold(), -1) for word in cells.words] + [-1], dtype=np.int8)
        odd = [word for word in cells.present if word.casefold() not in code_of]
        if odd:
            n = int(((codes[cells.codes] < 0) & (cells.codes >= 0)).sum())
            found = f"says {listed(odd)} in {count_of(n, 'row')}."
            cure = f"Write one of: {', '.join(SPLITS)}."
            self.problems.append(Finding("stop", where, found, cure, n))
        split = codes[cells.codes]
        if clusters is not None and not odd:
            seen = np.unique(np.stack([clusters, split.astype(np.int64)]), axis=1)[0]
            torn = len(seen) - len(np.unique(seen))
            if torn:
                found = f"has {count_of(torn, 'cluster')} in more than one split."
                cure = f"Let each {terms.cluster!r} lie in one split: what is learned of it must not help in another."
                self.findings.append(Finding("warn", where, found, cure))
        return split

    def _features(self, table: Table) -> list[str]:
        terms = self.terms
        if terms.features is not None:
            return list(terms.features)
        hidden = {
            terms.id,
            terms.label,
            terms.baseline,
            terms.cluster,
            terms.split if isinstance(terms.split, str) else "",
        }
        return [name for name in table.data.column_names if name not in hidden]

    def _meanings(self, table: Table, features: Sequence[str]) -> dict[str, str] | None:
        """Return what the dictionary says: of each feature, in a CSV (feature, meaning) or TOML (feature = meaning)."""
        if self.terms.dictionary is None:
            return None
        path = self._path(self.terms.dictionary)
        said = _read_dictionary(path)
        strange = [name for name in said if name not in table.data.column_names]
        if strange:
            found = f"speaks of {listed(strange)}, which {table.name!r} does not have."
            cure = nearest(strange[0], features) or "Call the features as the rows do."
            self.findings.append(Finding("warn", f"dictionary {path.name!r}", found, cure))
        return {name: said[name] for name in features if name in said}

    def _digest(self, rows: str, labels: str) -> str:
        """Return a digest of everything that decisions hang on but the submissions."""
        terms = replace(self.terms, name="", dictionary=None)  # what may be mended in the middle of a bounty
        return digest_of("\n".join([write_terms(terms), rows, labels]).encode())

    def _give_up(self) -> None:
        if self.problems:
            raise ResultsError(self.problems)


_MOST_CLASSES = 1_000


def _name_classes(cells: Cells) -> tuple[str, ...]:
    """Return the classes of a label, sorted: words that differ in case only are one, as written most."""
    rows: dict[str, dict[str, int]] = {}
    for word, count in zip(cells.words, cells.counts.tolist(), strict=True):
        if word and count:
            plain = plain_word(word)
            spellings = rows.setdefault(plain.casefold(), {})
            spellings[plain] = spellings.get(plain, 0) + count
    return tuple(sorted(min(found, key=lambda plain: (-found[plain], plain)) for found in rows.values()))


def _read_classes(cells: Cells, classes: tuple[str, ...]) -> tuple[NDArray[np.int16], list[str]]:
    """Return the class of each cell (-1 where empty or none), and the words that are none."""
    place = {name.casefold(): code for code, name in enumerate(classes)}
    codes = np.array([place.get(plain_word(word).casefold(), -1) for word in cells.words] + [-1], dtype=np.int16)
    odd = [w for w, code, n in zip(cells.words, codes, cells.counts, strict=False) if code < 0 and n]
    return codes[cells.codes], odd


def _read_numbers(cells: Cells) -> tuple[NDArray[np.float64], list[str]]:
    """Return the number of each cell (NaN where empty or beyond [0, 1]), and the words that are none in [0, 1]."""
    values, odd = np.array(cells.numbers), np.array(cells.odd)
    with np.errstate(invalid="ignore"):
        odd |= (values < 0) | (values > 1)
    values[odd] = np.nan
    words = list(dict.fromkeys(cells.words[code] for code in cells.codes[odd]))
    return values, words


def _read_dictionary(path: Path) -> dict[str, str]:
    where = f"dictionary {path.name!r}"
    if path.suffix.lower() == ".toml":
        cure = 'Write a line a feature: age = "in years".'
        try:
            text = path.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise stop(where, f"cannot be read ({error}).", cure) from error
        tree = read_toml(text, where, cure)
        odd = [key for key, value in tree.items() if not isinstance(value, str)]
        if odd:
            raise stop(where, f"has no text for {listed(odd)}.", cure)
        return tree
    table = read_table(path, wanted=["feature", "meaning"])
    feature, meaning = (cells_of(table, find_column(table, column)) for column in ("feature", "meaning"))
    problems = check_ids(feature, f"column 'feature' of {path.name!r}")
    if problems:
        raise ResultsError(problems)
    texts = [meaning.words[code] if code >= 0 else "" for code in meaning.codes]
    return {feature.words[code]: text for code, text in zip(feature.codes, texts, strict=True)}
