"""Conditions on rows, such as `sex = female and age >= 65`: a small grammar, parsed into a typed tree.

    any        = all ("or" all)*
    all        = negation (("and" | "&") negation)*
    negation   = "not" negation | "(" any ")" | "everyone" | condition
    condition  = column ("=" | "==" | "!=" | "<" | "<=" | ">" | ">=") value
               | column ["not"] "in" "[" value ("," value)* "]"
               | column ["not"] "between" number "and" number
               | column "is" ["not"] "missing"

Words of letters, digits and `_ . - + / : % @ # $` stand as they are; others take quotes (single or
double, or backticks for a column), a quote inside quotes is doubled. Nothing is ever run as code.
Logic has three values (Kleene 1938): what rests on a missing cell is missing, unless the rest decides.
"""

from __future__ import annotations

from metrics.predicates.evaluation import Evaluator, Truth, Values
from metrics.predicates.parsing import DEEPEST, LONGEST_TEXT, MOST_CONDITIONS, parse_predicate
from metrics.predicates.predicate import Predicate, write_predicate
from metrics.predicates.signs import quote_column, quote_value, read_number
from metrics.predicates.tree import (
    MISSING,
    All,
    Compare,
    Condition,
    Everyone,
    IsMissing,
    Not,
    OneOf,
    Order,
    Some,
)

__all__ = [
    "DEEPEST",
    "LONGEST_TEXT",
    "MISSING",
    "MOST_CONDITIONS",
    "All",
    "Compare",
    "Condition",
    "Evaluator",
    "Everyone",
    "IsMissing",
    "Not",
    "OneOf",
    "Order",
    "Predicate",
    "Some",
    "Truth",
    "Values",
    "parse_predicate",
    "quote_column",
    "quote_value",
    "read_number",
    "write_predicate",
]
