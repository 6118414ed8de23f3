"""The gate: a defect holds back the smallest thing that it makes untrue, and one cause is told once.

One run after a good publication, in which eight things are wrong at once; each test looks at one of them.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from conftest import CLOCK, admin, authorise, query, run, settings
from templates import copy_of, with_parse

from home.layout import Home
from home.project import project_dir
from orchestration.cli import main
from orchestration.deliver.alerts import read_alerts
from orchestration.run import RunReport
from sandbox.exports.export import write_file, write_folder
from sandbox.exports.layouts import DOWNLOADED
from sandbox.server.serve import SandboxServer, start_in_thread
from sandbox.world.store import Store

TH, VN, MY, GB, US = (f"7495000000000000{number}" for number in ("101", "202", "303", "404", "505"))
NEW_SHOP = "7495000000000000999"
ORDERS_PATH, SHOPS_PATH = "/orders/search", "/authorization/202309/shops"


@dataclass
class Gate:
    """A home after the run, and the one it was before."""

    home: Home
    before: Home
    report: RunReport


@pytest.fixture(scope="module")
def gate(published_home: Home, world_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gate]:
    """Lines of MY without an amount, a fee of GB that nobody knows, a statement of US whose header is not its rows, in the
    place of TH a shop of a region that nobody knows; of VN an order, a return and a field with words that nobody knows."""
    server = start_in_thread(world_dir)
    home = copy_of(published_home, tmp_path_factory.mktemp("gate") / "home")
    home.tokens_file.unlink()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TTKPI_HOME", str(home.root))
        for name, value in settings(server.base_url).items():
            patch.setenv(name, value)
        authorise(server, home)
        faults: list[dict[str, Any]] = [
            {"effect": "null_field", "field": "line_items.sale_price", "shop": MY, "path": ORDERS_PATH, "elements": 2},
            {"effect": "unknown_fee", "key": "moon_fee_amount", "shop": GB, "path": "/statement_transactions"},
            {"effect": "set_field", "field": "settlement_amount", "value": "1.00", "shop": US, "path": "/statements", "elements": 1},
            {"effect": "unknown_status", "shop": VN, "path": ORDERS_PATH, "elements": 1, "value": "AWAITING_MOON"},
            {"effect": "set_field", "shop": VN, "path": ORDERS_PATH, "field": "moon_phase", "value": "full"},
            {"effect": "unknown_status", "shop": VN, "path": "/returns/search", "elements": 1, "value": "RETURN_TO_MOON"},
            {"effect": "set_field", "field": "id", "value": NEW_SHOP, "path": SHOPS_PATH, "elements": 1},
            {"effect": "set_field", "field": "name", "value": "Shop PL", "path": SHOPS_PATH, "elements": 1},
            {"effect": "set_field", "field": "region", "value": "PL", "path": SHOPS_PATH, "elements": 1},
        ]  # fmt: skip
        admin(server, "faults", faults)
        try:
            report = run(home, since=CLOCK.replace(month=10, day=20).date())
        finally:
            server.stop()
        yield Gate(home, published_home, report)


def days(home: Home, shop: str) -> list[tuple[Any, ...]]:
    return query(home.published, "select * from marts.kpi_shop_daily where shop_key = ? order by all", [shop])


def test_the_others_are_published_and_the_exit_code_says_so(gate: Gate) -> None:
    assert gate.report.exit_code == 3
    assert gate.report.publish is not None
    assert [shop.shop_key for shop in gate.report.publish.held_back] == [VN, MY, US]
    assert days(gate.home, GB) and days(gate.home, VN)


def test_an_unreadable_amount_holds_back_its_shop(gate: Gate) -> None:
    assert days(gate.home, MY) == days(gate.before, MY)
    assert gate.report.audit is not None
    (held,) = (shop for shop in gate.report.audit.held_back if shop.shop_key == MY)
    # What arrived is nearest to the cause, whatever else it makes untrue.
    assert held.check == "raw.sales.order_lines: expect_column_values_to_be_between"
    assert "incomplete is" in held.found
    assert "Lines without id, SKU or price can't be counted" in held.remedy
    ((marked, reason),) = query(
        gate.home.published,
        "select is_held_back, held_back_reason from marts.dim_shops where shop_key = ?",
        [MY],
    )
    assert marked and "Lines without id" in reason
    ((kind, is_open, owner),) = query(
        gate.home.published,
        "select alert_kind, is_open, owner from marts.kpi_alerts where shop_key = ? and alert_kind = 'held_back'",
        [MY],
    )
    assert (kind, is_open, owner) == ("held_back", True, "data")


def test_a_header_that_is_not_its_rows_holds_back_its_shop(gate: Gate) -> None:
    bridge = "select * from marts.kpi_settlement_bridge where shop_key = ? order by all"
    assert query(gate.home.published, bridge, [US]) == query(gate.before.published, bridge, [US])
    assert gate.report.audit is not None
    (held,) = (shop for shop in gate.report.audit.held_back if shop.shop_key == US)
    assert held.check == "kpi_settlement_bridge__equals_transactions"
    assert "settlement_amount is" in held.found and "transactions_amount is" in held.found


def test_an_unknown_fee_leaves_the_settlement_exact_and_the_split_unknown(gate: Gate) -> None:
    settled = "select order_id, settlement_amount from marts.kpi_order_profit where shop_key = ? and profit_basis = 'settled' order by 1"
    assert query(gate.home.published, settled, [GB]) == query(gate.before.published, settled, [GB])
    unknown = query(
        gate.home.published,
        "select count(*), count(platform_fee_amount), count(contribution_profit), count(settlement_amount) "
        "from marts.kpi_order_profit where shop_key = ? and charge_split = 'unmapped'",
        [GB],
    )[0]
    assert unknown[0] > 0
    assert unknown[1:] == (0, 0, unknown[0])
    fees = query(
        gate.home.published,
        "select distinct shop_key, component from marts.ops_unmapped_fees where seen_in = 'statement'",
    )
    assert fees == [(GB, "moon_fee_amount")]
    groups = (
        "select distinct component, component_group from marts.ops_unmapped_fees where seen_in = 'statement'"
    )
    assert query(gate.home.warehouse, groups) == [("moon_fee_amount", "fee")]
    assert gate.report.audit is not None
    assert any("fct_statement_transactions__fees_are_mapped" in text for text in gate.report.audit.warnings)


def test_an_unknown_status_of_a_return_holds_back_its_shop_and_one_of_an_order_warns(gate: Gate) -> None:
    """An unknown return status would change money, an unknown order status or field would not."""
    assert gate.report.audit is not None
    unknown = (
        "select distinct shop_key, return_status from marts.fct_refund_lines where refund_outcome = 'unknown'"
    )
    assert query(gate.home.warehouse, unknown) == [(VN, "RETURN_TO_MOON")]
    (held,) = (shop for shop in gate.report.audit.held_back if shop.shop_key == VN)
    assert held.check == "fct_refund_lines__statuses_are_known"
    assert "return_status is RETURN_TO_MOON" in held.found and "return_statuses" in held.remedy
    warnings = " ".join(gate.report.audit.warnings)
    assert "fct_orders__statuses_are_known" in warnings and "moon_phase" in warnings
    fields = (
        "select distinct unknown_fields from marts.ops_sync_status where resource = 'orders' and shop_key = ?"
    )
    assert query(gate.home.warehouse, fields, [VN]) == [(1,)]
    assert days(gate.home, VN) == days(gate.before, VN)


def test_a_shop_of_an_unknown_region_is_left_out_and_told(gate: Gate) -> None:
    assert gate.report.sync is not None
    said = gate.report.sync.left_out[NEW_SHOP]
    assert "Shop PL: region PL is unknown" in said and "seeds/shared/regions.csv" in said
    (alert,) = (one for one in read_alerts(gate.home.root) if one.shop_key == NEW_SHOP)
    assert (alert.kind, alert.message) == ("shop_sync_failed", said)
    assert query(
        gate.home.published, "select count(*) from marts.dim_shops where shop_key = ?", [NEW_SHOP]
    ) == [(0,)]
    # The shop that was not listed keeps what it has.
    assert [row[:2] for row in days(gate.home, TH)] == [row[:2] for row in days(gate.before, TH)]


def test_a_figure_that_is_sent_twice_is_added_once(gate: Gate) -> None:
    """The sandbox repeats two components on every row, as the platform does."""
    sent = query(
        gate.home.published,
        "select component, bool_or(is_additive), count(*) > 0 from marts.fct_statement_transaction_fees where component in "
        "('tiktok_shop_shipping_incentive_amount', 'affiliate_commission_amount_before_pit') group by 1 order by 1",
    )
    assert sent == [
        ("affiliate_commission_amount_before_pit", False, True),
        ("tiktok_shop_shipping_incentive_amount", False, True),
    ]
    residuals = query(
        gate.home.published,
        "select distinct component_residual from marts.fct_statement_transactions where origin = 'api'",
    )
    assert residuals == [(Decimal(0),)]


def test_an_unknown_region_is_refused_at_the_authorisation(
    sandbox: SandboxServer, home: Home, environment: None, capsys: pytest.CaptureFixture[str]
) -> None:
    admin(
        sandbox,
        "faults",
        [{"effect": "set_field", "field": "region", "value": "PL", "path": SHOPS_PATH, "elements": 1}],
    )
    code = admin(sandbox, "auth_code", {})["auth_code"]
    assert main(["auth", "exchange", code]) == 3
    said = " ".join(capsys.readouterr().err.split())
    assert "region PL is unknown" in said and "seeds/shared/regions.csv" in said


def recipe(heading: str) -> list[str]:
    """The commands of the README below a heading, word by word, without what follows a #."""
    text = (project_dir() / "README.md").read_text(encoding="utf-8").partition(f"## {heading}\n")[2]
    block = text.partition("```bash\n")[2].partition("```")[0]
    lines = [line.partition("  #")[0].strip() for line in block.splitlines()]
    return [command.strip() for line in lines for command in line.split("&&")]


