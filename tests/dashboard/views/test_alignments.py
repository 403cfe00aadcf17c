"""The Alignments page: utterances word by word, their confusions, and words that would be code if they could."""

from __future__ import annotations

import csv
import html
import io
import re
import wave
from html.parser import HTMLParser
from threading import Event

import numpy as np
import pandas as pd
import pytest
from jiwer import process_words

from dashboard import alignment_html, alignment_list, alignment_work, audio, loading, state, waiting
from dashboard.alignment_html import Line, draw_utterance, show_signs
from dashboard.charts.palette import CELL_INK, DARK, EDITS, LIGHT, contrast
from dashboard.datasets import find_dataset
from dashboard.workspace import Workspace
from metrics.text.alignments import Aligned, align
from tests.dashboard.pages import HOSTILE, bare, find_injections, open_page, rerun, texts
from tests.dashboard.views.files import open_file, read_sample
from tests.paths import SAMPLES, SHARED, needs_shared

CALLS = pd.read_csv(SAMPLES / "call_centre.csv", dtype=str, index_col="utterance", keep_default_na=False)
SCOTS = "accent = Scottish"
ARTIE = SHARED / "data/asr/artie_bias_corpus_wide.csv.gz"
SCHEMA = 'task="transcription"\nid="id"\nreference="said"\n'


