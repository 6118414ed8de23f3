"""What agents asked, in the audit log of the home, and how often an audience may ask.

| setting | default | what |
| --- | --- | --- |
| `mcp.questions_per_minute` | 120 | questions of an audience in any 60 seconds; 0: unlimited |

An answer that can't be logged is not given. An entry (event `agent_asked`) has the tool, its arguments, shortened, the
audience and the publication, and for a refusal the beginning of what was said; never a token. The limit holds for the
process: a client over stdio has its own, over HTTP all clients of an audience share one. Questions beyond the limit
are logged once, not each: a client in a loop must not fill the log.
"""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from time import monotonic
from typing import Any

from home.audit_log import DONE, FAILED, Entry, append, set_origin
from home.config import environment_name, optional_text
from home.errors import ConfigError
from home.layout import Home
from home.text import one_line
from orchestration.deliver.agents.limits import Asked

EVENT = "agent_asked"
SECTION, KEY = "mcp", "questions_per_minute"
QUESTIONS_PER_MINUTE = 120
WHOLE = "everything"
"""What the log calls the audience of the whole file, as the pages do."""
_WINDOW_SECONDS = 60.0
_VALUE_LENGTH, _ARGUMENTS_LENGTH, _REFUSAL_LENGTH = 120, 600, 300


class TooManyQuestions(Asked):
    """An audience has asked as often as it may; says in how many seconds it may ask again."""


def questions_per_minute() -> int:
    """The limit of an audience; 0: none.

    Raises:
        ConfigError: The setting is no whole number of 0 or more.
    """
    text = optional_text(SECTION, KEY, str(QUESTIONS_PER_MINUTE)).strip()
    if not (text.isascii() and text.isdigit()):
        raise ConfigError(
            f"{SECTION}.{KEY} is {text!r}, but must be a whole number of 0 or more.",
            advice=f"Correct {environment_name(SECTION, KEY)} in the environment, or .dlt/config.toml.",
        )
    return int(text)


@dataclass
class Turns:
    """Who may ask now.

    Attributes:
        per_minute: Questions of an audience in any 60 seconds; 0: unlimited.
        clock: Monotonic seconds.
    """

    per_minute: int = QUESTIONS_PER_MINUTE
    clock: Callable[[], float] = monotonic
    _asked: dict[str, deque[float]] = field(default_factory=dict)
    _is_over: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, audience: str) -> tuple[int, bool]:
        """Take a turn.

        Returns:
            Seconds until the audience may ask again, 0 when it may now; and whether it is the first question that is
            beyond the limit since one was not.
        """
        if not self.per_minute:
            return 0, False
        with self._lock:
            now = self.clock()
            times = self._asked.setdefault(audience, deque())
            while times and times[0] <= now - _WINDOW_SECONDS:
                times.popleft()
            if len(times) < self.per_minute:
                times.append(now)
                self._is_over.discard(audience)
                return 0, False
            is_first = audience not in self._is_over
            self._is_over.add(audience)
            return max(1, ceil(times[0] + _WINDOW_SECONDS - now)), is_first


def too_many(audience: str, per_minute: int, seconds: int) -> TooManyQuestions:
    """The refusal of a question that is beyond the limit."""
    return TooManyQuestions(
        f"Audience {audience or WHOLE} has asked {per_minute} questions within a minute, which is its limit.",
        advice=f"Wait {seconds} seconds, then ask again; ask for several metrics or groups in one question. "
        f"请 {seconds} 秒后再试。 The team sets the limit: {environment_name(SECTION, KEY)}.",
    )


def record_question(
    home: Home,
    tool: str,
    arguments: Mapping[str, Any],
    *,
    audience: str,
    publication: str,
    refusal: str = "",
    rows: int | None = None,
    secrets: Sequence[str] = (),
) -> None:
    """Write what was asked into the audit log.

    Args:
        home: The home.
        tool: The tool.
        arguments: What it was asked with.
        audience: Who asks; empty: the whole file.
        publication: From what it is answered; empty: from none.
        refusal: Why there is no answer; empty when there is one.
        rows: Rows of the answer; None where it has none.
        secrets: What must not be in the log.

    Raises:
        TtkpiError: The log is damaged, or the disk refuses: the answer must not be given.
    """
    set_origin("mcp")
    details: dict[str, Any] = {
        "audience": audience or WHOLE,
        "publication": publication,
        "arguments": short(arguments, secrets),
    }
    if rows is not None:
        details["rows"] = rows
    if refusal:
        details["refusal"] = _without(refusal, secrets)[:_REFUSAL_LENGTH]
    append(home, Entry(EVENT, tool, FAILED if refusal else DONE, details))


def short(arguments: Mapping[str, Any], secrets: Sequence[str] = ()) -> str:
    """Arguments as one line of JSON: those that were given, each shortened, without secrets."""
    given = {
        name: _shown(value) for name, value in arguments.items() if value not in (None, "", [], {}, False)
    }
    text = _without(json.dumps(given, ensure_ascii=False, default=str), secrets)
    return text if len(text) <= _ARGUMENTS_LENGTH else f"{text[: _ARGUMENTS_LENGTH - 1]}…"


def _shown(value: Any) -> Any:
    if isinstance(value, str):
        text = one_line(value)
        return text if len(text) <= _VALUE_LENGTH else f"{text[: _VALUE_LENGTH - 1]}…"
    if isinstance(value, Mapping):
        return {one_line(str(key))[:_VALUE_LENGTH]: _shown(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_shown(one) for one in value]
    return value


def _without(text: str, secrets: Sequence[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, "***")
    return text
