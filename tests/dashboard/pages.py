"""Open pages of the dashboard without a browser, and read everything that is on them."""

from __future__ import annotations

import re
from typing import Any

from streamlit.testing.v1 import AppTest

from tests.paths import ROOT

APP = ROOT / "dashboard" / "app.py"
SAMPLES = ("lending", "loans_by_month", "screening", "routing", "waiting", "call_centre", "ward")

# Names that would be links, pictures, colours, formulas or HTML if they were not shown as text.
HOSTILE = (
    "![a](http://evil.example/a.png)",
    "[b](http://evil.example)",
    ":red[c] $x^2$",
    "<img src=x onerror=alert(1)>",
    "=cmd|'/c calc'!A1",
    "www.evil.example e@evil.example",
    "a_b*c*`d`~~e~~",
)


def open_page(page: str = "overview", **address: Any) -> AppTest:
    """Run the app on a page (the name of its file in views/) under an address, and hold that nothing broke."""
    app = AppTest.from_file(str(APP), default_timeout=60)
    for name, value in address.items():
        app.query_params[name] = value
    app.run()
    if app.exception:
        raise AssertionError(describe(app))
    if (ROOT / "dashboard" / "views" / f"{page}.py").is_file():
        app.switch_page(f"views/{page}.py")
        for name, value in address.items():
            app.query_params[name] = value
        app.run()
    return _hold(app)


def rerun(app: AppTest) -> AppTest:
    app.run()
    return _hold(app)


def _hold(app: AppTest) -> AppTest:
    """Hold that nothing broke. A script that cannot even be parsed raises nothing here: it draws nothing."""
    assert not app.exception, describe(app)
    assert app.main.children, "Nothing was drawn; does dashboard/app.py parse?"
    return app


def describe(app: AppTest) -> str:
    return "\n".join(f"{e.message}\n" + "\n".join(e.stack_trace) for e in app.exception)


def texts(app: AppTest) -> list[str]:
    """Everything on the page that Markdown reads: sentences, captions, headings, alerts, labels, help."""
    kinds = ("title", "header", "subheader", "markdown", "caption", "info", "warning", "error", "success")
    said = [str(element.value) for kind in kinds for element in getattr(app, kind)]
    widgets = ("selectbox", "multiselect", "radio", "button", "text_input", "number_input", "toggle", "metric")
    for kind in widgets:
        for element in getattr(app, kind):
            said += [str(getattr(element, "label", "")), str(getattr(element, "help", "") or "")]
    for element in app.radio:
        said += [str(option) for option in element.options]
    return said


def bare(text: str) -> str:
    """A text of Markdown without what is escaped in it."""
    return re.sub(r"\\.", "", text)


def find_injections(app: AppTest) -> list[str]:
    """Texts of a page that hold something of HOSTILE which Markdown would act on."""
    signs = re.compile(r"\]\(|evil\.example|:red\[|<img|onerror=|\$x|`d`|~~e~~|https?://|www\.")
    return [text for text in texts(app) if signs.search(bare(text))]
