"""Examples that a stranger wrote into a bundle are refused in words, or are texts and nothing else."""

from __future__ import annotations

import json
import tracemalloc
import zipfile
from collections.abc import Callable
from functools import cache
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.errors import ResultsError
from metrics.question import Question
from metrics.scored import score
from metrics.sharing.ask import ask_shared, write_shared_json
from metrics.sharing.bundle import read_bundle, write_bundle
from metrics.sharing.bundle_archive import pack
from metrics.sharing.share import share
from metrics.sharing.terms import ExampleTerms, Terms, groupings_up_to
from metrics.sharing.words import say_examples
from tests.metrics.sharing.remade import members_of, with_head, with_size
from tests.metrics.sharing.shared_files import plain, share_results
from tests.metrics.sharing.speech import speech, utterances

NAME = "examples.json"


@cache
def bundle() -> bytes:
    """Return a bundle in which a0 = 2 is hidden, and so is another group, with examples of the rest."""
    frame = utterances(0, 400, (4, 2))
    results = speech(frame)
    terms = Terms("t", groupings_up_to(["a0", "a1"], 1), ("word_error_rate",), min_cell=40, examples=ExampleTerms(10))
    return write_bundle(share(results, score(results), terms, made="2026-01-31"))


def with_examples(change: Callable[[Any], Any]) -> bytes:
    members = members_of(bundle())
    tree = json.loads(members[NAME])
    changed = change(tree)
    return pack({**members, NAME: json.dumps(tree if changed is None else changed).encode()})


def refuse(data: bytes) -> str:
    with pytest.raises(ResultsError) as error:
        read_bundle(data, "x.zip")
    (found,) = error.value.findings
    assert found.severity == "stop" and found.cure
    assert len(str(found)) < 600
    return str(found)


def put(*path: Any, value: Any) -> Callable[[Any], None]:
    def change(tree: Any) -> None:
        for step in path[:-1]:
            tree = tree[step]
        tree[path[-1]] = value

    return change


FIRST = ("examples", 0)
CHANGES = [
    (lambda tree: [], "it is an object"),
    (lambda tree: {key: value for key, value in tree.items() if key != "seed"}, "lacks 'seed'"),
    (put("more", value=1), "unknown key 'more'"),
    (put("drawn", value="best"), "in no known way"),
    (put("drawn", value=["random"]), "in no known way"),
    (put("unit", value="letters"), "in no known way"),
    (put("seed", value=-1), "a whole number from 0"),
    (put("seed", value=True), "seed is True; it is a whole number"),
    (put("seed", value=10**400), "too large"),
    (put("asked", value=51), "a whole number from 1 to 50"),
    (put("asked", value=1), "10 entries; it has up to 1."),
    (put("axes", value=["a1", "a0"]), "in another order"),
    (put("axes", value=["a0"]), "2 entries; it has up to 1."),
    (put("axes", value=["a0", "a0"]), "other attributes"),
    (put("axes", value=["a0", "speaker"]), "other attributes"),
    (put("axes", value=[["a0"], "a1"]), "other attributes"),
    (put("axes", value="a0"), "it is a list"),
    (put("examples", value=[]), "examples has none"),
    (put("examples", value={}), "it is a list"),
    (lambda tree: tree.update(examples=tree["examples"] * 6, asked=50), "60 entries; it has up to 50."),
    (put(*FIRST, value="said"), "it is an object"),
    (put(*FIRST, "id", value="u1"), "unknown key 'id'"),
    (put(*FIRST, "said", value=None), "it is a text"),
    (put(*FIRST, "said", value=["a"]), "it is a text"),
    (put(*FIRST, "said", value="x" * 4001), "4,001 signs"),
    (put(*FIRST, "said", value=" ".join("x" * 301)), "301 words"),
    (put(*FIRST, "said", value="two  spaces"), "one space apart"),
    (put(*FIRST, "said", value="a\nb"), "one space apart"),
    (put(*FIRST, "said", value="a\u2028b"), "one space apart"),
    (put(*FIRST, "said", value=" a"), "one space apart"),
    (put(*FIRST, "heard", value=["one"]), "a text too few"),
    (put(*FIRST, "heard", value=["one", "two", "three"]), "3 entries; it has up to 2."),
    (put(*FIRST, "heard", value=["one", 2]), "it is a text"),
    (put(*FIRST, "levels", value=[0]), "a level or a text too few"),
    (put(*FIRST, "levels", value=[0, 9]), "a whole number from 0 to 2"),
    (put(*FIRST, "levels", value=[0, True]), "levels is True; it is a whole number"),
    (put(*FIRST, "levels", value=[3, 0]), "hidden or not there"),
    (put(*FIRST, "levels", value=[4, 0]), "hidden or not there"),
    (put(*FIRST, "levels", value=[[[[[0]]]], 0]), "nested deeper"),
]


