"""The terms of a bounty: what its `bounty.toml` says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from math import isfinite
from pathlib import Path
from typing import Any, Literal, get_args

from metrics.errors import Finding, ResultsError, nearest, stop
from metrics.toml import read_toml, write_toml

__all__ = [
    "EXPLORE",
    "FILE_NAME",
    "SEALED",
    "SPLITS",
    "VALIDATION",
    "Loss",
    "Shares",
    "Task",
    "Terms",
    "parse_terms",
    "read_terms",
    "write_terms",
]

FILE_NAME = "bounty.toml"
SPLITS = ("explore", "validation", "sealed")
EXPLORE, VALIDATION, SEALED = range(3)

Task = Literal["classification", "regression"]
Loss = Literal["error", "squared", "absolute"]


@dataclass(frozen=True)
class Shares:
    """A split by a seeded hash of the id (of the cluster where one is named); the shares add up to 1."""

    seed: int
    explore: float
    validation: float
    sealed: float


@dataclass(frozen=True)
class Terms:
    """The rules of one bounty.

    `rows`, `labels` and `dictionary` are files relative to the bounty's folder. `labels` holds the id's and the
    label's column, for the organiser only; None where the rows carry the labels. `features` are the columns that a
    group may name (all but the id, the label, the baseline, the split and the cluster where none are named).
    A submission is accepted if its score lies strictly above `alpha` and its group has at least `minimum_group` rows
    of the validation split. The loss `error` compares classes; `squared` and `absolute` compare numbers in [0, 1].
    """

    name: str
    rows: str
    id: str
    label: str
    baseline: str
    split: str | Shares
    task: Task = "classification"
    loss: Loss = "error"
    alpha: float = 0.0
    minimum_group: int = 30
    labels: str | None = None
    cluster: str | None = None
    features: tuple[str, ...] | None = None
    dictionary: str | None = None


def read_terms(folder: Path) -> Terms:
    """Read the `bounty.toml` of a folder. Raises ResultsError with every mistake, unknown keys among them."""
    path = Path(folder) / FILE_NAME
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        cure = "Name the folder of a bounty; fairness-dashboard bounty init begins one."
        raise stop(f"folder '{folder}'", f"has no {FILE_NAME}.", cure) from error
    except (OSError, UnicodeDecodeError) as error:
        raise stop(f"file '{path}'", f"cannot be read ({error}).", "Check that it is UTF-8 text.") from error
    return parse_terms(text, FILE_NAME)


def parse_terms(text: str, where: str = FILE_NAME) -> Terms:
    """Read terms from TOML text. Raises ResultsError with every mistake, unknown keys among them."""
    return _Reader(where).read(read_toml(text, where, "Mend the line it names; texts stand in quotes."))


def write_terms(terms: Terms) -> str:
    """Return terms as TOML text, what is left open left out; `parse_terms(write_terms(terms)) == terms`.

    >>> print(write_terms(Terms("Loans", "rows.csv", "id", "repaid", "model", "split", alpha=0.002)), end="")
    name = "Loans"
    rows = "rows.csv"
    id = "id"
    label = "repaid"
    baseline = "model"
    task = "classification"
    loss = "error"
    alpha = 0.002
    minimum_group = 30
    split = "split"
    """
    tree: dict[str, Any] = {key: getattr(terms, key) for key in _KEYS}
    if isinstance(terms.split, Shares):
        tree["split"] = {f.name: getattr(terms.split, f.name) for f in fields(Shares)}
    if terms.features is not None:
        tree["features"] = list(terms.features)
    return write_toml({key: value for key, value in tree.items() if value is not None})


# -- reading -------------------------------------------------------------------------------------

# In the order in which they are written.
_KEYS: dict[str, tuple[type, ...]] = {
    "name": (str,),
    "rows": (str,),
    "labels": (str,),
    "id": (str,),
    "label": (str,),
    "baseline": (str,),
    "task": (str,),
    "loss": (str,),
    "alpha": (int, float),
    "minimum_group": (int,),
    "cluster": (str,),
    "features": (list,),
    "split": (str, dict),
    "dictionary": (str,),
}
_NEEDED = ("rows", "id", "label", "baseline", "split")
_SHARES: dict[str, tuple[type, ...]] = {
    "seed": (int,),
    "explore": (int, float),
    "validation": (int, float),
    "sealed": (int, float),
}
_SAID = {
    (str,): "a text in quotes",
    (int,): "a whole number",
    (int, float): "a number",
    (list,): 'a list of columns, such as ["sex", "age"]',
    (str, dict): "a column, or { seed = 7, explore = 0.4, validation = 0.4, sealed = 0.2 }",
}
_CURES = {
    "rows": 'Name the file of the rows: rows = "rows.csv".',
    "id": 'Name the column of the ids: id = "id".',
    "label": 'Name the column of what is true: label = "label".',
    "baseline": 'Name the column of the model\'s predictions: baseline = "prediction".',
    "split": "Write split = { seed = 7, explore = 0.4, validation = 0.4, sealed = 0.2 }, or name a column.",
}
_CHOICES: dict[str, tuple[str, ...]] = {"task": get_args(Task), "loss": get_args(Loss)}


class _Reader:
    """Reads a tree and collects every problem on the way."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.problems: list[Finding] = []

    def read(self, tree: Mapping[str, Any]) -> Terms:
        told = self._take(tree, _KEYS, "")
        for key in _NEEDED:
            if key not in tree:
                self._problem(f"says nothing of {key!r}.", _CURES[key])
        for key, known in _CHOICES.items():
            if key in told and told[key] not in known:
                hint = nearest(told[key], known) or f"It is one of: {', '.join(known)}."
                self._problem(f"has {key} = {told[key]!r}.", hint)
        self._check_loss(told)
        self._check_numbers(told)
        self._check_columns(told)
        if isinstance(told.get("split"), dict):
            told["split"] = self._shares(told["split"])
        if "features" in told:
            told["features"] = self._features(told["features"])
        if self.problems:
            raise ResultsError(self.problems)
        told.setdefault("name", "Bounty")
        return Terms(**told)

    def _take(self, tree: Mapping[str, Any], keys: Mapping[str, tuple[type, ...]], inside: str) -> dict[str, Any]:
        """Return the values of the known keys whose kind is right."""
        told = {}
        for key, value in tree.items():
            if key not in keys:
                hint = nearest(key, keys) or f"Known are: {', '.join(keys)}."
                self._problem(f"has {key!r}{inside}, which it does not know.", hint)
            elif not isinstance(value, keys[key]) or isinstance(value, bool):
                self._problem(f"has {key} = {value!r}{inside}.", f"Write {_SAID[keys[key]]}.")
            elif isinstance(value, str) and not value.strip():
                self._problem(f"has an empty {key!r}{inside}.", _CURES.get(key, "Fill it in, or take it out."))
            elif isinstance(value, float) and not isfinite(value):
                self._problem(f"has {key} = {value}{inside}.", "Write a finite number.")
            else:
                told[key] = value
        return told

    def _check_loss(self, told: dict[str, Any]) -> None:
        if told.get("task") == "regression" and told.setdefault("loss", "squared") == "error":
            cure = 'Write loss = "squared" or loss = "absolute", for values in [0, 1].'
            self._problem("counts errors of a regression, whose values are hardly ever equal.", cure)

    def _check_numbers(self, told: Mapping[str, Any]) -> None:
        if not 0 <= told.get("alpha", 0) < 1:
            cure = "Write how much of the whole loss a finding must save, such as 0.002: from 0 to below 1."
            self._problem(f"has alpha = {told['alpha']}.", cure)
        if told.get("minimum_group", 1) < 1:
            self._problem(f"has minimum_group = {told['minimum_group']}.", "Write a whole number from 1 up.")

    def _check_columns(self, told: Mapping[str, Any]) -> None:
        columns = {key: told[key] for key in ("id", "label", "baseline", "split") if isinstance(told.get(key), str)}
        for key, column in columns.items():
            same = [other for other in columns if columns[other] == column]
            if key == same[0] and len(same) > 1:
                cure = "Name a column of its own for each."
                self._problem(f"names the column {column!r} for {' and '.join(map(repr, same))}.", cure)
        hidden = [told.get(key) for key in ("id", "label", "split")]
        for column in told.get("features", ()):
            if column in hidden and isinstance(column, str):
                cure = "Take it out: groups are to be told without it."
                self._problem(f"has the column {column!r} among the features.", cure)

    def _shares(self, tree: Mapping[str, Any]) -> Shares | None:
        before = len(self.problems)
        told = self._take(tree, _SHARES, " in 'split'")
        lacking = [key for key in _SHARES if key not in tree]
        if lacking:
            self._problem(f"says nothing of {', '.join(map(repr, lacking))} in 'split'.", _CURES["split"])
        shares = [told[key] for key in SPLITS if key in told]
        if len(self.problems) > before:
            return None
        if min(shares) < 0 or told["validation"] <= 0:
            cure = "Write shares from 0 up, that of validation above 0."
            self._problem(f"splits into the shares {', '.join(map(str, shares))}.", cure)
        elif abs(sum(shares) - 1) > 1e-9:
            self._problem(f"splits into shares that add up to {sum(shares):g}.", "Let them add up to 1.")
        return Shares(told["seed"], *map(float, shares))

    def _features(self, names: list[Any]) -> tuple[str, ...] | None:
        if not names or not all(isinstance(name, str) and name.strip() for name in names):
            cure = f"Write {_SAID[(list,)]}; without it, groups may name every column."
            self._problem(f"has features = {names!r}.", cure)
            return None
        twice = list(dict.fromkeys(name for name in names if names.count(name) > 1))
        if twice:
            self._problem(f"names {', '.join(map(repr, twice))} twice in 'features'.", "Name each column once.")
        return tuple(names)

    def _problem(self, found: str, cure: str) -> None:
        self.problems.append(Finding("stop", self.where, found, cure))
