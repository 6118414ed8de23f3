"""Hourly syncs with a fault in each hour, and in the end the rows of a home that had none.

Twelve hours here; `TTKPI_HOURS=168` makes a week of it, and `TTKPI_SEEDS` says how many (`make soak`). A kill is an
exception that nothing catches, at one of the points at which something becomes lasting; real kills of a process are in
`make soak`, too.
"""

from __future__ import annotations

import errno
import os
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from dlt.destinations.impl.filesystem.filesystem import FilesystemClient
from shop_fakes import NOW, FakeClient, order, raw, run

import ingestion.engine.compact as compact_module
from home.audit_log import check as check_log
from home.layout import Home
from home.storage import StorageError
from ingestion.engine import manifest as manifest_module
from ingestion.engine.archive import Archive
from ingestion.engine.compact import compact
from ingestion.engine.errors import (
    AuthorizationRevoked,
    EndlessList,
    MalformedAnswer,
    TransientApiError,
    UnlimitedAnswer,
)
from ingestion.engine.raw_files import LIST_FILE, RawFiles
from ingestion.replay import replay

HOURS = int(os.environ.get("TTKPI_HOURS", "12"))
SEEDS = int(os.environ.get("TTKPI_SEEDS", "1"))
HOUR = 3600
TABLES = {"orders": ("order_id",), "order_lines": ("order_id", "line_id")}
REFUSALS = (TransientApiError, AuthorizationRevoked, EndlessList, UnlimitedAnswer, MalformedAnswer)


class Killed(BaseException):
    """What no code catches."""


def world(hour: int) -> list[dict[str, Any]]:
    """Three orders come each hour; each is updated five hours later."""
    found = []
    for number in range(3 * (hour + 1)):
        came = number // 3
        updated = came + 5 if came + 5 <= hour else came
        status = "COMPLETED" if updated > came else "AWAITING_SHIPMENT"
        found.append(
            order(number, NOW + updated * HOUR - 60, create_time=NOW + came * HOUR - 900, status=status)
        )
    return found


def latest(home: Home) -> dict[str, list[str]]:
    """The newest version of each row, without what tells when and how it was read."""
    found = {}
    for table, key in TABLES.items():
        rows: dict[Any, dict[str, Any]] = {}
        by = "update_time" if table == "orders" else "order_update_time"
        for row in raw(home, table).to_pylist():
            name = tuple(row[column] for column in key)
            if name not in rows or row[by] >= rows[name][by]:
                rows[name] = row
        left_out = ("_dlt_load_id", "page_id", "retrieved_at", "buyer_key")
        found[table] = sorted(
            str({name: value for name, value in sorted(row.items()) if name not in left_out})
            for row in rows.values()
        )
    return found


@contextmanager
def struck(home: Home, chance: random.Random, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeClient]:
    """A client and a disk of which one thing goes wrong within the hour."""
    client = FakeClient()
    with monkeypatch.context() as patched:

        def after(count: int, error: BaseException) -> Callable[..., Any]:
            left = [count]

            def strike(*args: Any, **kwargs: Any) -> None:
                left[0] -= 1
                if left[0] < 0:
                    raise error

            return strike

        def before(owner: Any, name: str, error: BaseException) -> None:
            known, strike = getattr(owner, name), after(chance.randrange(3), error)

            def call(*args: Any, **kwargs: Any) -> Any:
                strike()
                return known(*args, **kwargs)

            patched.setattr(owner, name, call)

        def tail() -> None:
            for path in home.archive.glob("tiktok_shop/manifest/7001.jsonl"):
                path.write_bytes(path.read_bytes() + b'{"source":"tiktok_sh')

        def lose(pattern: str) -> None:
            for path in home.root.glob(pattern):
                path.write_bytes(path.read_bytes()[: chance.randrange(path.stat().st_size + 1)])

        full = OSError(errno.ENOSPC, "No space left on device", str(home.archive))
        faults: list[Callable[[], None]] = [
            lambda: setattr(client, "fail", after(chance.randrange(2), chance.choice(REFUSALS)("Refused."))),
            lambda: before(FilesystemClient, chance.choice(["complete_load", "_store_load"]), Killed()),
            lambda: before(Archive, chance.choice(["write", "commit"]), Killed()),
            lambda: before(RawFiles, "add_new", Killed()),
            lambda: patched.setattr(manifest_module.os, "fsync", after(chance.randrange(3), full)),
            lambda: before(compact_module, "exchange_folders", Killed()),
            tail,
            lambda: lose("archive/tiktok_shop/manifest/7001.head.json"),
            lambda: lose(f"raw/{LIST_FILE}"),
            lambda: lose("dlt/tiktok_shop__7001/state.json"),
        ]
        chance.choice(faults)()
        yield client


@pytest.mark.parametrize("seed", range(SEEDS))
def test_in_the_end_everything_is_there_once(
    tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(seed)
    home, calm = Home(tmp_path / "home"), Home(tmp_path / "calm")
    trouble = 0
    for hour in range(HOURS):
        with struck(home, chance, monkeypatch) as client:
            client.lists = {"search_orders": world(hour)}
            try:
                outcome = run(home, client, "orders", until=NOW + hour * HOUR, run_id=f"run{hour}")
                trouble += any(row.status != "ok" for row in outcome.log)
                RawFiles(home.raw).add_new()
                if hour % 4 == 3:
                    compact(home)
            except (Killed, OSError, StorageError):
                trouble += 1
    assert trouble, "faults did strike"
    last = {"search_orders": world(HOURS)}
    for place in (home, calm):
        run(place, FakeClient(last), "orders", until=NOW + HOURS * HOUR, run_id="last")
    RawFiles(home.raw).require_whole()
    compact(home)
    assert latest(home) == latest(calm)
    assert [text for _, _, found in Archive(home.archive).check() for text in found] == []
    check_log(home)
    replay(home)
    assert latest(home) == latest(calm), "and the archive has all of it"
