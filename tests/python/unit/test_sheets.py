"""Excel, CSV and Parquet of the published file: read back cell by cell."""

from __future__ import annotations

import re
import shutil
import subprocess
import zipfile
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
from sheets_helpers import read_book
from templates import ODD_NAME

from home.database import literal
from home.layout import Home
from home.storage import StorageError
from orchestration.cli import main
from orchestration.metrics.source import published
from orchestration.sheets import workbook
from orchestration.sheets.export import export_workbook, last_month, period_of
from orchestration.sheets.tables import Period, tables

SHOP = "7495000000000000101"
COVER, DEFINITIONS = "封面 Cover", "口径 Definitions"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A published file with a mart, a view over it, and a glossary."""
    home = Home(tmp_path / ODD_NAME)
    monkeypatch.setenv("TTKPI_HOME", str(home.root))
    write_file(home)
    return home


def write_file(home: Home, audience: str = "", *statements: str) -> None:
    path = (
        home.published
        if not audience
        else home.published.parent / "audiences" / audience / home.published.name
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with duckdb.connect() as file:
        file.execute(f"attach {literal(path)} as published")
        file.execute("create schema published.marts; create schema published.views; set timezone = 'UTC'")
        for sql in (
            f"""create table marts.ops_publication as select 'pub-1' as publication_id, timestamptz '2026-11-02 01:30:00Z' as published_at,
                {f"'{audience}'" if audience else "null::varchar"} as audience, 'build-1' as build_id, 'abc' as revision, 700::bigint as audit_checks,
                3::bigint as audit_warnings, 'held-shop' as held_back_shops""",
            f"""create table marts.kpi_shop_daily as
                select '{SHOP}' as shop_key, date '2026-10-30' + i::int as business_date, case when i < 2 then 'THB' else 'VND' end as currency, 'CNY' as reporting_currency,
                    i = 3 as is_provisional, cast(1234.5 + i as decimal(18, 4)) as gmv, cast(200.25 + i as decimal(18, 4)) as gmv_rc,
                    cast(10 + i as bigint) as paid_orders, 0.125::double as refund_rate, timestamptz '2026-10-31 16:00:00Z' as read_at,
                    [null, '=cmd|calc', '-1+1', 'ok <&> 中文 ' || chr(7) || ' _x0041_'][i::int + 1] as note, 9007199254740993 + i::bigint as big
                from range(4) t(i)""",
            "create table marts.dim_ids as select '0012' as thing_id, 'nan'::double as ratio",
            "create view views.shop_days as select shop_key, business_date, currency, gmv from marts.kpi_shop_daily",
            """create table marts.kpi_glossary as select * from (values
                ('kpi_shop_daily', 'gmv', 'GMV', '成交额（含退款）', 'What buyers paid.', '买家支付的商品金额', 'sum(sale_price)', 'business_date', 'shop currency', 2::bigint, date '2026-11-23'))
                t(model_name, column_name, label, label_zh, definition, definition_zh, formula, clock, unit, definition_version, defined_since)""",
            "comment on table marts.kpi_shop_daily is 'One row per shop and day. How did it go? · 卖得怎么样？ Key 主键: shop_key, business_date.'",
            "comment on column marts.kpi_shop_daily.gmv_rc is 'What buyers paid. · 成交额 [reporting currency 报告币种; may be summed 可加总]'",
            "comment on column marts.kpi_shop_daily.refund_rate is 'Share that was refunded. · 退款率 [fraction 比例; never summed 不可加总]'",
            "comment on view views.shop_days is 'One row per shop and day. Who sold? · 谁卖了？ Key 主键: shop_key, business_date.'",
            *statements,
        ):
            file.execute("use published")
            file.execute(sql)


def export(home: Home, *views: str, **options: Any) -> dict[str, list[list[Any]]]:
    path = home.root / "out.xlsx"
    export_workbook(home, path, views=views, **options)
    return read_book(path)


def test_cells_are_what_they_are(home: Home) -> None:
    """Ids are text, days are days, amounts are numbers; what is unknown is empty and not 0."""
    rows = export(home, "kpi_shop_daily")["kpi_shop_daily"]
    assert rows[0][:3] == ["Shop key", "Business date", "Currency"] and rows[0][5] == "成交额（含退款）\nGMV"
    assert (
        rows[0][6] == "成交额（含退款）（报告币种）\nGMV, reporting currency (CNY)"
        and rows[0][9] == "Read at (UTC)"
    )
    assert rows[1] == [
        SHOP,
        date(2026, 10, 30),
        "THB",
        "CNY",
        False,
        1234.5,
        200.25,
        10,
        0.125,
        datetime(2026, 10, 31, 16),  # noqa: DTZ001 (a spreadsheet knows no zone)
        "",
        "9007199254740993",
    ]
    assert rows[4][:2] == [SHOP, date(2026, 11, 2)] and rows[4][4] is True
    assert export(home, "dim_ids")["dim_ids"][1] == ["0012", "nan"]


def test_texts_that_look_like_formulas_stay_texts(home: Home) -> None:
    """In the cell as a text that is marked as quoted, so that editing the cell or saving as CSV runs nothing either."""
    sheets = export(home, "kpi_shop_daily")
    assert [row[10] for row in sheets["kpi_shop_daily"][2:]] == [
        "=cmd|calc",
        "-1+1",
        "ok <&> 中文 \x07 _x0041_",
    ]
    with zipfile.ZipFile(home.root / "out.xlsx") as parts:
        text = parts.read("xl/worksheets/sheet2.xml").decode()
        styles = parts.read("xl/styles.xml").decode()
    assert "<f>" not in text
    style = int(re.search(r's="(\d+)" t="inlineStr"><is><t xml:space="preserve">=cmd', text)[1])  # type: ignore[index]
    assert 'quotePrefix="1"' in re.findall(r"<xf [^>]*>", styles.split("<cellXfs")[1])[style]


def test_formats_carry_currency_and_what_is_not_final_is_grey(home: Home) -> None:
    """Bahts with cents, dongs without; a rate as a percentage; the day that may still change in italics."""
    export(home, "kpi_shop_daily")
    with zipfile.ZipFile(home.root / "out.xlsx") as parts:
        text = parts.read("xl/worksheets/sheet2.xml").decode()
        styles = parts.read("xl/styles.xml").decode()
    formats = dict(re.findall(r'<numFmt numFmtId="(\d+)" formatCode="([^"]*)"', styles))
    fonts = re.findall(r"<font>.*?</font>", styles)
    cells = re.findall(r"<xf [^>]*>", styles.split("<cellXfs")[1])

    def look(cell: str) -> tuple[str, bool]:
        style = cells[int(re.search(rf'r="{cell}" s="(\d+)"', text)[1])]  # type: ignore[index]
        number, font = re.search(r'numFmtId="(\d+)"', style)[1], re.search(r'fontId="(\d+)"', style)[1]  # type: ignore[index]
        return formats.get(number, number), "<i/>" in fonts[int(font)]

    assert look("F2") == ("#,##0.00 &quot;THB&quot;", False) and look("F4") == (
        "#,##0 &quot;VND&quot;",
        False,
    )
    assert look("F5") == ("#,##0 &quot;VND&quot;", True) and look("B5") == ("yyyy-mm-dd", True)
    assert (
        look("G2") == ("#,##0.00 &quot;CNY&quot;", False)
        and look("I2") == ("0.0%", False)
        and look("J2") == ("yyyy-mm-dd hh:mm", False)
    )
    assert 'state="frozen"' in text and 'topLeftCell="B2"' in text and '<autoFilter ref="A1:L5"' in text


def test_a_comment_that_begins_with_both_names_names_the_column(home: Home) -> None:
    """Guards the accountant's sheets (month close, settlement, profit): their fees stood in English for 中文."""
    write_file(
        home,
        "",
        "comment on column views.shop_days.currency is 'Tax 税: Taxes withheld: by the platform. "
        "[shop currency 店铺币种; summed within one currency 同币种可加总]'",
    )
    sheets = export(home, "shop_days")
    assert "税\nTax" in sheets["shop_days"][0]
    told = next(row for row in sheets[DEFINITIONS] if row[1] == "currency")
    assert told[2:6] == ["税", "Tax", "", "Taxes withheld: by the platform."]


