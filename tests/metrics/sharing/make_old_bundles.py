"""Write the bundle that tests keep of the version of today, and what its rows gave: run once for every version.

python -m tests.metrics.sharing.make_old_bundles
"""

from __future__ import annotations

from pathlib import Path

from metrics.cube import count_cells
from metrics.estimate import estimate
from metrics.scored import score
from metrics.sharing.bundle import write_bundle
from metrics.sharing.bundle_head import VERSION
from tests.metrics.sharing.shared_files import clustered, share_results

FOLDER = Path(__file__).parent / "old_bundles"
METRICS = ("accuracy", "true_positive_rate", "balanced_accuracy", "matthews_correlation", "roc_auc", "log_loss")
COLUMNS = ["slice", "metric", "value", "top", "below", "units", "clusters"]


def main() -> None:
    results = clustered()
    shared = share_results(results, metrics=METRICS)
    (FOLDER / f"version_{VERSION}.fairness.zip").write_bytes(write_bundle(shared))
    told = estimate(count_cells(score(results)), list(shared.terms.groupings), METRICS)
    told[COLUMNS].to_csv(FOLDER / f"version_{VERSION}.csv", index=False)


if __name__ == "__main__":
    main()
