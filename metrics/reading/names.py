"""What the name of a column suggests that it holds."""

from __future__ import annotations

import re
from collections.abc import Iterable

from metrics.registry import Role
from metrics.tasks import COMMON, TASKS

# Groups of people, or the conditions they were met in.
_GROUPS = re.compile(
    "sex|gender|race|ethnicity|ethnic|age|region|accent|dialect|language|nationality|country|religion|disability|"
    "marital|education|orientation|skin|caste|income|location|site|hospital|device|noise|environment|group"
)
_NO_GROUPS = re.compile("u?u?id|score|prob(ability)?|pred(iction)?|date|time|path|file|text")
_PERSONS = re.compile(
    "name|firstname|lastname|surname|forename|fullname|e?mail|phone|telephone|mobile|ssn|passport|"
    "dob|birth(date|day)?|address|street|postcode|iban|licence"
)
_TOO_COMMON = {"class", "n", "count", "id"}  # inside other names they say nothing


def name_tokens(name: str) -> list[str]:
    """Return the words of a name, in lower case.

    >>> name_tokens("Age_group 2"), name_tokens("yTrue")
    (['age', 'group', '2'], ['y', 'true'])
    """
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)
    return [token for token in re.split(r"[\W_]+", parted.casefold()) if token]


def names_groups(column: str) -> bool:
    """Whether a name suggests groups of people.

    >>> names_groups("age_cat"), names_groups("pages")
    (True, False)
    """
    return any(map(_GROUPS.fullmatch, name_tokens(column)))


def names_no_groups(column: str) -> bool:
    """Whether a name suggests something that is no group: an id, a score, a date, a person."""
    return any(map(_NO_GROUPS.fullmatch, name_tokens(column))) or names_person(column)


def names_person(column: str) -> bool:
    """Whether a name suggests that the cells point to persons.

    >>> names_person("last name"), names_person("Email"), names_person("age")
    (True, True, False)
    """
    return any(map(_PERSONS.fullmatch, name_tokens(column)))


def find_role(name: str) -> Role:
    """Return the declaration of a role, that of the first task which has it."""
    return next(role for role in (*COMMON, *(r for task in TASKS.values() for r in task.roles)) if role.name == name)


def columns_named_for(role: str, names: Iterable[str], *, part: bool = False) -> list[str]:
    """Return the names that suggest a role, the best first: those that are a word for it, then those that hold one.

    The second `score`, read as `score (2)`, suggests what the first does.

    >>> columns_named_for("id", ["age", "Row ID"]), columns_named_for("prediction", ["pred_b"], part=True)
    (['Row ID'], ['pred_b'])
    """
    words = find_role(role).words
    ranked = []
    for position, name in enumerate(names):
        plain = "_".join(name_tokens(re.sub(r" \(\d+\)$", "", name)))
        rank = next((i for i, word in enumerate(words) if plain in (word, word.replace("_", ""))), None)
        if rank is None and part:
            held = [i for i, word in enumerate(words) if word not in _TOO_COMMON and f"_{word}_" in f"_{plain}_"]
            rank = len(words) + held[0] if held else None
        if rank is not None:
            ranked.append((rank, position, name))
    return [name for _, _, name in sorted(ranked)]


def shape_of(name: str, role: str) -> tuple[str, ...]:
    """Return a name's words with those that do not speak of the role left blank.

    >>> shape_of("pred_a", "prediction") == shape_of("pred_b", "prediction")
    True
    """
    spoken = _spoken(role)
    return tuple(token if token in spoken else "" for token in name_tokens(name))


def rest_of(name: str, role: str) -> tuple[str, ...]:
    """Return the words of a name that do not speak of the role.

    >>> rest_of("score_model_a", "score")
    ('model', 'a')
    """
    return tuple(token for token in name_tokens(name) if token not in _spoken(role))


def _spoken(role: str) -> set[str]:
    words = (word for word in find_role(role).words if word not in _TOO_COMMON)
    return {token for word in words for token in name_tokens(word) if token != "y"}
