"""A file of words on evidence that a stranger wrote is refused like every other TOML."""

from __future__ import annotations

import pytest

from dashboard.cli.evidence import read_told
from metrics.errors import ResultsError
from tests.metrics.test_toml import HOSTILE


@pytest.mark.parametrize("text_and_said", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_file_of_words_is_refused(tmp_path, text_and_said):
    path = tmp_path / "words.toml"
    path.write_text(text_and_said[0])
    with pytest.raises(ResultsError) as caught:
        read_told(path, {})
    assert text_and_said[1] in str(caught.value)
