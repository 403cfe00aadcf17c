"""Whether a verdict hangs on a choice: the same policy with other baselines, thresholds and edges of bins."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pandas as pd

from metrics.answers import name_baseline, name_slice
from metrics.compare import BASELINES
from metrics.cube import Cubes, count_cells
from metrics.errors import Finding
from metrics.estimate import choose_groupings
from metrics.formatting import format_count
from metrics.judge import judge, judge_rules
from metrics.levels import number_text
from metrics.policy import Policy, Rule
from metrics.progress import Progress, Tell
from metrics.question import drop_only_name
from metrics.results import Results
from metrics.schema import Attribute, Schema
from metrics.scored import score

__all__ = ["COLUMNS", "Read", "find_sensitive", "say_sensitive", "vary_verdicts"]

COLUMNS = ["rule", "system", "slice", "setting", "was", "verdict"]

Read = Callable[[Schema], Results]

# How far a threshold is moved, as a share of the range from 0 to 1; edges move by a tenth of the narrowest bin.
_MOVE = 0.05
_EDGE = 0.1
_MOST_NAMES = 3


@dataclass(frozen=True)
class _Setting:
    """Another choice: its name in words, and the rules and cubes that go with it."""

    words: str
    cubes: Cubes
    rules: tuple[Rule, ...]


def vary_verdicts(
    results: Results, cubes: Cubes, policy: Policy, read: Read | None = None, progress: Tell | None = None
) -> pd.DataFrame:
    """Return the verdicts that would be others under another choice: a row each, those of whole rules first.

    Tried are the other baselines of rules that have one of the four; thresholds 0.05 of their range lower and higher,
    where scores are cut; and, with `read` (which reads the file again under another schema), edges of bins moved down
    and up by a tenth of the narrowest bin. `slice` is None for the verdict of a whole rule. Of other bins only whole
    rules are told, since the slices are others. `progress` is told how far it is; what it raises ends the work.
    """
    asked = tuple(rule for rule in policy.rules if not rule.publish)
    if not asked:
        return pd.DataFrame({column: [] for column in COLUMNS})
    work = Progress(progress)
    now = judge(cubes, replace(policy, rules=asked))
    settings = _settings(results, cubes, asked, read)
    found: list[tuple[object, ...]] = []
    for number, setting in enumerate(settings):
        work(f"Trying {setting.words}", 1 - 0.8**number)  # how many there are is found out on the way
        found += _differences(now, policy, setting)
    table = pd.DataFrame(found, columns=COLUMNS)
    whole = table["slice"].isna().to_numpy()
    return table.iloc[np.lexsort((np.arange(len(table)), ~whole))].reset_index(drop=True)


def find_sensitive(changes: pd.DataFrame) -> list[Finding]:
    """Return a note for each rule of which some verdict would be another, from `vary_verdicts`."""
    cure = "Choose by what the setting means, not by what it gives, and report that it matters."
    names = dict.fromkeys(changes["rule"])
    return [Finding("note", f"rule {n!r}", say_sensitive(changes[changes["rule"] == n]), cure) for n in names]


def say_sensitive(changes: pd.DataFrame) -> str:
    """Say which verdicts of one rule would be others under which choices.

    "is fail; it would be undecided with everyone as the baseline. For sex = f it would be ..."
    """
    whole = changes[changes["slice"].isna()]
    said = []
    for system, of_system in whole.groupby("system", sort=False, dropna=False):
        named = f" for {system}" if isinstance(system, str) else ""
        ways = [f"{verdict} {_and(list(of['setting']))}" for verdict, of in of_system.groupby("verdict", sort=False)]
        said.append(f"is {of_system['was'].iloc[0]}{named}; it would be {', and '.join(ways)}.")
    parts = changes[changes["slice"].notna()]
    if len(parts):
        names = dict.fromkeys(name_slice(s) for s in parts["slice"])
        more = f" and {format_count(len(names) - _MOST_NAMES)} more" if len(names) > _MOST_NAMES else ""
        settings = _and(list(dict.fromkeys(parts["setting"])))
        start = "The verdict" if said else "keeps its verdict, but that"
        said.append(f"{start} of {'; '.join(list(names)[:_MOST_NAMES])}{more} would be another {settings}.")
    return " ".join(said)


def _and(words: list[str]) -> str:
    *before, last = words
    return f"{', '.join(before)} or {last}" if before else last


# -- the other choices ---------------------------------------------------------------------------


def _settings(results: Results, cubes: Cubes, rules: tuple[Rule, ...], read: Read | None) -> Iterator[_Setting]:
    for baseline in BASELINES:
        others = [rule for rule in rules if _has_baseline(rule) and rule.baseline != baseline]
        if others:
            changed = tuple(replace(rule, baseline=baseline) for rule in others)
            yield _Setting(f"against {name_baseline(baseline)}", cubes, changed)
    for threshold in _thresholds(cubes):
        again = _named(count_cells(score(results, threshold=threshold)), cubes)
        yield _Setting(f"with a threshold of {number_text(threshold)}", again, rules)
    if read is None:
        return
    for attribute, moved in _bins(results.schema):
        those = tuple(rule for rule in rules if _uses(rule, cubes, attribute.column))
        if those:
            schema = results.schema
            attributes = tuple(moved if a.column == moved.column else a for a in schema.attributes)
            again = _named(count_cells(score(read(replace(schema, attributes=attributes)))), cubes)
            edges = ", ".join(map(number_text, moved.edges))
            yield _Setting(f"with {attribute.column} cut at {edges}", again, those)


def _has_baseline(rule: Rule) -> bool:
    return not rule.in_pairs and rule.compare != "value" and rule.baseline in BASELINES


def _named(again: Cubes, cubes: Cubes) -> Cubes:
    """Return cubes whose system goes without its name where that of the others does."""
    return drop_only_name(again) if cubes[0].system is None else again


def _thresholds(cubes: Cubes) -> list[float]:
    """Return thresholds a little lower and higher than that of the scores, in the units they are kept in."""
    cube = cubes[0]
    threshold, scored = cube.definitions.get("threshold"), cube.scored
    if threshold is None or scored is None or scored.score is None:
        return []
    low, high = float(np.nanmin(scored.score)), float(np.nanmax(scored.score))
    step = _MOVE * (1.0 if low >= 0 and high <= 1 else high - low)
    return [round(threshold + move, 12) for move in (-step, step) if low < threshold + move <= high]


def _bins(schema: Schema) -> Iterator[tuple[Attribute, Attribute]]:
    """Yield each attribute that is cut into bins, with the same cut a little lower and higher."""
    for attribute in schema.attributes:
        edges = attribute.edges
        if not edges:
            continue
        narrowest = min((b - a for a, b in pairwise(edges)), default=abs(edges[0]) or 1.0)
        whole = all(float(edge).is_integer() for edge in edges)
        step = max(1.0, round(_EDGE * narrowest)) if whole else _EDGE * narrowest
        for move in (-step, step):
            yield attribute, replace(attribute, edges=tuple(round(edge + move, 12) for edge in edges), order=())


def _uses(rule: Rule, cubes: Cubes, column: str) -> bool:
    return any(column in names for names in choose_groupings(cubes[0], rule.by, everyone=False))


def _differences(now: pd.DataFrame, policy: Policy, setting: _Setting) -> Iterator[tuple[object, ...]]:
    rules = replace(policy, rules=setting.rules)
    then = judge(setting.cubes, rules)
    same_slices = "cut at" not in setting.words
    for rule in setting.rules:
        one = replace(policy, rules=(rule,))
        before, after = (frame[frame["rule"] == rule.name] for frame in (now, then))
        for system in dict.fromkeys(before["system"]):
            own = [_of_system(frame, system) for frame in (before, after)]
            was, would = (judge_rules(frame, one)["verdict"].iloc[0] for frame in own)
            if was != would:
                yield rule.name, system, None, setting.words, was, would
            if same_slices and not rule.in_pairs:
                verdicts = [dict(zip(f["slice"], f["verdict"], strict=True)) for f in own]
                for cell, verdict in verdicts[0].items():
                    if verdicts[1].get(cell, verdict) != verdict:
                        yield rule.name, system, cell, setting.words, verdict, verdicts[1][cell]


def _of_system(frame: pd.DataFrame, system: str | None) -> pd.DataFrame:
    return frame[np.fromiter((s == system for s in frame["system"]), bool, len(frame))]
