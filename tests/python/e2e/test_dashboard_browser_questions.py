"""The twelve questions of a seller's team, asked in a real browser: the page that answers one shows the world's truth.

What the truth does not have as a row (settlement expected, host per hour, commission due) is compared with the view or metric that
`test_questions.py` holds against the truth.
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from conftest import CLOCK
from dashboard_helpers import shown

pytest.importorskip("playwright.sync_api", reason="Playwright is not installed: make test installs it")

from playwright.sync_api import Page as Tab
from playwright.sync_api import expect
from test_dashboard_browser import opened, with_pages

from dashboards.pictures import NO_BROWSER, browser, serving, wait_drawn
from home.errors import ConfigError
from home.layout import AUDIT_LOG, Home
from orchestration.metrics.query import Question, ask
from orchestration.metrics.source import Published, published
from sandbox.world.truth import truth

LAST_DAY = date(2026, 11, 7)
TOMORROW = LAST_DAY + timedelta(days=1)
WEEKS = [str(LAST_DAY - timedelta(days=number)) for number in range(28)]
_LINES = """title => {
  const card = [...document.querySelectorAll('.k .card')].find(one => one.querySelector('h2')?.innerText.startsWith(title));
  return card ? [...card.querySelectorAll('tbody tr')].map(row => [...row.cells].map(cell => cell.innerText.trim())) : null;
}"""


def lines(tab: Tab, title: str) -> list[list[str]]:
    """The lines of the table whose card has this title, as a person reads them."""
    found = tab.evaluate(_LINES, title)
    assert found, f"no table {title}"
    return [list(line) for line in found]


def number(text: str) -> str:
    """A cell's number without mark, currency and change."""
    found = re.search(r"[−-]?[\d,]+(?:\.\d+)?", text)
    assert found, text
    return found.group()


@pytest.fixture(scope="module")
def file(published_home: Home) -> Iterator[Published]:
    with published(published_home) as found:
        yield found


@pytest.fixture(scope="module")
def walk(published_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Tab, str, Home]]:
    """One server and one tab for all questions."""
    home = with_pages(published_home, tmp_path_factory.mktemp("questions") / "home")
    try:
        with browser() as started, serving(home) as address:
            context = started.new_context(
                viewport={"width": 1280, "height": 900}, locale="en-US", accept_downloads=True
            )
            yield context.new_page(), address, home
            context.close()
    except ConfigError:
        pytest.skip(NO_BROWSER)


@pytest.fixture(scope="module")
def true(world_dir: Path) -> Any:
    known: dict[str, list[dict[str, Any]]] = {}

    def table(name: str) -> list[dict[str, Any]]:
        if name not in known:
            known[name] = truth(world_dir, int(CLOCK.timestamp()), name)
        return known[name]

    return table


def rows(file: Published, sql: str) -> list[dict[str, Any]]:
    columns, found = file.table(sql)
    return [dict(zip(columns, row, strict=True)) for row in found]


def test_yesterday_by_shop_down_to_the_orders_and_both_exports(walk: Any, true: Any, tmp_path: Path) -> None:
    """Today: a shop's GMV of yesterday and of the week before; its tile opens to orders that sum to it."""
    tab, address, home = walk
    opened(tab, address, "today")
    day = {row["shop_key"]: row for row in true("kpi_shop_daily") if row["business_date"] == str(LAST_DAY)}
    line = next(one for one in lines(tab, "Shop") if one[0].startswith("Thailand"))
    thai = "7495000000000000101"
    assert shown(day[thai]["gmv_rc"]) in " ".join(line)

    tab.locator(".tile button.n").first.click()
    dialog = tab.get_by_role("dialog")
    expect(dialog).to_contain_text("Rows behind it", timeout=30_000)
    expect(dialog).to_contain_text("midnight of Asia/Shanghai")
    for form in ("CSV", "Excel"):
        with tab.expect_download() as download:
            dialog.get_by_role("link", name=form).first.click()
        download.value.save_as(tmp_path / f"orders.{form.lower()}")
    with (tmp_path / "orders.csv").open(encoding="utf-8-sig", newline="") as content:
        orders = list(csv.DictReader(content))
    assert sum(Decimal(row["gmv_rc"]) for row in orders) == sum(
        Decimal(row["gmv_rc"]) for row in day.values()
    )
    assert (tmp_path / "orders.excel").read_bytes()[:2] == b"PK"
    assert '"event":"page_exported"' in (home.root / AUDIT_LOG).read_text(encoding="utf-8")
    dialog.get_by_role("button", name="Close").click()


