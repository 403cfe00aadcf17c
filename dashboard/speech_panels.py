"""What the Slices page adds for transcripts: kinds of errors, and of a chosen slice its terms and its adjusted gap."""

from __future__ import annotations

from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import controls, state
from dashboard.charts.error_kinds import describe_kinds, draw_kinds, table_kinds
from dashboard.parts import say, show_figure, show_table
from dashboard.state import BIND
from dashboard.view import Loaded, View
from dashboard.words import count, join, plain
from metrics.adjusted import AdjustedGap, Gap
from metrics.adjusted_slice import UTTERANCE_WORDS, adjust_slice, list_covariates, say_adjusted
from metrics.answers import name_slice
from metrics.error_kinds import KINDS, say_kinds
from metrics.errors import QuestionError
from metrics.estimate import estimate
from metrics.families import leave_out_rest
from metrics.formatting import format_count, format_interval, format_p, format_percent, format_points, format_ratio
from metrics.progress import Progress, Tell
from metrics.results import Results
from metrics.scored import Scored
from metrics.slices import Slice
from metrics.term_table import compare_terms, find_terms
from metrics.utterances import has_transcripts

__all__ = ["draw_error_kinds", "draw_slice"]

_RATE = "word_error_rate"
_MOST_DRAWN = 40
_MOST_TERMS = 200


def draw_error_kinds(loaded: Loaded, view: View) -> None:
    """Draw what the word errors of every slice are made of; nothing where the kinds of errors are not known."""
    metrics = loaded.of(view)[0].metrics
    if not {*KINDS, _RATE} <= metrics.keys():
        return
    options: dict[str, Any] = {"confidence": view.confidence, "min_units": view.min_units}
    (found,) = controls.ask(loaded, partial(estimate, loaded.of(view), view.groupings, [*KINDS, _RATE], **options))
    found = leave_out_rest(found, loaded.axes)
    st.subheader("What the errors are made of", anchor=False)
    say(*say_kinds(found))
    table = table_kinds(found)
    show_figure(
        draw_kinds(found, metrics, most=_MOST_DRAWN, theme=state.theme().name),
        key="slices_kinds",
        alt=describe_kinds(found, most=_MOST_DRAWN),
        table=table,
    )
    st.caption(
        "Many deletions: the system is silent for that group. Many insertions: it writes words that nobody said."
    )
    with st.expander("The same as a table"):
        show_table(table, key="slices_kinds_table", alt="Kinds of word errors of every group")


def draw_slice(loaded: Loaded, view: View, cell: Slice) -> None:
    """Draw what is known of a slice of transcripts alone: listed terms, and its gap with other things equal.

    Long work stops the page here until it is done: nothing may come after.
    """
    if not cell.levels or _RATE not in loaded.of(view)[0].metrics:
        return
    _draw_adjusted(loaded, view, cell)
    if loaded.results.terms is not None and has_transcripts(loaded.results):
        _draw_terms(loaded, view, cell)


# -- listed terms --------------------------------------------------------------------------------


def _draw_terms(loaded: Loaded, view: View, cell: Slice) -> None:
    st.subheader("Which terms fail there", anchor=False)
    asked = ("terms", view.system, str(cell), view.confidence, view.min_units)
    work = partial(_compare_terms, loaded.results, loaded.scored_of(view), cell, view)
    terms: pd.DataFrame = controls.do(loaded, asked, work)
    lost = terms[terms["said"] > terms["came_through"]]
    if not len(terms):
        say(f"{name_slice(cell)}: no listed term was said or written.")
        return
    worst = lost["term"].head(3).tolist()
    n = len(lost)
    more = "at least " if len(terms) == _MOST_TERMS else ""
    say(
        f"{name_slice(cell)}: {more}{count(n, 'term is', 'terms are')} lost at least once"
        + (f", most often {join(worst)}." if worst else ".")
    )
    show_table(_table_terms(terms), key="slices_terms", alt="Listed terms in the chosen group and in the rest")
    st.caption(
        "Came through: the transcript has the term as often as it was said. The rest is everyone else whose group is "
        "known. Few: too few utterances on one side to compare. Intervals are each for itself."
    )


def _compare_terms(results: Results, scored: Scored, cell: Slice, view: View, tell: Tell) -> pd.DataFrame:
    whole = Progress(tell)
    found = find_terms(results, scored, whole.part(0, 0.8))
    whole("Comparing listed terms", 0.8)
    options: dict[str, Any] = {"confidence": view.confidence, "min_units": view.min_units}
    return compare_terms(results, scored, found, cell, most=_MOST_TERMS, **options)


