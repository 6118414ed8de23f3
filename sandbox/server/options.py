"""Settings of the server."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxOptions:
    """What can be set when the server starts.

    Attributes:
        app_key: Key of the one app that is registered.
        app_secret: Its secret.
        auth_code: Code that is valid from the start, for all shops. Unlike minted ones it does not run out,
            so that a server may have run for a while before it is used.
        creator_code: Code of the creator behind the first shop's official account, valid from the start too.
        auth_code_reusable: Let those codes work more than once.
        seller_name: Name of the seller behind that code.
        scopes: What the seller grants; empty for every scope that an endpoint asks for.
        access_token_seconds: Life of an access token; 7 days as on the real host.
        refresh_token_seconds: Life of an authorisation; a refresh does not prolong it.
        keep_old_refresh_token: Let a refresh token work once more after it was used, until its successor is
            used, so that a client which lost an answer can repeat its call. Whether the real host does so is
            not documented; False ends a token with its first use, which shows clients that refresh twice at
            once.
        requests_per_second: Limit per shop and endpoint; None for no limit.
        burst: Calls that may come at once within the limit.
        largest_page: Most records that a list gives at a time, whatever is asked for; None for no such limit. A
            small world has lists of many pages with it.
        advance_seconds: Seconds by which the world's clock is moved while lists are being paged, so that
            records change between two pages; 0 leaves it alone.
        advance_every_pages: After how many pages it is moved.
        room_id_regions: Regions whose order lines carry `room_id`. TikTok announced the field for shops of the US
            only; with another region in it a shop is as if the field came there too.
    """

    app_key: str = "sandbox-app"
    app_secret: str = "sandbox-secret"  # noqa: S105 (the sandbox has no secrets)
    auth_code: str = "sandbox-code"
    creator_code: str = "sandbox-creator-code"
    auth_code_reusable: bool = False
    seller_name: str = "Aurora Trading"
    scopes: tuple[str, ...] = ()
    access_token_seconds: int = 7 * 86_400
    refresh_token_seconds: int = 365 * 86_400
    keep_old_refresh_token: bool = True
    requests_per_second: float | None = None
    burst: int = 50
    largest_page: int | None = None
    advance_seconds: int = 0
    advance_every_pages: int = 1
    room_id_regions: tuple[str, ...] = ("US",)
