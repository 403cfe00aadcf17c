"""The other tabs of the Slice finder page: is it real, which condition is it due to, and an error tree.

Each part waits for its own numbers, and the rest of the page stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from dashboard import loading, state
from dashboard.charts.attributions import describe_attributions, draw_attributions, table_attributions
from dashboard.charts.dealt import describe_dealt, draw_dealt, table_dealt
from dashboard.charts.format import join_words
from dashboard.on_demand import on_demand, refuse, wait_for
from dashboard.parts import say, show_figure, show_table
from dashboard.slice_finder_controls import Searched
from dashboard.slice_finder_list import offer_saving
from dashboard.state import BIND
from dashboard.view import Loaded, View
from dashboard.words import plain
from metrics.answers import name_slice
from metrics.cube import Cube
from metrics.error_tree import ErrorTree, grow_error_tree
from metrics.errors import QuestionError
from metrics.formatting import format_count, format_difference, format_interval, format_p, format_support, format_value
from metrics.halves import Halves, confirm
from metrics.permutation import Permutation, permute
from metrics.reading.cells import cells_of
from metrics.reading.columns import merge_columns
from metrics.registry import Metric
from metrics.search_words import say_attribution, say_cuts, say_dealt, say_halves, say_leaf, say_tree
from metrics.shapley import attribute_search, attribute_slice

__all__ = ["draw_attribution", "draw_checks", "draw_tree"]

DRAWS = 1000
_MOST_BARS = 15
_EVERYTHING = "all slices together"


def draw_checks(loaded: Loaded, view: View, searched: Searched) -> None:
    """Draw the two checks, each begun by its button: results dealt out anew, and the half that was not searched."""
    found = searched.found
    cube = loaded.of(view)[0]
    st.subheader("What would chance alone find?", anchor=False)
    st.caption(
        f"The results are dealt out anew {DRAWS:,} times, to whole clusters where there are some, and each time the "
        "worst of all slices is noted. What lies further off than those is no work of chance."
    )
    dealt: Permutation | None = on_demand(
        loaded,
        ("permute", found.search, view.system),
        lambda tell: permute(found, cube, DRAWS, progress=tell),
        f"Deal out {DRAWS:,} times",
        "slice_finder_dealt",
    )
    if dealt is not None:
        say(say_dealt(dealt, found.metric))
        look = state.theme().name
        table = table_dealt(dealt)
        show_figure(
            draw_dealt(dealt, theme=look), key="slice_finder_dealt_figure", alt=describe_dealt(dealt), table=table
        )
        with st.expander("Every finding beside it"):
            show_table(_table_dealt(searched, dealt), key="slice_finder_dealt_table", alt="p of every finding")
    st.subheader("Does it hold on rows that were not searched?", anchor=False)
    st.caption(
        "Half of the rows, or of the clusters, is searched, and the slices that fare worst there are looked at in the "
        "other half, which had no part in choosing them: its numbers are not too large for having been chosen."
    )
    anew = _choose_cuts(loaded, found.search.attributes)
    halves: Halves | None = on_demand(
        loaded,
        ("halves", found.search, view.system, anew),
        lambda tell: confirm(cube, found.search, numbers=_read_numbers(loaded, cube, anew), progress=tell),
        "Search one half",
        "slice_finder_halves",
    )
    if halves is not None:
        say(say_halves(halves, found.metric))
        if cuts := say_cuts(halves):
            say(cuts)
        if len(halves.table):
            table = _table_halves(halves, found.metric)
            show_table(table, key="slice_finder_halves_table", alt="The slices found in one half, in the other")


def _choose_cuts(loaded: Loaded, searched: Sequence[str]) -> tuple[str, ...]:
    """Let the numbers among the attributes be cut where the half searched says; return the columns to cut."""
    binned = [a.column for a in loaded.results.schema.attributes if a.edges or a.quantiles or a.width]
    names = tuple(name for name in binned if name in searched)
    if not names:
        return ()
    listed = join_words([plain(name, 60) for name in names])
    anew = st.checkbox(
        f"Cut {listed} anew, where the half that is searched differs most", key="slice_finder_cuts", bind=BIND
    )
    return names if anew else ()


def _read_numbers(loaded: Loaded, cube: Cube, names: Sequence[str]) -> dict[str, NDArray[np.float64]]:
    """Return columns of the first file as numbers, one a unit of the cube."""
    if not names or cube.scored is None:
        return {}
    table, _ = merge_columns(loading.tables(loaded.dataset, loaded.dataset.schema.file)[0])
    return {name: cells_of(table, name).numbers[cube.scored.rows] for name in names}


def draw_attribution(loaded: Loaded, view: View, searched: Searched) -> None:
    """Draw which conditions the distance from everyone is due to: of one finding, or over all slices."""
    found, cells = searched.found, list(searched.findings["slice"])
    texts = {str(cell): cell for cell in cells}
    names = {_EVERYTHING: _EVERYTHING} | {text: name_slice(cell) for text, cell in texts.items()}
    chosen = st.selectbox(
        "Of which slice",
        list(names),
        index=1 if len(names) > 1 else 0,
        key="slice_finder_shares",
        bind=BIND,
        format_func=lambda text: names.get(text, str(text)),
    )
    try:
        if chosen in texts:
            cell = texts[chosen]
            # A slice that was saved since is no attribute of the search, but its parts are counted alike.
            shares: Any = attribute_slice(loaded.of(view)[0], found.metric.name, cell)
        else:
            shares = attribute_search(found)
    except QuestionError as error:
        refuse(error)
        return
    say(say_attribution(shares, found.metric))
    table = table_attributions(shares.table, found.metric)
    show_figure(
        draw_attributions(shares.table.head(_MOST_BARS), found.metric, theme=state.theme().name),
        key="slice_finder_shares_figure",
        alt=describe_attributions(shares.table.head(_MOST_BARS), found.metric),
        table=table,
    )
    if len(table) > _MOST_BARS:
        st.caption(f"The first {_MOST_BARS} conditions are drawn; all {len(table):,} are in the table.")
    with st.expander("The same as a table"):
        show_table(table, key="slice_finder_shares_table", alt="The share of every condition")
    st.caption(
        "Shapley values: what a condition adds, averaged over the orders in which conditions may come together. Those "
        "of one slice add up to its distance from everyone. They say what goes with the distance, not what causes it."
    )


def draw_tree(loaded: Loaded, view: View, searched: Searched) -> None:
    """Draw an error tree: the questions that part where the metric is bad, and its leaves on rows not used for it."""
    found, search = searched.found, searched.found.search
    asked = partial(
        grow_error_tree,
        loaded.of(view)[0],
        found.metric.name,
        search.attributes,
        depth=search.depth,
        confidence=search.confidence,
        min_units=search.min_units,
    )
    what = ("tree", search, view.system)
    tree: ErrorTree | None = wait_for(loaded, what, lambda tell: asked(), "slice_finder_tree")
    if tree is None:
        return
    say(say_tree(tree, found.metric))
    lines = list(_list_nodes(tree, found.metric))
    st.markdown("\n".join(lines))
    for leaf in tree.leaves[tree.leaves["confirmed"]].to_dict("records"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(plain(f"Leaf {leaf['leaf'] + 1}: {leaf['where']}", 300))
            offer_saving(loaded, leaf["where"], leaf["where"], f"slice_finder_leaf_{leaf['leaf']}_save")
    with st.expander("The leaves as a table"):
        show_table(_table_leaves(tree, found.metric), key="slice_finder_tree_table", alt="The leaves of the tree")
    st.caption(
        f"Grown on {format_count(tree.rows[0])} rows chosen by chance (clusters as a whole), measured on the "
        f"{format_count(tree.rows[1])} others: the numbers of leaves, each against all other leaves, are of those. "
        "A tree shows one way to part the rows; the findings look at all slices."
    )


# -- tables and lists ----------------------------------------------------------------------------


def _table_dealt(searched: Searched, dealt: Permutation) -> pd.DataFrame:
    """Return the findings with their p where the results were dealt out anew, beside Holm's."""
    rows = dealt.table.loc[dealt.table.index.isin(searched.findings.index)]
    return pd.DataFrame(
        {
            "slice": [name_slice(s) for s in rows["slice"]],
            "standard errors from the rest": [f"{z:.1f}" for z in rows["z"]],
            "p, dealt out anew": [format_p(p) for p in rows["p"]],
            "adjusted p (Holm)": [format_p(p) for p in rows["p_adjusted"]],
        }
    )


