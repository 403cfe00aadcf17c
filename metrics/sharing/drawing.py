"""Drawing examples: which transcripts can be shown without telling more of anybody else, and which of these are."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from metrics.cube import Cubes
from metrics.errors import QuestionError, unknown
from metrics.progress import SILENT, Progress
from metrics.results import Results
from metrics.scored import Axis, Scored
from metrics.sharing.examples import LONGEST_EXAMPLE, MOST_STEPS, Example, Examples
from metrics.sharing.hiding import Hiding
from metrics.sharing.known import find_known, hide_beside
from metrics.sharing.paired_units import pair_units, take_texts
from metrics.sharing.room import Room
from metrics.sharing.tables import Earlier
from metrics.sharing.terms import ExampleTerms, Terms
from metrics.utterances import Utterances, count_errors, has_transcripts, unit_of

__all__ = ["hide_and_draw"]

Places = NDArray[np.int64]
Bools = NDArray[np.bool_]


def hide_and_draw(
    results: Results,
    scored: Sequence[Scored],
    cubes: Cubes,
    terms: Terms,
    earlier: Sequence[Earlier] = (),
    progress: Progress = SILENT,
) -> tuple[list[Hiding], Examples | None]:
    """Return what is hidden for each system, and the examples that go along, None where none are asked for.

    What is hidden is so for readers who know the examples of today and of before. Raises QuestionError where nothing
    can be shared, and where examples are asked for and there are no transcripts.
    """
    known = find_known(earlier)
    if terms.examples is None:
        return hide_beside(known, scored, cubes, terms, earlier, progress), None
    if not has_transcripts(results):
        raise QuestionError(
            "There are no transcripts to show examples of: the data have no texts of what was said and heard."
        )
    hiding = hide_beside(known, scored, cubes, terms, earlier, progress.part(0, 0.4))
    return _draw_examples(results, scored, cubes, terms, terms.examples, earlier, hiding, progress.part(0.4, 1))


def _draw_examples(
    results: Results,
    scored: Sequence[Scored],
    cubes: Cubes,
    terms: Terms,
    asked: ExampleTerms,
    earlier: Sequence[Earlier],
    hiding: list[Hiding],
    progress: Progress = SILENT,
) -> tuple[list[Hiding], Examples]:
    """Draw examples and hide what has to be hidden from whoever knows them; `hiding` is so without any.

    An example is of no hidden slice, neither of today nor of what was shared before. Of every slice shown, and of those
    with all the levels that are told of an example, `min_cell` people are left who are no example. Where that, or what
    is hidden for the sake of those who are left, allows fewer, there are fewer.
    """
    axes = _told_axes(scored[0], terms, asked)
    known, pairs = find_known(earlier), pair_units(results, scored)
    room = Room(scored, terms, axes, earlier, known, pairs)
    others = int((~np.isin(scored[0].rows, known)).sum()) - 2 * terms.min_cell  # so many are needed to share anything
    places = room.choose(_order(scored, asked, pairs, room.is_open(hiding)), max(0, min(asked.most, others)))
    texts = [take_texts(results, s, at[places]) for s, at in zip(scored, pairs, strict=True)]
    fits = np.array([_fits(texts, number) for number in range(len(places))], bool)
    places, before = room.leave_out_told(places[fits], cubes), -1
    while len(places) != before:
        before = len(places)
        rows = np.unique([s.rows[at[places]] for s, at in zip(scored, pairs, strict=True)])
        hiding = _hide(rows, known, scored, cubes, terms, earlier, progress)
        places = room.leave_out_told(places[room.is_open(hiding)[places]], cubes)
    kept = [take_texts(results, s, at[places]) for s, at in zip(scored, pairs, strict=True)]
    told = tuple(
        Example(levels, str(kept[0].said[n]), tuple(str(texts.heard[n]) for texts in kept))
        for n, levels in enumerate(_levels(scored[0], axes, places))
    )
    unit = unit_of(scored[0])
    return hiding, Examples(asked.drawn, asked.seed, asked.most, unit, axes, told, tuple(rows.tolist()))


def _hide(
    rows: Places,
    known: Places,
    scored: Sequence[Scored],
    cubes: Cubes,
    terms: Terms,
    earlier: Sequence[Earlier],
    progress: Progress,
) -> list[Hiding]:
    try:
        return hide_beside(np.union1d(known, rows), scored, cubes, terms, earlier, progress)
    except QuestionError as error:
        if not len(rows):
            raise
        raise QuestionError(f"With {len(rows)} examples known to readers: {error} Or share fewer examples.") from error


def _told_axes(scored: Scored, terms: Terms, asked: ExampleTerms) -> tuple[Axis, ...]:
    """Return the attributes whose levels are told. Raises QuestionError for one that is not shared."""
    for name in asked.axes or ():
        if name not in terms.axes:
            raise unknown(name, "attribute that is shared called", terms.axes)
    names = terms.axes if asked.axes is None else asked.axes
    return tuple(axis for axis in scored.axes if axis.name in names)


def _levels(scored: Scored, axes: Sequence[Axis], places: Places) -> list[tuple[int, ...]]:
    at = [scored.axes.index(axis) for axis in axes]
    return [tuple(int(scored.codes[a][place]) for a in at) for place in places.tolist()]


def _order(scored: Sequence[Scored], asked: ExampleTerms, pairs: Sequence[Places], is_open: Bools) -> Places:
    """Return the places of the units that can be examples, those to be taken first in front."""
    edits, words, fine = np.zeros(len(scored[0])), np.zeros(len(scored[0])), is_open.copy()
    for one, at in zip(scored, pairs, strict=True):
        counts = count_errors(one).iloc[np.maximum(at, 0)].reset_index(drop=True)
        fine &= (
            (at >= 0) & counts["known"].to_numpy() & (counts["words"] + counts["insertions"] <= MOST_STEPS).to_numpy()
        )
        edits, words = edits + counts["edits"].to_numpy(), words + counts["words"].to_numpy()
    if asked.drawn == "worst":
        found = np.flatnonzero(fine & (edits > 0) & (words > 0))
        return found[np.lexsort((-edits[found], -edits[found] / words[found]))]
    # The draw hangs on all rows, so that the seed tells nobody without the file which places were drawn.
    content = hashlib.sha256(b"".join(v.tobytes() for s in scored for v in s.values)).digest()
    return np.random.default_rng([asked.seed, int.from_bytes(content[:8], "big")]).permutation(np.flatnonzero(fine))


def _fits(texts: Sequence[Utterances], number: int) -> bool:
    """Whether an utterance is there for every system, with one reference, and no text of it is longer than is shown."""
    said = {utterances.said[number] for utterances in texts}
    heard = [utterances.heard[number] for utterances in texts]
    return len(said) == 1 and all(text is not None and len(text) <= LONGEST_EXAMPLE for text in (*said, *heard))
