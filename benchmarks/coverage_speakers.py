"""How often the intervals of transcripts hold the truth: word errors of speakers, simulated with a fixed seed.

The formulas are those of `metrics.tasks.transcription`; many runs share a file, each with sums of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.simulated import (
    GROUPS,
    RUNS,
    Design,
    Floats,
    SimulatedCoverage,
    check_file,
    count_file,
    find_beta_quantile,
    summarise,
)
from metrics.registry import Metric, OfClusters, Rate, Share, Smooth, terms
from metrics.scored import Layout, declared_products
from metrics.tasks import transcription

SPEAKERS_DIFFER = 0.5  # SD of speakers' true rates, relative to the rate
UTTERANCES_ALIKE = 0.05  # how alike two words of one utterance are beside that
INSERTED = 0.15  # insertions for every other edit
DELETED = 0.3  # of the words that are wrong, those that are not there at all

SPEAKER_RUNS = RUNS

Truth = tuple[float, float]


# -- who is in a file -----------------------------------------------------------------------------


def record_people(first: int, second: int, seed: int = 5) -> Design:
    """Return a file of two groups of people, each person in one of them, with 2 to 40 utterances each."""
    sizes = _draw_sizes(first + second, seed)
    speaker = np.repeat(np.arange(first + second), sizes)
    return Design(f"{first} and {second} speakers", (first, second), speaker, (speaker >= first).astype(np.int64))


def record_conditions(n: int, seed: int = 6) -> Design:
    """Return a file of two conditions that every speaker passes through, with 2 to 40 utterances in each."""
    cell = np.repeat(np.arange(2 * n), _draw_sizes(2 * n, seed))
    return Design(f"{n} speakers, each in both conditions", (n, n), cell // 2, cell % 2)


def record_alone(first: int, second: int) -> Design:
    """Return a file of utterances whose speakers nobody knows, each by another one."""
    group = np.repeat([0, 1], [first, second])
    return Design(f"{first} and {second} utterances", (first, second), np.arange(len(group)), group, clustered=False)


def _draw_sizes(n: int, seed: int) -> NDArray[np.int64]:
    drawn = np.random.default_rng(seed).lognormal(np.log(8), 0.5, n)
    return np.clip(np.rint(drawn), 2, 40).astype(np.int64)


def _draw_words(n: int, seed: int = 7) -> NDArray[np.int64]:
    return np.random.default_rng(seed).integers(3, 19, n)


# -- what is measured -----------------------------------------------------------------------------


def simulate_word_errors(
    design: Design, name: str, rates: Truth, baseline: str = "rest", runs: int = RUNS
) -> SimulatedCoverage:
    """Simulate a metric of word edits; `rates` are the true pooled word error rates of the two groups.

    Errors are beta-binomial within utterances within speakers. A speaker who passes through both conditions is as
    easy or hard, for the condition, in the one as in the other. Metrics of speakers' own rates have their truth
    from a hundred times as many speakers as there are runs.
    """
    rng, held, at_once = np.random.default_rng(16), [], 50
    words, metric = _draw_words(len(design.cluster)), _find_metric(name)
    truth = _find_truth(design, name, rates)
    for _ in range(-(-runs // at_once)):
        values = _draw_edits(rng, design, words, rates, at_once)
        held.append(_ask(design, metric, values, truth, baseline))
    return summarise(design, f"{truth[0]:.3g} and {truth[1]:.3g}", held, baseline)


def simulate_terms(design: Design, recalls: Truth, runs: int = RUNS) -> SimulatedCoverage:
    """Simulate how many of the listed terms came through: none to five in an utterance, alike within it."""
    rng, held, at_once = np.random.default_rng(17), [], 50
    n, metric = len(design.cluster), _find_metric("term_recall")
    said = np.random.default_rng(18).choice(6, n, p=[0.4, 0.25, 0.15, 0.1, 0.06, 0.04])
    for _ in range(-(-runs // at_once)):
        missed = _draw_wrong(rng, design, said, (1 - recalls[0], 1 - recalls[1]), at_once, alike=0.3)
        values = {"terms_in_reference": np.tile(said, (at_once, 1)) * 1.0, "terms_came_through": said - missed}
        held.append(_ask(design, metric, values, recalls, "rest", outcome=(said > 0).astype(np.int64)))
    return summarise(design, f"{recalls[0]:g} and {recalls[1]:g}", held, "rest")


def _find_metric(name: str) -> Metric:
    return next(m for m in transcription.METRICS if m.name == name)


def _draw_edits(
    rng: np.random.Generator, design: Design, words: NDArray[np.int64], rates: Truth, runs: int
) -> dict[str, Floats]:
    """Draw the edits of all utterances, each kind in an array of runs x utterances."""
    wrong_share = (rates[0] / (1 + INSERTED), rates[1] / (1 + INSERTED))
    wrong = _draw_wrong(rng, design, words, wrong_share, runs, UTTERANCES_ALIKE)
    deletions = rng.binomial(wrong.astype(np.int64), DELETED).astype(float)
    insertions = rng.poisson(INSERTED * wrong).astype(float)
    return {
        "hits": words - wrong,
        "substitutions": wrong - deletions,
        "deletions": deletions,
        "insertions": insertions,
    }


def _draw_wrong(
    rng: np.random.Generator, design: Design, of: NDArray[np.int64], shares: Truth, runs: int, alike: float
) -> Floats:
    """Draw how many `of` each utterance's words are wrong, runs x utterances, on average the share of its group."""
    uniform = rng.random((runs, int(design.cluster.max()) + 1))
    # A beta distribution with this mean and relative SD; near 1 it cannot be so wide.
    alike_speakers = [min(SPEAKERS_DIFFER**2 * share / (1 - share), 0.12) for share in shares]
    by_group = np.stack([find_beta_quantile(uniform, m, rho) for m, rho in zip(shares, alike_speakers, strict=True)])
    of_speaker = np.clip(by_group[design.group, :, design.cluster].T, 1e-9, 1 - 1e-9)
    chance = rng.beta(of_speaker * (1 / alike - 1), (1 - of_speaker) * (1 / alike - 1))
    return rng.binomial(np.tile(of, (runs, 1)), chance).astype(float)