def test_the_cover_says_what_it_is_and_definitions_what_columns_mean(home: Home) -> None:
    sheets = export(home, "kpi_shop_daily", period=period_of("2026-10-31..2026-11-02"))
    assert [*sheets] == [COVER, "kpi_shop_daily", DEFINITIONS]
    said = {row[0]: row[1:] for row in sheets[COVER]}
    assert (
        said["发布编号 Publication"][0] == "pub-1"
        and said["发布时间 Published at (UTC)"][0] == "2026-11-02 01:30"
    )
    assert said["期间 Period"][0] == "2026-10-31 – 2026-11-02，含首尾 · both days included"
    assert said["审核 Audit"][0] == "700 项检查 checks, 3 警告 warnings"
    assert said["kpi_shop_daily"] == [
        3,
        1,
        "How did it go? · 卖得怎么样？  [marts.kpi_shop_daily] 按 business_date 取数 · by business_date",
    ]
    notes = "\n".join(map(str, said))
    assert "shops held-shop" in notes and "灰色斜体" in notes and "An empty cell is unknown, not 0" in notes
    gmv = next(row for row in sheets[DEFINITIONS] if row[1] == "gmv")
    assert gmv == [
        "kpi_shop_daily",
        "gmv",
        "成交额（含退款）",
        "GMV",
        "买家支付的商品金额",
        "What buyers paid.",
        "sum(sale_price)",
        "business_date",
        "shop currency",
        "2 (2026-11-23)",
    ]


