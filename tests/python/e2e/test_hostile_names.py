"""A name that others have typed, on every way out: no sign of it is obeyed by a terminal, a page, a sheet or a chat."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from dashboard_helpers import html, page
from mcp import Client

from dashboards.parts import store
from home.layout import Home
from orchestration.cli import main
from orchestration.deliver.agents.server import make_server
from orchestration.deliver.report.cards import card_of
from orchestration.deliver.report.content import write_report
from orchestration.deliver.report.page import as_html
from orchestration.deliver.report.period import period_of
from orchestration.deliver.webhooks.notices import find
from orchestration.metrics.source import published

EVIL = (
    "=<img src=x onerror=alert(1)>[x](http://e.example/)![p](http://e.example/p.png)**b**<@all>"
    "\x1b[2J\u202eabc\nTo do: pay\u2028\U000e0041 "
)
"""A formula, HTML, Markdown, a mention, an escape of terminals, what turns the direction, lines, and a tag."""
OBEYED = ("\x1b", "\u202e", "\u2028", "\U000e0041")
_NAMES = re.compile(r"(shop|product|sku|video|campaign|host|person)_name$|title$|username$|note$|_detail$")
DAY = date(2026, 11, 8)
"""Not over yet when the home was synced: every shop is late."""


@pytest.fixture(scope="module")
def evil(published_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A published file in which all that others can type begins with such a name."""
    root = tmp_path_factory.mktemp("evil")
    shutil.copytree(published_home.published.parent, root / "published", copy_function=shutil.copy)
    for name in ("seal.key", "seal.fingerprint", "audit_log.jsonl", "audit_log.head.json"):
        if (published_home.root / name).exists():
            shutil.copy(published_home.root / name, root / name)
    home = Home(root)
    with duckdb.connect() as connection:
        connection.execute(f"attach '{home.published}' as file")
        columns = connection.execute(
            "select table_name, column_name from duckdb_columns() inner join duckdb_tables() "
            "using (database_name, schema_name, table_name) where database_name = 'file' "
            "and schema_name = 'marts' and data_type = 'VARCHAR' and not starts_with(table_name, 'kpi_glossary')"
        ).fetchall()
        changed = [(table, column) for table, column in columns if _NAMES.search(column)]
        for table, column in changed:
            connection.execute(f'update file.marts.{table} set "{column}" = ? || "{column}"', [EVIL])
    assert {("dim_shops", "shop_name"), ("dim_products", "product_name")} <= set(changed)
    home.bi_file.unlink()
    shutil.copy(home.published, home.bi_file)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TTKPI_HOME", str(root))
        yield home
    store._stores.clear()


def harmless(text: str, *more: str) -> None:
    """The name is there, and nothing of it that would be obeyed."""
    assert "e.example" in text
    for sign in (*OBEYED, *more):
        assert sign not in text, ascii(text[max(0, text.index(sign) - 80) : text.index(sign) + 20])


@pytest.mark.parametrize("slug", ["shops", "creators", "live"])
def test_on_pages(evil: Home, slug: str) -> None:
    """One sign turned the figures that stand behind a name; a title may be a picture of somebody's server."""
    harmless(html(page(slug)), "<img")


@pytest.mark.parametrize(
    ("arguments", "is_csv"),
    [
        (["claims", "--format", "csv"], True),
        (["claims", "--format", "md"], False),
        (["journal", "--layout", "xero", "--shop", "7495000000000000404", "--month", "2026-10"], True),
        (["restock", "--format", "csv", "--for", "mabang"], True),
        (["restock", "--format", "json", "--for", "mabang"], False),
        (["csv", "--view", "kpi_live_sessions"], True),
        (["csv", "--view", "dim_products"], True),
    ],
    ids=lambda value: " ".join(value[:3]) if isinstance(value, list) else "",
)
def test_in_files(evil: Home, tmp_path: Path, arguments: list[str], is_csv: bool) -> None:
    """A shop that begins with = ran as a formula in the journal and in the list of claims."""
    out = tmp_path / "out"
    assert main(["export", *arguments, "--out", str(out)]) == 0
    content = out.read_bytes().decode("utf-8-sig")
    if arguments[1:3] == ["--format", "md"]:
        assert "![p]" not in content and "<img" not in content.replace(r"\<img", "")
    harmless(content)
    if is_csv:
        assert not re.search(r'(^|,|")=<img', content, re.M)


