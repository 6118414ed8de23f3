"""The client of the Business API: refusals come with HTTP 200, limits are the app's, lists may hang, tokens may go."""

from __future__ import annotations

import logging
import traceback
from pathlib import Path

import httpx
import orjson
import pytest
from ads_fakes import (
    ACCOUNT,
    CODE,
    CONFIG,
    ONE,
    SECRET,
    TOKEN,
    TWO,
    AdsWorld,
    Answer,
    ads_world,
    grant,
    listed,
    ok,
    refused,
)

from home.errors import TtkpiError
from ingestion.engine.errors import (
    ApiError,
    BadAppKey,
    BadRequest,
    MalformedAnswer,
    NoConnection,
    NotAuthorised,
    NotAvailable,
    NotJson,
    ScopeMissing,
    ShopDeactivated,
    TransientApiError,
    WindowTooLong,
)
from ingestion.engine.throttle import Throttle
from ingestion.engine.wire import MAX_TRIES
from ingestion.tiktok_ads import errors
from ingestion.tiktok_ads.client import AdsClient, AdsProblem
from ingestion.tiktok_ads.endpoints import ADVERTISER_INFO, CAMPAIGNS, GMV_MAX_REPORT, GMV_MAX_STORES
from ingestion.tiktok_ads.refusals import MINUTE_LIMIT_SECONDS


def test_a_request_is_as_the_api_wants_it(tmp_path: Path) -> None:
    """Guards a token in the address, a path without its last slash, and lists that are not JSON text."""
    made = ads_world(tmp_path, [ok(listed([]))])
    query = {"store_ids": ["1"], "filtering": {"a": ["é b"]}, "start_date": "2026-10-01"}
    list(made.client.pages(GMV_MAX_REPORT, ACCOUNT, query))
    (request,) = made.requests
    assert request.method == "GET"
    assert request.url.path == "/open_api/v1.3/gmv_max/report/get/"
    assert request.headers["Access-Token"] == TOKEN and "Bearer" not in str(request.headers)
    assert dict(request.url.params) == {
        "store_ids": '["1"]',
        "filtering": '{"a":["é b"]}',
        "start_date": "2026-10-01",
        "page": "1",
        "page_size": "1000",
    }
    assert TOKEN not in str(request.url) and SECRET not in str(request.url)


TRANSIENT: list[tuple[str, Answer, type[ApiError]]] = [
    ("system error", refused(50000), errors.BackendTrouble),
    ("report backend out of time", refused(51010), errors.BackendTrouble),
    ("an error of the server that is new", refused(50999), errors.BackendTrouble),
    ("success code on 503", refused(0, status=503), errors.BackendTrouble),
    ("only a part came", refused(20001), TransientApiError),
    ("gateway page", httpx.Response(502, html="<html>502</html>"), NotJson),
    ("JSON that is no envelope", httpx.Response(200, json=[1]), NotJson),
    ("connection reset", httpx.ReadError("reset by peer"), NoConnection),
    ("read timeout", httpx.ReadTimeout("too slow"), NoConnection),
]


@pytest.mark.parametrize(
    ("answer", "kind"), [case[1:] for case in TRANSIENT], ids=[case[0] for case in TRANSIENT]
)
def test_transient_trouble_is_tried_five_times(tmp_path: Path, answer: Answer, kind: type[ApiError]) -> None:
    made = ads_world(tmp_path, [answer])
    with pytest.raises(kind) as caught:
        made.client.get(CAMPAIGNS, ACCOUNT, {})
    assert type(caught.value) is kind
    assert len(made.requests) == MAX_TRIES and [int(wait) for wait in made.waits] == [1, 2, 4, 8]
    assert "ads account Aurora US ads" in str(caught.value) and "Given up after 5 tries" in str(caught.value)
    assert (caught.value.shop_id, caught.value.endpoint) == (ONE, "campaigns")
    assert caught.value.state == "ok", "nothing is wrong with the authorisation"


