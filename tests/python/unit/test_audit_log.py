"""The audit log: every entry is kept, chained and sealed, whatever kills or changes it."""

from __future__ import annotations

import errno
import hashlib
import json
import stat
import subprocess
import sys
import textwrap
from contextvars import ContextVar
from pathlib import Path

import pytest

from home import audit_log
from home.audit_log import (
    BEGINNING,
    AuditLogDamaged,
    Entry,
    _seal,
    append,
    check,
    head,
    prepare,
    recorded,
    set_origin,
)
from home.errors import ConfigError
from home.layout import Home, HomeBusy
from home.storage import StorageError


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home of its own, and nothing of what an earlier test of this process said about who started it."""
    monkeypatch.setattr(audit_log, "_origin", ContextVar("origin", default=None))
    return Home(tmp_path / "home")


def log(home: Home) -> Path:
    return home.root / "audit_log.jsonl"


def entries(home: Home) -> list[dict[str, object]]:
    return [json.loads(line) for line in log(home).read_text(encoding="utf-8").splitlines()]


def write(home: Home, count: int = 3) -> None:
    for number in range(count):
        append(home, Entry("sync", f"run {number}", details={"rows": number, "name": "店铺"}))


def test_entries_are_numbered_chained_and_private(home: Home) -> None:
    write(home)
    found = entries(home)
    assert [entry["number"] for entry in found] == [1, 2, 3]
    assert found[0]["previous"] == BEGINNING
    assert found[2]["details"] == {"rows": 2, "name": "店铺"}
    assert found[1]["actor"] and found[1]["host"] and found[1]["via"] == "python"
    assert check(home)[3] == head(home)[1]
    assert stat.S_IMODE(log(home).stat().st_mode) == 0o600


def test_the_steps_of_one_command_share_a_run_and_dagster_names_its_own(home: Home) -> None:
    set_origin("cli")
    write(home, 2)
    set_origin("dagster", "run-of-dagster")
    write(home, 1)
    found = entries(home)
    assert found[0]["run"] == found[1]["run"]
    assert [entry["via"] for entry in found] == ["cli", "cli", "dagster"]
    assert found[2]["run"] == "run-of-dagster"
    set_origin("python")


class TestSteps:
    def test_a_failed_step_is_told_with_its_reason_and_fails_all_the_same(self, home: Home) -> None:
        with pytest.raises(ValueError, match="no such"), recorded(home, "build"):
            raise ValueError("no such column")
        assert entries(home)[0]["outcome"] == "failed"
        assert entries(home)[0]["details"] == {"error": "ValueError: no such column"}

    def test_a_home_in_use_is_no_step(self, home: Home) -> None:
        with pytest.raises(HomeBusy), recorded(home, "build"):
            raise HomeBusy("in use")
        assert not log(home).exists()

    def test_an_interrupted_step_is_told(self, home: Home) -> None:
        with pytest.raises(KeyboardInterrupt), recorded(home, "sync"):
            raise KeyboardInterrupt
        assert entries(home)[0]["outcome"] == "failed"

    def test_a_step_whose_entry_cannot_be_written_keeps_its_own_error(self, home: Home) -> None:
        write(home, 1)
        log(home).unlink()
        with pytest.raises(ValueError, match="own") as caught, recorded(home, "build"):
            raise ValueError("own")
        assert "The audit log has no entry of it" in caught.value.__notes__[0]

    def test_a_step_that_went_well_says_when_the_log_was_changed(self, home: Home) -> None:
        write(home, 2)
        log(home).write_bytes(log(home).read_bytes().split(b"\n")[0] + b"\n")
        with pytest.raises(AuditLogDamaged, match="ends at entry 1"), recorded(home, "build"):
            pass


class TestChanges:
    """Each way to change the log that `ttkpi verify` has to see."""

    def test_a_changed_word(self, home: Home) -> None:
        write(home)
        log(home).write_bytes(log(home).read_bytes().replace(b"run 1", b"run 9"))
        with pytest.raises(AuditLogDamaged, match="entry 2 in line 2 was changed"):
            check(home)

    def test_a_changed_space(self, home: Home) -> None:
        """The content is the same, the line is not."""
        write(home)
        log(home).write_bytes(log(home).read_bytes().replace(b'{"number":2,', b'{"number": 2,'))
        with pytest.raises(AuditLogDamaged, match="entry 3 in line 3 does not follow"):
            check(home)

    def test_a_line_taken_out(self, home: Home) -> None:
        write(home)
        lines = log(home).read_bytes().splitlines(keepends=True)
        log(home).write_bytes(lines[0] + lines[2])
        with pytest.raises(AuditLogDamaged, match="entry 3 in line 2 does not follow"):
            check(home)

    def test_lines_exchanged(self, home: Home) -> None:
        write(home)
        lines = log(home).read_bytes().splitlines(keepends=True)
        log(home).write_bytes(lines[1] + lines[0] + lines[2])
        with pytest.raises(AuditLogDamaged, match="line 1"):
            check(home)

    def test_the_end_taken_off(self, home: Home) -> None:
        write(home)
        log(home).write_bytes(b"".join(log(home).read_bytes().splitlines(keepends=True)[:2]))
        with pytest.raises(AuditLogDamaged, match="ends at entry 2, but entry 3 was written"):
            check(home)
        with pytest.raises(AuditLogDamaged, match="ends at entry 2"):
            append(home, Entry("sync"))

    def test_the_whole_file_taken_away(self, home: Home) -> None:
        write(home)
        log(home).unlink()
        with pytest.raises(AuditLogDamaged, match="ends at entry 0"):
            check(home)

    def test_a_line_written_without_the_key(self, home: Home, tmp_path: Path) -> None:
        write(home, 2)
        other = Home(tmp_path / "other")
        write(other, 3)
        forged = json.loads(log(other).read_bytes().splitlines()[2])
        forged["previous"] = head(home)[1]
        with log(home).open("ab") as file:
            file.write(json.dumps(forged, separators=(",", ":")).encode() + b"\n")
        with pytest.raises(AuditLogDamaged, match="entry 3 in line 3 was changed"):
            check(home)

    def test_the_key_taken_away(self, home: Home) -> None:
        """A new key would be made silently, and every old entry would look forged."""
        write(home)
        home.seal_key_file.unlink()
        for step in (lambda: write(home, 1), lambda: check(home)):
            with pytest.raises(ConfigError, match=r"seal\.key is missing"):
                step()
        assert not home.seal_key_file.exists()

    def test_the_last_lines_taken_out_and_the_head_changed_to_fit(self, home: Home) -> None:
        write(home)
        lines = log(home).read_bytes().splitlines(keepends=True)
        log(home).write_bytes(lines[0] + lines[1])
        forged = {"number": 2, "hash": hashlib.sha256(lines[1].rstrip(b"\n")).hexdigest()}
        for record in (forged, forged | {"seal": "0" * 64}, forged | {"seal": None}):
            (home.root / "audit_log.head.json").write_text(json.dumps(record))
            for step in (lambda: check(home), lambda: append(home, Entry("sync"))):
                with pytest.raises(AuditLogDamaged, match=r"audit_log\.head\.json was changed"):
                    step()

    @pytest.mark.parametrize("left", [1, 3])
    def test_the_head_taken_away(self, home: Home, left: int) -> None:
        write(home)
        lines = log(home).read_bytes().splitlines(keepends=True)
        log(home).write_bytes(b"".join(lines[:left]))
        (home.root / "audit_log.head.json").unlink()
        for step in (lambda: check(home), lambda: append(home, Entry("sync"))):
            with pytest.raises(AuditLogDamaged, match=r"audit_log\.head\.json is missing"):
                step()

    def test_a_head_of_an_older_version_holds_until_the_next_entry(self, home: Home) -> None:
        """Versions before this one sealed no head, and said of no entry that its head was."""
        write(home, 1)
        content = json.loads(log(home).read_bytes())
        del content["format"], content["seal"]
        line = {**content, "seal": _seal(home.seal_key(), content)}
        log(home).write_text(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")
        known = {"number": 1, "hash": hashlib.sha256(log(home).read_bytes().rstrip(b"\n")).hexdigest()}
        (home.root / "audit_log.head.json").write_text(json.dumps(known))
        assert len(check(home)) == 1
        write(home, 1)
        assert len(check(home)) == 2
        record = json.loads((home.root / "audit_log.head.json").read_text())
        del record["seal"]
        (home.root / "audit_log.head.json").write_text(json.dumps(record))
        with pytest.raises(AuditLogDamaged, match="was changed"):
            check(home)

    def test_something_that_is_no_entry(self, home: Home) -> None:
        write(home, 1)
        with log(home).open("ab") as file:
            file.write(b"[]\n")
        with pytest.raises(AuditLogDamaged, match="line 2 is no entry"):
            check(home)
        with pytest.raises(AuditLogDamaged, match="last line is no entry"):
            append(home, Entry("sync"))


class TestKills:
    def test_half_a_line_is_cut_off_and_the_chain_goes_on(self, home: Home) -> None:
        write(home, 2)
        with log(home).open("ab") as file:
            file.write(b'{"number":3,"recorded_at":"2026')
        assert len(check(home)) == 2
        prepare(home)
        assert log(home).read_bytes().endswith(b"\n")
        write(home, 1)
        assert [entry["number"] for entry in entries(home)] == [1, 2, 3]
        check(home)

    def test_half_of_the_first_line(self, home: Home) -> None:
        home.root.mkdir()
        log(home).write_bytes(b'{"number":1,')
        prepare(home)
        assert log(home).read_bytes() == b""
        write(home, 1)
        assert len(check(home)) == 1

    def test_a_kill_between_the_line_and_the_head(self, home: Home) -> None:
        write(home, 2)
        before = (home.root / "audit_log.head.json").read_bytes()
        write(home, 1)
        (home.root / "audit_log.head.json").write_bytes(before)
        assert len(check(home)) == 3
        write(home, 1)
        assert len(check(home)) == 4

    def test_a_full_disk_leaves_no_half_line(self, home: Home) -> None:
        write(home, 2)
        before = log(home).read_bytes()
        code = f"""
            import resource
            from pathlib import Path
            from home.audit_log import Entry, append
            from home.errors import TtkpiError
            from home.layout import Home
            limit = {len(before) + 100}
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
            try:
                append(Home(Path({str(home.root)!r})), Entry("sync"))
            except TtkpiError as error:
                print(type(error).__name__)
        """
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=False
        )
        assert done.stdout == "StorageError\n", done.stderr
        assert log(home).read_bytes() == before
        assert len(check(home)) == 2

    def test_a_full_disk_between_the_line_and_the_head(
        self, home: Home, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Two lines behind the head would look like lines that somebody put in."""
        write(home, 2)
        before = log(home).read_bytes()

        def refuse(*_: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        with monkeypatch.context() as patch:
            patch.setattr(audit_log, "_write_head", refuse)
            for _ in range(2):
                with pytest.raises(StorageError, match="No space left"):
                    append(home, Entry("sync"))
        assert log(home).read_bytes() == before
        write(home, 1)
        assert len(check(home)) == 3

    def test_many_processes_at_once(self, home: Home) -> None:
        code = f"""
            from pathlib import Path
            from home.audit_log import Entry, append
            from home.layout import Home
            for number in range(10):
                append(Home(Path({str(home.root)!r})), Entry("sync"))
        """
        running = [
            subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], stderr=subprocess.PIPE, text=True)
            for _ in range(3)
        ]
        for process in running:
            assert process.communicate()[1] == ""
        assert len(check(home)) == 30


def test_a_home_that_cannot_be_written_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file where the folder should be")
    with pytest.raises(StorageError):
        append(Home(tmp_path / "home"), Entry("sync"))
