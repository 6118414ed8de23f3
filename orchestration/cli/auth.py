"""Authorisations of sellers and ads accounts."""

from __future__ import annotations

import sys

import click

from orchestration.cli.base import Commands
from orchestration.cli.session import open_home, show_progress


@click.group(cls=Commands)
def auth() -> None:
    """Authorisations of sellers and ads accounts. 店铺与广告账户授权。"""


def _code(code: str) -> str:
    """The code itself; `-` is the first line of standard input: other users see the arguments of a process."""
    found = (sys.stdin.readline() if code == "-" else code).strip()
    if not found:
        raise click.UsageError("There is no code on standard input.")
    return found


@auth.command("exchange")
@click.argument("code")
def auth_exchange(code: str) -> None:
    """Turn the CODE that a seller's authorisation ends with into tokens. 用授权码换取令牌。

    The code stands in the address of the page after the seller has agreed (code=...); `-` reads it from standard
    input. It works once and for 30 minutes. The tokens go to tokens.json in TTKPI_HOME, readable for you alone. Exit
    code 3 when a shop is of a region that seeds/shared/regions.csv does not know: it is left out until it is added.

    \b
    Example:  ttkpi auth exchange TTP_FeBoANmHP3yqdoUI9fZOCw
    """
    from home.audit_log import recorded
    from home.config import load_shop_config
    from home.demo_home import refuse_demo_home
    from ingestion.engine.regions import RegionUnknown, require_region
    from ingestion.tiktok_shop.auth import AuthHost
    from ingestion.tiktok_shop.client import ShopClient
    from ingestion.tiktok_shop.tokens import TokenStore
    from orchestration.run import SOME_SHOPS_FAILED

    home, reporter = open_home(), show_progress()
    refuse_demo_home(home)
    config = load_shop_config()
    tokens = TokenStore(home.tokens_file, AuthHost(config), notify=reporter.warning)
    with recorded(home, "authorise") as entry:
        entry.details["source"] = "tiktok_shop"
        grant = tokens.exchange(_code(code))
        entry.subject = grant.open_id
        entry.details["scopes"] = grant.granted_scopes
    click.echo(f"Authorised by {grant.seller_name or grant.open_id}. Tokens: {home.tokens_file}")
    refused = False
    with ShopClient(config, tokens, notify=reporter.warning) as client:
        for shop in client.authorized_shops():
            if shop.open_id != grant.open_id:
                continue
            click.echo(f"  {shop.region}  {shop.shop_id}  {shop.name}")
            try:
                require_region(shop.region, shop.name)
            except RegionUnknown as error:
                reporter.warning(str(error))
                refused = True
    click.echo("Next: ttkpi run")
    if refused:
        raise SystemExit(SOME_SHOPS_FAILED)


@auth.command("ads")
@click.argument("code")
def auth_ads(code: str) -> None:
    """Turn the CODE of an ads account's authorisation into a token. 广告账户授权。

    The code stands in the address of the page after the account's user has agreed (auth_code=...); `-` reads it from
    standard input. It works once and for an hour. The token goes to ads_tokens.json in TTKPI_HOME, readable for you
    alone, and lives until it is withdrawn. From then on `ttkpi sync` and `ttkpi run` read the ads accounts as well.

    \b
    Example:  ttkpi auth ads 83e2e5a1d4
    """
    from home.audit_log import recorded
    from home.config import load_ads_config
    from home.demo_home import refuse_demo_home
    from ingestion.tiktok_ads.client import AdsClient, AdsProblem
    from ingestion.tiktok_ads.tokens import AdsAuthHost, AdsTokenStore

    home, reporter = open_home(), show_progress()
    config = load_ads_config()
    refuse_demo_home(home, config.base_url)
    tokens = AdsTokenStore(home.ads_tokens_file)
    with recorded(home, "authorise") as entry:
        entry.details["source"] = "tiktok_ads"
        grant = tokens.exchange(_code(code), AdsAuthHost(config, notify=reporter.warning))
        entry.subject = " ".join(grant.advertiser_ids)
    count = len(grant.advertiser_ids)
    click.echo(
        f"Authorised for {count} ads account{'' if count == 1 else 's'}. Tokens: {home.ads_tokens_file}"
    )
    problems: list[AdsProblem] = []
    with AdsClient(config, tokens, notify=reporter.warning) as client:
        for account in client.advertisers(problems):
            if account.advertiser_id in grant.advertiser_ids:
                click.echo(f"  {account.advertiser_id}  {account.name}")
    for problem in problems:
        reporter.warning(str(problem.error))
    click.echo("Next: ttkpi run")


@auth.command("status")
def auth_status() -> None:
    """Who has authorised the app, for which shops and ads accounts, and for how long. 授权状态与剩余天数。

    Exit code 2 when no seller has: ads accounts are read beside shops, and a run needs a shop.

    \b
    Example:  ttkpi auth status
    """
    from ingestion.engine.errors import NotAuthorised
    from orchestration.cli.status_report import show_ads_authorisations, show_authorisations
    from orchestration.status import ads_authorisations, authorisations

    home = open_home()
    known, ads = authorisations(home), ads_authorisations(home)
    if known:
        show_authorisations(known)
    if ads:
        show_ads_authorisations(ads)
    if not known:
        raise NotAuthorised(
            f"No seller has authorised the app yet ({home.tokens_file} is missing or empty).",
            advice="Let the seller authorise the app, then run `ttkpi auth exchange CODE`.",
        )
