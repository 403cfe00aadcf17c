"""Reports as HTML: whole in themselves, the same from a fresh document and a read one, safe from every name."""

from __future__ import annotations

import os
import re
from itertools import pairwise
from pathlib import Path

import pytest

from dashboard.charts.palette import DIVERGING, NEUTRAL, PARITY, mix_scale
from dashboard.report import SECTIONS, write_html
from dashboard.report.blocks import MARKS
from metrics.document_json import read_document, write_document
from metrics.formatting import format_counts, format_interval, format_percent, format_points
from metrics.policy import load_template
from tests.dashboard.report.documents import HOSTILE, POLICY, hostile, many_groups, one_model, sample
from tests.dashboard.report.reading import Element, outline, parse, rows_of

SAMPLES = ("lending", "screening", "routing", "waiting", "call_centre", "ward")
SNAPSHOTS = Path(__file__).parent / "snapshots"


@pytest.fixture(scope="module")
def report() -> Element:
    return parse(write_html(one_model()))


# -- what is in it ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SAMPLES)
def test_a_report_of_each_sample_is_made_of_what_it_was(name: str):
    """The outline is kept in `snapshots`; SNAPSHOTS=write writes it anew, to be looked at."""
    found = outline(parse(write_html(sample(name))))
    kept = SNAPSHOTS / f"{name}.txt"
    if os.environ.get("SNAPSHOTS") == "write":
        kept.write_text(found, encoding="utf-8")

    assert found == kept.read_text(encoding="utf-8")


def test_a_report_with_a_policy_is_made_of_what_it_was(report: Element):
    found = outline(report)
    kept = SNAPSHOTS / "lending_with_policy.txt"
    if os.environ.get("SNAPSHOTS") == "write":
        kept.write_text(found, encoding="utf-8")

    assert found == kept.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", SAMPLES)
def test_a_read_document_is_drawn_like_the_fresh_one(name: str):
    fresh = sample(name)
    html = write_html(fresh)

    assert write_html(read_document(write_document(fresh))) == html
    assert write_html(read_document(html)) == html


def test_an_interactive_report_is_read_again_too():
    html = write_html(one_model(), interactive=True)

    assert write_html(read_document(html), interactive=True) == html


def test_groups_stand_with_the_numbers_that_were_measured(report: Element):
    d = one_model()
    estimates = d.estimates[d.estimates["metric"] == "false_rejection_rate"]
    compared = d.disparities[d.disparities["metric"] == "false_rejection_rate"].to_dict("records")
    gaps = {row["slice"]: row for row in compared}
    rows = {row[0]: row for row in rows_of(report, "False rejection rate by group, the worst first")[1:]}

    assert len(rows) == len(estimates) == 1 + 2 + 4 + 4 + 6  # everyone, sex, age, region, ethnicity
    for e in estimates.to_dict("records"):
        name = ", ".join(f"{a} {x}" if x[0] in "<>" else f"{a} = {x}" for a, x in e["slice"].items()) or "everyone"
        value, interval = format_percent(e["value"]), re.sub(" %", "", f"[{_percent(e['low'])}, {_percent(e['high'])}]")
        shown = [text.replace("\N{NO-BREAK SPACE}", " ") for text in rows[name]]
        assert shown[2] == f"{value} {interval}"
        assert shown[3] == format_counts(e["top"], e["below"])
        if name != "everyone":
            gap = gaps[e["slice"]]
            metric = d.metrics["false_rejection_rate"]
            ends = format_interval(metric, gap["low"], gap["high"], "difference")
            assert shown[4] == f"{format_points(gap['value'])} {ends}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f}" if share else "0"


def test_the_policys_verdict_comes_first_then_the_worst_group(report: Element):
    summary = report.one("section", id="summary")
    first, second, *_ = summary.all("p")

    assert first.text == "Of the 2 rules of the policy “Lending”: 1 fails and 1 passes."
    assert second.text.startswith("Worst for ")


def test_verdicts_are_told_by_word_and_mark_with_reason_and_units(report: Element):
    section = report.one("section", id="verdicts")
    rows = rows_of(report, "false rejections: the value of every group")
    verdicts = one_model().verdicts
    own = verdicts[verdicts["rule"] == "false rejections"]

    assert {"Verdict", "Value", "Value alone", "More needed", "Why"} <= set(rows[0])
    assert [row[1] for row in rows[1:]] == sorted(
        (f"{MARKS[v]} {v}" for v in own["verdict"]), key=lambda text: ("fail", "undecided", "pass").index(text[2:])
    )
    shown = {row[rows[0].index("Why")].replace("\N{NO-BREAK SPACE}", " ") for row in rows[1:]}
    assert shown == set(own["reason"])
    assert "against everyone else: at most 5 points either way" in section.text.replace("5.0", "5")


