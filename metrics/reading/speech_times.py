"""Transcripts with times: sclite's `stm` (segments of a reference) and `ctm` (words of a system)."""

from __future__ import annotations

import heapq
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from metrics.errors import Finding
from metrics.progress import SILENT, Progress
from metrics.reading.encodings import Text
from metrics.reading.limits import Limits
from metrics.reading.match import bare_name, show_count, show_examples
from metrics.reading.speech_lines import Alternatives, Columns, Mistakes, over_lines
from metrics.reading.table import Table, texts

_IGNORED = "IGNORE_TIME_SEGMENT_IN_SCORING"
_NUMBER = re.compile(r"[0-9]{1,15}(?:\.[0-9]*)?|\.[0-9]+")
_SHARE = re.compile(r"-?[0-9.]+(?:[eE]-?[0-9]+)?")
_LABELS = re.compile(r"<([^<>]*)>\s*")
_DECLARED = re.compile(
    rb'^[ \t]*;;[ \t]*(CATEGORY|LABEL)[ \t]+"([^"\n]*)"[ \t]+"([^"\n]*)"', re.IGNORECASE | re.MULTILINE
)
_MOST_LABELS = 50
_ALT = ("<ALT_BEGIN>", "<ALT>", "<ALT_END>")


def is_time(text: str) -> bool:
    """Return whether a text is a number of seconds."""
    return _NUMBER.fullmatch(text) is not None


# -- stm -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Segment:
    number: int
    key: tuple[str, str, str, str, str]  # file, channel, speaker, start, end
    rest: str


def read_stm(text: Text, where: str, limits: Limits, progress: Progress = SILENT) -> tuple[Columns, list[Finding]]:
    """Return the columns id, file, channel, speaker, start, end, duration (seconds), reference and one a label field.

    Label fields are called by the `;; CATEGORY` lines and their levels by the `;; LABEL` lines, else
    `group 1`, ... Segments that scoring ignores are left out and counted. Raises ResultsError, naming
    the lines, where one does not fit.
    """
    mistakes, told = Mistakes(), Alternatives()
    segments, n_ignored = list[_Segment](), 0
    for number, line in over_lines(text, where, limits, progress):
        fields = line.split(maxsplit=5)
        if len(fields) < 5 or not is_time(fields[3]) or not is_time(fields[4]) or float(fields[4]) < float(fields[3]):
            found = f"is no segment, as in 'file channel speaker start end <labels> words': {line[:60]!r}."
            mistakes.add(number, found, "Correct the line, or put ';;' before it if it is a remark.")
            continue
        file, channel, speaker, start, end, *rest = fields
        segments.append(_Segment(number, (file, channel, speaker, start, end), rest[0] if rest else ""))
    categories, names = _declared(text)
    labelled = bool(segments) and (bool(categories) or all(_LABELS.match(s.rest) for s in segments))
    kept, labels, words = list[_Segment](), list[list[str]](), list[str]()
    for segment in segments:
        found_labels = _LABELS.match(segment.rest) if labelled else None
        said = segment.rest[found_labels.end() :] if found_labels else segment.rest
        if said.strip().upper() == _IGNORED:
            n_ignored += 1
            continue
        kept.append(segment)
        labels.append([part.strip() for part in found_labels[1].split(",")][:_MOST_LABELS] if found_labels else [])
        words.append(told.take_first(said.strip(), segment.number, mistakes))
    mistakes.check()
    files, channels, speakers, starts, ends = zip(*(s.key for s in kept), strict=True) if kept else ((),) * 5
    begin, stop = np.array(starts, dtype=float), np.array(ends, dtype=float)
    columns: Columns = {
        "id": pa.array(_name_segments(kept), pa.string()),
        "file": pa.array(files, pa.string()).dictionary_encode(),
        "channel": pa.array(channels, pa.string()).dictionary_encode(),
        "speaker": pa.array(speakers, pa.string()).dictionary_encode(),
        "start": pa.array(begin),
        "end": pa.array(stop),
        "duration": pa.array((stop - begin).round(3)),
        "reference": pa.array(words, pa.string()),
    }
    columns |= _name_labels(labels, categories, names, set(columns))
    findings = told.findings(where)
    if n_ignored:
        found = f"has {show_count(n_ignored, 'segment')} marked {_IGNORED}, left out here."
        findings.append(Finding("note", where, found, "", n_ignored))
    if n_optional := sum(bool(re.search(r"(?:^|\s)\(\S+\)(?=\s|$)", w)) for w in words):
        found = f"has words in brackets in {show_count(n_optional, 'segment')}, which sclite takes for optional; "
        found += "they stay as they are."
        findings.append(Finding("note", where, found, "Leave them out with a rules file (--normalizer).", n_optional))
    return columns, findings