def test_the_readme_s_recipe_for_files_alone(
    parsed: Home, home: Home, world_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without any exchange rate: amounts in the shop's currency are published, those in the reporting currency are empty."""
    with_parse(parsed, home)
    monkeypatch.chdir(tmp_path)
    store = Store.open(world_dir)
    (shop,) = (one for one in store.shops() if one.id == GB)
    clock = int(CLOCK.timestamp())
    # Reports of ads are of the ads account and named beside it.
    layouts = [layout for layout, _ in DOWNLOADED["GB"] if layout != "gmv_max_creative_26"]
    list(write_folder(tmp_path / "downloads", store, clock=clock, shops=[shop], layouts=layouts))
    orders = write_file(tmp_path, store, shop, "order_ph_55", clock=clock).path
    orders.rename(tmp_path / "All order-2026-11-08.csv")
    commands = recipe("Your files without an API")
    assert [command.split()[1] for command in commands] == [
        "import",
        "import",
        "import",
        "build",
        "audit",
        "publish",
    ]
    for command in commands:
        assert main(shlex.split(command)[1:]) == 0, command
    ((rows, gmv, rc),) = query(
        home.published, "select count(*), sum(gmv), count(gmv_rc) from marts.kpi_shop_daily"
    )
    assert rows > 0 and gmv > 0 and rc == 0
