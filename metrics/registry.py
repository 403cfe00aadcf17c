"""What a metric, a role and a task are: declarations that everything else reads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

Better = Literal["higher", "lower", "neither"]
Column = Literal["label", "prediction", "score", "reference", "hypothesis", "cluster"]


@dataclass(frozen=True)
class Share:
    """A share of units: `top` of `below`, both sums of named counts, `top` part of `below`.

    Interval: Wilson. `transform` turns the share into the value that is shown:
    "odds" p/(1 - p), "dice" 2p/(1 + p); value and limits go through it alike. Where a unit may have
    several of what is counted (terms in an utterance), `units` is the count of units that have any:
    each of them is then a cluster of its own.
    """

    top: str
    below: str
    transform: Literal["", "odds", "dice"] = ""
    units: str = ""


@dataclass(frozen=True)
class Rate:
    """A sum over a sum, above 0 and not bounded by 1: edits over words, squared error over units.

    Interval: Wilson's form without the 1 - p. `root` shows the square root (RMSE).
    """

    top: str
    below: str
    units: str  # the count of units that have it
    root: bool = False
    of_counts: bool = False  # a ratio of counts (edits over words), to be shown as such
    sampled: str = ""  # the count of units with anything in the sums, where that is not all `units`
    enough: str = ""  # the count of units that minimums look at, where that is not `sampled`


@dataclass(frozen=True)
class SignedMean:
    """The mean of a value that may be negative, over `units`. Interval: Student's t."""

    value: str
    units: str


@dataclass(frozen=True)
class MeanOfShares:
    """The plain mean of several shares, or of one over all classes. Interval: MOVER."""

    shares: tuple[Share, ...]
    over_classes: bool = False


@dataclass(frozen=True)
class Smooth:
    """Another smooth function of sums, by the delta method.

    `function` takes arrays of the named `sums` and gives the value; `gradient` their derivatives.
    `scale` is the one on which the interval is symmetric: "atanh" or "log1m", log(1 - x); of a "share",
    a value from 0 to 1, it is Wilson's at the number of units that would give its variance.
    `wording` is the formula as one writes it; `units` the count of units that have it.
    """

    wording: str
    sums: tuple[str, ...]
    units: str
    function: Callable[..., Any]
    gradient: Callable[..., tuple[Any, ...]]
    scale: Literal["atanh", "log1m", "share"]


@dataclass(frozen=True)
class OfClusters:
    """A number about the clusters of a group: the mean, median or standard deviation of their rates.

    Each cluster's rate is `top` over `below` of its own units in the group.
    """

    kind: Literal["mean", "median", "sd"]
    top: str
    below: str
    units: str  # the count of units that have it
    enough: str  # the count of units that minimums look at


@dataclass(frozen=True)
class Ranked:
    """A metric of the scores' order or bins, counted from rows: "auc" or "ece"."""

    kind: Literal["auc", "ece"]


Formula = Share | Rate | SignedMean | MeanOfShares | Smooth | OfClusters | Ranked


@dataclass(frozen=True)
class Metric:
    """One number about a group of units.

    `needs` are the columns without which it cannot be had. `better` says which direction is
    good, "neither" where the data alone cannot tell. `also` are its names elsewhere.
    """

    name: str
    title: str
    formula: Formula
    better: Better
    meaning: str
    source: str
    needs: frozenset[Column]
    bounds: tuple[float, float] = (0, 1)
    also: tuple[str, ...] = ()
    misleads: str = ""
    complement: str = ""  # the metric that is 1 minus this one
    of_class: str | None = None  # the class of a one-vs-rest metric
    listed: bool = True  # False: only criteria use it
    unit: Literal["share", "number"] = "share"  # shares are shown in per cent and points
    per: str = ""  # what the denominator counts, where that is not units: words


@dataclass(frozen=True)
class Role:
    """What a column can be for. `kind` is how its cells are read."""

    name: str
    meaning: str
    kind: Literal["category", "number", "text"]
    per_system: bool = False
    words: tuple[str, ...] = ()  # column names that suggest it, best first


@dataclass(frozen=True)
class Task:
    """A kind of result and the roles of its columns."""

    name: str
    title: str
    roles: tuple[Role, ...]
    truth: str  # the role that is the truth
    answers: tuple[str, ...]  # the roles of which a system needs at least one


@dataclass(frozen=True)
class Criterion:
    """A fairness criterion: metrics that should be equal over groups.

    `own` names a function of `metrics.criteria` where it is no spread of metrics.
    """

    name: str
    title: str
    meaning: str
    source: str
    metrics: tuple[str, ...] = ()
    own: str = ""
    also: tuple[str, ...] = ()


def terms(form: str) -> tuple[str, ...]:
    """Return the named counts that a linear form adds up.

    >>> terms("true_positives + false_negatives")
    ('true_positives', 'false_negatives')
    """
    return tuple(word.strip() for word in form.split("+"))
