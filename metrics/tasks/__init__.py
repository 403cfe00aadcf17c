"""The tasks: one module each, with its roles, counts and metrics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from metrics.registry import Role, Task

if TYPE_CHECKING:
    from metrics.schema import Schema

COMMON = (
    Role(
        "id",
        "a name for the row, unique within a system",
        "text",
        words=("id", "uid", "row_id", "case_id", "applicant", "utt_id", "utterance", "utterance_id")
        + ("audio_filepath", "audio_path", "audio_file", "audio", "path", "filename"),
    ),
    Role(
        "cluster",
        "rows that belong together, such as one speaker or patient",
        "category",
        words=("speaker_id", "speaker", "spk_id", "spk", "patient_id", "patient", "client_id", "cluster", "subject_id"),
    ),
    Role("weight", "how much a row counts in values", "number", words=("sample_weight", "weight")),
    Role("count", "how many units a row stands for", "number", words=("count", "n", "freq", "frequency")),
    Role("system", "which model the row is about", "category", words=("model_id", "model", "system", "model_name")),
)

CLASSIFICATION = Task(
    name="classification",
    title="Classification",
    roles=(
        Role(
            "label",
            "what was true",
            "category",
            words=("label", "label_value", "y_true", "truth", "target", "ground_truth", "actual", "class", "outcome"),
        ),
        Role(
            "prediction",
            "what the model said",
            "category",
            per_system=True,
            words=("prediction", "predicted", "pred", "y_pred", "decision"),
        ),
        Role(
            "score",
            "how likely the model held the positive class",
            "number",
            per_system=True,
            words=("score", "y_score", "probability", "proba", "prob"),
        ),
    ),
    truth="label",
    answers=("prediction", "score"),
)

REGRESSION = Task(
    name="regression",
    title="Regression",
    roles=(
        Role("label", "what was true, a number", "number", words=("label", "y_true", "truth", "target", "actual")),
        Role(
            "prediction",
            "what the model said, a number",
            "number",
            per_system=True,
            words=("prediction", "predicted", "pred", "y_pred"),
        ),
    ),
    truth="label",
    answers=("prediction",),
)

TRANSCRIPTION = Task(
    name="transcription",
    title="Transcription",
    roles=(
        Role(
            "reference",
            "what was said, in words",
            "text",
            words=("reference", "ref", "reference_text", "ref_text", "sentence", "text", "transcript", "transcription"),
        ),
        Role(
            "hypothesis",
            "what a system wrote down",
            "text",
            per_system=True,
            words=("hypothesis", "hyp", "pred_text", "asr", "asr_output", "recognized", "prediction", "pred", "output"),
        ),
        Role(
            "reference_words",
            "how many words were said",
            "number",
            words=("reference_words", "ref_words", "n_words", "word_count", "words"),
        ),
        Role("substitutions", "how many words came out as another", "number", True, ("substitutions", "n_sub", "subs")),
        Role("deletions", "how many words did not come out", "number", True, ("deletions", "n_del", "dels")),
        Role("insertions", "how many words nobody said", "number", True, ("insertions", "n_ins", "ins")),
        Role("word_error_rate", "edits per word said", "number", True, ("word_error_rate", "wer")),
    ),
    truth="reference",
    answers=("hypothesis", "substitutions", "word_error_rate"),
)

TASKS: dict[str, Task] = {t.name: t for t in (CLASSIFICATION, REGRESSION, TRANSCRIPTION)}


def roles() -> dict[str, Role]:
    """Every role of every task by name, the common ones last; the first declaration wins."""
    found: dict[str, Role] = {}
    for task in TASKS.values():
        for role in task.roles:
            found.setdefault(role.name, role)
    for role in COMMON:
        found.setdefault(role.name, role)
    return found


def score_units(schema: Schema, columns: Mapping[str, Any]) -> dict[str, Any]:
    """Score the units of one system by its task: layout, metrics, outcome and values."""
    from metrics.tasks.scoring import score_classes, score_numbers
    from metrics.tasks.scoring_transcripts import score_transcripts

    score = {"classification": score_classes, "regression": score_numbers, "transcription": score_transcripts}
    return score[schema.task or "classification"](schema, columns)
