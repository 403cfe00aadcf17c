from __future__ import annotations

import unicodedata


class Normalizer:
    name = "lower"
    digest = "x"

    def __init__(self, name):
        self.name = name

    def __call__(self, strings, progress=None):
        if self.name == "none":
            return list(strings)
        return [" ".join("".join(c for c in s.lower() if unicodedata.category(c)[0] != "P").split()) for s in strings]


def load_normalizer(text, base=None):
    return Normalizer(text)
