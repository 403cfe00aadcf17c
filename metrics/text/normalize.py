"""Normalisers: what is done to references and hypotheses alike before they are compared.

Each has a name, a version and a digest, so that a report can say what was done; several are put
together with `+` and applied from left to right, as in `lower+fillers.glm`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from metrics.errors import nearest, stop
from metrics.progress import Progress, Tell
from metrics.text.rules import MOST_CHARACTERS, make_rewriter, read_rules

__all__ = ["NAMES", "Normalizer", "Step", "join_normalizers", "load_normalizer", "parse_rules"]

NAMES = ("none", "lower", "whisper-english", "whisper-basic")

_TOLD_EVERY = 256  # strings; Whisper's English one takes about 0.1 ms for each
_MOST_OPEN_BRACKETS = 200
_PACKAGE = "whisper-normalizer"


@dataclass(frozen=True)
class Step:
    """One thing that is done to a text. `digest` changes with what is done, not with how it is called."""

    name: str
    version: str
    digest: str
    meaning: str  # in plain words
    apply: Callable[[str], str] = field(compare=False, repr=False)


@dataclass(frozen=True)
class Normalizer:
    """Steps applied one after another; made by `load_normalizer` or `parse_rules`.

    `version` lists the versions of the steps; `digest` is a SHA-256 over what they do: their own versions,
    that of the package behind them, the text of their rules. No step at all is `none`.
    """

    name: str
    version: str
    digest: str
    steps: tuple[Step, ...]

    def __call__(self, strings: Sequence[str], progress: Tell | None = None) -> list[str]:
        """Return the normalised strings, each distinct one being worked on once.

        `progress` is told every few hundred strings and may raise to cancel. Raises ResultsError, naming
        the step and the text, where a step cannot deal with a text.
        """
        if not self.steps:
            return list(strings)
        tell = Progress(progress)
        done = dict.fromkeys(strings, "")
        for number, string in enumerate(done):
            if number % _TOLD_EVERY == 0:
                tell("Normalising text", number / len(done))
            done[string] = self._apply(string)
        tell("Normalising text", 1)
        return [done[string] for string in strings]

    def describe(self) -> str:
        """Say in plain words what is done.

        >>> load_normalizer("lower").describe()
        'Lower case; punctuation is removed without a space; white space is collapsed.'
        """
        if not self.steps:
            return "Text is compared as it stands."
        return " Then: ".join(step.meaning for step in self.steps)

    def _apply(self, text: str) -> str:
        for step in self.steps:
            try:
                text = step.apply(text)
            # What the steps of a package raise on strange text, such as a number of 5,000 digits.
            except (ValueError, ArithmeticError, AssertionError, LookupError, TypeError, RecursionError) as error:
                raise stop(
                    f"normalizer {step.name!r}",
                    f"cannot deal with the text {text[:60]!r} ({type(error).__name__}).",
                    "Choose another normalizer, or mend this text.",
                ) from error
        return text


def load_normalizer(text: str, base: Path | None = None) -> Normalizer:
    """Return the normaliser that a text names: names of `NAMES` and rules files, joined by `+`.

    Files are looked for from the folder `base`; where it is None, names alone are known, so that a text
    from a page or an address opens no file. Raises ResultsError for a name that is none, a file that
    cannot be read or has bad lines, and where a package is missing.

    >>> load_normalizer("lower")(["The  CAT's, hat."])
    ['the cats hat']
    """
    return _compose(step for part in text.split("+") for step in _find_steps(part.strip(), base))


def parse_rules(text: str, name: str) -> Normalizer:
    """Return the normaliser of a rules text, such as that of an uploaded file called `name`.

    Raises ResultsError with the numbers of all lines that cannot be used; see `metrics.text.rules`.

    >>> parse_rules("{um / uh / @}\\ngonna => going to", "mine")(["Um I'm gonna go"])
    ["I'm going to go"]
    """
    return _compose([_make_rules_step(text, name)])


def join_normalizers(normalizers: Iterable[Normalizer]) -> Normalizer:
    """Return one normaliser that applies several, from left to right."""
    return _compose(step for part in normalizers for step in part.steps)


def _compose(found: Iterable[Step]) -> Normalizer:
    steps = tuple(found)
    name = "+".join(step.name for step in steps) or "none"
    version = "+".join(step.version for step in steps) or "1"
    return Normalizer(name, version, _digest("steps", *(step.digest for step in steps)), steps)


def _find_steps(part: str, base: Path | None) -> list[Step]:
    match part:
        case "none":
            return []
        case "lower":
            return [_LOWER]
        case "whisper-english" | "whisper-basic":
            return [_make_whisper_step(part)]
    path = None if base is None or not part else base / part
    if path is None or not path.is_file():
        known = ", ".join(NAMES)
        found = f"is not one of {known}." if base is None else f"is neither one of {known} nor a file of rules."
        raise stop(f"normalizer {part!r}", found, nearest(part, NAMES) or "Join several with '+': lower+rules.glm.")
    return [_make_rules_step(_read(path), path.name)]


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(4 * MOST_CHARACTERS + 1)
        return content.decode("utf-8-sig")
    except OSError as error:
        raise stop(f"rules file {path.name!r}", f"cannot be read: {error.strerror}.", "Name another file.") from error
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise stop(
            f"rules file {path.name!r}, line {line},", "is not written in UTF-8.", "Save the file as UTF-8."
        ) from error


def _make_rules_step(text: str, name: str) -> Step:
    rules = read_rules(text, name)
    n = len(rules)
    meaning = f"Rules of {name!r} ({n} phrase{'' if n == 1 else 's'}), matched word by word whatever the case."
    return Step(name, "rules 1", _digest("rules 1", text), meaning, make_rewriter(rules))


class _Punctuation(dict[int, int | None]):
    """A table for `str.translate` that takes out every character of Unicode category P."""

    def __missing__(self, code: int) -> int | None:
        self[code] = None if unicodedata.category(chr(code)).startswith("P") else code
        return self[code]


_PUNCTUATION = _Punctuation()


def _lower(text: str) -> str:
    return " ".join(text.lower().translate(_PUNCTUATION).split())


def _make_whisper_step(name: str) -> Step:
    """Return a step of the package whisper-normalizer; white space is collapsed before and trimmed after.

    The basic one is mended: as it comes, it turns every combining mark (category M) into a space, which takes the
    vowels out of Hindi, Thai and Arabic and cuts their words apart. Here marks stay, and only symbols and
    punctuation (S and P) of the NFKC form become spaces; all else is the package's.
    """
    try:
        from importlib.metadata import version

        from whisper_normalizer.basic import BasicTextNormalizer
        from whisper_normalizer.english import EnglishTextNormalizer
    except ImportError as error:
        raise stop(
            f"normalizer {name!r}",
            f"needs the package {_PACKAGE}, which is not installed.",
            "Install it with: pip install 'fairness-dashboard[transcripts]'",
        ) from error
    package = f"{_PACKAGE} {version(_PACKAGE)}"
    if name == "whisper-english":
        normalize = EnglishTextNormalizer()
        meaning = (
            "Whisper's English normaliser: lower case, punctuation and fillers out, contractions written in full, "
            "numbers as digits, British spelling as American."
        )
    else:
        normalize = BasicTextNormalizer()
        normalize.clean = _replace_symbols
        meaning = (
            "Whisper's basic normaliser: lower case, what stands in brackets out, symbols and punctuation to spaces; "
            "combining marks stay."
        )

    def apply(text: str) -> str:
        text = " ".join(text.split())
        _refuse_open_brackets(text)
        return str(normalize(text)).strip()

    return Step(name, package, _digest(name, "1", package), meaning, apply)


def _refuse_open_brackets(text: str) -> None:
    """Raise ValueError for brackets by the hundred that are never closed: the package's search takes minutes there."""
    angles = text[max(text.rfind(">"), text.rfind("]")) + 1 :]
    if max(angles.count("<") + angles.count("["), text.count("(", text.rfind(")") + 1)) > _MOST_OPEN_BRACKETS:
        raise ValueError("too many brackets are open")


def _replace_symbols(text: str) -> str:
    return "".join(
        " " if unicodedata.category(character)[0] in "SP" else character
        for character in unicodedata.normalize("NFKC", text)
    )


def _digest(*parts: str) -> str:
    # Lengths stand between the parts, so that no two lists of parts read alike.
    return sha256("".join(f"{len(part)}:{part}" for part in parts).encode("utf-8", "surrogatepass")).hexdigest()


_LOWER = Step(
    "lower",
    "1",
    _digest("lower", "1"),
    "Lower case; punctuation is removed without a space; white space is collapsed.",
    _lower,
)
