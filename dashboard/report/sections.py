"""The sections of a report, in order: each a function from what was chosen of a document to a section.

A new section is a function here. It returns None where there is nothing to show: sections without content are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from dashboard.report.blocks import Part, Quote, Section, Text
from dashboard.report.chosen import Chosen
from dashboard.report.coverage import show_coverage
from dashboard.report.gaps import show_criteria, show_gaps
from dashboard.report.glossary import explain_metrics
from dashboard.report.groups import show_groups
from dashboard.report.limits import show_limits
from dashboard.report.maps import show_maps
from dashboard.report.receipt import write_receipt
from dashboard.report.speech import show_speech
from dashboard.report.summary import summarise
from dashboard.report.systems import show_systems
from dashboard.report.verdicts import show_verdicts
from metrics.errors import nearest

__all__ = ["SECTIONS", "make_sections"]

SECTIONS: dict[str, Callable[[Chosen], Section | None]] = {
    "summary": summarise,
    "verdicts": show_verdicts,
    "systems": show_systems,
    "groups": show_groups,
    "gaps": show_gaps,
    "maps": show_maps,
    "criteria": show_criteria,
    "speech": show_speech,
    "coverage": show_coverage,
    "limits": show_limits,
    "glossary": explain_metrics,
    "receipt": write_receipt,
}


def make_sections(chosen: Chosen, names: Iterable[str] | None = None) -> list[Section]:
    """Return the sections of these names that have content, in the report's order; None is all of them.

    What the author wrote of a section stands before it. Raises ValueError for a name that is no section's.
    """
    wanted = list(SECTIONS) if names is None else list(names)
    for name in wanted:
        if name not in SECTIONS:
            hint = nearest(name, list(SECTIONS)) or f"Sections are: {', '.join(SECTIONS)}."
            raise ValueError(f"There is no section {name!r}. {hint}")
    made = [section for name, make in SECTIONS.items() if name in wanted and (section := make(chosen)) is not None]
    return [_with_words(section, chosen.document.words.get(section.name, "")) for section in made]


def _with_words(section: Section, words: str) -> Section:
    if not words.strip():
        return section
    author = Part("", (Text("The author writes:", "note"), Quote(words.strip())))
    # The answer comes first.
    first, rest = (section.parts[:1], section.parts[1:]) if section.name == "summary" else ((), section.parts)
    return replace(section, parts=(*first, author, *rest))
