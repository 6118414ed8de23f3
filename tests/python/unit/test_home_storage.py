"""Files are replaced as a whole or not at all."""

import errno
import os
from pathlib import Path

import pytest

from home.storage import StorageError, replace_file, replacement


def test_a_file_is_replaced_with_the_rights_that_were_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "new" / "keys.json"
    replace_file(path, b"one", mode=0o600)
    replace_file(path, b"two", mode=0o600)
    assert path.read_bytes() == b"two"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_a_secret_is_never_readable_by_others_while_it_is_written(tmp_path: Path) -> None:
    with replacement(tmp_path / "keys.json", mode=0o600) as temporary:
        temporary.write_bytes(b"secret")
        assert temporary.stat().st_mode & 0o777 == 0o600
        assert not (tmp_path / "keys.json").exists()


@pytest.mark.parametrize(
    ("trouble", "raised"), [(OSError(errno.ENOSPC, "full"), StorageError), (ValueError("no"), ValueError)]
)
def test_when_writing_fails_the_old_file_is_as_it_was(
    tmp_path: Path, trouble: Exception, raised: type[Exception]
) -> None:
    path = tmp_path / "record.json"
    replace_file(path, b"old")
    with pytest.raises(raised), replacement(path) as temporary:
        temporary.write_bytes(b"half")
        raise trouble
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_killed_process_left_is_overwritten_with_the_right_mode(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    left_over = tmp_path / f".keys.json.{os.getpid()}.tmp"
    left_over.write_bytes(b"longer than the new content")
    left_over.chmod(0o644)
    replace_file(path, b"new", mode=0o600)
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o600
