"""The token file of the sellers: their authorisations, and the shops that each reaches."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from home.text import one_line
from ingestion.engine.token_file import Form, LockedFile
from ingestion.tiktok_shop.auth import TokenAnswer

SELLER = 0
CREATOR = 1
"""`user_type` of a seller; creators and partners have no shops to list."""

_VERSION = 1


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
            name=one_line(str(item.get("name") or "")),
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
