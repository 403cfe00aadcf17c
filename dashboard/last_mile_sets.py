"""The two sets of the Last mile page: how the customer's comes in, both receipts side by side, what is in the way."""

from __future__ import annotations

import streamlit as st

from dashboard import controls, kept_beside, people, second_set, state, uploads
from dashboard.datasets import SAMPLES, Dataset, upload_limits
from dashboard.file_controls import TYPES, read_dropped, show_complaint
from dashboard.finding_list import show_findings
from dashboard.last_mile_match import draw_match, offer_columns
from dashboard.second_set import Pair, Refused
from dashboard.view import Loaded
from dashboard.waiting import Waiting, draw_waiting
from dashboard.words import count, plain
from metrics.errors import ResultsError
from metrics.results import Results
from metrics.two_sets.match import Match

__all__ = ["draw_sets", "need_pair"]

_ZONE, _TAKEN = "drop_beside", "taken_beside"
_REFERENCE_EXAMPLE, _CUSTOMER_EXAMPLE = "call_centre", "ward"


def need_pair(loaded: Loaded) -> Pair:
    """Return the two sets side by side; without the second one, or where it does not fit, offer a way on and stop."""
    customer = second_set.find_customer()
    if not isinstance(customer, Dataset):
        _draw_empty(customer)
        st.stop()
    kept_beside.restore_match(loaded.dataset, customer)
    match = second_set.current_match()
    if not isinstance(match, Match):
        st.warning(
            "What was matched cannot be read, and is not used. What is wrong with it:", icon=":material/warning:"
        )
        show_findings(match.findings, key="last_mile_match_wrong")
        match = Match()
    found = second_set.load_pair(loaded, customer, match)
    if isinstance(found, Waiting):
        _draw_receipts(loaded, customer, None)
        stopped = "Reading the customer's file was stopped. The file is kept; nothing is lost."
        draw_waiting(found, stopped, "Read it again")
        state.keep_choices()
        st.stop()
    if isinstance(found, Refused):
        _draw_refused(loaded, customer, match, found)
        st.stop()
    return found


def draw_sets(loaded: Loaded, pair: Pair) -> None:
    """Draw both receipts, what there is to know about the two sets, and what goes with what."""
    _draw_receipts(loaded, pair.customer, pair)
    show_complaint()
    show_findings(pair.findings, key="last_mile_findings")
    draw_match(loaded, pair)


def _draw_empty(found: ResultsError | None) -> None:
    """Say what would be here, and offer an example and a drop zone."""
    if state.beside():
        st.info(
            "There is no second set under this address: it was deleted, its time is over, or the address is not whole.",
            icon=":material/search_off:",
        )
    if found is not None:
        show_findings(found.findings, key="last_mile_unopened")
    st.markdown(
        "Here you will see for every group how it fares in the data at the side, the **reference**, and in a second "
        "file of the same kind, **your own**: who fares worse here, whether that is your mix of groups or the model, "
        "and where you have too few to tell."
    )
    show_complaint()
    st.button(
        "Try the example: call centre and hospital ward",
        key="last_mile_example",
        icon=":material/science:",
        on_click=_show_example,
    )
    _draw_zone("Your own set: a file with the same columns as the reference")
    _offer_samples()


def _show_example() -> None:
    state.show_anew(_REFERENCE_EXAMPLE)
    _put_beside(_CUSTOMER_EXAMPLE)


def _put_beside(sample: str | None) -> None:
    """Put an example beside the data: what was matched for another file says nothing of it."""
    if sample is not None and sample in SAMPLES:
        state.show_customer(sample)
        second_set.use(Match())


def _draw_zone(label: str) -> None:
    if not people.offer_upload("put a file of your own beside these data"):
        return
    st.file_uploader(
        label,
        type=TYPES,
        accept_multiple_files=True,
        key=uploads.drop_key(_ZONE),
        on_change=_take_files,
        max_upload_size=upload_limits().file_bytes // 2**20,
        help="It is read as the reference is: the same roles, bins and rules. Several files are joined by id. Kept "
        "privately, like every upload, and deleted by itself.",
    )


