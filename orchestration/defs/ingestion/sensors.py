"""Shops and ads accounts whose sync failed become alerts, and one run tries all of them again.

The others went on without them, so the run itself may well have succeeded. What failed is read from the raw
tables `sync_log`, which the command line writes as well: it does not matter who ran the sync. What a retry can't
cure (an authorisation that is gone, a request that TikTok does not accept) is told and left alone.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb

from home.database import files_in
from ingestion.engine.journal import SHOP
from ingestion.tables.sources import TIKTOK_ADS, TIKTOK_SHOP
from ingestion.tiktok_ads import refusals as ads_refusals
from ingestion.tiktok_ads.resources import OWNER as ACCOUNT
from ingestion.tiktok_shop import refusals
from orchestration.defs.dagster_types import AssetJob
from orchestration.defs.ingestion.resources import HomeResource, SyncScope
from orchestration.deliver.alerts import Alert, raise_alert

PAUSES = (timedelta(0), timedelta(hours=1), timedelta(hours=6))
"""How long after a failure the first, second and third try follow; after these it is left to the schedule."""

FORGOTTEN_AFTER = timedelta(days=1)
"""A shop or ads account that was not tried again for so long begins with the first pause."""

UNDER_WAY = (
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
)

TOLD_ONE_BY_ONE = 5
"""Of more failures that have the same cure one alert tells."""

HOPELESS_STATES = ("revoked", "deactivated", "expired")
"""Authorisation states that only their owner can change: no retry, an alert is all that helps."""

MAY_PASS: dict[str, Callable[[int], bool]] = {
    TIKTOK_SHOP: refusals.may_pass,
    TIKTOK_ADS: ads_refusals.may_pass,
}
"""What says of a source's codes whether trying again helps."""

OWNERS = {TIKTOK_SHOP: SHOP, TIKTOK_ADS: ACCOUNT}
"""The column of a source's `sync_log` that says whose resource it was."""


@dataclass(frozen=True, slots=True)
class ShopFailure:
    """The failed resources of a shop, or of an ads account, in one sync run."""

    source: str
    run_id: str
    shop_key: str
    resources: tuple[str, ...]
    message: str
    authorisation_state: str
    finished_at: datetime
    codes: tuple[int, ...] = ()
    """TikTok's codes; 0 where there was none."""

    @property
    def is_hopeless(self) -> bool:
        """Whether only its owner can cure it."""
        return self.authorisation_state in HOPELESS_STATES

    @property
    def is_curable(self) -> bool:
        """Whether trying again may help with anything of it."""
        return not self.is_hopeless and any(MAY_PASS[self.source](code) for code in self.codes or (0,))

    @property
    def key(self) -> str:
        """Names the failure: also the key by which Dagster knows that a retry was asked for already."""
        return f"{self.run_id}:{self.shop_key}"

    @property
    def of_ads(self) -> bool:
        """Whether it is an ads account's."""
        return self.source == TIKTOK_ADS

    @property
    def title(self) -> str:
        """Whose failure it is."""
        return f"{'Ads account' if self.of_ads else 'Shop'} {self.shop_key}"


def read_failures(raw: Path, since: datetime) -> list[ShopFailure]:
    """Failures that ended at the given instant or later, one per sync run and shop or ads account, oldest first.

    Args:
        raw: Folder of the raw tables (`raw/` of the home).
        since: UTC instant, inclusive: times in the log are whole seconds, and two short runs may share one.
    """
    found = [one for source, owner in OWNERS.items() for one in _failures(raw, source, owner, since)]
    return sorted(found, key=lambda one: (one.finished_at, one.run_id, one.shop_key))