@pytest.mark.parametrize(
    ("language", "header"), [("zh", "成交额（含退款）"), ("en", "GMV"), ("both", "成交额（含退款）\nGMV")]
)
def test_headers_are_in_the_language_that_was_asked_for(home: Home, language: Any, header: str) -> None:
    assert export(home, "kpi_shop_daily", language=language)["kpi_shop_daily"][0][5] == header


def test_views_are_exported_as_tables_are(home: Home) -> None:
    """By its name, with its comment and key, and with what the glossary says of a column of the same name."""
    with published(home) as file:
        known = tables(file)
    assert known["shop_days"].schema == "views" and known["shop_days"].key == ("shop_key", "business_date")
    assert [column.label_zh for column in known["shop_days"].columns][3] == "成交额（含退款）"


def test_a_period_of_days_chooses_entries_of_the_journal_by_their_day(home: Home) -> None:
    """Guards the month of an entry, its first day, as the clock: a week of October had no entry, and 1 October all."""
    write_file(
        home,
        "",
        """create table marts.kpi_journal as select * from (values
            ('S1', date '2026-10-06', date '2026-10-01'), ('S2', date '2026-10-20', date '2026-10-01'))
            t(entry_id, entry_date, shop_local_month)""",
    )
    sheet = export(home, "kpi_journal", period=period_of("2026-10-05..2026-10-11"))["kpi_journal"]
    assert [row[0] for row in sheet[1:]] == ["S1"]


def test_a_long_table_goes_on_in_the_next_sheet(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "SHEET_ROWS", 3)
    sheets = export(home, "kpi_shop_daily")
    assert [len(sheets[name]) for name in ("kpi_shop_daily", "kpi_shop_daily (2)")] == [4, 2]
    assert {row[0]: row[1] for row in sheets[COVER]}["kpi_shop_daily"] == 4


def test_names_of_sheets_are_such_as_a_spreadsheet_takes() -> None:
    names = workbook._Names()
    long = "a" * 40
    assert [names.free(one) for one in (long, long, "a/b:c*[d]?", "History", "", "'x'", "X")] == [
        "a" * 31, "a" * 27 + " (2)", "a b c  d", "History (2)", "Sheet", "x", "X (2)",
    ]  # fmt: skip


def test_a_text_that_no_cell_holds_is_cut_and_said(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    write_file(
        home,
        "",
        "update marts.kpi_shop_daily set note = repeat('长', 40000) where business_date = '2026-10-30'",
    )
    out = home.root / "long.xlsx"
    assert main(["export", "xlsx", "--view", "kpi_shop_daily", "--out", str(out)]) == 0
    sheets = read_book(out)
    assert len(sheets["kpi_shop_daily"][1][10]) == 32_767 and sheets["kpi_shop_daily"][1][10].endswith("长…")
    assert "1 text longer than" in capsys.readouterr().err and any(
        "已截断" in str(row[0]) for row in sheets[COVER]
    )


def test_csv_keeps_every_digit_and_runs_nothing(home: Home) -> None:
    out = home.root / "out.csv"
    assert main(["export", "csv", "--view", "kpi_shop_daily", "--period", "2026-10", "--out", str(out)]) == 0
    content = out.read_bytes()
    assert content.startswith(b"\xef\xbb\xbfshop_key,business_date,")
    lines = content.decode("utf-8-sig").splitlines()
    assert (
        len(lines) == 3
        and lines[1]
        == f"{SHOP},2026-10-30,THB,CNY,false,1234.5000,200.2500,10,0.125,2026-10-31T16:00:00+00:00,,9007199254740993"
    )
    assert lines[2].split(",")[10] == "'=cmd|calc"


def test_parquet_keeps_the_types(home: Home) -> None:
    out = home.root / "out.parquet"
    assert main(["export", "parquet", "--view", "kpi_shop_daily", "--out", str(out)]) == 0
    table = pq.read_table(out)
    assert (
        table.num_rows == 4
        and str(table.schema.field("gmv").type) == "decimal128(18, 4)"
        and table["gmv"][0].as_py() == Decimal("1234.5000")
    )
    assert str(table.schema.field("business_date").type) == "date32[day]"


def test_an_audience_exports_its_own_file(home: Home) -> None:
    write_file(home, "agency", "alter table marts.kpi_shop_daily drop column gmv_rc")
    sheets = export(home, "kpi_shop_daily", audience="agency")
    assert {row[0]: row[1] for row in sheets[COVER]}["受众 Audience"] == "agency" and len(
        sheets["kpi_shop_daily"][0]
    ) == 11


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--view", "kpi_shop_dayly"], 2, "Perhaps kpi_shop_daily"),
        (["--view", "kpi_shop_daily", "--audience", "nobody"], 2, "Nothing is published for audience nobody"),
        (["--period", "2026-13"], 2, "is no period"),
        (
            ["--view", "kpi_shop_daily", "--period", "2031-10"],
            2,
            "2031-10-01 – 2031-10-31 is not in the published file, which spans 2026-10-30 – 2026-11-02",
        ),
        (["--period", "2031-10"], 2, "which spans 2026-10-30 – 2026-11-02"),
        (["--period", "2026-10-31..2026-10-01"], 2, "is no period"),
    ],
)
def test_what_can_not_be_exported_is_refused_in_words(
    home: Home, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, said: str
) -> None:
    out = home.root / "out.xlsx"
    assert main(["export", "xlsx", "--out", str(out), *arguments]) == code
    assert said in capsys.readouterr().err.replace("\n", " ") and not out.exists()


