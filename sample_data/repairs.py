"""The sample bounty: 3,000 requests for repairs, a model that gets four groups of them wrong, and four teams.

What was planted stands in `PLANTED`: how often the model is wrong in each group, and what a better answer there is. The
teams are of four kinds. `hand` looked at the data and found two of the groups; `hunters` sent what automatic hunters
drafted, found another and some of it again; `inert` found the last and adorned every condition with others that never
change who is in; `brute` tried many random groups with two rival models that are no better than the baseline.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sample_data.draws import choose, start

ROWS = 3000
SEED = 34
EASY_WRONG = 0.12  # how often the model is wrong where nothing was planted

# Of each planted group: its condition, how often the model is wrong, how often what is better would be, and that.
PLANTED = {
    "translated": ("channel = letter and language = other", 0.48, 0.10, {"constant": "urgent"}),
    "calls": ("channel = phone and floor >= 6", 0.46, 0.10, {"constant": "can wait"}),
    "blocks": ("channel = app and households >= 30", 0.45, 0.10, {"constant": "urgent"}),
    "cellars": (
        "channel = letter and language = local and district in [harbour, mill, station]",
        0.44,
        0.10,
        {
            "tree": {
                "nodes": [
                    {"id": 0, "feature": "floor", "op": "<=", "threshold": 3, "true": 1, "false": 2},
                    {"id": 1, "value": "urgent"},
                    {"id": 2, "value": "can wait"},
                ]
            }
        },
    ),
}

DICTIONARY = {
    "district": "Part of the town that the house stands in",
    "built": "Year in which the house was built",
    "floor": "Floor of the home; 0 is the ground floor",
    "households": "How many homes the house has",
    "language": "Language of the request: local, or other (it was translated)",
    "channel": "How the request came: app, phone or letter",
    "weekday": "Day on which it came",
    "month": "Month in which it came, 1 to 12",
}
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

TERMS = """\
name = "Which repairs are urgent?"
rows = "rows.csv"
labels = "labels.csv"
id = "request"
label = "truth"
baseline = "model"
task = "classification"
loss = "error"
alpha = 0.001
minimum_group = 30
dictionary = "dictionary.csv"

[split]
seed = 7
explore = 0.3
validation = 0.4
sealed = 0.3
"""


def make_rows() -> pd.DataFrame:
    """Requests with their features, the truth and the model's answer."""
    draw, n = start(SEED), ROWS
    rows = pd.DataFrame(
        {
            "request": [f"R{number:04d}" for number in range(1, n + 1)],
            "district": choose(draw, n, {"garden": 0.2, "harbour": 0.2, "mill": 0.2, "park": 0.2, "station": 0.2}),
            "built": 1880 + np.floor(draw.random_sample(n) * 140).astype(int),
            "floor": np.floor(draw.random_sample(n) ** 1.3 * 13).astype(int),
            "households": 2 + np.floor(draw.random_sample(n) ** 1.4 * 59).astype(int),
            "language": choose(draw, n, {"local": 0.65, "other": 0.35}),
            "channel": choose(draw, n, {"app": 0.35, "letter": 0.30, "phone": 0.35}),
            "weekday": choose(draw, n, dict.fromkeys(WEEKDAYS, 1 / 7)),
            "month": 1 + np.floor(draw.random_sample(n) * 12).astype(int),
        }
    )
    urgent = draw.random_sample(n) < 0.45
    group = planted_group(rows)
    better = {
        "translated": np.ones(n, bool),
        "calls": np.zeros(n, bool),
        "blocks": np.ones(n, bool),
        "cellars": rows["floor"].to_numpy() <= 3,
    }
    lot, wrong = draw.random_sample(n), np.full(n, EASY_WRONG)
    for name, (_, model_wrong, better_wrong, _) in PLANTED.items():
        here = group == name
        urgent = np.where(here, better[name] ^ (lot < better_wrong), urgent)
        wrong = np.where(here, model_wrong, wrong)
    model = urgent ^ (draw.random_sample(n) < wrong)
    rows["truth"], rows["model"] = _words(urgent), _words(model)
    return rows


