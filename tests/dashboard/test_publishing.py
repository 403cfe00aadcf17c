"""Publishing below the screen: which tables there are, and that what others published meanwhile is heeded."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dashboard.publish_controls import read_emails
from dashboard.publishing import choose_groupings, hand_on, keep_bundle, name_grouping, prepare, publish, retitle
from dashboard.workspace import Workspace
from metrics import Results, Schema, read_results, score
from metrics.errors import QuestionError, ResultsError
from metrics.progress import SILENT
from metrics.scored import Axis
from metrics.sharing.bundle import read_bundle, write_bundle
from metrics.sharing.terms import ExampleTerms, Terms
from tests.dashboard.views.files import read_sample
from tests.dashboard.views.shared import share_sample
from tests.paths import SAMPLES

SEX, AGE = Axis("sex", ("f", "m")), Axis("age", ("young", "old"))
ACCENTS = tuple(Axis(f"accent: {name}", ("no", "yes"), family="accent") for name in ("welsh", "scottish"))


def test_groupings_are_every_combination_of_the_chosen_attributes():
    assert choose_groupings([SEX, AGE], ["sex", "age"], 2) == (("sex",), ("age",), ("sex", "age"))
    assert choose_groupings([SEX, AGE], ["age"], 3) == (("age",),)
    assert choose_groupings([SEX, AGE], ["<script>"], 2) == ()


def test_labels_of_one_column_are_each_a_table_and_never_crossed_with_each_other():
    found = choose_groupings([SEX, *ACCENTS], ["sex", "accent"], 2)

    assert ("accent: welsh", "accent: scottish") not in found
    assert set(found) == {
        ("sex",),
        ("accent: welsh",),
        ("accent: scottish",),
        ("sex", "accent: welsh"),
        ("sex", "accent: scottish"),
    }


def test_a_grouping_is_named_as_one_says_it():
    assert name_grouping(("a", "b", "c")) == "a, b and c"


def test_emails_are_found_in_lists_as_people_write_them():
    assert read_emails("Ann@Example.org,\nbob@example.org; ann@example.org") == (
        ("ann@example.org", "bob@example.org"),
        [],
    )
    assert read_emails("nobody") == ((), ["nobody"])


@pytest.fixture
def waiting() -> Any:
    results = read_sample("waiting")
    scored = score(results)
    terms = Terms("", ((scored[0].axes[0].name,),), ("mean_absolute_error",))

    def read(schema: Schema) -> Results:
        return read_results(SAMPLES / "waiting.csv", schema)

    return lambda before, tell: prepare(read, results, scored, terms, before, tell)


def test_what_is_published_is_what_was_previewed_with_its_title(waiting):
    home, preview = Workspace.at_home(), waiting((), SILENT)
    preview = replace(preview, shared=retitle(preview.shared, "Waits", "A note"))

    made = publish(home, preview, waiting, ["0" * 64], "ann@example.org", ["bob@example.org"], 7, SILENT)

    shared = read_bundle(made.report.path)
    assert (made.report.title, shared.terms.title, shared.terms.note) == ("Waits", "Waits", "A note")
    assert write_bundle(shared) == write_bundle(preview.shared)
    assert made.report.readers == ("bob@example.org",)
    assert round((made.report.ends - made.report.began) / 86_400) == 7
    assert home.may_change(made.report.id, made.key)


def test_what_nobody_owns_lasts_for_minutes_until_it_is_claimed(waiting):
    home = Workspace.at_home()

    made = publish(home, waiting((), SILENT), waiting, ["0" * 64], "", None, 7, SILENT)

    assert not home.may_change(made.report.id, made.key)
    assert made.report.ends - made.report.began < 3600
    assert home.claim(made.report.id, made.ends)
    assert home.may_change(made.report.id, made.key)
    found = home.find_report(made.report.id)
    assert round((found.ends - found.began) / 86_400) == 7


def test_publishing_is_stopped_while_it_waits_for_another_one(waiting):
    home, preview = Workspace.at_home(), waiting((), SILENT)
    told = []

    class StopError(Exception): ...

    def stop(words: str, share: float) -> None:
        told.append(words)
        if len(told) > 3:
            raise StopError

    with home.publishing(), pytest.raises(StopError):
        publish(home, preview, waiting, ["0" * 64], "", None, 7, stop)

    assert set(told) == {"Waiting for others who publish"}
    assert home.status().reports == 0


def test_what_others_published_of_the_same_file_since_the_preview_is_heeded(waiting):
    home, preview, asked = Workspace.at_home(), waiting((), SILENT), []
    first = publish(home, preview, waiting, ["0" * 64], "", None, 7, SILENT)
    assert home.memories(["0" * 64]) != []

    def again(before, tell):
        asked.append(tuple(before))
        return waiting(before, tell)

    publish(home, preview, again, ["0" * 64], "", None, 7, SILENT)

    assert asked == [tuple(home.memories(["0" * 64])[:1])]
    assert first.more_hidden == 0


def test_a_bundle_file_is_what_was_previewed_and_a_report_after_it_heeds_it(waiting):
    home, preview, asked = Workspace.at_home(), waiting((), SILENT), []
    preview = replace(preview, shared=retitle(preview.shared, "Waits", "A note"))

    made = hand_on(home, preview, waiting, ["0" * 64], "ann@example.org", SILENT)

    assert made.bundle == write_bundle(preview.shared)
    assert (made.report.is_file, made.report.title, made.more_hidden) == (True, "Waits", 0)
    assert home.may_change(made.report.id, made.key)
    assert home.memories(["0" * 64]) == [preview.memory]

    def again(before, tell):
        asked.append(tuple(before))
        return waiting(before, tell)

    publish(home, preview, again, ["0" * 64], "", None, 7, SILENT)
    assert asked == [(preview.memory,)]


def test_a_bundle_file_that_is_stopped_is_not_remembered(waiting):
    home, preview = Workspace.at_home(), waiting((), SILENT)

    class StopError(Exception): ...

    def stop(words: str, share: float) -> None:
        if share > 0.9:
            raise StopError

    with pytest.raises(StopError):
        hand_on(home, preview, waiting, ["0" * 64], "", stop)

    assert home.memories(["0" * 64]) == []


def test_publishing_that_is_stopped_leaves_nothing(waiting):
    home, preview = Workspace.at_home(), waiting((), SILENT)

    class StopError(Exception): ...

    def stop(words: str, share: float) -> None:
        if share > 0.9:
            raise StopError

    with pytest.raises(StopError):
        publish(home, preview, waiting, ["0" * 64], "", None, 7, stop)

    assert home.memories(["0" * 64]) == []


def test_a_bundle_that_is_opened_is_its_openers_alone():
    home = Workspace.at_home()
    bundle = write_bundle(share_sample("waiting"))

    report, key = keep_bundle(bundle, "from elsewhere.zip", "ann@example.org", home)

    assert (report.owner, report.readers) == ("ann@example.org", ("ann@example.org",))
    assert home.may_change(report.id, key)
    assert report.path.read_bytes() == bundle
    assert [(e.what, e.detail) for e in home.read_log(report.id)] == [("opened", "from elsewhere.zip")]
    with pytest.raises(ResultsError, match=r"other\.zip"):
        keep_bundle(bundle[:-10], "other.zip", "", home)


def test_words_that_were_not_looked_at_are_never_published(spoken):
    home, preview = Workspace.at_home(), spoken((), SILENT)
    digest = preview.shared.examples.digest

    for seen in ("", "0" * 64):
        with pytest.raises(QuestionError, match="not those that you have looked at"):
            publish(home, preview, spoken, ["0" * 64], "", None, 7, SILENT, seen)
    assert home.status().reports == 0 and home.memories(["0" * 64]) == []
    made = publish(home, preview, spoken, ["0" * 64], "", None, 7, SILENT, digest)
    assert read_bundle(made.report.path).examples == preview.shared.examples


def test_words_that_others_publish_meanwhile_are_looked_at_anew(spoken):
    """What somebody else showed of the same file makes other examples of it: they are not published unseen."""
    home, preview = Workspace.at_home(), spoken((), SILENT)
    seen = preview.shared.examples.digest
    publish(home, preview, spoken, ["0" * 64], "", None, 7, SILENT, seen)

    def other(before: Any, tell: Any) -> Any:
        found = spoken(before, tell)
        fewer = replace(found.shared.examples, told=found.shared.examples.told[1:])
        return replace(found, shared=replace(found.shared, examples=fewer))

    with pytest.raises(QuestionError, match="look at them"):
        publish(home, preview, other, ["0" * 64], "", None, 7, SILENT, seen)
    assert home.status().reports == 1
    publish(home, preview, spoken, ["0" * 64], "", None, 7, SILENT, seen)  # the same again are the same


@pytest.fixture
def spoken() -> Any:
    results = read_sample("call_centre")
    scored = score(results)
    terms = Terms("", (("noise",),), ("word_error_rate",), examples=ExampleTerms(4))

    def read(schema: Schema) -> Results:
        return read_results(SAMPLES / "call_centre.csv", schema)

    return lambda before, tell: prepare(read, results, scored, terms, before, tell)
