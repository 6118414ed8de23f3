"""Freezes the scorecards of a month: they are what was agreed on, and later restatements stand beside them.

| in the home | what |
| --- | --- |
| `frozen/2026-10.1.parquet` | the first freeze of October 2026; a second one is `2026-10.2`, and the first stays |
| `frozen/signatures.json` | every freeze with its signature: one that is missing is noticed |
| `frozen/digests.json` | the SHA-256 of each file: of what a signature does not cover |
| `frozen/none.parquet` | no rows: so that the models can read the folder before anything was frozen |
| `freeze.key` | the key of the signatures |

What is frozen is what was published, row by row, with the version and the digest of the definition that each KPI was
counted by. The file carries a signature of all of it (HMAC-SHA256), and every build checks it before it reads: a score
that was changed by hand stops the build. Whoever may write in the home may also sign; against him only a copy of the
signature helps, which is why `ttkpi freeze` prints it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from home.audit_log import recorded
from home.database import attach, reading
from home.errors import TtkpiError
from home.layout import Home
from home.records import RecordDamaged, read_record, write_record
from home.storage import replacement, storage_errors
from ingestion.engine.raw_files import parquet_schema
from orchestration.history.published import require_published

SCHEMA = pa.schema(
    [
        ("month_start", pa.date32()),
        ("person_name", pa.string()),
        ("role", pa.string()),
        ("kpi_name", pa.string()),
        ("unit", pa.string()),
        ("lower_is_better", pa.bool_()),
        ("reporting_currency", pa.string()),
        ("assigned_shops", pa.int64()),
        ("days_with_figures", pa.int64()),
        ("actual", pa.decimal128(28, 10)),
        ("target", pa.decimal128(28, 10)),
        ("weight", pa.decimal128(18, 10)),
        ("attainment_cap", pa.decimal128(18, 10)),
        ("attainment", pa.float64()),
        ("score", pa.decimal128(18, 4)),
        ("is_complete", pa.bool_()),
        ("is_provisional", pa.bool_()),
        ("defined_by", pa.string()),
        ("definition_version", pa.int64()),
        ("definition_digest", pa.string()),
        ("freeze_number", pa.int64()),
        ("frozen_at", pa.timestamp("us", tz="UTC")),
    ]
)
_KEYS = ("person_name", "role", "kpi_name")
_FIGURES = (
    *("assigned_shops", "days_with_figures", "actual", "target", "weight", "attainment_cap", "attainment"),
    *("score", "is_complete", "is_provisional", "definition_version", "definition_digest"),
)
_SIGNATURE = b"ttkpi.signature"
_LEDGER, _DIGESTS = "signatures.json", "digests.json"
_NONE = "none.parquet"
_NAME = re.compile(r"(\d{4}-\d{2})\.(\d+)\.parquet")


class FreezeRefused(TtkpiError):
    """The month can't be frozen. Nothing was written."""


class FrozenDamaged(TtkpiError):
    """A frozen month is not as it was frozen. Nothing was built from it."""


@dataclass(frozen=True, slots=True)
class Card:
    """What a person reached in a role.

    Attributes:
        person: The person.
        role: The role.
        score: Points of a hundred; None where a KPI with a target is unknown, or none has a target.
        unknown: KPIs with a target of which the actual is unknown.
    """

    person: str
    role: str
    score: Decimal | None
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FreezeReport:
    """What was frozen.

    Attributes:
        path: The file.
        month: The month's first day.
        number: Which freeze of the month it is.
        rows: Rows of the file.
        cards: One per person and role.
        signature: The signature, in hexadecimal.
    """

    path: Path
    month: date
    number: int
    rows: int
    cards: tuple[Card, ...]
    signature: str