@pytest.mark.parametrize(("change", "said"), CHANGES)
def test_examples_that_cannot_be_are_refused(change, said):
    assert said in refuse(with_examples(change))


@pytest.mark.parametrize(("n", "is_refused"), [(5, False), (6, True)])
def test_examples_that_leave_too_few_others_in_a_slice_are_refused(n, is_refused):
    """The minimum is 5 less than the smallest group has that is shown."""
    grouping = read_bundle(bundle()).cubes[0].by(("a0",))
    units = {code: n for (code,), n in zip(grouping.codes.tolist(), grouping.rows[:, 0].tolist(), strict=True) if n}
    code = min(units, key=lambda code: units[code])

    def change(tree: Any) -> None:
        tree.update(examples=[{**tree["examples"][0], "levels": [code, 0]}] * n)

    data = with_head(with_examples(change), lambda tree: tree["terms"].update(min_cell=units[code] - 5))
    if is_refused:
        assert f"leaves under {units[code] - 5} others" in refuse(data)
    else:
        assert len(read_bundle(data).examples or ()) == n


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "cannot be used"),
        (b"\xff\xfe", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b'{"drawn": 1, "drawn": 1}', "twice"),
        (b'{"seed": NaN}', "NaN is no number"),
        (b'{"said": "\\ud800"}', "half a sign"),
        (b" " * (3 * 2**20), "larger than 2 MB"),
    ],
)
def test_examples_that_are_no_json_are_refused(text, said):
    assert said in refuse(pack({**members_of(bundle()), NAME: text}))


def test_a_member_that_unpacks_without_end_is_refused_in_little_memory():
    data = pack({**members_of(bundle()), NAME: b" " * 2**27})
    tracemalloc.start()
    said = refuse(data)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert "larger than 2 MB" in said
    assert most < 2**29


def test_a_zip_file_that_lies_about_the_examples_is_refused():
    assert "is not what it was" in refuse(with_size(bundle(), NAME, 10))

    out = BytesIO(bundle())
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(out, "a") as archive:
        archive.writestr(NAME, members_of(bundle())[NAME])
    assert "more than one 'examples.json'" in refuse(out.getvalue())


def test_examples_belong_to_version_2_and_to_transcripts():
    assert "version 1 of the format has not" in refuse(with_head(bundle(), lambda tree: tree.update(version=1)))
    other = members_of(write_bundle(share_results(plain())))
    head = {**json.loads(other["bundle.json"]), "version": 2}
    data = pack({**other, "bundle.json": json.dumps(head).encode(), NAME: members_of(bundle())[NAME]})
    assert "the task has no transcripts" in refuse(data)


def test_signs_that_steer_a_terminal_or_turn_the_direction_are_kept_as_text():
    """They may be what was heard; whoever shows them writes them out (`show`, `show_signs`)."""
    odd = "\u202eevil\u2066 \x1b[2J\x00 <script>"
    shared = read_bundle(with_examples(put(*FIRST, "said", value=odd)))

    assert shared.examples is not None and shared.examples.told[0].said == odd
    found = ask_shared(shared, Question())
    assert json.loads(write_shared_json(shared, found))["examples"]["transcripts"][0]["reference"] == odd
    assert any(odd in line for line in say_examples(shared))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 60) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def places_in(tree: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    return [p for key, value in inner for p in ((*path, key), *places_in(value, (*path, key)))]


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_examples_changed_anywhere_are_refused_or_can_be_shown(data):
    def change(tree: Any) -> None:
        put(*data.draw(st.sampled_from(places_in(tree))), value=data.draw(JSON))(tree)

    try:
        shared = read_bundle(with_examples(change))
    except ResultsError as error:
        assert error.findings
        return
    assert shared.examples is not None
    for example in shared.examples.told:
        assert len(example.align()) == 2
        assert example in shared.examples.of(shared.examples.slice_of(example))
    assert len(say_examples(shared)) > len(shared.examples)
