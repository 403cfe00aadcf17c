"""Which bounty an address leads to: the opened one, the sample, a copy of it under a secret id, and nothing else."""

from __future__ import annotations

import os
import time

import pytest

from dashboard import bounties
from dashboard.bounties import FOLDER_VARIABLE, OPENED, SAMPLE, copy_sample, digest_file, find_bounty, name_bounty
from dashboard.workspace import Workspace


@pytest.fixture
def home(tmp_path):
    return Workspace(tmp_path / "uploads", hours=24)


@pytest.fixture(autouse=True)
def sample(tmp_path, monkeypatch):
    folder = tmp_path / "sample"
    folder.mkdir()
    (folder / "bounty.toml").write_text('name = "Sample"\n')
    monkeypatch.setattr(bounties, "SAMPLE_FOLDER", folder)
    monkeypatch.setenv(FOLDER_VARIABLE, "")
    return folder


def test_nothing_is_open_unless_it_was_named(home):
    assert find_bounty(OPENED, home) is None
    assert not bounties.is_opened()


def test_the_opened_folder_is_found_until_it_is_gone(home, sample):
    name_bounty(sample)
    found = find_bounty(OPENED, home)
    (sample / "bounty.toml").unlink()
    sample.rmdir()

    assert found is not None
    assert (found.kind, found.folder) == ("opened", sample)
    assert find_bounty(OPENED, home) is None


@pytest.mark.parametrize(
    "address", ["", "..", "../sample", "/etc", "bounty-x", "A" * 32, "%2e%2e", "a/../../b" + "A" * 23]
)
def test_no_other_address_leads_anywhere(address, home):
    assert find_bounty(address, home) is None


def test_a_copy_is_whole_has_a_secret_address_and_leaves_the_sample_alone(home, sample):
    place = copy_sample(home)
    (place.folder / "ledger.jsonl").write_text("{}")

    again = find_bounty(place.id, home)
    assert again is not None
    assert (again.kind, again.folder, len(again.id)) == ("copy", place.folder, 32)
    assert (again.folder / "bounty.toml").read_text() == 'name = "Sample"\n'
    assert [path.name for path in sample.iterdir()] == ["bounty.toml"]
    assert copy_sample(home).id != place.id
    assert find_bounty(SAMPLE, home).folder == sample


def test_a_copy_past_its_time_is_gone(home):
    place = copy_sample(home)
    old = time.time() - 25 * 3600
    os.utime(place.folder, (old, old))

    assert find_bounty(place.id, home) is None
    assert not place.folder.exists()


def test_sweeping_uploads_keeps_copies_that_are_in_time(home):
    kept, over = copy_sample(home), copy_sample(home)
    os.utime(over.folder, (0, 0))

    home.sweep()

    assert find_bounty(kept.id, home) is not None
    assert not over.folder.exists()


def test_a_copy_is_no_upload(home):
    """Its id opens no data, and the id of data no bounty."""
    assert home.find(copy_sample(home).id) is None


def test_a_digest_follows_the_content(sample):
    path = sample / "bounty.toml"
    first = digest_file(path)
    path.write_text('name = "Another"\n')

    assert digest_file(path) != first
    assert digest_file(sample / "nothing") == ""
