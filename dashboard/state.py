"""What is on screen: which data, and what was chosen of them. Nothing else touches session state or the address.

The data are read and asked in `loading.py`, long work is waited for in `waiting.py`, files are kept and corrected in
`uploads.py`; `view.py` has the types `Loaded` and `View`.

How to write a page
-------------------
A page is a script in `dashboard/views/`, listed in `dashboard/app.py`. It reads like its table of contents::

    import streamlit as st

    from dashboard import controls, state
    from dashboard.charts.intervals import describe_intervals, draw_intervals, table_intervals
    from dashboard.parts import show_figure, show_table
    from metrics import estimate

    st.title("How well does each group fare?")
    loaded = controls.need_data("the groups, worst first, each with its interval")
    view = controls.choose(loaded, by=True, baseline=True)
    frame = estimate(loaded.of(view), by=view.groupings, metrics=[view.metric],
                     confidence=view.confidence, min_units=view.min_units)
    metric = loaded.metrics[view.metric]
    table = table_intervals(frame, metric)
    show_figure(draw_intervals(frame, metric), key="slices_figure", alt=describe_intervals(frame, metric), table=table)
    show_table(table, key="slices_table", alt="...")

- `controls.need_data(what)` gives a `Loaded`, or draws the empty (or the error) state and stops the page.
- `loaded.cubes` are the cubes of every system, `loaded.of(view)` those of the chosen one, `loaded.results` and
  `loaded.scored` the rows. Questions asked of a cube take milliseconds.
- Where clusters are many, questions take seconds: `controls.ask(loaded, partial(estimate, ...), ...)` gives the
  answers, and until they are there shows how far they are instead of the rest of the page.
- `controls.choose(loaded, by=..., baseline=..., compare=...)` draws the page's own row of controls and gives
  the `View`; the sidebar (data, system, metric, filter, confidence, minimum) is drawn by `app.py`.
- A widget of one page: put a function into `controls.py` with a key that starts with the page's name (`rows_outcome`)
  and `bind=state.BIND`; its value comes back checked against the data. F5 then shows the same.
- The cell that Disparities and Rows speak of is `view.cell`, a `Slice`, and `view.metric`; a click on a chart calls
  `state.pick(cell=..., metric=...)` in its `on_select` callback (before the widgets are drawn), the select boxes of
  `controls.choose_cell` are its keyboard twin.
- `parts.show_figure` draws a chart with its ways out (link, data, picture); `table` is the twin that people read.
- Links between pages: `controls.link("rows", "Rows behind this cell", cell=slice)`.
- Text from a file enters a sentence or a label only through `words.plain`. `state.theme()` has the colours of charts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Literal
from urllib.parse import urlencode

import streamlit as st
from streamlit.errors import StreamlitAPIException
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard import bounties
from dashboard.charts.palette import Theme, choose_theme
from dashboard.datasets import OPENED, Dataset, find_dataset, is_opened
from dashboard.numbers import is_endless, whole
from dashboard.own_links import PARAMETER, read_own, redeem
from dashboard.packing import pack, unpack
from dashboard.view import Loaded, View
from dashboard.workspace import Workspace
from metrics.errors import QuestionError, ResultsError
from metrics.registry import Metric
from metrics.slices import Slice

__all__ = ["BIND", "current_view", "dataset", "pick", "recall", "remember", "show", "theme"]

BIND: Literal["query-params"] = "query-params"  # the value of a widget stands in the address under its key

BASELINES = ("rest", "overall", "largest", "best")
COMPARISONS = ("difference", "ratio")
CONFIDENCES = (0.9, 0.95, 0.99)
FIRST_SAMPLE = "lending"

MOST_OF_POLICY = 100_000  # bytes of a policy's text, or of another one that an address holds
_MOST_IN_ADDRESS = 4000  # letters

MOST_SETS = 60
MOST_LEAST = 100_000  # rows that a group may have to have

_DATA, _POLICY, _BOUNTY = "data", "policy", "bounty"
_CUSTOMER, _MATCH, _SETS = "customer", "match", "sets"  # what stands beside the data
_REPORT, _OWN, _TICKET = "report", PARAMETER, "publishing"
_OF_REPORT = "published_"  # how the keys of what is chosen of a published report begin
_PAGE_OF_SETS, _PAGE_OF_CUSTOMER, _PAGE_OF_TICKET = "over-time", "last-mile", "publish"  # whose addresses name that


# -- the data ------------------------------------------------------------------------------------


def dataset_id() -> str:
    """Return the id of the data on screen: the address's, else the session's, else what the command opened."""
    asked = st.query_params.get(_DATA) or st.session_state.get(_DATA) or first_address()
    show(asked)
    return str(asked)


def dataset() -> Dataset | None:
    """Return the data on screen, None where the address leads to nothing (any more) that can be opened."""
    try:
        return find_dataset(dataset_id(), Workspace.at_home())
    except ResultsError:
        return None


def show(address: str) -> None:
    """Put other data on screen. The address then says so, and F5 and a second tab show the same."""
    st.session_state[_DATA] = address
    _tell_address(_DATA, address)


def show_anew(address: str) -> None:
    """Put other data on screen and leave behind what was chosen for the old ones (from a callback)."""
    if address != st.session_state.get(_DATA) and "where" in st.session_state:
        st.session_state["where"] = ""
    if address != st.session_state.get(_DATA):
        show_sets(())
    show(address)


def first_address() -> str:
    """What is on screen where nobody asked for anything: what the command opened, else an example."""
    return OPENED if is_opened() else FIRST_SAMPLE


# -- the sets beside the data --------------------------------------------------------------------


def set_addresses() -> tuple[str, ...]:
    """Return the addresses of the sets that were added to the data on screen, in the order in which they were added.

    Those of the page's address, else the session's. The data themselves are none of them, whatever the address says.
    """
    asked, own = str(st.query_params.get(_SETS) or st.session_state.get(_SETS) or ""), dataset_id()
    found = tuple(dict.fromkeys(part for part in asked.split(",") if part and part != own))[:MOST_SETS]
    show_sets(found)
    return found


def show_sets(addresses: Sequence[str]) -> None:
    """Have these sets beside the data on screen; none with none."""
    st.session_state[_SETS] = ",".join(addresses)
    if _SETS in st.query_params:  # else it is the address of another page: see `tell_beside`
        _tell_address(_SETS, st.session_state[_SETS])


def tell_beside(page: str) -> None:
    """Have the address of a page name the files beside the data where the page (by its name there) is about them.

    There F5 and a second tab show the same. On every other page the session keeps them, and a link that is copied
    there leads to the data on screen alone: whoever has the address of a file sees the file.
    """
    sets = ",".join(set_addresses())
    _tell_address(_SETS, sets if page == _PAGE_OF_SETS else "")
    if page != _PAGE_OF_TICKET:
        _tell_address(_TICKET, "")
    if page != _PAGE_OF_CUSTOMER:
        customer_id()
        match_text()
        for key in (_CUSTOMER, _MATCH):
            _tell_address(key, "")


# -- the bounty ----------------------------------------------------------------------------------


def bounty_id() -> str:
    """Return the address of the bounty that is open: the page's, else the session's, else what the command opened.

    Empty where none is open.
    """
    first = bounties.OPENED if bounties.is_opened() else ""
    asked = str(st.query_params.get(_BOUNTY) or st.session_state.get(_BOUNTY, first))
    show_bounty(asked)
    return asked


def show_bounty(address: str) -> None:
    """Open a bounty; close it with an empty address. The address of the page then says so."""
    st.session_state[_BOUNTY] = address
    _tell_address(_BOUNTY, address)


# -- the second set ------------------------------------------------------------------------------


def customer_id() -> str:
    """Return the id of the set beside the data on screen, empty where there is none.

    Only the page that compares the two asks for it: no link to another page leads to a second file by the way.
    """
    asked = str(st.query_params.get(_CUSTOMER) or st.session_state.get(_CUSTOMER, ""))
    show_customer(asked)
    return asked


def beside() -> str:
    """Return the id of the second set of this session, on whatever page."""
    return str(st.session_state.get(_CUSTOMER, ""))


def show_customer(address: str) -> None:
    """Put a second set beside the data; take it away with an empty address. The address of the page then says so."""
    st.session_state[_CUSTOMER] = address
    _tell_address(_CUSTOMER, address)


def match_text() -> str:
    """Return what goes with what in the two sets, as TOML: the session's, else the address's."""
    return _kept_text(_MATCH)


def use_match(text: str) -> None:
    """Match columns and levels by this text from now on."""
    st.session_state[_MATCH] = text


def is_match_in_address() -> bool:
    """Whether the match outlives the session: it is short enough to stand in the address."""
    text = match_text()
    return not text or bool(_packed(text))


# -- the published report ------------------------------------------------------------------------


def is_reading() -> bool:
    """Whether the address names a published report: whoever follows its link has no data on screen."""
    return _REPORT in st.query_params


def report_id() -> str:
    """Return the id of the report that is read: the address's, else the session's; empty where none is.

    The address then names the report and what is chosen of it, and nothing of the data of this session.
    """
    asked = str(st.query_params.get(_REPORT) or st.session_state.get(_REPORT, ""))
    show_report(asked)
    _tell_address(_REPORT, asked)
    for key in [key for key in st.query_params if key != _REPORT and not key.startswith(_OF_REPORT)]:
        with suppress(StreamlitAPIException):  # a widget of this page holds it
            _tell_address(key, "")
    return asked


def show_report(report: str) -> None:
    """Have this report read on the page of published ones, and leave behind what was chosen of another one."""
    if report != st.session_state.get(_REPORT, report):
        for key in [key for key in st.session_state if str(key).startswith(_OF_REPORT)]:
            del st.session_state[key]
    st.session_state[_REPORT] = report


def read_report(report: str) -> None:
    """Have this report read, and the address say so."""
    show_report(report)
    _tell_address(_REPORT, report)


def forget_reading() -> None:
    """Take the report out of the address of a page that is not about it, and begin again."""
    if is_reading():
        _tell_address(_REPORT, "")
        st.rerun()


def own_report() -> tuple[str, str]:
    """Return the report that an owner's own link leads to, and its key; empty texts where there is none.

    The key leaves the address at once: an address that is copied from here makes nobody an owner. Mostly it has left
    before (`own_links`); a ticket that was used, to which a browser goes back, changes nothing.
    """
    told = str(st.query_params.get(_OWN) or "")
    if told:
        own = told if "." in told else redeem(told)
        if own or not st.session_state.get(_OWN):
            open_own(*read_own(own or told))
        _tell_address(_OWN, "")
    found = st.session_state.get(_OWN)
    return (str(found[0]), str(found[1])) if found else ("", "")


def open_own(report: str, key: str = "") -> None:
    """Have a report of one's own changed on the page that publishes; an empty id: none any more."""
    st.session_state[_OWN] = (report, key) if report else None


