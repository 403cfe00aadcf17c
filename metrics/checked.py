"""A policy held against a file: its verdicts in one piece, with the counts that they rest on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import pandas as pd

from metrics.compare import BASELINES
from metrics.criteria import CRITERIA
from metrics.cube import Cube, Cubes
from metrics.errors import Finding
from metrics.estimate import estimate
from metrics.exclusions import policy_findings
from metrics.judge import judge, judge_rules
from metrics.policy import Policy, Rule
from metrics.predicates import parse_predicate
from metrics.progress import SILENT, Progress
from metrics.registry import Metric
from metrics.results import Results
from metrics.slices import Slice
from metrics.verdict import FAIL, NO_DATA_VERDICT, PASS, UNDECIDED

__all__ = ["Checked", "UndecidedIs", "attributes_of", "check", "exit_code", "metrics_of"]

# What `undecided` counts as in an exit code and for a pipeline.
UndecidedIs = Literal["fail", "pass"] | None

PASSED, FAILED_POLICY, NOT_DECIDED = 0, 1, 3

COUNTS = ["slice", "system", "metric", "top", "below", "units", "clusters"]


@dataclass(frozen=True, eq=False)
class Checked:
    """What a policy says of a file.

    `verdicts` and `rules` are the tables of `metrics.judge`; `counts` has the columns `COUNTS`, one row a slice,
    system and metric that a rule speaks of, also of slices that it excludes. `findings` are of the policy: what it
    leaves out. `metrics` maps names to the metrics that the verdicts speak of.
    """

    results: Results
    policy: Policy
    verdicts: pd.DataFrame
    rules: pd.DataFrame
    counts: pd.DataFrame
    findings: tuple[Finding, ...]
    metrics: Mapping[str, Metric]

    @property
    def verdict(self) -> str | None:
        """Of the whole policy: `fail` if a rule fails, `pass` if all pass; None if all its figures are to publish."""
        judged = [v for v in self.rules["verdict"] if v is not None]
        if not judged:
            return None
        if FAIL in judged:
            return FAIL
        alike = set(judged)
        return judged[0] if len(alike) == 1 and alike <= {PASS, NO_DATA_VERDICT} else UNDECIDED

    def verdict_of(self, rule: Rule) -> str | None:
        """Return the verdict of one rule; None for figures to publish."""
        verdict: str | None = self.rules.loc[self.rules["rule"] == rule.name, "verdict"].iloc[0]
        return verdict

    def counts_of(self, cell: Slice, system: str | None, metric: str) -> Mapping[str, Any] | None:
        """Return the counts of a slice, None where there are none."""
        return self._counts.get((cell, system, metric))

    @cached_property
    def _counts(self) -> Mapping[tuple[Slice, str | None, str], Mapping[str, Any]]:
        rows = ({str(k): v for k, v in row.items()} for row in self.counts.to_dict("records"))
        return {(row["slice"], row["system"], row["metric"]): row for row in rows}


def check(results: Results, cubes: Cubes, policy: Policy, *, seed: int = 0, progress: Progress = SILENT) -> Checked:
    """Judge the counts of `results` by a policy. Raises QuestionError for what they do not hold."""
    progress("Judging every group", 0.1)
    verdicts = judge(cubes, policy, seed=seed)
    progress("Counting what the verdicts rest on", 0.8)
    counts = _count(cubes, policy)
    if len(cubes) == 1:  # a policy may call the only system by its name; nobody else needs it
        verdicts, counts = (table.assign(system=None) for table in (verdicts, counts))
    return Checked(
        results,
        policy,
        verdicts,
        rules=judge_rules(verdicts, policy),
        counts=counts,
        findings=tuple(policy_findings(cubes, policy)),
        metrics={m.name: m for cube in cubes for m in cube.metrics.values()},
    )


def exit_code(verdicts: pd.DataFrame, rules: pd.DataFrame, undecided_is: UndecidedIs = None) -> int:
    """Return 0 if everything passes, 1 if anything fails, 3 if nothing fails but something is not decided.

    `undecided_is` says what undecided counts as; without data there is neither, and so a rule without a group and a
    policy without a limit end with 3. Frames as those of `metrics.judge`.
    """
    judged = rules.loc[rules["verdict"].notna(), "rule"]
    found = set(verdicts.loc[verdicts["rule"].isin(judged), "verdict"])
    if FAIL in found or (UNDECIDED in found and undecided_is == "fail"):
        return FAILED_POLICY
    empty = not set(judged) <= set(verdicts["rule"])
    if empty or not found or NO_DATA_VERDICT in found or (UNDECIDED in found and undecided_is is None):
        return NOT_DECIDED
    return PASSED


def metrics_of(rule: Rule) -> tuple[str, ...]:
    """Return the names of the metrics that a rule looks at.

    >>> metrics_of(Rule("r", criterion="equalized_odds", at_most=0.1))
    ('true_positive_rate', 'false_positive_rate')
    """
    if rule.metric is not None:
        return (rule.metric,)
    return next((c.metrics for c in CRITERIA if c.name == rule.criterion), ())


def attributes_of(rule: Rule) -> tuple[str, ...]:
    """Return the attributes that a rule names: in `by`, in a baseline that is a slice, in what it excludes.

    >>> attributes_of(Rule("r", "accuracy", baseline="sex = f", by=(("race",),), exclude=("age = '< 25'",)))
    ('race', 'sex', 'age')
    """
    named = [name for names in rule.by or () for name in names]
    if rule.baseline not in BASELINES:
        named += Slice.parse(rule.baseline).axes
    named += [column for text in rule.exclude for column in parse_predicate(text).columns]
    return tuple(dict.fromkeys(named))


def _count(cubes: Cubes, policy: Policy) -> pd.DataFrame:
    """Return the counts behind the verdicts, each slice, system and metric once."""
    rows: dict[Any, list[Any]] = {}
    for rule in policy.rules:
        for cube in _systems_of(cubes, rule):
            of_rule = estimate(cube, rule.by, [m for m in metrics_of(rule) if m in cube.metrics])
            for row in of_rule[COUNTS].itertuples(index=False, name=None):
                rows.setdefault(row[:3], list(row))
    return pd.DataFrame(list(rows.values()), columns=COUNTS)


def _systems_of(cubes: Cubes, rule: Rule) -> Iterator[Cube]:
    return (cube for cube in cubes if rule.system is None or cube.system == rule.system)
