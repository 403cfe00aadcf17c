"""What is odd about results: found on load, said at once, nothing changed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from metrics.errors import MOST_PLACES, Finding, places_of
from metrics.levels import MANY_LEVELS, count_words, number_text, sort_levels
from metrics.progress import SILENT, Progress
from metrics.reading.cells import cells_of
from metrics.reading.names import names_person
from metrics.reading.positive import is_known_pair
from metrics.reading.table import Table
from metrics.results import Results
from metrics.transcript_findings import check_transcripts

_ENOUGH = 30  # fewer rows say nothing about chance
_FAR = 4.0  # standard errors below chance: 3 in 100,000 for a useless model, none for a fair one
_RANKED_ROWS = 100_000
_BLOCK = 131_072
_COMPARED_ROWS = 2_000_000
_DOING = "Looking for what is odd"
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")

Bools = NDArray[np.bool_]


def check_results(results: Results, table: Table, progress: Progress = SILENT) -> list[Finding]:
    """Return what somebody should know before believing numbers from these results.

    `table` is the file (with joined columns) that they were read from.
    """
    found: list[Finding] = []
    checks = (_check_empty, _check_words, _check_constant, _check_chance, _check_identical, _check_attributes)
    for check in progress.part(0, 0.4).over(checks, _DOING):
        found += check(results)
    found += _check_repeats(results, table, progress.part(0.4, 1))
    found += _check_personal(results, table)
    found += check_transcripts(results)
    return found


# -- labels and predictions ----------------------------------------------------------------------


def _check_empty(results: Results) -> Iterator[Finding]:
    """Cells that are missing where a number or a class is needed."""
    n = len(results)
    label = results.columns.get("label")
    if label is not None and (missing := int(label.isna().sum())):
        column = results.schema.columns["label"]
        if missing == n:
            yield Finding(
                "warn", f"column {column!r}", "is the label, but holds nothing.", "Choose another with --label.", rows=n
            )
        else:
            found = f"is the label, and is missing in {_rows(missing, n)}, which metrics that need it leave out."
            yield Finding(
                "warn",
                f"column {column!r}",
                found,
                "Check why they are missing: rows that nobody judged are seldom like the others.",
                rows=missing,
                places=results.places_of(label.isna()),
            )
    for system, answers in zip(results.schema.systems, results.answers, strict=True):
        for role, values in answers.items():
            if missing := int(values.isna().sum()):
                found = f"is the {role}, and is missing in {_rows(missing, n)}."
                yield Finding(
                    "warn",
                    f"column {system.columns[role]!r}",
                    found,
                    "These rows are left out wherever the answer is needed.",
                    rows=missing,
                    places=results.places_of(values.isna()),
                )
    system_column = results.columns.get("system")
    if system_column is not None and (missing := int(system_column.isna().sum())):
        yield Finding(
            "warn",
            f"column {results.schema.columns['system']!r}",
            f"names no system in {_rows(missing, n)}, which are left out.",
            "Fill it in.",
            rows=missing,
            places=results.places_of(system_column.isna()),
        )


def _check_words(results: Results) -> Iterator[Finding]:
    """Vocabularies of label and predictions that do not meet, and classes that the truth never has."""
    label = results.columns.get("label")
    if label is None or results.schema.task != "classification":
        return
    true = _words(label)
    if not true:
        return
    positive = set(results.schema.positive)
    if positive and not positive & set(true) and not is_known_pair({word.casefold() for word in true}):
        yield Finding(
            "warn",
            f"column {results.schema.columns['label']!r}",
            f"never says {_some(results.schema.positive)}: no row is truly positive (it says {_some(true)}).",
            "Check the positive words (--positive) and the filter.",
            option="",
        )
    for system, answers in zip(results.schema.systems, results.answers, strict=True):
        if "prediction" not in answers:
            continue
        said = _words(answers["prediction"])
        column, other = system.columns["prediction"], [w for w in said if w not in true]
        if positive and len({*said, *true}) <= 2:
            continue  # two words between them: a label or a prediction that never changes
        if said and not set(said) & set(true):
            if positive & set(true) and positive & set(said):
                continue  # the positive words say which word means which
            found = f"and the label have no word in common: {_some(said)} against {_some(true)}."
            cure = "Name every positive word with --positive, or translate one of them with --recode."
            yield Finding("warn", f"column {column!r}", found, cure)
        elif other and not positive:
            strange = answers["prediction"].isin(other)
            yield Finding(
                "warn",
                f"column {column!r}",
                f"predicts {_some(other)}, which the label never says.",
                "Check the spelling, or translate it with --recode.",
                rows=int(strange.sum()),
                places=results.places_of(strange),
            )
        elif other:
            strange = answers["prediction"].isin(other)
            counted = {True: "positive", False: "negative"}
            sides = " and ".join(f"{w!r} counts as {counted[w in positive]}" for w in other[:6])
            yield Finding(
                "note",
                f"column {column!r}",
                f"says words that the label never says: {sides}.",
                "Leave words out with --missing, or translate them with --recode.",
                rows=int(strange.sum()),
                places=results.places_of(strange),
            )


def _check_constant(results: Results) -> Iterator[Finding]:
    """Predictions, scores and labels that never change."""
    for name, answers, rows in _by_system(results):
        for role in ("prediction", "score"):
            only = _only_value(answers[role].iloc[rows]) if role in answers else None
            if only is not None:
                found = f"gives the same {role} ({only}) for every row."
                yield Finding(
                    "warn", name, found, "Is this the model's answer? Such a model looks fair and is useless."
                )
    only = _only_value(results.columns["label"]) if "label" in results.columns else None
    if only is not None:
        found = f"has the same label ({only}) in every row."
        yield Finding(
            "warn", f"column {results.schema.columns['label']!r}", found, "Rates of other classes have no data."
        )


def _only_value(column: pd.Series) -> str | None:
    """Return the one value that all cells of a column have that are not missing, or None."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        codes = np.asarray(column.cat.codes)
        codes = codes[codes >= 0] if (codes < 0).any() else codes
        return str(column.cat.categories[codes[0]]) if len(codes) > 1 and codes.min() == codes.max() else None
    values = column.to_numpy(dtype=np.float64)
    values = values[~np.isnan(values)]
    return number_text(values[0]) if len(values) > 1 and values.min() == values.max() else None


