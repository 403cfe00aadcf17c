"""What goes with what in two sets: columns, models and levels, each confirmed by a person in a box."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import streamlit as st

from dashboard import kept_beside, people, second_set, state, uploads
from dashboard.match_edits import match_column, match_level, match_system
from dashboard.second_set import Pair, Refused
from dashboard.view import Loaded
from dashboard.words import count, join, plain
from metrics.errors import ResultsError, stop
from metrics.two_sets.match import Match

__all__ = ["draw_match", "offer_columns"]

_MOST = 30  # boxes; browsers draw no hundreds of them
_FILE, _TAKEN = "last_mile_match_file", "last_mile_match_taken"


def draw_match(loaded: Loaded, pair: Pair) -> None:
    """Draw what is on one side only and what was matched, with a box each; and the match as a file."""
    levels, columns = pair.suggestions.levels, pair.suggestions.columns
    near = int((levels["suggestion"] != "").sum() + (columns["suggestion"] != "").sum())
    matched = len(_matched_levels(pair.match)) + len(pair.match.columns) + len(pair.match.systems)
    alone = len(levels) + len(pair.suggestions.only_reference)
    said = [f"{count(near, 'suggestion')} to confirm"] * bool(near) + [f"{matched} matched"] * bool(matched)
    said += [f"{count(alone, 'level')} on one side only"] * bool(alone)
    attributes = len(pair.sets.axes) - len(pair.sets.shared)
    said += [f"{count(attributes, 'attribute')} on one side only"] * bool(attributes)
    title = f"What goes with what: {', '.join(said)}" if said else "What goes with what: everything, by its name"
    with st.expander(title, expanded=near > 0, icon=":material/link:", key="last_mile_match"):
        if near:
            st.button(
                f"Take all suggestions ({near})",
                key="last_mile_take_all",
                type="primary",
                icon=":material/done_all:",
                on_click=second_set.use,
                args=(pair.suggestions.apply(pair.match),),
            )
        _match_attributes(loaded, pair)
        _match_levels(pair)
        if len(loaded.systems) > 1 or len(pair.results.schema.systems) > 1:
            here = [s for s in map(str, loaded.systems) if s not in pair.sets.systems or s in pair.match.systems]
            _match_systems(pair.match, here, _systems_alone(pair))
        _list_alone(pair)
        _keep_as_file(pair.match)


def offer_columns(loaded: Loaded, match: Match, refused: Refused) -> None:
    """Draw a box for every column that the customer's file was found to lack, and for every model."""
    places = {f.where for f in refused.findings}
    wanting = [n for n in _columns_of(loaded) if f"column {n!r}" in places or n in match.columns]
    if wanting and refused.columns:
        st.markdown("**What these columns are called in the customer's set**")
        with st.grid(3, min_column_width=200):
            for name in wanting:
                _choose(
                    plain(name, 60),
                    "c" + name,
                    refused.columns,
                    match.columns.get(name),
                    partial(_match_column, name),
                    "has no such column",
                )
    if refused.systems:
        _match_systems(match, [str(s) for s in loaded.systems], refused.systems)
    _keep_as_file(match)


# -- levels --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Box:
    """A level of the customer's set: what it goes with by now, else what it may go with, and why."""

    attribute: str
    level: str
    here: str | None
    near: str = ""
    why: str = ""


def _match_levels(pair: Pair) -> None:
    """Draw a box for each level that only the customer has, and for each that was matched, with what is near it."""
    boxes = _list_boxes(pair)
    if not boxes:
        return
    st.markdown("**Levels of the customer's set that the reference does not have under that name**")
    st.caption("Choose the level of the reference that is the same. Nothing is merged before you say so.")
    known = {a.name: [level for level in a.levels if _is_here(pair, a.name, level)] for a in pair.sets.axes}
    with st.grid(3, min_column_width=220):
        for box, rows in boxes[:_MOST]:
            options = known.get(box.attribute, [])
            if box.here is not None and box.here not in options:
                options = [*options, box.here]
            _choose(
                f"{plain(box.attribute, 40)}: {plain(box.level, 60)} ({count(rows, 'row')})",
                f"l{box.attribute}\0{box.level}",
                options,
                box.here,
                partial(_match_level, box),
                f"Perhaps {box.near}" if box.near else "stands by itself",
                box.why,
            )
    if len(boxes) > _MOST:
        st.caption(f"{len(boxes) - _MOST:,} more are not shown here; match them in a file.")


