"""What an import did with each file, for `sync_log` and `drift`."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Mapping

from home.layout import Home
from ingestion.engine.journal import SHOP, LogRow, write_journal
from ingestion.engine.rows import Drift
from ingestion.seller_center.building import FileRows
from ingestion.seller_center.entities import MAPPERS, Facts
from ingestion.seller_center.outcomes import FileOutcome
from ingestion.tables.sources import SELLER_CENTER


class ImportLog:
    """Collects a run's rows of `sync_log` and `drift`, and writes them.

    Args:
        run_id: The run.
        started_at: When it began, unix seconds.
    """

    def __init__(self, run_id: str, started_at: int) -> None:
        self._run_id = run_id
        self._started_at = started_at
        self._rows: list[LogRow] = []
        self._drifts: dict[str, Drift] = defaultdict(Drift)

    def imported(self, outcome: FileOutcome, maker: FileRows, facts: Mapping[str, Facts], pages: int) -> None:
        """Adds a file that was imported: one row per sheet."""
        self._drifts[outcome.owner].merge(maker.drift)
        for sheet, mapper in maker.mappers.items():
            until = None if mapper.last is None else mapper.last + 1
            self._rows.append(
                LogRow(
                    run_id=self._run_id,
                    shop_key=outcome.owner,
                    resource=mapper.resource,
                    endpoint=facts[sheet].decisions.layout,
                    status="ok",
                    started_at=self._started_at,
                    finished_at=int(time.time()),
                    window_from=mapper.first,
                    window_until=until,
                    cursor=until,
                    pages=pages,
                    rows_written=sum(outcome.loaded.values()),
                )
            )

    def refused(self, outcome: FileOutcome) -> None:
        """Adds a file that was refused, if it is known whose and what it is."""
        if not outcome.owner:
            return
        for kind, layout in zip(outcome.kinds, outcome.layouts, strict=True):
            self._rows.append(
                LogRow(
                    run_id=self._run_id,
                    shop_key=outcome.owner,
                    resource=MAPPERS[kind].resource,
                    endpoint=layout,
                    status="failed",
                    started_at=self._started_at,
                    finished_at=int(time.time()),
                    error_message=" ".join(outcome.why("en")),
                )
            )

    def write(self, home: Home) -> None:
        """Writes both, once per run.

        Raises:
            StorageError: The disk refuses.
        """
        write_journal(home, SELLER_CENTER, SHOP, self._run_id, self._rows, self._drifts)