def freeze(home: Home, month: date, *, again: bool = False, provisional: bool = False) -> FreezeReport:
    """Freeze the published scorecards of a month.

    Args:
        home: Whose published file is read, and where the frozen month is kept.
        month: The first day of the month.
        again: Freeze a frozen month again, as it is now. The former freeze is kept.
        provisional: Freeze although refunds may still come, or not all of the month was synced.

    Raises:
        FreezeRefused: It is frozen already, not mature, a shop is held back, or nothing of it is published.
        FrozenDamaged: A frozen month was changed.
        CannotRead: The published file can't be read.
        HomeBusy: Another run holds the home.
        StorageError: The disk is full or refuses.
    """
    name = f"{month:%Y-%m}"
    with home.lock("freeze"), recorded(home, "freeze", name) as entry:
        check(home)
        number = max((found for known, found in _freezes(home) if known == name), default=0)
        if number and not again:
            raise FreezeRefused(
                f"{name} is frozen already ({home.frozen / f'{name}.{number}.parquet'}).",
                advice="It stays as it is; what it would be now is in the columns restated_* of kpi_team_scorecard. "
                f"To freeze it again as it is now: ttkpi freeze {name} --again",
            )
        rows = _published(home, month)
        if held := _held_back(home):
            raise FreezeRefused(
                f"Scorecards add up all shops, and of these the audit holds back {len(held)}:\n"
                + "\n".join(f"- {text}" for text in held),
                advice="Do what is said of each shop, then `ttkpi run`; once no shop is held back "
                f"(`ttkpi status`), freeze: ttkpi freeze {name}. Nothing was frozen, also not with --provisional: "
                "what is known to be wrong does not become right with time.",
            )
        young = sum(bool(row["is_provisional"]) for row in rows)
        parts = sum(not row["is_complete"] for row in rows)
        if (young or parts) and not provisional:
            raise FreezeRefused(
                f"Of {len(rows)} rows of {name} {young} are provisional, as refunds may still come or a list that they "
                f"are in (returns, statements, ...) was not wholly read, and {parts} are of a part of the month, as "
                "not all of it was synced.",
                advice="See with `ttkpi status` whether a list fails. Else wait until it is mature, or freeze it "
                f"as it is: ttkpi freeze {name} --provisional",
            )
        now = datetime.now(UTC).replace(microsecond=0)
        table = pa.Table.from_pylist(
            [row | {"month_start": month, "freeze_number": number + 1, "frozen_at": now} for row in rows],
            schema=SCHEMA,
        )
        signature = _sign(home.freeze_key(), table)
        path = home.frozen / f"{name}.{number + 1}.parquet"
        _write(path, table.replace_schema_metadata({_SIGNATURE: signature.encode()}))
        ledger = home.frozen / _LEDGER
        write_record(ledger, _signatures(home) | {path.name: signature})
        check(home)
        entry.details |= {
            "number": number + 1,
            "rows": table.num_rows,
            "signature": signature,
            "again": again,
            "provisional": provisional,
        }
    return FreezeReport(
        path=path,
        month=month,
        number=number + 1,
        rows=table.num_rows,
        cards=tuple(_cards(rows)),
        signature=signature,
    )


def check(home: Home) -> int:
    """Check every frozen month against its signature, and make the folder readable for the models.

    Returns:
        How many freezes there are.

    Raises:
        FrozenDamaged: One was changed, is missing, or is not one of ours.
        RecordDamaged: The list of signatures is.
        ConfigError: The key is gone.
        StorageError: The disk refuses.
    """
    with storage_errors(home.frozen):
        home.frozen.mkdir(parents=True, exist_ok=True)
        files = sorted(path for path in home.frozen.glob("*.parquet") if path.name != _NONE)
    empty = home.frozen / _NONE
    if parquet_schema(empty) != SCHEMA:
        _write(empty, SCHEMA.empty_table())
    if files:
        home.freeze_key()
    known = _signatures(home)
    missing = sorted(known.keys() - {path.name for path in files})
    if missing:
        raise FrozenDamaged(
            f"Frozen months are missing in {home.frozen}: {', '.join(missing)}.",
            advice=f"Restore them from your backup. To give them up, take them out of {home.frozen / _LEDGER}.",
        )
    found = {path.name: _verify(home, path) for path in files}
    if found.keys() != known.keys():
        # A freeze was killed before it could note its signature; its file is whole.
        write_record(home.frozen / _LEDGER, found | known)
    _check_digests(home, files)
    return len(files)


