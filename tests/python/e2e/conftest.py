"""A sandbox over HTTP, homes that are configured for it, and one home that was run from end to end."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import httpx
import pytest
from templates import copy_of, made_once, with_parse

from home.config import load_ads_config, load_shop_config
from home.layout import Home
from ingestion.sync import SyncReport
from ingestion.sync import sync as run_sync
from ingestion.tiktok_ads.tokens import AdsAuthHost, AdsTokenStore
from ingestion.tiktok_shop.auth import AuthHost
from ingestion.tiktok_shop.tokens import TokenStore
from orchestration.audit.audit import audit
from orchestration.build.build import build
from orchestration.publish.publish import publish
from orchestration.run import RunReport, run_all
from sandbox.server.serve import SandboxServer, start_in_thread
from sandbox.world.generator import generate

CLOCK = datetime(2026, 11, 8, tzinfo=UTC)
"""World time at which the sandbox starts."""
ORDERS, DAYS = 400, 24


def settings(base_url: str) -> dict[str, str]:
    """The environment that points to a sandbox. One shop at a time, in the process of the test: no process starts."""
    section, of_ads = "SOURCES__TIKTOK_SHOP__", "SOURCES__TIKTOK_ADS__"
    return {
        f"{section}BASE_URL": base_url,
        f"{section}AUTH_URL": base_url,
        f"{section}APP_KEY": "sandbox-app",
        f"{section}APP_SECRET": "sandbox-secret",
        f"{section}REQUESTS_PER_SECOND": "0",
        f"{section}SHOP_WORKERS": "1",
        f"{section}TIMEOUT_SECONDS": "10",
        "SOURCES__FX_RATES__BASE_URL": f"{base_url}/fx/v1",
        f"{of_ads}BASE_URL": base_url,
        f"{of_ads}APP_ID": "sandbox-ads-app",
        f"{of_ads}SECRET": "sandbox-ads-secret",
        f"{of_ads}REQUESTS_PER_SECOND": "0",
        f"{of_ads}TIMEOUT_SECONDS": "10",
    }


def admin(server: SandboxServer, path: str, body: Any = None, *, method: str = "POST") -> Any:
    """Asks the sandbox for something that a real platform would not do."""
    answer = httpx.request(
        method, f"{server.base_url}/_sandbox/{path}", json=body, trust_env=False, timeout=60
    )
    answer.raise_for_status()
    return answer.json()


def authorise(server: SandboxServer, home: Home, **grant: Any) -> str:
    """A seller authorises the app; `shops`, `scopes` and `seller_name` limit and name the grant.

    Needs the environment of `settings`. Returns the open_id.
    """
    home.prepare()
    code = admin(server, "auth_code", grant)["auth_code"]
    return TokenStore(home.tokens_file, AuthHost(load_shop_config())).exchange(code).open_id


def authorise_ads(server: SandboxServer, home: Home, *advertisers: str) -> str:
    """A user lets the app into ads accounts, by default all. Needs the environment of `settings`. Returns the token."""
    home.prepare()
    code = admin(server, "ads_auth_code", {"advertisers": list(advertisers)} if advertisers else {})[
        "auth_code"
    ]
    return AdsTokenStore(home.ads_tokens_file).exchange(code, AdsAuthHost(load_ads_config())).access_token


@contextmanager
def opened(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB file, read-only, under a name of its own: as `marts`, its schema `marts` would be ambiguous."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{path}' as opened (read_only)")
        connection.execute("use opened")
        connection.execute("set timezone = 'UTC'")
        yield connection


def query(path: Path, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """Rows of a DuckDB file, read-only."""
    with opened(path) as connection:
        return connection.execute(sql, list(parameters)).fetchall()


def raw(
    home: Home, table: str, sql: str = "select * from rows", *, source: str = "tiktok_shop"
) -> list[tuple[Any, ...]]:
    """Rows of a raw table, which the query calls `rows`."""
    files = str(home.raw / source / table / "*.parquet")
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute(f"create view rows as select * from read_parquet('{files}', union_by_name = true)")
        return connection.execute(sql).fetchall()


def marts(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every published row, by table, without what only says when a run took place."""
    told_by_the_clock = {
        "ops_sync_status": "* exclude (last_run_id, last_attempt_at, last_success_at, access_token_expires_at, "
        "refresh_token_expires_at, authorisation_days_left, last_error_at, pages_last_run, rows_last_run)",
    }
    with opened(path) as connection:
        names = connection.execute(
            "select table_name from information_schema.tables "
            "where table_catalog = 'opened' and table_schema = 'marts' "
            # What a home did, and which publication it is, is another story in each home.
            "and table_name not in ('kpi_restatements', 'ops_audit_log', 'ops_publication') order by 1"
        ).fetchall()
        return {
            name: connection.execute(
                f"select {told_by_the_clock.get(name) or _without_loads(connection, name)} from marts.{name} order by all"
            ).fetchall()
            for (name,) in names
        }


