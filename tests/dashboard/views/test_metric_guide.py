from __future__ import annotations

import pytest

from metrics import criteria
from metrics.formatting import format_number
from tests.dashboard.pages import bare, open_page, texts
from tests.dashboard.views.files import cubes_of, open_with


def test_a_metric_is_told_in_words_in_symbols_and_by_the_counts_it_uses():
    app = open_with("metric_guide", "lending", metric="false_positive_rate")
    said = " ".join(bare(t) for t in texts(app))

    assert "the share that the model calls positive" in said
    assert r"\frac{\mathit{FP}}" in app.latex[0].value
    assert "false positives 384, counted" in app.get("plotly_chart")[0].proto.alt
    assert "true positives 3,159, not used" in app.get("plotly_chart")[0].proto.alt
    assert "fallout" in said
    assert "It ignores everyone whose label is positive" in said
    assert "Predictive equality" in said


def test_criteria_are_found_by_a_rate_and_by_its_complement():
    said = " ".join(bare(t) for t in texts(open_with("metric_guide", "lending", metric="false_negative_rate")))

    assert "Equal opportunity" in said


@pytest.mark.parametrize("metric", sorted(cubes_of("lending").metrics))
def test_every_metric_has_its_page(metric):
    app = open_with("metric_guide", "lending", metric=metric)

    assert app.header[0].value.replace("\\", "") == cubes_of("lending").metrics[metric].title


def test_all_metrics_and_criteria_of_the_data_stand_in_tables():
    metrics, found = (d.value for d in open_page("metric_guide", data="lending").dataframe)
    cubes = cubes_of("lending").only("model A")
    expected = criteria(cubes)

    assert len(metrics) == len(cubes.metrics)
    assert found["difference"].tolist() == [format_number(d) for d in expected["difference"]]


def test_several_classes_use_the_counts_of_one_against_the_rest():
    app = open_with("metric_guide", "routing", metric="true_positive_rate[complaints]")

    # The sample's README: 49 of 77 and 230 of 268.
    assert "true positives 279, counted" in app.get("plotly_chart")[0].proto.alt
