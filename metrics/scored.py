"""Scoring: what each unit adds to the counts, once, before anything is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metrics.errors import QuestionError
from metrics.registry import MeanOfShares, Metric, OfClusters, Rate, Share, SignedMean, Smooth, terms
from metrics.slices import MISSING

if TYPE_CHECKING:
    from metrics.progress import Tell
    from metrics.results import Results
    from metrics.text.normalize import Normalizer


@dataclass(frozen=True)
class Axis:
    """An attribute and its levels in display order; the code after the last level is missing.

    A `saved` slice is an axis too, with the levels yes and no, but no attribute of the file: what
    intervals borrow from the whole file must not change when somebody saves one. Several labels in a
    cell are a `family` of axes called by the column, one a label with the levels yes and no: a unit may
    have any number of them, so they are never added up, and the rest are those without the label.
    """

    name: str
    levels: tuple[str, ...]
    saved: bool = False
    family: str = ""

    @property
    def size(self) -> int:
        return len(self.levels) + 1

    def level(self, code: int) -> str:
        return self.levels[code] if code < len(self.levels) else MISSING


@dataclass(frozen=True)
class Layout:
    """Which sums are kept of the units of a task.

    Every unit has one of `n_outcomes` outcomes; `named` says which outcomes a named count adds up
    (a 0/1 vector, by count and class; the class is None where there is only one). Beside them stand
    `values`, numbers that are 0 for units outside their carrier count and shifted by their centre
    for the others, so that squares lose no digits; `products` are the pairs whose product is kept, and
    `squares` names values that are the squares of (shifted) others.
    """

    n_outcomes: int
    named: Mapping[tuple[str, str | None], NDArray[np.float64]]
    classes: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    centres: tuple[float, ...] = ()
    carriers: tuple[str, ...] = ()
    products: tuple[tuple[int, int], ...] = ()
    squares: Mapping[str, str] = field(default_factory=dict)

    def outcomes(self, form: str, of_class: str | None) -> NDArray[np.float64]:
        """Return how often each outcome enters a sum of named counts, shape (n_outcomes,)."""
        total = np.zeros(self.n_outcomes)
        for name in terms(form):
            if (name, of_class) in self.named:
                total = total + self.named[name, of_class]
            elif (name, None) in self.named:
                total = total + self.named[name, None]
            elif name not in self.values:
                raise KeyError(f"The count {name!r} is not declared.")
        return total

    def weights(self, form: str) -> NDArray[np.float64]:
        """Return how often each value enters a sum of named counts, shape (n_values,)."""
        names = terms(form)
        return np.array([float(names.count(v)) for v in self.values])

    def centre(self, form: str) -> float:
        """Return the shift of a value, 0 for a count."""
        return self.centres[self.values.index(form)] if form in self.values else 0.0


@dataclass(frozen=True, eq=False)
class Scored:
    """The units of one system, scored: arrays of one length, in the order of the file.

    `codes` has one array an axis; `outcome` the outcome of each unit; `values` one float array a
    value of the layout. `multiplicity` is how many units a row stands for, `weights` how much each
    counts. `score` and `positive` (1, 0, or -1 for no label) are there where scores are.
    `rows` is each unit's position in the file. `only_answer` is what the system answers to every unit, where that
    is always the same text or number; of classes, the counts tell.
    """

    task: str
    system: str | None
    layout: Layout
    metrics: Mapping[str, Metric]
    axes: tuple[Axis, ...]
    codes: tuple[NDArray[Any], ...]
    outcome: NDArray[Any]
    rows: NDArray[np.int64]
    values: tuple[NDArray[np.float64], ...] = ()
    clusters: NDArray[np.int64] | None = None
    cluster_names: tuple[str, ...] = ()
    weights: NDArray[np.float64] | None = None
    multiplicity: NDArray[np.int64] | None = None
    score: NDArray[np.float64] | None = None
    positive: NDArray[np.int8] | None = None
    definitions: Mapping[str, Any] = field(default_factory=dict)
    only_answer: str | None = None

    def __len__(self) -> int:
        return len(self.outcome)

    def take(self, rows: NDArray[Any]) -> Scored:
        """Return the units at these positions (a boolean mask or indices)."""
        some: Callable[[Any], Any] = lambda a: None if a is None else a[rows]  # noqa: E731
        return replace(
            self,
            codes=tuple(c[rows] for c in self.codes),
            outcome=self.outcome[rows],
            rows=self.rows[rows],
            values=tuple(v[rows] for v in self.values),
            clusters=some(self.clusters),
            weights=some(self.weights),
            multiplicity=some(self.multiplicity),
            score=some(self.score),
            positive=some(self.positive),
        )


def score(
    results: Results,
    *,
    threshold: float | None = None,
    normalizer: Normalizer | None = None,
    progress: Tell | None = None,
) -> tuple[Scored, ...]:
    """Score every unit of a results file once, and return one `Scored` a system.

    `threshold` overrules that of the schema: score >= threshold predicts positive, in the score's
    own units. `normalizer` overrules that of the results, for transcripts; `progress` is told how far
    normalising is, what takes long there. Raises ResultsError where a column that the task needs is
    not there.
    """
    from metrics.tasks import score_units

    schema = results.schema if threshold is None else replace(results.schema, threshold=threshold)
    axes, codes = _encode(results.attributes, {s.name for s in schema.slices}, _families(results))
    cluster = results.columns.get("cluster")
    shared: dict[str, Any] = {
        "task": schema.task,
        "axes": axes,
        "codes": codes,
        "rows": results.attributes.index.to_numpy(dtype=np.int64),
        "weights": _floats(results.columns.get("weight")),
        "multiplicity": _integers(results.columns.get("count")),
    }
    if cluster is not None:
        codes_of, names = _cluster_codes(cluster)
        shared |= {"clusters": codes_of, "cluster_names": names}
    columns, given = _normalize(results, normalizer or results.normalizer, progress)
    scored = []
    for system, answers in zip(schema.systems, given, strict=True):
        units = score_units(schema, {**columns, **answers})
        whole = Scored(system=system.title or None, **shared, **units)
        if whole.multiplicity is not None and not whole.multiplicity.all():
            whole = whole.take(whole.multiplicity > 0)  # a row that stands for nobody is in no cell and no cluster
        if "system" in results.columns:
            for name, rows in _systems(results.columns["system"]):
                scored.append(replace(whole.take(rows), system=name, only_answer=_only_answer(answers, rows)))
        else:
            scored.append(replace(whole, only_answer=_only_answer(answers)))
    if len(scored) == 1 and "system" not in results.columns:
        scored = [replace(scored[0], system=None)]
    return tuple(scored)


def _only_answer(answers: Mapping[str, pd.Series], rows: Any = slice(None)) -> str | None:
    """Return the only number or text that a system ever answers; None where there are several, and of classes."""
    answer = answers.get("hypothesis", answers.get("prediction", answers.get("score")))
    if answer is None or isinstance(answer.dtype, pd.CategoricalDtype):
        return None
    some = answer.iloc[rows].dropna()
    first = some.iloc[0] if len(some) else None
    return None if first is None or (some != first).any() else str(first)


def _normalize(
    results: Results, normalizer: Normalizer | None, progress: Tell | None = None
) -> tuple[dict[str, Any], list[Mapping[str, pd.Series]]]:
    """Return the columns and answers to score: texts normalised, each distinct one once for all systems."""
    columns: dict[str, Any] = {**results.columns, "normalizer": normalizer, "terms": results.terms}
    answers = list(results.answers)
    if normalizer is None or not normalizer.steps or "reference" not in columns:
        return columns, answers
    texts = [results.columns["reference"], *(a["hypothesis"] for a in answers if "hypothesis" in a)]
    known = [t for column in texts for t in column if t is not None]
    made = dict(zip(known, normalizer(known, progress), strict=True))
    columns["reference"] = _look_up(texts[0], made)
    with_text = ({**a, "hypothesis": _look_up(a["hypothesis"], made)} if "hypothesis" in a else a for a in answers)
    return columns, list(with_text)


def _look_up(column: pd.Series, made: Mapping[str, str]) -> pd.Series:
    return pd.Series([None if t is None else made[t] for t in column], index=column.index, dtype=object)


def add_scored(one: Scored, two: Scored) -> Scored:
    """Return the units of both together, levels, clusters and centres of values brought in line.

    Raises QuestionError unless both have the same attributes, columns and classes.
    """
    lay, other = one.layout, two.layout
    same = ([a.name for a in s.axes] for s in (one, two))
    if len({tuple(n) for n in same}) > 1 or lay.classes != other.classes or lay.values != other.values:
        raise QuestionError("Only cubes with the same attributes, columns and classes can be added up.")
    if lay.n_outcomes != other.n_outcomes or (one.weights is None) != (two.weights is None):
        raise QuestionError("Only cubes of files with the same columns can be added up: one lacks scores or weights.")
    if (one.clusters is None) != (two.clusters is None):
        raise QuestionError("Only cubes of files with the same columns can be added up: one lacks clusters.")
    axes, codes = [], []
    for i, (a, b) in enumerate(zip(one.axes, two.axes, strict=True)):
        axis = replace(a, levels=tuple(dict.fromkeys(a.levels + b.levels)))
        axes.append(axis)
        parts = [_recode(s.codes[i], s.axes[i], axis) for s in (one, two)]
        codes.append(np.concatenate(parts))
    centres = _common_centres(one, two)
    values = [np.concatenate(parts) for parts in zip(_centre(one, centres), _centre(two, centres), strict=True)]
    for name, base in lay.squares.items():
        values[lay.values.index(name)] = values[lay.values.index(base)] ** 2
    names = tuple(dict.fromkeys(one.cluster_names + two.cluster_names))
    place = {name: i for i, name in enumerate(names)}
    clusters = None
    if one.clusters is not None and two.clusters is not None:
        clusters = np.concatenate(
            [np.array([place[n] for n in s.cluster_names], np.int64)[s.clusters] for s in (one, two)]
        )
    times = None
    if one.multiplicity is not None or two.multiplicity is not None:
        ones = [np.ones(len(s), np.int64) if s.multiplicity is None else s.multiplicity for s in (one, two)]
        times = np.concatenate(ones)

    def join(a: Any, b: Any) -> Any:
        return None if a is None or b is None else np.concatenate([a, b])

    return replace(
        one,
        axes=tuple(axes),
        codes=tuple(codes),
        outcome=np.concatenate([one.outcome, two.outcome]),
        rows=np.concatenate([one.rows, two.rows + int(one.rows.max(initial=-1)) + 1]),
        values=tuple(values),
        layout=replace(lay, centres=centres),
        clusters=clusters,
        cluster_names=names,
        weights=join(one.weights, two.weights),
        multiplicity=times,
        score=join(one.score, two.score),
        positive=join(one.positive, two.positive),
        only_answer=one.only_answer if one.only_answer == two.only_answer else None,
    )


def _common_centres(one: Scored, two: Scored) -> tuple[float, ...]:
    """Return the centres of both files' units together: the means of the two, by their units."""
    found = []
    for i, carrier in enumerate(one.layout.carriers):
        n = [float(s.layout.named[carrier, None][s.outcome].sum()) for s in (one, two)]
        both = n[0] * one.layout.centres[i] + n[1] * two.layout.centres[i]
        found.append(both / sum(n) if sum(n) else 0.0)
    return tuple(found)


