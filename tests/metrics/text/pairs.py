"""Pairs of reference and hypothesis that are hard to count: seeded, of many scripts, with repeats and empties."""

from __future__ import annotations

import random

from hypothesis import strategies as st

_WORDS = (
    *("a", "b", "the", "cat", "sat", "on", "mat", "matt", "no", "no.", "I'm", "2", "20", "straße", "İstanbul"),
    *(
        "今天",
        "天气",
        "很好",
        "東京",
        "привет",
        "мир",
        "नमस्ते",
        "สวัสดี",
        "مرحبا",
        "안녕",
        "e\u0301",
        "é",
        "🙂",
        "\ud83d",
        "\x00",
        "+",
        "-",
    ),
)


def make_pairs(n: int, seed: int) -> tuple[list[str], list[str]]:
    """Return n references and hypotheses: a fifth equal, some empty, words of few kinds that repeat."""
    generator = random.Random(seed)
    references, hypotheses = [], []
    for _ in range(n):
        known = generator.sample(_WORDS, generator.choice((2, 3, 8, len(_WORDS))))
        said = generator.choices(known, k=generator.choice((0, 1, 2, 5, 12, 12, 20)))
        references.append(" ".join(said))
        hypotheses.append(" ".join(_mishear(said, known, generator)))
    return references, hypotheses


def _mishear(said: list[str], known: list[str], generator: random.Random) -> list[str]:
    rate = generator.choice((0, 0.1, 0.3, 0.9))
    heard: list[str] = []
    for word in said:
        if generator.random() >= rate:
            heard.append(word)
            continue
        heard += generator.choice(([], [generator.choice(known)], [word, generator.choice(known)], [word[:-1] or "x"]))
    if rate and not generator.randrange(20):
        return generator.choice(([], generator.choices(known, k=30), heard[::-1]))
    return heard


def texts() -> st.SearchStrategy[str]:
    """Texts of words that repeat often, between spaces in any number, also at the ends."""
    words = st.sampled_from(_WORDS) | st.text("ab", min_size=1, max_size=3)
    spaces = st.sampled_from([" ", " ", " ", "  ", "\t \n"])
    pieces = st.lists(st.tuples(words, spaces), max_size=8).map(lambda parts: "".join(w + s for w, s in parts))
    return st.one_of(pieces, pieces.map(str.strip), st.text(max_size=20).map(_without_lone_spaces))


def _without_lone_spaces(text: str) -> str:
    """Write white space that jiwer takes for a part of a word as a space."""
    return "".join(" " if character.isspace() else character for character in text)
