"""Many homes: what is a group, what fails stays with it, and the union has each row once or says why not."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest
from control_helpers import change_marts, make_home, mark_audited

from home.errors import ConfigError
from home.groups import homes_folder, seller_group, seller_groups, union_home
from home.layout import Home, HomeBusy
from orchestration.cli import main
from orchestration.history.publications import rollback
from orchestration.history.seal import sealed
from orchestration.homes import union as module
from orchestration.homes.run import GroupRun, run_homes, run_in, state_of, worst
from orchestration.homes.union import NothingToUnite, UnionReport, publish_union
from orchestration.publish.publish import publish
from orchestration.publish.verify import verify_home

SHOP_TABLES = (
    "dim_shops", "dim_products", "dim_skus", "fct_orders", "fct_order_lines", "kpi_shop_daily", "kpi_shop_hourly",
    "kpi_product_daily", "kpi_settlement_bridge", "ops_sync_status",
)  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of homes."""
    place = tmp_path / "homes"
    place.mkdir(mode=0o700)
    monkeypatch.setenv("TTKPI_HOMES", str(place))
    monkeypatch.delenv("TTKPI_HOME", raising=False)
    return place


def settings(shop: str, currency: str, zone: str) -> str:
    return (
        "create or replace table marts.ops_settings as "
        f"select 'reporting_currency' as setting, '{currency}' as value "
        f"union all select 'reporting_timezone', '{zone}';"
        + "".join(f"update marts.{table} set shop_key = '{shop}';" for table in SHOP_TABLES)
    )


_made: dict[tuple[str, ...], Home] = {}
"""Groups that were published before: a copy takes a tenth of the time."""


def published_group(
    folder: Path, name: str, shop: str, *, currency: str = "CNY", zone: str = "Asia/Shanghai", sql: str = ""
) -> Home:
    """A group of one shop: 3 days of GMV 1000, which are 200 in its reporting currency, 48 orders."""
    key = (str(folder.parents[1]), shop, currency, zone, sql)
    if key not in _made:
        _made[key] = make_home(folder.parents[1] / f"made-{len(_made)}")
        publish_again(_made[key], settings(shop, currency, zone) + sql)
    shutil.copytree(_made[key].root, folder / name)
    return Home(folder / name)


def publish_again(home: Home, sql: str) -> str:
    change_marts(home, sql)
    mark_audited(home)
    return publish(home).publication


def unite(folder: Path) -> UnionReport:
    return publish_union(union_home(folder), seller_groups(folder))


