"""Target `spark`: every model is compiled for it, and what dbt-spark does silently wrong is not done (docs/spark.md).

Nothing here needs PySpark or Java. `dbt-spark` comes with the test tools.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from jinja2 import Environment

ROOT = Path(__file__).parents[3]
MACROS = "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "macros/spark").glob("*.sql")))

# An adapter without an engine: dbt-spark wants to see that PySpark is there, asks which tables exist, and how many days the calendar has.
COMPILE = """
import sys, types
sys.modules["pyspark"] = types.ModuleType("pyspark")
from agate import Table
from dbt.adapters.contracts.connection import AdapterResponse
from dbt.adapters.spark.impl import SparkAdapter
SparkAdapter.list_relations_without_caching = lambda self, schema_relation: []
SparkAdapter.execute = lambda self, sql, **settings: (AdapterResponse("OK"), Table([[2557]], ["days"]))
from dbt.cli.main import dbtRunner
result = dbtRunner().invoke(sys.argv[1:])
print(result.exception or "")
sys.exit(not result.success)
"""


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The SQL of every model, seed and test for Spark, by the node's id."""
    home = tmp_path_factory.mktemp("spark")
    settings = {
        "TTKPI_DBT_TARGET": "spark",
        "TTKPI_HOME": str(home),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }
    folders = ["--project-dir", str(ROOT), "--profiles-dir", str(ROOT)]
    folders += ["--target-path", str(home / "target"), "--log-path", str(home / "logs")]
    done = subprocess.run(
        [sys.executable, "-c", COMPILE, "compile", "--no-populate-cache", "--quiet", *folders],
        cwd=ROOT,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    nodes = json.loads((home / "target" / "manifest.json").read_bytes())["nodes"]
    wanted = {name: node for name, node in nodes.items() if node["resource_type"] in ("model", "test")}
    assert not [name for name, node in wanted.items() if not node.get("compiled_code")]
    return {name: node["compiled_code"] for name, node in wanted.items()}


def macro(call: str) -> str:
    """The SQL of a macro of `macros/spark`."""
    environment = Environment(extensions=["jinja2.ext.do"])
    environment.globals["exceptions"] = _Exceptions()
    return environment.from_string(MACROS + "{{ " + call + " }}").render().strip()


class _Exceptions:
    def raise_compiler_error(self, message: str) -> None:
        raise ValueError(message)


def test_every_model_and_test_is_compiled_for_spark(compiled: dict[str, str]) -> None:
    """Guards a macro that only DuckDB has, and a model that asks which engine it runs on."""
    models = [name for name in compiled if name.startswith("model.")]
    assert len(models) == len(list((ROOT / "models").rglob("*.sql")))


# What only DuckDB understands, and what means something else on Spark.
FOREIGN = r"::|\btimezone\s*\(|\bquantile_cont\b|\bread_parquet\b|\bread_json\b|(?<!\w)hash\(|\bdate_diff\b|\bvarchar\b|timestamp with time zone"


def test_no_sql_for_spark_has_words_of_duckdb(compiled: dict[str, str]) -> None:
    found = {}
    for name, sql in compiled.items():
        plain = re.sub(r"'(?:[^']|'')*'", "''", re.sub(r"--[^\n]*", "", sql))
        if words := re.findall(FOREIGN, plain, re.IGNORECASE):
            found[name] = words
    assert not found


def test_no_text_for_spark_has_a_doubled_apostrophe(compiled: dict[str, str]) -> None:
    """Guards `'the platform''s'`, which Spark reads as two texts side by side: the apostrophe is lost."""
    found = {}
    for name, sql in compiled.items():
        # In order, so that an apostrophe of a comment opens no text, and two dashes of a text no comment.
        parts = re.findall(r"--[^\n]*|'(?:[^'\\]|\\.|'')*'", sql)
        if texts := [text for text in parts if text.startswith("'") and "''" in text[1:-1]]:
            found[name] = texts
    assert not found


def test_no_model_asks_which_engine_it_runs_on() -> None:
    asking = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "models").rglob("*.sql")
        if re.search(r"\btarget\s*\.", path.read_text(encoding="utf-8"))
    ]
    assert not asking


def test_seeds_name_their_texts_in_a_word_that_both_engines_know() -> None:
    """Guards `varchar`, which Spark wants with a length."""
    types = [
        kind
        for path in (ROOT / "seeds").rglob("*.yml")
        for seed in yaml.safe_load(path.read_text(encoding="utf-8")).get("seeds") or ()
        for kind in (seed.get("config", {}).get("column_types") or {}).values()
    ]
    assert types
    assert {re.sub(r"\(.*", "", kind) for kind in types} <= {
        "string",
        "bigint",
        "integer",
        "decimal",
        "date",
        "boolean",
        "timestamp",
    }


@pytest.mark.parametrize(
    ("value", "literal"),
    [
        ("none", "null"),
        ("'None'", "'None'"),
        ("'0.1000000000000000055'", "'0.1000000000000000055'"),
        ('"it\'s"', r"'it\'s'"),
        (r"'a\\b'", r"'a\\b'"),
    ],
)
def test_a_cell_of_a_seed(value: str, literal: str) -> None:
    """Guards an empty cell that becomes the word 'None', and a text that ends its own literal."""
    assert macro(f"spark_literal({value})") == literal


def test_dates_that_are_unknown_can_be_moved() -> None:
    """dbt-spark's own `dateadd` raises an error on NULL."""
    sql = macro("spark__dateadd('day', -1, 'null')")
    assert sql == "timestampadd(day, cast(-1 as int), cast(null as timestamp))"


@pytest.mark.parametrize(
    "call",
    ["spark__datediff('a', 'b', 'quarter')", "spark__listagg('name', \"', '\", 'order by sales desc', none)"],
)
def test_what_would_be_silently_wrong_is_refused(call: str) -> None:
    """dbt-spark drops the order of `listagg`, and its `datediff` rounds."""
    with pytest.raises(ValueError, match="not written for Spark"):
        macro(call)
