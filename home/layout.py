"""The folder that holds everything this project keeps, and the lock that lets one run at a time change it.

| inside | what |
| --- | --- |
| `tokens.json` | the sellers' tokens, mode 0600 |
| `ads_tokens.json` | the tokens of ads accounts, mode 0600 |
| `privacy.key` | the key that turns buyer ids into hashes, mode 0600; made once (`home/keys.py`) |
| `freeze.key` | the key that signs frozen months, mode 0600; made once |
| `seal.key` | the key that seals publications and the audit log, mode 0600; made once |
| `*.fingerprint` beside the data | of which key the data is |
| `audit_log.jsonl`, `audit_log.head.json` | who did what; only grows (`home/audit_log.py`) |
| `frozen/` | scorecards of the months that were frozen; written once, never changed |
| `restock.json` | which suggestion to order was accepted where |
| `webhooks.json` | which alert was told to which webhook, mode 0600 |
| `inputs/` | what the team maintains in workbooks, every version of it (`home/inputs.py`) |
| `inbox/` | files that were downloaded by hand and wait to be imported; then `inbox/done`, `inbox/refused` |
| `archive/` | every page as it came, without contact data; never changed |
| `raw/` | typed rows as Parquet, `raw/<source>/<table>/` |
| `dlt/` | dlt's working folders |
| `warehouse.duckdb`, `published/` | what dbt builds, and what BI reads |
| `published_values/` | what each publication changed of the KPIs of a day; only grows |
"""

from __future__ import annotations

import json
import os
import socket
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from home.config import HOME_VARIABLE, PROJECT_ROOT
from home.errors import ConfigError, TtkpiError
from home.keys import Key
from home.storage import finish_exchange, storage_error, storage_errors

BI_NAME = "ttkpi.duckdb"
"""Name of the published files for BI tools; `marts.duckdb`, the same file, is the name of releases before."""
AUDIT_LOG_HEAD = "audit_log.head.json"
"""Number and hash of the newest entry of the audit log."""
AUDIT_LOG = "audit_log.jsonl"
"""The entries of the audit log."""
WAREHOUSE = "warehouse.duckdb"
"""The DuckDB file that dbt builds."""
_SEAL_FINGERPRINT = "seal.fingerprint"
_PRIVATE = 0o700
_held: set[tuple[str, int]] = set()
"""Homes held by this process, with the thread that took them."""


class HomeBusy(TtkpiError):
    """Another run is at work in the same home.

    Attributes:
        holder: What the other run wrote about itself: pid, host, purpose, since; empty when unreadable.
    """

    def __init__(self, message: str, *, advice: str = "", holder: dict[str, Any] | None = None) -> None:
        super().__init__(message, advice=advice)
        self.holder = holder or {}


