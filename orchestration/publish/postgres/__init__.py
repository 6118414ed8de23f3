"""The published marts in PostgreSQL, for teams of which many read at once.

| module | what |
| --- | --- |
| `config.py` | where to: section `destination.postgres` |
| `changes.py` | what differs between two published files, by table: rows to delete and to insert |
| `publish.py` | writes a publication into the server, in one transaction |
| `statements.py` | many small statements in one trip |
| `views.py` | the views for people |
| `verify.py` | compares every row with the published file |
| `state.py` | which publication the server has, and what became of the last try |

Tables stay: only rows that changed are replaced, in one transaction for all tables of a schema. So readers of every
isolation level see all of one publication, and grants, comments and views that users have built stay.
"""