def test_a_month_without_a_row_is_told_from_a_month_that_is_not_there(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    """Guards an empty file, exit code 0, for a year that was mistyped; and a month without a refund that ends a cron job."""
    write_file(
        home, "", "create table marts.fct_refund_lines as select date '2026-10-30' as refund_business_date"
    )
    out = home.root / "out.csv"

    def exported(view: str, period: str) -> int:
        return main(["export", "csv", "--view", view, "--period", period, "--out", str(out)])

    assert exported("kpi_shop_daily", "2031-01") == 2 and not out.exists()
    assert "which spans 2026-10-30 – 2026-11-02" in capsys.readouterr().err
    assert exported("fct_refund_lines", "2031-01") == 2 and not out.exists()
    assert exported("fct_refund_lines", "2026-11") == 0
    assert "0 rows" in capsys.readouterr().out
    assert exported("dim_ids", "2031-01") == 0, "ids belong to no day"


def test_a_file_is_replaced_whole_or_not_at_all(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is full leaves the old workbook, and nothing beside it."""
    out = home.root / "out.xlsx"
    export_workbook(home, out, views=["kpi_shop_daily"])
    before = out.read_bytes()

    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("xlsxwriter.workbook.ZipFile", full)
    with pytest.raises(StorageError, match="No space left"):
        export_workbook(home, out, views=["kpi_shop_daily"])
    assert out.read_bytes() == before and [one.name for one in home.root.glob("*.xlsx*")] == ["out.xlsx"]


def test_periods_are_written_as_people_write_them(home: Home) -> None:
    assert period_of("2026-02") == Period(date(2026, 2, 1), date(2026, 2, 28))
    assert period_of("2026-10-05") == Period(date(2026, 10, 5), date(2026, 10, 5))
    assert period_of("2026-10-05 .. 2026-10-11").last == date(2026, 10, 11)
    with published(home) as file:
        # The newest day is 2 November: October is the last whole month.
        assert last_month(file) == period_of("2026-10")


def test_libreoffice_opens_a_workbook(home: Home) -> None:
    """Another program than the ones that wrote and read it so far."""
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("LibreOffice is not installed: calamine alone has read the workbooks")
    export(home, "kpi_shop_daily")
    command = [office, f"-env:UserInstallation={(home.root / 'office').as_uri()}", "--headless", "--convert-to", 'csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,2']  # fmt: skip
    subprocess.run(
        [*command, "--outdir", str(home.root), str(home.root / "out.xlsx")],
        check=True,
        capture_output=True,
        timeout=240,
    )
    (csv,) = home.root.glob("out*.csv")
    lines = csv.read_text(encoding="utf-8").splitlines()
    assert (
        f"{SHOP},2026-10-31,THB,CNY,FALSE,1235.5,201.25,11,12.5%,2026-10-31 16:00:00,=cmd|calc,9007199254740994"
        in lines
    )
    # The row that may still change is grey, and its yes is no 1.
    assert [",CNY,TRUE," in line for line in lines].count(True) == 1
