"""Authorisations: codes that sellers get, tokens that apps get for them.

A code works once, for thirty minutes. An access token has its own life; every refresh gives a new pair. With
`keep_old_refresh_token` (default) a used refresh token works until its successor is used, and ends then. The
end of the authorisation is not moved by a refresh. All times are absolute unix seconds of the wall clock.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sandbox.server.options import SandboxOptions
from sandbox.server.refusal import (
    BAD_AUTH_CODE,
    NO_AUTHORISATION,
    REFRESH_TOKEN_EXPIRED,
    SCOPE_MISSING,
    TOKEN_INVALID,
    Refusal,
    bad_request,
)

CODE_SECONDS = 30 * 60
SELLER, CREATOR = 0, 1


@dataclass(slots=True)
class AuthCode:
    """A seller's consent, waiting to be traded for tokens.

    Attributes:
        code: The text.
        shop_ids: Shops it covers.
        scopes: What the seller consented to.
        seller_name: Name of the seller, or of the creator.
        creator: A creator's `open_id`; empty for a seller.
        expires_at: End of its life; None for the ones that are there from the start.
        reusable: Whether it works more than once.
        used: Whether it was traded.
    """

    code: str
    shop_ids: tuple[str, ...]
    scopes: tuple[str, ...]
    seller_name: str
    creator: str = ""
    expires_at: float | None = None
    reusable: bool = False
    used: bool = False


@dataclass(frozen=True, slots=True)
class Creator:
    """Somebody who goes LIVE and may authorise the app.

    Attributes:
        open_id: His name for the app.
        username: His name on the platform.
        region: His market.
    """

    open_id: str
    username: str
    region: str


@dataclass(slots=True)
class Grant:
    """One seller's authorisation, or one creator's, which covers no shop and knows no scope.

    Attributes:
        open_id: Its name; the same shops get the same one again.
        seller_name: Name of the seller, or of the creator.
        shop_ids: Shops it covers.
        scopes: What it allows.
        user_type: `SELLER` or `CREATOR`.
        missing: Scopes that are withheld for single shops.
        access_tokens: Live access tokens and their ends.
        refresh_tokens: Refresh tokens that work, oldest first.
        expires_at: End of the authorisation.
        revoked: Whether the seller has withdrawn it.
    """

    open_id: str
    seller_name: str
    shop_ids: tuple[str, ...]
    scopes: list[str]
    expires_at: float
    missing: dict[str, list[str]] = field(default_factory=dict)
    access_tokens: dict[str, float] = field(default_factory=dict)
    refresh_tokens: list[str] = field(default_factory=list)
    revoked: bool = False
    user_type: int = SELLER

    def require(self, scope: str, shop_id: str) -> None:
        """Checks a scope.

        Raises:
            Refusal: 105005, with a text that names the scope.
        """
        if scope not in self.scopes or scope in self.missing.get(shop_id, ()):
            raise Refusal(
                SCOPE_MISSING,
                f"Access denied: the seller has not granted the scope {scope}, which this API needs",
            )


class Auth:
    """The registry of one app's codes, grants and tokens.

    Args:
        options: Keys, lives and the first code.
        regions: Shop ids with their regions, in the world's order.
        creators: Who may authorise the app besides sellers; the code in the options is the first one's.
    """

    def __init__(
        self, options: SandboxOptions, regions: Mapping[str, str], creators: Sequence[Creator] = ()
    ) -> None:
        self._options = options
        self._regions = dict(regions)
        self._creators = {creator.open_id: creator for creator in creators}
        self.codes: dict[str, AuthCode] = {}
        self.grants: dict[str, Grant] = {}
        self._by_access_token: dict[str, Grant] = {}
        if options.auth_code:
            self.codes[options.auth_code] = AuthCode(
                options.auth_code,
                tuple(self._regions),
                options.scopes,
                options.seller_name,
                reusable=options.auth_code_reusable,
            )
        if options.creator_code and creators:
            self.codes[options.creator_code] = AuthCode(
                options.creator_code,
                (),
                (),
                creators[0].username,
                creators[0].open_id,
                reusable=options.auth_code_reusable,
            )

    def mint_creator_code(self, now: float, username: str) -> AuthCode:
        """A fresh code, as after a creator's consent.

        Raises:
            ValueError: There is no such creator.
        """
        found = next((one for one in self._creators.values() if one.username == username), None)
        if found is None:
            raise ValueError(f"no such creator: {username}")
        text = f"ROW_{secrets.token_urlsafe(24)}"
        code = AuthCode(text, (), (), found.username, found.open_id, now + CODE_SECONDS)
        self.codes[text] = code
        return code

    def mint_code(
        self,
        now: float,
        *,
        shop_ids: Sequence[str] | None = None,
        scopes: Sequence[str] | None = None,
        seller_name: str | None = None,
    ) -> AuthCode:
        """A fresh code, as after the seller's consent.

        Args:
            now: Wall clock.
            shop_ids: Shops of that seller; None for all.
            scopes: What is granted; None for everything.
            seller_name: None for the name in the options.

        Raises:
            ValueError: There is no such shop.
        """
        wanted = tuple(self._regions) if shop_ids is None else tuple(shop_ids)
        unknown = [shop_id for shop_id in wanted if shop_id not in self._regions]
        if unknown or not wanted:
            raise ValueError(f"no such shop: {', '.join(unknown) or 'the list is empty'}")
        code = AuthCode(
            f"ROW_{secrets.token_urlsafe(24)}",
            wanted,
            self._options.scopes if scopes is None else tuple(scopes),
            seller_name or self._options.seller_name,
            expires_at=now + CODE_SECONDS,
        )
        self.codes[code.code] = code
        return code

    def exchange(self, query: Mapping[str, str], now: float) -> dict[str, Any]:
        """GET /api/v2/token/get: tokens for a code.

        Raises:
            Refusal: Wrong app, or 36004004: the code is unknown, used or too old.
        """
        self._check_app(query, "authorized_code")
        code = self.codes.get(query.get("auth_code", ""))
        if code is None or code.used or (code.expires_at is not None and now >= code.expires_at):
            raise Refusal(BAD_AUTH_CODE, "invalid auth code")
        code.used = not code.reusable
        open_id = code.creator or hashlib.sha256("|".join(sorted(code.shop_ids)).encode()).hexdigest()[:24]
        grant = self.grants.get(open_id)
        if grant is None:
            grant = Grant(open_id, code.seller_name, code.shop_ids, [], 0.0)
            self.grants[open_id] = grant
        grant.user_type = CREATOR if code.creator else SELLER
        grant.scopes = list(code.scopes)
        grant.missing = {}
        grant.revoked = False
        grant.expires_at = now + self._options.refresh_token_seconds
        grant.refresh_tokens = []
        return self._issue(grant, now)

    def refresh(self, query: Mapping[str, str], now: float) -> dict[str, Any]:
        """GET /api/v2/token/refresh: the next pair of tokens.

        Raises:
            Refusal: Wrong app, 36004005: no such authorisation (any more), 36004001: it has run out.
        """
        self._check_app(query, "refresh_token")
        token = query.get("refresh_token", "")
        grant = next((grant for grant in self.grants.values() if token in grant.refresh_tokens), None)
        if grant is None or grant.revoked:
            raise Refusal(NO_AUTHORISATION, "can not find related auth record")
        if now >= grant.expires_at:
            raise Refusal(REFRESH_TOKEN_EXPIRED, "rt has expired")
        grant.refresh_tokens = [token] if self._options.keep_old_refresh_token else []
        return self._issue(grant, now)

    def grant_of(self, access_token: str, now: float) -> Grant:
        """The grant an access token belongs to.

        Raises:
            Refusal: 105002: no token, an unknown or withdrawn one, or one that has expired.
        """
        grant = self._by_access_token.get(access_token)
        if not access_token or grant is None or grant.revoked:
            raise Refusal(TOKEN_INVALID, "Invalid access token: it is missing, unknown or withdrawn")
        if now >= grant.access_tokens[access_token]:
            raise Refusal(TOKEN_INVALID, "Access token is expired, please refresh it")
        return grant

    def select(self, open_id: str | None) -> list[Grant]:
        """The named grant, or all of them.

        Raises:
            ValueError: There is no such grant.
        """
        if open_id is None:
            return list(self.grants.values())
        if open_id not in self.grants:
            raise ValueError(f"no such grant: {open_id}")
        return [self.grants[open_id]]

    def expire_access_tokens(self, grants: Iterable[Grant], now: float) -> int:
        """Ends the access tokens of grants now; says how many."""
        ended = 0
        for grant in grants:
            for token, end in grant.access_tokens.items():
                ended += end > now
                grant.access_tokens[token] = min(end, now)
        return ended

    def to_json(self) -> dict[str, Any]:
        """Everything that has to outlive the process."""
        return {
            "codes": [
                {
                    "code": code.code,
                    "shop_ids": code.shop_ids,
                    "scopes": code.scopes,
                    "seller_name": code.seller_name,
                    "creator": code.creator,
                    "expires_at": code.expires_at,
                    "reusable": code.reusable,
                    "used": code.used,
                }
                for code in self.codes.values()
            ],
            "grants": [
                {
                    "open_id": grant.open_id,
                    "seller_name": grant.seller_name,
                    "shop_ids": grant.shop_ids,
                    "scopes": grant.scopes,
                    "expires_at": grant.expires_at,
                    "missing": grant.missing,
                    "access_tokens": grant.access_tokens,
                    "refresh_tokens": grant.refresh_tokens,
                    "revoked": grant.revoked,
                    "user_type": grant.user_type,
                }
                for grant in self.grants.values()
            ],
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Takes back what `to_json` gave. Settings of the first code come from the options of this start."""
        for item in state["codes"]:
            code = AuthCode(**{**item, "shop_ids": tuple(item["shop_ids"]), "scopes": tuple(item["scopes"])})
            if code.code in (self._options.auth_code, self._options.creator_code):
                code.reusable = self._options.auth_code_reusable
                code.used = code.used and not code.reusable
            self.codes[code.code] = code
        for item in state["grants"]:
            grant = Grant(**{**item, "shop_ids": tuple(item["shop_ids"])})
            self.grants[grant.open_id] = grant
            self._by_access_token.update(dict.fromkeys(grant.access_tokens, grant))

    def _region(self, grant: Grant) -> str:
        if grant.user_type == CREATOR:
            return self._creators[grant.open_id].region
        return self._regions[grant.shop_ids[0]]

    def _check_app(self, query: Mapping[str, str], grant_type: str) -> None:
        if query.get("app_key") != self._options.app_key:
            raise bad_request("Invalid app_key: there is no such app")
        if query.get("app_secret") != self._options.app_secret:
            raise bad_request("Invalid app_secret: it does not belong to the app_key")
        if query.get("grant_type") != grant_type:
            raise bad_request(f"Invalid parameter: grant_type must be {grant_type}")

    def _issue(self, grant: Grant, now: float) -> dict[str, Any]:
        for token in [token for token, end in grant.access_tokens.items() if end <= now]:
            del grant.access_tokens[token]
            del self._by_access_token[token]
        access, refresh = f"ROW_{secrets.token_urlsafe(48)}", f"ROW_{secrets.token_urlsafe(36)}"
        access_end = min(now + self._options.access_token_seconds, grant.expires_at)
        grant.access_tokens[access] = access_end
        grant.refresh_tokens.append(refresh)
        self._by_access_token[access] = grant
        return {
            "access_token": access,
            "access_token_expire_in": int(access_end),
            "refresh_token": refresh,
            "refresh_token_expire_in": int(grant.expires_at),
            "open_id": grant.open_id,
            "seller_name": grant.seller_name,
            "seller_base_region": self._region(grant),
            "user_type": grant.user_type,
            "granted_scopes": grant.scopes,
        }
