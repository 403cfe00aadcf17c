"""A report as one HTML file: no script needed, no network, good on a screen, on a telephone and on paper."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from dashboard.charts.palette import BLUES, DARK, DIVERGING, LIGHT, NEUTRAL, Theme, mix_scale
from dashboard.report.blocks import MARKS, TOO_FEW, Badge, Cell, Column, Dot, Shade, Share
from dashboard.report.chosen import Chosen, choose
from dashboard.report.drawing import draw_axis, draw_dot
from dashboard.report.figures import START, draw_figures
from dashboard.report.names import clean_text, show_lines
from dashboard.report.sections import make_sections
from dashboard.words import PRODUCT, count
from metrics.document import Document
from metrics.document_json import ID, write_document

__all__ = ["content_policy", "embed_json", "environment", "style", "write_html"]

_FOLDER = Path(__file__).parent / "templates"
_LONG_WORD = re.compile(r"[^\s\N{HYPHEN-MINUS}]{19,}")
_INTERVAL = re.compile(r"\[([^\[\],]{1,20}), ([^\[\],]{1,20})\]")
_STEPS = 10  # of a scale to each side of parity
_SHORT, _LONG = 16, 60  # letters: under the one a cell keeps to a line, over the other it is wide


def write_html(document: Document, *, sections: Iterable[str] | None = None, interactive: bool = False) -> str:
    """Return a report as the text of one HTML file.

    `sections` names those to write (`dashboard.report.SECTIONS`), None is all that have content. `interactive` adds
    charts that answer when one points at them, and with them Plotly's script of some 5 MB; without a script the rest
    reads as ever. Raises ValueError for a section that does not exist, and for a document without estimates.
    """
    chosen = choose(document)
    shown = make_sections(chosen, None if sections is None else list(sections))
    figures = draw_figures(chosen) if interactive else ()
    names = [s.name for s in shown]
    after = "groups" if "groups" in names else names[-1] if names else ""
    told: dict[str, Any] = {
        "numbers_id": ID,
        "title": clean_text(document.title, 300) or "Fairness report",
        "about": _list_about(chosen),
        "sections": shown,
        "generator": f"{PRODUCT} {document.versions.get('fairness-dashboard', '')}".strip(),
        "made": document.made,
        "style": style(),
        "numbers": embed_json(write_document(document, packed=True)),
        "figures": figures,
        "figures_after": after,
        "figures_json": "",
        "plotly": "",
        "start": "",
    }
    scripts: list[str] = []
    if figures:
        scripts = [_plotly(), START]
        told |= {
            "figures_json": embed_json("[" + ",".join(f.figure for f in figures) + "]"),
            "plotly": Markup(scripts[0]),
            "start": Markup(scripts[1]),
        }
    told["policy"] = content_policy(scripts)
    return environment().get_template("report.html").render(told)


def embed_json(text: str) -> Markup:
    r"""Return JSON text for a script element of data: nothing in it can end the element.

    >>> print(embed_json('{"a": "</script><!--"}'))
    {"a": "\u003c/script>\u003c!--"}
    """
    return Markup(text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029"))


def content_policy(scripts: Iterable[str]) -> str:
    """Return what the browser may do: show styles of the file itself, and run its own scripts, by their hashes."""
    rules = [
        "default-src 'none'",
        "style-src 'unsafe-inline'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    hashes = [base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() for s in scripts]
    if hashes:
        rules.append("script-src " + " ".join(f"'sha256-{h}'" for h in hashes))
    return "; ".join(rules)


@cache
def environment() -> Environment:
    """Return what fills the templates; everything in them is escaped."""
    found = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.globals |= {
        "kind_of": lambda block: type(block).__name__,
        "draw_axis": draw_axis,
        "show_cell": _show_cell,
        "soften": _soften,
        "show_lines": show_lines,
    }
    return found


def _show_cell(cell: Cell, column: Column) -> Markup:
    """Return one cell of a table."""
    match cell:
        case Dot():
            return Markup("<td>{}</td>").format(draw_dot(cell))
        case Shade():
            return _show_shade(cell)
        case Badge(word):
            kind = word.replace(" ", "-")
            shape = "badge" if word in ("worse", "better") else "badge verdict"
            mark = Markup('<span aria-hidden="true">{}</span> ').format(MARKS.get(word, ""))
            return Markup('<td><span class="{} {}">{}{}</span></td>').format(shape, kind, mark, word)
        case Share():
            bar = Markup('<span class="part-of" aria-hidden="true"><i style="width:{}%"></i></span>')
            return Markup("<td>{}{}</td>").format(bar.format(round(100 * cell.share, 1)), cell.text)
    cell = _INTERVAL.sub("[\\1,\N{NO-BREAK SPACE}\\2]", cell)  # an interval keeps to a line
    short = len(cell) < _SHORT
    kind = (
        ("num keep" if short else "num") if column.number else "keep" if short else "long" if len(cell) > _LONG else ""
    )
    return Markup("<td{}>{}</td>").format(Markup(' class="{}"').format(kind) if kind else "", cell)


def _soften(text: str) -> str:
    """Return a title whose longest words may break: one that does not would widen its column without end."""
    return _LONG_WORD.sub(lambda word: "\N{ZERO WIDTH SPACE}".join(re.findall(".{1,12}", word[0])), text)


def _show_shade(cell: Shade) -> Markup:
    if cell.tone == "none":
        return Markup('<td class="none">{}</td>').format(cell.text)
    if cell.tone == "few":
        return Markup('<td class="few">{}<small>{}</small></td>').format(cell.text, TOO_FEW)
    kind = ("s" if cell.sided else "n") + str(round(cell.place * _STEPS) + _STEPS)
    mark = Markup("<i>\N{BLACK CIRCLE}</i>") if cell.clears else ""
    return Markup('<td class="{}">{}{}</td>').format(kind, cell.text, mark)


def _list_about(chosen: Chosen) -> list[str]:
    d = chosen.document
    files = [clean_text(r.name, 120) for r in d.receipts]
    named = f"{files[0]} and {len(files) - 1} more" if len(files) > 1 else "".join(files)
    rows = d.receipts[0].rows_used if d.receipts else 0
    facts = [named, count(rows, "row"), count(len(chosen.systems), "model") if len(chosen.systems) > 1 else ""]
    return [fact for fact in (*facts, d.made) if fact]


@cache
def style() -> Markup:
    """Return the style sheet, its colours from the palette of the charts."""
    text = (_FOLDER / "report.css").read_text(encoding="utf-8")
    light, dark = _variables(LIGHT, "#0B5FA5", "#005E93"), _variables(DARK, "#7FBDEB", "#6DBDEB")
    scales = f"--scale:{_stops(DIVERGING)};--plain-scale:{_stops(NEUTRAL)};--amount:{BLUES[-1][1]};"
    shades = "".join(
        f".{name}{step}{{background:{mix_scale(scale, step / (2 * _STEPS))}}}"
        for name, scale in (("s", DIVERGING), ("n", NEUTRAL))
        for step in range(2 * _STEPS + 1)
    )
    screen = f"@media screen and (prefers-color-scheme:dark){{:root{{color-scheme:dark;{dark}}}}}"
    return Markup(f":root{{color-scheme:light;{light}{scales}}}{screen}\n{text}{shades}")


def _variables(theme: Theme, link: str, good: str) -> str:
    told: Mapping[str, str] = {
        "page": theme.page,
        "ink": theme.ink,
        "muted": theme.muted,
        "line": theme.line,
        "grid": theme.grid,
        "band": "#F1F4F7" if theme is LIGHT else "#1B212B",
        "soft": "#4A4F57" if theme is LIGHT else theme.muted,
        "grey": theme.grey,
        "bad": theme.worse if theme is DARK else "#A14E06",
        "good": good,
        "link": link,
    }
    return "".join(f"--{name}:{colour};" for name, colour in told.items())


def _stops(scale: Iterable[tuple[float, str]]) -> str:
    return ",".join(colour for _, colour in scale)


@cache
def _plotly() -> str:
    from plotly.offline import get_plotlyjs

    # Inside a script element only these could end it, or hide its end.
    return get_plotlyjs().replace("</script", "<\\/script").replace("<!--", "<\\!--")
