"""Publishing: what a reader will see of data, worked out before anything is shared, and the bundle of it.

Nothing here draws. What is handed over are scored rows; what comes back has none.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import pandas as pd

from dashboard.workspace import Report, Workspace
from metrics.answers import name_slice
from metrics.errors import QuestionError
from metrics.families import families_of
from metrics.progress import Progress, Tell
from metrics.registry import Metric
from metrics.results import Results
from metrics.schema import Schema
from metrics.scored import Axis, Scored
from metrics.sharing.bundle import SUFFIX, read_bundle, write_bundle
from metrics.sharing.memory import recall, remember
from metrics.sharing.share import share
from metrics.sharing.shared_cube import Shared
from metrics.sharing.terms import Terms, groupings_up_to
from metrics.sharing.words import say_same_of_all, tell_contents
from metrics.slices import Slice

__all__ = [
    "DAYS_OPENED",
    "MOST_GROUPINGS",
    "UNCLAIMED_FOR",
    "HandedOn",
    "Preview",
    "Published",
    "choose_groupings",
    "count_units",
    "hand_on",
    "is_bundle_name",
    "keep_bundle",
    "list_slices",
    "name_grouping",
    "prepare",
    "publish",
    "retitle",
    "why_not_shared",
]

DAYS_OPENED = 30
UNCLAIMED_FOR = 900.0  # seconds in which somebody has to look at the links of what was published
MOST_GROUPINGS = 150  # tables of a report; beyond, it takes minutes to make, and nobody reads them


@dataclass(frozen=True, eq=False)
class Preview:
    """What a reader will see: all of it, and what is told of it before.

    `groupings` has a row per grouping: groups by, shown, hidden. `hidden` has a row per hidden slice: groups by,
    group. `left_out` counts the rows that are part of nothing. `before` is what was remembered of earlier reports of
    the same rows when this was worked out, `memory` what is to be remembered of this one. `same_of_all` are sentences
    on what it says of everybody.
    """

    shared: Shared
    groupings: pd.DataFrame
    hidden: pd.DataFrame
    left_out: int
    memory: str
    before: tuple[str, ...] = ()
    same_of_all: tuple[str, ...] = ()

    @property
    def n_shown(self) -> int:
        return int(self.groupings["shown"].sum())

    @property
    def n_hidden(self) -> int:
        return len(self.hidden)


def choose_groupings(axes: Sequence[Axis], names: Sequence[str], order: int) -> tuple[tuple[str, ...], ...]:
    """Return every combination of up to `order` of the named attributes; a column of several labels names them all.

    Two labels of one column are never crossed with each other: a unit may have both.
    """
    families = set(families_of(axes))
    chosen = [a for a in axes if a.name in names or (a.family in names and a.family in families)]
    family = {a.name: a.family for a in chosen if a.family}
    found = groupings_up_to([a.name for a in chosen], order)
    return tuple(g for g in found if len({family.get(n, f"\0{n}") for n in g}) == len(g))


def name_grouping(names: Sequence[str]) -> str:
    """Return a grouping as one says it.

    >>> name_grouping(()), name_grouping(("sex", "age"))
    ('everyone', 'sex and age')
    """
    *before, last = names or ("everyone",)
    return f"{', '.join(before)} and {last}" if before else last


@dataclass(frozen=True)
class Published:
    """A published report, its owner's secret key, and how many more slices than its preview it hides.

    `ends` (epoch seconds) is until when it can be read once somebody has claimed it.
    """

    report: Report
    key: str
    more_hidden: int
    ends: float


@dataclass(frozen=True, eq=False)
class HandedOn:
    """A bundle that goes out as a file, and what is remembered of it: see `Published`."""

    bundle: bytes
    report: Report
    key: str
    more_hidden: int = 0


def prepare(
    read: Callable[[Schema], Results],
    results: Results,
    scored: Sequence[Scored],
    terms: Terms,
    before: Sequence[str],
    tell: Tell,
    rows: Sequence[str] = (),
) -> Preview:
    """Work out what is shared on these terms, `before` being what is remembered of earlier reports of the same rows.

    `read` reads these files under another schema; `rows` are the fingerprints of their rows. Raises QuestionError for
    what the data do not have, and where nothing can be shared.
    """
    whole = Progress(tell)
    earlier = [told for memory in before if memory for told in recall(memory, read, results, rows)]
    shared = share(results, scored, terms, earlier=earlier, progress=whole)
    groupings, hidden = [], []
    for names in terms.groupings:
        title, slices = name_grouping(names), list_slices(shared, names)
        gone = [s for s, is_shown in slices.items() if not is_shown]
        groupings.append({"groups by": title, "shown": len(slices) - len(gone), "hidden": len(gone)})
        hidden += [{"groups by": title, "group": name_slice(s)} for s in gone]
    return Preview(
        shared,
        pd.DataFrame(groupings, columns=["groups by", "shown", "hidden"]),
        pd.DataFrame(hidden, columns=["groups by", "group"]),
        count_units(scored[0]) - shared.units,
        remember(shared, scored, rows),
        tuple(before),
        tuple(map(say_same_of_all, tell_contents(shared, scored).same_of_all)),
    )


def publish(
    home: Workspace,
    preview: Preview,
    again: Callable[[Sequence[str], Tell], Preview],
    sources: Sequence[str],
    owner: str,
    readers: Sequence[str] | None,
    days: float,
    tell: Tell,
    seen: str = "",
) -> Published:
    """Keep what was previewed under a link of its own, for so many days; of nobody's, until it is claimed.

    Examples of transcripts are those that the owner has `seen`, by their digest, or nothing is published.

    Where something of the same rows (`sources`: sha256 of the files, and fingerprints) was shared since the preview, it
    is worked out `again`, and the title and the note stay. Raises ResultsError where there is no room, QuestionError
    for examples that nobody has seen.
    """
    wait = partial(tell, "Waiting for others who publish", 0.0)
    wait()
    with home.publishing(wait):
        shown, bundle = _write(home, preview, again, sources, tell, seen)
        tell("Publishing", 0.95)  # the last moment in which it can be stopped
        title, now = preview.shared.terms.title, time.time()
        ends = now + days * 86_400
        report, key = home.publish(
            bundle,
            title=title,
            owner=owner,
            readers=readers,
            ends=ends if owner else now + UNCLAIMED_FOR,
            sources=sources,
            memory=shown.memory,
            deed="published",
            detail=title,
            claimed=bool(owner),
        )
    return Published(report, key, shown.n_hidden - preview.n_hidden, ends)


def hand_on(
    home: Workspace,
    preview: Preview,
    again: Callable[[Sequence[str], Tell], Preview],
    sources: Sequence[str],
    owner: str,
    tell: Tell,
    seen: str = "",
) -> HandedOn:
    """Give what was previewed as a file, and remember what it shows like that of a report; see `publish`."""
    wait = partial(tell, "Waiting for others who publish", 0.0)
    wait()
    with home.publishing(wait):
        shown, bundle = _write(home, preview, again, sources, tell, seen)
        tell("Remembering what it shows", 0.95)
        title = preview.shared.terms.title
        claim_by = None if owner else time.time() + UNCLAIMED_FOR
        report, key = home.hand_on(
            bundle, title=title, owner=owner, sources=sources, memory=shown.memory, claim_by=claim_by
        )
    return HandedOn(bundle, report, key, shown.n_hidden - preview.n_hidden)


def _write(
    home: Workspace,
    preview: Preview,
    again: Callable[[Sequence[str], Tell], Preview],
    sources: Sequence[str],
    tell: Tell,
    seen: str,
) -> tuple[Preview, bytes]:
    """Return what is shared after all that was shared by now, and its bundle."""
    before, terms, shown = tuple(home.memories(sources)), preview.shared.terms, preview
    if before != preview.before:
        shown = again(before, tell)
        shown = replace(shown, shared=retitle(shown.shared, terms.title, terms.note))
    _check_seen(shown.shared, seen)
    tell("Writing the bundle", 0.9)
    return shown, write_bundle(shown.shared)


def _check_seen(shared: Shared, seen: str) -> None:
    """Raise QuestionError where words go along other than those that were `seen`, by their digest."""
    if shared.examples and shared.examples.digest != seen:
        raise QuestionError(
            "The transcripts that would go along are not those that you have looked at. Nothing was handed on; look at "
            "them, and publish then."
        )


def keep_bundle(bundle: bytes, name: str, owner: str, home: Workspace) -> tuple[Report, str]:
    """Check a bundle and keep it as a report that its opener alone knows of; return it and the key to remove it.

    Raises ResultsError where it is none.

    Nothing is remembered of what it shows: whoever made it holds the rows, here nobody does.
    """
    shared = read_bundle(bundle, name=name)
    return home.publish(
        bundle,
        title=shared.terms.title,
        owner=owner,
        readers=(owner,) if owner else None,
        ends=time.time() + DAYS_OPENED * 86_400,
        sources=(),
        memory="",
        deed="opened",
        detail=name,
    )


def is_bundle_name(name: str) -> bool:
    """Whether a file is called as bundles are.

    >>> is_bundle_name("Lending 2026.fairness.zip"), is_bundle_name("transcripts.zip")
    (True, False)
    """
    return name.lower().endswith(SUFFIX)


def count_units(scored: Scored) -> int:
    """Return how many units scored rows stand for."""
    return len(scored) if scored.multiplicity is None else int(scored.multiplicity.sum())


def retitle(shared: Shared, title: str, note: str) -> Shared:
    """Return the same under another title and note: they are texts alone, and nothing is counted again."""
    return replace(shared, terms=replace(shared.terms, title=title, note=note))


def why_not_shared(metric: Metric) -> str:
    """Say why a metric stays with the rows."""
    if metric.name.endswith("calibration_error"):
        return "it is made of a histogram of the scores"
    return "its limits are made of the rate of every single speaker"


def list_slices(shared: Shared, names: tuple[str, ...]) -> dict[Slice, bool]:
    """Return the slices of a grouping, each with whether it is shown, of every system."""
    found: dict[Slice, bool] = {}
    for cube in shared.cubes:
        grouping = cube.by(names)
        for cell, units in zip(grouping.slices, grouping.rows.sum(axis=1).tolist(), strict=True):
            found[cell] = bool(units) and found.get(cell, True)
    return found
