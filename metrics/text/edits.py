from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Edits:
    hits: np.ndarray
    substitutions: np.ndarray
    deletions: np.ndarray
    insertions: np.ndarray


def _count(pairs):
    from rapidfuzz.distance import Levenshtein

    out = np.zeros((4, len(pairs)), int)
    for i, (r, h) in enumerate(pairs):
        s = d = ins = 0
        for op in Levenshtein.editops(r, h):
            if op.tag == "replace":
                s += 1
            elif op.tag == "delete":
                d += 1
            else:
                ins += 1
        out[:, i] = len(r) - s - d, s, d, ins
    return Edits(*out)


def count_edits(refs, hyps, progress=None):
    return _count([(r.split(), h.split()) for r, h in zip(refs, hyps)]), _count(
        [(r.strip(), h.strip()) for r, h in zip(refs, hyps)]
    )
