"""Examples of transcripts tell of themselves alone: nobody else is found by taking them off what is shown."""

from __future__ import annotations

import io
import json
import zipfile
from collections import Counter
from dataclasses import replace
from typing import Any

import jiwer
import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from metrics.cube import count_cells
from metrics.errors import QuestionError
from metrics.results import Results
from metrics.scored import score
from metrics.sharing.bundle import read_bundle, write_bundle
from metrics.sharing.examples import say_draw
from metrics.sharing.hiding import hide
from metrics.sharing.known import hide_beside
from metrics.sharing.memory import recall, remember
from metrics.sharing.recognizing import find_examples, note_examples
from metrics.sharing.share import share
from metrics.sharing.shared_cube import Shared
from metrics.sharing.terms import ExampleTerms, Terms, groupings_up_to
from metrics.slices import Slice
from tests.metrics.build import results_of
from tests.metrics.sharing.attack import Attack
from tests.metrics.sharing.speech import speech, utterances
from tests.metrics.sharing.test_hiding import MISSING, attack_on, hidden_of, people

WRONG = "sentence_error_rate"


def share_speech(frame: pd.DataFrame, by: list[str], asked: ExampleTerms | None, order: int = 2, **more: Any) -> Shared:
    systems = more.pop("systems", ("one", "two"))
    results, earlier = speech(frame, systems), more.pop("earlier", ())
    terms = Terms("t", groupings_up_to(by, order), (WRONG, "word_error_rate"), examples=asked, **more)
    return share(results, score(results), terms, earlier=earlier)


def examples_of(shared: Shared) -> list[int]:
    assert shared.examples is not None
    return list(shared.examples.rows)


def shown_cells(shared: Shared, frame: pd.DataFrame, by: tuple[str, ...]) -> dict[tuple[str, ...], pd.Index]:
    """Return the rows of every slice that is shown, found in the file by its levels."""
    hidden = hidden_of(shared, by)
    found = {cell: rows.index for cell, rows in frame.groupby(list(by))} if by else {(): frame.index}
    return {cell: rows for cell, rows in found.items() if cell not in hidden}


# -- what an example may be ----------------------------------------------------------------------


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 10_000),
    st.integers(60, 300),
    st.integers(3, 8),
    st.integers(1, 2),
    st.integers(1, 50),
    st.sampled_from(["random", "worst"]),
    st.sampled_from([0, 25]),
)
def test_examples_are_of_shown_slices_in_which_enough_others_are_left(seed, n, least, order, most, drawn, speakers):
    frame = utterances(seed, n, speakers=speakers)
    try:
        shared = share_speech(frame, ["a0", "a1"], ExampleTerms(most, drawn), order, min_cell=least)
    except QuestionError:
        return
    rows = examples_of(shared)
    assert len(rows) == len(set(rows)) <= most
    person = frame["cluster"] if speakers else pd.Series(frame.index, frame.index)
    known = set(person[rows])

    for by in [(), *shared.terms.groupings]:
        cells = shown_cells(shared, frame, by)
        assert set(rows) <= {row for places in cells.values() for row in places}  # none is of a hidden slice
        for places in cells.values():
            assert len(set(person[places]) - known) >= least
    for row in rows:
        alike = (frame[["a0", "a1"]] == frame.loc[row, ["a0", "a1"]]).all(axis=1)
        assert len(set(person[alike]) - known) >= least


