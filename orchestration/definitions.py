"""Everything Dagster knows of this project; `make dagster` opens it.

Loading needs no secrets, no network and no warehouse: shops, tokens and files are looked up when a step runs.
"""

from __future__ import annotations

import dagster as dg

from home.layout import Home
from home.project import project_var
from orchestration.defs.dbt.assets import build_dbt_assets
from orchestration.defs.dbt.checks import build_freshness_checks
from orchestration.defs.gone_runs import gone_runs
from orchestration.defs.ingestion.assets import build_ingestion_assets
from orchestration.defs.ingestion.inbox import build_inbox_assets, build_inbox_sensor
from orchestration.defs.ingestion.resources import HomeResource, SyncScope
from orchestration.defs.ingestion.sensors import build_failed_shop_sensor
from orchestration.defs.manifest import load_manifest
from orchestration.defs.publish.assets import build_published_assets
from orchestration.defs.publish.jobs import build_jobs
from orchestration.defs.publish.reports import build_report_schedule, report_job
from orchestration.defs.publish.schedules import build_schedules
from orchestration.defs.publish.sensors import alert_webhooks, nothing_published, run_failure_alert
from orchestration.defs.quality.assets import build_audit_assets
from orchestration.defs.translators import HouseDbtTranslator, with_owner


def build_definitions(home: Home) -> dg.Definitions:
    """The code location over a data home, whose folder only keeps the parsed dbt project while loading."""
    manifest = load_manifest(home)
    translator = HouseDbtTranslator()
    jobs = {job.name: job for job in build_jobs()}
    return dg.Definitions(
        assets=dg.map_asset_specs(
            with_owner,
            [
                *build_ingestion_assets(manifest),
                *build_inbox_assets(manifest),
                build_dbt_assets(manifest, translator),
                build_audit_assets(manifest, translator),
                *build_published_assets(manifest, translator),
            ],
        ),
        asset_checks=[build_freshness_checks(manifest, translator)],
        jobs=[*jobs.values(), report_job],
        schedules=[
            *build_schedules(jobs, project_var("reporting_timezone")),
            build_report_schedule(project_var("reporting_timezone")),
        ],
        sensors=[
            run_failure_alert,
            build_failed_shop_sensor(jobs["retry_shop_job"]),
            build_inbox_sensor(jobs["import_job"]),
            alert_webhooks,
            gone_runs,
            nothing_published,
        ],
        resources={"home": HomeResource(), "scope": SyncScope()},
        # Steps of a run write the same home, so they take turns anyway: one process saves loading the
        # definitions anew for each step. dbt still runs in a process of its own (orchestration/build/build.py).
        executor=dg.in_process_executor,
    )


defs = build_definitions(Home.from_env())
