"""Finding the rows that were examples again: by their places in the same file, else by what they say."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.results import Results
from metrics.scored import Scored
from metrics.sharing.examples import Examples
from metrics.sharing.paired_units import pair_units, take_texts

__all__ = ["find_examples", "note_examples"]

Places = NDArray[np.int64]


def note_examples(examples: Examples | None) -> dict[str, Any] | None:
    """Return what has to be known of examples to find their rows again, as JSON takes it: no word is in it."""
    if not examples:
        return None
    keys = [_key(examples.slice_of(e).items(), (e.said, *e.heard)) for e in examples.told]
    return {"axes": [axis.name for axis in examples.axes], "rows": sorted(examples.rows), "keys": keys}


def find_examples(
    noted: Mapping[str, Any] | None, results: Results, scored: Sequence[Scored], *, is_same_file: bool = True
) -> Places:
    """Return the places of the rows that were examples, in order; `noted` is of `note_examples`.

    `scored` are rows read under the schema of then. In the same file (by its bytes) the places still hold. In another
    one, where rows may stand in another order, and of a bundle, which tells no places, all rows are taken that say
    and heard the same with the same levels: among them is the example.
    """
    if not noted:
        return np.zeros(0, np.int64)
    if is_same_file and noted["rows"]:
        return np.array(noted["rows"], np.int64)
    pairs = pair_units(results, scored)
    whole = np.flatnonzero(np.all([at >= 0 for at in pairs], axis=0))
    texts = [take_texts(results, s, at[whole]) for s, at in zip(scored, pairs, strict=True)]
    first, keys = scored[0], set(noted["keys"])
    axes = [number for number, axis in enumerate(first.axes) if axis.name in noted["axes"]]
    found = []
    for number, place in enumerate(whole.tolist()):
        levels = [(first.axes[a].name, first.axes[a].level(int(first.codes[a][place]))) for a in axes]
        said = (texts[0].said[number], *(utterances.heard[number] for utterances in texts))
        if _key(levels, said) in keys:
            found.append(place)
    return np.unique([s.rows[at[found]] for s, at in zip(scored, pairs, strict=True)]).astype(np.int64)


def _key(levels: Sequence[tuple[str, str]], texts: Sequence[str | None]) -> str:
    return hashlib.sha256(json.dumps([list(map(list, levels)), list(texts)]).encode()).hexdigest()