class Reader(HTMLParser):
    """The words of an alignment as a screen reader is told them, the tags that are used, and the directions."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.directions: list[str] = []
        self.words = ""
        self._hidden: list[bool] = []
        self.feed(source)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        named = dict(attrs)
        assert set(named) <= {"class", "dir", "aria-hidden"}
        self.directions += [named["dir"]] if "dir" in named else []
        self._hidden.append("aria-hidden" in named)

    def handle_endtag(self, tag):
        self._hidden.pop()

    def handle_data(self, data):
        if not any(self._hidden):
            self.words += data


def drawn(app):
    """The HTML of every utterance on the page, without the legends."""
    return [h.proto.body for h in app.get("html") if "<h4>" in h.proto.body]


def steps(source):
    """(kind, said, heard) of every column of an utterance, as they are seen."""
    found = re.findall(r'al-step al-(\w+)">(.*?)</span> (?=<span class="al-step|</p>)', source)
    cells = [re.findall(r"<bdi[^>]*>(.*?)</bdi>", inner) for _, inner in found]
    seen = [[html.unescape(re.sub("<[^>]*>", "", cell)).replace("\xa0", "") for cell in pair] for pair in cells]
    return [(kind, *pair) for (kind, _), pair in zip(found, seen, strict=True)]


def choose(app, label, value):
    next(s for s in app.selectbox if s.label == label).set_value(value)
    return rerun(app)


def press(app, label):
    next(b for b in app.button if b.label == label).click()
    return rerun(app)


def open_transcripts(monkeypatch, folder, rows, schema=SCHEMA + '[[system]]\nhypothesis="heard"\n', **address):
    file = folder / "mine.csv"
    pd.DataFrame(rows).to_csv(file, index=False)
    return open_page("alignments", data=open_file(monkeypatch, folder, file, schema), **address)


# -- the list ------------------------------------------------------------------------------------


def test_the_worst_utterances_of_the_slice_come_first_with_jiwers_rates():
    results = read_sample("call_centre")
    scots = results.attributes["accent"] == "Scottish"
    said, heard = (
        results.normalizer(list(column[scots]))
        for column in (results.columns["reference"], results.answers[0]["hypothesis"])
    )
    rates = sorted((process_words(r, h).wer for r, h in zip(said, heard, strict=True)), reverse=True)
    app = open_page("alignments", data="call_centre", cell=SCOTS)
    shown = [re.search(r"\((\S+) %\)", source)[1] for source in drawn(app)[:10]]

    assert [float(text) for text in shown] == pytest.approx([100 * rate for rate in rates[:10]], abs=0.05)
    assert all(re.match(r'<div class="al"><h4>C\d{5}, speaker C\d{3}</h4>', source) for source in drawn(app))


def test_the_columns_are_jiwers_alignment():
    app = open_page("alignments", data="call_centre", cell=SCOTS)
    normalize = read_sample("call_centre").normalizer
    for source in drawn(app)[:10]:
        row = CALLS.loc[re.search("<h4>(C[0-9]+)", source)[1]]
        said, heard = normalize([row["reference"], row["release_1"]])
        columns = steps(source)

        assert " ".join(s for _, s, _ in columns if s) == said
        assert " ".join(h.strip("~−+ ") for _, _, h in columns if h.strip("~−+ ")) == heard
        counted = process_words(said, heard)
        assert [sum(kind == k for kind, _, _ in columns) for k in ("hit", "substitution", "deletion", "insertion")] == [
            counted.hits,
            counted.substitutions,
            counted.deletions,
            counted.insertions,
        ]


def test_mistakes_have_a_mark_beside_their_colour_and_are_read_out():
    source = draw_utterance("u1", [Line("", align("the cat sat", "the bat sat down")), Line("", align("a b", "a"))])

    assert steps(source) == [
        ("hit", "the", "the"),
        ("substitution", "cat", "~ bat"),
        ("hit", "sat", "sat"),
        ("insertion", "", "+ down"),
        ("hit", "a", "a"),
        ("deletion", "b", "−"),
    ]
    assert "the cat heard as  bat sat  down put in," in Reader(source).words
    assert "a b left out," in Reader(source).words


def test_marks_read_on_their_colours_and_colours_differ():
    assert all(contrast(CELL_INK, colour) >= 7 for colour in EDITS.values())
    assert len({*EDITS.values()}) == len({*alignment_html.MARKS.values()}) == 3
    assert {LIGHT.page, DARK.page}.isdisjoint(EDITS.values())


@pytest.mark.parametrize(
    ("error", "kind"), [("substitutions", "substitution"), ("deletions", "deletion"), ("insertions", "insertion")]
)
def test_a_kind_of_error_shows_only_utterances_that_have_it(error, kind):
    app = choose(open_page("alignments", data="call_centre"), "Error", error)

    assert all(any(k == kind for k, _, _ in steps(source)) for source in drawn(app)[:10])


def test_pages_follow_one_another_and_another_list_begins_anew():
    app = open_page("alignments", data="call_centre", cell=SCOTS)
    first = drawn(app)[:10]
    second = press(app, "Next errors")

    assert "11 to 20 of 365" in texts(second)
    assert not set(first) & set(drawn(second)[:10])
    assert "1 to 10 of 365" in texts(press(second, "Previous errors"))
    press(app, "Next errors")
    assert any(t.startswith("1 to 10 of ") for t in texts(choose(app, "Error", "deletions")))


def test_utterances_can_be_gone_through_one_by_one():
    app = open_page("alignments", data="call_centre", cell=SCOTS)
    first = drawn(app)[:2]
    next(r for r in app.radio if r.label == "Shown").set_value("1")

    assert drawn(rerun(app))[0] == first[0]
    assert drawn(press(app, "Next error"))[0] == first[1]


def test_a_word_is_looked_for_as_it_is_compared():
    app = open_page("alignments", data="call_centre")
    app.text_input(key="alignments_word").set_value("PARCEL!")
    shown = drawn(rerun(app))[:10]

    assert len(shown) == 10
    for source in shown:
        assert any("parcel" in (said, heard.strip("~+ ")) for _, said, heard in steps(source))


@pytest.mark.parametrize("word", [*HOSTILE, "(", "[a-z]*", "\\", "' or 1=1"])
def test_a_strange_word_is_only_looked_for(word):
    app = open_page("alignments", data="call_centre")
    app.text_input(key="alignments_word").set_value(word)

    assert any(info.value.startswith("No utterance is like that") for info in rerun(app).info)
    assert find_injections(app) == []


def test_a_second_model_stands_below_the_first_for_the_same_utterance():
    app = choose(open_page("alignments", data="call_centre", cell=SCOTS), "Second model below it", "release 2")
    normalize = read_sample("call_centre").normalizer
    for source in drawn(app)[:10]:
        row = CALLS.loc[re.search("<h4>(C[0-9]+)", source)[1]]
        names = re.findall(r"<p>(release \d): ", source)
        second = source[source.index("<p>release 2") :]

        assert names == ["release 1", "release 2"]
        assert (
            " ".join(h.strip("~−+ ") for _, _, h in steps(second) if h.strip("~−+ "))
            == normalize([row["release_2"]])[0]
        )


def test_systems_in_rows_are_put_together_by_id(monkeypatch, tmp_path):
    rows = {
        "id": ["u1", "u2", "u1", "u3"],
        "model": ["old", "old", "new", "new"],
        "said": ["a b", "c d e", "a b", "f"],
        "heard": ["x b", "c", "a y", "f"],
    }
    schema = SCHEMA + 'system_column="model"\n[[system]]\nhypothesis="heard"\n'
    app = open_transcripts(monkeypatch, tmp_path, rows, schema)
    app = choose(app, "Model", "old")
    shown = drawn(choose(app, "Second model below it", "new"))

    assert [steps(source[source.index("<p>new") :]) for source in shown[:2]] == [
        [],
        [("hit", "a", "a"), ("substitution", "b", "~ y")],
    ]
    assert "new: has nothing for this utterance" in shown[0]


def test_texts_are_shown_as_written_when_asked_for():
    app = open_page("alignments", data="call_centre")
    app.toggle(key="alignments_written").set_value(True)
    source = drawn(rerun(app))[0]
    row = CALLS.loc[re.search("<h4>(C[0-9]+)", source)[1]]

    assert f"Said, as written: {row['reference']}" in Reader(source).words


def test_the_sentence_counts_as_jiwer_does():
    results = read_sample("ward")
    said, heard = (
        results.normalizer(list(column)) for column in (results.columns["reference"], results.answers[0]["hypothesis"])
    )
    counted = process_words(said, heard)
    errors = counted.substitutions + counted.deletions + counted.insertions
    words = counted.hits + counted.substitutions + counted.deletions
    app = open_page("alignments", data="ward")

    assert any(f"Everyone: {errors:,} errors in {words:,} words" in re.sub(r"\\(.)", r"\1", t) for t in texts(app))


def test_going_to_another_page_and_back_keeps_the_slice():
    app = open_page("alignments", data="call_centre", cell=SCOTS)
    app.switch_page("views/slices.py")
    rerun(app)
    app.switch_page("views/alignments.py")

    assert "1 to 10 of 365" in texts(rerun(app))


# -- confusions and influence --------------------------------------------------------------------


def table(app, columns):
    return next(d.value for d in app.dataframe if set(columns) <= set(d.value.columns))


def test_the_most_frequent_confusions_are_counted_with_their_speakers(monkeypatch, tmp_path):
    rows = {
        "id": [f"u{i}" for i in range(8)],
        "who": [f"s{i % 4}" for i in range(8)],
        "sex": ["f", "m"] * 4,
        "said": ["left turn"] * 8,
        "heard": ["lift turn", "left turn"] * 3 + ["lift turn", "left town"],
    }
    schema = SCHEMA + 'cluster="who"\n[[system]]\nhypothesis="heard"\n[[attribute]]\ncolumn="sex"\n'
    app = open_transcripts(monkeypatch, tmp_path, rows, schema, cell="sex = f")

    assert table(app, ["times"]).to_dict("records") == [
        {"said": "left", "heard": "lift", "times": "4", "speakers": "2"}
    ]
    assert any("4 times by 2 speakers" in bare(t) for t in texts(app))


def test_what_is_more_frequent_in_the_slice_is_shown_with_both_counts(monkeypatch, tmp_path):
    rows = {
        "id": [f"u{i}" for i in range(200)],
        "who": [f"s{i % 50}" for i in range(200)],
        "sex": ["f", "m"] * 100,
        "said": ["turn left"] * 200,
        "heard": ["turn lift" if i % 2 == 0 and i % 3 == 0 else "turn left" for i in range(198)] + ["turn lift"] * 2,
    }
    schema = SCHEMA + 'cluster="who"\n[[system]]\nhypothesis="heard"\n[[attribute]]\ncolumn="sex"\n'
    app = open_transcripts(monkeypatch, tmp_path, rows, schema, cell="sex = f")
    row = table(app, ["confusion"]).iloc[0]

    # 34 of women's 200 words (33 and one at the end), 1 of men's.
    assert (row["confusion"], row["clear"], row["ratio"]) == ("left ~ lift", "●", "34.00 times")
    assert (row["here"], row["elsewhere"], row["here per 1,000 words"]) == ("34", "1", "170.00")
    assert any("1 of 1 confusion is clearly more frequent here" in bare(t) for t in texts(app))


def test_the_utterance_that_the_rate_hangs_on_is_named_and_can_be_seen(monkeypatch, tmp_path):
    rows = {
        "id": ["u1", "u2", "u3"],
        "said": ["a b c d e", "a b c d e f g h i j", "a b c d e"],
        "heard": ["a b c d x", "v w x y z f g h i j", "a b c d e"],
    }
    app = open_transcripts(monkeypatch, tmp_path, rows)
    said = [re.sub(r"\\(.)", r"\1", t) for t in texts(app)]

    # 6 of 20 words are wrong; without u2 it is 1 of 10.
    assert any("Without u2 the word error rate of everyone would be 10.0 % instead of 30.0 %" in t for t in said)
    assert "<h4>u2</h4>" in drawn(app)[-1]


def test_aligning_all_utterances_says_how_far_it_is_and_can_be_stopped(monkeypatch):
    opened, real = Event(), alignment_work.find_confusions

    def slow(said, heard, progress):
        while not opened.wait(0.02):
            progress("Aligning words", 0.5)
        return real(said, heard, progress)

    open_page("data", data="call_centre")  # reads the file
    monkeypatch.setattr(alignment_work, "find_confusions", slow)
    monkeypatch.setattr(waiting, "PATIENCE", 0.1)
    app = open_page("alignments", data="call_centre", cell=SCOTS)

    for _ in range(200):  # until the job has come so far
        if any("Aligning words" in bar.proto.text for bar in app.get("progress")):
            break
        rerun(app)

    assert any("Aligning words" in bar.proto.text for bar in app.get("progress"))
    assert len(drawn(app)) == 11  # what needs no waiting is there already
    press(app, "Cancel")
    assert any("Aligning was stopped; nothing is lost." in text for text in texts(rerun(app)))
    opened.set()
    monkeypatch.setattr(waiting, "PATIENCE", 60.0)
    assert len(table(press(app, "Align all utterances"), ["times"])) == 15


# -- the table and the CSV -----------------------------------------------------------------------


def test_the_table_has_every_step_of_what_is_shown():
    app = open_page("alignments", data="call_centre", cell=SCOTS)
    shown = table(app, ["what"])
    drawn_steps = [step for source in drawn(app)[:10] for step in steps(source)]

    assert shown["what"].tolist() == [kind for kind, _, _ in drawn_steps]
    assert shown["said"].tolist() == [said for _, said, _ in drawn_steps]


def test_the_csv_has_all_of_the_list_and_no_formulas(monkeypatch, tmp_path):
    rows = {"id": [f"u{i}" for i in range(25)], "said": ["=1+1 b"] * 25, "heard": ["@x b"] * 25}
    open_transcripts(monkeypatch, tmp_path, rows)
    monkeypatch.setattr(state, "filter_text", lambda: "")
    loaded = loading.load(find_dataset("opened", Workspace.at_home()))
    heard = [alignment_list.Heard.of(loaded, loaded.scored[0])]
    lines = list(csv.DictReader(io.StringIO(alignment_list.write_alignments(heard, list(range(25))).decode())))

    assert len(lines) == 50
    assert lines[0] == {"utterance": "u0", "place": "1", "said": "'=1+1", "heard": "'@x", "what": "substitution"}


# -- hostile words and strange files -------------------------------------------------------------

WORDS = (
    *(word for text in HOSTILE for word in text.split()),
    "<script>alert(1)</script>",
    '"><b>x</b>',
    "&lt;b&gt;",
    "</p></div><h1>x</h1>",
    "\u202egnorw\u202c",
    "\u2066x",
    "a\x07b\x1b[2J",
    "x" * 5000,
    "\ufeffx",
)


def test_hostile_words_stay_text(monkeypatch, tmp_path):
    rows = {
        "id": [f"{HOSTILE[i % 7]} {i}" for i in range(40)],
        "who": [HOSTILE[i % 7] for i in range(40)],
        "said": [" ".join(WORDS)] * 40,
        "heard": [" ".join(reversed(WORDS))] * 20 + [""] * 20,
    }
    schema = SCHEMA + f"cluster='who'\n[[system]]\nname='''{HOSTILE[1]}'''\nhypothesis='heard'\n"
    app = open_transcripts(monkeypatch, tmp_path, rows, schema, alignments_word=HOSTILE[3])
    sources = drawn(app)

    assert find_injections(app) == []
    for source in sources:
        assert Reader(source).tags == {"div", "h4", "p", "span", "bdi"}
        assert not re.search("[\u202a-\u202e\u2066-\u2069\x00-\x08\x1b]", source)
    assert "<script>alert(1)</script>" in "".join(Reader(source).words for source in sources)
    assert max(len(word) for source in sources for word in html.unescape(source).split()) < 500


def test_signs_that_turn_the_direction_are_written_out_and_joiners_stay():
    assert show_signs("a\u202eb\x00") == "a\\u202eb\\x00"
    assert show_signs("می\u200cخواهم") == "می\u200cخواهم"
    assert show_signs("x" * 400) == "x" * 299 + "…"


def test_right_to_left_text_is_shown_from_right_to_left():
    arabic = draw_utterance("u1", [Line("", align("أريد أن أغير الموعد", "أريد أغير الموعد ok"))])
    latin = draw_utterance("u1", [Line("", align("one two شكرا", "one two"))])

    assert Reader(arabic).directions == ["rtl"]
    assert Reader(latin).directions == ["ltr"]


def test_texts_as_written_have_their_own_direction():
    source = draw_utterance("u1", [], [("Said, as written", "شكرا <b>"), ("Heard, as written", "thanks")])

    assert Reader(source).directions == ["rtl", "ltr"]
    assert "Said, as written: شكرا <b>Heard, as written: thanks" in Reader(source).words


def test_a_very_long_utterance_is_cut_and_says_so():
    source = draw_utterance("u1", [Line("", [Aligned("hit", "a", "a")] * 1000)])

    assert len(steps(source)) == alignment_html.MOST_STEPS
    assert "... and 700 more; all of them are in the table." in Reader(source).words


def test_utterances_without_a_text_are_left_out(monkeypatch, tmp_path):
    rows = {"id": ["u1", "u2", "u3"], "said": ["a", "", "c"], "heard": ["b", "x y", ""]}
    app = open_transcripts(monkeypatch, tmp_path, rows)

    assert [re.search("<h4>(.*?)</h4>", source)[1] for source in drawn(app)[:3]] == ["u1", "u3", "u2"]
    assert "nothing was said, and 2 put in" in drawn(app)[2]


def test_a_file_without_errors_says_so(monkeypatch, tmp_path):
    rows = {"id": ["u1", "u2"], "said": ["a b", "c"], "heard": ["a b", "c"]}
    app = open_transcripts(monkeypatch, tmp_path, rows)

    assert any(info.value.startswith("No utterance is like that") for info in app.info)
    assert any("0 errors in 3 words" in bare(t) for t in texts(app))


def test_illegal_choices_in_the_address_fall_back():
    illegal = dict.fromkeys(("alignments_error", "alignments_other", "alignments_page", "alignments_size"), "<script>")
    app = open_page("alignments", data="call_centre", cell="<b>", **illegal)

    assert len(drawn(app)) == 11


@pytest.mark.parametrize("data", ["lending", "waiting"])
def test_data_without_transcripts_have_no_such_page(data):
    app = open_page(data=data)

    with pytest.raises(ValueError, match="alignments"):
        app.switch_page("views/alignments.py").run()


def test_without_data_the_page_offers_a_file_that_it_can_show():
    app = open_page("alignments", data="A" * 32)

    assert app.title[0].value == "What did it hear instead?"
    assert app.info[0].value.startswith("Here you will see ")
    assert drawn(press(app, "Try the call centre example"))


@needs_shared
def test_the_published_corpus_is_shown_with_two_systems(monkeypatch, tmp_path):
    schema = """
