from __future__ import annotations

import hashlib
import time
from dataclasses import FrozenInstanceError, replace

import pytest

from dashboard.workspace import ReadOnly, Workspace
from metrics.errors import QuestionError
from tests.dashboard.kept import things_in
from tests.dashboard.store.made import BUNDLE, SOURCE, keep, publish

OTHER = "0f" * 32


def test_what_was_published_is_found_under_its_link(tmp_path):
    ends = time.time() + 60

    report, _ = publish(tmp_path, title="Lending", owner="Ann@x.org", readers=("Bo@x.org ",), ends=ends)

    found = Workspace(tmp_path).find_report(report.id)
    assert found == report
    assert found.path.read_bytes() == BUNDLE
    assert (found.title, found.owner, found.readers, found.ends) == ("Lending", "ann@x.org", ("bo@x.org",), ends)
    assert (found.size, found.sha256) == (len(BUNDLE), hashlib.sha256(BUNDLE).hexdigest())
    assert found.withdrawn == 0
    with pytest.raises(FrozenInstanceError):
        found.title = "another"


def test_without_readers_whoever_has_the_link_may_read(tmp_path):
    assert publish(tmp_path)[0].readers is None
    assert publish(tmp_path, readers=())[0].readers == ()


def test_links_and_keys_are_long_and_never_the_same(tmp_path):
    made = [publish(tmp_path) for _ in range(10)]

    secrets = {report.id for report, _ in made} | {key for _, key in made}
    assert len(secrets) == 20
    assert {len(secret) for secret in secrets} == {32}


def test_the_key_is_the_owners_alone_and_is_kept_nowhere(tmp_path):
    (mine, key), (other, _) = publish(tmp_path), publish(tmp_path)
    home = Workspace(tmp_path)

    assert home.may_change(mine.id, key=key)
    assert not home.may_change(other.id, key=key)
    for wrong in ("", key[:-1], key + "x", key.swapcase(), "\ud800", hashlib.sha256(key.encode()).hexdigest()):
        assert not home.may_change(mine.id, key=wrong)
    assert not any(key.encode() in path.read_bytes() for path in tmp_path.glob("workspace.*"))


def test_who_signed_in_may_change_what_is_theirs(tmp_path):
    mine, _ = publish(tmp_path, owner="ann@x.org")
    nobodys, _ = publish(tmp_path, owner="")
    home = Workspace(tmp_path)

    assert home.may_change(mine.id, person=" ANN@x.org")
    assert not home.may_change(mine.id, person="bo@x.org")
    assert not home.may_change(mine.id)
    assert not home.may_change(nobodys.id, person="")
    assert not home.may_change(nobodys.id, person="ann@x.org")


def test_everyone_finds_their_own_reports_and_nobody_those_of_nobody(tmp_path):
    first, second = (publish(tmp_path, owner="ann@x.org")[0] for _ in range(2))
    publish(tmp_path, owner="bo@x.org")
    publish(tmp_path)
    home = Workspace(tmp_path)

    home.withdraw(first.id)

    assert [(r.id, r.withdrawn > 0) for r in home.reports_of("Ann@x.org")] == [(second.id, False), (first.id, True)]
    assert home.reports_of("") == home.reports_of("  ") == home.reports_of("%") == []


def test_readers_are_changed(tmp_path):
    report, _ = publish(tmp_path)
    home = Workspace(tmp_path)

    home.set_readers(report.id, ("Bo@x.org",))
    assert home.find_report(report.id).readers == ("bo@x.org",)
    home.set_readers(report.id, None)
    assert home.find_report(report.id) == report


def test_a_withdrawn_report_is_gone_but_what_it_showed_is_remembered(tmp_path):
    report, key = publish(tmp_path, memory='{"shown": 1}')
    home = Workspace(tmp_path)

    home.withdraw(report.id)
    home.withdraw(report.id)

    assert home.find_report(report.id) is None
    assert things_in(tmp_path) == []
    assert home.memories((SOURCE,)) == ['{"shown": 1}']
    assert home.may_change(report.id, key=key)


def test_a_deleted_report_is_forgotten_wholly(tmp_path):
    report, key = publish(tmp_path, owner="ann@x.org")
    home = Workspace(tmp_path)

    assert home.delete_report(report.id) is True
    assert home.delete_report(report.id) is False

    assert home.find_report(report.id) is None
    assert home.memories((SOURCE,)) == home.reports_of("ann@x.org") == things_in(tmp_path) == []
    assert not home.may_change(report.id, key=key, person="ann@x.org")


def test_memories_are_those_of_reports_that_share_a_file(tmp_path):
    publish(tmp_path, sources=(SOURCE, OTHER), memory="both")
    publish(tmp_path, sources=(SOURCE,), memory="one")
    publish(tmp_path, sources=(OTHER,), memory="other")
    home = Workspace(tmp_path)

    assert home.memories((SOURCE,)) == ["both", "one"]
    assert home.memories((SOURCE, OTHER)) == ["both", "one", "other"]
    assert home.memories(()) == home.memories(("a" * 64,)) == home.memories(("%",)) == []