@dataclass(frozen=True)
class Home:
    """The project's folder (`TTKPI_HOME`, default `.ttkpi/` in the checkout).

    Attributes:
        root: The folder, absolute.
    """

    root: Path

    @classmethod
    def from_env(cls) -> Home:
        """The home named by `TTKPI_HOME`, or `.ttkpi/` in the project. Nothing is created yet."""
        written = os.environ.get(HOME_VARIABLE, "")
        # Blanks around it are a slip of the pen, unless there is a folder of that very name: another would be empty.
        value = written.strip()
        if value and value != written and os.path.isdir(written):  # noqa: PTH112 - False where it may not look
            value = written
        path = Path(value).expanduser() if value else PROJECT_ROOT / ".ttkpi"
        return cls(path.absolute())

    def require_path_without(self, signs: str, why: str) -> None:
        """Refuse a path in which there is a sign that a library takes for something else.

        Args:
            signs: The signs; line breaks and other control signs are refused in any case.
            why: What takes them for what, after "which".

        Raises:
            ConfigError: One is in the path; names it.
        """
        found = {sign for sign in str(self.root) if sign in signs or sign < " " or sign == "\x7f"}
        if found:
            shown = " and ".join(sign if sign.isprintable() else ascii(sign) for sign in sorted(found))
            raise ConfigError(
                f"The path {self.root} has {shown} in it, which {why}.",
                advice=f"Move the folder to another path, and point {HOME_VARIABLE} there.",
            )

    @property
    def tokens_file(self) -> Path:
        """The sellers' tokens."""
        return self.root / "tokens.json"

    @property
    def ads_tokens_file(self) -> Path:
        """The tokens of ads accounts."""
        return self.root / "ads_tokens.json"

    @property
    def archive(self) -> Path:
        """Every page as it came."""
        return self.root / "archive"

    @property
    def frozen(self) -> Path:
        """Frozen months."""
        return self.root / "frozen"

    @property
    def freeze_key_file(self) -> Path:
        """The key that signs frozen months."""
        return self.root / "freeze.key"

    @property
    def seal_key_file(self) -> Path:
        """The key that seals publications and the audit log."""
        return self.root / "seal.key"

    @property
    def raw(self) -> Path:
        """Typed rows, `<source>/<table>/*.parquet`."""
        return self.root / "raw"

    @property
    def raw_new(self) -> Path:
        """Where `replay` builds the folder that then takes the place of `raw`."""
        return self.root / "raw.new"

    @property
    def dlt(self) -> Path:
        """dlt's working folders, one per pipeline."""
        return self.root / "dlt"

    @property
    def warehouse(self) -> Path:
        """The DuckDB file that dbt builds."""
        return self.root / WAREHOUSE

    @property
    def published(self) -> Path:
        """The DuckDB file that BI tools read."""
        return self.root / "published" / "marts.duckdb"

    @property
    def bi_file(self) -> Path:
        """The published file under the name for BI tools.

        DuckDB names the catalog of a file after the file: in `marts.duckdb` with its schema `marts`, a plain
        `marts.kpi_shop_daily`, which every tool writes, is ambiguous.
        """
        return self.published.with_name(BI_NAME)

    @property
    def published_values(self) -> Path:
        """The values of KPIs that were published."""
        return self.root / "published_values"

    def make(self) -> None:
        """Makes the folder, for its owner only, unless it is there.

        Raises:
            StorageError: It can't be made.
        """
        with storage_errors(self.root):
            if not self.root.is_dir():
                self.root.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
                # Whatever the umask says.
                self.root.chmod(_PRIVATE)

    def is_open_to_others(self) -> bool:
        """Whether every user of this machine can list the folder."""
        return self.root.is_dir() and bool(self.root.stat().st_mode & stat.S_IROTH)

    def prepare(self) -> None:
        """Makes the folders that a run needs. Brings the raw folder back if a kill came while it was exchanged.

        Raises:
            StorageError: The home can't be created or written.
        """
        self.make()
        with storage_errors(self.root):
            for folder in (self.archive, self.dlt):
                folder.mkdir(exist_ok=True)
            if not self.raw.exists():
                finish_exchange(self.raw)
            self.raw.mkdir(exist_ok=True)

    def privacy_key(self) -> bytes:
        """The key of the buyer hashes. Made at the first call, if nothing was archived yet.

        Raises:
            ConfigError: The file is not the key of the archive, or is gone.
            StorageError: It can't be read or created.
        """
        return Key(
            self.root / "privacy.key",
            self.archive / "privacy.fingerprint",
            lambda: any(self.archive.glob("*/manifest/*.jsonl")),
            "with another key every buyer would look new",
            "To give up who has bought before, and begin anew, move archive and raw out of the home and keep them.",
        ).get()

    def freeze_key(self) -> bytes:
        """The key that signs frozen months. Made at the first call, if nothing was frozen yet.

        Raises:
            ConfigError: The file is not the key of the frozen months, or is gone.
            StorageError: It can't be read or created.
        """
        return Key(
            self.freeze_key_file,
            self.frozen / "freeze.fingerprint",
            lambda: any(self.frozen.glob("[0-9]*.parquet")),
            f"the frozen months in {self.frozen} can't be checked or continued",
            "To begin anew with another key, move the folder out of the home and keep it.",
        ).get()

    def seal_key(self) -> bytes:
        """The key that seals publications and the audit log. Made at the first call, if nothing was sealed yet.

        Raises:
            ConfigError: The file is not the key of what is sealed, or is gone.
            StorageError: It can't be read or created.
        """
        log = self.root / AUDIT_LOG
        return Key(
            self.seal_key_file,
            self.root / _SEAL_FINGERPRINT,
            lambda: (self.root / AUDIT_LOG_HEAD).is_file() or (log.is_file() and log.stat().st_size > 0),
            f"what was sealed in {self.root} can't be checked or continued",
            f"To begin anew with another key, move {AUDIT_LOG}, {AUDIT_LOG_HEAD}, {_SEAL_FINGERPRINT} and published/ "
            "out of the home and keep them.",
        ).get()

    @contextmanager
    def lock(self, purpose: str) -> Iterator[None]:
        """Holds the home for one run. The operating system frees it when the process ends, however it ends.

        A thread that holds it may take it again: `ttkpi run` holds it from the sync to the publication,
        and each of them takes it when run alone.

        Args:
            purpose: What the run does, for the message that others get.

        Raises:
            HomeBusy: Another process holds it; the message names its pid, host, purpose and start.
            StorageError: The home can't be written.
        """
        self.make()
        note = self.root / "lock.json"
        key = (str(self.root.resolve()), threading.get_ident())
        if key in _held:
            # The commands call each other: whoever holds the home may take it again.
            yield
            return
        lock = FileLock(self.root / "lock", mode=0o600)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise self._busy(note) from None
        except OSError as error:
            raise storage_error(error, self.root) from error
        _held.add(key)
        try:
            holder = {
                "pid": os.getpid(),
                "host": socket.gethostname(),
                "purpose": purpose,
                "since": datetime.now(UTC).isoformat(timespec="seconds"),
            }
            with storage_errors(note):
                note.write_text(json.dumps(holder), encoding="utf-8")
            yield
        finally:
            _held.discard(key)
            note.unlink(missing_ok=True)
            lock.release()

    def _busy(self, note: Path) -> HomeBusy:
        try:
            holder = json.loads(note.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            holder = {}
        if not isinstance(holder, dict) or not holder:
            return HomeBusy(
                f"Another run is using {self.root}.", advice="Wait until it has finished, then try again."
            )
        return HomeBusy(
            f"{self.root} is in use by process {holder.get('pid')} on {holder.get('host')} "
            f"({holder.get('purpose')}, since {holder.get('since')}).",
            advice="Wait for it to finish, then try again. If that process hangs, end it: nothing is lost.",
            holder=holder,
        )
