"""What a file may hold at most."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Limits:
    file_bytes: int = 300 * 2**20
    rows: int = 10_000_000
    columns: int = 2_000
    cells: int = 100_000_000
    decompressed_bytes: int = 200 * 2**20
    sheet_bytes: int = 100 * 2**20
    levels: int = 100_000

    @classmethod
    def browser(cls) -> Limits:
        return cls()

    @classmethod
    def command_line(cls) -> Limits:
        b = cls()
        return replace(b, file_bytes=10 * b.file_bytes, rows=10 * b.rows, cells=10 * b.cells)

    def with_settings(self, settings: dict[str, int]) -> Limits:
        return replace(self, **settings)
