"""The policy in use: read, changed, and held against the data on screen. Nothing here draws but the wait for it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from dashboard import controls, kept_beside, loading, state, uploads
from dashboard.view import Loaded
from metrics.checked import Checked, check, exit_code
from metrics.cube import Cubes
from metrics.errors import Finding, QuestionError, ResultsError, stop
from metrics.policy import Policy, Rule
from metrics.progress import SILENT, Progress, Tell
from metrics.results import Results
from metrics.verdict_sensitivity import say_sensitive, vary_verdicts

__all__ = [
    "MOST_RULES",
    "Judged",
    "can_undo",
    "change_rule",
    "current",
    "edit",
    "edited",
    "judge_policy",
    "leave_out_unasked",
    "read_policy",
    "remove",
    "undo",
    "use",
    "vary_policy",
]

MOST_RULES = 50
_BEFORE, _EDITING = "policy_before", "policy_editing"
_HERE = "the policy"


@dataclass(frozen=True, eq=False)
class Judged:
    """A policy held against data: what came out, and why a rule cannot be asked of them, by the rules' names."""

    policy: Policy
    checked: Checked
    problems: Mapping[str, str]

    @property
    def exit_code(self) -> int:
        """The one that the command `check` ends with."""
        return 2 if self.problems else exit_code(self.checked.verdicts, self.checked.rules)

    def verdict_of(self, rule: Rule) -> str | None:
        """Return the verdict of a rule that can be asked; None for figures to publish."""
        return self.checked.verdict_of(rule)


def current() -> Policy | None:
    """Return the policy in use. An address may hold anything: what is no policy is none."""
    text = state.policy_text()
    try:
        return read_policy(text) if text else None
    except ResultsError as error:
        state.use_policy("")
        state.remember("policy_refused", error.findings)
        return None


def read_policy(text: str, where: str = _HERE) -> Policy:
    """Read a stranger's policy. Raises ResultsError with every problem, also where it is too long for a screen."""
    if len(text.encode()) > state.MOST_OF_POLICY:
        cure = "Take fewer rules; the command line takes any number."
        raise stop(where, f"is longer than {state.MOST_OF_POLICY // 1000} kB.", cure)
    return _check_size(Policy.loads(text, where), where)


def use(policy: Policy | None) -> None:
    """Judge by a policy from now on; `undo` brings back the one before."""
    _change("" if policy is None else policy.dumps())


def undo() -> None:
    """Judge by the policy that was in use before the last change."""
    if can_undo():
        _change(state.recall(_BEFORE)[0])


def can_undo() -> bool:
    """Whether there is a policy to bring back: one that was changed while these data were on screen."""
    before = state.recall(_BEFORE)
    return bool(before) and before[1] == state.dataset_id()


def _change(text: str) -> None:
    """Judge by another text, which is kept beside an upload; where it cannot be, nothing is changed."""
    before, refused = state.policy_text(), kept_beside.keep_policy(text)
    if refused:
        uploads.complain(refused)
        return
    state.remember(_BEFORE, (before, state.dataset_id()))
    state.remember("policy_refused", ())
    edit(None)
    state.use_policy(text)


def edit(place: int | None) -> None:
    """Open the form of the rule in a place, of a new one behind the last, or of none."""
    state.remember(_EDITING, (place, edited()[1] + 1))


def edited() -> tuple[int | None, int]:
    """Return the place of the rule whose form is open, None where none is, and how many forms there were before."""
    found: tuple[int | None, int] = state.recall(_EDITING, (None, 0))
    return found


def change_rule(policy: Policy, place: int, tree: Mapping[str, Any]) -> Policy:
    """Return the policy with another rule in a place, or one more behind the last.

    Raises ResultsError with every problem that the rule has.
    """
    whole = policy.to_dict()
    rules = [*whole["rule"]]
    rules[place : place + 1] = [dict(tree)]
    return read_policy(Policy.from_dict(whole | {"rule": rules}, _HERE).dumps())


def remove(policy: Policy, place: int) -> None:
    """Judge by the policy without a rule; by none where it was the only one."""
    rules = tuple(rule for number, rule in enumerate(policy.rules) if number != place)
    use(replace(policy, rules=rules) if rules else None)


def judge_policy(loaded: Loaded, policy: Policy) -> Judged:
    """Return the policy's verdicts of every system. Until they are there, draw how far they are and stop the page."""
    digest = hashlib.sha256(policy.dumps().encode()).hexdigest()
    results, cubes = loaded.results, loaded.cubes

    def work(tell: Tell) -> Judged:
        return judge_all(results, cubes, policy, Progress(tell))

    judged: Judged = controls.do(loaded, ("policy", digest), work)
    return judged


def leave_out_unasked(loaded: Loaded, policy: Policy) -> tuple[Policy | None, Mapping[str, str]]:
    """Return the policy with the rules that can be asked of the data (None: no rule can), and why the others cannot."""
    problems = judge_policy(loaded, policy).problems
    rules = tuple(rule for rule in policy.rules if rule.name not in problems)
    return (replace(policy, rules=rules) if rules else None), problems


def judge_all(results: Results, cubes: Cubes, policy: Policy, progress: Progress = SILENT) -> Judged:
    """Hold a policy against data. A rule that cannot be asked of them keeps none of the others from being judged."""
    try:
        return Judged(policy, check(results, cubes, policy, progress=progress), {})
    except (QuestionError, ResultsError):
        problems = dict(_problems(results, cubes, policy))
    asked = replace(policy, rules=tuple(rule for rule in policy.rules if rule.name not in problems))
    return Judged(policy, check(results, cubes, asked, progress=progress), problems)


def vary_policy(loaded: Loaded, judged: Judged) -> Mapping[str, str]:
    """Return, by the rules' names, on which choices their verdicts hang. Until that is known, stop the page."""
    policy = judged.checked.policy
    digest = hashlib.sha256(policy.dumps().encode()).hexdigest()
    results, cubes, read = loaded.results, loaded.cubes, loading.reader(loaded)

    def work(tell: Tell) -> dict[str, str]:
        changes = vary_verdicts(results, cubes, policy, read, tell)
        return {name: say_sensitive(changes[changes["rule"] == name]) for name in dict.fromkeys(changes["rule"])}

    found: dict[str, str] = controls.do(loaded, ("policy varied", digest), work)
    return found


def _problems(results: Results, cubes: Cubes, policy: Policy) -> list[tuple[str, str]]:
    found = []
    for rule in policy.rules:
        try:
            check(results, cubes, replace(policy, rules=(rule,)))
        except ResultsError as error:
            found.append((rule.name, " ".join(f"{f.found} {f.cure}".strip() for f in error.findings)))
        except QuestionError as error:
            found.append((rule.name, str(error)))
    return found


def _check_size(policy: Policy, where: str) -> Policy:
    if len(policy.rules) > MOST_RULES:
        cure = f"The screen takes {MOST_RULES}; the command line takes any number."
        raise ResultsError([Finding("stop", where, f"has {len(policy.rules)} rules.", cure)])
    return policy