def _without_loads(connection: duckdb.DuckDBPyConnection, table: str) -> str:
    found = connection.execute(
        "select column_name from information_schema.columns "
        "where table_catalog = 'opened' and table_schema = 'marts' and table_name = ? "
        "and (starts_with(column_name, '_') or column_name in "
        "('retrieved_at', 'page_id', 'snapshot_id', 'figures_read_at', 'last_seen_at'))",
        [table],
    ).fetchall()
    return f"* exclude ({', '.join(name for (name,) in found)})" if found else "*"


@dataclass
class RememberedProgress:
    """A `Progress` that remembers."""

    messages: list[str] = field(default_factory=list)
    pages: int = 0

    def shop_started(self, shop_key: str, name: str) -> None:
        """Says nothing."""

    def page(self, shop_key: str, resource: str, rows: int) -> None:
        """Counts."""
        self.pages += 1

    def shop_finished(self, result: Any) -> None:
        """Says nothing."""

    def message(self, text: str) -> None:
        """Remembers."""
        self.messages.append(text)


def sync(home: Home, **options: Any) -> SyncReport:
    """A sync up to the world's clock."""
    return run_sync(home, **{"until": CLOCK, **options})


def run(home: Home, **options: Any) -> RunReport:
    """A whole run up to the world's clock."""
    return run_all(home, **{"until": CLOCK, **options})


@pytest.fixture(scope="session")
def world_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small world; nobody writes into it."""
    clock = int(CLOCK.timestamp())
    return made_once(
        tmp_path_factory, "world", lambda path: generate(path, orders=ORDERS, days=DAYS, seed=7, clock=clock)
    )


@pytest.fixture
def sandbox(world_dir: Path) -> Iterator[SandboxServer]:
    """A sandbox of its own for the test: its clock, its faults and its grants are as at the beginning."""
    server = start_in_thread(world_dir)
    yield server
    server.stop()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """An empty home, which the environment names."""
    root = tmp_path / "home"
    monkeypatch.setenv("TTKPI_HOME", str(root))
    return Home(root)


@pytest.fixture
def environment(sandbox: SandboxServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment names the sandbox."""
    for name, value in settings(sandbox.base_url).items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def configured(sandbox: SandboxServer, home: Home, environment: None) -> Home:
    """A home whose seller has authorised the app for all shops."""
    authorise(sandbox, home)
    return home


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the client would wait for seconds between its tries takes no time."""
    monkeypatch.setattr("ingestion.engine.wire.backoff_seconds", lambda failures, retry_after: 0.01)


@pytest.fixture(scope="session")
def synced_home(world_dir: Path, parsed: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home that was synced without any trouble, and no more. Never changed: copy it (`copy_of`)."""

    def make(root: Path) -> None:
        place = with_parse(parsed, Home(root))
        server = start_in_thread(world_dir)
        try:
            with pytest.MonkeyPatch.context() as patch:
                for name, value in settings(server.base_url).items():
                    patch.setenv(name, value)
                authorise(server, place)
                assert not sync(place).failed
        finally:
            server.stop()

    return Home(made_once(tmp_path_factory, "synced", make))


@pytest.fixture(scope="session")
def published_home(synced_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """`synced_home`, built, audited and published. Never changed: copy it (`copy_of`)."""

    def make(root: Path) -> None:
        place = copy_of(synced_home, root)
        build(place).raise_for_errors()
        audit(place).raise_for_failure()
        publish(place)

    return Home(made_once(tmp_path_factory, "published", make))


@pytest.fixture
def published_copy(published_home: Home, home: Home, sandbox: SandboxServer, environment: None) -> Home:
    """A copy of `published_home` to change, authorised anew by the test's own sandbox."""
    copy_of(published_home, home.root)
    home.tokens_file.unlink()
    authorise(sandbox, home)
    return home


def command_environment(home: Home) -> dict[str, str]:
    """The environment for `ttkpi` in a process of its own."""
    return {**os.environ, "TTKPI_HOME": str(home.root), "PYTHONUNBUFFERED": "1", "NO_COLOR": "1"}
