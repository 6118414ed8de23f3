"""Parameters of a request: text, or JSON text for lists and objects."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

import orjson

from sandbox.ads.refusal import bad_parameter


class Parameters:
    """The query of a request.

    Args:
        pairs: Names and decoded values; of a name that comes twice the last counts.
    """

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        self._values = dict(pairs)

    def text(self, name: str) -> str | None:
        """A text, or None."""
        return self._values.get(name) or None

    def required(self, name: str) -> str:
        """A text.

        Raises:
            AdsRefusal: It is missing.
        """
        value = self.text(name)
        if value is None:
            raise bad_parameter(f"{name}: Missing data for required field.")
        return value

    def choice(self, name: str, allowed: Collection[str], default: str | None = None) -> str:
        """One of some words.

        Raises:
            AdsRefusal: It is missing, or none of them.
        """
        value = self.text(name) or default
        if value is None:
            raise bad_parameter(f"{name}: Missing data for required field.")
        if value not in allowed:
            raise bad_parameter(
                f"{name}: Invalid value {value}. It must be one of {', '.join(sorted(allowed))}."
            )
        return value

    def number(self, name: str, least: int, most: int, default: int) -> int:
        """A whole number.

        Raises:
            AdsRefusal: It is none, or not within its bounds.
        """
        value = self.text(name)
        if value is None:
            return default
        if not value.isdecimal() or not least <= int(value) <= most:
            raise bad_parameter(f"{name}: Must be an integer from {least} to {most}.")
        return int(value)

    def listed(self, name: str, most: int = 100) -> list[str] | None:
        """A list of texts, or None.

        Raises:
            AdsRefusal: It is no JSON list of texts, is empty, or too long.
        """
        return texts(name, self._json(name), most)

    def members(self, name: str) -> dict[str, Any]:
        """An object; empty when it is missing.

        Raises:
            AdsRefusal: It is no JSON object.
        """
        value = self._json(name)
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise bad_parameter(f"{name}: Must be a JSON object.")
        return value

    def objects(self, name: str) -> list[Mapping[str, Any]]:
        """A list of objects; empty when it is missing.

        Raises:
            AdsRefusal: It is no JSON list of objects.
        """
        value = self._json(name)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            raise bad_parameter(f"{name}: Must be a JSON list of objects.")
        return value

    def dates(self, most: int) -> tuple[date, date]:
        """The closed range of days.

        Raises:
            AdsRefusal: It is missing, malformed, reversed or too long.
        """
        try:
            start, end = (date.fromisoformat(self.required(name)) for name in ("start_date", "end_date"))
        except ValueError:
            raise bad_parameter("start_date and end_date: Must be YYYY-MM-DD.") from None
        if start > end:
            raise bad_parameter("end_date: Must not be before start_date.")
        if (end - start).days >= most:
            raise bad_parameter(f"The date range exceeds the limit of {most} day(s).")
        return start, end

    def _json(self, name: str) -> Any:
        value = self.text(name)
        if value is None:
            return None
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError:
            raise bad_parameter(f"{name}: Must be JSON text.") from None


def texts(name: str, value: Any, most: int) -> list[str] | None:
    """A list of texts inside a JSON value, or None."""
    if value is None:
        return None
    if not isinstance(value, list) or not value or not all(isinstance(one, str) for one in value):
        raise bad_parameter(f"{name}: Must be a JSON list of strings.")
    if len(value) > most:
        raise bad_parameter(f"{name}: At most {most} values.")
    return value
