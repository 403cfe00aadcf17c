"""Below the picture of the Threshold studio: thresholds by group, and a model under the same constraint."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from dashboard import loading, state
from dashboard.on_demand import on_demand
from dashboard.parts import say, show_table
from dashboard.state import BIND
from dashboard.view import Loaded, View
from metrics.answers import name_slice
from metrics.formatting import format_interval, format_value
from metrics.progress import Tell
from metrics.reading.columns import merge_columns
from metrics.reading.table import Table
from metrics.slices import Slice
from metrics.studio import MODELS, Study, Trained, table_rules, train
from metrics.studio.features import list_features, read_features
from metrics.studio.words import say_rule, say_trained
from metrics.writing import name_file, write_frame

__all__ = ["choose_model", "draw_thresholds"]

_NOT_FITTED = "half that was not fitted"


def draw_thresholds(study: Study, unit: float) -> None:
    """Draw the rule of every group with what it does on the half that was not fitted, and its CSV."""
    st.subheader("The thresholds", anchor=False)
    st.caption("Predicted positive are scores from the threshold on. The rates are of the half that was not fitted.")
    show_table(_table_groups(study, unit), key="studio_groups", alt="The thresholds and rates of every group")
    data = state.dataset()
    st.download_button(
        "Download thresholds as CSV",
        data=partial(_write_rules, study, unit),
        file_name=f"{name_file(data.title if data else '', 'thresholds', study.goal.name)}.csv",
        mime="text/csv",
        key="studio_download",
        on_click="ignore",
        icon=":material/download:",
        help="A row per group and step: from which score on which chance of a positive prediction; no score: from the "
        "least on. The last rows, of everyone, are for whoever has no group in the list.",
    )


def choose_model(loaded: Loaded, view: View, study: Study) -> Trained | None:
    """Draw the choice of features and model, and return the model once it was asked for and is trained."""
    st.subheader("A model trained under the same constraint", anchor=False)
    if not study.goal.kind.rates:
        st.caption("This goal makes no rate alike, so that there is no constraint to train a model under.")
        return None
    st.caption(
        "Thresholds by group have to know the group of whoever is decided about. A model that is trained under the "
        "constraint (fairlearn's reductions) needs it in training only. It is trained on the half that thresholds are "
        "fitted to, and drawn in the picture as it does on the other."
    )
    table = _read_table(loaded)
    columns = list_features(table, loaded.results.schema)
    attributes = [a.column for a in loaded.results.schema.attributes if a.column in columns]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.multiselect(
            "Features",
            columns,
            default=[name for name in attributes if name not in study.by],
            key="studio_features",
            bind=BIND,
            placeholder="Choose columns",
            help="What is known before the decision. A column that tells the outcome, such as a date of default, would "
            "make the model look better than it can be.",
        )
        model = st.radio(
            "Model",
            list(MODELS),
            key="studio_model",
            bind=BIND,
            horizontal=True,
            format_func=lambda m: MODELS.get(m, str(m)),
        )
    names = [name for name in columns if name in chosen]
    if not names:
        st.info("Choose at least one column to learn from.")
        return None
    kind: Any = model if model in MODELS else next(iter(MODELS))
    what = ("train", study.by, study.goal, study.seed, view.system, view.confidence, view.min_units, tuple(names), kind)
    trained: Trained | None = on_demand(
        loaded, what, partial(_train, study, table, names, kind), "Train the model", "studio_train"
    )
    if trained is not None:
        say(say_trained(study, trained))
    return trained


def _train(study: Study, table: Table, names: list[str], model: Any, tell: Tell) -> Trained:
    return train(study, read_features(table, names), model=model, seed=study.seed, progress=tell)


def _read_table(loaded: Loaded) -> Table:
    """Return the first file as it was read, its columns merged as results merge them."""
    return merge_columns(loading.tables(loaded.dataset, loaded.dataset.schema.file)[0])[0]


def _table_groups(study: Study, unit: float) -> pd.DataFrame:
    """Return a row per group: its rule, and its rates under it and today, as texts."""
    rules = study.fitted.rules
    names = list(dict.fromkeys([*(m.name for m in study.rates), "selection_rate", "error_rate"]))
    metrics = {name: study.halves[1].metric(name) for name in names}
    found: dict[tuple[str, Slice], dict[str, dict[Any, Any]]] = {}
    for row in study.groups.to_dict("records"):
        found.setdefault((row["rule"], row["slice"]), {})[row["metric"]] = row
    records = []
    for (rule, cell), rows in found.items():
        if rule != "chosen":
            continue
        today = found["today", cell]
        everyone = not cell.levels and bool(rules.groups)
        rule_told = "each group's own" if everyone else say_rule(rules.groups.get(cell, rules.everyone), unit)
        told = {"group": name_slice(cell), "threshold": rule_told}
        for name, metric in metrics.items():
            value = f"{format_value(metric, rows[name]['value'])} {_limits(metric, rows[name])}".strip()
            few = " (too few)" if rows[name]["status"] == "too few" else ""
            told[metric.title] = f"{value}{few}"
            if metric in study.rates:
                told[f"{metric.title} today"] = format_value(metric, today[name]["value"])
        records.append(told)
    return pd.DataFrame.from_records(records)


def _limits(metric: Any, row: dict[Any, Any]) -> str:
    said = format_interval(metric, row["low"], row["high"])
    return "" if said == "-" else said


def _write_rules(study: Study, unit: float) -> bytes:
    """Return the rules as CSV, a row per group and step, in the file's units of the score."""
    steps = table_rules(study.fitted.rules, study.fitted.kept)
    levels = [cell.to_dict() for cell in steps["slice"]]
    columns: dict[str, list[Any]] = {
        name: [level.get(name, "(everyone else)") for level in levels] for name in study.by
    }
    starts = steps["at_or_above"].to_numpy(dtype=np.float64) * unit
    columns["at_or_above"] = [f"{x:.15g}" if np.isfinite(x) else "" for x in starts]
    columns["chance_of_positive"] = [f"{x:.10g}" for x in steps["chance"]]
    return write_frame(pd.DataFrame(columns), state.rows_told() or None).encode("utf-8-sig")