def _failures(raw: Path, source: str, owner: str, since: datetime) -> list[ShopFailure]:
    folder = raw / source / "sync_log"
    if not any(folder.glob("*.parquet")):
        return []
    with duckdb.connect(":memory:", config={"threads": 1}) as connection:
        connection.execute("set TimeZone = 'UTC'")
        rows = connection.execute(
            f"""
            select
                run_id,
                {owner},
                list(distinct resource order by resource) as resources,
                coalesce(max_by(error_message, finished_at), 'no message was recorded') as message,
                coalesce(max_by(authorisation_state, finished_at), 'unknown') as authorisation_state,
                epoch_us(max(finished_at)) as finished_at_us,
                list(distinct coalesce(error_code, 0)) as codes
            from read_parquet({files_in(folder)}, union_by_name = true)
            where status = 'failed' and {owner} is not null and finished_at >= $since
            group by run_id, {owner}
            """,  # noqa: S608 (the column is one of OWNERS)
            {"since": since},
        ).fetchall()
    return [
        ShopFailure(
            source=source,
            run_id=str(run_id),
            shop_key=str(key),
            resources=tuple(resources),
            message=str(message),
            authorisation_state=str(state),
            finished_at=datetime.fromtimestamp(finished_at_us / 1_000_000, tz=UTC),
            codes=tuple(codes),
        )
        for run_id, key, resources, message, state, finished_at_us, codes in rows
    ]


def still_failing(raw: Path) -> set[str]:
    """Shops and ads accounts of which some resource failed when it was read last."""
    found: set[str] = set()
    for source, owner in OWNERS.items():
        folder = raw / source / "sync_log"
        if not any(folder.glob("*.parquet")):
            continue
        with duckdb.connect(":memory:", config={"threads": 1}) as connection:
            rows = connection.execute(
                f"select distinct {owner} from (select {owner}, resource, max_by(status, finished_at) as status "  # noqa: S608
                f"from read_parquet({files_in(folder)}, union_by_name = true) group by {owner}, resource) "
                "where status = 'failed'"
            ).fetchall()
        found |= {str(key) for (key,) in rows}
    return found


@dataclass(slots=True)
class _Try:
    """How far the retries of a shop or ads account are.

    Attributes:
        tries: How many there were.
        at: When the last one was asked for, or the failure was seen.
        due: When the next one is due; None when none is.
    """

    tries: int
    at: datetime
    due: datetime | None

    def as_json(self) -> list[Any]:
        return [self.tries, self.at.isoformat(), self.due.isoformat() if self.due else None]

    @classmethod
    def from_json(cls, record: Any) -> "_Try":
        tries, at, due = record
        return cls(tries, datetime.fromisoformat(at), datetime.fromisoformat(due) if due else None)


@dataclass(slots=True)
class _Memory:
    """What the sensor knows from the tick before."""

    seen: datetime
    told: list[str]
    tries: dict[str, _Try]

    @classmethod
    def read(cls, cursor: str | None, now: datetime) -> "_Memory":
        state = json.loads(cursor) if cursor else {}
        # On the first tick the history is not news.
        seen = datetime.fromisoformat(state["seen"]) if state.get("seen") else now - timedelta(days=1)
        tries = {key: _Try.from_json(one) for key, one in state.get("tries", {}).items()}
        kept = {key: one for key, one in tries.items() if one.due or now - one.at < FORGOTTEN_AFTER}
        return cls(seen, list(state.get("told", [])), kept)

    def write(self) -> str:
        tries = {key: one.as_json() for key, one in self.tries.items()}
        return json.dumps({"seen": self.seen.isoformat(), "told": self.told, "tries": tries})

    def note(self, failure: ShopFailure, now: datetime) -> None:
        """Remembers that a failure was told, and when its shop is to be tried again."""
        if failure.finished_at > self.seen:
            self.seen, self.told = failure.finished_at, []
        self.told.append(failure.key)
        one = self.tries.setdefault(failure.shop_key, _Try(0, now, None))
        if failure.is_curable and one.due is None and one.tries < len(PAUSES):
            one.due = now + PAUSES[one.tries]

    def due(self, raw: Path, now: datetime) -> list[str]:
        """Who is to be tried now; whose last sync went well meanwhile is not."""
        waiting = {key for key, one in self.tries.items() if one.due is not None}
        for key in waiting - (still_failing(raw) if waiting else set()):
            del self.tries[key]
        return sorted(key for key, one in self.tries.items() if one.due is not None and one.due <= now)

    def tried(self, keys: Iterable[str], now: datetime) -> None:
        """Remembers that a run for these was asked for."""
        for key in keys:
            self.tries[key] = _Try(self.tries[key].tries + 1, now, None)


