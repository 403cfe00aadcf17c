"""Where a policy comes from and goes to: a template, a file, a text; and the same policy as TOML."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import streamlit as st

from dashboard import kept_beside, people, policies, state
from dashboard.finding_list import show_findings
from dashboard.view import Loaded
from dashboard.words import join, plain
from metrics.errors import ResultsError, stop
from metrics.families import families_of
from metrics.policy import TEMPLATES, Policy, load_template
from metrics.policy_form import fit_policy, guess_attribute, lacking_metrics, list_attributes
from metrics.writing import name_file

__all__ = ["draw_start", "draw_text", "show_refused"]

_NONE = "(none)"
_WRONG = "This is no policy yet; nothing is changed. What is in the way, and what to do:"


def draw_start(loaded: Loaded) -> None:
    """Draw the ways to begin: a template fitted to the data, a file, a text."""
    st.markdown("**From a template**")
    _draw_template(loaded)
    st.markdown("**From a file or a text**")
    _draw_own()


def draw_text(policy: Policy) -> None:
    """Draw the policy's name, and the policy as TOML to copy and to download; say where it is kept."""
    key = f"policy_name_{policies.edited()[1]}"
    name = st.text_input("Name of the policy", value=policy.name, key=key).strip()
    if name and name != policy.name:
        policies.use(replace(policy, name=name))
        st.rerun()
    text = policy.dumps()
    st.code(text, language="toml", wrap_lines=True)
    file = f"{name_file(policy.name)}.toml"
    st.download_button(
        "Download the policy",
        data=text,
        file_name=file,
        mime="application/toml",
        key="policy_download",
        on_click="ignore",
        icon=":material/download:",
    )
    st.caption("Judged by it without a screen, in a pipeline say:")
    st.code(f"fairness-dashboard check results.csv --policy {file}", language=None, wrap_lines=True)
    if kept_beside.is_policy_kept():
        st.caption(
            "The policy is kept with the data: whoever opens their address judges by it. The Data page says what was "
            "changed of it, and when."
        )
    elif state.is_policy_in_address():
        st.caption("The policy is part of the address: F5, a second tab and a copied link show the same.")
    else:
        st.caption("The policy is too long for the address: it is kept until this page is closed. Download it.")


def show_refused() -> None:
    """Say what was wrong with the policy of an address."""
    found = state.recall("policy_refused", ())
    if found:
        st.warning("The address holds a policy that cannot be used; none is set.", icon=":material/warning:")
        show_findings(found, key="policy_refused_findings")


# -- templates -----------------------------------------------------------------------------------


@cache
def _templates() -> dict[str, Policy]:
    return {name: load_template(name) for name in TEMPLATES}


def _draw_template(loaded: Loaded) -> None:
    possible = {n: p for n, p in _templates().items() if not lacking_metrics(p, loaded.metrics)}
    lacking = [p.name for n, p in _templates().items() if n not in possible]
    chosen = st.selectbox(
        "Template",
        list(possible),
        index=None,
        key="policy_template",
        placeholder="Choose one",
        format_func=lambda name: possible[name].name if name in possible else str(name),
    )
    if lacking:
        st.caption(f"These data lack the metrics of {join(lacking)}.")
    if chosen not in possible:
        return
    policy = possible[chosen]
    st.caption(plain(" ".join(policy.description.split()), 1200))
    st.caption(f"Source: {plain(' '.join(policy.source.split()), 400)}")
    names, by = _choose_attributes(loaded, policy, chosen)
    fitted = fit_policy(policy, names, by)
    if not fitted.rules:
        st.info("Name at least one attribute: without groups there is nothing to judge.", icon=":material/info:")
        return
    st.button("Judge by this template", key="policy_take", type="primary", on_click=policies.use, args=(fitted,))


def _choose_attributes(loaded: Loaded, policy: Policy, template: str) -> tuple[dict[str, str | None], list[str]]:
    """Draw what the attributes of a template are called here, or which groups its rules speak of."""
    here = [*families_of(loaded.axes), *(a.name for a in loaded.axes)]
    asked = list_attributes(policy)
    if not asked:
        key = f"policy_{template}_by"
        return {}, st.multiselect("Groups by", here, key=key, placeholder="each attribute alone")
    names: dict[str, str | None] = {}
    with st.grid(4, min_column_width=180):
        for name in asked:
            guess = guess_attribute(name, here)
            options = [_NONE, *here]
            place = options.index(guess) if guess is not None else 0
            chosen = st.selectbox(f"{name.capitalize()} is", options, index=place, key=f"policy_{template}_{name}")
            names[name] = chosen if chosen in here else None
    return names, []


# -- files and texts -----------------------------------------------------------------------------


def _draw_own() -> None:
    file = None
    if people.offer_upload("open a policy file"):
        file = st.file_uploader(
            "A policy file (TOML)",
            type=["toml"],
            key="policy_file",
            max_upload_size=1,
            help="As the command check reads it.",
        )
    if file is not None and st.button("Judge by this file", key="policy_take_file", type="primary"):
        _take(lambda: policies.read_policy(_read(file), where=f"policy '{file.name}'"))
    text = st.text_area(
        "Or its text",
        key="policy_pasted",
        height=160,
        placeholder='name = "Lending"\n\n[[rule]]\nmetric = "false_negative_rate"\nat_most = 0.05',
    )
    if st.button("Judge by this text", key="policy_take_text", disabled=not text.strip()):
        _take(lambda: policies.read_policy(text))


def _take(read: Any) -> None:
    try:
        policy = read()
    except ResultsError as error:
        st.error(_WRONG, icon=":material/block:")
        show_findings(error.findings, key="policy_wrong")
        return
    policies.use(policy)
    st.rerun()


def _read(file: Any) -> str:
    where = f"policy '{file.name}'"
    if file.size > state.MOST_OF_POLICY:
        raise stop(where, f"is larger than {state.MOST_OF_POLICY // 1000} kB.", "A policy is a short text.")
    try:
        return str(file.getvalue().decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise stop(where, "is not UTF-8 text.", "Save it as UTF-8.") from error