def rows(folder: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect() as connection:
        connection.execute(f"attach '{union_home(folder).bi_file}' as united (read_only); use united")
        return connection.execute(sql).fetchall()


def gmv(folder: Path) -> dict[str, int]:
    found = rows(folder, "select seller_group, sum(gmv) from marts.kpi_shop_daily group by all")
    return {str(group): int(total) for group, total in found}


def of_groups(folder: Path) -> dict[str, tuple[bool, str | None]]:
    found = rows(folder, "select seller_group, is_kept, reason from marts.ops_seller_groups")
    return {str(group): (kept, reason) for group, kept, reason in found}


class TestGroups:
    def test_a_folder_is_all_that_a_new_group_needs(self, folder: Path) -> None:
        for name in ("aurora", "b-2", "_archive", ".hidden"):
            (folder / name).mkdir()
        (folder / "notes.txt").write_text("no folder")
        assert [(group.name, group.problem) for group in seller_groups(folder)] == [
            ("aurora", ""),
            ("b-2", ""),
        ]
        (folder / "new").mkdir()
        assert [group.name for group in seller_groups(folder)] == ["aurora", "b-2", "new"]

    @pytest.mark.parametrize("name", ["Aurora", "a b", "店", "a" * 64, "-x", "lost+found", "a'b"])
    def test_a_bad_name_is_the_problem_of_that_folder(self, folder: Path, name: str) -> None:
        (folder / name).mkdir()
        (folder / "good").mkdir()
        problems = {group.name: group.problem for group in seller_groups(folder)}
        assert "is no name of a group" in problems[name]
        assert problems["good"] == ""

    def test_settings_are_for_one_group(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SOURCES__TIKTOK_SHOP__APP_SECRET", "of all")
        for name, text in (("one", "SOURCES__TIKTOK_SHOP__APP_SECRET='$HOME of one'\n"), ("two", "")):
            (folder / name).mkdir()
            (folder / name / ".env").touch(0o600)
            (folder / name / ".env").write_text(text)
        one, two = (group.environment() for group in seller_groups(folder))
        assert one["SOURCES__TIKTOK_SHOP__APP_SECRET"] == "$HOME of one"
        assert two["SOURCES__TIKTOK_SHOP__APP_SECRET"] == "of all"
        assert (one["TTKPI_HOME"], two["TTKPI_HOME"]) == (str(folder / "one"), str(folder / "two"))
        assert "of one" not in repr(seller_groups(folder))

    def test_settings_on_a_disk_that_is_not_there_are_not_left_out(self, folder: Path) -> None:
        (folder / "a").mkdir()
        (folder / "a" / ".env").symlink_to("/not-mounted/a.env")
        assert "leads to /not-mounted/a.env" in seller_group(folder, "a").problem

    def test_a_link_to_the_folder_of_homes_is_the_problem_of_the_link(self, folder: Path) -> None:
        """Guards all groups from one link: each of them lies in the folder that it leads to."""
        (folder / "aurora").mkdir()
        (folder / "self").symlink_to(folder)
        (folder / "up").symlink_to(folder.parent)
        problems = {group.name: group.problem for group in seller_groups(folder)}
        assert problems.pop("aurora") == ""
        assert ["Take the link away" in problem for problem in problems.values()] == [True, True]

    @pytest.mark.parametrize(
        ("text", "mode", "why"),
        [
            ("A=1\n", 0o640, "can be read by others"),
            ("A=1\nTOPSECRET\n", 0o600, "setting 2 has no value"),
            ("TTKPI_HOME=/elsewhere\n", 0o600, "sets TTKPI_HOME"),
            (b"\xff\xfe=1\n", 0o600, "can't be read"),
            ('A=1\nB="TOPSECRET\n', 0o600, "line 2 is no setting"),
            ("A: TOPSECRET\n", 0o600, "line 1 is no setting"),
            ("A=TOP\0SECRET\n", 0o600, "no setting can have"),
        ],
    )
    def test_bad_settings_are_the_problem_of_that_group(
        self, folder: Path, text: str | bytes, mode: int, why: str
    ) -> None:
        for name in ("bad", "good"):
            (folder / name).mkdir()
        path = folder / "bad" / ".env"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        path.chmod(mode)
        bad, good = seller_groups(folder)
        assert why in bad.problem and "TOPSECRET" not in bad.problem
        assert good.problem == ""
        with pytest.raises(ConfigError, match="Seller group bad"):
            bad.environment()

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
    def test_settings_of_another_user_are_not_obeyed(self, folder: Path) -> None:
        """Guards a seller who may write into his folder, and would run programs as whoever runs all groups."""
        (folder / "a").mkdir()
        (folder / "a" / ".env").touch(0o600)
        os.chown(folder / "a" / ".env", 12345, -1)
        assert "belongs to another user" in seller_group(folder, "a").problem

    def test_one_home_under_two_names_and_a_home_inside_a_home(self, folder: Path, tmp_path: Path) -> None:
        for name in ("a", "b", "c"):
            (folder / name).mkdir()
        (folder / "again").symlink_to(folder / "a")
        (folder / "b" / "inner").mkdir()
        (folder / "inner").symlink_to(folder / "b" / "inner")
        (tmp_path / "disk").mkdir()
        (folder / "elsewhere").symlink_to(tmp_path / "disk")
        problems = {group.name: group.problem for group in seller_groups(folder)}
        assert "also that of again" in problems["a"] and "also that of a" in problems["again"]
        assert "lies in that of inner" in problems["b"] and "lies in that of b" in problems["inner"]
        assert problems["c"] == problems["elsewhere"] == ""

    @pytest.mark.parametrize(
        ("shared", "own", "concerned"),
        [
            ({"DESTINATION__POSTGRES__URL": "postgresql://db/x"}, {}, {"a", "b"}),
            (
                {"DESTINATION__POSTGRES__URL": "postgresql://db/x"},
                {"a": "DESTINATION__POSTGRES__SCHEMA=a"},
                set(),
            ),
            ({"DESTINATION__BITABLE__APP_TOKEN": "base"}, {"a": "DESTINATION__BITABLE__APP_TOKEN=a"}, set()),
            ({"SOURCES__SELLER_CENTER__INBOX": "/in"}, {}, {"a", "b"}),
            ({}, dict.fromkeys("ab", "DESTINATION__POSTGRES__URL=postgresql://db/x"), {"a", "b"}),
            ({}, {"a": "SOURCES__SELLER_CENTER__INBOX=/in"}, set()),
        ],
    )
    def test_no_two_homes_publish_into_one_place(
        self,
        folder: Path,
        monkeypatch: pytest.MonkeyPatch,
        shared: dict[str, str],
        own: dict[str, str],
        concerned: set[str],
    ) -> None:
        """Guards two groups that publish into one schema of a server: each would take the rows of the other away."""
        for name, value in shared.items():
            monkeypatch.setenv(name, value)
        for name in "ab":
            (folder / name).mkdir()
            (folder / name / ".env").touch(0o600)
            (folder / name / ".env").write_text(own.get(name, ""))
        found = {group.name for group in seller_groups(folder) if "names the same place" in group.problem}
        assert found == concerned

    def test_the_folder_itself(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (folder / "audit_log.jsonl").touch()
        with pytest.raises(ConfigError, match="which is a home"):
            homes_folder()
        monkeypatch.setenv("TTKPI_HOMES", str(folder / "nowhere"))
        with pytest.raises(ConfigError, match="is no folder"):
            homes_folder()
        monkeypatch.delenv("TTKPI_HOMES")
        with pytest.raises(ConfigError, match="TTKPI_HOMES is not set"):
            homes_folder()

    def test_an_unknown_group(self, folder: Path) -> None:
        (folder / "aurora").mkdir()
        with pytest.raises(ConfigError, match="no seller group nobody"):
            seller_group(folder, "nobody")


class TestUnion:
    def test_every_row_of_every_group_once_with_its_group(self, folder: Path) -> None:
        published_group(folder, "aurora", "shop1")
        published_group(folder, "borealis", "shop2", sql="update marts.kpi_shop_daily set gmv = 7")
        report = unite(folder)
        assert not report.is_partial
        assert gmv(folder) == {"aurora": 3000, "borealis": 21}
        assert rows(folder, "select seller_group, count(*) from marts.fct_orders group by all order by 1") == [
            ("aurora", 48), ("borealis", 48),
        ]  # fmt: skip
        assert report.tables["fct_orders"] == 96
        first = rows(
            folder,
            "select distinct column_name from duckdb_columns() where database_name = 'united' and column_index = 1 "
            "and table_name not like 'ops_publication'",
        )
        assert first == [("seller_group",)]
        assert rows(folder, "select distinct left_out_reason from marts.ops_publication") == [(None,)]
        assert of_groups(folder) == {"aurora": (False, None), "borealis": (False, None)}

    def test_its_seal_is_checked_like_that_of_a_home(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        published_group(folder, "aurora", "shop1")
        unite(folder)
        own = union_home(folder)
        assert [text for verdict in verify_home(own) for text in verdict.problems] == []
        assert stat.S_IMODE(own.root.stat().st_mode) == 0o700
        monkeypatch.setenv("TTKPI_HOME", str(own.root))
        assert main(["verify"]) == 0
        with duckdb.connect(str(own.published)) as connection:
            connection.execute("update marts.marts.kpi_shop_daily set gmv = 5")
        assert main(["verify"]) == 1

    def test_currency_stands_beside_every_amount_and_what_differs_is_said(
        self, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        bare = "create table marts.kpi_bare as select shop_key, gmv_rc from marts.kpi_shop_daily;"
        published_group(folder, "aurora", "shop1", sql=bare)
        published_group(folder, "borealis", "shop2", currency="USD", zone="America/Los_Angeles", sql=bare)
        assert main(["homes", "union"]) == 0
        said = capsys.readouterr().err
        assert "don't sum over these groups (CNY: aurora; USD: borealis)" in said
        assert "Business days end at another midnight each" in said
        found = rows(
            folder, "select distinct seller_group, reporting_currency from marts.kpi_bare order by 1"
        )
        assert found == [("aurora", "CNY"), ("borealis", "USD")]
        unite(folder)
        assert gmv(folder) == {"aurora": 3000, "borealis": 3000}

    def test_a_broken_seal_keeps_the_rows_of_the_union_before(self, folder: Path) -> None:
        home = published_group(folder, "aurora", "shop1")
        published_group(folder, "borealis", "shop2")
        first = unite(folder)
        then = dict(rows(folder, "select seller_group, published_at::varchar from marts.ops_seller_groups"))
        publish_again(home, "update marts.kpi_shop_daily set gmv = 9")
        with duckdb.connect(str(home.published)) as connection:
            connection.execute("update marts.marts.kpi_shop_daily set gmv = 1000000")
        second = unite(folder)
        assert second.is_partial and first.publication != second.publication
        assert gmv(folder) == {"aurora": 3000, "borealis": 3000}
        kept, reason = of_groups(folder)["aurora"]
        assert kept and reason is not None and "not as it was published" in reason
        assert (
            dict(rows(folder, "select seller_group, published_at::varchar from marts.ops_seller_groups"))
            == then
        )
        # Again from what was kept, then well again.
        unite(folder)
        assert gmv(folder) == {"aurora": 3000, "borealis": 3000}
        publish_again(home, "update marts.kpi_shop_daily set gmv = 9")
        assert not unite(folder).is_partial
        assert gmv(folder) == {"aurora": 27, "borealis": 3000}

    def test_a_manifest_of_another_version_does_not_concern_the_other_groups(self, folder: Path) -> None:
        published_group(folder, "a", "shop1")
        other = published_group(folder, "b", "shop2")
        path = other.published.with_name("manifest.json")
        manifest = json.loads(path.read_text())
        del manifest["seal"]
        path.write_text(json.dumps(sealed(other.seal_key(), {**manifest, "held_back": [{"shop": "shop2"}]})))
        report = unite(folder)
        assert [part.group for part in report.parts] == ["a"]
        assert "can't be read by this version" in report.absent["b"]

    def test_a_file_of_another_home_is_refused(self, folder: Path) -> None:
        """Guards a publication that is put into a home without the key that sealed it."""
        published_group(folder, "aurora", "shop1")
        stranger = published_group(folder, "stranger", "shop2")
        stranger.seal_key_file.write_text("ab" * 32 + "\n")
        (stranger.root / "seal.fingerprint").unlink()
        report = unite(folder)
        assert set(report.absent) == {"stranger"} and "sealed in another home" in report.absent["stranger"]
        stranger.seal_key_file.unlink()
        assert "seal.key is missing" in unite(folder).absent["stranger"]
        assert not stranger.seal_key_file.exists(), "asking must not make a key"

    def test_a_group_without_a_publication_and_one_that_is_not_configured_any_more(
        self, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        published_group(folder, "aurora", "shop1")
        leaving = published_group(folder, "borealis", "shop2")
        (folder / "new").mkdir()
        assert main(["homes", "union"]) == 3
        assert "new: not in the union. Nothing is published yet." in capsys.readouterr().err
        assert of_groups(folder)["new"] == (False, "Nothing is published yet.")
        shutil.rmtree(folder / "new")
        leaving.root.rename(folder / "_borealis")
        assert main(["homes", "union"]) == 0
        assert "borealis: not configured any more" in capsys.readouterr().err
        assert gmv(folder) == {"aurora": 3000}

    def test_whom_a_person_let_read_it_may_read_the_next_one(self, folder: Path) -> None:
        published_group(folder, "aurora", "shop1")
        unite(folder)
        place = union_home(folder).published.parent
        place.chmod(0o711)
        (place / "ttkpi.duckdb").chmod(0o640)
        unite(folder)
        assert stat.S_IMODE(place.stat().st_mode) == 0o711
        assert stat.S_IMODE((place / "ttkpi.duckdb").stat().st_mode) == 0o640

    def test_a_disk_that_is_not_there_is_no_group_that_is_gone(self, folder: Path, tmp_path: Path) -> None:
        """Guards sellers who leave the union without a word because a disk was not mounted."""
        published_group(folder, "aurora", "shop1")
        published_group(folder, "borealis", "shop2").root.rename(tmp_path / "disk")
        (folder / "borealis").symlink_to(tmp_path / "disk")
        assert not unite(folder).is_partial
        (tmp_path / "disk").rename(tmp_path / "unplugged")
        unite(folder)
        assert gmv(folder) == {"aurora": 3000, "borealis": 3000}
        kept, reason = of_groups(folder)["borealis"]
        assert kept and reason is not None and "Is its disk mounted?" in reason
        assert run_in(seller_group(folder, "borealis"), ["verify"]).exit_code == 2

    def test_nothing_to_unite(self, folder: Path) -> None:
        (folder / "new").mkdir()
        with pytest.raises(NothingToUnite, match="new: Nothing is published yet"):
            unite(folder)
        assert main(["homes", "union"]) == 1

    def test_a_shop_in_two_groups_is_not_counted_twice(self, folder: Path) -> None:
        published_group(folder, "aurora", "shop1")
        other = published_group(folder, "borealis", "shop2")
        published_group(folder, "third", "shop3")
        assert not unite(folder).is_partial
        publish_again(other, settings("shop1", "CNY", "Asia/Shanghai"))
        report = unite(folder)
        # Who is right can't be known: neither brings new rows; the third is not concerned.
        assert gmv(folder) == {"aurora": 3000, "borealis": 3000, "third": 3000}
        assert rows(folder, "select seller_group, shop_key from marts.dim_shops order by 1") == [
            ("aurora", "shop1"), ("borealis", "shop2"), ("third", "shop3"),
        ]  # fmt: skip
        kept = {part.group: part.kept_because for part in report.parts if part.kept_because}
        assert set(kept) == {"aurora", "borealis"}
        assert "Shop shop1 stands in seller group borealis, too" in kept["aurora"]

    def test_a_shop_in_two_groups_from_the_beginning(self, folder: Path) -> None:
        published_group(folder, "aurora", "shop1")
        published_group(folder, "borealis", "shop1")
        published_group(folder, "third", "shop3")
        assert set(unite(folder).absent) == {"aurora", "borealis"}
        assert gmv(folder) == {"third": 3000}

    def test_rows_that_are_kept_go_before_new_ones_of_the_same_shop(self, folder: Path) -> None:
        gone = published_group(folder, "aurora", "shop1")
        mover = published_group(folder, "borealis", "shop2", sql="update marts.kpi_shop_daily set gmv = 7")
        unite(folder)
        gone.published.unlink()
        publish_again(mover, settings("shop1", "CNY", "Asia/Shanghai"))
        unite(folder)
        assert gmv(folder) == {"aurora": 3000, "borealis": 21}
        assert rows(folder, "select distinct shop_key from marts.kpi_shop_daily order by 1") == [
            ("shop1",), ("shop2",),
        ]  # fmt: skip

    def test_an_ads_account_in_two_groups_is_not_counted_twice(self, folder: Path) -> None:
        account = "create or replace table marts.fct_ad_spend_daily as select null::varchar as shop_key, 'adv1' as advertiser_id;"
        published_group(folder, "aurora", "shop1", sql=account)
        published_group(folder, "borealis", "shop2", sql=account)
        published_group(folder, "third", "shop3")
        report = unite(folder)
        assert "Ads account adv1 stands in seller group aurora" in report.absent["borealis"]
        assert gmv(folder) == {"third": 3000}

    def test_a_table_of_another_version_is_left_out_with_a_word(
        self, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        published_group(folder, "aurora", "shop1")
        published_group(folder, "borealis", "shop2")
        upgraded = "alter table marts.kpi_shop_daily alter gmv type decimal(38, 6); alter table marts.fct_orders add column extra integer; create table marts.kpi_new as select 'shop3' as shop_key;"
        published_group(folder, "upgraded", "shop3", sql=upgraded)
        assert main(["homes", "union"]) == 3
        said = capsys.readouterr().err
        assert "upgraded, kpi_shop_daily: left out." in said
        assert gmv(folder) == {"aurora": 3000, "borealis": 3000}
        left_out = dict(
            rows(
                folder,
                "select seller_group || ' ' || table_name, left_out_reason from marts.ops_publication "
                "where row_count is null",
            )
        )
        assert "gmv is DECIMAL(38,6), not DECIMAL(18,4)" in left_out["upgraded kpi_shop_daily"]
        assert "extra is there in addition" in left_out["upgraded fct_orders"]
        assert set(left_out) == {
            "upgraded kpi_shop_daily", "upgraded fct_orders", "aurora kpi_new", "borealis kpi_new",
        }  # fmt: skip
        # What did not change is in.
        assert ("upgraded", 1) in rows(
            folder, "select seller_group, count(*) from marts.dim_shops group by all"
        )

    def test_a_definition_of_another_version_is_another_number(self, folder: Path) -> None:
        """Guards one column name under which two groups count different things."""
        glossary = (
            "create or replace table marts.kpi_glossary as select 'kpi_shop_daily' as model_name, 'gmv' as column_name, "
            "1::bigint as column_position, {version}::bigint as definition_version, '{digest}' as definition_digest;"
        )
        for name, version, digest in (("aurora", 1, "a"), ("borealis", 1, "b"), ("third", 2, "c")):
            published_group(
                folder, name, f"shop of {name}", sql=glossary.format(version=version, digest=digest)
            )
        report = unite(folder)
        assert gmv(folder) == {"aurora": 3000, "borealis": 3000}, "another wording is no other number"
        assert "versions of definitions" in report.left_out["third", "kpi_shop_daily"]

    def test_of_two_versions_as_frequent_the_newer_publication_counts(self, folder: Path) -> None:
        published_group(folder, "aurora", "shop1")
        changed = published_group(
            folder, "borealis", "shop2", sql="alter table marts.fct_orders add column extra integer;"
        )
        manifest = changed.published.with_name("manifest.json")
        seconds = json.loads(manifest.read_text())["published_at"]
        while publish_again(changed, "update marts.kpi_shop_daily set gmv = 1") and (
            json.loads(manifest.read_text())["published_at"] == seconds
        ):
            time.sleep(0.2)
        assert set(unite(folder).left_out) == {("aurora", "fct_orders")}

    def test_a_group_that_returned_to_an_earlier_publication(self, folder: Path) -> None:
        home = published_group(folder, "aurora", "shop1")
        publish_again(home, "update marts.kpi_shop_daily set gmv = 5")
        unite(folder)
        rollback(home)
        unite(folder)
        assert gmv(folder) == {"aurora": 3000}

    def test_a_column_of_that_name_is_not_written_over(self, folder: Path) -> None:
        published_group(
            folder, "aurora", "shop1", sql="create table marts.kpi_odd as select 'x' as seller_group;"
        )
        report = unite(folder)
        assert "column seller_group of its own" in report.left_out["aurora", "kpi_odd"]

    def test_a_kill_leaves_the_union_before(self, folder: Path) -> None:
        published_group(folder, "aurora", "shop1")
        unite(folder)
        publish_again(Home(folder / "aurora"), "update marts.kpi_shop_daily set gmv = 5")
        code = (
            "import os, signal\n"
            "from pathlib import Path\n"
            "from home.groups import seller_groups, union_home\n"
            "from orchestration.homes import union\n"
            "union.exchange_folders = lambda new, current: os.kill(os.getpid(), signal.SIGKILL)\n"
            f"folder = Path({str(folder)!r})\n"
            "union.publish_union(union_home(folder), seller_groups(folder))\n"
        )
        done = subprocess.run([sys.executable, "-c", code], env=dict(os.environ), check=False)
        assert done.returncode == -signal.SIGKILL
        assert gmv(folder) == {"aurora": 3000}
        assert [text for verdict in verify_home(union_home(folder)) for text in verdict.problems] == []
        unite(folder)
        assert gmv(folder) == {"aurora": 15}

    def test_two_unions_do_not_meet(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        published_group(folder, "aurora", "shop1")
        code = (
            "import sys, time\nfrom pathlib import Path\nfrom home.layout import Home\n"
            f"with Home(Path({str(union_home(folder).root)!r})).lock('union'):\n"
            "    print('held', flush=True)\n    sys.stdin.read()\n"
        )
        holder = subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=dict(os.environ)
        )
        assert holder.stdin and holder.stdout and holder.stdout.readline()
        with pytest.raises(HomeBusy):
            unite(folder)
        holder.stdin.close()
        holder.wait(10)
        holder.stdout.close()
        unite(folder)

    def test_while_a_group_publishes_its_file_is_not_taken_for_another(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        home = published_group(folder, "aurora", "shop1")
        unite(folder)
        checked = module.problems

        def then_publish(path: Path, key: bytes | None) -> list[str]:
            found = checked(path, key)
            if path == home.published:
                manifest = path.with_name("manifest.json")
                before = manifest.read_bytes()
                publish_again(home, "update marts.kpi_shop_daily set gmv = 5")
                manifest.write_bytes(before)
            return found

        monkeypatch.setattr(module, "problems", then_publish)
        unite(folder)
        assert of_groups(folder)["aurora"] == (True, "It is publishing at this moment.")


class TestRuns:
    """Small real processes: `ttkpi verify` is quick, and ends with 0, 1 or 2."""

    def test_what_fails_in_one_home_does_not_concern_the_others(self, folder: Path) -> None:
        published_group(folder, "good", "shop1")
        damaged = published_group(folder, "damaged", "shop2")
        damaged.published.write_bytes(b"nonsense")
        (folder / "Bad Name").mkdir()
        done = {one.group: one for one in run_homes(seller_groups(folder), ["verify"], at_a_time=2)}
        assert {name: one.exit_code for name, one in done.items()} == {"Bad Name": 2, "damaged": 1, "good": 0}
        assert "not as they were written" in done["damaged"].reason
        assert "is no name of a group" in done["Bad Name"].reason
        assert "ok" in (folder / "good" / "logs" / "homes.log").read_text()
        assert not (folder / "Bad Name" / "logs").exists()

    def test_a_home_in_use_is_left_alone(self, folder: Path) -> None:
        home = published_group(folder, "aurora", "shop1")
        with home.lock("somebody"):
            done = run_in(seller_group(folder, "aurora"), ["run"])
        assert done.exit_code == 2
        assert "is in use by process" in done.reason

    def test_a_home_in_use_keeps_the_log_of_the_run_that_is_in_it(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Guards a run whose log a second one, which the home turns away, would empty and write over."""
        (folder / "aurora").mkdir()
        group = seller_group(folder, "aurora")
        log = folder / "aurora" / "logs" / "homes.log"
        waits = "import sys; print('begun', flush=True); sys.stdin = open(sys.argv[1]); sys.stdin.read(); print('ended')"
        gate = folder / "gate"
        os.mkfifo(gate)
        called = subprocess.call

        def stand_in(command: list[str], **options: Any) -> int:
            code = waits if command[-1] == "slow" else "print('Error: in use'); raise SystemExit(2)"
            return called([sys.executable, "-c", code, str(gate)], **options)

        monkeypatch.setattr("orchestration.homes.run.subprocess.call", stand_in)
        done: list[GroupRun] = []
        first = threading.Thread(target=lambda: done.append(run_in(group, ["slow"])))
        first.start()
        while not (log.exists() and log.read_text()):
            time.sleep(0.01)
        second = run_in(group, ["quick"])
        gate.write_text("go on")
        first.join()
        assert (second.exit_code, second.reason) == (2, "in use")
        assert log.read_text() == "begun\nended\n"
        assert done[0].exit_code == 0
        assert run_in(group, ["quick"]).reason == "in use"
        assert log.read_text() == "Error: in use\n"

    def test_a_folder_without_groups_is_no_run_that_went_well(
        self, folder: Path, capfd: pytest.CaptureFixture[str]
    ) -> None:
        """Guards a disk that is not mounted: its folder is there, empty, and cron would be told that all is well."""
        assert main(["homes", "run"]) == 2
        assert "Is its disk mounted?" in capfd.readouterr().err
        assert main(["homes", "list"]) == 0

    def test_each_process_has_its_own_home_and_settings(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
    ) -> None:
        for key in ("APP_KEY", "APP_SECRET"):
            monkeypatch.setenv(f"SOURCES__TIKTOK_SHOP__{key}", "of-all")
        (folder / "own").mkdir()
        (folder / "own" / ".env").touch(0o600)
        (folder / "own" / ".env").write_text("SOURCES__TIKTOK_SHOP__PAGE_WORKERS=of-own\n")
        assert main(["homes", "in", "own", "auth", "exchange", "code"]) == 2
        assert "page_workers is 'of-own'" in capfd.readouterr().err
        assert (folder / "own" / "logs" / "ttkpi.log").is_file()

    def test_so_many_at_a_time(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        for number in range(5):
            (folder / f"g{number}").mkdir()
        together: list[int] = []
        under_way = [0]

        def slow(group: Any, arguments: Sequence[str]) -> GroupRun:
            under_way[0] += 1
            together.append(under_way[0])
            time.sleep(0.05)
            under_way[0] -= 1
            return GroupRun(group.name, 0, 0.0)

        monkeypatch.setattr("orchestration.homes.run.run_in", slow)
        assert len(run_homes(seller_groups(folder), ["run"], at_a_time=2)) == 5
        assert max(together) == 2

    def test_an_interrupt_is_for_the_groups_that_wait_too(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for number in range(9):
            (folder / f"g{number}").mkdir()
        begun: list[str] = []

        def interrupted(group: Any, arguments: Sequence[str]) -> GroupRun:
            begun.append(group.name)
            if len(begun) == 1:
                raise KeyboardInterrupt
            time.sleep(0.2)
            return GroupRun(group.name, 0, 0.0)

        monkeypatch.setattr("orchestration.homes.run.run_in", interrupted)
        with pytest.raises(KeyboardInterrupt):
            run_homes(seller_groups(folder), ["run"], at_a_time=1)
        assert len(begun) <= 2

    @pytest.mark.parametrize(
        ("codes", "code"),
        [([], 0), ([0, 0], 0), ([0, 3], 3), ([3, 4, 0], 4), ([4, 2], 2), ([2, 1, 4], 1), ([0, 130], 1)],
    )
    def test_the_worst_exit_code(self, codes: list[int], code: int) -> None:
        assert worst(codes) == code

    def test_the_list(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        published_group(folder, "aurora", "shop1")
        (folder / "new").mkdir(mode=0o755)
        assert main(["homes", "list"]) == 0
        said = capsys.readouterr().out
        assert "2 seller groups" in said and "nothing yet" in said and "chmod 700" in said
        (folder / "aurora" / "published" / "manifest.json").write_text('{"held_back": [{}]}')
        assert "does not have the form" in state_of(seller_group(folder, "aurora")).problem
        (folder / "aurora" / "published" / "manifest.json").write_text("{")
        assert "is damaged" in state_of(seller_group(folder, "aurora")).problem
        assert main(["homes", "list"]) == 0
