"""The pages over a published home, in both languages: the numbers on them equal those of the sandbox's truth."""

from __future__ import annotations

import csv
import re
import shutil
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from conftest import CLOCK
from dashboard_helpers import html, page, plain, shown, tables, tiles

from dashboards.pages import PAGES
from dashboards.parts import exports, store
from dashboards.parts.viewer import AUDIENCE, Viewer
from home.audit_log import Entry, append, check
from home.config import PROJECT_ROOT as ROOT
from home.layout import AUDIT_LOG, Home
from orchestration.metrics.query import Question
from sandbox.world.truth import truth

LAST_DAY = date(2026, 11, 7)
WEEK = [str(LAST_DAY - timedelta(days=number)) for number in range(7)]
KEPT = ("published", "seal.key", "seal.fingerprint", "audit_log.jsonl", "audit_log.head.json")
LANGUAGES = ("en", "zh")
PEOPLE = [row["person_name"] for row in csv.DictReader((ROOT / "seeds/people/team_assignments.csv").open())]


@pytest.fixture(scope="module")
def pages_home(published_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A home with what pages read and write, and no more."""
    root = tmp_path_factory.mktemp("pages")
    for name in KEPT:
        source = published_home.root / name
        if source.is_dir():
            shutil.copytree(source, root / name)
        elif source.is_file():
            shutil.copy(source, root / name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TTKPI_HOME", str(root))
        patch.delenv(AUDIENCE, raising=False)
        yield Home(root)
    store._stores.clear()


def days(world: Path, table: str) -> list[dict[str, Any]]:
    return truth(world, int(CLOCK.timestamp()), table)


@pytest.fixture(scope="module")
def shop_days(world_dir: Path) -> dict[tuple[str, str], dict[str, Any]]:
    """The truth of the shops by shop and business date."""
    return {(row["shop_key"], row["business_date"]): row for row in days(world_dir, "kpi_shop_daily")}


def total(rows: dict[tuple[str, str], dict[str, Any]], column: str, on: list[str], shop: str = "") -> Decimal:
    return sum(
        (Decimal(row[column]) for (key, day), row in rows.items() if day in on and (not shop or key == shop)),
        Decimal(0),
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("slug", [entry.slug for entry in PAGES])
def test_every_page_is_drawn_and_names_its_publication(pages_home: Home, slug: str, language: str) -> None:
    content = html(page(slug, language))
    publication = store.opened(pages_home).publication
    assert publication[-8:] in content
    assert "could not be drawn" not in content and "页面无法显示" not in content
    # People's names are data, and the glossary has both languages side by side.
    said = re.sub("|".join(PEOPLE), "", re.sub(r"<[^>]+>", "", content))
    chinese = re.findall(r"[\u4e00-\u9fff]", said)
    if slug != "glossary":
        assert bool(chinese) == (language == "zh"), f"{slug}: {''.join(chinese)[:60]}"


@pytest.mark.parametrize(("language", "label"), [("en", "GMV (incl. refunds)"), ("zh", "成交额")])
def test_today_equals_the_truth(pages_home: Home, shop_days: Any, language: str, label: str) -> None:
    content = html(page("today", language))
    found = tiles(content)
    assert found[label] == shown(total(shop_days, "gmv_rc", [str(LAST_DAY)]))
    assert found["Paid orders" if language == "en" else "支付订单数"] == str(
        total(shop_days, "paid_orders", [str(LAST_DAY)])
    )
    lines = {line[0].split()[0]: line for line in tables(content)[0]}
    for name, shop in (("Thailand", "7495000000000000101"), ("泰国", "7495000000000000101")):
        if name in lines:
            assert lines[name][2] == shown(total(shop_days, "gmv_rc", [str(LAST_DAY)], shop))
            assert lines[name][5] == shown(total(shop_days, "gmv_rc", WEEK, shop))
            assert lines[name][6] == shown(total(shop_days, "net_gmv_rc", WEEK, shop))
            return
    pytest.fail(f"no line of Thailand among {list(lines)}")


def test_a_shop_that_sold_nothing_yesterday_has_no_zero_that_means_unknown(
    pages_home: Home, shop_days: Any
) -> None:
    """A day without any row is unknown to the marts: the page says a dash."""
    content = html(page("today"))
    quiet = {key for key, _ in shop_days} - {key for key, day in shop_days if day == str(LAST_DAY)}
    names = {
        row["shop_key"]: row["country"] for row in store.opened(pages_home).rows("select * from dim_shops")
    }
    for line in tables(content)[0][1:]:
        if any(line[0].startswith(names[key]) for key in quiet):
            assert line[2] == "–"


@pytest.mark.parametrize("language", LANGUAGES)
def test_shops_and_products_equal_the_truth(
    pages_home: Home, world_dir: Path, shop_days: Any, language: str
) -> None:
    content = html(page("shops", language))
    found = list(tiles(content).values())
    assert found[0] == shown(total(shop_days, "gmv_rc", WEEK))
    assert found[1] == shown(total(shop_days, "net_gmv_rc", WEEK))
    assert found[2] == shown(total(shop_days, "paid_orders", WEEK)).replace(".00", "")
    products: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in days(world_dir, "kpi_product_daily"):
        if row["business_date"] in WEEK:
            products[row["shop_key"], row["product_id"]] += Decimal(row["gmv_rc"])
    lines = tables(content)[1]
    best = sorted(products.items(), key=lambda one: -one[1])[: len(lines)]
    assert [line[3] for line in lines] == [shown(amount) for _, amount in best]
    assert {line[2] for line in lines[:3]} == {product for (_, product), _ in best[:3]}


def test_creators_equal_the_truth(pages_home: Home, world_dir: Path) -> None:
    """The rule in force is the platform's, as in the truth. The window begins before the world does."""
    content = html(page("creators"))
    sold: dict[str, int | Decimal] = defaultdict(Decimal)
    for row in days(world_dir, "creator_daily"):
        if row["creator_username"] != "none" and row["business_date"] <= str(LAST_DAY):
            sold[row["creator_username"]] += Decimal(row["attributed_orders"])
    for line in tables(content)[0][:5]:
        assert Decimal(line[5].replace(",", "")) == pytest.approx(sold[line[1]], abs=Decimal("0.06")), line[1]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_live_session_equals_the_truth(pages_home: Home, world_dir: Path, language: str) -> None:
    sessions = {row["live_room_id"]: row for row in days(world_dir, "live_sessions")}
    rows = store.opened(pages_home).rows(
        "select live_room_id from kpi_live_sessions where is_own_account and business_date >= ? "
        "and views > 0 order by live_attributed_gmv_rc desc limit 1",
        (LAST_DAY - timedelta(days=27),),
    )
    room = str(rows[0]["live_room_id"])
    found = list(tiles(html(page("live", language, live_room=room))).values())
    expected = sessions[room]
    assert found[0] == shown(expected["live_attributed_gmv"])
    assert found[2] == f"{expected['views']:,}"


def test_videos_equal_the_truth(pages_home: Home, world_dir: Path) -> None:
    rows = [row for row in days(world_dir, "video_daily") if str(row["shop_local_date"]) in WEEK]
    found = list(tiles(html(page("videos"))).values())
    assert found[2] == f"{sum(row['views'] for row in rows):,}"
    assert found[1] == f"{sum(row['sku_orders'] for row in rows):,}"


def test_ads_without_an_account_say_so_in_words(pages_home: Home) -> None:
    assert "No ads account has figures in this period." in html(page("ads"))
    assert "该时段没有广告数据。" in html(page("ads", "zh"))


def test_money_shows_what_can_be_claimed(pages_home: Home, world_dir: Path) -> None:
    """Every case that the world plants, in its amount, and nothing else; the newest publication has at most twelve."""
    expected = sorted(
        shown(row["amount"]) for row in days(world_dir, "planted") if row["kind"] != "reserve_held"
    )
    lines = card(html(page("money")), "What can be claimed")
    assert expected and sorted(line[5] for line in lines) == expected
    assert len(card(html(page("money", "zh")), "可申诉的多收与少付")) == len(expected)


def test_money_shows_which_skus_lose(
    pages_home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The largest loss in the reporting currency first: -12.70 dollars are more than -33.31 ringgit."""
    (tmp_path / "published").mkdir()
    path = tmp_path / "published" / "marts.duckdb"
    shutil.copy(pages_home.published, path)
    with opened_to_change(path) as connection:
        connection.execute("delete from marts.kpi_loss_making_skus")
        connection.execute(
            "insert into marts.kpi_loss_making_skus "
            "(shop_key, sku_id, seller_sku, currency, units_sold, contribution_profit, contribution_profit_rc, profit_loss_part) "
            "values ('7495000000000000303', '1', 'MY-22', 'MYR', 2, -33.31, -56.26, 'goods'), "
            "('7495000000000000505', '2', 'US-18', 'USD', 50, -12.70, -90.63, 'shipping')"
        )
    monkeypatch.setenv("TTKPI_HOME", str(tmp_path))
    lines = card(html(page("money", "zh")), "亏损 SKU")
    assert [(line[0], line[3], line[5]) for line in lines] == [
        ("US-18", "−12.70", "运费"),
        ("MY-22", "−33.31", "商品成本"),
    ]


def test_money_is_drawn_from_a_file_that_an_older_version_published(
    pages_home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "published").mkdir()
    path = tmp_path / "published" / "marts.duckdb"
    shutil.copy(pages_home.published, path)
    with opened_to_change(path) as connection:
        for name in ("fee_audit", "loss_making_skus", "journal"):
            connection.execute(f"drop view views.{name}")
    monkeypatch.setenv("TTKPI_HOME", str(tmp_path))
    content = html(page("money"))
    assert "could not be drawn" not in content
    assert not card(content, "SKUs that lose money") and card(content, "What comes when")


def test_money_has_the_journal_of_the_newest_month(pages_home: Home) -> None:
    content = html(page("money", "zh"))
    rows = store.opened(pages_home).rows(
        "select entry_date, account_code, account_name_zh, debit_amount, credit_amount from kpi_journal "
        "where shop_key = (select shop_key from dim_shops order by region, shop_key limit 1) "
        "order by shop_local_month desc, entry_date desc, entry_id, line_number limit 8"
    )
    assert [(line[2], line[3], line[4]) for line in card(content, "记账凭证")] == [
        (
            f"{row['account_code']} {row['account_name_zh']}",
            shown(row["debit_amount"]),
            shown(row["credit_amount"]),
        )
        for row in rows
    ]


def card(content: str, title: str) -> list[list[str]]:
    """The lines of the table under a title."""
    _, _, rest = content.partition(title)
    found = tables(rest.partition('class="card"')[0])
    return [line for line in found[0] if line] if found else []


# States other than a filled page.


@contextmanager
def opened_to_change(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A published file under another name: by its own, catalog and schema would both be `marts`."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{path}' as file")
        connection.execute("use file")
        yield connection


TARGETS = [
    ("7495000000000000404", "gmv_rc", Decimal(60_000)),
    ("7495000000000000303", "gmv_rc", Decimal(150_000)),
    ("7495000000000000101", "gmv_rc", Decimal(320_000)),
    ("7495000000000000101", "net_gmv_rc", Decimal(290_000)),
    ("7495000000000000505", "gmv_rc", Decimal(240_000)),
    ("7495000000000000202", "gmv_rc", Decimal(320_000)),
]
"""November's targets of the seed, in the order of the page: by market."""


@pytest.mark.parametrize("language", LANGUAGES)
def test_targets_of_shops_equal_the_truth(pages_home: Home, shop_days: Any, language: str) -> None:
    """The month to date, its target, and whether that is as far as the month: 7 days and 8 hours of 30 days."""
    content = html(page("team", language))
    lines = tables(content)[0]
    month = sorted({day for _, day in shop_days if day >= "2026-11-01"})
    assert len(lines) == len(TARGETS)
    for line, (shop, kpi, target) in zip(lines, TARGETS, strict=True):
        reached = total(shop_days, kpi, month, shop)
        assert line[2:4] == [shown(reached), shown(target)]
        assert line[4] == f"{reached / target:.1%}".replace("%", " %")
    assert [line[0] for line in lines][2:4] == [
        {"en": "Aurora Thailand", "zh": "泰国 Aurora Thailand"}[language],
        "",
    ]
    said = {
        "en": "figures up to Sun 8 Nov 08:00 · 7.3 of 30 days are over: 24.4 %",
        "zh": "数据截至 11 月 8 日 周日 08:00 · 已过 7.3/30 天，进度 24.4 %",
    }
    assert (
        f"CNY · {'the month is running: ' if language == 'en' else '本月进行中：'}{said[language]}" in content
    )
    paces = re.findall(r'<span class="d ([un])"><i>[▲▼]</i>([+−])([\d.,]+) %</span>', content)
    ratio = total(shop_days, "gmv_rc", month, TARGETS[0][0]) / TARGETS[0][2] / (Decimal(22) / 90) - 1
    assert paces[0] == ("u" if ratio > 0 else "n", "+" if ratio > 0 else "−", f"{abs(ratio) * 100:.1f}")


def test_a_target_without_a_known_actual_and_a_file_without_targets_say_so(
    pages_home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Guards a shop that looks far behind because a day of it has no rate, and one that is late and looks behind."""
    (tmp_path / "published").mkdir()
    path = tmp_path / "published" / "marts.duckdb"
    shutil.copy(pages_home.published, path)
    with opened_to_change(path) as connection:
        of_november = "month_start = '2026-11-01' and kpi_name = 'gmv_rc' and shop_key = '7495000000000000"
        connection.execute(
            f"update marts.kpi_shop_targets set actual = null, attainment = null where {of_november}404'"
        )
        # Read until the 4th, 00:00 in Shanghai: 3 of 30 days. A tenth reached is as far as that.
        connection.execute(
            f"update marts.kpi_shop_targets set actual = 15000, attainment = 0.1 where {of_november}303'"
        )
        connection.execute(
            "update marts.dim_shops set data_until = timestamptz '2026-11-03 16:00:00+00', is_held_back = true, "
            "held_back_since = '2026-11-04' where region = 'MY'"
        )
    monkeypatch.setenv("TTKPI_HOME", str(tmp_path))
    content = html(page("team"))
    unknown, late = tables(content)[0][:2]
    assert unknown == ["Aurora UK", "GMV  no basis: a day of it is unknown", "–", "60,000", "–", ""]
    assert content.count('<span class="d z">–</span>') == 1
    assert late[:5] == ["Aurora Malaysia", "GMV", "15,000", "150,000", "10.0 %"]
    assert '<span class="d z">± 0.0 %</span>' in content
    assert "无依据：有一天数据未知" in html(page("team", "zh"))


def test_a_file_without_targets_of_shops_says_so(
    pages_home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An input that nobody filled in is named; a file of an audience without the table shows the people all the same."""
    for change, folder in (("delete from", "empty"), ("drop table", "without")):
        (tmp_path / folder / "published").mkdir(parents=True)
        path = tmp_path / folder / "published" / "marts.duckdb"
        shutil.copy(pages_home.published, path)
        with opened_to_change(path) as connection:
            connection.execute(f"{change} marts.kpi_shop_targets")
    monkeypatch.setenv("TTKPI_HOME", str(tmp_path / "empty"))
    assert "尚未设置店铺目标" in html(page("team", "zh"))
    monkeypatch.setenv("TTKPI_HOME", str(tmp_path / "without"))
    content = html(page("team"))
    assert "Targets of the shops" not in content and "Scorecards" in content


def test_a_target_opens_with_its_days_and_is_exported(pages_home: Home, shop_days: Any) -> None:
    app = page("team")
    content = html(app)
    address = re.findall(r'href="/export/([0-9a-f]+)"', content)[0]
    offer = exports.offered(address, Viewer("local", ""))
    assert offer is not None
    table = offer.read()
    places = [table.names.index(name) for name in ("shop_key", "kpi_name", "target")]
    assert {tuple(row[place] for place in places) for row in table.rows} == {*TARGETS}
    assert "What the shop has reached in the month so far." in content


def test_nothing_published_is_said_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TTKPI_HOME", str(tmp_path))
    assert "Nothing is published yet." in html(page("today"))
    assert "尚未发布数据。" in html(page("today", "zh"))


def test_a_damaged_file_is_said_in_words(
    pages_home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "published").mkdir()
    (tmp_path / "published" / "marts.duckdb").write_bytes(b"no database" * 1000)
    monkeypatch.setenv("TTKPI_HOME", str(tmp_path))
    assert "The published file can" in html(page("today"))


def test_a_held_back_shop_is_said_in_words(
    pages_home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "published").mkdir()
    path = tmp_path / "published" / "marts.duckdb"
    shutil.copy(pages_home.published, path)
    with opened_to_change(path) as connection:
        connection.execute(
            "update marts.dim_shops set is_held_back = true, held_back_since = '2026-11-05', "
            "held_back_reason = 'unmapped fee <x>' where region = 'TH'"
        )
    monkeypatch.setenv("TTKPI_HOME", str(tmp_path))
    content = html(page("today"))
    assert "is held back since Thu 5 Nov" in content and "unmapped fee &lt;x&gt;" in content
    assert "自 11 月 5 日 周四 起暂缓发布" in html(page("today", "zh"))


def test_a_failed_audit_is_said_in_words(
    pages_home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The figures of the publication before stand, and the page says that they do; a later step that goes well ends it."""
    (tmp_path / "published").mkdir()
    shutil.copy(pages_home.published, tmp_path / "published" / "marts.duckdb")
    monkeypatch.setenv("TTKPI_HOME", str(tmp_path))
    append(Home(tmp_path), Entry("audit", "20261108", "failed"))
    assert "The newest audit failed on" in html(page("today"))
    assert "最近一次审核于" in html(page("money", "zh"))
    append(Home(tmp_path), Entry("publish", "20261108"))
    assert "failed on" not in html(page("today"))


def test_a_number_that_is_null_is_a_dash_that_says_unknown(
    pages_home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "published").mkdir()
    path = tmp_path / "published" / "marts.duckdb"
    shutil.copy(pages_home.published, path)
    with opened_to_change(path) as connection:
        connection.execute("update marts.kpi_shop_daily set net_gmv_rc = null, net_gmv = null")
    monkeypatch.setenv("TTKPI_HOME", str(tmp_path))
    content = html(page("today"))
    assert tiles(content)["Net GMV (excl. refunds)"] == "–"
    assert re.search(r'<span title="unknown · [^"]+">–</span>', content)
    assert re.search(r'<span title="未知 · [^"]+">–</span>', html(page("today", "zh")))


def test_a_sum_without_unknown_days_says_that_it_is(
    pages_home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Guards a week that looks weaker because a day had no exchange rate: NULL is left out of a sum without a word."""
    (tmp_path / "published").mkdir()
    path = tmp_path / "published" / "marts.duckdb"
    shutil.copy(pages_home.published, path)
    with opened_to_change(path) as connection:
        connection.execute(
            "update marts.kpi_shop_daily set gmv_rc = null, net_gmv_rc = null "
            f"where business_date = '{WEEK[1]}' and shop_key = '7495000000000000101'"
        )
    monkeypatch.setenv("TTKPI_HOME", str(tmp_path))
    content = html(page("today"))
    assert (
        "Aurora Thailand: sales in CNY are unknown for 1 of the last 62 days, first on Fri 6 Nov" in content
    )
    assert "近 62 天中有 1 天的 CNY 销售额未知，最早为 11 月 6 日" in html(page("shops", "zh"))


def test_skus_and_weekdays_equal_the_truth(pages_home: Home, world_dir: Path, shop_days: Any) -> None:
    """SKUs sum to the shops; the one that moved most stands first; hours by weekday sum to the GMV of the period."""
    content = html(page("shops"))
    assert "SKUs, those that moved most first" in content and "GMV by weekday and hour" in content
    answer = store.opened(pages_home).ask(
        Question(("sku_gmv_rc",), ("sku_id",), LAST_DAY - timedelta(days=6), LAST_DAY + timedelta(days=1))
    )
    sold = sum(row["sku_gmv_rc"] for row in answer.rows)
    assert abs(sold - total(shop_days, "gmv_rc", WEEK)) < Decimal("0.05")
    hours = store.opened(pages_home).ask(
        Question(("hourly_gmv_rc",), ("weekday",), LAST_DAY - timedelta(days=6), LAST_DAY + timedelta(days=1))
    )
    by_weekday = {row["weekday"]: row["hourly_gmv_rc"] for row in hours.rows}
    for day in WEEK:
        of_day = total(shop_days, "gmv_rc", [day])
        assert abs((by_weekday.get(date.fromisoformat(day).isoweekday()) or 0) - of_day) < Decimal("0.05")


def test_a_shop_without_figures_is_said_in_words(pages_home: Home) -> None:
    empty = page("live", days=(date(2020, 1, 1), date(2020, 1, 2)), period_en="custom")
    assert "No LIVE session of an own account in this period." in html(empty)


# Openings, exports, the log.


def opened_keys(content: str) -> list[str]:
    return re.findall(r'data-open="([0-9a-f]{16})"', content)


def test_every_number_of_today_can_be_opened(pages_home: Home) -> None:
    content = html(page("today"))
    assert len(opened_keys(content)) > 20
    assert content.count('class="n"') == len(re.findall(r'<button class="n" data-open="[^"]+"', content))


@pytest.mark.parametrize("form", [exports.CSV, exports.XLSX])
def test_what_is_exported_are_the_rows_of_the_page(pages_home: Home, shop_days: Any, form: str) -> None:
    content = html(page("today"))
    address = re.findall(r'href="(/export/[0-9a-f]+)"', content)[form == exports.XLSX]
    offer = exports.offered(address.rpartition("/")[2], Viewer("local", ""))
    assert offer is not None and offer.form == form
    table = offer.read()
    place = table.names.index("gmv_rc")
    day = table.names.index("business_date")
    sold = [row[place] for row in table.rows if row[day] == LAST_DAY]
    assert f"{float(total(shop_days, 'gmv_rc', [str(LAST_DAY)])):.2f}" == f"{float(sum(sold)):.2f}"
    assert exports.written(form, table)


def test_who_looked_is_in_the_audit_log_once_per_visit(pages_home: Home) -> None:
    app = page("videos")
    app.run()
    lines = (pages_home.root / AUDIT_LOG).read_text(encoding="utf-8").splitlines()
    looks = [line for line in lines if '"page_opened"' in line and '"subject":"videos"' in line]
    assert '"viewer":"local"' in looks[-1] and '"via":"pages"' in looks[-1]
    before = len(looks)
    app.run()
    lines = (pages_home.root / AUDIT_LOG).read_text(encoding="utf-8").splitlines()
    assert len([line for line in lines if '"page_opened"' in line and '"subject":"videos"' in line]) == before
    check(pages_home)


def test_the_file_of_an_audience_offers_only_its_pages(
    pages_home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An audience's file without LIVE: its page is not offered, and no other shop is anywhere."""
    folder = tmp_path / "published" / "audiences" / "thai"
    folder.mkdir(parents=True)
    shutil.copy(pages_home.published, folder / "marts.duckdb")
    with opened_to_change(folder / "marts.duckdb") as connection:
        tables_with_shops = connection.execute(
            "select table_name from duckdb_tables() where database_name = 'file' and schema_name = 'marts' "
            "and table_name in (select table_name from duckdb_columns() where column_name = 'shop_key')"
        ).fetchall()
        for (name,) in tables_with_shops:
            connection.execute(f"delete from marts.{name} where shop_key <> '7495000000000000101'")
        for view in ("live_sessions", "live_hosts"):
            connection.execute(f"drop view if exists views.{view}")
        connection.execute("drop table marts.kpi_live_sessions")
    monkeypatch.setenv("TTKPI_HOME", str(tmp_path))
    monkeypatch.setenv(AUDIENCE, "thai")
    from dashboards.pages import offered

    slugs = [entry.slug for entry in offered(store.opened(Home(tmp_path), "thai").file.columns())]
    assert "live" not in slugs and "today" in slugs
    content = html(page("today"))
    assert "Aurora Thailand" in content and "Aurora US" not in content
    assert plain(content)
