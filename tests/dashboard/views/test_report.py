"""The Report page: what is chosen is what is written; a report that is opened is drawn from its numbers alone."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import report_controls, reports
from dashboard.report import write_html, write_markdown
from metrics import count_cells, score
from metrics.document import make_document
from metrics.document_json import read_document, write_document
from metrics.policy import load_template
from metrics.question import Question
from tests.dashboard.pages import HOSTILE, SAMPLES, find_injections, open_page, rerun, texts
from tests.dashboard.views.files import open_file, open_with, read_sample, write_hostile
from tests.dashboard.views.test_every_page import ODD
from tests.metrics.documents import ROWS, make


def shown(app: AppTest) -> str:
    """Return the HTML in the preview."""
    (frame,) = app.get("iframe")
    head, _, data = frame.proto.src.partition(";base64,")
    assert head == "data:text/html;charset=utf-8"
    return base64.b64decode(data).decode()


def find_foreign(html: str) -> list[str]:
    """Return the tags of a report that run, fetch or lead away."""
    found: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            told = dict(attrs)
            runs = tag in ("script", "img", "iframe", "object", "embed", "form", "link", "base")
            leads = "src" in told or not str(told.get("href", "#")).startswith("#")
            if runs or leads or any(name.startswith("on") for name in told):
                found.append(str((tag, told)))

    Reader().feed(html)
    return found


def write_odd(kind: str, monkeypatch: pytest.MonkeyPatch, folder: Path) -> tuple[str, str]:
    """Write one of the odd files, and return its name and its address."""
    label, schema = ODD[kind]
    rows = [
        f"{'abc'[i % 3]},{'xy '[i % 3].strip()},{label(i)},{i * 7 % 10 / 10},{i % 5 + 0.5},{i % 4 + 1},c{i},one"
        for i in range(120)
    ]
    file = folder / "odd.csv"
    file.write_text("\n".join(["g,h,label,score,w,k,c,one", *rows, ""]))
    return file.name, open_file(monkeypatch, folder, file, schema)


def headings(app: AppTest) -> list[str]:
    return re.findall(r"<h2[^>]*>(.*?)</h2>", shown(app))


def button(app: AppTest, label: str) -> Any:
    return next(b for b in app.button if b.label == label)


def opened(app: AppTest, name: str, data: bytes | str) -> AppTest:
    """Drop a report on the page."""
    app.file_uploader(key="report_file_0").upload(name, data if isinstance(data, bytes) else data.encode())
    return rerun(app)


def said(app: AppTest) -> str:
    return " ".join(text.replace("\\", "") for text in texts(app))


def written(sample: str, question: Question | None = None, **told: Any) -> str:
    """Return the JSON of a report of a sample, by the core alone."""
    results = read_sample(sample)
    return write_document(make_document(results, count_cells(score(results)), question or Question(), **told))


def document_of(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return the document that the page draws, with the sections."""
    drawn: list[Any] = []
    whole = reports.draw_html
    monkeypatch.setattr(reports, "draw_html", lambda *given: drawn.append(given) or whole(*given))
    app.session_state["report_title"] = "Another title"
    rerun(app)
    return drawn[-1][:2]


# -- a report of the data on screen --------------------------------------------------------------


@pytest.mark.parametrize("sample", SAMPLES)
def test_it_shows_the_report_of_every_sample(sample):
    app = open_page("report", data=sample)

    assert not app.error
    assert app.title[0].value == "What will you hand on?"
    assert f"<h1>Fairness of {sample}.csv</h1>" in shown(app)
    assert len(headings(app)) == len([t for t in app.toggle if str(t.key).startswith("report_with_")]) > 5


def test_the_report_is_that_of_the_core(monkeypatch):
    app = open_page("report", data="screening")
    document, _ = document_of(app, monkeypatch)

    given, asked = json.loads(write_document(document)), json.loads(written("screening"))
    assert given.pop("title") == "Another title"
    asked.pop("title")
    assert given == asked


