"""Changes to what goes with what in two sets: one level, column or system at a time, and the way round."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from metrics.two_sets.match import Match

__all__ = ["match_column", "match_level", "match_system", "turn_round"]


def match_level(match: Match, attribute: str, customer: str, here: str | None) -> Match:
    """Return the match in which a customer's level is a level of the reference (`here`), or stays by itself (None).

    >>> match_level(Match(), "accent", "en-IN", "Indian").levels
    {'accent': {'Indian': ('en-IN',)}}
    """
    old = match.levels.get(attribute, {})
    pairs = {name: tuple(level for level in several if level != customer) for name, several in old.items()}
    if here is not None:
        pairs[here] = (*pairs.get(here, ()), customer)
    pairs = {name: several for name, several in pairs.items() if several}
    others = {name: levels for name, levels in match.levels.items() if name != attribute}
    return replace(match, levels=others | ({attribute: pairs} if pairs else {}))


def match_column(match: Match, here: str, customer: str | None) -> Match:
    """Return the match in which a column of the reference goes with one of the customer's, or with none (None)."""
    return replace(match, columns=_pair(match.columns, here, customer))


def match_system(match: Match, here: str, customer: str | None) -> Match:
    """Return the match in which a system of the reference goes with one of the customer's, or with none (None)."""
    return replace(match, systems=_pair(match.systems, here, customer))


def turn_round(match: Match) -> Match:
    """Return the match for the two sets with their places changed.

    Of several levels that were taken for one, only the first can be turned round; the others stand by themselves then.

    >>> turn_round(Match({"sex": "gender"}, {}, {"sex": {"female": ("f", "w")}}))
    Match(columns={'gender': 'sex'}, systems={}, levels={'gender': {'f': ('female',)}})
    """
    columns, systems = ({there: here for here, there in part.items()} for part in (match.columns, match.systems))
    levels = {
        match.columns.get(attribute, attribute): {several[0]: (here,) for here, several in pairs.items() if several}
        for attribute, pairs in match.levels.items()
    }
    return Match(columns, systems, levels)


def _pair(pairs: Mapping[str, str], here: str, customer: str | None) -> dict[str, str]:
    """Return the pairs with one set; neither side is in two of them."""
    kept = {one: other for one, other in pairs.items() if one != here and other != customer}
    return kept | ({here: customer} if customer is not None else {})