def test_top_creators(walk: Any, true: Any) -> None:
    tab, address, _ = walk
    opened(tab, address, "creators")
    sold: dict[str, Decimal] = defaultdict(Decimal)
    for row in true("creator_daily"):
        if row["business_date"] <= str(LAST_DAY):
            sold[row["creator_username"]] += Decimal(row["attributed_orders"])
    for line in lines(tab, "Leaderboard")[:3]:
        name = next(cell for cell in line if cell in sold)
        assert any(
            abs(Decimal(number(cell).replace(",", "")) - sold[name]) <= Decimal("0.06")
            for cell in line
            if re.search(r"\d", cell) and "−" not in cell
        ), line


def test_where_a_live_session_leaks(walk: Any, file: Published, true: Any) -> None:
    """A session of the list is chosen by a click; the sentence above its funnel has the rate of the platform's figures."""
    tab, address, _ = walk
    opened(tab, address, "live")
    sessions = rows(
        file,
        "select k.live_room_id, b.leaking_step from warehouse.marts.kpi_live_sessions as k "
        "left join warehouse.marts.kpi_live_benchmarks as b using (shop_key, live_room_id) where k.is_own_account "
        f"and k.business_date >= '{WEEKS[-1]}' and k.business_date < '{TOMORROW}' order by k.start_time desc, k.live_room_id",
    )
    parts = {
        "tap_through_rate": ("views", "impressions"),
        "product_click_rate": ("product_clicks", "product_impressions"),
        "click_to_order_rate": ("created_sku_orders", "product_clicks"),
        "order_to_paid_rate": ("paid_sku_orders", "created_sku_orders"),
    }
    place = next(number for number, row in enumerate(sessions[:15]) if row["leaking_step"] in parts)
    leak = sessions[place]
    told = next(row for row in true("live_sessions") if row["live_room_id"] == leak["live_room_id"])
    above, below = parts[leak["leaking_step"]]
    # The name of the session chooses it; a figure opens its definition.
    tab.locator(".card:has(h2:text-matches('^Sessions'))").locator("tbody tr").nth(place).locator(
        "td"
    ).first.click()
    rate = f"{100 * told[above] / told[below]:.1f} %"
    expect(tab.locator(".k .say").first).to_contain_text(f": {rate} where", timeout=30_000)
    expect(tab.locator(".k .step.leak")).to_contain_text(rate)
    wait_drawn(tab)
    assert f"{told['views']:,}" in tab.locator(".k .tiles").inner_text()


def test_paid_and_organic(walk: Any) -> None:
    """This world has no ads account: the page says that in words instead of zeros."""
    tab, address, _ = walk
    opened(tab, address, "ads")
    assert "No ads account has figures in this period." in tab.inner_text("body")


def test_what_to_restock(walk: Any, file: Published, true: Any) -> None:
    tab, address, _ = walk
    opened(tab, address, "stock")
    units: dict[str, int] = defaultdict(int)
    for row in true("stock_daily"):
        units[row["sku_id"]] += row["available_units"]
    skus = {
        row["seller_sku"]: row["sku_id"]
        for row in rows(file, "select seller_sku, sku_id from warehouse.marts.dim_skus")
    }
    to_order = lines(tab, "What to order")
    for line in to_order[:5]:
        assert number(line[3]) == f"{units[skus[line[0]]]:,}"
        assert int(number(line[4]).replace(",", "")) > 0


