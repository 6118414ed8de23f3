"""The union over what a real run has published: every row of every table, and no shop twice."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from templates import copy_of

from home.groups import seller_groups, union_home
from home.layout import Home
from orchestration.cli import main
from orchestration.homes.union import publish_union


def test_the_union_of_real_publications(
    published_home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "homes"
    folder.mkdir()
    monkeypatch.setenv("TTKPI_HOMES", str(folder))
    aurora = copy_of(published_home, folder / "aurora", without=["raw", "archive", "warehouse.duckdb"])
    report = publish_union(union_home(folder), seller_groups(folder))
    assert not report.is_partial
    with duckdb.connect() as connection:
        connection.execute(f"attach '{aurora.published}' as own (read_only)")
        connection.execute(f"attach '{union_home(folder).bi_file}' as united (read_only)")
        tables = {
            str(name)
            for (name,) in connection.execute(
                "select table_name from duckdb_tables() where database_name = 'own' and schema_name = 'marts'"
            ).fetchall()
        } - {"ops_publication"}
        assert tables == report.tables.keys() - {"ops_seller_groups"}
        for table in sorted(tables):
            columns = [
                str(name)
                for (name,) in connection.execute(
                    "select column_name from duckdb_columns() where database_name = 'own' and schema_name = 'marts' "
                    "and table_name = ? order by column_index",
                    [table],
                ).fetchall()
            ]
            names = ", ".join(columns)
            differing = connection.execute(
                f"select count(*) from ((select {names} from own.marts.{table} except all "
                f"select {names} from united.marts.{table} where seller_group = 'aurora') union all "
                f"(select {names} from united.marts.{table} except all select {names} from own.marts.{table}))"
            ).fetchone()
            assert differing == (0,), table
        without_comment = connection.execute(
            "select table_name, column_name from duckdb_columns() where database_name = 'united' and comment is null"
        ).fetchall()
        known = connection.execute(
            "select table_name, column_name from duckdb_columns() where database_name = 'own' and schema_name = 'marts' "
            "and comment is null"
        ).fetchall()
        assert set(without_comment) <= set(known), "comments of the groups are those of the union"

    copy_of(published_home, folder / "again", without=["raw", "archive", "warehouse.duckdb"])
    assert main(["homes", "union"]) == 3
    said = capsys.readouterr().err
    assert "aurora: its rows are those of" in said and "again: not in the union." in said
    assert "would be counted twice" in said
    assert main(["homes", "list"]) == 0
