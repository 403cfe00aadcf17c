"""Reading files (first thin version)."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from metrics.reading.limits import Limits
from metrics.reading.table import Table, numbers, texts
from metrics.schema import FileOptions


def read_table(source, options=FileOptions(), limits=None, name=None, wanted=()):
    raw = Path(source).read_bytes() if isinstance(source, (str, Path)) else source
    name = name or (Path(source).name if isinstance(source, (str, Path)) else "file")
    if raw[:4] == b"PAR1":
        t = pq.read_table(pa.BufferReader(raw))
    else:
        head = pacsv.read_csv(pa.BufferReader(raw[: raw.index(b"\n", 0) + 1] * 2), read_options=pacsv.ReadOptions(autogenerate_column_names=True))
        names, seen = [], {}
        for v in head.slice(0, 1).to_pylist()[0].values():
            n = str(v if v is not None else "").strip(); seen[n] = seen.get(n, 0) + 1
            names.append(n if seen[n] == 1 else f"{n} ({seen[n]})")
        t = pacsv.read_csv(pa.BufferReader(raw), read_options=pacsv.ReadOptions(column_names=names, skip_rows=1),
            convert_options=pacsv.ConvertOptions(column_types={n: pa.dictionary(pa.int32(), pa.string()) for n in names}, null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=True))
    return Table(name, hashlib.sha256(raw).hexdigest(), t, 2, FileOptions(encoding="utf-8", delimiter=",", decimal="."), (), t.num_rows, raw[:4] == b"PAR1")
