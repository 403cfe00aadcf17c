"""One question of two sets: everything that is asked of a reference and a customer's set at once."""

from __future__ import annotations

from metrics.errors import Finding
from metrics.progress import SILENT, Progress
from metrics.question import Question
from metrics.results import Results
from metrics.sentences import orient
from metrics.two_sets.changes import compare_sets
from metrics.two_sets.decomposition import decomposable, decompose, standardize
from metrics.two_sets.gaps import compare_set_gaps
from metrics.two_sets.match import Match
from metrics.two_sets.mix import compare_mix
from metrics.two_sets.sets import put_together
from metrics.two_sets.shift import measure_shift
from metrics.two_sets.writing import ComparedSets

__all__ = ["answer_sets"]


def answer_sets(
    reference: Results,
    customer: Results,
    match: Match,
    q: Question,
    target_gap: float | None = None,
    progress: Progress = SILENT,
) -> ComparedSets:
    """Compare two sets as `q` asks. Raises QuestionError for what they do not hold."""
    sets = put_together(reference, customer, match, progress.part(0, 0.4))
    chosen = sets.choose(q.metrics)
    progress("Comparing the groups of both sets", 0.4)
    pairs = compare_sets(
        sets,
        q.by,
        chosen,
        kinds=tuple(dict.fromkeys((*q.kinds, "difference"))),
        confidence=q.confidence,
        correction=q.correction,
        min_units=q.min_units,
        target_gap=target_gap,
    )
    progress("Comparing their gaps", 0.55)
    gaps = compare_set_gaps(
        sets,
        q.by,
        chosen,
        baseline=q.baseline,
        confidence=q.confidence,
        correction=q.correction,
        min_units=q.min_units,
    )
    progress("Telling mix from model", 0.7)
    possible = decomposable(sets)
    parts = [name for name in chosen if name in possible]
    decomposition = decompose(sets, q.by, parts, confidence=q.confidence)
    standardized = standardize(sets, q.by, parts, confidence=q.confidence)
    progress("Comparing the mix", 0.85)
    metrics = {name: orient(sets.metrics[name], reference.schema.favourable) for name in chosen}
    return ComparedSets(
        reference,
        customer,
        match,
        (*sets.findings, *_refuse_parts(chosen, possible)),
        metrics,
        pairs,
        q.kinds,
        gaps,
        decomposition,
        standardized,
        compare_mix(sets, q.by),
        measure_shift(sets, q.by, seed=q.seed),
        q.confidence,
    )


def _refuse_parts(asked: list[str], possible: list[str]) -> list[Finding]:
    """Say which metrics have no mix and no rates: they are no weighted means of their groups' values."""
    refused = [name for name in asked if name not in possible]
    if not refused:
        return []
    if len(refused) == 1:
        found = "has no decomposition: it is no weighted mean of its groups' values."
        return [Finding("note", f"metric {refused[0]}", found, "")]
    found = "have no decomposition: they are no weighted means of their groups' values."
    return [Finding("note", f"metrics {', '.join(refused)}", found, "")]
