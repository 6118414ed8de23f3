"""The same shops by API, by downloaded files alone, and by both: over real HTTP, into three homes.

Files alone give the marts that the API gives, wherever a file holds the information. Where it does not, the column is in `UNEQUAL`
with the reason, and a test holds that the list says neither too little nor too much. With both, the API's word stands: nothing moves.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

import duckdb
import httpx
import pytest
from conftest import CLOCK, admin, copy_of, settings
from templates import with_parse

from home.layout import Home
from ingestion.importing import import_files
from ingestion.seller_center.outcomes import FileOutcome, ImportOptions
from orchestration.build.build import run_dbt
from sandbox.server.serve import SandboxServer, start_in_thread
from sandbox.world.catalog import SHOPS

ADVERTISER, ACCOUNT_ZONE = "7400000000000000001", "America/Los_Angeles"
MARTS = (
    *(
        "kpi_shop_daily",
        "kpi_product_daily",
        "kpi_order_profit",
        "kpi_settlement_bridge",
        "fct_statement_transaction_fees",
    ),
    *(
        "fct_payments",
        "fct_affiliate_order_lines",
        "kpi_creator_daily",
        "kpi_live_sessions",
        "kpi_shop_platform_daily",
    ),
    *("kpi_content_platform_daily", "fct_import_differences", "ops_imported_files", "ops_import_quarantine"),
    *("fct_affiliate_videos_period", "fct_gmv_max_creative_period", "fct_refund_lines"),
)

DATED = "no file says when a refund was made"
OPEN = "a file tells of refunds that are made, not of requests"
GIFT = "a gift of a SKU that is sold in the same order stands in its row: one unit more, at half the price"
UNIT = "what was refunded of a SKU is split over its units, so that a conversion may round to another side"
UNTIL = "a file is known up to its last order, a sync up to its own end"
PRODUCT = "most order exports have no product id"
ESTIMATE = "outside of the United States no file tells estimates"
KEPT = "the row says Return/Refund also where the buyer keeps the goods"
SIGNS = "one row of the API prints its charges with the other sign; the workbook does not"
NUMBERED = "files but those of the United States name no statement and no payment"
STATUS = "no file says whether a statement was paid"
RESERVE = "no file tells reserves"
ADDED = "follows from the columns before"
CURRENCY = "withdrawals are told in the shop's currency"
PARTNER = "affiliate exports have no partner commission"
COLLABORATION = "affiliate exports name no collaboration and no delivery"
WORDS = "affiliate exports show the order's status where the API has the commission's"
LAYOUT = "not every layout has the column"
DEFINITION = "under the file's own definition"
ROUNDED = "rates are rounded in the file"
OTHER_DAY = "the file's day has figures that only the API parts"


@dataclass(frozen=True)
class Compared:
    """How a mart is compared.

    Attributes:
        keys: What names a row in both homes.
        unequal: Columns that need not be equal, and why.
        rows: Which rows of the API's mart a file can tell; all by default.
        leaves_out: Why the API has rows beside those.
    """

    keys: tuple[str, ...]
    unequal: dict[str, str] = field(default_factory=dict)
    rows: str = "true"
    leaves_out: str = ""


def with_rc(columns: dict[str, str]) -> dict[str, str]:
    """The columns and what they are in the reporting currency."""
    return columns | {f"{name}_rc": why for name, why in columns.items()}


CHARGES = (
    "platform_fee_amount",
    "affiliate_commission_amount",
    "ads_commission_amount",
    "seller_shipping_amount",
    "tax_amount",
)
COMPARED: dict[str, Compared] = {
    "kpi_shop_daily": Compared(
        ("shop_key", "business_date"),
        {
            "is_gmv_provisional": UNTIL,
            "age_days": UNTIL,
            "expected_unknown_reason": UNTIL,
            "units_sold": GIFT,
            "refunded_gmv_rc": UNIT,
            "net_gmv_rc": UNIT,
        }
        | with_rc({"gmv_list": GIFT, "pending_refund_gmv": OPEN, "refund_amount_by_refund_date": DATED}),
    ),
    "kpi_order_profit": Compared(
        ("shop_key", "order_id"),
        {"profit_basis": ESTIMATE, "revenue_amount": ESTIMATE, "units_sold": GIFT, "units_kept": KEPT}
        | dict.fromkeys((*CHARGES, "charge_split"), ESTIMATE)
        | with_rc({"settlement_amount": ESTIMATE, "cogs_amount": KEPT, "contribution_profit": ADDED}),
    ),
    "kpi_settlement_bridge": Compared(
        ("shop_key", "statement_date_utc", "currency"),
        {"statement_id": NUMBERED, "payment_id": NUMBERED, "payment_status": STATUS, "is_provisional": STATUS}
        | {"payment_time": STATUS, "transaction_count": RESERVE, "residual_type": ADDED, "take_rate": SIGNS}
        | with_rc(
            dict.fromkeys(
                (
                    "platform_fee_amount",
                    "affiliate_commission_amount",
                    "seller_shipping_amount",
                    "tax_amount",
                ),
                SIGNS,
            )
            | {"settlement_residual": SIGNS, "fees_and_commissions_amount": SIGNS, "reserve_amount": RESERVE}
            | {"payable_amount": RESERVE, "payment_amount": STATUS, "payment_residual": STATUS}
        ),
        rows="settlement_amount <> 0",
        leaves_out="a day on which nothing but a reserve was booked is in no income file",
    ),
    "fct_payments": Compared(
        ("shop_key", "payment_id"),
        {
            "origin": "",
            "statement_count": NUMBERED,
            "statements_payable_amount": NUMBERED,
            "statement_difference": NUMBERED,
        }
        | {"payout_currency": CURRENCY, "payout_amount": CURRENCY, "amount_before_exchange": CURRENCY}
        | {
            "amount_before_exchange_currency": CURRENCY,
            "exchange_rate": CURRENCY,
            "exchange_difference": CURRENCY,
        },
    ),
    "fct_affiliate_order_lines": Compared(
        ("shop_key", "order_id", "sku_id"),
        {
            "origin": "",
            "collaboration_type": COLLABORATION,
            "collaboration_id": COLLABORATION,
            "settlement_status": WORDS,
        }
        | {"order_delivery_time": COLLABORATION, "units_sold": GIFT, "partner_commission_rate": PARTNER}
        | {"est_partner_commission": PARTNER, "actual_partner_commission": PARTNER}
        | with_rc({"est_commission": PARTNER, "actual_commission": PARTNER, "commission_amount": PARTNER}),
    ),
    "kpi_shop_platform_daily": Compared(
        ("shop_key", "shop_local_date"),
        {"platform_gmv_definition": DEFINITION}
        | dict.fromkeys(
            (
                "platform_gmv_with_tax",
                "platform_gmv_with_co_funding",
                "platform_tax",
                "platform_shipping_fees",
                "platform_refunds",
            ),
            OTHER_DAY,
        )
        | {"platform_cancellations_and_returns": OTHER_DAY},
    ),
    "kpi_content_platform_daily": Compared(
        ("shop_key", "content_type", "account_type", "shop_local_date"),
        {
            "platform_gmv_definition": DEFINITION,
            "platform_product_click_rate": ROUNDED,
            "platform_ctor": ROUNDED,
        }
        | dict.fromkeys(("listed_contents", "listed_attributed_gmv", "total_minus_listed_gmv"), LAYOUT),
        rows="account_type = 'ALL'",
        leaves_out="exports have no kinds of accounts",
    ),
}


@dataclass
class Homes:
    """The three homes, and what came of the files."""

    api: Home
    files: Home
    mixed: Home
    outcomes: list[FileOutcome]


def download(server: SandboxServer, folder: Path) -> None:
    """Downloads what a seller of each shop would, into a folder for each shop."""
    for shop in admin(server, "exports", method="GET")["shops"]:
        place = folder / shop["shop"]
        place.mkdir(parents=True)
        for layout in shop["layouts"]:
            url = f"{server.base_url}/_sandbox/exports/{shop['shop']}/{layout}"
            answer = httpx.get(url, trust_env=False, timeout=60).raise_for_status()
            name = unquote(
                answer.headers["content-disposition"].split("filename")[1].split("''")[-1].strip('*="')
            )
            (place / name).write_bytes(answer.content)


def load_files(home: Home, folder: Path, *, declares: bool) -> list[FileOutcome]:
    """Imports the files of every shop."""
    outcomes = []
    for shop in SHOPS:
        options = ImportOptions(
            shop=shop.id,
            region=shop.region if declares else None,
            name=shop.name if declares else None,
            advertiser=ADVERTISER,
            time_zone=ACCOUNT_ZONE,
            downloaded_at=CLOCK,
        )
        outcomes += import_files(home, [folder / shop.id], options).files
    return outcomes


def build_marts(home: Home) -> None:
    """Builds the marts that are compared; their tests are of other tests."""
    without = ["--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"]
    select = [f"+{name}" for name in (*MARTS, "kpi_reconciliation")]
    run_dbt(home, [["parse"], ["build", *without, "--select", *select]])


@pytest.fixture(scope="module")
def homes(
    world_dir: Path,
    synced_home: Home,
    published_home: Home,
    parsed: Home,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Homes]:
    place = tmp_path_factory.mktemp("exports")
    # `published_home` is `synced_home`, built.
    files, mixed = with_parse(parsed, Home(place / "files")), copy_of(synced_home, place / "mixed")
    found = Homes(published_home, files, mixed, [])
    server = start_in_thread(world_dir)
    try:
        with pytest.MonkeyPatch.context() as patch:
            for name, value in settings(server.base_url).items():
                patch.setenv(name, value)
            download(server, place / "downloads")
            found.outcomes = load_files(found.files, place / "downloads", declares=True)
            load_files(found.mixed, place / "downloads", declares=False)
    finally:
        server.stop()
    for home in (found.files, found.mixed):
        build_marts(home)
    yield found


@pytest.fixture(scope="module")
def warehouses(homes: Homes) -> Iterator[duckdb.DuckDBPyConnection]:
    """The three warehouses as catalogs `api`, `files` and `mixed`."""
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        for name in ("api", "files", "mixed"):
            connection.execute(f"attach '{getattr(homes, name).warehouse}' as {name} (read_only)")
        yield connection


def columns_of(db: duckdb.DuckDBPyConnection, mart: str) -> list[str]:
    """The columns of a mart but the bookkeeping ones."""
    return [
        str(name)
        for name, *_ in db.execute(f"describe api.marts.{mart}").fetchall()
        if not str(name).startswith("_")
    ]


def test_every_file_is_read_whole(homes: Homes) -> None:
    refused = {one.path.name: one.why("en") for one in homes.outcomes if one.status != "imported"}
    assert not refused
    kinds = {kind for one in homes.outcomes for kind in one.kinds}
    assert len(kinds) == 15


@pytest.mark.parametrize("mart", COMPARED)
def test_files_alone_tell_the_same_rows(warehouses: duckdb.DuckDBPyConnection, mart: str) -> None:
    """No row is missing, none is too many, but for what the comparison says that files leave out."""
    how = COMPARED[mart]
    keys = ", ".join(how.keys)
    of_api = f"select {keys} from api.marts.{mart} where {how.rows}"
    of_files = f"select {keys} from files.marts.{mart} where {how.rows}"
    assert warehouses.execute(f"select count(*) from ({of_api})").fetchone() != (0,)
    assert warehouses.execute(f"{of_api} except all {of_files}").fetchall() == []
    assert warehouses.execute(f"{of_files} except all {of_api}").fetchall() == []
    left_out = warehouses.execute(f"select count(*) from api.marts.{mart} where not ({how.rows})").fetchone()
    assert (left_out != (0,)) == bool(how.leaves_out)


def test_files_know_every_charge(warehouses: duckdb.DuckDBPyConnection) -> None:
    """Guards profits of teams with files that are withheld for a column that the importer does not know."""
    found = warehouses.execute(
        "select count(*) from files.marts.kpi_order_profit where charge_split in ('unmapped', 'unbalanced')"
    ).fetchone()
    assert found == (0,)


@pytest.mark.parametrize("mart", COMPARED)
def test_files_alone_tell_the_same_figures(warehouses: duckdb.DuckDBPyConnection, mart: str) -> None:
    """Every column is equal in every row, but for those that are listed; and those are not listed for nothing."""
    how = COMPARED[mart]
    different = set()
    for column in columns_of(warehouses, mart):
        if column in how.keys:
            continue
        found = warehouses.execute(
            f"select count(*) from api.marts.{mart} as a inner join files.marts.{mart} as f using ({', '.join(how.keys)}) "
            f"where {how.rows.replace('settlement_amount', 'a.settlement_amount')} and a.{column} is distinct from f.{column}"
        ).fetchone()
        if found != (0,):
            different.add(column)
    assert different == set(how.unequal)


def test_settled_orders_have_the_same_charges(warehouses: duckdb.DuckDBPyConnection) -> None:
    """What `kpi_order_profit` has of orders that are on a statement, and of which the row is signed as the API documents it."""
    figures = ("revenue_amount", "settlement_amount", "ad_spend", *CHARGES)
    of = f"select shop_key, order_id, {', '.join(figures)} from {{}}.marts.kpi_order_profit where profit_basis = 'settled'"
    signed = (
        " and (shop_key, order_id) not in (select (shop_key, order_id) from api.marts.fct_statement_transactions "
        "where sign_convention <> 'plain' and order_id is not null)"
    )
    api, files = (of.format(name) + signed for name in ("api", "files"))
    count = warehouses.execute(f"select count(*) from ({api})").fetchone()
    assert count is not None and count[0] > 50
    assert warehouses.execute(f"{api} except all {files}").fetchall() == []
    assert warehouses.execute(f"{files} except all {api}").fetchall() == []


def test_sales_by_product_are_the_same_where_the_export_names_products(
    warehouses: duckdb.DuckDBPyConnection,
) -> None:
    """The export of the United States has product ids since 2026."""
    named = [shop.id for shop in SHOPS if shop.region == "US"]
    of = "select shop_key, business_date, product_id, gmv, cancelled_gmv, refunded_gmv, net_gmv from {}.marts.kpi_product_daily where shop_key in (?)"
    api, files = of.format("api"), of.format("files")
    assert len(warehouses.execute(api, named).fetchall()) > 50
    assert warehouses.execute(f"{api} except all {files}", named * 2).fetchall() == []
    assert warehouses.execute(f"{files} except all {api}", named * 2).fetchall() == []


def test_sales_without_a_product_id_are_all_there(warehouses: duckdb.DuckDBPyConnection) -> None:
    """Other order exports name no product: `kpi_product_daily` has one row a day, with the whole of the shop's sales."""
    products = warehouses.execute(
        "select distinct product_id from files.marts.kpi_product_daily where shop_key not in (?)",
        [shop.id for shop in SHOPS if shop.region == "US"],
    ).fetchall()
    assert products == [("unknown",)]
    of = "select shop_key, business_date, sum(gmv), sum(cancelled_gmv), sum(refunded_gmv), sum(net_gmv) from {}.marts.kpi_product_daily group by all"
    assert warehouses.execute(f"{of.format('api')} except all {of.format('files')}").fetchall() == []
    assert warehouses.execute(f"{of.format('files')} except all {of.format('api')}").fetchall() == []


