"""Writes the tables of endpoints in the sources' READMEs: `python -m ingestion.endpoint_tables`.

A test compares them with the declarations, so nobody keeps them up by hand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ingestion.engine.resources import Catalogue
from ingestion.tiktok_ads.resources import CATALOGUE as ADS
from ingestion.tiktok_shop.resources import CATALOGUE as SHOPS

BEGIN = "<!-- Written by `python -m ingestion.endpoint_tables`. -->"
END = "<!-- Until here. -->"

_FOLDER = Path(__file__).parent
READMES: Mapping[Path, Catalogue[Any, Any]] = {
    _FOLDER / "tiktok_shop" / "README.md": SHOPS,
    _FOLDER / "tiktok_ads" / "README.md": ADS,
}


def table(catalogue: Catalogue[Any, Any]) -> str:
    """The endpoints of a source, with what they feed, as a table in Markdown."""
    return "\n".join(_lines(catalogue)) + "\n"


def with_table(text: str, catalogue: Catalogue[Any, Any]) -> str:
    """The text of a README with its table as the declarations have it.

    Raises:
        ValueError: The marks around the table are missing.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{BEGIN} and {END} must stand around the table.")
    return f"{before}{BEGIN}\n{table(catalogue)}{END}{after}"


def _lines(catalogue: Catalogue[Any, Any]) -> Iterator[str]:
    scopes = any(endpoint.scope for endpoint in catalogue.endpoints)
    yield f"| call | raw tables |{' scope |' if scopes else ''} one call gives |"
    yield f"| --- | --- |{' --- |' if scopes else ''} --- |"
    for endpoint in catalogue.endpoints:
        resources = [one for one in catalogue.resources if one.endpoint == endpoint]
        tables = ", ".join(f"`{table.name}`" for one in resources for table in one.all_tables())
        scope = f" `{endpoint.scope}` |" if endpoint.scope else " a creator's token |" if scopes else ""
        yield (f"| {endpoint.method} `{endpoint.path}` | {tables} |{scope} {endpoint.one_call} |")


def main() -> None:
    """Brings the READMEs up to date."""
    for path, catalogue in READMES.items():
        path.write_text(with_table(path.read_text(encoding="utf-8"), catalogue), encoding="utf-8")


if __name__ == "__main__":
    main()
