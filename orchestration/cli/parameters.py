"""Days, instants and months as arguments, and the options that several commands share."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def typed(value: Any) -> str:
    """What was typed; digits and signs of a Chinese keyboard (`２０２６－１０`) are those of any other."""
    return unicodedata.normalize("NFKC", str(value)).strip()


class Day(click.ParamType[date]):
    """A day, YYYY-MM-DD."""

    name = "YYYY-MM-DD"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Read a day, or say how one is written."""
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(typed(value))
        except ValueError:
            self.fail(f"{value!r} is not a day; write for instance 2026-10-31", param, ctx)


class Id(click.ParamType[str]):
    """An id as TikTok gives it: digits."""

    name = "ID"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Take an id, or say how one is written."""
        text = typed(value)
        if not (text.isascii() and text.isdigit()):
            self.fail(
                f"{text!r} is not an id; it has the digits 0 to 9 only: 7495000000000000101", param, ctx
            )
        return text


class Instant(click.ParamType[datetime]):
    """A day (its beginning) or an instant with a zone, in UTC."""

    name = "DATE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Read an instant, or say how one is written."""
        if isinstance(value, datetime):
            return value
        text = typed(value)
        try:
            instant = datetime.fromisoformat(text)
        except ValueError:
            self.fail(f"{text!r} is not a date; write 2026-10-31 or 2026-10-31T12:00:00Z", param, ctx)
        if instant.tzinfo is None:
            if len(text) > len("YYYY-MM-DD"):
                self.fail(f"{text!r} has a time but no zone; write for instance {text}Z", param, ctx)
            instant = instant.replace(tzinfo=UTC)
        return instant.astimezone(UTC)


class Month(click.ParamType[date]):
    """A month, YYYY-MM; its first day."""

    name = "YYYY-MM"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Read a month, or say how one is written."""
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(f"{typed(value)}-01")
        except ValueError:
            self.fail(f"{value!r} is not a month; write for instance 2026-10", param, ctx)


def with_options(command: F, options: Sequence[Callable[[F], F]]) -> F:
    """The command with options that it shares with others, in their order."""
    for option in reversed(options):
        command = option(command)
    return command


def sync_options(command: F) -> F:
    """Adds the options that say what is read: shops, resources, from when, until when."""
    options = [
        click.option(
            "--shop",
            "shops",
            multiple=True,
            metavar="ID",
            help="Only this shop or ads account; may be repeated.",
        ),
        click.option("--since", type=Day(), help="Read again from this day (00:00 UTC)."),
        click.option("--until", type=Instant(), help="Read up to here, exclusive.  [default: now]"),
        click.option(
            "--resource",
            "resources",
            multiple=True,
            metavar="NAME",
            help="Only this resource of shops or ads accounts; may be repeated.",
        ),
    ]
    return with_options(command, options)