def _cells(shared: Shared, names: tuple[str, ...], table: Any) -> set[tuple[str, ...]]:
    return {tuple(v for _, v in shared.cubes[0].by(names).slices[c].items()) for c in np.flatnonzero(table.hidden)}


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 10_000),
    st.integers(40, 200),
    st.lists(st.integers(2, 4), min_size=1, max_size=3),
    st.integers(3, 8),
    st.integers(1, 2),
    st.integers(1, 20),
)
def test_who_knows_some_rows_works_out_no_hidden_slice_and_finds_no_few(seed, n, sizes, least, order, n_known):
    """The rows are any that are in no hidden slice; the attack knows all their levels and what came out of them."""
    frame = people(seed, n, sizes)
    axes = [f"a{i}" for i in range(len(sizes))]
    terms = Terms("t", groupings_up_to(axes, order), ("error_rate",), min_cell=least)
    scored = score(results_of(frame, axes, {"prediction": "prediction"}))
    cubes = count_cells(scored)
    try:
        first = hide(scored, cubes, terms)[0]
        fine = [row for row in range(n) if not any(t.hidden[t.cell[row]] for t in first.values())]
        known = np.random.default_rng(seed).permutation(fine)[:n_known].astype(np.int64)
        found = hide_beside(known, scored, cubes, terms)[0]
    except QuestionError:
        return
    attack, hidden = attack_on(frame), {}
    for names, table in found.items():
        slices = cubes[0].by(names).slices
        hidden[names] = {tuple(v for _, v in slices[c].items()) for c in np.flatnonzero(table.hidden)}
    attack.learn(hidden, {names: t.tells_rest for names, t in found.items()}, MISSING, None)
    attack.know(attack.frame.loc[known])

    for names, cells in hidden.items():
        for cell, rows in frame.groupby(list(names)) if names else [((), frame)]:
            others = len(set(rows.index) - set(known.tolist()))
            if cell not in cells:
                assert others >= least
            elif others:
                assert attack.width(names, cell) >= least - 1e-6


def test_knowing_rows_would_give_a_hidden_slice_away_if_nothing_more_were_hidden():
    """Of y there are 12, of whom 4 are known: without them 8 are left, so that y is hidden, and another one with it."""
    frame = pd.DataFrame({"a0": ["x"] * 60 + ["y"] * 12 + ["z"] * 40, "label": ["0", "1"] * 56})
    frame["prediction"] = ["0", "0", "1", "1"] * 28
    scored = score(results_of(frame, ["a0"], {"prediction": "prediction"}))
    cubes, terms = count_cells(scored), Terms("t", (("a0",),), ("error_rate",))
    nobody, four = np.zeros(0, np.int64), np.arange(60, 64)

    assert hide_beside(nobody, scored, cubes, terms)[0]["a0",].hidden.tolist() == [False, False, False]
    assert hide_beside(four, scored, cubes, terms)[0]["a0",].hidden.tolist() == [False, True, True]


def test_examples_do_not_leave_a_few_who_all_came_out_the_same():
    """Of b, 8 of 60 utterances have words, of which 4 are all wrong: without them none of 4 is, which tells of each."""
    frame = utterances(1, 160, (1,)).assign(a0=["a"] * 50 + ["c"] * 50 + ["b"] * 60)
    frame.loc[frame["a0"] == "b", ["reference", "one"]] = ""
    frame.loc[100:107, ["reference", "one"]] = "yes"
    frame.loc[100:103, "one"] = "no"
    results = speech(frame, ("one",))
    terms = Terms(
        "t", (("a0",),), ("share_above_half_word_error_rate",), min_cell=5, examples=ExampleTerms(50, "worst")
    )
    shared = share(results, score(results), terms)

    rows = examples_of(shared)
    assert rows and not hidden_of(shared, ("a0",))
    assert len({100, 101, 102, 103} - set(rows)) > 0


# -- which they are ------------------------------------------------------------------------------


def test_a_draw_is_the_same_for_a_seed_and_another_for_another():
    frame = utterances(3)
    drawn = [examples_of(share_speech(frame, ["a0"], ExampleTerms(10, seed=seed))) for seed in (0, 0, 1)]

    assert drawn[0] == drawn[1] != drawn[2]


def test_a_draw_takes_every_row_alike():
    """Of 300 rows of one group, 3,000 are drawn by 60 seeds: each 10 times but for chance (chi-squared, p = 0.0001)."""
    frame = utterances(4, 300, (1,))
    times = Counter(
        r for seed in range(60) for r in examples_of(share_speech(frame, ["a0"], ExampleTerms(50, seed=seed)))
    )

    assert sum(times.values()) == 3000
    assert sum((times[row] - 10) ** 2 / 10 for row in range(300)) < 395


