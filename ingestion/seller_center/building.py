"""From archived cells to raw rows: the same code when a file is imported and when it is replayed.

Pages of a file may come in any order, and those of several sheets mixed. What needs all of them (statements, which are
sums of transactions) is made at the end.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

import orjson
import pyarrow as pa

from ingestion.engine.pages import Page
from ingestion.engine.rows import Drift, build
from ingestion.seller_center.control import Compared
from ingestion.seller_center.entities import MAPPERS, Facts, Made, Mapper, QuarantinedRow
from ingestion.seller_center.entities.settlement import statement_records
from ingestion.seller_center.sheets import Cell, Control, Problem, TypedRow
from ingestion.seller_center.tables import OF_CELLS
from ingestion.seller_center.typed import UNMAPPED, TypedBatch, rows_of, typed_batches, typed_rows

OnProblem = Callable[[Problem], None]
"""Receives what is wrong with rows and cells that can't be used."""

_Cells = tuple[int, Sequence[Cell]]
"""A row: its number and its cells."""

_BY_NAME = {table.name: table for table in OF_CELLS}


class FileRows:
    """The rows of one file.

    Args:
        facts: By name of the sheet.
        on_problem: Receives what is wrong with rows and cells that can't be used.
        file: Name of the file, for problems.
        control: What the file says that its rows add up to, by name of the sheet.
    """

    def __init__(
        self,
        facts: Mapping[str, Facts],
        on_problem: OnProblem = lambda problem: None,
        *,
        file: str = "",
        control: Mapping[str, Control] | None = None,
    ) -> None:
        self._compared = {sheet: Compared(one) for sheet, one in (control or {}).items()}
        self._unmapped: dict[tuple[str, str], dict[str | None, Decimal]] = {}
        self._facts = facts
        self._on_problem = on_problem
        self._file = file
        self._mappers: dict[str, Mapper] = {
            sheet: MAPPERS[one.decisions.kind](one, self._quarantine_of(sheet))
            for sheet, one in facts.items()
        }
        self._first: Page | None = None
        self._rows: dict[bytes, int] = {}
        """The last row that counts with the same cells, by their digest."""
        self.drift = Drift()

    @property
    def mappers(self) -> Mapping[str, Mapper]:
        """The mappers by sheet: they know what the rows have reached."""
        return self._mappers

    def add(self, page: Page) -> dict[str, pa.Table]:
        """The rows of a page of cells, by raw table."""
        if self._first is None or page.page_id < self._first.page_id:
            self._first = replace(page, records=[], rows=None, shape=None, lines=None)
        sheet = page.context["sheet"]
        facts = self._facts[sheet]
        mapper = self._mappers[sheet]
        cells, repeated, equal = self._parted(sheet, page)
        rows: list[TypedRow] = []
        for batch in typed_batches(facts.header, cells, facts.decisions, file=self._file, sheet=sheet):
            rows += rows_of(batch)
            if sheet in self._compared:
                self._compared[sheet].add(batch.columns, len(batch.rows))
            if facts.decisions.unmapped:
                self._add_unmapped(sheet, batch)
        for row in rows:
            for problem in row.problems:
                self._on_problem(problem)
            if mapper.always_money and row.values.get(mapper.money) is None:
                unreadable = {facts.decisions.columns.get(problem.column or "") for problem in row.problems}
                if mapper.money not in unreadable:
                    mapper.quarantine("row_without_amount", row, mapper.money, None)
        for code, effect, those in (("row_repeated", "left_out", repeated), ("row_equal", "counted", equal)):
            for row in typed_rows(facts.header, those, facts.decisions, file=self._file, sheet=sheet):
                mapper.quarantine(code, row, mapper.identity or None, None, effect)
        return self._built(mapper.take(rows), page)

    def _parted(self, sheet: str, page: Page) -> tuple[list[_Cells], list[_Cells], list[_Cells]]:
        """The rows of a page that count; those that are equal to an earlier row of the file in every cell, and do not
        count; and those that are equal to the row above them and count all the same."""
        fresh: list[_Cells] = []
        repeated: list[_Cells] = []
        equal: list[_Cells] = []
        header = hashlib.blake2b(orjson.dumps(self._facts[sheet].header), digest_size=16).digest()
        side_by_side = self._mappers[sheet].equal_rows_count
        for record in page.records:
            row, cells = record["row"], record["cells"]
            digest = hashlib.blake2b(orjson.dumps(cells), digest_size=16, key=header).digest()
            before = self._rows.get(digest)
            is_equal = side_by_side and before is not None and row == before + 1
            if before is not None and not is_equal:
                repeated.append((row, cells))
                continue
            self._rows[digest] = row
            fresh.append((row, cells))
            if is_equal:
                equal.append((row, cells))
        return fresh, repeated, equal

    def _add_unmapped(self, sheet: str, batch: TypedBatch) -> None:
        currencies = batch.columns.get("currency") or [None] * len(batch.rows)
        for name, values in batch.columns.items():
            if name.startswith(UNMAPPED):
                sums = self._unmapped.setdefault((sheet, name.removeprefix(UNMAPPED)), {})
                for value, currency in zip(values, currencies, strict=True):
                    if value:
                        currency = currency or self._facts[sheet].decisions.currency
                        sums[currency] = sums.get(currency, Decimal(0)) + value

    @property
    def unmapped(self) -> Mapping[tuple[str, str], Mapping[str | None, Decimal]]:
        """The money in columns that nobody knows: by sheet and header, by currency."""
        return self._unmapped

    def differences(self) -> list[Problem]:
        """What the rows do not add up to, though the file says so; asked when all pages were added."""
        return [
            problem for sheet, one in self._compared.items() for problem in one.problems(self._file, sheet)
        ]

    def finish(self) -> dict[str, pa.Table]:
        """The rows that needed all pages."""
        if self._first is None:
            return {}
        made: Made = {"statements": statement_records(self._mappers.values())}
        return self._built(made, self._first)

    def _built(self, made: Made, page: Page) -> dict[str, pa.Table]:
        found: dict[str, pa.Table] = {}
        for name, records in made.items():
            if records:
                whole = replace(page, records=records, rows=None, shape=None, lines=None)
                found.update(build(_BY_NAME[name], [whole], self.drift))
        return {name: table for name, table in found.items() if table.num_rows}

    def _quarantine_of(self, sheet: str) -> Callable[[QuarantinedRow], None]:
        headers = {canonical: name for name, canonical in self._facts[sheet].decisions.columns.items()}

        def quarantine(one: QuarantinedRow) -> None:
            values = {"value": one.value, "effect": one.effect, "id": one.id, "currency": one.currency or ""}
            if one.amount is not None:
                values["amount"] = format(one.amount, "f")
            self._on_problem(
                Problem(
                    code=one.code,
                    severity="quarantine",
                    file=self._file,
                    sheet=sheet,
                    row=one.row,
                    column=headers.get(one.column, one.column) if one.column else None,
                    values=values,
                )
            )

        return quarantine
