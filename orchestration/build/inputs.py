"""What the build needs and does not have: told before it takes its time, and once."""

from __future__ import annotations

import duckdb

from home.database import literal, reading
from home.layout import Home
from home.project import project_var
from home.storage import storage_errors
from ingestion.engine.regions import RegionUnknown, markets, require_region

_RATES_REMEDY = (
    "Set sources.fx_rates.base_url (SOURCES__FX_RATES__BASE_URL), or fill seeds/finance/fx_rates.csv; "
    "then sync or import again."
)


def missing_inputs(home: Home) -> list[str]:
    """What is missing, each with its remedy: markets of shops, and exchange rates of their currencies.

    Raises:
        StorageError: The disk refuses.
        ConfigError: There is no dbt project, or a zone in its seeds is none.
    """
    shops = _rows(home, "shops", "distinct region, name")
    texts = []
    currencies: set[str] = set()
    for region, name in sorted(shops, key=str):
        try:
            require_region(str(region or ""), str(name))
            currencies.add(markets()[str(region)].currency)
        except RegionUnknown as error:
            texts.append(str(error).replace("\n", " "))
    if not currencies:
        return texts
    reporting = project_var("reporting_currency")
    known = {
        str(base)
        for base, quote in _rows(home, "fx_rates", "distinct base_currency, quote_currency")
        if quote == reporting
    }
    if without := sorted(currencies - known - {reporting}):
        texts.append(
            f"No exchange rate to {reporting} of {', '.join(without)}: amounts in {reporting} (_rc) stay empty, those "
            f"in the shop's currency do not. {_RATES_REMEDY}"
        )
    return texts


def _rows(home: Home, table: str, columns: str) -> list[tuple[object, ...]]:
    """Rows of a raw table, of whichever source; none when it has no file, or none that can be read."""
    files = sorted(home.raw.glob(f"*/{table}/*.parquet"))
    if not files:
        return []
    with storage_errors(home.raw), reading(home) as connection:
        names = ", ".join(literal(path) for path in files)
        try:
            query = f"select {columns} from read_parquet([{names}], union_by_name = true)"  # noqa: S608
            return list(connection.execute(query).fetchall())
        except duckdb.Error:
            # The build itself says what is wrong with the files.
            return []
