"""The Policy page: rules with limits, the verdict beside each, and the counts behind every verdict."""

from __future__ import annotations

import streamlit as st

from dashboard import controls, file_controls, policies, state
from dashboard.parts import say_limits
from dashboard.policy_editor import draw_editor, propose_rule
from dashboard.policy_panels import draw_rule, draw_sensitive, say_outcome
from dashboard.policy_start import draw_start, draw_text, show_refused
from dashboard.words import plain

LIMITS = [
    "A verdict is about the rows at hand, in this file: who is missing from it gets none.",
    "Pass says that the whole interval keeps to the limit, not that the model is fair: other metrics, other groups and "
    "other limits are not judged by it.",
    "Undecided is neither: the interval reaches over the limit, and more units would be needed to tell.",
]

st.title("Does the model keep to the rules?")
loaded = controls.need_data("the rules of a policy, the verdict beside each, and what it rests on")
view = state.current_view(loaded)
policy = policies.current()
show_refused()
file_controls.show_complaint()
place, _ = policies.edited()

if policy is None:
    st.markdown("No policy is set. A policy says how far groups may be apart, or how badly any may fare.")
    draw_start(loaded)
    st.markdown("**From a rule of your own**")
    if place == 0:
        draw_editor(loaded, None, propose_rule(loaded, view.metric, None), 0)
    else:
        st.button("Write a rule", key="policy_add", icon=":material/add:", on_click=policies.edit, args=(0,))
    if policies.can_undo():
        st.button("Bring the last policy back", key="policy_undo", icon=":material/undo:", on_click=policies.undo)
    st.stop()

st.subheader(plain(policy.name, 120), anchor=False)
if policy.description:
    st.caption(plain(" ".join(policy.description.split()), 1200))
judged = policies.judge_policy(loaded, policy)
say_outcome(judged)

places = {}
for number, rule in enumerate(policy.rules):
    with st.container(border=True):
        places[rule.name] = draw_rule(loaded, judged, rule, number)
        if place == number:
            draw_editor(loaded, policy, rule, number)
        else:
            with st.container(horizontal=True):
                st.button(
                    "Change",
                    key=f"policy_change_{number}",
                    icon=":material/edit:",
                    type="tertiary",
                    on_click=policies.edit,
                    args=(number,),
                )
                st.button(
                    "Remove",
                    key=f"policy_remove_{number}",
                    icon=":material/delete:",
                    type="tertiary",
                    on_click=policies.remove,
                    args=(policy, number),
                )
if place == len(policy.rules):
    draw_editor(loaded, policy, propose_rule(loaded, view.metric, policy), place)
with st.container(horizontal=True):
    if place != len(policy.rules) and len(policy.rules) < policies.MOST_RULES:
        new = (len(policy.rules),)
        st.button("Add a rule", key="policy_add", icon=":material/add:", on_click=policies.edit, args=new)
    if policies.can_undo():
        st.button("Undo the last change", key="policy_undo", icon=":material/undo:", on_click=policies.undo)
    st.button("Take the policy away", key="policy_drop", icon=":material/close:", on_click=policies.use, args=(None,))

with st.expander("The policy as TOML", icon=":material/code:"):
    draw_text(policy)
with st.expander("Another policy", icon=":material/swap_horiz:"):
    draw_start(loaded)
say_limits(LIMITS)
waiting = st.empty()
waiting.caption("Looking whether a verdict hangs on a choice: the baseline, the threshold, edges of bins.")
draw_sensitive(places, policies.vary_policy(loaded, judged))  # last, for it may have to wait
waiting.empty()
