"""How old the sources are, by dbt's freshness rules; without building anything."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from home.layout import Home
from home.storage import storage_errors
from orchestration.build.build import BuildFailed, dbt_folder, run_dbt, source_age


@dataclass(frozen=True, slots=True)
class SourceAge:
    """Age of a source table, judged by its stalest active shop.

    Attributes:
        unique_id: dbt's id of the source table.
        status: `pass`, `warn`, `error` or `runtime error`.
        age_hours: hours since the last successful sync; None when there was none, or it could not be asked.
        last_success: that instant, ISO 8601, UTC; None when there is no age.
        message: why there is no age; empty otherwise.
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
                advice=f"What dbt found wrong is in {dbt_folder(home) / 'logs' / 'dbt.log'}.",
            )
        with storage_errors(path):
            results = json.loads(path.read_bytes())["results"]
    return [_judged(result) for result in results]


def _judged(result: Mapping[str, Any]) -> SourceAge:
    age, message = source_age(result)
    return SourceAge(
        unique_id=str(result["unique_id"]),
        status=str(result["status"]),
        age_hours=age,
        last_success=None if age is None else result.get("max_loaded_at"),
        message=message,
    )
