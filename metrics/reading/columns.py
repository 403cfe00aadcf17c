"""The columns of a table read as what they are for: levels of attributes, classes, scores, weights."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from metrics.errors import Finding, ResultsError, places_of
from metrics.levels import (
    FEW_NUMBERS,
    QUARTERS,
    Codes,
    Naming,
    as_number,
    count_widths,
    name_cuts,
    name_levels,
    number_text,
    plain_word,
    quantile_edges,
    width_edges,
)
from metrics.predicates import MISSING, parse_predicate
from metrics.progress import SILENT, Progress
from metrics.reading.cells import Cells, cells_of
from metrics.reading.guess import MAX_CLASSES
from metrics.reading.limits import Limits
from metrics.reading.positive import choose_positive
from metrics.reading.scores import settle_scale
from metrics.reading.table import Table
from metrics.reading.transcripts import read_transcripts
from metrics.schema import Attribute, Schema

_MANY_NUMBERS = 100_000

Rows = NDArray[np.int64]
Roles = dict[str, pd.Series]  # role -> column


@dataclass
class Reader:
    """Reads the columns of a table by its complete schema, collecting what there is to say."""

    table: Table
    schema: Schema
    limits: Limits
    metrics: tuple[str, ...]
    findings: list[Finding]
    rows: Rows | None = None  # None: all of them
    read: dict[str, Cells] = field(default_factory=dict)
    progress: Progress = SILENT

    def cells(self, column: str) -> Cells:
        if column not in self.read:
            self.read[column] = cells_of(self.table, column).take(self.rows)
        return self.read[column]

    @property
    def index(self) -> pd.Index[Any]:
        return pd.RangeIndex(self.table.data.num_rows) if self.rows is None else pd.Index(self.rows)

    def series(self, values: Any) -> pd.Series:
        return pd.Series(values, index=self.index, copy=False)

    def say(self, severity: Any, where: str, found: str, cure: str, **more: Any) -> None:
        self.findings.append(Finding(severity, where, found, cure, **more))

    def _say_of_levels(self, naming: Naming, columns: Sequence[Cells]) -> None:
        """Take what was said when the words of these columns, one after the other, were named."""
        places: tuple[int, ...] = ()
        if naming.respelled:
            ends = np.cumsum([len(cells.words) for cells in columns])[:-1]
            parts = np.split(np.array(naming.respelled, dtype=bool), ends)
            found = [np.append(part, False)[cells.codes] for part, cells in zip(parts, columns, strict=True)]
            places = places_of(np.logical_or.reduce(found), self.rows)
        self.findings += [replace(f, places=places) if f.rows else f for f in naming.findings]

    def _evaluate(self, text: str) -> tuple[NDArray[np.bool_], NDArray[np.bool_]] | None:
        return _evaluate(text, self.table, self.findings, keep_spelling=self.schema.file.keep_spelling)

    # -- rows

    def choose_rows(self) -> None:
        """Keep the rows that the schema's filter names."""
        if self.schema.where is None:
            return
        keep = self._evaluate(self.schema.where)
        if keep is None:
            return
        true, _ = keep
        n_kept, n_rows = int(true.sum()), len(true)
        if not n_kept:
            self.say(
                "stop",
                "the filter",
                f"{self.schema.where!r} holds for no row.",
                "Change it with --where.",
                option="--where",
            )
        self.say(
            "note",
            "the filter",
            f"{self.schema.where!r} keeps {n_kept:,} of {n_rows:,} rows.",
            "",
            rows=n_rows - n_kept,
            places=places_of(~true),
        )
        if n_kept < n_rows:
            self.rows = np.flatnonzero(true).astype(np.int64)

    # -- attributes

    def read_attributes(self) -> pd.DataFrame:
        """Return the levels of every attribute, the saved slices after them."""
        found: dict[str, pd.Series] = {}
        declared = []
        for attribute in self.progress.part(0, 0.4).over(self.schema.attributes, "Sorting the rows into groups"):
            levels, attribute = self._read_attribute(attribute)
            declared.append(attribute)
            self.read.pop(attribute.column, None)  # the codes of ten million rows are not kept for nothing
            for axis, level in levels.items():
                found[axis] = self.series(level)
        self.schema = replace(self.schema, attributes=tuple(declared))
        for saved in self.schema.slices:
            if saved.name in found:
                cure = "Give the slice another name."
                self.say("stop", f"the saved slice {saved.name!r}", "has the name of an attribute.", cure)
                continue
            truth = self._evaluate(saved.where)
            if truth is None:
                continue
            true, missing = (a if self.rows is None else a[self.rows] for a in truth)
            codes = np.where(missing, -1, np.where(true, 0, 1)).astype(np.int8)
            found[saved.name] = self.series(pd.Categorical.from_codes(codes, pd.Index(["yes", "no"], dtype="str")))
        return pd.DataFrame(found, index=self.index, copy=False)

    def _read_attribute(self, attribute: Attribute) -> tuple[dict[str, pd.Categorical], Attribute]:
        column, cells = attribute.column, self.cells(attribute.column)
        cells = replace(cells, trim=False) if self.schema.file.keep_spelling else cells
        where = f"column {column!r}"
        if attribute.edges or attribute.quantiles or attribute.width or self._is_wide(attribute, cells):
            return self._read_bins(attribute, cells)
        if attribute.separator:
            return self._read_several(attribute, cells), attribute
        if cells.n_distinct > self.limits.levels:
            self.say(
                "stop",
                where,
                f"has {cells.n_distinct:,} different values; an attribute may have {self.limits.levels:,}.",
                f"Group them with --recode or --bins, or raise the limit with --limit levels={cells.n_distinct}.",
            )
            return {}, attribute
        words = cells.forms
        if MISSING in cells.present:
            # What is missing goes by this name, here as in every output.
            words = ["" if word == MISSING else word for word in words]
            self.say("note", where, f"has cells {MISSING!r}, which were read as missing.", "")
        naming = name_levels(
            words,
            cells.counts,
            where=where,
            recode={**self.schema.recode.get(column, {}), **attribute.recode},
            order=attribute.order,
            keep_spelling=self.schema.file.keep_spelling,
        )
        self._say_of_levels(naming, [cells])
        return {column: naming.categorical(cells.codes)}, attribute

    def _is_wide(self, attribute: Attribute, cells: Cells) -> bool:
        """Whether an attribute holds so many numbers that bins serve better; recoding numbers leaves them numbers."""
        recode = {**self.schema.recode.get(attribute.column, {}), **attribute.recode}
        numeric = cells.is_number and all(new == "" or as_number(new) is not None for new in recode)
        return numeric and not attribute.separator and cells.n_distinct > FEW_NUMBERS

    def _read_bins(self, attribute: Attribute, cells: Cells) -> tuple[dict[str, pd.Categorical], Attribute]:
        """Cut numbers into bins; the edges found are kept in the schema, so that other data are cut alike."""
        column, where = attribute.column, f"column {attribute.column!r}"
        # Distinct numbers are cut, not rows, unless nearly every row has a number of its own.
        by_word = cells.is_text or cells.n_distinct <= _MANY_NUMBERS
        values = cells.word_numbers[0] if by_word else cells.numbers
        values = _recode_numbers(values, {**self.schema.recode.get(column, {}), **attribute.recode})
        self._report_odd(cells, where, "has no bin and counts as missing")
        counts = cells.counts if by_word else np.ones(len(values), dtype=np.int64)
        values = np.where(counts > 0, values, np.nan)  # words that a filter left out
        if not np.isfinite(values).any():
            found = "holds no numbers that could be cut into bins."
            self.say("stop", where, found, "Take its bins away.", option="--bins")
            return {}, attribute
        edges = self._choose_edges(attribute, values, counts)
        if edges is None:
            return {}, attribute
        levels = name_cuts(values, edges).categorical(
            cells.codes if by_word else np.arange(len(values), dtype=np.int32)
        )
        if edges:
            attribute = replace(attribute, edges=edges, quantiles=None, width=None)
        return {column: levels}, attribute

    def _choose_edges(
        self, attribute: Attribute, values: NDArray[np.float64], counts: NDArray[np.int64]
    ) -> tuple[float, ...] | None:
        where = f"column {attribute.column!r}"
        if attribute.edges:
            return attribute.edges
        if attribute.width:
            if count_widths(values, attribute.width) > self.limits.levels:
                found = f"would be cut into more than {self.limits.levels:,} bins."
                self.say("stop", where, found, "Give a larger width with --bins.", option="--bins")
                return None
            return width_edges(values, attribute.width)
        edges = quantile_edges(values, attribute.quantiles or QUARTERS, counts)
        if attribute.quantiles is None:
            n, text = int(np.isfinite(values).sum()), ", ".join(map(number_text, edges))
            found = f"holds {n:,} different numbers, which were cut into quarters (at {text})."
            self.say("note", where, found, f"Choose the edges with --bins '{attribute.column}=...'.", option="--bins")
        return edges

    def _read_several(self, attribute: Attribute, cells: Cells) -> dict[str, pd.Categorical]:
        """Return a yes/no axis for each of the labels that cells hold several of."""
        separator = attribute.separator or ";"
        parts = [[p.strip() for p in word.split(separator) if p.strip()] for word in cells.words]
        labels = [p for some in parts for p in some]
        counts = np.array([n for some, n in zip(parts, cells.counts, strict=True) for _ in some], dtype=np.int64)
        naming = name_levels(
            labels,
            counts,
            where=f"column {attribute.column!r}",
            recode={**self.schema.recode.get(attribute.column, {}), **attribute.recode},
            order=attribute.order,
            keep_spelling=self.schema.file.keep_spelling,
        )
        self.findings += naming.findings
        level_of = dict(zip(labels, naming.codes, strict=True))
        axes = {}
        for level, title in enumerate(naming.names):
            has = np.array(
                [*(0 if any(level_of[p] == level for p in some) else 1 for some in parts), -1], dtype=np.int8
            )
            axes[f"{attribute.column}: {title}"] = pd.Categorical.from_codes(
                has[cells.codes], pd.Index(["yes", "no"], dtype="str")
            )
        return axes

    def _report_odd(self, cells: Cells, where: str, so: str) -> None:
        if n_odd := cells.n_odd:
            word = cells.words[cells.codes[int(np.flatnonzero(cells.odd)[0])]]
            found = f"holds {n_odd:,} cells that are no numbers, such as {word!r}; each {so}."
            cure, places = "Correct them, or name them with --missing.", places_of(cells.odd, self.rows)
            self.say("warn", where, found, cure, rows=n_odd, places=places)

    # -- roles

    def read_roles(self) -> tuple[Roles, tuple[Roles, ...]]:
        """Return the columns of the whole file, and those of each system."""
        columns: Roles = {}
        answers: tuple[Roles, ...] = tuple({} for _ in self.schema.systems)
        reading, others = self.progress.part(0.4, 0.7), self.progress.part(0.7, 1)
        reading("Reading the answers")
        if self.schema.task == "regression":
            self._read_regression(columns, answers)
        elif self.schema.task == "transcription":
            read_transcripts(self, columns, answers)
        else:
            self._read_classes(columns, answers)
            reading("Reading the scores", 0.6)
            self._read_scores(answers)
        named = self.schema.columns
        others("Reading ids, clusters and weights")
        for role in ("cluster", "system"):
            if role in named:
                columns[role] = self.series(self._levels(named[role], merge=role == "system"))
        others("Reading ids, clusters and weights", 0.3)
        if "id" in named:
            columns["id"] = self.series(_ids(self.cells(named["id"])))
        others("Reading ids, clusters and weights", 0.9)
        if "weight" in named:
            columns["weight"] = self.series(self._read_weight(named["weight"]))
        if "count" in named:
            columns["count"] = self.series(self._read_count(named["count"]))
        return columns, answers

    def _levels(self, column: str, *, merge: bool) -> pd.Categorical:
        cells = self.cells(column)
        naming = name_levels(
            cells.forms,
            cells.counts,
            where=f"column {column!r}",
            recode=self.schema.recode.get(column),
            keep_spelling=self.schema.file.keep_spelling or not merge,
            report=merge,
        )
        self._say_of_levels(naming, [cells])
        return naming.categorical(cells.codes)

    def _label_and_predictions(self, columns: Roles, answers: Sequence[Roles]) -> Iterator[tuple[Roles, str, str]]:
        """Go through the label and every system's prediction: where it goes, its role, its column."""
        if "label" in self.schema.columns:
            yield columns, "label", self.schema.columns["label"]
        for answer, system in zip(answers, self.schema.systems, strict=True):
            if "prediction" in system.columns:
                yield answer, "prediction", system.columns["prediction"]

    def _read_regression(self, columns: Roles, answers: Sequence[Roles]) -> None:
        for into, role, column in self._label_and_predictions(columns, answers):
            if self._has_numbers(column, role, "Name another column, or say --task classification.", "--task"):
                into[role] = self.series(self.cells(column).numbers)

    def _has_numbers(self, column: str, role: str, cure: str, option: str) -> bool:
        """Whether a column holds numbers at all; those cells that are none are reported."""
        cells = self.cells(column)
        if cells.n_filled and cells.n_odd == cells.n_filled:
            found = f"is the {role}, but holds no numbers (such as {cells.present[0]!r})."
            self.say("stop", f"column {column!r}", found, cure, option=option)
            return False
        self._report_odd(cells, f"column {column!r}", "counts as missing")
        return True

    def _read_classes(self, columns: Roles, answers: Sequence[Roles]) -> None:
        """Read label and predictions as classes of one vocabulary, and settle which are positive."""
        wanted = list(self._label_and_predictions(columns, answers))
        if [column for _, role, column in wanted if not self._is_classes(column, role)]:
            return
        names = list(dict.fromkeys(column for _, _, column in wanted))
        words = {column: self._class_words(self.cells(column)) for column in names}
        naming = name_levels(
            [word for column in names for word in words[column]],
            np.concatenate([np.array([], dtype=np.int64), *(self.cells(column).counts for column in names)]),
            where=f"column {names[0]!r}" if len(names) == 1 else "the vocabulary of label and predictions",
            keep_spelling=self.schema.file.keep_spelling,
        )
        self._say_of_levels(naming, [self.cells(column) for column in names])
        ends = np.cumsum([len(words[column]) for column in names])[:-1]
        codes = dict(zip(names, np.split(naming.codes, ends), strict=True)) if names else {}
        said = {column: _said(codes[column], self.cells(column).counts, naming.names) for column in names}
        label = self.schema.columns.get("label")
        predicted = [said[column] for _, role, column in wanted if role == "prediction"]
        labels = None if label is None else said[label]
        self.schema, asked = choose_positive(self.schema, labels, predicted, metrics=self.metrics)
        self.findings += asked
        for into, role, column in wanted:
            into[role] = self.series(Naming(codes[column], naming.names).categorical(self.cells(column).codes))

    def _class_words(self, cells: Cells) -> list[str]:
        """Return the words of one column as classes: recoded, "" for missing, numbers in one form ("1.0" is "1")."""
        naming = name_levels(
            cells.forms,
            cells.counts,
            where=f"column {cells.name!r}",
            recode=self.schema.recode.get(cells.name),
            keep_spelling=True,
            report=False,
        )
        self.findings += naming.findings
        plain = [plain_word(name) for name in naming.names]
        return [plain[code] if code >= 0 else "" for code in naming.codes]

    def _is_classes(self, column: str, role: str) -> bool:
        cells = self.cells(column)
        if cells.n_distinct <= MAX_CLASSES:
            return True
        cure = "For numbers say --task regression."
        if role == "prediction":
            cure = "If it is a score, name it with --score; for numbers say --task regression."
        found = f"is the {role} of a classification, but has {cells.n_distinct:,} different values"
        self.say("stop", f"column {column!r}", f"{found} (at most {MAX_CLASSES}).", cure, option=f"--{role}")
        return False

    def _read_scores(self, answers: Sequence[Roles]) -> None:
        scores: list[tuple[Roles, str, NDArray[np.float64]]] = []
        for answer, system in zip(answers, self.schema.systems, strict=True):
            column = system.columns.get("score")
            if column is not None and self._has_numbers(column, "score", "Name another with --score.", "--score"):
                values = self.cells(column).numbers
                scores.append((answer, column, _without_infinity(values)))
        self._explain_threshold(bool(scores))
        if not scores:
            return
        alone = not any("prediction" in system.columns for system in self.schema.systems)
        named = [(column, values) for _, column, values in scores]
        self.schema, asked = settle_scale(self.schema, named, alone=alone, metrics=self.metrics)
        self.findings += asked
        for answer, _, values in scores:
            answer["score"] = self.series(values / 100 if self.schema.score_scale == "percent" else values)

    def _explain_threshold(self, has_scores: bool) -> None:
        """Say what a given threshold does where that may surprise."""
        cut = self.schema.threshold
        if cut is None:
            return
        if not has_scores:
            self.say(
                "warn",
                "the threshold",
                f"{number_text(cut)} has no effect: there are no scores.",
                "Name them with --score.",
            )
        for system in self.schema.systems:
            if "score" in system.columns and "prediction" in system.columns:
                found = f"are replaced by score >= {number_text(cut)}, because a threshold was given."
                self.say(
                    "note",
                    f"predictions in column {system.columns['prediction']!r}",
                    found,
                    "Leave --threshold out to use them.",
                )

    def _read_weight(self, column: str) -> NDArray[np.float64]:
        cells = self.cells(column)
        values, where = cells.numbers, f"column {column!r}"
        bad = ~np.isfinite(values) | (values < 0)
        if bad.any():
            row = int(np.flatnonzero(bad)[0])
            self.say(
                "stop",
                where,
                f"is the weight, but {int(bad.sum()):,} rows have none or a negative one (first in row "
                f"{self._row(row)}).",
                "Correct them, or leave the weight out with --weight none.",
                rows=int(bad.sum()),
                places=places_of(bad, self.rows),
                option="--weight",
            )
        elif not values.any():
            self.say(
                "stop",
                where,
                "is the weight, but all weights are 0.",
                "Leave the weight out with --weight none.",
                option="--weight",
            )
        return values

    def _read_count(self, column: str) -> NDArray[np.int64]:
        cells = self.cells(column)
        values = cells.numbers
        bad = ~np.isfinite(values) | (values < 0) | (np.nan_to_num(values) % 1 != 0) | (np.nan_to_num(values) > 2**53)
        if bad.any():
            row = int(np.flatnonzero(bad)[0])
            self.say(
                "stop",
                f"column {column!r}",
                f"says how many units a row stands for, but {int(bad.sum()):,} rows hold no whole number from 0 up "
                f"(first in row {self._row(row)}).",
                "Correct them, or say --count none if it is something else.",
                rows=int(bad.sum()),
                places=places_of(bad, self.rows),
                option="--count",
            )
        return np.where(bad, 0, values).astype(np.int64)

    def _row(self, position: int) -> str:
        """Name a row as people find it: by its line in the file where that is known."""
        at = position if self.rows is None else int(self.rows[position])
        return f"{at + 1:,}"


