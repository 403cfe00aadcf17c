"""The data there can be: samples by name, the file that the command opened, and uploads by their secret id."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Literal

from dashboard.change_words import tell_schema
from dashboard.viewer import is_viewer
from dashboard.workspace import DataFile, Workspace
from metrics.progress import SILENT, Progress
from metrics.reading.limits import Limits
from metrics.reading.rules import carry_texts
from metrics.schema import Schema

__all__ = [
    "OPENED",
    "SAMPLES",
    "Dataset",
    "Sample",
    "correct",
    "find_dataset",
    "is_opened",
    "name_opened",
    "upload_limits",
]

OPENED = "opened"  # the address of the file that the command was given
FILE_VARIABLE = "FAIRNESS_DASHBOARD_FILE"
SCHEMA_VARIABLE = "FAIRNESS_DASHBOARD_SCHEMA"
LIMITS_VARIABLE = "FAIRNESS_DASHBOARD_LIMITS"
_SAMPLE_FOLDER = Path(__file__).resolve().parents[1] / "sample_data"


@dataclass(frozen=True)
class Sample:
    """A sample file: the name in the address, a title and what there is to find in it."""

    name: str
    title: str
    says: str


SAMPLES: Mapping[str, Sample] = {
    s.name: s
    for s in (
        Sample("lending", "Lending", "Two models decide on 5,000 loans. One refuses some groups too often; which?"),
        Sample(
            "loans_by_month",
            "Loans by month",
            "One model, eight months. Whom does it begin to refuse, and from when on?",
        ),
        Sample("screening", "Screening", "A model reads scans in 40 hospitals. Patients of one hospital are alike."),
        Sample("routing", "Routing", "Messages are sent to three departments; no class is the good one."),
        Sample(
            "call_centre", "Call centre", "Two releases transcribe 2,880 calls. Whose accent is heard worse, and where?"
        ),
        Sample("ward", "Hospital ward", "The same recogniser beside a steady hum: whom does it stop hearing?"),
        Sample("waiting", "Waiting", "Forecasts of a wait in minutes. Whose wait is underestimated?"),
    )
}


@dataclass(frozen=True)
class Dataset:
    """Files of results under one address: the first one and those joined to it by id, and what is declared of them.

    `ends` is when an upload will be deleted (epoch seconds), 0 for what is no upload.
    """

    id: str
    kind: Literal["sample", "opened", "upload"]
    files: tuple[DataFile, ...]
    schema: Schema
    limits: Limits
    ends: float = 0.0

    @property
    def title(self) -> str:
        """The name of the first file, as it came: text of a user."""
        return self.files[0].name

    @property
    def key(self) -> tuple[tuple[str, str], ...]:
        """What the content hangs on: names and digests of the files (joined systems are called by their files)."""
        return tuple((f.name, f.sha256) for f in self.files)

    @property
    def mark(self) -> str:
        """Letters for the keys of widgets that speak of the data: others as soon as data, files or schema are."""
        return hashlib.sha256(repr((self.id, self.key, self.schema.digest)).encode()).hexdigest()[:12]


def is_opened() -> bool:
    """Whether the dashboard was started on a file."""
    return bool(os.environ.get(FILE_VARIABLE))


def find_dataset(address: str, workspace: Workspace) -> Dataset | None:
    """Return the data under an address; None if there is nothing (any more), and always where only readers are served.

    Raises ResultsError where the schema file of the opened file cannot be read.
    """
    if is_viewer():
        return None
    if address in SAMPLES:
        path = _SAMPLE_FOLDER / f"{address}.csv"
        schema = carry_texts(Schema.load(path.with_suffix(".toml")))
        return Dataset(address, "sample", (_describe(path),), schema, upload_limits())
    if address == OPENED:
        return _find_opened()
    kept = workspace.find(address)
    if kept is None:
        return None
    return Dataset(kept.id, "upload", kept.files, kept.schema, upload_limits(), kept.ends)


def name_opened(files: Sequence[tuple[str, Path]], limits: Limits, schema: Path | None) -> None:
    """Tell the pages, which run as a script, what was opened: files by the names they are called by."""
    told = {"files": [(name, str(path.resolve())) for name, path in files], "limits": asdict(limits)}
    for variable, value in ((FILE_VARIABLE, json.dumps(told) if files else ""), (SCHEMA_VARIABLE, schema)):
        if value:
            os.environ[variable] = value if isinstance(value, str) else str(value.resolve())
        else:
            os.environ.pop(variable, None)


def _find_opened() -> Dataset | None:
    if not is_opened():
        return None
    told = json.loads(os.environ[FILE_VARIABLE])
    files = [(name, Path(path)) for name, path in told["files"]]
    if not all(path.is_file() for _, path in files):
        return None
    beside = os.environ.get(SCHEMA_VARIABLE)
    schema = carry_texts(Schema.load(beside)) if beside else Schema()
    described = tuple(replace(_describe(path), name=name) for name, path in files)
    return Dataset(OPENED, "opened", described, schema, Limits(**told["limits"]))


def correct(
    dataset: Dataset, schema: Schema, workspace: Workspace, progress: Progress = SILENT, *, who: str = ""
) -> Dataset:
    """Keep what somebody (an e-mail address; empty: nobody signed in) corrected; return the data as declared now.

    Samples and the opened file stay as they are: they are copied into the workspace first, under an
    address of their own.
    """
    if dataset.kind == "upload":
        workspace.save_schema(dataset.id, schema, lambda before: tell_schema(before, schema, who))
        return replace(dataset, schema=schema)
    streams = [(f.name, f.path.open("rb")) for f in dataset.files]
    try:
        kept = workspace.keep(streams, schema, dataset.limits.file_bytes, progress)
    finally:
        for _, stream in streams:
            stream.close()
    change = tell_schema(dataset.schema, schema, who)
    if change is not None:
        workspace.log(change.who, change.what, kept.id, change.detail)
    return Dataset(kept.id, "upload", kept.files, schema, dataset.limits, kept.ends)


def upload_limits() -> Limits:
    """Return what an upload may hold: the browser's limits, changed by FAIRNESS_DASHBOARD_LIMITS (`rows=5000000,...`).

    Raises ResultsError for a name or number that is none.
    """
    named = os.environ.get(LIMITS_VARIABLE, "")
    settings = [part.partition("=") for part in named.split(",") if part.strip()]
    return Limits.browser().with_settings({name.strip(): value.strip() for name, _, value in settings})


def _describe(path: Path) -> DataFile:
    stat = path.stat()
    return DataFile(path.name, path, _hash(path, stat.st_mtime_ns, stat.st_size), stat.st_size)


@lru_cache(maxsize=64)
def _hash(path: Path, changed: int, size: int) -> str:
    """The digest of a file, computed once while it stays as it is."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
