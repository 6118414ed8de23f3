"""Runs a command in the homes of seller groups, each in a process of its own, so many at a time.

A process of its own has its own settings and secrets, gives its memory back when it ends, and takes no other with it
when it fails. That no two of them meet in one home is held by the home's lock, as for a single home.
"""

from __future__ import annotations

import fcntl
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from home.errors import ConfigError, TtkpiError
from home.groups import SellerGroup
from home.records import read_record
from home.storage import StorageError, storage_errors
from ingestion.tiktok_shop.token_file import TokenFile
from orchestration.history.publications import published_manifest
from orchestration.progress import Reporter, Silent
from orchestration.run import AUDIT_STOPPED, FAILED, PUBLISHED, SOME_SHOPS_FAILED, WRONG_CONFIGURATION

LOG = "homes.log"
"""In `logs/` of a group's home: what its last command printed."""
_FROM_GOOD_TO_BAD = (PUBLISHED, SOME_SHOPS_FAILED, AUDIT_STOPPED, WRONG_CONFIGURATION, FAILED)
_TAIL_LINES = 12


@dataclass(frozen=True, slots=True)
class GroupRun:
    """What came of a command in the home of one group.

    Attributes:
        group: Its name.
        exit_code: As of `ttkpi`; 1 also for a process that was killed.
        seconds: Time it took.
        reason: Why it did not go well; empty when it did.
    """

    group: str
    exit_code: int
    seconds: float
    reason: str = ""


@dataclass(frozen=True, slots=True)
class GroupState:
    """How a group stands, from the records in its home.

    Attributes:
        group: Its name.
        shops: Shops of its authorisations.
        published_at: When it last published, ISO 8601, UTC; None if never.
        held_back: What is said of each shop that keeps earlier rows.
        last_run_at: When its last run began; None if never.
        exit_code: Of the last run; None if there was none.
        problem: Why it can't run, or why the last run failed; empty when all is well.
    """

    group: str
    shops: int
    published_at: str | None
    held_back: tuple[str, ...]
    last_run_at: datetime | None
    exit_code: int | None
    problem: str


def run_in(group: SellerGroup, arguments: Sequence[str], *, log: bool = True) -> GroupRun:
    """Run one `ttkpi` command in the home of a group.

    Args:
        group: The group.
        arguments: Command and options, such as `run`.
        log: Keep what it prints in `logs/homes.log` of the home; otherwise it goes where this process prints.
    """
    began = time.monotonic()
    command = [sys.executable, "-m", "orchestration.cli", *arguments]
    try:
        environment = group.environment()
        group.home.make()
        if not log:
            code = subprocess.call(command, env=environment)
            return GroupRun(group.name, code if code >= 0 else FAILED, round(time.monotonic() - began, 1))
        path = group.home.root / "logs" / LOG
        with storage_errors(path):
            path.parent.mkdir(exist_ok=True)
            with _new_log(path) as printed:
                code = subprocess.call(
                    command, env=environment, stdin=subprocess.DEVNULL, stdout=printed, stderr=printed
                )
                printed.seek(0)
                tail = deque(printed, _TAIL_LINES)
    except ConfigError as error:
        return GroupRun(group.name, WRONG_CONFIGURATION, 0.0, str(error))
    except StorageError as error:
        return GroupRun(group.name, FAILED, round(time.monotonic() - began, 1), str(error))
    reason = ""
    if code < 0:
        code, reason = FAILED, f"The process was ended by signal {-code}."
    elif code:
        reason = _said(tail)
    return GroupRun(group.name, code, round(time.monotonic() - began, 1), reason)


def _new_log(path: Path) -> IO[str]:
    """An empty log. One that another command is still writing stays that one's, as the home does: what is printed here
    is then kept for its reason only."""
    printed = path.open("a+", encoding="utf-8", errors="replace")
    try:
        fcntl.flock(printed, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        printed.close()
        return tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")
    printed.truncate(0)
    return printed


def run_homes(
    groups: Sequence[SellerGroup],
    arguments: Sequence[str],
    *,
    at_a_time: int,
    reporter: Reporter | None = None,
) -> list[GroupRun]:
    """Run a command in the home of each group. What fails in one home does not concern the others.

    Args:
        groups: The groups, in the order in which they begin.
        arguments: Command and options, such as `run`.
        at_a_time: So many processes at the same time.
        reporter: Is told of each group.
    """
    shows = reporter or Silent()

    def one(group: SellerGroup) -> GroupRun:
        shows.message(f"{group.name}: started")
        done = run_in(group, arguments)
        text = f"{group.name}: exit code {done.exit_code} after {done.seconds:,.0f} s"
        if done.exit_code:
            shows.warning(f"{text}. {done.reason}")
        else:
            shows.message(text)
        return done

    with ThreadPoolExecutor(max(1, at_a_time)) as pool:
        try:
            return list(pool.map(one, groups))
        except BaseException:
            # Who interrupts the command means also the groups that did not begin yet.
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def worst(codes: Iterable[int]) -> int:
    """The exit code of several commands: the worst of theirs. From good to bad: 0, 3, 4, 2, 1."""
    return max(
        (code if code in _FROM_GOOD_TO_BAD else FAILED for code in codes),
        key=_FROM_GOOD_TO_BAD.index,
        default=PUBLISHED,
    )


def state_of(group: SellerGroup) -> GroupState:
    """How a group stands. Only reads; what can't be read is the group's problem."""
    problem, shops = group.problem, 0
    manifest: dict[str, Any] = {}
    last: dict[str, Any] = {}
    held: tuple[str, ...] = ()
    began = code = None
    try:
        shops = sum(len(known) for known in TokenFile(group.home.tokens_file).read().shops.values())
        manifest = published_manifest(group.home) or {}
        held = tuple(str(one["message"]) for one in manifest.get("held_back") or [])
        if last := _last_run(group) or {}:
            began, code = datetime.fromisoformat(str(last["started_at"])), int(last["exit_code"])
    except TtkpiError as error:
        problem = problem or str(error)
    except (LookupError, TypeError, ValueError):
        # The other groups are still to be shown.
        problem = problem or f"A record in {group.home.root} does not have the form that this version writes."
    return GroupState(
        group=group.name,
        shops=shops,
        published_at=manifest.get("published_at"),
        held_back=held,
        last_run_at=began,
        exit_code=code,
        problem=problem or str(last.get("error") or ""),
    )


def _last_run(group: SellerGroup) -> dict[str, Any] | None:
    records = sorted((group.home.root / "runs").glob("2*Z.json"))
    return read_record(records[-1]) if records else None


def _said(lines: Iterable[str]) -> str:
    """What a command said at its end: from its error on, else its last line."""
    found = [line.strip() for line in lines if line.strip()]
    begin = max(
        (place for place, line in enumerate(found) if line.startswith("Error: ")), default=len(found) - 1
    )
    return " ".join(found[max(begin, 0) :]).removeprefix("Error: ")
