"""Two systems' counts of the same units, side by side."""

from __future__ import annotations

import pytest

from metrics.changes import compare_systems
from metrics.errors import QuestionError
from metrics.pairing import paired_metrics
from tests.metrics.test_changes import calls


def test_what_cannot_be_paired_is_refused():
    cubes = calls()
    first, second = cubes

    assert "word_error_rate" in paired_metrics(first, second) and "word_information_lost" not in paired_metrics(
        first, second
    )
    with pytest.raises(QuestionError, match="word_information_lost"):
        compare_systems(cubes, "old", "new", [], ["word_information_lost"])