task = "transcription"
id = "utt_id"
cluster = "speaker_id"
reference = "reference"
normalizer = "lower"
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
    app = open_page("alignments", data=open_file(monkeypatch, tmp_path, file, schema), cell="gender = female")
    app = choose(app, "Second model below it", "DeepSpeech")
    app = choose(app, "Error", "empty")
    source = drawn(app)[0]

    # 257 clips are by women.
    assert any("of 257 utterances have one" in bare(t) for t in texts(app))
    assert {kind for kind, _, _ in steps(source[: source.index("<p>DeepSpeech")])} == {"deletion"}
    assert np.isfinite(float(table(app, ["ratio"])["adjusted p"].str.removeprefix("< ").astype(float).min()))


# -- recordings ----------------------------------------------------------------------------------


@pytest.fixture
def recordings(tmp_path, monkeypatch):
    """A folder with one recording, and another one outside it."""
    folder = tmp_path / "clips"
    folder.mkdir()
    for path in (folder / "a.wav", tmp_path / "secret.wav"):
        with wave.open(str(path), "wb") as sound:
            sound.setparams((1, 2, 8000, 0, "NONE", "not compressed"))
            sound.writeframes(b"\0\0" * 800)
    (folder / "link.wav").symlink_to(tmp_path / "secret.wav")
    (tmp_path / "key.txt").write_text("secret")
    (folder / "text.wav").symlink_to(folder / "key.txt")
    (folder / "key.txt").write_text("secret")
    monkeypatch.setenv(audio.FOLDER_VARIABLE, str(folder))
    return folder