def _list_boxes(pair: Pair) -> list[tuple[_Box, int]]:
    """Return the levels that have a box, with their rows, the most frequent first: a matched one stays in its place."""
    matched = {(a, level): _Box(a, level, here) for a, level, here in _matched_levels(pair.match)}
    new = {
        (str(r["attribute"]), str(r["customer_level"])): (str(r["suggestion"]), str(r["why"]))
        for r in pair.suggestions.levels.to_dict("records")
    }
    boxes = {(a, level): _Box(a, level, None, *told) for (a, level), told in new.items()} | matched
    counts = {
        attribute: pair.results.attributes[column].value_counts().to_dict()
        for attribute in {a for a, _ in boxes}
        if (column := pair.match.columns.get(attribute, attribute)) in pair.results.attributes
    }
    rows = [(box, int(counts.get(a, {}).get(level, 0))) for (a, level), box in boxes.items()]
    return sorted(rows, key=lambda row: (-row[1], row[0].attribute, row[0].level))


def _is_here(pair: Pair, attribute: str, level: str) -> bool:
    """Say whether a level of the two sets is one of the reference's own."""
    alone = pair.suggestions.levels
    mine = alone[alone["attribute"] == attribute]["customer_level"]
    return level not in set(map(str, mine))


def _matched_levels(match: Match) -> list[tuple[str, str, str]]:
    return [(a, there, here) for a, pairs in match.levels.items() for here, all_ in pairs.items() for there in all_]


def _match_level(box: _Box, match: Match, here: str | None) -> Match:
    return match_level(match, box.attribute, box.level, here)


# -- columns and systems -------------------------------------------------------------------------


def _match_attributes(loaded: Loaded, pair: Pair) -> None:
    """Draw a box for each attribute of the reference that the customer's file has under no such name."""
    there = set(pair.sets.shared)
    lacking = [a.name for a in loaded.axes if not a.family and not a.saved and a.name not in there]
    columns = [str(name) for name in pair.suggestions.columns["customer_column"]]
    near = {str(r["suggestion"]): r for r in pair.suggestions.columns.to_dict("records") if r["suggestion"]}
    chosen = dict(pair.match.columns)
    names = list(dict.fromkeys([*lacking, *chosen]))
    if not names or not (columns or chosen):
        return
    st.markdown("**Columns that the customer's set has under another name**")
    with st.grid(3, min_column_width=220):
        for name in names[:_MOST]:
            row = near.get(name)
            _choose(
                plain(name, 60),
                f"c{name}",
                list(dict.fromkeys([*columns, *([chosen[name]] if name in chosen else [])])),
                chosen.get(name),
                partial(_match_column, name),
                f"Perhaps {row['customer_column']}" if row else "has no such column",
                str(row["why"]) if row else "",
            )


def _match_column(here: str, match: Match, customer: str | None) -> Match:
    return match_column(match, here, customer)


def _match_system(here: str, match: Match, customer: str | None) -> Match:
    return match_system(match, here, customer)


def _match_systems(match: Match, here: Sequence[str], there: Sequence[str]) -> None:
    if not here or not there:
        return
    st.markdown("**Models: which of the customer's set is which of the reference**")
    with st.grid(3, min_column_width=220):
        for name in here[:_MOST]:
            options = list(dict.fromkeys([*there, *([match.systems[name]] if name in match.systems else [])]))
            _choose(
                plain(name, 60),
                f"s{name}",
                options,
                match.systems.get(name),
                partial(_match_system, name),
                "is in the reference only",
            )