@pytest.mark.parametrize("answer", [case[1] for case in TRANSIENT], ids=[case[0] for case in TRANSIENT])
def test_transient_trouble_that_passes_is_not_noticed(tmp_path: Path, answer: Answer) -> None:
    made = ads_world(tmp_path, [answer, answer, ok({"list": [1]})])
    assert made.client.get(CAMPAIGNS, ACCOUNT, {}).data == {"list": [1]}


LASTING: list[tuple[str, Answer, type[ApiError], str]] = [
    ("no permission", refused(40001), ScopeMissing, "scope_missing"),
    ("bad parameter", refused(40002, "metrics: Invalid value."), BadRequest, "ok"),
    ("range", refused(40002, "The date range exceeds the limit of 30 day(s)."), WindowTooLong, "ok"),
    ("object gone", refused(40007), NotAvailable, "ok"),
    ("wrong secret", refused(40101), BadAppKey, "ok"),
    ("token expired", refused(40102), errors.TokenRefused, "revoked"),
    ("token empty", refused(40104), errors.TokenRefused, "revoked"),
    ("token wrong", refused(40105), errors.TokenRefused, "revoked"),
    ("app blocked", refused(40113), errors.AppBlocked, "revoked"),
    ("app not allowed", refused(40118), errors.AppBlocked, "revoked"),
    ("account gone", refused(40300), ShopDeactivated, "deactivated"),
    ("account suspended", refused(40301), ShopDeactivated, "deactivated"),
    ("maintenance", refused(60001), errors.Maintenance, "ok"),
    ("unknown code", refused(424242), ApiError, "ok"),
    ("not TikTok's server", httpx.Response(404, html="<h1>Not Found</h1>"), BadRequest, "ok"),
]


@pytest.mark.parametrize(
    ("answer", "kind", "state"), [case[1:] for case in LASTING], ids=[case[0] for case in LASTING]
)
def test_lasting_trouble_with_http_200_is_an_error_at_once(
    tmp_path: Path, answer: Answer, kind: type[ApiError], state: str
) -> None:
    """Guards a refusal that is taken for an empty success, as its status is 200."""
    made = ads_world(tmp_path, [answer])
    with pytest.raises(ApiError) as caught:
        made.client.get(CAMPAIGNS, ACCOUNT, {})
    assert type(caught.value) is kind and caught.value.state == state
    assert len(made.requests) == 1 and made.waits == []
    assert caught.value.advice
    if isinstance(answer, httpx.Response) and b"request_id" in answer.content:
        assert "r-no" in str(caught.value)


@pytest.mark.parametrize("code", [40016, 40100, 40132, 40133])
def test_the_limit_per_second_is_waited_for(tmp_path: Path, code: int) -> None:
    made = ads_world(tmp_path, [refused(code, "Too many requests."), ok()])
    made.client.get(CAMPAIGNS, ACCOUNT, {})
    assert [int(wait) for wait in made.waits] == [1]


def test_the_limit_per_minute_is_waited_for_and_the_one_per_day_is_not(tmp_path: Path) -> None:
    """Guards a client that hammers for a minute, is locked out for five, and hammers again; or hangs until midnight."""
    made = ads_world(tmp_path, [refused(40100, "Too many requests.")])
    with pytest.raises(errors.DayLimitReached, match="code 40100") as caught:
        made.client.get(CAMPAIGNS, ACCOUNT, {})
    assert [int(wait) for wait in made.waits] == [1, 2, int(MINUTE_LIMIT_SECONDS)]
    assert len(made.requests) == 4 and "00:00 UTC" in caught.value.advice

    told = ads_world(tmp_path, [refused(40100, "QPM limit of 600 per minute"), ok()])
    told.client.get(CAMPAIGNS, ACCOUNT, {})
    assert told.waits == [MINUTE_LIMIT_SECONDS]

    spent = ads_world(tmp_path, [refused(40100, "QPD limit reached"), ok()])
    with pytest.raises(errors.DayLimitReached):
        spent.client.get(CAMPAIGNS, ACCOUNT, {})
    assert spent.waits == []


def test_the_limit_is_the_apps_whoever_is_asked_about(tmp_path: Path) -> None:
    """Guards one account's refusal being followed at once by a call about the next one."""
    made = ads_world(tmp_path, [refused(40100, retry_after="7"), ok()])
    made.client.get(CAMPAIGNS, ACCOUNT, {})
    assert made.waits == [7.0]
    assert 6.0 < made.client._throttle.wait("all") <= 7.0


