"""The tables of `docs/files.md`: which files are read, in which languages that was seen, and what each feeds."""

from __future__ import annotations

from collections.abc import Iterator

from ingestion.seller_center.components import component_of
from ingestion.seller_center.entities import MAPPERS
from ingestion.seller_center.layouts import languages, layouts
from ingestion.seller_center.messages import label
from ingestion.seller_center.not_loaded import reports

_MARTS = {
    "orders": "`kpi_shop_daily`, `kpi_product_daily`, `kpi_order_profit`",
    "statements": "`kpi_settlement_bridge`, `kpi_order_profit`, `fct_statement_transaction_fees`",
    "unsettled_transactions": "`kpi_order_profit` (estimates)",
    "payments": "`fct_payments`",
    "affiliate_orders": "`kpi_creator_daily`, `fct_affiliate_order_lines`",
    "live_sessions": "`kpi_live_sessions`",
    "live_overview_daily": "`kpi_content_platform_daily`",
    "video_overview_daily": "`kpi_content_platform_daily`",
    "shop_performance_daily": "`kpi_shop_platform_daily`",
    "affiliate_videos_period": "`fct_affiliate_videos_period`",
    "gmv_max_creatives_period": "`fct_gmv_max_creative_period`",
    "gmv_max_campaign_daily": "`kpi_ads_daily`, `fct_ad_spend_daily`",
}
"""Marts by the raw table that a kind is about."""


def files_tables() -> str:
    """The tables, as Markdown."""
    parts = (_layouts(), _languages(), _not_loaded(), _fees())
    return "\n\n".join("\n".join(part) for part in parts)


def _layouts() -> Iterator[str]:
    yield "### Layouts"
    yield ""
    yield "| layout | what it is | market | needed columns | further columns known | feeds |"
    yield "|---|---|---|---|---|---|"
    for layout in sorted(layouts().values(), key=lambda one: (list(MAPPERS).index(one.kind.kind), one.id)):
        more = len(layout.kind.columns) - len(layout.required)
        yield (
            f"| `{layout.id}` | {layout.title['en']} · {layout.title['zh']} | {', '.join(layout.markets) or 'any'} "
            f"| {', '.join(layout.required)} | {more} | {_MARTS[MAPPERS[layout.kind.kind].resource]} |"
        )


def _languages() -> Iterator[str]:
    yield "### Languages"
    yield ""
    yield (
        "English is known for all layouts but the reports by day. Other languages are those in which somebody's real "
        "file, or code that reads real files, was seen in public; a header that is inferred was seen in no file."
    )
    yield ""
    yield "| language | what | markets | seen in files | on | headers seen | inferred | where |"
    yield "|---|---|---|---|---|---|---|---|"
    for code, content in languages().items():
        for one in content["seen"]:
            columns = next(x for x in layouts().values() if x.kind.kind == one["kind"]).kind.columns
            aliases = [a for column in columns.values() for a in column.headers if a.language == code]
            inferred = sum(alias.inferred for alias in aliases)
            markets = ", ".join(one["markets"]) or "not known"
            yield (
                f"| {label(code, 'en')} | `{one['kind']}` | {markets} | {one['files']} "
                f"| {one['day']} | {len(aliases) - inferred} | {inferred} | {one['basis']} |"
            )


def _not_loaded() -> Iterator[str]:
    yield "### Known and not loaded"
    yield ""
    yield "Refused by name, with what to import instead."
    yield ""
    yield "| report | why not, and what instead | markets | seen in files | on | where |"
    yield "|---|---|---|---|---|---|"
    for one in reports().values():
        seen = one["seen"]
        markets = ", ".join(seen["markets"]) or "not known"
        yield (
            f"| {one['title']['en']} · {one['title']['zh']} | {one['advice']['en']} | {markets} "
            f"| {seen['files']} | {seen['day']} | {seen['basis']} |"
        )


def _fees() -> Iterator[str]:
    yield "### Fees and taxes of settlement files"
    yield ""
    yield (
        "Under the API's name where it has one, else under a name that only files know; a column that is in no list is "
        "carried as `unmapped` under its own name. Sums of other columns are not listed."
    )
    yield ""
    yield "| column | component |"
    yield "|---|---|"
    kind = next(layout.kind for layout in layouts().values() if layout.kind.kind == "income")
    for name, spec in kind.columns.items():
        one = component_of("income", name)
        if one is not None:
            yield f"| {spec.headers[0].header} | `{one.group}.{one.name}` |"
