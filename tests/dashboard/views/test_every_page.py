"""Every page with every kind of data: none, each sample, COMPAS, and names that would be code if they could."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from metrics.slices import Slice
from tests.dashboard.pages import HOSTILE, SAMPLES, find_injections, open_page, texts
from tests.dashboard.views.files import open_compas, open_file, write_hostile
from tests.paths import needs_shared

PAGES = (
    "overview",
    "slices",
    "disparities",
    "rows",
    "slice_finder",
    "coverage",
    "feature_usage",
    "thresholds",
    "studio",
    "systems",
    "over_time",
    "metric_guide",
)
SCORED = ("lending", "screening")
# The samples that feed a page, where not all do: a page that the data cannot feed is not in the list.
FED = {"thresholds": SCORED, "studio": SCORED, "systems": ("lending", "call_centre", "ward")}

NEED_GROUPS = ("slices", "disparities", "slice_finder", "coverage", "feature_usage", "studio", "over_time")
OF_ONE_SYSTEM = tuple(page for page in PAGES if page != "systems")


def shows_an_answer(app: AppTest, page: str) -> bool:
    """Whether there is a table, or why there is none: nothing found to count, too few rows to fit thresholds to."""
    return len(app.dataframe) > 0 or page == "feature_usage" or (page == "studio" and len(app.info) > 0)


@pytest.mark.parametrize("page", PAGES)
def test_without_data_every_page_says_what_would_be_there_and_offers_some(page):
    app = open_page(page, data="A" * 32)

    assert len(app.title) == 1
    assert app.title[0].value.endswith("?")
    assert any(info.value.startswith("Here you will see ") for info in app.info)
    example = "loans by month" if page == "over_time" else "lending"
    assert f"Try the {example} example" in [b.label for b in app.button]


@pytest.mark.parametrize(("page", "sample"), [(p, s) for p in PAGES for s in FED.get(p, SAMPLES)])
def test_every_page_shows_every_sample_that_can_feed_it(page, sample):
    app = open_page(page, data=sample)

    assert app.title[0].value.endswith("?")
    assert not app.error
    assert shows_an_answer(app, page)


@pytest.mark.parametrize(("page", "sample"), [(p, s) for p, fed in FED.items() for s in SAMPLES if s not in fed])
def test_a_page_that_a_sample_cannot_feed_is_not_in_the_list(page, sample):
    with pytest.raises(ValueError, match=page):
        open_page(page, data=sample)


@needs_shared
@pytest.mark.parametrize("page", OF_ONE_SYSTEM)
def test_every_page_shows_compas(page, monkeypatch, tmp_path):
    app = open_page(page, data=open_compas(monkeypatch, tmp_path))

    assert not app.error
    assert len(app.dataframe) > 0


@pytest.mark.parametrize("page", OF_ONE_SYSTEM)
def test_names_from_files_are_shown_as_text(page, monkeypatch, tmp_path):
    address = open_file(monkeypatch, tmp_path, *write_hostile(tmp_path))
    cell = Slice(((HOSTILE[0], HOSTILE[1]),))
    app = open_page(page, data=address, cell=str(cell), least="1")

    assert find_injections(app) == []
    # The Metrics page names no group; where nothing is found, what speaks of findings names none either.
    assert page in ("metric_guide", "slice_finder", "feature_usage") or any("evil" in text for text in texts(app))


@pytest.mark.parametrize("page", PAGES)
def test_illegal_choices_in_the_address_fall_back(page):
    illegal = dict.fromkeys(("metric", "system", "by", "baseline", "compare", "cell", "confidence"), "<script>")
    app = open_page(page, data="lending", **illegal, rows_outcome="x", thresholds_rate="x", disparities_map="x")

    assert not app.error
    assert len(app.dataframe) > 0


@pytest.mark.parametrize("page", PAGES)
def test_a_file_without_groups_breaks_no_page(page, monkeypatch, tmp_path):
    file = tmp_path / "plain.csv"
    file.write_text("label,score\n" + "".join(f"{i % 2},{i % 10 / 10}\n" for i in range(60)))
    schema = 'task="classification"\nlabel="label"\npositive=["1"]\nthreshold=0.5\n[[system]]\nscore="score"\n'
    address = open_file(monkeypatch, tmp_path, file, schema)
    if page in NEED_GROUPS or page == "systems":
        with pytest.raises(ValueError, match=page):
            open_page(page, data=address)
    else:
        assert not open_page(page, data=address).error


@pytest.mark.parametrize("page", PAGES)
def test_a_filter_that_leaves_one_group_breaks_no_page(page):
    app = open_page(page, data="lending", where="sex = female and region = south")

    assert not app.error


_BASE = 'task="classification"\npositive=["1"]\nthreshold=0.5\n'
_SYSTEM = '[[system]]\nscore="score"\n[[attribute]]\ncolumn="g"\n[[attribute]]\ncolumn="h"\n'
ODD = {
    "no labels": (lambda i: i % 2, _BASE + 'without=["label"]\n' + _SYSTEM),
    "weights": (lambda i: i % 2, _BASE + 'label="label"\nweight="w"\n' + _SYSTEM),
    "counts": (lambda i: i % 2, _BASE + 'label="label"\ncount="k"\n' + _SYSTEM),
    "one class": (lambda i: 1, _BASE + 'label="label"\n' + _SYSTEM),
    "clusters of one row": (lambda i: i % 2, _BASE + 'label="label"\ncluster="c"\n' + _SYSTEM),
    "one cluster": (lambda i: i % 2, _BASE + 'label="label"\ncluster="one"\n' + _SYSTEM),
}


@pytest.mark.parametrize(
    ("page", "kind"), [(p, k) for p in OF_ONE_SYSTEM for k in ODD if (p, k) != ("studio", "no labels")]
)
def test_odd_files_break_no_page(page, kind, monkeypatch, tmp_path):
    label, schema = ODD[kind]
    rows = [
        f"{'abc'[i % 3]},{'xy '[i % 3].strip()},{label(i)},{i * 7 % 10 / 10},{i % 5 + 0.5},{i % 4 + 1},c{i},one"
        for i in range(120)
    ]
    file = tmp_path / "odd.csv"
    file.write_text("\n".join(["g,h,label,score,w,k,c,one", *rows, ""]))
    app = open_page(page, data=open_file(monkeypatch, tmp_path, file, schema))

    assert not app.error
    assert shows_an_answer(app, page)