def planted_group(rows: pd.DataFrame) -> NDArray[np.str_]:
    """Return which planted group each request is in, "" for none; nobody is in two."""
    letter = rows["channel"] == "letter"
    conditions = {
        "translated": letter & (rows["language"] == "other"),
        "calls": (rows["channel"] == "phone") & (rows["floor"] >= 6),
        "blocks": (rows["channel"] == "app") & (rows["households"] >= 30),
        "cellars": letter & (rows["language"] == "local") & rows["district"].isin(["harbour", "mill", "station"]),
    }
    group = np.full(len(rows), "", dtype="<U10")
    for name in PLANTED:
        group[conditions[name].to_numpy()] = name
    return group


def make_bounty() -> dict[str, bytes]:
    """Return every file of the bounty by its path in the folder."""
    rows = make_rows()
    files = {
        "bounty.toml": TERMS.encode(),
        "rows.csv": _csv(rows.drop(columns="truth")),
        "labels.csv": _csv(rows[["request", "truth"]]),
        "dictionary.csv": _csv(pd.DataFrame({"feature": list(DICTIONARY), "meaning": list(DICTIONARY.values())})),
    }
    for number, rival in enumerate(_rivals(rows), 1):
        files[f"submissions/brute/rival_{number}.csv"] = _csv(rival)
    for submission in list_submissions():
        path = f"submissions/{submission['team']}/{submission['id']}.json"
        files[path] = (json.dumps(submission, ensure_ascii=False, indent=2) + "\n").encode()
    return files


def list_submissions() -> list[dict[str, Any]]:
    """Return the submissions in the order of their ids, which is that in which they are judged."""
    brute = _try_groups(40)
    turns = [
        *[next(brute) for _ in range(12)],
        _manual(
            "hand", PLANTED["translated"][0], PLANTED["translated"][3], "Translated letters are taken too lightly."
        ),
        *[next(brute) for _ in range(6)],
        _manual(
            "inert",
            f"{PLANTED['calls'][0]} and built >= 1880 and month between 1 and 12",
            PLANTED["calls"][3],
            "Calls from high floors; all years, all months.",
        ),
        *[next(brute) for _ in range(6)],
        _manual("hand", "weekday in [Sat, Sun]", {"constant": "urgent"}, "Who writes at the weekend cannot wait?"),
        *AUTOMATIC[:2],
        *[next(brute) for _ in range(6)],
        _manual("hand", PLANTED["blocks"][0], PLANTED["blocks"][3], "Large houses, by the app."),
        _manual(
            "inert",
            f"channel = letter and language in [local, other] and weekday in [{', '.join(WEEKDAYS)}]",
            {"constant": "urgent"},
            "Letters on any day, in any language.",
        ),
        *AUTOMATIC[2:],
        *brute,
        _manual(
            "inert",
            f"{PLANTED['blocks'][0]} and floor >= 0 and month <= 12 and channel in [app, letter, phone]",
            PLANTED["blocks"][3],
            "Large houses, whatever the floor, the month and the channel.",
        ),
        _manual("hand", PLANTED["calls"][0], {"model": 0}, "Were calls from high floors better off at first?"),
    ]
    return [{"team": turn["team"], "id": f"{number:03d}"} | turn for number, turn in enumerate(turns, 1)]


def _leaf(number: int, value: str | int) -> dict[str, Any]:
    return {"id": number, "value": value}


def _below(number: int, feature: str, threshold: float, true: int, false: int) -> dict[str, Any]:
    return {"id": number, "feature": feature, "op": "<=", "threshold": threshold, "true": true, "false": false}


def _is(number: int, feature: str, word: str, true: int, false: int) -> dict[str, Any]:
    return {"id": number, "feature": feature, "op": "in", "values": [word], "true": true, "false": false}


def _automatic(group: dict[str, Any], replacement: dict[str, Any], note: str) -> dict[str, Any]:
    return {"team": "hunters", "kind": "automatic", "group": group, "replacement": replacement, "note": note}


