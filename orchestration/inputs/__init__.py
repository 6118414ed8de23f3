"""What a team maintains, as a workbook: unit costs, targets, assignments, rosters, thresholds, owners, ...

| module | what |
| --- | --- |
| `inputs.yml` | the sheets: names and explanations in both languages, what a cell refers to |
| `catalog.py` | the inputs: `inputs.yml` and what the YAML of their seeds says of columns |
| `known.py` | shops, SKUs, accounts, people and KPIs that a cell may name |
| `template.py` | the workbook: explanations, drop-downs, the shop's own SKUs |
| `reading.py` | a workbook that came back, as rows of text with the places of their cells |
| `values.py` | a cell as a value of a type |
| `check.py` | what is wrong, by sheet, row and column, in both languages |
| `importing.py` | a workbook becomes a new version in the home, whole or not at all |

Where a version is kept says `home/inputs.py`, how a build reads it `orchestration/build/seeds.py`.
"""