def _offer_samples() -> None:
    """Draw the choice of another example where an example is on screen: nobody's own file goes with one."""
    here = state.dataset_id()
    if here not in SAMPLES:
        return
    names = [name for name in SAMPLES if name != here]
    shown = state.recall("last_mile_sample")

    def choose() -> None:
        if state.is_changed("last_mile_sample", shown):
            _put_beside(state.recall("last_mile_sample"))

    st.selectbox(
        "Or an example",
        names,
        index=None,
        key="last_mile_sample",
        placeholder="Choose one",
        format_func=lambda name: SAMPLES[name].title if name in SAMPLES else str(name),
        on_change=choose,
    )


def _take_files() -> None:
    dropped = state.recall(uploads.drop_key(_ZONE)) or []
    told = [file.file_id for file in dropped]
    if told == state.recall(_TAKEN):  # see `state.is_changed`
        return
    state.remember(_TAKEN, told)
    try:
        schema, files = read_dropped(dropped)
        if files:
            uploads.upload_beside(files, schema, upload_limits().file_bytes)
    except ResultsError as error:
        uploads.complain(str(error))


def _draw_receipts(loaded: Loaded, customer: Dataset, pair: Pair | None) -> None:
    """Draw the two files side by side, with the ways to change them."""
    with st.grid(2, min_column_width=280):
        with st.container(border=True, height="stretch"):
            _draw_receipt("Reference", loaded.dataset, loaded.results)
            controls.link("data", "Choose another", icon=":material/table_view:")
        with st.container(border=True, height="stretch"):
            _draw_receipt("Customer's set", customer, pair.results if pair is not None else None)
            with st.container(horizontal=True):
                _draw_ways_on(customer, pair)


def _draw_receipt(title: str, data: Dataset, results: Results | None) -> None:
    st.caption(title)
    st.markdown(f"**{plain(data.title, 80)}**")
    if results is not None:
        read, used = results.receipts[0].rows_read, len(results)
        rows = count(used, "row") if used == read else f"{used:,} of {count(read, 'row')}"
        joined = [plain(r.name, 60) for r in results.receipts[1:]]
        st.caption(rows + (f" · joined by id: {', '.join(joined)}" if joined else ""))
    if data.kind == "upload":
        st.caption(f":material/lock: yours until {controls.until(data)}. Whoever has the whole address sees it.")
    else:
        st.caption("An example; it is invented." if data.kind == "sample" else "Opened by the command.")


def _draw_ways_on(customer: Dataset, pair: Pair | None) -> None:
    with st.popover("Another file", icon=":material/upload_file:", type="tertiary"):
        _draw_zone("Another file in its place")
        _offer_samples()
    st.button(
        "Change places",
        key="last_mile_swap",
        type="tertiary",
        icon=":material/swap_horiz:",
        on_click=second_set.change_places,
        args=(customer, pair),
        help="Make the customer's set the reference, and the other way round.",
    )
    if customer.kind == "upload" and customer.id != state.dataset_id():
        with st.popover("Delete", icon=":material/delete:", type="tertiary"):
            st.write("The file and everything counted from it will be gone, for everyone who has the address.")
            st.button("Delete now", key="last_mile_away", on_click=uploads.forget_beside, args=(customer,))
        return
    st.button(
        "Take away",
        key="last_mile_away",
        type="tertiary",
        icon=":material/close:",
        on_click=state.show_customer,
        args=("",),
    )


def _draw_refused(loaded: Loaded, customer: Dataset, match: Match, refused: Refused) -> None:
    """Say why the two do not go together, and offer to match columns and systems."""
    _draw_receipts(loaded, customer, None)
    show_complaint()
    st.error(
        "These two sets cannot be compared yet; nothing is lost. What is in the way, and what to do:",
        icon=":material/block:",
    )
    if refused.other_task:
        here = plain(str(loaded.results.schema.task), 40)
        st.markdown(
            f"The reference is of the kind **{here}**, and this file looks like **{plain(refused.other_task, 40)}**: "
            "results of two kinds cannot be compared. Choose a file of the same kind, unless it was taken for another."
        )
    show_findings(refused.findings, key="last_mile_refused")
    offer_columns(loaded, match, refused)
