"""Heat maps of pairs, and bars of error kinds: figures say what their tables say, by more than colour."""

from __future__ import annotations

import pandas as pd
import pytest

from dashboard.charts.error_kinds import describe_kinds, draw_kinds, table_kinds
from dashboard.charts.pairs import describe_pairs, draw_pairs, table_pairs
from metrics import Slice, count_cells, estimate, score
from metrics.error_kinds import KINDS
from metrics.sensitivity import compare_normalizers, compare_pairs, orient_pairs
from tests.metrics.test_sensitivity import CAPITALS, LOWER, NONE, read

ROWS = [*CAPITALS, (40, "c", "go to bed now", "x x x x")]
NAMES = ["none", "lower"]


@pytest.fixture(scope="module")
def counted():
    return compare_normalizers(read(ROWS), [NONE, LOWER])


@pytest.fixture(scope="module")
def pairs(counted):
    return orient_pairs(compare_pairs(counted, ["group"]))


@pytest.fixture(scope="module")
def metrics(counted):
    return {n: counted[0][1].metrics[n] for n in ("word_error_rate", "character_error_rate")}


def texts_of(figure):
    return [t for trace in figure.data if trace.type == "heatmap" for row in trace.text for t in row if t]


def test_each_pair_is_a_row_and_each_normalizer_a_column(pairs, metrics):
    figure = draw_pairs(pairs, metrics["word_error_rate"], NAMES)

    assert len(figure.layout.yaxis.ticktext) == 3
    assert list(figure.layout.xaxis.ticktext) == NAMES
    # a against b as written: 60 of 80 against 30 of 160; in lower case 0 against 30 of 160.
    assert {"+56.2 ●<br>4.00×", "−18.8 ●<br>0×"} <= set(texts_of(figure))


def test_a_pair_that_turns_is_called_so_on_the_axis_and_comes_first(pairs, metrics):
    ticks = draw_pairs(pairs, metrics["word_error_rate"], NAMES).layout.yaxis.ticktext

    assert ["turns clearly" in tick for tick in ticks] == [True, False, False]
    assert "⇄" in ticks[0]
    assert "group: a against b turns clearly." in describe_pairs(pairs, metrics["word_error_rate"], NAMES)


def test_only_the_most_telling_pairs_are_drawn_and_all_are_in_the_table(pairs, metrics):
    figure = draw_pairs(pairs, metrics["word_error_rate"], NAMES, most=1)
    table = table_pairs(pairs, metrics, NAMES)

    assert len(figure.layout.yaxis.ticktext) == 1
    assert table["pair"].tolist()[:2] == ["group: a against b"] * 2
    assert len(table) == 3 * 2
    assert table["by"].tolist()[:2] == ["Word error rate", "Character error rate"]
    assert table["turns"].tolist() == ["⇄ clearly"] * 2 + ["no"] * 4
    assert table.loc[0, "none"].startswith("4.00 times, +56.2 points [")


def test_hovering_says_who_fares_worse(pairs, metrics):
    figure = draw_pairs(pairs, metrics["word_error_rate"], NAMES)
    hovers = [h for trace in figure.data if trace.hovertext is not None for h in trace.hovertext]

    assert any("a fares worse" in h for h in hovers) and any("b fares worse" in h for h in hovers)


def test_nothing_to_compare_is_said_in_place_of_a_picture(pairs, metrics):
    none = pairs.iloc[:0]

    assert describe_pairs(none, metrics["word_error_rate"], NAMES) == "No two groups can be compared."
    assert draw_pairs(none, metrics["word_error_rate"], NAMES).layout.annotations[0].text.startswith("No two groups")
    assert len(table_pairs(none, metrics, NAMES)) == 0


def test_names_in_pictures_are_text(metrics):
    frame = orient_pairs(
        compare_pairs(
            compare_normalizers(read([(n, "<b>x</b>" if g == "a" else "$y$", *r) for n, g, *r in CAPITALS]), [NONE]),
            ["group"],
        )
    )
    figure = draw_pairs(frame, metrics["word_error_rate"], ["none"])

    assert "<b>x</b>" not in figure.to_json().replace("\\u003c", "<").replace("\\u003e", ">")


# -- kinds of errors -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def kinds():
    rows = [(40, "a", "go to bed now", "go to"), (40, "b", "go to bed now", "go to red now then"), (5, "c", "go", "go")]
    return count_cells(score(read(rows)))


def test_a_bar_is_made_of_the_three_kinds_and_as_long_as_the_word_error_rate(kinds):
    found = estimate(kinds, ["group"], [*KINDS, "word_error_rate"])
    figure = draw_kinds(found, kinds.metrics)
    by_kind = {trace.name[2:]: list(trace.x) for trace in figure.data}

    assert [text.replace("<br>", " ") for text in figure.layout.yaxis.ticktext] == ["everyone", "a", "b", "c (too few)"]
    # Everyone: 80 deletions, 40 substitutions, 40 insertions in 325 words.
    assert by_kind["deletions"] == pytest.approx([80 / 325, 0.5, 0, 0])
    assert by_kind["substitutions"] == pytest.approx([40 / 325, 0, 0.25, 0])
    assert by_kind["insertions"] == pytest.approx([40 / 325, 0, 0.25, 0])
    assert figure.layout.barmode == "stack"


def test_the_kinds_differ_by_pattern_too(kinds):
    figure = draw_kinds(estimate(kinds, ["group"], [*KINDS, "word_error_rate"]), kinds.metrics, theme="dark")

    assert [trace.name for trace in figure.data] == ["~ substitutions", "− deletions", "+ insertions"]
    assert len({trace.marker.pattern.shape for trace in figure.data}) == 3
    assert {trace.marker.pattern.fillmode for trace in figure.data} == {"overlay"}


def test_the_table_has_every_rate_and_what_share_of_the_errors_it_is(kinds):
    table = table_kinds(estimate(kinds, ["group"], [*KINDS, "word_error_rate"])).set_index("slice")

    assert table.loc["a", ["word errors", "deletions", "deletions of all errors"]].tolist() == [
        "50.0 %",
        "50.0 %",
        "100 %",
    ]
    assert table.loc["b", ["insertions", "insertions of all errors"]].tolist() == ["25.0 %", "50.0 %"]
    assert table.loc["c", "deletions of all errors"] == "-"  # no errors to be shared out
    assert table.loc["c", "status"] == "too few"


def test_those_who_do_not_see_the_bars_are_told_them(kinds):
    told = describe_kinds(estimate(kinds, ["group"], [*KINDS, "word_error_rate"]))

    assert "a: 50.0 % word error rate, 0 % substitutions, 50.0 % deletions, 0 % insertions" in told


def test_without_rates_there_is_a_word_in_place_of_bars(kinds):
    none = pd.DataFrame(
        {"slice": [Slice()], "metric": ["deletion_rate"], "value": [float("nan")], "status": ["no data"]}
    )

    assert describe_kinds(none) == "No word errors to show."
    assert draw_kinds(none, kinds.metrics).layout.annotations[0].text == "No word errors to show."