def test_another_file_is_drawn_in_another_way_by_the_same_seed():
    frame = utterances(5, 300, (1,))
    other = frame.assign(one=frame["one"].where(frame.index > 0, "something else"))

    assert examples_of(share_speech(frame, ["a0"], ExampleTerms(5))) != examples_of(
        share_speech(other, ["a0"], ExampleTerms(5))
    )


def test_the_worst_are_those_with_most_errors_a_word_as_jiwer_counts_them():
    frame = utterances(6, 300, (1,))
    shared = share_speech(frame, ["a0"], ExampleTerms(20, "worst"))

    def errors(row: int) -> float:
        said = frame["reference"][row]
        counts = [jiwer.process_words(said, frame[s][row]) for s in ("one", "two")]
        return sum(c.substitutions + c.deletions + c.insertions for c in counts) / (2 * len(said.split()))

    rates = sorted(map(errors, frame.index), reverse=True)
    assert shared.examples is not None
    told = [
        sum(step.op != "hit" for a in e.align() for step in a) / (2 * len(e.said.split())) for e in shared.examples.told
    ]
    assert told == pytest.approx(rates[:20])
    assert sorted(map(errors, examples_of(shared)), reverse=True) == pytest.approx(rates[:20])


def test_the_texts_are_those_of_the_rows_as_they_are_scored_with_the_levels_of_what_is_shared():
    frame = utterances(7)
    loud = frame.assign(reference=frame["reference"].str.upper() + "!", one=frame["one"].str.title())
    results = speech(loud, normalizer="whisper-basic")
    terms = Terms("t", (("a0",),), (WRONG,), examples=ExampleTerms(20))
    shared = share(results, score(results), terms)

    assert shared.examples is not None
    names = [axis.name for axis in shared.examples.axes]
    assert names == ["a0"]  # a1 is not shared
    told = [(shared.examples.slice_of(e).to_dict()["a0"], e.said, *e.heard) for e in shared.examples.told]
    rows = frame.loc[examples_of(shared), ["a0", "reference", "one", "two"]]
    assert sorted(told) == sorted(map(tuple, rows.to_numpy().tolist()))


def test_of_a_group_are_those_with_its_levels():
    shared = share_speech(utterances(9), ["a0", "a1"], ExampleTerms(50, axes=("a0",)), min_cell=3)

    assert shared.examples is not None
    n = [len(shared.examples.of(Slice((("a0", level),)))) for level in ("0", "1", "2")]
    assert sum(n) == len(shared.examples) and n[0] > 0
    assert shared.examples.of(Slice()) == list(shared.examples.told)
    assert shared.examples.of(Slice((("a1", "0"),))) == []  # it is not told


def test_fewer_than_asked_for_are_said_to_be():
    """Of 50 utterances, twice 15 are to be left."""
    shared = share_speech(utterances(9, 50, (1,)), ["a0"], ExampleTerms(50), min_cell=15)

    assert shared.examples is not None and len(shared.examples) == 20
    assert "20 transcripts are shown as examples, drawn at random (draw 0)" in " ".join(say_draw(shared.examples, "ab"))
    assert "50 were asked for" in " ".join(say_draw(shared.examples, "ab"))


def spoken_apart(frame: pd.DataFrame) -> Results:
    """Return the same with each model in rows of its own."""
    long = pd.concat([frame.assign(system=name, hypothesis=frame[name]) for name in ("one", "two")], ignore_index=True)
    whole = speech(long, ("hypothesis",))
    return replace(whole, columns={**whole.columns, "system": long["system"].astype("category"), "id": long["id"]})


