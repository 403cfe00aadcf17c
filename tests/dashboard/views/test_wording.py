"""The Wording page, and what Slices adds for transcripts: their numbers are the core's, their names are text."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from threading import Event

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from dashboard import loading, normalizers, waiting
from metrics import Schema, Slice, count_cells, estimate, read_results, score
from metrics.adjusted_slice import adjust_slice
from metrics.sensitivity import compare_normalizers, compare_pairs
from metrics.term_table import compare_terms, find_terms
from metrics.text.normalize import load_normalizer
from tests.dashboard.pages import HOSTILE, bare, find_injections, open_page, rerun, texts
from tests.dashboard.views.files import open_file, open_with, read_sample
from tests.paths import SHARED, needs_shared

ARTIE = SHARED / "data/asr/artie_bias_corpus_wide.csv.gz"
SCHEMA = 'task="transcription"\nid="id"\nreference="said"\n'
INDIAN = Slice((("accent", "Indian"),))


def table(app: AppTest, column: str) -> pd.DataFrame:
    return next(d.value for d in app.dataframe if column in d.value.columns)


def said(app: AppTest) -> str:
    return " ".join(bare(text) for text in texts(app))


def open_rows(monkeypatch, folder, frame: pd.DataFrame, page: str = "wording", **address: str) -> AppTest:
    """Open a page on a table with the columns id, said, heard and some attributes."""
    file = folder / "calls.csv"
    frame.to_csv(file, index=False)
    attributes = [column for column in frame if column not in ("id", "said", "heard", "speaker")]
    schema = SCHEMA + ('cluster="speaker"\n' if "speaker" in frame else "")
    schema += '[[system]]\nhypothesis="heard"\n' + "".join(f"[[attribute]]\ncolumn='''{a}'''\n" for a in attributes)
    return open_page(page, data=open_file(monkeypatch, folder, file, schema), **address)


def capitals(first: str = "a", second: str = "b", axis: str = "group") -> pd.DataFrame:
    """Two of two words of one group are wrong as written and right in lower case, one of four of the other always."""
    rows = [(first, "Ask Ann", "ask ann")] * 40 + [(second, "go to bed now", "go to red now")] * 40
    frame = pd.DataFrame(rows, columns=[axis, "said", "heard"])
    return frame.assign(id=[f"u{i}" for i in range(len(frame))])


# -- the page ------------------------------------------------------------------------------------


def test_only_transcripts_with_texts_have_the_page():
    for sample in ("lending", "waiting"):
        with pytest.raises(ValueError, match="wording"):
            open_page("wording", data=sample)


def test_without_data_it_says_what_would_be_there_and_offers_transcripts():
    app = open_page("wording", data="A" * 32)

    assert app.title[0].value == "Does the gap depend on how words are compared?"
    assert any(info.value.startswith("Here you will see every gap") for info in app.info)
    assert "Try the call centre example" in [b.label for b in app.button]


def test_the_table_holds_the_gaps_of_the_core_under_each_normalizer():
    app = open_with("wording", "call_centre", wording_normalizers=["lower", "none"])
    counted = compare_normalizers(read_sample("call_centre"), [load_normalizer("lower"), load_normalizer("none")])
    pairs = compare_pairs([(name, cubes.only("release 1")) for name, cubes in counted])
    found = pairs.set_index(["normalizer", "metric", pairs["one"].map(str), pairs["other"].map(str)])
    shown = table(app, "turns").set_index(["pair", "by"])
    gaps = found.loc[[(n, "word_error_rate", "accent = English", "accent = Indian") for n in ("lower", "none")]]
    row = shown.loc[("accent: Indian against English", "Word error rate")]

    assert list(shown.columns) == ["lower", "none", "turns"]
    assert len(shown) == 2 * len(found) / 4
    for normalizer, gap in zip(("lower", "none"), -gaps["difference"], strict=True):
        assert f"times, +{100 * gap:.1f} points [" in row[normalizer]


def test_the_whisper_normalizers_are_offered_where_their_package_is(monkeypatch):
    offered = next(m for m in open_page("wording", data="ward").multiselect if m.key == "wording_normalizers")
    assert find_spec("whisper_normalizer") is not None
    assert [option.partition(" ")[0] for option in offered.options][:2] == ["lower", "nothing:"]
    assert len(offered.options) == 4

    monkeypatch.setattr("dashboard.text_controls.find_spec", lambda name: None)
    offered = next(m for m in open_page("wording", data="ward").multiselect if m.key == "wording_normalizers")
    assert len(offered.options) == 2


def test_a_gap_that_turns_is_flagged_by_word_and_mark_in_picture_sentence_and_table(monkeypatch, tmp_path):
    app = open_rows(monkeypatch, tmp_path, capitals())
    chart = app.get("plotly_chart")[0].proto

    assert "The gap between group = a and group = b turns clearly" in " ".join(t.replace("\\", "") for t in texts(app))
    assert set(table(app, "turns")["turns"]) == {"⇄ clearly"}
    assert "⇄ turns clearly" in chart.spec or "\\u21c4 turns clearly" in chart.spec
    assert "turns clearly" in chart.alt


def test_the_datas_own_rules_are_the_first_and_cannot_be_taken_away(monkeypatch, tmp_path):
    file = tmp_path / "calls.csv"
    capitals().to_csv(file, index=False)
    schema = SCHEMA.replace("id=", 'normalizer="lower+mine"\nid=')
    schema += '[[system]]\nhypothesis="heard"\n[[attribute]]\ncolumn="group"\n[texts]\nmine="red => bed"\n'
    address = open_file(monkeypatch, tmp_path, file, schema)
    app = open_with("wording", address, wording_normalizers=["none"])

    assert list(table(app, "turns").columns) == ["pair", "by", "lower+mine", "none", "turns"]
    # Every word is right once the rules are heeded.
    assert "no ratio, 0 points" in table(app, "turns").set_index("by").loc["Word error rate", "lower+mine"]


def test_the_order_of_the_models_is_told_with_places_and_changes(monkeypatch, tmp_path):
    frame = capitals().assign(other="x x")
    file = tmp_path / "calls.csv"
    frame.to_csv(file, index=False)
    systems = "".join(f'[[system]]\nname="{n}"\nhypothesis="{n}"\n' for n in ("heard", "other"))
    address = open_file(monkeypatch, tmp_path, file, SCHEMA + systems + '[[attribute]]\ncolumn="group"\n')
    app = open_with("wording", address, wording_normalizers=["none", "lower"])
    order = table(app, "place").set_index("model")

    # As written 120 of 240 words against all 240; in lower case 40.
    assert order.loc["heard", "none: word error rate"].startswith("1. 50.0 %")
    assert order.loc["heard", "lower: word error rate"].startswith("1. 16.7 %")
    assert order["place"].tolist() == ["stays", "stays"]
    assert "The order of the models stays" in said(app).replace("\\", "")


def test_references_are_described_for_every_group(monkeypatch, tmp_path):
    looks = table(open_rows(monkeypatch, tmp_path, capitals()), "with capitals").set_index("slice")

    assert looks.loc["a", ["references", "words on average", "with capitals"]].tolist() == ["40", "2.00", "100 %"]
    assert looks.loc["b", ["references", "words on average", "with capitals"]].tolist() == ["40", "4.00", "0 %"]


def test_names_from_files_are_shown_as_text(monkeypatch, tmp_path):
    frame = capitals(HOSTILE[1], HOSTILE[3], HOSTILE[0]).assign(**{HOSTILE[2]: [HOSTILE[4], HOSTILE[5]] * 40})
    for page in ("wording", "slices"):
        app = open_rows(monkeypatch, tmp_path, frame, page, cell=str(Slice(((HOSTILE[0], HOSTILE[1]),))))

        assert find_injections(app) == []
        assert "evil" in said(app) + " ".join(texts(app))
        for chart in app.get("plotly_chart"):
            assert "<img" not in chart.proto.spec


def test_illegal_choices_fall_back():
    illegal = {"wording_normalizers": "<script>", "wording_metric": "x", "by": "x", "system": "x"}
    app = open_page("wording", data="call_centre", **illegal)

    assert not app.error
    assert len(app.dataframe) == 3


def test_a_file_without_groups_breaks_nothing(monkeypatch, tmp_path):
    app = open_rows(monkeypatch, tmp_path, capitals()[["id", "said", "heard"]])

    assert "No two groups have enough utterances" in said(app)


def test_a_text_that_a_normalizer_cannot_deal_with_is_told_and_the_others_are_compared(monkeypatch, tmp_path):
    frame = capitals()
    frame.loc[0, "said"] = "(" * 300
    app = open_rows(monkeypatch, tmp_path, frame)

    assert any("whisper" in w.value and "cannot deal" in w.value for w in app.warning)
    assert list(table(app, "turns").columns) == ["pair", "by", "none", "lower", "turns"]


def test_counting_under_another_normalizer_can_be_stopped_and_taken_up_again(monkeypatch):
    goes_on, counted = Event(), normalizers.count_under

    def wait(results, normalizer, progress):
        while not goes_on.wait(0.01):
            progress("Normalising text", 0.5)
        return counted(results, normalizer, progress)

    open_page("slices", data="ward")  # read and counted
    monkeypatch.setattr(normalizers, "count_under", wait)
    monkeypatch.setattr(waiting, "PATIENCE", 0.2)
    app = open_page("wording", data="ward")
    next(b for b in app.button if b.label == "Cancel").click()
    rerun(app)
    assert any("stopped" in info.value for info in app.info)

    goes_on.set()
    monkeypatch.setattr(waiting, "PATIENCE", 60.0)
    next(b for b in app.button if b.label == "Go on").click()
    assert len(rerun(app).dataframe) == 3


def test_a_normalizer_is_counted_once_for_all_questions(monkeypatch):
    times = []
    counted = normalizers.count_under
    monkeypatch.setattr(normalizers, "count_under", lambda *asked: (times.append(1), counted(*asked))[1])
    app = open_with("wording", "ward", wording_normalizers=["none"])
    app.session_state["by"] = ["accent"]
    rerun(app)

    assert len(times) == 3  # none, and Whisper's two before the choice
    assert loading._works() is not None


@needs_shared
def test_the_artie_corpus_is_compared_and_ordered(monkeypatch, tmp_path):
    schema = """
