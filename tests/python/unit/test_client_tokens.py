"""The token store: renewal, sharing between threads and processes, and a file that is never half written."""

from __future__ import annotations

import json
import multiprocessing
import os
import stat
import threading
import time
from pathlib import Path

import httpx
import pytest
from client_helpers import CONFIG, NOW, OPEN_ID, FakeAuth, ok, refused

from ingestion.engine import errors
from ingestion.tiktok_shop.auth import AuthHost, TokenAnswer
from ingestion.tiktok_shop.token_file import KnownShop, TokenFile
from ingestion.tiktok_shop.tokens import TokenStore

WEEK = 604_800


class Now:
    def __init__(self, now: float = NOW) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def store(path: Path, auth: FakeAuth | None = None, now: Now | None = None) -> TokenStore:
    made = TokenStore(
        path / "home" / "tokens.json", auth or FakeAuth(), now=now or Now(), notify=lambda text: None
    )
    made.exchange("code")
    return made


def test_exchange_keeps_both_tokens_for_the_owner_only(tmp_path: Path) -> None:
    tokens = store(tmp_path)
    file = tmp_path / "home" / "tokens.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    (grant,) = tokens.grants()
    assert (grant.access_token, grant.refresh_token) == ("planted-access-0", "planted-refresh-0")
    assert grant.access_token_expires_at == NOW + WEEK
    assert "planted" not in repr(grant)
    assert [path.name for path in file.parent.iterdir() if "tokens-" in path.name] == []


