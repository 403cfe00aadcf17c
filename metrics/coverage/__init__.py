"""What a file covers: who is there in numbers enough to say anything of them, and whom to collect next."""

from __future__ import annotations

from metrics.coverage.cover import Covered, cover, list_uncovered, plan_collection
from metrics.coverage.plan import write_plan_csv
from metrics.coverage.question import Covering
from metrics.coverage.share_text import parse_shares
from metrics.coverage.shares import against_shares

__all__ = [
    "Covered",
    "Covering",
    "against_shares",
    "cover",
    "list_uncovered",
    "parse_shares",
    "plan_collection",
    "write_plan_csv",
]