def _check_digests(home: Home, files: Sequence[Path]) -> None:
    """A signature is of the rows as we read them; another reader of a changed file may read other ones."""
    ledger = home.frozen / _DIGESTS
    try:
        known = read_record(ledger) or {}
    except RecordDamaged:
        known = {}
    digests = {}
    for path in files:
        with storage_errors(path):
            digests[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
        if known.get(path.name, digests[path.name]) != digests[path.name]:
            raise FrozenDamaged(
                f"{path} was changed after it was frozen: its digest is not the one in {ledger}.",
                advice="Restore both from your backup.",
            )
    if digests != known:
        write_record(ledger, digests)


def _signatures(home: Home) -> dict[str, Any]:
    """The list of freezes with their signatures."""
    cure = (
        "Restore it from your backup. Deleted, it does not tell any more whether a frozen month is missing."
    )
    return read_record(home.frozen / _LEDGER, cure=cure) or {}


def _verify(home: Home, path: Path) -> str:
    """The signature of a freeze, if it is of these rows.

    Raises:
        FrozenDamaged: It is not, or the file is not one of ours.
    """
    advice = (
        "Restore the file from your backup. To give this freeze up, delete the file and its line in "
        f"{path.with_name(_LEDGER)}, then freeze the month again."
    )
    match = _NAME.fullmatch(path.name)
    with storage_errors(path):
        try:
            table = pq.read_table(path)
        except (pa.ArrowException, OSError) as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise
            raise FrozenDamaged(f"{path} is no Parquet file: {error}", advice=advice) from error
    signature: str = (table.schema.metadata or {}).get(_SIGNATURE, b"").decode("ascii", errors="replace")
    if match is None or not table.schema.equals(SCHEMA) or not signature:
        raise FrozenDamaged(f"{path} was not written by `ttkpi freeze`.", advice=advice)
    # A copy of another month's file is signed, too.
    content = {(f"{row['month_start']:%Y-%m}", row["freeze_number"]) for row in table.to_pylist()}
    signed = hmac.compare_digest(signature, _sign(home.freeze_key(), table))
    if not signed or content != {(match[1], int(match[2]))}:
        raise FrozenDamaged(f"{path} is not as it was frozen: its signature does not fit.", advice=advice)
    return signature


def _sign(key: bytes, table: pa.Table) -> str:
    rows = [[None if value is None else str(value) for value in row.values()] for row in table.to_pylist()]
    text = json.dumps([SCHEMA.names, *rows], ensure_ascii=False, separators=(",", ":"))
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def _freezes(home: Home) -> Iterable[tuple[str, int]]:
    for path in home.frozen.glob("*.parquet"):
        match = _NAME.fullmatch(path.name)
        if match:
            yield match[1], int(match[2])


def _published(home: Home, month: date) -> list[dict[str, Any]]:
    """The month's rows as they are published; of a frozen month, what they would be now."""
    require_published(home)
    figures = ", ".join(
        f"case when frozen_at is null then {name} else restated_{name} end as {name}" for name in _FIGURES
    )
    columns = f"{', '.join(_KEYS)}, unit, lower_is_better, reporting_currency, defined_by, {figures}"
    table = "published.marts.kpi_team_scorecard"
    with reading(home) as connection:
        attach(connection, home.published, "published")
        try:
            found = connection.execute(
                f"select {columns} from {table} where month_start = ? "  # noqa: S608 (names of this module)
                "and (frozen_at is null or restated_definition_digest is not null) "
                "order by role, person_name, kpi_name",
                [month],
            )
            names = [column[0] for column in found.description or ()]
            rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
            months = [
                f"{row[0]:%Y-%m}"
                for row in connection.execute(
                    f"select distinct month_start from {table} order by month_start"  # noqa: S608
                ).fetchall()
            ]
        except duckdb.CatalogException as error:
            raise FreezeRefused(
                "The published file has no kpi_team_scorecard: it was published by an older version.",
                advice="Run `ttkpi run`, then freeze.",
            ) from error
    if not rows:
        known = f"{months[0]} to {months[-1]}" if months else "none"
        raise FreezeRefused(
            f"There are no scorecards of {month:%Y-%m}; published months: {known}.",
            advice="Who answers for what is in seeds/people/team_assignments.csv.",
        )
    return rows


def _held_back(home: Home) -> list[str]:
    """Why shops of the published file are held back: their rows are old ones, and the scorecards, which have no
    `shop_key`, are made of new ones that the audit found wrong."""
    with reading(home) as connection:
        attach(connection, home.published, "published")
        marked = connection.execute(
            "select 1 from duckdb_columns() where database_name = 'published' and schema_name = 'marts' "
            "and table_name = 'dim_shops' and column_name = 'held_back_reason'"
        ).fetchone()
        if marked is None:
            # Published by a version that held nothing back.
            return []
        rows = connection.execute(
            "select coalesce(held_back_reason, shop_name || ' (' || shop_key || ')') "
            "from published.marts.dim_shops where is_held_back order by shop_key"
        ).fetchall()
    return [str(row[0]) for row in rows]


def _cards(rows: Sequence[Mapping[str, Any]]) -> Iterable[Card]:
    for person, role in dict.fromkeys((str(row["person_name"]), str(row["role"])) for row in rows):
        aimed = [
            row
            for row in rows
            if row["person_name"] == person and row["role"] == role and row["target"] is not None
        ]
        unknown = tuple(str(row["kpi_name"]) for row in aimed if row["score"] is None)
        total = sum((Decimal(row["score"]) for row in aimed if row["score"] is not None), Decimal(0))
        yield Card(person=person, role=role, score=total if aimed and not unknown else None, unknown=unknown)


def _write(path: Path, table: pa.Table) -> None:
    with replacement(path) as temporary:
        pq.write_table(table, temporary)
