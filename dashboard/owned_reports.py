"""One's own reports on the Publish page: the link of a new one, and those that were published before, to be changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pandas as pd
import streamlit as st

from dashboard import loading, people, publish_controls, state
from dashboard.own_links import read_own
from dashboard.parts import show_table
from dashboard.publishing import Published
from dashboard.words import count, plain, say_error
from dashboard.workspace import Report, Workspace
from metrics.errors import QuestionError, ResultsError

__all__ = [
    "draw_chosen",
    "draw_list",
    "forget_new",
    "offer_own_link",
    "remember_file",
    "remember_new",
    "remember_opened",
    "say_more_hidden",
    "show_new",
]

_NEW, _LATE, _KEYS, _COMPLAINT, _GONE = (
    "publish_new",
    "publish_late",
    "publish_keys",
    "publish_complaint",
    "publish_gone",
)
_PASTED = "publish_own_link"
_DELETED = (
    "Deleting removes the report, its log and what is remembered of it; nothing can be brought back. Whoever has kept "
    "a copy still has it, and a later report of the same rows could then be subtracted from theirs: what is remembered "
    "is there to prevent that. To end reading alone, withdraw it."
)
_WITHDRAWN = (
    "Withdrawing makes the link dead at once and removes what it showed. What was shown stays remembered, without any "
    "row, so that no later report of the same rows can be subtracted from it."
)
_REMOVED = (
    "Removing ends the address that it has here, and deletes this copy with its log. The file that it was opened from, "
    "and all other copies, stay where they are."
)
_FORGOTTEN = (
    "Whoever has the file still has it, and a later report of the same rows could then be subtracted from it: what is "
    "remembered is there to prevent that. Have it forgotten only if it was never handed on, or is gone everywhere."
)


# -- a new one -----------------------------------------------------------------------------------


def remember_new(found: Published, late: bool = False) -> None:
    """Have the link of a new report shown, and let this session change it; `late`: it was to be cancelled."""
    state.remember(_NEW, found)
    state.remember(_LATE, late)
    state.remember(_KEYS, state.recall(_KEYS, {}) | {found.report.id: (found.key, found.report.title)})


def forget_new() -> None:
    """Have the link of the new report shown no longer."""
    state.remember(_NEW, None)


def remember_opened(report: str, key: str, title: str) -> None:
    """Let this session remove a report that it opened from a bundle file."""
    state.remember(_KEYS, state.recall(_KEYS, {}) | {report: (key, title)})


def remember_file(file: Report, key: str) -> None:
    """Let this session have a bundle file forgotten that it made."""
    remember_opened(file.id, key, _name(file))


def say_more_hidden(more_hidden: int) -> None:
    """Say that more is hidden than was shown before, where somebody else was quicker."""
    if more_hidden > 0:
        st.warning(
            f"Something of the same rows was shared meanwhile: {count(more_hidden, 'group')} more than shown above had "
            "to be hidden.",
            icon=":material/visibility_off:",
        )


def show_new(put_away: Callable[[], None]) -> None:
    """Show the link of the report that was just published, and nothing below it until its links are kept.

    `put_away` is what is done then.
    """
    found = state.recall(_NEW)
    if not isinstance(found, Published):
        return
    if Workspace.at_home().find_report(found.report.id) is None:  # withdrawn meanwhile
        put_away()
        return
    with st.container(border=True, key="publish_done"):
        if state.recall(_LATE):
            st.warning(
                "It was published before it could be cancelled. If it shall not be, withdraw it now: nobody has its "
                "link yet but you.",
                icon=":material/undo:",
            )
            st.button("Withdraw it", key="publish_undo", on_click=state.open_own, args=(found.report.id, found.key))
        st.success("It is published. This is the link to hand on:", icon=":material/check:")
        st.code(state.link_to("published", report=found.report.id), language=None, wrap_lines=True)
        say_more_hidden(found.more_hidden)
        if found.report.owner:
            st.caption("You can change or withdraw it here whenever you are signed in.")
        else:
            st.markdown("**Your own link**, to change or withdraw it. Keep it to yourself; it is shown here alone:")
            own = state.link_to("publish", own=f"{found.report.id}.{found.key}")
            st.code(own, language=None, wrap_lines=True)
        with st.container(horizontal=True):
            state_button("Open it as a reader", "publish_open", found.report.id)
            st.button("I have kept the links", key="publish_kept", on_click=put_away)
    state.keep_choices()
    st.stop()


def state_button(label: str, key: str, report: str) -> None:
    """Draw the button that opens a report as its readers see it."""
    if st.button(label, key=key, icon=":material/visibility:", on_click=state.show_report, args=(report,)):
        st.switch_page("views/published.py", query_params={"report": report})


# -- those that were published before ------------------------------------------------------------


def draw_list() -> None:
    """Draw the reports of whoever is signed in, and those of this session, each with a way to change it."""
    own = Workspace.at_home().reports_of(people.person()) if people.person() else []
    keys: dict[str, tuple[str, str]] = state.recall(_KEYS, {})
    listed = [(r.id, _name(r), "") for r in own]
    listed += [(i, title, key) for i, (key, title) in keys.items() if i not in {r.id for r in own}]
    if not listed:
        return
    with st.expander(f"Published or opened before ({len(listed)})", icon=":material/history:"):
        for report, title, key in listed:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(plain(title, 120))
                st.button("Change", key=f"publish_change_{report}", on_click=state.open_own, args=(report, key))


def offer_own_link() -> None:
    """Draw the place where an own link can be pasted: there its key does not pass through the address."""
    with st.expander("Change a report by your own link", icon=":material/key:"):
        st.text_input(
            "Your own link",
            key=_PASTED,
            type="password",
            max_chars=2000,
            autocomplete="off",
            on_change=_take_own_link,
            help="Pasted here, its key is in no address, and so not in the history of your browser.",
        )


def _take_own_link() -> None:
    """Open the report of the link that was pasted, and keep the link nowhere else; in a callback."""
    pasted = str(state.recall(_PASTED) or "")
    state.remember(_PASTED, "")
    if pasted.strip():
        state.open_own(*read_own(pasted))


def draw_chosen() -> None:
    """Draw the report that one's own link, or the list, leads to, and nothing below it: no data are to be published."""
    if state.recall(_GONE):
        st.success("It is deleted, with its log and all that was remembered of it.", icon=":material/check:")
        state.remember(_GONE, False)
    report, key = state.own_report()
    if not report:
        return
    home = Workspace.at_home()
    with st.container(border=True, key="publish_own"):
        complaint = state.recall(_COMPLAINT)
        if complaint:
            st.error(say_error(complaint), icon=":material/block:")
            state.remember(_COMPLAINT, None)
        if not home.may_change(report, key, people.person()):
            st.info(
                "There is no report of yours under this address: it may be deleted, or the address is not whole.",
                icon=":material/search_off:",
            )
        else:
            _draw_own(home, report, key)
        st.button("Close", key="publish_close", icon=":material/close:", on_click=state.open_own, args=("",))
    st.stop()


