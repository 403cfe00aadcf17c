"""The panels of the Published page: the answer, a picture with its table, the cell in full, and what is not told."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import controls, page_controls, published_controls, state
from dashboard.cell_panel import draw_look, draw_other_names
from dashboard.charts.heatmap import describe_heatmap, draw_heatmap, lay_metrics, table_heatmap
from dashboard.charts.intervals import describe_intervals, draw_intervals, table_intervals
from dashboard.charts.strips import describe_strips, draw_strips, table_strips
from dashboard.definitions import say_definitions, say_versions
from dashboard.exports import Origin
from dashboard.parts import say, say_limits, show_figure, show_table
from dashboard.published_controls import Reading
from dashboard.published_reports import Opened
from dashboard.publishing import list_slices, name_grouping
from dashboard.words import count, join, plain
from dashboard.workspace import Workspace
from metrics.answers import list_limits, name_slice
from metrics.cells import look_into
from metrics.compare import compare
from metrics.errors import QuestionError
from metrics.estimate import estimate
from metrics.families import fold_families, fold_gaps, leave_out_rest
from metrics.formatting import NOTHING, format_difference, format_interval
from metrics.registry import Metric
from metrics.sentences import say_gaps, say_worst
from metrics.slices import Slice
from metrics.spread import spread

__all__ = ["draw", "say_hidden", "say_measured", "say_origin"]

MOST_DRAWN = 60
_SAYS = "Whoever may read this report sees the same under this link, as long as it is published."
_FROM_ELSEWHERE = (
    "This report was opened here from a bundle file. Whoever made that file wrote all that stands in it, numbers, "
    "title and names; nobody here has the data to check them against. Trust it as far as you trust who sent it."
)
_INDEPENDENT = (
    "The rows are taken as independent of one another. If several belong to one person, branch or device, these "
    "intervals are too narrow."
)


def say_origin(opened: Opened) -> None:
    """Say when and from what the report was made, by whom, and until when it can be read; then the owner's note."""
    report, shared = opened.report, opened.shared
    said = f"Made on {shared.made} from {join(s.name for s in shared.sources) if shared.sources else 'no named file'}"
    was_opened = any(entry.what == "opened" for entry in Workspace.at_home().read_log(report.id))
    by = f" by {report.owner}" if report.owner and not was_opened else ""  # who opens a bundle has not made it
    where = f" Only of the rows where {shared.schema.where}." if shared.schema.where else ""
    ends = datetime.fromtimestamp(report.ends, UTC)
    st.caption(plain(f"{said}{by}. It can be read until {ends:%d %B %Y, %H:%M} UTC.{where}", 1000))
    if was_opened:
        st.warning(_FROM_ELSEWHERE, icon=":material/folder_open:")
    for paragraph in shared.terms.note.splitlines():
        if paragraph.strip():
            st.markdown(plain(paragraph, 4000))


def draw(opened: Opened, chosen: Reading, answer: DeltaGenerator) -> None:
    """Draw the chosen picture of the report, with its table, what it answers, and the slice looked into."""
    if not chosen.groupings:
        _draw_everyone(opened, chosen, answer)
        return
    try:
        {"groups": _draw_groups, "map": _draw_map, "gaps": _draw_gaps}[chosen.picture](opened, chosen, answer)
    except QuestionError as error:  # a bundle made elsewhere may lack what this picture is made of
        st.info(plain(str(error), 600), icon=":material/info:")


# -- the pictures --------------------------------------------------------------------------------


def _draw_groups(opened: Opened, chosen: Reading, answer: DeltaGenerator) -> None:
    metric, axes = opened.metrics[chosen.metric], opened.shared.axes
    asked = (chosen.of(opened), list(chosen.groupings), [chosen.metric])
    options = _options(opened, chosen)
    estimates, disparities = controls.ask(
        opened,
        partial(estimate, *asked, **options),
        partial(compare, *asked, kinds=(chosen.compare,), baseline=chosen.baseline, **options),
    )
    estimates, disparities = (leave_out_rest(frame, axes) for frame in (estimates, disparities))
    with answer:
        say(say_worst(estimates, disparities, metric, confidence=chosen.confidence))
    drawn, left = page_controls.cut_slices(estimates, metric, "worst", MOST_DRAWN)
    table = table_intervals(estimates, metric, disparities=disparities)
    show_figure(
        draw_intervals(drawn, metric, disparities=disparities, theme=state.theme().name),
        key="published_groups_figure",
        alt=describe_intervals(drawn, metric),
        table=table,
        origin=_origin(opened, metric),
    )
    if left:
        st.caption(f"The first {MOST_DRAWN} groups are drawn; {left:,} more are in the table.")
    show_table(table, key="published_table", alt=f"{metric.title} of every group")
    _look_into(opened, chosen, [s for s in estimates["slice"] if s.levels])
    _say_limits(opened, chosen, estimates)