def test_what_was_handed_on_as_a_file_is_remembered_until_its_owner_has_it_forgotten(tmp_path, monkeypatch):
    home, now = Workspace(tmp_path), time.time()
    file, key = home.hand_on(BUNDLE, title="Loans", owner="Ann@x.org", sources=(SOURCE, OTHER), memory="shown")

    assert home.find_report(file.id) is None
    assert things_in(tmp_path) == []
    assert (file.is_file, file.title, file.sha256) == (True, "Loans", hashlib.sha256(BUNDLE).hexdigest())
    assert home.look_up(file.id) == file
    assert home.reports_of("ann@x.org") == [file]
    assert [(e.who, e.what, e.detail) for e in home.read_log(file.id)] == [("ann@x.org", "handed on", "Loans")]
    assert home.may_change(file.id, key=key) and not home.may_change(file.id, key=key[:-1])
    monkeypatch.setattr("time.time", lambda: now + 10 * 365 * 86_400)
    home.sweep()
    home.withdraw(file.id)
    assert home.look_up(file.id) == file
    assert home.memories((OTHER,)) == ["shown"]
    with pytest.raises(KeyError):
        home.set_readers(file.id, None)
    status = home.status()
    assert (status.reports, status.withdrawn, status.files) == (0, 0, 1)

    assert home.delete_report(file.id)

    assert home.memories((SOURCE, OTHER)) == home.reports_of("ann@x.org") == []
    assert home.look_up(file.id) is None
    assert [(e.who, e.what) for e in home.read_log(file.id)] == [("", "deleted")]


def test_a_file_that_nobody_takes_is_not_remembered(tmp_path, monkeypatch):
    """Whoever made it has closed the page: its key is lost, and the file never went out."""
    home, now = Workspace(tmp_path), time.time()
    told = {"title": "Loans", "owner": "", "sources": (SOURCE,), "claim_by": now + 60}
    taken, key = home.hand_on(BUNDLE, memory="taken", **told)
    lost, other = home.hand_on(BUNDLE, memory="lost", **told)
    assert home.memories((SOURCE,)) == ["taken", "lost"]  # until it is known
    assert not home.may_change(taken.id, key=key)

    assert home.claim(taken.id, taken.began)
    assert home.claim(taken.id, taken.began)  # once more changes nothing
    monkeypatch.setattr("time.time", lambda: now + 61)

    assert home.may_change(taken.id, key=key) and not home.may_change(lost.id, key=other)
    assert not home.claim(lost.id, now)
    assert home.memories((SOURCE,)) == ["taken"]
    home.sweep()
    assert home.look_up(lost.id) is None and home.look_up(taken.id) is not None
    assert home.status().files == 1


def test_a_file_that_is_handed_on_keeps_to_the_same_rules(tmp_path):
    home = Workspace(tmp_path)
    told = {"title": "x", "owner": "", "sources": (SOURCE,), "memory": "shown"}
    with pytest.raises(ValueError, match="sha256"):
        home.hand_on(BUNDLE, **{**told, "sources": ("lending.csv",)})
    with pytest.raises(QuestionError, match="e-mail address"):
        home.hand_on(BUNDLE, **{**told, "owner": "a" * 400})
    with pytest.raises(ReadOnly):
        Workspace(tmp_path, writable=False).hand_on(BUNDLE, **told)

    assert home.memories((SOURCE,)) == []
    for no_id in ("", "..", "x" * 32):
        assert home.look_up(no_id) is None


def test_a_report_past_its_end_is_not_found_and_its_bytes_go(tmp_path, monkeypatch):
    now = time.time()
    report, key = publish(tmp_path, ends=now + 100, owner="ann@x.org", readers=("bo@x.org",), memory="shown")
    Workspace(tmp_path).log("ann@x.org", "published", report.id)
    monkeypatch.setattr("time.time", lambda: now + 101)
    home = Workspace(tmp_path)

    assert home.find_report(report.id) is None
    home.sweep()
    home.sweep()

    assert things_in(tmp_path) == []
    assert home.memories((SOURCE,)) == ["shown"]
    (ended,) = home.reports_of("ann@x.org")
    assert (ended.title, ended.readers, ended.withdrawn) == ("", (), report.ends)
    assert [(entry.who, entry.what) for entry in home.read_log(report.id)] == [("", "ended")]
    assert home.may_change(report.id, key=key)


def test_what_is_not_claimed_is_opened_by_no_key_and_is_as_good_as_never_published(tmp_path, monkeypatch):
    now = time.time()
    report, key = publish(tmp_path, ends=now + 100, memory="shown", claimed=False)
    home = Workspace(tmp_path)
    assert not home.may_change(report.id, key)
    assert home.memories((SOURCE,)) == ["shown"]  # somebody may still claim it, and hand its link on

    monkeypatch.setattr("time.time", lambda: now + 101)
    assert not home.claim(report.id, now + 1000)
    assert home.memories((SOURCE,)) == []
    home.sweep()

    assert things_in(tmp_path) == []
    assert not home.may_change(report.id, key)
    assert [entry.what for entry in home.read_log(report.id)] == ["deleted"]