def _draw_own(home: Workspace, report: str, key: str) -> None:
    found, file, log = home.find_report(report), home.look_up(report), home.read_log(report)
    was_opened = any(entry.what == "opened" for entry in log)
    is_file = file is not None and file.is_file
    if file is not None and is_file:
        _say_about_file(file)
    elif found is None:
        st.subheader("A report that can no longer be read", anchor=False)
        st.markdown("It was withdrawn, or its time is over.")
    else:
        _say_about(found, was_opened)
    if log:
        rows = [(f"{_day(e.at)} UTC", e.who or _name_nobody(e.what), e.what, e.detail) for e in log]
        table = pd.DataFrame(rows, columns=["when", "who", "what", "about"])
        with st.expander(f"What was done to it ({len(log)})"):
            show_table(table, key="publish_log", alt="Who did what to this report, and when")
    if found is not None and people.is_sign_in_on():
        _change_readers(home, found, key)
    with st.container(horizontal=True):
        if found is not None and not was_opened:
            with st.popover("Withdraw", icon=":material/link_off:"):
                st.markdown(_WITHDRAWN)
                st.button(
                    "Withdraw it now",
                    key="publish_withdraw",
                    type="primary",
                    on_click=_do,
                    args=(report, key, lambda: home.withdraw(report), "withdrew", ""),
                )
        label, about, act = ("Delete for good", _DELETED, "Delete it now")
        if is_file:
            label, about, act = ("Have it forgotten", _FORGOTTEN, "Forget it now")
        elif was_opened:
            label, about, act = ("Remove it here", _REMOVED, "Remove it now")
        with st.popover(label, icon=":material/delete_forever:"):
            st.markdown(about)
            st.button(
                act,
                key="publish_delete",
                type="primary",
                on_click=_delete,
                args=(report, key),
            )