def _centre(scored: Scored, centres: tuple[float, ...]) -> list[NDArray[np.float64]]:
    """Return the values shifted to other centres."""
    lay = scored.layout
    moves = zip(scored.values, lay.centres, centres, lay.carriers, strict=True)
    return [v + (old - new) * lay.named[carrier, None][scored.outcome] for v, old, new, carrier in moves]


def _recode(codes: NDArray[Any], axis: Axis, wider: Axis) -> NDArray[Any]:
    """Turn the codes of an axis into those of one with more levels."""
    kind = smallest_unsigned(wider.size)
    table = np.array([*(wider.levels.index(level) for level in axis.levels), wider.size - 1], dtype=kind)
    found: NDArray[Any] = table[codes]
    return found


def smallest_unsigned(size: int) -> Any:
    """Return the smallest unsigned integer type with at least `size` values."""
    return np.uint8 if size <= 256 else np.uint16 if size <= 65536 else np.uint32


def declared_products(metrics: Mapping[str, Metric], values: tuple[str, ...]) -> tuple[tuple[int, int], ...]:
    """Return the pairs of values whose products the intervals of these metrics need."""
    pairs: set[tuple[int, int]] = set()
    for metric in metrics.values():
        used = [values.index(n) for form in sums_of(metric) for n in terms(form) if n in values]
        pairs |= {(min(a, b), max(a, b)) for a in used for b in used}
    return tuple(sorted(pairs))