def test_what_is_chosen_is_what_is_asked(monkeypatch):
    app = open_with(
        "report",
        "lending",
        by=["sex", "region"],
        baseline="overall",
        compare="ratio",
        confidence=0.9,
        least=50,
        report_metrics=["accuracy", "selection_rate"],
    )
    document, _ = document_of(app, monkeypatch)

    assert document.question == Question(
        by=("sex", "region", ("sex", "region")),
        metrics=("accuracy", "selection_rate"),
        kinds=("ratio",),
        baseline="overall",
        confidence=0.9,
        min_units=50,
    )


def test_a_section_that_is_switched_off_is_not_in_it():
    app = open_page("report", data="lending")
    before = headings(app)
    app.toggle(key="report_with_glossary").set_value(False)
    rerun(app)

    assert [h for h in before if h not in headings(app)] == ["What the metrics say"]
    for toggle in app.toggle:
        toggle.set_value(False)
    rerun(app)
    assert [info.value for info in app.info] == ["Nothing is chosen; switch a section on."]
    assert not app.get("iframe")


def test_title_and_words_of_the_author_stand_in_it_as_text():
    app = open_page("report", data="waiting")
    app.text_input(key="report_title").set_value("Who waits <b>longer</b>?")
    app.text_area(key="report_words_summary").set_value("Drawn by lot.\n<script>alert(1)</script>")
    html = shown(rerun(app))

    assert "<h1>Who waits &lt;b&gt;longer&lt;/b&gt;?</h1>" in html
    assert "Drawn by lot." in html
    assert "<script>alert" not in html


def test_every_form_can_be_downloaded_under_a_plain_name(monkeypatch):
    app = open_page("report", data="waiting")
    app.text_input(key="report_title").set_value("../Who=1+1 waits?")
    rerun(app)
    document, names = document_of(app, monkeypatch)

    labels = [b.proto.label for b in app.get("download_button")]
    assert labels == ["HTML", "Markdown", "JSON", "Interactive HTML"]
    assert report_controls.name_file("../Who=1+1 waits?") == "who-1-1-waits"
    forms = {title: write(document, names) for title, (_, _, write) in reports.FORMS.items()}
    assert forms["Markdown"] == write_markdown(document, names)
    assert forms["JSON"] == write_document(document)
    assert write_document(read_document(forms["Interactive HTML"])) == forms["JSON"]


def test_without_a_browser_it_says_how_to_get_a_pdf(monkeypatch):
    monkeypatch.setattr(report_controls, "find_printer", lambda: None)
    app = open_page("report", data="waiting")

    assert "PDF" not in [b.label for b in app.button]
    assert any("print it" in caption.value for caption in app.caption)


def test_a_pdf_is_printed_when_it_is_asked_for(monkeypatch):
    monkeypatch.setattr(report_controls, "find_printer", lambda: "a browser")
    monkeypatch.setattr(reports.drawing, "write_pdf", lambda html, path: path.write_bytes(b"%PDF-" + html[:9].encode()))
    app = open_page("report", data="waiting")
    assert "PDF" not in [b.proto.label for b in app.get("download_button")]
    button(app, "PDF").click()
    rerun(app)

    assert "PDF" in [b.proto.label for b in app.get("download_button")]


def test_a_printer_that_fails_is_told(monkeypatch):
    def fail(html: str, path: object) -> None:
        raise reports.drawing.PrintError("The browser printed nothing.")

    monkeypatch.setattr(report_controls, "find_printer", lambda: "a browser")
    monkeypatch.setattr(reports.drawing, "write_pdf", fail)
    app = open_page("report", data="waiting")
    button(app, "PDF").click()

    assert "The browser printed nothing" in rerun(app).error[0].value.replace("\\", "")


def test_the_policy_in_use_is_judged_in_it_unless_switched_off():
    policy = load_template("equal_opportunity")
    app = open_page("report", data="lending")
    app.query_params["policy"] = policy.dumps()
    app.session_state["policy"] = policy.dumps()
    rerun(app)

    assert any("says" in heading for heading in headings(app))
    app.toggle(key="report_policy").set_value(False)
    assert not any("says" in heading for heading in headings(rerun(app)))