def test_the_noise_floor_stands_beside_the_spread_that_a_rule_is_about(report: Element):
    heads, *rows = rows_of(report, "gaps: the deciding pair of groups")
    floors = one_model().spreads
    floors = floors[
        [
            m == "false_rejection_rate" and by in (("sex",), ("age",))
            for m, by in zip(floors["metric"], floors["by"], strict=True)
        ]
    ]["noise_floor"]

    assert {row[heads.index("Chance alone")] for row in rows} == {
        f"up to {format_points(floor, signed=False)}" for floor in floors
    }


def test_figures_to_publish_have_no_verdict(report: Element):
    heads, *rows = rows_of(report, "rates: the value of every group")
    rules = {row[0]: row[1] for row in rows_of(report, "The rules and their verdicts")[1:]}

    assert "Verdict" not in heads and rows
    assert rules["rates"] == f"{MARKS['published']} published"


def test_cells_of_the_heat_map_are_orange_where_a_group_fares_worse(report: Element):
    """Whichever way the metric runs, and white at parity."""
    d = one_model()
    table = next(t for t in report.all("table") if t.one("caption").text == "Groups by metrics, part 1 of 2")
    heads = [th.text for th in table.one("thead").all("th")]
    names = {m.title: m for m in d.metrics.values()}
    better = {t: "higher" if t == "Selection rate" else m.better for t, m in names.items()}  # approval is favourable
    seen = 0
    for row in table.one("tbody").all("tr"):
        for head, cell in zip(heads[1:], row.all("td"), strict=True):
            step = next((c for c in cell.classes if re.fullmatch(r"s\d+", c)), None)
            if step is None or cell.text.startswith("≈"):
                continue
            seen += 1
            sign = -1 if cell.text.startswith("−") else 1
            worse = sign * (1 if better[head] == "lower" else -1)
            assert (int(step[1:]) - 10) * worse >= 0, (head, cell.text, step)
    assert seen > 100
    assert mix_scale(DIVERGING, 0.5) == mix_scale(NEUTRAL, 0.5) == PARITY


def test_a_cell_with_too_few_says_so_in_words(report: Element):
    few = [cell for cell in report.all("td") if "few" in cell.classes]

    assert few and all(cell.text.endswith("too few") for cell in few)


def test_the_receipt_names_file_hash_schema_policy_versions_and_seed(report: Element):
    d = one_model()
    receipt = report.one("section", id="receipt").text

    for told in (d.receipts[0].name, d.receipts[0].sha256, "5,000", d.schema.dumps().strip(), POLICY.dumps().strip()):
        assert told in receipt
    for name, version in d.versions.items():
        assert name in receipt and version in receipt
    assert "Seed0" in receipt and "2026-01-31" in receipt


def test_the_glossary_explains_what_is_shown_and_nothing_else(report: Element):
    shown = {th.text for t in report.all("table") if "map" in t.classes for th in t.one("thead").all("th")} - {"Group"}
    explained = {h.text for h in report.one("section", id="glossary").all("h3")}

    assert explained == shown
    assert "Misleads" in report.one("section", id="glossary").text


def test_what_cannot_be_told_is_said(report: Element):
    said = report.one("section", id="limits").text

    assert "ethnicity is missing in 431 rows (8.6 %)" in said
    assert "independent of one another" in said
    assert "looked at one by one" in said
    assert "Self-reported: sex, age, region and ethnicity." in said


def test_transcripts_have_a_section_of_their_own_without_words_of_anyone():
    d = sample("call_centre")
    page = parse(write_html(d))
    said = page.one("section", id="speech").text

    assert "Texts are made alike bylower" in said and "resampled by speaker" in said
    assert "Kinds of mistakes of release 1, by group" in said
    assert "speech" not in {s.attrs["id"] for s in parse(write_html(one_model())).all("section")}


def test_several_models_stand_side_by_side():
    heads, *rows = rows_of(
        parse(write_html(sample("lending"))), "Models side by side; worst group and largest gap in false rejection rate"
    )

    assert [row[0] for row in rows] == ["model A", "model B"]
    assert heads[1:4] == ["False rejection rate", "False acceptance rate", "Selection rate"]


# -- switches --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SECTIONS)
def test_a_section_alone_is_that_section_or_none(name: str):
    page = parse(write_html(one_model(), sections=[name]))
    found = [s.attrs["id"] for s in page.all("section")]

    assert found == ([] if name in ("systems", "speech") else [name])


def test_sections_come_in_the_reports_order_whatever_order_they_are_named_in():
    page = parse(write_html(one_model(), sections=["receipt", "summary"]))

    assert [s.attrs["id"] for s in page.all("section")] == ["summary", "receipt"]


def test_an_unknown_section_is_refused_with_the_nearest():
    with pytest.raises(ValueError, match=r"no section 'verdict'.*verdicts"):
        write_html(one_model(), sections=["verdict"])


def test_without_a_policy_there_is_no_word_of_verdicts():
    page = parse(write_html(one_model(None)))

    assert "verdicts" not in {s.attrs["id"] for s in page.all("section")}
    assert "olicy" not in page.one("section", id="summary").text


