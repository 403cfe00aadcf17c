"""What the tests of written verdicts share: a small file with every verdict, and one with hostile names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

import metrics
from metrics.checked import Checked, check
from metrics.policy import Policy, Rule
from metrics.schema import Schema, System

# What a column, a level, a system or a rule may be called by somebody who means harm, or just types freely.
HOSTILE = [
    "a|b",
    "`code` ``",
    "<script>alert(1)</script>",
    "</details><img src=x onerror=alert(1)>",
    "@octocat",
    "see https://evil.example/x or www.evil.example",
    "[text](https://evil.example)",
    "#1 and me@evil.example",
    "**bold** _it_ ~~no~~ $x$",
    "\x1b[2Jgone",
    "two\nlines\r\n| x |",
    "right\u202eleft",
    "]]><x>&amp;&#64;",
    "\"quotes\" 'and' more",
    "=1+1",
    "back\\slash\\|",
    "\ufffe\x0b",
]


def checked_of(
    groups: Mapping[str, tuple[int, int]],
    *rules: Rule,
    axis: str = "group",
    name: str = "Policy",
    systems: tuple[str | None, ...] = (None,),
    **policy: Any,
) -> Checked:
    """Return what rules on the error rate, say, make of groups with `wrong` of `all` predictions, positives all."""
    rows = [(g, int(i >= wrong)) for g, (wrong, n) in groups.items() for i in range(n)]
    frame = pd.DataFrame(rows, columns=[axis, "pred"]).assign(label=1)
    # One negative, so that both classes occur; it is of no group.
    frame.loc[len(frame)] = [None, 0, 0]
    columns = {f"pred{i or ''}": frame["pred"] for i in range(len(systems))}
    frame = pd.DataFrame({axis: frame[axis], "label": frame["label"], **columns})
    named = tuple(System(s, {"prediction": f"pred{i or ''}"}) for i, s in enumerate(systems))
    schema = Schema(columns={"label": "label"}, systems=named, positive=("1",))
    results = metrics.read_results(frame, schema, by=[axis], name="results.csv")
    cubes = metrics.count_cells(metrics.score(results))
    return check(results, cubes, Policy(name, rules, **policy))


def of_every_kind() -> Checked:
    """One rule with pass, fail and two undecided, one without data, one to publish, one on pairs."""
    return checked_of(
        {"good": (20, 1000), "bad": (600, 1000), "close": (180, 1000), "few": (1, 10)},
        Rule("errors", "error_rate", compare="value", at_most=0.2, exclude=("group is missing",)),
        Rule("none", "false_positive_rate", compare="value", at_most=0.2, exclude=("group is missing",)),
        Rule("figures", "selection_rate", compare="value", publish=True, note="As agreed."),
        Rule("spread", "error_rate", compare="spread", at_most=0.3),
        name="All of it",
        description="What we decided.",
        source="Minutes",
    )


def hostile(name: str) -> Checked:
    """Everything that can have a name is called this."""
    return checked_of(
        {name: (20, 100), "other": (50, 100)},
        Rule(name, "error_rate", at_most=0.05, note=name),
        Rule("pairs", "error_rate", compare="spread", at_most=0.05),
        axis=f"axis {' '.join(name.split())}",  # reading makes one space of what separates words
        name=name,
        systems=(name, "second"),
        description=name,
        source=name,
    )
