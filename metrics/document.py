"""A report's numbers in one piece: what was asked of which file, what came out, and what a policy says of it.

It is written as JSON inside every report (`metrics.document_json`), so that a report can be opened again, and
recomputed from the file (`metrics.verify`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version

import pandas as pd

from metrics.criteria import CRITERIA
from metrics.cube import Cubes
from metrics.document_tables import read_records
from metrics.errors import Finding, unknown
from metrics.exclusions import policy_findings
from metrics.judge import COLUMNS as VERDICT_COLUMNS
from metrics.judge import judge
from metrics.policy import Policy
from metrics.progress import SILENT, Progress
from metrics.question import Question, answer, drop_only_name
from metrics.reading.rules import carry_texts
from metrics.registry import Metric
from metrics.results import Receipt, Results
from metrics.schema import Schema
from metrics.tasks.declared import declared_metrics
from metrics.writing import records

__all__ = ["Document", "find_versions", "make_document", "name_metrics"]

# The product, and what its numbers come from.
_LIBRARIES = ("fairness-dashboard", "numpy", "pandas", "pyarrow", "rapidfuzz", "scipy", "whisper-normalizer")
_CRITERIA = {criterion.name for criterion in CRITERIA}


@dataclass(frozen=True, eq=False)
class Document:
    """The tables have the columns of `metrics.estimate`, `compare`, `spread`, `criteria` and `judge`.

    `receipts` name the files (sha256, rows); `schema` and `question` are everything that the numbers hang on.
    `made` is the day as YYYY-MM-DD, `versions` maps the product and the libraries it computes with to versions.
    `verdicts` is empty without a policy. `title` and `words` (a section's name to a text) are the author's own.
    `metrics` are those that the tables name. A document holds what its JSON holds, no more: written and read it is
    the same, and so is everything that is drawn from it.
    """

    title: str
    made: str
    versions: Mapping[str, str]
    receipts: tuple[Receipt, ...]
    schema: Schema
    findings: tuple[Finding, ...]
    question: Question
    policy: Policy | None
    estimates: pd.DataFrame
    disparities: pd.DataFrame
    spreads: pd.DataFrame
    criteria: pd.DataFrame
    verdicts: pd.DataFrame
    metrics: Mapping[str, Metric]
    words: Mapping[str, str]

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The five tables by the names of their lists in the JSON."""
        return {
            "estimates": self.estimates,
            "disparities": self.disparities,
            "spreads": self.spreads,
            "criteria": self.criteria,
            "verdicts": self.verdicts,
        }


def make_document(
    results: Results,
    cubes: Cubes,
    question: Question,
    *,
    policy: Policy | None = None,
    title: str = "",
    words: Mapping[str, str] | None = None,
    made: str | None = None,
    progress: Progress = SILENT,
) -> Document:
    """Ask the counts of `results` and judge them by the policy.

    `made` defaults to today (UTC). What `progress` raises ends the work. Raises QuestionError for what the counts do
    not hold, ResultsError for a policy that cannot be judged.
    """
    found = answer(results, cubes, question, progress.part(0, 0.8))
    progress("Judging by the policy", 0.8)
    tables = found.tables | {"verdicts": _judge(cubes, policy, question.seed)}
    progress("Writing it down", 0.95)
    tables = {name: read_records(name, records(table)) for name, table in tables.items()}
    told = (*results.findings, *(() if policy is None else policy_findings(cubes, policy)))
    # Only transcripts have rules and terms: what another schema names so was never opened, and must not be now.
    schema = carry_texts(results.schema) if results.schema.task == "transcription" else results.schema
    schema = Schema.from_dict(schema.to_dict())  # in the order of its keys, as it will be read
    return Document(
        title=title.strip() or f"Fairness of {results.receipts[0].name}",
        made=made or datetime.now(UTC).date().isoformat(),
        versions=dict(find_versions()),
        receipts=results.receipts,
        schema=schema,
        findings=tuple(Finding(f.severity, f.where, f.found, f.cure, f.rows) for f in told),
        question=_tidy(question),
        policy=policy,
        **tables,
        metrics=name_metrics(tables, schema),
        words=dict(words or {}),
    )


def name_metrics(tables: Mapping[str, pd.DataFrame], schema: Schema) -> dict[str, Metric]:
    """Return the metrics that the tables of a document name, those of the estimates first.

    Raises QuestionError for a name that is no metric of the task.
    """
    names = [n for t in ("estimates", "disparities", "spreads", "verdicts") for n in tables[t]["metric"].unique()]
    known = declared_metrics(schema, names)
    told = {*tables["criteria"]["name"], *names}  # the verdict on a criterion that is one number goes by its name
    names = [name for name in names if name not in _CRITERIA]
    for name in names:
        if name not in known:
            raise unknown(name, "metric called", known)
    names += [name for c in CRITERIA if c.name in told for name in c.metrics if name in known]
    return {name: known[name] for name in names}


def _judge(cubes: Cubes, policy: Policy | None, seed: int) -> pd.DataFrame:
    if policy is None:
        return pd.DataFrame({column: [] for column in VERDICT_COLUMNS})
    return judge(drop_only_name(cubes), policy, seed=seed)


def _tidy(question: Question) -> Question:
    """Return the question in the one form it is read in: a single attribute by its name alone."""
    if question.by is None:
        return question
    by = (entry if isinstance(entry, str) or len(entry) != 1 else entry[0] for entry in question.by)
    return replace(question, by=tuple(by))


def find_versions() -> Iterator[tuple[str, str]]:
    """Yield the product and the libraries it computes with, each with its version."""
    for name in _LIBRARIES:
        try:
            yield name, version(name)
        except PackageNotFoundError:
            continue
