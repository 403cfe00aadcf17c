"""What a policy asks: rules with limits, read from and written to TOML.

Whether results keep to it is judged in `metrics.judge`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from math import inf, isfinite
from pathlib import Path
from typing import Any, Literal, get_args

from metrics.compare import BASELINES, Correction
from metrics.criteria import CRITERIA
from metrics.errors import Finding, ResultsError, nearest
from metrics.predicates import parse_predicate
from metrics.slices import Slice
from metrics.toml import read_toml, write_toml

__all__ = ["TEMPLATES", "Comparison", "Policy", "Rule", "load_template", "write_grouping"]

Comparison = Literal["value", "difference", "ratio", "spread"]

_FOLDER = Path(__file__).parent / "policies"
TEMPLATES = ("equal_opportunity", "four_fifths", "local_law_144", "equal_word_error_rate", "no_slice_worse")


@dataclass(frozen=True)
class Rule:
    """One limit on one metric (or on every metric of a criterion), for every slice of some groupings.

    `by` is None for each attribute alone and empty for everyone. A rule on a spread, or on a criterion, says that
    no pair of groups differs by more than the limit; the others speak of every slice. `exclude` are conditions
    on the levels of a slice, `exclude_below` a share of all rows: slices under them get no verdict and are named.
    `publish` marks figures that have no limit: they are told, and get no verdict.
    """

    name: str
    metric: str | None = None
    criterion: str | None = None
    compare: Comparison = "difference"
    baseline: str = "rest"
    by: tuple[tuple[str, ...], ...] | None = None
    at_least: float | None = None
    at_most: float | None = None
    min_units: int = 30
    confidence: float = 0.95
    correction: Correction = "holm"
    system: str | None = None
    exclude: tuple[str, ...] = ()
    exclude_below: float | None = None
    publish: bool = False
    note: str = ""

    @property
    def in_pairs(self) -> bool:
        """Whether it is judged pair by pair of groups."""
        return self.criterion is not None or self.compare == "spread"

    @property
    def kind(self) -> Literal["value", "difference", "ratio"]:
        """What its limits are limits of."""
        return "difference" if self.compare == "spread" else self.compare

    @property
    def limits(self) -> tuple[float, float]:
        """The least and the most that is allowed, both inclusive.

        `at_most` alone bounds the size of a difference on both sides, and either alone that of a ratio with its
        inverse. Of a pair of groups neither is the baseline: both limits hold for the ratio and for its inverse.

        >>> Rule("r", "accuracy", compare="ratio", at_least=0.8).limits
        (0.8, 1.25)
        """
        least, most = self.at_least, self.at_most
        if self.kind == "difference" and least is None and most is not None:
            return -most, most
        if self.kind == "ratio" and (least is None) != (most is None):
            least = 1 / most if least is None and most else least
            most = 1 / least if most is None and least else most
        elif self.kind == "ratio" and self.in_pairs and least and most:
            least, most = max(least, 1 / most), min(most, 1 / least)
        return -inf if least is None else least, inf if most is None else most


@dataclass(frozen=True)
class Policy:
    """Rules under a name, with what they are for and where they come from."""

    name: str
    rules: tuple[Rule, ...]
    description: str = ""
    source: str = ""

    @classmethod
    def load(cls, path: str | Path) -> Policy:
        """Read a policy file. Raises ResultsError with every problem found in it."""
        try:
            text = Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            cure = "Check its name and that it is UTF-8 text."
            raise ResultsError([Finding("stop", f"policy '{path}'", f"cannot be read ({error}).", cure)]) from error
        return cls.loads(text, where=f"policy '{path}'")

    @classmethod
    def loads(cls, text: str, where: str = "the policy") -> Policy:
        """Read a policy from TOML text. Raises ResultsError with every problem at once."""
        return cls.from_dict(read_toml(text, where, _mend(text)), where)

    @classmethod
    def from_dict(cls, tree: Mapping[str, Any], where: str = "the policy") -> Policy:
        """Read the tree of the TOML. Raises ResultsError with every problem at once."""
        return _Reader(where).read(tree)

    def dumps(self) -> str:
        """Return the policy as TOML text; `Policy.loads(policy.dumps()) == policy`."""
        return write_toml(self.to_dict())

    def to_dict(self) -> dict[str, Any]:
        """Return the tree of the TOML, without what is left open."""
        head = {"name": self.name, "description": self.description, "source": self.source}
        return {key: value for key, value in head.items() if value} | {"rule": [_tree_of(r) for r in self.rules]}


def load_template(name: str) -> Policy:
    """Return one of the policies that come with the package, by its name in `TEMPLATES`."""
    return Policy.load(_FOLDER / f"{name}.toml")


def _tree_of(rule: Rule) -> dict[str, Any]:
    blank = Rule("")
    tree: dict[str, Any] = {f.name: getattr(rule, f.name) for f in fields(Rule)}
    told = {key: value for key, value in tree.items() if key == "name" or value != getattr(blank, key)}
    if rule.by is not None:
        told["by"] = [write_grouping(names) for names in rule.by]
    return {key: list(value) if isinstance(value, tuple) else value for key, value in told.items()}


# A number without a digit before its point, and a text without quotes, which people write and TOML does not know.
_BARE_POINT = re.compile(r"^\s*[\w.-]+\s*=\s*[-+]?(\.\d+)", re.MULTILINE)
_BARE_TEXT = re.compile(r"^\s*([\w-]+)\s*=\s*(?!(?:true|false|inf|nan)\b)([A-Za-z_][\w ]*?)\s*(?:#.*)?$", re.MULTILINE)


def _mend(text: str) -> str:
    """Return the cure for a text that is no TOML."""
    if bare := _BARE_POINT.search(text):
        return f"Write a digit before the point: 0{bare[1]}."
    if bare := _BARE_TEXT.search(text):
        return f'Write texts in quotes: {bare[1]} = "{bare[2]}".'
    return "Mend the line it names."


def write_grouping(names: tuple[str, ...]) -> str:
    """Return a grouping as `by` takes it: one line of CSV, in which quotes protect commas.

    >>> write_grouping(("sex", "age, years"))
    'sex,"age, years"'
    """
    import csv
    import io

    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow(names)  # names that hold ends of lines are quoted
    return out.getvalue().removesuffix("\r\n")


# -- reading -------------------------------------------------------------------------------------

_KEYS: dict[str, tuple[type, ...]] = {
    "name": (str,),
    "metric": (str,),
    "criterion": (str,),
    "compare": (str,),
    "baseline": (str,),
    "by": (list,),
    "at_least": (int, float),
    "at_most": (int, float),
    "min_units": (int,),
    "confidence": (int, float),
    "correction": (str,),
    "system": (str,),
    "exclude": (list,),
    "exclude_below": (int, float),
    "publish": (bool,),
    "note": (str,),
}
_CHOICES = {
    "compare": get_args(Comparison),
    "correction": ("holm", "none"),
    "criterion": tuple(c.name for c in CRITERIA),
}
_SAID = {str: "a text", int: "a whole number", float: "a number", list: "a list of texts", bool: "true or false"}


class _Reader:
    """Reads a tree and collects every problem on the way."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.problems: list[Finding] = []

    def read(self, tree: Mapping[str, Any]) -> Policy:
        self._check_keys(tree, ["name", "description", "source", "rule"], "")
        told = {k: self._value(tree, k, (str,), "") for k in ("name", "description", "source")}
        rules_in = tree.get("rule", [])
        if not isinstance(rules_in, list) or not rules_in or not all(isinstance(r, dict) for r in rules_in):
            self._problem("", "has no rules.", "Write each rule as a table that begins with [[rule]].")
            rules_in = []
        rules = [self._rule(rule, number) for number, rule in enumerate(rules_in, 1)]
        names = [rule.name for rule in rules if rule is not None]
        for twice in dict.fromkeys(name for name in names if names.count(name) > 1):
            self._problem("", f"has two rules called {twice!r}.", "Give each rule a name of its own.")
        if self.problems:
            raise ResultsError(self.problems)
        whole = tuple(rule for rule in rules if rule is not None)
        return Policy(str(told["name"] or "Policy"), whole, str(told["description"] or ""), str(told["source"] or ""))

    def _rule(self, tree: Mapping[str, Any], number: int) -> Rule | None:
        before = len(self.problems)
        place = f"rule {number}"
        self._check_keys(tree, list(_KEYS), place)
        told = {key: self._value(tree, key, kinds, place) for key, kinds in _KEYS.items() if key in tree}
        told = {key: value for key, value in told.items() if value is not None}
        for key, known in _CHOICES.items():
            if key in told and told[key] not in known:
                hint = nearest(told[key], known) or f"It is one of: {', '.join(known)}."
                self._problem(place, f"has {key} = {told[key]!r}.", hint)
        if ("metric" in told) == ("criterion" in told):
            found = "names both a metric and a criterion." if "metric" in told else "names no metric."
            self._problem(place, found, "Name one of them, such as metric = 'false_negative_rate'.")
        told["name"] = told.get("name") or str(told.get("metric") or told.get("criterion") or place)
        self._check_limits(told, place)
        self._check_numbers(told, place)
        if "baseline" in told:
            self._check_baseline(told, place)
        if told.get("by") == [] and (told.get("compare") != "value" or "criterion" in told):
            self._problem(place, "speaks of everyone, who has nobody to be compared with.", "Name attributes in 'by'.")
        own = next((c for c in CRITERIA if c.name == told.get("criterion") and not c.metrics), None)
        if own is not None and not told.get("publish"):
            cure = "Write publish = true and no limit to have it told without a verdict."
            self._problem(place, f"judges by {own.name}, which has no interval, and so no verdict.", cure)
        if "by" in told:
            told["by"] = tuple(self._grouping(text, place) for text in told["by"])
        told["exclude"] = tuple(told.get("exclude", ()))
        for text in told["exclude"]:
            try:
                parse_predicate(text)
            except ResultsError as error:
                self.problems += [Finding("stop", f"{self.where}, {place}, 'exclude'", str(error), "")]
        return Rule(**told) if len(self.problems) == before else None

    def _check_limits(self, told: Mapping[str, Any], place: str) -> None:
        limits = [told[k] for k in ("at_least", "at_most") if k in told]
        compare = told.get("compare", "difference")
        if told.get("publish"):
            if limits:
                self._problem(place, "is to be published without a verdict, but has a limit.", "Take one of them out.")
            return
        if not limits:
            cure = "Write at_most = 0.05 (or at_least); publish = true for figures that have no limit."
            self._problem(place, "has no limit.", cure)
        elif len(limits) == 2 and limits[0] > limits[1]:
            self._problem(place, f"allows nothing: at least {limits[0]} and at most {limits[1]}.", "Swap the limits.")
        elif compare == "ratio" and min(limits) <= 0:
            self._problem(place, f"has a limit of {min(limits)} on a ratio.", "A ratio's limits are above 0.")
        elif compare == "ratio" and not told.get("at_least", 0) <= 1 <= told.get("at_most", inf):
            self._problem(place, "allows no two groups to be equal.", "A ratio of 1 must lie within its limits.")
        elif compare in ("difference", "spread") and told.get("at_most", 0) < 0 and "at_least" not in told:
            self._problem(place, f"has at_most = {told['at_most']}.", "A difference's size is 0 or more.")
        if "criterion" in told and compare == "value":
            self._problem(place, "compares the value of a criterion.", "Write compare = 'difference', or 'ratio'.")
        if (compare == "spread" or ("criterion" in told and compare == "difference")) and "at_least" in told:
            self._problem(place, "has at_least on a spread.", "Write at_most: no two groups differ by more than that.")

    def _check_numbers(self, told: Mapping[str, Any], place: str) -> None:
        for key in ("at_least", "at_most", "confidence", "exclude_below"):
            if key in told and not isfinite(told[key]):
                self._problem(place, f"has {key} = {told[key]}.", "Write a finite number.")
        if not 0 < told.get("confidence", 0.95) < 1:
            self._problem(place, f"has confidence = {told['confidence']}.", "Write a share such as 0.95.")
        if not 0 < told.get("exclude_below", 0.5) < 1:
            self._problem(place, f"has exclude_below = {told['exclude_below']}.", "Write a share of the rows: 0.02.")
        if told.get("min_units", 1) < 1:
            self._problem(place, f"has min_units = {told['min_units']}.", "Write a whole number from 1 up.")

    def _check_baseline(self, told: Mapping[str, Any], place: str) -> None:
        text = told["baseline"]
        if "criterion" in told or told.get("compare") in ("spread", "value"):
            cure = "Take it out: such a rule has no baseline."
            self._problem(place, f"has baseline = {text!r}, but compares groups with none.", cure)
        if text in BASELINES:
            return
        try:
            Slice.parse(text)
        except ResultsError as error:
            hint = (
                nearest(text, BASELINES) or f"It is one of {', '.join(BASELINES)}, or a slice such as 'sex = female'."
            )
            self._problem(place, f"has baseline = {text!r}.", f"{hint} In detail: {error}")

    def _grouping(self, text: str, place: str) -> tuple[str, ...]:
        import csv

        try:
            (line,) = csv.reader([text], skipinitialspace=True)
        except (csv.Error, ValueError):  # ends of lines outside quotes, or nothing at all
            line = []
        names = [name.strip() for name in line]
        if not names or "" in names:
            self._problem(place, f"has {text!r} in 'by'.", "Write attributes with commas between: 'sex,race'.")
        return tuple(dict.fromkeys(names))

    def _check_keys(self, tree: Mapping[str, Any], known: list[str], place: str) -> None:
        for key in tree:
            if key not in known:
                hint = nearest(key, known) or f"Known are: {', '.join(known)}."
                self._problem(place, f"has an unknown key {key!r}.", hint)

    def _value(self, tree: Mapping[str, Any], key: str, kinds: tuple[type, ...], place: str) -> Any:
        value = tree.get(key)
        if key == "by" and isinstance(value, str):
            value = [value]  # one grouping may stand without brackets
        if value is None:
            return None
        wrong = not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds)
        if wrong or (isinstance(value, list) and not all(isinstance(item, str) for item in value)):
            self._problem(place, f"has {key} = {value!r}.", f"Write {_SAID[kinds[-1]]}.")
            return None
        return value

    def _problem(self, place: str, found: str, cure: str) -> None:
        where = f"{self.where}, {place}" if place else self.where
        self.problems.append(Finding("stop", where, found, cure))
