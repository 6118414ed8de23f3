"""The TikTok Shop endpoints that are read, in their newest versions.

Page sizes are the largest the contract allows; scopes are those of TikTok's Partner Center. An app that lacks
one gets code 105005 for that endpoint only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_PLAIN_VALUE = re.compile(r"[A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint of the Shop API.

    Attributes:
        name: Short name: key of the throttle, word in messages, value of `sync_log.endpoint`.
        method: GET or POST.
        path: Path with `{placeholders}`, version included.
        version: API version, as in the path.
        shop_cipher: Whether the query must carry `shop_cipher`. Sent where it is not wanted it fails with
            36009004, missing where it is wanted with 106013.
        page_size: Largest page the endpoint allows; None when it does not page.
        scope: Scope the seller must have granted; None when a creator's token is needed instead.
        gives: How much one call gives, for people; by default what its pages allow.
    """

    name: str
    method: Literal["GET", "POST"]
    path: str
    version: str
    shop_cipher: bool = True
    page_size: int | None = None
    scope: str | None = None
    gives: str = ""

    @property
    def one_call(self) -> str:
        """How much one call gives, for people."""
        return self.gives or (f"1-{self.page_size}" if self.page_size else "all at once")

    def url_path(self, values: Mapping[str, str]) -> str:
        """The path with its placeholders filled.

        Values are restricted to characters that are the same in a signature and in a URL.

        Raises:
            ValueError: A placeholder without a value, a value without a placeholder, or an unusable value.
        """
        wanted = set(_PLACEHOLDER.findall(self.path))
        if wanted != set(values):
            raise ValueError(f"{self.name} wants path values {sorted(wanted)}, got {sorted(values)}")
        if not wanted:
            return self.path
        for key, value in values.items():
            if not _PLAIN_VALUE.fullmatch(value) or value in (".", ".."):
                raise ValueError(f"{self.name}: {key}={value!r} can't be part of a path")
        return self.path.format(**values)


AUTHORIZED_SHOPS = Endpoint(
    "authorized_shops",
    "GET",
    "/authorization/202309/shops",
    "202309",
    shop_cipher=False,
    scope="seller.authorization.info",
)
