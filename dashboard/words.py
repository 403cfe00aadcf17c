"""Words on the screen: labels of widgets, and the one way in which text from a file enters a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = ["CONTROLS", "PRODUCT", "count", "join", "on_screen", "plain", "say_error"]

PRODUCT = "Fairness dashboard"

# What Markdown, its extensions in Streamlit (colours, icons, LaTeX) and links are made of.
_SIGNS = re.compile(r"""([\\`*_{}\[\]()<>#+\-.!|~$:&@=^"'/%])""")
_LINKS = re.compile(r"(?i)\b(h)(ttps?)|\b(f)(tp)|\b(w)(ww)|\b(m)(ailto)")
_WORD_JOINER = "\u2060"  # has no width and breaks no line, but ends what would become a link


def plain(text: object, most: int = 200) -> str:
    r"""Return text from a file so that Markdown shows it as it is: no link, image, colour or formula.

    Signs that print nothing become spaces; what is longer than `most` letters is cut. Every text of a
    user goes through here, except into elements that show text as text (`st.text`, cells and
    headers of `st.dataframe`, options of `st.selectbox` and `st.multiselect`, text in charts).

    >>> print(plain("a*b*_c_"))
    a\*b\*\_c\_
    """
    shown = "".join(sign if sign.isprintable() else " " for sign in str(text))
    if len(shown) > most:
        shown = shown[: most - 1] + "…"
    shown = _LINKS.sub(_break_link, shown)
    return _SIGNS.sub(r"\\\1", shown).replace("\\@", _WORD_JOINER + "\\@")


def _break_link(found: re.Match[str]) -> str:
    first, rest = (part for part in found.groups() if part is not None)
    return first + _WORD_JOINER + rest


def say_error(error: object, most: int = 900) -> str:
    r"""Return what an error says as a sentence on a page: flags by the names of controls, the first letter large.

    >>> say_error("file 'a.zip' is empty. Name it with --label.")
    "File \\'a\\.zip\\' is empty\\. Name it with “Columns”\\."
    """
    text = on_screen(str(error))
    return plain(text[:1].upper() + text[1:], most)


def count(number: int, one: str, many: str | None = None) -> str:
    """Return a number with its noun.

    >>> count(1, "row"), count(5000, "row"), count(2, "entry", "entries")
    ('1 row', '5,000 rows', '2 entries')
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def join(words: Iterable[str], last: str = "and") -> str:
    """Return words as one reads them out.

    >>> join(["a"]), join(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    *before, end = list(words)
    return f"{', '.join(before)} {last} {end}" if before else end


# What the command line asks by a flag, the Data page asks by a control of this label.
CONTROLS = {
    "--task": "Kind of result",
    "--id": "Columns",
    "--label": "Columns",
    "--prediction": "Columns",
    "--score": "Columns",
    "--system": "Columns",
    "--weight": "Columns",
    "--count": "Columns",
    "--cluster": "Columns",
    "--reference": "Columns",
    "--hypothesis": "Columns",
    "--reference-words": "Columns",
    "--substitutions": "Columns",
    "--deletions": "Columns",
    "--insertions": "Columns",
    "--word-error-rate": "Columns",
    "--normalizer": "Texts are made alike by",
    "--terms": "Terms to follow",
    "--attribute": "Columns",
    "--by": "Columns",
    "--positive": "Positive words",
    "--favourable": "Good for the person",
    "--threshold": "Threshold",
    "--score-scale": "Scale of the scores",
    "--tolerance": "Tolerance",
    "--where": "Only rows where",
    "--bins": "Cut at",
    "--recode": "Merge levels",
    "--missing": "Words for missing",
    "--keep-spelling": "Keep spellings apart",
    "--encoding": "Encoding",
    "--delimiter": "Delimiter",
    "--decimal": "Decimal sign",
    "--header-row": "Header line",
    "--sheet": "Sheet",
    "--join": "Use your own file",
    "--schema": "the schema file",
    "--depth": "Levels together",
    "--support": "Least share of rows",
}
_FLAG = re.compile(r"--[a-z]+(?:-[a-z]+)*")
_NONE = re.compile(r"(--[a-z]+(?:-[a-z]+)*) none\b")
_LIMIT = re.compile(r"raise the limit with --limit [a-z_]+=\S+?(?=\.?(\s|$))")
_MATCH = re.compile(r"under \[(?:columns|systems)\] of the match(?: file)?")
_TWICE = re.compile(r"(“[^”]*”)( (?:or|and|with) \1)+")
_SUCH_AS = re.compile(r"(“[^”]*”), such as \1")


def on_screen(text: str) -> str:
    """Return the text of a finding with the names of controls in place of flags.

    >>> on_screen("Choose another with --label, or none with --label none.")
    'Choose another with “Columns”, or none with “not used”.'
    """
    text = text.replace("the first file", "the main file")  # which one it is can be chosen there
    text = _MATCH.sub("in the box below", text)
    text = _LIMIT.sub("ask whoever runs this dashboard to raise the limit", text)
    text = _NONE.sub(lambda found: "“not used”" if CONTROLS.get(found[1]) == "Columns" else found[0], text)
    text = _FLAG.sub(lambda flag: f"“{CONTROLS[flag[0]]}”" if flag[0] in CONTROLS else flag[0], text)
    return _SUCH_AS.sub(r"\1, such as", _TWICE.sub(r"\1", text))