def _table_terms(terms: pd.DataFrame) -> pd.DataFrame:
    """Return the terms as texts, in the order of the table."""
    table = {"term": terms["term"].tolist(), "said": terms["said"].map(format_count)}
    for prefix, who in (("", ""), ("rest_", "the rest: ")):
        said, came = terms[f"{prefix}said"], terms[f"{prefix}came_through"]
        limits = zip(terms[f"{prefix}share"], terms[f"{prefix}low"], terms[f"{prefix}high"], strict=True)
        table[f"{who}came through"] = [
            f"{format_count(a)} of {format_count(b)}" for a, b in zip(came, said, strict=True)
        ]
        table[f"{who}share"] = [_write_share(*row) for row in limits]
        table[f"{who}invented"] = terms[f"{prefix}invented"].map(format_count)
    gaps = zip(*(terms[c] for c in ("difference", "difference_low", "difference_high", "status")), strict=True)
    table["difference"] = [_write_gap(*row) for row in gaps]
    return pd.DataFrame(table)


def _write_share(share: float, low: float, high: float) -> str:
    return f"{format_percent(share)} [{_bound(low)}, {_bound(high)}]" if share == share else "-"


def _write_gap(gap: float, low: float, high: float, status: str) -> str:
    if gap != gap:
        return "-"
    told = "few" if status != "ok" else "less" if high < 0 else "more" if low > 0 else "cannot tell"
    return f"{told}: {format_points(gap)} [{_bound(low, signed=True)}, {_bound(high, signed=True)}]"


def _bound(limit: float, *, signed: bool = False) -> str:
    told = format_points(limit, signed=True) if signed else format_percent(limit)
    return told.removesuffix(" %").removesuffix(" points").removesuffix(" point")


# -- with other things equal ---------------------------------------------------------------------


def _draw_adjusted(loaded: Loaded, view: View, cell: Slice) -> None:
    scored = loaded.scored_of(view)
    st.subheader("The gap with other things equal", anchor=False)
    known = list_covariates(scored, cell)
    chosen = st.multiselect(
        "Held equal",
        known,
        default=[UTTERANCE_WORDS],
        key="slices_equal",
        bind=BIND,
        help="What else may differ between the group and the rest: its utterances may be longer or noisier. Errors per "
        "word are compared as if these were alike on both sides (Poisson regression, errors by speaker).",
    )
    covariates = [name for name in known if name in chosen]
    work = partial(_adjust, scored, cell, covariates, view.confidence)
    gap: AdjustedGap | str = controls.do(
        loaded, ("adjusted", view.system, str(cell), *covariates, view.confidence), work
    )
    if isinstance(gap, str):
        st.info(plain(gap, 400), icon=":material/info:")
        return
    say(say_adjusted(gap, cell))
    rows = {"as measured": gap.raw, "other things equal": gap.adjusted}
    table = pd.DataFrame([{"gap": name, **_write_adjusted(loaded, each)} for name, each in rows.items()])
    show_table(table, key="slices_adjusted", alt="The gap as measured, and with other things equal")
    st.caption(plain(_tell_sides(gap, covariates, "utterances" if scored.clusters is None else "speakers"), 600))


def _tell_sides(gap: AdjustedGap, covariates: list[str], who: str) -> str:
    """Say who stands on each side, and what was left out."""
    (inside, rest), (here, there) = gap.clusters, gap.units
    said = f"{inside:,} {who} in the group, {rest:,} in the rest ({here:,} and {there:,} utterances)."
    left = [(gap.without_words, "without words"), (gap.without_covariates, "without what is held equal")]
    if any(n for n, _ in left):
        said += f" Left out: {join(f'{n:,} {why}' for n, why in left if n)}."
    idle = [name for name in covariates if name not in gap.covariates]
    return f"{said} The same for all: {join(idle)}." if idle and gap.status == "ok" else said


def _adjust(scored: Scored, cell: Slice, covariates: list[str], confidence: float, tell: Tell) -> AdjustedGap | str:
    tell("Fitting the regression", 0.0)
    try:
        return adjust_slice(scored, cell, covariates, confidence=confidence)
    except QuestionError as error:  # such as a package that is not installed: an answer, too
        return str(error)


def _write_adjusted(loaded: Loaded, gap: Gap) -> dict[str, str]:
    metric = loaded.metrics[_RATE]
    return {
        "difference": format_points(gap.difference),
        "difference from, to": format_interval(metric, gap.difference_low, gap.difference_high, "difference"),
        "ratio": format_ratio(gap.ratio),
        "ratio from, to": format_interval(metric, gap.ratio_low, gap.ratio_high, "ratio"),
        "p": format_p(gap.p),
    }