task = "transcription"
id = "utt_id"
reference = "reference"
cluster = "speaker_id"
[[system]]
name = "Google en-US"
hypothesis = "hyp_google_en_us"
[[system]]
name = "DeepSpeech"
hypothesis = "hyp_deepspeech_v0_7_3"
[[attribute]]
column = "gender"
[file]
missing = ["NA"]
"""
    file = tmp_path / "artie.csv"
    pd.read_csv(ARTIE, dtype=str, keep_default_na=False).to_csv(file, index=False)
    app = open_with("wording", open_file(monkeypatch, tmp_path, file, schema), wording_normalizers=["lower"])
    cubes = count_cells(score(read_results(file, Schema.load(tmp_path / "schema.toml"))))
    order = table(app, "place").set_index("model")
    for name in ("Google en-US", "DeepSpeech"):
        value = estimate(cubes.only(name), [], ["word_error_rate"])["value"].iloc[0]
        assert f"{100 * value:.1f} %" in order.loc[name, "none: word error rate"]
    looks = table(app, "with capitals").set_index("slice")
    assert looks.loc["female", "references"] == "257"  # clips by women, as the corpus has them


# -- what Slices adds ----------------------------------------------------------------------------


def test_the_kinds_of_errors_of_every_group_are_drawn_and_said():
    app = open_page("slices", data="call_centre")
    kinds = table(app, "deletions of all errors").set_index("slice")
    charts = [chart.proto for chart in app.get("plotly_chart")]

    # Planted: words of Nigerian speakers are left out (sample_data/README.md).
    assert kinds.loc["accent = Nigerian", "deletions of all errors"] == "64.4 %"
    assert "of the errors of accent  Nigerian are deletions" in said(app)
    assert any(chart.alt.startswith("Bars of the kinds of word errors.") for chart in charts)


def test_predictions_have_no_kinds_of_word_errors():
    assert "What the errors are made of" not in texts(open_page("slices", data="lending"))


def test_the_terms_of_a_chosen_group_are_those_of_the_core():
    app = open_with("slices", "call_centre", cell=str(INDIAN))
    results = read_sample("call_centre")
    scored = next(s for s in score(results) if s.system == "release 1")
    expected = compare_terms(results, scored, find_terms(results, scored), INDIAN)
    shown = table(app, "term")

    assert shown["term"].tolist() == expected["term"].tolist()
    first = expected.iloc[0]
    assert shown["came through"].iloc[0] == f"{first['came_through']} of {first['said']}"
    assert shown["share"].iloc[0].startswith(f"{100 * first['share']:.1f} %")


def test_the_gap_with_other_things_equal_stands_beside_the_gap_as_measured():
    app = open_with("slices", "call_centre", cell=str(INDIAN), slices_equal=["noise"])
    scored = next(s for s in score(read_sample("call_centre")) if s.system == "release 1")
    gap = adjust_slice(scored, INDIAN, ["noise"])
    shown = table(app, "gap").set_index("gap")

    assert shown.loc["as measured", "ratio"] == f"{gap.raw.ratio:.2f} times"
    assert shown.loc["other things equal", "ratio"] == f"{gap.adjusted.ratio:.2f} times"
    assert f"{gap.clusters[0]} speakers in the group, {gap.clusters[1]} in the rest" in said(app).replace("\\", "")


def test_without_enough_speakers_the_reason_stands_there():
    app = open_with("slices", "call_centre", cell="accent = Welsh")

    assert "nothing is claimed under 10 on a side" in said(app)
    assert table(app, "gap").set_index("gap").loc["other things equal", "ratio"] == "-"


def test_without_the_package_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "statsmodels.genmod.families", None)
    app = open_with("slices", "call_centre", cell=str(INDIAN), slices_equal=["noise"])

    assert any("fairness" in info.value and "adjusted" in info.value for info in app.info)
    assert len(table(app, "term")) > 0  # what comes after is still there


def test_without_a_chosen_group_neither_is_drawn():
    app = open_page("slices", data="call_centre")

    assert "Which terms fail there" not in texts(app)
    assert "The gap with other things equal" not in texts(app)
