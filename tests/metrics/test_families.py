"""Several labels in a cell are shown as a family: its labels, never those without them, never a total."""

from __future__ import annotations

from metrics import Attribute, Schema, System, count_cells, estimate, read_results, score, spread
from metrics.families import families_of, fold_families, fold_gaps, leave_out_rest

TEXT = b"y,p,accent,sex\n1,1,scottish;indian,f\n1,0,indian,m\n1,0,scottish,m\n1,1,,f\n1,1,welsh,f\n"
SCHEMA = Schema(
    task="classification",
    columns={"label": "y"},
    systems=(System(None, {"prediction": "p"}),),
    positive=("1",),
    attributes=(Attribute("accent", separator=";"), Attribute("sex")),
)


def test_pictures_show_each_label_once_and_nobody_without_it():
    cubes = count_cells(score(read_results(TEXT, SCHEMA)))
    found = estimate(cubes, metrics=["true_positive_rate"])

    shown = leave_out_rest(found, cubes.axes)["slice"].map(str).tolist()
    folded = fold_families(found, cubes.axes)

    assert families_of(cubes.axes) == ["accent"]
    assert "`accent: indian` = yes" in shown and "`accent: indian` = no" not in shown
    assert folded["slice"].map(str).tolist() == [
        "everyone",
        "accent = indian",
        "accent is missing",
        "accent = scottish",
        "accent = welsh",
        "sex = f",
        "sex = m",
    ]
    assert folded["value"].tolist()[1:5] == [0.5, 1.0, 0.5, 1.0]


def test_a_family_has_the_gap_of_its_widest_label_and_no_floor():
    cubes = count_cells(score(read_results(TEXT, SCHEMA)))
    gaps = spread(cubes, metrics=["true_positive_rate"], min_units=1)

    folded = fold_gaps(gaps, cubes.axes)

    # indian 1 of 2 against 1 of 2, scottish likewise, welsh 1 of 1 against 1 of 3: the widest.
    assert folded["by"].tolist() == [("sex",), ("accent",)]
    assert folded["difference"].tolist()[1] == 1 - 1 / 3
    assert folded["noise_floor"].isna().tolist() == [False, True]


def test_without_families_nothing_changes():
    cubes = count_cells(score(read_results(b"label,pred,sex\n1,1,f\n1,0,m\n", by=["sex"])))
    found = estimate(cubes)

    assert fold_families(found, cubes.axes) is found and leave_out_rest(found, cubes.axes) is found