def build_failed_shop_sensor(retry_job: AssetJob) -> dg.SensorDefinition:
    """The sensor that watches `sync_log` and starts one run of `retry_job` for everything that failed."""

    @dg.sensor(
        name="failed_shop_sensor",
        job=retry_job,
        minimum_interval_seconds=120,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=(
            "Alerts when the sync of shops or ads accounts failed, and starts one run for all of them: at once, after "
            "one hour and after six more, unless trying again can't help. Never while another run is under way."
        ),
    )
    def failed_shop_sensor(context: dg.SensorEvaluationContext, home: HomeResource) -> dg.SensorResult:
        place = home.open()
        now = datetime.now(UTC)
        memory = _Memory.read(context.cursor, now)
        failures = [one for one in read_failures(place.raw, memory.seen) if one.key not in memory.told]
        for failure in failures:
            memory.note(failure, now)
        for alert in alerts_of(failures, memory.tries, now):
            raise_alert(place.root, alert)
            context.log.error(alert.message)
        due = memory.due(place.raw, now)
        skipped = "No sync failed since the last tick." if not failures else "What failed is not tried now."
        requests: list[dg.RunRequest] = []
        if due and _is_under_way(context.instance):
            # Whatever runs now may be about to sync them too.
            skipped = f"{len(due)} are tried when the run that is under way has ended."
        elif due:
            memory.tried(due, now)
            requests.append(
                dg.RunRequest(
                    run_key=f"{now.isoformat()} {len(due)}",
                    run_config=dg.RunConfig(resources={"scope": SyncScope(shops=due)}),
                    tags={"ttkpi/retried": str(len(due))},
                )
            )
        return dg.SensorResult(
            run_requests=requests,
            skip_reason=None if requests else dg.SkipReason(skipped),
            cursor=memory.write(),
        )

    return failed_shop_sensor


def _is_under_way(instance: dg.DagsterInstance) -> bool:
    return bool(instance.get_runs(filters=dg.RunsFilter(statuses=list(UNDER_WAY)), limit=1))


def alerts_of(failures: Sequence[ShopFailure], tries: Mapping[str, _Try], now: datetime) -> list[Alert]:
    """What there is to tell of new failures: one alert each, or one for many of which the same is to be said.

    Args:
        failures: The failures, oldest first.
        tries: When whom is tried again.
        now: UTC.
    """
    groups: dict[tuple[bool, str], list[ShopFailure]] = defaultdict(list)
    for failure in failures:
        groups[failure.of_ads, _advice(failure, tries.get(failure.shop_key), now)].append(failure)
    found: list[Alert] = []
    for (_, advice), group in groups.items():
        owners = {one.shop_key for one in group}
        if len(owners) > TOLD_ONE_BY_ONE:
            found.append(_alert(group[-1], _summary(group), advice, count=len(owners)))
        else:
            found += [
                _alert(
                    one,
                    f"{one.title}: the sync of {', '.join(one.resources)} failed: {one.message}",
                    advice,
                )
                for one in group
            ]
    return found


def _advice(failure: ShopFailure, one: _Try | None, now: datetime) -> str:
    if failure.is_hopeless:
        owner = "Its owner" if failure.of_ads else "The seller"
        return f"{owner} has to authorise the app again; `ttkpi auth status` shows the state."
    if not failure.is_curable:
        return "Trying again would not help; the message says what to do."
    if one is None or one.due is None:
        return "It was tried again already; the next scheduled run goes on from its cursor."
    return (
        "It is tried once more now." if one.due <= now else f"It is tried once more at {one.due:%H:%M} UTC."
    )


def _summary(group: Sequence[ShopFailure]) -> str:
    owners = sorted({one.shop_key for one in group})
    shown = f"{', '.join(owners[:TOLD_ONE_BY_ONE])} and {len(owners) - TOLD_ONE_BY_ONE} more"
    messages = Counter(one.message for one in group).most_common(1)
    kind = "ads accounts" if group[0].of_ads else "shops"
    return (
        f"The sync of {len(owners)} {kind} failed ({shown}; `ttkpi status` names all). "
        f"Most often: {messages[0][0]}"
    )


def _alert(failure: ShopFailure, text: str, advice: str, *, count: int = 1) -> Alert:
    return Alert(
        kind="ads_sync_failed" if failure.of_ads else "shop_sync_failed",
        message=f"{text} {advice}",
        run_id=failure.run_id,
        shop_key=failure.shop_key if count == 1 else None,
        details={"authorisation_state": failure.authorisation_state}
        | ({} if count == 1 else {"job": f"{count} {'ads accounts' if failure.of_ads else 'shops'}"}),
    )
