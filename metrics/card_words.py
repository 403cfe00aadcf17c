"""The author's own words of a service card: its sections, what to write in each, and the file that keeps the words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from metrics.basis import Basis
from metrics.errors import Finding, ResultsError, nearest
from metrics.toml import MOST_SIGNS, read_toml

__all__ = ["DETAILS", "SECTIONS", "Prompt", "Words"]

LONGEST_TEXT = 20_000  # signs of one section
LONGEST_FILE = MOST_SIGNS


@dataclass(frozen=True)
class Prompt:
    """A section of the card: its name in files, its title, and what its author may want to say there."""

    name: str
    title: str
    prompt: str


# The topics are those that Mitchell et al. 2019, Model Cards for Model Reporting, ask about, in the order in which
# someone who has to decide about using a service reads them.
SECTIONS = (
    Prompt(
        "overview",
        "Overview",
        "Say in a few sentences what the service does, for whom, and what goes in and comes out. "
        "Name its version and who answers for it.",
    ),
    Prompt(
        "intended_use",
        "Intended use and limits",
        "Say what the service is meant for and who would use it, and what it must not be used for. "
        "Name the conditions under which it works less well, as far as they are known.",
    ),
    Prompt(
        "design",
        "Design",
        "Say how the service arrives at its output: the kind of model, what it learned from, and what people "
        "check before or after it. Say which attributes of a person it sees and which it does not.",
    ),
    Prompt(
        "testing",
        "How it was tested",
        "Say where the test data come from, how they were drawn and labelled, by whom and when, and whom they leave "
        "out. Say why these metrics and groups were chosen.",
    ),
    Prompt(
        "fairness",
        "Fairness and bias",
        "Say which differences between groups matter for the people concerned, and what was done about those below. "
        "Where the data cannot tell, say how that will be found out.",
    ),
    Prompt(
        "robustness",
        "Robustness",
        "Say what was tried beside ordinary input: noise, devices, unusual or hostile input, change over time. "
        "Say what the service does when it is unsure.",
    ),
    Prompt(
        "transparency",
        "Transparency",
        "Say what the people concerned are told: that a model is at work, why it decided so, and how to object. "
        "Say what others may inspect.",
    ),
    Prompt(
        "governance",
        "Governance",
        "Say who decided on release, who watches the service in use and how often it is tested again. "
        "Say how to report a problem and what happens then.",
    ),
    Prompt(
        "best_practice",
        "Best practice",
        "Advise those who use the service: what to test on their own data, which settings to choose, "
        "when a person should decide instead.",
    ),
)
DETAILS = {
    "title": "The name of the service",
    "version": "Its version",
    "owner": "Who answers for it",
    "contact": "How to reach them",
    "license": "Its licence, as an SPDX identifier or in words",
}
_NAMES = tuple(s.name for s in SECTIONS)


@dataclass(frozen=True)
class Words:
    """What an author wrote: the texts of sections by name, and the details of the service.

    `written_for` holds what each text was written for. A text may hold placeholders (`metrics.placeholders`).
    """

    sections: Mapping[str, str] = field(default_factory=dict)
    title: str = ""
    version: str = ""
    owner: str = ""
    contact: str = ""
    license: str = ""
    written_for: Mapping[str, Basis] = field(default_factory=dict)

    def of(self, section: str) -> str:
        return self.sections.get(section, "").strip()

    def write(self, section: str, text: str, basis: Basis) -> Words:
        """Return the words with another text of a section, written for `basis`."""
        return replace(
            self,
            sections={**self.sections, section: text},
            written_for={**self.written_for, section: basis},
        )

    def confirm(self, basis: Basis, *sections: str) -> Words:
        """Return the words, these sections (all that say something) declared to hold for `basis`."""
        names = sections or tuple(name for name in _NAMES if self.of(name))
        return replace(self, written_for={**self.written_for, **dict.fromkeys(names, basis)})

    def stamp(self, basis: Basis) -> Words:
        """Return the words, those that do not say what they were written for being written for `basis`."""
        new = [name for name in _NAMES if self.of(name) and name not in self.written_for]
        return self.confirm(basis, *new) if new else self

    # -- TOML ---------------------------------------------------------------------------------

    @classmethod
    def load(cls, path: str | Path) -> Words:
        """Read a file of words. Raises ResultsError with every problem found in it."""
        where = f"words '{path}'"
        try:
            text = Path(path).read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            cure = "Check its name and that it is UTF-8 text."
            raise ResultsError([Finding("stop", where, f"cannot be read ({error}).", cure)]) from error
        return cls.loads(text, where)

    @classmethod
    def loads(cls, text: str, where: str = "the words") -> Words:
        """Read words from TOML text: a key a section. Raises ResultsError with every problem at once."""
        return _read(read_toml(text.replace("\r\n", "\n"), where), where)

    def dumps(self) -> str:
        """Return the words as TOML with what to write in comments; `Words.loads(words.dumps()) == words`.

        Sections without words are there too, empty, to be filled in.
        """
        lines = ["# The words of a service card. {word_error_rate: accent = scottish} becomes that value, measured.\n"]
        for key, meaning in DETAILS.items():
            lines.append(f"{_line(key, getattr(self, key))}  # {meaning}\n")
        for section in SECTIONS:
            lines.append(f"\n# {section.title}. {section.prompt}\n{_line(section.name, self.of(section.name))}\n")
        stamps = {name: basis for name, basis in self.written_for.items() if self.of(name)}
        if stamps:
            lines.append("\n# What each text was written for. Take out a table whose text holds for new data.\n")
        for name, basis in stamps.items():
            values = "".join(f"{_line(key, value)}\n" for key, value in basis.to_dict().items())
            lines.append(f"[written_for.{name}]\n{values}")
        return "".join(lines)


def _line(key: str, text: str) -> str:
    import tomli_w

    return tomli_w.dumps({key: text}, multiline_strings=True).removesuffix("\n")


def _read(tree: Mapping[str, Any], where: str) -> Words:
    problems: list[Finding] = []

    def tell(found: str, cure: str) -> None:
        problems.append(Finding("stop", where, found, cure))

    known = (*DETAILS, *_NAMES, "written_for")
    texts: dict[str, str] = {}
    for key, value in tree.items():
        if key not in known:
            tell(f"has an unknown section {key!r}.", nearest(key, known) or f"Sections are: {', '.join(_NAMES)}.")
        elif key == "written_for":
            continue
        elif not isinstance(value, str):
            tell(f"has {key!r}, which is no text.", f'Write {key} = "..." with quotes around.')
        elif len(value) > LONGEST_TEXT:
            tell(f"has {len(value):,} signs in {key!r}.", f"Write {LONGEST_TEXT:,} at most.")
        else:
            texts[key] = value.strip()
    stamps = _read_stamps(tree.get("written_for", {}), tell)
    if problems:
        raise ResultsError(problems)
    sections = {name: texts[name] for name in _NAMES if texts.get(name)}
    details = {key: texts.get(key, "") for key in DETAILS}
    return Words(sections=sections, written_for={n: b for n, b in stamps.items() if n in sections}, **details)


def _read_stamps(tree: Any, tell: Any) -> dict[str, Basis]:
    if not isinstance(tree, Mapping):
        tell("has 'written_for', which is no table.", "Take it out; it is written anew.")
        return {}
    keys = {f.name for f in fields(Basis)}
    stamps = {}
    for name, stamp in tree.items():
        if name not in _NAMES:
            tell(f"has an unknown section {name!r} in 'written_for'.", nearest(name, _NAMES) or "Take it out.")
            continue
        try:
            if (
                not isinstance(stamp, Mapping)
                or set(stamp) != keys
                or not all(isinstance(v, str) for v in stamp.values())
            ):
                raise ValueError("It is a table of files, schema and settings.")
            stamps[name] = Basis(**stamp)
        except ValueError as error:
            tell(f"does not say what {name!r} was written for. {error}", "Take that table out; it is written anew.")
    return stamps
