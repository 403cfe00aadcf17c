"""The text in what services and programs write about one recording, a JSON file each."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from metrics.errors import stop
from metrics.reading.encodings import Text
from metrics.reading.limits import Limits

_CURE = "Export it again, or take it out of the folder."
_OF_SILENCE = {"resultEndTime", "resultEndOffset", "languageCode", "channelTag", "final"}
_NOT_HEARD = ("nomatch", "initialsilencetimeout", "babbletimeout", "endofdictation", "success")


def read_recording(text: Text, where: str, limits: Limits) -> Any:
    """Return what a JSON file holds. Raises ResultsError where it is none, too deep or too large."""
    raw = bytes(text.data)
    if raw.count(b",") + raw.count(b"[") > 2 * limits.cells:
        raise limits.error(where, "cells")
    try:
        return json.loads(raw)
    except json.JSONDecodeError as error:
        raise stop(where, f"is no valid JSON in line {error.lineno} ({error.msg}).", _CURE) from error
    except (RecursionError, ValueError) as error:
        raise stop(where, f"cannot be read ({str(error)[:80]}).", _CURE) from error


def find_text(value: Any) -> str | None:
    """Return the text of a recording, empty where nothing was heard, None where there is no field for it.

    Known are Amazon Transcribe, Google, IBM Watson, Deepgram, Azure (batch, fast and short),
    AssemblyAI, and Whisper in its many programs.

    >>> find_text({"results": {"transcripts": [{"transcript": "so it was"}]}})
    'so it was'
    >>> find_text({"results": [{"alternatives": [{"transcript": "so"}]}, {"alternatives": [{"transcript": " it"}]}]})
    'so it'
    >>> find_text({"RecognitionStatus": "NoMatch"}), find_text({"jobName": "a"})
    ('', None)
    """
    if not isinstance(value, Mapping):
        return None
    for inner in ("response", "output"):
        if isinstance(value.get(inner), Mapping) and "results" in value[inner]:
            value = value[inner]
    found = _of_results(value.get("results"))
    if found is None:
        found = _of_azure(value)
    if found is None and isinstance(value.get("text"), str):
        found = [value["text"]]
    for parts in ("segments", "transcription"):
        found = _all_of(value.get(parts), "text") if found is None else found
    return None if found is None else " ".join(part.strip() for part in found if part.strip())


def _of_results(results: Any) -> list[str] | None:
    if isinstance(results, list):  # Google, Watson; an object of times only is a stretch in which nothing was heard
        if not all(isinstance(r, Mapping) and ("alternatives" in r or r.keys() <= _OF_SILENCE) for r in results):
            return None
        firsts = [_first(result.get("alternatives")) for result in results]
        return list(_texts(firsts, "transcript"))
    if isinstance(results, Mapping):
        if isinstance(results.get("transcripts"), list):  # Amazon
            return list(_texts(results["transcripts"], "transcript"))
        if isinstance(results.get("channels"), list):  # Deepgram
            channels = [channel for channel in results["channels"] if isinstance(channel, Mapping)]
            return list(_texts([_first(channel.get("alternatives")) for channel in channels], "transcript"))
    return None


def _of_azure(value: Mapping[str, Any]) -> list[str] | None:
    for whole, names in (("combinedRecognizedPhrases", ("display", "lexical")), ("combinedPhrases", ("text",))):
        if isinstance(value.get(whole), list):
            return next((t for name in names if (t := list(_texts(value[whole], name)))), [])
    if isinstance(value.get("recognizedPhrases"), list):
        phrases = [phrase for phrase in value["recognizedPhrases"] if isinstance(phrase, Mapping)]
        return list(_texts([_first(phrase.get("nBest")) for phrase in phrases], "display"))
    if isinstance(value.get("DisplayText"), str):
        return [value["DisplayText"]]
    if isinstance(best := _first(value.get("NBest")), Mapping):
        return list(_texts([best], "Display"))
    if str(value.get("RecognitionStatus", "")).casefold() in _NOT_HEARD:
        return []
    return None


def _first(items: Any) -> Any:
    return items[0] if isinstance(items, list) and items else None


def _texts(items: Iterable[Any], name: str) -> Iterable[str]:
    return (item[name] for item in items if isinstance(item, Mapping) and isinstance(item.get(name), str))


def _all_of(items: Any, name: str) -> list[str] | None:
    """Return the texts of a list of parts, None where it is no such list."""
    if not isinstance(items, list) or not all(isinstance(i, Mapping) and isinstance(i.get(name), str) for i in items):
        return None
    return list(_texts(items, name))
