"""Data of a person's own: files are kept, what is said of them is corrected, and they are deleted.

Keeping a large file takes a while: it is done beside the page, like all long work, and `settle` puts on screen
what has been kept.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from dashboard import kept_beside, loading, people, state
from dashboard.change_words import write_schema_change
from dashboard.datasets import Dataset, correct, find_dataset
from dashboard.jobs import Jobs, Work
from dashboard.main_file import guess_main, without_columns
from dashboard.waiting import Waiting, await_work
from dashboard.workspace import Change, Kept, Workspace
from metrics.errors import ResultsError
from metrics.progress import Progress, Tell
from metrics.schema import Schema

__all__ = [
    "amend",
    "choose_main",
    "complain",
    "correct_schema",
    "drop_key",
    "forget",
    "forget_beside",
    "hear_complaint",
    "keep_beside",
    "settle",
    "upload",
    "upload_beside",
]

_ERRAND, _COMPLAINT, _MAIN = "errand", "complaint", "main_file"
_DROPPED, _BESIDE = "dropped", "dropped_beside"  # what the two drop zones kept last
_DROPS = "drops"


@dataclass(frozen=True, eq=False)
class _Errand:
    """Files that somebody wants kept: what for, the work, what follows it, and what was on screen meanwhile."""

    purpose: Hashable
    work: Work
    follow: Callable[[Any], None]
    screen: str
    key: str  # of nobody else's


def upload(sources: list[tuple[str, Any]], schema: Schema, most_bytes: int) -> None:
    """Keep uploaded files and put them on screen, in a callback.

    Of several files the likeliest becomes the main one, to which the others are joined; one that was chosen here
    stays it. What the same drop zone kept before is deleted; its corrections stay where the main file is the same.
    """
    home = Workspace.at_home()

    def follow(upload: str) -> None:
        _put_first_again(upload, home)
        kept = home.find(upload)
        if kept is not None:
            _replace(_DROPPED, kept, schema, home, keep=state.beside())
            kept_beside.bring_policy(kept.id)
            state.show_anew(kept.id)

    if _may_keep():
        _begin(object(), lambda tell: _keep(sources, schema, most_bytes, home, Progress(tell)), follow)
    settle()


def keep_beside(sources: list[tuple[str, Any]], most_bytes: int, follow: Callable[[list[str]], None]) -> None:
    """Keep files beside the data on screen, each by itself, in a callback; `follow` is given their addresses."""
    home = Workspace.at_home()

    def work(tell: Tell) -> list[str]:
        kept: list[str] = []
        try:
            for number, source in enumerate(sources):
                part = Progress(tell).nth(number, len(sources))
                kept.append(home.keep([source], Schema(), most_bytes, part).id)
        except BaseException:
            for upload in kept:
                home.delete(upload)
            raise
        return kept

    if _may_keep():
        _begin(object(), work, follow)
    settle()


def upload_beside(sources: list[tuple[str, Any]], schema: Schema, most_bytes: int) -> None:
    """Keep uploaded files and put them beside the data on screen, in a callback, as `upload` puts them on it."""
    home = Workspace.at_home()

    def follow(upload: str) -> None:
        kept = home.find(upload)
        before, reference = find_dataset(state.recall(_BESIDE, ""), home), state.dataset()
        if kept is not None:
            _replace(_BESIDE, kept, schema, home, keep=state.dataset_id())
            _renew_zones()  # what is dropped next takes the place of these files, and is not joined to them
            state.show_customer(kept.id)
            customer = find_dataset(kept.id, home)
            if reference is not None and customer is not None:
                kept_beside.follow_match(reference, before, customer)

    if _may_keep():
        _begin(object(), lambda tell: _keep(sources, schema, most_bytes, home, Progress(tell)), follow)
    settle()


def _replace(zone: str, kept: Kept, schema: Schema, home: Workspace, keep: str) -> None:
    """Delete what a drop zone kept before, unless it is on the other side (`keep`) by now."""
    before = find_dataset(state.recall(zone, ""), home)
    if before is not None and before.kind == "upload":
        if schema == Schema() and before.files[0].sha256 == kept.files[0].sha256:
            home.save_schema(kept.id, before.schema)
        if before.id != keep:
            home.delete(before.id)
    state.remember(zone, kept.id)


def _keep(sources: list[tuple[str, Any]], schema: Schema, most_bytes: int, home: Workspace, progress: Progress) -> str:
    """Keep files, the likeliest main one first, and return their id."""
    if len(sources) == 1:
        return home.keep(sources, schema, most_bytes, progress).id
    upload = home.keep(sources, schema, most_bytes, progress.part(0, 0.3)).id
    try:
        data = find_dataset(upload, home)
        if data is not None:
            tables = loading.tables(data, without_columns(schema).file, progress.part(0.3, 1))
            home.put_first(upload, guess_main(tables, schema).number)
    except ResultsError:
        pass  # a file that cannot be read is spoken of when the data are
    except BaseException:
        home.delete(upload)
        raise
    return upload


def _put_first_again(upload: str, home: Workspace) -> None:
    """Make that file the main one which was chosen before a further file came."""
    kept = home.find(upload)
    digests = [file.sha256 for file in kept.files] if kept is not None else []
    if state.recall(_MAIN) in digests:
        home.put_first(upload, digests.index(state.recall(_MAIN)))


def choose_main(data: Dataset, number: int) -> None:
    """Make another file of an upload the main one. What was said of columns was said of the old one, and is dropped.

    Nothing is done where the files stand in another order by now, or others are on screen. Raises KeyError where the
    upload is gone.
    """
    now = _now(data)
    if now is None or now.key != data.key:
        return
    schema = without_columns(data.schema)
    said = f"main file {data.files[number].name}", write_schema_change(data.schema, schema)
    change = Change(people.person(), "changed schema", "; ".join(filter(None, said)))
    Workspace.at_home().put_first(data.id, number, schema, change)
    state.remember(_MAIN, data.files[number].sha256)


def amend(data: Dataset, change: Callable[[Schema], Schema]) -> None:
    """Keep what was changed in a widget that spoke of these data (in a callback), or say why it cannot be.

    The page may have gone on meanwhile. Where other data are on screen nothing is changed; where more was corrected
    since, the change comes on top of it.
    """
    now = _now(data)
    if now is None:
        return
    try:
        schema = change(now.schema)
        if schema != now.schema:
            correct_schema(now, schema)
    except (ValueError, KeyError) as error:
        complain(str(error))


def _now(data: Dataset) -> Dataset | None:
    """Return these data as they are now, the copy where they were copied; None where others are on screen."""
    now = state.dataset()
    if now is None:
        return None
    is_copy = data.kind != "upload" and now.key == data.key
    return now if now.id == data.id or is_copy else None


def correct_schema(data: Dataset, schema: Schema) -> bool:
    """Keep a corrected schema, and return whether that is done.

    Samples and the opened file are copied first, and get an address of their own with it; until a large one is
    copied the schema is as it was.
    """
    who = people.person()
    if data.kind == "upload":
        state.show(correct(data, schema, Workspace.at_home(), who=who).id)
        return True
    if not _may_keep():
        return False
    errand, purpose = state.recall(_ERRAND), (data.key, schema.digest)
    if errand is None or errand.purpose != purpose:
        home = Workspace.at_home()

        def follow(corrected: Dataset) -> None:
            kept_beside.bring_policy(corrected.id)
            state.show(corrected.id)

        _begin(purpose, lambda tell: correct(data, schema, home, Progress(tell), who=who), follow)
    return settle() is None


def settle() -> Waiting | None:
    """Put on screen what has been kept by now, and return how far the keeping is where it is not done.

    To be called before widgets are drawn. What was stopped can be taken up as long as the same data are on screen.
    """
    errand = state.recall(_ERRAND)
    if errand is None:
        return None
    try:
        kept = await_work(_errands(), errand.key, errand.work)
    except Exception as error:
        _end(errand)
        if not isinstance(error, ResultsError):
            raise
        complain(str(error))
        return None
    if isinstance(kept, Waiting):
        if kept.job is not None or errand.screen == state.dataset_id():
            return kept
        _end(errand)
        return None
    _end(errand)
    errand.follow(kept)
    return None


def forget(data: Dataset) -> None:
    """Delete an upload and the sets that were added to it: their folders, and what was kept of them in memory."""
    home, added = Workspace.at_home(), state.set_addresses() if state.dataset_id() == data.id else ()
    for one in (find_dataset(address, home) for address in added):
        if one is not None and one.kind == "upload" and one.id != data.id:
            _delete(one)
    _delete(data)
    if state.dataset_id() == data.id:
        kept_beside.forget_texts()
        state.show_anew(state.first_address())


def forget_beside(data: Dataset) -> None:
    """Delete the upload that is beside the data on screen, and how it was matched with them."""
    reference = state.dataset()
    _delete(data)
    if reference is not None:
        kept_beside.drop_match(reference, data)
    state.show_customer("")


def _delete(data: Dataset) -> None:
    Workspace.at_home().delete(data.id)
    loading.drop(data)
    _renew_zones()  # the old ones still hold the files


def _renew_zones() -> None:
    state.remember(_DROPS, state.recall(_DROPS, 0) + 1)


def drop_key(zone: str = "drop") -> str:
    """The key of a drop zone, a new one after each deletion."""
    return f"{zone}_{state.recall(_DROPS, 0)}"


def complain(text: str) -> None:
    """Have said, on the next look at the page, why something was not taken."""
    state.remember(_COMPLAINT, text)


def hear_complaint() -> str | None:
    """Return, once, why something was not taken."""
    said = state.recall(_COMPLAINT)
    state.remember(_COMPLAINT, None)
    return said


def _may_keep() -> bool:
    """Whether whoever is at the screen may keep files here; else have said what is needed for it."""
    if people.may_upload():
        return True
    complain("Sign in first: here only people who are signed in may keep files.")
    return False


def _begin(purpose: Hashable, work: Work, follow: Callable[[Any], None]) -> None:
    _end(state.recall(_ERRAND))
    errand = _Errand(purpose, work, follow, state.dataset_id(), secrets.token_hex(16))
    state.remember(_ERRAND, errand)


def _end(errand: _Errand | None) -> None:
    """Forget an errand, and stop it where it is under way."""
    if errand is not None:
        _errands().drop(lambda key: key == errand.key)
        state.remember(_ERRAND, None)


@st.cache_resource(show_spinner=False)
def _errands() -> Jobs:
    return Jobs(keep=20, seconds=600)