def _draw_map(opened: Opened, chosen: Reading, answer: DeltaGenerator) -> None:
    columns = published_controls.choose_columns(opened, chosen.metric)
    asked = (chosen.of(opened), list(chosen.groupings), list(columns))
    options = _options(opened, chosen)
    estimates, disparities = controls.ask(
        opened,
        partial(estimate, *asked, **options),
        partial(compare, *asked, kinds=(chosen.compare,), baseline=chosen.baseline, **options),
    )
    estimates, disparities = (leave_out_rest(frame, opened.shared.axes) for frame in (estimates, disparities))
    metric = opened.metrics[chosen.metric]
    with answer:
        say(say_worst(estimates, disparities, metric, confidence=chosen.confidence))
    grid, left = page_controls.cut_grid(lay_metrics(disparities, columns, estimates=estimates))
    table = table_heatmap(grid)
    show_figure(
        draw_heatmap(grid, chosen=page_controls.place_of(grid, chosen.cell, chosen.metric), theme=state.theme().name),
        key="published_map_figure",
        alt=describe_heatmap(grid),
        table=table,
        on_select=partial(published_controls.pick_point, "published_map_figure", grid),
        origin=_origin(opened, metric),
    )
    st.caption(
        "Each cell is the group against its baseline. A dot: the interval does not reach parity. Grey: too few rows. "
        "A dash: no data. What is hidden says so."
    )
    if left:
        st.caption(f"{left:,} more groups are in the table of the picture of every group.")
    with st.expander("The same as a table"):
        show_table(table, key="published_map_table", alt="The numbers of the heat map")
    _look_into(opened, chosen, list(dict.fromkeys(s for s, _ in grid.keys.values())))
    _say_limits(opened, chosen, estimates)


def _draw_gaps(opened: Opened, chosen: Reading, answer: DeltaGenerator) -> None:
    metric, axes = opened.metrics[chosen.metric], opened.shared.axes
    alone = [names for names in opened.shared.terms.groupings if len(names) == 1]
    groupings = list(dict.fromkeys([*alone, *chosen.groupings]))
    asked = (chosen.of(opened), groupings, [chosen.metric])
    options = _options(opened, chosen)
    estimates, gaps = controls.ask(opened, partial(estimate, *asked, **options), partial(spread, *asked, **options))
    with answer:
        say(f"{metric.title}.", say_gaps(gaps, metric))
    strips, folded = fold_families(estimates, axes), fold_gaps(gaps, axes)
    table = table_strips(strips, metric)
    drawn, left = page_controls.cut_strips(strips, folded, metric, 12)
    show_figure(
        draw_strips(drawn, metric, spreads=folded, theme=state.theme().name),
        key="published_gaps_figure",
        alt=describe_strips(drawn, metric, spreads=folded),
        table=table,
        origin=_origin(opened, metric),
    )
    if left > 0:
        st.caption(f"The attributes with the largest gaps are drawn; the table has {left} more.")
    if any(len(names) > 1 for names in chosen.groupings):
        st.caption("The picture has each attribute alone; combinations are in the tables.")
    show_table(_table_gaps(folded, metric), key="published_gaps_table", alt="The largest gap by each attribute")
    with st.expander("Every group as a table"):
        show_table(table, key="published_strips_table", alt=f"{metric.title} of every group")
    _say_limits(opened, chosen, estimates)


def _draw_everyone(opened: Opened, chosen: Reading, answer: DeltaGenerator) -> None:
    metrics = opened.metrics
    question = partial(estimate, chosen.of(opened), [], list(metrics), **_options(opened, chosen))
    (estimates,) = controls.ask(opened, question)
    with answer:
        st.info("No groups were shared: these numbers are of everyone.", icon=":material/info:")
    tables = [table_intervals(estimates, metric).assign(metric=metric.title) for metric in metrics.values()]
    show_table(pd.concat(tables, ignore_index=True), key="published_everyone", alt="Every metric of everyone")


# -- the cell, and what is not told --------------------------------------------------------------


