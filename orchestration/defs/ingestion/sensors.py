"""A shop or ads account whose sync failed becomes an alert, and gets one more try on its own.

The others went on without it, so the run itself may well have succeeded. What failed is read from the raw
tables `sync_log`, which the command line writes as well: it does not matter who ran the sync.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import duckdb

from home.database import files_in
from ingestion.engine.journal import SHOP
from ingestion.tables.sources import TIKTOK_ADS, TIKTOK_SHOP
from ingestion.tiktok_ads.resources import OWNER as ACCOUNT
from orchestration.defs.dagster_types import AssetJob
from orchestration.defs.ingestion.resources import HomeResource, SyncScope
from orchestration.deliver.alerts import Alert, raise_alert

RETRY_PAUSE = timedelta(hours=6)
"""A shop or ads account is tried again at most once in this time; after that it waits for the schedule."""

HOPELESS_STATES = ("revoked", "deactivated", "expired")
"""Authorisation states that only their owner can change: no retry, an alert is all that helps."""

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
                epoch_us(max(finished_at)) as finished_at_us
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
        )
        for run_id, key, resources, message, state, finished_at_us in rows
    ]


def build_failed_shop_sensor(retry_job: AssetJob) -> dg.SensorDefinition:
    """The sensor that watches `sync_log` and starts `retry_job` for a shop or ads account that failed."""

    @dg.sensor(
        name="failed_shop_sensor",
        job=retry_job,
        minimum_interval_seconds=120,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=(
            "Alerts when the sync of a shop or ads account failed and tries that one once more, unless its "
            f"authorisation is gone or it was tried within {RETRY_PAUSE.total_seconds() / 3600:.0f} hours."
        ),
    )
    def failed_shop_sensor(context: dg.SensorEvaluationContext, home: HomeResource) -> dg.SensorResult:
        place = home.open()
        state = json.loads(context.cursor) if context.cursor else {"seen": None, "told": [], "retried": {}}
        now = datetime.now(UTC)
        # On the first tick the history is not news.
        seen = datetime.fromisoformat(state["seen"]) if state["seen"] else now - timedelta(days=1)
        retried = {
            shop: at
            for shop, at in state["retried"].items()
            if datetime.fromisoformat(at) > now - RETRY_PAUSE
        }
        requests: list[dg.RunRequest] = []
        alerted: list[str] = state["told"]
        failures = [one for one in read_failures(place.raw, seen) if one.key not in alerted]
        for failure in failures:
            hopeless = failure.authorisation_state in HOPELESS_STATES
            retry = not hopeless and failure.shop_key not in retried
            if hopeless:
                owner = "Its owner" if failure.of_ads else "The seller"
                advice = f"{owner} has to authorise the app again; `ttkpi auth status` shows the state."
            elif retry:
                advice = "It is tried once more now."
            else:
                advice = "It was tried again already; the next scheduled run goes on from its cursor."
            message = (
                f"{failure.title}: the sync of {', '.join(failure.resources)} failed: "
                f"{failure.message} {advice}"
            )
            raise_alert(
                place.root,
                Alert(
                    kind="ads_sync_failed" if failure.of_ads else "shop_sync_failed",
                    message=message,
                    run_id=failure.run_id,
                    shop_key=failure.shop_key,
                    details={"authorisation_state": failure.authorisation_state},
                ),
            )
            context.log.error(message)
            if retry:
                retried[failure.shop_key] = now.isoformat()
                requests.append(
                    dg.RunRequest(
                        run_key=failure.key,
                        run_config=dg.RunConfig(resources={"scope": SyncScope(shops=[failure.shop_key])}),
                        tags={"ttkpi/shop_key": failure.shop_key, "ttkpi/retry_of": failure.run_id},
                    )
                )
            if failure.finished_at > seen:
                seen, alerted = failure.finished_at, []
            alerted.append(failure.key)
        return dg.SensorResult(
            run_requests=requests,
            skip_reason=None if failures else dg.SkipReason("No sync failed since the last tick."),
            cursor=json.dumps({"seen": seen.isoformat(), "told": alerted, "retried": retried}),
        )

    return failed_shop_sensor
