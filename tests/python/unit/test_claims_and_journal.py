"""The exports of claims and of the journal: from a published file to what a person, or a program, reads."""

from __future__ import annotations

import csv
import io
import re
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from home.config import PROJECT_ROOT
from home.errors import ConfigError
from home.layout import Home
from home.money import WITHOUT_DECIMALS, money, percent
from orchestration.cli import main
from orchestration.deliver.claims import as_csv as claims_csv
from orchestration.deliver.claims import as_markdown, cases
from orchestration.deliver.journal import LAYOUTS, LayoutDamaged, as_csv, layout_of, lines
from orchestration.history.published import NotPublished

_AUDIT = """
    shop_key varchar, case_id varchar, case_type varchar, reason varchar, verdict varchar, order_id varchar, payment_id varchar,
    component varchar, occurred_on date, claim_deadline date, currency varchar, base_amount decimal(18, 4), fee_rate decimal(18, 10),
    fee_cap decimal(18, 4), expected_amount decimal(18, 4), charged_amount decimal(18, 4), claim_amount decimal(18, 4), rule_source varchar,
    rule varchar, rule_zh varchar
"""
_JOURNAL = """
    shop_key varchar, entry_id varchar, line_number bigint, entry_date date, shop_local_month date, account_code varchar,
    account_name varchar, account_name_zh varchar, tax_owed_by varchar, description varchar, description_zh varchar, currency varchar,
    debit_amount decimal(18, 4), credit_amount decimal(18, 4)
"""
_FEES = """
    shop_key varchar, order_id varchar, component varchar, statement_id varchar, statement_date_utc date, amount decimal(18, 4)
"""
CASES = (
    "('1', 'fee:o1:commission', 'fee', 'above_rate', 'claim', 'o1', null, 'commission', '2026-11-05', '2026-12-05', 'THB',"
    " 759, 0.05, null, 37.95, 53.13, 15.18, 'https://example.com/fees', '5% of the price', '价格的 5%')",
    "('2', 'late_settlement:o2:all', 'late_settlement', 'not_settled', 'claim', 'o2', null, null, '2026-10-01', null, 'VND',"
    " 90000, null, null, 90000, 0, 90000, 'https://example.com/terms', 'delivered', '已送达')",
    "('1', 'fee:o3:commission', 'fee', 'rounding', 'rounding', 'o3', null, 'commission', '2026-11-05', null, 'THB',"
    " 100, 0.05, null, 5, 5.01, 0, '', '', '')",
)
LINES = (
    "('1', 'Ss1', 1, '2026-10-02', '2026-10-01', '1221', 'Receivable', '应收平台款', 'none', 'Payable', '应付卖家款', 'THB', 94.5, 0)",
    "('1', 'Ss1', 2, '2026-10-02', '2026-10-01', '6001', 'Sales', '收入', 'none', 'Subtotal', '小计', 'THB', 0, 100)",
    "('1', 'Ss1', 3, '2026-10-02', '2026-10-01', '6601', 'Fees', '平台费用', 'none', 'Commission', '达人佣金', 'THB', 5.5, 0)",
    "('2', 'Ss2', 1, '2026-11-02', '2026-11-01', '1221', 'Receivable', '应收平台款', 'none', 'Payable', '应付卖家款', 'VND', 7000, 0)",
    "('2', 'Ss2', 2, '2026-11-02', '2026-11-01', '6001', 'Sales', '收入', 'none', 'Subtotal', '小计', 'VND', 0, 7000)",
)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path)
    home.published.parent.mkdir(parents=True)
    with duckdb.connect(str(home.published)) as connection:
        connection.execute("create schema marts")
        connection.execute("create table marts.marts.dim_shops (shop_key varchar, shop_name varchar)")
        connection.execute("insert into marts.marts.dim_shops values ('1', 'Aurora TH'), ('2', 'Aurora VN')")
        for table, columns, rows in (
            ("kpi_fee_audit", _AUDIT, CASES),
            ("kpi_journal", _JOURNAL, LINES),
            (
                "fct_statement_transaction_fees",
                _FEES,
                ("('1', 'o1', 'commission', 's1', '2026-11-05', -53.13)",),
            ),
        ):
            connection.execute(f"create table marts.marts.{table} ({columns})")
            connection.execute(f"insert into marts.marts.{table} values {', '.join(rows)}")
    return home


