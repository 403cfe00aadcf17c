"""A small bounty in a folder: a model that says no to everyone under 25 and in the north, some of whom repay."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

SPLITS = ("explore", "validation", "sealed")


def write_bounty(folder: Path, *, name: str = "Small bounty", feature: str = "age", n: int = 900) -> Path:
    """Write a bounty of `n` rows, a third of them in each split, and return its folder.

    Of `feature` (20 to 59) and region the model knows nothing: it always says 0. The label is 1 of all under 25, of a
    half of the north, and of nobody else.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rows, labels = [f"id,{_quote(feature)},region,model,split"], ["id,repaid"]
    for i in range(n):
        age, north = 20 + i * 7 % 40, i // 3 % 4 == 0
        label = int(age < 25 or (north and i // 12 % 2 == 0))
        rows.append(f"r{i},{age},{'north' if north else 'south'},0,{SPLITS[i % 3]}")
        labels.append(f"r{i},{label}")
    (folder / "rows.csv").write_text("\n".join([*rows, ""]), encoding="utf-8")
    (folder / "labels.csv").write_text("\n".join([*labels, ""]), encoding="utf-8")
    (folder / "meanings.csv").write_text(
        f"feature,meaning\n{_quote(feature)},years lived\nregion,where they live\n", encoding="utf-8"
    )
    (folder / "bounty.toml").write_text(
        f"""name = {json.dumps(name)}
rows = "rows.csv"
labels = "labels.csv"
id = "id"
label = "repaid"
baseline = "model"
split = "split"
alpha = 0.01
minimum_group = 20
dictionary = "meanings.csv"
""",
        encoding="utf-8",
    )
    return folder


def write_submission(
    folder: Path, team: str, number: str, group: Mapping[str, Any], replacement: Mapping[str, Any], note: str = ""
) -> Path:
    """Write a submission as a team would, and return its path."""
    path = folder / "submissions" / team / f"{number}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    told = {"team": team, "id": number, "kind": "manual", "group": dict(group), "replacement": dict(replacement)}
    path.write_text(json.dumps(told | {"note": note}), encoding="utf-8")
    return path


def write_played(folder: Path, **more: Any) -> Path:
    """Write a bounty with three submissions: one accepted, one of too few, one that helps nobody."""
    write_bounty(folder, **more)
    feature = more.get("feature", "age")
    column = "`" + feature.replace("`", "``") + "`"
    write_submission(folder, "first", "01", {"where": f"{column} < 25"}, {"constant": "1"}, "the young repay")
    write_submission(folder, "second", "02", {"where": f"{column} = 20"}, {"constant": "1"})
    write_submission(folder, "second", "03", {"where": "region = south"}, {"constant": "1"})
    return folder


def predictions(ids: Sequence[str], value: str) -> bytes:
    """A file of predictions: the same for all of them."""
    return "\n".join(["id,prediction", *(f"{i},{value}" for i in ids), ""]).encode()


def _quote(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
