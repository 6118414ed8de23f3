"""The views for people in a published file: `views.<name>`, made of its own tables, so that nothing is stored twice.

The SQL is that of `models/views/`, as dbt has put it into the warehouse. A file that lacks a column, as that of an
audience does, has the view without what is made of the column; without the table that a view stands on, or a column
that chooses its rows, the view is left out.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import duckdb
import sqlglot
from sqlglot import exp

from home.database import quoted
from orchestration.publish.comments import Description, write_comments

SCHEMA = "views"


def add_views(
    connection: duckdb.DuckDBPyConnection,
    columns: Mapping[str, Collection[str]],
    described: Mapping[str, Description],
) -> None:
    """Write the views of the build into `fresh`.

    Args:
        connection: Has `warehouse` and `fresh` attached.
        columns: The columns of each table of the file.
        described: What `models/` says of the views, by name.
    """
    made = {
        name: visible
        for name, query in view_queries(connection, "warehouse").items()
        if (visible := visible_query(query, columns)) is not None
    }
    if not made:
        return
    # One transaction: a comment of its own is a write to the disk of its own, and there are hundreds.
    connection.execute("begin")
    connection.execute(f"create schema fresh.{SCHEMA}")
    for name, query in made.items():
        text = in_schema(query, "marts").sql("duckdb")
        connection.execute(f"create view fresh.{SCHEMA}.{quoted(name)} as {text}")
        if description := described.get(name):
            write_comments(connection, name, query.named_selects, description, schema=SCHEMA, kind="view")
    connection.execute("commit")


def view_queries(connection: duckdb.DuckDBPyConnection, catalog: str) -> dict[str, exp.Select]:
    """The query of each view for people of an attached file, by name."""
    return {
        str(name): _query(str(sql))
        for name, sql in connection.execute(
            "select view_name, sql from duckdb_views() where database_name = ? and schema_name = ? "
            "and not internal order by view_name",
            [catalog, SCHEMA],
        ).fetchall()
    }


def _query(statement: str) -> exp.Select:
    """The query in `create view ... as`."""
    created = sqlglot.parse_one(statement, read="duckdb")
    query = created.expression
    if not isinstance(query, exp.Select):
        raise ValueError(f"A view for people is one plain select: {statement}")
    return query


def in_schema(query: exp.Select, schema: str) -> exp.Select:
    """The query with its tables in another schema, without a catalog: a view reads the file or database it is in."""
    moved = query.copy()
    for table in moved.find_all(exp.Table):
        table.set("catalog", None)
        table.set("db", exp.to_identifier(schema))
    return moved


def visible_query(query: exp.Select, columns: Mapping[str, Collection[str]]) -> exp.Select | None:
    """The part of a view that can be made of these columns; None where its rows can't.

    Args:
        query: One flat select whose columns say of which table they are.
        columns: The columns of each table that is there.
    """
    visible = query.copy()
    source = visible.find(exp.From)
    if source is None or source.this.name not in columns:
        return None
    known = {source.this.alias_or_name: columns[source.this.name]}

    def is_there(part: exp.Expression) -> bool:
        return all(one.name in known.get(one.table, ()) for one in part.find_all(exp.Column))

    joins = []
    for join in visible.args.get("joins") or []:
        table = join.this
        known[table.alias_or_name] = columns.get(table.name, ())
        if table.name in columns and is_there(join.args["on"]):
            joins.append(join)
        else:
            known[table.alias_or_name] = ()
    condition = visible.args.get("where")
    selected = [one for one in visible.expressions if is_there(one)]
    if not selected or (condition is not None and not is_there(condition)):
        return None
    visible.set("joins", joins)
    visible.set("expressions", selected)
    return visible
