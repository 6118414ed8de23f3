"""The tokens of ads accounts: for the owner alone, never half written, and a code is not wasted."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import httpx
import orjson
import pytest
from ads_fakes import CODE, CONFIG, NOW, ONE, SECRET, TOKEN, TWO, AdsWorld, ads_world, grant, ok, refused

from ingestion.engine.errors import ApiError, BadAppKey, BadAuthCode, BadRequest, TokenFileError
from ingestion.tiktok_ads.tokens import AdsTokenStore


def exchanged(path: Path, *answers: httpx.Response) -> AdsWorld:
    made = ads_world(path, answers or [grant()])
    made.tokens.exchange(CODE, made.host)
    return made


def test_a_code_becomes_a_token_for_the_owner_only(tmp_path: Path) -> None:
    made = exchanged(tmp_path, grant((ONE, TWO)))
    (request,) = made.requests
    assert (request.method, request.url.path) == ("POST", "/open_api/v1.3/oauth2/access_token/")
    assert orjson.loads(request.content) == {"app_id": CONFIG.app_id, "secret": SECRET, "auth_code": CODE}
    assert "access-token" not in request.headers
    file = tmp_path / "home" / "ads_tokens.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    (kept,) = made.tokens.read().grants
    assert (kept.access_token, kept.advertiser_ids, kept.scope, kept.obtained_at) == (
        TOKEN,
        (ONE, TWO),
        (1, 2),
        NOW,
    )
    assert "planted" not in repr(kept) and "planted" not in kept.id
    assert CODE not in file.read_text() and SECRET not in file.read_text()
    assert not list(file.parent.glob(".ads_tokens-*"))


def test_the_mode_is_right_from_the_first_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Guards a moment at which others could read the token, whatever the umask."""
    seen: list[int] = []
    replace = Path.replace

    def spy(self: Path, target: Path) -> Path:
        seen.append(stat.S_IMODE(self.stat().st_mode))
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", spy)
    old = os.umask(0)
    try:
        exchanged(tmp_path)
    finally:
        os.umask(old)
    assert seen == [0o600]


def test_ids_are_text_even_where_they_come_as_numbers(tmp_path: Path) -> None:
    """Guards an id of 19 digits that a float would round."""
    made = ads_world(
        tmp_path, [ok({"access_token": TOKEN, "advertiser_ids": [7400000000000000001], "scope": None})]
    )
    assert made.tokens.exchange(CODE, made.host).advertiser_ids == (ONE,)
    assert made.tokens.read().grants[0].scope == ()


def test_an_authorisation_given_anew_replaces_the_old_one(tmp_path: Path) -> None:
    """Guards a refused token that is asked for ever beside its successor."""
    made = exchanged(
        tmp_path, grant((ONE,), "planted-1"), grant((TWO,), "planted-2"), grant((ONE, TWO), "planted-3")
    )
    made.tokens.exchange(CODE, made.host)
    assert [one.access_token for one in made.tokens.read().grants] == ["planted-1", "planted-2"]
    made.tokens.exchange(CODE, made.host)
    assert [one.access_token for one in made.tokens.read().grants] == ["planted-3"]


def test_an_authorisation_that_reaches_more_stays_beside_the_new_one(tmp_path: Path) -> None:
    made = exchanged(tmp_path, grant((ONE, TWO), "planted-1"), grant((ONE,), "planted-2"))
    made.tokens.exchange(CODE, made.host)
    assert [one.access_token for one in made.tokens.read().grants] == ["planted-1", "planted-2"]


@pytest.mark.parametrize(
    ("answer", "kind", "advice"),
    [
        (refused(40110, "Auth code is expired"), BadAuthCode, "open the authorisation link again"),
        (refused(40101, "App id or secret is incorrect"), BadAppKey, "sources.tiktok_ads.secret"),
        (ok({"advertiser_ids": [ONE]}), BadRequest, "ads accounts were picked"),
        (ok({"access_token": TOKEN, "advertiser_ids": []}), BadRequest, "ads accounts were picked"),
    ],
)
def test_a_code_that_gives_no_token_changes_nothing(
    tmp_path: Path, answer: httpx.Response, kind: type[ApiError], advice: str
) -> None:
    exchanged(tmp_path)
    file = tmp_path / "home" / "ads_tokens.json"
    before = file.read_bytes()
    made = ads_world(tmp_path, [answer])
    with pytest.raises(kind) as caught:
        made.tokens.exchange(CODE, made.host)
    assert advice in caught.value.advice
    assert file.read_bytes() == before and not list(file.parent.glob(".ads_tokens-*"))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b'{"version": 2, "grants": [], "names": {}}',
        b'{"version": 1, "grants": [{"access_token": "planted"}], "names": {}}',
        b'{"version": 1, "grants": [{"access_token": "", "advertiser_ids": [], "scope": [], "obtained_at": 1}], "names": {}}',
        b'{"version": 1, "grants": [{"access_token": "planted", "advertiser_ids": [1], "scope": [], "obtained_at": 1}], "names": {}}',
    ],
)
def test_a_damaged_file_is_told_and_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    """Guards tokens that are overwritten, quoted in a message, or taken for absent; and a code that is wasted."""
    made = exchanged(tmp_path)
    file = tmp_path / "home" / "ads_tokens.json"
    file.write_bytes(content)
    for action in (
        made.tokens.read,
        lambda: made.tokens.exchange(CODE, made.host),
        lambda: made.client.advertisers([]),
    ):
        with pytest.raises(TokenFileError) as caught:
            action()
        assert (
            "ads_tokens.json is damaged" in caught.value.message
            and "ttkpi auth ads CODE" in caught.value.advice
        )
        assert "planted" not in str(caught.value)
    assert file.read_bytes() == content
    assert len(made.requests) == 1, "nothing was asked, so the code still works"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_can_not_be_read(tmp_path: Path) -> None:
    made = exchanged(tmp_path)
    made.tokens.path.chmod(0)
    with pytest.raises(TokenFileError, match="can't be read"):
        made.tokens.read()


def test_no_room_on_the_disk_is_told_before_the_code_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Guards the only code of a user who is hard to reach."""
    made = ads_world(tmp_path, [grant()])

    def full(descriptor: int, content: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("ingestion.engine.token_file.os.write", full)
    with pytest.raises(TokenFileError, match="No space left"):
        made.tokens.exchange(CODE, made.host)
    assert made.requests == []


def test_names_are_kept_and_nothing_is_written_without_news(tmp_path: Path) -> None:
    made = exchanged(tmp_path)
    (kept,) = made.tokens.read().grants
    made.tokens.remember({ONE: "Aurora"}, {kept.id: (ONE, TWO)})
    written = json.loads(made.tokens.path.read_text())
    assert written["names"] == {ONE: "Aurora"} and written["grants"][0]["advertiser_ids"] == [ONE, TWO]
    changed = made.tokens.path.stat().st_ino
    made.tokens.remember({ONE: "Aurora"}, {kept.id: (ONE, TWO)})
    assert made.tokens.path.stat().st_ino == changed


def test_the_file_of_the_shops_is_not_touched(tmp_path: Path) -> None:
    """Guards one source's makings being cleared away by the other's, in the same folder."""
    folder = tmp_path / "home"
    folder.mkdir()
    making = folder / ".tokens-being-made"
    making.write_text("x")
    exchanged(tmp_path)
    assert making.exists()
    assert AdsTokenStore(folder / "other.json").read().grants == []