def test_in_a_workbook(evil: Home, tmp_path: Path) -> None:
    out = tmp_path / "out.xlsx"
    assert main(["export", "xlsx", "--view", "dim_products", "--out", str(out)]) == 0
    with zipfile.ZipFile(out) as parts:
        sheet = parts.read("xl/worksheets/sheet2.xml").decode()
        every = [parts.read(name).decode() for name in parts.namelist() if name.endswith((".xml", ".rels"))]
    assert "e.example" in sheet and "<img" not in sheet
    assert not any("<f>" in one or "http://e.example" in one for one in every if one != sheet)


def test_in_reports_and_chats(evil: Home) -> None:
    """The warning of a late shop had its name as it was."""
    with published(evil) as file:
        report = write_report(file, period_of("daily", DAY, "Asia/Shanghai"))
    assert report.warnings, "a shop that is late, whose name is in the warning"
    harmless(as_html(report, "both"), "<img")
    for kind in ("feishu", "dingtalk", "wecom", "slack", "plain"):
        text = json.dumps(card_of(kind, report, "both"), ensure_ascii=False)
        harmless(text, *(() if kind == "plain" else ("<@all", "![p]", "<img")))
    notices = find(evil, datetime.now(UTC)).notices
    text = "\n".join(one.as_text() for one in notices)
    harmless(text)
    assert not any(line.startswith("To do: pay") for line in text.splitlines())


@pytest.mark.parametrize("form", ["table", "csv", "json"])
def test_on_the_terminal(evil: Home, capsys: pytest.CaptureFixture[str], form: str) -> None:
    assert main(["metrics", "query", "gmv_rc", "--by", "shop_name", "--format", form]) == 0
    harmless(capsys.readouterr().out.replace("\n", ""))


def test_two_names_that_differ_in_such_a_sign_alone_stay_two(evil: Home, tmp_path: Path) -> None:
    """Their amounts must not become one's."""
    root = tmp_path / "two"
    shutil.copytree(evil.published.parent, root / "published")
    home = Home(root)
    with duckdb.connect() as connection:
        connection.execute(f"attach '{home.published}' as file")
        connection.execute("update file.marts.dim_shops set shop_name = chr(cast(right(shop_key, 1) as int))")
    from orchestration.metrics.query import Question, ask

    with published(home) as file:
        by_name = ask(file, Question(("gmv_rc",), ("shop_name",)))
        by_key = ask(file, Question(("gmv_rc",), ("shop",)))
    amounts = sorted(row["gmv_rc"] for row in by_key.rows)
    assert sorted(row["gmv_rc"] for row in by_name.rows) == amounts and len(amounts) == 5


def test_to_agents(evil: Home) -> None:
    """Tags are letters that no person sees, and an agent reads."""

    async def session() -> list[dict[str, Any]]:
        async with Client(make_server(evil, lambda: "")) as client:
            found = []
            for tool, arguments in (
                ("query_metrics", {"metrics": ["gmv_rc"], "by": ["shop_name"]}),
                ("list_alerts", {}),
                ("read_rows", {"table": "kpi_live_sessions"}),
            ):
                result = await client.call_tool(tool, arguments)
                assert not result.is_error, result.content
                found.append(dict(result.structured_content or {}))
            return found

    for answer in asyncio.run(session()):
        harmless(json.dumps(answer, ensure_ascii=False), "To do: pay\\n", "\\u001b")
