"""Who looked at what: teams by features, what groups admit, how usage grew, and which features define slices."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.amounts import Amounts, lay_amounts
from dashboard.charts.format import NOTHING, cut, cut_apart, escape, format_percent, join_words, tidy
from dashboard.charts.layout import SMALL, empty_figure, lay_out
from dashboard.charts.palette import DASHES, SYMBOLS, choose_theme

__all__ = [
    "AMOUNTS",
    "describe_growth",
    "draw_growth",
    "lay_findings",
    "lay_region",
    "lay_usage",
    "table_growth",
]

# The columns of `metrics.usage.COLUMNS` that can be shown, and what an amount then is.
AMOUNTS = {
    "share": "share of submissions",
    "accepted_share": "share of accepted submissions",
    "weighted_share": "share of the score earned",
    "sensitivity": "share of rows whose membership changes when the feature is shuffled",
}
_MOST_LINES = 8


def lay_usage(usage: pd.DataFrame, totals: pd.DataFrame, amount: str) -> Amounts:
    """Arrange the usage as features by teams, everyone last; features nobody used stand at the bottom.

    `usage` is of `metrics.usage.measure_usage`, `totals` of `count_submissions`; `amount` is one of AMOUNTS.
    """
    teams = list(dict.fromkeys(usage["team"]))
    features = list(dict.fromkeys(usage["feature"]))
    wide = usage.pivot(index="feature", columns="team", values=amount).reindex(index=features, columns=teams)
    if amount == "weighted_share":
        wide = wide.round(2)  # scores are of the validation split, which digits would give away
    records = {(r["team"], r["feature"]): r for r in usage.to_dict("records")}
    sums = {r["team"]: r for r in totals.to_dict("records")}
    hints = [[_hint(records[team, f], sums[team]) for team in teams] for f in features]
    return lay_amounts(
        wide,
        wide.map(_percent),
        what=AMOUNTS[amount],
        of="feature",
        hovers=pd.DataFrame(hints, index=wide.index, columns=wide.columns),
        apart=1,
    )


def _hint(row: Mapping[Any, Any], totals: Mapping[Any, Any]) -> str:
    lines = [
        f"{row['submissions']} of {totals['submissions']} submissions reference it",
        f"accepted ones: {_percent(row['accepted_share'])} of {totals['accepted']}",
        f"score earned: {_percent(_round(row['weighted_share']))}",
        f"shuffled, {_percent(row['sensitivity'])} of the rows change sides",
    ]
    return "\n".join(lines)


def _round(share: Any) -> float:
    return round(float(share), 2)


def _percent(share: Any) -> str:
    value = float(share)
    if math.isnan(value):
        return NOTHING
    return "0" if value == 0 else format_percent(value, 0 if value >= 0.0095 else 1)


def lay_region(regions: pd.DataFrame, feature: str) -> Amounts:
    """Arrange which levels of a feature the groups of each team admit: levels down in their order, teams across."""
    mine = regions[regions["feature"] == feature]
    teams, levels = list(dict.fromkeys(mine["team"])), list(dict.fromkeys(mine["level"]))
    wide = mine.pivot(index="level", columns="team", values="admitted").reindex(index=levels, columns=teams)
    counts = dict(zip(mine["team"], mine["submissions"], strict=True))
    hints = [[f"{_percent(wide.loc[v, t])} of {counts[t]} groups that name it" for t in teams] for v in levels]
    return lay_amounts(
        wide,
        wide.map(_percent),
        what=f"share of the groups that admit each level of {tidy(feature)}",
        of="level",
        hovers=pd.DataFrame(hints, index=wide.index, columns=wide.columns),
        apart=1,
        sort=False,
    )


def lay_findings(marks: pd.DataFrame, names: Mapping[object, str]) -> Amounts:
    """Arrange which features define which slices: features down, slices across, the level in the cell.

    `marks` is of `metrics.usage.mark_features`, `names` what each slice is called.
    """
    features = list(dict.fromkeys(marks["feature"]))
    rows = {(r["slice"], r["feature"]): r["level"] for r in marks.to_dict("records")}
    levels = [[rows[s, f] for s in names] for f in features]
    values = pd.DataFrame([[float(bool(x)) for x in row] for row in levels], features, list(names.values()))
    texts = [[tidy(x) if x else "" for x in row] for row in levels]
    return lay_amounts(
        values,
        pd.DataFrame([[cut(t, 14) for t in row] for row in texts], values.index, values.columns),
        what="features that define the slices found",
        of="feature",
        hovers=pd.DataFrame([[t or "not part of it" for t in row] for row in texts], values.index, values.columns),
    )


def _last_shares(growth: pd.DataFrame) -> pd.Series:
    """Return each feature's share at the end, the largest first."""
    last = growth[growth["order"] == growth["order"].max()].set_index("feature")["share"]
    return last.sort_values(ascending=False, kind="stable")


def draw_growth(growth: pd.DataFrame, *, theme: str | None = None) -> go.Figure:
    """Draw how the share of submissions that reference a feature went, submission by submission.

    `growth` is of `metrics.usage.follow_usage`; the eight features most used are drawn, each with a symbol of its own.
    """
    look = choose_theme(theme)
    if growth.empty or not growth["references"].any():
        return empty_figure("No submission names a feature yet.", look)
    figure = go.Figure()
    last = _last_shares(growth)
    drawn = list(last[last > 0].index[:_MOST_LINES])
    names = cut_apart([tidy(str(f)) for f in drawn], 30)
    every = max(1, int(growth["order"].max()) // 12)
    for place, (feature, name) in enumerate(zip(drawn, names, strict=True)):
        mine = growth[growth["feature"] == feature]
        figure.add_trace(
            go.Scatter(
                x=mine["order"],
                y=mine["share"],
                mode="lines+markers",
                name=escape(name),
                line={"color": look.system(place), "width": 2, "dash": DASHES[place % len(DASHES)]},
                marker={"symbol": SYMBOLS[place % len(SYMBOLS)], "size": 8, "maxdisplayed": 12 if every > 1 else 0},
                hovertemplate=f"<b>{escape(name)}</b><br>after %{{x}}: %{{y:.0%}}<extra></extra>",
            )
        )
    lay_out(figure, look, height=360)
    figure.update_xaxes(title_text="submissions, in their order", rangemode="tozero", tickformat=",d")
    figure.update_yaxes(title_text="share so far", tickformat=".0%", range=[-0.02, 1.02], tickfont={"size": SMALL + 1})
    return figure.update_layout(margin_t=70)


def describe_growth(growth: pd.DataFrame) -> str:
    """Say in words what `draw_growth` shows."""
    if growth.empty or not growth["references"].any():
        return "No submission names a feature yet."
    last = _last_shares(growth)
    used = last[last > 0]
    n = int(growth["order"].max())
    told = [f"{tidy(str(f))} {_percent(share)}" for f, share in used.head(5).items()]
    return (
        f"Lines of the share of submissions that reference a feature, over {n} submissions. "
        f"At the end: {join_words(told)}."
    )


def table_growth(growth: pd.DataFrame) -> pd.DataFrame:
    """Return a row per submission: its order, id, team, and the features it references."""
    told: dict[tuple[int, str, str], list[str]] = {}
    for row in growth.to_dict("records"):
        used = told.setdefault((row["order"], row["submission"], row["team"]), [])
        used += [tidy(row["feature"])] if row["references"] else []
    records = [(*about, ", ".join(used) or NOTHING) for about, used in told.items()]
    return pd.DataFrame(records, columns=["order", "submission", "team", "features it references"])