def _systems_alone(pair: Pair) -> list[str]:
    """The customer's models that go with none of the reference."""
    met = {pair.match.systems.get(str(s), str(s)) for s in pair.sets.systems}
    return [s.title for s in pair.results.schema.systems if s.title is not None and s.title not in met]


def _columns_of(loaded: Loaded) -> list[str]:
    """The columns of the reference that have a role or are an attribute."""
    schema = loaded.results.schema
    named = [*schema.columns.values(), *(c for s in schema.systems for c in s.columns.values())]
    return list(dict.fromkeys([*named, *(a.column for a in schema.attributes)]))


# -- the rest ------------------------------------------------------------------------------------


def _choose(
    label: str,
    name: str,
    options: Sequence[str],
    now: str | None,
    change: Callable[[Match, str | None], Match],
    empty: str,
    why: str = "",
) -> None:
    """Draw a box that matches one thing; what is chosen holds at once, an emptied box takes it back."""
    key = "last_mile_" + hashlib.sha256(name.encode()).hexdigest()[:16]
    shown = now if now in options else None
    state.pick(**{key: shown})

    def choose() -> None:
        match = second_set.current_match()
        if state.is_changed(key, shown) and isinstance(match, Match):
            second_set.use(change(match, state.recall(key)))

    st.selectbox(
        label,
        options,
        index=None,
        key=key,
        placeholder=empty[:80],
        help=f"Suggested because {plain(why, 200)}." if why else None,
        on_change=choose,
    )


def _list_alone(pair: Pair) -> None:
    """List the reference's levels that the customer lacks: they are shown, and never left out."""
    only = pair.suggestions.only_reference
    if not len(only):
        return
    by_attribute = {
        str(a): [f"{r['level']} ({r['rows']:,})" for r in rows.to_dict("records")]
        for a, rows in only.groupby("attribute", sort=False)
    }
    st.markdown("**Levels that only the reference has** (with their rows)")
    for attribute, levels in by_attribute.items():
        told = join(levels[:12]) + (f" and {len(levels) - 12} more" if len(levels) > 12 else "")
        st.markdown(f"- {plain(attribute, 60)}: {plain(told, 600)}")


def _keep_as_file(match: Match) -> None:
    """Draw what the match is as a file, and where a file of it comes in."""
    with st.container(horizontal=True, vertical_alignment="center"):
        if match != Match():
            st.download_button(
                "Download the match",
                data=match.dumps(),
                file_name="match.toml",
                mime="application/toml",
                key="last_mile_download",
                on_click="ignore",
                icon=":material/download:",
                help="For the command: fairness-dashboard compare REFERENCE CUSTOMER --match match.toml",
            )
            st.button(
                "Take it all back",
                key="last_mile_unmatch",
                icon=":material/undo:",
                on_click=second_set.use,
                args=(Match(),),
            )
        with st.popover("From a file", icon=":material/upload_file:"):
            if people.offer_upload("open a match file"):
                st.file_uploader("A match file (TOML)", ["toml"], key=_FILE, max_upload_size=1, on_change=_take_file)
    if kept_beside.is_match_kept():
        st.caption("The match is kept with the data, for these two sets.")
    elif not state.is_match_in_address():
        st.caption("The match is too long for the address: it is kept until this page is closed. Download it.")


def _take_file() -> None:
    file = state.recall(_FILE)
    if file is None or file.file_id == state.recall(_TAKEN):  # see `state.is_changed`
        return
    state.remember(_TAKEN, file.file_id)
    where = f"match file '{file.name}'"
    try:
        if file.size > state.MOST_OF_POLICY:
            raise stop(where, f"is larger than {state.MOST_OF_POLICY // 1000} kB.", "A match is a short text.")
        second_set.use(Match.loads(file.getvalue().decode("utf-8-sig"), where))
    except UnicodeDecodeError:
        uploads.complain(f"{where} is not UTF-8 text. Save it as UTF-8.")
    except ResultsError as error:
        uploads.complain(str(error))
