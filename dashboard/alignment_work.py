"""What the Alignments page asks of all utterances: a phrase, and the confusions. It takes a while, beside the page."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from dashboard import loading, state
from dashboard.view import Loaded, View
from dashboard.waiting import Waiting, draw_waiting
from metrics.confusions import Confusions, compare_confusions, find_confusions
from metrics.progress import Progress, Tell
from metrics.scored import Scored
from metrics.utterances import Utterances, normalize_utterances, take_utterances, unit_of
from metrics.utterances import find_phrase as find_among

__all__ = ["compare", "find_phrase", "weigh"]

_STOPPED, _AGAIN = "Aligning was stopped; nothing is lost.", "Align all utterances"


def find_phrase(loaded: Loaded, scored: Scored, places: NDArray[np.int64], phrase: str) -> NDArray[np.int64]:
    """Return those of some positions where a phrase was said or heard; until all is aligned, stop the page."""
    found = _work_out(loaded, scored)
    if isinstance(found, Waiting):
        draw_waiting(found, _STOPPED, _AGAIN)
        state.keep_choices()
        st.stop()
    utterances, _ = found
    alike = normalize_utterances(loaded.results, Utterances([phrase], [""], unit_of(scored)))
    compared = alike.said[0] or ""
    return find_among(utterances, places, compared) if compared else places[:0]  # signs alone are never compared


def compare(loaded: Loaded, view: View, inside: NDArray[np.bool_]) -> pd.DataFrame | None:
    """Return the confusions of the slice beside elsewhere; None where they are waited for, which is drawn then."""
    scored = loaded.scored_of(view)
    found = _work_out(loaded, scored)
    if not isinstance(found, Waiting):
        _, confusions = found

        def work(tell: Tell) -> pd.DataFrame:
            tell("Comparing confusions", 0)
            return compare_confusions(confusions, inside, scored.clusters, view.confidence)

        what = ("compared confusions", scored.system, str(view.cell), view.confidence)
        found = loading.work_out(loaded, what, work)
    if isinstance(found, Waiting):
        draw_waiting(found, _STOPPED, _AGAIN)
        state.keep_choices()  # those of what cannot be drawn yet
        return None
    return found


def weigh(scored: Scored) -> NDArray[np.float64] | None:
    """Return how much each utterance counts; None where all count the same."""
    if scored.weights is None and scored.multiplicity is None:
        return None
    parts = [part for part in (scored.weights, scored.multiplicity) if part is not None]
    return np.prod(np.array(parts, float), axis=0)


def _work_out(loaded: Loaded, scored: Scored) -> tuple[Utterances, Confusions] | Waiting:
    """Return the texts of a system as they are compared, and every confusion in them."""

    def work(tell: Tell) -> tuple[Utterances, Confusions]:
        whole = Progress(tell)
        whole("Taking out the texts", 0)
        written = take_utterances(loaded.results, scored)
        utterances = normalize_utterances(loaded.results, written, whole.part(0.1, 0.6))
        return utterances, find_confusions(utterances.said, utterances.heard, whole.part(0.6, 1))

    return loading.work_out(loaded, ("confusions", scored.system), work)