def test_a_rule_that_cannot_be_asked_is_left_out_and_named():
    policy = '[[rule]]\nname = "good"\nmetric = "accuracy"\nat_most = 0.1\n'
    policy += '[[rule]]\nname = "bad *x*"\nmetric = "word_error_rate"\nat_most = 0.1\n'
    app = open_page("report", data="lending")
    app.query_params["policy"] = policy
    app.session_state["policy"] = policy
    rerun(app)

    assert "Without the rule 'bad *x*'" in said(app)
    assert any("says" in heading for heading in headings(app))


def test_a_long_report_is_offered_without_a_preview(monkeypatch):
    monkeypatch.setattr(report_controls, "_LONGEST_ADDRESS", 1000)
    app = open_page("report", data="waiting")

    assert not app.get("iframe")
    assert "Download it as HTML" in said(app)


def test_illegal_choices_in_the_address_fall_back():
    app = open_page("report", data="lending", report_metrics="<script>", report_with_summary="x", report_policy="x")

    assert not app.error
    assert len(headings(app)) > 5


def test_names_from_files_are_shown_as_text(monkeypatch, tmp_path):
    app = open_page("report", data=open_file(monkeypatch, tmp_path, *write_hostile(tmp_path)), least="1")

    assert find_injections(app) == []
    html = shown(app)
    assert "evil" in html
    assert find_foreign(html) == []


def test_a_file_without_groups_has_a_report(monkeypatch, tmp_path):
    file = tmp_path / "plain.csv"
    file.write_text("label,score\n" + "".join(f"{i % 2},{i % 10 / 10}\n" for i in range(60)))
    schema = 'task="classification"\nlabel="label"\npositive=["1"]\nthreshold=0.5\n[[system]]\nscore="score"\n'
    app = open_page("report", data=open_file(monkeypatch, tmp_path, file, schema))

    assert not app.error
    assert "Receipt" in headings(app)


@pytest.mark.parametrize("kind", ODD)
def test_odd_files_have_a_report_that_opens_again(kind, monkeypatch, tmp_path):
    file, address = write_odd(kind, monkeypatch, tmp_path)
    app = open_page("report", data=address)
    assert not app.error
    html = shown(app)
    document, _ = document_of(app, monkeypatch)

    app = opened(app, "old.json", write_document(replace(document, title=f"Fairness of {file}")))
    assert shown(app) == html
    button(app, "Compute again and compare").click()
    assert re.search(r"all [\d,]+ records are the same", said(rerun(app)))


# -- a report that was made earlier --------------------------------------------------------------


def test_an_opened_report_is_drawn_from_its_numbers_and_never_its_html():
    text = written("screening", title="Earlier")
    page = write_html(read_document(text))
    evil = page.replace("<h1>", "<h1><script>alert(1)</script>Forged ").replace("</body>", "<img src=x></body>")
    app = opened(open_page("report", data="lending"), "old.html", evil)

    assert shown(app) == reports.leave_out_numbers(page)
    assert "Forged" not in shown(app)


def test_it_says_what_an_opened_report_was_made_from_and_whether_that_is_on_screen():
    text = written("screening")
    same = opened(open_page("report", data="screening"), "old.json", text)
    assert re.search(r"from screening\.csv \([\d,]+ rows\)", said(same))
    assert "The data on screen, screening.csv, are the same file." in said(same)

    other = opened(open_page("report", data="lending"), "old.json", text)
    assert "The data on screen, lending.csv, are not what this report was made from" in said(other)


def test_computed_again_from_the_same_file_all_is_the_same():
    app = opened(open_page("report", data="screening"), "old.json", written("screening", Question(by=("scanner",))))
    button(app, "Compute again and compare").click()
    app = rerun(app)

    assert not app.error
    assert re.search(r"Computed again, all [\d,]+ records are the same\.", said(app))


