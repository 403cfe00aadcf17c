"""What is kept beside an upload while somebody works on it: the policy it is judged by, the match of a comparison.

Each is a text in the workspace, found again by whoever opens the upload's address, and gone with the upload; every
change is taken down in its log. Of data that are in no workspace nothing is kept: there the session has the text, and
the address. The schema, with the saved slices in it, is a part of the upload itself (`datasets.correct`).
"""

from __future__ import annotations

import hashlib
from contextlib import suppress

from dashboard import people, state
from dashboard.change_words import write_match_change, write_policy_change
from dashboard.datasets import Dataset
from dashboard.workspace import Change, Workspace
from metrics.errors import QuestionError, ResultsError
from metrics.policy import Policy
from metrics.two_sets.match import Match

__all__ = [
    "bring_policy",
    "drop_match",
    "follow_match",
    "forget_texts",
    "is_match_kept",
    "is_policy_kept",
    "keep_match",
    "keep_policy",
    "restore_match",
    "restore_policy",
]

_POLICY, _MATCH = "policy", "match"
_NONE = "\n"  # somebody decided for none: an address that still names one is behind
_POLICY_KEPT, _MATCH_KEPT = "policy_kept", "match_kept"


# -- the policy ----------------------------------------------------------------------------------


def restore_policy() -> None:
    """Have the policy that is kept beside the data on screen be the one in use, at the beginning of a run."""
    data = state.dataset()
    text = _read(data.id, _POLICY) if data is not None and data.kind == "upload" else None
    state.remember(_POLICY_KEPT, text is not None)
    if text is not None:
        state.use_policy(text.strip())


def is_policy_kept() -> bool:
    """Whether the policy in use is that of the upload on screen."""
    return bool(state.recall(_POLICY_KEPT))


def keep_policy(text: str) -> str:
    """Keep what the data on screen are judged by from now on; return why it cannot be kept, "" where all is well."""
    data, in_use = state.dataset(), state.policy_text()
    if data is None or data.kind != "upload":
        return ""
    try:
        _save_policy(data.id, text, in_use)
    except (KeyError, QuestionError, ResultsError) as error:
        return _say(error)
    state.remember(_POLICY_KEPT, True)
    return ""


def bring_policy(upload: str) -> None:
    """Keep the policy in use beside an upload that has just been made, unless it is none. What fails is let be."""
    text = state.policy_text()
    if text and _parse(text) is not None:
        with suppress(KeyError, QuestionError, ResultsError):  # it is in use all the same
            _save_policy(upload, text, "")


def _save_policy(upload: str, text: str, in_use: str) -> None:
    who = people.person()

    def tell(kept: str | None) -> Change | None:
        before = _parse(in_use if kept is None else kept)
        said = write_policy_change(before, _parse(text))
        return Change(who, "changed policy", said) if said else None

    Workspace.at_home().save_text(upload, _POLICY, text or _NONE, tell)


def _parse(text: str) -> Policy | None:
    try:
        return Policy.loads(text) if text.strip() else None
    except ResultsError:
        return None


# -- the match -----------------------------------------------------------------------------------


def restore_match(reference: Dataset, customer: Dataset) -> None:
    """Have what was matched in these two sets before be the match in use."""
    place = _place_of_match(reference, customer)
    text = _read(*place) if place is not None else None
    state.remember(_MATCH_KEPT, text is not None)
    if text is not None:
        state.use_match(text.strip())


def is_match_kept() -> bool:
    """Whether the match in use is kept beside an upload."""
    return bool(state.recall(_MATCH_KEPT))


def keep_match(reference: Dataset | None, customer: Dataset | None, match: Match) -> str:
    """Keep how two sets are matched from now on; return why it cannot be kept, "" where all is well.

    It lies beside the reference where that is an upload, else beside the customer's set, and is found again by what
    the files of the other side hold. Nothing that is kept beside one upload leads to another.
    """
    place = _place_of_match(reference, customer) if reference is not None and customer is not None else None
    if place is None:
        return ""
    try:
        _save_match(place, match, _parse_match(state.match_text()))
    except (KeyError, QuestionError, ResultsError) as error:
        return _say(error)
    state.remember(_MATCH_KEPT, True)
    return ""


def follow_match(reference: Dataset, before: Dataset | None, customer: Dataset) -> None:
    """Keep the match in use for a set that has just been put beside the data, unless one is kept for such files.

    Where it took the place of another one (`before`) that was deleted, how that one was matched is forgotten.
    """
    place, match = _place_of_match(reference, customer), _parse_match(state.match_text())
    if place is not None and match != Match() and _read(*place) is None:
        with suppress(KeyError, QuestionError, ResultsError):  # it is in use all the same
            _save_match(place, match, Match())
    is_other = before is not None and _place_of_match(reference, before) != place
    if before is not None and is_other and Workspace.at_home().find(before.id) is None:
        drop_match(reference, before)


def drop_match(reference: Dataset, customer: Dataset) -> None:
    """Forget how a set was matched that is deleted: the match has names of its groups."""
    place = _place_of_match(reference, customer)
    if place is not None and place[0] != customer.id and _read(*place) is not None:
        gone = Change(people.person(), "changed match", "none any more of a second set that was deleted")
        with suppress(KeyError, QuestionError, ResultsError):  # it goes with the reference, at the latest
            Workspace.at_home().save_text(*place, "", lambda _: gone)


def _save_match(place: tuple[str, str], match: Match, in_use: Match) -> None:
    who = people.person()

    def tell(kept: str | None) -> Change | None:
        said = write_match_change(in_use if kept is None else _parse_match(kept), match)
        return Change(who, "changed match", said) if said else None

    Workspace.at_home().save_text(*place, match.dumps() if match != Match() else _NONE, tell)


def _place_of_match(reference: Dataset, customer: Dataset) -> tuple[str, str] | None:
    """Return beside which upload a match lies, and under which name; None where neither is an upload."""
    if reference.kind == "upload":
        return reference.id, f"{_MATCH} with {_name_files(customer)}"
    return (customer.id, f"{_MATCH} for {_name_files(reference)}") if customer.kind == "upload" else None


def _name_files(data: Dataset) -> str:
    return hashlib.sha256(" ".join(file.sha256 for file in data.files).encode()).hexdigest()


def _parse_match(text: str) -> Match:
    try:
        return Match.loads(text)
    except ResultsError:
        return Match()


# -- both ----------------------------------------------------------------------------------------


def forget_texts() -> None:
    """Forget in this session what was kept beside an upload that was deleted."""
    if is_policy_kept():
        state.use_policy("")
    if is_match_kept():
        state.use_match("")


def _read(upload: str, name: str) -> str | None:
    try:
        return Workspace.at_home().read_text(upload, name)
    except ResultsError:
        return None  # whoever reads the data themselves says what is wrong


def _say(error: Exception) -> str:
    return str(error.args[0] if isinstance(error, KeyError) else error)