def _ask(
    design: Design,
    metric: Metric,
    values: Mapping[str, Floats],
    truth: Truth,
    baseline: str,
    outcome: NDArray[np.int64] | None = None,
) -> pd.DataFrame:
    """Return, per run, whether the intervals held the truth; every run has a copy of the metric and of its sums."""
    runs = len(next(iter(values.values())))
    named = {f"{name}[{run}]": numbers[run] for run in range(runs) for name, numbers in values.items()}
    metrics = {f"{metric.name}[{run}]": _copy_metric(metric, values, run) for run in range(runs)}
    names = tuple(named)
    ones = np.ones(1 if outcome is None else 2)
    counts = {
        **dict.fromkeys(("units", "utterances", "utterances_with_words", "utterances_with_edits_or_words"), ones),
        "utterances_with_terms": np.arange(len(ones)) * 1.0,
    }
    layout = Layout(
        n_outcomes=len(ones),
        named={(name, None): which for name, which in counts.items()},
        values=names,
        centres=(0.0,) * len(names),
        carriers=("utterances",) * len(names),
        products=declared_products(metrics, names),
    )
    codes = np.zeros(len(design.cluster), np.int64) if outcome is None else outcome
    cubes = count_file(design, layout, metrics, codes, tuple(named.values()), {"group": (GROUPS, design.group)})
    return check_file(cubes, truth, baseline, share=float(np.mean(design.group == 0)))


def _copy_metric(metric: Metric, values: Mapping[str, Any], run: int) -> Metric:
    """Return the metric over the sums of one run."""

    def rename(form: str) -> str:
        return " + ".join(f"{name}[{run}]" if name in values else name for name in terms(form))

    formula: Any = metric.formula
    match formula:
        case Rate() | Share() | OfClusters():
            formula = replace(formula, top=rename(formula.top), below=rename(formula.below))
        case Smooth():
            formula = replace(formula, sums=tuple(map(rename, formula.sums)))
    return replace(metric, name=f"{metric.name}[{run}]", formula=formula)


def _find_truth(design: Design, name: str, rates: Truth) -> Truth:
    """Return the true values of the two groups."""
    if name == "word_error_rate":
        return rates
    if name == "word_information_lost":
        kept = [(1 - r / (1 + INSERTED), (1 - DELETED + INSERTED) * r / (1 + INSERTED)) for r in rates]
        first, second = (1 - hits * hits / (hits + written) for hits, written in kept)
        return first, second
    first, second = _simulate_speakers(design.title, rates)[name.split("_")[0]]
    return first, second