def test_calls_keep_their_distance(tmp_path: Path) -> None:
    waits: list[float] = []
    made = ads_world(tmp_path, [ok()])
    client = AdsClient(
        CONFIG,
        made.tokens,
        throttle=Throttle(4.0, clock=lambda: 0.0, sleep=waits.append),
        http=made.client._http,
    )
    for _ in range(3):
        client.get(CAMPAIGNS, ACCOUNT, {})
    assert waits == [0.25, 0.5]


def test_a_caller_who_can_ask_for_less_is_told_at_once(tmp_path: Path) -> None:
    """Guards fifteen seconds of waiting for a window that is simply too large."""
    made = ads_world(tmp_path, [refused(51010)])
    with pytest.raises(errors.BackendTrouble):
        made.client.get(GMV_MAX_REPORT, ACCOUNT, {}, divisible=True)
    assert len(made.requests) == 1


def test_pages_are_followed_to_the_end(tmp_path: Path) -> None:
    made = ads_world(tmp_path, [ok(listed([{"n": n}], n, 3)) for n in (1, 2, 3)])
    pages = list(made.client.pages(CAMPAIGNS, ACCOUNT, {"a": "b"}))
    assert [page.page for page in pages] == [1, 2, 3]
    assert [query["page"] for query in made.asked("/campaign/get/")] == ["1", "2", "3"]
    assert {query["page_size"] for query in made.asked("/campaign/get/")} == {"1000"}


def test_an_empty_list_is_one_call(tmp_path: Path) -> None:
    made = ads_world(tmp_path, [ok(listed([], 1, 0))])
    assert [page.data["list"] for page in made.client.pages(CAMPAIGNS, ACCOUNT, {})] == [[]]
    assert len(made.requests) == 1


def test_a_list_that_does_not_page_is_asked_for_without_a_page(tmp_path: Path) -> None:
    made = ads_world(tmp_path, [ok({"store_list": []})])
    list(made.client.pages(GMV_MAX_STORES, ACCOUNT, {"advertiser_id": ONE}))
    assert made.asked("/gmv_max/store/list/") == [{"advertiser_id": ONE}]


@pytest.mark.parametrize(
    "second", [listed([{"n": 1}], 2, 9), listed([{"n": 2}], 1, 9)], ids=["the same rows", "the same number"]
)
def test_a_page_that_comes_twice_ends_the_list_with_an_error(tmp_path: Path, second: object) -> None:
    """Guards a list that never ends, and rows that are counted for ever."""
    made = ads_world(tmp_path, [ok(listed([{"n": 1}], 1, 9)), ok(second)])
    got: list[int] = []
    with pytest.raises(errors.RepeatedPage, match="asked for page 2 of 9") as caught:
        got.extend(page.page for page in made.client.pages(CAMPAIGNS, ACCOUNT, {}))
    assert got == [1] and len(made.requests) == 2
    assert (caught.value.shop_id, caught.value.request_id) == (ONE, "r-ok")


def counted(rows: list[object], page: int, pages: int, total: int) -> httpx.Response:
    data = listed(rows, page, pages)
    data["page_info"]["total_number"] = total
    return ok(data)


@pytest.mark.parametrize(
    ("answers", "given"),
    [
        ([counted([{"n": 1}, {"n": 2}], 1, 2, 4), counted([], 2, 2, 4)], 2),
        # A row that goes after the first page pulls the third one over the edge: the count of the end is reached.
        ([counted([{"n": 1}, {"n": 2}], 1, 2, 4), counted([{"n": 4}], 2, 2, 3)], 3),
        # Rows that came twice don't stand for those that did not come.
        ([counted([{"n": 1}], 1, 3, 3), counted([{"n": 2}], 2, 3, 3), counted([{"n": 1}], 3, 3, 3)], 2),
    ],
    ids=["an empty page", "a row slipped over the edge", "an earlier page again"],
)
def test_a_list_that_is_short_of_records_is_an_error(
    tmp_path: Path, answers: list[httpx.Response], given: int
) -> None:
    """Guards spend that is silently too low because a page is missing."""
    made = ads_world(tmp_path, list(answers))
    with pytest.raises(errors.IncompleteList, match=f"announced . records and gave {given} ") as caught:
        list(made.client.pages(CAMPAIGNS, ACCOUNT, {}))
    assert (caught.value.shop_id, caught.value.request_id) == (ONE, "r-ok")
    assert "reads the list again" in caught.value.advice


