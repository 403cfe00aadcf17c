"""Examples of transcripts on screen: before they are published and where they are read, drawn the same way."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from dashboard import state
from dashboard.alignment_html import STYLE, Line, draw_legend, draw_utterance, show_signs
from dashboard.example_controls import turn_examples
from dashboard.parts import show_table
from dashboard.published_controls import Reading
from dashboard.published_reports import Opened
from dashboard.words import count, plain
from metrics.answers import name_slice
from metrics.formatting import format_counts, format_percent
from metrics.sharing.examples import Example, Examples, say_draw
from metrics.sharing.shared_cube import Shared
from metrics.text.alignments import Aligned

__all__ = ["draw_of_group", "seen_examples", "show_before"]

_SEEN = "publish_examples_seen"
_COLUMNS = ("example", "model", "place", "said", "heard", "what")


def show_before(shared: Shared) -> bool:
    """Show the transcripts that a reader will see, once the owner asks for it; return whether they are on screen.

    True where there are none to be seen. Others than those that were asked for are not on screen.
    """
    examples = shared.examples
    if examples is None:
        return True
    st.subheader("The transcripts that a reader will see", anchor=False)
    if not examples:
        st.info(
            "No transcript can be shown without telling of others: of each shown group, and of those with the same "
            "levels of all attributes told, enough other people have to be left. Have fewer attributes told of each, "
            "share fewer, or choose a smaller minimum.",
            icon=":material/visibility_off:",
        )
        return True
    _say_draw(examples, shared)
    if state.recall(_SEEN) != examples.digest:
        st.button(
            f"Look at {'it' if len(examples) == 1 else f'all {len(examples)}'}",
            key="publish_examples_look",
            icon=":material/visibility:",
            on_click=state.remember,
            args=(_SEEN, examples.digest),
        )
        st.caption("Words can say who somebody is. Nothing is published before you have looked at exactly these.")
        return False
    _draw(examples, list(enumerate(examples.told, 1)), shared, "publish_examples_table")
    return True


def seen_examples() -> str:
    """Return which examples the owner has looked at last, by their digest; empty if none."""
    return str(state.recall(_SEEN) or "")


def draw_of_group(opened: Opened, chosen: Reading) -> None:
    """Draw the examples of a published report that are of the chosen group; nothing where it has none at all."""
    shared, examples = opened.shared, opened.shared.examples
    if not examples:
        return
    st.subheader("Examples", anchor=False)
    _say_draw(examples, shared)
    of = {id(example) for example in examples.of(chosen.cell)}
    found = [(number, example) for number, example in enumerate(examples.told, 1) if id(example) in of]
    if chosen.cell.levels:
        st.markdown(
            plain(
                f"{_count(len(found))} of them {'is' if len(found) == 1 else 'are'} of {name_slice(chosen.cell)}.", 400
            )
        )
    if found:
        _draw(examples, found[turn_examples(len(found))], shared, "published_examples_table")


def _count(number: int) -> str:
    return f"{number}" if number else "None"


def _say_draw(examples: Examples, shared: Shared) -> None:
    for sentence in say_draw(examples, shared.cubes.systems):
        st.markdown(plain(sentence, 1000))


def _draw(examples: Examples, told: Sequence[tuple[int, Example]], shared: Shared, key: str) -> None:
    """Draw some examples with their numbers, one below the other, and the same as a table."""
    systems = shared.cubes.systems
    st.html(STYLE)
    st.html(draw_legend())
    for number, example in told:
        lines = [
            Line(str(system or ""), steps, _note(steps, examples.unit))
            for system, steps in zip(systems, example.align(), strict=True)
        ]
        with st.container(border=True):
            st.html(draw_utterance(_title(examples, number, example), lines))
    with st.expander(f"The same as a table ({count(len(told), 'example')})"):
        show_table(_table(examples, told, systems), key=key, alt="The examples word by word")


def _title(examples: Examples, number: int, example: Example) -> str:
    levels = f": {name_slice(examples.slice_of(example))}" if examples.axes else ""
    return f"Example {number}{levels}"


def _note(steps: Sequence[Aligned], unit: str) -> str:
    """Say how much of an utterance is wrong."""
    edits, words = sum(step.op != "hit" for step in steps), sum(step.op != "insertion" for step in steps)
    if not words:
        return f"nothing was said, and {edits:,} put in"
    return f"{format_counts(edits, words)} {unit} wrong ({format_percent(edits / words)})"


def _table(examples: Examples, told: Sequence[tuple[int, Example]], systems: Sequence[str | None]) -> pd.DataFrame:
    records = [
        (
            show_signs(_title(examples, number, example)),
            system or "",
            place,
            show_signs(step.reference),
            show_signs(step.hypothesis),
            step.op,
        )
        for number, example in told
        for system, steps in zip(systems, example.align(), strict=True)
        for place, step in enumerate(steps, 1)
    ]
    table = pd.DataFrame.from_records(records, columns=_COLUMNS)
    return table if table["model"].any() else table.drop(columns="model")