def test_refund_rate_by_product_and_profit_by_sku(walk: Any, file: Published, true: Any) -> None:
    """Shops, after the period was changed to 28 days."""
    tab, address, _ = walk
    opened(tab, address, "shops")
    tab.get_by_role("button", name="28 days").or_(tab.get_by_role("radio", name="28 days")).first.click()
    expect(tab.locator(".card:has(h2:text-matches('^Products')) tbody tr").first).to_be_visible(
        timeout=30_000
    )
    wait_drawn(tab)
    amounts: dict[str, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for row in true("kpi_product_daily"):
        if row["business_date"] in WEEKS:
            amounts[row["product_id"]][0] += Decimal(row["gmv_rc"])
            amounts[row["product_id"]][1] += Decimal(row["refunded_gmv_rc"])
    some = 0
    for line in lines(tab, "Products")[:10]:
        gmv, refunded = amounts[line[2]]
        assert number(line[3]) == shown(gmv)
        assert line[6].lstrip("~") == f"{100 * refunded / gmv:,.1f} %"
        some += bool(refunded)
    assert some

    codes = {
        row["seller_sku"]: row["sku_id"]
        for row in rows(file, "select seller_sku, sku_id from warehouse.marts.dim_skus")
    }
    profit: dict[str, Decimal] = defaultdict(Decimal)
    for row in true("sku_profit_daily"):
        if row["business_date"] in WEEKS and row["contribution_profit"] is not None:
            profit[row["sku_id"]] += Decimal(row["contribution_profit"])
    metric = ask(file, Question(("sku_contribution_profit", "sku_contribution_profit_rc", "sku_gmv_rc"), ("shop", "sku_id"), LAST_DAY - timedelta(days=27), TOMORROW))  # fmt: skip
    ours = {row["sku_id"]: row for row in metric.rows}
    for line in lines(tab, "SKUs")[:5]:
        sku = codes[line[0]]
        assert ours[sku]["sku_contribution_profit"] == profit[sku]
        assert number(line[5]) == shown(ours[sku]["sku_contribution_profit_rc"])
        assert number(line[3]) == shown(ours[sku]["sku_gmv_rc"])
    sold = sum(row["sku_gmv_rc"] for row in metric.rows)
    assert abs(sold - sum(gmv for gmv, _ in amounts.values())) < 1, "SKUs sum to products"


def test_settlement_expected_and_commission_due(walk: Any, file: Published) -> None:
    tab, address, _ = walk
    opened(tab, address, "money")
    first = rows(file, "select shop_key from warehouse.marts.dim_shops order by region, shop_key limit 1")[0][
        "shop_key"
    ]
    weeks = rows(
        file,
        "select strftime(week_start, '%m-%d') as week, cash_expected from warehouse.views.cash_forecast "
        f"where shop_key = '{first}' and is_forecast order by week_start",
    )
    cash = {line[0]: line for line in lines(tab, "What comes when")}
    assert weeks
    for week in weeks:
        # A part that the shop's short history can't tell leaves the sum unknown: a dash, never 0.
        told = week["cash_expected"]
        assert cash[week["week"]][2] == ("–" if told is None else shown(told))
    due = rows(
        file,
        "select payee, due_amount from warehouse.marts.kpi_commission_due where due_amount <> 0 "
        "order by due_amount_rc desc nulls last, shop_key, payee limit 10",
    )
    found = lines(tab, "Commission due")
    assert [(line[0], number(line[-1])) for line in found] == [
        (row["payee"], shown(row["due_amount"])) for row in due
    ]


def test_host_per_hour(walk: Any, file: Published) -> None:
    tab, address, _ = walk
    opened(tab, address, "live")
    answer = ask(
        file,
        Question(
            ("host_hours", "host_gmv_per_hour_rc"), ("host_name",), LAST_DAY - timedelta(days=27), TOMORROW
        ),
    )
    hours = {str(row["host_name"]): row for row in answer.rows}
    named = [line for line in lines(tab, "Hosts, per hour on air") if line[0] in hours]
    assert named
    for line in named:
        assert number(line[1]) == f"{float(hours[line[0]]['host_hours']):,.1f}"
        assert number(line[2]) == shown(round(Decimal(hours[line[0]]["host_gmv_per_hour_rc"]), 2))


def test_our_gmv_beside_seller_centers_and_what_changed(walk: Any, file: Published, true: Any) -> None:
    tab, address, _ = walk
    opened(tab, address, "trust")
    first = rows(file, "select shop_key from warehouse.marts.dim_shops order by region, shop_key limit 1")[0][
        "shop_key"
    ]
    days = {
        row["business_date"][5:]: row["gmv"] for row in true("kpi_shop_daily") if row["shop_key"] == first
    }
    bridge = lines(tab, "Our GMV beside Seller Center's")
    for line in bridge:
        assert number(line[1]) == shown(days.get(line[0], 0))
    assert "The newest publication changed no figure that was published before." in tab.inner_text("body")


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [("毛利", "profit"), ("回款", "payout"), ("退货率", "退款率"), ("refund rate", "退款率")],
)
def test_the_glossary_finds_what_people_call_it(walk: Any, wanted: str, expected: str) -> None:
    """By synonyms, with formula, clock, version and where it is used; the language stays over a reload."""
    tab, address, _ = walk
    opened(tab, address, "glossary", "中文")
    box = tab.get_by_role("textbox").first
    box.fill(wanted)
    box.press("Enter")
    tab.wait_for_timeout(300)
    wait_drawn(tab)
    text = tab.inner_text("body")
    words = {"profit": r"利润", "payout": r"打款|到账|结算"}.get(expected, expected)
    assert re.search(words, " ".join(line[0] for line in lines(tab, "指标定义")[:8])), wanted
    for fact in ("版本", "使用位置", "字段"):
        assert fact in text, fact
    tab.reload()
    wait_drawn(tab)
    assert tab.locator(".k .bar .name").first.inner_text() == "指标词典"
