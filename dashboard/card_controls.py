"""The widgets of the Card page: the author's words section by section, their file, and the card's forms to download."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import streamlit as st

from dashboard import controls, people, policies, reports, state
from dashboard.report.card import FORMS, lay_card, say_stale, write_card
from dashboard.report.page import write_page_html
from dashboard.reports import Made
from dashboard.view import Loaded, View
from dashboard.words import on_screen, plain
from metrics.basis import Basis, basis_of
from metrics.card import Card, make_card
from metrics.card_words import DETAILS, LONGEST_FILE, LONGEST_TEXT, SECTIONS, Prompt, Words
from metrics.document import Document
from metrics.errors import Finding, ResultsError
from metrics.placeholders import fill, list_placeholders
from metrics.policy import Policy
from metrics.progress import Tell
from metrics.question import Question
from metrics.slices import Slice
from metrics.writing import name_file

__all__ = ["download", "draw_card", "keep_file", "measure", "show_placeholder", "write_words"]

_WORDS, _GENERATION, _FILE = "card_words", "card_generation", "card_file_read"
_LONGEST_DETAIL = 200
_KINDS = {"html": "text/html", "md": "text/markdown", "json": "application/json", "toml": "application/toml"}
_TITLES = {"html": "HTML", "md": "Markdown", "json": "JSON", "toml": "Words"}


def show_placeholder(loaded: Loaded, view: View) -> None:
    """Say how a number comes into the words, by an example from the data on screen."""
    of = f" of {view.system}" if len(loaded.systems) > 1 else ""
    group = f": {Slice(((loaded.axes[0].name, loaded.axes[0].level(0)),))}" if loaded.axes else ""
    example = plain(f"{{{view.metric}{of}{group}}}", 200)
    st.markdown(f"You write the words, the numbers are measured: **{example}** becomes that value with its interval.")


def measure(loaded: Loaded, view: View) -> Document:
    """Return what the card's numbers are taken from, the crossings that the words speak of included.

    Until it is there, draw how far it is and stop the page.
    """
    question = _ask(loaded, view, _words())
    policy = _find_policy(loaded)
    digest = "" if policy is None else hashlib.sha256(policy.dumps().encode()).hexdigest()
    work = partial(reports.make, loaded.results, loaded.cubes, question, policy)
    made = controls.do(loaded, ("card", question, digest), work)
    if not isinstance(made, Made):
        st.error(plain(on_screen(str(made)), 900), icon=":material/block:")
        st.stop()
    return made.document


def _ask(loaded: Loaded, view: View, words: Words) -> Question:
    alone = [axis.name for axis in loaded.axes]
    by: list[str | tuple[str, ...]] = [*(view.by or alone), *([view.by] if len(view.by) > 1 else [])]
    there = [{entry} if isinstance(entry, str) else set(entry) for entry in by]
    for section in SECTIONS:
        for names in list_placeholders(words.of(section.name)):
            if set(names) not in there and set(names) <= set(alone):
                by.append(names if len(names) > 1 else names[0])
                there.append(set(names))
    return Question(
        by=tuple(by),
        kinds=(view.compare,),
        baseline=view.baseline,
        confidence=view.confidence,
        min_units=view.min_units,
    )


def _find_policy(loaded: Loaded) -> Policy | None:
    """Return the policy in use without the rules that cannot be asked of the data."""
    policy = policies.current() if loaded.axes else None
    if policy is None:
        return None
    return policies.leave_out_unasked(loaded, policy)[0]


# -- the words -----------------------------------------------------------------------------------


def _words() -> Words:
    words = state.recall(_WORDS)
    return words if isinstance(words, Words) else Words()


def keep_file() -> None:
    """Draw the drop zone for a file of words; what is in one takes the place of what was written here."""
    with st.expander("Go on with words that were kept", icon=":material/upload_file:"):
        if not people.offer_upload("open a file of words"):
            return
        file = st.file_uploader(
            "A file of words (card.toml)",
            type=["toml"],
            key="card_file",
            max_upload_size=2,
            help="It takes the place of what is written here. Words that were written for other data are marked.",
        )
        if file is None or state.recall(_FILE) == file.file_id:
            return
        state.remember(_FILE, file.file_id)
        try:
            if file.size > 4 * LONGEST_FILE:
                raise ResultsError([Finding("stop", "the words", "are too long.", "Shorten them.")])
            words = Words.loads(file.getvalue().decode("utf-8-sig"), "the words")
        except UnicodeDecodeError:
            st.error("The words are no text in UTF-8; save the file as UTF-8.", icon=":material/block:")
        except ResultsError as error:
            for finding in error.findings[:20]:
                st.error(plain(str(finding), 600), icon=":material/block:")
        else:
            _renew(words)


def _renew(words: Words) -> None:
    """Put other words into the boxes: boxes anew, since those there hold what was typed."""
    state.remember(_WORDS, words)
    state.remember(_GENERATION, state.recall(_GENERATION, 0) + 1)


def write_words(document: Document) -> Words:
    """Draw a box for every section and return what is written in them."""
    basis, words, number = basis_of(document), _words(), state.recall(_GENERATION, 0)
    with st.expander("The service: its name and who answers for it", icon=":material/badge:"):
        for key, meaning in DETAILS.items():
            name, shown = f"card_{key}_{number}", getattr(words, key)
            st.text_input(
                meaning,
                value=shown,
                key=name,
                max_chars=_LONGEST_DETAIL,
                on_change=_keep_detail,
                args=(key, name, shown),
            )
    written = [section for section in SECTIONS if words.of(section.name)]
    st.caption(f"{len(written)} of {len(SECTIONS)} sections are written.")
    for section in SECTIONS:
        _write_section(section, words, basis, number)
    return _words()


def _write_section(section: Prompt, words: Words, basis: Basis, number: int) -> None:
    stamp = words.written_for.get(section.name)
    written = bool(words.of(section.name))
    is_stale = written and stamp is not None and bool(stamp.changes(basis))
    icon = "warning" if is_stale else "check" if written else "edit_note"
    # The label stays as it is: a box whose label changes closes while one is writing in it.
    with st.expander(section.title, icon=f":material/{icon}:", expanded=is_stale):
        name, shown = f"card_{section.name}_{number}", words.of(section.name)
        st.text_area(
            section.title,
            value=shown,
            key=name,
            max_chars=LONGEST_TEXT,
            placeholder=section.prompt,
            help=section.prompt,
            on_change=_keep_words,
            args=(section.name, name, shown, basis),
        )
        if is_stale:
            st.caption("Written before what the numbers come from changed. Read it again.")
            st.button(
                "It still holds",
                key=f"card_holds_{section.name}",
                icon=":material/task_alt:",
                on_click=_confirm,
                args=(section.name, basis),
            )


def _keep_words(section: str, key: str, shown: str, basis: Basis) -> None:
    if not state.is_changed(key, shown):
        return
    text = str(state.recall(key) or "")[:LONGEST_TEXT]
    state.remember(_WORDS, _words().write(section, text, basis))


def _keep_detail(detail: str, key: str, shown: str) -> None:
    if not state.is_changed(key, shown):
        return
    text = str(state.recall(key) or "").strip()[:_LONGEST_DETAIL]
    told: dict[str, Any] = {detail: text}
    state.remember(_WORDS, replace(_words(), **told))


def _confirm(section: str, basis: Basis) -> None:
    state.remember(_WORDS, _words().confirm(basis, section))


# -- the card ------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Drawn:
    """A card and its HTML; its other forms are written when they are asked for.

    `kept` are the words as they were written, `words` those that the card shows: placeholders that could not be
    filled, which `problems` tell of, stand there as text.
    """

    card: Card
    document: Document
    words: Words
    kept: Words
    html: str
    problems: tuple[Finding, ...]

    def write(self, form: str) -> str:
        """Return one of `dashboard.report.card.FORMS`."""
        if form == "toml":
            return self.kept.dumps()
        return self.html if form == "html" else write_card(self.document, self.words, form)


def draw_card(loaded: Loaded, document: Document, words: Words) -> Drawn:
    """Return the card in all its forms, and say what in the words could not be filled."""
    basis = basis_of(document)
    what = ("card drawn", basis, hashlib.sha256(words.dumps().encode()).hexdigest())
    drawn: Drawn = controls.do(loaded, what, partial(_draw, document, words))
    for finding in drawn.problems[:20]:
        st.error(plain(on_screen(str(finding)), 600), icon=":material/data_object:")
    stale = [section for section in drawn.card.sections if section.changes]
    for section in stale:
        st.warning(plain(f"{section.title}: {say_stale(section)}", 400), icon=":material/history:")
    return drawn


def _draw(document: Document, words: Words, tell: Tell) -> Drawn:
    tell("Filling the numbers in", 0.1)
    shown, problems = words, []
    for section in SECTIONS:
        found = fill(words.of(section.name), document, f"section '{section.title}'")[1]
        if found:
            problems += found
            literal = words.of(section.name).replace("{", "{{").replace("}", "}}")
            shown = replace(shown, sections={**shown.sections, section.name: literal})
    card = make_card(document, shown)
    html = write_page_html(lay_card(card, document))
    return Drawn(card, document, shown, words, html, tuple(dict.fromkeys(problems)))


def download(drawn: Drawn) -> None:
    """Draw the buttons that download the card in each of its forms, and the words alone."""
    name = name_file(drawn.card.title)
    with st.container(horizontal=True):
        for form in FORMS:
            st.download_button(
                _TITLES[form],
                drawn.html if form == "html" else partial(drawn.write, form),
                f"{name}.{form}" if form != "toml" else "card.toml",
                _KINDS[form],
                key=f"card_as_{form}",
                type="primary" if form == "html" else "secondary",
                icon=":material/download:",
                on_click="ignore",
                help=_HELP[form],
            )
    st.caption("What you write is kept while this tab is open. Download the words (card.toml) to go on another day.")


_HELP = {
    "html": "One file that opens by a double click, anywhere, without a network.",
    "md": "For a repository or a wiki.",
    "json": "In the form of the Model Card Toolkit, for other tools.",
    "toml": "Your words alone, to be opened here again or used on the command line.",
}