def sums_of(metric: Metric) -> tuple[str, ...]:
    """Return the sums that a metric is a function of (none for metrics counted from ranks)."""
    match metric.formula:
        case Share(top, below) | Rate(top, below) | OfClusters(_, top, below):
            return top, below
        case SignedMean(value, units):
            return value, units
        case MeanOfShares(shares):
            return tuple(form for s in shares for form in (s.top, s.below))
        case Smooth(sums=sums):
            return sums
    return ()


def _families(results: Results) -> dict[str, str]:
    """Return the column of every attribute that is one of several labels in its cells."""
    names = [str(name) for name in results.attributes.columns]
    several = [a.column for a in results.schema.attributes if a.separator]
    return {name: column for column in several for name in names if name.startswith(f"{column}: ")}


def _encode(
    attributes: pd.DataFrame, saved: set[str], families: Mapping[str, str]
) -> tuple[tuple[Axis, ...], tuple[NDArray[Any], ...]]:
    axes, codes = [], []
    for name in attributes.columns:
        column = attributes[name].array
        levels = tuple(map(str, column.categories))
        size = len(levels) + 1
        raw = np.asarray(column.codes)
        kind = np.dtype(smallest_unsigned(size))
        if raw.size and raw.min() < 0:
            code = raw.astype(kind)
            code[raw < 0] = size - 1
        else:  # the same bytes serve, where they are as wide
            code = raw.view(kind) if raw.itemsize == kind.itemsize else raw.astype(kind)
        axes.append(Axis(str(name), levels, str(name) in saved, families.get(str(name), "")))
        codes.append(code)
    return tuple(axes), tuple(codes)


def _cluster_codes(cluster: pd.Series) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Return a code a row; rows without a cluster are clusters of their own."""
    codes, names = pd.factorize(cluster)
    codes = codes.astype(np.int64)
    alone = codes < 0
    codes[alone] = len(names) + np.arange(alone.sum())
    return codes, tuple(map(str, names)) + tuple(f"row {r + 1}" for r in cluster.index[alone])


def _systems(column: pd.Series) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    values = column.astype("category").array
    for code, name in enumerate(values.categories):
        yield str(name), np.asarray(values.codes) == code


def _floats(column: pd.Series | None) -> NDArray[np.float64] | None:
    return None if column is None else column.to_numpy(dtype=np.float64)


def _integers(column: pd.Series | None) -> NDArray[np.int64] | None:
    return None if column is None else column.to_numpy(dtype=np.int64)
