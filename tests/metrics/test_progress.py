"""Reading tells how far it is, and what the listener raises ends it."""

from __future__ import annotations

import gzip
import json
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from metrics.progress import Progress
from metrics.reading import read_table
from metrics.results import read_results
from metrics.schema import Schema

N_ROWS = 30_000


class Stopped(Exception):  # noqa: N818
    """What a caller raises to cancel."""


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "case": [f"case {n}" for n in range(N_ROWS)],
            "sex": ["female", "male", "male"] * (N_ROWS // 3),
            "label": ["yes", "no"] * (N_ROWS // 2),
            "prediction": ["yes", "no", "no"] * (N_ROWS // 3),
        }
    )


@pytest.fixture(scope="module", params=["csv", "csv.gz", "zip", "latin.csv", "parquet", "json", "jsonl", "xlsx"])
def file(request: pytest.FixtureRequest, frame: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("progress") / f"rows.{request.param}"
    text = frame.to_csv(index=False)
    match request.param:
        case "csv":
            path.write_text(text)
        case "csv.gz":
            path.write_bytes(gzip.compress(text.encode()))
        case "zip":
            with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr("rows.csv", text)
        case "latin.csv":
            path.write_bytes(text.replace("female", "féminin").encode("cp1252"))
        case "parquet":
            frame.to_parquet(path, row_group_size=1000)
        case "json":
            path.write_text(frame.to_json(orient="records"))
        case "jsonl":
            path.write_text("".join(json.dumps(row) + "\n" for row in frame.to_dict("records")))
        case "xlsx":
            frame.head(2000).to_excel(path, index=False)
    return path


def test_the_share_done_only_grows_from_0_towards_1(file):
    told: list[tuple[str, float]] = []

    results = read_results(file, Schema(positive=("yes",)), progress=lambda words, share: told.append((words, share)))

    shares = [share for _, share in told]
    assert len(results) in (N_ROWS, 2000)
    assert shares == sorted(shares)
    assert shares[0] == 0 and 0.8 < shares[-1] <= 1
    assert all(words and not words.endswith(".") for words, _ in told)


def test_what_the_listener_raises_comes_out_wherever_it_is_raised(file):
    told: list[float] = []
    read_results(file, Schema(positive=("yes",)), progress=lambda words, share: told.append(share))

    for stop_at in range(len(told)):
        times = iter(range(len(told) + 1))

        def tell(words: str, share: float, times=times, stop_at=stop_at) -> None:
            if next(times) == stop_at:
                raise Stopped

        with pytest.raises(Stopped):
            read_results(file, Schema(positive=("yes",)), progress=tell)


@pytest.mark.parametrize("kind", [OSError, ValueError, KeyError])
def test_an_error_of_the_listener_is_never_taken_for_damage_of_the_file(kind, frame, tmp_path):
    path = tmp_path / "rows.parquet"
    frame.to_parquet(path)

    def tell(words: str, share: float) -> None:
        if words == "Reading the rows":
            raise kind("mine")

    with pytest.raises(kind, match=r"^'?mine'?$"):
        read_table(path, progress=tell)


def test_a_parquet_file_of_many_row_groups_is_read_whole_and_in_order(frame, tmp_path, monkeypatch):
    path = tmp_path / "rows.parquet"
    frame.to_parquet(path, row_group_size=700)
    monkeypatch.setattr("metrics.reading.parquet._PART_BYTES", 50_000)

    table = read_table(path)

    assert table.data["case"].to_pylist() == frame["case"].tolist()
    assert table.data["sex"].to_pylist() == frame["sex"].tolist()


def test_joined_files_share_the_part_of_reading(frame, tmp_path):
    told: list[float] = []
    frame.to_csv(tmp_path / "one.csv", index=False)
    frame[["case", "prediction"]].to_csv(tmp_path / "two.csv", index=False)

    read_results(
        tmp_path / "one.csv",
        Schema(columns={"id": "case"}, positive=("yes",)),
        join=[str(tmp_path / "two.csv")],
        progress=lambda words, share: told.append(share),
    )

    assert told == sorted(told)


def test_a_part_of_a_part_lies_inside_it():
    told: list[float] = []
    work = Progress(lambda words, share: told.append(share))

    work.part(0.2, 0.6).part(0.5, 1)("Reading", 0.5)
    work.part(0.2, 0.6).nth(1, 4)("Reading")
    list(work.part(0.5, 1).over(["a", "b"], "Counting"))

    assert told == pytest.approx([0.5, 0.3, 0.5, 0.75])
