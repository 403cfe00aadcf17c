"""What was changed of what is kept with an upload, in one line for its log: the policy, the schema, the match.

Names and levels come from files and from people: the line is text for a cell of a table, never Markdown. It is short
whatever is changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

from dashboard.guide_tables import all_metrics
from dashboard.store.log import Change
from dashboard.words import count
from metrics.checked import metrics_of
from metrics.formatting import format_limit
from metrics.policy import Policy, Rule, write_grouping
from metrics.registry import Metric
from metrics.schema import Schema
from metrics.two_sets.match import Match

__all__ = ["tell_schema", "write_match_change", "write_policy_change", "write_schema_change"]

_LONGEST, _LONGEST_NAME = 900, 60  # letters
_NAMES = {
    "at_least": "at least",
    "at_most": "at most",
    "min_units": "fewest units",
    "by": "groups by",
    "compare": "how",
    "exclude": "left out where",
    "exclude_below": "left out under",
    "publish": "to publish only",
    "where": "only rows where",
    "favourable": "good for the person",
    "score_scale": "scale of the scores",
    "positive": "positive words",
    "normalizer": "texts are made alike by",
    "without": "not guessed",
    "system": "models",
    "system_column": "column of models",
    "attribution": "attributions",
}
_TABLES = {"attribute": ("group", "column"), "slice": ("slice", "name")}  # lists of things that have a name


def write_policy_change(before: Policy | None, after: Policy | None) -> str:
    """Return what was changed of a policy; "" where nothing was.

    >>> old = Policy("Lending", (Rule("gap", "error_rate", at_most=0.07),))
    >>> write_policy_change(old, Policy("Lending", (Rule("gap", "error_rate", at_most=0.05),)))
    'rule gap: at most from 7 points to 5 points'
    >>> write_policy_change(old, None)
    'no policy any more; it was Lending (1 rule)'
    """
    if before == after:
        return ""
    if after is None:
        return _join([f"no policy any more; it was {_head(before)}"]) if before is not None else ""
    if before is None:
        metrics = all_metrics()
        return _join([f"policy {_head(after)}", *(f"rule {_cut(r.name)}: {_limits(r, metrics)}" for r in after.rules)])
    return _join([*_heads_apart(before, after), *_rules_apart(before, after)])


def write_schema_change(before: Schema, after: Schema) -> str:
    """Return which keys of a schema were changed, with the values where they are short; "" where none was.

    >>> write_schema_change(Schema(threshold=0.5), Schema(threshold=0.7, positive=("yes",)))
    'threshold from 0.5 to 0.7; positive words from nothing to yes'
    """
    old, new = before.to_dict(), after.to_dict()
    said: list[str] = []
    for key in dict.fromkeys([*old, *new]):
        if old.get(key) == new.get(key):
            continue
        if key in _TABLES:
            said += _entries_apart(*_TABLES[key], old.get(key, []), new.get(key, []))
        elif isinstance(old.get(key, new.get(key)), dict):
            said.append(f"{_name(key)}: {', '.join(_keys_apart(old.get(key, {}), new.get(key, {})))}")
        else:
            said.append(_from_to(key, _show(old.get(key)), _show(new.get(key))))
    return _join(said)


def tell_schema(before: Schema, after: Schema, who: str) -> Change | None:
    """Return what the log is told of a corrected schema: a threshold that alone was changed has a word of its own."""
    said = write_schema_change(before, after)
    alone = said.startswith("threshold ") and ";" not in said
    return Change(who, "changed threshold" if alone else "changed schema", said) if said else None


def write_match_change(before: Match, after: Match) -> str:
    """Return for which names of the reference something else is matched; those of the other file are left out.

    >>> write_match_change(Match(), Match(levels={"accent": {"Indian": ("en-IN",)}}))
    'levels of accent'
    """
    said = [
        f"{kind} {', '.join(_keys_apart(old, new))}"
        for kind, old, new in (
            ("columns", before.columns, after.columns),
            ("models", before.systems, after.systems),
            ("levels of", before.levels, after.levels),
        )
        if old != new
    ]
    return _join(said)


# -- policies ------------------------------------------------------------------------------------


def _head(policy: Policy) -> str:
    return f"{_cut(policy.name)} ({count(len(policy.rules), 'rule')})"


def _heads_apart(before: Policy, after: Policy) -> Iterator[str]:
    if before.name != after.name:
        yield _from_to("name", _cut(before.name), _cut(after.name))
    for key in ("description", "source"):
        if getattr(before, key) != getattr(after, key):
            yield f"another {key}"


def _rules_apart(before: Policy, after: Policy) -> Iterator[str]:
    """Yield a text for each rule that is new, gone, changed or called another name."""
    metrics = all_metrics()
    old, new = ({rule.name: rule for rule in policy.rules} for policy in (before, after))
    gone, added = [n for n in old if n not in new], [n for n in new if n not in old]
    # One rule of another name, where one was: it was renamed.
    renamed = {gone[0]: added[0]} if len(gone) == len(added) == 1 else {}
    for name, rule in old.items():
        now = new.get(renamed.get(name, name))
        if now is None:
            yield f"rule {_cut(name)} taken away ({_limits(rule, metrics)})"
            continue
        apart = list(_fields_apart(rule, now, metrics))
        if apart:
            yield f"rule {_cut(name)}: {', '.join(apart)}"
    for name in added:
        if name not in renamed.values():
            yield f"new rule {_cut(name)}: {_limits(new[name], metrics)}"
    if list(old) != list(new) and sorted(old) == sorted(new):
        yield "the order of the rules"


def _fields_apart(old: Rule, new: Rule, metrics: Mapping[str, Metric]) -> Iterator[str]:
    """Yield what is another in a rule, its limits first: they are what a verdict turns on."""
    names = ["at_least", "at_most", *(f.name for f in fields(Rule) if f.name not in ("at_least", "at_most"))]
    for name in names:
        if getattr(old, name) == getattr(new, name):
            continue
        if name in ("at_least", "at_most"):
            yield _from_to(name, _limit(old, name, metrics), _limit(new, name, metrics))
        elif name == "note":
            yield "another note"
        else:
            yield _from_to(name, *(_show(_field(rule, name)) for rule in (old, new)))


def _field(rule: Rule, name: str) -> Any:
    value = getattr(rule, name)
    if name == "by":
        return "each attribute alone" if value is None else [write_grouping(names) for names in value] or "everyone"
    if name in ("confidence", "exclude_below") and value is not None:
        return f"{100 * value:.12g} %"
    return value


def _limits(rule: Rule, metrics: Mapping[str, Metric]) -> str:
    said = [f"{_name(n)} {_limit(rule, n, metrics)}" for n in ("at_least", "at_most") if getattr(rule, n) is not None]
    return ", ".join(said) or "no limit"


def _limit(rule: Rule, name: str, metrics: Mapping[str, Metric]) -> str:
    limit = getattr(rule, name)
    if limit is None:
        return "no limit"
    metric = next((metrics[n] for n in metrics_of(rule) if n in metrics), None)
    return f"{limit:.12g}" if metric is None else format_limit(metric, rule.kind, limit)


# -- schemas -------------------------------------------------------------------------------------


def _entries_apart(kind: str, by: str, old: list[dict[str, Any]], new: list[dict[str, Any]]) -> Iterator[str]:
    """Yield a text for each entry of a list that is new, gone or changed; for all of them together where none is."""
    was, now = ({str(entry[by]): entry for entry in entries} for entries in (old, new))
    added, gone = [n for n in now if n not in was], [n for n in was if n not in now]
    if added:
        yield f"new {kind} {', '.join(map(_cut, added))}"
    if gone:
        yield f"{kind} {', '.join(map(_cut, gone))} taken away"
    for name, entry in now.items():
        if name in was and was[name] != entry:
            yield f"{kind} {_cut(name)}: {', '.join(_keys_apart(was[name], entry))}"
    if list(was) != list(now) and not added and not gone:
        yield f"the order of the {kind}s"


# -- words ---------------------------------------------------------------------------------------


def _keys_apart(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    return [_cut(key) for key in dict.fromkeys([*old, *new]) if old.get(key) != new.get(key)]


def _from_to(key: str, old: str, new: str) -> str:
    return f"{_name(key)} from {old} to {new}" if old != new else _name(key)  # what differs does not show in short


def _name(key: str) -> str:
    return _NAMES.get(key, _cut(key.replace("_", " ")))


def _show(value: Any) -> str:
    if isinstance(value, list | tuple):
        return _cut(", ".join(map(_show, value))) or "nothing"
    if isinstance(value, dict):
        return _cut(value.get("name") or ", ".join(map(str, value.values())))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "nothing" if value is None or value == "" else f"{value:.12g}" if isinstance(value, float) else _cut(value)


def _cut(text: object) -> str:
    shown = str(text)
    return shown if len(shown) <= _LONGEST_NAME else f"{shown[: _LONGEST_NAME - 1]}…"


def _join(said: list[str]) -> str:
    """Return as many of the texts as fit into the line, and how many more there are."""
    line = said[0] if said else ""
    for number, text in enumerate(said[1:], start=1):
        if len(line) + len(text) > _LONGEST:
            return f"{line}; and {len(said) - number} more"
        line = f"{line}; {text}"
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
