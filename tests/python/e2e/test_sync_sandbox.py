"""Whole syncs over real HTTP: several shops at once, the next day, trouble of every kind, and `kill -9`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import httpx
import pytest

from home.config import load_shop_config
from home.errors import ConfigError
from home.layout import Home, HomeBusy
from ingestion.engine.errors import BadSignature
from ingestion.engine.progress import ShopResult
from ingestion.replay import replay
from ingestion.sync import SyncReport, sync
from ingestion.tiktok_shop.auth import AuthHost
from ingestion.tiktok_shop.resources import RESOURCES, tables
from ingestion.tiktok_shop.tokens import TokenStore
from sandbox.server.serve import SandboxServer
from sandbox.world.store import Store

DAY = 86_400
TH, VN, MY, GB, US = (f"749500000000000{n}" for n in ("0101", "0202", "0303", "0404", "0505"))
VOLATILE = {"_dlt_load_id", "page_id", "retrieved_at", "snapshot_id"}
KEYS = {
    "orders": "order_id",
    "order_lines": "order_id, line_id",
    "returns": "return_id",
    "return_lines": "return_id, return_line_id",
    "cancellations": "cancel_id",
    "packages": "package_id",
    "package_lines": "package_id, line_id",
    "statement_transactions": "transaction_id",
    "statement_transaction_components": "transaction_id, component_group, component",
    "payments": "payment_id",
    "skus": "product_id, sku_id",
    "shop_performance_hourly": "local_date, hour_index",
    "affiliate_order_skus": "order_id, sku_id",
    "sample_applications": "application_id",
    "live_sessions": "live_room_id",
    "live_minutes": "live_room_id, minute_start_at",
    "live_products": "live_room_id, product_id",
    "video_performance": "video_id, start_date",
}


class Site:
    """A sandbox and a home that knows it."""

    def __init__(self, world: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.server = SandboxServer(Store.open(world), directory=world, auth_code_reusable=True).start()
        self.root = root
        self._monkeypatch = monkeypatch
        url = self.server.base_url
        for key, value in {
            "TTKPI_HOME": str(root / "home"),
            "SOURCES__TIKTOK_SHOP__BASE_URL": url,
            "SOURCES__TIKTOK_SHOP__AUTH_URL": url,
            "SOURCES__TIKTOK_SHOP__APP_KEY": "sandbox-app",
            "SOURCES__TIKTOK_SHOP__APP_SECRET": "sandbox-secret",
            "SOURCES__TIKTOK_SHOP__REQUESTS_PER_SECOND": "0",
            "SOURCES__TIKTOK_SHOP__HISTORY_DAYS": "30",
            "SOURCES__FX_RATES__BASE_URL": f"{url}/fx/v1",
        }.items():
            monkeypatch.setenv(key, value)

    def home(self, name: str = "home") -> Home:
        home = Home(self.root / name)
        if not home.tokens_file.exists():
            TokenStore(home.tokens_file, AuthHost(load_shop_config())).exchange("sandbox-code")
        return home

    def post(self, path: str, body: Any) -> Any:
        answer = httpx.post(f"{self.server.base_url}/_sandbox/{path}", json=body, trust_env=False)
        answer.raise_for_status()
        return answer.json()

    def get(self, path: str) -> Any:
        return httpx.get(f"{self.server.base_url}/_sandbox/{path}", trust_env=False, timeout=60).json()

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.get("clock")["now"], UTC)

    def sync(self, home: Home, **options: Any) -> SyncReport:
        return sync(home, until=self.now(), **options)

    def one_shop_at_a_time(self) -> None:
        """In the process of the test: where a test is not about several processes, starting them costs most of a sync."""
        self._monkeypatch.setenv("SOURCES__TIKTOK_SHOP__SHOP_WORKERS", "1")

    def calls(self) -> int:
        return int(self.get("requests")["requests"])


@pytest.fixture
def site(world_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    site = Site(world_dir, tmp_path, monkeypatch)
    yield site
    site.server.stop()


def query(home: Home, sql: str) -> list[tuple[Any, ...]]:
    """Runs SQL in which {table} stands for a raw table."""
    for table in [*(table.name for table in tables()), "sync_log", "drift"]:
        sql = sql.replace(
            f"{{{table}}}", f"read_parquet('{home.raw}/tiktok_shop/{table}/*.parquet', union_by_name=true)"
        )
    sql = sql.replace(
        "{fx_rates}", f"read_parquet('{home.raw}/fx_rates/fx_rates/*.parquet', union_by_name=true)"
    )
    return duckdb.sql(sql).fetchall()


def latest(home: Home, table: str) -> list[tuple[Any, ...]]:
    """What staging makes of a table: the latest version per key."""
    names = [name for (name, *_) in query(home, f"describe select * from {{{table}}}")]
    kept = ", ".join(sorted(set(names) - VOLATILE - {"buyer_key"}))
    return query(
        home,
        f"select {kept} from {{{table}}} qualify row_number() over "
        f"(partition by shop_key, {KEYS[table]} order by _dlt_load_id desc, retrieved_at desc) = 1 order by all",
    )


def test_all_shops_and_the_next_day(site: Site) -> None:
    home = site.home()
    seen: list[ShopResult] = []
    pages: list[tuple[str, str]] = []

    class Watch:
        def shop_started(self, shop_key: str, name: str) -> None:
            pages.append((shop_key, "start"))

        def page(self, shop_key: str, resource: str, rows: int) -> None:
            pages.append((shop_key, resource))

        def shop_finished(self, result: ShopResult) -> None:
            seen.append(result)

        def message(self, text: str) -> None:
            pages.append(("", text))

    first = site.sync(home, progress=Watch())
    assert not first.failed, (first.errors, [shop.errors for shop in first.shops])
    assert [shop.shop_key for shop in first.shops] == [TH, VN, MY, GB, US]
    assert len(seen) == 5 and {key for key, _ in pages} == {TH, VN, MY, GB, US}
    assert not any(shop.incremental for shop in first.shops)
    loaded = dict(query(home, "select shop_key, count(*) from {orders} group by 1"))
    truth = {row["shop_key"]: int(row["rows"]) for row in site.get("truth/counts") if row["kind"] == "order"}
    assert loaded == truth
    assert query(home, "select count(*), count(distinct (shop_key, order_id)) from {orders}")[0][0] == sum(
        loaded.values()
    )
    assert {row[0] for row in query(home, "select distinct base_currency from {fx_rates}")} == {
        "THB",
        "VND",
        "MYR",
        "GBP",
        "USD",
    }
    expiry = query(
        home, "select count(*) from {sync_log} where status = 'ok' and access_token_expires_at > now()"
    )
    assert expiry == [(5 * len(RESOURCES),)]
    assert query(home, "select shop_key, resource, field, example_type, rows_seen from {drift}") == []

    before = site.calls()
    site.post("clock", {"advance_seconds": DAY})
    second = site.sync(home)
    assert not second.failed and all(shop.incremental for shop in second.shops)
    assert site.calls() - before < before / 3
    assert sum(shop.rows.get("orders", 0) for shop in second.shops) < sum(loaded.values()) / 3

    # A home that starts now sees the same shops: late updates have all arrived.
    site.one_shop_at_a_time()
    fresh = site.home("fresh")
    site.sync(fresh)
    for table in (
        "orders",
        "order_lines",
        "returns",
        "return_lines",
        "cancellations",
        "packages",
        "package_lines",
        "statement_transactions",
    ):
        assert set(latest(fresh, table)) <= set(latest(home, table)), table

    rows = {name: latest(home, name) for name in KEYS}
    site.server.stop()  # no network from here on
    replay(home)
    assert {name: latest(home, name) for name in KEYS} == rows
    assert query(home, "select count(distinct run_id), count(*) from {sync_log}") == [
        (2, 10 * len(RESOURCES))
    ]


def test_kill_at_any_point(site: Site) -> None:
    site.one_shop_at_a_time()
    whole = site.home("whole")
    site.sync(whole, shops=[TH, GB])
    home = site.home("killed")
    # Small units, so that some are committed before the kill and some are not.
    code = (
        "import sys; from pathlib import Path; from datetime import datetime, UTC\n"
        "import ingestion.engine.units as s, ingestion.tiktok_shop.reading as r\n"
        "s.UNIT_ROWS, s.BATCH_RECORDS = 1_500, 100; r.sliced.__kwdefaults__['rows'] = 50\n"
        "from home.layout import Home; from ingestion.sync import sync\n"
        "if __name__ == '__main__':\n"
        "    report = sync(Home(Path(sys.argv[1])), shops=sys.argv[3:],\n"
        "                  until=datetime.fromtimestamp(int(sys.argv[2]), UTC))\n"
        "    print(report.failed)\n"
    )
    script = site.root / "run_sync.py"
    script.write_text(code)
    until = str(int(site.now().timestamp()))
    command = [sys.executable, str(script), str(home.root), until, TH, GB]
    environment = os.environ | {
        "PYTHONPATH": str(Path(__file__).parents[3]),
        "SOURCES__TIKTOK_SHOP__SHOP_WORKERS": "1",
    }
    for seconds in (1.0, 3.0):
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        _wait_for_work(home, process, seconds)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.strip() == "False"
    for table in KEYS:
        assert latest(home, table) == latest(whole, table), table


def _wait_for_work(home: Home, process: subprocess.Popen[bytes], seconds: float) -> None:
    """Until the sync has been at work for a while, judged by the archive."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None and not list(home.archive.rglob("*.zst")):
        time.sleep(0.05)
    limit = time.monotonic() + seconds
    while time.monotonic() < limit and process.poll() is None:
        time.sleep(0.05)


