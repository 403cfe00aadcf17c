"""What is done around every page: before the list of pages is known, and from then on until the page itself runs."""

from __future__ import annotations

from dataclasses import dataclass

from streamlit.navigation.page import Page

from dashboard import bounty_controls, controls, kept_beside, loading, people, state, uploads
from dashboard.view import Loaded
from dashboard.waiting import Waiting, draw_waiting
from metrics.errors import ResultsError

__all__ = ["BOUNTY_PAGES", "Begun", "begin", "run", "run_for_readers"]

# These are about a bounty, whatever the data; they are listed while one is open, and answer by their names always.
BOUNTY_PAGES = {"bounty", "leaderboard", "submit"}
_PUBLISHED = "published"
_OF_READERS = ("published_", "words_", "opening_")  # how the keys of widgets on their pages begin


@dataclass(frozen=True, eq=False)
class Begun:
    """What is known before the page is: the data on screen (see `loading.begin`), and what is being copied.

    By the link of a report there are none, not even a sample: whoever follows it reads that report alone.
    """

    now: Loaded | ResultsError | Waiting | None = None
    copying: Waiting | None = None
    bounty_open: bool = False


def begin() -> Begun:
    """Find what is on screen."""
    if state.is_reading():
        return Begun()
    copying = uploads.settle()
    kept_beside.restore_policy()
    state.policy_text()  # stands in the address on every page
    return Begun(loading.begin(), copying, bool(state.bounty_id()))


def run(page: Page, begun: Begun) -> None:
    """Run a page below its sidebar."""
    if page.url_path == _PUBLISHED:
        run_for_readers(page)
        return
    state.forget_reading()
    state.forget_endless()  # after it is known which page begins again
    state.tell_beside(page.url_path)
    on_bounty = page.url_path in BOUNTY_PAGES or (begun.bounty_open and page.url_path == "feature-usage")
    if isinstance(begun.now, Waiting) or on_bounty:
        state.keep_choices()
    if on_bounty:
        bounty_controls.draw_bounty_sidebar()
    else:
        controls.draw_sidebar(begun.now)
        loading.hold_to_filter()
    people.draw_sign_in()
    if begun.copying is not None:
        draw_waiting(begun.copying, "Copying was stopped; nothing of it is kept.", "Copy again", key="copying")
    page.run()


def run_for_readers(page: Page) -> None:
    """Run a page that knows no data of this session; its controls stand on it, and the side has the pages alone."""
    state.forget_endless()
    state.keep_choices(but=_OF_READERS)
    people.draw_sign_in()
    page.run()
