"""The form of one rule: a sentence with fields. Nothing of the policy changes until the rule is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from dashboard import policies, state
from dashboard.finding_list import show_findings
from dashboard.parts import say
from dashboard.view import Loaded
from metrics.answers import name_baseline
from metrics.criteria import CRITERIA
from metrics.errors import ResultsError
from metrics.families import families_of
from metrics.policy import Policy, Rule, write_grouping
from metrics.policy_form import Unit, read_limit, show_limit, unit_of_limit
from metrics.registry import Metric
from metrics.verdict_words import say_rule

__all__ = ["draw_editor", "propose_rule"]

_EVERYONE = "(everyone)"
_METRIC, _CRITERION = "metric", "criterion"
_COMPARE = {
    "difference": "differs",
    "ratio": "compares as a ratio",
    "value": "in itself",
    "spread": "between any two groups",
}
_OF_CRITERIA = {"difference": "differs", "ratio": "compares as a ratio"}
_CORRECTIONS = {"holm": "for all groups of the rule (Holm)", "none": "not at all"}
_UNITS: Mapping[Unit, str] = {"points": " (points)", "%": " (%)", "times": " (times)", "": ""}
_MOST = 10**12  # what a field of a browser holds without rounding
_MOST_PAIRS = 8  # attributes: of more, crossings are typed


@dataclass(frozen=True)
class _Fields:
    """The keys of the fields, which are new ones each time that a rule is opened."""

    token: int

    def __getitem__(self, name: str) -> str:
        return f"policy_rule_{self.token}_{name}"


def propose_rule(loaded: Loaded, metric: str, policy: Policy | None) -> Rule:
    """Return a rule to begin with: on the metric that is looked at, with a name that no other rule has."""
    title = loaded.metrics[metric].title.lower()
    taken = {rule.name for rule in policy.rules} if policy is not None else set()
    name = next(n for n in (title, *(f"{title} {i}" for i in range(2, 1000))) if n not in taken)
    share = loaded.metrics[metric].unit == "share"
    return Rule(name, metric=metric, at_most=0.05 if share else None)


def draw_editor(loaded: Loaded, policy: Policy | None, rule: Rule, place: int) -> None:
    """Draw the form of a rule, and put it into the policy once it is kept."""
    key = _Fields(policies.edited()[1])
    with st.container(border=True):
        tree = _draw_fields(loaded, rule, key)
        changed, problems = _try(policy, place, tree)
        if changed is not None:
            say(say_rule(changed.rules[place], loaded.metrics))
        with st.container(horizontal=True):
            kept = st.button("Keep this rule", key="policy_keep", type="primary", icon=":material/check:")
            st.button("Leave it as it was", key="policy_leave", on_click=policies.edit, args=(None,))
        if kept and changed is not None:
            policies.use(changed)
            st.rerun()
        if kept and problems is not None:
            st.error("This rule cannot be kept yet; nothing else is changed.", icon=":material/block:")
            show_findings(problems.findings, key="policy_problems")


def _try(policy: Policy | None, place: int, tree: Mapping[str, Any]) -> tuple[Policy | None, ResultsError | None]:
    try:
        return policies.change_rule(policy or Policy("Policy", ()), place, tree), None
    except ResultsError as error:
        return None, error


def _draw_fields(loaded: Loaded, rule: Rule, key: _Fields) -> dict[str, Any]:
    """Draw the fields in the order of a sentence, and return the tree of the rule that they make up."""
    with st.grid(4, min_column_width=180):
        kind, name = _choose_what(loaded, rule, key)
        ways = _OF_CRITERIA if kind == _CRITERION else _COMPARE
        compare = _choose("How", ways, rule.compare, key["compare"])
        tree: dict[str, Any] = {kind: name, "compare": compare}
        if kind == _METRIC and compare in ("difference", "ratio"):
            tree["baseline"] = _choose_baseline(loaded, rule, key)
        tree |= _choose_groups(loaded, rule, key)
    metric = loaded.metrics.get(name) if kind == _METRIC else _metric_of(name, loaded.metrics)
    publish = st.checkbox("A figure to publish: no limit, no verdict", value=rule.publish, key=key["publish"])
    with st.grid(4, min_column_width=180):
        if publish:
            tree["publish"] = True
        else:
            in_pairs = compare == "spread" or (kind == _CRITERION and compare == "difference")
            tree |= _limit(rule, metric, compare, "at_most", "At most", key)
            tree |= {} if in_pairs else _limit(rule, metric, compare, "at_least", "At least", key)
        tree["name"] = st.text_input("Name of the rule", value=rule.name, key=key["name"]).strip()
        tree["min_units"] = int(
            st.number_input(
                "Fewest units to judge by",
                min_value=1,
                max_value=_MOST,
                value=min(rule.min_units, _MOST),
                step=1,
                key=key["min_units"],
            )
        )
    with st.expander("Confidence, exclusions and more"):
        tree |= _draw_more(loaded, rule, key)
    return {name: value for name, value in tree.items() if value is not None and value != ""}


def _choose_what(loaded: Loaded, rule: Rule, key: _Fields) -> tuple[str, str]:
    """Draw the choice of a metric or a criterion, and return which of both it is, and its name."""
    titles = {f"{_METRIC}:{n}": m.title for n, m in loaded.metrics.items()}
    titles |= {
        f"{_CRITERION}:{c.name}": f"{c.title} (criterion)"
        for c in CRITERIA
        if c.metrics and set(c.metrics) <= loaded.cubes[0].metrics.keys()
    }
    now = f"{_CRITERION}:{rule.criterion}" if rule.criterion is not None else f"{_METRIC}:{rule.metric}"
    titles.setdefault(now, now.partition(":")[2])
    chosen = _choose("What", titles, now, key["what"])
    kind, _, name = chosen.partition(":")
    return kind, name


def _choose_baseline(loaded: Loaded, rule: Rule, key: _Fields) -> str:
    options = {name: name_baseline(name) for name in (*state.baselines(loaded), rule.baseline)}
    return _choose("From", options, rule.baseline, key["baseline"])


def _choose_groups(loaded: Loaded, rule: Rule, key: _Fields) -> dict[str, Any]:
    names = [*families_of(loaded.axes), *(a.name for a in loaded.axes)]
    few = names if len(names) <= _MOST_PAIRS else []
    crossed = [write_grouping((a, b)) for i, a in enumerate(few) for b in few[i + 1 :]]
    now = [_EVERYONE] if rule.by == () else [write_grouping(names) for names in rule.by or ()]
    options = list(dict.fromkeys([*(write_grouping((n,)) for n in names), *crossed, _EVERYONE, *now]))
    chosen = st.multiselect(
        "Groups by",
        options,
        default=now,
        key=key["by"],
        accept_new_options=True,
        placeholder="each attribute alone",
        help="Attributes that groups are formed by. Type several with commas between for where they meet: sex,age.",
    )
    return {"by": [text for text in chosen if text != _EVERYONE]} if chosen else {}


def _limit(
    rule: Rule, metric: Metric | None, compare: str, name: str, label: str, key: _Fields
) -> dict[str, float | None]:
    """Draw the field of a limit in its own unit. A change of the unit is a new field: 5 points are no 5 times."""
    unit = unit_of_limit(compare, metric)
    same = unit == unit_of_limit(rule.compare, metric)
    number = st.number_input(
        f"{label}{_UNITS[unit]}",
        value=_fit(show_limit(getattr(rule, name), unit)) if same else None,
        key=key[f"{name}_{unit or 'number'}"],
        format="%.12g",
        step=1.0 if unit in ("points", "%") else 0.05,
        placeholder="no limit",
    )
    return {name: read_limit(number, unit)}


def _fit(number: float | None) -> float | None:
    """Return a number that a field can hold; None where it cannot, and the limit has to be typed anew."""
    return number if number is not None and abs(number) <= _MOST else None


def _draw_more(loaded: Loaded, rule: Rule, key: _Fields) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    with st.grid(4, min_column_width=180):
        confidence = st.number_input(
            "Confidence (%)", value=show_limit(rule.confidence, "%"), key=key["confidence"], format="%.12g", step=1.0
        )
        tree["confidence"] = read_limit(confidence, "%")
        tree["correction"] = _choose("Corrected", _CORRECTIONS, rule.correction, key["correction"])
        if len(loaded.systems) > 1:
            every = {"": "every model"} | {str(s): str(s) for s in (*loaded.systems, rule.system) if s is not None}
            tree["system"] = _choose("Model", every, rule.system or "", key["system"])
        else:
            tree["system"] = rule.system
        below = st.number_input(
            "Leave out groups under (% of all rows)",
            value=show_limit(rule.exclude_below, "%"),
            key=key["exclude_below"],
            format="%.12g",
            step=1.0,
            placeholder="none",
        )
        tree["exclude_below"] = read_limit(below, "%")
    text = st.text_area(
        "Leave out groups where (a condition a line)",
        value="\n".join(rule.exclude),
        key=key["exclude"],
        height=80,
        placeholder="race = 'Other'",
    )
    tree["exclude"] = [line.strip() for line in text.splitlines() if line.strip()]
    tree["note"] = st.text_input("Note", value=rule.note, key=key["note"]).strip()
    return tree


def _metric_of(criterion: str, metrics: Mapping[str, Metric]) -> Metric | None:
    """Return the first metric of a criterion, whose unit is that of its limits."""
    names = next((c.metrics for c in CRITERIA if c.name == criterion), ())
    return next((metrics[name] for name in names if name in metrics), None)


def _choose(label: str, titles: Mapping[str, str], now: str, key: str) -> str:
    options = list(titles)
    title: Callable[[str], str] = lambda option: titles.get(option, str(option))  # noqa: E731
    chosen = st.selectbox(label, options, index=options.index(now) if now in options else 0, key=key, format_func=title)
    return chosen if chosen in titles else options[0]
