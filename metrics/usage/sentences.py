"""What the tables of usage say, in sentences."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from metrics.formatting import NOTHING, format_percent
from metrics.usage.teams import EVERYONE

__all__ = ["say_cell", "say_inert", "say_usage"]

_MOST = 4
_LEAST = 0.001  # the smallest share of rows that is told in digits


def say_usage(usage: pd.DataFrame, totals: pd.DataFrame) -> str:
    """Say how many teams sent how much, what was looked at most, and what by nobody."""
    if usage.empty:
        return "No submission was judged yet, so nobody has looked at any feature."
    everyone = totals[totals["team"] == EVERYONE].iloc[0]
    n_teams, n = len(totals) - 1, int(everyone["submissions"])
    said = [f"{_count(n_teams, 'team')} sent {_count(n, 'submission')}; {int(everyone['accepted'])} accepted."]
    rows = usage[usage["team"] == EVERYONE].sort_values("share", ascending=False, kind="stable")
    used = rows[rows["submissions"] > 0]
    if len(used):
        told = [f"{f} ({format_percent(s, 0)})" for f, s in zip(used["feature"], used["share"], strict=True)][:_MOST]
        said.append(f"Looked at most: {', '.join(told)} of the submissions.")
    unused = list(rows.loc[rows["submissions"] == 0, "feature"])
    if unused:
        said.append(f"Nobody looked at: {_list(unused)}.")
    return " ".join(said)


def say_inert(usage: pd.DataFrame) -> list[str]:
    """Say of each team which features stand in its groups without deciding about anybody.

    However small a sensitivity is, it is none of these: of a team that tries everything it is a mean over very many
    submissions.
    """
    idle = usage[(usage["team"] != EVERYONE) & (usage["submissions"] > 0) & (usage["sensitivity"] == 0)]
    return [
        f"{team} names {_list(list(rows['feature']))}, but shuffling the cells changes no one's membership: these "
        "conditions decide nothing."
        for team, rows in idle.groupby("team", sort=False)
    ]


def say_cell(usage: pd.DataFrame, totals: pd.DataFrame, team: str, feature: str) -> str:
    """Say everything of one team and feature."""
    row = usage[(usage["team"] == team) & (usage["feature"] == feature)].iloc[0]
    total = totals[totals["team"] == team].iloc[0]
    n, of = int(row["submissions"]), int(total["submissions"])
    who = "Everyone" if team == EVERYONE else team
    said = [f"{who}, {feature}: {n} of {_count(of, 'submission')} look at it ({format_percent(row['share'])})"]
    if not n:
        return f"{said[0]}."
    accepted = format_percent(row["accepted_share"])
    if accepted != NOTHING:
        said.append(f"{accepted} of the {int(total['accepted'])} accepted ones do")
    if row["weighted_share"] == row["weighted_share"]:
        said.append(f"these earned {format_percent(round(float(row['weighted_share']), 2), 0)} of the score")
    changed = float(row["sensitivity"])
    share = format_percent(changed) if changed >= _LEAST else f"fewer than {format_percent(_LEAST)}"
    hangs = f"{share} of the rows change sides when its cells are shuffled, over all submissions"
    said.append(hangs if changed else "shuffling its cells changes no one's membership")
    return "; ".join(said) + "."


def _count(n: int, what: str) -> str:
    return f"{n:,} {what}" if n == 1 else f"{n:,} {what}s"


def _list(names: Sequence[str]) -> str:
    more = f" and {len(names) - 2 * _MOST} more" if len(names) > 2 * _MOST else ""
    return ", ".join(map(str, names[: 2 * _MOST])) + more
