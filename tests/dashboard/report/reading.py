"""A report's HTML read back: its elements, outline, tables and texts."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = {"meta", "link", "br", "img", "input", "hr", "source"}


@dataclass
class Element:
    tag: str
    attrs: dict[str, str]
    children: list[Element | str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(c if isinstance(c, str) else c.text for c in self.children).strip()

    def all(self, *tags: str) -> list[Element]:
        """Return the elements of these tags (any without) below this one, in the order of the page."""
        found: list[Element] = []
        for child in self.children:
            if isinstance(child, Element):
                found += [child] if not tags or child.tag in tags else []
                found += child.all(*tags)
        return found

    def one(self, tag: str, **attrs: str) -> Element:
        (found,) = [e for e in self.all(tag) if attrs.items() <= e.attrs.items()]
        return found

    @property
    def classes(self) -> set[str]:
        return set(self.attrs.get("class", "").split())


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = Element("", {})
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(element)
        if tag not in _VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].children.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        closed = self.open.pop().tag
        assert closed == tag, f"</{tag}> closes <{closed}>"

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data[:40]}")


def parse(html: str) -> Element:
    """Return the page; every element must be closed in its place, and there is no comment."""
    parser = _Parser()
    parser.feed(html)
    parser.close()
    assert len(parser.open) == 1
    return parser.root


def rows_of(page: Element, caption: str) -> list[list[str]]:
    """Return the texts of a table by its caption, a list a row, its heads first; of a picture its title."""
    (table,) = [t for t in page.all("table") if t.one("caption").text == caption]
    return [[cell.text for cell in row.all("th", "td")] for row in table.all("tr")]


def outline(page: Element) -> str:
    """Return what a page is made of, without its numbers: headings, and tables with their heads."""
    lines = []
    for e in page.one("main").all("h2", "h3", "table", "dl", "pre", "ul", "blockquote"):
        if e.tag == "table":
            heads = [th.text if not th.all("svg") else "(axis)" for th in e.one("thead").all("th")]
            lines.append(f"    table {e.one('caption').text}: {' | '.join(heads)}")
        elif e.tag in ("h2", "h3"):
            lines.append(f"{'' if e.tag == 'h2' else '  '}{e.tag} {e.text}")
        else:
            lines.append(f"    {e.tag}")
    return "\n".join(lines) + "\n"
