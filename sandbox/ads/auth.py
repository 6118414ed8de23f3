"""Codes and tokens of the ads side: one app, users who picked ads accounts, tokens that live until withdrawn."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sandbox.ads.accounts import ACCOUNTS
from sandbox.ads.refusal import (
    BAD_AUTH_CODE,
    BAD_CREDENTIALS,
    BAD_TOKEN,
    NO_PERMISSION,
    NO_TOKEN,
    AdsRefusal,
    bad_parameter,
)

APP_ID = "sandbox-ads-app"
SECRET = "sandbox-ads-secret"  # noqa: S105 (the sandbox has no secrets)
AUTH_CODE = "sandbox-ads-code"
SCOPE = (1, 2, 4, 5, 8, 21, 23)
_CODE_SECONDS = 3600


@dataclass(slots=True)
class Code:
    """An authorisation code.

    Attributes:
        advertiser_ids: The accounts that were picked.
        expires_at: Unix seconds; None for the code that is there from the start.
        used: Whether it was traded already.
    """

    advertiser_ids: list[str]
    expires_at: float | None = None
    used: bool = False


class AdsAuth:
    """Who may read what.

    Args:
        reusable: Let the first code work more than once.
    """

    def __init__(self, *, reusable: bool = False) -> None:
        self._reusable = reusable
        every = [account.id for account in ACCOUNTS]
        self.codes: dict[str, Code] = {AUTH_CODE: Code(every)}
        self.tokens: dict[str, list[str]] = {}
        self.closed: set[str] = set()

    def mint(self, advertiser_ids: Iterable[str], now: float) -> str:
        """A new code for some accounts."""
        code = f"ads-{secrets.token_hex(12)}"
        self.codes[code] = Code(list(advertiser_ids), now + _CODE_SECONDS)
        return code

    def exchange(self, given: Mapping[str, Any], now: float) -> dict[str, Any]:
        """The answer to `POST /oauth2/access_token/`.

        Raises:
            AdsRefusal: The app or the code is wrong.
        """
        for name in ("app_id", "secret", "auth_code"):
            if not isinstance(given.get(name), str) or not given[name]:
                raise bad_parameter(f"{name}: Missing data for required field.")
        self.check_app(str(given["app_id"]), str(given["secret"]))
        code = self.codes.get(str(given["auth_code"]))
        reusable = self._reusable and given["auth_code"] == AUTH_CODE
        if code is None or (code.used and not reusable):
            raise AdsRefusal(BAD_AUTH_CODE, "Auth code is invalid or has been used")
        if code.expires_at is not None and code.expires_at < now:
            raise AdsRefusal(BAD_AUTH_CODE, "Auth code is expired")
        code.used = True
        token = secrets.token_hex(20)
        self.tokens[token] = list(code.advertiser_ids)
        return {"access_token": token, "advertiser_ids": code.advertiser_ids, "scope": list(SCOPE)}

    def check_app(self, app_id: str | None, secret: str | None) -> None:
        """Raises for an unknown app, or a wrong secret."""
        if (app_id, secret) != (APP_ID, SECRET):
            raise AdsRefusal(BAD_CREDENTIALS, "App id or secret is incorrect")

    def accounts_of(self, token: str | None) -> list[str]:
        """The accounts a token reaches.

        Raises:
            AdsRefusal: It is missing or not valid.
        """
        if not token:
            raise AdsRefusal(NO_TOKEN, "Access token is empty")
        if token not in self.tokens:
            raise AdsRefusal(BAD_TOKEN, "Access token is incorrect or has been revoked")
        return self.tokens[token]

    def require(self, token: str | None, advertiser_id: str) -> None:
        """Raises when a token may not read an account."""
        if advertiser_id not in self.accounts_of(token) or advertiser_id in self.closed:
            raise AdsRefusal(NO_PERMISSION, f"No permission to operate advertiser {advertiser_id}")

    def to_json(self) -> dict[str, Any]:
        """What has to outlive the process."""
        codes = {name: asdict(code) for name, code in self.codes.items()}
        return {"codes": codes, "tokens": self.tokens, "closed": sorted(self.closed)}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Takes over what an earlier process kept."""
        self.codes = {name: Code(**code) for name, code in state["codes"].items()}
        self.tokens = {token: list(ids) for token, ids in state["tokens"].items()}
        self.closed = set(state["closed"])
