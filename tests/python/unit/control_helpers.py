"""A home small enough for a unit test: raw, a warehouse and dbt's records as a build would leave them."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb

from home.database import literal
from home.layout import Home
from home.records import write_record
from orchestration.build.build import dbt_folder, fingerprint

SHOP = "7495000000000000101"
LOAD = "1795407965.1"

_RAW = {
    "shops": "select '{shop}' as shop_key, '{shop}' as shop_id, 'Aurora' as name, 'TH' as region",
    "orders": """
        select
            '{shop}' as shop_key, 'o' || i as order_id, 'COMPLETED' as status, 'THB' as currency,
            timestamptz '2026-10-01 00:00:00Z' + to_hours(i) as create_time,
            timestamptz '2026-10-01 01:00:00Z' + to_hours(i) as update_time,
            cast(100 as decimal(18, 4)) as payment__total_amount, cast(100 as decimal(18, 4)) as payment__sub_total,
            1::bigint as line_count
        from range(48) as numbers(i)
    """,
    "order_lines": """
        select
            '{shop}' as shop_key, 'o' || i as order_id, 'l' || i as line_id, 's1' as sku_id, 'THB' as currency,
            cast(120 as decimal(18, 4)) as original_price, cast(15 as decimal(18, 4)) as seller_discount,
            cast(5 as decimal(18, 4)) as platform_discount, cast(100 as decimal(18, 4)) as sale_price
        from range(48) as numbers(i)
    """,
    "returns": """
        select
            '{shop}' as shop_key, 'r1' as return_id, 'o1' as order_id,
            'RETURN_OR_REFUND_REQUEST_COMPLETE' as return_status,
            timestamptz '2026-10-03 00:00:00Z' as update_time, 1::bigint as line_count, 'THB' as currency,
            cast(100 as decimal(18, 4)) as refund_total, cast(100 as decimal(18, 4)) as refund_subtotal
    """,
    "return_lines": """
        select
            '{shop}' as shop_key, 'r1' as return_id, 'l1' as return_line_id, 'THB' as currency,
            cast(100 as decimal(18, 4)) as refund_total, cast(100 as decimal(18, 4)) as refund_subtotal
    """,
    "cancellations": """
        select
            '{shop}' as shop_key, 'c1' as cancel_id, 'o2' as order_id, 'CANCELLATION_REQUEST_COMPLETE' as cancel_status,
            timestamptz '2026-10-03 00:00:00Z' as update_time
    """,
    "sync_log": """
        select
            'run1' as run_id, '{shop}' as shop_key, resource, 'e' as endpoint, 'ok' as status,
            timestamptz '2026-10-03 00:00:00Z' as started_at, timestamptz '2026-10-03 00:01:00Z' as finished_at,
            timestamptz '2026-09-01 00:00:00Z' as window_from, timestamptz '2026-10-03 00:00:00Z' as window_until,
            48::bigint as rows_written, null::varchar as error_message, 'ok' as authorisation_state
        from (values ('orders'), ('returns')) as resources(resource)
    """,
    "drift": "select 'run1' as run_id, 'orders' as resource, 'x' as field, 1::bigint as rows_seen where false",
}

_MARTS = {
    "dim_shops": """
        select '{shop}' as shop_key, 'Aurora' as shop_name, 'THB' as currency,
        timestamptz '2026-10-03 00:00:00Z' as data_until
    """,
    "dim_dates": "select date '2026-10-01' as date_day",
    "dim_products": "select '{shop}' as shop_key, 'p1' as product_id",
    "dim_skus": "select '{shop}' as shop_key, 's1' as sku_id",
    "fct_orders": "select '{shop}' as shop_key, 'o' || i as order_id from range(48) as numbers(i)",
    "fct_order_lines": "select '{shop}' as shop_key, 'l' || i as line_id from range(48) as numbers(i)",
    "kpi_shop_daily": """
        select
            '{shop}' as shop_key, date '2026-10-01' + i::integer as business_date, 'THB' as currency,
            'CNY' as reporting_currency, cast(0.2 as decimal(18, 10)) as fx_rate, false as fx_is_stale,
            false as is_gmv_provisional, i > 0 as is_provisional,
            cast(1000 as decimal(18, 4)) as gmv, cast(200 as decimal(18, 4)) as gmv_rc,
            cast(1200 as decimal(18, 4)) as gmv_list, cast(100 as decimal(18, 4)) as cancelled_gmv,
            cast(50 as decimal(18, 4)) as refunded_gmv, cast(0 as decimal(18, 4)) as pending_refund_gmv,
            cast(850 as decimal(18, 4)) as net_gmv, cast(170 as decimal(18, 4)) as net_gmv_rc,
            cast(10 as decimal(18, 4)) as refunded_gmv_rc,
            cast(50 as decimal(18, 4)) as refund_amount_by_refund_date,
            0.05 as refund_rate, 0.1 as cancellation_rate, 0.05 as return_unit_rate,
            cast(null as varchar) as refunds_unknown_reason,
            20::bigint as paid_orders, 2::bigint as cancelled_orders, 21::bigint as sku_orders,
            25::bigint as units_sold, 18::bigint as buyers
        from range(3) as numbers(i)
    """,
    "kpi_shop_hourly": "select shop_key, gmv, paid_orders from marts.kpi_shop_daily",
    "kpi_product_daily": "select shop_key, 'p1' as product_id, business_date, gmv from marts.kpi_shop_daily",
    "kpi_settlement_bridge": """
        select
            '{shop}' as shop_key, 's1' as statement_id, 'THB' as currency,
            timestamptz '2026-10-02 00:00:00Z' as statement_time, date '2026-10-02' as statement_date_utc,
            cast(1000 as decimal(18, 4)) as revenue_amount, cast(150 as decimal(18, 4)) as fees_and_commissions_amount,
            cast(0.15 as double) as take_rate, 'closed' as residual_type, false as is_provisional,
            cast(0 as decimal(18, 4)) as revenue_residual, cast(0 as decimal(18, 4)) as fee_residual,
            cast(0 as decimal(18, 4)) as settlement_residual, cast(0 as decimal(18, 4)) as missing_transactions_amount,
            cast(0 as decimal(18, 4)) as payable_residual, cast(0 as decimal(18, 4)) as payment_residual,
            cast(700 as decimal(18, 4)) as settlement_amount, cast(140 as decimal(18, 4)) as settlement_amount_rc,
            cast(0 as decimal(18, 4)) as reserve_amount, cast(700 as decimal(18, 4)) as payable_amount,
            cast(700 as decimal(18, 4)) as payment_amount, 3::bigint as transaction_count
    """,
    "ops_sync_status": """
        select
            '{shop}' as shop_key, 'orders' as resource, 'ok' as last_status, 0::bigint as lag_hours,
            300::bigint as authorisation_days_left, timestamptz '2026-10-03 00:00:00Z' as data_until
    """,
    "helper": "select 1 as private",
}


def authorise_ads(home: Home, accounts: tuple[str, ...], names: dict[str, str] | None = None) -> None:
    """A user has let the app into ads accounts; the token is planted."""
    grant = {
        "access_token": "planted-token",
        "advertiser_ids": accounts,
        "scope": [1, 2],
        "obtained_at": 1_790_000_000,
    }
    home.prepare()
    home.ads_tokens_file.touch(mode=0o600)
    home.ads_tokens_file.write_text(json.dumps({"version": 1, "grants": [grant], "names": names or {}}))


def make_home(root: Path) -> Home:
    """A home whose last build was whole and good."""
    home = Home(root)
    home.prepare()
    (root / "tmp").mkdir(exist_ok=True)
    for table in _RAW:
        write_raw(home, table, f"select *, '{LOAD}' as _dlt_load_id from ({_RAW[table].format(shop=SHOP)})")
    connection = duckdb.connect(str(home.warehouse))
    connection.execute("create schema marts; create schema seeds")
    connection.execute("create table seeds.regions as select 'TH' as region, 'THB' as currency")
    for table, sql in _MARTS.items():
        connection.execute(f"create table marts.{table} as {sql.format(shop=SHOP)}")
    connection.execute("comment on table marts.kpi_shop_daily is 'One row per shop and day'")
    describe(home, "kpi_shop_daily", {"gmv": "Gross merchandise value"})
    connection.close()
    mark_built(home)
    return home


def write_raw(home: Home, table: str, sql: str, name: str = "part", *, source: str = "tiktok_shop") -> None:
    """A Parquet file of a raw table, made by a query."""
    folder = home.raw / source / table
    folder.mkdir(parents=True, exist_ok=True)
    duckdb.execute(f"copy ({sql}) to {literal(folder / f'{name}.parquet')} (format parquet)")


def describe(home: Home, table: str, columns: dict[str, str]) -> None:
    """The descriptions of a mart, where dbt keeps those of `models/`."""
    path = home.root / "dbt" / "target" / "manifest.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    manifest = json.loads(path.read_text()) if path.is_file() else {"nodes": {}}
    manifest["nodes"][f"model.tiktok_shop_kpi.{table}"] = {
        "resource_type": "model",
        "schema": "marts",
        "alias": table,
        "description": f"One row per {table}.",
        "config": {"meta": {}},
        "columns": {
            name: {"description": text, "data_type": "decimal(18,4)" if name == "gmv" else "string"}
            for name, text in columns.items()
        },
    }
    path.write_text(json.dumps(manifest))


def change_marts(home: Home, sql: str) -> None:
    """Change the marts as a build would, which leaves its mark."""
    connection = duckdb.connect(str(home.warehouse))
    connection.execute(sql)
    connection.close()
    mark_built(home)


def mark_built(
    home: Home,
    *,
    build_id: str = "11111111-aaaa",
    state: str = "built",
    whole: bool = True,
    tests: dict[str, str] | None = None,
    queries: dict[str, str] | None = None,
) -> None:
    """Records of a build with these dbt tests (name to status), and the queries that find their rows."""
    folder = dbt_folder(home)
    folder.mkdir(parents=True, exist_ok=True)
    results, nodes = [], {}
    for name, status in (tests or {"kpi_shop_daily__parts_sum_to_gmv": "pass"}).items():
        unique_id = f"test.tiktok_shop_kpi.{name}"
        failing = 3 if status in ("fail", "warn") else 0
        results.append(
            {
                "unique_id": unique_id,
                "status": status,
                "execution_time": 0.1,
                "message": f"Got {failing} results" if failing else None,
                "failures": failing,
                "compiled_code": (queries or {}).get(name),
            }
        )
        nodes[unique_id] = {
            "name": name,
            "resource_type": "test",
            "description": f"Guards against {name}.",
            "original_file_path": f"tests/singular/sales/{name}.sql",
        }
    (folder / "run_results.json").write_text(
        json.dumps({"metadata": {"invocation_id": build_id}, "results": results})
    )
    (folder / "manifest.json").write_text(json.dumps({"nodes": nodes}))
    write_record(folder / "built.json", {"built": {}, "outdated": {}})
    write_record(
        folder / "build.json",
        {
            "build_id": build_id,
            "state": state,
            "whole": whole,
            "finished_at": "2026-10-03T00:00:00+00:00",
            "fingerprint": fingerprint(home.warehouse),
        },
    )


def mark_audited(home: Home, *, passed: bool = True, build_id: str = "11111111-aaaa") -> None:
    """The record of an audit of the home as it is."""
    write_record(
        home.root / "audit" / "last.json",
        {
            "audit_id": "20261003T000000Z-11111111",
            "passed": passed,
            "build_id": build_id,
            "fingerprint": fingerprint(home.warehouse),
            "critical_failures": [] if passed else ["kpi_shop_daily: 3 rows do not add up."],
            "json_path": "audit.json",
        },
    )
