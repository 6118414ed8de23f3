"""What is handed to dlt."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from home.layout import Home
from ingestion.engine.pipelines import for_table, load, mark_dataset, open_pipeline
from ingestion.engine.processes import bulk_work


def test_tables_given_to_dlt_do_not_add_up(tmp_path: Path) -> None:
    """dlt leaves each in a cycle, and a sync collects garbage rarely: memory grew with the length of history."""
    import dlt

    home = Home(tmp_path / "home")
    home.prepare()
    mark_dataset(home.raw / "source")
    pipeline = open_pipeline(home, "source__1", "source")
    held: list[int] = []

    def rows() -> Iterator[Any]:
        for number in range(40):
            text = pa.array([f"{number:06d}" * 20] * 10_000)
            held.append(pa.total_allocated_bytes())
            yield for_table(pa.table({"id": text}), "things")

    before = pa.total_allocated_bytes()
    with bulk_work():
        contract = {"tables": "evolve", "columns": "evolve", "data_type": "freeze"}
        load(
            pipeline, dlt.resource(rows, name="things", write_disposition="append", schema_contract=contract)
        )
    table = 10_000 * 120
    assert len(held) == 40
    assert max(held) - before < 6 * table