def _look_into(opened: Opened, chosen: Reading, slices: list[Slice]) -> None:
    """Draw the box that chooses a slice, and the slice beside its baseline."""
    st.subheader("One group in full", anchor=False)
    cell = published_controls.choose_cell(slices)
    if not cell.levels:
        st.caption("Choose a group in the box above" + (", or click a cell." if chosen.picture == "map" else "."))
        return
    if not list_slices(opened.shared, cell.axes).get(cell, False):
        say(f"{name_slice(cell)} is hidden. {_why(opened)}")
        return
    cube = chosen.of(opened)[0]
    options = _options(opened, chosen)
    try:
        look = look_into(cube, cell, chosen.metric, chosen.baseline, **options)
    except QuestionError as error:
        st.caption(plain(str(error), 600))
        return
    if look is None:
        st.caption("No row has this combination.")
        return
    draw_look(look)
    draw_other_names(cube, look, chosen.baseline, key="published_also")


def say_hidden(opened: Opened) -> None:
    """Say which groups are hidden and which rows are part of nothing, and why, in plain words."""
    shared = opened.shared
    rows = [
        {"groups by": name_grouping(names), "group": name_slice(s)}
        for names in shared.terms.groupings
        for s, is_shown in list_slices(shared, names).items()
        if not is_shown
    ]
    st.subheader("What was kept back", anchor=False)
    if rows:
        st.markdown(
            f"{count(len(rows), 'group')} of this report {'is' if len(rows) == 1 else 'are'} hidden. {_why(opened)}"
        )
        with st.expander("The hidden groups"):
            show_table(pd.DataFrame(rows), key="published_hidden", alt="The groups that are hidden")
    else:
        st.markdown("No group of this report is hidden: each has enough people.")
    if shared.left_out:
        names = join(shared.left_out)
        st.markdown(
            plain(
                f"A few rows, of fewer than {shared.terms.min_cell} people, have no value of {names}. They are part of "
                "no number here, since they would be what everyone is more than all groups together.",
                1000,
            )
        )
    words = "and the transcripts above. It has no other row" if shared.examples else "only. It has no rows"
    st.markdown(
        f"The report holds counts and rates of groups {words}, and no way leads from it to the data that it was made "
        "from."
    )


def say_measured(opened: Opened) -> None:
    """Say what counts as what, and what the numbers were made with."""
    shared = opened.shared
    with st.expander("How it was measured", icon=":material/straighten:"):
        facts = [*say_definitions(shared), ("Made with", say_versions(shared))]
        st.markdown("\n".join(f"- **{name}:** {plain(text, 1500)}" for name, text in facts))
        for source in shared.sources:
            st.text(f"{source.sha256}  {''.join(sign if sign.isprintable() else '?' for sign in source.name)[:200]}")


def _why(opened: Opened) -> str:
    return (
        f"A group of fewer than {opened.shared.terms.min_cell} people is not shown, so that nobody can be found in it, "
        "nor one where a rate of 0 or 100 % would say of each of a few what came out. Some larger ones are hidden "
        "because one of these could be worked out from them."
    )


def _say_limits(opened: Opened, chosen: Reading, estimates: pd.DataFrame) -> None:
    metric, cube = opened.metrics[chosen.metric], chosen.of(opened)[0]
    own = estimates[estimates["metric"] == metric.name]
    own = own[own["status"] != "suppressed"]  # the report as a whole says what is hidden
    try:
        said = list_limits(cube, own, metric, opened.shared.terms.min_units)
    except QuestionError:
        said = []
    say_limits(said if cube.has_clusters else [*said[:-1], _INDEPENDENT])


def _table_gaps(gaps: pd.DataFrame, metric: Metric) -> pd.DataFrame:
    """Return the largest gap by each attribute as texts, beside what chance alone would show."""
    rows = []
    for row in gaps.to_dict("records"):
        pair = [row["highest"], row["lowest"]]
        rows.append(
            {
                "by": name_grouping(row["by"]),
                "largest gap": format_difference(metric, row["difference"], signed=False),
                "interval": format_interval(metric, row["low"], row["high"], "difference"),
                "between": " and ".join(map(name_slice, pair)) if all(isinstance(s, Slice) for s in pair) else NOTHING,
                "chance alone": format_difference(metric, row["noise_floor"], signed=False),
            }
        )
    return pd.DataFrame(rows, columns=["by", "largest gap", "interval", "between", "chance alone"])


def _options(opened: Opened, chosen: Reading) -> dict[str, Any]:
    return {"confidence": chosen.confidence, "min_units": opened.shared.terms.min_units}


def _origin(opened: Opened, metric: Metric) -> Origin:
    says = _SAYS if opened.shared.examples else f"{_SAYS} It holds no rows."
    return Origin(opened.shared.terms.title, metric.name, opened.shared.schema.where or "", says)