def test_models_in_rows_of_their_own_are_shown_one_below_the_other():
    frame = utterances(10, 120, (2,)).assign(id=[f"u{i}" for i in range(120)])
    results = spoken_apart(frame)
    shared = share(results, score(results), Terms("t", (("a0",),), (WRONG,), examples=ExampleTerms(10)))

    assert shared.examples is not None and len(shared.examples) == 10
    texts = {tuple(row) for row in frame[["reference", "one", "two"]].to_numpy().tolist()}
    assert {(e.said, *e.heard) for e in shared.examples.told} <= texts
    assert len(examples_of(shared)) == 20  # both rows of each are known
    nameless = replace(results, columns={k: v for k, v in results.columns.items() if k != "id"})
    none = share(nameless, score(nameless), Terms("t", (("a0",),), (WRONG,), examples=ExampleTerms(10)))
    assert none.examples is not None and len(none.examples) == 0


@pytest.mark.parametrize("longer", ["word " * 301, "w" * 4001])
def test_texts_that_are_too_long_are_no_examples(longer):
    frame = utterances(11, 60, (1,))
    frame.loc[::2, "two"] = longer.strip()
    shared = share_speech(frame, ["a0"], ExampleTerms(50))

    assert examples_of(shared)
    assert all(row % 2 for row in examples_of(shared))


def test_without_texts_and_of_what_is_not_shared_there_are_none():
    frame = people(0, 200, [2])
    results = results_of(frame, ["a0"], {"prediction": "prediction"})
    terms = Terms("t", (("a0",),), ("error_rate",), examples=ExampleTerms(5))
    with pytest.raises(QuestionError, match="no transcripts"):
        share(results, score(results), terms)
    with pytest.raises(QuestionError, match="no attribute that is shared called 'a1'"):
        share_speech(utterances(), ["a0"], ExampleTerms(5, axes=("a1",)))
    with pytest.raises(ValueError, match="From 1 to 50"):
        ExampleTerms(51)
    assert share_speech(utterances(), ["a0"], None).examples is None


# -- what goes along -----------------------------------------------------------------------------


def test_a_bundle_gives_the_examples_again_and_holds_no_place_speaker_or_other_attribute():
    frame = utterances(12, speakers=40)
    shared = share_speech(frame, ["a0"], ExampleTerms(20), min_cell=5)
    data = write_bundle(shared)

    again = read_bundle(data).examples
    assert again == shared.examples and again is not None and again.digest == shared.examples.digest
    assert again.rows == ()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        everything = b"".join(archive.read(name) for name in archive.namelist())
        words = archive.read("examples.json")
    assert b"speaker-" not in everything
    assert b"a1" not in words and b"rows" not in words
    assert write_bundle(read_bundle(data)) == data


def test_a_bundle_without_examples_is_what_it_was():
    data = write_bundle(share_speech(utterances(13), ["a0"], None))

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert "examples.json" not in archive.namelist()
        assert b'"version": 1,' in archive.read("bundle.json")


# -- what comes later ----------------------------------------------------------------------------


def remembered(shared: Shared, frame: pd.DataFrame) -> list[Any]:
    results = speech(frame)
    return recall(remember(shared, score(results)), lambda schema: results, results)


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 10_000),
    st.integers(80, 250),
    st.integers(3, 6),
    st.sampled_from([["a0"], ["a1"], ["a0", "a1"]]),
    st.sampled_from(["random", "worst"]),
    st.booleans(),
)
def test_a_later_report_knows_the_rows_that_everybody_knows(seed, n, least, by, drawn, also):
    """The attack knows both reports, and all of the examples of both."""
    frame = utterances(seed, n)
    try:
        first = share_speech(frame, by, ExampleTerms(15, drawn), 1, min_cell=least)
        second = share_speech(
            frame, ["a0", "a1"], ExampleTerms(5) if also else None, earlier=remembered(first, frame), min_cell=least
        )
    except QuestionError:
        assume(False)
        return
    known = set(examples_of(first)) | (set(examples_of(second)) if also else set())
    outcomes = [s.outcome for s in score(speech(frame))]
    attack = Attack(frame.assign(one=outcomes[0], two=outcomes[1]), ["a0", "a1"], ["one", "two"])
    for shared in (first, second):
        hidden = {names: hidden_of(shared, names) for names in shared.cubes[0].groupings}
        rest = {names: bool(told(shared, names)) for names in hidden}
        for system in (0, 1):
            attack.learn(hidden, rest, MISSING, system)
    attack.know(attack.frame.loc[sorted(known)])

    for shared in (first, second):
        for names in shared.cubes[0].groupings:
            hidden = hidden_of(shared, names)
            for cell, rows in frame.groupby(list(names)) if names else [((), frame)]:
                others = len(set(rows.index) - known)
                if cell not in hidden:
                    assert others >= least
                elif others:
                    assert attack.width(names, cell) >= least - 1e-6