def test_a_claim_has_order_amounts_and_rule_with_source(home: Home) -> None:
    page = as_markdown(cases(home, ["1"]), "en")
    assert page.splitlines() == [
        "# Claims to TikTok Shop",
        "",
        "- Claims, charged or paid wrongly: 15.18 THB",
        "",
        "## Case fee:o1:commission",
        "",
        "- Shop: Aurora TH (1)",
        "- Order: o1",
        "- Fee: commission",
        "- Case: charged above the rate",
        "- Expected: 37.95 THB (5 % of 759.00 THB)",
        "- Charged: 53.13 THB",
        "- Claim: 15.18 THB",
        "- Date: 2026-11-05",
        "- Claim by: 2026-12-05",
        "- Rule: 5% of the price",
        "- Source: https://example.com/fees",
        "- On the statements:",
        "  - 2026-11-05 · s1 · -53.13 THB",
    ]


def test_a_claim_in_chinese_names_what_did_not_come(home: Home) -> None:
    page = as_markdown(cases(home, ["2"]), "zh")
    assert "- 个案: 已送达但未结算" in page
    assert "- 实到: 0 VND" in page
    assert "- 申诉截止: 未见公开截止日，请尽快申诉" in page
    assert "- 规则: 已送达" in page


def test_what_is_late_is_in_no_total_of_wrong_charges(home: Home) -> None:
    """Guards a payout of millions that is under way and stood in one total with overcharges of a few cents."""
    with duckdb.connect(str(home.published)) as connection:
        connection.execute(
            "insert into marts.marts.kpi_fee_audit select * replace ('2' as shop_key, 'VND' as currency, 1250 as claim_amount,"
            " 0.012 as fee_rate, 20 as fee_cap) from marts.marts.kpi_fee_audit where order_id = 'o1'"
        )
    page = as_markdown(cases(home), "en").splitlines()
    assert page[2:5] == [
        "- Claims, charged or paid wrongly: 15.18 THB",
        "- Claims, charged or paid wrongly: 1,250 VND",
        "- To chase, settled or paid late: 90,000 VND",
    ]
    assert "- Claim: 1,250 VND" in page
    assert "- To chase: 90,000 VND" in page
    chinese = as_markdown(cases(home), "zh")
    assert "- 待催款合计（结算或打款逾期）: 90,000 VND" in chinese
    assert "（759 VND 的 1.2 %，上限 20 VND）".replace("（", "(").replace("）", ")") in chinese


def test_money_has_the_decimals_of_its_currency() -> None:
    """Guards the two lists of currencies against each other, and against digits that are lost."""
    macro = (PROJECT_ROOT / "macros" / "money" / "money.sql").read_text(encoding="utf-8")
    (listed,) = re.findall(r"""return\("\((.*)\)"\)""", macro)
    assert {one.strip(" '") for one in listed.split(",")} == set(WITHOUT_DECIMALS)
    assert money(Decimal("166912173.0000"), "VND") == "166,912,173 VND"
    assert money(Decimal("-1234.5000"), "THB") == "-1,234.50 THB"
    assert money(Decimal("0.1250"), "THB") == "0.125 THB"
    assert percent(Decimal("0.0500000000")) == "5 %"


def test_what_is_no_claim_is_not_claimed(home: Home) -> None:
    assert {case["order_id"] for case in cases(home)} == {"o1", "o2"}
    rows = list(csv.DictReader(io.StringIO(claims_csv(cases(home), "zh").decode("utf-8-sig"))))
    assert [(row["order_id"], row["claim_amount"], row["reason"]) for row in rows] == [
        ("o1", "15.18", "高于费率收费"),
        ("o2", "90000.00", "已送达但未结算"),
    ]
    assert as_markdown([], "en").endswith("There is nothing to claim.\n")