def ticket() -> str:
    """Return the ticket of what is being published: the session's, else the address's, so that F5 finds it again."""
    held = str(st.session_state.get(_TICKET) or st.query_params.get(_TICKET) or "")
    hold_ticket(held)
    return held


def hold_ticket(ticket: str) -> None:
    """Have this session, and the address of the page that publishes, hold a ticket; with an empty one none any more."""
    st.session_state[_TICKET] = ticket
    _tell_address(_TICKET, ticket)


def link_to(page: str, **query: str) -> str:
    """Return the whole address of another page (by its name there) of this dashboard."""
    here = (st.context.url or "").rstrip("/").rpartition("/")[0]
    return f"{here}/{page}?{urlencode(query)}"


# -- the policy ----------------------------------------------------------------------------------


def policy_text() -> str:
    """Return the text of the policy in use, empty where there is none: the session's, else the address's."""
    return _kept_text(_POLICY)


def use_policy(text: str) -> None:
    """Judge by the policy of this text from now on; by none where it is empty."""
    st.session_state[_POLICY] = text


def is_policy_in_address() -> bool:
    """Whether the policy in use outlives the session: it is short enough to stand in the address."""
    return bool(_packed(policy_text()))


# -- numbers in the address ----------------------------------------------------------------------


def forget_endless() -> None:
    """Take what is infinite or no number (1e400, nan) out of the address, and begin again without it.

    Before any widget is drawn: Streamlit breaks where it makes a whole number of one.
    """
    found = [key for key in st.query_params if any(map(is_endless, st.query_params.get_all(key)))]
    for key in found:
        try:
            del st.query_params[key]
        except StreamlitAPIException:  # a widget holds it already, so that it was found to be good there
            continue
    if any(key not in st.query_params for key in found):
        st.rerun()


