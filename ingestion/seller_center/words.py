"""Words of exports and the codes that the API has for them: `words.yml`, read once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import yaml

from ingestion.seller_center.layouts import normal_header

_FILE = Path(__file__).with_name("words.yml")


@dataclass(frozen=True, slots=True)
class _Meaning:
    code: str
    valid_from: date
    valid_to: date


@lru_cache(maxsize=10_000)
def code_of(vocabulary: str, word: str, on: date) -> str | None:
    """The API's code for a word.

    Args:
        vocabulary: What the word stands for: `order_status`, `transaction_type` ...
        word: As in the file.
        on: The day whose vocabulary counts.

    Returns:
        None for a word that is not known on that day.
    """
    for meaning in _vocabulary()[vocabulary].get(_normal(word), ()):
        if meaning.valid_from <= on < meaning.valid_to:
            return meaning.code
    return None


@lru_cache(maxsize=10_000)
def _normal(word: str) -> str:
    return normal_header(word)


@cache
def _vocabulary() -> Mapping[str, Mapping[str, tuple[_Meaning, ...]]]:
    content: dict[str, dict[str, dict[str, Any]]] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    found: dict[str, dict[str, tuple[_Meaning, ...]]] = {}
    for vocabulary, codes in content.items():
        words = found.setdefault(vocabulary, {})
        for code, entry in codes.items():
            meaning = _Meaning(code, entry["valid_from"], entry.get("valid_to") or date.max)
            for word in (*entry["words"], *entry.get("inferred", ())):
                words[_normal(word)] = (*words.get(_normal(word), ()), meaning)
    return found