@pytest.mark.parametrize("data", [{"list": []}, {"list": [], "page_info": {"page": "1", "total_page": 1}}])
def test_an_answer_that_does_not_say_which_page_it_is(tmp_path: Path, data: object) -> None:
    """Guards a list that is cut off without anybody noticing."""
    made = ads_world(tmp_path, [ok(data)])
    with pytest.raises(MalformedAnswer, match="page_info"):
        list(made.client.pages(CAMPAIGNS, ACCOUNT, {}))


# Accounts of the authorisations
# --------------------------------------------------------------------------------------------------


def advertisers(*ids: str) -> httpx.Response:
    return ok({"list": [{"advertiser_id": one, "advertiser_name": f"Ads {one[-1]}"} for one in ids]})


def authorised(path: Path, grants: list[tuple[str, tuple[str, ...]]], answers: dict[str, Answer]) -> AdsWorld:
    """A client with these grants (token, accounts); each token's list of accounts is answered on its own."""
    codes = [grant(ids, token) for token, ids in grants]

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return codes.pop(0)
        found = answers[request.headers["Access-Token"]]
        assert isinstance(found, httpx.Response)
        return httpx.Response(found.status_code, content=found.content)

    made = ads_world(path, answer)
    for _ in grants:
        made.tokens.exchange(CODE, made.host)
    return made


def test_nobody_has_authorised(tmp_path: Path) -> None:
    with pytest.raises(NotAuthorised) as caught:
        ads_world(tmp_path, [ok()]).client.advertisers([])
    assert "ttkpi auth ads CODE" in caught.value.advice


def test_the_accounts_of_all_authorisations_the_newest_token_wins(tmp_path: Path) -> None:
    made = authorised(
        tmp_path,
        [("token-a", (TWO,)), ("token-b", (ONE, "3"))],
        {"token-a": advertisers(TWO, ONE), "token-b": advertisers(ONE, "3")},
    )
    problems: list[AdsProblem] = []
    found = made.client.advertisers(problems)
    assert [(one.advertiser_id, one.token) for one in found] == [
        ("3", "token-b"),
        (ONE, "token-b"),
        (TWO, "token-a"),
    ]
    assert problems == []
    assert made.tokens.read().names == {ONE: "Ads 1", TWO: "Ads 2", "3": "Ads 3"}
    assert [one.advertiser_ids for one in made.tokens.read().grants] == [(TWO, ONE), (ONE, "3")]


def test_a_withdrawn_authorisation_stays_alone(tmp_path: Path) -> None:
    """Guards one user's withdrawal taking everybody's ads accounts with it."""
    made = authorised(
        tmp_path,
        [("token-a", (ONE, TWO)), ("token-b", ("3",))],
        {
            "token-a": refused(40105, "Access token is incorrect or has been revoked"),
            "token-b": advertisers("3"),
        },
    )
    problems: list[AdsProblem] = []
    assert [one.advertiser_id for one in made.client.advertisers(problems)] == ["3"]
    (problem,) = problems
    assert isinstance(problem.error, errors.TokenRefused) and "ttkpi auth ads CODE" in problem.error.advice
    assert [one.advertiser_id for one in problem.advertisers] == [ONE, TWO]
    again: list[AdsProblem] = []
    made.client.advertisers(again)
    assert len(again) == 1, "as long as it is not given anew, it is told"