# What `metrics.hunters` drafted from the explore rows against the baseline, kept as it was sent.
AUTOMATIC: list[dict[str, Any]] = [
    _automatic(
        {"where": "channel = letter and language != other and district != park"},
        {
            "tree": {
                "nodes": [
                    _below(0, "floor", 3.0, true=1, false=2),
                    _leaf(1, "urgent"),
                    _is(2, "district", "garden", true=3, false=4),
                    _leaf(3, "urgent"),
                    _leaf(4, "can wait"),
                ]
            }
        },
        "A leaf of the error tree.",
    ),
    _automatic(
        {
            "tree": {
                "nodes": [
                    _is(0, "channel", "letter", true=1, false=8),
                    _is(1, "district", "park", true=2, false=7),
                    _below(2, "households", 21.0, true=3, false=6),
                    _is(3, "language", "local", true=4, false=5),
                    _leaf(4, 0),
                    _leaf(5, 1),
                    _leaf(6, 1),
                    _leaf(7, 1),
                    _below(8, "households", 30.0, true=9, false=14),
                    _below(9, "households", 19.0, true=10, false=11),
                    _leaf(10, 0),
                    _is(11, "district", "harbour", true=12, false=13),
                    _leaf(12, 1),
                    _leaf(13, 0),
                    _is(14, "district", "park", true=15, false=16),
                    _leaf(15, 0),
                    _leaf(16, 1),
                ]
            }
        },
        {
            "tree": {
                "nodes": [
                    _is(0, "channel", "phone", true=1, false=6),
                    _below(1, "floor", 5.0, true=2, false=5),
                    _below(2, "built", 1918.0, true=3, false=4),
                    _leaf(3, "can wait"),
                    _leaf(4, "urgent"),
                    _leaf(5, "can wait"),
                    _leaf(6, "urgent"),
                ]
            }
        },
        "Where a linear auditor predicts the most excess loss.",
    ),
    _automatic(
        {"where": "households >= 40 and channel = app"},
        {"constant": "urgent"},
        "Found by the slice finder.",
    ),
    _automatic(
        {"where": "channel = letter and language = other and floor > 1"},
        {"constant": "urgent"},
        "A leaf of the error tree.",
    ),
]


def _manual(team: str, where: str, replacement: dict[str, Any], note: str) -> dict[str, Any]:
    return {"team": team, "kind": "manual", "group": {"where": where}, "replacement": replacement, "note": note}


def _try_groups(n: int) -> Iterator[dict[str, Any]]:
    """Yield random groups by columns that have nothing to do with the model's errors, with one rival or the other."""
    draw = start(SEED + 1)
    for number in range(1, n + 1):
        days = _some(draw, WEEKDAYS, 3 + int(draw.random_sample() * 3))
        months = _some(draw, range(1, 13), 4 + int(draw.random_sample() * 5))
        where = f"weekday in [{', '.join(days)}] and month in [{', '.join(map(str, months))}]"
        replacement = {"predictions": f"rival_{1 + number % 2}.csv"}
        yield _manual("brute", where, replacement, f"Try {number}.")


def _some(draw: np.random.RandomState, items: Sequence[Any], n: int) -> list[Any]:
    chosen = np.sort(np.argsort(draw.random_sample(len(items)), kind="stable")[:n])
    return [items[place] for place in chosen.tolist()]


def _rivals(rows: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Yield two models that are wrong as often as the baseline, in every planted group and elsewhere, on other rows."""
    draw, group = start(SEED + 2), planted_group(rows)
    wrong = np.full(len(rows), EASY_WRONG)
    for name, (_, model_wrong, _, _) in PLANTED.items():
        wrong = np.where(group == name, model_wrong, wrong)
    urgent = (rows["truth"] == "urgent").to_numpy()
    for _ in range(2):
        answers = _words(urgent ^ (draw.random_sample(len(rows)) < wrong))
        yield pd.DataFrame({"request": rows["request"], "prediction": answers})


def _words(urgent: NDArray[np.bool_]) -> NDArray[np.str_]:
    return np.where(urgent, "urgent", "can wait")


def _csv(table: pd.DataFrame) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerows(table.itertuples(index=False))
    return text.getvalue().encode()
