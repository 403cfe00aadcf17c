from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from metrics import QuestionError, Schema, Slice, System, read_results, score
from metrics.errors import ResultsError
from metrics.usage.attribution import ATTRIBUTION, find_attributions, measure_attribution
from metrics.usage.importance import mean_over_units

FRAME = pd.DataFrame(
    {
        "sex": ["f", "f", "m", "m"] * 20,
        "label": [1, 0, 1, 0] * 20,
        "prediction": [1, 0, 0, 0] * 20,
        "shap_age": [1.0, -3.0, 0.5, 0.5] * 20,
        "shap_sex": [0.0, 0.0, 1.5, -1.5] * 20,
    }
)
SCHEMA = Schema(
    task="classification",
    positive=("1",),
    columns={"label": "label"},
    systems=(System(None, {"prediction": "prediction"}),),
).with_attributes(["sex"])


def scored():
    (only,) = score(read_results(FRAME, SCHEMA))
    return only


def told(table, feature, **levels):
    (row,) = table[(table["slice"] == Slice(tuple(levels.items()))) & (table["feature"] == feature)].to_dict("records")
    return row


def measure(**changed):
    columns = {f: FRAME[c].to_numpy() for f, c in find_attributions(SCHEMA, FRAME.columns).items()}
    return measure_attribution(scored(), columns | changed, ["sex"])


def test_columns_are_found_by_their_name_or_as_declared():
    assert find_attributions(SCHEMA, FRAME.columns) == {"age": "shap_age", "sex": "shap_sex"}
    declared = Schema(attributions={"years": "shap_age"})
    assert find_attributions(declared, FRAME.columns) == {"years": "shap_age"}
    assert find_attributions(SCHEMA, ["age", "shap_"]) == {}
    with pytest.raises(QuestionError, match="'gone', which is no column"):
        find_attributions(Schema(attributions={"age": "gone"}), FRAME.columns)


def test_declared_columns_are_part_of_the_schema_file():
    schema = Schema(attributions={"age": "contribution of age"})

    assert Schema.loads(schema.dumps()) == schema
    with pytest.raises(ResultsError, match="It is a text"):
        Schema.loads("[attribution]\nage = 3")


def test_columns_of_attributions_are_not_taken_for_groups():
    frame = FRAME.assign(shap_age=[0, 1, 0, 1] * 20)
    results = read_results(frame, Schema(task="classification", positive=("1",), columns={"label": "label"}))

    assert list(results.attributes.columns) == ["sex"]


def test_the_mean_is_of_sizes_whatever_their_sign_by_slice():
    table = measure()

    assert list(table.columns) == ATTRIBUTION
    assert told(table, "age", sex="f")["value"] == 2
    assert told(table, "age", sex="m")["value"] == 0.5
    assert told(table, "age")["value"] == 1.25
    assert told(table, "sex", sex="m")["share"] == 1.5 / 2
    # sd of 1 and 3, twenty times each: sqrt(40/39); times t(39) over sqrt(40).
    assert told(table, "age", sex="f")["high"] == pytest.approx(2 + 2.0227 * math.sqrt(40 / 39 / 40), abs=1e-4)


def test_cells_without_a_number_are_left_out():
    missing = np.where(FRAME["sex"] == "f", np.nan, np.inf)
    missing[2] = 4.0
    table = measure(age=missing)

    assert told(table, "age", sex="f")["status"] == "no data"
    assert (told(table, "age", sex="m")["value"], told(table, "age", sex="m")["status"]) == (4, "too few")
    assert math.isnan(told(table, "age", sex="m")["low"])


def test_an_unknown_attribute_is_named_with_the_nearest():
    with pytest.raises(QuestionError, match="Did you mean 'sex'"):
        measure_attribution(scored(), {"age": np.ones(80)}, ["sexx"])


@pytest.mark.parametrize("weights", [None, [1.0, 2.0, 0.5, 3.0]])
@pytest.mark.parametrize("clusters", [None, [0, 1, 2, 2]])
def test_a_row_that_stands_for_many_says_what_they_say_written_out(weights, clusters):
    x, times = np.array([1.0, 3.0, 0.5, 2.0]), np.array([5, 1, 7, 2])
    weight, cluster = np.array(weights or [1.0] * 4), None if clusters is None else np.array(clusters)
    out = np.repeat(np.arange(4), times)
    written_out = mean_over_units(x[out], weight[out], np.ones(15, np.int64), None if cluster is None else cluster[out])

    assert mean_over_units(x, weight, times, cluster) == pytest.approx(written_out)
