"""The errors of this project: what happened, and what to do about it."""

from __future__ import annotations

from home.text import printable


class TtkpiError(Exception):
    """An error a person can act on.

    Attributes:
        message: What happened, to which shop or file, in one sentence. Never holds a secret.
        advice: What to do now, in plain words; empty when there is nothing to do but read the message.
    """

    def __init__(self, message: str, *, advice: str = "") -> None:
        # Only the message is in args: an exception is rebuilt from them when it crosses a process border.
        message = printable(message)
        super().__init__(message)
        self.message = message
        self.advice = advice

    def __str__(self) -> str:
        return f"{self.message}\n{self.advice}" if self.advice else self.message


class ConfigError(TtkpiError):
    """Something is not configured, or wrongly; the advice names the key, the file and the variable."""


class UsageError(TtkpiError):
    """What was asked for has no answer, whatever is configured; the advice says how to ask."""


class TransientError(TtkpiError):
    """May succeed when tried again; raised to the caller only after the last try.

    Attributes:
        retry_after: Seconds the other side asked to wait; None when it said nothing.
        given_up: All tries are used up; whoever called the caller does not start again.
    """

    retry_after: float | None = None
    given_up: bool = False
