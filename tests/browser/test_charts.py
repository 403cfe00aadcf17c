"""What only a browser can show of a chart: which cell a click finds, and that a name is drawn as text."""

from __future__ import annotations

import plotly.graph_objects as go
import pytest
from playwright.sync_api import Page, expect

from dashboard.charts.heatmap import draw_heatmap, lay_metrics
from dashboard.charts.intervals import draw_intervals
from tests.dashboard.charts.tables import METRICS, MISSED, disparities_of, estimates_of, group

NAMES = ("<b>bold</b>", "<script>document.title = 'gone'</script>", "$x^2$", "a & b")


def _show(page: Page, figure: go.Figure, width: int = 700) -> None:
    """Put a figure alone on a page; clicks select points, as in the dashboard, and are kept in `window.picked`."""
    figure.update_layout(clickmode="event+select", width=width)
    page.set_content(
        figure.to_html(
            include_plotlyjs=True,
            post_script="document.getElementById('{plot_id}').on('plotly_selected',"
            " event => { if (event && event.points.length) window.picked = event.points[0].customdata })",
        )
    )
    expect(page.locator(".nsewdrag").first).to_be_attached()


@pytest.mark.parametrize(
    ("row", "column", "across", "down"),
    [(0, 0, 0.5, 0.5), (0, 1, 0.03, 0.06), (2, 2, 0.97, 0.94), (1, 0, 0.97, 0.06), (3, 1, 0.5, 0.9)],
)
def test_a_click_anywhere_in_a_cell_picks_that_cell(page: Page, row, column, across, down):
    chosen = {n: METRICS[n] for n in ("false_negative_rate", "accuracy", "selection_rate")}
    rows = [(group(g=n), 0.1, 0.02, 0.2, "too few" if n == "d" else "ok") for n in "abcd"]
    disparities = disparities_of(rows)
    grid = lay_metrics(disparities, chosen, sort="given")  # two of three columns have no data
    _show(page, draw_heatmap(grid))

    box = page.locator(".nsewdrag").first.bounding_box()
    assert box is not None
    x = box["x"] + (column + across) * box["width"] / 3
    y = box["y"] + (row + down) * box["height"] / 4
    page.mouse.move(x - 2, y)
    page.mouse.move(x, y)
    page.wait_for_timeout(200)
    page.mouse.click(x, y)

    page.wait_for_function("window.picked")
    assert page.evaluate("window.picked") == [row, column]


_OVERLAPS = """() => {
    const boxes = [...document.querySelectorAll('.xtick text')].map(name => name.getBoundingClientRect());
    const meet = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
    return boxes.flatMap((a, i) => boxes.slice(i + 1).filter(b => meet(a, b))).length;
}"""


@pytest.mark.parametrize(("n_columns", "width"), [(5, 358), (7, 358), (12, 358), (16, 358), (22, 358), (22, 700)])
def test_names_of_columns_do_not_run_into_each_other(page: Page, n_columns: int, width: int):
    """358 pixels are what a telephone of 390 has for the map."""
    chosen = dict(list(METRICS.items())[:n_columns])
    assert len(chosen) == n_columns
    rows = [(group(ethnicity=n), 0.1, 0.02, 0.2, "ok") for n in ("Asian", "Black", "Other")]
    disparities = disparities_of(rows, metric=next(iter(chosen)))

    _show(page, draw_heatmap(lay_metrics(disparities, chosen)), width)

    expect(page.locator(".xtick text")).to_have_count(n_columns)
    page.wait_for_timeout(300)  # names are turned after they are measured
    assert page.evaluate(_OVERLAPS) == 0


def test_names_that_look_like_code_are_drawn_as_text(page: Page):
    rows = estimates_of([(group(g=n), 10 + i, 100, 0.05, 0.3, "ok") for i, n in enumerate(NAMES)])

    _show(page, draw_intervals(rows, MISSED))

    drawn = " ".join(page.locator(".ytick text").all_text_contents()).replace(" ", "")
    for name in ("<b>bold</b>", "<script>", "$x^2$", "a&b"):
        assert name in drawn
    assert page.title() != "gone"