@pytest.mark.parametrize("allowed", [True, False])
def test_recordings_are_played_only_from_the_folder_that_is_allowed(recordings, monkeypatch, tmp_path, allowed):
    if not allowed:
        monkeypatch.delenv(audio.FOLDER_VARIABLE)
    paths = ["a.wav", "../secret.wav", "https://evil.example/a.wav"]
    rows = {"id": ["u1", "u2", "u3"], "clip": paths, "said": ["a"] * 3, "heard": ["b"] * 3}
    app = open_transcripts(monkeypatch, tmp_path, rows)
    played = app.get("audio")

    assert len(played) == (1 if allowed else 0)
    assert not any("evil" in str(sound.proto) for sound in played)


@pytest.mark.parametrize(
    "path",
    ["../secret.wav", "link.wav", "text.wav", "gone.wav", "", "a.wav\0", "/etc/passwd", "https://evil.example/a.wav"],
)
def test_nothing_but_recordings_inside_the_folder_is_read(recordings, path):
    assert audio.read_recording(path, audio.folder_allowed()) is None


def test_a_recording_inside_the_folder_is_read(recordings):
    content, kind = audio.read_recording("a.wav", audio.folder_allowed())

    assert content.startswith(b"RIFF")
    assert kind == "audio/wav"


def test_a_recording_that_is_too_large_is_not_read(recordings, monkeypatch):
    monkeypatch.setattr(audio, "_MOST_BYTES", 100)

    assert audio.read_recording("a.wav", audio.folder_allowed()) is None