def test_what_is_claimed_is_its_keys_until_its_own_end(tmp_path, monkeypatch):
    now = time.time()
    report, key = publish(tmp_path, ends=now + 100, claimed=False)
    claimed, _ = publish(tmp_path, ends=now + 100)
    home = Workspace(tmp_path)

    assert home.claim(report.id, now + 1000)
    assert home.claim(report.id, now + 9999)
    assert home.claim(claimed.id, now + 9999)

    assert home.may_change(report.id, key)
    assert [home.find_report(r.id).ends for r in (report, claimed)] == [now + 1000, now + 100]
    monkeypatch.setattr("time.time", lambda: now + 900)
    home.sweep()
    assert home.find_report(report.id) is not None
    assert not home.claim("A" * 32, now + 9999)


@pytest.mark.parametrize("ends", [0.0, -1.0, float("nan"), float("-inf")])
def test_a_report_cannot_end_before_it_begins(tmp_path, ends):
    with pytest.raises(QuestionError, match="ends in the future"):
        publish(tmp_path, ends=ends)

    assert things_in(tmp_path) == []


def test_what_is_too_long_or_no_digest_is_refused(tmp_path):
    with pytest.raises(ValueError, match="sha256"):
        publish(tmp_path, sources=("lending.csv",))
    with pytest.raises(QuestionError, match="e-mail address"):
        publish(tmp_path, owner="a" * 400)
    with pytest.raises(QuestionError, match="readers"):
        publish(tmp_path, readers=("a@x.org",) * 1_001)

    assert things_in(tmp_path) == []


def _swap(text: str, place: int) -> str:
    return text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :]


def test_guessed_and_altered_links_find_and_change_nothing(tmp_path):
    report, key = publish(tmp_path)
    upload = keep(tmp_path).id
    home = Workspace(tmp_path)
    altered = {_swap(report.id, place) for place in range(32)} | {report.id.swapcase(), report.id[::-1]}
    hostile = {"", ".", "..", "../" + "a" * 29, f"../{report.id}", f"{report.id}/", f"{report.id}\n", f"{report.id}%00"}
    formed = {"*", "%", "_" * 32, "' OR 1=1 --", "\x00" * 32, "workspace.sqlite", f"{report.id}/bundle.zip", upload}

    for link in (altered - {report.id}) | hostile | formed:
        assert home.find_report(link) is None
        assert not home.may_change(link, key=key)
        assert home.delete_report(link) is False
        assert home.read_log(link) == []
        for change in (home.withdraw, lambda link: home.set_readers(link, ())):
            with pytest.raises(KeyError):
                change(link)
    assert home.find_report(report.id) == report
    assert home.find(report.id) is None
    assert home.delete(report.id) is False
    assert home.find(upload) is not None


def test_a_title_is_text_that_can_be_printed(tmp_path):
    report, _ = publish(tmp_path, title="a\x00b\n\ud800" + "x" * 500)

    assert report.title == "ab" + "x" * 198


def test_a_report_whose_bundle_is_gone_is_not_found(tmp_path):
    report, _ = publish(tmp_path)
    report.path.unlink()

    assert Workspace(tmp_path).find_report(report.id) is None


def test_a_report_can_be_taken_along(tmp_path):
    report, _ = publish(tmp_path)

    assert replace(report, title="x").id == report.id


def test_a_withdrawn_report_without_a_title_is_forgotten_at_its_end_too(tmp_path, monkeypatch):
    now = time.time()
    report, _ = publish(tmp_path, title="", owner="ann@x.org", readers=("bo@x.org",), ends=now + 100)
    home = Workspace(tmp_path)
    home.withdraw(report.id)
    home.log("ann@x.org", "withdrew", report.id)
    monkeypatch.setattr("time.time", lambda: now + 101)

    home.sweep()

    assert home.reports_of("ann@x.org")[0].readers == ()
    assert [(entry.who, entry.what) for entry in home.read_log(report.id)] == [("", "ended")]


@pytest.mark.parametrize("how", ["withdrawn", "ended"])
def test_of_what_nobody_can_read_the_readers_are_not_changed(tmp_path, monkeypatch, how):
    now = time.time()
    report, _ = publish(tmp_path, ends=now + 100)
    home = Workspace(tmp_path)
    if how == "withdrawn":
        home.withdraw(report.id)
    else:
        monkeypatch.setattr("time.time", lambda: now + 101)

    with pytest.raises(KeyError):
        home.set_readers(report.id, ("bo@x.org",))


@pytest.mark.parametrize(
    ("owner", "other"),
    [("strasse@example.org", "straße@example.org"), ("kate@example.org", "\N{KELVIN SIGN}ate@example.org")],
)
def test_letters_that_only_look_alike_are_of_somebody_else(tmp_path, owner, other):
    report, _ = publish(tmp_path, owner=owner)
    home = Workspace(tmp_path)

    assert home.may_change(report.id, person=owner.upper())
    assert not home.may_change(report.id, person=other)
    assert home.reports_of(other) == []