def test_an_account_that_is_not_listed_any_more_is_told_once(tmp_path: Path) -> None:
    """Guards an account whose figures silently stop; and one that is told of for ever."""
    made = authorised(tmp_path, [("token-a", (ONE, TWO))], {"token-a": advertisers(ONE)})
    problems: list[AdsProblem] = []
    assert [one.advertiser_id for one in made.client.advertisers(problems)] == [ONE]
    (problem,) = problems
    assert isinstance(problem.error, errors.AccountRefused)
    assert [one.advertiser_id for one in problem.advertisers] == [TWO]
    again: list[AdsProblem] = []
    made.client.advertisers(again)
    assert again == []


def test_what_another_authorisation_reaches_as_well_is_no_trouble(tmp_path: Path) -> None:
    made = authorised(
        tmp_path,
        [("token-a", (ONE, TWO)), ("token-b", (ONE, "3"))],
        {"token-a": refused(40105), "token-b": advertisers(ONE, "3")},
    )
    problems: list[AdsProblem] = []
    made.client.advertisers(problems)
    assert [one.advertiser_id for problem in problems for one in problem.advertisers] == [TWO]


# Secrets
# --------------------------------------------------------------------------------------------------


def echo(request: httpx.Request) -> str:
    """Everything that was sent, as a careless server would repeat it."""
    return f"{request.url} {dict(request.headers)} {request.content.decode()}"


def careless_refusal(request: httpx.Request) -> httpx.Response:
    return refused(424242, echo(request))


def careless_request_id(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json={"code": 1, "message": "x", "request_id": echo(request), "data": {}})


def careless_gateway(request: httpx.Request) -> httpx.Response:
    return httpx.Response(502, html=f"<p>{echo(request)}</p>")


def quoting_library(request: httpx.Request) -> httpx.Response:
    raise httpx.LocalProtocolError(f"Illegal header {request.headers.get('Access-Token')!r}", request=request)


def quoting_network(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadError(f"reset at {request.url} {request.content!r}", request=request)


@pytest.mark.parametrize(
    "answer", [careless_refusal, careless_request_id, careless_gateway, quoting_library, quoting_network]
)
@pytest.mark.parametrize("action", ["read", "list", "exchange"])
def test_nothing_secret_is_shown(
    tmp_path: Path, answer: Answer, action: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Guards a log or a screenshot from which somebody can read the token, the secret or the code."""
    caplog.set_level(logging.DEBUG)
    made = ads_world(tmp_path, [answer])
    problems: list[AdsProblem] = []
    error: TtkpiError
    if action == "list":
        given = orjson.dumps(
            {
                "version": 1,
                "grants": [{"access_token": TOKEN, "advertiser_ids": [ONE], "scope": [], "obtained_at": 1}],
                "names": {},
            }
        )
        made.tokens.path.parent.mkdir()
        made.tokens.path.write_bytes(given)
        made.client.advertisers(problems)
        error = problems[0].error
    else:
        with pytest.raises(ApiError) as caught:
            if action == "read":
                made.client.get(ADVERTISER_INFO, ACCOUNT, {})
            else:
                made.tokens.exchange(CODE, made.host)
        error = caught.value
    shown = [
        caplog.text,
        *made.told,
        "".join(traceback.format_exception(error)),
        repr(error),
        str(vars(error)),
    ]
    cause: BaseException | None = error
    while cause is not None:
        shown.append(str(cause))
        cause = cause.__cause__ or cause.__context__
    assert made.requests and "planted" not in "\n".join(shown)


def test_the_request_log_has_no_query(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Guards the app's secret, which goes in the address of the list of accounts, in httpx's log."""
    caplog.set_level(logging.DEBUG)
    made = authorised(tmp_path, [(TOKEN, (ONE,))], {TOKEN: advertisers(ONE)})
    made.client.advertisers([])
    (request,) = [one for one in made.requests if one.method == "GET"]
    assert request.url.params["secret"] == SECRET, "the API wants it there"
    assert "/oauth2/advertiser/get/" in caplog.text and "planted" not in caplog.text


def test_nothing_secret_in_representations(tmp_path: Path) -> None:
    made = authorised(tmp_path, [(TOKEN, (ONE,))], {TOKEN: advertisers(ONE)})
    for thing in (CONFIG, ACCOUNT, made.client, made.tokens, made.tokens.read(), made.client.advertisers([])):
        assert "planted" not in repr(thing)