# -- texts in the address ------------------------------------------------------------------------


def _kept_text(key: str) -> str:
    """Return a text of the session, else the address's.

    The address then says so, and F5 and a second tab show the same, unless the text is too long for it.
    """
    if key not in st.session_state:
        packed = st.query_params.get(key, "")
        st.session_state[key] = (unpack(packed, MOST_OF_POLICY) or "") if packed else ""
    text = str(st.session_state[key])
    _tell_address(key, _packed(text))
    return text.strip()


def _packed(text: str) -> str:
    packed = pack(text) if text.strip() else ""
    return packed if len(packed) <= _MOST_IN_ADDRESS else ""


def _tell_address(key: str, value: str) -> None:
    """Have the address say so, without a word about what is empty."""
    if not value:
        st.query_params.pop(key, None)
    elif st.query_params.get(key) != value:
        st.query_params[key] = value


# -- the view ------------------------------------------------------------------------------------


def current_view(loaded: Loaded) -> View:
    """Return what is chosen, every choice checked against the data: browsers can send anything."""
    metrics, axes = loaded.metrics, {a.name for a in loaded.axes} | {a.family for a in loaded.axes}
    metric = _chosen("metric", metrics, first_metric(loaded))
    by = st.session_state.get("by") or ()
    return View(
        data=loaded.dataset.id,
        metric=metric,
        system=_chosen("system", loaded.systems, loaded.systems[0]),
        where=filter_text(),
        confidence=_chosen("confidence", CONFIDENCES, 0.95),
        min_units=whole(st.session_state.get("least"), 30, 1, MOST_LEAST),
        by=tuple(a for a in by if a in axes),
        baseline=_chosen("baseline", baselines(loaded), "rest"),
        compare=_chosen("compare", COMPARISONS, "difference"),
        cell=_cell(loaded),
    )