@cache
def _simulate_speakers(title: str, rates: Truth) -> dict[str, tuple[float, ...]]:
    """Return mean, median and SD of the rates of very many speakers who say as much as those of the file."""
    design, rng = _designs()[title], np.random.default_rng(19)
    words = _draw_words(len(design.cluster))
    cell = design.cluster * 2 + design.group
    said = np.bincount(cell, words)
    found: list[list[Floats]] = [[], []]
    for _ in range(max(4, 400_000 // (50 * len(said)))):
        edits = _draw_edits(rng, design, words, rates, 50)
        total = sum(edits[kind] for kind in ("substitutions", "deletions", "insertions"))
        for of_run in np.asarray(total):
            rate = np.bincount(cell, of_run, minlength=len(said)) / np.maximum(said, 1)
            for group in (0, 1):
                found[group].append(rate[group::2][said[group::2] > 0])
    both = [np.concatenate(f) for f in found]
    return {
        "mean": tuple(rates),
        "median": tuple(float(np.median(f)) for f in both),
        "sd": tuple(float(f.std()) for f in both),
    }


# -- the tables -----------------------------------------------------------------------------------

RATES: tuple[Truth, ...] = ((0.05, 0.05), (0.15, 0.25), (0.4, 0.2))
PEOPLE = ((5, 5), (8, 8), (20, 20), (50, 50), (150, 150), (5, 150), (20, 150))
PASSING = (5, 8, 20, 50, 150)
OF_SPEAKERS = ("mean_speaker_word_error_rate", "median_speaker_word_error_rate", "sd_speaker_word_error_rate")

Case = tuple[Design, str, Truth]


@cache
def _designs() -> dict[str, Design]:
    sizes = dict.fromkeys([*PEOPLE, (10, 10), (10, 150)])
    designs = [*(record_people(*s) for s in sizes), *(record_conditions(n) for n in (*PASSING, 10))]
    return {d.title: d for d in designs}


def list_word_errors() -> list[Case]:
    """Return what is simulated of pooled word error rates: who, which metric, the true rates."""
    designs = [*(record_people(*sizes) for sizes in PEOPLE), *(record_conditions(n) for n in PASSING)]
    return [(design, "word_error_rate", rates) for design in designs for rates in RATES]


def list_rates_of_speakers() -> list[Case]:
    """Return what is simulated of the mean, median and SD of speakers' own rates."""
    sizes = ((10, 10), (20, 20), (50, 50), (150, 150), (10, 150))
    designs = [*(record_people(*s) for s in sizes), *(record_conditions(n) for n in (10, 50))]
    return [(design, name, rates) for name in OF_SPEAKERS for design in designs for rates in RATES[:2]]


def list_information_lost() -> list[Case]:
    """Return what is simulated of word information lost."""
    designs = [record_people(8, 8), record_people(20, 20), record_people(50, 50), record_conditions(20)]
    designs.append(record_alone(100, 300))
    return [(design, "word_information_lost", rates) for design in designs for rates in RATES]


def list_terms() -> list[tuple[Design, Truth]]:
    """Return what is simulated of the recall of listed terms: who, the true recalls."""
    designs = [record_people(*s) for s in ((8, 8), (20, 20), (50, 50))]
    designs += [record_conditions(20), record_alone(30, 30), record_alone(100, 300)]
    return [(design, recalls) for design in designs for recalls in ((0.9, 0.9), (0.6, 0.8))]


def tabulate(runs: int = SPEAKER_RUNS) -> Iterator[tuple[str, Sequence[SimulatedCoverage]]]:
    """Yield the title of each table and what it shows."""
    yield "Word error rate", [simulate_word_errors(*case, runs=runs) for case in list_word_errors()]
    for name in OF_SPEAKERS:
        cases = [case for case in list_rates_of_speakers() if case[1] == name]
        yield _find_metric(name).title, [simulate_word_errors(*case, runs=runs) for case in cases]
    yield "Word information lost", [simulate_word_errors(*case, runs=runs) for case in list_information_lost()]
    yield "Recall of listed terms", [simulate_terms(*case, runs=runs) for case in list_terms()]
