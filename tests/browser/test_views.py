"""The pages in a real browser: clicks on pictures, links between pages, both themes, a phone."""

from __future__ import annotations

from playwright.sync_api import expect

TITLES = {
    "": "Does the model treat everyone alike?",
    "slices": "How well does each group fare?",
    "disparities": "Where do groups fare differently?",
    "rows": "Which rows are behind a number?",
    "thresholds": "What would another threshold do?",
    "metrics": "What does each metric say?",
}


def test_a_click_on_a_cell_opens_it_and_leads_to_its_rows(screen):
    page = screen.open("disparities?data=lending", title=TITLES["disparities"])
    chart = page.locator(".st-key-disparities_figure .nsewdrag").first
    expect(chart).to_be_visible()
    page.wait_for_timeout(1000)  # the picture is drawn a moment after its place is there
    box = chart.bounding_box()
    assert box is not None
    # The first of 7 columns and of 16 rows: the youngest, who are refused wrongly most often.
    page.mouse.click(box["x"] + box["width"] / 14, box["y"] + box["height"] / 32)
    screen.settle()

    expect(page.get_by_test_id("stMetric").first).to_contain_text("21.5 %")
    page.get_by_role("button", name="Rows behind this cell").click()
    expect(page.get_by_role("heading", name=TITLES["rows"], level=1)).to_be_visible()
    expect(page.get_by_test_id("stMain")).to_contain_text("age < 25")


def test_a_cell_is_opened_by_the_keyboard_alone(screen):
    page = screen.open("disparities?data=lending", title=TITLES["disparities"])
    page.get_by_role("combobox", name="Look into").focus()
    page.keyboard.type("sex = female")
    page.keyboard.press("Enter")
    screen.settle()

    expect(page.get_by_test_id("stMetric").first).to_contain_text("12.3 %")


def test_the_address_holds_the_view_in_another_window(screen, browser):
    page = screen.open("disparities?data=lending", title=TITLES["disparities"])
    page.get_by_role("combobox", name="Look into").focus()
    page.keyboard.type("sex = female")
    page.keyboard.press("Enter")
    screen.settle()
    expect(page.get_by_test_id("stMetric").first).to_contain_text("12.3 %")
    other = browser.new_context().new_page()
    other.goto(page.url)

    expect(other.get_by_test_id("stMetric").first).to_contain_text("12.3 %")
    other.context.close()


def test_the_levels_chosen_on_the_rows_page_stand_in_the_address(screen):
    page = screen.open("rows?data=lending&cell=sex+%3D+female", title=TITLES["rows"])
    expect(page.get_by_test_id("stMain")).to_contain_text("sex = female: 2,526 rows")
    page.get_by_role("combobox", name="region").focus()
    page.keyboard.type("south")
    page.keyboard.press("Enter")
    screen.settle()
    expect(page.get_by_test_id("stMain")).to_contain_text("sex = female, region = south")
    page.reload()

    expect(page.get_by_test_id("stMain")).to_contain_text("sex = female, region = south")
