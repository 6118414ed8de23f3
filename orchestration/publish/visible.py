"""Which semantic models and metrics a file can answer, by the columns that it has.

Apart from the steps that write the file: whoever only reads it, as the server of the pages, imports no step.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any


def visible(manifest: dict[str, Any], columns: Mapping[str, Collection[str]]) -> dict[str, Any]:
    """The part of a semantic manifest that is made of these columns: models, measures, dimensions, metrics."""
    models = []
    for model in manifest["semantic_models"]:
        known = columns.get(model["node_relation"]["alias"])
        if known is None:
            continue
        model = {
            **model,
            "dimensions": [one for one in model["dimensions"] if _is_made_of(one, known)],
            "entities": [one for one in model["entities"] if _is_made_of(one, known)],
            "measures": [one for one in model["measures"] if _is_made_of(one, known)],
        }
        dates = {one["name"] for one in model["dimensions"] if one["type"] == "time"}
        if not model["measures"] or (model.get("defaults") or {}).get("agg_time_dimension") in dates:
            models.append(model)
    measures = {measure["name"] for model in models for measure in model["measures"]}
    dimensions = {dimension["name"] for model in models for dimension in model["dimensions"]}
    by_name = {metric["name"]: metric for metric in manifest["metrics"]}

    def is_answered(name: str) -> bool:
        parameters = by_name[name]["type_params"]
        own = parameters.get("measure")
        parts = [
            parameters.get("numerator"),
            parameters.get("denominator"),
            *(parameters.get("metrics") or []),
        ]
        filters = [
            found
            for part in (by_name[name], own, *parts)
            for one in ((part or {}).get("filter") or {}).get("where_filters") or []
            for found in re.findall(r"Dimension\('\w+__(\w+)'\)", one["where_sql_template"])
        ]
        return (
            (own is None or own["name"] in measures)
            and set(filters) <= dimensions
            and all(is_answered(part["name"]) for part in parts if part)
        )

    metrics = [metric for name, metric in by_name.items() if is_answered(name)]
    return {**manifest, "semantic_models": models, "metrics": metrics, "saved_queries": []}


def _is_made_of(part: Mapping[str, Any], known: Collection[str]) -> bool:
    """Whether all columns in the expression of a part are there; words of SQL are no columns."""
    expression = str(part.get("expr") or part["name"]).lower()
    words = set(re.findall(r"[a-z_][a-z0-9_]*", re.sub(r"'[^']*'", "", expression)))
    sql = {"case", "when", "then", "else", "end", "is", "not", "null", "and", "or", "in", "true", "false"}
    return words - sql - {"cast", "as", "coalesce", "nullif", "date", "double", "decimal", "bigint"} <= set(
        known
    )