def test_the_filter_on_screen_is_no_part_of_the_comparison():
    app = open_page("report", data="screening", where="scanner = fixed")
    app = opened(app, "old.json", written("screening"))
    button(app, "Compute again and compare").click()

    assert re.search(r"all [\d,]+ records are the same", said(rerun(app)))


def test_a_changed_number_is_shown_in_a_table():
    tree = json.loads(written("screening"))
    tree["estimates"][0]["value"] = 0.125
    app = opened(open_page("report", data="screening"), "old.json", json.dumps(tree))
    button(app, "Compute again and compare").click()
    app = rerun(app)

    assert "1 number differ" in said(app)
    assert "the report was changed" in said(app)
    (row,) = app.dataframe[0].value.to_dict("records")
    assert (row["list"], row["field"], row["in the report"]) == ("estimates", "value", "0.125")


def test_a_changed_file_is_found_cell_by_cell(monkeypatch, tmp_path):
    file = tmp_path / "people.csv"
    file.write_text(ROWS.replace("\n4,f,young,1,0,", "\n4,f,young,0,0,"))
    app = open_page("report", data=open_file(monkeypatch, tmp_path, file, "positive = ['1']\n"))
    app = opened(app, "old.json", write_document(make()))
    button(app, "Compute again and compare").click()
    app = rerun(app)

    rows = app.dataframe[0].value.to_dict("records")
    assert {"of": "everyone; base_rate", "field": "top", "in the report": "60", "from the data": "59"}.items() <= next(
        row for row in rows if (row["of"], row["field"]) == ("everyone; base_rate", "top")
    ).items()


def test_data_without_the_columns_of_the_report_cannot_be_compared():
    app = opened(open_page("report", data="lending"), "old.json", written("screening"))
    button(app, "Compute again and compare").click()
    app = rerun(app)

    assert "It cannot be computed from these data" in app.error[0].value
    assert app.get("iframe")


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "is empty"),
        (b"<html></html>", "without the numbers"),
        (b'{"format": "fairness-dashboard measure"}', "not of a report"),
        (b"{" * 100_000, "damaged JSON"),
        (b"\xff" * 10, "UTF-8"),
    ],
)
def test_what_is_no_report_is_told_and_the_page_goes_on(data, what):
    app = opened(open_page("report", data="waiting"), "x.json", data)

    assert what in app.error[0].value.replace("\\", "")
    assert "Fairness of waiting.csv" in shown(app)


def test_a_report_that_contradicts_itself_is_refused():
    tree = json.loads(written("waiting"))
    tree["estimates"] = []
    app = opened(open_page("report", data="waiting"), "x.json", json.dumps(tree))

    assert "contradict each other" in app.error[0].value


def test_a_report_of_more_records_than_a_page_draws_is_refused_with_the_command(monkeypatch):
    monkeypatch.setattr(reports, "MOST_RECORDS", 50)
    app = opened(open_page("report", data="waiting"), "x.json", written("waiting"))

    assert "fairness-dashboard verify" in app.error[0].value.replace("\\", "")


def test_hostile_names_in_an_opened_report_are_shown_as_text():
    tree = json.loads(written("waiting", title=HOSTILE[0]))
    tree["sources"][0]["name"] = HOSTILE[3] + HOSTILE[1]
    tree["versions"]["fairness-dashboard"] = HOSTILE[2]
    app = opened(open_page("report", data="waiting"), "![n](http://evil.example).json", json.dumps(tree))

    assert find_injections(app) == []
    assert any("evil" in text for text in texts(app))
    assert find_foreign(shown(app)) == []


def test_an_opened_report_is_closed_again():
    app = opened(open_page("report", data="waiting"), "old.json", written("screening"))
    button(app, "Close this report").click()
    app = rerun(app)

    assert "Fairness of waiting.csv" in shown(app)
    assert "Made on" not in " ".join(texts(app))


def test_a_report_can_be_opened_where_there_are_no_data():
    app = opened(open_page("report", data="A" * 32), "old.json", written("screening", title="Earlier"))

    assert "<h1>Earlier</h1>" in shown(app)
    assert "no data on screen" in said(app)
