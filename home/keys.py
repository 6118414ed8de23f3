"""The keys of a home. Each is made once, before there is anything that was made with it, and never again.

Beside the data that was made with a key lies its fingerprint: another key, or none, is refused for as long as the data
is there. A fingerprint says nothing of the key; one that is lost or damaged is written anew from the key.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from home.errors import ConfigError
from home.storage import StorageError, replace_file, storage_errors

_BYTES = 32
_FINGERPRINT_LENGTH, _CHECK_LENGTH = 32, 8


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a home.

    Attributes:
        path: The file of the key, mode 0600.
        fingerprint: Where its fingerprint lies, beside the data.
        has_data: Whether there is anything that was made with the key.
        lost: What can't be done without the key.
        anew: How to begin anew with another key.
    """

    path: Path
    fingerprint: Path
    has_data: Callable[[], bool]
    lost: str
    anew: str

    def get(self) -> bytes:
        """The key. Made at the first call.

        Raises:
            ConfigError: The file is no key, is another key than the one of the data, or is gone although there is data.
            StorageError: It can't be read or made.
        """
        with storage_errors(self.path):
            is_there = self.path.exists()
            if not is_there and (self._known() or self.has_data()):
                raise ConfigError(f"{self.path} is missing: {self.lost}.", advice=self._advice())
            if not is_there:
                _create(self.path)
            text = self.path.read_text(encoding="ascii", errors="replace").strip()
        key = _parsed(text)
        if key is None:
            raise ConfigError(
                f"{self.path} does not hold a key of {_BYTES} bytes in hexadecimal: {self.lost}.",
                advice=self._advice(),
            )
        own, known = _fingerprint(key), self._known()
        if known and known != own:
            raise ConfigError(
                f"{self.path} is another key than the one of the data: its fingerprint is not the one in "
                f"{self.fingerprint}. With it {self.lost}.",
                advice=self._advice(),
            )
        if not known:
            # A home that is only read, as a backup is, keeps none.
            with suppress(StorageError):
                replace_file(self.fingerprint, f"{own}{_check(own)}\n".encode())
        return key

    def _known(self) -> str:
        """The fingerprint beside the data; empty when there is none, or none that can be read."""
        try:
            text = self.fingerprint.read_text(encoding="ascii", errors="replace").strip()
        except FileNotFoundError:
            return ""
        found, check = text[:_FINGERPRINT_LENGTH], text[_FINGERPRINT_LENGTH:]
        return found if len(check) == _CHECK_LENGTH and check == _check(found) else ""

    def _advice(self) -> str:
        return f"Restore {self.path.name} from your backup. {self.anew}".strip()


def _parsed(text: str) -> bytes | None:
    try:
        key = bytes.fromhex(text)
    except ValueError:
        return None
    return key if len(key) == _BYTES else None


def _fingerprint(key: bytes) -> str:
    return hashlib.sha256(b"fingerprint of a key of ttkpi" + key).hexdigest()[:_FINGERPRINT_LENGTH]


def _check(fingerprint: str) -> str:
    return hashlib.sha256(fingerprint.encode()).hexdigest()[:_CHECK_LENGTH]


def _create(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(_BYTES) + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        # A link fails when the name is taken: of two first runs, one key wins and both use it.
        os.link(temporary, path)
    except FileExistsError:
        pass
    finally:
        temporary.unlink()
