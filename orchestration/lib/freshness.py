"""How old the sources are, by dbt's freshness rules; without building anything."""

from __future__ import annotations

import json
from dataclasses import dataclass

from ingestion.home import Home, storage_errors
from orchestration.lib.build import BuildFailed, dbt_folder, plain, run_dbt


@dataclass(frozen=True, slots=True)
class SourceAge:
    """Age of a source table, judged by its stalest active shop.

    Attributes:
        unique_id: dbt's id of the source table.
        status: `pass`, `warn`, `error` or `runtime error`.
        age_hours: hours since the last successful sync; None when it could not be asked.
        last_success: that instant, ISO 8601, UTC; None when it could not be asked.
        message: why it could not be asked; empty otherwise.
    """

    unique_id: str
    status: str
    age_hours: float | None
    last_success: str | None
    message: str


def source_ages(home: Home) -> list[SourceAge]:
    """Ask all source tables that have a freshness rule.

    Raises:
        BuildFailed: dbt could not run.
        HomeBusy: another run holds the home: dbt opens the warehouse file, which only one process may.
    """
    with home.lock("source freshness"):
        home.prepare()
        path = dbt_folder(home) / "target" / "sources.json"
        path.unlink(missing_ok=True)
        run_dbt(home, [["parse"], ["source", "freshness"]])
        if not path.is_file():
            raise BuildFailed(
                "dbt judged no source.",
                advice=f"Everything dbt did is in {dbt_folder(home) / 'logs' / 'dbt.log'}.",
            )
        with storage_errors(path):
            results = json.loads(path.read_bytes())["results"]
    return [
        SourceAge(
            unique_id=str(result["unique_id"]),
            status=str(result["status"]),
            age_hours=_hours(result.get("max_loaded_at_time_ago_in_s")),
            last_success=result.get("max_loaded_at"),
            message=plain(result.get("error")),
        )
        for result in results
    ]


def _hours(seconds: float | None) -> float | None:
    return None if seconds is None else round(float(seconds) / 3600, 1)
