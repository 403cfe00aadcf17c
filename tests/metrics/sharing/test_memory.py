"""What was shared of the same rows before is worked out again from another file of them, and from a bundle alone."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.errors import QuestionError
from metrics.reading import read_table
from metrics.results import Results, read_results
from metrics.schema import Attribute, Schema, System
from metrics.scored import score
from metrics.sharing.bundle import read_bundle, write_bundle
from metrics.sharing.fingerprints import fingerprint_rows
from metrics.sharing.memory import recall, recall_bundle, remember
from metrics.sharing.share import share
from metrics.sharing.shared_cube import Shared
from metrics.sharing.tables import Earlier
from metrics.sharing.terms import Terms, groupings_up_to
from tests.metrics.sharing.attack import Attack
from tests.metrics.sharing.test_hiding import MISSING, attack_on, hidden_of, people, tells_rest


class File:
    """A file of people, as somebody has it who shares it."""

    def __init__(self, frame: pd.DataFrame, form: str = "csv", where: str | None = None) -> None:
        written = io.BytesIO()
        (frame.to_csv if form == "csv" else frame.to_parquet)(written, index=False)
        self.data = written.getvalue()
        axes = [Attribute(str(c)) for c in frame if str(c).startswith("a")]
        systems = (System(None, {"prediction": "prediction"}),)
        self.schema = Schema("classification", {"label": "label"}, systems, tuple(axes), positive=("1",), where=where)
        self.rows = fingerprint_rows(read_table(self.data), self.schema)

    def read(self, schema: Schema) -> Results:
        return read_results(self.data, schema)

    @property
    def results(self) -> Results:
        return self.read(self.schema)

    def share(self, axes: Sequence[str], order: int = 1, least: int = 10, earlier: Sequence[Earlier] = ()) -> Shared:
        terms = Terms("t", groupings_up_to(axes, order), ("error_rate",), min_cell=least)
        return share(self.results, score(self.results), terms, earlier=earlier)

    def remember(self, shared: Shared) -> str:
        return remember(shared, score(self.results), self.rows)

    def recall(self, memory: str) -> list[Earlier]:
        return recall(memory, self.read, self.results, self.rows)

    def recall_bundle(self, shared: Shared) -> list[Earlier]:
        return recall_bundle(read_bundle(write_bundle(shared)), self.read, self.results)


SAVED_ANEW: dict[str, Callable[[pd.DataFrame], File]] = {
    "the same file": File,
    "Parquet": lambda frame: File(frame, "parquet"),
    "another order of rows": lambda frame: File(frame.sample(frac=1, random_state=1)),
    "Parquet, another order of rows and columns, one more": lambda frame: File(
        frame[frame.columns[::-1]].sample(frac=1, random_state=1).assign(more=1.5), "parquet"
    ),
    "with a filter": lambda frame: File(frame.sample(frac=1, random_state=1), where="a1 = 0"),
}


def seen(earlier: Sequence[Earlier]) -> dict[tuple[str, ...], dict[tuple[int, ...], tuple[bool, int]]]:
    """Return of each table which cells are hidden and how many people are in them, whatever their order in the file."""
    (one,) = earlier
    return {
        t.axes: {
            tuple(code): (bool(t.hidden[cell]), int(one.rows.times[t.cell == cell].sum()))
            for cell, code in enumerate(t.codes.tolist())
        }
        for t in one.tables
    }


@pytest.mark.parametrize("saved", SAVED_ANEW)
def test_from_the_same_rows_saved_anew_what_was_shared_is_known_as_from_the_file_itself(saved):
    frame = people(3, 300, [4, 3], 0.05)
    first, other = File(frame), SAVED_ANEW[saved](frame)
    shared = first.share(["a0", "a1"], 2)
    expected = seen(first.recall(first.remember(shared)))

    assert any(is_hidden for table in expected.values() for is_hidden, _ in table.values())
    assert seen(other.recall(first.remember(shared))) == expected
    assert seen(other.recall_bundle(shared)) == expected
    assert [t.least for e in other.recall_bundle(shared) for t in e.tables] == [10] * 4


def test_other_rows_have_no_memory_and_their_bundle_is_refused():
    first, other = File(people(3, 300, [4, 3])), File(people(4, 300, [4, 3]))
    shared = first.share(["a0"])

    assert other.recall(first.remember(shared)) == []
    with pytest.raises(QuestionError, match="made of other rows than those of this file"):
        other.recall_bundle(shared)


def test_rows_that_differ_in_one_answer_are_other_rows_to_a_bundle():
    frame = people(3, 300, [2, 2])
    changed = frame.assign(
        prediction=frame["prediction"].where(frame.index > 0, {"0": "1", "1": "0"}[frame["prediction"][0]])
    )
    assert (changed["prediction"] != frame["prediction"]).sum() == 1

    with pytest.raises(QuestionError, match="its numbers do not come out of them"):
        File(changed).recall_bundle(File(frame).share(["a0", "a1"]))


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_where_columns_that_were_shared_are_gone_nothing_is_shared(form):
    frame = people(3, 300, [4, 3])
    first, fewer = File(frame), File(frame.drop(columns="a1"), form)
    shared = first.share(["a0", "a1"])

    with pytest.raises(QuestionError, match="Open the file as it was then, with all its columns"):
        fewer.recall(first.remember(shared))
    with pytest.raises(QuestionError, match="column 'a1'"):
        fewer.recall_bundle(shared)
    assert fewer.recall(first.remember(first.share(["a0"]))) != []


def test_a_memory_from_before_there_were_fingerprints_is_of_its_file_alone():
    frame = people(3, 300, [4, 3])
    first, anew = File(frame), File(frame, "parquet")
    memory = remember(first.share(["a0"]), score(first.results)).replace(', "rows": []', "")
    assert '"rows"' not in memory

    assert len(first.recall(memory)) == 1
    assert anew.recall(memory) == []


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 10_000),
    st.integers(60, 200),
    st.lists(st.integers(2, 4), min_size=2, max_size=3),
    st.integers(3, 6),
    st.sampled_from(list(SAVED_ANEW)[:4]),
    st.booleans(),
)
def test_a_bundle_and_a_later_report_of_the_rows_saved_anew_do_not_give_each_other_away(
    seed, n, sizes, least, saved, by_memory
):
    """The bundle shares the last attributes, the report the first ones; each hidden slice keeps its range."""
    frame = people(seed, n, sizes)
    first, other = File(frame), SAVED_ANEW[saved](frame)
    axes = [f"a{i}" for i in range(len(sizes))]
    try:
        bundle = first.share(axes[1:], 2, least)
        earlier = other.recall(first.remember(bundle)) if by_memory else other.recall_bundle(bundle)
        report = other.share(axes[:-1], 2, least, earlier)
    except QuestionError:
        return
    assert len(earlier) == 1 or not set(first.rows) & set(other.rows)
    if len(earlier) == 1:
        attack = attack_on(frame)
        learn(attack, bundle, report)
        for shared in (bundle, report):
            for by in shared.cubes[0].groupings:
                for cell in hidden_of(shared, by):
                    assert attack.width(by, cell) >= least - 1e-6, (by, cell)


def learn(attack: Attack, *reports: Shared) -> None:
    for shared in reports:
        hidden = {names: hidden_of(shared, names) for names in shared.cubes[0].groupings}
        attack.learn(hidden, {names: tells_rest(shared, names) for names in hidden}, MISSING, None)


def test_what_bundle_and_report_would_give_away_apart_is_found_by_the_attack():
    """Without the memory a report of the same rows gives away what the bundle hides."""
    frame = pd.DataFrame({"a0": ["x"] * 60 + ["y"] * 40 + ["z"] * 5, "a1": ["u", "v", "w"] * 35})
    frame["label"] = ["0", "1"] * 52 + ["0"]
    frame["prediction"] = np.where(frame.index % 3 == 0, "0", "1")
    file = File(frame)
    bundle = file.share(["a0"])
    hidden = hidden_of(bundle, ("a0",))
    # A report that hides another one beside z, as it may when it does not know of the bundle.
    attack = attack_on(frame)
    learn(attack, bundle)
    attack.learn({(): set(), ("a0",): {("z",), *({("x",), ("y",)} - hidden)}}, {}, MISSING, None)
    assert attack.width(("a0",), ("z",)) == pytest.approx(0)

    report = File(frame, "parquet").share(["a0"], earlier=File(frame, "parquet").recall_bundle(bundle))
    assert hidden_of(report, ("a0",)) == hidden


def test_a_larger_minimum_than_was_shared_with_is_refused_and_the_former_one_is_the_cure():
    file = File(people(3, 3000, [6, 6]))
    shown = file.share(["a0", "a1"], order=2)
    before = file.recall(file.remember(shown))

    with pytest.raises(QuestionError, match="fewest people that were chosen then"):
        file.share(["a0", "a1"], order=2, least=90, earlier=before)
    again = file.share(["a0", "a1"], order=2, earlier=before)
    assert hidden_of(again, ("a0", "a1")) == hidden_of(shown, ("a0", "a1"))
