"""Archives files and loads their rows.

The pages of a file are committed to the archive in one step, and its rows come with one load of dlt's. A kill between
the two costs nothing: `recover` loads what is in the archive and not in the raw folder.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pyarrow as pa

from home.layout import Home
from ingestion.engine.archive import Archive, Entry
from ingestion.engine.pages import Page
from ingestion.engine.pipelines import for_table, load, open_pipeline
from ingestion.seller_center.filed import Filed, filed, loaded, rows_of
from ingestion.tables.sources import SELLER_CENTER

Built = tuple[str, pa.Table]
"""Rows of a raw table, with its name."""


class FileStore:
    """The files of a home.

    Args:
        home: Where everything is; its lock must be held.
        run_id: The run, for the archive.
    """

    def __init__(self, home: Home, run_id: str) -> None:
        self._home = home
        self._run_id = run_id
        self._archive = Archive(home.archive)
        self._filed: dict[str, Filed] = {}
        for one in filed(self._archive):
            self._remember(one)

    def find(self, key: str) -> Filed | None:
        """The file with these bytes, or these cells: SHA-256 of either."""
        return self._filed.get(key)

    def write(self, pages: Sequence[Page]) -> Entry:
        """Writes pages beside the archive: they are part of it once their entry is committed.

        Raises:
            StorageError: The disk refuses.
        """
        return self._archive.write(pages, run_id=self._run_id)

    def commit(
        self, owner: str, entries: Sequence[Entry], built: Iterable[Built], file: Filed | None = None
    ) -> None:
        """Commits pages to the archive and loads their rows.

        Args:
            owner: The shop or ads account.
            entries: Of the pages.
            built: Their rows by raw table.
            file: The file that is complete now; None for what is no file.

        Raises:
            StorageError: The disk refuses.
        """
        self._archive.commit(entries)
        self._load(owner, built)
        if file is not None:
            self._remember(file)

    def recover(self) -> int:
        """Loads files that are in the archive and not in the raw folder; how many these were.

        Raises:
            StorageError: The disk refuses.
        """
        there = loaded(self._home.raw)
        missing: dict[str, set[str]] = defaultdict(set)
        for one in self._filed.values():
            if one.file_id not in there:
                missing[one.owner].add(one.file_id)
        for owner, ids in missing.items():
            entries = [entry for entry in self._archive.entries(SELLER_CENTER) if entry.shop_key == owner]
            for file_id in sorted(ids):

                def is_wanted(page: Page, file_id: str = file_id) -> bool:
                    return bool(page.context["file_id"] == file_id)

                made = rows_of(self._archive, entries, is_wanted)
                self._load(owner, [item for one in made for item in one.tables.items()])
        return sum(map(len, missing.values()))

    def _remember(self, one: Filed) -> None:
        self._filed[one.file_id] = self._filed[one.cells_id] = one

    def _load(self, owner: str, built: Iterable[Built]) -> None:
        import dlt

        tables = [(name, table) for name, table in built if table.num_rows]
        if not tables:
            return

        def resources() -> Iterator[Any]:
            yield dlt.resource(
                (for_table(table, name) for name, table in tables),
                name="file",
                write_disposition="append",
                schema_contract={"tables": "evolve", "columns": "evolve", "data_type": "freeze"},
            )

        pipeline = open_pipeline(self._home, f"{SELLER_CENTER}__{owner}", SELLER_CENTER)
        load(pipeline, dlt.source(resources, name=SELLER_CENTER, max_table_nesting=0)())
