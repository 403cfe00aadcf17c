"""Write the bundle that tests keep of the version of today, and what its rows gave: run once for every version.

python -m tests.metrics.sharing.make_old_bundles
"""

from __future__ import annotations

from pathlib import Path

from metrics.cube import count_cells
from metrics.estimate import estimate
from metrics.results import Results
from metrics.scored import score
from metrics.sharing.bundle import write_bundle
from metrics.sharing.bundle_head import VERSION
from metrics.sharing.terms import ExampleTerms
from tests.metrics.sharing.shared_files import share_results
from tests.metrics.sharing.speech import speech, utterances

FOLDER = Path(__file__).parent / "old_bundles"
METRICS = ("word_error_rate", "sentence_error_rate", "mean_utterance_word_error_rate")
COLUMNS = ["slice", "metric", "value", "top", "below", "units", "clusters"]


def results_of_today() -> Results:
    """Return rows of which the version of today can share all that it can."""
    return speech(utterances(20, 900, (7, 2), speakers=150))


def main() -> None:
    results = results_of_today()
    shared = share_results(results, metrics=METRICS, min_cell=5, examples=ExampleTerms(6, axes=("a0",)))
    (FOLDER / f"version_{VERSION}.fairness.zip").write_bytes(write_bundle(shared))
    told = estimate(count_cells(score(results)), list(shared.terms.groupings), METRICS)
    told[COLUMNS].to_csv(FOLDER / f"version_{VERSION}.csv", index=False)


if __name__ == "__main__":
    main()