def _say_about_file(file: Report) -> None:
    st.subheader(plain(file.title, 120) or "A bundle file", anchor=False)
    st.markdown(
        f"A bundle file, made on {_day(file.began)} UTC. It cannot be withdrawn: whoever has it can read it. What it "
        "shows is remembered, without any row, so that no later report of the same rows can be subtracted from it."
    )
    st.caption("The SHA-256 of the file, to tell copies by:")
    st.code(file.sha256, language=None, wrap_lines=True)


def _name(report: Report) -> str:
    return f"{report.title} (bundle file)" if report.is_file else report.title


def _name_nobody(deed: str) -> str:
    """Return who did something without being signed in: a report has an own link from when it is there."""
    return "nobody signed in" if deed in ("published", "handed on", "opened") else "whoever had the own link"


def _say_about(found: Report, was_opened: bool) -> None:
    st.subheader(plain(found.title, 120) or "A report", anchor=False)
    who = "whoever has the link" if found.readers is None else count(len(found.readers), "person", "people")
    began = "Opened here from a bundle file" if was_opened else "Published"
    st.markdown(f"{began} on {_day(found.began)}; it can be read until {_day(found.ends)} UTC, by {who}.")
    st.code(state.link_to("published", report=found.id), language=None, wrap_lines=True)
    state_button("Open it as a reader", "publish_read", found.id)


def _change_readers(home: Workspace, found: Report, key: str) -> None:
    with st.expander("Who may read it", icon=":material/group:"):
        readers = publish_controls.type_readers("publish_own", found.readers)
        said = "whoever has the link" if readers is None else count(len(readers), "person", "people")
        st.button(
            "Keep these readers",
            key="publish_keep_readers",
            disabled=readers == found.readers,
            on_click=_do,
            args=(found.id, key, lambda: home.set_readers(found.id, readers), "changed readers", said),
        )


def _day(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%d %B %Y, %H:%M}"


# -- what buttons do -----------------------------------------------------------------------------


def _do(report: str, key: str, change: Callable[[], None], what: str, detail: str) -> None:
    """Change a report, if whoever is here still may, and take it down in its log."""
    home, who = Workspace.at_home(), people.person()
    if not home.may_change(report, key, who):
        state.remember(_COMPLAINT, "This report is not yours to change, or is gone.")
        return
    try:
        change()
        home.log(who, what, report, detail)
    except (KeyError, QuestionError, ResultsError) as error:
        state.remember(_COMPLAINT, str(error))


def _delete(report: str, key: str) -> None:
    home = Workspace.at_home()
    found = home.find_report(report)
    _do(report, key, lambda: _remove(home, report), "deleted", "")
    if found is not None:
        loading.forget(("published", found.sha256))
    state.remember(_GONE, not state.recall(_COMPLAINT))
    keys: dict[str, tuple[str, str]] = state.recall(_KEYS, {})
    state.remember(_KEYS, {i: told for i, told in keys.items() if i != report})
    state.open_own("")


def _remove(home: Workspace, report: str) -> None:
    home.delete_report(report)
