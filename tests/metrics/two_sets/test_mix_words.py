"""Sentences about mix and model say what the numbers say, and what may be chance."""

from __future__ import annotations

from math import nan
from typing import Any

import pandas as pd

from metrics.tasks.binary import ERROR_RATE
from metrics.two_sets.decomposition import decompose
from metrics.two_sets.mix_words import say_parts, say_shift, say_shifted, say_shifts
from metrics.two_sets.shift import measure_shift
from tests.metrics.two_sets.made import selected, sets_of

MINUS = "\N{MINUS SIGN}"


def parts(by: tuple[str, ...] = ("accent",), **values: tuple[float, float, float]) -> pd.DataFrame:
    names = {"A": f"mix[{by[0]}]", "B": f"mix[{by[-1]}]", "AB": f"mix[{' x '.join(by)}]"}
    rows = [(by, None, "error_rate", names.get(name, name), *numbers) for name, numbers in values.items()]
    return pd.DataFrame(rows, columns=["by", "system", "metric", "part", "value", "low", "high"])


def shift(**more: Any) -> dict[str, Any]:
    row = {"axis": "accent", "of": "attribute", "system": None, "psi": 0.214, "psi_floor": 0.05, "p_adjusted": 0.001}
    return row | {"p": 0.0005, "new_levels": (), "vanished_levels": ()} | more


def test_parts_that_pull_the_same_way_are_shares_of_the_change():
    found = parts(mix=(0.012, 0.002, 0.022), rates=(0.029, 0.01, 0.048), total=(0.041, 0.02, 0.06))

    assert say_parts(found, ERROR_RATE) == (
        "Of the 4.1 points [+2.0, +6.0] more, 1.2 points [+0.2, +2.2] come from a different mix of accent and "
        "2.9 points [+1.0, +4.8] from the same groups scoring differently."
    )


def test_a_fall_is_told_by_its_size_and_what_may_be_chance_is_said():
    found = parts(mix=(-0.01, -0.03, 0.01), rates=(-0.03, -0.05, -0.01), total=(-0.04, -0.06, -0.02))

    assert say_parts(found, ERROR_RATE) == (
        f"Of the 4.0 points [+2.0, +6.0] less, 1.0 points [{MINUS}1.0, +3.0] (may be chance) come from a different mix "
        "of accent and 3.0 points [+1.0, +5.0] from the same groups scoring differently."
    )


def test_parts_that_pull_both_ways_are_no_shares():
    found = parts(mix=(0.03, 0.01, 0.05), rates=(-0.02, -0.04, 0.0), total=(0.01, -0.01, 0.03))

    assert say_parts(found, ERROR_RATE) == (
        f"The error rate is 1.0 points [{MINUS}1.0, +3.0] (may be chance) higher here: +3.0 points [+1.0, +5.0] comes "
        f"from a different mix of accent and {MINUS}2.0 points [{MINUS}4.0, 0] (may be chance) comes from the same "
        "groups scoring differently."
    )


def test_a_part_that_is_nothing_is_called_none_with_what_it_may_be():
    total = (0.03, 0.01, 0.05)
    assert say_parts(parts(mix=(0.0, -0.01, 0.01), rates=total, total=total), ERROR_RATE) == (
        f"Of the 3.0 points [+1.0, +5.0] more, none [{MINUS}1.0, +1.0] come from a different mix of accent and "
        "3.0 points [+1.0, +5.0] from the same groups scoring differently."
    )
    none = (0.0, 0.0, 0.0)
    assert say_parts(parts(mix=none, rates=(0.0, -0.02, 0.02), total=(0.0, -0.02, 0.02)), ERROR_RATE) == (
        "The error rate is the same in both sets: no change comes from a different mix of accent and no change "
        f"[{MINUS}2.0, +2.0] comes from the same groups scoring differently."
    )
    # What is nothing but for rounding is nothing, too.
    rounded = parts(mix=(-1e-17, nan, nan), rates=(0.03, nan, nan), total=total)
    assert "no change comes from a different mix of accent" in say_parts(rounded, ERROR_RATE)


def test_what_cannot_be_told_is_not_told():
    found = parts(mix=(nan, nan, nan), rates=(nan, nan, nan), total=(0.04, 0.02, 0.06))

    assert say_parts(found, ERROR_RATE) == (
        "The error rate is 4.0 points [+2.0, +6.0] higher here. How much of that is a different mix cannot be told: "
        "no group by accent is in both sets."
    )
    assert "no data" in say_parts(parts(total=(nan, nan, nan)), ERROR_RATE)
    no_change = parts(mix=(0.01, nan, nan), rates=(-0.01, nan, nan), total=(0.0, nan, nan))
    assert say_parts(no_change, ERROR_RATE).startswith("The error rate is the same in both sets: +1.0 points comes")