def _declared(text: Text) -> tuple[dict[str, str], dict[tuple[int, str], str]]:
    """Return the titles of the label fields by their numbers, and of their values by field and code."""
    categories: dict[str, str] = {}
    names: dict[tuple[int, str], str] = {}
    for declared in _DECLARED.finditer(memoryview(text.data)):
        kind, code, title = (part.decode("utf-8", "replace") for part in declared.groups())
        title = " ".join(title.replace("//", " ").split())  # sclite breaks the lines of a heading there
        if kind.upper() == "CATEGORY":
            categories[code] = title
        else:
            names[max(0, len(categories) - 1), code.casefold()] = title or code
    return categories, names


def _name_labels(
    labels: Sequence[Sequence[str]], categories: dict[str, str], names: dict[tuple[int, str], str], taken: set[str]
) -> Columns:
    columns: Columns = {}
    titles = list(categories.values())
    for at in range(max(map(len, labels), default=0)):
        codes = [row[at] if at < len(row) else "" for row in labels]
        title = (titles[at] if at < len(titles) else "") or f"group {at + 1}"
        while title in taken:
            title = f"{title} (label)"
        taken.add(title)
        levels = [names.get((at, code.casefold()), code) or None for code in codes]
        columns[title] = pa.array(levels, pa.string()).dictionary_encode()
    return columns


def _name_segments(segments: Sequence[_Segment]) -> list[str]:
    """Return an id for each segment, made of file, channel and times; of speaker, too, where that is not enough."""
    short = ["-".join((file, channel, start, end)) for file, channel, _, start, end in (s.key for s in segments)]
    times = Counter(short)
    return [name if times[name] == 1 else f"{name}-{s.key[2]}" for name, s in zip(short, segments, strict=True)]


# -- ctm -----------------------------------------------------------------------------------------


def read_ctm(text: Text, where: str, limits: Limits, progress: Progress = SILENT) -> tuple[Columns, list[Finding]]:
    """Return the columns file, channel, start, duration (seconds), word and, where there is one, confidence.

    Of alternatives (`<ALT_BEGIN>` ...) the first is kept. Raises ResultsError, naming the lines,
    where one does not fit.
    """
    mistakes, rows, n_blocks, first, opened = Mistakes(), list[tuple[str, ...]](), 0, True, 0
    for number, line in over_lines(text, where, limits, progress):
        fields = line.split()
        sign = fields[4].upper() if len(fields) >= 5 else ""
        if sign in _ALT:
            if (sign == _ALT[0]) == bool(opened):
                mistakes.add(number, f"has {sign} out of its place.", "Correct the alternatives.")
            n_blocks += sign == _ALT[0]
            first, opened = sign != _ALT[1], 0 if sign == _ALT[2] else number
        elif len(fields) < 5 or not is_time(fields[2]) or not is_time(fields[3]):
            found = f"is no word with its times, as in 'file channel start duration word': {line[:60]!r}."
            mistakes.add(number, found, "Correct the line, or put ';;' before it if it is a remark.")
        elif first and fields[4] != "@":
            rows.append((*fields[:5], fields[5] if len(fields) > 5 else ""))
    if opened:
        mistakes.add(opened, "begins alternatives that are not closed.", "Add <ALT_END>.")
    mistakes.check()
    files, channels, starts, lasts, words, sure = zip(*rows, strict=True) if rows else ((),) * 6
    columns: Columns = {
        "file": pa.array(files, pa.string()).dictionary_encode(),
        "channel": pa.array(channels, pa.string()).dictionary_encode(),
        "start": pa.array(np.array(starts, dtype=float)),
        "duration": pa.array(np.array(lasts, dtype=float)),
        "word": pa.array(words, pa.string()).dictionary_encode(),
    }
    if any(_SHARE.fullmatch(cell) for cell in sure):
        columns["confidence"] = pa.array([_as_share(cell) for cell in sure], pa.float64())
    if not n_blocks:
        return columns, []
    found = f"gives alternatives in {show_count(n_blocks, 'place')}; the first of each was kept."
    cure = "A rules file (--normalizer FILE) can make the others equal to it."
    return columns, [Finding("warn", where, found, cure, n_blocks)]


