"""What somebody who adds an endpoint is shown of it."""

from __future__ import annotations

import pytest
from documented import OPERATIONS, found, operation_of, shown

from ingestion.engine.columns import fields
from ingestion.tiktok_shop.videos import VIDEO, VIDEO_PERFORMANCE


def test_the_fields_can_be_copied_into_known() -> None:
    text = found(VIDEO_PERFORMANCE.path)
    assert text.startswith(
        "GET /analytics/202605/shop_videos/performance\nparameters: start_date_ge end_date_lt "
    )
    answer = text.partition("\ndata: ")[2].partition("\npython -c ")[0]
    assert fields(answer)["videos"] == VIDEO.rules.known


def test_every_operation_can_be_shown() -> None:
    assert not [one["path"] for one in OPERATIONS if one["path"] not in shown(one)]


def test_a_part_of_several_paths_gives_the_paths() -> None:
    assert found("coupons").splitlines() == [
        "POST /promotion/202406/coupons/search",
        "GET /promotion/202406/coupons/{coupon_id}",
    ]


def test_a_path_that_is_not_documented_is_named() -> None:
    assert found("no/such") == "TikTok documents no path with no/such in it."
    with pytest.raises(LookupError, match="TikTok documents no GET /no/such"):
        operation_of("GET", "/no/such")
