"""A column as words and as numbers, each worked out when first asked for."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from metrics.levels import Codes, as_number, count_words, number_text
from metrics.reading.table import Table, is_text, numbers, texts
from metrics.text.scripts import choose_unit

_DIGIT = re.compile("[0-9]")
_FEW = 100
_CLOSE = 10_000
_LARGE = 2**62
_SAMPLE_BLOCKS = 3
_SAMPLE_ROWS = 10_000
_KEPT_ROWS = 1_000_000


@dataclass(frozen=True, eq=False)
class Cells:
    """The cells of one column; words in `missing` count as empty. Outer spaces are no part of them if `trim`."""

    name: str
    data: pa.ChunkedArray
    decimal: str = "."
    missing: frozenset[str] = frozenset()
    trim: bool = True

    def __len__(self) -> int:
        return len(self.data)

    @cached_property
    def _encoded(self) -> tuple[list[str], Codes]:
        if self._span is not None and not self.missing:
            return self._count_off(*self._span)
        encoded = texts(self.data, trim=self.trim)
        words, indices = encoded.dictionary.to_pylist(), encoded.indices.cast(pa.int32())
        codes: Codes = (indices.fill_null(-1) if indices.null_count else indices).to_numpy(zero_copy_only=False)
        # A word may stand for nothing: null in the dictionary, or one of those that mean missing.
        empty = np.array([not word or word.strip() in self.missing for word in words], dtype=bool)
        if empty.any():
            codes = np.where(np.append(empty, True)[codes], np.int32(-1), codes)
        return [word or "" for word in words], codes

    @cached_property
    def _span(self) -> tuple[int, int] | None:
        """The least and the largest of whole numbers that lie close together, else None."""
        if not pa.types.is_integer(self.data.type) or self.data.null_count == len(self.data):
            return None
        ends = pc.min_max(self.data).as_py()
        low, high = ends["min"], ends["max"]
        return (low, high) if high - low < _CLOSE and -_LARGE < low <= high < _LARGE else None

    def _count_off(self, low: int, high: int) -> tuple[list[str], Codes]:
        """Number whole numbers by their distance from the least, without looking each of them up."""
        filled = self.data.fill_null(low) if self.data.null_count else self.data
        codes = np.empty(len(filled), dtype=np.int32)
        # In 64 bits: between -100 and 100 lie more numbers than eight bits hold.
        np.subtract(filled.to_numpy(), low, out=codes, dtype=np.int64, casting="unsafe")
        if self.data.null_count:
            codes[self.data.is_null().to_numpy()] = -1
        return [str(number) for number in range(low, high + 1)], codes

    @property
    def words(self) -> list[str]:
        """The distinct words, in no order; some may occur in no row."""
        return self._encoded[0]

    @property
    def codes(self) -> Codes:
        """For each row the number of its word, -1 where the cell is empty."""
        return self._encoded[1]

    @cached_property
    def forms(self) -> list[str]:
        """The words as levels show them: those of a column of numbers in one form, such as 1234.5."""
        if not self.is_text or not self.is_number or self.is_percent:
            return self.words
        values = self.word_numbers[0]
        return [word if np.isnan(x) else number_text(x) for word, x in zip(self.words, values, strict=True)]

    @cached_property
    def counts(self) -> NDArray[np.int64]:
        """How many rows have each word."""
        return count_words(self.codes, len(self.words))

    @cached_property
    def present(self) -> list[str]:
        """The words that occur."""
        return [word for word, count in zip(self.words, self.counts, strict=True) if count]

    @cached_property
    def word_numbers(self) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """The words as numbers (NaN where they are none), and which of those that occur are none."""
        words = [word.removesuffix("%") for word in self.words] if self.is_percent else self.words
        values, odd = numbers(pa.chunked_array([pa.array(words, pa.string())]), self.decimal)
        return values, odd & (self.counts > 0)

    @cached_property
    def is_percent(self) -> bool:
        """Whether the cells are written with a per cent sign, as "85 %"."""
        return self.is_text and bool(self.present) and all(word.endswith("%") for word in self.present)

    @cached_property
    def _numbers(self) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        if not self.is_text:
            return numbers(self.data, self.decimal)
        values, odd = self.word_numbers
        return np.append(values, np.nan)[self.codes], np.append(odd, False)[self.codes]

    @property
    def numbers(self) -> NDArray[np.float64]:
        """The cells as numbers, NaN where empty or no number."""
        return self._numbers[0]

    @property
    def odd(self) -> NDArray[np.bool_]:
        """Which cells hold something that is no number."""
        return self._numbers[1]

    @property
    def n_odd(self) -> int:
        """How many cells hold something that is no number."""
        if self.is_text:
            return int(self.counts[self.word_numbers[1]].sum())
        return 0 if self.is_number else int(self.odd.sum())

    @cached_property
    def is_text(self) -> bool:
        """Whether the file holds the column as text."""
        kind = self.data.type
        return is_text(kind.value_type if pa.types.is_dictionary(kind) else kind)

    @cached_property
    def is_date(self) -> bool:
        return bool(pa.types.is_temporal(self.data.type))

    @cached_property
    def is_number(self) -> bool:
        """Whether every cell that is not empty is a number; digits with leading zeros are text."""
        kind = self.data.type
        if pa.types.is_boolean(kind) or self.is_date:
            return False
        if not self.is_text:
            return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))
        if not self.present or not _DIGIT.search(self.present[0]):
            return False
        return not self.word_numbers[1].any() and not any(map(_is_zero_led, self.present))

    @cached_property
    def n_distinct(self) -> int:
        """How many different values occur."""
        if self.is_text or self._span is not None:
            return len(self.present)
        return int(pc.count_distinct(self.data, mode="only_valid").as_py())

    @cached_property
    def holds_sentences(self) -> bool:
        """Whether the cells are texts, many of them of several words or of a script without spaces between words."""
        if not self.is_text or self.is_number or not self.present:
            return False
        words = self.sample().present[:_FEW]
        n_long = sum(" " in word.strip() for word in words)
        return 3 * n_long >= len(words) or choose_unit(words).unit == "characters"

    def words_of_few(self) -> list[str]:
        """The forms of the words that occur, none where they are many."""
        if self.n_distinct > _FEW:
            return []
        return [word for word, count in zip(self.forms, self.counts, strict=True) if count]

    @cached_property
    def n_filled(self) -> int:
        return int((self.codes >= 0).sum()) if self.is_text else len(self.data) - self.data.null_count

    def take(self, rows: NDArray[np.int64] | None) -> Cells:
        """Return the cells of these rows only; None is all of them."""
        return self if rows is None else replace(self, data=self.data.take(pa.array(rows)))

    def head(self, n: int) -> Cells:
        """Return the first cells only."""
        return replace(self, data=_short(self.data.slice(0, n).chunks, self.data.type))

    def sample(self) -> Cells:
        """Return some of the cells: the first, the middle and the last ten thousand of a long column."""
        n = len(self.data)
        if n <= _SAMPLE_BLOCKS * _SAMPLE_ROWS:
            return self
        starts = (0, (n - _SAMPLE_ROWS) // 2, n - _SAMPLE_ROWS)
        chunks = [c for start in starts for c in self.data.slice(start, _SAMPLE_ROWS).chunks]
        return replace(self, data=_short(chunks, self.data.type))


def cells_of(table: Table, column: str) -> Cells:
    """Return one column of a table; that of a table that is not long is kept with what was worked out of it."""
    if column in table.kept:
        kept: Cells = table.kept[column]
        return kept
    options, data = table.options, table.data.column(column)
    data = data.cast(pa.string()) if pa.types.is_null(data.type) else data
    cells = Cells(column, data, options.decimal or ".", frozenset(word.strip() for word in options.missing))
    if len(data) <= _KEPT_ROWS:
        table.kept[column] = cells
    return cells


def _short(chunks: list[pa.Array], kind: pa.DataType) -> pa.ChunkedArray:
    """Join a few cells, without the dictionary of the many."""
    if pa.types.is_dictionary(kind):
        return pa.chunked_array([chunk.dictionary_decode() for chunk in chunks], kind.value_type)
    return pa.chunked_array(chunks, kind)


def _is_zero_led(word: str) -> bool:
    digits = word.lstrip("+-")
    return len(digits) > 1 and digits[0] == "0" and digits[1].isdigit() and as_number(word) is None