def test_workers_end_with_a_killed_parent(site: Site) -> None:
    home = site.home()
    script = site.root / "run_sync.py"
    script.write_text(
        "import sys; from pathlib import Path; from datetime import datetime, UTC\n"
        "from home.layout import Home; from ingestion.sync import sync\n"
        "if __name__ == '__main__':\n"
        "    sync(Home(Path(sys.argv[1])), until=datetime.fromtimestamp(int(sys.argv[2]), UTC))\n"
    )
    environment = os.environ | {
        "PYTHONPATH": str(Path(__file__).parents[3]),
        "SOURCES__TIKTOK_SHOP__REQUESTS_PER_SECOND": "2",
    }
    command = [sys.executable, str(script), str(home.root), str(int(site.now().timestamp()))]
    process = subprocess.Popen(command, env=environment, start_new_session=True)
    _wait_for_work(home, process, 1.0)
    with pytest.raises(HomeBusy, match=f"process {process.pid}"):
        site.sync(home)
    group = os.getpgid(process.pid)
    process.kill()
    process.wait()
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            break
        time.sleep(0.1)
    else:
        pytest.fail("a worker outlived its parent")
    assert not site.sync(home, shops=[US]).failed


def test_trouble_stays_where_it_is(site: Site) -> None:
    site.one_shop_at_a_time()
    home = site.home()
    site.post("shops", {"shop": VN, "active": False})
    site.post("scopes", {"remove": ["seller.return_refund.basic"], "shop": MY})
    site.post(
        "faults",
        [
            {"effect": "error", "shop": GB, "endpoint": "getPayments", "code": 36009003},
            {
                "effect": "set_field",
                "shop": US,
                "path": "/orders/search",
                "field": "payment.tax",
                "value": "abc",
            },
            {
                "effect": "set_field",
                "shop": US,
                "path": "/orders/search",
                "field": "moon_phase",
                "value": "full",
            },
            {"effect": "duplicate_page", "shop": TH, "path": "/orders/search", "nth": 1},
            {"effect": "gateway_html", "shop": TH, "path": "/returns/search", "nth": 1},
        ],
    )
    report = site.sync(home)
    status = {shop.shop_key: shop.status for shop in report.shops}
    assert report.failed
    assert status[VN] == "failed"
    assert status[MY] == "partial"
    assert status[TH] == status[US] == "ok"
    by_resource = {
        (shop, resource): (state, authorisation)
        for shop, resource, state, authorisation in query(
            home, "select shop_key, resource, status, authorisation_state from {sync_log}"
        )
    }
    assert by_resource[MY, "returns"] == ("skipped", "scope_missing")
    assert by_resource[MY, "orders"] == ("ok", "ok")
    assert by_resource[VN, "orders"] == ("failed", "deactivated")
    assert query(
        home, f"select count(*) from {{orders}} where shop_key = '{US}' and payment__tax is null"
    ) == query(
        home, f"select count(*) from {{orders}} where shop_key = '{US}' and _extra like '%moon_phase%abc%'"
    )
    drift = {(field, what) for field, what in query(home, "select field, example_type from {drift}")}
    assert drift == {("payment__tax", "string instead of money"), ("moon_phase", "string")}
    assert query(home, f"select count(*) from {{orders}} where shop_key = '{VN}'") == [(0,)]
    assert query(home, f"select count(*) > 0 from {{orders}} where shop_key = '{GB}'") == [(True,)]


def test_a_wrong_secret_is_nobodys_trouble_but_ours(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    home = site.home()
    monkeypatch.setenv("SOURCES__TIKTOK_SHOP__APP_SECRET", "wrong")
    with pytest.raises(BadSignature, match="secret"):
        site.sync(home)


def test_names_that_do_not_exist(site: Site) -> None:
    home = site.home()
    with pytest.raises(ConfigError, match="no resource") as caught:
        site.sync(home, resources=["order"])
    assert "orders" in caught.value.advice
    with pytest.raises(ConfigError, match="No authorised shop"):
        site.sync(home, shops=["123"])
