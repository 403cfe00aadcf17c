from __future__ import annotations

import pytest

from metrics.studio import GOALS, UNLAWFUL, Goal, study
from metrics.studio.words import say_cost, say_gaps
from tests.dashboard.pages import bare, find_injections, open_page, rerun, texts
from tests.dashboard.views.files import cubes_of, open_compas, open_file, open_with, write_hostile
from tests.paths import needs_shared

PAGE = "studio"


def shown(app) -> list[str]:
    return [text.replace("\\", "") for text in texts(app)]


def study_of(goal, by="sex", system="model A"):
    return study(cubes_of("lending").only(system)[0], [by], goal)


def button(app, label):
    return next(b for b in app.button if b.label == label)


def test_the_page_says_what_the_core_says():
    goal = Goal("equal_opportunity", within=0.02)
    app = open_with(PAGE, "lending", studio_by="sex", studio_within=2.0)

    assert any(t.startswith(f"{say_cost(study_of(goal))} {say_gaps(study_of(goal))}") for t in shown(app))


def test_thresholds_by_group_never_stand_without_the_warning():
    app = open_page(PAGE, data="lending")
    assert UNLAWFUL in [w.value for w in app.warning]

    app.selectbox(key="studio_goal").set_value("one")
    rerun(app)
    assert UNLAWFUL not in [w.value for w in app.warning]


@pytest.mark.parametrize("goal", list(GOALS))
def test_every_goal_has_its_picture_its_table_and_its_thresholds(goal):
    app = open_with(PAGE, "lending", studio_goal=goal, studio_by="sex", studio_within=5.0)
    told = [chart.proto.alt for chart in app.get("plotly_chart")]
    tables = [frame.value for frame in app.dataframe]

    assert len(told) == 1 and "against the gap between groups" in told[0]
    assert "thresholds as chosen" in tables[0]["rule"].tolist()
    by_group = tables[1].set_index("group")
    assert ("sex = female" in by_group.index) and ("threshold" in by_group)


def test_wrong_refusals_come_first_in_the_words_of_the_favourable_outcome():
    app = open_page(PAGE, data="lending")

    assert app.selectbox(key="studio_goal").options[0] == "Equal opportunity: false rejections"


def test_lots_are_said_and_listed_with_their_chance():
    app = open_with(PAGE, "lending", studio_goal="equalized_odds", studio_by="sex", studio_within=0.0)

    assert any("Lots are drawn" in t for t in shown(app))
    assert any("with a chance of" in text for text in app.dataframe[1].value["threshold"])


def test_costs_that_differ_are_told_as_costs():
    app = open_with(PAGE, "lending", studio_goal="cost", studio_by="sex", studio_cost_positive=5.0)

    assert any("per row against" in t for t in shown(app))
    # Errors that cost nothing leave nothing to choose by: one of them then costs 1.
    app = open_with(PAGE, "lending", studio_cost_positive=0.0, studio_cost_negative=0.0)
    assert not app.exception


def test_thresholds_can_be_taken_away():
    app = open_page(PAGE, data="lending")

    assert any("thresholds" in b.proto.label for b in app.get("download_button"))


def test_a_model_is_trained_when_asked_and_its_point_drawn():
    app = open_with(PAGE, "lending", studio_by="sex", studio_within=2.0)
    assert "model under the constraint" not in app.get("plotly_chart")[0].proto.alt
    button(app, "Train the model").click()
    for _ in range(60):
        rerun(app)
        if any("trained under the same constraint" in t and "Without the constraint" in t for t in shown(app)):
            break

    assert "model under the constraint" in app.get("plotly_chart")[0].proto.alt
    assert "model without constraint" in app.dataframe[0].value["rule"].tolist()


def test_of_a_goal_that_makes_nothing_alike_no_model_is_offered():
    app = open_with(PAGE, "lending", studio_goal="cost")

    assert "Train the model" not in [b.label for b in app.button]


def test_choices_that_nobody_could_make_are_answered_as_usual():
    app = open_page(PAGE, data="lending", studio_goal="x", studio_by="x", studio_seed="x")

    assert len(app.get("plotly_chart")) == 1


def test_groups_that_are_too_small_are_refused_in_words():
    app = open_with(PAGE, "screening", studio_by="scanner")

    assert any("It takes two groups" in bare(e.value) for e in app.info)


@needs_shared
def test_scores_that_are_no_probabilities_are_cut_in_their_own_units(monkeypatch, tmp_path):
    app = open_page(PAGE, data=open_compas(monkeypatch, tmp_path))
    app.session_state["studio_by"] = "sex"
    app.session_state["studio_lots"] = True
    rerun(app)

    assert any(text.startswith("from ") and text[5].isdigit() for text in app.dataframe[1].value["threshold"])
    assert "Equal opportunity: false acceptances" in app.selectbox(key="studio_goal").options


def test_without_data_it_says_what_would_be_there_and_offers_some():
    app = open_page(PAGE, data="A" * 32)

    assert any(info.value.startswith("Here you will see thresholds") for info in app.info)
    assert "Try the lending example" in [b.label for b in app.button]


@pytest.mark.parametrize("sample", ["routing", "waiting", "call_centre"])
def test_data_without_scores_do_not_have_the_page(sample):
    with pytest.raises(ValueError, match="studio"):
        open_page(data=sample).switch_page("views/studio.py").run()


def test_hostile_names_are_text_here_too(monkeypatch, tmp_path):
    app = open_page(PAGE, data=open_file(monkeypatch, tmp_path, *write_hostile(tmp_path)))

    assert find_injections(app) == []
