"""Tables and views of a published file as files for people: workbooks, CSV, Parquet.

| module | what |
| --- | --- |
| `tables.py` | tables and views of a file: names and definitions in both languages, clock, key |
| `cells.py` | how a value is shown in a spreadsheet: real dates and numbers, ids and formulas as text |
| `workbook.py` | a workbook: a cover, a sheet per table, definitions |
| `monthly.py` | what the standard workbook of a month holds |
| `files.py` | one table as CSV or Parquet |
| `export.py` | what `ttkpi export` writes: which file, which period, what the cover says |
"""
