"""Bytes as text: which encoding they are in, and the same text as UTF-8."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

import pyarrow as pa

from metrics.errors import Finding, stop
from metrics.progress import SILENT, Progress
from metrics.reading.content import Content

# The order decides between encodings that can all read the bytes and look alike good.
_CANDIDATES = [
    "cp1252",
    "cp1250",
    "cp1251",
    "cp1253",
    "cp1254",
    "cp932",
    "gb18030",
    "big5",
    "cp949",
    "euc_jp",
    "koi8_r",
    "mac_roman",
]
_MARKS = (
    (codecs.BOM_UTF8, "utf-8", "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32-le", "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32-be", "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "utf-16"),
)
_SAMPLE = 2**16
_DOING = "Finding out how the letters are written"


@dataclass(frozen=True, eq=False)
class Text:
    """A file as UTF-8 without byte order mark, the encoding it came in, and what it is made of."""

    data: pa.Buffer
    encoding: str
    n_lines: int
    has_quotes: bool
    findings: tuple[Finding, ...] = ()


def read_text(content: Content, encoding: str | None, progress: Progress = SILENT) -> Text:
    """Find out the encoding, unless it is given. Raises ResultsError where the bytes are no text."""
    head, findings = content.head(_SAMPLE), []
    mark, marked, title = next(((m, c, t) for m, c, t in _MARKS if head.startswith(m)), (b"", "", ""))
    if encoding is not None:
        given = _look_up(encoding)
        same = mark and codecs.lookup(marked).name.startswith(codecs.lookup(given).name.removesuffix("-sig"))
        return _recode(content, marked if same else given, len(mark) if same else 0, encoding, progress)
    if mark:
        return _recode(content, marked, len(mark), title, progress)
    if wide := _wide(head):
        return _recode(content, wide, 0, wide, progress)
    if _is_binary(head):
        raise stop(
            content.where,
            "holds bytes that are no text and no table that is known.",
            "Save the table as CSV, Excel or Parquet and choose that file.",
        )
    try:
        return _recode(content, "utf-8", 0, "utf-8", progress, is_guess=True)
    except UnicodeDecodeError as error:
        guess, example = _guess(content, error.object, progress)
        findings.append(
            Finding(
                "note",
                content.where,
                f"is not UTF-8; it was read as {guess}" + (f", for example {example!r}." if example else "."),
                "If letters look wrong, name the encoding with --encoding.",
                option="--encoding",
                answers=(guess, *(c for c in ("utf-8", *_CANDIDATES[:4]) if c != guess)),
            )
        )
        text = _recode(content, guess, 0, guess, progress)
        return Text(text.data, guess, text.n_lines, text.has_quotes, tuple(findings))


def _look_up(encoding: str) -> str:
    try:
        info = codecs.lookup(encoding)
        if not getattr(info, "_is_text_encoding", True):
            raise LookupError
    except (LookupError, ValueError) as error:
        raise stop(
            f"encoding {encoding!r}", "is not known.", "Known are utf-8, utf-16, cp1252 and others; see --encoding."
        ) from error
    return info.name


def _wide(head: bytes) -> str:
    """Return UTF-16 with its byte order where every other byte of plain text would be 0."""
    some = head[: len(head) // 2 * 2]
    even, odd = some[::2].count(0), some[1::2].count(0)
    half = len(some) // 2
    if half >= 2 and odd > 0.4 * half and even < 0.02 * half:
        return "utf-16-le"
    if half >= 2 and even > 0.4 * half and odd < 0.02 * half:
        return "utf-16-be"
    return ""


def _is_binary(head: bytes) -> bool:
    odd = len(head) - len(head.translate(None, bytes(b for b in range(32) if b not in b"\t\n\r\f\x01\x1a\x1c\x1e\x1f")))
    return odd > 0.002 * len(head)


def _recode(content: Content, codec: str, skip: int, title: str, progress: Progress, *, is_guess: bool = False) -> Text:
    """Return the text as UTF-8: without a copy where it is UTF-8 already.

    Raises ResultsError where the bytes are no such text, UnicodeDecodeError if that was a guess.
    """
    try:
        plain = codec in ("utf-8", "ascii", "utf-8-sig")
        decoder = codecs.getincrementaldecoder(codec)()
        sink = None if plain else pa.BufferOutputStream()
        n_feeds = n_returns = done = 0
        has_quotes, last = False, b"\n"
        for block in content.blocks(progress, _DOING):
            raw = block[skip:] if not done else block
            done += len(block)
            text = decoder.decode(raw, final=done >= len(content))
            out = bytes(raw) if plain else text.encode("utf-8", "replace")
            if sink is not None:
                sink.write(out)
            n_feeds, n_returns = n_feeds + out.count(b"\n"), n_returns + out.count(b"\r")
            has_quotes = has_quotes or b'"' in out
            last = out[-1:] or last
        data = content.data.slice(skip) if sink is None else sink.getvalue()
        if not data.size:
            raise stop(content.where, "is empty but for a byte order mark.", "Was the export finished?")
        return Text(data, title, max(n_feeds, n_returns) + (last not in b"\r\n"), has_quotes)
    except UnicodeDecodeError as error:
        if is_guess:
            error.object = bytes(error.object[max(0, error.start - 40) : error.start + _SAMPLE])
            raise
        raise stop(
            content.where,
            f"cannot be read as {title}: {error.reason} near byte {max(0, done - len(error.object) + error.start):,}.",
            "Name its encoding with --encoding, or save it as UTF-8.",
        ) from error
    except UnicodeError as error:
        raise stop(
            content.where, f"cannot be read as {title} ({error}).", "Name its encoding with --encoding."
        ) from error


def _guess(content: Content, around: bytes, progress: Progress) -> tuple[str, str]:
    """Return the likely encoding of bytes that are no UTF-8, with a word to judge it by."""
    from charset_normalizer import from_bytes

    lines = [line for line in around.replace(b"\r", b"\n").split(b"\n") if not line.isascii()]
    sample = b"\n".join(lines)[:_SAMPLE] or around
    matches = from_bytes(sample, cp_isolation=_CANDIDATES, enable_fallback=False)
    # Russian read as Greek looks as orderly as Greek does, but not the other way round.
    ranked = sorted(matches, key=lambda m: (round(m.chaos, 1), m.encoding == "cp1253"))
    found = [match.encoding for match in ranked]
    high = re.findall(rb"[\x80-\xff]+", sample)
    if 2 * sum(len(run) == 1 for run in high) > len(high):  # letters with accents among plain ones
        eastern = "cp1250" in found and re.search(r"[^\W\d_][\xa3\xb3\xb9\xbf][^\W\d_]", sample.decode("latin-1"))
        found = ["cp1250"] if eastern else []
    for codec in (*found, "cp1252", "latin-1"):
        if _reads(content, codec, progress):
            words = re.findall(r"\w+", sample.decode(codec, "replace"))
            return codec, next((word[:40] for word in words if not word.isascii()), "")
    return "latin-1", ""


def _reads(content: Content, codec: str, progress: Progress) -> bool:
    decoder = codecs.getincrementaldecoder(codec)()
    try:
        for block in content.blocks(progress, _DOING):
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    return True