def test_a_claim_of_an_unknown_amount_says_so(home: Home) -> None:
    with duckdb.connect(str(home.published)) as connection:
        connection.execute(
            "update marts.marts.kpi_fee_audit set expected_amount = null, claim_amount = null where order_id = 'o2'"
        )
    page = as_markdown(cases(home, ["2"]), "en")
    assert "- To chase, settled or paid late: 0 VND" in page
    assert "- Expected: not known here" in page
    assert "- To chase: not known here" in page


def test_xero_gets_signed_amounts_and_day_first(home: Home) -> None:
    content = as_csv(lines(home, ["1"]), layout_of("xero"), "No VAT").decode("utf-8-sig")
    assert content.split("\r\n") == [
        "Narration,Date,Description,AccountCode,TaxRate,Amount",
        "Aurora TH Ss1,02/10/2026,Payable,1221,No VAT,94.50",
        "Aurora TH Ss1,02/10/2026,Subtotal,6001,No VAT,-100.00",
        "Aurora TH Ss1,02/10/2026,Commission,6601,No VAT,5.50",
        "",
    ]


def test_kingdee_gets_vouchers_that_are_numbered(home: Home) -> None:
    layout = layout_of("kingdee")
    assert not layout.is_verified
    rows = list(csv.reader(io.StringIO(as_csv(lines(home), layout, "").decode("utf-8-sig"))))
    assert rows[1] == ["2026-10-02", "记", "1", "0", "应付卖家款", "1221", "应收平台款", "94.50", "", "THB"]
    assert [row[2] for row in rows[1:]] == ["1", "1", "1", "2", "2"]


def test_a_file_from_before_the_chinese_text_is_exported_with_the_english_one(home: Home) -> None:
    with duckdb.connect(str(home.published)) as connection:
        connection.execute("alter table marts.marts.kpi_journal drop column description_zh")
    rows = list(csv.reader(io.StringIO(as_csv(lines(home), layout_of("kingdee"), "").decode("utf-8-sig"))))
    assert [row[4] for row in rows[1:4]] == ["Payable", "Subtotal", "Commission"]


def test_a_month_is_of_the_shops_calendar(home: Home) -> None:
    assert {row["entry_id"] for row in lines(home, month="2026-11")} == {"Ss2"}
    with pytest.raises(ConfigError, match="'November' is no month"):
        lines(home, month="November")
    with pytest.raises(
        ConfigError, match="2027-01 is not in the published file, whose journal spans 2026-10 – 2026-11"
    ):
        lines(home, month="2027-01")


def test_currencies_are_not_mixed_in_a_layout_without_a_currency(home: Home) -> None:
    with pytest.raises(ConfigError, match="THB, VND"):
        as_csv(lines(home), layout_of("quickbooks"), "")


def test_what_is_not_there_is_told(home: Home, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No shop 3 is in the published file"):
        cases(home, ["3"])
    with pytest.raises(NotPublished, match="Nothing is published yet"):
        lines(Home(tmp_path / "nowhere"))
    with duckdb.connect(str(home.published)) as connection:
        connection.execute("drop table marts.marts.kpi_journal")
    with pytest.raises(NotPublished, match="holds no kpi_journal"):
        lines(home)
    with pytest.raises(ConfigError, match="has no layout 'sage'"):
        layout_of("sage")


def test_a_damaged_layout_is_told(tmp_path: Path) -> None:
    damaged = tmp_path / "layouts.csv"
    text = LAYOUTS.read_text(encoding="utf-8").replace(",narration,", ",moral,", 1)
    damaged.write_text(text, encoding="utf-8")
    with pytest.raises(LayoutDamaged, match="line 2: there is no field 'moral'"):
        layout_of("xero", damaged)


def test_the_commands_write_files_and_mark_what_is_unverified(
    home: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TTKPI_HOME", str(tmp_path))
    out = tmp_path / "out.csv"
    assert main(["export", "journal", "--layout", "yonyou", "--shop", "1", "--out", str(out)]) == 0
    told = capsys.readouterr()
    assert "3 lines of 1 entries" in told.out
    assert "未经核实" in told.err
    assert main(["export", "claims", "--lang", "zh", "--shop", "1"]) == 0
    assert capsys.readouterr().out.startswith("# TikTok Shop 费用申诉")
