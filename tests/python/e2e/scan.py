"""Looks for many texts at once in many bytes: all windows of eight bytes, as numbers, against those of the texts.

Python's `in` would read everything once for each of thousands of texts; this reads it once for all.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import islice

import numpy as np

WIDTH = 8
"""A text has to have so many bytes: a shorter one stands by chance in ids, hashes and base64."""
_BITS = 20
_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(64 - _BITS)
_CHUNK = 1 << 22
_FEW = 50
"""Places that are looked at one by one."""


class Scanner:
    """Finds which of the texts stand in some bytes.

    Args:
        texts: What to look for; all at least `WIDTH` bytes long.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        # The last bytes, not the first: thousands of addresses begin alike.
        self._by_end: dict[bytes, list[bytes]] = defaultdict(list)
        for text in texts:
            value = text.encode()
            assert len(value) >= WIDTH, text
            self._by_end[value[-WIDTH:]].append(value)
        self._ends = np.unique(np.frombuffer(b"".join(self._by_end), dtype="<u8"))
        self._table = np.zeros(1 << _BITS, dtype=bool)
        self._table[self._slots(self._ends)] = True

    def find(self, content: bytes) -> set[str]:
        """The texts that stand in the content."""
        found: set[bytes] = set()
        searched: set[bytes] = set()
        for end, places in self._candidates(content):
            values = [value for value in self._by_end[end] if value not in found]
            if end in searched or not values:
                continue
            for place in islice(places, _FEW):
                found.update(
                    value for value in values if content[max(0, place - len(value)) : place] == value
                )
            if next(places, None) is not None:
                # An end such as 00000000 is everywhere: no look at each place.
                searched.add(end)
                found.update(value for value in values if value not in found and value in content)
        return {value.decode() for value in found}

    def _candidates(self, content: bytes) -> Iterator[tuple[bytes, Iterator[int]]]:
        """The last bytes of texts that stand in the content, with the places where they end."""
        for offset in range(WIDTH):
            count = (len(content) - offset) // WIDTH
            for start in range(0, count, _CHUNK):
                windows = np.frombuffer(
                    content, "<u8", count=min(_CHUNK, count - start), offset=offset + start * WIDTH
                )
                # One look into a small table rules nearly all out; the few others are compared.
                likely = np.flatnonzero(self._table[self._slots(windows)])
                likely = likely[np.isin(windows[likely], self._ends)]
                likely = likely[np.argsort(windows[likely], kind="stable")]
                ends, first = np.unique(windows[likely], return_index=True)
                for end, indices in zip(ends, np.split(likely, first[1:]), strict=False):
                    yield end.tobytes(), (offset + (start + int(index) + 1) * WIDTH for index in indices)

    @staticmethod
    def _slots(windows: np.ndarray) -> np.ndarray:
        return (windows * _FACTOR) >> _SHIFT


def telling(values: Iterable[str]) -> set[str]:
    """What of personal values can tell a person: the whole value, and its parts.

    A part is told by what stands between blanks and commas, if it is long enough and not only a word: it has a digit or
    an @. Of a telephone number also the digits alone, which is how it would stand in another column.
    """
    found = set()
    for value in values:
        parts = [part for part in re.split(r"[\s,;]+", value) if re.search(r"[\d@]", part)]
        digits = re.sub(r"\D", "", value) if re.fullmatch(r"[+\d\s().-]+", value) else ""
        found |= {text for text in (value, digits, *parts) if len(text.encode()) >= WIDTH}
    return found