def test_the_mode_is_right_from_the_first_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the umask, no moment at which others could read it."""
    old = os.umask(0)
    try:
        seen: list[int] = []
        replace = Path.replace

        def spy(self: Path, target: Path) -> Path:
            seen.append(stat.S_IMODE(self.stat().st_mode))
            return replace(self, target)

        monkeypatch.setattr(Path, "replace", spy)
        store(tmp_path)
        assert seen == [0o600]
    finally:
        os.umask(old)


def test_a_good_token_costs_no_file_access(tmp_path: Path) -> None:
    tokens = store(tmp_path)
    (tmp_path / "home" / "tokens.json").unlink()
    assert tokens.access_token(OPEN_ID) == "planted-access-0"


@pytest.mark.parametrize(
    ("life", "age", "renewed"),
    [
        (WEEK, WEEK - 601, False),
        (WEEK, WEEK - 600, True),
        (WEEK, WEEK + 1, True),
        (60, 53, False),
        (60, 55, True),
        (0, 0, True),
    ],
)
def test_renewal_ahead_of_expiry(tmp_path: Path, life: int, age: int, renewed: bool) -> None:
    """Ten minutes ahead, or a tenth of a short life: else a short-lived token is renewed at every call."""
    now = Now()
    auth = FakeAuth(life)
    tokens = store(tmp_path, auth, now)
    now.now = NOW + age
    assert tokens.access_token(OPEN_ID) == ("planted-access-1" if renewed else "planted-access-0")
    assert len(auth.refreshed) == renewed


def test_the_new_refresh_token_replaces_the_old_one(tmp_path: Path) -> None:
    auth = FakeAuth()
    tokens = store(tmp_path, auth)
    tokens.refresh(OPEN_ID, "planted-access-0")
    tokens.refresh(OPEN_ID, "planted-access-1")
    assert auth.refreshed == ["planted-refresh-0", "planted-refresh-1"]
    assert tokens.grants()[0].refresh_token == "planted-refresh-2"


def test_somebody_else_has_renewed_it(tmp_path: Path) -> None:
    auth = FakeAuth()
    first = store(tmp_path, auth)
    second = TokenStore(tmp_path / "home" / "tokens.json", auth, now=Now())
    assert second.access_token(OPEN_ID) == "planted-access-0"
    first.refresh(OPEN_ID, "planted-access-0")
    assert second.refresh(OPEN_ID, "planted-access-0") == "planted-access-1"
    assert second.access_token(OPEN_ID) == "planted-access-1"
    assert len(auth.refreshed) == 1


def test_a_renewal_by_somebody_else_that_has_expired_meanwhile(tmp_path: Path) -> None:
    now = Now()
    auth = FakeAuth(60)
    first = store(tmp_path, auth, now)
    second = TokenStore(tmp_path / "home" / "tokens.json", auth, now=now)
    second.access_token(OPEN_ID)
    first.refresh(OPEN_ID, "planted-access-0")
    now.now += 100
    assert second.refresh(OPEN_ID, "planted-access-0") == "planted-access-2"


def test_what_a_renewal_leaves_out_stays(tmp_path: Path) -> None:
    class Terse(FakeAuth):
        def refresh(self, refresh_token: str) -> TokenAnswer:
            return TokenAnswer("a", NOW + 1, "r", NOW + 2)

    tokens = store(tmp_path, Terse())
    tokens.refresh(OPEN_ID, "planted-access-0")
    (grant,) = tokens.grants()
    assert (grant.open_id, grant.seller_name, grant.granted_scopes) == (
        OPEN_ID,
        "Aurora",
        ("seller.order.info",),
    )


def test_trouble_while_the_token_still_works_is_a_warning_told_once(tmp_path: Path) -> None:
    now, auth, told = Now(), FakeAuth(), []
    tokens = TokenStore(tmp_path / "tokens.json", auth, now=now, notify=told.append)
    tokens.exchange("code")
    auth.error = errors.NoConnection("no connection")
    now.now = NOW + WEEK - 300
    assert [tokens.access_token(OPEN_ID) for _ in range(5)] == ["planted-access-0"] * 5
    assert len(auth.refreshed) == 1
    assert len(told) == 1
    assert "works until it expires" in told[0]
    now.now = NOW + WEEK
    with pytest.raises(errors.NoConnection):
        tokens.access_token(OPEN_ID)


def test_a_failed_renewal_is_not_repeated_by_every_waiting_thread(tmp_path: Path) -> None:
    auth = FakeAuth(error=errors.AuthorizationExpired("run out", advice="`ttkpi auth exchange CODE`"))
    tokens = store(tmp_path, auth)
    for _ in range(5):
        with pytest.raises(errors.AuthorizationRevoked, match="seller Aurora") as caught:
            tokens.refresh(OPEN_ID, "planted-access-0")
        assert caught.value.state == "expired"
    assert len(auth.refreshed) == 1


def test_a_new_authorisation_ends_the_failure(tmp_path: Path) -> None:
    auth = FakeAuth(error=errors.AuthorizationRevoked("withdrawn"))
    tokens = store(tmp_path, auth)
    with pytest.raises(errors.AuthorizationRevoked):
        tokens.refresh(OPEN_ID, "planted-access-0")
    auth.error = None
    other = TokenStore(tmp_path / "home" / "tokens.json", FakeAuth(), now=Now())
    other.refresh(OPEN_ID, "planted-access-0")
    assert tokens.refresh(OPEN_ID, "planted-access-0") == "planted-access-1"


def test_no_such_grant(tmp_path: Path) -> None:
    with pytest.raises(errors.NotAuthorised, match="ttkpi auth exchange CODE"):
        store(tmp_path).access_token("nobody")
    with pytest.raises(errors.NotAuthorised):
        TokenStore(tmp_path / "none" / "tokens.json", FakeAuth()).access_token(OPEN_ID)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"version": 1}',
        b'{"version": 2, "grants": {}, "shops": {}}',
        b'{"version": 1, "grants": {"open-1": {"access_token": "planted"}}, "shops": {}}',
        b'{"version": 1, "grants": {}, "shops": {"open-1": [1]}}',
        b"\xff\xfe",
    ],
)
def test_a_damaged_file_is_told_and_left_alone(tmp_path: Path, content: bytes) -> None:
    tokens = store(tmp_path)
    file = tmp_path / "home" / "tokens.json"
    file.write_bytes(content)
    for action in (
        tokens.grants,
        lambda: tokens.exchange("second"),
        lambda: tokens.refresh(OPEN_ID, "x"),
        lambda: tokens.remember_shops(OPEN_ID, []),
    ):
        with pytest.raises(errors.TokenFileError, match="is damaged") as caught:
            action()
        assert "planted" not in str(caught.value)
    assert file.read_bytes() == content


def test_a_code_is_not_used_up_when_the_file_is_damaged(tmp_path: Path) -> None:
    auth = FakeAuth()
    tokens = store(tmp_path, auth)
    (tmp_path / "home" / "tokens.json").write_bytes(b"{")
    with pytest.raises(errors.TokenFileError):
        tokens.exchange("second")
    assert auth.exchanged == ["code"]


def test_a_full_disk_is_noticed_before_the_old_token_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    auth = FakeAuth()
    tokens = store(tmp_path, auth)
    file = tmp_path / "home" / "tokens.json"
    before = file.read_bytes()

    def full(descriptor: int, content: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(errors.TokenFileError, match="No space left"):
        tokens.refresh(OPEN_ID, "planted-access-0")
    monkeypatch.undo()
    assert auth.refreshed == []
    assert file.read_bytes() == before
    assert sorted(path.name for path in file.parent.iterdir()) == ["tokens.json", "tokens.json.lock"]


def test_a_read_only_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    auth = FakeAuth()
    tokens = store(tmp_path, auth)

    def refuse(*args: object, **kwargs: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("tempfile.mkstemp", refuse)
    with pytest.raises(errors.TokenFileError, match="Read-only file system"):
        tokens.refresh(OPEN_ID, "planted-access-0")
    assert auth.refreshed == []


def test_what_a_killed_process_left_is_cleared_away(tmp_path: Path) -> None:
    tokens = store(tmp_path)
    (tmp_path / "home" / ".tokens-abc").write_text("planted")
    tokens.refresh(OPEN_ID, "planted-access-0")
    assert not (tmp_path / "home" / ".tokens-abc").exists()


def test_another_process_that_hangs(tmp_path: Path) -> None:
    first = store(tmp_path)
    second = TokenStore(tmp_path / "home" / "tokens.json", FakeAuth(), lock_timeout=0.1)
    with first._locked(), pytest.raises(errors.TokenFileError, match="Another process"):
        second.refresh(OPEN_ID, "x")


def test_shops_and_tokens_do_not_overwrite_each_other(tmp_path: Path) -> None:
    tokens = store(tmp_path)
    shop = KnownShop("1", "A", "GB", "LOCAL", "c", "planted-cipher")
    tokens.remember_shops(OPEN_ID, [shop])
    tokens.refresh(OPEN_ID, "planted-access-0")
    assert tokens.shops(OPEN_ID) == [shop]
    assert "planted" not in repr(shop)
    tokens.remember_shops(OPEN_ID, [])
    assert tokens.grants()[0].access_token == "planted-access-1"


def test_nothing_can_be_read_of_a_file_that_is_a_folder(tmp_path: Path) -> None:
    (tmp_path / "tokens.json").mkdir()
    with pytest.raises(errors.TokenFileError, match="can't be read"):
        TokenFile(tmp_path / "tokens.json").read()


class CountingAuth(FakeAuth):
    """Counts renewals in a file, as several processes share it, and takes its time."""

    def __init__(self, count: Path) -> None:
        super().__init__(life=1)
        self.count = count

    def refresh(self, refresh_token: str) -> TokenAnswer:
        time.sleep(0.2)
        with self.count.open("a") as file:
            file.write(f"{refresh_token}\n")
        number = len(self.count.read_text().splitlines())
        return TokenAnswer(f"new-{number}", NOW + WEEK, f"planted-refresh-{number}", NOW + 2 * WEEK, OPEN_ID)


def _use_from_threads(path: Path, count: Path, result: Path) -> None:
    tokens = TokenStore(path, CountingAuth(count), now=Now(NOW + 10))
    got: list[str] = []
    barrier = threading.Barrier(8)

    def use() -> None:
        barrier.wait()
        got.append(tokens.access_token(OPEN_ID))

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    result.write_text(json.dumps(got))


def test_eight_threads_in_each_of_two_processes_renew_once(tmp_path: Path) -> None:
    store(tmp_path, FakeAuth(life=1))
    file, count = tmp_path / "home" / "tokens.json", tmp_path / "count"
    context = multiprocessing.get_context("spawn")
    results = [tmp_path / "result-1", tmp_path / "result-2"]
    processes = [context.Process(target=_use_from_threads, args=(file, count, result)) for result in results]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
        assert process.exitcode == 0
    assert count.read_text() == "planted-refresh-0\n"
    assert [json.loads(result.read_text()) for result in results] == [["new-1"] * 8] * 2
    assert TokenFile(file).read().grants[OPEN_ID].refresh_token == "planted-refresh-1"


TOKENS = {
    "access_token": "planted-a",
    "access_token_expire_in": NOW + 1,
    "refresh_token": "planted-r",
    "refresh_token_expire_in": NOW + 2,
    "open_id": "o",
    "seller_name": "S",
    "user_type": 0,
    "granted_scopes": ["seller.order.info"],
}


def auth_host(*answers: httpx.Response) -> tuple[AuthHost, list[httpx.Request], list[float]]:
    script, requests, waits = list(answers), [], []

    def handle(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return script.pop(0) if len(script) > 1 else script[0]

    http = httpx.Client(transport=httpx.MockTransport(handle))
    return AuthHost(CONFIG, http=http, sleep=waits.append, notify=lambda text: None), requests, waits


def test_the_auth_host_is_asked_as_documented() -> None:
    host, requests, _ = auth_host(ok(TOKENS))
    answer = host.exchange("a code/+")
    assert requests[0].url.host == "auth.test"
    assert requests[0].url.path == "/api/v2/token/get"
    assert dict(requests[0].url.params) == {
        "app_key": CONFIG.app_key,
        "app_secret": CONFIG.app_secret,
        "auth_code": "a code/+",
        "grant_type": "authorized_code",
    }
    assert (answer.access_token_expires_at, answer.refresh_token_expires_at) == (NOW + 1, NOW + 2)
    assert "planted" not in repr(answer)
    host.refresh("old")
    assert requests[1].url.path == "/api/v2/token/refresh"
    assert requests[1].url.params["refresh_token"] == "old"
    assert requests[1].url.params["grant_type"] == "refresh_token"


@pytest.mark.parametrize(
    ("code", "kind", "state"),
    [
        (36004001, errors.AuthorizationExpired, "expired"),
        (36004004, errors.BadAuthCode, "ok"),
        (36004005, errors.AuthorizationRevoked, "revoked"),
    ],
)
def test_the_auth_hosts_refusals(code: int, kind: type[errors.ApiError], state: str) -> None:
    host, requests, _ = auth_host(refused(code, 200, "no"))
    with pytest.raises(kind) as caught:
        host.refresh("old")
    assert type(caught.value) is kind
    assert caught.value.state == state
    assert caught.value.advice
    assert len(requests) == 1


def test_the_auth_host_is_tried_again() -> None:
    host, requests, waits = auth_host(httpx.Response(502, html="<p>bad"), refused(36009002, 429), ok(TOKENS))
    assert host.refresh("old").open_id == "o"
    assert len(requests) == 3
    assert [int(wait) for wait in waits] == [1, 2]


@pytest.mark.parametrize(
    "key", ["access_token", "refresh_token", "access_token_expire_in", "refresh_token_expire_in"]
)
@pytest.mark.parametrize("value", [None, "", [], True])
def test_an_answer_without_usable_tokens_is_told(key: str, value: object) -> None:
    host, requests, _ = auth_host(ok({**TOKENS, key: value}))
    with pytest.raises(errors.BadRequest, match=key) as caught:
        host.exchange("c")
    assert "planted" not in str(caught.value)
    assert len(requests) == 1


def test_an_authorisation_without_a_name_can_not_be_kept(tmp_path: Path) -> None:
    host, _, _ = auth_host(ok({**TOKENS, "open_id": None}))
    with pytest.raises(errors.BadRequest, match="open_id"):
        TokenStore(tmp_path / "tokens.json", host).exchange("c")
