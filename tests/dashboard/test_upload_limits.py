from __future__ import annotations

import pytest

from dashboard.datasets import upload_limits
from metrics.errors import ResultsError
from metrics.reading.limits import Limits


def test_uploads_have_the_browsers_limits_unless_the_environment_says_otherwise(monkeypatch):
    assert upload_limits() == Limits.browser()

    monkeypatch.setenv("FAIRNESS_DASHBOARD_LIMITS", "rows=1000, file_bytes=2000000")

    assert (upload_limits().rows, upload_limits().file_bytes) == (1000, 2_000_000)
    assert upload_limits().columns == Limits.browser().columns


def test_a_limit_that_is_none_is_refused_with_the_nearest(monkeypatch):
    monkeypatch.setenv("FAIRNESS_DASHBOARD_LIMITS", "row=5")

    with pytest.raises(ResultsError, match="Did you mean 'rows'"):
        upload_limits()
