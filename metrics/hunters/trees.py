"""Trees of scikit-learn as conditions and as the JSON of submissions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from metrics.hunters.ground import Floats, Ground
from metrics.levels import number_text
from metrics.predicates import quote_column, quote_value

__all__ = ["list_paths", "write_path", "write_tree"]

Step = tuple[int, float, bool]  # a column of the matrix, the threshold, and whether the answer to `<=` is yes


def list_paths(tree: Any, node: int, path: tuple[Step, ...]) -> Iterator[tuple[Step, ...]]:
    if tree.children_left[node] < 0:
        yield path
        return
    column, threshold = int(tree.feature[node]), float(tree.threshold[node])
    yield from list_paths(tree, int(tree.children_left[node]), (*path, (column, threshold, True)))
    yield from list_paths(tree, int(tree.children_right[node]), (*path, (column, threshold, False)))


def write_path(ground: Ground, path: Sequence[Step]) -> str:
    """Write the way to a leaf as a condition; of several bounds of one number the closest stands."""
    parts: dict[str, str] = {}
    for column, threshold, below in path:
        feature, word = ground.questions[column]
        name = quote_column(feature)
        if word is None:
            bound = number_text(_settle_threshold(ground.matrix[:, column], threshold))
            key, text = f"{feature} {below}", f"{name} <= {bound}" if below else f"{name} > {bound}"
        else:
            key, text = f"{feature} {below} {word}", f"{name} {'!=' if below else '='} {quote_value(word)}"
        # Who gave no answer goes with those who are not below, or are not this word.
        if (word is None) != below and ground.has_gaps(feature):
            text = f"({text} or {name} is missing)"
        parts.pop(key, None)
        parts[key] = text
    named = {ground.questions[column][0] for column, _, below in path if ground.questions[column][1] and not below}
    kept = [
        text
        for key, text in parts.items()
        # "colour = red" says more than "colour != blue".
        if not any(key.startswith(f"{feature} True ") for feature in named)
    ]
    return " and ".join(kept)


def write_tree(ground: Ground, tree: Any, value_of: Callable[[Floats], Any]) -> dict[str, Any]:
    """Write a tree of scikit-learn as submissions hold it; `value_of` turns what a leaf holds into its value."""
    nodes: list[dict[str, Any]] = []
    for number in range(tree.node_count):
        left, right = int(tree.children_left[number]), int(tree.children_right[number])
        if left < 0:
            nodes.append({"id": number, "value": value_of(tree.value[number][0])})
            continue
        column, threshold = int(tree.feature[number]), float(tree.threshold[number])
        feature, word = ground.questions[column]
        if word is None:
            bound = _settle_threshold(ground.matrix[:, column], threshold)
            nodes.append(
                {"id": number, "feature": feature, "op": "<=", "threshold": bound, "true": left, "false": right}
            )
        else:
            nodes.append({"id": number, "feature": feature, "op": "in", "values": [word], "true": right, "false": left})
    return _prune({"nodes": nodes})


def _prune(tree: dict[str, Any]) -> dict[str, Any]:
    """Leave out questions whose two answers are the same leaf, and number the nodes from the root on."""
    by_id = {node["id"]: node for node in tree["nodes"]}

    def shorten(number: int) -> dict[str, Any]:
        node = by_id[number]
        if "value" in node:
            return {"value": node["value"]}
        true, false = shorten(node["true"]), shorten(node["false"])
        if "value" in true and "value" in false and true["value"] == false["value"]:
            return true
        return {**node, "true": true, "false": false}

    nodes: list[dict[str, Any]] = []

    def add(node: dict[str, Any]) -> int:
        number = len(nodes)
        nodes.append({})
        if "value" in node:
            nodes[number] = {"id": number, "value": node["value"]}
        else:
            nodes[number] = {**node, "id": number, "true": add(node["true"]), "false": add(node["false"])}
        return number

    add(shorten(0))
    return {"nodes": nodes}


def _settle_threshold(column: Floats, threshold: float) -> float:
    """Return the largest number that occurs and lies at or below a threshold: it asks the same, and reads better."""
    below = column[column <= threshold]
    return float(below.max()) if len(below) else threshold
