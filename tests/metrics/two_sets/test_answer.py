"""What is said beside the numbers of two sets."""

from __future__ import annotations

import pytest

from metrics.two_sets.answer import _refuse_parts


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (
            ["f1", "error_rate"],
            "metric f1 has no decomposition: it is no weighted mean of its groups' values.",
        ),
        (
            ["f1", "error_rate", "auc"],
            "metrics f1, auc have no decomposition: they are no weighted means of their groups' values.",
        ),
    ],
)
def test_metrics_without_parts_are_told_of_in_their_number(asked, said):
    assert [str(finding).strip() for finding in _refuse_parts(asked, ["error_rate"])] == [said]
    assert _refuse_parts(["error_rate"], ["error_rate"]) == []
