"""The endpoints of the Business API v1.3 that are read.

Every path ends with a slash: without it the gateway answers 404. Page sizes are the largest the contract allows.
"""

from __future__ import annotations

from dataclasses import dataclass

VERSION = "v1.3"
_ROOT = f"/open_api/{VERSION}"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint that is read with GET.

    Attributes:
        name: Short name: word in messages, value of `sync_log.endpoint`.
        path: Its path.
        page_size: Largest page it allows; None when it does not page.
        app_secret: Whether the query carries the app's id and secret.
        gives: How much one call gives, for people; by default what its pages allow.
    """

    name: str
    path: str
    page_size: int | None = None
    app_secret: bool = False
    gives: str = ""

    @property
    def one_call(self) -> str:
        """How much one call gives, for people."""
        return self.gives or (f"1-{self.page_size}" if self.page_size else "all at once")

    @property
    def method(self) -> str:
        """Nothing is ever written."""
        return "GET"

    @property
    def version(self) -> str:
        """The API's version."""
        return VERSION

    @property
    def scope(self) -> str | None:
        """The Business API names permissions by number, and not per endpoint."""
        return None


ACCESS_TOKEN_PATH = f"{_ROOT}/oauth2/access_token/"

AUTHORIZED_ADVERTISERS = Endpoint(
    "authorized_advertisers", f"{_ROOT}/oauth2/advertiser/get/", app_secret=True
)
ADVERTISER_INFO = Endpoint("advertiser_info", f"{_ROOT}/advertiser/info/", gives="one account")
CAMPAIGNS = Endpoint("campaigns", f"{_ROOT}/campaign/get/", page_size=1000)
INTEGRATED_REPORT = Endpoint(
    "integrated_report",
    f"{_ROOT}/report/integrated/get/",
    page_size=1000,
    gives="1-1000, 30 days; hours one day",
)
GMV_MAX_STORES = Endpoint("gmv_max_stores", f"{_ROOT}/gmv_max/store/list/")
GMV_MAX_CAMPAIGNS = Endpoint(
    "gmv_max_campaigns", f"{_ROOT}/gmv_max/campaign/get/", page_size=100, gives="1-100, one store and kind"
)
GMV_MAX_CAMPAIGN_INFO = Endpoint(
    "gmv_max_campaign_info", f"{_ROOT}/campaign/gmv_max/info/", gives="one campaign"
)
GMV_MAX_REPORT = Endpoint(
    "gmv_max_report", f"{_ROOT}/gmv_max/report/get/", page_size=1000, gives="1-1000, 30 days; hours one day"
)