def told(shared: Shared, names: tuple[str, ...]) -> bool:
    rest = shared.cubes[0].families["sentence_error_rate"].answers[names].rest.hidden
    return not (rest is not None and rest.all())


def test_a_later_report_hides_what_the_known_rows_would_leave_too_small():
    """y has 63 utterances, of which 8 were examples; of its 13 that are v, 6 were: 7 are left, which are too few."""
    frame = utterances(14, 238, (1, 1)).assign(a0=["x"] * 175 + ["y"] * 63)
    frame["a1"] = ["v", "w"] * 87 + ["v"] + ["v"] * 13 + ["w"] * 50
    first = share_speech(frame, ["a0"], ExampleTerms(8))
    assert first.examples is not None
    places = (*range(175, 181), 193, 194)
    told = replace(first, examples=replace(first.examples, rows=places))
    both = (("a0", "a1"),)

    def hidden_after(before: Shared) -> set[tuple[str, ...]]:
        results = speech(frame)
        later = share(results, score(results), Terms("t", both, (WRONG,)), earlier=remembered(before, frame))
        return hidden_of(later, both[0])

    assert hidden_after(replace(first, examples=None)) == set()
    assert hidden_after(told) == {("y", "v"), ("y", "w")}


def test_the_same_report_again_shows_the_same_examples():
    frame = utterances(15)
    first = share_speech(frame, ["a0"], ExampleTerms(20))
    again = share_speech(frame, ["a0"], ExampleTerms(20), earlier=remembered(first, frame))

    assert again.examples == first.examples
    assert hidden_of(again, ("a0",)) == hidden_of(first, ("a0",))


def test_what_was_shown_before_keeps_enough_others_when_examples_come_later():
    """Before, 12 utterances of y were shown; a report without that attribute may take 2 of them, and no more."""
    frame = utterances(16, 100, (1, 1)).assign(a0=["x"] * 88 + ["y"] * 12)
    first = share_speech(frame, ["a0"], None)
    assert not hidden_of(first, ("a0",))
    worst = frame.assign(
        one=frame["one"].where(frame["a0"] == "x", "?"), two=frame["two"].where(frame["a0"] == "x", "?")
    )
    later = share_speech(
        worst, ["a1"], ExampleTerms(50, "worst"), earlier=remembered(share_speech(worst, ["a0"], None), worst)
    )

    assert sum(row >= 88 for row in examples_of(later)) == 2


@pytest.mark.parametrize("apart", [False, True])
def test_examples_are_found_again_in_a_file_of_another_order_by_what_they_say(apart):
    frame = utterances(17, 150).assign(id=[f"u{i}" for i in range(150)])
    frame["reference"] += [f" number{i}" for i in range(150)]  # no two say the same
    results, again = ((spoken_apart if apart else speech)(f) for f in (frame, frame[::-1].reset_index(drop=True)))
    shared = share(results, score(results), Terms("t", (("a0",),), (WRONG,), examples=ExampleTerms(10)))
    noted = note_examples(read_bundle(write_bundle(shared)).examples)
    assert noted is not None and "number" not in json.dumps(noted)

    n = len(results)
    assert find_examples(noted, results, score(results)).tolist() == examples_of(shared)
    found = find_examples(note_examples(shared.examples), again, score(again), is_same_file=False)
    ids = pd.concat([frame["id"]] * (2 if apart else 1), ignore_index=True)
    there = pd.concat([frame["id"][::-1]] * (2 if apart else 1), ignore_index=True)
    assert len(found) == len(examples_of(shared)) < n
    assert sorted(there[found]) == sorted(ids[examples_of(shared)])


