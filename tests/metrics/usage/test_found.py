from __future__ import annotations

import pandas as pd

from metrics.slices import Slice
from metrics.usage import count_features, mark_features
from metrics.usage.found import say_features

ONE, TWO = Slice((("sex", "f"), ("age", "< 25"))), Slice((("age", "65+"),))
FOUND = pd.DataFrame({"slice": [ONE, TWO]})


def test_features_are_counted_over_the_slices_found_most_used_first():
    assert count_features(FOUND, ["city", "sex", "age"]).to_dict("records") == [
        {"feature": "age", "slices": 2, "share": 1.0},
        {"feature": "sex", "slices": 1, "share": 0.5},
        {"feature": "city", "slices": 0, "share": 0.0},
    ]


def test_where_nothing_was_found_there_is_no_share():
    table = count_features(FOUND.head(0), ["sex"])

    assert table["slices"].tolist() == [0]
    assert table["share"].isna().all()


def test_every_slice_says_which_level_of_a_feature_it_asks_for():
    marks = mark_features(FOUND, ["sex", "age"])

    assert marks.to_numpy().tolist() == [
        [ONE, "sex", "f"],
        [ONE, "age", "< 25"],
        [TWO, "sex", ""],
        [TWO, "age", "65+"],
    ]


def test_it_is_said_which_features_define_what_was_found_out_of_how_much():
    assert say_features(FOUND, ["city", "sex", "age"], 120) == (
        "Of 120 slices searched, 2 are different findings. They are defined by age (2 of 2), sex (1 of 2). "
        "In none of them: city."
    )
    assert (
        say_features(FOUND.head(0), ["city", "sex"], 9) == "9 slices of city, sex were searched, and none is a finding."
    )
