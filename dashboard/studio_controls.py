"""The widgets of the Threshold studio page, and the study that they ask for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
import streamlit as st

from dashboard import controls, state
from dashboard.numbers import bounded, whole
from dashboard.on_demand import refuse
from dashboard.state import BIND
from dashboard.view import Loaded, View
from metrics.cube import Cube
from metrics.errors import QuestionError
from metrics.progress import Tell
from metrics.studio import GOALS, Goal, Study, study
from metrics.tasks.binary import favoured_metrics

__all__ = ["choose_goal", "choose_seed", "count_missing", "fit_study"]

_MOST_COST = 1e6
_MOST_SEED = 9999


def choose_goal(loaded: Loaded) -> Goal:
    """Draw the choice of the goal, the gap allowed, whether lots may be drawn, and what errors cost."""
    titles = _title_goals(loaded)
    name = st.selectbox(
        "Goal", list(titles), key="studio_goal", bind=BIND, width=360, format_func=lambda n: titles.get(n, str(n))
    )
    kind = GOALS[name if name in titles else next(iter(titles))]
    within = st.number_input(
        "Gap allowed (points)",
        min_value=0.0,
        max_value=100.0,
        value=1.0,
        step=0.5,
        format="%g",
        key="studio_within",
        bind=BIND,
        width=180,
        disabled=not kind.rates,
        help="How far apart the groups may be on the half of the rows that thresholds are fitted to.",
    )
    lots = st.checkbox(
        "Lots may be drawn",
        key="studio_lots",
        bind=BIND,
        disabled=kind.lots or not kind.rates,
        help="Between two thresholds a score is then predicted positive with a chance only. Equalized odds always may.",
    )
    false_positive, false_negative = (_choose_cost(loaded, positive) for positive in (True, False))
    free = kind.rates == ()
    return Goal(
        kind.name,
        within=0.01 if free else bounded(within, 1.0, 0.0, 100.0) / 100,
        lots=bool(lots) and not free,
        false_positive=false_positive,
        # Errors that all cost nothing leave nothing to choose by.
        false_negative=false_negative if false_positive or false_negative else 1.0,
    )


def choose_seed() -> int:
    """Draw the choice of how the rows are split in halves."""
    seed = st.number_input(
        "Split (seed)",
        min_value=0,
        max_value=_MOST_SEED,
        value=0,
        key="studio_seed",
        bind=BIND,
        width=120,
        help="Another number, other halves: how much the answers change tells how much they hang on chance.",
    )
    return whole(seed, 0, 0, _MOST_SEED)


def fit_study(loaded: Loaded, view: View, by: str, goal: Goal, seed: int) -> Study:
    """Return the study. Until it is there, draw how far it is and stop the page; where it cannot be, say why."""
    asked = partial(
        study,
        loaded.of(view)[0],
        (by,),
        goal,
        confidence=view.confidence,
        min_units=view.min_units,
        seed=seed,
    )
    what = ("study", by, goal, seed, view.system, view.confidence, view.min_units)
    done = controls.do(loaded, what, partial(_work, asked))
    if isinstance(done, QuestionError):
        refuse(done)
        state.keep_choices()
        st.stop()
    found: Study = done
    return found


def count_missing(cube: Cube, by: str) -> int:
    """Return how many rows have no level of an attribute."""
    grouping = cube.by((by,))
    return int(np.asarray(grouping.rows[~grouping.known]).sum())


def _work(asked: partial[Study], tell: Tell) -> Study | QuestionError:
    """Fit. What cannot be asked of the data is an answer, too."""
    try:
        return asked(progress=tell)
    except QuestionError as error:
        return error


def _choose_cost(loaded: Loaded, positive: bool) -> float:
    """Draw the box for what one error of a kind costs."""
    kind, name = ("positive", "studio_cost_positive") if positive else ("negative", "studio_cost_negative")
    cost = st.number_input(
        f"Cost of a false {kind}",
        min_value=0.0,
        max_value=_MOST_COST,
        value=1.0,
        format="%g",
        key=name,
        bind=BIND,
        width=180,
        help="Where errors do not cost 1 each, what is made least is the cost per row in place of the share of errors.",
    )
    return bounded(cost, 1.0, 0.0, _MOST_COST)


def _title_goals(loaded: Loaded) -> Mapping[str, str]:
    """Return the goals, wrong refusals first, each with what it makes alike in the words of the favourable outcome."""
    favourable = loaded.results.schema.favourable
    words = {"selection_rate": "selection rates", "error_rate": "error rates"}
    words |= {"false_negative_rate": "false negatives", "false_positive_rate": "false positives"}
    if favourable:
        rejected, accepted = favoured_metrics(favourable)
        words |= {name.replace(" ", "_"): "false rejections" for name in rejected.also}
        words |= {name.replace(" ", "_"): "false acceptances" for name in accepted.also}
    kinds = list(GOALS.values())
    kinds.sort(key=lambda kind: [words.get(rate) for rate in kind.rates] != ["false rejections"])
    return {k.name: k.title + (f": {' and '.join(words[r] for r in k.rates)}" if k.rates else "") for k in kinds}