def filter_text() -> str:
    """The filter typed in the sidebar; empty where the data's own schema decides."""
    typed = st.session_state.get("where")  # the address is behind where a callback has just taken the filter away
    return str((st.query_params.get("where") if typed is None else typed) or "").strip()


def first_metric(loaded: Loaded) -> str:
    """Return the metric to begin with: wrong refusals where they are defined, else the first error rate."""
    return first_of(loaded.metrics)


def first_of(metrics: Mapping[str, Metric]) -> str:
    """Return the metric to begin with among these, which are at least one."""
    if "false_rejection_rate" in metrics:
        return "false_rejection_rate"
    return next((name for name, m in metrics.items() if m.better == "lower" and m.unit == "share"), next(iter(metrics)))


def baselines(loaded: Loaded) -> list[str]:
    """Return what a slice can be compared with: the four of every file, then every level of every attribute."""
    levels = [str(Slice(((axis.name, level),))) for axis in loaded.axes for level in axis.levels]
    return [*BASELINES, *levels]


def pick(**chosen: Any) -> None:
    """Set choices (`cell=Slice(...)`, `metric=...`, `by=("sex",)`) in a callback or before widgets are drawn."""
    for key, value in chosen.items():
        if isinstance(value, Slice):
            value = None if value == Slice() else str(value)
        st.session_state[key] = list(value) if isinstance(value, tuple) else value