def merge_columns(table: Table, named: Collection[str] = ()) -> tuple[Table, list[Finding]]:
    """Read columns whose names differ only in case or outer spaces as one, where never both have a value.

    Columns that are `named` apart stay apart.
    """
    groups: dict[str, list[str]] = {}
    for name in table.data.column_names:
        groups.setdefault(re.sub(r" \(\d+\)$", "", name).strip().casefold(), []).append(name)
    findings = []
    for first, *others in groups.values():
        for other in others:
            one, two = cells_of(table, first), cells_of(table, other)
            has_one, has_two = one.codes >= 0, two.codes >= 0
            apart = other in named or one.data.type != two.data.type or (has_one & has_two).any()
            if apart or not has_one.any() or not has_two.any():
                continue
            filled = pc.if_else(pa.array(has_one), _plain_type(one.data), _plain_type(two.data))
            data = table.data.set_column(table.data.column_names.index(first), first, filled).drop_columns([other])
            table = replace(table, data=data)
            found = f"and column {other!r} were read as one: no row has a value in both."
            findings.append(Finding("note", f"column {first!r}", found, "If they differ, give them different names."))
    return table, findings


def _plain_type(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column


# -- helpers -------------------------------------------------------------------------------------


def _evaluate(
    text: str, table: Table, findings: list[Finding], *, keep_spelling: bool
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]] | None:
    """Return where a condition on the columns as read holds, and where it cannot be told for a missing value."""
    try:
        predicate = parse_predicate(text)
        predicate.check_columns(table.data.column_names)
        columns = {column: cells_of(table, column) for column in predicate.columns}
        return predicate.evaluate(columns, table.data.num_rows, keep_spelling=keep_spelling)
    except ResultsError as error:
        findings += error.findings
        return None


