"""The game word by word: dicts, loops and exact fractions, one row at a time. Slow, and plain to check."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

Row = int
Model = Mapping[Row, Fraction]


@dataclass(frozen=True)
class Sent:
    """A submission: its members, and what it predicts of each of them."""

    members: frozenset[Row]
    predictions: Model


@dataclass(frozen=True)
class Told:
    """A decision, its numbers as fractions; the losses of a group of nobody are None."""

    units: int
    score: Fraction
    loss_current: Fraction | None
    loss_replacement: Fraction | None
    accepted: bool
    repairs: int
    error_after: Fraction


def play_literally(
    label: Model, baseline: Model, sent: Sequence[Sent], alpha: Fraction, minimum: int, loss: str
) -> tuple[list[Told], list[Model]]:
    """Return the decisions and the published models."""

    def loss_of(model: Model, row: Row) -> Fraction:
        off = abs(model[row] - label[row])
        if loss == "error":
            return Fraction(int(off != 0))
        return off * off if loss == "squared" else off

    def loss_on(model: Model, members: frozenset[Row]) -> Fraction:
        """The loss added up over the members, over the number of all rows."""
        return sum((loss_of(model, row) for row in members), Fraction(0)) / len(label)

    everyone = frozenset(label)
    published: list[Model] = [dict(baseline)]
    accepted: list[frozenset[Row]] = []
    told: list[Told] = []
    for one in sent:
        current = published[-1]
        n = len(one.members)
        before, after = loss_on(current, one.members), loss_on({**current, **one.predictions}, one.members)
        good = n >= minimum and before - after > alpha
        repairs = 0
        if good:
            accepted.append(one.members)
            model = dict(current)
            for row in one.members:
                model[row] = one.predictions[row]
            checking = True
            while checking:
                checking = False
                for members in accepted:
                    losses = [loss_on(earlier, members) for earlier in published]
                    best = min(losses)
                    if loss_on(model, members) > best + alpha:
                        served = published[losses.index(best)]
                        for row in members:
                            model[row] = served[row]
                        repairs += 1
                        checking = True
                        break
            published.append(model)
        mean = Fraction(len(label), n) if n else None
        told.append(
            Told(
                n,
                before - after,
                None if mean is None else before * mean,
                None if mean is None else after * mean,
                good,
                repairs,
                loss_on(published[-1], everyone),
            )
        )
    return told, published