def test_of_rows_that_say_the_same_all_are_taken_for_the_example():
    frame = utterances(18, 100, (1,))
    frame[["reference", "one", "two"]] = "yes"
    frame.loc[:9, "a0"] = "9"
    results = speech(frame)
    shared = share(results, score(results), Terms("t", (("a0",),), (WRONG,), min_cell=5, examples=ExampleTerms(1)))

    (row,) = examples_of(shared)
    found = find_examples(note_examples(shared.examples), results, score(results), is_same_file=False)
    assert found.tolist() == (list(range(10)) if row < 10 else list(range(10, 100)))


@pytest.mark.parametrize(("who", "is_hidden"), [("clusters", True), ("units", False)])
def test_a_speaker_of_whom_a_row_is_known_is_not_among_the_people_of_a_slice(who, is_hidden):
    """y has 12 speakers of 5 utterances each; of 4 of them one utterance is known, so that 8 are left."""
    frame = utterances(19, 360, (1,)).assign(a0=["x"] * 150 + ["y"] * 60 + ["z"] * 150)
    frame["cluster"] = [f"s{row // 5}" for row in range(360)]
    scored = score(speech(frame))
    cubes, terms = count_cells(scored), Terms("t", (("a0",),), (WRONG,), people=who)

    for known, hides in ((np.zeros(0, np.int64), False), (np.array([150, 155, 160, 165]), is_hidden)):
        assert hide_beside(known, scored, cubes, terms)[0]["a0",].hidden[1] == hides


def test_speakers_who_are_in_a_slice_shown_before_by_other_rows_are_enough_there_too():
    """Of 60 speakers 11 are in y as well, where they were shown before; the worst utterances are theirs, in x."""
    frame = utterances(20, 360, (1, 1)).assign(a0=["y"] * 55 + ["x"] * 305)
    frame["cluster"] = [f"s{row % 11}" for row in range(55)] + [f"s{row % 60}" for row in range(305)]
    frame.loc[(frame["a0"] == "x") & frame["cluster"].isin([f"s{n}" for n in range(11)]), ["one", "two"]] = "?"
    before = remembered(share_speech(frame, ["a0"], None), frame)
    later = share_speech(frame, ["a1"], ExampleTerms(20, "worst"), earlier=before)

    known = set(frame["cluster"][examples_of(later)])
    assert len(examples_of(later)) == 20
    assert len(known & set(frame["cluster"][frame["a0"] == "y"])) == 1


def test_a_slice_shown_before_does_not_tell_of_each_of_a_few_when_examples_come_later():
    """Of b, 8 of 60 utterances have words, of which 4 are all wrong: they are not all examples of a report by a1."""
    frame = utterances(1, 160, (1, 1)).assign(a0=["a"] * 100 + ["b"] * 60)
    frame.loc[frame["a0"] == "b", ["reference", "one", "two"]] = ""
    frame.loc[100:107, ["reference", "one", "two"]] = "yes"
    frame.loc[100:103, ["one", "two"]] = "no"
    results = speech(frame)
    metrics = ("share_above_half_word_error_rate",)
    first = share(results, score(results), Terms("t", (("a0",),), metrics, min_cell=5))
    assert not hidden_of(first, ("a0",))
    asked = Terms("t", (("a1",),), metrics, min_cell=5, examples=ExampleTerms(50, "worst"))

    alone = examples_of(share(results, score(results), asked))
    later = examples_of(share(results, score(results), asked, earlier=remembered(first, frame)))
    assert {100, 101, 102, 103} <= set(alone)
    assert later and not {100, 101, 102, 103} <= set(later)
