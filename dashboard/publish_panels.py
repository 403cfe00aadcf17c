"""The panels of the Publish page: what a reader will see, the bundle, and the link once it is published."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import streamlit as st

from dashboard import bundle_file, controls, example_panels, loading, people, publications, state
from dashboard.definitions import say_definitions
from dashboard.parts import show_table
from dashboard.publish_controls import Access
from dashboard.publishing import Preview, hand_on, prepare, publish, retitle, why_not_shared
from dashboard.view import Loaded
from dashboard.words import count, join, on_screen, plain, say_error
from dashboard.workspace import Workspace
from metrics.errors import QuestionError, ResultsError
from metrics.sharing.fingerprints import fingerprint_rows
from metrics.sharing.share import shareable
from metrics.sharing.terms import Terms

__all__ = ["offer", "show_preview", "work_out"]

_ASKED = "publish_asked"


def work_out(loaded: Loaded, terms: Terms) -> Preview:
    """Return what a reader will see on these terms; until it is there, draw how far it is and stop the page.

    Title and note change none of it.
    """
    asked = replace(terms, title="", note="")
    before = tuple(Workspace.at_home().memories(_sources(loaded)))
    work = partial(_try, partial(_prepare(loaded, terms), before))
    found = controls.do(loaded, ("publish", asked, before), work)
    if isinstance(found, Preview):
        return replace(found, shared=retitle(found.shared, terms.title, terms.note))
    st.error(say_error(found), icon=":material/block:")
    return st.stop()


def show_preview(loaded: Loaded, terms: Terms, preview: Preview) -> None:
    """Show what a reader will see, and what stays here."""
    shared = preview.shared
    st.subheader("What a reader will see", anchor=False)
    with st.grid(3, min_column_width=170):
        for label, value, about in (
            (
                "Groups shown",
                f"{preview.n_shown:,}",
                f"in {count(len(terms.groupings), 'table')}, each with its counts",
            ),
            ("Groups hidden", f"{preview.n_hidden:,}", "too small, or to protect one that is"),
            ("Metrics", f"{len(terms.metrics):,}", f"of {count(len(shared.cubes.systems), 'model')}"),
        ):
            with st.container(border=True):
                st.metric(label, value)
                st.caption(about)
    if shared.schema.where:
        st.warning(
            plain(
                f"A filter is in use: only rows where {shared.schema.where} are part of it. The reader is told.", 600
            ),
            icon=":material/filter_alt:",
        )
    show_table(preview.groupings, key="publish_groupings", alt="How many groups of each table are shown and hidden")
    if preview.n_hidden:
        with st.expander(f"The hidden groups ({preview.n_hidden:,})"):
            show_table(preview.hidden, key="publish_hidden", alt="The groups that a reader will not see")
            st.caption(
                "Small groups that you merge into one, under Merge levels on the Data page, can be shown together, and "
                "no larger one need be hidden for them."
            )
    for sentence in preview.same_of_all:
        st.warning(plain(on_screen(sentence), 600), icon=":material/groups:")
    _say_left_out(terms, preview)
    _say_not_shared(loaded)
    _say_guesses(loaded)
    with st.expander("What goes along: names and definitions"):
        st.caption("A reader sees these names as they are in your file, and the names of all groups, hidden ones too.")
        if people.person():
            st.caption(
                plain(f"They also see your e-mail address, {people.person()}, as that of who published it.", 300)
            )
        facts = [(name, text) for name, text in say_definitions(shared)]
        st.markdown("\n".join(f"- **{name}:** {plain(text, 1500)}" for name, text in facts))


def offer(loaded: Loaded, terms: Terms, access: Access, preview: Preview, may_publish: bool = True) -> None:
    """Draw the buttons that publish and that give the bundle, and what comes of them.

    They wait while there are examples of transcripts that the owner has not looked at.
    """
    mark = (loaded.key, terms)
    with st.container(horizontal=True):
        st.button(
            "Publish",
            key="publish_now",
            type="primary",
            icon=":material/publish:",
            on_click=_ask,
            args=(mark, access),
            disabled=not may_publish,
        )
        bundle_file.offer(mark, preview, may_publish)
    bundle_file.say(mark)
    st.caption(
        "Whoever reads a report may keep what they see, also after you have withdrawn it. Think of who has other "
        "reports of the same rows."
    )
    _publish(loaded, mark, terms, preview)
    home, again, who = Workspace.at_home(), _prepare(loaded, terms), people.person()
    seen = example_panels.seen_examples()
    work = partial(hand_on, home, preview, again, _sources(loaded), who, seen=seen)
    bundle_file.make(loaded, mark, partial(_try, work))


def _ask(mark: Any, access: Access) -> None:
    """Ask for it, in a callback: whether it is what the page shows is known when the page is drawn again."""
    state.remember(_ASKED, (mark, access))


def _publish(loaded: Loaded, mark: Any, terms: Terms, preview: Preview) -> None:
    """Begin what was asked for by the button, once; the page then speaks of that alone."""
    asked = state.recall(_ASKED)
    if asked is None:
        return
    state.remember(_ASKED, None)
    of, access = asked
    if of != mark:  # a choice came together with the click: what was asked for is not what is shown
        st.warning(
            "Nothing was published, since something else was chosen at the same moment. Look at what a reader will "
            "see now, and publish that.",
            icon=":material/sync_problem:",
        )
        return
    work = partial(
        _try,
        partial(
            publish,
            Workspace.at_home(),
            preview,
            _prepare(loaded, terms),
            _sources(loaded),
            people.person(),
            access.readers,
            access.days,
            seen=example_panels.seen_examples(),
        ),
    )
    publications.begin(work)


# -- what stays here -----------------------------------------------------------------------------


def _say_left_out(terms: Terms, preview: Preview) -> None:
    if preview.shared.left_out:
        st.markdown(
            plain(
                f"{count(preview.left_out, 'row')} {'is' if preview.left_out == 1 else 'are'} left out of everything, "
                f"since they have no value of {join(preview.shared.left_out)} and are of fewer than {terms.min_cell} "
                "people: they would be what everyone is more than all groups together.",
                1000,
            )
        )


def _say_not_shared(loaded: Loaded) -> None:
    left = [m for name, m in loaded.metrics.items() if name not in shareable(loaded.cubes) and m.listed]
    if left:
        said = "\n".join(f"- {plain(f'{metric.title}: {why_not_shared(metric)}', 300)}" for metric in left)
        st.markdown(f"These metrics stay with the rows:\n{said}")


def _say_guesses(loaded: Loaded) -> None:
    """Say how many definitions are guesses that would give other numbers: they are published as if they were known."""
    n = len(loaded.results.questions)
    if n:
        st.warning(
            f"{count(n, 'definition')} of the data {'is a guess' if n == 1 else 'are guesses'} that nobody has "
            "confirmed. Another answer would give other numbers; a reader takes them for known.",
            icon=":material/help:",
        )
        controls.link("data", "Answer on the Data page", icon=":material/build:")


def _prepare(loaded: Loaded, terms: Terms) -> Callable[..., Preview]:
    untitled, rows = replace(terms, title="", note=""), _fingerprints(loaded)
    return partial(prepare, loading.reader(loaded), loaded.results, loaded.scored, untitled, rows=rows)


def _sources(loaded: Loaded) -> tuple[str, ...]:
    """Return what these data are known by: the digests of the files, and the fingerprints of the rows."""
    return (*(file.sha256 for file in loaded.dataset.files), *_fingerprints(loaded))


def _fingerprints(loaded: Loaded) -> tuple[str, ...]:
    """Return the fingerprints of the rows; until they are there, draw how far it is and stop the page."""
    found: tuple[str, ...] = controls.do(loaded, "fingerprints", partial(_find_fingerprints, loaded))
    return found


def _find_fingerprints(loaded: Loaded, tell: Callable[[str, float], None]) -> tuple[str, ...]:
    tell("Looking for what was shared before", 0.0)
    main = loading.tables(loaded.dataset, loaded.dataset.schema.file)[0]
    return fingerprint_rows(main, loaded.results.schema)


def _try(work: Callable[..., Any], tell: Any) -> Any:
    """Return what work gives, or the error that says why it cannot be done: an answer, and kept like one."""
    try:
        return work(tell)
    except (QuestionError, ResultsError) as error:
        return error
