"""The pages, in the order of a person's questions. Run by the command, or by `streamlit run dashboard/app.py`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:  # `streamlit run` puts only this folder there
    sys.path.insert(0, str(ROOT))

import streamlit as st  # noqa: E402
from streamlit.navigation.page import Page  # noqa: E402

from dashboard import bounty_controls, controls, loading, people, state, uploads, words  # noqa: E402
from dashboard.view import Loaded  # noqa: E402
from dashboard.viewer import is_viewer  # noqa: E402
from dashboard.waiting import Waiting, draw_waiting  # noqa: E402
from metrics.utterances import has_transcripts  # noqa: E402

st.set_page_config(page_title=words.PRODUCT, page_icon="⚖️", layout="wide")

# File, title, icon, and what the data must have: a page that they cannot feed is not shown.
Listed = tuple[str, str, str, Callable[[Loaded], bool]]


def _always(loaded: Loaded) -> bool:
    return True


def _has_attributes(loaded: Loaded) -> bool:
    return bool(loaded.axes)


def _has_scores(loaded: Loaded) -> bool:
    return any(s.score is not None for s in loaded.scored)


def _can_fit(loaded: Loaded) -> bool:
    return bool(loaded.axes) and any(s.score is not None and s.positive is not None for s in loaded.scored)


def _has_systems(loaded: Loaded) -> bool:
    return len(loaded.systems) > 1


def _has_transcripts(loaded: Loaded) -> bool:
    return has_transcripts(loaded.results)


# One list without headings: with them, Streamlit draws list items outside of lists, which screen readers trip over.
PAGES: list[Listed] = [
    ("data", "Data", "table_view", _always),
    ("overview", "Overview", "dashboard", _always),
    ("slices", "Slices", "bar_chart", _has_attributes),
    ("disparities", "Disparities", "grid_on", _has_attributes),
    ("rows", "Rows", "list", _always),
    ("slice_finder", "Slice finder", "troubleshoot", _has_attributes),
    ("coverage", "Coverage", "apps", _has_attributes),
    ("feature_usage", "Feature usage", "blur_on", _has_attributes),
    ("thresholds", "Thresholds", "tune", _has_scores),
    ("studio", "Threshold studio", "balance", _can_fit),
    ("alignments", "Alignments", "hearing", _has_transcripts),
    ("wording", "Wording", "spellcheck", _has_transcripts),
    ("systems", "Systems", "compare_arrows", _has_systems),
    ("last_mile", "Last mile", "local_shipping", _has_attributes),
    ("over_time", "Over time", "timeline", _has_attributes),
    ("bounty", "Bounty", "emoji_events", _always),
    ("leaderboard", "Leaderboard", "leaderboard", _always),
    ("submit", "Submit", "upload", _always),
    ("policy", "Policy", "gavel", _has_attributes),
    ("report", "Report", "description", _always),
    ("publish", "Publish", "ios_share", _always),
    ("published", "Published", "public", _always),
    ("card", "Card", "badge", _always),
    ("evidence", "Evidence", "fact_check", _has_attributes),
    ("metric_guide", "Metrics", "school", _always),
]

# These are about a bounty, whatever the data; they are listed while one is open, and answer by their names always.
BOUNTY_PAGES = {"bounty", "leaderboard", "submit"}

VIEWS = Path(__file__).parent / "views"


def viewer_pages() -> list[Page]:
    """Return the pages of a server for readers alone: there is no other, by whatever address."""
    # Streamlit answers for its default page at / only: links to reports name their page.
    return [
        st.Page(VIEWS / "published.py", title="Published", url_path="home", default=True, visibility="hidden"),
        st.Page(VIEWS / "published.py", title="Published", icon=":material/public:", url_path="published"),
        st.Page(VIEWS / "metric_words.py", title="Metrics", icon=":material/school:", url_path="metrics"),
    ]


def run_for_readers(page: Page) -> None:
    """Run a page that knows no data of this session; its controls stand on it, and the side has the pages alone."""
    state.forget_endless()
    state.keep_choices(but=("published_", "words_", "opening_"))
    people.draw_sign_in()
    page.run()


people.admit()
if is_viewer():
    run_for_readers(st.navigation(viewer_pages(), expanded=True))
    st.stop()

reading = state.is_reading()  # by a link: then no data of the session are on screen, not even a sample
copying = uploads.settle()
now = None
if not reading:
    state.policy_text()  # stands in the address on every page
    now = loading.begin()
bounty_open = not reading and bool(state.bounty_id())
shown = [
    st.Page(
        VIEWS / f"{file}.py",
        title=title,
        icon=f":material/{icon}:",
        url_path="home" if file == "overview" else title.lower().replace(" ", "-"),
        default=file == "overview",
        visibility="hidden" if file in BOUNTY_PAGES and not bounty_open else "visible",
    )
    for file, title, icon, needs in PAGES
    if not isinstance(now, Loaded) or needs(now) or (bounty_open and file == "feature_usage")
]
# Streamlit answers for its default page at / only: the same page once more, unlisted, answers by its name.
by_name = st.Page(VIEWS / "overview.py", title="Overview", url_path="overview", visibility="hidden")
page = st.navigation([*shown, by_name], expanded=True)
if page.url_path == "published":
    run_for_readers(page)
    st.stop()
state.forget_reading()
state.forget_endless()  # after it is known which page begins again
state.tell_beside(page.url_path)
on_bounty = page.url_path in BOUNTY_PAGES or (bounty_open and page.url_path == "feature-usage")
if isinstance(now, Waiting) or on_bounty:
    state.keep_choices()
if on_bounty:
    bounty_controls.draw_bounty_sidebar()
else:
    controls.draw_sidebar(now)
    loading.hold_to_filter()
people.draw_sign_in()
if copying is not None:
    draw_waiting(copying, "Copying was stopped; nothing of it is kept.", "Copy again", key="copying")
page.run()
