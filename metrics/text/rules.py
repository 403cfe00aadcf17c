"""A file of rules that rewrite words: one spelling for many, fillers taken out.

One rule a line, words apart by white space, comments after `;;`:

    gonna => going to           each "gonna" becomes "going to"
    {ok / okay / o k}           each becomes the first: "ok"
    {um / uh / @}               @ is nothing: each is taken out
    {mister / mr.} => mr        each becomes "mr"

The global mapping files (GLM) of NIST's sclite are read as far as they say the same: sides in square
brackets, the context `/ [ ] __ [ ]` and header lines that begin with `*` mean nothing here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import StringIO

from metrics.errors import Finding, ResultsError
from metrics.text.phrases import Phrase, Phrases

MOST_CHARACTERS = 2**20
_MOST_PROBLEMS = 20
_NOTHING = "@"
_EMPTY_CONTEXT = re.compile(r"\s/\s*\[\s*\]\s*__\s*\[\s*\]\s*$")


@dataclass(frozen=True)
class _Rule:
    line: int
    written: Phrase  # what stands there afterwards


def read_rules(text: str, name: str) -> dict[Phrase, Phrase]:
    """Return what each phrase (in lower case) is rewritten to; an empty tuple takes it out.

    `name` is what errors call the file. Raises ResultsError with every line that cannot be used: its number,
    what is wrong and how it can be written; also where two lines disagree about the same words, or a line
    writes what another rewrites, for rules are applied once.
    """
    if len(text) > MOST_CHARACTERS:
        found = f"has {len(text):,} characters; {MOST_CHARACTERS:,} are read at most."
        raise ResultsError([Finding("stop", f"rules file {name!r}", found, "Keep only the rules that are needed.")])
    problems: list[Finding] = []
    rules: dict[Phrase, _Rule] = {}
    for number, line in enumerate(StringIO(text.removeprefix("\ufeff"), newline=None), start=1):
        try:
            for phrase, written in _read_line(line):
                earlier = rules.setdefault(phrase, _Rule(number, written))
                if earlier.written != written:
                    raise ValueError(
                        f"rewrites {_say(phrase)} to {_say(written)}, line {earlier.line} to {_say(earlier.written)}.",
                        "Keep one of the two.",
                    )
        except ValueError as error:
            found, cure = error.args
            problems.append(Finding("stop", f"rules file {name!r}, line {number},", found, cure))
    problems = problems or list(_find_chains(rules, name))
    if problems:
        raise ResultsError(problems[:_MOST_PROBLEMS])
    return {phrase: rule.written for phrase, rule in rules.items()}


def make_rewriter(rules: dict[Phrase, Phrase]) -> Callable[[str], str]:
    """Return a function that rewrites a text: from left to right, the longest rule first, each word once.

    Words match whatever their case; what is not rewritten keeps its own. White space is collapsed.
    """
    phrases = Phrases(rules)

    def rewrite(text: str) -> str:
        words = text.split()
        lower = [word.lower() for word in words]
        written: list[str] = []
        at = 0
        for start, end in phrases.find(lower):
            written += words[at:start]
            written += rules[tuple(lower[start:end])]
            at = end
        return " ".join(written + words[at:])

    return rewrite


def _read_line(line: str) -> Iterator[tuple[Phrase, Phrase]]:
    """Return the phrases of a line with what they become. Raises ValueError(found, cure)."""
    rule = _EMPTY_CONTEXT.sub("", line.split(";;", 1)[0]).strip()
    if not rule or rule.startswith("*"):
        return
    left, *right = rule.split("=>")
    if right and not right[0].strip():
        raise ValueError("has nothing on its right side.", "Write '@' there to take the words out: 'A => @'.")
    if len(right) > 1:
        raise ValueError("has more than one '=>'.", "Write one rule a line: 'A => B'.")
    if not right:
        if not rule.startswith("{"):
            raise ValueError(
                f"is no rule: {_cut(rule)!r}.", "Write 'A => B', alternatives '{um / uh / @}', or a comment ';; ...'."
            )
        alternatives = _read_side(left)
        written = () if () in alternatives else alternatives[0]
    else:
        alternatives, becomes = _read_side(left), _read_side(right[0])
        if len(becomes) > 1 and () in becomes:
            raise ValueError(
                "offers nothing ('@') beside words on its right side.", "Write either 'A => @' or '{A / B / @}'."
            )
        written = becomes[0]
        alternatives = alternatives + becomes[1:]
        if () in alternatives:
            raise ValueError("has nothing on its left side.", "Write the words to be rewritten before '=>'.")
    for phrase in alternatives:
        if phrase:
            yield tuple(word.lower() for word in phrase), written


def _read_side(side: str) -> list[Phrase]:
    """Return the alternatives of one side of a rule, each a tuple of words; the empty one is nothing."""
    side = side.strip()
    inside = side
    if side.startswith("{") and side.endswith("}"):
        inside = side[1:-1]
        parts = re.split(r"(?<!\S)/(?!\S)", inside)
        if any(not part.strip() for part in parts):
            raise ValueError(f"has an empty alternative in {_cut(side)!r}.", "Write nothing as '@': '{um / uh / @}'.")
    else:
        if side.startswith("[") and side.endswith("]"):
            inside = side[1:-1]
        parts = [inside]
    if any(mark in inside for mark in "{}[]") or "__" in inside.split():
        raise ValueError(
            f"has braces, brackets or a context inside {_cut(side)!r}.",
            "A side is either words or alternatives in braces; write one line for each case.",
        )
    return [() if (words := tuple(part.split())) == (_NOTHING,) else words for part in parts]


def _find_chains(rules: dict[Phrase, _Rule], name: str) -> Iterator[Finding]:
    for rule in rules.values():
        next_rule = rules.get(tuple(word.lower() for word in rule.written))
        if next_rule is not None and next_rule.written != rule.written:
            yield Finding(
                "stop",
                f"rules file {name!r}, line {rule.line},",
                f"writes {_say(rule.written)}, which line {next_rule.line} rewrites to {_say(next_rule.written)}.",
                f"Rules are applied once: write {_say(next_rule.written)} in line {rule.line} too.",
            )


def _say(phrase: Phrase) -> str:
    return repr(_cut(" ".join(phrase))) if phrase else "nothing"


def _cut(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."