def _check_chance(results: Results) -> Iterator[Finding]:
    """Answers so much worse than guessing that their sides are probably reversed."""
    label = results.columns.get("label")
    if label is None or results.schema.task != "classification":
        return
    positive = results.schema.positive
    for name, answers, rows in _by_system(results):
        if "prediction" in answers and (results.schema.threshold is None or "score" not in answers):
            yield from _compare_with_chance(name, _cross(results, answers["prediction"], rows))
        if "score" in answers and positive:
            true, score = label.iloc[rows], answers["score"].iloc[rows].to_numpy()
            some = slice(None, None, max(1, len(true) // _RANKED_ROWS))
            known = true.iloc[some].notna().to_numpy() & ~np.isnan(score[some])
            area = _area(score[some][known], _is_positive(true.iloc[some], positive)[known])
            if area is not None and area[1] < -_FAR:
                found = f"ranks rows against their label (AUC {area[0]:.2f}, far below the 0.5 of chance)."
                yield Finding("warn", name, found, "Is it the score of the other class? Check --positive.")


def _cross(results: Results, prediction: pd.Series, rows: Any) -> NDArray[np.float64]:
    """Count the rows of each pair of words of label and prediction; with positive words, of both sides."""
    label, positive, count = results.columns["label"], results.schema.positive, results.columns.get("count")
    k = len(label.cat.categories)
    table = np.zeros((k + 1) ** 2)
    true, said = (np.asarray(c.cat.codes)[rows] for c in (label, prediction))
    n_of = None if count is None else count.to_numpy()[rows]
    # In blocks that stay in the processor's cache; the codes are widened there only.
    for start in range(0, len(true), _BLOCK):
        part = slice(start, start + _BLOCK)
        pairs = (true[part].astype(np.int64) + 1) * (k + 1) + said[part] + 1
        table += np.bincount(pairs, None if n_of is None else n_of[part], minlength=len(table))
    pairs_of_words = table.reshape(k + 1, k + 1)[1:, 1:]
    if not positive:
        return pairs_of_words
    side = np.array([[name in positive for name in label.cat.categories]], dtype=bool)
    both = np.vstack([~side, side]).astype(np.float64)
    return np.asarray(both @ pairs_of_words @ both.T)


def _compare_with_chance(name: str, table: NDArray[np.float64]) -> Iterator[Finding]:
    """Say where agreement lies far below chance, or is perfect.

    Cohen 1960: chance agreement is the sum of the products of both sides' shares; its standard
    error under independence as in Fleiss, Cohen & Everitt 1969.
    """
    n = float(table.sum())
    if n < _ENOUGH:
        return
    table = table / n
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    share, chance = float(np.trace(table)), float(rows @ columns)
    variance = (chance + chance**2 - float((rows * columns * (rows + columns)).sum())) / n
    if variance > 1e-15 and (share - chance) / np.sqrt(variance) < -_FAR:
        found = f"agrees with the label in {share:.0%} of the rows, far below the {chance:.0%} of chance."
        yield Finding("warn", name, found, "Is the meaning reversed? Check --positive and the predictions' direction.")
    elif np.trace(table) == table.sum():
        found = "agrees with the label in every row."
        yield Finding("warn", name, found, "Check that the prediction is no copy of the label.")


def _area(score: NDArray[np.float64], positive: Bools) -> tuple[float, float] | None:
    """Return the AUC and its distance from 0.5 in standard errors of no relation (Mann & Whitney 1947)."""
    n_positive, n_negative = int(positive.sum()), int((~positive).sum())
    if min(n_positive, n_negative) < _ENOUGH // 3 or n_positive + n_negative < _ENOUGH:
        return None
    ranks = pd.Series(score).rank().to_numpy()
    area = (ranks[positive].sum() - n_positive * (n_positive + 1) / 2) / (n_positive * n_negative)
    return float(area), float((area - 0.5) / np.sqrt((n_positive + n_negative + 1) / (12 * n_positive * n_negative)))


def _check_identical(results: Results) -> Iterator[Finding]:
    """Two systems that say the same everywhere."""
    for (a, first), (b, second) in combinations(list(zip(results.schema.systems, results.answers, strict=True)), 2):
        shared = [role for role in first if role in second]
        if shared and all(_equal(first[role], second[role]) for role in shared):
            what = " and ".join(f"{role}s" for role in shared)
            yield Finding(
                "warn",
                f"systems {a.title!r} and {b.title!r}",
                f"have the same {what} in every row.",
                "Check that no file or column was given twice.",
            )
    if "system" in results.columns and "id" in results.columns:
        yield from _check_identical_in_rows(results)


def _check_identical_in_rows(results: Results) -> Iterator[Finding]:
    """The same where systems share their columns: rows are paired by id."""
    answers, systems = results.answers[0], results.columns["system"].cat
    ids = results.columns["id"]
    parts: list[tuple[str, pd.DataFrame]] = []
    for code, name in enumerate(systems.categories):
        rows = np.asarray(systems.codes) == code
        order = np.argsort(ids[rows].cat.codes.to_numpy(), kind="stable")
        parts.append((str(name), pd.DataFrame({"id": ids, **answers})[rows].iloc[order].reset_index(drop=True)))
    for (a, first), (b, second) in combinations(parts[:20], 2):
        if len(first) == len(second) and first.equals(second):
            yield Finding(
                "warn",
                f"systems {a!r} and {b!r}",
                "have the same answers for every id.",
                "Check that no system was written twice.",
            )


def _equal(first: pd.Series, second: pd.Series) -> bool:
    if isinstance(first.dtype, pd.CategoricalDtype):
        return np.array_equal(first.cat.codes, second.cat.codes)
    return bool(first.equals(second))


# -- attributes ----------------------------------------------------------------------------------


def _check_attributes(results: Results) -> Iterator[Finding]:
    n = len(results)
    for attribute in results.schema.attributes:
        where = f"column {attribute.column!r}"
        if attribute.obtained == "inferred":
            yield Finding(
                "warn",
                where,
                "was inferred, not asked: its groups are guesses about people, and the gaps between groups shift with "
                "the errors of the guesses.",
                "Say so wherever the numbers are shown.",
            )
        if attribute.column not in results.attributes:
            continue
        levels = results.attributes[attribute.column]
        n_levels = len(levels.cat.categories)
        if n_levels > MANY_LEVELS:
            yield Finding(
                "warn",
                where,
                f"has {n_levels:,} levels, most of them too small to measure.",
                "Group them with --bins or --recode; is it an id?",
            )
        elif n_levels == 1:
            yield Finding(
                "note", where, f"has one level only ({levels.cat.categories[0]!r}): there is nothing to compare.", ""
            )
        missing = int(np.count_nonzero(levels.cat.codes.to_numpy() < 0))
        if missing == n:
            yield Finding("warn", where, "is empty in every row.", "Choose another attribute.", rows=n)
        elif missing:
            yield Finding(
                "note",
                where,
                f"is empty in {_rows(missing, n)}, which are shown as the group '(missing)'.",
                "",
                rows=missing,
                places=results.places_of(levels.isna()),
            )


# -- rows ----------------------------------------------------------------------------------------


def _check_repeats(results: Results, table: Table, progress: Progress) -> Iterator[Finding]:
    """Ids and whole rows that occur twice."""
    compared = 1 < len(results) <= _COMPARED_ROWS
    n_copies, copies = _find_copies(table, results.attributes.index, progress) if compared else (0, ())
    ids = results.columns.get("id")
    if ids is None:
        if n_copies and "count" not in results.columns:
            yield Finding(
                "note",
                "the rows",
                f"hold {n_copies:,} exact copies of earlier rows; without an id nobody can tell whether they are the "
                "same case.",
                "Name the id column with --id if there is one.",
                rows=n_copies,
                places=copies,
            )
        return
    codes = np.asarray(ids.cat.codes, dtype=np.int64)
    unit = codes
    if "system" in results.columns:
        systems = results.columns["system"].cat
        unit = np.where(
            codes < 0, -1, codes * (len(systems.categories) + 1) + np.asarray(systems.codes, dtype=np.int64) + 1
        )
    known = unit >= 0
    distinct, first, counts = np.unique(unit[known], return_index=True, return_counts=True)
    if (counts > 1).any():
        together = np.argsort(unit, kind="stable")  # rows of one id one below the other
        repeated = np.isin(unit[together], distinct[counts > 1])
        again = int((counts - 1).sum())
        example = str(ids[known].iloc[first[counts > 1][0]])
        same = f", {n_copies:,} of them exact copies" if n_copies else ""
        within = " within one system" if "system" in results.columns else ""
        yield Finding(
            "warn",
            f"column {results.schema.columns['id']!r}",
            f"repeats {int((counts > 1).sum()):,} ids{within}, such as {example!r}: {again:,} rows more than ids"
            f"{same}.",
            "Remove repeated rows, or name what they share with --cluster if they are several answers of one case.",
            rows=again,
            places=places_of(repeated, results.attributes.index.to_numpy()[together]),
        )


def _find_copies(table: Table, rows: pd.Index[int], progress: Progress) -> tuple[int, tuple[int, ...]]:
    """Return how many of these rows are equal in every column to an earlier one, and where the first of them are.

    Words are digits of one number a row, exactly, as long as 64 bits hold it; numbers and further words are scattered
    over 64 bits.
    """
    mixed: NDArray[Any] = np.zeros(table.data.num_rows, dtype=np.int32)  # as narrow as its numbers allow
    room = 1.0
    for name in progress.over(table.data.column_names, _DOING):
        column = table.data.column(name)
        kind = column.type
        if pa.types.is_integer(kind) or pa.types.is_floating(kind):
            empty = column.is_null().to_numpy() if column.null_count else None
            values = column.fill_null(0).to_numpy().astype(np.float64).view(np.uint64)
            if empty is not None:
                values = np.where(empty, np.uint64(0xDEAD), values)
        else:
            cells = cells_of(table, name)
            size = len(cells.words) + 1
            if room * size < 2.0**63:
                room *= size
                mixed = mixed.astype(np.int32 if room < 2.0**31 else np.int64, copy=False)
                mixed *= mixed.dtype.type(size)
                mixed += cells.codes
                mixed += mixed.dtype.type(1)
                continue
            values = cells.codes.astype(np.uint64)
        mixed = _mix(mixed.astype(np.uint64) ^ _mix(values + np.uint64(0x9E3779B97F4A7C15)))
        room = np.inf
    mixed = mixed if len(rows) == len(mixed) else mixed[rows]
    if room <= 4 * len(mixed):
        seen = np.zeros(int(room), dtype=bool)
        for start in range(0, len(mixed), _BLOCK):
            seen[mixed[start : start + _BLOCK]] = True
        n_copies = len(mixed) - int(np.count_nonzero(seen))
    else:
        n_copies = int(pd.Series(mixed).duplicated().sum())
    return n_copies, _first_copies(mixed, rows) if n_copies else ()


def _first_copies(mixed: NDArray[Any], rows: pd.Index[int]) -> tuple[int, ...]:
    """Return where the first rows are whose number an earlier row has: mostly the first thousand rows tell."""
    found, length = tuple[int, ...](), 0
    while len(found) < MOST_PLACES and length < len(mixed):
        length = 10 * length or 1_000
        some = slice(0, length)
        found = places_of(pd.Series(mixed[some]).duplicated().to_numpy(), rows[some].to_numpy())
    return found


def _mix(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Scatter 64-bit numbers (the finaliser of SplitMix64: Steele, Lea & Flood 2014)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def _check_personal(results: Results, table: Table) -> Iterator[Finding]:
    """Columns that point to persons, by their name or by e-mail addresses inside."""
    declared = {a.column for a in results.schema.attributes} | set(results.schema.columns.values())
    for name in table.data.column_names:
        sample = cells_of(table, name).head(200)
        named = names_person(name) and name not in declared
        signs = sample.is_text and pc.any(pc.match_substring(sample.data, "@")).as_py()
        mail = signs and any(_EMAIL.fullmatch(word) for word in sample.present)
        if (named and 2 * sample.n_distinct > sample.n_filled > 0) or mail:
            why = "holds e-mail addresses" if mail else "is named like something that identifies people"
            yield Finding(
                "warn",
                f"column {name!r}",
                f"{why}.",
                "It is not needed to measure fairness: remove it before you pass the file on.",
            )


# -- helpers -------------------------------------------------------------------------------------


def _by_system(results: Results) -> Iterator[tuple[str, Mapping[str, pd.Series], Any]]:
    """Return each system's name, its answers and its rows (a slice or positions)."""
    column = results.columns.get("system")
    for system, answers in zip(results.schema.systems, results.answers, strict=True):
        if column is None:
            yield f"system {system.title!r}", answers, slice(None)
        else:
            codes = np.asarray(column.cat.codes)
            for code, name in enumerate(column.cat.categories):
                yield f"system {str(name)!r}", answers, np.flatnonzero(codes == code)


def _is_positive(column: pd.Series, positive: Sequence[str]) -> Bools:
    among = np.array([name in positive for name in column.cat.categories] + [False], dtype=bool)
    flags: Bools = among[np.asarray(column.cat.codes)]
    return flags


def _words(column: pd.Series) -> list[str]:
    """Return the categories that occur."""
    names = [str(name) for name in column.cat.categories]
    return [name for name, n in zip(names, count_words(np.asarray(column.cat.codes), len(names)), strict=True) if n]


def _some(words: Sequence[str], most: int = 6) -> str:
    words = sort_levels(list(words))
    return ", ".join(map(repr, words[:most])) + (f" and {len(words) - most} more" if len(words) > most else "")


def _rows(some: int, of: int) -> str:
    return f"{some:,} of {of:,} rows"
