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

from dashboard import people, words  # noqa: E402
from dashboard.frame import BOUNTY_PAGES, Begun, begin, run, run_for_readers  # noqa: E402
from dashboard.turns import take_turn  # noqa: E402
from dashboard.view import Loaded  # noqa: E402
from dashboard.viewer import is_viewer  # noqa: E402
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

VIEWS = Path(__file__).parent / "views"


def list_pages(begun: Begun) -> list[Page]:
    """Return the pages that what is on screen can feed."""
    shown = [
        st.Page(
            VIEWS / f"{file}.py",
            title=title,
            icon=f":material/{icon}:",
            url_path="home" if file == "overview" else title.lower().replace(" ", "-"),
            default=file == "overview",
            visibility="hidden" if file in BOUNTY_PAGES and not begun.bounty_open else "visible",
        )
        for file, title, icon, needs in PAGES
        if not isinstance(begun.now, Loaded) or needs(begun.now) or (begun.bounty_open and file == "feature_usage")
    ]
    # Streamlit answers for its default page at / only: the same page once more, unlisted, answers by its name.
    by_name = st.Page(VIEWS / "overview.py", title="Overview", url_path="overview", visibility="hidden")
    return [*shown, by_name]


def list_pages_for_readers() -> list[Page]:
    """Return the pages of a server for readers alone: there is no other, by whatever address."""
    return [
        st.Page(VIEWS / "published.py", title="Published", url_path="home", default=True, visibility="hidden"),
        st.Page(VIEWS / "published.py", title="Published", icon=":material/public:", url_path="published"),
        st.Page(VIEWS / "metric_words.py", title="Metrics", icon=":material/school:", url_path="metrics"),
    ]


people.admit()
with take_turn():
    if is_viewer():
        run_for_readers(st.navigation(list_pages_for_readers(), expanded=True))
    else:
        begun = begin()
        run(st.navigation(list_pages(begun), expanded=True), begun)
