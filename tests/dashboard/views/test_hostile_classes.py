"""Names of classes stand in the titles of metrics: on every page they are shown as text."""

from __future__ import annotations

import io

import pandas as pd
import pytest

from dashboard.workspace import Workspace
from metrics.schema import Attribute, Schema, System
from tests.dashboard.pages import HOSTILE, find_injections, open_page

CLASSES = HOSTILE[:3]
PAGES = ("overview", "slices", "disparities", "slice_finder", "coverage", "systems", "last_mile", "over_time")
PAGES += ("policy", "evidence", "metric_guide", "report")


def keep(shift: int) -> str:
    n = 360
    frame = pd.DataFrame(
        {
            "label": [CLASSES[i % 3] for i in range(n)],
            "one": [CLASSES[(i + (i % 7 == shift)) % 3] for i in range(n)],
            "two": [CLASSES[(i + (i % 5 == shift)) % 3] for i in range(n)],
            "group": [["a", "b"][i // 3 % 2] for i in range(n)],
            "day": [f"2026-0{1 + i % 3}-01" for i in range(n)],
        }
    )
    schema = Schema(
        task="classification",
        columns={"label": "label"},
        systems=(System("one", {"prediction": "one"}), System("two", {"prediction": "two"})),
        attributes=(Attribute("group"),),
    )
    data = frame.to_csv(index=False).encode()
    return Workspace.at_home().keep([(f"{shift}.csv", io.BytesIO(data))], schema, 10**7).id


@pytest.mark.parametrize("page", PAGES)
def test_a_class_is_shown_as_text_in_the_title_of_its_metric(page):
    beside = {"customer": keep(2)} if page == "last_mile" else {"sets": keep(2)} if page == "over_time" else {}
    app = open_page(page, data=keep(1), **beside)
    name = next(n for n in app.selectbox(key="metric").options if CLASSES[0][:8] in n)
    app.selectbox(key="metric").set_value(name)
    app.run()

    assert not app.exception
    assert find_injections(app) == []