def test_two_attributes_have_their_parts_of_the_mix():
    both = {"mix": (0.03, 0.01, 0.05), "rates": (0.01, 0.005, 0.02), "total": (0.04, 0.02, 0.06)}
    found = parts(("sex", "age"), A=(0.02, 0.01, 0.03), B=(0.01, 0, 0.02), AB=(0.0, -0.01, 0.01), **both)

    said = say_parts(found, ERROR_RATE)

    assert "a different mix of sex and age" in said
    assert said.endswith(
        "Of the mix, +2.0 points [+1.0, +3.0] is that of sex, +1.0 points [0, +2.0] (may be chance) is that of age and "
        f"0 points [{MINUS}1.0, +1.0] (may be chance) is what only both together explain."
    )
    unknown = dict.fromkeys(("A", "B", "AB"), (nan, nan, nan))
    assert "hardly overlap" in say_parts(parts(("sex", "age"), **unknown, **both), ERROR_RATE)


def test_a_shift_is_told_beside_what_chance_alone_shows():
    assert say_shift(shift()) == (
        "The mix of accent differs: population stability index 0.21; chance alone up to 0.050."
    )
    assert say_shift(shift(psi=0.04, p_adjusted=0.2)) == (
        "The mix of accent differs by no more than chance may explain: population stability index 0.040; chance alone "
        "up to 0.050."
    )
    assert "cannot be compared" in say_shift(shift(psi=nan))
    # Without a p the floor decides.
    assert say_shift(shift(p_adjusted=nan)).startswith("The mix of accent differs: ")


def test_an_index_above_its_floor_that_many_mixes_explain_is_said_to_be_so():
    one = shift(psi=0.028, psi_floor=0.024, p=0.03, p_adjusted=0.15)

    assert say_shift(one, among=5) == (
        "The mix of accent differs by no more than chance may explain: population stability index 0.028; alone above "
        "its floor of 0.024, but not among the 5 mixes compared."
    )
    # Chi-square weighs the levels differently: neither may say the opposite of the other's figures.
    assert "above its floor of 0.024, but not clearly by chi-square" in say_shift(one | {"p": 0.06}, among=5)
    assert "above its floor of 0.024, but not clearly by chi-square" in say_shift(one | {"p": 0.06, "p_adjusted": 0.06})
    assert say_shift(shift(psi=0.04)).startswith("The mix of accent differs by chi-square, if not by its index: ")

    told = say_shifts(pd.DataFrame([one, shift(axis="age"), shift(of="label", axis="label"), shift(p_adjusted=nan)]))
    assert any("not among the 2 mixes compared" in said for said in told)


def test_what_has_shifted_is_named_only_where_all_that_are_compared_are_heeded():
    one = shift(psi=0.028, psi_floor=0.024, p=0.03, p_adjusted=0.15)
    clear, unknown = shift(axis="age"), shift(axis="sex", psi=0.4, p=nan, p_adjusted=nan)

    assert say_shifted(pd.DataFrame([one])) == (
        "Nothing has clearly shifted by more than chance would show between two samples of one mix. 1 index lies above "
        "its own floor, but not clearly once all mixes compared are heeded: that may be chance."
    )
    assert say_shifted(pd.DataFrame([one, one, clear, unknown])) == (
        "Your mix is another than the reference's by more than chance would show in: sex (index 0.40, chance alone up "
        "to 0.050); age (index 0.21, chance alone up to 0.050). 2 indices lie above their own floor, but not clearly "
        "once all mixes compared are heeded: that may be chance."
    )
    assert "by chi-square; index under 0.005" in say_shifted(pd.DataFrame([shift(psi=0.002)]))
    assert say_shifted(pd.DataFrame([shift(psi=nan, p=nan, p_adjusted=nan)])).startswith("Nothing has clearly")


def test_what_is_new_and_what_is_gone_is_named_and_half_a_unit_is_owned_up_to():
    said = say_shift(shift(new_levels=("Nigerian",), vanished_levels=tuple("abcdef")))

    assert said.endswith(
        "Only in the customer's set: Nigerian; only in the reference: a, b, c, d and 2 more. In the index half a unit "
        "stands in for a level that a set lacks."
    )


def test_a_real_table_is_told_from_end_to_end():
    sets = sets_of(selected(a=(8, 80), b=(10, 20)), selected(a=(8, 40), b=(36, 60)), ["group"])
    metric = sets.metrics["selection_rate"]

    assert say_parts(decompose(sets, ["group"], ["selection_rate"]), metric).startswith("Of the 26.0 points [")
    told = say_shifts(measure_shift(sets))
    assert told[0].startswith("The mix of group differs: ")
    assert told[1].startswith("The mix of predictions differs: ")