def open_cell(cell: Slice) -> None:
    """Look into a slice on a page without the box for it; the address then says so."""
    pick(cell=cell)
    _tell_address("cell", str(cell) if cell.levels else "")


def keep_choices(but: tuple[str, ...] = ("where",)) -> None:
    """Keep what is chosen in widgets that cannot be drawn while data are read: Streamlit forgets it otherwise.

    Those whose keys begin like one of `but` are drawn.
    """
    for key, value in list(st.session_state.items()):
        texts = isinstance(value, list | tuple) and all(isinstance(entry, str) for entry in value)
        plain = isinstance(value, str | int | float) and not isinstance(value, bool)
        if (plain or texts) and not str(key).startswith(("drop", *but)):
            with suppress(StreamlitAPIException):  # it is drawn already, and so not forgotten
                st.session_state[key] = value


def recall(key: str, default: Any = None) -> Any:
    """Return the value of a widget by its key, such as the selection of a chart."""
    return st.session_state.get(key, default)


def told(key: str) -> Any:
    """Return what a bound widget holds, or will hold once it is drawn."""
    return st.session_state.get(key) or st.query_params.get(key)


def is_changed(key: str, shown: Any) -> bool:
    """Whether a widget holds anything but what it was drawn with: the callback of a widget with a value asks first.

    With a change elsewhere, a browser that is behind tells of widgets that have gone. What they held is forgotten by
    then: Streamlit takes them for changed, and calls back though nobody touched them.
    """
    return recall(key, shown) != shown


def remember(key: str, value: Any) -> None:
    """Keep something for this session only, under a key of no widget."""
    st.session_state[key] = value


def address() -> dict[str, str]:
    """Return what a link to another page must name: the data, the policy and the bounty.

    What stands beside the data is the session's (`tell_beside`). All else is bound to widgets and comes along.
    """
    packed = _packed(policy_text())
    told = {_DATA: dataset_id(), _POLICY: packed, _BOUNTY: bounty_id()}
    return {key: value for key, value in told.items() if value}


def link() -> str:
    """Return the whole address of what is on screen: opened anywhere, it shows the same."""
    query = urlencode([(key, value) for key in st.query_params for value in st.query_params.get_all(key)])
    return f"{st.context.url or ''}?{query}"


def session() -> str:
    """Return what the server calls this session; "" outside of a page."""
    running = get_script_run_ctx(suppress_warning=True)
    return running.session_id if running is not None else ""


def rows_told() -> str:
    """Return the condition that the rows on screen meet, empty where they are all."""
    data = dataset()
    return filter_text() or (data.schema.where or "" if data is not None else "")


def theme() -> Theme:
    """Return the colours to draw with in the theme on screen."""
    return choose_theme(st.context.theme.type)


def _chosen(key: str, legal: Any, default: Any) -> Any:
    value = st.session_state.get(key, default)
    return value if value in legal else default


def _cell(loaded: Loaded) -> Slice:
    text = st.session_state.get("cell") or st.query_params.get("cell") or ""
    try:
        cell = Slice.parse(str(text)) if text else Slice()
    except (QuestionError, ValueError):
        return Slice()
    levels: Mapping[str, Any] = {a.name: (*a.levels, a.level(len(a.levels))) for a in loaded.axes}
    legal: Callable[[str, str], bool] = lambda axis, level: level in levels.get(axis, ())  # noqa: E731
    return cell if all(legal(a, v) for a, v in cell.items()) else Slice()
