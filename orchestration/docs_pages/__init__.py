"""The parts of `README.md` and `docs/` that a command writes: `make docs-pages`.

| module | writes |
| --- | --- |
| `commands.py` | the command reference, from the command line itself |
| `files.py` | the tables of the files that are read, from the layouts and languages of the importer |
| `marts.py` | the table of marts, from the YAML beside each mart |
| `picture.py` | the picture of the result, from the transcript in `docs/demo.md` |
| `pages.py` | which part stands on which page |
"""