def _table_halves(halves: Halves, metric: Metric) -> pd.DataFrame:
    records = [
        {
            "slice": name_slice(r["slice"]),
            "difference where searched": format_difference(metric, r["searched_difference"]),
            "difference in the others": format_difference(metric, r["difference"]),
            "interval": format_interval(metric, r["difference_low"], r["difference_high"], "difference"),
            "value": format_value(metric, r["value"]),
            "counts": format_support(metric, r["top"], r["below"], r["units"]),
            "adjusted p": format_p(r["p_adjusted"]),
            "holds": "yes" if r["confirmed"] else "too few" if r["status"] == "too few" else "not shown",
        }
        for r in halves.table.to_dict("records")
    ]
    return pd.DataFrame.from_records(records)


def _table_leaves(tree: ErrorTree, metric: Metric) -> pd.DataFrame:
    records = [
        {
            "leaf": str(r["leaf"] + 1),
            "rows where": r["where"],
            "where grown": format_value(metric, r["searched_value"]),
            "value": format_value(metric, r["value"]),
            "interval": format_interval(metric, r["low"], r["high"]),
            "counts": format_support(metric, r["top"], r["below"], r["units"]),
            "difference": format_difference(metric, r["difference"]),
            "interval of difference": format_interval(metric, r["difference_low"], r["difference_high"], "difference"),
            "adjusted p": format_p(r["p_adjusted"]),
            "worse": "yes" if r["confirmed"] else "",
            "status": "" if r["status"] == "ok" else r["status"],
        }
        for r in tree.leaves.to_dict("records")
    ]
    return pd.DataFrame.from_records(records)


def _list_nodes(tree: ErrorTree, metric: Metric) -> Iterator[str]:
    """Yield the tree as the lines of a nested list: conditions, and what is below them; leaves are numbered."""
    nodes = tree.nodes.to_dict("records")
    below: dict[int, list[Mapping[Any, Any]]] = {}
    for node in nodes:
        below.setdefault(int(node["parent"]), []).append(node)
    leaves = {int(r["leaf"]): r for r in tree.leaves.to_dict("records")}

    def draw(node: Mapping[Any, Any], depth: int) -> Iterator[str]:
        condition = plain(node["condition"] or "everyone", 120)
        said = plain(f"{format_value(metric, node['searched_value'])} of {format_count(node['searched_units'])}")
        leaf = leaves.get(int(node["leaf"]))
        if leaf is not None:
            mark = " **worse**" if leaf["confirmed"] else ""
            said = f"**leaf {leaf['leaf'] + 1}**: {plain(say_leaf(leaf, metric), 300)}{mark}"
        yield f"{'    ' * depth}- {condition}: {said}"
        for child in below.get(int(node["node"]), []):
            yield from draw(child, depth + 1)

    for root in below.get(-1, []):
        yield from draw(root, 0)
