"""What is published of a shop that is held back: its rows of the publication before, marked.

| table | rows of the shop |
| --- | --- |
| with `shop_key` | those of the file that is published now; none when the shop is not in it |
| `dim_shops` | the same, or today's row when there is none; marked by `is_held_back` and two more |
| `kpi_alerts` | the same, and one open alert of kind `held_back`, whatever was found before |
| `ops_` | today's: they tell of the work that is to be done, not of sales |
| without `shop_key` | today's: what is summed over shops can't be taken apart (`mixed_tables`) |
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import duckdb

from home.database import literal, quoted
from home.project import project_var

KIND = "held_back"
"""The kind of the alert in `kpi_alerts`."""
_OF_NO_SHOP = ("dim_columns", "dim_dates", "dim_values", "kpi_glossary")


@dataclass(frozen=True, slots=True)
class HeldShop:
    """A shop of which the rows of an earlier publication are published.

    Attributes:
        shop_key: The shop.
        shop_name: Its name.
        check: The failed check nearest to the cause.
        found: What it found.
        remedy: What to do.
        message: All of it in a sentence.
        since: When it was first held back, ISO 8601, UTC.
        rows_of: The publication that its rows are of; None when the shop was never published.
        rows_published_at: When that was, ISO 8601, UTC.
        remedy_zh: What to do, in Chinese; empty where it is known in English alone.
    """

    shop_key: str
    shop_name: str
    check: str
    found: str
    remedy: str
    message: str
    since: str
    rows_of: str | None
    rows_published_at: str | None
    remedy_zh: str = ""

    def as_record(self) -> dict[str, Any]:
        """For the manifest."""
        return asdict(self)


def held_shops(
    audited: Mapping[str, Any], published: Mapping[str, Any] | None, now: datetime
) -> tuple[HeldShop, ...]:
    """The shops that the audit holds back.

    Args:
        audited: The record of the audit.
        published: The manifest of the current publication; None when there is none.
        now: When the new publication is made.
    """
    known = {str(one["shop_key"]): one for one in (published or {}).get("held_back") or []}
    shops = []
    for one in audited.get("held_back") or []:
        before = known.get(str(one["shop_key"]))
        shops.append(
            HeldShop(
                **{
                    name: str(one[name])
                    for name in ("shop_key", "shop_name", "check", "found", "remedy", "message")
                },
                since=str(before["since"]) if before else now.isoformat(timespec="seconds"),
                rows_of=before["rows_of"] if before else (published or {}).get("publication_id"),
                rows_published_at=before["rows_published_at"]
                if before
                else (published or {}).get("published_at"),
                remedy_zh=str(one.get("remedy_zh") or ""),
            )
        )
    return tuple(shops)


def mixed_tables(columns: Mapping[str, Sequence[str]]) -> list[str]:
    """Tables of figures that have no shop, so that the new rows of a held-back shop are in them."""
    return [
        table
        for table, names in columns.items()
        if "shop_key" not in names and table not in _OF_NO_SHOP and not table.startswith("ops_")
    ]


class KeptRows:
    """Makes the query that a table is published from, with the kept rows of held-back shops.

    Args:
        connection: Has the warehouse attached as `warehouse`, and the published file, where there is one, as `before`.
        shops: The shops that are held back.
        now: When the new publication is made.
    """

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, shops: Iterable[HeldShop], now: datetime
    ) -> None:
        self._shops = {shop.shop_key: shop for shop in shops}
        self._now = now
        self._types: dict[str, dict[str, str]] = {}
        self._before: dict[str, set[str]] = {}
        for database, table, column, kind in connection.execute(
            "select database_name, table_name, column_name, data_type from duckdb_columns() "
            "where database_name in ('warehouse', 'before') and schema_name = 'marts' order by column_index"
        ).fetchall():
            if database == "warehouse":
                self._types.setdefault(str(table), {})[str(column)] = str(kind)
            else:
                self._before.setdefault(str(table), set()).add(str(column))
        self._has_owners = bool(
            connection.execute(
                "select 1 from duckdb_tables() where database_name = 'warehouse' and schema_name = 'seeds' "
                "and table_name = 'alert_owners'"
            ).fetchone()
        )

    def shop_keys(self, allowed: Sequence[str]) -> str:
        """The held-back shops that a reader may know of, with spaces between them; without a limit all."""
        return " ".join(key for key in self._shops if not allowed or key in allowed)

    def query(self, table: str, origin: str) -> str | None:
        """The query of a table; None when it is published as it is.

        Args:
            table: The mart.
            origin: Where its new rows are read from.
        """
        types = self._types.get(table, {})
        if not self._shops or "shop_key" not in types or table.startswith("ops_"):
            return None
        keys = ", ".join(literal(key) for key in self._shops)
        names = ", ".join(quoted(name) for name in types)
        parts = [f"select {names} from {origin} where shop_key is null or shop_key not in ({keys})"]  # noqa: S608
        if table in self._before:
            kept = self._row(table, lambda name: quoted(name) if name in self._before[table] else "null")
            # The alert of being held back is made anew: of each publication before there would be one more.
            other = f" and alert_kind is distinct from {literal(KIND)}" if table == "kpi_alerts" else ""
            parts.append(f"select {kept} from before.marts.{quoted(table)} where shop_key in ({keys}){other}")  # noqa: S608
        if table == "dim_shops":
            return self._marked(parts, origin, keys)
        if table == "kpi_alerts":
            parts += [f"select {self._alert(shop)}" for shop in self._shops.values()]
        return " union all ".join(parts)

    def _row(self, table: str, value: Callable[[str], str]) -> str:
        return ", ".join(
            f"cast({value(name)} as {kind}) as {quoted(name)}" for name, kind in self._types[table].items()
        )

    def _marked(self, parts: list[str], origin: str, keys: str) -> str:
        """The shops themselves: each has a row, also before its first publication, that says that it is held back."""
        kept = parts[1] if len(parts) > 1 else f"select * from {origin} where false"  # noqa: S608
        names = ", ".join(quoted(name) for name in self._types["dim_shops"])
        marks = {
            "is_held_back": dict.fromkeys(self._shops, "true"),
            "held_back_since": {key: literal(shop.since) for key, shop in self._shops.items()},
            "held_back_reason": {key: literal(shop.message) for key, shop in self._shops.items()},
        }

        def value(name: str) -> str:
            if name not in marks:
                return quoted(name)
            cases = " ".join(f"when {literal(key)} then {mark}" for key, mark in marks[name].items())
            return f"case shop_key {cases} end"

        held = self._row("dim_shops", value)
        return (
            f"{parts[0]} union all select {held} from ("  # noqa: S608 (names from the catalog)
            f"with kept as ({kept}) select {names} from kept union all "
            f"select {names} from {origin} where shop_key in ({keys}) and shop_key not in (select shop_key from kept))"
        )

    def _alert(self, shop: HeldShop) -> str:
        zone = literal(project_var("reporting_timezone"))
        rows_en = (
            f"Its rows are those of {shop.rows_published_at}." if shop.rows_of else "It has no rows yet."
        )
        rows_zh = (
            f"仍显示 {shop.rows_published_at} 发布的数据。" if shop.rows_of else "该店铺尚无已发布数据。"
        )
        values = {
            "alert_id": f"md5({literal('|'.join((shop.shop_key, KIND, shop.check, shop.since)))})",
            "shop_key": literal(shop.shop_key),
            "alert_kind": literal(KIND),
            "subject": literal(shop.check),
            "shop_name": literal(shop.shop_name),
            "severity": "'critical'",
            "owner": self._owner(shop.shop_key),
            "first_seen": f"cast(timezone({zone}, timestamptz {literal(shop.since)}) as date)",
            "last_seen": f"cast(timezone({zone}, timestamptz {literal(self._now.isoformat())}) as date)",
            "is_open": "true",
            "message_en": literal(f"{shop.message} {rows_en}"),
            "message_zh": literal(
                f"{shop.shop_name}（{shop.shop_key}）未通过审核，新数据未发布。{rows_zh}"
                f"检查项 {shop.check}：{shop.found}。处理办法：{shop.remedy_zh or shop.remedy}"
            ),
        }
        return self._row("kpi_alerts", lambda name: values.get(name, "null"))

    def _owner(self, shop_key: str) -> str:
        """The most precise row of seed `alert_owners`: shop and kind, shop, kind, everybody."""
        if not self._has_owners:
            return "null"
        return (
            "(select owner from warehouse.seeds.alert_owners "  # noqa: S608 (a shop id and a constant, quoted)
            f"where coalesce(trim(cast(shop_key as varchar)), {literal(shop_key)}) = {literal(shop_key)} "
            f"and coalesce(trim(cast(alert_kind as varchar)), {literal(KIND)}) = {literal(KIND)} "
            "order by shop_key is null, alert_kind is null limit 1)"
        )
