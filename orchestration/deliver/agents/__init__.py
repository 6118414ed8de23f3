"""What is published, for agents: the Model Context Protocol over stdio and streamable HTTP, read-only, per audience.

| module | what |
| --- | --- |
| `words` | other names of metrics, and the search over metrics and definitions |
| `limits` | rows of an answer, page by page |
| `numbers` | metrics by dimension and period; what has no right answer is refused with the right way |
| `proof` | what a number is made of: definition, publication, seal, maturity, reconciliation, restatements, orders |
| `lists` | shops, alerts, what changed, rows of a published table |
| `server` | the tools, over both transports |
| `tokens` | who is who over HTTP: a token per audience |

Every answer carries its citation: the publication that all of it is from. No SQL comes from outside: names are looked
up in the file, values are bound.
"""
