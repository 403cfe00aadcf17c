"""Numbers stand in words where their placeholders stood."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

import metrics
from metrics.document import make_document
from metrics.placeholders import Number, fill, list_placeholders
from metrics.question import Question
from metrics.slices import Slice
from tests.metrics.documents import make

DOCUMENT = make()


def filled(text, document=DOCUMENT):
    pieces, problems = fill(text, document, "section 'overview'")
    assert problems == []
    return "".join(map(str, pieces))


def problems_of(text, document=DOCUMENT):
    return [str(f) for f in fill(text, document, "section 'overview'")[1]]


def two_systems():
    rows = "sex,label,a,b\n" + "".join(f"{'fm'[i % 2]},{int(i % 3 == 0)},{int(i % 4 == 0)},1\n" for i in range(120))
    schema = metrics.Schema(
        columns={"label": "label"},
        systems=(metrics.System("one: a", {"prediction": "a"}), metrics.System("b", {"prediction": "b"})),
        attributes=(metrics.Attribute("sex"),),
        positive=("1",),
    )
    results = metrics.read_results(io.BytesIO(rows.encode()), schema, name="two.csv")
    return make_document(results, metrics.count_cells(metrics.score(results)), Question())


def test_a_metric_alone_is_everyones_value_with_its_interval():
    # 240 rows of f and m: 30 predicted positive; 40 of x: 20; one more without a sex: none.
    assert filled("In {selection_rate}.") == "In 18 % [14, 23]."


def test_a_slice_after_a_colon_is_that_slices_value_whatever_the_order_of_its_levels():
    one = filled("{selection_rate: sex = x}")

    assert one == "50 % [35, 65]"
    assert filled("{ selection_rate :sex=f & age=old }") == filled("{selection_rate: age = old & sex = 'f'}")


def test_a_missing_level_is_named_as_in_a_condition():
    assert filled("{selection_rate: sex is missing}").endswith("(too few units to judge by)")


def test_what_cannot_be_computed_is_said():
    assert filled("{true_positive_rate: sex = x}") == "no data"


def test_a_number_knows_what_it_is():
    pieces, _ = fill("a {accuracy: sex = f} b", DOCUMENT, "")

    number = pieces[1]
    assert isinstance(number, Number)
    assert (number.written, number.metric, number.slice) == ("accuracy: sex = f", "accuracy", Slice((("sex", "f"),)))
    assert (pieces[0], pieces[2]) == ("a ", " b")


def test_double_braces_are_braces():
    assert filled("{{accuracy}} or } or {") == "{accuracy} or } or {"


def test_an_unknown_metric_is_named_with_the_nearest():
    (told,) = problems_of("{selection_rat}")

    assert "{selection_rat}" in told
    assert "'selection_rat'" in told
    assert "Did you mean 'selection_rate'?" in told


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{accuracy: sx = f}", "Did you mean 'sex'?"),
        ("{accuracy: age = yung}", "Did you mean 'young'?"),
        ("{accuracy: sex = q}", "Its levels are: f, m, x"),
        ("{accuracy: age = old}", "Measure by age as well (--by)."),
        ("{accuracy: sex = f or sex = m}", "more than one level"),
        ("{accuracy of b}", "There is only one; leave it out."),
        ("{accuracy sex = f}", "Write a colon before the slice"),
        ("{}", "names no metric"),
    ],
)
def test_what_cannot_be_filled_is_told_with_its_cure(text, said):
    assert said in problems_of(text)[0]


def test_every_placeholder_that_cannot_be_filled_is_told():
    assert len(problems_of("{a} {b} {accuracy}")) == 2


def test_of_several_systems_one_is_named():
    document = two_systems()

    assert filled("{selection_rate of b}", document) == "100 % [97, 100]"
    assert filled("{selection_rate of 'one: a': sex = m}", document) == "0 % [0, 6]"
    assert "systems are: one: a, b" in problems_of("{selection_rate}", document)[0]
    assert "'c'" in problems_of("{selection_rate of c}", document)[0]


def test_quotes_protect_braces_and_colons():
    rows = "g,pred\n" + "".join(f"a}}: b,{i % 2}\n" for i in range(40)) + "c,1\n"
    schema = metrics.Schema(systems=(metrics.System(None, {"prediction": "pred"}),), positive=("1",))
    schema = schema.with_attributes(["g"])
    results = metrics.read_results(io.BytesIO(rows.encode()), schema, name="g.csv")
    document = make_document(results, metrics.count_cells(metrics.score(results)), Question())

    assert filled("{selection_rate: g = 'a}: b'}", document) == "50 % [35, 65]"


def test_the_crossings_that_placeholders_ask_for_are_known_before_anything_is_measured():
    text = "{a: sex = f & age = old} {b: age = x} {c} {d: sex = m & age = y} {e: nonsense &}"

    assert list_placeholders(text) == [("sex", "age"), ("age",)]


@given(st.text(alphabet="{}':`a =&sexf\n", max_size=60))
def test_any_text_is_filled_or_told(text):
    pieces, problems = fill(text, DOCUMENT, "here")

    assert problems or all(isinstance(piece, str | Number) for piece in pieces)
