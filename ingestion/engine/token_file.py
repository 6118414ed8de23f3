"""The token file: JSON, mode 0600, replaced as a whole and never half written."""

from __future__ import annotations

import dataclasses
import os
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, Self, TypeVar

import orjson
from filelock import FileLock, Timeout

from home.storage import sync_folder
from ingestion.engine.errors import TokenFileError
from ingestion.tiktok_shop.auth import TokenAnswer

SELLER = 0
CREATOR = 1
"""`user_type` of a seller; creators and partners have no shops to list."""

_VERSION = 1
_ROOM = 16_384

S = TypeVar("S")
"""What a token file holds."""


@dataclass(frozen=True, slots=True)
class Grant:
    """One seller's authorisation of the app.

    Attributes:
        open_id: TikTok's name of it.
        seller_name: The seller.
        access_token: Goes with every request. Hidden from `repr`.
        access_token_expires_at: Unix seconds.
        refresh_token: Buys the next pair of tokens. Hidden from `repr`.
        refresh_token_expires_at: Unix seconds; the end of the authorisation.
        granted_scopes: What the seller has allowed.
        user_type: 0 seller, 1 creator, 3 partner.
        obtained_at: When this pair was given out, unix seconds of our clock.
    """

    open_id: str
    seller_name: str
    access_token: str = field(repr=False)
    access_token_expires_at: int
    refresh_token: str = field(repr=False)
    refresh_token_expires_at: int
    granted_scopes: tuple[str, ...]
    user_type: int = SELLER
    obtained_at: int = 0

    @classmethod
    def from_answer(cls, answer: TokenAnswer, *, obtained_at: int, previous: Self | None) -> Self:
        """A grant from new tokens; what a renewal leaves out stays as it was."""
        scopes, user_type = answer.granted_scopes, answer.user_type
        if scopes is None:
            scopes = previous.granted_scopes if previous else ()
        if user_type is None:
            user_type = previous.user_type if previous else SELLER
        return cls(
            open_id=previous.open_id if previous else answer.open_id,
            seller_name=answer.seller_name or (previous.seller_name if previous else ""),
            access_token=answer.access_token,
            access_token_expires_at=answer.access_token_expires_at,
            refresh_token=answer.refresh_token,
            refresh_token_expires_at=answer.refresh_token_expires_at,
            granted_scopes=scopes,
            user_type=user_type,
            obtained_at=obtained_at,
        )


@dataclass(frozen=True, slots=True)
class KnownShop:
    """A shop of a grant, as last listed; see `ShopRef` for the fields."""

    shop_id: str
    name: str
    region: str
    seller_type: str
    code: str
    cipher: str = field(repr=False)

    @classmethod
    def from_api(cls, item: Mapping[str, Any]) -> Self:
        """A shop from an element of the authorised shops' list."""
        return cls(
            shop_id=str(item.get("id") or ""),
            name=str(item.get("name") or ""),
            region=str(item.get("region") or ""),
            seller_type=str(item.get("seller_type") or ""),
            code=str(item.get("code") or ""),
            cipher=str(item.get("cipher") or ""),
        )


