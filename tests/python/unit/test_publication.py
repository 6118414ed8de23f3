"""The seal, the history and the way back: a change is seen, a kill leaves one whole publication, the last 14 stay."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import duckdb
import pytest
from control_helpers import change_marts, make_home, mark_audited

from home.audit_log import check as check_log
from home.errors import ConfigError
from home.layout import Home
from orchestration.cli import main
from orchestration.history.publications import (
    KEPT,
    RollbackRefused,
    history_folder,
    kept,
    published_manifest,
    rollback,
)
from orchestration.history.published import NotPublished, audiences_folder
from orchestration.history.published_values import in_store
from orchestration.publish.publish import publish
from orchestration.publish.verify import verify_file, verify_home

AUDIENCE = "'th', 'kpi_shop_daily dim_shops', null, '7495000000000000101', null, true"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    home = make_home(tmp_path / "home")
    monkeypatch.setenv("TTKPI_HOME", str(home.root))
    mark_audited(home)
    return home


def with_audience(home: Home, row: str = AUDIENCE) -> None:
    change_marts(
        home,
        "create or replace table seeds.audiences (audience varchar, tables varchar, left_out_columns varchar, "
        f"shop_keys varchar, person_name varchar, is_published boolean); insert into seeds.audiences values ({row})",
    )
    mark_audited(home)


def publish_gmv(home: Home, gmv: int) -> str:
    """A publication in which each of the three days has this gmv."""
    change_marts(home, f"update marts.kpi_shop_daily set gmv = {gmv}")
    mark_audited(home)
    return publish(home).publication


def gmv(home: Home) -> int:
    with duckdb.connect() as connection:
        connection.execute(f"attach '{home.published}' as file (read_only)")
        found = connection.execute("select max(gmv) from file.marts.kpi_shop_daily").fetchone()
        assert found is not None
        return int(found[0])


def wrong(home: Home) -> list[str]:
    return [text for verdict in verify_home(home) for text in verdict.problems]


def rewrite(path: Path, **changes: Any) -> None:
    manifest = json.loads(path.read_text())
    path.write_text(json.dumps({**manifest, **changes}))


def test_the_manifest_says_where_the_numbers_come_from_and_the_file_says_the_same(home: Home) -> None:
    change_marts(
        home,
        "create table marts.kpi_glossary as select 'kpi_shop_daily' as model_name, 'gmv' as column_name, "
        "1::bigint as column_position, 2::bigint as definition_version, 'abc' as definition_digest",
    )
    mark_audited(home)
    report = publish(home)
    manifest = published_manifest(home)
    assert manifest is not None
    assert manifest["publication_id"] == report.publication
    assert manifest["audit"]["passed"] is True
    assert manifest["definitions"] == {"kpi_shop_daily": {"gmv": "2:abc"}}
    assert manifest["replaces"] is None
    with duckdb.connect() as connection:
        connection.execute(f"attach '{home.published}' as file (read_only)")
        rows = connection.execute(
            "select table_name, row_count, definitions_digest is not null from file.marts.ops_publication "
            "where publication_id = ? and build_id = '11111111-aaaa' and audience is null",
            [report.publication],
        ).fetchall()
    assert {name: count for name, count, _ in rows} == manifest["tables"]
    assert {name for name, _, defined in rows if defined} == {"kpi_shop_daily"}
    assert wrong(home) == []


class TestVerify:
    def test_a_changed_number(self, home: Home, capsys: pytest.CaptureFixture[str]) -> None:
        publish(home)
        assert main(["verify"]) == 0
        with duckdb.connect(str(home.published)) as connection:
            connection.execute("update marts.marts.kpi_shop_daily set gmv = 5")
        assert main(["verify"]) == 1
        told = capsys.readouterr().err
        assert "was changed after it was published" in told
        assert "ttkpi rollback" in told

    def test_rows_taken_out_are_named(self, home: Home) -> None:
        publish(home)
        with duckdb.connect(str(home.published)) as connection:
            connection.execute("delete from marts.marts.fct_orders where order_id <> 'o1'")
            connection.execute("create table marts.marts.kpi_new as select 1 as one")
            connection.execute("drop table marts.marts.dim_dates")
        told = " ".join(wrong(home))
        assert "table fct_orders has 1 rows; 48 were published" in told
        assert "table kpi_new was not published" in told
        assert "table dim_dates is missing" in told

    def test_one_byte(self, home: Home) -> None:
        publish(home)
        content = bytearray(home.published.read_bytes())
        content[len(content) // 2] ^= 1
        home.published.write_bytes(content)
        assert any("checksum" in text for text in wrong(home))

    def test_a_changed_manifest(self, home: Home) -> None:
        publish(home)
        rewrite(home.published.with_name("manifest.json"), revision="another")
        assert wrong(home) == [
            f"{home.published.with_name('manifest.json')} was changed after it was sealed, or was sealed in another home."
        ]

    def test_file_and_manifest_changed_together(self, home: Home) -> None:
        """Who changes both makes the checksum fit, but has no key."""
        import hashlib

        publish(home)
        with duckdb.connect(str(home.published)) as connection:
            connection.execute("update marts.marts.kpi_shop_daily set gmv = 5")
        content = home.published.read_bytes()
        rewrite(
            home.published.with_name("manifest.json"),
            sha256=hashlib.sha256(content).hexdigest(),
            bytes=len(content),
        )
        assert len(wrong(home)) == 1
        assert "changed after it was sealed" in wrong(home)[0]

    def test_the_seal_taken_out(self, home: Home) -> None:
        publish(home)
        path = home.published.with_name("manifest.json")
        manifest = json.loads(path.read_text())
        del manifest["seal"]
        path.write_text(json.dumps(manifest))
        assert "has no seal" in wrong(home)[0]

    @pytest.mark.parametrize("text", ["", "no json", "[]"])
    def test_a_damaged_manifest(self, home: Home, text: str) -> None:
        publish(home)
        home.published.with_name("manifest.json").write_text(text)
        assert any("is no manifest" in found for found in wrong(home))

    def test_files_that_are_gone(self, home: Home) -> None:
        publish(home)
        home.published.with_name("manifest.json").unlink()
        assert "manifest.json is missing" in wrong(home)[0]
        home.published.unlink()
        assert wrong(home)[0] == f"{home.published} is missing."

    def test_no_database_at_all(self, home: Home) -> None:
        publish(home)
        home.published.write_bytes(b"no database")
        assert any("can't be opened" in text for text in wrong(home))

    def test_a_manifest_of_another_publication(self, home: Home) -> None:
        first = publish_gmv(home, 1)
        publish_gmv(home, 2)
        shutil.copy(history_folder(home) / first / "manifest.json", home.published.with_name("manifest.json"))
        assert any(f"the manifest beside it is of {first}" in text for text in wrong(home))

    def test_nothing_published(self, home: Home, capsys: pytest.CaptureFixture[str]) -> None:
        """Guards a new home that is called changed, and advised to roll back; and one whose publications were removed."""
        assert main(["verify"]) == 2
        said = capsys.readouterr()
        assert f"Nothing is published yet: there is no {home.bi_file}." in said.err
        assert "CHANGED" not in said.err and "rollback" not in said.err
        publish(home)
        shutil.rmtree(home.published.parent)
        assert main(["verify"]) == 1
        assert f"CHANGED  {home.bi_file} is missing." in capsys.readouterr().err

    def test_messages_name_the_file_that_people_open(
        self, home: Home, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Guards advice to open `marts.duckdb`, in which a plain `marts.kpi_shop_daily` is ambiguous."""
        assert publish(home).path == home.bi_file
        assert main(["verify"]) == 0
        said = capsys.readouterr()
        assert (
            f"ok       {home.bi_file}: publication" in said.out and "marts.duckdb" not in said.out + said.err
        )

    def test_a_file_elsewhere(
        self, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        publish(home)
        place = tmp_path / "share"
        place.mkdir()
        shutil.copy(home.published, place)
        shutil.copy(home.published.with_name("manifest.json"), place)
        assert main(["verify", str(place / "marts.duckdb")]) == 0
        monkeypatch.setenv("TTKPI_HOME", str(tmp_path / "elsewhere"))
        assert main(["verify", str(place / "marts.duckdb")]) == 0
        assert "the seal was not checked" in capsys.readouterr().out
        # With a key of its own, another home says that it did not seal it.
        Home(tmp_path / "elsewhere").seal_key()
        assert main(["verify", str(place / "marts.duckdb")]) == 1

    def test_the_key_is_gone(self, home: Home) -> None:
        publish(home)
        publish(home)
        home.seal_key_file.unlink()
        for step in (verify_home, publish, rollback):
            with pytest.raises(ConfigError, match=r"seal\.key is missing"):
                step(home)
        assert not home.seal_key_file.exists(), "a new one would make every old seal look forged"

    def test_a_former_publication(self, home: Home, capsys: pytest.CaptureFixture[str]) -> None:
        first = publish_gmv(home, 1)
        publish_gmv(home, 2)
        rewrite(history_folder(home) / first / "manifest.json", tables={})
        assert main(["verify"]) == 0, "only what is published now"
        assert main(["verify", "--history"]) == 1
        assert first in capsys.readouterr().err

    def test_a_new_audit_log(self, home: Home) -> None:
        """Log, head and all: what was sealed before knows the entry that it had."""
        publish(home)
        publish(home)
        for path in home.root.glob("audit_log*"):
            path.unlink()
        assert any("the log was written anew" in text for text in wrong(home))

    def test_values_of_each_publication_and_after_a_rollback(
        self, home: Home, capsys: pytest.CaptureFixture[str]
    ) -> None:
        publish_gmv(home, 1)
        publish_gmv(home, 2)
        rollback(home)
        publish_gmv(home, 3)
        assert main(["verify"]) == 0
        assert f"{home.published_values}: values of 3 publications\n" in capsys.readouterr().out

    @pytest.mark.parametrize("kind", ["values", "publications"])
    def test_one_byte_of_the_values(self, home: Home, kind: str) -> None:
        """Guards an earlier number that is made to look as if it had always been the later one."""
        first = publish_gmv(home, 1)
        publish_gmv(home, 2)
        path = in_store(home, first, kind)
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
        assert wrong(home) == [
            f"{path} was changed after it was published: its checksum is not the one of the log."
        ]

    def test_values_that_are_gone(self, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
        """Long after the publication itself is not kept any more."""
        monkeypatch.setattr("orchestration.history.publications.KEPT", 1)
        first = publish_gmv(home, 1)
        for number in (2, 3, 4):
            publish_gmv(home, number)
        assert first not in kept(home)
        path = in_store(home, first, "values")
        path.unlink()
        assert wrong(home) == [f"{path} is missing: publication {first} wrote it."]

    @pytest.mark.parametrize("name", ["foreign", "20991231T000000000000Z-11111111"])
    def test_values_that_nobody_published(self, home: Home, name: str) -> None:
        first = publish_gmv(home, 1)
        path = in_store(home, name, "values")
        shutil.copy(in_store(home, first, "values"), path)
        assert wrong(home) == [f"{path} was not published: the audit log has no publication {name}."]

    def test_rows_in_the_file_without_rows(self, home: Home) -> None:
        publish_gmv(home, 1)
        path = in_store(home, "none", "values")
        duckdb.execute(f"copy (select 'p1' as publication_id, 5 as value) to '{path}' (format parquet)")
        assert wrong(home) == [f"{path} has rows: nobody published them."]

    def test_values_from_before_checksums_were_recorded(
        self, home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """A home of an earlier version is not said to be changed, and not said to be checked."""
        with monkeypatch.context() as earlier:
            earlier.setattr("orchestration.publish.publish.SCHEMAS", {})
            publish_gmv(home, 1)
        publish_gmv(home, 2)
        assert main(["verify"]) == 0
        assert "values of 1 publications; 2 files are not checked" in capsys.readouterr().out

    def test_values_are_checked_although_a_kill_came_before_the_entry(self, home: Home) -> None:
        first = publish_gmv(home, 1)
        code = f"""
            import os
            from pathlib import Path
            from home import audit_log
            from home.layout import Home
            from orchestration.publish.publish import publish
            audit_log.append = lambda *_: os._exit(9)
            publish(Home(Path({str(home.root)!r})))
        """
        done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, check=False)
        assert done.returncode == 9
        assert wrong(home) == []
        (second,) = set(kept(home)) - {first}
        path = in_store(home, second, "publications")
        path.unlink()
        assert wrong(home) == [f"{path} is missing: publication {second} wrote it."]

    def test_an_audience_file_of_another_day_or_without_right(self, home: Home) -> None:
        with_audience(home)
        publish(home)
        folder = audiences_folder(home) / "th"
        old = folder.with_name("old")
        shutil.copytree(folder, home.root / "of another day")
        publish(home)
        (home.root / "of another day").rename(old)
        assert "has no audience old" in " ".join(wrong(home))
        shutil.rmtree(folder)
        old.rename(folder)
        assert wrong(home) == [f"{folder / 'marts.duckdb'} is of another publication than {home.bi_file}."]
        shutil.rmtree(folder)
        assert wrong(home) == [f"{folder / 'marts.duckdb'} is missing."]


class TestRollback:
    def test_returns_to_the_one_before_and_on(self, home: Home) -> None:
        names = [publish_gmv(home, number) for number in (1, 2, 3)]
        assert rollback(home)["publication_id"] == names[1]
        assert gmv(home) == 2
        assert rollback(home)["publication_id"] == names[0]
        assert gmv(home) == 1
        assert wrong(home) == []
        with pytest.raises(RollbackRefused, match="nothing was published"):
            rollback(home)
        assert gmv(home) == 1

    def test_goes_to_what_was_published_before_not_to_what_was_taken_back(self, home: Home) -> None:
        first, bad = publish_gmv(home, 1), publish_gmv(home, 2)
        rollback(home)
        publish_gmv(home, 3)
        assert bad in kept(home)
        assert rollback(home)["publication_id"] == first
        assert gmv(home) == 1

    def test_command_and_log(self, home: Home, capsys: pytest.CaptureFixture[str]) -> None:
        first = publish_gmv(home, 1)
        second = publish_gmv(home, 2)
        assert main(["rollback"]) == 0
        assert first in capsys.readouterr().out
        assert main(["rollback"]) == 1
        assert "nothing was published" in capsys.readouterr().err
        told = [json.loads(line) for line in (home.root / "audit_log.jsonl").read_text().splitlines()]
        back, refused = told[-2:]
        assert (back["event"], back["subject"], back["outcome"]) == ("rollback", first, "done")
        assert back["details"]["from"] == second
        assert back["via"] == "cli"
        assert (refused["event"], refused["outcome"]) == ("rollback", "failed")

    def test_refuses_without_a_publication(self, home: Home) -> None:
        with pytest.raises(NotPublished, match="Nothing is published"):
            rollback(home)

    def test_refuses_a_damaged_one(self, home: Home) -> None:
        first = publish_gmv(home, 1)
        publish_gmv(home, 2)
        with (history_folder(home) / first / "marts.duckdb").open("ab") as file:
            file.write(b"x")
        with pytest.raises(RollbackRefused, match="not as it was published"):
            rollback(home)
        assert gmv(home) == 2
        assert wrong(home) == []

    def test_refuses_one_that_is_gone(self, home: Home) -> None:
        first = publish_gmv(home, 1)
        publish_gmv(home, 2)
        shutil.rmtree(history_folder(home) / first)
        with pytest.raises(RollbackRefused, match="not kept any more"):
            rollback(home)

    def test_an_open_reader_keeps_the_newer_numbers(self, home: Home) -> None:
        publish_gmv(home, 1)
        publish_gmv(home, 2)
        code = (
            "import duckdb, sys\n"
            "connection = duckdb.connect(sys.argv[1], read_only=True)\n"
            "for _ in range(2):\n"
            "    print(int(connection.execute('select max(gmv) from marts.marts.kpi_shop_daily').fetchone()[0]), flush=True)\n"
            "    sys.stdin.readline()\n"
        )
        reader = subprocess.Popen(
            [sys.executable, "-c", code, str(home.published)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert reader.stdin is not None and reader.stdout is not None
        assert reader.stdout.readline() == "2\n"
        rollback(home)
        reader.stdin.write("\n")
        reader.stdin.flush()
        assert reader.stdout.readline() == "2\n"
        reader.communicate("\n", timeout=20)
        assert gmv(home) == 1

    def test_brings_back_the_audiences_of_that_time(self, home: Home) -> None:
        with_audience(home)
        publish_gmv(home, 1)
        with_audience(home, AUDIENCE.replace("'th'", "'other'"))
        publish_gmv(home, 2)
        assert [path.name for path in audiences_folder(home).iterdir()] == ["other"]
        rollback(home)
        assert [path.name for path in audiences_folder(home).iterdir()] == ["th"]
        assert wrong(home) == []


class TestHistory:
    def test_the_last_14_are_kept_and_the_current_one_takes_no_space_twice(self, home: Home) -> None:
        names = [publish(home).publication for _ in range(KEPT + 2)]
        assert kept(home) == names[2:]
        assert len(kept(home)) == 14
        assert home.published.samefile(history_folder(home) / names[-1] / "marts.duckdb")
        assert stat.S_IMODE(history_folder(home).stat().st_mode) == 0o700

    def test_what_is_published_after_many_returns_stays(self, home: Home) -> None:
        """The current one is the oldest of all, and so is the one that a new one replaces."""
        first = publish_gmv(home, 1)
        for _ in range(KEPT):
            publish_gmv(home, 2)
            rollback(home)
        assert published_manifest(home)["publication_id"] == first  # type: ignore[index]
        publish_gmv(home, 3)
        assert first in kept(home)
        assert rollback(home)["publication_id"] == first

    def test_without_hard_links_it_is_copied(self, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*_: object) -> None:
            raise OSError("no links here")

        home.seal_key()
        monkeypatch.setattr(os, "link", refuse)
        publish_gmv(home, 1)
        publish_gmv(home, 2)
        assert wrong(home) == []
        rollback(home)
        assert gmv(home) == 1

    def test_who_was_given_the_file_keeps_his_right(self, home: Home) -> None:
        with_audience(home)
        publish(home)
        path = audiences_folder(home) / "th" / "marts.duckdb"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        path.parent.chmod(0o750)
        path.chmod(0o640)
        publish(home)
        assert stat.S_IMODE(path.stat().st_mode) == 0o640
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o750

    def test_an_audience_that_is_given_up_loses_its_file(self, home: Home) -> None:
        with_audience(home)
        publish(home)
        with_audience(home, AUDIENCE.replace("true", "false"))
        publish(home)
        assert list(audiences_folder(home).iterdir()) == []

    def test_what_people_put_there_stays(self, home: Home) -> None:
        with_audience(home)
        publish(home)
        own = audiences_folder(home) / "th" / "notes.txt"
        own.write_text("ours")
        (audiences_folder(home) / "README").write_text("ours")
        with_audience(home, AUDIENCE.replace("true", "false"))
        publish(home)
        assert [path.name for path in own.parent.iterdir()] == ["notes.txt"]
        assert wrong(home) == []


@pytest.mark.parametrize("event", ["publish", "rollback"])
@pytest.mark.parametrize("point", range(1, 6))
def test_killed_at_each_point_of_the_switch(home: Home, event: str, point: int) -> None:
    """Four files change, one after the other: a kill before each of them, and one before the log is written."""
    with_audience(home)
    publish_gmv(home, 1)
    publish_gmv(home, 2)
    if event == "publish":
        change_marts(home, "update marts.kpi_shop_daily set gmv = 3")
        mark_audited(home)
    code = f"""
        import os
        from pathlib import Path
        from home import audit_log
        from home.layout import Home
        from orchestration.history import publications as history
        from orchestration.publish.publish import publish
        calls, replace = 0, history._replace
        def counted(*paths):
            global calls
            calls += 1
            if calls == {point}:
                os._exit(9)
            replace(*paths)
        history._replace = counted
        audit_log.append = lambda *_: os._exit(9)
        (history.rollback if {event!r} == "rollback" else publish)(Home(Path({str(home.root)!r})))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 9, done.stderr
    wanted = 3 if event == "publish" else 1
    assert gmv(home) in (2, wanted), "either the old or the new file, and a whole one"
    # Verifying takes the lock and finishes the switch.
    assert wrong(home) == []
    assert gmv(home) == wanted
    entry = json.loads((home.root / "audit_log.jsonl").read_text().splitlines()[-1])
    details = {"completed_after_a_kill": True}
    if event == "publish":
        details["published_values"] = (published_manifest(home) or {})["published_values"]
    assert (entry["event"], entry["details"]) == (event, details)
    assert published_manifest(home)["publication_id"] == entry["subject"]  # type: ignore[index]
    check_log(home)
    publish_gmv(home, 4)
    assert wrong(home) == []


def test_killed_while_writing_leaves_the_old_file_and_no_rest(home: Home) -> None:
    publish_gmv(home, 1)
    code = f"""
        import os
        from pathlib import Path
        from home.layout import Home
        from orchestration.publish import publish
        publish._settle = lambda *_: os._exit(9)
        publish.publish(Home(Path({str(home.root)!r})))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 9, done.stderr
    assert (history_folder(home) / ".new" / "marts.duckdb").exists()
    assert gmv(home) == 1
    assert wrong(home) == []
    publish_gmv(home, 2)
    assert len(kept(home)) == 2
    assert not (history_folder(home) / ".new").exists()


def test_killed_while_pruning_leaves_no_half_publication(home: Home) -> None:
    names = [publish(home).publication for _ in range(KEPT)]
    code = f"""
        import os
        from pathlib import Path
        from home.layout import Home
        from orchestration.history import publications as history
        from orchestration.publish.publish import publish
        sweep = history._sweep
        def killed(folder):
            if list(folder.glob(".gone-*")):
                os._exit(9)
            sweep(folder)
        history._sweep = killed
        publish(Home(Path({str(home.root)!r})))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 9, done.stderr
    assert len(kept(home)) == KEPT
    assert names[0] not in kept(home)
    assert wrong(home) == []
    publish(home)
    assert not list(history_folder(home).glob(".*"))


def test_verify_of_one_file_says_what_it_is(home: Home) -> None:
    publish(home)
    verdict = verify_file(home, home.published)
    assert verdict.problems == ()
    assert verdict.is_sealed
    assert "11 tables" in verdict.about
