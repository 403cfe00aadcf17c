"""The Artie Bias Corpus, nine systems by accent, gender and age: equal to jiwer pooled per slice."""

from __future__ import annotations

import unicodedata

import jiwer
import pandas as pd
import pytest

from metrics import FileOptions, Schema, System, count_cells, estimate, read_results, score
from tests.paths import SHARED, needs_shared

CORPUS = SHARED / "data" / "asr" / "artie_bias_corpus_wide.csv.gz"
AXES = ("accent", "gender", "age")


def _plain(text: str) -> str:
    kept = "".join(c for c in text.lower() if not unicodedata.category(c).startswith("P"))
    return " ".join(kept.split())


@needs_shared
@pytest.mark.parametrize("normalizer", ["none", "lower"])
def test_every_system_of_the_corpus_equals_jiwer_in_every_slice(normalizer):
    frame = pd.read_csv(CORPUS, dtype=str, keep_default_na=False)
    systems = [c for c in frame if c.startswith("hyp_")]
    schema = Schema(
        task="transcription",
        columns={"id": "utt_id", "cluster": "speaker_id", "reference": "reference"},
        systems=tuple(System(None, {"hypothesis": name}) for name in systems),
        file=FileOptions(missing=("NA",)),
        normalizer=normalizer,
    )
    cubes = count_cells(score(read_results(CORPUS, schema, by=AXES)))
    found = estimate(cubes, AXES, ["word_error_rate", "character_error_rate", "empty_output_rate"])
    table = {(row.system, str(row.slice), row.metric): row for row in found.itertuples()}

    assert len(systems) == 9 and cubes.systems == tuple(systems)
    texts = (
        frame if normalizer == "none" else frame.assign(**{c: frame[c].map(_plain) for c in ("reference", *systems)})
    )
    slices = {"everyone": texts}
    for axis in AXES:
        for level, rows in texts.groupby(axis):
            slices[f"{axis} is missing" if level == "NA" else f"{axis} = {level}"] = rows
    assert len(table) == 3 * 9 * len(slices)
    for name, rows in slices.items():
        for system in systems:
            said, written = rows["reference"].tolist(), rows[system].tolist()
            words, characters = jiwer.process_words(said, written), jiwer.process_characters(said, written)
            row = table[system, name, "word_error_rate"]
            edits = words.substitutions + words.deletions + words.insertions
            assert (row.top, row.below) == (edits, sum(len(s.split()) for s in said))
            assert row.value == pytest.approx(words.wer)
            assert (row.units, row.clusters) == (len(rows), rows["speaker_id"].nunique())
            assert table[system, name, "character_error_rate"].value == pytest.approx(characters.cer)
            assert table[system, name, "empty_output_rate"].top == sum(not w.split() for w in written)
            assert (row.low < row.value < row.high) == (row.clusters > 1 and row.value > 0)