@dataclass(slots=True)
class TokenState:
    """What the file holds.

    Attributes:
        grants: By `open_id`.
        shops: The shops last listed, by `open_id`.
    """

    grants: dict[str, Grant] = field(default_factory=dict)
    shops: dict[str, list[KnownShop]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Form(Generic[S]):
    """How a token file is written and read.

    Attributes:
        empty: What a file that is not there holds.
        dump: From the state to JSON values.
        parse: From JSON values to the state; raises KeyError, TypeError, ValueError or AttributeError.
        again: What to do when the file is lost.
    """

    empty: Callable[[], S]
    dump: Callable[[S], dict[str, Any]]
    parse: Callable[[Any], S]
    again: str


class Replacement(Generic[S]):
    """The next version of the file, with its room on the disk already taken."""

    def __init__(self, path: Path, temporary: Path, descriptor: int, form: Form[S]) -> None:
        self._path = path
        self._temporary = temporary
        self._descriptor = descriptor
        self._form = form

    def commit(self, state: S) -> None:
        """Puts the state in the place of the file, all or nothing.

        Raises:
            TokenFileError: The disk refused; the file is as it was.
        """
        content = orjson.dumps(self._form.dump(state), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)
        with _told(self._path, "written"):
            _write(self._descriptor, content)
            self._temporary.replace(self._path)
            sync_folder(self._path.parent)


class LockedFile(Generic[S]):
    """A file of tokens that is read and replaced. Callers hold its lock while they replace it.

    Args:
        path: The file.
        form: What is in it.
    """

    def __init__(self, path: Path, form: Form[S]) -> None:
        self.path = path
        self._form = form
        self._threads = threading.Lock()

    def make_folder(self) -> None:
        """Makes the folder, for its owner only, unless it is there."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)

    def read(self) -> S:
        """What the file holds; nothing when there is no file.

        Raises:
            TokenFileError: It can't be read or is damaged. It is left as it is.
        """
        with _told(self.path, "read"):
            try:
                content = self.path.read_bytes()
            except FileNotFoundError:
                return self._form.empty()
        # What is wrong is told without quoting the file: it holds tokens.
        problem = "it is not JSON"
        try:
            return self._form.parse(orjson.loads(content))
        except orjson.JSONDecodeError:
            pass
        except (KeyError, TypeError, ValueError, AttributeError):
            problem = "it does not have the form this program writes"
        raise TokenFileError(
            f"{self.path} is damaged: {problem}. It was not changed.",
            advice=f"Restore it from a backup, or move it away and {self._form.again}.",
        )

    @contextmanager
    def locked(self, timeout: float) -> Iterator[None]:
        """Holds the file against other threads and processes that replace it.

        Raises:
            TokenFileError: Somebody else holds it for too long, or the folder can't be written.
        """
        with self._threads:
            lock = FileLock(f"{self.path}.lock", mode=0o600)
            busy: TokenFileError | None = None
            try:
                self.make_folder()
                lock.acquire(timeout=timeout, poll_interval=0.02)
            except Timeout:
                busy = TokenFileError(
                    f"Another process has held {self.path} for {timeout:.0f} s.",
                    advice="Wait for it, or end it if it hangs.",
                )
            except OSError as error:
                busy = TokenFileError(
                    f"{self.path} can't be locked: {error.strerror}.",
                    advice="Make its folder writable for this user.",
                )
            if busy is not None:
                raise busy
            try:
                yield
            finally:
                lock.release()

    @contextmanager
    def replacement(self) -> Iterator[Replacement[S]]:
        """A new version in the making. Its room on the disk is taken at once, before tokens are asked for.

        Raises:
            TokenFileError: The folder can't be written, or the disk is full.
        """
        # By the file's own name: another token file in the folder has makings of its own.
        prefix = f".{self.path.stem}-"
        with _told(self.path, "written"):
            # A killed process may have left one; nobody else is writing, as we hold the lock.
            for left_over in self.path.parent.glob(f"{prefix}*"):
                left_over.unlink(missing_ok=True)
            descriptor, name = tempfile.mkstemp(prefix=prefix, dir=self.path.parent)
        temporary = Path(name)
        try:
            with _told(self.path, "written"):
                size = self.path.stat().st_size if self.path.exists() else 0
                _write(descriptor, b" " * (size + _ROOM))
            yield Replacement(self.path, temporary, descriptor, self._form)
        finally:
            os.close(descriptor)
            temporary.unlink(missing_ok=True)


def _dump(state: TokenState) -> dict[str, Any]:
    return {
        "version": _VERSION,
        "grants": {open_id: dataclasses.asdict(grant) for open_id, grant in state.grants.items()},
        "shops": {
            open_id: [dataclasses.asdict(shop) for shop in shops] for open_id, shops in state.shops.items()
        },
    }


def _parse(content: Any) -> TokenState:
    if content["version"] != _VERSION:
        raise ValueError("another version")
    state = TokenState()
    for open_id, item in content["grants"].items():
        grant = Grant(**{**item, "granted_scopes": tuple(item["granted_scopes"])})
        texts = (grant.open_id, grant.access_token, grant.refresh_token)
        times = (grant.access_token_expires_at, grant.refresh_token_expires_at, grant.obtained_at)
        if not all(isinstance(text, str) and text for text in texts) or not all(
            isinstance(t, int) for t in times
        ):
            raise ValueError("unusable tokens")
        state.grants[open_id] = grant
    for open_id, items in content["shops"].items():
        state.shops[open_id] = [KnownShop(**item) for item in items]
    return state


class TokenFile(LockedFile[TokenState]):
    """The sellers' tokens.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path, Form(TokenState, _dump, _parse, "run `ttkpi auth exchange CODE` per seller"))


def _write(descriptor: int, content: bytes) -> None:
    os.lseek(descriptor, 0, os.SEEK_SET)
    written = 0
    while written < len(content):
        written += os.write(descriptor, content[written:])
    os.ftruncate(descriptor, len(content))
    os.fsync(descriptor)


@contextmanager
def _told(path: Path, verb: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise TokenFileError(
            f"{path} can't be {verb}: {error.strerror}.",
            advice="Check the rights of the file and its folder, and the room on the disk.",
        ) from error
