"""Who asks the command line in its tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.dashboard.cli.contract import Asker


@pytest.fixture
def asker(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Asker:
    return Asker(tmp_path, capsys)