def _as_share(cell: str) -> float | None:
    try:
        return float(cell) if _SHARE.fullmatch(cell) else None
    except ValueError:
        return None


# -- words put into segments -----------------------------------------------------------------------


def gather_words(words: Table, segments: Table | None) -> tuple[Table, list[Finding]]:
    """Return a table of ids and hypotheses made of the words of a ctm file.

    With the `segments` of an stm file, a word belongs to the segment of its file and channel in
    which the middle of the word lies (of several the one that began last), and a segment of a file
    that was transcribed has a text, be it empty. Without, all words of a file are one text.
    """
    where = f"'{words.name}'"
    data = words.data
    start, last = (data.column(name).to_numpy() for name in ("start", "duration"))
    middle = start + last / 2
    files, channels = (texts(data.column(name)).to_pylist() for name in ("file", "channel"))
    said = data.column("word").to_pylist()
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    if segments is None:
        for row in np.argsort(start, kind="stable").tolist():
            groups[files[row], ""].append(row)
        pairs = {file: " ".join(said[row] for row in rows) for (file, _), rows in groups.items()}
        return _as_answers(words, pairs), []
    bare = {file: bare_name(file) for file in set(files)}
    for row in np.argsort(middle, kind="stable").tolist():
        groups[bare[files[row]], channels[row]].append(row)
    places = _Places(segments)
    held: dict[int, list[str]] = {}
    astray: list[int] = []
    unknown: list[int] = []
    n_channels = Counter(file for file, _ in groups)
    for (file, channel), rows in groups.items():
        there = places.find(file, channel, n_channels[file])
        if there is None:
            unknown += rows
            continue
        held |= {segment: [] for segment in there}
        for row, segment in zip(rows, places.place(there, middle[rows].tolist()), strict=True):
            if segment >= 0:
                held[segment].append(said[row])
            else:
                astray.append(row)
    findings = []
    if unknown:
        names = list(dict.fromkeys(files[row] for row in unknown))
        found = f"has words of files or channels that the first file lacks, such as {show_examples(names)}; "
        found += f"{show_count(len(unknown), 'word')} left out."
        findings.append(Finding("warn", where, found, "Check that the files belong together.", len(unknown)))
    if astray:
        shown = show_examples([said[row] for row in sorted(astray)])
        found = f"has {show_count(len(astray), 'word')} in no segment that is scored, such as {shown}, left out."
        cure = "Look whether the system wrote words where nobody spoke: they count nowhere."
        findings.append(Finding("warn", where, found, cure, len(astray)))
    names = segments.data.column("id").to_pylist()
    return _as_answers(words, {names[at]: " ".join(held[at]) for at in sorted(held)}), findings


def _as_answers(words: Table, pairs: dict[str, str]) -> Table:
    data = pa.table(
        {"id": pa.array(list(pairs), pa.string()), "hypothesis": pa.array(list(pairs.values()), pa.string())}
    )
    return replace(words, data=data)


class _Places:
    """The segments of an stm file by file and channel, to be found by time."""

    def __init__(self, segments: Table) -> None:
        data = segments.data
        self.start, self.end = data.column("start").to_numpy(), data.column("end").to_numpy()
        self.of: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        files, channels = (texts(data.column(name)).to_pylist() for name in ("file", "channel"))
        bare = {file: bare_name(file) for file in set(files)}
        for row in np.argsort(self.start, kind="stable").tolist():
            self.of[bare[files[row]]][channels[row]].append(row)

    def find(self, file: str, channel: str, n_channels: int) -> list[int] | None:
        """Return the segments of a file and channel by their start; a single channel may be called otherwise."""
        there = self.of.get(file)
        if there is None:
            return None
        if channel in there:
            return there[channel]
        return next(iter(there.values())) if len(there) == n_channels == 1 else None

    def place(self, segments: Sequence[int], times: Sequence[float]) -> Iterator[int]:
        """Return the segment in which each of the ascending times lies, -1 for none."""
        begun: list[tuple[float, int]] = []  # the one that began last comes first; those that ended are dropped
        at = 0
        for time in times:
            while at < len(segments) and self.start[segments[at]] <= time:
                heapq.heappush(begun, (-at, segments[at]))
                at += 1
            while begun and self.end[begun[0][1]] < time:
                heapq.heappop(begun)
            yield begun[0][1] if begun else -1