def test_creators_are_credited_with_the_same_sales(warehouses: duckdb.DuckDBPyConnection) -> None:
    figures = "attributed_gmv, net_attributed_gmv, attributed_orders, est_standard_commission, actual_standard_commission"
    of = f"select shop_key, business_date, creator_username, {figures} from {{}}.marts.kpi_creator_daily where attributed_gmv <> 0"
    api, files = of.format("api"), of.format("files")
    assert len(warehouses.execute(api).fetchall()) > 100
    assert warehouses.execute(f"{api} except all {files}").fetchall() == []
    assert warehouses.execute(f"{files} except all {api}").fetchall() == []


def test_live_sessions_have_the_same_figures(warehouses: duckdb.DuckDBPyConnection) -> None:
    """A file's session is found by its begin and its title, in the older layout by its account; every one is the API's, with the same figures.

    The older layout knows one revenue, from before sales were attributed, and no SKU orders: it is `live_gmv`, under a definition of its own.
    """
    found = warehouses.execute(
        """
        select
            f.platform_gmv_definition,
            -- The list with room ids is one shop's.
            count(*) > case when f.platform_gmv_definition = 'file/live_list_35' then 10 else 25 end,
            count(*) - count(a.live_room_id),
            count(*) filter (where a.live_attributed_gmv is distinct from coalesce(f.live_attributed_gmv, f.live_gmv)),
            count(*) filter (where a.views is distinct from f.views),
            count(*) filter (where a.product_clicks is distinct from f.product_clicks),
            count(*) filter (where a.sku_orders is distinct from f.sku_orders) = count(*) filter (where f.title is null),
            count(*) filter (where f.live_attributed_gmv is not null and f.live_gmv is not null),
            count(f.own_gmv)
        from files.marts.kpi_live_sessions as f
        left join api.marts.kpi_live_sessions as a
            on a.shop_key = f.shop_key
            and date_trunc('minute', a.start_time) = date_trunc('minute', f.start_time)
            and (a.title = f.title or a.account_username = f.account_username)
        group by f.platform_gmv_definition
        order by f.platform_gmv_definition
        """
    ).fetchall()
    assert found == [
        ("file/live_analysis_old_26", True, 0, 0, 0, 0, True, 0, 0),
        ("file/live_list_35", True, 0, 0, 0, 0, True, 0, 0),
        ("file/live_sessions_36", True, 0, 0, 0, 0, True, 0, 0),
    ]


