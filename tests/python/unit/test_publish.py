"""Publication: all or nothing, under open readers, and only of what was audited."""

from __future__ import annotations

import hashlib
import json
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import duckdb
import pytest
from control_helpers import change_marts, make_home, mark_audited, mark_built

from home.database import CannotRead
from home.layout import Home, HomeBusy
from home.storage import StorageError
from orchestration.audit.audit import AuditFailed
from orchestration.history.publications import published_rows
from orchestration.publish.publish import PublishFailed, publish

_READER = """
import duckdb, sys
connection = duckdb.connect(sys.argv[1], read_only=True)
for _ in range(2):
    print(connection.execute("select sum(gmv) from marts.marts.kpi_shop_daily").fetchone()[0], flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = make_home(tmp_path / "home")
    mark_audited(home)
    return home


def gmv(home: Home) -> float:
    connection = duckdb.connect(str(home.published), read_only=True)
    try:
        found = connection.execute("select sum(gmv) from marts.marts.kpi_shop_daily").fetchone()
        assert found is not None
        return float(found[0])
    finally:
        connection.close()


def test_published_file_has_every_mart_and_nothing_else(home: Home) -> None:
    report = publish(home)
    connection = duckdb.connect(str(home.published), read_only=True)
    tables = connection.execute("select table_schema, table_name from information_schema.tables").fetchall()
    comment = connection.execute(
        "select comment from duckdb_columns() where table_name = 'kpi_shop_daily' and column_name = 'gmv'"
    ).fetchone()
    connection.close()
    assert {schema for schema, _ in tables} == {"marts"}
    assert {name for _, name in tables} == {*report.tables, "ops_publication"}
    assert "helper" not in report.tables, "only dim_, fct_, kpi_ and ops_ tables leave the project"
    assert report.tables["kpi_shop_daily"] == 3
    assert comment == ("Gross merchandise value [shop currency 店铺币种]",)
    assert stat.S_IMODE(home.published.stat().st_mode) == 0o644
    assert sorted(path.name for path in home.published.parent.iterdir()) == [
        "history",
        "manifest.json",
        "marts.duckdb",
        "ttkpi.duckdb",
    ]
    # What every BI tool writes: with file and schema of one name it is ambiguous.
    with duckdb.connect(str(home.bi_file), read_only=True) as connection:
        assert connection.execute("select count(*) from marts.kpi_shop_daily").fetchone() == (3,)
    assert home.bi_file.samefile(home.published)


def test_manifest_names_build_audit_rows_and_checksum(home: Home) -> None:
    report = publish(home)
    manifest = json.loads(report.manifest.read_text())
    assert manifest["sha256"] == hashlib.sha256(home.published.read_bytes()).hexdigest()
    assert manifest["tables"] == report.tables == published_rows(home)
    assert manifest["build_id"] == "11111111-aaaa"
    assert manifest["audit_id"].endswith("11111111")


def test_open_reader_keeps_the_old_numbers_until_it_opens_again(home: Home) -> None:
    publish(home)
    reader = subprocess.Popen(
        [sys.executable, "-c", _READER, str(home.published)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert reader.stdin is not None and reader.stdout is not None
    assert float(reader.stdout.readline()) == 3000
    change_marts(home, "update marts.kpi_shop_daily set gmv = 2000")
    mark_audited(home)
    publish(home)
    reader.stdin.write("\n")
    reader.stdin.flush()
    assert float(reader.stdout.readline()) == 3000
    reader.communicate("\n", timeout=20)
    assert gmv(home) == 6000


class TestRefusals:
    def test_never_audited(self, tmp_path: Path) -> None:
        home = make_home(tmp_path)
        with pytest.raises(AuditFailed, match="never audited"):
            publish(home)

    def test_failed_audit_leaves_the_old_file(self, home: Home) -> None:
        publish(home)
        change_marts(home, "update marts.kpi_shop_daily set gmv = 0")
        mark_audited(home, passed=False)
        with pytest.raises(AuditFailed, match="do not add up"):
            publish(home)
        assert gmv(home) == 3000

    def test_audit_of_another_build(self, home: Home) -> None:
        mark_built(home, build_id="22222222-bbbb")
        with pytest.raises(AuditFailed, match="another build"):
            publish(home)

    def test_build_that_did_not_finish(self, home: Home) -> None:
        mark_built(home, state="building")
        with pytest.raises(AuditFailed, match="another build"):
            publish(home)

    def test_warehouse_changed_after_the_audit(self, home: Home) -> None:
        connection = duckdb.connect(str(home.warehouse))
        connection.execute("update marts.kpi_shop_daily set gmv = 0")
        connection.close()
        with pytest.raises(AuditFailed, match="has changed since"):
            publish(home)

    def test_warehouse_without_marts(self, home: Home) -> None:
        change_marts(home, "drop schema marts cascade")
        mark_audited(home)
        with pytest.raises(PublishFailed, match="no marts"):
            publish(home)

    def test_damaged_warehouse(self, home: Home) -> None:
        publish(home)
        home.warehouse.write_bytes(b"not a database" * 1000)
        mark_built(home)
        mark_audited(home)
        with pytest.raises(CannotRead, match="can't be read"):
            publish(home)
        assert gmv(home) == 3000

    def test_home_in_use_by_another_process(self, home: Home) -> None:
        code = "import sys; from pathlib import Path; from home.layout import Home\n"
        code += (
            f"with Home(Path({str(home.root)!r})).lock('replay'): print('held', flush=True); sys.stdin.read()"
        )
        other = subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(HomeBusy, match=f"process {other.pid}.*replay"):
            publish(home)
        other.communicate("", timeout=20)


def test_full_disk_leaves_the_old_file_and_no_rest(home: Home) -> None:
    """A limit on the size of files stands for the full disk: writing fails in the middle of the new file."""
    publish(home)
    change_marts(
        home,
        "create table marts.fct_large as "
        "select md5(i::varchar) || md5((i + 1)::varchar) as text from range(300000) as numbers(i)",
    )
    mark_audited(home)
    before = home.published.read_bytes()
    code = f"""
        import resource
        from pathlib import Path
        from home.errors import TtkpiError
        from home.layout import Home
        from orchestration.publish.publish import publish
        resource.setrlimit(resource.RLIMIT_FSIZE, (4_000_000, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
        try:
            publish(Home(Path({str(home.root)!r})))
        except TtkpiError as error:
            print(type(error).__name__, error)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert "as it was" in done.stdout, done.stdout + done.stderr
    assert home.published.read_bytes() == before
    assert sorted(path.name for path in home.published.parent.iterdir()) == [
        "history",
        "manifest.json",
        "marts.duckdb",
        "ttkpi.duckdb",
    ]


def test_folder_that_cannot_be_made_is_a_storage_error(home: Home) -> None:
    home.published.parent.write_text("a file where the folder should be")
    with pytest.raises(StorageError):
        publish(home)