def test_the_authors_words_stand_in_their_section_as_their_own(report: Element):
    for name, words in (("summary", "Read the limits first."), ("limits", "We know of more.")):
        section = report.one("section", id=name)
        assert section.one("blockquote").text == words
        assert "The author writes" in section.text


# -- one file, no network, no script ---------------------------------------------------------------


def test_it_is_one_file_that_fetches_nothing(report: Element):
    for element in report.all():
        for name in ("src", "srcset", "data", "action", "poster", "background"):
            assert name not in element.attrs
        assert element.attrs.get("href", "#").startswith("#")
        assert not any(name.startswith("on") for name in element.attrs)
    style = report.one("style").text

    assert "url(" not in style and "@import" not in style


def test_without_a_script_none_may_run(report: Element):
    policy = report.one("meta", **{"http-equiv": "Content-Security-Policy"}).attrs["content"]
    (data,) = report.all("script")

    assert policy.split("; ")[:3] == ["default-src 'none'", "style-src 'unsafe-inline'", "img-src data:"]
    assert "script-src" not in policy
    assert data.attrs == {"type": "application/json", "id": "fairness-dashboard-report"}


def test_an_interactive_report_holds_plotly_once_and_runs_nothing_else():
    html = write_html(one_model(), interactive=True)
    page = parse(html)
    policy = page.one("meta", **{"http-equiv": "Content-Security-Policy"}).attrs["content"]
    scripts = [s for s in page.all("script") if s.attrs.get("type") != "application/json"]

    assert len(scripts) == 2
    assert len(re.findall("'sha256-[^']+'", policy)) == 2 and "script-src 'sha256" in policy
    assert html.count("plotly.js v") == 1
    assert "hidden" in page.one("section", id="charts").attrs, "Without a script it stays out of sight."
    assert outline(page).replace("h2 Charts to point at\n", "") == outline(parse(write_html(one_model())))


@pytest.mark.parametrize("name", ["lending", "call_centre", "waiting"])
def test_headings_pictures_and_tables_can_be_heard(name: str):
    page = parse(write_html(sample(name)))
    levels = [int(e.tag[1]) for e in page.all("h1", "h2", "h3", "h4")]

    assert page.one("html").attrs["lang"] == "en"
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert all(svg.attrs["role"] == "img" and svg.one("title").text for svg in page.all("svg"))
    for table in page.all("table"):
        assert table.one("caption").text
        assert {th.attrs["scope"] for th in table.one("thead").all("th")} == {"col"}
        assert all(row.all("th")[0].attrs["scope"] == "row" for row in table.one("tbody").all("tr"))
    captions = [t.one("caption").text for t in page.all("table")]
    assert len(set(captions)) == len(captions)


# -- names that mean harm --------------------------------------------------------------------------


@pytest.mark.parametrize("interactive", [False, True])
def test_no_name_becomes_an_element(interactive: bool):
    html = write_html(hostile(), interactive=interactive)
    page = parse(html)

    assert len(page.all("script")) == (4 if interactive else 1)
    assert not page.all("img", "b", "iframe", "object", "embed", "form", "base", "link")
    assert all(a.attrs["href"].startswith("#") for a in page.all("a"))
    assert "<!--" not in re.sub(r"(?s)<script>.*?</script>", "", html)
    for text in ("<script>document.title='gone'</script>", "</script><!--<script>", "=1+1", "{{ 7*7 }}"):
        assert text in page.one("main").text


def test_no_name_turns_the_direction_of_the_text_around_it():
    shown = write_html(hostile()).partition('<script type="application/json"')[0]

    assert not re.search("[\u202a-\u202e\u2066\u2067\u200e\u200f]", shown)
    assert "\u2068\u05d0\u05d1\u2069" in shown, "What is written from right to left keeps to itself."


def test_a_document_of_hostile_names_is_read_back_from_the_page():
    again = read_document(write_html(hostile()))

    assert again.title == hostile().title
    assert {level for s in again.estimates["slice"] for _, level in s.items()} <= set(HOSTILE) | {
        " ".join(text.split()) for text in HOSTILE
    } | {s for text in HOSTILE for s in (text.strip(), text)}
    assert write_html(again) == write_html(hostile())


# -- size ------------------------------------------------------------------------------------------


def test_fifty_groups_in_every_metric_stay_under_500_kilobytes():
    d = many_groups(52)

    assert d.estimates["slice"].nunique() == 53 and len(d.estimates) == 53 * 22
    assert len(write_html(d).encode()) < 500_000


def test_every_number_stays_in_the_json_whatever_the_page_shows():
    d = many_groups(52)
    again = read_document(write_html(d, sections=["summary"]))

    assert len(again.estimates) == len(d.estimates) and len(again.disparities) == len(d.disparities)
    assert again.estimates["value"].equals(d.estimates["value"])


def test_a_template_policy_is_drawn_for_speech():
    d = sample("call_centre", policy=load_template("equal_word_error_rate"))

    assert "Equal word error rate" in parse(write_html(d)).one("section", id="verdicts").text
