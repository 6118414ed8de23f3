"""Files of creators, LIVE, videos, shop days and ads: the API's figures, and what unknown looks like in each."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pytest
from export_helpers import exact, grid, october, table, total, written
from world_helpers import CLOCK, SHOP, bodies, world_of

from sandbox.ads import figures
from sandbox.ads.accounts import ACCOUNTS, LIVE, PRODUCT
from sandbox.world.live_rooms import Session
from sandbox.world.store import Store

HEADERS = orjson.loads((Path(__file__).parent / "export_headers.json").read_bytes())


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return Store.open(world_of(tmp_path_factory, orders=4000, days=60))


@pytest.mark.parametrize(
    ("layout", "language", "row", "known"),
    [
        ("live_sessions_36", "en", 2, "live_sessions_36"),
        ("live_core_stats_daily_es", "es", 2, "live_core_stats_daily_es"),
        ("live_analysis_old_26", "en", 2, "live_analysis_old_26"),
        ("live_analysis_old_26", "id", 2, "live_analysis_old_26/id"),
        ("video_core_stats_daily_es", "es", 2, "video_core_stats_daily_es"),
        ("shop_key_metrics_es", "es", 8, "shop_key_metrics_es"),
        ("affiliate_video_list_18", "en", 0, "affiliate_video_list_18"),
        ("gmv_max_creative_26", "en", 0, "gmv_max_creative_26"),
        ("gmv_max_creative_26", "id", 0, "gmv_max_creative_26/id"),
        ("gmv_max_overview_7", "en", 0, "gmv_max_overview_7"),
        ("gmv_max_overview_7", "th", 0, "gmv_max_overview_7/th"),
    ],
)
def test_headers_are_those_of_real_files(
    store: Store, tmp_path: Path, layout: str, language: str, row: int, known: str
) -> None:
    header = grid(written(tmp_path, store, "TH", layout, language=language, **october()))[row]
    # The known files are of other markets: the currency in a header is the shop's.
    expected = [name.replace("(MX$)", "(฿)").replace("(Rp)", "(฿)") for name in HEADERS[known]]
    assert header == expected


def test_headers_of_affiliate_orders_differ_by_market(store: Store, tmp_path: Path) -> None:
    known = HEADERS["affiliate_orders"]
    found = {
        region: grid(written(tmp_path / region, store, region, "affiliate_orders"))[0] for region in SHOP
    }
    assert found["TH"] == found["VN"] == found["MY"] == known
    assert found["US"] == [*known, "Seller Sku"]
    place = known.index("Creator Username") + 1
    assert found["GB"] == [*known[:place], "Creator Region", *known[place:], "Seller Sku"]


def skus(store: Store, region: str) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (row["id"], sku["sku_id"]): sku
        for row in bodies(store, "affiliate_sku", SHOP[region])
        for sku in row["skus"]
    }


@pytest.mark.parametrize("region", ["VN", "US"])
def test_affiliate_orders_add_up_to_the_api(store: Store, tmp_path: Path, region: str) -> None:
    rows = table(written(tmp_path, store, region, "affiliate_orders"))
    expected = skus(store, region)
    assert {(row["Order ID"], row["SKU ID"]) for row in rows} == expected.keys()
    assert len(rows) == len(expected)
    for column, name in (
        ("Est. standard commission payment", "estimated_paid_commission"),
        ("Actual Commission Payment", "actual_paid_commission"),
        ("Actual Shop Ads commission payment", "actual_paid_shop_ads_commission"),
    ):
        wanted = sum(Decimal(sku[name]["amount"]) for sku in expected.values() if name in sku)
        assert total([row for row in rows if row[column]], column) == wanted > 0
    # An amount that is not known yet is empty, not 0.
    assert sum(1 for row in rows if not row["Actual Commission Payment"]) == sum(
        1 for sku in expected.values() if "actual_paid_commission" not in sku
    )


def test_statuses_and_rates_of_affiliate_orders(store: Store, tmp_path: Path) -> None:
    rows = table(written(tmp_path, store, "TH", "affiliate_orders"))
    expected = skus(store, "TH")
    words = {
        "Unknown": {"Unpaid by customer"},
        "AWAITING PAYMENT": {"Pending"},
        "To-SETTLE": {"Completed"},
        "SETTLED": {"Settled"},
        "INELIGIBLE": {"Ineligible", "Canceled"},
    }
    for row in rows:
        sku = expected[row["Order ID"], row["SKU ID"]]
        assert row["Order Status"] in words[sku["settlement_status"]]
        rate = Decimal(row["Standard commission rate"].removesuffix("%"))
        assert rate == Decimal(sku["commission_rate"]) / 100
        assert (row["Time Commission Paid"] == "01/01/1970 00:00:00") == (row["Order Status"] != "Settled")
    assert {"15.5%", "12%"} <= {row["Standard commission rate"] for row in rows}


def sessions(store: Store, region: str, *, own: bool) -> list[Session]:
    found = (
        Session(SHOP[region], record.body, CLOCK)
        for record in store.records("live_session", SHOP[region].id, CLOCK)
    )
    return [one for one in found if one.room.account.is_own or not own]


def test_sessions_are_those_of_the_own_accounts(store: Store, tmp_path: Path) -> None:
    path = written(tmp_path, store, "TH", "live_sessions_36", first=date(2026, 9, 1))
    assert grid(path)[0][0] == "2026-09-01 ~ 2026-11-08"
    assert not any(grid(path)[1])
    rows = table(path, 2)
    expected = [one.shown() for one in sessions(store, "TH", own=True)]
    assert [row["Livestream"] for row in rows] == [one["title"] for one in expected]
    for row, one in zip(rows, expected, strict=True):
        assert int(row["Duration"]) == int(one["end_time"]) - int(one["start_time"])
        assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d", row["Start time"])
        amount = one["sales_performance"]["live_attributed_gmv"]["amount"]
        assert row["Attributed GMV"] == f"฿{Decimal(amount):,.2f}"
        # Ratios have six decimals here, and those who watched nothing clicked nothing.
        assert row["LIVE CTR"] == one["traffic"]["live_ctr"]
        assert row["Ads Cost"] == "--"


def test_the_older_file_has_all_accounts_and_peak_viewers(store: Store, tmp_path: Path) -> None:
    rows = table(written(tmp_path, store, "VN", "live_analysis_old_26", first=date(2026, 9, 1)), 2)
    expected = [one.shown() for one in sessions(store, "VN", own=False)]
    assert [(row["Creator"], int(row["PCU"])) for row in rows] == [
        (one["creator"]["user_name"], one["traffic"]["pcu"]) for one in expected
    ]
    assert total(rows, "Revenue (₫)") == sum(
        Decimal(one["sales_performance"]["live_attributed_gmv"]["amount"]) for one in expected
    )
    assert all(re.fullmatch(r"\d{4}/\d\d/\d\d/ \d\d:\d\d", row["Launched Time"]) for row in rows)


def test_days_without_live_are_empty_and_no_zeros(store: Store, tmp_path: Path) -> None:
    """The world begins on 9 September: before it nothing was on air."""
    days = {"first": date(2026, 9, 1), "until": date(2026, 10, 1)}
    rows = table(written(tmp_path, store, "US", "live_core_stats_daily_es", **days), 2)
    assert [row["Hora"] for row in rows] == [f"{day:02d}/09/2026" for day in range(1, 31)]
    found = [one for one in sessions(store, "US", own=False) if one.room.day.month == 9]
    by_day = Counter(one.room.day for one in found)
    for number, row in enumerate(rows):
        on_air = by_day[date(2026, 9, 1) + timedelta(days=number)]
        assert row["Transmisiones LIVE"] == (str(on_air) if on_air else "")
        assert (row["GMV de LIVE ($)"] == "") == (on_air == 0)
        if on_air:
            assert row["Artículos vendidos en LIVE"] == "N/A"
            assert re.fullmatch(r"\d+\.\d\d%", row["Tasa de clics (LIVE)"])
    assert [row["Transmisiones LIVE"] for row in rows[:7]] == [""] * 7
    told = [row for row in rows if row["GMV de LIVE ($)"]]
    assert total(told, "GMV de LIVE ($)") == Decimal(sum(one.gmv for one in found)) / 100 > 0


def test_videos_by_day(store: Store, tmp_path: Path) -> None:
    rows = table(written(tmp_path, store, "VN", "video_core_stats_daily_es", **october()), 2)
    stored = [day for day in bodies(store, "video_day", SHOP["VN"]) if day["day"].startswith("2026-10")]
    sold = [parts[""] for day in stored for parts in day["sold"].values()]
    assert len(rows) == 31
    assert total(rows, "GMV de videos (₫)") == sum(gmv for gmv, *_ in sold) > 0
    assert total(rows, "Pedidos con SKU atribuidos") == sum(orders for _, _, orders, _ in sold)
    assert {row["Pedidos con SKU de videos"] for row in rows} == {"N/A"}


def test_key_metrics_have_a_summary_and_dashes(store: Store, tmp_path: Path) -> None:
    path = written(tmp_path, store, "GB", "shop_key_metrics_es", **october())
    cells = grid(path)
    assert [row[0] for row in cells[:9]] == [
        "01/10/2026 - 31/10/2026",
        "Resumen de los datos",
        "",
        "Total",
        "% de variación",
        "",
        "",
        "Datos diarios",
        "Fecha",
    ]
    days = [
        day for day in bodies(store, "shop_performance_day", SHOP["GB"]) if day["start_date"][:7] == "2026-10"
    ]
    rows = table(path, 8)
    assert [row["Fecha"] for row in rows] == [f"{day:02d}/10/2026" for day in range(31, 0, -1)]
    gmv = sum(Decimal(day["sales"]["gmv"]["amount"]) for day in days)
    assert sum(Decimal(row["GMV"].removeprefix("£").replace(",", "")) for row in rows) == gmv
    assert cells[3][1] == f"£{gmv:,.2f}"
    assert sum(int(row["Pedidos"].replace(",", "")) for row in rows) == sum(
        day["sales"]["orders_count"] for day in days
    )
    for name in ("Artículos reembolsados", "Ingresos brutos", "GMV de LIVE del vendedor"):
        assert {row[name] for row in rows} == {"-"}


def test_days_that_are_not_over_are_in_no_file(store: Store, tmp_path: Path) -> None:
    """Midnight UTC is the evening before in Los Angeles, and a morning in Bangkok."""
    newest = {
        region: table(written(tmp_path / region, store, region, "shop_key_metrics_es"), 8)[0]["Fecha"]
        for region in ("US", "TH")
    }
    assert newest == {"US": "06/11/2026", "TH": "07/11/2026"}


def test_the_list_of_videos_is_a_window(store: Store, tmp_path: Path) -> None:
    path = written(tmp_path, store, "TH", "affiliate_video_list_18", **october())
    assert path.name == "Video_List_20261001-20261031_202611080700.xlsx"
    rows = table(path)
    assert "Affiliate items sold " in rows[0]
    assert all(re.fullmatch(r"\d+%", row["Affiliate CTR"]) for row in rows)
    assert {row["Est. commission"] for row in rows} == {"--"}
    assert all(
        row["Video link"].startswith(f"https://www.tiktok.com/@{row['Creator username']}/") for row in rows
    )
    stored = [day for day in bodies(store, "video_day", SHOP["TH"]) if day["day"].startswith("2026-10")]
    ids = {row["Video link"].rpartition("/")[2] for row in rows}
    sold = sum(parts[""][0] for day in stored for video, parts in day["sold"].items() if video in ids)
    shown = (row["Affiliate shoppable video GMV"].removeprefix("฿").replace(",", "") for row in rows)
    assert sum(map(Decimal, shown)) == Decimal(sold) / 100 > 0


@pytest.mark.parametrize("region", ["US", "TH"])
def test_creatives_add_up_to_their_campaigns(store: Store, tmp_path: Path, region: str) -> None:
    account = next(one for one in ACCOUNTS if one.shop.region == region)
    path = written(tmp_path, store, region, "gmv_max_creative_26", **october(language="en"))
    assert path.name == "creative data for product campaigns 2026-10-01 00 ~ 2026-10-31 23.xlsx"
    rows = table(path)
    spent: dict[str, int] = {}
    for campaign in figures.accounts_campaigns(store.meta, account, PRODUCT):
        days = (date(2026, 10, 1) + timedelta(days=number) for number in range(31))
        whole = [figures.day_shown(store.meta, campaign, day, CLOCK) for day in days]
        spent[campaign.id] = sum(one.cost or 0 for one in whole if one is not None)
    for campaign_id, cost in spent.items():
        mine = [row for row in rows if row["Campaign ID"] == campaign_id]
        assert total(mine, "Cost") == Decimal(cost) / 100 > 0
    assert {row["Currency"] for row in rows} == {account.currency}
    cards = [row for row in rows if row["Creative type"] == "Product card"]
    assert {(row["Video ID"], row["Time posted"]) for row in cards} == {("-", "-")}
    assert all(re.fullmatch(r"\d+\.\d\d%", row["Product ad click rate"]) for row in rows)


@pytest.mark.parametrize("region", ["US", "TH"])
def test_days_of_gmv_max_have_all_campaigns_and_their_sum(store: Store, tmp_path: Path, region: str) -> None:
    account = next(one for one in ACCOUNTS if one.shop.region == region)
    path = written(tmp_path, store, region, "gmv_max_overview_7", **october(language="en"))
    assert path.name == "Campaign overview data 20261001 - 20261031.xlsx"
    *rows, last = table(path)
    whole = [
        figures.day_shown(store.meta, campaign, date(2026, 10, 1) + timedelta(days=number), CLOCK)
        for campaign in figures.accounts_campaigns(store.meta, account, PRODUCT, LIVE)
        for number in range(31)
    ]
    cost = Decimal(sum(one.cost or 0 for one in whole if one is not None)) / 100
    assert total(rows, "Cost") == Decimal(last["Cost"]) == cost > 0
    assert (rows[0]["By Day"], last["By Day"]) == ("2026-10-01 00:00:00", "-")
    assert {row["Currency"] for row in rows} == {account.currency}


def test_editions_of_the_creatives(store: Store, tmp_path: Path) -> None:
    known = HEADERS["gmv_max_creative_26"]
    found = {
        edition: grid(written(tmp_path / edition, store, "TH", "gmv_max_creative_26", edition=edition))
        for edition in ("current", "older", "bulk")
    }
    assert found["older"][0] == ["Orders (SKU)" if name == "SKU orders" else name for name in known]
    assert found["bulk"][0] == [name for name in known if name != "ROI"]
    place = known.index("ROI")
    assert found["bulk"][1:] == [row[:place] + row[place + 1 :] for row in found["current"][1:]]


def test_a_shop_without_ads_has_no_report_of_them(store: Store, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="No ads account promotes Aurora UK"):
        written(tmp_path, store, "GB", "gmv_max_creative_26")


def test_amounts_are_exact(store: Store, tmp_path: Path) -> None:
    """A price of the list stands to the cent in the file."""
    row = table(written(tmp_path, store, "US", "affiliate_orders"))[0]
    sku = skus(store, "US")[row["Order ID"], row["SKU ID"]]
    assert exact(row["Price"]) == Decimal(sku["price"]["amount"])
    base = sku["estimated_commission_base"]["amount"]
    assert row["Est. Commission Base"] == base.removeprefix("$").replace(",", "")
