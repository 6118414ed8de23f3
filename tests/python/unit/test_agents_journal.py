"""What agents asked is in the audit log, and nobody asks for ever."""

from __future__ import annotations

from pathlib import Path

import pytest

from home import audit_log
from home.errors import ConfigError
from home.layout import Home
from orchestration.deliver.agents.journal import (
    Turns,
    questions_per_minute,
    record_question,
    short,
    too_many,
)

TOKEN = "planted-token-of-agents-0123456789-abcdef"


def test_an_audience_asks_as_often_as_it_may_and_no_other_waits() -> None:
    """Guards a client in a loop, and a limit that one audience uses up for all."""
    now = [1000.0]
    turns = Turns(3, lambda: now[0])
    assert [turns.take("agency") for _ in range(3)] == [(0, False)] * 3
    now[0] = 1010.5
    # The first question was at 1000: its minute is over at 1060, in 49.5 seconds.
    assert turns.take("agency") == (50, True)
    assert turns.take("agency") == (50, False), "the second one beyond the limit is no news"
    assert turns.take("") == (0, False)
    now[0] = 1060.0
    assert turns.take("agency") == (0, False)
    now[0] = 1060.1
    # All three turns were of second 1000, so two more are there; the one of 1060 counts until 1120.
    assert [turns.take("agency") for _ in range(3)] == [(0, False), (0, False), (60, True)]
    assert Turns(0).take("agency") == (0, False)


def test_the_refusal_says_how_long_to_wait() -> None:
    error = too_many("agency-gb", 120, 17)
    assert "agency-gb" in error.message and "120" in error.message
    assert "Wait 17 seconds" in error.advice and "17 秒" in error.advice
    assert "MCP__QUESTIONS_PER_MINUTE" in error.advice


@pytest.mark.parametrize("text", ["-1", "many", "1.5", "１０"])
def test_a_limit_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("MCP__QUESTIONS_PER_MINUTE", text)
    with pytest.raises(ConfigError, match="whole number") as said:
        questions_per_minute()
    assert "MCP__QUESTIONS_PER_MINUTE" in said.value.advice


def test_the_limit_is_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MCP__QUESTIONS_PER_MINUTE", raising=False)
    assert questions_per_minute() == 120
    monkeypatch.setenv("MCP__QUESTIONS_PER_MINUTE", "0")
    assert questions_per_minute() == 0


def test_arguments_are_short_one_line_and_without_secrets() -> None:
    """Guards a log that a long or hostile argument fills, breaks, or makes a place of secrets."""
    text = short(
        {
            "metrics": ["gmv_rc"],
            "where": {"shop": ["a\nb\x1b[31m", "x" * 500]},
            "since": None,
            "by": [],
            "limit": 50,
            "words": f"my token is {TOKEN}",
        },
        [TOKEN],
    )
    assert text.startswith('{"metrics": ["gmv_rc"], "where": {"shop": ["a b')
    assert "since" not in text and '"by"' not in text and '"limit": 50' in text
    assert "\n" not in text and "\x1b" not in text and TOKEN not in text and "***" in text
    assert "x" * 119 + "…" in text and "x" * 120 not in text
    assert len(short({"where": {f"column {number}": ["y" * 100] for number in range(50)}})) == 600


def test_a_question_is_an_entry_with_who_what_and_from_which_publication(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    record_question(
        home, "query_metrics", {"metrics": ["gmv_rc"]}, audience="", publication="20261107T0-1", rows=5
    )
    record_question(
        home,
        "read_rows",
        {"table": TOKEN},
        audience="agency",
        publication="20261107T0-1",
        refusal=f"There is no table {TOKEN}.",
        secrets=[TOKEN],
    )
    first, second = audit_log.entries(home, "agent_asked")
    assert (first["subject"], first["outcome"], first["via"]) == ("query_metrics", "done", "mcp")
    assert first["details"] == {
        "audience": "everything",
        "publication": "20261107T0-1",
        "arguments": '{"metrics": ["gmv_rc"]}',
        "rows": 5,
    }
    assert (second["outcome"], second["details"]["audience"]) == ("failed", "agency")
    assert second["details"]["refusal"] == "There is no table ***."
    assert TOKEN not in (home.root / "audit_log.jsonl").read_text()
    assert audit_log.check(home)