def test_periods_are_told_and_not_spread(warehouses: duckdb.DuckDBPyConnection) -> None:
    """Reports of three weeks and more stay one row; no day of a video is made of them."""
    for mart in ("fct_affiliate_videos_period", "fct_gmv_max_creative_period"):
        periods = warehouses.execute(
            f"select count(*), min(period_end - period_start) from files.marts.{mart}"
        ).fetchone()
        assert periods is not None and periods[0] > 50 and periods[1] > 20
    assert warehouses.execute(
        "select count(*) from files.staging.stg_tiktok_shop__video_performance"
    ).fetchone() == (0,)


def test_the_api_s_numbers_do_not_move_when_files_come(warehouses: duckdb.DuckDBPyConnection) -> None:
    for mart in MARTS:
        if mart.startswith(("ops_", "fct_import", "fct_affiliate_videos", "fct_gmv_max_creative_period")):
            continue
        columns = ", ".join(columns_of(warehouses, mart))
        for one, other in (("api", "mixed"), ("mixed", "api")):
            sql = f"select {columns} from {one}.marts.{mart} except all select {columns} from {other}.marts.{mart}"
            assert (mart, warehouses.execute(sql).fetchall()[:3]) == (mart, [])


@pytest.mark.parametrize("home", ["api", "files", "mixed"])
def test_whoever_tells_of_a_day_it_is_reconciled(warehouses: duckdb.DuckDBPyConnection, home: str) -> None:
    """Guards against an audit that stops a shop of files alone, because totals of its reports are compared with lists that no file tells."""
    stopped, is_told = (
        "abs(unexplained_difference) > greatest(0.01 * abs(platform_value), 1)",
        "own_value > 0",
    )
    found = {
        measure: (stops, has_figures)
        for measure, stops, has_figures in warehouses.execute(
            f"select measure, count(*) filter (where {stopped} and not is_provisional), count(*) filter (where {is_told}) > 0 "
            f"from {home}.marts.kpi_reconciliation group by 1"
        ).fetchall()
    }
    assert {measure: told for measure, told in found.items() if told != (0, True)} == {}
    assert {"gmv", "orders", "settlement"} <= found.keys()
    # Exports have no day of a single video, and do not say of whose accounts their sessions are.
    of_the_api = {"live_gmv", "creator_live_gmv", "video_gmv", "creator_video_gmv"}
    assert found.keys() & of_the_api == (set() if home == "files" else of_the_api)


def test_an_export_of_video_totals_stands_beside_the_api_s(warehouses: duckdb.DuckDBPyConnection) -> None:
    found = warehouses.execute(
        "select count(*) > 20, count(*) filter (where export_value <> platform_value) from mixed.marts.kpi_reconciliation "
        "where measure = 'video_gmv' and export_value is not null"
    ).fetchone()
    assert found == (True, 0)


def test_what_api_and_files_tell_differently_is_explained(warehouses: duckdb.DuckDBPyConnection) -> None:
    found = warehouses.execute(
        "select entity, measure, reason, count(*) from mixed.marts.fct_import_differences group by all order by all"
    ).fetchall()
    assert found == DIFFERENCES


DIFFERENCES: list[tuple[str, str, str, int]] = [
    ("settled_order", "fee_tax_amount", "file_is_older", 1),
    ("settled_order", "shipping_cost_amount", "file_is_older", 1),
]
"""What the two tell differently in this world: the one row of the United States that the API signs otherwise (`SIGNS`)."""