def _ids(cells: Cells) -> Any:
    """Return ids as text; a Categorical, so that ten million of them stay codes."""
    return pd.Categorical.from_codes(*_without_unused(cells.codes, cells.words))


def _without_unused(codes: Codes, words: Sequence[str]) -> tuple[Codes, pd.Index[Any]]:
    return codes, pd.Index(pd.array(pa.array(words, pa.large_string()), dtype="str"))


def _without_infinity(values: NDArray[np.float64]) -> NDArray[np.float64]:
    infinite = np.isinf(values)
    return np.where(infinite, np.nan, values) if infinite.any() else values


def _said(codes: Codes, counts: NDArray[np.int64], names: Sequence[str]) -> list[str]:
    """Return the levels that occur in one column."""
    return [names[c] for c in dict.fromkeys(int(c) for c, n in zip(codes, counts, strict=True) if n and c >= 0)]


def _recode_numbers(values: NDArray[np.float64], recode: Mapping[str, tuple[str, ...]]) -> NDArray[np.float64]:
    """Replace numbers that stand for another one, or, with an empty new one, for a missing value."""
    for new, olds in recode.items():
        for old in olds:
            values = np.where(values == (_number_or_nan(old)), _number_or_nan(new), values)
    return values.astype(np.float64)


def _number_or_nan(word: str) -> float:
    number = as_number(word.strip())
    return np.nan if number is None else number
