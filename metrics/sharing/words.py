"""What is in something shared, in words for whoever shares it: what is shown, what is hidden and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from metrics.cube import count_cells
from metrics.scored import Scored
from metrics.sharing.examples import say_draw
from metrics.sharing.share import can_share, leave_out_unknown
from metrics.sharing.shared_cube import Shared
from metrics.sharing.small import SameOfAll, find_same_of_all, find_small

__all__ = ["Contents", "say_contents", "say_examples", "say_same_of_all", "tell_contents"]


@dataclass(frozen=True)
class Contents:
    """How many slices are shown; how many are hidden for themselves, and how many more so that those stay hidden.

    A slice counts once a system. `not_shared` names the metrics of the file that need its rows, `same_of_all` the
    shares that say of everybody what came out.
    """

    shown: int
    small: int
    more: int
    not_shared: tuple[str, ...]
    same_of_all: tuple[SameOfAll, ...] = ()


def tell_contents(shared: Shared, scored: Sequence[Scored]) -> Contents:
    """Return what is in something that was shared of these units."""
    shown = small = more = 0
    kept, _ = leave_out_unknown(scored, shared.terms)
    cubes = count_cells(kept)
    for ours, theirs in zip(cubes, shared.cubes, strict=True):
        for names, grouping in theirs.groupings.items():
            hidden = grouping.rows.sum(axis=1) == 0
            few = find_small(ours, ours.by(names), shared.terms)
            shown += int((~hidden).sum())
            small += int((hidden & few).sum())
            more += int((hidden & ~few).sum())
    metrics = {name: metric for s in scored for name, metric in s.metrics.items() if metric.listed}
    not_shared = tuple(name for name, metric in metrics.items() if not can_share(metric))
    return Contents(shown, small, more, not_shared, tuple(find_same_of_all(cubes, shared.terms.metrics)))


def say_contents(shared: Shared, contents: Contents) -> list[str]:
    """Return sentences that say what is in it. Names in them are text of a user."""
    terms = shared.terms
    groupings = "; ".join(", ".join(names) for names in terms.groupings) or "no groups"
    clustered = any(cube.has_clusters for cube in shared.cubes)
    people = "clusters or rows" if clustered and terms.people == "clusters" else "rows"
    told = [
        f"Of {shared.units:,} rows: everyone, and groups by {groupings}; {_count(len(terms.metrics), 'metric')}.",
        f"{_count(contents.shown, 'slice')} shown.",
    ]
    if contents.small:
        told.append(
            f"{_count(contents.small, 'slice')} hidden: fewer than {terms.min_cell} {people}, or a share of so few "
            "that it would say of each what came out."
        )
    if contents.more:
        told.append(f"{_count(contents.more, 'slice')} hidden as well, or one could work out what those hold.")
    told += map(say_same_of_all, contents.same_of_all)
    if shared.left_out:
        named = ", ".join(repr(name) for name in shared.left_out)
        told.append(f"Rows without a value of {named} are part of nothing: they are too few.")
    if contents.not_shared:
        told.append(f"Not shared, because they need the rows: {', '.join(contents.not_shared)}.")
    return told


def say_same_of_all(found: SameOfAll) -> str:
    """Say that a share is 0 or 1 of everybody. Names in it are text of a user."""
    of = "" if found.system is None else f" of {found.system}"
    share = "100" if found.is_all else "0"
    return (
        f"{found.title}{of} is {share} % of all {found.units:,} whom it is about: whoever reads it knows of each what "
        "came out. No slice is hidden for that, since everyone's value says it already."
    )


def say_examples(shared: Shared) -> list[str]:
    """Return lines that hold all the words that go along, none where none do. They are text of a user."""
    examples, systems = shared.examples, shared.cubes.systems
    if examples is None:
        return []
    lines = say_draw(examples, systems) if examples else ["No transcript goes along: none leaves enough others."]
    for number, example in enumerate(examples.told, 1):
        lines.append(f"{number}. {examples.slice_of(example).title if examples.axes else ''}".rstrip())
        lines.append(f"   said: {example.said or '(nothing)'}")
        for system, heard in zip(systems, example.heard, strict=True):
            lines.append(f"   heard{f' by {system}' if system else ''}: {heard or '(nothing)'}")
    return lines


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'s' if number != 1 else ''}"
