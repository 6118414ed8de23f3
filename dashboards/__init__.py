"""What a seller's team opens every morning: pages over the published file. It reads and computes nothing.

| inside | what |
| --- | --- |
| `pages/` | one file per page |
| `parts/` | what pages share: the opened publication, choices, numbers with their marks, tables, words, style |
| `web/` | `app.py` runs at each visit and click: language, viewer, file, page; `server.py` is the process |
| `pictures.py` | pictures of the pages for the documents |

Numbers over a period come from `orchestration.metrics`; rows from the published tables and views. `README.md` tells
how to add a page.
"""
