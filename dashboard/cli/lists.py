"""Lists inside one option, split like a line of CSV: quotes protect commas, `=` and `:`."""

from __future__ import annotations

__all__ = ["split_assignment", "split_list", "split_quoted"]


def split_list(text: str) -> list[str]:
    """Return the entries of a list.

    >>> split_list('race,"last, first", sex')
    ['race', 'last, first', 'sex']
    """
    return [unquote(part) for part in split_quoted(text, ",")]


def split_assignment(text: str) -> tuple[str | None, str]:
    """Split `NAME=VALUE` at its first `=` outside quotes; the name may be absent.

    >>> split_assignment("model A=pred_a"), split_assignment("pred_a"), split_assignment('"a=b"')
    (('model A', 'pred_a'), (None, 'pred_a'), (None, 'a=b'))
    """
    name, *value = split_quoted(text, "=", most=1)
    return (unquote(name), unquote(value[0])) if value else (None, unquote(name))


def split_quoted(text: str, sign: str, most: int = -1) -> list[str]:
    """Split at `sign` outside double quotes, at most `most` times; the quotes stay.

    Quotes count where an entry begins. Raises ValueError where they are never closed.

    >>> split_quoted('race:"A, B"=C,D=E', ",")
    ['race:"A, B"=C', 'D=E']
    """
    parts: list[str] = []
    start, at, begins = 0, 0, True
    while at < len(text):
        if text[at] == '"' and begins:
            at = _end_of_quotes(text, at)
            begins = False
            continue
        if text[at] == sign and most != len(parts):
            parts.append(text[start:at])
            start = at + 1
        begins = text[at] in ",=:" or (begins and text[at] == " ")
        at += 1
    return [*parts, text[start:]]


def unquote(text: str) -> str:
    """Return an entry without outer spaces and without its quotes; a doubled quote stands for one."""
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] == '"':
        return text[1:-1].replace('""', '"')
    return text


def _end_of_quotes(text: str, start: int) -> int:
    at = start + 1
    while (at := text.find('"', at)) >= 0:
        if text[at + 1 : at + 2] != '"':
            return at + 1
        at += 2
    raise ValueError(f"the quotes in {text!r} are not closed")
