"""Who looks, and at which file: without login everybody who reaches this machine's loopback address; with login the
audience that seed `audience_members` gives to the person's address.

The seed is read at each click, as the file is now: who is taken out, or has `is_admitted` false, sees nothing from
then on, whatever the cookie of the browser says.
"""

from __future__ import annotations

import csv
import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from home.config import PROJECT_ROOT

MEMBERS = PROJECT_ROOT / "seeds" / "trust" / "audience_members.csv"
EVERYTHING = "everything"
"""In the seed: the whole published file."""
LOGIN, AUDIENCE, MEMBERS_FILE = "TTKPI_PAGES_LOGIN", "TTKPI_PAGES_AUDIENCE", "TTKPI_PAGES_MEMBERS"
"""Environment of the process: file with the settings of the login, audience without login, and another seed."""


@dataclass(frozen=True)
class Viewer:
    """Somebody who may look.

    Attributes:
        name: The address; `local` without login.
        audience: Whose file; empty: the whole file.
    """

    name: str
    audience: str


def login_is_on() -> bool:
    """Whether people have to log in."""
    return bool(os.environ.get(LOGIN))


def local() -> Viewer:
    """Whoever sits at this machine."""
    return Viewer("local", os.environ.get(AUDIENCE, ""))


def member(address: str, *, is_verified: bool) -> Viewer | None:
    """The viewer behind an address; None when the seed does not admit it.

    Args:
        address: As the identity provider says it.
        is_verified: Whether the provider has verified that the address is the person's: an address that anybody may
            write into a profile opens nothing.
    """
    if not is_verified or not address.strip():
        return None
    audience = _members().get(address.strip().casefold())
    if audience is None:
        return None
    return Viewer(address.strip().casefold(), "" if audience == EVERYTHING else audience)


def _members() -> dict[str, str]:
    path = Path(os.environ.get(MEMBERS_FILE) or MEMBERS)
    try:
        found = path.stat()
    except OSError:
        return {}
    return _read(path, found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=2)
def _read(path: Path, changed_ns: int, size: int) -> dict[str, str]:
    """Audience by address. An address that stands twice, with unlike audiences or once refused, is refused."""
    found: dict[str, set[str]] = {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            address = (row.get("address") or "").strip().casefold()
            admitted = (row.get("is_admitted") or "").strip().lower() == "true"
            audience = (row.get("audience") or "").strip()
            found.setdefault(address, set()).add(audience if admitted else "")
    return {
        address: next(iter(audiences))
        for address, audiences in found.items()
        if address and len(audiences) == 1 and "" not in audiences
    }
